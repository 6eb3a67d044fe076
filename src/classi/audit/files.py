"""The auditor's own reading of a case and of the classes that were formed."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

from classi.audit.cells import TABLE_NAMES, column_names, column_reader, same_id, squeezed, unguarded
from classi.audit.decisions import correct_rows, departed
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.ledger import Ledger
from classi.sheets import read_sheets, read_small

RawRows = list[tuple[int, list[Any]]]
Row = dict[str, Any]

RawTable = tuple[str, RawRows]
"""File name, and the rows that are not empty with their numbers, the header first."""

WORKBOOKS = (".xlsx", ".ods")
SEPARATOR_LINES = ("sep=;", "sep=,", "sep=\t")


def read_ledger(case: Path, assignment: Path | Mapping[str, str]) -> tuple[Ledger, tuple[str, ...]]:
    """Read a case, with the corrections recorded in ``decisioni.jsonl``, and who sits where.

    Parameters
    ----------
    case : folder of csv tables, or a workbook.
    assignment : the file ``assegnazioni.csv`` (``id,classe``), or the class of each pupil.

    Returns
    -------
    tuple
        The ledger, and what is wrong with the file of the assignment, as sentences: pupils missing, doubled or unknown,
        classes unknown, a wrong header. Of a doubled pupil the first place counts.

    Raises
    ------
    InputError
        If a file is missing, a cell of the case cannot be read, or a recorded decision was tampered with.
    """
    tables = _raw_tables(case)
    if "alunni" in tables:
        file, rows = tables["alunni"]
        tables["alunni"] = file, correct_rows(case, rows)
    ledger = Ledger(*_case_rows(tables))
    if isinstance(assignment, Path):
        return read_places(ledger, assignment, gone=departed(case))
    placed = Ledger(ledger.pupils, ledger.classes, ledger.ties, assignment)
    # Before anybody has a class nobody's is missing: who left matters only afterwards.
    return (_without(placed, departed(case)) if assignment else placed), ()


def read_places(
    ledger: Ledger,
    assignment: Path,
    seats: Mapping[str, frozenset[str]] | None = None,
    gone: AbstractSet[str] = frozenset(),
) -> tuple[Ledger, tuple[str, ...]]:
    """Read who sits where into a ledger already read; as `read_ledger`.

    Parameters
    ----------
    seats : where not everybody got a seat, those who did, each with the classes it leaves open.
    gone : who left by a recorded decision: their class is not missing; where they have one they are counted in it, for
        these are the classes as they were before.
    """
    expected = {row["id"] for row in ledger.pupils if seats is None or row["id"] in seats}
    placed, wrong = _placements(assignment, expected, [row["id"] for row in ledger.classes], gone)
    found = _without(Ledger(ledger.pupils, ledger.classes, ledger.ties, placed), gone)
    return found if seats is None else found.of_those(seats), wrong


def _without(ledger: Ledger, gone: AbstractSet[str]) -> Ledger:
    """Return the ledger without those who left, but for those who still have a class in it."""
    stay = {row["id"] for row in ledger.pupils} - (gone - set(ledger.placed))
    everywhere = frozenset(row["id"] for row in ledger.classes)
    return ledger if len(stay) == len(ledger.pupils) else ledger.of_those(dict.fromkeys(stay, everywhere))


def ledger_from_rows(tables: Mapping[str, Sequence[Mapping[str, Any]]], placed: Mapping[str, str]) -> Ledger:
    """Build the ledger from rows held in memory instead of files.

    Parameters
    ----------
    tables : rows by table (``alunni``, ``classi``, ``legami``), each row a dictionary by header.
    placed : class id of each pupil.

    Raises
    ------
    InputError
        If a table is missing or a cell cannot be read.
    """
    found: dict[str, RawTable] = {}
    for name, rows in tables.items():
        headers = list(dict.fromkeys(header for row in rows for header in row))
        found |= _as_table(
            name, name, [(1, headers), *((k, [r.get(h) for h in headers]) for k, r in enumerate(rows, 2))]
        )
    return Ledger(*_case_rows(found), placed)


def _case_rows(tables: Mapping[str, RawTable]) -> tuple[list[Row], list[Row], list[Row]]:
    for table in ("alunni", "classi"):
        if table not in tables:
            raise InputError([Problem(_("The table “{table}” is missing.").format(table=table))])
    pupils = _identified("alunni", tables["alunni"])
    classes = _identified("classi", tables["classi"])
    known = {row["id"] for row in pupils}
    if "legami" not in tables:
        return pupils, classes, []
    ties, numbers, file = _typed("legami", tables["legami"])
    for tie, number in zip(ties, numbers, strict=True):
        for end in ("da", "a"):
            if tie.get(end) not in known:
                raise _unreadable(file, number, end, tie.get(end), _("This tie names no pupil of the case."))
    return pupils, classes, ties


# --- from files to raw rows ---


def _raw_tables(case: Path) -> dict[str, RawTable]:
    """Find the tables of a workbook, or of a folder of csv files (or with one workbook and no csv table)."""
    if not case.exists():
        raise InputError([Problem(_("There is no such case: {file}.").format(file=case.name), case.name)])
    found: dict[str, RawTable] = {}
    for one in _sheets(case):
        for table, raw in one.items():
            if table in found:
                raise InputError([Problem(_("The table “{table}” is there twice.").format(table=table), raw[0])])
            found[table] = raw
    return found


def _sheets(case: Path) -> Iterator[dict[str, RawTable]]:
    files = sorted(case.iterdir()) if case.is_dir() else [case]
    tables = [path for path in files if path.suffix.lower() == ".csv" and _table_called(path.stem)]
    for path in tables:
        yield _as_table(path.stem, path.name, _csv_rows(path))
    for path in () if tables else [path for path in files if path.suffix.lower() in WORKBOOKS]:
        for grid in read_sheets(path).grids.values():
            yield _as_table(grid.name, path.name, [(number, list(cells)) for number, cells in grid.rows])


def _table_called(name: str) -> str | None:
    return next((table for table, names in TABLE_NAMES.items() if squeezed(name) in names), None)


def _as_table(name: str, file: str, rows: RawRows) -> dict[str, RawTable]:
    table = _table_called(name)
    return {table: (file, rows)} if table and rows else {}


def _csv_rows(path: Path) -> RawRows:
    """Return the rows that are not empty, numbered as a spreadsheet would."""
    try:
        content = read_small(path)
    except OSError:
        raise InputError([Problem(_("The file cannot be opened: {file}.").format(file=path.name), path.name)]) from None
    text = unicodedata.normalize("NFC", _decoded(content))
    first, _newline, rest = text.partition("\n")
    announced = first.strip("\r") in SEPARATOR_LINES
    delimiter = first[4] if announced else _delimiter(text)
    try:
        records = list(csv.reader(io.StringIO(rest if announced else text, newline=""), delimiter=delimiter))
    except csv.Error:
        raise InputError(
            [Problem(_("The file is not a csv table: {file}.").format(file=path.name), path.name)]
        ) from None
    rows = [(k, [unguarded(cell) for cell in record]) for k, record in enumerate(records, 1)]
    return [(k, cells) for k, cells in rows if any(cell.strip() for cell in cells)]


def _decoded(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _delimiter(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")
    outside = "".join(header.split('"')[::2])  # what stands between quotes separates nothing
    return max(";,\t", key=outside.count)


# --- from raw rows to typed rows ---


def _typed(table: str, raw: RawTable) -> tuple[list[Row], list[int], str]:
    """Return the rows with their Italian column names and typed cells, their numbers, and the file's name."""
    file, ((top, header), *body) = raw
    names = column_names(table, header)
    twice = [name for k, name in enumerate(names) if name and name in names[:k]]
    if twice:
        raise _unreadable(file, top, twice[0], None, _("This column is there twice."))
    numbers = [number for number, _cells in body]
    columns = zip_longest(header, *(cells for _number, cells in body))  # cells a row has not are empty
    read = {
        name: _column(table, name, cells[1:], numbers, file)
        for name, cells in zip(names, columns, strict=False)  # cells beyond the last header are nobody's
        if name
    }
    rows = [dict(zip(read, values, strict=True)) for values in zip(*read.values(), strict=True)]
    return rows or [{} for _row in body], numbers, file


def _column(table: str, name: str, cells: Sequence[Any], numbers: Iterable[int], file: str) -> list[Any]:
    """Read a column, each different text once: in most columns a few texts fill thousands of cells."""
    texts = {cell for cell in cells if isinstance(cell, str)}
    known: dict[str, Any] = {text: None for text in texts if not text.strip()}
    others = [cell for cell in cells if cell is not None and not isinstance(cell, str)]
    read = column_reader(table, name, [*(texts - set(known)), *others])
    values = []
    for cell, number in zip(cells, numbers, strict=True):
        if cell is None or (isinstance(cell, str) and cell in known):
            values.append(None if cell is None else known[cell])
            continue
        try:
            values.append(read(cell))
        except ValueError:
            raise _unreadable(file, number, name, cell, _("This cell cannot be read.")) from None
        if isinstance(cell, str):
            known[cell] = values[-1]
    return values


def _identified(table: str, raw: RawTable) -> list[Row]:
    rows, numbers, file = _typed(table, raw)
    seen: set[str] = set()
    for row, number in zip(rows, numbers, strict=True):
        name = row.get("id")
        if name is None:
            raise _unreadable(file, number, "id", None, _("The identifier is missing."))
        key = same_id(name) if table == "classi" else name
        if key in seen:
            raise _unreadable(file, number, "id", name, _("This identifier is there twice."))
        seen.add(key)
    return rows


def _unreadable(file: str, row: int, column: str, value: Any, message: str) -> InputError:
    return InputError([Problem(message, file, row=row, column=column, value="" if value is None else str(value))])


# --- the assignment ---


def _placements(
    path: Path, pupils: set[str], classes: list[str], gone: AbstractSet[str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    rows = _csv_rows(path)
    if not rows or [squeezed(cell) for cell in rows[0][1]] != ["id", "classe"]:
        message = _("The header of {file} is not “id,classe”: nobody's place can be read.")
        return {}, (message.format(file=path.name),)
    same = cache(same_id)
    spelled = {same(class_id): class_id for class_id in classes}
    placed: dict[str, str] = {}
    wrong: list[str] = []
    seen: set[str] = set()
    for number, cells in rows[1:]:
        pupil, class_id = (*(cell.strip() for cell in cells), "", "")[:2]
        wrong += _row_problems(number, len(cells), pupil, pupils, seen)
        if same(class_id) not in spelled:
            wrong.append(unknown_class(pupil, class_id))
        elif pupil in pupils and pupil not in seen:
            placed[pupil] = spelled[same(class_id)]
        seen.add(pupil)
    return placed, (*wrong, *missing_pupils(pupils - seen - gone))


def _row_problems(number: int, width: int, pupil: str, pupils: set[str], seen: set[str]) -> Iterator[str]:
    if width != 2:
        yield _("Row {row} of the assignment has not exactly two cells.").format(row=number)
    if pupil not in pupils:
        yield unknown_pupil(pupil)
    elif pupil in seen:
        yield _("Pupil {pupil} is placed twice.").format(pupil=pupil)


def unknown_pupil(pupil: str) -> str:
    """Say that somebody who is not of the case was placed."""
    return _("Pupil {pupil} is placed but is not among the pupils of the case.").format(pupil=pupil or "“”")


def unknown_class(pupil: str, class_id: str) -> str:
    """Say that a pupil was placed in a class that does not exist."""
    return _("Pupil {pupil} is placed in “{class_id}”, which is not a class of the case.").format(
        pupil=pupil, class_id=class_id
    )


def other_seat(pupil: str, class_id: str) -> str:
    """Say that a pupil was placed in a class that the seat given does not leave open."""
    return _("Pupil {pupil} is placed in “{class_id}”, which is not a class of the seat given to them.").format(
        pupil=pupil, class_id=class_id
    )


def missing_pupils(pupils: Iterable[str]) -> Iterator[str]:
    """Say of each pupil that no class has them."""
    for pupil in sorted(pupils):
        yield _("Pupil {pupil} is not placed in any class.").format(pupil=pupil)
