"""classi forms school classes: proved best or with the gap, counted twice, explained in words.

The public names are imported when first used, so that ``import classi`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from classi import audit, indices, resources
    from classi.case import Case
    from classi.case_file import CaseFile
    from classi.errors import AuditFailure, ClassiError, Infeasible, InputError, NotFound, Problem, RegulationError
    from classi.explain import explain_pupil
    from classi.formation.solve import Progress
    from classi.i18n import use_language
    from classi.recount import Recount, audit_result
    from classi.splits import Split, read_split, split_of
    from classi.whatif import WhatIf
    from classi.workflow import Assignment, Result, form, write_result

_HOMES = {
    "Assignment": "workflow",
    "AuditFailure": "errors",
    "Case": "case",
    "CaseFile": "case_file",
    "ClassiError": "errors",
    "Infeasible": "errors",
    "InputError": "errors",
    "NotFound": "errors",
    "Problem": "errors",
    "Progress": "formation.solve",
    "Recount": "recount",
    "RegulationError": "errors",
    "Result": "workflow",
    "Split": "splits",
    "WhatIf": "whatif",
    "audit_result": "recount",
    "explain_pupil": "explain",
    "form": "workflow",
    "read_split": "splits",
    "split_of": "splits",
    "use_language": "i18n",
    "write_result": "workflow",
}

__all__ = [
    "Assignment",
    "AuditFailure",
    "Case",
    "CaseFile",
    "ClassiError",
    "Infeasible",
    "InputError",
    "NotFound",
    "Problem",
    "Progress",
    "Recount",
    "RegulationError",
    "Result",
    "Split",
    "WhatIf",
    "audit",
    "audit_result",
    "explain_pupil",
    "form",
    "indices",
    "read_split",
    "resources",
    "split_of",
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
