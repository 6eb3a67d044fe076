"""The plots of a report, one line a method: time to quality, gap against size, scaling, performance profiles.

Needs matplotlib and SciPy (the ``bench`` extra), imported only when something is drawn. Lines differ in colour (a
palette told apart by the colour-blind), dash and marker, so that they stay readable in black and white. The same
records give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classi.bench.axes import (
    SETTINGS,
    gap_axis,
    label_ends,
    legend,
    log_seconds,
    log_sizes,
    look_of,
    new_axes,
    to_svg,
)  # fmt: skip
from classi.bench.gaps import Bounds, Key, best_known, gap_curve, instance, worst_gap
from classi.bench.records import Record
from classi.bench.stats import CLOCK, PowerFit, percentile, power_fit, profiles, quartiles
from classi.bench.summary import MAIN, equal_time, latest, longest, method_names, proof_seconds, shared
from classi.i18n import _
from classi.report.words import say_number, say_percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot of one family: file name without folder, what it shows in one sentence, and the SVG."""

    family: str
    name: str
    alt: str
    svg: bytes


@dataclass(frozen=True, slots=True)
class Subject:
    """What a plot is about: a family, its records (all of them), best bounds known, and the look of each method."""

    family: str
    records: Sequence[Record]
    best: Mapping[Key, Bounds]
    looks: Mapping[str, Mapping[str, Any]]


def draw(records: Sequence[Record]) -> list[Plot]:
    """Draw every plot of every family; a plot that has nothing to show is left out."""
    import matplotlib as mpl  # noqa: PLC0415 - an optional library, and slow to import

    kept = latest(records)
    best = best_known(kept)
    looks = {m: look_of(k) for k, m in enumerate(method_names(kept))}
    drawers = {"time": _time_to_quality, "size": _gap_against_size, "scaling": _scaling, "profile": _profile}
    plots = []
    with mpl.rc_context(SETTINGS):
        for family in sorted({r.family for r in kept}):
            subject = Subject(family, [r for r in kept if r.family == family], best, looks)
            for name, drawer in drawers.items():
                figure, axes = new_axes()
                alt = drawer(axes, subject)
                if alt:
                    stem = f"{name}-{re.sub(r'[^a-z0-9-]+', '-', family.casefold())}.svg"
                    plots.append(Plot(family, stem, alt, to_svg(figure, alt)))
    return plots


# --- the four plots: each fills the axes and returns what is to be seen, or nothing where there is nothing ---


def _time_to_quality(axes: Axes, subject: Subject) -> str:
    records = shared(equal_time(subject.records))
    end = max(max(r.limit, r.seconds) for r in records)
    times = np.geomspace(CLOCK, max(end, 10 * CLOCK), 200)
    ends = {}
    for method in method_names(records):
        curves = [gap_curve(r, subject.best[instance(r)]) for r in records if r.method == method]
        low, middle, high = quartiles(curves, [float(t) for t in times], before=1.0)
        look = {**subject.looks[method], "marker": ""}
        told = _changes(low, middle, high)
        band = {"color": look["color"], "alpha": 0.18 if method == MAIN else 0.07, "linewidth": 0}
        axes.fill_between(times[told], low[told], high[told], step="post", **band)
        axes.step(times[told], middle[told], where="post", **look)
        ends[method] = float(middle[-1])
    log_seconds(axes.xaxis, axes.set_xscale)
    axes.set_xlim(times[0], times[-1])
    gap_axis(axes)
    number = len({instance(r) for r in records})
    axes.set(xlabel=_("seconds"), ylabel=_("largest gap of a tier to the best bound known"))
    axes.set_title(
        _("{family}: time to quality, median and quartiles of {number} schools").format(
            family=subject.family, number=number
        )
    )
    label_ends(axes, ends, subject.looks)
    reached = ", ".join(f"{m} {say_percent(g)}" for m, g in ends.items())
    return _("{family}: gap against seconds. Median gap at the end: {reached}.").format(
        family=subject.family, reached=reached
    )


def _changes(*curves: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return where a step begins in any of the curves, and both ends: the rest would only make the file long."""
    table = np.stack(curves)
    steps = np.any(table[:, 1:] != table[:, :-1], axis=0)
    return np.flatnonzero(np.concatenate(([True], steps[:-1], [True])))


def _gap_against_size(axes: Axes, subject: Subject) -> str:
    records = equal_time(subject.records)
    sizes = sorted({r.pupils for r in records})
    if len(sizes) < 2:
        return ""
    ends = {}
    for method in method_names(records):
        points = [(n, _median_gap(records, method, n, subject.best)) for n in sizes]
        known = [(n, g) for n, g in points if g is not None]
        axes.plot(*zip(*known, strict=True), label=method, clip_on=False, **subject.looks[method])
        ends[method] = known[-1]
    log_sizes(axes, sizes)
    gap_axis(axes)
    axes.set(xlabel=_("pupils"), ylabel=_("largest gap of a tier to the best bound known"))
    axes.set_title(_("{family}: median gap at the end, by size").format(family=subject.family))
    legend(axes, {m: m for m in sorted(ends, key=lambda m: -ends[m][1])}, subject.looks)
    reached = ", ".join(f"{m} {say_percent(g)} ({n})" for m, (n, g) in ends.items())
    return _("{family}: gap against pupils. Median gap at the largest size measured: {reached}.").format(
        family=subject.family, reached=reached
    )


def _median_gap(records: Sequence[Record], method: str, pupils: int, best: Mapping[Key, Bounds]) -> float | None:
    gaps = [worst_gap(r.hard, r.tiers, best[instance(r)]) for r in records if r.method == method and r.pupils == pupils]
    return percentile(gaps, 0.5) if gaps else None


def _scaling(axes: Axes, subject: Subject) -> str:
    records = longest(subject.records)
    provers = method_names(r for r in records if proof_seconds(r) is not None)
    sizes = sorted({r.pupils for r in records})
    if not provers or len(sizes) < 2:
        return ""
    labels = {}
    for k, method in enumerate(provers):
        own = [r for r in records if r.method == method]
        aside = 1 + 0.025 * (k - (len(provers) - 1) / 2)  # so that methods do not hide one another
        fit = _draw_growth(axes, own, aside, subject.looks[method])
        labels[method] = _say_growth(method, fit, own)
    hollow = any(proof_seconds(r) is None for r in records if r.method in provers)
    log_seconds(axes.yaxis, axes.set_yscale)
    axes.set_ylim(*_decades([max(r.seconds if (s := proof_seconds(r)) is None else s, CLOCK) for r in records
                             if r.method in provers]))  # fmt: skip
    log_sizes(axes, sizes)
    axes.set_position((0.1, 0.14, 0.56, 0.76))  # the exponents need room beside it
    axes.set(xlabel=_("pupils n"), ylabel=_("seconds to the proof of every tier"))
    axes.set_title(_("{family}: time to proof, by size").format(family=subject.family))
    legend(axes, labels, subject.looks, _("Filled: proved. Hollow: given up,\nnot in the fit.") if hollow else "")
    return _("{family}: seconds to proof against pupils, both logarithmic. {growth}.").format(
        family=subject.family, growth="; ".join(" ".join(text.split()) for text in labels.values())
    )


def _decades(values: Sequence[float]) -> tuple[float, float]:
    """Return the powers of ten around the values, so that equal values have an axis too."""
    low = float(np.floor(np.log10(min(values))))
    return 10**low, 10 ** max(float(np.ceil(np.log10(max(values)))), low + 1)


def _draw_growth(axes: Axes, own: Sequence[Record], aside: float, look: Mapping[str, Any]) -> PowerFit | None:
    proved = [(float(r.pupils), max(s, CLOCK)) for r in own if (s := proof_seconds(r)) is not None]
    left = [(float(r.pupils), max(r.seconds, CLOCK)) for r in own if proof_seconds(r) is None]
    dots = {"linestyle": "", "marker": look["marker"], "color": look["color"], "zorder": look["zorder"]}
    axes.plot([aside * n for n, _s in proved], [s for _n, s in proved], markersize=4, alpha=0.6, **dots)
    axes.plot([aside * n for n, _s in left], [s for _n, s in left], markersize=7, markerfacecolor="none", **dots)
    fit = power_fit(proved)
    if fit:
        ends = [min(n for n, _s in proved), max(n for n, _s in proved)]
        axes.plot(ends, [fit.at(n) for n in ends], **{**look, "marker": ""})
    return fit


def _say_growth(method: str, fit: PowerFit | None, own: Sequence[Record]) -> str:
    left = sum(proof_seconds(r) is None for r in own)
    lines = [method]
    if fit:
        lines[0] = _("{method}: n to the power of {exponent}").format(
            method=method, exponent=say_number(fit.exponent, 2)
        )
        if np.isfinite(fit.low):
            lines.append(_("(95 %: {low} to {high})").format(low=say_number(fit.low, 2), high=say_number(fit.high, 2)))
    if left:
        lines.append(_("{left} of {runs} not proved").format(left=left, runs=len(own)))
    return "\n".join(lines)


def _profile(axes: Axes, subject: Subject) -> str:
    records = shared(equal_time(subject.records))
    cases = sorted({instance(r) for r in records})
    found = {(r.method, instance(r)): proof_seconds(r) for r in records}
    steps = profiles({m: [found.get((m, case)) for case in cases] for m in method_names(records)})
    if not any(steps.values()):
        return ""
    far = 1.2 * max([10.0 / 1.2, *(factor for points in steps.values() for factor, _share in points)])
    ends = {}
    for method, points in steps.items():
        line = [(1.0, 0.0), *points, (far, points[-1][1] if points else 0.0)]
        look = {**subject.looks[method], "marker": ""}
        axes.step([x for x, _y in line], [y for _x, y in line], where="post", clip_on=False, **look)
        ends[method] = line[-1][1]
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _place: f"{say_number(value)}×")
    axes.minorticks_off()
    axes.set(xlim=(1, far), ylim=(0, 1.02), xlabel=_("seconds to proof, as a multiple of the fastest method"))
    axes.set(ylabel=_("share of the schools proved"))
    axes.yaxis.set_major_formatter(lambda value, _place: say_percent(value))
    axes.set_title(
        _("{family}: performance profile over {number} schools").format(family=subject.family, number=len(cases))
    )
    label_ends(axes, ends, subject.looks)
    reached = ", ".join(f"{m} {say_percent(share)}" for m, share in ends.items())
    return _("{family}: performance profiles. Proved in the end: {reached}.").format(
        family=subject.family, reached=reached
    )
