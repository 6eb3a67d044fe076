"""A change by hand: read as it was asked for, and written down with who, why, on what ground and at what price."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classi.audit import Audit
from classi.case_file import CaseFile
from classi.differences import costs_of, rule_changes, tier_changes
from classi.domain import text_key
from classi.errors import ClassiError, InputError, Problem
from classi.i18n import _
from classi.price import Move
from classi.recount import ASSIGNMENT, CERTIFICATE, read_certificate, sha256
from classi.report.made import BY_HAND
from classi.restate import Carried, made_before, restate, tiers_of
from classi.splits import Split
from classi.tables.nearest import Nearest
from classi.workflow import Result, refuse_overwrite, write_result

Wanted = Iterable[tuple[str, str]]
"""(pupil, class) for each who moves, by identifiers."""


@dataclass(frozen=True)
class Decision:
    """Who changes a split by hand, why, and on what ground (a rule of the school; may be empty)."""

    who: str
    why: str
    ground: str = ""


def refuse_unfit(out: str | Path, decision: Decision, *, force: bool) -> None:
    """Raise `InputError` when nobody or no reason is named, or `out` already holds a result and `force` is not set."""
    asked = ((decision.who, _("Say who decides the change.")), (decision.why, _("Say why the change is made.")))
    problems = [Problem(text) for said, text in asked if not said.strip()]
    try:
        refuse_overwrite(Path(out), force=force)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)


def read_changes(split: Split, changes: Wanted, locks: Collection[str] = ()) -> list[tuple[int, int]]:
    """Return positions of pupil and class for each who moves.

    Raises
    ------
    InputError
        With every pupil or class that is not there, named twice, locked, or in that class already; and where the change
        moves nobody.
    """
    school, found, problems = split.case.school, list[tuple[int, int]](), list[Problem]()
    seen: set[str] = set()
    for pupil, class_id in changes:
        c = school.class_at.get(text_key(class_id))
        wrong = strangers(split, pupil) or locked(pupil, locks)
        if not wrong and pupil in seen:
            wrong = [Problem(_("The change names this pupil twice."), value=pupil)]
        seen.add(pupil)
        if c is None:
            hint = Nearest(k.id for k in school.classes)(class_id)
            wrong.append(Problem(_("There is no class of this name."), value=class_id, hint=hint))
        elif not wrong and split.places[school.pupil_at[pupil]] == c:
            text = _("The pupil is in class {class_id} already.").format(class_id=school.classes[c].id)
            wrong = [Problem(text, value=pupil)]
        if c is not None and not wrong:
            found.append((school.pupil_at[pupil], c))
        problems += wrong
    if problems or not found:
        raise InputError(problems or [Problem(_("The change moves nobody."))])
    return found


def strangers(split: Split, *pupils: str) -> list[Problem]:
    """Return a problem for each who has no class in this split."""
    known = split.case.school.pupil_at
    text, nearest = _("No pupil of this split has this identifier."), Nearest(known)
    return [Problem(text, value=p, hint=nearest(p)) for p in pupils if p not in known]


def locked(pupil: str, locks: Collection[str]) -> list[Problem]:
    """Return a problem where a pupil may not be moved."""
    text = _("The pupil is locked in their class: the lock has to be taken off first.")
    return [Problem(text, value=pupil)] if pupil in locks else []


def write_change(
    split: Split,
    moves: Sequence[Move],
    decision: Decision,
    out: str | Path,
    *,
    asked: Sequence[str] = (),
    force: bool = False,
    case_file: str | Path | None = None,
) -> Result:
    """Certify a split with a change made by hand, and write it like any other result.

    The certificate carries under ``"made"`` the moves, who decided them and why, their price as the auditor counts it,
    the SHA-256 of the assignment they started from, and all the earlier changes.

    Parameters
    ----------
    split : the split before the change.
    moves : who goes where.
    decision : who, why, on what ground.
    out : the folder to write.
    asked : identifiers of those whose move was asked for, where others moved to make it possible; default all.
    force : write over a result that is already there.
    case_file : the case file in which the change is recorded as well, under the name of the folder.

    Raises
    ------
    InputError
        If nobody or no reason is named, a mandatory rule would be broken, `out` already holds a result, or the case
        file holds other data, does not know the split or has one of the new name; nothing is written then.
    ClassiError
        If somebody else changed the case file while the result was written, which stays: add it with `classi case add`.
    """
    refuse_unfit(out, decision, force=force)
    name = Path(out).resolve().name
    recorded = None if case_file is None else CaseFile.open(case_file)
    start = "" if recorded is None else _start(recorded, split, moves, name)
    audit = split.case.audit({**split.placed, **{m.pupil: m.after for m in moves}}).audit
    broken = _broken(split, audit)
    if broken:
        raise InputError(broken)
    at = split.case.school.class_at
    new = {m.pupil: at[text_key(m.after)] for m in moves}
    places = [new.get(p.id, c) for p, c in zip(split.case.school.pupils, split.places, strict=True)]
    result = restate(
        split.case,
        places,
        _made(split, moves, decision, asked, audit),
        # Bounds of a certificate that is not of these files would prove nothing.
        known=() if split.recount.differences else tiers_of(split.certificate),
        seated=_seats(split),
    )
    write_result(result, out, force=force)
    if recorded is not None:
        try:
            _record(recorded, start, name, Path(out), result.certificate["made"])
        except InputError as error:  # somebody else wrote it meanwhile; "nothing was written" would not be true
            text = _("The change is written in {folder}, but not in the case file: {reason}")
            raise ClassiError(text.format(folder=out, reason=error)) from None
    return result


def _start(file: CaseFile, split: Split, moves: Sequence[Move], name: str) -> str:
    """Return what the case file calls the split that is changed, once nothing stands against recording the change."""
    held = [problem for m in moves for problem in locked(m.pupil, file.state.locks)]
    if held:
        raise InputError(held)
    if name in file.state.splits:
        text = _("The case file has a split of this name already: choose another folder.")
        raise InputError([Problem(text, file.path.name, value=name)])
    if any(file.state.inputs.get(received) != sha for received, sha in split.case.inputs.items()):
        text = _("The case file holds other data than the case that is read: record these first (classi case inputs).")
        raise InputError([Problem(text, file.path.name)])
    same = [known for known in file.state.splits if file.placed(known) == split.placed]
    if not same:
        text = _("The case file does not hold the split that is changed: add it first.")
        raise InputError([Problem(text, file.path.name, value=split.name)])
    return split.name if split.name in same else same[-1]


def _record(file: CaseFile, start: str, name: str, out: Path, made: Mapping[str, Any]) -> None:
    others = [other for other in read_certificate(out).get("outputs", ()) if other != ASSIGNMENT]
    file.change(
        name,
        start,
        (out / ASSIGNMENT).read_bytes(),
        (out / CERTIFICATE).read_bytes(),
        made["moves"],
        made["ground"],
        made["price"],
        who=made["who"],
        why=made["why"],
        files={other: (out / other).read_bytes() for other in others},
    )


def _broken(split: Split, audit: Audit) -> list[Problem]:
    rules = split.case.regulation.criteria
    found = [rules[a.number - 1].explain(count) for a in audit.criteria if a.hard for count in a.findings]
    return [Problem(line) for line in (*audit.structure, *found)]


def _made(
    split: Split, moves: Sequence[Move], decision: Decision, asked: Sequence[str], audit: Audit
) -> dict[str, Any]:
    price = tier_changes(rule_changes(split.case.regulation, costs_of(split.audit), costs_of(audit)))
    return {
        "how": BY_HAND,
        "moves": [m.to_dict() for m in moves],
        "asked": list(asked or [m.pupil for m in moves]),
        "who": decision.who.strip(),
        "why": decision.why.strip(),
        "ground": decision.ground.strip(),
        "price": {str(tier): more for tier, more in price.items()},
        "from": sha256(split.directory / ASSIGNMENT) if split.directory is not None else "",
        "history": made_before(split.certificate),
    }


def _seats(split: Split) -> Carried | None:
    admission = split.certificate.get("admission")
    return None if admission is None or split.directory is None else Carried(split.directory, admission)
