"""Tests that the ledger of a sweep loses nothing and doubles nothing, wherever the program that writes it dies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import measures
import pytest

from classi.bench import store as module
from classi.bench.records import Instance, Sweep
from classi.bench.store import Latest, fingerprint, opened, read_store
from classi.bench.suites import Task
from classi.errors import InputError
from classi.i18n import use_language

TASKS = measures.tasks(Path("somewhere"), 4)


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with use_language("en"):
        yield


def fill(path: Path, number: int, code: str = "one") -> None:
    with opened(path, code) as store:
        for task in TASKS[:number]:
            store.add(task, measures.record(task, code), 1.5)


def seeds(path: Path) -> list[int]:
    return [f.record.seed for f in read_store(path).finished]


def test_that_what_was_added_is_read_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "store.jsonl"
    fill(path, 2)
    content = read_store(path)
    assert [f.task for f in content.finished] == TASKS[:2]
    assert [f.record for f in content.finished] == [measures.record(t, "one") for t in TASKS[:2]]
    assert [f.took for f in content.finished] == [1.5, 1.5]
    with opened(path, "one") as store:
        assert [t in store for t in TASKS] == [True, True, False, False]
        assert [f.task for f in store.finished] == TASKS[:2]


def test_that_nothing_is_written_twice(tmp_path: Path) -> None:
    path = tmp_path / "store"
    fill(path, 2)
    before = path.read_bytes()
    with opened(path, "one") as store:
        assert store.add(TASKS[0], measures.record(TASKS[0], "one", "broken"), 9.0) is False
    assert path.read_bytes() == before
    path.write_bytes(before + before)  # two stores put together by hand
    assert seeds(path) == [1, 2]


def test_that_wherever_the_last_line_was_torn_only_it_is_lost_and_can_be_added_again(tmp_path: Path) -> None:
    path = tmp_path / "store"
    fill(path, 2)
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for cut in range(first, len(whole), 7):
        path.write_bytes(whole[:cut])
        assert seeds(path) == [1]
        assert path.stat().st_size == cut, "reading must not write"
        fill(path, 0)
        assert path.read_bytes() == whole[:first], "writing begins with cutting off what is torn"
        path.write_bytes(whole[:cut])
        fill(path, 3)
        assert seeds(path) == [1, 2, 3]
        assert all(json.loads(line) for line in path.read_text().splitlines())


def test_that_a_last_line_whose_blocks_never_reached_the_disk_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "store"
    fill(path, 1)
    path.write_bytes(path.read_bytes() + b"\0" * 200 + b'"}\n')
    assert seeds(path) == [1]
    fill(path, 2)
    assert seeds(path) == [1, 2]


@pytest.mark.parametrize("line", [b"hello", b"[1]", b"{}", b'"text"', b"\xff", b""])
def test_that_a_foreign_line_in_the_middle_is_refused_with_its_number(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "store"
    fill(path, 2)
    one, two = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(one + line + b"\n" + two)
    before = path.read_bytes()
    for read in (lambda: read_store(path), lambda: fill(path, 3)):
        with pytest.raises(InputError, match="not a measurement") as error:
            read()
        assert error.value.problems[0].row == 2
    assert path.read_bytes() == before, "nothing may be cut off a file that is not understood"


def test_that_measurements_of_other_code_are_kept_and_not_used(tmp_path: Path) -> None:
    path = tmp_path / "store"
    fill(path, 3, "one")
    with opened(path, "two") as store:
        assert TASKS[0] not in store and store.finished == ()
        store.note("second command")
        assert store.add(TASKS[0], measures.record(TASKS[0], "two"), 1.0)
    assert len(read_store(path).finished) == 4
    found = read_store(path).latest()
    assert [(r.code, r.seed) for r in found.records] == [("two", 1)]
    assert (found.commands, found.others) == (("second command",), 3)


def test_that_the_time_of_each_session_is_kept_with_its_code(tmp_path: Path) -> None:
    path = tmp_path / "store"
    first, second = Sweep("quick", "x", "pool", 2, 3, 1, 1.5), Sweep("quick", "x", "pool", 2, 3, 2, 2.5)
    for code, sweep in (("old", first), ("one", first), ("one", second)):
        fill(path, 1, code)
        with opened(path, code) as store:
            store.ran(sweep)
    assert read_store(path).sweeps == ((first, "old"), (first, "one"), (second, "one"))
    assert read_store(path).latest().sweeps == (first, second)


def test_that_two_stores_are_one_and_nothing_counts_twice(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    fill(one, 2)
    fill(two, 3)
    for path, where in ((one, "pool"), (two, "cluster")):
        with opened(path, "one") as store:
            store.note("command")
            store.ran(Sweep("quick", "x", where, 2, 3, 3, 1.0))
    found = (read_store(one) + read_store(two)).latest()
    assert [r.seed for r in found.records] == [1, 2, 3]
    assert found.commands == ("command",)
    assert [s.where for s in found.sweeps] == ["pool", "cluster"]


def test_that_a_command_is_noted_once_for_each_code(tmp_path: Path) -> None:
    path = tmp_path / "store"
    for _time in range(2):
        with opened(path, "one") as store:
            store.note("a")
            store.note("a")
            store.note("b")
    assert read_store(path).commands == (("a", "one"), ("b", "one"))
    assert read_store(path).latest() == Latest()


def test_that_an_append_that_fails_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "store"
    fill(path, 1)
    before = path.read_bytes()

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    with opened(path, "one") as store:
        with monkeypatch.context() as patch:
            patch.setattr(module.os, "fsync", full)
            with pytest.raises(OSError, match="No space"):
                store.add(TASKS[1], measures.record(TASKS[1], "one"), 1.0)
        assert path.read_bytes() == before
        assert TASKS[1] not in store
        assert store.add(TASKS[2], measures.record(TASKS[2], "one"), 1.0)
    assert seeds(path) == [1, 3]


def test_that_every_append_is_on_disk_before_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, synced = tmp_path / "store", []
    real = os.fsync
    with opened(path, "one") as store:
        monkeypatch.setattr(module.os, "fsync", lambda file: synced.append(path.read_bytes()) or real(file))
        store.add(TASKS[0], measures.record(TASKS[0], "one"), 1.0)
    assert synced == [path.read_bytes()]


HOLD = """
import sys, pathlib
from classi.bench.store import opened
with opened(pathlib.Path(sys.argv[1]), "one"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_that_a_second_program_is_refused_until_the_first_is_gone_even_killed(tmp_path: Path) -> None:
    path = tmp_path / "store"
    fill(path, 1)
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HOLD, path], stdin=pipe, stdout=pipe) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        with pytest.raises(InputError, match="Another program is writing this store"):
            fill(path, 2)
        assert seeds(path) == [1], "reading goes on"
        holder.kill()
        holder.wait()
        fill(path, 2)
    assert seeds(path) == [1, 2]


def test_that_the_same_program_does_not_open_it_twice(tmp_path: Path) -> None:
    with opened(tmp_path / "store", "one"), pytest.raises(InputError), opened(tmp_path / "store", "one"):
        raise AssertionError("not reached")


def test_that_the_key_depends_on_everything_that_is_measured() -> None:
    base = Task(Instance("standard", 60, 1), "classi", 60.0, 1)
    others = [
        Task(Instance("tight", 60, 1), "classi", 60.0, 1), Task(Instance("standard", 61, 1), "classi", 60.0, 1),
        Task(Instance("standard", 60, 2), "classi", 60.0, 1), Task(Instance("standard", 60, 1), "naive", 60.0, 1),
        Task(Instance("standard", 60, 1), "classi", 61.0, 1), Task(Instance("standard", 60, 1), "classi", 60.0, 2),
    ]  # fmt: skip
    keys = [t.key("one") for t in (base, *others)] + [base.key("two")]
    assert len(set(keys)) == len(keys)
    assert Task.from_dict(json.loads(json.dumps(base.to_dict()))) == base


def test_that_the_code_is_told_by_sources_and_libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_text("1")
    monkeypatch.setattr(module.classi, "__file__", str(tmp_path / "__init__.py"))
    bare = fingerprint.__wrapped__
    first = bare()
    assert bare() == first and len(first) == 16
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.py").write_text("2")
    second = bare()
    monkeypatch.setattr(module, "version", lambda name: "0")
    assert len({first, second, bare()}) == 3


def test_that_a_short_write_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Trickle(module.FileIO):
        def write(self, data: memoryview) -> int:  # type: ignore[override]
            return super().write(data[:10])

    monkeypatch.setattr(module, "FileIO", Trickle)
    fill(tmp_path / "store", 2)
    assert seeds(tmp_path / "store") == [1, 2]
