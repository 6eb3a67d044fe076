"""What rules ask of a few pupils, whoever the others are: the share of the hard rules a block must keep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from classi.terms import AnyOf, Band, Pair, Range, Shape, Weights, When, named


def pupils_of(shape: Shape) -> frozenset[int]:
    """Return the pupils a shape speaks of."""
    match shape:
        case Band() | Range():
            return frozenset(i for i, _w in shape.weights)
        case When():
            return frozenset(shape.trigger).union(i for i, _w in shape.band.weights)
        case _:
            return frozenset(named(shape))


def components(sets: Iterable[Iterable[int]]) -> list[frozenset[int]]:
    """Return the unions of sets that overlap, directly or through others, in the order of their first pupils."""
    head: dict[int, int] = {}

    def find(i: int) -> int:
        while head.setdefault(i, i) != i:
            head[i] = head[head[i]]
            i = head[i]
        return i

    for first, *others in map(sorted, sets):
        root = find(first)
        for other in others:
            head[find(other)] = root
    found: dict[int, set[int]] = defaultdict(set)
    for i in list(head):
        found[find(i)].add(i)
    return sorted(map(frozenset, found.values()), key=min)


@dataclass(frozen=True, slots=True)
class _Counted:
    """What one pupil counts, and the bands that count it: by class, and those on several classes."""

    weights: Mapping[int, int]
    here: dict[int, list[Band | When]]
    joint: list[Band]


class Shares:
    """Shapes that are kept, ready to say what they ask of any few pupils.

    Only what holds whoever the others are survives: ties among the pupils, and upper limits of sums to which the
    others can only add.

    Parameters
    ----------
    shapes : the shapes.
    """

    def __init__(self, shapes: Iterable[Shape]) -> None:
        self._ties: dict[int, list[Pair | AnyOf]] = defaultdict(list)
        self._marks: dict[int, list[object]] = defaultdict(list)
        by_weights: dict[int, _Counted] = {}
        for shape in shapes:
            if isinstance(shape, Pair | AnyOf):
                self._ties[named(shape)[0]].append(shape)
            elif isinstance(shape, Band | When):
                band = shape.band if isinstance(shape, When) else shape
                if band.high is None or any(w < 0 for _i, w in band.weights):
                    continue
                counted = by_weights.setdefault(id(band.weights), _Counted(dict(band.weights), defaultdict(list), []))
                self._file(counted, shape, band)
        self.counted = list(by_weights.values())

    def _file(self, counted: _Counted, shape: Band | When, band: Band) -> None:
        condition = (id(shape.trigger), shape.at_least) if isinstance(shape, When) else ()
        if len(band.classes) == 1:
            counted.here[band.classes[0]].append(shape)
        elif isinstance(shape, Band):
            counted.joint.append(shape)
        for c in band.classes:
            own = (c,) if len(band.classes) > 1 else ()
            self._marks[c].append((own, condition, id(band.weights), band.high, band.unit, band.times))

    def mark(self, c: int) -> tuple[object, ...]:
        """Return what is asked of a class: the same for classes that differ in nothing."""
        return tuple(self._marks[c])

    def ties(self, pupils: frozenset[int]) -> list[Pair | AnyOf]:
        """Return the ties among some pupils."""
        return [t for i in sorted(pupils) for t in self._ties.get(i, ()) if pupils.issuperset(named(t))]

    def limits(self, pupils: Sequence[int], classes: Collection[int]) -> list[Band | When]:
        """Return what is asked of sums over some pupils, who keep their numbers, in some classes."""
        found: list[Band | When] = []
        inside = frozenset(pupils)
        triggers: dict[int, tuple[int, ...]] = {}
        for counted in self.counted:
            weights: Weights = tuple((i, counted.weights[i]) for i in pupils if i in counted.weights)
            if not weights:
                continue
            found += [replace(band, weights=weights, low=None) for band in counted.joint]
            for shape in (shape for c in classes for shape in counted.here.get(c, ())):
                band = shape.band if isinstance(shape, When) else shape
                share = replace(band, weights=weights, low=None)
                if not isinstance(shape, When):
                    found.append(share)
                    continue
                if id(shape.trigger) not in triggers:
                    triggers[id(shape.trigger)] = tuple(i for i in shape.trigger if i in inside)
                trigger = triggers[id(shape.trigger)]
                if trigger or shape.at_least <= 0:
                    found.append(When(trigger, shape.at_least, share))
        return found


def excess(shape: Band | When | Pair | AnyOf, places: Mapping[int, int]) -> int:
    """Return the excess of a shape when only the placed pupils exist; plain, for a few pupils."""
    match shape:
        case Pair(first, second, together, times):
            return times if (places[first] == places[second]) != together else 0
        case AnyOf(pupil, others, need, times):
            return times * max(0, need - sum(places[j] == places[pupil] for j in others))
        case When(trigger, at_least, band):
            (c,) = band.classes
            return excess(band, places) if sum(places.get(i) == c for i in trigger) >= at_least else 0
        case Band():
            total = sum(w for i, w in shape.weights if places.get(i) in shape.classes)
            under = 0 if shape.low is None else shape.low - total
            over = 0 if shape.high is None else total - shape.high
            return shape.times * -(-max(0, under, over) // shape.unit)


def free_of_charge(
    pupils: frozenset[int], shapes: Sequence[Band | When | Pair | AnyOf], rooms: Mapping[int, frozenset[int]]
) -> bool:
    """Tell whether circles of tied pupils, each whole in one class, keep every shape: then a block costs nothing.

    A `False` means only that this simple way does not do.
    """
    ties = [s for s in shapes if isinstance(s, Pair | AnyOf)]
    if any(isinstance(t, Pair) and not t.together and t.first in pupils and t.second in pupils for t in ties):
        joined = [named(t) for t in ties if not (isinstance(t, Pair) and not t.together)]
    else:
        joined = [named(t) for t in ties]
    circles = sorted(components([*joined, *((i,) for i in pupils)]), key=lambda c: (-len(c), min(c)))
    here: dict[int, list[Band | When]] = defaultdict(list)
    for shape in shapes:
        if isinstance(shape, Band | When):
            for c in (shape.band if isinstance(shape, When) else shape).classes:
                here[c].append(shape)
    places: dict[int, int] = {}
    filled: dict[int, int] = defaultdict(int)
    for circle in circles:
        common = frozenset.intersection(*(rooms[i] for i in circle))
        for c in sorted(common, key=lambda c: (filled[c], c)):
            trial = places | dict.fromkeys(circle, c)
            if all(_below(shape, trial) for shape in here[c]):
                places = trial
                filled[c] += len(circle)
                break
        else:
            return False
    return all(excess(shape, places) == 0 for shape in shapes)


def _below(shape: Band | When, places: Mapping[int, int]) -> bool:
    """Tell whether an upper limit holds for those placed so far; lower ones are looked at when all are placed."""
    if isinstance(shape, When):
        return shape.band.low is not None or excess(shape, places) == 0
    return excess(replace(shape, low=None), places) == 0
