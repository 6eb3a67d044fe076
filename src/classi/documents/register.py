"""Files that an electronic register can import: only the columns a mapping asks for leave, in the form it asks for.

The mapping is a TOML file; ``models/registri/generico.toml`` is an example that explains every key, and is used when no
other is given.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, Literal

from xlsxwriter import Workbook

from classi import resources
from classi.documents.context import Context, Paper
from classi.documents.model import printable
from classi.documents.register_map import Column, File, place_words, read_mapping
from classi.domain import STANDARD_COLUMNS, text_key
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.rule_errors import nearest
from classi.tables.write import cell_text, guard

OWN_FIELDS = ("classe.numero", "scuola.anno")
CLOSED = STANDARD_COLUMNS - {"cognome", "nome", "data_nascita"}
"""Columns whose cells are words of a list: an error may show one, which it may not of a name or a note."""
SHEET = "alunni"


def papers(context: Context) -> Iterator[Paper]:
    """Return each file of the mapping that option ``register`` names, or of the generic one.

    Raises
    ------
    InputError
        With every mistake of the mapping, every value it has no word for and every letter that the encoding has not;
        then nothing is made.
    """
    with context.speaking():
        path = Path(context.options.get("register") or resources.models() / "registri" / "generico.toml")
        files = read_mapping(path, known_fields(context)).file
        table = _Table(context, path.name)
        made = [(one.name, table.written(n, one)) for n, one in enumerate(files)]
        if table.problems:
            raise InputError(list(table.problems))
        return iter(made)


def known_fields(context: Context) -> frozenset[str]:
    """Return the fields a mapping may name: those the files have, the standard ones and the school's year."""
    pupils = STANDARD_COLUMNS.union({"id"}, *context.ledger.pupils)
    classes = {"id"}.union(*context.ledger.classes)
    return frozenset({*pupils, *(f"classe.{column}" for column in classes), *OWN_FIELDS})


@dataclass
class _Table:
    """The rows of the pupils as a mapping writes them; `problems` gathers what it cannot write."""

    context: Context
    file: str
    problems: dict[Problem, None] = field(default_factory=dict)

    def written(self, n: int, one: File) -> bytes:
        rows = [
            [self._cell(place_words(n, k), column, row) for k, column in enumerate(one.columns)] for row in self._rows()
        ]
        head = [[column.header for column in one.columns]] if one.header else []
        if one.format == "xlsx":
            return _workbook([*head, *rows], self.context.when)
        return self._encoded(one, [*head, *rows])

    def _rows(self) -> Iterator[dict[str, Any]]:
        """Yield the fields of each pupil who has a class, class by class in the order of class lists."""
        for row in self.context.ledger.classes:
            of_class = {f"classe.{column}": cell for column, cell in row.items()}
            own: dict[str, Any] = {"scuola.anno": self.context.school.year or None}
            for number, pupil in enumerate(self.context.members(row["id"]), 1):
                yield {**pupil, **of_class, **own, "classe.numero": number}

    def _cell(self, where: str, column: Column, row: Mapping[str, Any]) -> str:
        parts = (
            text + ("" if name is None else self._say(where, column, name, row.get(name)))
            for text, name in column.pieces
        )
        whole = "".join(parts)
        return whole if column.slice is None else whole[slice(*column.slice)]

    def _say(self, where: str, column: Column, name: str, value: Any) -> str:
        if value is None:
            return column.empty
        said = _plain(value, column)
        if column.map is None:
            return said
        words = {text_key(key): word for key, word in column.map.items()}
        if text_key(said) not in words:
            text = where + _("“map” has no word for a value of the files.")
            hint = nearest(said, column.map) or ", ".join(column.map)
            shown = said if name in CLOSED else ""  # a name or a note is nobody's business on a screen
            self.problems[Problem(text, self.file, column=column.header, value=shown, hint=hint)] = None
        return words.get(text_key(said), "")

    def _encoded(self, one: File, rows: Sequence[Sequence[str]]) -> bytes:
        out = StringIO()
        quoting: Literal[0, 1] = csv.QUOTE_ALL if one.quoting == "all" else csv.QUOTE_MINIMAL
        # The line end of RFC 4180: with it the writer also quotes cells that hold a lone carriage return.
        writer = csv.writer(out, delimiter=one.delimiter, quoting=quoting, lineterminator="\r\n")
        writer.writerows([guard(cell) for cell in row] for row in rows)
        try:
            return out.getvalue().encode(one.encoding)
        except UnicodeEncodeError:
            self._foreign(one, out.getvalue())
            return b""

    def _foreign(self, one: File, text: str) -> None:
        """Report each letter the encoding has not; the name it is in is nobody's business here."""
        for letter in sorted({c for c in text if not _has(one.encoding, c)}):
            said = _("“{name}”: the encoding {encoding} has no letter “{letter}”: use utf-8, if the register reads it.")
            problem = Problem(
                said.format(name=one.name, encoding=one.encoding, letter=letter), self.file, column="encoding"
            )
            self.problems[problem] = None


def _has(encoding: str, letter: str) -> bool:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _plain(value: Any, column: Column) -> str:
    """Return a cell as text, before anything is made harmless."""
    if isinstance(value, bool):
        return column.yes if value else column.no
    if isinstance(value, date):
        return value.strftime(column.date)
    return printable(value) if isinstance(value, str) else cell_text(value)


def _workbook(rows: Sequence[Sequence[str]], when: date) -> bytes:
    buffer = BytesIO()
    with Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(when.year, when.month, when.day)})
        sheet = book.add_worksheet(SHEET)
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                sheet.write_string(r, c, printable(cell))
    return buffer.getvalue()
