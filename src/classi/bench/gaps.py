"""How far from the best: bounds known of each school, gaps, times to a gap, and bounds that cannot both be right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from classi.bench.records import Event, Record, gap
from classi.i18n import _

Key = tuple[str, int, int]
"""Family, pupils, seed."""
Bounds = tuple[int, ...]
"""One for each tier; 0 where nobody proved one, because no cost is less."""


def instance(record: Record) -> Key:
    """Return which school was measured."""
    return record.family, record.pupils, record.seed


# --- the best bounds known ---


def best_known(records: Iterable[Record]) -> dict[Key, Bounds]:
    """Return, for each school, the best bound of each tier over all its records.

    The bound of a tier holds for assignments that are at least as good, in every tier before it, as the one it was
    proved with. The bounds returned are those that go with the best assignment known (tiers in their order, hard rules
    kept): of each tier the highest one that some method proved with earlier values no better than that assignment's.
    An assignment that is worse in an earlier tier may well cost less than the bound of a later one; its distance shows
    in the earlier tier. Where bounds contradict a known cost (see `contradictions`) they are 0.
    """
    return {key: bounds for key, (bounds, _wrong) in _known(records).items()}


def contradictions(records: Iterable[Record]) -> list[str]:
    """Return every bound that is above a known cost, in words: one of the two methods must be wrong."""
    return [wrong for _bounds, wrong in _known(records).values() if wrong]


def _known(records: Iterable[Record]) -> dict[Key, tuple[Bounds, str]]:
    groups: dict[Key, list[Record]] = defaultdict(list)
    for r in records:
        groups[instance(r)].append(r)
    return {key: _best_bounds("-".join(map(str, key)), group) for key, group in groups.items()}


def _best_bounds(name: str, records: Sequence[Record]) -> tuple[Bounds, str]:
    """Return the bounds that `best_known` describes, and what contradicts a known cost."""
    kept = [r for r in records if r.hard == 0 and r.status in ("proved", "open")]
    values = min((r.tiers for r in kept), default=())
    tiers = max(len(r.bounds) for r in records)
    found: list[int] = []
    for k in range(tiers):
        holding = [r for r in records if k < len(r.bounds) and (k == 0 or _holds(r, values[:k], k))]
        bound = max((b for r in holding if (b := r.bounds[k]) is not None), default=0)
        if k < len(values) and bound > values[k]:
            by = ", ".join(r.method for r in holding if r.bounds[k] == bound)
            text = _("{name}, tier number {tier}: a bound of {bound} ({method}) is above a known cost, {value}.")
            wrong = text.format(name=name, tier=k + 1, bound=bound, method=by, value=values[k])
            return (0,) * tiers, wrong
        found.append(bound)
    return tuple(found), ""


def _holds(record: Record, values: Sequence[int], k: int) -> bool:
    """Tell whether a record's bound of tier `k` is about assignments with these earlier values."""
    if record.hard != 0 or len(record.tiers) <= k or len(values) < k:
        return False
    return all(best <= own for best, own in zip(values, record.tiers, strict=False))


# --- gaps, and when they were reached ---


def reached(
    events: Iterable[Event], bounds: Sequence[int | None], share: float, *, proved: bool = False
) -> float | None:
    """Return when every tier first was within a share of its bound, no hard rule broken; ``None`` = never.

    Parameters
    ----------
    events : news of a method, oldest first; an event that does not tell every tier yet is not there.
    bounds : bound of each tier, the best known; ``None`` = no bound, and nothing is within anything of it.
    share : of the cost, so that 0.01 is 1 %.
    proved : also ask that the event's own bounds were that good.
    """
    if any(bound is None for bound in bounds):
        return None
    for event in events:
        near = event.hard == 0 and len(event.tiers) == len(bounds)
        if near and _near(event.tiers, bounds, share) and (not proved or _near(event.tiers, event.bounds, share)):
            return event.seconds
    return None


def _near(tiers: Sequence[int], bounds: Sequence[int | None], share: float) -> bool:
    gaps = [gap(v, 0 if v == 0 else b) for v, b in zip(tiers, bounds, strict=True)]
    return all(g is not None and g <= share for g in gaps)


def worst_gap(hard: int | None, tiers: Sequence[int], bounds: Sequence[int | None]) -> float:
    """Return the largest gap of any tier, 0 to 1; 1 where a hard rule is broken, or a tier or everything is missing.

    A tier without a bound is measured against 0, which no cost is below.
    """
    if hard != 0 or len(tiers) < len(bounds):
        return 1.0
    return max(tier_gaps(tiers, bounds), default=0.0)


def tier_gaps(tiers: Sequence[int], bounds: Sequence[int | None]) -> tuple[float, ...]:
    """Return the gap of each tier, 0 to 1, a missing bound counted as 0."""
    known = [*(b or 0 for b in bounds), *[0] * len(tiers)]
    return tuple(gap(value, bound) or 0.0 for value, bound in zip(tiers, known, strict=False))


def gap_curve(record: Record, reference: Bounds) -> list[tuple[float, float]]:
    """Return (seconds, largest gap to the best bound known) at every event, and at the end as the auditor counted."""
    curve = [(e.seconds, worst_gap(e.hard, e.tiers, reference)) for e in record.events]
    last = max([record.seconds, *(seconds for seconds, _gap in curve)])
    return [*curve, (last, worst_gap(record.hard, record.tiers, reference))]
