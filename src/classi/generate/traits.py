"""Who the pupils are, column by column, drawn without looking at the hidden classes (save what hard rules ask)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from classi.generate.dice import Dice
from classi.generate.knobs import Knobs
from classi.generate.plan import DISABLED_PER_CLASS, Plan

BAND_STARTS = (Decimal(7), Decimal(8), Decimal(9))
"""Marks at which the second, third and fourth level band begin."""

_MEAN_MARK, _MARK_SPREAD = 7.8, 1.1
_PUPILS_A_SECTION = 20
_PULL_OF_NEAR_SITE = 6


@dataclass
class Traits:
    """One list a column, one place a pupil, in the order of `Plan.homes`.

    Attributes
    ----------
    school, section : number of the school of origin and of its final class.
    mark : from 5 to 10, in halves or whole.
    disability : ``"no"``, ``"comma1"`` or ``"comma3"``.
    """

    girl: list[bool]
    school: list[int]
    section: list[int]
    foreign: list[bool]
    mark: list[Decimal]
    disability: list[str] = field(default_factory=list)
    dsa: list[bool] = field(default_factory=list)
    bes: list[bool] = field(default_factory=list)
    problem: list[bool] = field(default_factory=list)
    repeater: list[bool] = field(default_factory=list)

    def band(self, i: int) -> int:
        """Return the level band of a pupil, 0 the lowest."""
        return sum(self.mark[i] >= start for start in BAND_STARTS)


def draw_traits(knobs: Knobs, plan: Plan, dice: Dice) -> Traits:
    """Draw the pupils of a school whose best split is not known."""
    n = knobs.pupils
    school = _schools(knobs, plan, dice)
    pull = [1 + knobs.clustering * 6 * dice.unit() ** 3 for _ in range(knobs.origins)]
    lift = [knobs.clustering * 0.6 * dice.bell() for _ in range(knobs.origins)]
    girl = marked(n, dice.sample(range(n), dice.count(knobs.girls, n)))
    foreign = marked(n, dice.sample(range(n), dice.count(knobs.foreign, n), lambda i: pull[school[i]]))
    ability = [dice.bell() + lift[school[i]] + 0.15 * girl[i] - knobs.correlation * 1.5 * foreign[i] for i in range(n)]
    traits = Traits(girl, school, sections(school, dice), foreign, [mark_of(z, knobs) for z in ability])
    traits.disability = _disabilities(plan, dice)
    draw_flags(traits, knobs, lambda share, free, likes: dice.sample(free, dice.count(share, n), likes))
    return traits


def draw_flags(
    traits: Traits, knobs: Knobs, chosen: Callable[[float, list[int], Callable[[int], float]], list[int]]
) -> None:
    """Fill in DSA, BES, problems and repeaters; `chosen` picks the pupils: (share, candidates, liking) → positions."""

    def likes(i: int) -> float:
        return 1 + knobs.correlation * (3 - traits.band(i))

    n = len(traits.girl)
    free = [i for i in range(n) if traits.disability[i] == "no"]
    traits.dsa = marked(n, chosen(knobs.dsa, free, likes))
    traits.bes = marked(n, chosen(knobs.bes, [i for i in free if not traits.dsa[i]], likes))
    traits.problem = marked(n, chosen(knobs.problems, list(range(n)), likes))
    traits.repeater = marked(n, chosen(knobs.repeaters, list(range(n)), likes))


def marked(n: int, positions: list[int]) -> list[bool]:
    """Return yes at the positions, no elsewhere."""
    inside = set(positions)
    return [i in inside for i in range(n)]


def mark_of(ability: float, knobs: Knobs) -> Decimal:
    """Turn an ability (mean 0, variance about 1) into a mark from 5 to 10, in halves or whole."""
    steps = 1 if knobs.levels == "marks" else 2
    mark = int((_MEAN_MARK + _MARK_SPREAD * ability) * steps + 0.5)
    return Decimal(min(10 * steps, max(5 * steps, mark))) / steps


def sections(school: list[int], dice: Dice) -> list[int]:
    """Divide the pupils of each school of origin over its one to three final classes."""
    number = {s: min(3, 1 + size // _PUPILS_A_SECTION) for s, size in Counter(school).items()}
    return [dice.below(number[s]) for s in school]


def _schools(knobs: Knobs, plan: Plan, dice: Dice) -> list[int]:
    """Draw schools of origin, the first of a district larger; each is near a site, and most of its pupils go there."""
    site = {row["id"]: s for s, row in enumerate(plan.sites)}
    several = min(knobs.sites, knobs.districts) > 1
    near: list[tuple[list[int], list[float]]] = []
    for s in range(knobs.sites):
        schools = [t for t in range(knobs.origins) if not several or t % knobs.districts == s % knobs.districts]
        pull = [_PULL_OF_NEAR_SITE if t % knobs.sites == s else 1 for t in schools]
        near.append((schools, [p / (t // knobs.districts + 2) for p, t in zip(pull, schools, strict=True)]))
    return [dice.weighted(*near[site.get(plan.classes[c].get("plesso"), 0)]) for c in plan.homes]


def _disabilities(plan: Plan, dice: Dice) -> list[str]:
    """Give out the disabilities so that the hidden classes hold two at most, grave ones where classes are reduced."""
    kinds, inside = ["no"] * len(plan.homes), Counter[int]()
    order = dice.shuffled(range(len(plan.homes)))
    places = [c for _ in range(DISABLED_PER_CLASS) for c in plan.reduced][: plan.grave]
    waiting: dict[int, list[int]] = {c: [] for c in plan.reduced}
    for i in reversed(order):
        if plan.homes[i] in waiting:
            waiting[plan.homes[i]].append(i)
    for c in places:
        kinds[waiting[c].pop()] = "comma3"
        inside[c] += 1
    left = plan.disabled - plan.grave
    for i in order:
        if left and kinds[i] == "no" and inside[plan.homes[i]] < DISABLED_PER_CLASS:
            kinds[i] = "comma1"
            inside[plan.homes[i]] += 1
            left -= 1
    for i in [i for i in order if kinds[i] == "no"][:left]:  # an impossible school: more than there are places for
        kinds[i] = "comma1"
    return kinds
