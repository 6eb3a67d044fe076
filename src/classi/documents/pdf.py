"""A document as PDF/UA-1: tagged, with a language and a title, the same bytes for the same document.

One template lays out every document. What a document says reaches it as JSON and is never read as markup, so a name
with ``#`` or ``*`` comes out as written. Nothing is fetched: no package, and only fonts the typesetter carries.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import typst

from classi.documents.model import Block, Document, Table, printable
from classi.documents.words import page_words
from classi.errors import InputError, Problem
from classi.i18n import _, use_language

FONTS = ("Libertinus Serif", "New Computer Modern", "DejaVu Sans Mono")
"""Fonts inside the typesetter; the later ones only for letters the first has not."""


@cache
def _template() -> bytes:
    return (Path(__file__).parent / "document.typ").read_bytes()


def render_pdf(document: Document) -> bytes:
    """Return the document as PDF/UA-1.

    A letter that no font of the typesetter has is taken from the fonts of the machine, if one of them has it.

    Raises
    ------
    InputError
        When no font has a letter of the text, or the logo is no image that can be read.
    """
    content = json.dumps(_plain(document), ensure_ascii=False)
    try:
        return _compile(content, document, own_fonts=True)
    except typst.TypstError as error:
        if not _lacks_letters(error):
            raise InputError([_problem(error)]) from None
    try:
        return _compile(content, document, own_fonts=False)
    except typst.TypstError as error:
        raise InputError([_problem(error)]) from None


def _compile(content: str, document: Document, *, own_fonts: bool) -> bytes:
    return typst.compile(
        _template(),
        format="pdf",
        ignore_system_fonts=own_fonts,
        sys_inputs={"document": content},
        pdf_standards="ua-1",
        package_path=os.devnull,
        package_cache_path=os.devnull,
        timestamp=datetime.combine(document.dated, time(), UTC),
    )


def _lacks_letters(error: typst.TypstError) -> bool:
    return "could not be displayed" in str(error)


def _problem(error: typst.TypstError) -> Problem:
    # The typesetter's own sentence may quote a name: only what kind of thing is wrong is told.
    if _lacks_letters(error):
        text = _("The PDF cannot be written: no font on this machine has one of the letters. The docx can be.")
        return Problem(text, hint="--format docx")
    if "image" in str(error):
        return Problem(_("The logo is not an image that can be read: use PNG or JPEG."))
    return Problem(_("The PDF cannot be written."))


def _plain(document: Document) -> dict[str, Any]:
    """Return the document as plain data for the template."""
    with use_language(document.language):
        words = page_words()
    head = document.letterhead
    return {
        "language": document.language,
        "title": printable(document.title),
        "subtitle": printable(document.subtitle),
        "footer": printable(document.footer),
        "landscape": document.landscape,
        "numbered": document.numbered,
        "page-words": words,
        "fonts": FONTS,
        "dated": (document.dated.year, document.dated.month, document.dated.day),
        "letterhead": {
            "school": printable(head.school),
            "lines": [printable(line) for line in head.lines],
            "logo": list(head.logo),
            "logo-words": printable(head.logo_words or head.school),
        },
        "blocks": [_block(block) for block in document.blocks],
    }


def _block(block: Block) -> dict[str, Any]:
    found = {"kind": type(block).__name__, **{name: _clean(value) for name, value in asdict(block).items()}}
    if isinstance(block, Table):
        found |= {"shares": block.shares, "aligned": block.aligned}
    return found


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    return [_clean(item) for item in value] if isinstance(value, tuple | list) else value
