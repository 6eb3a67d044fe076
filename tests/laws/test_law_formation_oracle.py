"""Law: what the solver says of a school is true, by an outsider's list of all its assignments.

Small schools with rules of every shape, formed in every way that is the same each time; `tests/long/oracle.py` says
what is looked at, and forms thousands of them. Where a school fails, `contradictions(WAYS[way], seed)` shows it alone.
"""

from __future__ import annotations

import pytest

from classi.domain import Pupil, School, SchoolClass
from classi.formation.engine import Limits
from classi.formation.solve import Solution, TierResult, solve
from classi.terms import Band, Pair, Place, Range, Term, When
from long.oracle import WAYS, Made, Truth, contradictions, faults, made_up

SCHOOLS = {
    "looked_ahead": 30,
    "taken_apart": 20,
    "whole": 20,
    "withheld": 25,
    "cut_short": 20,
    "interrupted": 10,
    "apart": 12,
    "apart_withheld": 12,
    "divided": 4,
    "divided_withheld": 4,
}


@pytest.mark.parametrize(("way", "number"), SCHOOLS.items(), ids=SCHOOLS)
def test_that_nothing_said_of_a_small_school_is_untrue(way: str, number: int) -> None:
    found = {seed: contradictions(WAYS[way], seed) for seed in range(number)}
    assert {seed: wrong for seed, wrong in found.items() if wrong} == {}


EVERYBODY = tuple((i, 1) for i in range(6))
SIZES = [Term(Band((c,), EVERYBODY, 1, 3), 0) for c in range(3)]
MARKS = tuple((i, w) for i, w in enumerate((1, 2, 3, 5, 8, 9)))
POOLS = {
    "a range over all the classes": [Term(Range((0, 1, 2), MARKS, 0), 1, 3), Term(Band((0, 2), MARKS, 9, 9), 2, 1)],
    "a group of nobody": [Term(When((), 1, Band((c,), EVERYBODY, None, 2)), 1, 1) for c in range(3)],
    "a column nobody has": [Term(Band((c,), (), 0, 1), 1, 1) for c in range(3)],
    "hard rules only": [],
}


@pytest.mark.parametrize("rules", POOLS.values(), ids=POOLS)
def test_that_a_pool_can_be_divided_whatever_its_rules(rules: list[Term]) -> None:
    school = School(tuple(Pupil(f"p{i}") for i in range(6)), tuple(SchoolClass(f"c{c}") for c in range(3)))
    made = Made(school, (*SIZES, *rules))
    assert [fault for seed in range(3) for fault in WAYS["divided"](made, seed)] == []


@pytest.mark.parametrize("classes", [1, 3])
def test_that_a_school_of_nobody_is_formed(classes: int) -> None:
    school = School((), tuple(SchoolClass(f"c{c}") for c in range(classes)))
    made = Made(school, tuple(Term(Band((c,), (), 1, None), 0, 2) for c in range(classes)))
    assert [*WAYS["whole"](made, 0), *WAYS["apart"](made, 0), *WAYS["looked_ahead"](made, 0)] == []


SIX_TOGETHER = [Term(Pair(i, i + 1, together=True), 0) for i in range(5)]
TEMPTING = {
    # Nobody can keep tier 1, so it must not be taken as kept in tier 2.
    "a tie that could not be kept": (
        2, (), [Term(Range((0, 1), ((0, 1), (1, 1)), 0), 0),
                Term(Pair(0, 1, together=True), 1, 1, 1), Term(Pair(0, 1, together=False), 2, 1, 2)],
    ),
    "sizes that could not be kept": (
        6, (), [*SIX_TOGETHER, *(Term(Band((c,), EVERYBODY, None, 3), 1, 1, 1) for c in range(2)),
                Term(Band((0,), EVERYBODY, 6, None), 2, 1, 2), Term(Place(0, frozenset({1})), 3, 1, 2)],
    ),
    # Whom a block leaves out may count less than nothing, and so make room.
    "somebody who makes room": (
        3, (), [*(Term(Band((c,), ((0, 1), (1, 1), (2, -1)), None, 1), 0) for c in range(2)),
                Term(Pair(0, 1, together=True), 1, 1)],
    ),
    # Two classes are not alike if only one is open to both.
    "one class in common": (
        2, (frozenset({0, 2}), frozenset({1, 2})), [Term(Pair(0, 1, together=True), 0, 1)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("pupils", "rooms", "terms"), TEMPTING.values(), ids=TEMPTING)
def test_that_nothing_tempting_is_taken_as_proved(
    pupils: int, rooms: tuple[frozenset[int], ...], terms: list[Term]
) -> None:
    classes = tuple(SchoolClass(f"c{c}") for c in range(3 if rooms else 2))
    made = Made(School(tuple(Pupil(f"p{i}") for i in range(pupils)), classes, open=rooms), tuple(terms))
    assert [*WAYS["whole"](made, 0), *(fault for seed in range(3) for fault in WAYS["looked_ahead"](made, seed))] == []


def test_that_the_schools_are_worth_looking_at() -> None:
    truths = [Truth(made_up(seed)) for seed in range(60)]
    possible = [truth for truth in truths if truth.all]
    assert 30 <= len(possible) < 60
    assert sum(any(min(truth.values)) for truth in possible) >= 20  # they cost something at their best
    assert sum(len(truth.tiers) > 1 for truth in possible) >= 20


def three_friends() -> Made:
    """Return three pupils, two classes of at most two: one of three friendships is not kept, for 5."""
    people = tuple(Pupil(f"p{i}") for i in range(3))
    school = School(people, (SchoolClass("A"), SchoolClass("B")))
    everybody = tuple((i, 1) for i in range(3))
    sizes = [Term(Band((c,), everybody, None, 2), 0) for c in range(2)]
    friends = [Term(Pair(*two, together=True), 1, 5) for two in ((0, 1), (0, 2), (1, 2))]
    return Made(school, (*sizes, *friends, Term(Place(0, frozenset({0})), 2, 1, 2)))


def test_that_the_outsider_counts_three_friends_by_hand() -> None:
    truth = Truth(three_friends())
    assert len(truth.all) == 6  # all but the two with everybody in one class
    assert truth.values == {(10, 0), (10, 1)}
    assert (truth.least(0, ()), truth.least(1, (10,))) == (10, 0)


def answer(status: str, places: tuple[int, ...] | None, *tiers: tuple[int, int]) -> Solution:
    told = tuple(TierResult(n + 1, value, bound, "search") for n, (value, bound) in enumerate(tiers))
    return Solution(status, places, told, "proved", 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("claimed", "word"),
    [
        (answer("INFEASIBLE", None), "assignments exist"),
        (answer("OPTIMAL", (0, 0, 0), (0, 0), (0, 0)), "break a hard rule"),
        (answer("OPTIMAL", (0, 0, 1), (5, 5), (0, 0)), "the places cost"),
        (answer("FEASIBLE", (0, 0, 1), (10, 11), (0, 0)), "bound 11"),
        (answer("OPTIMAL", (1, 1, 0), (10, 10), (1, 1)), "is possible"),
        (answer("OPTIMAL", (0, 0, 1), (10, 5), (0, 0)), "OPTIMAL with"),
        (answer("FEASIBLE", (0, 0, 1), (10, 5), (0, 0)), "there was time"),
    ],
)
def test_that_the_outsider_sees_a_false_claim(claimed: Solution, word: str) -> None:
    assert any(word in fault for fault in faults(Truth(three_friends()), claimed, ended=True))


def test_that_the_outsider_has_nothing_to_say_against_the_truth() -> None:
    made = three_friends()
    found = solve(made.school, made.terms, Limits(20, workers=1))
    assert found.status == "OPTIMAL"
    assert faults(Truth(made), found, ended=True) == []
