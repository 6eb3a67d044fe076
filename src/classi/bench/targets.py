"""What the project set out to reach, as data, and what the records say about it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from classi.bench.gaps import best_known, instance, reached, worst_gap
from classi.bench.instances import FAMILIES
from classi.bench.records import Record, Sweep
from classi.bench.stats import CLOCK, percentile
from classi.bench.summary import MAIN, Worse, equal_time, longest, method_rows, proof_seconds
from classi.bench.words import say_seconds
from classi.i18n import _, ngettext
from classi.report.words import say_number, say_percent

USUAL = (60, 125, 200, 300)
HARD = ("tight", "dense", "correlated")
APART = "knots"
"""A family that no target is about."""
NAIVE = "naive"
CORES = 2
REGION, SCHOOLS, POOL, CLUSTER = "region", 400, "pool", "cluster"
REGION_SECONDS, AS_FAST = 900, 0.9


@dataclass(frozen=True, slots=True)
class Target:
    """A figure to reach by `MAIN` on some schools.

    Attributes
    ----------
    text : the target in words.
    families, sizes : the schools it is about; judged only when every one of them was measured.
    what : a key of `MEASURES`.
    threshold : a time, gap or size may be at most this, a share or ratio must be at least this (see `MEASURES`).
    seeds : schools of each family and size the target asks for; with fewer it is judged, and said.
    """

    text: str
    families: tuple[str, ...]
    sizes: tuple[int, ...]
    what: str
    threshold: float
    seeds: int = 5


def wanted() -> list[Target]:
    """Return the targets, in the current language."""
    usual, hard = (("standard",), USUAL), (HARD, USUAL)
    thousand, five, ten = ((("standard",), (size,)) for size in (1000, 5000, 10000))
    many = (("sites",), (10000,))
    return [
        Target(_("60–300 pupils, standard: proved in every tier on at least 95 %"), *usual, "proved", 0.95, 30),
        Target(_("60–300 pupils, standard: median time to proof at most 1 s"), *usual, "median", 1, 30),
        Target(_("60–300 pupils, standard: 95th percentile of the time to proof at most 10 s"), *usual, "p95", 10, 30),
        Target(_("60–300 pupils, tight, dense, correlated: proved on at least 80 % within 60 s"), *hard, "in 60", 0.8),
        Target(_("60–300 pupils, tight, dense, correlated: gap of the rest at most 1 %"), *hard, "rest", 0.01),
        Target(
            _("Planted perfect up to 2,000 pupils: the perfect split found, always"),
            ("planted",), (*USUAL, 500, 1000, 2000), "perfect", 1,
        ),
        Target(_("1,000 pupils in one pool: at most 10 s to a gap of 1 %"), *thousand, "1 %", 10),
        Target(_("1,000 pupils in one pool: median time to proof at most 30 s"), *thousand, "median", 30),
        Target(_("5,000 pupils in one pool: at most 90 s to a gap of 1 %"), *five, "1 %", 90),
        Target(_("5,000 pupils in one pool: at most 1 GB"), *five, "memory", 1000),
        Target(_("10,000 pupils in one pool: at most 300 s to a gap of 2 %"), *ten, "2 %", 300),
        Target(_("10,000 pupils in one pool: at most 2 GB"), *ten, "memory", 2000),
        Target(_("10,000 pupils over 40 sites: at most 60 s"), *many, "seconds", 60),
        Target(_("10,000 pupils over 40 sites: parts proved, at least 95 %"), *many, "parts", 0.95),
        Target(
            _("200 pupils: at least 10 times faster to proof than naive CP-SAT (median of the ratios)"),
            ("standard",), (200,), "ratio", 10,
        ),
    ]  # fmt: skip


Row = tuple[str, str, bool | None]


def targets(records: Iterable[Record], sweeps: Sequence[Sweep] = ()) -> list[Row]:
    """Return every target: what it asks for, the figure reached, and whether it is met.

    ``None`` = not measured, or not on all the schools the target is about; the figure says on how many.
    """
    kept = list(records)
    return [*(_judged(target, kept) for target in wanted()), *_region(sweeps), *_beside(kept)]


def _judged(target: Target, records: Sequence[Record]) -> Row:
    measured = [r for r in records if r.family in target.families and r.pupils in target.sizes]
    measure = MEASURES[target.what]
    schools = {instance(r) for r in measured if r.method == measure.beside}
    own = [r for r in longest(measured) if r.method == MAIN and (instance(r) in schools or not measure.beside)]
    if not own:
        return target.text, _("not measured"), None
    figure = measure.of(own, measured)
    cells = {(r.family, r.pupils) for r in own}
    whole = len(cells) == len(target.families) * len(target.sizes)
    fewest = min(sum((r.family, r.pupils) == cell for r in own) for cell in cells)
    said = f"{measure.say(figure)} ({_measured_on(own, whole, fewest, target.seeds)})"
    met = figure >= target.threshold if measure.at_least else figure <= target.threshold
    return target.text, said, met if whole else None


def _measured_on(own: Sequence[Record], whole: bool, fewest: int, seeds: int) -> str:
    text = ngettext("{number} school", "{number} schools", len(own)).format(number=len(own))
    if not whole:
        families, sizes = sorted({r.family for r in own}), sorted({r.pupils for r in own})
        text += "; " + _("only {what}").format(what=", ".join([*families, *map(str, sizes)]))
    if fewest < seeds:
        text += "; " + _("{number} of {seeds} seeds").format(number=fewest, seeds=seeds)
    return text


# --- figures ---


@dataclass(frozen=True, slots=True)
class Measure:
    """How a figure is found and judged.

    Attributes
    ----------
    of : from the records of `MAIN` (never none) and those of every method.
    say : writes it.
    at_least : whether more is better.
    beside : a method that must have been measured on the same schools.
    """

    of: Callable[[Sequence[Record], Sequence[Record]], float]
    say: Callable[[float], str]
    at_least: bool = False
    beside: str = ""


def _say_time(value: float) -> str:
    return _("not reached") if math.isinf(value) else f"{say_seconds(value)} s"


def _share(of: Callable[[Record], bool]) -> Callable[[Sequence[Record], Sequence[Record]], float]:
    return lambda own, _all: sum(map(of, own)) / len(own)


def _proof(share: float) -> Callable[[Sequence[Record], Sequence[Record]], float]:
    return lambda own, _all: percentile([proof_seconds(r) for r in own], share)


def _within(most: float) -> Callable[[Sequence[Record], Sequence[Record]], float]:
    def median_seconds(own: Sequence[Record], measured: Sequence[Record]) -> float:
        best = best_known(measured)
        return percentile([reached(r.events, best[instance(r)], most) for r in own], 0.5)

    return median_seconds


def _rest(own: Sequence[Record], _all: Sequence[Record]) -> float:
    left = [r for r in own if not _proved_in(r, 60)]
    return max((worst_gap(r.hard, r.tiers, r.bounds) for r in left), default=0.0)


def _proved_in(record: Record, most: float) -> bool:
    seconds = proof_seconds(record)
    return seconds is not None and seconds <= most


def _parts(own: Sequence[Record], _all: Sequence[Record]) -> float:
    return sum(r.parts_proved for r in own) / max(1, sum(r.parts for r in own))


def _ratio(own: Sequence[Record], measured: Sequence[Record]) -> float:
    """Return the median of naive : classi; a naive run cut off counts with the time it had, a lower limit."""
    naive = {instance(r): r for r in longest(measured) if r.method == NAIVE}
    ratios = []
    for r in own:
        mine, theirs = proof_seconds(r), proof_seconds(naive[instance(r)])
        slow = naive[instance(r)].seconds if theirs is None else theirs
        ratios.append(0.0 if mine is None else max(slow, CLOCK) / max(mine, CLOCK))
    return percentile(ratios, 0.5)


def _most_memory(own: Sequence[Record], _all: Sequence[Record]) -> float:
    return max(r.peak_mb for r in own)


def _median_of_all(own: Sequence[Record], _all: Sequence[Record]) -> float:
    return percentile([None if r.hard != 0 else r.seconds for r in own], 0.5)


MEASURES: Mapping[str, Measure] = {
    "proved": Measure(_share(lambda r: r.status == "proved"), say_percent, at_least=True),
    "in 60": Measure(_share(lambda r: _proved_in(r, 60)), say_percent, at_least=True),
    "perfect": Measure(_share(lambda r: r.hard == 0 and not any(r.tiers)), say_percent, at_least=True),
    "median": Measure(_proof(0.5), _say_time),
    "p95": Measure(_proof(0.95), _say_time),
    "1 %": Measure(_within(0.01), _say_time),
    "2 %": Measure(_within(0.02), _say_time),
    "rest": Measure(_rest, say_percent),
    "memory": Measure(_most_memory, lambda mb: f"{say_number(mb, 0)} MB"),
    "seconds": Measure(_median_of_all, _say_time),
    "parts": Measure(_parts, say_percent, at_least=True),
    "ratio": Measure(_ratio, lambda ratio: f"{say_number(ratio, 1)}×", at_least=True, beside=NAIVE),
}


# --- whole sweeps ---


def _region(sweeps: Sequence[Sweep]) -> list[Row]:
    """Return how long a whole region took, and how a cluster compares with a pool on the same tasks."""
    texts = (
        _("A region, 400 schools of 250 pupils: at most 15 minutes on 2 cores"),
        _("A region on two Dask workers of one core each: at least 0.9 times as fast as the pool"),
    )
    took = whole_seconds(s for s in sweeps if (s.suite, s.total, s.workers) == (REGION, SCHOOLS, CORES))
    pools = [(tasks, seconds) for (tasks, where), seconds in took.items() if where == POOL]
    pairs = [(seconds, took[tasks, CLUSTER]) for tasks, seconds in pools if (tasks, CLUSTER) in took]
    rows: list[Row] = [(text, _("not measured"), None) for text in texts]
    if pools:
        seconds = pools[-1][1]
        rows[0] = texts[0], f"{say_seconds(seconds)} s", seconds <= REGION_SECONDS
    if pairs:
        pool, cluster = pairs[-1]
        said = _("{ratio} (pool {pool} s, cluster {cluster} s)").format(
            ratio=f"{say_number(pool / cluster, 2)}×", pool=say_seconds(pool), cluster=say_seconds(cluster)
        )
        rows[1] = texts[1], said, pool / cluster >= AS_FAST
    return rows


def whole_seconds(sweeps: Iterable[Sweep]) -> dict[tuple[str, str], float]:
    """Return the seconds that each whole sweep took, by its tasks and where they ran.

    A sweep that was stopped and went on is whole when its sessions together measured every task.
    """
    sessions: dict[tuple[str, str], list[Sweep]] = defaultdict(list)
    for s in sweeps:
        sessions[s.tasks, s.where].append(s)
    whole = {key: some for key, some in sessions.items() if sum(s.measured for s in some) >= some[-1].total}
    return {key: sum(s.seconds for s in some) for key, some in whole.items()}


# --- beside the other methods ---


def _beside(records: Sequence[Record]) -> list[Row]:
    """Return the targets about every other method at equal wall time, over all families but `APART`."""
    texts = [
        text.format(apart=APART)
        for text in (
            _("Every other method, equal time, all families but {apart}: never worse on any criterion summed"),
            _("Every other method, equal time, all families but {apart}: no hard rule broken"),
            _("Every other method, equal time, all families but {apart}: a bound of every tier"),
        )
    ]
    rows = {}
    for family in sorted({r.family for r in records} - {APART}):
        found = method_rows(equal_time(r for r in records if r.family == family))
        if found[0].method == MAIN and found[0].compared:
            rows[family] = found[0]
    if not rows:
        return [(text, _("not measured"), None) for text in texts]
    where = [f"{family}: {say_worse(row.worse[:1])}" for family, row in rows.items() if row.worse]
    runs, compared = sum(row.runs for row in rows.values()), sum(row.compared for row in rows.values())
    broken = runs - sum(row.kept for row in rows.values())
    unbounded = runs - sum(row.bounded for row in rows.values())
    figures = (
        "; ".join(where) or _("never worse (comparisons: {number})").format(number=compared),
        _("{number} of {runs} runs without a valid answer").format(number=broken, runs=runs),
        _("{number} of {runs} runs without a bound").format(number=unbounded, runs=runs),
    )
    whole = set(FAMILIES) - {APART} <= set(rows)
    only = "" if whole else " (" + _("only {what}").format(what=", ".join(rows)) + ")"
    held: bool | None = True if whole else None  # one family may refute what only all of them show
    failed = (bool(where), bool(broken), bool(unbounded))
    return [(text, said + only, False if bad else held) for text, said, bad in zip(texts, figures, failed, strict=True)]


def say_worse(worse: Iterable[Worse]) -> str:
    """Say in what a method is worse than others, one clause each."""
    none = _("valid answers {mine} : {theirs} of {other}")
    more = _("“{what}” {mine} : {theirs} of {other}")
    return "; ".join(
        (more if w.what else none).format(other=w.other, what=w.what, mine=w.mine, theirs=w.theirs) for w in worse
    )
