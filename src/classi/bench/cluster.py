# mypy: disallow-untyped-calls=False
"""Sweeps on a Dask cluster, reached by address over TLS; the measurements are those of the pool.

(The first line is for mypy: Dask's own functions are only partly annotated.)
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from classi.bench.suites import Task
from classi.bench.sweep import Measure, OtherCode, Outcome, Runner, failed
from classi.errors import ClassiError, InputError, Problem
from classi.i18n import _

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_SECONDS = 15
LOOK_SECONDS = 0.02
"""Between two looks at what is back: a worker waits no longer for its next task."""

COUNT_SECONDS = 1.0
"""Between two counts of the workers."""


@dataclass(frozen=True, slots=True)
class Scheduler:
    """Where the scheduler is, and the files this program shows and trusts: authority, certificate and key, as PEM."""

    address: str
    ca: Path | None
    cert: Path | None
    key: Path | None

    def problems(self) -> list[Problem]:
        """Return what is missing or wrong, all at once."""
        found = []
        if not self.address.startswith("tls://"):
            text = _("A scheduler is reached over TLS only: tls://host:port, not “{address}”.")
            found.append(Problem(text.format(address=self.address)))
        for option, file in (("--tls-ca", self.ca), ("--tls-cert", self.cert), ("--tls-key", self.key)):
            if file is None:
                found.append(Problem(_("With --scheduler, {option} is needed: a PEM file.").format(option=option)))
            elif not file.is_file():
                found.append(Problem(_("{option}: there is no such file.").format(option=option), str(file)))
        return found


@contextmanager
def connected(scheduler: Scheduler) -> Iterator[Client]:
    """Connect to a scheduler that has workers.

    Raises
    ------
    InputError
        When the cluster cannot be used: the address, the certificates, no worker, workers with several threads.
    """
    problems = scheduler.problems()
    try:
        from distributed import Client, Security  # noqa: PLC0415
    except ImportError:
        problems.append(Problem(_("A cluster needs the package “distributed”: install classi[cluster].")))
    if problems:
        raise InputError(problems)
    security = Security(
        tls_ca_file=str(scheduler.ca),
        tls_client_cert=str(scheduler.cert),
        tls_client_key=str(scheduler.key),
        require_encryption=True,
    )
    try:
        client = Client(scheduler.address, security=security, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:  # refused, timed out, certificates that do not fit
        text = _("The scheduler {address} cannot be reached: {error}").format(address=scheduler.address, error=error)
        raise InputError([Problem(text)]) from None
    with client:
        if not workers(client):
            raise InputError([Problem(_("The scheduler has no workers: start some with “dask worker --nthreads 1”."))])
        yield client


def workers(client: Client) -> int:
    """Return how many workers there are, each with one task at a time.

    Raises
    ------
    InputError
        When a worker runs several at a time.
    """
    counts = client.nthreads().values()
    if max(counts, default=1) > 1:
        text = _(
            "A worker runs several tasks in one process, which falsifies its measurements: start it with {option}."
        )
        raise InputError([Problem(text.format(option="--nthreads 1"))])
    return len(counts)


def on_cluster(client: Client) -> Runner:
    """Return a runner on the workers of a cluster.

    No more tasks are handed in than there are workers: when one dies, only the task it was at is to blame. The
    scheduler gives that task to another worker, until it has outlived more than ``allowed-failures`` of them and has
    failed. A result is let go as soon as it is here: if the worker that made it dies later, nothing is measured again.
    """

    def results(
        tasks: Sequence[Task], run: Measure, code: str, stop: threading.Event
    ) -> Iterator[tuple[Task, Outcome]]:
        from distributed import as_completed  # noqa: PLC0415

        waiting = deque(tasks)
        running: dict[Any, tuple[Task, Future[Any]]] = {}
        coming = as_completed(loop=client.loop, with_results=True, raise_errors=False)
        counted, room = 0.0, 0
        try:
            while (waiting or running) and not stop.is_set():
                if time.monotonic() - counted > COUNT_SECONDS:
                    counted, room = time.monotonic(), workers(client)
                while waiting and len(running) < room:
                    task = waiting.popleft()
                    future = client.submit(run, task, code, key=task.key(code))
                    running[future.key] = task, future
                    coming.add(future)
                if not coming.has_ready():
                    stop.wait(LOOK_SECONDS)
                for future, result in coming.next_batch(block=False):
                    task = running.pop(future.key)[0]
                    outcome = _outcome(future.status, result, task, code)
                    future.release()
                    yield task, outcome
        finally:
            client.cancel([future for _task, future in running.values()])

    return results


def _outcome(status: str, result: Any, task: Task, code: str) -> Outcome:
    """Return what came back, a dead worker as a failure of its task.

    Raises
    ------
    ClassiError
        When the fault is the cluster's and not the task's.
    """
    from distributed import KilledWorker  # noqa: PLC0415

    if status == "finished":
        return cast(Outcome, result)
    error = result[1] if status == "error" else result
    if isinstance(error, KilledWorker):
        return Outcome(failed(task, code, "the worker process died with it, again and again"), 0.0)
    if isinstance(error, OtherCode):
        raise error
    text = _("The cluster does not answer as it should: {error}")
    raise ClassiError(text.format(error=f"{type(error).__name__}: {error}"))
