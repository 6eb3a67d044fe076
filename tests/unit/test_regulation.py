"""Tests that a regulation is refused in clear words where it is wrong, and that what matches nobody does not pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import tiny
from classi.criteria.base import Criterion
from classi.criteria.class_size import ClassSize
from classi.domain import meets, text_key
from classi.errors import Problem, RegulationError
from classi.i18n import use_language
from classi.ledger.matching import plain, question
from classi.regulation import parse_criterion, read_regulation

SHARE: dict[str, Any] = {"rule": "at_most_share", "percent": 30, "hard": True}
BALANCE: dict[str, Any] = {"rule": "balance", "attribute": "x", "weight": 1}
SIZE: dict[str, Any] = {"rule": "class_size", "max": 27, "hard": True}


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with use_language("en"):
        yield


def refused(entry: Mapping[str, Any]) -> Problem:
    made = parse_criterion(entry, 1, "r.toml")
    assert isinstance(made, list), "this entry should have been refused"
    (problem,) = made
    return problem


# --- conditions ---


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ([], "is empty"),
        ({"in": []}, "is empty"),
        ({"not": []}, "is empty"),
        ({}, "may only use"),
        ({"mn": 1}, "may only use"),
        ({"min": [3]}, "“min” of the condition on “dsa” is [3]: write a number, a text or a date."),
        ({"max": True}, "is true: write a number, a text or a date."),
        ({"min": float("nan")}, "write a number, a text or a date."),
        ({"min": time(3)}, "write a number, a text or a date."),
        ({"known": 1}, "“known” of the condition on “dsa” is 1: write true or false."),
        ({"in": [{"a": "b"}]}, '{ a = "b" } is not something a cell of “dsa” can equal'),
        ([["x"]], '["x"] is not something a cell of “dsa” can equal'),
        (None, "is not something a cell"),
        (datetime(2020, 1, 1), "is not something a cell"),
    ],
)
def test_that_a_condition_no_cell_can_meet_is_refused(test: Any, said: str) -> None:
    assert said in refused({**SHARE, "of": {"dsa": test}}).message
    assert said in refused({**SHARE, "of": {}, "classes": {"dsa": test}}).message


@pytest.mark.parametrize(
    "test",
    [1, 2.5, Decimal("2.5"), "a", True, date(2014, 1, 1), ["a", 1], {"in": "a", "not": ["b"]},
     {"min": 1, "max": date(2014, 1, 1), "known": True}, {"min": 10**400}],
)  # fmt: skip
def test_that_a_sound_condition_is_taken(test: Any) -> None:
    assert isinstance(parse_criterion({**SHARE, "of": {"x": test}}, 1, ""), Criterion)


ODD = [
    True, False, 0, 1, 7, -3, Decimal("7.0"), Decimal("7"), Decimal("7.50"), Decimal("0.1"), Decimal("1E+2"), 100,
    "7", "7.0", "7.5", "0,1", "true", "True", "no", "", " A  b", "a B", "è", "straße", "STRASSE",
    date(2014, 3, 1), "2014-03-01", date(2020, 1, 1),
]  # fmt: skip
OPTIONS = [*ODD, 7.0, 7.5, 0.1, 1e16, datetime(2014, 3, 1, 12)]


@pytest.mark.parametrize("option", OPTIONS, ids=repr)
def test_that_school_and_notebook_answer_alike_whatever_is_compared(option: Any) -> None:
    shapes = (
        option, [option, "x"], {"in": [option]}, {"not": [option]}, {"min": option}, {"max": option},
        {"known": True, "min": option}, {"known": False, "max": option}, {},
    )  # fmt: skip
    different = [(cell, c) for cell, c in product([None, *ODD], shapes) if meets(cell, c) != question(c)(cell)]
    assert different == []


@pytest.mark.parametrize("limit", [0, 1, "a", Decimal("0.5"), date(2014, 1, 1)])
def test_that_yes_and_no_come_in_no_order(limit: Any) -> None:
    for cell, part in product((True, False), ("min", "max")):
        assert not meets(cell, {part: limit})
        assert not question({part: limit})(cell)


def test_that_a_number_as_text_has_no_needless_decimals() -> None:
    assert text_key(Decimal("7.0")) == plain(Decimal("7.0")) == "7"
    assert meets(Decimal("7.0"), "7") and question("7")(Decimal("7.0"))


# --- numbers ---


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({**SIZE, "max": True}, "“max” is true; a whole number is needed."),
        ({**SIZE, "max": 27.0}, "“max” is 27.0; a whole number is needed."),
        ({**SIZE, "max": 1e18}, "a whole number is needed."),
        ({**SIZE, "max": 10**6 + 1}, "“max” is 1000001; it must be at most 1000000."),
        ({**SIZE, "tolerance": True}, "“tolerance” is true; a number is needed."),
        ({**SIZE, "tolerance": float("inf")}, "a number is needed."),
        ({**SIZE, "hard": 1}, "“hard” is 1; true or false is needed."),
        ({**BALANCE, "weight": True}, "“weight” is true; a whole number is needed."),
        ({**BALANCE, "weight": 10**6 + 1}, "at most 1000000"),
        ({**BALANCE, "tier": True}, "“tier” is true; a whole number is needed."),
        ({**BALANCE, "tier": 10**7}, "at most 1000000"),
        ({**BALANCE, "tolerance": False}, "a whole number is needed."),
        ({**BALANCE, "relative": 1}, "true or false is needed."),
        ({"rule": "requests", "attribute": "p", "costs": [True], "weight": 1}, "a whole number is needed."),
        ({"rule": "wish_at_least_one", "count": 10**9, "weight": 1}, "at most 1000000"),
        ({"rule": "room_area", "per_pupil": 1e-9, "hard": True}, "at most 3 decimals"),
        ({"rule": "level_bands", "bands": [True, 8], "weight": 1}, "a number is needed."),
    ],
)
def test_that_a_number_of_another_kind_or_size_is_refused(entry: dict[str, Any], said: str) -> None:
    assert said in refused(entry).message


def test_that_large_weights_and_far_tiers_are_taken() -> None:
    assert isinstance(parse_criterion({**BALANCE, "weight": 10**6, "tier": 10**6}, 1, ""), Criterion)


# --- words of the messages ---


def test_that_allowed_words_are_listed_plainly_and_the_nearest_is_offered() -> None:
    assert (
        '“kind” is "both"; allowed: any, one_way, reciprocal.'
        in refused({"rule": "wishes", "kind": "both", "weight": 1}).message
    )
    problem = refused({"rule": "apart", "ties": ["gemeli"], "hard": True})
    assert problem.message.endswith('is "gemeli"; allowed: separati, gemelli, fratelli.')
    assert (problem.value, problem.hint) == ("gemeli", "gemelli")


def test_that_a_table_inside_a_rule_is_explained_by_its_own_keys() -> None:
    lifted = {**SHARE, "rule": "at_most_per_class", "of": {"a": 1}, "limit": 1}
    del lifted["percent"]
    assert "{ who, why, class, limit }" in refused({**lifted, "derogations": [3]}).message
    pins = [{"pupil": "a", "class": "1A", "who": "x", "why": "y", "limit": 3}]
    assert refused({"rule": "fixed_class", "hard": True, "pins": pins}).hint == "who, why, pupil, class"


def test_that_a_missing_price_shows_no_value() -> None:
    assert refused({"rule": "equal_sizes"}).value == ""


# --- religion ---


@pytest.mark.parametrize(
    "column",
    ["religione", "religion", "Religione cattolica", "irc", "IRC_AA", "confessione", "avvalentesi", "non_avvalentesi",
     "scelta_irc", "ora_alternativa", "attivita_alternativa", "attività alternativa", "catechismo", "fede", "credo",
     "corso_di_catechismo"],
)  # fmt: skip
def test_that_religion_is_no_key(column: str) -> None:
    assert "DPR 751/1985" in refused({**BALANCE, "attribute": column}).message


@pytest.mark.parametrize(
    "column",
    ["scuola_federale", "federico", "fedele", "credito", "circolo", "circuito", "classe_alternativa", "avvallamento"],
)
def test_that_words_that_only_begin_alike_are_free(column: str) -> None:
    assert isinstance(parse_criterion({**BALANCE, "attribute": column}, 1, ""), Criterion)


# --- rules that match nobody ---


PUPILS = [
    {"id": "a", "sesso": "F", "disabilita": "no", "dsa": True, "scuola": "Rodari", "voto": 7, "bes": False},
    {"id": "b", "sesso": "M", "disabilita": "comma1", "dsa": False, "scuola": "Manzi", "voto": 8, "bes": False},
    {"id": "c", "sesso": "F", "disabilita": "no", "dsa": None, "scuola": "Manzi", "voto": None, "bes": None},
]
CLASSES = [{"id": "1A", "plesso": "Nord"}, {"id": "1B", "plesso": "Sud"}]


def problems(entry: Mapping[str, Any]) -> list[tuple[bool, str, str]]:
    found = tiny.regulation([entry]).problems(tiny.school(PUPILS, CLASSES))
    return [(p.warning, p.message, p.hint) for p in found]


@pytest.mark.parametrize(
    ("of", "hint"),
    [
        ({"disabilita": "comma 3"}, '"comma3"'),
        ({"disabilita": ["comma1", "comma 3"]}, '"comma3"'),
        ({"disabilita": "grave"}, '"no", "comma1", "comma3"'),
        ({"sesso": "femmina"}, '"F"'),
        ({"dsa": "sì"}, "true"),
        ({"dsa": "forse"}, "true, false"),
        ({"dsa": {"min": 1}}, "true, false"),
        ({"dsa": {"not": ["falso"]}}, "false"),
        ({"straniero": "rumeno"}, "true, false"),
    ],
)
def test_that_a_word_a_closed_column_never_holds_is_an_error(of: dict[str, Any], hint: str) -> None:
    assert [(warning, h) for warning, _message, h in problems({**SHARE, "of": of})] == [(False, hint)]


@pytest.mark.parametrize(
    ("of", "hint"),
    [
        ({"scuola": "Manzoni"}, "Manzi"),
        ({"scuola": ["Rodary"]}, "Rodari"),
        ({"disabilita": "comma3"}, "comma1"),
        ({"bes": True}, ""),
        ({"voto": {"min": 11}}, ""),
        ({"sesso": "M", "dsa": True}, ""),
        ({"scuola": {"min": "b", "max": "a"}}, ""),
    ],
)
def test_that_a_group_of_nobody_is_a_warning(of: dict[str, Any], hint: str) -> None:
    ((warning, message, found),) = problems({**SHARE, "of": of})
    assert warning
    assert "matches no pupil in these files: is it spelled right?" in message
    assert found == hint


@pytest.mark.parametrize(
    "of",
    [{}, {"sesso": "f"}, {"dsa": 1}, {"dsa": "true"}, {"voto": {"min": 8}}, {"scuola": {"known": False}},
     {"scuola": ["Manzi", "Nessuna"]}, {"disabilita": ["comma1", "comma3"]}, {"sesso": {"not": ["M"]}}],
)  # fmt: skip
def test_that_a_group_of_somebody_is_not_spoken_of(of: dict[str, Any]) -> None:
    assert problems({**SHARE, "of": of}) == []


def test_that_values_nobody_has_are_reported() -> None:
    def of_values(column: str, *values: Any) -> list[tuple[bool, str]]:
        return [(w, h) for w, _m, h in problems({**BALANCE, "attribute": column, "values": list(values)})]

    assert of_values("voto", "F") == [(True, "")]
    assert of_values("scuola", "Manzi", "Rodar") == [(True, "Rodari")]
    assert of_values("disabilita", "comma1", "comma3") == []
    assert of_values("disabilita", "comma3") == [(True, "comma1")]
    assert of_values("disabilita", "comma 1", "no") == [(False, '"comma1"')]
    assert "too few" in refused({**BALANCE, "values": []}).message


def test_that_classes_nobody_finds_are_reported() -> None:
    ((warning, message, hint),) = problems({"rule": "equal_sizes", "weight": 1, "classes": {"id": "1Z"}})
    assert warning
    assert "matches no class in these files" in message
    assert hint in ("1A", "1B", "")
    ((warning, message, _hint),) = problems({**SIZE, "classes": {"plesso": "Est"}})
    assert warning, message
    assert problems({**SIZE, "classes": {"plesso": "nord"}}) == []


# --- derogations of the size of a class ---


def test_that_a_derogation_is_the_max_of_its_class_before_anything_else() -> None:
    signed = {"class": "1a", "limit": 3, "who": "Dirigente", "why": "Only class with French."}
    entry = {"rule": "class_size", "max": 1, "tolerance": 10, "hard": True, "derogations": [signed]}
    rules = tiny.regulation([entry])
    pupils = [{"id": f"p{k}"} for k in range(5)]
    classes = [{"id": "1A", "max": 2}, {"id": "1B"}]
    school = tiny.school(pupils, classes)
    assert [(t.shape.classes, t.shape.high) for t in rules.terms(school)] == [((0,), 3), ((1,), 1)]  # type: ignore[union-attr]
    (rule,) = rules.criteria
    counts = list(rule.audit(tiny.ledger(pupils, classes, [], [0, 0, 0, 0, 1])))
    assert [(c.where, c.excess, c.high) for c in counts] == [("1A", 1, 3), ("1B", 0, 1)]
    assert rule.explain(counts[0]).endswith(
        "For this class the limit was set to 3 by Dirigente: Only class with French."
    )
    assert isinstance(rule, ClassSize)
    assert list(rules.problems(school)) == []
    unknown = tiny.regulation([{**entry, "derogations": [{**signed, "class": "9Z"}]}])
    assert ["9Z" in p.message for p in unknown.problems(school)] == [True]


# --- files ---


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('extends = "base"\ndrop = 5\n', "“drop” must be a list"),
        ('extends = "base"\ndrop = "Uno"\n', "“drop” must be a list"),
        ('extends = "base"\ncriteria = 3\n', "list of tables"),
        ("name = " + "9" * 5000, "not valid TOML"),
    ],
)
def test_that_a_wrong_file_is_a_problem_and_no_crash(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text('[[criteria]]\nrule = "equal_sizes"\nname = "Uno"\nweight = 1\n')
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(RegulationError, match=said):
        read_regulation(tmp_path / "r.toml")


def test_that_a_name_that_is_no_text_is_told_and_replaces_nothing(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text('[[criteria]]\nrule = "equal_sizes"\nname = "Uno"\nweight = 1\n')
    (tmp_path / "r.toml").write_text('extends = "base"\n[[criteria]]\nrule = "equal_sizes"\nname = [1]\nweight = 1\n')
    with pytest.raises(RegulationError, match="a text between quotes is needed"):
        read_regulation(tmp_path / "r.toml")
