"""The certificate of a formation: what was found, what was proved, from which files, and what the auditor counted."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from classi.audit import Audit
from classi.case import Case
from classi.formation.conflict import Conflict
from classi.formation.engine import Limits
from classi.formation.solve import Solution, TierResult, gap
from classi.formation.split import Split, take_apart
from classi.formation.whole import PartResult, criterion_bounds


def make_certificate(
    case: Case,
    solution: Solution,
    limits: Limits,
    audit: Audit | None,
    conflict: Conflict | None,
    costs: Sequence[int] | None,
    apart: Split | None = None,
) -> dict[str, Any]:
    """Return the content of ``certificato.json``, as `docs/formats.md` describes it.

    Parameters
    ----------
    case, solution, limits : what was formed, what was found, and within which limits.
    audit : the auditor's count, ``None`` without an assignment.
    conflict : why it is impossible, when it is.
    costs : the cost of each criterion as the solver's side counts it, in the order of the regulation; ``None`` without
        an assignment.
    apart : the school taken apart, where that was done before.
    """
    apart = apart or take_apart(case.school, case.terms)
    return {
        "format": 1,
        "status": solution.status,
        "regulation": case.regulation.name,
        "pupils": len(case.school.pupils),
        "classes": len(case.school.classes),
        "tiers": _tiers(case, solution),
        "parts": [_part(part) for part in solution.parts],
        "criteria": _criteria(case, audit, costs, criterion_bounds(apart)),
        "stopped": solution.stopped,
        **_search(solution, limits),
        "versions": {"classi": version("classi"), "python": platform.python_version(), "ortools": version("ortools")},
        "inputs": dict(case.inputs),
        "outputs": {},
        "audit": None if audit is None else _audit(audit, costs),
        "warnings": [str(p) for p in case.warnings],
        "conflict": None if conflict is None else conflict.to_dict(),
    }


def _tiers(case: Case, solution: Solution) -> list[dict[str, Any]]:
    solved = {t.tier: t for t in solution.tiers}
    if solution.places is not None:
        # A tier whose rules find nothing to look at (wishes where nobody has any) is not searched, and costs nothing.
        solved = {tier: solved.get(tier, TierResult(tier, 0, 0, "arithmetic")) for tier in case.regulation.tiers}
    return _of_tiers(list(solved.values()))


def _of_tiers(tiers: Sequence[TierResult]) -> list[dict[str, Any]]:
    return [
        {
            "tier": t.tier,
            "value": t.value,
            "bound": t.bound,
            "gap": round(gap(t.value, t.bound), 6),
            "proved": t.proved,
            "proof": t.proof,
            "conditional_on_earlier_tiers": n > 0,
        }
        for n, t in enumerate(tiers)
    ]


def _part(part: PartResult) -> dict[str, Any]:
    return {
        "classes": list(part.classes),
        "pupils": part.pupils,
        "status": part.status,
        "tiers": _of_tiers(part.tiers),
    }


def _criteria(
    case: Case, audit: Audit | None, costs: Sequence[int] | None, bounds_of: Mapping[int, int]
) -> list[dict[str, Any]]:
    return [
        {
            "number": k + 1,
            "rule": c.rule,
            "name": case.regulation.label(k),
            "hard": c.hard,
            "weight": c.weight,
            "tier": None if c.hard else c.tier,
            "cost": None if costs is None else costs[k],
            "audited": None if audit is None else audit.criteria[k].cost,
            "bound": bounds_of.get(k, 0),
        }
        for k, c in enumerate(case.regulation.criteria)
    ]


def _search(solution: Solution, limits: Limits) -> dict[str, Any]:
    """Return how it was searched. Deterministic mode tells no wall times: the same input gives the same bytes."""
    return {
        "seed": limits.seed,
        "workers": limits.workers,
        "deterministic": limits.deterministic,
        "time_limit": limits.seconds,
        "wall_seconds": None if limits.deterministic else round(solution.wall_seconds, 3),
        "solver_seconds": None if limits.deterministic else round(solution.solver_seconds, 3),
        "deterministic_time": round(solution.deterministic_time, 6),
    }


def _audit(audit: Audit, costs: Sequence[int] | None) -> dict[str, Any]:
    return {
        "hard_kept": audit.hard_kept,
        "agrees": costs is not None and list(costs) == [a.cost for a in audit.criteria],
        "findings": sum(len(a.findings) for a in audit.criteria),
    }
