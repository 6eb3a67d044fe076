"""What marks a row of a workbook or tells who wrote it, whichever program it is of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers.expat import ExpatError, ParserCreate

from classi.errors import InputError, Problem
from classi.i18n import _
from classi.publish.table import Finding, Table, unlike_most
from classi.sheets import Cell, read_small
from classi.sheets.archive import Archive, Refused, damaged, open_archive

LARGEST = 20_000_000
Attributes = dict[str, str]
_TELLING = frozenset({
    "creator", "lastModifiedBy", "title", "subject", "description", "keywords", "category", "contentStatus", "Company",
    "Manager", "HyperlinkBase", "initial-creator", "keyword", "printed-by", "user-defined",
})  # fmt: skip


def element_sentences() -> dict[str, str]:
    """Return what is said of each thing besides cells a sheet may hold."""
    return {
        "conditional": _("the sheet has conditional formatting: it can mark pupils."),
        "validation": _("the sheet has data validation: its lists and notes are published too."),
        "link": _("the sheet has links: where they lead is published too."),
        "formula": _("the sheet has formulas: publish values alone."),
        "filter": _("the sheet has a filter that hides rows: what is hidden is published too."),
        "merged": _("the sheet has merged cells: they can mark pupils."),
        "object": _("the sheet has pictures or objects: take them away."),
        "comment": _("the file has comments: take them away."),
        "hidden_sheet": _("the sheet is hidden: what is hidden is published too."),
        "hidden_row": _("the row is hidden: what is hidden is published too."),
        "hidden_column": _("the column is hidden: what is hidden is published too."),
        "extra": _("the file has more than one sheet: publish one alone."),
        "style": _("the cell has another font, colour, fill or number format than the others: it can mark a pupil."),
        "height": _("the row is not as high as the others: it can mark a pupil."),
        "rich": _("parts of a text have a format of their own: they can mark a pupil."),
        "property": _("the properties of the file hold an author, a title or the like: empty them."),
        "custom": _("the file has properties of its own: take them away."),
        "names": _("the file has defined names: take them away."),
        "parts": _("the file holds parts besides its cells (pictures, links, macros and the like): take them away."),
    }


@dataclass
class SheetLook:
    """How a sheet looks: rows and cells by number, columns, and the other things in it."""

    hidden: bool = False
    heights: dict[int, str] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    styles: dict[int, dict[int, str]] = field(default_factory=dict)
    row_styles: dict[int, str] = field(default_factory=dict)
    columns: list[tuple[int, int, str, bool]] = field(default_factory=list)
    things: set[str] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)

    def style(self, row: int, column: int) -> str:
        """Return the style of a cell, counted from 1, also of one that is not there."""
        own = self.styles.get(row, {}).get(column, self.row_styles.get(row))
        return own or next((s for first, last, s, _h in self.columns if first <= column <= last), "")


def look_findings(look: SheetLook, table: Table, canonical: Callable[[str], object]) -> Iterator[Finding]:
    """Yield what marks a row in the look of a sheet.

    Parameters
    ----------
    look, table : the sheet's look and cells.
    canonical : gives for a style what is seen of it, so that two styles that look alike are one.
    """
    say = element_sentences()
    rows = [entry.row for entry in table.entries]
    if look.hidden:
        yield Finding(say["hidden_sheet"], table.where)
    for thing in sorted(look.things):
        yield Finding(say[thing], table.where)
    for row in sorted(look.hidden_rows):
        yield Finding(say["hidden_row"], table.where, row)
    for first, _last, _style, hidden in look.columns:
        if hidden:
            yield Finding(say["hidden_column"], table.where, column=first - 1)
    width = max((max(look.styles.get(row, {}), default=0) for row in rows), default=0)
    for column in range(1, width + 1):
        for row in unlike_most([(row, canonical(look.style(row, column))) for row in rows]):
            yield Finding(say["style"], table.where, row, column - 1)
    for row in unlike_most([(row, look.heights.get(row, "")) for row in rows]):
        yield Finding(say["height"], table.where, row)


def walk(archive: Archive, name: str, start: Callable[[str, Attributes], None], text: Callable[[str], None]) -> None:
    """Go through a part of a workbook, without its namespaces; a part that is not there is empty."""
    if name not in archive.parts:
        return
    parser = ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(":")[2], attributes)
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        for piece in archive.pieces(name):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except ExpatError:
        raise Refused(damaged()) from None


def _refuse(*_declaration: object) -> None:
    raise Refused(damaged())


def open_checked(path: Path, deadline: float) -> Archive:
    """Open a workbook's zip.

    Raises
    ------
    InputError
        When it cannot be opened.
    """
    try:
        return open_archive(read_small(path, LARGEST), deadline)
    except (Refused, OSError) as refused:
        raise InputError([Problem(str(refused), path.name)]) from None


def properties(archive: Archive, parts: Iterable[str]) -> Iterator[Finding]:
    """Yield a finding where the properties of the file tell who wrote it, or anything else in words."""
    here = [""]
    told: list[str] = []

    def start(tag: str, _attributes: Attributes) -> None:
        here[0] = tag

    def content(words: str) -> None:
        if here[0] in _TELLING and words.strip():
            told.append(words)

    for part in parts:
        walk(archive, part, start, content)
    if told:
        yield Finding(element_sentences()["property"])


def sheet_tables(grids: Sequence[tuple[tuple[int, tuple[Cell, ...]], ...]]) -> list[Table]:
    """Return the sheets as tables, each with its place; sheets are told by number, for their names are texts too."""
    places = [_("sheet {sheet}").format(sheet=n) if len(grids) > 1 else "" for n in range(1, len(grids) + 1)]
    return [Table(rows, place) for rows, place in zip(grids, places, strict=True)]
