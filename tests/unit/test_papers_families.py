"""Tests of the letters to families and of the hand-over sheets: what each may say, and of whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from classi.documents.handover import papers as handover
from classi.documents.handover import sheet
from classi.documents.hidden import ANY_NAME, Hidden
from classi.documents.letter import letter
from classi.documents.letter import papers as letters
from classi.documents.public import public_rules
from classi.i18n import use_language
from paper_school import (
    NOTHING_TOLD,
    PLACED,
    PUPILS,
    RULES,
    TROUBLE,
    context,
    docx_text,
    pdf_text,
    said,
    split,
    tables,
    without,
)

SECRETS = (
    "comma",
    "egiziana",
    "A0",
    "litigi",
    "aiuto",
    "avanzato",
    "Rodari",
    "Manzi",
    "2015",
    "ascensore",
    "aula grande",
)
CERTIFIED = {"status": "OPTIMAL", "tiers": [{"tier": 1, "value": 0}, {"tier": 2, "value": 1}]}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


# --- letters ---


@pytest.mark.parametrize("pupil", [row["id"] for row in PUPILS])
def test_that_a_letter_speaks_of_one_child_alone(pupil: str) -> None:
    explained = {"P001": ("Because of the stairs.",), "P002": ("Because of the bus.",)}
    text = said(letter(context(explanations=explained), pupil))
    others = [row for row in PUPILS if row["id"] != pupil]
    for word in (*SECRETS, *(row["cognome"] for row in others), *(row["id"] for row in PUPILS)):
        assert word not in text
    assert PLACED[pupil] in text
    assert ("stairs" in text, "bus" in text) == (pupil == "P001", pupil == "P002")


def test_that_a_rule_whose_author_named_a_child_is_told_without_the_name() -> None:
    text = said(letter(context(), "P003"))
    assert "lontana" not in text
    assert "Provisions on single pupils" in text
    assert "Kept together: insieme" in text
    assert "vedi" not in text


def test_that_names_are_found_in_any_order_and_numbers_are_not_taken_for_codes() -> None:
    hidden = Hidden([{"id": "7", "cognome": "De Luca", "nome": "Ciro"}, {"id": "p1"}])
    assert hidden.names("Non con CIRO  de luca")
    assert hidden.names("senza “P1”.")
    assert not hidden.names("Luca, al massimo 7; p12")
    assert Hidden([{"id": "2.a/7"}]).names("vedi 2.A/7")
    assert not Hidden([]).names("nessuno")


def test_that_a_surname_alone_is_found_as_names_are_written_and_a_first_name_only_where_pupils_are_meant() -> None:
    hidden = Hidden([{"id": "7", "cognome": "ROSSI", "nome": "Gioia"}, {"id": "8", "cognome": "D'Angiò", "nome": None}])
    for text in ("Separare Rossi e altri", "separare ROSSI", "Caso D'Angiò (servizi)"):
        assert hidden.names(text) and not hidden.told(text)
    for text in ("Rossini", "capelli rossi", "La Gioia di imparare"):
        assert not hidden.names(text) and hidden.told(text) == text
    assert hidden.names("Gioia non con Ada", ANY_NAME) and not hidden.names("gioia", ANY_NAME)


def test_that_titles_and_sources_with_a_surname_or_a_first_name_reach_no_family() -> None:
    rules = [
        {"rule": "apart", "hard": True, "name": "Ada e Biba separate"},
        {"rule": "balance", "attribute": "sesso", "weight": 1, "name": "Caso Zeta"},
        {"rule": "equal_sizes", "weight": 1, "source": "richiesta della famiglia Zeta"},
    ]
    made = split(rules=rules)
    regulation = replace(made.case.regulation, name="Classi di Zeta", source="Verbale su Zeta")
    text = said(letter(replace(context(made), regulation=regulation), "P003"))
    assert not [word for word in ("Ada e", "Biba", "Zeta") if word in text]
    assert "Provisions on single pupils" in text and "A criterion whose title may hold somebody's name" in text


def test_that_criteria_come_in_their_order_with_their_sources() -> None:
    text = said(letter(context(), "P003"))
    places = [text.index(words) for words in ("Never broken", "DPR 81/2009", "Priority 1", "criterio 1", "Priority 2")]
    assert places == sorted(places)
    assert [r.number for r in public_rules(context())] == [1, 2, 3, 4, 5, 6]


def test_that_the_musical_track_is_told_only_to_whom_asked_for_it() -> None:
    assert "Track: musicale" in said(letter(context(), "P001"))
    assert "musicale" not in said(letter(context(), "P002"))


def test_that_the_letter_says_proved_only_where_it_is_proved_of_this_split() -> None:
    proved = "no other formation respects the criteria better"
    value = context().audit.tiers
    right = {"status": "OPTIMAL", "tiers": [{"tier": t, "value": v} for t, v in value.items()]}
    wrong = {"status": "OPTIMAL", "tiers": [{"tier": t, "value": v + 1} for t, v in value.items()]}
    assert proved in said(letter(context(certificate=right), "P001"))
    for certificate in ({}, wrong, {**right, "status": "FEASIBLE"}):
        assert proved not in said(letter(context(certificate=certificate), "P001"))
    assert proved not in said(letter(context(certificate=right, differences=("Another file.",)), "P001"))
    assert "It is not proved" in said(letter(context(certificate=wrong), "P001"))
    assert "It is not proved" not in said(letter(context(), "P001"))


@pytest.mark.parametrize("odd", [5, None, "OPTIMAL", [1], [{"tier": 1}], [{"tier": [], "value": {}}], {"tier": 1}])
def test_that_a_certificate_edited_by_hand_proves_nothing(odd: object) -> None:
    text = said(letter(context(certificate={"status": "OPTIMAL", "tiers": odd}), "P001"))
    assert "It is not proved" in text and "no other formation respects" not in text


def test_that_a_broken_split_is_not_called_kept() -> None:
    kept = "all the mandatory criteria kept"
    broken = split(placed={**PLACED, "P004": "1A"})
    assert kept in said(letter(context(), "P001"))
    assert kept not in said(letter(context(broken), "P001"))


def test_that_seats_and_changes_by_people_are_told() -> None:
    text = said(letter(context(certificate={"admission": {"applicants": 5}, "stopped": "given"}), "P001"))
    assert "seats were given by ranking" in text
    assert "chosen or changed by people" in text


def test_that_letters_of_a_class_are_one_file_and_an_empty_class_has_none() -> None:
    files = dict(letters(context()))
    assert list(files) == ["lettere-1A.docx", "lettere-1A.pdf", "lettere-1B.docx", "lettere-1B.pdf"]
    text = pdf_text(files["lettere-1A.pdf"])
    assert text.count("To the family of") == 2
    assert "#uno *due* _tre_ <b>&amp; $x$ @qui" in text
    assert "Deluca" not in text
    assert TROUBLE in docx_text(files["lettere-1A.docx"])


def test_that_each_pupil_may_have_a_file() -> None:
    files = dict(letters(context(options={"letters": "pupil", "contact": "segreteria@example.org"}, formats=("pdf",))))
    assert list(files) == [f"lettere-{PLACED[p]}-{p}.pdf" for p in ("P002", "P001", "P003", "P004")]
    text = pdf_text(files["lettere-1B-P003.pdf"])
    assert text.count("To the family of Ciro De Luca") == 1
    assert "segreteria@example.org" in text


def test_that_what_the_school_has_not_told_is_left_blank() -> None:
    text = said(letter(context(school=NOTHING_TOLD), "P001"))
    assert "for the school year ________ this" in text
    assert "________, 1 June 2026" in text
    assert text.count("________") >= 3


def test_that_a_pupil_without_a_name_is_called_by_code() -> None:
    assert "To the family of P001" in said(letter(context(split(without("cognome", "nome"))), "P001"))


# --- hand-over sheets ---


def test_that_a_sheet_names_only_its_own_pupils() -> None:
    text = said(sheet(context(), "1A"))
    for word in ("De Luca", "Deluca", "P003", "P004"):
        assert word not in text
    assert "Zeta Ada | apart | a pupil of another class | litigi | docenti" in text
    assert "Zeta Ada | twins | " + TROUBLE + " =1+1" in text
    assert "RESERVED" in text


def test_that_the_tie_of_a_pupil_named_second_is_told_from_this_side() -> None:
    assert "Deluca Biba | apart | a pupil of another class" in said(sheet(context(), "1B"))
    assert "De Luca Ciro | together | Deluca Biba | aiuto | famiglia" in said(sheet(context(), "1B"))


def test_that_needs_are_told_as_the_files_say() -> None:
    rows = dict(tables(sheet(context(), "1A"), "Pupil")[0].rows)
    assert rows == {
        "Zeta Ada": "disability (L. 104/1992, art. 3 c. 3)",
        f"{TROUBLE} =1+1": "specific learning disorder (L. 170/2010)",
    }
    (ciro, biba) = tables(sheet(context(), "1B"), "Pupil")[0].rows
    assert ciro[1].split("; ") == [
        "other special educational needs",
        "newly arrived in Italy",
        "problem situation reported",
        "repeats the year",
        "level of Italian: A0",
    ]
    assert biba == ("Deluca Biba", "disability (L. 104/1992, art. 3 c. 1)")


def test_that_numbers_are_those_of_the_auditor() -> None:
    made = context()
    counted = {row[0]: row[1:] for row in tables(sheet(made, "1A"), "Counted")[0].rows}
    assert counted["Pupils"] == ("2", "4")
    assert counted["Girls"] == ("1", "2")
    assert counted["Disability"] == ("1", "2")
    assert counted["Mean of “voto”"] == ("6.75", "7.62")
    levels = tables(sheet(made, "1B"), "By “livello”")[0].rows
    assert levels == (("base", "1", "2"), ("avanzato", "1", "2"))
    assert tables(sheet(made, "1A"), "By “scuola provenienza”")[0].rows == (("Manzi", "1", "2"), ("Rodari", "1", "2"))
    assert tables(sheet(made, "1A"), "Asked first: “indirizzo”")[0].rows == (("musicale", "1", "1"),)


def test_that_wishes_granted_name_the_companion_and_the_others_only_count() -> None:
    rows = tables(sheet(context(), "1A"), "Pupil")[2].rows
    assert rows == ((f"{TROUBLE} =1+1", "Zeta Ada (mutual)", "0"), ("Zeta Ada", f"{TROUBLE} =1+1 (mutual)", "1"))
    assert "Nobody of this class has a wish" in said(sheet(context(), "1B"))
    unwished = split(rules=[rule for rule in RULES if rule["rule"] != "wishes"])
    assert "Wishes" not in said(sheet(context(unwished), "1A"))


def test_that_departures_and_decisions_of_the_class_are_told_and_no_others() -> None:
    made = context(split(placed={"P001": "1A", "P002": "1B", "P003": "1B", "P004": "1A"}))
    text = said(sheet(made, "1A"))
    assert "Class 1A fixed – Zeta Ada. Who: Dirigente. Why: ascensore" in text
    assert "aula grande" in text
    assert "ascensore" not in said(sheet(made, "1B"))
    assert tables(sheet(made, "1A"), "Rule")[0].rows[0][1:] == ("2", "0–1", "too many (+1)")
    assert "Nowhere: in this class" in said(sheet(context(), "1A"))


def test_that_missing_columns_are_said_and_not_counted() -> None:
    poor = split(without("disabilita", "dsa", "bes", "nai", "situazione_problematica", "ripetente", "livello_italiano"))
    text = said(sheet(context(poor), "1A"))
    assert "Not known, because the files have no such column: disabilita, dsa, bes, nai." in text
    assert "name no need" in text
    assert "Disability" not in text
    assert "No tie concerns this class." in said(sheet(context(split(ties=[])), "1A"))


def test_that_an_empty_class_has_a_sheet_too() -> None:
    text = said(sheet(context(), "1c"))
    assert "No pupils in this class." in text
    assert "Who needs what" not in text


def test_that_each_class_has_its_own_files() -> None:
    files = dict(handover(context()))
    assert list(files) == [f"consegna-{c}.{x}" for c in ("1A", "1B", "1C") for x in ("docx", "pdf")]
    for name in ("consegna-1A.docx", "consegna-1A.pdf"):
        text = docx_text(files[name]) if name.endswith("docx") else pdf_text(files[name])
        assert "Zeta Ada" in text
        assert "De Luca" not in text


def test_that_marks_and_columns_with_too_many_values_are_not_listed() -> None:
    many = [{"id": f"Q{n}", "scuola_provenienza": f"Scuola {n}", "livello": n % 10} for n in range(60)]
    made = split(many, {row["id"]: "1A" for row in many}, [{"rule": "equal_sizes", "weight": 1}], [])
    text = said(sheet(context(made), "1A"))
    assert "By “" not in text
    assert "Mean of “livello” | 4.50 | 4.50" in text
