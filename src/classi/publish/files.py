"""The csv of what is published."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from classi.sheets import is_guarded

BOM = b"\xef\xbb\xbf"
_SPECIAL = re.compile('[;"\r\n]')


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a csv (``;``, UTF-8 with BOM) that no spreadsheet takes for formulas.

    One cell that needs quotation marks gives them to every cell: which rows are quoted must say nothing.
    """
    table = [[_guarded(cell) for cell in row] for row in (header, *rows)]
    if any(_SPECIAL.search(cell) for row in table for cell in row):
        table = [['"' + cell.replace('"', '""') + '"' for cell in row] for row in table]
    return BOM + "".join(";".join(row) + "\n" for row in table).encode("utf-8")


def _guarded(text: str) -> str:
    return f"'{text}" if is_guarded(f"'{text}") else text
