"""What if this pupil moved? The price of a change by hand, rule by rule; what gives way to it; what would be better.

The instant figures come from the algebra's differences; every number put into words is counted by the auditor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Event
from typing import Any

import numpy as np

from classi.audit import audit_ledger
from classi.criteria.wishes import Wished
from classi.differences import RuleChange, costs_of, rule_changes
from classi.errors import AuditFailure, InputError, Problem
from classi.formation.conflict import Conflict
from classi.formation.engine import Clock, Limits
from classi.formation.repair import repair
from classi.formation.search import Board, Position
from classi.formation.swaps import Swaps
from classi.handmade import Wanted, locked, read_changes, strangers
from classi.i18n import _
from classi.ledger import Ledger
from classi.price import Move, Price, price_words, where_changed
from classi.splits import Split


@dataclass(frozen=True)
class Repaired:
    """What gives way to a change.

    Attributes
    ----------
    status : ``"OPTIMAL"`` (proved), ``"FEASIBLE"``, ``"INFEASIBLE"`` or ``"UNKNOWN"``.
    price : of the change and the further moves together; ``None`` where nothing was found.
    further : the moves besides those asked for.
    at_least : proved: no fewer further moves keep the mandatory rules.
    fewest : True when no fewer further moves do, by that proof.
    conflict : why no further moves help, where they do not.
    """

    status: str
    price: Price | None
    further: tuple[Move, ...] = ()
    at_least: int = 0
    fewest: bool = False
    conflict: Conflict | None = None


@dataclass(frozen=True)
class WhatIf:
    """A split kept warm, so that changes are priced at once.

    Attributes
    ----------
    split : the split to change; it is never changed itself.
    locks : pupils, by identifier, who may not be moved.

    Raises
    ------
    InputError
        If a lock names somebody who has no class in this split.

    Examples
    --------
    >>> from classi import Case
    >>> from classi.splits import split_of
    >>> rules = {"criteria": [{"rule": "balance", "attribute": "sesso", "weight": 1}]}
    >>> rows = [{"id": i, "sesso": s} for i, s in zip("abcd", "FFMM")]
    >>> case = Case.from_rows({"alunni": rows, "classi": [{"id": "1A"}, {"id": "1B"}]}, rules)
    >>> what = WhatIf(split_of(case, {"a": "1A", "b": "1A", "c": "1B", "d": "1B"}, "ours"))
    >>> price = what.price([("a", "1B"), ("c", "1A")])
    >>> price.worth, price.tiers
    (-1, {1: -4})
    """

    split: Split
    locks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        problems = strangers(self.split, *self.locks)
        if problems:
            raise InputError(problems)

    # --- the price of a change ---

    def price(self, changes: Wanted) -> Price:
        """Return what a change costs, all its moves together.

        Parameters
        ----------
        changes : (pupil, class) for each who moves, by identifiers; see also `swapped`.

        Raises
        ------
        InputError
            With every pupil or class that is not there, named twice, locked, or in that class already.
        """
        return self._priced(read_changes(self.split, changes, self.locks))

    def swapped(self, one: str, other: str) -> list[tuple[str, str]]:
        """Return the two moves of a swap, as `price` takes them.

        Raises
        ------
        InputError
            If one of the two is not in the split, or both are in one class.
        """
        problems = strangers(self.split, one, other)
        placed = self.split.placed
        if not problems and placed[one] == placed[other]:
            text = _("The two pupils are in the same class ({class_id}): there is nothing to swap.")
            problems = [Problem(text.format(class_id=placed[one]), value=f"{one}, {other}")]
        if problems:
            raise InputError(problems)
        return [(one, placed[other]), (other, placed[one])]

    def _priced(self, changes: Sequence[tuple[int, int]]) -> Price:
        case, moves = self.split.case, self._moves(changes)
        position = self._anywhere if self._closed(changes) else self._open
        after = list(self._costs)
        for k, more in position.more(changes).items():
            after[position.board.terms[k].criterion] += more
        rules = rule_changes(case.regulation, self._costs, after)
        broken = tuple(
            RuleChange(k + 1, case.regulation.label(k), True, None, None, before, now)
            for k, (c, before, now) in enumerate(zip(case.regulation.criteria, self._costs, after, strict=True))
            if c.hard and now
        )
        seats = case.seats or {}
        unseated = tuple(m for m in moves if m.after not in seats.get(m.pupil, (m.after,)))
        return Price(moves, rules, broken, unseated, *self._wishes_changed(dict(changes)))

    def _wishes_changed(
        self, new: Mapping[int, int]
    ) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
        ids, places = self.split.case.school.pupils, self.split.places
        gained: list[tuple[str, str]] = []
        lost: list[tuple[str, str]] = []
        for one, two in self._wishes:
            if one in new or two in new:
                before = places[one] == places[two]
                after = new.get(one, places[one]) == new.get(two, places[two])
                if before != after:
                    (gained if after else lost).append((ids[one].id, ids[two].id))
        return tuple(gained), tuple(lost)

    # --- in words ---

    def words(self, price: Price) -> list[str]:
        """Say what a change does, a sentence a line, counted by the auditor: rule by rule, and where.

        Raises
        ------
        AuditFailure
            If the auditor does not confirm the price.
        """
        return price_words(price, self.where(price))

    def where(self, price: Price) -> dict[int, tuple[str, ...]]:
        """Say for each rule that changes, by its number, in which class what is counted goes from what to what.

        Raises
        ------
        AuditFailure
            If the auditor does not confirm the price.
        """
        case, before = self.split.case, self.split.ledger
        placed = {**self.split.placed, **{m.pupil: m.after for m in price.moves}}
        ledger = Ledger(before.pupils, before.classes, before.ties, placed, before.open)
        audit = audit_ledger(ledger, case.regulation, case.seats)
        if rule_changes(case.regulation, self._costs, costs_of(audit)) != price.rules:
            raise AuditFailure(_("The auditor does not confirm the price of this change."))
        return {
            rule.number: where_changed(case.regulation, rule.number, self.split.audit, audit) for rule in price.rules
        }

    # --- what gives way ---

    def repair(
        self,
        changes: Wanted,
        *,
        seconds: float = 20.0,
        max_moves: int | None = None,
        seed: int = 0,
        workers: int = 2,
        stop: Event | None = None,
    ) -> Repaired:
        """Find the fewest further moves with which every mandatory rule holds; the change itself is never undone.

        Parameters
        ----------
        changes : as for `price`; these pupils are pinned, the locked ones stay where they are.
        seconds : the time for the search; explaining why it is impossible may take 10 s more.
        max_moves : look for the best split with at most so many further moves, instead of the fewest moves.
        seed, workers : as for `classi.form`.
        stop : set it to end the search and keep the best found.

        Raises
        ------
        InputError
            As for `price`.
        """
        read = read_changes(self.split, changes, self.locks)
        case = self.split.case
        at = case.school.pupil_at
        found = repair(
            case.school, case.regulation, case.terms, self.split.places, dict(read),
            Clock(Limits(seconds, workers=workers, seed=seed), stop or Event()),
            still=[at[p] for p in self.locks], most=max_moves,
        )  # fmt: skip
        if found.places is None:
            return Repaired(found.status, None, conflict=found.conflict)
        price = self._priced([*read, *found.further])
        return Repaired(found.status, price, self._moves(found.further), found.at_least, found.fewest)

    # --- what would be better ---

    def best(self, *, top: int = 10, opposite: bool = False, anyway: bool = False) -> tuple[Price, ...]:
        """Return the single moves and swaps that make the split better, the best first; none means there is none.

        Parameters
        ----------
        top : how many at most.
        opposite : only swaps of two pupils whom no count of any rule tells apart: no balance changes.
        anyway : also those that are no better on the whole, as long as no mandatory rule is more broken than now.

        Notes
        -----
        Locked pupils stay where they are, and nobody is offered a class that is not open to them.
        """
        return self._best(top, opposite=opposite, anyway=anyway)

    def best_for(self, pupil: str, *, top: int = 10, opposite: bool = False, anyway: bool = False) -> tuple[Price, ...]:
        """Return those that move this pupil; see `best`.

        Raises
        ------
        InputError
            If the pupil is not in the split, or locked.
        """
        problems = strangers(self.split, pupil) or locked(pupil, self.locks)
        if problems:
            raise InputError(problems)
        at = self.split.case.school.pupil_at[pupil]
        return self._best(top, pupil=at, opposite=opposite, anyway=anyway)

    def best_for_rule(
        self, number: int, *, top: int = 10, opposite: bool = False, anyway: bool = False
    ) -> tuple[Price, ...]:
        """Return those with which the rule of this number, from 1, costs less; see `best`.

        Raises
        ------
        InputError
            If there is no such rule.
        """
        rules = len(self.split.case.regulation.criteria)
        if not 1 <= number <= rules:
            text = _("There is no rule of this number: the rules are 1 to {last}.").format(last=rules)
            raise InputError([Problem(text, value=str(number))])
        return self._best(top, criterion=number - 1, opposite=opposite, anyway=anyway)

    def _best(self, top: int, **which: Any) -> tuple[Price, ...]:
        return tuple(self._priced(swap.changes) for swap in self._swaps.best(top, **which))

    # --- what is kept warm ---

    @cached_property
    def _costs(self) -> list[int]:
        return costs_of(self.split.audit)

    @cached_property
    def _open(self) -> Position:
        """The split on the board of those who keep to the classes open to them: small and quick."""
        return _position(Board(self.split.case.school, self.split.case.terms), self.split.places)

    @cached_property
    def _anywhere(self) -> Position:
        """The split on a board that is right about anybody in any class."""
        case = self.split.case
        return _position(Board(case.school, case.regulation.terms(case.school)), self.split.places)

    @cached_property
    def _swaps(self) -> Swaps:
        case = self.split.case
        terms = case.regulation.terms(case.school) if self._closed(()) else case.terms
        return Swaps(case.school, terms, self.split.places, [case.school.pupil_at[p] for p in self.locks])

    @cached_property
    def _wishes(self) -> tuple[tuple[int, int], ...]:
        case = self.split.case
        rules = [c for c in case.regulation.criteria if isinstance(c, Wished)]
        found = ((one, two) for rule in rules for one, friends in rule.wanted(case.school).items() for two in friends)
        return tuple(dict.fromkeys(found))

    def _closed(self, changes: Iterable[tuple[int, int]]) -> bool:
        """Tell whether somebody is, or would be, in a class that is not open to them."""
        return self._strays or any(c not in self.split.case.school.open_to(i) for i, c in changes)

    @cached_property
    def _strays(self) -> bool:
        return any(c not in self.split.case.school.open_to(i) for i, c in enumerate(self.split.places))

    def _moves(self, changes: Iterable[tuple[int, int]]) -> tuple[Move, ...]:
        school, places = self.split.case.school, self.split.places
        return tuple(Move(school.pupils[i].id, school.classes[places[i]].id, school.classes[c].id) for i, c in changes)


def _position(board: Board, places: Sequence[int]) -> Position:
    return Position(board, places, np.ones(len(board.terms), dtype=np.int64))
