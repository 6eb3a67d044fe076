"""Tests that a profile orders the soft rules as it says, and that wrong ones are refused with what would be right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from classi.errors import InputError, RegulationError
from classi.i18n import use_language
from classi.profiles import Profile, built_in, find_profile
from classi.regulation import Regulation, parse_regulation, read_regulation

RULES: list[dict[str, Any]] = [
    {"rule": "class_size", "name": "Posti", "max": 9, "hard": True},
    {"rule": "balance", "name": "Sesso", "attribute": "sesso", "weight": 5, "tier": 1},
    {"rule": "balance", "attribute": "scuola_provenienza", "weight": 3, "tier": 3},
    {"rule": "wishes", "name": "Desideri", "weight": 2, "tier": 3},
    {"rule": "together", "name": "Insieme", "weight": 7, "tier": 6},
    {"rule": "together", "name": "Sempre insieme", "binding_only": True, "hard": True},
]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


def regulation(*profiles: Mapping[str, Any]) -> Regulation:
    return parse_regulation({"criteria": RULES, "profiles": list(profiles)})


def refused(*profiles: Any) -> str:
    with pytest.raises(RegulationError) as caught:
        parse_regulation({"criteria": RULES, "profiles": list(profiles)})
    return str(caught.value)


def found(asked: str, *profiles: Mapping[str, Any]) -> Profile:
    rules = regulation(*profiles)
    return find_profile(asked, rules.profiles, rules.criteria)


def not_found(asked: str, *profiles: Mapping[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        found(asked, *profiles)
    return str(caught.value)


def test_that_the_rules_named_first_and_last_change_place_and_the_others_keep_their_order() -> None:
    profile = Profile(name="p", first=["Insieme"], last=["Sesso"], weights={"desideri": 9})
    assert profile.order(regulation().criteria) == (None, (3, 5), (2, 3), (2, 9), (1, 7), None)


def test_that_rules_named_first_together_are_one_tier() -> None:
    assert Profile(name="p", first=["wishes", "2"]).order(regulation().criteria) == (
        None, (1, 5), (2, 3), (1, 2), (3, 7), None,
    )  # fmt: skip


def test_that_a_kind_names_all_its_soft_rules_and_leaves_the_hard_ones_alone() -> None:
    order = Profile(name="p", first=["together"]).order(regulation().criteria)
    assert order[4] == (1, 7) and order[5] is None


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ({"name": "p", "first": ["Desidari"]}, "“Desidari” is not a soft rule of this regulation. Perhaps: Desideri."),
        ({"name": "p", "first": ["9"]}, "“9” is not a soft rule of this regulation. Perhaps: Sesso, Desideri, Insieme"),
        ({"name": "p", "first": ["Posti"]}, "Profile “p”: “Posti” is mandatory"),
        ({"name": "p", "first": ["Sesso"], "weights": {"Sempre insieme": 3}}, "column weights"),
        ({"name": "p", "first": ["Sesso"], "last": ["balance"]}, "rule 2 (balance) is named both in “first” and"),
        ({"name": "p", "first": []}, "Profile 1: “first” has too few elements."),
        ({"name": "p"}, "Profile 1: “first” is missing."),
        ({"name": "p", "first": ["Sesso"], "wheights": {}}, "Perhaps: weights."),
        ({"name": "p", "first": ["Sesso"], "weights": {"Sesso": 0}}, "must be greater than 0"),
        ("p", "[[profiles]]"),
    ],
)
def test_that_a_wrong_profile_is_refused_with_what_would_be_right(profile: Any, said: str) -> None:
    assert said in refused(profile)


def test_that_every_mistake_of_all_profiles_is_reported_at_once() -> None:
    text = refused({"name": "a", "first": ["x"], "last": ["y"]}, {"name": "b"}, {"name": "A", "first": ["Sesso"]})
    assert "“x”" in text and "“y”" in text and "Profile 2" in text and "More than one profile" in text


def test_that_wrong_rules_are_reported_before_the_profiles_that_name_them() -> None:
    with pytest.raises(RegulationError) as caught:
        parse_regulation({"criteria": [{"rule": "wishs"}], "profiles": [{"name": "p", "first": ["wishes"]}]})
    (problem,) = caught.value.problems
    assert problem.value == "wishs"


def test_that_three_profiles_are_always_there_for_the_rules_they_are_about() -> None:
    firsts = {p.name: p.first for p in built_in(regulation().criteria)}
    assert firsts == {"desideri": ["4", "5"], "equilibrio": ["2", "3"], "provenienze": ["3"]}
    assert all(p.why for p in built_in(regulation().criteria))
    only_hard = parse_regulation({"criteria": RULES[:1]})
    assert built_in(only_hard.criteria) == ()


def test_that_a_profile_of_the_regulation_takes_the_place_of_one_that_is_always_there() -> None:
    own = {"name": "Desideri", "first": ["Insieme"]}
    assert found("desideri", own).first == ["Insieme"]
    assert found(" EQUILIBRIO ", own).first == ["2", "3"]


def test_that_a_profile_can_be_written_on_the_command_line() -> None:
    assert found("mio = 4, Sesso").order(regulation().criteria)[1:4] == ((1, 5), (2, 3), (1, 2))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("desidri", "Perhaps: desideri."),
        ("zzz", "Perhaps: desideri, equilibrio, provenienze, Mio."),
        ("mio=", "name=3,5"),
        ("=3", "name=3,5"),
        ("mio=1", "“1” is mandatory"),
        ("mio=77,78", "“78” is not a soft rule"),
    ],
)
def test_that_a_profile_nobody_knows_is_refused(asked: str, said: str) -> None:
    assert said in not_found(asked, {"name": "Mio", "first": ["Sesso"]})


def test_that_an_extended_regulation_hands_its_profiles_down(tmp_path: Path) -> None:
    rules = (
        '[[criteria]]\nrule = "wishes"\nweight = 1\n[[criteria]]\nrule = "balance"\nattribute = "sesso"\nweight = 1\n'
    )
    profiles = '[[profiles]]\nname = "{}"\nwhy = "{}"\nfirst = ["wishes"]\n'
    (tmp_path / "base.toml").write_text(rules + profiles.format("a", "base") + profiles.format("b", "base"))
    (tmp_path / "own.toml").write_text('extends = "base"\n' + profiles.format("A", "own"))
    (tmp_path / "none.toml").write_text('extends = "base"\n')
    (tmp_path / "wrong.toml").write_text('profiles = 3\nextends = "base"\n')
    assert [(p.name, p.why) for p in read_regulation(tmp_path / "own.toml").profiles] == [("b", "base"), ("A", "own")]
    assert [p.name for p in read_regulation(tmp_path / "none.toml").profiles] == ["a", "b"]
    with pytest.raises(RegulationError, match="list of tables"):
        read_regulation(tmp_path / "wrong.toml")
