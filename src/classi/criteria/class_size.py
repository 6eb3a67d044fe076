"""Class sizes: at least so many and at most so many pupils."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from classi.criteria.at_most_per_class import say_lifted
from classi.criteria.base import Criterion, Derogation, Natural, Number, Rounding, say_band, say_pupils, say_value
from classi.domain import Count, School, text_key
from classi.i18n import _
from classi.ledger import Ledger
from classi.terms import Band, Shape

Percent = Annotated[Number, Field(ge=0, le=100, decimal_places=2)]


class ClassSize(Criterion):
    """No class smaller than `min` or larger than `max`, give or take a tolerance.

    A class's own limits (columns `min` and `max` of the table `classi`) take the place of the rule's, each on its side
    and without tolerance; a derogation takes the place of both for the `max` of its class, and carries who decided it
    and why. DPR 81/2009 sets, with 10 % of tolerance (art. 4): 18–26 in the infanzia (art. 9), 15–26 in the primaria
    (art. 10), 18–27 in the secondaria di I grado (art. 11). How the tolerance is rounded is disputed, so it is a field.
    All pupils count, whatever is known of them.

    Fields
    ------
    min, max : fewest and most pupils; at least one of the two, or a class with limits of its own.
    tolerance : percent by which `max` is raised and `min` lowered (default 0).
    rounding : after the tolerance, ``"strict"`` (default) rounds `max` down and `min` up, ``"nearest"`` both to the
        nearest (half up), ``"loose"`` `max` up and `min` down.
    derogations : list of ``{class, limit, who, why}``; their limit is the `max` of that class and gets no tolerance.

    Cost: pupils below the fewest or above the most, class by class.

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "class_size"
        min = 18
        max = 27
        tolerance = 10
        hard = true
        source = "DPR 81/2009, art. 11; art. 4 (tolerance)"
    """

    rule: Literal["class_size"] = "class_size"
    min: Natural | None = None
    max: Natural | None = None
    tolerance: Percent = Decimal(0)
    rounding: Rounding = "strict"
    derogations: list[Derogation] = Field(default_factory=list)

    @model_validator(mode="after")
    def _in_order(self) -> ClassSize:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise PydanticCustomError("min_above_max", "min above max")
        return self

    def terms(self, school: School) -> Iterator[Shape]:
        """Yield one band a class that has a limit."""
        everybody = tuple((i, 1) for i in range(len(school.pupils)))
        for c in school.chosen_classes(self.classes):
            low, high = self._limits(school, c)
            if low is not None or high is not None:
                yield Band((c,), everybody, low, high)

    def _limits(self, school: School, c: int) -> tuple[int | None, int | None]:
        low, high = school.classes[c].min, school.classes[c].max
        if low is None and self.min is not None:
            low = lowered(self.min, self.tolerance, self.rounding)
        if high is None and self.max is not None:
            high = raised(self.max, self.tolerance, self.rounding)
        lifted = {school.class_at.get(text_key(d.class_id)): d.limit for d in self.derogations}
        return low, lifted.get(c, high)

    def audit(self, ledger: Ledger) -> Iterator[Count]:
        """Count the pupils of each class that has a limit."""
        lifted = {" ".join(d.class_id.casefold().split()): d.limit for d in self.derogations}
        for row in ledger.chosen_classes(self.classes):
            low, high = row.get("min"), row.get("max")
            if low is None and self.min is not None:
                low = fewest_allowed(self.min, self.tolerance, self.rounding)
            if high is None and self.max is not None:
                high = most_allowed(self.max, self.tolerance, self.rounding)
            high = lifted.get(" ".join(row["id"].casefold().split()), high)
            if low is None and high is None:
                continue
            size = len(ledger.pupils_in(row["id"]))
            missing = 0 if low is None else low - size
            too_many = 0 if high is None else size - high
            yield Count(max(0, missing, too_many), row["id"], "", size, low, high)

    def explain(self, count: Count) -> str:
        """Say which class is too large or too small."""
        sentence = _("Class {where} has {number}: it should have {band}.").format(
            where=count.where, number=say_pupils(int(count.value or 0)), band=say_band(count)
        )
        return sentence + say_lifted(self.derogations, count.where)

    def title(self) -> str:
        """Return the heading."""
        if self.min is None and self.max is None:
            return _("Class sizes: each class's own limits")
        band = say_band(Count(0, low=self.min, high=self.max))
        if self.tolerance:
            return _("Class sizes: {band}, with a tolerance of {percent} %").format(
                band=band, percent=say_value(self.tolerance)
            )
        return _("Class sizes: {band}").format(band=band)

    def odd(self, school: School) -> Iterable[str]:
        """Report limits that are missing everywhere, or that contradict each other."""
        limits = {school.classes[c].id: self._limits(school, c) for c in school.chosen_classes(self.classes)}
        if limits and all(pair == (None, None) for pair in limits.values()):
            yield _("no limit is given, neither here nor in the columns min and max of the table “classi”.")
        for class_id, (low, high) in limits.items():
            if low is not None and high is not None and low > high:
                yield _("class {where} must have at least {low} and at most {high} pupils, which cannot be.").format(
                    where=class_id, low=low, high=high
                )


# --- the tolerance, for terms ---


def raised(limit: int, tolerance: Decimal, rounding: Rounding) -> int:
    """Return the highest size allowed, `tolerance` percent above `limit`, exactly."""
    size = limit * (100 + Fraction(tolerance)) / 100
    return {"strict": floor(size), "nearest": floor(size + Fraction(1, 2)), "loose": ceil(size)}[rounding]


def lowered(limit: int, tolerance: Decimal, rounding: Rounding) -> int:
    """Return the lowest size allowed, `tolerance` percent below `limit`, exactly."""
    size = limit * (100 - Fraction(tolerance)) / 100
    return {"strict": ceil(size), "nearest": floor(size + Fraction(1, 2)), "loose": floor(size)}[rounding]


# --- the tolerance, for audit: counted again in another way ---


def most_allowed(limit: int, tolerance: Decimal, rounding: Rounding) -> int:
    """Return the most pupils the auditor allows."""
    way = {"strict": ROUND_FLOOR, "nearest": ROUND_HALF_UP, "loose": ROUND_CEILING}[rounding]
    return int((limit + limit * tolerance / 100).to_integral_value(way))


def fewest_allowed(limit: int, tolerance: Decimal, rounding: Rounding) -> int:
    """Return the fewest pupils the auditor allows."""
    way = {"strict": ROUND_CEILING, "nearest": ROUND_HALF_UP, "loose": ROUND_FLOOR}[rounding]
    return int((limit - limit * tolerance / 100).to_integral_value(way))
