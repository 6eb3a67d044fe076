"""Why no assignment keeps every hard rule: arithmetic first, then a minimal clash, then the cheapest way out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

from classi.domain import School
from classi.formation import bounds
from classi.formation.bounds import domains
from classi.formation.encode import Encoding
from classi.formation.engine import Clock, Limits, run
from classi.formation.search import Board
from classi.formation.solve import solve
from classi.i18n import _, ngettext
from classi.regulation import Regulation
from classi.terms import AnyOf, Band, Pair, Place, Range, Term, When

T = TypeVar("T")

ONE_QUESTION = 5.0
"""Seconds for one question "does this subset still clash?"."""


@dataclass(frozen=True)
class Reason:
    """One sentence of the explanation, with its code and what it speaks of."""

    code: str
    text: str
    criteria: tuple[int, ...] = ()
    pupils: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Conflict:
    """Why a case is impossible.

    Attributes
    ----------
    counting : facts of plain arithmetic that already make it impossible (codes C1…C4).
    rules : a minimal set of rules that clash (code R): without any one of them an assignment exists.
    pupils : with those rules, the pupils that suffice for the clash: were any one of them free of the rules, it would
        vanish. Identifiers.
    relaxation : the fewest exceptions that make it possible (code X).
    minimal : True when the minimality of `rules` and `pupils` was proved within the time.
    """

    counting: tuple[Reason, ...]
    rules: tuple[Reason, ...]
    pupils: tuple[str, ...]
    relaxation: tuple[Reason, ...]
    minimal: bool

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        """Return the explanation, one sentence a line, in the current language."""
        lines = [_("No assignment keeps all the hard rules.")]
        lines += [f"[{r.code}] {r.text}" for r in self.counting]
        if self.rules:
            lines.append(
                _("These rules clash; without any one of them it would be possible:")
                if self.minimal
                else _("These rules clash (a smaller set may exist: the time allowed ended first):")
            )
            lines += [f"[{r.code}] {r.text}" for r in self.rules]
        if self.pupils:
            lines.append(_("Pupils involved: {pupils}.").format(pupils=", ".join(self.pupils)))
        if self.relaxation:
            lines.append(_("The fewest exceptions found that make it possible:"))
            lines += [f"[{r.code}] {r.text}" for r in self.relaxation]
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, the sentences included."""
        return {**asdict(self), "lines": self.lines()}


def explain_conflict(school: School, regulation: Regulation, terms: Sequence[Term], limits: Limits) -> Conflict:
    """Explain why the hard terms cannot all be kept.

    Parameters
    ----------
    school, terms : as for `solve`, of a case that is impossible.
    regulation : gives the rules their names.
    limits : time for the whole explanation; the clash and the exceptions are searched as far as it goes.
    """
    hard = [t for t in terms if t.weight is None]
    counting = counting_arguments(school, regulation, hard)
    search = _Search(school, regulation, hard, Clock(replace(limits, seconds=limits.seconds / 2)))
    rules, pupils = search.clash()
    relaxation = _relaxation(school, regulation, hard, replace(limits, seconds=limits.seconds / 2))
    return Conflict(
        tuple(counting),
        tuple(Reason("R", u.text, (u.criterion + 1,)) for u in rules),
        tuple(school.pupils[i].id for i in pupils),
        tuple(relaxation),
        search.exact,
    )


# --- arithmetic ---


def counting_arguments(school: School, regulation: Regulation, hard: Sequence[Term]) -> list[Reason]:
    """Return every impossibility that plain counting shows."""
    rooms = domains(school, hard)
    reasons = [_nowhere(school, regulation, hard, i) for i, classes in enumerate(rooms) if not classes]
    if reasons:
        return reasons
    groups = bounds.groups([t for t in hard if isinstance(t.shape, Band)], rooms)
    reasons = [_shortage(school, regulation, group) for group in groups if group.forced]
    return reasons or _small_classes(school, regulation, hard)


def _nowhere(school: School, regulation: Regulation, hard: Sequence[Term], pupil: int) -> Reason:
    rules = {t.criterion for t in hard if isinstance(t.shape, Place) and t.shape.pupil == pupil}
    return Reason(
        "C1",
        _("{pupil} cannot be in any class: {rules}.").format(
            pupil=school.pupils[pupil].label, rules="; ".join(regulation.label(k) for k in sorted(rules))
        ),
        tuple(k + 1 for k in sorted(rules)),
        (school.pupils[pupil].id,),
    )


def _shortage(school: School, regulation: Regulation, group: bounds.Group) -> Reason:
    bands = [t.shape for t in group.terms if isinstance(t.shape, Band)]
    label = regulation.label(group.terms[0].criterion)
    least, greatest = group.total
    low, high = group.room
    classes = tuple(school.classes[c].id for b in bands for c in b.classes)
    if high is not None and least > high:
        limits = sorted({b.high for b in bands if b.high is not None})
        sum_of = f"{len(bands)} × {limits[0]} = {high}" if len(limits) == 1 else str(high)
        missing = least - high
        text = _("{label}: {number} to place, room for {room} in {classes}: {missing} too many.").format(
            label=label, number=least, room=sum_of, classes=_say_classes(len(bands)), missing=missing
        )
        if limits[-1] > 0:
            more = -(-missing // limits[-1])
            text += " " + ngettext(
                "{number} more class is needed, or a reasoned derogation.",
                "{number} more classes are needed, or a reasoned derogation.",
                more,
            ).format(number=more)
        return Reason("C2", text, (group.terms[0].criterion + 1,), classes=classes)
    if low is not None and greatest < low:
        text = _("{label}: at least {room} are needed in {classes}, there are {number}: {missing} are missing.").format(
            label=label, room=low, classes=_say_classes(len(bands)), number=greatest, missing=low - greatest
        )
        return Reason("C3", text, (group.terms[0].criterion + 1,), classes=classes)
    text = _("{label}: the pupils who can only be there already break the limit of single classes.").format(label=label)
    return Reason("C2", text, (group.terms[0].criterion + 1,), classes=classes)


def _say_classes(number: int) -> str:
    return ngettext("{number} class", "{number} classes", number).format(number=number)


def _small_classes(school: School, regulation: Regulation, hard: Sequence[Term]) -> list[Reason]:
    """Classes that hold a group are small: as few of them as possible may still leave too little room."""
    everyone = len(school.pupils)
    size: dict[int, int] = {}
    most: dict[tuple[int, frozenset[int]], int] = {}
    plain = [
        t.shape
        for t in hard
        if isinstance(t.shape, Band) and len(t.shape.classes) == 1 and all(w == 1 for _i, w in t.shape.weights)
    ]
    for band in plain:
        if band.high is not None:
            (c,), members = band.classes, frozenset(i for i, _w in band.weights)
            most[c, members] = min(most.get((c, members), everyone), band.high)
            if len(members) == everyone:
                size[c] = min(size.get(c, everyone), band.high)
    found = []
    for (k, trigger), bands in _caps(hard).items():
        room = [size.get(c, everyone) for c in range(len(school.classes))]
        lost = sorted(max(0, room[c] - bands.get(c, everyone)) for c in range(len(room)))
        per_class = [most.get((c, frozenset(trigger)), everyone) for c in range(len(room))]
        hosts = -(-len(trigger) // max(1, *per_class))
        capacity = sum(room) - sum(lost[:hosts])
        if everyone > capacity:
            text = _(
                "{label}: {group} pupils need at least {hosts} of the small classes; the places left are {capacity} "
                "for {number} pupils: {missing} too few. More classes are needed, or a reasoned derogation."
            ).format(
                label=regulation.label(k),
                group=len(trigger),
                hosts=hosts,
                capacity=capacity,
                number=everyone,
                missing=everyone - capacity,
            )
            found.append(Reason("C4", text, (k + 1,), tuple(school.pupils[i].id for i in trigger)))
    return found


def _caps(hard: Sequence[Term]) -> dict[tuple[int, tuple[int, ...]], dict[int, int]]:
    caps: dict[tuple[int, tuple[int, ...]], dict[int, int]] = defaultdict(dict)
    for term in hard:
        if isinstance(term.shape, When) and term.shape.at_least == 1 and term.shape.band.high is not None:
            caps[term.criterion, term.shape.trigger][term.shape.band.classes[0]] = term.shape.band.high
    return caps


# --- a minimal clash ---


@dataclass
class _Unit:
    """What a person would call one rule: a criterion, or one pair or pin of it."""

    criterion: int
    text: str
    terms: list[Term] = field(default_factory=list)


class _Search:
    def __init__(self, school: School, regulation: Regulation, hard: Sequence[Term], clock: Clock) -> None:
        self.school, self.clock = school, clock
        self.units = _units(school, regulation, hard)
        self.exact = True

    def clash(self) -> tuple[list[_Unit], list[int]]:
        """Return a minimal set of rules that clash, then a minimal set of pupils for whom they do."""
        rules = _minimal(self.units, lambda some: self._clashes(some, ()))
        if not rules:
            return [], []
        everyone = list(range(len(self.school.pupils)))
        pupils = _minimal(everyone, lambda some: self._clashes(rules, set(everyone).difference(some)))
        return rules, pupils

    def _clashes(self, units: Sequence[_Unit], free: set[int] | tuple[()]) -> bool:
        terms = [t for u in units for t in u.terms]
        rooms = [
            r if i not in free else frozenset(range(len(self.school.classes)))
            for i, r in enumerate(domains(self.school, terms))
        ]
        if not all(rooms):
            return True
        encoding = Encoding(rooms, free)
        for term in terms:
            if not (isinstance(term.shape, Place) and term.shape.pupil in free):
                encoding.require(term.shape)
        status = run(encoding, self.clock, ONE_QUESTION).status
        if status == "UNKNOWN":
            self.exact = False
        return status == "INFEASIBLE"


def _minimal(items: Sequence[T], clashes: Callable[[Sequence[T]], bool]) -> list[T]:
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


def _units(school: School, regulation: Regulation, hard: Sequence[Term]) -> list[_Unit]:
    units: dict[Any, _Unit] = {}
    for n, term in enumerate(hard):
        shape, label = term.shape, regulation.label(term.criterion)
        match shape:
            case Band() | When() | Range():
                key: Any = (term.criterion, shape.trigger if isinstance(shape, When) else shape.weights)
                text = label
            case Pair():
                key, text = n, f"{label}: {_names(school, (shape.first, shape.second))}"
            case AnyOf() | Place():
                key, text = n, f"{label}: {_names(school, (shape.pupil,))}"
        units.setdefault(key, _Unit(term.criterion, text)).terms.append(term)
    return list(units.values())


def _names(school: School, pupils: Sequence[int]) -> str:
    return ", ".join(school.pupils[i].label for i in pupils)


# --- the cheapest way out ---


def _relaxation(school: School, regulation: Regulation, hard: Sequence[Term], limits: Limits) -> list[Reason]:
    priced = [replace(t, weight=1, tier=1) for t in hard]
    solution = solve(school, priced, limits)
    if solution.places is None:
        return []
    found: dict[tuple[int, str], list[int]] = defaultdict(list)
    for term, excess in zip(priced, Board(school, priced).excesses(solution.places).tolist(), strict=True):
        if excess:
            found[term.criterion, _where(school, term, solution.places)].append(excess)
    return [
        Reason(
            "X",
            _("{label}: {where}, beyond the limit by {excess}.").format(
                label=regulation.label(k), where=where, excess=sum(excesses)
            ),
            (k + 1,),
        )
        for (k, where), excesses in found.items()
    ]


def _where(school: School, term: Term, places: Sequence[int]) -> str:
    match term.shape:
        case Band(classes) | Range(classes):
            return ", ".join(school.classes[c].id for c in classes)
        case When(_trigger, _least, band):
            return ", ".join(school.classes[c].id for c in band.classes)
        case Pair(first, second):
            return _names(school, (first, second))
        case AnyOf(pupil) | Place(pupil):
            return f"{_names(school, (pupil,))} ({school.classes[places[pupil]].id})"
