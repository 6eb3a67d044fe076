"""Whether a complete formation of the classes still exists: what seats are given by."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from classi.errors import NotFound
from classi.formation.crowds import Crowd
from classi.formation.engine import Clock
from classi.i18n import _
from classi.marks import Marks
from classi.terms import Band, Place, Term

Fixed = Mapping[int, frozenset[int]]


@dataclass
class FormationRoom:
    """The hard rules of a school as an oracle for seats.

    A formation found once answers every later question it happens to fit, so that most questions cost nothing.

    Parameters
    ----------
    terms : the hard terms that count as room.
    domains : classes each pupil may be in.
    may_be_out : pupils who may be left out.
    clock : time for all the questions together.

    Attributes
    ----------
    asked, solved : questions put, and those that needed the solver.
    witness : the formation found last.
    clashes : sets of rules that left no formation, last the one met last.
    """

    terms: Sequence[Term]
    domains: Sequence[frozenset[int]]
    may_be_out: frozenset[int]
    clock: Clock
    asked: int = 0
    solved: int = 0
    witness: tuple[int, ...] | None = field(default=None, repr=False)
    clashes: dict[tuple[int, ...], None] = field(default_factory=dict, repr=False)

    def holds(self, fixed: Fixed) -> bool:
        """Tell whether a formation exists with these pupils in these classes (the empty set: left out).

        Raises
        ------
        NotFound
            If the time ends before the answer is known: a seat is never given or refused by guesswork.
        """
        self.asked += 1
        if self.witness is not None and all(_inside(self.witness[p], classes) for p, classes in fixed.items()):
            return True
        return self._solve(fixed, self.terms)

    def clash(self, fixed: Fixed) -> tuple[int, ...]:
        """Return the positions of rules that together leave no formation; none of them can be left out."""
        # What refused somebody before often refuses the next one too, and fewer rules are left to try.
        known = (clash for clash in reversed(self.clashes) if not self._exists(fixed, clash))
        kept = next(known, tuple(sorted({t.criterion for t in self.terms})))
        for rule in kept if len(kept) > 1 else ():
            rest = tuple(k for k in kept if k != rule)
            if rest and not self._exists(fixed, rest):
                kept = rest
        self.clashes.pop(kept, None)
        self.clashes[kept] = None
        return tuple(k for k in kept if k >= 0)  # the places of a round are no rule

    def _exists(self, fixed: Fixed, rules: Sequence[int]) -> bool:
        """Tell whether a formation exists that keeps these rules, not looking at the others."""
        return self._solve(fixed, [t for t in self.terms if t.criterion in rules], keep=False)

    @cached_property
    def _kinds(self) -> list[int]:
        """Number the pupils so that those with one number count the same in every rule."""
        marks = Marks(self.terms)
        for term in self.terms:
            if isinstance(term.shape, Place) and not self.domains[term.shape.pupil] <= term.shape.classes:
                marks.named.add(term.shape.pupil)
        numbers: dict[Hashable, int] = {}
        found = ((p if (mark := marks.of(p)) is None else mark) for p in range(len(self.domains)))
        return [numbers.setdefault(one, len(numbers)) for one in found]

    def _solve(self, fixed: Fixed, terms: Sequence[Term], *, keep: bool = True) -> bool:
        rooms = [fixed.get(p, classes) for p, classes in enumerate(self.domains)]
        out = {p for p in self.may_be_out if p not in fixed or not fixed[p]}
        if any(not classes for p, classes in enumerate(rooms) if p not in self.may_be_out):
            return False
        self.solved += 1
        crowd = Crowd(self._kinds, rooms, out, [t.shape for t in terms])
        if self.witness is not None:
            crowd.hint([c if c in rooms[p] else -1 for p, c in enumerate(self.witness)])
        status, places = crowd.solve(self.clock)
        if status == "UNKNOWN":
            if self.clock.stop.is_set():
                raise NotFound(_("Interrupted before it was known whether a seat can be given: nothing was written."))
            raise NotFound(_("The time allowed ended before it was known whether a seat can be given: allow more."))
        if places is not None and keep:
            self.witness = places
        return status != "INFEASIBLE"


def _inside(place: int, classes: frozenset[int]) -> bool:
    return place in classes if classes else place < 0


@dataclass(frozen=True)
class SizesOnly:
    """Room where the only rule is how many pupils a class may take, so that adding up says it all.

    It is exact when whoever gets an option may sit in all of its classes, and whoever must be in may sit anywhere.

    Attributes
    ----------
    total : pupils all the classes take.
    inside : pupils who must be in.
    """

    total: int
    inside: frozenset[int]

    def holds(self, fixed: Fixed) -> bool:
        """Tell whether those who must be in and those seated fit in all; options were counted before asking."""
        seated = sum(bool(classes) and p not in self.inside for p, classes in fixed.items())
        return len(self.inside) + seated <= self.total

    def clash(self, fixed: Fixed) -> tuple[int, ...]:
        """Return nothing: what adding up refuses was refused before."""
        return ()


def sizes_only(terms: Sequence[Term], pupils: int) -> dict[int, int] | None:
    """Return the most pupils of each class if nothing else is hard; otherwise ``None``."""
    limits: dict[int, int] = {}
    ones: set[int] = set()  # the classes of a rule share their weights, which are as many as the applicants
    for term in terms:
        shape = term.shape
        if not isinstance(shape, Band) or shape.low or shape.high is None or len(shape.classes) != 1:
            return None
        if id(shape.weights) not in ones and (len(shape.weights) != pupils or any(w != 1 for _p, w in shape.weights)):
            return None
        ones.add(id(shape.weights))
        c = shape.classes[0]
        limits[c] = min(limits.get(c, shape.high), shape.high)
    return limits
