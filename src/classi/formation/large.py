"""One pool of many classes: divided into groups of classes, formed group by group, mended where it still costs.

The bound is that of the whole pool (arithmetic and small blocks), so a division that happens to lose nothing is proved
best like any other assignment, and one that loses something shows its gap.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from classi.domain import School
from classi.formation.divide import class_groups, deal, polish
from classi.formation.engine import Clock
from classi.formation.improve import Effort, improve
from classi.formation.solve import Formation, Progress, Solution, solve
from classi.formation.split import Split, split
from classi.terms import Band, Range, Term, When, named

LARGEST_GROUP = 12
"""Classes formed together; about 300 pupils."""

MENDED = 7
"""Classes looked at together where the whole still costs."""

PROVABLE = 50
"""Classes up to which the prover may look at the whole pool when mending ends above the bound."""

TOGETHER = 6
"""Sets of classes from which on processes of their own form them."""

LEAF_SECONDS = 6.0
"""Time for a group; what is not proved by then is mended later, with other classes beside it."""

MEND_SECONDS = 3.0
IMPROVE_SHARE = 0.2
"""Part of the time left that exchanges all over the pool may take."""

GENTLE = 0.06
"""Temperature they begin with, in the dearest unit of the last tier: the pool is nearly good already."""

WORTH_EXCHANGING = 1.5
"""How many times its bound the last tier costs, and half a unit a class, where exchanges are worth their time."""

DEALS = 3
STALE = 40
"""Attempts in a row that mend nothing before the pool is given to the prover as a whole."""

Several = Callable[[School, Split, Clock], Solution]
"""Forms the parts of a school side by side."""


def form_large(
    school: School, terms: Sequence[Term], clock: Clock, progress: Callable[[Progress], None], several: Several
) -> Solution:
    """Form one pool of many classes; everything else as `classi.formation.solve.solve`.

    Parameters
    ----------
    several : forms the groups, which share no pupil and no class.
    """
    formation = Formation(school, terms, clock, progress)
    if formation.impossible:
        return formation.answer("INFEASIBLE", None)
    pool = _Pool(formation, terms, several)
    places = pool.divided()
    if places is None:
        return formation.run()
    places = pool.mended(pool.improved(places))
    return formation.finish(places) if pool.provable else formation.closed(places, pool.least(pool.board.costs(places)))


class _Pool:
    def __init__(self, formation: Formation, terms: Sequence[Term], several: Several) -> None:
        self.formation, self.terms, self.several = formation, terms, several
        self.school, self.clock, self.board = formation.school, formation.clock, formation.board
        self.tiers = tuple(formation.tiers)
        self.by_class: dict[int, list[Term]] = defaultdict(list)
        self.by_pupil: dict[int, list[Term]] = defaultdict(list)
        for term in terms:
            band = term.shape.band if isinstance(term.shape, When) else term.shape
            if isinstance(band, Band | Range):
                for c in band.classes:
                    self.by_class[c].append(term)
            else:
                self.by_pupil[named(term.shape)[0]].append(term)

    def least(self, costs: Sequence[int]) -> tuple[int, ...]:
        """Return the bound of each tier where the earlier ones cost what they do.

        After a tier above its bound only arithmetic is told: more would have to be worked out anew at every change.
        """
        found: list[int] = []
        for n, tier in enumerate(self.tiers):
            if list(costs[1 : n + 1]) == found:
                free = [t for t, value in zip(self.tiers, costs[1 : n + 1], strict=False) if value == 0]
                found.append(self.formation.outlook(tier, free, self.clock.left).bound)
            else:
                found.append(self.formation.arithmetic(tier))
        return tuple(found)

    def tell(self, costs: Sequence[int]) -> None:
        for tier, value, bound in zip(self.tiers, costs[1:], self.least(costs), strict=True):
            self.formation.progress(Progress(tier, value, min(bound, value), self.clock.wall))

    # --- divide ---

    def divided(self) -> tuple[int, ...] | None:
        """Form the pool group by group; a few times with other groups, while hard rules are not all kept."""
        rooms = self.formation.rooms
        groups = class_groups(rooms, len(self.school.classes), LARGEST_GROUP)
        for turn in range(DEALS):
            if self.clock.over:
                return None
            dealt = deal(groups, self.terms, rooms, self.clock.limits.seed + turn)
            if dealt is None:
                return None
            dealt = polish(groups, self.terms, rooms, dealt, lambda: self.clock.over, self.clock.limits.seed + turn)
            inside = [room & groups[g] for room, g in zip(rooms, dealt, strict=True)]
            found = split(self.school, _localised(self.terms), inside)
            if found.nowhere:
                continue
            # Hard ties between groups are broken by the division: seen below, where everything is counted.
            found = replace(found, always=())
            side_by_side = max(1, min(self.clock.limits.workers, len(groups)))
            seconds = min(self.clock.left * 0.6, LEAF_SECONDS * len(groups) / side_by_side)
            clock = self._clock(seconds)
            solution = self.several(self.school, found, clock)
            self._charge(clock)
            if solution.places is not None and not self.board.hard_cost(solution.places):
                self.tell(self.board.costs(solution.places))
                return solution.places
        return None

    def _clock(self, seconds: float) -> Clock:
        limits = replace(self.clock.limits, seconds=min(seconds, self.clock.left))
        return Clock(limits, self.clock.stop)

    def _charge(self, clock: Clock) -> None:
        self.clock.solver_seconds += clock.solver_seconds
        self.clock.deterministic_time += clock.deterministic_time
        self.clock.out_of_memory |= clock.out_of_memory

    def improved(self, places: tuple[int, ...]) -> tuple[int, ...]:
        """Exchange pupils all over the pool, where that is quicker than forming classes anew."""
        if not self.tiers:
            return places  # nothing but hard rules, and they are kept
        costs = self.board.costs(places)
        bound = self.least(costs)[-1]
        if costs[-1] > WORTH_EXCHANGING * bound + len(self.school.classes) / 2 and not self.clock.over:
            better: list[tuple[int, ...]] = [places]
            effort = Effort(self.clock.left * IMPROVE_SHARE, self.clock, bound, GENTLE)
            improve(self.board, self.formation.rooms, places, effort, better.append)
            places = better[-1]
            self.tell(self.board.costs(places))
        return places

    # --- mend ---

    def mended(self, places: tuple[int, ...]) -> tuple[int, ...]:
        """Form a few classes anew, again and again, where something costs more than the bound says it must."""
        rng = np.random.default_rng(self.clock.limits.seed)
        best, stale = self.board.costs(places), 0
        until = self.clock.left * 0.3 if self.provable else 0.0
        while not self.clock.over and self.clock.left > until and stale < STALE and best[1:] != self.least(best):
            stale += 1
            for change in self._form_anew(places, self._choose(places, best, rng, MENDED + stale // 10)):
                tried = list(places)
                for i, c in change.items():
                    tried[i] = c
                costs = self.board.costs(tried)
                if costs <= best:
                    stale = stale if costs == best else 0
                    places, best = tuple(tried), costs
            self.tell(best)
        return places

    @property
    def provable(self) -> bool:
        """True when the whole pool is small enough to be given to the prover."""
        return len(self.school.classes) <= PROVABLE

    def _choose(
        self, places: Sequence[int], costs: Sequence[int], rng: np.random.Generator, number: int
    ) -> list[frozenset[int]]:
        """Choose disjoint sets of classes, each around a term that costs something in a tier above its bound."""
        least = self.least(costs)
        rank = next(n for n, (value, bound) in enumerate(zip(costs[1:], least, strict=True), 1) if value > bound)
        costly = np.flatnonzero((self.board.excesses(places) > 0) & (self.board.rank == rank))
        free = set(range(len(self.school.classes)))
        found: list[frozenset[int]] = []
        chosen: set[int] = set()
        most = max(1, len(free) // (3 * number))
        for k in rng.permutation(costly).tolist():
            here = {c for c in self._where(self.terms[k], places, rng) if c in free}
            chosen |= here
            free -= here
            if len(chosen) > number // 2:
                found.append(self._filled(chosen, free, rng, number))
                chosen = set()
            if len(found) == most:
                return found
        return [*found, self._filled(chosen, free, rng, number)] if chosen else found

    def _filled(self, chosen: Collection[int], free: set[int], rng: np.random.Generator, number: int) -> frozenset[int]:
        more = rng.permutation(sorted(free))[: max(0, number - len(chosen))].tolist()
        free.difference_update(more)
        return frozenset((*chosen, *more))

    def _where(self, term: Term, places: Sequence[int], rng: np.random.Generator) -> Iterable[int]:
        """Return the classes a term is about: two of them where it compares many."""
        classes = _classes(term)
        if len(classes) > 2:
            return [int(c) for c in rng.permutation(classes)[:2]]
        return classes or [places[i] for i in named(term.shape)]

    def _form_anew(self, places: Sequence[int], sets: Sequence[frozenset[int]]) -> Iterator[dict[int, int]]:
        """Form sets of classes anew, each out of the pupils who are in it; yield who goes where."""
        home = {c: chosen for chosen in sets for c in chosen}
        nowhere: frozenset[int] = frozenset()
        rooms = [room & home.get(c, nowhere) for room, c in zip(self.formation.rooms, places, strict=True)]
        terms = {id(t): t for c in home for t in self.by_class[c]}
        terms |= {id(t): t for i, room in enumerate(rooms) if room for t in self.by_pupil[i]}
        # What compares these classes with others is left out here, and counted afterwards.
        own = [t for t in terms.values() if not (c := _classes(t)) or home.get(c[0], nowhere).issuperset(c)]
        found = split(self.school, own, rooms)
        if len(found.parts) >= TOGETHER:
            clock = self._clock(MEND_SECONDS * len(found.parts) / self.clock.limits.workers)
            solution = self.several(self.school, replace(found, always=(), nowhere=()), clock)
            self._charge(clock)
            if solution.places is not None:
                yield from ({i: solution.places[i] for i in part.pupils} for part in found.parts)
            return
        for part in found.parts:
            clock = self._clock(MEND_SECONDS)
            solution = solve(part.school, part.terms, clock.limits, None, clock)
            self._charge(clock)
            if solution.places is not None:
                yield {i: part.classes[c] for i, c in zip(part.pupils, solution.places, strict=True)}


def _classes(term: Term) -> tuple[int, ...]:
    shape = term.shape.band if isinstance(term.shape, When) else term.shape
    return shape.classes if isinstance(shape, Band | Range) else ()


def _localised(terms: Sequence[Term]) -> list[Term]:
    """Return the terms that can be looked at group by group: a range becomes a band around the mean."""
    found = []
    for term in terms:
        shape = term.shape
        if isinstance(shape, Range):
            low = sum(w for _i, w in shape.weights) // max(1, len(shape.classes))
            high = max(low + shape.limit, low + 1)
            found += [
                replace(term, shape=Band((c,), shape.weights, low, high, shape.unit, shape.times))
                for c in shape.classes
            ]
        elif not isinstance(shape, Band) or len(shape.classes) == 1:
            found.append(term)
    return found
