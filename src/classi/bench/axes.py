"""What the plots have in common: the look of a method, axes, labels at the ends of lines, SVG with the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from classi.report.words import say_number, say_percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)), (0, (3, 1)), (0, (8, 2)), (0, (2, 3)))
MARKERS = "osD^vPX"
PLOT_LIBRARIES = ("matplotlib", "scipy")
SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "classi", "svg.fonttype": "none", "text.parse_math": False,
    "font.family": "DejaVu Sans", "font.size": 10,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "#dddddd",
    "axes.axisbelow": True, "axes.titlesize": 11, "axes.titlelocation": "left", "legend.frameon": False,
}  # fmt: skip
SIZE = (8.0, 4.2)
"""Inches, the labels to the right of the axes included."""
FINEST = 0.01
"""Gap below which the axis is linear, so that 0 has a place."""
LINE_HEIGHT = 0.06
"""Least distance of two labels, as a share of the height of the axes."""


def look_of(k: int) -> dict[str, Any]:
    """Return the look of the k-th method's line; the first one is thicker, and above the others."""
    n, again = k % len(COLOURS), k // len(COLOURS)
    return {
        "color": COLOURS[n], "linestyle": DASHES[(n + again) % len(DASHES)],
        "marker": MARKERS[(n + again) % len(MARKERS)],
        "linewidth": 1.6 if k else 2.4, "markersize": 5, "zorder": 2 if k else 3,
    }  # fmt: skip


def new_axes() -> tuple[Figure, Axes]:
    """Return an empty figure with axes that leave room to the right for names."""
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=SIZE)
    return figure, figure.add_axes((0.1, 0.14, 0.7, 0.76))


def to_svg(figure: Figure, alt: str) -> bytes:
    """Return the figure as SVG, with its description and without a date: the same figure gives the same bytes."""
    file = BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Title": alt})
    return file.getvalue()


def log_seconds(axis: Any, set_scale: Callable[[str], None]) -> None:
    """Make one of the two axes logarithmic, with plain numbers."""
    set_scale("log")
    axis.set_major_formatter(lambda value, _place: say_number(value))
    axis.axes.minorticks_off()


def log_sizes(axes: Axes, sizes: Sequence[int]) -> None:
    """Make the x axis logarithmic, with a tick at every size measured."""
    axes.set_xscale("log")
    axes.set_xticks(sizes, [say_number(n) for n in sizes])
    axes.minorticks_off()
    axes.set_xlim(sizes[0] / 1.1, sizes[-1] * 1.1)


def gap_axis(axes: Axes) -> None:
    """Make the y axis one of gaps, logarithmic down to `FINEST` and linear below."""
    axes.set_yscale("symlog", linthresh=FINEST, linscale=0.6)
    ticks = (0.0, FINEST, 0.1, 1.0)
    axes.set_yticks(ticks, [say_percent(t) for t in ticks])
    axes.minorticks_off()
    axes.set_ylim(-0.0005, 1.15)


def legend(axes: Axes, texts: Mapping[str, str], looks: Mapping[str, Mapping[str, Any]], note: str = "") -> None:
    """Write the methods to the right of the axes, each with its line, and a note below."""
    from matplotlib.lines import Line2D  # noqa: PLC0415

    lines = [Line2D([], [], **looks[method]) for method in texts]
    axes.legend(
        lines, list(texts.values()), loc="upper left", bbox_to_anchor=(1.02, 1.0), borderaxespad=0, handlelength=3,
        title=note or None, title_fontsize=9, alignment="left", fontsize=9, labelspacing=0.9,
    )  # fmt: skip


def label_ends(axes: Axes, ends: Mapping[str, float], looks: Mapping[str, Mapping[str, Any]]) -> None:
    """Write each method's name to the right of the axes, at the end of its line, moved where two would overlap."""
    to_axes = axes.transData + axes.transAxes.inverted()
    heights = {m: float(to_axes.transform((axes.get_xlim()[1], y))[1]) for m, y in ends.items()}
    order = sorted(ends, key=lambda m: heights[m])
    for method, height in zip(order, spread([heights[m] for m in order], LINE_HEIGHT), strict=True):
        line = looks[method]
        axes.plot([1.0, 1.03, 1.07], [heights[method], height, height], transform=axes.transAxes, clip_on=False,
                  **{**line, "marker": ""})  # fmt: skip
        axes.text(1.08, height, method, transform=axes.transAxes, va="center", color=line["color"])


def spread(heights: Sequence[float], least: float, top: float = 1.0) -> list[float]:
    """Move heights (ascending) until neighbours are `least` apart: upwards, and back down from `top` where too high.

    >>> spread([0.0, 0.0, 0.5], 0.25), spread([1.0, 1.0], 0.25)
    ([0.0, 0.25, 0.5], [0.75, 1.0])
    """
    moved: list[float] = []
    for height in heights:
        moved.append(max(height, moved[-1] + least) if moved else height)
    for k in reversed(range(len(moved))):
        moved[k] = min(moved[k], moved[k + 1] - least if k + 1 < len(moved) else max(top, heights[-1]))
    return moved
