"""classi itself: `classi.workflow.form` where seats are given first, otherwise the search alone."""

from __future__ import annotations

import time
from collections.abc import Callable

from classi.bench.methods.base import cpu_seconds, identified
from classi.bench.records import Answer, Event
from classi.case import Case
from classi.formation.engine import Limits
from classi.formation.parts import form_parts
from classi.formation.solve import Progress, Solution
from classi.workflow import form


def run(case: Case, seconds: float, seed: int, workers: int = 1) -> Answer:
    """Form the classes; see `Method`. Where there are seats to give, the time includes giving them and the report."""
    started, cpu = time.perf_counter(), cpu_seconds()
    news = _News(case, lambda: time.perf_counter() - started)
    procedure = case.regulation.admission
    if case.seats is None and procedure is not None and procedure.rounds:
        result = form(case, time_limit=seconds, seed=seed, workers=workers, progress=news)
        case, solution = result.case, result.solution
    else:
        limits = Limits(seconds=seconds, workers=workers, seed=seed)
        solution = form_parts(case.school, case.terms, limits, news)
    news.last(solution)
    placed = None if solution.places is None else identified(case, solution.places)
    return Answer(
        placed, news.bounds, time.perf_counter() - started, cpu_seconds() - cpu, tuple(news.events),
        max(1, len(solution.parts)), sum(part.proved for part in solution.parts),
    )  # fmt: skip


class _News:
    """Progress of the tiers, one after the other, as events of all of them.

    The search tells the value of the tier at work; until the last tier is reached an event therefore holds only the
    first tiers. The hard rules are kept whenever there is a value.
    """

    def __init__(self, case: Case, wall: Callable[[], float]) -> None:
        self.wall, self.tiers = wall, case.regulation.tiers
        used = {term.tier for term in case.terms if term.weight is not None}
        # A tier whose rules ask nothing of this school costs nothing, and is not solved.
        self._values: dict[int, int] = {tier: 0 for tier in self.tiers if tier not in used}
        self._bounds: dict[int, int] = dict(self._values)
        self.events: list[Event] = []

    @property
    def bounds(self) -> tuple[int | None, ...]:
        return tuple(self._bounds.get(tier) for tier in self.tiers)

    def __call__(self, news: Progress) -> None:
        if news.value is not None:
            self._values[news.tier] = news.value
        self._bounds[news.tier] = news.bound
        self._tell()

    def last(self, solution: Solution) -> None:
        """Take the final values and bounds.

        Of a school in parts this is all there is to tell: before, the sums were over the parts heard of so far.
        """
        if solution.parts:
            self.events = []
        if solution.places is None:
            self._bounds = {}
            return
        for tier in solution.tiers:
            self._values[tier.tier], self._bounds[tier.tier] = tier.value, tier.bound
        self._tell()

    def _tell(self) -> None:
        known: list[int] = []
        for tier in self.tiers:
            if tier not in self._values:
                break
            known.append(self._values[tier])
        self.events.append(Event(self.wall(), 0 if known else None, tuple(known), self.bounds))
