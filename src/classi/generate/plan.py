"""The classes of a synthetic school and, hidden from whoever solves it, a class for every pupil.

Each pupil is born with a *home* class. The homes keep every hard rule, so that a school is possible by construction; in
a planted school they are the perfect split itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from classi.generate.dice import Dice
from classi.generate.knobs import Knobs
from classi.generate.words import LANGUAGES, SITES, TIME_MODELS, class_letter

DISABLED_PER_CLASS = 2
REDUCED_SIZE = 20


@dataclass(frozen=True)
class Plan:
    """Classes to form and the hidden class of each pupil.

    Attributes
    ----------
    classes, sites : rows of the tables `classi` and `plessi`.
    homes : class (position) of each pupil to be.
    alike : for each class the classes with the same site, language, time model and path, itself included.
    disabled, grave : pupils with a disability, and among them those with a grave one.
    reduced : classes kept small for their pupils with a grave disability.
    reduced_fits : the homes respect the reduced size, so that it can be a hard rule.
    """

    classes: list[dict[str, object]]
    sites: list[dict[str, object]]
    homes: list[int]
    alike: list[list[int]]
    disabled: int
    grave: int
    reduced: list[int]
    reduced_fits: bool


def tolerance(knobs: Knobs) -> int:
    """Return the percent the limits may be overrun; none where the size itself has to make the school impossible."""
    return 0 if knobs.impossible == "size" else knobs.tolerance


def size_limit(knobs: Knobs) -> int:
    """Return the largest size the regulation states, tolerance apart."""
    return knobs.mean_size - 1 if knobs.impossible == "size" else knobs.mean_size + knobs.spare


def reduced_limit(knobs: Knobs) -> int:
    """Return the size stated for a class with a grave disability; in a planted school every class has it for free."""
    return max(REDUCED_SIZE, knobs.mean_size) if knobs.planted else REDUCED_SIZE


def _with_tolerance(limit: int, knobs: Knobs) -> int:
    return limit * (100 + tolerance(knobs)) // 100


def make_plan(knobs: Knobs, dice: Dice) -> Plan:
    """Lay out the classes and the homes."""
    rows = [_class_row(knobs, c) for c in range(knobs.number_of_classes)]
    kinds = [tuple(str(v) for k, v in row.items() if k != "id") for row in rows]
    groups: dict[tuple[str, ...], list[int]] = {}
    for c, kind in enumerate(kinds):
        groups.setdefault(kind, []).append(c)
    alike = [groups[kind] for kind in kinds]
    disabled = _disabled(knobs, dice)
    grave = dice.count(knobs.grave, disabled)
    sizes = _even_sizes(knobs, dice)
    order, fewest = dice.shuffled(range(len(rows))), -(-grave // DISABLED_PER_CLASS)
    reduced, fitted = sorted(order[:grave]), sizes if knobs.planted else None
    # One small class for each grave disability where there is room for everybody, otherwise two pupils a class.
    for number in (grave, fewest):
        if fitted is None:
            reduced = sorted(order[:number])
            fitted = _make_room(sizes, reduced, alike, knobs)
    smallest = _with_tolerance(REDUCED_SIZE, knobs)
    for c in reduced if fitted and knobs.plan_reduced and not knobs.planted else ():
        if knobs.mean_size > smallest:
            rows[c]["max"] = smallest
    homes = dice.shuffled(c for c, size in enumerate(fitted or sizes) for _ in range(size))
    sites: list[dict[str, object]] = [{"id": site, "nome": f"Plesso {site}"} for site in _sites(knobs)]
    return Plan(rows, sites if knobs.sites > 1 else [], homes, alike, disabled, grave, reduced, fitted is not None)


def _sites(knobs: Knobs) -> list[str]:
    return [SITES[s] if s < len(SITES) else f"Plesso {s + 1}" for s in range(knobs.sites)]


def _class_row(knobs: Knobs, c: int) -> dict[str, object]:
    classes = knobs.number_of_classes
    year = 3 if knobs.previous else 1
    site = c * knobs.sites // classes
    inside = c - -(-site * classes // knobs.sites)
    row: dict[str, object] = {"id": f"{year}{class_letter(c)}"}
    if knobs.sites > 1:
        row["plesso"] = _sites(knobs)[site]
    row["anno"] = year
    if knobs.time_models > 1:
        row["tempo_scuola"] = TIME_MODELS[knobs.order][inside // knobs.languages % 2]
    if knobs.languages > 1:
        row["lingua2"] = LANGUAGES[inside % knobs.languages % len(LANGUAGES)]
    if knobs.musical:
        row["indirizzo"] = "musicale" if c < knobs.musical_classes else "ordinario"
    return row


def _disabled(knobs: Knobs, dice: Dice) -> int:
    places = DISABLED_PER_CLASS * knobs.number_of_classes
    if knobs.impossible == "disability":
        return places + 1
    return min(places, dice.count(knobs.disabled, knobs.pupils))


def _even_sizes(knobs: Knobs, dice: Dice) -> list[int]:
    size, larger = divmod(knobs.pupils, knobs.number_of_classes)
    bigger = set(dice.sample(range(knobs.number_of_classes), larger))
    return [size + (c in bigger) for c in range(knobs.number_of_classes)]


def _make_room(sizes: list[int], reduced: list[int], alike: list[list[int]], knobs: Knobs) -> list[int] | None:
    """Bring the reduced classes down to their size, the pupils going to classes of the same kind; None if too many."""
    fitted, most, limit = list(sizes), _with_tolerance(size_limit(knobs), knobs), _with_tolerance(REDUCED_SIZE, knobs)
    for c in reduced:
        while fitted[c] > limit:
            others = [d for d in alike[c] if d not in reduced and fitted[d] < most]
            if not others:
                return None
            fitted[c] -= 1
            fitted[min(others, key=lambda d: fitted[d])] += 1
    return fitted
