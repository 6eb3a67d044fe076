"""Tests that the auditor's notebook matches, counts and shares out as the specification says."""

from __future__ import annotations

import random
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from classi.domain import Pupil, School, SchoolClass
from classi.ledger import Ledger


def notebook(cells: list[Any]) -> Ledger:
    """Return a ledger whose pupils 0, 1, 2 … have these cells in column x."""
    return Ledger([{"id": str(k), "x": cell} for k, cell in enumerate(cells)], [{"id": "1A"}])


def chosen(cells: list[Any], condition: Any) -> list[Any]:
    ledger = notebook(cells)
    return [row["x"] for row in ledger.select(ledger.pupils, {"x": condition})]


@pytest.mark.parametrize(
    ("cells", "condition", "expected"),
    [
        (["M", " m ", "F", None], "m", ["M", " m "]),
        (["via  Roma", "Via roma"], "VIA ROMA", ["via  Roma", "Via roma"]),
        (["M", "F", "X"], ["f", "x"], ["F", "X"]),
        ([1, 2, Decimal("2.5"), True], 1, [1, True]),
        ([0, False, True, None], False, [0, False]),
        ([7, Decimal("7.5")], 7.5, [Decimal("7.5")]),
        ([Decimal("7.50"), 7], [Decimal("7.5")], [Decimal("7.50")]),
        (["3", "3A"], 3, ["3"]),
        ([3, Decimal("3.5"), 4], ["3", "3.5"], [3, Decimal("3.5")]),
        ([date(2014, 3, 1), date(2014, 3, 2)], date(2014, 3, 1), [date(2014, 3, 1)]),
        ([1, 2, 3, None], {"min": 2}, [2, 3]),
        ([1, 2, 3, None], {"max": 2}, [1, 2]),
        ([1, Decimal("1.5"), 2], {"min": 1.5, "max": 2}, [Decimal("1.5"), 2]),
        ([False, True], {"min": 1}, []),
        ([date(2013, 12, 31), date(2014, 1, 1)], {"min": date(2014, 1, 1)}, [date(2014, 1, 1)]),
        ([date(2014, 1, 1)], {"min": datetime(2014, 1, 1, 12)}, [date(2014, 1, 1)]),
        ([date(2014, 1, 1), None], {"min": 3}, []),
        (["a", "B", "c"], {"min": "b"}, ["B", "c"]),
        (["M", "F", None], {"not": "m"}, ["F"]),
        (["M", "F", None], {"not": ["m", "f"]}, []),
        (["M", "F", None], {"known": True}, ["M", "F"]),
        (["M", "F", None], {"known": False}, [None]),
        ([1, 4, None], {"known": False, "min": 2}, []),
        ([1, 4, None], {"known": True, "min": 2}, [4]),
        ([1, 2, 3, 4], {"in": [1, 2, 3], "not": 2, "max": 2}, [1]),
    ],
)
def test_that_a_condition_chooses_what_the_specification_says(
    cells: list[Any], condition: Any, expected: list[Any]
) -> None:
    assert chosen(cells, condition) == expected


def test_that_several_columns_must_all_agree_and_none_means_everybody() -> None:
    ledger = Ledger([{"id": "a", "s": "F", "n": 1}, {"id": "b", "s": "F"}, {"id": "c", "s": "M", "n": 1}], [])
    assert [r["id"] for r in ledger.select(ledger.pupils, {"s": "F", "n": 1})] == ["a"]
    assert len(ledger.select(ledger.pupils, {})) == 3
    assert ledger.select(ledger.pupils, {"no such column": 1}) == []


def test_that_yes_and_one_are_told_apart_only_by_words() -> None:
    # One compiled condition sees both: what it learned of 1 must not be said of yes.
    assert chosen([1, True, Decimal(1)], "true") == [True]
    assert chosen([True, 1], "1") == [1]


def test_that_asking_twice_answers_twice() -> None:
    ledger = Ledger(pupils(3), classes(a=(None, None), b=(None, None)), placed={"p0": "a"})
    for _again in range(2):
        assert [row["id"] for row in ledger.pupils_in("a")] == ["p0"]
        assert len(ledger.select(ledger.pupils, {"id": "p1"})) == 1
        assert ledger.expected({"p0": 1}) == {"a": Fraction(1, 2), "b": Fraction(1, 2)}


def test_that_classes_are_chosen_by_their_columns() -> None:
    ledger = Ledger([], [{"id": "1A", "plesso": "Verdi"}, {"id": "1B", "plesso": "Rossi"}])
    assert [row["id"] for row in ledger.chosen_classes({"plesso": "verdi"})] == ["1A"]
    assert [row["id"] for row in ledger.chosen_classes({})] == ["1A", "1B"]


def test_that_a_tally_joins_spellings_and_leaves_out_the_unknown() -> None:
    ledger = notebook(["Nido  Blu", "nido blu", None, "altro"])
    assert ledger.tally(ledger.pupils, "x") == {"Nido  Blu": 2, "altro": 1}
    assert ledger.tally(ledger.pupils[1:3], "x") == {"Nido  Blu": 1}, "the spelling is the table's, in every class"
    assert ledger.tally([{"id": "z", "x": "mai visto"}], "x") == {"mai visto": 1}


def test_that_a_tally_takes_equal_numbers_as_one_value() -> None:
    ledger = notebook([8, Decimal("8.0"), Decimal("7.5")])
    assert ledger.tally(ledger.pupils, "x") == {8: 2, Decimal("7.5"): 1}


def test_that_seats_are_found_by_class_and_by_pupil() -> None:
    ledger = Ledger(
        [{"id": "a"}, {"id": "b"}, {"id": "c"}], [{"id": "1A"}, {"id": "1B"}], placed={"a": "1A", "b": "1A"}
    )
    assert [row["id"] for row in ledger.pupils_in("1a")] == ["a", "b"]
    assert ledger.pupils_in("1B") == []
    assert (ledger.class_of("a"), ledger.class_of("c")) == ("1A", "")


def test_that_citizenship_and_year_of_birth_are_derived() -> None:
    cells = ["Italiana", " ITA ", "italia", "rumena", None]
    ledger = Ledger([{"id": str(k), "cittadinanza": cell} for k, cell in enumerate(cells)], [])
    assert [row["straniero"] for row in ledger.pupils] == [False, False, False, True, None]
    born = Ledger([{"id": "a", "data_nascita": date(2014, 5, 6)}, {"id": "b", "data_nascita": None}], [])
    assert [row["anno_nascita"] for row in born.pupils] == [2014, None]


def test_that_a_column_of_the_file_is_not_derived_again() -> None:
    rows = [{"id": "a", "straniero": False, "cittadinanza": "rumena", "anno_nascita": None}]
    assert Ledger(rows, []).pupils == rows


def test_that_the_rows_handed_in_are_left_alone() -> None:
    rows = [{"id": "a"}]
    Ledger(rows, [])
    assert rows == [{"id": "a"}]


def test_that_empty_cells_of_a_tie_take_their_usual_meaning() -> None:
    (tie,) = Ledger([], [], [{"da": "a", "a": "b", "tipo": "insieme", "peso": None, "fonte": "maestre"}]).ties
    assert tie == {
        "da": "a", "a": "b", "tipo": "insieme", "peso": 1, "vincolante": False, "motivo": "", "fonte": "maestre"
    }  # fmt: skip


def classes(**limits: tuple[int | None, int | None]) -> list[dict[str, Any]]:
    return [{"id": name, "min": low, "max": high} for name, (low, high) in limits.items()]


def pupils(number: int) -> list[dict[str, Any]]:
    return [{"id": f"p{k}"} for k in range(number)]


@pytest.mark.parametrize(
    ("number", "limits", "sizes"),
    [
        (10, {"a": (None, None), "b": (None, None), "c": (None, None)}, [Fraction(10, 3)] * 3),
        (10, {"a": (None, 2), "b": (None, None), "c": (None, None)}, [2, 4, 4]),
        (10, {"a": (6, None), "b": (None, None), "c": (None, None)}, [6, 2, 2]),
        (10, {"a": (6, None), "b": (None, 1), "c": (None, None)}, [6, 1, 3]),
        (10, {"a": (7, None), "b": (None, 3), "c": (None, None)}, [7, Fraction(3, 2), Fraction(3, 2)]),
        (10, {"a": (None, 2), "b": (3, 3), "c": (None, 4)}, [2, 3, 4]),
        (10, {"a": (8, 9), "b": (5, 6)}, [8, 5]),
        (0, {"a": (2, None), "b": (None, None)}, [2, 0]),
    ],
)
def test_that_planned_sizes_are_level_inside_the_limits(
    number: int, limits: dict[str, tuple[int | None, int | None]], sizes: list[Fraction]
) -> None:
    assert list(Ledger(pupils(number), classes(**limits)).planned.values()) == sizes


def test_that_pools_part_where_no_pupil_can_cross() -> None:
    rooms = classes(a=(None, None), b=(None, None), c=(None, None), d=(None, None))
    ledger = Ledger(pupils(6), rooms)
    ledger.restrict({"p0": {"a", "b"}, "p1": {"b"}, "p2": {"c"}, "p3": {"c"}, "p4": set(), "p5": {"c"}})
    assert ledger.pool_pupils("a") == ledger.pool_pupils("b") == {"p0", "p1"}
    assert ledger.pool_pupils("c") == {"p2", "p3", "p5"}
    assert ledger.pool_pupils("d") == set()
    assert ledger.planned == {"a": 1, "b": 1, "c": 3, "d": 0}
    assert ledger.expected({"p0": 1, "p1": 1, "p2": 1, "p4": 1}) == {
        "a": Fraction(1, 2),
        "b": Fraction(3, 2),
        "c": 1,
        "d": 0,
    }


def test_that_amounts_follow_planned_sizes() -> None:
    ledger = Ledger(pupils(9), classes(a=(None, 3), b=(None, None)))
    assert ledger.expected({"p0": 4, "p1": Fraction(1, 2)}) == {"a": Fraction(3, 2), "b": 3}
    assert ledger.expected({}) == {"a": 0, "b": 0}


def test_that_pupils_may_share_one_set_of_classes() -> None:
    ledger = Ledger(pupils(4), classes(a=(None, None), b=(None, None)))
    ledger.restrict(dict.fromkeys(("p0", "p1", "p2"), {"a"}))  # noqa: RUF024 - sharing one set is what is tested
    assert [sorted(ledger.open[p]) for p in ("p0", "p1", "p2", "p3")] == [["a"], ["a"], ["a"], ["a", "b"]]


def test_that_a_pupil_with_only_empty_plans_is_shared_equally() -> None:
    ledger = Ledger(pupils(2), classes(a=(None, 0), b=(None, 0)))
    assert ledger.expected({"p0": 3}) == {"a": Fraction(3, 2), "b": Fraction(3, 2)}


def test_that_a_restriction_after_a_count_counts_again() -> None:
    ledger = Ledger(pupils(2), classes(a=(None, None), b=(None, None)), open={"p0": {"a", "b"}})
    assert ledger.planned == {"a": 1, "b": 1}
    ledger.restrict({"p0": {"a"}, "p1": {"a"}})
    assert ledger.planned == {"a": 2, "b": 0}
    assert ledger.open == {"p0": {"a"}, "p1": {"a"}}


@pytest.mark.parametrize("seed", range(60))
def test_that_notebook_and_school_share_out_alike(seed: int) -> None:
    dice = random.Random(seed)
    rooms = []
    for c in range(dice.randint(1, 6)):
        low = dice.choice([None, None, dice.randint(0, 8)])
        rooms.append({"id": f"C{c}", "min": low, "max": dice.choice([None, None, (low or 0) + dice.randint(0, 6)])})
    ids = [f"p{k}" for k in range(dice.randint(0, 25))]
    choices = [frozenset(dice.sample(range(len(rooms)), dice.randint(0, len(rooms)))) for _ in range(3)]
    choice = [dice.choice(choices) for _ in ids]
    amounts = [dice.randint(0, 3) for _ in ids]
    school = School(
        tuple(Pupil(i, {}) for i in ids), tuple(SchoolClass(str(r["id"]), r) for r in rooms), open=tuple(choice)
    )
    ledger = Ledger([{"id": i} for i in ids], rooms)
    ledger.restrict({i: {f"C{c}" for c in where} for i, where in zip(ids, choice, strict=True)})
    assert list(ledger.planned.values()) == list(school.planned)
    shared = ledger.expected(dict(zip(ids, amounts, strict=True)))
    assert list(shared.values()) == school.expected(dict(enumerate(amounts)))
    for together, inside in school.pools:
        assert all(ledger.pool_pupils(f"C{c}") == {ids[i] for i in inside} for c in together)
