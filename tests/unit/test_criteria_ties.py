"""Tests that ties and wishes are counted as the specification says, twice, and that each can be listed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import shapes
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from classi.domain import Count
from classi.i18n import use_language
from classi.terms import AnyOf, Pair

CLASSES = [{"id": "1A"}, {"id": "1B"}, {"id": "1C"}]
PUPILS = [{"id": name} for name in ("ada", "bea", "ciro", "dino", "eva")]


def tie(one: str, other: str, kind: str, peso: int = 1, **more: Any) -> dict[str, Any]:
    return {"da": one, "a": other, "tipo": kind, "peso": peso, **more}


TIES = [
    tie("ada", "bea", "preferisce", 2),
    tie("bea", "ada", "preferisce"),
    tie("ada", "ciro", "preferisce", 3),
    tie("ada", "ciro", "preferisce"),
    tie("ada", "dino", "preferisce"),
    tie("dino", "eva", "preferisce", 2),
    tie("eva", "dino", "preferisce"),
    tie("eva", "dino", "separati", 2, fonte="docenti", vincolante=True),
    tie("ciro", "dino", "separati", fonte="Specialisti "),
    tie("dino", "ciro", "separati", 3, fonte="docenti"),
    tie("bea", "ciro", "fratelli", 2),
    tie("bea", "eva", "gemelli"),
    tie("eva", "bea", "insieme", 2, vincolante=True),
    tie("ada", "eva", "insieme", 1, fonte="famiglia"),
    tie("eva", "ada", "insieme", 2),
]
RULES: list[tuple[str, dict[str, Any]]] = [
    ("apart", {}),
    ("apart", {"unless_asked": False}),
    ("apart", {"ties": ["gemelli", "fratelli"]}),
    ("apart", {"sources": ["DOCENTI"]}),
    ("apart", {"binding_only": True}),
    ("together", {}),
    ("together", {"ties": ["fratelli", "insieme"]}),
    ("together", {"binding_only": True}),
    ("together", {"sources": ["famiglia"]}),
    ("wishes", {}),
    ("wishes", {"kind": "one_way"}),
    ("wishes", {"kind": "reciprocal"}),
    ("wishes", {"at_most": 1}),
    ("wishes", {"at_most": 2}),
    ("wishes", {"at_most": 9}),
    ("wish_at_least_one", {}),
    ("wish_at_least_one", {"kind": "one_way"}),
    ("wish_at_least_one", {"kind": "reciprocal"}),
    ("wish_at_least_one", {"count": 2}),
    ("wish_at_least_one", {"count": 3}),
]


def counts(name: str, ties: Sequence[dict[str, Any]], together: Sequence[str], **fields: Any) -> list[Count]:
    """Count with the pupils of `together` in 1A, the others in 1B."""
    placed = {row["id"]: "1A" if row["id"] in together else "1B" for row in PUPILS}
    return shapes.audit(shapes.rule(name, **fields), PUPILS, CLASSES, placed, ties)


def shapes_of(name: str, ties: Sequence[dict[str, Any]], **fields: Any) -> list[Any]:
    return list(shapes.rule(name, **fields).terms(shapes.school_of(PUPILS, CLASSES, ties)))


@pytest.mark.parametrize(("name", "fields"), RULES)
def test_that_terms_and_auditor_agree_on_every_assignment(name: str, fields: dict[str, Any]) -> None:
    assert shapes.disagreements(shapes.rule(name, **fields), PUPILS, CLASSES, TIES) == []


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize(("name", "fields"), RULES)
def test_that_every_broken_count_names_its_pupils(name: str, fields: dict[str, Any], language: str) -> None:
    criterion = shapes.rule(name, **fields)
    sentences = set()
    with use_language(language):
        for places in list(shapes.assignments(PUPILS, CLASSES))[::5]:
            placed = {row["id"]: CLASSES[c]["id"] for row, c in zip(PUPILS, places, strict=True)}
            for count in shapes.audit(criterion, PUPILS, CLASSES, placed, TIES):
                if count.excess:
                    sentence = criterion.explain(count)
                    assert sentence.endswith(".") and count.pupils
                    assert all(word in sentence for word in (*count.pupils, *count.where.split(", ")))
                    sentences.add(sentence)
        assert criterion.title()
    assert sentences


def test_that_pairs_to_keep_apart_are_all_listed() -> None:
    found = counts("apart", TIES, ["ciro", "dino"])
    assert [(c.excess, c.value, c.where, c.pupils) for c in found] == [
        (0, 0, "1B, 1A", ("eva", "dino")),
        (3, 1, "1A", ("dino", "ciro")),
        (0, 0, "1B, 1A", ("bea", "ciro")),
    ]


def test_that_pairs_to_keep_together_are_all_listed() -> None:
    found = counts("together", TIES, ["ada", "bea"])
    assert {(c.excess, c.value, c.where, c.pupils) for c in found} == {
        (2, 0, "1A, 1B", ("bea", "eva")),
        (2, 0, "1A, 1B", ("ada", "eva")),
    }
    assert {c.excess for c in counts("together", TIES, ["ada", "bea", "eva"])} == {0}


def test_that_a_pupil_without_a_class_is_with_nobody() -> None:
    ties = [tie("ada", "bea", "separati"), tie("ciro", "dino", "insieme"), tie("ciro", "dino", "preferisce")]

    def cost(name: str) -> list[int]:
        return [c.excess for c in shapes.audit(shapes.rule(name), PUPILS, CLASSES, {}, ties)]

    assert [cost(name) for name in ("apart", "together", "wishes", "wish_at_least_one")] == [[0], [1], [1], [1]]


def test_that_a_reciprocal_wish_is_one_pair_that_costs_twice() -> None:
    ties = [tie("ada", "bea", "preferisce"), tie("bea", "ada", "preferisce"), tie("eva", "ada", "preferisce", 3)]
    assert shapes_of("wishes", ties) == [Pair(0, 1, together=True, times=2), Pair(0, 4, together=True, times=3)]
    found = counts("wishes", ties, ["bea", "eva"])
    assert [(c.excess, c.value, c.about) for c in found] == [
        (1, 0, "ada → bea"),
        (1, 0, "bea → ada"),
        (3, 0, "eva → ada"),
    ]


def test_that_wishes_beyond_those_due_are_counted_layer_by_layer() -> None:
    ties = [tie("ada", other, "preferisce", w) for other, w in (("bea", 5), ("ciro", 2), ("dino", 2), ("eva", 1))]
    assert shapes_of("wishes", ties, at_most=2) == [
        AnyOf(0, (1, 2, 3), 2, 1),
        AnyOf(0, (1, 2, 3, 4), 2, 1),
        Pair(0, 1, together=True, times=3),
    ]
    # 5 + 2 due; granted 2 + 1: bea (5) has eva's 1 in its stead, one of the two of weight 2 is granted.
    found = counts("wishes", ties, ["ada", "dino", "eva"], at_most=2)
    assert [(c.excess, c.value, c.low, c.pupils[1]) for c in found] == [
        (4, 0, 1, "bea"),
        (0, 1, 1, "dino"),
        (0, 0, None, "ciro"),
        (0, 1, None, "eva"),
    ]


@pytest.mark.parametrize("name", ["wishes", "wish_at_least_one"])
@pytest.mark.parametrize("veto", [("ada", "bea"), ("bea", "ada")])
def test_that_a_vetoed_wish_costs_nothing_and_is_listed(name: str, veto: tuple[str, str]) -> None:
    ties = [tie("ada", "bea", "preferisce"), tie(*veto, "separati"), tie("ciro", "eva", "preferisce")]
    with use_language("en"):
        found = counts(name, ties, ["ada"])
    assert [(c.excess, c.value, c.pupils) for c in found] == [(0, 1, ("ciro", "eva")), (0, None, ("ada", "bea"))]
    assert "kept apart" in found[-1].about
    assert [shape.first for shape in shapes_of(name, ties)] == [2]


def test_that_a_pupil_has_at_least_the_companions_due() -> None:
    ties = [tie("ada", other, "preferisce") for other in ("bea", "ciro", "dino")]
    assert shapes_of("wish_at_least_one", ties, count=2) == [AnyOf(0, (1, 2, 3), 2)]
    (found,) = counts("wish_at_least_one", ties, ["ada", "dino"], count=2)
    assert (found.excess, found.value, found.low, found.where) == (1, 1, 2, "1A")
    assert found.pupils == ("ada", "bea", "ciro", "dino")


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("apart", {"ties": ["insieme"]}),
        ("apart", {"ties": []}),
        ("apart", {"classes": {"plesso": "nord"}}),
        ("apart", {"sources": []}),
        ("together", {"ties": ["separati"]}),
        ("together", {"classes": {"plesso": "nord"}}),
        ("wishes", {"kind": "mutual"}),
        ("wishes", {"at_most": 0}),
        ("wishes", {"classes": {"plesso": "nord"}}),
        ("wish_at_least_one", {"count": 0}),
    ],
)
def test_that_a_wrong_field_is_refused(name: str, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        shapes.rule(name, **fields)
    assert [error["loc"][0] for error in caught.value.errors()] == list(fields)


IDS = [row["id"] for row in PUPILS]
RANDOM_TIES = st.lists(
    st.tuples(
        st.sampled_from(IDS),
        st.sampled_from(IDS),
        st.sampled_from(["preferisce"] * 4 + ["separati", "insieme", "gemelli", "fratelli"]),
        st.integers(1, 4),
        st.booleans(),
        st.sampled_from(["", "docenti", "Docenti", "famiglia"]),
    ).filter(lambda row: row[0] != row[1]),
    max_size=14,
)


def cost_in_words(ties: list[dict[str, Any]], seats: dict[str, str], kind: str, at_most: int) -> int:
    """Count wishes pupil by pupil, straight from the specification's sentences."""
    cost = 0
    asked = {(t["da"], t["a"]) for t in ties if t["tipo"] == "preferisce"}
    vetoes = {(t["da"], t["a"]) for t in ties if t["tipo"] == "separati"}
    for pupil in IDS:
        wishes, granted = [], []
        for friend in IDS:
            listed = [t["peso"] for t in ties if (t["da"], t["a"], t["tipo"]) == (pupil, friend, "preferisce")]
            reciprocal = (friend, pupil) in asked
            wanted = {"any": True, "one_way": not reciprocal, "reciprocal": reciprocal}[kind]
            if listed and wanted and (pupil, friend) not in vetoes and (friend, pupil) not in vetoes:
                wishes.append(max(listed))
                granted += [max(listed)] * (seats[pupil] == seats[friend])
        cost += sum(sorted(wishes)[-at_most:]) - sum(sorted(granted)[-at_most:])
    return cost


@given(RANDOM_TIES, st.lists(st.sampled_from("ABC"), min_size=5, max_size=5), st.data())
@settings(max_examples=300, deadline=None)
def test_that_all_ways_of_counting_agree_on_random_ties(
    rows: list[Any], letters: list[str], data: st.DataObject
) -> None:
    ties = [tie(*row[:4], vincolante=row[4], fonte=row[5]) for row in rows]
    seats = {pupil: f"1{letter}" for pupil, letter in zip(IDS, letters, strict=True)}
    places = ["ABC".index(letter) for letter in letters]
    kind = data.draw(st.sampled_from(["any", "one_way", "reciprocal"]))
    number = data.draw(st.integers(1, 4))
    pairs = {
        "binding_only": data.draw(st.booleans()),
        "sources": data.draw(st.sampled_from([None, ["docenti"], ["famiglia", "specialisti"]])),
    }
    for criterion in (
        shapes.rule("apart", unless_asked=data.draw(st.booleans()), **pairs),
        shapes.rule("together", ties=data.draw(st.sampled_from([["insieme"], ["gemelli", "fratelli"]])), **pairs),
        shapes.rule("wishes", kind=kind),
        shapes.rule("wishes", kind=kind, at_most=number),
        shapes.rule("wish_at_least_one", kind=kind, count=number),
    ):
        terms = list(criterion.terms(shapes.school_of(PUPILS, CLASSES, ties)))
        cost = sum(shapes.excess(shape, places) for shape in terms)
        found = shapes.audit(criterion, PUPILS, CLASSES, seats, ties)
        assert cost == sum(count.excess for count in found)
        assert all(count.excess >= 0 and len(set(count.pupils)) == len(count.pupils) for count in found)
        if criterion.rule == "wishes":
            most = number if getattr(criterion, "at_most", None) else len(IDS)
            assert cost == cost_in_words(ties, seats, kind, most)
