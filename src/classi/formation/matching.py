"""Two splits set side by side: which class of one is which class of the other, and how many pupils change class.

Before letters are drawn, classes that no rule tells apart have names of no meaning: renaming them is no difference.
Whoever counts how far two splits are from each other therefore matches their classes first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np
from ortools.graph.python.linear_sum_assignment import SimpleLinearSumAssignment

from classi.domain import School, text_key
from classi.terms import AnyOf, Band, Pair, Place, Range, Term, When

OFFERED = ("plesso", "anno", "indirizzo", "tempo_scuola", "lingua2")
"""Columns of what a class offers. Families know them: to change one is a change even where no rule names it."""


def alike(school: School, terms: Sequence[Term]) -> tuple[int, ...]:
    """Return for each class the first class with which it could change names without anybody noticing.

    Parameters
    ----------
    school, terms : a school bound to its regulation, and every term compiled for it. Neither a term nor one of the
        columns `OFFERED` may tell the two apart.

    Returns
    -------
    tuple of int, shape (classes,)
        A class alone of its kind is its own.
    """
    seen = Counter(_mentions(school, terms))
    touching: list[list[tuple[Hashable, frozenset[int]]]] = [[] for _ in school.classes]
    for mention in seen:
        for c in mention[1]:
            touching[c].append(mention)

    offers = [[text_key(c[column] or "") for column in OFFERED] for c in school.classes]

    def same(one: int, other: int) -> bool:
        swap = {one: other, other: one}
        return offers[one] == offers[other] and all(
            (one in classes) == (other in classes)
            or seen[key, classes] == seen[key, frozenset(swap.get(c, c) for c in classes)]
            for key, classes in (*touching[one], *touching[other])
        )

    found: list[int] = []
    for c in range(len(school.classes)):
        found.append(next((head for head in dict.fromkeys(found) if same(head, c)), c))
    return tuple(found)


def _mentions(school: School, terms: Sequence[Term]) -> list[tuple[Hashable, frozenset[int]]]:
    """Return what is said of sets of classes, the classes apart from what is said."""
    numbers: dict[object, int] = {}

    def number(weights: object) -> int:
        # Terms of one criterion share their weights: the long tuple is looked at once.
        return numbers.setdefault(id(weights), numbers.setdefault(weights, len(numbers)))

    found: list[tuple[Hashable, frozenset[int]]] = []
    for term in terms:
        head = (term.criterion, term.weight, term.tier)
        match term.shape:
            case Band(classes, weights, low, high, unit, times):
                found.append(((head, number(weights), low, high, unit, times), frozenset(classes)))
            case Range(classes, weights, limit, unit, times):
                found.append(((head, "range", number(weights), limit, unit, times), frozenset(classes)))
            case When(trigger, at_least, band):
                inner = (number(band.weights), band.low, band.high, band.unit, band.times)
                found.append(((head, number(trigger), at_least, *inner), frozenset(band.classes)))
            case Place(pupil, classes, times):
                found.append(((head, "place", pupil, times), classes))
            case Pair() | AnyOf():
                pass  # companions are companions in any class
    found += [(("open", i), classes) for i, classes in enumerate(school.open)]
    return found


def matched(one: Sequence[int], other: Sequence[int], groups: Sequence[int]) -> tuple[int, ...]:
    """Return for each class of `other` the class of `one` it is, so that as many pupils as possible stay.

    Parameters
    ----------
    one, other : class of each pupil in two splits, shape (pupils,).
    groups : as `alike` returns it: a class is only ever matched with one of its group.
    """
    n = len(groups)
    table = np.zeros((n, n), dtype=np.int64)
    np.add.at(table, (np.asarray(other, dtype=np.int64), np.asarray(one, dtype=np.int64)), 1)
    problem = SimpleLinearSumAssignment()
    for theirs in range(n):
        for mine in range(n):
            if groups[theirs] == groups[mine]:
                # Of two ways that keep as many pupils the one that keeps more names.
                stay = 2 * n * int(table[theirs, mine]) + (theirs == mine)
                problem.add_arc_with_cost(theirs, mine, -stay)
    problem.solve()
    return tuple(problem.right_mate(c) for c in range(n))


def renamed(one: Sequence[int], other: Sequence[int], groups: Sequence[int]) -> tuple[int, ...]:
    """Return the split `other` with the names its classes have in `one`."""
    names = matched(one, other, groups)
    return tuple(names[c] for c in other)


def distance(one: Sequence[int], other: Sequence[int], groups: Sequence[int]) -> int:
    """Return how many pupils change class between two splits, once classes are matched.

    Examples
    --------
    >>> distance([0, 0, 1, 1], [1, 1, 0, 0], (0, 0))
    0
    >>> distance([0, 0, 1, 1], [1, 1, 0, 0], (0, 1))
    4
    """
    return sum(a != b for a, b in zip(one, renamed(one, other, groups), strict=True))
