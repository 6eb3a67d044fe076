"""The file as such: made, opened, read, added to, copied, emptied. What the events are about is in `acts`."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Self

from classi.case_file.events import (
    Draft,
    Event,
    Record,
    add_records,
    chained,
    read_records,
    refuse_newer,
    sha256,
    utc_now,
)
from classi.case_file.purge import Purged, purge
from classi.case_file.schema import WAIT_S, connected, new_file, refusal, refuse_existing, reserve, writing
from classi.case_file.state import State, replay
from classi.case_file.verify import chain_problems, verify
from classi.durable import sync_folder
from classi.errors import InputError, Problem
from classi.i18n import _

Clock = Callable[[], datetime]


class Store:
    """A file of events that are only ever added, each with who did it and why.

    Nothing stays open between two calls. An object knows the events as they were when it last read or wrote the file:
    when somebody else has added one since, the next write is refused (`refresh` reads again).
    """

    def __init__(self, path: Path, records: Sequence[Record], clock: Clock, wait: float) -> None:
        """Use `open` or `create` instead."""
        self.path = path
        self._clock, self._wait = clock, wait
        self._records = tuple(records)

    @classmethod
    def open(cls, path: str | Path, *, clock: Clock = utc_now, wait: float = WAIT_S) -> Self:
        """Open a case file.

        Parameters
        ----------
        clock : gives the time written into new events.
        wait : seconds to wait for another program that is writing.

        Raises
        ------
        InputError
            When it is not there, is no case file, is of a newer version of classi, or is too damaged to be read. A file
            that was tampered with is opened: see `verify`.
        """
        path = Path(path)
        with connected(path, wait) as connection:
            records = read_records(connection)
        return cls(path, records, clock, wait)

    @classmethod
    def _make(cls, path: Path, drafts: Sequence[Draft], who: str, why: str, clock: Clock) -> Self:
        """Write a new file with its first events; readable by its owner alone."""
        records = chained(path, None, drafts, who=who, why=why, at=clock())
        reserve(path)
        try:
            with new_file(path) as connection:
                add_records(connection, records, drafts)
            sync_folder(path.parent)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return cls(path, records, clock, WAIT_S)

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """Every event, in order."""
        return tuple(record.event() for record in self._records)

    @cached_property
    def state(self) -> State:
        """Where the case stands.

        Raises
        ------
        InputError
            When the chain is broken: nothing is worked out from a file that was tampered with.
        """
        problems = [*chain_problems(self._records)]
        state, misfits = replay(self.events)
        problems += [_("Entry {n} does not fit: {why}.").format(n=m.event.n, why=m.why) for m in misfits]
        if problems:
            raise InputError([Problem(text, self.path.name) for text in problems])
        return state

    @property
    def head(self) -> str:
        """Hash of the last event. Noted outside the file, it proves later that no event was cut off (`verify`)."""
        return self._records[-1].hash if self._records else ""

    def refresh(self) -> None:
        """Read the events again, with those that others have added."""
        with connected(self.path, self._wait) as connection:
            self._know(read_records(connection))

    def content(self, sha: str) -> bytes:
        """Return a content by its SHA-256.

        Raises
        ------
        InputError
            When it is not there or was changed.
        """
        with connected(self.path, self._wait) as connection:
            row = connection.execute(
                "SELECT coalesce(CAST(content AS BLOB), x'') FROM blobs WHERE sha256 = ?", (sha,)
            ).fetchone()
        if row is None or sha256(row[0]) != sha:
            raise refusal(self.path, _("The content {sha} is missing or was changed.").format(sha=sha[:12]))
        return bytes(row[0])

    def verify(self, head: str = "") -> tuple[str, ...]:
        """Return everything that is wrong with the file, in words; see `classi.case_file.verify.verify`."""
        return verify(self.path, head)

    def backup(self, to: str | Path, *, who: str, why: str) -> Event:
        """Copy the file, whole, and record where and with which SHA-256.

        The copy is made by SQLite (``VACUUM INTO``), written aside and then named, so that a half-written copy is never
        taken for a backup. It does not hold the event about itself.

        Raises
        ------
        InputError
            When there is a file of that name already, or somebody else wrote meanwhile; no copy is left then.
        """
        to = Path(to)
        refuse_existing(to)
        aside = to.with_name(f".{to.name}.{secrets.token_hex(4)}.tmp")
        try:
            reserve(aside)
            with connected(self.path, self._wait) as connection:
                connection.execute("VACUUM INTO ?", (str(aside),))
            content = aside.read_bytes()
            with aside.open("rb+") as file:
                os.fsync(file.fileno())
            made = self._append(who, why, Draft("copia", {"to": str(to), "sha256": sha256(content)}))
            aside.replace(to)
        finally:
            aside.unlink(missing_ok=True)
        sync_folder(to.parent)
        return made

    def purge(self, *, who: str, why: str) -> Purged:
        """Erase everything but the chain; see `classi.case_file.purge.purge`."""
        done = purge(self.path, self.head, who=who, why=why, clock=self._clock, wait=self._wait)
        self.refresh()
        return done

    def _append(self, who: str, why: str, *drafts: Draft) -> Event:
        """Write events, all or none; return the last.

        Raises
        ------
        InputError
            When they do not fit, somebody else wrote meanwhile, the file was tampered with, or cannot be written.
        """
        assert self.state is not None  # refuses a file that was tampered with
        last = self._records[-1]
        made = chained(self.path, last, drafts, who=who, why=why, at=self._clock())
        events = [*self.events, *(record.event() for record in made)]
        after, misfits = replay(events)
        if misfits:
            raise InputError([Problem(f"{m.why[:1].upper()}{m.why[1:]}.", self.path.name) for m in misfits])
        self._check(after)
        with connected(self.path, self._wait) as connection, writing(connection):
            refuse_newer(self.path, connection, self.head)
            add_records(connection, made, drafts)
        self._know((*self._records, *made))
        return self.events[-1]

    def _check(self, after: State) -> None:
        """Raise `InputError` where contents and the state after an act contradict each other."""

    def _know(self, records: Sequence[Record]) -> None:
        self._records = tuple(records)
        for derived in ("events", "state"):
            with suppress(AttributeError):
                delattr(self, derived)
