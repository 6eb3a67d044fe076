"""What a document says, as frozen data; `classi.documents.docx` and `classi.documents.pdf` only lay it out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Align = Literal["left", "right", "center"]


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is a section of the document, 2 a part of it."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    """A paragraph. `strong` words stand before the text, in bold."""

    text: str
    strong: str = ""


@dataclass(frozen=True)
class Listing:
    """Items with a bullet, or a number each."""

    items: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True)
class Table:
    """A table with a header row. `align` has one word a column; `widths` are parts of the page's width, if given."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    align: tuple[Align, ...] = ()
    widths: tuple[float, ...] = ()


@dataclass(frozen=True)
class Facts:
    """Names with their values, one line each: name in bold, value beside it."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Signatures:
    """Places to sign: (role, name) each, name possibly empty; a line is left above each."""

    people: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PageBreak:
    """What follows begins on a new page."""


Block = Heading | Paragraph | Listing | Table | Facts | Signatures | PageBreak


@dataclass(frozen=True)
class Letterhead:
    """What stands at the top of every document of a school.

    Attributes
    ----------
    school : name of the institute; `lines` : address, codes, telephone, one line each.
    logo : bytes of a PNG or JPEG image, empty = none; `logo_words` describes it for who cannot see it.
    """

    school: str = ""
    lines: tuple[str, ...] = ()
    logo: bytes = field(default=b"", repr=False)
    logo_words: str = ""


@dataclass(frozen=True)
class Document:
    """One document.

    Attributes
    ----------
    language : ``it`` or ``en``; accessible formats name it.
    title, subtitle : at the top of the first page, and in the file's own description.
    footer : at the bottom of every page, before the page number: whom the document is for, say.
    landscape : True for wide tables.
    """

    language: str
    title: str
    blocks: tuple[Block, ...]
    subtitle: str = ""
    letterhead: Letterhead = Letterhead()
    footer: str = ""
    landscape: bool = False
