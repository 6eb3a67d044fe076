"""Tests that the models rank as the regulations say: the cases of ``tests/cases/admissions``, written from their words.

What a case leaves out is made as plain as it can be: without classes there is one for each seat somebody asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from classi import resources
from classi.admissions.admit import Decisions, admit, room_terms
from classi.admissions.facts import Facts
from classi.admissions.ranking import Given, Ranking, rank
from classi.admissions.seats import Market
from classi.criteria.base import Criterion
from classi.domain import School, text_key
from classi.formation.engine import Clock, Limits
from classi.formation.rooms import FormationRoom
from classi.procedure import Procedure, Round
from classi.regulation import Regulation, parse_criterion, read_regulation
from classi.rule_errors import in_toml
from classi.tables.read import tables_from_rows

FOLDER = Path(__file__).parents[1] / "cases" / "admissions"


def load(*wanted: str) -> list[Any]:
    """Return the cases that expect something of what is wanted."""
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        for n, case in enumerate(data["cases"], 1):
            if set(wanted) & set(case["expect"]):
                found.append(pytest.param(data["model"], case, id=f"{path.stem} {n}: {case['name']}"))
    return found


class Case:
    """A case made into a school, a procedure and what was decided."""

    def __init__(self, model: str, case: Mapping[str, Any], folder: Path) -> None:
        self.case = case
        self.regulation = regulation_of(model, case, folder)
        assert self.regulation.admission is not None
        procedure = self.regulation.admission
        (found,) = [one for one in procedure.rounds if one.name == case["round"]]
        self.round: Round = found.model_copy(update={"places": case["places"]}) if "places" in case else found
        rounds = [self.round if one is found else one for one in procedure.rounds]
        self.procedure: Procedure = procedure.model_copy(update={"rounds": rounds})
        pupils = filled(case["pupils"])
        classes = case.get("classes") or made_up(self.round, pupils)
        self.school: School = tables_from_rows({"alunni": pupils, "classi": filled(classes)}).school
        points: dict[str, dict[str, int]] = {}
        excluded = {}
        for decision in case.get("decisions", []):
            if decision["kind"] == "punti":
                points.setdefault(str(decision["id"]), {})[decision["title"]] = decision["points"]
            elif decision["kind"] == "esclusione":
                excluded[str(decision["id"])] = str(decision.get("why", "esclusione"))
        self.given = Given(points, excluded)
        self.drawn = {str(pupil): n for n, pupil in enumerate(case.get("draw", []), 1)}

    def ranking(self, pupil: str) -> Ranking:
        """Return the one ranking, or that of the option a pupil asks for first."""
        option = None
        if self.round.ranking == "each":
            option = Facts(self.school, self.procedure).wishes(self.school.pupil_at[pupil], self.round)[0]
        return rank(self.school, self.procedure, self.round, self.given, self.drawn, option)

    def order(self, ranking: Ranking) -> list[str | set[str]]:
        """Return the identifiers in order, those of a tie still to be drawn together."""
        found: list[str | set[str]] = []
        undrawn = {p for tie in ranking.ties for p in tie if {self.name(q) for q in tie} - set(self.drawn)}
        for standing in ranking.standings:
            if standing.pupil not in undrawn:
                found.append(self.name(standing.pupil))
            elif standing.pupil == min((standing.pupil, *standing.tied), key=self.name):
                found.append({self.name(p) for p in (standing.pupil, *standing.tied)})
        return found

    def name(self, pupil: int) -> str:
        return self.school.pupils[pupil].id


def regulation_of(model: str, case: Mapping[str, Any], folder: Path) -> Regulation:
    lines = [f"extends = {in_toml(model)}", "[admission]"]
    lines += [f"{key} = {in_toml(value)}" for key, value in case.get("admission", {}).items()]
    file = folder / "regolamento.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    return read_regulation(file, resources.models())


def filled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give every row every column, as a sheet does."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    return [{column: row.get(column) for column in columns} for row in rows]


def made_up(one: Round, pupils: list[dict[str, Any]]) -> list[dict[str, Any]]:
    asked = []
    for seat in one.seats:
        columns = one.asked_in(seat, pupils[0])
        found = {text_key(row[c]): row[c] for row in pupils for c in columns if row[c] not in (None, "")}
        asked.append(list(found.values()) or ["-"])
    seats = [dict(zip(one.seats, values, strict=True)) for values in product(*asked)]
    return [{"id": f"c{n}", **({} if one.places else seat)} for n, seat in enumerate(seats, 1)]


def seen(order: list[Any]) -> list[str | set[str]]:
    return [{str(p) for p in entry} if isinstance(entry, list) else str(entry) for entry in order]


@pytest.mark.parametrize(("model", "case"), load("points"))
def test_that_points_are_those_of_the_regulation(model: str, case: Mapping[str, Any], tmp_path: Path) -> None:
    made = Case(model, case, tmp_path)
    expected = {str(pupil): points for pupil, points in case["expect"]["points"].items()}
    found = {
        pupil: {made.name(s.pupil): s.points for s in made.ranking(pupil).standings}.get(pupil) for pupil in expected
    }
    assert found == expected


@pytest.mark.parametrize(("model", "case"), load("order"))
def test_that_the_order_is_that_of_the_regulation(model: str, case: Mapping[str, Any], tmp_path: Path) -> None:
    made, expected = Case(model, case, tmp_path), seen(case["expect"]["order"])
    ranking = made.ranking(min(expected[0]) if isinstance(expected[0], set) else expected[0])
    assert made.order(ranking) == expected


@pytest.mark.parametrize(("model", "case"), load("inadmissible"))
def test_that_applications_are_refused_as_the_regulation_says(
    model: str, case: Mapping[str, Any], tmp_path: Path
) -> None:
    made = Case(model, case, tmp_path)
    ranking = made.ranking(str(case["pupils"][0]["id"]))
    assert {made.name(r.pupil) for r in ranking.refused} == {str(p) for p in case["expect"]["inadmissible"]}
    assert all(refused.reasons for refused in ranking.refused)


# --- seats ---


def seats_of(made: Case, lots: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return the seats given by the round of a case, after the rounds before it, and the waiting list.

    The draw of the case comes first, then `lots`, for the ties it says nothing about.
    """
    criteria = [parse_criterion(entry, n, "cases") for n, entry in enumerate(made.case.get("criteria", []), 1)]
    assert all(isinstance(c, Criterion) for c in criteria), criteria
    rules = tuple(c for c in criteria if isinstance(c, Criterion))
    rounds = made.procedure.rounds[: made.procedure.rounds.index(made.round) + 1]
    rounds = [one for one in rounds if one.options(made.school.classes)]
    procedure = made.procedure.model_copy(update={"rounds": rounds})
    regulation = Regulation("", rules, admission=procedure).with_implicit(made.school)
    school = regulation.bind(made.school)
    terms = room_terms(regulation, regulation.terms(school))
    granted = [
        (d["round"], str(d["id"]), d["option"]) for d in made.case.get("decisions", []) if d["kind"] == "ammissione_ds"
    ]
    drawn = {pupil: n for n, pupil in enumerate(dict.fromkeys([*made.drawn, *lots]), 1)}
    decisions = Decisions(made.given, granted, {one.name: drawn for one in rounds})

    def room(market: Market) -> FormationRoom:
        return FormationRoom(terms, market.domains, market.may_be_out, Clock(Limits(workers=1)))

    found = admit(school, regulation, decisions, room).rounds[-1]
    seats = {made.name(p): " / ".join(found.options[option]) for p, (option, _how) in found.seats.got.items()}
    return seats, [made.name(p) for p in found.waiting]


@pytest.mark.parametrize(("model", "case"), load("seats", "waiting"))
def test_that_seats_and_waiting_list_are_those_of_the_regulation(
    model: str, case: Mapping[str, Any], tmp_path: Path
) -> None:
    made, expected = Case(model, case, tmp_path), case["expect"]
    names = [p.id for p in made.school.pupils]
    for lots in (names, names[::-1]):  # where the case has no draw, the outcome is the same whatever is drawn
        seats, waiting = seats_of(made, lots)
        if "seats" in expected:
            assert seats == {str(pupil): str(seat) for pupil, seat in expected["seats"].items()}
        if "waiting" in expected:
            assert waiting == [str(pupil) for pupil in expected["waiting"]]
