"""Many classes are first divided into groups of classes, each a school of usual size with its share of everything.

A division is good when every group gets about what its classes may hold of each kind of pupil and when friends stay in
the same group: then what the rules cost can be settled group by group. Pupils are dealt one after the other, circles of
friends together, each where the group has least of what the pupil counts for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, floor

import numpy as np
import numpy.typing as npt

from classi.formation.bounds import Domains
from classi.formation.exchange import Annealing, Exchange
from classi.terms import AnyOf, Band, Pair, Range, Term, Weights, When

Floats = npt.NDArray[np.float64]

FRIEND = 1000.0
"""What a friend in the group is worth, in units of the square deviation of one counted thing: whoever has no friends
makes up for the unevenness."""

EVENLY = 1.0
"""What it is worth to fill the groups evenly while there is room in all."""

COMPANY = 100.0
"""What it is worth to have everybody of a school of origin in one group, where nobody should be alone of it."""

FEW = 6
"""Pupils of a school of origin below which a group better has none of them."""

HARD = 50.0
"""Price of a hard rule while the division is polished, in the dearest unit of any other."""

EARLIER = 4.0
"""How many times an earlier tier outweighs the next there."""

POLISHING = 3000
"""Exchanges tried at most."""

LARGEST_BUNCH = 60
"""Friends of friends dealt in one go; beyond, a network is dealt as if it were several."""


@dataclass(frozen=True)
class _Row:
    """One thing that is counted: what each pupil counts, how much of it each group should have, how much it matters."""

    weights: Weights
    target: Floats
    importance: float


def class_groups(rooms: Domains, classes: int, largest: int) -> list[frozenset[int]]:
    """Return groups of at most `largest` classes, alike ones together, sizes as equal as possible."""
    kinds = sorted({frozenset(r) for r in rooms}, key=sorted)
    order = sorted(range(classes), key=lambda c: ([c not in kind for kind in kinds], c))
    number = -(-classes // largest)
    cuts = [k * classes // number for k in range(number + 1)]
    return [frozenset(order[a:b]) for a, b in pairwise(cuts)]


def deal(groups: Sequence[frozenset[int]], terms: Sequence[Term], rooms: Domains, seed: int) -> list[int] | None:
    """Return the group of each pupil; ``None`` when somebody can be in none.

    Parameters
    ----------
    groups : disjoint sets of classes.
    terms : every term of the school.
    rooms : classes each pupil can be in.
    seed : for the order of the pupils.
    """
    rows = _rows(groups, terms, rooms)
    table = np.zeros((len(rows), len(rooms)))
    for r, row in enumerate(rows):
        for i, w in row.weights:
            table[r, i] += w
    target = np.stack([row.target for row in rows]) if rows else np.zeros((0, len(groups)))
    lacking = target.copy()
    importance = np.array([row.importance for row in rows])
    open_to = _open(groups, rooms)
    friends = _friends(terms)
    found = np.full(len(rooms), -1)
    company, whole = _company(terms, len(rooms))
    near = np.zeros((len(whole), len(groups)))
    for i in _order(table * importance[:, None], friends, company, seed):
        counted = np.flatnonzero(table[:, i])
        m = table[counted, i][:, None]
        price = _strain(m, lacking[counted], target[counted], importance[counted, None])
        for j, liking in friends.get(i, {}).items():
            if found[j] >= 0:
                price[found[j]] -= FRIEND * liking
        for r in company[i]:
            price -= COMPANY * near[r] / whole[r]
        price[~open_to[rooms[i]]] = np.inf
        g = int(price.argmin())
        if not open_to[rooms[i]][g]:
            return None
        found[i] = g
        lacking[counted, g] -= m[:, 0]
        near[company[i], g] += 1
    return [int(g) for g in found]


def _strain(m: Floats, lacking: Floats, target: Floats, importance: Floats) -> Floats:
    """Return what one pupil more costs each group: whatever goes beyond its share, squared, and a little for haste.

    What can be negative (a mark above or below the mean) has no share to fill: its square itself is what counts.
    """
    beyond = np.maximum(m - lacking, 0) ** 2 - np.maximum(-lacking, 0) ** 2
    filled = -EVENLY * m * lacking / np.maximum(target, 1)
    cost = np.where(target > 0, beyond + filled, m * (m - 2 * lacking))
    found: Floats = (importance * cost).sum(axis=0)
    return found


def polish(
    groups: Sequence[frozenset[int]],
    terms: Sequence[Term],
    rooms: Domains,
    dealt: Sequence[int],
    over: Callable[[], bool],
    seed: int,
) -> list[int]:
    """Exchange pupils between groups until every group has what its classes may hold, or it is `over`."""
    coarse, prices = _coarse(groups, terms, len(rooms))
    inside = [frozenset(g for g, group in enumerate(groups) if room & group) for room in rooms]
    exchange = Exchange(len(groups), coarse, prices, inside, dealt)
    cheap = min((p for p, t in zip(prices, coarse, strict=True) if t.weight is not None), default=1.0)
    annealing = Annealing(exchange, hot=cheap, cold=0.1 * cheap, seed=seed)
    annealing.round(POLISHING, over)
    return [int(g) for g in annealing.places]


def _coarse(groups: Sequence[frozenset[int]], terms: Sequence[Term], pupils: int) -> tuple[list[Term], list[float]]:
    """Return the terms as they look when a group of classes is one class, and their prices."""
    home = {c: g for g, group in enumerate(groups) for c in group}
    hosts = _hosts(terms, pupils)
    sums: dict[object, list[tuple[int, Band, Term]]] = defaultdict(list)
    found: list[Term] = []
    for term in terms:
        shape = term.shape
        match shape:
            case Band(classes=(c,)):
                sums[home[c], term.criterion, term.weight, id(shape.weights), shape.unit].append((home[c], shape, term))
            case When(trigger, at_least, band) if trigger == tuple(i for i, _w in band.weights):
                g = home[band.classes[0]]
                if at_least == 1 and (g, id(trigger), term.criterion) not in sums:
                    sums[g, id(trigger), term.criterion] = []
                    few = max(band.low or 0, min(FEW, len(trigger) // 2))
                    found.append(replace(term, shape=When(trigger, 1, replace(band, classes=(g,), low=few))))
            case When(trigger) if id(trigger) in hosts and ("hosts", id(trigger)) not in sums:
                sums["hosts", id(trigger)] = []
                for g, group in enumerate(groups):
                    share = len(trigger) * len(hosts[id(trigger)] & group) / len(hosts[id(trigger)])
                    band = Band((g,), tuple((i, 1) for i in trigger), floor(share), ceil(share))
                    found.append(replace(term, shape=band))
            case Pair(together=True):
                found.append(term)
            case AnyOf():
                found.append(term)
            case _:
                pass
    for of_one in sums.values():
        if of_one:
            g, band, term = of_one[0]
            lows, highs = [b.low for _g, b, _t in of_one], [b.high for _g, b, _t in of_one]
            whole = len(of_one) == len(groups[g])
            low = sum(n for n in lows if n is not None) if whole and None not in lows else None
            high = sum(n for n in highs if n is not None) if whole and None not in highs else None
            found.append(replace(term, shape=replace(band, classes=(g,), low=low, high=high)))
    # Earlier tiers outweigh later ones: what they ask of a group is easily kept.
    last = max((t.tier for t in found if t.weight is not None), default=1)
    dear = max((t.weight or 0 for t in found), default=1) or 1
    prices = [HARD * dear if t.weight is None else t.weight * EARLIER ** (last - t.tier) for t in found]
    return found, prices


def _open(groups: Sequence[frozenset[int]], rooms: Domains) -> Mapping[frozenset[int], npt.NDArray[np.bool_]]:
    return {room: np.array([bool(room & group) for group in groups]) for room in {frozenset(r) for r in rooms}}


def _company(terms: Sequence[Term], pupils: int) -> tuple[list[list[int]], list[int]]:
    """Return who counts for which rule "none, or at least so many", by pupil, and how many count for each.

    They need not be spread, and it is easier to form classes out of ten from one school than out of one from ten.
    """
    rows: dict[int, int] = {}
    found: list[list[int]] = [[] for _ in range(pupils)]
    sizes: list[int] = []
    for term in terms:
        shape = term.shape
        if not isinstance(shape, When) or id(shape.trigger) in rows or 2 * len(shape.trigger) > pupils:
            continue
        if shape.trigger == tuple(i for i, _w in shape.band.weights):
            rows[id(shape.trigger)] = len(sizes)
            for i in shape.trigger:
                found[i].append(len(sizes))
            sizes.append(len(shape.trigger))
    return found, sizes


def _rows(groups: Sequence[frozenset[int]], terms: Sequence[Term], rooms: Domains) -> list[_Row]:
    """Return each distinct thing counted, once, with the share of each group."""
    home = {c: g for g, group in enumerate(groups) for c in group}
    weights: dict[int, Weights] = {}
    middles: dict[int, dict[int, float]] = defaultdict(dict)
    for term in terms:
        shape = term.shape
        for band in (shape.band if isinstance(shape, When) else shape,):
            if isinstance(band, Band | Range):
                weights.setdefault(id(band.weights), band.weights)
            if isinstance(band, Band) and len(band.classes) == 1 and None not in (band.low, band.high):
                middles[id(band.weights)].setdefault(band.classes[0], ((band.low or 0) + (band.high or 0)) / 2)
        if isinstance(shape, When) and id(shape.trigger) not in weights:
            weights[id(shape.trigger)] = tuple((i, 1) for i in shape.trigger)
    classes = len(home)
    share = np.array([len(group) / classes for group in groups])
    hosts = _hosts(terms, len(rooms))
    found = []
    for key, counted in weights.items():
        even = key in hosts or len(middles[key]) == classes or len(counted) == len(rooms)
        if not counted or not even:
            continue  # there is nothing to share, or nobody asks for an even share of it
        total = sum(w for _i, w in counted)
        target = share * total
        if len(middles[key]) == classes and min(w for _i, w in counted) >= 0:
            wanted = np.zeros(len(groups))
            for c, middle in middles[key].items():
                wanted[home[c]] += middle
            if wanted.sum():
                target = wanted * total / wanted.sum()
        if key in hosts:
            target = np.array([len(hosts[key] & group) / len(hosts[key]) for group in groups]) * total
        size = max(abs(w) for _i, w in counted)
        everybody = len(counted) == len(rooms)
        found.append(_Row(counted, target, (10.0 if everybody and size == 1 else 1.0) / size**2))
    return found


def _hosts(terms: Sequence[Term], pupils: int) -> dict[int, frozenset[int]]:
    """Return, by trigger, the classes that may hold such pupils: those whose size can be as small as that asks."""
    least: dict[int, int] = defaultdict(int)
    asked: dict[int, dict[int, int]] = defaultdict(dict)
    for term in terms:
        match term.shape:
            case Band(classes=(c,), weights=weights, low=int(low)) if _is_size(weights, pupils):
                least[c] = max(least[c], low)
            case When(trigger, 1, Band(classes=(c,), weights=weights, high=int(high))) if _is_size(weights, pupils):
                asked[id(trigger)][c] = high
            case _:
                pass
    found = {key: frozenset(c for c, high in limits.items() if least[c] <= high) for key, limits in asked.items()}
    return {key: classes for key, classes in found.items() if classes}


def _is_size(weights: Weights, pupils: int) -> bool:
    return len(weights) == pupils and all(w == 1 for _i, w in weights)


def _friends(terms: Sequence[Term]) -> dict[int, dict[int, float]]:
    """Return whom each pupil should be with, and how much: 1 for the dearest tie, 10 for a binding one."""
    dearest = max((t.weight or 0 for t in terms if isinstance(t.shape, Pair | AnyOf)), default=1) or 1
    found: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for term in terms:
        liking = 10.0 if term.weight is None else term.weight / dearest
        if isinstance(term.shape, Pair) and term.shape.together:
            couples = [(term.shape.first, term.shape.second)]
        elif isinstance(term.shape, AnyOf):
            couples = [(term.shape.pupil, j) for j in term.shape.others]
        else:
            continue
        for i, j in couples:
            found[i][j] += liking
            found[j][i] += liking
    return found


def _order(
    table: Floats, friends: Mapping[int, Mapping[int, float]], company: Sequence[Sequence[int]], seed: int
) -> list[int]:
    """Return the pupils: origin by origin, there circles of friends one after the other, then the rarest first."""
    rarity = (np.abs(table) / np.maximum(np.abs(table).sum(axis=1, keepdims=True), 1)).sum(axis=0)
    rng = np.random.default_rng(seed)
    rarity += rng.random(table.shape[1]) * 1e-3 * rarity.mean()
    seen: set[int] = set()
    bunches: list[list[int]] = []
    for start in np.argsort(-rarity).tolist():
        if start in seen:
            continue
        bunch = [start]
        seen.add(start)
        for i in bunch:
            for j in friends.get(i, ()):
                if j not in seen and len(bunch) < LARGEST_BUNCH:
                    seen.add(j)
                    bunch.append(j)
        bunches.append(bunch)
    origin = [company[b[0]][0] if company[b[0]] else -1 for b in bunches]
    by_origin = sorted(range(len(bunches)), key=lambda k: (origin[k], -len(bunches[k]), -rarity[bunches[k]].max()))
    return [i for k in by_origin for i in bunches[k]]
