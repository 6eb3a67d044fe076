"""Events: what one holds, how it hangs on the one before, how it is written and read.

An event is sealed in two steps. What it says (``why`` and ``data``) is hashed with a random salt into ``payload_hash``;
number, time, who, kind, that hash and the hash of the event before are hashed into ``hash``. So the chain can still be
proved when what the events say has been erased: the hash that stays tells nothing, because the salt is gone as well.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from classi.case_file.schema import refusal
from classi.errors import InputError, Problem
from classi.i18n import _

SALT_BYTES = 32
_COLUMNS = "n, at, who, kind, payload, salt, payload_hash, previous, hash"
# Of a damaged row any cell may be of another type, or missing: it is read as text all the same, and its hash tells.
_READ = "n, {}, {}, {}, CAST(payload AS TEXT), CAST(salt AS BLOB), {}, {}, {}".format(
    *(f"coalesce(CAST({name} AS TEXT), '')" for name in ("at", "who", "kind", "payload_hash", "previous", "hash"))
)


@dataclass(frozen=True)
class Event:
    """Something that happened to a case.

    Attributes
    ----------
    n : its number, from 1 without gaps.
    at : when, UTC, ISO 8601 to the second, by the clock of the computer that wrote it.
    who, why : who did it, and the reason; `why` is empty once erased.
    kind, data : what was done; see `classi.case_file`. `data` is empty once erased.
    hash, previous : SHA-256 of this event and of the one before, in hexadecimal; the first has no previous one.
    erased : True when a purge has erased `why` and `data`.
    """

    n: int
    at: str
    who: str
    why: str
    kind: str
    data: Mapping[str, Any]
    hash: str
    previous: str
    erased: bool = False


@dataclass(frozen=True)
class Draft:
    """An event still to be written.

    Attributes
    ----------
    kind, data : as in `Event`; `data` must be writable as JSON.
    contents : contents it needs, by their SHA-256.
    """

    kind: str
    data: Mapping[str, Any]
    contents: Mapping[str, bytes] = field(default_factory=dict)


class Record(NamedTuple):
    """A row of the table of events, as it is stored."""

    n: int
    at: str
    who: str
    kind: str
    payload: str | None
    salt: bytes | None
    payload_hash: str
    previous: str
    hash: str

    def event(self) -> Event:
        """Return what the row says; empty where it cannot be read, which `classi.case_file.verify` then reports."""
        try:
            said = json.loads(self.payload or "{}")
            why, data = str(said.get("why", "")), dict(said.get("data", {}))
        except (ValueError, TypeError, AttributeError, RecursionError):
            why, data = "", {}
        erased = self.payload is None
        return Event(self.n, self.at, self.who, why, self.kind, data, self.hash, self.previous, erased)


def utc_now() -> datetime:
    """Return the time of the computer's clock."""
    return datetime.now(UTC)


def sha256(content: bytes) -> str:
    """Return the SHA-256 of a content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def canonical(value: Any) -> str:
    """Return a value as JSON, in the one form that is hashed."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def seal(payload: str, salt: bytes) -> str:
    """Return the hash of what an event says."""
    return sha256(salt + payload.encode("utf-8", "surrogatepass"))


def link(record: Record) -> str:
    """Return the hash of an event, from everything before it in the row but what it says."""
    head = [record.n, record.at, record.who, record.kind, record.payload_hash, record.previous]
    return sha256(canonical(head).encode("utf-8", "surrogatepass"))


def chained(
    path: Path, last: Record | None, drafts: Iterable[Draft], *, who: str, why: str, at: datetime
) -> tuple[Record, ...]:
    """Return the rows that follow `last`, each hanging on the one before.

    Raises
    ------
    InputError
        When it is not said who or why, or a text holds half a character, which no file can hold.
    """
    who, why = (unicodedata.normalize("NFC", text.strip()) for text in (who, why))
    missing = [_("Who decided must be named.")] * (not who) + [_("The reason must be given.")] * (not why)
    if missing:
        raise InputError([Problem(text, path.name) for text in missing])
    made: list[Record] = []
    when = at.astimezone(UTC).isoformat(timespec="seconds")
    for draft in drafts:
        n, previous = (last.n + 1, last.hash) if last else (1, "")
        payload, salt = canonical({"why": why, "data": draft.data}), secrets.token_bytes(SALT_BYTES)
        bare = Record(n, when, who, draft.kind, payload, salt, seal(payload, salt), previous, "")
        try:
            f"{payload}{who}".encode()
        except UnicodeEncodeError:
            raise refusal(path, _("A text holds a character that cannot be written.")) from None
        last = bare._replace(hash=link(bare))
        made.append(last)
    return tuple(made)


def read_records(connection: sqlite3.Connection) -> tuple[Record, ...]:
    """Return every event in order, as stored."""
    found = connection.execute(f"SELECT {_READ} FROM events ORDER BY n")
    return tuple(Record(*row) for row in found)


def last_record(connection: sqlite3.Connection) -> Record | None:
    """Return the last event, as stored."""
    row = connection.execute(f"SELECT {_READ} FROM events ORDER BY n DESC LIMIT 1").fetchone()
    return Record(*row) if row else None


def refuse_newer(path: Path, connection: sqlite3.Connection, head: str) -> None:
    """Refuse to write when the last event is not the one whose hash is `head`."""
    last = last_record(connection)
    if last is not None and last.hash != head:
        text = _("Somebody else changed the file meanwhile: entry {n} by {who}. Read it again and repeat.")
        raise refusal(path, text.format(n=last.n, who=last.who))


def add_records(connection: sqlite3.Connection, records: Sequence[Record], drafts: Sequence[Draft]) -> None:
    """Write events and the contents they need, inside the caller's transaction."""
    marks = ", ".join("?" * len(Record._fields))
    for record, draft in zip(records, drafts, strict=True):
        connection.execute(f"INSERT INTO events ({_COLUMNS}) VALUES ({marks})", record)
        for sha, content in draft.contents.items():
            connection.execute("INSERT INTO blobs VALUES (?, ?) ON CONFLICT DO NOTHING", (sha, content))
            connection.execute("INSERT INTO uses VALUES (?, ?)", (record.n, sha))
