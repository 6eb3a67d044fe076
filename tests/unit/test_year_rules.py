"""Tests of ``[changes]``: what it may hold, how it is inherited, and what it allows on which day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from classi.changes.rules import YearRules, inherited_changes, parse_changes
from classi.changes.ruling import Facts, Ruling, ruling
from classi.errors import RegulationError
from classi.i18n import use_language
from classi.regulation import parse_regulation, read_regulation
from classi.resources import models

BEGIN = date(2026, 9, 10)
GROUND: dict[str, Any] = {"id": "grave", "text": "Motivi gravi", "kinds": ["trasferimento"], "exceptional": True}
FREE = {"id": "altro", "text": "Altri motivi", "kinds": ["trasferimento", "scambio"]}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


def rules(**lines: Any) -> YearRules:
    made = parse_changes({"lessons_begin": BEGIN, "grounds": [GROUND, FREE], **lines}, "r.toml")
    assert isinstance(made, YearRules)
    return made


def judged(lines: dict[str, Any], on: date = BEGIN, kind: str = "trasferimento", **facts: Any) -> Ruling:
    return ruling(rules(**lines), Facts(kind, **facts), on)


# --- days ---


@pytest.mark.parametrize(
    ("day", "kind", "allowed"),
    [
        (date(2026, 9, 9), "trasferimento", True),
        (date(2026, 9, 25), "trasferimento", True),
        (date(2026, 9, 26), "trasferimento", False),
        (date(2026, 9, 26), "scambio", False),
        (date(2026, 9, 26), "riformazione", False),
        (date(2026, 9, 26), "iscrizione", True),
        (date(2027, 5, 1), "ritiro", True),
    ],
)
def test_that_classes_are_frozen_from_the_day_after_the_last(day: date, kind: str, allowed: bool) -> None:
    found = judged({"frozen_after_days": 15, "sources": {"frozen_after_days": "art. 11"}}, day, kind)
    assert found.allowed is allowed
    if not allowed:
        assert found.reasons == (
            "After 25/09/2026 (15 days of lessons) classes change only for exceptional reasons (art. 11).",
        )


def test_that_an_exceptional_ground_lifts_the_days_with_a_written_reason_alone() -> None:
    lines, late = {"frozen_after_days": 15}, date(2026, 9, 26)
    assert not judged(lines, late, ground="altro", exceptional="perché").allowed
    assert "must be written" in judged(lines, late, ground="grave", exceptional="  ").reasons[0]
    lifted = judged(lines, late, ground="grave", exceptional="trasloco improvviso")
    assert lifted.allowed and "explained to the families" in lifted.reasons[0]
    assert judged(lines, BEGIN, ground="grave").reasons == ()


def test_that_kinds_named_free_stay_free_and_others_do_not() -> None:
    lines, late = {"frozen_after_days": 15, "free": ["scambio"]}, date(2026, 10, 1)
    assert judged(lines, late, "scambio").allowed and not judged(lines, late, "iscrizione").allowed


def test_that_days_only_warn_where_the_first_day_of_lessons_is_not_written() -> None:
    found = judged({"frozen_after_days": 15, "lessons_begin": BEGIN}, date(2027, 1, 1))
    assert not found.allowed
    made = parse_changes({"frozen_after_days": 15, "same_site": True, "same_site_from_lessons": True}, "r.toml")
    assert isinstance(made, YearRules)
    warned = ruling(made, Facts("trasferimento", between_sites=True), date(2027, 1, 1))
    assert warned.allowed and len(warned.reasons) == 2 and "lacks lessons_begin" in warned.reasons[0]
    assert (made.last_free_day, made.publish_by) == (None, None)


def test_that_the_days_are_told() -> None:
    made = rules(frozen_after_days=15, publish_days_before=3)
    assert (made.last_free_day, made.publish_by) == (date(2026, 9, 25), date(2026, 9, 7))


# --- grounds with days of their own ---

UNTIL = {
    "id": "passaggio", "text": "Passaggio", "source": "S", "kinds": ["trasferimento"],
    "until": [{"anno": [1, 2, 3, 4], "date": "02-28"}, {"anno": [5], "date": "11-30"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("day", "anno", "allowed"),
    [
        (date(2027, 2, 28), 4, True),
        (date(2027, 3, 1), 4, False),
        (date(2026, 12, 31), 1, True),
        (date(2026, 11, 30), 5, True),
        (date(2026, 12, 1), 5, False),
        (date(2026, 9, 11), 6, False),
        (date(2026, 9, 9), 6, True),  # the year has not begun
        (date(2027, 11, 5), 4, False),  # inside the term of another school year
        (date(2027, 2, 28), None, True),
        (date(2027, 3, 1), None, False),
    ],
)
def test_that_a_ground_with_last_days_of_its_own_holds_until_then(day: date, anno: int | None, allowed: bool) -> None:
    lines = {"grounds": [UNTIL], "frozen_after_days": 15}
    found = judged(lines, day, ground="passaggio", anno=anno)
    assert found.allowed is allowed
    if allowed and anno is None:
        assert "year of the class is not known" in found.reasons[0]
    if not allowed:
        assert "(S)" in found.reasons[0]


@pytest.mark.parametrize(
    ("day", "allowed"), [(date(2026, 8, 31), True), (date(2026, 9, 1), True), (date(2027, 6, 30), False)]
)
def test_that_without_the_first_day_the_summer_is_before_the_year(day: date, allowed: bool) -> None:
    made = parse_changes({"grounds": [UNTIL]}, "r.toml")
    assert isinstance(made, YearRules)
    assert ruling(made, Facts("trasferimento", ground="passaggio", anno=1), day).allowed is allowed


# --- sites, grounds, swaps ---


def test_that_nobody_passes_to_another_site_without_an_exceptional_ground() -> None:
    assert judged({"same_site": True}).allowed
    refused = judged({"same_site": True}, between_sites=True)
    assert not refused.allowed and "needs one of these grounds: grave" in refused.reasons[0]
    assert not judged({"same_site": True}, ground="altro", between_sites=True).allowed
    assert judged({"same_site": True}, ground="grave", between_sites=True).allowed
    assert judged({"same_site": False}, between_sites=True).allowed


def test_that_the_rule_on_sites_may_begin_with_the_lessons() -> None:
    lines = {"same_site": True, "same_site_from_lessons": True}
    assert judged(lines, date(2026, 9, 9), between_sites=True).allowed
    assert not judged(lines, BEGIN, between_sites=True).allowed


def test_that_a_ground_may_be_needed_and_must_be_for_that_kind() -> None:
    lines = {"needs_ground": ["trasferimento", "iscrizione"]}
    assert "needs one of these grounds: grave, altro" in judged(lines).reasons[0]
    assert "needs one of these grounds: –" in judged(lines, kind="iscrizione").reasons[0]
    assert judged(lines, ground="altro").allowed and judged(lines, kind="scambio").allowed
    assert "there are: grave, altro" in judged({}, ground="boh").reasons[0]
    assert "does not justify a change of the kind “scambio”" in judged({}, kind="scambio", ground="grave").reasons[0]
    assert not judged({}, kind="ritiro", ground="grave").allowed and judged(lines, kind="ritiro").allowed


def test_that_only_opposite_swaps_may_be_left() -> None:
    lines = {"opposite_swaps_only": True}
    assert judged(lines, kind="scambio", balance_unchanged=True).allowed
    assert not judged(lines, kind="scambio").allowed and not judged(lines, balance_unchanged=True).allowed
    assert judged(lines, ground="grave").allowed and judged(lines, kind="iscrizione").allowed


def test_that_what_a_ground_needs_is_told_and_an_unknown_kind_is_no_change() -> None:
    asked = judged({"grounds": [{**GROUND, "needs": ["una relazione"]}]}, ground="grave")
    assert asked.needs == ("una relazione",)
    with pytest.raises(ValueError, match="boh"):
        judged({}, kind="boh")


LIMIT = {"kinds": ["riformazione"], "days": 30, "needs": ["la delibera"], "source": "art. 12"}


def test_that_a_kind_without_a_ground_may_have_a_last_day_and_needs_of_its_own() -> None:
    lines = {"limits": [LIMIT], "grounds": [{**FREE, "kinds": ["riformazione"], "needs": ["altro"]}]}
    on_time = judged(lines, date(2026, 10, 10), "riformazione")
    assert (on_time.allowed, on_time.needs) == (True, ("la delibera",))
    late = judged(lines, date(2026, 10, 11), "riformazione")
    assert late.reasons == ("After 10/10/2026 a change of the kind “riformazione” needs a ground (art. 12).",)
    assert judged(lines, date(2026, 10, 11), "riformazione", ground="altro").needs == ("altro",)
    assert judged(lines, date(2026, 9, 9), "riformazione").needs == () == judged(lines, date(2026, 10, 11)).needs
    made = parse_changes({"limits": [LIMIT, {"kinds": ["ritiro"], "needs": ["nullaosta"]}]}, "r.toml")
    assert isinstance(made, YearRules)
    warned = ruling(made, Facts("riformazione"), date(2027, 1, 1))
    assert warned.allowed and "after 30 days of lessons (art. 12)" in warned.reasons[0]
    assert ruling(made, Facts("ritiro"), date(2027, 1, 1)) == Ruling(True, (), ("nullaosta",))


def test_that_no_last_day_keeps_anybody_from_leaving() -> None:
    leaving = {"kinds": ["ritiro", "trasferimento"], "days": 3, "needs": ["nullaosta"]}
    assert judged({"limits": [leaving]}, date(2027, 3, 1), "ritiro") == Ruling(True, (), ("nullaosta",))
    assert not judged({"limits": [leaving]}, date(2027, 3, 1), "trasferimento").allowed


@pytest.mark.parametrize(("begin", "last"), [(date(2026, 9, 10), "28/02/2027"), (date(2027, 8, 31), "29/02/2028")])
def test_that_a_last_day_is_one_of_the_school_year_that_goes_on(begin: date, last: str) -> None:
    made = parse_changes(
        {"lessons_begin": begin, "grounds": [{**UNTIL, "until": [{"anno": [1], "date": "02-29"}]}]}, ""
    )
    assert isinstance(made, YearRules)
    refused = ruling(made, Facts("trasferimento", ground="passaggio", anno=1), date(2028, 3, 1))
    assert f"was {last}" in refused.reasons[0]


# --- reading ---


def wrong(**changes: Any) -> list[str]:
    with pytest.raises(RegulationError) as error:
        parse_regulation({"changes": changes})
    return [str(p) for p in error.value.problems]


def test_that_every_mistake_is_said_with_the_nearest_right_word() -> None:
    said = wrong(frozen_after_day=15, free=["iscrizzione"], lessons_begin="2026-09-10", same_site="sì")
    assert all("Changes:" in line for line in said)
    assert any("Perhaps: frozen_after_days" in line for line in said)
    assert any("Perhaps: iscrizione" in line for line in said)
    assert any("a day is needed" in line for line in said) and any("true or false" in line for line in said)
    assert len(said) == 4


@pytest.mark.parametrize("day", ["28-02-2027", "02-30", "13-01", "00-10", "2-28", "0２-28", "", "02/28"])
def test_that_a_last_day_is_month_and_day(day: str) -> None:
    ground = {**GROUND, "until": [{"anno": [1], "date": day}]}
    (said,) = wrong(grounds=[ground])
    assert "grounds.0.until.0.date" in said


def test_that_grounds_have_names_of_their_own_and_sources_are_of_lines() -> None:
    (said,) = wrong(grounds=[GROUND, GROUND])
    assert "more than one ground is called “grave”" in said
    (said,) = wrong(sources={"frozen_after_day": "S"})
    assert "sources.frozen_after_days" in said
    assert wrong(grounds=[{**GROUND, "id": "Motivi gravi"}]) and wrong(sources="S") and wrong(grounds=[{"id": "x"}])
    with pytest.raises(RegulationError, match=r"\[changes\]"):
        parse_regulation({"changes": 3})


def test_that_own_lines_and_grounds_take_the_place_of_inherited_ones() -> None:
    base = {"frozen_after_days": 15, "sources": {"free": "A", "same_site": "B"}, "grounds": [GROUND, FREE]}
    own = {"same_site": True, "sources": {"free": "C"}, "grounds": [{**FREE, "text": "T"}, {**FREE, "id": "nuovo"}]}
    joined = inherited_changes(base, own)
    assert (joined["frozen_after_days"], joined["same_site"]) == (15, True)
    assert joined["sources"] == {"free": "C", "same_site": "B"}
    assert [(g["id"], g["text"]) for g in joined["grounds"]] == [
        ("grave", "Motivi gravi"), ("altro", "T"), ("nuovo", "Altri motivi"),
    ]  # fmt: skip
    assert inherited_changes(base, 3) == 3 and inherited_changes(3, own) == own
    assert inherited_changes({"grounds": 1}, {"lessons_begin": BEGIN}) == {"grounds": 1, "lessons_begin": BEGIN}


def test_that_a_school_adds_its_first_day_to_a_model(tmp_path: Path) -> None:
    file = tmp_path / "regolamento.toml"
    text = 'extends = "s002-diurno"\n[admission]\nyear = 2026\n[changes]\nlessons_begin = 2026-09-10\n'
    file.write_text(text, encoding="utf-8")
    found = read_regulation(file, models()).changes
    assert found is not None and found.last_free_day == date(2026, 9, 25) and len(found.grounds) == 6
    assert found.words("free").startswith(" (S002") and YearRules().words("free") == ""


def test_that_every_line_and_ground_of_the_models_has_its_words() -> None:
    for file in sorted(models().glob("s0*.toml")):
        found = read_regulation(file, models()).changes
        assert found is not None and found.grounds
        lines = set(found.model_fields_set) - {"source", "sources", "grounds", "limits"}
        assert lines == set(found.sources) and all("«" in words for words in found.sources.values())
        assert all("«" in g.source for g in (*found.grounds, *found.limits))
