"""Simpler ways of forming classes from the same terms: (a) naive CP-SAT, (b) HiGHS, (c) swaps alone.

(a) and (b) share one plain linear model: a Boolean for every pupil and every class, one deviation variable per cell
with two inequalities; no hint, no bound, no class ruled out beforehand. They differ in how a wish is written: (a) as
beginners do, through a Boolean "both here" in every class; (b) as suits a MILP, through the difference of two Booleans.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from ortools.linear_solver.python import model_builder
from ortools.sat.python import cp_model

from benchmarks.answers import Answer, Method, judge, ours, soft_tiers
from benchmarks.cases import Problem
from classi.formation.search import Board, swap_search
from classi.terms import AnyOf, Band, Pair, Place, Range, Shape, Weights, When

WORKERS = 2
NOT_THE_LAST = 0.6
"""Share of the time left that one tier may take, the last one excepted: as classi does."""


class Plain:
    """The terms as linear inequalities, on a model of CP-SAT or of the MILP front end (their builders look alike).

    Parameters
    ----------
    model : an empty model.
    both : wishes through "both here" Booleans instead of differences.
    """

    def __init__(self, model: Any, problem: Problem, *, both: bool) -> None:
        self.model, self.both = model, both
        self.classes = range(len(problem.school.classes))
        self.x = [[model.new_bool_var(f"x{i},{c}") for c in self.classes] for i in range(len(problem.school.pupils))]
        for row in self.x:
            model.add(sum(row) == 1)
        for term in problem.terms:
            if term.weight is None:
                self.cost(term.shape, hard=True)

    def tier(self, problem: Problem, tier: int) -> Any:
        """Return the cost of a tier as an expression."""
        return sum(
            term.weight * self.cost(term.shape)
            for term in problem.terms
            if term.weight is not None and term.tier == tier
        )

    def cost(self, shape: Shape, *, hard: bool = False) -> Any:
        """Return an expression that, minimised, is the excess of a shape; with `hard`, forbid any excess."""
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
        if hard and not isinstance(excess, int):
            self.model.add(excess <= 0)
        return excess

    def _number(self, most: int) -> Any:
        return self.model.new_int_var(0, most, "")

    def _sum(self, classes: Iterable[int], weights: Weights) -> Any:
        return sum(w * self.x[i][c] for c in classes for i, w in weights)

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
        held = sum(self.x[i][c] for i in shape.trigger)
        if isinstance(held, int):
            return 0 if held < shape.at_least else self.cost(shape.band, hard=hard)
        holds = self.model.new_bool_var("")
        self.model.add(held <= shape.at_least - 1 + len(shape.trigger) * holds)
        size = sum(abs(w) for _, w in shape.band.weights)
        deviation = 0 if hard else self._number(10_000_000)
        for bound, sign in ((shape.band.low, 1), (shape.band.high, -1)):
            if bound is not None and not isinstance(total, int):
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
        return sum(self._both_here(pupil, j, c) for j in others for c in self.classes)

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

    def places(self, value: Any) -> tuple[int, ...]:
        """Read the assignment back."""
        return tuple(max(self.classes, key=lambda c: value(row[c])) for row in self.x)


class Solver(Protocol):
    """One run: (model, seconds) → assignment reader or ``None``, and the proved bound."""

    def __call__(self, model: Any, seconds: float, seed: int) -> tuple[Any | None, float]: ...


def _cp_sat(model: Any, seconds: float, seed: int) -> tuple[Any | None, float]:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = WORKERS
    solver.parameters.random_seed = seed
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return (solver.value if found else None), solver.best_objective_bound


def _highs(model: Any, seconds: float, seed: int) -> tuple[Any | None, float]:
    solver = model_builder.Solver("highs")
    solver.set_time_limit_in_seconds(seconds)
    solver.set_solver_specific_parameters(f"output_flag=false\nthreads={WORKERS}\nrandom_seed={seed}")
    status = solver.solve(model)
    found = status in (model_builder.SolveStatus.OPTIMAL, model_builder.SolveStatus.FEASIBLE)
    return (solver.value if found else None), solver.best_objective_bound


def _milp() -> Any:
    builder: Any = model_builder
    return builder.Model()


def _by_tiers(problem: Problem, plain: Plain, run: Solver, seconds: float, seed: int) -> Answer:
    start, places, bounds = time.perf_counter(), None, list[int | None]()
    tiers = soft_tiers(problem)
    board = Board(problem.school, problem.terms)
    for n, tier in enumerate(tiers):
        left = seconds - (time.perf_counter() - start)
        if left <= 0:
            break
        cost = plain.tier(problem, tier)
        plain.model.minimize(cost)
        value, bound = run(plain.model, left * (1.0 if n == len(tiers) - 1 else NOT_THE_LAST), seed)
        if value is None:
            break
        places = plain.places(value)
        bounds.append(math.ceil(bound - 1e-6) if math.isfinite(bound) else None)
        if not isinstance(cost, int):
            plain.model.add(cost <= board.tier_cost(places, tier))
    return judge(problem, places, bounds, time.perf_counter() - start)


def naive_cp_sat(problem: Problem, seconds: float, seed: int) -> Answer:
    """Solve the plain model, "both here" Booleans, with CP-SAT as it comes."""
    start = time.perf_counter()
    plain = Plain(cp_model.CpModel(), problem, both=True)
    return _by_tiers(problem, plain, _cp_sat, seconds - (time.perf_counter() - start), seed)


def highs(problem: Problem, seconds: float, seed: int) -> Answer:
    """Solve the plain model, differences, with HiGHS.

    Raises
    ------
    RuntimeError
        If OR-Tools comes without HiGHS.
    """
    if not model_builder.Solver("highs").solver_is_supported():
        raise RuntimeError("this build of OR-Tools has no HiGHS")
    start = time.perf_counter()
    plain = Plain(_milp(), problem, both=False)
    return _by_tiers(problem, plain, _highs, seconds - (time.perf_counter() - start), seed)


def swaps(problem: Problem, seconds: float, seed: int) -> Answer:
    """Swap pupils at random from a balanced start, keeping what is not worse, all tiers in one price."""
    start = time.perf_counter()
    board = Board(problem.school, problem.terms)
    places = _dealt(problem, seed)
    prices = _lexicographic_prices(problem, board, places)
    left = seconds - (time.perf_counter() - start)
    best, _cost = swap_search(board, places, prices, seconds=left, seed=seed)
    return judge(problem, best, [], time.perf_counter() - start)


def _dealt(problem: Problem, seed: int) -> tuple[int, ...]:
    """Deal the pupils at random, each to the emptiest class open to it."""
    school, sizes = problem.school, [0] * len(problem.school.classes)
    places = [0] * len(school.pupils)
    room = [max(1.0, float(size)) for size in school.planned]
    for i in np.random.default_rng(seed).permutation(len(places)).tolist():
        choice = sorted(school.open_to(i)) or list(range(len(sizes)))
        places[i] = min(choice, key=lambda c: sizes[c] / room[c])
        sizes[places[i]] += 1
    return tuple(places)


def _lexicographic_prices(problem: Problem, board: Board, places: Sequence[int]) -> np.ndarray[Any, Any]:
    """Price a tier above anything the lower ones cost at a random start, hard rules above everything."""
    factors: dict[int, int] = {}
    factor = 1
    for tier in reversed(soft_tiers(problem)):
        factors[tier] = factor
        factor *= board.tier_cost(places, tier) + 1
    return np.array([factor if t.weight is None else t.weight * factors[t.tier] for t in problem.terms], dtype=np.int64)


METHODS: dict[str, Method] = {
    "classi": ours,
    "(a) naive CP-SAT": naive_cp_sat,
    "(b) HiGHS": highs,
    "(c) swaps alone": swaps,
}
