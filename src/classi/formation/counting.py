"""What plain counting shows to be impossible, in sentences. No solver."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from classi.domain import School
from classi.formation import bounds
from classi.formation.bounds import domains
from classi.i18n import _, ngettext
from classi.regulation import Regulation
from classi.terms import Band, Place, Term, When


@dataclass(frozen=True)
class Reason:
    """One sentence of the explanation, with its code and what it speaks of."""

    code: str
    text: str
    criteria: tuple[int, ...] = ()
    pupils: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


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
