"""An impossible case as a whole: every minimal conflict, up to a limit, and the cheapest ways out with their price.

`conflict` finds one conflict fast, for the certificate. Here the commission chooses: all the minimal sets of rules that
clash (MARCO: Liffiton, Previti, Malik, Mushkin, *Constraints* 21, 2016), and what giving up each rule would take.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ortools.sat.python import cp_model

from classi.domain import School
from classi.formation.conflict import Search, Unit, minimal, units
from classi.formation.engine import Clock, Limits
from classi.formation.search import Board
from classi.formation.solve import solve
from classi.regulation import Regulation
from classi.terms import Term

SHARE = 0.5
"""Part of the time left that may go into one minimal conflict, or into one way out."""

MOMENT = 0.1
"""Seconds to look through the sets already known, whatever time is left."""


@dataclass(frozen=True)
class Rule:
    """What a person would call one rule: a criterion, or a single pair or pin of it.

    Attributes
    ----------
    number : position of the criterion in the regulation, from 1.
    text : its name, with the pupils where it is about single ones (identifiers).
    """

    number: int
    text: str


@dataclass(frozen=True)
class Clash:
    """Rules that cannot all be kept.

    Attributes
    ----------
    rules : none of them when the seats, or a pupil with no class at all, already make the case impossible.
    minimal : it is proved that without any one of them the others no longer clash.
    """

    rules: tuple[Rule, ...]
    minimal: bool


@dataclass(frozen=True)
class WayOut:
    """A split that breaks as little as possible of the rules given up, and keeps all the others.

    Attributes
    ----------
    rules : the rules given up; those that need not be broken are left out.
    excess : by how much they are broken in all, each in its own unit.
    least : it is proved that less will not do.
    alone : found by giving up one single rule; otherwise by giving up any.
    places : class of each pupil, shape (pupils,).
    """

    rules: tuple[Rule, ...]
    excess: int
    least: bool
    alone: bool
    places: tuple[int, ...]


def conflicts(
    school: School, regulation: Regulation, terms: Sequence[Term], clock: Clock, most: int = 5
) -> tuple[tuple[Clash, ...], bool]:
    """Find the minimal sets of mandatory rules that clash.

    Parameters
    ----------
    school : without `School.open` the rules that close classes can be given up like any other; what it closes (a seat)
        stays closed.
    terms : ``regulation.terms(school)``: exact also where a pupil is in a class that is not open.
    clock : the time for all of them.
    most : how many to find at most.

    Returns
    -------
    found : the clashes, the smallest first; empty when the case is possible, or nothing was proved in time.
    complete : True when it is proved that there are no others: with nothing found, that the case is possible.
    """
    hard = [t for t in terms if t.weight is None]
    parts = _merged(regulation, school, units(school, regulation, hard))
    map_of, found = _Map(len(parts), clock), dict[frozenset[int], bool]()
    while len(found) < most and not clock.over and (seed := map_of.largest()) is not None:
        search = Search(school, regulation, hard, clock, clock.left * SHARE)
        if search.clashes([parts[n] for n in seed], set()):
            core = _shrink(search, parts, seed)
            found[frozenset(core)] = search.exact
            map_of.without_all(core)
        elif search.exact:
            map_of.beyond(seed)
        else:
            break  # not known whether this largest set clashes: the list cannot be completed
    least = [core for core in found if not any(other < core for other in found)]
    told = [
        Clash(tuple(Rule(parts[n].criterion + 1, parts[n].text) for n in sorted(core)), found[core]) for core in least
    ]
    told.sort(key=lambda clash: (len(clash.rules), [(r.number, r.text) for r in clash.rules]))
    return tuple(told), map_of.exhausted


def _merged(regulation: Regulation, school: School, units: Sequence[Unit]) -> list[Unit]:
    """Put together what people call one rule: what it says of each value it counts, or of where every pupil may go."""
    found: dict[tuple[int, str], Unit] = {}
    for unit in units:
        k, text = unit.criterion, unit.text
        if regulation.criteria[k].allowed(school) is not None:
            text = regulation.label(k)
        found.setdefault((k, text), Unit(k, text)).terms.extend(unit.terms)
    return list(found.values())


def _shrink(search: Search, units: Sequence[Unit], seed: Sequence[int]) -> Sequence[int]:
    """Return a minimal clashing part of a set that clashes; empty when it takes no rule at all."""

    def clashes(some: Sequence[int]) -> bool:
        return search.clashes([units[n] for n in some], set())

    core = minimal(seed, clashes)
    return core if core or clashes([]) else seed  # nothing left of it may also mean that the time ended


class _Map:
    """The sets of rules not yet known to clash, nor to go together."""

    def __init__(self, number: int, clock: Clock) -> None:
        self.model, self.clock = cp_model.CpModel(), clock
        self.chosen = [self.model.new_bool_var(f"u{n}") for n in range(number)]
        self.model.maximize(sum(self.chosen))

    def largest(self) -> list[int] | None:
        """Return a set as large as can be; ``None`` when there is none, or none was found in time."""
        status, solver = self._solve()
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        return [n for n, var in enumerate(self.chosen) if solver.boolean_value(var)]

    @property
    def exhausted(self) -> bool:
        """True when it is proved that no set is left."""
        return bool(self._solve()[0] == cp_model.INFEASIBLE)

    def _solve(self) -> tuple[Any, Any]:
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.max_time_in_seconds = max(MOMENT, self.clock.left)
        return solver.solve(self.model), solver

    def without_all(self, clash: Sequence[int]) -> None:
        """Leave out whatever holds all of a clash."""
        self.model.add_bool_or([self.chosen[n].negated() for n in clash])

    def beyond(self, kept: Sequence[int]) -> None:
        """Leave out whatever is part of a set that goes together."""
        inside = set(kept)
        self.model.add_bool_or([var for n, var in enumerate(self.chosen) if n not in inside])


# --- the ways out ---


def relaxations(
    school: School, regulation: Regulation, terms: Sequence[Term], clock: Clock, found: Sequence[Clash] = ()
) -> tuple[WayOut, ...]:
    """Find what giving up each single rule would take, and the cheapest exceptions to any of them.

    Parameters
    ----------
    school, terms, clock : as for `conflicts`.
    found : clashes known: only a rule that is in all of them can be given up alone. Without any, every rule is tried.

    Returns
    -------
    The ways out, the cheapest first; rules that cannot be given up alone have none.
    """
    hard = [t for t in terms if t.weight is None]
    parts = _merged(regulation, school, units(school, regulation, hard))
    in_all = [{(r.number, r.text) for r in clash.rules} for clash in found]
    tried = [u for u in parts if all((u.criterion + 1, u.text) in some for some in in_all)]
    ways = [_way_out(school, parts, parts, clock, alone=False)]
    ways += [_way_out(school, parts, [unit], clock, alone=True) for unit in tried]
    kept: dict[tuple[tuple[Rule, ...], int], WayOut] = {}
    for way in filter(
        None, ways
    ):  # giving up one rule alone may be the cheapest of all: told once, proved if either is
        same = kept.get((way.rules, way.excess))
        kept[way.rules, way.excess] = replace(way, least=way.least or (same is not None and same.least))
    return tuple(sorted(kept.values(), key=lambda way: (way.excess, len(way.rules), way.rules[0].number)))


def _way_out(
    school: School, units: Sequence[Unit], given_up: Sequence[Unit], clock: Clock, *, alone: bool
) -> WayOut | None:
    priced = {id(u): [replace(t, weight=1, tier=1) for t in u.terms] for u in given_up}
    terms = [t for u in units for t in priced.get(id(u), u.terms)]
    limited = Clock(Limits(clock.left * SHARE, workers=clock.limits.workers, seed=clock.limits.seed), clock.stop)
    solution = solve(school, terms, clock=limited)
    if solution.places is None:
        return None
    broken: dict[int, int] = defaultdict(int)
    for n, unit in enumerate(given_up):
        broken[n] += int(Board(school, priced[id(unit)]).excesses(solution.places).sum())
    rules = tuple(Rule(given_up[n].criterion + 1, given_up[n].text) for n, excess in broken.items() if excess)
    if not rules:
        return None
    return WayOut(rules, sum(broken.values()), solution.status == "OPTIMAL", alone, solution.places)
