"""Small charts as inline SVG: values are written out and told apart by pattern, never by colour alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction

from markupsafe import Markup, escape

from classi.criteria.base import say_value
from classi.report.model import Bars, Chart, Dots
from classi.report.words import say_number

WIDTH = 440
ROW = 22
DOT_ROW = 34
STACK = 6
"""Dots on top of each other in a row; more stand side by side."""
CHARACTER = 7.0
"""Mean width of a character of the 12 px labels, in px: SVG text cannot be measured without a browser."""

INK = "#1b2733"
# Background, stroke of the pattern drawn over it, path of the pattern in an 8 × 8 tile.
FILLS = (
    ("#9dbfe0", "", ""),
    ("#f6dcae", "#8a5200", "M-2 2 L2 -2 M0 8 L8 0 M6 10 L10 6"),
    ("#ffffff", "#1b2733", "M2 2 h1.6 v1.6 h-1.6 z M6 6 h1.6 v1.6 h-1.6 z"),
    ("#cfe6d2", "#1d6b3a", "M0 4 H8"),
    ("#ecd5ea", "#6d2a66", "M4 0 V8"),
    ("#e3e7eb", "#4a5866", "M0 0 L8 8 M8 0 L0 8"),
)


def draw(chart: Chart, name: str) -> Markup:
    """Return the SVG of a chart; `name` makes its identifiers unique in the page."""
    body, height = _bars(chart, name) if isinstance(chart, Bars) else _dots(chart)
    return Markup(
        '<svg class="chart" role="img" viewBox="0 0 {width} {height}" aria-labelledby="{name}-t {name}-d">'
        '<title id="{name}-t">{title}</title><desc id="{name}-d">{description}</desc>{body}</svg>'
    ).format(
        width=WIDTH,
        height=height,
        name=name,
        title=chart.title,
        description=_description(chart),
        body=Markup("").join(body),
    )


def _description(chart: Chart) -> str:
    """Tell the whole chart in words, for those who hear it."""
    if isinstance(chart, Bars):
        rows = [
            f"{c}: " + ", ".join(f"{s.name} {s.values[k]}" for s in chart.series) for k, c in enumerate(chart.classes)
        ]
    else:
        rows = [f"{c}: {text}" for c, text in zip(chart.classes, chart.mean_texts, strict=True)]
    return f"{chart.description} {'; '.join(rows)}.".strip()


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" class="{}" text-anchor="{}">{}</text>').format(x, y, kind, anchor, text)


def _label_width(classes: Sequence[str]) -> float:
    return 10 + CHARACTER * max((len(_short(c, 12)) for c in classes), default=0)


def _bars(chart: Bars, name: str) -> tuple[list[Markup], float]:
    left = _label_width(chart.classes)
    sums = [sum(s.values[k] for s in chart.series) for k in range(len(chart.classes))]
    # Few pupils: blocks of one width a pupil rather than bars stretched to the full width.
    unit = min(24.0, (WIDTH - left - 4) / max([*sums, 1]))
    legend, top = _legend(chart, name)
    body = [_patterns(name, len(chart.series)), *legend]
    for k, class_id in enumerate(chart.classes):
        y = top + k * ROW
        body.append(_text(left - 6, y + 15, _short(class_id, 12), "l", "end"))
        body += _bar(chart, k, name, (left, y, unit))
        if not sums[k]:
            body.append(_text(left + 2, y + 15, "0", "l"))
    return body, top + ROW * len(chart.classes) + 2


def _bar(chart: Bars, k: int, name: str, box: tuple[float, float, float]) -> Iterator[Markup]:
    x, y, unit = box
    for j, series in enumerate(chart.series):
        width = series.values[k] * unit
        if not width:
            continue
        yield Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="17" fill="url(#{}-p{})" class="b"/>').format(
            x, y + 2, width, name, j % len(FILLS)
        )
        number = str(series.values[k])
        if width >= CHARACTER * len(number) + 3:
            yield _text(x + width / 2, y + 15, number, "n", "middle")
        x += width


def _legend(chart: Bars, name: str) -> tuple[list[Markup], float]:
    """Return the legend, wrapped, and the height it takes."""
    if len(chart.series) == 1 and chart.series[0].name == say_value(True):
        return [], 0.0  # the title says it all
    found, x, y = [], 0.0, 0.0
    for j, series in enumerate(chart.series):
        label = _short(series.name, 48)
        width = 24 + CHARACTER * len(label) + 10
        if x and x + width > WIDTH:
            x, y = 0.0, y + 20
        found.append(
            Markup('<rect x="{:.1f}" y="{:.1f}" width="16" height="13" fill="url(#{}-p{})" class="b"/>').format(
                x + 1, y + 2, name, j % len(FILLS)
            )
        )
        found.append(_text(x + 22, y + 13, label, "l"))
        x += width
    return found, y + 26


def _patterns(name: str, number: int) -> Markup:
    tile = Markup(
        '<pattern id="{name}-p{j}" width="8" height="8" patternUnits="userSpaceOnUse">'
        '<rect width="8" height="8" fill="{ground}"/>{lines}</pattern>'
    )
    stroke = Markup('<path d="{path}" stroke="{ink}" fill="none"/>')
    tiles = [
        tile.format(name=name, j=j, ground=ground, lines=stroke.format(path=path, ink=ink) if path else "")
        for j, (ground, ink, path) in enumerate(FILLS[:number])
    ]
    return Markup("<defs>{}</defs>").format(Markup("").join(tiles))


def _dots(chart: Dots) -> tuple[list[Markup], float]:
    values = [v for row in chart.points for v in row]
    values += [Fraction(v) for v in chart.band or () if v is not None]
    low, high = min(values, default=Fraction(0)), max(values, default=Fraction(1))
    left, right = _label_width(chart.classes), WIDTH - 48.0
    scale = (right - left - 8) / float(high - low) if high > low else 0.0

    def at(value: Fraction) -> float:
        return left + 4 + float(value - low) * scale

    bottom = DOT_ROW * len(chart.classes)
    body = [_axis_line(at(t), bottom, t) for t in _ticks(low, high)]
    if chart.band is not None:
        ends = (
            left if chart.band[0] is None else at(Fraction(chart.band[0])) - 5,
            right if chart.band[1] is None else at(Fraction(chart.band[1])) + 5,
        )
        body.insert(0, Markup('<path d="M{0:.1f} 0 H{1:.1f} V{2:.1f} H{0:.1f} z" class="t"/>').format(*ends, bottom))
    for k, class_id in enumerate(chart.classes):
        y = (k + 1) * DOT_ROW
        body.append(_text(left - 6, y - 6, _short(class_id, 12), "l", "end"))
        body.append(Markup('<path d="M{:.1f} {:.1f} H{:.1f}" class="g"/>').format(left, y - 1, right))
        body += _dot_row([at(v) for v in chart.points[k]], y - 4)
        mean = chart.means[k]
        if mean is not None:
            body.append(Markup('<path d="M{0:.1f} {1:.1f} V{2:.1f}" class="m"/>').format(at(mean), y - DOT_ROW + 4, y))
        body.append(_text(WIDTH - 2, y - 6, escape(chart.mean_texts[k]), "l", "end"))
    return body, bottom + 18


def _axis_line(x: float, bottom: float, tick: Fraction) -> Markup:
    line = Markup('<path d="M{:.1f} 0 V{:.1f}" class="g"/>').format(x, bottom)
    return line + _text(x, bottom + 14, say_number(tick), "l", "middle")


def _dot_row(places: Sequence[float], base: float) -> Iterator[Markup]:
    """Stack the dots that would cover each other, in as many columns side by side as the row's height asks for."""
    bins = Counter(round(x / 5) for x in places)
    for place, number in bins.items():
        columns = -(-number // STACK)
        for k in range(number):
            x = place * 5 + (k % columns - (columns - 1) / 2) * 4.8
            yield Markup('<circle cx="{:.1f}" cy="{:.1f}" r="2.1" class="d"/>').format(x, base - k // columns * 4.8)


def _ticks(low: Fraction, high: Fraction) -> list[Fraction]:
    """Return about six round values between two."""
    if high <= low:
        return [low]
    step = Fraction(1, 1000)
    for factor in _steps():
        step = Fraction(factor, 1000)
        if (high - low) / step <= 7:
            break
    first = -(-low // step)
    return [k * step for k in range(first, high // step + 1)]


def _steps() -> Iterator[int]:
    """Yield 1, 2, 5, 10, 20, 50, …"""
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10
