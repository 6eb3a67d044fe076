"""Writes the workbook to start from: exactly the contract's columns, with notes, drop-downs and instructions."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from classi.durable import write_atomic
from classi.tables.cells import EARLIEST, LATEST
from classi.tables.columns import INSTRUCTIONS, LAYOUTS, Column, Layout
from classi.tables.notes import column_note, instructions, sample_regulation, table_note
from classi.tables.write import refuse_existing

ROWS = 2_000
REGULATION = "regolamento.toml"
ITALIAN_LEVELS = ("pre-A1", "A1", "A2", "B1", "B2", "C1", "C2", "madrelingua")
_CHOICES = {
    "sex": ("M", "F"),
    "support": ("no", "comma1", "comma3"),
    "yesno": ("sì", "no"),
    "tie": ("preferisce", "insieme", "separati", "gemelli", "fratelli"),
}
_NUMBERS = {
    "count": {"validate": "integer", "criteria": ">=", "value": 0},
    "weight": {"validate": "integer", "criteria": ">=", "value": 1},
    "area": {"validate": "decimal", "criteria": ">", "value": 0},
    "date": {"validate": "date", "criteria": "between", "minimum": EARLIEST, "maximum": LATEST},
}
_REFERENCES = {"class": ("classi", "id"), "pupil": ("alunni", "id")}


def write_template(path: Path) -> tuple[Path, Path]:
    """Write an empty workbook (.xlsx) and, beside it, a commented sample ``regolamento.toml``.

    Returns
    -------
    The two files.

    Raises
    ------
    InputError
        When one of the two is already there: neither is written.
    """
    path = Path(path)
    if path.suffix.casefold() != ".xlsx":
        path = path.with_name(f"{path.name}.xlsx")
    regulation = path.with_name(REGULATION)
    refuse_existing([path, regulation])
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, template_bytes())
    write_atomic(regulation, sample_regulation().encode("utf-8"))
    return path, regulation


def template_bytes() -> bytes:
    """Return the empty workbook."""
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(target, options) as workbook:
        _instructions(workbook)
        for layout in LAYOUTS:
            _table(workbook, layout)
    return target.getvalue()


def _instructions(workbook: Workbook) -> None:
    sheet = workbook.add_worksheet(INSTRUCTIONS)
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 110)
    title = workbook.add_format({"bold": True, "font_size": 14})
    body = workbook.add_format({"text_wrap": True, "valign": "top"})
    for row, line in enumerate(instructions()):
        sheet.write_string(row, 0, line, body if row else title)


def _table(workbook: Workbook, layout: Layout) -> None:
    sheet = workbook.add_worksheet(layout.name)
    sheet.freeze_panes(1, 1)
    columns = [column for column in layout.columns if column.in_template]
    heads = {
        True: workbook.add_format({"bold": True, "bg_color": "#1F4E79", "font_color": "#FFFFFF", "border": 1}),
        False: workbook.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1}),
    }
    formats = {
        "text": workbook.add_format({"num_format": "@"}),
        "date": workbook.add_format({"num_format": "dd/mm/yyyy"}),
        "any": workbook.add_format(),
    }
    for at, column in enumerate(columns):
        required = column.name in layout.required
        note = column_note(layout.name, column)
        sheet.write_string(0, at, column.name, heads[required])
        sheet.write_comment(0, at, note, {"x_scale": 2, "y_scale": 1 + len(note) / 120})
        sheet.set_column(at, at, max(9, len(column.name) + 3), _format(column, formats))
        _validation(sheet, at, column, note)
    sheet.write_comment(0, len(columns), table_note(layout.name), {"x_scale": 2, "y_scale": 2})


def _format(column: Column, formats: dict[str, Format]) -> Format:
    # Identifiers as text: a spreadsheet would turn 007 into 7 and 1-2 into a date.
    if column.kind in ("id", "pupil", "class", "classes", "text", "request"):
        return formats["text"]
    return formats["date" if column.kind == "date" else "any"]


def _validation(sheet: Worksheet, at: int, column: Column, note: str) -> None:
    options = _options(column)
    if options:
        options |= {"error_title": column.name, "error_message": note[:255], "ignore_blank": True}
        sheet.data_validation(1, at, ROWS, at, options)


def _options(column: Column) -> dict[str, object]:
    if column.kind in _CHOICES:
        return {"validate": "list", "source": list(_CHOICES[column.kind])}
    if column.name == "livello_italiano":
        # Schools have words of their own for these: others may be typed after a word of warning.
        return {"validate": "list", "source": list(ITALIAN_LEVELS), "error_type": "warning"}
    target = ("classi", column.target) if column.kind == "request" else _REFERENCES.get(column.kind)
    if target:
        return {"validate": "list", "source": _reference(*target), "error_type": "warning"}
    return dict(_NUMBERS.get(column.kind, {}))


def _reference(table: str, column: str) -> str:
    layout = next(layout for layout in LAYOUTS if layout.name == table)
    names: Sequence[str] = [c.name for c in layout.columns if c.in_template]
    letter = xlsxwriter.utility.xl_col_to_name(names.index(column))
    return f"={table}!${letter}$2:${letter}${ROWS + 1}"
