"""Who changes class between two splits, in the fewest words: swaps, circles, and chains where classes change size.

Each pupil who changes class is an arrow from a class to another. Arrows that close (A → B → A is a swap, A → B → C → A
a circle) leave every class as large as it was; the others make chains, as few as the sizes allow. Circles are as many
as there can be, so that each is short. All swaps are among them: wherever two opposite arrows belong to two circles,
the swap and what is left of both close as well. The most circles of three classes or more are a packing, found exactly.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ortools.sat.python import cp_model

LOOKED_AT = 20_000
"""Steps of the search for circles, and then units of the solver's work: beyond, the shortest circle is taken first."""
EFFORT = 1.0

Arrows = Counter[tuple[int, int]]
Way = tuple[int, ...]
"""Classes one after the other; a circle ends where it began."""


@dataclass(frozen=True)
class Step:
    """Pupils who change class one after the other.

    Attributes
    ----------
    pupils : positions, shape (moves,).
    classes : pupil `k` goes from class `k` to class `k` + 1, shape (moves + 1,).
    """

    pupils: tuple[int, ...]
    classes: Way

    @property
    def closed(self) -> bool:
        """True when every class keeps its size: a swap (two pupils) or a circle."""
        return self.classes[0] == self.classes[-1]


@dataclass(frozen=True)
class Moves:
    """The whole way from one split to another.

    Attributes
    ----------
    steps : swaps, circles and chains, in this order, short ones first.
    exact : True when it is proved that there cannot be more circles (and so shorter ones).
    """

    steps: tuple[Step, ...]
    exact: bool

    @property
    def pupils(self) -> int:
        """How many pupils change class."""
        return sum(len(s.pupils) for s in self.steps)

    @property
    def swaps(self) -> tuple[Step, ...]:
        """The exchanges of two pupils."""
        return tuple(s for s in self.steps if s.closed and len(s.pupils) == 2)

    @property
    def circles(self) -> tuple[Step, ...]:
        """The exchanges of three pupils or more."""
        return tuple(s for s in self.steps if s.closed and len(s.pupils) > 2)

    @property
    def chains(self) -> tuple[Step, ...]:
        """The moves after which a class is smaller and another larger; often a single pupil."""
        return tuple(s for s in self.steps if not s.closed)


def describe(before: Sequence[int], after: Sequence[int]) -> Moves:
    """Describe how to get from one split to another.

    Parameters
    ----------
    before, after : class of each pupil, shape (pupils,), classes that are the same under another name already matched
        (see `classi.formation.matching.renamed`).

    Examples
    --------
    >>> moves = describe([0, 0, 1, 2, 2], [1, 0, 0, 2, 1])
    >>> [(s.pupils, s.classes) for s in moves.steps]
    [((0, 2), (0, 1, 0)), ((4,), (2, 1))]
    """
    waiting: dict[tuple[int, int], deque[int]] = defaultdict(deque)
    for pupil, (here, there) in enumerate(zip(before, after, strict=True)):
        if here != there:
            waiting[here, there].append(pupil)
    arrows = Counter({arrow: len(pupils) for arrow, pupils in waiting.items()})
    circles, exact = _circles(arrows)
    ways = [*circles, *_chains(_less(arrows, circles))]
    ways.sort(key=lambda w: (w[0] != w[-1], len(w), w))
    return Moves(tuple(Step(tuple(waiting[a].popleft() for a in pairwise(w)), w) for w in ways), exact)


def _less(arrows: Arrows, ways: Collection[Way]) -> Arrows:
    """Return the arrows that are left without those of some ways."""
    return arrows - Counter(a for w in ways for a in pairwise(w))


# --- circles ---


def _circles(arrows: Arrows) -> tuple[list[Way], bool]:
    """Return as many circles as there are, and whether it is proved that there are no more."""
    swaps = [(a, b, a) for (a, b), times in sorted(arrows.items()) if a < b for _n in range(min(times, arrows[b, a]))]
    rest = _less(arrows, swaps)
    known = _every_circle(rest)
    packed, exact = ([], False) if known is None else _packed(rest, known)
    return [*swaps, *packed, *_shortest_first(_less(rest, packed))], exact


def _every_circle(arrows: Arrows) -> list[Way] | None:
    """Return every circle, each from its first class on; ``None`` when looking for them takes too long."""
    there = _targets(arrows)
    found, looked = [], 0
    for start in sorted(there):
        pending: list[Way] = [(start,)]
        while pending:
            looked += 1
            if looked > LOOKED_AT:
                return None
            way = pending.pop()
            for c in there.get(way[-1], ()):
                if c == start:
                    found.append((*way, c))
                elif c > start and c not in way:
                    pending.append((*way, c))
    return found


def _packed(arrows: Arrows, circles: Sequence[Way]) -> tuple[list[Way], bool]:
    """Return the most circles that fit the arrows together, the shortest among as many, and whether that is proved."""
    if not circles:
        return [], True
    model, enough = cp_model.CpModel(), arrows.total() + 1
    often = [model.new_int_var(0, min(arrows[a] for a in pairwise(w)), "") for w in circles]
    through: dict[tuple[int, int], list[cp_model.IntVar]] = defaultdict(list)
    for way, times in zip(circles, often, strict=True):
        for arrow in pairwise(way):
            through[arrow].append(times)
    for arrow, some in through.items():
        model.add(sum(some) <= arrows[arrow])
    model.maximize(sum((enough - len(w) + 1) * times for w, times in zip(circles, often, strict=True)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = EFFORT
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return [], False
    found = [w for w, times in zip(circles, often, strict=True) for _n in range(solver.value(times))]
    return found, status == cp_model.OPTIMAL


def _shortest_first(arrows: Arrows) -> Iterator[Way]:
    """Yield circles, the shortest left each time, until nothing closes."""
    while True:
        there = _targets(arrows)
        ways = [w for c in sorted(there) if (w := _way(there, c, {c}))]
        if not ways:
            return
        way = min(ways, key=len)
        for _n in range(min(arrows[a] for a in pairwise(way))):
            yield way
            arrows = _less(arrows, [way])


# --- chains ---


def _chains(arrows: Arrows) -> Iterator[Way]:
    """Yield chains, short ones first, until no arrow is left; the arrows close nowhere."""
    while arrows:
        there, more = _targets(arrows), Counter[int]()
        for (here, goal), times in arrows.items():
            more[here] -= times
            more[goal] += times
        goals = {c for c, n in more.items() if n > 0}
        ways = [w for c in sorted(more) if more[c] < 0 and (w := _way(there, c, goals))]
        way = min(ways, key=len)
        yield way
        arrows = _less(arrows, [way])


def _targets(arrows: Arrows) -> dict[int, list[int]]:
    """Return for each class those that an arrow leads to, in order."""
    found: dict[int, list[int]] = {}
    for here, there in sorted(arrows):
        found.setdefault(here, []).append(there)
    return found


def _way(there: dict[int, list[int]], start: int, goals: Collection[int]) -> Way | None:
    """Return the shortest way of one arrow or more from a class to any of some, ``None`` if there is none."""
    pending: deque[Way] = deque([(start,)])
    seen = set()
    while pending:
        way = pending.popleft()
        for c in there.get(way[-1], ()):
            if c in goals:
                return (*way, c)
            if c not in seen:
                seen.add(c)
                pending.append((*way, c))
    return None
