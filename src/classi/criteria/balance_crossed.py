"""Every combination of the values of two or more columns spread evenly over the classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from classi.criteria.balance import Spread
from classi.criteria.base import say_value
from classi.domain import School
from classi.i18n import _
from classi.ledger import Ledger


class Combination(tuple[Any, ...]):
    """The values a group of pupils has in common, read as one label."""

    __slots__ = ()

    def __str__(self) -> str:
        return " · ".join(say_value(value) for value in self)


class BalanceCrossed(Spread):
    """Every combination of two or more columns is spread evenly: each class gets its expected number of each.

    Girls may be as many in every class and good marks too, and yet all the good marks of one class be its girls'.
    Crossing the two columns spreads girls with good marks, boys with good marks, and so on, each by itself. Every
    combination found among the pupils counts, of a yes/no column the no as well. Combinations are many and small: with
    more than two columns, or columns of many values, give it a low weight.

    Fields
    ------
    attributes : two or more columns.
    tolerance : pupils allowed beyond the rounding, on either side.
    missing : ``"ignore"`` (default): a pupil with any of the columns unknown is not counted; ``"value"``: "not known"
        is a value like any other.
    relative : compare with the class's actual size instead of the planned one (for sizes that differ much).

    Cost: pupils outside the band, class by class and combination by combination.

    Source: S003, art. 14 (equal sexes; level bands), taken together; S001, "equa distribuzione" of each group in every
    class.

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "balance_crossed"
        attributes = ["sesso", "livello"]
        weight = 3
    """

    of_intake: ClassVar[bool] = True

    rule: Literal["balance_crossed"] = "balance_crossed"
    attributes: Annotated[list[str], Field(min_length=2)]

    def labels(self, school: School) -> Mapping[Any, tuple[int, ...]]:
        """Group the pupils by combination."""
        groups: dict[tuple[Any, ...], tuple[int, ...]] = {(): tuple(range(len(school.pupils)))}
        for column in self.attributes:
            groups = {
                (*label, value): inside
                for label, pupils in groups.items()
                for value, inside in school.by_value(column, pupils).items()
                if value is not None or self.missing == "value"
            }
        return groups

    def label_rows(self, ledger: Ledger) -> Mapping[Any, list[str]]:
        """Group the rows by combination."""
        found = [(Combination(), ledger.pupils)]
        for column in self.attributes:
            finer = []
            for label, rows in found:
                parts = {value: ledger.select(rows, {column: value}) for value in ledger.tally(rows, column)}
                if self.missing == "value":
                    parts[None] = ledger.select(rows, {column: {"known": False}})
                finer += [(Combination((*label, value)), part) for value, part in parts.items() if part]
            found = finer
        return {label: [row["id"] for row in rows] for label, rows in found}

    def title(self) -> str:
        """Return the heading."""
        columns = " × ".join(column.replace("_", " ") for column in self.attributes)
        return _("Even spread, crossed: {columns}").format(columns=columns)
