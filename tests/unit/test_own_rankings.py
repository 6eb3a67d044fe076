"""Tests of rounds in which every option has its own ranking: who is in which, who waits in which order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from classi.admissions.admit import Admission, Decisions, rank_all
from classi.case import Case
from classi.domain import Pupil, School, SchoolClass
from classi.formation.engine import Clock, Limits
from classi.regulation import parse_regulation
from classi.seating import give_seats

APPLICANTS = {
    "ada": ("Centro", "Collina", 9), "bea": ("Centro", "Collina", 8), "ciro": ("Collina", None, 7),
    "dino": ("Collina", "Centro", 6), "elsa": ("Centro", None, 5), "fabio": ("Collina", None, 5),
    "gino": ("Centro", "Collina", 4), "ines": ("Mare", None, 3),
}  # fmt: skip
PLACES = 2


def school(order: Sequence[str] = tuple(APPLICANTS)) -> School:
    rows = {name: dict(zip(("plesso_1", "plesso_2", "media"), APPLICANTS[name], strict=True)) for name in order}
    pupils = [Pupil(name, {k: v for k, v in row.items() if v is not None}) for name, row in rows.items()]
    classes = [SchoolClass(f"1{site[1]}", {"plesso": site, "max": PLACES}) for site in ("Centro", "Collina")]
    return School(tuple(pupils), tuple(classes))


def regulation(**of_round: Any) -> Any:
    steps = [{"name": "Media", "by": "number", "column": "media", "first": "highest"}]
    round_ = {"name": "Plesso", "seats": ["plesso"], "ranking": "each", "steps": steps, **of_round}
    return parse_regulation({"criteria": [{"rule": "class_size", "hard": True}], "admission": {"rounds": [round_]}})


def admission(found: School, rules: Any) -> Admission:
    given = give_seats(Case(found, rules, {}, (), {}), Clock(Limits()), Decisions())
    assert given is not None
    return given.admission


def names(found: School, pupils: Sequence[int]) -> list[str]:
    return [found.pupils[p].id for p in pupils]


def test_that_a_ranking_of_an_option_holds_those_who_ask_for_it() -> None:
    found, rules = school(), regulation()
    centro, collina = rank_all(found, rules.admission, Decisions())["Plesso"]
    assert names(found, [s.pupil for s in centro.standings]) == ["ada", "bea", "dino", "elsa", "gino", "ines"]
    assert names(found, [s.pupil for s in collina.standings]) == ["ada", "bea", "ciro", "dino", "fabio", "gino", "ines"]


def test_that_two_who_ask_for_different_options_need_no_draw() -> None:
    rankings = rank_all(school(), regulation().admission, Decisions())["Plesso"]
    assert all(ranking.settled for ranking in rankings)  # elsa and fabio are equal, and compete for nothing


def test_that_who_asks_for_nothing_there_is_waits_all_the_same() -> None:
    found = school()
    result = admission(found, regulation()).rounds[0]
    assert "ines" in names(found, result.waiting)
    assert names(found, sorted(result.seats.got)) == ["ada", "bea", "ciro", "dino"]


def test_that_a_waiting_list_goes_by_the_place_in_the_ranking_of_the_first_choice() -> None:
    found = school()
    result = admission(found, regulation()).rounds[0]
    # elsa is fourth in Centro, gino fifth; fabio is fifth in Collina: there the identifier decides
    assert names(found, result.waiting) == ["elsa", "fabio", "gino", "ines"]


def test_that_the_order_of_the_rows_changes_nothing() -> None:
    dice, rules = random.Random(5), regulation(unplaced="redirect")
    outcomes = set()
    for _ in range(8):
        found = school(dice.sample(list(APPLICANTS), len(APPLICANTS)))
        result = admission(found, regulation(unplaced="waiting")).rounds[0]
        seats = tuple(sorted((found.pupils[p].id, option) for p, (option, _how) in result.seats.got.items()))
        outcomes.add((seats, tuple(names(found, result.seats.unplaced)), tuple(names(found, result.waiting))))
        redirected = admission(found, rules).rounds[0]
        outcomes.add(tuple(sorted(found.pupils[p].id for p in redirected.seats.got)))
    assert len(outcomes) == 2


def test_that_who_misses_the_requirement_of_one_option_keeps_the_others() -> None:
    found = school()
    tables = {
        "criteria": [{"rule": "class_size", "hard": True}],
        "admission": {
            "requirements": [{"name": "Media per il Centro", "of": {}, "needs": {"soglia_{plesso}": {"known": False}}}],
            "rounds": [{"name": "Plesso", "seats": ["plesso"], "ranking": "each"}],
        },
    }
    pupils = tuple(
        Pupil(p.id, {**p.fields, **({"soglia_centro": "sotto"} if p.id == "ada" else {})}) for p in found.pupils
    )
    marked = School(pupils, found.classes)
    drawn = {"Plesso": {p.id: n for n, p in enumerate(pupils, 1)}}
    given = give_seats(Case(marked, parse_regulation(tables), {}, (), {}), Clock(Limits()), Decisions(drawn=drawn))
    assert given is not None
    option, _how = given.admission.rounds[0].seats.got[0]
    assert given.admission.rounds[0].options[option] == ("Collina",)
    assert given.summary()["rounds"][0]["not_admissible"] == 0
