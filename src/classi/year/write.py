"""Classes changed during the year, written: recorded first, then counted again by the auditor from the files.

A change that concerns facts (somebody leaves) is written also where a hard rule no longer holds: then without a
certificate, and it is said which rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from classi.case import Case
from classi.classes_now import Act, classes_now, folder_of, refuse_older, staged, write_changed, write_lists
from classi.domain import text_key
from classi.errors import InputError, Problem
from classi.i18n import _, ngettext
from classi.journal import LEAVING, Entry, Journal, append, read_journal
from classi.recount import read_certificate
from classi.restate import made_before, restate
from classi.workflow import Result, write_result


@dataclass(frozen=True)
class Written:
    """Classes as they became.

    Attributes
    ----------
    entry : what was recorded.
    placed : class of everybody.
    again : it had been recorded before, and only the classes were written now.
    uncertified : why there is no certificate; empty where there is one.
    """

    entry: Entry
    placed: Mapping[str, str]
    again: bool = False
    uncertified: tuple[str, ...] = ()


def places_in(case: Case, placed: Mapping[str, str]) -> tuple[int, ...]:
    """Return the position of the class of each pupil of a case in which everybody has one."""
    return tuple(case.school.class_at[text_key(placed[p.id])] for p in case.school.pupils)


def recorded_before(journal: Journal, kinds: Iterable[str], pupil: str, placed: Mapping[str, str]) -> Entry | None:
    """Return the decision that counts for a pupil and that these classes do not show yet, if it is of these kinds.

    It is there where the program was interrupted after recording: the classes can then be written without a new entry.
    """
    entry = journal.placing().get(pupil)
    if entry is None or entry.kind not in kinds:
        return None
    shown = all(text_key(placed.get(p, "")) == text_key(c) for p, c in entry.placed.items())
    return None if shown else entry


def after(placed: Mapping[str, str], changed: Mapping[str, str]) -> dict[str, str]:
    """Return the classes after a change; an empty class = who leaves."""
    return {pupil: c for pupil, c in {**placed, **changed}.items() if c}


def result_of(
    case: Case, placed: Mapping[str, str], made: Mapping[str, Any], leaving: str = ""
) -> tuple[Result | None, tuple[str, ...]]:
    """Return the certified result of classes changed by hand, or why they cannot be certified.

    Parameters
    ----------
    leaving : who is just about to leave, so that the class is not missing.
    """
    without = [pupil for pupil in not_placed(case, placed) if pupil != leaving]
    if without:
        text = ngettext(
            "{n} pupil has no class yet: the classes are written without a certificate.",
            "{n} pupils have no class yet: the classes are written without a certificate.",
            len(without),
        )
        return None, (text.format(n=len(without)),)
    inside = case.of_those(placed)
    broken = [a.label for a in inside.audit(placed).audit.criteria if a.hard and a.cost]
    if broken:
        text = _("Mandatory rules no longer kept, so that there is no certificate: {rules}.")
        return None, (text.format(rules=", ".join(broken)),)
    return restate(inside, places_in(inside, placed), made), ()


def made_since(directory: Path, how: str) -> dict[str, Any]:
    """Return how classes are made now, with how those they come from were made as ``history``, the oldest first."""
    before = made_before(read_certificate(directory))
    return {"how": how, "history": before} if before else {"how": how}


def not_placed(case: Case, placed: Mapping[str, str]) -> list[str]:
    """Return who should have a class and has none; with rankings nobody, for those without a class are waiting."""
    if case.regulation.admission is not None and case.regulation.admission.rounds:
        return []
    left = read_journal(folder_of(case)).left
    return [p.id for p in case.school.pupils if p.id not in placed and p.id not in left]


def write_now(
    case: Case,
    directory: Path,
    out: Path,
    placed: Mapping[str, str],
    record: Callable[[], Entry],
    result: Result | None,
) -> Entry:
    """Record a change and write the classes as they are then, certified where there is a result; return the entry.

    Raises
    ------
    AuditFailure
        If the count from the written files differs. What was recorded stays, and no folder is written: an annulment
        undoes it.
    """
    with staged(out) as aside:
        if result is None:
            write_changed(directory, aside, placed)
            return record()
        entry = record()
        # The certificate names the journal by its hash, and the journal has a line more now.
        now = Case.read(case.source) if isinstance(case.source, Path) else case
        certificate = {**result.certificate, "inputs": dict(now.inputs)}
        write_result(replace(result, certificate=certificate), aside)
        write_lists(directory, aside, placed)
    return entry


# --- an act, from its beginning to its end ---


def start(case: Case, directory: Path, kinds: Sequence[str], *pupils: str) -> tuple[dict[str, str], Entry | None]:
    """Return the classes as they are, and the act if it is recorded already and only the classes were not written.

    Raises
    ------
    InputError
        If a pupil is not of the case, or the classes are not the latest.
    """
    folder, placed = folder_of(case), classes_now(case, directory)
    unknown = [pupil for pupil in pupils if pupil not in case.school.pupil_at]
    if unknown:
        text = _("The pupil is not among those of the case.")
        raise InputError([Problem(text, column="id", value=pupil) for pupil in unknown])
    journal = read_journal(folder)
    found = [recorded_before(journal, kinds, pupil, placed) for pupil in pupils]
    again = found[0] if all(entry == found[0] for entry in found) else None  # of a swap, the same for both
    refuse_older(journal, placed, *(again.placed if again else ()))
    return placed, again


def written_again(case: Case, directory: Path, out: Path, placed: Mapping[str, str], entry: Entry) -> Written:
    """Write the classes after an act that was recorded and not written, when the program was interrupted."""
    now = after(placed, entry.placed)
    result, lacking = result_of(case, now, made_since(directory, entry.kind))
    write_now(case, directory, out, now, lambda: entry, result)
    return Written(entry, now, again=True, uncertified=lacking)


def recorded(
    case: Case, directory: Path, out: Path, act: Act, placed: Mapping[str, str], kind: str, data: dict[str, Any]
) -> Written:
    """Certify the classes after a change, record it, and write them; `data` is what the entry says."""
    leaving = data["id"] if kind in LEAVING else ""
    result, lacking = result_of(case, placed, made_since(directory, kind), leaving)

    def record() -> Any:
        return append(folder_of(case), kind, **vars(act), known_ids=case.school.pupil_at, **data)

    return Written(write_now(case, directory, out, placed, record, result), placed, uncertified=lacking)
