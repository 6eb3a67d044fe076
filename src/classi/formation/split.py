"""A school taken apart: pupils and classes that share neither a pupil nor a rule are formed on their own.

Two classes belong together when a pupil may be in either, or when a rule adds up or compares what both hold. Whatever
else a rule says is about one class, or about pupils who can meet and therefore share a class, so it lies inside one
part. What a term costs does not change on the way: for every assignment in which each pupil is in a class open to him,
the excess of a term is that of the same term in its part, or a constant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from classi.domain import Pupil, School
from classi.formation.bounds import Domains, domains
from classi.formation.reach import Reach
from classi.terms import AnyOf, Band, Pair, Place, Range, Shape, Term, Weights, When


@dataclass(frozen=True)
class Part:
    """Pupils and classes that can be formed without looking at the others.

    Attributes
    ----------
    school : the pupils and classes of the part, renumbered, and the classes open to each. Only identifiers: all that
        the rules know of a pupil is in the terms, and nobody's data go further than they must.
    terms : the terms about them, renumbered.
    pupils, classes : their positions in the whole school, ascending.
    """

    school: School
    terms: tuple[Term, ...]
    pupils: tuple[int, ...]
    classes: tuple[int, ...]

    @cached_property
    def choices(self) -> int:
        """Pupils times the classes open to each: what the work grows with."""
        return sum(map(len, self.school.open))


@dataclass(frozen=True)
class Split:
    """A school in parts.

    Attributes
    ----------
    parts : in the order of their first class; classes open to nobody are in none, unless a rule compares them.
    always : terms that cost the same in every assignment, each with that excess; those that never cost are left out.
    nowhere : pupils to whom no class is open.
    """

    parts: tuple[Part, ...]
    always: tuple[tuple[Term, int], ...]
    nowhere: tuple[int, ...]

    @property
    def impossible(self) -> bool:
        """True when a pupil has no class or a hard rule is broken in every assignment; False proves nothing."""
        return bool(self.nowhere) or any(term.weight is None for term, _excess in self.always)

    @cached_property
    def constants(self) -> dict[int, int]:
        """What every assignment costs in each tier (weights included), besides what the parts cost."""
        found: dict[int, int] = defaultdict(int)
        for term, excess in self.always:
            if term.weight is not None:
                found[term.tier] += term.weight * excess
        return dict(found)


def take_apart(school: School, terms: Sequence[Term]) -> Split:
    """Take a school apart by what its own hard rules leave open."""
    return split(school, terms, domains(school, terms))


def split(school: School, terms: Iterable[Term], rooms: Domains) -> Split:
    """Take a school apart into its connected components.

    Time and memory grow with the number of terms and of their distinct weights, not with pupils × classes.

    Parameters
    ----------
    school, terms : as for `classi.formation.solve.solve`.
    rooms : classes each pupil can be in, the hard `Place` terms put in (`bounds.domains`).
    """
    reach = Reach(rooms, len(school.classes))
    live: list[Term] = []
    always: list[tuple[Term, int]] = []
    heads = _Heads(len(school.classes))
    for domain in reach.domains:
        heads.join(domain)
    for given in terms:
        shape = reach.lean(given.shape)
        if isinstance(shape, int):
            if shape:
                always.append((given, shape))
            continue
        if isinstance(shape, Band | Range):
            heads.join(shape.classes)
        live.append(given if shape is given.shape else replace(given, shape=shape))
    parts = _Cut(school, reach, heads).parts(live)
    return Split(parts, tuple(always), tuple(i for i, room in enumerate(rooms) if not room))


class _Heads:
    """Union-find over the classes; the head of a component is its first class."""

    def __init__(self, classes: int) -> None:
        self.above = list(range(classes))

    def find(self, c: int) -> int:
        while self.above[c] != c:
            self.above[c] = self.above[self.above[c]]
            c = self.above[c]
        return c

    def join(self, classes: Iterable[int]) -> None:
        heads = {self.find(c) for c in classes}
        first = min(heads, default=0)
        for head in heads:
            self.above[head] = first


class _Cut:
    """The terms handed out to the components, pupils and classes renumbered in each."""

    def __init__(self, school: School, reach: Reach, heads: _Heads) -> None:
        self.school, self.reach = school, reach
        self.head = [heads.find(c) for c in range(len(school.classes))]
        self.head_of_kind = [self.head[min(domain)] if domain else -1 for domain in reach.domains]
        self.classes: dict[int, list[int]] = defaultdict(list)
        self.pupils: dict[int, list[int]] = defaultdict(list)
        self.class_at = [_append(self.classes[head], c) for c, head in enumerate(self.head)]
        self.pupil_at = [_append(self.pupils[self.head_of(i)], i) for i in range(len(school.pupils))]
        self._pieces: dict[int, dict[int, list[Any]]] = {}
        self._frozen: dict[tuple[int, int], tuple[Any, ...]] = {}

    def head_of(self, pupil: int) -> int:
        return self.head_of_kind[self.reach.kind[pupil]]

    def parts(self, live: Iterable[Term]) -> tuple[Part, ...]:
        """Return the components that have pupils, each with its terms."""
        terms: dict[int, list[Term]] = defaultdict(list)
        for term in live:
            head = self._home(term.shape)
            terms[head].append(replace(term, shape=self._renumbered(term.shape, head)))
        return tuple(self._part(head, terms[head]) for head in sorted(self.pupils) if head >= 0)

    def _part(self, head: int, terms: Sequence[Term]) -> Part:
        pupils, classes = self.pupils[head], self.classes[head]
        kinds = {self.reach.kind[i] for i in pupils}
        rooms = {k: frozenset(self.class_at[c] for c in self.reach.domains[k]) for k in kinds}
        school = School(
            tuple(Pupil(self.school.pupils[i].id) for i in pupils),
            tuple(self.school.classes[c] for c in classes),
            open=tuple(rooms[self.reach.kind[i]] for i in pupils),
        )
        return Part(school, tuple(terms), tuple(pupils), tuple(classes))

    def _home(self, shape: Shape) -> int:
        match shape:
            case Band() | Range():
                return self.head[shape.classes[0]]
            case When():
                return self.head[shape.band.classes[0]]
            case Pair():
                return self.head_of(shape.first)
            case AnyOf() | Place():
                return self.head_of(shape.pupil)

    def _renumbered(self, shape: Shape, head: int) -> Shape:
        at = self.pupil_at
        match shape:
            case Band() | Range():
                classes = tuple(self.class_at[c] for c in shape.classes)
                return replace(shape, classes=classes, weights=self._piece(shape.weights, head))
            case When():
                band = self._renumbered(shape.band, head)
                assert isinstance(band, Band)
                return replace(shape, trigger=self._piece(shape.trigger, head), band=band)
            case Pair():
                return replace(shape, first=at[shape.first], second=at[shape.second])
            case AnyOf():
                return replace(shape, pupil=at[shape.pupil], others=tuple(at[j] for j in shape.others))
            case Place():
                inside = frozenset(self.class_at[c] for c in self.classes[head] if c in shape.classes)
                return replace(shape, pupil=at[shape.pupil], classes=inside)

    def _piece(self, weights: Weights | tuple[int, ...], head: int) -> tuple[Any, ...]:
        """Return the weights (or a trigger) of one component, one object for all the terms that share them."""
        key = id(weights), head
        if key not in self._frozen:
            if id(weights) not in self._pieces:
                self._pieces[id(weights)] = self._cut(weights)
            self._frozen[key] = tuple(self._pieces[id(weights)].pop(head, ()))
        return self._frozen[key]

    def _cut(self, weights: Weights | tuple[int, ...]) -> dict[int, list[Any]]:
        found: dict[int, list[Any]] = defaultdict(list)
        for item in weights:
            if isinstance(item, tuple):
                found[self.head_of(item[0])].append((self.pupil_at[item[0]], item[1]))
            else:
                found[self.head_of(item)].append(self.pupil_at[item])
        return found


def _append(members: list[int], member: int) -> int:
    members.append(member)
    return len(members) - 1
