"""The commands that explain: explain (why this class, for the commission or a family) and conflicts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from classi.console import (
    EXIT_IMPOSSIBLE,
    EXIT_OTHER,
    CasePath,
    Directory,
    Force,
    Seconds,
    ready,
    show_problems,
    stderr,
    stdout,
)
from classi.errors import InputError, Problem
from classi.i18n import _

if TYPE_CHECKING:
    from classi.case import Case
    from classi.splits import Split


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("explain", help=_("Say why a pupil is in this class, and what any other would cost."))(
        ready(explain, _helps())
    )
    app.command("conflicts", help=_("Of an impossible case, say all that clashes and the cheapest ways out."))(
        ready(conflicts, _helps())
    )


def _helps() -> dict[str, str]:
    return {
        "pupil": _("The pupil, by id; left out with --all."),
        "family": _("The version for the family: about their own child only."),
        "rule": _("Explain the counts of this rule, by its number."),
        "class_id": _("The class whose counts are explained; default the pupil's."),
        "as_json": _("Write plain data for scripts."),
        "everybody": _("Write a page for every pupil's family; with --family and --out."),
        "folder": _("The folder to write, with --all."),
        "most": _("How many conflicts to look for."),
    }


def explain(
    case: CasePath,
    directory: Directory,
    pupil: Annotated[str, typer.Argument(metavar="ID", show_default=False)] = "",
    family: Annotated[bool, typer.Option("--family")] = False,
    rule: Annotated[int | None, typer.Option("--rule", metavar="N", show_default=False)] = None,
    class_id: Annotated[str, typer.Option("--class", metavar="CLASS")] = "",
    as_json: Annotated[bool, typer.Option("--json")] = False,
    everybody: Annotated[bool, typer.Option("--all")] = False,
    folder: Annotated[Path | None, typer.Option("--out", metavar="DIR", show_default=False)] = None,
    force: Force = False,
) -> None:
    """Say why a pupil is in this class."""
    from classi.case import Case  # noqa: PLC0415

    if everybody and as_json:
        raise InputError([Problem(_("--json says one pupil: it does not go with --all."))])
    _refuse_odd(pupil, family=family, everybody=everybody, folder=folder, counts=rule is not None or bool(class_id))
    read = Case.read(case)
    if folder is not None:
        _write_families(read, directory, folder, force=force)
    elif family:
        _family(read, directory, pupil, as_json=as_json)
    else:
        _commission(read, directory, pupil, rule, class_id, as_json=as_json)


def _refuse_odd(pupil: str, *, family: bool, everybody: bool, folder: Path | None, counts: bool) -> None:
    """Refuse options that do not go together, all at once."""
    problems = []
    if everybody and (pupil or not family or folder is None):
        problems.append(Problem(_("--all goes with --family and --out, and without a pupil.")))
    if not everybody and not pupil:
        problems.append(Problem(_("Which pupil? Give an id, or --all."), column="id"))
    if not everybody and folder is not None:
        problems.append(Problem(_("--out goes with --all only.")))
    if family and counts:
        problems.append(Problem(_("--rule and --class are for the commission: counts are not shown to families.")))
    if problems:
        raise InputError(problems)


def _commission(case: Case, directory: Path, pupil: str, rule: int | None, class_id: str, *, as_json: bool) -> None:
    from classi.explain.pupil import explain_pupil  # noqa: PLC0415
    from classi.explain.words import lines  # noqa: PLC0415

    seats = _gives_seats(case)
    split = _split(case, directory) if not seats or _formed(directory) else None
    if split is None or (seats and pupil not in split.placed):
        seat = _seat(case, directory, pupil)
        _print({"pupil": pupil, "seat": seat} if as_json else seat)
        return
    seat = _seat(case, directory, pupil) if seats and _ranked(directory, pupil) else []
    found = explain_pupil(split, pupil, rule=rule, class_id=class_id or None)
    said = lines(found, split)
    _print({**found.to_dict(), "seat": seat, "lines": said} if as_json else [*seat, *([""] if seat else []), *said])


def _gives_seats(case: Case) -> bool:
    procedure = case.regulation.admission
    return procedure is not None and bool(procedure.rounds)


def _seat(case: Case, directory: Path, pupil: str) -> list[str]:
    """Say why the pupil got a seat."""
    from classi.seat_words import explain_seat  # noqa: PLC0415

    return explain_seat(directory, case.regulation, pupil)


def _ranked(directory: Path, pupil: str) -> bool:
    """Tell whether the rankings hold the pupil: who came during the year stands in none."""
    from classi.seat_files import RANKINGS  # noqa: PLC0415
    from classi.seat_words import read_rows  # noqa: PLC0415

    return any(row.get("id") == pupil for row in read_rows(directory / RANKINGS))


def _formed(directory: Path) -> bool:
    """Tell whether classes were formed of the seats: there is a certificate."""
    from classi.recount import ASSIGNMENT, CERTIFICATE  # noqa: PLC0415

    return (directory / CERTIFICATE).is_file() and (directory / ASSIGNMENT).is_file()


def _family(case: Case, directory: Path, pupil: str, *, as_json: bool) -> None:
    from classi.explain.family import explain_family  # noqa: PLC0415

    found = explain_family(_split(case, directory), pupil)
    _print(found.to_dict() if as_json else found.lines())


def _write_families(case: Case, directory: Path, folder: Path, *, force: bool) -> None:
    from classi.explain.family import write_families  # noqa: PLC0415

    written = write_families(_split(case, directory), folder, force=force)
    stdout().print(_("Written: {file}").format(file=folder / f"*.html ({len(written)})"), markup=False)


def _split(case: Case, directory: Path) -> Split:
    from classi.splits import read_split  # noqa: PLC0415

    split = read_split(case, directory)
    for line in split.recount.differences:  # the certificate is not of these files: its proofs are not told
        stderr().print(line, style="yellow", markup=False, soft_wrap=True)
    return split


def conflicts(
    case: CasePath,
    most: Annotated[int, typer.Option("--most", metavar="N", min=1, max=100)] = 5,
    time_limit: Seconds = 60.0,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Say everything that clashes in an impossible case, and the cheapest ways out."""
    from classi.case import Case  # noqa: PLC0415
    from classi.explain.conflicts import explain_impossible  # noqa: PLC0415

    read = Case.read(case)
    if not as_json:
        show_problems(read.warnings)
    found = explain_impossible(read, most=most, time_limit=time_limit)
    _print(found.to_dict() if as_json else found.lines())
    if found.status == "IMPOSSIBLE":
        raise typer.Exit(EXIT_IMPOSSIBLE)
    if found.status == "UNKNOWN":
        raise typer.Exit(EXIT_OTHER)


def _print(told: dict[str, Any] | Sequence[str]) -> None:
    if isinstance(told, dict):
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    for line in told:
        stdout().print(line, markup=False)
