"""Words the documents share: blanks, dates, page numbers, names of files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from classi.i18n import _

BLANK = "________"
"""What stands where only the school knows the answer, and has not told it."""


def or_blank(text: str) -> str:
    """Return `text`, or a visible blank where there is none."""
    return text or BLANK


def page_words() -> str:
    """Return the page number's sentence, with ``{page}`` and ``{pages}`` still to be filled in."""
    return _("Page {page} of {pages}")


def months() -> tuple[str, ...]:
    """Return the names of the months."""
    return (
        _("January"), _("February"), _("March"), _("April"), _("May"), _("June"),
        _("July"), _("August"), _("September"), _("October"), _("November"), _("December"),
    )  # fmt: skip


def say_date(day: date | None) -> str:
    """Return a date in words, as in an act; a blank where it is not known."""
    if day is None:
        return BLANK
    return _("{day} {month} {year}").format(day=day.day, month=months()[day.month - 1], year=day.year)


def file_stems(prefix: str, names: Iterable[str]) -> list[str]:
    """Return a safe file name for each name, all different on any disk: ``consegna-1A``."""
    found: list[str] = []
    taken: set[str] = set()
    for name in names:
        plain = unicodedata.normalize("NFKD", name)
        base = re.sub(r"[^A-Za-z0-9_]+", "-", "".join(c for c in plain if not unicodedata.combining(c))).strip("-")
        stem, turn = f"{prefix}-{base[:60] or '0'}", 1
        while stem.casefold() in taken:
            turn += 1
            stem = f"{prefix}-{base[:60] or '0'}-{turn}"
        taken.add(stem.casefold())
        found.append(stem)
    return found
