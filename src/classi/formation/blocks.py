"""A bound on what small groups of pupils must cost, each solved alone: circles of friends, sections of origin.

What a block costs when only its own pupils and its own share of the hard rules are looked at, it costs at least in any
whole assignment. Blocks share no term, so their bounds add up. In nearly every school the sum equals the optimum of the
tier, and then a split found exactly there is proved best (docs/decisions.md).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import gcd

from classi.formation.bounds import Domains, bound, groups
from classi.formation.encode import Encoding, linear
from classi.formation.engine import Clock, run
from classi.terms import AnyOf, Band, Pair, Range, Shape, Term, Weights, When, named

LARGEST_CIRCLE = 30
ONE_BLOCK = 1.0
"""Seconds for one block; what is proved by then is a bound all the same."""


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

    def consider(inside: Sequence[Term], pupils: frozenset[int], required: Sequence[Term]) -> None:
        if not inside or clock.left <= until or clock.over:
            return
        step = gcd(*(t.weight or 1 for t in inside))
        # A run cut short may know less than arithmetic does.
        least = max(_alone(inside, pupils, required, rooms, clock), bound(groups(inside, rooms, hard)))
        if least > 0:
            found.append(Block(tuple(inside), -(-least // step) * step, step))

    for circle in _circles(terms, hard):
        inside = [t for t in terms if isinstance(t.shape, Pair | AnyOf) and circle.issuperset(_pupils(t.shape))]
        consider(inside, circle, [*hard, *kept])
    taken = {id(t) for block in found for t in block.terms}
    # A rule about nobody belongs to no section: it must not be counted once in each.
    rest = [t for t in terms if id(t) not in taken and _pupils(t.shape)]
    for section in _sections(rest):
        inside = [t for t in rest if isinstance(t.shape, Band | Pair | AnyOf) and section.issuperset(_pupils(t.shape))]
        consider(inside, section, hard)
    return found


def _pupils(shape: Shape) -> frozenset[int]:
    match shape:
        case Band() | Range():
            return frozenset(i for i, _w in shape.weights)
        case When():
            return frozenset(shape.trigger).union(i for i, _w in shape.band.weights)
        case _:
            return frozenset(named(shape))


def _circles(terms: Sequence[Term], hard: Sequence[Term]) -> list[frozenset[int]]:
    """Return the pupils linked by ties, directly or through others."""
    head: dict[int, int] = {}

    def find(i: int) -> int:
        while head.setdefault(i, i) != i:
            head[i] = head[head[i]]
            i = head[i]
        return i

    for term in (*terms, *hard):
        if isinstance(term.shape, Pair | AnyOf):
            first, *others = _pupils(term.shape)
            for other in others:
                head[find(other)] = find(first)
    circles: dict[int, set[int]] = defaultdict(set)
    for i in list(head):
        circles[find(i)].add(i)
    return [frozenset(c) for _head, c in sorted(circles.items()) if 1 < len(c) <= LARGEST_CIRCLE]


def _sections(terms: Sequence[Term]) -> list[frozenset[int]]:
    """Return the groups of one criterion, disjoint, that hold the most ties between pupils (say, classes of origin)."""
    groups: dict[int, set[frozenset[int]]] = defaultdict(set)
    for term in terms:
        if isinstance(term.shape, Band):
            groups[term.criterion].add(_pupils(term.shape))
    ties = [_pupils(t.shape) for t in terms if isinstance(t.shape, Pair | AnyOf)]
    best: tuple[int, list[frozenset[int]]] = (0, [])
    for _criterion, sets in sorted(groups.items()):
        if len(sets) < 2 or max(Counter(i for s in sets for i in s).values()) > 1:
            continue
        held = sum(any(tie <= s for s in sets) for tie in ties)
        if held > best[0]:
            best = (held, sorted(sets, key=sorted))
    return best[1]


def _alone(
    inside: Sequence[Term], pupils: frozenset[int], required: Iterable[Term], rooms: Domains, clock: Clock
) -> int:
    """Return the least cost of some terms when only these pupils exist."""
    order = sorted(pupils)
    at = {pupil: n for n, pupil in enumerate(order)}
    encoding = Encoding([rooms[i] for i in order])
    for term in required:
        share = _share(term.shape, at)
        if share is not None:
            encoding.require(share)
    cost = [
        (v, w * (t.weight or 1))
        for t in inside
        if (shape := _share(t.shape, at, whole=True)) is not None
        for v, w in encoding.excess(shape)
    ]
    objective = linear(cost)
    if isinstance(objective, int):
        return objective
    encoding.model.minimize(objective)
    return run(encoding, clock, ONE_BLOCK, small=True).bound or 0


def _share(shape: Shape, at: dict[int, int], *, whole: bool = False) -> Shape | None:
    """Return what a shape says about some pupils only, renumbered; ``None`` when it says nothing for sure.

    With `whole` the shape is known to be about these pupils alone. Otherwise only upper limits of positive sums
    survive: the pupils left out can only add to them.
    """
    match shape:
        case Pair() if shape.first in at and shape.second in at:
            return replace(shape, first=at[shape.first], second=at[shape.second])
        case AnyOf() if shape.pupil in at and all(j in at for j in shape.others):
            return replace(shape, pupil=at[shape.pupil], others=tuple(at[j] for j in shape.others))
        case Band():
            return _share_band(shape, at, whole=whole)
        case When():
            band = _share_band(shape.band, at, whole=False)
            trigger = tuple(at[i] for i in shape.trigger if i in at)
            return When(trigger, shape.at_least, band) if band is not None and trigger else None
        case _:
            return None


def _share_band(band: Band, at: dict[int, int], *, whole: bool) -> Band | None:
    weights: Weights = tuple((at[i], w) for i, w in band.weights if i in at)
    if whole:
        return replace(band, weights=weights)
    if band.high is None or not weights or any(w < 0 for _i, w in band.weights):
        return None
    return replace(band, weights=weights, low=None)
