"""Where the heuristics begin: classes of even size, everybody where they may be, and one price for everything."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np

from classi.case import Case
from classi.formation.search import Board, Ints, Position
from classi.terms import Place

MOVES = 0.2
"""Share of the changes tried that move one pupil instead of swapping two."""

HARD = 10
"""Price of a broken hard rule, in units of the dearest soft one: the large penalty that a user would choose."""

LARGEST = 2**55
"""What the start may cost in all: costs are 64-bit whole numbers, and a walk may climb above its start."""

Change = list[tuple[int, int]]


def domains(case: Case) -> list[tuple[int, ...]]:
    """Return the classes each pupil may be in, ascending; all of them for a pupil whom the hard rules leave none."""
    school = case.school
    found = [school.open_to(i) for i in range(len(school.pupils))]
    for term in case.terms:
        if term.weight is None and isinstance(term.shape, Place):
            found[term.shape.pupil] &= term.shape.classes
    everywhere = frozenset(range(len(school.classes)))
    order = {classes: tuple(sorted(classes or everywhere)) for classes in set(found)}
    return [order[classes] for classes in found]


def dealt(case: Case, rooms: Sequence[Sequence[int]], seed: int) -> tuple[int, ...]:
    """Deal the pupils at random, those with the fewest classes first, each to the class with the most room left.

    Room is counted in parts of the planned size, so that classes end as even as the pupils' choices allow.
    """
    planned = np.array([max(1.0, float(size)) for size in case.school.planned])
    filled = np.zeros(len(planned))
    places = [0] * len(rooms)
    options = {room: np.array(room) for room in set(map(tuple, rooms))}
    drawn = np.random.default_rng(seed).permutation(len(rooms)).tolist()
    for i in sorted(drawn, key=lambda i: len(rooms[i])):
        choice = options[tuple(rooms[i])]
        places[i] = int(choice[np.argmin((filled[choice] + 1) / planned[choice])])
        filled[places[i]] += 1
    return tuple(places)


def priced(board: Board, tiers: Sequence[int], places: Sequence[int], steep: int) -> Ints:
    """Price one unit of excess of each term so that the tiers come in their order, the hard rules above all.

    A unit of a tier is worth all that the next tier costs at the start, but at most `steep` of its units; a unit of a
    hard rule `HARD` times the dearest soft term. No sum of prices leaves the 64-bit numbers.
    """
    excesses = board.excesses(places).tolist()
    fine = HARD * max((t.weight for t in board.terms if t.weight is not None), default=1)
    whole, at_start = 1, dict.fromkeys(tiers, 0)
    for term, excess in zip(board.terms, excesses, strict=True):
        whole += excess * (fine if term.weight is None else term.weight)
        if term.weight is not None:
            at_start[term.tier] += term.weight * excess
    steep = max(2, min(steep, int((LARGEST / whole) ** (1 / max(1, len(tiers))))))
    factors, factor = dict[int, int](), 1
    for tier in reversed(tiers):
        factors[tier] = factor
        factor *= max(2, min(steep, at_start[tier] + 1))
    prices = [fine * factor if t.weight is None else t.weight * factors[t.tier] for t in board.terms]
    return np.array(prices, dtype=np.int64)


def changes(position: Position, rooms: Sequence[Sequence[int]], seed: int) -> Iterator[Change | None]:
    """Draw swaps and moves without end, nobody leaving their domain; ``None`` for a draw that changes nothing.

    Ends at once where nobody may be anywhere else.
    """
    dice = random.Random(seed)
    allowed = {room: frozenset(room) for room in set(map(tuple, rooms))}
    inside = [allowed[tuple(room)] for room in rooms]
    free = [i for i, room in enumerate(rooms) if len(room) > 1]
    places = position.places
    while free:
        i = free[int(dice.random() * len(free))]
        a = places[i]
        if dice.random() < MOVES:
            b = rooms[i][int(dice.random() * len(rooms[i]))]
            yield [(i, b)] if a != b else None
        else:
            j = free[int(dice.random() * len(free))]
            b = places[j]
            yield [(i, b), (j, a)] if a != b and b in inside[i] and a in inside[j] else None
