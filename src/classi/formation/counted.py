"""The least a tier can cost when pupils whom its rules do not tell apart are counted, not named.

Ties between pupils are left out, so the answer is a bound for the school. Whoever counts the same in every rule looked
at is one number a class: thirty kinds of pupil instead of three hundred pupils, and "two pupils with a grave disability
fit only in the one class of twenty" is seen at once. The excess of each rule in the answer also tells where to look for
an assignment that costs no more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from classi.formation.bounds import Domains
from classi.formation.encode import Encoding, Row, linear
from classi.formation.engine import PROVERS, Clock, run
from classi.terms import Band, Range, Shape, Term, Weights, When

MOST_CELLS = 6000
"""Kinds × classes beyond which the question is as hard as the school itself, as it is with
half as many kinds as pupils."""

Counts = Band | Range | When


@dataclass(frozen=True)
class Counted:
    """What counting proves of a tier.

    Attributes
    ----------
    bound : least cost of the tier's counted terms.
    spent : excess of each counted term, in the order given, in an answer that costs just the bound; empty if none is
        known.
    """

    bound: int
    spent: Mapping[int, int]


class _Kinds(Encoding):
    """A model in which an entry of ``x`` is how many pupils of a kind are in a class."""

    def __init__(self, sizes: Sequence[int], rooms: Domains) -> None:
        super().__init__([])
        self.sizes, self.tells_places = sizes, False
        for size, classes in zip(sizes, rooms, strict=True):
            row = {c: size if len(classes) == 1 else self.model.new_int_var(0, size, "") for c in sorted(classes)}
            if len(classes) > 1:
                self.model.add(sum(row.values()) == size)
            self.x.append(row)

    def _sum(self, classes: Iterable[int], weights: Weights) -> Row:
        pairs: list[tuple[Any, int]] = []
        constant = least = greatest = 0
        for c in classes:
            for k, w in weights:
                var = self.x[k].get(c)
                if isinstance(var, int):
                    constant += w * var
                elif var is not None:
                    pairs.append((var, w))
                    least += min(0, w) * self.sizes[k]
                    greatest += max(0, w) * self.sizes[k]
        return pairs, constant, least + constant, greatest + constant


def count(
    terms: Sequence[Term], required: Iterable[Term], rooms: Domains, clock: Clock, seconds: float
) -> Counted | None:
    """Return what counting proves of a tier; ``None`` where it has nothing to count or too many kinds.

    Parameters
    ----------
    terms : the soft terms of the tier.
    required : terms every assignment still allowed keeps.
    rooms : classes each pupil can be in.
    seconds : time allowed.
    """
    wanted = [(t, t.shape) for t in terms if isinstance(t.shape, Counts)]
    kept = [t.shape for t in required if isinstance(t.shape, Counts)]
    kinds = _kinds([*kept, *(shape for _t, shape in wanted)], rooms)
    classes = frozenset[int]().union(*rooms)
    if not wanted or 2 * len(kinds) > len(rooms) or len(kinds) * len(classes) > MOST_CELLS:
        return None
    first = [members[0] for members in kinds]
    encoding = _Kinds([len(members) for members in kinds], [rooms[i] for i in first])
    known: dict[int, Any] = {}
    at = {i: k for k, i in enumerate(first)}
    for shape in kept:
        encoding.require(_by_kind(shape, at, known))
    excess = {id(t): encoding.excess(_by_kind(shape, at, known)) for t, shape in wanted}
    cost = linear([(v, w * (t.weight or 1)) for t, _s in wanted for v, w in excess[id(t)]])
    if isinstance(cost, int):
        return Counted(cost, {})
    encoding.model.minimize(cost)
    spent: dict[int, int] = {}

    def note(value: Any) -> None:
        for key, pairs in excess.items():
            spent[key] = sum((v if isinstance(v, int) else value(v)) * w for v, w in pairs)

    outcome = run(encoding, clock, seconds, None, PROVERS, note=note)
    if outcome.bound is None:
        return None
    return Counted(outcome.bound, spent if outcome.value == outcome.bound else {})


def _kinds(shapes: Iterable[Shape], rooms: Domains) -> list[list[int]]:
    """Group pupils who count the same in every shape and may be in the same classes."""
    marks: list[list[tuple[int, int]]] = [[] for _ in rooms]
    known: dict[int, object] = {}
    for shape in shapes:
        band = shape.band if isinstance(shape, When) else shape
        for counted in (band.weights, shape.trigger) if isinstance(shape, When) else (band.weights,):  # type: ignore[union-attr]
            if id(counted) not in known:
                known[id(counted)] = counted
                for item in counted:
                    i, w = item if isinstance(item, tuple) else (item, 1)
                    marks[i].append((len(known), w))
    found: dict[object, list[int]] = defaultdict(list)
    for i, (mark, classes) in enumerate(zip(marks, rooms, strict=True)):
        found[tuple(mark), classes].append(i)
    return list(found.values())


def _by_kind(shape: Counts, at: Mapping[int, int], known: dict[int, Any]) -> Counts:
    """Return a shape that counts the kinds, of each of which one pupil stands in `at`."""
    if isinstance(shape, When):
        if id(shape.trigger) not in known:
            known[id(shape.trigger)] = tuple(at[i] for i in shape.trigger if i in at)
        band = _by_kind(shape.band, at, known)
        assert isinstance(band, Band)
        return When(known[id(shape.trigger)], shape.at_least, band)
    if id(shape.weights) not in known:
        known[id(shape.weights)] = tuple((at[i], w) for i, w in shape.weights if i in at)
    return replace(shape, weights=known[id(shape.weights)])
