"""Everything one move or one swap away from a split, priced exactly, in the order of the priorities."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classi.domain import School
from classi.formation.bounds import domains
from classi.formation.search import Board, Position
from classi.terms import Term

Change = tuple[tuple[int, int], ...]
"""(pupil, class) positions that change together: one pair for a move, two for a swap."""


@dataclass(frozen=True)
class Priced:
    """A change with its price.

    Attributes
    ----------
    changes : who goes where.
    price : how much more it costs: the hard rules first, then each tier in use; compared as tuples are.
    more : how much more each criterion costs, by its position in the regulation; 0 is left out.
    fewer : criteria one of whose terms costs less, even where another costs more.
    """

    changes: Change
    price: tuple[int, ...]
    more: Mapping[int, int]
    fewer: frozenset[int]

    @property
    def order(self) -> tuple[tuple[int, ...], int]:
        """What comes first: the cheaper one, then the one that moves fewer pupils."""
        return self.price, len(self.changes)


class Nearby:
    """The single moves and swaps around one split; nobody is ever put where the hard rules or the seat forbid.

    Parameters
    ----------
    school, terms : as for `classi.formation.solve.solve`.
    places : class of each pupil, shape (pupils,).
    """

    def __init__(self, school: School, terms: Sequence[Term], places: Sequence[int]) -> None:
        self.rooms = domains(school, terms)
        self.position = Position(Board(school, terms), places, np.zeros(len(terms), dtype=np.int64))
        self.inside: list[list[int]] = [[] for _ in school.classes]
        for i, c in enumerate(places):
            self.inside[c].append(i)

    def price(self, changes: Change) -> Priced:
        """Return what a change would cost, told apart by priority and by criterion."""
        board = self.position.board
        price, more = [0] * (len(board.tiers) + 1), dict[int, int]()
        fewer = set()
        for k, excess in self.position.more(changes).items():
            term = board.terms[k]
            price[board.rank[k]] += excess * (term.weight or 1)
            more[term.criterion] = more.get(term.criterion, 0) + excess
            if excess < 0:
                fewer.add(term.criterion)
        return Priced(changes, tuple(price), {k: n for k, n in more.items() if n}, frozenset(fewer))

    def cheapest(self, changes: Iterable[Change]) -> Priced | None:
        """Return the cheapest of some changes, the first among equals; ``None`` of none."""
        return min(map(self.price, changes), key=lambda p: p.order, default=None)

    def to_class(self, pupil: int, target: int, stay: Collection[int] = ()) -> Iterator[Change]:
        """Yield the ways to bring a pupil to another class: alone, or in exchange with somebody not in `stay`."""
        here = self.position.places[pupil]
        if target == here or target not in self.rooms[pupil]:
            return
        yield ((pupil, target),)
        for other in self.inside[target]:
            if other not in stay and here in self.rooms[other]:
                yield (pupil, target), (other, here)

    def together(self, one: int, two: int) -> Iterator[Change]:
        """Yield the ways to bring two pupils into one class, the class of either of them."""
        yield from self.to_class(one, self.position.places[two], (two,))
        yield from self.to_class(two, self.position.places[one], (one,))

    def around(self, classes: Collection[int]) -> Iterator[Change]:
        """Yield every single move and swap that takes a pupil into or out of one of the classes."""
        places = self.position.places
        for i, here in enumerate(places):
            for target in sorted(self.rooms[i] - {here}):
                if here in classes or target in classes:
                    yield ((i, target),)
            for j in range(i + 1, len(places)):
                there = places[j]
                apart = there != here and (here in classes or there in classes)
                if apart and there in self.rooms[i] and here in self.rooms[j]:
                    yield (i, there), (j, here)
