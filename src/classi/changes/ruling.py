"""Is a change allowed on a day? Nothing is looked up here: the facts of a change are handed in."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from classi.changes.rules import KINDS, Ground, YearRules
from classi.i18n import _

SUMMER = (7, 8)
"""Months between two school years."""


@dataclass(frozen=True)
class Facts:
    """What the rules ask about a change.

    Attributes
    ----------
    kind : one of `KINDS`.
    ground : id of the ground given; empty = none.
    exceptional : the written reason where a limit is lifted.
    anno : year of course of the class, ``None`` = not known.
    between_sites : True when somebody goes from one site to another.
    balance_unchanged : True for a swap that leaves the cost of every rule on balance as it is.
    """

    kind: str
    ground: str = ""
    exceptional: str = ""
    anno: int | None = None
    between_sites: bool = False
    balance_unchanged: bool = False


@dataclass(frozen=True)
class Ruling:
    """Whether a change is allowed.

    Attributes
    ----------
    allowed : True when no rule is against it.
    reasons : why not, or else what must be remembered; sentences.
    needs : what the source asks for with the ground given, or for this kind of change without one.
    """

    allowed: bool
    reasons: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


def ruling(rules: YearRules, facts: Facts, on: date) -> Ruling:
    """Say whether the rules allow a change on a day.

    Raises
    ------
    ValueError
        If the kind is none of `KINDS`.
    """
    if facts.kind not in KINDS:
        raise ValueError(facts.kind)
    found = _Found()
    ground = _fitting(rules, facts, on, found)
    if facts.kind != "ritiro":  # nobody can be kept from leaving
        _without_ground(rules, facts, ground, found)
        _days(rules, facts, ground, on, found)
        _sites(rules, facts, ground, on, found)
        _swaps(rules, facts, ground, found)
    if ground is None:
        _limits(rules, facts, on, found)
    needs = tuple(found.needs if ground is None else ground.needs)
    if found.against:
        return Ruling(False, tuple(found.against), needs)
    return Ruling(True, tuple(found.reminders), needs)


class _Found:
    def __init__(self) -> None:
        self.against: list[str] = []
        self.reminders: list[str] = []
        self.needs: list[str] = []


def _fitting(rules: YearRules, facts: Facts, on: date, found: _Found) -> Ground | None:
    """Return the ground given, if there is one of this name for this kind of change and this day."""
    if not facts.ground:
        return None
    ground = rules.ground(facts.ground)
    if ground is None:
        known = ", ".join(g.id for g in rules.grounds if facts.kind in g.kinds) or "–"
        text = _("“{ground}” is not a ground of the regulation; for this kind of change there are: {known}.")
        found.against.append(text.format(ground=facts.ground, known=known))
        return None
    if facts.kind not in ground.kinds:
        text = _("The ground “{ground}” does not justify a change of the kind “{kind}” (only: {kinds}).")
        found.against.append(text.format(ground=ground.id, kind=facts.kind, kinds=", ".join(ground.kinds)))
        return None
    if ground.until and _begun(rules, on):
        _in_time(rules, ground, facts, on, found)
    return ground


def _begun(rules: YearRules, on: date) -> bool:
    """Tell whether the year goes on already; not known, the summer is before it."""
    return on.month not in SUMMER if rules.lessons_begin is None else on >= rules.lessons_begin


def _in_time(rules: YearRules, ground: Ground, facts: Facts, on: date, found: _Found) -> None:
    mine = [u for u in ground.until if facts.anno in u.anno] if facts.anno is not None else ground.until
    if not mine:
        years = ", ".join(str(n) for n in sorted({n for u in ground.until for n in u.anno}))
        text = _("During the year the ground “{ground}” is only for classes of year {years}{words}.")
        found.against.append(text.format(ground=ground.id, years=years, words=_words(ground)))
        return
    last = max(_day_of_year(rules, u.date, on) for u in mine)
    if on > last:
        text = _("The last day for the ground “{ground}” was {day}{words}.")
        found.against.append(text.format(ground=ground.id, day=_day(last), words=_words(ground)))
    elif facts.anno is None:
        text = _("The year of the class is not known: check the last day that the ground “{ground}” allows.")
        found.reminders.append(text.format(ground=ground.id))


def _day_of_year(rules: YearRules, month_day: str, on: date) -> date:
    """Return which day of the school year ``"02-28"`` is; 29 February is the 28th where there is none."""
    first = rules.lessons_begin or on
    begin = first.year - (first.month < SUMMER[-1])
    month, day = map(int, month_day.split("-"))
    year = begin + (month <= SUMMER[-1])
    return date(year, month, min(day, monthrange(year, month)[1]))


def _words(ground: Ground) -> str:
    return f" ({ground.source})" if ground.source else ""


def _without_ground(rules: YearRules, facts: Facts, ground: Ground | None, found: _Found) -> None:
    if facts.kind in rules.needs_ground and ground is None:
        known = ", ".join(g.id for g in rules.grounds if facts.kind in g.kinds) or "–"
        text = _("A change of the kind “{kind}” needs one of these grounds: {known}{words}.")
        found.against.append(text.format(kind=facts.kind, known=known, words=rules.words("needs_ground")))


def _days(rules: YearRules, facts: Facts, ground: Ground | None, on: date, found: _Found) -> None:
    own_limit = ground is not None and bool(ground.until)
    if rules.frozen_after_days is None or facts.kind in rules.free or own_limit:
        return
    last = rules.last_free_day
    if last is None:
        text = _("After {days} days of lessons classes change no more{words}: the regulation lacks lessons_begin.")
        found.reminders.append(text.format(days=rules.frozen_after_days, words=rules.words("frozen_after_days")))
    elif on > last:
        if ground is None or not ground.exceptional:
            text = _("After {last} ({days} days of lessons) classes change only for exceptional reasons{words}.")
            words = rules.words("frozen_after_days")
            found.against.append(text.format(last=_day(last), days=rules.frozen_after_days, words=words))
        elif not facts.exceptional.strip():
            text = _("The exceptional reason must be written, as it will be explained to the families.")
            found.against.append(text)
        else:
            found.reminders.append(_("The exceptional reasons must be explained to the families and to the pupils."))


def _sites(rules: YearRules, facts: Facts, ground: Ground | None, on: date, found: _Found) -> None:
    if not facts.between_sites or not rules.same_site or (ground is not None and ground.exceptional):
        return
    if rules.same_site_from_lessons and rules.lessons_begin is None:
        text = _("Once lessons have begun nobody passes to another site without an exceptional ground{words}.")
        found.reminders.append(text.format(words=rules.words("same_site")))
    elif not rules.same_site_from_lessons or _begun(rules, on):
        known = ", ".join(g.id for g in rules.grounds if g.exceptional and facts.kind in g.kinds) or "–"
        text = _("A passage to another site needs one of these grounds: {known}{words}.")
        found.against.append(text.format(known=known, words=rules.words("same_site")))


def _limits(rules: YearRules, facts: Facts, on: date, found: _Found) -> None:
    for limit in rules.limits:
        if facts.kind not in limit.kinds or not _begun(rules, on):
            continue
        words = f" ({limit.source})" if limit.source else ""
        last = None if rules.lessons_begin is None else rules.lessons_begin + timedelta(days=limit.days or 0)
        if limit.days is None or facts.kind == "ritiro":
            pass  # no last day, and nobody can be kept from leaving
        elif last is not None and on > last:
            text = _("After {last} a change of the kind “{kind}” needs a ground{words}.")
            found.against.append(text.format(last=_day(last), kind=facts.kind, words=words))
        elif last is None:
            text = _("A change of the kind “{kind}” needs a ground after {days} days of lessons{words}.")
            found.reminders.append(text.format(days=limit.days, kind=facts.kind, words=words))
        found.needs += limit.needs


def _swaps(rules: YearRules, facts: Facts, ground: Ground | None, found: _Found) -> None:
    if not rules.opposite_swaps_only or facts.kind in rules.free or (ground is not None and ground.exceptional):
        return
    if facts.kind != "scambio" or not facts.balance_unchanged:
        text = _("Only opposite swaps that leave the balance of the classes unchanged are allowed{words}.")
        found.against.append(text.format(words=rules.words("opposite_swaps_only")))


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
