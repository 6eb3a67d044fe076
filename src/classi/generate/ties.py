"""The table `legami` of a synthetic school: twins, vetoes, pairs to keep together, and the network of wishes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from classi.generate.dice import Dice
from classi.generate.knobs import MOST_WISHES, Knobs
from classi.generate.plan import Plan
from classi.generate.pupils import Row
from classi.generate.traits import Traits

_TRIES = 60
_TWINS = 0.7
_VETOES_ON_WISHES = 0.3


@dataclass
class _Net:
    """What is known while the ties are drawn; pupils are positions."""

    knobs: Knobs
    plan: Plan
    traits: Traits
    rows: list[Row]
    dice: Dice
    clique: set[int] = field(default_factory=set)
    used: set[frozenset[int]] = field(default_factory=set)
    wished: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    indegree: Counter[int] = field(default_factory=Counter)
    most_wished: int = 0

    def same_home(self, a: int, b: int) -> bool:
        return self.plan.homes[a] == self.plan.homes[b]

    def could_meet(self, a: int, b: int) -> bool:
        """Tell whether another class of the same kind exists, so that keeping the two apart means something."""
        return self.plan.homes[b] in self.plan.alike[self.plan.homes[a]]

    def tie(self, a: int, b: int, kind: str, reason: str = "", source: str = "famiglia") -> Row:
        names = (self.rows[a]["id"], self.rows[b]["id"])
        cells = (*names, kind, 1, False, reason or None, source)
        return dict(zip(("da", "a", "tipo", "peso", "vincolante", "motivo", "fonte"), cells, strict=True))


def make_ties(knobs: Knobs, plan: Plan, traits: Traits, rows: list[Row], seed: int) -> list[Row]:
    """Draw every tie; twins get the same day of birth and surname in `rows`."""
    parts = (_clique, _siblings, _together, _wishes, _vetoes)
    net = _Net(knobs, plan, traits, rows, Dice(seed, "ties"))
    ties: list[Row] = []
    for part in parts:
        net.dice = Dice(seed, part.__name__)
        ties += part(net)
    return ties


def _pair(net: _Net, fits: Callable[[int, int], bool]) -> tuple[int, int] | None:
    """Draw two pupils that fit and have no such tie yet; none when luck fails."""
    for _ in range(_TRIES * 20):
        a, b = net.dice.below(len(net.rows)), net.dice.below(len(net.rows))
        if a != b and not net.clique.intersection((a, b)) and frozenset((a, b)) not in net.used and fits(a, b):
            net.used.add(frozenset((a, b)))
            return a, b
    return None


def _pairs(net: _Net, share: float, fits: Callable[[int, int], bool]) -> Iterator[tuple[int, int]]:
    drawn = (_pair(net, fits) for _ in range(net.dice.count(share, len(net.rows))))
    yield from filter(None, drawn)


def _siblings(net: _Net) -> Iterator[Row]:
    taken: set[int] = set()

    def fits(a: int, b: int) -> bool:
        alike = all(net.rows[a].get(c) == net.rows[b].get(c) for c in ("cittadinanza", "nato_in_italia", "ripetente"))
        return alike and net.could_meet(a, b) and not taken.intersection((a, b))

    for a, b in _pairs(net, net.knobs.siblings, fits):
        taken.update((a, b))
        twins = net.dice.chance(_TWINS)
        _make_kin(net.rows[a], net.rows[b], twins, net.dice)
        yield net.tie(a, b, "gemelli" if twins else "fratelli")
        if net.same_home(a, b):
            yield net.tie(a, b, "insieme", "richiesta scritta della famiglia")


def _make_kin(one: Row, other: Row, twins: bool, dice: Dice) -> None:
    if "cognome" in one:
        other["cognome"] = one["cognome"]
    born = one["data_nascita"]
    if twins or not isinstance(born, date):
        other["data_nascita"] = born
        return
    # Two siblings in one school year: one born in January, the other in the autumn.
    first = date(born.year, 1, 1 + dice.below(28))
    one["data_nascita"], other["data_nascita"] = first, first + timedelta(days=290 + dice.below(30))


def _clique(net: _Net) -> Iterator[Row]:
    """Keep one pupil more than there are classes apart, each from each."""
    if net.knobs.impossible != "ties":
        return
    group = net.dice.sample(range(len(net.rows)), len(net.plan.classes) + 1)
    net.clique.update(group)
    for k, a in enumerate(group):
        for b in group[k + 1 :]:
            yield net.tie(a, b, "separati", "conflitti ripetuti", "insegnanti")


def _together(net: _Net) -> Iterator[Row]:
    for a, b in _pairs(net, net.knobs.together, net.same_home):
        yield net.tie(a, b, "insieme", "indicazione degli specialisti", "specialisti")


def _vetoes(net: _Net) -> Iterator[Row]:
    """Keep pairs of different hidden classes apart; some of them had wished each other."""

    def fits(a: int, b: int) -> bool:
        return net.could_meet(a, b) and not net.same_home(a, b)

    wished = [(a, b) for a, friends in net.wished.items() for b in sorted(friends) if fits(a, b)]
    share = _VETOES_ON_WISHES if wished else 0.0
    chosen = net.dice.sample(wished, net.dice.count(net.knobs.vetoes * share, len(net.rows)))
    pairs = [p for p in chosen if frozenset(p) not in net.used and not net.clique.intersection(p)]
    net.used.update(map(frozenset, pairs))
    for a, b in [*pairs, *_pairs(net, net.knobs.vetoes * (1 - share), fits)]:
        yield net.tie(a, b, "separati", net.dice.pick(("conflitti ripetuti", "si distraggono")), "insegnanti")


def _wishes(net: _Net) -> Iterator[Row]:
    n = len(net.rows)
    circles = _circles(net)
    total = net.dice.count(net.knobs.wishes, n)
    returned = net.dice.count(net.knobs.reciprocity / 2, total)
    for k in range(total - returned):
        mutual = k < returned
        for _try in range(_TRIES):
            a = net.dice.below(n)
            b = _friend(net, a, circles[a]) if len(net.wished[a]) < MOST_WISHES else None
            if b is None or a in net.wished[b] or (mutual and len(net.wished[b]) >= MOST_WISHES):
                continue
            yield _wish(net, a, b)
            if mutual:
                yield _wish(net, b, a)
            break


def _wish(net: _Net, a: int, b: int) -> Row:
    net.wished[a].add(b)
    net.indegree[b] += 1
    net.most_wished = max(net.most_wished, net.indegree[b])
    return net.tie(a, b, "preferisce")


def _circles(net: _Net) -> list[tuple[Sequence[int], ...]]:
    """Return for each pupil the circles friends are drawn from, from near to far.

    Own friends, the same final class, the same school of origin, everybody; in a planted school only those of the same
    hidden class count.
    """
    circles: tuple[dict[object, list[int]], ...] = (defaultdict(list), defaultdict(list), defaultdict(list))
    keys = []
    for i, home in enumerate(net.plan.homes):
        place = home if net.knobs.planted else -1
        school, section = net.traits.school[i], net.traits.section[i]
        keys.append(((place, school, section), (place, school), place))
        for circle, key in zip(circles, keys[-1], strict=True):
            circle[key].append(i)
    friends = {i: group for section in circles[0].values() for group in _friends(net, section) for i in group}
    return [
        (friends[i], *(circle[key] for circle, key in zip(circles, own, strict=True))) for i, own in enumerate(keys)
    ]


def _friends(net: _Net, section: list[int]) -> Iterator[list[int]]:
    """Divide a final class into circles of three to five, girls with girls and boys with boys for the most part.

    Friends tend to ask for the same site, time model and language.
    """
    mixed = (1 - net.knobs.wishes_same_sex) / 2

    def place(i: int) -> tuple[list[int], bool]:
        return net.plan.alike[net.plan.homes[i]], net.traits.girl[i] != net.dice.chance(mixed)

    left = sorted(net.dice.shuffled(section), key=place)
    while left:
        size = len(left) if len(left) <= 5 else 3 + net.dice.below(3)
        yield left[:size]
        left = left[size:]


def _friend(net: _Net, a: int, circles: tuple[Sequence[int], ...]) -> int | None:
    """Draw whom pupil `a` wishes: from near circles first, the popular more often."""
    near = net.dice.chance(net.knobs.wishes_in_circle)
    start = 0 if near else 1 if net.dice.chance(net.knobs.wishes_in_section) else 2 + net.dice.chance(0.5)
    same_sex = net.dice.chance(net.knobs.wishes_same_sex)
    most = 1 + net.knobs.popularity * net.most_wished
    for circle in circles[start:]:
        for _try in range(_TRIES):
            b = net.dice.pick(circle)
            if (
                b != a
                and b not in net.wished[a]
                and (near or same_sex == (net.traits.girl[a] == net.traits.girl[b]))
                and net.dice.unit() * most < 1 + net.knobs.popularity * net.indegree[b]
            ):
                return b
        near = False
    return None
