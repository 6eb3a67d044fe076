"""The workbook of the classes: a summary sheet and one sheet a class; no cell is ever a formula."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlsxwriter import Workbook

from classi.criteria.base import say_value
from classi.i18n import _, use_language
from classi.report.labels import labels
from classi.report.model import Content, Number, Roster, State
from classi.report.pupils import has_column

if TYPE_CHECKING:
    from classi.ledger import Ledger

EPOCH = datetime(2000, 1, 1)
"""Creation date written in every workbook: the same content gives the same bytes."""

PUPIL_COLUMNS = (
    "sesso", "data_nascita", "cittadinanza", "straniero", "nai", "livello_italiano", "disabilita", "dsa", "bes",
    "livello", "comportamento", "ripetente", "scuola_provenienza", "classe_provenienza",
)  # fmt: skip
"""Columns shown on a class's sheet, those the files have."""

ARROWS: dict[State, str] = {"inside": "✓", "above": "▲", "below": "▼", "outside": "◆"}
WIDEST = 44.0
LONGEST_SHEET_NAME = 31

Value = str | Number | Decimal | bool | date | None


def write_xlsx(content: Content, ledger: Ledger, path: Path) -> None:
    """Write the workbook."""
    path.write_bytes(render_xlsx(content, ledger))


def render_xlsx(content: Content, ledger: Ledger) -> bytes:
    """Return the workbook; the same content gives the same bytes."""
    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with use_language(content.language), Workbook(buffer, options) as book:
        book.set_properties({"title": content.title, "comments": labels()["internal"], "created": EPOCH})
        styles = _styles(book)
        names = sheet_names([labels()["summary_sheet"], *(r.class_id for r in content.rosters)])
        _summary(Page(book.add_worksheet(names[0]), styles), content)
        shown = [c for c in PUPIL_COLUMNS if has_column(ledger, c)]
        rows = {str(p["id"]): p for p in ledger.pupils}
        for roster, name in zip(content.rosters, names[1:], strict=True):
            _class(Page(book.add_worksheet(name), styles), content, roster, [(c, rows) for c in shown])
    return buffer.getvalue()


def sheet_names(wanted: Iterable[str]) -> list[str]:
    """Return names Excel accepts: no ``[]:*?/\\``, at most 31 characters, never empty, all different without case."""
    found: list[str] = []
    taken = {"history"}
    for name in wanted:
        base = re.sub(r"[\[\]:*?/\\\x00-\x1f]", "-", name).strip(" '")[:LONGEST_SHEET_NAME].strip(" '") or "-"
        unique, turn = base, 1
        while unique.casefold() in taken:
            turn += 1
            unique = f"{base[: LONGEST_SHEET_NAME - len(f' ({turn})')]} ({turn})"
        taken.add(unique.casefold())
        found.append(unique)
    return found


def _styles(book: Workbook) -> dict[str, Any]:
    line = {"border": 1, "border_color": "#C9D2DB", "valign": "top"}
    kinds: dict[str, dict[str, Any]] = {
        "title": {"bold": True, "font_size": 15, "font_color": "#1F4E79"},
        "internal": {"font_color": "#5C3700", "italic": True},
        "heading": {"bold": True, "font_size": 12, "font_color": "#1F4E79"},
        "plain": {"valign": "top"},
        "head": {**line, "bold": True, "bg_color": "#E3EAF1", "text_wrap": True, "valign": "bottom"},
        "cell": {**line, "text_wrap": True},
        "number": {**line, "num_format": "0.###", "align": "right"},
        "whole": {**line, "num_format": "0", "align": "right"},
        "mean": {**line, "num_format": "0.00", "align": "right"},
        "date": {**line, "num_format": "dd/mm/yyyy", "align": "center"},
        "total": {**line, "bold": True, "top": 2, "text_wrap": True},
        "out": {**line, "bold": True, "bg_color": "#FDF0D5", "font_color": "#5C3700", "text_wrap": True},
        "hard": {**line, "bold": True, "bg_color": "#FBE1DF", "font_color": "#7A1212", "text_wrap": True},
    }
    return {name: book.add_format(kind) for name, kind in kinds.items()}


@dataclass
class Page:
    """A sheet written from top to bottom; `row` is the next free row, from 0."""

    sheet: Any
    styles: dict[str, Any]
    row: int = 0

    def line(self, text: str, style: str = "plain") -> None:
        """Write one text across the page."""
        self.sheet.write_string(self.row, 0, text, self.styles[style])
        self.row += 1

    def table(self, head: Sequence[str], rows: Iterable[Sequence[Value]], style: str = "cell") -> None:
        """Write a table; numbers and dates as such, everything else as plain text."""
        self.heads(head)
        for values in rows:
            self.cells(values, style)

    def heads(self, head: Sequence[str]) -> None:
        """Write the header of a table."""
        for k, text in enumerate(head):
            self.sheet.write_string(self.row, k, text, self.styles["head"])
        self.row += 1

    def cells(self, values: Sequence[Value], style: str = "cell") -> None:
        """Write one row of a table."""
        for k, value in enumerate(values):
            self._cell(k, value, style)
        self.row += 1

    def _cell(self, column: int, value: Value, style: str) -> None:
        chosen = self.styles[style]
        if isinstance(value, bool) or value is None:
            self.sheet.write_string(self.row, column, "" if value is None else say_value(value), chosen)
        elif isinstance(value, int | Fraction | Decimal):
            kind = "whole" if isinstance(value, int) else "mean" if isinstance(value, Fraction) else "number"
            number = value if isinstance(value, int) else float(value)
            self.sheet.write_number(self.row, column, number, self.styles[kind] if style == "cell" else chosen)
        elif isinstance(value, date):
            self.sheet.write_datetime(
                self.row, column, datetime(value.year, value.month, value.day), self.styles["date"]
            )
        else:
            self.sheet.write_string(self.row, column, value, chosen)

    def gap(self, heading: str) -> None:
        """Leave a row free and write a heading."""
        self.row += 1
        self.line(heading, "heading")

    def finish(self, widths: Sequence[float], name: str, head: int, landscape: bool) -> None:
        """Set what concerns the whole sheet: widths, frozen and repeated header row `head`, A4, footer."""
        for k, width in enumerate(widths):
            self.sheet.set_column(k, k, width)
        self.sheet.freeze_panes(head + 1, 1)
        self.sheet.repeat_rows(head)
        self.sheet.set_paper(9)
        self.sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        self.sheet.fit_to_pages(1, 0)
        if landscape:
            self.sheet.set_landscape()
        footer = name.replace("&", "&&")[:60]
        self.sheet.set_footer(f"&L{footer}&C{_('Internal use')}&R{labels()['page']} &P/&N")


def _widths(rows: Iterable[Sequence[Value]], least: float = 7.0) -> list[float]:
    """Return column widths, in characters, that hold the longest text of each column within reason."""
    found: list[float] = []
    for values in rows:
        for k, value in enumerate(values):
            if k == len(found):
                found.append(least)
            wide = 10 if isinstance(value, date | Fraction) else len(say_value(value)) if value is not None else 0
            found[k] = min(WIDEST, max(found[k], wide + 2.0))
    return found


def _summary(page: Page, content: Content) -> None:
    t = labels()
    page.line(f"{content.title} · {content.subtitle}", "title")
    page.line(t["internal"], "internal")
    for verdict in content.verdicts:
        page.line(f"{verdict.title}. {verdict.text}")
    page.row += 1
    head = page.row
    columns = [x.title for x in content.summary]
    page.table([t["class"], *columns], _summary_rows(content))
    page.cells([t["total"], *(x.total if x.total is not None else "–" for x in content.summary)], "total")
    if not content.formed:
        page.line(t["not_formed"])
    for part in content.conflict:
        page.gap(part.title or t["conflict"])
        for sentence in part.sentences:
            page.line(sentence)
    _summary_rules(page, content)
    _summary_wishes(page, content)
    widths = [34.0, *(max(11.0, min(20.0, len(c) + 2.0)) for c in [*columns, *[""] * 7][: max(7, len(columns))])]
    page.finish(widths, content.title, head, landscape=True)


def _summary_rows(content: Content) -> list[list[Value]]:
    return [
        [name, *(x.values[k] if x.values[k] is not None else "–" for x in content.summary)]
        for k, name in enumerate(content.classes)
        if content.summary
    ]


def _summary_rules(page: Page, content: Content) -> None:
    t = labels()
    if content.tiers:
        page.gap(t["tiers"])
        head = [t["priority"], t["points"], t["bound"], t["gap"], t["meaning"]]
        page.table(head, ([str(x.tier), x.value, x.bound, x.gap, x.meaning] for x in content.tiers))
    if content.rules:
        page.gap(t["rules"])
        page.heads([t["rule"], t["number"], t["kind"], t["checks"], t["cost"], t["rule_points"], t["outcome"]])
        for r in content.rules:
            style = "cell" if r.kept else "hard" if r.hard else "out"
            page.cells([r.label, r.number, r.kind, r.checks, r.cost, r.points, r.outcome], style)


def _summary_wishes(page: Page, content: Content) -> None:
    t = labels()
    for heading, items, empty in (
        (t["wishes"], content.unmet, t["reason_unknown"]),
        (t["vetoed"], content.vetoed, t["unsaid"]),
    ):
        if items:
            page.gap(heading)
            head = [t["pupil"], t["class"], t["friend"], t["class"], t["mutual"], t["reasons"]]
            page.table(
                head,
                (
                    [w.pupil, w.pupil_class, w.friend, w.friend_class, w.mutual, " ".join(w.reasons) or empty]
                    for w in items
                ),
            )


def _class(page: Page, content: Content, roster: Roster, columns: Sequence[tuple[str, dict[str, Any]]]) -> None:
    t = labels()
    name = f"{t['class']} {roster.class_id}"
    page.line(f"{name} · {len(roster.members)}", "title")
    page.line(t["internal"], "internal")
    head = page.row
    heads = [t["number"], t["id"], *([t["surname_name"]] if content.named else [])]
    heads += [column.replace("_", " ") for column, _rows in columns]
    rows: list[list[Value]] = [
        [k, m.id, *([m.label] if content.named else []), *(rows[m.id].get(c) for c, rows in columns)]
        for k, m in enumerate(roster.members, 1)
    ]
    page.table(heads, rows)
    if not roster.members:
        page.line(t["empty_class"])
    widths = _widths([heads, *rows])
    widths[0] = 5.0
    page.gap(t["class_rules"])
    _class_rules(page, content, content.classes.index(roster.class_id))
    page.finish(widths, name, head, landscape=len(heads) > 5)


def _class_rules(page: Page, content: Content, place: int) -> None:
    """Write what was counted in one class: departures in words, never by colour alone."""
    t = labels()
    page.heads([t["number"], t["state"], t["rule"], t["counted"], t["target"]])
    for group in content.matrix:
        for row in group.rows:
            cell = row.cells[place]
            if cell is None:
                continue
            style = "cell" if cell.state == "inside" else "hard" if group.rule.hard else "out"
            what = f"{group.rule.label}: {row.about}" if row.about else group.rule.label
            said = f"{ARROWS[cell.state]} {cell.words}"
            page.cells([group.rule.number, said, what, cell.value, cell.band or "–"], style)
