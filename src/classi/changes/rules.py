"""What ``[changes]`` of a regulation declares: which changes of the classes are allowed during the year, and why.

The manual page is ``docs/year.md``; `classi.changes.ruling` holds a change against these rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, ValidationError
from pydantic_core import PydanticCustomError

from classi.criteria.base import Natural, Positive, YesNo
from classi.errors import Problem
from classi.i18n import _
from classi.rule_errors import explain_inside, in_toml, unknown_key

Kind = Literal["iscrizione", "trasferimento", "scambio", "ritiro", "riformazione"]
KINDS: tuple[Kind, ...] = ("iscrizione", "trasferimento", "scambio", "ritiro", "riformazione")
_DAYS_OF_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _month_day(text: str) -> str:
    month, dash, day = text.partition("-")
    numbers = len(text) == 5 and dash and month.isdecimal() and day.isdecimal() and text.isascii()
    if not numbers or not 1 <= int(month) <= 12 or not 1 <= int(day) <= _DAYS_OF_MONTH[int(month) - 1]:
        raise PydanticCustomError("month_day", "a day of any year")
    return text


Text = Annotated[str, Field(min_length=1, pattern=r"\S")]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Until(_Table):
    """The last day, as ``"02-28"``, for changes in classes of some years of course."""

    anno: Annotated[list[Positive], Field(min_length=1)]
    date: Annotated[str, AfterValidator(_month_day)]


class Ground(_Table):
    """A reason that the source accepts for changes of some kinds.

    Attributes
    ----------
    id : short name, as given with ``--ground``.
    text, source : the reason, and the words of the source.
    kinds : the changes it may justify.
    exceptional : it lifts the limits of days and of sites.
    needs : what the source asks for besides, to be confirmed one by one.
    until : last days by year of course; other years never. Such a ground has its own limit of days, not the general.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    text: Text
    source: str = ""
    kinds: Annotated[list[Kind], Field(min_length=1)]
    exceptional: YesNo = False
    needs: list[Text] = []
    until: list[Until] = []


class Limit(_Table):
    """What holds for changes of some kinds that have no ground, once lessons have begun.

    Attributes
    ----------
    kinds, source : which changes, and the words of the source.
    days : days from the first of lessons after which they need a ground; ``None`` = no last day.
    needs : what the source asks for until then.
    """

    kinds: Annotated[list[Kind], Field(min_length=1)]
    source: str = ""
    days: Natural | None = None
    needs: list[Text] = []


class YearRules(_Table):
    """The table ``[changes]``.

    Attributes
    ----------
    source, sources : the words it comes from, and those of single lines by their names.
    lessons_begin : first day of lessons; without it rules that count days from it only warn.
    frozen_after_days : days from then on in which classes may still change.
    free : kinds that stay free afterwards (who leaves may always leave).
    same_site : no passage from a site to another without an exceptional ground.
    same_site_from_lessons : the line before holds only once lessons have begun.
    needs_ground : kinds that always need a ground.
    smallest_class : who enrols late goes to the smallest class, with no optimiser asked.
    opposite_swaps_only : only swaps that leave every balance as it is, or an exceptional ground.
    publish_days_before : days before the lessons on which classes are published; only told.
    limits : what single kinds of change need without a ground, and until when.
    grounds : the reasons accepted.
    """

    source: str = ""
    sources: dict[str, str] = {}
    lessons_begin: Annotated[date, Strict()] | None = None
    frozen_after_days: Natural | None = None
    free: list[Kind] = ["iscrizione"]
    same_site: YesNo = False
    same_site_from_lessons: YesNo = False
    needs_ground: list[Kind] = []
    smallest_class: YesNo = False
    opposite_swaps_only: YesNo = False
    publish_days_before: Natural | None = None
    limits: list[Limit] = []
    grounds: list[Ground] = []

    def ground(self, name: str) -> Ground | None:
        """Return the ground of this name."""
        return next((g for g in self.grounds if g.id == name), None)

    @property
    def last_free_day(self) -> date | None:
        """The last day on which classes may change freely, where the regulation says one."""
        if self.lessons_begin is None or self.frozen_after_days is None:
            return None
        return self.lessons_begin + timedelta(days=self.frozen_after_days)

    @property
    def publish_by(self) -> date | None:
        """The day by which the classes are published, where the regulation says one."""
        if self.lessons_begin is None or self.publish_days_before is None:
            return None
        return self.lessons_begin - timedelta(days=self.publish_days_before)

    def words(self, line: str) -> str:
        """Return the source of a line, in brackets after a sentence; empty where none is written."""
        source = self.sources.get(line) or self.source
        return f" ({source})" if source else ""


# --- reading ---


def inherited_changes(base: Any, own: Any) -> Any:
    """Join two ``[changes]`` tables: own lines, and grounds by their id, take the place of inherited ones."""
    if not isinstance(base, Mapping) or not isinstance(own, Mapping):
        return own
    joined = {**base, **own}
    if isinstance(base.get("sources"), Mapping) and isinstance(own.get("sources"), Mapping):
        joined["sources"] = {**base["sources"], **own["sources"]}
    if _are_grounds(base.get("grounds")) and _are_grounds(own.get("grounds")):
        mine, inherited = {g["id"]: g for g in own["grounds"]}, {g["id"] for g in base["grounds"]}
        joined["grounds"] = [mine.get(g["id"], g) for g in base["grounds"]]
        joined["grounds"] += [g for g in own["grounds"] if g["id"] not in inherited]
    return joined


def _are_grounds(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(g, Mapping) and isinstance(g.get("id"), str) for g in value)


def parse_changes(raw: Any, file: str) -> YearRules | list[Problem]:
    """Build the rules of the year, or list everything that is wrong with them."""
    if not isinstance(raw, Mapping):
        return [Problem(_("“changes” must be written as a table: [changes]."), file, value=in_toml(raw)[:60])]
    sources, lines = raw.get("sources"), list(YearRules.model_fields)
    names = list(sources) if isinstance(sources, Mapping) else []
    known = [f"sources.{line}" for line in lines]
    problems = [unknown_key(f"sources.{n}", known, file, _("Changes: ")) for n in names if n not in lines]
    if _are_grounds(raw.get("grounds")):
        twice = [name for name, n in Counter(g["id"] for g in raw["grounds"]).items() if n > 1]
        text = _("Changes: more than one ground is called “{name}”.")
        problems += [Problem(text.format(name=n), file, column="grounds.id", value=n) for n in twice]
    try:
        rules = YearRules(**raw)
    except ValidationError as error:
        found = error.errors(include_url=False)
        return problems + [explain_inside(e, YearRules, 0, _("Changes: "), file) for e in found]
    return problems or rules
