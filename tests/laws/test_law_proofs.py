"""Law: what is called OPTIMAL is the best of all assignments, whatever the terms, also where a proof was cut short."""

from __future__ import annotations

import random
from itertools import product

import pytest

import tiny
from classi.domain import School
from classi.formation import blocks, solve
from classi.formation.engine import Limits
from classi.formation.search import Board
from classi.terms import AnyOf, Band, Pair, Place, Range, Shape, Term, When

WEIGHTS = (1, 2, 3, 5, 7)


def bands(draw: random.Random, pupils: int, classes: int) -> list[Shape]:
    """Return limits on the groups of a made-up column, which share no pupil; one group may be nobody."""
    labels = [draw.randrange(draw.choice([2, 3])) for _ in range(pupils)]
    unit, times = draw.choice([1, 1, 1, 2]), draw.choice([1, 1, 2])
    found: list[Shape] = []
    for label in range(draw.choice([2, 3, 4])):
        weights = tuple((i, draw.choice([1, 1, 1, 2, 3])) for i in range(pupils) if labels[i] == label)
        low, high = draw.choice([(None, 1), (0, 1), (1, None), (1, 2), (None, 2), (4, None)])
        found += [Band((c,), weights, low, high, unit, times) for c in range(classes)]
    return found


def one(draw: random.Random, pupils: int, classes: int) -> list[Shape]:  # noqa: PLR0911 - one return a kind
    """Return the shapes of one made-up rule."""
    kind = draw.choice(["bands", "bands", "mixed", "range", "pair", "pair", "pair", "any", "when", "place"])
    everybody = tuple((i, 1) for i in range(pupils))
    two = draw.sample(range(pupils), 2)
    match kind:
        case "bands":
            return bands(draw, pupils, classes)
        case "mixed":
            weights = tuple((i, draw.choice([-2, -1, 1, 2])) for i in range(pupils) if draw.random() < 0.6)
            chosen = tuple(draw.sample(range(classes), draw.randint(1, classes)))
            return [Band(chosen, weights, -1, draw.choice([0, 1, None]), draw.choice([1, 2]))]
        case "range":
            weights = tuple((i, draw.choice([1, 2, 3])) for i in range(pupils) if draw.random() < 0.8)
            return [Range(tuple(range(classes)), weights, draw.choice([0, 1]), draw.choice([1, 2]))]
        case "pair":
            return [Pair(two[0], two[1], draw.random() < 0.7, draw.choice([1, 2]))]
        case "any":
            pupil, *others = draw.sample(range(pupils), draw.randint(2, 4))
            return [AnyOf(pupil, tuple(others), draw.choice([1, 2]))]
        case "when":
            trigger, high = tuple(draw.sample(range(pupils), draw.randint(1, 3))), draw.choice([1, 2, 3])
            return [When(trigger, 1, Band((c,), everybody, None, high)) for c in range(classes)]
        case _:
            return [Place(two[0], frozenset(draw.sample(range(classes), draw.randint(1, classes - 1))))]


def made_up(seed: int) -> tuple[School, list[Term]]:
    draw = random.Random(seed)
    pupils, classes = draw.randint(4, 6), draw.choice([2, 3])
    terms = []
    for criterion in range(draw.randint(3, 9)):
        hard = draw.random() < 0.2
        weight, tier = (None, 0) if hard else (draw.choice(WEIGHTS), draw.choice([1, 1, 2]))
        terms += [Term(shape, criterion, weight, tier) for shape in one(draw, pupils, classes)]
    rows = [{"id": f"p{i}"} for i in range(pupils)]
    return tiny.school(rows, [{"id": f"c{c}"} for c in range(classes)]), terms


def best_of_all(school: School, terms: list[Term]) -> tuple[int, ...] | None:
    board, tiers = Board(school, terms), sorted({t.tier for t in terms if t.weight is not None})
    everywhere = product(range(len(school.classes)), repeat=len(school.pupils))
    costs = (tuple(board.tier_cost(p, t) for t in tiers) for p in everywhere if board.hard_cost(p) == 0)
    return min(costs, default=None)


@pytest.mark.parametrize("cut_short", [False, True], ids=["", "blocks cut short"])
@pytest.mark.parametrize("seed", range(120))
def test_that_optimal_means_the_best_of_all(seed: int, cut_short: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if cut_short:  # as when the time of a block ends: all that is known of it is that it costs something
        alone = blocks._alone
        monkeypatch.setattr(blocks, "_alone", lambda *given: min(1, alone(*given)))
    school, terms = made_up(seed)
    truth = best_of_all(school, terms)
    solution = solve.solve(school, terms, Limits(seconds=20, workers=1))
    if truth is None:
        assert (solution.status, solution.places) == ("INFEASIBLE", None)
        return
    assert solution.status == "OPTIMAL" and solution.places is not None
    board = Board(school, terms)
    assert tuple(t.value for t in solution.tiers) == truth
    assert tuple(board.tier_cost(solution.places, t.tier) for t in solution.tiers) == truth
    assert board.hard_cost(solution.places) == 0
