"""The ledger of a sweep: one JSON line a finished task, so that a killed sweep goes on where it was.

The file is only ever appended to, by one process at a time. A line counts once it is whole, its newline included, and
on disk. What a killed process left half written is cut off by the next one that writes, and passed over by who reads.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from io import FileIO
from pathlib import Path
from typing import Any

import classi
from classi.bench.records import Record, Sweep
from classi.bench.suites import Task
from classi.durable import sync_folder
from classi.errors import InputError, Problem
from classi.i18n import _

LIBRARIES = ("numpy", "ortools", "pandas")
_LOCKED_BYTE = 1 << 30
"""Where Windows locks: far beyond the end, because a locked byte cannot be read there."""


@cache
def fingerprint() -> str:
    """Return what a measurement depends on besides its task: every source file, Python, and the libraries below.

    Found once a process: what is loaded stays as it is even when the files change.
    """
    below = " ".join(f"{name} {version(name)}" for name in LIBRARIES)
    digest = hashlib.sha256(f"{platform.python_version()} {below}".encode())
    root = Path(classi.__file__).parent
    for file in sorted(root.rglob("*.py")):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Finished:
    """A task that was measured: its record, and its wall seconds from reading the school to the score."""

    task: Task
    record: Record
    took: float


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a store.

    Attributes
    ----------
    finished : the measurements in the order they came, none twice.
    commands, sweeps : the commands that made them, and how long each session took; with the code that was measured.
    """

    finished: tuple[Finished, ...] = ()
    commands: tuple[tuple[str, str], ...] = ()
    sweeps: tuple[tuple[Sweep, str], ...] = ()

    def __add__(self, other: Content) -> Content:
        """Return both together, what both hold only once."""
        found: dict[str, Finished] = {}
        for f in (*self.finished, *other.finished):
            found.setdefault(f.task.key(f.record.code), f)
        return Content(tuple(found.values()), self.commands + other.commands, self.sweeps + other.sweeps)

    def latest(self) -> Latest:
        """Return what is of the code measured last."""
        if not self.finished:
            return Latest()
        code = self.finished[-1].record.code
        records = tuple(f.record for f in self.finished if f.record.code == code)
        commands = tuple(dict.fromkeys(text for text, of in self.commands if of == code))
        sweeps = tuple(sweep for sweep, of in self.sweeps if of == code)
        return Latest(records, commands, sweeps, len(self.finished) - len(records))


@dataclass(frozen=True, slots=True)
class Latest:
    """The measurements of one code, the commands that made them, their sessions; `others` are of other code."""

    records: tuple[Record, ...] = ()
    commands: tuple[str, ...] = ()
    sweeps: tuple[Sweep, ...] = ()
    others: int = 0


def read_store(path: Path) -> Content:
    """Read a store without writing it; a sweep may be running on it.

    Raises
    ------
    InputError
        When a line before the last is not one of ours.
    OSError
        When there is no such file.
    """
    return _parse(path, path.read_bytes())[0]


def _parse(path: Path, data: bytes) -> tuple[Content, int]:
    """Return the content, and where its last whole line ends."""
    lines = data.split(b"\n")
    finished: dict[str, Finished] = {}
    commands: list[tuple[str, str]] = []
    sweeps: list[tuple[Sweep, str]] = []
    end = 0
    for number, line in enumerate(lines[:-1], 1):  # what follows the last newline is empty, or torn
        try:
            _learn(json.loads(line), finished, commands, sweeps)
        except (ValueError, KeyError, TypeError, AttributeError):
            if any(lines[number:]):
                text = _("This line is not a measurement; a store is written by “classi bench run” only.")
                raise InputError([Problem(text, str(path), row=number)]) from None
            break  # the blocks of the last line can reach the disk in any order
        end += len(line) + 1
    return Content(tuple(finished.values()), tuple(commands), tuple(sweeps)), end


def _learn(
    entry: dict[str, Any],
    finished: dict[str, Finished],
    commands: list[tuple[str, str]],
    sweeps: list[tuple[Sweep, str]],
) -> None:
    if "command" in entry:
        commands.append((entry["command"], entry["code"]))
    elif "sweep" in entry:
        sweeps.append((Sweep(**entry["sweep"]), entry["code"]))
    else:
        record = Record.from_dict(entry["record"])
        finished.setdefault(entry["key"], Finished(Task.from_dict(entry["task"]), record, entry["took"]))


class Store:
    """The store of a running sweep. Made by `opened`."""

    def __init__(self, path: Path, file: FileIO, code: str) -> None:
        self._file, self.code = file, code
        file.seek(0)
        content, self._end = _parse(path, file.readall())
        file.truncate(self._end)
        self._finished = {f.task.key(code): f for f in content.finished if f.record.code == code}
        self._commands = set(content.commands)

    def __contains__(self, task: Task) -> bool:
        return task.key(self.code) in self._finished

    @property
    def finished(self) -> tuple[Finished, ...]:
        """The measurements of this code."""
        return tuple(self._finished.values())

    def add(self, task: Task, record: Record, took: float) -> bool:
        """Append a measurement and wait until it is on disk; False, and nothing written, when it is there already."""
        key = task.key(self.code)
        if key in self._finished:
            return False
        self._append({"key": key, "task": task.to_dict(), "took": round(took, 3), "record": record.to_dict()})
        self._finished[key] = Finished(task, record, took)
        return True

    def note(self, command: str) -> None:
        """Append, once, the command the measurements that follow can be made again with."""
        if (command, self.code) not in self._commands:
            self._append({"command": command, "code": self.code})
            self._commands.add((command, self.code))

    def ran(self, sweep: Sweep) -> None:
        """Append how long a session took."""
        self._append({"sweep": sweep.to_dict(), "code": self.code})

    def _append(self, entry: dict[str, Any]) -> None:
        line = json.dumps(entry, sort_keys=True).encode() + b"\n"
        self._file.seek(self._end)
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[self._file.write(rest) :]
            os.fsync(self._file.fileno())
        except BaseException:
            self._file.truncate(self._end)  # a full disk, an interruption: half a line must not stay in the middle
            raise
        self._end += len(line)


@contextmanager
def opened(path: Path, code: str) -> Iterator[Store]:
    """Open a store for writing, alone; it is made when missing.

    The lock is the operating system's: it ends with the process that holds it, however that one ends.

    Raises
    ------
    InputError
        When another process writes this store, or a line is not one of ours.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    sync_folder(path.parent)
    with FileIO(path, "r+") as file:
        try:
            _lock(file)
        except OSError:
            text = _("Another program is writing this store: wait for its end, or name another with --store.")
            raise InputError([Problem(text, str(path))]) from None
        yield Store(path, file, code)


if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _lock(file: FileIO) -> None:
        file.seek(_LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: FileIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
