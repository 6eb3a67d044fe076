"""The commands of the year: enrol, withdraw, swap, adopt, history."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from classi.console import (
    EXIT_OTHER,
    CasePath,
    Day,
    Directory,
    Exceptional,
    GroundId,
    Out,
    Papers,
    PupilId,
    Seconds,
    Seed,
    Who,
    Why,
    Workers,
    day_of,
    ready,
    refuse_broken,
    show_problems,
    stderr,
    stdout,
)
from classi.errors import InputError, Problem
from classi.i18n import _

if TYPE_CHECKING:
    from classi.case import Case
    from classi.classes_now import Act
    from classi.differences import RuleChange
    from classi.year.write import Written


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    told = _helps()
    app.command(
        "enrol", help=_("Put who enrols late into the smallest class that the rules allow; a public draw settles ties.")
    )(ready(enrol, told))
    app.command("withdraw", help=_("Record that a pupil leaves, where nobody waits for the place."))(
        ready(withdraw, told)
    )
    app.command("swap", help=_("Let two pupils change places, if the rules allow, and record it."))(ready(swap, told))
    app.command("adopt", help=_("Record that classes formed again take the place of those in force."))(
        ready(adopt, told)
    )
    app.command("history", help=_("Say what was recorded about a pupil, or about all."))(ready(history, told))


def _helps() -> dict[str, str]:
    return {
        "optimise": _("Let the optimiser place the pupil, others moved as little as possible."),
        "max_moves": _("Most pupils who may leave a class that is still there."),
        "formed": _("The folder of the classes formed again."),
        "first": _("The first pupil, by id."),
        "second": _("The second pupil, by id."),
    }


def enrol(
    case: CasePath,
    directory: Directory,
    pupil: PupilId,
    out: Out,
    who: Who,
    why: Why,
    ground: GroundId = "",
    exceptional: Exceptional = "",
    papers: Papers = None,
    on: Day = None,
    source: Annotated[str, typer.Option("--source", metavar="TEXT", show_default=False)] = "",
    source_date: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d", "%d/%m/%Y"], show_default=False)
    ] = None,
    numbers: Annotated[str, typer.Option("--numbers", metavar="TEXT", show_default=False)] = "",
    optimise: Annotated[bool, typer.Option("--optimise")] = False,
    max_moves: Annotated[int | None, typer.Option("--max-moves", metavar="N", min=0, show_default=False)] = None,
    time_limit: Seconds = 60.0,
    seed: Seed = 0,
    workers: Workers = 2,
) -> None:
    """Place a pupil who comes late."""
    from classi.formation.engine import Limits  # noqa: PLC0415
    from classi.year.acts import Numbers, interrupted  # noqa: PLC0415
    from classi.year.acts import enrol as enrol_now  # noqa: PLC0415
    from classi.year.moves import enrol_with_moves  # noqa: PLC0415

    by_moves = optimise or max_moves is not None
    if by_moves and (source or source_date is not None or numbers):
        text = _(
            "The optimiser makes no draw: leave out --source, --date and --numbers, or --optimise and --max-moves."
        )
        raise InputError([Problem(text)])
    read, act, because = _case(case), _act(who, why, on), _because(ground, exceptional, papers)
    if by_moves and not interrupted(read, directory, pupil):
        limits = Limits(time_limit, None, workers, seed)
        reformed, written, reminders = enrol_with_moves(
            read, directory, pupil, out, act, because, max_moves=max_moves, limits=limits
        )
        _say(reformed.lines())
        _say(_("{pupil}: from {before} to {after}.").format(pupil=p, before=b, after=a)
             for p, (b, a) in reformed.moved.items())  # fmt: skip
    else:
        drawn = Numbers(source, None if source_date is None else source_date.date(), _numbers(numbers))
        done = enrol_now(read, directory, pupil, out, act, because, drawn)
        for name, size in done.choices.items():
            text = _("Class {class_id}, {when}: {size} pupils.")
            stdout().print(text.format(class_id=name, when=_("before"), size=size), markup=False)
        if done.written is None:
            assert done.draw is not None
            _publish(read, done.draw)
            raise typer.Exit(EXIT_OTHER)
        if done.draw is not None and done.draw.result is not None:
            text = _("Drawn between {classes}: {class_id}.")
            line = text.format(classes=", ".join(done.tied), class_id=done.class_id)
            stdout().print(line, markup=False)
            stdout().print(_("Publish {file}.").format(file=f"{done.draw.name}.json"), markup=False)
        written, reminders = done.written, done.reminders
    text = _("{pupil} goes to class {class_id}.")
    stdout().print(text.format(pupil=pupil, class_id=written.placed[pupil]), style="bold", markup=False)
    _end(written, reminders, out)


def withdraw(
    case: CasePath,
    directory: Directory,
    pupil: PupilId,
    out: Out,
    who: Who,
    why: Why,
    ground: GroundId = "",
    papers: Papers = None,
    on: Day = None,
) -> None:
    """Record that a pupil leaves."""
    from classi.year.acts import withdraw as withdraw_now  # noqa: PLC0415

    because = _because(ground, "", papers)
    written, reminders = withdraw_now(_case(case), directory, pupil, out, _act(who, why, on), because)
    _end(written, reminders, out)


def swap(
    case: CasePath,
    directory: Directory,
    first: Annotated[str, typer.Argument(metavar="ID1", show_default=False)],
    second: Annotated[str, typer.Argument(metavar="ID2", show_default=False)],
    out: Out,
    who: Who,
    why: Why,
    ground: GroundId = "",
    exceptional: Exceptional = "",
    papers: Papers = None,
    on: Day = None,
) -> None:
    """Let two pupils change places."""
    from classi.year.acts import swap as swap_now  # noqa: PLC0415

    because = _because(ground, exceptional, papers)
    done = swap_now(_case(case), directory, first, second, out, _act(who, why, on), because)
    for pupil, class_id in zip(done.pupils, done.classes, strict=True):
        text = _("{pupil} goes to class {class_id}.")
        stdout().print(text.format(pupil=pupil, class_id=class_id), markup=False)
    _table(done.changes)
    if done.written is None:
        refuse_broken(done.broken)
    _end(done.written, done.reminders, out)


def adopt(
    case: CasePath,
    directory: Directory,
    formed: Annotated[Path, typer.Argument(metavar="NEW", show_default=False)],
    who: Who,
    why: Why,
    ground: GroundId = "",
    exceptional: Exceptional = "",
    papers: Papers = None,
    on: Day = None,
) -> None:
    """Record that classes formed again are in force."""
    from classi.year.moves import adopt as adopt_now  # noqa: PLC0415

    because = _because(ground, exceptional, papers)
    entry, reminders = adopt_now(_case(case), directory, formed, _act(who, why, on), because)
    _remind(reminders)
    stdout().print(_("Recorded as number {n}.").format(n=entry.n), markup=False)


def history(
    case: CasePath,
    pupil: Annotated[str, typer.Argument(metavar="[ID]", show_default=False)] = "",
) -> None:
    """Say what was recorded."""
    from classi.year.history import history as told  # noqa: PLC0415

    read = _case(case)
    lines = told(read, pupil)
    _say(lines or [_("Nothing was recorded.")])
    rules = read.regulation.changes
    if not pupil and rules is not None and rules.last_free_day is not None:
        text = _("Classes change freely until {day}.")
        stdout().print(text.format(day=f"{rules.last_free_day:%d/%m/%Y}"), markup=False)
    if not pupil and rules is not None and rules.publish_by is not None:
        text = _("Classes are published by {day}.")
        stdout().print(text.format(day=f"{rules.publish_by:%d/%m/%Y}"), markup=False)


# --- what they share ---


def _case(path: Path) -> Case:
    from classi.case import Case  # noqa: PLC0415

    read = Case.read(path)
    show_problems(read.warnings)
    return read


def _act(who: str, why: str, on: datetime | None) -> Act:
    from classi.classes_now import Act  # noqa: PLC0415

    return Act(who, why, day_of(on))


def _because(ground: str, exceptional: str, papers: list[str] | None) -> Any:
    from classi.year import Because  # noqa: PLC0415

    return Because(ground, exceptional, tuple(papers or ()))


def _numbers(text: str) -> list[list[int]]:
    from classi.draw import parse_numbers  # noqa: PLC0415

    return parse_numbers(text) if text else []


def _publish(case: Case, drawn: Any) -> None:
    from classi.seating import draw_folder  # noqa: PLC0415

    text = _("{classes} are equally small: a draw decides by: {source}, on {day}. Commitment: {commitment}.")
    day = f"{drawn.source_date:%d/%m/%Y}"
    said = text.format(classes=", ".join(drawn.labels), source=drawn.source, day=day, commitment=drawn.commitment)
    stdout().print(said, style="bold", markup=False)
    text = _("Publish {file} now; when the numbers are out, run this again with --numbers.")
    stdout().print(text.format(file=draw_folder(case) / f"{drawn.name}.json"), markup=False)


def _table(changes: Iterable[RuleChange]) -> None:
    """Show what changes, rule by rule, as the auditor counts it."""
    table = Table(_("rule"), _("price"), _("before"), _("after"), title_justify="left")
    rows = [(c.label, _("hard") if c.hard else _("tier {tier}, weight {weight}").format(tier=c.tier, weight=c.weight),
             str(c.before), str(c.after)) for c in changes]  # fmt: skip
    if not rows:
        stdout().print(_("No rule costs more or less."), markup=False)
        return
    for row in rows:
        table.add_row(*map(escape, row))
    stdout().print(table)


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        stdout().print(line, markup=False)


def _remind(reminders: Iterable[str]) -> None:
    for line in reminders:
        stderr().print(line, style="yellow", markup=False, soft_wrap=True)


def _end(written: Written, reminders: Iterable[str], out: Path) -> None:
    _remind((*reminders, *written.uncertified))
    text = _("Recorded before as number {n}; the classes are written again.") if written.again else ""
    stdout().print((text or _("Recorded as number {n}.")).format(n=written.entry.n), markup=False)
    stdout().print(_("Written: {file}").format(file=out / "assegnazioni.csv"), markup=False)
