"""Tests of explain and conflicts as a person types them: what they print and write, and how they end."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from classi import cli_explain, console
from classi.case import Case
from classi.i18n import use_language
from classi.resources import instances
from classi.workflow import form, write_result
from oversubscribed import give_places, write_school, write_table

Run = Callable[..., tuple[int, str]]
RULES = """\
name = "Prova"

[[criteria]]
rule = "balance"
name = "Femmine e maschi"
attribute = "sesso"
values = ["F"]
weight = 5

[[criteria]]
rule = "wishes"
name = "Preferenze"
weight = 1
tier = 2

[[criteria]]
rule = "equal_sizes"
name = "Pari numero"
hard = true
"""


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a school (scuola) and its classes (esito); to be read only."""
    folder = tmp_path_factory.mktemp("spiega")
    (folder / "scuola").mkdir()
    pupils = [{"id": f"p{n}", "cognome": f"Cognome{n}", "nome": "Prova", "sesso": "FFFFMM"[n]} for n in range(6)]
    write_table(folder / "scuola" / "alunni.csv", pupils)
    write_table(folder / "scuola" / "classi.csv", [{"id": "1A"}, {"id": "1B"}])
    write_table(
        folder / "scuola" / "legami.csv", [{"da": "p0", "a": f"p{n}", "tipo": "preferisce"} for n in range(1, 5)]
    )
    (folder / "scuola" / "regolamento.toml").write_text(RULES, encoding="utf-8")
    result = form(Case.read(folder / "scuola"), time_limit=20, workers=1)
    assert result.status == "OPTIMAL"
    write_result(result, folder / "esito")
    return folder


@pytest.fixture
def run() -> Iterator[Run]:
    """Run a command, in English: (exit code, what it printed)."""
    with use_language("en"):
        app = typer.Typer(pretty_exceptions_enable=False)
        cli_explain.add_to(app)

        def command(*words: object) -> tuple[int, str]:
            done = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})
            assert done.exception is None or isinstance(done.exception, SystemExit)
            return done.exit_code, done.output

        yield command


def test_that_explain_tells_the_commission_names_prices_and_the_proof(school: Path, run: Run) -> None:
    code, said = run("explain", school / "scuola", school / "esito", "p0")
    assert code == 0 and said.startswith("Cognome0 Prova (p0): class 1")
    assert "What any other class would cost" in said and "the other way." in said
    assert "The split would be worse: " in said
    code, said = run("explain", school / "scuola", school / "esito", "p0", "--rule", 1, "--class", "1b")
    assert code == 0 and "Femmine e maschi, 1B, F: 2, within the target (2)." in said


def test_that_explain_gives_plain_data_to_scripts(school: Path, run: Run) -> None:
    code, said = run("explain", school / "scuola", school / "esito", "p0", "--json")
    told = json.loads(said)
    assert code == 0 and told["pupil"] == "p0" and told["lines"][0].startswith("Cognome0") and told["seat"] == []
    code, said = run("explain", school / "scuola", school / "esito", "p0", "--family", "--json")
    assert code == 0 and json.loads(said)["parts"][0]["lines"] == [
        "This page says how the class of Cognome0 Prova was chosen."
    ]


def test_that_a_family_reads_of_its_own_child_only(school: Path, run: Run) -> None:
    code, said = run("explain", school / "scuola", school / "esito", "p0", "--family")
    assert code == 0 and said.startswith("Cognome0 Prova: class 1")
    assert not [n for n in range(1, 6) if f"Cognome{n}" in said or f"p{n}" in said]


def test_that_pages_for_all_families_are_written_once(school: Path, tmp_path: Path, run: Run) -> None:
    words = ("explain", school / "scuola", school / "esito", "--all", "--family", "--out", tmp_path / "famiglie")
    code, said = run(*words)
    assert code == 0 and "(6)" in said and len(list((tmp_path / "famiglie").iterdir())) == 6
    assert run(*words)[0] == 2
    assert run(*words, "--force")[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("p9",), "has no class"),
        (("p0", "--rule", "9"), "numbered from 1 to 3"),
        (("p0", "--class", "2C"), "The classes: 1A, 1B."),
        ((), "Give an id, or --all"),
        (("p0", "--all"), "--all goes with --family and --out"),
        (("--all", "--json"), "--json says one pupil"),
        (("p0", "--out", "x"), "--out goes with --all only"),
        (("p0", "--family", "--rule", "1"), "counts are not shown to families"),
    ],
)
def test_that_what_is_asked_wrongly_is_explained(school: Path, run: Run, words: tuple[str, ...], said: str) -> None:
    code, printed = run("explain", school / "scuola", school / "esito", *words)
    assert code == 2 and said in " ".join(printed.split())


def test_that_a_folder_without_a_result_is_told(school: Path, tmp_path: Path, run: Run) -> None:
    code, said = run("explain", school / "scuola", tmp_path, "p0")
    assert code == 2 and "holds no result" in said


def test_that_a_certificate_of_other_files_is_pointed_out(school: Path, tmp_path: Path, run: Run) -> None:
    shutil.copytree(school / "esito", tmp_path / "esito")
    rows = (tmp_path / "esito" / "assegnazioni.csv").read_text(encoding="utf-8").splitlines()
    swapped = [rows[0], *(r.replace("1A", "1x").replace("1B", "1A").replace("1x", "1B") for r in rows[1:])]
    (tmp_path / "esito" / "assegnazioni.csv").write_text("\n".join(swapped) + "\n", encoding="utf-8")
    code, said = run("explain", school / "scuola", tmp_path / "esito", "p0")
    assert code == 0 and "assegnazioni.csv" in said.split("Cognome0", 1)[0]


# --- where seats are given ---


@pytest.fixture(scope="module")
def seats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("posti")
    give_places(write_school(folder / "scuola"), folder / "esito")
    result = form(Case.read(folder / "scuola"), time_limit=20, workers=1)
    write_result(result, folder / "classi")
    return folder


def test_that_the_seats_reasons_come_first_then_the_class(seats: Path, run: Run) -> None:
    code, said = run("explain", seats / "scuola", seats / "classi", "A07")
    assert code == 0 and said.startswith("Plesso: position 7 of 15; Nord, 6 seats given: admitted.\n")
    assert "The seat given by the rankings leaves open: 1B." in said


@pytest.mark.parametrize(("folder", "pupil"), [("esito", "A07"), ("classi", "A14")])
def test_that_only_the_seat_is_told_where_no_class_was_formed_of_it(
    seats: Path, run: Run, folder: str, pupil: str
) -> None:
    code, said = run("explain", seats / "scuola", seats / folder, pupil)
    assert code == 0 and said.startswith("Plesso: position ") and "any other class" not in said
    code, said = run("explain", seats / "scuola", seats / folder, pupil, "--json")
    assert code == 0 and list(json.loads(said)) == ["pupil", "seat"]


def test_that_who_has_a_class_and_stands_in_no_ranking_is_explained_all_the_same(
    seats: Path, tmp_path: Path, run: Run
) -> None:
    shutil.copytree(seats / "classi", tmp_path / "classi")
    (tmp_path / "classi" / "graduatorie.csv").unlink()
    code, said = run("explain", seats / "scuola", tmp_path / "classi", "A07")
    assert code == 0 and ": class 1" in said and "position" not in said
    assert said.count("graduatorie.csv") == 1  # what is missing is said, and said once


def test_that_somebody_without_ranking_is_told_so(seats: Path, run: Run) -> None:
    code, said = run("explain", seats / "scuola", seats / "classi", "B99")
    assert code == 2 and "There is no ranking with pupil B99" in said


# --- conflicts ---


def test_that_conflicts_end_by_what_they_found(school: Path, run: Run) -> None:
    code, said = run("conflicts", school / "scuola", "--time-limit", 20)
    assert (code, said) == (0, "The mandatory rules can all be kept: there is no conflict.\n")
    code, said = run("conflicts", instances() / "impossibile", "--time-limit", 20, "--most", 2)
    assert code == console.EXIT_IMPOSSIBLE and "Conflict 1:" in said and "a) give way on rule 2" in said
    code, said = run("conflicts", instances() / "impossibile", "--json")
    told = json.loads(said)
    assert (
        code == console.EXIT_IMPOSSIBLE and told["status"] == "IMPOSSIBLE" and told["choices"][0]["way"]["excess"] == 1
    )


def test_that_conflicts_without_time_claim_nothing(monkeypatch: pytest.MonkeyPatch, school: Path, run: Run) -> None:
    from classi.explain import conflicts as explain_conflicts  # noqa: PLC0415

    monkeypatch.setattr(explain_conflicts, "conflicts", lambda *_asked: ((), False))
    code, said = run("conflicts", school / "scuola")
    assert code == console.EXIT_OTHER and "The time ended" in said


def test_that_every_option_has_a_word_of_help(run: Run) -> None:
    said = run("explain", "--help")[1] + run("conflicts", "--help")[1]
    for option in ("--family", "--rule", "--class", "--json", "--all", "--out", "--most", "--force", "--time-limit"):
        line = next(line for line in said.splitlines() if option in line)
        assert len(line.replace("│", " ").split()) > 4
