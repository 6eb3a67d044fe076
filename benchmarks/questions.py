"""How CP-SAT is best asked "is there an assignment with every tier at its bound?": ``python -m benchmarks.questions``.

The question is taken as the search puts it, and given to CP-SAT with other settings. Processor seconds, one run each.
"""

from __future__ import annotations

import sys
import time
from typing import Any
from unittest import mock

from ortools.sat.python import cp_model

from benchmarks.tables import markdown
from classi.bench.instances import read
from classi.bench.records import Instance
from classi.formation import solve
from classi.formation.engine import Clock, Limits, Outcome

LIMIT = 20.0
SCHOOLS = tuple(Instance("standard", 300, seed) for seed in (1, 2, 4))
LIGHT = {"cp_model_probing_level": 0, "symmetry_level": 0}
ONCE = {**LIGHT, "max_presolve_iterations": 1}
SETTINGS: dict[str, dict[str, Any]] = {
    "as asked: two threads, simplified once": {"num_workers": 2, **ONCE},
    "two threads, no probing, no symmetry": {"num_workers": 2, **LIGHT},
    "two threads, CP-SAT's own settings": {"num_workers": 2},
    "two threads, not simplified": {"num_workers": 2, "cp_model_presolve": False},
    "one thread in turns, default_lp and core": {
        "num_workers": 1, "interleave_search": True, "subsolvers": ["default_lp", "core"], **ONCE,
    },
    "one thread": {"num_workers": 1, **ONCE},
    "one thread, no linear programming": {"num_workers": 1, "linearization_level": 0, **ONCE},
    "one thread, more linear programming": {"num_workers": 1, "linearization_level": 2, **ONCE},
}  # fmt: skip


def question(school: Instance) -> Any:
    """Return the model of the question about a school."""
    asked: list[Any] = []

    def note(encoding: Any, *_arguments: Any, **_more: Any) -> Outcome:
        asked.append(encoding.model)
        return Outcome("UNKNOWN", None, None, None)

    case = read(school)
    formation = solve.Formation(case.school, case.terms, Clock(Limits(seconds=1000)), lambda _news: None)
    with mock.patch.object(solve, "run", note):
        formation._rest_at_its_bound()
    return asked[0]


def ask(model: Any, settings: dict[str, Any]) -> str:
    """Return the processor seconds to an answer, and which it was."""
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = LIMIT
    solver.parameters.presolve_inclusion_work_limit = 0
    for name, value in settings.items():
        if isinstance(value, list):
            getattr(solver.parameters, name).extend(value)
        else:
            setattr(solver.parameters, name, value)
    start = time.process_time()
    status = solver.status_name(solver.solve(model))
    return f"{time.process_time() - start:.2f}" if status != "UNKNOWN" else "open"


def main() -> None:
    """Print the table."""
    models = {str(school): question(school) for school in SCHOOLS}
    rows = [[name, *(ask(model, settings) for model in models.values())] for name, settings in SETTINGS.items()]
    sys.stdout.write(markdown(("settings", *models), rows) + "\n")


if __name__ == "__main__":
    main()
