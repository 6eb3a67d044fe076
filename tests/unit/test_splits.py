"""Splits read back, counted, and certified when people made them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from classi import resources
from classi.case import Case
from classi.compare import read_splits
from classi.differences import better, costs_of, rule_changes, say_change, tier_changes
from classi.errors import AuditFailure, InputError
from classi.formation.solve import TierResult
from classi.journal import append
from classi.recount import audit_result, read_certificate
from classi.restate import Carried, restate, tiers_of
from classi.splits import read_earlier, read_split, split_of
from classi.tables.write import write_assignment
from classi.workflow import form, write_result

RULES = """
[[criteria]]
rule = "class_size"
max = 3
hard = true

[[criteria]]
rule = "balance"
attribute = "sesso"
weight = 2

[[criteria]]
rule = "wishes"
weight = 1
tier = 2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    case = tmp_path / "scuola"
    case.mkdir()
    (case / "alunni.csv").write_text("id;sesso\na;F\nb;F\nc;M\nd;M\n", encoding="utf-8")
    (case / "classi.csv").write_text("id\n1A\n1B\n", encoding="utf-8")
    (case / "legami.csv").write_text("da;a;tipo\na;b;preferisce\n", encoding="utf-8")
    (case / "regolamento.toml").write_text(RULES, encoding="utf-8")
    return case


def result_of(folder: Path, out: Path) -> Case:
    case = Case.read(folder)
    write_result(form(case, workers=1), out)
    return case


def test_that_a_result_is_read_back_as_it_was_written(folder: Path, tmp_path: Path) -> None:
    case = result_of(folder, tmp_path / "uno")
    split = read_split(case, tmp_path / "uno")
    assert split.name == "uno" and split.recount.confirmed and split.certificate["status"] == "OPTIMAL"
    assert split.audit.tiers == {1: 0, 2: 1} and split.ledger.placed == split.placed
    assert split.case is case and [case.school.classes[c].id for c in split.places] == list(split.placed.values())
    assert read_split(case, tmp_path / "uno", "prima").name == "prima"


def test_that_what_is_no_result_is_refused(folder: Path, tmp_path: Path) -> None:
    case = result_of(folder, tmp_path / "uno")
    with pytest.raises(InputError, match=r"assegnazioni\.csv"):
        read_split(case, folder)
    (tmp_path / "uno" / "assegnazioni.csv").write_text("id;classe\na;1A\nb;1A\nc;1Z\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_split(case, tmp_path / "uno")
    assert len(caught.value.problems) >= 2  # one without a class, one in a class that is not there
    memory = Case.from_rows({"alunni": [{"id": "a"}], "classi": [{"id": "1A"}]})
    with pytest.raises(InputError):
        read_split(memory, tmp_path / "uno")


def test_that_a_split_of_any_origin_is_counted(folder: Path) -> None:
    case = Case.read(folder)
    split = split_of(case, {"a": "1A", "b": "1A", "c": "1B", "d": "1b"}, "a mano")
    assert split.audit.tiers == {1: 8, 2: 0} and split.places == (0, 0, 1, 1) and not split.certificate
    with pytest.raises(InputError):
        split_of(case, {"a": "1A"}, "a metà")


def test_that_a_damaged_certificate_is_none(tmp_path: Path) -> None:
    assert read_certificate(tmp_path) == {}
    (tmp_path / "certificato.json").write_text("[1, 2]", encoding="utf-8")
    assert read_certificate(tmp_path) == {}
    (tmp_path / "certificato.json").write_text("{", encoding="utf-8")
    assert read_certificate(tmp_path) == {}


def test_that_a_split_by_hand_is_certified_with_the_bounds_that_hold_for_it(folder: Path, tmp_path: Path) -> None:
    case = result_of(folder, tmp_path / "uno")
    known = tiers_of(read_certificate(tmp_path / "uno"))
    same = restate(case, (0, 1, 1, 0), {"how": "by hand"}, known=known)
    assert same.status == "OPTIMAL" and same.certificate["made"] == {"how": "by hand"}
    assert same.certificate["stopped"] == "proved"
    worse = restate(case, (0, 0, 1, 1), {"how": "by hand"}, known=known)
    # The wish costs nothing here because the tier before costs more: the bound of the search does not hold.
    assert [(t["value"], t["bound"]) for t in worse.certificate["tiers"]] == [(8, 0), (0, 0)]
    assert worse.status == "FEASIBLE" and worse.certificate["stopped"] == "given"
    write_result(worse, tmp_path / "due")
    recount = audit_result(folder, tmp_path / "due")
    assert recount.confirmed and not recount.differences


def test_that_a_split_that_breaks_a_hard_rule_is_not_certified(folder: Path) -> None:
    with pytest.raises(AuditFailure):
        restate(Case.read(folder), (0, 0, 0, 0), {"how": "by hand"})


def test_that_a_bound_above_the_value_is_not_believed(folder: Path) -> None:
    wrong = (TierResult(1, 9, 9, "search"),)
    made = restate(Case.read(folder), (0, 1, 1, 0), {"how": "by hand"}, known=wrong)
    assert made.certificate["tiers"][0]["bound"] == 0
    for odd in ([{"tier": 1, "value": 3, "bound": None}], [1, {"tier": 1}], 5, None):
        assert tiers_of({"tiers": odd}) == ()


def test_that_seats_go_with_the_classes(tmp_path: Path) -> None:
    source = resources.instances() / "ammissioni-primaria"
    case = Case.read(source)
    write_result(form(case, time_limit=20), tmp_path / "uno")
    split = read_split(case, tmp_path / "uno")
    assert len(split.places) < len(case.school.pupils) and split.case.school.open
    seats = Carried(tmp_path / "uno", split.certificate["admission"])
    again = restate(split.case, split.places, {"how": "by hand"}, known=tiers_of(split.certificate), seated=seats)
    write_result(again, tmp_path / "due")
    recount = audit_result(source, tmp_path / "due")
    assert recount.confirmed and recount.audit.admission is not None
    written = json.loads((tmp_path / "due" / "certificato.json").read_text(encoding="utf-8"))
    assert written["admission"] == split.certificate["admission"] and "graduatorie.csv" in written["outputs"]
    # Without the rankings the classes alone are read: of those who have one.
    (tmp_path / "due" / "graduatorie.csv").unlink()
    bare = read_split(case, tmp_path / "due")
    assert len(bare.places) == len(split.places) and bare.recount.differences


def test_that_changes_are_told_in_the_order_of_the_rules(folder: Path) -> None:
    case = Case.read(folder)
    one = split_of(case, {"a": "1A", "b": "1B", "c": "1A", "d": "1B"}, "uno")
    other = split_of(case, {"a": "1A", "b": "1A", "c": "1A", "d": "1A"}, "altro")
    changes = rule_changes(case.regulation, costs_of(one.audit), costs_of(other.audit))
    assert [(c.hard, c.tier, c.points) for c in changes] == [(True, None, 0), (False, 1, 8), (False, 2, -1)]
    assert better(changes) == 1 and better(changes[2:]) == -1 and better(()) == 0
    assert tier_changes(changes) == {1: 8, 2: -1}
    back = rule_changes(case.regulation, costs_of(other.audit), costs_of(one.audit))
    assert back[0].worse is False and "rispettata" in say_change(back[0])
    assert str(back[2]) == say_change(back[2]) and "peggiora" in str(back[2]) and "migliora" in str(changes[2])
    assert "violata" in say_change(changes[0])
    still = rule_changes(case.regulation, [1, 0, 0], [2, 0, 0])
    assert "1" in say_change(still[0]) and "2" in say_change(still[0])


def test_that_classes_from_before_a_late_enrolment_are_read_without_who_came(folder: Path, tmp_path: Path) -> None:
    result_of(folder, tmp_path / "prima")
    with (folder / "alunni.csv").open("a", encoding="utf-8") as table:
        table.write("e;F\n")
    case = Case.read(folder)
    assert read_earlier(case, tmp_path / "prima") is None  # nobody said that "e" came later
    act = {"who": "Segreteria", "why": "Nuova iscrizione", "when": date(2026, 10, 1)}
    append(folder, "iscrizione", **act, **{"id": "e", "class": "1A"})
    split = read_earlier(case, tmp_path / "prima")
    assert split is not None and split.name == "prima" and not split.certificate
    assert sorted(split.placed) == ["a", "b", "c", "d"] and split.audit.tiers == {1: 0, 2: 1}
    write_assignment(tmp_path / "dopo.csv", [*split.placed.items(), ("e", "1A")])
    (tmp_path / "dopo").mkdir()
    (tmp_path / "dopo.csv").rename(tmp_path / "dopo" / "assegnazioni.csv")
    assert read_earlier(case, tmp_path / "dopo") is None and len(read_split(case, tmp_path / "dopo").places) == 5
    assert [s.name for s in read_splits(case, [tmp_path / "prima", tmp_path / "dopo"])] == ["prima", "dopo"]
    assert read_earlier(case, tmp_path) is None
