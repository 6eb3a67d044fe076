"""Sweeps: every task of a suite measured once, on a pool of processes or a cluster, and written as soon as it is back.

Whoever runs the tasks, the measurement is the same function, `measure`; only this process writes the store.
"""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from statistics import fmean

from classi.bench.records import Record
from classi.bench.store import LIBRARIES, Store, fingerprint
from classi.bench.suites import Kind, Task
from classi.errors import ClassiError
from classi.i18n import _


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back of a task: a record, or why there is nothing to record (a method that is not available here).

    `took` are the wall seconds of the whole task, reading the school and the score included.
    """

    record: Record | None
    took: float
    skipped: str = ""


Measure = Callable[[Task, str], Outcome]
Runner = Callable[[Sequence[Task], Measure, str, threading.Event], Iterator[tuple[Task, Outcome]]]
"""Yields each task with its outcome as it comes back, until all are back or the event is set."""


class OtherCode(ClassiError):
    """A worker runs other code than the program that asked."""

    def __str__(self) -> str:  # when it is shown: a worker does not know the user's language
        return _("A worker runs another version of classi or of its libraries: measurements would be mixed.")


# --- one task, in a worker ---


def measure(task: Task, code: str) -> Outcome:
    """Make the school, let the method answer, and have the answer scored by the auditor.

    Raises
    ------
    OtherCode
        When this process has loaded another version than `code`.
    """
    if fingerprint() != code:
        raise OtherCode
    from classi.bench.instances import read  # noqa: PLC0415
    from classi.bench.methods import Unavailable, methods  # noqa: PLC0415
    from classi.bench.score import fresh_peak, score  # noqa: PLC0415

    begun = time.perf_counter()
    try:
        fresh_peak()
        case = read(task.instance)
        answer = methods()[task.method](case, task.seconds, task.instance.seed, task.workers)
        record = score(task, case, answer, code=code, machine=machine())
    except Unavailable as error:
        return Outcome(None, time.perf_counter() - begun, str(error))
    except Exception as error:  # whatever a method does wrong is a result too
        record = failed(task, code, f"{type(error).__name__}: {error}")
    return Outcome(record, time.perf_counter() - begun)


def failed(task: Task, code: str, error: str) -> Record:
    """Return the record of a task that gave nothing."""
    family, pupils, seed = task.instance.family, task.instance.pupils, task.instance.seed
    return Record(
        family, pupils, 0, seed, task.method, task.seconds, code, "failed", 0.0, 0.0, 0.0,
        threads=task.workers, error=error, machine=machine(),
    )  # fmt: skip


def machine() -> dict[str, str]:
    """Say on what this process measures, without naming the machine."""
    return {
        "processor": platform.machine(),
        "system": platform.system(),
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        **{name: version(name) for name in ("classi", *LIBRARIES)},
    }


# --- the whole sweep ---


@dataclass(frozen=True, slots=True)
class State:
    """How a sweep stands.

    Attributes
    ----------
    total, done, failed, skipped : tasks of the sweep; those recorded, earlier runs included; of these, those that
        failed; those no method was available for.
    left : estimated seconds to the end; ``None`` while nothing like the remaining tasks was measured.
    unknown : remaining tasks nothing alike was measured of; `left` does not count them.
    last : the outcome that just came back.
    """

    total: int
    done: int
    failed: int
    skipped: int
    left: float | None
    unknown: int
    last: Record | None = None

    @property
    def finished(self) -> bool:
        """True when every task was recorded or skipped."""
        return self.done + self.skipped == self.total


def sweep(
    tasks: Sequence[Task],
    store: Store,
    runner: Runner,
    workers: Callable[[], int],
    *,
    stop: threading.Event | None = None,
    show: Callable[[State], None] = lambda _state: None,
    run: Measure = measure,
) -> State:
    """Measure every task that is not in the store yet.

    Parameters
    ----------
    tasks : what to measure; a task that occurs twice is measured once.
    store : where measurements are and go; see `classi.bench.store.opened`.
    runner : who runs them: `classi.bench.pool.in_pool` or `classi.bench.cluster.on_cluster`.
    workers : how many tasks run at the same time at the moment, for the estimate.
    stop : set it to end early; what has come back is written.
    show : called at the beginning and after every task.
    run : what is done with a task, a function of a module.

    Raises
    ------
    OtherCode
        When a worker has another version of classi; what came back before is written.
    """
    tasks = list(dict.fromkeys(tasks))
    remaining = dict.fromkeys(task for task in tasks if task not in store)
    wanted = set(tasks)
    lengths: dict[Kind, list[float]] = {}
    for known in store.finished:
        lengths.setdefault(known.task.kind, []).append(known.took)
    broken = sum(f.record.status == "failed" for f in store.finished if f.task in wanted)
    skipped, last = 0, None

    def state() -> State:
        left, unknown = remaining_seconds(list(remaining), lengths, workers())
        done = len(tasks) - len(remaining) - skipped
        return State(len(tasks), done, broken, skipped, left, unknown, last)

    show(state())
    for task, outcome in runner(list(remaining), run, store.code, stop or threading.Event()):
        remaining.pop(task, None)
        last = outcome.record
        if last is None:
            skipped += 1
        elif store.add(task, last, outcome.took):
            broken += last.status == "failed"
            lengths.setdefault(task.kind, []).append(outcome.took)
        show(state())
    return state()


def remaining_seconds(
    tasks: Sequence[Task], lengths: dict[Kind, list[float]], workers: int
) -> tuple[float | None, int]:
    """Estimate what is left from tasks of the same kind, and count those without any.

    The tasks are spread evenly over the workers; the end is not before the longest of them.

    Examples
    --------
    >>> from classi.bench.records import Instance
    >>> task = Task(Instance("standard", 60, 1), "classi", 60.0)
    >>> remaining_seconds([task] * 4, {task.kind: [2.0, 4.0]}, 2)
    (6.0, 0)
    >>> remaining_seconds([task] * 4, {}, 2)
    (None, 4)
    """
    known = [fmean(lengths[task.kind]) for task in tasks if task.kind in lengths]
    unknown = len(tasks) - len(known)
    if unknown == len(tasks) and tasks:
        return None, unknown
    return max(sum(known) / max(workers, 1), max(known, default=0.0)), unknown
