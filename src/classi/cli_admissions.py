"""The commands about admissions: rank, draw, decide, succeed, transfer, publish, stats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    Force,
    GroundId,
    Out,
    Papers,
    PupilId,
    Who,
    Why,
    day_of,
    ready,
    refuse_broken,
    show_problems,
    stdout,
)
from classi.errors import InputError, Problem
from classi.i18n import _

if TYPE_CHECKING:
    from classi.admissions.ranking import Ranking
    from classi.case import Case

DEMO = "ammissioni-primaria"
"""The bundled school that `classi demo --admissions` walks through."""

RoundName = Annotated[str, typer.Option("--round", metavar="TEXT", show_default=False)]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("rank", help=_("Rank the applicants and list the ties a public draw must settle."))(ready(rank))
    app.command("decide", help=_("Record a decision, with who, when and why; nothing recorded is ever changed."))(
        ready(decide)
    )
    app.command("succeed", help=_("Give the place of somebody who leaves to the next on the list."))(ready(succeed))
    app.command("transfer", help=_("Show what a change of class does to the class, and record it."))(ready(transfer))
    app.command("stats", help=_("Write the aggregate counts by year of course and citizenship."))(ready(stats))
    draw = typer.Typer(no_args_is_help=True, help=_("The public draw: commit, reveal, and annul."))
    draw.command("commit", help=_("Publish who is drawn and by which future numbers."))(ready(commit))
    draw.command("reveal", help=_("Record the numbers that came out, and draw."))(ready(reveal))
    draw.command("annul", help=_("Annul a draw, with who and why; only then can it be repeated."))(ready(annul))
    draw.command("letters", help=_("Commit to a draw of section letters for the classes formed."))(ready(letters))
    draw.command("show", help=_("Check a draw and show its result."))(ready(show))
    app.add_typer(draw, name="draw")
    publish = typer.Typer(no_args_is_help=True, help=_("What may be published: codes only, no attribute, no name."))
    publish.command("classes", help=_("Write the public class lists."))(ready(publish_class_lists))
    publish.command("ranking", help=_("Write the public rankings."))(ready(publish_rankings))
    publish.command("check", help=_("Look for personal data in a file before it is published."))(ready(check_file))
    app.add_typer(publish, name="publish")


# --- rankings ---


def rank(case: CasePath, out: Out, force: Force = False) -> None:
    """Rank the applicants of every round."""
    from classi.office import write_rankings  # noqa: PLC0415
    from classi.seat_files import RANKINGS  # noqa: PLC0415
    from classi.seating import definitive_rounds, rankings  # noqa: PLC0415
    from classi.workflow import refuse_overwrite  # noqa: PLC0415

    refuse_overwrite(out, force=force)
    read = _with_procedure(case)
    found = rankings(read)
    write_rankings(read, found, out)
    final = definitive_rounds(read)
    for name, of_round in found.items():
        show_ranking(read, name, of_round, definitive=name in final)
    for line in watched(read):
        stdout().print(line, style="yellow", markup=False)
    stdout().print(_("Written: {file}").format(file=out / RANKINGS), markup=False)


def show_ranking(case: Case, name: str, of_round: Iterable[Ranking], *, definitive: bool) -> None:
    """Print a round at a glance: how many, the first ones, the ties to be drawn."""
    console, ids = stdout(), [p.id for p in case.school.pupils]
    for ranking in of_round:
        state = _("definitive") if definitive else _("provisional")
        title = f"{name} — {' / '.join(ranking.option)}" if ranking.option else name
        table = Table(_("position"), "id", _("points"), _("precedences"), _("decided by"), title_justify="left")
        table.title = escape(f"{title} ({state}, {len(ranking.standings)})")
        for s in ranking.standings[:10]:
            cells = (str(s.position), ids[s.pupil], str(s.points), "; ".join(s.precedences), s.decided_by)
            table.add_row(*map(escape, cells))  # square brackets of a name are not markup
        console.print(table)
        if ranking.refused:
            text = _("{number} applications are not admissible.")
            console.print(text.format(number=len(ranking.refused)), markup=False)
        if not ranking.settled:
            text = _("{number} ties must be drawn in public: classi draw commit {case} --round “{round}” …")
            console.print(text.format(number=len(ranking.ties), case="CASE", round=name), style="bold", markup=False)


def watched(case: Case) -> list[str]:
    """Say how the limits that are only watched stand."""
    from classi.admissions.watch import watch_counts  # noqa: PLC0415

    procedure = case.regulation.admission
    counted = [] if procedure is None else watch_counts(case.school, procedure)

    text = _("{name}: {found}, against {limit} ({why}). Nobody is refused because of it.")
    return [text.format(name=w.name, found=w.found, limit=w.limit, why=w.why) for w in counted if w.over]


def _with_procedure(path: Path) -> Case:
    from classi.case import Case  # noqa: PLC0415

    read = Case.read(path)
    show_problems(read.warnings)
    if read.regulation.admission is None or not read.regulation.admission.rounds:
        raise InputError([Problem(_("The regulation has no procedure of admission."), read.regulation.file)])
    return read


# --- the public draw ---


def commit(
    case: CasePath,
    round_name: RoundName,
    source: Annotated[str, typer.Option("--source", metavar="TEXT", show_default=False)],
    source_date: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d", "%d/%m/%Y"], show_default=False)],
    who: Who,
    on: Day = None,
) -> None:
    """Commit to the draw of a round's ties."""
    from classi import draw as public  # noqa: PLC0415
    from classi.decided import round_named  # noqa: PLC0415
    from classi.seating import draw_folder, pool_of  # noqa: PLC0415

    read = _with_procedure(case)
    one = round_named(read, round_name)
    ids, strata = pool_of(read, one)
    made = public.commit(
        draw_folder(read), public.draw_name(one.name), ids, source=source, source_date=source_date.date(), who=who,
        when=day_of(on), strata=strata,
    )  # fmt: skip
    text = _("{number} are drawn by: {source}. Commitment: {commitment}. Publish {file}.")
    file = draw_folder(read) / f"{made.name}.json"
    stdout().print(text.format(number=len(ids), source=source, commitment=made.commitment, file=file), markup=False)


def reveal(
    case: CasePath,
    round_name: RoundName,
    numbers: Annotated[str, typer.Option("--numbers", metavar="TEXT", show_default=False)],
    who: Who,
    on: Day = None,
) -> None:
    """Record the numbers and draw."""
    from classi import draw as public  # noqa: PLC0415

    folder, name = _draw(case, round_name)
    made = public.reveal(folder, name, public.parse_numbers(numbers), who=who, when=day_of(on))
    _show_draw(made)


def annul(case: CasePath, round_name: RoundName, who: Who, why: Why, on: Day = None) -> None:
    """Annul a draw."""
    from classi import draw as public  # noqa: PLC0415

    folder, name = _draw(case, round_name)
    public.annul(folder, name, who=who, why=why, when=day_of(on))
    stdout().print(_("The draw is annulled; its files are kept."), markup=False)


def letters(
    case: CasePath,
    directory: Directory,
    outcomes: Annotated[str, typer.Option("--letters", metavar="A,B,…", show_default=False)],
    source: Annotated[str, typer.Option("--source", metavar="TEXT", show_default=False)],
    source_date: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d", "%d/%m/%Y"], show_default=False)],
    who: Who,
    on: Day = None,
) -> None:
    """Commit to the draw of section letters for the groups of a result."""
    from classi import draw as public  # noqa: PLC0415
    from classi.case import Case  # noqa: PLC0415
    from classi.seating import LETTERS, draw_folder  # noqa: PLC0415

    read = Case.read(case)
    groups = sorted(set(_placed(directory).values()))
    made = public.commit(
        draw_folder(read), LETTERS, groups, source=source, source_date=source_date.date(), who=who, when=day_of(on),
        outcomes=[letter.strip() for letter in outcomes.split(",")], pseudonymous=False,
    )  # fmt: skip
    stdout().print(_("Commitment: {commitment}.").format(commitment=made.commitment), markup=False)


def show(case: CasePath, round_name: RoundName) -> None:
    """Check a draw and show it."""
    from classi import draw as public  # noqa: PLC0415

    _show_draw(public.read_draw(*_draw(case, round_name)))


def _draw(case: Path, round_name: str) -> tuple[Path, str]:
    from classi import draw as public  # noqa: PLC0415
    from classi.case import Case  # noqa: PLC0415
    from classi.decided import round_named  # noqa: PLC0415
    from classi.seating import LETTERS, draw_folder  # noqa: PLC0415

    read = Case.read(case)
    late = public.draw_name(round_name)
    if round_name == LETTERS or (late.startswith("iscrizione-") and (draw_folder(read) / f"{late}.json").exists()):
        return draw_folder(read), LETTERS if round_name == LETTERS else late
    return draw_folder(read), public.draw_name(round_named(read, round_name).name)


def _show_draw(draw: Any) -> None:
    if draw.result is None:
        stdout().print(_("The numbers are not known yet."), markup=False)
        return
    outcomes = draw.outcomes or [str(n) for n in range(1, len(draw.result) + 1)]
    for outcome, label in zip(outcomes, draw.result, strict=True):
        stdout().print(f"{outcome}\t{label}", markup=False)


# --- decisions ---


def decide(
    case: CasePath,
    kind: Annotated[str, typer.Argument(metavar="KIND", show_default=False)],
    who: Who,
    why: Why,
    on: Day = None,
    pupil: Annotated[str, typer.Option("--pupil", metavar="ID")] = "",
    change: Annotated[list[str] | None, typer.Option("--set", metavar="COLUMN=VALUE", show_default=False)] = None,
    data: Annotated[list[str] | None, typer.Option("--data", metavar="KEY=VALUE", show_default=False)] = None,
) -> None:
    """Record one decision."""
    from classi.decided import as_named, typed  # noqa: PLC0415
    from classi.journal import append  # noqa: PLC0415
    from classi.tables.read import record_correction  # noqa: PLC0415

    if kind == "correzione":
        if data:
            raise InputError([Problem(_("A correction takes --pupil and --set COLUMN=VALUE alone."), value=data[0])])
        entry, warnings = record_correction(case, pupil, dict(_pairs(change)), who=who, why=why, when=day_of(on))
        show_problems(warnings)
    else:
        read = _any_case(case)
        known = {p.id for p in read.school.pupils}
        given: dict[str, Any] = {key: typed(kind, key, value) for key, value in _pairs(data)}
        if pupil:
            given["id"] = pupil
        if change:
            given["option"] = dict(_pairs(change))
        entry = append(case, kind, who=who, why=why, when=day_of(on), known_ids=known, **as_named(read, kind, given))
    stdout().print(_("Recorded as number {n}.").format(n=entry.n), markup=False)


def _pairs(texts: Iterable[str] | None) -> list[tuple[str, str]]:
    pairs = []
    for text in texts or ():
        name, equal, value = text.partition("=")
        if not equal or not name.strip():
            raise InputError([Problem(_("NAME=VALUE is expected."), value=text)])
        pairs.append((name.strip(), value.strip()))
    return pairs


def _any_case(path: Path) -> Case:
    from classi.case import Case  # noqa: PLC0415

    return Case.read(path)


# --- one pupil ---


def succeed(
    case: CasePath,
    directory: Directory,
    pupil: PupilId,
    out: Out,
    who: Who,
    why: Why,
    kind: Annotated[str, typer.Option("--kind", metavar="rinuncia|ritiro|decadenza")] = "rinuncia",
    days: Annotated[int, typer.Option("--days", min=0)] = 0,
    transfers: Annotated[list[str] | None, typer.Option("--transfer", metavar="ID", show_default=False)] = None,
    course: Annotated[str, typer.Option("--course", metavar="ROUND")] = "",
    ground: GroundId = "",
    exceptional: Exceptional = "",
    papers: Papers = None,
    on: Day = None,
) -> None:
    """Give a freed place to the next on the list."""
    from classi.decided import round_named  # noqa: PLC0415
    from classi.office import Act, record_course_succession, record_succession  # noqa: PLC0415
    from classi.year import Because  # noqa: PLC0415

    read = _with_procedure(case)
    act = Act(who, why, day_of(on))
    if course:
        done, seat = record_course_succession(read, directory, pupil, out, act, round_named(read, course).name)
        if done.successor:
            stdout().print(_("The place left: {seat}.").format(seat=seat), markup=False)
    else:
        because = Because(ground, exceptional, tuple(papers or ()))
        asked: dict[str, Any] = {"kind": kind, "days": days, "transfers": transfers or []}
        done = record_succession(read, directory, pupil, out, act, **asked, because=because)
    for skipped in done.skipped:
        stdout().print(f"  {skipped.pupil}: {skipped.reason}", markup=False)
    if done.successor:
        text = _("{pupil} takes the place in class {class_id}.")
        stdout().print(text.format(pupil=done.successor, class_id=done.class_id), style="bold", markup=False)
    else:
        stdout().print(_("Nobody on the list can take the place."), markup=False)


def transfer(
    case: CasePath,
    directory: Directory,
    pupil: PupilId,
    class_id: Annotated[str, typer.Argument(metavar="CLASS", show_default=False)],
    out: Out,
    who: Who,
    why: Why,
    ground: GroundId = "",
    exceptional: Exceptional = "",
    papers: Papers = None,
    on: Day = None,
) -> None:
    """Move a pupil to another class, if the rules allow, and record the ground."""
    from classi.office import Act, record_transfer  # noqa: PLC0415
    from classi.year import Because  # noqa: PLC0415

    because = Because(ground, exceptional, tuple(papers or ()))
    act = Act(who, why, day_of(on))
    before, after = record_transfer(_any_case(case), directory, pupil, class_id, out, act, because)
    for state, when in ((before, _("before")), (after, _("after"))):
        text = _("Class {class_id}, {when}: {size} pupils.")
        line = text.format(class_id=state.class_id, when=when, size=state.size)
        groups = ", ".join(f"{name} {number}" for name, number in state.groups.items())
        stdout().print(f"{line} {groups}".rstrip(), markup=False)
    if after.broken:
        refuse_broken(after.broken)


# --- what goes outside ---


def publish_class_lists(case: CasePath, directory: Directory, out: Out) -> None:
    """Write the public class lists."""
    from classi.office import publish_lists  # noqa: PLC0415

    for file in publish_lists(_any_case(case), directory, out):
        stdout().print(str(file), markup=False)


def publish_rankings(
    case: CasePath,
    directory: Directory,
    out: Out,
    points: Annotated[str, typer.Option("--points-by-law", metavar="TEXT")] = "",
) -> None:
    """Write the public rankings."""
    from classi.office import publish_ranking  # noqa: PLC0415

    for file in publish_ranking(_any_case(case), directory, out, points_by_law=points):
        stdout().print(str(file), markup=False)


def check_file(
    published: Annotated[Path, typer.Argument(metavar="FILE", show_default=False)],
    case: Annotated[Path | None, typer.Option("--case", metavar="CASE", show_default=False)] = None,
) -> None:
    """Look for personal data in a file."""
    from classi.publish import lint  # noqa: PLC0415

    pupils = [] if case is None else [{"id": p.id, **p.fields} for p in _any_case(case).school.pupils]
    found = lint(published, pupils)
    for line in found:
        stdout().print(f"• {line}", markup=False)
    if found:
        raise typer.Exit(EXIT_OTHER)
    stdout().print(_("Nothing was found that must not be published."), style="green", markup=False)


def stats(
    case: CasePath,
    counts: Annotated[Path, typer.Option("--out", metavar="FILE.csv", show_default=False)],
    school_year: Annotated[str, typer.Option("--year", metavar="2026/27", show_default=False)],
) -> None:
    """Write the aggregate counts."""
    from classi.office import write_counts  # noqa: PLC0415

    show_problems(write_counts(_any_case(case), counts, school_year))
    stdout().print(str(counts), markup=False)


# --- the walk through ---


def before_forming(case: Path) -> None:
    """Show what happens before the classes are formed: rankings, ties, the public draw."""
    from classi import draw as public  # noqa: PLC0415
    from classi.seating import definitive_rounds, draw_folder, rankings  # noqa: PLC0415

    read = _with_procedure(case)
    final = definitive_rounds(read)
    _heading(_("1. The rankings: points line by line, precedences, ties"))
    found = rankings(read)
    for name, of_round in found.items():
        show_ranking(read, name, of_round, definitive=name in final)
    _heading(_("2. The public draw, which anybody can check: perl tools/verify_draw.pl FILE"))
    for name in found:
        file = draw_folder(read) / f"{public.draw_name(name)}.json"
        if file.exists():
            draw = public.read_draw(file.parent, public.draw_name(name))
            numbers = "; ".join(" ".join(map(str, n)) for n in draw.reveal.numbers) if draw.reveal else ""
            text = _("{name}: {number} drawn by the numbers {numbers} ({source}).")
            stdout().print(
                text.format(name=name, number=len(draw.labels), numbers=numbers, source=draw.source), markup=False
            )
    _heading(_("3. Seats, then classes inside what the rankings gave"))


def after_forming(case: Path, out: Path) -> None:
    """Show what can be asked afterwards: why a pupil got this seat, and the count from the files alone."""
    from classi.recount import audit_result  # noqa: PLC0415
    from classi.seat_files import RANKINGS, REFUSALS, WAITING  # noqa: PLC0415
    from classi.seat_words import explain_seat, read_rows  # noqa: PLC0415

    _heading(_("4. Why this seat? classi explain CASE DIR ID"))
    rows, refused = read_rows(out / RANKINGS), read_rows(out / REFUSALS)
    asked = [r["id"] for r in rows if r["esito"] in ("ammesso", "assegnato d'ufficio")][:1]
    asked += [r["id"] for r in refused if r["motivo"] != "completo"][:1]
    asked += [r["id"] for r in read_rows(out / WAITING)][:1]
    regulation = _any_case(case).regulation
    for pupil in dict.fromkeys(asked):
        stdout().print(f"[{pupil}]", style="bold", markup=False)
        for line in explain_seat(out, regulation, pupil):
            stdout().print(f"  {line}", markup=False)
    _heading(_("5. Counted again from the files alone: classi audit CASE DIR"))
    recount = audit_result(case, out)
    for line in (*recount.differences, *(recount.audit.admission.lines() if recount.audit.admission else ())):
        stdout().print(line, markup=False)


def _heading(text: str) -> None:
    stdout().print(f"\n{text}", style="bold blue", markup=False)


def _placed(directory: Path) -> Mapping[str, str]:
    from classi.recount import ASSIGNMENT  # noqa: PLC0415
    from classi.tables.write import read_assignment  # noqa: PLC0415

    return dict(read_assignment(directory / ASSIGNMENT))
