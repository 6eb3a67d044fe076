"""Odd but legal data, said as warnings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from statistics import median_low

from classi.domain import text_key
from classi.errors import Problem
from classi.i18n import _, ngettext
from classi.tables.check import Draft
from classi.tables.table import Table

MOST_WISHES = 5
YEARS_APART = 3


def oddities(draft: Draft) -> Iterator[Problem]:
    """Yield a warning for everything that is legal and probably not meant."""
    for column in ("sesso", "data_nascita"):
        yield from _unknown_for_some(draft.pupils, column)
    yield from _birth_years(draft.pupils)
    yield from _namesakes(draft.pupils)
    yield from _doubled_ties(draft)
    yield from _useless_cells(draft)
    yield from _wishes(draft)


def _unknown_for_some(pupils: Table, column: str) -> Iterator[Problem]:
    empty = [i for i in range(len(pupils.records)) if pupils.empty(i, column)]
    if empty and len(empty) < len(pupils.records):
        message = ngettext(
            "One pupil has this cell empty, unlike the others (row {rows}): it counts as not known.",
            "{number} pupils have this cell empty, unlike the others (rows {rows}): it counts as not known.",
            len(empty),
        ).format(number=len(empty), rows=pupils.row_list(empty))
        yield pupils.problem(message, empty[0], column, warning=True)


def _birth_years(pupils: Table) -> Iterator[Problem]:
    born = {i: cell.year for i, r in enumerate(pupils.records) if isinstance(cell := r.get("data_nascita"), date)}
    if not born:
        return
    usual = median_low(born.values())
    for i, year in born.items():
        if abs(year - usual) > YEARS_APART:
            message = _("Born {years} years away from most of the others ({usual}): is the year right?")
            message = message.format(years=abs(year - usual), usual=usual)
            yield pupils.problem(message, i, "data_nascita", warning=True)


def _namesakes(pupils: Table) -> Iterator[Problem]:
    seen: dict[tuple[str, ...], int] = {}
    for i, record in enumerate(pupils.records):
        cells = [record.get(column) for column in ("cognome", "nome", "data_nascita")]
        if cells[0] is None or cells[1] is None:
            continue
        key = tuple(text_key(cell) for cell in cells)
        if key in seen:
            message = _("Rows {first} and {second} have the same surname, name and date of birth: one pupil twice?")
            message = message.format(first=pupils.rows[seen[key]], second=pupils.rows[i])
            yield pupils.problem(message, i, "id", warning=True)
        seen.setdefault(key, i)


def _doubled_ties(draft: Draft) -> Iterator[Problem]:
    seen: dict[tuple[int, int, str], int] = {}
    for k, tie in draft.tied:
        ends = (tie.first, tie.second)
        one, two = ends if tie.kind == "preferisce" else (min(ends), max(ends))
        key = (one, two, tie.kind)
        if key in seen:
            message = _("The same tie is in rows {first} and {second}: it counts once, with the larger weight.")
            message = message.format(first=draft.ties.rows[seen[key]], second=draft.ties.rows[k])
            yield draft.ties.problem(message, k, "tipo", warning=True)
        seen.setdefault(key, k)


def _useless_cells(draft: Draft) -> Iterator[Problem]:
    apart = {frozenset((t.first, t.second)) for _k, t in draft.tied if t.kind == "separati"}
    for k, tie in draft.tied:
        record = draft.ties.records[k]
        if tie.kind == "preferisce" and record.get("vincolante") is True:
            message = _("A wish cannot be binding: vincolante is not taken into account here.")
            yield draft.ties.problem(message, k, "vincolante", "insieme", warning=True)
        if tie.kind == "preferisce" and frozenset((tie.first, tie.second)) in apart:
            message = _("These two pupils are to be apart as well: the wish is not counted.")
            yield draft.ties.problem(message, k, "tipo", warning=True)
        if tie.binding and tie.weight > 1:
            message = _("A binding tie is kept whatever its weight: peso has no effect here.")
            yield draft.ties.problem(message, k, "peso", warning=True)


def _wishes(draft: Draft) -> Iterator[Problem]:
    wishes: dict[int, dict[int, int]] = defaultdict(dict)
    for k, tie in draft.tied:
        if tie.kind == "preferisce":
            wishes[tie.first].setdefault(tie.second, k)
    for i, wished in wishes.items():
        if len(wished) > MOST_WISHES:
            message = _("Pupil {name} has {number} wishes: more than {most} are hard to grant.")
            message = message.format(name=draft.pupil_id(i), number=len(wished), most=MOST_WISHES)
            yield draft.ties.problem(message, list(wished.values())[MOST_WISHES], "da", warning=True)
