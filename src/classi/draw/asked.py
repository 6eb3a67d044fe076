"""Checks of what is asked of a draw: the pool, the words and the numbers, as they are typed."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from classi.draw.record import LARGEST_NUMBER
from classi.errors import InputError, Problem
from classi.i18n import _

SALT = re.compile("[0-9a-f]{64}")
_MOST_NAMED = 5


def parse_numbers(text: str) -> list[list[int]]:
    """Read numbers as typed: blanks between the numbers of a source, ``;`` between sources.

    Raises
    ------
    InputError
        Naming every source that is empty and every word that is not a number.

    Examples
    --------
    >>> parse_numbers("2 5 12; 9 18")
    [[2, 5, 12], [9, 18]]
    """
    sources = [part.split() for part in text.split(";")]
    problems = [
        Problem(_number_expected(k), value=word)
        for k, words in enumerate(sources, 1)
        for word in words or [""]
        if not re.fullmatch("[0-9]{1,15}", word)
    ]
    if problems:
        raise InputError(problems)
    return [[int(word) for word in words] for words in sources]


def _number_expected(source: int) -> str:
    text = _("Source {k}: whole numbers of at most 15 digits are expected, blanks between them, “;” between sources.")
    return text.format(k=source)


def number_problems(numbers: Sequence[Sequence[int]]) -> Iterator[Problem]:
    """Say which of the numbers is none: each source needs at least one, whole, not below zero."""
    for k, source in enumerate(numbers or [[]], 1):
        if not source:
            yield Problem(_number_expected(k))
        for number in source:
            if type(number) is not int or not 0 <= number <= LARGEST_NUMBER:
                yield Problem(_number_expected(k), value=str(number))


def _is_text(text: str) -> bool:
    # Control characters are written in JSON in more than one way, and the hash must be the same everywhere.
    return bool(text.strip()) and text.isprintable()


def blank(**texts: str) -> Iterator[Problem]:
    """Say which of the texts is not one."""
    for part, text in texts.items():
        if not _is_text(text):
            yield Problem(_("“{part}” must be said, in one line of text.").format(part=part))


def pool_problems(
    ids: Sequence[str], strata: Mapping[str, str] | None, outcomes: Sequence[str] | None
) -> Iterator[Problem]:
    """Say what is wrong with the pool, its strata (by id) and its outcomes."""
    if not ids:
        yield Problem(_("The pool is empty: there is nothing to draw."))
    twice = sorted(i for i, count in Counter(ids).items() if count > 1)
    if twice:
        yield Problem(_("An id is in the pool more than once."), value=_some(twice))
    if strata is not None and set(strata) != set(ids):
        message = _("Every id of the pool, and nobody else, must have a stratum.")
        yield Problem(message, value=_some(sorted(set(strata) ^ set(ids))))
    if outcomes is not None and len(outcomes) != len(ids):
        message = _("There must be as many outcomes as ids in the pool: {outcomes} and {ids} were given.")
        yield Problem(message.format(outcomes=len(outcomes), ids=len(ids)))
    if not all(map(_is_text, (*ids, *(strata or {}).values(), *(outcomes or ())))):
        yield Problem(_("An id, a stratum or an outcome is empty or is not one line of text."))


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:_MOST_NAMED]) + (", …" if len(ids) > _MOST_NAMED else "")


def draw_name(text: str) -> str:
    """Return the name of the draw about something: ``"Tempo scuola"`` → ``tempo-scuola``."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c if c.isalnum() and c.isascii() else "-" for c in plain if not unicodedata.combining(c))
    return re.sub("-+", "-", letters).strip("-")[:60].strip("-")
