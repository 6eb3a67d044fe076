"""What the classes open to each pupil tell about a term, before anything is searched: nothing, a constant, or less."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from classi.formation.bounds import Domains
from classi.terms import AnyOf, Band, Pair, Place, Range, Shape, Weights, When


class Reach:
    """Who can be where.

    Pupils with the same classes are looked at together: there are few distinct domains, even in a large school.

    Parameters
    ----------
    rooms : classes each pupil can be in (`bounds.domains`).
    classes : number of classes.

    Attributes
    ----------
    domains : the distinct sets of classes.
    kind : for each pupil the position of his set in `domains`.
    near : for each class the positions of the sets it is in.
    """

    def __init__(self, rooms: Domains, classes: int) -> None:
        self.rooms = rooms
        numbers: dict[frozenset[int], int] = {}
        self.kind = [numbers.setdefault(room, len(numbers)) for room in rooms]
        self.domains = tuple(numbers)
        self.near: list[list[int]] = [[] for _ in range(classes)]
        for k, domain in enumerate(self.domains):
            for c in domain:
                self.near[c].append(k)
        # Keyed by identity: the terms of a criterion share their weights, and to hash them takes as long as to add up.
        self._known: dict[int, tuple[object, dict[int, tuple[int, int]]]] = {}

    def _sums(self, weights: Weights | tuple[int, ...]) -> dict[int, tuple[int, int]]:
        """Return Σ of the negative and Σ of the positive weights by kind of pupil; a trigger counts its pupils."""
        if id(weights) not in self._known:
            found: dict[int, tuple[int, int]] = {}
            for item in weights:
                i, w = item if isinstance(item, tuple) else (item, 1)
                below, above = found.get(self.kind[i], (0, 0))
                found[self.kind[i]] = (below + w, above) if w < 0 else (below, above + w)
            self._known[id(weights)] = weights, found
        return self._known[id(weights)][1]

    def extent(self, weights: Weights | tuple[int, ...], classes: Sequence[int]) -> tuple[int, int]:
        """Return the least and the greatest Σ weights that can end up in `classes`, as far as domains tell."""
        sums, wanted = self._sums(weights), frozenset(classes)
        least = greatest = 0
        for k in self.near[classes[0]] if len(classes) == 1 else {k for c in classes for k in self.near[c]}:
            if k in sums:
                below, above = sums[k]
                sure = self.domains[k] <= wanted
                least, greatest = least + below + sure * above, greatest + above + sure * below
        return least, greatest

    def lean(self, shape: Shape) -> Shape | int:
        """Return the excess of a shape where it is always the same; otherwise the shape, without what never counts."""
        match shape:
            case Band():
                return self._band(shape)
            case When():
                return self._when(shape)
            case Range():
                return self._range(shape)
            case Pair():
                return self._pair(shape)
            case AnyOf():
                return self._any_of(shape)
            case Place():
                return self._place(shape)

    def _band(self, band: Band) -> Band | int:
        least, greatest = self.extent(band.weights, band.classes)
        one, other = band_excess(band, least), band_excess(band, greatest)
        # The excess falls towards the middle of the band and rises behind it: equal at both ends it is constant,
        # unless the sum can come nearer between them.
        middle = least if band.low is None or band.high is None else (band.low + band.high) // 2
        if one == other == band_excess(band, min(max(least, middle), greatest)):
            return one
        return band if len(band.classes) == 1 else self._movable(band)

    def _movable(self, band: Band) -> Band:
        """Return a band over several classes, looking only at those who can be inside as well as outside.

        The others add a constant, so that a sum over two sites links them only if somebody can change its value.
        """
        wanted = frozenset(band.classes)
        moving: list[tuple[int, int]] = []
        fixed = 0
        for i, w in band.weights:
            room = self.rooms[i]
            if room <= wanted:
                fixed += w if room else 0
            elif not room.isdisjoint(wanted):
                moving.append((i, w))
        reached = frozenset[int]().union(*(self.domains[k] for k in {self.kind[i] for i, _w in moving}))
        low = None if band.low is None else band.low - fixed
        high = None if band.high is None else band.high - fixed
        return replace(band, classes=tuple(sorted(wanted & reached)), weights=tuple(moving), low=low, high=high)

    def _when(self, shape: When) -> When | int:
        band = self._band(shape.band)
        if not band:
            return 0
        sure, possible = self.extent(shape.trigger, shape.band.classes)
        if possible < shape.at_least:
            return 0
        return band if isinstance(band, int) and sure >= shape.at_least else shape

    def _range(self, shape: Range) -> Range | int:
        if len(shape.classes) < 2:
            return 0
        extents = [self.extent(shape.weights, (c,)) for c in shape.classes]
        widest = max(high for _low, high in extents) - min(low for low, _high in extents)
        if widest <= shape.limit or all(low == high for low, high in extents):
            return shape.times * -(-max(0, widest - shape.limit) // shape.unit)
        return shape

    def _pair(self, shape: Pair) -> Pair | int:
        one, two = self.rooms[shape.first], self.rooms[shape.second]
        if one.isdisjoint(two):
            return shape.times if shape.together else 0
        if len(one) == len(two) == 1:
            return 0 if shape.together else shape.times
        return shape

    def _any_of(self, shape: AnyOf) -> AnyOf | int:
        room = self.rooms[shape.pupil]
        near = tuple(j for j in shape.others if not room.isdisjoint(self.rooms[j]))
        if shape.need <= 0 or not near or all(len(self.rooms[j]) == 1 for j in (shape.pupil, *near)):
            return shape.times * max(0, shape.need - len(near))
        return shape if len(near) == len(shape.others) else replace(shape, others=near)

    def _place(self, shape: Place) -> Place | int:
        room = self.rooms[shape.pupil]
        if room <= shape.classes:
            return 0
        return shape if room & shape.classes else shape.times


def band_excess(band: Band, total: int) -> int:
    """Return the excess of a band whose classes hold `total`."""
    below = 0 if band.low is None else band.low - total
    above = 0 if band.high is None else total - band.high
    return band.times * -(-max(0, below, above) // band.unit)
