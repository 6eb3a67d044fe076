"""What the minutes tell besides the count and the rules: draws, seats, alternatives, what people did; plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from classi.report.model import Unmet


@dataclass(frozen=True)
class Drawn:
    """A public draw.

    Attributes
    ----------
    name, pool : of the draw, and how many were in it.
    committed, who : the day it was committed to, and by whom.
    source, source_date : where the numbers come from, and the day they come out.
    numbers : as they came out; empty before.
    commitment : SHA-256 of everything fixed beforehand.
    annulled : how many draws of this name were annulled before.
    """

    name: str
    pool: int
    committed: date
    who: str
    source: str
    source_date: date
    numbers: str
    commitment: str
    annulled: int = 0


@dataclass(frozen=True)
class SeatRound:
    """A round of the admission, counted from the rankings: how many ranked, seated, waiting, not admissible."""

    name: str
    ranked: int
    seated: int
    waiting: int
    refused: int
    definitive: bool


@dataclass(frozen=True)
class Other:
    """A split weighed and not chosen.

    Attributes
    ----------
    name : as people call it.
    tiers : points of each tier, as the auditor counts them.
    broken : mandatory rules it breaks.
    moved : pupils in another class than in the split chosen, once classes are matched.
    worse, better : the rules in which it is worse or better than the split chosen, in sentences.
    """

    name: str
    tiers: Mapping[int, int]
    broken: int
    moved: int
    worse: tuple[str, ...]
    better: tuple[str, ...]


@dataclass(frozen=True)
class Act:
    """Something a person did or decided: day (empty where not known), who, what, why; its price in words, if any."""

    when: str
    who: str
    what: str
    why: str
    price: str = ""


@dataclass(frozen=True)
class Record:
    """Everything of a case that the minutes tell.

    Attributes
    ----------
    name : of the split chosen.
    others : the splits weighed and not chosen.
    draws, rounds : public draws and rounds of the admission, where there are any.
    not_seated : the auditor's sentences where rankings and seats do not follow the rules.
    hand, derogations, decisions : by people; `decisions` are those of ``decisioni.jsonl`` and of the case file.
    why_chosen : why this split, as recorded with the choice; may be empty.
    unmet : the wishes not granted, with reasons.
    differences : what the second count found to differ from the certificate; empty when they agree.
    chain : number and hash of the last entry of the case file, where there is one.
    named : annexes name the pupils; otherwise identifiers only.
    """

    name: str
    others: tuple[Other, ...] = ()
    draws: tuple[Drawn, ...] = ()
    rounds: tuple[SeatRound, ...] = ()
    not_seated: tuple[str, ...] = ()
    hand: tuple[Act, ...] = ()
    derogations: tuple[Act, ...] = ()
    decisions: tuple[Act, ...] = ()
    why_chosen: str = ""
    unmet: tuple[Unmet, ...] = field(default=(), repr=False)
    differences: tuple[str, ...] = ()
    chain: tuple[int, str] | None = None
    named: bool = False
