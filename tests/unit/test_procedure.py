"""Tests that ``[admission]`` is read, inherited and checked against the files, every mistake at once and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import tiny
from classi.admission_checks import admission_problems
from classi.admission_errors import inherited_admission, parse_admission
from classi.errors import Problem, RegulationError
from classi.i18n import use_language
from classi.procedure import Procedure, filled, filled_column, with_parameters
from classi.regulation import parse_regulation, read_regulation

ROUND = {"name": "Plesso", "seats": ["plesso"]}
TITLE = {"name": "T", "when": {"x": 1}, "points": 1}
OPEN = {"name": "titoli", "question": "?", "options": ["sum", "best"], "default": "best"}
WHO = {"who": "Consiglio", "why": "Delibera 12"}


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with use_language("en"):
        yield


def problems(raw: Any) -> list[Problem]:
    made = parse_admission(raw, "r.toml")
    assert isinstance(made, list), "this procedure should have been refused"
    return made


def refused(raw: Any) -> Problem:
    (problem,) = problems(raw)
    return problem


def read(raw: Mapping[str, Any]) -> Procedure:
    made = parse_admission(raw, "r.toml")
    assert isinstance(made, Procedure), [str(p) for p in made]
    return made


def of_round(**keys: Any) -> dict[str, Any]:
    return {"rounds": [{**ROUND, **keys}]}


# --- reading ---


def test_that_a_regulation_holds_its_procedure_and_is_refused_with_all_its_mistakes() -> None:
    assert parse_regulation({"admission": of_round()}).admission == read(of_round())
    assert parse_regulation({}).admission is None
    with pytest.raises(RegulationError) as error:
        parse_regulation({"admision": {}, "name": 3, "admission": {"yaer": 1, **of_round(points=[{"name": "T"}, 5])}})
    said = [p.message for p in error.value.problems]
    assert said == [
        "“admision” is not a key classi knows.",
        "“name” must be a text.",
        "Admission, round “Plesso”, title “2”: “rounds.0.points.1” is 5; a table is needed: "
        "{ name, source, when, points, group, each, by_decision }.",
        "Admission: “yaer” is not a key classi knows.",
    ]
    assert error.value.problems[3].hint == "year"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ([], "“admission” must be written as a table: [admission]."),
        ({"parameters": 3}, "Admission: “parameters” must be a list of tables with a name"),
        ({"parameters": [{"question": "?"}]}, "Admission: “parameters” must be a list of tables with a name"),
        ({"decided": []}, "“decided” a table of answers by that name."),
        ({"year": "2026"}, "Admission: “year” is \"2026\"; a whole number is needed."),
        ({"deadline": "2026-02-10"}, "Admission: “deadline” is \"2026-02-10\"; a day is needed, as 2026-02-10"),
        ({"deadline": 20260210}, "“deadline” is 20260210; a day is needed"),
        ({"rounds": {}}, "Admission: “rounds” is {}; a list is needed: [ … ]."),
        ({"rounds": [{"name": "P"}]}, "Admission, round “P”: “seats” is missing."),
        ({"rounds": [{"seats": ["p"]}]}, "Admission, round “1”: “name” is missing."),
        ({"rounds": [{"name": "P", "seats": []}]}, "Admission, round “P”: “seats” has too few elements."),
        (of_round(ranking="uno"), "Admission, round “Plesso”: “ranking” is \"uno\"; allowed: one, each."),
        (of_round(steps=[{"name": "S", "by": "point"}]), "Admission, round “Plesso”, step “S”: “by” is \"point\"; a"),
        (of_round(waiting=[{"name": "S"}]), "Admission, round “Plesso”, waiting-list step “S”: “by” is missing."),
        (of_round(points=[{**TITLE, "points": -1}]), "title “T”: “points” is -1; it must be at least 0."),
        (of_round(points=[{**TITLE, "each": True}]), "title “T”: “each” counts listed values: exactly one has"),
        (of_round(points=[{**TITLE, "when": {"x": {"has": "a", "min": 1}}}]), "“x”: has or has_other stands alone."),
        (of_round(points=[{**TITLE, "when": {"x": {"has": ["a"]}}}]), "is not something a cell of “x” can equal"),
        (of_round(points=[{**TITLE, "when": {"x": {"mn": 1}}}]), "the condition on “x” may only use in, not, min"),
        (of_round(points=[{**TITLE, "when": 5}]), "title “T”: “when” is 5; a table is needed: { column = value }."),
        (of_round(of={"irc": True}), "round “Plesso”: “irc” concerns religion"),
        (of_round(redirect_by="religione"), "round “Plesso”: “religione” concerns religion"),
        (of_round(steps=[{"name": "S", "by": "number", "column": "voto_religione"}]), "concerns religion"),
        (of_round(steps=[{"name": "S", "by": "number", "mean_of": ["religione_*"]}]), "concerns religion"),
        (of_round(steps=[{"name": "S", "by": "precedence"}]), "step “S”: at least one of these is needed: of, any_of."),
        (of_round(steps=[{"name": "S", "by": "groups"}]), "at least one of these is needed: groups."),
        (of_round(steps=[{"name": "S", "by": "number"}]), "at least one of these is needed: column, mean_of."),
        (of_round(steps=[{"name": "S", "by": "number", "column": "n", "against_others": True}]),
         "“against_others” needs a column of the seat in question, as distanza_{plesso}."),
        (of_round(steps=[{"name": "S", "by": "ranking"}]), "by = \"ranking\" is for the waiting list"),
        (of_round(steps=[{"name": "D", "by": "draw"}, {"name": "P", "by": "points"}]), "a draw can only be the last"),
        (of_round(waiting=[{"name": "D", "by": "draw"}]), "a draw can only be the last of the steps, and has no"),
        ({"rounds": [{"name": "P", "seats": ["a", "b"], "places": {"x": 1}}]}, "“places” names the options of one"),
        ({"watch": [{"name": "W", "of": {}}]}, "watch “W”: at least one of these is needed: limit, percent."),
        ({"notes": [{"name": "N", "kind": "multa"}]}, "Admission, note “N”: “kind” is \"multa\"; allowed: punti"),
        ({"requirements": [{"name": "R"}]}, "Admission, requirement “R”: “needs” is missing."),
        ({"parameters": [{"name": "p", "default": 1}]}, "Admission, parameter “p”: “question” is missing."),
        ({"parameters": [OPEN], "decided": {"titoli": {"value": "sum", "who": "x"}}},
         "Admission, answer “titoli”: “why” is missing."),
        ({"parameters": [OPEN], "decided": {"titoli": "sum"}}, "answer “titoli”: “decided.titoli” is \"sum\"; a table"),
        (of_round(only_if="titoli"), "Admission: “only_if” is \"titoli\"; a table is needed: { parameter = value }."),
        ({"rounds": [ROUND, {**ROUND, "name": "plesso "}]}, "in “rounds” more than one is called “plesso ”."),
        (of_round(points=[TITLE, TITLE]), "Admission, round “Plesso”: in “points” more than one is called “T”."),
    ],
)  # fmt: skip
def test_that_a_mistake_is_said_where_it_is(raw: Any, said: str) -> None:
    problem = refused(raw)
    assert said in problem.message
    assert problem.file == "r.toml" and not problem.warning


def test_that_an_unknown_key_is_shown_with_the_nearest_one_of_its_table() -> None:
    problem = refused(of_round(points=[{**TITLE, "gruop": "a"}]))
    assert problem.message == "Admission, round “Plesso”, title “T”: “gruop” is not a key classi knows."
    assert (problem.column, problem.hint) == ("gruop", "group")
    assert refused(of_round(step=[])).hint == "steps"
    answer = {"parameters": [OPEN], "decided": {"titoli": {**WHO, "value": "sum", "whyy": 1}}}
    assert refused(answer).hint == "why"


def test_that_what_is_no_table_at_all_is_said_of_the_whole() -> None:
    assert '“rounds.0” is "x"; a table is needed' in refused({"rounds": ["x"]}).message
    assert {p.column for p in problems({"rounds": [{**ROUND, "points": "x"}, 3]})} == {"points", "rounds.1"}


# --- parameters ---


def test_that_a_parameter_has_its_default_until_it_is_decided() -> None:
    raw = {"parameters": [OPEN], **of_round(titles="$titoli")}
    assert read(raw).rounds[0].titles == "best" and [p.name for p in read(raw).undecided] == ["titoli"]
    decided = read({**raw, "decided": {"titoli": {"value": "sum", **WHO}}})
    assert decided.rounds[0].titles == "sum" and decided.undecided == []
    assert decided.decided["titoli"].why == "Delibera 12"


def test_that_only_if_keeps_an_entry_for_one_answer_or_several() -> None:
    points = [
        {**TITLE, "only_if": {"titoli": "sum"}, "points": 1},
        {**TITLE, "only_if": {"titoli": ["best", "x"]}, "points": 2},
    ]
    raw = {"parameters": [OPEN], **of_round(points=points)}
    assert [t.points for t in read(raw).rounds[0].points] == [2]
    decided = {"decided": {"titoli": {"value": "sum", **WHO}}}
    assert [t.points for t in read({**raw, **decided}).rounds[0].points] == [1]


def test_that_unknown_parameters_are_all_said_and_only_once() -> None:
    points = [{**TITLE, "points": "$punti"}, {**TITLE, "name": "U", "only_if": {"titol": "sum"}}, {"x": 1}]
    raw = {
        "parameters": [OPEN],
        "decided": {"titolo": {"value": "sum", **WHO}},
        **of_round(titles="$titolli", points=points),
    }
    found = problems(raw)
    assert [(p.value or p.column, p.hint) for p in found] == [
        ("punti", "titoli"), ("titol", "titoli"), ("titolli", "titoli"), ("titolo", "titoli"), ("name", ""),
        ("x", "name, source, when, points, group, each, by_decision"),
    ]  # fmt: skip
    assert found[0].message == "Admission: “punti” is not a parameter of this procedure."


@pytest.mark.parametrize(
    ("parameter", "answer", "said"),
    [
        (OPEN, {"value": "sun"}, 'Admission: “titoli” is "sun"; allowed: "sum", "best".'),
        ({**OPEN, "default": "bst"}, None, 'Admission: “titoli” is "bst"; allowed: "sum", "best".'),
    ],
)
def test_that_an_answer_must_be_one_of_the_options(parameter: Any, answer: Any, said: str) -> None:
    decided = {} if answer is None else {"decided": {"titoli": {**answer, **WHO}}}
    problem = refused({"parameters": [parameter], **decided})
    assert problem.message == said and problem.hint in ('"sum"', '"best"')


def test_that_any_answer_is_taken_where_no_options_are_named() -> None:
    limit = {"name": "km", "question": "?", "default": 1}
    raw = {"parameters": [limit], "decided": {"km": {"value": 3, **WHO}}, **of_round(of={"x": {"max": "$km"}})}
    assert read(raw).rounds[0].of == {"x": {"max": 3}}


@pytest.mark.parametrize("raw", [{"decided": {"x": 1}}, of_round(titles="$x"), of_round(only_if={"x": 1})])
def test_that_taken_alone_an_unknown_parameter_is_an_error(raw: dict[str, Any]) -> None:
    with pytest.raises(KeyError, match="x"):
        with_parameters(raw)


# --- what is inherited ---

BASE = {
    "year": 2025, "deadline": date(2026, 2, 10),
    "parameters": [OPEN, {"name": "km", "question": "?", "default": 1}],
    "decided": {"km": {"value": 2, **WHO}},
    "rounds": [ROUND, {"name": "Tempo", "seats": ["tempo_scuola"]}],
    "requirements": [{"name": "Age", "needs": {"x": 1}}],
}  # fmt: skip


def test_that_own_entries_take_the_place_of_inherited_ones_and_new_ones_follow() -> None:
    own = {
        "year": 2026,
        "decided": {"titoli": {"value": "sum", **WHO}},
        "rounds": [{"name": "Lingua", "seats": ["lingua2"]}, {**ROUND, "titles": "$titoli"}],
        "watch": [{"name": "W", "of": {}, "limit": 1}],
    }
    made = read(inherited_admission(BASE, own))
    assert (made.year, made.deadline) == (2026, date(2026, 2, 10))
    assert [(one.name, one.titles) for one in made.rounds] == [("Plesso", "sum"), ("Tempo", "sum"), ("Lingua", "sum")]
    assert made.undecided == [] and set(made.decided) == {"km", "titoli"}
    assert [r.name for r in made.requirements] == ["Age"] and [w.name for w in made.watch] == ["W"]


def test_that_entries_of_one_name_are_replaced_together() -> None:
    twice = [{**ROUND, "only_if": {"titoli": "sum"}}, {"name": "Tempo", "seats": ["t"]}, {**ROUND, "seats": ["a"]}]
    own = {**ROUND, "seats": ["own"]}
    joined = inherited_admission({"rounds": twice}, {"rounds": [own]})
    assert joined["rounds"] == [own, twice[1]]
    back = inherited_admission({"rounds": [own]}, {"rounds": twice})
    assert back["rounds"] == [twice[0], twice[2], twice[1]]


@pytest.mark.parametrize(("base", "own"), [(BASE, 3), (3, {"year": 1}), (BASE, {"rounds": 3}), (BASE, {"decided": 3})])
def test_that_what_cannot_be_joined_is_left_as_written_to_be_refused(base: Any, own: Any) -> None:
    joined = inherited_admission(base, own)
    assert joined == own or all(joined[key] == value for key, value in own.items())


def test_that_a_file_inherits_the_procedure_it_extends(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(
        '[admission]\nyear = 2025\n[[admission.rounds]]\nname = "Plesso"\nseats = ["plesso"]\n', encoding="utf-8"
    )
    own = tmp_path / "regolamento.toml"
    for text, year in (("", 2025), ("[admission]\nyear = 2026\n", 2026)):
        own.write_text(f'extends = "base"\n{text}', encoding="utf-8")
        made = read_regulation(own).admission
        assert made is not None and made.year == year and [one.name for one in made.rounds] == ["Plesso"]


# --- the seat in question ---


def test_that_a_seat_is_put_in_values_as_it_is_and_in_columns_as_in_their_names() -> None:
    seat = {"plesso": "Città  Alta (2)"}
    assert filled("a {plesso}", seat) == "a Città  Alta (2)"
    assert filled_column("distanza_{plesso}", seat) == "distanza_citta_alta_2"
    with pytest.raises(KeyError):
        filled("{tempo_scuola}", seat)


# --- against the files ---

PUPILS: list[dict[str, Any]] = [
    {"id": "ada", "plesso_1": "Centro", "distanza_centro": 1, "distanza_mare": Decimal("1.5"), "voto_a": 7, "x": True},
    {"id": "bea", "plesso_1": "Mare", "distanza_centro": None, "distanza_mare": 2, "voto_a": 8, "x": None},
]
CLASSES = [{"id": "1A", "plesso": "Centro"}, {"id": "1B", "plesso": "Mare"}, {"id": "1C", "plesso": None}]


def checked(raw: Mapping[str, Any], pupils: list[dict[str, Any]] = PUPILS) -> list[tuple[str, str, bool]]:
    found = list(admission_problems(read(raw), tiny.school(pupils, CLASSES), "r.toml"))
    assert all(p.file == "r.toml" for p in found)
    return [(p.message, p.hint, p.warning) for p in found]


def test_that_a_sound_procedure_has_no_problem() -> None:
    steps = [
        {"name": "A", "by": "number", "column": "distanza_{plesso}", "of": {"x": True}},
        {"name": "B", "by": "number", "mean_of": ["voto_*"]},
        {"name": "C", "by": "groups", "groups": [{"straniero": True}, {"id": "ada"}]},
    ]
    raw = {
        "requirements": [{"name": "R", "needs": {"distanza_{plesso}": {"max": 9}}}],
        "watch": [{"name": "W", "of": {"x": True}, "percent": 5}],
        **of_round(steps=steps, waiting=steps, places={"mare": 3}, opens={"plesso": "Centro"}, points=[TITLE],
                   redirect_by="distanza_{plesso}", requests={"plesso": ["plesso_1"]}),
    }  # fmt: skip
    assert checked(raw) == []
    assert checked({}) == []


WHERE = "Admission, round “Plesso”: "
SIDE = {"name": "N", "by": "number"}


@pytest.mark.parametrize(
    ("keys", "said", "hint"),
    [
        ({"of": {"plesso_l": 1}}, "“plesso_l” is not a column of the pupils in the files.", "plesso_1"),
        ({"points": [{"name": "T", "when": {"distanza{plesso}": 1}}]},
         ["“distanzacentro” is not a column of the pupils in the files.",
          "“distanzamare” is not a column of the pupils in the files."], ["distanza_centro", "distanza_mare"]),
        ({"of": {"x_{tempo_scuola}": 1}}, "“{tempo_scuola}” is not a seat of this round.", ""),
        ({"waiting": [{"name": "P", "by": "precedence", "of": {"x": "{plesos}"}}]},
         "“{plesos}” is not a seat of this round.", "plesso"),
        ({"steps": [{**SIDE, "mean_of": ["vot_*"]}]}, "no column of the pupils is named as “vot_*”.", "voto_a"),
        ({"steps": [{**SIDE, "column": "x"}]}, "“x” is compared as a number, and holds other words.", ""),
        ({"redirect_by": "plesso_1"}, "“plesso_1” is compared as a number, and holds other words.", ""),
        ({"seats": ["pleso"]}, ["“pleso” is not a column of the classes in the files; say its “places” where it is "
         "about none.", "no column says which “pleso” the applicants ask for: everybody accepts any."], ["plesso", ""]),
        ({"places": {"Maare": 1, "CENTRO": 2}},
         "“places” names “Maare”, which is no value of “plesso” among the classes.",
         "Mare"),
        ({"requests": {"plesso": ["plesso_1", "plesso_2"]}},
         "“requests” names “plesso_2”, which is not a column of the pupils in the files.", "plesso_1"),
        ({"requests": {"pleso": ["plesso_1"]}}, "“requests” names “pleso”, which is not one of the seats.", "plesso"),
        ({"opens": {"pleso": "Mare"}},
         "“opens” names “pleso”, which is not a column of the classes in the files.", "plesso"),
        ({"opens": {"plesso": "Mar"}}, "no class in the files is one “opens” says.", ""),
        ({"of": {"cognome": {"known": True}}},
         "the files have no column “cognome”, so it is not known for anybody.", ""),
    ],
)  # fmt: skip
def test_that_what_the_files_do_not_have_is_said(keys: dict[str, Any], said: Any, hint: Any) -> None:
    said, hint = ([said], [hint]) if isinstance(said, str) else (said, hint)
    found = checked(of_round(**keys))
    assert [(message, near) for message, near, _w in found] == [(WHERE + s, h) for s, h in zip(said, hint, strict=True)]
    warnings = [message for message, _h, warning in found if warning]
    assert all("not known for anybody" in message or "everybody accepts any" in message for message in warnings)
    assert len(warnings) == sum("anybody" in s or "any." in s for s in said)


def test_that_what_no_round_declares_may_be_about_no_seat_but_one_of_every_round() -> None:
    two = {"rounds": [ROUND, {"name": "Instrument", "seats": ["strumento"], "places": {"flauto": 1}}]}
    requirements = [{"name": "R", "needs": {"distanza_{plesso}": 1}}]
    watch = [{"name": "W", "of": {"x": "{plesso}", "y": 1}, "limit": 1}]
    assert checked({"requirements": requirements, "watch": watch, **two}) == [
        ("Admission, requirement “R”: “{plesso}” is about no seat here.", "", False),
        ("Admission, watch “W”: “{plesso}” is about no seat here.", "", False),
        ("Admission, watch “W”: “y” is not a column of the pupils in the files.", "", False),
        ("Admission, round “Instrument”: no column says which “strumento” the applicants ask for: "
         "everybody accepts any.", "", True),
    ]  # fmt: skip
    assert checked({"requirements": [{"name": "R", "needs": {"x": 1}}]}) == []


def test_that_ages_need_the_year_and_the_date_of_birth() -> None:
    raw = of_round(of={"eta_31_dicembre": {"min": 3}})
    assert [m for m, _h, _w in checked(raw)] == [
        "Admission: “eta_31_dicembre” is reckoned on “year”, which is missing.",
        "Admission: “eta_31_dicembre” is reckoned from the column “data_nascita”, which the files do not have.",
    ]
    born = [{**row, "data_nascita": None} for row in PUPILS]
    assert checked({"year": 2026, **raw}, born) == []
    assert checked(raw, [{**row, "eta_31_dicembre": 3} for row in PUPILS]) == []


@pytest.mark.parametrize(
    "raw",
    [of_round(of={"fuori_termine": False}), {"deadline": date(2026, 2, 10), **of_round()}, of_round(late_points=False)],
)
def test_that_it_is_said_when_nobody_can_be_late(raw: dict[str, Any]) -> None:
    ((message, _hint, warning),) = checked(raw)
    assert "nobody is late: “deadline” and the column “data_domanda” are both needed" in message and warning
    assert checked(raw, [{**row, "fuori_termine": True} for row in PUPILS]) == []
    handed_in = [{**row, "data_domanda": date(2026, 1, 1)} for row in PUPILS]
    assert checked({**raw, "deadline": date(2026, 2, 10)}, handed_in) == []


def test_that_what_is_to_be_decided_is_said_with_its_source_and_default() -> None:
    parameters = [
        {**OPEN, "question": "Do they add up?", "source": "S001, 4"},
        {"name": "km", "question": "", "default": 1},
    ]
    raw = {"parameters": parameters, "decided": {"km": {"value": 3, **WHO}}, **of_round()}
    assert checked(raw) == [('To be decided: Do they add up? (S001, 4). In force: "best".', "", True)]


def test_that_a_regulation_checks_its_procedure_with_its_rules() -> None:
    regulation = parse_regulation({"admission": of_round(of={"y": 1})}, "r.toml")
    found = list(regulation.problems(tiny.school(PUPILS, CLASSES)))
    assert [p.value for p in found] == ["y"]
    assert list(parse_regulation({}).problems(tiny.school(PUPILS, CLASSES))) == []
