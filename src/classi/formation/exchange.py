"""Local search: all exchanges between two classes priced at once, and one of them drawn.

For two classes the price of every swap, and of every move (a swap with nobody), is one matrix. What is counted by ones
and zeros (girls, pupils of a school of origin, of a level band) goes into it by two matrix products, the rest element
by element. One exchange is then drawn with probability exp(−price / temperature), doing nothing included: a heat bath
over some 600 exchanges for the cost of a few array operations. Nothing here is compiled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classi.formation.bounds import Domains
from classi.terms import AnyOf, Band, Pair, Place, Range, Term, Weights, When

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

FORBIDDEN = 1e15
_NO_LIMIT = 2**50

CHAINS = 0.2
"""Share of the steps that move a circle of friends together."""

LONGEST_CHAIN = 6
MANY = 48
"""Pupils of a class looked at in one step."""


@dataclass(frozen=True)
class _Limits:
    """Bands of one class as columns: the row counted, the limits, the price; `trigger` is a row or −1."""

    row: Ints
    low: Ints
    high: Ints
    unit: Ints
    price: Floats
    trigger: Ints
    at_least: Ints
    units: bool
    conditional: bool

    @classmethod
    def of(cls, entries: Sequence[tuple[int, Band, float, int, int]]) -> _Limits:
        table = np.array(
            [
                (
                    row,
                    -_NO_LIMIT if band.low is None else band.low,
                    _NO_LIMIT if band.high is None else band.high,
                    band.unit,
                    trigger,
                    at_least,
                )
                for row, band, _price, trigger, at_least in entries
            ],
            dtype=np.int64,
        ).reshape(-1, 6)
        price = np.array([price * band.times for _row, band, price, *_rest in entries], dtype=np.float64)
        row, low, high, unit, trigger, at_least = (np.ascontiguousarray(table[:, k]) for k in range(6))
        return cls(row, low, high, unit, price, trigger, at_least, bool((unit != 1).any()), bool((at_least > 0).any()))

    def cost(self, total: Ints, held: Ints) -> Floats:
        """Return the price of the bands at some totals; the last axis runs over the bands."""
        distance = np.maximum(np.maximum(self.low - total, total - self.high), 0)
        if self.units:
            distance = -(-distance // self.unit)
        cost: Floats = distance * self.price
        if self.conditional:
            cost = np.where((held >= self.at_least) | (self.at_least <= 0), cost, 0.0)
        return cost


@dataclass(frozen=True)
class _Joint:
    """A band on several classes, or a range: its classes as a mask over all."""

    shape: Band | Range
    row: int
    inside: npt.NDArray[np.bool_]
    price: float


class Exchange:
    """An assignment that is changed by exchanges between two classes.

    Parameters
    ----------
    pupils, classes : how many.
    terms, prices : the terms, and what one unit of excess of each costs.
    rooms : classes each pupil can be in; nobody is ever put elsewhere.
    places : class of each pupil to begin with.
    """

    def __init__(
        self, classes: int, terms: Sequence[Term], prices: Sequence[float], rooms: Domains, places: Sequence[int]
    ) -> None:
        self.n, self.classes = len(rooms), classes
        self._read(terms, prices)
        self._read_rooms(rooms)
        self.places = np.asarray(places, dtype=np.int64).copy()
        self.members: list[Ints] = [np.flatnonzero(self.places == c) for c in range(classes)]
        self.ones_in = np.stack([self.ones[m].sum(axis=0) for m in self.members])
        self.sums_in = np.stack([self.numbers[m].sum(axis=0) for m in self.members])
        self._price_classes(range(classes))

    # --- reading the terms ---

    def _read(self, terms: Sequence[Term], prices: Sequence[float]) -> None:
        simple: list[list[tuple[int, Band, float, int, int]]] = [[] for _ in range(self.classes)]
        other: list[list[tuple[int, Band, float, int, int]]] = [[] for _ in range(self.classes)]
        ones: dict[int, tuple[int, Weights]] = {}
        numbers: dict[int, tuple[int, Weights]] = {}
        triggers: dict[int, frozenset[int]] = {}
        weighed: dict[int, Weights] = {}
        plain: dict[int, frozenset[int] | None] = {}
        pairs: dict[tuple[int, int], float] = defaultdict(float)
        places: dict[frozenset[int], dict[int, float]] = defaultdict(lambda: defaultdict(float))
        self.joint: list[_Joint] = []
        self.any_of: list[tuple[AnyOf, float]] = []

        def column(found: dict[int, tuple[int, Weights]], weights: Weights) -> int:
            return found.setdefault(id(weights), (len(found), weights))[0]

        def group(weights: Weights) -> frozenset[int] | None:
            """Return whom ones and zeros count; ``None`` for any other numbers."""
            if id(weights) not in plain:
                plain[id(weights)] = frozenset(i for i, _w in weights) if all(w == 1 for _i, w in weights) else None
            return plain[id(weights)]

        def held(trigger: tuple[int, ...]) -> frozenset[int]:
            return triggers.setdefault(id(trigger), frozenset(trigger))

        def held_row(trigger: tuple[int, ...]) -> int:
            return column(numbers, weighed.setdefault(id(trigger), tuple((i, 1) for i in trigger)))

        for term, price in zip(terms, prices, strict=True):
            match term.shape:
                case Band(classes=(c,)) as band:
                    if group(band.weights) is not None:
                        simple[c].append((column(ones, band.weights), band, price, -1, 0))
                    else:
                        other[c].append((column(numbers, band.weights), band, price, -1, 0))
                case When(trigger, at_least, band):
                    (c,) = band.classes
                    if group(band.weights) == held(trigger):
                        simple[c].append((column(ones, band.weights), band, price, -1, at_least))
                    else:
                        other[c].append((column(numbers, band.weights), band, price, held_row(trigger), at_least))
                case Band() | Range() as shape:
                    inside = np.zeros(self.classes, dtype=bool)
                    inside[list(shape.classes)] = True
                    self.joint.append(_Joint(shape, column(numbers, shape.weights), inside, price))
                case Pair(first, second, together, times):
                    pairs[min(first, second), max(first, second)] += price * times * (1 if together else -1)
                case AnyOf() as shape:
                    self.any_of.append((shape, price))
                case Place(pupil, classes, times):
                    places[classes][pupil] += price * times
        self._keep = (ones, numbers, weighed)  # ids stay valid while their tuples live
        self.ones = self._matrix([weights for _k, weights in ones.values()]).astype(np.float64)
        self.numbers = self._matrix([weights for _k, weights in numbers.values()])
        self.simple = [_Limits.of(entries) for entries in simple]
        self.other = [_Limits.of(entries) for entries in other]
        self._read_pairs(pairs)
        # Two who want to be together and must be apart cost the lesser of both, wherever they are.
        said = sum(p * t.shape.times for t, p in zip(terms, prices, strict=True) if isinstance(t.shape, Pair))
        self.contradictory = (said - float(np.abs(self.pair_price).sum())) / 2
        self._read_places(places)
        self._read_any_of()

    def _matrix(self, columns: Sequence[Weights]) -> Ints:
        # One row more than pupils: the last one is nobody.
        found = np.zeros((self.n + 1, len(columns)), dtype=np.int64)
        for k, weights in enumerate(columns):
            for i, w in weights:
                found[i, k] += w
        return found

    def _read_pairs(self, pairs: dict[tuple[int, int], float]) -> None:
        friends: list[list[tuple[int, float]]] = [[] for _ in range(self.n + 1)]
        for (i, j), price in pairs.items():
            if price:
                friends[i].append((j, price))
                friends[j].append((i, price))
        self.friends = [np.array([j for j, _p in row], dtype=np.int64) for row in friends]
        self.liking = [np.array([p for _j, p in row], dtype=np.float64) for row in friends]
        self.tied = np.array([len(row) for row in friends], dtype=np.int64)
        kept = [(i, j, p) for (i, j), p in pairs.items() if p]
        self.pair_ends = np.array([(i, j) for i, j, _p in kept], dtype=np.int64).reshape(-1, 2)
        self.pair_price = np.array([p for *_ij, p in kept], dtype=np.float64)

    def _read_places(self, places: dict[frozenset[int], dict[int, float]]) -> None:
        self.wanted = np.zeros((self.n + 1, len(places)), dtype=np.float64)
        self.there = np.zeros((len(places), self.classes), dtype=np.float64)
        for k, (classes, prices) in enumerate(places.items()):
            self.there[k, sorted(classes)] = 1
            for i, price in prices.items():
                self.wanted[i, k] = price

    def _read_any_of(self) -> None:
        self.touching: list[list[int]] = [[] for _ in range(self.n + 1)]
        for k, (shape, _price) in enumerate(self.any_of):
            for i in {shape.pupil, *shape.others}:
                self.touching[i].append(k)

    def _read_rooms(self, rooms: Domains) -> None:
        kinds: dict[frozenset[int], int] = {}
        self.kind = np.array([kinds.setdefault(r, len(kinds)) for r in rooms] + [len(kinds)], dtype=np.int64)
        self.open = np.zeros((len(kinds) + 1, self.classes), dtype=bool)
        for classes, k in kinds.items():
            self.open[k, sorted(classes)] = True
        self.open[-1] = True  # nobody may be anywhere
        self.all_open = bool(self.open.all())

    # --- prices ---

    def _price_classes(self, which: Sequence[int] | range) -> None:
        """Bring up to date what one more, or one less, of each row costs in some classes."""
        if not hasattr(self, "up"):
            self.up, self.down = (np.zeros((self.classes, self.ones.shape[1])) for _ in range(2))
            self.class_cost = np.zeros(self.classes)
        width = self.ones.shape[1]
        for c in which:
            s = self.simple[c]
            here = self.ones_in[c, s.row].astype(np.int64)
            now, more, less = (s.cost(here + d, here + d) for d in (0, 1, -1))
            self.up[c] = np.bincount(s.row, more - now, width)
            self.down[c] = np.bincount(s.row, less - now, width)
            o = self.other[c]
            self.class_cost[c] = now.sum() + o.cost(self.sums_in[c, o.row], self.sums_in[c, o.trigger]).sum()

    def prices(self, a: int, b: int, left: Ints, right: Ints) -> Floats:
        """Return what each exchange of somebody of class `a` with somebody of `b` costs.

        Parameters
        ----------
        left, right : pupils of `a` and of `b`; ``n`` stands for nobody.

        Returns
        -------
        Shape ``(len(left), len(right))``. Cross effects of `AnyOf` terms are left out (see `exact`).
        """
        gain, loss = self.up[a] + self.down[b], self.down[a] + self.up[b]
        # Most of what is counted is well inside its limits in both classes: one more or less costs nothing.
        live = np.flatnonzero((gain != 0) | (loss != 0))
        gain, loss = gain[live], loss[live]
        mine, theirs = self.ones[np.ix_(left, live)], self.ones[np.ix_(right, live)]
        found: Floats = (mine @ loss)[:, None] + (theirs @ gain)[None, :] - (mine * (gain + loss)) @ theirs.T
        if len(self.other[a].row) or len(self.other[b].row) or self.joint:
            change = self.numbers[right][None, :, :] - self.numbers[left][:, None, :]
            for c, sign in ((a, 1), (b, -1)):
                o, sums = self.other[c], self.sums_in[c]
                if len(o.row):
                    after = o.cost(
                        sums[o.row] + sign * change[:, :, o.row], sums[o.trigger] + sign * change[:, :, o.trigger]
                    )
                    found += after.sum(axis=2) - o.cost(sums[o.row], sums[o.trigger]).sum()
            for joint in self.joint:
                found += self._joint_price(joint, a, b, change[:, :, joint.row])
        found = found + self._alone(left, a, b)[:, None] + self._alone(right, b, a)[None, :]
        if len(self.pair_price):
            self._tied_to_each_other(found, left, right)
        if not self.all_open:
            found[~self.open[self.kind[left], b]] = FORBIDDEN
            found[:, ~self.open[self.kind[right], a]] = FORBIDDEN
        return found

    def _joint_price(self, joint: _Joint, a: int, b: int, change: Ints) -> Floats:
        shape, sums = joint.shape, self.sums_in[:, joint.row]
        if isinstance(shape, Band):
            sign = int(joint.inside[a]) - int(joint.inside[b])
            total = int(sums[joint.inside].sum())
            found: Floats = joint.price * (_outside(shape, total + sign * change) - _outside(shape, np.int64(total)))
            return found
        here = sums.copy()
        others = joint.inside.copy()
        before = _spread(shape, here[joint.inside].max(), here[joint.inside].min())
        others[[a, b]] = False
        top = here[others].max() if others.any() else np.int64(-_NO_LIMIT)
        bottom = here[others].min() if others.any() else np.int64(_NO_LIMIT)
        for c, sign in ((a, 1), (b, -1)):
            if joint.inside[c]:
                now = here[c] + sign * change
                top, bottom = np.maximum(top, now), np.minimum(bottom, now)
        after: Floats = joint.price * (_spread(shape, top, bottom) - before)
        return after

    def _alone(self, pupils: Ints, here: int, there: int) -> Floats:
        """Return what each pupil's move costs for itself: places and ties, everybody else staying."""
        found: Floats = self.wanted[pupils] @ (self.there[:, here] - self.there[:, there])
        if len(self.pair_price):
            counts = self.tied[pupils]
            if counts.any():
                friends = np.concatenate([self.friends[i] for i in pupils])
                liking = np.concatenate([self.liking[i] for i in pupils])
                at = self.places[friends]
                owner = np.repeat(np.arange(len(pupils)), counts)
                found += np.bincount(owner, liking * ((at == here).astype(float) - (at == there)), len(pupils))
        if self.any_of:
            for k, i in enumerate(pupils.tolist()):
                if self.touching[i]:
                    found[k] += self._any_of_change(((i, there),))
        return found

    def _tied_to_each_other(self, found: Floats, left: Ints, right: Ints) -> None:
        """Mend the swaps of two who are tied: they end apart, as they began."""
        at = {int(j): k for k, j in enumerate(right)}
        for k in np.flatnonzero(self.tied[left]):
            for j, price in zip(self.friends[left[k]].tolist(), self.liking[left[k]].tolist(), strict=True):
                if j in at:
                    found[k, at[j]] += 2 * price

    def _any_of_change(self, changes: Sequence[tuple[int, int]]) -> float:
        terms = {k for i, _c in changes for k in self.touching[i]}
        new = dict(changes)
        total = 0.0
        for k in terms:
            shape, price = self.any_of[k]
            mine = self.places[shape.pupil]
            then = new.get(shape.pupil, mine)
            before = after = 0
            for j in shape.others:
                at = self.places[j]
                before += at == mine
                after += new.get(j, at) == then
            total += price * shape.times * (max(0, shape.need - after) - max(0, shape.need - before))
        return total

    def cross(self, i: int, j: int, a: int, b: int) -> float:
        """Return what a swap costs beyond its two moves through `AnyOf` terms both pupils are in."""
        if not self.any_of or self.n in (i, j):
            return 0.0
        if not set(self.touching[i]) & set(self.touching[j]):
            return 0.0
        both = self._any_of_change(((i, b), (j, a)))
        return both - self._any_of_change(((i, b),)) - self._any_of_change(((j, a),))

    # --- changing ---

    def swap(self, i: int, j: int, a: int, b: int) -> None:
        """Put `i` of class `a` into `b` and `j` of `b` into `a`; ``n`` stands for nobody."""
        ones, numbers = self.ones[j] - self.ones[i], self.numbers[j] - self.numbers[i]
        self.ones_in[a] += ones
        self.ones_in[b] -= ones
        self.sums_in[a] += numbers
        self.sums_in[b] -= numbers
        for p, c, d in ((i, a, b), (j, b, a)):
            if p != self.n:
                self.places[p] = d
                self.members[c] = self.members[c][self.members[c] != p]
        for p, d in ((i, b), (j, a)):
            if p != self.n:
                self.members[d] = np.append(self.members[d], p)
        self._price_classes((a, b))

    def cost(self) -> float:
        """Return the whole cost, counted anew."""
        total = float(self.class_cost.sum()) + self.contradictory
        for joint in self.joint:
            sums = self.sums_in[joint.inside, joint.row]
            if isinstance(joint.shape, Band):
                total += joint.price * float(_outside(joint.shape, np.int64(sums.sum())))
            else:
                total += joint.price * float(_spread(joint.shape, sums.max(), sums.min()))
        apart = self.places[self.pair_ends[:, 0]] != self.places[self.pair_ends[:, 1]]
        total += float(np.where(self.pair_price > 0, self.pair_price * apart, -self.pair_price * ~apart).sum())
        places = self.places.tolist()
        for shape, price in self.any_of:
            near = sum(places[j] == places[shape.pupil] for j in shape.others)
            total += price * shape.times * max(0, shape.need - near)
        rows = np.arange(self.n)
        total += float((self.wanted[rows] * (1 - self.there[:, self.places].T)).sum())
        return total

    def unmet(self) -> Ints:
        """Return the pairs whose tie is broken, shape ``(pairs, 2)``."""
        apart = self.places[self.pair_ends[:, 0]] != self.places[self.pair_ends[:, 1]]
        found: Ints = self.pair_ends[apart == (self.pair_price > 0)]
        return found


def _outside(band: Band, total: npt.NDArray[np.int64] | np.int64) -> Floats:
    low = -_NO_LIMIT if band.low is None else band.low
    high = _NO_LIMIT if band.high is None else band.high
    found: Floats = band.times * -(-np.maximum(np.maximum(low - total, total - high), 0) // band.unit)
    return found


def _spread(shape: Range, top: npt.NDArray[np.int64] | np.int64, bottom: npt.NDArray[np.int64] | np.int64) -> Floats:
    found: Floats = shape.times * -(-np.maximum(top - bottom - shape.limit, 0) // shape.unit)
    return found


class Annealing:
    """A heat bath over exchanges, cooled in rounds.

    Parameters
    ----------
    exchange : the assignment to improve.
    hot, cold : temperatures a round begins and ends with, in units of cost.
    seed : for every choice.
    """

    def __init__(self, exchange: Exchange, *, hot: float, cold: float, seed: int) -> None:
        self.exchange, self.hot, self.cold = exchange, hot, cold
        self.rng = np.random.default_rng(seed)
        self.value = exchange.cost()
        self.best, self.places = self.value, exchange.places.copy()

    def round(self, steps: int, over: Callable[[], bool], target: float = 0.0) -> None:
        """Cool down once in a number of steps; stop early when it is `over` or the best cost is `target`."""
        if self.exchange.classes < 2:
            return
        for step in range(steps):
            if self.best <= target or (step % 32 == 0 and over()):
                return
            self._step(self.hot * (self.cold / self.hot) ** (step / steps))

    def _step(self, temperature: float) -> None:
        e = self.exchange
        if len(e.pair_price) and self.rng.random() < CHAINS:
            self._chain(temperature)
            return
        a, b = self._classes()
        left, right = self._some(e.members[a]), self._some(e.members[b])
        prices = e.prices(a, b, left, right)
        # Drawn with probability proportional to exp(−price / temperature): the largest of these sums.
        noise = self.rng.gumbel(size=prices.shape)
        k = int((noise - prices / temperature).argmax())
        i, j = int(left[k // len(right)]), int(right[k % len(right)])
        price = float(prices[k // len(right), k % len(right)])
        if (i == e.n and j == e.n) or price >= FORBIDDEN:
            return
        extra = e.cross(i, j, a, b)
        if extra > 0 and self.rng.random() >= np.exp(-extra / temperature):
            return
        e.swap(i, j, a, b)
        self._reached(self.value + price + extra)

    def _some(self, members: Ints) -> Ints:
        """Return the pupils of a class, some of them where it is very large, and nobody."""
        if len(members) > MANY:
            members = self.rng.choice(members, MANY, replace=False)
        return np.append(members, self.exchange.n)

    def _chain(self, temperature: float) -> None:
        """Bring a pupil to a friend with all the friends of the own class, each exchanged for somebody; or undo it."""
        e, rng = self.exchange, self.rng
        unmet = e.unmet()
        if not len(unmet):
            return
        i, j = rng.permutation(unmet[rng.integers(len(unmet))]).tolist()
        a, b = int(e.places[i]), int(e.places[j])
        if a == b:
            return
        movers = self._circle(i)
        if len(movers) > LONGEST_CHAIN:
            return
        done: list[tuple[int, int]] = []
        change = 0.0
        for mover in movers:
            right = self._some(e.members[b])
            right = right[~np.isin(right, movers)]
            prices = e.prices(a, b, np.array([mover]), right)[0]
            k = int((rng.gumbel(size=len(right)) - prices / temperature).argmax())
            if prices[k] >= FORBIDDEN:
                break
            other = int(right[k])
            change += float(prices[k]) + e.cross(mover, other, a, b)
            e.swap(mover, other, a, b)
            done.append((mover, other))
        else:
            if change <= 0 or rng.random() < np.exp(-change / temperature):
                self._reached(self.value + change)
                return
        for mover, other in reversed(done):
            e.swap(other, mover, a, b)

    def _circle(self, i: int) -> list[int]:
        """Return a pupil and whoever in the class is tied to them by liking, directly or through others."""
        e = self.exchange
        found, here = [i], e.places[i]
        for p in found:
            near = e.friends[p][(e.places[e.friends[p]] == here) & (e.liking[p] > 0)] if e.tied[p] else ()
            found += [int(q) for q in near if q not in found]
            if len(found) > LONGEST_CHAIN:
                break
        return found

    def _reached(self, value: float) -> None:
        self.value = value
        if value < self.best:
            self.best, self.places = value, self.exchange.places.copy()

    def _classes(self) -> tuple[int, int]:
        """Choose two classes: where a tie is broken, where a class costs something, or any."""
        e, rng = self.exchange, self.rng
        draw = rng.random()
        if draw < 0.4:
            unmet = e.unmet()
            if len(unmet):
                i, j = unmet[rng.integers(len(unmet))]
                a, b = int(e.places[i]), int(e.places[j])
                if a != b:
                    return a, b
        if draw < 0.7:
            costly = np.flatnonzero(e.class_cost > 0)
            if len(costly):
                a = int(costly[rng.integers(len(costly))])
                b = int(rng.integers(e.classes - 1))
                return a, b + (b >= a)
        a = int(rng.integers(e.classes))
        b = int(rng.integers(e.classes - 1))
        return a, b + (b >= a)
