"""Classes formed again with as few moves as possible, or at most so many: those of a later year, or during it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

from classi.case import Case
from classi.classes_now import refuse_older, write_lists
from classi.criteria.keep_class import KeepClass
from classi.domain import text_key
from classi.errors import InputError, Problem
from classi.formation.conflict import explain_conflict
from classi.formation.engine import Clock, Limits
from classi.formation.keep import Kept, fewest_moves, keep
from classi.formation.solve import Progress, Solution, solve
from classi.i18n import _, ngettext
from classi.journal import Journal, read_journal
from classi.recount import ASSIGNMENT, sha256
from classi.restate import restate
from classi.seating import case_folder
from classi.tables.write import read_assignment
from classi.terms import Term
from classi.workflow import EXPLAIN_SECONDS, Result, certified, write_result
from classi.year.seats import seat_terms


@dataclass(frozen=True)
class Origin:
    """The classes from which a re-formation begins.

    Attributes
    ----------
    case : those who are to be placed now.
    homes : position of the class each had, ``None`` for who is new or whose class is gone, shape (pupils,).
    new, homeless : who had no class, and whose class is gone.
    gone_classes : classes that are no more.
    withdrawn : pupils who had a class and are no longer to be placed.
    """

    case: Case
    homes: tuple[int | None, ...]
    new: tuple[str, ...]
    homeless: tuple[str, ...]
    gone_classes: tuple[str, ...]
    withdrawn: tuple[str, ...]

    def lines(self) -> list[str]:
        """Say who comes, who goes, and whose class is gone."""
        said = []
        if self.withdrawn:
            text = ngettext("{n} pupil is no longer there.", "{n} pupils are no longer there.", len(self.withdrawn))
            said.append(text.format(n=len(self.withdrawn)))
        if self.new:
            text = ngettext("{n} pupil had no class.", "{n} pupils had no class.", len(self.new))
            said.append(text.format(n=len(self.new)))
        if self.homeless:
            text = _("Classes that are no more: {classes}; their {n} pupils must move, and do not count as moves.")
            said.append(text.format(classes=", ".join(self.gone_classes), n=len(self.homeless)))
        return said


@dataclass(frozen=True)
class Reformed:
    """Classes formed again: the certified result, who moved, and where it began."""

    result: Result
    kept: Kept
    origin: Origin
    moved: Mapping[str, tuple[str, str]]

    def lines(self) -> list[str]:
        """Say what was found, in sentences."""
        said = self.origin.lines()
        if self.result.solution.places is None:
            return said
        n = len(self.kept.moved)
        text = ngettext("{n} pupil changes class.", "{n} pupils change class.", n)
        said.append(text.format(n=n))
        if self.kept.fewest:
            said.append(_("Nobody can keep the mandatory rules with fewer changes: this is proved."))
        elif self.kept.least:
            said.append(_("At least {least} must change class.").format(least=self.kept.least))
        if all(t.proved for t in self.kept.solution.tiers):
            most = self.result.certificate["made"]["max_moves"]
            text = _("With at most {most} changes no split is better: this is proved.")
            said.append(
                _("With so few changes no split is better: this is proved.") if most is None else text.format(most=most)
            )
        return said


def form_kept(
    case: Case,
    file: str | Path,
    *,
    max_moves: int | None = None,
    limits: Limits | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Event | None = None,
) -> Reformed:
    """Form the classes again, with as few pupils as possible leaving theirs, or with at most so many.

    Parameters
    ----------
    case : the pupils and classes as they are now. Who left by a recorded decision is not placed. Where the regulation
        has a procedure of admission only those are placed who have a class in `file`, or a recorded decision gave one,
        and everybody stays inside the seat they have (plesso, time model, course).
    file : ``assegnazioni.csv``, or the folder that holds it. A class with another name now is found through the
        ``mapping`` of a rule `keep_class`.
    max_moves : most pupils who may leave a class that is still there; ``None`` = as few as the mandatory rules need.
    limits : time, memory, workers, seed.
    progress, stop : as for `classi.form`.

    Raises
    ------
    InputError
        If `file` cannot be read, is older than a recorded decision or has none of the pupils, or if more pupils than
        `max_moves` must move.
    """
    if max_moves is not None and max_moves < 0:
        raise InputError([Problem(_("The number of moves is 0 or more."), value=str(max_moves))])
    path = Path(file) / ASSIGNMENT if Path(file).is_dir() else Path(file)
    began = origin_of(case, dict(read_assignment(path)), path.name)
    limits = limits or Limits()
    return reformed_from(began, max_moves, limits, Clock(limits, stop or Event()), progress, sha256(path))


def write_reformed(found: Reformed, file: str | Path, out: str | Path, *, force: bool = False) -> None:
    """Write classes formed again, with the waiting lists and first rankings that lay beside those they came from.

    Raises
    ------
    InputError, AuditFailure
        As `classi.write_result`.
    """
    out, folder = Path(out), Path(file) if Path(file).is_dir() else Path(file).parent
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".classi-", dir=out.parent) as place:
        aside = Path(place)
        if found.result.solution.places is not None:  # first, for `out` may be the folder itself, written over
            write_lists(folder, aside, found.result.assignment.placed)
        write_result(found.result, out, force=force)
        for list_file in aside.iterdir():
            list_file.replace(out / list_file.name)


def origin_of(case: Case, before: Mapping[str, str], file: str = ASSIGNMENT, also: Sequence[str] = ()) -> Origin:
    """Return who is to be placed and where each was.

    Parameters
    ----------
    before : class of each pupil as it was.
    also : pupils to be placed besides, who have no class yet.
    """
    folder = case_folder(case)
    journal = Journal() if folder is None else read_journal(folder)
    refuse_older(journal, before, *journal.left, *also)
    pupils = [p.id for p in case.school.pupils]
    stay = set(pupils) - (journal.left - set(also))
    if case.regulation.admission is not None and case.regulation.admission.rounds:
        stay &= {*before, *also, *journal.placing()}
    if not stay & set(before):
        raise InputError([Problem(_("None of these pupils is of the case."), file)])
    inside, follows = case.of_those(stay), _continued(case)
    at = case.school.class_at
    found = {p: at.get(text_key(c), at.get(text_key(follows.get(text_key(c), c)))) for p, c in before.items()}
    homes = tuple(found.get(p.id) for p in inside.school.pupils)
    ids = [p.id for p in inside.school.pupils]
    return Origin(
        inside,
        homes,
        tuple(p for p in ids if p not in before),
        tuple(p for p in ids if p in before and found[p] is None),
        tuple(sorted({c for p, c in before.items() if p in stay and found[p] is None})),
        tuple(p for p in before if p not in stay),
    )


def _continued(case: Case) -> dict[str, str]:
    """Return which class continues which, by the rules of the regulation that say so."""
    rules = [c for c in case.regulation.criteria if isinstance(c, KeepClass)]
    return {text_key(old): new for rule in rules for old, new in rule.mapping.items()}


def reformed_from(
    began: Origin,
    most: int | None,
    limits: Limits,
    clock: Clock,
    progress: Callable[[Progress], None] | None,
    source: str,
) -> Reformed:
    """Form the classes again from an origin; `source` is the SHA-256 of the file it was read from."""
    case = began.case
    terms = [*case.terms, *seat_terms(case, began.homes)]
    kept = keep(case.school, terms, began.homes, most, limits, progress, clock)
    if kept.solution.places is None:
        return Reformed(_without_places(began, terms, kept.solution, most, limits, clock), kept, began, {})
    result = restate(
        case, kept.solution.places, _made(kept, began, most, source), limits=limits, stopped=kept.solution.stopped
    )
    ids, classes = [p.id for p in case.school.pupils], [c.id for c in case.school.classes]
    moved = {ids[i]: (classes[began.homes[i] or 0], classes[kept.solution.places[i]]) for i in kept.moved}
    return Reformed(result, kept, began, moved)


def _made(kept: Kept, began: Origin, most: int | None, source: str) -> dict[str, Any]:
    """Return how it was made; bounds here hold among the splits with these moves, those of the tiers among all."""
    return {
        "how": "keep",
        "moved": len(kept.moved),
        "fewest": kept.fewest,
        "least": kept.least,
        "max_moves": most,
        "kept_from": source,
        "new": len(began.new),
        "withdrawn": len(began.withdrawn),
        "gone_classes": list(began.gone_classes),
        "displaced": len(began.homeless),
        "given_the_moves": [
            {"tier": t.tier, "value": t.value, "bound": t.bound, "proved": t.proved} for t in kept.solution.tiers
        ],
    }


def _without_places(
    began: Origin, terms: Sequence[Term], solution: Solution, most: int | None, limits: Limits, clock: Clock
) -> Result:
    """Return a result without classes: impossible, or not found; or say that it is only too few moves, or the seats."""
    case = began.case
    if solution.status != "INFEASIBLE":
        return certified(case, solution, limits)
    again = Clock(replace(limits, seconds=min(EXPLAIN_SECONDS, limits.seconds)), clock.stop)
    if most is not None:
        needed = fewest_moves(case.school, terms, began.homes, again)
        if needed.solution.status != "INFEASIBLE":
            text = _("At most {most} changes of class were allowed, and the mandatory rules need at least {least}.")
            raise InputError([Problem(text.format(most=most, least=max(needed.least, most + 1)))])
    hard = [t for t in case.terms if t.weight is None]
    if len(terms) > len(case.terms) and solve(case.school, hard, clock=again).status != "INFEASIBLE":
        raise InputError([Problem(_("With everybody inside the seat they have the mandatory rules cannot be kept."))])
    conflict = explain_conflict(case.school, case.regulation, case.terms, again)
    return certified(case, solution, limits, conflict=conflict)
