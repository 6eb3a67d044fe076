"""What the file holds for others: files by name, splits, and how they are written into folders again."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from classi.case_file.events import Draft, sha256
from classi.case_file.schema import refusal
from classi.durable import PRIVATE, write_atomic
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.sheets.delimited import read_delimited

ASSIGNMENT, CERTIFICATE = "assegnazioni.csv", "certificato.json"
READING_S = 4.5
_HEADERS = (("id", "identificativo"), ("classe", "class"))
MOST_NAME = 100
_FORBIDDEN = re.compile(r'[\x00-\x1f\\/:*?"<>|]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def received(path: Path, files: Mapping[str, bytes]) -> Draft:
    """Return the event of files received, their content by name."""
    if not files:
        raise refusal(path, _("No file was received."))
    checked_names(path, list(files))
    named = {name: sha256(content) for name, content in files.items()}
    return Draft("ingressi", {"files": named}, {named[name]: content for name, content in files.items()})


def split_draft(
    kind: str, data: Mapping[str, Any], assignment: bytes, certificate: bytes, others: Mapping[str, bytes]
) -> Draft:
    """Return the event of a split (of kind `divisione` or `modifica`), with the files of its result."""
    files = {**others, ASSIGNMENT: assignment, **({CERTIFICATE: certificate} if certificate else {})}
    checked_names(Path(ASSIGNMENT), list(files))
    named = {name: sha256(content) for name, content in files.items()}
    whole = {**data, "placed": named[ASSIGNMENT], "certificate": named.get(CERTIFICATE, ""), "files": named}
    return Draft(kind, whole, {named[name]: content for name, content in files.items()})


def composed(name: str) -> str:
    """Return a name as names are compared: composed, without blanks around."""
    return unicodedata.normalize("NFC", name.strip())


def placements(assignment: bytes) -> dict[str, str]:
    """Return the class of each pupil in the content of an ``assegnazioni.csv``.

    Raises
    ------
    InputError
        When it is no table with the columns ``id`` and ``classe``, or names a pupil twice.
    """
    rows = read_delimited(assignment, ASSIGNMENT, "", time.monotonic() + READING_S).rows if assignment else ()
    header = [str(cell or "").strip().casefold() for cell in rows[0][1]] if rows else []
    columns = [next((header.index(name) for name in names if name in header), -1) for names in _HEADERS]
    if -1 in columns:
        raise InputError([Problem(_("The columns “id” and “classe” are expected in the first row."), ASSIGNMENT)])
    placed: dict[str, str] = {}
    problems = []
    for row, cells in rows[1:]:
        pupil, place = (cells[column] for column in columns)
        if pupil is None or place is None:
            problems.append(Problem(_("The cell is empty: a pupil and a class are expected."), ASSIGNMENT, row=row))
        elif str(pupil) in placed:
            problems.append(Problem(_("A pupil is there twice."), ASSIGNMENT, row=row, value=str(pupil)))
        placed[str(pupil)] = str(place)
    if problems:
        raise InputError(problems)
    return placed


def check_moves(
    path: Path, before: Mapping[str, str], after: Mapping[str, str], moves: Sequence[Mapping[str, str]]
) -> None:
    """Refuse moves that do not lead from one split to the other.

    Parameters
    ----------
    before, after : class of each pupil.
    moves : who moves, as for `classi.case_file.CaseFile.change`.
    """
    differing = {
        pupil: (before.get(pupil, ""), after.get(pupil, ""))
        for pupil in (*before, *after)
        if before.get(pupil) != after.get(pupil)
    }
    said = {move["id"]: (move["from"], move["to"]) for move in moves}
    wrong = [p for p in said if differing.get(p) != said[p]]
    wrong += [p for p, ends in differing.items() if p not in said and all(ends)]
    if wrong or not moves:
        text = _("The moves do not lead from one split to the other.")
        raise InputError([Problem(text, path.name, value=pupil) for pupil in wrong or [""]])


# --- names that become names of files ---


def checked_names(path: Path, names: Sequence[str]) -> None:
    """Refuse names that could not be those of files below a folder, on every system.

    Raises
    ------
    InputError
        Naming each of them.
    """
    text = _(
        'This cannot be the name of a file: no part of it may be empty, hidden, or hold any of \\ / : * ? " < > |.'
    )
    wrong = [name for name in names if not all(map(_is_name, PurePosixPath(name).parts or ("",))) or name[:1] == "/"]
    if wrong:
        raise InputError([Problem(text, path.name, value=name) for name in wrong])


def write_tree(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder and the folders below it, readable by their owner alone.

    Raises
    ------
    InputError
        When a name would lead out of the folder.
    """
    checked_names(folder, list(files))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(target, content, PRIVATE)


def _is_name(part: str) -> bool:
    plain = part == part.strip(" .") and 0 < len(part) <= MOST_NAME
    return plain and not _FORBIDDEN.search(part) and not _RESERVED.fullmatch(part)
