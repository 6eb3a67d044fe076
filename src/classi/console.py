"""What every command shares: options and their help, errors in words, exit codes, and the two streams.

Exit codes: 0 done · 2 bad input · 3 impossible, explained · 4 a hard rule broken · 1 otherwise.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from datetime import date, datetime
from functools import wraps
from inspect import signature
from pathlib import Path
from threading import Event
from typing import Annotated, Any, NoReturn, TypeVar, cast, get_args, get_type_hints

import typer
from rich.console import Console
from rich.text import Text

from classi.errors import AuditFailure, ClassiError, InputError, Problem
from classi.i18n import _, ngettext

EXIT_OTHER, EXIT_INPUT, EXIT_IMPOSSIBLE, EXIT_BROKEN = 1, 2, 3, 4
MOST_SHOWN = 1000
"""Problems listed of one kind: nobody reads more before correcting these."""

F = TypeVar("F", bound=Callable[..., Any])

CasePath = Annotated[Path, typer.Argument(metavar="CASE", show_default=False)]
Directory = Annotated[Path, typer.Argument(metavar="DIR", show_default=False)]
PupilId = Annotated[str, typer.Argument(metavar="ID", show_default=False)]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", show_default=False)]
Seconds = Annotated[float, typer.Option("--time-limit", metavar="S", min=0.1)]
Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, max=2**31 - 1)]
Workers = Annotated[int, typer.Option("--workers", metavar="N", min=1, max=64)]
Memory = Annotated[int | None, typer.Option("--memory-mb", metavar="MB", min=64)]
Force = Annotated[bool, typer.Option("--force")]
Who = Annotated[str, typer.Option("--who", metavar="TEXT", show_default=False)]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", show_default=False)]
Day = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d", "%d/%m/%Y"], show_default=False)]
GroundId = Annotated[str, typer.Option("--ground", metavar="ID", show_default=False)]
Exceptional = Annotated[str, typer.Option("--exceptional", metavar="TEXT", show_default=False)]
Papers = Annotated[list[str] | None, typer.Option("--with", metavar="TEXT", show_default=False)]


def helps() -> dict[str, str]:
    """Return what each option and argument means, by its name."""
    return {
        "case": _("A folder of tables (csv) or one workbook, with regolamento.toml."),
        "directory": _("The folder with assegnazioni.csv."),
        "file": _("The workbook to write."),
        "published": _("The file to look through."),
        "counts": _("The table to write."),
        "out": _("The folder to write."),
        "time_limit": _("Seconds for the search."),
        "seed": _("The number that fixes every random choice."),
        "workers": _("Search threads; with 1 the same input gives the same bytes."),
        "memory_mb": _("Most memory the process may use, in megabytes."),
        "force": _("Write over a result that is already there."),
        "admissions": _("Walk through an oversubscribed school: rankings, draw, seats, classes, reasons."),
        "who": _("Who decides: a name or an office."),
        "why": _("The reason, as it will be read later."),
        "on": _("The day of the act; default today."),
        "round_name": _("The round of the procedure, by its name; “sezioni” for the draw of letters."),
        "source": _("The public source of the numbers, so that anybody can look them up."),
        "source_date": _("The day the numbers come out, after the commitment."),
        "numbers": _("The numbers that came out: blanks between them, “;” between sources."),
        "outcomes": _("The letters to be drawn, separated by commas."),
        "kind": _("The kind of decision; see the page on admissions."),
        "pupil": _("The pupil, by id."),
        "change": _("A column and its new value; may be repeated."),
        "data": _("What this kind of decision needs; may be repeated."),
        "days": _("Days of absence, for a place that lapses."),
        "transfers": _("A pupil of another class who asks for the place; may be repeated."),
        "course": _("Only a place in a course is left (a musical section): the round that gave it."),
        "class_id": _("The class to move to."),
        "points": _("Publish points too; the law or regulation that allows it."),
        "school_year": _("The school year, as 2026/27."),
        "ground": _("The ground, by its id in the table “changes” of the regulation."),
        "exceptional": _("The exceptional reason, as it will be explained to the families."),
        "papers": _("What was handed in for something the ground needs; may be repeated."),
    }


def day_of(on: datetime | None) -> date:
    """Return the day of an act: the one given, or today."""
    return date.today() if on is None else on.date()


def refuse_broken(rules: Iterable[str]) -> NoReturn:
    """Say which mandatory rules a change would break, and end: nothing was recorded."""
    text = _("The change would break: {rules}. Nothing was recorded.")
    stderr().print(text.format(rules=", ".join(rules)), style="bold red", markup=False)
    raise typer.Exit(EXIT_BROKEN)


def ready(command: F, words: Mapping[str, str] | None = None) -> F:
    """Make a function a command: its options explained in the current language, its errors in words.

    Parameters
    ----------
    words : what its own options and arguments mean, by name, before what `helps` says.
    """
    known, given = {**helps(), **(words or {})}, signature(command)
    types = getattr(command, "__knob_types__", None) or get_type_hints(command, include_extras=True)
    parameters = []
    for parameter in given.parameters.values():
        base, info = get_args(types[parameter.name])[:2]
        told = copy(info)
        told.help = known.get(parameter.name)
        parameters.append(parameter.replace(annotation=Annotated[base, told]))
    safe = guarded(command)
    safe.__signature__ = given.replace(parameters=parameters)  # type: ignore[attr-defined]
    safe.__annotations__ = {p.name: p.annotation for p in parameters}
    return safe


def guarded(command: F) -> F:
    """Turn the errors classi raises on purpose into words and exit codes."""

    @wraps(command)
    def safe(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except InputError as error:
            show_problems(error.problems)
            raise typer.Exit(EXIT_INPUT) from None
        except AuditFailure as error:
            stderr().print(_("The independent count differs from the solver's: nothing was written."), style="bold red")
            stderr().print(str(error), markup=False)
            raise typer.Exit(EXIT_OTHER) from None
        except ClassiError as error:
            stderr().print(str(error), markup=False)
            raise typer.Exit(EXIT_OTHER) from None
        except OSError as error:
            stderr().print(_say_system(error), style="red", markup=False)
            raise typer.Exit(EXIT_INPUT) from None

    return cast(F, safe)


def _say_system(error: OSError) -> str:
    """Say what the system refused, without the names of files that are only ours for a moment."""
    said = {
        errno.ENOENT: _("There is no such file or folder."),
        errno.EEXIST: _("It is there already."),
        errno.EACCES: _("You are not allowed to read or write here."),
        errno.EPERM: _("You are not allowed to read or write here."),
        errno.EROFS: _("Nothing can be written here: the disk is read-only."),
        errno.ENOSPC: _("The disk is full."),
        errno.EISDIR: _("This is a folder; a file is needed."),
        errno.ENOTDIR: _("This is a file; a folder is needed."),
    }.get(error.errno or 0, _("The file cannot be read or written."))
    name = Path(os.fsdecode(error.filename)).name if isinstance(error.filename, str | bytes) else ""
    return said if not name or name.startswith(".") else f"{name}: {said}"


def stderr() -> Console:
    """Return the stream of messages."""
    return Console(stderr=True, highlight=False)


def stdout() -> Console:
    """Return the stream of results."""
    return Console(highlight=False, soft_wrap=True)


def show_problems(problems: Iterable[Problem]) -> None:
    """Print problems, each with its place, on standard error."""
    console = stderr()
    listed = list(problems)
    for kind, style in ((False, "red"), (True, "yellow")):
        lines = [str(problem) for problem in listed if problem.warning is kind]
        if lines:
            more = len(lines) - MOST_SHOWN
            lines[MOST_SHOWN:] = [_("… and {number} more.").format(number=more)] if more > 0 else []
            console.print(Text("\n".join(lines), style), soft_wrap=True)
    errors = sum(not p.warning for p in listed)
    if errors:
        text = ngettext("{n} problem: nothing was written.", "{n} problems: nothing was written.", errors)
        console.print(text.format(n=errors), style="bold red", markup=False)


@contextmanager
def stopped_by_ctrl_c(stop: Event) -> Iterator[None]:
    """Let the first Ctrl-C end the work and keep what there is; a second one ends the program."""

    def interrupted(*_signal: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
