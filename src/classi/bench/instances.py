"""Families of synthetic schools: what the benchmark is run on, each made anew from its name, size and seed.

>>> case = read(Instance("standard", 60, 1))
>>> len(case.school.pupils), len(case.school.classes)
(60, 3)
>>> "perfect" in FAMILIES["planted"].about
True
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from inspect import getdoc
from math import ceil
from pathlib import Path
from typing import Any

from classi.bench.records import Instance
from classi.case import REGULATION, Case
from classi.errors import InputError, Problem
from classi.generate import Generated, Knobs, generate
from classi.generate.dice import Dice
from classi.generate.plan import DISABLED_PER_CLASS, REDUCED_SIZE
from classi.generate.rules import toml_value
from classi.i18n import _
from classi.rule_errors import nearest
from classi.tables.write import write_case

SIZES = (60, 125, 200, 300, 500, 1000, 2000, 5000, 10000)
"""Pupils of the schools that are measured."""

_PUPILS_OF_A_SITE = 250
_PUPILS_OF_AN_ORIGIN, _FEWEST_ORIGINS = 40, 9
_APPLICANTS_A_CLASS = 26
_SEATS, _APPLICANTS = 12, 13
"""So many seats for so many applicants."""
_SELDOM_BROKEN = 50
"""Weight of what is hard elsewhere, beside which nothing else counts much."""


@dataclass(frozen=True)
class Family:
    """Schools alike in what makes them hard.

    Attributes
    ----------
    name : as in `Instance.family`.
    about : what the schools are like and what they put to the test.
    knobs : the generator's knobs, from the number of pupils.
    change : what is done to a generated school, given the seed; nothing for most families.
    """

    name: str
    about: str
    knobs: Callable[[int], Knobs]
    change: Callable[[Generated, int], Generated] = lambda made, _seed: made


# --- the families: name, docstring and knobs ---


def _standard(pupils: int) -> Knobs:
    """The usual school: one intake in one pool, every criterion switched on, room to spare."""
    return _town(pupils)


def _planted(pupils: int) -> Knobs:
    """A perfect split is hidden in the school: the optimum is known to be 0 in every tier, and has to be found."""
    return replace(_town(pupils), planted=True)


def _tight(pupils: int) -> Knobs:
    """Hardly a place more than pupils: limits without tolerance, pupils with disability near two a class.

    Classes with a grave disability stop at twenty, so that the others fill up to their limit. No size is looser than
    what the small classes make necessary: a solver has to find room before it can think of quality.
    """
    knobs = replace(_town(pupils), disabled=0.075, grave=0.2, tolerance=0, spare=0)
    classes, mean = knobs.number_of_classes, knobs.mean_size
    grave = ceil(ceil(pupils * knobs.disabled) * knobs.grave)
    small = -(-grave // DISABLED_PER_CLASS)
    elsewhere = pupils - small * min(REDUCED_SIZE, mean)
    return replace(knobs, spare=max(0, -(-elsewhere // (classes - small)) - mean))


def _dense(pupils: int) -> Knobs:
    """The usual school, but with as many wishes as a family may write: three a pupil."""
    return replace(_town(pupils), wishes=3.0)


def _knots(pupils: int) -> Knobs:
    """Three wishes a pupil, most of them returned and inside the same final class: graph partitioning in disguise.

    Circles of friends hang together and are larger than a class can take: which of them to break is the whole question,
    and no bound known of it is good. Reported apart from the targets.
    """
    return replace(_dense(pupils), reciprocity=0.8, wishes_in_circle=0.8, wishes_in_section=0.9)


def _one_way(pupils: int) -> Knobs:
    """The usual wishes, but those that are not returned count as well: the bound of broken wishes is weak there."""
    return replace(_town(pupils), one_way=True)


def _correlated(pupils: int) -> Knobs:
    """Foreign pupils, low levels, DSA, BES and problems go together and come from the same few schools of origin.

    What spreads one of them evenly spreads the others unevenly, and friends are alike.
    """
    return replace(_town(pupils), clustering=1.0, correlation=1.0)


def _sites(pupils: int) -> Knobs:
    """Many sites of about 250 pupils, each with its district; everybody asks for one site only.

    The sites share no pupil, only a few wishes that cannot be granted: a school to be taken apart.
    """
    sites = max(2, round(pupils / _PUPILS_OF_A_SITE))
    return replace(_town(pupils), sites=sites, districts=min(sites, _origins(pupils)), second_choices=0.0)


def _oversubscribed(pupils: int) -> Knobs:
    """More applicants than seats in each site: rankings decide who is in and where, then the full classes are formed.

    Half the applicants name a second site. Every class is as large as it may be; what is hard in other families has a
    high weight here, because a hard rule would take seats away from children.
    """
    classes = max(4, round(pupils / _APPLICANTS_A_CLASS))
    return replace(_sites(pupils), classes=classes, second_choices=0.5, plan_reduced=False)


def _reformation(pupils: int) -> Knobs:
    """Third-year classes formed anew out of one class more: as few pupils as possible leave their companions."""
    town = _town(pupils)
    return replace(town, previous=town.number_of_classes + 1)


def _origins(pupils: int) -> int:
    return max(_FEWEST_ORIGINS, pupils // _PUPILS_OF_AN_ORIGIN)


def _town(pupils: int) -> Knobs:
    """Return the usual school; its schools of origin stay as large as schools are, however many pupils there are."""
    origins = _origins(pupils)
    return Knobs(pupils=pupils, origins=origins, districts=origins // _FEWEST_ORIGINS)


# --- more applicants than seats ---


def _oversubscribe(made: Generated, seed: int) -> Generated:
    """Give each applicant a distance of their own, so that no tie needs a draw, and the school a ranking."""
    rows = made.rows["alunni"]
    metres = Dice(seed, "distances").shuffled(range(1, len(rows) + 1))
    pupils = [{**row, "distanza": Decimal(m) / 1000} for row, m in zip(rows, metres, strict=True)]
    rules = tomllib.loads(made.regulation)
    largest = len(rows) * _SEATS // (_APPLICANTS * len(made.rows["classi"]))
    criteria = [_as_wish(entry, largest) for entry in rules.pop("criteria") if entry["rule"] != "eligibility"]
    seats = {"name": "Plesso", "seats": ["plesso"], "unplaced": "waiting"}
    steps: list[dict[str, Any]] = [
        {"name": "Disabilità", "by": "precedence", "of": {"disabilita": ["comma1", "comma3"]}},
        {"name": "Distanza", "by": "number", "column": "distanza"},
    ]
    parts = [_lines(rules), *(f"[[criteria]]\n{_lines(entry)}" for entry in criteria)]
    parts += ["[admission]\nyear = 2026\n", f"[[admission.rounds]]\n{_lines(seats)}"]
    parts += [f"[[admission.rounds.steps]]\n{_lines(step)}" for step in steps]
    return Generated({**made.rows, "alunni": pupils}, "\n".join(parts))


def _as_wish(entry: dict[str, Any], largest: int) -> dict[str, Any]:
    """Return a rule as it is where seats are scarce: the size of a class is the only limit that is hard."""
    if entry["rule"] == "class_size":
        return {"rule": "class_size", "name": entry["name"], "max": largest, "hard": True}
    if not entry.get("hard"):
        return entry
    return {**{k: v for k, v in entry.items() if k != "hard"}, "weight": _SELDOM_BROKEN, "tier": 1}


def _lines(table: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {toml_value(value)}\n" for key, value in table.items())


# --- instances ---


def _families(*knobs: Callable[[int], Knobs]) -> dict[str, Family]:
    changes = {_oversubscribed: _oversubscribe}
    found = {}
    for one in knobs:
        name, about = one.__name__.strip("_").replace("_", "-"), " ".join((getdoc(one) or "").split())
        found[name] = Family(name, about, one, changes[one]) if one in changes else Family(name, about, one)
    return found


FAMILIES: Mapping[str, Family] = _families(
    _standard, _planted, _tight, _dense, _knots, _one_way, _correlated, _sites, _oversubscribed, _reformation
)
"""Every family, by name."""


def knobs(instance: Instance) -> Knobs:
    """Return the generator's knobs of an instance.

    Raises
    ------
    InputError
        If there is no such family, or the family has no school of this size.
    """
    if instance.family not in FAMILIES:
        message = _("“{family}” is not a family of schools: {families}.")
        message = message.format(family=instance.family, families=", ".join(FAMILIES))
        raise InputError([Problem(message, value=instance.family, hint=nearest(instance.family, FAMILIES))])
    if instance.pupils < SIZES[0]:
        message = _("The schools have at least {fewest} pupils, not {pupils}.")
        raise InputError([Problem(message.format(fewest=SIZES[0], pupils=instance.pupils), value=str(instance))])
    return FAMILIES[instance.family].knobs(instance.pupils)


def make(instance: Instance) -> Generated:
    """Generate the school of an instance: rows, regulation and, where they are known, a split and the perfect one.

    Raises
    ------
    InputError
        As for `knobs`, or if the seed is negative.
    """
    turned = knobs(instance)
    if instance.seed < 0:
        raise InputError([Problem(_("The seed must be at least 0."), value=str(instance.seed))])
    return FAMILIES[instance.family].change(generate(turned, instance.seed), instance.seed)


def read(instance: Instance) -> Case:
    """Generate an instance and read it in memory, as it would be read from its files; where there are rankings, the
    seats are given and the case is that of those admitted.

    Raises
    ------
    InputError
        As for `make`.
    """
    made = make(instance)
    case = Case.from_rows(made.rows, tomllib.loads(made.regulation))
    if case.regulation.admission is None:
        return case
    from classi.formation.engine import Clock, Limits  # noqa: PLC0415 - the solver takes a second to import
    from classi.seating import give_seats  # noqa: PLC0415

    seated = give_seats(case, Clock(Limits(workers=1)))
    assert seated is not None  # its procedure has a round
    return seated.inside


def write(instance: Instance, folder: Path) -> None:
    """Write an instance as the files of a case, all the applicants included.

    Raises
    ------
    InputError
        As for `make`; if the folder holds a case already.
    """
    made = make(instance)
    write_case(folder, made.rows)
    (folder / REGULATION).write_text(made.regulation, encoding="utf-8", newline="\n")
