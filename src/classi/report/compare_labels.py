"""Headings of the comparison and names of the indices, the same in every format."""

from __future__ import annotations

from classi.i18n import _
from classi.report.labels import labels
from classi.report.words import say_number


def headings() -> dict[str, str]:
    """Return every heading of the page and the workbook, by the name the renderers use."""
    return labels() | {
        "title": _("Comparison of splits"),
        "splits": _("Splits"),
        "split": _("Split"),
        "made": _("How it was made"),
        "order": _("Place by the regulation"),
        "state": _("Checked"),
        "fine": _("in order"),
        "trades": _("What one gives up for what"),
        "trade_with": _("“{other}” instead of “{first}”"),
        "better": _("Better"),
        "worse": _("Worse"),
        "nothing": _("nothing"),
        "kept_rules": _("Rules kept in full by every split, not listed: {number}."),
        "rules": _("Rule by rule"),
        "rules_caption": _(
            "Cost of each rule in each split, and its points (cost times weight). ★: the best of the row."
        ),
        "best": _("best"),
        "compared_tiers": _(
            "Points of each priority; ✓: proved best; otherwise fewer than the number in brackets is impossible."
        ),
        "distances": _("How far the splits are from each other"),
        "distances_caption": _(
            "Pupils who change class from one to another; classes that no rule tells apart are matched first."
        ),
        "charts": _("Class by class, on one scale"),
        "charts_lead": _(
            "One dot for each class, one row for each split; the shaded band is the target, the number after ✗ the "
            "classes outside it."
        ),
        "wishes": _("Wishes"),
        "wishes_caption": _("Wishes that not every split grants"),
        "all_granted": _("Every split grants every wish."),
        "unasked": _("The rules look at no wishes."),
        "only": _("Only"),
        "granted": _("granted"),
        "not_granted": _("not granted"),
        "moves": _("Who changes class"),
        "moves_caption": _("From “{first}” to “{other}”"),
        "from": _("From"),
        "to": _("To"),
        "indices": _("Indices"),
        "indices_caption": _(
            "Indices of segregation of what the regulation wants spread evenly: 0 is perfectly even. ★: the best of "
            "the row."
        ),
        "index": _("Index"),
        "column": _("Column"),
        "strangers": _("Not the same pupils"),
    }


def say_index(index: str) -> str:
    """Name an index of `classi.indices`."""
    return {
        "eta_squared": _("share of the variance between classes (η²)"),
        "gini_of_means": _("Gini coefficient of the class means"),
        "largest_deviation": _("largest distance of a class mean from the mean"),
        "multigroup_dissimilarity": _("dissimilarity (D)"),
        "theil_h": _("segregation (Theil's H)"),
    }.get(index, index)


def say_value(value: float | None) -> str:
    """Write an index; a dash where it does not exist."""
    return say_number(None if value is None else round(value, 4))
