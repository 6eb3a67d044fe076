"""The report as one self-contained page: no network, no script, readable on screen, on paper and aloud."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from jinja2 import Environment, PackageLoader, StrictUndefined

from classi.i18n import use_language
from classi.report.charts import draw
from classi.report.labels import labels
from classi.report.model import Content

WIDEST = 10
"""Class columns in one table: more are split over several tables."""

PORTRAIT = 6
"""Class columns that still fit an upright A4 page."""

Item = TypeVar("Item")


def write_html(content: Content, path: Path) -> None:
    """Write the report as an HTML page."""
    path.write_text(render_html(content), encoding="utf-8", newline="\n")


def render_html(content: Content) -> str:
    """Return the report as an HTML page; the same content gives the same text."""
    environment = Environment(
        loader=PackageLoader("classi.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    with use_language(content.language):
        return environment.get_template("report.html.j2").render(
            c=content,
            t=labels(),
            marks={"good": "✓", "warn": "!", "bad": "✗", "info": "i"},
            arrows={"inside": "✓", "above": "▲", "below": "▼", "outside": "◆"},
            charts=[draw(chart, f"c{k}") for k, chart in enumerate(content.charts)],
            blocks=even_blocks(range(len(content.classes)), WIDEST),
            portrait=PORTRAIT,
            bounded=any(r.bound is not None for r in content.rules),
        )


def even_blocks(items: Sequence[Item], most: int) -> list[Sequence[Item]]:
    """Cut a sequence into as few blocks of at most `most` as possible, about equal."""
    number = -(-len(items) // most)
    cuts = [len(items) * k // number for k in range(number + 1)] if number else []
    return [items[a:b] for a, b in pairwise(cuts)]
