"""The workbook of the classes: a summary sheet and one sheet a class; no cell is ever a formula."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from xlsxwriter import Workbook

from classi.criteria.base import say_value
from classi.i18n import use_language
from classi.report.labels import labels
from classi.report.model import Content, Number, Roster, State
from classi.report.pupils import has_column
from classi.report.sheet import Page, Value, make_styles, sheet_names

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
WIDEST = 36.0


def write_xlsx(content: Content, ledger: Ledger, path: Path) -> None:
    """Write the workbook."""
    path.write_bytes(render_xlsx(content, ledger))


def render_xlsx(content: Content, ledger: Ledger) -> bytes:
    """Return the workbook; the same content gives the same bytes."""
    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with use_language(content.language), Workbook(buffer, options) as book:
        book.set_properties({"title": content.title, "comments": labels()["internal"], "created": EPOCH})
        styles = make_styles(book)
        names = sheet_names([labels()["summary_sheet"], *(r.class_id for r in content.rosters)])
        grid = [30.0, *[11.0] * max(len(content.summary), 11)]
        _summary(Page(book.add_worksheet(names[0]), styles, grid), content)
        for roster, name in zip(content.rosters, names[1:], strict=True):
            rows = _class_table(content, ledger, roster)
            _class(Page(book.add_worksheet(name), styles, _widths(rows)), content, roster, rows)
    return buffer.getvalue()


def _summary(page: Page, content: Content) -> None:
    t = labels()
    page.line(f"{content.title} · {content.subtitle}", "title")
    page.line(t["internal"], "internal")
    page.row += 1
    for verdict in content.verdicts:
        page.line(f"{verdict.title}. {verdict.text}")
    if content.formed:
        _summary_classes(page, content)
    else:
        page.line(t["not_formed"])
    for part in content.conflict:
        page.gap(part.title or t["conflict"])
        for sentence in part.sentences:
            page.line(sentence)
    _summary_rules(page, content)
    _summary_wishes(page, content)
    page.finish(content.title, 2, landscape=True)


def _summary_classes(page: Page, content: Content) -> None:
    t = labels()
    page.gap(t["summary"])
    ones = [1] * (len(content.summary) + 1)
    page.cells([t["class"], *(x.title for x in content.summary)], ones, "head")
    for k, name in enumerate(content.classes):
        page.cells([name, *(_rounded(x.values[k]) for x in content.summary)], ones)
    page.cells([t["total"], *(_rounded(x.total) for x in content.summary)], ones, "total")


def _rounded(value: Number | None) -> Value:
    return "–" if value is None else value if isinstance(value, int) else round(value, 2)


def _summary_rules(page: Page, content: Content) -> None:
    t = labels()
    if content.tiers:
        page.gap(t["tiers"])
        head = [t["priority"], t["points"], t["bound"], t["gap"], t["meaning"]]
        rows = ([str(x.tier), x.value, x.bound, x.gap, x.meaning] for x in content.tiers)
        page.table(head, [20, 11, 11, 11, 60], rows)
    if content.rules:
        page.gap(t["rules"])
        spans = page.spans([30, 8, 22, 10, 10, 10, 22], fill=True)
        head = [t["rule"], t["number"], t["kind"], t["checks"], t["cost"], t["rule_points"], t["outcome"]]
        page.cells(head, spans, "head")
        for r in content.rules:
            style = "cell" if r.kept else "hard" if r.hard else "out"
            page.cells([r.label, r.number, r.kind, r.checks, r.cost, r.points, r.outcome], spans, style)


def _summary_wishes(page: Page, content: Content) -> None:
    t = labels()
    head = [t["pupil"], t["class"], t["friend"], t["class"], t["mutual"], t["reasons"]]
    for heading, items, empty in (
        (t["wishes"], content.unmet, t["reason_unknown"]),
        (t["vetoed"], content.vetoed, t["unsaid"]),
    ):
        if items:
            page.gap(heading)
            rows: Iterable[list[Value]] = (
                [w.pupil, w.pupil_class, w.friend, w.friend_class, w.mutual, " ".join(w.reasons) or empty]
                for w in items
            )
            page.table(head, [30, 11, 28, 11, 11, 44], rows)


def _class(page: Page, content: Content, roster: Roster, rows: Sequence[Sequence[Value]]) -> None:
    """Write the sheet of a class; the first of `rows` is the header of the pupils' table."""
    t = labels()
    name = f"{t['class']} {roster.class_id}"
    page.line(f"{name} · {len(roster.members)}", "title")
    page.line(t["internal"], "internal")
    ones = [1] * len(rows[0])
    page.cells(rows[0], ones, "head")
    for values in rows[1:]:
        page.cells(values, ones)
    if not roster.members:
        page.line(t["empty_class"])
    page.gap(t["class_rules"])
    _class_rules(page, content, content.classes.index(roster.class_id))
    page.finish(name, 3, landscape=len(rows[0]) > 8)


def _class_rules(page: Page, content: Content, place: int) -> None:
    """Write what was counted in one class: departures in words, never by colour alone."""
    t = labels()
    spans = page.spans([5, 62, 11, 16, 30])
    page.cells([t["number"], t["rule"], t["counted"], t["target"], t["state"]], spans, "head")
    for group in content.matrix:
        for row in group.rows:
            cell = row.cells[place]
            if cell is None:
                continue
            style = "cell" if cell.state == "inside" else "hard" if group.rule.hard else "out"
            what = f"{group.rule.label}: {row.about}" if row.about else group.rule.label
            said = f"{ARROWS[cell.state]} {cell.words}"
            page.cells([group.rule.number, what, cell.value, cell.band or "–", said], spans, style)


def _class_table(content: Content, ledger: Ledger, roster: Roster) -> list[list[Value]]:
    """Return the pupils of a class as rows, the header first."""
    t = labels()
    shown = [c for c in PUPIL_COLUMNS if has_column(ledger, c)]
    cells = {p["id"]: p for p in ledger.pupils_in(roster.class_id)}
    head: list[Value] = [t["number"], t["id"], *([t["surname_name"]] if content.named else [])]
    rows: list[list[Value]] = [[*head, *(c.replace("_", " ") for c in shown)]]
    for k, member in enumerate(roster.members, 1):
        name = [member.label] if content.named else []
        rows.append([k, member.id, *name, *(cells[member.id].get(c) for c in shown)])
    return rows


def _widths(rows: Sequence[Sequence[Value]]) -> list[float]:
    """Return column widths, in characters, that hold the longest text of each column within reason."""
    columns = zip(*rows, strict=True)
    return [min(WIDEST, max(_width(v) for v in column) + 2.5) for column in columns]


def _width(value: Value) -> float:
    if value is None:
        return 0.0
    return 10.0 if isinstance(value, date) else float(len(say_value(value)))
