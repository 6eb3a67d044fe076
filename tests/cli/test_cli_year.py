"""Tests of the commands of the year as a person types them: what they print, write and record, how they end."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from classi import cli, cli_year
from classi.i18n import use_language
from classi.journal import read_journal
from classi.tables.write import read_assignment, write_assignment

Run = Callable[..., tuple[int, str]]
WHY = ("--who", "Dirigente", "--why", "Prova")
SOON, LATE = ("--on", "2026-09-20"), ("--on", "20/10/2026")
PLACED = {"a": "1A", "b": "1A", "c": "1A", "d": "1B", "e": "1B", "f": "1C", "g": "1C"}
RULES = """
name = "prova"
[[criteria]]
rule = "class_size"
max = 4
hard = true
[[criteria]]
rule = "apart"
name = "Da separare"
hard = true
[[criteria]]
rule = "balance"
name = "Femmine [e] maschi"
attribute = "sesso"
weight = 2
[changes]
lessons_begin = 2026-09-10
frozen_after_days = 15
publish_days_before = 3
[[changes.grounds]]
id = "grave"
text = "Motivi gravi"
kinds = ["scambio", "riformazione"]
exceptional = true
"""


@pytest.fixture
def classi(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process: (exit code, what it printed)."""

    def run(*words: object, lang: str = "en") -> tuple[int, str]:
        monkeypatch.setenv("COLUMNS", "200")
        with use_language(lang):
            app = cli.build()
            if not any(c.name == "swap" for c in app.registered_commands):
                cli_year.add_to(app)
            done = CliRunner().invoke(app, [str(word) for word in words])
        return done.exit_code, done.output

    return run


@pytest.fixture
def office(tmp_path: Path) -> tuple[Path, Path]:
    """The folder of a case and the one of its classes; n and m have none yet."""
    case, places = tmp_path / "scuola", tmp_path / "prima"
    case.mkdir()
    places.mkdir()
    rows = "".join(f"{p};{'FM'[n % 2]}\n" for n, p in enumerate("abcdefgn"))
    (case / "alunni.csv").write_text(f"id;sesso\n{rows}", encoding="utf-8")
    (case / "classi.csv").write_text("id\n1A\n1B\n1C\n", encoding="utf-8")
    (case / "legami.csv").write_text("da;a;tipo\na;e;separati\n", encoding="utf-8")
    (case / "regolamento.toml").write_text(RULES, encoding="utf-8")
    write_assignment(places / "assegnazioni.csv", PLACED.items())
    return case, places


def now(folder: Path) -> dict[str, str]:
    return dict(read_assignment(folder / "assegnazioni.csv"))


def test_that_a_late_enrolment_waits_for_its_draw_and_then_goes_on(office, tmp_path, classi) -> None:
    case, places = office
    enrol = ("enrol", case, places, "n", "--out", tmp_path / "dopo", *WHY)
    code, said = classi(*enrol, *SOON)
    assert code == 2 and "give --source and --date" in said
    code, said = classi(*enrol, *SOON, "--source", "Lotto", "--date", "2026-09-22")
    assert code == 1 and "1B, 1C are equally small: a draw decides by: Lotto, on 22/09/2026" in said
    name = next((case / "sorteggi").glob("iscrizione-??????.json")).name
    assert f"{name} now" in said and "run this again with --numbers" in said
    code, said = classi(*enrol, "--on", "2026-09-22", "--numbers", "7 20 45")
    assert code == 0 and "Drawn between 1B, 1C: " in said and f"Publish {name}" in said
    assert "Class 1A, before: 3 pupils." in said
    goes = now(tmp_path / "dopo")["n"]
    assert f"n goes to class {goes}." in said and "Recorded as number 1." in said
    code, said = classi(*enrol[:2], places, "n", "--out", tmp_path / "ancora", *WHY)
    assert code == 0 and "Recorded before as number 1; the classes are written again." in said


def test_that_the_optimiser_says_who_moves(office, tmp_path, classi) -> None:
    case, places = office
    (case / "legami.csv").write_text("da;a;tipo\nn;d;separati\nn;f;separati\n", encoding="utf-8")
    write_assignment(places / "assegnazioni.csv", {**PLACED, "g": "1A"}.items())
    enrol = ("enrol", case, places, "n", "--out", tmp_path / "dopo", *WHY, "--optimise", "--workers", "1")
    code, said = classi(*enrol, *LATE)
    assert code == 2 and "classes change only for exceptional reasons" in said and not (tmp_path / "dopo").exists()
    code, said = classi(*enrol, *SOON)
    assert code == 0 and "1 pupil changes class." in said and ": from 1" in said
    assert read_journal(case).entries[0].data["moves"].keys() <= set(PLACED)
    shutil.rmtree(tmp_path / "dopo")  # as if it had been interrupted before the classes were written
    code, said = classi(*enrol, *SOON)
    assert code == 0 and "Recorded before as number 1" in said and len(read_journal(case).entries) == 1
    assert now(tmp_path / "dopo")["n"] == read_journal(case).entries[0].data["class"]


def test_that_the_optimiser_refuses_what_belongs_to_a_draw(office, tmp_path, classi) -> None:
    case, places = office
    enrol = ("enrol", case, places, "n", "--out", tmp_path / "dopo", *WHY, *SOON)
    for draw in (("--source", "Lotto"), ("--date", "2026-09-22"), ("--numbers", "7 20 45")):
        for by in (("--optimise",), ("--max-moves", "0")):
            code, said = classi(*enrol, *draw, *by)
            assert code == 2 and "The optimiser makes no draw" in said
    assert classi(*enrol, "--source", "Lotto", "--date", "2026-09-22")[0] == 1
    code, said = classi(*enrol, "--optimise")
    assert code == 2 and "annul it first" in said and not (tmp_path / "dopo").exists()


def test_that_a_swap_is_shown_refused_and_recorded(office, tmp_path, classi) -> None:
    case, places = office
    code, said = classi("swap", case, places, "a", "d", "--out", tmp_path / "dopo", *WHY, *SOON)
    assert code == 4 and "The change would break: Da separare. Nothing was recorded." in said
    code, said = classi("swap", case, places, "c", "d", "--out", tmp_path / "dopo", *WHY, *SOON)
    assert code == 0 and "Femmine [e] maschi" in said and "c goes to class 1B." in said
    grave = ("--ground", "grave", "--exceptional", "Trasloco", "--with", "Nota 3")
    code, said = classi("swap", case, tmp_path / "dopo", "b", "d", "--out", tmp_path / "poi", *WHY, *LATE, *grave)
    assert code == 2 and "in this class already" in said
    code, said = classi("swap", case, tmp_path / "dopo", "f", "b", "--out", tmp_path / "poi", *WHY, *LATE, *grave)
    assert code == 0 and "No rule costs more or less." in said and "explained to the families" in said
    assert "1 pupil has no class yet" in said


def test_that_leaving_and_the_history_are_told(office, tmp_path, classi) -> None:
    case, places = office
    assert classi("history", case) == (
        0, "Nothing was recorded.\nClasses change freely until 25/09/2026.\nClasses are published by 07/09/2026.\n",
    )  # fmt: skip
    code, said = classi("withdraw", case, places, "a", "--out", tmp_path / "dopo", *WHY, *LATE)
    assert code == 0 and "Recorded as number 1." in said and "a" not in now(tmp_path / "dopo")
    code, said = classi("history", case, "a")
    assert (code, said) == (0, "1. 20/10/2026, Dirigente: a leaves the school. Reason: Prova.\n")


def test_that_classes_formed_again_are_kept_and_adopted(office, tmp_path, classi) -> None:
    case, places = office
    form = ("form", case, "--out", tmp_path / "nuove", "--workers", "1")
    code, said = classi(*form, "--max-moves", "1")
    assert code == 2 and "name them with --keep" in said
    code, said = classi(*form, "--keep", places, "--max-moves", "2")
    assert code == 0 and "1 pupil had no class." in said and "changes no split is better: this is proved" in said
    code, said = classi(*form, "--keep", places)
    assert code == 2 and "already holds a result" in said
    code, said = classi("adopt", case, places, tmp_path / "nuove", *WHY, *SOON)
    assert code == 0 and "Recorded as number 1." in said
    assert read_journal(case).entries[0].kind == "riformazione"
    assert classi("audit", case, tmp_path / "nuove")[0] == 0


def test_that_an_impossible_case_and_one_without_time_end_as_ever(office, tmp_path, classi) -> None:
    case, places = office
    form = ("form", case, "--keep", places)
    assert classi(*form, "--time-limit", "0.1", "--out", tmp_path / "presto")[0] in (0, 1)
    rules = RULES.replace("max = 4", "max = 2")
    (case / "regolamento.toml").write_text(rules, encoding="utf-8")
    code, _said = classi(*form, "--out", tmp_path / "mai")
    assert code == 3 and (tmp_path / "mai" / "certificato.json").exists()


def test_that_the_commands_can_stand_alone() -> None:
    app = typer.Typer()
    with use_language("it"):
        cli_year.add_to(app)
        assert {c.name for c in app.registered_commands} == {"enrol", "withdraw", "swap", "adopt", "history"}
        said = CliRunner().invoke(app, ["enrol", "--help"], env={"COLUMNS": "200"}).output
    assert "Il motivo, con il suo id" in said
