"""At most so many pupils of a group in any class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from classi.criteria.base import Conditions, Criterion, Derogation, Natural, say_band, say_group, say_pupils, say_value
from classi.domain import Count, School, text_key
from classi.i18n import _
from classi.ledger import Ledger
from classi.terms import Band, Shape


class AtMostPerClass(Criterion):
    """At most `limit` pupils of one group in any class; with `each`, at most `limit` for every value of a column.

    Two pupils with disability a class at most; four from the same nursery school at most. A derogation lifts the limit
    for one class and carries who decided it and why.

    Fields
    ------
    of : the group (default: everybody).
    each : a column; the limit holds for each of its values separately. Pupils whose value is not known are not counted.
    limit : most pupils.
    derogations : list of ``{class, limit, who, why}``.

    Cost: pupils above the limit, class by class.

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "at_most_per_class"
        of = { disabilita = ["comma1", "comma3"] }
        limit = 2
        hard = true
    """

    rule: Literal["at_most_per_class"] = "at_most_per_class"
    of: Conditions = Field(default_factory=dict)
    each: str | None = None
    limit: Natural
    derogations: list[Derogation] = Field(default_factory=list)

    @model_validator(mode="after")
    def _says_whom(self) -> AtMostPerClass:
        if not self.of and self.each is None:
            raise PydanticCustomError("needs_one_of", "one of", {"fields": "of, each"})
        return self

    def terms(self, school: School) -> Iterator[Shape]:
        """Yield one band a class (and value)."""
        lifted = {school.class_at.get(text_key(d.class_id)): d.limit for d in self.derogations}
        members = school.members(self.of)
        groups = school.by_value(self.each, members) if self.each else {True: members}
        chosen = frozenset(school.chosen_classes(self.classes))
        for value, pupils in groups.items():
            if value is None:
                continue
            weights = tuple((i, 1) for i in pupils)
            for c in school.reached(pupils, chosen) if self.each else sorted(chosen):
                yield Band((c,), weights, high=lifted.get(c, self.limit))

    def audit(self, ledger: Ledger) -> Iterator[Count]:
        """Count the group in each class (once for each value of `each`)."""
        lifted = {" ".join(d.class_id.casefold().split()): d.limit for d in self.derogations}
        everywhere = ledger.select(ledger.pupils, self.of)
        values = ledger.values_by_class(everywhere, self.each) if self.each else {}
        for row in ledger.chosen_classes(self.classes):
            here = ledger.select(ledger.pupils_in(row["id"]), self.of)
            limit = lifted.get(" ".join(row["id"].casefold().split()), self.limit)
            tally = ledger.tally(here, self.each) if self.each else {"": len(here)}
            for value in dict.fromkeys((*values.get(row["id"], ()), *tally)):
                number = tally.get(value, 0)
                yield Count(max(0, number - limit), row["id"], say_value(value), number, None, limit)

    def explain(self, count: Count) -> str:
        """Say which class holds too many, and who lifted its limit."""
        sentence = _("Class {where} has {number} ({group}): {band} allowed.").format(
            where=count.where,
            number=say_pupils(int(count.value or 0)),
            group=say_counted(self.of, count.about),
            band=say_band(count),
        )
        return sentence + say_lifted(self.derogations, count.where)

    def title(self) -> str:
        """Return the heading."""
        return _("At most {limit} per class: {group}").format(limit=self.limit, group=say_whom(self.of, self.each))


# --- words shared with the rules alike; never used by terms() or audit() ---


def say_whom(of: Mapping[str, Any], each: str | None) -> str:
    """Put into words whom a rule counts: a group, the pupils alike in a column, or both."""
    if each is None:
        return say_group(of)
    column = each.replace("_", " ")
    if not of:
        return _("pupils with the same {column}").format(column=column)
    return _("{group}, with the same {column}").format(group=say_group(of), column=column)


def say_counted(of: Mapping[str, Any], about: str) -> str:
    """Put into words what one count is of."""
    return " ".join(filter(None, [say_group(of) if of or not about else "", about]))


def say_lifted(derogations: Sequence[Derogation], class_id: str) -> str:
    """Say who lifted the limit of a class and why, to follow another sentence; nothing where nobody did."""
    mine = [d for d in derogations if text_key(d.class_id) == text_key(class_id)]
    words = _("For this class the limit was set to {limit} by {who}: {why}.")
    return "".join(" " + words.format(limit=d.limit, who=d.who, why=d.why.rstrip(".")) for d in mine[-1:])
