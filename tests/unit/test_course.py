"""Tests that a place left in a course goes to the next of its ranking, and that nobody else is moved."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from classi.case import Case
from classi.errors import InputError
from classi.journal import read_journal
from classi.office import Act, record_course_succession
from classi.tables.write import read_assignment
from classi.workflow import form, write_result

ACT = Act("Segreteria", "Rinuncia entro 15 giorni", date(2026, 3, 20))
RULES = """
[[criteria]]
rule = "class_size"
hard = true

[[admission.rounds]]
name = "Musica"
seats = ["strumento"]
places = { violino = 1, flauto = 1 }
opens = { indirizzo = "musicale" }
unplaced = "stay"
steps = [{ name = "Prova", by = "number", column = "prova", first = "highest" }]
"""
PUPILS = [("a", 9, "violino"), ("b", 8, "flauto"), ("c", 7, "violino"), ("d", 6, "violino"), ("e", 5, "flauto")]


@pytest.fixture
def case(tmp_path: Path) -> Path:
    folder = tmp_path / "scuola"
    folder.mkdir()
    rows = [f"{pupil};{mark};{asked}" for pupil, mark, asked in PUPILS]
    (folder / "alunni.csv").write_text("\n".join(["id;prova;strumento_1", *rows]), encoding="utf-8")
    classes = "id;indirizzo;max\n1A;musicale;3\n1B;ordinario;5\n"
    (folder / "classi.csv").write_text(classes, encoding="utf-8")
    (folder / "regolamento.toml").write_text(RULES, encoding="utf-8")
    return folder


@pytest.fixture
def result(case: Path, tmp_path: Path) -> Path:
    write_result(form(Case.read(case), workers=1), tmp_path / "classi")
    return tmp_path / "classi"


def test_that_the_next_takes_the_instrument_left_and_a_class_of_the_course(case: Path, result: Path) -> None:
    before = dict(read_assignment(result / "assegnazioni.csv"))
    assert before["a"] == before["b"] == "1A"
    done, seat = record_course_succession(Case.read(case), result, "b", result.parent / "poi", ACT, "Musica")
    assert (done.successor, done.class_id, seat) == ("c", "1A", "flauto")  # c had asked for the violino only
    after = dict(read_assignment(result.parent / "poi" / "assegnazioni.csv"))
    assert after == {**before, "c": "1A"}
    gave, took = read_journal(case).entries
    assert (gave.kind, took.kind, took.data["seat"], took.data["after"]) == (
        "rinuncia_corso",
        "subentro_corso",
        "flauto",
        1,
    )


def test_that_who_took_a_place_can_give_it_up_and_the_one_after_is_next(case: Path, result: Path) -> None:
    two, three = result.parent / "due", result.parent / "tre"
    assert record_course_succession(Case.read(case), result, "b", two, ACT, "Musica")[0].successor == "c"
    done, seat = record_course_succession(Case.read(case), two, "c", three, ACT, "Musica")
    # 1A holds a, b and c, who keep their class: there is no room for d in the class of the course.
    assert (done.successor, seat, {s.pupil for s in done.skipped}) == ("", "flauto", {"d", "e"})


@pytest.mark.parametrize("who", ["d", "b"])
def test_that_only_who_has_a_place_can_give_it_up_and_once(case: Path, result: Path, who: str) -> None:
    latest = result
    if who == "b":
        latest = result.parent / "poi"
        record_course_succession(Case.read(case), result, who, latest, ACT, "Musica")
    recorded = len(read_journal(case).entries)
    with pytest.raises(InputError, match="posto nel corso"):
        record_course_succession(Case.read(case), latest, who, result.parent / "ancora", ACT, "Musica")
    assert len(read_journal(case).entries) == recorded
    assert not (result.parent / "ancora").exists()


def test_that_nobody_succeeds_where_no_class_of_the_course_has_room(case: Path, tmp_path: Path) -> None:
    (case / "classi.csv").write_text("id;indirizzo;max\n1A;musicale;2\n1B;ordinario;5\n", encoding="utf-8")
    write_result(form(Case.read(case), workers=1), tmp_path / "classi")
    done, _seat = record_course_succession(Case.read(case), tmp_path / "classi", "b", tmp_path / "poi", ACT, "Musica")
    assert (done.successor, {s.pupil for s in done.skipped}) == ("", {"c", "d", "e"})
    assert [e.kind for e in read_journal(case).entries] == ["rinuncia_corso"]


def test_that_classes_older_than_a_recorded_change_are_refused(case: Path, result: Path) -> None:
    record_course_succession(Case.read(case), result, "b", result.parent / "poi", ACT, "Musica")
    with pytest.raises(InputError, match="precedenti alla registrazione 2"):
        record_course_succession(Case.read(case), result, "a", result.parent / "ancora", ACT, "Musica")
