"""Tests of the certificate: each number from the side it belongs to, and a count that knows whether it had one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from classi import Case
from classi.audit import Audit, audit_ledger, compare_with_certificate
from classi.certificate import make_certificate
from classi.formation.engine import Limits
from classi.formation.solve import Solution, TierResult
from classi.formation.whole import PartResult
from classi.i18n import use_language
from classi.recount import audit_result, sha256
from classi.report.facts import certificate_facts

RULES: list[dict[str, Any]] = [
    {"rule": "equal_sizes", "hard": True},
    {"rule": "balance", "attribute": "sesso", "weight": 3},
    {"rule": "wishes", "weight": 1, "tier": 2},
]
PLACES = (0, 0, 1, 1)
LIMITS = Limits(seconds=5)
BOTH = TierResult(1, 12, 9, ""), TierResult(2, 0, 0, "arithmetic")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


@pytest.fixture
def case() -> Case:
    """Two girls and two boys, two classes, and wishes that nobody has."""
    pupils = pd.DataFrame({"id": list("abcd"), "sesso": list("FFMM")})
    return Case.from_frames(pupils, pd.DataFrame({"id": ["1A", "1B"]}), regulation={"criteria": RULES})


@pytest.fixture
def audit(case: Case) -> Audit:
    placed = {p.id: case.school.classes[c].id for p, c in zip(case.school.pupils, PLACES, strict=True)}
    return audit_ledger(case.ledger(placed), case.regulation)


def solution(*tiers: TierResult, status: str = "FEASIBLE", places: tuple[int, ...] | None = PLACES) -> Solution:
    return Solution(status, places, tiers, "time", 1.23456, 0.5, 2.34567)


def test_that_each_cost_comes_from_its_own_side(case: Case, audit: Audit) -> None:
    assert [a.cost for a in audit.criteria] == [0, 4, 0]
    agreeing = make_certificate(case, solution(*BOTH), LIMITS, audit, None, [0, 4, 0])
    assert [(c["cost"], c["audited"]) for c in agreeing["criteria"]] == [(0, 0), (4, 4), (0, 0)]
    assert agreeing["audit"] == {"hard_kept": True, "agrees": True, "findings": 4}
    differing = make_certificate(case, solution(*BOTH), LIMITS, audit, None, [0, 3, 0])
    assert [(c["cost"], c["audited"]) for c in differing["criteria"]] == [(0, 0), (3, 4), (0, 0)]
    assert differing["audit"]["agrees"] is False


def test_that_without_the_solvers_costs_nothing_is_said_to_agree(case: Case, audit: Audit) -> None:
    certificate = make_certificate(case, solution(*BOTH), LIMITS, audit, None, None)
    assert [c["cost"] for c in certificate["criteria"]] == [None] * 3
    assert certificate["audit"]["agrees"] is False


def test_that_without_an_assignment_nothing_is_counted(case: Case) -> None:
    certificate = make_certificate(case, solution(status="UNKNOWN", places=None), LIMITS, None, None, None)
    assert (certificate["status"], certificate["tiers"], certificate["audit"]) == ("UNKNOWN", [], None)
    assert {(c["cost"], c["audited"]) for c in certificate["criteria"]} == {(None, None)}


def test_that_a_tier_without_anything_to_look_at_is_there_and_costs_nothing(case: Case, audit: Audit) -> None:
    assert not [t for t in case.terms if t.tier == 2]
    certificate = make_certificate(case, solution(BOTH[0]), LIMITS, audit, None, [0, 4, 0])
    assert certificate["tiers"] == [
        {"tier": 1, "value": 12, "bound": 9, "gap": 0.25, "proved": False, "proof": ""}
        | {"conditional_on_earlier_tiers": False},
        {"tier": 2, "value": 0, "bound": 0, "gap": 0.0, "proved": True, "proof": "arithmetic"}
        | {"conditional_on_earlier_tiers": True},
    ]


@pytest.mark.parametrize("tier", [BOTH[0], TierResult(1, 12, 12, "search")])
def test_that_the_auditor_confirms_what_is_certified(case: Case, audit: Audit, tier: TierResult) -> None:
    found = solution(tier, status="OPTIMAL" if tier.proved else "FEASIBLE")
    certificate = make_certificate(case, found, LIMITS, audit, None, [0, 4, 0])
    assert compare_with_certificate(audit, json.loads(json.dumps(certificate))) == ()


def test_that_wall_times_are_told_only_where_they_may_differ(case: Case, audit: Audit) -> None:
    keys = ("deterministic", "time_limit", "wall_seconds", "solver_seconds", "deterministic_time")
    threads = make_certificate(case, solution(*BOTH), LIMITS, audit, None, [0, 4, 0])
    assert [threads[k] for k in keys] == [False, 5, 2.346, 1.235, 0.5]
    one = make_certificate(case, solution(*BOTH), replace(LIMITS, workers=1), audit, None, [0, 4, 0])
    assert [one[k] for k in keys] == [True, 5, None, None, 0.5]


def test_that_each_part_has_its_own_certificate(case: Case, audit: Audit) -> None:
    assert make_certificate(case, solution(*BOTH), LIMITS, audit, None, [0, 4, 0])["parts"] == []
    proved = PartResult(("1A",), 2, "OPTIMAL", (TierResult(1, 3, 3, "search"), TierResult(2, 0, 0, "arithmetic")))
    parts = (proved, PartResult(("1B",), 2, "FEASIBLE", (TierResult(1, 9, 6, ""),)))
    certificate = make_certificate(case, replace(solution(*BOTH), parts=parts), LIMITS, audit, None, [0, 4, 0])
    one, other = json.loads(json.dumps(certificate["parts"]))
    assert (one["classes"], one["pupils"], one["status"]) == (["1A"], 2, "OPTIMAL")
    assert one["tiers"] == [
        {"tier": 1, "value": 3, "bound": 3, "gap": 0.0, "proved": True, "proof": "search"}
        | {"conditional_on_earlier_tiers": False},
        {"tier": 2, "value": 0, "bound": 0, "gap": 0.0, "proved": True, "proof": "arithmetic"}
        | {"conditional_on_earlier_tiers": True},
    ]
    assert [(t["proved"], t["gap"]) for t in other["tiers"]] == [(False, 0.333333)]
    assert compare_with_certificate(audit, certificate) == ()
    facts = {fact.name: fact.value for fact in certificate_facts(certificate, agrees=True)}
    assert facts["Independent parts"] == "2, of which 1 proved best"


def test_that_a_school_in_one_piece_says_nothing_of_parts(case: Case, audit: Audit) -> None:
    certificate = make_certificate(case, solution(*BOTH), LIMITS, audit, None, [0, 4, 0])
    assert "Independent parts" not in {fact.name for fact in certificate_facts(certificate, agrees=True)}


# --- counting again, with and without one ---


@pytest.fixture
def folder(tmp_path: Path, case: Case, audit: Audit) -> Path:
    """The case as files, with a result and its certificate beside them."""
    (tmp_path / "alunni.csv").write_text("id;sesso\na;F\nb;F\nc;M\nd;M\n", encoding="utf-8")
    (tmp_path / "classi.csv").write_text("id\n1A\n1B\n", encoding="utf-8")
    rules = '[[criteria]]\nrule = "equal_sizes"\nhard = true\n[[criteria]]\nrule = "balance"\nattribute = "sesso"\n'
    rules += 'weight = 3\n[[criteria]]\nrule = "wishes"\nweight = 1\ntier = 2\n'
    (tmp_path / "regolamento.toml").write_text(rules, encoding="utf-8")
    (tmp_path / "assegnazioni.csv").write_text("id,classe\na,1A\nb,1A\nc,1B\nd,1B\n", encoding="utf-8")
    certificate = make_certificate(case, solution(BOTH[0]), LIMITS, audit, None, [0, 4, 0])
    names = ("alunni.csv", "classi.csv", "regolamento.toml")
    certificate["inputs"] = {name: sha256(tmp_path / name) for name in names}
    certificate["outputs"] = {"assegnazioni.csv": sha256(tmp_path / "assegnazioni.csv")}
    (tmp_path / "certificato.json").write_text(json.dumps(certificate), encoding="utf-8")
    return tmp_path


def test_that_a_count_knows_whether_there_was_a_certificate(folder: Path) -> None:
    recount = audit_result(folder, folder)
    assert (recount.certified, recount.confirmed, recount.differences) == (True, True, ())
    (folder / "certificato.json").unlink()
    recount = audit_result(folder, folder)
    assert (recount.certified, recount.confirmed, recount.differences) == (False, True, ())


def test_that_a_certificate_that_cannot_be_read_does_not_confirm(folder: Path) -> None:
    (folder / "certificato.json").write_text("{", encoding="utf-8")
    recount = audit_result(folder, folder)
    assert (recount.certified, recount.confirmed) == (True, False)
    assert recount.differences == ("The certificate cannot be read.",)


def test_that_a_status_or_bound_changed_by_hand_does_not_pass(folder: Path) -> None:
    file = folder / "certificato.json"
    sealed = json.loads(file.read_text(encoding="utf-8"))
    for change in ({"status": "OPTIMAL"}, {"tiers": [{**sealed["tiers"][0], "bound": 12}, sealed["tiers"][1]]}):
        file.write_text(json.dumps({**sealed, **change}), encoding="utf-8")
        assert not audit_result(folder, folder).confirmed, change


def test_that_a_count_in_memory_has_no_certificate(case: Case) -> None:
    assert not case.audit({"a": "1A", "b": "1B", "c": "1A", "d": "1B"}).certified
