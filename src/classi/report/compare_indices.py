"""The indices of segregation of splits set side by side, from the auditor's rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from classi.domain import text_key
from classi.ledger import Ledger
from classi.regulation import Regulation
from classi.report.compare_model import ComparedIndex
from classi.report.distribution import SPREADS


def compared_indices(regulation: Regulation, ledgers: Sequence[Ledger]) -> tuple[ComparedIndex, ...]:
    """Return the indices that exist for some split, column after column.

    Columns are the usual ones that a rule names, and those the regulation wants spread evenly.
    """
    return tuple(index for column in _columns(regulation) for index in _of_column(ledgers, column))


def _columns(regulation: Regulation) -> list[str]:
    from classi.indices import STANDARD_COLUMNS  # noqa: PLC0415 - half a second that only a comparison should pay

    spread = [c for rule in regulation.criteria if rule.rule in SPREADS for c in rule.pupil_columns()]
    named = {c for rule in regulation.criteria for c in rule.pupil_columns()}
    return list(dict.fromkeys([*(c for c in STANDARD_COLUMNS if c in named), *spread]))


def _of_column(ledgers: Sequence[Ledger], column: str) -> Iterator[ComparedIndex]:
    each = [_whole(ledger, column) for ledger in ledgers]
    for index in dict.fromkeys(name for some in each for name in some):
        yield ComparedIndex(index, column, tuple(some.get(index) for some in each))


def _whole(ledger: Ledger, column: str) -> dict[str, float]:
    """Return the indices of a column over all its values, those that exist."""
    import pandas as pd  # noqa: PLC0415

    from classi.indices import summary  # noqa: PLC0415

    # Of all columns it is “livello” of which `summary` looks whether it holds numbers or categories.
    table = pd.DataFrame({"id": [p["id"] for p in ledger.pupils]})
    table["livello"] = pd.Series([_plain(p.get(column)) for p in ledger.pupils], dtype=object)
    rows = summary(table, ledger.placed)
    whole = rows[(rows["group"] == "all") & rows["value"].notna()]
    return dict(zip(whole["index"], whole["value"], strict=True))


def _plain(cell: Any) -> Any:
    if isinstance(cell, bool) or cell is None:
        return cell
    return float(cell) if isinstance(cell, int | Decimal) else text_key(cell)
