"""The seats that rankings gave bind during the year too: who moves keeps the plesso, the time model, the course."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from classi.admissions.facts import Facts
from classi.case import Case
from classi.domain import text_key
from classi.procedure import Round
from classi.terms import Place, Term


def rounds(case: Case) -> list[Round]:
    """Return the rounds of the regulation's procedure; none where it has no procedure."""
    return [] if case.regulation.admission is None else list(case.regulation.admission.rounds)


def kinds_of_seat(case: Case) -> list[tuple[Hashable, ...]]:
    """Return for each class what the rankings decide about it; classes that are equal here are one seat."""
    school = case.school
    columns = [seat for one in rounds(case) for seat in one.seats if seat in school.class_columns]
    courses = [set(school.chosen_classes(one.opens)) for one in rounds(case) if one.opens]
    return [
        (*(None if c[k] is None else text_key(c[k]) for k in columns), *(n in course for course in courses))
        for n, c in enumerate(school.classes)
    ]


def seat_terms(case: Case, homes: Sequence[int | None]) -> list[Term]:
    """Return hard terms that keep everybody inside the seat of the class they had, the others inside what they asked.

    Parameters
    ----------
    homes : position of the class each pupil had, ``None`` = none; shape (pupils,).
    """
    if not rounds(case):
        return []
    kinds = kinds_of_seat(case)
    same = {kind: frozenset(c for c, other in enumerate(kinds) if other == kind) for kind in kinds}
    found = []
    for i, home in enumerate(homes):
        classes = asked_classes(case, i) if home is None else same[kinds[home]]
        found.append(Term(Place(i, classes), 0))
    return found


def asked_classes(case: Case, pupil: int) -> frozenset[int]:
    """Return the classes of the seats that a pupil asked for; of a round in which nothing was asked, every class.

    A class of a course that only its ranking opens is open to nobody else.
    """
    school = case.school
    found = frozenset(range(len(school.classes)))
    if case.regulation.admission is None:
        return found
    facts = Facts(school, case.regulation.admission)
    for one in rounds(case):
        if one.closes:
            found -= set(school.chosen_classes(one.opens))
        if one.unplaced == "stay" or not set(one.seats) <= set(school.class_columns):
            continue  # who gets nothing there goes anywhere, or it is no matter of classes
        wishes = {tuple(map(text_key, wish)) for wish in facts.wishes(pupil, one)}
        if wishes:
            found &= {
                n for n, c in enumerate(school.classes) if tuple(text_key(c[seat]) for seat in one.seats) in wishes
            }
    return found
