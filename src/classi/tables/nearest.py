"""The nearest valid value to a mistyped one, quickly even among ten thousand."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator

from classi.domain import text_key

_FEW = 300
_PATIENCE = 20
_CUTOFF = 0.6
_CUTOFF_AT_ONE_SLIP = 0.4  # "1C" for "1B", but not "X" for "M"


class Nearest:
    """Finds the known value most like a word.

    Words at one missing, added, changed or swapped letter are found through an index; others by `difflib`, always when
    there are few known values and otherwise only for the first twenty words asked, since each costs a pass over all.
    With `one_slip` these others are not looked for.
    """

    def __init__(self, known: Iterable[str], *, one_slip: bool = False) -> None:
        self._known = {text_key(value): value for value in known}
        self._index: dict[str, list[str]] | None = None
        self._answers: dict[str, str] = {}
        self._patience = 0 if one_slip else _PATIENCE
        self._few = 0 if one_slip else _FEW

    def __call__(self, word: str) -> str:
        """Return the nearest known value, or an empty string."""
        key = text_key(word)
        if key not in self._answers:
            self._answers[key] = self._known.get(self._find(key), "")
        return self._answers[key]

    def _find(self, key: str) -> str:
        if key in self._known:
            return key
        pool, cutoff = self._neighbours(key), _CUTOFF_AT_ONE_SLIP
        if not pool and (len(self._known) <= self._few or self._patience > 0):
            self._patience -= 1
            pool, cutoff = list(self._known), _CUTOFF
        close = difflib.get_close_matches(key, pool, n=1, cutoff=cutoff)
        return close[0] if close else ""

    def _neighbours(self, key: str) -> list[str]:
        if self._index is None:
            self._index = defaultdict(list)
            for known in self._known:
                for shortened in _shortened(known):
                    self._index[shortened].append(known)
        found = {known: None for shortened in _shortened(key) for known in self._index.get(shortened, ())}
        return list(found)[: 2 * _FEW]


def _shortened(word: str) -> Iterator[str]:
    # Two words at distance one share the word itself or one of these. Long texts are not mistyped identifiers.
    yield word
    if len(word) <= 40:
        for at in range(len(word)):
            yield word[:at] + word[at + 1 :]
