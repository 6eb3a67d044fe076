"""The comparison as one self-contained page, like the report: no network, no script; light, dark and on paper."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from classi.i18n import language
from classi.report import compare_content as words
from classi.report.charts import draw
from classi.report.compare_labels import headings, say_index, say_value
from classi.report.compare_model import Comparison, best_of

MARKS = {"good": "✓", "warn": "!", "bad": "✗", "info": "i"}


def render_html(comparison: Comparison) -> str:
    """Return the page in the current language; the same comparison gives the same text."""
    environment = Environment(
        loader=PackageLoader("classi.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    rows = [row for row in comparison.rows if row.departs]
    return environment.get_template("compare.html.j2").render(
        c=comparison,
        t=headings(),
        language=language(),
        subtitle=words.subtitle(comparison),
        words=words,
        say_index=say_index,
        say_value=say_value,
        best_of=best_of,
        marks=MARKS,
        rows=rows,
        charts=[draw(words.chart(comparison, row), f"s{k}") for k, row in enumerate(rows)],
    )
