"""The papers of a school, from a split: minutes, class lists, hand-over sheets, letters, and the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from classi.case import Case
from classi.documents import datasheet, dpia, handover, letter, lists, register
from classi.documents.context import FORMATS, Context, Paper
from classi.documents.minutes import minutes
from classi.documents.record import Record
from classi.documents.school import SCHOOL, School, blank_warnings, blanks
from classi.documents.school_file import read_school
from classi.durable import write_atomic
from classi.errors import InputError, Problem
from classi.i18n import _, language
from classi.outputs import check_folder
from classi.proceedings import record_of
from classi.recount import ASSIGNMENT, sha256
from classi.rule_errors import nearest
from classi.splits import Split, read_split

if TYPE_CHECKING:
    from classi.case_file.state import State

MINUTES = "verbale"
WHY_CHOSEN = "verbale.motivo_scelta"
KINDS: Mapping[str, Callable[[Context], Iterator[Paper]]] = {
    "lists": lists.papers,
    "handover": handover.papers,
    "letter": letter.papers,
    "dpia": dpia.papers,
    "datasheet": datasheet.papers,
    "register": register.papers,
}
"""The papers besides the minutes, by the name that asks for them."""


@dataclass(frozen=True)
class Wanted:
    """How papers are to be written.

    Attributes
    ----------
    when : the date they bear; minutes bear the day of the meeting, where the school tells it.
    school : the school's own data; default what `school_of` finds.
    formats : ``docx``, ``pdf`` or both; tables have formats of their own.
    force : write over papers that are already there.
    """

    when: date
    school: School | None = None
    formats: Sequence[str] = FORMATS
    force: bool = False


@dataclass(frozen=True)
class Written:
    """What was written, and what to look at."""

    files: tuple[Path, ...]
    warnings: tuple[Problem, ...] = ()


def school_of(case: Case, file: str | Path | None = None) -> School:
    """Return the school's own data: from a file, or from ``scuola.toml`` beside the case, or with nothing told.

    Raises
    ------
    InputError
        If the file named is not there, or with every mistake in it.
    """
    if file is not None:
        return read_school(Path(file))
    if isinstance(case.source, Path):
        beside = (case.source if case.source.is_dir() else case.source.parent) / SCHOOL
        if beside.is_file():
            return read_school(beside)
    return School()


def context_of(
    split: Split,
    school: School,
    when: date,
    *,
    options: Mapping[str, str] | None = None,
    explanations: Mapping[str, Sequence[str]] | None = None,
    formats: Sequence[str] = FORMATS,
) -> Context:
    """Return what the documents of a split are made from, in the current language.

    Parameters
    ----------
    split : counted by the auditor.
    school : the school's own data.
    when : the date the documents bear.
    options, explanations, formats : see `Context`.
    """
    return Context(
        case=split.case.regulation.name or split.name,
        regulation=split.recount.regulation,
        ledger=split.ledger,
        audit=split.audit,
        school=school,
        when=when,
        certificate=split.certificate,
        language=language(),
        options=options or {},
        explanations=explanations or {},
        template=school.template,
        formats=checked(formats, FORMATS),
        differences=split.recount.differences,
    )


def checked(asked: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Return what was asked for, in the order in which it is known.

    Raises
    ------
    InputError
        With every word that is not known, and the nearest right one.
    """
    wrong = [word for word in asked if word not in known]
    if wrong or not asked:
        text = _("This is not one of: {known}.").format(known=", ".join(known))
        raise InputError([Problem(text, value=word, hint=nearest(word, known)) for word in wrong or [""]])
    return tuple(word for word in known if word in asked)


def explanations_of(split: Split) -> dict[str, tuple[str, ...]]:
    """Return, for each pupil, why this class, for their own family; it takes a while for a large school."""
    from classi.explain.family import explain_families  # noqa: PLC0415 - only those who ask need the search

    pupils = [p.id for p in split.case.school.pupils]
    # The first parts and the last (how classes are formed, what may be asked) are in every letter already.
    return {
        e.pupil: tuple(line for part in e.parts[2:-1] for line in part.lines) for e in explain_families(split, pupils)
    }


def minutes_papers(
    chosen: Split, school: School, record: Record, when: date, formats: Sequence[str] = FORMATS
) -> tuple[Paper, ...]:
    """Return the minutes in each format, in the current language.

    Parameters
    ----------
    chosen : the split chosen.
    school : the school's own data.
    record : what happened, see `classi.proceedings.record_of`.
    when : the date of the files, where the school does not tell the day of the meeting.
    """
    context = context_of(chosen, school, school.meeting.day or when, formats=formats)
    return tuple(context.written(MINUTES, minutes(context, school, record)))


def write_minutes(
    case: Case,
    directory: str | Path,
    out: str | Path,
    wanted: Wanted,
    *,
    others: Sequence[str | Path] = (),
    case_file: str | Path | None = None,
    named: bool = False,
) -> Written:
    """Write ``verbale.docx`` and ``verbale.pdf``.

    Parameters
    ----------
    case : read from files.
    directory, others : results: the split chosen, and those weighed.
    out : the folder to write to; made if it does not exist.
    case_file : the SQLite file of the case, for what was recorded in it.
    named : annexes name the pupils.

    Raises
    ------
    InputError
        If anything cannot be read, or a document is already there; nothing is written then.
    """
    own = school_of(case) if wanted.school is None else wanted.school
    chosen = read_split(case, directory)
    weighed = [read_split(case, other) for other in others]
    kept = _Kept() if case_file is None else _kept(Path(case_file), Path(directory))
    record = record_of(case, chosen, weighed, kept.state, named=named, why=kept.why)
    made = minutes_papers(chosen, own, replace(record, chain=kept.chain), wanted.when, wanted.formats)
    missing = [name for name in blanks(own, weighed=bool(weighed)) if not (kept.why and name == WHY_CHOSEN)]
    warnings = (*_unconfirmed(chosen), *kept.warnings, *blank_warnings(missing, SCHOOL if own != School() else ""))
    return Written(_write(made, Path(out), force=wanted.force), warnings)


def write_documents(
    case: Case,
    directory: str | Path,
    out: str | Path,
    wanted: Wanted,
    *,
    only: Sequence[str] = tuple(KINDS),
    options: Mapping[str, str] | None = None,
    explained: bool = False,
) -> Written:
    """Write the other papers of a result.

    Parameters
    ----------
    case, directory, out : as for `write_minutes`.
    only : which of `KINDS`.
    options : what each kind may be told; see its module.
    explained : letters say why this class, computed for each pupil.

    Raises
    ------
    InputError
        If anything cannot be read, or a document is already there; nothing is written then.
    """
    kinds = checked(only, tuple(KINDS))
    own = school_of(case) if wanted.school is None else wanted.school
    split = read_split(case, directory)
    explanations = explanations_of(split) if explained and "letter" in kinds else {}
    context = context_of(split, own, wanted.when, options=options, explanations=explanations, formats=wanted.formats)
    made = [paper for kind in kinds for paper in KINDS[kind](context)]
    return Written(_write(made, Path(out), force=wanted.force), _unconfirmed(split))


def _unconfirmed(split: Split) -> tuple[Problem, ...]:
    """Warn of papers about a split that should not be used as it is."""
    broken = [a.label for a in split.audit.criteria if a.hard and a.cost]
    text = _("Mandatory and broken: {rules}.").format(rules="; ".join(broken))
    return tuple(
        Problem(said, split.name, warning=True) for said in (*([text] if broken else []), *split.recount.differences)
    )


@dataclass(frozen=True)
class _Kept:
    """What a case file tells: where it stands, why this split was chosen, its last entry, what to look at."""

    state: State | None = None
    why: str = ""
    chain: tuple[int, str] | None = None
    warnings: tuple[Problem, ...] = ()


def _kept(path: Path, directory: Path) -> _Kept:
    from classi.case_file import CaseFile  # noqa: PLC0415 - only those who keep one need it

    file = CaseFile.open(path)
    state, last = file.state, file.events[-1]
    chain = (last.n, last.hash)
    if not state.chosen:
        return _Kept(state, "", chain)
    if state.splits[state.chosen].placed != sha256(directory / ASSIGNMENT):
        text = _("The split chosen in the case file is “{name}”; these minutes are of another one.")
        return _Kept(state, "", chain, (Problem(text.format(name=state.chosen), path.name, warning=True),))
    why = next(e.why for e in reversed(file.events) if e.kind == "scelta" and e.n not in state.undone)
    return _Kept(state, why, chain)


def _write(papers: Sequence[Paper], out: Path, *, force: bool) -> tuple[Path, ...]:
    check_folder(out, [name for name, _content in papers], force=force)
    out.mkdir(parents=True, exist_ok=True)
    for name, content in papers:
        write_atomic(out / name, content)
    return tuple(out / name for name, _content in papers)
