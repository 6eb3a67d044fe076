"""Why no assignment keeps every hard rule: arithmetic first, then a minimal clash, then the cheapest way out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

from classi.domain import School
from classi.formation import bounds
from classi.formation.bounds import domains
from classi.formation.counting import Reason, counting_arguments
from classi.formation.encode import Encoding
from classi.formation.engine import Clock, run
from classi.formation.search import Board
from classi.formation.solve import solve
from classi.i18n import _
from classi.regulation import Regulation
from classi.terms import AnyOf, Band, Pair, Place, Range, Term, When, named

T = TypeVar("T")

ONE_QUESTION = 5.0
"""Seconds for one question "does this subset still clash?"."""

CLASH_SHARE = 0.5
"""Part of the time left that may go into the clash; the exceptions get the rest."""


@dataclass(frozen=True)
class Conflict:
    """Why a case is impossible.

    Attributes
    ----------
    counting : facts of plain arithmetic that already make it impossible (codes C1…C5).
    rules : a minimal set of rules that clash (code R): without any one of them an assignment exists.
    pupils : with those rules, the pupils that suffice for the clash: were any one of them free of the rules (of all
        that ties, pins or wishes say of that pupil, and anywhere in the counts), it would vanish. Identifiers.
    relaxation : exceptions that make it possible (code X), adding up to as little as was found.
    minimal : True when the minimality of `rules` and `pupils` was proved within the time.
    least : True when it was proved that no exceptions add up to less than those of `relaxation`.
    """

    counting: tuple[Reason, ...]
    rules: tuple[Reason, ...]
    pupils: tuple[str, ...]
    relaxation: tuple[Reason, ...]
    minimal: bool
    least: bool = False

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        """Return the explanation, one sentence a line, in the current language."""
        lines = [_("No assignment keeps all the hard rules.")]
        lines += [f"[{r.code}] {r.text}" for r in self.counting]
        if self.rules:
            lines.append(
                _("These rules clash with each other; give up any one of them, and the others no longer do:")
                if self.minimal
                else _("These rules clash (a smaller set may exist: the time allowed ended first):")
            )
            lines += [f"[{r.code}] {r.text}" for r in self.rules]
        if self.pupils:
            lines.append(_("Pupils involved: {pupils}.").format(pupils=", ".join(self.pupils)))
        if self.relaxation:
            lines.append(
                _("These exceptions make it possible, and no smaller ones do:")
                if self.least
                else _("These exceptions make it possible (smaller ones may do: the time allowed ended first):")
            )
            lines += [f"[{r.code}] {r.text}" for r in self.relaxation]
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, the sentences included."""
        return {**asdict(self), "lines": self.lines()}


def explain_conflict(school: School, regulation: Regulation, terms: Sequence[Term], clock: Clock) -> Conflict:
    """Explain why the hard terms cannot all be kept.

    Parameters
    ----------
    school, terms : as for `solve`, of a case that is impossible.
    regulation : gives the rules their names.
    clock : time for the whole explanation, and the wish to stop: the clash and the exceptions are searched as far as it
        goes, the facts of arithmetic are always there.
    """
    hard = [t for t in terms if t.weight is None]
    counting = counting_arguments(school, regulation, hard)
    search = Search(school, regulation, hard, clock, clock.left * CLASH_SHARE)
    rules, pupils = search.clash()
    relaxation, least = _relaxation(school, regulation, hard, clock)
    return Conflict(
        tuple(counting),
        tuple(Reason("R", u.text, (u.criterion + 1,)) for u in rules),
        tuple(school.pupils[i].id for i in pupils),
        tuple(relaxation),
        search.exact,
        least,
    )


# --- a minimal clash ---


@dataclass
class Unit:
    """What a person would call one rule: a criterion, or one pair or pin of it."""

    criterion: int
    text: str
    terms: list[Term] = field(default_factory=list)


class Search:
    """A minimal clash, looked for within a time."""

    def __init__(
        self, school: School, regulation: Regulation, hard: Sequence[Term], clock: Clock, seconds: float
    ) -> None:
        self.school, self.clock, self.until = school, clock, clock.left - seconds
        self.units = units(school, regulation, hard)
        self.exact = True

    def clash(self) -> tuple[list[Unit], list[int]]:
        """Return a minimal set of rules that clash, then a minimal set of pupils for whom they do."""
        rules = minimal(self.units, lambda some: self.clashes(some, set()))
        if not rules:
            return [], []
        everyone = list(range(len(self.school.pupils)))
        pupils = minimal(everyone, lambda some: self.clashes(rules, set(everyone).difference(some)))
        return rules, pupils

    def clashes(self, units: Sequence[Unit], free: set[int]) -> bool:
        """Tell whether it is proved that these rules clash when some pupils are free of them."""
        seconds = self.clock.left - self.until
        if self.clock.over or seconds <= 0:
            self.exact = False
            return False
        terms = [t for u in units for t in u.terms if free.isdisjoint(named(t.shape))]
        rooms = domains(self.school, terms)
        if not all(rooms):
            return True
        if not free and (
            bounds.bound(bounds.groups(terms, rooms)) or bounds.crowded(len(rooms), len(self.school.classes), terms)
        ):
            return True
        encoding = Encoding(rooms, free)
        for term in terms:
            encoding.require(term.shape)
        status = run(encoding, self.clock, min(ONE_QUESTION, seconds)).status
        if status == "UNKNOWN":
            self.exact = False
        return status == "INFEASIBLE"


def minimal(items: Sequence[T], clashes: Callable[[Sequence[T]], bool]) -> list[T]:
    """Return a subset-minimal clashing subset (Junker's QuickXplain); empty when nothing clashes or all always does."""

    def search(kept: list[T], changed: bool, rest: Sequence[T]) -> list[T]:
        if changed and clashes(kept):
            return []
        if len(rest) == 1:
            return list(rest)
        half = len(rest) // 2
        one, two = rest[:half], rest[half:]
        second = search([*kept, *one], bool(one), two)
        first = search([*kept, *second], bool(second), one)
        return [*first, *second]

    return search([], False, items) if items and clashes(items) and not clashes([]) else []


def units(school: School, regulation: Regulation, hard: Sequence[Term]) -> list[Unit]:
    """Return the hard terms as a person would call them: rules, single pairs, pins."""
    found: dict[Any, Unit] = {}
    for n, term in enumerate(hard):
        shape, label = term.shape, regulation.label(term.criterion)
        match shape:
            case Band() | When() | Range():
                key: Any = (term.criterion, shape.trigger if isinstance(shape, When) else shape.weights)
                text = label
            case Pair():
                key, text = n, f"{label}: {_ids(school, (shape.first, shape.second))}"
            case AnyOf() | Place():
                key, text = n, f"{label}: {_ids(school, (shape.pupil,))}"
        found.setdefault(key, Unit(term.criterion, text)).terms.append(term)
    return list(found.values())


def _ids(school: School, pupils: Sequence[int]) -> str:
    return ", ".join(school.pupils[i].id for i in pupils)


# --- the cheapest way out ---


def _relaxation(
    school: School, regulation: Regulation, hard: Sequence[Term], clock: Clock
) -> tuple[list[Reason], bool]:
    priced = [replace(t, weight=1, tier=1) for t in hard]
    solution = solve(school, priced, clock=clock)
    if solution.places is None:
        return [], False
    found: dict[tuple[int, str], list[int]] = defaultdict(list)
    for term, excess in zip(priced, Board(school, priced).excesses(solution.places).tolist(), strict=True):
        if excess:
            found[term.criterion, _where(school, term, solution.places)].append(excess)
    reasons = [
        Reason(
            "X",
            _("{label}: {where}, by {excess}.").format(label=regulation.label(k), where=where, excess=sum(excesses)),
            (k + 1,),
        )
        for (k, where), excesses in found.items()
    ]
    return reasons, solution.status == "OPTIMAL"


def _where(school: School, term: Term, places: Sequence[int]) -> str:
    match term.shape:
        case Band(classes) | Range(classes):
            return ", ".join(school.classes[c].id for c in classes)
        case When(_trigger, _least, band):
            return ", ".join(school.classes[c].id for c in band.classes)
        case Pair(first, second):
            return _ids(school, (first, second))
        case AnyOf(pupil) | Place(pupil):
            return f"{_ids(school, (pupil,))} ({school.classes[places[pupil]].id})"
