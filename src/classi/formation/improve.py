"""A better assignment by local search: a hint for the prover, and the answer where proving would take too long."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from classi.formation.bounds import Domains
from classi.formation.engine import Clock
from classi.formation.exchange import Annealing, Exchange
from classi.formation.search import Board
from classi.terms import Term

FIRST_ROUND, STEPS_A_PUPIL = 2000, 10
"""Exchanges tried in the first cooling, at most and for each pupil; every later one is longer."""

GROWTH = 1.5
OUTWEIGH = 1.5
"""What the least cost in an earlier tier is worth in the dearest unit of the tier at work."""

HARD = 10.0
"""The same for a hard rule."""

HOT, COLD = 1.0, 0.06
"""Temperatures a cooling begins and ends with, in the dearest unit of the tier at work."""


def improve(
    board: Board,
    rooms: Domains,
    places: Sequence[int],
    tier: int,
    *,
    target: int,
    seconds: float,
    clock: Clock,
    found: Callable[[tuple[int, ...], int], None],
) -> None:
    """Look for an assignment that costs less in a tier and not more before it.

    Parameters
    ----------
    board : every term.
    rooms : classes each pupil can be in.
    places : an assignment that keeps the hard rules.
    tier : the tier to improve.
    target : its bound: nothing better exists.
    seconds : time allowed; in deterministic mode one cooling is made whatever its time.
    found : called with each better assignment and its cost in the tier.
    """
    before = sorted({t.tier for t in board.terms if t.weight is not None and t.tier < tier})
    standing = {t: board.tier_cost(places, t) for t in before}
    best = board.tier_cost(places, tier)
    end, steps, stern = clock.wall + seconds, min(FIRST_ROUND, STEPS_A_PUPIL * len(rooms)), 1.0
    dear = max((t.weight * _times(t) for t in board.terms if t.weight and t.tier == tier), default=1)
    for turn in range(1 if clock.limits.deterministic else 1000):
        prices = _prices(board.terms, tier, dear, stern)
        exchange = Exchange(board.classes, board.terms, prices, rooms, places)
        annealing = Annealing(exchange, hot=HOT * dear, cold=COLD * dear, seed=clock.limits.seed + turn)
        target_cost = target + sum(
            p * e for p, e, t in zip(prices, board.excesses(places).tolist(), board.terms, strict=True) if t.tier < tier
        )
        annealing.round(steps, lambda: clock.over or (not clock.limits.deterministic and clock.wall > end), target_cost)
        reached = tuple(annealing.places.tolist())
        kept = not board.hard_cost(reached) and all(board.tier_cost(reached, t) <= standing[t] for t in before)
        value = board.tier_cost(reached, tier)
        if kept and value < best:
            best, places = value, reached
            found(reached, value)
        stern = stern if kept else 2 * stern
        steps = round(steps * GROWTH)
        if best <= target or clock.over or clock.wall > end:
            return


def _prices(terms: Sequence[Term], tier: int, dear: int, stern: float) -> list[float]:
    least: Mapping[int, int] = {
        t: min(u.weight or 1 for u in terms if u.weight is not None and u.tier == t)
        for t in {u.tier for u in terms if u.weight is not None and u.tier < tier}
    }
    return [
        HARD * dear * stern
        if t.weight is None
        else float(t.weight)
        if t.tier == tier
        else t.weight * max(1.0, round(OUTWEIGH * dear * stern / least[t.tier]))
        if t.tier < tier
        else 0.0
        for t in terms
    ]


def _times(term: Term) -> int:
    return getattr(term.shape, "times", 1)
