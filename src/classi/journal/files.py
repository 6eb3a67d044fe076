"""Reads the journal of a case, all of it or not at all, and adds to it."""

from __future__ import annotations

import hashlib
import json
import os
import unicodedata
from collections.abc import Container, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from classi.durable import sync_folder
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.journal.checks import Course, chain_problems, content_problems, digest, problem
from classi.journal.entries import FIELDS, JOURNAL, OPTIONAL, Entry, Journal
from classi.sheets import read_small

LOCK = f"{JOURNAL}.lock"


def journal_path(case_path: Path) -> Path:
    """Return where the decisions of a case are: in its folder, or beside its workbook."""
    return (case_path if case_path.is_dir() else case_path.parent) / JOURNAL


def read_journal(case_path: str | Path) -> Journal:
    """Read the decisions of a case; an empty journal when none was ever recorded.

    Raises
    ------
    InputError
        With every line that is not as `append` would have written it.
    """
    content = _content(journal_path(Path(case_path)))
    return Journal() if content is None else _parsed(content)


def propose(journal: Journal, kind: str, *, who: str, why: str, when: date, **data: Any) -> Entry:
    """Return the entry that `append` would add, without writing it.

    Raises
    ------
    InputError
        As for `append`, but for what concerns files.
    """
    return _entry(_next(journal, kind, {"who": who, "why": why, "when": when}, data))


def append(
    case_path: str | Path,
    kind: str,
    *,
    who: str,
    why: str,
    when: date,
    known_ids: Container[str] | None = None,
    **data: Any,
) -> Entry:
    """Record a decision: the file is verified, copied with the new line, and replaced whole.

    Parameters
    ----------
    case_path : the case's folder or workbook.
    kind, data : what is decided; see `classi.journal`. ``before`` and the ``entry`` of a complaint may be left out
        (`classi.tables.read.record_correction` finds ``before`` in the case).
    who, why, when : who decided, for which reason, and on which day.
    known_ids : the pupils of the case; any other is refused.

    Raises
    ------
    InputError
        When this cannot be decided now, the file is damaged, or somebody else is writing it. Nothing is written then.
    OSError
        When the folder cannot be written.
    """
    case_path = Path(case_path)
    if not case_path.exists():
        message = _("There is no such file or folder: {file}.").format(file=case_path.name)
        raise InputError([Problem(message, case_path.name)])
    path = journal_path(case_path)
    lock = _locked(path)
    try:
        content = _content(path) or b""
        journal = _parsed(content)
        record = _next(journal, kind, {"who": who, "why": why, "when": when}, data)
        if known_ids is not None and "id" in record and record["id"] not in known_ids:
            message = _("The pupil is not among those of the case.")
            raise InputError([problem(message, record["n"], "id", record["id"])])
        if content and not content.endswith(b"\n"):
            content += b"\n"
        _write(lock, content + json.dumps(record, ensure_ascii=False).encode() + b"\n")
        lock.replace(path)  # the new file takes its place and the lock is gone, both at once
    except BaseException:
        lock.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return _entry(record)


def _content(path: Path) -> bytes | None:
    return read_small(path) if path.exists() else None


def _locked(path: Path) -> Path:
    lock = path.with_name(LOCK)
    try:
        lock.open("xb").close()
    except FileExistsError:
        message = _(
            "Somebody else is recording a decision: try again. If nobody is, {lock} was left by an interruption: "
            "delete it; {file} is whole."
        ).format(lock=LOCK, file=JOURNAL)
        raise InputError([Problem(message, JOURNAL)]) from None
    return lock


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


# --- from bytes to entries ---


def _parsed(content: bytes) -> Journal:
    records, problems = _records(content)
    if not problems:
        course = Course()
        entries = tuple(map(_entry, records))
        refusals = [(entry.n, course.take(entry)) for entry in entries]
        problems = [problem(refusal, n) for n, refusal in refusals if refusal]
    if problems:
        raise InputError(problems)
    return Journal(entries, hashlib.sha256(content).hexdigest())


def _records(content: bytes) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Return the lines, and what is wrong with each of them and with the chain."""
    records: list[dict[str, Any]] = []
    problems: list[Problem] = []
    previous: object = ""
    lines = content.split(b"\n")
    for row, line in enumerate(lines if lines[-1] else lines[:-1], 1):
        try:
            record = json.loads(line.decode(), object_pairs_hook=_object)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            problems.append(problem(_("This line is not an entry: it was damaged or written by hand."), row))
            previous = None
            continue
        problems += [*chain_problems(record, row, previous), *content_problems(record, row)]
        previous = record.get("hash")
        records.append(record)
    return records, problems


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError  # of two values under one name, two readers could take two different ones
    return found


def _next(journal: Journal, kind: str, head: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the next line, or raise with everything that is wrong with it."""
    last = journal.entries[-1] if journal.entries else None
    day = date(head["when"].year, head["when"].month, head["when"].day)
    n = len(journal.entries) + 1
    record = {
        "n": n,
        "when": day.isoformat(),
        "who": _composed(head["who"].strip()),
        "why": _composed(head["why"].strip()),
        "kind": kind,
        **_composed(dict.fromkeys(FIELDS.get(kind, ())) | dict(data)),
    } | {"n": n, "previous": last.hash if last else ""}
    problems = list(content_problems(record, n))
    if not problems:
        sealed = digest(record)
        if sealed is None:
            problems = [problem(_("A text holds a character that cannot be written."), n)]
        record["hash"] = sealed
    if not problems:
        course = Course()
        *_earlier, refusal = map(course.take, (*journal.entries, _entry(record)))
        problems = [problem(refusal, n, "kind", kind)] if refusal else []
    if problems:
        raise InputError(problems)
    return record


def _entry(record: Mapping[str, Any]) -> Entry:
    kind = record["kind"]
    data = {name: _composed(record.get(name)) for name in FIELDS[kind]}
    data |= {name: _composed(record[name]) for name in OPTIONAL.get(kind, ()) if name in record}
    head = (record["n"], date.fromisoformat(record["when"]), record["who"], record["why"])
    return Entry(*head, kind, data, record["hash"])


def _composed(value: Any) -> Any:
    """Return texts in the Unicode form in which cells are compared, also inside of others."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, Mapping):
        return {_composed(name): _composed(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_composed(inner) for inner in value]
    return value
