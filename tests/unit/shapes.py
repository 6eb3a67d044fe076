"""A reference reading of the algebra, straight from the words of `classi.terms`, and tiny schools to try it on.

`excess` is the plainest evaluator there can be, one pupil at a time, and shares nothing with `classi.formation`.
`disagreements` compares it with an auditor's count on every assignment of a tiny school.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from classi.criteria.base import Criterion, registry
from classi.domain import Count, Pupil, School, SchoolClass, Tie
from classi.ledger import Ledger
from classi.regulation import Regulation
from classi.terms import AnyOf, Band, Pair, Place, Range, Shape, When

Rows = Sequence[Mapping[str, Any]]


def excess(shape: Shape, places: Sequence[int]) -> int:
    """Return the excess of one shape when pupil ``i`` is in class ``places[i]``."""
    match shape:
        case Band():
            total = sum(_sum(shape.weights, c, places) for c in shape.classes)
            below = 0 if shape.low is None else shape.low - total
            above = 0 if shape.high is None else total - shape.high
            return shape.times * _steps(max(0, below, above), shape.unit)
        case Range():
            sums = [_sum(shape.weights, c, places) for c in shape.classes]
            return shape.times * _steps(max(0, max(sums) - min(sums) - shape.limit), shape.unit)
        case Pair():
            same = places[shape.first] == places[shape.second]
            return shape.times if same != shape.together else 0
        case AnyOf():
            met = sum(places[other] == places[shape.pupil] for other in shape.others)
            return shape.times * max(0, shape.need - met)
        case When():
            (c,) = shape.band.classes
            held = sum(places[i] == c for i in shape.trigger)
            return excess(shape.band, places) if held >= shape.at_least else 0
        case Place():
            return 0 if places[shape.pupil] in shape.classes else shape.times


def _sum(weights: Iterable[tuple[int, int]], c: int, places: Sequence[int]) -> int:
    return sum(w for i, w in weights if places[i] == c)


def _steps(distance: int, unit: int) -> int:
    return -(-distance // unit)


def rule(name: str, **fields: Any) -> Criterion:
    """Build a criterion as a regulation would; hard unless a weight is given."""
    price = {} if "weight" in fields else {"hard": True}
    return registry()[name](**{"rule": name, **price, **fields})


def school_of(pupils: Rows, classes: Rows, ties: Rows = ()) -> School:
    """Turn rows, as the tables hold them, into a `School`."""
    at = {row["id"]: i for i, row in enumerate(pupils)}
    return School(
        tuple(Pupil(row["id"], _without_id(row)) for row in pupils),
        tuple(SchoolClass(row["id"], _without_id(row)) for row in classes),
        tuple(
            Tie(
                at[t["da"]],
                at[t["a"]],
                t["tipo"],
                t.get("peso", 1),
                t.get("vincolante", False),
                t.get("motivo", ""),
                t.get("fonte", ""),
            )
            for t in ties
        ),
    )


def _without_id(row: Mapping[str, Any]) -> dict[str, Any]:
    return {column: value for column, value in row.items() if column != "id"}


def ledger_of(pupils: Rows, classes: Rows, placed: Mapping[str, str], ties: Rows = ()) -> Ledger:
    """Turn the same rows and an assignment into the auditor's notebook."""
    blank = {"peso": 1, "vincolante": False, "motivo": None, "fonte": None}
    limits = {"min": None, "max": None}
    return Ledger(
        [dict(row) for row in pupils],
        [{**limits, **row} for row in classes],
        [{**blank, **row} for row in ties],
        dict(placed),
    )


def audit(
    criterion: Criterion,
    pupils: Rows,
    classes: Rows,
    placed: Mapping[str, str],
    ties: Rows = (),
    others: Sequence[Criterion] = (),
) -> list[Count]:
    """Count one rule as the auditor does, with `others` in force beside it."""
    ledger = ledger_of(pupils, classes, placed, ties)
    Regulation("", (criterion, *others)).bind_ledger(ledger)
    return list(criterion.audit(ledger))


def assignments(pupils: Rows, classes: Rows) -> Iterator[tuple[int, ...]]:
    """Yield every way of placing the pupils."""
    return product(range(len(classes)), repeat=len(pupils))


def disagreements(
    criterion: Criterion, pupils: Rows, classes: Rows, ties: Rows = (), others: Sequence[Criterion] = ()
) -> list[tuple[dict[str, str], int, int]]:
    """Return the assignments (with both costs) on which terms and auditor differ.

    Raises
    ------
    AssertionError
        If the school cannot tell anything, because the rule costs the same everywhere.
    """
    school = Regulation("", (criterion, *others)).bind(school_of(pupils, classes, ties))
    shapes = list(criterion.terms(school))
    seen, wrong = set(), []
    for places in assignments(pupils, classes):
        placed = {p["id"]: classes[c]["id"] for p, c in zip(pupils, places, strict=True)}
        cost = sum(excess(shape, places) for shape in shapes)
        counted = sum(count.excess for count in audit(criterion, pupils, classes, placed, ties, others))
        seen.add(cost)
        if cost != counted:
            wrong.append((placed, cost, counted))
    assert len(seen) > 1, "this school neither breaks nor keeps the rule: it tests nothing"
    return wrong
