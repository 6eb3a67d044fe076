"""What a change of a split costs and gains, as data and in words: rule by rule, class by class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from classi.audit import Audit
from classi.differences import RuleChange, say_change, tier_changes
from classi.domain import Count
from classi.i18n import _
from classi.regulation import Regulation
from classi.report.words import departure, say_number, say_target


@dataclass(frozen=True)
class Move:
    """A pupil who goes from one class to another, by identifiers."""

    pupil: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.pupil}: {self.before} → {self.after}"

    def to_dict(self) -> dict[str, str]:
        """Return plain data, as certificates and case files hold it."""
        return {"id": self.pupil, "from": self.before, "to": self.after}


@dataclass(frozen=True)
class Price:
    """What a change costs and what it gains.

    Attributes
    ----------
    moves : who goes where.
    rules : the rules that cost more or less than before, the mandatory ones first.
    broken : mandatory rules that do not hold after the change, those broken before it included.
    unseated : moves to a class that the seat given to the pupil does not leave open.
    gained, lost : wishes that some rule counts, as (who, whom), granted only after and only before.
    """

    moves: tuple[Move, ...]
    rules: tuple[RuleChange, ...] = ()
    broken: tuple[RuleChange, ...] = ()
    unseated: tuple[Move, ...] = ()
    gained: tuple[tuple[str, str], ...] = ()
    lost: tuple[tuple[str, str], ...] = ()

    @property
    def tiers(self) -> dict[int, int]:
        """How much more each tier costs that changes (negative: less)."""
        return tier_changes(self.rules)

    @property
    def kept(self) -> bool:
        """True when every mandatory rule holds after the change."""
        return not self.broken and not self.unseated

    @property
    def worth(self) -> int:
        """−1 when the split is better after the change, 1 when it is worse, 0 when it is as good."""
        hard = sum(r.after - r.before for r in self.rules if r.hard) + len(self.unseated)
        first = hard or next(iter(self.tiers.values()), 0)
        return (first > 0) - (first < 0)


def price_words(price: Price, where: Mapping[int, Sequence[str]]) -> list[str]:
    """Say what a change does, a sentence a line: on the whole, rule by rule, and which wishes.

    Parameters
    ----------
    where : for each rule that changes, by its number, in which class what changes; see `where_changed`.
    """
    lines = [_worth(price)]
    for rule in price.rules:
        lines += [say_change(rule), *(f"    {line}" for line in where.get(rule.number, ()))]
    told = {rule.number for rule in price.rules}
    lines += [say_change(rule) for rule in price.broken if rule.number not in told]
    text = _("The seat given to pupil {pupil} does not leave class {class_id} open.")
    lines += [text.format(pupil=m.pupil, class_id=m.after) for m in price.unseated]
    for heading, wishes in (
        (_("Wishes now granted: {wishes}."), price.gained),
        (_("Wishes no longer granted: {wishes}."), price.lost),
    ):
        if wishes:
            lines.append(heading.format(wishes=", ".join(f"{one} → {two}" for one, two in wishes)))
    return lines


def where_changed(regulation: Regulation, number: int, before: Audit, after: Audit) -> tuple[str, ...]:
    """Say where a rule is kept better or worse than before: in which class, from how many to how many.

    Parameters
    ----------
    number : of the rule, from 1.
    before, after : the auditor's count of the two splits.
    """
    return tuple(_where(regulation, number - 1, before, after))


def _where(regulation: Regulation, k: int, before: Audit, after: Audit) -> Iterator[str]:
    criterion = regulation.criteria[k]
    was = {_key(c): c for c in before.criteria[k].counts}
    is_now = {_key(c): c for c in after.criteria[k].counts}
    for key in dict.fromkeys((*was, *is_now)):
        old, new = was.get(key), is_now.get(key)
        if (old.excess if old else 0) == (new.excess if new else 0):
            continue
        if new is not None and not new.pupils:
            yield _counted(old, new)
        elif new is not None and new.excess:
            yield criterion.explain(new)
        elif old is not None:
            yield _("No longer so: {sentence}").format(sentence=criterion.explain(old))


def _worth(price: Price) -> str:
    if not price.kept and price.worth < 0:
        return _("Better, but a mandatory rule is still broken.")
    if not price.kept:
        return _("Not possible: a mandatory rule would be broken.")
    said = {
        -1: _("On the whole better, in the order of the priorities."),
        0: _("On the whole as good as before."),
        1: _("On the whole worse, in the order of the priorities."),
    }
    return said[price.worth]


def _key(count: Count) -> tuple[object, ...]:
    """Return what a count is of, whoever sits where."""
    return (count.about, count.pupils) if count.pupils else (count.where, count.about)


def _counted(old: Count | None, new: Count) -> str:
    """Say a count before and after, and what is aimed at."""
    text = _("{where}: {before} → {after}") if not new.about else _("{where}, {about}: {before} → {after}")
    line = text.format(
        where=new.where, about=new.about, before=say_number(old.value if old else 0), after=say_number(new.value)
    )
    target = say_target(new)
    if target:
        line += _("; target {target}: {state}").format(target=target, state=departure(new)[1])
    return line
