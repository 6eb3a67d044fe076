"""Tests that seats follow the ranking: against every formation there is, and against stable matchings of others."""

from __future__ import annotations

import itertools
import random
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pytest
import shapes

from classi.admissions.seats import Cap, Market, assign
from classi.errors import Contradiction
from classi.formation.engine import Clock, Limits
from classi.formation.rooms import FormationRoom, SizesOnly
from classi.terms import AnyOf, Band, Pair, Place, Term, When

NOWHERE = frozenset[int]()


def formations(rooms: Sequence[frozenset[int]], out: frozenset[int]) -> Iterator[tuple[int, ...]]:
    return itertools.product(*(sorted(c) + ([-1] if p in out else []) for p, c in enumerate(rooms)))


def kept(term: Term, places: Sequence[int]) -> bool:
    """Tell whether a rule is kept, ties with somebody left out asking nothing."""
    shape, inside = term.shape, [p for p, c in enumerate(places) if c >= 0]
    match shape:
        case Pair(first, second):
            if first not in inside or second not in inside:
                return True
        case AnyOf(pupil, others):
            if pupil not in inside or not set(others) & set(inside):
                return True
        case Place(pupil):
            if pupil not in inside:
                return True
    return shapes.excess(shape, places) == 0


class BruteRoom:
    """The room by its definition: look at every formation."""

    def __init__(self, terms: Sequence[Term], market: Market) -> None:
        everything = formations(market.domains, market.may_be_out)
        self.all = [f for f in everything if all(kept(t, f) for t in terms)]

    def holds(self, fixed: Mapping[int, frozenset[int]]) -> bool:
        return any(all((f[p] in c) if c else f[p] < 0 for p, c in fixed.items()) for f in self.all)

    def clash(self, fixed: Mapping[int, frozenset[int]]) -> tuple[int, ...]:
        return ()


def one_by_one(market: Market, room: BruteRoom) -> dict[int, int]:
    """Scan the ranking literally: the best option listed for which a complete formation still exists."""
    got: dict[int, int] = {}
    fixed: dict[int, frozenset[int]] = {}
    for pupil in market.rankings[0]:
        for option in market.wishes[pupil]:
            here = market.inside(pupil, option)
            if here and room.holds({**fixed, pupil: here}):
                got[pupil], fixed[pupil] = option, here
                break
        else:
            if pupil in market.may_be_out:
                fixed[pupil] = frozenset()
    return got


def some_school(dice: random.Random) -> tuple[list[Term], Market]:
    """Six applicants, two or three options of one or two classes, a few hard rules of every kind."""
    n, per_option = 6, [dice.randint(1, 2) for _ in range(dice.randint(2, 3))]
    classes, options = 0, []
    for size in per_option:
        options.append(frozenset(range(classes, classes + size)))
        classes += size
    terms = []
    ones = tuple((p, 1) for p in range(n))
    highs = [dice.randint(1, 3) for _ in range(classes)]
    terms += [Term(Band((c,), ones, dice.choice([None, None, 1]), highs[c]), 0) for c in range(classes)]
    group = tuple((p, 1) for p in range(n) if dice.random() < 0.5)
    if group:
        terms += [Term(Band((c,), group, None, 1), 1) for c in range(classes) if dice.random() < 0.7]
        trigger = tuple(p for p, _w in group)
        terms += [Term(When(trigger, 1, Band((c,), ones, None, 2)), 2) for c in range(classes) if dice.random() < 0.3]
    for rule in range(3, 3 + dice.randint(0, 2)):
        first, second = dice.sample(range(n), 2)
        terms.append(Term(Pair(first, second, dice.random() < 0.5), rule))
    if dice.random() < 0.3:
        terms.append(Term(AnyOf(0, tuple(dice.sample(range(1, n), 2))), 5))
    everywhere = frozenset(range(classes))
    redirecting = dice.random() < 0.5
    wishes = {p: dice.sample(range(len(options)), dice.randint(1, len(options))) for p in range(n)}
    order = dice.sample(range(n), n)
    domains = [everywhere if redirecting else frozenset().union(*(options[o] for o in wishes[p])) for p in range(n)]
    caps = [Cap(0, tuple(sum(highs[c] for c in o) for o in options))] if dice.random() < 0.7 else []
    market = Market([order], wishes, options, domains, caps, may_be_out=frozenset(range(n)))
    if redirecting:
        rest = {p: [o for o in range(len(options)) if o not in wishes[p]] for p in range(n)}
        market = replace(market, redirect=rest.__getitem__)
    return terms, market


@pytest.mark.parametrize("seed", range(60))
def test_that_scanning_gives_the_best_option_for_which_a_formation_exists(seed: int) -> None:
    terms, market = some_school(random.Random(seed))
    brute = BruteRoom(terms, market)
    if not brute.holds({}):
        assert not FormationRoom(terms, market.domains, market.may_be_out, Clock(Limits())).holds({})
        return
    expected = one_by_one(replace(market, may_be_out=NOWHERE) if market.redirect else market, brute)
    room = FormationRoom(terms, market.domains, market.may_be_out, Clock(Limits()))
    seats = assign(market, room)
    assert {p: o for p, (o, how) in seats.got.items() if how == "ranking"} == expected
    assert set(seats.unplaced) == set(range(6)) - set(seats.got)
    preferred = {(r.pupil, r.option) for r in seats.refusals}
    for pupil, wishes in market.wishes.items():
        option = seats.got.get(pupil, (None,))[0]
        better = wishes[: wishes.index(option)] if option in wishes else wishes
        assert {(pupil, o) for o in better} <= preferred


@pytest.mark.parametrize("seed", range(60))
def test_that_the_rules_named_in_a_refusal_leave_no_formation_by_themselves(seed: int) -> None:
    terms, market = some_school(random.Random(1000 + seed))
    asked = [frozenset().union(*(market.inside(p, o) for o in market.wishes[p])) for p in range(6)]
    market = replace(market, redirect=None, domains=asked)
    if not BruteRoom(terms, market).holds({}):
        return
    seats = assign(market, FormationRoom(terms, market.domains, market.may_be_out, Clock(Limits())))
    for refusal in (r for r in seats.refusals if r.why == "formation"):
        above = market.rankings[0][: market.rankings[0].index(refusal.pupil)]
        fixed = {p: market.inside(p, seats.got[p][0]) if p in seats.got else NOWHERE for p in above}
        fixed |= {refusal.pupil: market.inside(refusal.pupil, refusal.option)}
        named = [t for t in terms if t.criterion in refusal.rules]
        assert refusal.rules
        assert not BruteRoom(named, market).holds(fixed)


def capacities(dice: random.Random) -> tuple[Market, list[int]]:
    n, options = dice.randint(1, 9), dice.randint(1, 4)
    limits = [dice.randint(1, 3) for _ in range(options)]
    wishes = {p: dice.sample(range(options), dice.randint(1, options)) for p in range(n)}
    rankings = [dice.sample(range(n), n) for _ in range(options)]
    classes = [frozenset({o}) for o in range(options)]
    domains = [frozenset(range(options))] * n
    market = Market(rankings, wishes, classes, domains, [Cap(0, tuple(limits))], may_be_out=frozenset(range(n)))
    return market, limits


def matched_by_others(market: Market, limits: Sequence[int]) -> dict[int, int]:
    """Solve with the library `matching` (hospital-resident, resident-optimal)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from matching.games import HospitalResident  # noqa: PLC0415

        asked = {o for w in market.wishes.values() for o in w}
        residents = {f"p{p}": [f"o{o}" for o in w] for p, w in market.wishes.items()}
        hospitals = {f"o{o}": [f"p{p}" for p in market.rankings[o] if o in market.wishes[p]] for o in sorted(asked)}
        game = HospitalResident.create_from_dictionaries(residents, hospitals, {f"o{o}": limits[o] for o in asked})
        found = game.solve(optimal="resident")
    return {int(p.name[1:]): int(o.name[1:]) for o, players in found.items() for p in players}


@pytest.mark.parametrize("seed", range(2500))
def test_that_own_rankings_give_the_applicant_optimal_stable_matching(seed: int) -> None:
    market, limits = capacities(random.Random(seed))
    seats = assign(market, SizesOnly(sum(limits), frozenset()))
    assert {p: o for p, (o, _how) in seats.got.items()} == matched_by_others(market, limits)
    assert not seats.unstable
    for refusal in seats.refusals:
        holders = [p for p, (o, _how) in seats.got.items() if o == refusal.option]
        rank = market.rankings[refusal.option].index
        assert len(holders) == limits[refusal.option]
        assert all(rank(p) < rank(refusal.pupil) for p in holders)


@pytest.mark.parametrize("seed", range(40))
def test_that_with_class_rules_nobody_is_passed_over_in_any_ranking(seed: int) -> None:
    dice = random.Random(seed)
    terms, market = some_school(dice)
    market = replace(market, rankings=[dice.sample(range(6), 6) for _ in market.classes], redirect=None)
    brute = BruteRoom(terms, market)
    if not brute.holds({}):
        return
    seats = assign(market, FormationRoom(terms, market.domains, market.may_be_out, Clock(Limits())))
    assert brute.holds({p: market.inside(p, o) for p, (o, _how) in seats.got.items()})
    for refusal in seats.refusals:
        rank = market.rankings[refusal.option].index
        above = {
            p: market.inside(p, o)
            for p, (o, _how) in seats.got.items()
            if p != refusal.pupil and (o != refusal.option or rank(p) < rank(refusal.pupil))
        }
        could = brute.holds({**above, refusal.pupil: market.inside(refusal.pupil, refusal.option)})
        blocked = market.caps and sum(o == refusal.option and p in above for p, (o, _h) in seats.got.items()) >= (
            market.caps[0].limits[refusal.option] or 99
        )
        assert not could or blocked or (refusal.pupil, refusal.option) in seats.unstable


class Lying:
    """A room whose answers exclude each other: nobody can be in, and nobody can be left out."""

    def holds(self, fixed: Mapping[int, frozenset[int]]) -> bool:
        return not fixed

    def clash(self, fixed: Mapping[int, frozenset[int]]) -> tuple[int, ...]:
        return (0,)


def test_that_answers_that_exclude_each_other_are_not_believed() -> None:
    market = Market([[0]], {0: [0]}, [frozenset({0})], [frozenset({0})], may_be_out=frozenset({0}))
    with pytest.raises(Contradiction):
        assign(market, Lying())


class OneHolds:
    """A room in which two pupils are never seated together, whatever they ask for."""

    def holds(self, fixed: Mapping[int, frozenset[int]]) -> bool:
        return sum(bool(classes) for classes in fixed.values()) <= 1

    def clash(self, fixed: Mapping[int, frozenset[int]]) -> tuple[int, ...]:
        return (0,)


def test_that_a_market_without_a_stable_result_is_said_to_be_that() -> None:
    # Each would be first where the other sits: whoever is in, the other could take the place.
    classes, everywhere = [frozenset({0}), frozenset({1})], frozenset({0, 1})
    market = Market([[1, 0], [0, 1]], {0: [0, 1], 1: [1, 0]}, classes, [everywhere] * 2, may_be_out=everywhere)
    seats = assign(market, OneHolds())
    assert len(seats.got) == 1
    pupil = next(iter(seats.got))
    assert seats.unplaced == [1 - pupil]


class Alone:
    """A room in which pupil 3 shares class 0 with nobody."""

    def holds(self, fixed: Mapping[int, frozenset[int]]) -> bool:
        inside = [p for p, classes in fixed.items() if classes == frozenset({0})]
        return 3 not in inside or len(inside) == 1

    def clash(self, fixed: Mapping[int, frozenset[int]]) -> tuple[int, ...]:
        return (7,)


def test_that_a_refusal_says_why_as_things_stand_in_the_end() -> None:
    # 0 and 4 find option 0 full of 1 and 2; then 4 takes 3's place in option 1, and 3, alone, that of 1 and 2.
    classes, everywhere, everybody = [frozenset({0}), frozenset({1})], frozenset({0, 1}), range(5)
    wishes = {0: [0], 1: [0, 1], 2: [0, 1], 3: [1, 0], 4: [0, 1]}
    rankings = [[3, 1, 2, 0, 4], [4, 1, 2, 3, 0]]
    caps = [Cap(0, (2, 1))]
    market = Market(rankings, wishes, classes, [everywhere] * 5, caps, may_be_out=frozenset(everybody))
    seats = assign(market, Alone())
    assert {p: o for p, (o, _how) in seats.got.items()} == {3: 0, 4: 1}
    why = {(r.pupil, r.option): (r.why, r.rules) for r in seats.refusals}
    assert why[0, 0] == why[4, 0] == ("formation", (7,))
    assert why[3, 1] == why[1, 1] == ("full", (0,))
    assert not seats.unstable
