"""An outsider's check of what the solver claims: made-up schools so small that every assignment can be looked at.

Nothing of `classi` is asked what an assignment costs. The cost of each shape is written here once more, from the
docstrings of `classi.terms` alone, and the truth is read off the list of all assignments: whether any keeps the hard
rules, which is best tier after tier, and the least each tier can cost given what the earlier ones do. Against that
stand the status, the places, the values and the bounds of every way a school can be formed, with time to the end, cut
short, or with a solver that keeps part of what it proved to itself.

    python tests/long/oracle.py --schools 200 --seed 0

prints a table; README.md beside this file holds the last long one.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any
from unittest import mock

from classi.domain import Pupil, School, SchoolClass
from classi.formation import blocks, bounds, counted, engine, large, outlook, parts, solve, split
from classi.formation.engine import Clock, Limits, Outcome
from classi.formation.solve import Cap, Progress, Solution
from classi.terms import AnyOf, Band, Pair, Place, Range, Shape, Term, Weights, When

MOST = 4500
"""Assignments of a school at most."""

Cost = Callable[[Sequence[int]], int]


# --- what an assignment costs ---


def cost_of(shape: Shape) -> Cost:  # noqa: PLR0911 - one return a shape
    """Return a function from the class of each pupil to the excess of a shape."""
    match shape:
        case Pair(first, second, True, times):
            return lambda at: 0 if at[first] == at[second] else times
        case Pair(first, second, False, times):
            return lambda at: times if at[first] == at[second] else 0
        case AnyOf(pupil, others, need, times):
            return lambda at: times * max(0, need - len([j for j in others if at[j] == at[pupil]]))
        case Place(pupil, classes, times):
            return lambda at: 0 if at[pupil] in classes else times
        case Range(classes, weights, limit, unit, times):
            return lambda at: times * _units(spread(at, classes, weights) - limit, unit)
        case When(trigger, at_least, band):
            of_band, (c,) = cost_of(band), band.classes
            return lambda at: of_band(at) if sum(at[i] == c for i in trigger) >= at_least else 0
        case Band(classes, weights, low, high, unit, times):

            def of_band(at: Sequence[int]) -> int:
                total = sum(w for i, w in weights if at[i] in classes)
                missing = 0 if low is None else low - total
                too_much = 0 if high is None else total - high
                return times * _units(max(missing, too_much), unit)

            return of_band


def spread(at: Sequence[int], classes: Sequence[int], weights: Weights) -> int:
    """Return the greatest minus the least sum of a class."""
    sums = [sum(w for i, w in weights if at[i] == c) for c in classes]
    return max(sums) - min(sums)


def _units(distance: int, unit: int) -> int:
    whole, rest = divmod(max(0, distance), unit)
    return whole + (rest > 0)


# --- made-up schools ---


@dataclass(frozen=True)
class Made:
    """A made-up school, its terms, and limits on the cost of some besides."""

    school: School
    terms: tuple[Term, ...]
    caps: tuple[Cap, ...] = ()


class _Maker:
    """Draws the shapes of one criterion after the other, for one school."""

    def __init__(self, draw: random.Random, pupils: int, classes: int) -> None:
        self.draw, self.pupils, self.classes = draw, pupils, classes
        self.everybody: Weights = tuple((i, 1) for i in range(pupils))
        self.sites = [draw.randrange(classes) for _ in range(pupils)]

    def some(self, share: float, values: Sequence[int]) -> Weights:
        """Return weights of some pupils; nobody at times."""
        return tuple((i, self.draw.choice(values)) for i in range(self.pupils) if self.draw.random() < share)

    def copy(self, weights: Weights) -> Weights:
        """Return the same object, as criteria do, or an equal one."""
        return weights if self.shared else tuple((i, w) for i, w in weights)

    def criterion(self) -> list[Shape]:
        """Return the shapes of one criterion."""
        self.shared = self.draw.random() < 0.7
        counts = (self.labels, self.labels, self.sizes, self.mixed, self.range, self.when, self.when, self.crowd)
        names = (self.pairs, self.pairs, self.circle, self.any_of, self.any_of, self.places, self.nobody)
        return self.draw.choice((*counts, *names))()

    def labels(self) -> list[Shape]:
        """Return limits on each group of a column: groups share no pupil."""
        draw = self.draw
        label = [draw.randrange(draw.choice([1, 2, 3])) for _ in range(self.pupils)]
        values = draw.choice([(1,), (1,), (1, 2), (1, 2, 3)])
        unit, times = draw.choice([1, 1, 2, 3]), draw.choice([1, 1, 2])
        found: list[Shape] = []
        for group in range(3):
            weights = tuple((i, draw.choice(values)) for i in range(self.pupils) if label[i] == group)
            low, high = draw.choice([(None, 1), (0, 1), (1, None), (1, 2), (None, 2), (1, 1), (4, None), (None, -1)])
            found += [Band((c,), self.copy(weights), low, high, unit, times) for c in range(self.classes)]
        return found if draw.random() < 0.7 else [s for s in found if draw.random() < 0.8]

    def sizes(self) -> list[Shape]:
        """Return the usual limits on how many a class holds, a little different from class to class at times."""
        mean, draw = self.pupils // self.classes, self.draw
        low, high = draw.choice([(mean, mean + 1), (mean - 1, mean + 2), (None, mean + 1), (mean, None)])
        less = draw.choice([0, 0, 1])
        limits = [None if high is None else high - less * (c == 0) for c in range(self.classes)]
        return [
            Band((c,), self.copy(self.everybody), None if low is None else min(low, most or low), most)
            for c, most in enumerate(limits)
        ]

    def mixed(self) -> list[Shape]:
        """Return a limit on several classes together, or one below zero."""
        draw = self.draw
        weights = self.some(0.6, draw.choice([(-2, -1, 1, 2), (1,), (1, 2)]))
        unit, times = draw.choice([1, 2, 3]), draw.choice([1, 1, 3])
        found: list[Shape] = []
        for _ in range(draw.choice([1, 1, 2])):
            chosen = tuple(draw.sample(range(self.classes), draw.randint(1, self.classes)))
            low, high = draw.choice([(-1, 0), (None, -1), (0, None), (1, 1), (-1, 2), (2, None), (None, 1)])
            found.append(Band(chosen, self.copy(weights), low, high, unit, times))
        return found

    def range(self) -> list[Shape]:
        """Return a limit on the difference between classes."""
        draw = self.draw
        chosen = tuple(sorted(draw.sample(range(self.classes), draw.randint(1, self.classes))))
        weights = self.some(0.8, draw.choice([(1,), (2,), (1, 2, 3), (-1, 1, 2)]))
        return [Range(chosen, weights, draw.choice([0, 0, 1, 2]), draw.choice([1, 1, 2]), draw.choice([1, 2]))]

    def two(self) -> tuple[int, int]:
        first, second = self.draw.sample(range(self.pupils), 2)
        return first, second

    def pairs(self) -> list[Shape]:
        draw = self.draw
        together = draw.random() < 0.6
        return [Pair(*self.two(), together, draw.choice([1, 1, 2])) for _ in range(draw.randint(1, 4))]

    def circle(self) -> list[Shape]:
        """Return friends of friends, more than one class may hold."""
        ring = self.draw.sample(range(self.pupils), self.draw.randint(3, min(6, self.pupils)))
        return [Pair(a, b, together=True) for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)]

    def any_of(self) -> list[Shape]:
        draw = self.draw
        found: list[Shape] = []
        for _ in range(draw.randint(1, 3)):
            pupil, *others = draw.sample(range(self.pupils), draw.randint(2, 4))
            found.append(AnyOf(pupil, tuple(others), draw.choice([1, 1, 2]), draw.choice([1, 1, 2])))
        return found

    def when(self) -> list[Shape]:
        """Return limits on classes that hold some of a group: of their size, or of the group itself."""
        draw = self.draw
        trigger = tuple(sorted(draw.sample(range(self.pupils), draw.randint(1, min(5, self.pupils)))))
        own = tuple((i, 1) for i in trigger)
        weights = draw.choice([self.everybody, own, own, self.some(0.6, (-1, 1, 2))])
        low, high = draw.choice([(2, None), (3, None), (None, 1), (None, 2), (1, 2), (None, 3), (2, 2)])
        at_least, unit, times = draw.choice([0, 1, 1, 1, 2, 3]), draw.choice([1, 1, 2]), draw.choice([1, 1, 2])
        return [
            When(trigger if self.shared else (*trigger,), at_least,
                 Band((c,), self.copy(weights), low, high, unit, times))
            for c in range(self.classes) if draw.random() < 0.9
        ]  # fmt: skip

    def crowd(self) -> list[Shape]:
        """Return few of a group in each class, and a class that is small where it holds one."""
        draw = self.draw
        trigger = tuple(draw.sample(range(self.pupils), draw.randint(1, 3)))
        few = tuple((i, 1) for i in trigger)
        less = max(1, -(-self.pupils // self.classes) - draw.choice([0, 1, 1]))
        small: list[Shape] = [When(trigger, 1, Band((c,), self.everybody, None, less)) for c in range(self.classes)]
        return [*small, *(Band((c,), few, None, 1) for c in range(self.classes))]

    def places(self) -> list[Shape]:
        draw = self.draw
        one = draw.sample(range(self.pupils), draw.randint(1, 3))
        return [
            Place(i, frozenset(draw.sample(range(self.classes), draw.randint(1, self.classes))), draw.choice([1, 2]))
            for i in one
        ]

    def nobody(self) -> list[Shape]:
        """Return rules about nobody: constants that must be counted once each."""
        draw = self.draw
        found: list[Shape] = [
            Band((c,), self.copy(()), low, None) for c in range(self.classes) for low in (draw.choice([0, 1]),)
        ]
        at_least = draw.choice([0, 1])
        return [*found, When((), at_least, Band((0,), (), 1, None)), AnyOf(0, (), 1), Range((0,), ())]


def made_up(seed: int) -> Made:
    """Return a school of at most `MOST` assignments, with some assignment that keeps nearly all hard rules, or not."""
    draw = random.Random(seed)
    classes = draw.choice([2, 2, 3, 3, 4, 5])
    pupils = draw.randint(4, {2: 9, 3: 7, 4: 6, 5: 5}[classes])
    maker, school = _Maker(draw, pupils, classes), _school(draw, pupils, classes)
    planted = [draw.choice(sorted(room)) for room in school.open or [range(classes)] * pupils]
    kept = draw.choice([(), (0,), (0,), (0, 1), (0, 2)])  # tiers that cost nothing there; hard rules stand as 0
    hard_share, tiers = draw.choice([0.1, 0.25, 0.4]), draw.choice([(1,), (1, 1, 2), (1, 2, 3), (2, 5, 7, 9)])
    terms: list[Term] = []
    for criterion in range(draw.randint(3, 12)):
        hard, tier, unlike = draw.random() < hard_share, draw.choice(tiers), draw.random() < 0.3
        tier, weight = 0 if hard else tier, draw.choice((1, 1, 2, 3, 5, 7))
        for shape in maker.criterion():
            price = None if hard else draw.choice((1, 2, 3) if unlike else (4, 6, 10) if weight == 7 else (weight,))
            if tier not in kept or cost_of(shape)(planted) == 0 or draw.random() < 0.02:
                terms += [Term(shape, criterion, price, tier)] * (1 + (draw.random() < 0.02))
    terms = [replace(t) for t in terms]  # equal terms may come twice, as objects of their own
    return Made(school, tuple(terms), _caps(draw, terms))


def _school(draw: random.Random, pupils: int, classes: int) -> School:
    """Return a school where everybody may be anywhere, or only some in some classes, or each site has its own."""
    kind, cut = draw.choice(["anywhere", "anywhere", "some", "sites"]), draw.randint(1, classes)
    rooms: tuple[frozenset[int], ...] = ()
    if kind == "some":
        sets = [frozenset(draw.sample(range(classes), draw.randint(1, classes))) for _ in range(3)]
        rooms = tuple(draw.choice([*sets, frozenset(range(classes))]) for _ in range(pupils))
    elif kind == "sites" and cut < classes:
        sets = [frozenset(range(cut)), frozenset(range(cut, classes))]
        rooms = tuple(draw.choice(sets) for _ in range(pupils))
    people = tuple(Pupil(f"p{i}") for i in range(pupils))
    return School(people, tuple(SchoolClass(f"c{c}") for c in range(classes)), open=rooms)


def _caps(draw: random.Random, terms: Sequence[Term]) -> tuple[Cap, ...]:
    soft = [t for t in terms if t.weight is not None]
    if not soft or draw.random() < 0.75:
        return ()
    chosen = tuple(t for t in soft if t.criterion == draw.choice(soft).criterion) or tuple(soft[:3])
    return (Cap(chosen, draw.choice([0, 1, 3, 6])),)


# --- the truth ---


class Truth:
    """Every assignment that keeps the hard rules and the caps, with the excess of each term."""

    def __init__(self, made: Made, *, caps: bool = True) -> None:
        self.made = made
        self.costs = {id(t): cost_of(t.shape) for t in made.terms}
        self.soft = [t for t in made.terms if t.weight is not None]
        self.hard = [self.costs[id(t)] for t in made.terms if t.weight is None]
        self.tiers = sorted({t.tier for t in self.soft})
        school = made.school
        self.rooms = school.open or (frozenset(range(len(school.classes))),) * len(school.pupils)
        self.limits = made.caps if caps else ()
        self.all = [at for at in product(*map(sorted, self.rooms)) if self.keeps(at)]

    def keeps(self, at: Sequence[int]) -> bool:
        """Tell whether an assignment keeps the rooms, the hard rules and the caps."""
        return (
            all(c in room for c, room in zip(at, self.rooms, strict=True))
            and not any(cost(at) for cost in self.hard)
            and all(self.cost(at, limit.terms) <= limit.most for limit in self.limits)
        )

    def cost(self, at: Sequence[int], terms: Sequence[Term]) -> int:
        """Return what some soft terms cost, weights included."""
        return sum((t.weight or 0) * self.costs[id(t)](at) for t in terms)

    def of_tiers(self, at: Sequence[int]) -> tuple[int, ...]:
        """Return the cost of each tier."""
        found = dict.fromkeys(self.tiers, 0)
        for t in self.soft:
            found[t.tier] += (t.weight or 0) * self.costs[id(t)](at)
        return tuple(found.values())

    @cached_property
    def values(self) -> set[tuple[int, ...]]:
        """The costs, tier by tier, that some assignment has."""
        return {self.of_tiers(at) for at in self.all}

    def least(self, n: int, earlier: Sequence[int]) -> int:
        """Return the least cost of the n-th tier where those before it cost no more than `earlier`."""
        return min(v[n] for v in self.values if all(a <= b for a, b in zip(v, earlier[:n], strict=False)))


# --- what is claimed ---


def faults(truth: Truth, found: Solution, *, ended: bool) -> list[str]:
    """Return what is not true in an answer; with `ended` it had the time to prove everything."""
    if found.status not in ("OPTIMAL", "FEASIBLE", "INFEASIBLE", "UNKNOWN"):
        return [f"status {found.status}"]
    if not truth.all:
        wrong = found.places is not None or found.status not in ("INFEASIBLE", "UNKNOWN")
        late = ended and found.status != "INFEASIBLE"
        return [f"{found.status}, but no assignment exists"] if wrong or late else []
    if found.places is None:
        allowed = not ended and found.status == "UNKNOWN"
        return [] if allowed else [f"{found.status}, but {len(truth.all)} assignments exist"]
    return list(_of_places(truth, found)) or list(_of_tiers(truth, found, ended=ended))


def _of_places(truth: Truth, found: Solution) -> Iterator[str]:
    assert found.places is not None
    if not truth.keeps(found.places):
        yield f"places break a hard rule: {found.places}"
    if [t.tier for t in found.tiers] != truth.tiers:
        yield f"tiers {[t.tier for t in found.tiers]} are told, {truth.tiers} asked"
    elif truth.of_tiers(found.places) != tuple(t.value for t in found.tiers):
        yield f"values {[t.value for t in found.tiers]} are told, the places cost {truth.of_tiers(found.places)}"


def _of_tiers(truth: Truth, found: Solution, *, ended: bool) -> Iterator[str]:
    values = tuple(t.value for t in found.tiers)
    for n, t in enumerate(found.tiers):
        if t.bound > (least := truth.least(n, values)):
            yield f"tier {t.tier}: bound {t.bound}, but {least} is possible with {values[:n]} before"
    best = min(truth.values)
    if found.status == "OPTIMAL" and values != best:
        yield f"OPTIMAL with {values}, but {best} is possible"
    if (found.status == "OPTIMAL") != all(t.proved for t in found.tiers):
        yield f"{found.status} with {found.tiers}"
    if ended and found.status != "OPTIMAL":
        yield f"{found.status} although there was time"


class News:
    """Listens to a formation, and notes what of its live news is not true.

    Where a value is told with a bound, the bound holds given the values last told of the earlier tiers.
    """

    def __init__(self, truth: Truth) -> None:
        self.truth, self.last, self.faults = truth, dict[int, int](), list[str]()

    def __call__(self, news: Progress) -> None:
        if news.value is None or not self.truth.all:
            return
        self.last[news.tier] = news.value
        n = self.truth.tiers.index(news.tier)
        earlier = [self.last.get(t, 10**9) for t in self.truth.tiers[:n]]
        if news.bound > self.truth.least(n, earlier):
            self.faults.append(f"news of tier {news.tier}: bound {news.bound} given {earlier}")


# --- ways to form a school ---


@contextmanager
def keeping_to_itself(seed: int) -> Iterator[None]:
    """Let every answer of the solver be true, and at times less than it knows: nothing at all, or a lower bound."""
    draw, whole = random.Random(seed), engine.run

    def run(*given: Any, **more: Any) -> Outcome:
        outcome = whole(*given[:3], None, *given[4:], **more)  # no live news of what is then kept back
        if draw.random() < 0.45:
            return outcome
        if outcome.bound is None or outcome.value is None or draw.random() < 0.3:
            return Outcome("UNKNOWN", None, None, None)
        return replace(outcome, status="FEASIBLE", bound=max(0, outcome.bound - draw.randint(1, 3)))

    with ExitStack() as all_of_them:
        for module in (solve, blocks, counted):
            all_of_them.enter_context(mock.patch.object(module, "run", run))
        yield


@contextmanager
def divided_small(seed: int) -> Iterator[None]:
    """Let pools of two classes and more be formed group by group and mended, the prover at times not asked after it."""
    draw = random.Random(seed)
    changes = {"LARGEST_GROUP": draw.choice([1, 2]), "MENDED": draw.choice([2, 3]), "STALE": 4}
    changes |= {"PROVABLE": draw.choice([0, 50]), "TOGETHER": draw.choice([1, 6])}
    with mock.patch.object(parts, "LARGEST", draw.choice([1, 2])), mock.patch.multiple(large, **changes):
        yield


Way = Callable[[Made, int], list[str]]


def _solved(made: Made, limits: Limits, *, ended: bool) -> list[str]:
    truth = Truth(made)
    news = News(truth)
    found = solve.solve(made.school, made.terms, limits, news, caps=made.caps)
    return [*faults(truth, found, ended=ended), *news.faults]


def _parted(made: Made, limits: Limits, *, ended: bool) -> list[str]:
    return faults(Truth(made, caps=False), parts.form_parts(made.school, made.terms, limits), ended=ended)


def whole(made: Made, seed: int) -> list[str]:
    """`solve`, one thread, with time to the end."""
    return _solved(made, Limits(60, workers=1, seed=seed), ended=True)


def threads(made: Made, seed: int) -> list[str]:
    """`solve`, two threads, with time to the end."""
    return _solved(made, Limits(60, workers=2, seed=seed), ended=True)


def cut_short(made: Made, seed: int) -> list[str]:
    """`solve`, one thread, a fixed amount of work that is often too little."""
    seconds = random.Random(seed).choice([0.0005, 0.001, 0.002, 0.005, 0.01, 0.03])
    return _solved(made, Limits(seconds, workers=1, seed=seed), ended=False)


def hurried(made: Made, seed: int) -> list[str]:
    """`solve`, two threads, 10 to 300 ms of the clock on the wall."""
    seconds = random.Random(seed).choice([0.01, 0.03, 0.1, 0.3])
    return _solved(made, Limits(seconds, workers=2, seed=seed), ended=False)


def interrupted(made: Made, seed: int) -> list[str]:
    """`solve`, one thread, stopped at the first, second, … news."""
    truth, clock, left = Truth(made), Clock(Limits(60, workers=1, seed=seed)), [random.Random(seed).randint(1, 8)]
    news = News(truth)

    def listen(told: Progress) -> None:
        news(told)
        left[0] -= 1
        if not left[0]:
            clock.stop.set()

    found = solve.solve(made.school, made.terms, clock.limits, listen, clock, made.caps)
    return [*faults(truth, found, ended=False), *news.faults]


def withheld(made: Made, seed: int) -> list[str]:
    """`solve` with a solver that keeps part of what it knows to itself."""
    with keeping_to_itself(seed):
        return _solved(made, Limits(60, workers=1, seed=seed), ended=False)


def apart(made: Made, seed: int) -> list[str]:
    """`form_parts`, one thread, with time to the end."""
    return _parted(made, Limits(60, workers=1, seed=seed), ended=True)


def taken_apart(made: Made, seed: int) -> list[str]:
    """`take_apart`: whatever the assignment, the parts cost together what the school costs, in every tier."""
    truth = Truth(made, caps=False)
    found = split.take_apart(made.school, made.terms)
    if found.impossible:
        return ["said to be impossible"] if truth.all else []
    halves = [(part, Truth(Made(part.school, part.terms), caps=False)) for part in found.parts]
    draw, wrong = random.Random(seed), 0
    rooms = bounds.domains(made.school, [t for t in made.terms if t.weight is None])
    every = list(product(*map(sorted, rooms)))
    for at in draw.sample(every, min(200, len(every))):
        sums, kept = Counter(found.constants), True
        for part, own in halves:
            there = [part.classes.index(at[i]) for i in part.pupils]
            kept = kept and own.keeps(there)
            sums.update(dict(zip(own.tiers, own.of_tiers(there), strict=True)))
        wrong += kept != truth.keeps(at) or tuple(sums[t] for t in truth.tiers) != truth.of_tiers(at)
    return [f"the parts do not add up in {wrong} assignments"] if wrong else []


def apart_withheld(made: Made, seed: int) -> list[str]:
    """`form_parts` with a solver that keeps part of what it knows to itself."""
    with keeping_to_itself(seed):
        return _parted(made, Limits(60, workers=1, seed=seed), ended=False)


def divided(made: Made, seed: int) -> list[str]:
    """`form_large` on a small school: divided, mended, and then proved or closed."""
    with divided_small(seed):
        return _parted(made, Limits(60, workers=1, seed=seed), ended=False)


def divided_withheld(made: Made, seed: int) -> list[str]:
    """`form_large` with a solver that keeps part of what it knows to itself."""
    with divided_small(seed), keeping_to_itself(seed):
        return _parted(made, Limits(60, workers=1, seed=seed), ended=False)


def divided_hurried(made: Made, seed: int) -> list[str]:
    """`form_large`, two threads, 10 to 300 ms of the clock on the wall."""
    seconds = random.Random(seed).choice([0.01, 0.03, 0.1, 0.3])
    with divided_small(seed):
        return _parted(made, Limits(seconds, workers=2, seed=seed), ended=False)


# --- the bounds by themselves ---


def looked_ahead(made: Made, seed: int) -> list[str]:
    """`blocks`, `look_ahead` and `count` of every tier, alone and where the tiers before it cost nothing."""
    truth, draw = Truth(made, caps=False), random.Random(seed)
    hard = [t for t in made.terms if t.weight is None]
    rooms = bounds.domains(made.school, hard)
    found: list[str] = []
    for n, tier in enumerate(truth.tiers):
        kept = [t for t in truth.soft if t.tier in [e for e in truth.tiers[:n] if draw.random() < 0.7]]
        allowed = [at for at in truth.all if not truth.cost(at, kept)]
        terms = [t for t in truth.soft if t.tier == tier]
        if allowed:
            found += _of_criteria(truth)
            found += _of_outlook(truth, allowed, terms, hard, kept, rooms)
            found += _of_counting(truth, allowed, draw, terms, [*hard, *kept], rooms)
    return found


def _of_criteria(truth: Truth) -> Iterator[str]:
    for criterion, bound in bounds.criterion_bounds(truth.made.school, truth.made.terms).items():
        own = [truth.costs[id(t)] for t in truth.made.terms if t.criterion == criterion]
        if bound > (least := min(sum(cost(at) for cost in own) for at in truth.all)):
            yield f"criterion {criterion}: bound {bound}, possible {least}"


def _of_outlook(
    truth: Truth,
    allowed: Sequence[Sequence[int]],
    terms: Sequence[Term],
    hard: Sequence[Term],
    kept: Sequence[Term],
    rooms: bounds.Domains,
) -> Iterator[str]:
    clock = Clock(Limits(60, workers=1))
    ahead = outlook.look_ahead(1, terms, hard, kept, rooms, clock, 30)
    least = min(truth.cost(at, terms) for at in allowed)
    if ahead.bound > least:
        yield f"outlook {ahead.bound}, possible {least}"
    shares = [(b.terms, b.bound) for b in ahead.costly] + [(g.terms, g.forced * g.price) for g in ahead.groups]
    for own, bound in shares:
        if bound > (possible := min(truth.cost(at, own) for at in allowed)):
            yield f"block or group {bound}, possible {possible}: {own}"
    if max(Counter(id(t) for own, _bound in shares for t in own).values()) > 1:
        yield "a term is in two blocks"
    met = any(all(truth.cost(at, own) <= bound for own, bound in shares) for at in allowed)
    if not met and ahead.asked + ahead.step > least:
        yield f"not at {ahead.asked}, so {ahead.step} above, but {least} is possible"
    named = [t for t in terms if not isinstance(t.shape, outlook.COUNTS)]
    if ahead.ties > min(truth.cost(at, named) for at in allowed):
        yield f"ties {ahead.ties}"


def _of_counting(
    truth: Truth,
    allowed: Sequence[Sequence[int]],
    draw: random.Random,
    terms: Sequence[Term],
    required: Sequence[Term],
    rooms: bounds.Domains,
) -> Iterator[str]:
    # Few criteria at a time: many tell all pupils apart, and then nothing is counted.
    few = set(draw.sample(sorted({t.criterion for t in (*terms, *required)}), 1)) | {draw.randrange(10)}
    for wanted, asked in (
        (terms, required),
        ([t for t in terms if t.criterion in few], [t for t in required if t.criterion in few]),
    ):
        answer = counted.count(wanted, asked, rooms, Clock(Limits(60, workers=1)), 30)
        mine = [t for t in wanted if isinstance(t.shape, outlook.COUNTS)]
        if answer is None:
            continue
        if answer.bound > (least := min(truth.cost(at, mine) for at in allowed)):
            yield f"count {answer.bound}, possible {least}"
        spent = sum((t.weight or 0) * answer.spent.get(id(t), 0) for t in mine)
        if answer.spent and spent != answer.bound:
            yield f"count {answer.bound}, spent {spent}"


WAYS: Mapping[str, Way] = {
    way.__name__: way
    for way in (
        looked_ahead, taken_apart, whole, withheld, cut_short, interrupted, apart, apart_withheld, divided,
        divided_withheld, threads, hurried, divided_hurried,
    )
}  # fmt: skip


def contradictions(way: Way, seed: int) -> list[str]:
    """Return what one way of forming one made-up school claims and is not true; an error of the program is one too."""
    made = made_up(seed)
    try:
        return way(made, seed)
    except Exception as error:  # whatever it is, it is to be reported with its seed
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""
        return [f"{type(error).__name__}: {error} ({where})"]


def main() -> None:
    """Form many schools in the chosen ways and print a table of what was found."""
    asked = argparse.ArgumentParser(description=main.__doc__)
    asked.add_argument("--schools", type=int, default=100)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--ways", nargs="*", default=list(WAYS), choices=list(WAYS))
    chosen = asked.parse_args()
    print("| what | schools | contradictions | CPU s |\n|---|---|---|---|")
    for name in chosen.ways:
        began, wrong = time.process_time(), 0
        for seed in range(chosen.seed, chosen.seed + chosen.schools):
            for fault in (found := contradictions(WAYS[name], seed)):
                print(f"{name} {seed}: {fault}", file=sys.stderr)
            wrong += bool(found)
        what = (WAYS[name].__doc__ or "").rstrip(".")
        spent = time.process_time() - began
        print(f"| `{name}`: {what} | {chosen.schools} | {wrong} | {spent:.0f} |", flush=True)


if __name__ == "__main__":
    main()
