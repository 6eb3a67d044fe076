"""The classes as they are now: read, held against what was decided since, and written as they become."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from classi.case import Case
from classi.domain import text_key
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.journal import JOURNAL, Entry, Journal
from classi.recount import ASSIGNMENT, CERTIFICATE
from classi.seat_files import COLUMNS, INITIAL, RANKINGS, WAITING
from classi.seat_words import read_rows
from classi.seating import case_folder
from classi.tables.write import read_assignment, write_assignment, write_rows


@dataclass(frozen=True)
class Act:
    """Who decides something, why and when."""

    who: str
    why: str
    when: date


def folder_of(case: Case) -> Path:
    """Return where the decisions of a case are; raises `InputError` for a case built in memory."""
    folder = case_folder(case)
    if folder is None:
        raise InputError([Problem(_("Only a case read from files keeps its decisions."))])
    return folder


def classes_now(case: Case, directory: Path) -> dict[str, str]:
    """Return the class of everybody who has one, as the case writes it.

    Raises
    ------
    InputError
        If a pupil or a class is not of this case.
    """
    school, placed = case.school, dict(read_assignment(directory / ASSIGNMENT))
    problems = [
        Problem(_("The pupil is not among those of the case."), ASSIGNMENT, column="id", value=pupil)
        for pupil in placed
        if pupil not in school.pupil_at
    ]
    problems += [
        Problem(_("There is no class of this name."), ASSIGNMENT, column="classe", value=name)
        for name in dict.fromkeys(placed.values())
        if text_key(name) not in school.class_at
    ]
    if problems:
        raise InputError(problems)
    return {pupil: school.classes[school.class_at[text_key(name)]].id for pupil, name in placed.items()}


def refuse_older(journal: Journal, placed: Mapping[str, str], *but: str) -> None:
    """Refuse classes that are not the latest: what was recorded since would be lost.

    Parameters
    ----------
    but : pupils whose own place is looked at elsewhere.

    Raises
    ------
    InputError
        Naming every entry that these classes do not know.
    """
    text = _("These classes are older than entry {n}: go on from the folder that was written then.")
    stale = [
        Problem(text.format(n=entry.n), JOURNAL, row=entry.n, value=pupil)
        for pupil, entry in journal.placing().items()
        if pupil not in but and text_key(placed.get(pupil, "")) != text_key(entry.placed[pupil])
    ]
    if stale:
        raise InputError(stale)


def done_already(entry: Entry) -> InputError:
    """Return the error that says that something is recorded already."""
    text = _("This is recorded already, as number {n}: go on from the folder that was written then.")
    return InputError([Problem(text.format(n=entry.n), JOURNAL, row=entry.n)])


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """Give a folder that becomes `out` at the end of the block; where the block fails, nothing was written.

    Where `out` is there already only its files are replaced, the certificate last of all.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".classi-", dir=out.parent) as place:
        aside = Path(place) / out.name
        aside.mkdir()
        yield aside
        if not out.exists():
            aside.rename(out)
            return
        for file in sorted(aside.iterdir(), key=lambda f: (f.name == CERTIFICATE, f.name)):
            file.replace(out / file.name)


def write_changed(directory: Path, out: Path, placed: Mapping[str, str]) -> None:
    """Write the classes as they are now, and who still waits; the rankings stay where they were."""
    write_lists(directory, out, placed)
    write_assignment(out / ASSIGNMENT, sorted(placed.items()))


def write_lists(directory: Path, out: Path, placed: Mapping[str, str]) -> None:
    """Write who still waits, and the rankings by which the seats were given, where there are any."""
    if (directory / WAITING).exists():
        rows = ([row[c] for c in COLUMNS[WAITING]] for row in still_waiting(directory, placed))
        write_rows(out / WAITING, COLUMNS[WAITING], rows)
    rankings = rankings_of(directory)
    if rankings is not None:
        shutil.copyfile(rankings, out / INITIAL)


def still_waiting(directory: Path, placed: Container[str]) -> list[dict[str, str]]:
    """Return the rows of the waiting lists of those who have no class yet."""
    return [row for row in read_rows(directory / WAITING) if row["id"] not in placed]


def rankings_of(directory: Path) -> Path | None:
    """Return the file of the rankings of a result, ``None`` where no seats were given."""
    return next((directory / name for name in (RANKINGS, INITIAL) if (directory / name).exists()), None)
