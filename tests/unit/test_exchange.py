"""Tests that exchanges are priced as the terms say, and that local search never pays with what must be kept."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise, permutations
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import tiny
from classi.domain import Pupil, School, SchoolClass
from classi.formation import exchange as exchange_module
from classi.formation import improve as improve_module
from classi.formation.bounds import domains
from classi.formation.engine import Clock, Limits
from classi.formation.exchange import FORBIDDEN, Annealing, Exchange
from classi.formation.improve import Effort, improve
from classi.formation.search import Board
from classi.terms import AnyOf, Band, Pair, Place, Range, Shape, Term, Weights, When

PUPILS, CLASSES = 9, 4
Rooms = list[frozenset[int]]
BOTH = frozenset((0, 1))
EVERYWHERE: Rooms = [frozenset(range(CLASSES))] * PUPILS


def plain_school(pupils: int, classes: int) -> School:
    names = tuple(Pupil(f"p{i}") for i in range(pupils)), tuple(SchoolClass(f"c{c}") for c in range(classes))
    return School(*names)


def some_limits(dice: random.Random) -> tuple[int | None, int | None]:
    low = dice.choice((None, 0, 1, 2))
    high = dice.choice((None, 1, 2, 3))
    return (low, high) if low is None or high is None else (min(low, high), max(low, high))


def some_shapes(dice: random.Random, pupils: int = PUPILS, classes: int = CLASSES) -> list[Shape]:
    """Return one shape of every sort; what they count is shared between them, as in the terms of a criterion."""
    ones: Weights = tuple((i, 1) for i in range(pupils) if dice.random() < 0.6)
    numbers: Weights = tuple((i, dice.choice((-2, -1, 1, 2, 3))) for i in range(pupils) if dice.random() < 0.8)
    group = tuple(i for i, _w in ones)
    unit, times = dice.randint(1, 2), dice.randint(1, 2)

    def band(weights: Weights, number: int = 1) -> Band:
        return Band(tuple(dice.sample(range(classes), number)), weights, *some_limits(dice), unit, times)

    first, second, *others = dice.sample(range(pupils), 5)
    some = tuple(dice.sample(range(classes), dice.randint(1, classes)))
    return [
        band(ones),
        band(numbers),
        band(ones, 2),
        band(numbers, 2),
        When(group, dice.randint(0, 3), band(ones)),
        When(tuple(others), dice.randint(0, 2), band(ones)),
        When(group, dice.randint(1, 2), band(numbers)),
        Range(some, ones, dice.randint(0, 2), unit, times),
        Range(tuple(range(classes)), numbers, dice.randint(0, 2), unit, times),
        Pair(first, second, together=True, times=times),
        Pair(others[0], first, together=dice.random() < 0.5),
        Pair(others[1], others[2], together=False, times=times),
        AnyOf(first, tuple(others), dice.randint(1, 2), times),
        AnyOf(second, (first, others[0])),
        Place(first, frozenset(some), times),
        Place(others[1], frozenset(some)),
    ]


class Random:
    """A random small school with every sort of shape, twice over, and an assignment in it."""

    def __init__(self, seed: int, *, narrow: bool = False) -> None:
        dice = random.Random(seed)
        shapes = [*some_shapes(dice), *some_shapes(dice)]
        self.terms = [Term(shape, k, 1) for k, shape in enumerate(shapes)]
        self.prices = [float(dice.randint(0, 9)) for _ in self.terms]
        self.rooms = EVERYWHERE
        if narrow:
            self.rooms = [frozenset(dice.sample(range(CLASSES), dice.randint(1, CLASSES))) for _ in range(PUPILS)]
        self.places = [dice.choice(sorted(room)) for room in self.rooms]
        self.board = Board(plain_school(PUPILS, CLASSES), self.terms)

    def cost(self, places: Sequence[int] | npt.NDArray[np.int64]) -> float:
        return float((self.board.excesses(list(places)) * np.array(self.prices)).sum())

    def exchange(self, places: Sequence[int] | npt.NDArray[np.int64] | None = None) -> Exchange:
        given = self.places if places is None else [int(c) for c in places]
        return Exchange(CLASSES, self.terms, self.prices, self.rooms, given)


def swapped(places: Sequence[int], i: int, j: int, a: int, b: int) -> list[int]:
    """Return what an exchange makes of an assignment; pupil number `PUPILS` is nobody."""
    found = [*places, -1]
    found[i], found[j] = b, a
    return found[:PUPILS]


def same_state(one: Exchange, two: Exchange) -> None:
    assert one.places.tolist() == two.places.tolist()
    assert [sorted(m) for m in one.members] == [sorted(m) for m in two.members]
    for name in ("ones_in", "sums_in", "up", "down", "class_cost"):
        assert getattr(one, name).tolist() == getattr(two, name).tolist(), name
    assert one.cost() == two.cost()


# --- prices ---


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("seed", range(16))
def test_that_every_swap_and_move_is_priced_as_the_terms_say(seed: int, narrow: bool) -> None:
    made = Random(seed, narrow=narrow)
    exchange, before = made.exchange(), made.cost(made.places)
    assert exchange.cost() == before
    for a, b in permutations(range(CLASSES), 2):
        left, right = (np.append(exchange.members[c], PUPILS) for c in (a, b))
        prices = exchange.prices(a, b, left, right)
        assert prices.shape == (len(left), len(right))
        for k, i in enumerate(left.tolist()):
            for m, j in enumerate(right.tolist()):
                shut = (i < PUPILS and b not in made.rooms[i]) or (j < PUPILS and a not in made.rooms[j])
                if shut:
                    assert prices[k, m] == FORBIDDEN
                    continue
                after = made.cost(swapped(made.places, i, j, a, b))
                assert prices[k, m] + exchange.cross(i, j, a, b) == pytest.approx(after - before)


@pytest.mark.parametrize("sort", range(len(some_shapes(random.Random(0)))))
def test_that_each_sort_of_shape_alone_is_priced_as_it_says(sort: int) -> None:
    # One shape at a time: no other part of the price can hide what this one gets wrong.
    seen = set()
    for seed in range(12):
        made = Random(seed)
        made.prices = [3.0 if k % (len(made.terms) // 2) == sort else 0.0 for k in range(len(made.terms))]
        exchange, before = made.exchange(), made.cost(made.places)
        a, b = random.Random(seed).sample(range(CLASSES), 2)
        left, right = (np.append(exchange.members[c], PUPILS) for c in (a, b))
        prices = exchange.prices(a, b, left, right)
        for (k, m), price in np.ndenumerate(prices):
            i, j = int(left[k]), int(right[m])
            change = made.cost(swapped(made.places, i, j, a, b)) - before
            assert price + exchange.cross(i, j, a, b) == change
            seen.add(change)
    assert len(seen) > 1, "no exchange changes this shape: it tests nothing"


def test_that_friends_who_swap_stay_apart() -> None:
    terms = [Term(Pair(0, 1, together=True), 0, 1), Term(Pair(2, 3, together=False), 0, 1)]
    exchange = Exchange(2, terms, [5.0, 7.0], [BOTH] * 4, [0, 1, 0, 1])
    prices = exchange.prices(0, 1, np.array([0, 2, 4]), np.array([1, 3, 4]))
    assert prices.tolist() == [[0, -5 + 7, -5], [-5 + 7, 0, 7], [-5, 7, 0]]
    assert exchange.unmet().tolist() == [[0, 1]]


def test_that_a_tie_said_twice_counts_twice_and_one_against_another_costs_the_lesser_of_both() -> None:
    ends = ((0, 1), (1, 0), (1, 2), (2, 1), (0, 2), (0, 2))
    terms = [Term(Pair(*pair, together=k not in (3, 5)), 0, 1) for k, pair in enumerate(ends)]
    exchange = Exchange(2, terms, [5.0, 5.0, 2.0, 2.0, 1.0, 4.0], [BOTH] * 3, [0, 1, 0])
    assert exchange.pair_ends.tolist() == [[0, 1], [0, 2]] and exchange.pair_price.tolist() == [10.0, -3.0]
    assert exchange.tied.tolist() == [2, 1, 1, 0]
    assert exchange.cost() == 10.0 + 2.0 + 4.0


# --- changes ---


@pytest.mark.parametrize("seed", range(15))
def test_that_a_swap_keeps_every_sum_up_to_date(seed: int) -> None:
    made, dice = Random(seed), random.Random(seed)
    exchange = made.exchange()
    places = list(made.places)
    for _ in range(30):
        a, b = dice.sample(range(CLASSES), 2)
        i, j = (dice.choice([*exchange.members[c].tolist(), PUPILS]) for c in (a, b))
        before = exchange.cost()
        left, right = np.array([i]), np.array([j])
        price = exchange.prices(a, b, left, right)[0, 0] + exchange.cross(i, j, a, b)
        exchange.swap(i, j, a, b)
        places = swapped(places, i, j, a, b)
        assert exchange.places.tolist() == places
        assert exchange.cost() == pytest.approx(before + price) == made.cost(places)
    same_state(exchange, made.exchange(places))
    assert places != made.places


# --- annealing ---


def annealed(made: Random, seed: int, steps: int = 200, target: float = 0.0) -> Annealing:
    annealing = Annealing(made.exchange(), hot=20.0, cold=0.5, seed=seed)
    annealing.round(steps, lambda: False, target)
    return annealing


@pytest.mark.parametrize("seed", range(8))
def test_that_nobody_is_put_where_they_may_not_be(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Random(seed, narrow=True)
    swap, moved = Exchange.swap, set[int]()

    def watched(self: Exchange, i: int, j: int, a: int, b: int) -> None:
        swap(self, i, j, a, b)
        moved.update(p for p in (i, j) if p != self.n)
        assert all(c in room for c, room in zip(self.places.tolist(), made.rooms, strict=True))

    monkeypatch.setattr(Exchange, "swap", watched)
    annealed(made, seed)
    assert moved and all(len(made.rooms[p]) > 1 for p in moved)


@pytest.mark.parametrize("seed", range(8))
def test_that_the_best_is_kept_and_its_cost_is_true(seed: int) -> None:
    made = Random(seed)
    annealing = annealed(made, seed)
    assert annealing.best == pytest.approx(made.cost(annealing.places))
    assert annealing.value == pytest.approx(annealing.exchange.cost()) == made.cost(annealing.exchange.places)
    assert annealing.best <= min(annealing.value, made.cost(made.places)) < made.cost(made.places)
    same_state(annealing.exchange, made.exchange(annealing.exchange.places))


def test_that_the_same_seed_takes_the_same_way_and_another_one_does_not() -> None:
    made = Random(3)
    one, two, other = (annealed(made, seed) for seed in (1, 1, 2))
    assert one.places.tolist() == two.places.tolist() and one.value == two.value and one.best == two.best
    assert one.exchange.places.tolist() == two.exchange.places.tolist() != other.exchange.places.tolist()


def test_that_a_search_ends_at_its_target_and_when_it_is_over() -> None:
    made = Random(5)
    start = made.cost(made.places)
    assert annealed(made, 0, target=start).exchange.places.tolist() == made.places
    annealing, asked = Annealing(made.exchange(), hot=20.0, cold=0.5, seed=0), list[int]()

    def over() -> bool:
        asked.append(annealing.exchange.places.sum())
        return len(asked) > 2

    annealing.round(10_000, over)
    assert len(asked) == 3  # looked at once in 32 steps


def test_that_one_class_leaves_nothing_to_exchange() -> None:
    terms = [Term(Band((0,), ((0, 1), (1, 1)), None, 1), 0, 1)]
    annealing = Annealing(Exchange(1, terms, [1.0], [frozenset((0,))] * 2, [0, 0]), hot=1, cold=0.1, seed=0)
    annealing.round(100, lambda: False)
    assert annealing.best == 1.0 and annealing.places.tolist() == [0, 0]


def test_that_a_very_large_class_is_looked_at_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange_module, "MANY", 3)
    everybody: Weights = tuple((i, 1) for i in range(20))
    terms = [Term(Band((c,), everybody, 10, 10), 0, 1) for c in (0, 1)]
    annealing = Annealing(Exchange(2, terms, [1.0, 1.0], [BOTH] * 20, [0] * 20), hot=1, cold=0.1, seed=0)
    seen = {len(annealing._some(np.arange(n))) for n in (0, 2, 3, 4, 20)}
    assert seen == {1, 3, 4} and annealing._some(np.arange(20))[-1] == 20
    annealing.round(200, lambda: False)
    assert annealing.best == 0 and sorted(annealing.places.tolist()) == [0] * 10 + [1] * 10


# --- chains ---

CIRCLE = [Term(Pair(i, j, together=True), 0, 1) for i, j in ((0, 1), (1, 2))]
"""Three friends in a row; the tests put others beside them."""


def chained(extra: Sequence[Term], places: list[int], rooms: Rooms, seed: int) -> Annealing:
    """Return an annealing after one chain, nearly at zero temperature."""
    terms = [*CIRCLE, *extra]
    prices = [5.0, 5.0, *(1.0 for _ in extra)]
    annealing = Annealing(Exchange(2, terms, prices, rooms, places), hot=1, cold=0.1, seed=seed)
    annealing._chain(1e-6)
    return annealing


def test_that_a_chain_brings_a_whole_circle_to_a_friend() -> None:
    # 0, 1 and 2 are friends in class 0; 3, tied to 0, is alone in class 1 and cannot leave it. Where the draw wants 3
    # to come instead, nobody moves.
    rooms = [BOTH, BOTH, BOTH, frozenset((1,))]
    ends = {
        (after.best, *after.places.tolist())
        for after in (chained([Term(Pair(0, 3, together=True), 0, 1)], [0, 0, 0, 1], rooms, seed) for seed in range(6))
    }
    assert ends == {(0.0, 1, 1, 1, 1), (1.0, 0, 0, 0, 1)}


@pytest.mark.parametrize("shut", [False, True])
def test_that_a_chain_that_does_not_pay_is_undone_whole(shut: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    # Class 1 may hold nobody but 3 and 4, at a price; or one of the three friends may not be there at all.
    tie = Term(Pair(0, 3, together=True), 0, 1)
    dear = Term(Band((1,), tuple((i, 1) for i in range(5)), None, 2), 0, 1)
    stays = frozenset((1,))
    rooms = [BOTH, BOTH, frozenset((0,)) if shut else BOTH, stays, stays]
    swaps = list[tuple[int, ...]]()
    swap = Exchange.swap

    def watched(self: Exchange, i: int, j: int, a: int, b: int) -> None:
        swaps.append((i, j, a, b))
        swap(self, i, j, a, b)

    monkeypatch.setattr(Exchange, "swap", watched)
    undone = 0
    for seed in range(6):
        prices = [5.0, 5.0, 1.0, 50.0]
        annealing = Annealing(
            Exchange(2, [*CIRCLE, tie, dear], prices, rooms, [0, 0, 0, 1, 1]), hot=1, cold=0.1, seed=seed
        )
        swaps.clear()
        annealing._chain(1e-6)
        undone += bool(swaps)
        assert len(swaps) % 2 == 0
        same_state(annealing.exchange, Exchange(2, [*CIRCLE, tie, dear], prices, rooms, [0, 0, 0, 1, 1]))
        assert annealing.value == annealing.best == 1.0
    assert undone


def test_that_a_chain_needs_a_broken_tie_between_two_classes_and_a_circle_that_is_not_long() -> None:
    assert chained([], [0, 0, 0], [BOTH] * 3, 0).exchange.places.tolist() == [0, 0, 0]
    # A tie is broken too when two who should be apart are in one class: there is no friend to go to.
    apart = Term(Pair(0, 2, together=False), 0, 1)
    assert chained([apart], [0, 0, 0], [BOTH] * 3, 0).exchange.places.tolist() == [0, 0, 0]
    many = exchange_module.LONGEST_CHAIN + 2
    terms = [Term(Pair(i, (i + 1) % many, together=True), 0, 1) for i in range(many)]
    terms.append(Term(Pair(0, many, together=True), 0, 1))
    rooms = [BOTH] * many + [frozenset((1,))]
    annealing = Annealing(Exchange(2, terms, [1.0] * len(terms), rooms, [0] * many + [1]), hot=1, cold=0.1, seed=0)
    assert len(annealing._circle(0)) > exchange_module.LONGEST_CHAIN
    for _ in range(10):
        annealing._chain(1e-6)
    assert annealing.exchange.places.tolist() == [0] * many + [1]


# --- improve ---


class Tiers:
    """The tiny school with every rule, in three tiers, and assignments that keep the hard ones."""

    def __init__(self, shift: int) -> None:
        rules = [{**r, "weight": 1 + (k + shift) % 3, "tier": 1 + (k + shift) % 3} for k, r in enumerate(tiny.RULES)]
        rules.append({"rule": "class_size", "max": 2, "hard": True})
        regulation = tiny.regulation(rules)
        school = regulation.bind(tiny.school(tiny.PUPILS, tiny.CLASSES, tiny.TIES))
        self.terms = regulation.terms(school)
        self.board = Board(school, self.terms)
        self.rooms = domains(school, [t for t in self.terms if t.weight is None])
        self.dice = random.Random(shift)

    def start(self) -> tuple[int, ...]:
        while True:
            places = tuple(self.dice.choice(sorted(room)) for room in self.rooms)
            if not self.board.hard_cost(places):
                return places

    def costs(self, places: Sequence[int]) -> tuple[int, ...]:
        return tuple(self.board.tier_cost(places, t) for t in (1, 2, 3))

    def improved(
        self, places: tuple[int, ...], limits: Limits, target: int = 0, seconds: float = 0.05
    ) -> list[tuple[int, ...]]:
        found = list[tuple[int, ...]]()
        improve(self.board, self.rooms, places, Effort(seconds, Clock(limits), target), found.append)
        return found


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("shift", range(3))
def test_that_improving_never_pays_with_a_hard_rule_or_an_earlier_tier(shift: int, workers: int) -> None:
    made = Tiers(shift)
    better = 0
    for _ in range(3):
        places = made.start()
        costs = made.costs(places)
        for reached in made.improved(places, Limits(20, workers=workers)):
            assert not made.board.hard_cost(reached)
            assert made.costs(reached) < costs  # tier after tier: no earlier one dearer than before
            costs = made.costs(reached)
            better += 1
    assert better


def test_that_one_worker_improves_the_same_way_twice() -> None:
    made = Tiers(1)
    starts = [made.start() for _ in range(2)]
    one, two = ([made.improved(p, Limits(20, workers=1, seed=3), seconds=0.0) for p in starts] for _ in range(2))
    assert one == two and any(one)


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note the exchanges of every cooling."""
    found, real = list[int](), Annealing.round

    def counted(self: Annealing, steps: int, over: Callable[[], bool], target: float = 0.0) -> None:
        found.append(steps)
        real(self, steps, over, target)

    monkeypatch.setattr(Annealing, "round", counted)
    return found


def test_that_improving_ends_at_the_target(rounds: list[int]) -> None:
    terms = [Term(Pair(i, i + 1, together=True), 0, 1) for i in range(0, 6, 2)]
    board, found = Board(plain_school(6, 2), terms), list[tuple[int, ...]]()
    improve(board, [BOTH] * 6, [0, 1] * 3, Effort(10, Clock(Limits(20))), found.append)
    assert board.tier_cost(found[-1], 1) == 0 and len(rounds) == 1
    found.clear()
    improve(board, [BOTH] * 6, [0, 1] * 3, Effort(10, Clock(Limits(20)), target=3), found.append)
    assert found == [] and len(rounds) == 2


def test_that_improving_ends_when_the_time_is_over(rounds: list[int]) -> None:
    made = Tiers(0)
    assert made.improved(made.start(), Limits(0)) == [] and len(rounds) == 1


def test_that_each_cooling_is_longer_than_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    made, clock, seen = Tiers(0), Clock(Limits(600)), list[int]()

    def noted(_self: Annealing, steps: int, *_rest: Any) -> None:
        seen.append(steps)
        if len(seen) == 4:
            clock.stop.set()

    monkeypatch.setattr(Annealing, "round", noted)
    improve(made.board, made.rooms, made.start(), Effort(600, clock, target=-1), lambda _places: None)
    assert len(seen) == 4 and all(2 * a > b > a for a, b in pairwise(seen))


def test_that_what_must_be_kept_gets_dearer_while_it_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    # The price of a hard rule is made so low that breaking it pays: it doubles until it is kept.
    everybody: Weights = tuple((i, 1) for i in range(6))
    size = [Term(Band((c,), everybody, 2, 4), 0) for c in (0, 1)]
    friends = [Term(Pair(i, i + 1, together=True), 1, 1) for i in range(5)]
    board, clock = Board(plain_school(6, 2), [*size, *friends]), Clock(Limits(20))
    monkeypatch.setattr(improve_module, "HARD", 0.01)
    found, seen = list[int](), list[float]()

    def priced(classes: int, terms: Sequence[Term], prices: Sequence[float], *rest: Any) -> Exchange:
        seen.append(prices[0])
        return Exchange(classes, terms, prices, *rest)

    monkeypatch.setattr(improve_module, "Exchange", priced)

    def reached(places: tuple[int, ...]) -> None:
        assert board.hard_cost(places) == 0
        found.append(board.tier_cost(places, 1))
        if found[-1] == 1:
            clock.stop.set()

    improve(board, [BOTH] * 6, [0, 1, 0, 1, 0, 1], Effort(10, clock), reached)
    assert found[-1] == 1 and seen[:4] == pytest.approx([0.01, 0.02, 0.04, 0.08])


def test_that_prices_follow_the_order_of_the_tiers(monkeypatch: pytest.MonkeyPatch) -> None:
    tiers = (None, 1), (2, 1), (6, 1), (3, 2), (5, 3)
    terms = [Term(Pair(0, 1, together=True), k, weight, tier) for k, (weight, tier) in enumerate(tiers)]
    seen = list[list[float]]()

    def priced(classes: int, terms: Sequence[Term], prices: list[float], *rest: Any) -> Exchange:
        seen.append(prices)
        return Exchange(classes, terms, prices, *rest)

    monkeypatch.setattr(improve_module, "Exchange", priced)
    effort = Effort(0.0, Clock(Limits(20, workers=1)))
    improve(Board(plain_school(2, 2), terms), [BOTH] * 2, [0, 1], effort, lambda _places: None)
    ((hard, light, heavy, middle, last),) = seen
    assert last == 5.0 and heavy == 3 * light and min(light, middle) > last and hard > light


def test_that_a_wish_against_a_rule_does_not_make_the_search_believe_itself_at_its_bound() -> None:
    rule, wish = Pair(0, 1, together=False), Pair(0, 1, together=True)
    friends = [Term(Pair(i, i + 1, together=True), 2, 1) for i in (2, 4)]
    board = Board(plain_school(6, 2), [Term(rule, 0), Term(wish, 1, 5), *friends])
    found = list[tuple[int, ...]]()
    improve(board, [BOTH] * 6, [0, 1, 0, 1, 0, 1], Effort(10, Clock(Limits(20)), target=5), found.append)
    assert board.tier_cost(found[-1], 1) == 5
