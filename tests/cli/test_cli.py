"""Tests of the commands as a person types them: what they print, what they write, how they end."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from classi import cli, resources
from classi.i18n import use_language

INSTANCES = resources.instances()
FILES = {"assegnazioni.csv", "certificato.json", "report.html", "classi.xlsx"}


@pytest.fixture
def classi(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run a command in this process: (exit code, what it printed)."""

    def run(*words: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["classi", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out + said.err

    return run


@pytest.fixture
def small(tmp_path: Path, classi) -> Path:
    """A generated school of 40 pupils and two classes."""
    case = tmp_path / "scuola"
    assert classi("generate", "--out", case, "--pupils", 40, "--classes", 2, "--seed", 3)[0] == 0
    return case


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def test_that_the_demo_writes_a_proved_and_audited_result(tmp_path: Path, classi) -> None:
    out = tmp_path / "demo"
    code, said = classi("demo", "--out", out, "--lang", "en", "--time-limit", 120)
    assert code == 0, said
    assert {f.name for f in out.iterdir()} == FILES
    certificate = json.loads((out / "certificato.json").read_text(encoding="utf-8"))
    assert certificate["status"] == "OPTIMAL" and all(t["gap"] == 0 for t in certificate["tiers"])
    assert certificate["audit"] == {"hard_kept": True, "agrees": True, "findings": certificate["audit"]["findings"]}
    assert all(c["cost"] == c["audited"] >= c["bound"] for c in certificate["criteria"])
    assert "every hard rule is kept" in said
    assert classi("audit", INSTANCES / "secondaria-due-plessi", out)[0] == 0


def test_that_the_default_language_is_italian_and_help_follows_it(classi) -> None:
    _code, italian = classi("--help")
    _code, english = classi("--help", "--lang", "en")
    assert "Forma le classi" in italian
    assert "Forms school classes" in english
    assert (
        classi("--lang=en", "check", INSTANCES / "difficile")[1]
        == classi("check", "--lang", "en", INSTANCES / "difficile")[1]
    )
    assert classi("check", INSTANCES / "difficile", "--lang", "xx")[0] == 2


def test_that_a_check_of_a_good_case_says_what_is_there(small: Path, classi) -> None:
    code, said = classi("check", small, "--lang", "en")
    assert code == 0 and "40 pupils" in said and "2 classes" in said


def test_that_every_mistake_of_the_messy_school_is_told_and_nothing_is_written(tmp_path: Path, classi) -> None:
    code, said = classi("form", INSTANCES / "confusa", "--out", tmp_path / "no", "--lang", "en")
    assert code == 2
    assert said.count("scuola.xlsx") >= 40
    assert "sheet Alunni, row 5, column Sesso (M/F), “maschoi”" in said and "Perhaps: M" in said
    assert not (tmp_path / "no").exists()


def test_that_problems_of_tables_and_regulation_come_together(small: Path, classi) -> None:
    text = (small / "regolamento.toml").read_text(encoding="utf-8")
    (small / "regolamento.toml").write_text(
        text + '\n[[criteria]]\nrule = "balence"\nattribute = "sesso"\n', encoding="utf-8"
    )
    rows = (small / "alunni.csv").read_text(encoding="utf-8-sig").splitlines()
    (small / "alunni.csv").write_text("\n".join([*rows, rows[-1]]), encoding="utf-8")
    code, said = classi("check", small, "--lang", "en")
    assert code == 2
    assert "balence" in said and "Perhaps: balance" in said
    assert "used twice" in said


def test_that_an_impossible_case_is_explained(tmp_path: Path, classi) -> None:
    out = tmp_path / "imp"
    code, said = classi("form", INSTANCES / "impossibile", "--out", out)
    assert code == 3
    assert "13" in said and "6 × 2 = 12" in said and "1 classe in più" in said and "deroga motivata" in said
    assert {f.name for f in out.iterdir()} == {"certificato.json", "report.html"}
    certificate = json.loads((out / "certificato.json").read_text(encoding="utf-8"))
    assert certificate["status"] == "INFEASIBLE" and certificate["conflict"]["counting"]
    assert "6 × 2 = 12" in (out / "report.html").read_text(encoding="utf-8")
    assert classi("check", INSTANCES / "impossibile")[0] == 2


def test_that_a_result_is_never_overwritten_silently(small: Path, tmp_path: Path, classi) -> None:
    out = tmp_path / "esito"
    assert classi("form", small, "--out", out)[0] == 0
    before = {f.name: f.read_bytes() for f in out.iterdir()}
    code, said = classi("form", small, "--out", out, "--seed", 5, "--lang", "en")
    assert code == 2 and "--force" in said
    assert {f.name: f.read_bytes() for f in out.iterdir()} == before
    assert classi("form", small, "--out", out, "--seed", 5, "--force")[0] == 0
    assert json.loads((out / "certificato.json").read_text(encoding="utf-8"))["seed"] == 5
    assert classi("form", small, "--out", small)[0] == 2
    assert not (small / "report.html").exists()


def test_that_one_worker_gives_the_same_bytes(small: Path, tmp_path: Path, classi) -> None:
    for name in ("uno", "due"):
        assert classi("form", small, "--out", tmp_path / name, "--workers", 1, "--seed", 4, "--time-limit", 20)[0] == 0
    for file in FILES:
        assert (tmp_path / "uno" / file).read_bytes() == (tmp_path / "due" / file).read_bytes(), file
    certificate = json.loads((tmp_path / "uno" / "certificato.json").read_text(encoding="utf-8"))
    assert certificate["deterministic"] and certificate["wall_seconds"] is None


@pytest.mark.parametrize("tampering", ["moved", "lost", "doubled", "class", "pupil", "header", "empty", "swapped"])
def test_that_a_tampered_result_is_caught(small: Path, tmp_path: Path, classi, tampering: str) -> None:
    out = tmp_path / "esito"
    assert classi("form", small, "--out", out)[0] == 0
    file = out / "assegnazioni.csv"
    rows = read(file)
    other = {"1A": "1B", "1B": "1A"}
    match tampering:
        case "moved":
            rows[3][1] = other[rows[3][1]]
        case "lost":
            del rows[5]
        case "doubled":
            rows.append(list(rows[2]))
        case "class":
            rows = [[p, "1Z" if c == "1A" else c] for p, c in rows]
        case "pupil":
            rows[4][0] = "nessuno"
        case "header":
            rows[0] = ["alunno", "sezione"]
        case "empty":
            rows = []
        case "swapped":  # two pupils change places: sizes stay the same
            one = next(r for r in rows[1:] if r[1] == "1A")
            two = next(r for r in rows[1:] if r[1] == "1B")
            one[1], two[1] = "1B", "1A"
    write(file, rows)
    code, said = classi("audit", small, out, "--lang", "en")
    assert code == 4, said
    assert "Every hard rule is kept" not in said


def test_that_changed_inputs_and_a_forged_certificate_are_caught(small: Path, tmp_path: Path, classi) -> None:
    out = tmp_path / "esito"
    assert classi("form", small, "--out", out)[0] == 0
    alunni = small / "alunni.csv"
    original = alunni.read_bytes()
    alunni.write_bytes(original + b"\r\n")
    assert classi("audit", small, out)[0] == 4
    alunni.write_bytes(original)
    assert classi("audit", small, out)[0] == 0
    certificate = json.loads((out / "certificato.json").read_text(encoding="utf-8"))
    certificate["criteria"][-1]["cost"] += 1
    (out / "certificato.json").write_text(json.dumps(certificate), encoding="utf-8")
    assert classi("audit", small, out)[0] == 4
    (out / "certificato.json").write_text("{", encoding="utf-8")
    assert classi("audit", small, out)[0] == 4
    (out / "certificato.json").unlink()
    assert classi("audit", small, out)[0] == 0  # a split made by hand has no certificate and is counted all the same


def test_that_a_planted_school_is_solved_to_its_known_optimum(tmp_path: Path, classi) -> None:
    case, out = tmp_path / "perfetta", tmp_path / "esito"
    assert classi("generate", "--out", case, "--pupils", 60, "--classes", 3, "--seed", 2, "--planted")[0] == 0
    assert (case / "perfetta.csv").exists()
    assert classi("form", case, "--out", out)[0] == 0
    certificate = json.loads((out / "certificato.json").read_text(encoding="utf-8"))
    assert [t["value"] for t in certificate["tiers"]] == [0] * len(certificate["tiers"])


def test_that_wrong_knobs_are_all_told(tmp_path: Path, classi) -> None:
    code, said = classi("generate", "--out", tmp_path / "x", "--girls", 2, "--dsa", "-1", "--lang", "en")
    assert code == 2 and "girls" in said and "dsa" in said
    assert not (tmp_path / "x").exists()


def test_that_a_case_is_not_generated_over_another(small: Path, classi) -> None:
    before = (small / "alunni.csv").read_bytes()
    assert classi("generate", "--out", small, "--seed", 9)[0] == 2
    assert (small / "alunni.csv").read_bytes() == before


def test_that_the_template_can_be_filled_in_and_is_not_overwritten(tmp_path: Path, classi) -> None:
    file = tmp_path / "scuola.xlsx"
    assert classi("template", file)[0] == 0
    assert file.exists() and (tmp_path / "regolamento.toml").exists()
    before = file.read_bytes()
    assert classi("template", file)[0] == 2
    assert file.read_bytes() == before
    code, said = classi("check", file, "--lang", "en")
    assert code == 2 and "no row" in said.lower()


def test_that_a_tolerance_without_alternatives_is_refused(small: Path, tmp_path: Path, classi) -> None:
    code, said = classi("form", small, "--out", tmp_path / "x", "--tolerance", "5")
    assert code == 2 and "--alternatives" in said and not (tmp_path / "x").exists()


def test_that_missing_things_are_named(tmp_path: Path, classi) -> None:
    code, said = classi("check", tmp_path / "non-esiste")
    assert code == 2 and "non-esiste" in said and "Traceback" not in said
    code, said = classi("audit", INSTANCES / "difficile", tmp_path)
    assert code == 2 and "assegnazioni.csv" in said


def test_that_the_version_is_shown(classi) -> None:
    assert classi("--version")[1].strip().count(".") == 2


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_that_ctrl_c_keeps_the_best_found(tmp_path: Path) -> None:
    case, out = tmp_path / "grande", tmp_path / "esito"
    with use_language("en"):
        from classi.generate import Knobs  # noqa: PLC0415
        from classi.workflow import generate_case  # noqa: PLC0415

        generate_case(case, Knobs(pupils=400, classes=16, one_way=True, wishes=2.5), 1)
    command = [
        sys.executable,
        "-m",
        "classi",
        "form",
        str(case),
        "--out",
        str(out),
        "--time-limit",
        "100",
        "--lang",
        "en",
    ]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "tier 3" in line:
                break
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        said, _errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "interrupted" in said
    certificate = json.loads((out / "certificato.json").read_text(encoding="utf-8"))
    assert certificate["stopped"] == "interrupted" and certificate["status"] == "FEASIBLE"
    assert {f.name for f in out.iterdir()} == FILES


def test_that_too_little_memory_is_said_and_nothing_is_claimed(tmp_path: Path, classi) -> None:
    case, out = tmp_path / "grande", tmp_path / "esito"
    assert classi("generate", "--out", case, "--pupils", 300)[0] == 0
    code, said = classi("form", case, "--out", out, "--memory-mb", 64, "--time-limit", 10, "--lang", "en")
    certificate = json.loads((out / "certificato.json").read_text(encoding="utf-8"))
    assert (code, certificate["status"], certificate["stopped"]) == (1, "UNKNOWN", "memory"), said
    assert "UNKNOWN" in said and "proved impossible" in said


@pytest.mark.parametrize("command", ["check", "audit"])
def test_that_commands_that_do_not_search_start_light(small: Path, tmp_path: Path, command: str) -> None:
    pupils = read_ids(small)
    write(tmp_path / "assegnazioni.csv", [["id", "classe"], *[[p, ("1A", "1B")[n % 2]] for n, p in enumerate(pupils)]])
    words = [command, str(small), *([str(tmp_path)] if command == "audit" else [])]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    run = [sys.executable, "-X", "importtime", "-m", "classi", *words]
    said = subprocess.run(run, capture_output=True, text=True, env=env, check=False)
    imported = {line.rpartition("|")[2].strip() for line in said.stderr.splitlines() if line.startswith("import time:")}
    assert said.returncode in (0, 4) and "classi.audit" in imported, said.stderr[-500:]
    assert not imported & {"ortools", "pandas", "numpy", "jinja2", "xlsxwriter"}


def read_ids(case: Path) -> list[str]:
    lines = (case / "alunni.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    return [line.split(";")[0] for line in lines]
