"""Random swaps and moves from a balanced start, keeping what is not worse; the tiers in one price. Proves nothing."""

from __future__ import annotations

from classi.bench.methods.base import Trace, formed
from classi.bench.methods.start import changes, dealt, domains, priced
from classi.bench.records import Answer
from classi.case import Case
from classi.formation.search import Position

STEEP = 10_000
"""As good as lexicographic: no single swap is worth that many units of the next tier."""


def run(case: Case, seconds: float, seed: int, workers: int = 1) -> Answer:
    """Form the classes; see `Method`. One thread, whatever `workers` says."""
    case = formed(case)
    trace = Trace(case, seconds)
    rooms = domains(case)
    start = dealt(case, rooms, seed)
    trace.found(start)
    position = Position(trace.board, start, priced(trace.board, trace.tiers, start, STEEP))
    news = False
    for change in changes(position, rooms, seed):
        if position.cost == 0 or trace.left <= 0:
            break
        if change is None:
            continue
        delta = position.delta(change)
        if delta <= 0:
            position.apply(change)
            news = news or delta < 0
        if news and trace.due:
            trace.found(position.places)
            news = False
    trace.found(position.places)
    return trace.answer()
