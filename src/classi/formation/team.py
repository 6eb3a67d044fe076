"""Processes that form parts of a school, and what passes between them and this one.

Each has a pipe of its own, so that one that is killed takes nothing with it but its part, and one whose parent is gone
notices and ends. They are started afresh (``spawn``): a copy of a process with running threads may hang.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from queue import SimpleQueue
from threading import Event, Thread
from types import TracebackType

from classi.formation.engine import Clock, Limits
from classi.formation.solve import Progress, Solution, solve
from classi.formation.split import Part

Job = tuple[Part, Limits]


class Team:
    """Some processes that form one part at a time; use it as a context, at its end they are gone.

    Parameters
    ----------
    number : how many.
    """

    def __init__(self, number: int) -> None:
        context = get_context("spawn")
        self.working: dict[int, Connection] = {}
        self.idle: list[Connection] = []
        self._processes: list[SpawnProcess] = []
        self._stopped = False
        with _without_ctrl_c():
            for _ in range(number):
                here, there = context.Pipe()
                process = context.Process(target=serve, args=(there,), daemon=True)
                process.start()
                there.close()  # the last copy is the child's: when it dies, this end hears of it
                self._processes.append(process)
                self.idle.append(here)

    def __enter__(self) -> Team:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join()
        for pipe in (*self.idle, *self.working.values()):
            pipe.close()

    def give(self, n: int, part: Part, limits: Limits) -> None:
        """Give part number `n` to somebody idle."""
        pipe = self.idle.pop()
        try:
            pipe.send((part, limits))
        except OSError:
            pipe.close()
        else:
            self.working[n] = pipe

    def hear(self, seconds: float) -> Iterator[tuple[int, Progress | Solution]]:
        """Yield what those at work tell within `seconds`, each with the number of its part.

        Raises
        ------
        Exception
            What was raised in a process.
        """
        numbers = {id(pipe): n for n, pipe in self.working.items()}
        for pipe in wait(list(self.working.values()), seconds):
            assert isinstance(pipe, Connection)
            n = numbers[id(pipe)]
            try:
                told = pipe.recv()
            except (EOFError, OSError):  # it is dead
                self.working.pop(n).close()
                continue
            if not isinstance(told, Progress):
                self.idle.append(self.working.pop(n))
            if isinstance(told, Exception):
                raise told
            yield n, told

    def stop(self) -> None:
        """Ask those at work to end and tell the best they have."""
        for pipe in () if self._stopped else self.working.values():
            with suppress(OSError):
                pipe.send(None)
        self._stopped = True


@contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Hold Ctrl-C back, where the system can: processes started meanwhile never get it, not even while they start."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def serve(pipe: Connection) -> None:
    """Form the parts that arrive on a pipe, until it is closed; this is what a process of the team runs."""
    # Ctrl-C reaches every process of a terminal: the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop = Event()
    jobs: SimpleQueue[Job | None] = SimpleQueue()
    Thread(target=_listen, args=(pipe, jobs, stop), daemon=True).start()
    with suppress(OSError):  # nobody listens any more
        while (job := jobs.get()) is not None:
            pipe.send(_answer(pipe, *job, stop))


def _answer(pipe: Connection, part: Part, limits: Limits, stop: Event) -> Solution | Exception:
    try:
        return solve(part.school, part.terms, limits, pipe.send, Clock(limits, stop))
    except OSError:
        raise
    except Exception as error:  # raised again by the parent
        return error


def _listen(pipe: Connection, jobs: SimpleQueue[Job | None], stop: Event) -> None:
    """Pass on jobs and the wish to stop while the main thread is at work."""
    try:
        while True:
            job = pipe.recv()
            if job is None:
                stop.set()
            else:
                jobs.put(job)
    except (EOFError, OSError):
        stop.set()
        jobs.put(None)
