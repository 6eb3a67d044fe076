"""During the year: is a change of the classes allowed by the ``[changes]`` of the regulation, and what does it need?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from classi.case import Case
from classi.changes.rules import KINDS
from classi.changes.ruling import Facts, Ruling, ruling
from classi.domain import SchoolClass, text_key
from classi.errors import InputError, Problem
from classi.i18n import _

__all__ = [
    "KINDS", "Because", "Change", "Move", "Ruling", "allowed", "allowed_together", "change_of", "check_change",
]  # fmt: skip


@dataclass(frozen=True)
class Move:
    """A pupil who goes from a class to another; `before` is empty for who comes, `after` for who leaves."""

    id: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Change:
    """A change of the classes that somebody wants.

    Attributes
    ----------
    kind : ``iscrizione``, ``trasferimento``, ``scambio``, ``ritiro`` or ``riformazione``.
    moves : who goes where.
    ground : id of a ground of the regulation; empty = none.
    exceptional : the written reason, where a limit is lifted by an exceptional ground.
    balance_unchanged : True for a swap after which every rule on balance costs what it did.
    """

    kind: str
    moves: tuple[Move, ...]
    ground: str = ""
    exceptional: str = ""
    balance_unchanged: bool = False

    @property
    def pupils(self) -> tuple[str, ...]:
        """Who is concerned."""
        return tuple(move.id for move in self.moves)


@dataclass(frozen=True)
class Because:
    """Why a change may be made: the ground, the exceptional reason in words, the papers handed in."""

    ground: str = ""
    exceptional: str = ""
    papers: tuple[str, ...] = ()

    @property
    def data(self) -> dict[str, Any]:
        """What an entry of the journal says of it; nothing of what is empty."""
        papers = [paper.strip() for paper in self.papers if paper.strip()]
        found: dict[str, Any] = {"ground": self.ground.strip(), "exceptional": self.exceptional.strip()}
        return {name: value for name, value in {**found, "papers": papers}.items() if value}


def check_change(case: Case, change: Change, on: date) -> Ruling:
    """Say whether the regulation allows a change on a day.

    Parameters
    ----------
    case : its classes may have the columns ``anno`` and ``plesso``.

    Returns
    -------
    Ruling
        Allowed, with nothing to say, where the regulation has no ``[changes]``.

    Raises
    ------
    InputError
        If the kind of change is none of `KINDS`, or a class is not there.

    Examples
    --------
    >>> from datetime import date
    >>> from classi import Case
    >>> rules = {"criteria": [], "changes": {"lessons_begin": date(2026, 9, 10), "frozen_after_days": 15}}
    >>> case = Case.from_rows({"alunni": [{"id": "a"}], "classi": [{"id": "1A"}, {"id": "1B"}]}, rules)
    >>> change = Change("trasferimento", (Move("a", "1A", "1B"),))
    >>> [check_change(case, change, date(2026, 9, day)).allowed for day in (25, 26)]
    [True, False]
    """
    if change.kind not in KINDS:
        text = _("There is no change of this kind.")
        raise InputError([Problem(text, value=change.kind, hint=", ".join(KINDS))])
    rules = case.regulation.changes
    if rules is None:
        return Ruling(True)
    pairs = [(_class(case, move.before), _class(case, move.after)) for move in change.moves]
    sites = any(_elsewhere(before, after) for before, after in pairs)
    why = (change.kind, change.ground, change.exceptional)
    # Several years of course may have several last days: each must allow it.
    years = dict.fromkeys(_year(after or before) for before, after in pairs) or {None: None}
    found = [ruling(rules, Facts(*why, year, sites, change.balance_unchanged), on) for year in years]
    return _joined(found)


def _joined(rulings: Sequence[Ruling]) -> Ruling:
    """Return what several rulings say together: all must allow it, and everything that any needs is needed."""
    is_allowed = all(r.allowed for r in rulings)
    reasons = dict.fromkeys(line for r in rulings if r.allowed is is_allowed for line in r.reasons)
    return Ruling(is_allowed, tuple(reasons), tuple(dict.fromkeys(need for r in rulings for need in r.needs)))


def allowed(case: Case, change: Change, on: date, because: Because) -> tuple[str, ...]:
    """Return what must be remembered about a change; one that is not allowed is refused.

    Raises
    ------
    InputError
        With every reason against it, or naming what it needs and nobody has confirmed.
    """
    return _confirmed(case, check_change(case, change, on), because)


def _confirmed(case: Case, found: Ruling, because: Because) -> tuple[str, ...]:
    file = case.regulation.file
    if not found.allowed:
        raise InputError([Problem(reason, file) for reason in found.reasons])
    if len(because.data.get("papers", ())) < len(found.needs):
        text = _("This change needs: {need}. Say for each such thing what was handed in, with --with TEXT.")
        raise InputError([Problem(text.format(need=need), file) for need in found.needs])
    return found.reasons


def allowed_together(
    case: Case, changes: Mapping[str, Mapping[str, tuple[str, str]]], on: date, because: Because
) -> tuple[str, ...]:
    """Return what must be remembered about an act of several changes; `because` counts for those its ground is for.

    Parameters
    ----------
    changes : by kind, where each pupil was and goes.

    Raises
    ------
    InputError
        As `allowed`.
    """
    rules = case.regulation.changes
    ground = None if rules is None else rules.ground(because.ground.strip())
    fits = [kind for kind in changes if ground is not None and kind in ground.kinds]
    found = []
    for n, (kind, places) in enumerate(changes.items()):
        # A ground that is for none of them is refused at the first.
        mine = because if kind in fits or (not fits and n == 0) else Because()
        found.append(check_change(case, change_of(kind, places, mine), on))
    return _confirmed(case, _joined(found), because)


def change_of(kind: str, places: Mapping[str, tuple[str, str]], because: Because, *, balanced: bool = False) -> Change:
    """Return a change from where each pupil was and goes, with the reasons given for it."""
    moves = tuple(Move(pupil, before, after) for pupil, (before, after) in places.items())
    return Change(kind, moves, because.ground.strip(), because.exceptional.strip(), balanced)


def _class(case: Case, class_id: str) -> SchoolClass | None:
    if not class_id:
        return None
    if text_key(class_id) not in case.school.class_at:
        names = ", ".join(c.id for c in case.school.classes)
        raise InputError([Problem(_("There is no class of this name."), value=class_id, hint=names)])
    return case.school.classes[case.school.class_at[text_key(class_id)]]


def _year(one: SchoolClass | None) -> int | None:
    year = None if one is None else one["anno"]
    return None if year is None or not text_key(year).isdecimal() else int(text_key(year))


def _elsewhere(before: SchoolClass | None, after: SchoolClass | None) -> bool:
    sites = [None if one is None else one["plesso"] for one in (before, after)]
    return None not in sites and text_key(sites[0]) != text_key(sites[1])
