"""Why a wish was not granted: what the cheapest exchange that grants it would cost, rule by rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from classi.audit import Audit
from classi.domain import School
from classi.formation.bounds import domains
from classi.formation.search import Board, Position
from classi.i18n import _
from classi.regulation import Regulation
from classi.report import Unmet
from classi.terms import Term

MANY = 200
"""Beyond so many unmet wishes only moves are tried, not exchanges: a report must not take minutes."""
SHOWN = 3
Change = list[tuple[int, int]]


def unmet_wishes(
    school: School, regulation: Regulation, terms: Sequence[Term], places: Sequence[int], audit: Audit
) -> tuple[Unmet, ...]:
    """Return the wishes the auditor found not granted, each with its reasons.

    Parameters
    ----------
    school, regulation, terms : the case.
    places : class of each pupil.
    audit : its independent count; the wishes come from there.
    """
    # With `at_most` a wish may be unmet and cost nothing: it is told all the same (a vetoed one has no value).
    looked_at = [c for a in audit.criteria if a.rule == "wishes" for c in a.counts if len(c.pupils) == 2]
    pairs = {c.pupils: None for c in looked_at if c.value == 0}
    if not pairs:
        return ()
    trial = _Trial(school, regulation, terms, places, exchanges=len(pairs) <= MANY)
    return tuple(Unmet(one, two, trial.reasons(school.pupil_at[one], school.pupil_at[two])) for one, two in pairs)


class _Trial:
    def __init__(
        self, school: School, regulation: Regulation, terms: Sequence[Term], places: Sequence[int], *, exchanges: bool
    ) -> None:
        self.school, self.regulation, self.exchanges = school, regulation, exchanges
        self.board = Board(school, terms)
        self.position = Position(self.board, places, _prices(terms, regulation.tiers))
        self.rooms = domains(school, terms)
        self.now = self.board.criterion_costs(places, len(regulation.criteria))
        self.inside: Mapping[int, list[int]] = {c: [] for c in range(len(school.classes))}
        for i, c in enumerate(places):
            self.inside[c].append(i)

    def reasons(self, one: int, two: int) -> tuple[str, ...]:
        if not self.rooms[one] & self.rooms[two]:
            return (_("No class is open to both of them."),)
        best = min(self._changes(one, two), key=self.position.delta)
        costs = list(self.now)
        for k, more in self.position.more(best).items():
            costs[self.board.terms[k].criterion] += more
        worse = [k for k, (old, new) in enumerate(zip(self.now, costs, strict=True)) if new > old]
        broken = [self.regulation.label(k) for k in worse if self.regulation.criteria[k].hard]
        if broken:
            return (_("Even the best exchange would break: {rules}.").format(rules="; ".join(broken[:SHOWN])),)
        said = [
            _("{rule} (from {old} to {new})").format(rule=self.regulation.label(k), old=self.now[k], new=costs[k])
            for k in sorted(worse, key=lambda k: self.regulation.criteria[k].tier)
        ]
        if not said and self.position.delta(best) < 0:
            return (_("An exchange would grant it at no cost: the search ended before finding it."),)
        if not said:
            return (_("The best exchange that grants it would be as good, not better: one of the two was taken."),)
        return (_("Even the best exchange would make worse: {rules}.").format(rules="; ".join(said[:SHOWN])),)

    def _changes(self, one: int, two: int) -> Iterator[Change]:
        here, there = self.position.places[one], self.position.places[two]
        for mover, target in ((one, there), (two, here)):
            yield [(mover, target)]
            if self.exchanges:
                stay = {one, two}
                back = self.position.places[mover]
                yield from ([(mover, target), (other, back)] for other in self.inside[target] if other not in stay)


def _prices(terms: Sequence[Term], tiers: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Price hard rules above tiers and tiers above each other, steeply enough to compare single exchanges."""
    rank = {tier: 10 ** (4 * max(0, 3 - n)) for n, tier in enumerate(tiers)}
    return np.array([10**16 if t.weight is None else min(t.weight, 99) * rank[t.tier] for t in terms], dtype=np.int64)
