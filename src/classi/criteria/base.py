"""What every criterion is: declared fields, terms for the optimiser, a count for the auditor, words for people."""

from __future__ import annotations

import importlib
import pkgutil
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from math import isfinite
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, model_validator
from pydantic_core import PydanticCustomError

from classi.domain import Count, School
from classi.i18n import _, ngettext
from classi.ledger import Ledger
from classi.terms import Shape

Rounding = Literal["strict", "nearest", "loose"]
LARGEST = 10**6
"""No count of pupils, weight or tier of a regulation is larger: more is a slip of the keyboard."""

Natural = Annotated[int, Strict(), Field(ge=0, le=LARGEST)]
Positive = Annotated[int, Strict(), Field(gt=0, le=LARGEST)]
YesNo = Annotated[bool, Strict()]


def _written_number(value: Any) -> Any:
    if not _is_number(value) or isinstance(value, bool):
        raise PydanticCustomError("number", "a number is needed")
    return Decimal(str(value))  # as it is written: 0.1 is a tenth, not the nearest binary fraction


def _is_number(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, float | Decimal) and isfinite(value))


Number = Annotated[Decimal, BeforeValidator(_written_number)]
"""A number of the regulation, exactly as it is written."""


# --- what may not be used ---

_RELIGION_WORDS = frozenset({"fede", "irc", "credo"})
_RELIGION_STEMS = ("religio", "confession", "avvalent", "avvale", "catechis")
_INSTEAD_OF_RELIGION = re.compile(r"\b(ora|attivita|materia|insegnamento) alternativ")


def religious(column: str) -> bool:
    """Tell whether a column is about religion by its words: short ones whole, so that `scuola_federale` is none."""
    letters = unicodedata.normalize("NFKD", column.casefold())
    words = re.findall(r"[a-z]+", "".join(c for c in letters if not unicodedata.combining(c)))
    if any(word in _RELIGION_WORDS or word.startswith(_RELIGION_STEMS) for word in words):
        return True
    return _INSTEAD_OF_RELIGION.search(" ".join(words)) is not None


# --- conditions ---


def checked_scalar(value: Any, column: str) -> None:
    """Refuse what no cell can equal: anything but a number, a text, a date, true or false."""
    if not (_is_number(value) or isinstance(value, str) or _is_day(value)):
        raise PydanticCustomError("condition_value", "not a cell", {"column": column, "wrong": value})


def _checked_options(values: Any, column: str) -> None:
    listed = values if isinstance(values, list | tuple) else [values]
    if not listed:
        raise PydanticCustomError("condition_empty", "empty list", {"column": column, "wrong": values})
    for value in listed:
        checked_scalar(value, column)


def _is_day(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


ITALIAN_DAY = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}")
"""A day as people write it: as a text it would be compared letter by letter."""


def _checked_conditions(conditions: dict[str, Any]) -> dict[str, Any]:
    for column, test in conditions.items():
        if isinstance(test, dict):
            _checked_table(column, test)
        else:
            _checked_options(test, column)
    return conditions


def _checked_table(column: str, test: dict[str, Any]) -> None:
    if not test or set(test) - {"in", "not", "min", "max", "known"}:
        raise PydanticCustomError("condition", "condition on {column}", {"column": column})
    for part, wanted in test.items():
        context = {"column": column, "part": part, "wrong": wanted}
        if part in ("in", "not"):
            _checked_options(wanted, column)
        elif part == "known":
            if not isinstance(wanted, bool):
                raise PydanticCustomError("condition_known", "not a yes or no", context)
        elif isinstance(wanted, bool) or not (_is_number(wanted) or isinstance(wanted, str) or _is_day(wanted)):
            raise PydanticCustomError("condition_limit", "not in any order", context)
        elif isinstance(wanted, str) and ITALIAN_DAY.fullmatch(wanted.strip()):
            raise PydanticCustomError("condition_day", "a day TOML does not know", context)


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
    limit: Natural


class Pin(Signed):
    """A class fixed for, or forbidden to, one pupil."""

    pupil: str
    class_id: str = Field(alias="class")


class Criterion(BaseModel):
    """A rule of a regulation. One subclass, one file; its docstring is its page in the manual."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    of_intake: ClassVar[bool] = False
    """True when the limits are shares of the whole intake: they are known only when it is settled who is in."""

    rule: str
    hard: YesNo = False
    weight: Positive | None = None
    tier: Positive = 1
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
            if religious(column):
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

    def idle(self, school: School) -> Iterable[str]:
        """Return what makes this rule limit nothing on this school, as sentences (warnings)."""
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
