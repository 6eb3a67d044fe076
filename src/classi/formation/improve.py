"""A better assignment by local search: a hint for the prover, and the answer where proving would take too long."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from classi.formation.bounds import Domains
from classi.formation.engine import Clock
from classi.formation.exchange import Annealing, Exchange
from classi.formation.search import Board
from classi.terms import Term

FIRST_ROUND, STEPS_A_PUPIL, STEPS_A_CLASS = 2000, 10, 60
"""Exchanges tried in the first cooling: so many for each pupil up to a usual school's, more only for very many classes;
every later one is longer."""

GROWTH = 1.5
OUTWEIGH = 1.5
"""What the least cost in an earlier tier is worth, in the dearest unit of the last."""

HARD = 10.0
"""The same for a hard rule."""

HOT, COLD = 0.4, 0.02
"""Temperatures a cooling begins and ends with, in the dearest unit of the last tier."""


@dataclass(frozen=True)
class Effort:
    """How long and how boldly to search.

    Attributes
    ----------
    seconds : time allowed; in deterministic mode one cooling is made whatever its time.
    clock : of the formation.
    target : bound of the last tier: with it reached, and nothing before it to pay, nothing better exists.
    hot : temperature to begin with, in the dearest unit of the last tier: low where the assignment is nearly good.
    """

    seconds: float
    clock: Clock
    target: int = 0
    hot: float = HOT


def improve(
    board: Board,
    rooms: Domains,
    places: Sequence[int],
    effort: Effort,
    found: Callable[[tuple[int, ...]], None],
) -> None:
    """Look for an assignment that costs less, earlier tiers first.

    Parameters
    ----------
    board : every term.
    rooms : classes each pupil can be in.
    places : an assignment that keeps the hard rules.
    effort : how long.
    found : called with each better assignment.
    """
    clock = effort.clock
    end, stern = clock.wall + effort.seconds, 1.0

    def over() -> bool:
        return clock.over or (not clock.limits.deterministic and clock.wall > end)

    best = board.costs(places)
    steps = max(min(FIRST_ROUND, STEPS_A_PUPIL * len(rooms)), STEPS_A_CLASS * board.classes)
    dear = max((t.weight * _times(t) for t in board.terms if t.weight and t.tier == board.tiers[-1]), default=1)
    for turn in range(1 if clock.limits.deterministic else 1000):
        prices = _prices(board.terms, dear, stern)
        exchange = Exchange(board.classes, board.terms, prices, rooms, places)
        annealing = Annealing(exchange, hot=effort.hot * dear, cold=COLD * dear, seed=clock.limits.seed + turn)
        annealing.round(steps, over, effort.target)
        reached = tuple(annealing.places.tolist())
        value = board.costs(reached)
        if value < best:
            best, places = value, reached
            found(reached)
        elif value[:-1] > best[:-1]:
            stern *= 2
        steps = round(steps * GROWTH)
        if (best[-1] <= effort.target and not any(best[:-1])) or over():
            return


def _prices(terms: Sequence[Term], dear: int, stern: float) -> list[float]:
    tiers = sorted({t.tier for t in terms if t.weight is not None})
    least: Mapping[int, int] = {
        tier: min(t.weight or 1 for t in terms if t.weight is not None and t.tier == tier) for tier in tiers[:-1]
    }
    return [
        HARD * dear * stern
        if t.weight is None
        else float(t.weight)
        if t.tier == tiers[-1]
        else t.weight * max(1.0, round(OUTWEIGH * dear * stern / least[t.tier]))
        for t in terms
    ]


def _times(term: Term) -> int:
    return getattr(term.shape, "times", 1)
