"""What plain counting shows to be impossible, in sentences. No solver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from classi.criteria.at_most_share import AtMostShare
from classi.criteria.base import say_value
from classi.domain import School
from classi.formation import bounds
from classi.formation.bounds import Domains, Shortage, domains
from classi.i18n import _, ngettext
from classi.regulation import Regulation
from classi.terms import Band, Place, Range, Term

LIMITS_EACH_CLASS = ("at_most_per_class", "class_size", "room_area")
"""Rules whose limit a new class has too, whatever the others hold: only there do more classes make more room."""


@dataclass(frozen=True)
class Reason:
    """One sentence of the explanation, with its code and what it speaks of."""

    code: str
    text: str
    criteria: tuple[int, ...] = ()
    pupils: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


def counting_arguments(school: School, regulation: Regulation, hard: Sequence[Term]) -> list[Reason]:
    """Return every impossibility that plain counting shows.

    Codes: C1 a pupil without any class, C2 too many for the places, C3 too few for a minimum, C4 small classes that
    eat the places, C5 a share, an average or a sum that no split can reach. Pupils are named by identifier only.
    """
    rooms = domains(school, hard)
    reasons = [_nowhere(school, regulation, hard, i) for i, classes in enumerate(rooms) if not classes]
    if reasons:
        return reasons
    for group in bounds.groups([t for t in hard if isinstance(t.shape, Band | Range)], rooms):
        k, shape = group.terms[0].criterion, group.terms[0].shape
        reasons += [_shortage(school, regulation, rooms, k, short) for short in group.shortages]
        if group.forced and isinstance(shape, Range):
            reasons.append(_unreachable(school, regulation, k, shape.classes))
    return reasons or _small_classes(school, regulation, hard)


def _nowhere(school: School, regulation: Regulation, hard: Sequence[Term], pupil: int) -> Reason:
    rules = {t.criterion for t in hard if isinstance(t.shape, Place) and t.shape.pupil == pupil}
    return Reason(
        "C1",
        _("{pupil} cannot be in any class: {rules}.").format(
            pupil=school.pupils[pupil].id, rules="; ".join(regulation.label(k) for k in sorted(rules))
        ),
        tuple(k + 1 for k in sorted(rules)),
        (school.pupils[pupil].id,),
    )


def _shortage(school: School, regulation: Regulation, rooms: Domains, k: int, short: Shortage) -> Reason:
    band = short.bands[0]
    seats = all(b.high is None or b.high >= 0 for b in short.bands)
    if seats and band.unit == 1 and all(w == 1 for _i, w in band.weights):
        return _seats(school, regulation, rooms, k, short)
    criterion = regulation.criteria[k]
    if isinstance(criterion, AtMostShare):
        return _share(school, regulation, rooms, criterion, k, short)
    return _unreachable(school, regulation, k, short.classes)


def _seats(school: School, regulation: Regulation, rooms: Domains, k: int, short: Shortage) -> Reason:
    """Say how many pupils there are for how many places; true only where every pupil counts one."""
    (least, greatest), (low, high) = short.total, short.room
    words = {"label": regulation.label(k), "classes": _say_classes(school, short.classes)}
    if high is not None and least > high:
        limits = {b.high for b in short.bands}
        alike = len(limits) == 1 and len(short.bands) > 1
        text = _("{label}: {number} to place, room for {room} in {classes}: {missing} too many.").format(
            **words,
            number=least,
            room=f"{len(short.bands)} × {short.bands[0].high} = {high}" if alike else high,
            missing=least - high,
        )
        return _reason(school, "C2", " ".join([text, *_way_out(school, regulation, rooms, k, short)]), k, short.classes)
    low = low or 0
    text = _("{label}: at least {room} are needed in {classes}, there are {number}: {missing} are missing.").format(
        **words, room=low, number=greatest, missing=low - greatest
    )
    return _reason(school, "C3", text, k, short.classes)


def _way_out(school: School, regulation: Regulation, rooms: Domains, k: int, short: Shortage) -> Iterator[str]:
    """Say how many more classes would do, and whether this rule can be lifted; nothing where neither is true."""
    limit = max(b.high or 0 for b in short.bands)
    missing = short.total[0] - (short.room[1] or 0)
    inside = frozenset(short.classes)
    movable = sum(
        1
        for i, _w in short.bands[0].weights
        # Whom another rule puts into one class does not go to a new one.
        if rooms[i] <= inside and (len(rooms[i]) > 1 or rooms[i] == school.open_to(i))
    )
    if limit and missing <= movable and regulation.criteria[k].rule in LIMITS_EACH_CLASS:
        more = -(-missing // limit)
        if _derogable(regulation, k):
            text = ngettext(
                "{number} more class is needed, or a reasoned derogation.",
                "{number} more classes are needed, or a reasoned derogation.",
                more,
            )
        else:
            text = ngettext("{number} more class is needed.", "{number} more classes are needed.", more)
        yield text.format(number=more)
    elif _derogable(regulation, k):
        yield _("A reasoned derogation can raise the limit of a class.")


def _derogable(regulation: Regulation, k: int) -> bool:
    return "derogations" in type(regulation.criteria[k]).model_fields


def _share(
    school: School, regulation: Regulation, rooms: Domains, criterion: AtMostShare, k: int, short: Shortage
) -> Reason:
    """Say how many of the pupils of some classes are of the group: with as many others as can be there."""
    inside = frozenset(short.classes)
    members = {i for i, w in short.bands[0].weights if w > 0}
    group = sum(1 for i in members if rooms[i] <= inside)
    number = group + sum(1 for i, classes in enumerate(rooms) if i not in members and classes & inside)
    text = _(
        "{label}: in {classes} together at least {group} of {number} pupils belong to the group ({share} %), "
        "while {percent} % of them is {allowed}."
    ).format(
        label=regulation.label(k),
        classes=_say_classes(school, short.classes),
        group=group,
        number=number,
        share=say_value((Decimal(100 * group) / number).quantize(Decimal("0.01"))),
        percent=say_value(criterion.percent),
        allowed=int(number * criterion.percent // 100),
    )
    return _reason(school, "C5", text, k, short.classes)


def _unreachable(school: School, regulation: Regulation, k: int, classes: tuple[int, ...]) -> Reason:
    text = _("{label}: in {classes} the numbers cannot come out as asked, however the pupils are placed.").format(
        label=regulation.label(k), classes=_say_classes(school, classes)
    )
    return _reason(school, "C5", text, k, classes)


def _reason(school: School, code: str, text: str, k: int, classes: tuple[int, ...]) -> Reason:
    return Reason(code, text, (k + 1,), classes=tuple(school.classes[c].id for c in classes))


def _say_classes(school: School, classes: Sequence[int]) -> str:
    """Say how many classes, and which where they are not all."""
    if len(classes) == len(school.classes):
        return ngettext("{number} class", "{number} classes", len(classes)).format(number=len(classes))
    return ngettext("{number} class ({names})", "{number} classes ({names})", len(classes)).format(
        number=len(classes), names=", ".join(school.classes[c].id for c in classes)
    )


def _small_classes(school: School, regulation: Regulation, hard: Sequence[Term]) -> list[Reason]:
    """Say where classes that hold a group are small, and even as few of them as possible leave too little room."""
    return [_crowding(school, regulation, c) for c in bounds.crowded(len(school.pupils), len(school.classes), hard)]


def _crowding(school: School, regulation: Regulation, found: bounds.Crowding) -> Reason:
    text = _(
        "{label}: {group} pupils need at least {hosts} of the small classes; the places left are {capacity} "
        "for {number} pupils: {missing} too few."
    ).format(
        label=regulation.label(found.criterion),
        group=len(found.trigger),
        hosts=found.hosts,
        capacity=found.capacity,
        number=len(school.pupils),
        missing=len(school.pupils) - found.capacity,
    )
    more = (
        _("More classes are needed, or a reasoned derogation.")
        if _derogable(regulation, found.criterion)
        else _("More classes are needed.")
    )
    pupils = tuple(school.pupils[i].id for i in found.trigger)
    return Reason("C4", f"{text} {more}", (found.criterion + 1,), pupils)
