"""Tests of the fairness tools: against every assignment of a tiny school, and against figures worked out by hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import permutations, product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapes

import oversubscribed
from classi import Case
from classi.bench import frontier as frontier_module
from classi.bench import prices as prices_module
from classi.bench import trial
from classi.bench.frontier import Frontier, frontier
from classi.bench.prices import prices
from classi.bench.trial import Trial, admitted, attempt, own_prices, positions
from classi.errors import AuditFailure, InputError, NotFound
from classi.formation.engine import Limits

ONE: dict[str, Any] = {"seconds": 20.0, "workers": 1}
LIMITS = Limits(20, None, 1, 0)
SIZES = {"rule": "equal_sizes", "tolerance": 1, "hard": True}
RULES: list[dict[str, Any]] = [
    SIZES,
    {"rule": "balance", "attribute": "sesso", "weight": 2},
    {"rule": "wishes", "weight": 3},
    {"rule": "balance", "name": "Cittadinanza", "attribute": "straniero", "weight": 1},
    {"rule": "requests", "attribute": "plesso", "weight": 1, "tier": 2},
    {"rule": "level_bands", "attribute": "livello", "weight": 1, "tier": 2},
    {"rule": "eligibility", "attribute": "plesso", "hard": True},
]


def tiny(seed: int, rules: list[dict[str, Any]] = RULES, pupils: int = 5) -> Case:
    """Build a school whose rules pull in different directions: girls wish for girls, foreigners for foreigners."""
    rng = random.Random(seed)
    rows = [
        {
            "id": f"p{i}",
            "sesso": rng.choice("FM"),
            "cittadinanza": rng.choice(["italiana", "romena"]),
            "livello": rng.choice([6, 7, 9]),
            "plesso_1": "Nord" if i else "Sud",
            "plesso_2": "Sud" if i > 2 else None,
        }
        for i in range(pupils)
    ]
    ties = [{"da": f"p{a}", "a": f"p{b}", "tipo": "preferisce"} for a, b in permutations(range(pupils), 2)]
    alike = [t for t in ties if rows[int(t["da"][1:])]["sesso"] == rows[int(t["a"][1:])]["sesso"] or rng.random() < 0.2]
    chosen = rng.sample(alike, min(len(alike), 7))
    classes = pd.DataFrame(
        [{"id": "1A", "plesso": "Nord"}, {"id": "1B", "plesso": "Nord"}, {"id": "1C", "plesso": "Sud"}]
    )
    return Case.from_frames(pd.DataFrame(rows), classes, pd.DataFrame(chosen), {"criteria": rules})


def all_costs(case: Case) -> list[list[int]]:
    """Return the cost of every criterion in every assignment, by the plain evaluator of the tests."""
    found = []
    for places in product(range(len(case.school.classes)), repeat=len(case.school.pupils)):
        costs = [0] * len(case.regulation.criteria)
        for term in case.terms:
            costs[term.criterion] += shapes.excess(term.shape, places)
        found.append(costs)
    return found


def kept(case: Case, costs: list[int], without: int | None = None) -> bool:
    return all(costs[k] == 0 for k, c in enumerate(case.regulation.criteria) if c.hard and k != without)


# --- frontier ---


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("pair", [(2, 3), (4, 3), (5, 2)])
def test_that_the_frontier_is_that_of_all_assignments(seed: int, pair: tuple[int, int]) -> None:
    case = tiny(seed)
    one, two = pair[0] - 1, pair[1] - 1
    met = {(c[one], c[two]) for c in all_costs(case) if kept(case, c)}
    best = sorted(p for p in met if not any(q[0] <= p[0] and q[1] <= p[1] and q != p for q in met))
    found = frontier(case, *pair, **ONE)
    assert [(p.first, p.second) for p in found.points] == best
    assert found.complete and all(p.proved and p.hard_kept and not p.rest for p in found.points)
    for point in found.points:
        assert case.audit(point.placed).audit.hard_kept
        assert tuple(a.cost for a in case.audit(point.placed).audit.criteria) == point.costs
    assert len(found.dropped) == 3


MANY = [
    {"rule": "class_size", "max": 5, "hard": True},
    {"rule": "equal_sizes", "name": "Sizes", "weight": 1},
    {"rule": "wishes", "name": "Wishes", "weight": 1},
    {"rule": "balance", "attribute": "sesso", "weight": 1, "tier": 2},
]


@cache
def traded() -> tuple[Case, Frontier]:
    """Return a school with points between the two ends of its frontier."""
    case = tiny(2, MANY)
    return case, frontier(case, 2, 3, **ONE)


@cache
def price_table() -> pd.DataFrame:
    return prices(tiny(3), **ONE)


def test_that_some_points_are_part_of_all_points_and_say_that_others_may_be_missing() -> None:
    case, whole = traded()
    assert len(whole.points) >= 4 and whole.complete
    seen: list[Any] = []
    some = frontier(case, "Sizes", "Wishes", points=3, progress=seen.append, **ONE)
    pairs = [(p.first, p.second) for p in whole.points]
    assert {(p.first, p.second) for p in some.points} < set(pairs)
    assert len(some.points) == 3 and not some.complete
    assert [(p.first, p.second) for p in seen[:2]] == [pairs[0], pairs[-1]]
    ends = frontier(case, "Sizes", "Wishes", points=2, **ONE)
    assert [(p.first, p.second) for p in ends.points] == [pairs[0], pairs[-1]] and not ends.complete


def test_that_the_rest_is_the_best_given_the_two() -> None:
    case = tiny(1)
    found = frontier(case, 2, "wishes", rest=True, **ONE)
    assert found.dropped == ()
    costs = [c for c in all_costs(case) if kept(case, c)]
    for point in found.points:
        here = [c for c in costs if (c[1], c[2]) == (point.first, point.second)]
        assert tuple(t.value for t in point.rest) == min((c[3], c[4] + c[5]) for c in here)
    assert found.to_frame()["rest_proved"].all()


def test_that_the_tables_of_a_frontier_are_tidy() -> None:
    case, found = traded()
    table, costs = found.to_frame(), found.costs()
    assert table["first"].is_monotonic_increasing and table["second"].is_monotonic_decreasing
    assert set(table["first_label"]) == {"Sizes"} and table["first_gap"].eq(0).all()
    assert table["at_most"].isna().tolist() == [False] * (len(table) - 1) + [True]
    assert table["rest_proved"].isna().all()
    assert len(costs) == len(table) * 4 and not costs.duplicated(["point", "number"]).any()
    assert costs[costs["number"] == 3]["cost"].tolist() == table["second"].tolist()
    assert costs["tier"].isna().sum() == len(table)
    assert costs["rule"].unique().tolist() == [c.rule for c in case.regulation.criteria]


def doubting(run: Callable[..., Trial], *tiers: int) -> Callable[..., Trial]:
    """Return a run whose bounds in some tiers are one too low, as if its time had been over."""

    def doubted(*arguments: Any, **named: Any) -> Trial:
        found = run(*arguments, **named)
        lower = tuple(replace(t, bound=t.bound - (t.tier in tiers and t.value > 0)) for t in found.tiers)
        return replace(found, tiers=lower)

    return doubted


def test_that_a_point_without_proof_has_its_gap_and_the_frontier_is_not_called_complete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case, whole = traded()
    monkeypatch.setattr(frontier_module, "attempt", doubting(attempt, 1))
    found = frontier(case, 2, 3, **ONE)
    assert [(p.first, p.second) for p in found.points] == [(p.first, p.second) for p in whole.points]
    assert not found.complete and not any(p.proved for p in found.points[1:-1])
    row = found.to_frame().iloc[1]
    assert row["second_gap"] == 1 / row["second"] and row["first_gap"] == 0 and not row["proved"]


def test_that_points_found_without_proof_are_left_out_when_another_is_better(monkeypatch: pytest.MonkeyPatch) -> None:
    case, whole = traded()
    left = whole.points[0]
    worse = Trial("FEASIBLE", left.placed, (), (0, left.first, left.second + 5, 0), True)

    def poor(*arguments: Any, **named: Any) -> Trial:
        return worse if arguments[3] else attempt(*arguments, **named)

    monkeypatch.setattr(frontier_module, "attempt", poor)
    found = frontier(case, 2, 3, **ONE)
    assert [(p.first, p.second) for p in found.points] == [(p.first, p.second) for p in (left, whole.points[-1])]
    assert not found.complete


def test_that_the_walk_ends_when_nothing_is_found_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    case, whole = traded()
    asked = []

    def late(*arguments: Any, **named: Any) -> Trial:
        asked.append(arguments[3])
        return Trial("UNKNOWN") if arguments[3] else attempt(*arguments, **named)

    monkeypatch.setattr(frontier_module, "attempt", late)
    found = frontier(case, 2, 3, **ONE)
    assert len(found.points) == 2 and len(asked) == 3 and not found.complete
    assert len(whole.points) > 2


def test_that_ctrl_c_keeps_the_points_found_but_no_half_of_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    case, whole = traded()
    true = trial.solve

    def interrupted(*arguments: Any, **named: Any) -> Any:
        found = true(*arguments, **named)
        if named["caps"]:
            named["clock"].stop.set()
        return found

    monkeypatch.setattr(trial, "solve", interrupted)
    found = frontier(case, 2, 3, **ONE)
    assert [(p.first, p.second) for p in found.points] == [
        (p.first, p.second) for p in (whole.points[0], whole.points[-1])
    ]
    assert not found.complete
    with pytest.raises(KeyboardInterrupt):
        attempt(case, own_prices(case), LIMITS, {1: 100})


def test_that_a_criterion_without_anything_to_count_costs_nothing() -> None:
    case = tiny(0, [*MANY, {"rule": "keep_class", "weight": 1}])
    found = frontier(case, "keep_class", "Wishes", **ONE)
    assert [(p.first, p.proved) for p in found.points] == [(0, True)] and found.complete


@pytest.mark.parametrize(
    ("arguments", "named", "problems"),
    [
        ((1, 7), {}, 2),
        ((2, 2), {}, 1),
        ((2, 3), {"points": 1}, 1),
        ((99, "no such rule"), {}, 2),
        (("balance", 3), {}, 1),
    ],
)
def test_that_questions_that_cannot_be_asked_are_refused(
    arguments: tuple[Any, Any], named: dict[str, Any], problems: int
) -> None:
    with pytest.raises(InputError) as error:
        frontier(tiny(0), *arguments, **named)
    assert len(error.value.problems) == problems


# --- one run ---


def test_that_a_rule_is_found_by_number_name_or_kind() -> None:
    case = tiny(0)
    assert positions(case, [1, "3", "cittadinanza", "wishes"]) == [0, 2, 3, 2]
    with pytest.raises(InputError, match=r"2 .*4 Cittadinanza"):
        positions(case, ["balance"])
    with pytest.raises(InputError, match="Cittadinanza"):
        positions(case, ["Citadinanza"])
    with pytest.raises(InputError):
        positions(case, [0])


def test_that_an_impossible_case_and_one_without_an_answer_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    case = tiny(0, [{"rule": "class_size", "max": 1, "hard": True}, *RULES[1:4]])
    with pytest.raises(InputError):
        frontier(case, 2, 3, **ONE)
    with pytest.raises(InputError):
        prices(case, **ONE)
    monkeypatch.setattr(prices_module, "attempt", lambda *_a, **_n: Trial("UNKNOWN"))
    with pytest.raises(NotFound):
        prices(case, **ONE)


@pytest.mark.parametrize("field", ["value", "places", "hard", "cap"])
def test_that_an_answer_the_auditor_does_not_confirm_is_never_used(monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    case = tiny(0)
    true = trial.solve

    def lying(*arguments: Any, **named: Any) -> Any:
        found = true(*arguments, **named)
        if field == "value":
            return replace(found, tiers=tuple(replace(t, value=t.value + 1) for t in found.tiers))
        if field == "places":
            return replace(found, places=tuple((c + 1) % 3 for c in found.places))
        if field == "hard":
            return replace(found, places=(0,) * 5, tiers=())
        return replace(found, tiers=())

    monkeypatch.setattr(trial, "solve", lying)
    most = {2: -1} if field == "cap" else {}
    if field == "cap":
        monkeypatch.setattr(trial, "solve", lambda *a, **n: lying(*a, **{**n, "caps": ()}))
    with pytest.raises(AuditFailure):
        attempt(case, own_prices(case), LIMITS, most)


GATE = """[[criteria]]
rule = "eligibility"
attribute = "plesso"
first_only = true
hard = true

[admission]
"""


def test_that_a_run_is_about_those_who_have_a_seat_and_a_seat_outlives_the_rule(tmp_path: Path) -> None:
    rules = oversubscribed.RULES.replace("[admission]\n", GATE, 1)
    everybody = Case.read(oversubscribed.write_school(tmp_path / "case", rules=rules))
    inside = admitted(everybody, LIMITS)
    assert (len(everybody.school.pupils), len(inside.school.pupils)) == (16, 12)
    assert admitted(inside, LIMITS) is inside
    seated = attempt(inside, own_prices(inside), LIMITS)
    assert seated.placed is not None and set(seated.placed) == {p.id for p in inside.school.pupils}
    table = prices(everybody, ["eligibility"], **ONE)
    assert table["before"].tolist() == list(seated.costs)
    # Every seat is in one class here: without the rule that closed the others, the seats still do.
    assert set(table["difference"]) == {0} and set(table["change"]) == {"absent"}


# --- prices ---


def best_costs(case: Case, costs_of_all: list[list[int]], k: int, change: str) -> list[int] | None:
    """Return what every criterion costs in the one assignment `prices` promises, by trying them all."""
    criteria = case.regulation.criteria
    tiers: dict[int, list[tuple[int, int]]] = {}
    for j, c in enumerate(criteria):
        if not c.hard and (j != k or change == "double"):
            weight = (c.weight or 0) * (2 if j == k else 1)
            tiers.setdefault(c.tier, []).append((j, weight))
    order = sorted(range(len(criteria)), key=lambda j: (j == k and change == "absent", j))

    def rank(costs: list[int]) -> tuple[int, ...]:
        sums = [sum(w * costs[j] for j, w in tiers[t]) for t in sorted(tiers)]
        return (*sums, *(costs[j] for j in order if not criteria[j].hard or j == k))

    allowed = [
        c for c in costs_of_all if kept(case, c, k if change == "absent" else None) and (change != "hard" or c[k] == 0)
    ]
    return min(allowed, key=rank) if allowed else None


def test_that_every_price_is_that_of_all_assignments() -> None:
    case, table = tiny(3), price_table()
    every = all_costs(case)
    as_it_is = best_costs(case, every, -1, "")
    for (changed, change), rows in table.groupby(["changed", "change"]):
        expected = best_costs(case, every, int(changed) - 1, str(change))
        assert rows["before"].tolist() == as_it_is
        assert rows["number"].tolist() == list(range(1, 8))
        if expected is None:
            assert set(rows["outcome"]) == {"impossible"} and not rows["exact"].any() and rows["after_proved"].all()
            assert rows["after"].isna().all() and rows["difference"].isna().all()
        else:
            assert rows["after"].tolist() == expected, (changed, change)
            assert (rows["difference"] == rows["after"] - rows["before"]).all()
            assert rows["exact"].all() and rows["before_proved"].all() and rows["after_proved"].all()
    assert set(table[table["changed"].isin([1, 7])]["change"]) == {"absent"}
    assert len(table) == 7 * (5 * 3 + 2)


def test_that_the_school_tried_shows_every_kind_of_price() -> None:
    table = price_table()
    others = table[table["changed"] != table["number"]]
    for change in ("hard", "absent", "double"):
        assert (others[others["change"] == change]["difference"].fillna(0) != 0).any(), change
    assert "impossible" in set(table["outcome"])
    gate = others[(others["changed"] == 7) & (others["change"] == "absent")]
    assert (gate["difference"] != 0).any()


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_that_without_settling_only_costs_that_cannot_differ_are_called_exact(seed: int) -> None:
    case = tiny(seed)
    table = prices(case, [2, 5], changes=["absent"], settle=False, **ONE)
    costs = [c for c in all_costs(case) if kept(case, c)]
    for (changed,), rows in table.groupby(["changed"]):
        k = int(changed) - 1
        weights = {1: 2, 2: 3, 3: 1, 4: 1, 5: 1}
        weights.pop(k)

        def rank(c: list[int], weights: dict[int, int] = weights) -> tuple[int, int]:
            first, second = ({j: w for j, w in weights.items() if (j < 4) == early} for early in (True, False))
            return sum(w * c[j] for j, w in first.items()), sum(w * c[j] for j, w in second.items())

        least = min(map(rank, costs))
        ties = [c for c in costs if rank(c) == least]
        for _i, row in rows[rows["after_proved"]].iterrows():
            assert {c[row["number"] - 1] for c in ties} == {row["after"]}
        assert rows[rows["number"] == changed]["after_gap"].isna().all()
    assert not table[(table["number"] == table["changed"])]["exact"].any()


def test_that_what_is_not_proved_is_not_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    case, seen = tiny(2), []
    monkeypatch.setattr(prices_module, "attempt", doubting(attempt, 2))
    table = prices(case, ["wishes"], changes=["absent"], progress=lambda *p: seen.append(p), **ONE)
    second = table[table["tier"] == 2]
    assert second["before"].sum() > 0 and not second["exact"].any() and second["before_gap"].gt(0).all()
    assert table[table["tier"].isna()]["exact"].all()
    assert seen == [(1, 1)]


def test_that_a_change_that_finds_nothing_in_time_is_called_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    case = tiny(0)
    runs = iter([attempt])

    def once(*arguments: Any, **named: Any) -> Trial:
        run = next(runs, None)
        return Trial("UNKNOWN") if run is None else run(*arguments, **named)

    monkeypatch.setattr(prices_module, "attempt", once)
    table = prices(case, ["wishes"], changes=["absent"], **ONE)
    assert set(table["outcome"]) == {"unknown"} and table["after"].isna().all()
    assert not table["after_proved"].any() and not table["exact"].any() and table["before_proved"].all()


def test_that_a_rule_that_counts_nothing_has_no_price() -> None:
    case = tiny(0, [*MANY, {"rule": "keep_class", "weight": 1}])
    table = prices(case, ["keep_class"], **ONE)
    assert (table["difference"] == 0).all() and table["exact"].all() and len(table) == 15


def test_that_changes_that_are_none_are_refused() -> None:
    with pytest.raises(InputError) as error:
        prices(tiny(0), changes=["hard", "soft", "triple"])
    assert [p.value for p in error.value.problems] == ["soft", "triple"]
