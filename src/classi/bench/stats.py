"""Statistics of times and gaps: percentiles with runs cut off, fitted growth, performance profiles, median curves.

Numbers in, numbers out: nothing here knows what was measured.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CLOCK = 0.01
"""Seconds below which times are not told apart: a ratio of two of them would be noise, or 0 / 0."""

Points = Sequence[tuple[float, float]]


def percentile(values: Sequence[float | None], share: float) -> float:
    """Return a percentile, where ``None`` (cut off before the end) is worse than any number.

    Linear between the two nearest ranks, as numpy's default; infinite as soon as a run that was cut off has a part in
    it.

    Parameters
    ----------
    share : 0.5 for the median, 0.95 for the 95th percentile, 1 for the worst.

    Raises
    ------
    ValueError
        Without any value.

    Examples
    --------
    >>> percentile([1, 3, None], 0.5), percentile([1, 3, None, None], 0.5)
    (3.0, inf)
    """
    if not values:
        raise ValueError("a percentile of no values")
    ordered = sorted(math.inf if v is None else float(v) for v in values)
    place = round(share * (len(ordered) - 1), 9)  # 0.95 × 20 is not quite 19 in binary
    low = math.floor(place)
    weight = place - low
    if not weight:
        return ordered[low]
    return ordered[low] + weight * (ordered[low + 1] - ordered[low]) if ordered[low + 1] < math.inf else math.inf


@dataclass(frozen=True, slots=True)
class PowerFit:
    """``factor × size ** exponent``, by least squares on the logarithms.

    Attributes
    ----------
    low, high : 95 % confidence interval of the exponent (Student's t); infinite with two points only.
    points : how many points it rests on.
    """

    factor: float
    exponent: float
    low: float
    high: float
    points: int

    def at(self, size: float) -> float:
        """Return the fitted value at a size."""
        return float(self.factor * size**self.exponent)


def power_fit(points: Points) -> PowerFit | None:
    """Fit a power law to (size, value) pairs; ``None`` where they have fewer than two different sizes.

    Values below `CLOCK` count as `CLOCK`. Needs SciPy (the ``bench`` extra).
    """
    if len({size for size, _value in points}) < 2:
        return None
    from scipy import stats  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 - an optional library

    sizes = [math.log(size) for size, _value in points]
    values = [math.log(max(value, CLOCK)) for _size, value in points]
    line = stats.linregress(sizes, values)
    freedom = len(points) - 2
    margin = float(stats.t.ppf(0.975, freedom) * line.stderr) if freedom else math.inf
    slope = float(line.slope)
    return PowerFit(math.exp(line.intercept), slope, slope - margin, slope + margin, len(points))


def profiles(seconds: Mapping[str, Sequence[float | None]]) -> dict[str, list[tuple[float, float]]]:
    """Return the performance profile of each method: (factor, share of cases solved within it of the best), rising.

    A case nobody solved counts among all cases and is solved within no factor. Times below `CLOCK` count as `CLOCK`.
    Source: Dolan and Moré, Benchmarking optimization software with performance profiles, Math. Program. 91 (2002).

    Parameters
    ----------
    seconds : of each method, the time it took to solve each case; ``None`` = not solved. The same cases in the same
        order for every method.

    Examples
    --------
    >>> profiles({"a": [1.0, 4.0], "b": [2.0, None]})
    {'a': [(1.0, 1.0)], 'b': [(2.0, 0.5)]}
    """
    table = {m: [math.inf if s is None else max(s, CLOCK) for s in times] for m, times in seconds.items()}
    best = [min(case) for case in zip(*table.values(), strict=True)]
    found = {}
    for method, times in table.items():
        ratios = sorted(t / b for t, b in zip(times, best, strict=True) if t < math.inf)
        found[method] = [(r, bisect_right(ratios, r) / len(best)) for r in sorted(set(ratios))]
    return found


def quartiles(curves: Sequence[Points], times: Sequence[float], before: float) -> NDArray[np.float64]:
    """Return the lower quartile, median and upper quartile over step curves: array (3, times).

    Parameters
    ----------
    curves : (time, value) of every step, oldest first; a value holds until the next step.
    times : where the curves are read.
    before : value before the first step.
    """
    values = np.array([[_at(curve, t, before) for t in times] for curve in curves], dtype=np.float64)
    return np.quantile(values, (0.25, 0.5, 0.75), axis=0)


def _at(curve: Points, time: float, before: float) -> float:
    step = bisect_right(curve, time, key=lambda point: point[0])
    return curve[step - 1][1] if step else before
