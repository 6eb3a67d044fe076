"""The written results of admissions, read back row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classi.audit.cells import unguarded
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.ledger.matching import plain
from classi.sheets import read_small

RANKING = "graduatorie.csv"
WAITING = "lista_attesa.csv"
REFUSALS = "rifiuti.csv"
SEATS = "assegnazioni.csv"

ADMITTED, WAITS, OUT, STAYS, REDIRECTED, DECIDED = (
    "ammesso",
    "attesa",
    "non ammissibile",
    "resta",
    "assegnato d'ufficio",
    "per decisione",
)
OUTCOMES = (ADMITTED, WAITS, OUT, STAYS, REDIRECTED, DECIDED)
FULL, RULE, FORMATION = "completo", "regola", "formazione"


@dataclass(frozen=True)
class Line:
    """A row of ``graduatorie.csv``; `round`, `option` and `seat` as written."""

    row: int
    round: str
    option: str
    position: int | None
    id: str
    points: int | None
    titles: str
    precedences: str
    final: bool
    late: bool
    outcome: str
    seat: str
    reasons: str


@dataclass(frozen=True)
class Waiting:
    """A row of ``lista_attesa.csv``."""

    row: int
    round: str
    position: int
    id: str


@dataclass(frozen=True)
class Refusal:
    """A row of ``rifiuti.csv``."""

    row: int
    round: str
    id: str
    option: str
    why: str
    rules: tuple[int, ...]


@dataclass(frozen=True)
class Seat:
    """A row of ``assegnazioni.csv``."""

    row: int
    id: str
    class_id: str


@dataclass(frozen=True)
class Written:
    """The four files."""

    ranking: tuple[Line, ...]
    waiting: tuple[Waiting, ...]
    refusals: tuple[Refusal, ...]
    seats: tuple[Seat, ...]


Cells = Mapping[str, str]
Read = Callable[[str], Any]


def read_written(folder: Path) -> Written:
    """Read the results of admissions.

    Raises
    ------
    InputError
        With every file that is missing or has another header, and every cell that cannot be what it should.
    """
    problems: list[Problem] = []
    written = Written(
        tuple(Line(**row) for row in _table(folder / RANKING, _RANKING, problems)),
        tuple(Waiting(**row) for row in _table(folder / WAITING, _WAITING, problems)),
        tuple(Refusal(**row) for row in _table(folder / REFUSALS, _REFUSALS, problems)),
        tuple(Seat(**row) for row in _table(folder / SEATS, _SEATS, problems)),
    )
    if problems:
        raise InputError(problems)
    return written


# --- one cell; each raises ValueError ---


def _text(cell: str) -> str:
    return cell


def _filled(cell: str) -> str:
    if not cell:
        raise ValueError
    return cell


def _whole(cell: str) -> int:
    if not (cell.isascii() and cell.isdecimal()):
        raise ValueError
    return int(cell)


def _whole_or_none(cell: str) -> int | None:
    return _whole(cell) if cell else None


def _one_of(words: Mapping[str, Any]) -> Read:
    def read(cell: str) -> Any:
        if plain(cell) not in words:
            raise ValueError
        return words[plain(cell)]

    return read


def _numbers(cell: str) -> tuple[int, ...]:
    return tuple(_whole(part.strip()) for part in cell.split(",")) if cell else ()


_OUTCOMES = {"": "", **{word: word for word in OUTCOMES}}
_RANKING: Mapping[str, tuple[str, Read]] = {
    "giro": ("round", _filled),
    "opzione": ("option", _text),
    "posizione": ("position", _whole_or_none),
    "id": ("id", _filled),
    "punti": ("points", _whole_or_none),
    "titoli": ("titles", _text),
    "precedenze": ("precedences", _text),
    "spareggio": ("", _text),
    "stato": ("final", _one_of({"provvisoria": False, "definitiva": True})),
    "fuori_termine": ("late", _one_of({"sì": True, "si": True, "no": False})),
    "esito": ("outcome", lambda cell: _one_of(_OUTCOMES)(cell.replace("’", "'"))),
    "posto": ("seat", _text),
    "motivi": ("reasons", _text),
}
_WAITING: Mapping[str, tuple[str, Read]] = {
    "giro": ("round", _filled),
    "posizione": ("position", _whole),
    "id": ("id", _filled),
    "motivo": ("", _text),
}
_REFUSALS: Mapping[str, tuple[str, Read]] = {
    "giro": ("round", _filled),
    "id": ("id", _filled),
    "opzione": ("option", _filled),
    "motivo": ("why", _one_of({word: word for word in (FULL, RULE, FORMATION)})),
    "regole": ("rules", _numbers),
}
_SEATS: Mapping[str, tuple[str, Read]] = {"id": ("id", _filled), "classe": ("class_id", _filled)}


def _table(path: Path, columns: Mapping[str, tuple[str, Read]], problems: list[Problem]) -> list[dict[str, Any]]:
    """Return the rows of a file as fields, and add what is wrong with it to the problems."""
    try:
        text = read_small(path, 500_000_000).decode("utf-8-sig")
        header, *records = _records(text)
    except InputError as error:
        problems += error.problems
        return []
    except OSError:
        problems.append(Problem(_("The file cannot be opened: {file}.").format(file=path.name), path.name))
        return []
    except ValueError:  # neither UTF-8 nor a table, or nothing at all
        problems.append(Problem(_("The file is not a csv table: {file}.").format(file=path.name), path.name))
        return []
    if header != list(columns):
        message = _("The header is expected to be: {columns}.").format(columns=";".join(columns))
        problems.append(Problem(message, path.name, row=1, value=";".join(header)))
        return []
    rows = []
    for k, record in enumerate(records, 2):
        before = len(problems)
        row = _row(record, k, columns, path.name, problems)
        rows += [row] if len(problems) == before else []
    return rows


def _records(text: str) -> list[list[str]]:
    # Written by this package with `;`, by the formation of classes with `,`.
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    try:
        return [list(record) for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]
    except csv.Error:
        raise ValueError from None


def _row(
    record: list[str], number: int, columns: Mapping[str, tuple[str, Read]], file: str, problems: list[Problem]
) -> dict[str, Any]:
    if len(record) != len(columns):
        message = _("This row has {found} cells; {expected} are expected.")
        problems.append(Problem(message.format(found=len(record), expected=len(columns)), file, row=number))
        return {}
    found: dict[str, Any] = {"row": number}
    for (column, (field, read)), cell in zip(columns.items(), record, strict=True):
        try:
            value = read(unguarded(cell.strip()))
        except ValueError:
            message = _("This cell is not what this column holds.")
            problems.append(Problem(message, file, row=number, column=column, value=cell))
            continue
        if field:
            found[field] = value
    return found
