"""What every method has in common: how it is found and called, and how it keeps its best assignment and its news."""

from __future__ import annotations

import importlib
import os
import pkgutil
import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Protocol

from classi.bench.records import Answer, Event
from classi.case import Case
from classi.errors import ClassiError
from classi.formation.engine import Clock, Limits
from classi.formation.search import Board
from classi.seating import give_seats

SEATING_SECONDS = 600.0
"""Seats are given before the clock of a method starts; this only keeps a hopeless case from lasting for ever."""

NEWS_SHARE = 0.05
"""News is counted on the whole assignment: part of a method's time that may go into it."""


class Method(Protocol):
    """A way of forming classes.

    Parameters
    ----------
    case : the school and its rules.
    seconds : wall time it may take.
    seed : from which every random choice follows.
    workers : search threads, where the method has any; classi with one is deterministic.

    Raises
    ------
    Unavailable
        At once, where the method cannot run here or on a case of this size.
    """

    def __call__(self, case: Case, seconds: float, seed: int, workers: int = 1, /) -> Answer:
        """Form the classes."""
        ...


class Unavailable(ClassiError):
    """A method cannot run: a program is missing, or the case is too large for it. No fault of the case."""


@cache
def methods() -> Mapping[str, Method]:
    """Find every method: each module of this package that has a function `run`, under the module's name."""
    import classi.bench.methods as package  # noqa: PLC0415 - the package imports this module

    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = {name: importlib.import_module(f"{package.__name__}.{name}") for name in names}
    return {name: module.run for name, module in modules.items() if hasattr(module, "run")}


def formed(case: Case) -> Case:
    """Return the case whose classes are formed: where there are seats to give, only those who got one.

    Seats follow from rankings and are the same for every method.
    """
    if case.seats is not None:
        return case
    seated = give_seats(case, Clock(Limits(seconds=SEATING_SECONDS, workers=1)))
    return case if seated is None else seated.inside


class Trace:
    """The best assignment so far, what is proved, and the news; the clock starts when it is made.

    Better means fewer violations of hard rules first, then the tiers in their order.

    Parameters
    ----------
    case : the case whose classes are formed (see `formed`).
    seconds : wall time allowed.
    """

    def __init__(self, case: Case, seconds: float) -> None:
        self._started, self._cpu = time.perf_counter(), cpu_seconds()
        self.case, self.seconds = case, seconds
        self.tiers = case.regulation.tiers
        self.board = Board(case.school, case.terms)
        self._bounds: list[int | None] = [None] * len(self.tiers)
        self._best: tuple[int, ...] | None = None
        self._places: tuple[int, ...] | None = None
        self._events: list[Event] = []
        self._next = 0.0

    @property
    def wall(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._started

    @property
    def left(self) -> float:
        """Seconds left."""
        return self.seconds - self.wall

    @property
    def due(self) -> bool:
        """True when enough time has gone by since the last news for counting the next."""
        return self.wall >= self._next

    def values(self, places: Sequence[int]) -> tuple[int, ...]:
        """Count an assignment: what `Record.hard` counts, then the cost of each tier."""
        found = dict.fromkeys(self.tiers, 0)
        hard = 0
        for term, excess in zip(self.board.terms, self.board.excesses(places).tolist(), strict=True):
            if term.weight is None:
                hard += excess
            else:
                found[term.tier] += term.weight * excess
        school = self.case.school
        if self.case.seats is not None:  # no rule says so: the seats are facts
            hard += sum(c not in school.open_to(i) for i, c in enumerate(places))
        return (hard, *found.values())

    def found(self, places: Sequence[int]) -> None:
        """Take an assignment (class of each pupil), and keep it if it is the best so far."""
        before = self.wall
        values = self.values(places)
        if self._best is None or values < self._best:
            self._best, self._places = values, tuple(places)
            self._tell()
        now = self.wall
        self._next = now + max((now - before) / NEWS_SHARE, now * NEWS_SHARE)

    def proved(self, tier: int, bound: int) -> None:
        """Take a bound of a tier, given the values that the best assignment has in the tiers before it."""
        k = self.tiers.index(tier)
        known = self._bounds[k]
        if known is None or bound > known:
            self._bounds[k] = bound
            self._tell()

    def _tell(self) -> None:
        hard, *tiers = (None,) if self._best is None else self._best
        self._events.append(Event(self.wall, hard, tuple(tiers), tuple(self._bounds)))

    def answer(self) -> Answer:
        """Return what was found, in identifiers."""
        placed = None if self._places is None else identified(self.case, self._places)
        cpu = cpu_seconds() - self._cpu
        return Answer(placed, tuple(self._bounds), self.wall, cpu, tuple(self._events))


def identified(case: Case, places: Sequence[int]) -> dict[str, str]:
    """Return the class id of each pupil id."""
    school = case.school
    return {p.id: school.classes[c].id for p, c in zip(school.pupils, places, strict=True)}


def cpu_seconds() -> float:
    """Return the processor time of this process so far, its threads and the children it has waited for included."""
    return sum(os.times()[:4])
