"""Tests of facts, points, order, ties and waiting lists, by hand and on random schools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as drawn_at_random
from hypothesis import settings
from hypothesis import strategies as st

import tiny
from classi.admissions.facts import Facts
from classi.admissions.ranking import Given, Ranking, Standing, rank, waiting_order
from classi.domain import School
from classi.i18n import use_language
from classi.procedure import Procedure, Round

SITES = [{"id": "1A", "plesso": "Centro"}, {"id": "1B", "plesso": "Via Po"}, {"id": "1C", "plesso": "Centro"}]
POINTS = {"name": "Points", "by": "points"}


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with use_language("en"):
        yield


def made(
    pupils: list[dict[str, Any]], one: Mapping[str, Any] = {}, classes: Any = SITES, **others: Any
) -> tuple[School, Procedure]:
    declared = {"name": "Sites", "seats": ["plesso"], **one}
    return tiny.school(pupils, classes), Procedure(rounds=[declared], **others)  # type: ignore[arg-type]


def ranked(pupils: list[dict[str, Any]], one: Mapping[str, Any], **others: Any) -> Ranking:
    keys = {"given", "drawn", "option", "among"} & set(others)
    school, procedure = made(pupils, one, **{k: v for k, v in others.items() if k not in keys})
    return rank(school, procedure, procedure.rounds[0], **{k: others[k] for k in keys})


def ids(pupils: list[dict[str, Any]], ranking: Ranking) -> list[str]:
    return [pupils[s.pupil]["id"] for s in ranking.standings]


def facts(pupils: list[dict[str, Any]], **others: Any) -> tuple[Facts, Round]:
    school, procedure = made(pupils, **others)
    return Facts(school, procedure), procedure.rounds[0]


# --- facts ---


@pytest.mark.parametrize(
    ("cell", "test", "times"),
    [
        ("Centro, collina", {"has": "CENTRO"}, 1),
        ("Centro,  centro ,Mare", {"has": "Centro"}, 2),
        ("Centro", {"has_other": "Centro"}, 0),
        ("Centro, , Mare,Collina", {"has_other": "Centro"}, 2),
        (None, {"has": "Centro"}, 0),
        (None, {"has_other": "Centro"}, 0),
        (" , ", {"has_other": "Centro"}, 0),
        (7, {"has": 7}, 1),
        (7, [6, 7], 1),
        (None, {"known": False}, 1),
        (True, 1, 1),
        (True, {"min": 1}, 0),
        (1, {"min": 1}, 1),
        ("Via  Po", "via po", 1),
        ("x", {"not": ["{plesso}"]}, 1),
    ],
)  # fmt: skip
def test_that_a_test_counts_the_listed_values_that_pass(cell: Any, test: Any, times: int) -> None:
    known, _one = facts([{"id": "ada", "x": cell}])
    assert known.listed(0, {"x": test}, {"plesso": "Mare"}) == times
    assert known.meets(0, {"x": test}, {"plesso": "Mare"}) is (times > 0)


def test_that_one_and_true_are_not_confused_however_often_they_are_asked() -> None:
    known, _one = facts([{"id": "ada", "x": 1}, {"id": "bea", "x": True}, {"id": "ciro", "x": Decimal(1)}])
    at_least_one = {"x": {"min": 1}}
    assert [known.meets(p, at_least_one) for p in (0, 1, 2, 1, 0)] == [True, False, True, False, True]


def test_that_all_the_conditions_must_hold() -> None:
    known, _one = facts([{"id": "ada", "x": 1, "y": "a, a"}])
    assert known.listed(0, {"x": 1, "y": {"has": "a"}}) == 2
    assert known.listed(0, {"x": 2, "y": {"has": "a"}}) == 0
    assert known.meets(0, {})


def test_that_the_seat_stands_in_values_and_in_names_of_columns() -> None:
    known, one = facts([{"id": "ada", "siblings": "Via Po", "distanza_via_po": 1, "distanza_centro": Decimal("2.5")}])
    near, sibling = {"distanza_{plesso}": {"max": 1}}, {"siblings": {"has": "{plesso}"}}
    both = {**near, **sibling, "x": {"known": False}}
    assert known.meets(0, both, {"plesso": "Via Po"}) and not known.meets(0, near, {"plesso": "Centro"})
    assert not known.meets(0, sibling, {"plesso": "Centro"})
    assert known.number(0, "distanza_{plesso}", one, ("Centro",)) == Decimal("2.5")
    assert known.number(0, "distanza_{plesso}", one, {}) is None


def test_that_without_a_choice_a_fact_about_the_seat_is_not_met_whatever_it_asks() -> None:
    known, _one = facts([{"id": "ada", "x": None}])
    assert not known.meets(0, {"x": {"known": False}, "distanza_{plesso}": {"known": False}})
    assert not known.meets(0, {"x": {"has_other": "{plesso}"}}, {})
    assert known.words(0, {"x": "{plesso}"}) == ""


@pytest.mark.parametrize(
    ("born", "year", "ages"),
    [
        (date(2023, 12, 31), 2026, (3, 3)),
        (date(2024, 1, 1), 2026, (2, 3)),
        (date(2024, 4, 30), 2026, (2, 3)),
        (date(2024, 5, 1), 2026, (2, 2)),
        (date(2023, 5, 1), None, (None, None)),
        (None, 2026, (None, None)),
    ],
)
def test_that_ages_count_the_day_itself(born: date | None, year: int | None, ages: tuple[Any, Any]) -> None:
    known, _one = facts([{"id": "ada", "data_nascita": born}], year=year)
    assert (known.value(0, "eta_31_dicembre"), known.value(0, "eta_30_aprile")) == ages


@pytest.mark.parametrize(
    ("row", "deadline", "late"),
    [
        ({"data_domanda": date(2026, 2, 11)}, date(2026, 2, 10), True),
        ({"data_domanda": date(2026, 2, 10)}, date(2026, 2, 10), False),
        ({"data_domanda": date(2026, 2, 11)}, None, False),
        ({"data_domanda": None}, date(2026, 2, 10), False),
        ({"data_domanda": date(2026, 1, 1), "fuori_termine": True}, date(2026, 2, 10), True),
        ({"data_domanda": date(2026, 2, 11), "fuori_termine": None}, date(2026, 2, 10), False),
    ],
)
def test_that_late_is_as_the_file_says_or_else_after_the_deadline(
    row: dict[str, Any], deadline: date | None, late: bool
) -> None:
    known, _one = facts([{"id": "ada", **row}], deadline=deadline)
    assert known.late(0) is late


def test_that_a_column_of_the_file_is_not_reckoned_again() -> None:
    known, _one = facts([{"id": "ada", "eta_31_dicembre": 9, "data_nascita": date(2023, 1, 1)}], year=2026)
    assert known.value(0, "eta_31_dicembre") == 9


def test_that_dates_are_numbers_and_yes_or_no_and_texts_are_not() -> None:
    known, one = facts([{"id": "ada", "d": date(1, 1, 3), "b": True, "t": "7", "n": 7}])
    assert [known.number(0, c, one, {}) for c in ("d", "b", "t", "n", "none")] == [3, None, None, 7, None]


# --- seats asked for ---


def test_that_options_are_in_the_order_of_the_table_and_written_as_there() -> None:
    known, one = facts([{"id": "ada"}], classes=[*SITES, {"id": "1D", "plesso": " centro "}, {"id": "1E"}])
    assert known.options(one) == (("Centro",), ("Via Po",))


def test_that_what_is_no_column_of_the_classes_has_the_options_of_places() -> None:
    known, one = facts([{"id": "ada", "strumento_1": "FLAUTO"}],
                       one={"seats": ["strumento"], "places": {"violino": 2, "flauto": 1}})  # fmt: skip
    assert known.options(one) == (("violino",), ("flauto",))
    assert known.wishes(0, one) == (("flauto",),)


def test_that_wishes_are_without_doubles_and_only_of_what_there_is() -> None:
    rows = [
        {"id": "ada", "plesso_10": "Centro", "plesso_2": "via po", "plesso_1": "Mare"},
        {"id": "bea", "plesso_1": None, "plesso_2": "Centro", "plesso_10": "centro"},
        {"id": "ciro"},
        {"id": "dino", "plesso_1": "Mare"},
    ]
    known, one = facts([{"plesso_1": None, "plesso_2": None, "plesso_10": None, **row} for row in rows])
    assert known.wishes(0, one) == (("Via Po",), ("Centro",))
    assert known.wishes(1, one) == (("Centro",),)
    assert known.wishes(2, one) == (("Centro",), ("Via Po",)) and known.choice(2, one) == {}
    assert known.wishes(3, one) == () and known.choice(3, one) == {}
    assert known.choice(0, one) == {"plesso": "Via Po"}


def test_that_the_first_seat_is_kept_longest_and_an_unasked_one_may_be_any() -> None:
    classes = [
        {"id": "1", "plesso": "Centro", "tempo_scuola": "pieno"},
        {"id": "2", "plesso": "Centro", "tempo_scuola": "modulo"},
        {"id": "3", "plesso": "Mare", "tempo_scuola": "modulo"},
        {"id": "4", "plesso": "Mare", "tempo_scuola": "pieno"},
    ]
    rows = [
        {"id": "ada", "plesso_1": "Mare", "plesso_2": "Centro", "t1": "modulo", "t2": "pieno"},
        {"id": "bea", "plesso_1": "Mare", "plesso_2": None, "t1": None, "t2": None},
    ]
    one = {"seats": ["plesso", "tempo_scuola"], "requests": {"tempo_scuola": ["t1", "t2"]}}
    known, declared = facts(rows, one=one, classes=classes)
    assert known.wishes(0, declared) == (
        ("Mare", "modulo"), ("Mare", "pieno"), ("Centro", "modulo"), ("Centro", "pieno"),
    )  # fmt: skip
    assert known.wishes(1, declared) == (("Mare", "pieno"), ("Mare", "modulo"))
    assert known.choice(1, declared) == {"plesso": "Mare"}


# --- requirements, exclusions, who takes part ---


def test_that_whoever_misses_a_requirement_is_named_with_all_of_them_and_in_no_ranking() -> None:
    pupils = [
        {"id": "ada", "age": 2, "tests": False, "music": True},
        {"id": "bea", "age": 3, "tests": None, "music": False},
        {"id": "ciro", "age": None, "tests": True, "music": True},
        {"id": "dino", "age": 3, "tests": True, "music": True},
    ]
    requirements = [
        {"name": "Age", "needs": {"age": {"min": 3}}},
        {"name": "Fit", "of": {"music": True}, "needs": {"tests": True}},
    ]
    found = ranked(pupils, {}, requirements=requirements, given=Given(excluded={"dino": "a false declaration"}))
    assert ids(pupils, found) == ["bea"]
    assert [(pupils[r.pupil]["id"], r.reasons) for r in found.refused] == [
        ("ada", ("Age", "Fit")), ("ciro", ("Age",)), ("dino", ("a false declaration",)),
    ]  # fmt: skip


def test_that_among_leaves_the_others_out_and_of_says_who_takes_part() -> None:
    pupils = [{"id": name, "x": name != "bea"} for name in ("ada", "bea", "ciro", "dino")]
    needs = [{"name": "N", "needs": {"id": {"not": ["ciro", "dino"]}}}]
    found = ranked(pupils, {"of": {"x": True}}, requirements=needs, among={0, 1, 3})
    assert ids(pupils, found) == ["ada"] and [r.pupil for r in found.refused] == [3]


@pytest.mark.parametrize(("ranking", "option"), [("one", ("Centro",)), ("each", None)])
def test_that_an_option_is_given_exactly_where_each_has_its_ranking(ranking: str, option: Any) -> None:
    with pytest.raises(ValueError, match="option"):
        ranked([{"id": "ada"}], {"ranking": ranking}, option=option)


# --- points ---


def points_of(row: dict[str, Any], one: Mapping[str, Any], **others: Any) -> Standing:
    return ranked([{"id": "ada", "plesso_1": "Centro", **row}], {"steps": [POINTS], **one}, **others).standings[0]


def said(standing: Standing) -> list[tuple[str, int, str]]:
    return [(line.title, line.points, line.fact) for line in standing.lines]


TITLES = [
    {"name": "Resident", "when": {"resident": True}, "points": 5, "group": "home"},
    {"name": "Near", "when": {"distanza_{plesso}": {"max": 1}}, "points": 5, "group": "home"},
    {"name": "Sibling", "when": {"siblings": {"has": "{plesso}"}}, "points": 3, "each": True},
    {"name": "Elsewhere", "when": {"siblings": {"has_other": "{plesso}"}}, "points": 1},
    {"name": "Nothing", "points": 0},
    {"name": "Everybody", "points": 2},
]
ALL = {"resident": True, "distanza_centro": Decimal("0.5"), "siblings": "Mare, Centro, Sole, centro,Mare"}


def test_that_each_title_is_said_with_the_cells_that_earned_it() -> None:
    found = points_of(ALL, {"points": TITLES})
    assert said(found) == [
        ("Resident", 5, "resident: yes"),
        ("Sibling", 6, "siblings: Centro, centro"),
        ("Elsewhere", 1, "siblings: Mare ×2, Sole"),
        ("Everybody", 2, ""),
    ]
    assert found.points == 14 and found.values == ("14", "")


def test_that_of_a_group_only_the_title_worth_most_counts() -> None:
    better = [{**TITLES[0], "points": 4}, TITLES[1], {**TITLES[0], "name": "Third", "points": 1}]
    assert said(points_of(ALL, {"points": better})) == [("Near", 5, "distanza_centro: 0.5")]
    assert said(points_of({**ALL, "resident": False}, {"points": TITLES[:2]}))[0][0] == "Near"


def test_that_best_keeps_the_first_title_worth_most() -> None:
    assert said(points_of(ALL, {"points": TITLES, "titles": "best"})) == [("Sibling", 6, "siblings: Centro, centro")]
    twice = [*TITLES[:2], {"name": "Six", "points": 5}]
    assert [line[0] for line in said(points_of(ALL, {"points": twice, "titles": "best"}))] == ["Resident"]
    assert points_of({}, {"points": TITLES[:1], "titles": "best"}).lines == ()


@pytest.mark.parametrize(("limit", "granted", "worth"), [(0, 7, 7), (5, 7, 5), (5, 3, 3), (5, None, 0)])
def test_that_points_by_decision_are_those_recorded_up_to_the_most(limit: int, granted: Any, worth: int) -> None:
    title = {"name": "Family  situation", "by_decision": True, "points": limit}
    given = Given({"ada": {} if granted is None else {"family situation": granted}})
    found = points_of({}, {"points": [title]}, given=given)
    assert found.points == worth
    assert [line.decided for line in found.lines] == [True] * bool(worth)
    assert points_of({}, {"points": [{**title, "when": {"x": 1}}]}, given=given).points == 0


def test_that_a_late_application_has_points_unless_the_round_says_it_has_none() -> None:
    row = {"x": 1, "data_domanda": date(2026, 3, 1)}
    one = {"points": [{"name": "X", "when": {"x": 1}, "points": 2}]}
    late = points_of(row, {**one, "late_points": False}, deadline=date(2026, 2, 10))
    assert (late.points, late.lines, late.late) == (0, (), True)
    assert points_of(row, one, deadline=date(2026, 2, 10)).points == 2
    assert points_of(row, {**one, "late_points": False}, deadline=date(2026, 3, 1)).points == 2


def test_that_each_option_has_its_own_points() -> None:
    one = {"points": TITLES[2:3], "ranking": "each", "steps": [POINTS]}
    pupils = [{"id": "ada", "siblings": "Via Po", "plesso_1": "Centro"}, {"id": "bea", "siblings": "Centro"}]
    assert ids(pupils, ranked(pupils, one, option=("Centro",))) == ["bea", "ada"]
    found = ranked(pupils, one, option=("Via Po",))
    assert ids(pupils, found) == ["ada", "bea"] and found.option == ("Via Po",)
    assert found.standings[0].wishes == (("Centro",),)


# --- steps ---


def order(step: Mapping[str, Any], pupils: list[dict[str, Any]], **others: Any) -> tuple[list[str], list[str]]:
    """Return the identifiers in the order of one step, and what it compared."""
    found = ranked(pupils, {"steps": [{"name": "S", **step}]}, **others)
    return ids(pupils, found), [s.values[0] for s in found.standings]


def test_that_a_precedence_puts_first_who_meets_it() -> None:
    pupils = [{"id": "ada", "x": None}, {"id": "bea", "x": True}]
    assert order({"by": "precedence", "of": {"x": True}}, pupils) == (["bea", "ada"], ["yes", "no"])


def test_that_the_first_group_met_counts_and_none_is_last() -> None:
    pupils = [
        {"id": "ada", "x": 3, "y": 0}, {"id": "bea", "x": 2, "y": 1}, {"id": "ciro", "x": 1, "y": 0},
        {"id": "dino", "x": 9, "y": 9},
    ]  # fmt: skip
    step = {"name": "S", "by": "groups", "groups": [{"x": 1}, {"y": 1}, {"x": [2, 3]}]}
    found = ranked(pupils, {"steps": [step, {"name": "P", "by": "precedence", "of": {"y": 9}}]})
    assert ids(pupils, found) == ["ciro", "bea", "ada", "dino"]
    assert [s.values[0] for s in found.standings] == ["1", "2", "3", "none"]
    assert [s.precedences for s in found.standings] == [("S (1)",), ("S (2)",), ("S (3)",), ("P",)]


NUMBERS = [
    {"id": "ada", "n": 2}, {"id": "bea", "n": None}, {"id": "ciro", "n": Decimal("1.5")}, {"id": "dino", "n": 10},
    {"id": "eva", "n": "many"},
]  # fmt: skip


def test_that_a_number_not_known_is_last_from_either_end() -> None:
    lowest = order({"by": "number", "column": "n"}, NUMBERS)
    assert lowest == (["ciro", "ada", "dino", "bea", "eva"], ["1.5", "2", "10", "not known", "not known"])
    assert order({"by": "number", "column": "n", "first": "highest"}, NUMBERS)[0] == [
        "dino", "ada", "ciro", "bea", "eva",
    ]  # fmt: skip


def test_that_numbers_are_compared_exactly_to_the_last_digit() -> None:
    digits = "123456789012345.12345678901234"
    pupils = [{"id": "ada", "n": Decimal(digits + "5")}, {"id": "bea", "n": Decimal(digits + "6")}]
    for first, expected in (("lowest", ["ada", "bea"]), ("highest", ["bea", "ada"])):
        assert order({"by": "number", "column": "n", "first": first}, pupils)[0] == expected
    assert Decimal("2.0") == 2
    pupils = [{"id": "ada", "n": Decimal("2.0")}, {"id": "bea", "n": 2}]
    assert ranked(pupils, {"steps": [{"name": "S", "by": "number", "column": "n"}]}).ties == ((0, 1),)


def test_that_dates_are_compared_and_said_as_dates() -> None:
    pupils = [{"id": "ada", "d": date(2020, 5, 2)}, {"id": "bea", "d": date(2020, 5, 1)}]
    assert order({"by": "number", "column": "d"}, pupils) == (["bea", "ada"], ["2020-05-01", "2020-05-02"])


def test_that_only_those_looked_at_are_compared_and_the_others_follow_equal() -> None:
    pupils = [
        {"id": "ada", "n": 1, "x": False}, {"id": "bea", "n": 5, "x": True}, {"id": "ciro", "n": None, "x": True},
        {"id": "dino", "n": 3, "x": None},
    ]  # fmt: skip
    found = ranked(pupils, {"steps": [{"name": "S", "by": "number", "column": "n", "of": {"x": True}}]})
    assert ids(pupils, found) == ["bea", "ciro", "ada", "dino"]
    assert found.ties == ((0, 3),) and [s.values[0] for s in found.standings] == ["5", "not known", "", ""]


def test_that_a_mean_is_exact_and_of_the_numbers_known() -> None:
    thirds = {"voto_a": 7, "voto_b": 7, "voto_c": 8}
    pupils = [
        {"id": "ada", **thirds, "voto_comportamento": 1, "voto_religione": 1},
        {"id": "bea", **thirds, "voto_c": Decimal("7.999999999999999"), "voto_comportamento": 10},
        {"id": "ciro", "voto_a": 7, "voto_b": None, "voto_c": Decimal("7.5")},
        {"id": "dino", "voto_a": None},
        {"id": "eva", **thirds},
    ]
    step = {"by": "number", "mean_of": ["voto_*"], "but": ["voto_comp*"], "first": "highest"}
    found = order(step, pupils)
    assert found == (["ada", "eva", "bea", "ciro", "dino"], ["7.333", "7.333", "7.333", "7.25", "not known"])


def test_that_a_distance_is_against_the_nearest_other_site_of_the_same_time_model() -> None:
    classes = [
        {"id": "1", "plesso": "Centro", "tempo_scuola": "pieno"},
        {"id": "2", "plesso": "Mare", "tempo_scuola": "pieno"},
        {"id": "3", "plesso": "Via Po", "tempo_scuola": "modulo"},
        {"id": "4", "tempo_scuola": "modulo"},
    ]
    here = {"plesso_1": "Centro", "distanza_centro": Decimal("2.5"), "distanza_mare": 3, "distanza_via_po": 1}
    pupils = [
        {"id": "any", **here, "tempo_scuola_1": None},  # 2.5 − 1
        {"id": "full", **here, "tempo_scuola_1": "Pieno"},  # 2.5 − 3
        {"id": "half", **here, "tempo_scuola_1": None, "tempo_scuola_2": "modulo", "distanza_via_po": 2},  # 2.5 − 2
        {"id": "lone", **here, "tempo_scuola_1": "pieno", "distanza_mare": None},  # the distance itself
        {"id": "none", **here, "distanza_centro": None},
        {"id": "unasked", **here, "plesso_1": None},
    ]
    step = {"by": "number", "column": "distanza_{plesso}", "against_others": True}
    found = order(step, pupils, classes=classes)
    assert found[0] == ["full", "half", "any", "lone", "none", "unasked"]
    assert found[1] == ["-0.5", "0.5", "1.5", "2.5", "not known", "not known"]


def test_that_the_least_requested_first_choice_comes_first_and_no_choice_last() -> None:
    pupils = [
        {"id": "ada", "plesso_1": "Centro"}, {"id": "bea", "plesso_1": "Centro"}, {"id": "ciro", "plesso_1": "Via Po"},
        {"id": "dino", "plesso_1": None}, {"id": "eva", "plesso_1": "Via Po", "out": True},
    ]  # fmt: skip
    found = order({"by": "least_requested"}, pupils, given=Given(excluded={"eva": "withdrawn"}))
    assert found == (["ciro", "ada", "bea", "dino"], ["1", "2", "2", "not known"])
    # Among some only, the round's requests are still those of everybody.
    assert order({"by": "least_requested"}, pupils, among={0, 2, 3})[1] == ["2", "2", "not known"]


def test_that_the_first_step_that_differs_decides_and_is_named() -> None:
    pupils = [{"id": "ada", "x": 1, "y": 2}, {"id": "bea", "x": 1, "y": 1}, {"id": "ciro", "x": 0, "y": 9}]
    steps = [{"name": name.upper(), "by": "number", "column": name} for name in ("x", "y")]
    found = ranked(pupils, {"steps": steps})
    assert ids(pupils, found) == ["ciro", "bea", "ada"]
    assert [s.decided_by for s in found.standings] == ["", "X", "Y"]
    assert [s.position for s in found.standings] == [1, 2, 3]
    assert found.settled and not found.ties


# --- ties and the draw ---

TIED = [{"id": name, "x": x} for name, x in (("dino", 1), ("ada", 1), ("bea", 0), ("ciro", 1), ("eva", 2))]
BY_X = {"steps": [{"name": "X", "by": "number", "column": "x"}]}


def test_that_until_the_draw_those_tied_share_a_position() -> None:
    for drawn in (None, {"ada": 1, "ciro": 2}, {"ada": 1, "ciro": 1, "dino": 2}):
        found = ranked(TIED, BY_X, drawn=drawn)
        assert ids(TIED, found) == ["bea", "ada", "ciro", "dino", "eva"]
        assert [s.position for s in found.standings] == [1, 2, 2, 2, 5]
        assert [s.decided_by for s in found.standings] == ["", "", "", "", "X"]
        assert [s.values[1] for s in found.standings] == ["", *["to be drawn"] * 3, ""]
        assert found.ties == ((1, 3, 0),) and not found.settled
        assert found.standings[1].tied == (3, 0) and found.standings[1].drawn is None


def test_that_the_draw_settles_a_tie_and_is_named() -> None:
    found = ranked(TIED, BY_X, drawn={"dino": 8, "ciro": 3, "eva": 4, "ada": 5, "bea": 1})
    assert ids(TIED, found) == ["bea", "ciro", "ada", "dino", "eva"]
    assert [s.position for s in found.standings] == [1, 2, 3, 4, 5]
    assert [s.decided_by for s in found.standings] == ["", "X", "Public draw", "Public draw", "X"]
    assert [s.drawn for s in found.standings] == [None, 3, 5, 8, None]
    assert found.ties == ((3, 1, 0),) and found.settled
    assert found.standings[2].tied == (3, 0)
    named = {"steps": [*BY_X["steps"], {"name": "Lots", "by": "draw", "strata": "y"}]}
    assert ranked(TIED, named, drawn={"dino": 1, "ciro": 2, "ada": 3}).standings[2].decided_by == "Lots"


def test_that_without_steps_everybody_is_tied_and_alone_nobody_is() -> None:
    found = ranked(TIED, {})
    assert [s.position for s in found.standings] == [1] * 5 and len(found.ties) == 1
    assert ranked(TIED[:1], {}).settled and ranked([], {}, classes=[]).standings == ()


# --- the waiting list ---


def waiting(steps: list[dict[str, Any]], pupils: list[dict[str, Any]], who: list[int], **others: Any) -> list[str]:
    school, procedure = made(pupils, {**BY_X, "points": [{"name": "Y", "when": {"y": 1}, "points": 1}],
                                      "waiting": steps}, **others)  # fmt: skip
    found = rank(school, procedure, procedure.rounds[0], drawn={"ada": 1, "ciro": 2, "dino": 3})
    return [pupils[p]["id"] for p in waiting_order(school, procedure, procedure.rounds[0], found, who)]


def test_that_the_waiting_list_has_its_own_steps_and_ends_with_the_ranking() -> None:
    rows = [{**row, "y": row["id"] in ("eva", "ciro")} for row in TIED]
    rows = [{**row, "y": int(row["y"])} for row in rows]
    assert waiting([], rows, [4, 3, 2, 1, 0]) == ["bea", "ada", "ciro", "dino", "eva"]
    assert waiting([POINTS], rows, [4, 3, 1, 0]) == ["ciro", "eva", "ada", "dino"]
    by_ranking = [{"name": "R", "by": "ranking"}, {"name": "Y", "by": "precedence", "of": {"y": 1}}]
    assert waiting(by_ranking, rows, [4, 3, 1, 0]) == ["ada", "ciro", "dino", "eva"]


def test_that_who_is_not_ranked_waits_last() -> None:
    rows = [{**row, "y": 0} for row in TIED]
    needs = [{"name": "N", "needs": {"id": {"not": "bea"}}}]
    for steps in ([], [{"name": "R", "by": "ranking"}]):
        assert waiting(steps, rows, [2, 4, 0], requirements=needs) == ["dino", "eva", "bea"]


# --- laws ---

ROWS = st.lists(
    st.fixed_dictionaries({
        "n": st.sampled_from([None, 0, 1, Decimal("1.5"), 2]),
        "x": st.sampled_from([None, True, False]),
        "siblings": st.sampled_from([None, "Centro", "Via Po, Centro", "Centro, Centro"]),
        "plesso_1": st.sampled_from([None, "Centro", "Via Po", "Mare"]),
        "distanza_centro": st.sampled_from([None, 1, Decimal("0.3")]),
        "distanza_via_po": st.sampled_from([None, 1, 2]),
    }),
    max_size=9,
)  # fmt: skip
LAW = {
    "points": [*TITLES, {"name": "Given", "by_decision": True}],
    "steps": [
        {"name": "A", "by": "groups", "groups": [{"x": True}, {"siblings": {"has_other": "{plesso}"}}]},
        POINTS,
        {"name": "B", "by": "number", "column": "n", "first": "highest", "of": {"x": [True, False]}},
        {"name": "C", "by": "number", "column": "distanza_{plesso}", "against_others": True},
        {"name": "D", "by": "least_requested"},
    ],
    "waiting": [{"name": "W", "by": "number", "column": "n"}],
}


def named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"id": f"p{n}", "resident": None, **row} for n, row in enumerate(rows)]


def by_id(pupils: list[dict[str, Any]], ranking: Ranking) -> list[Any]:
    def name(p: int) -> str:
        return str(pupils[p]["id"])

    return [
        (name(s.pupil), s.position, s.lines, s.values, s.decided_by, tuple(map(name, s.tied)), s.drawn, s.wishes)
        for s in ranking.standings
    ]


@settings(max_examples=60, deadline=None)
@drawn_at_random(rows=ROWS, data=st.data())
def test_that_the_order_of_the_rows_changes_nothing(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    pupils = named(rows)
    lots = data.draw(st.permutations([p["id"] for p in pupils]))
    drawn = {name: n for n, name in enumerate(lots[: data.draw(st.integers(0, len(lots)))], 1)}
    shuffled = data.draw(st.permutations(pupils))
    assert by_id(pupils, ranked(pupils, LAW, drawn=drawn)) == by_id(shuffled, ranked(shuffled, LAW, drawn=drawn))


@settings(max_examples=60, deadline=None)
@drawn_at_random(rows=ROWS.filter(bool), data=st.data())
def test_that_more_points_never_lower_a_position(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    pupils = named(rows)
    who = data.draw(st.sampled_from(pupils))["id"]
    more = Given({who: {"Given": data.draw(st.integers(1, 9))}})

    def position(given: Given) -> int:
        found = ranked(pupils, LAW, given=given)
        return next(s.position for s in found.standings if pupils[s.pupil]["id"] == who)

    assert position(more) <= position(Given())


@settings(max_examples=60, deadline=None)
@drawn_at_random(rows=ROWS)
def test_that_a_whole_draw_gives_everybody_a_position_of_their_own(rows: list[dict[str, Any]]) -> None:
    pupils = named(rows)
    before = ranked(pupils, LAW)
    after = ranked(pupils, LAW, drawn={p["id"]: n for n, p in enumerate(reversed(pupils), 1)})
    assert [s.position for s in after.standings] == list(range(1, len(pupils) + 1)) and after.settled
    assert [set(tie) for tie in before.ties] == [set(tie) for tie in after.ties]
    order = {s.pupil: s.position for s in before.standings}
    assert [order[s.pupil] for s in after.standings] == sorted(order.values())


@settings(max_examples=60, deadline=None)
@drawn_at_random(rows=ROWS, data=st.data())
def test_that_some_keep_among_themselves_the_order_they_have_among_all(
    rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    pupils = named(rows)
    some = data.draw(st.sets(st.integers(0, 8)))
    everybody = [s.pupil for s in ranked(pupils, LAW).standings if s.pupil in some]
    assert [s.pupil for s in ranked(pupils, LAW, among=some).standings] == everybody
