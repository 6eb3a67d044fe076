"""What a document says, as frozen data; `classi.documents.docx` and `classi.documents.pdf` only lay it out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
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

    def __post_init__(self) -> None:
        width = len(self.header)
        if not width or any(len(row) != width for row in self.rows):
            raise ValueError("every row of a table has a cell for each column of its header")
        if len(self.align) not in (0, width) or len(self.widths) not in (0, width):
            raise ValueError("a table has one alignment and one width a column, or none")

    @property
    def aligned(self) -> tuple[Align, ...]:
        """How each column is aligned, shape (columns,)."""
        left: Align = "left"
        return self.align or (left,) * len(self.header)

    @property
    def shares(self) -> tuple[float, ...]:
        """Part of the width each column takes, shape (columns,), sum 1: `widths`, or by what the cells hold."""
        weights = self.widths or tuple(map(_weight, zip(self.header, *self.rows, strict=True)))
        return tuple(w / sum(weights) for w in weights)


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
    """What follows begins on a new page; `letterhead`: with the letterhead again, as a letter of its own."""

    letterhead: bool = False


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
    dated : the date in the file's own description, so that the same document gives the same bytes.
    numbered : False leaves the page numbers out: many letters in one file.
    """

    language: str
    title: str
    blocks: tuple[Block, ...]
    subtitle: str = ""
    letterhead: Letterhead = Letterhead()
    footer: str = ""
    landscape: bool = False
    dated: date = date(2000, 1, 1)
    numbered: bool = True


_WORD, _TEXT = 18, 48
"""Letters beyond which a longer word, a longer text make a column no wider: they go on in the next line."""


def _weight(cells: Sequence[str]) -> float:
    # A header goes on in the next line; what it heads had better not.
    words = max((len(w) for cell in cells for w in cell.split()), default=0)
    texts = max((len(cell) for cell in cells[1:]), default=0)
    return max(4, min(words, _WORD) + 3, min(texts, _TEXT))


_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    """Return `text` without the control characters that no document can hold."""
    return _CONTROL.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
