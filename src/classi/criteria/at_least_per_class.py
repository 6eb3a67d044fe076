"""At least so many pupils of a group in every class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from classi.criteria.at_most_per_class import say_counted, say_whom
from classi.criteria.base import Conditions, Criterion, Positive, say_band, say_pupils, say_value
from classi.domain import Count, School
from classi.i18n import _
from classi.ledger import Ledger
from classi.terms import Band, Shape


class AtLeastPerClass(Criterion):
    """At least `count` pupils of one group in every class; with `each`, at least `count` for every value of a column.

    With `each`, the values are those found anywhere among the pupils of the group; pupils whose value is not known are
    not counted.

    Fields
    ------
    of : the group (default: everybody).
    each : a column; every class has at least `count` pupils for each of its values.
    count : fewest pupils.

    Cost: pupils missing, class by class (and value by value).

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "at_least_per_class"
        each = "sesso"
        count = 8
        weight = 5
    """

    rule: Literal["at_least_per_class"] = "at_least_per_class"
    of: Conditions = Field(default_factory=dict)
    each: str | None = None
    count: Positive

    def terms(self, school: School) -> Iterator[Shape]:
        """Yield one band a class (and value)."""
        members = school.members(self.of)
        groups = school.by_value(self.each, members) if self.each else {True: members}
        for value, pupils in groups.items():
            if value is None:
                continue
            weights = tuple((i, 1) for i in pupils)
            for c in school.chosen_classes(self.classes):
                yield Band((c,), weights, low=self.count)

    def audit(self, ledger: Ledger) -> Iterator[Count]:
        """Count the group in each class (once for each value of `each`)."""
        everywhere = ledger.select(ledger.pupils, self.of)
        values = list(ledger.tally(everywhere, self.each)) if self.each else [""]
        for row in ledger.chosen_classes(self.classes):
            here = ledger.select(ledger.pupils_in(row["id"]), self.of)
            tally = ledger.tally(here, self.each) if self.each else {"": len(here)}
            for value in values:
                number = tally.get(value, 0)
                yield Count(max(0, self.count - number), row["id"], say_value(value), number, self.count, None)

    def explain(self, count: Count) -> str:
        """Say which class holds too few."""
        return _("Class {where} has {number} ({group}): {band} needed.").format(
            where=count.where,
            number=say_pupils(int(count.value or 0)),
            group=say_counted(self.of, count.about),
            band=say_band(count),
        )

    def title(self) -> str:
        """Return the heading."""
        return _("At least {count} per class: {group}").format(count=self.count, group=say_whom(self.of, self.each))
