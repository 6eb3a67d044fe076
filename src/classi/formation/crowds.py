"""Terms → CP-SAT with counted pupils: how many of each kind sit in each class, not who.

For questions whose answer is yes or no. Pupils whom no rule tells apart and who may be in the same classes are one
number a class, so that a refusal need not be proved again for every way in which they can change places. The limit of a
class is put into the conditional rules about it (a class of at most 26 that takes at most 22 when a pupil of a group is
in it: n + 4·there ≤ 26), which lets the linear relaxation see most refusals at once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ortools.sat.python import cp_model

from classi.formation.bounds import Domains
from classi.formation.encode import linear
from classi.formation.engine import DETERMINISTIC_PER_SECOND, Clock, in_thread
from classi.terms import AnyOf, Band, Pair, Place, Range, Shape, Weights, When

Pairs = list[tuple[Any, int]]


class Crowd:
    """A CP-SAT model of terms that must all be kept.

    Parameters
    ----------
    kinds : of each pupil; two of one kind count the same in every shape. Who is named in one is alone in a kind.
    rooms : classes each pupil can be in; nobody counts who has none and may be left out.
    out : pupils who may be left out; a tie with somebody left out asks nothing.
    shapes : what must be kept.
    """

    def __init__(self, kinds: Sequence[int], rooms: Domains, out: Collection[int], shapes: Sequence[Shape]) -> None:
        self.model: Any = cp_model.CpModel()
        self._pupils = len(rooms)
        groups: dict[tuple[int, frozenset[int], bool], list[int]] = defaultdict(list)
        for p, classes in enumerate(rooms):
            if classes or p not in out:
                groups[kinds[p], classes, p in out].append(p)
        self.members = list(groups.values())
        self.rows: list[dict[int, Any]] = []
        self.outside: list[Any] = []
        self._columns: dict[int, Pairs] = defaultdict(list)  # by class: variable, group
        for g, (_kind, classes, may_be_out) in enumerate(groups):
            self._count(g, classes, may_be_out)
        self._group = {p: g for g, members in enumerate(self.members) for p in members}
        self._known: dict[int, list[int]] = {}
        self._limits = self._class_limits(shapes)
        for shape in shapes:
            self._require(shape)

    def _count(self, g: int, classes: Iterable[int], may_be_out: bool) -> None:
        size = len(self.members[g])
        self.rows.append({c: self._number(size) for c in sorted(classes)})
        self.outside.append(self._number(size) if may_be_out else 0)
        for c, var in self.rows[g].items():
            self._columns[c].append((var, g))
        self._between(linear([(var, 1) for var in (*self.rows[g].values(), self.outside[g])]), size, size)

    def _number(self, most: int) -> Any:
        return self.model.new_bool_var("") if most == 1 else self.model.new_int_var(0, most, "")

    def hint(self, places: Sequence[int]) -> None:
        """Offer a formation as the starting point; −1 for who is left out."""
        for members, row, outside in zip(self.members, self.rows, self.outside, strict=True):
            counted = Counter(places[p] for p in members)
            for c, var in row.items():
                self.model.add_hint(var, counted[c])
            if not isinstance(outside, int):
                self.model.add_hint(outside, counted[-1])

    def solve(self, clock: Clock) -> tuple[str, tuple[int, ...] | None]:
        """Return the status, as `engine.run` does, and a formation where there is one.

        One thread and the whole linear relaxation: these models are small, and the relaxation refuses in a hundredth of
        a second what search alone did not in minutes. Probing costs more than it finds.
        """
        if clock.over:
            return "UNKNOWN", None
        solver = cp_model.CpSolver()
        p = solver.parameters
        p.num_workers, p.linearization_level = 1, 2
        p.cp_model_probing_level = p.symmetry_level = 0
        p.random_seed, p.catch_sigint_signal = clock.limits.seed, False
        p.presolve_inclusion_work_limit = 0  # as in `engine.run`
        if clock.limits.deterministic:
            p.max_deterministic_time = clock.left * DETERMINISTIC_PER_SECOND
        else:
            p.max_time_in_seconds = clock.left
        if clock.limits.memory_mb:
            p.max_memory_in_mb = clock.limits.memory_mb
        no_news: Any = None
        status = in_thread(solver, self.model, no_news, clock, None)
        clock.solver_seconds += solver.wall_time
        clock.deterministic_time += solver.response_proto.deterministic_time
        return status, self._places(solver) if status in ("OPTIMAL", "FEASIBLE") else None

    def _places(self, solver: Any) -> tuple[int, ...]:
        places = [-1] * self._pupils
        for members, row in zip(self.members, self.rows, strict=True):
            seated = iter(members)
            for c, var in row.items():
                for _ in range(solver.value(var)):
                    places[next(seated)] = c
        return tuple(places)

    # --- sums ---

    def _weights(self, weights: Weights | tuple[int, ...]) -> list[int]:
        """Return what one pupil of each group counts; a trigger counts each of its pupils once."""
        if id(weights) not in self._known:
            found = [0] * len(self.members)
            for item in weights:
                p, w = item if isinstance(item, tuple) else (item, 1)
                if p in self._group:
                    found[self._group[p]] = w
            self._known[id(weights)] = found
        return self._known[id(weights)]

    def _row(self, c: int, by_group: Sequence[int]) -> Pairs:
        return [(var, by_group[g]) for var, g in self._columns[c] if by_group[g]]

    def _extent(self, c: int, by_group: Sequence[int]) -> tuple[int, int]:
        """Return the least and the most a class's sum can be, as far as its groups and its limits say."""
        all_of = [by_group[g] * len(self.members[g]) for _var, g in self._columns[c]]
        limits = (high for counted, high in self._limits.get(c, ()) if _within(by_group, counted))
        return sum(n for n in all_of if n < 0), min([sum(n for n in all_of if n > 0), *limits])

    def _class_limits(self, shapes: Sequence[Shape]) -> Mapping[int, list[tuple[list[int], int]]]:
        """Return, by class, what is counted there one way or another and the most there may be."""
        found: dict[int, list[tuple[list[int], int]]] = defaultdict(list)
        for shape in shapes:
            if isinstance(shape, Band) and shape.high is not None and len(shape.classes) == 1:
                counted = self._weights(shape.weights)
                if min(counted, default=0) >= 0:
                    found[shape.classes[0]].append((counted, shape.high))
        return found

    def _between(self, row: Any, low: int | None, high: int | None) -> None:
        bounds = (cp_model.INT_MIN if low is None else low, cp_model.INT_MAX if high is None else high)
        if not isinstance(row, int):
            self.model.add_linear_constraint(row, *bounds)
        elif not bounds[0] <= row <= bounds[1]:
            self.model.add_bool_or([])

    # --- one method a shape ---

    def _require(self, shape: Shape) -> None:
        match shape:
            case Band():
                counted = self._weights(shape.weights)
                row = [pair for c in shape.classes for pair in self._row(c, counted)]
                self._between(linear(row), shape.low, shape.high)
            case When():
                self._when(shape)
            case Range():
                self._range(shape)
            case Pair():
                self._pair(shape)
            case AnyOf():
                self._any_of(shape)
            case Place(pupil, classes) if pupil in self._group:
                for c, var in self.rows[self._group[pupil]].items():
                    if c not in classes:
                        self.model.add(var == 0)

    def _when(self, shape: When) -> None:
        (c,) = shape.band.classes
        group, counted = self._weights(shape.trigger), self._weights(shape.band.weights)
        _least, most = self._extent(c, group)
        if most < shape.at_least:
            return
        there: Any = 1
        if shape.at_least > 0:
            there = self.model.new_bool_var("")
            free = shape.at_least - 1
            self._between(linear([*self._row(c, group), (there, free - most)]), None, free)
        least, most = self._extent(c, counted)
        low, high = shape.band.low, shape.band.high
        if low is not None and least < low:
            self._between(linear([*self._row(c, counted), (there, least - low)]), least, None)
        if high is not None and most > high:
            self._between(linear([*self._row(c, counted), (there, most - high)]), None, most)

    def _range(self, shape: Range) -> None:
        if len(shape.classes) < 2:
            return
        counted = self._weights(shape.weights)
        extents = [self._extent(c, counted) for c in shape.classes]
        bottom = self.model.new_int_var(min(e[0] for e in extents), max(e[1] for e in extents), "")
        for c in shape.classes:
            self._between(linear([*self._row(c, counted), (bottom, -1)]), 0, shape.limit)

    def _pair(self, shape: Pair) -> None:
        if shape.first not in self._group or shape.second not in self._group:
            return
        one, two = self._group[shape.first], self._group[shape.second]
        away = [var for var in (self.outside[one], self.outside[two]) if not isinstance(var, int)]
        for c in {**self.rows[one], **self.rows[two]}:
            a, b = self.rows[one].get(c, 0), self.rows[two].get(c, 0)
            if shape.together:
                gone = [(var, -1) for var in away]
                self._between(linear([(a, 1), (b, -1), *gone]), None, 0)
                self._between(linear([(b, 1), (a, -1), *gone]), None, 0)
            else:
                self._between(linear([(a, 1), (b, 1)]), None, 1)

    def _any_of(self, shape: AnyOf) -> None:
        if shape.pupil not in self._group:
            return
        others = [self._group[p] for p in shape.others if p in self._group]
        if not others:
            return
        alone: Any = 0
        if not any(isinstance(self.outside[g], int) for g in others):
            alone = self.model.new_bool_var("")
            for g in others:
                self.model.add_implication(alone, self.outside[g])
        for c, here in self.rows[self._group[shape.pupil]].items():
            friends = [(self.rows[g][c], 1) for g in others if c in self.rows[g]]
            self._between(linear([*friends, (alone, shape.need), (here, -shape.need)]), 0, None)


def _within(one: Sequence[int], other: Sequence[int]) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True))
