"""A document as .docx, to be changed by hand: on the school's own letterhead, the same bytes for the same document."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime, time
from io import BytesIO
from typing import Any

import docx
from docx.document import Document as Word
from docx.enum.section import WD_ORIENTATION
from docx.enum.text import WD_PARAGRAPH_ALIGNMENT, WD_TAB_ALIGNMENT
from docx.image.exceptions import InvalidImageStreamError, UnexpectedEndOfFileError, UnrecognizedImageError
from docx.opc.exceptions import OpcError
from docx.section import Section, _Footer
from docx.shared import Cm, Pt
from docx.text.paragraph import Paragraph as WordParagraph

from classi.documents.docx_parts import (
    Numbering,
    add_field,
    has_page_number,
    line_below,
    put_in_list,
    set_language,
    signature_element,
    table_element,
)
from classi.documents.docx_styles import Styles, blank
from classi.documents.model import (
    Block,
    Document,
    Facts,
    Heading,
    Letterhead,
    Listing,
    PageBreak,
    Paragraph,
    Signatures,
    Table,
    printable,
)
from classi.documents.words import page_words
from classi.errors import InputError, Problem
from classi.i18n import _, use_language

LARGEST = 64_000_000
"""Bytes of a letterhead once unpacked."""

_LANGUAGES = {"it": "it-IT", "en": "en-GB"}
_FACTS_INDENT = Cm(5.5)
_UNREADABLE = (OpcError, zipfile.BadZipFile, KeyError, ValueError, SyntaxError, NotImplementedError)
_NO_IMAGE = (InvalidImageStreamError, UnexpectedEndOfFileError, UnrecognizedImageError)


def render_docx(document: Document, template: bytes | None = None) -> bytes:
    """Return the document as .docx.

    Parameters
    ----------
    template : a .docx of the school, whose headers, footers, styles and first lines are kept: the document is written
        after them. Without one, the document's own letterhead stands at the top of every page.

    Raises
    ------
    InputError
        When the template is no .docx, or the logo no image that can be read.
    """
    word = blank() if template is None else _opened(template)
    section = word.sections[-1]
    if template is None:
        _set_page(section, landscape=document.landscape)
        _write_letterhead(word, section, document.letterhead)
    set_language(word, _LANGUAGES.get(document.language, document.language))
    with use_language(document.language):
        _write_footers(word, section, document)
    writer = _Writer(word, section)
    writer.text(document.title, "Title")
    if document.subtitle:
        writer.text(document.subtitle, "Subtitle")
    for block in document.blocks:
        writer.write(block)
    _describe(word, document)
    buffer = BytesIO()
    word.save(buffer)
    return _dated(buffer.getvalue(), document)


class _Writer:
    """Writes blocks one after the other at the end of a document."""

    def __init__(self, word: Word, section: Section) -> None:
        self._word = word
        self._styles = Styles(word)
        self._breaks = False
        self._last: WordParagraph | None = None
        assert section.page_width and section.left_margin is not None and section.right_margin is not None
        self._width = round((section.page_width - section.left_margin - section.right_margin) / Pt(1) * 20)
        self._numbering = Numbering(word)

    def write(self, block: Block) -> None:
        """Write one block."""
        match block:
            case Heading():
                self.text(block.text, f"Heading {block.level}")
            case Paragraph():
                paragraph = self.text("", "Normal")
                if block.strong:
                    _words(paragraph, block.strong + " ", bold=True)
                _words(paragraph, block.text)
            case Listing():
                number = self._numbering.new(numbered=block.numbered)
                for item in block.items:
                    put_in_list(self.text(item, "Normal"), number)
            case Facts():
                self._facts(block)
            case Table():
                if block.caption:
                    self.text(block.caption, "Caption")
                self._keep_last()
                self._element(table_element(block, self._width))
            case Signatures():
                self._keep_last()
                self._element(signature_element(block, self._width))
            case PageBreak():
                self._breaks = True

    def text(self, words: str, style: str) -> WordParagraph:
        """Write a paragraph, on a new page where one is due."""
        paragraph = self._word.add_paragraph()
        paragraph._p.style = self._styles.id_of(style)
        if self._breaks:
            paragraph.paragraph_format.page_break_before = True
            self._breaks = False
        if words:
            _words(paragraph, words)
        self._last = paragraph
        return paragraph

    def _keep_last(self) -> None:
        """Hold what stands before a table with it; nobody signs a page that holds nothing else."""
        if self._last is not None:
            self._last.paragraph_format.keep_with_next = True

    def _facts(self, block: Facts) -> None:
        for name, value in block.rows:
            paragraph = self.text("", "Normal")
            place = paragraph.paragraph_format
            place.left_indent, place.first_line_indent, place.space_after = _FACTS_INDENT, -_FACTS_INDENT, Pt(2)
            place.tab_stops.add_tab_stop(_FACTS_INDENT)
            _words(paragraph, f"{name}\t", bold=True)
            _words(paragraph, value)

    def _element(self, element: Any) -> None:
        if self._breaks:
            self._spacer()
        self._word.element.body.insert_element_before(element, "w:sectPr")
        self._spacer()  # Word joins tables that nothing stands between

    def _spacer(self) -> None:
        place = self.text("", "Normal").paragraph_format
        place.space_before, place.space_after, place.line_spacing = Pt(0), Pt(0), Pt(7)


def _opened(template: bytes) -> Word:
    """Return the school's letterhead, ready to be written on."""
    try:
        with zipfile.ZipFile(BytesIO(template)) as archive:
            if sum(part.file_size for part in archive.infolist()) > LARGEST:
                raise InputError([Problem(_("The letterhead is too large."))])
        word = docx.Document(BytesIO(template))
    except _UNREADABLE:
        text = _("The letterhead is not a Word document: save it as .docx (not .doc, .dotx or .docm).")
        raise InputError([Problem(text)]) from None
    body = word.paragraphs
    if len(body) == 1 and not word.tables and not len(body[0]._p.xpath("./w:r|./w:hyperlink|./w:pPr/w:sectPr")):
        body[0]._p.getparent().remove(body[0]._p)
    return word


def _set_page(section: Section, *, landscape: bool) -> None:
    short, long = Cm(21), Cm(29.7)
    section.page_width, section.page_height = (long, short) if landscape else (short, long)
    section.orientation = WD_ORIENTATION.LANDSCAPE if landscape else WD_ORIENTATION.PORTRAIT
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin, section.bottom_margin = Cm(1.8), Cm(2)
    section.header_distance = section.footer_distance = Cm(1)


def _write_letterhead(word: Word, section: Section, head: Letterhead) -> None:
    """Write the school at the top of every page."""
    if not head.school and not head.logo:
        return
    paragraph = section.header.paragraphs[0]
    paragraph.alignment = WD_PARAGRAPH_ALIGNMENT.CENTER
    if head.logo:
        try:
            picture = paragraph.add_run().add_picture(BytesIO(head.logo), height=Cm(1.5))
        except _NO_IMAGE:
            raise InputError([Problem(_("The logo is not an image that can be read: use PNG or JPEG."))]) from None
        picture._inline.docPr.set("descr", printable(head.logo_words or head.school))
        paragraph.add_run().add_break()
    _words(paragraph, head.school, bold=True, size=13)
    for line in head.lines:
        paragraph.add_run().add_break()
        _words(paragraph, line, size=9)
    line_below(paragraph)
    paragraph.paragraph_format.space_after = Pt(8)


def _write_footers(word: Word, section: Section, document: Document) -> None:
    """Write for whom the document is, and the page number where the letterhead has none of its own."""
    footers: list[_Footer] = [section.footer]
    if section.different_first_page_header_footer:
        footers.append(section.first_page_footer)
    if word.settings.odd_and_even_pages_header_footer:
        footers.append(section.even_page_footer)
    assert section.page_width and section.left_margin is not None and section.right_margin is not None
    for footer in footers:
        counted = has_page_number(footer._element)
        if not document.footer and (counted or not document.numbered):
            continue
        last = footer.paragraphs[-1] if footer.paragraphs else footer.add_paragraph()
        paragraph = footer.add_paragraph() if last._p.xpath("./w:r|./w:fldSimple") else last
        edge = section.page_width - section.left_margin - section.right_margin
        paragraph.paragraph_format.tab_stops.add_tab_stop(edge, WD_TAB_ALIGNMENT.RIGHT)
        _words(paragraph, document.footer, size=8.5)
        if document.numbered and not counted:
            _page_number(paragraph)


def _page_number(paragraph: WordParagraph) -> None:
    before, rest = page_words().split("{page}")
    middle, after = rest.split("{pages}")
    _words(paragraph, f"\t{before}", size=8.5)
    add_field(paragraph, "PAGE")
    _words(paragraph, middle, size=8.5)
    add_field(paragraph, "NUMPAGES")
    _words(paragraph, after, size=8.5)


def _words(paragraph: WordParagraph, text: str, *, bold: bool = False, size: float = 0) -> None:
    if text:
        run = paragraph.add_run(printable(text))
        if bold:
            run.bold = True
        if size:
            run.font.size = Pt(size)


def _describe(word: Word, document: Document) -> None:
    """Fill in the file's own description: nobody's name, and a given date."""
    about = word.core_properties
    about.title, about.subject = printable(document.title)[:255], printable(document.subtitle)[:255]
    about.author, about.last_modified_by = printable(document.letterhead.school)[:255], ""
    about.comments, about.keywords, about.revision = "", "", 1
    about.language = _LANGUAGES.get(document.language, document.language)
    about.created = about.modified = datetime.combine(document.dated, time(), UTC)


def _dated(made: bytes, document: Document) -> bytes:
    """Return the same archive with one date for every part, however often it is written."""
    day = document.dated if document.dated.year >= 1980 else Document.dated  # archives know no earlier one
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(made)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = zipfile.ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
            part.compress_type, part.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(part, old.read(name))
    return buffer.getvalue()
