"""What a report says, as frozen data: texts in the reader's language, numbers kept beside their text."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Mark = Literal["good", "warn", "bad", "info"]
State = Literal["inside", "above", "below", "outside"]
Number = int | Fraction


@dataclass(frozen=True)
class Unmet:
    """A wish that was not granted, by pupils' identifiers, and why (sentences)."""

    pupil_id: str
    friend_id: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """One answer at a glance. `link` is the section that shows it in full."""

    mark: Mark
    title: str
    text: str
    link: str = ""


@dataclass(frozen=True)
class TierLine:
    """How good one tier is: `value` points counted by the auditor, never fewer than `bound`."""

    tier: int
    value: int
    bound: int | None
    gap: str
    proved: bool
    meaning: str
    rules: str


@dataclass(frozen=True)
class Finding:
    """One departure from a rule, in a sentence; `pupils` are names, where the sentence only has identifiers."""

    text: str
    excess: int
    where: str = ""
    pupils: tuple[str, ...] = ()


@dataclass(frozen=True)
class RuleLine:
    """One rule and how it came out.

    `cost` and `checks` are the auditor's; `points` is what the cost weighs in its tier (``None``: mandatory);
    `bound` is the certificate's.
    """

    number: int
    label: str
    kind: str
    hard: bool
    source: str
    checks: int
    cost: int
    points: int | None
    bound: int | None
    kept: bool
    outcome: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Cell:
    """What was counted in one class: the number, its target and how it stands, in words.

    `own` tells that the target is not the one of the row.
    """

    value: Number
    text: str
    band: str
    own: bool
    state: State
    words: str


@dataclass(frozen=True)
class Row:
    """One thing counted in every class. `band` is the target of most classes, empty where they all differ."""

    about: str
    band: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class RuleRows:
    """The rows of one rule."""

    rule: RuleLine
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class SummaryColumn:
    """One count per class (`values`, `None` where not known) and for the whole school."""

    title: str
    values: tuple[Number | None, ...]
    texts: tuple[str, ...]
    total: Number | None
    total_text: str


@dataclass(frozen=True)
class Series:
    """The pupils with one value, class by class."""

    name: str
    values: tuple[int, ...]


@dataclass(frozen=True)
class Bars:
    """A chart of stacked bars, one a class."""

    title: str
    description: str
    classes: tuple[str, ...]
    series: tuple[Series, ...]


@dataclass(frozen=True)
class Dots:
    """A chart of one dot a pupil on a scale, one row a class, with the class's mean.

    `band` is what is shaded behind the dots, from and to, open on a side where it is ``None``.
    """

    title: str
    description: str
    classes: tuple[str, ...]
    points: tuple[tuple[Fraction, ...], ...]
    means: tuple[Fraction | None, ...]
    mean_texts: tuple[str, ...]
    band: tuple[Number | None, Number | None] | None = None


Chart = Bars | Dots


@dataclass(frozen=True)
class Wish:
    """A wish in words."""

    pupil: str
    pupil_class: str
    friend: str
    friend_class: str
    mutual: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Decision:
    """Something a person decided: what, about whom, who and why."""

    what: str
    whom: str
    who: str
    why: str


@dataclass(frozen=True)
class Member:
    """A pupil of a class list."""

    id: str
    label: str


@dataclass(frozen=True)
class Roster:
    """A class and its pupils, in alphabetical order."""

    class_id: str
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Part:
    """A heading with sentences."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Fact:
    """A line of the certificate."""

    name: str
    value: str


@dataclass(frozen=True)
class Digest:
    """A file and its SHA-256."""

    file: str
    sha256: str
    role: str


@dataclass(frozen=True)
class Content:
    """Everything a report says.

    Attributes
    ----------
    language : language in which the texts are written.
    formed : False when there is no assignment to show (impossible input, or no answer in time).
    best : the proof in a sentence, for the places that speak of departures.
    rules : every rule in force, in the order of the regulation.
    matrix : the rules counted class by class, columns in the order of `classes`.
    conflict : why it is impossible; empty when it is not.
    named : False when no pupil has a name, only identifiers.
    """

    language: str
    title: str
    subtitle: str
    source: str
    formed: bool
    verdicts: tuple[Verdict, ...]
    best: str
    structure: tuple[str, ...]
    conflict: tuple[Part, ...]
    tiers: tuple[TierLine, ...]
    classes: tuple[str, ...]
    summary: tuple[SummaryColumn, ...]
    charts: tuple[Chart, ...]
    rules: tuple[RuleLine, ...]
    matrix: tuple[RuleRows, ...]
    unmet: tuple[Wish, ...]
    vetoed: tuple[Wish, ...]
    decisions: tuple[Decision, ...]
    rosters: tuple[Roster, ...]
    named: bool
    warnings: tuple[str, ...]
    facts: tuple[Fact, ...]
    digests: tuple[Digest, ...]

    @property
    def broken(self) -> tuple[RuleLine, ...]:
        """The rules not kept, mandatory ones first."""
        return tuple(sorted((r for r in self.rules if not r.kept), key=lambda r: not r.hard))
