"""Classes as equal in size as they can be."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor
from typing import ClassVar, Literal

from classi.criteria.base import Criterion, Natural, say_band, say_pupils
from classi.domain import Count, School
from classi.i18n import _
from classi.ledger import Ledger
from classi.terms import Band, Shape


class EqualSizes(Criterion):
    """Classes of equal size: each gets its planned number of pupils, rounded down or up.

    The planned size is the number of pupils divided by the number of classes, taken among the classes that share
    eligible pupils, and kept inside the own limits (`min`, `max`) of the classes that have them: what one class cannot
    take is spread over the others. All pupils count.

    Fields
    ------
    tolerance : pupils allowed beyond the rounding, on either side (default 0).

    Cost: pupils outside the band, class by class.

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "equal_sizes"
        weight = 100
        source = "S003, art. 14: equa ripartizione numerica tra le classi/sezioni"
    """

    of_intake: ClassVar[bool] = True

    rule: Literal["equal_sizes"] = "equal_sizes"
    tolerance: Natural = 0

    def terms(self, school: School) -> Iterator[Shape]:
        """Yield one band a class, around its planned size."""
        everybody = tuple((i, 1) for i in range(len(school.pupils)))
        for c in school.chosen_classes(self.classes):
            low = max(0, floor(school.planned[c]) - self.tolerance)
            yield Band((c,), everybody, low, ceil(school.planned[c]) + self.tolerance)

    def audit(self, ledger: Ledger) -> Iterator[Count]:
        """Count the pupils of each class and compare with its planned size."""
        planned = ledger.planned
        for row in ledger.chosen_classes(self.classes):
            aim, size = planned[row["id"]], len(ledger.pupils_in(row["id"]))
            low, high = max(0, floor(aim) - self.tolerance), ceil(aim) + self.tolerance
            yield Count(max(0, low - size, size - high), row["id"], "", size, low, high)

    def explain(self, count: Count) -> str:
        """Say which class is too large or too small."""
        return _("Class {where} has {number}: an equal split would give {band}.").format(
            where=count.where, number=say_pupils(int(count.value or 0)), band=say_band(count)
        )

    def title(self) -> str:
        """Return the heading."""
        return _("Classes of equal size")
