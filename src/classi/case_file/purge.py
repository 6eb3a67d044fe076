"""Erases everything that is about persons, and looks whether any of it is left in the file's very bytes.

Number, time, who and kind of each event stay, with their hashes: that a case was worked on, when and by whom, can still
be proved; about whom, and what was decided, not.
"""

from __future__ import annotations

import io
import os
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from classi.case_file.events import Draft, Event, add_records, chained, last_record, read_records, refuse_newer
from classi.case_file.schema import connected, writing
from classi.case_file.state import well_formed
from classi.i18n import _, ngettext

KEPT_KINDS = ("cancellazione", "controllo")
SIDE_FILES = ("-journal", "-wal", "-shm")
REMAINS = (".classi-*", ".*.tmp")
"""What classi writes aside and takes away again, unless it is ended by force."""
LEAST, MOST = 4, 200
"""Shorter texts are everywhere by chance; of longer ones their words are looked for."""
SLICE, STRIDE = 24, 512
"""Bytes of a piece of raw content that is looked for, and how far apart the pieces are."""
DISTINCT = 10
"""Least number of different bytes in such a piece: runs of blanks or zeros would be found in any file."""
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "cp1252")
CONTROLS = 200
"""Texts that are looked for before erasing too, to see that the search finds what is there."""
MEMBER_BYTES = 50_000_000


@dataclass(frozen=True)
class Purged:
    """What a purge did, and the proof.

    Attributes
    ----------
    event : the event that records it.
    events, contents : how many events were emptied, how many files removed.
    erased : bytes of what was emptied and removed.
    searched : how many texts and pieces of content were looked for, byte by byte, in the file and beside it.
    tried, before : how many of the texts were looked for before erasing too, and how many of these were there: that the
        search finds anything (not all: what is inside a workbook is packed).
    found : how many of them were there afterwards: 0 is the proof.
    copies : where the file was copied to before, with the SHA-256 of each copy: they must be deleted by hand.
    remains : files beside the case file that an interruption of classi left, which may hold the same data.
    kept : the readable texts about people at work that stay on purpose: who acted, and why it was erased.
    """

    event: Event
    events: int
    contents: int
    erased: int
    searched: int
    tried: int
    before: int
    found: int
    copies: tuple[tuple[str, str], ...]
    remains: tuple[str, ...]
    kept: tuple[str, ...]

    @property
    def proof(self) -> tuple[str, ...]:
        """What was done and found, in sentences."""
        erased = ngettext("{n} entry was emptied", "{n} entries were emptied", self.events).format(n=self.events)
        removed = ngettext("{n} file was removed", "{n} files were removed", self.contents).format(n=self.contents)
        text = _("{erased} and {removed}: {size} bytes, on {at}. The hashes of the entries stay.")
        lines = [text.format(erased=erased, removed=removed, size=self.erased, at=said_time(self.event.at))]
        if self.searched:
            text = _(
                "{searched} texts and pieces of content were looked for, byte by byte, in the file and beside it, in "
                "four encodings: {found} are there. ({tried} were looked for before erasing too: {before} were there.)"
            )
            counts = {"searched": self.searched, "found": self.found, "tried": self.tried, "before": self.before}
            lines.append(text.format(**counts))
        else:
            lines.append(_("There was nothing left to look for."))
        lines += [_("Delete this copy too: {file} (SHA-256 {sha}).").format(file=f, sha=s) for f, s in self.copies]
        text = _("An interruption left this: delete it too: {file}.")
        lines += [text.format(file=file) for file in self.remains]
        lines.append(_("These words stay on purpose: {words}.").format(words="; ".join(self.kept)))
        return tuple(lines)


def said_time(at: str) -> str:
    """Return the time of an event as people read it."""
    return f"{at[:10]} {at[11:16]} UTC"


def purge(path: Path, head: str, *, who: str, why: str, clock: Callable[[], datetime], wait: float) -> Purged:
    """Erase what the events say and all contents, rewrite the file, and look whether anything is left.

    What is looked for is gathered before: every cell, word and identifier of at least four characters in the contents
    and in what the events say, and pieces of the raw contents and of the salts. The event `cancellazione` says what was
    erased, the event `controllo` after it what was still found.

    Parameters
    ----------
    head : hash of the last event the caller knows.
    clock : gives the time of the two events.
    wait : seconds to wait for another program that is using the file.

    Raises
    ------
    InputError
        When somebody else wrote meanwhile or is using the file; nothing is erased then.
    """
    said, sought = _emptied(path, head, who, why, clock, wait)
    searched, found = len(sought.texts) + len(sought.pieces), _found(path, sought)
    checked = {
        "of": said.n, "searched": searched, "tried": sought.tried, "before": sought.before, "found": found
    }  # fmt: skip
    with connected(path, wait) as connection, writing(connection):
        draft = Draft("controllo", checked)
        last = last_record(connection)
        add_records(connection, chained(path, last, [draft], who=who, why=why, at=clock()), [draft])
        acted = connection.execute("SELECT who FROM events GROUP BY who ORDER BY min(n)").fetchall()
    return Purged(
        said,
        events=said.data["events"],
        contents=said.data["contents"],
        erased=said.data["bytes"],
        searched=searched,
        tried=sought.tried,
        before=sought.before,
        found=found,
        copies=tuple((copy["to"], copy["sha256"]) for copy in said.data["copies"]),
        remains=tuple(sorted(str(left) for pattern in REMAINS for left in path.parent.glob(pattern))),
        kept=(*(name for (name,) in acted), said.why),
    )


@dataclass(frozen=True)
class _Sought:
    """What to look for, what `stays` on purpose, and how many texts were `tried` and there `before`."""

    texts: set[str]
    pieces: set[bytes]
    tried: int
    before: int
    stays: set[str]


def _emptied(
    path: Path, head: str, who: str, why: str, clock: Callable[[], datetime], wait: float
) -> tuple[Event, _Sought]:
    """Erase, rewrite the file, and return what to look for."""
    with connected(path, wait) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # nobody comes in between erasing and rewriting
        connection.execute("PRAGMA journal_mode = PERSIST")  # the journal holds the old pages: overwritten below
        with writing(connection):
            refuse_newer(path, connection, head)
            texts, pieces = _wanted(connection)
            tried = set(sorted(texts)[:: 1 + len(texts) // CONTROLS])
            before = _count(connection.serialize(), tried, set())  # reading the file itself would give up the lock
            said = _erase(path, connection, who, why, clock())
        connection.execute("VACUUM")
        _overwrite(path.with_name(f"{path.name}-journal"))
        connection.execute("PRAGMA locking_mode = NORMAL")
        connection.execute("SELECT count(*) FROM events").fetchone()  # gives the exclusive lock back
        connection.execute("PRAGMA journal_mode = DELETE")
        return said, _Sought(texts, pieces, len(tried), before, _staying(connection))


def _erase(path: Path, connection: sqlite3.Connection, who: str, why: str, at: datetime) -> Event:
    """Add the event that records it, and erase what went before, inside the caller's transaction."""
    full = "payload IS NOT NULL AND kind NOT IN (?, ?)"
    sums = "count(*), coalesce(sum(length(CAST({} AS BLOB))), 0)"
    events, payload_bytes = connection.execute(
        f"SELECT {sums.format('payload')} FROM events WHERE {full}", KEPT_KINDS
    ).fetchone()
    contents, content_bytes = connection.execute(f"SELECT {sums.format('content')} FROM blobs").fetchone()
    data = {
        "events": events, "contents": contents, "bytes": payload_bytes + content_bytes, "copies": _copies(connection)
    }  # fmt: skip
    draft = Draft("cancellazione", data)
    made = chained(path, last_record(connection), [draft], who=who, why=why, at=at)
    add_records(connection, made, [draft])
    connection.execute(f"UPDATE events SET payload = NULL, salt = NULL WHERE {full}", KEPT_KINDS)
    connection.execute("DELETE FROM uses")
    connection.execute("DELETE FROM blobs")
    return made[0].event()


def _copies(connection: sqlite3.Connection) -> list[dict[str, str]]:
    """Return where copies of the file are, those that an earlier purge named included."""
    found: dict[tuple[str, str], None] = {}
    for event in filter(well_formed, (record.event() for record in read_records(connection))):
        named = event.data["copies"] if event.kind == "cancellazione" else []
        if event.kind in ("copia", "esportazione"):
            named = [event.data]
        found |= {(str(copy.get("to")), str(copy.get("sha256"))): None for copy in named}
    return [{"to": to, "sha256": sha} for to, sha in found]


# --- what to look for ---


def _wanted(connection: sqlite3.Connection) -> tuple[set[str], set[bytes]]:
    """Return the texts, and the pieces of raw content, that must not be found any more."""
    texts: set[str] = set()
    pieces: set[bytes] = set()
    for record in read_records(connection):
        if record.payload is not None and record.salt is not None and record.kind not in KEPT_KINDS:
            texts |= _pieces_of(record.payload)
            pieces.add(record.salt)
    for (content,) in connection.execute("SELECT coalesce(CAST(content AS BLOB), x'') FROM blobs"):
        for text in _texts(content):
            texts |= _pieces_of(text)
        slices = (content[k : k + SLICE] for k in range(0, len(content) - SLICE, STRIDE))
        pieces |= {piece for piece in slices if len(set(piece)) >= DISTINCT}
    return texts, pieces


def _texts(content: bytes) -> Iterator[str]:
    """Yield the texts of a content: of a workbook those inside it."""
    if content.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                for member in packed.infolist():
                    if member.filename.endswith(".xml") and member.file_size <= MEMBER_BYTES:
                        yield re.sub(r"<[^>]*>", "\n", packed.read(member).decode("utf-8", "replace"))
        except (zipfile.BadZipFile, NotImplementedError, OSError, RuntimeError, zlib.error):
            pass  # not a workbook after all: pieces of the raw content are looked for anyway
        return
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield content.decode("utf-16", "replace")
        return
    try:
        yield content.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield content.decode("cp1252", "replace")


def _pieces_of(text: str) -> set[str]:
    """Return the cells, lines and words of a text that are long enough to be looked for."""
    cells = (cell.strip() for cell in re.split(r'[;,\t\r\n"]', text))
    words = re.findall(rf"[^\W_]{{{LEAST},}}", text)
    return {piece for piece in (*cells, *words) if LEAST <= len(piece) <= MOST and "\ufffd" not in piece}


# --- looking ---


def _staying(connection: sqlite3.Connection) -> set[str]:
    """Return the texts that stay in the file on purpose."""
    found = {"SQLite format 3"}
    for row in connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema"):
        found |= {text for text in row if text}
    for record in read_records(connection):
        found |= {value for value in record if isinstance(value, str)}
        found |= _pieces_of(record.payload or "")  # a long payload lies in several places of the file
    return {text for text in found if len(text) >= LEAST}


def _found(path: Path, sought: _Sought) -> int:
    """Return how many of the texts and pieces are in the file, or in a file SQLite left beside it."""
    whole = path.read_bytes()
    for text in sorted(sought.stays, key=len, reverse=True):
        whole = whole.replace(text.encode(), b"\0")
    beside = (path.with_name(f"{path.name}{end}") for end in SIDE_FILES)
    whole += b"".join(b"\0" + file.read_bytes() for file in beside if file.exists())
    return _count(whole, sought.texts, sought.pieces)


def _count(whole: bytes, texts: set[str], pieces: set[bytes]) -> int:
    of_texts = sum(any(text.encode(encoding, "replace") in whole for encoding in ENCODINGS) for text in texts)
    return of_texts + sum(piece in whole for piece in pieces)


def _overwrite(journal: Path) -> None:
    """Put zeros over the journal, which held the pages as they were, before it is deleted."""
    if not journal.exists():
        return
    with journal.open("rb+") as file:
        file.write(bytes(journal.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
