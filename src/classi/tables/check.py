"""Checks that look at more than one cell: identifiers, references between tables, sizes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from classi.domain import School, Tie, Value, text_key
from classi.errors import Problem
from classi.i18n import _
from classi.tables.columns import Column
from classi.tables.nearest import Nearest
from classi.tables.table import Table


@dataclass(frozen=True)
class Draft:
    """The four tables before they become a `School`; positions are positions of records."""

    pupils: Table
    classes: Table
    ties: Table
    sites: Table

    @cached_property
    def pupil_at(self) -> dict[str, int]:
        """Position of each pupil's record by identifier; of doubled ones the first."""
        return _first_positions(self.pupils)

    @cached_property
    def class_ids(self) -> dict[str, str]:
        """Identifier of each class as written, by the form in which it is compared."""
        return {text_key(name): name for name in _first_positions(self.classes)}

    @cached_property
    def fixed(self) -> dict[int, str]:
        """The class fixed for a pupil, as compared, by position."""
        cells = ((i, record.get("classe_fissa")) for i, record in enumerate(self.pupils.records))
        return {i: text_key(cell) for i, cell in cells if cell is not None and text_key(cell) in self.class_ids}

    @cached_property
    def forbidden(self) -> dict[int, frozenset[str]]:
        """The classes forbidden to a pupil, as compared, by position."""
        cells = ((i, record.get("classi_vietate")) for i, record in enumerate(self.pupils.records))
        named = {
            i: frozenset(text_key(name) for name in self.class_list(cell)) for i, cell in cells if cell is not None
        }
        return {i: names.intersection(self.class_ids) for i, names in named.items()}

    def class_list(self, cell: Value) -> list[str]:
        """Split a list of classes at ``;``, ``,`` and blanks; a class whose own name has blanks is recognised."""
        names: list[str] = []
        for part in re.split(r"[;,\n]", str(cell)):
            whole = part.strip()
            names += [whole] if text_key(whole) in self.class_ids else whole.split()
        return names

    @cached_property
    def tied(self) -> tuple[tuple[int, Tie], ...]:
        """The ties between two known, different pupils: (position of the record, tie between positions of records)."""
        found = []
        for k, record in enumerate(self.ties.records):
            ends = [self.pupil_at.get(str(record.get(column))) for column in ("da", "a")]
            kind = record.get("tipo")
            if ends[0] is None or ends[1] is None or ends[0] == ends[1] or kind is None:
                continue
            found.append((k, _tie(ends[0], ends[1], str(kind), record)))
        return tuple(found)

    @cached_property
    def nearest_pupil(self) -> NearestPupil:
        """Finds the pupil meant by a wrong identifier."""
        return _nearest_pupil(self)

    def pupil_id(self, position: int) -> str:
        """Return a pupil's identifier."""
        return str(self.pupils.records[position]["id"])


def _tie(first: int, second: int, kind: str, record: Mapping[str, Value]) -> Tie:
    weight = record.get("peso")
    return Tie(
        first,
        second,
        kind,
        weight if isinstance(weight, int) else 1,
        record.get("vincolante") is True and kind != "preferisce",
        str(record.get("motivo") or ""),
        str(record.get("fonte") or ""),
    )


def _first_positions(table: Table) -> dict[str, int]:
    found: dict[str, int] = {}
    for i, record in enumerate(table.records):
        if record.get("id") is not None:
            found.setdefault(str(record["id"]), i)
    return found


def check(draft: Draft) -> Iterator[Problem]:
    """Yield what is wrong between cells, rows and tables."""
    for table in (draft.pupils, draft.classes, draft.sites):
        yield from _identifiers(table)
    yield from _limits(draft.classes)
    yield from _requests(draft)
    yield from _class_references(draft)
    yield from _site_references(draft)
    yield from _ties(draft)


def _identifiers(table: Table) -> Iterator[Problem]:
    if "id" not in table.headers:
        return
    exact: dict[str, int] = {}
    folded: dict[str, int] = {}
    for i, record in enumerate(table.records):
        if record["id"] is None:
            if table.empty(i, "id"):
                yield table.problem(_("The identifier is missing."), i, "id")
            continue
        name = str(record["id"])
        if name in exact:
            message = _("The identifier is used twice, in rows {first} and {second}.")
            yield table.problem(message.format(first=table.rows[exact[name]], second=table.rows[i]), i, "id")
        elif text_key(name) in folded:
            yield _case_only(table, folded[text_key(name)], i)
        exact.setdefault(name, i)
        folded.setdefault(text_key(name), i)


def _case_only(table: Table, first: int, second: int) -> Problem:
    # Criteria compare the names of classes without case, the identifiers of pupils as they are.
    message = _("The identifiers in rows {first} and {second} differ only by capital letters or blanks.")
    message = message.format(first=table.rows[first], second=table.rows[second])
    return table.problem(message, second, "id", warning=table.layout.name == "alunni")


def _limits(classes: Table) -> Iterator[Problem]:
    for i, record in enumerate(classes.records):
        low, high = record.get("min"), record.get("max")
        if isinstance(low, int) and isinstance(high, int) and low > high:
            message = _("The class's min ({low}) is greater than its max ({high}).").format(low=low, high=high)
            yield classes.problem(message, i, "min", hint=str(high))


def _requests(draft: Draft) -> Iterator[Problem]:
    for column in draft.pupils.layout.columns:
        if column.kind != "request" or column.name not in draft.pupils.headers:
            continue
        cells = [(i, record[column.name]) for i, record in enumerate(draft.pupils.records)]
        filled = [(i, str(cell)) for i, cell in cells if cell is not None]
        if filled:
            yield from _request_column(draft, column, filled)


def _request_column(draft: Draft, column: Column, filled: list[tuple[int, str]]) -> Iterator[Problem]:
    offered = {
        text_key(cell): str(cell) for record in draft.classes.records if (cell := record.get(column.target)) is not None
    }
    if not offered:
        if draft.classes.records:
            message = _("Requests that nothing can meet: no class has its column “{target}” filled.")
            message = message.format(target=column.target)
            yield draft.pupils.problem(message, filled[0][0], column.name, warning=True)
        return
    nearest = Nearest(offered.values())
    for i, cell in filled:
        if text_key(cell) not in offered:
            message = _("No class has this value in its column “{target}”: {values} are there.")
            message = message.format(target=column.target, values=", ".join(offered.values()))
            yield draft.pupils.problem(message, i, column.name, nearest(cell))


def _class_references(draft: Draft) -> Iterator[Problem]:
    pupils, known = draft.pupils, draft.class_ids
    if not known:
        return
    nearest = Nearest(known.values())
    message = _("There is no class “{name}” in the table of the classes.")
    for i, record in enumerate(pupils.records):
        cell = record.get("classe_fissa")
        if cell is not None and text_key(cell) not in known:
            yield pupils.problem(message.format(name=cell), i, "classe_fissa", nearest(str(cell)))
        for name in [] if record.get("classi_vietate") is None else draft.class_list(record["classi_vietate"]):
            if text_key(name) not in known:
                yield pupils.problem(message.format(name=name), i, "classi_vietate", nearest(name))


def _site_references(draft: Draft) -> Iterator[Problem]:
    sites = [r[c] for r in draft.sites.records for c in ("id", "nome") if r.get(c) is not None]
    known = {text_key(site) for site in sites}
    if not known:
        return
    nearest = Nearest(map(str, sites))
    for i, record in enumerate(draft.classes.records):
        cell = record.get("plesso")
        if cell is not None and text_key(cell) not in known:
            message = _("This site is not in the table of the sites.")
            yield draft.classes.problem(message, i, "plesso", nearest(str(cell)), warning=True)


def _ties(draft: Draft) -> Iterator[Problem]:
    ties = draft.ties
    for k, record in enumerate(ties.records):
        for column in ("da", "a", "tipo"):
            if ties.empty(k, column):
                yield ties.problem(_("A tie needs two pupils and a type: this cell is empty."), k, column)
        for column in ("da", "a"):
            name = record.get(column)
            if name is not None and str(name) not in draft.pupil_at and draft.pupil_at:
                message = _("There is no pupil with this identifier.")
                yield ties.problem(message, k, column, draft.nearest_pupil.of(str(name)))
        if record.get("da") is not None and record.get("da") == record.get("a"):
            yield ties.problem(_("A pupil cannot be tied to itself."), k, "a")


@dataclass(frozen=True)
class NearestPupil:
    """Pupils by name, and by identifiers like a given one."""

    identifiers: Nearest
    by_name: Mapping[str, str]

    def of(self, word: str) -> str:
        """Return the identifier meant: of the pupil with that name, or the nearest one."""
        return self.by_name.get(text_key(word), "") or self.identifiers(word)


def _nearest_pupil(draft: Draft) -> NearestPupil:
    by_name: dict[str, list[str]] = defaultdict(list)
    for i in draft.pupil_at.values():
        record = draft.pupils.records[i]
        surname, name = record.get("cognome"), record.get("nome")
        if surname is not None and name is not None:
            for key in {text_key(f"{surname} {name}"), text_key(f"{name} {surname}")}:
                by_name[key].append(str(record["id"]))
    alone = {key: ids[0] for key, ids in by_name.items() if len(ids) == 1}
    return NearestPupil(Nearest(draft.pupil_at), alone)


def capacity_problems(school: School) -> tuple[Problem, ...]:
    """Tell whether the classes' own limits can hold the pupils.

    Returns
    -------
    A problem when every class has a `max` and there are more pupils than places, and one when the `min` of the classes
    ask for more pupils than there are. `classi form` says the same, with what to do about it.
    """
    found = []
    pupils, limits = len(school.pupils), [c.max for c in school.classes]
    places = sum(high for high in limits if high is not None)
    if limits and None not in limits and places < pupils:
        message = _(
            "There are {pupils} pupils and {places} places: the max of the classes add up to {missing} too few."
        )
        message = message.format(pupils=pupils, places=places, missing=pupils - places)
        found.append(Problem(message, sheet="classi", column="max", value=str(places), hint=str(pupils)))
    least = sum(c.min or 0 for c in school.classes)
    if least > pupils:
        message = _("There are {pupils} pupils, but the min of the classes ask for {least}.")
        message = message.format(pupils=pupils, least=least)
        found.append(Problem(message, sheet="classi", column="min", value=str(least), hint=str(pupils)))
    return tuple(found)
