"""Files or rows → `School`, or every problem at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from classi.domain import Plesso, Pupil, School, SchoolClass
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.journal import JOURNAL, Entry, Journal, append, propose, read_journal
from classi.sheets import Book, Cell, Grid, exact, read_sheets
from classi.tables.cells import plain
from classi.tables.check import Draft, check
from classi.tables.columns import CLASSES, INSTRUCTIONS, LAYOUTS, PUPILS, SITES, TIES, Layout, layout_names, squash
from classi.tables.contradictions import contradictions
from classi.tables.corrected import cells_as_text, corrected
from classi.tables.files import case_files, nearest_table, tables_in
from classi.tables.oddities import oddities
from classi.tables.table import Table, read_table


@dataclass(frozen=True)
class Tables:
    """A case as read, without its regulation.

    Attributes
    ----------
    school : pupils, classes, sites and ties.
    sources : SHA-256 of each file that was read, by name.
    warnings : odd but legal data.
    """

    school: School
    sources: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class _Found:
    """A grid with the place it comes from."""

    grid: Grid
    file: str
    sheet: str


@dataclass(frozen=True)
class _Files:
    """What the files of a case hold, before any of it is understood."""

    case: str
    grids: Mapping[str, _Found]
    problems: tuple[Problem, ...]
    sources: Mapping[str, str]
    unread: frozenset[str]


def read_case_tables(path: Path) -> Tables:
    """Read the tables of a case: a folder with csv files or one workbook, or the workbook itself.

    The corrections recorded in ``decisioni.jsonl`` (see `classi.journal`) are written into the cells of the pupils
    first, so that they are read and checked as if the table had them.

    Raises
    ------
    InputError
        With every problem of every file, warnings included; see `classi.errors.Problem`.
    """
    path = Path(path)
    files = _files(path)
    try:
        journal = read_journal(path)
    except InputError as error:
        return _with_journal(replace(files, problems=(*files.problems, *error.problems)), Journal())
    return _with_journal(files, journal)


def record_correction(
    path: Path, pupil: str, changes: Mapping[str, str], *, who: str, why: str, when: date
) -> tuple[Entry, tuple[Problem, ...]]:
    """Correct cells of a pupil by a recorded decision, with what they held before; the tables stay as they are.

    Parameters
    ----------
    path : the case.
    pupil, changes : whom, and the new text of each column; an empty text empties the cell.
    who, why, when : as for `classi.journal.append`.

    Returns
    -------
    tuple
        The entry, and what is odd about the new cells, as warnings.

    Raises
    ------
    InputError
        When the pupil or the column is not one of the case, a text is not what its column holds, or
        `classi.journal.append` refuses. Nothing is written then. What else is wrong in the case is no obstacle.
    """
    path = Path(path)
    files, journal = _files(path), read_journal(path)
    found = files.grids.get(PUPILS.name)
    if found is None:
        raise InputError([p for p in files.problems if not p.warning] or [_missing(PUPILS, files.case)])
    now = corrected(PUPILS, found.grid, journal).grid
    before = cells_as_text(PUPILS, now, pupil, changes)
    data = {"id": pupil, "changes": dict(changes), "before": before}
    entry = propose(journal, "correzione", who=who, why=why, when=when, **data)
    try:
        read = _with_journal(files, replace(journal, entries=(*journal.entries, entry))).warnings
    except InputError as error:
        read = error.problems
    mine = tuple(p for p in read if (p.file, p.row) == (JOURNAL, entry.n))
    if not all(p.warning for p in mine):
        raise InputError(mine)
    return append(path, "correzione", who=who, why=why, when=when, **data), mine


def _files(path: Path) -> _Files:
    files, problems = case_files(path)
    books: list[Book] = []
    unread: set[str] = set()
    for file in files:
        try:
            books.append(read_sheets(file))
        except InputError as error:
            problems += error.problems
            unread |= tables_in(file)
    grids: dict[str, _Found] = {}
    for book in books:
        problems += _named(book, grids)
        problems += _lost_cells(book)
    return _Files(path.name, grids, tuple(problems), {book.file: book.sha256 for book in books}, frozenset(unread))


def _with_journal(files: _Files, journal: Journal) -> Tables:
    sources = {**files.sources, **({JOURNAL: journal.sha256} if journal.sha256 else {})}
    problems = list(files.problems)
    pupils = files.grids.get(PUPILS.name)
    if pupils is None:
        return _build(files.grids, problems, files.case, sources, files.unread)
    changed = corrected(PUPILS, pupils.grid, journal)
    problems += changed.problems

    def placed(problem: Problem) -> Problem:
        return changed.placed(problem) if (problem.file, problem.sheet) == (pupils.file, pupils.sheet) else problem

    grids = {**files.grids, PUPILS.name: replace(pupils, grid=changed.grid)}
    return _build(grids, problems, files.case, sources, files.unread, placed)


def tables_from_rows(tables: Mapping[str, Iterable[Mapping[str, Any]]], file: str = "") -> Tables:
    """Build the same from rows given as dictionaries, with the same checks.

    Parameters
    ----------
    tables : the rows of each table, by its name ("alunni", "classi", "legami", "plessi", or an English alias). Values
        may be texts, numbers, dates, booleans, those of pandas and numpy; ``None`` and not-a-number are empty cells, a
        list is joined with ``;``.
    file : name shown in messages. Rows are numbered as if the headers were row 1: the first one given is row 2.

    Raises
    ------
    InputError
        With every problem.
    """
    problems: list[Problem] = []
    grids: dict[str, _Found] = {}
    book = Book(file, "", {name: _grid_from_rows(name, rows) for name, rows in tables.items()})
    problems += _named(book, grids)
    return _build(grids, problems, file, {})


def _build(
    grids: Mapping[str, _Found],
    problems: list[Problem],
    case: str,
    sources: Mapping[str, str],
    unread: Container[str] = (),
    placed: Callable[[Problem], Problem] = lambda problem: problem,
) -> Tables:
    read: dict[str, Table] = {}
    for layout in LAYOUTS:
        found = grids.get(layout.name)
        if found is None or not (found.grid.rows or layout.mandatory):
            read[layout.name] = Table(layout, case)
            if layout.mandatory and found is None and layout.name not in unread:
                problems.append(_missing(layout, case))
            continue
        read[layout.name], more = read_table(layout, found.grid, found.file, found.sheet)
        problems += more
    draft = Draft(read[PUPILS.name], read[CLASSES.name], read[TIES.name], read[SITES.name])
    problems = [placed(p) for p in (*problems, *check(draft), *contradictions(draft), *oddities(draft))]
    if not all(problem.warning for problem in problems):
        raise InputError(_in_order(problems))
    return Tables(_school(draft), sources, tuple(_in_order(problems)))


def _in_order(problems: Sequence[Problem]) -> list[Problem]:
    """Errors before warnings, each in the order of files and rows."""
    files = list(dict.fromkeys((p.file, p.sheet) for p in problems))
    return sorted(problems, key=lambda p: (p.warning, files.index((p.file, p.sheet)), p.row or 0))


def _school(draft: Draft) -> School:
    def fields(table: Table) -> Iterator[tuple[str, dict[str, Any]]]:
        for record in table.records:
            yield str(record["id"]), {column: cell for column, cell in record.items() if column != "id"}

    return School(
        tuple(Pupil(name, cells) for name, cells in fields(draft.pupils)),
        tuple(SchoolClass(name, cells) for name, cells in fields(draft.classes)),
        tuple(tie for _k, tie in draft.tied),
        tuple(Plesso(name, cells) for name, cells in fields(draft.sites)),
    )


def _missing(layout: Layout, case: str) -> Problem:
    message = _("The table “{table}” is missing: a sheet or a csv file with this name is needed.")
    return Problem(message.format(table=layout.name), case, layout.name, hint="classi template")


def _named(book: Book, grids: dict[str, _Found]) -> Iterator[Problem]:
    """Put the sheets of a book under the names of their tables; yield what is doubled or unknown."""
    delimited = Path(book.file).suffix.casefold() == ".csv"
    for name, grid in book.grids.items():
        sheet = "" if delimited else name
        layout = layout_names().get(squash(name))
        if layout is None:
            if grid.rows and squash(name) != INSTRUCTIONS:
                message = _("“{name}” is not the name of a table: it is left aside.").format(name=name)
                yield Problem(message, book.file, sheet, hint=nearest_table(name), warning=True)
        elif layout.name in grids:
            message = _("The table “{table}” is there twice: keep one.").format(table=layout.name)
            yield Problem(message, book.file, sheet)
        else:
            grids[layout.name] = _Found(grid, book.file, sheet)


def _lost_cells(book: Book) -> Iterator[Problem]:
    # The content is there and cannot be read: taking it for empty could put a pupil's rights aside.
    for problem in book.problems:
        if squash(problem.sheet) in layout_names():
            yield replace(problem, warning=False)


def _grid_from_rows(name: str, rows: Iterable[Mapping[str, Any]]) -> Grid:
    records = list(rows)
    columns = list(dict.fromkeys(column for record in records for column in record))
    if not columns:
        return Grid(name, ())
    body = [(number, tuple(to_cell(r.get(c)) for c in columns)) for number, r in enumerate(records, 2)]
    kept = [(number, cells) for number, cells in body if any(cell is not None for cell in cells)]
    return Grid(name, ((1, tuple(str(column) for column in columns)), *kept))


def to_cell(value: Any) -> Cell:
    """Return a Python, numpy or pandas value as the cell of a sheet; what is not known is ``None``."""
    value = plain(value)
    if isinstance(value, float):
        return exact(value)
    if value is None or isinstance(value, bool | int | date):
        return value
    if isinstance(value, list | tuple):
        value = ";".join(str(item) for item in value)
    text = format(value, "f") if isinstance(value, Decimal) else unicodedata.normalize("NFC", str(value))
    return text if text.strip() else None
