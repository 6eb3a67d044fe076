"""What a line must hold, how it hangs on the line before, and which decisions may follow which."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from classi.errors import Problem
from classi.i18n import _
from classi.journal.entries import FIELDS, FILLING, FREEING, FROZEN, JOURNAL, OPTIONAL, OUTCOMES, Entry

MOST_POINTS = 100
_HEAD = ("n", "when", "who", "why", "kind", "previous", "hash")


def problem(message: str, row: int, column: str = "", value: object = "", hint: str = "") -> Problem:
    """Build a problem about a line; only a text is shown as its value. Never hand in the text of a pupil's cell."""
    return Problem(message, JOURNAL, row=row, column=column, value=value if isinstance(value, str) else "", hint=hint)


def digest(record: Mapping[str, Any]) -> str | None:
    """Return the SHA-256 of a line without its hash, in hexadecimal; ``None`` when it cannot be written as UTF-8."""
    sealed = {name: value for name, value in record.items() if name != "hash"}
    try:
        text = json.dumps(sealed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()
    except (UnicodeEncodeError, RecursionError):  # JSON can name half a character; no text can hold it
        return None


def chain_problems(record: Mapping[str, Any], row: int, previous: object) -> Iterator[Problem]:
    """Yield where a line does not hang on the one before, whose hash is `previous` (``None`` if it has none)."""
    number = record.get("n")
    if type(number) is not int or number != row:
        yield problem(_("The entries are numbered from 1, line by line: {row} is expected.").format(row=row), row, "n")
    if previous is not None and record.get("previous") != previous:
        message = _("The chain is broken: a line before this one was changed, taken away or put in.")
        yield problem(message, row, "previous")
    sealed = digest(record)
    if sealed is None or record.get("hash") != sealed:
        yield problem(_("This line was changed after it was written: its hash is another one."), row, "hash")


def content_problems(record: Mapping[str, Any], row: int) -> Iterator[Problem]:
    """Yield what is wrong in what a line says, looked at alone."""
    if not _is_day(record.get("when")):
        yield problem(_("The day of the decision is expected, as YYYY-MM-DD."), row, "when", record.get("when"))
    if not _is_filled(record.get("who")):
        yield problem(_("Who decided must be named."), row, "who")
    if not _is_filled(record.get("why")):
        yield problem(_("The reason must be given."), row, "why")
    kind = record.get("kind")
    if not isinstance(kind, str) or kind not in FIELDS:
        yield problem(_("This kind of decision is not known."), row, "kind", kind, ", ".join(FIELDS))
        return
    for name, what in FIELDS[kind].items():
        if not _FITS[what](record.get(name)):
            yield problem(_expected(what), row, name)
    more = OPTIONAL.get(kind, {})
    for name in record:
        if name in more and not _FITS[more[name]](record[name]):
            yield problem(_expected(more[name]), row, name)
        if name not in _HEAD and name not in FIELDS[kind] and name not in more:
            yield problem(_("A decision of this kind ({kind}) has no such datum.").format(kind=kind), row, name)
    if kind == "correzione":
        yield from _other_cells(record, row)


def _other_cells(record: Mapping[str, Any], row: int) -> Iterator[Problem]:
    changes, before = record.get("changes"), record.get("before")
    if isinstance(changes, dict) and isinstance(before, dict) and set(changes) != set(before):
        yield problem(_("The old cells must be those of the columns that are changed."), row, "before")


class Course:
    """The decisions one after the other: says which one may come next."""

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}
        self._annulled: set[int] = set()
        self._definitive: dict[str, int] = {}
        self._filled: dict[int, int] = {}

    def take(self, entry: Entry) -> str:
        """Take the next decision; return why it cannot be taken (it has no effect then), or an empty text."""
        refusal = self._refusal(entry)
        self._entries[entry.n] = entry
        if refusal:
            return refusal
        if entry.kind == "definitiva":
            self._definitive[entry.data["round"]] = entry.n
        elif entry.kind in FILLING:
            self._filled[entry.data["after"]] = entry.n
        elif entry.kind == "annullamento":
            self._annul(self._entries[entry.data["entry"]])
        return ""

    def _annul(self, entry: Entry) -> None:
        self._annulled.add(entry.n)
        self._definitive = {name: n for name, n in self._definitive.items() if n != entry.n}
        self._filled = {freed: n for freed, n in self._filled.items() if n != entry.n}

    def _refusal(self, entry: Entry) -> str:
        data = entry.data
        if entry.kind in FROZEN:
            return self._frozen(entry)
        if entry.kind == "annullamento":
            return self._annulment(data["entry"])
        if entry.kind == "definitiva" and data["round"] in self._definitive:
            return self._frozen(entry)
        if entry.kind in FILLING:
            return self._succession(data["after"])
        if entry.kind == "reclamo" and data["entry"] is not None and not self._stands(data["entry"], {"correzione"}):
            return _("Entry {n} is not a correction that counts.").format(n=data["entry"])
        return ""

    def _stands(self, n: int, kinds: set[str] | frozenset[str]) -> bool:
        return n in self._entries and n not in self._annulled and self._entries[n].kind in kinds

    def _frozen(self, entry: Entry) -> str:
        """A round's ranking binds what concerns that round; data and points concern them all."""
        name = entry.data.get("round")
        binding = [(r, n) for r, n in self._definitive.items() if name in (None, r)]
        message = _(
            "The ranking “{round}” is definitive (entry {n}): this can be done only after annulling that entry."
        )
        return message.format(round=binding[0][0], n=binding[0][1]) if binding else ""

    def _annulment(self, n: int) -> str:
        if n not in self._entries:
            return _("There is no entry {n} before this one.").format(n=n)
        if self._entries[n].kind == "annullamento":
            return _("Entry {n} is an annulment, which stays: record the decision again.").format(n=n)
        if n in self._annulled:
            return _("Entry {n} was annulled already.").format(n=n)
        if n in self._filled:
            message = _("The place that entry {n} freed was given away by entry {later}: annul that one first.")
            return message.format(n=n, later=self._filled[n])
        return self._frozen(self._entries[n]) if self._entries[n].kind in FROZEN else ""

    def _succession(self, n: int) -> str:
        if not self._stands(n, FREEING):
            return _("Entry {n} is not one that freed a place.").format(n=n)
        if n in self._filled:
            message = _("The place that entry {n} freed was given away by entry {later}.")
            return message.format(n=n, later=self._filled[n])
        return ""


# --- what a datum may be ---


def _is_day(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return date.fromisoformat(value).isoformat() == value  # 20260531 is ISO as well, and not how it is written here
    except ValueError:
        return False


def _is_filled(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value) and value == value.strip()


def _are_cells(value: object) -> bool:
    if not isinstance(value, dict) or not value:
        return False
    return all(_is_text(column) and column.casefold() != "id" and isinstance(value[column], str) for column in value)


def _is_option(value: object) -> bool:
    if not isinstance(value, dict) or not value:
        return False
    return all(_is_text(name) and (_is_text(v) or type(v) in (int, bool)) for name, v in value.items())


def _is_from(least: int, most: int | None = None) -> Callable[[object], bool]:
    return lambda value: type(value) is int and least <= value and (most is None or value <= most)


_FITS: Mapping[str, Callable[[object], bool]] = {
    "text": _is_text,
    "cells": _are_cells,
    "old cells": lambda value: value is None or _are_cells(value),
    "points": _is_from(0, MOST_POINTS),
    "option": _is_option,
    "outcome": lambda value: isinstance(value, str) and value in OUTCOMES,
    "entry": _is_from(1),
    "entry or null": lambda value: value is None or _is_from(1)(value),
    "days": _is_from(1),
    "texts": lambda value: isinstance(value, list) and bool(value) and all(map(_is_text, value)),
    "places": lambda value: isinstance(value, dict) and bool(value) and all(map(_is_text, (*value, *value.values()))),
}


def _expected(what: str) -> str:
    return {
        "text": _("A text is expected, without blanks around it."),
        "cells": _("The new text of each column is expected, at least one; the identifier cannot be corrected."),
        "old cells": _("The old text of each column is expected, or nothing."),
        "points": _("Whole points from 0 to {most} are expected.").format(most=MOST_POINTS),
        "option": _("The option is expected: for each attribute a text, a whole number, true or false."),
        "outcome": _("The outcome is expected: {outcomes}.").format(outcomes=", ".join(OUTCOMES)),
        "entry": _("The number of an earlier entry is expected."),
        "entry or null": _("The number of the correction that followed is expected, or nothing."),
        "days": _("A whole number of days from 1 up is expected."),
        "texts": _("A list of texts is expected, at least one."),
        "places": _("The new class of each pupil is expected, at least one."),
    }[what]
