"""Pieces of a .docx that python-docx does not make: tables whose header repeats, lists of their own, page numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from docx.document import Document as Word
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.parts.numbering import NumberingPart
from docx.text.paragraph import Paragraph as WordParagraph

from classi.documents.model import Signatures, Table, printable

Field = Literal["PAGE", "NUMPAGES"]
Xml = Any  # an element of the library underneath, which has no types

_GREY, _SHADE = "999999", "E8E8E8"


def make(tag: str, *children: Xml, **attributes: object) -> Xml:
    """Return an element; attributes are in the namespace of Word."""
    element: Xml = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(qn(f"w:{name.rstrip('_')}"), str(value))
    for child in children:
        element.append(child)
    return element


def run(text: str, *, bold: bool = False, half_points: int = 0) -> Xml:
    """Return a run; line ends become breaks."""
    looks = [make("w:b")] if bold else []
    if half_points:
        looks += [make("w:sz", val=half_points), make("w:szCs", val=half_points)]
    found = make("w:r", *([make("w:rPr", *looks)] if looks else []))
    for k, line in enumerate(printable(text).split("\n")):
        if k:
            found.append(make("w:br"))
        words = make("w:t")
        words.text = line
        words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        found.append(words)
    return found


def table_element(table: Table, width: int) -> Xml:
    """Return a table as wide as the text, its first row repeated on every page.

    Parameters
    ----------
    width : of the text, in twentieths of a point.
    """
    widths = [round(width * share) for share in table.shares]
    size = _half_points(len(widths))
    rows = [_row(table.header, widths, table, size, header=True)]
    rows += [_row(cells, widths, table, size, header=False) for cells in table.rows]
    edges = ("top", "left", "bottom", "right", "insideH", "insideV")
    borders = [make(f"w:{edge}", val="single", sz=4, space=0, color=_GREY) for edge in edges]
    margins = [make(f"w:{edge}", w=70, type="dxa") for edge in ("left", "right")]
    properties = make(
        "w:tblPr",
        make("w:tblW", w=width, type="dxa"),
        make("w:tblBorders", *borders),
        make("w:tblLayout", type="fixed"),
        make("w:tblCellMar", *margins),
        make("w:tblLook", val="0620", firstRow=1, lastRow=0, firstColumn=0, lastColumn=0, noHBand=1, noVBand=1),
        *([make("w:tblCaption", val=printable(table.caption))] if table.caption else []),
    )
    return make("w:tbl", properties, make("w:tblGrid", *(make("w:gridCol", w=w) for w in widths)), *rows)


def _half_points(columns: int) -> int:
    return 14 if columns > 14 else 16 if columns > 9 else 18


def _row(cells: Sequence[str], widths: Sequence[int], table: Table, size: int, *, header: bool) -> Xml:
    looks = [make("w:cantSplit")] if header or max(map(len, cells)) <= 600 else []
    looks += [make("w:tblHeader")] if header else []
    found = make("w:tr", *([make("w:trPr", *looks)] if looks else []))
    for text, width, align in zip(cells, widths, table.aligned, strict=True):
        properties = [make("w:tcW", w=width, type="dxa")]
        if header:
            properties.append(make("w:shd", val="clear", color="auto", fill=_SHADE))
        place = make(
            "w:pPr", make("w:spacing", before=20, after=20, line=240, lineRule="auto"), make("w:jc", val=align)
        )
        words = make("w:p", place, run(text, bold=header, half_points=size))
        found.append(make("w:tc", make("w:tcPr", *properties), words))
    return found


def signature_element(block: Signatures, width: int) -> Xml:
    """Return the places to sign, two a row, without borders: role, a line, name."""
    half = width // 2
    people = [*block.people, *([("", "")] if len(block.people) % 2 else [])]
    rows = [
        make("w:tr", make("w:trPr", make("w:cantSplit")), *(_signature(*person, half) for person in people[k : k + 2]))
        for k in range(0, len(people), 2)
    ]
    margins = [make("w:left", w=0, type="dxa"), make("w:right", w=500, type="dxa")]
    properties = make(
        "w:tblPr",
        make("w:tblW", w=2 * half, type="dxa"),
        make("w:tblLayout", type="fixed"),
        make("w:tblCellMar", *margins),
    )
    return make("w:tbl", properties, make("w:tblGrid", make("w:gridCol", w=half), make("w:gridCol", w=half)), *rows)


def _signature(role: str, name: str, width: int) -> Xml:
    properties = make("w:tcPr", make("w:tcW", w=width, type="dxa"))
    if not role and not name:
        return make("w:tc", properties, make("w:p"))
    line = make("w:pBdr", make("w:bottom", val="single", sz=4, space=1, color="000000"))
    close = make("w:spacing", before=0, after=40)
    return make(
        "w:tc",
        properties,
        make("w:p", make("w:pPr", make("w:keepNext"), make("w:spacing", before=200, after=0)), run(role)),
        make("w:p", make("w:pPr", make("w:keepNext"), line, make("w:spacing", before=440, after=0))),
        make("w:p", make("w:pPr", close), run(name, half_points=18)),
    )


class Numbering:
    """The lists of a document, each numbered from 1."""

    def __init__(self, word: Word) -> None:
        self._root = _numbering_part(word).element

    def new(self, *, numbered: bool) -> int:
        """Add a list and return its number."""
        number = 1 + max(
            (int(a.get(qn("w:abstractNumId"))) for a in self._root.findall(qn("w:abstractNum"))), default=-1
        )
        level = make(
            "w:lvl",
            make("w:start", val=1),
            make("w:numFmt", val="decimal" if numbered else "bullet"),
            make("w:lvlText", val="%1." if numbered else "•"),
            make("w:lvlJc", val="left"),
            make("w:pPr", make("w:ind", left=425, hanging=283)),
            ilvl=0,
        )
        kind = make("w:multiLevelType", val="singleLevel")
        first = self._root.find(qn("w:num"))
        abstract = make("w:abstractNum", kind, level, abstractNumId=number)
        if first is None:
            self._root.append(abstract)
        else:
            first.addprevious(abstract)
        return int(self._root.add_num(number).numId)


def _numbering_part(word: Word) -> Any:
    try:
        return word.part.part_related_by(RELATIONSHIP_TYPE.NUMBERING)
    except KeyError:
        empty = f"<w:numbering {nsdecls('w')}/>".encode()
        assert word.part.package is not None
        name, kind = PackURI("/word/numbering.xml"), CONTENT_TYPE.WML_NUMBERING
        part = NumberingPart.load(name, kind, empty, word.part.package)
        word.part.relate_to(part, RELATIONSHIP_TYPE.NUMBERING)
        return part


def put_in_list(paragraph: WordParagraph, number: int) -> None:
    """Make a paragraph an item of a list."""
    paragraph._p.get_or_add_pPr().get_or_add_numPr().get_or_add_numId().val = number
    paragraph._p.pPr.numPr.get_or_add_ilvl().val = 0  # type: ignore[union-attr]


def add_field(paragraph: WordParagraph, field: Field) -> None:
    """Add a field that the reader's program works out: the page's number, or how many there are."""
    element: Xml = parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr="{field}"/>')
    element.append(run("1", half_points=17))
    paragraph._p.append(element)


def has_page_number(element: Xml) -> bool:
    """Tell whether a header or footer numbers the pages already."""
    simple = [f.get(qn("w:instr")) or "" for f in element.iter(qn("w:fldSimple"))]
    typed = [f.text or "" for f in element.iter(qn("w:instrText"))]
    return any("PAGE" in words.split() for words in (*simple, *typed))


def line_below(paragraph: WordParagraph) -> None:
    """Draw a line under a paragraph."""
    line = make("w:pBdr", make("w:bottom", val="single", sz=6, space=4, color="000000"))
    insert = paragraph._p.get_or_add_pPr().insert_element_before
    # The order of these is fixed: a border comes after the style and before what follows here.
    insert(line, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr")


def set_language(word: Word, code: str) -> None:
    """Name the language of everything the document's styles write."""
    root: Xml = word.styles.element
    for found in root.iter(qn("w:lang")):
        found.set(qn("w:val"), code)
    defaults = _child(_child(_child(root, "w:docDefaults"), "w:rPrDefault"), "w:rPr")
    _child(defaults, "w:lang").set(qn("w:val"), code)


def _child(parent: Xml, tag: str) -> Xml:
    found = parent.find(qn(tag))
    if found is None:
        found = make(tag)
        parent.insert(len(parent) if tag == "w:lang" else 0, found)
    return found
