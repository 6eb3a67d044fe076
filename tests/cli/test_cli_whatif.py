"""Tests of `classi whatif` as a person types it: what it prints and writes, and how it ends."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from classi import cli_whatif, resources
from classi.case import Case
from classi.case_file import CaseFile
from classi.errors import InputError, Problem
from classi.handmade import Decision, write_change
from classi.i18n import use_language
from classi.recount import audit_result
from classi.splits import read_split
from classi.tables.write import read_assignment, write_assignment
from classi.whatif import Repaired, WhatIf
from classi.workflow import form, write_result

Run = Callable[..., tuple[int, str]]
PUPILS = """\
id;sesso
a;F
b;F
c;F
d;M
e;M
f;M
"""
CLASSES = "id\n1A\n1B\n"
TIES = "da;a;tipo\na;b;preferisce\ne;d;preferisce\n"
RULES = """\
name = "Prova"

[[criteria]]
rule = "class_size"
name = "Posti"
min = 2
max = 3
hard = true

[[criteria]]
rule = "balance"
name = "Femmine e maschi"
attribute = "sesso"
weight = 2

[[criteria]]
rule = "wishes"
name = "Compagni"
weight = 1
tier = 2
"""
WHO = ("--who", "Dirigente", "--why", "Richiesta della famiglia", "--ground", "S001")


@pytest.fixture
def classi() -> Run:
    """Run the command in this process: (exit code, what it printed)."""

    def run(*words: object, lang: str = "en") -> tuple[int, str]:
        with use_language(lang):
            app = typer.Typer()
            app.callback()(lambda: None)
            cli_whatif.add_to(app)
            done = CliRunner().invoke(app, ["whatif", *map(str, words)], env={"COLUMNS": "200"})
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    return run


@pytest.fixture
def split(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """The folder of a case, and of a split of it: the girls in one class, the boys in the other."""
    case, out = tmp_path / "caso", tmp_path / "esito"
    case.mkdir()
    for name, text in {
        "alunni.csv": PUPILS,
        "classi.csv": CLASSES,
        "legami.csv": TIES,
        "regolamento.toml": RULES,
    }.items():
        (case / name).write_text(text, encoding="utf-8")
    out.mkdir()
    write_assignment(out / "assegnazioni.csv", [(p, "1A" if p in "abc" else "1B") for p in "abcdef"])
    yield case, out


def files(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def test_that_a_swap_is_priced_and_nothing_is_written(split, tmp_path: Path, classi: Run) -> None:
    before = files(tmp_path)
    code, said = classi(*split, "--swap", "c,f")
    assert code == 0
    assert said.splitlines() == [
        "c: 1A → 1B; f: 1B → 1A",
        "On the whole better, in the order of the priorities.",
        "  Femmine e maschi: better, from 4 to 0 (priority 1, 8 points fewer).",
        "      1A, F: 3 → 2; target 1–2: within target",
        "      1B, F: 0 → 1; target 1–2: within target",
        "      1A, M: 0 → 1; target 1–2: within target",
        "      1B, M: 3 → 2; target 1–2: within target",
    ]
    code, said = classi(*split, "--swap", "c,f", lang="it")
    assert code == 0 and "Femmine e maschi: migliora da 4 a 0" in said
    assert files(tmp_path) == before


def test_that_a_change_that_breaks_a_mandatory_rule_shows_its_price_and_is_never_written(
    split, tmp_path: Path, classi: Run
) -> None:
    before = files(tmp_path)
    code, said = classi(*split, "--move", "a=1b", "--out", tmp_path / "nuovo", *WHO)
    assert code == 4 and "Not possible: a mandatory rule would be broken." in said
    assert "Posti: mandatory and broken (by 1)." in said and "1B: 3 → 4; target 2–3: too many (+1)" in said
    assert files(tmp_path) == before


def test_that_a_repair_is_shown_and_written_with_the_change(split, tmp_path: Path, classi: Run) -> None:
    code, said = classi(*split, "--move", "a=1B", "--repair", "--out", tmp_path / "nuovo", *WHO, "--workers", 1)
    assert code == 0, said
    assert (
        "1 further move:\n  f: 1B → 1A\nFewer do not keep the mandatory rules (proved).\nAll the moves together:"
        in said
    )
    assert audit_result(split[0], tmp_path / "nuovo").confirmed
    assert dict(read_assignment(tmp_path / "nuovo" / "assegnazioni.csv"))["a"] == "1B"
    made = json.loads((tmp_path / "nuovo" / "certificato.json").read_text(encoding="utf-8"))["made"]
    assert made["asked"] == ["a"] and [m["id"] for m in made["moves"]] == ["a", "f"]
    assert (made["how"], made["who"], made["ground"]) == ("by hand", "Dirigente", "S001")


def test_that_a_repair_respects_the_locks_and_the_most_moves(split, classi: Run) -> None:
    code, said = classi(*split, "--move", "a=1B", "--repair", "--lock", "f", "--lock", "d", "--workers", 1)
    assert code == 0 and "  e: 1B → 1A" in said
    code, said = classi(*split, "--move", "a=1B", "--max-moves", 5, "--workers", 1)
    assert code == 0 and "No choice of so few moves gives a better split (proved)." in said
    code, said = classi(*split, "--move", "a=1B", "--max-moves", 0, "--workers", 1)
    assert code == 3
    assert "The mandatory rules cannot be kept with this change and at most 0 further moves." in said
    code, said = classi(*split, "--swap", "c,f", "--repair", "--workers", 1)
    assert code == 0 and said.splitlines()[-1] == "No further move is needed."
    code, said = classi(*split, "--swap", "c,f", "--max-moves", 0, "--workers", 1)
    assert code == 0 and said.splitlines()[-1] == "No further moves make the split better (proved)."


def test_that_an_impossible_change_is_explained(split, classi: Run) -> None:
    locks = [word for p in "def" for word in ("--lock", p)]
    code, said = classi(*split, "--move", "a=1B", "--repair", *locks, "--workers", 1)
    assert code == 3 and "No further moves can help: the change itself is impossible." in said
    assert "The change asked for" in said and "Pupils who are locked" in said
    code, said = classi(*split, "--move", "a=1B", "--repair", *locks, "--workers", 1, lang="it")
    assert code == 3 and "No assignment keeps all the hard rules." not in said


def test_that_time_that_ends_first_is_said(split, classi: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    found = WhatIf(read_split(Case.read(split[0]), split[1])).repair([("a", "1B")], workers=1)
    answers = iter(
        [
            Repaired("UNKNOWN", None),
            Repaired("FEASIBLE", found.price, found.further),
            Repaired("FEASIBLE", found.price, found.further),
            Repaired("FEASIBLE", found.price),
        ]
    )
    monkeypatch.setattr(WhatIf, "repair", lambda *_words, **_more: next(answers))
    code, said = classi(*split, "--move", "a=1B", "--repair")
    assert code == 1 and "No further moves were found in the time allowed, and none were proved impossible." in said
    code, said = classi(*split, "--move", "a=1B", "--repair")
    assert code == 0 and "Fewer may do (at least 0 are needed): the time allowed ended first." in said
    code, said = classi(*split, "--move", "a=1B", "--max-moves", 3)
    assert code == 0 and "A better choice of moves may exist: the time allowed ended first." in said
    code, said = classi(*split, "--move", "a=1B", "--max-moves", 3)
    assert code == 0 and "No further moves were found that make the split better, in the time allowed." in said


def test_that_better_moves_and_swaps_are_listed_for_all_a_pupil_or_a_rule(split, classi: Run) -> None:
    code, said = classi(*split, "--top", 2)
    assert code == 0 and said.startswith("1. c: 1A → 1B; f: 1B → 1A\n   On the whole better")
    assert "\n2. " in said and "\n3. " not in said
    code, said = classi(*split, "--best", "a")
    assert code == 0 and all("a: 1A → 1B" in line for line in said.splitlines() if line[:1].isdigit())
    code, said = classi(*split, "--best-rule", 2, "--top", 1)
    assert code == 0 and "Femmine e maschi: better" in said


def test_that_where_nothing_is_better_it_is_said_and_what_costs_least_is_shown(split, classi: Run) -> None:
    assert classi(*split, "--best-rule", 3)[1].splitlines() == [
        "No single move or swap helps this rule and makes the whole split better.",
        "Nor does any leave the mandatory rules as they are.",
    ]
    write_assignment(split[1] / "assegnazioni.csv", [(p, "1A" if p in "abf" else "1B") for p in "abcdef"])
    code, said = classi(*split)
    assert code == 0 and said.startswith("No single move or swap makes the split better.\nThose that cost least")
    assert classi(*split, "--best", "a")[1].startswith("No single move or swap of this pupil makes the split better.")
    code, said = classi(*split, "--opposite")
    assert code == 0 and said.startswith("No swap that leaves every balance unchanged makes the split better.")
    assert "a: 1A → 1B; c: 1B → 1A" in said


def test_that_every_mistake_is_told_and_nothing_written(split, tmp_path: Path, classi: Run) -> None:
    before, new = files(tmp_path), ("--out", tmp_path / "nuovo")
    for words, expected in (
        (
            ("--move", "a", "--swap", "b", "--move", "zz=1B"),
            ("A move is written PUPIL=CLASS.", "A swap is written", "zz"),
        ),
        (("--swap", "a,b", "--move", "q=1A"), ("same class (1A)", "“q”")),
        (("--move", "a=1A"), ("in class 1A already",)),
        (("--move", "a=1B", "--lock", "a"), ("locked",)),
        (("--lock", "zz"), ("zz",)),
        (("--move", "a=1B", "--best", "a"), ("one thing at a time",)),
        (("--repair",), ("Name the change",)),
        ((*new, *WHO), ("Name the change",)),
        (("--swap", "c,f", *new), ("Say who decides the change.", "Say why the change is made.")),
        (("--swap", "c,f", "--out", split[0], *WHO), ("folder of a case",)),
        (("--swap", "c,f", "--out", split[1], *WHO), ("--force",)),
        (("--swap", "c,f", "--case-file", tmp_path / "x.classi"), ("add --out",)),
        (("--best-rule", 9), ("1 to 3",)),
    ):
        code, said = classi(*split, *words)
        assert code == 2 and all(text in said for text in expected), (words, said)
    assert files(tmp_path) == before


def test_that_a_changed_split_can_be_changed_again_and_keeps_its_history(split, tmp_path: Path, classi: Run) -> None:
    assert classi(*split, "--swap", "c,f", "--out", tmp_path / "uno", *WHO)[0] == 0
    code, said = classi(split[0], tmp_path / "uno", "--swap", "a,d", "--out", tmp_path / "uno", *WHO, "--force")
    assert code == 0 and said.splitlines()[-1].startswith("Written: ")
    made = json.loads((tmp_path / "uno" / "certificato.json").read_text(encoding="utf-8"))["made"]
    assert [[m["id"] for m in step["moves"]] for step in made["history"]] == [["c", "f"]]
    assert audit_result(split[0], tmp_path / "uno").confirmed


def test_that_files_changed_since_are_told(split, tmp_path: Path, classi: Run) -> None:
    write_result(form(Case.read(split[0]), time_limit=2.0, workers=1), tmp_path / "nuovo")
    rules = split[0] / "regolamento.toml"
    rules.write_text(rules.read_text(encoding="utf-8") + "\n# riletto\n", encoding="utf-8")
    code, said = classi(split[0], tmp_path / "nuovo")
    assert code == 0 and "regolamento.toml is not the file this certificate was made for." in said


def test_that_seats_go_with_the_classes_and_are_never_given_up(tmp_path: Path, classi: Run) -> None:
    case = resources.instances() / "ammissioni-superiore"
    write_result(form(Case.read(case), time_limit=3.0, workers=1), tmp_path / "esito")
    split = read_split(Case.read(case), tmp_path / "esito")
    seats = split.case.seats
    assert seats is not None
    pupil, other = next((p, c.id) for p in seats for c in split.case.school.classes if c.id not in seats[p])
    code, said = classi(case, tmp_path / "esito", "--move", f"{pupil}={other}", "--out", tmp_path / "no", *WHO)
    assert code == 4 and f"The seat given to pupil {pupil} does not leave class {other} open." in said
    assert not (tmp_path / "no").exists()
    swap = next(p for p in WhatIf(split).best(anyway=True, top=100) if len(p.moves) == 2)
    code, said = classi(
        case, tmp_path / "esito", "--swap", ",".join(m.pupil for m in swap.moves), "--out", tmp_path / "si", *WHO
    )
    assert code == 0, said
    assert (tmp_path / "si" / "graduatorie.csv").read_bytes() == (tmp_path / "esito" / "graduatorie.csv").read_bytes()
    assert audit_result(case, tmp_path / "si").confirmed


# --- the case file ---


def as_files(folder: Path) -> dict[str, bytes]:
    return {f.name: f.read_bytes() for f in folder.iterdir() if f.is_file()}


@pytest.fixture
def recorded(split, tmp_path: Path) -> Path:
    """A case file with the case and its split."""
    case, out = split
    path = tmp_path / "pratica.classi"
    file = CaseFile.create(path, "Prova", as_files(case), who="Segreteria", why="Avvio")
    file.add_split("esito", (out / "assegnazioni.csv").read_bytes(), b"", who="Segreteria", why="Prima divisione")
    return path


def test_that_a_change_is_recorded_in_the_case_file(split, recorded: Path, tmp_path: Path, classi: Run) -> None:
    code, said = classi(*split, "--swap", "c,f", "--out", tmp_path / "nuovo", *WHO, "--case-file", recorded)
    assert code == 0, said
    file = CaseFile.open(recorded)
    (event,) = file.state.changes
    assert (event.who, event.why, event.data["ground"]) == ("Dirigente", "Richiesta della famiglia", "S001")
    assert event.data["split"] == "nuovo" and event.data["from"] == "esito" and event.data["price"] == {"1": -8}
    assert [m["id"] for m in event.data["moves"]] == ["c", "f"] and file.verify() == ()
    assert file.placed("nuovo") == dict(read_assignment(tmp_path / "nuovo" / "assegnazioni.csv"))
    shutil.rmtree(tmp_path / "nuovo")
    code, said = classi(*split, "--swap", "a,d", "--out", tmp_path / "nuovo", *WHO, "--case-file", recorded)
    assert code == 2 and "has a split of this name already" in said and not (tmp_path / "nuovo").exists()


def test_that_the_locks_of_the_case_file_hold(split, recorded: Path, tmp_path: Path, classi: Run) -> None:
    CaseFile.open(recorded).lock(["c"], who="Dirigente", why="Deciso")
    code, said = classi(*split, "--swap", "c,f", "--out", tmp_path / "nuovo", *WHO, "--case-file", recorded)
    assert code == 2 and "locked" in said and not (tmp_path / "nuovo").exists()
    code, said = classi(*split, "--best-rule", 2, "--case-file", recorded)
    assert code == 0 and "c: 1A" not in said
    read = read_split(Case.read(split[0]), split[1])
    moves = WhatIf(read).price(WhatIf(read).swapped("c", "f")).moves
    with use_language("en"), pytest.raises(InputError, match="locked"):
        write_change(read, moves, Decision("x", "y"), tmp_path / "nuovo", case_file=recorded)
    assert not (tmp_path / "nuovo").exists()


def test_that_a_change_counted_on_other_data_than_the_case_files_is_not_recorded(
    split, recorded: Path, tmp_path: Path, classi: Run
) -> None:
    file = CaseFile.open(recorded)
    other = {name: content + b"\n" * (name == "alunni.csv") for name, content in file.inputs().items()}
    file.receive(other, who="Segreteria", why="Dati nuovi")
    before = recorded.read_bytes()
    code, said = classi(*split, "--swap", "c,f", "--out", tmp_path / "nuovo", *WHO, "--case-file", recorded)
    assert code == 2 and "holds other data than the case that is read" in said
    assert not (tmp_path / "nuovo").exists() and recorded.read_bytes() == before


def test_that_a_change_written_but_not_recorded_is_said_to_be_so(
    split, recorded: Path, tmp_path: Path, classi: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(*_args: object, **_named: object) -> None:
        CaseFile.open(recorded).decide("Altro", who="Segreteria", why="Nel frattempo")
        raise InputError([Problem("somebody else", "pratica.classi")])

    monkeypatch.setattr(CaseFile, "change", meanwhile)
    code, said = classi(*split, "--swap", "c,f", "--out", tmp_path / "nuovo", *WHO, "--case-file", recorded)
    assert code == 1 and (tmp_path / "nuovo" / "certificato.json").is_file()
    assert "is written in" in said and "somebody else" in said and "nothing was written" not in said
    assert not CaseFile.open(recorded).state.changes


def test_that_a_split_the_case_file_does_not_know_is_not_changed(
    split, recorded: Path, tmp_path: Path, classi: Run
) -> None:
    write_assignment(split[1] / "assegnazioni.csv", [(p, "1A" if p in "abf" else "1B") for p in "abcdef"])
    before = recorded.read_bytes()
    code, said = classi(*split, "--swap", "a,c", "--out", tmp_path / "nuovo", *WHO, "--case-file", recorded)
    assert code == 2 and "does not hold the split that is changed" in said
    assert not (tmp_path / "nuovo").exists() and recorded.read_bytes() == before
