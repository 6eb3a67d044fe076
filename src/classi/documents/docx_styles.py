"""The styles of a .docx: the documents' own look, and what a school's letterhead does not define."""

from __future__ import annotations

import docx
from docx.document import Document as Word
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from docx.styles.style import ParagraphStyle

from classi.documents.docx_parts import make

_SIZES = {"Title": (17.0, True), "Subtitle": (11, False), "Heading 1": (13, True), "Heading 2": (11, True)}
_SIZES |= {"Caption": (10, True), "Normal": (10.5, False)}


class Styles:
    """The styles of a document by name; what a school's own letterhead does not define is added."""

    def __init__(self, word: Word) -> None:
        self._styles = word.styles
        self._ids: dict[str, str] = {}

    def id_of(self, name: str) -> str:
        """Return the identifier of a paragraph style."""
        # Each is looked up once: the library reads all the styles of the document every time.
        if name not in self._ids:
            self._ids[name] = str(self._get(name).style_id)
        return self._ids[name]

    def _get(self, name: str) -> ParagraphStyle:
        if name in self._styles:
            style = self._styles[name]
        else:
            style = self._styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=True)
            self._define(name, style)
        assert isinstance(style, ParagraphStyle)
        return style

    def _define(self, name: str, style: ParagraphStyle) -> None:
        _shape(style)
        if name.startswith("Heading"):
            level = make("w:outlineLvl", val=int(name[-1]) - 1)
            style.element.get_or_add_pPr().append(level)


def _shape(style: ParagraphStyle) -> None:
    """Give a style the look of these documents."""
    size, bold = _SIZES[str(style.name)]
    style.font.size, style.font.bold, style.font.italic = Pt(size), bold, False
    style.font.color.rgb = RGBColor(0, 0, 0)
    place = style.paragraph_format
    heading = str(style.name).startswith("Heading")
    place.space_before, place.space_after = Pt(12 if heading else 0), Pt(6)
    place.line_spacing, place.keep_with_next = 1.08, heading or style.name == "Title"


def blank() -> Word:
    """Return an empty document in these documents' own look."""
    word = docx.Document()
    for name in _SIZES:
        style = word.styles[name]
        assert isinstance(style, ParagraphStyle)
        _plain(style)
        _shape(style)
    return word


def _plain(style: ParagraphStyle) -> None:
    # The library's own styles have coloured lines, spaced letters and fonts of a theme.
    for tag in ("w:pBdr", "w:contextualSpacing"):
        for found in style.element.findall(f".//{qn(tag)}"):
            found.getparent().remove(found)
    properties = style.element.get_or_add_rPr()
    for tag in ("w:rFonts", "w:spacing", "w:kern"):
        for found in properties.findall(qn(tag)):
            properties.remove(found)
    style.font.name = "Calibri"
