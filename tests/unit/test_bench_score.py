"""Tests of the neutral score: the auditor's figures, times read from the news, bounds that contradict no value."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import oversubscribed
from classi.bench import score as module
from classi.bench.gaps import reached
from classi.bench.methods import formed, methods
from classi.bench.methods.base import Trace
from classi.bench.records import Answer, Event, Instance, Record
from classi.bench.score import fresh_peak, peak_mb, score
from classi.bench.suites import Task
from classi.case import Case
from classi.errors import Contradiction
from classi.i18n import use_language

PUPILS = [{"id": i, "sesso": s} for i, s in zip("abcdef", "FFFMMM", strict=True)]
CLASSES = [{"id": "1A"}, {"id": "1B"}]
TIES = [
    {"da": "a", "a": "b", "tipo": "preferisce"},
    {"da": "b", "a": "a", "tipo": "preferisce"},
    {"da": "c", "a": "d", "tipo": "fratelli"},
]
RULES = [
    {"rule": "class_size", "min": 2, "max": 4, "hard": True},
    {"rule": "apart", "ties": ["fratelli"], "hard": True},
    {"rule": "balance", "attribute": "sesso", "values": ["F"], "weight": 5, "tier": 1},
    {"rule": "equal_sizes", "weight": 2, "tier": 1},
    {"rule": "wishes", "kind": "reciprocal", "weight": 3, "tier": 2},
]
CASE = Case.from_rows({"alunni": PUPILS, "classi": CLASSES, "legami": TIES}, {"criteria": RULES})
TASK = Task(Instance("tiny", 6, 1), "x", 9.0, 2)


def placed(classes: str) -> dict[str, str]:
    """Place pupils a, b, c… by the letters of their classes."""
    return {p["id"]: f"1{letter}" for p, letter in zip(PUPILS, classes, strict=False)}


def answer(places: Mapping[str, str] | None, *bounds: int | None, events: tuple[Event, ...] = ()) -> Answer:
    return Answer(places, bounds, 2.0, 1.5, events)


def record(found: Answer, **more: Any) -> Record:
    return score(TASK, CASE, found, **more)


def test_that_the_score_is_what_one_counts_by_hand() -> None:
    # 1A: a, c, e, f; 1B: b, d. Girls 2 and 1 of 3, as even as can be; sizes 4 and 2; the wish of a and b is cut.
    r = record(answer(placed("ABABAA"), 0, 0), code="abc", machine={"cores": "2"}, peak=7.0)
    assert (r.family, r.pupils, r.classes, r.seed) == ("tiny", 6, 2, 1)
    assert (r.method, r.limit, r.threads) == ("x", 9.0, 2)
    with use_language("en"):
        assert r.rules == tuple(map(CASE.regulation.label, range(5)))
    assert r.hard == 0
    sizes, wishes = r.criteria[3], r.criteria[4]
    assert r.criteria == (0, 0, 0, sizes, wishes)
    assert (sizes, wishes) == (2, 2)
    assert r.tiers == (2 * sizes, 3 * wishes)
    assert (r.status, r.bounds) == ("open", (0, 0))
    assert (r.seconds, r.cpu_seconds, r.peak_mb, r.code, r.machine) == (2.0, 1.5, 7.0, "abc", {"cores": "2"})
    assert r.to_proof is None
    assert (r.parts, r.parts_proved) == (1, 0)


def test_that_a_broken_rule_is_counted_and_its_cheap_tiers_contradict_nothing() -> None:
    r = record(answer(placed("AABBBB"), 4, 1))  # c and d are siblings
    assert (r.status, r.hard, r.bounds) == ("broken", 1, (4, 1))
    assert r.to_one_percent is None
    r = record(answer(placed("AAAAAB"), None, None))
    assert (r.status, r.hard) == ("broken", 1 + 1 + 1)  # one over, one under, the siblings


def test_that_pupils_left_out_and_unknown_classes_are_broken_rules() -> None:
    some = placed("AAABB")
    assert record(answer(some)).status == "broken"
    assert record(answer({**placed("AAABBB"), "f": "9Z"})).hard == 1
    assert record(answer({**placed("AAABBB"), "z": "1A"})).hard == 1


def test_that_nothing_found_is_nothing_and_keeps_its_bounds() -> None:
    r = record(answer(None, 3, None))
    assert (r.status, r.hard, r.tiers, r.bounds, r.criteria) == ("nothing", None, (), (3, None), ())


def test_that_a_bound_above_the_audited_value_is_a_contradiction() -> None:
    with pytest.raises(Contradiction, match="7"):
        record(answer(placed("ABABAA"), 0, 7))


def test_that_nothing_costs_less_than_nothing() -> None:
    r = record(answer(placed("AABABB"), None))  # girls 2 and 1, three and three, a with b, c and d apart
    assert (r.status, r.tiers, r.bounds) == ("proved", (0, 0), (0, 0))
    assert r.to_proof == 2.0  # nobody said when: not later than the end
    assert r.parts_proved == 1


def test_that_parts_are_those_the_method_tells() -> None:
    r = record(Answer(placed("ABABAA"), (0, 0), 2.0, 1.5, (), parts=4, parts_proved=3))
    assert (r.parts, r.parts_proved) == (4, 3)


def test_that_times_are_those_of_the_first_event_that_was_good_enough() -> None:
    events = (
        Event(0.1, None, (), (1, None)),
        Event(0.2, 0, (4,), (4, None)),
        Event(0.3, 2, (4, 0), (4, None)),
        Event(0.4, 0, (4, 7), (4, None)),
        Event(0.5, 0, (4, 6), (4, 2)),
        Event(0.6, 0, (4, 6), (4, 6)),
        Event(0.7, 0, (4, 6), (4, 6)),
    )
    r = record(answer(placed("ABABAA"), 4, 6, events=events))
    assert (r.status, r.to_one_percent, r.to_proof) == ("proved", 0.5, 0.6)
    assert r.events == events
    assert reached(events, (4, 6), 0.5) == 0.4
    assert reached(events, (4, None), 0.5) is None
    assert reached(events, (4, 3), 0.01) is None
    assert reached([Event(1.0, 0, (0,), (None,))], (0,), 0.0, proved=True) == 1.0
    assert reached([Event(1.0, 0, (100,), (None,))], (99,), 0.01) == 1.0
    assert reached([Event(1.0, 0, (101,), (None,))], (99,), 0.01) is None


def test_that_a_real_answer_is_scored_as_it_said_itself() -> None:
    for name in ("classi", "naive", "highs"):
        r = score(TASK, CASE, methods()[name](CASE, 10.0, 0))
        assert (r.status, r.tiers, r.hard) == ("proved", (0, 0), 0)
        assert r.to_proof is not None
        assert r.to_one_percent is not None
        assert 0 < r.to_one_percent <= r.to_proof <= r.seconds


def test_that_seats_are_given_before_the_classes_are_counted(tmp_path: Path) -> None:
    case = Case.read(oversubscribed.write_school(tmp_path / "case"))
    inside = formed(case)
    found = methods()["naive"](inside, 5.0, 0)
    for one in (case, inside):
        r = score(TASK, one, found)
        assert (r.status, r.hard) == ("proved", 0)


def test_that_a_pupil_outside_the_classes_of_the_seat_breaks_a_hard_rule(tmp_path: Path) -> None:
    case = Case.read(oversubscribed.write_school(tmp_path / "case"))
    inside = formed(case)
    found = methods()["naive"](inside, 5.0, 0)
    assert found.placed is not None
    assert inside.seats is not None
    one = next(p for p, classes in inside.seats.items() if classes == {"1A"})
    other = next(p for p, classes in inside.seats.items() if classes == {"1B"})
    swapped = {**found.placed, one: "1B", other: "1A"}
    r = score(TASK, case, answer(swapped, 0))
    assert r.status == "broken"
    assert r.hard is not None
    assert r.hard >= 2
    trace = Trace(inside, 5.0)
    ids = [c.id for c in inside.school.classes]
    assert trace.values([ids.index(swapped[p.id]) for p in inside.school.pupils])[0] == r.hard


# --- memory ---


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux forgets the peak")
def test_that_a_fresh_peak_forgets_what_was_needed_before() -> None:
    block = bytearray(200_000_000)
    high = module._since_fresh()
    del block
    fresh_peak()
    low = module._since_fresh()
    assert high is not None
    assert low is not None
    assert low < high - 150
    assert peak_mb() >= low > 5


def test_that_memory_is_told_where_there_is_no_proc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "Path", lambda _name: tmp_path / "missing" / "file")
    fresh_peak()
    assert peak_mb() > 5
    monkeypatch.setattr(sys, "platform", "win32")
    assert peak_mb() == 0.0
