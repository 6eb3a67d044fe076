"""Proves a case file: every problem in words, none when it is whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from classi.case_file.events import Record, link, read_records, seal, sha256
from classi.case_file.schema import connected
from classi.case_file.state import replay, well_formed
from classi.errors import InputError
from classi.i18n import _

CHECKED = "controllo"
PURGE = "cancellazione"


def verify(path: Path, head: str = "") -> tuple[str, ...]:
    """Return everything that is wrong with a case file, in words.

    Looked at: the file's own structure (SQLite's integrity and references), each event against its hash and the event
    before, what each event says against the hash of it, each content against its SHA-256, whether every event fits
    those before it, and whether a purge was carried to its end.

    Parameters
    ----------
    head : hash of an event noted earlier, outside the file (in signed minutes, beside a backup): it must still be
        there. Only this shows that events were cut off the end, or the whole file made anew.
    """
    try:
        with connected(path) as connection:
            connection.execute("BEGIN")
            structure = list(_structure(connection))
            records = read_records(connection)
            contents = list(_contents(connection, records))
    except InputError as error:
        return tuple(p.message for p in error.problems)
    noted = _noted(records, head) if head else ()
    return (*structure, *chain_problems(records), *contents, *story_problems(records), *noted)


def chain_problems(records: Sequence[Record]) -> Iterator[str]:
    """Yield where events are missing, out of order or changed."""
    if not records:
        yield _("The file holds no event.")
    last_purge = max((r.n for r in records if r.kind == PURGE), default=0)
    previous, expected = "", 1
    for record in records:
        if record.n != expected:
            yield _("Entries are missing before entry {n}.").format(n=record.n)
        elif record.previous != previous:
            yield _("Entry {n} does not hang on the one before.").format(n=record.n)
        if record.hash != link(record):
            yield _("Entry {n} was changed after it was written.").format(n=record.n)
        yield from _payload_problems(record, last_purge)
        previous, expected = record.hash, record.n + 1


def story_problems(records: Sequence[Record]) -> Iterator[str]:
    """Yield which events do not fit those before them, and whether a purge was left halfway."""
    state, misfits = replay([record.event() for record in records])
    for event, why in misfits:
        yield _("Entry {n} does not fit: {why}.").format(n=event.n, why=why)
    if state.purged is None:
        return
    checks = [r.event() for r in records if r.kind == CHECKED and r.n > state.purged.n]
    if not checks:
        yield _("The purge (entry {n}) was interrupted: purge again.").format(n=state.purged.n)
    elif checks[-1].data.get("found") != 0:
        yield _("After the purge (entry {n}) traces of the data were still found: purge again.").format(
            n=state.purged.n
        )


def _payload_problems(record: Record, last_purge: int) -> Iterator[str]:
    if record.payload is None or record.salt is None:
        if record.n > last_purge:
            yield _("What entry {n} says was erased without a purge.").format(n=record.n)
    elif record.payload_hash != seal(record.payload, record.salt):
        yield _("What entry {n} says was changed after it was written.").format(n=record.n)


def _structure(connection: sqlite3.Connection) -> Iterator[str]:
    for (line,) in connection.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield _("The file is damaged: {line}.").format(line=line)
    for table, row, *_rest in connection.execute("PRAGMA foreign_key_check"):
        yield _("In the table {table}, row {row} names something that is not there.").format(table=table, row=row)


def _contents(connection: sqlite3.Connection, records: Sequence[Record]) -> Iterator[str]:
    there = set()
    for sha, content in connection.execute(
        "SELECT CAST(sha256 AS TEXT), coalesce(CAST(content AS BLOB), x'') FROM blobs"
    ):
        there.add(sha)
        if sha256(content) != sha:
            yield _("The content {sha} was changed after it was written.").format(sha=sha[:12])
    needed = set()
    for event in filter(well_formed, (record.event() for record in records)):
        for name, sha in event.data.get("files", {}).items():
            needed.add(sha)
            if sha not in there:
                yield _("Entry {n}: the content of {file} is missing.").format(n=event.n, file=name)
    for sha in sorted(there - needed):
        yield _("The content {sha} belongs to no entry.").format(sha=sha[:12])


def _noted(records: Sequence[Record], head: str) -> tuple[str, ...]:
    if any(record.hash == head.strip().casefold() for record in records):
        return ()
    return (_("No entry has the hash that was noted: entries were cut off, or this is another file."),)
