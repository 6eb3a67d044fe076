"""Cells and grids, and the small rules every reader of files shares."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

Cell = str | int | float | bool | date | None

_EXACT = 10**15
# Possessive, and blanks other than line breaks after a break: the match stays linear in the length of the text.
_GUARDED = re.compile(r"'++(?:[\t\r\n]|\s*[=+\-@]|.*[\r\n][^\S\r\n]*[=+\-@])", re.DOTALL)


@dataclass(frozen=True)
class Grid:
    """A sheet.

    Attributes
    ----------
    name : the sheet's name; of a csv, the file's name without its suffix.
    rows : (number, cells) of every row that holds something. The number is the one a spreadsheet program shows beside
        the row, from 1: in a csv, line breaks inside quotes do not count, blank lines do. All rows are equally long.
    """

    name: str
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]


def is_guarded(text: str) -> bool:
    """Tell whether `text` begins with an apostrophe that keeps a spreadsheet from taking it for a formula."""
    return text.startswith("'") and _GUARDED.match(text) is not None


def clean(cell: Cell) -> Cell:
    """Return a cell in the form all of classi relies on (see the package's docstring)."""
    if isinstance(cell, str):
        text = cell if cell.isascii() else unicodedata.normalize("NFC", cell)
        if is_guarded(text):
            text = text[1:]
        return None if not text or text.isspace() else text
    if isinstance(cell, float):
        return exact(cell)
    return cell


def exact(value: float) -> Cell:
    """Return a number as a spreadsheet shows it: whole ones as ``int``, others with 15 significant digits."""
    if not math.isfinite(value):
        return str(value)
    if value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return float(f"{value:.15g}")


def grid_of(name: str, rows: Iterable[tuple[int, Sequence[Cell]]]) -> Grid:
    """Build a grid: cells cleaned, empty rows left out, all rows brought to the same length."""
    kept: list[tuple[int, list[Cell]]] = []
    width = 0
    for number, raw in rows:
        cells = [clean(cell) for cell in raw]
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            width = max(width, len(cells))
            kept.append((number, cells))
    return Grid(name, tuple((number, (*cells, *[None] * (width - len(cells)))) for number, cells in kept))


def column_letters(index: int) -> str:
    """Return the letters a spreadsheet shows above the column at `index`, counted from 0: A, B, … Z, AA, …"""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
