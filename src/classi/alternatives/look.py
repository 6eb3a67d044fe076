"""Looks for the alternatives and the profiles' splits one after the other, and certifies what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Event
from typing import Any

from classi.alternatives.asked import BEST, checked, folder_of
from classi.alternatives.found import Alternative, Alternatives
from classi.draw import draw_name
from classi.formation.alternatives import another, quality
from classi.formation.engine import DETERMINISTIC_PER_SECOND, Clock, Limits
from classi.formation.matching import alike, distance, renamed
from classi.formation.parts import form_parts
from classi.formation.search import Board
from classi.formation.solve import Solution, by_tier
from classi.i18n import ngettext
from classi.profiles import Profile
from classi.restate import restate
from classi.terms import Term
from classi.workflow import Result


@dataclass(frozen=True)
class _Found:
    """A split found, before its distances to all others are known."""

    name: str
    places: tuple[int, ...]
    made: Mapping[str, Any]
    stopped: str
    limits: Limits


def alternatives(  # noqa: PLR0913 - what is wanted, and then what `form` has
    result: Result,
    number: int,
    *,
    tolerance: float = 0.0,
    profiles: Sequence[str | Profile] = (),
    time_limit: float = 30.0,
    seed: int = 0,
    workers: int = 2,
    memory_mb: int | None = None,
    stop: Event | None = None,
    progress: Callable[[str], None] | None = None,
) -> Alternatives:
    """Find other splits than the best to choose among.

    Parameters
    ----------
    result : of `classi.workflow.form`.
    number : alternatives as good as the best, beside it; fewer are returned where no more exist or were found.
    tolerance : per cent more that the last tier may cost in them, rounded up to a whole point.
    profiles : one more split for each; as `classi.profiles.find_profile` takes them, or made by the caller.
    time_limit : seconds for all of them; each has an equal share, and what it leaves goes on to the next.
    seed, workers, memory_mb, stop : as for `form`; `stop` ends the search and keeps the splits found so far.
    progress : called with a sentence after every split.

    Returns
    -------
    Alternatives
        A tuple: the alternatives, then the profiles; none where the case has no split at all.

    Raises
    ------
    InputError
        If there is no such profile, or two of the splits would have the same folder.
    """
    chosen = checked(result.case.regulation, number, tolerance, profiles)
    if result.solution.places is None:
        return Alternatives()
    clock = Clock(Limits(time_limit, memory_mb, workers, seed), stop or Event())
    search = _Search(result, clock, progress or (lambda _line: None))
    ended = search.as_good(number, tolerance, len(chosen))
    for n, profile in enumerate(chosen):
        search.best_of(profile, len(chosen) - n)
    return Alternatives(search.certified(), ended)


def time_left(result: Result, time_limit: float) -> float:
    """Return the seconds of a limit that a formation left, in the unit of its own: work with one worker, else time."""
    certificate, solution = result.certificate, result.solution
    work = solution.deterministic_time / DETERMINISTIC_PER_SECOND
    return max(0.0, time_limit - (work if certificate["deterministic"] else solution.wall_seconds))


class _Search:
    def __init__(self, result: Result, clock: Clock, tell: Callable[[str], None]) -> None:
        assert result.solution.places is not None
        self.result, self.clock, self.tell = result, clock, tell
        self.school, self.terms = result.case.school, result.case.terms
        self.best = result.solution.places
        self.groups = alike(self.school, self.terms)
        self.found: list[_Found] = []

    def as_good(self, number: int, tolerance: float, waiting: int) -> str:
        """Find so many alternatives, with time kept for those who wait; say why there are not so many."""
        board = Board(self.school, self.terms)
        caps = quality([(t, board.tier_cost(self.best, k)) for k, t in by_tier(self.terms).items()], tolerance)
        for n in range(1, number + 1):
            own = self._share(number + 1 - n + waiting)
            if own.over:
                return self._over(own) or "time"
            before = [self.best, *(f.places for f in self.found)]
            new = another(self.school, self.terms, before, caps, self.groups, own)
            self._charge(own)
            if new.places is None:
                return "proved" if new.most == 0 else self._over(own) or "time"
            made = {"how": "alternative", "number": n, "tolerance": tolerance, "farthest": new.most}
            self._keep(_Found(folder_of(n), new.places, made, self._over(own) or "given", own.limits))
        return ""

    def best_of(self, profile: Profile, waiting: int) -> None:
        """Find the best split of a profile, unless the search was ended before."""
        own = self._share(waiting)
        if own.over:
            return
        criteria = self.result.case.regulation.criteria
        order = profile.order(criteria)
        solution = form_parts(self.school, _reordered(self.terms, order), own.limits, None, own)
        self._charge(own)
        if solution.places is not None:
            made = {
                "how": "profile",
                "profile": profile.name,
                "why": profile.why,
                "order": self._labels(order),
                "tiers": _values(solution),
            }
            self._keep(_Found(profile.name, solution.places, made, solution.stopped, own.limits))

    def certified(self) -> list[Alternative]:
        """Return the splits found, each counted, certified, and set beside all others."""
        splits = {BEST: self.best, **{f.name: f.places for f in self.found}}
        return [self._certified(f, {n: p for n, p in splits.items() if n != f.name}) for f in self.found]

    def _certified(self, found: _Found, others: Mapping[str, Sequence[int]]) -> Alternative:
        far = {name: distance(found.places, places, self.groups) for name, places in others.items()}
        made = {**found.made, "distances": far}
        result = restate(
            self.result.case,
            found.places,
            made,
            known=self.result.solution.tiers,
            seated=self.result.seated,
            limits=found.limits,
            stopped=found.stopped if found.stopped != "proved" else "given",
        )
        return Alternative(found.name, draw_name(found.name), result, far, str(found.made.get("profile", "")))

    def _keep(self, found: _Found) -> None:
        # Classes that may be renamed are called as in the best split: who reads both sees what really changes.
        self.found.append(replace(found, places=renamed(self.best, found.places, self.groups)))
        far = distance(self.best, found.places, self.groups)
        text = ngettext(
            "{name}: {n} pupil changes class against the best split.",
            "{name}: {n} pupils change class against the best split.",
            far,
        )
        self.tell(text.format(name=found.name, n=far))

    def _share(self, waiting: int) -> Clock:
        limits = replace(self.clock.limits, seconds=round(self.clock.left / waiting, 3))
        return Clock(limits, self.clock.stop)

    def _charge(self, own: Clock) -> None:
        self.clock.solver_seconds += own.solver_seconds
        self.clock.deterministic_time += own.deterministic_time

    def _over(self, own: Clock) -> str:
        if self.clock.stop.is_set():
            return "interrupted"
        return "memory" if own.out_of_memory else ""

    def _labels(self, order: Sequence[tuple[int, int] | None]) -> list[str]:
        """Return the soft rules as the profile orders them, the heaviest of a tier first."""
        soft = sorted((o[0], -o[1], k) for k, o in enumerate(order) if o is not None)
        return [self.result.case.regulation.label(k) for _tier, _weight, k in soft]


def _reordered(terms: Iterable[Term], order: Sequence[tuple[int, int] | None]) -> list[Term]:
    """Return the terms with the tiers and weights of a profile."""
    return [
        term if (new := order[term.criterion]) is None else replace(term, tier=new[0], weight=new[1]) for term in terms
    ]


def _values(solution: Solution) -> list[dict[str, Any]]:
    return [{"tier": t.tier, "value": t.value, "bound": t.bound, "proved": t.proved} for t in solution.tiers]
