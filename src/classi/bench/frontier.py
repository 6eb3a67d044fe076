"""The exact trade-off between two soft criteria: what the least of one costs in the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf

import pandas as pd  # type: ignore[import-untyped,unused-ignore]

from classi.bench.records import gap
from classi.bench.trial import Price, Trial, admitted, attempt, needed, own_prices, positions
from classi.case import Case
from classi.errors import InputError, Problem
from classi.formation.engine import Limits
from classi.formation.solve import TierResult
from classi.i18n import _

REST = 2
"""The two criteria that are traded take two tiers; those of the others come after."""


@dataclass(frozen=True)
class Point:
    """One way to settle the two criteria.

    Attributes
    ----------
    first, second : cost of the two, counted by the auditor.
    first_bound : no assignment at least as good in the second criterion, within `at_most`, costs less in the first.
    second_bound : no assignment of at most `at_most` in the first criterion costs less in the second.
    at_most : what the first was allowed to cost; ``None`` = anything.
    hard_kept : the auditor finds every hard rule kept.
    rest : value and bound of the other criteria, tier after tier, given the two; empty when they were dropped.
    costs : cost of every criterion of the regulation, counted by the auditor.
    placed : class id of each pupil id.
    """

    first: int
    second: int
    first_bound: int
    second_bound: int
    at_most: int | None
    hard_kept: bool
    rest: tuple[TierResult, ...]
    costs: tuple[int, ...]
    placed: Mapping[str, str]

    @property
    def proved(self) -> bool:
        """True when no assignment is better in one of the two and as good in the other."""
        return self.first == self.first_bound and self.second == self.second_bound


@dataclass(frozen=True)
class Frontier:
    """The pairs of costs that nothing found beats, the least of the first criterion first.

    Attributes
    ----------
    first, second : numbers of the two criteria, from 1.
    points : the pairs; both costs differ from point to point, the first rising and the second falling.
    complete : every point is proved, and no other lies between them.
    dropped : the soft criteria left out of the question; with ``rest=True`` none.
    rules, labels, tiers : kind, name and tier (``None`` = hard) of every criterion of the regulation.
    """

    first: int
    second: int
    points: tuple[Point, ...]
    complete: bool
    dropped: tuple[str, ...]
    rules: tuple[str, ...]
    labels: tuple[str, ...]
    tiers: tuple[int | None, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return a table, one row a point: the two costs, their bounds and gaps, whether proved, hard rules kept."""
        rows = [
            {
                "point": n,
                "first_label": self.labels[self.first - 1],
                "second_label": self.labels[self.second - 1],
                "first": p.first,
                "second": p.second,
                "first_bound": p.first_bound,
                "second_bound": p.second_bound,
                "first_gap": gap(p.first, p.first_bound),
                "second_gap": gap(p.second, p.second_bound),
                "proved": p.proved,
                "at_most": p.at_most,
                "hard_kept": p.hard_kept,
                "rest_proved": all(t.proved for t in p.rest) if p.rest else None,
            }
            for n, p in enumerate(self.points, 1)
        ]
        return pd.DataFrame(rows).astype({"at_most": "Int64", "rest_proved": "boolean"})

    def costs(self) -> pd.DataFrame:
        """Return a table, one row for each criterion of each point: what the whole regulation costs there."""
        rows = [
            (n, k + 1, self.rules[k], self.labels[k], self.tiers[k], cost)
            for n, p in enumerate(self.points, 1)
            for k, cost in enumerate(p.costs)
        ]
        columns = ["point", "number", "rule", "label", "tier", "cost"]
        return pd.DataFrame(rows, columns=columns).astype({"tier": "Int64"})


def frontier(  # noqa: PLR0913 (all but the first three are named, and have a default)
    case: Case,
    first: int | str,
    second: int | str,
    *,
    points: int | None = None,
    seconds: float = 30.0,
    seed: int = 0,
    workers: int = 2,
    rest: bool = False,
    progress: Callable[[Point], None] | None = None,
) -> Frontier:
    """Find every pair of costs of two soft criteria that no assignment beats in both.

    All hard rules are kept. The other soft criteria are dropped while the two are traded: a pure question of two
    criteria. The method is the ε-constraint: the least of the second criterion while the first costs at most ε, then
    the least of the first given that; the next ε is one below. Ctrl-C keeps the points found, once both ends are there.

    Parameters
    ----------
    first, second : number of a rule (from 1), its name, or its kind where only one rule has it.
    points : so many values of the first criterion are asked for, the two ends included and evenly spaced; default all.
    seconds : time for each point.
    seed, workers : of the solver; one worker gives the same table every time.
    rest : afterwards the other soft criteria are minimised tier after tier, given the two costs of each point.
    progress : called with each point, the two ends first.

    Raises
    ------
    InputError
        If a rule is not there or not soft, both are the same, `points` is below 2, or the case is impossible.
    NotFound
        If the time for a point at an end is over before anything is found.

    References
    ----------
    Y. Y. Haimes, L. S. Lasdon, D. A. Wismer (1971), IEEE Transactions on Systems, Man, and Cybernetics 1:296-297 (the
    ε-constraint); M. Laumanns, L. Thiele, E. Zitzler (2006), European Journal of Operational Research 169:932-942.

    Examples
    --------
    >>> import pandas as pd
    >>> from classi import Case
    >>> pupils = pd.DataFrame({"id": list("abcd"), "sesso": list("FFMM")})
    >>> ties = pd.DataFrame({"da": ["a", "c"], "a": ["b", "d"], "tipo": "preferisce"})
    >>> rules = {"criteria": [{"rule": "balance", "attribute": "sesso", "weight": 1}, {"rule": "wishes", "weight": 1},
    ...                       {"rule": "equal_sizes", "hard": True}]}
    >>> case = Case.from_frames(pupils, pd.DataFrame({"id": ["1A", "1B"]}), ties, rules)
    >>> frontier(case, "balance", "wishes", workers=1).to_frame()[["first", "second", "proved"]].values.tolist()
    [[0, 2, True], [4, 0, True]]
    """
    pair = _soft_pair(case, first, second, points)
    limits = Limits(seconds, None, workers, seed)
    walk = _Walk(admitted(case, limits), pair, rest, limits, progress or (lambda _point: None))
    found = walk.run(points)
    criteria, labels = (
        case.regulation.criteria,
        [case.regulation.label(k) for k in range(len(case.regulation.criteria))],
    )
    return Frontier(
        pair[0] + 1,
        pair[1] + 1,
        found,
        all(p.proved for p in found) and all(_adjoining(*two) for two in pairwise(found)),
        () if rest else tuple(labels[k] for k, c in enumerate(criteria) if not c.hard and k not in pair),
        tuple(c.rule for c in criteria),
        tuple(labels),
        tuple(None if c.hard else c.tier for c in criteria),
    )


def _soft_pair(case: Case, first: int | str, second: int | str, points: int | None) -> tuple[int, int]:
    one, two = positions(case, (first, second))
    criteria, file = case.regulation.criteria, case.regulation.file
    hard = _("This rule is hard: it costs nothing in any assignment, so there is nothing to trade.")
    problems = [Problem(hard, file, value=str(rule)) for rule, k in ((first, one), (second, two)) if criteria[k].hard]
    if one == two:
        problems.append(Problem(_("Two different rules are expected."), file, value=str(first)))
    if points is not None and points < 2:
        problems.append(Problem(_("At least 2 points are expected, one for each end."), value=str(points)))
    if problems:
        raise InputError(problems)
    return one, two


class _Walk:
    """From the end where the second criterion is least to the end where the first is."""

    def __init__(
        self, case: Case, pair: tuple[int, int], rest: bool, limits: Limits, tell: Callable[[Point], None]
    ) -> None:
        self.case, self.limits, self.tell = case, limits, tell
        self.first, self.second = pair
        own = own_prices(case)
        self.hard = [p for p in own if p.weight is None]
        self.rest = [replace(p, tier=REST + p.tier) for p in own if rest and p.weight and p.criterion not in pair]

    def run(self, points: int | None) -> tuple[Point, ...]:
        left, right = self._ends()
        found, last = [left, right], right
        for most in reversed(_asked(left.first, right.first, points)):
            # What was found below an earlier limit answers this one too, and pairs one apart have none between them.
            if most >= last.first or last.second + 1 >= left.second:
                continue
            try:
                trial = self._ask(self.second, self.first, most)
            except KeyboardInterrupt:
                break  # what was found is kept, and not called complete
            if trial.placed is None:
                break  # the limits below are harder still
            last = self._point(trial, most)
            found.append(last)
            self.tell(last)
        return _undominated(found)

    def _ends(self) -> tuple[Point, Point]:
        # Where one criterion is least, tiers answer without any limit on the other.
        left = self._point(needed(self._ask(self.first, self.second)), None, (1, 2))
        left = replace(left, at_most=left.first)
        self.tell(left)
        right = self._point(needed(self._ask(self.second, self.first)), None)
        self.tell(right)
        return left, right

    def _ask(self, sooner: int, later: int, most: int | None = None) -> Trial:
        prices = [*self.hard, Price(sooner, 1, 1), Price(later, 1, 2), *self.rest]
        return attempt(self.case, prices, self.limits, {} if most is None else {self.first: most})

    def _point(self, trial: Trial, most: int | None, tiers: tuple[int, int] = (2, 1)) -> Point:
        assert trial.placed is not None
        return Point(
            trial.costs[self.first],
            trial.costs[self.second],
            trial.bound(tiers[0]),
            trial.bound(tiers[1]),
            most,
            trial.hard_kept,
            tuple(t for t in trial.tiers if t.tier > REST),
            trial.costs,
            trial.placed,
        )


def _asked(low: int, high: int, points: int | None) -> Sequence[int]:
    """Return the values the first criterion is limited to between the two ends, rising."""
    if points is None or points > high - low:
        return range(low + 1, high)
    return sorted({low + j * (high - low) // (points - 1) for j in range(1, points - 1)})


def _undominated(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return the points no other beats, by their first cost; of equal ones the proved, then the one least limited."""

    def order(p: Point) -> tuple[int, int, bool, float]:
        return p.first, p.second, not p.proved, -(inf if p.at_most is None else p.at_most)

    kept: list[Point] = []
    for point in sorted(points, key=order):
        if not kept or point.second < kept[-1].second:
            kept.append(point)
    return tuple(kept)


def _adjoining(one: Point, two: Point) -> bool:
    """Tell whether nothing lies between two neighbours: the first was found below the second, or they are one apart."""
    return one.at_most is None or one.at_most >= two.first - 1 or one.second <= two.second + 1
