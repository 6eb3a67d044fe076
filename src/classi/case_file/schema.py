"""The tables of a case file, and how it is opened: what may be done to it is decided here, by SQLite itself.

The file has three tables. ``events`` is only ever added to: triggers refuse any other number or predecessor than the
next one, any change and any removal, but for one: what an event says may be erased, once a later event of the kind
``cancellazione`` says so. ``blobs`` holds contents (files received, results) under their SHA-256, ``uses`` says which
event needs which.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from classi.durable import PRIVATE
from classi.errors import InputError, Problem
from classi.i18n import _

APPLICATION = int.from_bytes(b"CLSI", "big")
"""What the header of the file says it is, so that no other SQLite file is taken for a case file."""
VERSION = 1
"""Version of the tables; a program that knows only older ones refuses the file."""
WAIT_S = 5.0
"""Seconds to wait for another program that is writing."""

_TABLES = (
    """CREATE TABLE events (
  n INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  who TEXT NOT NULL,
  kind TEXT NOT NULL,
  payload TEXT,
  salt BLOB,
  payload_hash TEXT NOT NULL,
  previous TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  CHECK ((payload IS NULL) = (salt IS NULL))
) STRICT""",
    """CREATE TABLE blobs (
  sha256 TEXT PRIMARY KEY,
  content BLOB NOT NULL
) STRICT""",
    """CREATE TABLE uses (
  n INTEGER NOT NULL REFERENCES events,
  sha256 TEXT NOT NULL REFERENCES blobs,
  PRIMARY KEY (n, sha256)
) STRICT""",
    """CREATE TRIGGER events_in_order BEFORE INSERT ON events
WHEN NEW.n IS NOT (SELECT coalesce(max(n), 0) + 1 FROM events)
  OR NEW.previous IS NOT coalesce((SELECT hash FROM events ORDER BY n DESC LIMIT 1), '')
BEGIN SELECT raise(ABORT, 'not the next event'); END""",
    """CREATE TRIGGER events_kept BEFORE DELETE ON events
BEGIN SELECT raise(ABORT, 'events are only added'); END""",
    """CREATE TRIGGER events_unchanged BEFORE UPDATE ON events
WHEN NEW.payload IS NOT NULL OR NEW.salt IS NOT NULL
  OR NEW.n IS NOT OLD.n OR NEW.at IS NOT OLD.at OR NEW.who IS NOT OLD.who OR NEW.kind IS NOT OLD.kind
  OR NEW.payload_hash IS NOT OLD.payload_hash OR NEW.previous IS NOT OLD.previous OR NEW.hash IS NOT OLD.hash
  OR NOT EXISTS (SELECT 1 FROM events WHERE kind = 'cancellazione' AND n > OLD.n)
BEGIN SELECT raise(ABORT, 'events are not changed'); END""",
    """CREATE TRIGGER blobs_unchanged BEFORE UPDATE ON blobs
BEGIN SELECT raise(ABORT, 'contents are not changed'); END""",
    """CREATE TRIGGER uses_unchanged BEFORE UPDATE ON uses
BEGIN SELECT raise(ABORT, 'uses are not changed'); END""",
    """CREATE TRIGGER uses_kept BEFORE DELETE ON uses
WHEN EXISTS (SELECT 1 FROM events WHERE n = OLD.n AND payload IS NOT NULL)
BEGIN SELECT raise(ABORT, 'this content is needed'); END""",
)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH)
_CLOSED = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)
_PRAGMAS = (
    "journal_mode = DELETE",  # no side file beside a file at rest; works on a stick and on a shared folder
    "synchronous = EXTRA",
    "foreign_keys = ON",
    "recursive_triggers = ON",  # without it, INSERT OR REPLACE would remove rows past the triggers
    "secure_delete = ON",
    "temp_store = MEMORY",  # what SQLite sets aside would otherwise be readable in the folder of temporary files
    "trusted_schema = OFF",
    "cell_size_check = ON",
)


def refusal(path: Path, message: str) -> InputError:
    """Return the error that says what is wrong with a case file as a whole."""
    return InputError([Problem(message, path.name)])


@contextmanager
def connected(path: Path, wait: float = WAIT_S) -> Iterator[sqlite3.Connection]:
    """Open a case file inside the ``with`` block, in autocommit; nothing stays open afterwards.

    Raises
    ------
    InputError
        When it is no case file, is of a newer version, is damaged, is being written by another program for longer than
        `wait` seconds, or cannot be written to: one sentence each.
    """
    with spoken(path), closing(_opened(path, wait)) as connection:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        _check_kind(path, connection)
        yield connection


@contextmanager
def new_file(path: Path) -> Iterator[sqlite3.Connection]:
    """Open an empty file inside the ``with`` block and lay the tables out; all that is written is written at once."""
    with spoken(path), closing(_opened(path, WAIT_S)) as connection:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        with writing(connection):
            for table in _TABLES:
                connection.execute(table)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
            yield connection


def reserve(path: Path) -> None:
    """Make an empty file that only its owner can read.

    Raises
    ------
    InputError
        When there is one of that name already.
    """
    refuse_existing(path)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE))


def refuse_existing(path: Path) -> None:
    """Raise `InputError` when there is a file or folder of that name already, or no folder to write it into."""
    if path.exists():
        text = _("{file} is already there and is not overwritten: choose another name, or move it.")
        raise refusal(path, text.format(file=path.name or path))
    if not path.parent.is_dir():
        raise refusal(path, _("There is no folder {folder}.").format(folder=path.parent))


@contextmanager
def spoken(path: Path) -> Iterator[None]:
    """Turn the errors of SQLite into one sentence each."""
    try:
        yield
    except sqlite3.Error as error:
        raise refusal(path, _words(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF)) from None
    except UnicodeDecodeError:  # SQLite quotes a damaged definition of a table, and Python cannot read what it says
        raise refusal(path, _words(sqlite3.SQLITE_CORRUPT)) from None


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """Write everything inside the ``with`` block at once, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # on a full disk SQLite has already gone back by itself
            connection.execute("ROLLBACK")
        raise


def is_laid_out(connection: sqlite3.Connection) -> bool:
    """Return whether tables and triggers are exactly those of `new_file`."""
    found = connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY sql")
    return [sql for (sql,) in found] == sorted(_TABLES)


def _opened(path: Path, wait: float) -> sqlite3.Connection:
    if not path.is_file():
        raise refusal(path, _("There is no such case file: {file}.").format(file=path.name))
    uri = f"{path.absolute().as_uri()}?mode=rw"  # never makes a file by mistake
    connection = sqlite3.connect(uri, uri=True, timeout=wait, isolation_level=None)
    connection.text_factory = _text
    return connection


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")  # of a damaged text: its hash tells


def _check_kind(path: Path, connection: sqlite3.Connection) -> None:
    found = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
    if found[0] != APPLICATION:
        raise refusal(path, _("This is not a case file of classi."))
    if found[1] > VERSION:
        text = _("This case file was made by a newer version of classi (format {found}, known up to {known}).")
        raise refusal(path, text.format(found=found[1], known=VERSION))
    if found[1] != VERSION or not is_laid_out(connection):
        raise refusal(path, _("The tables of this case file were changed by another program: take a backup."))


def _words(code: int) -> str:
    if code in _BUSY:
        return _("Another program is using the file: wait a moment and try again. Nothing was written.")
    if code == sqlite3.SQLITE_NOTADB:
        return _("This is not a case file of classi.")
    if code in _DAMAGED:
        return _("The case file is damaged: take the last backup.")
    if code in _CLOSED:
        return _("The case file, or its folder, cannot be written to.")
    return _("The disk is full or does not answer: nothing was written.")
