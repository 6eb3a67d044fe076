"""Turns one cell into a value of the domain, or says what was expected.

Decisions: numbers are written ``7,5`` or ``7.5``; points as thousands only before a decimal comma (``1.234,5``), so
``1.234`` is one and a bit. Whole numbers are ``int``, others `Decimal`. Dates are day/month/year (also with ``-`` or
``.``, years of two digits counting from 1950 to 2049) or ISO, between 1900 and 2100. In a column of an unknown name, a
column of 0 and 1 is numbers.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import isnan
from typing import Any

from classi.domain import Value
from classi.i18n import _
from classi.sheets import Cell
from classi.tables.columns import Kind, squash
from classi.tables.nearest import Nearest

YES = frozenset({"sì", "si", "si'", "s", "x", "1", "vero", "true", "yes", "y"})
NO = frozenset({"no", "n", "0", "falso", "false"})
SEX = {"m": "M", "maschio": "M", "male": "M", "f": "F", "femmina": "F", "female": "F"}
TIES = {
    "preferisce": "preferisce", "prefers": "preferisce",
    "insieme": "insieme", "together": "insieme",
    "separati": "separati", "apart": "separati",
    "gemelli": "gemelli", "twins": "gemelli",
    "fratelli": "fratelli", "siblings": "fratelli",
}  # fmt: skip
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)

_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+,\d+|\d{1,15}(?:[.,]\d{1,15})?)")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?:[T ]+\d{1,2}[:.]\d{2}(?:[:.]\d{2})?)?")
_YEAR_FIRST = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})(?:[T ][0-9:.]+)?")
_ERROR = re.compile(r"#(?:n/[ad]|(?:ref|rif|value|valore|nullo?|num|div/0)!|(?:name|nome)\?)|err:5\d\d", re.IGNORECASE)
_SUPPORT = re.compile(r"(?:art(?:icolo)?3)?c(?:omma)?([13])")
_SERIAL_ZERO = date(1899, 12, 30)


class BadCell(ValueError):
    """A cell that is not what its column holds.

    Attributes
    ----------
    message : what is expected, one sentence.
    hint : the nearest valid value, or empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        self.message, self.hint = message, hint
        super().__init__(message)


def written(cell: Cell) -> str:
    """Return a cell as people see it in the file, near enough."""
    if isinstance(cell, bool):
        return _("TRUE") if cell else _("FALSE")
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    return "" if cell is None else str(cell)


def plain(value: Any) -> Any:
    """Return a numpy or pandas value as the Python value it stands for; what is not known as ``None``."""
    if hasattr(value, "item"):
        value = value.item()
    if type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float | Decimal) and isnan(value)):
        return None
    return value.date() if isinstance(value, datetime) else value


def is_error(cell: Cell) -> bool:
    """Tell whether a cell shows the error of a formula, as spreadsheets write it into a csv file."""
    return isinstance(cell, str) and _ERROR.fullmatch(cell.strip()) is not None


def as_text(cell: Cell) -> str:
    """Return a cell as text: without outer blanks, 12.0 as ``12``, dates in ISO form."""
    if isinstance(cell, bool):
        return "sì" if cell else "no"
    return str(cell).strip()


def as_number(cell: Cell) -> int | Decimal | None:
    """Return a cell as a number, or None where it is not one."""
    if isinstance(cell, bool) or cell is None or isinstance(cell, date):
        return None
    if isinstance(cell, str):
        text = cell.strip()
        if not _NUMBER.fullmatch(text):
            return None
        plain = text.replace(".", "").replace(",", ".") if "," in text else text
        number = Decimal(plain)
    else:
        number = Decimal(str(cell))
    if abs(number) >= 10**15:
        return None
    return int(number) if number == number.to_integral_value() else number.normalize()


def as_date(cell: Cell) -> date | None:
    """Return a cell as a date between `EARLIEST` and `LATEST`, or None where it is not one."""
    if isinstance(cell, date):
        return cell if EARLIEST <= cell <= LATEST else None
    parts = _date_parts(cell)
    if parts is None:
        return None
    try:
        found = date(*parts)
    except ValueError:
        return None
    return found if EARLIEST <= found <= LATEST else None


def as_yesno(cell: Cell) -> bool | None:
    """Return a cell as yes or no, or None where it is neither."""
    if isinstance(cell, bool):
        return cell
    word = str(cell).strip().casefold().replace("’", "'")
    return True if word in YES else False if word in NO else None


def _date_parts(cell: Cell) -> tuple[int, int, int] | None:
    text = cell.strip() if isinstance(cell, str) else ""
    if match := _DAY_FIRST.fullmatch(text):
        day, month, year = map(int, match.groups())
        if len(match[3]) == 2:
            year += 2000 if year < 50 else 1900
        return year, month, day
    if match := _YEAR_FIRST.fullmatch(text):
        return int(match[1]), int(match[2]), int(match[3])
    return None


def _nearest_date(cell: Cell) -> str:
    """Guess the date meant: month and day swapped, a day the month has not, a spreadsheet's day count."""
    if isinstance(cell, int) and not isinstance(cell, bool) and 20_000 < cell < 70_000:
        return f"{_SERIAL_ZERO + timedelta(days=cell):%d/%m/%Y}"
    parts = _date_parts(cell)
    if parts is None:
        return ""
    year, month, day = parts
    if not EARLIEST.year <= year <= LATEST.year:
        return ""
    if month > 12 and 1 <= day <= 12 and month <= monthrange(year, day)[1]:
        return f"{month:02}/{day:02}/{year}"
    if 1 <= month <= 12:
        return f"{max(1, min(day, monthrange(year, month)[1])):02}/{month:02}/{year}"
    return ""


def _id(cell: Cell) -> Value:
    if isinstance(cell, date | bool):
        raise BadCell(
            _("An identifier is expected: the spreadsheet turned it into a date or a logical value. "
              "Format the column as text and type it again.")
        )  # fmt: skip
    return as_text(cell)


def _sex(cell: Cell) -> Value:
    word = as_text(cell).casefold()
    if word not in SEX:
        raise BadCell(_("M or F is expected, or nothing when it is not known."), SEX.get(Nearest(SEX)(word), ""))
    return SEX[word]


def _support(cell: Cell) -> Value:
    word = squash(as_text(cell))
    if word in {"no", "n", "0", "falso", "false", "nessuna"}:
        return "no"
    if match := _SUPPORT.fullmatch(word):
        return f"comma{match[1]}"
    raise BadCell(
        _("no, comma1 or comma3 is expected (article 3 of law 104/1992), or nothing when it is not known."),
        Nearest(["no", "comma1", "comma3"])(word),
    )


def _yesno(cell: Cell) -> Value:
    found = as_yesno(cell)
    if found is None:
        words = {squash(w): w for w in YES | NO if len(w) > 1}
        near = words.get(Nearest(words, one_slip=True)(squash(as_text(cell))), "")
        hint = "" if not near else "sì" if near in YES else "no"
        raise BadCell(
            _("sì or no is expected (also: s, x, 1, vero; n, 0, falso), or nothing when it is not known."), hint
        )
    return found


def _date(cell: Cell) -> Value:
    found = as_date(cell)
    if found is None:
        raise BadCell(
            _("A date is expected, day/month/year from {first} to {last}, or nothing when it is not known.").format(
                first=EARLIEST.year, last=LATEST.year
            ),
            _nearest_date(cell),
        )
    return found


def _count(cell: Cell) -> Value:
    number = as_number(cell)
    if not isinstance(number, int) or number < 0:
        raise BadCell(_("A whole number from 0 up is expected, or nothing."), _nearest_whole(number, 0))
    return number


def _weight(cell: Cell) -> Value:
    number = as_number(cell)
    if not isinstance(number, int) or number < 1:
        raise BadCell(_("A whole number from 1 up is expected, or nothing (counts as 1)."), _nearest_whole(number, 1))
    return number


def _nearest_whole(number: int | Decimal | None, least: int) -> str:
    return "" if number is None else str(max(least, int(number)))


def _area(cell: Cell) -> Value:
    number = as_number(cell)
    if number is None and isinstance(cell, str):
        number = as_number(re.sub(r"\s*(?:mq|m2|m²)\.?$", "", cell.strip(), flags=re.IGNORECASE))
        hint = str(number) if number is not None and number > 0 else ""
        raise BadCell(_("The area in square metres is expected, a number greater than 0, or nothing."), hint)
    if number is None or number <= 0:
        raise BadCell(_("The area in square metres is expected, a number greater than 0, or nothing."))
    return number


def _tie(cell: Cell) -> Value:
    word = as_text(cell).casefold()
    if word not in TIES:
        kinds = ", ".join(dict.fromkeys(TIES.values()))
        near = TIES.get(Nearest(TIES)(word), "")
        raise BadCell(_("The type of a tie is expected: {kinds}.").format(kinds=kinds), near)
    return TIES[word]


PARSERS: dict[Kind, Callable[[Cell], Value]] = {
    "id": _id,
    "pupil": _id,
    "class": _id,
    "classes": as_text,
    "text": as_text,
    "request": as_text,
    "sex": _sex,
    "support": _support,
    "yesno": _yesno,
    "date": _date,
    "count": _count,
    "weight": _weight,
    "area": _area,
    "tie": _tie,
}


def infer(cells: Sequence[Cell], kind: Kind) -> Callable[[Cell], Value]:
    """Find the type of a whole column from its cells that are not empty.

    All numbers: numbers. Otherwise all dates: dates. Otherwise all yes/no words: yes/no. Otherwise texts. A column of
    kind ``level`` is numbers or texts (bands), nothing else.
    """
    texts = {cell for cell in cells if isinstance(cell, str)}
    cells = [*texts, *(cell for cell in cells if not isinstance(cell, str))]
    if all(as_number(cell) is not None for cell in cells):
        return as_number
    if kind == "level":
        return as_text
    if all(as_date(cell) is not None for cell in cells):
        return as_date
    if all(as_yesno(cell) is not None for cell in cells):
        return as_yesno
    return as_text
