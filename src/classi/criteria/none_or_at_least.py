"""None of a group in a class, or enough of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from classi.criteria.at_most_per_class import say_counted, say_whom
from classi.criteria.base import Conditions, Criterion, Positive, say_pupils, say_value
from classi.domain import Count, School
from classi.i18n import _
from classi.ledger import Ledger
from classi.terms import Band, Shape, When


class NoneOrAtLeast(Criterion):
    """A class holds either nobody of a group or at least `count` of them: nobody is there alone.

    A girl never the only one; at least two from the same nursery section ("separate without isolating"). With `each`
    the rule holds for each value of a column separately; pupils whose value is not known are not counted.

    Fields
    ------
    of : the group (default: everybody).
    each : a column; the rule holds for each of its values.
    count : fewest pupils, where there are any.

    Cost: pupils missing to `count`, in the classes that hold some, class by class (and value by value).

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "none_or_at_least"
        each = "scuola_provenienza"
        count = 2
        weight = 5
    """

    rule: Literal["none_or_at_least"] = "none_or_at_least"
    of: Conditions = Field(default_factory=dict)
    each: str | None = None
    count: Positive

    def terms(self, school: School) -> Iterator[Shape]:
        """Yield one conditional band a class (and value)."""
        members = school.members(self.of)
        groups = school.by_value(self.each, members) if self.each else {True: members}
        chosen = frozenset(school.chosen_classes(self.classes))
        for value, pupils in groups.items():
            if value is None or not pupils:
                continue
            weights = tuple((i, 1) for i in pupils)
            for c in school.reached(pupils, chosen):
                yield When(pupils, 1, Band((c,), weights, low=self.count))

    def audit(self, ledger: Ledger) -> Iterator[Count]:
        """Count the group in each class; where there is nobody, nobody is what is allowed."""
        everywhere = ledger.select(ledger.pupils, self.of)
        values = ledger.values_by_class(everywhere, self.each) if self.each else {}
        for row in ledger.chosen_classes(self.classes):
            here = ledger.select(ledger.pupils_in(row["id"]), self.of)
            tally = ledger.tally(here, self.each) if self.each else {"": len(here)}
            for value in dict.fromkeys((*values.get(row["id"], ()), *tally)):
                number = tally.get(value, 0)
                fewest = self.count if number else 0
                yield Count(max(0, fewest - number), row["id"], say_value(value), number, fewest, None)

    def explain(self, count: Count) -> str:
        """Say who is too few, and where."""
        return _("Class {where} has only {number} ({group}): nobody, or at least {fewest}, is the rule.").format(
            where=count.where,
            number=say_pupils(int(count.value or 0)),
            group=say_counted(self.of, count.about),
            fewest=self.count,
        )

    def title(self) -> str:
        """Return the heading."""
        return _("None or at least {count} per class: {group}").format(
            count=self.count, group=say_whom(self.of, self.each)
        )
