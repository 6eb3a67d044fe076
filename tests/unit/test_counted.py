"""Tests that counting pupils by kind proves just what looking at every assignment would."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
import shapes
from test_exchange import plain_school

from classi.formation import counted as module
from classi.formation import solve as solve_module
from classi.formation.counted import Counted, count
from classi.formation.engine import Clock, Limits, Outcome
from classi.formation.solve import solve
from classi.terms import Band, Pair, Place, Range, Shape, Term, Weights, When

CLASSES = 3
KINDS = ((0,), (1, 2), (3, 4, 5))
"""Six pupils of three kinds."""
PUPILS = 6
ONE = Limits(seconds=20, workers=1)
Rooms = list[frozenset[int]]
Places = tuple[int, ...]
ANYWHERE: Rooms = [frozenset(range(CLASSES))] * PUPILS
EVERYBODY: Weights = tuple((i, 1) for i in range(PUPILS))


def some_shape(dice: random.Random) -> Shape:
    """Return a shape that counts kinds; what it counts may be negative, or nobody."""
    worth = [dice.choice((-1, 0, 1, 2)) for _ in KINDS]
    weights: Weights = tuple((i, w) for kind, w in zip(KINDS, worth, strict=True) for i in kind if w)
    group = tuple(i for kind in KINDS if dice.random() < 0.5 for i in kind)
    c, low, high = dice.randrange(CLASSES), dice.choice((None, 0, 1, 2)), dice.choice((None, 2, 3))
    counted = dice.choice((EVERYBODY, weights))
    band = Band((c,), counted, low, high, dice.randint(1, 2), dice.randint(1, 2))
    return dice.choice((
        band,
        Band((0, 1), counted, low, high),
        When(group, dice.randint(0, 3), band),
        Range(tuple(range(CLASSES)), counted, dice.randint(0, 2), dice.randint(1, 2)),
        Range((c,), counted),
    ))  # fmt: skip


def some_rooms(dice: random.Random) -> Rooms:
    kinds = [frozenset(dice.sample(range(CLASSES), dice.choice((1, 2, 3, 3)))) for _ in KINDS]
    found = list(ANYWHERE)
    for kind, room in zip(KINDS, kinds, strict=True):
        for i in kind:
            found[i] = room
    return found


def everywhere(rooms: Rooms) -> Iterator[Places]:
    return product(*map(sorted, rooms))


def cost(terms: list[Term], places: Places) -> int:
    return sum((t.weight or 1) * shapes.excess(t.shape, places) for t in terms)


@pytest.mark.parametrize("seed", range(60))
def test_that_counting_finds_the_least_cost_of_all_assignments(seed: int) -> None:
    dice = random.Random(seed)
    wanted = [Term(some_shape(dice), k, dice.randint(1, 3)) for k in range(dice.randint(1, 4))]
    required = [Term(some_shape(dice), 9) for _ in range(dice.randint(0, 2))]
    ties = [Term(Pair(0, 1, together=True), 8, 1), Term(Place(2, frozenset({0})), 8, 1)]
    rooms = some_rooms(dice)
    found = count([*ties[:1], *wanted], [*required, *ties[1:]], rooms, Clock(ONE), 10)
    allowed = [places for places in everywhere(rooms) if cost(required, places) == 0]
    if not allowed:
        # Nothing is proved of a tier whose rules cannot be kept, except where nothing can cost at all.
        assert found is None or found == Counted(0, {})
        return
    assert found is not None
    assert found.bound == min(cost(wanted, places) for places in allowed)
    if found.spent:
        assert set(found.spent) == {id(t) for t in wanted}
        assert found.bound == sum((t.weight or 1) * found.spent[id(t)] for t in wanted)
        answers = {tuple(shapes.excess(t.shape, places) for t in wanted) for places in allowed}
        assert tuple(found.spent[id(t)] for t in wanted) in answers
    else:
        assert found.bound == 0


def test_that_the_random_schools_cost_something_and_nothing_and_cannot_be() -> None:
    # What the test above goes through; without it a generator gone tame would prove nothing.
    seen: set[int | None] = set()
    for seed in range(60):
        dice = random.Random(seed)
        wanted = [Term(some_shape(dice), k, dice.randint(1, 3)) for k in range(dice.randint(1, 4))]
        required = [Term(some_shape(dice), 9) for _ in range(dice.randint(0, 2))]
        rooms = some_rooms(dice)
        costs = [cost(wanted, places) for places in everywhere(rooms) if cost(required, places) == 0]
        seen.add(min(costs, default=None))
    assert {None, 0} < seen and len(seen) > 4


def test_that_two_in_need_of_a_small_class_who_find_only_one_are_priced() -> None:
    # Eight pupils in two classes of four; whoever is with a grave disability wants at most three in all, and the two
    # should not share a class: one of the two rules is broken, and counting says so.
    grave, everybody = (0, 1), tuple((i, 1) for i in range(8))
    hard = [Term(Band((c,), everybody, 3, 5), 0) for c in (0, 1)]
    small = [Term(When(grave, 1, Band((c,), everybody, None, 3)), 1, 2) for c in (0, 1)]
    alone = [Term(Band((c,), tuple((i, 1) for i in grave), None, 1), 2, 1) for c in (0, 1)]
    found = count([*small, *alone], hard, [frozenset((0, 1))] * 8, Clock(ONE), 10)
    assert found is not None and found.bound == 1
    assert [found.spent[id(t)] for t in small] == [0, 0] and sorted(found.spent[id(t)] for t in alone) == [0, 1]


def test_that_nothing_to_count_and_too_many_kinds_or_cells_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    size = [Term(Band((0,), EVERYBODY, 4, 4), 0, 1)]
    assert count([Term(Pair(0, 1, together=True), 0, 1)], size, ANYWHERE, Clock(ONE), 10) is None
    assert count(size, [], ANYWHERE, Clock(ONE), 10) is not None
    unlike = [Term(Band((0,), tuple((i, i + 1) for i in range(PUPILS)), 4, 4), 0, 1)]
    assert count(unlike, [], ANYWHERE, Clock(ONE), 10) is None
    assert count(size, unlike, ANYWHERE, Clock(ONE), 10) is None
    rooms = [frozenset((i % CLASSES, (i + 1 + i // 3) % CLASSES)) for i in range(PUPILS)]
    assert len(set(rooms)) == 3 and count(size, [], rooms, Clock(ONE), 10) is not None
    monkeypatch.setattr(module, "MOST_CELLS", 8)
    assert count(size, [], rooms, Clock(ONE), 10) is None


def test_that_kinds_are_told_apart_by_what_counts_and_by_where_they_may_be() -> None:
    ones: Weights = ((0, 1), (1, 1), (2, 2))
    trigger = (3, 4)
    found: list[Shape] = [Band((0,), ones, 1), When(trigger, 1, Band((1,), ones, 1))]
    rooms = [*ANYWHERE[:4], frozenset((0, 1)), *ANYWHERE[5:]]
    assert module._kinds(found, rooms) == [[0, 1], [2], [3], [4], [5]]
    assert module._kinds(found[:1], rooms) == [[0, 1], [2], [3, 5], [4]]
    assert module._kinds([], ANYWHERE) == [list(range(PUPILS))]


def test_that_without_time_counting_proves_nothing() -> None:
    clock = Clock(ONE)
    clock.stop.set()
    assert count([Term(Band((0,), EVERYBODY, 4, 4), 0, 1)], [], ANYWHERE, clock, 10) is None


def test_that_an_answer_above_its_bound_does_not_tell_where_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    tier = [Term(Band((0,), EVERYBODY, 4, 4), 0, 1)]
    monkeypatch.setattr(module, "run", lambda *_a, **_k: Outcome("FEASIBLE", 3, 1, None))
    assert count(tier, [], ANYWHERE, Clock(ONE), 10) == Counted(1, {})


def test_that_nobody_who_could_move_leaves_nothing_to_count() -> None:
    rooms = [frozenset((i % 2,)) for i in range(PUPILS)]
    assert count([Term(Band((0,), EVERYBODY, 1, 4), 0, 1)], [], rooms, Clock(ONE), 10) == Counted(0, {})
    found = count([Term(Band((0,), EVERYBODY, 5, 6), 0, 1)], [], rooms, Clock(ONE), 10)
    assert found is not None and found.bound == 2


def test_that_counting_raises_the_bound_of_a_tier_and_shows_where_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    # Three rules on numbers that are kept one by one and not together, and ties beside them in the same tier.
    grave, everybody = (0, 1), tuple((i, 1) for i in range(8))
    terms = [Term(Band((c,), everybody, 3, 5), 0) for c in (0, 1)]
    terms += [Term(When(grave, 1, Band((c,), everybody, None, 3)), 1, 2) for c in (0, 1)]
    terms += [Term(Band((c,), tuple((i, 1) for i in grave), None, 1), 2, 1) for c in (0, 1)]
    terms += [Term(Pair(2, 3, together=True), 3, 1), Term(Pair(2, 3, together=False), 3, 1)]
    asked = list[Counted | None]()

    def noted(*args: Any) -> Counted | None:
        asked.append(count(*args))
        return asked[-1]

    monkeypatch.setattr(solve_module, "count", noted)
    found = solve(plain_school(8, 2), terms, ONE)
    assert [one.bound for one in asked if one is not None] == [1]
    assert found.status == "OPTIMAL" and [(t.value, t.bound) for t in found.tiers] == [(2, 2)]
