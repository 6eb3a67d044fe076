"""The rules about how many: of everybody or of a group, in one class or in several.

Each rule is tried on every assignment of a tiny school (terms and auditor must agree) and on counts made by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError
from shapes import assignments, audit, disagreements, rule, school_of

from classi.domain import Count
from classi.i18n import LANGUAGES, use_language
from classi.regulation import parse_criterion

PUPILS = [
    {"id": "a", "sesso": "F", "provenienza": "Roma", "nai": True, "punti": 7},
    {"id": "b", "sesso": "f", "provenienza": "roma ", "nai": False, "punti": Decimal("7.0")},
    {"id": "c", "sesso": "M", "provenienza": "Bari", "nai": None, "punti": 8},
    {"id": "d", "sesso": "M", "provenienza": None, "nai": True, "punti": None},
]
TWO = [{"id": "1A"}, {"id": "1B"}]
THREE = [
    {"id": "1A", "plesso": "Centro", "min": 1, "max": 2, "area_mq": Decimal("5.40")},
    {"id": "1B", "plesso": "centro", "area_mq": 4},
    {"id": "1C", "plesso": "Mare", "max": 1},
]
LIFTED = [{"class": " 1a", "limit": 2, "who": "Dirigente", "why": "Two support teachers."}]

RULES: list[tuple[str, dict[str, Any]]] = [
    ("class_size", {"min": 1, "max": 3, "tolerance": 10}),
    ("class_size", {"max": 2, "tolerance": 50, "rounding": "loose", "classes": {"plesso": "Centro"}}),
    ("class_size", {"min": 2, "classes": {"plesso": "Centro"}}),
    ("class_size", {}),
    ("equal_sizes", {}),
    ("equal_sizes", {"tolerance": 1}),
    ("size_with_group", {"of": {"nai": True}, "limit": 1, "derogations": LIFTED}),
    ("size_with_group", {"of": {"nai": True}, "limit": 1, "at_least": 2, "tolerance": 50, "rounding": "nearest"}),
    ("room_area", {"per_pupil": 1.8}),
    ("room_area", {"per_pupil": 2, "extra_persons": 1}),
    ("at_most_per_class", {"of": {"nai": True}, "limit": 1, "derogations": LIFTED}),
    ("at_most_per_class", {"each": "provenienza", "limit": 1}),
    ("at_most_per_class", {"each": "provenienza", "limit": 0, "classes": {"id": "1a"}}),
    ("at_most_per_class", {"each": "punti", "limit": 1}),
    ("at_most_per_class", {"of": {"sesso": "F"}, "each": "provenienza", "limit": 0, "classes": {"id": "1b"}}),
    ("at_least_per_class", {"of": {"sesso": "M"}, "count": 1}),
    ("at_least_per_class", {"each": "provenienza", "count": 1}),
    ("at_least_per_class", {"count": 2}),
    ("at_most_share", {"of": {"nai": True}, "percent": 30}),
    ("at_most_share", {"of": {"sesso": "F"}, "percent": 66.67}),
    ("at_most_share", {"of": {"sesso": "F"}, "percent": 0, "classes": {"id": "1B"}}),
    ("none_or_at_least", {"of": {"sesso": "F"}, "count": 2}),
    ("none_or_at_least", {"each": "sesso", "count": 2, "classes": {"plesso": "Centro"}}),
    ("group_quota", {"of": {"sesso": "F"}, "classes": {"plesso": "centro"}, "max": 1}),
    ("group_quota", {"of": {}, "classes": {"id": ["1A", "1C"]}, "min": 2, "max": 3}),
    ("balance", {"attribute": "sesso"}),
    ("balance", {"attribute": "punti", "missing": "value"}),
    ("balance", {"attribute": "nai", "relative": True}),
    ("balance", {"attribute": "sesso", "values": ["M"], "relative": True, "classes": {"plesso": "centro"}}),
]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with use_language("en"):
        yield


def cells(counts: list[Count]) -> dict[str, tuple[Any, Any, Any, int]]:
    return {c.where: (c.value, c.low, c.high, c.excess) for c in counts}


@pytest.mark.parametrize(("name", "fields"), RULES)
def test_terms_and_auditor_agree_on_every_assignment(name: str, fields: dict[str, Any]) -> None:
    assert disagreements(rule(name, **fields), PUPILS, THREE) == []


@pytest.mark.parametrize(("name", "fields"), RULES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_broken_is_said_in_words(name: str, fields: dict[str, Any], language: str) -> None:
    criterion = rule(name, **fields)
    with use_language(language):
        broken = [
            (count, criterion.explain(count))
            for places in assignments(PUPILS, THREE)
            for count in audit(
                criterion, PUPILS, THREE, {p["id"]: THREE[c]["id"] for p, c in zip(PUPILS, places, strict=True)}
            )
            if count.excess
        ]
        assert broken
        for count, sentence in broken:
            assert count.where in sentence
            assert "{" not in sentence
        assert criterion.title()


@pytest.mark.parametrize(("rounding", "limits"), [("strict", (17, 29)), ("nearest", (16, 30)), ("loose", (16, 30))])
def test_tolerance_is_rounded_as_asked(rounding: str, limits: tuple[int, int]) -> None:
    # 10 % of 27 more is 29.7; 10 % of 18 less is 16.2
    criterion = rule("class_size", min=18, max=27, tolerance=10, rounding=rounding)
    (count, _other) = audit(criterion, PUPILS, TWO, dict.fromkeys("abcd", "1A"))
    assert (count.low, count.high) == limits
    (band, _same) = criterion.terms(school_of(PUPILS, TWO))
    assert (band.low, band.high) == limits


def test_half_a_pupil_is_rounded_up_to_the_nearest() -> None:
    criterion = rule("class_size", min=5, max=25, tolerance=10, rounding="nearest")  # 4.5 and 27.5
    (count, _other) = audit(criterion, PUPILS, TWO, dict.fromkeys("abcd", "1A"))
    assert (count.low, count.high) == (5, 28)


def test_the_own_limits_of_a_class_take_the_place_of_the_rule_without_tolerance() -> None:
    counts = audit(rule("class_size", min=2, max=3, tolerance=50), PUPILS, THREE, {"a": "1C", "b": "1C", "c": "1C"})
    assert cells(counts) == {"1A": (0, 1, 2, 1), "1B": (0, 1, 4, 1), "1C": (3, 1, 1, 2)}


def test_class_size_without_any_limit_is_odd() -> None:
    assert list(rule("class_size").odd(school_of(PUPILS, TWO)))
    assert not list(rule("class_size").odd(school_of(PUPILS, THREE)))


def test_class_size_that_a_class_cannot_have_is_odd() -> None:
    (message,) = rule("class_size", min=2).odd(school_of(PUPILS, THREE))
    assert "1C" in message


def test_equal_sizes_follow_the_own_limits() -> None:
    # 4 pupils: 1C takes 1, the others share 3
    counts = audit(rule("equal_sizes"), PUPILS, THREE, dict.fromkeys("abcd", "1B"))
    assert cells(counts) == {"1A": (0, 1, 2, 1), "1B": (4, 1, 2, 2), "1C": (0, 1, 1, 1)}


def test_size_counts_only_where_the_group_is_and_a_derogation_is_signed() -> None:
    criterion = rule("size_with_group", of={"nai": True}, limit=1, tolerance=50, derogations=LIFTED)
    counts = audit(criterion, PUPILS, TWO, {"a": "1A", "b": "1A", "c": "1A", "d": "1B"})
    assert cells(counts) == {"1A": (3, None, 2, 1), "1B": (1, None, 1, 0)}
    assert "Dirigente" in criterion.explain(counts[0])
    assert "Two support teachers." in criterion.explain(counts[0])
    assert "Dirigente" not in criterion.explain(counts[1])
    assert audit(criterion, PUPILS, TWO, {"b": "1A", "c": "1A"}) == []


def test_a_derogation_without_reason_is_refused() -> None:
    unsigned = [{"class": "1A", "limit": 3, "who": "Dirigente", "why": " "}]
    with pytest.raises(ValidationError):
        rule("at_most_per_class", of={"nai": True}, limit=1, derogations=unsigned)


def test_rooms_hold_whole_persons() -> None:
    # 5.40 / 1.80 = 3 exactly; 4 / 1.80 = 2.22
    counts = audit(rule("room_area", per_pupil=1.8, extra_persons=1), PUPILS, THREE, dict.fromkeys("abcd", "1B"))
    assert cells(counts) == {"1A": (0, None, 2, 0), "1B": (4, None, 1, 3)}


def test_rooms_without_area_or_with_words_for_it_are_odd() -> None:
    assert list(rule("room_area", per_pupil=1.8).idle(school_of(PUPILS, TWO)))
    assert not list(rule("room_area", per_pupil=1.8).odd(school_of(PUPILS, TWO)))
    (message,) = rule("room_area", per_pupil=1.8).odd(school_of(PUPILS, [{"id": "1A", "area_mq": "large"}]))
    assert "large" in message
    assert list(rule("room_area", per_pupil=1.8).odd(school_of(PUPILS, [{"id": "1A", "area_mq": 0}])))
    assert not list(rule("room_area", per_pupil=1.8).odd(school_of(PUPILS, THREE)))


def test_values_differ_neither_by_case_nor_by_blanks_and_unknown_ones_do_not_count() -> None:
    counts = audit(rule("at_most_per_class", each="provenienza", limit=1), PUPILS, TWO, dict.fromkeys("abcd", "1A"))
    assert [(c.where, c.about, c.value, c.excess) for c in counts] == [
        ("1A", "Roma", 2, 1),
        ("1A", "Bari", 1, 0),
        ("1B", "Roma", 0, 0),
        ("1B", "Bari", 0, 0),
    ]


def test_every_value_found_in_the_group_is_wanted_in_every_class() -> None:
    criterion = rule("at_least_per_class", of={"sesso": "F"}, each="provenienza", count=1)
    counts = audit(criterion, PUPILS, TWO, dict.fromkeys("abcd", "1A"))
    assert cells(counts) == {"1A": (2, 1, None, 0), "1B": (0, 1, None, 1)}


@pytest.mark.parametrize(("percent", "limit"), [(50, 2), (49.99, 1), (75, 3), (74.99, 2), (100, 4), (0, 0)])
def test_a_share_is_rounded_down(percent: float, limit: int) -> None:
    counts = audit(rule("at_most_share", of={}, percent=percent), PUPILS, TWO, dict.fromkeys("abcd", "1A"))
    assert cells(counts) == {"1A": (4, None, limit, 4 - limit), "1B": (0, None, 0, 0)}


def test_nobody_is_alone_but_nobody_need_be_there() -> None:
    criterion = rule("none_or_at_least", of={"sesso": "F"}, count=3)
    counts = audit(criterion, PUPILS, THREE, {"a": "1A", "b": "1B", "c": "1C", "d": "1C"})
    assert cells(counts) == {"1A": (1, 3, None, 2), "1B": (1, 3, None, 2), "1C": (0, 0, None, 0)}


def test_a_quota_counts_its_classes_together() -> None:
    criterion = rule("group_quota", of={"sesso": "F"}, classes={"plesso": "CENTRO"}, min=1, max=1)
    assert cells(audit(criterion, PUPILS, THREE, dict.fromkeys("abcd", "1A"))) == {"1A, 1B": (2, 1, 1, 1)}
    assert cells(audit(criterion, PUPILS, THREE, dict.fromkeys("abcd", "1C"))) == {"1A, 1B": (0, 1, 1, 1)}


def test_a_quota_over_no_class_is_odd() -> None:
    assert list(rule("group_quota", of={}, classes={"plesso": "Monte"}, max=1).odd(school_of(PUPILS, THREE)))


def test_relative_balance_follows_the_real_size() -> None:
    # 2 girls of 4 pupils: in a class of 3, 1.5 are expected
    criterion = rule("balance", attribute="sesso", values=["F"], relative=True)
    counts = audit(criterion, PUPILS, TWO, {"a": "1A", "b": "1B", "c": "1B", "d": "1B"})
    assert cells(counts) == {"1A": (1, 0, 1, 0), "1B": (1, 1, 2, 0)}


def test_of_a_yes_no_column_only_the_yes_is_spread() -> None:
    counts = audit(rule("balance", attribute="nai"), PUPILS, TWO, dict.fromkeys("abcd", "1A"))
    assert cells(counts) == {"1A": (2, 1, 1, 1), "1B": (0, 1, 1, 1)}
    assert {c.about for c in counts} == {"yes"}


@pytest.mark.parametrize(
    ("name", "fields", "said"),
    [
        ("class_size", {"min": 9, "max": 8}, "“min” is greater than “max”"),
        ("class_size", {"max": 8, "tolerance": -1}, "at least 0"),
        ("group_quota", {"of": {}, "min": 9, "max": 8}, "“min” is greater than “max”"),
        ("group_quota", {"of": {}}, "min, max"),
        ("at_most_per_class", {"limit": 2}, "of, each"),
        ("at_most_share", {"of": {}, "percent": 33.333}, "2 decimals"),
        ("at_most_share", {"of": {}, "percent": 101}, "at most 100"),
        ("at_most_share", {"of": {}, "percent": "many"}, "a number is needed"),
        ("at_most_share", {"percent": 30}, "“of” is missing"),
        ("room_area", {"per_pupil": 0}, "greater than 0"),
        ("at_least_per_class", {"count": 0}, "greater than 0"),
        ("none_or_at_least", {"each": "religione", "count": 2}, "DPR 751/1985"),
        ("balance", {"attribute": "sesso", "values": [["F"]]}, "can equal"),
        ("equal_sizes", {"classes": {"ora_alternativa": True}}, "DPR 751/1985"),
    ],
)
def test_wrong_fields_are_refused_in_words(name: str, fields: dict[str, Any], said: str) -> None:
    problems = parse_criterion({"rule": name, "hard": True, **fields}, 1, "regolamento.toml")
    assert isinstance(problems, list)
    assert said in problems[0].message
