"""The certificate of a formation: what was found, what was proved, from which files, and what the auditor counted."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

from classi.audit import Audit
from classi.case import Case
from classi.formation.bounds import criterion_bounds
from classi.formation.conflict import Conflict
from classi.formation.engine import Limits
from classi.formation.solve import Solution, gap


def make_certificate(
    case: Case, solution: Solution, limits: Limits, audit: Audit | None, conflict: Conflict | None
) -> dict[str, Any]:
    """Return the content of ``certificato.json``, as `docs/formats.md` describes it."""
    costs = {a.number: a.cost for a in audit.criteria} if audit else {}
    bounds_of = criterion_bounds(case.school, case.terms)
    return {
        "format": 1,
        "status": solution.status,
        "regulation": case.regulation.name,
        "pupils": len(case.school.pupils),
        "classes": len(case.school.classes),
        "tiers": [
            {
                "tier": t.tier,
                "value": t.value,
                "bound": t.bound,
                "gap": round(gap(t.value, t.bound), 6),
                "proved": t.proved,
                "proof": t.proof,
                "conditional_on_earlier_tiers": n > 0,
            }
            for n, t in enumerate(solution.tiers)
        ],
        "criteria": [
            {
                "number": k,
                "rule": c.rule,
                "name": case.regulation.label(k - 1),
                "hard": c.hard,
                "weight": c.weight,
                "tier": None if c.hard else c.tier,
                "cost": costs.get(k),
                "audited": costs.get(k),
                "bound": bounds_of.get(k - 1, 0),
            }
            for k, c in enumerate(case.regulation.criteria, 1)
        ],
        "stopped": solution.stopped,
        "seed": limits.seed,
        "workers": limits.workers,
        "deterministic": limits.deterministic,
        "time_limit": limits.seconds,
        "wall_seconds": None if limits.deterministic else round(solution.wall_seconds, 3),
        "solver_seconds": None if limits.deterministic else round(solution.solver_seconds, 3),
        "deterministic_time": round(solution.deterministic_time, 6),
        "versions": {"classi": version("classi"), "python": platform.python_version(), "ortools": version("ortools")},
        "inputs": dict(case.inputs),
        "outputs": {},
        "audit": None
        if audit is None
        else {"hard_kept": audit.hard_kept, "agrees": True, "findings": sum(len(a.findings) for a in audit.criteria)},
        "warnings": [str(p) for p in case.warnings],
        "conflict": None if conflict is None else conflict.to_dict(),
    }
