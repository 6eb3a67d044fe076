"""Figures → Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from statistics import median


def machine() -> str:
    """Say on what it was measured, without naming the machine."""
    return (
        f"{len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} cores, "
        f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}, "
        f"OR-Tools {version('ortools')}"
    )


def markdown(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; the first column is text, the others figures."""
    lines = [list(headings), ["---", *["---:"] * (len(headings) - 1)], *[[str(cell) for cell in row] for row in rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def seconds(value: float | None) -> str:
    """Write seconds with two figures after the point below ten, one above; "–" = not reached."""
    if value is None:
        return "–"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def spread(values: Sequence[float | None]) -> str:
    """Write median and worst; a value not reached is worse than any other."""
    ordered = sorted(float("inf") if v is None else v for v in values)
    middle, worst = median(ordered), ordered[-1]
    return " / ".join(seconds(None if v == float("inf") else v) for v in (middle, worst))
