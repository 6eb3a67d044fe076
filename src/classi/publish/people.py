"""The pupils' names, to be found wherever they stand in a text, and never repeated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from classi.publish.words import words_of

Row = Mapping[str, object]
Kind = Literal["surname", "name"]
COLUMNS: tuple[tuple[Kind, str], ...] = (("surname", "cognome"), ("name", "nome"))

OUR_WORDS = frozenset({
    "classe", "classi", "codice", "codici", "elenco", "elenchi", "alunno", "alunni", "studenti", "class", "classes",
    "code", "codes", "list", "lists", "pupil", "pupils", "published",
})  # fmt: skip
"""Words every public list holds; some are surnames too (Alunni is one)."""

# Words of sentences that are surnames or first names somewhere: alone in a long text they say nothing.
_PARTICLES = frozenset({
    "della", "delle", "degli", "dello", "dalla", "dalle", "dell", "dall", "del", "dal", "dei", "der", "den", "van",
    "von", "the", "and", "per", "con", "una", "uno", "gli", "che", "non", "sono",
})  # fmt: skip


@dataclass(frozen=True)
class People:
    """The names of a case, ready to be looked for.

    Attributes
    ----------
    phrases : names as sequences of words, by their first word, each with what it is.
    known : words that are nobody's in prose.
    """

    phrases: Mapping[str, frozenset[tuple[tuple[str, ...], Kind]]] = field(default_factory=dict)
    known: frozenset[str] = OUR_WORDS

    @classmethod
    def of(cls, pupils: Iterable[Row], allowed: str = "") -> People:
        """Collect the columns `cognome` and `nome` of a case's rows.

        Parameters
        ----------
        pupils : rows of the case, by column.
        allowed : a text (the school's name, the names of the classes) whose words are nobody's in prose and in the
            names of classes.
        """
        found: defaultdict[str, set[tuple[tuple[str, ...], Kind]]] = defaultdict(set)
        for row in pupils:
            for kind, column in COLUMNS:
                for phrase in _phrases(str(row.get(column) or "")):
                    found[phrase[0]].add((phrase, kind))
        return cls({k: frozenset(v) for k, v in found.items()}, OUR_WORDS | frozenset(words_of(allowed)))

    def found(self, text: str, *, lenient: bool = False) -> frozenset[Kind]:
        """Tell which kinds of names stand in a text; `lenient` lets known words pass."""
        words = words_of(text)
        kinds: set[Kind] = set()
        for k, word in enumerate(words):
            for phrase, kind in self.phrases.get(word, ()):
                if words[k : k + len(phrase)] == phrase and not self._means_nothing(phrase, words, lenient):
                    kinds.add(kind)
        return frozenset(kinds)

    def _means_nothing(self, phrase: Sequence[str], words: Sequence[str], lenient: bool) -> bool:
        if lenient and self.known.issuperset(phrase):
            return True
        weak = len(phrase) == 1 and (len(phrase[0]) <= 2 or phrase[0] in _PARTICLES)
        return weak and len(words) > 2

    def inside(self, code: str) -> bool:
        """Tell whether a code equals or contains a name, letters and digits alone being compared."""
        squashed = "".join(words_of(code))
        return any(name in squashed for name in self._joined)

    @cached_property
    def _joined(self) -> frozenset[str]:
        return frozenset("".join(phrase) for phrases in self.phrases.values() for phrase, _kind in phrases)


def _phrases(name: str) -> set[tuple[str, ...]]:
    words = words_of(name)
    joined = "".join(words)
    if len(joined) < 2:
        return set()
    parts = {(w,) for w in words if len(w) >= 4 and w not in _PARTICLES}
    return {words, (joined,)} | parts


def row_name(row: Row) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words of a pupil's surname and of the first name."""
    return words_of(str(row.get("cognome") or "")), words_of(str(row.get("nome") or ""))
