"""Tests of group shares, of the baseline of pure chance, and of the files their tables are written to."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Iterator
from itertools import product
from math import isnan, nan, sqrt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapes
from scipy import stats

from classi import Case
from classi.bench import chance as chance_module
from classi.bench import tidy
from classi.bench.chance import chance
from classi.bench.groups import groups, newcombe, placements, wilson
from classi.errors import InputError, NotFound
from classi.formation.bounds import domains
from classi.indices import eta_squared, multigroup_dissimilarity, theil_h, wishes_granted

PUPILS = pd.DataFrame({
    "id": list("abcdef"),
    "sesso": ["F", "F", "M", "M", "M", None],
    "cittadinanza": ["italiana", "romena", "italiana", "romena", "cinese", "italiana"],
    "dsa": [True, False, False, None, True, False],
    "livello": [6, 9, 7, 7, None, 8],
    "plesso_1": ["Nord", None, None, None, None, None],
    "classe_fissa": [None, None, None, None, None, "1C"],
})  # fmt: skip
CLASSES = pd.DataFrame({"id": ["1A", "1B", "1C"], "plesso": ["Nord", "Nord", "Sud"]})
TIES = pd.DataFrame({
    "da": ["a", "a", "c", "d", "e", "f", "f", "b"],
    "a": ["b", "c", "d", "e", "c", "a", "b", "f"],
    "tipo": ["preferisce"] * 7 + ["separati"],
})  # fmt: skip
RULES = [
    {"rule": "eligibility", "attribute": "plesso", "hard": True},
    {"rule": "wishes", "weight": 3},
    {"rule": "balance", "attribute": "sesso", "weight": 1},
    {"rule": "balance_number", "attribute": "livello", "weight": 1},
    {"rule": "apart", "weight": 1},
]
CASE = Case.from_frames(PUPILS, CLASSES, TIES, {"criteria": RULES})
SPLIT = dict(zip("abcdef", ["1A", "1A", "1B", "1A", "1C", "1C"], strict=True))


# --- groups ---


def row(table: pd.DataFrame, column: str, group: str, measure: str) -> Any:
    found = table[(table["column"] == column) & (table["group"] == group) & (table["measure"] == measure)]
    assert len(found) == 1
    return found.iloc[0]


def test_that_group_shares_are_those_counted_by_hand() -> None:
    # a asks for b (granted) and c; c for d; d for e; e for c; f for a (and for b, who is kept apart: not counted).
    split = {**SPLIT, "e": "1B", "f": "1B"}
    table = groups(CASE, split, ["sesso"])
    everybody, girls, boys = (
        row(table, c, g, "at_least_one") for c, g in (("", "all"), ("sesso", "F"), ("sesso", "M"))
    )
    assert (everybody["pupils"], everybody["n"], everybody["value"]) == (6, 5, 2 / 5)
    assert (girls["pupils"], girls["n"], girls["value"], girls["others_n"], girls["others_value"]) == (
        2,
        1,
        1,
        3,
        1 / 3,
    )
    assert girls["difference"] == pytest.approx(2 / 3) and boys["difference"] == pytest.approx(-2 / 3)
    assert (girls["low"], girls["high"]) == wilson(1, 1)
    assert (girls["difference_low"], girls["difference_high"]) == newcombe((1, 1), (1, 3))
    wishes = row(table, "sesso", "M", "wishes")
    assert (wishes["n"], wishes["value"], wishes["others_n"], wishes["others_value"]) == (3, 1 / 3, 2, 1 / 2)
    assert isnan(wishes["low"]) and isnan(wishes["difference_low"]) and isnan(everybody["difference"])
    alone = row(table, "sesso", "F", "isolation")
    assert (alone["value"], alone["others_value"]) == (pytest.approx(2 / 3), 2 / 5)
    assert alone["difference"] == pytest.approx(2 / 3 - 2 / 5)
    assert row(table, "sesso", "F", "dissimilarity")["value"] == pytest.approx(2 / 3)


def test_that_the_usual_columns_are_compared_and_those_without_a_class_left_out() -> None:
    placed = pd.DataFrame({"id": ["a", "b", "c", "d"], "classe": ["1a", "1A", "1B", "1A"]})
    table = groups(CASE, placed)
    assert table["column"].unique().tolist() == ["", "sesso", "straniero", "dsa"]
    assert set(table[table["column"] == "dsa"]["group"]) == {"yes", "no"}
    assert row(table, "", "all", "at_least_one")["pupils"] == 4
    assert row(table, "", "all", "wishes")["n"] == 4  # a's two, c's and d's, whose friend e is nowhere
    nobody = row(table, "dsa", "yes", "dissimilarity")
    assert nobody["n"] == 1 and not isnan(nobody["value"])
    empty = groups(CASE, {}, ["sesso"])
    assert empty["n"].eq(0).all() and empty["value"].isna().all()


def test_that_only_the_wishes_asked_about_are_counted() -> None:
    both = pd.concat([TIES, pd.DataFrame({"da": ["b"], "a": ["a"], "tipo": ["preferisce"]})])
    case = Case.from_frames(PUPILS, CLASSES, both, {"criteria": RULES})
    counts = {k: int(row(groups(case, SPLIT, [], kind=k), "", "all", "wishes")["n"]) for k in ("any", "reciprocal")}
    assert counts == {"any": 7, "reciprocal": 2}


def test_that_columns_pupils_and_classes_that_are_not_there_are_refused() -> None:
    with pytest.raises(InputError) as error:
        groups(CASE, SPLIT, ["seso", "dsaa"])
    assert [p.hint for p in error.value.problems] == ["sesso", "dsa"]
    with pytest.raises(InputError) as error:
        groups(CASE, {**SPLIT, "z": "1A", "a": "9Z"})
    assert [p.value for p in error.value.problems] == ["z", "9Z"]
    with pytest.raises(InputError, match="classe"):
        groups(CASE, pd.DataFrame({"id": ["a"], "class": ["1A"]}))
    with pytest.raises(InputError) as error:
        groups(CASE, pd.DataFrame({"id": list("aba"), "classe": ["1A", "1A", "1B"]}))
    assert [p.value for p in error.value.problems] == ["a"]


@pytest.mark.parametrize(
    ("one", "two", "interval"),
    [  # R. G. Newcombe (1998), table II, method 10
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
        ((0, 10), (0, 10), (-0.2775, 0.2775)),
    ],
)
def test_that_the_interval_of_a_difference_is_the_published_one(
    one: tuple[int, int], two: tuple[int, int], interval: tuple[float, float]
) -> None:
    assert newcombe(one, two) == pytest.approx(interval, abs=6e-5)


@pytest.mark.parametrize(("granted", "n"), [(0, 4), (4, 4), (3, 17), (40, 41)])
def test_that_the_interval_of_a_share_is_that_of_scipy(granted: int, n: int) -> None:
    other = stats.binomtest(granted, n).proportion_ci(0.95, method="wilson")
    assert wilson(granted, n) == pytest.approx((other.low, other.high))


def test_that_nothing_measured_has_no_interval() -> None:
    assert all(map(isnan, (*wilson(0, 0), *newcombe((0, 0), (1, 2)))))


# --- chance ---


def all_splits(case: Case, sizes: Counter[int]) -> Iterator[tuple[int, ...]]:
    """Yield every assignment with these class sizes."""
    for places in product(range(len(case.school.classes)), repeat=len(case.school.pupils)):
        if Counter(places) == sizes:
            yield places


def measured(case: Case, places: tuple[int, ...]) -> dict[tuple[str, str, str], float]:
    """Measure one assignment by other code than `chance`: the plain evaluator of the tests, and `classi.indices`."""
    found: dict[tuple[str, str, str], float] = {}
    costs = [0.0] * len(case.regulation.criteria)
    for term in case.terms:
        costs[term.criterion] += shapes.excess(term.shape, places)
    found |= {(str(k), "", ""): cost for k, cost in enumerate(costs, 1)}
    hard = [k for k, c in enumerate(case.regulation.criteria) if c.hard]
    found["hard_rules_kept", "", ""] = float(all(costs[k] == 0 for k in hard))
    pupils, homes = case.school.pupils, {p.id: c for p, c in zip(case.school.pupils, places, strict=True)}
    wishes = [(pupils[t.first].id, pupils[t.second].id) for t in case.school.ties if t.kind == "preferisce"]
    wishes.remove(("f", "b"))  # the two are kept apart
    found["wishes_share", "", ""] = wishes_granted(wishes, homes)["share"][0]
    for column, words in (
        ("sesso", {}),
        ("straniero", {True: "yes", False: "no"}),
        ("dsa", {True: "yes", False: "no"}),
    ):
        label = {p.id: words.get(p[column], p[column]) for p in pupils}
        for _i, group in wishes_granted(wishes, homes, label).dropna(subset=["share"]).iterrows():
            found["wishes_share", column, group["group"]] = group["share"]
    for column in ("sesso", "cittadinanza", "straniero", "dsa"):
        data = [p[column] for p in pupils]
        found["multigroup_dissimilarity", column, ""] = multigroup_dissimilarity(data, places)
        found["theil_h", column, ""] = theil_h(data, places)
    levels = [None if p["livello"] is None else float(str(p["livello"])) for p in pupils]
    found["eta_squared", "livello", ""] = eta_squared(levels, places)
    return found


def keyed(table: pd.DataFrame) -> dict[tuple[str, str, str], Any]:
    return {
        (str(r["number"]) if r["kind"] == "criterion" else r["name"], r["column"], r["group"]): r
        for _i, r in table.iterrows()
    }


@pytest.mark.parametrize("eligible", [False, True])
def test_that_chance_is_that_of_all_assignments(eligible: bool) -> None:
    draws = 4000
    rooms = domains(CASE.school, CASE.terms)
    every = [
        measured(CASE, places)
        for places in all_splits(CASE, Counter({0: 3, 1: 1, 2: 2}))
        if not eligible or all(c in rooms[i] for i, c in enumerate(places))
    ]
    assert len(every) == (16 if eligible else 60)
    table = chance(CASE, SPLIT, draws=draws, seed=3, eligible=eligible)
    mine = measured(CASE, (0, 0, 1, 0, 2, 2))
    rows = keyed(table)
    assert set(rows) == set(mine)
    for figure, found in rows.items():
        values = np.array([one[figure] for one in every])
        error = values.std() / sqrt(draws)
        slack = 4 * max(error, found["standard_error"]) + 1e-9
        assert abs(found["mean"] - values.mean()) <= slack, figure
        assert found["found"] == pytest.approx(mine[figure])
        below = (values <= mine[figure] + 1e-9).mean()
        assert abs(found["at_or_below"] - below) <= 4 * sqrt(below * (1 - below) * (1 + 3 * eligible) / draws) + 1e-9
        assert values.min() - 1e-9 <= found["low"] <= found["high"] <= values.max() + 1e-9
        # Draws of the chain are nearly independent: an error far from that of independent ones would be a mistake.
        assert found["standard_error"] == pytest.approx(error, rel=0.6 if eligible else 0.1, abs=1e-9)
    if eligible:
        assert rows["1", "", ""]["mean"] == 0 and SPLIT["f"] == "1C"


def test_that_every_figure_of_many_assignments_is_that_of_each() -> None:
    sample = np.random.default_rng(1).integers(3, size=(20, 6))
    table = chance_module._figures(CASE, sample)
    names = {
        (str(f.criterion + 1) if f.criterion is not None else f.index, f.column, f.group): v for f, v in table.items()
    }
    for n, places in enumerate(sample.tolist()):
        assert {k: v[n] for k, v in names.items()} == pytest.approx(measured(CASE, tuple(places)), nan_ok=True)


def test_that_without_a_split_the_sizes_are_those_planned() -> None:
    seven = pd.concat([PUPILS, pd.DataFrame({"id": ["g"], "sesso": ["F"]})])
    case = Case.from_frames(seven, CLASSES, TIES, {"criteria": [{"rule": "equal_sizes", "weight": 1}, *RULES]})
    table = chance(case, draws=50, eligible=True)
    assert table["found"].isna().all() and table["at_or_below"].isna().all()
    rows = keyed(table)
    assert rows["1", "", ""]["high"] == 0  # 7 in 3 classes: 3, 2 and 2 in every draw
    assert rows["2", "", ""]["high"] == 0
    assert chance(case, draws=50, eligible=True).equals(table)
    assert not chance(case, draws=50, seed=1, eligible=True)["mean"].equals(table["mean"])


def test_that_columns_in_which_all_are_alike_have_no_index() -> None:
    pupils = pd.DataFrame({"id": list("abcd"), "sesso": "F", "livello": 7, "dsa": [None] * 4, "bes": list("ssnn")})
    case = Case.from_frames(pupils, CLASSES, regulation={"criteria": [{"rule": "equal_sizes", "weight": 1}]})
    table = chance(case, draws=4)
    assert set(table[table["kind"] == "index"]["column"]) == {"", "bes"}
    assert "wishes_share" not in set(table["name"])


def test_that_levels_in_words_are_groups() -> None:
    pupils = pd.DataFrame({"id": list("abcd"), "livello": ["alto", "basso", "alto", "basso"]})
    case = Case.from_frames(pupils, CLASSES, regulation={"criteria": [{"rule": "equal_sizes", "weight": 1}]})
    names = chance(case, draws=4)["name"].tolist()
    assert "theil_h" in names and "eta_squared" not in names


@pytest.mark.parametrize(
    ("split", "named", "values"),
    [
        (SPLIT, {"draws": 1, "seed": -1}, ["1", "-1"]),
        ({"a": "1A", "b": "1B"}, {}, ["c", "d", "e", "f"]),
        ({**SPLIT, "a": "1C", "f": "1A"}, {"eligible": True}, ["a", "f"]),
        ({**SPLIT, "x": "1C"}, {}, ["x"]),
    ],
)
def test_that_splits_and_numbers_that_cannot_be_used_are_refused(
    split: dict[str, str], named: dict[str, Any], values: list[str]
) -> None:
    with pytest.raises(InputError) as error:
        chance(CASE, split, **named)
    assert [p.value for p in error.value.problems] == values


def test_that_sizes_nobody_can_have_and_a_start_not_found_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    fixed = pd.DataFrame({"id": list("abc"), "classe_fissa": ["1A", "1A", "1A"]})
    case = Case.from_frames(fixed, CLASSES, regulation={"criteria": [{"rule": "class_size", "max": 3, "hard": True}]})
    with pytest.raises(InputError):
        chance(case, draws=2)
    monkeypatch.setattr(chance_module, "solve", lambda *_a: SimpleNamespace(status="UNKNOWN", places=None))
    with pytest.raises(NotFound):
        chance(case, draws=2)


# --- files ---


@pytest.mark.parametrize("suffix", [".csv", ".CSV", ".parquet"])
def test_that_a_table_comes_back_as_it_was(tmp_path: Path, suffix: str) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    table = pd.DataFrame({"rule": ["à, “b”", "=c"], "cost": pd.array([1, None], "Int64"), "share": [0.1, nan]})
    file = tmp_path / f"out{suffix}"
    file.write_bytes(b"old")
    tidy.write(table, file)
    back = pd.read_parquet(file) if suffix == ".parquet" else pd.read_csv(file, dtype={"cost": "Int64"})
    pd.testing.assert_frame_equal(back, table, check_dtype=False)
    assert [p.name for p in tmp_path.iterdir()] == [file.name]


def test_that_files_that_cannot_be_written_are_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError) as error:
        tidy.check(tmp_path / "none" / "out.xlsx")
    assert len(error.value.problems) == 2
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(InputError, match="pyarrow"):
        tidy.write(pd.DataFrame(), tmp_path / "out.parquet")
    tidy.check(tmp_path / "out.csv")
    assert placements(CASE, SPLIT) == SPLIT and not list(tmp_path.iterdir())
