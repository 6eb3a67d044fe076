"""One run of a case with prices that need not be its own, solved and counted by the auditor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from classi.audit import Audit
from classi.case import Case
from classi.domain import School, text_key
from classi.errors import AuditFailure, InputError, NotFound, Problem
from classi.formation.engine import Clock, Limits
from classi.formation.solve import Cap, TierResult, solve
from classi.i18n import _
from classi.rule_errors import nearest
from classi.seating import give_seats
from classi.terms import Shape, Term


@dataclass(frozen=True, slots=True)
class Price:
    """What a run asks of the criterion at a position of the regulation: excess 0 (``weight is None``), or its price."""

    criterion: int
    weight: int | None = 1
    tier: int = 1


@dataclass(frozen=True)
class Trial:
    """What a run found.

    Attributes
    ----------
    status : as `classi.formation.solve.Solution.status`.
    placed : class id of each pupil id; ``None`` when nothing was found.
    tiers : value and proved bound of each tier, most important first.
    costs : cost of every criterion of the regulation, counted by the auditor.
    hard_kept : the auditor finds every hard rule of the case kept, those the run left out included.
    """

    status: str
    placed: Mapping[str, str] | None = None
    tiers: tuple[TierResult, ...] = ()
    costs: tuple[int, ...] = ()
    hard_kept: bool = False

    def result(self, tier: int) -> TierResult | None:
        """Return what was reached in a tier; ``None`` where nothing was asked there."""
        return next((t for t in self.tiers if t.tier == tier), None)

    def bound(self, tier: int) -> int:
        """Return the proved bound of a tier; 0 where no term is in it, so that it costs nothing anywhere."""
        result = self.result(tier)
        return 0 if result is None else result.bound


def own_prices(case: Case) -> tuple[Price, ...]:
    """Return the prices of the regulation itself."""
    return tuple(
        Price(k, None if c.hard else c.weight, 0 if c.hard else c.tier) for k, c in enumerate(case.regulation.criteria)
    )


def attempt(
    case: Case,
    prices: Sequence[Price],
    limits: Limits,
    most: Mapping[int, int] | None = None,
    school: School | None = None,
) -> Trial:
    """Solve a case under other prices, and let the auditor count the answer.

    Parameters
    ----------
    prices : what is asked of each criterion. One that is not named is left out; one named twice counts twice.
    most : greatest cost allowed to some criteria, by position.
    school : the same pupils and classes with other classes open to them; default those of the case.

    Raises
    ------
    AuditFailure
        If the auditor counts something else than the solver.
    KeyboardInterrupt
        If Ctrl-C ended the run.
    """
    shapes: dict[int, list[Shape]] = defaultdict(list)
    for term in case.terms:
        shapes[term.criterion].append(term.shape)
    terms = [Term(shape, p.criterion, p.weight, p.tier) for p in prices for shape in shapes[p.criterion]]
    caps = [Cap(tuple(Term(s, k, 1, 1) for s in shapes[k]), value) for k, value in (most or {}).items()]
    clock = Clock(limits)
    solution = solve(school or case.school, terms, limits, clock=clock, caps=caps)
    if clock.stop.is_set():
        raise KeyboardInterrupt  # Ctrl-C ends one run with its best; here many more would follow
    if solution.places is None:
        return Trial(solution.status)
    ids = [c.id for c in case.school.classes]
    placed = {p.id: ids[c] for p, c in zip(case.school.pupils, solution.places, strict=True)}
    audit = case.audit(placed).audit
    _agree(audit, prices, solution.tiers, most or {})
    costs = tuple(a.cost for a in audit.criteria)
    return Trial(solution.status, placed, solution.tiers, costs, audit.hard_kept)


def _agree(audit: Audit, prices: Sequence[Price], tiers: Sequence[TierResult], most: Mapping[int, int]) -> None:
    costs = [a.cost for a in audit.criteria]
    counted: dict[int, int] = defaultdict(int)
    for p in prices:
        counted[0 if p.weight is None else p.tier] += (p.weight or 1) * costs[p.criterion]
    different = [
        _("Tier {tier}: the solver says {cost}, the auditor {audited}.").format(
            tier=t.tier, cost=t.value, audited=counted[t.tier]
        )
        for t in tiers
        if t.value != counted[t.tier]
    ]
    if any(costs[p.criterion] for p in prices if p.weight is None) or any(costs[k] > v for k, v in most.items()):
        different.append(_("The auditor finds a hard rule broken."))
    if different or audit.structure:
        raise AuditFailure("\n".join([*different, *audit.structure]))


def needed(trial: Trial) -> Trial:
    """Return a run that found something.

    Raises
    ------
    InputError
        If the case is proved impossible.
    NotFound
        If nothing was found in the time allowed.
    """
    if trial.status == "INFEASIBLE":
        raise InputError([Problem(_("No assignment keeps all the hard rules."))])
    if trial.placed is None:
        raise NotFound(_("No assignment was found within the limits, and none was proved impossible."))
    return trial


def admitted(case: Case, limits: Limits) -> Case:
    """Return the case of those who have a seat; the case itself where nobody needs one."""
    if case.seats is not None:
        return case
    seated = give_seats(case, Clock(limits))
    return case if seated is None else seated.inside


def positions(case: Case, rules: Iterable[int | str]) -> list[int]:
    """Return the positions in the regulation of rules named by people.

    Parameters
    ----------
    rules : for each its number, from 1 as in every table and report; or its name; or its kind, where only one has it.

    Raises
    ------
    InputError
        With every rule that is not there, or not told from others.
    """
    found, problems = [], []
    for rule in rules:
        at = _matches(case, rule)
        if len(at) == 1:
            found.append(at[0])
            continue
        criteria = case.regulation.criteria
        known = [case.regulation.label(k) for k in (at or range(len(criteria)))]
        message = (
            _("Several rules are called like this: the number of one is expected, or its name.")
            if at
            else _("The regulation has no such rule: a number from 1 to {last} is expected, or the name of a rule.")
        )
        hint = "; ".join(f"{k + 1} {case.regulation.label(k)}" for k in at) or nearest(str(rule), known)
        problems.append(Problem(message.format(last=len(criteria)), case.regulation.file, value=str(rule), hint=hint))
    if problems:
        raise InputError(problems)
    return found


def _matches(case: Case, rule: int | str) -> list[int]:
    criteria = case.regulation.criteria
    if isinstance(rule, int) or rule.strip().isdecimal():
        return [int(rule) - 1] if 1 <= int(rule) <= len(criteria) else []
    key = text_key(rule)
    named = [k for k in range(len(criteria)) if text_key(case.regulation.label(k)) == key]
    return named or [k for k, c in enumerate(criteria) if text_key(c.rule) == key]
