"""Recorded corrections, written into the cells of a table before these are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from classi.errors import Problem
from classi.i18n import _
from classi.journal import JOURNAL, Entry, Journal
from classi.sheets import Cell, Grid
from classi.tables.cells import as_text, written
from classi.tables.columns import Layout
from classi.tables.table import column_name


@dataclass(frozen=True)
class Corrected:
    """A grid after its corrections.

    Attributes
    ----------
    grid : the grid with the corrected cells, new columns at its end.
    entries : number of the entry each corrected cell or new header comes from, by (row, header).
    problems : corrections that name no pupil or no single column.
    """

    grid: Grid
    entries: Mapping[tuple[int, str], int]
    problems: tuple[Problem, ...] = ()

    def placed(self, problem: Problem) -> Problem:
        """Return a problem of this table as a problem of the journal where the cell comes from there."""
        n = self.entries.get((problem.row or 0, problem.column))
        return problem if n is None else replace(problem, file=JOURNAL, sheet="", row=n)


def corrected(layout: Layout, grid: Grid, journal: Journal) -> Corrected:
    """Write every correction that counts into a copy of a grid, in the order in which they were recorded."""
    corrections = journal.of("correzione")
    if not corrections:
        return Corrected(grid, {})
    sheet = _Sheet(layout, grid)
    for entry in corrections:
        sheet.correct(entry)
    rows = tuple((number, tuple(cells)) for number, cells in sheet.rows)
    return Corrected(Grid(grid.name, rows), sheet.entries, tuple(sheet.problems))


def cells_as_text(layout: Layout, grid: Grid, pupil: str, columns: Iterable[str]) -> dict[str, str]:
    """Return what the cells of a pupil hold now, by column as named; empty for what is not there."""
    sheet = _Sheet(layout, grid)
    _number, cells = sheet.row_of.get(pupil, (0, []))
    places = {column: sheet.at.get(column_name(layout, column), len(cells)) for column in columns}
    return {
        column: as_text(cells[at]) if at < len(cells) and cells[at] is not None else "" for column, at in places.items()
    }


class _Sheet:
    """A grid that can be written to."""

    def __init__(self, layout: Layout, grid: Grid) -> None:
        self.layout = layout
        self.rows: list[tuple[int, list[Cell]]] = [(number, list(cells)) for number, cells in grid.rows]
        self.at: dict[str, int] = {}
        for k, header in enumerate(self.rows[0][1] if self.rows else ()):
            self.at.setdefault(column_name(layout, written(header).strip()), k)
        self.row_of: dict[str, tuple[int, list[Cell]]] = {}
        if "id" in self.at:
            named = [(cells[self.at["id"]], number, cells) for number, cells in self.rows[1:]]
            for pupil, number, cells in named:
                if pupil is not None:
                    self.row_of.setdefault(as_text(pupil), (number, cells))
        self.entries: dict[tuple[int, str], int] = {}
        self.problems: list[Problem] = []

    def correct(self, entry: Entry) -> None:
        pupil, changes = entry.data["id"], entry.data["changes"]
        names = {column: column_name(self.layout, column) for column in changes}
        if pupil not in self.row_of:
            message = _("The pupil is not among those of the case.")
            self.problems.append(Problem(message, JOURNAL, row=entry.n, column="id", value=pupil))
        elif "id" in names.values() or "" in names.values():
            message = _("A correction needs the name of a column, and cannot change the identifier.")
            self.problems.append(Problem(message, JOURNAL, row=entry.n, column="changes"))
        elif len(set(names.values())) < len(names):
            message = _("Two names of a correction stand for the same column: keep one.")
            self.problems.append(Problem(message, JOURNAL, row=entry.n, column="changes"))
        else:
            number, cells = self.row_of[pupil]
            for column, text in changes.items():
                self._write(entry.n, number, cells, column, text)

    def _write(self, n: int, number: int, cells: list[Cell], column: str, text: str) -> None:
        name = column_name(self.layout, column)
        if name not in self.at:
            self._add_column(n, name, column)
        at = self.at[name]
        cells[at] = text if text.strip() else None
        self.entries[number, written(self.rows[0][1][at]).strip()] = n

    def _add_column(self, n: int, name: str, header: str) -> None:
        top, headers = self.rows[0]
        self.at[name] = len(headers)
        headers.append(header)
        for _number, cells in self.rows[1:]:
            cells.append(None)
        self.entries[top, header] = n
