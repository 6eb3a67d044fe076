"""The rules as everybody may read them: without any pupil in them, whatever the regulation's author wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from classi.audit import Audit
from classi.documents.context import Context
from classi.domain import text_key
from classi.i18n import _


@dataclass(frozen=True)
class PublicRule:
    """A rule in force: its name, where it comes from, and its place among the others (a hard rule has no tier)."""

    number: int
    label: str
    source: str
    hard: bool
    tier: int | None
    weight: int | None


class Hidden:
    """Tells whether a text names a pupil of the case: surname and name in either order, or a code."""

    def __init__(self, pupils: Iterable[Mapping[str, Any]]) -> None:
        self._pupils = list(pupils)

    @cached_property
    def _names(self) -> dict[str, list[frozenset[str]]]:
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
        mixed = [re.escape(c) for c in codes if any(x.isdigit() for x in c) and any(x.isalpha() for x in c)]
        return re.compile(rf"(?<!\w)(?:{'|'.join(mixed)})(?!\w)") if mixed else None

    def names(self, text: str) -> bool:
        """Tell whether `text` names one of the pupils."""
        words = set(_words(text))
        if any(whole <= words for word in words for whole in self._names.get(word, ())):
            return True
        return self._codes is not None and self._codes.search(text_key(text)) is not None


def public_rules(context: Context) -> tuple[PublicRule, ...]:
    """Return every rule in force, hard ones first, then tier after tier, in the order of the regulation."""
    hidden = Hidden(context.ledger.pupils)
    rules = (
        _rule(context.audit, context.regulation.criteria[a.number - 1].source, k, hidden)
        for k, a in enumerate(context.audit.criteria)
    )
    return tuple(sorted(rules, key=lambda r: (not r.hard, r.tier or 0, r.number)))


def _rule(audit: Audit, source: str, k: int, hidden: Hidden) -> PublicRule:
    one = audit.criteria[k]
    label = _("Provisions on single pupils") if hidden.names(one.label) else one.label
    return PublicRule(one.number, label, "" if hidden.names(source) else source, one.hard, one.tier, one.weight)


def in_groups(rules: Sequence[PublicRule]) -> Iterator[tuple[str, list[PublicRule]]]:
    """Yield the rules under the headings families read: those always kept, then priority by priority."""
    hard = [r for r in rules if r.hard]
    if hard:
        yield _("Never broken"), hard
    for tier in sorted({r.tier for r in rules if r.tier is not None}):
        yield _("Priority {tier}").format(tier=tier), [r for r in rules if r.tier == tier]


def seats_sentence() -> str:
    """Say how seats are given where they are fewer than the applications."""
    return _(
        "Before the classes, seats were given by ranking. The ranking compares applications in the steps of the "
        "criteria, "
        "and gives each seat to the first who wants it and may have it, so that nobody ranked higher and wanting it is "
        "passed over; ties are broken by a public draw."
    )


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text_key(text))
