"""The rules as everybody may read them: without any pupil in them, whatever the regulation's author wrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from classi.audit import Audit
from classi.documents.context import Context
from classi.documents.hidden import ANY_NAME, SURNAME, Hidden
from classi.i18n import _

SINGLE = ("apart", "together", "fixed_class", "forbidden_class")
"""Rules about pupils by name: in their titles a first name alone is a pupil's."""


@dataclass(frozen=True)
class PublicRule:
    """A rule in force: its name, where it comes from, and its place among the others (a hard rule has no tier)."""

    number: int
    label: str
    source: str
    hard: bool
    tier: int | None
    weight: int | None


def public_rules(context: Context) -> tuple[PublicRule, ...]:
    """Return every rule in force, hard ones first, then tier after tier, in the order of the regulation."""
    rules = (
        _rule(context.audit, context.regulation.criteria[a.number - 1].source, k, context.hidden)
        for k, a in enumerate(context.audit.criteria)
    )
    return tuple(sorted(rules, key=lambda r: (not r.hard, r.tier or 0, r.number)))


def _rule(audit: Audit, source: str, k: int, hidden: Hidden) -> PublicRule:
    one = audit.criteria[k]
    single = one.rule in SINGLE
    label = one.label
    if hidden.names(label, ANY_NAME if single else SURNAME):
        label = _("Provisions on single pupils") if single else _("A criterion whose title may hold somebody's name")
    return PublicRule(one.number, label, hidden.told(source), one.hard, one.tier, one.weight)


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
