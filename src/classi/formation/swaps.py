"""Every single move and swap of a split priced at once, tier by tier, and the best of them.

The answer is exact: what is not in the list is not better. Whoever is asked "is there nothing simpler than this?" can
say so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from classi.domain import School
from classi.formation.bounds import Domains
from classi.formation.exchange import FORBIDDEN, Exchange
from classi.formation.search import Board
from classi.terms import Term, named

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Changes = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Swap:
    """A move, or a swap of two pupils, with its price.

    Attributes
    ----------
    more : how much more the hard rules cost, then each tier in its order; negative is less.
    changes : (pupil, class) for each who moves.
    """

    more: tuple[int, ...]
    changes: Changes

    @property
    def order(self) -> tuple[tuple[int, ...], int, Changes]:
        """What lists are sorted by: the price in the order of the tiers, then the fewer who move."""
        return self.more, len(self.changes), self.changes


class Swaps:
    """The single moves and swaps of one split.

    Parameters
    ----------
    school, terms : a school bound to its regulation, and every term compiled for it.
    places : class of each pupil, shape (pupils,).
    still : pupils who stay where they are.

    Notes
    -----
    Nobody is ever offered a class that is not open to them: a seat or a site is not up for exchange.
    """

    def __init__(
        self, school: School, terms: Sequence[Term], places: Sequence[int], still: Collection[int] = ()
    ) -> None:
        self.places, self.terms = np.asarray(places, dtype=np.int64), tuple(terms)
        self.classes, self.nobody = len(school.classes), len(school.pupils)
        self.rooms: Domains = [school.open_to(i) for i in range(self.nobody)]
        fixed = set(still)
        free = np.array([i not in fixed for i in range(self.nobody)], dtype=bool)
        self.members = [np.flatnonzero((self.places == c) & free) for c in range(self.classes)]
        board = Board(school, terms)
        # The hard rules, then each tier by itself: sums of whole numbers, never mixed into one.
        self.ranks = [
            self._prices([t for t, r in zip(self.terms, board.rank.tolist(), strict=True) if r == rank])
            for rank in range(len(board.tiers) + 1)
        ]
        # Two whom every count of every rule takes for the same are of one kind.
        self.kind = np.unique(board.matrix, axis=1, return_inverse=True)[1].reshape(-1)

    def best(
        self,
        top: int,
        *,
        pupil: int | None = None,
        criterion: int | None = None,
        opposite: bool = False,
        alone: bool = False,
        anyway: bool = False,
    ) -> tuple[Swap, ...]:
        """Return the best moves and swaps, the best first.

        Parameters
        ----------
        top : how many at most.
        pupil : only those that move this pupil.
        criterion : only those with which this criterion costs less.
        opposite : only swaps of two pupils whom no count of any rule tells apart, so that no balance changes.
        alone : only moves of one pupil, no swaps.
        anyway : also those that are no better on the whole, as long as the hard rules are no more broken than now.
        """
        wanted = None if criterion is None else self._prices([t for t in self.terms if t.criterion == criterion], one=1)
        found: list[Swap] = []
        for a, b, left, right in self._pairs(pupil):
            more, possible = self._priced(a, b, left, right)
            possible &= (more[0] <= 0) if anyway else _less(more)
            if opposite:
                possible &= self._same_kind(left, right)
            if alone:
                possible &= (left == self.nobody)[:, None] | (right == self.nobody)[None, :]
            if wanted is not None and possible.any():
                possible &= wanted.between(a, b, left, right) < 0
            found += self._some(a, b, left, right, more, possible, top)
            found = sorted(found, key=lambda swap: swap.order)[:top]
        return tuple(found)

    def _prices(self, terms: Sequence[Term], one: int | None = None) -> _Prices:
        prices = [float(one or t.weight or 1) for t in terms]
        return _Prices(Exchange(self.classes, terms, prices, self.rooms, self.places.tolist()))

    def _pairs(self, pupil: int | None) -> Iterator[tuple[int, int, Ints, Ints]]:
        """Yield two classes and who of each may move, nobody included."""
        with_nobody = [np.append(inside, self.nobody) for inside in self.members]
        if pupil is None:
            for a, b in combinations(range(self.classes), 2):
                yield a, b, with_nobody[a], with_nobody[b]
            return
        a = int(self.places[pupil])
        if pupil in self.members[a]:
            for b in range(self.classes):
                if b != a:
                    yield a, b, np.array([pupil]), with_nobody[b]

    def _priced(self, a: int, b: int, left: Ints, right: Ints) -> tuple[Ints, Mask]:
        """Return prices, shape (ranks, left, right), and which exchanges there are."""
        more = np.stack([prices.between(a, b, left, right) for prices in self.ranks])
        possible = more[0] < FORBIDDEN
        possible &= (left != self.nobody)[:, None] | (right != self.nobody)[None, :]
        return more, possible

    def _same_kind(self, left: Ints, right: Ints) -> Mask:
        kinds = np.append(self.kind, -1)
        both = (left != self.nobody)[:, None] & (right != self.nobody)[None, :]
        same: Mask = both & (kinds[left][:, None] == kinds[right][None, :])
        return same

    def _some(self, a: int, b: int, left: Ints, right: Ints, more: Ints, possible: Mask, top: int) -> Iterator[Swap]:
        rows, columns = np.nonzero(possible)
        one, other = left[rows], right[columns]
        chosen = more[:, rows, columns]
        movers = (one != self.nobody).astype(np.int64) + (other != self.nobody)
        # The last key counts most.
        order = np.lexsort((other, one, movers, *chosen[::-1]))[:top]
        for k in order.tolist():
            moved = ((int(one[k]), b), (int(other[k]), a))
            yield Swap(tuple(chosen[:, k].tolist()), tuple(sorted(m for m in moved if m[0] != self.nobody)))


class _Prices:
    """What each exchange between two classes costs in some of the terms, exactly."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.tied: dict[tuple[int, int], set[tuple[int, int]]] = defaultdict(set)
        places = exchange.places.tolist()
        for shape, _price in exchange.any_of:
            for i, j in combinations(named(shape), 2):
                self.tied[places[i], places[j]].add((i, j))
                self.tied[places[j], places[i]].add((j, i))

    def between(self, a: int, b: int, left: Ints, right: Ints) -> Ints:
        """Return prices, shape (left, right); `FORBIDDEN` where a class is not open."""
        found = self.exchange.prices(a, b, left, right)
        rows, columns = ({int(i): k for k, i in enumerate(side)} for side in (left, right))
        for i, j in self.tied.get((a, b), ()):
            if i in rows and j in columns and found[rows[i], columns[j]] < FORBIDDEN:
                found[rows[i], columns[j]] += self.exchange.cross(i, j, a, b)
        exact: Ints = np.rint(found).astype(np.int64)
        return exact


def _less(more: Ints) -> Mask:
    """Tell which prices are below nothing: the first rank that changes decides."""
    sign = np.zeros(more.shape[1:], dtype=np.int64)
    for rank in more[::-1]:
        sign = np.where(rank != 0, np.sign(rank), sign)
    return np.asarray(sign < 0)
