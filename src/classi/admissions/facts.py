"""What is known about each application: cells, derived facts, conditions on them, and the seats asked for.

A condition is compiled once for each seat it can be about, and its answer kept for each different cell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

from classi.criteria.base import say_value
from classi.domain import Conditions, School, Value, meets, text_key
from classi.i18n import _
from classi.procedure import DERIVED, LISTED, Procedure, Round, filled, filled_column, placeholders, texts

Option = tuple[str, ...]
Seat = Mapping[str, str]
"""The seat in question, by column of `seats`; a column without a choice is left out."""


@dataclass(frozen=True)
class Wishes:
    """What an applicant asks for: the options, best first, and the first choice of each seat asked for."""

    options: tuple[Option, ...]
    first: Seat


class _Answers(dict[tuple[type, Value], int]):
    """How often a cell meets a test (0 or 1, or the listed values that pass), worked out once for each cell."""

    def __init__(self, wanted: Any) -> None:
        self._wanted = wanted

    def __missing__(self, cell: tuple[type, Value]) -> int:
        listed = _is_listed(self._wanted)
        answer = len(_passing(cell[1], self._wanted)) if listed else int(meets(cell[1], self._wanted))
        self[cell] = answer
        return answer


class _Said(dict[tuple[type, Value], str]):
    """The words for a cell that meets a test, made once for each cell."""

    def __init__(self, column: str, wanted: Any) -> None:
        self._column, self._wanted = column, wanted

    def __missing__(self, cell: tuple[type, Value]) -> str:
        self[cell] = f"{self._column}: {_words(cell[1], self._wanted)}"
        return self[cell]


@dataclass(frozen=True)
class Test:
    """Conditions compiled for one seat: the cells of each column and the answers; ``None`` where nobody meets them.

    Called with a pupil, it says how often the conditions are met: more than once only where listed values are counted.
    """

    parts: tuple[tuple[tuple[Value, ...], _Answers, _Said], ...] | None

    def __call__(self, pupil: int) -> int:
        """Return how often a pupil meets the conditions."""
        if self.parts is None:
            return 0
        times = 1
        for cells, answers, _said in self.parts:
            value = cells[pupil]
            times *= answers[value.__class__, value]  # the type too: True equals 1, and is compared otherwise
            if not times:
                return 0
        return times

    def words(self, pupil: int) -> str:
        """Return the columns and cells the conditions look at: ``fratelli_plesso: Centro ×2``."""
        return "; ".join([said[cells[pupil].__class__, cells[pupil]] for cells, _answers, said in self.parts or ()])


@dataclass
class _Form:
    """How one round is asked for: its options by what is compared, the columns, the answers already worked out.

    `any_value` is what somebody who asks for nothing in a seat accepts in it, in the order of the table.
    """

    options: tuple[Option, ...]
    columns: tuple[tuple[str, ...], ...]
    by_key: dict[tuple[str, ...], Option]
    any_value: tuple[tuple[str, ...], ...]
    known: dict[tuple[Value, ...], Wishes] = field(default_factory=dict)
    by_pupil: dict[int, Wishes] = field(default_factory=dict)


class Facts:
    """The facts of a school's applications under a procedure.

    Parameters
    ----------
    school : pupils are named by their position in it.
    procedure : gives the dates derived facts are reckoned on.
    """

    def __init__(self, school: School, procedure: Procedure) -> None:
        self.school, self.procedure = school, procedure
        self._cells: dict[str, tuple[Value, ...]] = {}
        self._seats: dict[int, tuple[Conditions, tuple[str, ...]]] = {}
        self._tests: dict[tuple[int, tuple[str | None, ...]], Test] = {}
        self._forms: dict[int, tuple[Round, _Form]] = {}

    def cells(self, column: str) -> tuple[Value, ...]:
        """Return a column, derived facts included, in the order of the pupils; a column there is not is unknown."""
        if column not in self._cells:
            reckoned = column in DERIVED and column not in self.school.pupil_columns
            found = (self._derived(i, column) if reckoned else p[column] for i, p in enumerate(self.school.pupils))
            self._cells[column] = tuple(found)
        return self._cells[column]

    def value(self, pupil: int, column: str) -> Value:
        """Return one cell, or the fact derived where the file has no such column."""
        return self.cells(column)[pupil]

    def late(self, pupil: int) -> bool:
        """Tell whether an application is late."""
        return self.value(pupil, "fuori_termine") is True

    def meets(self, pupil: int, conditions: Conditions, option: Seat | None = None) -> bool:
        """Tell whether an application meets every condition, `option` being the seat in question."""
        return self.test(conditions, option)(pupil) > 0

    def takes_part(self, pupil: int, one: Round, option: Seat | None = None) -> bool:
        """Tell whether an application is one of those a round is about."""
        among = not one.any_of or any(self.meets(pupil, facts, option) for facts in one.any_of)
        return among and self.meets(pupil, one.of, option)

    def listed(self, pupil: int, conditions: Conditions, option: Seat | None = None) -> int:
        """Return how many listed values pass the ``has`` test, 0 where another condition is not met."""
        return self.test(conditions, option)(pupil)

    def words(self, pupil: int, conditions: Conditions, option: Seat | None = None) -> str:
        """Return the columns and cells the conditions look at: ``fratelli_plesso: Centro ×2``."""
        return self.test(conditions, option).words(pupil)

    def test(self, conditions: Conditions, option: Seat | None = None) -> Test:
        """Return the conditions compiled for a seat."""
        if id(conditions) not in self._seats:  # kept with its names: an id is not used twice while its owner is alive
            self._seats[id(conditions)] = (conditions, tuple(sorted(placeholders(texts(conditions)))))
        key = (id(conditions), tuple([(option or {}).get(name) for name in self._seats[id(conditions)][1]]))
        if key not in self._tests:
            self._tests[key] = self._compiled(conditions, option or {})
        return self._tests[key]

    def number(self, pupil: int, column: str, one: Round, option: Option | Seat) -> int | Decimal | None:
        """Return a number, or a date as days, so that more is later; ``None`` where it is not known.

        Parameters
        ----------
        column : with placeholders, as in ``distanza_{plesso}``.
        option : the seat they stand for, of the round `one`.
        """
        seat = option if isinstance(option, Mapping) else dict(zip(one.seats, option, strict=True))
        cells = self.filled_cells(column, seat)
        return None if cells is None else as_number(cells[pupil])

    def filled_cells(self, column: str, seat: Seat) -> tuple[Value, ...] | None:
        """Return a column with the seat in question put in; ``None`` where it is about a seat without a choice."""
        try:
            return self.cells(filled_column(column, seat))
        except KeyError:
            return None

    def options(self, one: Round) -> tuple[Option, ...]:
        """Return the seats of a round, in the order of the table `classi` (or of `places`)."""
        return self._form(one).options

    def wishes(self, pupil: int, one: Round) -> tuple[Option, ...]:
        """Return the options an applicant asks for, best first; all of them where nothing is asked for."""
        return self._wishes(pupil, one).options

    def choice(self, pupil: int, one: Round) -> Seat:
        """Return the first choice, by column of `seats`; columns without any choice are left out."""
        return self._wishes(pupil, one).first

    def _derived(self, pupil: int, column: str) -> Value:
        row, year, deadline = self.school.pupils[pupil], self.procedure.year, self.procedure.deadline
        if column == "fuori_termine":
            handed_in = row["data_domanda"]
            return isinstance(handed_in, date) and deadline is not None and handed_in > deadline
        born = row["data_nascita"]
        if year is None or not isinstance(born, date):
            return None
        if column == "eta_31_dicembre":
            return year - born.year
        return year + 1 - born.year - ((born.month, born.day) > (4, 30))

    def _compiled(self, conditions: Conditions, option: Seat) -> Test:
        parts = []
        try:
            for column, test in conditions.items():
                name, wanted = filled_column(column, option), _filled(test, option)
                parts.append((self.cells(name), _Answers(wanted), _Said(name, wanted)))
        except KeyError:  # it is about a seat, and there is no choice
            return Test(None)
        return Test(tuple(parts))

    def _form(self, one: Round) -> _Form:
        if id(one) not in self._forms:
            options = one.options(self.school.classes)
            columns = tuple(one.asked_in(seat, self.school.pupil_columns) for seat in one.seats)
            by_key = {tuple(map(text_key, option)): option for option in options}
            any_value = tuple(tuple(dict.fromkeys(key[k] for key in by_key)) for k in range(len(one.seats)))
            self._forms[id(one)] = (one, _Form(options, columns, by_key, any_value))
        return self._forms[id(one)][1]

    def _wishes(self, pupil: int, one: Round) -> Wishes:
        form = self._form(one)
        if pupil not in form.by_pupil:
            requests = [[self.cells(c)[pupil] for c in columns] for columns in form.columns]
            key = tuple([cell for cells in requests for cell in cells])
            if key not in form.known:
                form.known[key] = _asked(form, one, requests)
            form.by_pupil[pupil] = form.known[key]
        return form.by_pupil[pupil]


def _asked(form: _Form, one: Round, requests: list[list[Value]]) -> Wishes:
    named = [[text_key(cell) for cell in cells if cell is not None] for cells in requests]
    if not any(named):
        return Wishes(form.options, {})
    lists = [keys or anything for keys, anything in zip(named, form.any_value, strict=True)]
    found = {key: form.by_key[key] for key in product(*lists) if key in form.by_key}
    options = tuple(found.values())
    first = zip(one.seats, options[0], named, strict=True) if options else ()
    return Wishes(options, {seat: value for seat, value, keys in first if keys})


def as_number(cell: Value) -> int | Decimal | None:
    """Return a cell as a number, a date as days; ``None`` where it is neither."""
    if isinstance(cell, date):
        return cell.toordinal()
    return cell if isinstance(cell, int | Decimal) and not isinstance(cell, bool) else None


def _filled(test: Any, option: Seat) -> Any:
    if isinstance(test, str):
        return filled(test, option)
    if isinstance(test, Mapping):
        return {part: _filled(wanted, option) for part, wanted in test.items()}
    return [_filled(wanted, option) for wanted in test] if isinstance(test, list | tuple) else test


def _is_listed(test: Any) -> bool:
    return isinstance(test, Mapping) and any(part in test for part in LISTED)


def _passing(cell: Value, test: Mapping[str, Any]) -> list[str]:
    """Return the values listed in a cell that pass ``has`` or ``has_other``, as they are written."""
    ((part, wanted),) = test.items()
    items = [" ".join(item.split()) for item in ("" if cell is None else str(cell)).split(",")]
    return [item for item in items if item and (text_key(item) == text_key(wanted)) == (part == "has")]


def _words(cell: Value, test: Any) -> str:
    if not _is_listed(test):
        return say_value(cell)
    counted = Counter(_passing(cell, test))
    many = _("{value} ×{number}")
    return ", ".join(many.format(value=v, number=n) if n > 1 else v for v, n in counted.items())
