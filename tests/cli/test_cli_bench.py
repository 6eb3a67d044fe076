"""Tests of `classi bench` as a person types it: measuring, going on, stopping, reporting, tables of fairness."""

from __future__ import annotations

import csv
import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer
from rich.console import Console

from classi import cli, cli_bench, console
from classi.bench import cluster, report
from classi.bench.records import Instance, Record
from classi.bench.store import opened, read_store
from classi.bench.suites import Task
from classi.bench.sweep import Outcome, Runner, State, failed
from classi.i18n import use_language

QUICK = ("bench", "run", "quick", "--methods", "swaps", "--seconds", 0.3, "--workers", 1, "--lang", "en")


@pytest.fixture
def classi(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run a command in this process: (exit code, what it printed, blanks and line breaks made one)."""

    def run(*words: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["classi", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        return int(end.value.code or 0), re.sub(r"\s+", " ", said.out + said.err)

    return run


def test_that_a_suite_is_measured_reported_and_not_measured_again(tmp_path: Path, classi) -> None:
    store, out = tmp_path / "store", tmp_path / "out"
    code, said = classi(*QUICK, "--store", store)
    assert code == 0 and "3 of 3 measured" in said and "time left unknown yet" in said and "3 tasks in" in said
    assert f"classi bench report --store {store}" in said
    (sweep,) = read_store(store).latest().sweeps
    assert (sweep.suite, sweep.where, sweep.workers, sweep.total, sweep.measured) == ("quick", "pool", 1, 3, 3)
    assert sweep.seconds > 0.9
    before = store.read_bytes()
    code, said = classi(*QUICK, "--store", store)
    assert code == 0 and "3 of 3 measured" in said and "tasks in" not in said
    assert store.read_bytes() == before
    assert {r.family for r in read_store(store).latest().records} == {"standard", "planted", "tight"}
    code, said = classi("bench", "report", "--store", store, "--out", out, "--lang", "en")
    assert code == 0 and "RESULTS.md" in said and "left out" not in said
    results = (out / "RESULTS.md").read_text(encoding="utf-8")
    assert (
        "classi bench run quick --methods=swaps --seconds=0.3 --threads=1 --workers=1\nclassi bench report" in results
    )
    assert str(tmp_path) not in results, "the path of a store is nobody's business"


def test_that_the_lists_name_everything_in_both_languages(classi) -> None:
    code, english = classi("bench", "list", "--lang", "en")
    assert code == 0
    assert all(word in english for word in ("standard", "region", "400", "oversubscribed", "gpmetis", "annealing"))
    assert "The usual school." in english and "The usual school." not in classi("bench", "list")[1]
    assert "classi bench list" in classi("bench", "run", "--help", "--lang", "en")[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("everything",), "suite “everything”: not known here; there are: quick, standard"),
        (("quick", "--sizes", "60,sixty"), "“sixty” is not a whole number"),
        (("quick", "--sizes", "61"), "number of pupils “61”: not known here; there are: 60"),
        (("quick", "--families", "tigth"), "family “tigth”: not known here; there are: standard, planted, tight"),
        (("quick", "--methods", "magic"), "method “magic”: not known here"),
        (("quick", "--scheduler", "tcp://127.0.0.1:1"), "over TLS only"),
    ],
)
def test_that_what_cannot_be_measured_is_refused_in_words(tmp_path: Path, classi, words, said: str) -> None:
    code, printed = classi("bench", "run", *words, "--store", tmp_path / "store", "--lang", "en")
    assert code == 2 and said in printed


def test_that_a_report_needs_measurements(tmp_path: Path, classi) -> None:
    store = tmp_path / "store"
    assert classi("bench", "report", "--store", store)[0] == 2
    store.touch()
    code, said = classi("bench", "report", "--store", store, "--lang", "en")
    assert code == 2 and "no measurement in this store" in said


def test_that_several_stores_make_one_report_and_what_is_not_drawn_is_said(
    tmp_path: Path, classi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "find_spec", lambda name: None)
    stores = [tmp_path / "one", tmp_path / "two"]
    for seed, store in enumerate(stores, 1):
        task = Task(Instance("tight", 60, seed), "swaps", 1.0)
        with opened(store, "code") as ledger:
            ledger.add(task, failed(task, "code", "nothing"), 1.0)
    words = [word for store in stores for word in ("--store", store)]
    code, said = classi("bench", "report", *words, "--out", tmp_path / "out", "--lang", "en")
    assert code == 0 and "No plots: matplotlib, scipy not installed" in said and "results.parquet: pyarrow" in said
    assert "2 measurements." in (tmp_path / "out" / "RESULTS.md").read_text(encoding="utf-8")
    assert not list((tmp_path / "out").rglob("*.svg"))


# --- what is said ---


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (State(9, 2, 0, 0, None, 7), "2 of 9 measured, time left unknown yet"),
        (State(9, 2, 1, 0, 50.4, 0), "2 of 9 measured, 1 failed, about 50 s left"),
        (State(9, 2, 0, 0, 600.0, 0), "2 of 9 measured, about 10 min left"),
        (State(9, 2, 0, 1, 9000.0, 3), "at least 2.5 h left (3 tasks are like nothing measured so far)"),
        (State(9, 8, 2, 1, 0.0, 0), "8 of 9 measured, 2 failed"),
    ],
)
def test_that_progress_says_what_is_known_and_no_more(state: State, said: str) -> None:
    with use_language("en"):
        assert cli_bench._say(state).endswith(said)


def test_that_progress_on_a_plain_stream_is_not_a_line_a_task_but_every_failure_is_told(capsys) -> None:
    failed = Record("tight", 60, 0, 4, "magic", 1.0, "x", "failed", 0, 0, 0, error="ValueError: no rabbit")
    with use_language("en"), cli_bench._Live() as live:
        for done in range(5):
            live.show(State(5, done, 0, 0, 1.0, 0, failed if done == 3 else None))
    said = capsys.readouterr().err
    assert said.count("measured") == 1 and "tight-60-4 magic: ValueError: no rabbit" in said


def test_that_progress_on_a_terminal_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(cli_bench, "stderr", lambda: Console(file=screen, force_terminal=True, width=80))
    with use_language("en"), cli_bench._Live() as live:
        live.show(State(5, 3, 0, 0, 1.0, 0))
        assert str(live.status.status) == "3 of 5 measured, about 1 s left"


@pytest.mark.parametrize(
    ("state", "code", "said"),
    [
        (State(3, 3, 0, 0, 0.0, 0), 0, "classi bench report"),
        (State(3, 1, 0, 2, 0.0, 0), 0, "2 tasks were skipped"),
        (State(3, 3, 1, 0, 0.0, 0), 1, "1 failed"),
        (State(3, 1, 0, 0, None, 2), 130, "goes on from here: everything that came back is in a/store"),
    ],
)
def test_that_the_end_says_how_it_ended(state: State, code: int, said: str, capsys) -> None:
    with use_language("en"):
        if code:
            with pytest.raises(typer.Exit) as end:
                cli_bench._end(state, Path("a/store"), 1, 2.0)
            assert end.value.exit_code == code
        else:
            cli_bench._end(state, Path("a/store"), 1, 2.0)
    printed = capsys.readouterr().out
    assert said in printed and "1 task in 2.0 s." in printed


def test_that_the_second_ctrl_c_ends_the_program() -> None:
    stop = threading.Event()
    with console.stopped_by_ctrl_c(stop):
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_that_measurements_of_other_versions_are_told(tmp_path: Path, classi) -> None:
    store = tmp_path / "store"
    task = Task(Instance("tight", 60, 1), "swaps", 1.0)
    for code in ("one", "two"):
        with opened(store, code) as ledger:
            ledger.add(task, failed(task, code, "nothing"), 1.0)
    code, said = classi("bench", "report", "--store", store, "--out", tmp_path / "out", "--lang", "en")
    assert code == 0 and "1 measurement of other versions was left out" in said


def test_that_a_cluster_is_asked_and_the_records_are_its(
    tmp_path: Path, classi, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    @contextmanager
    def connected(scheduler: cluster.Scheduler) -> Iterator[str]:
        asked.append(scheduler.address)
        yield "client"

    def on_cluster(client: str) -> Runner:
        asked.append(client)
        return lambda tasks, _run, code, _stop: ((t, Outcome(failed(t, code, "by the cluster"), 1.0)) for t in tasks)

    monkeypatch.setattr(cluster, "connected", connected)
    monkeypatch.setattr(cluster, "on_cluster", on_cluster)
    monkeypatch.setattr(cluster, "workers", lambda _client: 2)
    code, said = classi(*QUICK, "--scheduler", "tls://somewhere:1", "--store", tmp_path / "store")
    assert code == 1 and "3 of 3 measured, 3 failed" in said and asked == ["tls://somewhere:1", "client"]
    content = read_store(tmp_path / "store")
    assert {f.record.error for f in content.finished} == {"by the cluster"}
    assert "somewhere" not in content.commands[0][0]
    assert [(sweep.where, sweep.workers, sweep.measured) for sweep, _code in content.sweeps] == [("cluster", 2, 3)]


PROGRAM = (sys.executable, "-c", "from classi.cli import main\nif __name__ == '__main__': main()")


def test_that_ctrl_c_keeps_what_came_back_and_says_how_to_go_on(tmp_path: Path) -> None:
    store, pipe = tmp_path / "store", subprocess.PIPE
    words = ("bench", "run", "region", "--methods", "swaps", "--seconds", "0.3", "--workers", "1", "--lang", "en")
    with subprocess.Popen([*PROGRAM, *words, "--store", store], stdout=pipe, stderr=pipe, text=True) as program:
        end = time.monotonic() + 60
        while not (store.exists() and read_store(store).finished):
            assert time.monotonic() < end and program.poll() is None
            time.sleep(0.05)
        os.kill(program.pid, signal.SIGINT)
        said, _errors = program.communicate(timeout=30)
    assert program.returncode == 130
    number = len(read_store(store).finished)
    assert 1 <= number < 400 and f"{number} of 400 measured" in said
    assert "The same command goes on from here" in said


@pytest.fixture
def small(tmp_path: Path, classi) -> tuple[Path, Path]:
    """A generated school of 40 pupils, and classes formed of it."""
    case, out = tmp_path / "scuola", tmp_path / "out"
    assert classi("generate", "--out", case, "--pupils", 40, "--classes", 2, "--seed", 3)[0] == 0
    assert classi("form", case, "--out", out, "--time-limit", 20)[0] == 0
    return case, out


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as table:
        return list(csv.DictReader(table))


def test_that_groups_and_chance_are_written_as_tables(tmp_path: Path, classi, small: tuple[Path, Path]) -> None:
    case, out = small
    file = tmp_path / "table.csv"
    assert classi("bench", "groups", case, out, "--out", file)[0] == 0
    everybody = rows(file)
    assert classi("bench", "groups", case, out, "--by", "sesso", "--out", file)[0] == 0
    assert 0 < len(rows(file)) < len(everybody)
    assert classi("bench", "chance", case, "--draws", 20, "--out", file)[0] == 0
    alone = rows(file)
    assert alone and all(row["found"] == "" for row in alone) and {row["draws"] for row in alone} == {"20"}
    assert classi("bench", "chance", case, out, "--draws", 20, "--out", file)[0] == 0
    assert any(row["found"] for row in rows(file))
    code, said = classi("bench", "groups", case, out, "--out", tmp_path / "table.doc", "--lang", "en")
    assert code == 2 and "table.doc" in said


RULES = """
name = "prova"
[[criteria]]
rule = "class_size"
max = 4
hard = true
[[criteria]]
rule = "balance"
attribute = "sesso"
weight = 1
[[criteria]]
rule = "wishes"
weight = 1
[[criteria]]
rule = "equal_sizes"
weight = 1
"""


def test_that_a_trade_off_and_prices_are_written_as_tables(tmp_path: Path, classi) -> None:
    (tmp_path / "alunni.csv").write_text("id,sesso\n" + "".join(f"p{i},{'FM'[i > 3]}\n" for i in range(8)))
    (tmp_path / "classi.csv").write_text("id\n1A\n1B\n")
    ties = "".join(f"p{i},p{j},preferisce\n" for half in (range(4), range(4, 8)) for i in half for j in half if i != j)
    (tmp_path / "legami.csv").write_text("da,a,tipo\n" + ties)
    (tmp_path / "regolamento.toml").write_text(RULES)
    file = tmp_path / "table.csv"
    code, said = classi(
        "bench", "frontier", tmp_path, "--first", 2, "--second", 3, "--seconds", 5, "--out", file, "--lang", "en"
    )
    assert code == 0 and "proved" in said and f"Written: {file}" in said
    assert "Left out of the trade: " in said
    points = rows(file)
    assert len(points) > 1, "girls and boys apart keep every wish, and mixed none of some"
    assert f"{len(points)} points" in said and "Between these points" not in said
    two = ("--first", "balance", "--second", "wishes", "--points", 2, "--seconds", 5, "--out", file, "--lang", "en")
    code, said = classi("bench", "frontier", tmp_path, *two)
    assert code == 0 and len(rows(file)) == 2 and "Between these points there may be others" in said
    assert classi("bench", "frontier", tmp_path, "--first", 2, "--second", "x", "--out", file)[0] == 2
    file.unlink()
    code, said = classi("bench", "prices", tmp_path, "--seconds", 5, "--out", file, "--lang", "en")
    assert code == 0 and "searches" in said and rows(file)
