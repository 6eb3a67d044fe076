"""The algebra: what a criterion asks, as pure data that any solver can read.

A *shape* measures an assignment by a whole number, its *excess* (0 = as asked). A `Term` is a shape with its price:
hard, or a weight inside a tier. Pupils and classes are positions in the `School`; S(c) below is Σ wᵢ over the pupils i
of class c. Three readers know these shapes, and nothing else does: `formation.encode`, `formation.search`,
`formation.bounds`.
"""

from __future__ import annotations

from dataclasses import dataclass

Weights = tuple[tuple[int, int], ...]
"""(pupil, coefficient) pairs, coefficients not zero. Share one object between the terms of a criterion."""


@dataclass(frozen=True, slots=True)
class Band:
    """Excess: ``times × ceil(distance of Σ S(c) over classes from [low, high] / unit)``."""

    classes: tuple[int, ...]
    weights: Weights
    low: int | None = None
    high: int | None = None
    unit: int = 1
    times: int = 1


@dataclass(frozen=True, slots=True)
class Range:
    """Excess: ``times × ceil(max(0, max S(c) − min S(c) − limit) / unit)`` over the classes."""

    classes: tuple[int, ...]
    weights: Weights
    limit: int = 0
    unit: int = 1
    times: int = 1


@dataclass(frozen=True, slots=True)
class Pair:
    """Excess: ``times`` when two pupils are apart (``together``) or in one class (not ``together``)."""

    first: int
    second: int
    together: bool
    times: int = 1


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Excess: ``times × max(0, need − number of the others in the pupil's class)``."""

    pupil: int
    others: tuple[int, ...]
    need: int = 1
    times: int = 1


@dataclass(frozen=True, slots=True)
class When:
    """The excess of `band` (on one class) when that class holds at least `at_least` of the trigger pupils, else 0."""

    trigger: tuple[int, ...]
    at_least: int
    band: Band


@dataclass(frozen=True, slots=True)
class Place:
    """Excess: ``times`` when a pupil is not in one of the classes."""

    pupil: int
    classes: frozenset[int]
    times: int = 1


Shape = Band | Range | Pair | AnyOf | When | Place


@dataclass(frozen=True, slots=True)
class Term:
    """A shape with its price: ``weight is None`` = hard; `criterion` is a position in the regulation."""

    shape: Shape
    criterion: int
    weight: int | None = None
    tier: int = 1


def named(shape: Shape) -> tuple[int, ...]:
    """Return the pupils a tie or a place speaks of one by one; none for a shape that counts."""
    match shape:
        case Pair():
            return (shape.first, shape.second)
        case AnyOf():
            return (shape.pupil, *shape.others)
        case Place():
            return (shape.pupil,)
        case _:
            return ()
