"""Tests that the auditor reads and counts on its own, and that no tampering passes unseen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from classi.audit import (
    Audit,
    Audited,
    audit_files,
    audit_ledger,
    compare_with_certificate,
    ledger_from_rows,
    read_ledger,
    with_implicit_rows,
)
from classi.domain import Count, Pupil, School, SchoolClass, Tie
from classi.errors import InputError
from classi.i18n import use_language
from classi.ledger import Ledger
from classi.regulation import Regulation, parse_regulation
from classi.tables.read import read_case_tables, tables_from_rows

PUPILS = "id;sesso;livello\na;F;9\nb;F;5\nc;M;9\nd;M;5\n"
CLASSES = "id;max\n1A;2\n1B;2\n"
TIES = "da;a;tipo;vincolante\na;c;insieme;sì\n"
RULES = """
name = "prova"
[[criteria]]
rule = "balance"
attribute = "sesso"
weight = 10
[[criteria]]
rule = "balance"
attribute = "livello"
weight = 3
tier = 2
"""
SEATS = "id,classe\na,1A\nb,1B\nc,1A\nd,1B\n"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Four pupils, two classes, one binding tie; the seats keep every rule but the spread of marks."""
    folder = tmp_path / "case"
    folder.mkdir()
    for name, text in (
        ("alunni.csv", PUPILS),
        ("classi.csv", CLASSES),
        ("legami.csv", TIES),
        ("regolamento.toml", RULES),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    (tmp_path / "assegnazioni.csv").write_text(SEATS, encoding="utf-8")
    return folder


def rows_of(case: Path, **tables: str | bytes) -> Ledger:
    """Write tables into a case and return what the auditor reads."""
    for name, text in tables.items():
        content = text.encode() if isinstance(text, str) else text
        (case / f"{name}.csv").write_bytes(content)
    return read_ledger(case, {})[0]


# --- the count ---


def test_that_costs_are_counted_rule_by_rule(case: Path) -> None:
    audit, ledger, regulation = audit_files(case, case.parent)
    assert [(a.number, a.rule, a.hard, a.weight, a.tier, a.cost) for a in audit.criteria] == [
        (1, "balance", False, 10, 1, 0),
        (2, "balance", False, 3, 2, 4),
        (3, "class_size", True, None, None, 0),
        (4, "together", True, None, None, 0),
    ]
    assert (audit.structure, audit.hard_kept, audit.tiers) == ((), True, {1: 0, 2: 12})
    assert len(audit.criteria[1].findings) == 4
    assert [a.label for a in audit.criteria] == [regulation.label(k) for k in range(4)]
    assert ledger.class_of("c") == "1A"


def test_that_a_broken_hard_rule_is_not_kept(case: Path) -> None:
    (case.parent / "assegnazioni.csv").write_text("id,classe\na,1A\nb,1A\nc,1B\nd,1B\n")
    audit, _ledger, _regulation = audit_files(case, case.parent)
    assert not audit.hard_kept
    assert [a.cost for a in audit.criteria] == [4, 0, 0, 1]


def test_that_findings_are_only_what_is_outside() -> None:
    audited = Audited(1, "x", "X", True, None, None, 2, (Count(0, "1A"), Count(2, "1B")))
    assert audited.findings == (Count(2, "1B"),)


def test_that_weights_add_up_inside_a_tier() -> None:
    def soft(tier: int, weight: int, cost: int) -> Audited:
        return Audited(1, "x", "X", False, weight, tier, cost, ())

    audit = Audit((soft(2, 1, 4), soft(1, 10, 3), soft(1, 5, 1), Audited(4, "x", "X", True, None, None, 9, ())))
    assert audit.tiers == {1: 35, 2: 4}
    assert list(audit.tiers) == [1, 2]


def test_that_hard_eligibility_closes_classes_before_the_count() -> None:
    rows = {
        "alunni": [
            {"id": k, "plesso_1": p, "sesso": s} for k, p, s in (("a", "V", "F"), ("b", "V", "M"), ("c", "R", "F"))
        ],
        "classi": [{"id": "1A", "plesso": "V"}, {"id": "1B", "plesso": "R"}],
    }
    rules = parse_regulation(
        {
            "criteria": [
                {"rule": "eligibility", "attribute": "plesso", "hard": True},
                {"rule": "equal_sizes", "hard": True},
            ]
        }
    )
    audit = audit_ledger(ledger_from_rows(rows, {"a": "1A", "b": "1A", "c": "1B"}), rules)
    assert [a.cost for a in audit.criteria] == [0, 0]  # two pupils and one: level in each pool


# --- an assignment that is not one ---


@pytest.mark.parametrize(
    ("placed", "sentences"),
    [
        ({"a": "1A", "b": "1A", "c": "1B"}, ["Pupil d is not placed in any class."]),
        (
            {"a": "1A", "b": "1A", "c": "1B", "d": "1Z"},
            ["Pupil d is placed in “1Z”, which is not a class of the case."],
        ),
        (
            {"a": "1A", "b": "1A", "c": "1B", "d": "1B", "e": "1A"},
            ["Pupil e is placed but is not among the pupils of the case."],
        ),
    ],
)
def test_that_odd_places_in_memory_are_told_and_the_rest_counted(placed: dict[str, str], sentences: list[str]) -> None:
    rules = parse_regulation({"criteria": [{"rule": "class_size", "max": 1, "hard": True}]})
    ledger = Ledger([{"id": x} for x in "abcd"], [{"id": "1A"}, {"id": "1B"}], placed=placed)
    audit = audit_ledger(ledger, rules)
    assert list(audit.structure) == sentences
    assert audit.criteria[0].cost == sum(1 for c in placed.values() if c != "1Z") - 2 - ("e" in placed)


def test_that_places_may_spell_a_class_in_another_case() -> None:
    rules = parse_regulation({"criteria": [{"rule": "class_size", "max": 1, "hard": True}]})
    audit = audit_ledger(Ledger([{"id": "a"}], [{"id": "1A"}], placed={"a": "1a"}), rules)
    assert audit.hard_kept


def test_that_a_class_outside_the_seat_is_told_and_the_pupil_counted_there() -> None:
    rules = parse_regulation({"criteria": [{"rule": "class_size", "max": 1, "hard": True}]})
    rows = [{"id": x} for x in "abc"]
    seats = {"a": frozenset({"1A"}), "b": frozenset({"1A", "1B"})}
    ledger = Ledger(rows, [{"id": "1A"}, {"id": "1B"}], placed={"a": "1b", "b": "1B"})
    audit = audit_ledger(ledger.of_those(seats), rules, seats)
    assert audit.structure == ("Pupil a is placed in “1B”, which is not a class of the seat given to them.",)
    assert audit.criteria[0].cost == 1
    assert not audit.hard_kept
    assert audit_ledger(ledger.of_those(seats), rules).structure == ()
    everybody = Ledger(rows, ledger.classes, placed={"a": "1A", "b": "1B", "c": "1A"})
    assert audit_ledger(everybody, rules, seats).structure == ()  # c has no seat that could close a class


def test_that_pupils_in_no_class_stop_no_rule() -> None:
    entries: list[dict[str, Any]] = [
        {"rule": "apart", "hard": True},
        {"rule": "together", "hard": True},
        {"rule": "wishes", "weight": 1},
        {"rule": "wish_at_least_one", "weight": 1},
        {"rule": "fixed_class", "hard": True},
        {"rule": "forbidden_class", "hard": True},
        {"rule": "keep_class", "weight": 1},
        {"rule": "requests", "attribute": "plesso", "weight": 1},
        {"rule": "eligibility", "attribute": "plesso", "hard": True},
        {"rule": "balance_number", "attribute": "livello", "weight": 1},
    ]
    rows = {
        "alunni": [
            {
                "id": x,
                "plesso_1": "V",
                "classe_fissa": "1A",
                "classi_vietate": "1B",
                "classe_precedente": "1A",
                "livello": 7,
            }
            for x in "ab"
        ],
        "classi": [{"id": "1A", "plesso": "V"}, {"id": "1B", "plesso": None}],
        "legami": [{"da": "a", "a": "b", "tipo": kind} for kind in ("separati", "insieme", "preferisce")],
    }
    audit = audit_ledger(ledger_from_rows(rows, {}), parse_regulation({"criteria": entries}))
    assert len(audit.criteria) == len(entries)
    assert audit.criteria[0].cost == 0, "two pupils in no class are not in the same class"
    assert len(audit.structure) == 2


SEAT_FILES = {
    "lost": ("id,classe\na,1A\nb,1B\nc,1A\n", "Pupil d is not placed in any class."),
    "doubled": (SEATS + "a,1B\n", "Pupil a is placed twice."),
    "doubled in the same class": (SEATS + "a,1A\n", "Pupil a is placed twice."),
    "pupil renamed": (SEATS.replace("a,1A", "z,1A"), "Pupil z is placed but is not among the pupils of the case."),
    "no name": (SEATS.replace("a,1A", ",1A"), "Pupil “” is placed but is not among the pupils of the case."),
    "class renamed": (SEATS.replace("a,1A", "a,1C"), "Pupil a is placed in “1C”, which is not a class of the case."),
    "class empty": (SEATS.replace("a,1A", "a,"), "Pupil a is placed in “”, which is not a class of the case."),
    "cell lost": (SEATS.replace("a,1A", "a"), "Row 2 of the assignment has not exactly two cells."),
    "cell added": (SEATS.replace("a,1A", "a,1A,x"), "Row 2 of the assignment has not exactly two cells."),
    "header changed": (
        SEATS.replace("classe", "gruppo"),
        "The header of assegnazioni.csv is not “id,classe”: nobody's place can be read.",
    ),
    "column added": (
        SEATS.replace("id,classe", "id,classe,nota"),
        "The header of assegnazioni.csv is not “id,classe”: nobody's place can be read.",
    ),
    "empty": ("", "The header of assegnazioni.csv is not “id,classe”: nobody's place can be read."),
}


@pytest.mark.parametrize("how", SEAT_FILES)
def test_that_a_tampered_assignment_is_caught(case: Path, how: str) -> None:
    text, sentence = SEAT_FILES[how]
    (case.parent / "assegnazioni.csv").write_text(text)
    audit, _ledger, _regulation = audit_files(case, case.parent)
    assert sentence in audit.structure
    assert not audit.hard_kept


def test_that_the_first_of_two_places_counts(case: Path) -> None:
    (case.parent / "assegnazioni.csv").write_text(SEATS + "a,1B\n")
    ledger, wrong = read_ledger(case, case.parent / "assegnazioni.csv")
    assert ledger.class_of("a") == "1A"
    assert wrong == ("Pupil a is placed twice.",)


@pytest.mark.parametrize("written", [SEATS.replace(",", ";"), "\ufeff" + SEATS.replace("\n", "\r\n"), SEATS + "\n\n"])
def test_that_another_program_may_have_saved_the_assignment(case: Path, written: str) -> None:
    (case.parent / "assegnazioni.csv").write_bytes(written.encode())
    ledger, wrong = read_ledger(case, case.parent / "assegnazioni.csv")
    assert (ledger.placed, wrong) == ({"a": "1A", "b": "1B", "c": "1A", "d": "1B"}, ())


def test_that_the_formula_guard_is_no_part_of_a_name(case: Path) -> None:
    (case / "legami.csv").unlink()
    rows_of(case, alunni="id\n=a\n'+b\n-c\n@d\n")
    (case.parent / "assegnazioni.csv").write_text("id,classe\n'=a,1A\n'+b,1A\n'-c,1B\n'@d,1B\n")
    ledger, wrong = read_ledger(case, case.parent / "assegnazioni.csv")
    assert (sorted(ledger.placed), wrong) == (["+b", "-c", "=a", "@d"], ())


def test_that_a_missing_assignment_is_an_error(case: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be opened: altro\.csv"):
        read_ledger(case, case / "altro.csv")


# --- against the certificate ---


def certificate_of(audit: Audit, /, **changes: Any) -> dict[str, Any]:
    sealed = hashlib.sha256(SEATS.encode()).hexdigest()
    criteria = [
        {"number": a.number, "rule": a.rule, "hard": a.hard, "weight": a.weight, "tier": a.tier}
        | {"cost": a.cost, "audited": a.cost, "bound": 0}
        for a in audit.criteria
    ]
    tiers = [
        {"tier": tier, "value": value, "bound": value, "gap": 0.0, "proved": True, "proof": "search"}
        | {"conditional_on_earlier_tiers": tier > 1}
        for tier, value in audit.tiers.items()
    ]
    findings = sum(len(a.findings) for a in audit.criteria)
    return {
        "status": "OPTIMAL",
        "criteria": criteria,
        "tiers": tiers,
        "inputs": {},
        "outputs": {"assegnazioni.csv": sealed},
        "audit": {"hard_kept": audit.hard_kept, "agrees": True, "findings": findings},
        **changes,
    }


def hashes(case: Path) -> dict[str, str]:
    return {"assegnazioni.csv": hashlib.sha256((case.parent / "assegnazioni.csv").read_bytes()).hexdigest()}


def test_that_an_honest_certificate_agrees(case: Path) -> None:
    audit = audit_files(case, case.parent)[0]
    assert compare_with_certificate(audit, certificate_of(audit), hashes(case)) == ()
    assert compare_with_certificate(audit, certificate_of(audit)) == ()


def test_that_moved_pupils_are_caught_by_what_changes(case: Path) -> None:
    certificate = certificate_of(audit_files(case, case.parent)[0])
    (case.parent / "assegnazioni.csv").write_text("id,classe\na,1A\nb,1A\nc,1B\nd,1B\n")
    said = compare_with_certificate(audit_files(case, case.parent)[0], certificate, hashes(case))
    assert said == (
        "Rule 1 (Even spread: sesso): the certificate says 0, the auditor counts 4.",
        "Rule 2 (Even spread: livello): the certificate says 4, the auditor counts 0.",
        "Rule 4 (Pupils tied together, binding): the certificate says 0, the auditor counts 1.",
        "Tier 1: the certificate says 0, the auditor counts 40.",
        "Tier 2: the certificate says 12, the auditor counts 0.",
        "The certificate does not repeat the auditor's count: 5 findings.",
        "assegnazioni.csv is not the file this certificate was made for.",
    )


def test_that_a_swap_that_costs_nothing_is_caught_by_its_hash(case: Path) -> None:
    certificate = certificate_of(audit_files(case, case.parent)[0])
    (case.parent / "assegnazioni.csv").write_text("id,classe\na,1B\nb,1A\nc,1B\nd,1A\n")
    said = compare_with_certificate(audit_files(case, case.parent)[0], certificate, hashes(case))
    assert said == ("assegnazioni.csv is not the file this certificate was made for.",)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"criteria": []}, "The certificate speaks of 0 rules, the auditor counted 4."),
        ({"criteria": "none"}, "The certificate speaks of 0 rules, the auditor counted 4."),
        ({"criteria": [1, 2, 3, 4]}, "Rule 1 is “balance”, but the certificate says “None”."),
        ({"tiers": []}, "Tier 1: the certificate says None, the auditor counts 0."),
        ({"status": "FEASIBLE"}, "The certificate says “FEASIBLE”, but what it says of the tiers makes it “OPTIMAL”."),
        ({"status": None}, "The certificate says “None”, but what it says of the tiers makes it “OPTIMAL”."),
        ({"audit": None}, "The certificate does not repeat the auditor's count: 4 findings."),
        (
            {"audit": {"hard_kept": True, "agrees": False, "findings": 4}},
            "The certificate does not repeat the auditor's count: 4 findings.",
        ),
        ({"outputs": {}}, "assegnazioni.csv is not the file this certificate was made for."),
        ({"outputs": None}, "assegnazioni.csv is not the file this certificate was made for."),
    ],
)
def test_that_a_tampered_certificate_is_caught(case: Path, changes: dict[str, Any], sentence: str) -> None:
    audit = audit_files(case, case.parent)[0]
    assert sentence in compare_with_certificate(audit, certificate_of(audit, **changes), hashes(case))


@pytest.mark.parametrize("field", ["cost", "audited"])
def test_that_either_number_of_a_rule_must_agree(case: Path, field: str) -> None:
    audit = audit_files(case, case.parent)[0]
    certificate = certificate_of(audit)
    certificate["criteria"][1][field] = 3
    assert compare_with_certificate(audit, certificate) == (
        "Rule 2 (Even spread: livello): the certificate says 3, the auditor counts 4.",
    )


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        (
            {"weight": 4},
            ["Rule 2 (Even spread: livello): its price in the certificate is not the one of the regulation."],
        ),
        (
            {"tier": 1},
            ["Rule 2 (Even spread: livello): its price in the certificate is not the one of the regulation."],
        ),
        (
            {"hard": True},
            ["Rule 2 (Even spread: livello): its price in the certificate is not the one of the regulation."],
        ),
        ({"bound": 5}, ["Rule 2 (Even spread: livello): its bound cannot be 5 when it costs 4."]),
        ({"bound": -1}, ["Rule 2 (Even spread: livello): its bound cannot be -1 when it costs 4."]),
        ({"bound": None}, ["Rule 2 (Even spread: livello): its bound cannot be None when it costs 4."]),
        ({"bound": 4}, []),
    ],
)
def test_that_price_and_bound_of_a_rule_are_possible(case: Path, changes: dict[str, Any], sentences: list[str]) -> None:
    audit = audit_files(case, case.parent)[0]
    certificate = certificate_of(audit)
    certificate["criteria"][1].update(changes)
    assert list(compare_with_certificate(audit, certificate)) == sentences


OPEN = {"bound": 9, "gap": 0.25, "proved": False, "proof": ""}


@pytest.mark.parametrize(
    ("changes", "status", "sentences"),
    [
        (OPEN, "FEASIBLE", []),
        (OPEN, "OPTIMAL", ["The certificate says “OPTIMAL”, but what it says of the tiers makes it “FEASIBLE”."]),
        ({"bound": 13}, "OPTIMAL", ["Tier 2: its bound cannot be 13 when its value is 12."]),
        ({"bound": -1}, "OPTIMAL", ["Tier 2: its bound cannot be -1 when its value is 12."]),
        ({"bound": "12"}, "OPTIMAL", ["Tier 2: its bound cannot be 12 when its value is 12."]),
        (
            {"bound": 9},
            "OPTIMAL",
            [
                "Tier 2: “gap” is 0.0 in the certificate, but its value and place give 0.25.",
                "Tier 2: “proved” is True in the certificate, but its value and place give False.",
                "Tier 2: “search” is no proof of value 12 with bound 9.",
            ],
        ),
        (
            {"proved": False},
            "FEASIBLE",
            ["Tier 2: “proved” is False in the certificate, but its value and place give True."],
        ),
        ({"gap": 0.1}, "OPTIMAL", ["Tier 2: “gap” is 0.1 in the certificate, but its value and place give 0."]),
        ({"proof": "faith"}, "OPTIMAL", ["Tier 2: “faith” is no proof of value 12 with bound 12."]),
        ({"proof": ""}, "OPTIMAL", ["Tier 2: “” is no proof of value 12 with bound 12."]),
        ({"proof": "arithmetic"}, "OPTIMAL", []),
        (
            {"conditional_on_earlier_tiers": False},
            "OPTIMAL",
            ["Tier 2: “conditional_on_earlier_tiers” is False in the certificate, but its value and place give True."],
        ),
    ],
)
def test_that_what_is_said_of_a_tier_follows_from_its_numbers(
    case: Path, changes: dict[str, Any], status: str, sentences: list[str]
) -> None:
    audit = audit_files(case, case.parent)[0]
    certificate = certificate_of(audit, status=status)
    certificate["tiers"][1].update(changes)
    assert list(compare_with_certificate(audit, certificate)) == sentences


@pytest.mark.parametrize(
    ("tier", "listed"),
    [(3, "[1, 2, 3]"), (2, "[1, 2, 2]"), (None, "[1, 2, None]"), ([], "[1, 2, []]")],
)
def test_that_a_tier_of_no_rule_is_caught(case: Path, tier: Any, listed: str) -> None:
    audit = audit_files(case, case.parent)[0]
    certificate = certificate_of(audit)
    certificate["tiers"].append({**certificate["tiers"][1], "tier": tier})
    said = compare_with_certificate(audit, certificate)
    assert said == (f"The tiers of the certificate are {listed}, those of the regulation [1, 2].",)


# --- rules that the tables make binding ---

FIXED = {"classe_fissa": "1A", "classi_vietate": "1B"}
EVERY_TIE = ("insieme", "gemelli", "separati", "fratelli", "preferisce")
TWO_APART = [("gemelli", True), ("separati", True)]
HARD_SIZE = {"rule": "class_size", "max": 20, "hard": True}
IMPLICIT: dict[str, tuple[list[dict[str, Any]], dict[str, Any], dict[str, Any], list[tuple[str, bool]]]] = {
    "nothing": ([], {}, {}, []),
    "a largest size": ([], {}, {"max": 20}, []),
    "a smallest size": ([], {}, {"min": 0}, []),
    "sizes already ruled": ([HARD_SIZE], {}, {"max": 20}, []),
    "sizes ruled for some": ([{**HARD_SIZE, "classes": {"id": "1A"}}], {}, {"max": 20}, []),
    "sizes wished": ([{"rule": "class_size", "max": 20, "weight": 1}], {}, {"max": 20}, []),
    "every binding tie": ([], {}, {}, [(kind, True) for kind in EVERY_TIE]),
    "ties not binding": ([], {}, {}, [("insieme", False), ("separati", False)]),
    "together already ruled": ([{"rule": "together", "hard": True}], {}, {}, [("insieme", True), ("gemelli", True)]),
    "some apart ruled": ([{"rule": "apart", "ties": ["gemelli"], "hard": True}], {}, {}, TWO_APART),
    "all apart ruled": ([{"rule": "apart", "hard": True}], {}, {}, TWO_APART),
    "apart wished": ([{"rule": "apart", "weight": 1}], {}, {}, [("fratelli", True)]),
    "fixed and forbidden": ([], FIXED, {}, []),
    "fixed ruled": ([{"rule": "fixed_class", "hard": True}], FIXED, {}, []),
    "forbidden ruled": ([{"rule": "forbidden_class", "hard": True}], FIXED, {}, []),
}  # fmt: skip


@pytest.mark.parametrize("name", IMPLICIT)
def test_that_implicit_rules_are_the_same_from_rows_and_from_the_school(name: str) -> None:
    entries, pupil, limits, ties = IMPLICIT[name]
    regulation = parse_regulation({"criteria": entries})
    school = School(
        (Pupil("a", {"classe_fissa": None, "classi_vietate": None, **pupil}), Pupil("b", {})),
        (SchoolClass("1A", {}), SchoolClass("1B", limits)),
        tuple(Tie(0, 1, kind, binding=binding) for kind, binding in ties),
    )
    ledger = Ledger(
        [{"id": "a", **pupil}, {"id": "b"}],
        [{"id": "1A"}, {"id": "1B", **limits}],
        [{"da": "a", "a": "b", "tipo": kind, "vincolante": binding} for kind, binding in ties],
    )
    found = with_implicit_rows(regulation, ledger)
    assert found == regulation.with_implicit(school)


def test_that_implicit_rules_are_really_found() -> None:
    entries, pupil, _limits, _ties = IMPLICIT["fixed and forbidden"]
    ledger = Ledger([{"id": "a", **pupil}], [{"id": "1A", "max": 3}], [{"tipo": "insieme", "vincolante": True}])
    added = with_implicit_rows(parse_regulation({"criteria": entries}), ledger).criteria
    assert [c.rule for c in added] == ["class_size", "together", "fixed_class", "forbidden_class"]
    assert all(c.hard for c in added)


# --- cells ---


def column(case: Path, name: str, cells: list[str], table: str = "alunni") -> list[Any]:
    """Return what a column of csv cells is read as."""
    (case / "legami.csv").unlink(missing_ok=True)
    text = "".join(f"{k};{cell}\n" for k, cell in enumerate(cells))
    ledger = rows_of(case, **{table: f"id;{name}\n{text}"})
    rows = ledger.pupils if table == "alunni" else ledger.classes
    return [row.get(name) for row in rows]


@pytest.mark.parametrize(
    ("name", "cells", "expected"),
    [
        ("dsa", ["sì", "si", "S", "x", "1", "Vero", "TRUE", "yes", "y", ""], [True] * 9 + [None]),
        ("dsa", ["no", "N", "0", "falso", "False"], [False] * 5),
        ("data_nascita", ["01/03/2014", "1-3-2014", "1.3.2014", "2014-03-01"], [date(2014, 3, 1)] * 4),
        ("data_nascita", ["2014-03-01 00:00:00", "2014-3-1T08:30"], [date(2014, 3, 1)] * 2),
        ("livello", ["7", "7,5", "", "8.0"], [7, Decimal("7.5"), None, 8]),
        ("livello", ["7", "alto"], ["7", "alto"]),
        ("comportamento", ["sì", "no"], ["sì", "no"]),
        ("classe_provenienza", ["5", "05"], ["5", "05"]),
        ("disabilita", ["Comma 1", "c3", "art. 3 c. 3", "NO", "nessuna"], ["comma1", "comma3", "comma3", "no", "no"]),
        ("sesso", ["m", "Maschio", "F", "femmina", ""], ["M", "M", "F", "F", None]),
        ("plesso_1", ["1", "x"], ["1", "x"]),
        ("plesso_4", ["1", "2"], ["1", "2"]),
        ("data_nascita", ["1/3/14", "1/3/49", "1/3/50", "2014/3/1"], [date(y, 3, 1) for y in (2014, 2049, 1950, 2014)]),
        ("reddito", ["1.234,5", "12.345.678,00", "1.200"], [Decimal("1234.5"), 12345678, Decimal("1.2")]),
        ("presente", ["sì.", "no"], ["sì.", "no"]),
        ("presente", ["1^", "2^"], ["1^", "2^"]),
        ("presente", ["si'", "SÌ"], [True, True]),
        ("iscritto", ["01/09/1025"], ["01/09/1025"]),
        ("reddito", ["1", "2,5", ""], [1, Decimal("2.5"), None]),
        ("presente", ["0", "1"], [0, 1]),
        ("presente", ["x", "1", ""], [True, True, None]),
        ("presente", ["sì", "no"], [True, False]),
        ("iscritto", ["01/09/2025", "2025-09-02"], [date(2025, 9, 1), date(2025, 9, 2)]),
        ("iscritto", ["01/09/2025", "31/02/2025"], ["01/09/2025", "31/02/2025"]),
        ("nota", [" due  parole ", "-"], ["due  parole", "-"]),
        ("vuota", ["", " "], [None, None]),
    ],
)  # fmt: skip
def test_that_cells_are_typed_by_column(case: Path, name: str, cells: list[str], expected: list[Any]) -> None:
    found = column(case, name, cells)
    assert found == expected
    assert [type(x) for x in found] == [type(x) for x in expected]


def test_that_limits_and_areas_are_numbers(case: Path) -> None:
    assert column(case, "max", ["20", "20,0", ""], "classi") == [20, 20, None]
    assert column(case, "area_mq", ["48,6"], "classi") == [Decimal("48.6")]


@pytest.mark.parametrize(
    ("table", "name", "cell"),
    [
        ("alunni", "data_nascita", "31/02/2014"),
        ("alunni", "data_nascita", "marzo"),
        ("alunni", "dsa", "forse"),
        ("alunni", "sesso", "Z"),
        ("alunni", "disabilita", "grave"),
        ("classi", "max", "venti"),
        ("classi", "max", "20,5"),
    ],
)
def test_that_an_unreadable_cell_is_named(case: Path, table: str, name: str, cell: str) -> None:
    with pytest.raises(InputError) as raised:
        column(case, name, ["", cell], table)
    (problem,) = raised.value.problems
    assert (problem.file, problem.row, problem.column, problem.value) == (f"{table}.csv", 3, name, cell)


def test_that_rows_in_memory_keep_their_types() -> None:
    alunni = [
        {"id": 1, "data_nascita": datetime(2014, 3, 1), "dsa": True, "livello": 7.5, "peso": Decimal("1E+1")},
        {"id": 2.0, "data_nascita": date(2014, 3, 2), "dsa": 0, "livello": None, "nota": True, "aula": 2.0},
        {"id": "c", "scuola_provenienza": datetime(2014, 1, 2)},
    ]
    ledger = ledger_from_rows({"alunni": alunni, "Classi": [{"ID": "1A"}], "plessi": [{"id": "V"}]}, {"1": "1A"})
    one, two, three = ledger.pupils
    assert (one["id"], one["data_nascita"], one["dsa"], one["livello"]) == ("1", date(2014, 3, 1), True, Decimal("7.5"))
    assert (one["peso"], one["aula"], one["nota"]) == (10, None, None)
    assert (two["id"], two["dsa"], two["nota"], two["aula"]) == ("2", False, True, 2)
    assert three["scuola_provenienza"] == "2014-01-02"
    assert [row["id"] for row in ledger.pupils_in("1A")] == ["1"]


# --- files ---


def test_that_headers_are_read_in_either_language(case: Path) -> None:
    ledger = rows_of(
        case,
        alunni="ID;Sex;Date of birth;Città natale;Disabilità;school-of-origin\na;F;01/03/2014;Udine;no;Verdi\nb;;;;;\n",
        classi="Id;Site;Max\n1A;Verdi;20\n",
        legami="From;To;Type;Weight;Binding\na;b;twins;2;yes\na;b;separati;;\n",
    )
    assert ledger.pupils[0]["data_nascita"] == date(2014, 3, 1)
    assert {"id", "sesso", "data_nascita", "citta_natale", "disabilita", "scuola_provenienza"} <= set(ledger.pupils[0])
    assert ledger.classes == [{"id": "1A", "plesso": "Verdi", "max": 20, "min": None}]
    kinds = [(tie["tipo"], tie["peso"], tie["vincolante"]) for tie in ledger.ties]
    assert kinds == [("gemelli", 2, True), ("separati", 1, False)]


HEADERS = {
    "Data di nascita (gg/mm/aaaa)": "data_nascita",
    "DataNascita": "data_nascita",
    "livello [voto]": "livello",
    "Plesso (1)": "plesso_1",
    "plesso 2": "plesso_2",
    "Time-model 12": "tempo_scuola_12",
    "plesso_01": "plesso_01",
    "Media (voti)": "media_voti",
    "Cod. Fiscale": "cod_fiscale",
    "Œuvre": "œuvre",
}


@pytest.mark.parametrize("header", HEADERS)
def test_that_a_header_is_known_however_it_is_written(case: Path, header: str) -> None:
    ledger = rows_of(case, alunni=f"id;{header};\na;;\nb;;\nc;;\n")
    assert set(ledger.pupils[0]) == {"id", "straniero", "anno_nascita", HEADERS[header]}


MESSY = [
    ["id", "Sex", "Data di nascita", "nazionalità", "NAI", "disabilità", "livello", "Comportamento", "plesso1",
     "classe fissa", "Reddito ISEE", "bus", "arrivo", "Voto (1)", "note"],
    ["p1", "f", "1/3/14", "Italiana", "no", "Comma 1", "7,5", "buono", "Verdi",
     "1a", "1.234,50", "sì", "1/9/25", "0", "x"],
    ["p2", "Maschio", "2014-03-02", "", "", "", "8", "7", "", "", "", "", "", "1", "1"],
    [" p3 ", "M", "03.04.2014", "rumena", "X", "c. 3", "", "", "verdi ", "", "12", "NO", "2025-09-02", "", "d'Este"],
]  # fmt: skip


@pytest.mark.parametrize("separator", [";", "\t"])
def test_that_two_readers_that_share_nothing_read_the_same(case: Path, separator: str) -> None:
    rows_of(
        case,
        alunni="\n".join(separator.join(row) for row in MESSY),
        classi="id;Site;anno;min;max;area;area_mq;piano\n1A;Verdi;1;;20;;48,6;terra\n1B;;2;1;20,0;;;primo\n",
        legami="da;a;tipo;peso;vincolante;motivo;fonte\np1;p2;Twins;;;;\np3;p1;separati;3;sì;lite;maestre\n",
    )
    school, ledger = read_case_tables(case).school, read_ledger(case, {})[0]
    for pupil, row in zip(school.pupils, ledger.pupils, strict=True):
        assert {
            "id": pupil.id,
            **pupil.fields,
            "straniero": pupil["straniero"],
            "anno_nascita": pupil["anno_nascita"],
        } == row
    for room, row in zip(school.classes, ledger.classes, strict=True):
        assert {"id": room.id, **room.fields} == row
    assert [
        (school.pupils[t.first].id, school.pupils[t.second].id, t.kind, t.weight, t.binding, t.reason, t.source)
        for t in school.ties
    ] == [tuple(tie[c] for c in ("da", "a", "tipo", "peso", "vincolante", "motivo", "fonte")) for tie in ledger.ties]


def test_that_two_readers_read_rows_in_memory_alike() -> None:
    alunni = [
        {
            "id": 1,
            "data_nascita": datetime(2014, 3, 1),
            "dsa": True,
            "livello": 7.5,
            "voto": 0.1,
            "nota": 2.0,
            "s": None,
        },
        {
            "id": 2.0,
            "data_nascita": "2/3/2014",
            "dsa": 0,
            "livello": None,
            "voto": Decimal("1.10"),
            "nota": "b",
            "s": True,
        },
    ]
    tables = {"alunni": alunni, "classi": [{"id": "1A", "max": 20.0}]}
    school, ledger = tables_from_rows(tables).school, ledger_from_rows(tables, {})
    for pupil, row in zip(school.pupils, ledger.pupils, strict=True):
        assert {"id": pupil.id, **pupil.fields, "straniero": None, "anno_nascita": 2014} == row
    assert [{"id": c.id, "min": c.min, "max": c.max} for c in school.classes] == ledger.classes


def test_that_a_folder_may_hold_one_workbook(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "scuola.xlsx")) as book:
        for name, cells in (("alunni", ["id", "a"]), ("classi", ["id", "1A"])):
            sheet = book.add_worksheet(name)
            sheet.write_column(0, 0, cells)
    assert [row["id"] for row in read_ledger(tmp_path, {})[0].pupils] == ["a"]


@pytest.mark.parametrize(
    "content",
    [
        "id;scuola_provenienza\na;Libertà, 1\n".encode(),
        "\ufeffid;scuola_provenienza\r\na;Libertà, 1\r\n".encode(),
        "id;scuola_provenienza\na;Libertà, 1\n".encode("cp1252"),
        "id;scuola_provenienza\na;Libertà, 1\n".encode("utf-16"),
        'id,scuola_provenienza\na,"Libertà, 1"\n'.encode(),
        '"id","una;due;tre",scuola_provenienza\na,,"Libertà, 1"\n'.encode(),
        "id\tscuola_provenienza\na\tLibertà, 1\n".encode(),
        "sep=;\r\nid;scuola_provenienza\r\na;Libertà, 1\r\n".encode(),
        "\n\nid;scuola_provenienza;\n;;\na;Libertà, 1;di troppo\n".encode(),
    ],
)
def test_that_csv_is_read_however_it_was_saved(case: Path, content: bytes) -> None:
    (case / "legami.csv").unlink()
    (pupil,) = rows_of(case, alunni=content).pupils
    assert pupil["scuola_provenienza"] == "Libertà, 1"


def test_that_a_guarded_cell_loses_one_apostrophe(case: Path) -> None:
    cells = ["'=1+1", "'  -2", "''=x", "d'Este", "'ndrea", "-2"]
    assert column(case, "cognome", cells) == ["=1+1", "-2", "'=x", "d'Este", "'ndrea", "-2"]


HEADER = ["id", "livello", "data_nascita", "dsa"]


def test_that_a_workbook_is_read_like_a_folder(case: Path, tmp_path: Path) -> None:
    path = tmp_path / "scuola.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for name, rows in {
            "Alunni": [HEADER, ["a", 7.5, datetime(2014, 3, 1), True], ["b", 7, None, None]],
            "Classi": [["id", "max"], ["1A", 20]],
            "Note": [["niente"]],
        }.items():
            sheet = book.add_worksheet(name)
            for k, row in enumerate(rows):
                for j, cell in enumerate(row):
                    write: Callable[..., Any] = sheet.write_datetime if isinstance(cell, datetime) else sheet.write
                    write(k, j, cell, day if isinstance(cell, datetime) else None)
    (tmp_path / "regolamento.toml").write_text(RULES)
    (tmp_path / "assegnazioni.csv").write_text("id,classe\na,1A\nb,1A\n")
    _audit, ledger, regulation = audit_files(path, tmp_path)
    assert [(p["livello"], p["data_nascita"], p["dsa"]) for p in ledger.pupils] == [
        (Decimal("7.5"), date(2014, 3, 1), True),
        (7, None, None),
    ]
    assert (ledger.classes, regulation.name) == ([{"id": "1A", "max": 20, "min": None}], "prova")


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ({"alunni": "id\na\n\na\n"}, ("alunni.csv", 4, "id", "This identifier is there twice.")),
        ({"alunni": "id;sesso\na;F\n;F\n"}, ("alunni.csv", 3, "id", "The identifier is missing.")),
        ({"classi": "id\n1A\n1a\n"}, ("classi.csv", 3, "id", "This identifier is there twice.")),
        ({"alunni": "id;sesso;Sex\na;F;F\n"}, ("alunni.csv", 1, "sesso", "This column is there twice.")),
        ({"legami": "da;a;tipo\na;z;insieme\n"}, ("legami.csv", 2, "a", "This tie names no pupil of the case.")),
        ({"legami": "a;tipo\na;insieme\n"}, ("legami.csv", 2, "da", "This tie names no pupil of the case.")),
        ({"pupils": "id\na\n"}, ("pupils.csv", None, "", "The table “alunni” is there twice.")),
        ({"alunni": ""}, ("", None, "", "The table “alunni” is missing.")),
    ],
)
def test_that_tables_that_cannot_be_counted_are_refused(
    case: Path, tables: dict[str, str], expected: tuple[Any, ...]
) -> None:
    with pytest.raises(InputError) as raised:
        rows_of(case, **tables)
    (problem,) = raised.value.problems
    assert (problem.file, problem.row, problem.column, problem.message) == expected


def test_that_a_case_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no such case: altrove"):
        read_ledger(tmp_path / "altrove", {})


def test_that_a_file_that_is_no_table_is_an_error(case: Path) -> None:
    with pytest.raises(InputError, match=r"not a csv table: alunni\.csv"):
        rows_of(case, alunni="id\n" + '"' + "a" * 200_000)


def test_that_other_files_of_the_folder_are_left_alone(case: Path) -> None:
    (case / "appunti.csv").write_bytes(b"\x00\xff")
    (case / "alunni.bak").write_text("id\nz\n")
    assert len(read_ledger(case, {})[0].pupils) == 4


def test_that_the_regulation_counted_is_the_one_of_the_case(case: Path) -> None:
    regulation = audit_files(case, case.parent)[2]
    assert isinstance(regulation, Regulation)
    assert [c.rule for c in regulation.criteria] == ["balance", "balance", "class_size", "together"]
