"""The table `alunni` of a synthetic school, from its pupils' traits."""

from __future__ import annotations

from datetime import date

from classi.generate.dice import Dice
from classi.generate.knobs import Knobs
from classi.generate.plan import Plan
from classi.generate.traits import Traits
from classi.generate.words import (
    BANDS,
    FOREIGN,
    INSTRUMENTS,
    LANGUAGE_LEVELS,
    class_letter,
    first_name,
    school_of_origin,
    section_of_origin,
    surname,
)

Row = dict[str, object]

MAY_BE_MISSING = (
    "cittadinanza", "nato_in_italia", "livello_italiano", "dsa", "bes", "situazione_problematica", "livello", "voto",
    "comportamento", "scuola_provenienza", "classe_provenienza",
)  # fmt: skip
"""Columns in which the knob `missing` leaves empty cells."""

_AGE = {"primaria": 6, "secondaria1": 11, "secondaria2": 14}
_YEARS_ALREADY_THERE = 2
_HOME_FIRST = 0.7


def make_rows(knobs: Knobs, plan: Plan, traits: Traits, seed: int) -> list[Row]:
    """Write one row a pupil, in the order of `Plan.homes`."""
    ids = _identifiers(knobs.pupils)
    rows: list[Row] = [{"id": pupil} for pupil in ids]
    parts = (
        _names if knobs.names else None, _birth, _citizenship, _needs, _levels, _origins,
        _requests, _music if knobs.musical else None, _previous if knobs.previous else None,
    )  # fmt: skip
    for part in filter(None, parts):
        part(rows, knobs, plan, traits, Dice(seed, part.__name__))
    return rows


def _identifiers(n: int) -> list[str]:
    width = max(3, len(str(n)))
    return [f"P{i + 1:0{width}}" for i in range(n)]


def _names(rows: list[Row], knobs: Knobs, plan: Plan, traits: Traits, dice: Dice) -> None:
    for row, girl in zip(rows, traits.girl, strict=True):
        row["cognome"] = surname(dice.below(120))
        row["nome"] = first_name(dice.below(100), girl)


def _birth(rows: list[Row], knobs: Knobs, plan: Plan, traits: Traits, dice: Dice) -> None:
    normal = knobs.year - _AGE[knobs.order] - (_YEARS_ALREADY_THERE if knobs.previous else 0)
    for i, row in enumerate(rows):
        row["sesso"] = "F" if traits.girl[i] else "M"
        early = knobs.order == "primaria" and dice.chance(0.04)  # children born by 30 April may start a year early
        born = date(normal + early, 1, 1).toordinal() + dice.below(119 if early else 365)
        day = date.fromordinal(born)
        row["data_nascita"] = day.replace(year=day.year - traits.repeater[i], day=min(day.day, 28))


def _citizenship(rows: list[Row], knobs: Knobs, plan: Plan, traits: Traits, dice: Dice) -> None:
    foreign = [i for i, yes in enumerate(traits.foreign) if yes]
    abroad = set(dice.sample(foreign, dice.count(knobs.born_abroad, len(foreign))))
    new = set(dice.sample(sorted(abroad), dice.count(knobs.newcomers, len(foreign))))
    for i, row in enumerate(rows):
        row["cittadinanza"] = dice.pick(FOREIGN) if traits.foreign[i] else "italiana"
        row["nato_in_italia"] = i not in abroad
        row["nai"] = i in new
        lowest = 0 if i in new else 1 if i in abroad else 3
        level = lowest + dice.below(2)
        row["livello_italiano"] = LANGUAGE_LEVELS[level] if traits.foreign[i] else None


def _needs(rows: list[Row], knobs: Knobs, plan: Plan, traits: Traits, dice: Dice) -> None:
    for i, row in enumerate(rows):
        row["disabilita"] = traits.disability[i]
        row["dsa"], row["bes"] = traits.dsa[i], traits.bes[i]
        row["situazione_problematica"] = traits.problem[i]
        row["ripetente"] = traits.repeater[i]


def _levels(rows: list[Row], knobs: Knobs, plan: Plan, traits: Traits, dice: Dice) -> None:
    for i, row in enumerate(rows):
        mark = traits.mark[i]
        row["livello"] = int(mark) if knobs.levels == "marks" else BANDS[traits.band(i)]
        row["voto"] = mark
        if knobs.order != "primaria":
            row["comportamento"] = min(10, max(6, int(mark) + dice.below(3) - traits.problem[i]))


def _origins(rows: list[Row], knobs: Knobs, plan: Plan, traits: Traits, dice: Dice) -> None:
    for i, row in enumerate(rows):
        school = school_of_origin(knobs.order, traits.school[i])
        row["scuola_provenienza"] = school
        row["classe_provenienza"] = section_of_origin(knobs.order, school, traits.section[i])


def _requests(rows: list[Row], knobs: Knobs, plan: Plan, traits: Traits, dice: Dice) -> None:
    """Ask for what the hidden class offers, some pupils naming another choice as well, before or after it."""
    for column in ("plesso", "tempo_scuola", "lingua2"):
        offered = sorted({str(c[column]) for c in plan.classes if column in c})
        others = {home: [o for o in offered if o != home] for home in offered}
        for i, row in enumerate(rows if len(offered) > 1 else ()):
            home = str(plan.classes[plan.homes[i]][column])
            other = dice.pick(others[home])
            flexible = dice.chance(knobs.second_choices) and not knobs.planted
            home_first = dice.chance(_HOME_FIRST)
            row[f"{column}_1"] = home if home_first or not flexible else other
            row[f"{column}_2"] = None if not flexible else other if home_first else home


def _music(rows: list[Row], knobs: Knobs, plan: Plan, traits: Traits, dice: Dice) -> None:
    hosts = [i for i, c in enumerate(plan.homes) if plan.classes[c]["indirizzo"] == "musicale"]
    instrument = dict(zip(dice.sample(hosts, knobs.musical), _repeat(INSTRUMENTS, knobs.musical), strict=True))
    for i, row in enumerate(rows):
        row["indirizzo_1"] = "musicale" if i in instrument else None
        row["strumento"] = instrument.get(i)
        first_wish = dice.pick(INSTRUMENTS) if dice.chance(0.3) else instrument.get(i)
        row["strumento_1"] = first_wish if i in instrument else None
        if i in instrument and "plesso_1" in row:  # who asks for the musical path asks for where it is
            row["plesso_1"], row["plesso_2"] = plan.classes[plan.homes[i]]["plesso"], None


def _repeat(words: tuple[str, ...], n: int) -> list[str]:
    return [words[t % len(words)] for t in range(n)]


def _previous(rows: list[Row], knobs: Knobs, plan: Plan, traits: Traits, dice: Dice) -> None:
    """Come from classes a year below, named with the same letters; most pupils of a hidden class come from its own."""
    for i, row in enumerate(rows):
        stays = plan.homes[i] < knobs.previous and dice.chance(0.75)
        row["classe_precedente"] = f"2{class_letter(plan.homes[i] if stays else dice.below(knobs.previous))}"


def forget(rows: list[Row], knobs: Knobs, dice: Dice) -> None:
    """Empty the cells that the school happens not to know."""
    for row in rows:
        for column in MAY_BE_MISSING:
            if column in row and dice.chance(knobs.missing):
                row[column] = None
