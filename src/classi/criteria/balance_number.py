"""A number, or an age, spread evenly over the classes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, gcd
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from classi.criteria.base import Criterion, Number, say_value
from classi.domain import Count, School, milli
from classi.i18n import _
from classi.ledger import Ledger
from classi.terms import Band, Range, Shape, Weights

LARGEST_VALUE = 10**9

Thousandths = Annotated[Number, Field(ge=-LARGEST_VALUE, le=LARGEST_VALUE, decimal_places=3)]
"""A number in the unit of a column, at most three decimals."""


class BalanceNumber(Criterion):
    """A number (marks, hours of support, age) is spread evenly: averages, or sums, close to what an even split gives.

    Values are taken with three decimals; a date counts in months (year × 12 + month). Pupils whose value is not known
    are not counted. The expected sum of a class is the share it would get if every pupil's value were spread over the
    classes open to the pupil in proportion to planned sizes; the expected average is that sum over the expected number
    of pupils with a known value, taken with three decimals.

    Fields
    ------
    attribute : a column of numbers, or of dates.
    measure : what must be even (default ``"mean"``).

        - ``"mean"``: the average of each class. Its distance from the expected average counts once for every pupil of
          the class with a known value, less `tolerance` for each of them.
        - ``"sum"``: the sum of each class, which may go from (expected − `tolerance`) rounded down to a whole step to
          (expected + `tolerance`) rounded up.
        - ``"range"``: the largest class sum less the smallest, at most `tolerance`.
    tolerance : what is allowed without cost, in the column's own unit (default 0).
    step : the cost counts each step begun (default 1), in the column's own unit. A smaller step counts finer.

    Cost: steps begun beyond what is allowed, class by class (for ``"range"``: once).

    Source: S003, art. 14 (equal ages); S001, secondaria, point 5; INVALSI's "eterogeneità tra le classi" compares
    class averages.

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "balance_number"
        attribute = "media"
        tolerance = 0.2
        step = 0.5
        weight = 2
    """

    of_intake: ClassVar[bool] = True

    rule: Literal["balance_number"] = "balance_number"
    attribute: str
    measure: Literal["mean", "sum", "range"] = "mean"
    tolerance: Annotated[Number, Field(ge=0, le=LARGEST_VALUE, decimal_places=3)] = Decimal(0)
    step: Annotated[Number, Field(gt=0, le=LARGEST_VALUE, decimal_places=3)] = Decimal(1)

    def terms(self, school: School) -> Iterator[Shape]:
        """Yield, in thousandths or coarser, one band a class (two for an average with a tolerance), or one range."""
        cells = {i: pupil[self.attribute] for i, pupil in enumerate(school.pupils)}
        values = {i: milli(cell) for i, cell in cells.items() if cell is not None}
        chosen = school.chosen_classes(self.classes)
        slack, unit = milli(self.tolerance), milli(self.step)
        if self.measure == "mean":
            yield from self._mean_terms(school, values, chosen)
            return
        whole = gcd(unit, *values.values())
        weights = tuple((i, v // whole) for i, v in values.items() if v)
        if self.measure == "sum":
            expected = school.expected(values)
            for c in chosen:
                low, high = floor((expected[c] - slack) / unit), ceil((expected[c] + slack) / unit)
                yield Band((c,), weights, low * unit // whole, high * unit // whole, unit // whole)
        elif len(chosen) > 1:
            # Sums and step are whole numbers of `whole`: rounding the limit down to one changes no count of steps.
            yield Range(chosen, weights, slack // whole, unit // whole)

    def _mean_terms(self, school: School, values: dict[int, int], chosen: tuple[int, ...]) -> Iterator[Shape]:
        slack, unit = milli(self.tolerance), milli(self.step)
        sums, numbers = school.expected(values), school.expected(dict.fromkeys(values, 1))
        made: dict[tuple[int, int], tuple[int, Weights]] = {}  # classes open to the same pupils share their weights

        def beyond(aim: int, c: int) -> tuple[int, Weights]:
            pupils = school.counted_in[c]
            if (aim, id(pupils)) not in made:
                over = [(i, values[i] - aim) for i in pupils if i in values]
                whole = gcd(unit, *(v for _i, v in over))
                made[aim, id(pupils)] = whole, tuple((i, v // whole) for i, v in over if v)
            return made[aim, id(pupils)]

        for c in chosen:
            if numbers[c]:
                mean = round(sums[c] / numbers[c])
                # |Σ(v − m)| − t·n is Σ(v − m − t) or −Σ(v − m + t): never both above zero, one and the same at t = 0.
                whole, weights = beyond(mean + slack, c)
                yield Band((c,), weights, None if slack else 0, 0, unit // whole)
                if slack:
                    whole, weights = beyond(mean - slack, c)
                    yield Band((c,), weights, 0, None, unit // whole)

    def audit(self, ledger: Ledger) -> Iterator[Count]:
        """Add up the values of each class and compare with an even split."""
        known: dict[str, Fraction] = {}
        for row in ledger.pupils:
            cell = row.get(self.attribute)
            if cell is not None:
                months = cell.year * 12 + cell.month if isinstance(cell, date) else cell
                known[row["id"]] = round(Fraction(months), 3)
        held = {
            row["id"]: [known[p["id"]] for p in ledger.pupils_in(row["id"]) if p["id"] in known]
            for row in ledger.chosen_classes(self.classes)
        }
        if self.measure == "mean":
            ages = any(isinstance(row.get(self.attribute), date) for row in ledger.pupils)
            yield from self._audit_means(ledger, known, held, ages)
        elif self.measure == "sum":
            yield from self._audit_sums(ledger, known, held)
        elif held:
            yield self._audit_range(held)

    def _audit_means(
        self, ledger: Ledger, known: dict[str, Fraction], held: dict[str, list[Fraction]], ages: bool
    ) -> Iterator[Count]:
        tolerance = Fraction(self.tolerance)
        wholes = ledger.expected(known)
        heads = ledger.expected(dict.fromkeys(known, 1))
        about = _("{column}: months from the even average") if ages else _("{column}: average")
        for class_id, values in held.items():
            if not heads[class_id]:
                continue
            even = round(wholes[class_id] / heads[class_id], 3)
            distance = abs(sum((value - even for value in values), Fraction(0))) - tolerance * len(values)
            mean = sum(values, Fraction(0)) / len(values) if values else None
            zero = even if ages else 0  # an average date is read as its distance from the even one
            yield Count(
                max(0, ceil(distance / Fraction(self.step))),
                class_id,
                about.format(column=self.attribute.replace("_", " ")),
                None if mean is None else mean - zero,
                even - zero - tolerance,
                even - zero + tolerance,
            )

    def _audit_sums(
        self, ledger: Ledger, known: dict[str, Fraction], held: dict[str, list[Fraction]]
    ) -> Iterator[Count]:
        step, tolerance = Fraction(self.step), Fraction(self.tolerance)
        even = ledger.expected(known)
        about = _("{column}: sum").format(column=self.attribute.replace("_", " "))
        for class_id, values in held.items():
            low = (even[class_id] - tolerance) // step * step
            high = -((-even[class_id] - tolerance) // step) * step
            total = sum(values, Fraction(0))
            yield Count(
                max(0, ceil((low - total) / step), ceil((total - high) / step)), class_id, about, total, low, high
            )

    def _audit_range(self, held: dict[str, list[Fraction]]) -> Count:
        sums = {class_id: sum(values, Fraction(0)) for class_id, values in held.items()}
        largest, smallest = max(sums, key=lambda c: sums[c]), min(sums, key=lambda c: sums[c])
        distance = sums[largest] - sums[smallest]
        tolerance = Fraction(self.tolerance)
        return Count(
            max(0, ceil((distance - tolerance) / Fraction(self.step))),
            ", ".join(dict.fromkeys((largest, smallest))),
            _("{column}: largest sum less smallest").format(column=self.attribute.replace("_", " ")),
            distance,
            None,
            tolerance,
        )

    def explain(self, count: Count) -> str:
        """Say what a class has and what an even split would give."""
        value, low, high = (None if x is None else _in_words(Fraction(x)) for x in (count.value, count.low, count.high))
        if count.low is None:
            return _("Between classes {where} the difference ({about}) is {value}: at most {high} is allowed.").format(
                where=count.where, about=count.about, value=value, high=high
            )
        if low == high:
            return _("Class {where} has {value} ({about}): an even split would give {low}.").format(
                where=count.where, about=count.about, value=value, low=low
            )
        return _("Class {where} has {value} ({about}): an even split would give from {low} to {high}.").format(
            where=count.where, about=count.about, value=value, low=low, high=high
        )

    def odd(self, school: School) -> Iterator[str]:
        """Say when the column holds nothing, or anything but numbers or dates."""
        if self.attribute not in school.pupil_columns:
            return
        known = [pupil[self.attribute] for pupil in school.pupils if pupil[self.attribute] is not None]
        texts = [value for value in known if isinstance(value, str)]
        if not known:
            yield _("the column “{column}” is empty for every pupil.").format(column=self.attribute)
        elif texts:
            yield _("the column “{column}” must hold numbers or dates, but holds “{value}”.").format(
                column=self.attribute, value=texts[0]
            )
        elif len({isinstance(value, date) for value in known}) > 1:
            yield _("the column “{column}” holds numbers and dates: only one of the two can be averaged.").format(
                column=self.attribute
            )

    def title(self) -> str:
        """Return the heading."""
        headings = {
            "mean": _("Even averages: {column}"),
            "sum": _("Even sums: {column}"),
            "range": _("Largest and smallest sum close: {column}"),
        }
        return headings[self.measure].format(column=self.attribute.replace("_", " "))


def _in_words(number: Fraction) -> str:
    thousandths = round(number * 1000)
    return say_value(Decimal(thousandths).scaleb(-3))
