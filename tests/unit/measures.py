"""Stand-ins for `classi.bench.sweep.measure`, importable by worker processes; each call leaves a line in a folder."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path

from classi.bench.records import Event, Instance, Record
from classi.bench.suites import Task
from classi.bench.sweep import Outcome


def tasks(folder: Path, number: int, pupils: int = 60) -> list[Task]:
    """Return tasks whose `method` is the folder the calls are noted in."""
    return [Task(Instance("standard", pupils, seed), str(folder), 1.0) for seed in range(1, number + 1)]


def record(task: Task, code: str, status: str = "proved") -> Record:
    seed = task.instance.seed
    event = Event(0.5, 0, (seed,), (None,))
    return Record(
        task.instance.family, task.instance.pupils, 3, seed, task.method, task.seconds, code, status, 0.5, 0.4, 100.0,
        0, (seed, seed * seed), (seed, None), (1, 2), ("a", "b"), 0.5, None, events=(event,), machine={"cpu": "x"},
    )  # fmt: skip


def calls(folder: Path) -> Counter[int]:
    """Return how often each seed was called."""
    file = folder / "calls"
    return (
        Counter(int(line.split()[0]) for line in file.read_text().split("\n") if line) if file.exists() else Counter()
    )


def processes(folder: Path) -> list[int]:
    """Return the process of each call, in order."""
    return [int(line.split()[1]) for line in (folder / "calls").read_text().split("\n") if line]


def plain(task: Task, code: str) -> Outcome:
    """Answer at once."""
    with (Path(task.method) / "calls").open("a") as file:
        file.write(f"{task.instance.seed} {os.getpid()}\n")
    return Outcome(record(task, code), 0.25)


def slow(task: Task, code: str) -> Outcome:
    """Answer after a while."""
    outcome = plain(task, code)
    time.sleep(0.3)
    return outcome


def endless(task: Task, code: str) -> Outcome:
    """Answer the first task, and no other."""
    outcome = plain(task, code)
    if task.instance.seed > 1:
        time.sleep(600)
    return outcome


def deadly(task: Task, code: str) -> Outcome:
    """Kill the process with the second task, whenever it is asked."""
    outcome = plain(task, code)
    if task.instance.seed == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return outcome


def deadly_once(task: Task, code: str) -> Outcome:
    """Kill the process with the second task, the first time only."""
    outcome = plain(task, code)
    if task.instance.seed == 2 and calls(Path(task.method))[2] == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return outcome


def absent(task: Task, code: str) -> Outcome:
    """Say that the method of even seeds is not available."""
    outcome = plain(task, code)
    return Outcome(None, 0.1, "no such program") if task.instance.seed % 2 == 0 else outcome
