"""Decisions as they are typed: read, and held against the procedure: what could never count is not recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from classi.case import Case
from classi.domain import text_key
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.journal.entries import FIELDS
from classi.procedure import Round

NUMBERS = frozenset({"points", "days", "entry", "entry or null"})
"""What a datum may be that is typed as a whole number; see `classi.journal.entries.FIELDS`."""


def typed(kind: str, name: str, text: str) -> Any:
    """Return what somebody typed for a datum of a decision: a number where one is meant, otherwise the text."""
    number = FIELDS.get(kind, {}).get(name) in NUMBERS
    return int(text) if number and text.isascii() and text.isdigit() else text


def round_named(case: Case, name: str) -> Round:
    """Return the round of this name, without regard to case and blanks.

    Raises
    ------
    InputError
        If the regulation has no procedure, or no such round.
    """
    procedure = case.regulation.admission
    if procedure is None or not procedure.rounds:
        raise InputError([Problem(_("The regulation has no procedure of admission."), case.regulation.file)])
    rounds = {text_key(one.name): one for one in procedure.rounds}
    if text_key(name) not in rounds:
        text, names = _("There is no round of this name."), ", ".join(one.name for one in procedure.rounds)
        raise InputError([Problem(text, case.regulation.file, value=name, hint=names)])
    return rounds[text_key(name)]


def as_named(case: Case, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of a decision with round, title, option and class written as the case writes them.

    Raises
    ------
    InputError
        If the case has no such round, title, option or class.
    """
    found = dict(data)
    if kind in ("ammissione_ds", "definitiva") and found.get("round"):
        one = round_named(case, found["round"])
        found["round"] = one.name
        if kind == "ammissione_ds" and found.get("option"):
            found["option"] = _option(case, one, found["option"])
    if kind == "punti" and found.get("title"):
        found["title"] = _one_of(_titles(case), found["title"], _("No points by decision are given under this name."))
    if kind in ("subentro", "trasferimento") and found.get("class"):
        classes = [c.id for c in case.school.classes]
        found["class"] = _one_of(classes, found["class"], _("There is no class of this name."))
    return found


def _titles(case: Case) -> list[str]:
    procedure = case.regulation.admission
    return [t.name for one in procedure.rounds for t in one.points if t.by_decision] if procedure else []


def _one_of(names: Iterable[str], wanted: str, message: str) -> str:
    known = {text_key(name): name for name in names}
    if text_key(wanted) not in known:
        raise InputError([Problem(message, value=wanted, hint=", ".join(known.values()))])
    return known[text_key(wanted)]


def _option(case: Case, one: Round, asked: Mapping[str, str]) -> dict[str, str]:
    options = [dict(zip(one.seats, option, strict=True)) for option in one.options(case.school.classes)]
    keys = {name: text_key(value) for name, value in asked.items()}
    for option in options:
        if {name: text_key(value) for name, value in option.items()} == keys:
            return option
    text = _("This round has no such option: give each of its columns with --set COLUMN=VALUE.")
    given = ", ".join(f"{name}={value}" for name, value in asked.items())
    hint = "; ".join(", ".join(f"{name}={value}" for name, value in option.items()) for option in options)
    raise InputError([Problem(text, value=given, hint=hint)])
