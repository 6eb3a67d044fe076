"""Words and figures as lists and reports show them: families, methods, tables of Markdown, numbers in cells."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from classi.i18n import _
from classi.report.words import say_number


def families() -> dict[str, str]:
    """Return what each family puts to the test; `classi.bench.instances` says it at length."""
    return {
        "standard": _("the usual school, everything switched on"),
        "planted": _("a perfect split is hidden in it: the optimum is known to be 0"),
        "tight": _("hardly a place more than pupils, limits without tolerance"),
        "dense": _("as many wishes as a family may write: three a pupil"),
        "knots": _("circles of friends larger than a class: graph partitioning in disguise"),
        "one-way": _("wishes that are not returned count as well"),
        "correlated": _("attributes that go together and come from the same schools"),
        "sites": _("many sites that share no pupil: to be taken apart"),
        "oversubscribed": _("more applicants than seats: rankings first, then full classes"),
        "reformation": _("classes formed anew out of one more: as few pupils as possible move"),
    }


def methods() -> dict[str, str]:
    """Return what each method is; its module in `classi.bench.methods` says it at length."""
    return {
        "classi": _("classi itself"),
        "naive": _("CP-SAT with the plain model a beginner writes"),
        "highs": _("HiGHS, a free solver of mixed integer programs"),
        "swaps": _("random swaps and moves that are not worse"),
        "annealing": _("simulated annealing over swaps and moves"),
        "genetic": _("a plain genetic algorithm"),
        "metis": _("METIS, for the wishes alone (the program gpmetis)"),
    }


# --- cells ---


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [[plain(str(cell)) for cell in row] for row in (headings, *rows)]
    lines.insert(1, ["---"] * len(headings))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plain(text: str) -> str:
    """Return text that ends neither a cell nor an alternative text."""
    return " ".join(text.split()).replace("|", "\\|").replace("[", "(").replace("]", ")")


def of_whole(number: int, whole: int) -> str:
    """Write how many out of how many."""
    return _("{number} of {whole}").format(number=number, whole=whole)


def span(ends: Sequence[float]) -> str:
    """Write the first and the last number, or the one they both are."""
    low, high = say_number(ends[0]), say_number(ends[-1])
    return low if low == high else f"{low}–{high}"


def say_seconds(value: float | None) -> str:
    """Write seconds, two decimals below ten; a dash where they were not reached."""
    if value is None or math.isinf(value):
        return "–"
    return say_number(value, 2 if value < 10 else 1)
