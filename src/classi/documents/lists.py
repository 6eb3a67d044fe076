"""Class lists for teachers: who is in the class, and nothing else about anybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from classi.documents.context import Context, Paper
from classi.documents.model import Align, Block, Document, Heading, PageBreak, Paragraph, Table
from classi.domain import text_key
from classi.i18n import _, ngettext
from classi.report.sheet import Page, Value, make_styles, sheet_names

STEM = "elenchi-docenti"


def papers(context: Context) -> Iterator[Paper]:
    """Return ``elenchi-docenti.xlsx`` (a sheet a class) and ``elenchi-docenti.pdf``.

    Option ``birth_dates = "yes"`` adds the date of birth, where the files have it. A code is shown only where names do
    not tell the pupils of a class apart.
    """
    with context.speaking():
        return iter([(f"{STEM}.xlsx", _workbook(context)), *context.written(STEM, class_lists(context), ["pdf"])])


def class_lists(context: Context) -> Document:
    """Return the lists as a document, each class on a page of its own."""
    blocks: list[Block] = []
    for row in context.ledger.classes:
        head, rows = list_rows(context, row["id"])
        blocks += [PageBreak()] if blocks else []
        blocks += [Heading(class_title(row)), Paragraph(_say_number(rows))]
        if rows:
            blocks.append(_table(head, rows))
    return context.document(_("Class lists"), blocks, subtitle=_subtitle(context), footer=_footer())


def list_rows(context: Context, class_id: str) -> tuple[tuple[str, ...], list[tuple[Value, ...]]]:
    """Return the header and the rows of a class list, in the order of Italian registers."""
    members = context.members(class_id)
    columns = _columns(context, members)
    titles = {"id": _("Code"), "cognome": _("Surname"), "nome": _("Name"), "data_nascita": _("Date of birth")}
    head = (_("No."), *(titles[c] for c in columns))
    return head, [(n, *(_cell(row.get(c)) for c in columns)) for n, row in enumerate(members, 1)]


def class_title(row: Mapping[str, Any]) -> str:
    """Return the heading of a class: its name, with its site where there is one."""
    title = _("Class {class_id}").format(class_id=row["id"])
    return f"{title} · {row['plesso']}" if row.get("plesso") else title


def _columns(context: Context, members: Sequence[Mapping[str, Any]]) -> list[str]:
    named = [c for c in ("cognome", "nome") if any(p.get(c) for p in context.ledger.pupils)]
    often = Counter(tuple(text_key(p.get(c) or "") for c in named) for p in members)
    wanted = ["id"] if not named or any(n > 1 for n in often.values()) else []
    wanted += named
    born = context.options.get("birth_dates") == "yes"
    return [*wanted, *(["data_nascita"] if born and any(p.get("data_nascita") for p in context.ledger.pupils) else [])]


def _cell(value: object) -> Value:
    return value if isinstance(value, date) else str(value or "")


def _written(value: object) -> str:
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)


def _table(head: tuple[str, ...], rows: Sequence[tuple[Value, ...]]) -> Table:
    others = len(head) - 1
    align: tuple[Align, ...] = ("right", *["left" for _column in range(others)])  # type: ignore[arg-type]
    cells = tuple(tuple(map(_written, row)) for row in rows)
    return Table(head, cells, align=align, widths=(0.08, *[0.92 / others] * others))


def _say_number(rows: Sequence[object]) -> str:
    if not rows:
        return _("No pupils in this class.")
    return ngettext("{number} pupil", "{number} pupils", len(rows)).format(number=len(rows))


def _subtitle(context: Context) -> str:
    return _("School year {year}").format(year=context.year)


def _footer() -> str:
    return _("For the teachers of the class. Not for publication.")


def _workbook(context: Context) -> bytes:
    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(buffer, options) as book:
        moment = datetime(context.when.year, context.when.month, context.when.day)
        book.set_properties({"title": _("Class lists"), "created": moment})
        styles = make_styles(book)
        classes = context.ledger.classes
        for row, name in zip(classes, sheet_names(c["id"] for c in classes), strict=True):
            head, rows = list_rows(context, row["id"])
            page = Page(book.add_worksheet(name), styles, [6.0, *[26.0] * (len(head) - 1)])
            page.line(class_title(row), "title")
            page.line(f"{_subtitle(context)} · {_say_number(rows)} · {_footer()}", "internal")
            page.cells(head, [1] * len(head), "head")
            for values in rows:
                page.cells(values, [1] * len(head))
            page.finish(class_title(row), 3, landscape=False)
    return buffer.getvalue()
