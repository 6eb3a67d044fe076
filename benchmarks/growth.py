"""How the cost of rankings and seats grows with the applicants: a table, fitted exponents, a plot."""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from html import escape
from pathlib import Path
from statistics import linear_regression, median

from benchmarks.admissions import KINDS, LIMIT
from benchmarks.journal import Figures, Journal
from benchmarks.suites import Say, expect, run_command
from benchmarks.tables import markdown, seconds, spread

RUNS = 3
PLOT = "admissions-growth.svg"
"""Written beside the journal; `docs/` has a copy."""
Line = list[tuple[int, float]]
"""Applicants and CPU seconds."""

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00")  # told apart without seeing all colours
WIDTH, HEIGHT, LEFT, TOP, PLOT_WIDTH, PLOT_HEIGHT = 860, 470, 70, 30, 430, 380


def admissions(journal: Journal, seeds: int | None, say: Say) -> str:
    """Measure rankings and seats, write the plot, return the tables."""
    rows, lines, targets = [], {}, []
    for name, kind in KINDS.items():
        line: Line = []
        for applicants in kind.applicants:
            found = []
            for seed in range(1, (seeds or RUNS) + 1):
                once = partial(_once, name, applicants, seed)
                found.append(journal.get(once, suite="admissions", kind=name, applicants=applicants, seed=seed))
                say(f"{kind.title}, {applicants} applicants, seed {seed}: {seconds(found[-1]['seconds'])} s")
            line.append((applicants, median(f["cpu"] for f in found)))
            rows.append(_row(kind.title, applicants, found))
        lines[kind.title] = line
        reached = dict(line).get(kind.target[0])
        targets.append([f"{kind.target[0]:,} applicants, {kind.title}", f"{kind.target[1]:.0f}", seconds(reached)])
    plot = journal.path.with_name(PLOT)
    plot.parent.mkdir(parents=True, exist_ok=True)
    plot.write_text(draw(lines), encoding="utf-8")
    headings = (
        "what",
        "applicants",
        "CPU s (median / worst)",
        "s (median / worst)",
        "peak MB",
        "of which before",
        "seated",
        "unstable pairs",
    )
    grown = "; ".join(f"{title} {exponent(line):.2f}" for title, line in lines.items())
    return (
        "### Rankings and seats\n\n"
        f"`classi.seating.rankings` and `give_seats`, each in a process of its own, {seeds or RUNS} seeds; reading "
        "files is excluded. Memory is the largest resident size of the process, and what it had been before the work "
        "began (the applicants made). CPU seconds are those of all threads; other work on the machine "
        "makes the seconds passed longer.\n\n"
        f"{markdown(headings, rows)}\n"
        f"CPU seconds grow as applicants to the power of: {grown}.\n\n"
        f"{markdown(('target', 's allowed', 'CPU s, median'), targets)}"
    )


def _once(name: str, applicants: int, seed: int) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figures.json"
        command = (sys.executable, "-m", "benchmarks.admissions", name, applicants, seed, file)
        whole = expect(run_command(*command, limit=2 * LIMIT), 0)
        return {**json.loads(file.read_text(encoding="utf-8")), "peak_mb": whole["peak_mb"]}


def _row(title: str, applicants: int, found: Sequence[Figures]) -> list[object]:
    return [
        title, f"{applicants:,}", spread([f["cpu"] for f in found]), spread([f["seconds"] for f in found]),
        f"{max(f['peak_mb'] for f in found):.0f}", f"{max(f['before_mb'] for f in found):.0f}",
        ", ".join(str(f["seated"] or "–") for f in found), sum(f["unstable"] for f in found),
    ]  # fmt: skip


def exponent(line: Line) -> float:
    """Return k where seconds grow as applicants to the power of k: the slope of the logarithms, least squares."""
    return linear_regression([math.log(n) for n, _s in line], [math.log(s) for _n, s in line]).slope


# --- the plot ---


def draw(lines: dict[str, Line]) -> str:
    """Return a log-log plot as SVG: applicants on x, CPU seconds on y, one line a kind with its fitted exponent."""
    points = [point for line in lines.values() for point in line]
    across, up = _scale([n for n, _s in points]), _scale([s for _n, s in points])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="sans-serif" font-size="13">',
        "<title>CPU seconds by number of applicants, both axes logarithmic</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for power in range(across[0], across[1] + 1):
        x = _x(10.0**power, across)
        parts.append(f'<path d="M{x:.1f} {TOP}V{TOP + PLOT_HEIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{TOP + PLOT_HEIGHT + 20}" text-anchor="middle">{10**power:,}</text>')
    for power in range(up[0], up[1] + 1):
        y = _y(10.0**power, up)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{LEFT + PLOT_WIDTH}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    for k, (title, line) in enumerate(lines.items()):
        parts += _drawn(k, title, line, across, up)
    middle = LEFT + PLOT_WIDTH / 2
    parts.append(f'<text x="{middle:.0f}" y="{HEIGHT - 12}" text-anchor="middle">applicants</text>')
    parts.append(f'<text x="{LEFT - 45}" y="{TOP - 12}" text-anchor="start">CPU seconds</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _drawn(k: int, title: str, line: Line, across: tuple[int, int], up: tuple[int, int]) -> list[str]:
    colour = COLOURS[k % len(COLOURS)]
    places = [(_x(n, across), _y(s, up)) for n, s in line]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    x, y = LEFT + PLOT_WIDTH + 15, TOP + 12 + 22 * k
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
        *(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3.5" fill="{colour}"/>' for px, py in places),
        f'<path d="M{x} {y - 4}h20" stroke="{colour}" stroke-width="2"/>',
        f'<text x="{x + 26}" y="{y}">{escape(title)}: '
        f'n<tspan dy="-5" font-size="10">{exponent(line):.2f}</tspan></text>',
    ]


def _scale(values: Sequence[float]) -> tuple[int, int]:
    """Return the powers of ten around the values."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _x(value: float, scale: tuple[int, int]) -> float:
    return LEFT + PLOT_WIDTH * (math.log10(value) - scale[0]) / (scale[1] - scale[0])


def _y(value: float, scale: tuple[int, int]) -> float:
    return TOP + PLOT_HEIGHT * (1 - (math.log10(value) - scale[0]) / (scale[1] - scale[0]))
