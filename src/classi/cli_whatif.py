"""The command `whatif`: moves and swaps priced, what gives way to them, what would be better; the change written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from classi.console import (
    EXIT_BROKEN,
    EXIT_IMPOSSIBLE,
    EXIT_OTHER,
    CasePath,
    Directory,
    Force,
    Seconds,
    Seed,
    Who,
    Why,
    Workers,
    ready,
    show_problems,
    stdout,
    stopped_by_ctrl_c,
)
from classi.errors import InputError, Problem
from classi.i18n import _, ngettext

if TYPE_CHECKING:
    from classi.handmade import Decision
    from classi.price import Price
    from classi.splits import Split
    from classi.whatif import Repaired, WhatIf

Moves = Annotated[list[str] | None, typer.Option("--move", metavar="ID=CLASS", show_default=False)]
PupilSwaps = Annotated[list[str] | None, typer.Option("--swap", metavar="ID,ID", show_default=False)]
Locks = Annotated[list[str] | None, typer.Option("--lock", metavar="ID", show_default=False)]
Repairs = Annotated[bool, typer.Option("--repair")]
MaxMoves = Annotated[int | None, typer.Option("--max-moves", metavar="N", min=0)]
Best = Annotated[str, typer.Option("--best", metavar="ID")]
BestRule = Annotated[int | None, typer.Option("--best-rule", metavar="N")]
Top = Annotated[int, typer.Option("--top", metavar="N", min=1, max=1000)]
Opposite = Annotated[bool, typer.Option("--opposite")]
To = Annotated[Path | None, typer.Option("--out", metavar="DIR", show_default=False)]
Ground = Annotated[str, typer.Option("--ground", metavar="TEXT", show_default=False)]
CaseFilePath = Annotated[Path | None, typer.Option("--case-file", metavar="FILE", show_default=False)]


def add_to(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("whatif", help=_("Say what moving or swapping pupils does to every rule, and what would be better."))(
        ready(whatif, _helps())
    )


def _helps() -> dict[str, str]:
    return {
        "moves": _("Move a pupil; may be repeated, all changes count together."),
        "swaps": _("Swap two pupils; may be repeated."),
        "locks": _("A pupil who stays; may be repeated."),
        "repair": _("Find the fewest others who must move for the mandatory rules to hold."),
        "max_moves": _("Instead of the fewest moves: the best split with at most so many further moves."),
        "best": _("List the best moves and swaps of this pupil."),
        "best_rule": _("List the best moves and swaps for the rule of this number."),
        "top": _("How many are listed."),
        "opposite": _("Only swaps that leave every count of every class as it is."),
        "ground": _("The ground of the change: a rule of the school, an article."),
        "case_file": _("The case file to record the change in; its locks hold."),
    }


def whatif(
    case: CasePath,
    directory: Directory,
    moves: Moves = None,
    swaps: PupilSwaps = None,
    locks: Locks = None,
    repair: Repairs = False,
    max_moves: MaxMoves = None,
    best: Best = "",
    best_rule: BestRule = None,
    top: Top = 10,
    opposite: Opposite = False,
    out: To = None,
    who: Who = "",
    why: Why = "",
    ground: Ground = "",
    case_file: CaseFilePath = None,
    force: Force = False,
    time_limit: Seconds = 20.0,
    seed: Seed = 0,
    workers: Workers = 2,
) -> None:
    """Price a change of a split, and write it where asked to."""
    from classi.case import Case  # noqa: PLC0415
    from classi.handmade import Decision, refuse_unfit  # noqa: PLC0415
    from classi.splits import read_split  # noqa: PLC0415
    from classi.whatif import WhatIf  # noqa: PLC0415

    decision = Decision(who, why, ground)
    changing = bool(moves or swaps)
    _refuse_nonsense(changing, best, best_rule, out, case_file, repair or max_moves is not None)
    if out is not None:
        refuse_unfit(out, decision, force=force)
    split = read_split(Case.read(case), directory)
    show_problems([Problem(line, warning=True) for line in split.recount.differences])
    what = WhatIf(split, (*(locks or ()), *(p for p in _locks(case_file) if p in split.placed)))
    if not changing:
        _show_best(what, best, best_rule, top, opposite=opposite)
        return
    changes, price = _asked(what, moves or (), swaps or ())
    _show_price(what, price)
    found: Price | None = price
    if repair or max_moves is not None:
        stop = Event()
        with stopped_by_ctrl_c(stop):
            answer = what.repair(
                changes, seconds=time_limit, max_moves=max_moves, seed=seed, workers=workers, stop=stop
            )
        _show_repair(what, answer, max_moves)
        found = answer.price
    if found is None or not found.kept:
        raise typer.Exit(EXIT_BROKEN)
    if out is not None:
        _write(split, found, decision, [m.pupil for m in price.moves], out, case_file, force=force)


# --- what was asked ---


def _refuse_nonsense(
    changing: bool, best: str, best_rule: int | None, out: Path | None, case_file: Path | None, repairing: bool
) -> None:
    problems = []
    if sum((changing, bool(best), best_rule is not None)) > 1:
        problems.append(Problem(_("Ask one thing at a time: a change, --best or --best-rule.")))
    if not changing and (out is not None or repairing):
        problems.append(Problem(_("Name the change: --move or --swap.")))
    if case_file is not None and out is None and changing:
        problems.append(Problem(_("A change is recorded in a case file only when it is written: add --out.")))
    if problems:
        raise InputError(problems)


def _asked(what: WhatIf, moves: Iterable[str], swaps: Iterable[str]) -> tuple[list[tuple[str, str]], Price]:
    """Read ``ID=CLASS`` and ``ID,ID``, and price them; every mistake is told at once."""
    found: list[tuple[str, str]] = []
    problems: list[Problem] = []
    for text, separator, wanted in (
        *((m, "=", _("A move is written PUPIL=CLASS.")) for m in moves),
        *((s, ",", _("A swap is written PUPIL,PUPIL.")) for s in swaps),
    ):
        one, _separator, other = (part.strip() for part in text.rpartition(separator))
        if not one or not other:
            problems.append(Problem(wanted, value=text))
        elif separator == "=":
            found.append((one, other))
        else:
            try:
                found += what.swapped(one, other)
            except InputError as error:
                problems += error.problems
    try:
        price = what.price(found)
    except InputError as error:
        # That nothing is left of a change in which all is wrong need not be said.
        problems += error.problems if found or not problems else ()
    if problems:
        raise InputError(problems)
    return found, price


def _locks(case_file: Path | None) -> tuple[str, ...]:
    if case_file is None:
        return ()
    from classi.case_file import CaseFile  # noqa: PLC0415

    return tuple(CaseFile.open(case_file).state.locks)


# --- what is shown ---


def _show_price(what: WhatIf, price: Price) -> None:
    console = stdout()
    console.print("; ".join(map(str, price.moves)), style="bold", markup=False)
    head, *lines = what.words(price)
    console.print(head, style=None if price.kept else "bold red", markup=False)
    for line in lines:
        console.print(f"  {line}", markup=False)


def _show_repair(what: WhatIf, answer: Repaired, max_moves: int | None) -> None:
    console = stdout()
    if answer.price is None:
        _show_no_repair(answer, max_moves)
    elif not answer.further:
        console.print(_say_none_further(answer, max_moves), style="green", markup=False)
    else:
        number = len(answer.further)
        text = ngettext("{n} further move:", "{n} further moves:", number)
        console.print(text.format(n=number), style="bold", markup=False)
        for move in answer.further:
            console.print(f"  {move}", markup=False)
        if max_moves is None:
            console.print(_say_fewest(answer), markup=False)
        elif answer.status == "OPTIMAL":
            console.print(_("No choice of so few moves gives a better split (proved)."), markup=False)
        else:
            console.print(_("A better choice of moves may exist: the time allowed ended first."), markup=False)
        console.print(_("All the moves together:"), style="bold", markup=False)
        _show_price(what, answer.price)


def _show_no_repair(answer: Repaired, max_moves: int | None) -> None:
    console = stdout()
    if answer.status != "INFEASIBLE":
        console.print(_("No further moves were found in the time allowed, and none were proved impossible."))
        raise typer.Exit(EXIT_OTHER)
    if max_moves is not None:
        text = _("The mandatory rules cannot be kept with this change and at most {n} further moves.")
        console.print(text.format(n=max_moves), style="bold red", markup=False)
    else:
        console.print(_("No further moves can help: the change itself is impossible."), style="bold red", markup=False)
    for line in answer.conflict.lines() if answer.conflict is not None else ():
        console.print(f"  {line}", markup=False)
    raise typer.Exit(EXIT_IMPOSSIBLE)


def _say_none_further(answer: Repaired, max_moves: int | None) -> str:
    if max_moves is None:
        return _("No further move is needed.")
    if answer.status == "OPTIMAL":
        return _("No further moves make the split better (proved).")
    return _("No further moves were found that make the split better, in the time allowed.")


def _say_fewest(answer: Repaired) -> str:
    if answer.fewest:
        return _("Fewer do not keep the mandatory rules (proved).")
    text = _("Fewer may do (at least {n} are needed): the time allowed ended first.")
    return text.format(n=answer.at_least)


def _show_best(what: WhatIf, pupil: str, rule: int | None, top: int, *, opposite: bool) -> None:
    ask: Callable[..., tuple[Price, ...]] = what.best
    if pupil:
        ask = partial(what.best_for, pupil)
    elif rule is not None:
        ask = partial(what.best_for_rule, rule)
    console = stdout()
    found = ask(top=top, opposite=opposite)
    if not found:
        console.print(_none_better(pupil, rule, opposite=opposite), style="bold", markup=False)
        found = ask(top=top, opposite=opposite, anyway=True)
        if found:
            console.print(_("Those that cost least and leave the mandatory rules as they are:"), markup=False)
        else:
            console.print(_("Nor does any leave the mandatory rules as they are."), markup=False)
    for n, price in enumerate(found, 1):
        console.print(f"{n}. {'; '.join(map(str, price.moves))}", style="bold", markup=False)
        for line in what.words(price):
            console.print(f"   {line}", markup=False)


def _none_better(pupil: str, rule: int | None, *, opposite: bool) -> str:
    if opposite:
        return _("No swap that leaves every balance unchanged makes the split better.")
    if pupil:
        return _("No single move or swap of this pupil makes the split better.")
    if rule is not None:
        return _("No single move or swap helps this rule and makes the whole split better.")
    return _("No single move or swap makes the split better.")


# --- what is written ---


def _write(
    split: Split,
    price: Price,
    decision: Decision,
    asked: Sequence[str],
    out: Path,
    case_file: Path | None,
    *,
    force: bool,
) -> None:
    from classi.handmade import write_change  # noqa: PLC0415

    write_change(split, price.moves, decision, out, asked=asked, force=force, case_file=case_file)
    stdout().print(_("Written: {file}").format(file=out), markup=False)
