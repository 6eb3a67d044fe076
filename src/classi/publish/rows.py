"""Looks for what may not be published in the rows and texts of a file, whatever kind of file it is."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Literal

from classi.i18n import _
from classi.publish.people import People
from classi.publish.table import Finding, Kind, Table, Text, code_in, text, unlike_most
from classi.publish.words import (
    tells_address,
    tells_birth,
    tells_category,
    tells_date,
    tells_initials,
    tells_tax_code,
    words_of,
)
from classi.sheets import Cell

Where = Literal["class", "code", "index", "other", "free"]
_ODD_BLANKS = re.compile("  |[\t\r\n\x0b\x0c\x85\xa0\xad\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]")
_MARKS = re.compile(r"[^\w\s.,:;/()°ªº^'’\"“”–-]")
_MANY_DATES = 3


def content(words: str, kind: Where, people: People) -> Iterator[str]:
    """Yield a sentence for each thing in a text that may not be published; the thing itself is not repeated.

    Parameters
    ----------
    words : a cell, a title, a line.
    kind : the column's kind, or ``"free"`` for prose: there a school may be named, with its abbreviations and dates.
    people : the names of the case, if known.
    """
    prose = kind in ("class", "free")
    if kind != "index" and not (kind == "code" and words.isdigit()) and tells_category(words, section=kind == "class"):
        yield _("a word or an acronym of a special category stands here.")
    if tells_tax_code(words):
        yield _("a tax code stands here.")
    if tells_address(words):
        yield _("an e-mail address or a telephone number stands here.")
    if tells_birth(words) if prose else tells_date(words):
        yield _("a date of birth may stand here.")
    if tells_initials(words, free=prose):
        yield _("initials stand here: they do not make a pupil unknown.")
    names = people.found(words, lenient=prose)
    if "surname" in names:
        yield _("a pupil's surname stands here.")
    if "name" in names:
        yield _("a pupil's first name stands here.")


def text_findings(texts: Sequence[Text], people: People) -> Iterator[Finding]:
    """Yield the findings of titles, notes and lines."""
    dated = [t for t in texts if tells_date(t.text)]
    for t in texts:
        for sentence in content(t.text, "free", people):
            yield Finding(sentence, t.where, t.row, line=t.line)
    if len(dated) >= _MANY_DATES:  # one or two are those of the list itself
        for t in dated:
            yield Finding(_("a date of birth may stand here."), t.where, t.row, line=t.line)


def table_findings(table: Table, people: People) -> Iterator[Finding]:
    """Yield the findings of a table: its columns, its cells, the look of its codes."""
    if not table.headed:
        yield from _lines(table, people)
        return
    above = table.rows[: table.head or 0]
    yield from text_findings(
        [Text(text(c), table.where, n) for n, cells in above for c in cells if c is not None], people
    )
    if table.head is None:
        if table.rows:
            yield Finding(_("no row says what the columns are: “classe” and “codice” are expected."), table.where)
    else:
        yield from _headers(table, people)
    entries = {entry.row for entry in table.entries}
    for number, cells in table.rows[0 if table.head is None else table.head + 1 :]:
        yield from _cells(table, number, cells, people, heading=number not in entries)
    for column, kind in enumerate(table.kinds):
        yield from _column(table, column, kind)


def _headers(table: Table, people: People) -> Iterator[Finding]:
    number, cells = table.rows[table.head or 0]
    for column, (cell, kind) in enumerate(zip(cells, table.kinds, strict=True)):
        if kind == "other":
            message = _("this column is neither a class nor a code: only these two are published.")
            yield Finding(message, table.where, number, column)
        for sentence in content(text(cell), "class" if kind == "code" else "free", people):
            yield Finding(sentence, table.where, number, column)


def _cells(table: Table, row: int, cells: Sequence[Cell], people: People, *, heading: bool) -> Iterator[Finding]:
    for column, cell in enumerate(cells):
        kind: Where = "class" if heading else table.kinds[column] if column < len(table.kinds) else "other"
        words = text(cell)
        for sentence in content(words, kind, people):
            yield Finding(sentence, table.where, row, column)
        if words != words.strip() or _ODD_BLANKS.search(words):
            yield Finding(_blanks(), table.where, row, column)


def _blanks() -> str:
    return _("blanks before, after or doubled inside a text can mark a pupil: take them away.")


def _column(table: Table, column: int, kind: Kind) -> Iterator[Finding]:
    cells = [(e.row, e.cells[column]) for e in table.entries if column < len(e.cells) and e.cells[column] is not None]
    if kind == "code":
        found = code_findings([(row, text(cell), text(cell)) for row, cell in cells])
    elif kind == "class":
        found = _class_findings([(row, text(cell)) for row, cell in cells])
    elif kind == "index":
        found = ((r, _sign()) for r, cell in cells if not re.fullmatch(r"\d+[.)]?", text(cell)))
    else:
        found = iter(())
    for row, sentence in found:
        yield Finding(sentence, table.where, row, column)
    for row in unlike_most([(row, isinstance(cell, str)) for row, cell in cells]) if kind != "other" else ():
        message = _("some cells of this column are numbers and others texts: it shows, and can mark a pupil.")
        yield Finding(message, table.where, row, column)


def _sign() -> str:
    return _("a sign stands beside the code: it can mark a pupil.")


def code_findings(codes: Sequence[tuple[int, str, str]]) -> Iterator[tuple[int, str]]:
    """Yield (row, sentence) for each code that differs from the others in its look.

    Parameters
    ----------
    codes : row, code, and the whole text the code stands in.
    """
    for row in unlike_most([(row, re.sub(r"[\w\s]", "", around)) for row, _code, around in codes]):
        yield row, _sign()
    if len(codes) and len({re.sub(r"[\w\s]", "", around) for _row, _code, around in codes}) == 1:
        yield from ((row, _sign()) for row, _code, around in codes if _MARKS.search(around))
    for row in unlike_most([(row, sum(c.isalnum() for c in code)) for row, code, _around in codes]):
        yield row, _("the code is longer or shorter than the others: it can mark a pupil.")
    for row in unlike_most([(row, _case(code)) for row, code, _around in codes if not code.isdigit()]):
        yield row, _("capital and small letters are not used as in the other codes: it can mark a pupil.")
    yield from (
        (row, _("there are only letters here, no digit: a name or initials, not a code.")) for row in _worded(codes)
    )


def _case(code: str) -> tuple[bool, bool]:
    return any(c.isupper() for c in code), any(c.islower() for c in code)


def _worded(codes: Sequence[tuple[int, str, str]]) -> Iterator[int]:
    """Yield the rows whose code has no digit, unless all codes are one row of capitals of the same length."""
    alike = len({len(code) for _row, code, _around in codes}) == 1 and len(codes) > 1
    for row, code, _around in codes:
        plain = len(code) > 3 and code.isalpha() and code.isupper() and alike
        if any(c.isalpha() for c in code) and not any(c.isdigit() for c in code) and not plain:
            yield row


def _class_findings(cells: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for _row, name in cells:
        spellings["".join(words_of(name))][name] += 1
    for row, name in cells:
        if name != spellings["".join(words_of(name))].most_common(1)[0][0]:
            yield row, _("the class is not written as in the other rows: it can mark a pupil.")


def _lines(table: Table, people: People) -> Iterator[Finding]:
    lines = [(number, text(cells[0])) for number, cells in table.rows]
    yield from text_findings([Text(line, table.where, number, line=True) for number, line in lines], people)
    for number, line in lines:
        if line != line.strip() or _ODD_BLANKS.search(line):
            yield Finding(_blanks(), table.where, number, line=True)
    codes = [(number, code_in(line), line) for number, line in lines if code_in(line)]
    for number, sentence in code_findings(codes):
        yield Finding(sentence, table.where, number, line=True)
