"""The commands that write papers: `minutes` and `documents`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classi.console import CasePath, Day, Directory, Force, ready, show_problems, stdout
from classi.errors import InputError, Problem
from classi.i18n import _

if TYPE_CHECKING:
    from classi.case import Case
    from classi.papers import Wanted, Written

MaybeCase = Annotated[Path | None, typer.Argument(metavar="CASE", show_default=False)]
Results = Annotated[list[Path] | None, typer.Argument(metavar="DIR [DIR2 …]", show_default=False)]
Folder = Annotated[Path | None, typer.Option("--out", metavar="FOLDER", show_default=False)]
ToFolder = Annotated[Path, typer.Option("--out", metavar="FOLDER", show_default=False)]
SchoolFile = Annotated[Path | None, typer.Option("--school", metavar="FILE", show_default=False)]
CaseFilePath = Annotated[Path | None, typer.Option("--case-file", metavar="FILE", show_default=False)]
SchoolTemplate = Annotated[Path | None, typer.Option("--school-template", metavar="FILE", show_default=False)]
WithNames = Annotated[bool, typer.Option("--with-names")]
Formats = Annotated[str, typer.Option("--format", metavar="docx,pdf")]
Kinds = Annotated[str, typer.Option("--only", metavar="lists,handover,letter,dpia,datasheet,register")]
Mapping = Annotated[Path | None, typer.Option("--register", metavar="FILE", show_default=False)]
Contact = Annotated[str, typer.Option("--contact", metavar="TEXT", show_default=False)]
BirthDates = Annotated[bool, typer.Option("--birth-dates")]
LetterEach = Annotated[bool, typer.Option("--letter-each")]
Explained = Annotated[bool, typer.Option("--explained")]

BOTH = "docx,pdf"


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command(
        "minutes", help=_("Write the minutes of the commission, docx and PDF; the first result is the one chosen.")
    )(ready(minutes, _helps()))
    app.command("documents", help=_("Write class lists, hand-over sheets, letters, and the other papers of a result."))(
        ready(documents, _helps())
    )


def _helps() -> dict[str, str]:
    return {
        "results": _("Folders of results: the one chosen first, then those weighed with it."),
        "school": _("The school's own data (scuola.toml); default the one beside the case."),
        "case_file": _("The case file, for what was recorded in it."),
        "with_names": _("Name the pupils in the annexes; otherwise identifiers only."),
        "formats": _("docx, pdf or both, separated by a comma."),
        "day": _("The date the documents bear; default today."),
        "school_template": _("Write a scuola.toml to fill in, and nothing else."),
        "kinds": _("Which papers, separated by commas; default all."),
        "register": _("The mapping of the register's import files (registro.toml)."),
        "contact": _("Whom families may ask."),
        "birth_dates": _("Add dates of birth to the class lists."),
        "letter_each": _("A file a pupil instead of a file a class."),
        "explained": _("Letters say why this class, computed for each pupil."),
    }


def minutes(
    case: MaybeCase = None,
    results: Results = None,
    out: Folder = None,
    school: SchoolFile = None,
    case_file: CaseFilePath = None,
    with_names: WithNames = False,
    formats: Formats = BOTH,
    day: Day = None,
    school_template: SchoolTemplate = None,
    force: Force = False,
) -> None:
    """Write the minutes, or a file of the school's own data to fill in."""
    from classi.case import Case  # noqa: PLC0415
    from classi.papers import write_minutes  # noqa: PLC0415

    if school_template is not None:
        _write_template(school_template)
        return
    if case is None or not results or out is None:
        raise InputError(
            [Problem(_("Say the case, the folder of the result and --out: classi minutes CASE DIR --out …"))]
        )
    read = Case.read(case)
    wanted = _wanted(read, school, formats, day, force=force)
    _show(write_minutes(read, results[0], out, wanted, others=results[1:], case_file=case_file, named=with_names))


def documents(
    case: CasePath,
    directory: Directory,
    out: ToFolder,
    kinds: Kinds = "",
    school: SchoolFile = None,
    formats: Formats = BOTH,
    register: Mapping = None,
    contact: Contact = "",
    birth_dates: BirthDates = False,
    letter_each: LetterEach = False,
    explained: Explained = False,
    day: Day = None,
    force: Force = False,
) -> None:
    """Write the other papers."""
    from classi.case import Case  # noqa: PLC0415
    from classi.papers import KINDS, write_documents  # noqa: PLC0415

    read = Case.read(case)
    told = {"register": "" if register is None else str(register), "contact": contact}
    told |= {"birth_dates": "yes" if birth_dates else "", "letters": "pupil" if letter_each else ""}
    options = {name: value for name, value in told.items() if value}
    wanted = _wanted(read, school, formats, day, force=force)
    only = _words(kinds) or tuple(KINDS)
    _show(write_documents(read, directory, out, wanted, only=only, options=options, explained=explained))


def _wanted(case: Case, school: Path | None, formats: str, day: datetime | None, *, force: bool) -> Wanted:
    from classi.papers import Wanted, school_of  # noqa: PLC0415

    when = date.today() if day is None else day.date()
    return Wanted(when, school_of(case, school), _words(formats), force)


def _words(text: str) -> Sequence[str]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _write_template(path: Path) -> None:
    from classi.documents.school_file import school_template  # noqa: PLC0415
    from classi.durable import write_atomic  # noqa: PLC0415
    from classi.tables.write import refuse_existing  # noqa: PLC0415

    refuse_existing([path])
    write_atomic(path, school_template().encode())
    stdout().print(_("Written: {file}").format(file=path), markup=False)


def _show(written: Written) -> None:
    show_problems(written.warnings)
    for path in written.files:
        stdout().print(_("Written: {file}").format(file=path), markup=False)
