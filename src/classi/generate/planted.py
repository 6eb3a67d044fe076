"""The pupils of a school whose perfect split is known: the hidden classes are balanced first, then filled."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import cycle

from classi.generate.dice import Dice
from classi.generate.knobs import Knobs
from classi.generate.plan import DISABLED_PER_CLASS, Plan
from classi.generate.traits import Traits, draw_flags, sections

_BAND_SHARES = (0.18, 0.32, 0.32, 0.18)
_PUPILS_OF_ONE_SCHOOL = 3


def plant_traits(knobs: Knobs, plan: Plan, dice: Dice) -> Traits:
    """Draw pupils such that the hidden classes cost nothing under the usual regulation."""
    n = knobs.pupils
    girl, mark = [False] * n, [Decimal(0)] * n
    slots: list[list[int]] = [[] for _ in plan.classes]
    for i, c in enumerate(plan.homes):
        slots[c].append(i)
    pools = [list(pool) for pool in sorted({tuple(a) for a in plan.alike})]
    for pool in pools:
        for i, is_girl, band in _dealt(knobs, [slots[c] for c in pool], dice):
            girl[i], mark[i] = is_girl, _mark_in(band, knobs, dice)
        _level_sums(mark, [slots[c] for c in pool], knobs)
    school = _schools(knobs, slots, dice)
    traits = Traits(girl, school, sections(school, dice), [False] * n, mark)
    spread = _spreader(pools, slots, dice)
    everybody = list(range(n))
    for i in spread(knobs.foreign, everybody, lambda i: 1 + knobs.correlation * (3 - traits.band(i))):
        traits.foreign[i] = True
    traits.disability = ["no"] * n
    ill = spread(plan.disabled / n, everybody, lambda _: 1.0, DISABLED_PER_CLASS)
    for position, i in enumerate(ill):
        traits.disability[i] = "comma3" if position < plan.grave else "comma1"
    draw_flags(traits, knobs, spread)
    return traits


def _dealt(knobs: Knobs, slots: list[list[int]], dice: Dice) -> list[tuple[int, bool, int]]:
    """Deal sexes and level bands like cards, class after class: (pupil, girl, band).

    Cards of one kind lie together, so each class gets their number divided by the classes, down or up. A union of two
    kinds (a band: its girls and its boys) is as even because each kind of girls is a multiple of the number of classes.
    """
    k, n = len(slots), sum(map(len, slots))
    girls = [k * int(share * knobs.girls * n / k + 0.5) for share in _BAND_SHARES]
    while sum(girls) > n:
        girls[girls.index(max(girls))] -= k
    boys = [int(share * (n - sum(girls))) for share in _BAND_SHARES]
    boys[1] += n - sum(girls) - sum(boys)
    cards = [
        (sex, band)
        for sex, numbers in ((True, girls), (False, boys))
        for band in range(4)
        for _ in range(numbers[band])
    ]
    order = sorted(slots, key=len, reverse=True)
    hands = [dice.shuffled(hand) for hand in order]
    return [(hand.pop(), *card) for card, hand in zip(cards, cycle(hands), strict=False)]


def _band_marks(band: int, knobs: Knobs) -> list[Decimal]:
    halves = {0: (10, 11, 12, 13), 1: (14, 15), 2: (16, 17), 3: (18, 19, 20)}[band]
    return [Decimal(h) / 2 for h in halves if knobs.levels == "bands" or h % 2 == 0]


def _mark_in(band: int, knobs: Knobs, dice: Dice) -> Decimal:
    return dice.pick(_band_marks(band, knobs))


def _level_sums(mark: list[Decimal], slots: list[list[int]], knobs: Knobs) -> None:
    """Raise or lower marks, inside their band, until each class has the mean of the pool (within half a step)."""
    everybody = [i for hand in slots for i in hand]
    mean = sum((mark[i] for i in everybody), Decimal(0)) / len(everybody)
    bands = [_band_marks(b, knobs) for b in range(4)]
    near = Decimal("0.5") if knobs.levels == "marks" else Decimal("0.25")
    for hand in slots:
        for i in hand * 4:
            wrong = sum((mark[j] for j in hand), -mean * len(hand))
            if abs(wrong) <= near:
                break
            options = next(b for b in bands if mark[i] in b)
            at = options.index(mark[i]) + (-1 if wrong > 0 else 1)
            if 0 <= at < len(options):
                mark[i] = options[at]


def _schools(knobs: Knobs, slots: list[list[int]], dice: Dice) -> list[int]:
    """Give each class small groups of two or more from the same school of origin, never a pupil alone."""
    school = [0] * knobs.pupils
    for hand in slots:
        groups = min(knobs.origins, max(1, len(hand) // _PUPILS_OF_ONE_SCHOOL))
        chosen = dice.sample(range(knobs.origins), groups, lambda s: 1 / (s // knobs.districts + 2))
        people = dice.shuffled(hand)
        extra = [dice.pick(chosen) for _ in range(len(hand) - 2 * groups)]
        for i, s in zip(people, [*chosen, *chosen, *extra], strict=False):
            school[i] = s
    return school


def _spreader(pools: list[list[int]], slots: list[list[int]], dice: Dice) -> Callable[..., list[int]]:
    """Return a way to pick pupils that gives each class of a pool the same number, one more or less."""

    def spread(share: float, candidates: list[int], likes: Callable[[int], float], most: int = 99) -> list[int]:
        free, chosen = set(candidates), []
        for pool in pools:
            order = dice.shuffled(pool)
            total = dice.count(share, sum(len(slots[c]) for c in pool))
            rounds = [order[t % len(order)] for t in range(min(total, most * len(order)))]
            picks = {c: dice.sample([i for i in slots[c] if i in free], rounds.count(c), likes) for c in order}
            chosen += [picks[c].pop() for c in rounds if picks[c]]
        return chosen

    return spread
