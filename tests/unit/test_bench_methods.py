"""Tests of the methods beside classi: each reads the same rules, and the exact ones find the best there is."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from ortools.linear_solver.python import model_builder
from ortools.sat.python import cp_model

import oversubscribed
import tiny
from classi.bench.methods import Unavailable, annealing, formed, genetic, highs, methods, metis, naive, plain
from classi.bench.methods import classi as ours
from classi.bench.methods.base import Trace
from classi.bench.methods.start import HARD, changes, dealt, domains, priced
from classi.bench.records import Answer, Event
from classi.case import Case
from classi.formation.search import Board, Position
from classi.formation.solve import Progress, Solution
from classi.generate import Knobs, generate

EVERYWHERE = list(product(range(len(tiny.CLASSES)), repeat=len(tiny.PUPILS)))
IN_TIERS = [{**rule, "weight": 1 + n % 3, "tier": 1 + n % 3} for n, rule in enumerate(tiny.RULES)]
HEURISTICS = ("annealing", "genetic", "swaps")
EXACT = ("classi", "highs", "naive")


def case_of(rules: Sequence[dict[str, Any]]) -> Case:
    rows = {"alunni": tiny.PUPILS, "classi": tiny.CLASSES, "legami": tiny.TIES}
    return Case.from_rows(rows, {"criteria": tiny.soft(rules)})


def bare(rules: Sequence[dict[str, Any]]) -> Case:
    """Return a case with these rules alone, not even those that its tables make binding."""
    school = tiny.school(tiny.PUPILS, tiny.CLASSES, tiny.TIES)
    return Case(school, tiny.regulation(rules), {}, (), {})


def school_of(knobs: Knobs, seed: int = 1) -> Case:
    made = generate(knobs, seed)
    return Case.from_rows(made.rows, tomllib.loads(made.regulation))


def costs(case: Case, answer: Answer) -> tuple[int, ...]:
    assert answer.placed is not None
    audit = case.audit(answer.placed).audit
    assert audit.hard_kept
    return tuple(audit.tiers.values())


def every_cost(case: Case) -> Iterator[tuple[int, ...]]:
    """Give the auditor's cost of every assignment that keeps the hard rules."""
    for places in EVERYWHERE:
        placed = {p["id"]: tiny.CLASSES[c]["id"] for p, c in zip(tiny.PUPILS, places, strict=True)}
        audit = case.audit(placed).audit
        if audit.hard_kept:
            yield tuple(audit.tiers.values())


def test_that_every_file_with_a_run_is_a_method() -> None:
    assert set(methods()) == {"annealing", "classi", "genetic", "highs", "metis", "naive", "swaps"}


def test_that_every_exact_method_finds_and_proves_the_best_of_all_assignments() -> None:
    case = case_of([*IN_TIERS, {"rule": "class_size", "max": 2, "hard": True}])
    best = min(every_cost(case))
    for name in EXACT:
        answer = methods()[name](case, 20.0, 0)
        assert costs(case, answer) == best, name
        assert answer.bounds == best, name
        assert answer.events[-1].tiers == answer.events[-1].bounds == best, name
        assert answer.events[-1].hard == 0, name


@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("k", range(len(tiny.RULES)))
def test_that_the_plain_model_prices_and_forbids_each_rule_like_numpy(k: int, both: bool) -> None:
    soft, hard = bare([tiny.RULES[k]]), bare([{**tiny.RULES[k], "hard": True}])
    board = Board(soft.school, soft.terms)
    total = cp_model.LinearExpr.weighted_sum
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    for places in EVERYWHERE[:: 31 if both else 37]:
        priced_, strict = cp_model.CpModel(), cp_model.CpModel()
        written = plain.Plain(priced_, total, Trace(soft, 60), both=both)
        priced_.minimize(written.tier(1))
        forbidding = plain.Plain(strict, total, Trace(hard, 60), both=both)
        for model, rows in ((priced_, written.x), (strict, forbidding.x)):
            for row, place in zip(rows, places, strict=True):
                model.add(row[place] == 1)
        assert solver.solve(priced_) == cp_model.OPTIMAL
        assert round(solver.objective_value) == board.tier_cost(places, 1)
        feasible = solver.solve(strict) in (cp_model.OPTIMAL, cp_model.FEASIBLE)
        assert feasible == (Board(hard.school, hard.terms).hard_cost(places) == 0)


@pytest.mark.parametrize("name", HEURISTICS)
def test_that_a_heuristic_finds_the_best_of_a_tiny_school(name: str) -> None:
    case = case_of([{"rule": "equal_sizes", "weight": 1, "tier": 1}, {"rule": "apart", "weight": 1, "tier": 2}])
    answer = methods()[name](case, 1.0, 3)
    assert costs(case, answer) == min(every_cost(case)) == (0, 0)
    assert answer.seconds < 1.0  # nothing is cheaper than nothing: it stops there
    assert answer.bounds == (None, None)


@pytest.mark.parametrize("name", HEURISTICS)
def test_that_a_heuristic_improves_on_its_start_and_stays_inside_the_domains(name: str) -> None:
    case = school_of(Knobs(pupils=60, classes=4, sites=2, second_choices=0.2))
    answer = methods()[name](case, 0.5, 1)
    assert answer.placed is not None
    first, last = answer.events[0], answer.events[-1]
    assert (last.hard, *last.tiers) < (first.hard, *first.tiers)
    audit = case.audit(answer.placed).audit
    assert tuple(audit.tiers.values()) == last.tiers
    assert next(a.cost for a in audit.criteria if a.rule == "eligibility") == 0
    assert all(a.seconds <= b.seconds for a, b in pairwise(answer.events))


@pytest.mark.parametrize("name", [*HEURISTICS, *EXACT])
def test_that_every_method_places_every_pupil_of_a_generated_school_in_time(name: str) -> None:
    case = school_of(Knobs(pupils=24, classes=2), 3)
    answer = methods()[name](case, 0.5, 1)
    assert answer.placed is not None
    assert set(answer.placed) == {p.id for p in case.school.pupils}
    assert answer.seconds < 10
    assert answer.cpu_seconds > 0
    costs(case, answer)


def test_that_a_seed_gives_the_same_draws() -> None:
    case = school_of(Knobs(pupils=48, classes=2))
    rooms = domains(case)
    assert dealt(case, rooms, 5) == dealt(case, rooms, 5) != dealt(case, rooms, 6)
    position = Position(Board(case.school, case.terms), dealt(case, rooms, 5), np.ones(len(case.terms), dtype=np.int64))
    drawn = [
        [change for _, change in zip(range(40), changes(position, rooms, seed), strict=False)] for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]


def test_that_a_start_is_even_and_everybody_where_they_may_be() -> None:
    case = school_of(Knobs(pupils=75, classes=3))
    rooms = domains(case)
    sizes = Counter(dealt(case, rooms, 1))
    assert all(abs(sizes[c] - float(size)) <= 1 for c, size in enumerate(case.school.planned))
    pinned = case_of([{"rule": "fixed_class", "hard": True}, {"rule": "forbidden_class", "hard": True}])
    rooms = domains(pinned)
    assert rooms[0] == (0,)  # ada, in 1A
    assert dealt(pinned, rooms, 1)[0] == 0


def test_that_a_pupil_whom_the_hard_rules_leave_no_class_may_be_anywhere() -> None:
    clash = [{"rule": "fixed_class", "hard": True}, {"rule": "forbidden_class", "hard": True,
             "pins": [{"pupil": "ada", "class": "1A", **tiny.WHO}]}]  # fmt: skip
    assert domains(case_of(clash))[0] == (0, 1, 2)


def test_that_prices_follow_the_tiers_and_no_sum_overflows() -> None:
    case = case_of([{**r, "tier": t} for t in range(1, 9) for r in tiny.RULES])
    board = Board(case.school, case.terms)
    prices = priced(board, case.regulation.tiers, EVERYWHERE[0], 10**9)
    total = sum(int(p) * e for p, e in zip(prices, board.excesses(EVERYWHERE[0]).tolist(), strict=True))
    assert 0 < total < 2**62
    by_tier = [min(int(p) for p, t in zip(prices, board.terms, strict=True) if t.tier == tier) for tier in range(1, 9)]
    assert by_tier == sorted(by_tier, reverse=True)
    hard = case_of([{"rule": "class_size", "max": 2, "hard": True}, {"rule": "equal_sizes", "weight": 7}])
    board = Board(hard.school, hard.terms)
    prices = priced(board, (1,), EVERYWHERE[0], 2)
    soft = max(p for p, t in zip(prices, board.terms, strict=True) if t.weight is not None)
    assert min(p for p, t in zip(prices, board.terms, strict=True) if t.weight is None) >= HARD * soft


def test_that_nobody_who_can_move_means_the_end() -> None:
    case = Case.from_rows(
        {"alunni": [{"id": p["id"]} for p in tiny.PUPILS], "classi": [{"id": "1A"}]},
        {"criteria": [{"rule": "class_size", "max": 2, "weight": 1}]},
    )
    for name in ("swaps", "annealing"):
        answer = methods()[name](case, 30.0, 1)
        assert answer.seconds < 10
        assert costs(case, answer) == (3,)


def test_that_a_child_keeps_whole_classes_of_one_parent_and_even_sizes() -> None:
    case = school_of(Knobs(pupils=72, classes=6))
    rooms = domains(case)
    breed = genetic._Breed(case, rooms, np.random.default_rng(1))
    one, other = (np.array(dealt(case, rooms, seed)) for seed in (1, 2))
    children = [breed.child(one, other) for _ in range(20)]
    assert all(set(np.bincount(child, minlength=6)) <= {11, 12, 13} for child in children)
    whole = [max(np.mean(child[one == c] == c) for c in range(6)) for child in children]
    assert sum(share > 0.8 for share in whole) >= 15  # but for the few that took no class at all


def test_that_annealing_takes_worse_changes_when_warm_and_none_when_cold() -> None:
    case = school_of(Knobs(pupils=48, classes=2))
    rooms = domains(case)
    places = dealt(case, rooms, 1)
    worse = {}
    for warmth in (1e12, 1e-12):
        trace = Trace(case, 1e9)
        position = Position(trace.board, places, np.ones(len(case.terms), dtype=np.int64))
        walk = annealing._Walk(trace, position, 1, warmth, warmth)
        seen = [position.cost]
        for _, change in zip(range(200), changes(position, rooms, 1), strict=False):
            if change is not None:
                walk.try_(change)
                seen.append(position.cost)
        worse[warmth] = any(b > a for a, b in pairwise(seen))
        assert walk.least == min(seen)
    assert worse == {1e12: True, 1e-12: False}


# --- METIS ---


def test_that_without_its_program_metis_is_unavailable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="gpmetis"):
        metis.run(case_of([{"rule": "wishes"}]), 1.0, 1)


def program(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a shell script in the place of METIS: $1…$4 are its options, $4 the graph and $5 the number of parts."""
    file = folder / metis.PROGRAM
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_that_metis_gets_the_graph_of_the_wishes_and_its_parts_become_classes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, monkeypatch, f'cp "$4" {tmp_path}/graph; printf "2\\n2\\n0\\n0\\n1\\n" > "$4.part.$5"')
    case = case_of([{"rule": "wishes", "weight": 3}, {"rule": "together", "hard": True}])
    answer = metis.run(case, 5.0, 1)
    graph = metis.wishes(case)
    names = [p["id"] for p in tiny.PUPILS]
    assert {(names[a], names[b]) for a, b in graph} == {
        ("ada", "bea"), ("ada", "eva"), ("ada", "ciro"), ("ciro", "dino"),
    }  # fmt: skip
    head, *lines = (tmp_path / "graph").read_text().splitlines()
    assert head == f"5 {len(graph)} 001"
    weight_of = {
        (i, int(near) - 1): int(weight)
        for i, line in enumerate(lines)
        for near, weight in zip(line.split()[::2], line.split()[1::2], strict=True)
    }
    assert weight_of == {pair: w for (a, b), w in graph.items() for pair in ((a, b), (b, a))}
    assert answer.placed == {"ada": "1C", "bea": "1C", "ciro": "1A", "dino": "1A", "eva": "1B"}
    assert answer.bounds == (None,)


def test_that_any_wish_granted_is_an_edge_to_each_of_them() -> None:
    case = case_of([{"rule": "wish_at_least_one", "weight": 4}])
    names = [p["id"] for p in tiny.PUPILS]
    assert metis.wishes(case)[names.index("ada"), names.index("eva")] >= 4


def test_that_metis_finds_nothing_when_it_is_too_slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, monkeypatch, "exec sleep 30")
    answer = metis.run(case_of([{"rule": "wishes"}]), 0.2, 1)
    assert answer.placed is None
    assert answer.seconds < 10


def test_that_without_wishes_there_is_nothing_to_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, monkeypatch, "exit 1")
    answer = metis.run(case_of([{"rule": "equal_sizes"}]), 5.0, 1)
    assert answer.placed is not None
    assert sorted(Counter(answer.placed.values()).values()) == [1, 2, 2]


def test_that_parts_go_where_most_of_their_pupils_may_be() -> None:
    assert metis._classes([0, 0, 1, 1], [(1,), (1,), (0,), (0,)], 2) == [1, 1, 0, 0]
    assert metis._classes([0, 0, 1, 1], [(0, 1)] * 4, 2) == [0, 0, 1, 1]
    assert metis._classes([0, 1], [(0,), (0,)], 2) == [0, 1]


@pytest.mark.skipif(metis.shutil.which(metis.PROGRAM) is None, reason="METIS is not installed")
def test_that_the_real_metis_cuts_fewer_wishes_than_chance() -> None:
    case = school_of(Knobs(pupils=60, classes=3, wishes=2.0))
    answer = metis.run(case, 10.0, 1)
    assert answer.placed is not None
    assert set(answer.placed) == {p.id for p in case.school.pupils}
    ids = [p.id for p in case.school.pupils]
    where = [[c.id for c in case.school.classes].index(answer.placed[i]) for i in ids]

    def cut(places: Sequence[int]) -> int:
        return sum(w for (a, b), w in metis.wishes(case).items() if places[a] != places[b])

    assert cut(where) < min(cut(dealt(case, domains(case), seed)) for seed in range(20))


# --- what the plain models refuse, and what they do when the time ends ---


@pytest.mark.parametrize("method", [naive.run, highs.run])
def test_that_a_case_too_large_for_the_plain_model_is_refused(method: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "LARGEST", 14)
    with pytest.raises(Unavailable, match="15"):
        method(case_of([{"rule": "equal_sizes"}]), 1.0, 0)


def test_that_highs_is_unavailable_where_the_build_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    none = SimpleNamespace(solver_is_supported=lambda: False)
    monkeypatch.setattr(model_builder, "Solver", lambda _name: none)
    with pytest.raises(Unavailable, match="HiGHS"):
        highs.run(case_of([{"rule": "equal_sizes"}]), 1.0, 0)


@pytest.mark.parametrize("name", ["naive", "highs"])
def test_that_the_plain_models_stop_when_the_time_ends_before_they_are_written(name: str) -> None:
    answer = methods()[name](case_of(tiny.RULES), 0.0, 0)
    assert answer.placed is None
    assert answer.bounds == (None,)


@pytest.mark.parametrize("name", EXACT)
def test_that_an_impossible_school_gets_no_assignment_and_no_bound(name: str) -> None:
    clash = [{"rule": "fixed_class", "hard": True}, {"rule": "forbidden_class", "hard": True,
             "pins": [{"pupil": "ada", "class": "1A", **tiny.WHO}]}, {"rule": "equal_sizes", "tier": 1}]  # fmt: skip
    answer = methods()[name](case_of(clash), 5.0, 0)
    assert answer.placed is None
    assert answer.bounds == (None,)


@pytest.mark.parametrize("name", ["naive", "highs"])
def test_that_a_hard_rule_broken_whatever_happens_makes_the_plain_model_impossible(name: str) -> None:
    rules = [{"rule": "at_least_per_class", "of": {"sesso": "X"}, "count": 1, "hard": True}, {"rule": "equal_sizes"}]
    assert methods()[name](bare(rules), 5.0, 0).placed is None


# --- the trace, and classi's own news ---


def test_that_a_trace_keeps_the_best_by_hard_rules_first_and_tiers_in_order() -> None:
    case = bare([{"rule": "class_size", "max": 2, "hard": True}, {"rule": "equal_sizes", "tier": 1}])
    trace = Trace(case, 10)
    for places in [(0, 0, 0, 0, 0), (0, 0, 0, 0, 1), (0, 0, 0, 1, 1), (0, 0, 1, 1, 2), (0, 0, 0, 1, 2)]:
        trace.found(places)
    trace.proved(1, 0)
    trace.proved(1, 0)
    answer = trace.answer()
    assert [e.hard for e in answer.events] == [3, 1, 0, 0, 0]
    assert answer.placed is not None
    assert list(answer.placed.values()) == ["1A", "1A", "1B", "1B", "1C"]
    assert answer.events[-1].bounds == answer.bounds == (0,)


def test_that_a_bound_before_any_assignment_is_news_too() -> None:
    trace = Trace(case_of([{"rule": "equal_sizes"}]), 10)
    trace.proved(1, 2)
    (event,) = trace.answer().events
    assert (event.hard, event.tiers, event.bounds) == (None, (), (2,))


def test_that_news_of_a_tier_tells_only_the_tiers_known_so_far() -> None:
    case = case_of([{**r, "tier": t} for t, r in ((2, tiny.RULES[2]), (5, tiny.RULES[25]))])
    news = ours._News(case, lambda: 1.0)
    news(Progress(2, 4, 3, 0.5))
    news(Progress(2, None, 4, 0.6))
    news(Progress(5, 7, 0, 0.7))
    assert news.events == [
        Event(1.0, 0, (4,), (3, None)), Event(1.0, 0, (4,), (4, None)), Event(1.0, 0, (4, 7), (4, 0)),
    ]  # fmt: skip


def test_that_a_tier_that_asks_nothing_of_the_school_costs_nothing() -> None:
    rules = [{"rule": "wishes", "tier": 1}, {"rule": "equal_sizes", "tier": 2}]
    case = Case.from_rows({"alunni": tiny.PUPILS, "classi": tiny.CLASSES}, {"criteria": tiny.soft(rules)})
    for name in (*EXACT, "swaps"):
        answer = methods()[name](case, 5.0, 0)
        assert costs(case, answer) == (0, 0)
        assert answer.events[-1].tiers == (0, 0)
    assert ours.run(case, 5.0, 0).bounds == (0, 0)


def test_that_a_school_in_parts_is_told_as_such_and_only_at_the_end() -> None:
    case = school_of(Knobs(pupils=72, classes=4, sites=2, second_choices=0.0))
    answer = ours.run(case, 20.0, 1)
    assert (answer.parts, answer.parts_proved) == (2, 2)
    (event,) = answer.events
    assert event.tiers == event.bounds == answer.bounds == costs(case, answer)


def test_that_nothing_found_leaves_no_bound() -> None:
    news = ours._News(case_of([{"rule": "equal_sizes"}]), lambda: 1.0)
    news(Progress(1, 4, 3, 0.5))
    news.last(Solution("UNKNOWN", None, (), "time", 0.0, 0.0, 0.0))
    assert news.bounds == (None,)


# --- seats ---


def test_that_where_seats_are_given_every_method_forms_those_admitted(tmp_path: Path) -> None:
    case = Case.read(oversubscribed.write_school(tmp_path / "case"))
    inside = formed(case)
    assert len(inside.school.pupils) == 12 < len(case.school.pupils)
    assert formed(inside) is inside
    for name in ("classi", "naive", "swaps"):
        for one in (case, inside):
            answer = methods()[name](one, 2.0, 0)
            assert answer.placed is not None
            assert set(answer.placed) == {p.id for p in inside.school.pupils}
