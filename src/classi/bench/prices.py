"""The price of each rule: what every other criterion costs when this one is hard, left out, or weighed double."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd  # type: ignore[import-untyped,unused-ignore]

from classi.bench.records import gap
from classi.bench.trial import Price, Trial, admitted, attempt, needed, own_prices, positions
from classi.case import Case
from classi.domain import School
from classi.errors import InputError, Problem
from classi.formation.engine import Limits
from classi.formation.solve import TierResult
from classi.i18n import _

CHANGES = ("hard", "absent", "double")
OUTCOMES = {"INFEASIBLE": "impossible", "UNKNOWN": "unknown"}
COLUMNS = (
    "changed", "changed_label", "change", "outcome", "number", "rule", "label", "tier", "before", "after", "difference",
    "before_proved", "after_proved", "before_gap", "after_gap", "exact",
)  # fmt: skip


def prices(
    case: Case,
    rules: Sequence[int | str] | None = None,
    *,
    changes: Sequence[str] = CHANGES,
    seconds: float = 30.0,
    seed: int = 0,
    workers: int = 2,
    settle: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Solve the case again for each change of each rule, and set the cost of every criterion beside what it was.

    What a rule counts does not change with it: a rule that is left out, even one that closes classes to pupils, leaves
    the others the very limits they had, so that costs before and after can be compared.

    Parameters
    ----------
    rules : the rules to change, as `classi.bench.trial.positions` finds them; default all of them.
    changes : of ``"hard"`` (its cost must be 0), ``"absent"`` (left out), ``"double"`` (twice the weight, same tier). A
        hard rule can only be left out.
    seconds : time for each run: one as it is, and at most one for each rule and change.
    seed, workers : of the solver; one worker gives the same table every time.
    settle : the best value of a tier fixes the sum over its criteria, not each of them. True: of all best assignments
        the one is taken that is best for the criteria one by one, in the order of the regulation (one left out comes
        last), which fixes every cost. False is quicker, and such cells are not exact.
    progress : called with the runs done and the runs in all.

    Returns
    -------
    pandas.DataFrame
        One row for each change of a rule (`changed` its number, `changed_label`, `change`) and each criterion
        (`number`, `rule`, `label`, `tier`; no tier = hard). `outcome` is found, impossible (proved) or unknown (the
        time was over).
        `before`, `after`, `difference` : cost as it is, with the change, and after − before, in the criterion's unit,
        weight not included. `*_proved` : no other value is possible in a best assignment of that run. `*_gap` : gap
        of the criterion's tier in that run. `exact` : both are proved.

    Raises
    ------
    InputError
        If a rule or change is not known, or the case is impossible as it is.
    NotFound
        If the time is over before anything is found for the case as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> from classi import Case
    >>> pupils = pd.DataFrame({"id": list("abcd"), "sesso": list("FFMM")})
    >>> ties = pd.DataFrame({"da": ["a"], "a": ["b"], "tipo": "preferisce"})
    >>> rules = {"criteria": [{"rule": "balance", "attribute": "sesso", "weight": 1}, {"rule": "wishes", "weight": 1},
    ...                       {"rule": "equal_sizes", "hard": True}]}
    >>> case = Case.from_frames(pupils, pd.DataFrame({"id": ["1A", "1B"]}), ties, rules)
    >>> table = prices(case, ["wishes"], changes=["hard"], workers=1)
    >>> table[["rule", "before", "after", "exact"]].values.tolist()[:2]
    [['balance', 0, 4, True], ['wishes', 1, 0, True]]
    """
    unknown = [c for c in changes if c not in CHANGES]
    if unknown:
        message = _("A change is one of: {changes}.").format(changes=", ".join(CHANGES))
        raise InputError([Problem(message, value=c) for c in unknown])
    chosen = range(len(case.regulation.criteria)) if rules is None else positions(case, rules)
    limits = Limits(seconds, None, workers, seed)
    study = _Study(admitted(case, limits), limits, settle)
    asked = [(k, c) for k in chosen for c in changes if c == "absent" or not case.regulation.criteria[k].hard]
    rows: list[tuple[object, ...]] = []
    for done, (k, change) in enumerate(asked, 1):
        rows += study.rows(k, change)
        if progress is not None:
            progress(done, len(asked))
    whole = ["tier", "before", "after", "difference"]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(whole, "Int64"))


@dataclass(frozen=True)
class _Plan:
    """What a run asks, and from which tier on each criterion has only one cost left (0: it never has another)."""

    prices: tuple[Price, ...]
    fixed: Mapping[int, int]


@dataclass(frozen=True)
class _Run:
    plan: _Plan
    trial: Trial

    def tier(self, k: int) -> TierResult | None:
        """Return the result of the tier a criterion is weighed in; one left out, where it is settled last."""
        of = next((p.tier for p in self.plan.prices if p.criterion == k), 0)
        return self.trial.result(of)

    def proved(self, k: int) -> bool:
        """Tell whether criterion `k` costs the same in every assignment that is best in the sense of this run."""
        if self.trial.placed is None:
            return self.trial.status == "INFEASIBLE"
        result, last = self.tier(k), self.plan.fixed.get(k)
        if result is not None and result.value == 0:
            last = result.tier  # a sum of 0 fixes all its parts
        return last is not None and all(t.proved for t in self.trial.tiers if t.tier <= last)


def _plan(prices: Iterable[Price], order: Sequence[int], quiet: Iterable[int], *, settle: bool) -> _Plan:
    """Let tiers of one criterion each follow the tiers of some prices.

    `order` : the criteria that can cost anything, in the order in which they are settled; `quiet` : the others.
    """
    fixed = dict.fromkeys(quiet, 0)
    asked = tuple(p for p in prices if p.criterion in order)
    fixed |= {p.criterion: 0 for p in asked if p.weight is None}
    groups: dict[int, list[int]] = defaultdict(list)
    for p in asked:
        if p.weight is not None:
            groups[p.tier].append(p.criterion)
    tier_of = {k: tier for tier, group in groups.items() for k in group}
    fixed |= {group[0]: tier for tier, group in groups.items() if len(group) == 1}
    if not settle:
        return _Plan(asked, fixed)
    settling: list[Price] = []
    base = max([0, *groups])
    for k in order:
        if k in fixed:
            continue
        if k in tier_of and k == groups[tier_of[k]][-1]:
            fixed[k] = base + len(settling)  # the sum and all the others fix the last
            continue
        settling.append(Price(k, 1, base + len(settling) + 1))
        fixed[k] = settling[-1].tier
    return _Plan((*asked, *settling), fixed)


class _Study:
    """A case as it is, and the same with one rule changed."""

    def __init__(self, case: Case, limits: Limits, settle: bool) -> None:
        self.case, self.limits, self.settle = case, limits, settle
        self.spoken = {t.criterion for t in case.terms}
        self.quiet = set(range(len(case.regulation.criteria))) - self.spoken
        self.own = own_prices(case)
        self.before = self._run(self.own)
        needed(self.before.trial)

    def _run(self, prices: Iterable[Price], last: int | None = None, school: School | None = None) -> _Run:
        order = sorted(self.spoken, key=lambda k: (k == last, k))
        plan = _plan(prices, order, self.quiet, settle=self.settle)
        return _Run(plan, attempt(self.case, plan.prices, self.limits, school=school))

    def _changed(self, k: int, change: str) -> _Run:
        if k not in self.spoken:
            return self.before
        if change == "absent":
            rest = [p for p in self.own if p.criterion != k]
            return self._run(rest, k, _opened(self.case, k))
        price = self.own[k]
        alone = all(p.tier != price.tier for p in self.own if p.criterion in self.spoken and p.criterion != k)
        if self.before.trial.costs[k] == 0 or (change == "double" and alone):
            # The assignment found is still allowed, and whatever it was best among costs no less now.
            return self.before
        new = replace(price, weight=2 * (price.weight or 1)) if change == "double" else Price(k, None, 0)
        return self._run(new if p.criterion == k else p for p in self.own)

    def rows(self, k: int, change: str) -> Iterator[tuple[object, ...]]:
        """Yield what each criterion costs with one rule changed."""
        before, after = self.before, self._changed(k, change)
        regulation = self.case.regulation
        outcome = OUTCOMES.get(after.trial.status, "found")
        for j, criterion in enumerate(regulation.criteria):
            old = before.trial.costs[j]
            new = after.trial.costs[j] if after.trial.costs else None
            proved = [run.proved(j) for run in (before, after)]
            yield (
                k + 1,
                regulation.label(k),
                change,
                outcome,
                j + 1,
                criterion.rule,
                regulation.label(j),
                None if criterion.hard else criterion.tier,
                old,
                new,
                None if new is None else new - old,
                *proved,
                *(None if r is None else gap(r.value, r.bound) for r in (before.tier(j), after.tier(j))),
                all(proved) and new is not None,
            )


def _opened(case: Case, k: int) -> School:
    """Return the school with the classes that only rule `k` closes open again."""
    criteria, school = case.regulation.criteria, case.school
    if not criteria[k].hard or criteria[k].allowed(school) is None:
        return school
    everywhere = frozenset(range(len(school.classes)))
    seats = [everywhere for _pupil in school.pupils]
    if case.seats is not None:
        at = {c.id: n for n, c in enumerate(school.classes)}
        seats = [frozenset(at[c] for c in case.seats[p.id]) for p in school.pupils]
    others = [a for j, c in enumerate(criteria) if j != k and c.hard and (a := c.allowed(school)) is not None]
    return replace(school, open=tuple(one.intersection(*rest) for one, *rest in zip(seats, *others, strict=True)))
