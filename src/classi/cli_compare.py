"""The command that sets splits side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from classi.console import EXIT_BROKEN, CasePath, Force, ready, show_problems, stderr, stdout
from classi.i18n import _

if TYPE_CHECKING:
    from classi.report.compare_model import Comparison

Directories = Annotated[list[Path], typer.Argument(metavar="DIR DIR…", show_default=False)]
Folder = Annotated[Path | None, typer.Option("--out", metavar="FOLDER", show_default=False)]
Everything = Annotated[bool, typer.Option("--all")]


def add_to(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("compare", help=_("Set two to six splits side by side: rules, wishes, who moves, what is given up."))(
        ready(compare, _helps())
    )


def _helps() -> dict[str, str]:
    return {
        "directories": _("The folders of the results to compare, two to six; or one that holds alternatives."),
        "everything": _("Show every rule, every wish and everybody who moves."),
    }


def compare(
    case: CasePath, directories: Directories, out: Folder = None, force: Force = False, everything: Everything = False
) -> None:
    """Compare splits, show them, and write the page and the workbook."""
    from classi.case import Case  # noqa: PLC0415
    from classi.compare import check_place, read_splits, write_comparison  # noqa: PLC0415
    from classi.compare import compare as set_side_by_side  # noqa: PLC0415

    if out is not None:
        check_place(out, force=force)
    read = Case.read(case)
    show_problems(read.warnings)
    found = set_side_by_side(read_splits(read, directories))
    files = () if out is None else write_comparison(found, out, force=force)
    show_comparison(found, everything=everything)
    for file in files:
        stdout().print(_("Written: {file}").format(file=file), markup=False)
    if not found.sound:
        _show_broken(found)
        raise typer.Exit(EXIT_BROKEN)


def show_comparison(found: Comparison, *, everything: bool = False) -> None:
    """Print the comparison: what differs, or with `everything` every rule, every wish and everybody who moves."""
    from classi.report import compare_content as words  # noqa: PLC0415

    console = stdout()
    console.print(_rules(found, everything=everything))
    kept = sum(not (r.differs or everything) for r in found.rules)
    if kept:
        text = _("Rules with the same cost in all of them: {number}; --all shows every rule, wish and move.")
        console.print(text.format(number=kept), markup=False)
    if len(found.sides) > 2:
        console.print(_distances(found))
    for line in (v.title for v in words.verdicts(found)):
        console.print(f"• {line}", markup=False)
    for line in words.say_strangers(found):
        console.print(line, style="yellow", markup=False)
    for trade in found.trades:
        console.print()
        console.print(words.say_trade(found, trade), style="bold", markup=False)
        for line in filter(None, (words.say_moves(trade), words.say_renamed(found, trade))):
            console.print(f"  {line}", markup=False)
        for change in trade.changes if everything else ():
            console.print(f"  {change}", markup=False)
        for step in trade.moves.steps if everything else ():
            console.print(f"  - {words.say_step(found, step)}", markup=False)
    if everything:
        _show_wishes(console, found)


def _rules(found: Comparison, *, everything: bool) -> Table:
    """Return the table of rules and tiers: the best of each row has a star."""
    from classi.report.compare_content import say_price, say_tier  # noqa: PLC0415
    from classi.report.compare_model import best_of  # noqa: PLC0415

    table = Table(_("no."), _("rule"), _("price"), title_justify="left")
    table.title = _("Cost of the rules (* the best of the row)")
    for name in found.names:
        table.add_column(escape(name), justify="right")
    for r in (r for r in found.rules if everything or r.differs):
        cells = [f"{'* ' if best else ''}{cost}" for cost, best in zip(r.costs, best_of(r.costs), strict=True)]
        broken = r.hard and any(r.costs)
        table.add_row(str(r.number), escape(r.label), say_price(r), *cells, style="bold red" if broken else None)
    table.add_section()
    for t in found.tiers:
        cells = [f"{'* ' if best else ''}{say_tier(t, k)}" for k, best in enumerate(best_of(t.values))]
        table.add_row("", _("Priority {tier}: points").format(tier=t.tier), "", *cells, style="bold")
    return table


def _distances(found: Comparison) -> Table:
    table = Table("", title=_("Pupils who change class from one to another"), title_justify="left")
    for name in found.names:
        table.add_column(escape(name), justify="right")
    for name, far in zip(found.names, found.distances, strict=True):
        table.add_row(escape(name), *map(str, far))
    return table


def _show_wishes(console: Console, found: Comparison) -> None:
    if found.wishes:
        console.print()
        console.print(_("Wishes that not every split grants"), style="bold", markup=False)
    for wish in found.wishes:
        by = [n for n, granted in zip(found.names, wish.granted, strict=True) if granted]
        said = ", ".join(by) if by else _("no split grants it")
        console.print(f"  {found.labels[wish.pupil]} → {found.labels[wish.friend]}: {said}", markup=False)


def _show_broken(found: Comparison) -> None:
    from classi.report.compare_content import wrongs  # noqa: PLC0415

    for side in found.sides:
        for line in wrongs(side):
            stderr().print(f"{side.name}: {line}", style="bold red", markup=False)
