"""The command line: parses, calls the workflow, shows.

Exit codes: 0 done · 2 bad input · 3 impossible, explained · 4 a hard rule broken · 1 otherwise.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from dataclasses import fields
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any, cast, get_type_hints

import typer
from rich.console import Console
from rich.control import strip_control_codes
from rich.markup import escape
from rich.table import Table

from classi import (
    cli_admissions,
    cli_bench,
    cli_case,
    cli_compare,
    cli_documents,
    cli_explain,
    cli_whatif,
    cli_year,
)
from classi.console import (
    EXIT_BROKEN,
    EXIT_IMPOSSIBLE,
    EXIT_INPUT,
    EXIT_OTHER,
    CasePath,
    F,
    Force,
    Memory,
    Out,
    Seconds,
    Seed,
    Workers,
    guarded,
    ready,
    show_problems,
    stderr,
    stdout,
    stopped_by_ctrl_c,
)
from classi.errors import InputError, Problem
from classi.i18n import LANGUAGES, _, ngettext, use_language

if TYPE_CHECKING:
    from classi.alternatives import Alternatives
    from classi.formation.solve import Progress
    from classi.workflow import Result


Choice = tuple[int, float, Sequence[str]]
"""Alternatives wanted, their tolerance, and the profiles."""


def main() -> None:
    """Run the command line; the language is settled first, because the help texts depend on it."""
    # Ended from outside, the program still takes its temporary files away.
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit(128 + signal.SIGTERM))
    arguments, code = _language(sys.argv[1:])
    with use_language(code):
        build()(arguments, prog_name="classi")


def _language(arguments: list[str]) -> tuple[list[str], str]:
    """Take ``--lang CODE`` out of the arguments, wherever it stands."""
    rest, code = [], "it"
    pending = iter(arguments)
    for word in pending:
        if word == "--lang":
            code = next(pending, "")
        elif word.startswith("--lang="):
            code = word.removeprefix("--lang=")
        else:
            rest.append(word)
    if code not in LANGUAGES:
        Console(stderr=True).print(f"--lang: {' | '.join(LANGUAGES)}", style="red", markup=False)
        raise SystemExit(EXIT_INPUT)
    return rest, code


def build() -> typer.Typer:
    """Return the application, its help in the current language."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,  # a traceback could show pupils' data
        help=_(
            "Forms school classes: proved best or with the gap, counted twice, explained. Add --lang en for English."
        ),
    )
    app.command("demo", help=_("Form the classes of a bundled school and write the report."))(ready(demo))
    app.command("check", help=_("Read a case and print every problem found, without forming anything."))(guarded(check))
    app.command("form", help=_("Form the classes of a case and write the result, audited."))(
        ready(form, _choice_helps())
    )
    app.command("audit", help=_("Count every rule again from the files alone."))(ready(audit))
    app.command("template", help=_("Write an empty workbook with drop-downs and notes, and a sample regulation."))(
        ready(template)
    )
    app.command("generate", help=_("Write a synthetic school, from a seed."))(ready(_with_knobs(generate)))

    for commands in (
        cli_compare, cli_whatif, cli_explain, cli_documents, cli_case, cli_year, cli_admissions, cli_bench,
    ):  # fmt: skip
        commands.add_to(app)

    @app.callback(invoke_without_command=True)
    def version(
        show: Annotated[bool, typer.Option("--version", help=_("Show the version and exit."))] = False,
    ) -> None:
        if show:
            from importlib.metadata import version as installed  # noqa: PLC0415

            typer.echo(installed("classi"))
            raise typer.Exit

    return app


def demo(
    out: Out = Path("classi-demo"),
    time_limit: Seconds = 30.0,
    force: Force = False,
    admissions: Annotated[bool, typer.Option("--admissions")] = False,
) -> None:
    """Form the classes of a bundled school, show them, write the report."""
    from classi import resources  # noqa: PLC0415

    if admissions:
        case = resources.instances() / cli_admissions.DEMO
        cli_admissions.before_forming(case)
        _form(case, out, time_limit=time_limit, force=force)
        cli_admissions.after_forming(case, out)
        return
    _form(resources.instances() / "secondaria-due-plessi", out, time_limit=time_limit, force=force)


def form(
    case: CasePath,
    out: Out,
    time_limit: Seconds = 60.0,
    seed: Seed = 0,
    workers: Workers = 2,
    memory_mb: Memory = None,
    force: Force = False,
    keep: Annotated[Path | None, typer.Option("--keep", metavar="FILE", show_default=False)] = None,
    max_moves: Annotated[int | None, typer.Option("--max-moves", metavar="N", min=0, show_default=False)] = None,
    alternatives: Annotated[int, typer.Option("--alternatives", metavar="K", min=0, max=20)] = 0,
    tolerance: Annotated[float, typer.Option("--tolerance", metavar="PERCENT", min=0, max=100)] = 0.0,
    profile: Annotated[list[str] | None, typer.Option("--profile", metavar="NAME", show_default=False)] = None,
) -> None:
    """Form the classes of a case."""
    if tolerance and not alternatives:
        raise InputError([Problem(_("--tolerance is about alternatives: say how many, with --alternatives."))])
    if keep is not None or max_moves is not None:
        if alternatives or profile:
            raise InputError(
                [Problem(_("--keep asks for one split: it goes with neither --alternatives nor --profile."))]
            )
        limits = {"seconds": time_limit, "memory_mb": memory_mb, "workers": workers, "seed": seed}
        _form_kept(case, keep, max_moves, out, limits, force=force)
        return
    options = {"time_limit": time_limit, "seed": seed, "workers": workers, "memory_mb": memory_mb}
    _form(case, out, force=force, choice=(alternatives, tolerance, profile or ()), **options)


def _choice_helps() -> dict[str, str]:
    return {
        "alternatives": _(
            "So many other splits besides the best, of equal quality and as different as can be; each in a folder "
            "alternativa-N inside DIR. The best then has half the time, the others share the rest."
        ),
        "keep": _("Classes to keep as far as possible: assegnazioni.csv or the folder of a result."),
        "max_moves": _("Most pupils who may leave a class that is still there."),
        "tolerance": _("Per cent more that the last tier may cost in the alternatives."),
        "profile": _(
            "One more split, the best with other rules first, in a folder of its name inside DIR: a profile of the "
            "regulation, desideri, equilibrio or provenienze, or name=3,5 (numbers of rules); may be repeated."
        ),
    }


def _form(case: Path, out: Path, *, force: bool, choice: Choice = (0, 0.0, ()), **options: Any) -> None:
    from classi.alternatives import (  # noqa: PLC0415
        alternatives,
        checked,
        folders_of,
        refuse_result,
        time_left,
        write_alternatives,
    )
    from classi.case import Case  # noqa: PLC0415
    from classi.workflow import form as form_case  # noqa: PLC0415

    refuse_result(out, (), force=force)  # at once; the other folders when it is known which
    read = Case.read(case)
    show_problems(read.warnings)
    number, tolerance, names = choice
    profiles = checked(read.regulation, number, tolerance, names)
    refuse_result(out, folders_of(number, profiles), force=force)
    wanted, seconds, found = bool(number or profiles), options.pop("time_limit"), None
    stop = Event()
    with _Live() as live, stopped_by_ctrl_c(stop):
        share = seconds / 2 if wanted else seconds
        result = form_case(read, progress=live.show, stop=stop, time_limit=share, **options)
        if wanted:
            options |= {"time_limit": time_left(result, seconds), "stop": stop, "progress": live.say}
            found = alternatives(result, number, tolerance=tolerance, profiles=profiles, **options)
    write_alternatives(result, found, out, force=force)
    show_result(result, out)
    _show_others(result, found, out)
    if result.status == "INFEASIBLE":
        raise typer.Exit(EXIT_IMPOSSIBLE)
    if result.status == "UNKNOWN":
        raise typer.Exit(EXIT_OTHER)


def _form_kept(
    case: Path, kept: Path | None, max_moves: int | None, out: Path, limits: dict[str, Any], *, force: bool
) -> None:
    from classi.case import Case  # noqa: PLC0415
    from classi.formation.engine import Limits  # noqa: PLC0415
    from classi.workflow import refuse_overwrite  # noqa: PLC0415
    from classi.year.keep import form_kept, write_reformed  # noqa: PLC0415

    if kept is None:
        raise InputError([Problem(_("--max-moves counts from other classes: name them with --keep."))])
    refuse_overwrite(out, force=force)
    read = Case.read(case)
    show_problems(read.warnings)
    stop = Event()
    with _Live() as live, stopped_by_ctrl_c(stop):
        found = form_kept(read, kept, max_moves=max_moves, limits=Limits(**limits), progress=live.show, stop=stop)
    write_reformed(found, kept, out, force=force)
    for line in found.lines():
        stdout().print(line, markup=False)
    show_result(found.result, out)
    if found.result.status in ("INFEASIBLE", "UNKNOWN"):
        raise typer.Exit(EXIT_IMPOSSIBLE if found.result.status == "INFEASIBLE" else EXIT_OTHER)


def check(case: CasePath) -> None:
    """Read everything and print every problem."""
    from classi.case import Case  # noqa: PLC0415

    read = Case.read(case)
    show_problems(read.warnings)
    reasons = read.impossible()
    for line in reasons:
        stderr().print(line, style="red", markup=False, soft_wrap=True)
    if reasons:
        raise typer.Exit(EXIT_INPUT)
    for line in cli_admissions.watched(read):
        stderr().print(line, style="yellow", markup=False, soft_wrap=True)
    school = read.school
    stdout().print(
        _("Ready: {pupils} pupils, {classes} classes, {ties} ties, {rules} rules.").format(
            pupils=len(school.pupils),
            classes=len(school.classes),
            ties=len(school.ties),
            rules=len(read.regulation.criteria),
        ),
        markup=False,
    )


def audit(case: CasePath, directory: Annotated[Path, typer.Argument(metavar="DIR", show_default=False)]) -> None:
    """Count every rule again from the files."""
    from classi.recount import audit_result  # noqa: PLC0415

    recount = audit_result(case, directory)
    console = stdout()
    if wrong := [*recount.audit.structure, *recount.differences]:
        console.print("\n".join(wrong), style="bold red", markup=False)
    if recount.audit.admission is not None:
        for line in recount.audit.admission.lines():
            console.print(line, markup=False)
    table = Table(_("no."), _("rule"), _("price"), _("cost"), title=_("Independent count"), title_justify="left")
    for a in recount.audit.criteria:
        price = _("hard") if a.hard else _("tier {tier}, weight {weight}").format(tier=a.tier, weight=a.weight)
        style = "bold red" if a.hard and a.cost else None
        table.add_row(str(a.number), escape(a.label), price, str(a.cost) if a.cost else _("kept"), style=style)
    console.print(table)
    if findings := recount.findings():  # thousands in a large town: plain text, written once
        typer.echo(strip_control_codes("\n".join(f"• {sentence}" for sentence in findings)))
    if not recount.certified:
        console.print(_("There is no certificate: the files were only counted."), markup=False)
    if not recount.confirmed:
        raise typer.Exit(EXIT_BROKEN)
    console.print(_("Every hard rule is kept."), style="green", markup=False)


def template(file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", show_default=False)]) -> None:
    """Write the empty workbook and a sample regulation beside it."""
    from classi.tables.template import write_template  # noqa: PLC0415

    for written in write_template(file):
        stdout().print(str(written), markup=False)


def generate(out: Out, seed: Seed = 0, **knobs: Any) -> None:
    """Write a synthetic school; the knobs are options of the same names (see `classi.generate.Knobs`)."""
    from classi.generate import Knobs  # noqa: PLC0415
    from classi.workflow import generate_case  # noqa: PLC0415

    try:
        chosen = Knobs(**knobs)
    except ValueError as error:
        raise InputError([Problem(line) for line in str(error).splitlines()]) from None
    generate_case(out, chosen, seed)
    stdout().print(str(out), markup=False)


def _with_knobs(command: F) -> F:
    """Give `generate` one option for each knob, so that a new knob needs no word here."""
    from classi.generate import Knobs  # noqa: PLC0415

    hints = get_type_hints(Knobs)
    fixed = [p for p in signature(command).parameters.values() if p.kind is not Parameter.VAR_KEYWORD]
    types = get_type_hints(command, include_extras=True)
    parameters = [p.replace(kind=Parameter.KEYWORD_ONLY, annotation=types[p.name]) for p in fixed]
    parameters += [
        Parameter(
            knob.name,
            Parameter.KEYWORD_ONLY,
            default=knob.default,
            annotation=Annotated[hints[knob.name], typer.Option(f"--{knob.name.replace('_', '-')}")],
        )
        for knob in fields(Knobs)
    ]

    @wraps(command)
    def turned(**options: Any) -> None:
        command(**options)

    turned.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    turned.__knob_types__ = {p.name: p.annotation for p in parameters}  # type: ignore[attr-defined]
    return cast(F, turned)


# --- what is shown ---


def show_result(result: Result, out: Path) -> None:
    """Print what a headteacher wants at a glance."""
    console, certificate = stdout(), result.certificate
    if result.conflict is not None:
        for line in result.conflict.lines():
            console.print(line, markup=False)
        return
    if result.audit is None:
        more = _("Allow more memory.") if certificate["stopped"] == "memory" else _("Allow more time.")
        text = _("UNKNOWN: no assignment was found within the limits, and none was proved impossible.")
        console.print(f"{text} {more}", markup=False)
        return
    console.print(_headline(result), style="bold green" if result.status == "OPTIMAL" else "bold", markup=False)
    for tier in certificate["tiers"]:
        console.print(_say_tier(tier), markup=False)
    for a in result.audit.criteria:
        if a.cost:
            console.print(f"  {a.label}: {a.cost}", markup=False)
    console.print(_("Read {file}").format(file=out / "report.html"), markup=False)


def _show_others(result: Result, found: Alternatives | None, out: Path) -> None:
    """Print, for each other split, how far it is and what it costs more or less than the best."""
    from classi.alternatives import BEST, summary  # noqa: PLC0415

    console = stdout()
    for other in found or ():
        more = [t for t in summary(result, other)["tiers"] if t["more"]]
        price = ", ".join(_("tier {tier} {more:+d}").format(tier=t["tier"], more=t["more"]) for t in more)
        price = (
            _("points against the best: {tiers}").format(tiers=price) if more else _("it costs as much in every tier")
        )
        far = other.distances[BEST]
        text = ngettext(
            "{folder}: {n} pupil in another class than in the best split; {price}.",
            "{folder}: {n} pupils in another class than in the best split; {price}.",
            far,
        )
        console.print(text.format(folder=out / other.folder, n=far, price=price), markup=False)
        if more and more[0]["more"] < 0:
            text = _("It is better than the split called best, which was not proved best: more time would help.")
            console.print(f"  {text}", markup=False)
    if found is not None and found.no_more:
        console.print(found.no_more, markup=False)


def _headline(result: Result) -> str:
    if result.status == "OPTIMAL":
        return _("OPTIMAL: every hard rule is kept and no split is better.")
    if result.certificate["stopped"] == "interrupted":
        return _("FEASIBLE: interrupted; every hard rule is kept, this is the best split found so far.")
    return _("FEASIBLE: every hard rule is kept; a better split may exist, within the gap shown.")


def _say_tier(tier: dict[str, Any]) -> str:
    if tier["proved"]:
        return _("Tier {tier}: {value}, proved best.").format(tier=tier["tier"], value=tier["value"])
    text = _("Tier {tier}: {value}; no split goes below {bound} (gap {gap}).")
    return text.format(**{**tier, "gap": _decimal(tier["gap"], ".1%")})


def _decimal(number: float, form: str) -> str:
    return format(number, form).replace(".", _("."))


class _Live:
    """One line on standard error that follows the search; on a plain stream, a line at each improvement of a tier."""

    def __init__(self) -> None:
        self.console = stderr()
        self.status = self.console.status(_("Looking for a first split…")) if self.console.is_terminal else None
        self.last = ""

    def __enter__(self) -> _Live:
        if self.status is not None:
            self.status.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self.status is not None:
            self.status.stop()

    def show(self, news: Progress) -> None:
        gap = "" if news.gap is None else _decimal(news.gap, ".1%")
        text = _("tier {tier}: {value}, bound {bound}, gap {gap}").format(
            tier=news.tier, value="–" if news.value is None else news.value, bound=news.bound, gap=gap
        )
        if self.status is not None:
            self.status.update(f"{text}  {_decimal(news.seconds, '.1f')} s")
        elif text != self.last:
            self.console.print(f"{_decimal(news.seconds, '6.1f')} s  {text}", markup=False)
            self.last = text

    def say(self, line: str) -> None:
        """Show a whole sentence, which stays."""
        self.console.print(line, markup=False)
