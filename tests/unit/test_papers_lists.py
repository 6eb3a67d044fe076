"""Tests of the class lists for teachers: order, what is in them, and what never is."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from classi.documents.context import list_order
from classi.documents.lists import class_lists, papers
from classi.documents.model import Heading, Table
from classi.documents.words import file_stems
from classi.i18n import language, use_language
from paper_school import PUPILS, TROUBLE, context, pdf_text, said, split, without

SECRETS = ("comma", "egiziana", "A0", "litigi", "avanzato", "Rodari", "7.5", "7,5")


def sheets(data: bytes) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_that_lists_hold_names_and_nothing_else() -> None:
    files = dict(papers(context()))
    assert set(files) == {"elenchi-docenti.xlsx", "elenchi-docenti.pdf"}
    found = sheets(files["elenchi-docenti.xlsx"])
    assert list(found) == ["1A", "1B", "1C"]
    assert found["1A"][2:] == [["No.", "Surname", "Name"], [1, TROUBLE, "=1+1"], [2, "Zeta", "Ada"]]
    for text in (pdf_text(files["elenchi-docenti.pdf"]), str(found)):
        assert not [word for word in SECRETS if word in text]
        assert "P001" not in text
        assert "2015" not in text


def test_that_names_come_out_as_written() -> None:
    with use_language("en"):
        tables = [b for b in class_lists(context()).blocks if isinstance(b, Table)]
    assert tables[0].rows[0] == ("1", TROUBLE, "=1+1")
    text = pdf_text(dict(papers(context()))["elenchi-docenti.pdf"])
    assert "#uno *due* _tre_ <b>&amp; $x$ @qui" in text.replace("’", "'")


def test_that_dates_of_birth_are_there_only_when_asked_for() -> None:
    files = dict(papers(context(options={"birth_dates": "yes"})))
    assert sheets(files["elenchi-docenti.xlsx"])["1A"][4] == [2, "Zeta", "Ada", date(2015, 3, 1)]
    assert "01/03/2015" in pdf_text(files["elenchi-docenti.pdf"])
    nobody_known = context(split(without("data_nascita")), options={"birth_dates": "yes"})
    assert "Date of birth" not in said(class_lists(nobody_known))


def test_that_namesakes_and_pupils_without_a_name_are_told_apart_by_their_code() -> None:
    twins = [{**row, "cognome": "Uno", "nome": "Lea"} for row in PUPILS]
    with use_language("en"):
        assert "1 | P001 | Uno | Lea" in said(class_lists(context(split(twins))))
        assert "1 | P001\n2 | P002" in said(class_lists(context(split(without("cognome", "nome")))))


def test_that_an_empty_class_and_a_class_of_one_have_their_page() -> None:
    placed = {"P001": "1A", "P002": "1A", "P003": "1A", "P004": "1B"}
    with use_language("en"):
        document = class_lists(context(split(placed=placed)))
    assert [b.text for b in document.blocks if isinstance(b, Heading)] == [
        "Class 1A · Nord", "Class 1B · Nord", "Class 1C · Sud",
    ]  # fmt: skip
    assert "1 pupil\n" in said(document)
    assert said(document).endswith("No pupils in this class.")


@pytest.mark.parametrize(
    ("first", "second"),
    [("Àbate", "Abele"), ("D'Angelo", "Dante"), ("De Luca", "Deluca"), ("de luca", "De Marchi"), ("D’Alò", "Dalò B")],
)
def test_that_surnames_are_ordered_as_in_registers(first: str, second: str) -> None:
    assert list_order({"cognome": first, "id": "2"}) < list_order({"cognome": second, "id": "1"})
    assert list_order({"cognome": first.upper(), "id": "2"}) == list_order({"cognome": first, "id": "2"})


def test_that_file_names_are_safe_and_all_different() -> None:
    assert file_stems("x", ["1A", "1a", "../1A", "è", "", "::"]) == ["x-1A", "x-1a-2", "x-1A-3", "x-e", "x-0", "x-0-2"]


def test_that_the_same_lists_give_the_same_bytes_and_the_language_of_the_caller_stays() -> None:
    with use_language("en"):
        one = papers(context(language="it"))
        next(one)
        assert language() == "en"
    assert dict(papers(context())) == dict(papers(context()))


def test_that_only_the_formats_asked_for_are_made() -> None:
    assert [name for name, _data in papers(context(formats=("docx",)))] == ["elenchi-docenti.xlsx"]


def test_that_three_hundred_pupils_fill_the_lists() -> None:
    many = [{"id": f"Q{n}", "cognome": f"Cognome{n:03}", "nome": "Prova"} for n in range(300)]
    placed = {row["id"]: ("1A", "1B", "1C")[n % 3] for n, row in enumerate(many)}
    made = context(split(many, placed, rules=[{"rule": "equal_sizes", "hard": True}], ties=[]))
    found = sheets(dict(papers(made))["elenchi-docenti.xlsx"])
    assert [len(rows) for rows in found.values()] == [103, 103, 103]
