"""Tests that what small groups of pupils must cost is never more than they do, and often just as much."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import product

import pytest
import shapes
from test_exchange import plain_school

from classi.formation import blocks as module
from classi.formation.blocks import Block, blocks
from classi.formation.encode import Encoding
from classi.formation.engine import Clock, Limits, run
from classi.formation.outlook import Outlook, cap, look_ahead
from classi.formation.search import Board
from classi.formation.shares import Shares, components, excess, free_of_charge, pupils_of
from classi.terms import AnyOf, Band, Pair, Place, Range, Shape, Term, Weights, When

ONE = Limits(seconds=20, workers=1)
PUPILS, CLASSES = 6, 3
Rooms = list[frozenset[int]]
EVERYBODY: Weights = tuple((i, 1) for i in range(PUPILS))
HALVES: tuple[Weights, Weights] = (EVERYBODY[:3], EVERYBODY[3:])
SOME: Weights = ((0, 2), (2, 1), (5, 1))


def wide(pupils: int, classes: int) -> Rooms:
    return [frozenset(range(classes))] * pupils


def cost(terms: Sequence[Term], places: Sequence[int]) -> int:
    return sum((t.weight or 1) * shapes.excess(t.shape, places) for t in terms)


def found_in(
    soft: Sequence[Term], hard: Sequence[Term], rooms: Rooms, kept: Sequence[Term] = (), seconds: float = 10
) -> list[Block]:
    return blocks(soft, hard, kept, rooms, Clock(ONE), seconds)


# --- random schools ---


class Chance:
    """Six pupils, three classes: ties and sections to be priced, rules on sizes, companies and separations to keep."""

    def __init__(self, seed: int) -> None:
        dice = random.Random(seed)
        self.rooms = [frozenset(dice.sample(range(CLASSES), dice.choice((1, 2, 3, 3)))) for _ in range(PUPILS)]
        if dice.random() < 0.5:
            self.rooms = wide(PUPILS, CLASSES)
        weight, high = dice.randint(1, 3), dice.choice((None, 1, 2))
        sections = [Band((c,), half, dice.choice((None, 0, 2)), high) for half in HALVES for c in range(CLASSES)]
        sections.append(Band((0, 1), HALVES[0], 1, dice.choice((None, 2)), dice.randint(1, 2)))
        self.soft = [Term(tie, 1, dice.choice((2, 4))) for tie in self.ties(dice, 4)]
        self.soft += [Term(band, 2, weight) for band in sections if dice.random() < 0.8]
        self.soft.append(Term(Range((0, 1, 2), EVERYBODY), 3, 1))
        most = dice.choice((2, 3, 4))
        self.hard = [Term(Band((c,), EVERYBODY, None, most), 4) for c in range(CLASSES)]
        self.hard += [Term(tie, 5) for tie in self.ties(dice, dice.randint(0, 2))]
        trigger = tuple(dice.sample(range(PUPILS), 2))
        some: list[Shape] = [
            When(trigger, dice.randint(0, 2), Band((dice.randrange(CLASSES),), EVERYBODY, None, 2)),
            Band((0, 1), SOME, None, dice.choice((2, 3))),
            Band((2,), ((0, 1), (1, -1)), None, 0),
            Band((dice.randrange(CLASSES),), HALVES[1], 1, None),
        ]
        self.hard += [Term(shape, 6) for shape in some if dice.random() < 0.4]
        self.kept = [Term(Band((c,), SOME, None, 2), 7, 1) for c in range(CLASSES)] if dice.random() < 0.5 else []
        every = product(*map(sorted, self.rooms))
        self.allowed = [p for p in every if not cost(self.hard, p) and not cost(self.kept, p)]

    def ties(self, dice: random.Random, number: int) -> list[Shape]:
        found: list[Shape] = []
        for _ in range(number):
            first, *others = dice.sample(range(PUPILS), 4)
            tie: tuple[Shape, ...] = (
                Pair(first, others[0], together=dice.random() < 0.7, times=dice.randint(1, 2)),
                AnyOf(first, tuple(others[: dice.randint(1, 3)]), dice.randint(1, 2)),
            )
            found.append(tie[dice.random() < 0.4])
        return found


SEEDS = range(60)


@pytest.mark.parametrize("seed", SEEDS)
def test_that_blocks_are_disjoint_and_cost_no_more_than_they_must(seed: int) -> None:
    made = Chance(seed)
    found = found_in(made.soft, made.hard, made.rooms, made.kept)
    inside = [id(t) for block in found for t in block.terms]
    assert len(inside) == len(set(inside)) and set(inside) <= {id(t) for t in made.soft}
    for block in found:
        costs = {cost(block.terms, places) for places in made.allowed}
        assert all(block.bound <= value and value % block.step == 0 for value in costs)
        assert block.bound > 0 and block.bound % block.step == 0


def test_that_the_random_schools_have_blocks_that_are_as_dear_as_told() -> None:
    exact = several = 0
    for seed in SEEDS:
        made = Chance(seed)
        found = found_in(made.soft, made.hard, made.rooms, made.kept) if made.allowed else []
        several += len(found) > 1
        exact += any(block.bound == min(cost(block.terms, p) for p in made.allowed) for block in found)
    assert exact > 15 and several > 2


@pytest.mark.parametrize("seed", SEEDS)
def test_that_what_is_foretold_of_a_tier_holds_and_can_be_demanded(seed: int) -> None:
    made = Chance(seed)
    outlook = look_ahead(1, made.soft, made.hard, made.kept, made.rooms, Clock(ONE), 10)
    assert outlook.bound == max(outlook.asked, outlook.arithmetic)
    if not made.allowed:
        return
    costs = {p: cost(made.soft, p) for p in made.allowed}
    assert outlook.bound <= min(costs.values())
    named = [t for t in made.soft if not isinstance(t.shape, Band | Range | When)]
    assert outlook.ties <= min(cost(named, p) for p in made.allowed)
    above = [value for value in costs.values() if value > outlook.asked]
    assert all(value >= outlook.asked + outlook.step for value in above)
    encoding = Encoding(made.rooms)
    for term in (*made.hard, *made.kept):
        encoding.require(term.shape)
    outlook.demand(encoding)
    places = run(encoding, Clock(ONE), 10).places
    assert (places is not None) == (outlook.asked in costs.values())
    assert places is None or costs[places] == outlook.asked


@pytest.mark.parametrize("seed", range(20))
def test_that_ties_alone_can_be_demanded(seed: int) -> None:
    made = Chance(seed)
    outlook = look_ahead(1, made.soft, made.hard, made.kept, made.rooms, Clock(ONE), 10)
    encoding = Encoding(made.rooms)
    for term in (*made.hard, *made.kept):
        encoding.require(term.shape)
    outlook.demand_ties(encoding)
    places = run(encoding, Clock(ONE), 10).places
    # The ties of blocks that count as well are left alone: they may cost anything.
    mixed = {
        id(t) for block in outlook.costly if any(isinstance(t.shape, Band) for t in block.terms) for t in block.terms
    }
    named = [t for t in made.soft if not isinstance(t.shape, Band | Range | When) and id(t) not in mixed]
    assert (places is not None) == any(cost(named, p) == outlook.ties for p in made.allowed)
    assert places is None or cost(named, places) == outlook.ties


def test_that_a_cost_can_be_capped() -> None:
    terms = [Term(Pair(i, i + 1, together=True), 0, 2) for i in range(3)]
    hard = Term(Band((0,), tuple((i, 1) for i in range(4)), 2, 2), 1)
    for most in range(5):
        encoding = Encoding(wide(4, 2))
        encoding.require(hard.shape)
        cap(encoding, terms, most)
        places = run(encoding, Clock(ONE), 10).places
        assert (places is None) == (most < 2) and (places is None or cost(terms, places) <= most)


# --- representatives ---


@pytest.mark.parametrize("seed", SEEDS)
def test_that_a_few_classes_stand_for_all(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # Eight classes, alike but for one where that is drawn, and circles of three at most: the same bounds either way.
    dice, pupils, classes = random.Random(seed), 6, 8
    half: Weights = tuple((i, 1) for i in range(3))
    everybody: Weights = tuple((i, 1) for i in range(pupils))
    odd, low = dice.randrange(classes), dice.choice((None, 0, 1))
    # Somebody of each circle may be in every class: one that nobody may enter is not looked at.
    rooms = [
        frozenset(c for c in range(classes) if c != odd or i % 3 == 0 or dice.random() < 0.5) for i in range(pupils)
    ]
    soft = [Term(Pair(i, j, together=dice.random() < 0.7), 0, 1) for i, j in ((0, 1), (1, 2), (0, 2), (3, 4))]
    soft += [Term(Band((c,), half, low, dice.choice((1, 2)) if c == odd else 1), 1, 2) for c in range(classes)]
    soft += [Term(Band((c,), everybody[3:], None, 2), 1, 2) for c in range(classes)]
    hard = [Term(Band((c,), everybody, None, 1 if c == odd else 2), 2) for c in range(classes)]
    if dice.random() < 0.5:
        hard.append(Term(Band((odd, (odd + 1) % classes), half, None, 1), 3))
        soft.append(Term(Band((0, 1, 2), half, 2, 3), 1, 2))
    few = found_in(soft, hard, rooms)
    monkeypatch.setattr(module, "_representatives", lambda *_args: frozenset(range(classes)))
    assert found_in(soft, hard, rooms) == few


def test_that_of_a_hundred_classes_alike_only_as_many_as_pupils_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    classes, looked = 100, list[list[int]]()
    real = Encoding

    def noted(rooms: Sequence[frozenset[int]]) -> Encoding:
        looked.append([len(room) for room in rooms])
        return real(rooms)

    monkeypatch.setattr(module, "Encoding", noted)
    three: Weights = ((0, 1), (1, 1), (2, 1))
    ring = [Term(Pair(i, (i + 1) % 3, together=True), 0, 1) for i in range(3)]
    hard = [Term(Band((c,), three, None, 2), 1) for c in range(classes)]
    assert [b.bound for b in found_in(ring, hard, wide(3, classes))] == [2]
    assert looked == [[3, 3, 3]]
    # A class that must hold somebody is like no other; nor are two that are counted together.
    hard += [Term(Band((7, 8), three, None, 1), 2)]
    assert [b.bound for b in found_in(ring, hard, wide(3, classes))] == [2]
    assert looked[1] == [5, 5, 5]


# --- what makes a block ---


def test_that_a_ring_of_friends_too_long_for_a_class_is_cut_twice() -> None:
    ring = [Term(Pair(i, (i + 1) % 5, together=True), 0, 3) for i in range(5)]
    size = [Term(Band((c,), tuple((i, 1) for i in range(5)), None, 3), 1) for c in range(2)]
    (block,) = found_in(ring, size, wide(5, 2))
    assert block == Block(tuple(ring), 6, 3)
    # What an earlier tier keeps at nothing limits a circle as well as a hard rule does.
    assert found_in(ring, [], wide(5, 2)) == []
    soft = [Term(t.shape, 1, 1) for t in size]
    assert found_in(ring, [], wide(5, 2), soft) == [block]


def test_that_circles_held_together_by_hard_ties_are_one_block() -> None:
    wishes = [Term(Pair(0, 1, together=True), 0, 1), Term(Pair(2, 3, together=True), 0, 1)]
    apart = [Term(Pair(1, 2, together=False), 1), Term(Pair(0, 3, together=True), 1)]
    (block,) = found_in(wishes, apart, wide(4, 3))
    assert block.bound == 1 and block.terms == tuple(wishes)
    assert found_in(wishes, apart[:1], wide(4, 3)) == []


def test_that_a_section_that_wants_to_be_spread_and_has_its_friends_is_priced() -> None:
    # Two sections of three; in each all three are friends, and at most one of a section should be in a class.
    sections: tuple[Weights, Weights] = (EVERYBODY[:3], EVERYBODY[3:])
    spread = [Term(Band((c,), section, None, 1), 0, 2) for section in sections for c in range(3)]
    friends = [Term(Pair(i, j, together=True), 1, 1) for i, j in ((0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5))]
    found = found_in([*spread, *friends], [], wide(6, 3))
    assert [b.bound for b in found] == [3, 3]  # all apart: three wishes; two together: 2 and two wishes
    assert [sorted(min(pupils_of(t.shape)) for t in b.terms)[0] for b in found] == [0, 3]
    # Groups that overlap, a single group, or groups that hold no tie are no sections.
    overlapping = [Term(Band((c,), EVERYBODY[2:5], None, 1), 0, 2) for c in range(3)]
    assert found_in([*spread, *overlapping, *friends], [], wide(6, 3)) == []
    assert found_in([*spread[:3], *friends], [], wide(6, 3)) == []
    assert found_in([*spread, Term(Pair(2, 3, together=True), 1, 1)], [], wide(6, 3)) == []


def test_that_a_rule_about_nobody_and_one_across_blocks_are_in_none() -> None:
    nobody = Term(Band((0,), (), 1, 2), 0, 2)
    spread = [Term(Band((c,), half, None, 1), 0, 2) for half in HALVES for c in range(3)]
    friends = [Term(Pair(i, i + 1, together=True), 1, 1) for i in (0, 3)]
    across = Term(Pair(0, 5, together=True), 1, 1)
    found = found_in([nobody, *spread, *friends, across], [], wide(6, 3))
    taken = {id(t) for block in found for t in block.terms}
    assert [b.bound for b in found] == [1, 1] and id(nobody) not in taken and id(across) not in taken


def test_that_a_circle_too_large_and_one_without_time_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = [Term(Pair(i, (i + 1) % 5, together=True), 0, 3) for i in range(5)]
    size = [Term(Band((c,), tuple((i, 1) for i in range(5)), None, 3), 1) for c in range(2)]
    assert found_in(ring, size, wide(5, 2), seconds=0) == []
    clock = Clock(ONE)
    clock.stop.set()
    assert blocks(ring, size, (), wide(5, 2), clock, 10) == []
    monkeypatch.setattr(module, "LARGEST_CIRCLE", 4)
    assert found_in(ring, size, wide(5, 2)) == []


def test_that_a_step_is_what_all_weights_have_in_common() -> None:
    wishes = [Term(Pair(0, 1, together=True), 0, 4), Term(Pair(1, 2, together=True), 0, 6)]
    (block,) = found_in(wishes, [Term(Band((c,), EVERYBODY, None, 2), 1) for c in range(3)], wide(6, 3))
    assert (block.bound, block.step) == (4, 2)


def test_that_arithmetic_is_believed_where_a_run_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    wish = Term(Pair(0, 1, together=True), 0, 5)
    rooms = [frozenset((0,)), frozenset((1, 2)), frozenset((0, 1))]
    assert [b.bound for b in found_in([wish], [], rooms)] == [5]
    monkeypatch.setattr(module, "ONE_BLOCK", 0.0)
    assert [b.bound for b in found_in([wish], [], rooms)] == [5]


def test_that_no_block_holds_a_range() -> None:
    with pytest.raises(TypeError, match="Range"):
        module._renumbered(Range((0, 1), EVERYBODY), {})


# --- free of charge ---


@pytest.mark.parametrize("seed", range(150))
def test_that_what_is_called_free_of_charge_costs_nothing_somewhere(seed: int) -> None:
    made = Chance(seed)
    dice = random.Random(seed)
    every = [t.shape for t in (*made.soft, *made.hard, *made.kept) if not isinstance(t.shape, Range | Place)]
    asked = [s for s in every if dice.random() < 0.4]
    rooms = dict(enumerate(made.rooms))
    if free_of_charge(frozenset(range(PUPILS)), asked, rooms):
        assert any(all(shapes.excess(s, p) == 0 for s in asked) for p in product(*map(sorted, made.rooms)))


def test_that_circles_that_fit_are_free_and_others_are_not() -> None:
    four, rooms = frozenset(range(4)), dict.fromkeys(range(4), frozenset((0, 1)))
    size = [Band((c,), EVERYBODY[:4], None, 2) for c in (0, 1)]
    friends: list[Band | When | Pair | AnyOf] = [Pair(0, 1, together=True), AnyOf(2, (3,))]
    assert free_of_charge(four, [*friends, *size], rooms)
    assert free_of_charge(four, [*friends, *size, Pair(0, 2, together=False)], rooms)
    # In one circle, and not to be in one class; three friends for two places; nowhere to meet; a lower limit missed.
    assert not free_of_charge(four, [*friends, *size, Pair(0, 1, together=False)], rooms)
    assert not free_of_charge(four, [*friends, *size, Pair(1, 2, together=True)], rooms)
    assert not free_of_charge(four, friends, {**rooms, 0: frozenset((0,)), 1: frozenset((1,))})
    assert not free_of_charge(four, [*friends, Band((0,), EVERYBODY[:4], 3, None)], rooms)
    # Conditional limits: one that only arms a lower limit is looked at when everybody is placed.
    assert not free_of_charge(
        four, [*friends, *(When((0, 2), 1, Band((c,), EVERYBODY[:4], None, 1)) for c in (0, 1))], rooms
    )
    assert free_of_charge(
        four, [*friends, *(When((0, 2), 1, Band((c,), EVERYBODY[:4], 2, None)) for c in (0, 1))], rooms
    )


@pytest.mark.parametrize("seed", range(30))
def test_that_the_plain_excess_is_what_the_words_say(seed: int) -> None:
    made, dice = Chance(seed), random.Random(seed)
    for _ in range(5):
        places = [dice.randrange(CLASSES) for _ in range(PUPILS)]
        for term in (*made.soft, *made.hard):
            shape = term.shape
            if isinstance(shape, Band | When | Pair | AnyOf):
                assert excess(shape, dict(enumerate(places))) == shapes.excess(shape, places)


# --- shares ---


def test_that_only_what_holds_whoever_the_others_are_is_asked() -> None:
    inside, across = Pair(0, 1, together=True), Pair(1, 5, together=True)
    size, least = Band((0,), EVERYBODY, 1, 4), Band((0,), EVERYBODY, 3, None)
    signed = Band((1,), ((0, 1), (3, -1)), None, 0)
    joint, elsewhere = Band((0, 1), EVERYBODY, None, 5), Band((2,), HALVES[1], None, 1)
    armed = When((1, 4), 1, Band((0,), EVERYBODY, 1, 3))
    idle = When((4, 5), 1, Band((1,), EVERYBODY, None, 3))
    always = When((4, 5), 0, Band((1,), EVERYBODY, None, 2))
    shares = Shares(
        [inside, across, size, least, signed, joint, elsewhere, armed, idle, always, Range((0, 1), EVERYBODY)]
    )
    assert shares.ties(frozenset((0, 1))) == [inside]
    two: Weights = ((0, 1), (1, 1))
    asked = shares.limits([0, 1], [0, 1, 2])
    assert sorted(asked, key=repr) == sorted(
        [
            Band((0,), two, None, 4),
            Band((0, 1), two, None, 5),
            When((1,), 1, Band((0,), two, None, 3)),
            When((), 0, Band((1,), two, None, 2)),
        ],
        key=repr,
    )


def test_that_sets_that_overlap_are_joined() -> None:
    assert components([(3, 4), (0, 1), (4, 5), (7,), (1, 0)]) == [{0, 1}, {3, 4, 5}, {7}]
    assert components([]) == []


def test_that_every_pupil_a_shape_speaks_of_is_known() -> None:
    asked: list[Shape] = [
        Band((0,), SOME),
        Range((0,), SOME),
        When((1,), 1, Band((0,), SOME)),
        Pair(0, 1, together=True),
        Place(3, frozenset()),
    ]
    assert [sorted(pupils_of(s)) for s in asked] == [[0, 2, 5], [0, 2, 5], [0, 1, 2, 5], [0, 1], [3]]


def test_that_an_outlook_without_terms_costs_nothing() -> None:
    outlook = look_ahead(2, [], [], [], wide(2, 2), Clock(ONE), 1)
    assert outlook == Outlook(2, [], [], [], 0) and (outlook.bound, outlook.step, outlook.ties) == (0, 1, 0)


def test_that_the_plain_reading_agrees_with_the_board() -> None:
    made = Chance(1)
    board = Board(plain_school(PUPILS, CLASSES), made.soft)
    places = [0, 1, 2, 0, 0, 1]
    assert board.tier_cost(places, 1) == cost(made.soft, places) > 0
