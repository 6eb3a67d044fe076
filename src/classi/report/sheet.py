"""A sheet written from top to bottom: tables of different shapes on one grid of columns, never a formula."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any

from xlsxwriter import Workbook

from classi.criteria.base import say_value
from classi.i18n import _
from classi.report.labels import labels
from classi.report.model import Number

Value = str | Number | Decimal | bool | date | None

LONGEST_SHEET_NAME = 31
LINE = 15.0
"""Height of a line of text, in points: spreadsheets do not adapt the height of rows with merged cells."""


def sheet_names(wanted: Iterable[str]) -> list[str]:
    """Return names Excel accepts: no ``[]:*?/\\``, at most 31 characters, never empty, all different without case."""
    found: list[str] = []
    taken = {"history"}
    for name in wanted:
        base = re.sub(r"[\[\]:*?/\\\x00-\x1f]", "-", name).strip(" '")[:LONGEST_SHEET_NAME].strip(" '") or "-"
        unique, turn = base, 1
        while unique.casefold() in taken:
            turn += 1
            unique = f"{base[: LONGEST_SHEET_NAME - len(f' ({turn})')]} ({turn})"
        taken.add(unique.casefold())
        found.append(unique)
    return found


def make_styles(book: Workbook) -> dict[str, Any]:
    """Return the formats of a workbook, by the name `Page` uses."""
    line = {"border": 1, "border_color": "#C9D2DB", "valign": "top", "text_wrap": True}
    wrap = {"valign": "top", "text_wrap": True}
    kinds: dict[str, dict[str, Any]] = {
        "title": {"bold": True, "font_size": 15, "font_color": "#1F4E79"},
        "internal": {"font_color": "#5C3700", "italic": True},
        "heading": {"bold": True, "font_size": 12, "font_color": "#1F4E79"},
        "plain": wrap,
        "head": {**line, "bold": True, "bg_color": "#E3EAF1", "valign": "bottom"},
        "cell": {**line, "indent": 1},
        "number": {**line, "align": "right", "indent": 1},
        "date": {**line, "num_format": "dd/mm/yyyy", "align": "center"},
        "total": {**line, "indent": 1, "bold": True, "top": 2},
        "out": {**line, "indent": 1, "bold": True, "bg_color": "#FDF0D5", "font_color": "#5C3700"},
        "hard": {**line, "indent": 1, "bold": True, "bg_color": "#FBE1DF", "font_color": "#7A1212"},
    }
    return {name: book.add_format(kind) for name, kind in kinds.items()}


@dataclass
class Page:
    """A sheet written from top to bottom on a fixed grid of columns.

    Attributes
    ----------
    grid : widths of the sheet's columns, in characters; a cell that needs more takes several of them.
    row : the next free row, from 0.
    """

    sheet: Any
    styles: dict[str, Any]
    grid: list[float]
    row: int = 0

    def line(self, text: str, style: str = "") -> None:
        """Write one text: in a given style it overflows to the right, otherwise it is wrapped in the grid's width."""
        if style:
            self.sheet.write_string(self.row, 0, text, self.styles[style])
            self.row += 1
        else:
            self.cells([text], [len(self.grid)], "plain")

    def gap(self, heading: str) -> None:
        """Leave a row free and write a heading."""
        self.row += 1
        self.line(heading, "heading")

    def spans(self, wanted: Sequence[float], *, fill: bool = False) -> list[int]:
        """Return how many columns of the grid each cell takes to be `wanted` wide; the grid grows if need be.

        With `fill` the last cell takes what is left of the grid.
        """
        found, at = [], 0
        for width in wanted:
            start = at
            while at == start or sum(self.grid[start:at]) < width:
                if at == len(self.grid):
                    self.grid.append(width - sum(self.grid[start:at]))
                at += 1
            found.append(at - start)
        if fill:
            found[-1] += len(self.grid) - at
        return found

    def table(self, head: Sequence[str], wanted: Sequence[float], rows: Iterable[Sequence[Value]]) -> None:
        """Write a table with columns at least `wanted` wide; the last one takes what is left of the grid."""
        spans = self.spans(wanted, fill=True)
        self.cells(head, spans, "head")
        for values in rows:
            self.cells(values, spans)

    def cells(self, values: Sequence[Value], spans: Sequence[int], style: str = "cell") -> None:
        """Write one row; numbers and dates as such, everything else as plain text."""
        column, lines = 0, 1
        for value, span in zip(values, spans, strict=True):
            if span > 1:
                last = column + span - 1
                self.sheet.merge_range(self.row, column, self.row, last, "", self.styles[style])
            self._cell(column, value, style)
            if isinstance(value, str):
                lines = max(lines, ceil(len(value) * 0.97 / sum(self.grid[column : column + span])))
            column += span
        if lines > 1:
            self.sheet.set_row(self.row, LINE * lines)
        self.row += 1

    def _cell(self, column: int, value: Value, style: str) -> None:
        chosen = self.styles[style]
        number = self.styles["number"] if style == "cell" else chosen
        if isinstance(value, str):
            self.sheet.write_string(self.row, column, value, chosen)
        elif value is None:
            self.sheet.write_blank(self.row, column, None, chosen)
        elif isinstance(value, bool):
            self.sheet.write_string(self.row, column, say_value(value), chosen)
        elif isinstance(value, date):
            moment = datetime(value.year, value.month, value.day)
            self.sheet.write_datetime(self.row, column, moment, self.styles["date"])
        else:
            # Thousandths are exact enough for people, and keep the float's tail out of the cell.
            self.sheet.write_number(self.row, column, rounded(value, 3), number)

    def finish(self, name: str, frozen: int, landscape: bool) -> None:
        """Set what concerns the whole sheet: widths, frozen rows, the first two rows on every page, A4, footer."""
        for k, width in enumerate(self.grid):
            self.sheet.set_column(k, k, width)
        self.sheet.freeze_panes(frozen, 0)
        self.sheet.repeat_rows(0, 1)
        self.sheet.set_paper(9)
        self.sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        self.sheet.fit_to_pages(1, 0)
        if landscape:
            self.sheet.set_landscape()
        footer, internal = name[:60].replace("&", "&&"), _("Internal use")
        self.sheet.set_footer(f"&L{footer}&C{internal}&R{labels()['page']} &P/&N")


def rounded(value: Number | Decimal, digits: int) -> int | float:
    """Return a number as spreadsheets hold it."""
    return value if isinstance(value, int) else float(round(Fraction(value), digits))
