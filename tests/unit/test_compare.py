"""Splits side by side: every figure against a plain recount, every sentence against what it says."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from classi.case import Case
from classi.compare import PAGE, WORKBOOK, compare, read_splits, write_comparison
from classi.errors import InputError
from classi.formation.matching import distance
from classi.i18n import use_language
from classi.indices import eta_squared, theil_h
from classi.report import compare_content as words
from classi.report.compare_html import render_html
from classi.report.compare_model import ClassRow, ComparedRule, Comparison, Side, best_of
from classi.restate import restate
from classi.sheets import read_sheets
from classi.splits import Split, split_of
from classi.tables.write import write_case
from classi.workflow import form, write_result

RULES = """
name = "Prova"
[[criteria]]
rule = "class_size"
name = "Al massimo cinque"
max = 5
hard = true
[[criteria]]
rule = "balance"
name = "Femmine e maschi"
attribute = "sesso"
weight = 3
tier = 1
[[criteria]]
rule = "balance_number"
name = "Media"
attribute = "voto"
tolerance = 0.5
weight = 1
tier = 2
[[criteria]]
rule = "wishes"
name = "Compagni"
weight = 2
tier = 3
"""
EVEN = "AABBAABB"
FORMULA = "=1+<i>1"


def rows() -> dict[str, list[dict[str, Any]]]:
    """Eight pupils in a row, alternately girl and boy; each wishes the next; three classes that nothing tells apart."""
    pupils = [
        {"id": f"p{k}", "cognome": FORMULA if k == 0 else f"Prova{k}", "sesso": "FM"[k % 2], "voto": 5 + k % 4}
        for k in range(8)
    ]
    ties = [{"da": f"p{k}", "a": f"p{k + 1}", "tipo": "preferisce"} for k in range(7)]
    return {"alunni": pupils, "classi": [{"id": "1A"}, {"id": "1B"}, {"id": "1C"}], "legami": ties}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    there = tmp_path_factory.mktemp("scuola")
    write_case(there, rows())
    (there / "regolamento.toml").write_text(RULES, encoding="utf-8")
    return there


@pytest.fixture(scope="module")
def case(folder: Path) -> Case:
    return Case.read(folder)


def split(case: Case, letters: str, name: str) -> Split:
    return split_of(case, {f"p{k}": f"1{letter}" for k, letter in enumerate(letters)}, name)


def side_by_side(case: Case, *letters: str) -> Comparison:
    return compare([split(case, some, f"s{k}") for k, some in enumerate(letters)])


# --- figures ---


def test_that_every_figure_is_the_one_of_a_plain_recount(case: Case) -> None:
    dice = random.Random(3)
    for _turn in range(12):
        texts = ["".join(dice.choice("ABC") for _ in range(8)) for _ in range(dice.randint(2, 6))]
        found = side_by_side(case, *texts)
        placed = [{f"p{k}": f"1{letter}" for k, letter in enumerate(text)} for text in texts]
        audits = [case.audit(p).audit for p in placed]
        assert [r.costs for r in found.rules] == [tuple(a.criteria[k].cost for a in audits) for k in range(4)]
        assert [t.values for t in found.tiers] == [tuple(a.tiers[t] for a in audits) for t in (1, 2, 3)]
        granted = [sum(text[k] == text[k + 1] for k in range(7)) for text in texts]
        assert [found.granted(k) for k in range(len(texts))] == granted
        assert [t.granted for t in found.trades] == [g - granted[0] for g in granted[1:]]
        for a, b in product(range(len(texts)), repeat=2):
            assert found.distances[a][b] == distance(*(["ABC".index(x) for x in texts[i]] for i in (a, b)), (0, 0, 0))
        assert [t.moves.pupils for t in found.trades] == list(found.distances[0][1:])
        keys = [(a.criteria[0].cost, *a.tiers.values()) for a in audits]
        assert found.order == tuple(1 + sum(k < key for k in keys) for key in keys)
        for trade in found.trades:
            assert trade.better == (keys[trade.other] > keys[0]) - (keys[trade.other] < keys[0])


def test_that_the_moves_lead_from_the_first_split_to_the_other(case: Case) -> None:
    found = side_by_side(case, "AAABBBCC", "BAACBBAC")
    (trade,) = found.trades
    now = dict(zip(found.pupils, ["1A", "1A", "1A", "1B", "1B", "1B", "1C", "1C"], strict=True))
    for step in trade.moves.steps:
        for pupil, here, there in zip(step.pupils, step.classes[:-1], step.classes[1:], strict=True):
            assert now[found.pupils[pupil]] == found.classes[here]
            now[found.pupils[pupil]] = found.classes[there]
    assert "".join(c[1] for c in now.values()) == "BAACBBAC"


def test_that_classes_under_other_names_are_no_difference(case: Case) -> None:
    found = side_by_side(case, "AAABBBCC", "CCCAAABB")
    assert found.distances == ((0, 0), (0, 0))
    assert found.sides[1].same == (2, 0, 1)
    assert all(row.counts[0] == _values(row, 1) or _values(row, 0) == _values(row, 1) for row in found.rows)
    with use_language("en"):
        assert words.say_renamed(found, found.trades[0]).startswith(
            "Classes matched under other names (“s0” = “s1”): 1A = 1C, 1B = 1A, 1C = 1B."
        )
        assert words.say_moves(found.trades[0]) == "Nobody changes class."
        assert words.say_trade(found, found.trades[0]) == "“s1” costs as much as “s0” in every rule."


def _values(row: ClassRow, k: int) -> list[Any]:
    return [None if x is None else (x.value, x.low, x.high) for x in row.counts[k]]


def test_that_classes_a_rule_tells_apart_are_not_matched(folder: Path) -> None:
    fixed = 'criteria = [{rule = "class_size", max = 5, hard = true, classes = {id = ["1A"]}}]\n'
    (folder / "altro.toml").write_text(fixed, encoding="utf-8")
    case = Case.from_rows(rows(), folder / "altro.toml")
    found = side_by_side(case, "AAABBBCC", "BBBAAACC", "AAACCCBB")
    assert found.distances[0] == (0, 6, 0)
    assert found.asked == 0
    with use_language("en"):
        assert "The rules look at no wishes." in render_html(found)


def test_that_indices_are_of_what_is_to_be_spread_evenly(case: Case) -> None:
    texts = ["AABBCCAB", EVEN]
    found = side_by_side(case, *texts)
    sexes, marks = [r["sesso"] for r in rows()["alunni"]], [r["voto"] for r in rows()["alunni"]]
    by = {(x.column, x.index): x.values for x in found.indices}
    assert {column for column, _index in by} == {"sesso", "voto"}
    assert by["sesso", "theil_h"] == pytest.approx([theil_h(sexes, list(t)) for t in texts])
    assert by["voto", "eta_squared"] == pytest.approx([eta_squared(marks, list(t)) for t in texts])


def test_that_indices_that_do_not_exist_are_left_out() -> None:
    pupils = [{"id": f"p{k}", "dsa": k < 2, "bes": None} for k in range(4)]
    rules = [{"rule": "balance", "attribute": column, "weight": 1} for column in ("dsa", "bes")]
    case = Case.from_rows({"alunni": pupils, "classi": [{"id": "1A"}, {"id": "1B"}]}, {"criteria": rules})
    found = side_by_side(case, "AABB", "ABAB")
    assert {(x.column, x.index): x.values for x in found.indices} == {
        ("dsa", "multigroup_dissimilarity"): (1.0, 0.0),
        ("dsa", "theil_h"): (1.0, 0.0),
    }


def test_that_counts_class_by_class_are_the_auditors(case: Case) -> None:
    found = side_by_side(case, "AAAABBCC", "AABBCCAB")
    (size,) = [row for row in found.rows if row.rule.number == 1]
    assert [[x and x.value for x in some] for some in size.counts] == [[4, 2, 2], [3, 2, 3]]
    assert not size.departs
    assert all(row.rule.label == "Femmine e maschi" for row in found.rows if row.departs and row.rule.tier == 1)


def test_that_the_wishes_tell_who_alone_grants_them(case: Case) -> None:
    found = side_by_side(case, "AABBCCAB", "ABABABAB", "AABCABCC")
    by = {(w.pupil, w.friend): w for w in found.wishes}
    assert by["p2", "p3"].only == 0 and by["p6", "p7"].only == 2
    assert by["p0", "p1"].granted == (True, False, True) and by["p0", "p1"].only is None
    assert not any(found.wishes[-1].granted)


def test_that_the_best_of_a_row_is_marked_only_where_there_is_one() -> None:
    assert best_of([None, 2.0, 1.0]) == (False, False, True)
    assert best_of([None, 2.0]) == (False, False)


# --- what may be compared ---


@pytest.mark.parametrize("number", [0, 1, 7])
def test_that_other_numbers_of_splits_are_refused(case: Case, number: int) -> None:
    with use_language("en"), pytest.raises(InputError, match=f"From 2 to 6 splits can be compared; there are {number}"):
        side_by_side(case, *[EVEN] * number)


def test_that_what_cannot_be_compared_is_told_all_at_once(case: Case) -> None:
    other = rows() | {"classi": [{"id": "1A"}, {"id": "1B"}, {"id": "1D"}]}
    rules = {"criteria": [{"rule": "class_size", "max": 6, "hard": True}]}
    splits = [split(case, EVEN, "uno"), split(case, EVEN, "uno"), split(Case.from_rows(other, rules), EVEN, "due")]
    with use_language("en"), pytest.raises(InputError) as error:
        compare(splits)
    assert [p.message for p in error.value.problems] == [
        "Two splits have this name: give each its own.",
        "Its classes are not those of “uno”.",
        "Its rules are not those of “uno”.",
    ]


def test_that_splits_of_other_pupils_are_compared_for_those_in_both(case: Case) -> None:
    after = replace(case, source=rows()).of_those([f"p{k}" for k in range(7)])
    later = split_of(after, {f"p{k}": f"1{letter}" for k, letter in enumerate("BABBAAB")}, "dopo")
    found = compare([split(case, EVEN, "prima"), later])
    assert len(found.pupils) == 7 and found.strangers == {"p7": (0,)}
    assert (found.distances[0][1], found.asked) == (1, 6)
    with use_language("en"):
        first, second = words.say_strangers(found)
        assert "those of the 7 in all of them" in first and second == "Prova7: only in prima."
        assert 'id="strangers"' in render_html(found)


# --- words ---


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (
            ("AABBAABB", "ABABABAB"),
            "“s1” grants 4 wishes fewer, saves 4 points in “Media” and costs 18 points more in “Femmine e maschi”; by "
            "the regulation's own order “s0” is better: priority 1 comes first, with 18 points fewer.",
        ),
        (("AABBAABB", "AAAAAABB"), "“s1” breaks the mandatory rule “Al massimo cinque”"),
        (("AAAAAABB", "AABBAABB"), "“s1” keeps the mandatory rule “Al massimo cinque”"),
    ],
)
def test_that_one_sentence_tells_what_is_given_up(case: Case, texts: Sequence[str], expected: str) -> None:
    found = side_by_side(case, *texts)
    with use_language("en"):
        said = words.say_trade(found, found.trades[0])
    assert said.startswith(expected)
    if "mandatory" in expected:
        assert said.endswith("“s1” is better: mandatory rules come before everything.") is ("keeps" in expected)


def test_that_a_wish_more_is_told_even_where_no_rule_changes(case: Case) -> None:
    found = side_by_side(case, "AABBAABB", "AABBBBAA")
    trade = replace(found.trades[0], changes=(), tiers={}, granted=1, better=0)
    with use_language("en"):
        assert words.say_trade(found, trade) == (
            "“s1” grants 1 wish more; by the regulation's own order they are equally good: every priority has the same "
            "points."
        )


def test_that_of_two_splits_that_may_not_be_chosen_neither_is_better(case: Case) -> None:
    found = side_by_side(case, "AAAAAAAB", "AAAAAABB")
    with use_language("en"):
        said = words.say_trade(found, found.trades[0])
    assert said.startswith("“s1” breaks the mandatory rule “Al massimo cinque” less")
    assert said.endswith("; neither may be chosen: both break mandatory rules.")


def test_that_more_rules_than_fit_a_sentence_are_counted(case: Case) -> None:
    found = side_by_side(case, "AABBAABB", "ABABABAB")
    changes = found.trades[0].changes
    more = replace(found.trades[0], changes=(changes[0], *changes[1:2] * 4), granted=0)
    with use_language("en"):
        assert "differs in 2 other rules" in words.say_trade(found, more)


def test_that_moves_are_counted_by_kind(case: Case) -> None:
    (trade,) = side_by_side(case, "AAABBBCC", "BAAABCCC").trades
    with use_language("en"):
        assert words.say_moves(trade) == "3 pupils change class: 1 swap, 1 single move."
        unproved = replace(trade, moves=replace(trade.moves, exact=False))
        assert words.say_moves(unproved).endswith("there are too many to try.)")
        kinds = [words.say_kind(*kind) for kind in ((True, 2, 1), (True, 3, 2), (False, 1, 3), (False, 2, 1))]
        assert kinds == ["1 swap", "2 circles of 3", "3 single moves", "1 chain of 2"]


def test_that_those_who_move_are_named(case: Case) -> None:
    found = side_by_side(case, "AAAABBBB", "BAAAABBB")
    assert words.say_step(found, found.trades[0].moves.steps[0]) == f"{FORMULA} (1A → 1B), Prova4 (1B → 1A)"


def test_that_a_split_that_breaks_a_mandatory_rule_cannot_be_the_best(case: Case) -> None:
    found = side_by_side(case, "AAAAAABB", "AABBAABB")
    assert not found.sound and found.sides[1].sound
    with use_language("en"):
        told = [(v.mark, v.title) for v in words.verdicts(found)]
    assert told[:2] == [("bad", "“s0” cannot be chosen as it is"), ("info", "Best by the regulation: s1")]
    none = side_by_side(case, "AAAAAABB", "BBBBBBAA")
    with use_language("en"):
        assert [v.mark for v in words.verdicts(none)][:2] == ["bad", "bad"]
        assert "Best by the regulation" not in " ".join(v.title for v in words.verdicts(none))


def test_that_nothing_is_said_of_certificates_that_are_not_there(case: Case) -> None:
    bare, other = split(case, EVEN, "bare"), split(case, EVEN, "other")
    certified = [replace(s, certificate={"tiers": []}) for s in (bare, other)]
    with use_language("en"):
        assert "its certificate says" in words.verdicts(compare(certified))[0].text
        assert "its certificate says" not in words.verdicts(compare([certified[0], other]))[0].text


def test_that_equally_good_ones_are_called_so(case: Case) -> None:
    with use_language("en"):
        same = words.verdicts(side_by_side(case, EVEN, EVEN))
        assert same[1].title == "By the regulation they are equally good"
        two = words.verdicts(side_by_side(case, EVEN, EVEN, "ABABABAB"))
        assert two[1].title == "Best by the regulation, equally: s0, s1"
        assert two[1].text == "Priority after priority: s0 = s1 > s2."


@pytest.mark.parametrize(
    ("certificate", "said"),
    [
        ({}, "no certificate"),
        ({"tiers": []}, "by a search for the best of all"),
        ({"made": {"how": "profile", "profile": "desideri"}}, "the best for the profile “desideri”"),
        ({"made": {"how": "by hand", "moves": [{}], "who": "Ada"}}, "changed by hand: 1 pupil moved (Ada)"),
    ],
)
def test_that_it_is_told_how_each_was_made(case: Case, certificate: Mapping[str, Any], said: str) -> None:
    with use_language("en"):
        assert words.say_made(Side("x", case.audit({}).audit, certificate, ())) == said


def test_that_charts_share_a_scale_and_shade_the_target(case: Case) -> None:
    found = side_by_side(case, "ABABABAB", "AABBCCAB")
    row = next(row for row in found.rows if row.rule.number == 2 and row.departs)
    with use_language("en"):
        drawn = words.chart(found, row)
    assert drawn.classes == ("s0", "s1") and len(drawn.points[0]) == 3
    assert drawn.mean_texts[0].startswith("✗") and drawn.mean_texts[1] == "✓"
    assert drawn.band is not None and drawn.description.startswith("priority 1, weight 3. Target: ")


def test_that_targets_that_differ_are_drawn_as_distances(case: Case) -> None:
    found = side_by_side(case, "ABABABAB", EVEN)
    row = next(row for row in found.rows if row.rule.number == 2 and row.departs)
    changed = [replace(x, value=4, low=k, high=k + 1) for k, x in enumerate(row.counts[0]) if x]
    mixed = replace(row, counts=((*changed[:2], None), (replace(changed[0], value=0, low=2, high=None), None, None)))
    with use_language("en"):
        drawn = words.chart(found, mixed)
        assert words.say_count(None) == "·"
    assert drawn.band == (0, 0) and drawn.points == ((2, 3), (-2,))
    assert "Distance of each class" in drawn.description


def test_that_a_long_name_keeps_its_end(case: Case) -> None:
    found = compare([split(case, EVEN, "alternativa-1"), split(case, "ABABABAB", "alternativa-2")])
    row = next(row for row in found.rows if row.departs)
    assert words.chart(found, row).classes == ("…ternativa-1", "…ternativa-2")


def test_that_a_tier_says_how_far_it_is_from_its_bound(case: Case, tmp_path: Path) -> None:
    found = side_by_side(case, EVEN, "ABABABAB")
    assert [words.say_tier(t, 0) for t in found.tiers] == [str(t.values[0]) for t in found.tiers]
    tier = replace(found.tiers[0], values=(3, 3), bounds=(3, 2), proved=(True, False))
    assert [words.say_tier(tier, k) for k in (0, 1)] == ["3 ✓", "3 (2)"]
    assert ComparedRule(1, "x", True, None, None, (0, 2)).points == (0, 2)


# --- folders ---


@pytest.fixture(scope="module")
def results(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The best, and in its folder alternatives 2 and 10 and a profile."""
    out = tmp_path_factory.mktemp("esiti") / "esito"
    best = form(case, time_limit=5, workers=1)
    write_result(best, out)
    for name, letters in (("alternativa-10", "ABABABAB"), ("alternativa-2", EVEN), ("desideri", "AAABBBBC")):
        places = ["ABC".index(letter) for letter in letters]
        write_result(restate(case, places, {"how": "alternative"}, known=best.solution.tiers), out / name)
    (out / "altro").mkdir()
    return out


def test_that_one_folder_is_compared_with_its_alternatives(case: Case, results: Path) -> None:
    splits = read_splits(case, [results])
    assert [s.name for s in splits] == ["esito", "alternativa-2", "alternativa-10", "desideri"]
    found = compare(splits)
    assert found.sound and found.order[0] == 1
    assert all(t.proved[0] for t in found.tiers)
    assert found.tiers[0].bounds == (found.tiers[0].values[0],) * 4


def test_that_folders_of_one_name_are_told_apart(case: Case, results: Path, tmp_path: Path) -> None:
    twin = tmp_path / "esito"
    write_result(restate(case, [0, 0, 1, 1, 0, 0, 1, 1], {"how": "by hand"}), twin)
    names = [s.name for s in read_splits(case, [results, twin])]
    assert names == [f"{results.parent.name}/esito", f"{tmp_path.name}/esito"]


def test_that_all_that_is_wrong_with_the_folders_is_told(case: Case, results: Path, tmp_path: Path) -> None:
    (tmp_path / "vuota").mkdir()
    (tmp_path / "rotta").mkdir()
    (tmp_path / "rotta" / "assegnazioni.csv").write_text("id,classe\np0,1A\n", encoding="utf-8")
    with use_language("en"), pytest.raises(InputError) as error:
        read_splits(case, [results, results, tmp_path / "vuota", tmp_path / "rotta"])
    files = [p.file for p in error.value.problems]
    assert "given twice" in error.value.problems[0].message
    assert "vuota" in files and "rotta: assegnazioni.csv" in files


def test_that_too_many_or_too_few_folders_are_refused(case: Case, results: Path) -> None:
    for folders in ([results / "altro"], [results] * 7, []):
        with pytest.raises(InputError):
            read_splits(case, folders)


def test_that_a_certificate_that_disagrees_makes_a_split_unsound(case: Case, results: Path, tmp_path: Path) -> None:
    false = tmp_path / "falso"
    write_result(restate(case, [0, 1] * 4, {"how": "by hand"}), false)
    file = false / "certificato.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"value": ', '"value": 1'), encoding="utf-8")
    found = compare(read_splits(case, [results, false]))
    assert [s.sound for s in found.sides] == [True, False]
    assert all(t.bounds[1] is None and not t.proved[1] for t in found.tiers)
    assert words.wrongs(found.sides[1])


# --- files ---


@pytest.mark.parametrize("code", ["it", "en"])
def test_that_page_and_workbook_are_whole_and_always_the_same(
    case: Case, results: Path, tmp_path: Path, code: str
) -> None:
    with use_language(code):
        found = compare(read_splits(case, [results]))
        first = {f.name: f.read_bytes() for f in write_comparison(found, tmp_path / "uno")}
        second = {f.name: f.read_bytes() for f in write_comparison(found, tmp_path / "due")}
    assert first == second and set(first) == {PAGE, WORKBOOK}
    page = first[PAGE].decode()
    assert f'<html lang="{code}">' in page and "<script" not in page and "<i>" not in page
    assert "http" not in page.replace('http-equiv="Content', "")
    assert page.count("<svg") == sum(row.departs for row in found.rows) > 0
    assert page.count('id="') == len({part.split('"')[0] for part in page.split('id="')[1:]})


def test_that_no_cell_of_the_workbook_is_a_formula(case: Case, results: Path, tmp_path: Path) -> None:
    with use_language("en"):
        found = compare(read_splits(case, [results]))
        write_comparison(found, tmp_path)
    grids = read_sheets(tmp_path / WORKBOOK).grids
    assert list(grids) == ["Rules", "Wishes", "Moves", "Indices"]
    cells = {name: [cell for _n, row in grid.rows for cell in row] for name, grid in grids.items()}
    assert FORMULA in cells["Wishes"] + cells["Moves"]
    costs = [row for _n, row in grids["Rules"].rows if row[0] == "2. Femmine e maschi"]
    assert [int(x) for x in costs[0][2:6]] == list(found.rules[1].costs)


def test_that_nothing_is_written_over_unless_asked(case: Case, folder: Path, tmp_path: Path) -> None:
    found = side_by_side(case, EVEN, "ABABABAB")
    write_comparison(found, tmp_path)
    before = {f: f.read_bytes() for f in tmp_path.iterdir()}
    (tmp_path / "un file").write_text("", encoding="utf-8")
    for out in (tmp_path, folder, tmp_path / "un file"):
        with pytest.raises(InputError):
            write_comparison(side_by_side(case, EVEN, EVEN), out)
    assert {f: f.read_bytes() for f in before} == before
    write_comparison(side_by_side(case, EVEN, EVEN), tmp_path, force=True)
    assert (tmp_path / PAGE).read_bytes() != before[tmp_path / PAGE]


def test_that_no_bound_is_taken_from_a_certificate_of_other_files(case: Case, results: Path, tmp_path: Path) -> None:
    moved = tmp_path / "altrove"
    shutil.copytree(results, moved, ignore=lambda folder, names: [n for n in names if (Path(folder) / n).is_dir()])
    file = moved / "certificato.json"
    made = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**made, "inputs": dict.fromkeys(made["inputs"], "0" * 64)}), encoding="utf-8")
    found = compare(read_splits(case, [results, moved]))
    assert all(t.proved == (True, False) and t.bounds[1] is None for t in found.tiers)
