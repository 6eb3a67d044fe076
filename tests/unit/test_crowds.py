"""Tests that counting pupils by kind answers like looking at every formation, for every shape."""

from __future__ import annotations

import itertools
import random

import pytest
import shapes
from test_seats import kept

from classi.formation.crowds import Crowd
from classi.formation.engine import Clock, Limits
from classi.marks import Marks
from classi.terms import AnyOf, Band, Pair, Place, Range, Shape, Term, When

PUPILS, CLASSES = 5, 3
Rooms = list[frozenset[int]]


def some_shape(dice: random.Random) -> Shape:
    c = dice.randrange(CLASSES)
    weights = tuple((p, dice.choice((-1, 1, 2))) for p in range(PUPILS) if dice.random() < 0.8)
    ones = tuple((p, 1) for p in range(PUPILS))
    band = Band((c,), dice.choice((ones, weights)), dice.choice((None, 0, 1, 2)), dice.choice((None, 1, 2, 3)))
    first, *others = dice.sample(range(PUPILS), 4)
    return dice.choice((
        band,
        Band((0, 1), weights, None, 2),
        When(tuple(others), dice.randint(0, 3), band),
        Range(tuple(range(CLASSES)), weights, dice.randint(0, 2)),
        Range((c,), weights, 0),
        Pair(first, others[0], together=dice.random() < 0.5),
        AnyOf(first, tuple(others[: dice.randint(1, 3)]), dice.randint(1, 2)),
        Place(first, frozenset({c, (c + 1) % CLASSES})),
    ))  # fmt: skip


def some_rooms(dice: random.Random) -> tuple[Rooms, frozenset[int]]:
    out = frozenset(p for p in range(PUPILS) if dice.random() < 0.4)
    fewest = [0 if p in out and dice.random() < 0.3 else 1 for p in range(PUPILS)]
    return [frozenset(dice.sample(range(CLASSES), dice.randint(n, CLASSES) if n else 0)) for n in fewest], out


def by_kind(terms: list[Term]) -> list[int]:
    marks = Marks(terms)
    marks.named.update(t.shape.pupil for t in terms if isinstance(t.shape, Place))
    of = [marks.of(p) or p for p in range(PUPILS)]
    return [of.index(mark) for mark in of]


def allowed(terms: list[Term], rooms: Rooms, out: frozenset[int]) -> list[tuple[int, ...]]:
    everywhere = itertools.product(*(sorted(c) + ([-1] if p in out else []) for p, c in enumerate(rooms)))
    return [places for places in everywhere if all(kept(t, places) for t in terms)]


@pytest.mark.parametrize("seed", range(300))
def test_that_a_crowd_has_a_formation_exactly_where_there_is_one(seed: int) -> None:
    dice = random.Random(seed)
    terms = [Term(some_shape(dice), k) for k in range(dice.randint(1, 5))]
    rooms, out = some_rooms(dice)
    expected = allowed(terms, rooms, out)
    crowd = Crowd(by_kind(terms), rooms, out, [t.shape for t in terms])
    crowd.hint([dice.randrange(-1, CLASSES) for _ in range(PUPILS)])
    status, places = crowd.solve(Clock(Limits(workers=dice.choice((1, 2)))))
    assert (status != "INFEASIBLE") == bool(expected)
    assert places in expected or (places is None and not expected)


def test_that_pupils_who_count_the_same_are_one_number() -> None:
    ones = tuple((p, 1) for p in range(PUPILS))
    terms = [Term(Band((c,), ones, None, 2), 0) for c in range(CLASSES)]
    crowd = Crowd(by_kind(terms), [frozenset(range(CLASSES))] * PUPILS, frozenset(), [t.shape for t in terms])
    assert len(crowd.members) == 1
    _status, places = crowd.solve(Clock(Limits()))
    assert places is not None
    assert shapes.excess(terms[0].shape, places) == 0


def test_that_a_crowd_asks_nothing_when_the_time_is_over() -> None:
    assert Crowd([0], [frozenset({0})], frozenset(), []).solve(Clock(Limits(seconds=0))) == ("UNKNOWN", None)
