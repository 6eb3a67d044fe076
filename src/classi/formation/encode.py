"""Terms → CP-SAT: the only place, with `solve` and `conflict`, that knows OR-Tools.

Measured choices (docs/decisions.md): one Boolean per pupil and useful class; an excess is one or two slacks on one
linear row; a pair is two clauses a class; no symmetry breaking.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from ortools.sat.python import cp_model

from classi.formation.bounds import Domains
from classi.terms import AnyOf, Band, Pair, Place, Range, Shape, Weights, When

Row = tuple[list[tuple[Any, int]], int, int, int]
"""Linear form: (variable, coefficient) pairs, constant, least and greatest value."""


class Encoding:
    """A CP-SAT model of some terms of a school.

    Parameters
    ----------
    rooms : classes each pupil can be in (see `bounds.domains`).
    free : pupils who may be anywhere, even nowhere or in two classes (for the search of conflicts).

    Attributes
    ----------
    tells_places : an answer says where each pupil is.
    """

    def __init__(self, rooms: Domains, free: Collection[int] = ()) -> None:
        self.model: Any = cp_model.CpModel()
        self.rooms, self.free = rooms, frozenset(free)
        self.tells_places = not self.free
        self.x: list[dict[int, Any]] = []
        for i, classes in enumerate(rooms):
            if len(classes) == 1 and i not in free:
                self.x.append(dict.fromkeys(classes, 1))
                continue
            row = {c: self.model.new_bool_var(f"x{i},{c}") for c in sorted(classes)}
            if i not in free:
                self.model.add_exactly_one(row.values())
            self.x.append(row)

    # --- what the solver and the conflict search call ---

    def require(self, shape: Shape) -> None:
        """Make the excess of `shape` zero."""
        match shape:
            case Band():
                self._band(shape, slack=False)
            case When():
                self._when(shape, slack=False)
            case Range():
                self._range(shape, slack=False)
            case Pair():
                self._pair(shape, None)
            case AnyOf():
                self._any_of(shape, None)
            case Place():
                self._place(shape, required=True)

    def excess(self, shape: Shape) -> list[tuple[Any, int]]:
        """Return linear terms whose sum, minimised, is the excess of `shape`."""
        match shape:
            case Band():
                slacks = self._band(shape, slack=True)
            case When():
                slacks = self._when(shape, slack=True)
            case Range():
                slacks = self._range(shape, slack=True)
            case Pair():
                unmet = self.model.new_bool_var("")
                self._pair(shape, unmet)
                slacks = [(unmet, shape.times)]
            case AnyOf():
                missing = self.model.new_int_var(0, shape.need, "")
                self._any_of(shape, missing)
                slacks = [(missing, shape.times)]
            case Place():
                slacks = self._place(shape, required=False)
        return slacks

    def minimize(self, cost: Sequence[tuple[Any, int]], low: int, high: int) -> None:
        """Minimise Σ coefficient × variable, known to be between `low` and `high` at its best."""
        fixed = sum(v * w for v, w in cost if isinstance(v, int))
        objective = linear(cost)
        self.model.minimize(objective)
        if not isinstance(objective, int):
            # Cutting the objective's own domain is what CP-SAT uses; a constraint objective ≥ low does not help it.
            self.model.proto.objective.domain.extend([low - fixed, high - fixed])

    def hint(self, places: Sequence[int]) -> None:
        """Offer an assignment as the starting point, the slack variables included where their value is plain."""
        self.model.clear_hints()
        for row, place in zip(self.x, places, strict=True):
            for c, var in row.items():
                if not isinstance(var, int):
                    self.model.add_hint(var, int(c == place))

    def places(self, value: Any) -> tuple[int, ...]:
        """Read an assignment back through `value`, a function from variables to numbers."""
        return tuple(
            next(c for c, var in row.items() if (var if isinstance(var, int) else value(var))) for row in self.x
        )

    # --- one method a shape ---

    def _sum(self, classes: Iterable[int], weights: Weights) -> Row:
        pairs: list[tuple[Any, int]] = []
        constant = least = greatest = 0
        for c in classes:
            for i, w in weights:
                var = self.x[i].get(c)
                if isinstance(var, int):
                    constant += w
                elif var is not None:
                    pairs.append((var, w))
                    least, greatest = least + min(0, w), greatest + max(0, w)
        return pairs, constant, least + constant, greatest + constant

    def _band(self, band: Band, *, slack: bool) -> list[tuple[Any, int]]:
        pairs, constant, least, greatest = self._sum(band.classes, band.weights)
        low = band.low if band.low is not None and least < band.low else None
        high = band.high if band.high is not None and greatest > band.high else None
        row = linear(pairs, constant)
        slacks = []
        under = over = 0
        if slack and low is not None:
            under = self.model.new_int_var(0, -((least - low) // band.unit), "")
            slacks.append((under, band.times))
        if slack and high is not None:
            over = self.model.new_int_var(0, -((high - greatest) // band.unit), "")
            slacks.append((over, band.times))
        # One row for both sides is the faster encoding, but whole units must not carry a sum across a narrow band.
        if slack and low is not None and high is not None and high - low < band.unit - 1:
            self._between(row + band.unit * under, low, None)
            self._between(row - band.unit * over, None, high)
        else:
            self._between(row + band.unit * under - band.unit * over, low, high)
        return slacks

    def _between(self, row: Any, low: int | None, high: int | None) -> None:
        bounds = (cp_model.INT_MIN if low is None else low, cp_model.INT_MAX if high is None else high)
        if isinstance(row, int):
            self._clause([int(bounds[0] <= row <= bounds[1])])
        elif low is not None or high is not None:
            self.model.add_linear_constraint(row, *bounds)

    def _when(self, shape: When, *, slack: bool) -> list[tuple[Any, int]]:
        (c,) = shape.band.classes
        if shape.at_least <= 0:
            return self._band(shape.band, slack=slack)
        there, sure, _least, most = self._sum((c,), tuple((i, 1) for i in shape.trigger))
        if sure >= shape.at_least:
            return self._band(shape.band, slack=slack)
        if most < shape.at_least:
            return []
        holds = self.model.new_bool_var("")
        if shape.at_least == sure + 1 and most - sure == len(there):
            for var, _one in there:
                self.model.add_implication(var, holds)
        else:
            self.model.add(linear(there) <= shape.at_least - 1 - sure + (most - shape.at_least + 1) * holds)
        pairs, constant, least, greatest = self._sum((c,), shape.band.weights)
        # Big-M rows keep the linear relaxation strong: they are one row each, like any other band.
        slacks = []
        for bound, sign in ((shape.band.low, 1), (shape.band.high, -1)):
            extreme = least if sign > 0 else -greatest
            if bound is None or extreme >= sign * bound:
                continue
            gap = sign * bound - extreme
            row = linear([(var, sign * w) for var, w in pairs], sign * constant)
            if slack:
                miss = self.model.new_int_var(0, -(-gap // shape.band.unit), "")
                row += shape.band.unit * miss
                slacks.append((miss, shape.band.times))
            self.model.add(row >= extreme + gap * holds)
        return slacks

    def _range(self, shape: Range, *, slack: bool) -> list[tuple[Any, int]]:
        rows = [self._sum((c,), shape.weights) for c in shape.classes]
        if len(rows) < 2:
            return []
        least, greatest = min(r[2] for r in rows), max(r[3] for r in rows)
        top, bottom = (self.model.new_int_var(least, greatest, "") for _ in range(2))
        for pairs, constant, _low, _high in rows:
            row = linear(pairs, constant)
            self.model.add(row <= top)
            self.model.add(row >= bottom)
        if not slack:
            self.model.add(top - bottom <= shape.limit)
            return []
        over = self.model.new_int_var(0, max(0, -((shape.limit - (greatest - least)) // shape.unit)), "")
        self.model.add(top - bottom <= shape.limit + shape.unit * over)
        return [(over, shape.times)]

    def _pair(self, shape: Pair, unmet: Any) -> None:
        one, two = self.x[shape.first], self.x[shape.second]
        also = [] if unmet is None else [unmet]
        for c in {**one, **two}:
            a, b = one.get(c, 0), two.get(c, 0)
            if shape.together:
                self._clause([*also, _negate(a), b])
                self._clause([*also, a, _negate(b)])
            else:
                self._clause([*also, _negate(a), _negate(b)])

    def _clause(self, literals: Iterable[Any]) -> None:
        kept = [v for v in literals if not isinstance(v, int) or v]
        if not any(isinstance(v, int) for v in kept):
            self.model.add_bool_or(kept)

    def _any_of(self, shape: AnyOf, missing: Any) -> None:
        for c, here in self.x[shape.pupil].items():
            friends = [self.x[j][c] for j in shape.others if c in self.x[j]]
            if missing is None and shape.need == 1:
                self._clause([_negate(here), *friends])
            else:
                self.model.add(sum(friends) + (0 if missing is None else missing) >= shape.need * here)

    def _place(self, shape: Place, *, required: bool) -> list[tuple[Any, int]]:
        inside = [var for c, var in self.x[shape.pupil].items() if c in shape.classes]
        outside = [(var, shape.times) for c, var in self.x[shape.pupil].items() if c not in shape.classes]
        if required:
            self._clause(inside)
        return outside


def _negate(var: Any) -> Any:
    return 1 - var if isinstance(var, int) else var.negated()


def linear(pairs: Sequence[tuple[Any, int]], constant: int = 0) -> Any:
    """Return Σ coefficient × variable + constant (a plain number when no variable is left)."""
    constant += sum(var * w for var, w in pairs if isinstance(var, int))
    rest = [(var, w) for var, w in pairs if not isinstance(var, int)]
    if not rest:
        return constant
    return cp_model.LinearExpr.weighted_sum([v for v, _ in rest], [w for _, w in rest]) + constant
