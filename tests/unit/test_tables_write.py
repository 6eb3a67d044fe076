"""What is written: safe from formulas, whole or not at all, read back as it was; and the empty workbook."""

from __future__ import annotations

import csv
import io
import os
import re
import tomllib
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from classi.durable import write_atomic
from classi.errors import InputError
from classi.i18n import use_language
from classi.regulation import parse_regulation
from classi.sheets import read_sheets
from classi.tables import (
    read_assignment,
    read_case_tables,
    write_assignment,
    write_case,
)
from classi.tables.columns import INSTRUCTIONS, LAYOUTS
from classi.tables.notes import column_note, instructions, table_note
from classi.tables.template import template_bytes, write_template
from classi.tables.write import cell_text, guard

IDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("'=+-@,;\"\n"), min_size=1, max_size=6
).filter(lambda text: text == text.strip() and text.isascii())


@pytest.fixture(autouse=True)
def _english():
    with use_language("en"):
        yield


# --- cells ---


@pytest.mark.parametrize(
    "text", ["=1+1", "+39", "-a", "@x", "\tx", "\rx", "\nx", "  =1", "\u00a0@x", "ok\n=1", "ok\r\n  +1", "'=1", "''-1"]
)
def test_what_a_spreadsheet_could_compute_is_guarded(text):
    assert guard(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "A-1", "a=b", "'ndrangheta", "x\ny", "1-2", "(=)"])
def test_other_texts_are_left_alone(text):
    assert guard(text) == text


def test_control_characters_are_left_out():
    assert guard("a\x00b\x1fc") == "abc"
    assert guard("\x0b=1") == "'=1"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (float("nan"), ""),
        (pd.NA, ""),
        (True, "sì"),
        (np.bool_(False), "no"),
        (date(2014, 3, 5), "05/03/2014"),
        (pd.Timestamp("2014-03-05"), "05/03/2014"),
        (-7.5, "-7,5"),
        (Decimal("1E+2"), "100"),
        (-3, "-3"),
        ("-3", "'-3"),
        (["1A", "1B"], "1A;1B"),
        (("=x",), "'=x"),
    ],
)
def test_values_as_written(value, text):
    assert cell_text(value) == text


# --- files ---


def test_atomic_writing_replaces_at_once(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"old")
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["x.csv"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "x.csv"
    path.write_bytes(b"old")

    def fail(_handle):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.csv"]


def test_folders_are_not_synchronised_where_they_cannot_be(tmp_path, monkeypatch):
    monkeypatch.setattr("classi.durable._FOLDERS_OPEN", False)
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("a folder was opened"))
    write_atomic(tmp_path / "x.csv", b"new")
    assert (tmp_path / "x.csv").read_bytes() == b"new"


def test_a_case_is_written_for_spreadsheets(tmp_path):
    rows = {"alunni": [{"id": "A", "livello": Decimal("7.5")}, {"id": "=B", "dsa": True}], "classi": [{"id": "1A"}]}
    files = write_case(tmp_path / "new" / "case", {**rows, "legami": []})
    assert [f.name for f in files] == ["alunni.csv", "classi.csv"]
    assert files[0].read_bytes().decode() == "\ufeffid;livello;dsa\nA;7,5;\n'=B;;sì\n"
    school = read_case_tables(tmp_path / "new" / "case").school
    assert [p.id for p in school.pupils] == ["A", "=B"]


def test_a_case_is_not_written_over_another(tmp_path):
    rows = {"alunni": [{"id": "A"}], "classi": [{"id": "1A"}]}
    write_case(tmp_path, rows)
    (tmp_path / "alunni.csv").unlink()
    with pytest.raises(InputError) as caught:
        write_case(tmp_path, rows)
    assert [p.file for p in caught.value.problems] == ["classi.csv"]
    assert not (tmp_path / "alunni.csv").exists()
    write_case(tmp_path, rows, overwrite=True)
    assert (tmp_path / "alunni.csv").exists()


# --- assignments ---


def test_an_assignment_is_plain_csv(tmp_path):
    path = tmp_path / "assegnazioni.csv"
    write_assignment(path, [("A1", "1A"), ("=B", "1 B")])
    assert path.read_bytes() == b"id,classe\nA1,1A\n'=B,1 B\n"
    assert read_assignment(path) == (("A1", "1A"), ("=B", "1 B"))
    write_assignment(path, [])
    assert read_assignment(path) == ()


@given(st.dictionaries(IDS, IDS, max_size=6))
@settings(deadline=None)
def test_assignments_are_read_back_as_they_were(tmp_path_factory, placed):
    path = tmp_path_factory.mktemp("a") / "assegnazioni.csv"
    write_assignment(path, placed.items())
    assert dict(read_assignment(path)) == placed
    for row in list(csv.reader(io.StringIO(path.read_text("utf-8"), newline="")))[1:]:
        assert not any(re.match(r"\s*[=+\-@]|[\t\r\n]", cell) for cell in row)


@pytest.mark.parametrize(
    "content",
    [
        "id;classe\r\n1;1A\r\n2;1B\r\n",
        "\ufeffID;Class;note\r\n1;1A;x\r\n2;1B;\r\n",
        "classe\tidentificativo\r\n1A\t1\r\n\r\n1B\t2\r\n",
        'id,classe\n"1","1A"\n"2","1B"\n',
    ],
)
def test_assignments_as_saved_again_by_a_spreadsheet(tmp_path, content):
    path = tmp_path / "assegnazioni.csv"
    path.write_bytes(content.encode())
    assert read_assignment(path) == (("1", "1A"), ("2", "1B"))


def test_assignments_saved_as_a_workbook(tmp_path):
    path = tmp_path / "assegnazioni.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("vuoto")
        sheet = book.add_worksheet("x")
        sheet.write_row(0, 0, ["id", "classe"])
        sheet.write_row(1, 0, [1, "1A"])
        sheet.write_string(2, 0, "'=B")
        sheet.write_string(2, 1, "1A")
    assert read_assignment(path) == (("1", "1A"), ("=B", "1A"))


@pytest.mark.parametrize(
    ("content", "places"),
    [
        ("id,klasse\nA,1A\n", [(1, "", "")]),
        ("\n\n", [(1, "", "")]),
        ("id,classe\nA,\n,1A\nB,1A\nB,1B\n", [(2, "classe", ""), (3, "id", ""), (5, "id", "B")]),
    ],
)
def test_assignments_that_cannot_be_used(tmp_path, content, places):
    path = tmp_path / "assegnazioni.csv"
    path.write_text(content)
    with pytest.raises(InputError) as caught:
        read_assignment(path)
    assert [(p.row, p.column, p.value) for p in caught.value.problems] == places


# --- the empty workbook ---


@pytest.fixture
def template(tmp_path) -> Path:
    return write_template(tmp_path / "nuova" / "scuola.xlsx")[0]


def test_the_template_has_exactly_the_columns_of_the_contract(template):
    grids = read_sheets(template).grids
    assert list(grids) == [INSTRUCTIONS, "alunni", "classi", "legami", "plessi"]
    heads = {name: grid.rows[0][1] for name, grid in grids.items() if name != INSTRUCTIONS}
    requests = "plesso_1 plesso_2 plesso_3 tempo_scuola_1 tempo_scuola_2 lingua2_1 lingua2_2"
    assert heads["alunni"] == tuple(
        "id cognome nome sesso data_nascita cittadinanza nato_in_italia nai livello_italiano disabilita dsa bes "
        "situazione_problematica livello comportamento scuola_provenienza classe_provenienza ripetente "
        f"{requests} strumento_1 strumento_2 strumento_3 strumento_4 "
        "classe_fissa classi_vietate classe_precedente".split()
    )
    assert heads["classi"] == ("id", "plesso", "anno", "tempo_scuola", "lingua2", "indirizzo", "min", "max", "area_mq")
    assert heads["legami"] == ("da", "a", "tipo", "peso", "vincolante", "motivo", "fonte")
    assert heads["plessi"] == ("id", "nome")
    assert [cells[0] for _row, cells in grids[INSTRUCTIONS].rows] == instructions()


def test_the_template_filled_in_is_a_case(template):
    with zipfile.ZipFile(template) as made:
        parts = {name: made.read(name) for name in made.namelist()}
    for sheet in (2, 3):
        name = f"xl/worksheets/sheet{sheet}.xml"
        row = '<row r="2"><c r="A2" t="inlineStr"><is><t>1A</t></is></c></row></sheetData>'
        parts[name] = parts[name].replace(b"</sheetData>", row.encode())
    with zipfile.ZipFile(template, "w") as out:
        for name, content in parts.items():
            out.writestr(name, content)
    read = read_case_tables(template)
    assert [p.id for p in read.school.pupils] == ["1A"]
    assert [c.id for c in read.school.classes] == ["1A"]
    assert {w.message for w in read.warnings} == {"The column is wholly empty: nothing is known from it."}


def test_the_empty_template_says_what_is_missing(template):
    with pytest.raises(InputError) as caught:
        read_case_tables(template)
    assert [(p.sheet, "no rows" in p.message) for p in caught.value.problems] == [("alunni", True), ("classi", True)]


def test_the_template_has_notes_and_drop_downs():
    with zipfile.ZipFile(io.BytesIO(template_bytes())) as made:
        pupils, classes, ties = (made.read(f"xl/worksheets/sheet{k}.xml").decode() for k in (2, 3, 4))
        comments = "".join(made.read(n).decode() for n in made.namelist() if n.startswith("xl/comments"))
    lists = re.findall(r'type="list"[^>]*sqref="([A-Z]+)2:', pupils)
    assert len(lists) == 1 + 1 + 1 + 6 + 7 + 1  # sesso, livello_italiano, disabilita, yes/no, requests, classe_fissa
    assert "&quot;M,F&quot;" in pupils or '"M,F"' in pupils
    assert "classi!$D$2:$D$2001" in pupils
    assert "alunni!$A$2:$A$2001" in ties and "preferisce,insieme,separati,gemelli,fratelli" in ties
    assert classes.count('type="whole"') == 2 and classes.count('type="decimal"') == 1
    assert all('state="frozen"' in sheet for sheet in (pupils, classes, ties))
    assert "Square metres" in comments and "separated by semicolons" in comments


def test_every_column_has_a_note_of_its_own():
    for layout in LAYOUTS:
        notes = [column_note(layout.name, column) for column in layout.columns]
        assert all(note.endswith((".", "…")) or "…" in note for note in notes)
        assert table_note(layout.name)


def test_the_sample_regulation_is_one(tmp_path):
    book, regulation = write_template(tmp_path / "scuola")
    assert (book.name, regulation.name) == ("scuola.xlsx", "regolamento.toml")
    text = regulation.read_text("utf-8")
    criteria = parse_regulation(tomllib.loads(text)).criteria
    assert {"class_size", "apart", "balance", "wishes"} <= {c.rule for c in criteria}
    uncommented = re.sub(r"^#(?! )", "", text, flags=re.MULTILINE)
    assert len(parse_regulation(tomllib.loads(uncommented)).criteria) == len(criteria) + 4


def test_the_template_overwrites_nothing(tmp_path):
    (tmp_path / "regolamento.toml").write_text("mine")
    with pytest.raises(InputError, match=r"regolamento\.toml"):
        write_template(tmp_path / "scuola.xlsx")
    assert not (tmp_path / "scuola.xlsx").exists()
    assert (tmp_path / "regolamento.toml").read_text() == "mine"
