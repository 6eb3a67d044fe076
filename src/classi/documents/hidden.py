"""Tells whether a text that the school wrote for itself names a pupil, so that it is kept from families."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from classi.domain import text_key

SURNAME = ("cognome",)
ANY_NAME = ("cognome", "nome")


class Hidden:
    """The names and codes of the pupils of a case, to be looked for in texts.

    Parameters
    ----------
    pupils : rows with ``id`` and, where the files have them, ``cognome`` and ``nome``.
    """

    def __init__(self, pupils: Iterable[Mapping[str, Any]]) -> None:
        self._pupils = list(pupils)
        self._alone: dict[str, re.Pattern[str] | None] = {}

    def names(self, text: str, alone: Sequence[str] = SURNAME) -> bool:
        """Tell whether `text` names one of the pupils.

        By surname and name in either order, however they are written; by a code; or by one column of `alone` if it is
        written with capitals, as names are: better a title too few than a name too many.
        """
        words = set(_words(text))
        if any(whole <= words for word in words for whole in self._whole.get(word, ())):
            return True
        if self._codes is not None and self._codes.search(text_key(text)):
            return True
        return any(found.search(text) for column in alone if (found := self._written(column)) is not None)

    def told(self, text: str) -> str:
        """Return `text`, or nothing where it names a pupil."""
        return "" if self.names(text) else text

    @cached_property
    def _whole(self) -> dict[str, list[frozenset[str]]]:
        """The words of each pupil's whole name, by one of them."""
        found: dict[str, list[frozenset[str]]] = {}
        for row in self._pupils:
            if row.get("cognome") and row.get("nome"):
                words = frozenset(_words(f"{row['cognome']} {row['nome']}"))
                found.setdefault(min(words, default=""), []).append(words)
        return found

    @cached_property
    def _codes(self) -> re.Pattern[str] | None:
        """Codes that cannot be taken for a number or a word."""
        codes = (text_key(row["id"]) for row in self._pupils)
        return _any_of(c for c in codes if any(x.isdigit() for x in c) and any(x.isalpha() for x in c))

    def _written(self, column: str) -> re.Pattern[str] | None:
        """Return what finds the names of a column, each with a capital or all in capitals."""
        if column not in self._alone:
            names = {str(row[column]).strip() for row in self._pupils if row.get(column)}
            ways = {way for name in names for way in (name.title(), name.upper(), name) if way[:1].isupper()}
            self._alone[column] = _any_of(ways)
        return self._alone[column]


def _any_of(words: Iterable[str]) -> re.Pattern[str] | None:
    some = "|".join(map(re.escape, sorted(set(words))))
    return re.compile(rf"(?<!\w)(?:{some})(?!\w)") if some else None


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text_key(text))
