"""The commands of the benchmark: measure suites, report, and study fairness."""

from __future__ import annotations

import os
import shlex
import signal
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from classi import cli_fairness
from classi.console import EXIT_OTHER, ready, stderr, stdout, stopped_by_ctrl_c
from classi.errors import InputError, Problem
from classi.i18n import _, ngettext

if TYPE_CHECKING:
    from classi.bench.sweep import State

STORE = Path("build/bench.jsonl")
EXIT_STOPPED = 128 + signal.SIGINT
NEWS_SECONDS = 10.0
"""On a plain stream, seconds between two lines of progress."""

SuiteName = Annotated[str, typer.Argument(metavar="SUITE", show_default=False)]
StoreFile = Annotated[Path, typer.Option("--store", metavar="FILE")]
StoreFiles = Annotated[list[Path], typer.Option("--store", metavar="FILE", show_default=str(STORE))]
Words = Annotated[str | None, typer.Option(metavar="A,B,…")]
Pem = Annotated[Path | None, typer.Option(metavar="FILE")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    bench = typer.Typer(no_args_is_help=True, help=_("The open benchmark of class formation, and fairness research."))
    bench.command("run", help=_("Measure a suite; the same command goes on where an earlier one was stopped."))(
        ready(run, helps())
    )
    bench.command("list", help=_("List the suites, the families of schools, and the methods."))(ready(list_all, {}))
    bench.command("report", help=_("Write the tables and plots of a store."))(ready(report, helps()))
    cli_fairness.add_to(bench)
    app.add_typer(bench, name="bench")


def helps() -> dict[str, str]:
    """Return what the options of these commands mean, where it differs from the other commands."""
    return {
        "suite": _("The suite, by name; see “classi bench list”."),
        "store": _("Where the measurements are kept; what is there is not measured again."),
        "stores": _("Where the measurements are; may be repeated."),
        "seeds": _("Only the first so many seeds."),
        "families": _("Only these families of schools, separated by commas."),
        "sizes": _("Only these numbers of pupils, separated by commas."),
        "methods": _("These methods instead of the suite's, separated by commas."),
        "seconds": _("Seconds each answer may take, instead of the suite's."),
        "workers": _("Tasks at the same time, each in a process of its own; default one a core."),
        "threads": _("Search threads of each task."),
        "scheduler": _("Address of a Dask scheduler, tls://host:port: the tasks run on its workers instead."),
        "tls_ca": _("Certificate of the authority that signed the cluster's certificates."),
        "tls_cert": _("Certificate this program shows to the cluster."),
        "tls_key": _("Private key of that certificate."),
    }


# --- measuring ---


def run(
    suite: SuiteName,
    store: StoreFile = STORE,
    seeds: Annotated[int | None, typer.Option("--seeds", metavar="N", min=1)] = None,
    families: Words = None,
    sizes: Words = None,
    methods: Words = None,
    seconds: Annotated[float | None, typer.Option("--seconds", metavar="S", min=0.1)] = None,
    workers: Annotated[int | None, typer.Option("--workers", metavar="N", min=1, max=1024)] = None,
    threads: Annotated[int, typer.Option("--threads", metavar="N", min=1, max=64)] = 1,
    scheduler: Annotated[str | None, typer.Option("--scheduler", metavar="tls://HOST:PORT")] = None,
    tls_ca: Pem = None,
    tls_cert: Pem = None,
    tls_key: Pem = None,
) -> None:
    """Measure what is not in the store yet."""
    from classi.bench.cluster import Scheduler, connected, on_cluster  # noqa: PLC0415
    from classi.bench.cluster import workers as counted  # noqa: PLC0415
    from classi.bench.pool import in_pool  # noqa: PLC0415
    from classi.bench.records import Sweep  # noqa: PLC0415
    from classi.bench.store import fingerprint, opened  # noqa: PLC0415
    from classi.bench.suites import digest  # noqa: PLC0415
    from classi.bench.suites import suite as named  # noqa: PLC0415
    from classi.bench.sweep import sweep  # noqa: PLC0415

    tasks = named(suite).tasks(seeds, _numbers(sizes), _listed(methods), seconds, threads, _listed(families))
    pool = at_once = workers or os.cpu_count() or 1
    command = _command(
        suite, seeds=seeds, families=families, sizes=sizes, methods=methods, seconds=seconds, threads=threads,
        workers=pool if scheduler is None else None,
    )  # fmt: skip
    stop, begun = threading.Event(), time.monotonic()
    with opened(store, fingerprint()) as ledger, _Live() as live, stopped_by_ctrl_c(stop):
        known = len(ledger.finished)
        measured = partial(sweep, tasks, ledger, stop=stop, show=live.show)
        if scheduler is None:
            ledger.note(command)
            state = measured(in_pool(pool), lambda: pool)
        else:
            with connected(Scheduler(scheduler, tls_ca, tls_cert, tls_key)) as client:
                ledger.note(command)
                at_once = counted(client)
                state = measured(on_cluster(client), partial(counted, client))
        number, took = len(ledger.finished) - known, round(time.monotonic() - begun, 3)
        if number:
            where = "pool" if scheduler is None else "cluster"
            total = state.total - state.skipped
            ledger.ran(Sweep(suite, digest(tasks, ledger.code), where, at_once, total, number, took))
    _end(state, store, number, took)


def _end(state: State, store: Path, number: int, seconds: float) -> None:
    """Say how it ended, `number` tasks having been measured now, and end accordingly."""
    console = stdout()
    console.print(_say(state), markup=False)
    if number:
        text = ngettext("{n} task in {seconds} s.", "{n} tasks in {seconds} s.", number)
        console.print(text.format(n=number, seconds=f"{seconds:.1f}".replace(".", _("."))), markup=False)
    if state.skipped:
        text = ngettext(
            "{n} task was skipped: its method is not available here.",
            "{n} tasks were skipped: their method is not available here.", state.skipped,
        )  # fmt: skip
        console.print(text.format(n=state.skipped), markup=False)
    if not state.finished:
        text = _("Stopped. The same command goes on from here: everything that came back is in {file}.")
        console.print(text.format(file=store), markup=False)
        raise typer.Exit(EXIT_STOPPED)
    if state.failed:
        raise typer.Exit(EXIT_OTHER)
    console.print(_("Tables and plots: classi bench report --store {file}").format(file=store), markup=False)


def _listed(words: str | None) -> list[str] | None:
    return None if words is None else [word.strip() for word in words.split(",") if word.strip()]


def _numbers(words: str | None) -> list[int] | None:
    listed = _listed(words)
    if listed is None:
        return None
    text = _("“{word}” is not a whole number.")
    if problems := [Problem(text.format(word=word)) for word in listed if not word.isdecimal()]:
        raise InputError(problems)
    return [int(word) for word in listed]


def _command(suite: str, **options: Any) -> str:
    """Return the command that measures the same again; files and addresses have no part in what is measured."""
    given = [f"--{name}={value}" for name, value in options.items() if value is not None]
    return shlex.join(["classi", "bench", "run", suite, *given])


class _Live:
    """One line on standard error that follows the sweep; on a plain stream, a line from time to time."""

    def __init__(self) -> None:
        self.console = stderr()
        self.status = self.console.status("") if self.console.is_terminal else None
        self.next = 0.0

    def __enter__(self) -> _Live:
        if self.status is not None:
            self.status.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self.status is not None:
            self.status.stop()

    def show(self, state: State) -> None:
        if state.last is not None and state.last.status == "failed":
            name = f"{state.last.family}-{state.last.pupils}-{state.last.seed} {state.last.method}"
            self.console.print(f"{name}: {state.last.error}", style="red", markup=False)
        if self.status is not None:
            self.status.update(_say(state))
        elif time.monotonic() >= self.next:
            self.next = time.monotonic() + NEWS_SECONDS
            self.console.print(_say(state), markup=False)


def _say(state: State) -> str:
    parts = [_("{done} of {total} measured").format(done=state.done, total=state.total)]
    if state.failed:
        parts.append(ngettext("{n} failed", "{n} failed", state.failed).format(n=state.failed))
    if not state.finished:
        parts.append(_left(state))
    return ", ".join(parts)


def _left(state: State) -> str:
    if state.left is None:
        return _("time left unknown yet")
    if state.unknown:
        text = _("at least {time} left ({n} tasks are like nothing measured so far)")
        return text.format(time=_duration(state.left), n=state.unknown)
    return _("about {time} left").format(time=_duration(state.left))


def _duration(seconds: float) -> str:
    """Say a duration as roughly as it is known."""
    if seconds < 90:
        return _("{n} s").format(n=round(seconds))
    if seconds < 5400:
        return _("{n} min").format(n=round(seconds / 60))
    return _("{n} h").format(n=f"{seconds / 3600:.1f}".replace(".", _(".")))


# --- what there is, and the report ---


def list_all() -> None:
    """List suites, families and methods."""
    from classi.bench import words  # noqa: PLC0415
    from classi.bench.instances import FAMILIES  # noqa: PLC0415
    from classi.bench.methods import methods  # noqa: PLC0415
    from classi.bench.suites import suites  # noqa: PLC0415

    console = stdout()
    table = Table(_("suite"), _("tasks"), _("pupils"), _("what for"), title=_("Suites"), title_justify="left")
    for name, one in suites().items():
        table.add_row(name, str(len(one.tasks())), ", ".join(map(str, one.sizes)), one.about)
    console.print(table)
    for title, names, said in (
        (_("Families of schools"), FAMILIES, words.families()),
        (_("Methods"), methods(), words.methods()),
    ):
        table = Table(_("name"), _("what it is"), title=title, title_justify="left")
        for name in names:
            table.add_row(name, said.get(name, ""))
        console.print(table)


def report(
    stores: StoreFiles = [STORE],  # noqa: B006 - typer makes a list of its own
    out: Annotated[Path, typer.Option("--out", metavar="DIR")] = Path("bench-report"),
) -> None:
    """Write the report on what was measured with the code measured last."""
    from classi.bench.report import absent, write_report  # noqa: PLC0415
    from classi.bench.store import Content, read_store  # noqa: PLC0415

    found = sum((read_store(store) for store in stores if store.exists()), Content()).latest()
    if not found.records:
        text = _("There is no measurement in this store: run “classi bench run SUITE” first.")
        raise InputError([Problem(text, ", ".join(map(str, stores)))])
    if found.others:
        text = ngettext(
            "{n} measurement of other versions was left out.",
            "{n} measurements of other versions were left out.",
            found.others,
        )
        stderr().print(text.format(n=found.others), style="yellow", markup=False)
    for line in absent():
        stderr().print(line, style="yellow", markup=False)
    commands = "\n".join([*found.commands, "classi bench report"])
    for file in write_report(found.records, out, commands, found.sweeps):
        stdout().print(str(file), markup=False)
