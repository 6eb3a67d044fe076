"""First choices before second ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from classi.criteria.base import Criterion, Natural, say_value
from classi.criteria.eligibility import asked_by, choices, missing_columns, request_columns
from classi.domain import Count, School, Value
from classi.i18n import _
from classi.ledger import Ledger
from classi.terms import Place, Shape


class Requests(Criterion):
    """Pupils get the site, language, time model … they asked for, the first choice rather than the second.

    Each pupil costs what the choice obtained costs. A pupil who asked for nothing costs nothing, and so does a class
    for which the attribute is not known.

    Fields
    ------
    attribute : a column of the table `classi`.
    requests : the pupils' columns with what they ask for, the first choice first; default as in `eligibility`. Cells
        that are not known are skipped: the first one filled is the first choice.
    costs : cost of the 1st, 2nd, … choice (default 0, 1, 2, …); they never decrease. Choices beyond the list cost as
        the last one.
    none : cost when no choice is met; default the number of the pupil's choices, or the last cost + 1 if `costs` is
        given.

    Cost: sum over the pupils of the cost of the choice obtained.

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "requests"
        attribute = "plesso"
        costs = [0, 1, 3]
        none = 10
        weight = 20
        source = "S003, art. 13: si tiene conto della prima preferenza, poi della seconda e delle successive"
    """

    rule: Literal["requests"] = "requests"
    attribute: str
    requests: list[str] | None = None
    costs: Annotated[list[Natural], Field(min_length=1)] | None = None
    none: Natural | None = None

    @field_validator("costs")
    @classmethod
    def _costs_in_order(cls, costs: list[int] | None) -> list[int] | None:
        if any(one > two for one, two in pairwise(costs or [])):
            raise PydanticCustomError("ascending", "ascending")
        return costs

    @model_validator(mode="after")
    def _none_is_last(self) -> Requests:
        if self.costs and self.none is not None and self.none < self.costs[-1]:
            raise PydanticCustomError("none_too_low", "none below the costs", {"cost": self.costs[-1]})
        return self

    def pupil_columns(self) -> Iterable[str]:
        """Return the columns of the requests, where the regulation names them; `attribute` is one of the classes'."""
        return self.requests or []

    def terms(self, school: School) -> Iterator[Shape]:
        """Yield one layer for each step from one cost to the next: who is not in a cheaper class pays the step."""
        layers: dict[tuple[Value, ...], list[tuple[frozenset[int], int]]] = {(): []}
        for i, asked in enumerate(choices(school, self.attribute, self.requests)):
            if asked not in layers:
                layers[asked] = self._layers(school, asked)
            for classes, step in layers[asked]:
                yield Place(i, classes, step)

    def _layers(self, school: School, asked: tuple[Value, ...]) -> list[tuple[frozenset[int], int]]:
        price = dict.fromkeys(range(len(school.classes)), 0)
        offering = set(school.chosen_classes(self.classes))
        offering = offering.intersection(school.chosen_classes({self.attribute: {"known": True}}))
        price |= dict.fromkeys(offering, self._cost_of(len(asked), asked))
        for k in reversed(range(len(asked))):
            fitting = offering.intersection(school.chosen_classes({self.attribute: asked[k]}))
            price |= dict.fromkeys(fitting, self._cost_of(k, asked))
        levels = sorted({0, *price.values()})
        return [
            (frozenset(c for c, paid in price.items() if paid <= lower), upper - lower)
            for lower, upper in pairwise(levels)
        ]

    def _cost_of(self, k: int, asked: tuple[Value, ...]) -> int:
        """Return the cost of choice `k`, from 0; of none of them where `k` is their number."""
        if k < len(asked):
            return k if self.costs is None else self.costs[min(k, len(self.costs) - 1)]
        if self.none is not None:
            return self.none
        return k if self.costs is None else self.costs[-1] + 1

    def audit(self, ledger: Ledger) -> Iterator[Count]:
        """Yield the pupils who did not get the choice that costs nothing."""
        asked = asked_by(ledger, self.attribute, self.requests)
        for row in ledger.select(ledger.chosen_classes(self.classes), {self.attribute: {"known": True}}):
            paid: dict[tuple[Any, ...], tuple[int, int]] = {(): (0, 0)}
            for pupil in ledger.pupils_in(row["id"]):
                wishes = asked[pupil["id"]]
                if wishes not in paid:
                    granted = [n for n, wish in enumerate(wishes, 1) if ledger.select([row], {self.attribute: wish})]
                    paid[wishes] = (granted[0] if granted else 0, self._paid(granted[:1], len(wishes)))
                rank, cost = paid[wishes]
                if cost:
                    words = ", ".join(say_value(wish) for wish in wishes)
                    yield Count(cost, row["id"], words, rank, pupils=(pupil["id"],))

    def _paid(self, granted: list[int], wishes: int) -> int:
        """Return what a pupil costs whose choice number `granted` (from 1, empty = none) was met."""
        prices = list(range(wishes)) if self.costs is None else self.costs
        if granted:
            return prices[granted[0] - 1] if granted[0] <= len(prices) else prices[-1]
        return prices[-1] + 1 if self.none is None else self.none

    def explain(self, count: Count) -> str:
        """Say which choice a pupil got."""
        column = self.attribute.replace("_", " ")
        if not count.value:
            return _("Pupil {pupil} got none of the choices made ({column}: {asked}) in class {where}.").format(
                pupil=", ".join(count.pupils), column=column, asked=count.about, where=count.where
            )
        return _("Pupil {pupil} got choice number {rank} ({column}: {asked}) in class {where}.").format(
            pupil=", ".join(count.pupils), rank=count.value, column=column, asked=count.about, where=count.where
        )

    def title(self) -> str:
        """Return the heading."""
        return _("Choices granted: {column}").format(column=self.attribute.replace("_", " "))

    def odd(self, school: School) -> Iterable[str]:
        """Report columns the files do not have, and a `none` that would be cheaper than a choice."""
        yield from missing_columns(school, self.attribute, self.requests)
        last = len(self.requests or request_columns(school, self.attribute)) - 1
        if self.costs is None and self.none is not None and self.none < last:
            yield _("“none” is {none}, less than the last choice costs ({cost}): costs never decrease.").format(
                none=self.none, cost=last
            )
