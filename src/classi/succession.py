"""During the year: who takes a place that became free, and what a change of class would do to the classes.

Nobody else is moved: everybody keeps their class, and the next on the list gets the place if the rules still hold.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from classi.admissions.admit import room_terms
from classi.admissions.facts import Facts
from classi.case import Case
from classi.domain import Conditions, School, text_key
from classi.errors import InputError, Problem
from classi.formation.engine import Clock, Limits
from classi.formation.rooms import FormationRoom
from classi.i18n import _
from classi.procedure import Round
from classi.terms import Band, Term, When

SHOWN: dict[str, Conditions] = {
    "disabilita": {"disabilita": ["comma1", "comma3"]},
    "dsa": {"dsa": True},
    "bes": {"bes": True},
    "nai": {"nai": True},
}


@dataclass(frozen=True)
class Skipped:
    """Somebody on the list who could not take the place, and why."""

    pupil: str
    reason: str


@dataclass(frozen=True)
class Succession:
    """A freed place: its class, who takes it (empty = nobody can), and who was before them on the list."""

    leaving: str
    class_id: str
    successor: str
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class ClassState:
    """A class: its size and limit, how many of each group it holds, and the rules a change would break."""

    class_id: str
    size: int
    most: int | None
    groups: Mapping[str, int]
    broken: tuple[str, ...] = ()


def succeed(
    case: Case,
    placed: Mapping[str, str],
    leaving: str,
    one: Round,
    waiting: Sequence[str],
    transfers: Sequence[str] = (),
    gone: Collection[str] = (),
) -> Succession:
    """Find who takes the place of somebody who leaves.

    Parameters
    ----------
    case : all the applicants.
    placed : class of everybody who has one.
    leaving : who leaves.
    one : the round whose waiting list is used; only who asked there for the seat of the freed class can take it.
    waiting : the waiting list in its order.
    transfers : pupils of other classes who ask for the place; they come before the waiting list.
    gone : who gave up, and waits no longer.

    Raises
    ------
    InputError
        If somebody named has no class, or asks for a place in the class they are in.
    """
    absent = [p for p in (leaving, *transfers) if p not in placed]
    if absent:
        raise InputError([Problem(_("These pupils have no class: {pupils}.").format(pupils=", ".join(absent)))])
    class_id = placed[leaving]
    inside = [p for p in transfers if text_key(placed[p]) == text_key(class_id)]
    if inside:
        text = _("These pupils are in this class already: {pupils}.")
        raise InputError([Problem(text.format(pupils=", ".join(inside)), value=class_id)])
    rest = {p: c for p, c in placed.items() if p != leaving}
    already = set(broken_rules(case, rest))  # somebody's derogation elsewhere is no reason to refuse a place here
    skipped = []
    for pupil in (*transfers, *(w for w in waiting if w not in placed)):
        if pupil not in transfers and pupil in gone:
            skipped.append(Skipped(pupil, _("gave up, by a recorded decision")))
            continue
        if pupil not in transfers and not _asked_for(case, one, pupil, class_id):
            skipped.append(Skipped(pupil, _("did not ask for this seat")))
            continue
        broken = [rule for rule in broken_rules(case, {**rest, pupil: class_id}) if rule not in already]
        if not broken:
            return Succession(leaving, class_id, pupil, tuple(skipped))
        skipped.append(Skipped(pupil, ", ".join(broken)))
    return Succession(leaving, class_id, "", tuple(skipped))


def succeed_in_course(
    case: Case, placed: Mapping[str, str], leaving: str, one: Round, candidates: Sequence[str]
) -> Succession:
    """Find who takes a place left in a course (a musical section): the next of its ranking, whatever was asked for.

    The successor keeps the class where it is one of the course; otherwise goes to the smallest of those that the hard
    rules allow. Who leaves the course keeps the class.

    Source: S003, art. 3, indirizzo musicale: «All'alunno subentrato è assegnato lo strumento rimasto disponibile».
    """
    school = case.school
    inside = {school.classes[c].id for c in school.chosen_classes(one.opens)}
    sizes = {name: sum(c == name for c in placed.values()) for name in inside}
    skipped = []
    for pupil in candidates:
        if pupil not in placed:
            skipped.append(Skipped(pupil, _("has no class")))
            continue
        if placed[pupil] in inside:
            return Succession(leaving, placed[pupil], pupil, tuple(skipped))
        for name in sorted(inside, key=lambda n: (sizes[n], n)):
            if not after_moving(case, placed, pupil, name)[1].broken:
                return Succession(leaving, name, pupil, tuple(skipped))
        skipped.append(Skipped(pupil, _("no class of the course has room")))
    return Succession(leaving, "", "", tuple(skipped))


def _asked_for(case: Case, one: Round, pupil: str, class_id: str) -> bool:
    school = case.school
    assert case.regulation.admission is not None
    facts = Facts(school, case.regulation.admission)
    row = school.classes[school.class_at[text_key(class_id)]]
    offered = tuple(text_key(row[seat]) for seat in one.seats)
    wishes = facts.wishes(school.pupil_at[pupil], one)
    return any(tuple(map(text_key, wish)) == offered for wish in wishes) or not set(one.seats) & school.class_columns


def class_state(case: Case, placed: Mapping[str, str], class_id: str) -> ClassState:
    """Return what a class holds."""
    school = case.school
    row = school.classes[school.class_at[text_key(class_id)]]
    inside = {school.pupil_at[p] for p, c in placed.items() if text_key(c) == text_key(class_id)}
    columns = school.pupil_columns
    groups = {name: len(inside.intersection(school.members(of))) for name, of in SHOWN.items() if name in columns}
    return ClassState(row.id, len(inside), row.max, groups)


def after_moving(case: Case, placed: Mapping[str, str], pupil: str, class_id: str) -> tuple[ClassState, ClassState]:
    """Return the class a pupil would go to, before and after, with the rules the change would break."""
    if pupil not in placed or text_key(class_id) not in case.school.class_at:
        text = _("“{value}” is not a pupil with a class, or “{class_id}” is not a class.")
        raise InputError([Problem(text.format(value=pupil, class_id=class_id))])
    if text_key(placed[pupil]) == text_key(class_id):
        text = _("These pupils are in this class already: {pupils}.")
        raise InputError([Problem(text.format(pupils=pupil), value=class_id)])
    moved, before = {**placed, pupil: class_id}, broken_rules(case, placed)
    broken = tuple(b for b in broken_rules(case, moved) if b not in before)
    return class_state(case, placed, class_id), replace(class_state(case, moved, class_id), broken=broken)


def broken_rules(case: Case, placed: Mapping[str, str]) -> tuple[str, ...]:
    """Return the labels of the hard rules that do not hold with everybody where they are.

    Least sizes are left aside: nobody is refused because a class is small.
    """
    school = case.school
    terms = [_without_low(t) for t in room_terms(case.regulation, case.terms)]
    fixed = {p: _class(school, placed.get(pupil.id)) for p, pupil in enumerate(school.pupils)}
    out = frozenset(p for p, classes in fixed.items() if not classes)
    everywhere = [frozenset(range(len(school.classes)))] * len(school.pupils)
    broken = []
    for rule in sorted({t.criterion for t in terms}):
        room = FormationRoom([t for t in terms if t.criterion == rule], everywhere, out, Clock(Limits()))
        if not room.holds(fixed):
            broken.append(case.regulation.label(rule))
    return tuple(broken)


def _class(school: School, class_id: str | None) -> frozenset[int]:
    return frozenset() if class_id is None else frozenset({school.class_at[text_key(class_id)]})


def _without_low(term: Term) -> Term:
    shape = term.shape
    if isinstance(shape, Band):
        return replace(term, shape=replace(shape, low=None))
    if isinstance(shape, When):
        return replace(term, shape=replace(shape, band=replace(shape.band, low=None)))
    return term
