"""What an explanation holds, as frozen data: facts, wishes, other classes, counts, and the changes that were tried."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, Literal

from classi.differences import RuleChange, better
from classi.domain import Count
from classi.price import Move


@dataclass(frozen=True)
class CountChange:
    """Something a rule counts in a class, before and after."""

    number: int
    before: Count
    after: Count


@dataclass(frozen=True)
class Way:
    """A move or a swap, carried out and audited.

    Attributes
    ----------
    moves : one for a move, two for a swap.
    changes : the rules that would cost more or less.
    counts : what the rules count class by class, where its distance from the target changes.
    granted, broken : wishes as (pupil, friend) that the change would grant, or break.
    """

    moves: tuple[Move, ...]
    changes: tuple[RuleChange, ...]
    counts: tuple[CountChange, ...]
    granted: tuple[tuple[str, str], ...]
    broken: tuple[tuple[str, str], ...]

    @property
    def forbidden(self) -> tuple[RuleChange, ...]:
        """The mandatory rules that it would break."""
        return tuple(c for c in self.changes if c.hard and c.worse)

    @property
    def verdict(self) -> int:
        """−1 when the split would be better, 1 when worse, 0 when neither."""
        return better(self.changes)


@dataclass(frozen=True)
class Fact:
    """What the regulation, the files or the seat say of this pupil.

    Attributes
    ----------
    kind : ``"seat"``: the seat leaves only `classes` open; ``"place"``: a rule wants one of `classes`; ``"together"``,
        ``"apart"``: a rule is about this pupil and `other`.
    number : the rule, from 1; 0 for a seat.
    kept : True when it is as said.
    who, why : of what a person decided by name.
    """

    kind: Literal["seat", "place", "together", "apart"]
    number: int = 0
    hard: bool = True
    kept: bool = True
    classes: tuple[str, ...] = ()
    other: str = ""
    who: str = ""
    why: str = ""


@dataclass(frozen=True)
class WishAnswer:
    """A wish of the pupil.

    Attributes
    ----------
    granted : the two are in one class.
    vetoed : a tie keeps the two apart, so that the wish is not counted.
    counted : a rule of the regulation looks at it.
    possible : a class is open to both.
    way : for a wish not granted nor vetoed, the cheapest move or swap that would grant it; ``None`` when there is none.
    """

    friend: str
    granted: bool
    vetoed: bool = False
    counted: bool = True
    possible: bool = True
    way: Way | None = None


@dataclass(frozen=True)
class ClassAnswer:
    """Another class: the cheapest way to get there, or what closes it.

    Attributes
    ----------
    closed_by : numbers of the mandatory rules that close it, from 1.
    by_seat : the seat given to the pupil closes it.
    way : the cheapest move or swap; ``None`` for a class not open.
    """

    class_id: str
    closed_by: tuple[int, ...] = ()
    by_seat: bool = False
    way: Way | None = None


@dataclass(frozen=True)
class CountAnswer:
    """Why a count of a class is what it is.

    Attributes
    ----------
    number : the rule, from 1.
    count : what the auditor found, with its target.
    way : where it is outside its target, the cheapest move or swap that brings it nearer; ``None`` when there is none.
    proved : it is proved that no split at all is better in the priorities down to this rule's.
    """

    number: int
    count: Count
    way: Way | None = None
    proved: bool = False


@dataclass(frozen=True)
class Explanation:
    """Why a pupil is in this class. See `classi.explain.words.lines` for the sentences.

    Attributes
    ----------
    pupil, class_id, split : identifiers, and the name of the split.
    facts : what is said of this pupil by name.
    wishes : the companions the pupil asks for, in the order of the file.
    classes : every other class.
    counts : the counts asked for; by default those of the pupil's class that are outside their target.
    """

    pupil: str
    class_id: str
    split: str
    facts: tuple[Fact, ...]
    wishes: tuple[WishAnswer, ...]
    classes: tuple[ClassAnswer, ...]
    counts: tuple[CountAnswer, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for scripts; fractions become decimal numbers."""
        found = _plain(asdict(self))
        assert isinstance(found, dict)
        return found


def _plain(value: Any) -> Any:
    match value:
        case Fraction():
            return float(value)
        case dict():
            return {key: _plain(one) for key, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case _:
            return value
