"""Turns one grid into a table: headers recognised, every cell parsed, every problem noted with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from classi.domain import Value
from classi.errors import Problem
from classi.i18n import _, ngettext
from classi.sheets import Cell, Grid, column_letters
from classi.tables.cells import PARSERS, BadCell, as_date, as_number, as_yesno, infer, is_error, written
from classi.tables.columns import Column, Layout, attribute_name, squash
from classi.tables.nearest import Nearest

_ROWS_SHOWN = 10
_TOLERATED = 10


@dataclass(frozen=True)
class Table:
    """A table as read; rows are referred to by their position in `records`.

    Attributes
    ----------
    layout : which table it is.
    file, sheet : where it comes from.
    rows : the number of each record's row, as the sheet numbers it.
    headers : header as written, by column.
    records : the cells of each row by column; a cell that is empty or could not be read is ``None``.
    bad : (position, column) of the cells that could not be read, which have been reported already.
    """

    layout: Layout
    file: str
    sheet: str = ""
    rows: tuple[int, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    records: tuple[Mapping[str, Value], ...] = ()
    bad: frozenset[tuple[int, str]] = frozenset()

    def empty(self, row: int, column: str) -> bool:
        """Tell whether a cell of a column that is there holds nothing in the file."""
        return column in self.headers and self.records[row][column] is None and (row, column) not in self.bad

    def problem(
        self, message: str, row: int | None = None, column: str = "", hint: str = "", *, warning: bool = False
    ) -> Problem:
        """Build a problem about the record at position `row`, showing the cell in `column`."""
        value = "" if row is None or not column else self.records[row].get(column)
        return Problem(
            message,
            self.file,
            self.sheet,
            None if row is None else self.rows[row],
            self.headers.get(column, column),
            _shown(value),
            hint,
            warning,
        )

    def row_list(self, positions: Sequence[int]) -> str:
        """Return the numbers of some rows, the first ten and then dots."""
        return listed([str(self.rows[i]) for i in positions])


def column_name(layout: Layout, header: str) -> str:
    """Return the name under which a column is kept: that of a known column, or the header's own; may be empty."""
    known = layout.column(header)
    return known.name if known else attribute_name(header)


def listed(words: Sequence[str]) -> str:
    """Join words with commas, the first ten and then dots."""
    return ", ".join(words[:_ROWS_SHOWN]) + (", …" if len(words) > _ROWS_SHOWN else "")


def _shown(value: Value) -> str:
    return format(value, "f") if isinstance(value, Decimal) else written(value)


@dataclass(frozen=True)
class _Place:
    """A column of the grid: where it is, how it is headed, what it is."""

    at: int
    header: str
    name: str
    known: Column | None


class _Reader:
    """Reads one grid; `problems` grows on the way."""

    def __init__(self, layout: Layout, grid: Grid, file: str, sheet: str) -> None:
        self.layout, self.grid, self.file, self.sheet = layout, grid, file, sheet
        self.problems: list[Problem] = []
        self.bad: set[tuple[int, str]] = set()

    def read(self) -> Table:
        if not self.grid.rows:
            self._say(_("The table is empty: not even the headers are there."))
            return Table(self.layout, self.file, self.sheet)
        places = self._places()
        body = self.grid.rows[1:]
        self._gaps()
        self._under_no_header(places)
        columns = {place.name: self._column(place, body) for place in places}
        records = tuple(dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
        if not body and self.layout.mandatory:
            self._say(_("The table has headers but no rows."))
        headers = {place.name: place.header for place in places}
        rows = tuple(row for row, _cells in body) if records else ()
        return Table(self.layout, self.file, self.sheet, rows, headers, records, frozenset(self.bad))

    def _say(self, message: str, row: int | None = None, column: str = "", value: str = "", hint: str = "") -> None:
        self.problems.append(Problem(message, self.file, self.sheet, row, column, value, hint))

    def _warn(self, message: str, row: int | None = None, column: str = "", value: str = "", hint: str = "") -> None:
        self.problems.append(Problem(message, self.file, self.sheet, row, column, value, hint, warning=True))

    def _places(self) -> list[_Place]:
        number, cells = self.grid.rows[0]
        places: dict[str, _Place] = {}
        for at, cell in enumerate(cells):
            header = written(cell).strip()
            known = self.layout.column(header)
            name = column_name(self.layout, header)
            if not name:
                continue
            if name in places:
                message = _("Two columns have the same name, “{first}” and “{second}”: keep one.")
                self._say(message.format(first=places[name].header, second=header), number, header)
                continue
            places[name] = _Place(at, header, name, known)
        self._missing(places, number)
        self._misspelt(places, number)
        return list(places.values())

    def _missing(self, places: Mapping[str, _Place], number: int) -> None:
        others = {place.header for place in places.values() if place.known is None}
        for name in self.layout.required:
            if name not in places:
                message = _("The column “{column}” is missing in the first row.").format(column=name)
                self._say(message, number, name, hint=Nearest(others)(name))

    def _misspelt(self, places: Mapping[str, _Place], number: int) -> None:
        missing = {key: column.name for key, column in self.layout.by_key.items() if column.name not in places}
        for place in places.values():
            near = _almost(squash(place.header), missing) if place.known is None else ""
            if near:
                message = _("The column “{column}” is kept as an attribute of its own: did you mean “{near}”?")
                self._warn(message.format(column=place.header, near=near), number, place.header, hint=near)

    def _gaps(self) -> None:
        rows = [row for row, _cells in self.grid.rows]
        blank = [str(n) for one, two in pairwise(rows) for n in range(one + 1, two)[: _ROWS_SHOWN + 1]]
        if blank:
            message = ngettext("An empty row in the middle ({rows}).", "Empty rows in the middle ({rows}).", len(blank))
            self._warn(message.format(rows=listed(blank)), int(blank[0]))

    def _under_no_header(self, places: Sequence[_Place]) -> None:
        _number, header = self.grid.rows[0]
        for at, cell in enumerate(header):
            if attribute_name(written(cell)):
                continue
            filled = [(row, cells[at]) for row, cells in self.grid.rows[1:] if cells[at] is not None]
            if filled:
                message = _("Column {letter} holds data under a header that is empty: name it in the first row.")
                row, found = filled[0]
                self._say(message.format(letter=column_letters(at)), row, column_letters(at), written(found))

    def _column(self, place: _Place, body: Sequence[tuple[int, tuple[Cell, ...]]]) -> list[Value]:
        cells = [(row, cells[place.at]) for row, cells in body]
        filled = [cell for _row, cell in cells if cell is not None]
        if body and not filled:
            self._warn(_("The column is wholly empty: nothing is known from it."), column=place.header)
        kind = place.known.kind if place.known else "any"
        parse = PARSERS.get(kind)
        if parse is None:
            parse = infer(filled, kind)
            self._exceptions(place, cells, len(filled), parse(filled[0]) if filled else None)
        return list(self._values(place, cells, parse))

    def _values(
        self, place: _Place, cells: Sequence[tuple[int, Cell]], parse: Callable[[Cell], Value]
    ) -> Iterator[Value]:
        known: dict[str, Value] = {}
        for at, (row, cell) in enumerate(cells):
            if cell is None:
                yield None
                continue
            if isinstance(cell, str) and cell in known:
                yield known[cell]
                continue
            try:
                if is_error(cell):
                    raise BadCell(_("The formula in this cell gives an error: write the value."))
                value = parse(cell)
            except BadCell as bad:
                self._say(bad.message, row, place.header, written(cell), bad.hint)
                self.bad.add((at, place.name))
                yield None
                continue
            if isinstance(cell, str):
                known[cell] = value
            yield value

    def _exceptions(self, place: _Place, cells: Sequence[tuple[int, Cell]], filled: int, sample: Value) -> None:
        # One slip makes a column of numbers a column of texts: legal, but hardly meant.
        if not isinstance(sample, str):
            return
        for what, test in ((_("numbers"), as_number), (_("dates"), as_date), (_("yes and no"), as_yesno)):
            odd = [(row, cell) for row, cell in cells if cell is not None and test(cell) is None]
            if len(odd) <= filled // _TOLERATED:
                for row, cell in odd[:_ROWS_SHOWN]:
                    message = _("The column holds {what} except for this cell, so all of it is taken as text.")
                    self._warn(message.format(what=what), row, place.header, written(cell))


def _almost(key: str, known: Mapping[str, str]) -> str:
    """Return the known column at one slip from a header; words that differ in a number are different columns."""
    near = Nearest(known)(key)
    if not near or sorted(filter(str.isdigit, near)) != sorted(filter(str.isdigit, key)):
        return ""
    slips = max(len(near), len(key)) - sum(1 for _c in _common(near, key))
    return known[near] if len(key) >= 5 and slips <= 1 + (len(key) > 10) else ""


def _common(one: str, two: str) -> Iterator[str]:
    rest = list(two)
    for letter in one:
        if letter in rest:
            rest.remove(letter)
            yield letter


def read_table(layout: Layout, grid: Grid, file: str, sheet: str = "") -> tuple[Table, list[Problem]]:
    """Read a grid as the table `layout` describes; never raises, all problems are returned."""
    reader = _Reader(layout, grid, file, sheet)
    return reader.read(), reader.problems
