"""The commands about the working file of a case: ``classi case …``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from classi.console import EXIT_OTHER, CasePath, Out, Who, Why, ready, show_problems, stderr, stdout
from classi.errors import InputError, Problem
from classi.i18n import _, ngettext

if TYPE_CHECKING:
    from classi.case_file import CaseFile, Event

FilePath = Annotated[Path, typer.Argument(metavar="FILE", show_default=False)]
Name = Annotated[str, typer.Option("--name", metavar="TEXT", show_default=False)]
SplitName = Annotated[str, typer.Argument(metavar="SPLIT", show_default=False)]
Pupils = Annotated[list[str], typer.Argument(metavar="ID…", show_default=False)]
Target = Annotated[Path, typer.Argument(metavar="TO", show_default=False)]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    case = typer.Typer(no_args_is_help=True, help=_("The working file of a case: everything that happens, provable."))
    known = helps()
    for name, command, told in (
        ("new", new, _("Make a case file with the data of a case.")),
        ("inputs", inputs, _("Record the data received again, when they have changed.")),
        ("add", add, _("Count a result again and add it, or a change by hand (--from, --ground).")),
        ("choose", choose, _("Choose a split.")),
        ("lock", lock, _("Say that pupils stay in their class.")),
        ("unlock", unlock, _("Say that pupils may be moved again.")),
        ("derogate", derogate, _("Record a derogation, with its reason.")),
        ("decide", decide, _("Record any other decision.")),
        ("sign", sign, _("Record that somebody signed a document.")),
        ("undo", undo, _("Undo an entry, which stays in the file; undo the undoing to have it back.")),
        ("log", log, _("Show everything that happened, in order.")),
        ("status", status, _("Show where the case stands.")),
        ("verify", verify, _("Prove that nothing was changed, taken away or put in.")),
        ("extract", extract, _("Write data and splits back into folders that “classi audit” can count.")),
        ("backup", backup, _("Copy the file, and record where.")),
        ("purge", purge, _("Erase everything about persons, and prove that it is gone.")),
        ("export", export, _("Write an encrypted copy (age).")),
        ("open-export", open_export, _("Open an encrypted copy.")),
    ):
        case.command(name, help=told)(ready(command, known))
    app.add_typer(case, name="case")


def helps() -> dict[str, str]:
    """Return what each option and argument means, by its name."""
    return {
        "file": _("The case file."),
        "name": _("A name; default that of the folder."),
        "split": _("The split, by its name."),
        "based_on": _("The split it was made from."),
        "ground": _("The ground of a change by hand, such as S001: every move is then recorded, with its price."),
        "ids": _("The pupils, by id."),
        "rule": _("The rule, by its name."),
        "limit": _("How far it may be broken."),
        "only_in": _("The class; default in all."),
        "subject": _("What is decided."),
        "document": _("The document signed; only its SHA-256 is kept."),
        "role": _("As what somebody signs."),
        "signer": _("Who signs."),
        "n": _("The number of the entry."),
        "head": _("The hash of an entry noted earlier: it must still be there."),
        "to": _("The file to write."),
        "confirmed": _("The name of the file, typed again: what is erased cannot be had back."),
        "recipients": _("A public key (age1…); may be repeated. Without one a passphrase is asked for."),
        "source": _("The encrypted copy."),
        "identity": _("A file with the private key. Without it the passphrase is asked for."),
    }


# --- what goes in ---


def new(file: FilePath, case: CasePath, who: Who, why: Why, name: Name = "") -> None:
    """Make a case file."""
    from classi.case import Case  # noqa: PLC0415
    from classi.case_work import new_case_file  # noqa: PLC0415

    read = Case.read(case)
    show_problems(read.warnings)
    made = new_case_file(file, read, who=who, why=why, name=name)
    _recorded(made, made.events[-1])


def inputs(file: FilePath, case: CasePath, who: Who, why: Why) -> None:
    """Record the data again."""
    from classi.case import Case  # noqa: PLC0415
    from classi.case_work import case_bytes  # noqa: PLC0415

    read, found = Case.read(case), _open(file)
    show_problems(read.warnings)
    _recorded(found, found.receive(case_bytes(read), who=who, why=why))


def add(
    file: FilePath,
    directory: Annotated[Path, typer.Argument(metavar="DIR", show_default=False)],
    who: Who,
    why: Why,
    name: Name = "",
    based_on: Annotated[str, typer.Option("--from", metavar="SPLIT")] = "",
    ground: Annotated[str, typer.Option("--ground", metavar="TEXT")] = "",
) -> None:
    """Add a result."""
    from classi.case_work import record_result  # noqa: PLC0415

    found = _open(file)
    event = record_result(found, directory, who=who, why=why, name=name, based_on=based_on, ground=ground)
    _recorded(found, event)


# --- acts ---


def choose(file: FilePath, split: SplitName, who: Who, why: Why) -> None:
    """Choose a split."""
    found = _open(file)
    _recorded(found, found.choose(split, who=who, why=why))


def lock(
    file: FilePath,
    ids: Pupils,
    who: Who,
    why: Why,
    split: Annotated[str, typer.Option("--split", metavar="SPLIT")] = "",
) -> None:
    """Lock pupils."""
    found = _open(file)
    _recorded(found, found.lock(ids, who=who, why=why, split=split))


def unlock(file: FilePath, ids: Pupils, who: Who, why: Why) -> None:
    """Unlock pupils."""
    found = _open(file)
    _recorded(found, found.unlock(ids, who=who, why=why))


def derogate(
    file: FilePath,
    rule: Annotated[str, typer.Argument(metavar="RULE", show_default=False)],
    limit: Annotated[str, typer.Argument(metavar="LIMIT", show_default=False)],
    who: Who,
    why: Why,
    only_in: Annotated[str, typer.Option("--class", metavar="CLASS")] = "",
) -> None:
    """Record a derogation."""
    found = _open(file)
    number = int(limit) if limit.isdecimal() else limit
    _recorded(found, found.derogate(rule, number, who=who, why=why, class_id=only_in))


def decide(
    file: FilePath,
    subject: Annotated[str, typer.Argument(metavar="TEXT", show_default=False)],
    who: Who,
    why: Why,
) -> None:
    """Record a decision."""
    found = _open(file)
    _recorded(found, found.decide(subject, who=who, why=why))


def sign(
    file: FilePath,
    document: Annotated[Path, typer.Argument(metavar="DOCUMENT", show_default=False)],
    role: Annotated[str, typer.Option("--role", metavar="TEXT", show_default=False)],
    signer: Annotated[str, typer.Option("--name", metavar="TEXT", show_default=False)],
    who: Annotated[str, typer.Option("--who", metavar="TEXT", show_default=False)] = "",
    why: Annotated[str, typer.Option("--why", metavar="TEXT", show_default=False)] = "",
) -> None:
    """Record a signature."""
    found = _open(file)
    _recorded(found, found.sign(role, signer, document.read_bytes(), who=who, why=why))


def undo(
    file: FilePath, n: Annotated[int, typer.Argument(metavar="N", min=1, show_default=False)], who: Who, why: Why
) -> None:
    """Undo an entry."""
    found = _open(file)
    _recorded(found, found.undo(n, who=who, why=why))


# --- what there is ---


def log(file: FilePath) -> None:
    """Show the events."""
    from classi.case_file import describe, replay, said_time  # noqa: PLC0415

    found = _open(file)
    undone = replay(found.events)[0].undone  # of a file that was tampered with, too
    table = Table(box=None, pad_edge=False, show_edge=False)
    table.add_column(_("No."), justify="right")
    for title in (_("When"), _("Who"), _("What happened"), _("Reason")):
        table.add_column(title, overflow="fold")
    for event in found.events:
        what = describe(event) + (" " + _("(undone)") if event.n in undone else "")
        style = "strike" if event.n in undone else ""
        cells = (str(event.n), said_time(event.at), event.who, what, event.why)
        table.add_row(*(_plain(cell) for cell in cells), style=style)
    stdout().print(table)


def status(file: FilePath) -> None:
    """Show where the case stands."""
    from classi.case_file import describe, said_time  # noqa: PLC0415

    found = _open(file)
    state = found.state
    if state.purged is not None:
        text = _("Everything was erased on {at} by {who}.")
        stdout().print(text.format(at=said_time(state.purged.at), who=state.purged.who), markup=False)
    else:
        stdout().print(state.name, style="bold", markup=False)
        _listed(_("Data received"), sorted(state.inputs))
        _listed(_("Splits"), [s + (" " + _("(chosen)") if s == state.chosen else "") for s in state.splits])
        _listed(_("Pupils locked"), [f"{p} → {lock.data['places'][p]}" for p, lock in state.locks.items()])
        for events in (state.changes, state.derogations, state.decisions, state.signatures, state.copies):
            for event in events:
                stdout().print(f"{event.n}. {describe(event)}", markup=False)
    text = _("{n} entries; hash of the last one: {head}")
    stdout().print(text.format(n=len(found.events), head=found.head), markup=False)


def verify(
    file: FilePath, head: Annotated[str | None, typer.Option("--head", metavar="HASH", show_default=False)] = None
) -> None:
    """Prove the chain."""
    from classi.case_file import verify as problems_of  # noqa: PLC0415

    if head is not None and not head.strip():  # an empty variable of a script must not count as a proof
        raise InputError([Problem(_("The hash noted earlier is empty."), file.name)])
    problems = problems_of(file, head or "")
    for line in problems:
        stderr().print(f"• {line}", style="red", markup=False)
    if problems:
        raise typer.Exit(EXIT_OTHER)
    found = _open(file)
    text = ngettext("{n} entry: nothing was changed.", "{n} entries: nothing was changed.", len(found.events))
    stdout().print(text.format(n=len(found.events)), style="green", markup=False)
    if found.state.purged is not None:
        stdout().print(_("The file was purged: what the entries said is gone, the chain is whole."), markup=False)
    stdout().print(_("Hash of the last entry: {head}").format(head=found.head), markup=False)


def extract(file: FilePath, out: Out) -> None:
    """Write everything into folders."""
    for case, folder in _open(file).extract(out).values():
        stdout().print(f"classi audit {shlex.quote(str(case))} {shlex.quote(str(folder))}", markup=False)
    stdout().print(_("Written: {file}").format(file=out), markup=False)


# --- copies, and the end ---


def backup(file: FilePath, to: Target, who: Who, why: Why) -> None:
    """Copy the file."""
    found = _open(file)
    _recorded(found, found.backup(to, who=who, why=why))


def purge(
    file: FilePath,
    who: Who,
    why: Why,
    confirmed: Annotated[str, typer.Option("--yes-erase-everything", metavar="NAME-OF-FILE", show_default=False)],
) -> None:
    """Erase everything."""
    found = _open(file)
    if confirmed != file.name:
        text = _("To erase everything, type the name of the file: --yes-erase-everything {name}")
        raise InputError([Problem(text.format(name=file.name), file.name, value=confirmed)])
    done = found.purge(who=who, why=why)
    for line in done.proof:
        stdout().print(line, markup=False)
    if done.found:
        raise typer.Exit(EXIT_OTHER)


def export(
    file: FilePath,
    to: Target,
    who: Who,
    why: Why,
    recipients: Annotated[list[str] | None, typer.Option("--recipient", metavar="KEY", show_default=False)] = None,
) -> None:
    """Write an encrypted copy."""
    found = _open(file)
    passphrase = "" if recipients else _asked(twice=True)
    event = found.export(to, who=who, why=why, recipients=recipients or (), passphrase=passphrase)
    _recorded(found, event)


def open_export(
    source: Annotated[Path, typer.Argument(metavar="EXPORT", show_default=False)],
    to: Target,
    identity: Annotated[Path | None, typer.Option("--identity", metavar="KEYS", show_default=False)] = None,
) -> None:
    """Open an encrypted copy."""
    from classi.case_file import open_export as opened  # noqa: PLC0415

    if identity is not None:
        opened(source, to, identity=identity.read_text(encoding="utf-8", errors="replace"))
    else:
        opened(source, to, passphrase=_asked(twice=False))
    stdout().print(_("Written: {file}").format(file=to), markup=False)


def _open(file: Path) -> CaseFile:
    from classi.case_file import CaseFile  # noqa: PLC0415

    return CaseFile.open(file)


def _recorded(file: CaseFile, event: Event) -> None:
    from classi.case_file import describe  # noqa: PLC0415

    text = _("Entry {n}: {what}").format(n=event.n, what=describe(event))
    stdout().print(text, markup=False)


def _asked(*, twice: bool) -> str:
    return str(typer.prompt(_("Passphrase"), hide_input=True, confirmation_prompt=twice))


def _listed(title: str, names: list[str]) -> None:
    if names:
        stdout().print(f"{title}: {', '.join(names)}", markup=False)


def _plain(cell: str) -> str:
    from rich.markup import escape  # noqa: PLC0415

    return escape(cell)
