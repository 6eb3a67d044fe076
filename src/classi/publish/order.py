"""Whether the order of a list tells something of the pupils in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from classi.domain import Pupil, text_key
from classi.i18n import _
from classi.publish.people import Row, row_name
from classi.publish.table import Entry, Finding, Table, in_groups, text
from classi.publish.words import words_of

_NOT_ATTRIBUTES = frozenset({"id", "cognome", "nome"})
Find = Callable[[Entry], Row | None]


def find_pupils(pupils: Sequence[Row], codes: Mapping[str, str]) -> Find:
    """Return the function that tells which pupil a row is: by code, identifier, or surname and name."""
    known = {str(row["id"]): row for row in pupils if row.get("id") is not None}
    keys = {text_key(i): row for i, row in known.items()}
    keys |= {text_key(code): known[i] for i, code in codes.items() if i in known}
    by_word: defaultdict[str, list[tuple[set[str], Row]]] = defaultdict(list)
    for row in pupils:
        surname, name = row_name(row)
        if surname and name:
            by_word[surname[0]].append(({*surname, *name}, row))

    def find(entry: Entry) -> Row | None:
        cells = [text(c) for c in entry.cells if c is not None]
        for label in (entry.code, *cells):
            if text_key(label) in keys:
                return keys[text_key(label)]
        words = set(words_of(" ".join(cells)))
        return next((row for w in sorted(words) for parts, row in by_word.get(w, ()) if parts <= words), None)

    return find


def betrayals(table: Table, find: Find) -> Iterator[Finding]:
    """Yield every class that is not in the order of its codes and whose order goes with an attribute.

    An attribute may be betrayed when all the pupils of one value (two at least, and not the whole class) stand one
    after the other; a number or a date when the rows follow it, or when equal ones always stand together.
    """
    for entries in in_groups(table.entries):
        codes = [entry.code for entry in entries]
        if codes == sorted(codes) and all(any(c.isdigit() for c in code) for code in codes):
            continue
        found = [(entry, find(entry)) for entry in entries]
        rows = [(entry, row) for entry, row in found if row is not None]
        attributes = {a for _e, row in rows for a in row} - _NOT_ATTRIBUTES | {"straniero"}
        if any(_betrayed([_value(row, attribute) for _e, row in rows]) for attribute in attributes):
            message = _("from here on, the order of this class may betray an attribute of its pupils: order by code.")
            yield Finding(message, table.where, rows[0][0].row, line=not table.headed)


def _value(row: Row, attribute: str) -> Any:
    cells = {column: cell for column, cell in row.items() if cell not in ("", None)}
    value = Pupil(str(row.get("id")), cells)[attribute]  # type: ignore[arg-type]
    return float(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


def _betrayed(values: Sequence[Any]) -> bool:
    ordered = [v for v in values if isinstance(v, float | date)]
    if len(ordered) == len(values) >= 3 and len({type(v) for v in values}) == 1:
        return _follows(ordered)
    keys = [None if v is None else text_key(v) for v in values]
    return any(1 < keys.count(k) < len(keys) and _together(keys, k) for k in set(keys) - {None})


def _together(keys: Sequence[object], key: object) -> bool:
    places = [k for k, other in enumerate(keys) if other == key]
    return places[-1] - places[0] + 1 == len(places)


def _follows(values: Sequence[Any]) -> bool:
    different = len(set(values))
    if different < 2:
        return False
    pairs = list(pairwise(values))
    if all(a <= b for a, b in pairs) or all(a >= b for a, b in pairs):
        return True
    return different < len(values) and all(_together(values, v) for v in set(values))
