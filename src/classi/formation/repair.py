"""The fewest further moves after a change that nobody may undo: what was decided stays, the rest gives way.

A change made by hand is pinned, and so is whoever is locked. Then everybody else prefers to stay (a term each, before
every tier), and the search for the best split answers which few must move, and proves that fewer do not do.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from classi.criteria.fixed_class import FixedClass
from classi.domain import School
from classi.formation.conflict import Conflict, explain_conflict
from classi.formation.engine import Clock
from classi.formation.search import Board
from classi.formation.solve import Cap, solve
from classi.formation.swaps import Swaps
from classi.i18n import _
from classi.regulation import Regulation
from classi.terms import Place, Term

FIRST = 0
"""The tier of those who move: before the first of a regulation, which is 1 or more."""

EXPLAIN_SECONDS = 10.0
"""The most that the explanation of an impossible change may take."""


@dataclass(frozen=True)
class Repair:
    """What has to give way to a change.

    Attributes
    ----------
    status : ``"OPTIMAL"``: no fewer moves do and no choice of them is better · ``"FEASIBLE"``: every hard rule holds,
        the rest is not proved · ``"INFEASIBLE"`` · ``"UNKNOWN"``: nothing found in the time.
    places : class of each pupil with the change and the further moves, or ``None``.
    further : (pupil, class) for each further move.
    at_least : proved: no fewer further moves keep the hard rules (0 where nothing is known).
    conflict : why no further moves help, where they do not.
    """

    status: str
    places: tuple[int, ...] | None
    further: tuple[tuple[int, int], ...] = ()
    at_least: int = 0
    conflict: Conflict | None = None

    @property
    def fewest(self) -> bool:
        """True when it is proved that fewer moves do not do."""
        return self.places is not None and len(self.further) == self.at_least


def repair(
    school: School,
    regulation: Regulation,
    terms: Sequence[Term],
    places: Sequence[int],
    pinned: Mapping[int, int],
    clock: Clock,
    *,
    still: Collection[int] = (),
    most: int | None = None,
) -> Repair:
    """Find the fewest further moves with which every hard rule holds.

    Parameters
    ----------
    school, regulation, terms : a school bound to its regulation, and every term compiled for it.
    places : class of each pupil before the change, shape (pupils,).
    pinned : the change: the new class of each pupil moved.
    clock : the time for the search; explaining why it is impossible may take as long again, 10 s at most.
    still : pupils who must stay where they are.
    most : the best split with at most so many further moves, instead of the fewest moves.

    Returns
    -------
    Repair
        With the fewest moves, and among those the best in the order of the tiers; with `most`, the best in the order of
        the tiers, and no move among them that gains nothing.
    """
    now = tuple(pinned.get(i, c) for i, c in enumerate(places))
    board = Board(school, terms)
    if most is None and all(c in school.open_to(i) for i, c in pinned.items()):
        at_once = _at_once(school, terms, now, board.hard_cost(now), {*pinned, *still})
        if at_once is not None:
            return at_once
    pins, rules = _pins(school, regulation, places, pinned, set(still) - set(pinned))
    tier = FIRST if most is None else max(board.tiers, default=FIRST) + 1
    free = [i for i in range(len(places)) if i not in pinned and i not in set(still)]
    stay = tuple(Term(Place(i, frozenset({places[i]})), 0, 1, tier) for i in free)
    caps = () if most is None else (Cap(stay, most),)
    solution = solve(school, [*terms, *pins, *stay], clock=clock, caps=caps)
    if solution.places is None:
        conflict = None
        if solution.status == "INFEASIBLE" and most is None:
            limits = replace(clock.limits, seconds=min(EXPLAIN_SECONDS, clock.limits.seconds))
            conflict = explain_conflict(school, rules, [*terms, *pins], Clock(limits, clock.stop))
        return Repair(solution.status, None, conflict=conflict)
    further = tuple((i, c) for i, c in enumerate(solution.places) if c != now[i])
    at_least = next((t.bound for t in solution.tiers if most is None and t.tier == FIRST), 0)
    return Repair(solution.status, solution.places, further, at_least)


def _at_once(
    school: School, terms: Sequence[Term], now: tuple[int, ...], broken: int, fixed: Collection[int]
) -> Repair | None:
    """Return the answer where no further move is needed, or one does: all of these can be looked at."""
    if not broken:
        return Repair("OPTIMAL", now)
    best = Swaps(school, terms, now, fixed).best(1, alone=True, anyway=True)
    if not best or best[0].more[0] != -broken:
        return None
    ((pupil, c),) = best[0].changes
    return Repair("OPTIMAL", (*now[:pupil], c, *now[pupil + 1 :]), best[0].changes, 1)


def _pins(
    school: School, regulation: Regulation, places: Sequence[int], pinned: Mapping[int, int], still: Collection[int]
) -> tuple[list[Term], Regulation]:
    """Return the hard terms of the change and the locks, and a regulation that has names for them."""
    named = [(_("The change asked for"), pinned), (_("Pupils who are locked"), {i: places[i] for i in sorted(still)})]
    first = len(regulation.criteria)
    pins = [
        Term(Place(i, frozenset({c})), first + n) for n, (_name, those) in enumerate(named) for i, c in those.items()
    ]
    added = tuple(FixedClass(hard=True, name=name) for name, _those in named)
    return pins, replace(regulation, criteria=(*regulation.criteria, *added))
