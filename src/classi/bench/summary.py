"""From records to the figures a report shows: which records compare, their gaps, sums by method, tidy rows.

Every function takes plain records and chooses nothing by looking at a result: what is compared depends only on what was
measured, and for how long.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from classi.bench.gaps import Bounds, Key, best_known, instance, tier_gaps
from classi.bench.records import Record, gap
from classi.bench.stats import percentile

MAIN = "classi"
"""The method the report is about; the others stand beside it."""


def effort(record: Record) -> tuple[float, int]:
    """Return what a method was allowed: the time limit, and the search threads."""
    return record.limit, record.threads


def latest(records: Iterable[Record]) -> list[Record]:
    """Return the last record of each school, method and effort: a case measured again replaces the older one."""
    return list({(instance(r), r.method, effort(r)): r for r in records}.values())


def longest(records: Iterable[Record]) -> list[Record]:
    """Return for each school and method the record with the longest time limit; of equals, that with most threads."""
    found: dict[tuple[Key, str], Record] = {}
    for r in latest(records):
        key = instance(r), r.method
        if key not in found or effort(r) > effort(found[key]):
            found[key] = r
    return list(found.values())


def equal_time(records: Iterable[Record]) -> list[Record]:
    """Return for each family and size the records of one effort: the one at which most methods were measured.

    Where several are equal, the one with more records, then the longest, then the one with most threads.
    """
    groups: dict[tuple[str, int], list[Record]] = defaultdict(list)
    for r in latest(records):
        groups[r.family, r.pupils].append(r)
    return [r for group in groups.values() for r in _one_effort(group)]


def _one_effort(records: Sequence[Record]) -> list[Record]:
    at: dict[tuple[float, int], list[Record]] = defaultdict(list)
    for r in records:
        at[effort(r)].append(r)
    return at[max(at, key=lambda allowed: (len({r.method for r in at[allowed]}), len(at[allowed]), allowed))]


def shared(records: Sequence[Record]) -> list[Record]:
    """Return the records of the schools every method was measured on; all records where there is no such school."""
    methods = {r.method for r in records}
    on: dict[Key, set[str]] = defaultdict(set)
    for r in records:
        on[instance(r)].add(r.method)
    return [r for r in records if on[instance(r)] == methods] or list(records)


def method_names(records: Iterable[Record]) -> list[str]:
    """Return the methods measured, `MAIN` first, then by name."""
    return sorted({r.method for r in records}, key=lambda m: (m != MAIN, m))


def proof_seconds(record: Record) -> float | None:
    """Return the seconds until every tier was proved; ``None`` where that was not reached."""
    if record.status != "proved":
        return None
    return record.seconds if record.to_proof is None else record.to_proof


@dataclass(frozen=True, slots=True)
class SizeRow:
    """What `MAIN` reached on the schools of one family and size.

    Attributes
    ----------
    classes, limits, threads : fewest and most classes; shortest and longest time limit; fewest and most threads.
    median, p95, worst : seconds to the proof of every tier; infinite where a run not proved has a part in it.
    gaps : of each tier, the largest gap (to the method's own bound) of a run that was not proved; empty if all were.
    parts : independent parts of the schools proved in every tier, and how many there are.
    nothing : runs that failed, found nothing or broke a hard rule.
    """

    pupils: int
    classes: tuple[int, int]
    limits: tuple[float, float]
    threads: tuple[int, int]
    runs: int
    proved: int
    median: float
    p95: float
    worst: float
    gaps: tuple[float, ...]
    parts: tuple[int, int]
    nothing: int
    peak_mb: float


def size_rows(records: Iterable[Record], method: str = MAIN) -> list[SizeRow]:
    """Return the figures of one method by size; the records are of one family."""
    groups: dict[int, list[Record]] = defaultdict(list)
    for r in longest(records):
        if r.method == method:
            groups[r.pupils].append(r)
    return [_size_row(pupils, groups[pupils]) for pupils in sorted(groups)]


def _size_row(pupils: int, group: Sequence[Record]) -> SizeRow:
    times = [proof_seconds(r) for r in group]
    open_gaps = [tier_gaps(r.tiers, r.bounds) for r in group if r.hard == 0 and r.status != "proved"]
    tiers = max(map(len, open_gaps), default=0)
    return SizeRow(
        pupils,
        (min(r.classes for r in group), max(r.classes for r in group)),
        (min(r.limit for r in group), max(r.limit for r in group)),
        (min(r.threads for r in group), max(r.threads for r in group)),
        len(group),
        sum(t is not None for t in times),
        percentile(times, 0.5),
        percentile(times, 0.95),
        percentile(times, 1),
        tuple(max(g[k] for g in open_gaps if len(g) > k) for k in range(tiers)),
        (sum(r.parts_proved for r in group), sum(r.parts for r in group)),
        sum(r.hard != 0 for r in group),
        max(r.peak_mb for r in group),
    )


@dataclass(frozen=True, slots=True)
class Worse:
    """Where a method is worse than another: a criterion's sum, or (`what` empty) schools without a valid answer."""

    other: str
    what: str
    mine: int
    theirs: int


@dataclass(frozen=True, slots=True)
class MethodRow:
    """What one method reached on the schools of a family, all added up.

    Attributes
    ----------
    answers : runs that ended with an assignment; the sums are over these.
    hard : Σ excess of hard rules. kept : answers that keep every hard rule.
    tiers, criteria : Σ audited cost of each tier and, by name, of each criterion.
    seconds : median time to proof, infinite where fewer than half were proved.
    bounded : runs that ended with a bound of every tier.
    compared : schools on which another method has a valid answer to compare with, counted once for each other method.
    worse : every sum in which another method is better.
    """

    method: str
    runs: int
    answers: int
    kept: int
    hard: int
    tiers: tuple[int, ...]
    criteria: Mapping[str, int]
    proved: int
    bounded: int
    seconds: float
    peak_mb: float
    compared: int
    worse: tuple[Worse, ...]


def method_rows(records: Sequence[Record]) -> list[MethodRow]:
    """Return a row a method; the records are of one family at equal time limits (`equal_time`)."""
    return [_method_row(m, [r for r in records if r.method == m], records) for m in method_names(records)]


def _method_row(method: str, own: Sequence[Record], records: Sequence[Record]) -> MethodRow:
    answered = [r for r in own if r.hard is not None]
    others = [o for o in method_names(records) if o != method]
    pairs = {o: _pairs(own, [r for r in records if r.method == o]) for o in others}
    return MethodRow(
        method,
        len(own),
        len(answered),
        sum(r.hard == 0 for r in answered),
        sum(r.hard or 0 for r in answered),
        tuple(_sum_tiers(answered)),
        criterion_sums(answered),
        sum(r.status == "proved" for r in own),
        sum(len(r.tiers) == len(r.bounds) and None not in r.bounds for r in answered),
        percentile([proof_seconds(r) for r in own], 0.5),
        max(r.peak_mb for r in own),
        sum(map(len, pairs.values())),
        tuple(w for other, both in pairs.items() for w in _worse(other, both)),
    )


def _pairs(own: Sequence[Record], other: Sequence[Record]) -> list[tuple[Record, Record]]:
    """Return what both methods found on the schools where the other one found something valid."""
    mine = {instance(r): r for r in own}
    return [(mine[instance(r)], r) for r in other if r.hard == 0 and instance(r) in mine]


def _worse(other: str, both: Sequence[tuple[Record, Record]]) -> Iterator[Worse]:
    valid = [(mine, theirs) for mine, theirs in both if mine.hard == 0]
    if len(valid) < len(both):
        yield Worse(other, "", len(valid), len(both))
    own, rival = criterion_sums(m for m, _t in valid), criterion_sums(t for _m, t in valid)
    yield from (Worse(other, name, own[name], rival.get(name, 0)) for name in own if own[name] > rival.get(name, 0))


def _sum_tiers(records: Sequence[Record]) -> Iterator[int]:
    for k in range(max((len(r.tiers) for r in records), default=0)):
        yield sum(r.tiers[k] for r in records if len(r.tiers) > k)


def criterion_sums(records: Iterable[Record]) -> Counter[str]:
    """Return the audited cost of each criterion, by name, added up over the records."""
    sums: Counter[str] = Counter()
    for r in records:
        for name, cost in zip(criterion_names(r), r.criteria, strict=True):
            sums[name] += cost
    return sums


def criterion_names(record: Record) -> list[str]:
    """Return the names of the criteria, each its own: the second of one name gets ``(2)``, and so on."""
    met: Counter[str] = Counter()
    names = []
    for name in record.rules[: len(record.criteria)]:
        met[name] += 1
        names.append(name if met[name] == 1 else f"{name} ({met[name]})")
    return names


# --- tidy rows ---

RUN_COLUMNS = (
    "family", "pupils", "classes", "seed", "method", "limit", "threads", "code", "status", "seconds", "cpu_seconds",
    "peak_mb", "hard", "to_proof", "to_one_percent", "parts", "parts_proved", "error",
)  # fmt: skip
TIER_COLUMNS = ("number", "name", "value", "bound", "gap", "best_bound", "best_gap")
TIDY_COLUMNS = (*RUN_COLUMNS, "of", *TIER_COLUMNS)


def tidy_rows(records: Iterable[Record]) -> list[dict[str, Any]]:
    """Return rows for a table, three kinds told apart by `of`: ``"run"``, ``"tier"`` and ``"criterion"``.

    Every record has one row of the run, one a tier and one a criterion; each repeats the columns of the run, so that
    one kind alone is a tidy table. `number` counts from 1; `gap` is to the method's own bound, `best_gap` to
    `best_bound`, the best known of that school.
    """
    kept = latest(records)
    best = best_known(kept)
    return [row for r in kept for row in _rows_of(r, best[instance(r)])]


def _rows_of(record: Record, best: Bounds) -> Iterator[dict[str, Any]]:
    run = {column: getattr(record, column) for column in RUN_COLUMNS}
    blank = dict.fromkeys(TIER_COLUMNS)
    yield {**run, "of": "run", **blank}
    for k, value in enumerate(record.tiers):
        bound = record.bounds[k] if k < len(record.bounds) else None
        known = best[k] if k < len(best) else 0
        figures = {"bound": bound, "gap": gap(value, bound), "best_bound": known, "best_gap": gap(value, known)}
        yield {**run, "of": "tier", **blank, "number": k + 1, "value": value, **figures}
    for k, (name, cost) in enumerate(zip(criterion_names(record), record.criteria, strict=True)):
        yield {**run, "of": "criterion", **blank, "number": k + 1, "name": name, "value": cost}
