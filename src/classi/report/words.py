"""Numbers, targets and departures in words: shared by every section of the report."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from classi.domain import Count, text_key
from classi.i18n import _, language
from classi.report.model import Number, State

SCALE = (
    "iniziale", "insufficiente", "basso", "bassa", "base", "sufficiente", "medio", "media", "buono", "intermedio",
    "distinto", "alto", "alta", "ottimo", "avanzato",
)  # fmt: skip
"""Words of the usual scales, worst first: bands are shown in this order, anything else alphabetically."""


def say_number(value: Number | Decimal | float | None, digits: int = 3) -> str:
    """Return a number with at most `digits` decimals and the language's decimal mark; ``None`` gives a dash."""
    if value is None:
        return "–"
    exact = Fraction(str(value)) if isinstance(value, float) else Fraction(value)
    step = Decimal(1).scaleb(-digits)
    rounded = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(step, ROUND_HALF_EVEN)
    text = format(rounded, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    text = text.replace("-", "−") if text.strip("-0.") else "0"
    return text.replace(".", ",") if language() == "it" else text


def say_mean(value: Number | None) -> str:
    """Return a mean, always with two decimals."""
    if value is None:
        return "–"
    text = format((Decimal(Fraction(value).numerator) / Decimal(Fraction(value).denominator)), ".2f")
    return text.replace(".", ",") if language() == "it" else text


def say_percent(share: float) -> str:
    """Return a share between 0 and 1 as a percentage with one decimal; a tiny share is never shown as none."""
    if 0 < share < 0.0005:
        return _("less than {number} %").format(number=say_number(0.1))
    return f"{say_number(share * 100, 1)} %"


def say_target(count: Count) -> str:
    """Return what is allowed, short: ``3–4``, ``max 2``, ``min 2``; empty when nothing is said."""
    if count.low is None and count.high is None:
        return ""
    if count.low is None:
        return _("max {high}").format(high=say_number(count.high))
    if count.high is None:
        return _("min {low}").format(low=say_number(count.low))
    if count.low == count.high:
        return say_number(count.low)
    return f"{say_number(count.low)}–{say_number(count.high)}"


def departure(count: Count) -> tuple[State, str]:
    """Tell how a count stands to its target, as a state and in words with the distance."""
    if not count.excess:
        return "inside", _("within target")
    if count.value is not None and count.high is not None and count.value > count.high:
        # Counts are whole numbers; means and sums of marks are fractions, and not "many".
        text = _("too high (+{number})") if isinstance(count.value, Fraction) else _("too many (+{number})")
        return "above", text.format(number=say_number(count.value - count.high))
    if count.value is not None and count.low is not None and count.value < count.low:
        text = _("too low (−{number})") if isinstance(count.value, Fraction) else _("too few (−{number})")
        return "below", text.format(number=say_number(count.low - count.value))
    return "outside", _("outside target ({number})").format(number=say_number(count.excess))


def scale_rank(value: object) -> tuple[int, str]:
    """Return a sorting key: words of the usual scales worst first, then everything else alphabetically."""
    key = text_key(value)
    return (SCALE.index(key) if key in SCALE else len(SCALE), key)
