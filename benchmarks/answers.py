"""What a method answers, and how every answer is checked: with numpy, by nobody's word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.cases import Problem
from classi.formation.engine import Limits
from classi.formation.search import Board
from classi.formation.solve import Progress, solve


@dataclass(frozen=True)
class Tier:
    """Value reached in a tier, and the bound proved for it given the tiers before (``None`` = nothing proved)."""

    tier: int
    value: int
    bound: int | None

    @property
    def proved(self) -> bool:
        """True when the value is proved best; nothing costs less than nothing."""
        return self.value == 0 or (self.bound is not None and self.bound >= self.value)


@dataclass(frozen=True)
class Answer:
    """The answer of a method.

    Attributes
    ----------
    status : ``"proved"`` (every tier), ``"feasible"``, ``"infeasible"`` (an answer that breaks a hard rule, or none).
    tiers : one entry a tier, values counted by `Board` on the assignment itself.
    seconds : wall time of the method, reading and compiling excluded.
    """

    status: str
    tiers: tuple[Tier, ...]
    seconds: float

    @property
    def values(self) -> tuple[int, ...]:
        """The values, most important tier first."""
        return tuple(t.value for t in self.tiers)


Method = Callable[[Problem, float, int], Answer]
"""(problem, seconds, seed) → answer."""


def soft_tiers(problem: Problem) -> tuple[int, ...]:
    """Return the tiers in use, most important first."""
    return tuple(sorted({t.tier for t in problem.terms if t.weight is not None}))


def judge(problem: Problem, places: Sequence[int] | None, bounds: Sequence[int | None], seconds: float) -> Answer:
    """Count an assignment again and say what it is worth.

    Parameters
    ----------
    places : class of each pupil, or ``None``.
    bounds : proved bound of each tier, as far as the method came.
    """
    board = Board(problem.school, problem.terms)
    if places is None or board.hard_cost(places):
        return Answer("infeasible", (), seconds)
    found = soft_tiers(problem)
    known = [*bounds, *[None] * (len(found) - len(bounds))]
    tiers = tuple(Tier(t, board.tier_cost(places, t), b) for t, b in zip(found, known, strict=True))
    return Answer("proved" if all(t.proved for t in tiers) else "feasible", tiers, seconds)


def ours(problem: Problem, seconds: float, seed: int, progress: Callable[[Progress], None] | None = None) -> Answer:
    """Form the classes with classi, two workers."""
    solution = solve(problem.school, problem.terms, Limits(seconds=seconds, seed=seed), progress)
    return judge(problem, solution.places, [t.bound for t in solution.tiers], solution.wall_seconds)
