"""At most a share of a class from one group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from classi.criteria.base import Conditions, Criterion, say_band, say_group, say_pupils, say_value
from classi.criteria.class_size import Percent
from classi.domain import Count, School
from classi.i18n import _
from classi.ledger import Ledger
from classi.terms import Band, Shape


class AtMostShare(Criterion):
    """At most `percent` of the pupils of a class belong to a group.

    CM 2/2010: pupils without Italian citizenship are normally at most 30 % of a class; it is an organisational ceiling,
    and pupils born in Italy or with adequate Italian may be left out of the count by a narrower group. Pupils for whom
    the group's columns are not known are not of the group, but count in the size of the class.

    Fields
    ------
    of : the group.
    percent : largest share, up to two decimals. What it makes of a class is rounded down: 30 % of 24 is 7.

    Cost: pupils of the group above the share, class by class.

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "at_most_share"
        of = { straniero = true, nato_in_italia = false }
        percent = 30
        hard = true
        source = "CM 2/2010"
    """

    rule: Literal["at_most_share"] = "at_most_share"
    of: Conditions
    percent: Percent

    def terms(self, school: School) -> Iterator[Shape]:
        """Yield one band a class: g − percent·n/100 ≤ 0, in ten-thousandths of a pupil."""
        group = set(school.members(self.of))
        share = int(self.percent * 100)
        parts = ((i, 10_000 - share if i in group else -share) for i in range(len(school.pupils)))
        weights = tuple((i, w) for i, w in parts if w)
        for c in school.chosen_classes(self.classes):
            yield Band((c,), weights, high=0, unit=10_000)

    def audit(self, ledger: Ledger) -> Iterator[Count]:
        """Count the group in each class and compare with the share of its size."""
        for row in ledger.chosen_classes(self.classes):
            here = ledger.pupils_in(row["id"])
            number = len(ledger.select(here, self.of))
            limit = int(len(here) * self.percent // 100)
            yield Count(max(0, number - limit), row["id"], "", number, None, limit)

    def explain(self, count: Count) -> str:
        """Say which class holds too many."""
        return _("Class {where} has {number} ({group}): {percent} %, rounded down, allows {band}.").format(
            where=count.where,
            number=say_pupils(int(count.value or 0)),
            group=say_group(self.of),
            percent=say_value(self.percent),
            band=say_band(count),
        )

    def title(self) -> str:
        """Return the heading."""
        return _("At most {percent} % per class: {group}").format(
            percent=say_value(self.percent), group=say_group(self.of)
        )
