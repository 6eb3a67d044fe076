"""What the school office does with rankings and classes: write them, fill places during the year, publish, count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from classi.admissions.ranking import Ranking
from classi.case import Case
from classi.classes_now import (
    Act,
    classes_now,
    done_already,
    folder_of,
    rankings_of,
    refuse_older,
    staged,
    write_changed,
)
from classi.domain import text_key
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.journal import LEAVING, Entry, Journal, append, read_journal
from classi.publish import public_codes, publish_classes, read_or_make_secret, write_codes
from classi.publish.codes import SECRET, check_codes
from classi.recount import ASSIGNMENT
from classi.seat_files import RANKINGS, WAITING, write_seats
from classi.seat_words import read_rows
from classi.seating import definitive_rounds
from classi.stats import left_out, school_counts, write_stats
from classi.succession import ClassState, Skipped, Succession, after_moving, succeed_in_course
from classi.succession import succeed as find_successor
from classi.tables.write import refuse_existing, write_rows
from classi.workflow import refuse_overwrite
from classi.year import Because, allowed, allowed_together, change_of
from classi.year.write import recorded_before

__all__ = [
    "Act", "publish_lists", "publish_ranking", "record_course_succession", "record_succession", "record_transfer",
    "write_counts", "write_rankings",
]  # fmt: skip

KEY = "codici.csv"
PUBLIC_RANKING = "graduatoria_pubblica.csv"
OUTCOMES = {"ammesso": "ammesso", "assegnato d'ufficio": "ammesso", "per decisione": "ammesso"}


def write_rankings(case: Case, found: Mapping[str, Sequence[Ranking]], out: Path) -> list[str]:
    """Write the rankings of a case, before any seat is given, and the ties to be drawn.

    Raises
    ------
    InputError
        If `out` holds classes: their rankings belong to them, and the certificate vouches for them.
    """
    if (out / ASSIGNMENT).exists():
        text = _("{out} holds classes with their own rankings: choose another folder.")
        raise InputError([Problem(text.format(out=out), out.name)])
    assert case.regulation.admission is not None
    out.mkdir(parents=True, exist_ok=True)
    return write_seats(out, case.school, case.regulation.admission, found, definitive_rounds(case))


# --- during the year ---


def record_succession(  # noqa: PLR0913 - who leaves, who may come, how and why
    case: Case,
    directory: Path,
    leaving: str,
    out: Path,
    act: Act,
    *,
    kind: str = "rinuncia",
    days: int = 0,
    transfers: Sequence[str] = (),
    because: Because | None = None,
) -> Succession:
    """Record that somebody leaves and who takes the place, and write the classes as they are then.

    Parameters
    ----------
    directory, out : the classes as they are, and where to write them as they become.
    act : who decides, why and when.
    kind : ``rinuncia``, ``ritiro`` or ``decadenza`` (then with the `days` of absence).
    transfers : pupils of other classes who ask for the place: they come before the waiting list.
    because : the ground; it counts for what its kinds name, the leaving or who takes the place.

    Raises
    ------
    InputError
        If `out` holds a result, somebody named has no class, `kind` is another one, the place was given away already,
        or the regulation's ``[changes]`` do not allow it; nothing is recorded then.
    """
    because = because or Because()
    refuse_overwrite(out, force=False)
    folder, placed = folder_of(case), classes_now(case, directory)
    journal = read_journal(folder)
    left = _recorded_leaving(journal, leaving, kind)
    refuse_older(journal, placed, leaving)
    gone = {e.data["id"] for e in journal.active if e.kind in (*LEAVING, "esclusione")}
    done = _next_on_the_lists(case, directory, placed, leaving, transfers, gone)
    extra: dict[str, Any] = {"absent_days": days} if kind == "decadenza" else {}
    changes = {"ritiro": {leaving: (done.class_id, "")}}
    if done.successor:
        takes = "trasferimento" if done.successor in placed else "iscrizione"
        changes[takes] = {done.successor: (placed.get(done.successor, ""), done.class_id)}
    allowed_together(case, changes, act.when, because)
    del placed[leaving]
    if done.successor:
        placed[done.successor] = done.class_id
    with staged(out) as aside:
        write_changed(directory, aside, placed)
        extra |= because.data
        entry = left or append(folder, kind, **vars(act), known_ids=case.school.pupil_at, id=leaving, **extra)
        if done.successor:
            taken: dict[str, Any] = {"id": done.successor, "class": done.class_id, "after": entry.n, **because.data}
            append(folder, "subentro", **vars(act), **taken)
    return done


def record_course_succession(
    case: Case, directory: Path, leaving: str, out: Path, act: Act, round_name: str
) -> tuple[Succession, str]:
    """Record that somebody gives up a course, and who takes the place left; return the seat too.

    Parameters
    ----------
    directory : holds the rankings, with the seats given.
    round_name : the round of the course; those of its ranking without a seat are next, in their order.

    Raises
    ------
    InputError
        If the pupil has no place in the course, or it was given away already; nothing is recorded then.
    """
    refuse_overwrite(out, force=False)
    assert case.regulation.admission is not None
    folder, placed = folder_of(case), classes_now(case, directory)
    one = next(r for r in case.regulation.admission.rounds if r.name == round_name)
    rankings = rankings_of(directory) or directory / RANKINGS
    rows = [r for r in read_rows(rankings) if r["giro"] == round_name and r["posizione"]]
    journal = read_journal(folder)
    refuse_older(journal, placed, leaving)
    seats = {r["id"]: r["posto"] for r in rows if r["posto"]}
    seats |= {e.data["id"]: e.data["seat"] for e in journal.of("subentro_corso") if e.data["round"] == round_name}
    gone = {e.data["id"] for e in journal.of("rinuncia_corso") if e.data["round"] == round_name}
    if leaving not in seats or leaving in gone:
        raise InputError([Problem(_("This pupil has no place in the course."), value=leaving)])
    left = {e.data["id"] for e in journal.active if e.kind in LEAVING}
    candidates = [r["id"] for r in rows if r["id"] not in {*seats, *gone, *left}]
    done = succeed_in_course(case, placed, leaving, one, candidates)
    with staged(out) as aside:
        write_changed(directory, aside, {**placed, done.successor: done.class_id} if done.successor else placed)
        gives: dict[str, Any] = {"id": leaving, "round": round_name}
        entry = append(folder, "rinuncia_corso", **vars(act), known_ids=case.school.pupil_at, **gives)
        if done.successor:
            takes: dict[str, Any] = {"id": done.successor, "round": round_name, "seat": seats[leaving]}
            takes |= {"class": done.class_id, "after": entry.n}
            append(folder, "subentro_corso", **vars(act), **takes)
    return done, seats[leaving]


def record_transfer(
    case: Case, directory: Path, pupil: str, class_id: str, out: Path, act: Act, because: Because | None = None
) -> tuple[ClassState, ClassState]:
    """Move a pupil to another class and record it; nothing is recorded when a hard rule would no longer hold.

    Raises
    ------
    InputError
        If `out` holds a result, the pupil or the class is not there, the classes are not the latest, or the
        regulation's ``[changes]`` do not allow it.
    """
    because = because or Because()
    refuse_overwrite(out, force=False)
    folder, placed = folder_of(case), classes_now(case, directory)
    before, after = after_moving(case, placed, pupil, class_id)
    journal = read_journal(folder)
    again = recorded_before(journal, ("trasferimento",), pupil, placed)
    refuse_older(
        journal, placed, *(again.placed if again and text_key(again.placed[pupil]) == text_key(class_id) else ())
    )
    if not after.broken:
        if again is None:
            change = change_of("trasferimento", {pupil: (placed[pupil], after.class_id)}, because)
            allowed(case, change, act.when, because)
        taken: dict[str, Any] = {"id": pupil, "class": after.class_id, **because.data}
        with staged(out) as aside:
            write_changed(directory, aside, {**placed, pupil: after.class_id})
            if again is None:  # otherwise it was interrupted after this line
                append(folder, "trasferimento", **vars(act), **taken)
    return before, after


def _recorded_leaving(journal: Journal, pupil: str, kind: str) -> Entry | None:
    """Return the entry by which a pupil left, if it is recorded and the place is still free."""
    if kind not in LEAVING:
        raise InputError([Problem(_("Nobody leaves by a decision of this kind."), value=kind, hint=", ".join(LEAVING))])
    left = [e for e in journal.active if e.kind in LEAVING and e.data["id"] == pupil]
    filled = [e for e in journal.of("subentro") if left and e.data["after"] == left[-1].n]
    if filled:
        raise done_already(filled[-1])
    return left[-1] if left else None


def _next_on_the_lists(
    case: Case, directory: Path, placed: Mapping[str, str], leaving: str, transfers: Sequence[str], gone: set[str]
) -> Succession:
    """Look through the waiting lists of the rounds, one after the other, until somebody can take the place."""
    assert case.regulation.admission is not None
    waiting = read_rows(directory / WAITING)
    skipped: list[Skipped] = []
    done = Succession(leaving, placed.get(leaving, ""), "", ())
    for one in (r for r in case.regulation.admission.rounds if r.unplaced != "stay"):
        listed = [row["id"] for row in waiting if row["giro"] == one.name]
        done = find_successor(case, placed, leaving, one, listed, transfers, gone)
        skipped += [s for s in done.skipped if s not in skipped]
        if done.successor:
            break
        transfers = ()
    return replace(done, skipped=tuple(skipped))


# --- what goes outside ---


def publish_lists(case: Case, directory: Path, out: Path) -> list[Path]:
    """Write the public class lists into `out`, and beside the case the private codes."""
    placed, codes = classes_now(case, directory), _codes(case)
    written = publish_classes(placed, codes, out, pupils=_rows(case))
    return [*written, _write_key(case, codes)]


def publish_ranking(case: Case, directory: Path, out: Path, *, points_by_law: str = "") -> list[Path]:
    """Write ``graduatoria_pubblica.csv``: codes, positions, outcome; points only where a law is named for them.

    Points can betray what earned them (three for a disability), so they are left out by default.
    """
    file = out / PUBLIC_RANKING
    refuse_existing([file])
    ranked = _ranked(case, directory)
    codes = _codes(case)
    problems = check_codes(dict.fromkeys(codes, ""), codes, _rows(case))
    if problems:
        raise InputError(problems)
    columns = ["giro", "opzione", "posizione", "codice", *(["punti"] if points_by_law.strip() else []), "esito"]
    rows = []
    for row in ranked:
        if row["posizione"]:
            outcome = OUTCOMES.get(row["esito"], "in attesa" if row["esito"] == "attesa" else "")
            public = {**row, "codice": codes[row["id"]], "esito": outcome}
            rows.append([public[c] for c in columns])
    out.mkdir(parents=True, exist_ok=True)
    write_rows(file, columns, rows)
    return [file, _write_key(case, codes)]


def _ranked(case: Case, directory: Path) -> list[dict[str, str]]:
    """Return the rows of the rankings of a result, all of pupils of the case, none without anything to publish."""
    rows = read_rows(directory / RANKINGS)
    if not rows:
        raise InputError([Problem(_("There are no rankings in this folder: classi rank writes them."), RANKINGS)])
    problems = [
        Problem(_("The pupil is not among those of the case."), RANKINGS, row=n, column="id", value=row["id"])
        for n, row in enumerate(rows, 2)
        if row["id"] not in case.school.pupil_at
    ]
    if problems:
        raise InputError(problems)
    return rows


def _codes(case: Case) -> dict[str, str]:
    return public_codes([p.id for p in case.school.pupils], read_or_make_secret(folder_of(case) / SECRET))


def _write_key(case: Case, codes: Mapping[str, str]) -> Path:
    """Write beside the case whose each code is: private, and never a file of `out`."""
    write_codes(folder_of(case) / KEY, codes)
    return folder_of(case) / KEY


def _rows(case: Case) -> list[dict[str, Any]]:
    return [{"id": p.id, **p.fields} for p in case.school.pupils]


def write_counts(case: Case, out: Path, school_year: str) -> tuple[Problem, ...]:
    """Write the aggregate counts of a school, by year of course and citizenship; return warnings."""
    years = {text_key(c.id): c["anno"] for c in case.school.classes}
    one = set(years.values())
    # Before the classes are formed every pupil of the intake is in the year of all its classes.
    class_years = dict.fromkeys(case.school.pupil_at, one.pop()) if len(one) == 1 else {}
    order = _order(case)
    refuse_existing([out])
    write_stats(school_counts(_rows(case), school_year, class_years, order), out)
    return left_out(_rows(case), order)


def _order(case: Case) -> str:
    """Return the order of the school as its regulation names it, for pupils without the column `ordine`."""
    name = text_key(case.regulation.name)
    words = (("superiore", "secondaria II"), ("secondaria ii", "secondaria II"), ("secondaria", "secondaria I"))
    return next((order for word, order in (*words, ("primaria", "primaria")) if word in name), "")
