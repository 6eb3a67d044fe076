"""The rules about who may, wants to, or must be where.

Each rule is tried on every assignment of a tiny school (terms and auditor must agree) and on counts made by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from shapes import assignments, audit, disagreements, excess, ledger_of, rule, school_of

from classi.i18n import LANGUAGES, use_language
from classi.regulation import Regulation, parse_criterion

PUPILS = [
    {
        "id": "a",
        "plesso_1": "Mare",
        "plesso_2": "centro",
        "plesso_10": "Monte",
        "lingua2": "francese",
        "classe_fissa": "1b ",
        "classi_vietate": "1A; 1 c",
        "classe_precedente": "5A",
    },
    {"id": "b", "plesso_1": None, "plesso_2": " CENTRO", "plesso_10": None, "lingua2": None, "classe_precedente": "1b"},
    {
        "id": "c",
        "plesso_1": "Monte",
        "plesso_2": None,
        "plesso_10": None,
        "lingua2": "tedesco",
        "classi_vietate": "1a,1B",
    },
    {"id": "d", "plesso_1": None, "plesso_2": None, "plesso_10": None, "lingua2": None, "classe_precedente": "5C"},
]
COLUMNS = {"classe_fissa": None, "classi_vietate": None, "classe_precedente": None}
PUPILS = [{**COLUMNS, **pupil} for pupil in PUPILS]
CLASSES = [
    {"id": "1A", "plesso": "Mare", "lingua2": "Francese"},
    {"id": "1B", "plesso": "Centro", "lingua2": None},
    {"id": "1 C", "plesso": None, "lingua2": "tedesco"},
]
PINS = [
    {"pupil": "a", "class": "1a", "who": "Dirigente", "why": "Ground floor."},
    {"pupil": "d", "class": "1 C", "who": "Commissione", "why": "Sibling of a teacher"},
]

RULES: list[tuple[str, dict[str, Any]]] = [
    ("eligibility", {"attribute": "plesso"}),
    ("eligibility", {"attribute": "plesso", "first_only": True}),
    ("eligibility", {"attribute": "plesso", "classes": {"id": "1A"}}),
    ("eligibility", {"attribute": "lingua2"}),
    ("eligibility", {"attribute": "plesso", "requests": ["plesso_2", "plesso_10"], "weight": 3}),
    ("requests", {"attribute": "plesso"}),
    ("requests", {"attribute": "plesso", "costs": [0, 2], "none": 7}),
    ("requests", {"attribute": "plesso", "costs": [1, 1, 4]}),
    ("requests", {"attribute": "plesso", "costs": [2], "classes": {"id": ["1a", "1b"]}}),
    ("requests", {"attribute": "lingua2"}),
    ("fixed_class", {}),
    ("fixed_class", {"pins": PINS}),
    ("fixed_class", {"pins": PINS, "classes": {"plesso": "mare"}}),
    ("forbidden_class", {}),
    ("forbidden_class", {"pins": PINS}),
    ("forbidden_class", {"pins": PINS, "classes": {"plesso": "mare"}}),
    ("keep_class", {}),
    ("keep_class", {"mapping": {"5a": "1A", "5C": " 1 c"}}),
    ("keep_class", {"mapping": {"5A": "1A", "1B": "1A"}, "classes": {"plesso": "mare"}}),
]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with use_language("en"):
        yield


def costs(name: str, placed: dict[str, str], **fields: Any) -> dict[str, int]:
    """Return what each pupil costs."""
    return {count.pupils[0]: count.excess for count in audit(rule(name, **fields), PUPILS, CLASSES, placed)}


@pytest.mark.parametrize(("name", "fields"), RULES)
def test_terms_and_auditor_agree_on_every_assignment(name: str, fields: dict[str, Any]) -> None:
    assert disagreements(rule(name, **fields), PUPILS, CLASSES) == []


@pytest.mark.parametrize(("name", "fields"), RULES)
def test_the_auditor_yields_nobody_who_is_where_they_should_be(name: str, fields: dict[str, Any]) -> None:
    criterion = rule(name, **fields)
    for places in assignments(PUPILS, CLASSES):
        placed = {p["id"]: CLASSES[c]["id"] for p, c in zip(PUPILS, places, strict=True)}
        counts = audit(criterion, PUPILS, CLASSES, placed)
        assert all(count.excess > 0 and count.where == placed[count.pupils[0]] for count in counts)


@pytest.mark.parametrize(("name", "fields"), RULES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_broken_is_said_in_words(name: str, fields: dict[str, Any], language: str) -> None:
    criterion = rule(name, **fields)
    with use_language(language):
        broken = [
            (count, criterion.explain(count))
            for placed in ({p["id"]: c["id"] for p in PUPILS} for c in CLASSES)
            for count in audit(criterion, PUPILS, CLASSES, placed)
        ]
        assert broken
        for count, sentence in broken:
            assert f" {count.pupils[0]} " in sentence
            assert count.where in sentence
            assert "{" not in sentence
        assert criterion.title()


def test_requests_are_read_in_the_order_of_their_numbers() -> None:
    # a asked for Mare, Centro, Monte (the tenth); b and c have one choice each; d none
    assert costs("requests", dict.fromkeys("abcd", "1A"), attribute="plesso") == {"b": 1, "c": 1}
    assert costs("requests", dict.fromkeys("abcd", "1B"), attribute="plesso") == {"a": 1, "c": 1}
    assert costs("requests", dict.fromkeys("abcd", "1 C"), attribute="plesso") == {}
    monte = [{"id": "1A", "plesso": "monte"}]
    (count, _b) = audit(rule("requests", attribute="plesso"), PUPILS, monte, dict.fromkeys("abcd", "1A"))
    assert (count.pupils, count.value, count.excess) == (("a",), 3, 2)


def test_choices_cost_what_the_regulation_says() -> None:
    everywhere = dict.fromkeys("abcd", "1B")
    assert costs("requests", everywhere, attribute="plesso", costs=[1, 3], none=9) == {"a": 3, "b": 1, "c": 9}
    assert costs("requests", everywhere, attribute="plesso", costs=[0, 3]) == {"a": 3, "c": 4}
    assert costs("requests", everywhere, attribute="plesso", costs=[1]) == {"a": 1, "b": 1, "c": 2}


def test_a_choice_made_twice_costs_as_the_better_one() -> None:
    pupils = [{"id": "a", "plesso_1": "Mare", "plesso_2": "mare", "plesso_3": "Centro"}]
    criterion = rule("requests", attribute="plesso", costs=[1, 2, 4])
    assert disagreements(criterion, pupils, CLASSES) == []
    assert [count.excess for c in CLASSES for count in audit(criterion, pupils, CLASSES, {"a": c["id"]})] == [1, 4]


def test_eligibility_takes_the_first_choice_or_any() -> None:
    everywhere = dict.fromkeys("abcd", "1B")
    assert costs("eligibility", everywhere, attribute="plesso") == {"c": 1}
    assert costs("eligibility", everywhere, attribute="plesso", first_only=True) == {"a": 1, "c": 1}
    assert costs("eligibility", dict.fromkeys("abcd", "1A"), attribute="lingua2") == {"c": 1}


def test_hard_eligibility_closes_classes_to_pupils_for_both_sides() -> None:
    regulation = Regulation("", (rule("eligibility", attribute="plesso"), rule("eligibility", attribute="lingua2")))
    school = regulation.bind(school_of(PUPILS, CLASSES))
    ledger = ledger_of(PUPILS, CLASSES, {})
    regulation.bind_ledger(ledger)
    expected = [{"1A", "1B"}, {"1B", "1 C"}, {"1 C"}, {"1A", "1B", "1 C"}]
    assert [{CLASSES[c]["id"] for c in school.open_to(i)} for i in range(4)] == expected
    assert [ledger.open[pupil["id"]] for pupil in PUPILS] == expected


def test_soft_eligibility_closes_nothing() -> None:
    regulation = Regulation("", (rule("eligibility", attribute="plesso", weight=1),))
    assert regulation.bind(school_of(PUPILS, CLASSES)).open == ()


def test_planned_sizes_and_even_splits_follow_eligibility() -> None:
    others = [rule("eligibility", attribute="plesso")]
    for criterion in (rule("equal_sizes"), rule("balance", attribute="lingua2", missing="value")):
        assert disagreements(criterion, PUPILS, CLASSES, others=others) == []


def test_requests_the_files_do_not_have_are_odd() -> None:
    school = school_of(PUPILS, CLASSES)
    for name in ("eligibility", "requests"):
        (message, _second) = rule(name, attribute="indirizzo").odd(school)
        assert "indirizzo" in message
        assert not list(rule(name, attribute="plesso").odd(school))
        assert len(list(rule(name, attribute="id").odd(school))) == 1


def test_a_choice_dearer_than_none_at_all_is_odd() -> None:
    school = school_of(PUPILS, CLASSES)
    assert list(rule("requests", attribute="plesso", none=1).odd(school))
    assert not list(rule("requests", attribute="plesso", none=2).odd(school))


def test_a_column_of_the_classes_is_not_looked_for_among_the_pupils() -> None:
    regulation = Regulation("", (rule("eligibility", attribute="plesso"), rule("requests", attribute="plesso")))
    assert list(regulation.problems(school_of(PUPILS, CLASSES))) == []
    unknown = Regulation("", (rule("requests", attribute="plesso", requests=["plesso_3"]),))
    (problem,) = unknown.problems(school_of(PUPILS, CLASSES))
    assert problem.value == "plesso_3"


def test_a_pin_wins_over_the_column_and_says_who_decided() -> None:
    criterion = rule("fixed_class", pins=PINS)
    first, second = audit(criterion, PUPILS, CLASSES, dict.fromkeys("abcd", "1B"))
    assert (first.pupils, first.where, first.about) == (("a",), "1B", "1A")
    assert criterion.explain(first).endswith("Decided by Dirigente: Ground floor.")
    assert criterion.explain(second).endswith("Decided by Commissione: Sibling of a teacher.")
    (unsigned,) = audit(rule("fixed_class"), PUPILS, CLASSES, dict.fromkeys("abcd", "1A"))
    assert "Decided" not in rule("fixed_class").explain(unsigned)


def test_a_pupil_placed_nowhere_is_not_in_the_fixed_class() -> None:
    (count,) = audit(rule("fixed_class"), PUPILS, CLASSES, {"b": "1A"})
    assert (count.pupils, count.where) == (("a",), "")
    assert rule("fixed_class").explain(count).endswith("—.")


def test_column_and_pins_both_rule_classes_out() -> None:
    pins = [{"pupil": "c", "class": "1 c", "who": "Dirigente", "why": "A parent teaches there"}]
    criterion = rule("forbidden_class", pins=pins)
    (count,) = audit(criterion, PUPILS, CLASSES, {"a": "1B", "b": "1A", "c": "1 C", "d": "1A"})
    assert "Decided by Dirigente" in criterion.explain(count)
    assert costs("forbidden_class", dict.fromkeys("abcd", "1 C")) == {"a": 1}
    (named,) = criterion.explain(audit(criterion, PUPILS, CLASSES, {"c": "1A"})[0]).splitlines()
    assert "Decided" not in named


@pytest.mark.parametrize("cell", ["1A;1B", "1a, 1b", "1A 1B", " 1A ;, 1B; ", "1B\t1A"])
def test_classes_ruled_out_may_be_separated_in_several_ways(cell: str) -> None:
    pupils = [{"id": "a", "classi_vietate": cell}]
    criterion = rule("forbidden_class")
    assert disagreements(criterion, pupils, CLASSES) == []
    (place,) = criterion.terms(school_of(pupils, CLASSES))
    assert [excess(place, (c,)) for c in range(3)] == [1, 1, 0]


@pytest.mark.parametrize("name", ["fixed_class", "forbidden_class"])
def test_a_rule_that_names_nobody_is_odd(name: str) -> None:
    bare = school_of([{"id": "a"}, {"id": "d"}], CLASSES)
    assert list(rule(name).odd(bare))
    assert list(Regulation("", (rule(name, pins=PINS),)).problems(bare)) == []
    (problem,) = Regulation("", (rule(name, pins=PINS, column="aula"),)).problems(bare)
    assert problem.value == "aula"


def test_a_pupil_pinned_to_two_classes_is_odd() -> None:
    twice = [*PINS, {**PINS[0], "class": "1B"}]
    (message,) = rule("fixed_class", pins=twice).odd(school_of(PUPILS, CLASSES))
    assert "1a" in message
    assert "1B" in message


def test_pupils_whose_class_does_not_go_on_are_free() -> None:
    everywhere = dict.fromkeys("abcd", "1 C")
    assert costs("keep_class", everywhere) == {"b": 1}
    assert costs("keep_class", everywhere, mapping={"5a": "1A", "5c": "9Z"}) == {"a": 1, "b": 1}


@pytest.mark.parametrize(
    ("name", "fields", "said"),
    [
        ("requests", {"attribute": "plesso", "costs": [0, 3, 2]}, "ascending"),
        ("requests", {"attribute": "plesso", "costs": [0, 3], "none": 2}, "at least 3"),
        ("requests", {"attribute": "plesso", "costs": []}, "too few"),
        ("requests", {}, "“attribute” is missing"),
        ("eligibility", {"attribute": "insegnamento_religione"}, "DPR 751/1985"),
        ("fixed_class", {"pins": [{"pupil": "a", "class": "1A", "who": "", "why": "x"}]}, "who decided and why"),
        ("keep_class", {"maping": {}}, "not a key"),
    ],
)
def test_wrong_fields_are_refused_in_words(name: str, fields: dict[str, Any], said: str) -> None:
    problems = parse_criterion({"rule": name, "hard": True, **fields}, 1, "regolamento.toml")
    assert isinstance(problems, list)
    assert said in problems[0].message
