"""Reads an .ods that is to be published: its cells, and what marks its rows or tells who wrote it."""

from __future__ import annotations

import re
from pathlib import Path

from classi.errors import InputError, Problem
from classi.publish.look import (
    Attributes,
    SheetLook,
    element_sentences,
    look_findings,
    open_checked,
    properties,
    sheet_tables,
    walk,
)
from classi.publish.table import Document, Finding, Text
from classi.sheets import read_sheets
from classi.sheets.archive import Refused

_MOST = 300
"""Repeated rows and cells followed one by one: what is repeated more often is the empty rest of a sheet."""

_THINGS = {
    "annotation": "comment", "content-validation": "validation", "a": "link", "frame": "object", "span": "rich",
    "conditional-format": "conditional", "shapes": "object", "database-range": "names", "named-range": "names",
    "filter": "filter",
}  # fmt: skip


def read_ods(path: Path, deadline: float) -> Document:
    """Read a workbook.

    Parameters
    ----------
    path : the file.
    deadline : `time.monotonic` after which the work is given up.

    Raises
    ------
    InputError
        When it cannot be read.
    """
    book = read_sheets(path)
    archive = open_checked(path, deadline)
    content = _Content()
    try:
        walk(archive, "content.xml", content.start, content.text)
        findings = [*properties(archive, ("meta.xml",))]
    except Refused as refused:
        raise InputError([Problem(str(refused), path.name)]) from None
    say = element_sentences()
    if len(content.looks) > 1:
        findings.append(Finding(say["extra"]))
    findings += [Finding(say[thing]) for thing in sorted(content.things)]
    tables = sheet_tables([grid.rows for grid in book.grids.values()])
    for table, look in zip(tables, content.looks, strict=False):
        findings += look_findings(look, table, str)
    texts = [Text(words) for words in (*book.grids, *content.notes)]
    return Document(tuple(t for t in tables if t.rows), tuple(texts), tuple(findings))


class _Content:
    """Follows the content of an .ods: the look of its sheets, and the things besides cells."""

    def __init__(self) -> None:
        self.looks: list[SheetLook] = []
        self.things: set[str] = set()
        self.notes: list[str] = []
        self.unseen: set[str] = set()
        self.style = ""
        self.row = self.rows = self.column = 0
        self.noting = False

    def start(self, tag: str, attributes: Attributes) -> None:
        """Follow the start of an element."""
        own = {name.rpartition(":")[2]: value for name, value in attributes.items()}
        if tag == "style":
            self.style = own.get("name", "")
        elif tag == "table-properties" and own.get("display") == "false":
            self.unseen.add(self.style)
        elif tag == "table":
            self.looks.append(SheetLook(hidden=own.get("style-name") in self.unseen))
            self.row = self.rows = self.column = 0
        elif tag == "annotation":
            self.noting = True
        elif tag in ("table-row", "table-cell"):
            self.noting = False
        if tag in _THINGS:
            self.things.add(_THINGS[tag])
        if self.looks:
            self._in_sheet(tag, own, self.looks[-1])

    def _in_sheet(self, tag: str, own: Attributes, look: SheetLook) -> None:
        if tag == "table-column":
            first = max((last for _f, last, _s, _h in look.columns), default=0) + 1
            last = first + _times(own, "number-columns-repeated") - 1
            unseen = own.get("visibility", "visible") != "visible"
            look.columns.append((first, last, own.get("default-cell-style-name", ""), unseen))
        elif tag == "table-row":
            self.row += self.rows or 1
            self.rows, self.column = _times(own, "number-rows-repeated"), 1
            for row in range(self.row, self.row + min(self.rows, _MOST)):
                look.heights[row] = own.get("style-name", "")
                if own.get("visibility", "visible") != "visible":
                    look.hidden_rows.add(row)
        elif tag in ("table-cell", "covered-table-cell"):
            self._cell(own, look)

    def _cell(self, own: Attributes, look: SheetLook) -> None:
        times = _times(own, "number-columns-repeated")
        style = own.get("style-name", "")
        if "formula" in own:
            look.things.add("formula")
        if "number-columns-spanned" in own or "number-rows-spanned" in own:
            look.things.add("merged")
        if style and times < _MOST and self.rows < _MOST:
            for row in range(self.row, self.row + self.rows):
                cells = look.styles.setdefault(row, {})
                cells |= dict.fromkeys(range(self.column, self.column + times), style)
        self.column += times

    def text(self, words: str) -> None:
        """Keep the texts of comments, which are not cells."""
        if self.noting and words.strip():
            self.notes.append(words)


def _times(own: Attributes, name: str) -> int:
    found = own.get(name, "1")
    return int(found) if re.fullmatch("[0-9]{1,7}", found) else 1
