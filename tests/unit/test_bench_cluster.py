"""Tests of a sweep on a real Dask cluster on this machine, over TLS: two workers, one of which dies."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import measures
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from classi.bench import cluster as module
from classi.bench.cluster import Scheduler, connected, on_cluster, workers
from classi.bench.pool import in_pool
from classi.bench.records import Instance
from classi.bench.store import fingerprint, opened, read_store
from classi.bench.suites import Task
from classi.bench.sweep import OtherCode, State, measure, sweep
from classi.errors import ClassiError, InputError
from classi.i18n import use_language

NONE = "has no workers"


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with use_language("en"):
        yield


def certificates(folder: Path) -> tuple[Path, Path, Path]:
    """Write a certificate that signs itself, good for an hour, and its key: (authority, certificate, key)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "classi test")]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert, secret = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return cert, cert, secret


@dataclass
class Cluster:
    """A scheduler and its workers, each a process of this test."""

    folder: Path
    stack: ExitStack
    files: tuple[Path, Path, Path] | None = None
    address: str = ""
    scheduler: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        if self.scheduler is not None:
            return
        self.files = certificates(self.folder)
        note = self.folder / "scheduler.json"
        self.scheduler = self._start(
            "scheduler", "--host", "tls://127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", note
        )
        end = time.monotonic() + 30
        while not note.exists() or '"address"' not in note.read_text():
            assert time.monotonic() < end, "the scheduler did not start"
            time.sleep(0.05)
        self.address = note.read_text().partition('"address": "')[2].partition('"')[0]

    def _start(self, part: str, *arguments: object) -> subprocess.Popen[bytes]:
        ca, cert, key = self.files
        words = (*arguments, "--tls-ca-file", ca, "--tls-cert", cert, "--tls-key", key)
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
            "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True",
            "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "2s",  # so long a dead worker is asked for its last result
        }
        command = [sys.executable, "-m", f"distributed.cli.dask_{part}", *map(str, words)]
        log = self.stack.enter_context((self.folder / "log").open("ab"))
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=self.folder)
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process

    def worker(self, threads: int = 1) -> subprocess.Popen[bytes]:
        return self._start("worker", self.address, "--nthreads", threads, "--no-nanny", "--no-dashboard")

    @property
    def here(self) -> Scheduler:
        return Scheduler(self.address, *self.files)


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler without workers."""
    with ExitStack() as stack:
        yield Cluster(tmp_path_factory.mktemp("cluster"), stack)


@pytest.fixture
def cluster(scheduler: Cluster) -> Iterator[Cluster]:
    """The same scheduler for every test; the workers a test starts end with it."""
    with ExitStack() as stack:
        yield replace(scheduler, stack=stack)
    until_workers(scheduler, NONE)


def until_workers(cluster: Cluster, wanted: int | str) -> None:
    """Wait for so many workers, or until the cluster is refused in such words."""
    end = time.monotonic() + 30
    while (state := _state(cluster)) != wanted and not (isinstance(wanted, str) and wanted in str(state)):
        assert time.monotonic() < end, (cluster.folder / "log").read_text()[-2000:]
        time.sleep(0.1)


def _state(cluster: Cluster) -> int | str:
    try:
        with connected(cluster.here) as client:
            return workers(client)
    except InputError as error:
        return str(error)


def test_that_a_killed_worker_loses_nothing_and_doubles_nothing_and_the_records_are_the_pools(
    cluster: Cluster, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=NONE), connected(cluster.here):
        pass
    doomed, _other = cluster.worker(), cluster.worker()
    until_workers(cluster, 2)
    tasks, store = measures.tasks(tmp_path, 8), tmp_path / "store"

    def show(state: State) -> None:
        if state.done == 3:
            doomed.kill()

    with connected(cluster.here) as client, opened(store, "one") as ledger:
        state = sweep(tasks, ledger, on_cluster(client), lambda: workers(client), show=show, run=measures.slow)
    assert doomed.wait() != 0 and state.finished and (state.done, state.failed) == (8, 0)
    assert sorted(f.task for f in read_store(store).finished) == tasks
    assert len(store.read_bytes().splitlines()) == 8
    assert sum(measures.calls(tmp_path).values()) <= 9, "only what the dead worker was at is measured again"
    assert len(set(measures.processes(tmp_path))) == 2, "both had taken part"
    with opened(tmp_path / "pool", "one") as ledger:
        sweep(tasks, ledger, in_pool(2), lambda: 2, run=measures.plain)
    one, two = ({f.task: f.record for f in read_store(tmp_path / name).finished} for name in ("store", "pool"))
    assert one == two


def test_that_a_cluster_and_a_pool_find_and_prove_the_same(cluster: Cluster, tmp_path: Path) -> None:
    cluster.worker()
    until_workers(cluster, 1)
    fingerprint.cache_clear()  # the workers read the sources now, this program may have done so long ago
    tasks, code = [Task(Instance(family, 60, 1), "classi", 5.0) for family in ("standard", "tight")], fingerprint()
    with connected(cluster.here) as client, opened(tmp_path / "cluster", code) as ledger:
        sweep(tasks, ledger, on_cluster(client), lambda: 1)
    with opened(tmp_path / "pool", code) as ledger:
        sweep(tasks, ledger, in_pool(1), lambda: 1)
    one, two = ([f.record for f in read_store(tmp_path / name).finished] for name in ("cluster", "pool"))
    for of_cluster, of_pool in zip(one, two, strict=True):
        assert of_cluster.status == "proved" and any(of_cluster.tiers), "a school that costs nothing proves little"
        for what in ("status", "tiers", "bounds", "criteria", "hard", "classes", "code", "machine"):
            assert getattr(of_cluster, what) == getattr(of_pool, what)


def test_that_a_task_that_kills_every_worker_has_failed_alone(cluster: Cluster, tmp_path: Path) -> None:
    for _worker in range(3):
        cluster.worker()
    until_workers(cluster, 3)
    with connected(cluster.here) as client, opened(tmp_path / "store", "one") as ledger:
        state = sweep(
            measures.tasks(tmp_path, 4), ledger, on_cluster(client), lambda: workers(client), run=measures.deadly
        )
        assert (state.done, state.failed, state.finished) == (4, 1, True)
        with pytest.raises(OtherCode):
            sweep(measures.tasks(tmp_path, 5), ledger, on_cluster(client), lambda: 1, run=measure)
    found = {f.record.seed: f.record for f in read_store(tmp_path / "store").finished}
    assert [found[seed].status for seed in range(1, 5)] == ["proved", "failed", "proved", "proved"]
    assert "died" in found[2].error and measures.calls(tmp_path)[2] == 2


def test_that_a_lost_scheduler_ends_the_sweep_and_what_came_back_is_kept(tmp_path: Path) -> None:
    with ExitStack() as stack:
        cluster = Cluster(tmp_path, stack)
        cluster.worker()
        until_workers(cluster, 1)

        def show(state: State) -> None:
            if state.done == 2:
                cluster.scheduler.kill()

        with opened(tmp_path / "store", "one") as ledger, pytest.raises(ClassiError), connected(cluster.here) as client:
            sweep(measures.tasks(tmp_path, 6), ledger, on_cluster(client), lambda: 1, show=show, run=measures.slow)
    assert len(read_store(tmp_path / "store").finished) == 2


def test_that_a_stop_ends_a_sweep_on_a_cluster(cluster: Cluster, tmp_path: Path) -> None:
    cluster.worker()
    until_workers(cluster, 1)
    stop = threading.Event()

    def show(state: State) -> None:
        if state.done:
            stop.set()

    tasks = measures.tasks(tmp_path, 3)
    with opened(tmp_path / "store", "one") as ledger, connected(cluster.here) as client:
        state = sweep(tasks, ledger, on_cluster(client), lambda: 1, stop=stop, show=show, run=measures.endless)
        assert (state.done, state.finished) == (1, False)
    assert [f.task for f in read_store(tmp_path / "store").finished] == tasks[:1]


def test_that_workers_with_several_threads_are_refused(cluster: Cluster) -> None:
    cluster.worker(threads=2)
    until_workers(cluster, "several tasks in one process")


def test_that_everything_wrong_with_an_address_is_said_at_once(tmp_path: Path) -> None:
    absent = Scheduler("tcp://127.0.0.1:1", tmp_path / "absent", None, None)
    with pytest.raises(InputError) as error, connected(absent):
        pass
    said = str(error.value)
    assert len(error.value.problems) == 4
    assert all(word in said for word in ("over TLS only", "--tls-ca: there is no", "--tls-cert is", "--tls-key is"))


def test_that_a_scheduler_that_is_not_there_is_an_error_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONNECT_SECONDS", 1)
    with (
        pytest.raises(InputError, match="cannot be reached"),
        connected(Scheduler("tls://127.0.0.1:1", *certificates(tmp_path))),
    ):
        pass


def test_that_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(InputError, match=r"classi\[cluster\]"),
        connected(Scheduler("tls://127.0.0.1:1", *certificates(tmp_path))),
    ):
        pass
