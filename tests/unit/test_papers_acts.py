"""Tests of the impact assessment and the data sheet: facts of the case, blanks, and no pupil named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from classi.case import Case
from classi.documents.columns import column_facts, kind_of, say_use
from classi.documents.datasheet import data_sheet
from classi.documents.datasheet import papers as datasheet
from classi.documents.dpia import assessment
from classi.documents.dpia import papers as dpia
from classi.i18n import use_language
from classi.splits import split_of
from paper_school import NOTHING_TOLD, PLACED, PUPILS, RULES, context, docx_text, pdf_text, said, split, tables

DIGEST = "ab" * 32


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


def certificate(**more: Any) -> dict[str, Any]:
    """Return a certificate that agrees with the small school."""
    audit = context().audit
    return {
        "status": "OPTIMAL",
        "tiers": [
            {"tier": t, "value": v, "bound": v, "proved": True, "proof": "search"} for t, v in audit.tiers.items()
        ],
        "criteria": [{"number": a.number, "cost": a.cost, "bound": 0} for a in audit.criteria],
        "audit": {"agrees": True},
        "seed": 7,
        "inputs": {"alunni.csv": DIGEST},
        "outputs": {"assegnazioni.csv": DIGEST},
        **more,
    }


@pytest.mark.parametrize("write", [dpia, datasheet])
def test_that_acts_name_no_pupil_and_are_whole_in_both_formats(write: Any) -> None:
    files = dict(write(context(certificate=certificate())))
    assert [name.rpartition(".")[2] for name in files] == ["docx", "pdf"]
    for name, data in files.items():
        text = docx_text(data) if name.endswith("docx") else pdf_text(data)
        assert DIGEST in text.replace(" ", "").replace("\n", "")
        for row in PUPILS:
            assert row["cognome"] not in text
            assert row["id"] not in text
        assert "litigi" not in text
    assert files == dict(write(context(certificate=certificate())))


# --- the impact assessment ---


def test_that_columns_are_told_with_kind_and_use() -> None:
    rows = {row[0]: row[1:] for row in tables(assessment(context()), "Column")[0].rows}
    assert rows["sesso"] == ("ordinary data: who the pupil is", "rule 4")
    assert rows["disabilita"][0].startswith("special category (art. 9): health")
    assert rows["cittadinanza"][0].startswith("ordinary data that may reveal ethnic origin")
    assert rows["voto"][1].startswith("no rule uses it")
    assert rows["cognome"][1] == "says who the pupil is"
    assert "straniero" not in rows
    assert "anno_nascita" not in rows


def test_that_idle_columns_are_pointed_out_and_their_absence_too() -> None:
    assert "Columns that no rule uses in this case: data_nascita, disabilita," in said(assessment(context()))
    bare = split([{"id": row["id"], "sesso": row["sesso"]} for row in PUPILS])
    assert "Every column filled is used by a rule" in said(assessment(context(bare)))


@pytest.mark.parametrize(
    ("column", "kind", "guessed"),
    [
        ("disabilita", "health", False),
        ("plesso_2", "request", False),
        ("ore_sostegno", "health", True),
        ("familiare_disabile_74", "health", True),
        ("lavoro_genitori", "hardship", True),
        ("fratelli_plesso", "hardship", True),
        ("distanza_via_po", "identity", True),
        ("sceglie_religione", "religion", True),
        ("colore", "other", False),
    ],
)
def test_that_kinds_of_columns_are_known_or_guessed(column: str, kind: str, guessed: bool) -> None:
    assert kind_of(column) == (kind, guessed)


def test_that_a_guess_is_called_a_guess_and_religion_is_to_be_removed() -> None:
    pupils = [{**row, "note_salute": "x", "ora_di_religione": "sì"} for row in PUPILS]
    rows = {row[0]: row[1] for row in tables(assessment(context(split(pupils))), "Column")[0].rows}
    assert rows["note_salute"].endswith("(guessed from the name: to be checked)")
    assert "remove the column" in rows["ora_di_religione"]


def test_that_requests_derived_columns_and_rankings_count_as_used() -> None:
    pupils = [
        {
            "id": i,
            "plesso_1": "Nord",
            "cittadinanza": "italiana",
            "data_nascita": date(2019, 1, 1),
            "voto_i": 7,
            "media_x": 8,
        }
        for i in PLACED
    ]
    regulation = {
        "criteria": [
            {"rule": "requests", "attribute": "plesso", "weight": 1},
            {"rule": "balance", "attribute": "straniero", "weight": 1},
        ],
        "admission": {
            "year": 2026,
            "rounds": [
                {"name": "Plesso", "seats": ["plesso"], "steps": [
                    {"name": "Media", "by": "number", "mean_of": ["voto_*"], "first": "highest"},
                    {"name": "Sorteggio", "by": "draw"},
                ]},
            ],
        },
    }  # fmt: skip
    classes = [{"id": "1A", "plesso": "Nord"}, {"id": "1B", "plesso": "Nord"}]
    case = Case.from_rows({"alunni": pupils, "classi": classes}, regulation)
    facts = {f.name: f for f in column_facts(context(split_of(case, PLACED, "prova")))}
    assert say_use(facts["plesso_1"]) == "rule 1; rankings and seats"
    assert facts["cittadinanza"].rules == (2,)
    assert facts["data_nascita"].ranking
    assert facts["voto_i"].ranking
    assert facts["media_x"].idle


def test_that_ties_and_applicants_are_counted() -> None:
    rows = tables(assessment(context()), "Tie")[0].rows
    assert rows == (
        ("wish for a companion", "3", "0"),
        ("together", "1", "1"),
        ("apart", "1", "1"),
        ("twins", "1", "0"),
    )
    text = said(assessment(context(certificate=certificate(admission={"applicants": 9}))))
    assert "9 applicants, of whom 4 have a class" in text
    assert "Data subjects: 4 pupils" in said(assessment(context()))
    assert not tables(assessment(context(split(ties=[]))), "Tie")


def test_that_the_residual_risk_and_what_only_the_school_knows_stay_blank() -> None:
    document = assessment(context(school=NOTHING_TOLD))
    risks = tables(document, "Risk")[0].rows
    assert len(risks) >= 6
    assert {row[4] for row in risks} == {"________"}
    text = said(document)
    for name in (
        "Controller",
        "Represented by",
        "Data protection officer",
        "School year",
        "Views of the families (art. 35 par. 9)",
    ):
        assert f"{name}: ________" in text
    assert "annex III point 3 (a)" in text
    assert "No exemption is claimed" in text
    assert "SHA-256" not in text.partition("Security measures")[0]


# --- the data sheet ---


def test_that_rules_come_with_source_and_price_and_without_names() -> None:
    rows = tables(data_sheet(context()), "No.")[0].rows
    assert rows[0] == ("1", "Class sizes: at most 3", "mandatory", "DPR 81/2009")
    assert rows[2][1:] == ("Provisions on single pupils", "mandatory", "–")
    assert rows[3] == ("4", "Even spread: sesso", "priority 1, weight 3", "criterio 1")
    assert rows[5][3] == "–"
    assert "The regulation holds no rules." in said(data_sheet(context(split(rules=[]))))


def test_that_what_is_proved_comes_from_the_certificate_and_the_points_from_the_auditor() -> None:
    made = context(certificate=certificate())
    rows = tables(data_sheet(made), "Priority")[0].rows
    assert [row[:3] for row in rows] == [(str(t), str(v), str(v)) for t, v in made.audit.tiers.items()]
    text = said(data_sheet(made))
    assert "Proved best. Nobody can find a better formation" in text
    assert "the two counts agree, and every mandatory rule is kept" in text
    assert "Seed of every random choice: 7" in text


def test_that_a_certificate_of_another_split_proves_nothing() -> None:
    other = certificate()
    other["tiers"] = [{**tier, "value": tier["value"] + 1} for tier in other["tiers"]]
    other["criteria"] = [{**rule, "cost": rule["cost"] + 1} for rule in other["criteria"]]
    text = said(data_sheet(context(certificate=other)))
    assert "do not belong together" in text
    assert "no certificate confirms the rest" in text
    assert "two counts agree" not in text


def test_that_a_certificate_of_other_files_proves_nothing() -> None:
    text = said(data_sheet(context(certificate=certificate(), differences=("pupils.csv has changed.",))))
    assert "The proof does not apply" in text and "no certificate confirms the rest" in text
    assert "Proved best" not in text and "OPTIMAL" not in text


def test_that_without_a_certificate_nothing_is_called_proved() -> None:
    text = said(data_sheet(context()))
    assert text.count("There is no certificate: the formation was only counted.") == 2
    assert "no certificate confirms the rest" in text
    assert tables(data_sheet(context()), "Priority")[0].rows[0][2] == "–"


def test_that_a_broken_rule_is_said() -> None:
    broken = context(split(placed=dict.fromkeys(PLACED, "1A")), certificate=certificate())
    assert "the second count finds a mandatory rule broken" in said(data_sheet(broken))


def test_that_inputs_used_and_not_used_are_told() -> None:
    text = said(data_sheet(context()))
    assert "Used to form the classes: sesso, ties between pupils" in text
    assert "In the files, used by no rule: id, cognome, nome," in text
    assert "Religion, and the choice of religious instruction, are refused" in text
    assert "Names are used only to write the lists" in text
    named = split(rules=[*RULES, {"rule": "balance", "attribute": "cognome", "weight": 1, "tier": 3}])
    assert "Names are used only" not in said(data_sheet(context(named)))
    assert "seats were given by ranking" in said(
        data_sheet(context(certificate=certificate(admission={"applicants": 4})))
    )
    assert "Whom to ask: segreteria" in said(data_sheet(context(options={"contact": "segreteria"})))
