"""What the hard rules leave room for, by arithmetic: how many fit in a set of classes, and how many of each group.

A bound here is never below what is really possible: a seat it excludes is impossible, while one it does not exclude may
still be impossible by several rules together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from math import inf
from typing import Any

from classi.audit.cells import same_id
from classi.criteria.base import Criterion
from classi.criteria.class_size import fewest_allowed, most_allowed
from classi.ledger import Ledger

Bound = int | float
"""A number of pupils, or infinity."""
Cell = frozenset[str]
"""The classes in one of which a pupil must sit."""
EVERYBODY = -1
"""The group of all pupils in a tally."""
SINGLY = ("eligibility", "fixed_class", "forbidden_class")
COUNTED = ("class_size", "room_area", "at_most_per_class", "size_with_group", "at_most_share", "group_quota", *SINGLY)
TIES = ("apart", "together")


@dataclass(frozen=True)
class Group:
    """The pupils that one hard rule counts together, and the classes it counts them in."""

    number: int
    rule: Any
    classes: Cell
    members: frozenset[str]


class Tally:
    """Where pupils are bound to sit, and how many of them, group by group, are bound to sit inside a set of classes."""

    def __init__(self, groups_of: Mapping[str, tuple[int, ...]]) -> None:
        self._groups_of = groups_of
        self.cells: dict[str, Cell] = {}
        self._by_cell: dict[Cell, Counter[int]] = {}
        self._sums: dict[Cell, Counter[int]] = {}
        self._wider: dict[Cell, list[Counter[int]]] = {}

    def put(self, pupil: str, cell: Cell | None) -> None:
        """Bind a pupil to some classes, in place of those before; ``None`` sets the pupil free."""
        before = self.cells.pop(pupil, None)
        if before is not None:
            self._count(pupil, before, -1)
        if cell is not None:
            self.cells[pupil] = cell
            self._count(pupil, cell, 1)

    def _count(self, pupil: str, cell: Cell, step: int) -> None:
        if cell not in self._by_cell:
            self._by_cell[cell] = Counter()
            self._wider[cell] = [counts for wide, counts in self._sums.items() if cell <= wide]
        for counts in (self._by_cell[cell], *self._wider[cell]):
            counts[EVERYBODY] += step
            for group in self._groups_of.get(pupil, ()):
                counts[group] += step

    def inside(self, classes: Cell) -> Counter[int]:
        """Return the counts of those who must sit inside these classes."""
        if classes not in self._sums:
            self._sums[classes] = Counter()
            for cell, counts in self._by_cell.items():
                if cell <= classes:
                    self._sums[classes].update(counts)
                    self._wider[cell].append(self._sums[classes])
        return self._sums[classes]


class Room:
    """The hard rules that set numbers, as bounds.

    Parameters
    ----------
    ledger : the rows.
    criteria : every rule of the regulation, the implicit ones included.
    """

    def __init__(self, ledger: Ledger, criteria: Iterable[Criterion]) -> None:
        self.hard = [(k, c) for k, c in enumerate(criteria, 1) if c.hard]
        self.everywhere: Cell = frozenset(row["id"] for row in ledger.classes)
        self._ledger = ledger
        self.limits = list(self._size_limits())
        self.cap: dict[str, Bound] = {
            c: min((limits.get(c, inf) for _k, limits in self.limits), default=inf) for c in self.everywhere
        }
        self.groups = list(self._groups())
        listed: dict[str, list[int]] = defaultdict(list)
        for g, group in enumerate(self.groups):
            for pupil in group.members:
                listed[pupil].append(g)
        self.groups_of = {pupil: tuple(groups) for pupil, groups in listed.items()}
        self.quotas = [g for g, group in enumerate(self.groups) if group.rule.rule == "group_quota"]
        self.lowering = [g for g, group in enumerate(self.groups) if group.rule.rule == "size_with_group"]
        self._bounds: dict[tuple[int, Cell], Bound] = {}
        self._capacities: dict[Cell, Bound] = {}
        self._lowered: dict[tuple[int, Cell], Lowered] = {}

    def _chosen(self, criterion: Criterion) -> Cell:
        return frozenset(row["id"] for row in self._ledger.chosen_classes(criterion.classes))

    def _size_limits(self) -> Iterator[tuple[int, dict[str, int]]]:
        """Yield the rules about sizes and rooms, with the most pupils of each class they limit."""
        for k, criterion in self.hard:
            rule: Any = criterion
            rows = [row for row in self._ledger.classes if row["id"] in self._chosen(criterion)]
            if rule.rule == "class_size":
                usual = None if rule.max is None else most_allowed(rule.max, rule.tolerance, rule.rounding)
                lifted = _lifted(rule)
                own = {r["id"]: lifted.get(same_id(r["id"]), usual if r["max"] is None else r["max"]) for r in rows}
                yield k, {c: most for c, most in own.items() if most is not None}
            elif rule.rule == "room_area":
                areas = {r["id"]: area for r in rows if isinstance(area := r.get("area_mq"), int | Decimal)}
                yield k, {c: int(Decimal(area) // rule.per_pupil) - rule.extra_persons for c, area in areas.items()}

    def fewest(self, class_id: str) -> int:
        """Return the fewest pupils that the rules want in a class."""
        row = next(row for row in self._ledger.classes if row["id"] == class_id)
        least = 0
        for _k, criterion in self.hard:
            rule: Any = criterion
            if rule.rule == "class_size" and class_id in self._chosen(criterion):
                usual = 0 if rule.min is None else fewest_allowed(rule.min, rule.tolerance, rule.rounding)
                least = max(least, usual if row["min"] is None else row["min"])
        return least

    def _groups(self) -> Iterator[Group]:
        for k, criterion in self.hard:
            rule: Any = criterion
            if rule.rule not in ("at_most_per_class", "size_with_group", "at_most_share", "group_quota"):
                continue
            found = self._ledger.select(self._ledger.pupils, rule.of)
            column = getattr(rule, "each", None)
            if column is None:
                yield Group(k, rule, self._chosen(rule), frozenset(row["id"] for row in found))
                continue
            for value in self._ledger.tally(found, column):
                alike = self._ledger.select(found, {column: value})
                yield Group(k, rule, self._chosen(rule), frozenset(row["id"] for row in alike))

    # --- bounds over a set of classes ---

    def capacity(self, classes: Cell) -> Bound:
        """Return how many fit in these classes, whoever they are."""
        if classes not in self._capacities:
            self._capacities[classes] = sum(self.cap[c] for c in classes)
        return self._capacities[classes]

    def binding(self, classes: Cell) -> tuple[int, ...]:
        """Return the numbers of the rules that set the size of some of these classes."""
        return tuple(k for k, limits in self.limits if any(limits.get(c, inf) == self.cap[c] < inf for c in classes))

    def most(self, g: int, classes: Cell) -> Bound:
        """Return how many of a group fit in these classes."""
        key = g, classes
        if key not in self._bounds:
            group = self.groups[g]
            if group.rule.rule == "group_quota":
                limited = group.rule.max is not None and classes <= group.classes
                self._bounds[key] = group.rule.max if limited else inf
            else:
                self._bounds[key] = sum(self.most_in(group, c) for c in classes)
        return self._bounds[key]

    def most_in(self, group: Group, class_id: str) -> Bound:
        """Return how many of a group fit in one class that is full, if the group's rule says."""
        cap, rule = self.cap[class_id], group.rule
        if class_id not in group.classes:
            return cap
        if rule.rule == "at_most_per_class":
            limit: int = _lifted(rule).get(same_id(class_id), rule.limit)
            return min(cap, limit)
        if rule.rule == "at_most_share":
            return inf if cap == inf else int(cap * rule.percent // 100)
        return cap

    def lowered(self, g: int, classes: Cell) -> Lowered:
        """Return how many fit where classes with some of the group are smaller."""
        if (g, classes) not in self._lowered:
            group = self.groups[g]
            held = [other for other in self.groups if other.rule.rule == "at_most_per_class"]
            wider = [other for other in held if group.members <= other.members]
            most = {c: min((self.most_in(w, c) for w in wider), default=inf) for c in classes}
            rest = classes - group.classes
            self._lowered[g, classes] = Lowered(
                [self._lowering_in(group, c, most[c]) for c in classes & group.classes],
                sum(self.cap[c] for c in rest),
                sum(min(self.cap[c], most[c]) for c in rest),
            )
        return self._lowered[g, classes]

    def lowered_size(self, group: Group, class_id: str) -> Bound:
        """Return how many a class of the rule takes once it holds enough of the group."""
        rule = group.rule
        usual = most_allowed(rule.limit, rule.tolerance, rule.rounding)
        return min(self.cap[class_id], _lifted(rule).get(same_id(class_id), usual))

    def _lowering_in(self, group: Group, class_id: str, most: Bound) -> tuple[Bound, Bound, Bound, Bound]:
        cap, small = self.cap[class_id], self.lowered_size(group, class_id)
        few = min(cap, most, group.rule.at_least - 1)
        return cap, small, few, max(few, min(small, most))


class Lowered:
    """Classes that take fewer where they hold some of a group.

    Parameters
    ----------
    classes : of each class that may be lowered: how many it takes, how many once lowered, how many of the group without
        being lowered, and how many of the group at most.
    others, group_in_others : how many the classes that are never lowered take, and how many of the group.
    """

    def __init__(self, classes: list[tuple[Bound, Bound, Bound, Bound]], others: Bound, group_in_others: Bound) -> None:
        self._least = others + sum(small for _cap, small, _few, _many in classes)
        self._more = [0, *accumulate(sorted((cap - small for cap, small, _few, _many in classes), reverse=True))]
        self._few = group_in_others + sum(few for _cap, _small, few, _many in classes)
        self._gains = [0, *accumulate(sorted((many - few for _cap, _small, few, many in classes), reverse=True))]

    def capacity(self, group: int) -> Bound:
        """Return how many fit in all when so many are of the group; -1 when not even those do."""
        needed = next((h for h, gain in enumerate(self._gains) if self._few + gain >= group), None)
        return -1 if needed is None else self._least + self._more[-1 - needed]


def _lifted(rule: Any) -> dict[str, int]:
    return {same_id(d.class_id): d.limit for d in rule.derogations}
