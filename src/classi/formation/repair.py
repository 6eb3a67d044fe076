"""The fewest further moves after a change that nobody may undo: what was decided stays, the rest gives way.

A change made by hand is pinned, and so is whoever is locked. Then everybody else prefers to stay (a term each), and
the solver answers which few must move, and proves that fewer do not do; then which few make the best split.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from classi.criteria.fixed_class import FixedClass
from classi.domain import School
from classi.formation.bounds import Domains, domains
from classi.formation.conflict import Conflict, explain_conflict
from classi.formation.encode import Encoding
from classi.formation.engine import PROVERS, Clock, Outcome, run
from classi.formation.keep import stay_terms
from classi.formation.outlook import cap
from classi.formation.search import Board
from classi.formation.solve import Cap, by_tier, solve
from classi.formation.swaps import Swaps
from classi.i18n import _
from classi.regulation import Regulation
from classi.terms import Place, Term

FEW = 6
"""Further moves up to which nearly everybody stays: the solver then proves each tier sooner than exchanges and bounds,
made for whole schools, are reckoned."""

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
    held, at_least, tier = {*pinned, *still}, 0, max((t.tier for t in terms if t.weight is not None), default=0) + 1
    if most is None and all(c in school.open_to(i) for i, c in enumerate(now)):
        at_once = _at_once(school, terms, now, held)
        if at_once is not None:
            return at_once
        at_least = 2
    pins, rules = _pins(school, regulation, places, pinned, set(still) - set(pinned))
    stay = stay_terms([None if i in held else c for i, c in enumerate(places)], tier)
    bound = [*terms, *pins]
    if most is None:
        found = _fewest(school, bound, stay, at_least, clock)
    else:
        solution = solve(school, [*bound, *stay], clock=clock, caps=(Cap(stay, most),))
        found = Repair(solution.status, solution.places)
    if found.places is not None:
        further = tuple((i, c) for i, c in enumerate(found.places) if c != now[i])
        return replace(found, further=further)
    if found.status == "INFEASIBLE" and most is None:
        limits = replace(clock.limits, seconds=min(EXPLAIN_SECONDS, clock.limits.seconds))
        found = replace(found, conflict=explain_conflict(school, rules, bound, Clock(limits, clock.stop)))
    return found


def _fewest(school: School, terms: Sequence[Term], stay: Sequence[Term], at_least: int, clock: Clock) -> Repair:
    """Return the best of the splits with the fewest moves, and never fewer than `at_least`; they are not listed yet."""
    hard = [t for t in terms if t.weight is None]
    rooms = domains(school, hard)
    encoding = _required(rooms, hard)
    first = _least(encoding, stay, min(at_least, len(stay)), len(stay), clock)
    if first.places is None:
        return Repair(first.status, None)
    moves = sum(first.places[t.shape.pupil] not in t.shape.classes for t in stay if isinstance(t.shape, Place))
    found = Repair(first.status, first.places, at_least=max(at_least, first.bound or 0))
    if moves <= FEW:
        return _best(school, terms, rooms, Cap(tuple(stay), moves), found, clock)
    solution = solve(school, terms, clock=clock, caps=(Cap(tuple(stay), moves),))
    if solution.places is None:
        return replace(found, status="FEASIBLE")
    proved = first.status == solution.status == "OPTIMAL"
    return replace(found, status="OPTIMAL" if proved else "FEASIBLE", places=solution.places)


def _best(school: School, terms: Sequence[Term], rooms: Domains, near: Cap, found: Repair, clock: Clock) -> Repair:
    """Make a split the best tier after tier, with no more moves."""
    places, proved = found.places, found.status == "OPTIMAL"
    assert places is not None
    hard, board, done = [t for t in terms if t.weight is None], Board(school, terms), list[Cap]()
    for tier, soft in by_tier(terms).items():
        value = board.tier_cost(places, tier)
        if value:
            encoding = _required(rooms, hard)
            for limit in (near, *done):
                cap(encoding, limit.terms, limit.most)
            outcome = _least(encoding, soft, 0, value, clock, hint=places)
            places, proved = outcome.places or places, proved and outcome.status == "OPTIMAL"
        done.append(Cap(tuple(soft), board.tier_cost(places, tier)))
    return replace(found, status="OPTIMAL" if proved else "FEASIBLE", places=places)


def _required(rooms: Domains, hard: Sequence[Term]) -> Encoding:
    encoding = Encoding(rooms)
    for term in hard:
        encoding.require(term.shape)
    return encoding


def _least(
    encoding: Encoding, soft: Sequence[Term], low: int, high: int, clock: Clock, hint: Sequence[int] = ()
) -> Outcome:
    """Minimise the cost of some terms, known to be between `low` and `high` at its best."""
    encoding.minimize([(v, w * (t.weight or 1)) for t in soft for v, w in encoding.excess(t.shape)], low, high)
    if hint:
        encoding.hint(hint)
    return run(encoding, clock, clock.left, None, PROVERS)


def _at_once(school: School, terms: Sequence[Term], now: tuple[int, ...], fixed: Collection[int]) -> Repair | None:
    """Return the answer where no further move is needed, or one does: all of these can be looked at."""
    broken = Board(school, terms).hard_cost(now)
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
