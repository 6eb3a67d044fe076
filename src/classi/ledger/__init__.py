"""The auditor's notebook: plain rows, matched and counted on their own, sharing nothing with the optimiser's school.

Every number of the report comes from here. The same questions are answered for the optimiser by other code; a mistake
made in only one of the two places shows up as a disagreement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from fractions import Fraction
from itertools import islice
from math import lcm
from typing import Any

from classi.ledger.matching import key_of, plain, question

Row = dict[str, Any]

ITALIAN_CITIZENS = ("italiana", "italiano", "italia", "it", "ita")
TIE_DEFAULTS = {"tipo": "preferisce", "peso": 1, "vincolante": False, "motivo": "", "fonte": ""}


class Ledger:
    """Pupils, classes, ties and who sits where, as rows.

    Parameters
    ----------
    pupils, classes, ties : rows of the three tables; cells are text, ``int``, ``Decimal``, yes/no, dates or ``None``.
        The ledger keeps copies, to which it adds the derived columns `straniero` and `anno_nascita` where the table has
        no such column.
    placed : class id of each pupil, as spelled in `classes`; a pupil may be missing.
    open : classes open to each pupil; default every class to everybody.

    Notes
    -----
    The lists that the methods return are the ledger's own: read them, do not change them. Another assignment needs
    another ledger.
    """

    def __init__(
        self,
        pupils: Iterable[Mapping[str, Any]],
        classes: Iterable[Mapping[str, Any]],
        ties: Iterable[Mapping[str, Any]] = (),
        placed: Mapping[str, str] | None = None,
        open: Mapping[str, AbstractSet[str]] | None = None,
    ) -> None:
        self.pupils: list[Row] = _with_derived([dict(row) for row in pupils])
        self.classes: list[Row] = [{"min": None, "max": None, **row} for row in classes]
        self.ties: list[Row] = [
            {**TIE_DEFAULTS, **{column: cell for column, cell in row.items() if cell is not None}} for row in ties
        ]
        self.placed: dict[str, str] = dict(placed or {})
        everywhere = frozenset(row["id"] for row in self.classes)
        self.open: dict[str, frozenset[str]] = {row["id"]: everywhere for row in self.pupils}
        self._forget()
        self._compiled: dict[str, list[tuple[str, Callable[[Any], bool]]]] = {}
        self._positions: dict[str, dict[tuple[type, Any], list[int]]] = {}
        self._spellings: dict[str, dict[tuple[type | bool, Any], Any]] = {}
        self._seated: dict[str, list[Row]] | None = None
        if open is not None:
            self.restrict(open)

    def _forget(self) -> None:
        self._pools: dict[str, tuple[frozenset[str], set[str]]] | None = None
        self._planned: dict[str, Fraction] | None = None
        self._shares: dict[frozenset[str], tuple[dict[str, int], int]] = {}

    # --- who sits where ---

    def pupils_in(self, class_id: str) -> list[Row]:
        """Return the rows of the pupils placed in a class."""
        if self._seated is None:
            self._seated = defaultdict(list)
            for row in self.pupils:
                if row["id"] in self.placed:
                    self._seated[plain(self.placed[row["id"]])].append(row)
        return self._seated.get(plain(class_id), [])

    def class_of(self, pupil_id: str) -> str:
        """Return the class of a pupil, or an empty text where the assignment places the pupil nowhere."""
        return self.placed.get(pupil_id, "")

    # --- matching and tallying ---

    def select(self, rows: Iterable[Row], conditions: Mapping[str, Any]) -> list[Row]:
        """Return the rows that meet every condition, in order."""
        tests = self._tests(conditions)
        if rows is self.pupils and tests:
            (column, test), *tests = tests
            rows = self._found(column, test)
        for column, test in tests:
            rows = [row for row in rows if test(row.get(column))]
        return list(rows)

    def _found(self, column: str, test: Callable[[Any], bool]) -> list[Row]:
        """Return the pupils whose cell passes, asking once for each different cell of the whole table."""
        if column not in self._positions:
            self._positions[column] = defaultdict(list)
            for k, row in enumerate(self.pupils):
                cell = row.get(column)
                self._positions[column][cell.__class__, cell].append(k)
        found = [k for (_class, cell), places in self._positions[column].items() if test(cell) for k in places]
        return [self.pupils[k] for k in sorted(found)]

    def chosen_classes(self, conditions: Mapping[str, Any]) -> list[Row]:
        """Return the classes that meet every condition, in order."""
        return self.select(self.classes, conditions)

    def _tests(self, conditions: Mapping[str, Any]) -> list[tuple[str, Callable[[Any], bool]]]:
        name = repr(conditions)
        if name not in self._compiled:
            self._compiled[name] = [(column, question(wanted)) for column, wanted in conditions.items()]
        return self._compiled[name]

    def tally(self, rows: Iterable[Row], column: str) -> dict[Any, int]:
        """Count the rows for each known value of a column.

        Texts that differ only by case or blanks are one value, spelled as the first pupil who has it spells it.
        """
        if column not in self._spellings:
            self._spellings[column] = {}
            self.tally(self.pupils, column)
        spelling = self._spellings[column]
        counts: dict[Any, int] = defaultdict(int)
        for row in rows:
            cell = row.get(column)
            if cell is not None:
                met = cell.__class__, cell
                if met not in spelling:
                    spelling[met] = spelling.setdefault(key_of(cell), cell)
                counts[spelling[met]] += 1
        return dict(counts)

    def values_by_class(self, rows: Iterable[Row], column: str) -> dict[str, list[Any]]:
        """Return, for each class, the known values of a column among the pupils of the rows who belong to its pool.

        Only of these can there be too many, or too few, in the class: of the others nobody may go there.
        """
        pools, inside = self._all_pools(), defaultdict(list)
        for row in rows:
            for class_id in islice(self.open[row["id"]], 1):  # whichever: all of them are of one pool
                inside[id(pools[plain(class_id)])].append(row)
        values = {pool: list(self.tally(some, column)) for pool, some in inside.items()}
        return {row["id"]: values.get(id(pools[plain(row["id"])]), []) for row in self.classes}

    def of_those(self, seats: Mapping[str, AbstractSet[str]]) -> Ledger:
        """Return the notebook of those who have a seat, each with the classes it leaves open."""
        pupils = [row for row in self.pupils if row["id"] in seats]
        ties = [row for row in self.ties if row["da"] in seats and row["a"] in seats]
        ledger = Ledger(pupils, self.classes, ties, self.placed)
        ledger.restrict(seats)
        return ledger

    # --- what an even split would give ---

    def restrict(self, allowed: Mapping[str, AbstractSet[str]]) -> None:
        """Close to each pupil named in `allowed` the classes that are not in its set."""
        met: dict[tuple[int, int], frozenset[str]] = {}  # pupils mostly share a few sets: keep one copy of each
        one_copy: dict[frozenset[str], frozenset[str]] = {}
        narrowed = dict(self.open)
        allowed = dict(allowed)  # holds every set while its `id` is in use
        for pupil, classes in allowed.items():
            pair = (id(self.open[pupil]), id(classes))
            if pair not in met:
                both = self.open[pupil] & classes
                met[pair] = one_copy.setdefault(both, both)
            narrowed[pupil] = met[pair]
        self.open = narrowed
        self._forget()

    def pool_pupils(self, class_id: str) -> set[str]:
        """Return the ids of the pupils of the pool of a class: those who may go to at least one of its classes."""
        return self._all_pools()[plain(class_id)][1]

    def _all_pools(self) -> dict[str, tuple[frozenset[str], set[str]]]:
        if self._pools is None:
            self._pools = {}
            choosing: dict[frozenset[str], list[str]] = defaultdict(list)
            for pupil, choice in self.open.items():
                choosing[choice].append(pupil)
            choices = [choice for choice in choosing if choice]
            for classes in _joined([row["id"] for row in self.classes], choices):
                pool = classes, {pupil for choice in choices if choice <= classes for pupil in choosing[choice]}
                self._pools.update(dict.fromkeys(map(plain, classes), pool))
        return self._pools

    @property
    def planned(self) -> dict[str, Fraction]:
        """Planned size of each class: as equal as the classes' own limits allow, pool by pool."""
        if self._planned is None:
            rows = {row["id"]: row for row in self.classes}
            sizes: dict[str, Fraction] = {}
            for class_id in rows:
                if class_id not in sizes:
                    classes, inside = self._all_pools()[plain(class_id)]
                    sizes.update(_levelled([rows[c] for c in rows if c in classes], len(inside)))
            self._planned = {class_id: sizes[class_id] for class_id in rows}
        return self._planned

    def expected(self, amounts: Mapping[str, int | Fraction]) -> dict[str, Fraction]:
        """Spread each pupil's amount over the classes open to that pupil, in proportion to planned sizes.

        Parameters
        ----------
        amounts : amount of each pupil, by identifier.

        Returns
        -------
        dict
            Exact sum of the parts that fall in each class, every class present.
        """
        together: dict[frozenset[str], int | Fraction] = defaultdict(int)
        for pupil, amount in amounts.items():
            together[self.open[pupil]] += amount
        # Whole numbers over one denominator: adding fractions one by one would take most of an audit's time.
        bottom = lcm(*(self._share(classes)[1] for classes in together))
        sums: dict[str, int | Fraction] = {row["id"]: 0 for row in self.classes}
        for classes, amount in together.items():
            parts, whole = self._share(classes)
            times = amount * (bottom // whole)
            for class_id, part in parts.items():
                sums[class_id] += part * times
        exact = {total: Fraction(total, bottom) for total in set(sums.values())}
        return {class_id: exact[total] for class_id, total in sums.items()}

    def _share(self, classes: frozenset[str]) -> tuple[dict[str, int], int]:
        """Return what part of a pupil falls in each of these classes: numerators, and the denominator."""
        if classes not in self._shares:
            scale = lcm(*(self.planned[c].denominator for c in classes))
            parts = {c: int(self.planned[c] * scale) for c in classes}
            if not any(parts.values()):
                parts = dict.fromkeys(classes, 1)
            self._shares[classes] = parts, sum(parts.values()) or 1
        return self._shares[classes]


def _with_derived(rows: list[Row]) -> list[Row]:
    columns = {column for row in rows for column in row}
    for row in rows:
        if "straniero" not in columns:
            citizenship = row.get("cittadinanza")
            row["straniero"] = None if citizenship is None else plain(citizenship) not in ITALIAN_CITIZENS
        if "anno_nascita" not in columns:
            born = row.get("data_nascita")
            row["anno_nascita"] = born.year if isinstance(born, date) else None
    return rows


# --- pools and planned sizes ---


def _joined(classes: Iterable[str], choices: Iterable[frozenset[str]]) -> list[frozenset[str]]:
    """Return the classes in sets that no pupil can cross: each choice melts the sets it touches into one."""
    pools = [frozenset({class_id}) for class_id in classes]
    for choice in choices:
        touched = frozenset().union(*(pool for pool in pools if pool & choice))
        pools = [touched, *(pool for pool in pools if not pool & choice)]
    return pools


def _levelled(rows: Iterable[Row], pupils: int) -> dict[str, Fraction]:
    """Share `pupils` out as equally as each row's `min` and `max` allow.

    Pour evenly; of the classes that end outside their limits settle those of the side that is further out in all
    (settling both sides at once could settle a class that a later round would not); pour the rest again.
    """
    settled: dict[str, Fraction] = {}
    free = list(rows)
    while free:
        level = Fraction(pupils - sum(settled.values(), Fraction(0))) / len(free)
        clamped = {row["id"]: _clamp(level, row["min"], row["max"]) for row in free}
        drift = sum((size - level for size in clamped.values()), Fraction(0))
        settled.update({c: size for c, size in clamped.items() if not drift or (size - level) * drift > 0})
        free = [row for row in free if row["id"] not in settled]
    return settled


def _clamp(level: Fraction, low: int | None, high: int | None) -> Fraction:
    capped = level if high is None else min(level, Fraction(high))
    return max(capped, Fraction(low or 0))
