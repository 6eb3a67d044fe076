"""What is known of splits set side by side, as frozen data without words. The first split is the one compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from classi.audit import Audit
from classi.domain import Count
from classi.formation.moves import Moves
from classi.regulation import Regulation


class Change(Protocol):
    """A rule that costs more or less than in the first split (`classi.differences.RuleChange`)."""

    @property
    def number(self) -> int:
        """Position in the regulation, from 1."""

    @property
    def label(self) -> str:
        """The name people read."""

    @property
    def hard(self) -> bool:
        """True for a mandatory rule."""

    @property
    def tier(self) -> int | None:
        """Its priority."""

    @property
    def after(self) -> int:
        """What it costs in the other split."""

    @property
    def worse(self) -> bool:
        """True when it costs more."""

    @property
    def points(self) -> int:
        """How much more its priority costs because of it."""

    def __str__(self) -> str:
        """Put it into words."""


@dataclass(frozen=True)
class Side:
    """One of the splits.

    Attributes
    ----------
    name : as people call it; no two are called the same.
    audit : the auditor's count.
    certificate : of the split, empty where there is none.
    same : for each class of the comparison, the class of this split that it is, as a position: mostly itself.
    differences : what the certificate, the rankings or the files say otherwise than the count, in sentences.
    """

    name: str
    audit: Audit = field(repr=False)
    certificate: Mapping[str, Any] = field(repr=False)
    same: tuple[int, ...]
    differences: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """True when every hard rule is kept and nothing is said otherwise than it was counted."""
        return self.audit.hard_kept and not self.differences


@dataclass(frozen=True)
class ComparedRule:
    """A rule and what it costs in each split, shape (splits,), as the auditor counted it."""

    number: int
    label: str
    hard: bool
    tier: int | None
    weight: int | None
    costs: tuple[int, ...]

    @property
    def points(self) -> tuple[int, ...]:
        """What the costs weigh in the rule's tier; of a hard rule the costs."""
        return tuple(cost * (self.weight or 1) for cost in self.costs)

    @property
    def differs(self) -> bool:
        """True when the splits do not all cost the same."""
        return len(set(self.costs)) > 1


@dataclass(frozen=True)
class ClassRow:
    """One thing a rule counts in every class; `counts` has shape (splits, classes), the classes of each matched."""

    rule: ComparedRule
    about: str
    counts: tuple[tuple[Count | None, ...], ...]

    @property
    def departs(self) -> bool:
        """True when a class of some split is outside its target."""
        return any(x is not None and x.excess > 0 for some in self.counts for x in some)


@dataclass(frozen=True)
class ComparedTier:
    """A tier in each split: counted value, bound of its own certificate (``None``: none known), proved best or not."""

    tier: int
    values: tuple[int, ...]
    bounds: tuple[int | None, ...]
    proved: tuple[bool, ...]


@dataclass(frozen=True)
class ComparedWish:
    """A wish that not all splits grant, or none; `granted` has shape (splits,)."""

    pupil: str
    friend: str
    granted: tuple[bool, ...]

    @property
    def only(self) -> int | None:
        """The split that alone grants it."""
        return self.granted.index(True) if sum(self.granted) == 1 else None


@dataclass(frozen=True)
class ComparedIndex:
    """An index of segregation of a column in each split, ``None`` where it does not exist; 0 is most even."""

    index: str
    column: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Trade:
    """What one gets and gives up with another split instead of the first.

    Attributes
    ----------
    other : position of the other split.
    better : −1 when the other is better by the order of the regulation, 1 when the first is, 0 when neither is.
    changes : the rules that cost more or less, hard ones first, then tier after tier.
    tiers : by how much each tier that changes costs more.
    granted : wishes granted more (negative: fewer).
    moves : who changes class, positions in `Comparison.pupils` and `Comparison.classes`.
    """

    other: int
    better: int
    changes: tuple[Change, ...]
    tiers: Mapping[int, int]
    granted: int
    moves: Moves


@dataclass(frozen=True)
class Comparison:
    """Splits side by side.

    Attributes
    ----------
    regulation : the rules all of them were counted by.
    classes : identifiers, in the order of the files.
    pupils : identifiers of those who are in every split.
    labels : name of each pupil as shown.
    sides : the splits, shape (splits,).
    order : place of each by the order of the regulation, from 1; equally good ones have the same place.
    rules, tiers, indices : each with a value a split.
    rows : what the rules count class by class.
    wishes : those that at least one split does not grant, those that none grants last.
    asked : how many wishes the rules look at.
    distances : pupils who change class from one to another, classes matched, shape (splits, splits).
    trades : from the first to each of the others, shape (splits − 1,).
    strangers : the splits in which each pupil is who is not in all of them.
    """

    regulation: Regulation = field(repr=False)
    classes: tuple[str, ...]
    pupils: tuple[str, ...] = field(repr=False)
    labels: Mapping[str, str] = field(repr=False)
    sides: tuple[Side, ...]
    order: tuple[int, ...]
    rules: tuple[ComparedRule, ...]
    rows: tuple[ClassRow, ...] = field(repr=False)
    tiers: tuple[ComparedTier, ...]
    wishes: tuple[ComparedWish, ...]
    asked: int
    indices: tuple[ComparedIndex, ...]
    distances: tuple[tuple[int, ...], ...]
    trades: tuple[Trade, ...]
    strangers: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """What the splits are called."""
        return tuple(s.name for s in self.sides)

    @property
    def sound(self) -> bool:
        """True when every split keeps the hard rules and is what its certificate says."""
        return all(s.sound for s in self.sides)

    def granted(self, k: int) -> int:
        """Return how many wishes a split grants."""
        return self.asked - sum(not w.granted[k] for w in self.wishes)


def best_of(values: Sequence[float | None]) -> tuple[bool, ...]:
    """Mark the smallest values, nothing where all are the same.

    Examples
    --------
    >>> best_of([3, 1, 1])
    (False, True, True)
    >>> best_of([2, 2])
    (False, False)
    """
    known = {v for v in values if v is not None}
    return tuple(len(known) > 1 and v == min(known) for v in values)
