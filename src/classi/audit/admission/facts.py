"""The auditor's own reading of what is true of an application: its cells, the derived facts, the seat in question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import Any

from classi.audit.cells import squeezed
from classi.ledger import Ledger
from classi.ledger.matching import plain, question
from classi.procedure import DERIVED, LISTED, PLACEHOLDER, Procedure

Option = tuple[tuple[str, Any], ...]
"""A seat that can be had: column and value, column by column."""
Row = Mapping[str, Any]
Test = Callable[[Any], int]
"""How often a cell passes: once at most, but for a cell that lists values."""

_late = question(True)


class Facts:
    """What is true of each application of a ledger.

    Parameters
    ----------
    ledger : the rows; a derived fact that the table has a column for is read from it.
    procedure : its year and deadline.
    """

    def __init__(self, ledger: Ledger, procedure: Procedure) -> None:
        self.columns = frozenset(column for row in ledger.pupils for column in row)
        self._procedure = procedure
        self._tests: dict[tuple[int, Option | None], list[tuple[str, bool, Test]] | None] = {}
        self._fixed: dict[int, bool] = {}

    def cell(self, row: Row, column: str) -> Any:
        """Return a cell of the application, or a derived fact; ``None`` where it is not known."""
        if column in self.columns or column not in DERIVED:
            return row.get(column)
        if column == "fuori_termine":
            day, last = row.get("data_domanda"), self._procedure.deadline
            return isinstance(day, date) and last is not None and day > last
        born, year = row.get("data_nascita"), self._procedure.year
        if year is None or not isinstance(born, date):
            return None
        on = date(year, 12, 31) if column == "eta_31_dicembre" else date(year + 1, 4, 30)
        return on.year - born.year - ((on.month, on.day) < (born.month, born.day))

    def late(self, row: Row) -> bool:
        """Tell whether the application is late; what is not known is not late."""
        return _late(self.cell(row, "fuori_termine"))

    def meets(self, row: Row, facts: Mapping[str, Any], option: Option | None) -> bool:
        """Tell whether every fact is met, for the seat in question (``None``: there is none)."""
        tests = self._asked(facts, option)
        return tests is not None and all(test(self.cell(row, column)) for column, _listed, test in tests)

    def times(self, row: Row, facts: Mapping[str, Any], option: Option | None) -> int:
        """Return how many listed values pass, where all the other facts are met."""
        if not self.meets(row, facts, option):
            return 0
        return sum(test(self.cell(row, c)) for c, listed, test in self._asked(facts, option) or () if listed)

    def _asked(self, facts: Mapping[str, Any], option: Option | None) -> list[tuple[str, bool, Test]] | None:
        """Return the tests, made once for each seat (once in all where no fact speaks of the seat)."""
        name = id(facts)  # the procedure that holds these facts outlives this object
        if name not in self._fixed:
            self._fixed[name] = not PLACEHOLDER.search(repr(dict(facts)))
        key = name, None if self._fixed[name] else option
        if key not in self._tests:
            self._tests[key] = _tests(facts, dict(option or ()))
        return self._tests[key]


def as_fraction(cell: Any) -> Fraction | None:
    """Return a number or a date exactly, as something to compare; ``None`` for anything else."""
    if isinstance(cell, date):
        return Fraction(cell.toordinal())
    if isinstance(cell, int | Decimal) and not isinstance(cell, bool):
        return Fraction(cell)
    return None


def like(column: str, patterns: Iterable[str]) -> bool:
    """Tell whether a column's name fits one of the patterns (``voto_*``)."""
    return any(fnmatchcase(column, pattern) for pattern in patterns)


def column_for(column: str, seat: Mapping[str, Any]) -> str | None:
    """Put the seat's values, written as in names of columns, into a column's name; ``None`` without such a seat."""
    return _put(column, {name: squeezed(value) for name, value in seat.items()})


def _put(text: str, values: Mapping[str, Any]) -> str | None:
    if not set(PLACEHOLDER.findall(text)) <= set(values):
        return None
    return PLACEHOLDER.sub(lambda found: str(values[found[1]]), text)


def _tests(facts: Mapping[str, Any], seat: Mapping[str, Any]) -> list[tuple[str, bool, Test]] | None:
    """Return column, whether it lists values, and test of each fact; ``None`` if one needs a seat that is not there."""
    made: list[tuple[str, bool, Test]] = []
    for column, wanted in facts.items():
        named = column_for(column, seat)
        try:
            asked = _with_seat(wanted, seat)
        except LookupError:
            return None
        if named is None:
            return None
        word = next((word for word in LISTED if isinstance(asked, dict) and word in asked), None)
        made.append((named, word is not None, _counted(word, asked[word]) if word else question(asked)))
    return made


def _with_seat(wanted: Any, seat: Mapping[str, Any]) -> Any:
    if isinstance(wanted, str):
        text = _put(wanted, seat)
        if text is None:
            raise LookupError(wanted)
        return text
    if isinstance(wanted, list):
        return [_with_seat(one, seat) for one in wanted]
    if isinstance(wanted, dict):
        return {part: _with_seat(one, seat) for part, one in wanted.items()}
    return wanted


def _counted(word: str, wanted: Any) -> Test:
    value = plain(wanted)

    def count(cell: Any) -> int:
        known = [] if cell is None else [part for text in plain(cell).split(",") if (part := plain(text))]
        same = known.count(value)
        return same if word == "has" else len(known) - same

    return count
