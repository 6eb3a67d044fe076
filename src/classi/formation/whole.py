"""What is known of the parts of a school while they are formed, and the sums: see `classi.formation.parts` for why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from classi.domain import School
from classi.formation import bounds
from classi.formation.engine import Clock
from classi.formation.search import Board
from classi.formation.solve import Progress, Solution, TierResult
from classi.formation.split import Part, Split


@dataclass(frozen=True)
class PartResult:
    """What was found in one part: its own certificate.

    Attributes
    ----------
    classes : their identifiers.
    pupils : how many.
    status, tiers : as in `Solution`, of the part alone.
    """

    classes: tuple[str, ...]
    pupils: int
    status: str
    tiers: tuple[TierResult, ...]

    @property
    def proved(self) -> bool:
        """True when nothing in the part can be better."""
        return self.status == "OPTIMAL"


class Whole:
    """The parts of a school, what is known of each, and the sums."""

    def __init__(
        self, school: School, found: Split, tiers: Sequence[int], clock: Clock, tell: Callable[[Progress], None]
    ) -> None:
        self.school, self.parts, self.constants = school, found.parts, found.constants
        self.tiers, self.clock, self.tell = tiers, clock, tell
        self.solutions: list[Solution | None] = [None] * len(found.parts)
        self.tries = [0] * len(found.parts)
        self.had = [0.0] * len(found.parts)
        self.news: dict[tuple[int, int], tuple[int, int]] = {}
        self.sums = {tier: (found.constants.get(tier, 0),) * 2 for tier in tiers}

    @property
    def impossible(self) -> bool:
        """True when some part is proved impossible."""
        return any(s is not None and s.status == "INFEASIBLE" for s in self.solutions)

    def missing(self, n: int) -> bool:
        """Tell whether a part has no assignment."""
        found = self.solutions[n]
        return found is None or found.places is None

    def open(self, n: int) -> bool:
        """Tell whether more time could make a difference to a part."""
        found = self.solutions[n]
        return found is None or found.status in ("FEASIBLE", "UNKNOWN")

    def try_for(self, n: int, seconds: float) -> None:
        """Take note that a part is tried, and of the time it had at most."""
        self.tries[n], self.had[n] = self.tries[n] + 1, max(self.had[n], seconds)

    def share(self, waiting: Sequence[int], seconds: float) -> float:
        """Return the part of some time that falls to the first of those who wait, by the number of choices."""
        weights = [max(1, self.parts[n].choices) for n in waiting]
        return max(0.0, seconds) * weights[0] / sum(weights)

    def hear(self, n: int, news: Progress | Solution) -> None:
        """Take note of what a part tells: how far it is, or what it came to."""
        if isinstance(news, Progress):
            if news.value is not None:
                self._add(n, news.tier, news.value, news.bound)
            return
        self.clock.solver_seconds += news.solver_seconds
        self.clock.deterministic_time += news.deterministic_time
        before = self.solutions[n]
        if before is None or before.places is None or _rank(news) < _rank(before):
            self.solutions[n] = news
        for t in news.tiers:
            self._add(n, t.tier, t.value, t.bound)

    def _add(self, n: int, tier: int, value: int, bound: int) -> None:
        before = self.news.get((n, tier))
        if before is not None:
            value = min(value, before[0])
            bound = min(value, max(bound, before[1]))
        if (value, bound) == before:
            return
        old_value, old_bound = before or (0, 0)
        all_value, all_bound = self.sums[tier]
        self.news[n, tier] = value, bound
        self.sums[tier] = all_value + value - old_value, all_bound + bound - old_bound
        self.tell(Progress(tier, *self.sums[tier], self.clock.wall))

    # --- adding up ---

    def solution(self) -> Solution:
        """Return what was found in all the parts together."""
        found = [s for s in self.solutions if s is not None and s.places is not None]
        places: tuple[int, ...] | None = None
        tiers: tuple[TierResult, ...] = ()
        if self.impossible:
            status = "INFEASIBLE"
        elif len(found) < len(self.parts):
            status = "UNKNOWN"
        else:
            places, tiers = self._places(found), self._tiers(found)
            status = "OPTIMAL" if all(t.proved for t in tiers) else "FEASIBLE"
        c = self.clock
        stopped = "proved" if status in ("OPTIMAL", "INFEASIBLE") else self._stopped()
        parts = tuple(self._part(n) for n in range(len(self.parts)))
        return Solution(status, places, tiers, stopped, c.solver_seconds, c.deterministic_time, c.wall, parts)

    def _stopped(self) -> str:
        if self.clock.stop.is_set():
            return "interrupted"
        memory = any(s is not None and s.stopped == "memory" for s in self.solutions)
        return "memory" if memory or self.clock.out_of_memory else "time"

    def _part(self, n: int) -> PartResult:
        part, found = self.parts[n], self.solutions[n]
        ids = tuple(self.school.classes[c].id for c in part.classes)
        if found is None:
            return PartResult(ids, len(part.pupils), "UNKNOWN", ())
        return PartResult(ids, len(part.pupils), found.status, found.tiers)

    def _places(self, found: Sequence[Solution]) -> tuple[int, ...]:
        places = [-1] * len(self.school.pupils)
        for part, solution in zip(self.parts, found, strict=True):
            for i, c in zip(part.pupils, solution.places or (), strict=True):
                places[i] = part.classes[c]
        return tuple(places)

    def _tiers(self, found: Sequence[Solution]) -> tuple[TierResult, ...]:
        total = []
        earlier = True  # every tier before this one is proved in every part
        for tier in self.tiers:
            results = [
                next((t for t in s.tiers if t.tier == tier), TierResult(tier, 0, 0, "arithmetic")) for s in found
            ]
            fixed = self.constants.get(tier, 0)
            value = fixed + sum(t.value for t in results)
            if earlier:
                bound = fixed + sum(t.bound for t in results)
                reached = "arithmetic" if all(t.reached == "arithmetic" for t in results) else "search"
            else:
                bound, reached = fixed + sum(arithmetic(part, tier) for part in self.parts), "arithmetic"
            total.append(TierResult(tier, value, bound, reached))
            earlier = earlier and all(t.proved for t in results)
        return tuple(total)


def _of_tier(solution: Solution, tier: int) -> TierResult:
    """Return the result of a tier; a part without a rule in it costs nothing there."""
    return next((t for t in solution.tiers if t.tier == tier), TierResult(tier, 0, 0, "arithmetic"))


def _rank(solution: Solution) -> tuple[bool, tuple[int, ...], tuple[int, ...]]:
    """Return what makes one result of a part better than another: an assignment, then its values, then its bounds."""
    return solution.places is None, tuple(t.value for t in solution.tiers), tuple(-t.bound for t in solution.tiers)


def criterion_costs(found: Split, places: Sequence[int], number: int) -> list[int]:
    """Return what an assignment of the whole school costs in each of the first `number` criteria.

    The same as `Board.criterion_costs` of the whole school, in a fraction of the time and memory.
    """
    costs = [0] * number
    for part in found.parts:
        at = {c: k for k, c in enumerate(part.classes)}
        board = Board(part.school, part.terms)
        for k, cost in enumerate(board.criterion_costs([at[places[i]] for i in part.pupils], number)):
            costs[k] += cost
    for term, excess in found.always:
        costs[term.criterion] += excess
    return costs


def criterion_bounds(found: Split) -> dict[int, int]:
    """Return, for each criterion, the cost no assignment that keeps the hard rules can avoid; see `bounds`."""
    least: Counter[int] = Counter()
    for part in found.parts:
        least.update(bounds.criterion_bounds(part.school, part.terms))
    for term, excess in found.always:
        least[term.criterion] += excess
    return dict(least)


def arithmetic(part: Part, tier: int) -> int:
    """Return what the part costs in a tier at least, whatever the other tiers cost."""
    hard = [t for t in part.terms if t.weight is None]
    soft = [t for t in part.terms if t.weight is not None and t.tier == tier]
    return bounds.bound(bounds.groups(soft, part.school.open, hard))
