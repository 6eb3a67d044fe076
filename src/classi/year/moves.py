"""Acts that move several pupils at once: a late enrolment by the optimiser, a re-formation that comes into force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from classi.case import Case
from classi.classes_now import Act, classes_now, folder_of, refuse_older
from classi.errors import InputError, NotFound, Problem
from classi.formation.engine import Clock, Limits
from classi.i18n import _
from classi.journal import Entry, Journal, append, read_journal
from classi.recount import ASSIGNMENT, audit_result, read_certificate, sha256
from classi.restate import Carried
from classi.workflow import Result, refuse_overwrite
from classi.year import Because, allowed_together
from classi.year.acts import changes_of, committed_draw
from classi.year.keep import Reformed, origin_of, reformed_from
from classi.year.write import Written, made_since, not_placed, result_of, write_now


def enrol_with_moves(
    case: Case,
    directory: Path,
    pupil: str,
    out: Path,
    act: Act,
    because: Because | None = None,
    *,
    max_moves: int | None = None,
    limits: Limits | None = None,
) -> tuple[Reformed, Written, tuple[str, ...]]:
    """Place a pupil who comes late where it is best, others moved as little as possible; record it as one act.

    Parameters
    ----------
    max_moves : how many others may change class for it; ``None`` = as few as the mandatory rules need.

    Raises
    ------
    InputError
        If the regulation wants the smallest class, a draw was committed to for the pupil, a change is not allowed, or
        no class can be found; nothing is recorded then.
    NotFound
        If the time ends before anything is found.
    """
    because = because or Because()
    refuse_overwrite(out, force=False)
    folder, placed = folder_of(case), classes_now(case, directory)
    refuse_older(read_journal(folder), placed)
    if pupil not in case.school.pupil_at or pupil in placed:
        raise InputError([Problem(_("A pupil of the case without a class is expected."), value=pupil)])
    _refuse_drawn(case, [pupil])
    _refuse_by_rule(
        case, because, _("By the regulation who enrols late goes to the smallest class{words}: leave --optimise out.")
    )
    others = [p for p in not_placed(case, placed) if p != pupil]
    if others:
        raise InputError([Problem(_("These pupils have no class: {pupils}.").format(pupils=", ".join(others)))])
    limits = limits or Limits()
    began = origin_of(case, placed, also=[pupil])
    reformed = reformed_from(began, max_moves, limits, Clock(limits), None, sha256(directory / ASSIGNMENT))
    if reformed.result.solution.places is None:
        if reformed.result.conflict is None:
            raise NotFound(_("No assignment was found within the limits, and none was proved impossible."))
        raise InputError([Problem(line) for line in reformed.result.conflict.lines()])
    now = dict(reformed.result.assignment.placed)
    changes: dict[str, Mapping[str, tuple[str, str]]] = {"iscrizione": {pupil: ("", now[pupil])}}
    if reformed.moved:
        changes["riformazione"] = reformed.moved
    reminders = allowed_together(case, changes, act.when, because)
    moves = {p: to for p, (_before, to) in reformed.moved.items()}
    data: dict[str, Any] = {"id": pupil, "class": now[pupil], **because.data, **({"moves": moves} if moves else {})}

    def record() -> Any:
        return append(folder, "iscrizione", **vars(act), known_ids=case.school.pupil_at, **data)

    certificate = reformed.result.certificate
    made = {**certificate["made"], **made_since(directory, certificate["made"]["how"])}
    result = replace(reformed.result, certificate={**certificate, "made": made})
    written = Written(write_now(case, directory, out, now, record, result), now)
    return reformed, written, reminders


def _refuse_drawn(case: Case, pupils: Iterable[str]) -> None:
    """Refuse to place without the draw those for whom one was committed to: its result may be known already."""
    text = _("A draw was committed to for this pupil: annul it first (classi draw annul).")
    drawn = {pupil: committed_draw(case, pupil) for pupil in pupils}
    problems = [Problem(text, f"{name}.json", value=pupil) for pupil, name in drawn.items() if name]
    if problems:
        raise InputError(problems)


def _refuse_by_rule(case: Case, because: Because, text: str) -> None:
    """Refuse to place who comes late where the regulation says where they go, and no exceptional ground lifts it."""
    rules = case.regulation.changes
    ground = None if rules is None else rules.ground(because.ground.strip())
    if rules is not None and rules.smallest_class and not (ground and ground.exceptional):
        raise InputError([Problem(text.format(words=rules.words("smallest_class")), case.regulation.file)])


def adopt(
    case: Case, directory: Path, formed: Path, act: Act, because: Because | None = None
) -> tuple[Entry, tuple[str, ...]]:
    """Record that classes formed again take the place of those in force; return the entry and what to remember.

    The files of `formed` are written once more, for their certificate names the journal, which has a line more now.

    Parameters
    ----------
    directory, formed : the classes in force until now, and those formed again (`form_kept`, or any other way).

    Raises
    ------
    InputError
        If the change is not allowed, nobody changes class, somebody is left without one, somebody who left has one,
        somebody comes new whom the regulation sends to the smallest class or for whom a draw was committed to, or the
        classes formed again break a mandatory rule, began from other classes than those in force, or are not what
        their certificate says; nothing is recorded then.
    """
    because = because or Because()
    folder, before, now = folder_of(case), classes_now(case, directory), classes_now(case, formed)
    journal = read_journal(folder)
    places = {p: (before.get(p, ""), c) for p, c in now.items() if before.get(p) != c}
    if not places:
        raise InputError([Problem(_("Nobody changes class: there is nothing to record."), formed.name)])
    moves = {p: c for p, (_before, c) in places.items()}
    last = journal.active[-1:]
    if last and last[0].kind == "riformazione" and last[0].data["moves"] == moves:  # recorded, and perhaps not written
        return write_now(case, formed, formed, now, lambda: last[0], _as_formed(case, formed, now)), ()
    refuse_older(journal, before, *journal.left)
    _refuse_lost(journal, before, now)
    _refuse_unlike(case, directory, formed, before, now)
    came = {p: pair for p, pair in places.items() if not pair[0]}
    moved = {p: pair for p, pair in places.items() if pair[0]}
    if came:
        _refuse_drawn(case, came)
        text = _(
            "By the regulation who enrols late goes to the smallest class{words}: enrol them first (classi enrol)."
        )
        _refuse_by_rule(case, because, text)
    changes = {kind: found for kind, found in (("riformazione", moved), ("iscrizione", came)) if found}
    reminders = allowed_together(case, changes, act.when, because)

    def record() -> Entry:
        return append(folder, "riformazione", **vars(act), moves=moves, **because.data)

    return write_now(case, formed, formed, now, record, _as_formed(case, formed, now)), reminders


def _refuse_lost(journal: Journal, before: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Refuse classes in which somebody is missing, or somebody is who left."""
    lost = [p for p in before if p not in now and p not in journal.left]
    back = sorted(journal.left.intersection(now))
    told = ((lost, _("These pupils have no class: {pupils}.")), (back, _("These pupils have left: {pupils}.")))
    problems = [Problem(text.format(pupils=", ".join(who))) for who, text in told if who]
    if problems:
        raise InputError(problems)


def _refuse_unlike(
    case: Case, directory: Path, formed: Path, before: Mapping[str, str], now: Mapping[str, str]
) -> None:
    """Refuse classes that break a rule kept until now, began from other classes, or are not as certified."""
    broken = [change.label for change in changes_of(case, before, now) if change.hard and change.worse]
    if broken:
        text = _("The change would break: {rules}. Nothing was recorded.")
        raise InputError([Problem(text.format(rules=", ".join(broken)), formed.name)])
    certificate = read_certificate(formed)
    if not certificate:
        return
    began = (certificate.get("made") or {}).get("kept_from")
    if began not in (None, sha256(directory / ASSIGNMENT)):
        text = _(
            "These classes were formed again from others than those in force: form them again from these (--keep)."
        )
        raise InputError([Problem(text, formed.name)])
    differences = audit_result(case.source, formed).differences if isinstance(case.source, Path) else ()
    if differences:
        raise InputError([Problem(line, formed.name) for line in differences])


def _as_formed(case: Case, formed: Path, now: Mapping[str, str]) -> Result | None:
    """Return the result that lies in a folder, with its own certificate; a certificate anew where it has none."""
    result, _lacking = result_of(case, now, {"how": "riformazione"})
    certificate = read_certificate(formed)
    if result is None or not certificate:
        return result
    seats = certificate.get("admission")
    return replace(result, certificate=certificate, seated=None if seats is None else Carried(formed, seats))
