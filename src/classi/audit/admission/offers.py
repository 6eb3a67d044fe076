"""The options of a round and what each applicant asks for, read again from plain rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from classi.audit.admission.facts import Option, Row
from classi.ledger import Ledger
from classi.ledger.matching import plain
from classi.procedure import Round

_RANKS = frozenset(str(n) for n in range(1, 100))
JOIN = " / "
"""What stands between the values of an option in the files."""


@dataclass(frozen=True)
class Wish:
    """What an applicant asks for in a round.

    Attributes
    ----------
    options : existing options accepted, the best first.
    first : the first choice; ``None`` for who asked for nothing, or for nothing there is.
    whole : something was asked for in every seat: each option is really listed.
    """

    options: tuple[Option, ...]
    first: Option | None
    whole: bool


class Offer:
    """The options of a round.

    Attributes
    ----------
    options : in the order of the table `classi` (or of `places`).
    classes : the classes in which each option sits.
    places : how many an option takes, where the procedure says.
    opened : the classes of the kind that `opens` names; all of them without it.
    """

    def __init__(self, ledger: Ledger, round_: Round) -> None:
        self.round = round_
        self.opened = frozenset(row["id"] for row in ledger.chosen_classes(round_.opens))
        self.classes: dict[Option, frozenset[str]] = {}
        self._of_classes(ledger)
        if not self.classes:
            self.classes = {((round_.seats[0], name),): self.opened for name in round_.places}
        self.options = tuple(self.classes)
        self._by_key = {_key(value for _seat, value in option): option for option in self.options}
        self._by_text = {plain(self.say(option)): option for option in self.options}
        self.places = {
            self._by_key[key]: n for name, n in round_.places.items() if (key := _key([name])) in self._by_key
        }
        columns = {column for row in ledger.pupils for column in row}
        self._asked = [round_.requests.get(seat) or request_columns(columns, seat) for seat in round_.seats]
        self._table = [
            tuple(dict.fromkeys(plain(option[k][1]) for option in self.options)) for k in range(len(round_.seats))
        ]
        self._wishes: dict[tuple[tuple[str, ...], ...], Wish] = {}
        self._of: dict[str, Wish] = {}

    def _of_classes(self, ledger: Ledger) -> None:
        spelled: dict[tuple[str, ...], Option] = {}
        for row in ledger.classes:
            option = tuple((seat, row.get(seat)) for seat in self.round.seats)
            if any(value is None for _seat, value in option):
                continue
            option = spelled.setdefault(_key(value for _seat, value in option), option)
            self.classes[option] = self.classes.get(option, frozenset()) | ({row["id"]} & self.opened)

    def wish(self, row: Row) -> Wish:
        """Return what an applicant asks for; who asks for nothing in a seat accepts any value, in the table's order."""
        if row["id"] not in self._of:
            self._of[row["id"]] = self._read(row)
        return self._of[row["id"]]

    def _read(self, row: Row) -> Wish:
        asked = tuple(
            tuple(dict.fromkeys(plain(row[column]) for column in columns if row.get(column) is not None))
            for columns in self._asked
        )
        if asked not in self._wishes:
            self._wishes[asked] = self._wished(asked)
        return self._wishes[asked]

    def _wished(self, asked: tuple[tuple[str, ...], ...]) -> Wish:
        if not any(asked):
            return Wish(self.options, None, whole=False)
        lists = [values or anything for values, anything in zip(asked, self._table, strict=True)]
        found = tuple(self._by_key[key] for key in product(*lists) if key in self._by_key)
        # Of a choice only partly filled in, only what was asked for is a first choice.
        first = tuple(part for part, values in zip(found[0], asked, strict=True) if values) if found else None
        return Wish(found, first, whole=all(asked))

    def named(self, text: str) -> Option | None:
        """Return the option a file writes as ``A / B``."""
        return self._by_text.get(plain(text))

    def decided(self, values: Mapping[str, Any]) -> Option | None:
        """Return the option that a decision names by its columns."""
        return self._by_key.get(_key(values.get(seat) for seat in self.round.seats))

    @staticmethod
    def say(option: Option) -> str:
        """Write an option as the files do."""
        return JOIN.join(str(value) for _seat, value in option)


def request_columns(columns: set[str], seat: str) -> list[str]:
    """Return the applicants' numbered columns for a seat, in order."""
    numbers = {column: column.removeprefix(f"{seat}_") for column in columns if column.startswith(f"{seat}_")}
    # As the page has it: from 1 to 99, written without a zero before; plesso_2025 is another column.
    ranks = {c: int(n) for c, n in numbers.items() if n in _RANKS}
    return sorted(ranks, key=lambda c: ranks[c])


def _key(values: Any) -> tuple[str, ...]:
    return tuple(plain(value) for value in values)
