"""A quota of a group over several classes together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from classi.criteria.base import Conditions, Criterion, Natural, say_band, say_group, say_pupils
from classi.domain import Count, School
from classi.i18n import _
from classi.ledger import Ledger
from classi.terms import Band, Shape


class GroupQuota(Criterion):
    """Between `min` and `max` pupils of a group over a set of classes, counted together.

    Places on a musical path (DI 176/2022: groups for each instrument, over one section or several), seats of a site,
    pupils who come by the school bus. Pupils for whom the group's columns are not known are not of the group.

    Fields
    ------
    of : the group.
    classes : the set of classes (default: all).
    min, max : fewest and most pupils of the group over all those classes; at least one of the two.

    Cost: pupils below `min` or above `max`.

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "group_quota"
        of = { strumento_1 = "violino" }
        classes = { indirizzo = "musicale" }
        min = 4
        max = 7
        hard = true
        source = "DI 176/2022"
    """

    rule: Literal["group_quota"] = "group_quota"
    of: Conditions
    min: Natural | None = None
    max: Natural | None = None

    @model_validator(mode="after")
    def _limits(self) -> GroupQuota:
        if self.min is None and self.max is None:
            raise PydanticCustomError("needs_one_of", "one of", {"fields": "min, max"})
        if self.min is not None and self.max is not None and self.min > self.max:
            raise PydanticCustomError("min_above_max", "min above max")
        return self

    def terms(self, school: School) -> Iterator[Shape]:
        """Yield one band over all the classes of the set."""
        weights = tuple((i, 1) for i in school.members(self.of))
        yield Band(school.chosen_classes(self.classes), weights, self.min, self.max)

    def audit(self, ledger: Ledger) -> Iterator[Count]:
        """Count the group over the classes of the set."""
        ids = [row["id"] for row in ledger.chosen_classes(self.classes)]
        number = sum(len(ledger.select(ledger.pupils_in(class_id), self.of)) for class_id in ids)
        missing = 0 if self.min is None else self.min - number
        too_many = 0 if self.max is None else number - self.max
        yield Count(max(0, missing, too_many), ", ".join(ids), "", number, self.min, self.max)

    def explain(self, count: Count) -> str:
        """Say how many there are, and how many there should be."""
        return _("{number} ({group}) in these classes together: {where}. There should be {band}.").format(
            where=count.where,
            number=say_pupils(int(count.value or 0)),
            group=say_group(self.of),
            band=say_band(count),
        )

    def title(self) -> str:
        """Return the heading."""
        band, group = say_band(Count(0, low=self.min, high=self.max)), say_group(self.of)
        if not self.classes:
            return _("Quota over all classes, {band}: {group}").format(band=band, group=group)
        return _("Quota over the classes with {classes}, {band}: {group}").format(
            classes=say_group(self.classes), band=band, group=group
        )

    def odd(self, school: School) -> Iterable[str]:
        """Report a set without classes."""
        if not school.chosen_classes(self.classes):
            yield _("no class meets the condition: {classes}.").format(classes=say_group(self.classes))
