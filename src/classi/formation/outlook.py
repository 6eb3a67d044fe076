"""What is known of a tier before any search: what plain arithmetic and small blocks of pupils say it must cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from classi.formation import bounds
from classi.formation.blocks import Block, blocks
from classi.formation.bounds import Domains
from classi.formation.encode import Encoding, linear
from classi.formation.engine import Clock
from classi.terms import Band, Range, Term, When

COUNTS = (Band, Range, When)
"""Shapes that count pupils, whoever they are."""


@dataclass(frozen=True)
class Outlook:
    """The terms of a tier, taken apart into groups and blocks whose least costs add up.

    Attributes
    ----------
    tier : its number.
    terms : its terms.
    groups : terms that count the same thing, those of the blocks excluded.
    costly : blocks of few pupils that must cost something.
    arithmetic : what arithmetic alone proves.
    """

    tier: int
    terms: Sequence[Term]
    groups: Sequence[bounds.Group]
    costly: Sequence[Block]
    arithmetic: int

    @property
    def bound(self) -> int:
        """Least cost."""
        return max(self.arithmetic, self.asked)

    @property
    def asked(self) -> int:
        """Cost at which every group and every block is at its own bound."""
        return bounds.bound(self.groups) + sum(block.bound for block in self.costly)

    @property
    def step(self) -> int:
        """Least cost of being above: some group or block costs more, by its price or its step at least."""
        return min([g.price for g in self.groups] + [b.step for b in self.costly], default=1)

    def demand(self, encoding: Encoding) -> None:
        """Demand that every group and every block costs just its bound."""
        _demand(encoding, self.costly, self.groups)

    @property
    def ties(self) -> int:
        """What the terms that name pupils cost at least, beside all that count."""
        return bounds.bound(self._named) + sum(block.bound for block in self._circles)

    @property
    def _named(self) -> list[bounds.Group]:
        return [g for g in self.groups if not isinstance(g.terms[0].shape, COUNTS)]

    @property
    def _circles(self) -> list[Block]:
        return [b for b in self.costly if not any(isinstance(t.shape, COUNTS) for t in b.terms)]

    def demand_ties(self, encoding: Encoding) -> None:
        """Demand that what names pupils costs just `ties`; the blocks that count as well are left alone."""
        _demand(encoding, self._circles, self._named)


def _demand(encoding: Encoding, costly: Iterable[Block], groups: Iterable[bounds.Group]) -> None:
    for block in costly:
        cap(encoding, block.terms, block.bound)
    for group in groups:
        cap(encoding, group.terms, group.forced * group.price)


def look_ahead(
    tier: int,
    terms: Sequence[Term],
    hard: Sequence[Term],
    kept: Sequence[Term],
    rooms: Domains,
    clock: Clock,
    seconds: float,
) -> Outlook:
    """Find what a tier must cost.

    Parameters
    ----------
    tier, terms : the tier and its terms.
    hard : the hard terms.
    kept : terms of earlier tiers whose excess is zero in every assignment still allowed.
    rooms : classes each pupil can be in.
    seconds : time for the blocks.
    """
    plain = bounds.groups(terms, rooms, hard)
    costly = blocks(terms, hard, kept, rooms, clock, seconds)
    taken = {id(t) for block in costly for t in block.terms}
    rest = bounds.groups([t for t in terms if id(t) not in taken], rooms, hard) if taken else plain
    return Outlook(tier, terms, rest, costly, bounds.bound(plain))


def cap(encoding: Encoding, terms: Iterable[Term], most: int) -> None:
    """Keep the cost of some soft terms, weights included, at or below `most`."""
    terms = list(terms)
    if most == 0:
        for term in terms:
            encoding.require(term.shape)
        return
    cost = [(v, w * (t.weight or 1)) for t in terms for v, w in encoding.excess(t.shape)]
    encoding.model.add(linear(cost) <= most)
