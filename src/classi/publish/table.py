"""The tables of a file that is to be published, what their columns are, and which of their rows are pupils."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import groupby
from typing import Literal

from classi.i18n import _
from classi.publish.words import fold, words_of
from classi.sheets import Cell, column_letters

Kind = Literal["class", "code", "index", "other"]
CLASS_HEADERS = frozenset({
    "classe", "classi", "class", "sezione", "sez", "section", "gruppo", "plesso", "sede", "site", "scuola",
    "anno scolastico", "anno di corso", "anno",
})  # fmt: skip
CODE_HEADERS = frozenset({
    "codice", "codici", "code", "codes", "codice pubblico", "codice alunno", "codice domanda", "cod", "protocollo",
    "numero protocollo", "numero di protocollo", "n protocollo", "codice identificativo", "pseudonimo",
})  # fmt: skip
INDEX_HEADERS = frozenset({"n", "nr", "num", "numero", "n ord", "n ordine", "numero ordine", "progressivo", "n prog"})
PERSONAL = frozenset({
    "id", "cognome", "nome", "nominativo", "surname", "name", "alunno", "alunna", "studente", "sesso", "sex", "genere",
    "nato", "nata", "nascita", "birth", "cittadinanza", "nazionalita", "citizenship", "livello", "level", "voto",
    "media", "comportamento", "note", "provenienza", "ripetente", "disabilita", "dsa", "bes", "lingua", "religione",
})  # fmt: skip
"""Words by which a row is known to be the headers, besides those of classes and codes."""

_CLASS_NAME = re.compile(
    r"(?:(?:classe|class|sezione|section|sez\.?)\s+\S.{0,30}|[1-5]\s?[°ªº^]?\s?[a-z]{1,2}\d?)", re.IGNORECASE
)
_SEARCHED = 15
_SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """One thing that may not be published, and where; `row` is a line where the file has no table."""

    sentence: str
    where: str = ""
    row: int = 0
    column: int = -1
    line: bool = False


@dataclass(frozen=True)
class Text:
    """A text outside the lists: a title, a note, a comment."""

    text: str
    where: str = ""
    row: int = 0
    line: bool = False


@dataclass(frozen=True)
class Table:
    """A table as found in a file: the place it is at, and its rows as numbered there.

    Attributes
    ----------
    headed : a first row with what the columns are is expected; otherwise every row is one line of text.
    """

    rows: tuple[tuple[int, tuple[Cell, ...]], ...]
    where: str = ""
    headed: bool = True

    @cached_property
    def head(self) -> int | None:
        """Position of the row of headers, where one is found."""
        if not self.headed:
            return None
        width = max((len(cells) for _n, cells in self.rows), default=0)
        rows = enumerate(self.rows[:_SEARCHED])
        return next((k for k, (_n, cells) in rows if _is_header(cells, least=min(width, 2))), None)

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """What each column holds, as its header says."""
        if self.head is None:
            unknown: tuple[Kind, ...] = ("other",)
            return unknown * max((len(cells) for _n, cells in self.rows), default=0)
        return tuple(_kind(text(cell)) for cell in self.rows[self.head][1])

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The rows of pupils, each with the class it is in and its code where known."""
        found = []
        here = ""
        for number, cells in self.rows[0 if self.head is None else self.head + 1 :]:
            if self._is_heading(cells):
                here = " ".join(text(c) for c in cells if c is not None)
            else:
                found.append(self._entry(number, cells, here))
        return tuple(found)

    def _is_heading(self, cells: Sequence[Cell]) -> bool:
        """Tell whether a row only says which class follows, or repeats the headers."""
        if self.head is not None and cells == self.rows[self.head][1]:
            return True
        filled = [text(c) for c in cells if c is not None]
        return len(filled) == 1 and _CLASS_NAME.fullmatch(filled[0].strip()) is not None

    def _entry(self, number: int, cells: tuple[Cell, ...], here: str) -> Entry:
        if not self.headed:
            line = text(cells[0])
            return Entry(number, cells, _class_in(line) or here, code_in(line))
        classes = [text(c) for c, kind in zip(cells, self.kinds, strict=False) if kind == "class" and c is not None]
        codes = [text(c) for c, kind in zip(cells, self.kinds, strict=False) if kind == "code" and c is not None]
        return Entry(number, cells, " ".join(classes) or here, codes[0] if codes else "")


@dataclass(frozen=True)
class Entry:
    """A row of a list: its number, its cells, the class it belongs to and the code, as far as they are known."""

    row: int
    cells: tuple[Cell, ...]
    group: str
    code: str


@dataclass(frozen=True)
class Document:
    """All that was found in a file."""

    tables: tuple[Table, ...] = ()
    texts: tuple[Text, ...] = ()
    findings: tuple[Finding, ...] = field(default=())


def text(cell: Cell) -> str:
    """Return a cell as it is read in the file."""
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    return "" if cell is None else str(cell)


def code_in(line: str) -> str:
    """Return the only word of a line that looks like a code (letters and digits, four at least), or nothing."""
    found = [w for w in re.findall(r"[A-Za-z0-9]{4,}", line) if not w.isdigit() and not w.isalpha()]
    return found[0] if len(found) == 1 else ""


def _class_in(line: str) -> str:
    found = re.search(r"(?<!\w)[1-5][°ªº^]?[A-Za-z]{1,2}(?!\w)", line)
    return found[0] if found else ""


def _kind(header: str) -> Kind:
    words = " ".join(words_of(header))
    if words in CLASS_HEADERS:
        return "class"
    if words in CODE_HEADERS or _CLASS_NAME.fullmatch(header.strip()):
        return "code"
    return "index" if words in INDEX_HEADERS or header.strip() == "#" else "other"


def _is_header(cells: Sequence[Cell], least: int) -> bool:
    filled = [text(c) for c in cells if c is not None]
    if len(filled) < least:
        return False  # a title over the table
    if filled and all(_CLASS_NAME.fullmatch(c.strip()) for c in filled):
        return True
    words = [" ".join(words_of(c)) for c in filled]
    return any(w in CLASS_HEADERS or w in CODE_HEADERS or PERSONAL & set(words_of(w)) for w in words)


def say(findings: Iterable[Finding]) -> list[str]:
    """Return the findings as sentences with their place; the same thing in many rows of a column is said once."""
    order: dict[Finding, list[int]] = {}
    for f in findings:
        order.setdefault(Finding(f.sentence, f.where, 0, f.column, f.line), []).append(f.row)
    return [_sentence(finding, sorted(set(rows) - {0})) for finding, rows in order.items()]


def _sentence(finding: Finding, rows: Sequence[int]) -> str:
    place = [finding.where] if finding.where else []
    if rows:
        place.append(_numbers(rows, finding.line))
    if finding.column >= 0:
        place.append(_("column {column}").format(column=column_letters(finding.column)))
    return f"{', '.join(place)}: {finding.sentence}" if place else finding.sentence


def _numbers(rows: Sequence[int], line: bool) -> str:
    if len(rows) == 1:
        return (_("line {line}").format(line=rows[0])) if line else _("row {row}").format(row=rows[0])
    shown = ", ".join(map(str, rows[:_SHOWN]))
    if len(rows) > _SHOWN:
        shown = _("{rows} and {number} more").format(rows=shown, number=len(rows) - _SHOWN)
    return _("lines {lines}").format(lines=shown) if line else _("rows {rows}").format(rows=shown)


def unlike_most(values: Sequence[tuple[int, object]]) -> Iterator[int]:
    """Yield the rows whose value is not the one of most rows."""
    counts: dict[object, int] = {}
    for _row, value in values:
        counts[value] = counts.get(value, 0) + 1
    usual = max(counts, key=lambda v: counts[v], default=None)
    yield from (row for row, value in values if value != usual)


def in_groups(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Yield the rows of each class, in the order of the file."""
    keyed = sorted(entries, key=lambda e: fold(e.group))
    for _key, rows in groupby(keyed, key=lambda e: fold(e.group)):
        yield list(rows)
