"""Sweeps on this machine: one task a process at a time, so that a dead process tells which task killed it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing.connection import Connection

from classi.bench.suites import Task
from classi.bench.sweep import Measure, Outcome, Runner, failed

POLL = 0.2
"""Seconds between two looks at whether the user wants to stop."""

BIG = 1000
"""From so many pupils on a task has a process of its own: its peak of memory is then nobody else's."""

LIVES = 2
"""A task that ends its worker so many times has failed."""


def in_pool(workers: int) -> Runner:
    """Return a runner on `workers` processes of this machine."""

    def results(
        tasks: Sequence[Task], run: Measure, code: str, stop: threading.Event
    ) -> Iterator[tuple[Task, Outcome]]:
        waiting, deaths = deque(tasks), Counter[Task]()
        lanes = [_Lane() for _number in range(min(workers, len(tasks)))]
        try:
            while not stop.is_set():
                for lane in lanes:
                    if lane.future is None and waiting:
                        lane.start(waiting.popleft(), run, code)
                busy = {lane.future: lane for lane in lanes if lane.future is not None}
                if not busy:
                    return
                for future in wait(busy, POLL, FIRST_COMPLETED).done:
                    task, outcome = busy[future].finish()
                    if outcome is not None:
                        yield task, outcome
                        continue
                    deaths[task] += 1
                    if deaths[task] < LIVES:
                        waiting.append(task)
                    else:
                        text = f"the worker process died {LIVES} times"
                        yield task, Outcome(failed(task, code, text), 0.0)
        finally:
            for lane in lanes:
                lane.close()

    return results


class _Lane:
    """A process, renewed when it dies and around big tasks, with at most one task."""

    def __init__(self) -> None:
        self.future: Future[Outcome] | None = None
        self._task: Task | None = None
        self._pool: ProcessPoolExecutor | None = None
        self._leash: Connection | None = None
        self._done = 0

    def start(self, task: Task, run: Measure, code: str) -> None:
        if self._done and task.instance.pupils >= BIG:
            self.close()
        try:
            future = self._open().submit(run, task, code)
        except BrokenProcessPool:  # died while it had nothing to do
            self.close()
            future = self._open().submit(run, task, code)
        self._task, self.future = task, future

    def _open(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            held, self._leash = context.Pipe(duplex=False)
            self._pool = ProcessPoolExecutor(1, context, _on_leash, (held,))
        return self._pool

    def finish(self) -> tuple[Task, Outcome | None]:
        """Return the task that is done and its outcome; no outcome when the process died."""
        assert self.future is not None and self._task is not None
        task, future = self._task, self.future
        self._task = self.future = None
        self._done += 1
        try:
            outcome = future.result()
        except BrokenProcessPool:
            self.close()
            return task, None
        if task.instance.pupils >= BIG:
            self.close()
        return task, outcome

    def close(self) -> None:
        """End the process at once, in the middle of a task too."""
        if self._pool is not None and self._leash is not None:
            self._leash.close()
            self._pool.shutdown(cancel_futures=True)
        self._pool = self._leash = None
        self._done = 0


def _on_leash(held: Connection) -> None:
    """In a new worker: end as soon as the other end of the pipe is closed, by the program or by its own end.

    Without it a worker outlives a killed program, and goes on using the processor. Ctrl-C is the program's business.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        with suppress(EOFError, OSError):
            held.recv_bytes()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
