"""Smaller classes where pupils of a group are."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from pydantic import Field

from classi.criteria.at_most_per_class import say_lifted
from classi.criteria.base import (
    Conditions,
    Criterion,
    Derogation,
    Natural,
    Positive,
    Rounding,
    say_band,
    say_group,
    say_pupils,
)
from classi.criteria.class_size import Percent, most_allowed, raised
from classi.domain import Count, School, text_key
from classi.i18n import _
from classi.ledger import Ledger
from classi.terms import Band, Shape, When


class SizeWithGroup(Criterion):
    """A class that holds pupils of a group has at most `limit` pupils in all.

    DPR 81/2009, art. 5 c. 2: classes with a pupil with disability have "normally" at most 20 pupils (22 with the
    tolerance of art. 4); more needs stated reasons, so a derogation replaces the limit for one class and carries who
    decided it and why. Pupils for whom the group's columns are not known are not of the group.

    Fields
    ------
    of : the group.
    limit : most pupils of a class that holds the group.
    at_least : how many pupils of the group make the limit apply (default 1).
    tolerance, rounding : percent added to the limit, and how the result is rounded, as in `class_size`.
    derogations : list of ``{class, limit, who, why}``; their limit gets no tolerance.

    Cost: pupils above the limit, in the classes that hold at least `at_least` of the group.

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "size_with_group"
        of = { disabilita = ["comma1", "comma3"] }
        limit = 20
        tolerance = 10
        hard = true
        source = "DPR 81/2009, art. 5 c. 2"
        derogations = [
          { class = "1B", limit = 23, who = "Dirigente", why = "Only class with French, two support teachers" },
        ]
    """

    rule: Literal["size_with_group"] = "size_with_group"
    of: Conditions
    limit: Natural
    at_least: Positive = 1
    tolerance: Percent = Decimal(0)
    rounding: Rounding = "strict"
    derogations: list[Derogation] = Field(default_factory=list)

    def terms(self, school: School) -> Iterator[Shape]:
        """Yield one conditional band a class."""
        group = school.members(self.of)
        if len(group) < self.at_least:
            return
        everybody = tuple((i, 1) for i in range(len(school.pupils)))
        usual = raised(self.limit, self.tolerance, self.rounding)
        lifted = {school.class_at.get(text_key(d.class_id)): d.limit for d in self.derogations}
        for c in school.chosen_classes(self.classes):
            yield When(group, self.at_least, Band((c,), everybody, high=lifted.get(c, usual)))

    def audit(self, ledger: Ledger) -> Iterator[Count]:
        """Count the pupils of each class that holds the group; the others have no limit here."""
        usual = most_allowed(self.limit, self.tolerance, self.rounding)
        lifted = {" ".join(d.class_id.casefold().split()): d.limit for d in self.derogations}
        for row in ledger.chosen_classes(self.classes):
            here = ledger.pupils_in(row["id"])
            if len(ledger.select(here, self.of)) < self.at_least:
                continue
            limit = lifted.get(" ".join(row["id"].casefold().split()), usual)
            yield Count(max(0, len(here) - limit), row["id"], "", len(here), None, limit)

    def explain(self, count: Count) -> str:
        """Say which class is too large for the pupils it holds, and who lifted its limit."""
        sentence = _(
            "Class {where} has {number}; with at least {held} of the group ({group}) it may have {band}."
        ).format(
            where=count.where,
            number=say_pupils(int(count.value or 0)),
            held=self.at_least,
            group=say_group(self.of),
            band=say_band(count),
        )
        return sentence + say_lifted(self.derogations, count.where)

    def title(self) -> str:
        """Return the heading."""
        return _("At most {limit} pupils in a class with at least {held}: {group}").format(
            limit=raised(self.limit, self.tolerance, self.rounding), held=self.at_least, group=say_group(self.of)
        )
