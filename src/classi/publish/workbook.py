"""Reads an .xlsx that is to be published: its cells, and all that is not cells.

The cells are read by `classi.sheets`, which measures the file first; what is looked for here is in the other parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

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
from classi.publish.table import Document, Finding, Table, Text, text
from classi.sheets import read_sheets
from classi.sheets.archive import Archive, Refused

_PLAIN_PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(?:app|core)\.xml|xl/(?:workbook|styles|sharedStrings|calcChain|metadata)"
    r"\.xml|xl/_rels/workbook\.xml\.rels|xl/theme/theme\d+\.xml|xl/worksheets/(?:_rels/)?sheet\d+\.xml(?:\.rels)?"
    r"|xl/persons/person\.xml"
)
_THINGS = {
    "conditionalFormatting": "conditional", "dataValidation": "validation", "hyperlink": "link", "f": "formula",
    "filterColumn": "filter", "mergeCell": "merged", "oleObject": "object", "drawing": "object", "picture": "object",
    "rPr": "rich", "legacyDrawing": "comment", "comment": "comment", "tablePart": "object",
}  # fmt: skip
_PRINTING = ("_xlnm.Print_Titles", "_xlnm.Print_Area")
_SECTIONS = frozenset({
    "numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles", "colors",
    "extLst",
})  # fmt: skip
_FIELDS = re.compile(r'&(?:"[^"]*"|K[0-9A-F]{6}|[0-9]+|[A-Z])')
"""Marks of place, font and size among the words of a sheet's header and footer."""
_MARGINS = frozenset({
    "oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter",
})  # fmt: skip


def read_xlsx(path: Path, deadline: float) -> Document:
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
    tables = sheet_tables([grid.rows for grid in book.grids.values()])
    try:
        return _document(archive, dict(zip(book.grids, tables, strict=True)))
    except Refused as refused:
        raise InputError([Problem(str(refused), path.name)]) from None


def _document(archive: Archive, tables: dict[str, Table]) -> Document:
    say = element_sentences()
    findings = [*_parts(archive), *properties(archive, ("docProps/core.xml", "docProps/app.xml")), *_persons(archive)]
    names, sheets, defined = _sheets(archive)
    if len(names) > 1:
        findings.append(Finding(say["extra"]))
    if defined:
        findings.append(Finding(say["names"]))
    styles = _Styles(archive)
    texts = [Text(name) for name in names]
    strings = _Strings(archive)
    if strings.rich:
        findings.append(Finding(say["rich"]))
    for name, table in tables.items():
        look = _sheet(archive, *sheets.get(name, ("", False)))
        findings += look_findings(look, table, styles.seen)
        texts += [Text(words, table.where) for words in look.texts]
    shown = {text(cell) for table in tables.values() for _n, cells in table.rows for cell in cells}
    texts += [Text(words) for words in strings.found if words not in shown]
    return Document(tuple(t for t in tables.values() if t.rows), tuple(texts), tuple(findings))


def _parts(archive: Archive) -> Iterator[Finding]:
    say = element_sentences()
    odd = [name for name in archive.parts if not _PLAIN_PARTS.fullmatch(name)]
    comments = [name for name in odd if "comment" in name.casefold()]
    custom = [name for name in odd if name == "docProps/custom.xml"]
    for found, thing in ((comments, "comment"), (custom, "custom")):
        if found:
            yield Finding(say[thing])
    if len(odd) > len(comments) + len(custom):
        yield Finding(say["parts"])


def _persons(archive: Archive) -> Iterator[Finding]:
    """Yield a finding where people are named; programs write the part also when it is empty."""
    tags: list[str] = []
    walk(archive, "xl/persons/person.xml", lambda tag, _attributes: tags.append(tag), _ignored)
    if "person" in tags:
        yield Finding(element_sentences()["property"])


def _sheets(archive: Archive) -> tuple[list[str], dict[str, tuple[str, bool]], list[str]]:
    """Return the names of the sheets, for each its part and whether it is hidden, and the defined names."""
    sheets: list[tuple[str, str, bool]] = []
    targets: dict[str, str] = {}
    defined: list[str] = []

    def start(tag: str, attributes: Attributes) -> None:
        if tag == "sheet":
            relation = next((v for k, v in attributes.items() if k.endswith(":id")), "")
            sheets.append((attributes.get("name", ""), relation, attributes.get("state", "visible") != "visible"))
        elif tag == "Relationship":
            target = attributes.get("Target", "").lstrip("/")
            targets[attributes.get("Id", "")] = target if target.startswith("xl/") else f"xl/{target}"
        elif tag == "definedName" and attributes.get("name") not in _PRINTING:
            defined.append(attributes.get("name", ""))

    for part in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
        walk(archive, part, start, _ignored)
    places = {name: (targets.get(relation, ""), hidden) for name, relation, hidden in sheets}
    return [name for name, _relation, _hidden in sheets], places, defined


def _ignored(_words: str) -> None:
    """Take no note of a text."""


class _Strings:
    """The shared texts of a workbook, and whether some have a format inside."""

    def __init__(self, archive: Archive) -> None:
        self.found: list[str] = []
        self.rich = False
        walk(archive, "xl/sharedStrings.xml", self._start, self._text)

    def _start(self, tag: str, _attributes: Attributes) -> None:
        if tag == "si":
            self.found.append("")
        self.rich = self.rich or tag in ("rPr", "rPh")

    def _text(self, words: str) -> None:
        if self.found:
            self.found[-1] += words


def _sheet(archive: Archive, part: str, hidden: bool) -> SheetLook:
    look = SheetLook(hidden=hidden)
    at = _Place()
    walk(
        archive,
        part,
        partial(_follow, look, at),
        lambda words: look.texts.append(_FIELDS.sub(" ", words)) if at.margin else None,
    )
    return look


class _Place:
    """Where in a sheet the reading is."""

    row = column = 0
    margin = False


def _follow(look: SheetLook, at: _Place, tag: str, attributes: Attributes) -> None:
    at.margin = tag in _MARGINS
    if tag == "c":
        place = re.match(r"[A-Z]+", attributes.get("r", ""))
        at.column = _column(place[0]) if place else at.column + 1
        look.styles.setdefault(at.row, {})[at.column] = attributes.get("s", "0")
    elif tag == "row":
        at.row, at.column = _number(attributes.get("r", ""), at.row + 1), 0
        look.heights[at.row] = attributes.get("ht", "")
        if _on(attributes, "hidden") or attributes.get("ht") in ("0", "0.0"):
            look.hidden_rows.add(at.row)
        if _on(attributes, "customFormat"):
            look.row_styles[at.row] = attributes.get("s", "0")
    elif tag == "col":
        first = _number(attributes.get("min", ""), 1)
        unseen = _on(attributes, "hidden") or attributes.get("width") in ("0", "0.0")
        look.columns.append((first, _number(attributes.get("max", ""), first), attributes.get("style", "0"), unseen))
    elif tag in _THINGS:
        look.things.add(_THINGS[tag])


def _on(attributes: Attributes, name: str) -> bool:
    return attributes.get(name, "0") not in ("0", "false")


def _number(digits: str, default: int) -> int:
    return int(digits) if re.fullmatch("[0-9]{1,7}", digits) else default


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


class _Styles:
    """What is seen of each style: font, fill, number format and alignment; borders, which frame a table, are not."""

    def __init__(self, archive: Archive) -> None:
        self.fonts: list[Any] = []
        self.fills: list[Any] = []
        self.formats: dict[str, str] = {}
        self.styles: list[tuple[Any, ...]] = []
        self._section = ""
        walk(archive, "xl/styles.xml", self._start, _ignored)

    def seen(self, style: str) -> object:
        """Return what is seen of a style, by its number as a cell gives it."""
        k = _number(style, 0)
        return _frozen(self.styles[k]) if k < len(self.styles) else style

    def _start(self, tag: str, attributes: Attributes) -> None:
        if tag in _SECTIONS:
            self._section = tag
        elif tag == "numFmt":
            self.formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif self._section == "fonts":
            self._add(self.fonts, "font", tag, attributes)
        elif self._section == "fills":
            self._add(self.fills, "fill", tag, attributes)
        elif self._section == "cellXfs" and tag == "xf":
            self.styles.append(self._style(attributes))
        elif self._section == "cellXfs" and self.styles:
            self.styles[-1][-1].append((tag, sorted(attributes.items())))

    @staticmethod
    def _add(found: list[Any], opening: str, tag: str, attributes: Attributes) -> None:
        if tag == opening:
            found.append([])
        elif found:
            found[-1].append((tag, sorted(attributes.items())))

    def _style(self, attributes: Attributes) -> tuple[Any, ...]:
        font, fill = (_number(attributes.get(name, ""), 0) for name in ("fontId", "fillId"))
        number = attributes.get("numFmtId", "0")
        return (
            self.fonts[font] if font < len(self.fonts) else font,
            self.fills[fill] if fill < len(self.fills) else fill,
            self.formats.get(number, number),
            [],
        )


def _frozen(value: Any) -> object:
    """Return a nest of lists as one of tuples, which can be counted."""
    return tuple(map(_frozen, value)) if isinstance(value, Sequence) and not isinstance(value, str) else value
