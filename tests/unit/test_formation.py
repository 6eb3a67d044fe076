"""Tests that the solver's answers are right: against brute force, against arithmetic, and when it is interrupted."""

from __future__ import annotations

import threading
import time
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import tiny
from classi.domain import School
from classi.formation import bounds
from classi.formation.blocks import blocks
from classi.formation.bounds import domains
from classi.formation.conflict import explain_conflict
from classi.formation.counting import counting_arguments
from classi.formation.encode import Encoding, linear
from classi.formation.engine import Clock, Limits, run
from classi.formation.search import Board, swap_search
from classi.formation.solve import Progress, solve
from classi.i18n import use_language
from classi.regulation import Regulation
from classi.terms import Band, Pair, Range, Term

ONE = Limits(seconds=20, workers=1)


def ready(
    rules: list[dict[str, Any]], pupils: Any, classes: Any, ties: Any = ()
) -> tuple[School, Regulation, list[Term]]:
    regulation = tiny.regulation(rules)
    plain = tiny.school(pupils, classes, ties)
    school = regulation.bind(plain)
    return school, regulation, regulation.terms(school)


def lexicographic(board: Board, places: tuple[int, ...], tiers: list[int]) -> tuple[int, ...]:
    return tuple(board.tier_cost(places, t) for t in tiers)


@pytest.mark.parametrize("shift", range(6))
def test_that_every_tier_is_the_best_of_all_assignments(shift: int) -> None:
    rules = [{**rule, "weight": 1 + (k + shift) % 3, "tier": 1 + (k + shift) % 2} for k, rule in enumerate(tiny.RULES)]
    rules.append({"rule": "class_size", "max": 3, "hard": True})
    school, _regulation, terms = ready(rules, tiny.PUPILS, tiny.CLASSES, tiny.TIES)
    board = Board(school, terms)
    allowed = [p for p in product(range(3), repeat=5) if board.hard_cost(p) == 0]
    best = min(lexicographic(board, p, [1, 2]) for p in allowed)
    solution = solve(school, terms, ONE)
    assert solution.status == "OPTIMAL" and solution.stopped == "proved"
    assert tuple(t.value for t in solution.tiers) == best
    assert solution.places is not None and lexicographic(board, solution.places, [1, 2]) == best
    assert all(t.bound == t.value and t.proof in ("arithmetic", "search") for t in solution.tiers)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_that_the_arithmetic_bound_is_never_above_the_best(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(range(len(tiny.RULES))), min_size=1, max_size=6, unique=True))
    hard = data.draw(st.lists(st.sampled_from(range(len(tiny.RULES))), max_size=2))
    rules = [tiny.RULES[k] for k in chosen] + [{**tiny.RULES[k], "hard": True} for k in hard]
    school, _regulation, terms = ready(rules, tiny.PUPILS, tiny.CLASSES, tiny.TIES)
    board = Board(school, terms)
    allowed = [p for p in product(range(3), repeat=5) if board.hard_cost(p) == 0]
    assume(allowed)
    must = [t for t in terms if t.weight is None]
    rooms = domains(school, must)
    low = bounds.bound(bounds.groups([t for t in terms if t.weight is not None], rooms, must))
    assert low <= min(board.tier_cost(p, 1) for p in allowed)
    assert bounds.bound(bounds.groups(must, rooms)) == 0


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_that_the_bound_of_the_blocks_is_never_above_the_best(data: st.DataObject) -> None:
    ties = [k for k, r in enumerate(tiny.RULES) if r["rule"] in ("wishes", "together", "apart", "wish_at_least_one")]
    chosen = data.draw(st.lists(st.sampled_from(ties), min_size=1, max_size=4, unique=True))
    chosen += data.draw(st.lists(st.sampled_from(range(len(tiny.RULES))), max_size=4, unique=True))
    hard = data.draw(st.lists(st.sampled_from(range(len(tiny.RULES))), max_size=3))
    first = data.draw(st.lists(st.sampled_from(range(len(tiny.RULES))), max_size=2))
    rules = [{**tiny.RULES[k], "weight": 1 + k % 3, "tier": 2} for k in chosen]
    rules += [{**tiny.RULES[k], "hard": True} for k in hard] + [{**tiny.RULES[k], "weight": 1} for k in first]
    rules.append({"rule": "at_most_per_class", "each": "scuola_provenienza", "limit": 1, "weight": 2, "tier": 2})
    school, _regulation, terms = ready(rules, tiny.PUPILS, tiny.CLASSES, tiny.TIES)
    board = Board(school, terms)
    allowed = [p for p in product(range(3), repeat=5) if board.hard_cost(p) == 0]
    assume(allowed)
    best = min(board.tier_cost(p, 1) for p in allowed)
    must, soft = [t for t in terms if t.weight is None], [t for t in terms if t.tier == 2]
    kept = [t for t in terms if t.tier == 1] if best == 0 else []
    rooms = domains(school, must)
    found = blocks(soft, must, kept, rooms, Clock(ONE), 10)
    taken = {id(t) for block in found for t in block.terms}
    assert sum(len(block.terms) for block in found) == len(taken)
    rest = bounds.groups([t for t in soft if id(t) not in taken], rooms, must)
    low = bounds.bound(rest) + sum(block.bound for block in found)
    assert low <= min(board.tier_cost(p, 2) for p in allowed if board.tier_cost(p, 1) == best)
    for block in found:
        assert block.bound > 0


def test_that_a_circle_of_friends_too_many_for_any_class_is_priced() -> None:
    # Four friends in a ring, two to a class at most: the ring has to be cut twice.
    rules = [
        {"rule": "class_size", "max": 2, "hard": True},
        {"rule": "wishes", "weight": 3},
    ]
    rows = [{"id": f"p{i}"} for i in range(4)]
    ties = [{"da": f"p{i}", "a": f"p{(i + 1) % 4}", "tipo": "preferisce"} for i in range(4)]
    school, _regulation, terms = ready(rules, rows, [{"id": "1A"}, {"id": "1B"}], ties)
    hard, soft = [t for t in terms if t.weight is None], [t for t in terms if t.weight is not None]
    (block,) = blocks(soft, hard, (), domains(school, hard), Clock(ONE), 10)
    assert block.bound == 6
    assert [t.value for t in solve(school, terms, ONE).tiers] == [6]


def test_that_memory_is_kept() -> None:
    school, _regulation, terms = big(60, 3)
    solution = solve(school, terms, Limits(seconds=20, memory_mb=32))
    assert solution.stopped == "memory" and solution.status in ("UNKNOWN", "FEASIBLE")


def test_that_sums_that_do_not_divide_force_a_range() -> None:
    rooms = [frozenset({0, 1, 2})] * 4
    weights = tuple((i, 2) for i in range(4))
    (group,) = bounds.groups([Term(Range((0, 1, 2), weights), 0, 1, 1)], rooms)
    assert group.forced == 2  # 8 over 3 classes in steps of 2
    (group,) = bounds.groups([Term(Range((0, 1), weights, limit=1), 0, 1, 1)], rooms)
    assert group.forced == 0


def test_that_thirteen_in_six_classes_of_two_leave_one_over() -> None:
    rooms = [frozenset(range(6))] * 13
    weights = tuple((i, 1) for i in range(13))
    terms = [Term(Band((c,), weights, high=2), 0, 5, 1) for c in range(6)]
    (group,) = bounds.groups(terms, rooms)
    (short,) = group.shortages
    assert (group.forced, short.total, short.room) == (1, (13, 13), (None, 12))
    assert bounds.bound([group]) == 5


def test_that_pools_are_bounded_apart() -> None:
    # Four girls can only be in the first two classes: the free room in the others does not help them.
    rooms = [frozenset({0, 1})] * 4 + [frozenset({2, 3})] * 4
    weights = tuple((i, 1) for i in range(4))
    terms = [Term(Band((c,), weights, high=1), 0, 1, 1) for c in range(4)]
    (group,) = bounds.groups(terms, rooms)
    assert group.forced == 2


def test_that_a_wish_against_a_hard_rule_is_priced_before_searching() -> None:
    rooms = [frozenset({0, 1})] * 2
    wish = Term(Pair(0, 1, together=True, times=3), 0, 2, 1)
    apart = Term(Pair(1, 0, together=False), 1)
    (group,) = bounds.groups([wish], rooms, [apart])
    assert group.forced == 3


def test_that_one_worker_gives_the_same_answer_twice() -> None:
    rules = [*tiny.RULES, {"rule": "class_size", "max": 3, "hard": True}]
    school, _regulation, terms = ready(rules, tiny.PUPILS, tiny.CLASSES, tiny.TIES)
    one, two = (solve(school, terms, ONE) for _ in range(2))
    assert (one.places, one.tiers, one.deterministic_time) == (two.places, two.tiers, two.deterministic_time)


def big(pupils: int, classes: int) -> tuple[School, Regulation, list[Term]]:
    """Return a school whose second tier does not close at once: crossed columns pull against each other."""
    rows = [
        {
            "id": f"p{i}",
            "sesso": "MF"[i % 2],
            "livello": (i * 37) % 11,
            "fascia": "abcde"[(i * i) % 5],
            "origine": f"s{(i * 7) % 9}",
        }
        for i in range(pupils)
    ]
    ties = [
        {"da": f"p{i}", "a": f"p{(i * 5 + 3) % pupils}", "tipo": "preferisce"}
        for i in range(pupils)
        if (i * 4 + 3) % pupils
    ]
    rules = [
        {"rule": "equal_sizes", "hard": True},
        {"rule": "balance", "attribute": "sesso", "weight": 1},
        {"rule": "balance_crossed", "attributes": ["sesso", "fascia"], "weight": 3, "tier": 2},
        {"rule": "balance", "attribute": "origine", "weight": 2, "tier": 2},
        {"rule": "wishes", "weight": 3, "tier": 2},
        {"rule": "balance_number", "attribute": "livello", "measure": "range", "weight": 1, "tier": 2},
    ]
    return ready(rules, rows, [{"id": f"c{j}"} for j in range(classes)], ties)


def test_that_time_is_kept_and_the_gap_is_told() -> None:
    school, _regulation, terms = big(240, 10)
    news: list[Progress] = []
    started = time.perf_counter()
    solution = solve(school, terms, Limits(seconds=3), news.append)
    assert time.perf_counter() - started < 10  # far above the limit: this machine may be busy
    assert solution.status == "FEASIBLE" and solution.stopped == "time"
    last = solution.tiers[-1]
    assert last.bound < last.value and last.proof == ""
    board = Board(school, terms)
    assert solution.places is not None and board.tier_cost(solution.places, 2) == last.value
    assert board.hard_cost(solution.places) == 0
    of_last = [n for n in news if n.tier == last.tier]
    assert [n.value for n in of_last if n.value] and of_last[-1].bound <= last.value


def test_that_a_stop_keeps_the_best_found() -> None:
    school, _regulation, terms = big(240, 10)
    clock = Clock(Limits(seconds=60))
    threading.Timer(1.5, clock.stop.set).start()
    solution = solve(school, terms, clock.limits, clock=clock)
    assert clock.wall < 30
    assert solution.stopped == "interrupted" and solution.places is not None
    assert len(solution.tiers) == 2


def test_that_no_time_means_unknown_and_nothing_else() -> None:
    school, _regulation, terms = big(240, 10)
    clock = Clock(Limits(seconds=60))
    clock.stop.set()
    solution = solve(school, terms, clock.limits, clock=clock)
    assert (solution.status, solution.places, solution.tiers) == ("UNKNOWN", None, ())


def test_that_local_search_only_improves() -> None:
    school, _regulation, terms = big(60, 3)
    board = Board(school, terms)
    prices = [1000 if t.weight is None else t.weight for t in terms]
    import numpy as np  # noqa: PLC0415

    start = tuple(i % 3 for i in range(60))
    price = np.array(prices, dtype=np.int64)
    before = int((board.excesses(start) * price).sum())
    places, cost = swap_search(board, start, price, seconds=0.5, seed=1)
    assert cost == int((board.excesses(places) * price).sum())
    assert cost < before


# --- impossible cases ---

DISABLED = {"of": {"disabilita": ["comma1", "comma3"]}, "hard": True}


def disabled(number: int, others: int) -> list[dict[str, Any]]:
    return [{"id": f"d{i}", "disabilita": "comma1"} for i in range(number)] + [
        {"id": f"n{i}", "disabilita": "no"} for i in range(others)
    ]


def test_that_thirteen_pupils_in_twelve_seats_are_counted_before_anything_is_searched() -> None:
    rules = [{"rule": "at_most_per_class", "limit": 2, **DISABLED}]
    school, regulation, terms = ready(rules, disabled(13, 20), [{"id": f"1{c}"} for c in "ABCDEF"])
    assert solve(school, terms, ONE).status == "INFEASIBLE"
    with use_language("en"):
        conflict = explain_conflict(school, regulation, terms, Clock(ONE))
    (reason,) = conflict.counting
    assert reason.code == "C2" and "13" in reason.text and "6 × 2 = 12" in reason.text
    assert "1 more class" in reason.text and "derogation" in reason.text
    assert len(conflict.rules) == 1 and set(conflict.pupils) == {f"d{i}" for i in range(13)}
    assert conflict.minimal and len(conflict.relaxation) == 1
    assert "infeasible" not in str(conflict).lower()


def test_that_small_classes_that_eat_the_room_are_counted() -> None:
    rules = [
        {"rule": "class_size", "max": 10, "hard": True},
        {"rule": "at_most_per_class", "limit": 1, **DISABLED},
        {"rule": "size_with_group", "limit": 8, **DISABLED},
    ]
    school, regulation, terms = ready(rules, disabled(2, 25), [{"id": f"1{c}"} for c in "ABC"])
    with use_language("en"):
        (reason,) = counting_arguments(school, regulation, [t for t in terms if t.weight is None])
    assert reason.code == "C4" and "26" in reason.text and "27" in reason.text


def test_that_too_few_pupils_for_a_minimum_are_counted() -> None:
    rules = [{"rule": "at_least_per_class", "count": 2, "of": {"sesso": "F"}, "hard": True}]
    rows = [{"id": f"p{i}", "sesso": "F" if i < 3 else "M"} for i in range(8)]
    school, regulation, terms = ready(rules, rows, [{"id": "1A"}, {"id": "1B"}])
    with use_language("en"):
        (reason,) = counting_arguments(school, regulation, terms)
    assert reason.code == "C3" and "3" in reason.text and "4" in reason.text


def test_that_a_pupil_with_no_class_is_named() -> None:
    rules = [{"rule": "eligibility", "attribute": "plesso", "hard": True}]
    rows = [{"id": "p", "plesso_1": "Est"}, {"id": "q", "plesso_1": "Nord"}]
    school, regulation, terms = ready(rules, rows, [{"id": "1A", "plesso": "Nord"}])
    (reason,) = counting_arguments(school, regulation, terms)
    assert reason.code == "C1" and reason.pupils == ("p",)


@pytest.mark.parametrize("extra", [0, 3])
def test_that_every_rule_and_pupil_of_a_clash_is_needed(extra: int) -> None:
    # Three pupils pairwise apart, two classes; plus rules and pupils that have nothing to do with it.
    rules = [
        {"rule": "apart", "hard": True},
        {"rule": "class_size", "max": 8, "hard": True},
        {"rule": "balance", "attribute": "sesso", "hard": True},
    ]
    rows = [{"id": f"p{i}", "sesso": "MF"[i % 2]} for i in range(6 + extra)]
    ties = [{"da": f"p{i}", "a": f"p{j}", "tipo": "separati"} for i, j in ((0, 1), (1, 2), (0, 2), (3, 4))]
    school, regulation, terms = ready(rules, rows, [{"id": "1A"}, {"id": "1B"}], ties)
    conflict = explain_conflict(school, regulation, terms, Clock(ONE))
    assert conflict.minimal and not conflict.counting
    assert len(conflict.rules) == 3 and all(r.criteria == (1,) for r in conflict.rules)
    assert set(conflict.pupils) == {"p0", "p1", "p2"}
    for gone in range(3):
        fewer = [t for t in ties if {t["da"], t["a"]} != [{"p0", "p1"}, {"p1", "p2"}, {"p0", "p2"}][gone]]
        assert possible(rules, rows, fewer)
    for pupil in conflict.pupils:
        left = [r for r in rows if r["id"] != pupil]
        assert possible(rules, left, [t for t in ties if pupil not in (t["da"], t["a"])])
    (way_out,) = conflict.relaxation
    assert way_out.criteria == (1,)


def possible(rules: list[dict[str, Any]], rows: list[dict[str, Any]], ties: list[dict[str, Any]]) -> bool:
    school, _regulation, terms = ready(rules, rows, [{"id": "1A"}, {"id": "1B"}], ties)
    return solve(school, terms, ONE).status == "OPTIMAL"


def test_that_the_cheapest_way_out_really_is_one() -> None:
    rules = [{"rule": "class_size", "max": 4, "hard": True}, {"rule": "together", "hard": True}]
    rows = [{"id": f"p{i}"} for i in range(7)]
    ties = [{"da": "p0", "a": f"p{i}", "tipo": "insieme"} for i in range(1, 5)]
    school, regulation, terms = ready(rules, rows, [{"id": "1A"}, {"id": "1B"}], ties)
    conflict = explain_conflict(school, regulation, terms, Clock(ONE))
    assert len(conflict.relaxation) == 1  # one seat more, or one pair apart
    assert {k for r in conflict.rules for k in r.criteria} == {1, 2}


def test_that_a_run_says_infeasible_only_when_it_is_proved() -> None:
    encoding = Encoding([frozenset({0, 1})] * 2)
    encoding.require(Pair(0, 1, together=True))
    encoding.require(Pair(0, 1, together=False))
    assert run(encoding, Clock(ONE), 5).status == "INFEASIBLE"


def test_that_a_narrow_band_in_whole_units_can_be_missed_by_a_lot() -> None:
    # 870 is eight steps of 25 above 675; one slack too many would push the row below the band.
    band = Band((0,), ((0, 256), (1, 307), (2, 307)), 675, 675, unit=25)
    encoding = Encoding([frozenset({0, 1})] * 3)
    encoding.model.minimize(linear(encoding.excess(band)))
    for row in encoding.x:
        encoding.model.add(row[0] == 1)
    outcome = run(encoding, Clock(ONE), 5)
    assert (outcome.status, outcome.value) == ("OPTIMAL", 8)


def test_that_an_interruption_before_anything_is_found_still_leaves_one(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(Limits(seconds=60))

    def interrupted(_formation: object) -> None:
        clock.stop.set()

    monkeypatch.setattr("classi.formation.solve.Formation._rest_at_its_bound", interrupted)
    school, _regulation, terms = big(60, 3)
    found = solve(school, terms, clock.limits, clock=clock)
    assert found.places is not None
    assert found.stopped in ("interrupted", "proved")
