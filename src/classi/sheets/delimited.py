"""Reads csv: separator and encoding found out, row numbers as a spreadsheet shows them, size bounded."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Iterator
from itertools import islice

from classi.errors import InputError, Problem
from classi.i18n import _
from classi.sheets.cells import Grid, grid_of

SEPARATORS = (";", "\t", ",")
MAX_LINE = 1_000_000
MAX_CELLS = 2_000_000
MAX_COLUMNS = 1_000
_SAMPLE = 20
_BINARY = re.compile("[\x00-\x08\x0e-\x19\x1b-\x1f]")


def read_delimited(data: bytes, file: str, name: str, deadline: float) -> Grid:
    """Read the bytes of a csv file as one grid.

    The separator is the one of ``;`` TAB ``,`` under which the first rows have most consistently the header's number of
    cells; separators inside quotes do not count. A first line ``sep=;`` is obeyed and, as in Excel, not counted.
    """
    text = _decode(data, file)
    first, _newline, rest = text.partition("\n")
    declared = re.fullmatch(r"sep=([;,\t])\r?", first)
    if declared:
        text = rest
    separator = declared[1] if declared else _separator(text, file)
    return grid_of(name, enumerate(_records(text, separator, file, deadline), 1))


def _decode(data: bytes, file: str) -> str:
    encodings = ["utf-8-sig", "cp1252"]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _BINARY.search(text):
            return text
    raise _error(file, _("The file is not a text: save the table as “CSV UTF-8”."))


def _lines(text: str, file: str) -> Iterator[str]:
    # A record with no end would be held whole in memory before it could be measured: lines are measured first.
    for number, line in enumerate(io.StringIO(text, newline=""), 1):
        if len(line) > MAX_LINE:
            raise _error(file, _("Line {row} is too long to be a row of a table.").format(row=number), number)
        yield line


def _separator(text: str, file: str) -> str:
    sample = list(islice(_lines(text, file), _SAMPLE))

    def score(separator: str) -> tuple[float, int]:
        try:
            records = [r for r in csv.reader(sample, delimiter=separator) if r]
        except csv.Error:
            return (0.0, 0)
        width = len(records[0]) if records else 0
        if width < 2:
            return (0.0, 0)
        return (sum(len(r) == width for r in records) / len(records), width)

    return max(SEPARATORS, key=score)


def _records(text: str, separator: str, file: str, deadline: float) -> Iterator[list[str]]:
    reader = csv.reader(_lines(text, file), delimiter=separator, strict=True)
    cells = row = 0
    try:
        for row, record in enumerate(reader, 1):
            cells += len(record)
            if len(record) > MAX_COLUMNS:
                message = _("Row {row} has more than {limit} columns.").format(row=row, limit=MAX_COLUMNS)
                raise _error(file, message, row)
            if cells > MAX_CELLS:
                raise _error(file, _("The table has more than {limit} cells.").format(limit=MAX_CELLS), row)
            if time.monotonic() > deadline:
                raise _error(file, _("Reading the file takes too long: it has been given up."))
            yield record
    except csv.Error:
        message = _("A quotation mark in this row is misplaced or never closed.")
        raise _error(file, message, row + 1, _("write two quotation marks for one inside a quoted cell")) from None


def _error(file: str, message: str, row: int | None = None, hint: str = "") -> InputError:
    return InputError([Problem(message, file, row=row, hint=hint)])
