"""Why a seat was impossible, shown by counting; and whether one was possible after all, shown by sitting down there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from classi.audit.admission.files import FULL, RULE
from classi.audit.admission.room import COUNTED, EVERYBODY, TIES, Cell, Group, Room, Tally
from classi.audit.cells import same_id
from classi.criteria.base import Criterion
from classi.ledger import Ledger


@dataclass(frozen=True)
class Shown:
    """Why nobody else fits: `why` is ``completo`` or ``regola``; `rules` are numbers of rules, none for `places`."""

    why: str
    rules: tuple[int, ...] = ()


def no_room(room: Room, tally: Tally, pupil: str, target: Cell, wider: Iterable[Cell] = ()) -> Shown | None:
    """Show that a pupil has no room in the target classes beside those bound to sit somewhere, or return ``None``.

    Parameters
    ----------
    tally : the others, and where they must sit; the pupil is not among them.
    target : the classes the pupil would have to sit in.
    wider : sets around the target, over which to count as well.
    """
    mine = room.groups_of.get(pupil, ())
    quotas = (room.groups[g].classes for g in mine if g in room.quotas)
    for classes in dict.fromkeys((target, *wider, *quotas)):
        if target <= classes:
            shown = _no_room_in(room, tally, pupil, classes)
            if shown:
                return shown
    return None


def _no_room_in(room: Room, tally: Tally, pupil: str, classes: Cell) -> Shown | None:
    counts = tally.inside(classes)
    total = counts[EVERYBODY] + 1
    if total > room.capacity(classes):
        return Shown(FULL, room.binding(classes))
    for g in room.groups_of.get(pupil, ()):
        if counts[g] + 1 > room.most(g, classes):
            return Shown(RULE, (room.groups[g].number,))
    for g in room.lowering:
        group = room.groups[g]
        if total > room.lowered(g, classes).capacity(counts[g] + (pupil in group.members)):
            return Shown(RULE, (group.number,))
    return None


# --- the other way round ---


def single(room: Room, ledger: Ledger) -> frozenset[str]:
    """Return the pupils about whom no hard rule says more than what is counted here."""
    if any(criterion.rule not in (*COUNTED, *TIES) for _k, criterion in room.hard):
        return frozenset()
    tied = {tie[end] for tie in ledger.ties for end in ("da", "a")}
    return frozenset(row["id"] for row in ledger.pupils if row["id"] not in tied)


def could_sit(room: Room, seated: Tally, pupil: str, class_id: str) -> bool:
    """Tell whether a pupil could go and sit in a class, everybody else staying where they are.

    Only for pupils that `single` returns. The classes closed to the pupil are the caller's business.
    """
    own = seated.cells.get(pupil)
    there = frozenset({class_id})
    if own == there:
        return True
    seated.put(pupil, None)
    try:
        size = seated.inside(there)[EVERYBODY] + 1
        return (
            size <= room.cap[class_id]
            and all(_may_enter(group, room, seated, pupil, class_id) for group in enumerate(room.groups))
            and all(_may_leave(group, room, seated, pupil, class_id) for group in enumerate(room.groups))
            and all(seated.inside(own or there)[EVERYBODY] >= room.fewest(left) for left in own or ())
        )
    finally:
        seated.put(pupil, own)


def could_replace(room: Room, seated: Tally, pupil: str, other: str, elsewhere: Cell | None) -> bool:
    """Tell whether a pupil could have the place of another, all the rest staying where they are.

    Both must be pupils that `single` returns.

    Parameters
    ----------
    elsewhere : the classes in which the other must then have the pupil's old place; ``None`` where nothing is needed.
    """
    here, own = seated.cells[other], seated.cells.get(pupil)
    seated.put(other, None)
    try:
        if not all(could_sit(room, seated, pupil, class_id) for class_id in here):
            return False
        seated.put(pupil, here)
        if elsewhere is None:
            return all(_may_leave(group, room, seated, other, "") for group in enumerate(room.groups))
        return own is not None and own <= elsewhere and all(could_sit(room, seated, other, c) for c in own)
    finally:
        seated.put(pupil, own)
        seated.put(other, here)


def _may_enter(numbered: tuple[int, Group], room: Room, seated: Tally, pupil: str, class_id: str) -> bool:
    g, group = numbered
    rule, mine = group.rule, pupil in group.members
    if class_id not in group.classes:
        return True
    here = seated.inside(frozenset({class_id}))
    number, size = here[g] + mine, here[EVERYBODY] + 1
    if rule.rule == "at_most_per_class":
        return not mine or number <= room.most_in(group, class_id)
    if rule.rule == "at_most_share":
        return bool(number <= size * rule.percent // 100)
    if rule.rule == "size_with_group":
        return number < rule.at_least or size <= room.lowered_size(group, class_id)
    return not mine or rule.max is None or seated.inside(group.classes)[g] + 1 <= rule.max


def _may_leave(numbered: tuple[int, Group], room: Room, seated: Tally, pupil: str, class_id: str) -> bool:
    """Tell whether a rule lets the pupil, already taken out of the tally, leave for another class."""
    g, group = numbered
    rule = group.rule
    if rule.rule == "group_quota" and pupil in group.members and rule.min is not None:
        return bool(seated.inside(group.classes)[g] + (class_id in group.classes) >= rule.min)
    if rule.rule == "at_most_share":
        here = (seated.inside(frozenset({c})) for c in group.classes)
        return all(counts[g] <= counts[EVERYBODY] * rule.percent // 100 for counts in here)
    return True


# --- the classes open to each pupil by rules about single pupils ---


def open_classes(room: Room, ledger: Ledger) -> dict[str, Cell]:
    """Return the classes that hard rules about single pupils leave to each."""
    left = dict.fromkeys((row["id"] for row in ledger.pupils), room.everywhere)
    for _k, criterion in room.hard:
        chosen = {same_id(row["id"]): row["id"] for row in ledger.chosen_classes(criterion.classes)}
        for pupil, classes in _left_by(criterion, ledger, chosen):
            left[pupil] = left[pupil].intersection(classes)
    shared: dict[Cell, Cell] = {}
    return {pupil: shared.setdefault(classes, classes) for pupil, classes in left.items()}


def _left_by(criterion: Criterion, ledger: Ledger, chosen: Mapping[str, str]) -> Iterator[tuple[str, AbstractSet[str]]]:
    rule: Any = criterion
    if rule.rule == "eligibility":
        yield from (criterion.allowed_ids(ledger) or {}).items()
    elif rule.rule == "fixed_class":
        pinned = {pin.pupil: pin.class_id for pin in rule.pins}
        for row in ledger.pupils:
            cell = pinned.get(row["id"], row.get(rule.column))
            if cell is not None and same_id(cell) in chosen:
                yield row["id"], {chosen[same_id(cell)]}
    elif rule.rule == "forbidden_class":
        pins: dict[str, set[str]] = defaultdict(set)
        for pin in rule.pins:
            pins[pin.pupil].add(same_id(pin.class_id))
        everywhere = {row["id"] for row in ledger.classes}
        for row in ledger.pupils:
            barred = pins.get(row["id"], set()) | _names(row.get(rule.column), chosen)
            if barred & set(chosen):
                yield row["id"], everywhere - {chosen[name] for name in barred if name in chosen}


def _names(cell: Any, known: Iterable[str]) -> set[str]:
    """Take a cell apart into class identifiers; one with a blank inside is known as a whole."""
    found: set[str] = set()
    for part in str("" if cell is None else cell).replace(",", ";").split(";"):
        found |= {same_id(part)} if same_id(part) in known else set(same_id(part).split())
    return found
