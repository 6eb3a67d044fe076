"""Reads one spreadsheet file into plain grids of cells, whatever the file holds.

A file comes from outside and may be damaged or hostile: it is measured before it is parsed, workbooks are parsed in a
child process that can be killed, and everything that cannot be read ends in an `InputError`.

Cells are as typed in the file: texts keep their blanks but are in Unicode form NFC; cells with nothing but blanks are
``None``; whole numbers are ``int``, others ``float`` rounded to the 15 digits a spreadsheet shows; dates lose their
time of day. A leading apostrophe in front of ``= + - @`` TAB CR LF is the mark with which programs (classi too) say
"this is a text, not a formula": one is taken away, so that what was written guarded is read back as it was.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from classi.errors import InputError, Problem
from classi.i18n import _
from classi.sheets.cells import Cell, Grid, column_letters, exact, is_guarded
from classi.sheets.delimited import read_delimited
from classi.sheets.workbook import read_workbook

__all__ = ["Book", "Cell", "Grid", "column_letters", "exact", "is_guarded", "read_sheets"]

MAX_BYTES = 20_000_000
TIMEOUT_S = 4.5
MEMORY_MB = 512
WORKBOOKS = (".xlsx", ".ods")
DELIMITED = (".csv", ".tsv", ".txt")


@dataclass(frozen=True)
class Book:
    """One file as read.

    Attributes
    ----------
    file : name of the file, without folders.
    sha256 : of the very bytes that were parsed, in hexadecimal.
    grids : one grid a sheet, by the sheet's name; of a csv one grid, named as the file without its suffix.
    problems : cells whose content is lost (a formula never computed, a formula that gives an error), as warnings.
    """

    file: str
    sha256: str
    grids: Mapping[str, Grid]
    problems: tuple[Problem, ...] = ()


def read_sheets(path: Path, *, timeout: float = TIMEOUT_S, memory_mb: int = MEMORY_MB) -> Book:
    """Read a .csv, .xlsx or .ods file.

    Parameters
    ----------
    path : the file.
    timeout : seconds after which the reading is given up.
    memory_mb : most memory (address space) for the process that parses a workbook. Kept by Linux and most Unix systems;
        elsewhere only the measures taken before parsing (size, number of cells, ratio of compression) hold.

    Raises
    ------
    InputError
        When the file is missing, too large, damaged, not of a kind that can be read, or takes too long.
    """
    deadline = time.monotonic() + timeout
    path = Path(path)
    data = _bytes(path)
    suffix = path.suffix.casefold()
    problems: tuple[Problem, ...] = ()
    if suffix in DELIMITED:
        grids = {path.stem: read_delimited(data, path.name, path.stem, deadline)}
    else:
        grids, problems = read_workbook(data, path.name, deadline, memory_mb)
    return Book(path.name, hashlib.sha256(data).hexdigest(), grids, problems)


def _bytes(path: Path) -> bytes:
    suffix = path.suffix.casefold()
    if suffix not in (*WORKBOOKS, *DELIMITED):
        raise _error(path, _("Files of this kind are not read: save the table as .xlsx, .ods or .csv."))
    try:
        if not path.is_file():
            raise _error(path, _("The file does not exist: {file}.").format(file=path.name))
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError):
        raise _error(path, _("The file cannot be opened: is it open in another program, or protected?")) from None
    if len(data) > MAX_BYTES:
        raise _error(path, _("The file is larger than {limit} MB.").format(limit=MAX_BYTES // 1_000_000))
    if not data:
        raise _error(path, _("The file is empty."))
    return data


def read_small(path: Path, limit: int = 50_000_000) -> bytes:
    """Return the bytes of an ordinary file of at most `limit` bytes.

    Raises
    ------
    InputError
        For anything else: a folder, a pipe or a device would never end.
    FileNotFoundError
        When there is nothing at all.
    """
    if path.exists() and not path.is_file():
        raise _error(path, _("This is not an ordinary file."))
    if path.stat().st_size > limit:
        raise _error(path, _("The file is too large."))
    return path.read_bytes()


def _error(path: Path, message: str) -> InputError:
    return InputError([Problem(message, path.name)])
