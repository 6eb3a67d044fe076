"""Every value of a column spread evenly over the classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from math import ceil, floor
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from classi.criteria.base import Criterion, Natural, YesNo, checked_scalar, say_band, say_pupils, say_value
from classi.domain import Count, School, Value
from classi.i18n import _
from classi.ledger import Ledger
from classi.terms import Band, Shape


class Spread(Criterion):
    """Common to the rules that spread labels evenly: a subclass says which label each pupil carries."""

    tolerance: Natural = 0
    missing: Literal["ignore", "value"] = "ignore"
    relative: YesNo = False

    def labels(self, school: School) -> Mapping[Any, tuple[int, ...]]:
        """Return the pupils of each label, for the optimiser."""
        raise NotImplementedError

    def label_rows(self, ledger: Ledger) -> Mapping[Any, list[str]]:
        """Return the pupil ids of each label, for the auditor."""
        raise NotImplementedError

    def terms(self, school: School) -> Iterator[Shape]:
        """Yield one band a class and label, around the expected number."""
        chosen = frozenset(school.chosen_classes(self.classes))
        for pupils in self.labels(school).values():
            if self.relative:
                yield from self._relative_terms(school, pupils, chosen)
                continue
            expected = school.expected(dict.fromkeys(pupils, 1))
            weights = tuple((i, 1) for i in pupils)
            for c in school.reached(pupils, chosen):
                low = max(0, floor(expected[c]) - self.tolerance)
                yield Band((c,), weights, low, ceil(expected[c]) + self.tolerance)

    def _relative_terms(self, school: School, pupils: Iterable[int], chosen: frozenset[int]) -> Iterator[Shape]:
        # floor(T·n/N) − t ≤ g  ⟺  N·g − T·n ≥ −(N−1) − t·N for whole g; likewise above.
        having = set(pupils)
        for classes, inside in school.pools:
            whole, part = len(inside), len(having.intersection(inside))
            if not whole:
                continue
            counted = inside if school.obeyed else range(len(school.pupils))
            weights = tuple((i, w) for i in counted if (w := (whole if i in having else 0) - part))
            slack = whole - 1 + self.tolerance * whole
            for c in sorted(classes.intersection(chosen)):
                yield Band((c,), weights, -slack, slack, unit=whole)

    def audit(self, ledger: Ledger) -> Iterator[Count]:
        """Count each label in each class and compare with its expected number."""
        seated = {
            row["id"]: {pupil["id"] for pupil in ledger.pupils_in(row["id"])}
            for row in ledger.chosen_classes(self.classes)
        }
        for label, ids in self.label_rows(ledger).items():
            having = set(ids)
            aims = self._relative_aims(ledger, having) if self.relative else ledger.expected(dict.fromkeys(ids, 1))
            for class_id, here in seated.items():
                if class_id not in aims:
                    continue
                number, aim = len(here & having), aims[class_id]
                low, high = max(0, floor(aim) - self.tolerance), ceil(aim) + self.tolerance
                excess = max(0, low - number, number - high)
                yield Count(excess, class_id, say_value(label), number, low, high)

    @staticmethod
    def _relative_aims(ledger: Ledger, having: set[str]) -> dict[str, Fraction]:
        shares: dict[int, Fraction] = {}  # by pool: the ledger hands out one set for all the classes of a pool
        aims = {}
        for row in ledger.classes:
            inside = ledger.pool_pupils(row["id"])
            if inside:
                if id(inside) not in shares:
                    shares[id(inside)] = Fraction(len(inside & having), len(inside))
                aims[row["id"]] = shares[id(inside)] * len(ledger.pupils_in(row["id"]))
        return aims

    def explain(self, count: Count) -> str:
        """Say which class has too many or too few of what."""
        return _("Class {where} has {number} ({group}): an even split would give {band}.").format(
            where=count.where,
            number=say_pupils(int(count.value or 0)),
            group=self.say_label(count.about),
            band=say_band(count),
        )

    def say_label(self, about: str) -> str:
        """Put a label into words, for the explanations."""
        return about


class Balance(Spread):
    """Every value of a column is spread evenly: each class gets its expected number, rounded down or up.

    The expected number is the share a class would get if the pupils with that value were spread over the classes open
    to them in proportion to planned sizes.

    Fields
    ------
    attribute : the column.
    values : only these values; default every value found, and of a yes/no column only the yes.
    tolerance : pupils allowed beyond the rounding, on either side.
    missing : ``"ignore"`` (default): pupils whose value is not known are not counted; ``"value"``: "not known" is
        spread like any other value.
    relative : compare with the class's actual size instead of the planned one (for sizes that differ much).

    Cost: pupils outside the band, class by class and value by value.

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "balance"
        attribute = "sesso"
        weight = 10
    """

    of_intake: ClassVar[bool] = True

    rule: Literal["balance"] = "balance"
    attribute: str
    values: Annotated[list[Any], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _cells(self) -> Balance:
        for value in self.values or ():
            checked_scalar(value, self.attribute)
        return self

    def labels(self, school: School) -> Mapping[Value, tuple[int, ...]]:
        """Group the pupils by value."""
        if self.values is not None:
            groups = {v: school.members({self.attribute: v}) for v in self.values}
        else:
            groups = {v: g for v, g in school.by_value(self.attribute).items() if v is not None and v is not False}
        if self.missing == "value":
            groups[None] = school.members({self.attribute: {"known": False}})
        return {value: pupils for value, pupils in groups.items() if pupils}

    def label_rows(self, ledger: Ledger) -> Mapping[Any, list[str]]:
        """Group the rows by value."""
        wanted = self.values
        if wanted is None:
            wanted = [v for v in ledger.tally(ledger.pupils, self.attribute) if v is not False]
        groups = {v: [p["id"] for p in ledger.select(ledger.pupils, {self.attribute: v})] for v in wanted}
        if self.missing == "value":
            groups[None] = [p["id"] for p in ledger.pupils if p.get(self.attribute) is None]
        return {value: ids for value, ids in groups.items() if ids}

    def say_label(self, about: str) -> str:
        """Name the column with its value: a bare "yes" says nothing."""
        return f"{self.attribute.replace('_', ' ')} {about}"

    def title(self) -> str:
        """Return the heading."""
        return _("Even spread: {column}").format(column=self.attribute.replace("_", " "))
