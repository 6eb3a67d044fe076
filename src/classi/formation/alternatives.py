"""Another split that costs no more, with as many pupils as possible in another class than in each split before.

The distance of two splits is what remains after their classes are matched so that as many pupils as possible stay
(`classi.formation.matching`). A matching that keeps many exists exactly where no cheap prices forbid it: for numbers
``p(d)`` of the old classes and ``q(c)`` of the new ones with ``p(d) + q(c) ≥ pupils of d now in c``, no matching keeps
more than ``Σ p + Σ q``, and some such whole numbers reach it (König and Egerváry; the rows are totally unimodular).
Making this sum small is therefore making the distance large, exactly, with one row for each pair of classes; and when
CP-SAT proves that the sum cannot be below the number of pupils, every split of this quality is the old one renamed.

Terms that price what two classes share, in a tier of their own, do not see two classes come together, and exchanges
stop early: both were tried and reach less. ``python -m benchmarks.alternatives`` measures what this reaches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from classi.domain import School
from classi.errors import Contradiction
from classi.formation.bounds import Domains, domains
from classi.formation.encode import Encoding, linear
from classi.formation.engine import QUESTIONERS, Clock, run
from classi.formation.matching import distance
from classi.formation.outlook import cap
from classi.formation.solve import Cap
from classi.terms import Term

SMALL, LARGEST = 8, 24
"""Classes up to which all are looked at together at once; and, once a few at a time have been taken far, at all."""

PIECE, PIECE_SECONDS = 4, 1.0
"""Classes looked at together where there are many, and for how long at most."""

PIECES_SHARE = 0.35
"""Part of the time for that, where all are looked at together afterwards."""

STALE = 30
"""Times in a row that change nothing, after which it ends."""


@dataclass(frozen=True)
class Another:
    """Another split, if one was found.

    Attributes
    ----------
    places : class of each pupil; ``None`` when every split found is an earlier one renamed.
    distance : pupils who change class against the nearest of the splits before.
    most : no split of this quality is proved to be farther than this from all of them; 0 = there is no other.
    """

    places: tuple[int, ...] | None
    distance: int
    most: int

    @property
    def proved(self) -> bool:
        """True when no split of this quality is farther from all before."""
        return self.distance == self.most


def another(
    school: School,
    terms: Sequence[Term],
    earlier: Sequence[Sequence[int]],
    caps: Sequence[Cap],
    groups: Sequence[int],
    clock: Clock,
    found: Callable[[int], None] | None = None,
) -> Another:
    """Look for the split that is farthest from all before it.

    Parameters
    ----------
    school, terms : as for `classi.formation.solve.solve`; only the hard terms bind, the soft ones through `caps`.
    earlier : at least one split that keeps the hard terms and the caps, shape (splits, pupils).
    caps : what the new split may cost.
    groups : classes that may be renamed, as `classi.formation.matching.alike` returns them.
    clock : how long; its stop ends the search, and the farthest so far is returned.
    found : called with the distance reached, when it improves.
    """
    search = _Search(school, terms, earlier, caps, groups, clock, found or (lambda _distance: None))
    classes = len(school.classes)
    if classes > SMALL:
        search.by_pieces(0.0 if classes > LARGEST else clock.left * (1 - PIECES_SHARE))
    if classes <= LARGEST:
        search.improve(search.rooms, clock.left)
    far = min(distance(e, search.places, groups) for e in earlier)
    return Another(search.places if far else None, far, len(school.pupils) - search.least)


class _Search:
    """The farthest split so far, and how many pupils stay in it at least (`kept`) and must stay in any (`least`)."""

    def __init__(
        self,
        school: School,
        terms: Sequence[Term],
        earlier: Sequence[Sequence[int]],
        caps: Sequence[Cap],
        groups: Sequence[int],
        clock: Clock,
        found: Callable[[int], None],
    ) -> None:
        self.hard = [t for t in terms if t.weight is None]
        self.earlier, self.caps, self.groups, self.clock, self.found = earlier, caps, groups, clock, found
        self.rooms: Domains = domains(school, self.hard)
        self.pupils = len(school.pupils)
        self.places = tuple(earlier[0])
        self.kept, self.least = self.pupils, 0

    def improve(self, rooms: Domains, seconds: float) -> None:
        """Take everybody farther away, inside `rooms`; they hold the places so far."""
        encoding = Encoding(rooms)
        for term in self.hard:
            encoding.require(term.shape)
        for limit in self.caps:
            cap(encoding, limit.terms, limit.most)
        kept = encoding.model.new_int_var(0, self.pupils, "")
        for places in self.earlier:
            self._stay(encoding, places, kept)
        encoding.minimize([(kept, 1)], self.least, self.kept)
        _begin(encoding, self.places, self.clock)
        # One thread alone would never leave the split it begins with: two searches take turns, and CP-SAT adds its own
        # that change a part.
        subsolvers = QUESTIONERS if self.clock.limits.deterministic else ()
        outcome = run(encoding, self.clock, seconds, self._news, subsolvers)
        if outcome.status == "INFEASIBLE":
            raise Contradiction("no split is said to cost as little as one that is known")
        if outcome.places is not None and outcome.value is not None:
            self.places, self.kept = outcome.places, outcome.value
        if rooms is self.rooms and outcome.bound is not None:
            self.least = outcome.bound

    def _news(self, value: int | None, _bound: int | None) -> None:
        if value is not None and value < self.pupils:
            self.found(self.pupils - value)

    def _stay(self, encoding: Encoding, places: Sequence[int], kept: Any) -> None:
        """Let `kept` be at least the number of pupils some matching with the classes of `places` keeps."""
        members: list[list[int]] = [[] for _ in self.groups]
        for i, d in enumerate(places):
            members[d].append(i)
        old = [encoding.model.new_int_var(0, len(m), "") for m in members]
        new = [encoding.model.new_int_var(0, self.pupils, "") for _ in members]
        for d, inside in enumerate(members):
            for c, group in enumerate(self.groups):
                if inside and group == self.groups[d]:
                    here = linear([(encoding.x[i][c], 1) for i in inside if c in encoding.x[i]])
                    encoding.model.add(old[d] + new[c] >= here)
        encoding.model.add(linear([(v, 1) for v in (*old, *new)]) <= kept)

    def by_pieces(self, until: float) -> None:
        """Take a few classes at a time, everybody else staying, until nothing changes or only `until` is left."""
        rng = np.random.default_rng(self.clock.limits.seed)
        stale = 0
        while stale < STALE and not self.clock.over and self.clock.left > until:
            chosen = self._some(rng)
            rooms = [
                room & chosen if c in chosen else frozenset({c})
                for room, c in zip(self.rooms, self.places, strict=True)
            ]
            before = self.kept
            self.improve(rooms, min(PIECE_SECONDS, self.clock.left))
            stale = stale + 1 if self.kept == before else 0

    def _some(self, rng: np.random.Generator) -> frozenset[int]:
        """Choose a class, and others that are open to somebody in it."""
        first = int(rng.integers(len(self.groups)))
        inside = [room for room, c in zip(self.rooms, self.places, strict=True) if c == first]
        near = sorted(frozenset[int]().union(*inside) - {first})
        return frozenset([first, *rng.permutation(near)[: PIECE - 1].tolist()])


def _begin(encoding: Encoding, places: Sequence[int], clock: Clock) -> None:
    """Hint at a split that keeps every row, with the value of every variable.

    With pupils only, CP-SAT seldom finds slacks that keep the caps; from a whole answer it goes on at once.
    """
    pinned = copy(encoding)
    pinned.model = encoding.model.clone()
    for row, place in zip(encoding.x, places, strict=True):
        for c, var in row.items():
            if not isinstance(var, int):
                pinned.model.add(var == int(c == place))
    names = [encoding.model.get_int_var_from_proto_index(k) for k in range(len(encoding.model.proto.variables))]
    values: list[int] = []
    run(pinned, clock, clock.left, small=True, note=lambda value: values.extend(value(v) for v in names))
    for var, value in zip(names, values, strict=False):
        encoding.model.add_hint(var, value)


def quality(by_tier: Sequence[tuple[Sequence[Term], int]], tolerance: float) -> tuple[Cap, ...]:
    """Return the limits of a split as good as another: what that one costs, tier after tier.

    Parameters
    ----------
    by_tier : the terms of each tier and what they cost, the most important tier first.
    tolerance : per cent more that the last tier may cost, rounded up to a whole point.
    """
    caps = [Cap(tuple(terms), cost) for terms, cost in by_tier]
    if caps and tolerance:
        caps[-1] = replace(caps[-1], most=caps[-1].most + -int(-caps[-1].most * tolerance // 100))
    return tuple(caps)
