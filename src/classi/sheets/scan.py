"""Looks through the XML of a workbook before it is parsed: how far its cells reach, what would break or vanish.

The parser of workbooks reserves room for the whole rectangle up to the farthest cell, drops cells whose formula was
never computed and cells that hold an error; and it is not ours. So every part is read once with expat, in pieces, with
nothing kept: no DOCTYPE (hence no entities) is let through, nesting is bounded, and the place of every cell that holds
something is followed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.parsers.expat import ExpatError, ParserCreate

from classi.i18n import _
from classi.sheets.archive import Archive, Refused, damaged
from classi.sheets.cells import column_letters

MAX_ROWS = 200_000
MAX_COLUMNS = 1_000
MAX_CELLS = 2_000_000
MAX_SHEETS = 100
MAX_DEPTH = 200
MAX_BLANKS = 10_000
_SHOWN = 5
_REFERENCE = re.compile(r"([A-Za-z]{1,4})([0-9]{1,8})")
Attributes = dict[str, str]


@dataclass
class Lost:
    """Cells of one sheet whose content cannot be read: the first ones by name, and how many in all."""

    cells: list[tuple[int, str]] = field(default_factory=list)
    number: int = 0

    def add(self, row: int, column: int) -> None:
        """Note one cell, by its row from 1 and its column from 1."""
        self.number += 1
        if self.number <= _SHOWN:
            self.cells.append((row, f"{column_letters(column - 1)}{row}"))


@dataclass
class Scan:
    """What was found in the sheets.

    Attributes
    ----------
    uncomputed, errors : for each sheet, the cells with a formula never computed, and those that hold an error.
    """

    uncomputed: dict[str, Lost] = field(default_factory=lambda: defaultdict(Lost))
    errors: dict[str, Lost] = field(default_factory=lambda: defaultdict(Lost))


class _Part:
    """Follows one part: depth, and in the subclasses the place of the cells."""

    def __init__(self, scan: Scan, sheet: str = "") -> None:
        self.scan, self.sheet = scan, sheet
        self.depth = self.row = self.column = 0
        self.last_row = self.last_column = 0
        self.area = 0

    def start(self, name: str, attributes: Attributes) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Refused(_("It is not a proper workbook: its content is nested too deeply."))
        self.opened(name.rpartition(":")[2], attributes)

    def end(self, name: str) -> None:
        self.depth -= 1
        self.closed(name.rpartition(":")[2])

    def opened(self, name: str, attributes: Attributes) -> None:
        """Follow the start of an element."""

    def closed(self, name: str) -> None:
        """Follow the end of an element."""

    def holds(self) -> None:
        """Take note that the present cell holds something."""
        if self.row > self.last_row or self.column > self.last_column:
            self.last_row = max(self.last_row, self.row)
            self.last_column = max(self.last_column, self.column)
            far = self.last_row > MAX_ROWS or self.last_column > MAX_COLUMNS
            if far or self.area + self.last_row * self.last_column > MAX_CELLS:
                raise Refused(
                    _("The sheet “{sheet}” reaches cell {cell}: too far for a table. Delete what is there.").format(
                        sheet=self.sheet, cell=f"{column_letters(self.column - 1)}{self.row}"
                    )
                )


class XlsxPart(_Part):
    """A part of an .xlsx; outside ``sheetData`` there is nothing to follow."""

    inside = in_cell = formula = value = False

    def opened(self, name: str, attributes: Attributes) -> None:
        """Follow rows, cells, formulas and values."""
        if name == "sheetData":
            self.inside = True
        elif not self.inside:
            return
        elif name == "c":
            self._cell(attributes)
        elif name in ("v", "is"):
            self.value = True
            self.holds()
        elif name == "f":
            self.formula = True
        elif name == "row":
            self.row = _whole(attributes["r"]) if "r" in attributes else self.row + 1
            self.column = 0

    def _cell(self, attributes: Attributes) -> None:
        self.in_cell, self.formula, self.value = True, False, False
        self.column += 1
        if "r" in attributes:
            match = _REFERENCE.fullmatch(attributes["r"])
            if not match:
                raise Refused(damaged())
            self.column, self.row = _column(match[1]), int(match[2])
        if attributes.get("t") == "e":
            self.scan.errors[self.sheet].add(self.row, self.column)
            self.formula = False

    def closed(self, name: str) -> None:
        """Judge a cell once it is complete."""
        if name == "c" and self.in_cell:
            self.in_cell = False
            if self.formula and not self.value:
                self.scan.uncomputed[self.sheet].add(self.row, self.column)
        elif name == "sheetData":
            self.inside = False


class OdsPart(_Part):
    """The content of an .ods; empty rows and cells may be repeated to the end of the sheet, as programs do."""

    in_cell = False
    sheets = 0

    def opened(self, name: str, attributes: Attributes) -> None:
        """Follow tables, rows, cells and their text."""
        if name == "table":
            self._sheet(attributes)
        elif name == "table-row":
            self.row += _whole(attributes.get("table:number-rows-repeated", "1"))
            self.column = 0
        elif name in ("table-cell", "covered-table-cell"):
            self._cell(attributes)
        elif name == "p" and self.in_cell:
            self.holds()
        elif name == "s" and _whole(attributes.get("text:c", "1")) > MAX_BLANKS:
            raise Refused(damaged())

    def _sheet(self, attributes: Attributes) -> None:
        self.area += self.last_row * self.last_column
        self.row = self.last_row = self.last_column = 0
        self.sheet = attributes.get("table:name", "")
        self.sheets += 1
        if self.sheets > MAX_SHEETS:
            raise Refused(_("It has more than {limit} sheets.").format(limit=MAX_SHEETS))

    def _cell(self, attributes: Attributes) -> None:
        self.in_cell = True
        self.column += _whole(attributes.get("table:number-columns-repeated", "1"))
        if attributes.get("calcext:value-type") == "error":
            self.scan.errors[self.sheet].add(self.row, self.column)
        elif "table:formula" in attributes and "office:value-type" not in attributes:
            self.scan.uncomputed[self.sheet].add(self.row, self.column)
        if "office:value-type" in attributes:
            self.holds()

    def closed(self, name: str) -> None:
        """Leave the cell."""
        if name in ("table-cell", "covered-table-cell"):
            self.in_cell = False


def scan_part(pieces: Iterable[bytes], part: _Part) -> None:
    """Read one part from its pieces; a part that is not XML (a picture) is only inflated, and measured."""
    parser = ParserCreate()
    parser.StartElementHandler = part.start
    parser.EndElementHandler = part.end
    parser.StartDoctypeDeclHandler = _doctype
    started = xml = False
    try:
        for piece in pieces:
            if not started and piece:
                started, xml = True, _looks_like_xml(piece)
            if xml:
                parser.Parse(piece, False)
        if xml:
            parser.Parse(b"", True)
    except ExpatError:
        raise Refused(damaged()) from None


def _looks_like_xml(piece: bytes) -> bool:
    head = piece[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")
    return head.startswith(b"<")


def _doctype(*_declaration: object) -> None:
    raise Refused(_("It declares entities (DOCTYPE), which no spreadsheet program writes: it is not read."))


def _whole(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise Refused(damaged())
    return int(text)


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


class _Names(_Part):
    """The sheets a workbook names, and the parts its relations lead to."""

    def __init__(self, scan: Scan) -> None:
        super().__init__(scan)
        self.sheets: dict[str, str] = {}
        self.targets: dict[str, str] = {}

    def opened(self, name: str, attributes: Attributes) -> None:
        if name == "sheet":
            self.sheets[next((v for k, v in attributes.items() if k.endswith(":id")), "")] = attributes.get("name", "")
            if len(self.sheets) > MAX_SHEETS:
                raise Refused(_("It has more than {limit} sheets.").format(limit=MAX_SHEETS))
        elif name == "Relationship":
            target = attributes.get("Target", "").lstrip("/")
            self.targets[attributes.get("Id", "")] = target if target.startswith("xl/") else f"xl/{target}"


def scan_xlsx(archive: Archive) -> Scan:
    """Look through every part of an .xlsx; raises `Refused`."""
    scan = Scan()
    names = _Names(scan)
    head = sorted({"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} & archive.parts.keys())
    for name in head:
        scan_part(archive.pieces(name), names)
    sheets = {names.targets.get(key, ""): sheet for key, sheet in names.sheets.items()}
    area = 0
    for name in archive.parts:
        if name not in head:
            part = XlsxPart(scan, sheets.get(name, name))
            part.area = area
            scan_part(archive.pieces(name), part)
            area += part.last_row * part.last_column
    return scan


def scan_ods(archive: Archive) -> Scan:
    """Look through every part of an .ods; raises `Refused`."""
    scan = Scan()
    for name in archive.parts:
        scan_part(archive.pieces(name), OdsPart(scan) if name == "content.xml" else _Part(scan))
    return scan
