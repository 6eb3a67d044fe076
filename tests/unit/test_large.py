"""Tests that one pool of many classes is divided evenly, mended where it costs, and never told better than it is."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from test_exchange import plain_school

from classi.bench.instances import read
from classi.bench.records import Instance
from classi.case import Case
from classi.domain import School
from classi.formation import large, parts
from classi.formation.divide import _hosts, class_groups, deal, polish
from classi.formation.engine import Clock, Limits
from classi.formation.large import form_large
from classi.formation.parts import form_parts
from classi.formation.search import Board
from classi.formation.solve import Formation, Progress, Solution
from classi.formation.split import Split
from classi.terms import AnyOf, Band, Pair, Range, Shape, Term, Weights, When

PUPILS, CLASSES = 32, 8
ONE = Limits(seconds=20, workers=1)
Rooms = list[frozenset[int]]
Compiled = tuple[School, list[Term]]
EVERYBODY: Weights = tuple((i, 1) for i in range(PUPILS))
GIRLS: Weights = EVERYBODY[::2]
ANYWHERE: Rooms = [frozenset(range(CLASSES))] * PUPILS
PAIRS = [frozenset((c, c + 1)) for c in range(0, CLASSES, 2)]
"""Groups of two classes."""


def small(*more: Term) -> list[Term]:
    """Return the rules of a school of eight classes of four: sizes, girls, friends; nothing has to cost."""
    terms = [Term(Band((c,), EVERYBODY, 4, 4), 0) for c in range(CLASSES)]
    terms += [Term(Band((c,), GIRLS, 2, 2), 1, 3, 1) for c in range(CLASSES)]
    terms += [Term(Pair(i, i + 4, together=True), 2, 1, 2) for i in range(PUPILS - 4)]
    return [*terms, *more]


def several(_school: School, found: Split, clock: Clock) -> Solution:
    """Form the parts one after the other."""
    return parts._several(_school, found, (1, 2), clock, lambda _news: None, again=False)


@pytest.fixture
def pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a group of two classes, and a pool that is mended three classes at a time."""
    monkeypatch.setattr(large, "LARGEST_GROUP", 2)
    monkeypatch.setattr(large, "MENDED", 3)


def pool_of(terms: Sequence[Term], limits: Limits = ONE, form: Any = several) -> Any:
    clock = Clock(limits)
    return large._Pool(Formation(plain_school(PUPILS, CLASSES), terms, clock, lambda _news: None), terms, form)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exchange less than schools of a thousand need."""
    for name, value in (("divide.POLISHING", 500), ("improve.FIRST_ROUND", 300), ("improve.STEPS_A_CLASS", 20)):
        monkeypatch.setattr(f"classi.formation.{name}", value)


# --- groups of classes ---


@pytest.mark.parametrize(("classes", "largest"), [(13, 4), (12, 4), (42, 12), (3, 5), (7, 1)])
def test_that_groups_hold_every_class_once_and_are_nearly_equal(classes: int, largest: int) -> None:
    groups = class_groups([frozenset(range(classes))], classes, largest)
    assert sorted(c for group in groups for c in group) == list(range(classes))
    sizes = sorted(map(len, groups))
    assert sizes[-1] <= largest and sizes[-1] - sizes[0] <= 1 and len(groups) == -(-classes // largest)


def test_that_classes_open_to_the_same_pupils_are_grouped() -> None:
    even, odd = frozenset(range(0, 8, 2)), frozenset(range(1, 8, 2))
    assert sorted(class_groups([even, odd, even], 8, 4), key=min) == [even, odd]


# --- dealing ---


def sizes(dealt: Sequence[int], among: Sequence[int] = range(PUPILS)) -> list[int]:
    return [sum(dealt[i] == g for i in among) for g in range(len(PAIRS))]


def test_that_what_should_be_even_is_dealt_evenly() -> None:
    terms = [*small()[: 2 * CLASSES]]
    dealt = deal(PAIRS, terms, ANYWHERE, 0)
    assert dealt is not None and sizes(dealt) == [8] * 4
    assert sizes(dealt, [i for i, _w in GIRLS]) == [4] * 4
    assert deal(PAIRS, terms, ANYWHERE, 0) == dealt != deal(PAIRS, terms, ANYWHERE, 1)


def test_that_shares_follow_the_middle_of_the_limits_and_the_number_of_classes() -> None:
    small_ones = [Term(Band((c,), EVERYBODY, 1 if c < 2 else 5, 1 if c < 2 else 5), 0) for c in range(CLASSES)]
    dealt = deal(PAIRS, small_ones, ANYWHERE, 0)
    assert dealt is not None and sizes(dealt) == [2, 10, 10, 10]
    uneven = [frozenset((0,)), frozenset((1, 2, 3)), frozenset((4, 5, 6, 7))]
    same = [Term(Range(tuple(range(CLASSES)), EVERYBODY), 0)]
    assert Counter(deal(uneven, same, ANYWHERE, 0) or ()) == {0: 4, 1: 12, 2: 16}


def test_that_marks_above_and_below_the_mean_cancel_in_every_group() -> None:
    marks: Weights = tuple((i, (-1) ** i * (1 + i // 8)) for i in range(PUPILS))
    terms = [*small()[:CLASSES], *(Term(Band((c,), marks, -1, 1), 1, 1) for c in range(CLASSES))]
    dealt = deal(PAIRS, terms, ANYWHERE, 0)
    assert dealt is not None and sizes(dealt) == [8] * 4
    assert all(abs(sum(w for i, w in marks if dealt[i] == g)) <= 2 for g in range(4))


def test_that_friends_stay_in_one_group_and_nobody_goes_where_they_may_not() -> None:
    friends: list[Shape] = [Pair(i, i + 1, together=True) for i in range(0, PUPILS, 4)]
    friends += [AnyOf(i + 2, (i, i + 3)) for i in range(0, PUPILS, 4)]
    foes = [Term(Pair(0, 4, together=False), 3, 1)]
    terms = [*small()[:CLASSES], *(Term(f, 2, 1) for f in friends), *foes]
    dealt = deal(PAIRS, terms, ANYWHERE, 0)
    assert dealt is not None and sizes(dealt) == [8] * 4
    assert all(len({dealt[i + k] for k in range(4)}) == 1 for i in range(0, PUPILS, 4))
    dice = random.Random(1)
    rooms = [frozenset(dice.sample(range(CLASSES), 3)) for _ in range(PUPILS)]
    dealt = deal(PAIRS, terms, rooms, 0)
    assert dealt is not None and all(room & PAIRS[g] for room, g in zip(rooms, dealt, strict=True))


def test_that_a_network_of_friends_is_dealt_in_bunches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classi.formation.divide.LARGEST_BUNCH", 4)
    terms = [*small()[:CLASSES], *(Term(Pair(i, i + 1, together=True), 2, 1) for i in range(PUPILS - 1))]
    dealt = deal(PAIRS, terms, ANYWHERE, 0)
    assert dealt is not None and max(sizes(dealt)) - min(sizes(dealt)) <= 3
    assert sum(dealt[i] == dealt[i + 1] for i in range(PUPILS - 1)) > PUPILS / 2


def alone(origin: tuple[int, ...], high: int | None = None, at_least: int = 1) -> list[Term]:
    """Return the rule that nobody of an origin is alone of it in a class."""
    weights: Weights = tuple((i, 1) for i in origin)
    return [Term(When(origin, at_least, Band((c,), weights, 2, high)), 5, 1) for c in range(CLASSES)]


def test_that_those_who_should_not_be_alone_are_dealt_into_one_group() -> None:
    origins = [tuple(range(k, k + 4)) for k in range(0, PUPILS, 4)]
    terms = [*small()[:CLASSES], *(t for origin in origins for t in alone(origin))]
    dealt = deal(PAIRS, terms, ANYWHERE, 0)
    assert dealt is not None and sizes(dealt) == [8] * 4
    assert all(len({dealt[i] for i in origin}) == 1 for origin in origins)
    # Of an origin that is most of the school, many are everywhere.
    most = tuple(range(20))
    dealt = deal(PAIRS, [*small()[:CLASSES], *alone(most)], ANYWHERE, 0)
    assert dealt is not None and min(sizes(dealt, most)) > 0


def test_that_nobody_is_dealt_where_no_group_has_a_class_for_them() -> None:
    assert deal(PAIRS[1:], small(), [frozenset((0, 1)), *ANYWHERE[1:]], 0) is None
    assert deal(PAIRS, [], ANYWHERE, 0) is not None


def with_grave(high: int = 3) -> tuple[tuple[int, ...], list[Term]]:
    """Return pupils who make a class small, and the rules; only the classes of the first group may be so small."""
    grave = (0, 1, 2)
    terms = [Term(Band((c,), EVERYBODY, 3 if c < 2 else 4, 5), 0) for c in range(CLASSES)]
    return grave, [*terms, *(Term(When(grave, 1, Band((c,), EVERYBODY, None, high)), 1) for c in range(CLASSES))]


def test_that_whoever_makes_a_class_small_is_dealt_where_classes_may_be_small() -> None:
    grave, terms = with_grave()
    ((key, classes),) = _hosts(terms, PUPILS).items()
    assert classes == {0, 1} and key == id(terms[-1].shape.trigger)  # type: ignore[union-attr]
    dealt = deal(PAIRS, terms, ANYWHERE, 0)
    assert dealt is not None and sizes(dealt, grave)[0] >= 2
    # Nowhere small enough, or no limit on whole classes: nobody is known to host them.
    assert _hosts(with_grave(2)[1], PUPILS) == {}
    assert _hosts([Term(When(grave, 1, Band((0,), GIRLS, None, 3)), 1)], PUPILS) == {}
    assert _hosts([Term(When(grave, 2, Band((0,), EVERYBODY, None, 3)), 1)], PUPILS) == {}


# --- polishing ---


def polished(terms: Sequence[Term], dealt: Sequence[int], rooms: Rooms = ANYWHERE, seed: int = 0) -> list[int]:
    return polish(PAIRS, terms, rooms, dealt, lambda: False, seed)


def test_that_an_uneven_division_is_made_even_and_the_same_way_each_time() -> None:
    terms, badly = small(), [i // 9 for i in range(PUPILS)]
    found = polished(terms, badly)
    assert sizes(found) == [8] * 4 and sizes(found, [i for i, _w in GIRLS]) == [4] * 4
    assert found == polished(terms, badly)
    assert polish(PAIRS, terms, ANYWHERE, badly, lambda: True, 0) == badly


def test_that_polishing_leaves_everybody_where_they_may_be() -> None:
    rooms = [frozenset((2 * (i % 4),)) if i < 16 else ANYWHERE[0] for i in range(PUPILS)]
    badly = [i % 4 if i < 16 else 0 for i in range(PUPILS)]
    found = polished(small(), badly, rooms)
    assert found[:16] == badly[:16] and sizes(found) == [8] * 4


def test_that_companies_and_hosts_are_kept_together_by_polishing() -> None:
    grave, terms = with_grave()
    found = polished(terms, [3] * 8 + [0] * 8 + [1] * 8 + [2] * 8)
    assert {found[i] for i in grave} == {0}
    origin = (3, 9, 17, 25)
    ties = [Term(AnyOf(5, (6, 7)), 3, 1), Term(Pair(10, 11, together=False), 3, 1)]
    again = polished([*small()[:CLASSES], *alone(origin), *alone(origin, 9, 2), *ties], [i % 4 for i in range(PUPILS)])
    assert set(Counter(again[i] for i in origin).values()) <= {2, 4}
    assert again[5] in (again[6], again[7])


def test_that_limits_only_some_classes_have_are_no_limit_of_the_group() -> None:
    # One class of each group should have three girls at most, and one group should have a girl in one class at least.
    terms = [*small()[:CLASSES], *(Term(Band((c,), GIRLS, None, 0), 1, 1) for c in range(0, CLASSES, 2))]
    terms += [Term(Band((1,), GIRLS, 8, None), 2, 1), Term(Band((0, 1), GIRLS, 1, 1), 3, 1)]
    start = [i % 4 for i in range(PUPILS)]
    assert polished(terms, start) == start


# --- forming the pool ---


def formed(
    terms: Sequence[Term], limits: Limits = ONE, form: Any = several, clock: Clock | None = None
) -> tuple[Solution, list[Progress]]:
    news = list[Progress]()
    found = form_large(plain_school(PUPILS, CLASSES), terms, clock or Clock(limits), news.append, form)
    return found, news


@pytest.mark.usefixtures("pairs")
@pytest.mark.parametrize("provable", [True, False])
def test_that_a_pool_is_formed_group_by_group_and_proved(provable: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "PROVABLE", CLASSES if provable else 1)
    terms = [t for t in small() if not isinstance(t.shape, Pair) or t.shape.first % 8 < 4]
    split_into = list[int]()

    def noted(school: School, found: Split, clock: Clock) -> Solution:
        split_into.append(len(found.parts))
        return several(school, found, clock)

    found, news = formed(terms, form=noted)
    assert (found.status, found.stopped) == ("OPTIMAL", "proved") and split_into[0] == 4
    assert [(t.value, t.bound) for t in found.tiers] == [(0, 0), (0, 0)]
    assert found.places is not None and not Board(plain_school(PUPILS, CLASSES), terms).excesses(found.places).any()
    assert news and all(n.bound <= (n.value or 0) for n in news)


@pytest.mark.usefixtures("pairs")
def test_that_what_is_not_proved_keeps_the_bound_of_the_whole_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    # Everybody wants to be with the next but three: circles of eight in classes of four, which the blocks do not see.
    monkeypatch.setattr(large, "PROVABLE", 1)
    monkeypatch.setattr(large, "STALE", 2)
    monkeypatch.setattr("classi.formation.blocks.LARGEST_CIRCLE", 2)
    terms = small(Term(Pair(0, 1, together=False), 3, 5, 1), Term(Pair(0, 1, together=True), 3, 5, 1))
    found, news = formed(terms)
    first, second = found.tiers
    assert (found.status, found.stopped) == ("FEASIBLE", "time")
    assert (first.value, first.bound, first.proof) == (5, 0, "") or (first.bound, first.value) == (5, 5)
    assert 0 == second.bound < second.value and not second.proved
    board = Board(plain_school(PUPILS, CLASSES), terms)
    assert found.places is not None and not board.hard_cost(found.places)
    assert [board.tier_cost(found.places, t.tier) for t in found.tiers] == [t.value for t in found.tiers]
    assert [n for n in news if n.tier == 2][-1].value == second.value


def test_that_what_cannot_be_is_said_at_once() -> None:
    found, _news = formed(small(Term(Band((0,), EVERYBODY, 5, 5), 9)))
    assert (found.status, found.places) == ("INFEASIBLE", None)
    found, _news = formed([Term(Band((c,), EVERYBODY, None, 3), 0) for c in range(CLASSES)])
    assert (found.status, found.deterministic_time) == ("INFEASIBLE", 0.0)


@pytest.mark.usefixtures("pairs")
def test_that_without_time_a_pool_is_unknown() -> None:
    clock = Clock(ONE)
    clock.stop.set()
    found, _news = formed(small(), clock=clock)
    assert (found.status, found.places, found.stopped) == ("UNKNOWN", None, "interrupted")


@pytest.mark.usefixtures("pairs")
def test_that_a_pool_no_division_suits_is_formed_whole() -> None:
    # The two classes are in different groups, which know nothing of a rule that adds them up.
    terms = [t for t in small(Term(Band((0, 7), GIRLS, 0, 0), 9)) if t.criterion != 2]
    seeds = list[int]()

    def noted(school: School, found: Split, clock: Clock) -> Solution:
        seeds.append(clock.limits.seed)
        return several(school, found, clock)

    found, _news = formed(terms, form=noted)
    assert len(seeds) == large.DEALS and found.status == "OPTIMAL" and found.places is not None
    board = Board(plain_school(PUPILS, CLASSES), terms)
    assert not board.hard_cost(found.places) and board.tier_cost(found.places, 1) == found.tiers[0].value == 24


@pytest.mark.usefixtures("pairs")
@pytest.mark.parametrize("how", ["nobody is dealt", "no class in the group", "nothing is found"])
def test_that_a_pool_that_cannot_be_divided_is_formed_whole(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terms, dealings = [t for t in small() if t.criterion != 2], list[int]()
    only = (frozenset((0,)), *ANYWHERE[1:])
    school = School(plain_school(PUPILS, CLASSES).pupils, plain_school(PUPILS, CLASSES).classes, open=only)

    def dealt(_groups: Any, _terms: Any, rooms: Rooms, seed: int) -> list[int] | None:
        dealings.append(seed)
        return None if how == "nobody is dealt" else [3] * len(rooms)

    def nothing(*_args: Any) -> Solution:
        return Solution("UNKNOWN", None, (), "time", 0.0, 0.0, 0.0)

    if how != "nothing is found":
        monkeypatch.setattr(large, "deal", dealt)
        monkeypatch.setattr(large, "polish", lambda _g, _t, _r, given, *_rest: given)
    found = form_large(school, terms, Clock(ONE), lambda _news: None, nothing)
    assert dealings == {"nobody is dealt": [0], "no class in the group": [0, 1, 2], "nothing is found": []}[how]
    assert found.status == "OPTIMAL" and found.places is not None and found.places[0] == 0


# --- mending ---


def uneven(pool: Any) -> tuple[int, ...]:
    """Return an assignment that keeps the sizes and has all the girls in half of the classes."""
    boys = [i for i in range(PUPILS) if i % 2]
    places = [0] * PUPILS
    for k, i in enumerate([*(i for i, _w in GIRLS), *boys]):
        places[i] = k // 4
    assert pool.board.costs(places)[:2] == (0, 3 * 2 * CLASSES)
    return tuple(places)


@pytest.mark.usefixtures("pairs")
def test_that_sets_of_classes_are_chosen_where_something_costs() -> None:
    pool = pool_of([t for t in small() if t.criterion != 2])
    places = list(uneven(pool))
    # Two boys and girls change places: classes 0 and 7 are as they should be, and so have nothing to mend.
    for i, j in zip([i for i in range(PUPILS) if places[i] == 0][:2], range(PUPILS - 1, PUPILS - 5, -2), strict=True):
        places[i], places[j] = places[j], places[i]
    costs, number = pool.board.costs(places), 2
    assert costs == (0, 3 * 2 * (CLASSES - 2))
    for seed in range(10):
        sets = pool._choose(places, costs, np.random.default_rng(seed), number)
        assert sets == pool._choose(places, costs, np.random.default_rng(seed), number)
        assert len(sets) == 1 and all(len(chosen) == number for chosen in sets)
        assert any(0 < c < 7 for chosen in sets for c in chosen)
    many = pool._choose(places, costs, np.random.default_rng(0), 1)
    assert len(many) == 2 and len(frozenset.union(*many)) == 2 and all(0 < c < 7 for chosen in many for c in chosen)


def test_that_the_classes_of_a_tie_and_two_of_many_compared_are_chosen() -> None:
    rng = np.random.default_rng(0)
    compared = Term(Range(tuple(range(CLASSES)), GIRLS), 1, 1)
    pool = pool_of([compared, Term(Pair(0, 31, together=True), 2, 1, 2)])
    places = [i // 4 for i in range(PUPILS)]
    two = list(pool._where(compared, places, rng))
    assert len(set(two)) == 2 and set(two) <= set(range(CLASSES))
    assert list(pool._where(Term(Pair(0, 31, together=True), 2, 1), places, rng)) == [0, 7]
    assert list(pool._where(Term(Band((3,), GIRLS), 2, 1), places, rng)) == [3]
    assert list(pool._where(Term(When((1,), 1, Band((5,), GIRLS)), 2, 1), places, rng)) == [5]
    # Only a tie costs; one set is begun with its classes, too few to be full, and filled up.
    (chosen,) = pool._choose(places, pool.board.costs(places), rng, 6)
    assert chosen >= {0, 7} and len(chosen) == 6


@pytest.mark.usefixtures("pairs")
@pytest.mark.parametrize("together", [1, 99])
def test_that_mending_makes_an_assignment_as_good_as_its_bound(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "TOGETHER", together)
    asked = list[int]()

    def noted(school: School, found: Split, clock: Clock) -> Solution:
        asked.append(len(found.parts))
        return several(school, found, clock)

    pool = pool_of([t for t in small() if t.criterion != 2], form=noted)
    places = pool.mended(uneven(pool))
    assert pool.board.costs(places) == (0, 0) and pool.least((0, 0)) == (0,)
    assert bool(asked) == (together == 1)


@pytest.mark.usefixtures("pairs")
@pytest.mark.parametrize("together", [1, 99])
def test_that_mending_ends_where_nothing_is_found_or_mended(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "TOGETHER", together)
    monkeypatch.setattr(large, "STALE", 3)
    calls = list[int]()

    def nothing(*_args: Any) -> Solution:
        calls.append(1)
        return Solution("UNKNOWN", None, (), "time", 0.0, 0.0, 0.0)

    monkeypatch.setattr(large, "solve", nothing)
    pool = pool_of([t for t in small() if t.criterion != 2], form=nothing)
    places = uneven(pool)
    assert pool.mended(places) == places and len(calls) >= 3


def test_that_of_the_changes_found_only_those_that_cost_no_more_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    # One breaks the sizes, one makes two classes of girls and boys even, one undoes it again.
    monkeypatch.setattr(large, "STALE", 2)
    pool = pool_of([t for t in small() if t.criterion != 2])
    places = uneven(pool)
    girls, boys = ([i for i in range(PUPILS) if places[i] == c][:2] for c in (0, 7))
    good = dict.fromkeys(girls, 7) | dict.fromkeys(boys, 0)
    undone = dict.fromkeys(girls, 0) | dict.fromkeys(boys, 7)
    monkeypatch.setattr(pool, "_form_anew", lambda *_args: iter([{girls[0]: 5}, good, undone]))
    assert pool.mended(places) == tuple(good.get(i, c) for i, c in enumerate(places))


def test_that_exchanges_all_over_the_pool_never_make_it_worse() -> None:
    pool = pool_of(small())
    places = uneven(pool)
    better = pool.improved(places)
    assert pool.board.costs(better) < pool.board.costs(places) and pool.board.costs(better)[0] == 0
    # Where it costs hardly more than it must, classes are formed anew instead.
    even = pool_of([t for t in small() if t.criterion != 2])
    good = even.improved(uneven(even))
    assert even.board.costs(good) == (0, 0) and even.improved(good) == good


# --- generated schools ---


@cache
def case_of(family: str, pupils: int) -> Case:
    return read(Instance(family, pupils, 1))


@pytest.fixture
def fours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take thirteen classes for very many, and four for a group."""
    monkeypatch.setattr(parts, "LARGEST", 6)
    monkeypatch.setattr(large, "LARGEST_GROUP", 4)


def generated(family: str, limits: Limits = ONE, pupils: int = 300) -> tuple[Case, Solution, list[int]]:
    """Form a generated school; check it against the auditor, rule by rule."""
    case = case_of(family, pupils)
    found = form_parts(case.school, case.terms, limits)
    assert found.places is not None
    placed = {p.id: case.school.classes[c].id for p, c in zip(case.school.pupils, found.places, strict=True)}
    audited = case.audit(placed)
    assert audited.confirmed
    costs = Board(case.school, case.terms).criterion_costs(found.places, len(case.regulation.criteria))
    assert [a.cost for a in audited.audit.criteria] == costs
    for tier in found.tiers:
        inside = [a for a in audited.audit.criteria if not a.hard and a.tier == tier.tier]
        assert tier.bound <= tier.value == sum((a.weight or 0) * a.cost for a in inside)
    return case, found, costs


@pytest.mark.usefixtures("fours")
def test_that_a_school_in_groups_is_proved() -> None:
    _case, found, _costs = generated("standard")
    assert found.status == "OPTIMAL" and found.places is not None


@pytest.mark.usefixtures("fours")
def test_that_one_worker_forms_a_pool_the_same_way_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LARGEST", 4)
    (_case, one, _), (_case, two, _) = (generated("standard", pupils=125) for _ in range(2))
    assert one.deterministic_time > 0
    assert (one.places, one.tiers, one.deterministic_time) == (two.places, two.tiers, two.deterministic_time)


@pytest.mark.usefixtures("fours")
def test_that_a_perfect_split_is_found() -> None:
    _case, found, costs = generated("planted")
    assert found.status == "OPTIMAL" and {t.value for t in found.tiers} == {0} and not any(costs)


@pytest.mark.usefixtures("fours")
def test_that_a_school_too_large_to_prove_has_an_honest_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("PROVABLE", 1),
        ("LARGEST_GROUP", 2),
        ("LEAF_SECONDS", 0.2),
        ("MEND_SECONDS", 0.1),
        ("STALE", 1),
    ):
        monkeypatch.setattr(large, name, value)
    monkeypatch.setattr(parts, "LARGEST", 2)
    _case, found, _costs = generated("knots", pupils=125)
    assert found.status == "FEASIBLE" and found.stopped == "time"
    assert found.tiers[-1].bound < found.tiers[-1].value


@pytest.mark.usefixtures("fours")
def test_that_a_daemon_forms_the_groups_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    class Daemon:
        daemon = True

    def never(*_args: Any) -> None:
        raise AssertionError("a daemonic process may not start another")

    monkeypatch.setattr(parts, "current_process", Daemon)
    monkeypatch.setattr(parts, "ALONE", 0)
    monkeypatch.setattr(parts, "Team", never)
    monkeypatch.setattr(parts, "LARGEST", 4)
    _case, found, _costs = generated("planted", Limits(20, workers=2), pupils=125)
    assert found.status == "OPTIMAL"


def test_that_ranges_are_looked_at_group_by_group_as_bands_around_the_mean() -> None:
    compared = Term(Range((0, 1, 2), GIRLS, 2), 1, 4, 2)
    joint, own = Term(Band((0, 1), GIRLS, 1), 2), Term(Band((0,), GIRLS, 1), 3)
    localised: Callable[[Sequence[Term]], list[Term]] = large._localised
    found = localised([compared, joint, own])
    assert found == [*(Term(Band((c,), GIRLS, 5, 7), 1, 4, 2) for c in range(3)), own]
