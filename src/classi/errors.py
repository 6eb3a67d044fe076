"""What can go wrong, as data: every error carries all it knows and can be shown in either language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from classi.i18n import _


@dataclass(frozen=True)
class Problem:
    """One thing to correct (or, as a warning, to look at) in what was handed in.

    Attributes
    ----------
    message : what is wrong and what is expected, one sentence.
    file, sheet : where; the sheet only for workbooks.
    row : row number as the sheet itself numbers it, from 1.
    column : header as it is written in the file.
    value : the cell as it is written in the file.
    hint : the nearest valid value, or how to mend it; may be empty.
    warning : True for odd but legal data.
    """

    message: str
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    hint: str = ""
    warning: bool = False

    def __str__(self) -> str:
        """Return the whole sentence: where, what, and the hint."""
        place = [self.file] if self.file else []
        if self.sheet:
            place.append(_("sheet {sheet}").format(sheet=self.sheet))
        if self.row is not None:
            place.append(_("row {row}").format(row=self.row))
        if self.column:
            place.append(_("column {column}").format(column=self.column))
        if self.value:
            place.append(f"“{self.value}”")
        text = f"{', '.join(place)}: {self.message}" if place else self.message
        return text + " " + _("Perhaps: {hint}.").format(hint=self.hint) if self.hint else text


class ClassiError(Exception):
    """Root of every error classi raises on purpose."""


class InputError(ClassiError):
    """The files cannot be used as they are; `problems` lists every reason at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class RegulationError(InputError):
    """The regulation cannot be used as it is."""


class Infeasible(ClassiError):
    """No assignment keeps every hard rule; `conflict` explains why."""

    def __init__(self, conflict: Any) -> None:
        self.conflict = conflict
        super().__init__(str(conflict))


class NotFound(ClassiError):
    """The time or memory allowed ended before any assignment was found, and before any proof that there is none."""


class Contradiction(ClassiError):
    """Two proofs of the solver exclude each other: none of its answers can be trusted, and nothing may be written."""


class AuditFailure(ClassiError):
    """The auditor's count and the solver's cost differ: nothing may be written."""
