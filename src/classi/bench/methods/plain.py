"""The terms as linear inequalities, as anyone would write them down: shared by the naive CP-SAT model and the MILP.

A Boolean for every pupil and every class, one deviation variable a cell with two inequalities; no hint, no bound, no
class ruled out beforehand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from classi.bench.methods.base import Trace, Unavailable
from classi.bench.records import Answer
from classi.case import Case
from classi.i18n import _
from classi.terms import AnyOf, Band, Pair, Place, Range, Shape, Weights, When

LARGEST = 2_000_000
"""Pupils × classes beyond which the model does not fit into an ordinary computer's memory."""

NOT_THE_LAST = 0.6
"""Share of the time left that one tier may take, the last one excepted."""

Found = Callable[[Callable[[Any], float]], None]
"""Called with a reader of the variables for every assignment found."""

Run = Callable[[Any, float, Found], float]
"""One run, (model, seconds, found) → the proved bound, infinite where there is none."""


class Late(Exception):
    """The time ended while the model was still being written."""


class Plain:
    """The terms on a model of CP-SAT or of the MILP front end (their builders look alike).

    Parameters
    ----------
    model : an empty model.
    total : the builder's weighted sum, (variables, coefficients) → expression.
    trace : its clock; writing a large model is part of a method's time.
    both : wishes through "both here" Booleans instead of differences.
    """

    def __init__(self, model: Any, total: Callable[..., Any], trace: Trace, *, both: bool) -> None:
        self.model, self.total, self.trace, self.both = model, total, trace, both
        school = trace.case.school
        self.classes = range(len(school.classes))
        self.x: list[list[Any]] = []
        for _pupil in school.pupils:
            self._in_time()
            self.x.append([model.new_bool_var("") for _ in self.classes])
            model.add(self._total(self.x[-1], [1] * len(self.classes)) == 1)
        if trace.case.seats is not None:  # no rule says so: the seats are facts
            for i, row in enumerate(self.x):
                model.add(self._total([row[c] for c in school.open_to(i)], [1] * len(school.open_to(i))) == 1)
        for term in trace.case.terms:
            if term.weight is None:
                self.cost(term.shape, hard=True)

    def tier(self, tier: int) -> Any:
        """Return the cost of a tier as an expression."""
        terms = [t for t in self.trace.case.terms if t.weight is not None and t.tier == tier]
        costs = [(self.cost(t.shape), t.weight) for t in terms]
        fixed = sum(w * e for e, w in costs if isinstance(e, int) and w is not None)
        open_ = [(e, w) for e, w in costs if not isinstance(e, int)]
        return self._total([e for e, _w in open_], [w for _e, w in open_]) + fixed

    def cost(self, shape: Shape, *, hard: bool = False) -> Any:
        """Return an expression that, minimised, is the excess of a shape; with `hard`, forbid any excess."""
        self._in_time()
        excess: Any
        match shape:
            case Band(classes, weights, low, high, unit, times):
                excess = times * self._deviation(self._sum(classes, weights), low, high, unit, hard=hard)
            case When():
                excess = self._when(shape, hard=hard)
            case Range(classes, weights, limit, unit, times):
                excess = times * self._range(classes, weights, limit, unit)
            case Pair(one, two, together, times):
                excess = times * (self._apart(one, two) if together else self._met(one, [two]))
            case AnyOf(pupil, others, need, times):
                missing = self._number(need)
                self.model.add(missing >= need - self._met(pupil, others))
                excess = times * missing
            case Place(pupil, classes, times):
                excess = times * (1 - sum(self.x[pupil][c] for c in classes))
        if hard and isinstance(excess, int):
            if excess > 0:  # broken whatever happens: nobody is in two classes
                self.model.add(self._total(self.x[0], [1] * len(self.classes)) == 2)
        elif hard:
            self.model.add(excess <= 0)
        return excess

    def _in_time(self) -> None:
        if self.trace.left <= 0:
            raise Late

    def _number(self, most: int) -> Any:
        return self.model.new_int_var(0, most, "")

    def _total(self, variables: Sequence[Any], weights: Sequence[Any]) -> Any:
        return self.total(variables, weights) if variables else 0

    def _sum(self, classes: Iterable[int], weights: Weights) -> Any:
        classes = tuple(classes)
        variables = [self.x[i][c] for c in classes for i, _w in weights]
        return self._total(variables, [w for _c in classes for _i, w in weights])

    def _deviation(self, total: Any, low: int | None, high: int | None, unit: int, *, hard: bool) -> Any:
        if isinstance(total, int):  # nobody to count
            under = 0 if low is None else max(0, -((total - low) // unit))
            over = 0 if high is None else max(0, -((high - total) // unit))
            return max(under, over)
        deviation = 0 if hard else self._number(10_000_000)
        if low is not None:
            self.model.add(total + unit * deviation >= low)
        if high is not None:
            self.model.add(total - unit * deviation <= high)
        return deviation

    def _when(self, shape: When, *, hard: bool) -> Any:
        (c,) = shape.band.classes
        total = self._sum((c,), shape.band.weights)
        held = self._total([self.x[i][c] for i in shape.trigger], [1] * len(shape.trigger))
        if isinstance(held, int):
            return 0 if held < shape.at_least else self.cost(shape.band, hard=hard)
        holds = self.model.new_bool_var("")
        self.model.add(held <= shape.at_least - 1 + len(shape.trigger) * holds)
        size = sum(abs(w) for _, w in shape.band.weights)
        deviation = self._number(10_000_000)
        for bound, sign in ((shape.band.low, 1), (shape.band.high, -1)):
            if bound is not None:
                loose = (size + abs(bound)) * (1 - holds)
                self.model.add(sign * total + shape.band.unit * deviation + loose >= sign * bound)
        return shape.band.times * deviation

    def _range(self, classes: Sequence[int], weights: Weights, limit: int, unit: int) -> Any:
        reach = sum(abs(w) for _, w in weights)
        top, bottom = (self.model.new_int_var(-reach, reach, "") for _ in range(2))
        for c in classes:
            total = self._sum((c,), weights)
            self.model.add(top >= total)
            self.model.add(bottom <= total)
        over = self._number(2 * reach)
        self.model.add(top - bottom <= limit + unit * over)
        return over

    def _met(self, pupil: int, others: Iterable[int]) -> Any:
        """Count the others who are in the pupil's class."""
        here = [self._both_here(pupil, j, c) for j in others for c in self.classes]
        return self._total(here, [1] * len(here))

    def _apart(self, one: int, two: int) -> Any:
        unmet = self.model.new_bool_var("")
        if self.both:
            self.model.add(unmet >= 1 - self._met(one, [two]))
            return unmet
        for c in self.classes:
            self.model.add(self.x[one][c] - self.x[two][c] <= unmet)
        return unmet

    def _both_here(self, one: int, two: int, c: int) -> Any:
        a, b, both = self.x[one][c], self.x[two][c], self.model.new_bool_var("")
        self.model.add(both <= a)
        self.model.add(both <= b)
        self.model.add(both >= a + b - 1)
        return both

    def places(self, value: Callable[[Any], float]) -> tuple[int, ...]:
        """Read the assignment back."""
        return tuple(max(self.classes, key=lambda c: value(row[c])) for row in self.x)


def refuse_large(case: Case) -> None:
    """Raise `Unavailable` for a case beyond `LARGEST`."""
    size = len(case.school.pupils) * len(case.school.classes)
    if size > LARGEST:
        text = _("{size} pupils × classes are too many for the plain model: at most {largest}.")
        raise Unavailable(text.format(size=size, largest=LARGEST))


def by_tiers(model: Any, total: Callable[..., Any], trace: Trace, run: Run, *, both: bool) -> Answer:
    """Solve tier after tier, the values reached in the earlier ones as constraints.

    Parameters
    ----------
    model, total, both : see `Plain`.
    run : one run of the solver.
    """
    try:
        plain = Plain(model, total, trace, both=both)
        for n, tier in enumerate(trace.tiers):
            cost = plain.tier(tier)
            if not _tier(plain, tier, cost, run, last=n == len(trace.tiers) - 1):
                break
    except Late:
        pass
    return trace.answer()


def _tier(plain: Plain, tier: int, cost: Any, run: Run, *, last: bool) -> bool:
    """Solve one tier and fix its value; False when nothing was found or no time is left."""
    trace, best = plain.trace, list[tuple[int, ...]]()
    if trace.left <= 0:
        return False

    def found(value: Callable[[Any], float]) -> None:
        best[:] = [plain.places(value)]
        trace.found(best[0])

    plain.model.minimize(cost)
    for share in (1.0,) if last else (NOT_THE_LAST, 1.0):  # where nothing was found in its share, in all that is left
        if not best and trace.left > 0:
            bound = run(plain.model, trace.left * share, found)
            if math.isfinite(bound):
                trace.proved(tier, max(0, math.ceil(bound - 1e-6)))
    if not best:
        return False
    if not isinstance(cost, int):
        k = 1 + trace.tiers.index(tier)  # the first value counts the hard rules
        plain.model.add(cost <= trace.values(best[0])[k])
    return True
