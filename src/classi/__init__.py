"""classi forms school classes: proved best or with the gap, counted twice, explained in words.

The public names are imported when first used, so that ``import classi`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from classi import audit, indices, resources
    from classi.case import Case
    from classi.errors import AuditFailure, ClassiError, Infeasible, InputError, NotFound, Problem, RegulationError
    from classi.formation.solve import Progress
    from classi.i18n import use_language
    from classi.recount import Recount, audit_result
    from classi.workflow import Assignment, Result, form, write_result

_HOMES = {
    "Assignment": "workflow",
    "AuditFailure": "errors",
    "Case": "case",
    "ClassiError": "errors",
    "Infeasible": "errors",
    "InputError": "errors",
    "NotFound": "errors",
    "Problem": "errors",
    "Progress": "formation.solve",
    "Recount": "recount",
    "RegulationError": "errors",
    "Result": "workflow",
    "audit_result": "recount",
    "form": "workflow",
    "use_language": "i18n",
    "write_result": "workflow",
}

__all__ = [
    "Assignment",
    "AuditFailure",
    "Case",
    "ClassiError",
    "Infeasible",
    "InputError",
    "NotFound",
    "Problem",
    "Progress",
    "Recount",
    "RegulationError",
    "Result",
    "audit",
    "audit_result",
    "form",
    "indices",
    "resources",
    "use_language",
    "write_result",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name in ("audit", "indices", "resources"):
        return importlib.import_module(f"classi.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(f"classi.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'classi' has no attribute {name!r}")
