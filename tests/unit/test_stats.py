"""Tests of the aggregate counts: year of course by citizenship, as the survey asks."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from classi.errors import InputError
from classi.i18n import use_language
from classi.stats import ORDERS, Enrolled, left_out, school_counts, write_stats


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with use_language("en"):
        yield


def pupil(k: int, order: str = "primaria", year: Any = 1, citizenship: Any = "italiana") -> dict[str, Any]:
    return {"id": f"P{k}", "ordine": order, "anno_corso": year, "cittadinanza": citizenship}


def problems(*args: Any, **kwargs: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        school_counts(*args, **kwargs)
    return [str(p) for p in caught.value.problems]


def test_that_every_year_of_an_order_is_listed_with_zeros_and_the_total() -> None:
    rows = school_counts([pupil(1), pupil(2, citizenship="rumena"), pupil(3, year=3, citizenship=None)], "2025/26")
    assert rows == (
        Enrolled("2025/26", "primaria", 1, 2, 1, 0),
        Enrolled("2025/26", "primaria", 2, 0, 0, 0),
        Enrolled("2025/26", "primaria", 3, 1, 0, 1),
        Enrolled("2025/26", "primaria", 4, 0, 0, 0),
        Enrolled("2025/26", "primaria", 5, 0, 0, 0),
        Enrolled("2025/26", "primaria", None, 3, 1, 1),
    )


def test_that_the_orders_have_the_years_of_the_survey_and_come_in_its_order() -> None:
    rows = school_counts([pupil(1, "sec2"), pupil(2, "Secondaria di primo grado"), pupil(3)], "2025/2026")
    found = [(r.order, r.year) for r in rows if r.year is not None]
    assert found == [(order, year) for order in ORDERS for year in range(1, ORDERS[order] + 1)]
    assert list(ORDERS.values()) == [5, 3, 5]
    assert {r.school_year for r in rows} == {"2025/26"}


def test_that_there_is_no_way_to_ask_for_plesso_or_indirizzo() -> None:
    assert list(signature(school_counts).parameters) == ["pupils", "school_year", "class_years", "order"]
    rows = [{**pupil(1), "plesso": "Nord", "indirizzo": "x"}, {**pupil(2), "plesso": "Sud", "indirizzo": "y"}]
    assert [r.enrolled for r in school_counts(rows, "2025/26")] == [2, 0, 0, 0, 0, 2]


@pytest.mark.parametrize("year", [2, "2", " 2 ", "2ª", "2A", "2.0", Decimal("2"), 2.0, "Seconda"])
def test_that_a_year_is_read_however_it_is_written(year: Any) -> None:
    assert [r.enrolled for r in school_counts([pupil(1, year=year)], "2025/26")] == [0, 1, 0, 0, 0, 1]


def test_that_the_pupils_own_year_goes_before_that_of_the_class() -> None:
    rows = [pupil(1, year=2), pupil(2, year=None), pupil(3, year="")]
    counted = school_counts(rows, "2025/26", {"P1": 5, "P2": 3, "P3": Decimal("3")})
    assert [r.enrolled for r in counted] == [0, 1, 2, 0, 0, 3]


@pytest.mark.parametrize(
    ("citizenship", "column"),
    [("italiana", None), ("ITALIA", None), (" it ", None), ("rumena", "foreign"), ("italo-argentina", "foreign"),
     (None, "unknown"), ("", "unknown"), ("  ", "unknown")],
)  # fmt: skip
def test_that_unknown_citizenship_is_neither_italian_nor_foreign(citizenship: str | None, column: str | None) -> None:
    total = school_counts([pupil(1, citizenship=citizenship)], "2025/26")[-1]
    assert (total.enrolled, total.foreign, total.unknown) == (1, column == "foreign", column == "unknown")


def test_that_the_order_may_be_given_for_all_and_an_empty_school_has_zeros() -> None:
    rows = [{"id": "P1", "anno_corso": 1}]
    assert school_counts(rows, "2025/26", order="sec1")[-1] == Enrolled("2025/26", "secondaria I", None, 1, 0, 1)
    assert [r.enrolled for r in school_counts([], "2025/26", order="sec1")] == [0, 0, 0, 0]


def test_that_orders_outside_the_survey_are_left_out_aloud() -> None:
    rows = [pupil(1), pupil(2, "Infanzia", None), pupil(3, "infanzia", "x")]
    assert school_counts(rows, "2025/26")[-1].enrolled == 1
    (said,) = left_out(rows)
    assert said.warning
    assert said.message.startswith("2 pupils are of an order outside the survey")
    assert left_out(rows[:1]) == ()


def test_that_every_problem_is_told_at_once() -> None:
    rows = [
        pupil(1), pupil(1), pupil(2, "sec1", 4), pupil(3, "primria"), pupil(4, year=None), pupil(5, year="sesta"),
        {"id": "P6", "anno_corso": 1}, pupil(7, year=None),
    ]  # fmt: skip
    said = problems(rows, "2025/27", {"P7": 9})
    assert [s.split(": ")[0] for s in said] == [
        "“2025/27”", "alunni, row 3, column id, “P1”", "alunni, row 4, column anno_corso, “4”",
        "alunni, row 5, column ordine, “primria”", "alunni, row 6, column anno_corso",
        "alunni, row 7, column anno_corso, “sesta”", "alunni, row 8, column ordine", "alunni, row 9, column anno, “9”",
    ]  # fmt: skip
    assert "from 1 to 3 in secondaria I" in said[2]
    assert said[3].endswith("is expected: primaria, secondaria I, secondaria II, infanzia.")


@pytest.mark.parametrize("year", ["", "2025", "25/26", "2025/25", "2025/27", "1999/00", "2025/26/27"])
def test_that_a_school_year_is_two_years_in_a_row(year: str) -> None:
    assert "2025/26" in problems([pupil(1)], year)[0]


def test_that_the_turn_of_a_century_is_a_school_year() -> None:
    assert school_counts([pupil(1)], "2099/00")[0].school_year == "2099/00"


def test_that_the_file_has_the_columns_the_bom_and_the_totals(tmp_path: Path) -> None:
    path = tmp_path / "stat.csv"
    path.write_text("old")
    write_stats(school_counts([pupil(1, "sec1", citizenship="rumena"), pupil(2, "sec1", 3, None)], "2025/26"), path)
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.decode("utf-8-sig").splitlines() == [
        "anno_scolastico;ordine;anno_di_corso;iscritti;non_italiani;cittadinanza_non_nota",
        "2025/26;secondaria I;1;1;1;0",
        "2025/26;secondaria I;2;0;0;0",
        "2025/26;secondaria I;3;1;0;1",
        "2025/26;secondaria I;totale;2;1;1",
    ]
    assert [p.name for p in tmp_path.iterdir()] == ["stat.csv"]
