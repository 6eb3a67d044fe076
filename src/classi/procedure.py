"""The admission procedure of a regulation: what ``[admission]`` declares, as typed, frozen data. Nothing is done here.

The manual page is ``docs/admissions.md``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from classi.criteria.base import Conditions, Natural, Number, Positive, Signed, YesNo, checked_scalar, religious
from classi.domain import SchoolClass, text_key

DERIVED = ("fuori_termine", "eta_31_dicembre", "eta_30_aprile")
"""Facts reckoned where the files do not give them; see the manual, *Derived facts*."""

PLACEHOLDER = re.compile(r"\{([a-z0-9_]+)\}")
LISTED = ("has", "has_other")
"""Tests of a cell that lists several values, separated by commas."""


def _checked_facts(facts: dict[str, Any]) -> dict[str, Any]:
    _without_religion(*facts)
    for column, test in facts.items():
        if isinstance(test, dict) and set(test) & set(LISTED):
            if len(test) > 1:
                raise PydanticCustomError("condition_listed", "has with others", {"column": column})
            checked_scalar(next(iter(test.values())), column)
    return facts


def _plain_part(facts: dict[str, Any]) -> dict[str, Any]:
    """Let the ordinary conditions be checked where they are checked for every rule."""
    listed = {c: t for c, t in facts.items() if isinstance(t, dict) and set(t) & set(LISTED)}
    try:
        _PlainFacts(facts={c: t for c, t in facts.items() if c not in listed})
    except ValidationError as error:  # said as the rules of class formation say it
        found = error.errors(include_url=False)[0]
        raise PydanticCustomError(found["type"], "condition", found.get("ctx", {})) from None
    return facts


class _PlainFacts(BaseModel):
    facts: Conditions


Facts = Annotated[dict[str, Any], AfterValidator(_plain_part), AfterValidator(_checked_facts)]
"""Conditions on an application; columns and values may hold ``{plesso}`` … , the seat in question."""


def _without_religion(*columns: str) -> None:
    for column in filter(religious, columns):
        raise PydanticCustomError("religion", "religion as a key", {"column": column})


class Declared(BaseModel):
    """Anything a procedure declares: a name people read, and the words of the source it comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: Annotated[str, Field(min_length=1, pattern=r"\S")]
    source: str = ""


class Parameter(Declared):
    """Something the source leaves open; `name` is what ``$name`` stands for."""

    question: str
    default: Any
    options: list[Any] = []


class Decided(Signed):
    """The school's answer to a parameter."""

    value: Any


class Requirement(Declared):
    """What an application must meet to be considered at all; `of` says which applications it is about."""

    of: Facts = {}
    needs: Facts


class Note(Declared):
    """A sentence of the source that cannot be computed: it becomes a recorded decision of the kind named."""

    kind: Literal["punti", "ammissione_ds", "esclusione", "correzione", "trasferimento", "decadenza", "verbale"]


class Watch(Declared):
    """A limit that is counted and reported, and never refuses anybody (a contested one, say)."""

    of: Facts
    limit: Natural | None = None
    percent: Number | None = None
    population: Positive | None = None
    why: str = ""

    @model_validator(mode="after")
    def _one_limit(self) -> Watch:
        if (self.limit is None) == (self.percent is None):
            raise PydanticCustomError("needs_one_of", "a limit", {"fields": "limit, percent"})
        return self


class Title(Declared):
    """Points for a fact. Of the titles of one `group` only the best counts; `each` counts listed values one by one."""

    when: Facts = {}
    points: Natural = 0
    group: str = ""
    each: YesNo = False
    by_decision: YesNo = False

    @model_validator(mode="after")
    def _each_needs_a_list(self) -> Title:
        if self.each and sum(isinstance(t, dict) and bool(set(t) & set(LISTED)) for t in self.when.values()) != 1:
            raise PydanticCustomError("each_needs_list", "each without has")
        return self


class Step(Declared):
    """One comparison of the ranking; the first step in which two applicants differ decides."""

    by: Literal["precedence", "groups", "points", "number", "least_requested", "ranking", "draw"]
    of: Facts = {}
    any_of: list[Facts] = []
    groups: list[Facts] = []
    column: str = ""
    mean_of: list[str] = []
    otherwise_mean_of: list[str] = []
    but: list[str] = []
    first: Literal["lowest", "highest"] = "lowest"
    against_others: YesNo = False
    strata: str = ""

    @model_validator(mode="after")
    def _what_it_needs(self) -> Step:
        wanted = {"precedence": ("of", "any_of"), "groups": ("groups",)}.get(self.by, ())
        if wanted and sum(bool(getattr(self, field)) for field in wanted) != 1:
            raise PydanticCustomError("needs_one_of", wanted[0], {"fields": ", ".join(wanted)})
        if self.by == "number" and bool(self.column) == bool(self.mean_of):
            raise PydanticCustomError("needs_one_of", "a number", {"fields": "column, mean_of"})
        if self.against_others and not PLACEHOLDER.search(self.column):
            raise PydanticCustomError("against_which", "against others of what")
        _without_religion(self.column, self.strata, *self.mean_of, *self.otherwise_mean_of)
        return self

    def means(self, columns: Iterable[str]) -> list[list[str]]:
        """Return the columns whose mean is compared, and those that stand in where none of these is known.

        A column about religion never counts, whatever the pattern.
        """
        counted = [c for c in sorted(columns) if not religious(c) and not _like(c, self.but)]
        return [[c for c in counted if _like(c, patterns)] for patterns in (self.mean_of, self.otherwise_mean_of)]


def _like(column: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(column, pattern) for pattern in patterns)


class Round(Declared):
    """One assignment of seats from one ranking, or from one ranking an option."""

    seats: Annotated[list[str], Field(min_length=1)]
    of: Facts = {}
    any_of: list[Facts] = []
    requests: dict[str, list[str]] = {}
    ranking: Literal["one", "each"] = "one"
    titles: Literal["sum", "best"] = "sum"
    late_points: YesNo = True
    places: dict[str, Natural] = {}
    opens: Conditions = {}
    closes: YesNo = False
    unplaced: Literal["waiting", "redirect", "stay"] = "waiting"
    redirect_by: str = ""
    points: list[Title] = []
    steps: list[Step] = []
    waiting: list[Step] = []

    @model_validator(mode="after")
    def _coherent(self) -> Round:
        if self.places and len(self.seats) != 1:
            raise PydanticCustomError("places_one_seat", "places with several seats")
        if self.closes and not self.opens:
            raise PydanticCustomError("needs_one_of", "closes what", {"fields": "opens"})
        if any(s.by == "ranking" for s in self.steps):
            raise PydanticCustomError("ranking_in_waiting", "ranking among the steps")
        if any(s.by == "draw" for s in (*self.steps[:-1], *self.waiting)):
            raise PydanticCustomError("draw_last", "a draw before the end")
        _without_religion(*self.seats, self.redirect_by, *self.opens, *(c for cs in self.requests.values() for c in cs))
        return self

    def asked_in(self, seat: str, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the applicants' columns that say which `seat` they ask for, best first: declared, or ``seat_1`` …"""
        if seat in self.requests:
            return tuple(self.requests[seat])
        numbers = sorted(int(c[len(seat) + 1 :]) for c in columns if re.fullmatch(re.escape(seat) + r"_[1-9][0-9]?", c))
        return tuple(f"{seat}_{n}" for n in numbers)

    def options(self, classes: Iterable[SchoolClass]) -> tuple[tuple[str, ...], ...]:
        """Return the seats there are, in the order of the table, or those `places` names where no class has any."""
        found: dict[tuple[str, ...], tuple[str, ...]] = {}
        for one in classes:
            values = [one[seat] for seat in self.seats]
            if None not in values:
                found.setdefault(tuple(map(text_key, values)), tuple(" ".join(str(v).split()) for v in values))
        return tuple(found.values()) or tuple((name,) for name in self.places)

    def columns(self) -> Iterator[str]:
        """Yield every column of the applicants this round names but those of `requests`, placeholders included."""
        for facts in (self.of, *self.any_of):
            yield from facts
        for title in self.points:
            yield from title.when
        for step in (*self.steps, *self.waiting):
            yield from (*step.of, *(c for g in (*step.groups, *step.any_of) for c in g), step.column, step.strata)
        yield self.redirect_by


class Procedure(BaseModel):
    """A whole admission procedure, its parameters already put in their places.

    Attributes
    ----------
    year : the calendar year in which the school year begins; ages are reckoned on it.
    deadline : last day for applications; later ones are late.
    undecided : the parameters the school has not answered, whose defaults hold.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    year: Positive | None = None
    deadline: Annotated[date, Strict()] | None = None
    parameters: list[Parameter] = []
    decided: dict[str, Decided] = {}
    requirements: list[Requirement] = []
    notes: list[Note] = []
    watch: list[Watch] = []
    rounds: list[Round] = []

    @property
    def undecided(self) -> list[Parameter]:
        """Parameters still to be decided by the school."""
        return [p for p in self.parameters if p.name not in self.decided]

    def columns(self) -> Iterator[str]:
        """Yield every column of the applicants the procedure names."""
        for requirement in self.requirements:
            yield from (*requirement.of, *requirement.needs)
        for watch in self.watch:
            yield from watch.of
        for one in self.rounds:
            yield from one.columns()


def parameter_values(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of every declared parameter: the school's answer, or the default."""
    declared, decided = raw.get("parameters"), raw.get("decided")
    tables = [p for p in declared if isinstance(p, Mapping)] if isinstance(declared, list) else []
    values = {p["name"]: p.get("default") for p in tables if isinstance(p.get("name"), str)}
    for name, answer in decided.items() if isinstance(decided, Mapping) else ():
        if name in values:
            values[name] = answer.get("value") if isinstance(answer, Mapping) else answer
    return values


def with_parameters(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the table with ``$name`` replaced by the parameter's value, and what `only_if` switches off left out.

    Raises
    ------
    KeyError
        With the name of a parameter nobody declares.
    """
    values = parameter_values(raw)
    for name in raw.get("decided", {}):
        if name not in values:
            raise KeyError(name)
    rest = {key: _put(value, values) for key, value in raw.items() if key not in ("parameters", "decided")}
    return {**raw, **rest}


def _put(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, str) and value.startswith("$"):
        return values[value[1:]]
    if isinstance(value, Mapping):
        return {key: _put(inside, values) for key, inside in value.items() if key != "only_if"}
    if isinstance(value, list):
        return [_put(inside, values) for inside in value if _switched_on(inside, values)]
    return value


def _switched_on(entry: Any, values: Mapping[str, Any]) -> bool:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("only_if"), Mapping):
        return True
    return all(
        values[name] in (wanted if isinstance(wanted, list) else [wanted]) for name, wanted in entry["only_if"].items()
    )


def placeholders(words: Iterable[str]) -> set[str]:
    """Return the seat attributes that columns or values refer to."""
    return {name for text in words for name in PLACEHOLDER.findall(text)}


def texts(conditions: Any) -> list[str]:
    """Return every text in conditions, names of columns included."""
    if isinstance(conditions, str):
        return [conditions]
    if isinstance(conditions, Mapping):
        return [text for pair in conditions.items() for inside in pair for text in texts(inside)]
    return [t for inside in conditions for t in texts(inside)] if isinstance(conditions, list | tuple) else []


def filled(text: str, option: Mapping[str, str]) -> str:
    """Return a value with the seat in question put in its place; raises `KeyError` where that seat is not known."""
    return PLACEHOLDER.sub(lambda found: option[found[1]], text)


def filled_column(text: str, option: Mapping[str, str]) -> str:
    """Return the name of a column with the seat put in as in names of columns: ``distanza_via_po``."""
    return PLACEHOLDER.sub(lambda found: _in_a_name(option[found[1]]), text)


@lru_cache(maxsize=1000)
def _in_a_name(value: str) -> str:
    plain = unicodedata.normalize("NFKD", value.casefold())
    return re.sub(r"[\W_]+", "_", "".join(c for c in plain if not unicodedata.combining(c))).strip("_")
