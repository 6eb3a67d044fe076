"""Indices: hand-worked values, PySAL `segregation` as an independent count, and laws that hold for every table."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from classi import indices

SEGREGATION = [indices.multigroup_dissimilarity, indices.theil_h]
NUMERIC = [indices.eta_squared, indices.gini_of_means, indices.largest_deviation]
GROUPED = [indices.dissimilarity, *SEGREGATION]
unhurried = settings(deadline=None)  # the time of an example says nothing here, least of all on a busy machine


def expand(counts):
    """Groups and classes of the pupils that a table of counts (classes × groups) stands for."""
    cells = [(m, j) for j, row in enumerate(counts) for m, n in enumerate(row) for _ in range(n)]
    return [m for m, _ in cells], [f"class {j}" for _, j in cells]


def random_counts(seed, groups):
    generator = np.random.default_rng(seed)
    counts = generator.integers(0, 9, size=(generator.integers(2, 9), groups))
    counts[0] += 1  # PySAL divides by the totals: no group empty,
    counts[:, 0] += 1  # and no class empty
    return counts


def tables(fewest=2, most=4):
    """Count tables with no empty class and no empty group."""

    def table(columns):
        row = st.lists(st.integers(0, 6), min_size=columns, max_size=columns).filter(any)
        return st.lists(row, min_size=1, max_size=6).filter(lambda rows: all(map(any, zip(*rows, strict=True))))

    return st.integers(fewest, most).flatmap(table)


def pysal(counts):
    """The same indices from PySAL, for the first group where one is needed."""
    multigroup = pytest.importorskip("segregation.multigroup")
    singlegroup = pytest.importorskip("segregation.singlegroup")
    counts = np.asarray(counts)
    names = [f"g{m}" for m in range(counts.shape[1])]
    frame = pd.DataFrame(counts.astype(float), columns=names)
    frame["total"] = frame.sum(axis=1)
    one = {
        name: getattr(singlegroup, name)(frame.copy(), "g0", "total").statistic
        for name in ("Dissim", "Isolation", "Interaction")
    }
    many = {
        name: getattr(multigroup, name)(frame.copy(), names).statistic for name in ("MultiDissim", "MultiInfoTheory")
    }
    return one | many


def assert_as_pysal(counts):
    groups, classes = expand(counts)
    expected = pysal(counts)
    first = [m == 0 for m in groups]
    found = {
        "Dissim": indices.dissimilarity(first, classes),
        "Isolation": indices.isolation(first, classes),
        "Interaction": indices.exposure(first, classes),
        "MultiDissim": indices.multigroup_dissimilarity(groups, classes),
        "MultiInfoTheory": indices.theil_h(groups, classes),
    }
    assert found == pytest.approx(expected, abs=1e-9)


# --- against PySAL ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("groups", [2, 3, 5])
def test_seeded_tables_as_pysal(seed, groups):
    assert_as_pysal(random_counts(seed, groups))


@unhurried
@given(tables())
def test_any_table_as_pysal(counts):
    assert_as_pysal(counts)


# --- hand-worked --------------------------------------------------------------------------------------------------


def test_eta_squared_by_hand():
    # A: 6 8 -> 7; B: 5 7 9 -> 7; C: 10 -> 10; mean 45/6 = 7.5
    # between: 2*0.25 + 3*0.25 + 1*6.25 = 7.5; total: 2.25 + 0.25 + 6.25 + 0.25 + 2.25 + 6.25 = 17.5; 7.5/17.5 = 3/7
    assert indices.eta_squared([6, 8, 5, 7, 9, 10], list("AABBBC")) == pytest.approx(3 / 7)


def test_gini_of_means_weighs_classes_by_pupils():
    # A: one pupil, 4; B: three pupils, 8. T = 4, mean 28/4 = 7. Pairs: 2 * 1*3*|4 - 8| = 24; 24/(2 * 16 * 7) = 3/28
    # (without weights it would be 2*4/(2 * 4 * 6) = 1/6)
    assert indices.gini_of_means([4, 7, 8, 9], list("ABBB")) == pytest.approx(3 / 28)


def test_largest_deviation_from_the_mean_of_pupils():
    # A: 4; B: (7 + 8 + 9)/3 = 8; all 28/4 = 7 (not 6, the mean of the class means): |4 - 7| = 3
    assert indices.largest_deviation([4, 7, 8, 9], list("ABBB")) == pytest.approx(3.0)


TABLE = [[3, 1], [1, 5]]  # class 0: 3 of group 0, 1 of group 1; class 1: 1 and 5


def test_two_group_indices_by_hand():
    groups, classes = expand(TABLE)
    # D = ½(|3/4 - 1/6| + |1/4 - 5/6|) = ½(7/12 + 7/12) = 7/12
    assert indices.dissimilarity(groups, classes) == pytest.approx(7 / 12)
    # isolation of group 0: 3/4*3/4 + 1/4*1/6 = 9/16 + 1/24 = 29/48; of group 1: 1/6*1/4 + 5/6*5/6 = 53/72
    assert indices.isolation(groups, classes, member=0) == pytest.approx(29 / 48)
    assert indices.isolation(groups, classes) == pytest.approx(53 / 72)
    # exposure 0 -> 1: 3/4*1/4 + 1/4*5/6 = 19/48; 1 -> 0: 1/6*3/4 + 5/6*1/6 = 19/72
    assert indices.exposure(groups, classes, member=0) == pytest.approx(19 / 48)
    assert indices.exposure(groups, classes, member=1, other=0) == pytest.approx(19 / 72)


def test_multigroup_indices_by_hand():
    groups, classes = expand([[2, 0, 2], [0, 2, 2]])
    # shares 1/4 1/4 1/2; I = 3/16 + 3/16 + 1/4 = 5/8; p_jm: ½ 0 ½ and 0 ½ ½
    # Σ t|p_jm - p_m| = 4(1/4 + 1/4 + 0) * 2 = 4; D = 4/(2 * 8 * 5/8) = 2/5
    assert indices.multigroup_dissimilarity(groups, classes) == pytest.approx(2 / 5)
    # E = 2 * ¼ ln 4 + ½ ln 2 = 3/2 ln 2; each class E_j = ln 2; H = 1 - ln 2/(3/2 ln 2) = 1/3
    assert indices.theil_h(groups, classes) == pytest.approx(1 / 3)


def test_exposure_to_one_group_of_three():
    groups, classes = expand([[2, 0, 2], [1, 1, 2]])
    # group 0 has 2 of 3 in class 0, 1 of 3 in class 1; to group 1: 2/3*0 + 1/3*1/4 = 1/12; to group 2: ½
    assert indices.exposure(groups, classes, member=0, other=1) == pytest.approx(1 / 12)
    assert indices.exposure(groups, classes, member=0, other=2) == pytest.approx(1 / 2)
    # to all the others: 1/12 + 1/2
    assert indices.exposure(groups, classes, member=0) == pytest.approx(7 / 12)
    assert indices.exposure(groups, classes, member=0, other="absent") == 0.0


# --- laws ---------------------------------------------------------------------------------------------------------


@unhurried
@given(tables(), st.randoms(use_true_random=False))
def test_order_and_names_do_not_matter(counts, random):
    groups, classes = expand(counts)
    order = random.sample(range(len(groups)), len(groups))
    renamed = [("renamed", classes[i]) for i in order]
    for function in SEGREGATION:
        again = function([f"g{groups[i]}" for i in order], renamed)
        assert again == pytest.approx(function(groups, classes), abs=1e-12)
    for function in NUMERIC:
        again = function([groups[i] for i in order], renamed)
        assert again == pytest.approx(function(groups, classes), abs=1e-12)


@unhurried
@given(tables())
def test_bounds(counts):
    groups, classes = expand(counts)
    for function in SEGREGATION:
        assert 0.0 <= function(groups, classes) <= 1.0
    first = [m == 0 for m in groups]
    assert 0.0 <= indices.dissimilarity(first, classes) <= 1.0
    assert sum(first) / len(first) - 1e-12 <= indices.isolation(first, classes) <= 1.0
    assert indices.exposure(first, classes) == pytest.approx(1 - indices.isolation(first, classes))


@unhurried
@given(st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 4)), min_size=1))
def test_numeric_bounds_and_plain_definition(rows):
    values, classes = [v for v, _ in rows], [c for _, c in rows]
    eta, gini = indices.eta_squared(values, classes), indices.gini_of_means(values, classes)
    assert math.isnan(eta) == (len(set(values)) == 1)
    assert math.isnan(eta) or 0.0 <= eta <= 1.0
    assert math.isnan(gini) == (not any(values))
    assert math.isnan(gini) or 0.0 <= gini < 1.0
    means = {c: np.mean([v for v, d in rows if d == c]) for c in classes}
    expected = max(abs(mean - np.mean(values)) for mean in means.values())
    assert indices.largest_deviation(values, classes) == pytest.approx(expected, abs=1e-6)


@unhurried
@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 4)), min_size=2))
def test_gini_is_that_of_pupils_who_all_get_their_class_mean(rows):
    values, classes = np.array([v for v, _ in rows], dtype=float), [c for _, c in rows]
    assume(values.any())
    smoothed = np.sort(pd.Series(values).groupby(classes).transform("mean"))
    n = len(smoothed)
    ranks = np.arange(1, n + 1)  # Gini from ranks: 2 Σ i x_i / (n Σ x_i) - (n + 1)/n
    expected = 2 * (ranks @ smoothed) / (n * smoothed.sum()) - (n + 1) / n
    assert indices.gini_of_means(values, classes) == pytest.approx(expected, abs=1e-9)


@unhurried
@given(st.lists(st.integers(1, 5), min_size=2, max_size=4), st.integers(2, 5))
def test_perfect_balance_is_zero(row, classes):
    groups, homes = expand([row] * classes)
    assert [function(groups, homes) for function in SEGREGATION] == pytest.approx([0.0, 0.0], abs=1e-12)
    assert [function(groups, homes) for function in NUMERIC] == pytest.approx([0.0] * 3, abs=1e-12)
    first = [m == 0 for m in groups]
    assert indices.dissimilarity(first, homes) == pytest.approx(0.0, abs=1e-12)
    assert indices.isolation(first, homes) == pytest.approx(row[0] / sum(row))


@unhurried
@given(st.lists(st.integers(1, 5), min_size=2, max_size=4))
def test_complete_segregation_is_one(sizes):
    groups, homes = expand(np.diag(sizes).tolist())
    first = [m == 0 for m in groups]
    assert [function(groups, homes) for function in SEGREGATION] == pytest.approx([1.0, 1.0])
    assert indices.eta_squared(groups, homes) == pytest.approx(1.0)
    assert indices.dissimilarity(first, homes) == pytest.approx(1.0)
    assert indices.isolation(first, homes) == 1.0
    assert indices.exposure(first, homes) == 0.0


@unhurried
@given(tables(most=2))
def test_multigroup_with_two_groups_is_the_two_group_index(counts):
    groups, homes = expand(counts)
    assert indices.multigroup_dissimilarity(groups, homes) == pytest.approx(indices.dissimilarity(groups, homes))


@unhurried
@given(st.floats(0.01, 100), st.floats(-50, 50))
def test_eta_squared_has_no_unit_and_no_origin(scale, shift):
    values = np.array([6.0, 8, 5, 7, 9, 10])
    assert indices.eta_squared(values * scale + shift, list("AABBBC")) == pytest.approx(3 / 7)


def test_eta_squared_of_tiny_differences():
    assert indices.eta_squared([0.0, 0.0, 1e-200, 1e-200], list("AABB")) == pytest.approx(1.0)


def test_rounding_never_leaves_the_bounds():
    # apart by one unit in the last place without a guard: 1.0000000000000002
    assert indices.theil_h("xyz", "ABC") == 1.0
    assert indices.multigroup_dissimilarity("xyzzzzz", "ABCCCCC") == 1.0
    assert indices.eta_squared([i * 0.1 for i in range(16)], range(16)) == 1.0


# --- edge cases ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [*NUMERIC, *GROUPED, indices.isolation, indices.exposure])
def test_empty_is_nan(function):
    assert math.isnan(function([], []))
    assert math.isnan(function([None, 1], ["A", None]))


@pytest.mark.parametrize("function", GROUPED)
def test_one_group_is_nan(function):
    assert math.isnan(function(["x", "x"], ["A", "B"]))


@pytest.mark.parametrize("function", [*NUMERIC, *GROUPED])
def test_one_class_is_zero(function):
    assert function([1, 0, 0], ["A", "A", "A"]) == pytest.approx(0.0, abs=1e-12)


def test_isolation_of_one_class_and_of_one_group():
    assert indices.isolation([1, 0, 0, 0], ["A"] * 4) == 0.25
    assert indices.isolation([1, 1], ["A", "B"]) == 1.0
    assert indices.exposure([1, 1], ["A", "B"]) == 0.0
    assert math.isnan(indices.isolation([0, 0], ["A", "B"]))


def test_equal_values():
    assert math.isnan(indices.eta_squared([0.1] * 3, list("ABB")))
    assert indices.gini_of_means([0.1] * 3, list("ABB")) == pytest.approx(0.0, abs=1e-12)
    assert indices.largest_deviation([0.1] * 3, list("ABB")) == pytest.approx(0.0, abs=1e-12)
    assert math.isnan(indices.gini_of_means([0, 0], list("AB")))


def test_classes_of_one_pupil():
    assert indices.eta_squared([6, 7, 9], list("ABC")) == pytest.approx(1.0)
    assert indices.theil_h(list("xxy"), list("ABC")) == pytest.approx(1.0)
    assert indices.dissimilarity(list("xxy"), list("ABC")) == pytest.approx(1.0)


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT])
def test_missing_entries_are_left_out(missing):
    values, classes = [6, 8, missing, 5, 7, 9, 10, 3], [*"AAABBBC", missing]
    assert indices.eta_squared(values, classes) == pytest.approx(3 / 7)
    groups, homes = expand(TABLE)
    assert indices.dissimilarity([*groups, missing, 1], [*homes, "class 0", missing]) == pytest.approx(7 / 12)
    assert indices.isolation([*groups, missing, 1], [*homes, "class 0", missing]) == pytest.approx(53 / 72)


@pytest.mark.parametrize("kind", [list, tuple, np.array, iter, lambda x: pd.Series(x, index=range(9, 3, -1))])
def test_kinds_of_sequence(kind):
    values, classes = [6, 8, 5, 7, 9, 10], list("AABBBC")
    assert indices.eta_squared(kind(values), kind(classes)) == pytest.approx(3 / 7)
    assert indices.eta_squared_baseline(kind(values), kind(classes), draws=5).observed == pytest.approx(3 / 7)


def test_decimals_and_categoricals():
    assert indices.eta_squared([Decimal(4), Decimal(6), 8, 10], pd.Categorical(list("AABB"))) == pytest.approx(0.8)


@pytest.mark.parametrize("function", [*NUMERIC, *GROUPED, indices.isolation, indices.eta_squared_baseline])
def test_lengths_and_shapes_are_checked(function):
    with pytest.raises(ValueError, match="3 entries and classes 2"):
        function([1, 0, 1], ["A", "B"])
    with pytest.raises(ValueError, match="classes must be one-dimensional"):
        function([1, 0], pd.DataFrame({"a": [1, 2]}))


def test_bad_values_are_refused():
    for bad in ("sette", math.inf):
        with pytest.raises(ValueError, match="numbers"):
            indices.eta_squared([6, bad], ["A", "B"])
    with pytest.raises(ValueError, match="negative"):
        indices.gini_of_means([-1, 2], ["A", "B"])
    with pytest.raises(ValueError, match="3 labels"):
        indices.dissimilarity(list("xyz"), list("AAB"))
    with pytest.raises(ValueError, match="member="):
        indices.isolation(["F", "M"], ["A", "B"])


# --- the baseline -------------------------------------------------------------------------------------------------

MARKS = [4, 6, 7, 9, 10, 5, 8, 8, 6, 7, 3, 9]
HOMES = list("AAAAABBBBCCC")


def test_baseline_is_seeded_and_ignores_order():
    first = indices.eta_squared_baseline(MARKS, HOMES, draws=200, seed=7)
    assert indices.eta_squared_baseline(MARKS, HOMES, draws=200, seed=7) == first
    assert indices.eta_squared_baseline(MARKS, HOMES, draws=200, seed=8).mean != first.mean
    turned = indices.eta_squared_baseline(MARKS[::-1], [h.lower() for h in HOMES[::-1]], draws=200, seed=7)
    assert (turned.mean, turned.q95) == (first.mean, first.q95)
    assert first.observed == indices.eta_squared(MARKS, HOMES)
    assert first.q05 < first.median < first.q95
    assert (first.draws, first.seed) == (200, 7)


def test_baseline_as_all_splits_one_by_one():
    # 0 1 2 3 in classes 2 + 2 has three splits: 01|23 η² = 4/5, 02|13 η² = 1/5, 03|12 η² = 0; mean 1/3 = (2-1)/(4-1),
    # variance (16 + 1)/75 - 1/9 = 26/225
    base = indices.eta_squared_baseline([0, 2, 1, 3], list("AABB"), draws=20_000)
    assert base.observed == pytest.approx(0.2)
    assert base.mean == pytest.approx(1 / 3, abs=0.01)
    assert base.sd == pytest.approx(math.sqrt(26) / 15, abs=0.01)
    assert base.share_at_or_below == pytest.approx(2 / 3, abs=0.02)
    assert (base.q05, base.median, base.q95) == pytest.approx((0.0, 0.2, 0.8))


def test_baseline_with_unequal_classes_as_all_splits():
    marks, homes = [1, 2, 4, 8, 9, 3], list("ABBBCC")
    shares = np.array([indices.eta_squared(order, homes) for order in itertools.permutations(marks)])
    base = indices.eta_squared_baseline(marks, homes, draws=20_000, seed=3)
    assert shares.mean() == pytest.approx(2 / 5)  # (3 classes - 1)/(6 pupils - 1)
    assert base.mean == pytest.approx(shares.mean(), abs=0.01)
    assert base.sd == pytest.approx(shares.std(), abs=0.01)
    assert base.share_at_or_below == pytest.approx((shares <= base.observed + 1e-9).mean(), abs=0.02)


def test_baseline_in_blocks_is_the_same(monkeypatch):
    whole = indices.eta_squared_baseline(MARKS, HOMES, draws=50)
    monkeypatch.setattr(indices, "_BLOCK", 7 * len(MARKS))
    assert indices.eta_squared_baseline(MARKS, HOMES, draws=50) == whole


def test_baseline_extremes():
    assert indices.eta_squared_baseline([1, 1, 1, 9, 9, 9], list("AAABBB")).share_at_or_below == 1.0
    singles = indices.eta_squared_baseline([1, 2, 3], list("ABC"), draws=10)
    assert (singles.mean, singles.sd, singles.share_at_or_below) == pytest.approx((1.0, 0.0, 1.0), abs=1e-12)
    undefined = indices.eta_squared_baseline([7, 7], list("AB"))
    assert all(math.isnan(x) for x in (undefined.observed, undefined.mean, undefined.q95, undefined.share_at_or_below))
    with pytest.raises(ValueError, match="draws"):
        indices.eta_squared_baseline(MARKS, HOMES, draws=0)
    with pytest.raises(ValueError, match="seed"):
        indices.eta_squared_baseline(MARKS, HOMES, seed=-1)


def test_baseline_interval_holds_nine_splits_in_ten():
    # η² of a random split of 60 different values into 3 classes takes so many values that its quantiles are sharp
    values, homes = np.arange(60) ** 2, np.repeat(list("ABC"), 20)
    base = indices.eta_squared_baseline(values, homes, draws=4000)
    generator = np.random.default_rng(99)
    shares = np.array([indices.eta_squared(generator.permutation(values), homes) for _ in range(1000)])
    assert (shares < base.q05).mean() == pytest.approx(0.05, abs=0.02)
    assert (shares < base.median).mean() == pytest.approx(0.5, abs=0.05)
    assert (shares > base.q95).mean() == pytest.approx(0.05, abs=0.02)


# --- wishes and summary -------------------------------------------------------------------------------------------

PLACES = {"a": "1A", "b": "1A", "c": "1B", "d": "1B", "e": None, "f": None}


def wishes_by_group(*arguments):
    return indices.wishes_granted(*arguments).set_index("group").to_dict("index")


def test_wishes_by_group():
    # F (a, c, e): a-b granted, c-a not, e-f not (neither has a class); M (b, d): b-a and d-c granted; X (f): none made
    wishes = [("a", "b"), ("c", "a"), ("e", "f"), ("b", "a"), ("d", "c"), ("a", "b"), ("a", None)]
    found = wishes_by_group(wishes, PLACES, {"a": "F", "b": "M", "c": "F", "d": "M", "e": "F", "f": "X"})
    assert found["F"] == {"made": 3, "granted": 1, "share": pytest.approx(1 / 3)}
    assert found["M"] == {"made": 2, "granted": 2, "share": 1.0}
    assert (found["X"]["made"], found["X"]["granted"]) == (0, 0)
    assert math.isnan(found["X"]["share"])
    assert list(found) == ["F", "M", "X"]


def test_wishes_without_a_group():
    wishes = [("a", "b"), ("c", "a")]
    assert wishes_by_group(wishes, PLACES) == {"all": {"made": 2, "granted": 1, "share": 0.5}}
    assert wishes_by_group(wishes, pd.DataFrame(PLACES.items(), columns=["id", "classe"]))["all"]["granted"] == 1
    assert wishes_by_group(wishes, pd.Series(PLACES))["all"]["granted"] == 1
    assert wishes_by_group(wishes, PLACES, {"a": "F", "c": None}) == {"F": {"made": 1, "granted": 1, "share": 1.0}}
    nothing = indices.wishes_granted([], {})
    assert nothing["made"].tolist() == [0]
    assert math.isnan(nothing["share"][0])


def test_wishes_refused():
    with pytest.raises(ValueError, match="not in the assignment"):
        indices.wishes_granted([("a", "z")], PLACES)
    with pytest.raises(ValueError, match="oneself"):
        indices.wishes_granted([("a", "a")], PLACES)
    with pytest.raises(ValueError, match="columns id and classe"):
        indices.wishes_granted([], pd.DataFrame({"id": ["a"]}))
    with pytest.raises(ValueError, match="twice"):
        indices.wishes_granted([], pd.DataFrame({"id": ["a", "a"], "classe": ["1A", "1B"]}))


PUPILS = pd.DataFrame(
    {
        "id": list("abcdef"),
        "sesso": list("FFMMFM"),
        "dsa": [0, 1, 0, 0, 0, 1],
        "disabilita": ["no", "comma1", "no", "comma3", None, "no"],
        "livello": [6.0, 8.0, 5.0, 9.0, None, 4.0],
        "nota": list("uvwxyz"),
    }
)


def test_summary_is_the_functions_one_by_one():
    found = indices.summary(PUPILS, PLACES, iter([("a", "b"), ("c", "a"), ("e", "f")]))
    values = {tuple(row[:3]): row[3] for row in found.to_numpy().tolist()}
    homes = list(PLACES.values())
    # placed: a b in 1A (F F; levels 6 8), c d in 1B (M M; 5 9): sexes wholly apart, means 7 and 7
    assert values["dissimilarity", "sesso", "F"] == values["dissimilarity", "sesso", "M"] == 1.0
    assert values["theil_h", "sesso", "all"] == pytest.approx(1.0)
    assert values["eta_squared", "livello", "all"] == pytest.approx(0.0)
    assert values["largest_deviation", "livello", "all"] == pytest.approx(0.0)
    # dsa is coded 0/1 and still a category: 1A one of each, 1B two of 0; D = ½(|1/3 - 1| + |2/3 - 0|) = 2/3
    assert values["dissimilarity", "dsa", 1] == pytest.approx(2 / 3)
    expected = indices.multigroup_dissimilarity(PUPILS["disabilita"], homes)
    assert values["multigroup_dissimilarity", "disabilita", "all"] == expected
    assert ("dissimilarity", "disabilita", "no") not in values
    # wishes: F made a-b (granted) and e-f (no class), M made c-a
    figures = [values[f"wishes_{figure}", "wishes", "all"] for figure in ("made", "granted", "share")]
    assert figures == pytest.approx([3, 1, 1 / 3])
    assert (values["wishes_share", "sesso", "F"], values["wishes_share", "sesso", "M"]) == (0.5, 0.0)
    assert set(found["attribute"]) == {"wishes", "sesso", "dsa", "disabilita", "livello"}
    assert list(found.columns) == ["index", "attribute", "group", "value"]
    assert not found.duplicated(["index", "attribute", "group"]).any()
    assert found["value"].dtype == float


def test_summary_of_bands_and_of_negative_levels():
    bands = pd.DataFrame({"id": [1, 2], "livello": ["alto", "basso"]})
    assert set(indices.summary(bands, {1: "A", 2: "B"})["index"]) == {
        "dissimilarity",
        "multigroup_dissimilarity",
        "theil_h",
    }
    scores = pd.DataFrame({"id": [1, 2], "livello": [-1.0, 1.0]})
    found = indices.summary(scores, {1: "A", 2: "B"}).set_index("index")["value"]
    assert math.isnan(found["gini_of_means"])
    assert found["largest_deviation"] == 1.0


def test_summary_does_not_depend_on_the_order_of_pupils():
    turned = indices.summary(PUPILS.iloc[::-1], PLACES)
    pd.testing.assert_frame_equal(turned, indices.summary(PUPILS, PLACES))
    bands = pd.DataFrame({"id": [1, 2], "livello": ["medio", "alto"]})
    assert indices.summary(bands, {1: "A", 2: "B"})["group"].tolist() == ["alto", "medio", "all", "all"]


def test_summary_edges():
    empty = indices.summary(PUPILS.iloc[:0], {})
    assert empty["value"].isna().all()
    assert indices.summary(PUPILS[["id"]], PLACES).empty
    with pytest.raises(ValueError, match="column id"):
        indices.summary(PUPILS.drop(columns="id"), PLACES)
    with pytest.raises(ValueError, match="same type"):
        indices.summary(PUPILS, {1: "A", 2: "B"})
