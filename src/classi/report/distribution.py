"""How the pupils are distributed over the classes: the numbers behind the charts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from classi.criteria.base import say_value
from classi.domain import text_key
from classi.i18n import _
from classi.report.model import Bars, Chart, Dots, Series
from classi.report.pupils import has_column, is_numeric, mean_of, number_of
from classi.report.words import say_mean, scale_rank

if TYPE_CHECKING:
    from classi.ledger import Ledger
    from classi.regulation import Regulation

MOST_SERIES = 6
"""Values drawn one by one; the rarer ones are drawn together."""

MOST_CLASSES = 40
"""Classes in one chart: more would not fit a printed page."""

SPREADS = ("balance", "level_bands", "balance_number")


def charts(ledger: Ledger, regulation: Regulation) -> tuple[Chart, ...]:
    """Return the charts of the usual columns and of those the regulation spreads, where the files have them."""
    ids = [c["id"] for c in ledger.classes]
    blocks = [ids[k : k + MOST_CLASSES] for k in range(0, len(ids), MOST_CLASSES)]
    spread = [str(getattr(c, "attribute")) for c in regulation.criteria if c.rule in SPREADS]  # noqa: B009
    titles = _titles()
    titles |= {c: c.replace("_", " ").capitalize() for c in spread if c not in titles}
    return tuple(
        chart
        for column, title in titles.items()
        if has_column(ledger, column)
        for block in blocks
        if (chart := _chart(ledger, column, title, block)) is not None
    )


def _titles() -> dict[str, str]:
    return {
        "sesso": _("Sex"),
        "livello": _("Level"),
        "straniero": _("Foreign pupils"),
        "disabilita": _("Disability"),
        "dsa": _("Specific learning disorders"),
        "bes": _("Other special needs"),
        "nai": _("Newly arrived in Italy"),
        "ripetente": _("Repeating the year"),
        "comportamento": _("Behaviour"),
        "scuola_provenienza": _("School of origin"),
    }


def _chart(ledger: Ledger, column: str, title: str, classes: Sequence[str]) -> Chart | None:
    if is_numeric(ledger, column):
        return _dots(ledger, column, title, classes)
    if any(isinstance(p.get(column), date) for p in ledger.pupils):
        return None
    return _bars(ledger, column, title, classes)


def _bars(ledger: Ledger, column: str, title: str, classes: Sequence[str]) -> Bars | None:
    shown, rest = _values(ledger, column)
    tallies = [{text_key(v): n for v, n in ledger.tally(ledger.pupils_in(c), column).items()} for c in classes]
    series = [Series(say_value(v), tuple(t.get(text_key(v), 0) for t in tallies)) for v in shown]
    if rest:
        keys = [text_key(v) for v in rest]
        series.append(Series(_("all others"), tuple(sum(t.get(k, 0) for k in keys) for t in tallies)))
    if not series:
        return None
    return Bars(title, "", tuple(classes), tuple(series))


def _values(ledger: Ledger, column: str) -> tuple[list[Any], list[Any]]:
    """Return the values to draw one by one and the rarer ones; a plain "no" is not drawn."""
    totals = ledger.tally(ledger.pupils, column)
    values = [v for v in totals if text_key(v) not in {"no", "false"}]
    often = sorted(values, key=lambda v: (-totals[v], text_key(v)))
    if len(often) <= MOST_SERIES:
        return sorted(values, key=scale_rank), []
    return sorted(often[: MOST_SERIES - 1], key=scale_rank), often[MOST_SERIES - 1 :]


def _dots(ledger: Ledger, column: str, title: str, classes: Sequence[str]) -> Dots:
    here = [ledger.pupils_in(c) for c in classes]
    points = tuple(tuple(sorted(v for p in rows if (v := number_of(p.get(column))) is not None)) for rows in here)
    means: tuple[Fraction | None, ...] = tuple(mean_of(rows, column) for rows in here)
    description = _("One dot for each pupil; the vertical stroke is the mean of the class.")
    return Dots(title, description, tuple(classes), points, means, tuple(map(say_mean, means)))
