"""The commands of fairness research: the trade-off of two rules, prices, groups, and chance; tables for pandas."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classi.console import CasePath, Seed, ready, show_problems, stderr, stdout
from classi.i18n import _, ngettext

if TYPE_CHECKING:
    from classi.bench.frontier import Point
    from classi.case import Case

Rule = Annotated[str, typer.Option(metavar="RULE", show_default=False)]
TableFile = Annotated[Path, typer.Option("--out", metavar="FILE", show_default=False)]
Each = Annotated[float, typer.Option("--seconds", metavar="S", min=0.1)]
Result = Annotated[Path, typer.Argument(metavar="DIR", show_default=False)]


def add_to(bench: typer.Typer) -> None:
    """Add the commands to the group `bench`."""
    known = helps()
    bench.command("frontier", help=_("Trade two rules of a case against each other, point by point."))(
        ready(trade, known)
    )
    bench.command("prices", help=_("Say what each rule of a case costs the others."))(ready(price, known))
    bench.command("groups", help=_("Count who gets their wishes, group by group."))(ready(share, known))
    bench.command("chance", help=_("Compare with classes drawn at random."))(ready(draw, known))


def helps() -> dict[str, str]:
    """Return what the options of these commands mean, where it differs from the other commands."""
    return {
        "first": _("A rule: its number, its name, or its kind."),
        "second": _("The other rule."),
        "points": _("At most so many points; default all."),
        "seconds": _("Seconds for each search."),
        "rest": _("Minimise the other rules too, after the two."),
        "out": _("The table to write, .csv or .parquet."),
        "directory": _("The folder with assegnazioni.csv."),
        "by": _("A column to group by; may be repeated. Default: the usual groups."),
        "draws": _("How many random splits."),
        "eligible": _("Only into classes open to the pupil."),
    }


def trade(
    case: CasePath,
    first: Rule,
    second: Rule,
    out: TableFile,
    points: Annotated[int | None, typer.Option("--points", metavar="N", min=2)] = None,
    seconds: Each = 30.0,
    rest: Annotated[bool, typer.Option("--rest")] = False,
    seed: Seed = 0,
) -> None:
    """Write the trade-off of two rules."""
    from classi.bench import tidy  # noqa: PLC0415
    from classi.bench.frontier import frontier  # noqa: PLC0415

    tidy.check(out)
    found = frontier(
        _read(case), first, second, points=points, seconds=seconds, seed=seed, rest=rest, progress=_show_point
    )
    tidy.write(found.to_frame(), out)
    console = stdout()
    text = ngettext("{n} point.", "{n} points.", len(found.points))
    console.print(text.format(n=len(found.points)), markup=False)
    if found.dropped:
        text = _("Left out of the trade: {rules}.")
        console.print(text.format(rules=", ".join(map(str, found.dropped))), markup=False)
    if not found.complete:
        console.print(_("Between these points there may be others."), markup=False)
    _written(out)


def price(case: CasePath, out: TableFile, seconds: Each = 30.0, seed: Seed = 0) -> None:
    """Write what each rule costs the others."""
    from classi.bench import tidy  # noqa: PLC0415
    from classi.bench.prices import prices  # noqa: PLC0415

    tidy.check(out)
    tidy.write(prices(_read(case), seconds=seconds, seed=seed, progress=_show_done), out)
    _written(out)


def share(
    case: CasePath,
    directory: Result,
    out: TableFile,
    by: Annotated[list[str] | None, typer.Option("--by", metavar="COLUMN", show_default=False)] = None,
) -> None:
    """Write who gets their wishes."""
    from classi.bench import tidy  # noqa: PLC0415
    from classi.bench.groups import groups  # noqa: PLC0415

    tidy.check(out)
    tidy.write(groups(_read(case), _placed(case, directory), by), out)
    _written(out)


def draw(
    case: CasePath,
    out: TableFile,
    directory: Annotated[Path | None, typer.Argument(metavar="[DIR]", show_default=False)] = None,
    draws: Annotated[int, typer.Option("--draws", metavar="N", min=2)] = 1000,
    eligible: Annotated[bool, typer.Option("--eligible")] = False,
    seed: Seed = 0,
) -> None:
    """Write what classes drawn at random would cost."""
    from classi.bench import tidy  # noqa: PLC0415
    from classi.bench.chance import chance  # noqa: PLC0415

    tidy.check(out)
    placed = None if directory is None else _placed(case, directory)
    tidy.write(chance(_read(case), placed, draws=draws, seed=seed, eligible=eligible), out)
    _written(out)


def _read(path: Path) -> Case:
    from classi.case import Case  # noqa: PLC0415

    read = Case.read(path)
    show_problems(read.warnings)
    return read


def _placed(case: Path, directory: Path) -> Mapping[str, str]:
    """Return the class of each pupil of a result."""
    from classi import resources  # noqa: PLC0415
    from classi.audit import audit_files  # noqa: PLC0415

    return audit_files(case, directory, resources.models())[1].placed


def _show_point(point: Point) -> None:
    state = _("proved") if point.proved else _("not proved")
    stderr().print(f"{point.first} / {point.second} ({state})", markup=False)


def _show_done(done: int, total: int) -> None:
    stderr().print(_("{done} of {total} searches").format(done=done, total=total), markup=False)


def _written(out: Path) -> None:
    stdout().print(_("Written: {file}").format(file=out), markup=False)
