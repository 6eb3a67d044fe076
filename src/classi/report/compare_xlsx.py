"""The comparison as a workbook: rules, wishes, moves, indices; no cell is ever a formula."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from io import BytesIO

from xlsxwriter import Workbook

from classi.i18n import _
from classi.report import compare_content as words
from classi.report.compare_labels import headings, say_index
from classi.report.compare_model import Comparison, best_of
from classi.report.sheet import Page, Value, make_styles, sheet_names
from classi.report.xlsx import EPOCH

GRID = (44.0, 24.0)
COLUMN = 15.0
"""Widths of the columns, in characters: two of words, then one a split, and never fewer than `LEAST` of those."""
LEAST = 4
BEST = {
    "bold": True,
    "num_format": '"★ "General',
    "align": "right",
    "indent": 1,
    "border": 1,
    "border_color": "#C9D2DB",
}
"""The star is the format's: the cell stays a number."""


def render_xlsx(comparison: Comparison) -> bytes:
    """Return the workbook in the current language; the same comparison gives the same bytes."""
    t, buffer = headings(), BytesIO()
    pages: dict[str, Callable[[Page, Comparison], None]] = {
        _("Rules"): _rules,
        t["wishes"]: _wishes,
        _("Moves"): _moves,
        t["indices"]: _indices,
    }
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(buffer, options) as book:
        book.set_properties({"title": t["title"], "comments": t["internal"], "created": EPOCH})
        styles = make_styles(book) | {"best": book.add_format({**BEST, "valign": "top"})}
        for (title, write), name in zip(pages.items(), sheet_names(pages), strict=True):
            page = Page(book.add_worksheet(name), styles, [*GRID, *[COLUMN] * max(LEAST, len(comparison.sides))])
            page.line(f"{t['title']} · {title}", "title")
            page.line(t["internal"], "internal")
            write(page, comparison)
            page.finish(t["title"], 2, landscape=True)
    return buffer.getvalue()


def _table(page: Page, head: Sequence[str], rows: Iterable[Sequence[Value]], *, best: bool = False) -> None:
    """Write a table, one column a cell; with `best` the smallest numbers behind the two columns of words get a star."""
    ones = [1] * len(head)
    page.cells(head, ones, "head")
    for values in rows:
        page.cells(values, ones)
        numbers = [float(v) if isinstance(v, int | Fraction) else None for v in values[2:]]
        for k, star in enumerate(best_of(numbers) if best else ()):
            if star:
                page.sheet.write_number(page.row - 1, k + 2, numbers[k], page.styles["best"])


def _rules(page: Page, c: Comparison) -> None:
    t = headings()
    page.row += 1
    said = [f"{v.title}. {v.text}" for v in words.verdicts(c)] + [words.say_trade(c, x) for x in c.trades]
    for line in (*said, *words.say_strangers(c)):
        page.line(line)
    page.gap(t["splits"])
    _table(page, [t["split"], t["made"], t["order"], t["state"]], (
        [s.name, words.say_made(s), place, t["fine"] if s.sound else " ".join(words.wrongs(s))]
        for s, place in zip(c.sides, c.order, strict=True)
    ))  # fmt: skip
    page.gap(t["tiers"])
    _table(
        page,
        [t["priority"], t["meaning"], *c.names],
        ([str(x.tier), t["points"], *x.values] for x in c.tiers),
        best=True,
    )
    _table(page, [t["priority"], t["meaning"], *c.names], ([str(x.tier), t["bound"], *x.bounds] for x in c.tiers))
    page.gap(t["rules"])
    page.line(t["rules_caption"])
    rows: Iterable[Sequence[Value]] = ([f"{r.number}. {r.label}", words.say_price(r), *r.costs] for r in c.rules)
    _table(page, [t["rule"], t["kind"], *c.names], rows, best=True)
    page.gap(t["matrix"])
    page.line(words.say_columns(c))
    _table(page, [t["rule"], t["kind"], *c.names], (
        [words.say_rule(r), words.say_price(r.rule), *("; ".join(map(words.say_count, some)) for some in r.counts)]
        for r in c.rows if r.departs
    ))  # fmt: skip


def _wishes(page: Page, c: Comparison) -> None:
    t = headings()
    page.row += 1
    _table(
        page,
        [t["granted"], "", *c.names],
        [[_("Out of {number}.").format(number=c.asked), "", *map(c.granted, range(len(c.sides)))]],
    )
    page.gap(t["wishes_caption"])
    _table(page, [t["pupil"], t["friend"], *c.names], (
        [c.labels[w.pupil], c.labels[w.friend], *(t["granted"] if g else t["not_granted"] for g in w.granted)]
        for w in c.wishes
    ))  # fmt: skip


def _moves(page: Page, c: Comparison) -> None:
    t = headings()
    page.gap(t["distances"])
    page.line(t["distances_caption"])
    _table(page, [t["split"], "", *c.names], ([n, "", *far] for n, far in zip(c.names, c.distances, strict=True)))
    for trade in c.trades:
        page.gap(t["moves_caption"].format(first=c.names[0], other=c.names[trade.other]))
        for line in filter(None, (words.say_moves(trade), words.say_renamed(c, trade))):
            page.line(line)
        _table(page, [t["pupil"], t["kind"], t["from"], t["to"]], (
            [pupil, words.say_kind(step.closed, len(step.pupils), 1), here, there]
            for step in trade.moves.steps for pupil, here, there in words.moved(c, step)
        ))  # fmt: skip


def _indices(page: Page, c: Comparison) -> None:
    t = headings()
    page.row += 1
    page.line(t["indices_caption"])
    _table(page, [t["index"], t["column"], *c.names], (
        [say_index(x.index), x.column, *(_rounded(v) for v in x.values)] for x in c.indices
    ), best=True)  # fmt: skip


def _rounded(value: float | None) -> Fraction | None:
    return None if value is None else Fraction(value).limit_denominator(10**6)
