"""Form the classes: a feasible split first, then tier after tier to its proved best, or as near as time allows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from classi.domain import School
from classi.errors import Contradiction
from classi.formation import bounds
from classi.formation.bounds import Domains, domains
from classi.formation.counted import count
from classi.formation.encode import Encoding, linear
from classi.formation.engine import PROVERS, Clock, Limits, run
from classi.formation.improve import Effort, improve
from classi.formation.outlook import Outlook, cap, look_ahead
from classi.formation.search import Board
from classi.terms import Term

IDEAL_SHARE = 0.25
"""Part of a tier's time that may go into asking whether the arithmetic bound can be reached."""


IDEAL_SECONDS = 3.0
"""And the most it may take: an answer that does not come at once comes late."""

COUNT_SHARE, COUNT_SECONDS = 0.2, 10.0
"""Part of a tier's time, and the most, that may go into counting pupils alike."""

GRACE = 5.0
"""Seconds after an interruption in which some assignment is looked for if there is none yet."""

SMALL, AT_ONCE = 2000, 1.0
"""Pupils × classes open to them up to which the prover is asked before the exchanges, and for how many seconds."""

IMPROVE_SHARE, IMPROVE_SECONDS = 0.1, 2.0
"""Part of a tier's time that may go into local search before the proof; where time is short, so many seconds."""

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
    parts : what was found in each independent part (`whole.PartResult`); empty where the school is not taken apart.
    """

    status: str
    places: tuple[int, ...] | None
    tiers: tuple[TierResult, ...]
    stopped: str
    solver_seconds: float
    deterministic_time: float
    wall_seconds: float
    parts: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Cap:
    """Soft terms whose cost, weights included, must be at most `most`; they need not be among those optimised."""

    terms: tuple[Term, ...]
    most: int


def gap(value: int, bound: int) -> float:
    """Return (value − bound) / value, 0 when they are equal."""
    return 0.0 if value == bound else (value - bound) / value


def solve(
    school: School,
    terms: Sequence[Term],
    limits: Limits | None = None,
    progress: Callable[[Progress], None] | None = None,
    clock: Clock | None = None,
    caps: Sequence[Cap] = (),
) -> Solution:
    """Find the assignment that keeps every hard term and is best tier after tier.

    Parameters
    ----------
    school : the school, already bound to its regulation (`Regulation.bind`).
    terms : what `Regulation.terms` compiled.
    limits : time, memory, workers, seed.
    progress : called whenever a tier's value or bound improves.
    clock : pass one to be able to stop from another thread (``clock.stop.set()``).
    caps : costs that must stay within a limit besides, as in a trade-off between two criteria.
    """
    clock = clock or Clock(limits or Limits())
    return Formation(school, terms, clock, progress or (lambda _news: None), caps).run()


class Formation:
    """The formation of one pool: what is asked, what is proved so far, and the time that is left."""

    def __init__(
        self,
        school: School,
        terms: Sequence[Term],
        clock: Clock,
        progress: Callable[[Progress], None],
        caps: Sequence[Cap] = (),
    ) -> None:
        self.school, self.clock, self.progress, self.caps = school, clock, progress, caps
        self.hard = [t for t in terms if t.weight is None]
        self.tiers = by_tier(terms)
        self.rooms: Domains = domains(school, self.hard)
        self.board = Board(school, terms)
        self.results: list[TierResult] = []
        self._looked: dict[tuple[int, tuple[int, ...]], Outlook] = {}
        self._on_bound = True  # every tier done costs what its outlook said
        self._refused = "UNKNOWN"  # why there was no assignment with every tier at its bound

    @property
    def impossible(self) -> bool:
        """True when arithmetic alone shows that not every hard rule can be kept."""
        size = len(self.school.pupils), len(self.school.classes)
        return (
            not all(self.rooms)
            or bool(bounds.bound(bounds.groups(self.hard, self.rooms)))
            or bool(bounds.crowded(*size, self.hard))
        )

    def run(self) -> Solution:
        """Find an assignment that keeps the hard rules, and make it the best."""
        unwanted = self.clock.stop.is_set()
        if self.impossible:
            return self.answer("INFEASIBLE", None)
        places = self._rest_at_its_bound()
        if places is None:
            first = run(self._base(), self.clock, self.clock.left)
            if first.places is None and self.clock.stop.is_set() and not unwanted:
                # Interrupted before anything was found: some assignment is worth a moment more.
                first = run(self._base(), Clock(replace(self.clock.limits, seconds=GRACE)), GRACE)
            if first.places is None:
                return self.answer(first.status, None)
            places = first.places
        return self.finish(places)

    def finish(self, places: tuple[int, ...]) -> Solution:
        """Make an assignment that keeps the hard rules the best, tier after tier."""
        for n, tier in enumerate(self.tiers):
            if n and not self._on_bound and n < len(self.tiers) - 1:
                places = self._rest_at_its_bound() or places
            places = self._tier(tier, places, len(self.tiers) - n)
        # A tier left open may have become better while a later one was at work.
        self.results = [replace(t, value=self.board.tier_cost(places, t.tier)) for t in self.results]
        status = "OPTIMAL" if all(t.proved for t in self.results) else "FEASIBLE"
        return self.answer(status, places)

    def closed(self, places: tuple[int, ...], least: Sequence[int]) -> Solution:
        """Take an assignment as it is, with the bound known of each tier without a search."""
        for tier, bound in zip(self.tiers, least, strict=True):
            proof = "arithmetic" if bound == self.arithmetic(tier) else "search"
            self.results.append(TierResult(tier, self.board.tier_cost(places, tier), bound, proof))
        return self.answer("OPTIMAL" if all(t.proved for t in self.results) else "FEASIBLE", places)

    def answer(self, status: str, places: tuple[int, ...] | None) -> Solution:
        """Return what was found, and why it ended."""
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
        for limit in self.caps:
            cap(encoding, limit.terms, limit.most)
        for result in self.results:
            cap(encoding, self.tiers[result.tier], result.value)
        return encoding

    def outlook(self, tier: int, free: Iterable[int], seconds: float) -> Outlook:
        """Return what a tier must cost where the earlier tiers in `free` cost nothing."""
        key = tier, tuple(free)
        if key not in self._looked:
            kept = [t for earlier in key[1] for t in self.tiers[earlier]]
            self._looked[key] = look_ahead(
                tier, self.tiers[tier], self.hard, kept, self.rooms, self.clock, seconds * BLOCK_SHARE
            )
        return self._looked[key]

    def arithmetic(self, tier: int) -> int:
        """Return what arithmetic alone says a tier must cost, whatever the others do."""
        known = next((o.arithmetic for (t, _free), o in self._looked.items() if t == tier), None)
        return bounds.bound(bounds.groups(self.tiers[tier], self.rooms, self.hard)) if known is None else known

    def _rest_at_its_bound(self) -> tuple[int, ...] | None:
        """Ask for an assignment with every tier still to do exactly at its bound: one question instead of one a tier.

        A yes proves everything at once: each tier costs what it must, given that those before it do.
        """
        self._on_bound, self._refused = True, "UNKNOWN"
        encoding = self._base()
        free = self._free
        for tier in list(self.tiers)[len(self.results) :]:
            outlook = self.outlook(tier, free, self.clock.left)
            if outlook.asked < outlook.bound or self.clock.over:
                return None
            if outlook.bound == 0:
                free.append(tier)
            self.progress(Progress(tier, None, outlook.bound, self.clock.wall))
            outlook.demand(encoding)
        outcome = run(encoding, self.clock, self._question_seconds(self.clock.left), question=True)
        self._refused = outcome.status
        return outcome.places

    def _question_seconds(self, seconds: float) -> float:
        return min(IDEAL_SECONDS * max(1.0, len(self.school.pupils) / 200), seconds * IDEAL_SHARE)

    def _tier(self, tier: int, places: tuple[int, ...], tiers_left: int) -> tuple[int, ...]:
        seconds = self.clock.left * (1.0 if tiers_left == 1 else 0.6)
        outlook = self.outlook(tier, self._free, seconds)
        best = _Best(tier, places, self.board.tier_cost(places, tier), outlook.bound, self._tell)
        steps: tuple[Callable[[], None], ...] = (
            lambda: self._ideal(outlook, best, self._question_seconds(seconds), asked=tiers_left == 1),
            lambda: self._count(outlook, best, seconds),
            lambda: self._at_once(outlook, best),
            lambda: self._improve(best, max(seconds * IMPROVE_SHARE, min(IMPROVE_SECONDS, seconds / 2))),
            lambda: self._optimise(outlook, best, seconds),
        )
        for step in steps:
            if best.open and not self.clock.over:
                step()
        self._on_bound = self._on_bound and best.value == outlook.bound
        proof = "arithmetic" if best.bound == outlook.arithmetic else "search"
        self.results.append(TierResult(tier, best.value, best.bound, proof))
        return best.places

    def _tell(self, tier: int, value: int | None, bound: int) -> None:
        self.progress(Progress(tier, value, bound, self.clock.wall))

    def _ideal(self, outlook: Outlook, best: _Best, seconds: float, *, asked: bool) -> None:
        """Ask for an assignment exactly at the bound: CP-SAT answers at once, either way, nearly always.

        With `asked` the same was asked before if all earlier tiers are at their bounds: the answer is known then.
        """
        if outlook.asked < best.bound:
            return
        status = self._refused
        if not (asked and self._on_bound):
            encoding = self._base()
            outlook.demand(encoding)
            status = self._ask(encoding, best, seconds)
        if status == "INFEASIBLE":
            best.proved(outlook.asked + outlook.step)

    def _count(self, outlook: Outlook, best: _Best, seconds: float) -> None:
        """Let pupils alike be counted, which shows what the rules on numbers cost together; then ask again."""
        required = [*self.hard, *(t for tier in self._free for t in self.tiers[tier])]
        counted = count(outlook.terms, required, self.rooms, self.clock, min(COUNT_SECONDS, seconds * COUNT_SHARE))
        if counted is None or counted.bound + outlook.ties <= best.bound:
            return
        best.proved(counted.bound + outlook.ties)
        if best.open and counted.spent and not self.clock.over:
            encoding = self._base()
            outlook.demand_ties(encoding)
            for term in outlook.terms:
                if id(term) in counted.spent:
                    cap(encoding, [term], counted.spent[id(term)] * (term.weight or 1))
            self._ask(encoding, best, self._question_seconds(seconds))

    @property
    def _free(self) -> list[int]:
        """The tiers done that cost nothing, nor will in any assignment still allowed."""
        return [r.tier for r in self.results if r.value == 0]

    def _ask(self, encoding: Encoding, best: _Best, seconds: float) -> str:
        """Ask for any assignment a model allows, keep it, and return the status."""
        outcome = run(encoding, self.clock, seconds, question=True)
        if outcome.places is not None:
            best.found(outcome.places, self.board.tier_cost(outcome.places, best.tier))
        return outcome.status

    def _improve(self, best: _Best, seconds: float) -> None:
        """Find a better assignment by exchanges: the prover begins where they end.

        Later tiers are improved with this one: should it take all the time there is, they are not left bad.
        """
        if self.caps:
            return  # the exchanges know the terms and their prices, no limit on a sum of them

        def found(places: tuple[int, ...]) -> None:
            best.found(places, self.board.tier_cost(places, best.tier))

        least = best.bound if best.tier == list(self.tiers)[-1] else 0
        improve(self.board, self.rooms, best.places, Effort(seconds, self.clock, target=least), found)

    def _at_once(self, outlook: Outlook, best: _Best) -> None:
        """Give a small school to the prover for a moment: many a tier that takes exchanges seconds takes it none."""
        if sum(map(len, self.rooms)) <= SMALL:
            self._optimise(outlook, best, AT_ONCE)

    def _optimise(self, outlook: Outlook, best: _Best, seconds: float) -> None:
        encoding = self._base()
        excess = {id(t): [(v, w * (t.weight or 1)) for v, w in encoding.excess(t.shape)] for t in outlook.terms}
        encoding.minimize([pair for pairs in excess.values() for pair in pairs], best.bound, best.value)
        for block in outlook.costly:
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


def by_tier(terms: Iterable[Term]) -> Mapping[int, list[Term]]:
    """Group the soft terms by tier."""
    groups: dict[int, list[Term]] = defaultdict(list)
    for term in terms:
        if term.weight is not None:
            groups[term.tier].append(term)
    return dict(sorted(groups.items()))
