"""Tests that the report of a benchmark says what was measured, and no more."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from classi.bench import report
from classi.bench.axes import COLOURS, look_of, spread
from classi.bench.gaps import best_known, contradictions, gap_curve, tier_gaps, worst_gap
from classi.bench.plots import Plot, draw
from classi.bench.records import Event, Record, Sweep
from classi.bench.report import frame, results, write_report
from classi.bench.stats import percentile, power_fit, profiles, quartiles
from classi.bench.summary import (
    Worse,
    criterion_sums,
    equal_time,
    latest,
    longest,
    method_names,
    method_rows,
    proof_seconds,
    shared,
    size_rows,
    tidy_rows,
)  # fmt: skip
from classi.bench.targets import say_worse, targets
from classi.bench.words import of_whole, plain, say_seconds, span, table
from classi.i18n import use_language

RULES = ("class_size", "balance", "wishes")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


def record(method: str = "classi", seed: int = 1, tiers: Sequence[int] = (0, 4), **changed: Any) -> Record:
    """Return a proved record of a school of 60, unless told otherwise."""
    values = tuple(tiers)
    made = Record(
        family="standard", pupils=60, classes=3, seed=seed, method=method, limit=60.0, code="c0de", status="proved",
        seconds=2.0, cpu_seconds=3.0, peak_mb=120.0, hard=0, tiers=values, bounds=values, criteria=(0, *values),
        rules=RULES, to_proof=2.0, to_one_percent=1.0, parts=1, parts_proved=1,
        events=(Event(0.5, None, (), (0, 0)), Event(1.0, 0, values, (0, 0)), Event(2.0, 0, values, values)),
        machine={"cores": "2"},
    )  # fmt: skip
    return replace(made, **changed)


def unproved(method: str = "swaps", seed: int = 1, tiers: Sequence[int] = (0, 8), **changed: Any) -> Record:
    plain_end = (Event(1.0, 0, tuple(tiers), (None, None)),)
    given = {"status": "open", "seconds": 60.0, "to_proof": None, "bounds": (0, None), "parts_proved": 0}
    return record(method, seed, tiers, **{**given, "events": plain_end, **changed})


def nothing(status: str, method: str = "genetic", seed: int = 1, **changed: Any) -> Record:
    given = {"hard": None, "bounds": (), "criteria": (), "to_proof": None, "to_one_percent": None, "events": ()}
    return record(method, seed, (), **{**given, "status": status, "parts_proved": 0, **changed})


# --- statistics ---


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([3, 1, 2], 0.5, 2),
        ([1, 2], 0.5, 1.5),
        ([7], 0.95, 7),
        ([0, 0, 0], 1, 0),
        (list(range(21)), 0.95, 19),
        ([1, 3, None], 0.5, 3),
        ([1, None], 0.5, math.inf),
        ([None, None], 0.5, math.inf),
        ([1, 2, None], 1, math.inf),
    ],
)
def test_that_a_run_cut_off_is_longer_than_any_other(values: list[float | None], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


def test_that_a_percentile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_that_an_exact_power_law_is_found() -> None:
    fit = power_fit([(n, 0.002 * n**1.5) for n in (60, 125, 300, 1000)])
    assert fit is not None
    assert fit.exponent == pytest.approx(1.5)
    assert fit.factor == pytest.approx(0.002)
    assert (fit.low, fit.high) == (pytest.approx(1.5), pytest.approx(1.5))
    assert fit.at(400) == pytest.approx(0.002 * 400**1.5)


def test_that_the_interval_of_an_exponent_is_students() -> None:
    # log2 of (1, 4, 4) against log2 of (1, 2, 4): slope 1, residuals (−1/3, 2/3, −1/3), error √(1/3), t(0.975; 1).
    fit = power_fit([(1, 1), (2, 4), (4, 4)])
    assert fit is not None
    assert fit.exponent == pytest.approx(1)
    assert fit.high - fit.exponent == pytest.approx(12.7062 * math.sqrt(1 / 3), rel=1e-4)
    assert fit.exponent - fit.low == pytest.approx(fit.high - fit.exponent)


def test_that_an_exponent_needs_two_sizes_and_an_interval_three_points() -> None:
    assert power_fit([]) is None
    assert power_fit([(60, 1.0), (60, 2.0)]) is None
    fit = power_fit([(60, 0.0), (600, 0.1)])  # 0 seconds count as a hundredth
    assert fit is not None
    assert fit.exponent == pytest.approx(1)
    assert (fit.low, fit.high) == (-math.inf, math.inf)


def test_that_a_performance_profile_is_the_one_made_by_hand() -> None:
    found = profiles({"a": [1.0, 10.0, None], "b": [2.0, 5.0, None]})
    assert found == {"a": [(1.0, 1 / 3), (2.0, 2 / 3)], "b": [(1.0, 1 / 3), (2.0, 2 / 3)]}
    assert profiles({"a": [0.0, 0.001], "b": [0.02, None]}) == {"a": [(1.0, 1.0)], "b": [(2.0, 0.5)]}
    assert profiles({}) == {}


def test_that_quartiles_hold_each_value_until_the_next_step() -> None:
    curves = [[(1.0, 0.4), (3.0, 0.0)], [(1.0, 0.8)], [(2.0, 0.6)]]
    low, middle, high = quartiles(curves, [0.5, 1.0, 2.5, 3.0], before=1.0)
    assert list(low) == pytest.approx([1.0, 0.6, 0.5, 0.3])
    assert list(middle) == pytest.approx([1.0, 0.8, 0.6, 0.6])
    assert list(high) == pytest.approx([1.0, 0.9, 0.7, 0.7])


# --- which records count ---


def test_that_a_case_measured_again_replaces_the_older_one() -> None:
    old, new = record(code="old"), record(code="new")
    assert latest([old, record(seed=2), new]) == [new, record(seed=2)]
    assert latest([]) == []


def test_that_the_longest_limit_stands_for_a_method() -> None:
    short, long = record(limit=10.0), record(limit=60.0)
    assert longest([long, short]) == [long]
    assert longest([short, long]) == [long]


def test_that_methods_are_compared_at_the_limit_where_most_were_measured() -> None:
    alone = [record(seed=s, limit=120.0) for s in (1, 2, 3)]
    both = [record(limit=10.0), unproved(limit=10.0)]
    big = record(pupils=300, limit=120.0)
    assert equal_time([*alone, *both, big]) == [*both, big]


def test_that_threads_tell_measurements_apart_as_time_does() -> None:
    one, two = record(), record(threads=2)
    assert latest([one, two]) == [one, two]
    assert longest([two, one]) == [two]
    assert equal_time([one, two, unproved()]) == [one, unproved()]
    (row,) = size_rows([one, record(seed=2, threads=4)])
    assert row.threads == (1, 4)


def test_that_only_schools_every_method_met_are_shared() -> None:
    records = [record(seed=1), record(seed=2), unproved(seed=2)]
    assert shared(records) == records[1:]
    apart = [record(seed=1), unproved(seed=2)]
    assert shared(apart) == apart
    assert method_names([unproved(), record("annealing"), record()]) == ["classi", "annealing", "swaps"]


def test_that_only_a_proof_has_a_time() -> None:
    assert proof_seconds(record(to_proof=0.0)) == 0
    assert proof_seconds(record(to_proof=None)) == 2
    assert proof_seconds(unproved(to_proof=1.0)) is None


# --- gaps ---


def test_that_a_gap_is_the_largest_of_any_tier() -> None:
    assert tier_gaps((0, 10, 4), (0, 9)) == (0, pytest.approx(0.1), 1)
    assert worst_gap(0, (0, 10), (0, 9)) == pytest.approx(0.1)
    assert worst_gap(0, (), ()) == 0
    assert worst_gap(1, (0, 0), (0, 0)) == 1
    assert worst_gap(None, (), (0, 0)) == 1
    assert worst_gap(0, (0,), (0, 9)) == 1, "a tier not told yet is not reached"


def test_that_the_best_bound_is_that_of_all_methods() -> None:
    found = best_known([unproved(tiers=(0, 8)), record(tiers=(0, 4)), nothing("failed", seed=2)])
    assert found == {("standard", 60, 1): (0, 4), ("standard", 60, 2): ()}


def known(method: str, tiers: tuple[int, ...], bounds: tuple[int | None, ...], hard: int | None = 0) -> Record:
    status = "nothing" if hard is None else "broken" if hard else "proved" if tiers == bounds else "open"
    return Record("f", 60, 3, 1, method, 1.0, "", status, 1.0, 1.0, 1.0, hard=hard, tiers=tiers, bounds=bounds)


def test_that_the_best_bound_goes_with_the_best_assignment() -> None:
    key = ("f", 60, 1)
    best = known("best", (10, 5), (8, 3))
    assert best_known([best]) == {key: (8, 3)}
    # Better bound of the first tier: always valid, even from a method that found nothing, or broke a rule.
    assert best_known([best, known("y", (), (9, None), hard=None)]) == {key: (9, 3)}
    assert best_known([best, known("y", (7, 7), (9, 9), hard=2)]) == {key: (9, 3)}
    # A bound of the second tier given a first tier as good as, or worse than, the best: valid. Better: not.
    assert best_known([best, known("y", (10, 9), (8, 4))]) == {key: (8, 4)}
    assert best_known([best, known("y", (12, 9), (8, 4))]) == {key: (8, 4)}
    assert best_known([known("best", (9, 20), (8, 17)), known("y", (10, 5), (8, 3))]) == {key: (8, 17)}
    assert best_known([known("best", (9, 20), (8, None)), known("y", (10, 5), (8, 3))]) == {key: (8, 3)}
    assert best_known([known("y", (9, 20), (8, 17)), known("best", (8, 30), (8, None))]) == {key: (8, 17)}
    assert best_known([known("failed", (), (), hard=None)]) == {key: ()}
    assert best_known([]) == {}


def test_that_a_bound_proved_for_a_better_first_tier_says_nothing_of_a_worse_one() -> None:
    # With 9 in the first tier the second costs 17 at least; the best known assignment has 8 there, for 30.
    records = [known("a", (8, 30), (8, 25)), known("b", (9, 20), (8, 17))]
    assert best_known(records) == {("f", 60, 1): (8, 25)}


def test_that_schools_are_told_apart() -> None:
    other = Record("f", 60, 3, 2, "m", 1.0, "", "open", 1.0, 1.0, 1.0, hard=0, tiers=(4,), bounds=(2,))
    assert best_known([known("m", (3,), (1,)), other]) == {("f", 60, 1): (1,), ("f", 60, 2): (2,)}


def test_that_a_bound_above_what_another_method_reached_is_a_contradiction() -> None:
    records = [known("right", (10,), (8,)), known("wrong", (12,), (11,))]
    (said,) = contradictions(records)
    assert "f-60-1" in said and "11 (wrong)" in said and said.endswith("10.")
    assert best_known(records) == {("f", 60, 1): (0,)}


def test_that_bounds_which_cannot_be_right_are_said_and_hide_nothing() -> None:
    records = [record(tiers=(0, 4)), unproved(tiers=(0, 3)), record(seed=2)]
    (wrong,) = contradictions(records)
    assert "standard-60-1" in wrong
    assert best_known(records) == {("standard", 60, 1): (0, 0), ("standard", 60, 2): (0, 4)}
    assert contradictions([record()]) == []
    text = results(records, "run", [])
    assert "## Contradictions" in text
    assert plain(wrong) in text


def test_that_a_curve_ends_as_the_auditor_counted() -> None:
    told = record(tiers=(0, 8), bounds=(0, 4), events=(Event(1.0, 0, (0,), (0, 0)), Event(3.0, 0, (0, 4), (0, 4))))
    assert gap_curve(told, (0, 4)) == [(1.0, 1.0), (3.0, 0.0), (3.0, 0.5)]
    assert gap_curve(nothing("nothing"), (0, 4)) == [(2.0, 1.0)]


# --- tables ---


def test_that_a_size_is_summed_up_with_the_runs_cut_off() -> None:
    runs = [record(seed=s, to_proof=float(s), peak_mb=100.0 + s) for s in (1, 2, 3)]
    cut = unproved("classi", 4, (0, 8), bounds=(0, 6), limit=30.0, classes=4, parts=3, parts_proved=2)
    (row,) = size_rows([*runs, cut, unproved(seed=1)])
    assert (row.pupils, row.classes, row.limits, row.runs, row.proved) == (60, (3, 4), (30.0, 60.0), 4, 3)
    assert (row.median, row.p95, row.worst) == (2.5, math.inf, math.inf)
    assert row.gaps == (0, 0.25)
    assert (row.parts, row.nothing, row.peak_mb) == ((5, 6), 0, 120.0)


def test_that_runs_without_an_answer_are_counted_and_have_no_gap() -> None:
    (row,) = size_rows([nothing("failed", "classi"), unproved("classi", 2, hard=3, status="broken")])
    assert (row.proved, row.nothing, row.gaps) == (0, 2, ())
    assert size_rows([unproved()]) == []


def test_that_methods_are_added_up_and_compared_on_common_schools() -> None:
    ours = [record(seed=1, tiers=(0, 4)), record(seed=2, tiers=(0, 4))]
    theirs = [unproved(seed=1, tiers=(1, 2)), unproved(seed=2, tiers=(0, 9))]
    first, second = method_rows([*theirs, *ours])
    assert (first.method, first.runs, first.answers, first.kept, first.hard) == ("classi", 2, 2, 2, 0)
    assert (first.tiers, first.proved, first.bounded, first.seconds) == ((0, 8), 2, 2, 2.0)
    assert (first.compared, first.worse) == (2, ())
    assert second.criteria == {"class_size": 0, "balance": 1, "wishes": 11}
    assert (second.bounded, second.seconds) == (0, math.inf)
    assert second.worse == (Worse("classi", "balance", 1, 0), Worse("classi", "wishes", 11, 8))


def test_that_whoever_breaks_a_hard_rule_is_no_rival_and_has_no_valid_answer() -> None:
    cheat = unproved("metis", tiers=(0, 0), hard=5, status="broken")
    ours, genetic, metis = method_rows([record(), cheat, nothing("nothing")])
    assert (ours.compared, ours.worse) == (0, ())
    assert (metis.answers, metis.kept, metis.hard) == (1, 0, 5)
    assert metis.worse == (Worse("classi", "", 0, 1),)
    assert (genetic.answers, genetic.tiers, genetic.criteria) == (0, (), {})
    assert say_worse(metis.worse) == "valid answers 0 : 1 of classi"


def test_that_criteria_of_one_name_stay_apart() -> None:
    twice = record(rules=("balance", "wishes", "balance"), criteria=(1, 2, 4))
    assert criterion_sums([twice, twice]) == {"balance": 2, "wishes": 4, "balance (2)": 8}


def test_that_a_tidy_table_has_a_row_for_everything() -> None:
    rows = tidy_rows([record(), unproved(), nothing("failed", error="boom")])
    assert [row["of"] for row in rows].count("run") == 3
    assert [(r["method"], r["number"], r["value"], r["bound"], r["gap"], r["best_bound"], r["best_gap"])
            for r in rows if r["of"] == "tier"] == [
        ("classi", 1, 0, 0, 0, 0, 0), ("classi", 2, 4, 4, 0, 4, 0),
        ("swaps", 1, 0, 0, 0, 0, 0), ("swaps", 2, 8, None, None, 4, 0.5),
    ]  # fmt: skip
    assert [(r["name"], r["value"]) for r in rows if r["of"] == "criterion" and r["method"] == "swaps"] == [
        ("class_size", 0), ("balance", 0), ("wishes", 8),
    ]  # fmt: skip
    assert [r["error"] for r in rows if r["method"] == "genetic"] == ["boom"]


def test_that_the_table_keeps_its_types_where_nothing_is_known() -> None:
    for made in (frame([]), frame([nothing("failed")]), frame([record()])):
        assert str(made["value"].dtype) == "Int64"
        assert str(made["gap"].dtype) == "Float64"
        assert str(made["name"].dtype) == "string"


# --- targets ---


def reached(records: Sequence[Record], words: str) -> tuple[str, bool | None]:
    ((said, met),) = [(said, met) for text, said, met in targets(records) if words in text]
    return said, met


def usual(**changed: Any) -> list[Record]:
    return [record(seed=s, pupils=n, **changed) for n in (60, 125, 200, 300) for s in range(1, 31)]


def test_that_nothing_measured_meets_no_target() -> None:
    assert {met for _text, _said, met in targets([])} == {None}
    assert {met for _text, _said, met in targets([unproved()])} == {None}


def test_that_a_target_is_judged_when_all_its_schools_were_measured() -> None:
    assert reached(usual(), "on at least 95 %") == ("100 % (120 schools)", True)
    assert reached(usual(to_proof=1.0), "standard: median time") == ("1 s (120 schools)", True)
    assert reached(usual(to_proof=1.5), "standard: median time") == ("1.5 s (120 schools)", False)
    cut = [unproved("classi", r.seed, pupils=r.pupils) if r.seed < 4 else r for r in usual()]
    assert reached(cut, "on at least 95 %") == ("90 % (120 schools)", False)
    assert reached(cut, "95th percentile") == ("not reached (120 schools)", False)


def test_that_a_target_measured_in_part_is_said_and_not_judged() -> None:
    said, met = reached([record(seed=s) for s in (1, 2)], "on at least 95 %")
    assert said == "100 % (2 schools; only standard, 60; 2 of 30 seeds)"
    assert met is None


def test_that_the_rest_is_held_to_its_own_bound() -> None:
    hard = [record(family=f, pupils=n, seed=s, tiers=(0, 100)) for f in ("tight", "dense", "correlated")
            for n in (60, 125, 200, 300) for s in range(1, 6)]  # fmt: skip
    assert reached(hard, "within 60 s") == ("100 % (60 schools)", True)
    late = [replace(hard[0], to_proof=61.0), *hard[1:]]
    assert reached(late, "within 60 s") == ("98.3 % (60 schools)", True)
    assert reached(late, "gap of the rest") == ("0 % (60 schools)", True)
    wide = [replace(hard[0], status="open", bounds=(0, 98)), *hard[1:]]
    assert reached(wide, "gap of the rest") == ("2 % (60 schools)", False)


def test_that_the_other_targets_have_their_figures() -> None:
    thousand = [record(pupils=1000, seed=s) for s in range(1, 6)]
    assert reached(thousand, "1,000 pupils in one pool: at most") == ("1 s (5 schools)", True)
    far = (Event(400.0, 0, (0, 4), (0, 4)),)
    ten = [record(pupils=10000, seed=s, events=far, peak_mb=2500.0) for s in range(1, 6)]
    assert reached(ten, "to a gap of 2 %") == ("400 s (5 schools)", False)
    assert reached(ten, "at most 2 GB") == ("2500 MB (5 schools)", False)
    sites = [record(family="sites", pupils=10000, parts=40, parts_proved=39)]
    assert reached(sites, "parts proved") == ("97.5 % (1 school; 1 of 5 seeds)", True)
    assert reached(sites, "40 sites: at most 60 s")[1] is True
    assert reached([replace(sites[0], hard=1)], "40 sites: at most 60 s")[1] is False
    perfect = [record(family="planted", pupils=n, seed=s, tiers=(0, 0)) for n in (60, 125, 200, 300, 500, 1000, 2000)
               for s in range(1, 6)]  # fmt: skip
    assert reached(perfect, "Planted") == ("100 % (35 schools)", True)
    missed = [replace(perfect[0], tiers=(0, 1)), *perfect[1:]]
    assert reached(missed, "Planted") == ("97.1 % (35 schools)", False)


def test_that_times_are_compared_with_naive_ones_school_by_school() -> None:
    ours = [record(pupils=200, seed=s, to_proof=1.0) for s in range(1, 6)]
    cut = unproved("naive", 1, pupils=200)
    slow = [record("naive", s, pupils=200, to_proof=12.0) for s in (2, 3)]
    assert reached([*ours, cut, *slow], "10 times") == ("12× (3 schools; 3 of 5 seeds)", True)
    assert reached(ours, "10 times") == ("not measured", None)
    open_runs = [unproved("classi", s, pupils=200) for s in range(1, 6)]
    assert reached([*open_runs, cut, *slow], "10 times") == ("0× (3 schools; 3 of 5 seeds)", False)


def test_that_one_family_refutes_what_only_all_of_them_show() -> None:
    better, worse = [record(), unproved()], [record(family="dense", tiers=(0, 9)), unproved(family="dense")]
    assert reached(better, "never worse") == ("never worse (comparisons: 1) (only standard)", None)
    said, met = reached([*better, *worse], "never worse")
    assert said == "dense: “wishes” 9 : 8 of swaps (only dense, standard)"
    assert met is False
    every = ("standard", "planted", "tight", "dense", "one-way", "correlated", "sites", "oversubscribed", "reformation")
    apart = [record(family="knots", tiers=(0, 9)), unproved(family="knots")]
    assert reached([*better, *apart], "never worse") == reached(better, "never worse")
    whole = [r for f in every for r in (record(family=f), unproved(family=f))]
    assert [met for _text, _said, met in targets(whole)[-3:]] == [True, True, True]
    without = [replace(whole[0], bounds=(0, None), status="open"), *whole[1:]]
    assert targets(without)[-1][1:] == ("1 of 9 runs without a bound", False)


def session(where: str, seconds: float, measured: int = 400, **changed: Any) -> Sweep:
    made = Sweep("region", "digest", where, 2, 400, measured, seconds)
    return replace(made, **changed)


def test_that_a_region_is_measured_by_the_wall_time_of_whole_sweeps() -> None:
    def minutes(*sweeps: Sweep) -> tuple[str, bool | None]:
        ((text, met),) = [(text, met) for title, text, met in targets([], sweeps) if "15 minutes" in title]
        return text, met

    assert minutes(session("pool", 900.0)) == ("900 s", True)
    assert minutes(session("pool", 500.0, 150), session("pool", 401.0, 250)) == ("901 s", False)
    for sweep in (session("cluster", 90.0), session("pool", 90.0, 399), session("pool", 9.0, 3, total=3)):
        assert minutes(sweep) == ("not measured", None)


def test_that_a_cluster_is_compared_with_the_pool_on_the_same_whole_sweep() -> None:
    def said(*sweeps: Sweep) -> tuple[str, bool | None]:
        ((text, met),) = [(text, met) for title, text, met in targets([], sweeps) if "Dask" in title]
        return text, met

    pool, cluster = session("pool", 90.0), session("cluster", 100.0)
    assert said(pool, cluster) == ("0.9× (pool 90 s, cluster 100 s)", True)
    assert said(pool, session("cluster", 101.0))[1] is False
    assert said(session("pool", 40.0, 150), session("pool", 50.0, 250), cluster) == said(pool, cluster)
    nothing_to_compare: list[list[Sweep]] = [
        [], [pool], [cluster], [pool, session("cluster", 50.0, 200)], [pool, replace(cluster, tasks="others")],
        [pool, replace(cluster, workers=3)], [replace(pool, suite="quick"), replace(cluster, suite="quick")],
    ]  # fmt: skip
    for sweeps in nothing_to_compare:
        assert said(*sweeps) == ("not measured", None)


# --- plots ---


def school_year(methods: Sequence[str] = ("classi", "naive", "swaps")) -> list[Record]:
    """Return a family measured at three sizes, the slower method not always proved."""
    found = []
    for pupils in (60, 125, 300):
        for seed in (1, 2):
            for k, method in enumerate(methods):
                seconds = 0.001 * 4**k * pupils**1.4 * (1 + 0.2 * seed)
                if method == "swaps" or (method == "naive" and pupils == 300 and seed == 2):
                    found.append(unproved(method, seed, pupils=pupils))
                else:
                    found.append(record(method, seed, pupils=pupils, seconds=seconds, to_proof=seconds))
    return found


def texts(plot: Plot) -> str:
    root = ET.fromstring(plot.svg)
    return " ".join("".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text"))


def test_that_each_family_gets_its_four_plots_with_every_method_named() -> None:
    plots = {plot.name: plot for plot in draw(school_year())}
    assert list(plots) == ["time-standard.svg", "size-standard.svg", "scaling-standard.svg", "profile-standard.svg"]
    for name in ("time-standard.svg", "size-standard.svg", "profile-standard.svg"):
        assert {"classi", "naive", "swaps"} <= set(texts(plots[name]).split()), name
    scaling = plots["scaling-standard.svg"]
    assert "classi: n to the power of 1.4" in texts(scaling)
    assert "1 of 6 not proved" in texts(scaling)
    assert "Hollow" in texts(scaling)
    assert "swaps" not in scaling.alt
    assert "Median gap at the end: classi 0 %, naive 0 %, swaps 50 %." in plots["time-standard.svg"].alt
    assert "Proved in the end: classi 100 %, naive 83.3 %, swaps 0 %." in plots["profile-standard.svg"].alt


def test_that_the_same_records_give_the_same_bytes() -> None:
    records = school_year(("classi",))
    assert [plot.svg for plot in draw(records)] == [plot.svg for plot in draw(records)]


def test_that_what_has_nothing_to_show_is_not_drawn() -> None:
    assert draw([]) == []
    assert [plot.name for plot in draw([record(seconds=0.0, to_proof=0.0, events=())])] == [
        "time-standard.svg", "profile-standard.svg",
    ]  # fmt: skip
    assert [plot.name for plot in draw([nothing("failed", family="One way/2")])] == ["time-one-way-2.svg"]


def test_that_a_method_is_drawn_where_it_was_measured() -> None:
    some = [r for r in school_year() if r.method != "naive" or r.pupils == 60]
    (size,) = [plot for plot in draw(some) if plot.name.startswith("size")]
    assert "naive 0 % (60)" in size.alt
    (scaling,) = [plot for plot in draw(some) if plot.name.startswith("scaling")]
    assert "naive" in scaling.alt
    assert "naive: n" not in scaling.alt, "one size has no exponent"
    two = [r for r in school_year(("classi",)) if r.seed == 1 and r.pupils > 60]
    (scaling,) = [plot for plot in draw(two) if plot.name.startswith("scaling")]
    assert "95 %" not in scaling.alt, "two points have no interval"
    assert "Hollow" not in texts(scaling)


def test_that_equal_times_have_an_axis_too() -> None:
    at_once = [record(pupils=n, seconds=0.0, to_proof=0.0) for n in (60, 125)]
    (scaling,) = [plot for plot in draw(at_once) if plot.name.startswith("scaling")]
    assert {"0.01", "0.1"} <= set(texts(scaling).split())


def test_that_names_at_the_ends_of_lines_never_overlap() -> None:
    assert spread([], 0.1) == []
    for heights in ([0.0] * 5, [1.0] * 5, [0.2, 0.21, 0.9, 1.0, 1.0], [0.5, 0.5, 1.2]):
        moved = spread(heights, 0.1)
        assert all(b - a > 0.0999 for a, b in pairwise(moved)), heights
        assert max(moved) <= max(1.0, heights[-1])


def test_that_lines_differ_in_more_than_colour() -> None:
    looks = [look_of(k) for k in range(2 * len(COLOURS))]
    assert len({(str(look["linestyle"]), look["color"]) for look in looks}) == len(looks)
    assert len({str(look["linestyle"]) for look in looks[: len(COLOURS)]}) == len(COLOURS)


# --- the whole report ---


def test_that_everything_is_written_and_linked(tmp_path: Path) -> None:
    records = [*school_year(), nothing("failed", seed=1, error="it | broke\nhere")]
    files = write_report(records, tmp_path / "out", "classi bench report")
    assert all(file.stat().st_size > 0 for file in files)
    text = (tmp_path / "out" / "RESULTS.md").read_text(encoding="utf-8")
    plots = [file.name for file in files if file.suffix == ".svg"]
    assert len(plots) == 4
    assert all(f"](plots/{name})" in text for name in plots)
    assert "```sh\nclassi bench report\n```" in text
    assert "cores 2" in text
    assert "| 300 | 3 | 60 | 1 | 2 | 2 of 2 |" in text
    assert "it \\| broke here" in text
    assert "No plots" not in text
    for line in text.splitlines():
        assert not line.startswith("|") or line.endswith("|")


def test_that_both_tables_hold_the_same(tmp_path: Path) -> None:
    write_report([record(), unproved(), nothing("failed")], tmp_path, "run")
    made = pd.read_csv(tmp_path / "results.csv")
    assert list(made["of"].value_counts().sort_index().items()) == [("criterion", 6), ("run", 3), ("tier", 4)]
    pytest.importorskip("pyarrow")
    kept = pd.read_parquet(tmp_path / "results.parquet")
    assert list(kept.columns) == list(made.columns)
    assert kept["value"].dropna().astype(int).tolist() == made["value"].dropna().astype(int).tolist()


@pytest.mark.parametrize("records", [[], [record()], [nothing("failed")], [record(seconds=0.0, to_proof=0.0)]])
def test_that_few_records_make_a_report_too(records: list[Record], tmp_path: Path) -> None:
    write_report(records, tmp_path, "run")
    text = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert ("No measurements" in text) == (not records)
    assert "## Targets" in text
    assert "nan" not in text
    assert "inf" not in text


def test_that_missing_libraries_are_said_and_the_rest_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = ("matplotlib", "pyarrow")
    monkeypatch.setattr(report, "find_spec", lambda name: None if name in absent else find_spec(name))
    files = write_report(school_year(), tmp_path, "run")
    assert sorted(file.name for file in files) == ["RESULTS.md", "results.csv"]
    text = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "No plots: matplotlib not installed" in text
    assert "No results.parquet: pyarrow not installed" in text
    assert "](plots/" not in text


def test_that_mixed_versions_and_replaced_measurements_are_said() -> None:
    text = results([record(code="a"), record(seed=2, code="b", machine={})], "run", [], replaced=3)
    assert "`a`, `b`" in text
    assert "several versions of the code are mixed" in text
    assert "3 older ones" in text
    alone = results([record(machine={})], "run", [])
    assert "mixed" not in alone
    assert "older ones" not in alone
    assert "not recorded" in alone


def test_that_never_worse_says_where_and_how_often() -> None:
    rivals = [record("highs", tiers=(0, 1)), record("naive", tiers=(0, 1)), record("genetic", tiers=(0, 1))]
    text = results([record(tiers=(1, 2)), *rivals], "run", [])
    assert "“balance” 1 : 0 of genetic; “wishes” 2 : 1 of genetic; “balance” 1 : 0 of highs; and 3 more" in text
    assert text.count("| yes |") >= 3
    cheats = [unproved(m, hard=1, status="broken") for m in ("classi", "swaps")]
    assert "nothing to compare with" in results(cheats, "run", [])
    two = results([record(tiers=(0, 5)), record("highs", tiers=(0, 4))], "run", [])
    assert "no: “wishes” 5 : 4 of highs |" in two


def test_that_a_family_of_ones_own_is_shown_like_any_other() -> None:
    text = results([record(family="mine")], "run", [])
    assert "## Family: mine" in text
    assert "### Methods" not in text, "there is nothing to compare one method with"
    assert "### classi, by size" not in results([unproved()], "run", [])


def test_that_cells_are_plain() -> None:
    assert table(("a|b", "c"), [("x\ny", 1)]) == "| a\\|b | c |\n| --- | --- |\n| x y | 1 |"
    assert plain("[x] |") == "(x) \\|"
    assert (span((3, 3)), span((3.0, 60.0)), of_whole(1, 2)) == ("3", "3–60", "1 of 2")
    assert [say_seconds(s) for s in (None, math.inf, 0.0, 0.126, 12.34)] == ["–", "–", "0", "0.13", "12.3"]


def test_that_italian_is_spoken_too() -> None:
    with use_language("it"):
        assert say_seconds(1.5) == "1,5"
