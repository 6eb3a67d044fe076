"""A plain genetic algorithm whose crossover keeps whole classes together. Proves nothing.

A child takes some classes of one parent as they are and the rest from the other (Falkenauer, *Genetic Algorithms and
Grouping Problems*, 1998); sizes are then repaired, and a few pupils swapped. Parents are chosen by tournament, and the
best assignments live on.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from classi.bench.methods.base import Trace, formed
from classi.bench.methods.start import dealt, domains, priced
from classi.bench.records import Answer
from classi.case import Case
from classi.formation.search import Board, Ints

POPULATION, ELITE, TOURNAMENT = 60, 4, 3
MUTATIONS = 2.0
"""Swaps in a child, on average."""
STEEP = 10_000

Places = npt.NDArray[np.int64]


def run(case: Case, seconds: float, seed: int, workers: int = 1) -> Answer:
    """Form the classes; see `Method`. One thread, whatever `workers` says."""
    case = formed(case)
    trace = Trace(case, seconds)
    rooms = domains(case)
    start = dealt(case, rooms, seed)
    trace.found(start)
    first = np.array(start, dtype=np.int64)
    cost = partial(_cost, trace.board, priced(trace.board, trace.tiers, start, STEEP))
    rng = np.random.default_rng(seed)
    breed = _Breed(case, rooms, rng)
    living = [(cost(first), first)]
    while living[0][0] > 0 and trace.left > 0:
        if len(living) < POPULATION:
            child = np.array(dealt(case, rooms, int(rng.integers(2**62))), dtype=np.int64)
        else:
            child = breed.child(_winner(living, rng), _winner(living, rng))
        living.append((cost(child), child))
        if len(living) >= 2 * POPULATION:  # a generation: the children, and the few best of their parents
            elite, children = living[:ELITE], living[POPULATION:]
            living = _ordered([*elite, *children])[:POPULATION]
            trace.found(living[0][1].tolist())
    trace.found(_ordered(living)[0][1].tolist())
    return trace.answer()


def _cost(board: Board, prices: Ints, places: Places) -> int:
    return int((board.excesses(places.tolist()) * prices).sum())


def _ordered(living: list[tuple[int, Places]]) -> list[tuple[int, Places]]:
    return sorted(living, key=lambda one: one[0])


def _winner(living: list[tuple[int, Places]], rng: np.random.Generator) -> Places:
    """Return the best of a few parents drawn at random."""
    drawn: list[int] = rng.integers(POPULATION, size=TOURNAMENT).tolist()
    return min((living[k] for k in drawn), key=lambda one: one[0])[1]


class _Breed:
    """Crossover, repair and mutation."""

    def __init__(self, case: Case, rooms: Sequence[tuple[int, ...]], rng: np.random.Generator) -> None:
        self.rooms, self.rng = rooms, rng
        self.allowed = {room: frozenset(room) for room in set(rooms)}
        self.classes = len(case.school.classes)
        self.planned = np.array([max(1.0, float(size)) for size in case.school.planned])

    def child(self, one: Places, other: Places) -> Places:
        """Return a child: whole classes of `one`, where free the places of `other`, sizes repaired, some swaps."""
        kept = self.rng.random(self.classes) < 0.5
        taken = kept[one]
        child: Places = np.where(taken, one, other)
        self._repair(child, np.flatnonzero(~taken))
        for _ in range(int(self.rng.poisson(MUTATIONS))):
            self._swap(child)
        return child

    def _repair(self, child: Places, movable: Places) -> None:
        """Move pupils from over-full classes to the emptiest ones open to them: first those not taken as a class."""
        sizes = np.bincount(child, minlength=self.classes)
        for i in self.rng.permutation(movable).tolist():
            a = int(child[i])
            if sizes[a] <= self.planned[a]:
                continue
            room = np.array(self.rooms[i])
            b = int(room[np.argmin((sizes[room] + 1) / self.planned[room])])
            if (sizes[b] + 1) / self.planned[b] < sizes[a] / self.planned[a]:
                child[i] = b
                sizes[a] -= 1
                sizes[b] += 1

    def _swap(self, child: Places) -> None:
        i, j = self.rng.integers(len(child), size=2).tolist()
        a, b = int(child[i]), int(child[j])
        if b in self.allowed[self.rooms[i]] and a in self.allowed[self.rooms[j]]:
            child[i], child[j] = b, a
