"""HiGHS, the free MILP solver: the plain model, a wish through the difference of two Booleans, as suits a MILP.

It comes inside OR-Tools, whose front end tells only the last assignment of a run: there is one event a tier, and the
times of this method to a given quality are upper limits.
"""

from __future__ import annotations

import math
from typing import Any

from ortools.linear_solver.python import model_builder

from classi.bench.methods.base import Trace, Unavailable, formed
from classi.bench.methods.plain import Found, by_tiers, refuse_large
from classi.bench.records import Answer
from classi.case import Case
from classi.i18n import _


def run(case: Case, seconds: float, seed: int, workers: int = 1) -> Answer:
    """Form the classes; see `Method`.

    Raises
    ------
    Unavailable
        If the case is too large for the plain model, or OR-Tools comes without HiGHS.
    """
    if not model_builder.Solver("highs").solver_is_supported():
        raise Unavailable(_("This build of OR-Tools has no HiGHS."))
    case = formed(case)
    refuse_large(case)
    trace = Trace(case, seconds)

    def solve(model: Any, left: float, found: Found) -> float:
        solver = model_builder.Solver("highs")
        solver.set_time_limit_in_seconds(left)
        solver.set_solver_specific_parameters(f"output_flag=false\nthreads={workers}\nrandom_seed={seed}")
        status = solver.solve(model)
        if status in (model_builder.SolveStatus.OPTIMAL, model_builder.SolveStatus.FEASIBLE):
            found(solver.value)
            return float(solver.best_objective_bound)
        return math.inf

    builder: Any = model_builder
    return by_tiers(builder.Model(), builder.LinearExpr.weighted_sum, trace, solve, both=False)
