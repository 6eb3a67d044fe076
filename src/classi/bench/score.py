"""The neutral score: what a method found, counted by the auditor, whose count shares nothing with any solver."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from classi.audit import Audit
from classi.bench.gaps import reached
from classi.bench.methods import formed
from classi.bench.records import Answer, Record
from classi.bench.suites import Task
from classi.case import Case
from classi.errors import Contradiction
from classi.i18n import _, use_language

ONE_PERCENT = 0.01
KILOBYTE = 1024 if sys.platform != "darwin" else 1

Bounds = tuple[int | None, ...]


def score(
    task: Task,
    case: Case,
    answer: Answer,
    *,
    code: str = "",
    machine: Mapping[str, str] | None = None,
    peak: float | None = None,
) -> Record:
    """Count an answer and say what it is worth.

    Parameters
    ----------
    task, case : what was measured; the case with the applicants who got no seat, or without them.
    answer : what the method found.
    code, machine : what the measurement was made with, passed on to the record.
    peak : megabytes; default `peak_mb` now, before the auditor adds its own.

    Returns
    -------
    A record. `hard` adds to the excess of the hard rules one for every pupil without a class, or in one that the seat
    given does not leave open, and for every unknown pupil or class. Nothing costs less than nothing: a tier that costs
    0 has the bound 0, whether a method proved it or not. The time to 1 % is about the answer's own bounds; for those of
    all methods use `reached` with `best_known`, of `classi.bench.gaps`.

    Raises
    ------
    Contradiction
        If a bound is above what the assignment costs.
    """
    peak = peak_mb() if peak is None else peak
    case = formed(case)
    audit = None if answer.placed is None else case.audit(answer.placed).audit
    tiers = () if audit is None else tuple(audit.tiers.values())
    hard = None if audit is None else _excess(audit)
    bounds = _bounds(answer.bounds, tiers, kept=hard == 0)
    status = _status(hard, tiers, bounds)
    school, rules = task.instance, case.regulation
    with use_language("en"):  # a record is the same whoever measured it
        names = tuple(map(rules.label, range(len(rules.criteria))))
    return Record(
        family=school.family, pupils=school.pupils, classes=len(case.school.classes), seed=school.seed,
        method=task.method, limit=task.seconds, threads=task.workers, code=code, status=status,
        seconds=answer.seconds, cpu_seconds=answer.cpu_seconds, peak_mb=peak,
        hard=hard, tiers=tiers, bounds=bounds,
        criteria=() if audit is None else tuple(a.cost for a in audit.criteria), rules=names,
        to_proof=_to_proof(answer, bounds) if status == "proved" else None,
        to_one_percent=reached(answer.events, bounds, ONE_PERCENT) if status in ("proved", "open") else None,
        parts=answer.parts, parts_proved=answer.parts_proved if answer.parts > 1 else int(status == "proved"),
        events=tuple(answer.events), machine=dict(machine or {}),
    )  # fmt: skip


def _excess(audit: Audit) -> int:
    return len(audit.structure) + sum(a.cost for a in audit.criteria if a.hard)


def _bounds(bounds: Bounds, tiers: tuple[int, ...], *, kept: bool) -> Bounds:
    """Return the bounds as far as they go with the audited values."""
    if not kept:  # fewer rules kept, less to pay: the values say nothing about the bounds
        return bounds
    known = [*bounds, *[None] * (len(tiers) - len(bounds))]
    wrong = [k for k, (v, b) in enumerate(zip(tiers, known, strict=True)) if b is not None and b > v]
    if wrong:
        text = _("Tier number {tier}: a bound of {bound} is above the cost of the assignment, {value}.")
        raise Contradiction("\n".join(text.format(tier=k + 1, bound=known[k], value=tiers[k]) for k in wrong))
    return tuple(0 if v == 0 else b for v, b in zip(tiers, known, strict=True))


def _status(hard: int | None, tiers: tuple[int, ...], bounds: Bounds) -> str:
    if hard is None:
        return "nothing"
    if hard:
        return "broken"
    return "proved" if tiers == bounds else "open"


def _to_proof(answer: Answer, bounds: Bounds) -> float:
    """Return when the last proof was told; where it was not, when the method ended."""
    found = reached(answer.events, bounds, 0.0, proved=True)
    return answer.seconds if found is None else found


# --- memory ---


def fresh_peak() -> None:
    """Forget the largest resident size so far, so that `peak_mb` is about what comes next; on Linux only."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def peak_mb() -> float:
    """Return the largest resident size in megabytes: of this process, or of the largest child it has waited for.

    Since `fresh_peak` on Linux. Elsewhere, and of children, since the process began: in one that is used for several
    measurements an upper limit of what the last one needed, right for the first. Where the system does not tell, 0.
    """
    if sys.platform == "win32":
        return 0.0
    import resource  # noqa: PLC0415 - only on Unix

    own, children = (
        resource.getrusage(who).ru_maxrss * KILOBYTE / 1e6 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return max(own if (since := _since_fresh()) is None else since, children)


def _since_fresh() -> float | None:
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM:")), None)
