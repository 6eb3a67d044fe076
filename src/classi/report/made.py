"""How a split was made, where not by one search for the best: in words, from what its certificate says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from classi.i18n import _, ngettext

BY_HAND = "by hand"
"""What a certificate says under ``made`` of a split changed by hand."""


def say_made(certificate: Mapping[str, Any]) -> str:
    """Say in a phrase how a split was made; empty where it was sought as the best of all.

    Parameters
    ----------
    certificate : ``certificato.json``; what is under ``made`` counts.
    """
    made = certificate.get("made")
    if not isinstance(made, Mapping) or not made.get("how"):
        return ""
    how, who = str(made["how"]), str(made.get("who") or "")
    said = _KINDS.get(how, lambda _made: _("changed during the year ({kind})").format(kind=how))(made)
    return f"{said} ({who})" if who else said


def _alternative(made: Mapping[str, Any]) -> str:
    return _("an alternative of the same quality, as different as can be")


def _profile(made: Mapping[str, Any]) -> str:
    return _("the best for the profile “{name}”").format(name=made.get("profile", ""))


def _by_hand(made: Mapping[str, Any]) -> str:
    moves = made.get("moves")
    number = len(moves) if isinstance(moves, list) else 0
    return ngettext("changed by hand: {number} pupil moved", "changed by hand: {number} pupils moved", number).format(
        number=number
    )


def _kept(made: Mapping[str, Any]) -> str:
    number = made.get("moved")
    number = number if isinstance(number, int) else 0
    return ngettext(
        "formed from the classes as they were: {number} pupil moved",
        "formed from the classes as they were: {number} pupils moved",
        number,
    ).format(number=number)


_KINDS = {"alternative": _alternative, "profile": _profile, BY_HAND: _by_hand, "keep": _kept}
