"""Tests that a sweep in a pool measures everything once, whoever dies meanwhile: a worker, or the sweep itself."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import measures
import pytest

from classi.bench import methods, words
from classi.bench import pool as module
from classi.bench.instances import FAMILIES
from classi.bench.pool import in_pool
from classi.bench.records import Answer, Instance
from classi.bench.store import Store, fingerprint, opened, read_store
from classi.bench.suites import Task, digest, suite, suites
from classi.bench.sweep import Measure, OtherCode, State, measure, remaining_seconds, sweep
from classi.errors import InputError
from classi.i18n import use_language

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with use_language("en"):
        yield


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path / "store", "one") as made:
        yield made


def pooled(tasks: list[Task], store: Store, run: Measure, workers: int = 2, **options: object) -> State:
    return sweep(tasks, store, in_pool(workers), lambda: workers, run=run, **options)  # type: ignore[arg-type]


def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "this should have happened by now"
        time.sleep(0.02)


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_that_every_task_is_measured_once_and_never_again(tmp_path: Path, store: Store) -> None:
    tasks = measures.tasks(tmp_path, 5)
    shown: list[State] = []
    state = pooled([*tasks, *tasks], store, measures.plain, show=shown.append)
    assert state.finished and (state.total, state.done, state.failed, state.skipped) == (5, 5, 0, 0)
    assert measures.calls(tmp_path) == dict.fromkeys(range(1, 6), 1)
    assert {f.task: f.record for f in store.finished} == {t: measures.record(t, "one") for t in tasks}
    assert [s.done for s in shown] == [0, 1, 2, 3, 4, 5]
    assert (shown[0].left, shown[0].unknown) == (None, 5)
    assert shown[1].left == pytest.approx(4 * 0.25 / 2) and shown[-1].left == 0
    again = pooled(measures.tasks(tmp_path, 6), store, measures.plain)
    assert again.done == 6 and measures.calls(tmp_path) == dict.fromkeys(range(1, 7), 1)


def test_that_a_task_that_kills_its_worker_twice_has_failed_and_the_others_are_kept(
    tmp_path: Path, store: Store
) -> None:
    state = pooled(measures.tasks(tmp_path, 5), store, measures.deadly)
    assert (state.done, state.failed, state.finished) == (5, 1, True)
    assert measures.calls(tmp_path) == {1: 1, 2: 2, 3: 1, 4: 1, 5: 1}, "only the one to blame is tried again"
    found = {f.record.seed: f.record for f in store.finished}
    assert [found[seed].status for seed in range(1, 6)] == ["proved", "failed", "proved", "proved", "proved"]
    assert "died 2 times" in found[2].error and found[2].code == "one"
    assert pooled(measures.tasks(tmp_path, 5), store, measures.deadly).failed == 1
    assert measures.calls(tmp_path)[2] == 2, "a failure is a result: it is not measured again"


def test_that_a_task_whose_worker_was_killed_once_is_measured_after_all(tmp_path: Path, store: Store) -> None:
    state = pooled(measures.tasks(tmp_path, 3), store, measures.deadly_once, workers=1)
    assert (state.done, state.failed) == (3, 0)
    assert measures.calls(tmp_path) == {1: 1, 2: 2, 3: 1}
    assert sorted(f.record.seed for f in store.finished) == [1, 2, 3]


def test_that_a_worker_that_died_idle_is_replaced_without_blame(tmp_path: Path) -> None:
    task = measures.tasks(tmp_path, 1)[0]
    lane = module._Lane()
    try:
        lane.start(task, measures.plain, "one")
        until(lambda: lane.future is not None and lane.future.done())
        assert lane.finish()[1] is not None
        (process,) = measures.processes(tmp_path)
        os.kill(process, signal.SIGKILL)
        until(lambda: not alive(process))
        until(lambda: lane._pool is not None and lane._pool._broken)  # type: ignore[attr-defined]
        lane.start(task, measures.plain, "one")
        until(lambda: lane.future is not None and lane.future.done())
        assert lane.finish()[1] is not None
    finally:
        lane.close()


def test_that_big_tasks_have_a_process_of_their_own(tmp_path: Path, store: Store) -> None:
    small, big = measures.tasks(tmp_path, 2), measures.tasks(tmp_path, 2, module.BIG)
    pooled([*small, *big], store, measures.plain, workers=1)
    one, two, three, four = measures.processes(tmp_path)
    assert one == two and len({two, three, four}) == 3


def test_that_what_is_not_available_is_skipped_and_not_recorded(tmp_path: Path, store: Store) -> None:
    state = pooled(measures.tasks(tmp_path, 4), store, measures.absent)
    assert (state.done, state.skipped, state.failed, state.finished) == (2, 2, 0, True)
    assert sorted(f.record.seed for f in store.finished) == [1, 3]


def test_that_a_stop_keeps_what_came_back_and_ends_the_workers_at_once(tmp_path: Path, store: Store) -> None:
    stop = threading.Event()
    begun = time.monotonic()
    state = pooled(
        measures.tasks(tmp_path, 4), store, measures.endless,
        stop=stop, show=lambda s: (until(lambda: len(measures.calls(tmp_path)) > 1), stop.set()) if s.done else None,
    )  # fmt: skip
    assert (state.done, state.total, state.finished) == (1, 4, False)
    assert [f.record.seed for f in store.finished] == [1]
    assert time.monotonic() - begun < 60, "the tasks last ten minutes"
    assert not multiprocessing.active_children()


def test_that_a_worker_ends_when_its_leash_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    held, leash = multiprocessing.Pipe(duplex=False)
    ended = threading.Event()
    codes: list[int] = []
    monkeypatch.setattr(module.os, "_exit", lambda code: (codes.append(code), ended.set()))
    before = signal.getsignal(signal.SIGINT)
    try:
        module._on_leash(held)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    assert not ended.wait(0.2)
    leash.close()
    assert ended.wait(5) and codes == [1]


SWEEP = """
import sys, threading
from pathlib import Path
import measures
from classi.bench.store import opened
from classi.bench.pool import in_pool
from classi.bench.sweep import sweep

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    with opened(folder / "store", "one") as store:
        sweep(measures.tasks(folder, 8), store, in_pool(2), lambda: 2, run=measures.slow)
"""


def test_that_a_sweep_killed_in_mid_run_goes_on_and_its_workers_are_gone(tmp_path: Path) -> None:
    script, path = tmp_path / "sweep.py", tmp_path / "store"
    script.write_text(SWEEP)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, script, tmp_path], env=environment) as program:
        until(lambda: path.exists() and len(read_store(path).finished) >= 3, 30)
        program.send_signal(signal.SIGKILL)
        program.wait()
    written = {f.task for f in read_store(path).finished}
    until(lambda: not any(alive(p) for p in measures.processes(tmp_path)))
    assert len(written) < 8, "it was to be killed in mid-run"
    before = measures.calls(tmp_path)
    subprocess.run([sys.executable, script, tmp_path], env=environment, check=True, timeout=60)
    finished = [f.task for f in read_store(path).finished]
    assert sorted(finished) == measures.tasks(tmp_path, 8)
    assert len(path.read_bytes().splitlines()) == 8, "nothing double in the file itself"
    for task in written:
        assert measures.calls(tmp_path)[task.instance.seed] == before[task.instance.seed], "known: not measured again"


def test_that_a_worker_with_other_code_is_found_out(tmp_path: Path, store: Store) -> None:
    task = measures.tasks(tmp_path, 1)[0]
    with pytest.raises(OtherCode, match="another version"):
        pooled([task], store, measure)
    assert store.finished == ()


def test_that_the_estimate_knows_only_what_is_alike(tmp_path: Path) -> None:
    small, big = measures.tasks(tmp_path, 4), measures.tasks(tmp_path, 1, 300)
    lengths = {small[0].kind: [1.0, 3.0]}
    assert remaining_seconds([*small, *big], lengths, 2) == (4.0, 1)
    assert remaining_seconds(small[:1], lengths, 2) == (2.0, 0), "one task is not shared between two workers"
    assert remaining_seconds(small, lengths, 0) == (8.0, 0), "a cluster may have no worker for the moment"
    assert remaining_seconds(big, lengths, 2) == (None, 1)
    assert remaining_seconds([], {}, 2) == (0.0, 0)


TINY = Task(Instance("planted", 60, 1), "classi", 5.0)


def test_that_a_task_is_scored_and_tells_its_code_and_machine() -> None:
    outcome = measure(TINY, fingerprint())
    record = outcome.record
    assert record is not None and outcome.took >= record.seconds > 0
    assert record.status == "proved" and set(record.tiers) == set(record.bounds) == {0}
    assert (record.family, record.pupils, record.seed, record.method, record.limit) == ("planted", 60, 1, "classi", 5.0)
    assert record.code == fingerprint() and record.machine["cores"] == str(os.cpu_count()) and record.peak_mb > 1


def test_that_whatever_a_method_does_wrong_is_recorded_as_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_arguments: object) -> Answer:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(methods, "methods", lambda: {"classi": wrong})
    record = measure(TINY, fingerprint()).record
    assert record is not None and record.status == "failed" and record.error == "ZeroDivisionError: by nothing"
    assert (record.family, record.pupils, record.seed, record.code) == ("planted", 60, 1, fingerprint())


def test_that_a_method_that_is_not_available_gives_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_arguments: object) -> Answer:
        raise methods.Unavailable("no such program")

    monkeypatch.setattr(methods, "methods", lambda: {"classi": absent})
    outcome = measure(TINY, fingerprint())
    assert outcome.record is None and outcome.skipped == "no such program"


# --- the suites ---


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("quick", 6),
        ("standard", 120),
        ("hard", 160),
        ("knots", 40),
        ("large", 9),
        ("sites", 1),
        ("region", 400),
        ("reformation", 40),
    ],
)
def test_that_a_suite_is_as_large_as_it_says(name: str, number: int) -> None:
    tasks = suite(name).tasks()
    assert len(tasks) == len(set(tasks)) == number
    assert {t.method for t in tasks} <= set(methods.methods()) and {t.workers for t in tasks} == {1}
    seeds = [t.instance.seed for t in tasks]
    assert seeds == sorted(seeds) and seeds[0] == 1


def test_that_every_family_and_method_is_in_a_suite_and_has_its_words() -> None:
    tasks = suite("methods").tasks()
    assert {t.instance.family for t in tasks} == set(FAMILIES) == set(words.families())
    assert {t.method for t in tasks} == set(methods.methods()) == set(words.methods())
    assert len({t.seconds for t in tasks}) == 1, "equal time"
    assert {s.about for s in suites().values()}.isdisjoint({""})


def test_that_a_suite_can_be_cut_down_and_given_other_methods() -> None:
    tasks = suite("standard").tasks(2, [125, 60], ["swaps", "classi", "swaps"], 7, 2)
    assert [(t.instance.seed, t.instance.pupils, t.method) for t in tasks] == [
        (seed, pupils, method) for seed in (1, 2) for pupils in (60, 125) for method in ("swaps", "classi")
    ]
    assert {(t.seconds, t.workers) for t in tasks} == {(7.0, 2)}
    one = suite("hard").tasks(1, [60], families=["tight", "one-way"])
    assert [t.instance.family for t in one] == ["tight", "one-way"]


def test_that_a_digest_is_that_of_the_tasks_whatever_their_order() -> None:
    tasks = suite("quick").tasks()
    assert digest(tasks, "one") == digest(tasks[::-1], "one")
    assert len({digest(tasks, "one"), digest(tasks, "two"), digest(tasks[1:], "one")}) == 3


def test_that_everything_unknown_is_said_at_once_with_what_there_is() -> None:
    with pytest.raises(InputError) as error:
        suite("standard").tasks(sizes=[60, 61], methods=["magic", "classi"])
    one, two = map(str, error.value.problems)
    assert "“61”" in one and "60, 125, 200, 300" in one
    assert "“magic”" in two and "metis" in two
    with pytest.raises(InputError, match="suite “all”: not known here; there are: quick, standard"):
        suite("all")
