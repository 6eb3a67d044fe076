"""Terms → numpy: the cost of an assignment, what one change would cost, and a local search on top of that.

A `Board` holds the terms as arrays; a `Position` is one assignment on it, with the sums kept up to date, so that the
price of moving a pupil is a few array look-ups.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classi.domain import School
from classi.terms import AnyOf, Band, Pair, Place, Range, Term, Weights, When, named

Ints = npt.NDArray[np.int64]
NO_LOW, NO_HIGH = -(2**60), 2**60


@dataclass(frozen=True)
class _Bands:
    """Bands (and the bands of `When`) as columns; `group` holds the classes of each band, `trigger` −1 = always on."""

    row: Ints
    low: Ints
    high: Ints
    unit: Ints
    times: Ints
    trigger: Ints
    at_least: Ints
    term: Ints


class Board:
    """The terms of a school as arrays.

    Parameters
    ----------
    school, terms : as for `classi.formation.solve.solve`.
    """

    def __init__(self, school: School, terms: Sequence[Term]) -> None:
        self.terms = tuple(terms)
        self.pupils, self.classes = len(school.pupils), len(school.classes)
        self._rows: dict[Weights, int] = {}
        self._band_classes: list[tuple[int, ...]] = []
        columns: list[list[int]] = []
        self._ranges: list[tuple[int, int, Range]] = []
        self._others: list[tuple[int, Pair | AnyOf | Place]] = []
        self.touching: dict[int, list[int]] = defaultdict(list)
        for k, term in enumerate(self.terms):
            match term.shape:
                case Band() as band:
                    columns.append(self._column(k, band))
                case When(trigger, at_least, band):
                    row = self._row(tuple((i, 1) for i in trigger))
                    columns.append(self._column(k, band, row, at_least))
                case Range() as shape:
                    self._ranges.append((k, self._row(shape.weights), shape))
                case Pair() | AnyOf() | Place() as shape:
                    for i in named(shape):
                        self.touching[i].append(len(self._others))
                    self._others.append((k, shape))
        table = np.array(columns, dtype=np.int64).reshape(-1, 8)
        self.bands = _Bands(*(np.ascontiguousarray(table[:, j]) for j in range(8)))
        self.matrix = np.zeros((len(self._rows), self.pupils), dtype=np.int64)
        for weights, r in self._rows.items():
            for i, w in weights:
                self.matrix[r, i] += w
        self.tiers = tuple(sorted({t.tier for t in self.terms if t.weight is not None}))
        order = {tier: n + 1 for n, tier in enumerate(self.tiers)}
        self.rank = np.array([0 if t.weight is None else order[t.tier] for t in self.terms], dtype=np.int64)
        self._price = np.array([t.weight or 1 for t in self.terms], dtype=np.int64)
        # Which bands look at class c: only they change when somebody enters or leaves it.
        self.seen = np.zeros((len(columns), self.classes), dtype=bool)
        for b, classes in enumerate(self._band_classes):
            self.seen[b, list(classes)] = True
        self.at = [np.flatnonzero(self.seen[:, c]) for c in range(self.classes)]

    def _row(self, weights: Weights) -> int:
        return self._rows.setdefault(weights, len(self._rows))

    def _column(self, k: int, band: Band, trigger: int = -1, at_least: int = 0) -> list[int]:
        self._band_classes.append(band.classes)
        low = NO_LOW if band.low is None else band.low
        high = NO_HIGH if band.high is None else band.high
        return [self._row(band.weights), low, high, band.unit, band.times, trigger, at_least, k]

    # --- whole assignments ---

    def excesses(self, places: Sequence[int]) -> Ints:
        """Return the excess of every term, shape ``(len(terms),)``."""
        result = np.zeros(len(self.terms), dtype=np.int64)
        sums = self.sums(places)
        which = np.arange(len(self.bands.row))
        result[self.bands.term] = self._band_excess(which, sums)
        for k, row, shape in self._ranges:
            result[k] = _range_excess(shape, sums[row])
        for k, other in self._others:
            result[k] = _other_excess(other, places)
        return result

    def sums(self, places: Sequence[int]) -> Ints:
        """Return Σ weights of each row in each class, shape ``(rows, classes)``."""
        inside = np.zeros((self.pupils, self.classes), dtype=np.int64)
        inside[np.arange(self.pupils), np.asarray(places, dtype=np.int64)] = 1
        sums: Ints = np.matmul(self.matrix, inside)
        return sums

    def _band_excess(self, which: Ints, sums: Ints) -> Ints:
        b = self.bands
        total = (sums[b.row[which]] * self.seen[which]).sum(axis=1)
        distance = np.maximum(np.maximum(b.low[which] - total, total - b.high[which]), 0)
        excess: Ints = -(-distance // b.unit[which]) * b.times[which]
        armed = np.flatnonzero(b.trigger[which] >= 0)
        if len(armed):
            held = (sums[b.trigger[which[armed]]] * self.seen[which[armed]]).sum(axis=1)
            excess[armed[held < b.at_least[which[armed]]]] = 0
        return excess

    def criterion_costs(self, places: Sequence[int], number: int) -> list[int]:
        """Return the cost of each of the first `number` criteria: Σ excess of its terms."""
        costs = [0] * number
        for term, excess in zip(self.terms, self.excesses(places).tolist(), strict=True):
            costs[term.criterion] += excess
        return costs

    def costs(self, places: Sequence[int]) -> tuple[int, ...]:
        """Return what breaks the order of preference: Σ excess of the hard terms, then the cost of each tier in use."""
        excess = self.excesses(places) * self._price
        found = np.zeros(len(self.tiers) + 1, dtype=np.int64)
        np.add.at(found, self.rank, excess)
        return tuple(found.tolist())

    def tier_cost(self, places: Sequence[int], tier: int) -> int:
        """Return Σ weight × excess over the soft terms of a tier."""
        excesses = self.excesses(places).tolist()
        return sum(
            t.weight * e for t, e in zip(self.terms, excesses, strict=True) if t.weight is not None and t.tier == tier
        )

    def hard_cost(self, places: Sequence[int]) -> int:
        """Return Σ excess over the hard terms; 0 = every hard rule kept."""
        excesses = self.excesses(places).tolist()
        return sum(e for t, e in zip(self.terms, excesses, strict=True) if t.weight is None)


class Position:
    """One assignment on a board, changed by moves and priced by them.

    Parameters
    ----------
    prices : price of one unit of excess of each term, shape ``(len(terms),)``.
    """

    def __init__(self, board: Board, places: Sequence[int], prices: Ints) -> None:
        self.board, self.prices = board, prices
        self.places = list(places)
        self.sums = board.sums(places)
        self.cost = int((board.excesses(places) * prices).sum())

    def delta(self, changes: Sequence[tuple[int, int]]) -> int:
        """Return the change of cost if each (pupil, class) of `changes` took place, all together."""
        return sum(int(self.prices[k]) * more for k, more in self.more(changes).items())

    def more(self, changes: Sequence[tuple[int, int]]) -> dict[int, int]:
        """Return how much more excess each term would have, by its position among the terms; 0 is left out."""
        before = self._near(changes)
        undo = [(i, self.places[i]) for i, _ in changes]
        self._shift(changes)
        after = self._near([*changes, *undo])
        self._shift(undo)
        return {k: after[k] - excess for k, excess in before.items() if after[k] != excess}

    def apply(self, changes: Sequence[tuple[int, int]]) -> None:
        """Carry out the changes."""
        self.cost += self.delta(changes)
        self._shift(changes)

    def _shift(self, changes: Iterable[tuple[int, int]]) -> None:
        for i, c in changes:
            column = self.board.matrix[:, i]
            self.sums[:, self.places[i]] -= column
            self.sums[:, c] += column
            self.places[i] = c

    def _near(self, changes: Sequence[tuple[int, int]]) -> dict[int, int]:
        """Return the excess of every term that the pupils and classes of `changes` can touch."""
        board = self.board
        classes = sorted({c for _, c in changes} | {self.places[i] for i, _ in changes})
        which = np.unique(np.concatenate([board.at[c] for c in classes])) if classes else np.array([], dtype=np.int64)
        found = dict(zip(board.bands.term[which].tolist(), board._band_excess(which, self.sums).tolist(), strict=True))
        for k, row, shape in board._ranges:
            found[k] = _range_excess(shape, self.sums[row])
        for n in {n for i, _ in changes for n in board.touching[i]}:
            k, other = board._others[n]
            found[k] = _other_excess(other, self.places)
        return found


def _range_excess(shape: Range, sums: Ints) -> int:
    if len(shape.classes) < 2:
        return 0
    here = sums[list(shape.classes)]
    beyond = max(0, int(here.max() - here.min()) - shape.limit)
    return -(-beyond // shape.unit) * shape.times


def _other_excess(shape: Pair | AnyOf | Place, places: Sequence[int]) -> int:
    match shape:
        case Pair(first, second, together, times):
            return times if (places[first] == places[second]) != together else 0
        case AnyOf(pupil, others, need, times):
            return times * max(0, need - sum(places[j] == places[pupil] for j in others))
        case Place(pupil, classes, times):
            return 0 if places[pupil] in classes else times


def swap_search(
    board: Board, places: Sequence[int], prices: Ints, *, seconds: float, seed: int, target: int = 0
) -> tuple[tuple[int, ...], int]:
    """Improve an assignment by random moves and swaps, accepting equal or better ones.

    Returns the best assignment and its cost (Σ price × excess). Stops after `seconds` or when the cost is `target`.
    """
    rng = np.random.default_rng(seed)
    position = Position(board, places, prices)
    end = time.perf_counter() + seconds
    while position.cost > target and time.perf_counter() < end:
        i, j = (int(v) for v in rng.integers(board.pupils, size=2))
        a, b = position.places[i], position.places[j]
        if rng.random() < 0.2:
            changes = [(i, int(rng.integers(board.classes)))]
        elif a != b:
            changes = [(i, b), (j, a)]
        else:
            continue
        if position.delta(changes) <= 0:
            position.apply(changes)
    return tuple(position.places), position.cost
