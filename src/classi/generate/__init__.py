"""Seeded synthetic schools: everybody invented, everything tunable, feasible by construction.

>>> school = generate(Knobs(pupils=60, classes=3), seed=1)
>>> len(school.rows["alunni"]), [row["id"] for row in school.rows["classi"]]
(60, ['1A', '1B', '1C'])
>>> school.rows == generate(Knobs(pupils=60, classes=3), seed=1).rows
True
"""

from __future__ import annotations

from dataclasses import dataclass

from classi.generate.dice import Dice
from classi.generate.knobs import Knobs
from classi.generate.plan import DISABLED_PER_CLASS, Plan, make_plan, size_limit
from classi.generate.planted import plant_traits
from classi.generate.pupils import Row, forget, make_rows
from classi.generate.rules import make_regulation
from classi.generate.ties import make_ties
from classi.generate.traits import draw_traits
from classi.i18n import _

__all__ = ["Generated", "Knobs", "generate"]


@dataclass(frozen=True)
class Generated:
    """A synthetic school.

    Attributes
    ----------
    rows : the tables `alunni`, `classi`, `legami` and (with several sites) `plessi`; cells are text, whole numbers,
        `Decimal`, dates, yes/no or ``None``.
    regulation : `regolamento.toml`, as text.
    perfect : class of each pupil in a split that costs 0 in every tier; only where the knobs ask for a planted school.
    witness : class of each pupil in a split that keeps every hard rule; ``None`` where the school is impossible.
    why_impossible : the counting argument, where the knobs ask for an impossible school.
    """

    rows: dict[str, list[Row]]
    regulation: str
    perfect: dict[str, str] | None = None
    witness: dict[str, str] | None = None
    why_impossible: str = ""


def generate(knobs: Knobs, seed: int) -> Generated:
    """Make a synthetic school.

    Parameters
    ----------
    knobs : what the school is like.
    seed : not negative; the same knobs and seed give the same school on every machine.

    Raises
    ------
    ValueError
        If the seed is negative.
    """
    if seed < 0:
        raise ValueError(_("The seed must be at least 0."))
    plan = make_plan(knobs, Dice(seed, "plan"))
    make_traits = plant_traits if knobs.planted else draw_traits
    traits = make_traits(knobs, plan, Dice(seed, "traits"))
    pupils = make_rows(knobs, plan, traits, seed)
    ties = make_ties(knobs, plan, traits, pupils, seed)
    rows = {"alunni": pupils, "classi": plan.classes, "legami": ties}
    if plan.sites:
        rows["plessi"] = plan.sites
    regulation = make_regulation(knobs, plan, pupils, ties)
    forget(pupils, knobs, Dice(seed, "missing"))
    split = {str(row["id"]): str(plan.classes[c]["id"]) for row, c in zip(pupils, plan.homes, strict=True)}
    return Generated(
        rows,
        regulation,
        split if knobs.planted else None,
        None if knobs.impossible else split,
        _argument(knobs, plan),
    )


def _argument(knobs: Knobs, plan: Plan) -> str:
    classes = knobs.number_of_classes
    if knobs.impossible == "disability":
        return _("{pupils} pupils with disability, {classes} classes × {limit} = {places} places.").format(
            pupils=plan.disabled, classes=classes, limit=DISABLED_PER_CLASS, places=DISABLED_PER_CLASS * classes
        )
    if knobs.impossible == "size":
        return _("{pupils} pupils, {classes} classes × {limit} = {places} places.").format(
            pupils=knobs.pupils, classes=classes, limit=size_limit(knobs), places=size_limit(knobs) * classes
        )
    if knobs.impossible == "ties":
        return _("{pupils} pupils to keep apart, each from each, and {classes} classes.").format(
            pupils=classes + 1, classes=classes
        )
    return ""
