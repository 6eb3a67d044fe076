"""Writes csv files that no spreadsheet takes for formulas, whole or not at all, and reads assignments back.

A text that a spreadsheet program could take for a formula (it begins with ``= + - @`` TAB CR LF, also after blanks, or
one of its lines does) is written with an apostrophe before it; `classi.sheets` takes one away on reading, and texts
that begin with such an apostrophe of their own get another, so what was written is what is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from classi.durable import write_atomic
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.sheets import Grid, is_guarded, read_sheets
from classi.tables.cells import as_text, plain
from classi.tables.columns import squash

ASSIGNMENT_HEADER = ("id", "classe")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_ID_HEADERS, _CLASS_HEADERS = ("id", "identificativo"), ("classe", "class")


def guard(text: str) -> str:
    """Return `text` with the apostrophe that keeps a spreadsheet from computing it, where it needs one.

    Control characters, which no spreadsheet cell can hold, are left out.
    """
    text = _CONTROL.sub("", text)
    return f"'{text}" if is_guarded(f"'{text}") else text


def cell_text(value: Any) -> str:
    """Return a value as it is written in a csv file: decimal comma, dates as day/month/year, sì and no."""
    value = plain(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "sì" if value else "no"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, float | Decimal):
        return format(Decimal(str(value)), "f").replace(".", ",")
    if isinstance(value, list | tuple):
        return guard(";".join(str(item) for item in value))
    return str(value) if isinstance(value, int) else guard(str(value))


def write_case(
    folder: Path, rows_by_table: Mapping[str, Iterable[Mapping[str, Any]]], *, overwrite: bool = False
) -> tuple[Path, ...]:
    """Write the tables of a case as csv files (``;``, UTF-8 with BOM, as Excel likes them in Italy).

    Parameters
    ----------
    folder : made if it does not exist.
    rows_by_table : the rows of each table by its name, each row a dictionary; the columns are those of all the rows, in
        order of appearance. A table without rows is left out.
    overwrite : write over files that are already there.

    Returns
    -------
    The files written.

    Raises
    ------
    InputError
        When a file exists already; nothing is written then.
    """
    folder = Path(folder)
    tables = {name: list(rows) for name, rows in rows_by_table.items()}
    files = {folder / f"{name}.csv": rows for name, rows in tables.items() if rows}
    if not overwrite:
        refuse_existing(files)
    folder.mkdir(parents=True, exist_ok=True)
    for path, rows in files.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        write_rows(path, columns, ([row.get(column) for column in columns] for row in rows))
    return tuple(files)


def write_rows(path: Path, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write a csv as Excel likes it in Italy: ``;``, UTF-8 with BOM, decimal comma, nothing taken for a formula."""
    body = ([cell_text(cell) for cell in row] for row in rows)
    write_atomic(path, b"\xef\xbb\xbf" + _csv([[guard(c) for c in columns], *body], ";"))


def refuse_existing(paths: Iterable[Path]) -> None:
    """Raise `InputError` naming every file that is already there."""
    message = _("The file {file} is already there and is not overwritten: choose another name, or move it.")
    found = [Problem(message.format(file=path.name), path.name) for path in paths if path.exists()]
    if found:
        raise InputError(found)


def write_assignment(path: Path, pairs: Iterable[tuple[str, str]]) -> None:
    """Write an assignment: columns ``id,classe``, UTF-8, one row a pupil in the order given.

    A file already there is replaced, at once and whole.
    """
    write_atomic(path, _csv([ASSIGNMENT_HEADER, *((guard(i), guard(c)) for i, c in pairs)], ","))


def _csv(rows: Iterable[Iterable[str]], separator: str) -> bytes:
    # Not csv.writer: with lines that end in \n it leaves cells with \r unquoted, and readers break the row there.
    special = re.compile(f'[{separator}"\r\n]')

    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"' if special.search(cell) else cell

    return "".join(separator.join(map(quoted, row)) + "\n" for row in rows).encode("utf-8")


def read_assignment(path: Path) -> tuple[tuple[str, str], ...]:
    """Read an assignment: a csv with columns ``id`` and ``classe``, also as saved again by a spreadsheet program.

    Returns
    -------
    (pupil, class) in the order of the file.

    Raises
    ------
    InputError
        When a column is missing, a cell is empty, or a pupil is there twice.
    """
    path = Path(path)
    book = read_sheets(path)
    grid = next((g for g in book.grids.values() if g.rows), Grid(path.stem, ()))
    header = [squash(str(cell or "")) for cell in grid.rows[0][1]] if grid.rows else []
    places = [next((header.index(h) for h in names if h in header), -1) for names in (_ID_HEADERS, _CLASS_HEADERS)]
    if -1 in places:
        message = _("The columns “id” and “classe” are expected in the first row.")
        raise InputError([Problem(message, path.name, row=1)])
    return _pairs(path.name, grid, places)


def _pairs(file: str, grid: Grid, places: list[int]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    rows: dict[str, int] = {}
    problems = []
    for row, cells in grid.rows[1:]:
        pupil, name = cells[places[0]], cells[places[1]]
        if pupil is None or name is None:
            missing = ASSIGNMENT_HEADER[0 if pupil is None else 1]
            problems.append(Problem(_("The cell is empty: a pupil and a class are expected."), file, "", row, missing))
            continue
        key = as_text(pupil)
        if key in found:
            message = _("The pupil is there twice, in rows {first} and {second}.").format(first=rows[key], second=row)
            problems.append(Problem(message, file, "", row, ASSIGNMENT_HEADER[0], key))
        found[key], rows[key] = as_text(name), row
    if problems:
        raise InputError(problems)
    return tuple(found.items())
