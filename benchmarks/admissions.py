"""Admissions to measure: synthetic applicants, classes and procedures, made in memory from a seed.

``python -m benchmarks.admissions KIND APPLICANTS SEED FILE`` measures one and writes its figures (`benchmarks.growth`).

The shares are round numbers, not those of any place: what matters is that some sites are asked for far beyond their
seats, that points tie often, and that the rules of the classes bind.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.measure import KILOBYTE
from classi.admissions.admit import Decisions
from classi.admissions.seats import Seats
from classi.case import Case
from classi.domain import Pupil, School, SchoolClass, Tie, Value
from classi.formation.engine import Clock, Limits
from classi.regulation import parse_regulation
from classi.seating import give_seats, rankings

LIMIT = 300.0
"""Seconds after which a measurement is given up."""
TIMES = ("pieno", "modulo")
SIZE = 26
"""Pupils of a class, where no rule makes it smaller."""
FILLED = Decimal("0.94")
"""Seats for each applicant in a city: the others wait."""

POINTS: list[dict[str, Any]] = [
    {"name": "Residente", "when": {"residente": True}, "points": 10, "group": "residenza"},
    {"name": "Residente in un Comune vicino", "when": {"comune_vicino": True}, "points": 4, "group": "residenza"},
    {"name": "Fratelli nel plesso", "when": {"fratelli_plesso": {"has": "{plesso}"}}, "points": 3, "each": True},
    {"name": "Fratelli in altri plessi", "when": {"fratelli_plesso": {"has_other": "{plesso}"}}, "points": 2},
    {"name": "Genitori che lavorano", "when": {"lavoro": "due"}, "points": 8, "group": "lavoro"},
    {"name": "Un genitore che lavora", "when": {"lavoro": "uno"}, "points": 5, "group": "lavoro"},
    {"name": "Disagio documentato", "when": {"disagio": True}, "points": 6},
    {"name": "Vicino al plesso", "when": {"distanza_{plesso}": {"max": 1}}, "points": 3},
]
STEPS: list[dict[str, Any]] = [
    {"name": "Nei termini", "by": "precedence", "of": {"fuori_termine": False}},
    {"name": "Disabilità", "by": "precedence", "of": {"disabilita": ["comma1", "comma3"]}},
    {"name": "Punti", "by": "points"},
    {"name": "Distanza", "by": "number", "column": "distanza_{plesso}"},
    {"name": "Sorteggio", "by": "draw"},
]
DISABLED = {"disabilita": ["comma1", "comma3"]}
CLASS_RULES: list[dict[str, Any]] = [
    {"rule": "class_size", "min": 15, "max": SIZE, "hard": True},
    {"rule": "at_most_per_class", "of": DISABLED, "limit": 2, "hard": True},
    {"rule": "size_with_group", "of": DISABLED, "limit": 22, "hard": True},
    {"rule": "size_with_group", "of": {"disabilita": "comma3"}, "limit": 20, "hard": True},
    {"rule": "at_most_share", "of": {"straniero": True, "nato_in_italia": False}, "percent": 30, "hard": True},
    {"rule": "at_most_share", "of": {"straniero": True, "livello_italiano": ["A0", "A1"]}, "percent": 30, "hard": True},
    {"rule": "apart", "hard": True},
    {"rule": "room_area", "per_pupil": Decimal("1.80"), "hard": True},
]
"""All the rules a national frame makes hard, a class with a grave disability smaller than one with another."""


@dataclass(frozen=True)
class Setting:
    """One admission to be made from a seed.

    Attributes
    ----------
    applicants : how many.
    plessi : sites, each with two time models.
    ranking : ``"one"``, or ``"each"`` option its own.
    rules : the criteria of the regulation; `None` = only the most pupils of a class.
    """

    applicants: int
    plessi: int
    ranking: str = "one"
    rules: tuple[dict[str, Any], ...] | None = None

    def make(self, seed: int) -> tuple[Case, Decisions]:
        """Make the case, and decisions in which every tie was drawn."""
        dice = random.Random(f"{seed}/{self}")
        sites = [f"Plesso {n}" for n in range(1, self.plessi + 1)]
        classes = _classes(self, sites, dice)
        pupils = tuple(_applicant(n, sites, dice) for n in range(self.applicants))
        twins = () if self.rules is None else tuple(_twins(pupils, dice))
        regulation = parse_regulation(_regulation(self))
        school = regulation.bind(School(pupils, classes, twins))
        drawn = dice.sample(range(1, len(pupils) + 1), len(pupils))
        places = {p.id: number for p, number in zip(pupils, drawn, strict=True)}
        case = Case(school, regulation, {}, (), {})
        return case, Decisions(drawn={one["name"]: places for one in _rounds(self)})


def _rounds(setting: Setting) -> list[dict[str, Any]]:
    seats = ["plesso", "tempo_scuola"]
    return [{"name": "Posti", "seats": seats, "ranking": setting.ranking, "points": POINTS, "steps": STEPS}]


def _regulation(setting: Setting) -> dict[str, Any]:
    most = {"rule": "class_size", "hard": True}  # the classes' own
    criteria = [most] if setting.rules is None else list(setting.rules)
    return {
        "criteria": criteria,
        "admission": {"year": 2026, "deadline": date(2026, 2, 10), "rounds": _rounds(setting)},
    }


def _classes(setting: Setting, sites: list[str], dice: random.Random) -> tuple[SchoolClass, ...]:
    options = [(site, model) for site in sites for model in TIMES]
    seats = int(setting.applicants * FILLED) // len(options)
    number = max(1, -(-seats // SIZE))
    made = []
    for k, (site, model) in enumerate(options):
        for letter in range(number):
            fields: dict[str, Value] = {"plesso": site, "tempo_scuola": model}
            if setting.rules is None:
                fields["max"] = seats // number + (letter < seats % number)
            else:
                fields["area_mq"] = Decimal(dice.choice((42, 45, 48, 50)))
            made.append(SchoolClass(f"1-{k}-{letter}", fields))
    return tuple(made)


def _applicant(n: int, sites: list[str], dice: random.Random) -> Pupil:
    # The first sites of the list are the ones everybody wants.
    weights = [1 / (k + 10) for k in range(len(sites))]
    asked = list(dict.fromkeys(dice.choices(sites, weights, k=4)))[:3]
    late = dice.random() < 0.05
    foreign = dice.random() < 0.2
    grave = dice.random()
    fields: dict[str, Value] = {
        "data_domanda": date(2026, 1, 20) + timedelta(days=30 if late else dice.randint(0, 20)),
        "residente": dice.random() < 0.7,
        "comune_vicino": dice.random() < 0.5,
        "fratelli_plesso": ", ".join(dice.choices([asked[0], dice.choice(sites)], k=dice.choice((0, 0, 0, 1, 2)))),
        "lavoro": dice.choice(("due", "uno", "nessuno")),
        "disagio": dice.random() < 0.04,
        "disabilita": "comma3" if grave < 0.01 else "comma1" if grave < 0.03 else None,
        "cittadinanza": "rumena" if foreign else "italiana",
        "nato_in_italia": not foreign or dice.random() < 0.6,
        "livello_italiano": dice.choice(("A0", "A1", "A2", "B1")) if foreign else None,
    }
    fields |= {f"plesso_{k}": site for k, site in enumerate(asked, 1)}
    fields |= {f"tempo_scuola_{k}": model for k, model in enumerate(_times(dice), 1)}
    fields |= {f"distanza_{site.lower().replace(' ', '_')}": Decimal(dice.randint(1, 50)) / 10 for site in asked}
    return Pupil(f"d{n:06}", {column: value for column, value in fields.items() if value not in (None, "")})


def _times(dice: random.Random) -> list[str]:
    both = list(TIMES) if dice.random() < 0.6 else list(reversed(TIMES))
    return both[: dice.choice((1, 2, 2))]


def _twins(pupils: tuple[Pupil, ...], dice: random.Random) -> list[Tie]:
    chosen = dice.sample(range(len(pupils)), 2 * (len(pupils) // 60))
    return [Tie(a, b, "gemelli", binding=True) for a, b in zip(chosen[::2], chosen[1::2], strict=True)]


CITY, INSTITUTE = 60, 3
"""Plessi of a city, and of one institute."""


@dataclass(frozen=True)
class Kind:
    """What is measured, for several numbers of applicants.

    Attributes
    ----------
    title : as in the tables.
    setting : the admission of so many applicants.
    applicants : how many, the fewest first.
    target : the number the target speaks of, and the seconds it allows.
    """

    title: str
    setting: Callable[[int], Setting]
    applicants: tuple[int, ...]
    target: tuple[int, float]


KINDS = {
    "ranking": Kind(
        "ranking alone", lambda n: Setting(n, CITY), (12_500, 25_000, 50_000, 100_000), (100_000, 60.0)
    ),
    "city-one": Kind(
        "seats of a city, one ranking", lambda n: Setting(n, CITY), (2_500, 5_000, 10_000, 20_000), (10_000, 60.0)
    ),
    "city-each": Kind(
        "seats of a city, 120 rankings",
        lambda n: Setting(n, CITY, "each"),
        (2_500, 5_000, 10_000, 20_000),
        (10_000, 60.0),
    ),
    "rules-one": Kind(
        "an institute, all class rules, one ranking",
        lambda n: Setting(n, INSTITUTE, "one", tuple(CLASS_RULES)),
        (150, 300, 600),
        (600, 60.0),
    ),
    "rules-each": Kind(
        "an institute, all class rules, 6 rankings",
        lambda n: Setting(n, INSTITUTE, "each", tuple(CLASS_RULES)),
        (150, 300, 600),
        (600, 60.0),
    ),
}  # fmt: skip


def measure(name: str, applicants: int, seed: int) -> dict[str, Any]:
    """Rank the applicants of a kind, or give them their seats; making them is not counted.

    Returns
    -------
    Seconds passed and seconds of processor, megabytes the process had needed before, how many were seated, pairs for
    which no stable result was found.
    """
    case, decisions = KINDS[name].setting(applicants).make(seed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KILOBYTE / 1e6
    start, spent = time.perf_counter(), time.process_time()
    if name == "ranking":
        rankings(case, decisions)
        given = None
    else:
        given = give_seats(case, Clock(Limits(seconds=LIMIT)), decisions)
    seconds = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - spent}
    seats = Seats() if given is None else given.admission.rounds[0].seats
    return {**seconds, "before_mb": before, "seated": len(seats.got), "unstable": len(seats.unstable)}


if __name__ == "__main__":
    kind, number, seed, file = sys.argv[1:]
    Path(file).write_text(json.dumps(measure(kind, int(number), int(seed))), encoding="utf-8")
