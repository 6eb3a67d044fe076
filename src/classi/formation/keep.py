"""Form the classes again with as few pupils as possible leaving theirs, or with at most so many.

A pupil who had a class that is still there has one term more, ``Place(pupil, {class})``. Where as few moves as possible
are wanted these terms are a tier of their own, before every other. Where a number of them is allowed, their sum is
limited, the regulation's own tiers are made as good as that allows, and in a tier after every other nobody is moved for
nothing. Who had no class, or one that is gone, has no such term: they must be placed anyhow.

What is proved here holds among the splits with these moves only. A better one that moves more pupils may exist.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from classi.domain import School
from classi.formation.engine import Clock, Limits
from classi.formation.parts import form_parts
from classi.formation.solve import Cap, Progress, Solution, TierResult, solve
from classi.terms import Place, Term

FIRST = 0
"""Tier of the moves: before those of any regulation, which begin at 1."""


@dataclass(frozen=True)
class Kept:
    """Classes formed again.

    Attributes
    ----------
    solution : what was found; its tiers are the regulation's, each value and bound given the moves.
    moved : positions of the pupils who left a class that is still there, in order.
    least : proved: in no split that keeps the hard rules do fewer leave their class. 0 where this was not asked.
    """

    solution: Solution
    moved: tuple[int, ...] = ()
    least: int = 0

    @property
    def fewest(self) -> bool:
        """True when nobody can keep the hard rules with fewer moves."""
        return self.solution.places is not None and len(self.moved) == self.least


def stay_terms(homes: Sequence[int | None], tier: int = FIRST) -> tuple[Term, ...]:
    """Return one term a pupil who had a class, with weight 1: their sum is how many leave it.

    Parameters
    ----------
    homes : position of the class each pupil had, ``None`` for a new pupil or a class that is gone; shape (pupils,).

    Examples
    --------
    >>> [t.shape.pupil for t in stay_terms([1, None, 0])]
    [0, 2]
    """
    return tuple(Term(Place(i, frozenset({c})), 0, 1, tier) for i, c in enumerate(homes) if c is not None)


def keep(
    school: School,
    terms: Sequence[Term],
    homes: Sequence[int | None],
    most: int | None = None,
    limits: Limits | None = None,
    progress: Callable[[Progress], None] | None = None,
    clock: Clock | None = None,
) -> Kept:
    """Find the best split that moves the fewest pupils, or the best that moves at most so many.

    Parameters
    ----------
    school, terms, limits, progress, clock : as for `classi.formation.solve.solve`.
    homes : as for `stay_terms`.
    most : how many may leave their class; ``None`` = as few as the hard rules need, whatever the other rules cost.

    Notes
    -----
    Without `most` a school that falls into parts is formed part by part; with it the moves are one account for all, so
    that a very large school is formed as one and may end with a gap.
    """
    clock = clock or Clock(limits or Limits())
    last = 1 + max((t.tier for t in terms if t.weight is not None), default=FIRST)
    tell = _of_the_rules(progress, last)
    if most is None:
        return _fewest(form_parts(school, [*stay_terms(homes), *terms], clock.limits, tell, clock), homes)
    stays = stay_terms(homes, last)
    caps = [Cap(stays, most)] if most < len(stays) else []
    found = solve(school, [*terms, *stays], clock.limits, tell, clock, caps)
    return _kept(_of_tiers(found, range(1, last)), homes)


def fewest_moves(school: School, terms: Sequence[Term], homes: Sequence[int | None], clock: Clock) -> Kept:
    """Find how few pupils must leave their class for the hard rules alone; the others are not looked at."""
    hard = [t for t in terms if t.weight is None]
    return _fewest(form_parts(school, [*stay_terms(homes), *hard], clock.limits, None, clock), homes)


def _fewest(solution: Solution, homes: Sequence[int | None]) -> Kept:
    moves = next((t for t in solution.tiers if t.tier == FIRST), TierResult(FIRST, 0, 0, "arithmetic"))
    return _kept(
        _of_tiers(solution, range(1, 1 + max((t.tier for t in solution.tiers), default=0))), homes, moves.bound
    )


def _kept(solution: Solution, homes: Sequence[int | None], least: int = 0) -> Kept:
    places = solution.places or ()
    moved = tuple(i for i, (now, home) in enumerate(zip(places, homes, strict=False)) if home not in (None, now))
    return Kept(solution, moved, least)


def _of_tiers(solution: Solution, tiers: range) -> Solution:
    """Return a solution with these tiers alone; its parts, which tell of the moves as of a tier, are left out."""
    return replace(solution, tiers=tuple(t for t in solution.tiers if t.tier in tiers), parts=())


def _of_the_rules(progress: Callable[[Progress], None] | None, last: int) -> Callable[[Progress], None] | None:
    """Pass on news of the regulation's tiers alone."""
    if progress is None:
        return None

    def tell(news: Progress) -> None:
        if FIRST < news.tier < last:
            progress(news)

    return tell
