"""Tests that a school formed part by part is as good as one formed whole, however its parts are shared out."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest

import tiny
from classi import Case
from classi.domain import School
from classi.formation import bounds, parts, team
from classi.formation.engine import Clock, Limits
from classi.formation.parts import form_parts
from classi.formation.search import Board
from classi.formation.solve import Progress, Solution, TierResult, solve
from classi.formation.split import Split, take_apart
from classi.formation.team import Team
from classi.formation.whole import Whole, arithmetic, criterion_bounds, criterion_costs
from classi.generate import Knobs
from classi.terms import Pair, Term
from classi.workflow import form, generate_case

ONE = Limits(seconds=20, workers=1)
SITES = ("Est", "Nord", "Sud")
RULES: list[dict[str, Any]] = [
    {"rule": "eligibility", "attribute": "plesso", "hard": True},
    {"rule": "class_size", "min": 3, "max": 5, "hard": True},
    {"rule": "balance", "attribute": "sesso", "weight": 2},
    {"rule": "wishes", "weight": 1, "tier": 2},
]
UNKNOWN = Solution("UNKNOWN", None, (), "time", 0.0, 0.0, 0.0)
Compiled = tuple[School, list[Term]]


def three_sites(rules: list[dict[str, Any]] | None = None, pupils: tuple[int, ...] = (9, 8, 7)) -> Compiled:
    """Sites of two classes each; wishes inside a site and across."""
    rows = [
        {"id": f"{site}{i}", "sesso": "FM"[i * i % 3 % 2], "plesso_1": site}
        for site, number in zip(SITES, pupils, strict=True)
        for i in range(number)
    ]
    classes = [{"id": f"1{c}-{site}", "plesso": site} for site in SITES for c in "AB"]
    ties = [
        {"da": rows[i]["id"], "a": rows[j]["id"], "tipo": "preferisce"}
        for i in range(len(rows))
        for j in ((i * 5 + 1) % len(rows), (i + 1) % len(rows))
        if i != j
    ]
    regulation = tiny.regulation(rules or RULES)
    school = regulation.bind(tiny.school(rows, classes, ties))
    return school, regulation.terms(school)


def apart(compiled: Compiled) -> Split:
    return take_apart(*compiled)


# --- the same as whole ---


@pytest.mark.parametrize("workers", [1, 2])
def test_that_parts_add_up_to_what_the_whole_school_comes_to(workers: int) -> None:
    school, terms = three_sites()
    limits, news = Limits(20, workers=workers), list[Progress]()
    whole, found = solve(school, terms, limits), form_parts(school, terms, limits, news.append)
    assert whole.status == found.status == "OPTIMAL" and found.stopped == "proved"
    assert [t.value for t in found.tiers] == [t.value for t in whole.tiers]
    assert found.places is not None
    board = Board(school, terms)
    assert board.hard_cost(found.places) == 0
    assert [board.tier_cost(found.places, t.tier) for t in found.tiers] == [t.value for t in found.tiers]
    assert [p.classes for p in found.parts] == [(f"1A-{site}", f"1B-{site}") for site in SITES]
    assert [(p.pupils, p.status, p.proved) for p in found.parts] == [(n, "OPTIMAL", True) for n in (9, 8, 7)]
    fixed = apart((school, terms)).constants
    assert fixed[2] > 0  # wishes across sites cannot be granted
    for t in found.tiers:
        assert t.value == fixed.get(t.tier, 0) + sum(r.value for p in found.parts for r in p.tiers if r.tier == t.tier)
        last = [n for n in news if n.tier == t.tier][-1]
        assert (last.value, last.bound) == (t.value, t.bound)


def test_that_a_school_in_one_part_is_formed_as_ever() -> None:
    school, terms = three_sites(RULES[2:], (3, 3, 2))
    whole, found = solve(school, terms, ONE), form_parts(school, terms, ONE)
    assert (found.places, found.tiers, found.parts) == (whole.places, whole.tiers, ())


def test_that_one_worker_gives_the_same_parts_twice() -> None:
    compiled = three_sites()
    one, two = (form_parts(*compiled, ONE) for _ in range(2))
    assert (one.places, one.tiers, one.parts) == (two.places, two.tiers, two.parts)
    assert one.deterministic_time == two.deterministic_time > 0


@pytest.mark.parametrize("seed", [1, 2])
def test_that_a_generated_school_of_several_sites_is_certified_and_audited_part_by_part(
    tmp_path: Path, seed: int
) -> None:
    generate_case(tmp_path, Knobs(pupils=90, classes=6, sites=3, second_choices=0.0), seed)
    case = Case.read(tmp_path)
    result = form(case, time_limit=30, workers=2)
    whole = solve(case.school, case.terms, Limits(30))
    assert result.status == whole.status == "OPTIMAL"
    assert [t.value for t in result.solution.tiers] == [t.value for t in whole.tiers]
    told = result.certificate["parts"]
    assert sorted(c for part in told for c in part["classes"]) == sorted(c.id for c in case.school.classes)
    assert len(told) == 3 and sum(part["pupils"] for part in told) == 90
    assert {part["status"] for part in told} == {"OPTIMAL"}
    assert all(t["proved"] for part in told for t in part["tiers"])
    assert case.audit(result.assignment.placed).confirmed


# --- what cannot be, and what is not known ---


def test_that_a_hard_rule_across_sites_is_impossible_before_anything_is_searched() -> None:
    school, terms = three_sites()
    found = form_parts(school, [*terms, Term(Pair(0, 20, together=True), 0)], ONE)
    assert (found.status, found.stopped, found.deterministic_time) == ("INFEASIBLE", "proved", 0.0)


def test_that_one_impossible_part_makes_the_school_impossible_and_ends_the_search() -> None:
    # Three pupils of the largest site, each apart from each, and two classes.
    school, terms = three_sites()
    clash = [Term(Pair(i, j, together=False), 0) for i, j in ((0, 1), (1, 2), (0, 2))]
    found = form_parts(school, [*terms, *clash], ONE)
    assert (found.status, found.places, found.tiers, found.stopped) == ("INFEASIBLE", None, (), "proved")
    assert [p.status for p in found.parts] == ["INFEASIBLE", "UNKNOWN", "UNKNOWN"]


def test_that_without_time_nothing_is_known() -> None:
    clock = Clock(Limits(20))
    clock.stop.set()
    found = form_parts(*three_sites(), clock=clock)
    assert (found.status, found.places, found.tiers, found.stopped) == ("UNKNOWN", None, (), "interrupted")
    assert [p.status for p in found.parts] == ["UNKNOWN"] * 3


# --- time, stops, second tries ---

Solver = Callable[..., Solution]


def watched(
    monkeypatch: pytest.MonkeyPatch, then: Callable[[int, Solution, Clock], Solution]
) -> list[tuple[int, float]]:
    """Let `then` change what each call of `solve` returns; return the pupils and seconds of each call as they come."""
    calls: list[tuple[int, float]] = []

    def changed(school: School, terms: Any, limits: Limits, progress: Any, clock: Clock) -> Solution:
        calls.append((len(school.pupils), limits.seconds))
        return then(len(calls), solve(school, terms, limits, progress, clock), clock)

    monkeypatch.setattr(parts, "solve", changed)
    return calls


def interrupted_after_one(call: int, solution: Solution, clock: Clock) -> Solution:
    if call == 1:
        clock.stop.set()
    return solution


def test_that_parts_nobody_came_to_get_an_assignment_that_keeps_the_hard_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = watched(monkeypatch, interrupted_after_one)
    school, terms = three_sites()
    found = form_parts(school, terms, Limits(20))
    assert [pupils for pupils, _seconds in calls] == [9, 8, 7] and found.places is not None
    board = Board(school, terms)
    assert board.hard_cost(found.places) == 0
    assert [board.tier_cost(found.places, t.tier) for t in found.tiers] == [t.value for t in found.tiers]
    best = solve(school, terms, ONE)
    assert all(t.bound <= b.value <= t.value for t, b in zip(found.tiers[:1], best.tiers, strict=False))
    assert found.stopped == "interrupted"


def test_that_haste_ends_where_one_part_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def then(call: int, solution: Solution, clock: Clock) -> Solution:
        return UNKNOWN if call == 2 else interrupted_after_one(call, solution, clock)

    calls = watched(monkeypatch, then)
    found = form_parts(*three_sites(), Limits(20))
    assert (found.status, found.places, found.stopped) == ("UNKNOWN", None, "interrupted") and len(calls) == 2
    assert [p.status for p in found.parts] == ["OPTIMAL", "UNKNOWN", "UNKNOWN"]


def test_that_what_is_still_open_gets_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def first_time(call: int, solution: Solution, _clock: Clock) -> Solution:
        return UNKNOWN if call == 1 else solution

    calls = watched(monkeypatch, first_time)
    found = form_parts(*three_sites(), Limits(60))
    assert found.status == "OPTIMAL" and [pupils for pupils, _seconds in calls] == [9, 8, 7, 9]
    seconds = [s for _pupils, s in calls]
    assert seconds[0] == pytest.approx(60 * 9 / 24, rel=0.05) and seconds[1] > 60 * 8 / 24 and seconds[2] > 30
    assert seconds[3] > seconds[0]


def test_that_what_is_not_found_is_looked_for_a_few_times_with_other_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []

    def never(_call: int, _solution: Solution, clock: Clock) -> Solution:
        seeds.append(clock.limits.seed)
        return UNKNOWN

    watched(monkeypatch, never)
    found = form_parts(*three_sites(pupils=(6, 6, 6)), Limits(60, seed=5))
    assert (found.status, found.stopped) == ("UNKNOWN", "time")
    assert seeds == [5, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8] and parts.TRIES == 4


def test_that_nothing_is_tried_again_with_a_small_part_of_the_time_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = watched(monkeypatch, lambda _call, solution, _clock: solution)
    whole = sums()
    for n in range(3):
        whole.try_for(n, 1000.0)
    assert not parts._one_by_one(whole, range(3)) and not calls


# --- adding up ---


def sums(*found: Solution, fixed: int = 0, rules: list[dict[str, Any]] | None = None) -> Whole:
    compiled = three_sites(rules, (8, 8, 8))
    taken = apart(compiled)
    always = ((Term(Pair(0, 1, together=True), 0, 1, 1), fixed),) if fixed else ()
    whole = Whole(compiled[0], Split(taken.parts, always, ()), (1, 2), Clock(ONE), lambda _news: None)
    for n, solution in enumerate(found):
        whole.hear(n, solution)
    return whole


def formed(*tiers: tuple[int, int], stopped: str = "time") -> Solution:
    results = tuple(TierResult(n, value, bound, "search") for n, (value, bound) in enumerate(tiers, 1))
    status = "OPTIMAL" if all(t.proved for t in results) else "FEASIBLE"
    return Solution(status, (0,) * 8, results, stopped, 1.0, 0.5, 2.0)


def test_that_values_and_bounds_add_up_with_what_is_constant() -> None:
    found = sums(formed((3, 3), (5, 5)), formed((0, 0), (2, 2)), formed((1, 1), (4, 1)), fixed=10).solution()
    assert found.tiers == (TierResult(1, 14, 14, "search"), TierResult(2, 11, 8, "search"))
    assert (found.status, found.stopped) == ("FEASIBLE", "time")
    assert (found.solver_seconds, found.deterministic_time) == (3.0, 1.5)
    assert [p.proved for p in found.parts] == [True, True, False]


def test_that_a_later_tier_is_bounded_by_arithmetic_alone_where_an_earlier_one_is_open() -> None:
    # The second tier costs nothing in some assignment: that is all arithmetic knows. It is not proved by parts in which
    # it is proved given an earlier tier that may still change.
    whole = sums(formed((3, 3), (5, 5)), formed((0, 0), (2, 2)), formed((2, 1), (4, 4)))
    least = sum(arithmetic(part, 2) for part in whole.parts)
    assert least < 11
    assert whole.solution().tiers == (TierResult(1, 5, 4, "search"), TierResult(2, 11, least, "arithmetic"))


def test_that_a_part_without_a_rule_in_a_tier_costs_nothing_there() -> None:
    found = sums(formed((3, 3), (5, 5)), formed((0, 0)), formed((1, 1), (1, 1)))
    assert found.solution().tiers == (TierResult(1, 4, 4, "search"), TierResult(2, 6, 6, "search"))
    assert found.solution().status == "OPTIMAL"


def test_that_the_better_result_of_a_part_is_kept() -> None:
    whole = sums(formed((3, 1), (5, 5)), formed((0, 0), (2, 2)), formed((1, 1), (4, 4)))
    whole.hear(0, formed((3, 0), (5, 5)))
    assert whole.solution().tiers[0] == TierResult(1, 4, 2, "search")
    whole.hear(0, formed((2, 2), (9, 9)))
    assert whole.solution().tiers == (TierResult(1, 3, 3, "search"), TierResult(2, 15, 15, "search"))
    whole.hear(0, UNKNOWN)
    assert whole.solution().status == "OPTIMAL"


@pytest.mark.parametrize("seed", range(5))
def test_that_costs_and_bounds_of_criteria_add_up_to_those_of_the_whole_school(seed: int) -> None:
    school, terms = three_sites()
    dice = random.Random(seed)
    places = [dice.choice(sorted(school.open_to(i))) for i in range(len(school.pupils))]
    taken = apart((school, terms))
    assert criterion_costs(taken, places, len(RULES)) == Board(school, terms).criterion_costs(places, len(RULES))
    low, whole = criterion_bounds(taken), bounds.criterion_bounds(school, terms)
    assert any(low.values()) and all(low.get(k, 0) >= whole.get(k, 0) for k in range(len(RULES)))


def test_that_news_of_parts_add_up_and_only_get_better() -> None:
    told: list[Progress] = []
    whole = sums(fixed=10)
    whole.tell = told.append
    for n, value, bound in ((0, 9, 0), (1, 5, 2), (0, 4, 1), (0, 7, 0), (0, 3, 6)):
        whole.hear(n, Progress(1, value, bound, 0.0))
    whole.hear(2, Progress(1, None, 1, 0.0))
    assert [(p.value, p.bound) for p in told] == [(19, 10), (24, 12), (19, 13), (18, 15)]


def test_that_memory_is_told_as_the_reason() -> None:
    found = sums(*[formed((1, 0), (0, 0), stopped="memory")] * 3).solution()
    assert (found.status, found.stopped) == ("FEASIBLE", "memory")


# --- processes ---


def test_that_processes_are_as_many_as_pay_and_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    found = apart(three_sites()).parts
    assert parts._processes(Limits(workers=8), found) == 1  # 24 pupils are quicker formed than a process is started
    monkeypatch.setattr(parts, "ALONE", 0)
    assert parts._processes(Limits(workers=8), found) == 3
    assert parts._processes(Limits(workers=2), found) == 2
    assert parts._processes(Limits(workers=1), found) == 1
    monkeypatch.setattr(parts, "memory_mb", lambda: 100.0)
    assert parts._processes(Limits(workers=8, memory_mb=100 + 2 * parts.PROCESS_MB), found) == 2
    assert parts._processes(Limits(workers=8, memory_mb=64), found) == 1


@pytest.fixture
def side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "ALONE", 0)


@pytest.mark.usefixtures("side_by_side")
def test_that_processes_find_what_one_process_finds() -> None:
    compiled, news = three_sites(), list[Progress]()
    alone, found = form_parts(*compiled, ONE), form_parts(*compiled, Limits(30), news.append)
    assert found.status == "OPTIMAL" and [t.value for t in found.tiers] == [t.value for t in alone.tiers]
    assert news and len(found.parts) == 3


class Fake:
    """A team in this process: each part takes a moment, and the process of the first may die."""

    def __init__(self, answers: Callable[[int], Solution | BaseException | None]) -> None:
        self.answers = answers
        self.idle, self.working, self.stopped = [0, 1], dict[int, int](), 0

    def __enter__(self) -> Fake:
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def give(self, n: int, _part: Any, limits: Limits) -> None:
        assert limits.seconds > 0 and not limits.deterministic
        self.working[n] = self.idle.pop()

    def hear(self, _seconds: float) -> Iterator[tuple[int, Solution]]:
        n = next(iter(self.working))
        answer = self.answers(n)
        who = self.working.pop(n)
        if isinstance(answer, BaseException):
            self.working[n] = who
            raise answer
        if answer is not None:  # otherwise it died
            self.idle.append(who)
            yield n, answer

    def stop(self) -> None:
        self.stopped += 1
        self.answers = lambda _n: formed((1, 0), (1, 0))


def with_team(monkeypatch: pytest.MonkeyPatch, answers: Callable[[int], Solution | BaseException | None]) -> Fake:
    fake = Fake(answers)
    monkeypatch.setattr(parts, "ALONE", 0)
    monkeypatch.setattr(parts, "Team", lambda _number: fake)
    return fake


def test_that_a_part_whose_process_dies_is_formed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    with_team(monkeypatch, lambda _n: None)
    found = form_parts(*three_sites(), Limits(30))
    assert found.status == "OPTIMAL" and len(found.parts) == 3


def test_that_an_impossible_part_ends_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = with_team(monkeypatch, lambda _n: Solution("INFEASIBLE", None, (), "proved", 0.0, 0.0, 0.0))
    assert form_parts(*three_sites(), Limits(30)).status == "INFEASIBLE"
    assert len(fake.working) == 1  # still at work, and left to its end with the team


def test_that_ctrl_c_stops_the_processes_and_keeps_what_they_have(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = with_team(monkeypatch, lambda _n: KeyboardInterrupt())
    school, terms = three_sites(pupils=(8, 8, 8))
    found = form_parts(school, terms, Limits(30, memory_mb=4000))
    assert fake.stopped and found.stopped == "interrupted" and found.places is not None
    assert [p.status for p in found.parts][:2] == ["FEASIBLE"] * 2


# --- the processes themselves ---


def heard(one: Team) -> list[tuple[int, Progress | Solution]]:
    """Return all that is told until nobody is at work."""
    told: list[tuple[int, Progress | Solution]] = []
    end = time.perf_counter() + 60
    while one.working and time.perf_counter() < end:
        told += one.hear(0.1)
    return told


def test_that_a_process_answers_tells_errors_and_stops_when_asked() -> None:
    part, large = (apart(three_sites(RULES[2:], pupils)).parts[0] for pupils in ((3, 3, 2), (80, 80, 80)))
    with Team(1) as one:
        one.give(7, part, Limits(20))
        n, answer = heard(one)[-1]
        assert n == 7 and isinstance(answer, Solution) and answer.status == "OPTIMAL" and one.idle
        broken: Any = None
        one.give(8, replace(part, terms=broken), Limits(20))
        with pytest.raises(TypeError):
            heard(one)
        one.give(9, large, Limits(60))
        one.stop()
        one.stop()
        n, answer = heard(one)[-1]
        assert n == 9 and isinstance(answer, Solution) and answer.stopped == "interrupted"


def test_that_a_process_that_dies_takes_only_its_part_with_it() -> None:
    part = apart(three_sites()).parts[0]
    with Team(2) as both:
        both.give(0, part, Limits(20))
        for process in both._processes:
            process.kill()
            process.join()
        assert heard(both) == [] and not both.working and len(both.idle) == 1
        both.give(1, part, Limits(20))
        assert not both.working and not both.idle


def test_that_processes_can_be_started_where_ctrl_c_cannot_be_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(signal, "pthread_sigmask", raising=False)
    with Team(1) as one:
        assert len(one.idle) == 1


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="this system cannot hold signals back")
def test_that_ctrl_c_does_not_reach_a_process_that_starts() -> None:
    with Team(1) as one:
        process = one._processes[0]
        assert process.pid is not None
        os.kill(process.pid, signal.SIGINT)
        process.join(0.3)
        assert process.is_alive()


@pytest.fixture
def keep_ctrl_c() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def served(conversation: Callable[[Any], None]) -> None:
    """Run what a process of the team runs, with `conversation` as its parent in a thread."""
    here, there = Pipe()
    parent = threading.Thread(target=conversation, args=(here,))
    parent.start()
    team.serve(there)
    parent.join()


@pytest.mark.usefixtures("keep_ctrl_c")
def test_that_a_process_tells_news_and_stops_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def patient(_school: School, _terms: Any, _limits: Limits, progress: Any, clock: Clock) -> Solution:
        progress(Progress(1, 5, 0, 0.1))
        assert clock.stop.wait(20)
        return formed((5, 0))

    told: list[Any] = []

    def parent(pipe: Any) -> None:
        pipe.send((apart(three_sites()).parts[0], Limits(20)))
        told.append(pipe.recv())
        pipe.send(None)
        told.append(pipe.recv())
        pipe.close()

    monkeypatch.setattr(team, "solve", patient)
    served(parent)
    assert told == [Progress(1, 5, 0, 0.1), formed((5, 0))]
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN


@pytest.mark.usefixtures("keep_ctrl_c")
def test_that_a_process_ends_when_its_parent_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    def told_in_vain(_school: School, _terms: Any, _limits: Limits, progress: Any, clock: Clock) -> Solution:
        assert clock.stop.wait(20)
        progress(Progress(1, 5, 0, 0.1))
        raise AssertionError("somebody was listening")

    def parent(pipe: Any) -> None:
        pipe.send((apart(three_sites()).parts[0], Limits(20)))
        pipe.close()

    monkeypatch.setattr(team, "solve", told_in_vain)
    served(parent)


@pytest.mark.usefixtures("keep_ctrl_c")
def test_that_what_is_raised_in_a_process_is_handed_to_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_arguments: Any) -> Solution:
        raise ValueError("no")

    told: list[Any] = []

    def parent(pipe: Any) -> None:
        pipe.send((apart(three_sites()).parts[0], Limits(20)))
        told.append(pipe.recv())
        pipe.close()

    monkeypatch.setattr(team, "solve", failing)
    served(parent)
    assert isinstance(told[0], ValueError)
