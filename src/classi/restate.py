"""A result made otherwise than by one search: an alternative, a split changed by hand, classes kept during the year.

What people or a narrower search made is certified like everything else: counted by the auditor, with the bounds that
hold for it, and with how it was made.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classi.case import Case
from classi.formation import bounds
from classi.formation.bounds import domains
from classi.formation.engine import Limits
from classi.formation.search import Board
from classi.formation.solve import Solution, TierResult, by_tier
from classi.seat_files import COLUMNS, RANKINGS_WORKBOOK
from classi.workflow import Result, Seats, certified

GIVEN = "given"
"""How a search ended that there was not: the split was given."""


@dataclass(frozen=True)
class Carried:
    """Seats given before: their files go with the classes as they are now.

    Attributes
    ----------
    directory : where the files are.
    admission : what the certificate there says of the seats.
    """

    directory: Path
    admission: Mapping[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> list[str]:
        """Copy the files of rankings and seats, and return their names."""
        found = [name for name in (*COLUMNS, RANKINGS_WORKBOOK) if (self.directory / name).is_file()]
        for name in found:
            shutil.copyfile(self.directory / name, folder / name)
        return found

    def summary(self) -> dict[str, Any]:
        """Return what the certificate says of the seats."""
        return dict(self.admission)


def restate(
    case: Case,
    places: Sequence[int],
    made: Mapping[str, Any],
    *,
    known: Sequence[TierResult] = (),
    seated: Seats | None = None,
    limits: Limits | None = None,
    stopped: str = GIVEN,
) -> Result:
    """Count, certify and return a split that no search of its own made the best.

    Parameters
    ----------
    case : those who have a class.
    places : position of the class of each, shape (pupils,); every hard rule must hold, or nothing is certified.
    made : how it was made, as plain data with ``"how"`` among its keys; the certificate carries it under ``"made"``.
    known : values and proved bounds of a search of the same case. The bound of a tier holds for this split as long as
        it costs as much as that search's in every tier before; elsewhere what arithmetic alone says is told.
    seated : rankings and seats, if there are any.
    limits, stopped : of the search that made it, if one did.

    Raises
    ------
    AuditFailure
        If the auditor does not confirm the costs, or finds a hard rule broken.
    """
    tiers = tuple(_tiers(case, places, {t.tier: t for t in known}))
    status = "OPTIMAL" if all(t.proved for t in tiers) else "FEASIBLE"
    ended = "proved" if status == "OPTIMAL" else stopped
    solution = Solution(status, tuple(places), tiers, ended, 0.0, 0.0, 0.0)
    return certified(case, solution, limits or Limits(0.0, workers=1), seated=seated, made=made)


def made_before(certificate: Mapping[str, Any]) -> list[Any]:
    """Return how the split of a certificate was made and all those it came from, the oldest first."""
    made = certificate.get("made")
    if not isinstance(made, Mapping) or not made:
        return []
    own = {key: value for key, value in made.items() if key != "history"}
    return [*(made.get("history") or ()), *([own] if own else [])]


def tiers_of(certificate: Mapping[str, Any]) -> tuple[TierResult, ...]:
    """Return the tiers of a certificate, as `restate` takes them; what is not written as one is left out."""
    entries = certificate.get("tiers")
    return tuple(
        TierResult(t["tier"], t["value"], t["bound"], str(t.get("proof") or "search"))
        for t in (entries if isinstance(entries, list) else ())
        if isinstance(t, Mapping) and all(type(t.get(name)) is int for name in ("tier", "value", "bound"))
    )


def _tiers(case: Case, places: Sequence[int], known: Mapping[int, TierResult]) -> list[TierResult]:
    board, by = Board(case.school, case.terms), by_tier(case.terms)
    hard = [t for t in case.terms if t.weight is None]
    rooms = domains(case.school, hard)
    found, same = [], True
    for tier, terms in by.items():
        value = board.tier_cost(places, tier)
        before = known.get(tier)
        if before is not None and same and before.bound <= value:
            found.append(TierResult(tier, value, before.bound, before.reached))
        else:
            found.append(TierResult(tier, value, bounds.bound(bounds.groups(terms, rooms, hard)), "arithmetic"))
        same = same and before is not None and before.value == value
    return found
