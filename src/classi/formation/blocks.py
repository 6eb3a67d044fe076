"""A bound on what small groups of pupils must cost, each solved alone: circles of friends, sections of origin.

What a block costs when only its own pupils and its own share of the hard rules are looked at, it costs at least in any
whole assignment. Blocks share no term, so their bounds add up. In nearly every school the sum equals the optimum of the
tier, and then a split found exactly there is proved best (docs/decisions.md).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import gcd

from classi.formation.bounds import Domains, bound, groups
from classi.formation.encode import Encoding, linear
from classi.formation.engine import Clock, run
from classi.formation.shares import Shares, components, free_of_charge, pupils_of
from classi.terms import AnyOf, Band, Pair, Shape, Term, Weights, When

LARGEST_CIRCLE = 30
ONE_BLOCK = 1.0
"""Seconds for one block; what is proved by then is a bound all the same."""

Bounded = Band | When | Pair | AnyOf


@dataclass(frozen=True)
class Block:
    """Terms of one tier that concern few pupils, and the least they cost together.

    Attributes
    ----------
    terms : the terms; no term is in two blocks.
    bound : least cost, weights included.
    step : their cost is always a multiple of it.
    """

    terms: tuple[Term, ...]
    bound: int
    step: int


def blocks(
    terms: Sequence[Term], hard: Sequence[Term], kept: Sequence[Term], rooms: Domains, clock: Clock, seconds: float
) -> list[Block]:
    """Find the blocks of a tier that must cost something.

    Parameters
    ----------
    terms : the soft terms of the tier.
    hard : the hard terms.
    kept : terms of earlier tiers whose excess is zero in every assignment still allowed.
    rooms : classes each pupil can be in.
    seconds : time for all of it.
    """
    until = clock.left - seconds
    found: list[Block] = []

    def consider(sets: Sequence[frozenset[int]], candidates: Iterable[Term], required: Shares) -> None:
        for pupils, inside in zip(sets, _inside(sets, candidates), strict=True):
            if not inside or clock.left <= until or clock.over:
                continue
            least = _least(inside, pupils, hard, required, rooms, clock)
            step = gcd(*(t.weight or 1 for t in inside))
            if least > 0:
                found.append(Block(tuple(inside), -(-least // step) * step, step))

    ties = [t for t in terms if isinstance(t.shape, Pair | AnyOf)]
    linked = components(
        p for t in (*ties, *hard) if isinstance(t.shape, Pair | AnyOf) and len(p := pupils_of(t.shape)) > 1
    )
    consider([c for c in linked if len(c) <= LARGEST_CIRCLE], ties, Shares(t.shape for t in (*hard, *kept)))
    taken = {id(t) for block in found for t in block.terms}
    rest = [t for t in terms if id(t) not in taken and isinstance(t.shape, Band | Pair | AnyOf)]
    consider(_sections(rest), rest, Shares(t.shape for t in hard))
    return found


def _inside(sets: Sequence[frozenset[int]], terms: Iterable[Term]) -> list[list[Term]]:
    """Return, for each of some disjoint sets of pupils, the terms that concern nobody else."""
    home = {i: n for n, pupils in enumerate(sets) for i in pupils}
    found: list[list[Term]] = [[] for _ in sets]
    known: dict[int, frozenset[int]] = {}
    for term in terms:
        shape = term.shape
        # The bands of a criterion share their weights: each is looked at once.
        key = id(shape.weights) if isinstance(shape, Band) else id(shape)
        if key not in known:
            known[key] = pupils_of(shape)
        pupils = known[key]
        # A rule about nobody belongs to no set: it must not be counted once in each.
        n = home.get(next(iter(pupils), -1), -1)
        if n >= 0 and pupils <= sets[n]:
            found[n].append(term)
    return found


def _sections(terms: Sequence[Term]) -> list[frozenset[int]]:
    """Return the groups of one criterion, disjoint, that hold the most ties between pupils (say, classes of origin)."""
    groups: dict[int, dict[int, frozenset[int]]] = defaultdict(dict)
    for term in terms:
        if isinstance(term.shape, Band) and term.shape.weights:
            of_this = groups[term.criterion]
            if id(term.shape.weights) not in of_this:
                of_this[id(term.shape.weights)] = pupils_of(term.shape)
    ties = [pupils_of(t.shape) for t in terms if isinstance(t.shape, Pair | AnyOf)]
    best: tuple[int, list[frozenset[int]]] = (0, [])
    for _criterion, by_weights in sorted(groups.items()):
        sets = set(by_weights.values())
        if len(sets) < 2 or max(Counter(i for s in sets for i in s).values()) > 1:
            continue
        home = {i: n for n, s in enumerate(sets) for i in s}
        held = sum(len({home.get(i, -1 - i) for i in tie}) == 1 for tie in ties)
        if held > best[0]:
            best = (held, sorted(sets, key=sorted))
    return best[1]


def _least(
    inside: Sequence[Term],
    pupils: frozenset[int],
    hard: Sequence[Term],
    required: Shares,
    rooms: Domains,
    clock: Clock,
) -> int:
    """Return the least cost of some terms when only these pupils exist, or as much of it as is proved in time."""
    order = sorted(pupils)
    few = _representatives(order, inside, required, rooms)
    here = dict(zip(order, (rooms[i] & few for i in order), strict=True))
    asked: list[Bounded] = [*required.ties(pupils), *required.limits(order, sorted(few))]
    asked = [s for s in asked if few.issuperset(_classes(s))]
    wanted = [
        (t, t.shape) for t in inside if isinstance(t.shape, Band | Pair | AnyOf) and few.issuperset(_classes(t.shape))
    ]
    if free_of_charge(pupils, [*asked, *(shape for _t, shape in wanted)], here):
        return 0
    # A run cut short may know less than arithmetic does.
    return max(_alone(wanted, order, asked, here, clock), bound(groups(inside, rooms, hard)))


def _alone(
    wanted: Sequence[tuple[Term, Bounded]],
    order: Sequence[int],
    asked: Sequence[Bounded],
    rooms: Mapping[int, frozenset[int]],
    clock: Clock,
) -> int:
    at = {pupil: n for n, pupil in enumerate(order)}
    encoding = Encoding([rooms[i] for i in order])
    for shape in asked:
        encoding.require(_renumbered(shape, at))
    cost = [(v, w * (t.weight or 1)) for t, shape in wanted for v, w in encoding.excess(_renumbered(shape, at))]
    objective = linear(cost)
    if isinstance(objective, int):
        return objective
    encoding.model.minimize(objective)
    return run(encoding, clock, ONE_BLOCK, small=True).bound or 0


def _classes(shape: Shape) -> tuple[int, ...]:
    return shape.band.classes if isinstance(shape, When) else shape.classes if isinstance(shape, Band) else ()


def _representatives(order: Sequence[int], inside: Iterable[Term], required: Shares, rooms: Domains) -> frozenset[int]:
    """Return classes among which as much is possible as among all: of those that differ in nothing, one a pupil.

    A class that stays empty must cost nothing for that, or it is kept.
    """
    marks: dict[int, list[object]] = defaultdict(list)
    for term in inside:
        band = term.shape
        if not isinstance(band, Band):
            continue
        # Kept apart from all others: sums over several classes, and bands an empty class would break.
        unlike = len(band.classes) > 1 or (band.low or 0) > 0 or (band.high is not None and band.high < 0)
        price = (term.weight, id(band.weights), band.low, band.high, band.unit, band.times)
        for c in band.classes:
            marks[c].append(((c,) if unlike else (), price))
    kinds: dict[object, list[int]] = defaultdict(list)
    for c in sorted(frozenset.union(*(rooms[i] for i in order))):
        kinds[required.mark(c), tuple(marks[c]), tuple(c in rooms[i] for i in order)].append(c)
    return frozenset(c for alike in kinds.values() for c in alike[: len(order)])


def _renumbered(shape: Shape, at: Mapping[int, int]) -> Shape:
    match shape:
        case Pair():
            return replace(shape, first=at[shape.first], second=at[shape.second])
        case AnyOf():
            return replace(shape, pupil=at[shape.pupil], others=tuple(at[j] for j in shape.others))
        case Band():
            weights: Weights = tuple((at[i], w) for i, w in shape.weights)
            return replace(shape, weights=weights)
        case When(trigger, at_least, band):
            weights = tuple((at[i], w) for i, w in band.weights)
            return When(tuple(at[i] for i in trigger), at_least, replace(band, weights=weights))
        case _:
            raise TypeError(f"no block holds {type(shape).__name__}")
