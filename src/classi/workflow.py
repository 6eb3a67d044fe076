"""The whole trip of one school: read, form, count again, report. The only module that knows every other."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol

from classi.admissions.admit import Decisions, Impossible
from classi.audit import Audit, audit_ledger
from classi.case import REGULATION, Case
from classi.certificate import make_certificate
from classi.durable import write_atomic
from classi.errors import AuditFailure, Infeasible, InputError, NotFound, Problem
from classi.formation.conflict import Conflict, explain_conflict
from classi.formation.engine import Clock, Limits
from classi.formation.parts import form_parts
from classi.formation.solve import Progress, Solution
from classi.formation.split import Split, take_apart
from classi.formation.whole import criterion_costs
from classi.generate import Knobs, generate
from classi.i18n import _
from classi.journal import read_journal
from classi.reasons import unmet_wishes
from classi.recount import ASSIGNMENT, CERTIFICATE, audit_result, sha256
from classi.report import build, write_html, write_xlsx
from classi.seat_files import COLUMNS, RANKINGS_WORKBOOK
from classi.seating import case_folder, give_seats
from classi.tables.write import refuse_existing, write_assignment, write_case

if TYPE_CHECKING:
    import pandas as pd

REPORT = "report.html"
WORKBOOK = "classi.xlsx"
PERFECT = "perfetta.csv"
OUTPUTS = (ASSIGNMENT, CERTIFICATE, REPORT, WORKBOOK, *COLUMNS, RANKINGS_WORKBOOK)
EXPLAIN_SECONDS = 30.0


class Seats(Protocol):
    """Rankings and seats that go with the classes: given now (`Seated`) or before (`classi.restate.Carried`)."""

    def write(self, folder: Path) -> list[str]:
        """Write their files, and return the names."""

    def summary(self) -> dict[str, Any]:
        """Return what the certificate says of them."""


@dataclass(frozen=True)
class Assignment:
    """Class of each pupil."""

    placed: Mapping[str, str]

    def to_frame(self) -> pd.DataFrame:
        """Return a table with columns ``id`` and ``classe``, one row a pupil, in the order of the case."""
        import pandas as pd  # noqa: PLC0415 - half a second that only those who ask should pay

        return pd.DataFrame({"id": list(self.placed), "classe": list(self.placed.values())})


@dataclass(frozen=True)
class Result:
    """What `form` found: see `assignment`, `certificate`, `audit`, `conflict`.

    Attributes
    ----------
    status : OPTIMAL (every tier proved), FEASIBLE, INFEASIBLE (proved) or UNKNOWN.
    certificate : the content of ``certificato.json``.
    audit : the independent count, ``None`` without an assignment.
    conflict : why it is impossible, when it is.
    case : what was formed: where seats were given, the case of those who got one.
    seated : the rankings and seats, ``None`` where the regulation has no procedure of admission.
    """

    case: Case
    solution: Solution
    certificate: Mapping[str, Any]
    audit: Audit | None = None
    conflict: Conflict | None = None
    seated: Seats | None = None

    @property
    def status(self) -> str:
        """OPTIMAL, FEASIBLE, INFEASIBLE or UNKNOWN."""
        return self.solution.status

    @property
    def assignment(self) -> Assignment:
        """The classes formed.

        Raises
        ------
        Infeasible
            When the case is proved impossible; carries the conflict.
        NotFound
            When the limits ended before anything was found.
        """
        if self.conflict is not None:
            raise Infeasible(self.conflict)
        if self.solution.places is None:
            raise NotFound(_("No assignment was found within the limits, and none was proved impossible."))
        return Assignment(self.case.placed(self.solution.places))


def form(
    case: Case,
    *,
    time_limit: float = 60.0,
    seed: int = 0,
    workers: int = 2,
    memory_mb: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Event | None = None,
    decisions: Decisions | None = None,
) -> Result:
    """Give the seats and form the classes of a case, count them again independently, and certify the result.

    A school that falls into independent parts is formed part by part, a large one by several processes unless there is
    one worker: a script then needs the usual ``if __name__ == "__main__":``.

    Parameters
    ----------
    case : what to form.
    time_limit : seconds for the whole search; explaining an impossible case may take as long again, 30 s at most. With
        one worker it is a fixed amount of CP-SAT's work, and no wall time is written anywhere, so that the same input
        gives the same bytes.
    seed, workers, memory_mb : search seed, threads (or processes), and limit of them all in megabytes.
    progress : called with every improvement.
    stop : set it from another thread, or a signal handler, to end the search and keep the best found.
    decisions : what people and the public draw decided about admissions; default what the case's files record.

    Raises
    ------
    AuditFailure
        If the auditor's count and the solver's cost differ for any criterion.
    Unsettled
        If a ranking has ties that no public draw has settled yet.

    Examples
    --------
    >>> import pandas as pd
    >>> from classi import Case, form
    >>> pupils = pd.DataFrame({"id": ["a", "b", "c", "d"], "sesso": ["F", "F", "M", "M"]})
    >>> rules = {"criteria": [{"rule": "balance", "attribute": "sesso", "weight": 1},
    ...                       {"rule": "equal_sizes", "hard": True}]}
    >>> case = Case.from_frames(pupils, pd.DataFrame({"id": ["1A", "1B"]}), regulation=rules)
    >>> result = form(case)
    >>> result.status, result.certificate["tiers"][0]["value"]
    ('OPTIMAL', 0)
    >>> result.assignment.to_frame().groupby("classe").size().tolist()
    [2, 2]
    """
    limits = Limits(time_limit, memory_mb, workers, seed)
    clock = Clock(limits, stop or Event())
    seated = None
    try:
        seated = give_seats(case, clock, decisions)
        case = _of_those_here(case) if seated is None else seated.inside
        apart = take_apart(case.school, case.terms)
        solution = form_parts(case.school, case.terms, limits, progress, clock, apart)
    except Impossible:
        apart = take_apart(case.school, case.terms)
        solution = form_parts(case.school, case.terms, limits, progress, Clock(limits, clock.stop), apart)
        if solution.status != "INFEASIBLE":
            raise
        # Impossible whoever gets the seats: explained like any other impossible case.
    conflict = None
    if solution.status == "INFEASIBLE":
        explaining = Clock(replace(limits, seconds=min(EXPLAIN_SECONDS, time_limit)), clock.stop)
        conflict = explain_conflict(case.school, case.regulation, case.terms, explaining)
    return certified(case, solution, limits, conflict=conflict, seated=seated, apart=apart)


def _of_those_here(case: Case) -> Case:
    """Return the case without those who left by a recorded decision."""
    folder = case_folder(case)
    left = frozenset() if folder is None else read_journal(folder).left
    return case.of_those(p.id for p in case.school.pupils if p.id not in left) if left else case


def certified(
    case: Case,
    solution: Solution,
    limits: Limits,
    *,
    conflict: Conflict | None = None,
    seated: Seats | None = None,
    apart: Split | None = None,
    made: Mapping[str, Any] | None = None,
) -> Result:
    """Count a solution again independently, and certify it.

    Parameters
    ----------
    case, solution, limits : what was formed, what was found, and within which limits.
    conflict : why it is impossible, when it is.
    seated : rankings and seats, if there are any.
    apart : the school taken apart, where that was done before.
    made : how the split was made, where not by a search for the best of all.

    Raises
    ------
    AuditFailure
        If the auditor's count and the solver's cost differ for any criterion, or a hard rule is broken.
    """
    audit = costs = None
    apart = apart or take_apart(case.school, case.terms)
    if solution.places is not None:
        audit = audit_ledger(case.ledger(case.placed(solution.places)), case.regulation)
        costs = criterion_costs(apart, solution.places, len(case.regulation.criteria))
        _agree(case, solution, costs, audit)
    certificate = make_certificate(case, solution, limits, audit, conflict, costs, apart)
    if seated is not None:
        certificate["admission"] = seated.summary()
    if made is not None:
        certificate["made"] = dict(made)
    return Result(case, solution, certificate, audit, conflict, seated)


def refuse_overwrite(out: Path, *, force: bool) -> None:
    """Raise `InputError` when `out` already holds a result and `force` is not set, or when it holds a case."""
    if (out / REGULATION).exists():
        text = _("{out} is the folder of a case: the result needs a folder of its own.")
        raise InputError([Problem(text.format(out=out), out.name)])
    present = [name for name in OUTPUTS if (out / name).exists()]
    if out.exists() and not out.is_dir():
        raise InputError([Problem(_("{out} is a file: a folder is needed.").format(out=out), out.name)])
    if present and not force:
        text = _("{out} already holds a result ({files}): choose another folder, or add --force.")
        raise InputError([Problem(text.format(out=out, files=", ".join(present)), out.name)])


def write_result(result: Result, out: str | Path, *, force: bool = False) -> None:
    """Write ``assegnazioni.csv``, ``certificato.json``, ``report.html`` and ``classi.xlsx``.

    The files are written aside, the assignment is read again and audited from them, and only then do they take their
    place, the certificate last: a result that the audit does not confirm is never written, and one that was interrupted
    while it took its place has no certificate. Without an assignment only the certificate and the report, which then
    explain why, are written.

    Raises
    ------
    InputError
        If `out` already holds a result and `force` is not set.
    AuditFailure
        If the count from the written files differs from the certificate.
    """
    out = Path(out)
    refuse_overwrite(out, force=force)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".classi-", dir=out.parent) as aside:
        staged = Path(aside)
        written = _stage(result, staged)
        out.mkdir(exist_ok=True)
        for name in (n for n in reversed(OUTPUTS) if n == CERTIFICATE or n not in written):
            (out / name).unlink(missing_ok=True)
        for name in sorted(written, key=lambda n: n == CERTIFICATE):
            (staged / name).replace(out / name)


def _stage(result: Result, folder: Path) -> list[str]:
    case, certificate = result.case, dict(result.certificate)
    if result.solution.places is None or result.audit is None:
        content = build(Audit(()), case.ledger({}), certificate, case.regulation)
        _write_certificate(folder, certificate)
        write_html(content, folder / REPORT)
        return [CERTIFICATE, REPORT]
    write_assignment(folder / ASSIGNMENT, list(result.assignment.placed.items()))
    seats = [] if result.seated is None else result.seated.write(folder)
    certificate["outputs"] = {name: sha256(folder / name) for name in (ASSIGNMENT, *seats)}
    _write_certificate(folder, certificate)
    if isinstance(case.source, Path):
        recount = audit_result(case.source, folder)
        audit = recount.audit
        if recount.differences or not audit.hard_kept:
            raise AuditFailure("\n".join([*audit.structure, *recount.differences]))
    else:
        audit = result.audit
    ledger = case.ledger(result.assignment.placed)
    unmet = unmet_wishes(case.school, case.regulation, case.terms, result.solution.places, audit)
    content = build(audit, ledger, certificate, case.regulation, unmet)
    write_html(content, folder / REPORT)
    write_xlsx(content, ledger, folder / WORKBOOK)
    return [ASSIGNMENT, CERTIFICATE, REPORT, WORKBOOK, *seats]


def _write_certificate(folder: Path, certificate: Mapping[str, Any]) -> None:
    text = json.dumps(certificate, ensure_ascii=False, indent=2)
    write_atomic(folder / CERTIFICATE, f"{text}\n".encode())


def generate_case(out: str | Path, knobs: Knobs, seed: int) -> None:
    """Write a synthetic school as a case; a planted one with its perfect split in ``perfetta.csv``.

    Raises
    ------
    InputError
        If one of the files is already there; nothing is written then.
    """
    out = Path(out)
    made = generate(knobs, seed)
    refuse_existing([out / REGULATION, out / PERFECT])
    write_case(out, made.rows)
    write_atomic(out / REGULATION, made.regulation.encode())
    if made.perfect is not None:
        write_assignment(out / PERFECT, list(made.perfect.items()))


def _agree(case: Case, solution: Solution, costs: Sequence[int], audit: Audit) -> None:
    different = [
        _("Rule {k} ({rule}): the solver says {cost}, the auditor {audited}.").format(
            k=k + 1, rule=criterion.rule, cost=costs[k], audited=audited.cost
        )
        for k, (criterion, audited) in enumerate(zip(case.regulation.criteria, audit.criteria, strict=True))
        if costs[k] != audited.cost
    ]
    different += [
        _("Tier {tier}: the solver says {cost}, the auditor {audited}.").format(
            tier=t.tier, cost=t.value, audited=audit.tiers.get(t.tier)
        )
        for t in solution.tiers
        if audit.tiers.get(t.tier) != t.value
    ]
    if different or audit.structure or not audit.hard_kept:
        raise AuditFailure("\n".join([*different, *audit.structure]) or _("The auditor finds a hard rule broken."))
