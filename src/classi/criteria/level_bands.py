"""Every band of a level spread evenly over the classes."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from classi.criteria.balance import Spread
from classi.criteria.balance_number import Thousandths
from classi.criteria.base import say_value
from classi.domain import School
from classi.i18n import _
from classi.ledger import Ledger


class LevelBands(Spread):
    """Every level band is spread evenly, so that each class is as mixed as the whole intake.

    The bands are the words of a column (low, middle, high) or, for marks, the intervals between thresholds: with
    ``bands = [6, 8]`` they are below 6, from 6 to below 8, 8 and above. A threshold belongs to the band above it.

    Fields
    ------
    attribute : the column (default ``livello``).
    bands : ascending thresholds, for a column of numbers; without them each value found is a band.
    tolerance : pupils allowed beyond the rounding, on either side.
    missing : ``"ignore"`` (default): pupils whose level is not known are not counted; ``"value"``: they are a band of
        their own.
    relative : compare with the class's actual size instead of the planned one (for sizes that differ much).

    Cost: pupils outside the band's expected number rounded down or up, class by class and band by band.

    Source: S003, art. 14 ("omogeneità per fasce di livello"); S001, secondaria, point 5 ("eterogeneità delle competenze
    cognitive e relazionali") and point 3 (balanced groups by the primary teachers' levels).

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "level_bands"
        attribute = "media"
        bands = [6, 8]
        weight = 5
    """

    of_intake: ClassVar[bool] = True

    rule: Literal["level_bands"] = "level_bands"
    attribute: str = "livello"
    bands: Annotated[list[Thousandths], Field(min_length=1)] | None = None

    @field_validator("bands")
    @classmethod
    def _ascending(cls, bands: list[Thousandths] | None) -> list[Thousandths] | None:
        if bands is not None and any(low >= high for low, high in pairwise(bands)):
            raise PydanticCustomError("ascending", "ascending")
        return bands

    def labels(self, school: School) -> Mapping[Any, tuple[int, ...]]:
        """Group the pupils by band: its position among the thresholds, or the value itself."""
        groups: dict[Any, tuple[int, ...]] = {}
        value: Any
        for value, pupils in school.by_value(self.attribute).items():
            label = value if value is None or self.bands is None else bisect_right(self.bands, value)
            if label is not None or self.missing == "value":
                groups[label] = groups.get(label, ()) + pupils
        return groups

    def label_rows(self, ledger: Ledger) -> Mapping[Any, list[str]]:
        """Group the rows by band, in words."""
        found: dict[Any, list[str]] = defaultdict(list)
        for value in ledger.tally(ledger.pupils, self.attribute) if self.bands is None else ():
            found[value] = [row["id"] for row in ledger.select(ledger.pupils, {self.attribute: value})]
        for label, low, high in self._intervals():
            for row in ledger.pupils:
                level = row.get(self.attribute)
                if level is not None and (low is None or low <= level) and (high is None or level < high):
                    found[label].append(row["id"])
        if self.missing == "value":
            found[None] = [row["id"] for row in ledger.pupils if row.get(self.attribute) is None]
        return {label: ids for label, ids in found.items() if ids}

    def _intervals(self) -> Iterator[tuple[str, Thousandths | None, Thousandths | None]]:
        if self.bands is None:
            return
        yield _("below {high}").format(high=say_value(self.bands[0])), None, self.bands[0]
        for low, high in pairwise(self.bands):
            yield _("from {low} to below {high}").format(low=say_value(low), high=say_value(high)), low, high
        yield _("{low} and above").format(low=say_value(self.bands[-1])), self.bands[-1], None

    def odd(self, school: School) -> Iterator[str]:
        """Say when the column holds nothing, or words where thresholds need numbers."""
        if self.attribute not in school.pupil_columns:
            return
        known = [pupil[self.attribute] for pupil in school.pupils if pupil[self.attribute] is not None]
        if not known and self.missing == "ignore":
            yield _("the column “{column}” is empty for every pupil.").format(column=self.attribute)
        wrong = [value for value in known if not isinstance(value, int | Decimal)]
        if self.bands is not None and wrong:
            yield _("thresholds need numbers, but the column “{column}” holds “{value}”.").format(
                column=self.attribute, value=say_value(wrong[0])
            )

    def title(self) -> str:
        """Return the heading."""
        return _("Level bands spread evenly: {column}").format(column=self.attribute.replace("_", " "))
