"""The smallest description of what lies between two splits, against every way there is on small schools."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

import pytest

from classi.formation import moves
from classi.formation.moves import Moves, describe

Arrows = tuple[tuple[int, int], ...]


def circles_in(arrows: Arrows) -> Iterator[Arrows]:
    """Yield every set of arrows that closes, by walking from the smallest class."""

    def walk(start: int, way: Arrows) -> Iterator[Arrows]:
        here = way[-1][1]
        if here == start:
            yield way
            return
        for arrow in set(arrows):
            if arrow[0] == here and arrow[1] >= start and arrow[1] not in {a for a, _b in way[1:]}:
                yield from walk(start, (*way, arrow))

    for arrow in set(arrows):
        if arrow[0] == min(arrow):
            yield from walk(arrow[0], (arrow,))


@cache
def most_circles(arrows: Arrows) -> int:
    """Try everything."""
    best = 0
    for circle in circles_in(arrows):
        rest = Counter(arrows) - Counter(circle)
        best = max(best, 1 + most_circles(tuple(sorted(rest.elements()))))
    return best


def arrows_of(before: Sequence[int], after: Sequence[int]) -> Arrows:
    return tuple(sorted((a, b) for a, b in zip(before, after, strict=True) if a != b))


def check(before: Sequence[int], after: Sequence[int]) -> Moves:
    """Apply the steps one by one: they lead from one split to the other, everybody moving once."""
    found = describe(before, after)
    now = list(before)
    for step in found.steps:
        assert len(set(step.classes[:-1])) == len(step.pupils)
        for pupil, (here, there) in zip(step.pupils, pairwise(step.classes), strict=True):
            assert now[pupil] == here == before[pupil]
            now[pupil] = there
    assert now == list(after)
    assert found.pupils == sum(a != b for a, b in zip(before, after, strict=True))
    assert found.steps == (*found.swaps, *found.circles, *found.chains)
    change = Counter(after)
    change.subtract(Counter(before))
    assert len(found.chains) == sum(n for n in change.values() if n > 0)
    return found


@pytest.mark.parametrize("classes", [2, 3, 4, 5])
def test_that_there_are_as_many_circles_as_any_way_of_taking_them_apart_gives(classes: int) -> None:
    dice = random.Random(classes)
    seen = set()
    for _turn in range(60):
        pupils = dice.randint(1, 9)
        before = [dice.randrange(classes) for _ in range(pupils)]
        after = [dice.randrange(classes) for _ in range(pupils)]
        if dice.random() < 0.5:
            after = dice.sample(before, pupils)
        found = check(before, after)
        assert found.exact
        assert len(found.swaps) + len(found.circles) == most_circles(arrows_of(before, after))
        seen.add((bool(found.swaps), bool(found.circles), bool(found.chains)))
    assert len(seen) >= (3 if classes == 2 else 5)


def test_that_the_shortest_circle_first_is_not_always_the_most() -> None:
    # The circle 0 → 1 → 2 → 0 stands in the way of three others of four.
    wanted = [(0, 1), (1, 3), (3, 4), (4, 0), (1, 2), (2, 5), (5, 6), (6, 1), (2, 0), (0, 7), (7, 8), (8, 2)]
    before, after = [a for a, _b in wanted], [b for _a, b in wanted]
    found = check(before, after)
    assert (len(found.circles), found.exact) == (3, True)
    assert len(list(moves._shortest_first(Counter(wanted)))) == 2


def test_that_too_many_circles_are_taken_the_shortest_first_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(7)
    before = [dice.randrange(12) for _ in range(200)]
    after = dice.sample(before, 200)
    monkeypatch.setattr(moves, "LOOKED_AT", 50)
    found = check(before, after)
    assert not found.exact and found.circles and not found.chains


def test_that_a_solver_out_of_breath_leaves_the_shortest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moves, "EFFORT", 0.0)
    found = check([0, 1, 2, 0, 1, 3], [1, 2, 0, 1, 3, 0])
    assert not found.exact
    assert len(found.circles) == 2


def test_that_two_equal_splits_need_no_word() -> None:
    found = check([0, 1, 1], [0, 1, 1])
    assert (found.steps, found.pupils, found.exact) == ((), 0, True)


def test_that_several_pupils_on_one_way_are_taken_in_order() -> None:
    found = check([0, 0, 0, 1, 1, 2], [1, 1, 1, 0, 0, 2])
    assert [s.pupils for s in found.swaps] == [(0, 3), (1, 4)]
    assert [(s.pupils, s.classes) for s in found.chains] == [((2,), (0, 1))]


def test_that_chains_pass_through_classes_that_keep_their_size() -> None:
    found = check([0, 1, 0], [1, 2, 3])
    assert [(s.pupils, s.classes) for s in found.chains] == [((2,), (0, 3)), ((0, 1), (0, 1, 2))]
