"""Tests that crossed columns, level bands and numbers are spread as the specification says, counted twice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
import shapes
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from classi.i18n import use_language
from classi.regulation import Regulation
from classi.terms import Band, Range

CLASSES = [{"id": "1A", "plesso": "nord"}, {"id": "1B", "plesso": "nord"}, {"id": "1C", "plesso": "sud", "max": 1}]
PUPILS: list[dict[str, Any]] = [
    {"id": "ada", "sesso": "F", "livello": 7, "media": Decimal("7.125"), "nato": date(2014, 1, 9), "dsa": True},
    {"id": "bea", "sesso": "f ", "livello": Decimal("7.0"), "media": 6, "nato": date(2014, 9, 2), "dsa": True},
    {"id": "ciro", "sesso": "M", "livello": Decimal("9.5"), "media": Decimal("9.3335"), "nato": None, "dsa": False},
    {"id": "dino", "sesso": "M", "livello": 5, "media": None, "nato": date(2013, 12, 31), "dsa": False},
    {"id": "eva", "sesso": None, "livello": None, "media": Decimal("5.5"), "nato": date(2014, 3, 3), "dsa": None},
]
RULES: list[tuple[str, dict[str, Any]]] = [
    ("balance_crossed", {"attributes": ["sesso", "livello"]}),
    ("balance_crossed", {"attributes": ["sesso", "dsa"], "missing": "value"}),
    ("balance_crossed", {"attributes": ["sesso", "dsa"], "relative": True}),
    ("level_bands", {}),
    ("level_bands", {"bands": [7]}),
    ("level_bands", {"bands": [6, 7.5], "missing": "value"}),
    ("level_bands", {"bands": [9.5], "relative": True, "classes": {"plesso": "nord"}}),
    ("balance_number", {"attribute": "media"}),
    ("balance_number", {"attribute": "media", "tolerance": 0.4, "step": 0.05}),
    ("balance_number", {"attribute": "media", "measure": "sum", "tolerance": 1.5, "step": 0.5}),
    ("balance_number", {"attribute": "media", "measure": "sum", "step": 0.3, "classes": {"plesso": "sud"}}),
    ("balance_number", {"attribute": "media", "measure": "range", "tolerance": 2.25, "step": 0.7}),
    ("balance_number", {"attribute": "livello", "measure": "range", "classes": {"plesso": "nord"}}),
    ("balance_number", {"attribute": "nato"}),
    ("balance_number", {"attribute": "nato", "tolerance": 1.5, "step": 2}),
    ("balance_number", {"attribute": "dsa", "measure": "sum"}),
]


def shapes_of(name: str, pupils: list[dict[str, Any]], classes: list[dict[str, Any]], **fields: Any) -> list[Any]:
    return list(shapes.rule(name, **fields).terms(shapes.school_of(pupils, classes)))


def numbered(*values: Any) -> list[dict[str, Any]]:
    return [{"id": f"p{i}", "v": value} for i, value in enumerate(values)]


@pytest.mark.parametrize(("name", "fields"), RULES)
def test_that_terms_and_auditor_agree_on_every_assignment(name: str, fields: dict[str, Any]) -> None:
    assert shapes.disagreements(shapes.rule(name, **fields), PUPILS, CLASSES) == []


@pytest.mark.parametrize(("name", "fields"), RULES)
def test_that_they_agree_in_two_pools(name: str, fields: dict[str, Any]) -> None:
    sites = ["nord", "sud", "nord", "nord", "sud"]
    pupils = [{**row, "plesso_1": site} for row, site in zip(PUPILS, sites, strict=True)]
    eligible = shapes.rule("eligibility", attribute="plesso")
    assert shapes.disagreements(shapes.rule(name, **fields), pupils, CLASSES, others=[eligible]) == []


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize(("name", "fields"), RULES)
def test_that_every_broken_count_is_explained(name: str, fields: dict[str, Any], language: str) -> None:
    criterion = shapes.rule(name, **fields)
    sentences = set()
    with use_language(language):
        for places in list(shapes.assignments(PUPILS, CLASSES))[::7]:
            placed = {row["id"]: CLASSES[c]["id"] for row, c in zip(PUPILS, places, strict=True)}
            for count in shapes.audit(criterion, PUPILS, CLASSES, placed):
                if count.excess:
                    sentence = criterion.explain(count)
                    assert sentence.endswith(".") and "Fraction" not in sentence and "/" not in sentence
                    assert count.where in sentence and count.about in sentence
                    sentences.add(sentence)
        assert criterion.title()
    assert sentences


def test_that_a_crossed_label_reads_as_its_values() -> None:
    criterion = shapes.rule("balance_crossed", attributes=["sesso", "livello"], missing="value")
    with use_language("en"):
        counts = shapes.audit(criterion, PUPILS, CLASSES, {"ada": "1A"})
    assert {count.about for count in counts} == {"F · 7", "M · 9.5", "M · 5", "not known · not known"}


def test_that_texts_that_differ_by_case_and_numbers_written_in_two_ways_are_one_label() -> None:
    bands = shapes_of("balance_crossed", PUPILS, CLASSES, attributes=["sesso", "livello"])
    assert {tuple(i for i, _ in band.weights) for band in bands} == {(0, 1), (2,), (3,)}


def test_that_a_threshold_belongs_to_the_band_above() -> None:
    pupils = numbered(5, Decimal("5.999"), 6, Decimal("7.99"), 8, None)
    bands = shapes_of("level_bands", pupils, [{"id": "1A"}], attribute="v", bands=[6, 8])
    assert [tuple(i for i, _ in band.weights) for band in bands] == [(0, 1), (2, 3), (4,)]


def test_that_an_average_without_tolerance_is_one_band_a_class_and_two_with_it() -> None:
    classes = [{"id": "1A"}, {"id": "1B"}]
    pupils = numbered(6, 7, 7, 8, None)
    plain = shapes_of("balance_number", pupils, classes, attribute="v")
    weights = ((0, -1), (3, 1))
    assert plain == [Band((0,), weights, 0, 0), Band((1,), weights, 0, 0)]
    assert plain[0].weights is plain[1].weights
    upper, lower, *_rest = shapes_of("balance_number", pupils, classes, attribute="v", tolerance=0.5)
    assert upper == Band((0,), ((0, -3), (1, -1), (2, -1), (3, 1)), None, 0, 2)
    assert lower == Band((0,), ((0, -1), (1, 1), (2, 1), (3, 3)), 0, None, 2)


def test_that_whole_values_keep_whole_weights() -> None:
    classes = [{"id": "1A"}, {"id": "1B"}]
    pupils = numbered(9, 0, 14, None)
    weights = ((0, 9), (2, 14))
    assert shapes_of("balance_number", pupils, classes, attribute="v", measure="sum") == [
        Band((0,), weights, 11, 12),
        Band((1,), weights, 11, 12),
    ]
    # 11.5 ± 0.5, in halves of an hour
    assert shapes_of("balance_number", pupils, classes, attribute="v", measure="sum", tolerance=0.5, step=0.5)[0] == (
        Band((0,), ((0, 18), (2, 28)), 22, 24)
    )
    assert shapes_of("balance_number", pupils, classes, attribute="v", measure="range", tolerance=4, step=2) == [
        Range((0, 1), weights, 4, 2)
    ]
    assert shapes_of("balance_number", pupils, classes, attribute="v", measure="range", tolerance=4.5) == [
        Range((0, 1), weights, 4)
    ]


def test_that_the_range_over_one_class_is_nothing() -> None:
    criterion = shapes.rule("balance_number", attribute="v", measure="range")
    pupils, classes = numbered(3, 4), [{"id": "1A"}]
    assert list(criterion.terms(shapes.school_of(pupils, classes))) == []
    (count,) = shapes.audit(criterion, pupils, classes, {"p0": "1A", "p1": "1A"})
    assert (count.excess, count.value, count.where) == (0, 0, "1A")


def test_that_an_average_is_reported_with_its_band_and_an_empty_class_without() -> None:
    criterion = shapes.rule("balance_number", attribute="v", tolerance=0.5, step=0.5)
    classes = [{"id": "1A"}, {"id": "1B"}]
    full, empty = shapes.audit(criterion, numbered(6, 9, None), classes, {"p0": "1A", "p1": "1A", "p2": "1B"})
    assert (full.excess, full.value, full.low, full.high) == (0, Fraction(15, 2), 7, 8)
    assert (empty.excess, empty.value, empty.where) == (0, None, "1B")


def test_that_an_average_age_is_reported_as_months_from_the_even_one() -> None:
    criterion = shapes.rule("balance_number", attribute="v", tolerance=1)
    pupils = numbered(date(2014, 1, 31), date(2014, 4, 1), date(2014, 9, 15), date(2014, 12, 1))
    placed = {"p0": "1A", "p1": "1A", "p2": "1B", "p3": "1B"}
    older, younger = shapes.audit(criterion, pupils, [{"id": "1A"}, {"id": "1B"}], placed)
    assert (older.excess, older.value, older.low, older.high) == (6, -4, -1, 1)
    assert (younger.excess, younger.value) == (6, 4)


def test_that_a_class_nobody_with_a_value_may_go_to_has_no_average() -> None:
    pupils = [{"id": "p0", "v": 6, "plesso_1": "nord"}, {"id": "p1", "v": None, "plesso_1": "sud"}]
    classes = [{"id": "1A", "plesso": "nord"}, {"id": "1C", "plesso": "sud"}]
    criterion, eligible = shapes.rule("balance_number", attribute="v"), shapes.rule("eligibility", attribute="plesso")
    school = Regulation("", (criterion, eligible)).bind(shapes.school_of(pupils, classes))
    assert [band.classes for band in criterion.terms(school)] == [(0,)]
    counts = shapes.audit(criterion, pupils, classes, {"p0": "1C", "p1": "1C"}, others=[eligible])
    assert [count.where for count in counts] == ["1A"]


def test_that_values_are_rounded_half_to_even() -> None:
    # 1.0005 is 1.000 and 1.0015 is 1.002: a sum of 3.002, not 3.003; expected 1.501 each.
    criterion = shapes.rule("balance_number", attribute="v", measure="sum", step=0.001)
    pupils = numbered(Decimal("1.0005"), Decimal("1.0015"), 1)
    placed = dict.fromkeys(["p0", "p1", "p2"], "1A")
    full, empty = shapes.audit(criterion, pupils, [{"id": "1A"}, {"id": "1B"}], placed)
    assert (full.value, full.low, full.high) == (Fraction(3002, 1000), Fraction(1501, 1000), Fraction(1501, 1000))
    assert full.excess == empty.excess == 1501
    assert shapes.disagreements(criterion, pupils, [{"id": "1A"}, {"id": "1B"}]) == []


@pytest.mark.parametrize(
    ("name", "fields", "values", "words"),
    [
        ("balance_number", {}, [None, None], "empty"),
        ("balance_number", {}, [7, "otto", date(2014, 1, 1)], "otto"),
        ("balance_number", {}, [7, date(2014, 1, 1)], "numbers and dates"),
        ("level_bands", {}, [None], "empty"),
        ("level_bands", {"bands": [6]}, [7, "alto"], "alto"),
        ("level_bands", {"bands": [6]}, [date(2014, 1, 1)], "2014"),
    ],
)
def test_that_a_column_that_cannot_be_used_is_said(
    name: str, fields: dict[str, Any], values: list[Any], words: str
) -> None:
    school = shapes.school_of(numbered(*values), [{"id": "1A"}])
    with use_language("en"):
        (sentence,) = shapes.rule(name, attribute="v", **fields).odd(school)
    assert words in sentence


@pytest.mark.parametrize(
    ("name", "fields", "values"),
    [
        ("balance_number", {}, [7, Decimal("7.5"), None]),
        ("balance_number", {}, [date(2014, 1, 1), None]),
        ("level_bands", {}, ["alto", 7]),
        ("level_bands", {"missing": "value"}, [None]),
        ("level_bands", {"bands": [6]}, [7, None]),
        ("balance_number", {"attribute": "no such column"}, [7]),
        ("level_bands", {"attribute": "no such column"}, [7]),
    ],
)
def test_that_a_column_that_can_be_used_or_is_missing_is_not_odd(
    name: str, fields: dict[str, Any], values: list[Any]
) -> None:
    school = shapes.school_of(numbered(*values), [{"id": "1A"}])
    assert list(shapes.rule(name, **{"attribute": "v", **fields}).odd(school)) == []


@pytest.mark.parametrize(
    ("name", "fields", "kind"),
    [
        ("balance_number", {"attribute": "v", "step": 0}, "greater_than"),
        ("balance_number", {"attribute": "v", "tolerance": -1}, "greater_than_equal"),
        ("balance_number", {"attribute": "v", "step": 0.0001}, "decimal_max_places"),
        ("balance_number", {"attribute": "v", "step": "1"}, "number"),
        ("balance_number", {"attribute": "v", "step": True}, "number"),
        ("balance_number", {"attribute": "v", "tolerance": float("inf")}, "number"),
        ("balance_number", {"attribute": "v", "measure": "median"}, "literal_error"),
        ("level_bands", {"bands": [8, 6]}, "ascending"),
        ("level_bands", {"bands": [6, 6]}, "ascending"),
        ("level_bands", {"bands": []}, "too_short"),
        ("balance_crossed", {"attributes": ["sesso"]}, "too_short"),
        ("balance_crossed", {"attributes": ["sesso", "religione"]}, "religion"),
    ],
)
def test_that_a_wrong_field_is_refused(name: str, fields: dict[str, Any], kind: str) -> None:
    with pytest.raises(ValidationError) as caught:
        shapes.rule(name, **fields)
    assert [error["type"] for error in caught.value.errors()] == [kind]


DATES = st.dates(date(2012, 1, 1), date(2015, 12, 31))
NUMBERS = st.integers(-3, 12) | st.decimals(-2, 11, places=4) | st.decimals(0, 10, places=1) | st.none()
MEASURES = st.fixed_dictionaries(
    {
        "measure": st.sampled_from(["mean", "sum", "range"]),
        "tolerance": st.sampled_from([0, 0, 1, 0.5, 0.125, 3]),
        "step": st.sampled_from([1, 1, 0.5, 0.1, 0.001, 3, 2.5]),
    }
)
SPREADS = st.fixed_dictionaries(
    {
        "tolerance": st.integers(0, 1),
        "missing": st.sampled_from(["ignore", "value"]),
        "relative": st.booleans(),
    }
)


@st.composite
def intakes(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, str]]:
    """Draw pupils, classes of two sites and places, some pupils where they may not go or with nowhere to go."""
    sites = st.sampled_from(["nord", "sud", None])
    cells = draw(st.sampled_from([NUMBERS, DATES | st.none()]))
    classes = [
        {"id": f"1{letter}", "plesso": draw(sites), "min": draw(st.sampled_from([None, 1])), "max": draw(small)}
        for letter, small in zip("ABC"[: draw(st.integers(1, 3))], [st.none() | st.integers(1, 3)] * 3, strict=False)
    ]
    pupils = [
        {
            "id": f"p{i}",
            "v": draw(cells),
            "livello": draw(st.sampled_from(["alto", "Alto ", "basso", None])),
            "sesso": draw(st.sampled_from(["F", "M", None])),
            "plesso_1": draw(st.sampled_from(["nord", "sud", "ovest", None])),
        }
        for i in range(draw(st.integers(1, 7)))
    ]
    placed = {row["id"]: draw(st.sampled_from(classes))["id"] for row in pupils}
    return pupils, classes, placed


@given(intakes(), MEASURES, SPREADS, st.booleans())
@settings(max_examples=250, deadline=None)
def test_that_terms_and_auditor_agree_on_random_schools(
    drawn: tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, str]],
    measure: dict[str, Any],
    spread: dict[str, Any],
    eligible: bool,
) -> None:
    pupils, classes, placed = drawn
    others = [shapes.rule("eligibility", attribute="plesso")] if eligible else []
    at = {row["id"]: c for c, row in enumerate(classes)}
    places = [at[placed[row["id"]]] for row in pupils]
    numbers = not any(isinstance(row["v"], date) for row in pupils)
    for criterion in (
        shapes.rule("balance_number", attribute="v", **measure),
        shapes.rule("level_bands", **spread),
        shapes.rule("balance_crossed", attributes=["sesso", "livello"], **spread),
        *([shapes.rule("level_bands", attribute="v", bands=[-1.5, 6, 8.25], **spread)] if numbers else []),
    ):
        school = Regulation("", (criterion, *others)).bind(shapes.school_of(pupils, classes))
        cost = sum(shapes.excess(shape, places) for shape in criterion.terms(school))
        counts = shapes.audit(criterion, pupils, classes, placed, others=others)
        assert cost == sum(count.excess for count in counts)
        for count in counts:
            inside = count.value is None or (
                (count.low is None or count.low <= count.value) and (count.high is None or count.value <= count.high)
            )
            assert inside == (count.excess == 0)


@given(intakes(), st.sampled_from([0.5, 0.125, 3]))
@settings(max_examples=60, deadline=None)
def test_that_the_two_bands_of_an_average_never_both_count(
    drawn: tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, str]], tolerance: float
) -> None:
    pupils, classes, placed = drawn
    at = {row["id"]: c for c, row in enumerate(classes)}
    places = [at[placed[row["id"]]] for row in pupils]
    bands = shapes_of("balance_number", pupils, classes, attribute="v", tolerance=tolerance, step=0.1)
    for upper, lower in zip(bands[::2], bands[1::2], strict=True):
        assert upper.classes == lower.classes
        assert not (shapes.excess(upper, places) and shapes.excess(lower, places))
