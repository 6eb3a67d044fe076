"""Tests that a school taken apart costs exactly what it costs whole, and that it really is taken apart."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import pytest
import shapes

from classi.domain import Pupil, School, SchoolClass
from classi.formation.bounds import domains
from classi.formation.search import Board
from classi.formation.split import Split, split
from classi.terms import AnyOf, Band, Pair, Place, Range, Shape, Term, When

PUPILS, CLASSES = 8, 6


def school_with(rooms: Sequence[frozenset[int]], classes: int = CLASSES) -> School:
    return School(
        tuple(Pupil(f"p{i}", {"sesso": "F"}) for i in range(len(rooms))),
        tuple(SchoolClass(f"c{c}") for c in range(classes)),
        open=tuple(rooms),
    )


def taken_apart(
    rooms: Sequence[frozenset[int]], *found: Shape, weight: int | None = 1, classes: int = CLASSES
) -> Split:
    terms = [Term(shape, k, weight, 1) for k, shape in enumerate(found)]
    return split(school_with(rooms, classes), terms, rooms)


def random_band(dice: random.Random, classes: tuple[int, ...]) -> Band:
    weights = tuple((i, dice.choice((-3, -1, 1, 1, 2))) for i in dice.sample(range(PUPILS), dice.randint(0, PUPILS)))
    low, high = dice.choice((None, 0, 1, 2)), dice.choice((None, 0, 1, 3))
    return Band(classes, weights, low, high, dice.choice((1, 1, 2, 3)), dice.choice((1, 4)))


def random_shape(dice: random.Random) -> Shape:
    some = tuple(dice.sample(range(CLASSES), dice.randint(1, 4)))
    first, *others = dice.sample(range(PUPILS), dice.randint(2, 5))
    band = random_band(dice, some)
    kinds: list[Shape] = [
        random_band(dice, some[:1]),
        band,
        When(tuple(others), dice.randint(0, 2), random_band(dice, some[:1])),
        Range(some, band.weights, dice.randint(0, 2), band.unit, band.times),
        Pair(first, others[0], dice.random() < 0.5, dice.randint(1, 3)),
        AnyOf(first, tuple(others), dice.randint(0, 3), dice.randint(1, 3)),
        Place(first, frozenset(some), dice.randint(1, 3)),
    ]
    return dice.choice(kinds)


def random_school(dice: random.Random) -> tuple[School, list[Term]]:
    sites = [frozenset({0, 1}), frozenset({2, 3}), frozenset({4, 5}), frozenset({4}), frozenset({0})]
    rooms = [dice.choice(sites if dice.random() < 0.9 else [frozenset({1, 2})]) for _ in range(PUPILS)]
    terms = [
        Term(random_shape(dice), k, None if dice.random() < 0.2 else dice.randint(1, 3), dice.randint(1, 2))
        for k in range(dice.randint(1, 12))
    ]
    return school_with(rooms), terms


@pytest.mark.parametrize("seed", range(60))
def test_that_every_term_costs_in_its_part_what_it_costs_whole(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(10):
        school, terms = random_school(dice)
        rooms = domains(school, terms)
        found = split(school, terms, rooms)
        if found.nowhere:
            assert found.impossible and found.nowhere == tuple(i for i, room in enumerate(rooms) if not room)
            continue
        assert sorted(i for part in found.parts for i in part.pupils) == list(range(PUPILS))
        assert max(Counter(c for part in found.parts for c in part.classes).values()) == 1
        number = {c: n for n, part in enumerate(found.parts) for c in part.classes}
        for _ in range(5):
            places = tuple(dice.choice(sorted(room)) for room in rooms)
            expected = {t.criterion: shapes.excess(t.shape, places) for t in terms}
            costs = Counter({term.criterion: excess for term, excess in found.always})
            for n, part in enumerate(found.parts):
                at = {c: k for k, c in enumerate(part.classes)}
                assert {number[places[i]] for i in part.pupils} == {n}
                inside = tuple(at[places[i]] for i in part.pupils)
                assert all(k in part.school.open_to(p) for p, k in enumerate(inside))
                counted = Board(part.school, part.terms).excesses(inside).tolist()
                for term, excess in zip(part.terms, counted, strict=True):
                    costs[term.criterion] += excess
            assert {k: costs[k] for k in expected} == expected
            for tier in (1, 2):
                soft = [t for t in terms if t.weight is not None and t.tier == tier]
                inside_parts = sum((t.weight or 0) * costs[t.criterion] for t in soft)
                fixed = found.constants.get(tier, 0)
                in_parts = sum(
                    Board(p.school, p.terms).tier_cost([p.classes.index(places[i]) for i in p.pupils], tier)
                    for p in found.parts
                )
                assert fixed + in_parts == inside_parts


ONE, TWO = frozenset({0, 1}), frozenset({2, 3})
APART = [ONE, ONE, TWO, TWO]
"""Two pupils on each of two sites."""


def test_that_sites_that_share_nobody_are_parts_with_their_own_numbers() -> None:
    everybody = tuple((i, 1) for i in range(4))
    found = taken_apart(APART, *(Band((c,), everybody, 1, 1) for c in range(4)), Pair(2, 3, together=False), classes=5)
    first, second = found.parts
    assert (first.pupils, first.classes) == ((0, 1), (0, 1)) and (second.pupils, second.classes) == ((2, 3), (2, 3))
    assert [p.id for p in second.school.pupils] == ["p2", "p3"] and [c.id for c in second.school.classes] == [
        "c2",
        "c3",
    ]
    assert second.school.open == (frozenset({0, 1}),) * 2 and second.choices == 4
    assert [t.shape for t in second.terms] == [
        *(Band((c,), ((0, 1), (1, 1)), 1, 1) for c in range(2)),
        Pair(0, 1, together=False),
    ]
    assert [t.criterion for t in second.terms] == [2, 3, 4] and not found.always and not found.impossible


def test_that_the_terms_of_a_criterion_go_on_sharing_their_weights() -> None:
    everybody = tuple((i, 1) for i in range(4))
    shapes_ = [When((0, 1), 1, Band((c,), everybody, 2)) for c in range(2)]
    (first, second) = taken_apart(APART, *shapes_).parts
    bands = [t.shape for t in first.terms]
    assert isinstance(bands[0], When) and isinstance(bands[1], When) and not second.terms
    assert bands[0].band.weights is bands[1].band.weights and bands[0].trigger is bands[1].trigger


def test_that_nothing_but_identifiers_goes_into_a_part() -> None:
    (first, _second) = taken_apart(APART).parts
    assert not first.school.pupils[0].fields


@pytest.mark.parametrize(
    "link",
    [
        Range((1, 2), ((0, 1), (2, 1))),
        Band((1, 2), ((0, 1), (2, 1)), high=1),
    ],
)
def test_that_a_rule_over_two_sites_links_them(link: Shape) -> None:
    assert len(taken_apart(APART, link).parts) == 1


def test_that_one_pupil_who_may_go_to_both_links_two_sites() -> None:
    assert len(taken_apart([*APART, frozenset({1, 2})]).parts) == 1


def test_that_a_sum_nobody_can_change_links_nothing() -> None:
    # Whoever counts is in the first site whatever happens; in the second only pupil 2 can be inside as well as outside.
    band = Band((0, 1, 2), ((0, 1), (1, 1), (2, 1)), 3, 3)
    first, second = taken_apart(APART, band).parts
    assert not first.terms and [t.shape for t in second.terms] == [Band((0,), ((0, 1),), 1, 1)]


def test_that_what_costs_the_same_everywhere_is_a_constant() -> None:
    found = taken_apart(
        APART,
        Pair(0, 2, together=True, times=3),
        Pair(0, 2, together=False),
        AnyOf(0, (2, 3), 2, 5),
        Place(0, TWO, 7),
        Band((0, 1), ((0, 1), (1, 1)), high=1),
        Range((0,), ((0, 1),)),
        Range((0, 1), ()),
        When((2,), 1, Band((0,), ((0, 1),), 1, 1)),
        When((), 0, Band((4,), ((0, 1),), 2)),
        Band((0,), ((0, 1), (1, 1)), 0, 2),
        classes=5,
    )
    assert [(t.criterion, excess) for t, excess in found.always] == [(0, 3), (2, 10), (3, 7), (4, 1), (8, 2)]
    assert found.constants == {1: 23} and not any(part.terms for part in found.parts) and not found.impossible


def test_that_a_hard_rule_broken_in_every_assignment_is_impossible() -> None:
    found = taken_apart(APART, Pair(0, 2, together=True), weight=None)
    assert found.impossible and found.constants == {}


def test_that_a_pupil_without_a_class_is_named() -> None:
    found = taken_apart([ONE, frozenset()])
    assert found.nowhere == (1,) and found.impossible


def test_that_only_those_who_can_meet_are_kept_as_company() -> None:
    (first, _second) = taken_apart(APART, AnyOf(0, (1, 2), 2)).parts
    assert [t.shape for t in first.terms] == [AnyOf(0, (1,), 2)]


def test_that_two_alone_in_the_same_class_are_settled() -> None:
    rooms = [frozenset({0}), frozenset({0}), ONE]
    found = taken_apart(rooms, Pair(0, 1, together=False, times=2), Pair(0, 1, together=True), AnyOf(0, (1,), 3))
    assert [(t.criterion, excess) for t, excess in found.always] == [(0, 2), (2, 2)]


def test_that_a_band_that_contradicts_itself_is_not_taken_for_a_constant() -> None:
    # The same at either end, less in the middle.
    rooms = [ONE] * 10
    weights = tuple((i, 1) for i in range(10))
    found = taken_apart(rooms, Band((0,), weights, 10, 0))
    assert len(found.parts[0].terms) == 1


def test_that_equal_costs_at_both_ends_on_either_side_are_no_constant() -> None:
    found = taken_apart([ONE, ONE], Band((0,), ((0, 1), (1, 1)), 1, 1))
    assert len(found.parts[0].terms) == 1


def test_that_a_school_of_nobody_has_no_parts() -> None:
    assert taken_apart([]).parts == ()
