"""What changes between two splits, rule by rule, in numbers and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from classi.audit import Audit
from classi.i18n import _, ngettext
from classi.regulation import Regulation


@dataclass(frozen=True)
class RuleChange:
    """A rule that costs more or less than before.

    Attributes
    ----------
    number : position in the regulation, from 1.
    label, hard, tier, weight : as in the regulation; a hard rule has neither tier nor weight.
    before, after : its cost in the two splits, in the rule's unit.
    """

    number: int
    label: str
    hard: bool
    tier: int | None
    weight: int | None
    before: int
    after: int

    @property
    def worse(self) -> bool:
        """True when the rule costs more than before."""
        return self.after > self.before

    @property
    def points(self) -> int:
        """How much more the tier costs because of it (negative: less); 0 for a hard rule."""
        return (self.after - self.before) * (self.weight or 0)

    def __str__(self) -> str:
        return say_change(self)


def rule_changes(regulation: Regulation, before: Sequence[int], after: Sequence[int]) -> tuple[RuleChange, ...]:
    """Return the rules whose cost differs: hard ones first, then tier after tier, the heaviest first.

    Parameters
    ----------
    before, after : cost of each criterion, shape (criteria,), as `Board.criterion_costs` or `costs_of` gives it.
    """
    found = [
        RuleChange(k + 1, regulation.label(k), c.hard, None if c.hard else c.tier, c.weight, old, new)
        for k, (c, old, new) in enumerate(zip(regulation.criteria, before, after, strict=True))
        if old != new
    ]
    return tuple(sorted(found, key=lambda r: (not r.hard, r.tier or 0, -abs(r.points), r.number)))


def costs_of(audit: Audit) -> list[int]:
    """Return the cost of each criterion as the auditor counted it."""
    return [a.cost for a in audit.criteria]


def tier_changes(changes: Sequence[RuleChange]) -> dict[int, int]:
    """Return by how much each tier that changes costs more (negative: less)."""
    found: dict[int, int] = {}
    for change in changes:
        if change.tier is not None:
            found[change.tier] = found.get(change.tier, 0) + change.points
    return dict(sorted((tier, more) for tier, more in found.items() if more))


def better(changes: Sequence[RuleChange]) -> int:
    """Return −1 when the second split is better, 1 when it is worse, 0 when they are as good as each other.

    Hard rules come before everything, then the tiers in their order.
    """
    hard = sum(c.after - c.before for c in changes if c.hard)
    first = hard or next(iter(tier_changes(changes).values()), 0)
    return (first > 0) - (first < 0)


def say_change(change: RuleChange) -> str:
    """Put a change into words: the rule, its cost before and after, and what that means."""
    if change.hard:
        text = _("{rule}: mandatory and broken (by {after}).") if change.after else _("{rule}: mandatory, kept again.")
        if change.after and change.before:
            text = _("{rule}: mandatory and broken, by {after} (it was {before}).")
    elif change.worse:
        text = ngettext(
            "{rule}: worse, from {before} to {after} (priority {tier}, {points} point more).",
            "{rule}: worse, from {before} to {after} (priority {tier}, {points} points more).",
            change.points,
        )
    else:
        text = ngettext(
            "{rule}: better, from {before} to {after} (priority {tier}, {points} point fewer).",
            "{rule}: better, from {before} to {after} (priority {tier}, {points} points fewer).",
            -change.points,
        )
    return text.format(
        rule=change.label, before=change.before, after=change.after, tier=change.tier, points=abs(change.points)
    )
