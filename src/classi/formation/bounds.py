"""What no assignment can beat, by arithmetic alone: no solver, no search.

The bound is the sum of independent facts, each easy to check by hand: 13 pupils in 6 classes of at most 2 leave one
over; sums over K classes of whole numbers that do not divide by K differ by at least one; two pupils who must be kept
apart cannot also be granted a common class.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import gcd

from classi.domain import School
from classi.terms import AnyOf, Band, Pair, Place, Range, Shape, Term, Weights, When

Domains = Sequence[frozenset[int]]


def domains(school: School, terms: Iterable[Term]) -> list[frozenset[int]]:
    """Return the classes each pupil can be in: those open to the pupil, under the hard `Place` terms."""
    found = [school.open_to(i) for i in range(len(school.pupils))]
    for term in terms:
        if term.weight is None and isinstance(term.shape, Place):
            found[term.shape.pupil] &= term.shape.classes
    return found


@dataclass(frozen=True)
class Shortage:
    """Bands that cannot all be kept, by the sums of their classes alone.

    Attributes
    ----------
    bands : the bands, on disjoint sets of classes.
    total : least and greatest sum of the weights that can end up in their classes.
    room : least and greatest sum the bands allow; ``None`` = unlimited.
    """

    bands: tuple[Band, ...]
    total: tuple[int, int]
    room: tuple[int | None, int | None]

    @property
    def classes(self) -> tuple[int, ...]:
        """The classes of all the bands."""
        return tuple(sorted(c for b in self.bands for c in b.classes))

    @property
    def excess(self) -> int:
        """Least total excess (``times`` not included)."""
        return _outside(self.total, *self.room, self.bands[0].unit)


@dataclass(frozen=True)
class Group:
    """Terms that count the same thing over several classes, and the excess no assignment avoids.

    Attributes
    ----------
    terms : the terms; all have the same criterion, price and unit.
    forced : least total excess (``times`` included, weight not).
    shortages : for bands with a forced excess, where it comes from: one record for each set of classes between which
        the counted pupils can move, or for each single band where only that one is short.
    """

    terms: tuple[Term, ...]
    forced: int
    shortages: tuple[Shortage, ...] = ()

    @property
    def price(self) -> int:
        """Weight of one unit of excess (1 for hard terms)."""
        return self.terms[0].weight or 1


def groups(terms: Iterable[Term], rooms: Domains, hard: Sequence[Term] = ()) -> list[Group]:
    """Group terms and find the excess each group cannot avoid.

    Parameters
    ----------
    terms : the terms to bound.
    rooms : classes each pupil can be in.
    hard : hard terms that the assignment keeps (used for pairs).
    """
    apart = {frozenset((s.first, s.second)) for t in hard if isinstance(s := t.shape, Pair) and not s.together}
    joint = {frozenset((s.first, s.second)) for t in hard if isinstance(s := t.shape, Pair) and s.together}
    bands: dict[object, list[Term]] = defaultdict(list)
    found = []
    for term in terms:
        shape = term.shape
        if isinstance(shape, Band):
            bands[term.criterion, term.weight, term.tier, shape.unit, shape.times, shape.weights].append(term)
        else:
            found.append(Group((term,), _forced(shape, rooms, apart, joint)))
    return found + [_band_group(group, rooms) for group in bands.values()]


def bound(found: Iterable[Group]) -> int:
    """Return Σ price × forced excess."""
    return sum(g.price * g.forced for g in found)


def criterion_bounds(school: School, terms: Sequence[Term]) -> dict[int, int]:
    """Return, for each criterion that has terms, the cost no assignment that keeps the hard rules can avoid."""
    hard = [t for t in terms if t.weight is None]
    rooms = domains(school, hard)
    found: dict[int, int] = defaultdict(int)
    for group in groups(terms, rooms, hard):
        found[group.terms[0].criterion] += group.forced
    return found


def _forced(shape: Shape, rooms: Domains, apart: set[frozenset[int]], joint: set[frozenset[int]]) -> int:
    match shape:
        case Pair(first, second, True, times):
            met = rooms[first] & rooms[second] and frozenset((first, second)) not in apart
            return 0 if met else times
        case Pair(first, second, False, times):
            stuck = rooms[first] == rooms[second] and len(rooms[first]) == 1
            return times if stuck or frozenset((first, second)) in joint else 0
        case AnyOf(pupil, others, need, times):
            near = [j for j in others if rooms[pupil] & rooms[j] and frozenset((pupil, j)) not in apart]
            return times * max(0, need - len(near))
        case Place(pupil, classes, times):
            return 0 if rooms[pupil] & classes else times
        case Range():
            return _range_forced(shape, rooms)
        case _:
            return 0


def _spread(weights: Weights, classes: frozenset[int], rooms: Domains) -> tuple[int, int]:
    """Return the least and greatest Σ weights that can end up in `classes`."""
    least = greatest = 0
    for i, w in weights:
        if rooms[i] <= classes:
            least, greatest = least + w, greatest + w
        elif rooms[i] & classes:
            least, greatest = least + min(0, w), greatest + max(0, w)
    return least, greatest


def _range_forced(shape: Range, rooms: Domains) -> int:
    least, greatest = _spread(shape.weights, frozenset(shape.classes), rooms)
    if least != greatest or not shape.weights:
        return 0
    # All sums are multiples of the common divisor; equal sums need the total to divide by the number of classes.
    step = gcd(*(w for _, w in shape.weights))
    spread = 0 if (least // step) % len(shape.classes) == 0 else step
    return shape.times * max(0, -((shape.limit - spread) // shape.unit))


def _band_group(terms: list[Term], rooms: Domains) -> Group:
    bands = [t.shape for t in terms if isinstance(t.shape, Band)]
    weights, times = bands[0].weights, bands[0].times
    single = [short for b in bands if (short := _balance([b], weights, rooms)).excess]
    joint = []
    for part in _components(bands, weights, rooms):
        inside = [b for b in bands if part.issuperset(b.classes)]
        if sum(len(b.classes) for b in inside) != len({c for b in inside for c in b.classes}):
            continue  # overlapping sets of classes: sums would count a pupil twice
        if inside and (short := _balance(inside, weights, rooms)).excess:
            joint.append(short)
    forced = max(sum(s.excess for s in single), sum(s.excess for s in joint))
    told = {c for s in joint for c in s.classes}
    rest = [s for s in single if not told.issuperset(s.classes)]
    return Group(tuple(terms), times * forced, (*joint, *rest))


def _balance(bands: Sequence[Band], weights: Weights, rooms: Domains) -> Shortage:
    """Compare what can end up in the classes of some bands with what they allow; short only if its excess is not 0."""
    total = _spread(weights, frozenset(c for b in bands for c in b.classes), rooms)
    return Shortage(tuple(bands), total, (_total([b.low for b in bands]), _total([b.high for b in bands])))


def _total(limits: list[int | None]) -> int | None:
    return None if any(limit is None for limit in limits) else sum(limit or 0 for limit in limits)


def _outside(total: tuple[int, int], low: int | None, high: int | None, unit: int) -> int:
    under = 0 if low is None else max(0, -((total[1] - low) // unit))
    over = 0 if high is None else max(0, -((high - total[0]) // unit))
    return max(under, over)


def _components(bands: Sequence[Band], weights: Weights, rooms: Domains) -> list[set[int]]:
    """Return sets of classes between which the counted pupils cannot move."""
    parts: list[set[int]] = [set(b.classes) for b in bands]
    for linked in {rooms[i] for i, _ in weights}:
        touching = [p for p in parts if p & linked]
        merged = set(linked).union(*touching)
        parts = [p for p in parts if not p & linked] + [merged]
    return parts


# --- classes that are small because of whom they hold ---


@dataclass(frozen=True)
class Crowding:
    """Too few places: at least `hosts` classes hold a group and are small, which leaves `capacity` places in all."""

    criterion: int
    trigger: tuple[int, ...]
    hosts: int
    capacity: int


def crowded(pupils: int, classes: int, hard: Iterable[Term]) -> list[Crowding]:
    """Return the rules "small when it holds a group" that leave fewer places than pupils."""
    plain: list[Band] = []
    caps: dict[tuple[int, tuple[int, ...]], dict[int, int]] = defaultdict(dict)
    for term in hard:
        shape = term.shape
        if isinstance(shape, Band) and len(shape.classes) == 1 and all(w == 1 for _i, w in shape.weights):
            plain.append(shape)
        elif isinstance(shape, When) and shape.at_least == 1 and _is_size(shape.band, pupils):
            caps[term.criterion, shape.trigger][shape.band.classes[0]] = shape.band.high or 0
    found = []
    for (criterion, trigger), limits in caps.items():
        room = _most(plain, frozenset(range(pupils)), pupils, classes)
        lost = sorted(max(0, room[c] - limits.get(c, pupils)) for c in range(classes))
        held = sorted(_most(plain, frozenset(trigger), len(trigger), classes), reverse=True)
        hosts = next((n for n in range(classes + 1) if sum(held[:n]) >= len(trigger)), classes)
        capacity = sum(room) - sum(lost[:hosts])
        if pupils > capacity:
            found.append(Crowding(criterion, trigger, hosts, capacity))
    return found


def _is_size(band: Band, pupils: int) -> bool:
    return band.high is not None and band.unit == 1 and len({i for i, w in band.weights if w == 1}) == pupils


def _most(plain: Iterable[Band], group: frozenset[int], pupils: int, classes: int) -> list[int]:
    """Return how many pupils of a group each class can hold: a limit on more pupils than the group limits it too."""
    most = [pupils] * classes
    for band in plain:
        if band.high is not None and band.unit == 1 and group.issubset(i for i, _w in band.weights):
            most[band.classes[0]] = min(most[band.classes[0]], band.high)
    return most
