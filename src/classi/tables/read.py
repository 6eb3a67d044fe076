"""Files or rows → `School`, or every problem at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from classi.domain import Plesso, Pupil, School, SchoolClass
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.sheets import Book, Cell, Grid, read_sheets
from classi.tables.check import Draft, check
from classi.tables.columns import CLASSES, INSTRUCTIONS, LAYOUTS, PUPILS, SITES, TIES, Layout, layout_names, squash
from classi.tables.contradictions import contradictions
from classi.tables.nearest import Nearest
from classi.tables.oddities import oddities
from classi.tables.table import Table, read_table

# What classi itself writes, in case results were put beside the data.
OUTPUTS = frozenset({"assegnazioni", "graduatorie", "listaattesa"})
OUTPUT_WORKBOOK, CERTIFICATE = "classi.xlsx", "certificato.json"


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


def read_case_tables(path: Path) -> Tables:
    """Read the tables of a case: a folder with csv files or one workbook, or the workbook itself.

    Raises
    ------
    InputError
        With every problem of every file, warnings included; see `classi.errors.Problem`.
    """
    path = Path(path)
    files = _case_files(path)
    books, problems = _read_all(files)
    grids: dict[str, _Found] = {}
    for book in books:
        problems += _named(book, grids)
    problems += [p for book in books for p in _lost_cells(book)]
    tables = _build(grids, problems, path.name, {book.file: book.sha256 for book in books})
    return tables


def tables_from_rows(tables: Mapping[str, Iterable[Mapping[str, Any]]], file: str = "") -> Tables:
    """Build the same from rows given as dictionaries, with the same checks.

    Parameters
    ----------
    tables : the rows of each table, by its name ("alunni", "classi", "legami", "plessi", or an English alias). Values may
        be texts, numbers, dates, booleans, those of pandas and numpy; ``None`` and not-a-number are empty cells, a list
        is joined with ``;``.
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


def _build(grids: Mapping[str, _Found], problems: list[Problem], case: str, sources: Mapping[str, str]) -> Tables:
    read: dict[str, Table] = {}
    for layout in LAYOUTS:
        found = grids.get(layout.name)
        if found is None or not (found.grid.rows or layout.mandatory):
            read[layout.name] = Table(layout, case)
            if layout.mandatory and found is None and not _unread(problems):
                problems.append(_missing(layout, case))
            continue
        read[layout.name], more = read_table(layout, found.grid, found.file, found.sheet)
        problems += more
    draft = Draft(read[PUPILS.name], read[CLASSES.name], read[TIES.name], read[SITES.name])
    problems += [*check(draft), *contradictions(draft), *oddities(draft)]
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


def _unread(problems: Sequence[Problem]) -> bool:
    # A table may well be in the file that could not be opened.
    return any(not p.warning and p.row is None and not p.sheet for p in problems)


def _case_files(path: Path) -> list[Path]:
    """Find the files of a case; a folder holds csv tables or one workbook, never both."""
    if path.suffix.casefold() in (".xlsx", ".ods") and not path.is_dir():
        return [path]
    if not path.is_dir():
        raise InputError([_no_case(path)])
    files = sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith((".", "~")))
    csv = [p for p in files if p.suffix.casefold() == ".csv" and squash(p.stem) not in OUTPUTS]
    books = [p for p in files if p.suffix.casefold() in (".xlsx", ".ods") and not _is_output(p)]
    tables = [p for p in csv if squash(p.stem) in layout_names()]
    if (books and tables) or len(books) > 1:
        names = ", ".join(p.name for p in [*books, *tables])
        message = _("It is not clear which files are the case ({files}): keep the csv files or one workbook.")
        raise InputError([Problem(message.format(files=names), path.name)])
    if books or csv:
        return books or csv
    old = [p.name for p in files if p.suffix.casefold() in (".xls", ".xlsm", ".xlsb", ".numbers")]
    if old:
        message = _("The file {file} is of a kind that is not read: save it as .xlsx, .ods or .csv.")
        raise InputError([Problem(message.format(file=name), name) for name in old])
    message = _("The folder holds no table: alunni.csv and classi.csv, or a workbook, are needed.")
    raise InputError([Problem(message, path.name, hint="classi template")])


def _is_output(path: Path) -> bool:
    return path.name == OUTPUT_WORKBOOK and path.with_name(CERTIFICATE).exists()


def _no_case(path: Path) -> Problem:
    if not path.exists():
        near = Nearest(p.name for p in path.parent.iterdir())(path.name) if path.parent.is_dir() else ""
        return Problem(_("There is no such file or folder: {file}.").format(file=path.name), path.name, hint=near)
    message = _("A case is a folder with the tables, or a workbook .xlsx or .ods: this is neither.")
    return Problem(message, path.name)


def _read_all(files: Iterable[Path]) -> tuple[list[Book], list[Problem]]:
    books, problems = [], []
    for file in files:
        try:
            books.append(read_sheets(file))
        except InputError as error:
            problems += error.problems
    return books, problems


def _named(book: Book, grids: dict[str, _Found]) -> Iterator[Problem]:
    """Put the sheets of a book under the names of their tables; yield what is doubled or unknown."""
    single = len(book.grids) == 1 and squash(next(iter(book.grids))) == squash(Path(book.file).stem)
    for name, grid in book.grids.items():
        layout = layout_names().get(squash(name))
        if layout is None:
            if grid.rows and squash(name) != INSTRUCTIONS:
                message = _("“{name}” is not the name of a table: it is left aside.").format(name=name)
                known = [known.name for known in LAYOUTS if known.name not in grids]
                yield Problem(message, book.file, "" if single else name, hint=Nearest(known)(name), warning=True)
        elif layout.name in grids:
            message = _("The table “{table}” is there twice: keep one.").format(table=layout.name)
            yield Problem(message, book.file, "" if single else name)
        else:
            grids[layout.name] = _Found(grid, book.file, "" if single else name)


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
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value) if value.strip() else None
    if value is None or type(value).__name__ in ("NAType", "NaTType") or value != value:
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, bool | int | float | date):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list | tuple | set | frozenset):
        return ";".join(str(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)) or None
    return to_cell(value.item()) if hasattr(value, "item") else str(value)
