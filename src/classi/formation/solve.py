"""Form the classes: a feasible split first, then tier after tier to its proved best, or as near as time allows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from classi.domain import School
from classi.errors import Contradiction
from classi.formation import bounds
from classi.formation.blocks import Block, blocks
from classi.formation.bounds import Domains, domains
from classi.formation.encode import Encoding, linear
from classi.formation.engine import PROVERS, Clock, Limits, run
from classi.formation.search import Board
from classi.terms import Term

IDEAL_SHARE = 0.25
"""Part of a tier's time that may go into asking whether the arithmetic bound can be reached."""


IDEAL_SECONDS = 3.0
"""And the most it may take: an answer that does not come at once comes late."""

BLOCK_SHARE = 0.2
"""Part of a tier's time that may go into the bounds of its blocks."""


@dataclass(frozen=True)
class Progress:
    """News of a running formation: a tier's best value, proved bound, and seconds since the start."""

    tier: int
    value: int | None
    bound: int
    seconds: float

    @property
    def gap(self) -> float | None:
        """(value − bound) / value; 0 when they are equal."""
        return None if self.value is None else gap(self.value, self.bound)


@dataclass(frozen=True)
class TierResult:
    """Value and proved bound of one tier, given the values of the tiers before it.

    `reached` is what the bound comes from: ``"arithmetic"`` (found without any solver) or ``"search"``.
    """

    tier: int
    value: int
    bound: int
    reached: str

    @property
    def proved(self) -> bool:
        """True when no assignment does better."""
        return self.value == self.bound

    @property
    def proof(self) -> str:
        """What proves the value best; empty while it is not proved."""
        return self.reached if self.proved else ""


@dataclass(frozen=True)
class Solution:
    """The answer to a formation.

    Attributes
    ----------
    status : OPTIMAL (every tier proved), FEASIBLE, INFEASIBLE (proved) or UNKNOWN (nothing found, nothing proved).
    places : class of each pupil, or ``None``.
    tiers : one result a tier.
    stopped : ``"proved"``, ``"time"``, ``"memory"`` or ``"interrupted"``.
    solver_seconds, deterministic_time : spent inside CP-SAT.
    """

    status: str
    places: tuple[int, ...] | None
    tiers: tuple[TierResult, ...]
    stopped: str
    solver_seconds: float
    deterministic_time: float
    wall_seconds: float


def gap(value: int, bound: int) -> float:
    """Return (value − bound) / value, 0 when they are equal."""
    return 0.0 if value == bound else (value - bound) / value


def solve(
    school: School,
    terms: Sequence[Term],
    limits: Limits | None = None,
    progress: Callable[[Progress], None] | None = None,
    clock: Clock | None = None,
) -> Solution:
    """Find the assignment that keeps every hard term and is best tier after tier.

    Parameters
    ----------
    school : the school, already bound to its regulation (`Regulation.bind`).
    terms : what `Regulation.terms` compiled.
    limits : time, memory, workers, seed.
    progress : called whenever a tier's value or bound improves.
    clock : pass one to be able to stop from another thread (``clock.stop.set()``).
    """
    clock = clock or Clock(limits or Limits())
    return _Formation(school, terms, clock, progress or (lambda _news: None)).run()


class _Formation:
    def __init__(
        self, school: School, terms: Sequence[Term], clock: Clock, progress: Callable[[Progress], None]
    ) -> None:
        self.school, self.clock, self.progress = school, clock, progress
        self.hard = [t for t in terms if t.weight is None]
        self.tiers = by_tier(terms)
        self.rooms: Domains = domains(school, self.hard)
        self.board = Board(school, terms)
        self.results: list[TierResult] = []

    def run(self) -> Solution:
        size = len(self.school.pupils), len(self.school.classes)
        if (
            not all(self.rooms)
            or bounds.bound(bounds.groups(self.hard, self.rooms))
            or bounds.crowded(*size, self.hard)
        ):
            return self._answer("INFEASIBLE", None)
        first = run(self._base(), self.clock, self.clock.left)
        if first.places is None:
            return self._answer(first.status, None)
        places = first.places
        for n, (tier, terms) in enumerate(self.tiers.items()):
            places = self._tier(tier, terms, places, len(self.tiers) - n)
        # A tier left open may have become better while a later one was at work.
        self.results = [replace(t, value=self.board.tier_cost(places, t.tier)) for t in self.results]
        status = "OPTIMAL" if all(t.proved for t in self.results) else "FEASIBLE"
        return self._answer(status, places)

    def _answer(self, status: str, places: tuple[int, ...] | None) -> Solution:
        if status in ("OPTIMAL", "INFEASIBLE"):
            stopped = "proved"
        elif self.clock.stop.is_set():
            stopped = "interrupted"
        else:
            stopped = "memory" if self.clock.out_of_memory else "time"
        c = self.clock
        return Solution(status, places, tuple(self.results), stopped, c.solver_seconds, c.deterministic_time, c.wall)

    def _base(self) -> Encoding:
        """Return the hard rules and, for the tiers already done, the values reached."""
        encoding = Encoding(self.rooms)
        for term in self.hard:
            encoding.require(term.shape)
        for result in self.results:
            _cap(encoding, self.tiers[result.tier], result.value)
        return encoding

    def _tier(self, tier: int, terms: list[Term], places: tuple[int, ...], tiers_left: int) -> tuple[int, ...]:
        groups = bounds.groups(terms, self.rooms, self.hard)
        arithmetic = bounds.bound(groups)
        best = _Best(tier, places, self.board.tier_cost(places, tier), arithmetic, self._tell)
        seconds = self.clock.left * (1.0 if tiers_left == 1 else 0.6)
        costly: list[Block] = []
        if best.open and not self.clock.over:
            costly = blocks(terms, self.hard, self._kept(), self.rooms, self.clock, seconds * BLOCK_SHARE)
            taken = {id(t) for block in costly for t in block.terms}
            groups = bounds.groups([t for t in terms if id(t) not in taken], self.rooms, self.hard)
            best.proved(_least(groups, costly))
        if best.open and not self.clock.over:
            self._ideal(groups, costly, best, min(IDEAL_SECONDS, seconds * IDEAL_SHARE))
        if best.open and not self.clock.over:
            self._optimise(terms, costly, best, seconds)
        proof = "arithmetic" if best.bound == arithmetic else "search"
        self.results.append(TierResult(tier, best.value, best.bound, proof))
        return best.places

    def _tell(self, tier: int, value: int | None, bound: int) -> None:
        self.progress(Progress(tier, value, bound, self.clock.wall))

    def _kept(self) -> list[Term]:
        """Return the terms of earlier tiers that cost nothing in any assignment still allowed."""
        return [t for r in self.results if r.value == 0 for t in self.tiers[r.tier]]

    def _ideal(self, groups: Sequence[bounds.Group], costly: Sequence[Block], best: _Best, seconds: float) -> None:
        """Ask for an assignment exactly at the bound: CP-SAT answers at once, either way, nearly always."""
        target = _least(groups, costly)
        if target < best.bound:
            return
        encoding = self._base()
        for block in costly:
            _cap(encoding, block.terms, block.bound)
        for group in groups:
            _cap(encoding, group.terms, group.forced * group.price)
        encoding.hint(best.places)
        outcome = run(encoding, self.clock, seconds)
        if outcome.places is not None:
            best.found(outcome.places, self.board.tier_cost(outcome.places, best.tier))
        elif outcome.status == "INFEASIBLE":
            # Some group or block costs more than its bound: a group by its price at least, a block by its step.
            best.proved(target + min([g.price for g in groups] + [b.step for b in costly]))

    def _optimise(self, terms: list[Term], costly: Sequence[Block], best: _Best, seconds: float) -> None:
        encoding = self._base()
        excess = {id(t): [(v, w * (t.weight or 1)) for v, w in encoding.excess(t.shape)] for t in terms}
        encoding.minimize([pair for pairs in excess.values() for pair in pairs], best.bound, best.value)
        for block in costly:
            encoding.model.add(linear([pair for t in block.terms for pair in excess[id(t)]]) >= block.bound)
        encoding.hint(best.places)
        outcome = run(encoding, self.clock, seconds, best.event, PROVERS)
        if outcome.status == "INFEASIBLE":
            raise Contradiction(
                f"tier {best.tier}: no assignment is said to exist, but one of cost {best.value} is known"
            )
        if outcome.places is not None:
            best.found(outcome.places, self.board.tier_cost(outcome.places, best.tier))
        if outcome.bound is not None:
            best.proved(outcome.bound)


class _Best:
    """Best assignment and bound of the tier at work."""

    def __init__(
        self, tier: int, places: tuple[int, ...], value: int, bound: int, tell: Callable[[int, int | None, int], None]
    ) -> None:
        self.tier, self.places, self.value, self.bound, self.tell = tier, places, value, bound, tell
        self.shown = (value, bound)
        tell(tier, value, bound)

    @property
    def open(self) -> bool:
        return self.value > self.bound

    def found(self, places: tuple[int, ...], value: int) -> None:
        if value <= self.value:
            self.places, self.value = places, value
            self.event(value, None)

    def proved(self, bound: int) -> None:
        if bound > self.value:
            raise Contradiction(
                f"tier {self.tier}: a bound of {bound} is above the cost of a known assignment, {self.value}"
            )
        if bound > self.bound:
            self.bound = bound
            self.event(None, bound)

    def event(self, value: int | None, bound: int | None) -> None:
        """Pass on live news of a run; what counts is settled when the run ends."""
        best = min(self.shown[0], self.value if value is None else value)
        low = min(best, max(self.shown[1], self.bound if bound is None else bound))
        if (best, low) != self.shown:
            self.shown = (best, low)
            self.tell(self.tier, best, low)


def _least(groups: Iterable[bounds.Group], costly: Iterable[Block]) -> int:
    return bounds.bound(groups) + sum(block.bound for block in costly)


def _cap(encoding: Encoding, terms: Iterable[Term], value: int) -> None:
    """Keep the cost of some soft terms at or below `value`."""
    terms = list(terms)
    if value == 0:
        for term in terms:
            encoding.require(term.shape)
        return
    cost = [(v, w * (t.weight or 1)) for t in terms for v, w in encoding.excess(t.shape)]
    encoding.model.add(linear(cost) <= value)


def by_tier(terms: Iterable[Term]) -> Mapping[int, list[Term]]:
    """Group the soft terms by tier."""
    groups: dict[int, list[Term]] = defaultdict(list)
    for term in terms:
        if term.weight is not None:
            groups[term.tier].append(term)
    return dict(sorted(groups.items()))
