"""What every criterion is: declared fields, terms for the optimiser, a count for the auditor, words for people."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, model_validator
from pydantic_core import PydanticCustomError

from classi.domain import Count, School
from classi.i18n import _, ngettext
from classi.ledger import Ledger
from classi.terms import Shape

RELIGION = ("religion", "irc", "confession", "fede", "avvalentesi", "ora_alternativa", "catechismo", "credo")
Rounding = Literal["strict", "nearest", "loose"]


def _checked_conditions(conditions: dict[str, Any]) -> dict[str, Any]:
    for column, test in conditions.items():
        if isinstance(test, dict) and (not test or set(test) - {"in", "not", "min", "max", "known"}):
            raise PydanticCustomError("condition", "condition on {column}", {"column": column})
    return conditions


Conditions = Annotated[dict[str, Any], AfterValidator(_checked_conditions)]
Reason = Annotated[str, Field(min_length=1, pattern=r"\S")]


class Signed(BaseModel):
    """Something a person decided: who and why are part of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    who: Reason
    why: Reason


class Derogation(Signed):
    """A limit lifted for one class."""

    class_id: str = Field(alias="class")
    limit: NonNegativeInt


class Pin(Signed):
    """A class fixed for, or forbidden to, one pupil."""

    pupil: str
    class_id: str = Field(alias="class")


class Criterion(BaseModel):
    """A rule of a regulation. One subclass, one file; its docstring is its page in the manual."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str
    hard: bool = False
    weight: PositiveInt | None = None
    tier: PositiveInt = 1
    source: str = ""
    name: str = ""
    classes: Conditions = {}

    @model_validator(mode="after")
    def _price(self) -> Criterion:
        if self.hard == (self.weight is not None):
            raise PydanticCustomError("price", "hard or weight")
        return self

    @model_validator(mode="after")
    def _no_religion(self) -> Criterion:
        attribute = [getattr(self, "attribute", "")]  # of the classes, in the rules about requests
        for column in (*self.pupil_columns(), *self.classes, *attribute):
            words = column.casefold().replace("-", "_").replace(" ", "_")
            if any(words == r or words.startswith((r, f"scelta_{r}")) or f"_{r}" in words for r in RELIGION):
                raise PydanticCustomError("religion", "religion as a key", {"column": column})
        return self

    def terms(self, school: School) -> Iterator[Shape]:
        """Yield what the optimiser has to bring to zero."""
        raise NotImplementedError

    def audit(self, ledger: Ledger) -> Iterator[Count]:
        """Yield everything this rule looks at, counted from plain rows; the sum of the excesses is the cost."""
        raise NotImplementedError

    def explain(self, count: Count) -> str:
        """Say one broken count in a sentence a parent understands."""
        raise NotImplementedError

    def title(self) -> str:
        """Return the heading under which people read this rule."""
        raise NotImplementedError

    def pupil_columns(self) -> Iterable[str]:
        """Return the pupils' columns this rule names."""
        found = list(getattr(self, "of", {}))
        for field in ("attribute", "each", "column"):
            found += [getattr(self, field)] if getattr(self, field, None) else []
        return [*found, *getattr(self, "attributes", [])]

    def pupil_ids(self) -> Iterable[str]:
        """Return the pupils this rule names one by one."""
        return [pin.pupil for pin in getattr(self, "pins", [])]

    def class_ids(self) -> Iterable[str]:
        """Return the classes this rule names one by one."""
        return [x.class_id for field in ("pins", "derogations") for x in getattr(self, field, [])]

    def odd(self, school: School) -> Iterable[str]:
        """Return what makes this rule unusable on this school, as sentences (say a column that must hold numbers)."""
        return ()

    def allowed(self, school: School) -> list[frozenset[int]] | None:
        """Return the classes open to each pupil, if this rule closes some (only `eligibility` does)."""
        return None

    def allowed_ids(self, ledger: Ledger) -> dict[str, set[str]] | None:
        """Return the same for the auditor, by identifiers."""
        return None


@cache
def registry() -> Mapping[str, type[Criterion]]:
    """Find every criterion: each module of this package that defines a subclass with a literal `rule`."""
    import classi.criteria as package  # noqa: PLC0415 - the package imports this module

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    found: dict[str, type[Criterion]] = {}
    pending = list(Criterion.__subclasses__())
    while pending:
        kind = pending.pop()
        pending += kind.__subclasses__()
        if isinstance(kind.model_fields["rule"].default, str):
            found[kind.model_fields["rule"].default] = kind
    return dict(sorted(found.items()))


# --- words shared by the explanations; never used by terms() or audit() ---


def say_group(conditions: Mapping[str, Any]) -> str:
    """Put a group into words: ``disabilita comma1/comma3, sesso F``."""
    words = []
    for column, test in conditions.items():
        words.append(f"{column.replace('_', ' ')} {say_condition(test)}")
    return ", ".join(words) or _("pupils")


def say_condition(test: Any) -> str:
    """Put one condition into words."""
    if isinstance(test, Mapping):
        parts = []
        if "in" in test:
            parts.append(say_condition(test["in"]))
        if "not" in test:
            parts.append(_("other than {values}").format(values=say_condition(test["not"])))
        if "min" in test:
            parts.append(_("at least {number}").format(number=test["min"]))
        if "max" in test:
            parts.append(_("at most {number}").format(number=test["max"]))
        if "known" in test:
            parts.append(_("known") if test["known"] else _("unknown"))
        return " ".join(parts)
    if isinstance(test, list | tuple):
        return "/".join(say_value(v) for v in test)
    return say_value(test)


def say_value(value: Any) -> str:
    """Put one cell into words: yes, no, a number with the language's comma, a text as it is."""
    if value is None:
        return _("not known")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        return format(value.normalize(), "f").replace(".", _("."))
    return str(value)


def say_band(count: Count) -> str:
    """Put what is allowed into words."""
    if count.low is None:
        return _("at most {high}").format(high=count.high)
    if count.high is None:
        return _("at least {low}").format(low=count.low)
    if count.low == count.high:
        return _("exactly {low}").format(low=count.low)
    return _("from {low} to {high}").format(low=count.low, high=count.high)


def say_pupils(number: int) -> str:
    """Return "1 pupil", "2 pupils"."""
    return ngettext("{number} pupil", "{number} pupils", number).format(number=number)
