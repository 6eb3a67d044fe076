"""One CP-SAT run: limits, live progress, and a stop that keeps the best found."""

from __future__ import annotations

import mmap
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from ortools.sat.python import cp_model

from classi.formation.encode import Encoding

PROVERS = ("default_lp", "core", "max_lp")
"""Subsolvers for tiers that do not close at once. With two workers CP-SAT would run only the first of them, so it gets
three threads; measured in docs/decisions.md."""

QUESTIONERS = ("default_lp", "core")
"""Subsolvers that take turns with feasibility jump where only one thread may work."""

DETERMINISTIC_PER_SECOND = 0.5
"""CP-SAT's deterministic time spent in a second of one core of the machine the benchmarks ran on."""

Event = Callable[[int | None, int | None], None]
"""Called with (value, bound) whenever one of them improves."""

STATUS = {
    cp_model.OPTIMAL: "OPTIMAL",
    cp_model.FEASIBLE: "FEASIBLE",
    cp_model.INFEASIBLE: "INFEASIBLE",
    cp_model.UNKNOWN: "UNKNOWN",
}


@dataclass(frozen=True)
class Limits:
    """What a formation may use.

    Attributes
    ----------
    seconds : wall time; in deterministic mode a fixed amount of CP-SAT's work, which takes about as long.
    memory_mb : megabytes of the whole process, or ``None``.
    workers : search threads. One worker means deterministic mode: the same input gives the same bytes.
    seed : random seed.
    """

    seconds: float = 60.0
    memory_mb: int | None = None
    workers: int = 2
    seed: int = 0

    @property
    def deterministic(self) -> bool:
        """True with one worker."""
        return self.workers == 1


@dataclass
class Clock:
    """Time spent over the runs of one formation, and the wish to stop."""

    limits: Limits
    stop: threading.Event = field(default_factory=threading.Event)
    started: float = field(default_factory=time.perf_counter)
    out_of_memory: bool = False
    solver_seconds: float = 0.0
    deterministic_time: float = 0.0

    @property
    def wall(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.started

    @property
    def left(self) -> float:
        """Time left, in the unit of the limits."""
        used = self.deterministic_time / DETERMINISTIC_PER_SECOND if self.limits.deterministic else self.wall
        return max(0.0, self.limits.seconds - used)

    @property
    def over(self) -> bool:
        """True when nothing more may be started."""
        return self.stop.is_set() or self.out_of_memory or self.left <= 0

    def sub(self, seconds: float) -> Limits:
        """Return the limits of one run of at most `seconds`."""
        return replace(self.limits, seconds=min(seconds, self.left))


@dataclass(frozen=True)
class Outcome:
    """What a run found: status, value and proved bound of the objective, class of each pupil."""

    status: str
    value: int | None
    bound: int | None
    places: tuple[int, ...] | None


class _Watch(cp_model.CpSolverSolutionCallback):
    """Keep the best assignment seen and pass the news on."""

    def __init__(self, encoding: Encoding) -> None:
        super().__init__()
        self.encoding = encoding
        self.places: tuple[int, ...] | None = None
        self.news: SimpleQueue[tuple[int | None, int | None]] = SimpleQueue()

    def on_solution_callback(self) -> None:
        if self.encoding.tells_places:
            self.places = self.encoding.places(self.boolean_value)
        if self.encoding.model.has_objective():
            self.news.put((round(self.objective_value), round(self.best_objective_bound)))


def run(
    encoding: Encoding,
    clock: Clock,
    seconds: float,
    event: Event | None = None,
    subsolvers: Sequence[str] = (),
    *,
    small: bool = False,
    question: bool = False,
    note: Callable[[Callable[[Any], int]], None] | None = None,
) -> Outcome:
    """Solve a model within `seconds` of the clock, with the given subsolvers or CP-SAT's own choice.

    A `small` model is solved by one thread: starting more takes longer than solving it. A `question` asks for any
    assignment, where one probably exists: CP-SAT's feasibility jump finds it long before a thorough simplification of
    the model would end. `note` is told the value of any variable in the best answer, at the end.

    The solver works in a thread of its own so that Ctrl-C, or ``clock.stop``, can end it and keep its best assignment.
    """
    if clock.over:
        return Outcome("UNKNOWN", None, None, None)
    limits = clock.sub(seconds)
    solver = cp_model.CpSolver()
    p = solver.parameters
    p.num_workers = 1 if small or limits.deterministic else max(limits.workers, len(subsolvers))
    p.random_seed = limits.seed
    p.catch_sigint_signal = False
    if question:
        p.cp_model_probing_level = p.symmetry_level = 0
        p.max_presolve_iterations = 1
        subsolvers = QUESTIONERS if limits.deterministic else ()
    if limits.deterministic:
        p.max_deterministic_time = limits.seconds * DETERMINISTIC_PER_SECOND
        p.interleave_search = len(subsolvers) > 1
    else:
        p.max_time_in_seconds = limits.seconds
    if limits.memory_mb:
        p.max_memory_in_mb = limits.memory_mb
    p.subsolvers.extend(subsolvers)
    # An open report (or-tools #5293) of a wrong OPTIMAL is avoided by this, at little cost.
    p.presolve_inclusion_work_limit = 0
    watch = _Watch(encoding)
    if encoding.model.has_objective():
        solver.best_bound_callback = lambda bound: watch.news.put((None, round(bound)))
    status = in_thread(solver, encoding.model, watch, clock, event)
    clock.solver_seconds += solver.wall_time
    clock.deterministic_time += solver.response_proto.deterministic_time
    if note is not None and status in ("OPTIMAL", "FEASIBLE"):
        note(solver.value)
    if not encoding.model.has_objective() or status not in ("OPTIMAL", "FEASIBLE"):
        return Outcome(status, None, None, watch.places)
    return Outcome(status, round(solver.objective_value), round(solver.best_objective_bound), watch.places)


def memory_mb() -> float:
    """Return the megabytes the process holds; where the system does not tell, 0."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * mmap.PAGESIZE / 2**20


def in_thread(solver: Any, model: Any, watch: _Watch, clock: Clock, event: Event | None) -> str:
    """Solve in a thread of its own, so that a stop, the clock or the memory limit can end it; return the status."""
    answer: list[Any] = []

    def work() -> None:
        try:
            answer.append(solver.solve(model, watch))
        except BaseException as error:  # handed to the caller's thread below
            answer.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    while thread.is_alive():
        try:
            thread.join(0.05)
        except KeyboardInterrupt:
            clock.stop.set()
        # CP-SAT looks at its own memory limit only now and then, and not while it simplifies the model.
        clock.out_of_memory = clock.out_of_memory or memory_mb() > (clock.limits.memory_mb or float("inf"))
        if clock.over:
            solver.stop_search()
        # CP-SAT calls back from threads of its own: the news is told here, in the caller's.
        while event is not None and not watch.news.empty():
            event(*watch.news.get())
    if isinstance(answer[0], BaseException):
        raise answer[0]
    status = STATUS.get(answer[0])
    if status is None:
        raise RuntimeError(f"CP-SAT refused the model: {model.validate()}")
    return status
