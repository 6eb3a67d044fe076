"""Simulated annealing: the same swaps and moves, worse ones accepted the less the cooler it is. Proves nothing.

Cooling is geometric in time (Kirkpatrick, Gelatt and Vecchi, *Science* 220, 1983), from a part of the change that a
random swap usually makes down to a part of the smallest price, where hardly anything worse is accepted.
"""

from __future__ import annotations

import math
import random
from statistics import median

from classi.bench.methods.base import Trace, formed
from classi.bench.methods.start import Change, changes, dealt, domains, priced
from classi.bench.records import Answer
from classi.case import Case
from classi.formation.search import Position

STEEP = 2
"""Tiers much nearer to each other than for the swaps: cooling has to go through all the prices between them."""

WARM = 0.3
"""First temperature, in units of the change of cost that a random swap or move usually makes."""

SAMPLE = 200
"""Changes tried for the first temperature."""

COLDEST = 0.2
"""Last temperature, in units of the smallest price: one unit worse is then accepted once in 150 times."""


def run(case: Case, seconds: float, seed: int, workers: int = 1) -> Answer:
    """Form the classes; see `Method`. One thread, whatever `workers` says."""
    case = formed(case)
    trace = Trace(case, seconds)
    rooms = domains(case)
    start = dealt(case, rooms, seed)
    trace.found(start)
    prices = priced(trace.board, trace.tiers, start, STEEP)
    position = Position(trace.board, start, prices)
    cold = COLDEST * float(prices.min(initial=1))
    walk = _Walk(trace, position, seed, max(cold, WARM * _change(position, rooms, seed)), cold)
    for change in changes(position, rooms, seed):
        if walk.least == 0 or trace.left <= 0:
            break
        if change is not None:
            walk.try_(change)
        if walk.news and trace.due:
            walk.tell()
    walk.tell()
    return trace.answer()


def _change(position: Position, rooms: list[tuple[int, ...]], seed: int) -> float:
    """Return the median size of the change of cost that a random swap or move makes: hard rules broken weigh little."""
    tried = zip(range(SAMPLE), changes(position, rooms, seed), strict=False)
    sizes = [abs(position.delta(change)) for _, change in tried if change is not None]
    return float(median(sizes)) if sizes else 0.0


class _Walk:
    """The walk, and the best place it has been to."""

    def __init__(self, trace: Trace, position: Position, seed: int, warm: float, cold: float) -> None:
        self.trace, self.position, self.dice = trace, position, random.Random(f"{seed}/accept")
        self.warm, self.ratio, self.since = warm, cold / warm, trace.wall
        self.least, self.places, self.news = position.cost, tuple(position.places), False

    @property
    def temperature(self) -> float:
        whole = max(1e-9, self.trace.seconds - self.since)
        return float(self.warm * self.ratio ** min(1.0, (self.trace.wall - self.since) / whole))

    def try_(self, change: Change) -> None:
        delta = self.position.delta(change)
        if delta > 0 and self.dice.random() >= math.exp(-delta / self.temperature):
            return
        self.position.apply(change)
        if self.position.cost < self.least:
            self.least, self.places, self.news = self.position.cost, tuple(self.position.places), True

    def tell(self) -> None:
        self.trace.found(self.places)
        self.news = False
