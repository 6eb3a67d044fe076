"""The whole trip of one school: read, form, count again, report. The only module that knows every other."""

from __future__ import annotations

import hashlib
import json
import platform
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classi import resources
from classi.audit import (
    Audit,
    audit_files,
    audit_ledger,
    compare_with_certificate,
    ledger_from_rows,
    read_ledger,
)
from classi.domain import School
from classi.errors import AuditFailure, Infeasible, InputError, NotFound, Problem
from classi.formation.bounds import criterion_bounds
from classi.formation.conflict import Conflict, counting_arguments, explain_conflict
from classi.formation.engine import Clock, Limits
from classi.formation.search import Board
from classi.formation.solve import Progress, Solution, gap, solve
from classi.generate import Knobs, generate
from classi.i18n import _
from classi.ledger import Ledger
from classi.reasons import unmet_wishes
from classi.regulation import Regulation, parse_regulation, read_regulation
from classi.report import build, write_html, write_xlsx
from classi.tables.check import capacity_problems
from classi.tables.read import Tables, read_case_tables, tables_from_rows
from classi.tables.write import refuse_existing, write_assignment, write_atomic, write_case
from classi.terms import Term

if TYPE_CHECKING:
    import pandas as pd

REGULATION = "regolamento.toml"
ASSIGNMENT = "assegnazioni.csv"
CERTIFICATE = "certificato.json"
REPORT = "report.html"
WORKBOOK = "classi.xlsx"
PERFECT = "perfetta.csv"
OUTPUTS = (ASSIGNMENT, CERTIFICATE, REPORT, WORKBOOK)
EXPLAIN_SECONDS = 30.0


@dataclass(frozen=True)
class Case:
    """A school and its regulation, checked and ready.

    Attributes
    ----------
    school : the facts, with the classes open to each pupil.
    regulation : the rules, those the files themselves make binding included.
    inputs : SHA-256 of every file read, by name.
    warnings : odd but legal data.
    source : a folder or workbook, or the rows a case was built from.
    """

    school: School
    regulation: Regulation
    inputs: Mapping[str, str]
    warnings: tuple[Problem, ...]
    source: Path | Mapping[str, list[dict[str, Any]]] = field(repr=False)

    @classmethod
    def read(cls, path: str | Path) -> Case:
        """Read a case: a folder of csv files or one workbook, with ``regolamento.toml``.

        Raises
        ------
        InputError
            With every problem found, in the tables and in the regulation.

        Examples
        --------
        >>> from classi import Case, resources
        >>> case = Case.read(resources.instances() / "secondaria-due-plessi")
        >>> len(case.school.classes) > 1
        True
        """
        path = Path(path)
        file = regulation_path(path)
        tables, regulation = _both(lambda: read_case_tables(path), lambda: read_regulation(file, resources.models()))
        inputs = {**tables.sources, file.name: _sha256(file)}
        return cls._build(tables, regulation, inputs, path)

    @classmethod
    def from_frames(
        cls,
        pupils: pd.DataFrame,
        classes: pd.DataFrame,
        ties: pd.DataFrame | None = None,
        regulation: Mapping[str, Any] | str | Path | None = None,
        sites: pd.DataFrame | None = None,
    ) -> Case:
        """Build a case from pandas tables with the columns of the files (Italian or English).

        Parameters
        ----------
        pupils, classes, ties, sites : the four tables; missing cells are ``None`` or ``NaN``.
        regulation : a path to a TOML file, or its content as a mapping ``{"criteria": [...]}``.

        Raises
        ------
        InputError
            As for `read`; rows are counted from 1, the first below the header being 2.

        Examples
        --------
        >>> import pandas as pd
        >>> from classi import Case
        >>> pupils = pd.DataFrame({"id": ["a", "b", "c", "d"], "sesso": ["F", "F", "M", "M"]})
        >>> rules = {"criteria": [{"rule": "balance", "attribute": "sesso", "weight": 1},
        ...                       {"rule": "equal_sizes", "hard": True}]}
        >>> case = Case.from_frames(pupils, pd.DataFrame({"id": ["1A", "1B"]}), regulation=rules)
        >>> len(case.regulation.criteria)
        2
        """
        frames = {"alunni": pupils, "classi": classes, "legami": ties, "plessi": sites}
        rows = {name: _rows(frame) for name, frame in frames.items() if frame is not None}
        tables, rules = _both(lambda: tables_from_rows(rows), lambda: _any_regulation(regulation))
        return cls._build(tables, rules, {}, rows)

    @classmethod
    def _build(
        cls, tables: Tables, regulation: Regulation, inputs: Mapping[str, str], source: Path | Mapping[str, Any]
    ) -> Case:
        regulation = regulation.with_implicit(tables.school)
        problems = [*regulation.problems(tables.school)]
        if any(not p.warning for p in problems):
            raise InputError([*problems, *tables.warnings])
        warnings = [*tables.warnings, *problems]
        if regulation.admission is not None:
            text = _("The table [admission] is not applied: seats are taken as the files give them.")
            warnings.append(Problem(text, regulation.file, warning=True))
        return cls(regulation.bind(tables.school), regulation, inputs, tuple(warnings), source)

    @cached_property
    def terms(self) -> list[Term]:
        """The rules compiled for this school."""
        return self.regulation.terms(self.school)

    def impossible(self) -> tuple[str, ...]:
        """Return, in sentences, what plain counting shows to be impossible (an empty tuple proves nothing)."""
        hard = [t for t in self.terms if t.weight is None]
        by_rules = [f"[{r.code}] {r.text}" for r in counting_arguments(self.school, self.regulation, hard)]
        return tuple(by_rules or [p.message for p in capacity_problems(self.school)])

    def ledger(self, placed: Mapping[str, str]) -> Ledger:
        """Return the auditor's notebook for an assignment (pupil id → class id), read again from the source."""
        if isinstance(self.source, Path):
            return read_ledger(self.source, placed)[0]
        return ledger_from_rows(self.source, placed)


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
    """

    case: Case
    solution: Solution
    certificate: Mapping[str, Any]
    audit: Audit | None = None
    conflict: Conflict | None = None

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
        return Assignment(_placed(self.case.school, self.solution.places))


def form(
    case: Case,
    *,
    time_limit: float = 60.0,
    seed: int = 0,
    workers: int = 2,
    memory_mb: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    clock: Clock | None = None,
) -> Result:
    """Form the classes of a case, count them again independently, and certify the result.

    Parameters
    ----------
    case : what to form.
    time_limit : seconds for the whole search. With one worker it is CP-SAT's deterministic time, and no wall time is
        written anywhere, so that the same input gives the same bytes.
    seed, workers, memory_mb : search seed, threads, and limit of the process in megabytes.
    progress : called with every improvement.
    clock : pass one to be able to stop from another thread.

    Raises
    ------
    AuditFailure
        If the auditor's count and the solver's cost differ for any criterion.

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
    clock = clock or Clock(limits)
    solution = solve(case.school, case.terms, limits, progress, clock)
    conflict = audit = None
    if solution.status == "INFEASIBLE":
        seconds = min(EXPLAIN_SECONDS, time_limit)
        conflict = explain_conflict(case.school, case.regulation, case.terms, replace(limits, seconds=seconds))
    if solution.places is not None:
        audit = audit_ledger(case.ledger(_placed(case.school, solution.places)), case.regulation)
        _agree(case, solution.places, audit)
    certificate = _certificate(case, solution, limits, audit, conflict)
    return Result(case, solution, certificate, audit, conflict)


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
    place: a result that the audit does not confirm is never written. Without an assignment only the certificate and
    the report, which then explain why, are written.

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
        for name in OUTPUTS:
            if name in written:
                (staged / name).replace(out / name)
            else:
                (out / name).unlink(missing_ok=True)


def _stage(result: Result, folder: Path) -> list[str]:
    case, certificate = result.case, dict(result.certificate)
    if result.solution.places is None or result.audit is None:
        content = build(Audit(()), case.ledger({}), certificate, case.regulation)
        _write_certificate(folder, certificate)
        write_html(content, folder / REPORT)
        return [CERTIFICATE, REPORT]
    write_assignment(folder / ASSIGNMENT, list(result.assignment.placed.items()))
    certificate["outputs"] = {ASSIGNMENT: _sha256(folder / ASSIGNMENT)}
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
    return [ASSIGNMENT, CERTIFICATE, REPORT, WORKBOOK]


@dataclass(frozen=True)
class Recount:
    """An independent count of a result.

    Attributes
    ----------
    audit : the count, rule by rule.
    regulation : the rules counted.
    differences : one sentence for everything in which the certificate differs from the files and the count.
    """

    audit: Audit
    regulation: Regulation
    differences: tuple[str, ...]

    @property
    def confirmed(self) -> bool:
        """True when every hard rule is kept and the certificate, if there is one, says the same as the files."""
        return self.audit.hard_kept and not self.differences

    def findings(self) -> list[str]:
        """Return every finding in a sentence, hard rules first."""
        ordered = sorted(self.audit.criteria, key=lambda a: not a.hard)
        return [self.regulation.criteria[a.number - 1].explain(count) for a in ordered for count in a.findings]


def audit_result(case: str | Path, directory: str | Path) -> Recount:
    """Count every rule again from the files alone, and compare with the certificate when there is one.

    Parameters
    ----------
    case : the case, as for `Case.read`.
    directory : where ``assegnazioni.csv`` (and ``certificato.json``) are.
    """
    case, directory = Path(case), Path(directory)
    audit, _ledger, regulation = audit_files(case, directory, resources.models())
    file = directory / CERTIFICATE
    return Recount(audit, regulation, _certificate_differences(case, directory, audit) if file.exists() else ())


def _certificate_differences(case: Path, directory: Path, audit: Audit) -> tuple[str, ...]:
    try:
        certificate = json.loads((directory / CERTIFICATE).read_text(encoding="utf-8"))
        inputs = [str(name) for name in certificate["inputs"]]
    except (ValueError, KeyError, TypeError):
        return (_("The certificate cannot be read."),)
    folder = case if case.is_dir() else case.parent
    hashes = {name: _sha256(folder / name) for name in inputs if (folder / name).is_file()}
    missing = [_("{file} is missing.").format(file=name) for name in inputs if name not in hashes]
    hashes[ASSIGNMENT] = _sha256(directory / ASSIGNMENT)
    return (*missing, *compare_with_certificate(audit, certificate, hashes))


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


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _agree(case: Case, places: tuple[int, ...], audit: Audit) -> None:
    costs = Board(case.school, case.terms).criterion_costs(places, len(case.regulation.criteria))
    different = [
        _("Rule {k} ({rule}): the solver says {cost}, the auditor {audited}.").format(
            k=k + 1, rule=criterion.rule, cost=costs[k], audited=audited.cost
        )
        for k, (criterion, audited) in enumerate(zip(case.regulation.criteria, audit.criteria, strict=True))
        if costs[k] != audited.cost
    ]
    if different or audit.structure or not audit.hard_kept:
        raise AuditFailure("\n".join([*different, *audit.structure]) or _("The auditor finds a hard rule broken."))


def _certificate(
    case: Case, solution: Solution, limits: Limits, audit: Audit | None, conflict: Conflict | None
) -> dict[str, Any]:
    costs = {a.number: a.cost for a in audit.criteria} if audit else {}
    bounds_of = criterion_bounds(case.school, case.terms)
    return {
        "format": 1,
        "status": solution.status,
        "regulation": case.regulation.name,
        "pupils": len(case.school.pupils),
        "classes": len(case.school.classes),
        "tiers": [
            {
                "tier": t.tier,
                "value": t.value,
                "bound": t.bound,
                "gap": round(gap(t.value, t.bound), 6),
                "proved": t.proved,
                "proof": t.proof,
                "conditional_on_earlier_tiers": n > 0,
            }
            for n, t in enumerate(solution.tiers)
        ],
        "criteria": [
            {
                "number": k,
                "rule": c.rule,
                "name": case.regulation.label(k - 1),
                "hard": c.hard,
                "weight": c.weight,
                "tier": None if c.hard else c.tier,
                "cost": costs.get(k),
                "audited": costs.get(k),
                "bound": bounds_of.get(k - 1, 0),
            }
            for k, c in enumerate(case.regulation.criteria, 1)
        ],
        "stopped": solution.stopped,
        "seed": limits.seed,
        "workers": limits.workers,
        "deterministic": limits.deterministic,
        "time_limit": limits.seconds,
        "wall_seconds": None if limits.deterministic else round(solution.wall_seconds, 3),
        "solver_seconds": None if limits.deterministic else round(solution.solver_seconds, 3),
        "deterministic_time": round(solution.deterministic_time, 6),
        "versions": {"classi": version("classi"), "python": platform.python_version(), "ortools": version("ortools")},
        "inputs": dict(case.inputs),
        "outputs": {},
        "audit": None
        if audit is None
        else {"hard_kept": audit.hard_kept, "agrees": True, "findings": sum(len(a.findings) for a in audit.criteria)},
        "warnings": [p.message for p in case.warnings],
        "conflict": None if conflict is None else conflict.to_dict(),
    }


def regulation_path(case: Path) -> Path:
    """Return where a case's regulation is: in its folder, or beside its workbook."""
    return (case if case.is_dir() else case.parent) / REGULATION


def _both(tables: Callable[[], Tables], regulation: Callable[[], Regulation]) -> tuple[Tables, Regulation]:
    """Read both, and report the problems of both at once."""
    problems: list[Problem] = []
    results: list[Any] = []
    for read in (tables, regulation):
        try:
            results.append(read())
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return results[0], results[1]


def _any_regulation(regulation: Mapping[str, Any] | str | Path | None) -> Regulation:
    if isinstance(regulation, str | Path):
        return read_regulation(Path(regulation), resources.models())
    return parse_regulation(regulation or {})


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    filled = frame.astype(object).where(frame.notna(), None)
    return [{str(k): v for k, v in row.items()} for row in filled.to_dict("records")]


def _placed(school: School, places: tuple[int, ...]) -> dict[str, str]:
    return {p.id: school.classes[c].id for p, c in zip(school.pupils, places, strict=True)}
