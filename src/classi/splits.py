"""A split read back: who is in which class, counted by the auditor, ready to be compared, changed and explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classi.audit import Audit
from classi.case import Case
from classi.domain import text_key
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.journal import read_journal
from classi.ledger import Ledger
from classi.recount import ASSIGNMENT, Recount, audit_result, read_certificate
from classi.seating import case_folder
from classi.tables.write import read_assignment


@dataclass(frozen=True)
class Split:
    """A split of a case.

    Attributes
    ----------
    name : how people call it: the name of its folder, unless they gave another.
    case : the pupils who have a class and the rules, each pupil with the classes open.
    places : position of the class of each pupil of `case.school`, shape (pupils,).
    recount : the auditor's count, from the files where there are files.
    certificate : ``certificato.json`` where there is one, else empty.
    directory : where it was read from.
    """

    name: str
    case: Case
    places: tuple[int, ...]
    recount: Recount = field(repr=False)
    certificate: Mapping[str, Any] = field(default_factory=dict, repr=False)
    directory: Path | None = None

    @property
    def audit(self) -> Audit:
        """The auditor's count, rule by rule."""
        return self.recount.audit

    @property
    def ledger(self) -> Ledger:
        """The auditor's notebook: plain rows, and who is where."""
        assert self.recount.ledger is not None
        return self.recount.ledger

    @property
    def placed(self) -> dict[str, str]:
        """Class of each pupil, by identifiers."""
        return self.case.placed(self.places)


def read_split(case: Case, directory: str | Path, name: str = "") -> Split:
    """Read a split from the folder a result was written to, and count it again.

    Parameters
    ----------
    case : read from files.
    directory : holds ``assegnazioni.csv``, and where seats were given ``graduatorie.csv``.

    Raises
    ------
    InputError
        If the case was not read from files, or the split names pupils or classes that are not there, or leaves out a
        pupil who should have a class.
    """
    directory = Path(directory)
    if not isinstance(case.source, Path):
        raise InputError([Problem(_("Only a case read from files has results in folders."))])
    if not (directory / ASSIGNMENT).is_file():
        text = _("{folder} holds no result: there is no {file} in it.")
        raise InputError([Problem(text.format(folder=directory.name, file=ASSIGNMENT), directory.name)])
    recount = audit_result(case.source, directory)
    if recount.audit.structure:
        raise InputError([Problem(line, ASSIGNMENT) for line in recount.audit.structure])
    assert recount.ledger is not None
    return _split(case, recount, name or directory.resolve().name, read_certificate(directory), directory)


def read_earlier(case: Case, directory: str | Path, name: str = "") -> Split | None:
    """Read classes as they were before somebody enrolled, as a recorded decision says; ``None`` if they are not such.

    They are counted again on those who were there. No certificate goes with them: it was made for other files.

    Raises
    ------
    InputError
        As for `read_split`, but for the pupils who were not there yet.
    """
    directory, folder = Path(directory), case_folder(case)
    if folder is None or not (directory / ASSIGNMENT).is_file():
        return None
    placed, journal = dict(read_assignment(directory / ASSIGNMENT)), read_journal(folder)
    came = {entry.data["id"] for entry in journal.of("iscrizione")}
    absent = {p.id for p in case.school.pupils} - set(placed)
    if not absent & came or not absent <= came | journal.left:
        return None
    return split_of(case.of_those(placed), placed, name or directory.resolve().name)


def split_of(case: Case, placed: Mapping[str, str], name: str) -> Split:
    """Return a split of any origin, counted by the auditor.

    Raises
    ------
    InputError
        If it names pupils or classes that are not there, or leaves out a pupil who should have a class.
    """
    recount = case.audit(placed)
    if recount.audit.structure:
        raise InputError([Problem(line) for line in recount.audit.structure])
    return _split(case, recount, name, {}, None)


def _split(case: Case, recount: Recount, name: str, certificate: Mapping[str, Any], directory: Path | None) -> Split:
    assert recount.ledger is not None
    placed = recount.ledger.placed
    admission = recount.audit.admission
    if admission is not None:
        classes = {c.id: n for n, c in enumerate(case.school.classes)}
        case = case.of_those(placed, {p: frozenset(classes[c] for c in admission.seats[p]) for p in placed})
    elif len(placed) < len(case.school.pupils):
        case = case.of_those(placed)
    at = case.school.class_at
    places = tuple(at[text_key(placed[p.id])] for p in case.school.pupils)
    return Split(name, case, places, recount, certificate, directory)
