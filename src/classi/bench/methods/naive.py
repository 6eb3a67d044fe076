"""Naive CP-SAT: the plain model, wishes through "both here" Booleans as beginners write them, no parameter set."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ortools.sat.python import cp_model

from classi.bench.methods.base import Trace, formed
from classi.bench.methods.plain import Found, by_tiers, refuse_large
from classi.bench.records import Answer
from classi.case import Case


def run(case: Case, seconds: float, seed: int, workers: int = 1) -> Answer:
    """Form the classes; see `Method`.

    Raises
    ------
    Unavailable
        If the case is too large for the plain model.
    """
    case = formed(case)
    refuse_large(case)
    trace = Trace(case, seconds)

    def solve(model: Any, left: float, found: Found) -> float:
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = workers
        solver.parameters.random_seed = seed
        solver.parameters.max_time_in_seconds = left
        status = solver.solve(model, _Each(found))
        # Where nothing exists at all the bound is none of an objective.
        known = status in (cp_model.OPTIMAL, cp_model.FEASIBLE, cp_model.UNKNOWN)
        return float(solver.best_objective_bound) if known else math.inf

    return by_tiers(cp_model.CpModel(), cp_model.LinearExpr.weighted_sum, trace, solve, both=True)


class _Each(cp_model.CpSolverSolutionCallback):
    """Passes on every assignment."""

    def __init__(self, found: Callable[[Callable[[Any], float]], None]) -> None:
        super().__init__()
        self.found = found

    def on_solution_callback(self) -> None:
        self.found(self.value)
