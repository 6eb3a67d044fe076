"""The facts of a school: pupils, classes, sites and ties, as read, frozen.

Pupils and classes are referred to by their position in `School.pupils` and `School.classes`. Cells keep their column's
name; an empty cell is ``None``. Numbers are ``int`` or ``Decimal``, never ``float``, so that sums are exact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm
from typing import Any

Value = str | int | Decimal | bool | date | None
Conditions = Mapping[str, Any]
_Cells = dict[str, dict[tuple[type, Value], list[int]]]
"""Positions of the rows with each different cell (7 and yes apart from 7.0 and 1), by column."""

ITALIAN = frozenset({"italiana", "italiano", "italia", "it", "ita"})
STANDARD_COLUMNS = frozenset({
    "cognome", "nome", "sesso", "data_nascita", "cittadinanza", "nato_in_italia", "nai", "livello_italiano",
    "disabilita", "dsa", "bes", "situazione_problematica", "livello", "comportamento", "scuola_provenienza",
    "classe_provenienza", "ripetente", "classe_fissa", "classi_vietate", "classe_precedente",
})  # fmt: skip
"""Columns of the pupils that mean the same in every school: one that is missing is not known for anybody."""
TIE_KINDS = ("preferisce", "insieme", "separati", "gemelli", "fratelli")


@dataclass(frozen=True)
class Pupil:
    """A pupil: identifier and every cell of the row, by column."""

    id: str
    fields: Mapping[str, Value] = field(default_factory=dict)

    def __getitem__(self, column: str) -> Value:
        """Return the cell in `column`, or the derived value where the file has no such column."""
        if column == "id":
            return self.id
        if column in self.fields:
            return self.fields[column]
        if column == "straniero":
            citizenship = self.fields.get("cittadinanza")
            return None if citizenship is None else str(citizenship).strip().casefold() not in ITALIAN
        if column == "anno_nascita":
            born = self.fields.get("data_nascita")
            return born.year if isinstance(born, date) else None
        return None

    @property
    def label(self) -> str:
        """Surname and name where known, otherwise the identifier."""
        words = [str(self.fields[c]) for c in ("cognome", "nome") if self.fields.get(c)]
        return " ".join(words) or self.id


@dataclass(frozen=True)
class SchoolClass:
    """A class to form."""

    id: str
    fields: Mapping[str, Value] = field(default_factory=dict)

    def __getitem__(self, column: str) -> Value:
        return self.id if column == "id" else self.fields.get(column)

    @property
    def min(self) -> int | None:
        """Fewest pupils, the class's own limit."""
        value = self.fields.get("min")
        return value if isinstance(value, int) else None

    @property
    def max(self) -> int | None:
        """Most pupils, the class's own limit."""
        value = self.fields.get("max")
        return value if isinstance(value, int) else None


@dataclass(frozen=True)
class Plesso:
    """A site of the institute."""

    id: str
    fields: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Tie:
    """A tie between two pupils, by position; `kind` is one of `TIE_KINDS`."""

    first: int
    second: int
    kind: str
    weight: int = 1
    binding: bool = False
    reason: str = ""
    source: str = ""


def text_key(value: object) -> str:
    """Return `value` as compared with others: no case, no outer or doubled blanks, no needless decimals."""
    if isinstance(value, Decimal):
        value = f"{value.normalize():f}"
    return " ".join(str(value).split()).casefold()


def milli(value: Value) -> int:
    """Return a number in thousandths, rounded half to even; a date counts in months (year × 12 + month)."""
    if isinstance(value, date):
        return (value.year * 12 + value.month) * 1000
    if isinstance(value, bool | int | Decimal):
        return int((Decimal(value) * 1000).quantize(Decimal(1), ROUND_HALF_EVEN))
    raise TypeError(f"not a number: {value!r}")


def meets(value: Value, condition: Any) -> bool:
    """Tell whether a cell meets a condition of the regulation (see the manual, *Conditions*)."""
    if not isinstance(condition, Mapping):
        options = condition if isinstance(condition, list | tuple | set | frozenset) else [condition]
        return value is not None and any(_equal(value, option) for option in options)
    if "known" in condition and bool(condition["known"]) != (value is not None):
        return False
    if value is None:
        return set(condition) == {"known"}
    return (
        ("in" not in condition or meets(value, condition["in"]))
        and ("not" not in condition or not meets(value, condition["not"]))
        and ("min" not in condition or _ordered(condition["min"], value))
        and ("max" not in condition or _ordered(value, condition["max"]))
    )


def _equal(value: Value, option: object) -> bool:
    if isinstance(value, bool | int | Decimal) and isinstance(option, bool | int | float | Decimal):
        return Decimal(str(option) if isinstance(option, float) else option) == value
    return text_key(value) == text_key(option)


def _group_key(value: Value) -> str:
    """Return what equal cells have in common: 7 and 7.0 are one number, texts differ neither by case nor by blanks."""
    if isinstance(value, bool | int | Decimal):
        return f"#{Decimal(value).normalize():f}"
    return f"={text_key(value)}"


def _ordered(smaller: Any, larger: Any) -> bool:
    if isinstance(smaller, bool) or isinstance(larger, bool):
        return False  # yes and no come in no order
    if isinstance(smaller, str) or isinstance(larger, str):
        return text_key(smaller) <= text_key(larger)
    if isinstance(smaller, date) != isinstance(larger, date):
        return False
    if isinstance(smaller, date):
        return bool(_day(smaller) <= _day(larger))
    return Decimal(str(smaller)) <= Decimal(str(larger))


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


@dataclass(frozen=True)
class School:
    """Everything known about one intake.

    Attributes
    ----------
    pupils, classes, plessi, ties : the four tables.
    open : for each pupil the positions of the classes open to it; empty tuple = every class to everybody.
    obeyed : only assignments that keep to `open` will be looked at, so that no term is needed for what happens in a
        class to pupils who may not go there: their number grows with the useful classes, not with all of them.
    """

    pupils: tuple[Pupil, ...]
    classes: tuple[SchoolClass, ...]
    ties: tuple[Tie, ...] = ()
    plessi: tuple[Plesso, ...] = ()
    open: tuple[frozenset[int], ...] = ()
    obeyed: bool = False

    @cached_property
    def pupil_at(self) -> dict[str, int]:
        """Position of each pupil by identifier."""
        return {p.id: i for i, p in enumerate(self.pupils)}

    @cached_property
    def class_at(self) -> dict[str, int]:
        """Position of each class by identifier, compared without case."""
        return {text_key(c.id): i for i, c in enumerate(self.classes)}

    @cached_property
    def pupil_columns(self) -> frozenset[str]:
        """Columns a criterion may name, the derived ones included."""
        return frozenset({"id", "straniero", "anno_nascita"}.union(*(p.fields for p in self.pupils)))

    @cached_property
    def class_columns(self) -> frozenset[str]:
        """Columns of the table `classi`."""
        return frozenset({"id"}.union(*(c.fields for c in self.classes)))

    @cached_property
    def _pupil_cells(self) -> _Cells:
        return {}

    @cached_property
    def _class_cells(self) -> _Cells:
        return {}

    def members(self, of: Conditions) -> tuple[int, ...]:
        """Return the positions of the pupils that meet every condition."""
        return _meeting(self.pupils, self._pupil_cells, of)

    def chosen_classes(self, selection: Conditions) -> tuple[int, ...]:
        """Return the positions of the classes that meet every condition."""
        return _meeting(self.classes, self._class_cells, selection)

    def by_value(self, attribute: str, pupils: Iterable[int] | None = None) -> dict[Value, tuple[int, ...]]:
        """Group pupils by their value of `attribute`, unknown values under ``None``; equal cells are one value."""
        groups: dict[str, list[int]] = defaultdict(list)
        names: dict[str, Value] = {}
        for i in range(len(self.pupils)) if pupils is None else pupils:
            value = self.pupils[i][attribute]
            key = "" if value is None else _group_key(value)
            names.setdefault(key, value)
            groups[key].append(i)
        return {names[key]: tuple(groups[key]) for key in sorted(groups)}

    def open_to(self, pupil: int) -> frozenset[int]:
        """Return the classes a pupil may go to under the hard eligibility rules."""
        return self.open[pupil] if self.open else self._everywhere

    @cached_property
    def _everywhere(self) -> frozenset[int]:
        return frozenset(range(len(self.classes)))

    @cached_property
    def pools(self) -> tuple[tuple[frozenset[int], tuple[int, ...]], ...]:
        """Sets of classes that share eligible pupils, each with its pupils: (classes, pupils)."""
        root = list(range(len(self.classes)))

        def find(c: int) -> int:
            while root[c] != c:
                root[c] = root[root[c]]
                c = root[c]
            return c

        for classes in {self.open_to(i) for i in range(len(self.pupils))}:
            first, *rest = sorted(classes) or [0]
            for other in rest:
                root[find(other)] = find(first)
        groups: dict[int, list[int]] = defaultdict(list)
        for c in range(len(self.classes)):
            groups[find(c)].append(c)
        inside: dict[int, list[int]] = defaultdict(list)
        for i in range(len(self.pupils)):
            if self.open_to(i):
                inside[find(min(self.open_to(i)))].append(i)
        return tuple((frozenset(classes), tuple(inside[head])) for head, classes in groups.items())

    @cached_property
    def planned(self) -> tuple[Fraction, ...]:
        """Planned size of each class: as equal as the classes' own limits allow, inside each pool."""
        sizes = [Fraction(0)] * len(self.classes)
        for classes, pupils in self.pools:
            order = sorted(classes)
            limits = [(self.classes[c].min or 0, self.classes[c].max) for c in order]
            for c, size in zip(order, _water_level(limits, len(pupils)), strict=True):
                sizes[c] = size
        return tuple(sizes)

    @cached_property
    def counted_in(self) -> tuple[tuple[int, ...], ...]:
        """Pupils to count in each class: those it is open to, or all; classes with the same ones share one tuple."""
        if not self.obeyed:
            return (tuple(range(len(self.pupils))),) * len(self.classes)
        pupils: dict[frozenset[int], list[int]] = defaultdict(list)
        for i in range(len(self.pupils)):
            pupils[self.open_to(i)].append(i)
        sets: list[list[frozenset[int]]] = [[] for _ in self.classes]
        for classes in pupils:
            for c in classes:
                sets[c].append(classes)
        made: dict[tuple[frozenset[int], ...], tuple[int, ...]] = {}
        for met in set(map(tuple, sets)):
            made[met] = tuple(sorted(i for classes in met for i in pupils[classes]))
        return tuple(made[tuple(met)] for met in sets)

    def reached(self, pupils: Iterable[int], classes: AbstractSet[int]) -> list[int]:
        """Return, in order, the classes in which a rule about these pupils that their absence keeps needs a term.

        They are those that at least one of the pupils may go to, or all of them where `open` may not be obeyed.
        """
        if not self.open or not self.obeyed:
            return sorted(classes)
        return sorted(frozenset().union(*{self.open[i] for i in pupils}) & classes)

    def expected(self, amounts: Mapping[int, int]) -> list[Fraction]:
        """Spread each pupil's amount over its open classes in proportion to planned sizes; sum by class."""
        by_open: dict[frozenset[int], int] = defaultdict(int)
        for i, amount in amounts.items():
            by_open[self.open_to(i)] += amount
        # Whole numbers, and fractions only at the end: most sets of classes share one denominator.
        sums: dict[int, list[int]] = {}
        for classes in filter(None, by_open):
            parts, whole = self._parts[classes]
            row = sums.setdefault(whole, [0] * len(self.classes))
            for c, part in parts:
                row[c] += by_open[classes] * part
        exact = [Fraction(0)] * len(self.classes)
        for whole, row in sums.items():
            for c, amount in enumerate(row):
                if amount:
                    exact[c] += Fraction(amount, whole)
        return exact

    @cached_property
    def _parts(self) -> dict[frozenset[int], tuple[list[tuple[int, int]], int]]:
        """Part of a pupil that falls in each open class, as numerators and one denominator, for each set of classes."""
        found = {}
        for classes in filter(None, set(self.open) or {self._everywhere}):
            scale = lcm(*(self.planned[c].denominator for c in classes))
            sizes = [(c, int(self.planned[c] * scale)) for c in classes]
            if not any(size for _c, size in sizes):
                sizes = [(c, 1) for c in classes]
            common = gcd(*(size for _c, size in sizes))
            parts = [(c, size // common) for c, size in sizes]
            found[classes] = parts, sum(part for _c, part in parts)
        return found


def _meeting(rows: Sequence[Pupil | SchoolClass], cells: _Cells, of: Conditions) -> tuple[int, ...]:
    """Return the positions of the rows that meet every condition, asking once for each different cell of a column.

    `cells` remembers the different cells of the columns asked for so far.
    """
    found = set(range(len(rows)))
    for column, test in of.items():
        if column not in cells:
            cells[column] = defaultdict(list)
            for k, cell in enumerate([row[column] for row in rows]):
                cells[column][type(cell), cell].append(k)
        found &= {k for (_type, cell), places in cells[column].items() if meets(cell, test) for k in places}
    return tuple(sorted(found))


def _water_level(limits: Sequence[tuple[int, int | None]], pupils: int) -> list[Fraction]:
    """Return sizes clamp(L, low, high) with sum `pupils`, or all the lows (highs) where that is out of reach."""
    if pupils <= sum(low for low, _ in limits):
        return [Fraction(low) for low, _ in limits]
    if all(high is not None for _, high in limits) and pupils >= sum(high or 0 for _, high in limits):
        return [Fraction(high or 0) for _, high in limits]

    def filled(level: Fraction) -> list[Fraction]:
        return [max(Fraction(low), level if high is None else min(level, Fraction(high))) for low, high in limits]

    knots = sorted({Fraction(x) for pair in limits for x in pair if x is not None})
    below = max((k for k in knots if sum(filled(k)) <= pupils), default=Fraction(0))
    rising = sum(1 for low, high in limits if low <= below and (high is None or below < high))
    return filled(below + (pupils - sum(filled(below), Fraction(0))) / rising)


@dataclass(frozen=True)
class Count:
    """One thing an auditor counted: what was found where, what is allowed, and by how much it is outside.

    Attributes
    ----------
    excess : distance from what is allowed, in the criterion's unit; 0 when kept.
    where : class id, or several joined by ", "; empty when the rule is not about a class.
    about : what was counted (a value, a group, a pair), as it is to be read.
    value, low, high : the count and the allowed band (``None`` = no limit on that side).
    pupils : identifiers of the pupils concerned, where the rule is about single pupils.
    """

    excess: int
    where: str = ""
    about: str = ""
    value: int | Fraction | None = None
    low: int | Fraction | None = None
    high: int | Fraction | None = None
    pupils: tuple[str, ...] = ()
