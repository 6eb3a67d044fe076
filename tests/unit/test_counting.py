"""Tests that what is said about an impossible case is true: the arithmetic, the clash, the exceptions, the time."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import Any

import pytest

import tiny
from classi.domain import School
from classi.formation import bounds
from classi.formation import conflict as conflict_module
from classi.formation.conflict import Conflict, explain_conflict
from classi.formation.counting import Reason, counting_arguments
from classi.formation.engine import DETERMINISTIC_PER_SECOND, Clock, Limits, Outcome
from classi.formation.solve import Solution, solve
from classi.i18n import use_language
from classi.regulation import Regulation
from classi.terms import Band, Term

ONE = Limits(seconds=20, workers=1)
Rows = list[dict[str, Any]]
NORTH_SOUTH = [{"id": c, "plesso": "Nord" if c in ("1A", "1B") else "Sud"} for c in ("1A", "1B", "1C", "1D")]
TWO_SITES = {"rule": "eligibility", "attribute": "plesso", "hard": True}


def ready(rules: Rows, pupils: Rows, classes: Rows, ties: Sequence[Any] = ()) -> tuple[School, Regulation, list[Term]]:
    regulation = tiny.regulation(rules)
    school = regulation.bind(tiny.school(pupils, classes, ties))
    return school, regulation, regulation.terms(school)


def counted(rules: Rows, pupils: Rows, classes: Rows) -> list[Reason]:
    """Count in English, and check that what is called impossible is impossible."""
    school, regulation, terms = ready(rules, pupils, classes)
    with use_language("en"):
        found = counting_arguments(school, regulation, [t for t in terms if t.weight is None])
    assert not found or solve(school, terms, ONE).status == "INFEASIBLE"
    return found


def rows(number: int, prefix: str = "p", **cells: Any) -> Rows:
    return [{"id": f"{prefix}{i}", **cells} for i in range(number)]


def fixed(pins: dict[str, str]) -> dict[str, Any]:
    pinned = [{"pupil": pupil, "class": c, **tiny.WHO} for pupil, c in pins.items()]
    return {"rule": "fixed_class", "hard": True, "pins": pinned}


def classes_of(names: str = "AB") -> Rows:
    return [{"id": f"1{c}"} for c in names]


# --- shortages ---


def test_that_every_site_that_is_short_is_told_with_its_own_numbers() -> None:
    rules = [TWO_SITES, {"rule": "at_most_per_class", "of": {"dsa": True}, "limit": 1, "hard": True}]
    pupils = rows(4, "n", plesso_1="Nord", dsa=True) + rows(3, "s", plesso_1="Sud", dsa=True)
    north, south = sorted(counted(rules, pupils, NORTH_SOUTH), key=lambda r: r.classes)
    assert (north.code, north.classes, north.criteria) == ("C2", ("1A", "1B"), (2,))
    assert "4 to place, room for 2 × 1 = 2 in 2 classes (1A, 1B): 2 too many" in north.text
    assert "2 more classes" in north.text
    assert south.classes == ("1C", "1D")
    assert "3 to place, room for 2 × 1 = 2 in 2 classes (1C, 1D): 1 too many" in south.text


def test_that_only_the_short_site_is_told() -> None:
    rules = [TWO_SITES, {"rule": "at_least_per_class", "of": {"dsa": True}, "count": 2, "hard": True}]
    pupils = rows(4, "n", plesso_1="Nord", dsa=True) + rows(3, "s", plesso_1="Sud", dsa=True)
    (south,) = counted(rules, pupils, NORTH_SOUTH)
    assert south.code == "C3"
    assert "at least 4 are needed in 2 classes (1C, 1D), there are 3: 1 are missing" in south.text


def test_that_a_group_keeps_one_record_a_short_component() -> None:
    rooms = [frozenset({0, 1})] * 4 + [frozenset({2, 3})] * 3 + [frozenset({4})]
    weights = tuple((i, 1) for i in range(8))
    terms = [Term(Band((c,), weights, high=1, times=5), 0) for c in range(5)]
    (group,) = bounds.groups(terms, rooms)
    assert group.forced == 5 * 3
    found = {s.classes: (s.total, s.room, s.excess, len(s.bands)) for s in group.shortages}
    assert found == {(0, 1): ((4, 4), (None, 2), 2, 2), (2, 3): ((3, 3), (None, 2), 1, 2)}


def test_that_a_single_class_is_told_where_all_together_have_room() -> None:
    rules = [
        fixed({f"p{i}": "1A" for i in range(3)}),
        {"rule": "at_most_per_class", "of": {"dsa": True}, "limit": 2, "hard": True},
    ]
    (reason,) = counted(rules, rows(4, dsa=True), classes_of("ABC"))
    assert "3 to place, room for 2 in 1 class (1A): 1 too many" in reason.text
    assert "more class" not in reason.text  # a new class would not free the one they are fixed in
    assert "derogation" in reason.text


def test_that_a_quota_counts_its_classes_and_asks_for_no_more() -> None:
    rules = [{"rule": "group_quota", "of": {"dsa": True}, "max": 3, "hard": True}]
    (reason,) = counted(rules, rows(5, dsa=True), classes_of())
    assert reason.text.endswith("5 to place, room for 3 in 2 classes: 2 too many.")


@pytest.mark.parametrize(
    ("rule", "lifted"),
    [
        ({"rule": "at_most_per_class", "of": {"dsa": True}, "limit": 2}, True),
        ({"rule": "room_area", "per_pupil": 2}, False),
    ],
)
def test_that_a_derogation_is_offered_only_where_the_rule_has_any(rule: dict[str, Any], lifted: bool) -> None:
    classes = [{**row, "area_mq": 5} for row in classes_of()]
    (reason,) = counted([{**rule, "hard": True}], rows(5, dsa=True), classes)
    assert "5 to place, room for 2 × 2 = 4 in 2 classes: 1 too many. 1 more class is needed" in reason.text
    assert ("derogation" in reason.text) is lifted


# --- what is not counted in pupils ---


@pytest.mark.parametrize("percent", [30, 0])
def test_that_a_share_is_told_in_pupils_and_percent(percent: int) -> None:
    rules = [{"rule": "at_most_share", "of": {"straniero": True}, "percent": percent, "hard": True}]
    pupils = rows(9, "s", straniero=True) + rows(11, straniero=False)
    (reason,) = counted(rules, pupils, classes_of())
    assert reason.code == "C5" and reason.classes == ("1A", "1B")
    assert "at least 9 of 20 pupils belong to the group (45 %)" in reason.text
    assert f"{percent} % of them is {20 * percent // 100}." in reason.text
    assert "000" not in reason.text and "derogation" not in reason.text


def test_that_a_share_speaks_of_the_site_that_cannot_keep_it() -> None:
    rules = [TWO_SITES, {"rule": "at_most_share", "of": {"straniero": True}, "percent": 30, "hard": True}]
    pupils = rows(2, "f", plesso_1="Nord", straniero=True) + rows(4, "n", plesso_1="Nord", straniero=False)
    pupils += rows(9, "s", plesso_1="Sud", straniero=False)
    (reason,) = counted(rules, pupils, NORTH_SOUTH)
    assert "in 2 classes (1A, 1B) together at least 2 of 6 pupils" in reason.text
    assert "(33.33 %), while 30 % of them is 1." in reason.text


def test_that_a_share_just_kept_is_not_called_impossible() -> None:
    rules = [{"rule": "at_most_share", "of": {"straniero": True}, "percent": 30, "hard": True}]
    assert counted(rules, rows(6, "s", straniero=True) + rows(14, straniero=False), classes_of()) == []


@pytest.mark.parametrize(
    "rule",
    [
        {"rule": "balance", "attribute": "dsa", "relative": True},
        {"rule": "balance_number", "attribute": "livello"},
        {"rule": "balance_number", "attribute": "livello", "measure": "sum"},
    ],
)
def test_that_weighted_sums_are_not_called_pupils(rule: dict[str, Any]) -> None:
    pins = {f"{p}{i}": c for p, c in (("p", "1A"), ("q", "1B")) for i in range(6)}
    rules = [fixed(pins), {**rule, "hard": True}]
    pupils = rows(6, "p", dsa=True, livello=9) + rows(6, "q", dsa=False, livello=4)
    found = counted(rules, pupils, classes_of())
    assert found and {r.code for r in found} == {"C5"} and all(r.criteria == (2,) for r in found)
    assert all("the numbers cannot come out as asked" in r.text for r in found)
    assert all("to place" not in r.text and "needed" not in r.text for r in found)


def test_that_sums_that_do_not_divide_are_told() -> None:
    rules = [{"rule": "balance_number", "attribute": "livello", "measure": "range", "hard": True}]
    (reason,) = counted(rules, rows(3, livello=2), classes_of())
    assert reason.code == "C5" and "in 2 classes the numbers cannot come out as asked" in reason.text


# --- the clash ---


def explained(rules: Rows, pupils: Rows, classes: Rows, ties: Sequence[Any] = ()) -> Conflict:
    school, regulation, terms = ready(rules, pupils, classes, ties)
    return explain_conflict(school, regulation, terms, Clock(ONE))


def test_that_pupils_tied_together_are_all_needed_for_a_clash() -> None:
    rules = [{"rule": "class_size", "max": 2, "hard": True}, {"rule": "together", "hard": True}]
    ties = [{"da": f"p{i}", "a": f"p{i + 1}", "tipo": "insieme"} for i in (0, 1, 3)]
    pupils, classes = rows(6), classes_of("ABCD")
    found = explained(rules, pupils, classes, ties)
    assert found.minimal and set(found.pupils) == {"p0", "p1", "p2"}

    def possible(kept: set[str]) -> bool:
        inside = [t for t in ties if {t["da"], t["a"]} <= kept]
        school, _regulation, terms = ready(rules, [p for p in pupils if p["id"] in kept], classes, inside)
        return solve(school, terms, ONE).status == "OPTIMAL"

    assert not possible(set(found.pupils))
    for pupil in found.pupils:
        assert possible(set(found.pupils) - {pupil})
        assert possible({p["id"] for p in pupils} - {pupil})


def test_that_a_wish_binds_no_pupil_who_is_free() -> None:
    # 1A needs a second pupil, and only p0 is left for it, who wants to be with p1 or p3, both in 1B.
    rules = [
        {"rule": "class_size", "min": 2, "hard": True},
        {"rule": "wish_at_least_one", "hard": True},
        fixed({"p1": "1B", "p2": "1A", "p3": "1B"}),
    ]
    ties = [{"da": "p0", "a": friend, "tipo": "preferisce"} for friend in ("p1", "p3")]
    found = explained(rules, rows(4), classes_of(), ties)
    assert found.minimal and set(found.pupils) == {"p0", "p1", "p3"}


def test_that_no_name_of_a_pupil_is_written() -> None:
    rules = [
        {"rule": "class_size", "max": 2, "hard": True},
        {"rule": "together", "hard": True},
        fixed({"p0": "1A"}),
        {"rule": "forbidden_class", "hard": True, "pins": [{"pupil": "p1", "class": "1A", **tiny.WHO}]},
    ]
    pupils = rows(4, cognome="Rossi", nome="Adalgisa")
    ties = [{"da": "p0", "a": "p1", "tipo": "insieme"}]
    found = explained(rules, pupils, classes_of(), ties)
    text = json.dumps(found.to_dict())
    assert found.rules and found.relaxation and "p0" in text
    assert "Rossi" not in text and "Adalgisa" not in text
    nowhere = [fixed({"p1": "1A"}), rules[-1]]
    (reason,) = counted(nowhere, pupils, classes_of())
    assert reason.code == "C1" and "p1" in reason.text and "Rossi" not in reason.text


# --- time ---


def hard_case() -> tuple[School, Regulation, list[Term]]:
    """Return a clash that takes long to prove: pigeons in too few holes, and bands to fill the time."""
    rules = [
        {"rule": "apart", "hard": True},
        {"rule": "balance_crossed", "attributes": ["fascia", "sesso"], "hard": True},
        {"rule": "balance", "attribute": "origine", "hard": True},
    ]
    pupils = [
        {"id": f"p{i}", "sesso": "MF"[i % 2], "fascia": "abcde"[i * i % 5], "origine": f"s{i * 7 % 9}"}
        for i in range(120)
    ]
    ties = [{"da": f"p{i}", "a": f"p{j}", "tipo": "separati"} for i in range(12) for j in range(i)]
    return ready(rules, pupils, [{"id": f"c{j}"} for j in range(11)], ties)


def test_that_a_stop_set_before_leaves_only_the_arithmetic() -> None:
    rules = [{"rule": "at_most_per_class", "of": {"dsa": True}, "limit": 2, "hard": True}]
    school, regulation, terms = ready(rules, rows(5, dsa=True), classes_of())
    clock = Clock(ONE)
    clock.stop.set()
    found = explain_conflict(school, regulation, terms, clock)
    assert [r.code for r in found.counting] == ["C2"]
    assert (found.rules, found.pupils, found.relaxation, found.minimal, found.least) == ((), (), (), False, False)


def test_that_a_stop_ends_the_explanation() -> None:
    clock = Clock(Limits(seconds=300))
    threading.Timer(1.0, clock.stop.set).start()
    explain_conflict(*hard_case(), clock)
    assert clock.stop.is_set() and clock.wall < 30


def test_that_the_clash_leaves_half_of_the_time_to_the_exceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(Limits(seconds=24, workers=1))
    clock.deterministic_time = 4 * DETERMINISTIC_PER_SECOND  # spent before
    asked: list[float] = []
    left: list[float] = []

    def slow(_encoding: Any, clock: Clock, seconds: float) -> Outcome:
        asked.append(seconds)
        clock.deterministic_time += seconds * DETERMINISTIC_PER_SECOND
        return Outcome("INFEASIBLE" if len(asked) == 1 else "UNKNOWN", None, None, None)

    def ask(*_args: Any, clock: Clock) -> Solution:
        left.append(clock.left)
        return Solution("UNKNOWN", None, (), "time", 0.0, 0.0, 0.0)

    monkeypatch.setattr(conflict_module, "run", slow)
    monkeypatch.setattr(conflict_module, "solve", ask)
    found = explain_conflict(*hard_case(), clock)
    assert not found.minimal and left == [pytest.approx(10)]
    assert sum(asked) == pytest.approx(10) and min(asked) > 0


# --- the exceptions ---


def test_that_exceptions_are_called_smallest_only_when_it_is_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = [{"rule": "class_size", "max": 2, "hard": True}]
    school, regulation, terms = ready(rules, rows(5), classes_of())
    with use_language("en"):
        found = explain_conflict(school, regulation, terms, Clock(ONE))
        assert found.least and found.to_dict()["least"] is True
        assert "These exceptions make it possible, and no smaller ones do:" in found.lines()

    def unproved(*_args: Any, **_kwargs: Any) -> Solution:
        return Solution("FEASIBLE", (0, 0, 0, 0, 1), (), "time", 0.0, 0.0, 0.0)

    monkeypatch.setattr(conflict_module, "solve", unproved)
    with use_language("en"):
        found = explain_conflict(school, regulation, terms, Clock(ONE))
        assert found.relaxation and not found.least
        assert "no smaller" not in str(found) and "smaller ones may do" in str(found)


def test_that_crowding_out_is_seen_before_any_search() -> None:
    # Three grave disabilities, one a class at most, twenty pupils in a class that has one: 60 places for 66 pupils.
    rules = [
        {"rule": "at_most_per_class", "of": {"disabilita": ["comma1", "comma3"]}, "limit": 1, "hard": True},
        {"rule": "size_with_group", "of": {"disabilita": "comma3"}, "limit": 20, "hard": True},
    ]
    rows = [{"id": f"p{i}", "disabilita": "comma3" if i < 3 else "no"} for i in range(66)]
    regulation = tiny.regulation(rules)
    school = tiny.school(rows, [{"id": f"1{c}"} for c in "ABC"])
    terms = regulation.terms(school)
    assert solve(school, terms, Limits(seconds=20, workers=1)).status == "INFEASIBLE"
    with use_language("en"):
        conflict = explain_conflict(school, regulation, terms, Clock(Limits(seconds=20, workers=1)))
    (reason,) = conflict.counting
    assert reason.code == "C4" and "60" in reason.text and "66" in reason.text
    assert {k for r in conflict.rules for k in r.criteria} == {1, 2}
