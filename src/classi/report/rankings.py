"""The working workbook of the rankings: every applicant with the facts that earned points, one sheet a round."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path

from xlsxwriter import Workbook

from classi.admissions.ranking import Ranking, Standing
from classi.domain import School
from classi.i18n import _
from classi.report.labels import labels
from classi.report.sheet import Page, Value, make_styles, sheet_names
from classi.report.xlsx import EPOCH

Outcome = Callable[[str, int], tuple[str, str]]
"""Says what became of a pupil in a round: the outcome and the seat, as they are to be read."""

WIDTHS = (9.0, 11.0, 24.0, 8.0, 44.0, 34.0, 26.0, 30.0, 20.0, 22.0)


def write_rankings_xlsx(
    path: Path, school: School, rankings: Mapping[str, Sequence[Ranking]], state: Mapping[str, str], outcome: Outcome
) -> None:
    """Write the workbook; `state` says of each round whether its ranking is provisional or definitive."""
    path.write_bytes(render_rankings(school, rankings, state, outcome))


def render_rankings(
    school: School, rankings: Mapping[str, Sequence[Ranking]], state: Mapping[str, str], outcome: Outcome
) -> bytes:
    """Return the workbook; the same content gives the same bytes."""
    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    pages = [(name, ranking) for name, of_round in rankings.items() for ranking in of_round]
    titles = [f"{name} {' / '.join(r.option)}" if r.option else name for name, r in pages]
    with Workbook(buffer, options) as book:
        book.set_properties({"comments": labels()["internal"], "created": EPOCH})
        styles = make_styles(book)
        for (name, ranking), title, sheet in zip(pages, titles, sheet_names(titles), strict=True):
            page = Page(book.add_worksheet(sheet), styles, list(WIDTHS))
            _page(page, school, ranking, f"{title} · {state[name]}", outcome)
    return buffer.getvalue()


def _page(page: Page, school: School, ranking: Ranking, title: str, outcome: Outcome) -> None:
    page.line(title, "title")
    page.line(labels()["internal"], "internal")
    head = [
        _("position"), "id", _("surname and name"), _("points"), _("points line by line, and the facts"),
        _("what was compared"), _("precedences"), _("decided by"), _("outcome"), _("seat"),
    ]  # fmt: skip
    ones = [1] * len(head)
    page.cells(head, ones, "head")
    for standing in ranking.standings:
        page.cells(_row(school, standing, outcome(ranking.round, standing.pupil)), ones)
    if ranking.refused:
        page.gap(_("Applications that are not admissible"))
        for refused in ranking.refused:
            page.line(f"{school.pupils[refused.pupil].id}: {'; '.join(refused.reasons)}")
    page.finish(title, 3, landscape=True)


def _row(school: School, standing: Standing, outcome: tuple[str, str]) -> list[Value]:
    pupil = school.pupils[standing.pupil]
    lines = "\n".join(f"{x.points} {x.title}{f' ({x.fact})' if x.fact else ''}" for x in standing.lines)
    decided = standing.decided_by if standing.drawn is None else f"{standing.decided_by} [{standing.drawn}]".strip()
    return [
        standing.position,
        pupil.id,
        pupil.label if pupil.label != pupil.id else "",
        standing.points,
        lines,
        "; ".join(standing.values),
        "; ".join(standing.precedences),
        decided,
        *outcome,
    ]
