"""When two cells are equal, which of two comes first, and whether a cell meets a condition of the regulation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Key = tuple[bool, Any]


def plain(cell: object) -> str:
    """Return a cell as text for comparison: no case, no outer or doubled blanks, no needless decimals."""
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    return " ".join(str(cell).casefold().split())


def _number(cell: object) -> int | Decimal | None:
    if isinstance(cell, float):
        return Decimal(repr(cell))
    return cell if isinstance(cell, int | Decimal) else None


def key_of(cell: object) -> Key:
    """Return what two equal cells have in common (yes = 1 and no = 0: Python agrees)."""
    number = _number(cell)
    return (False, plain(cell)) if number is None else (True, number)


def question(wanted: Any) -> Callable[[Any], bool]:
    """Turn one condition of a regulation into a yes/no question about a cell, which remembers its answers."""
    test = _test(wanted)
    answers: dict[tuple[type, Any], bool] = {}

    def answer(cell: Any) -> bool:
        met = cell.__class__, cell
        if met not in answers:
            answers[met] = test(cell)
        return answers[met]

    return answer


def _test(wanted: Any) -> Callable[[Any], bool]:
    if not isinstance(wanted, Mapping):
        return _any_of(wanted)
    asked: list[Callable[[Any], bool]] = []
    if "in" in wanted:
        asked.append(_any_of(wanted["in"]))
    if "not" in wanted:
        unwanted = _any_of(wanted["not"])
        asked.append(lambda cell: not unwanted(cell))
    if "min" in wanted:
        asked.append(lambda cell: _in_order(wanted["min"], cell))
    if "max" in wanted:
        asked.append(lambda cell: _in_order(cell, wanted["max"]))
    if not wanted.get("known", True):
        return lambda cell: cell is None and not asked
    return lambda cell: cell is not None and all(passes(cell) for passes in asked)


def _any_of(wanted: Any) -> Callable[[Any], bool]:
    options = wanted if isinstance(wanted, list | tuple | set | frozenset) else (wanted,)
    keys = {key_of(option) for option in options}
    words = {plain(option) for option in options}  # a number in a column of texts, or the other way round
    return lambda cell: cell is not None and (key_of(cell) in keys or plain(cell) in words)


def _in_order(smaller: Any, larger: Any) -> bool:
    if {smaller.__class__, larger.__class__} & {bool, None.__class__}:
        return False  # neither yes nor no, and nothing unknown, has a place in a row
    if isinstance(smaller, str) or isinstance(larger, str):
        return plain(smaller) <= plain(larger)
    first, second = _scale(smaller), _scale(larger)
    return type(first) is type(second) and bool(first <= second)


def _scale(cell: Any) -> Any:
    if isinstance(cell, date):
        return cell.date() if isinstance(cell, datetime) else cell
    return Decimal(_number(cell) or 0)
