"""Aggregate counts a school is asked for: enrolled pupils by year of course, then those of non-Italian citizenship.

Source: S000, survey on dropping out (Piemonte): for every year of course (primaria 1-5, secondaria I 1-3, secondaria II
1-5) and school year, first the whole population, then pupils of non-Italian citizenship; never by plesso or indirizzo.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classi.domain import Pupil, text_key
from classi.durable import write_atomic
from classi.errors import InputError, Problem
from classi.i18n import _, ngettext
from classi.publish.files import csv_bytes

ORDERS = {"primaria": 5, "secondaria I": 3, "secondaria II": 5}
"""Orders of the survey, with their years of course."""

TOTAL = "totale"
HEADER = ("anno_scolastico", "ordine", "anno_di_corso", "iscritti", "non_italiani", "cittadinanza_non_nota")

_PUPILS = "alunni"
_WORDS = {
    "primaria": "primaria", "scuola primaria": "primaria", "elementare": "primaria", "primary": "primaria",
    "secondaria i": "secondaria I", "secondaria1": "secondaria I", "sec1": "secondaria I", "sec. i": "secondaria I",
    "sec i": "secondaria I", "secondaria 1": "secondaria I", "secondaria di primo grado": "secondaria I",
    "secondaria di i grado": "secondaria I", "media": "secondaria I",
    "secondaria ii": "secondaria II", "secondaria2": "secondaria II", "sec2": "secondaria II",
    "sec. ii": "secondaria II", "sec ii": "secondaria II", "secondaria 2": "secondaria II",
    "secondaria di secondo grado": "secondaria II", "secondaria di ii grado": "secondaria II",
    "superiore": "secondaria II",
}  # fmt: skip
_OUTSIDE = frozenset({"infanzia", "scuola dell'infanzia", "materna", "nido", "adulti", "ida", "cpia"})
_YEARS = {"prima": 1, "seconda": 2, "terza": 3, "quarta": 4, "quinta": 5}


@dataclass(frozen=True)
class Enrolled:
    """A row of the survey.

    Attributes
    ----------
    school_year : as ``2025/26``.
    order : one of `ORDERS`.
    year : year of course; ``None`` in the row with the total of the order.
    enrolled, foreign, unknown : pupils in all, of non-Italian citizenship, and of a citizenship nobody wrote down (who
        are in neither of the two groups the survey asks for).
    """

    school_year: str
    order: str
    year: int | None
    enrolled: int
    foreign: int
    unknown: int


def school_counts(
    pupils: Iterable[Mapping[str, Any]], school_year: str, class_years: Mapping[str, Any] | None = None, order: str = ""
) -> tuple[Enrolled, ...]:
    """Count the pupils of a school as the survey asks: by order and year of course, zeros and totals included.

    Parameters
    ----------
    pupils : rows by column (``{"id": p.id, **p.fields}``). The order is the column `ordine`; the year of course is
        `anno_corso` or, where that is empty, the year of the pupil's class; non-Italian is the derived column
        `straniero`. Pupils of an order outside the survey (infanzia, adults) are left aside: see `left_out`.
    school_year : ``2025/26`` or ``2025/2026``.
    class_years : year (the column `anno` of the class) by the pupil's identifier.
    order : the order of pupils that have no `ordine`.

    Returns
    -------
    For each order met, a row for each of its years and then the total of the order.

    Raises
    ------
    InputError
        With every pupil who has no year, no order or one that is not known, or who is there twice.
    """
    rows = [(n, dict(row)) for n, row in enumerate(pupils, 2)]
    year_text, problems = _school_year(school_year)
    problems += _twice(rows)
    counts: Counter[tuple[str, int, bool | None]] = Counter()
    orders = {_order(order)} - {None, ""}
    for n, row in rows:
        place = _place(n, row, class_years or {}, order)
        if isinstance(place, Problem):
            problems.append(place)
        elif place is not None:
            orders.add(place[0])
            counts[*place, _foreign(row)] += 1
    if problems:
        raise InputError(problems)
    return tuple(row for name in ORDERS if name in orders for row in _rows_of(name, year_text, counts))


def left_out(pupils: Iterable[Mapping[str, Any]], order: str = "") -> tuple[Problem, ...]:
    """Return, as a warning, how many pupils are of an order the survey does not ask about; none where all are."""
    number = sum(_order(_cell(row, "ordine") or order) == "" for row in pupils)
    message = ngettext(
        "{number} pupil is of an order outside the survey (it asks for primaria, secondaria I and II): not counted.",
        "{number} pupils are of an order outside the survey (it asks for primaria, secondaria I and II): not counted.",
        number,
    )
    return (Problem(message.format(number=number), _PUPILS, column="ordine", warning=True),) if number else ()


def write_stats(rows: Iterable[Enrolled], path: Path) -> None:
    """Write the counts as csv (``;``, UTF-8 with BOM, columns `HEADER`), whole or not at all.

    A file already there is replaced. The row of an order's total has `TOTAL` as its year.
    """
    cells = (
        (r.school_year, r.order, TOTAL if r.year is None else r.year, r.enrolled, r.foreign, r.unknown) for r in rows
    )
    write_atomic(Path(path), csv_bytes(HEADER, [[str(cell) for cell in row] for row in cells]))


def _rows_of(order: str, school_year: str, counts: Mapping[tuple[str, int, bool | None], int]) -> Iterable[Enrolled]:
    years = range(1, ORDERS[order] + 1)

    def row(year: int | None, among: Sequence[int]) -> Enrolled:
        foreign, italian, unknown = (sum(counts.get((order, y, f), 0) for y in among) for f in (True, False, None))
        return Enrolled(school_year, order, year, foreign + italian + unknown, foreign, unknown)

    yield from (row(year, (year,)) for year in years)
    yield row(None, years)


def _place(
    n: int, row: Mapping[str, Any], class_years: Mapping[str, Any], order: str
) -> tuple[str, int] | Problem | None:
    """Return the order and year of a pupil, ``None`` outside the survey, or what is wrong."""
    named = _cell(row, "ordine") or order
    found = _order(named)
    if found == "":
        return None
    if found is None:
        message = _("The order of the school is expected: {orders}.").format(orders=", ".join([*ORDERS, "infanzia"]))
        return Problem(message, _PUPILS, "", n, "ordine", named)
    own = _cell(row, "anno_corso")
    written = own or _cell(class_years, _cell(row, "id"))
    year = _year(written)
    if year is None or year > ORDERS[found]:
        message = _(
            "The year of course is expected, from 1 to {last} in {order}: write it in the column “anno_corso” of the "
            "pupils, or “anno” of the classes."
        )
        column = "anno_corso" if own or not written else "anno"
        return Problem(message.format(last=ORDERS[found], order=found), _PUPILS, "", n, column, written)
    return found, year


def _order(name: str) -> str | None:
    """Return the order of the survey, "" for one outside it, ``None`` for a word that is no order."""
    key = text_key(name)
    return "" if key in _OUTSIDE else _WORDS.get(key)


def _year(written: str) -> int | None:
    found = re.fullmatch(r"([1-5])(?:[°ªºa^]|[.,]0+)?", text_key(written))
    return int(found[1]) if found else _YEARS.get(text_key(written))


def _foreign(row: Mapping[str, Any]) -> bool | None:
    citizenship = _cell(row, "cittadinanza")
    answer = Pupil("", {"cittadinanza": citizenship or None})["straniero"]
    return answer if isinstance(answer, bool) else None


def _cell(row: Mapping[str, Any], column: str) -> str:
    value = row.get(column)
    return "" if value is None else str(value).strip()


def _school_year(text: str) -> tuple[str, list[Problem]]:
    found = re.fullmatch(r"(20\d\d)[/-](?:20)?(\d\d)", text.strip())
    if found and (int(found[1]) + 1) % 100 == int(found[2]):
        return f"{found[1]}/{found[2]}", []
    return "", [Problem(_("The school year is written as 2025/26."), value=text)]


def _twice(rows: Sequence[tuple[int, Mapping[str, Any]]]) -> list[Problem]:
    first: dict[str, int] = {}
    problems = []
    for n, row in rows:
        key = _cell(row, "id")
        if first.setdefault(key, n) != n:
            message = _("The pupil is there twice, in rows {first} and {second}.").format(first=first[key], second=n)
            problems.append(Problem(message, _PUPILS, "", n, "id", key))
    return problems
