"""Whole tables: every problem at once, with its place; contradictions; odd data; which files are a case."""

from __future__ import annotations

import hashlib
import random
import sys
import time
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from classi.domain import School, Tie
from classi.errors import InputError, Problem
from classi.i18n import use_language
from classi.sheets import Grid
from classi.tables import capacity_problems, read_case_tables, tables_from_rows, write_case
from classi.tables.check import Draft
from classi.tables.columns import CLASSES, PUPILS, SITES, TIES
from classi.tables.read import Tables
from classi.tables.table import Table, read_table

WRITABLE = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\t\n\r;,\"'=+-@")
CLASSES_CSV = "id;max\n1A;25\n1B;25\n"


@pytest.fixture(autouse=True)
def _english():
    with use_language("en"):
        yield


def pupils(*ids: str, **columns: list[object]) -> list[dict[str, object]]:
    return [{"id": i, **{c: values[k] for c, values in columns.items()}} for k, i in enumerate(ids)]


def tie(first: str, second: str, kind: str = "preferisce", **more: object) -> dict[str, object]:
    return {"da": first, "a": second, "tipo": kind, **more}


def tables(**rows: object) -> Tables:
    rows.setdefault("classi", [{"id": "1A"}, {"id": "1B"}])
    return tables_from_rows(rows)


def problems(**rows: object) -> list[Problem]:
    """Return the errors that some rows give; there must be some."""
    with pytest.raises(InputError) as caught:
        tables(**rows)
    return [p for p in caught.value.problems if not p.warning]


def problem(**rows: object) -> Problem:
    (only,) = problems(**rows)
    return only


def warning(**rows: object) -> Problem:
    (only,) = tables(**rows).warnings
    assert only.warning
    return only


def folder(tmp_path, **files: str):
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_bytes(text.encode())
    return tmp_path


# --- what is read ---


def test_a_school_with_everything(tmp_path):
    case = folder(
        tmp_path,
        alunni="ID;Cognome;Sesso (M/F);Data di nascita;Disabilità;DSA;Livello;Plesso 1;Classi vietate;Distanza km\n"
        "007;Rossi;f;5/3/2014;art. 3 c. 3;sì;7,5;centrale;1b;1,5\n"
        "A2;Verdi;Maschio;;no;;8;;;2\n",
        classes='id,site,year,min,max,area_sqm\n1A,Centrale,1,10,25,"46,5"\n1B,Centrale,1,,,\n',
        ties="from\tto\ttype\tweight\tbinding\treason\tsource\n007\tA2\tapart\t3\tsì\tquarrels\tteachers\n",
        sites="id;name;posti\nCentrale;Sede centrale;50\n",
    )
    read = read_case_tables(case)
    first, second = read.school.pupils
    assert first.id == "007"
    assert first.fields == {
        "cognome": "Rossi",
        "sesso": "F",
        "data_nascita": date(2014, 3, 5),
        "disabilita": "comma3",
        "dsa": True,
        "livello": Decimal("7.5"),
        "plesso_1": "centrale",
        "classi_vietate": "1b",
        "distanza_km": Decimal("1.5"),
    }
    assert second["data_nascita"] is None and second["dsa"] is None and second["livello"] == 8
    assert read.school.classes[0].fields == {
        "plesso": "Centrale",
        "anno": 1,
        "min": 10,
        "max": 25,
        "area_mq": Decimal("46.5"),
    }
    assert read.school.ties == (Tie(0, 1, "separati", 3, True, "quarrels", "teachers"),)
    assert read.school.plessi[0].fields == {"nome": "Sede centrale", "posti": 50}
    names = ("alunni", "classes", "ties", "sites")
    assert read.sources == {f"{n}.csv": hashlib.sha256((case / f"{n}.csv").read_bytes()).hexdigest() for n in names}
    assert [w.column for w in read.warnings] == ["Data di nascita", "weight"]


def test_a_workbook_is_read_like_a_folder(tmp_path):
    path = tmp_path / "scuola.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, rows in {
            "Istruzioni": [["anything"]],
            "Alunni": [["id", "data_nascita", "dsa"], [12, date(2014, 3, 5), True], ["B", "2014-01-01", "no"]],
            "Classi": [["id", "max"], ["1A", 25]],
            "Legami": [],
            "Bozza": [["x"]],
        }.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
                if isinstance(row[1] if len(row) > 1 else None, date):
                    sheet.write_datetime(number, 1, row[1], book.add_format({"num_format": "dd/mm/yyyy"}))
    for case in (path, tmp_path):
        read = read_case_tables(case)
        assert [p.id for p in read.school.pupils] == ["12", "B"]
        assert read.school.pupils[0]["data_nascita"] == date(2014, 3, 5)
        assert read.school.pupils[0]["dsa"] is True
        (unknown,) = read.warnings
        assert (unknown.file, unknown.sheet, unknown.warning) == ("scuola.xlsx", "Bozza", True)


def test_rows_of_pandas_and_numpy():
    frame = pd.DataFrame(
        {
            "id": [1.0, 2.0],
            "livello": [7.5, np.nan],
            "dsa": pd.array([True, pd.NA], dtype="boolean"),
            "data_nascita": [pd.Timestamp("2014-03-05"), pd.NaT],
            "voto": [np.int64(3), np.int64(4)],
            "classi_vietate": [["1A"], []],
            "peso_kg": [Decimal("30.50"), None],
            "nome": ["Zoe\u0300", "  "],
        }
    )
    read = tables(alunni=frame.to_dict("records"))
    first, second = read.school.pupils
    assert (first.id, second.id) == ("1", "2")
    assert first.fields == {
        "livello": Decimal("7.5"),
        "dsa": True,
        "data_nascita": date(2014, 3, 5),
        "voto": 3,
        "classi_vietate": "1A",
        "peso_kg": Decimal("30.5"),
        "nome": "Zo\u00e8",
    }
    assert [v for k, v in second.fields.items() if k != "voto"] == [None] * 6


def test_keys_missing_in_some_rows_are_empty_cells():
    read = tables(alunni=[{"id": "A"}, {"id": "B", "voto": 7}, {}])
    assert [p["voto"] for p in read.school.pupils] == [None, 7]


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "testo": st.text(WRITABLE, max_size=8),
                "numero": st.none() | st.integers(-99, 99),
                "si_no": st.none() | st.booleans(),
            }
        ),
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_back(tmp_path_factory, rows):
    where = tmp_path_factory.mktemp("case")
    rows = [{"id": f"P{k}", **row} for k, row in enumerate(rows)]
    classes = [{"id": "1A"}]
    write_case(where, {"alunni": rows, "classi": classes})
    with use_language("en"):
        try:
            direct = tables_from_rows({"alunni": rows, "classi": classes}).school
        except InputError as error:
            with pytest.raises(InputError) as caught:
                read_case_tables(where)
            assert [p.message for p in caught.value.problems] == [p.message for p in error.problems]
        else:
            assert read_case_tables(where).school == direct


# --- cells ---


def test_every_bad_cell_at_once_with_its_place(tmp_path):
    case = folder(
        tmp_path,
        alunni="id;Sesso (M/F);data_nascita;dsa;disabilità;livello;tempo_scuola_1;classe_fissa\n"
        "A1;maschi;31/02/2014;sii;coma3;7;36;1A\n\n"
        "A2;F;05/03/2014;no;no;#N/D;35;1C\n",
        classi="id;tempo_scuola;min;max;area_mq\n1A;36;10;x;46 mq\n1B;30;12;10;46,5\n",
        legami="da;a;tipo;peso\nA1;A3;separato;1,5\nA2;A2;insieme;1\n",
    )
    with pytest.raises(InputError) as caught:
        read_case_tables(case)
    errors = [p for p in caught.value.problems if not p.warning]
    assert {(p.file, p.row, p.column, p.value, p.hint) for p in errors} == {
        ("alunni.csv", 2, "Sesso (M/F)", "maschi", "M"),
        ("alunni.csv", 2, "data_nascita", "31/02/2014", "28/02/2014"),
        ("alunni.csv", 2, "dsa", "sii", "sì"),
        ("alunni.csv", 2, "disabilità", "coma3", "comma3"),
        ("alunni.csv", 4, "livello", "#N/D", ""),
        ("alunni.csv", 4, "tempo_scuola_1", "35", "36"),
        ("alunni.csv", 4, "classe_fissa", "1C", "1B"),
        ("classi.csv", 2, "max", "x", ""),
        ("classi.csv", 2, "area_mq", "46 mq", "46"),
        ("classi.csv", 3, "min", "12", "10"),
        ("legami.csv", 2, "a", "A3", "A2"),
        ("legami.csv", 2, "tipo", "separato", "separati"),
        ("legami.csv", 2, "peso", "1,5", "1"),
        ("legami.csv", 3, "a", "A2", ""),
    }
    assert [p.warning for p in caught.value.problems] == sorted(p.warning for p in caught.value.problems)
    (gap,) = [p for p in caught.value.problems if "empty row" in p.message]
    assert gap.row == 3


def test_a_thousand_rows_with_five_hundred_errors_are_quick():
    dice = random.Random(1)
    rows = [{"id": f"A{k:04}", "sesso": dice.choice("MF"), "livello": "7,5", "dsa": "no"} for k in range(1000)]
    ties = [tie(f"A{k:04}", f"B{dice.randrange(10**6):06}") for k in range(250)]
    for row in rows[:250]:
        row["sesso"] = "maschi"
    started = time.process_time()
    found = problems(alunni=rows, legami=ties)
    assert len(found) == 500
    assert sys.gettrace() or time.process_time() - started < 1.0


def test_a_slip_in_a_column_of_numbers_is_pointed_out():
    levels = ["7"] * 10 + ["7..5"] + ["8"] * 9
    read = tables(alunni=pupils(*(f"A{k}" for k in range(20)), livello=levels, voto=levels))
    assert read.school.pupils[0]["livello"] == "7"
    assert [(w.row, w.column, w.value) for w in read.warnings] == [(12, "livello", "7..5"), (12, "voto", "7..5")]


def test_bands_are_not_slips():
    levels = ["alto", "medio", "basso", "8"]
    assert tables(alunni=pupils("A", "B", "C", "D", livello=levels)).warnings == ()


# --- headers ---


def test_missing_and_doubled_headers(tmp_path):
    case = folder(tmp_path, alunni="codice;Sesso;sex\nA;M;M\n", classi=CLASSES_CSV, legami="da;tipo\nA;insieme\n")
    with pytest.raises(InputError) as caught:
        read_case_tables(case)
    doubled, missing_id, missing_a = (p for p in caught.value.problems if not p.warning)
    assert "“Sesso” and “sex”" in doubled.message and doubled.row == 1
    assert "“id”" in missing_id.message and missing_id.file == "alunni.csv"
    assert "“a”" in missing_a.message and missing_a.file == "legami.csv"


def test_missing_header_with_one_like_it(tmp_path):
    case = folder(tmp_path, alunni="idd;sesso\nA;M\n", classi=CLASSES_CSV)
    with pytest.raises(InputError) as caught:
        read_case_tables(case)
    assert caught.value.problems[0].hint == "idd"


def test_data_under_an_empty_header(tmp_path):
    case = folder(tmp_path, alunni="id;;sesso;?\nA;;M;\nB;x;F;\n", classi=CLASSES_CSV)
    with pytest.raises(InputError) as caught:
        read_case_tables(case)
    (found,) = caught.value.problems
    assert (found.row, found.column, found.value) == (3, "B", "x")


def test_a_table_of_nothing_but_signs(tmp_path):
    case = folder(tmp_path, alunni="?;!\n\n", classi=CLASSES_CSV)
    with pytest.raises(InputError, match="“id” is missing"):
        read_case_tables(case)


@pytest.mark.parametrize(
    ("header", "near"), [("disabiltà", "disabilita"), ("Sesos", "sesso"), ("scuola_provenienze", "scuola_provenienza")]
)
def test_headers_almost_right(header, near):
    found = warning(alunni=[{"id": "A", header: "1"}])
    assert (found.column, found.hint, found.row) == (header, near, 1)


@pytest.mark.parametrize("header", ["note", "voto", "livello_inglese", "plesso_12", "distanza"])
def test_headers_of_their_own(header):
    assert tables(alunni=[{"id": "A", header: "1"}]).warnings == ()


def test_a_column_that_is_wholly_empty():
    found = warning(alunni=[{"id": "A", "dsa": None}])
    assert found.column == "dsa" and "wholly empty" in found.message


# --- identifiers and references ---


def test_identifiers_doubled_missing_or_nearly_the_same():
    found = problems(alunni=[*pupils("A", "B", "A", sesso=["M", "M", "M"]), {"sesso": "F"}])
    assert [(p.row, p.value) for p in found] == [(4, "A"), (5, "")]
    assert "rows 2 and 4" in found[0].message
    close = warning(alunni=pupils("a1", "A1"))
    assert "rows 2 and 3" in close.message
    assert "differ only" in problem(alunni=pupils("A"), classi=[{"id": "1a"}, {"id": "1A"}]).message


def test_an_identifier_turned_into_a_date_is_reported_once():
    found = problem(alunni=[{"id": date(2014, 2, 1)}, {"id": "B"}])
    assert (found.row, found.value) == (2, "01/02/2014")


def test_unknown_pupils_and_the_nearest():
    rows = pupils("A10", "B20", cognome=["Rossi", "Verdi"], nome=["Ada", None])
    found = problems(alunni=rows, legami=[tie("A1O", "B20"), tie("ada rossi", "B20"), tie("ROSSI Ada", "zzz")])
    assert [(p.row, p.column, p.hint) for p in found] == [
        (2, "da", "A10"),
        (3, "da", "A10"),
        (4, "da", "A10"),
        (4, "a", ""),
    ]


def test_namesakes_are_not_guessed():
    rows = pupils("A", "B", "C", cognome=["Rossi"] * 3, nome=["Ada"] * 3)
    with pytest.raises(InputError) as caught:
        tables(alunni=rows, legami=[tie("Rossi Ada", "A")])
    (error,) = [p for p in caught.value.problems if not p.warning]
    assert error.hint == ""
    assert sum("one pupil twice" in p.message for p in caught.value.problems) == 2


def test_ties_with_empty_cells():
    found = problems(alunni=pupils("A", "B"), legami=[{"da": "A", "a": None, "tipo": "insieme"}, tie("A", "B", None)])
    assert [(p.row, p.column) for p in found] == [(2, "a"), (3, "tipo")]


def test_requests_that_no_class_offers():
    classes = [{"id": "1A", "plesso": "Centrale"}, {"id": "1B", "plesso": "Via Roma"}]
    found = problem(alunni=pupils("A", "B", plesso_1=["centrale", "via rma"]), classi=classes)
    assert (found.row, found.column, found.hint) == (3, "plesso_1", "Via Roma")
    assert "Centrale, Via Roma" in found.message
    nobody = warning(alunni=pupils("A", lingua2_1=["francese"]))
    assert "lingua2" in nobody.message and nobody.column == "lingua2_1"
    only = problem(alunni=pupils("A", lingua2_1=["francese"]), classi=[])
    assert only.sheet == "classi"
    assert tables(alunni=pupils("A", strumento_1=["arpa"])).warnings == ()


def test_classes_that_do_not_exist():
    classes = [{"id": "1 A"}, {"id": "1B"}, {"id": "1D"}]
    rows = pupils("P", "Q", "R", classe_fissa=["1b", "1F", None], classi_vietate=["1 a; 1B", None, "1D 1E"])
    found = problems(alunni=rows, classi=classes)
    assert [(p.row, p.column, p.value) for p in found] == [
        (2, "classe_fissa", "1b"),
        (3, "classe_fissa", "1F"),
        (4, "classi_vietate", "1D 1E"),
    ]
    assert "both fixed" in found[0].message


def test_sites_that_are_not_in_their_table():
    sites = [{"id": "P1", "nome": "Centrale"}]
    classes = [{"id": "1A", "plesso": "p1"}, {"id": "1B", "plesso": "centrale"}, {"id": "1C", "plesso": "Centrle"}]
    found = warning(alunni=pupils("A"), classi=classes, plessi=sites)
    assert (found.row, found.hint) == (4, "Centrale")


def test_tables_that_are_missing_or_empty():
    with pytest.raises(InputError) as caught:
        tables_from_rows({"pupils": [], "legami": []}, "here")
    assert [(p.file, p.sheet) for p in caught.value.problems] == [("here", "pupils"), ("here", "classi")]
    rows = Grid("alunni", ((1, ("id",)),))
    _table, found = read_table(PUPILS, rows, "a.csv")
    assert ["no rows" in p.message for p in found] == [True]
    assert read_table(TIES, Grid("legami", ((1, ("da", "a", "tipo")),)), "a.csv")[1] == []


def test_a_table_given_twice():
    found = problem(alunni=pupils("A"), pupils=pupils("B"))
    assert "is there twice" in found.message and found.sheet == "pupils"


# --- contradictions ---


def test_together_and_apart_directly_and_through_chains():
    ties = [tie("A", "B", "insieme"), tie("C", "B", "insieme"), tie("A", "C", "separati"), tie("A", "B", "separati")]
    chain, direct = problems(alunni=pupils("A", "B", "C", "D"), legami=ties)
    assert "A – B – C (rows 2, 3)" in chain.message and chain.row == 4
    assert "A – B (rows 2)" in direct.message and direct.row == 5
    assert "rows 2, 3" in chain.hint


@pytest.mark.parametrize(("kind", "binding", "clash"), [
    ("gemelli", None, False), ("fratelli", "no", False), ("gemelli", "sì", True), ("fratelli", "sì", True),
    ("separati", None, True), ("preferisce", "sì", False),
])  # fmt: skip
def test_siblings_together_are_a_contradiction_only_when_binding(kind, binding, clash):
    rows = {"alunni": pupils("A", "B"), "legami": [tie("A", "B", "insieme"), tie("B", "A", kind, vincolante=binding)]}
    if clash:
        assert "A" in problem(**rows).message
    else:
        assert tables(**rows).school.ties[1].binding is False


def test_chains_that_do_not_meet_are_fine():
    ties = [tie("A", "B", "insieme"), tie("C", "D", "insieme"), tie("A", "C", "separati")]
    assert tables(alunni=pupils("A", "B", "C", "D"), legami=ties).warnings == ()


def test_together_with_fixed_and_forbidden_classes():
    together = [tie("A", "B", "insieme"), tie("B", "C", "insieme")]
    fixed = problem(alunni=pupils("A", "B", "C", classe_fissa=["1A", None, "1b"]), legami=together)
    assert "A – B – C" in fixed.message and "1A and 1B" in fixed.message and fixed.row == 4
    shut = problem(
        alunni=pupils("A", "B", "C", classe_fissa=["1A", None, None], classi_vietate=[None, None, "1A"]),
        legami=together,
    )
    assert "A – B – C" in shut.message and shut.column == "classi_vietate" and shut.row == 4
    nowhere = problem(alunni=pupils("A", "B", "C", classi_vietate=["1A", "1B", None]), legami=together)
    assert "A, B, C" in nowhere.message
    assert tables(alunni=pupils("A", "B", "C", classe_fissa=["1A", "1A", None]), legami=together).warnings == ()


def test_own_classes_that_contradict():
    assert "both fixed" in problem(alunni=pupils("A", classe_fissa=["1A"], classi_vietate=["1a"])).message
    assert "Every class" in problem(alunni=pupils("A", classi_vietate=["1A, 1B"])).message


def test_apart_but_fixed_in_one_class():
    rows = pupils("A", "B", classe_fissa=["1A", "1a"])
    assert "1A" in warning(alunni=rows, legami=[tie("A", "B", "separati")]).message
    assert "1A" in problem(alunni=rows, legami=[tie("A", "B", "separati", vincolante="sì")]).message
    assert tables(alunni=rows, legami=[tie("A", "B", "gemelli")]).warnings == ()


def test_a_group_larger_than_any_class():
    ties = [tie("A", "B", "insieme"), tie("B", "C", "insieme")]
    rows = {"alunni": pupils("A", "B", "C"), "legami": ties}
    found = problem(**rows, classi=[{"id": "1A", "max": 2}, {"id": "1B", "max": 1}])
    assert "3 pupils" in found.message and "holds 2" in found.message
    assert tables(**rows, classi=[{"id": "1A", "max": 2}, {"id": "1B"}]).warnings == ()


# --- odd data ---


def test_cells_empty_for_some():
    read = tables(alunni=pupils("A", "B", "C", sesso=["M", None, None], data_nascita=["1/1/2014", "1/2/2014", None]))
    sex, birth = sorted(read.warnings, key=lambda p: p.row or 0)
    assert sex.row == 3 and "rows 3, 4" in sex.message
    assert birth.row == 4 and "One pupil" in birth.message


def test_many_rows_are_cut_short():
    found = warning(alunni=pupils(*map(str, range(20)), sesso=["M"] + [None] * 19))
    assert "11, 12, …" in found.message


def test_birth_years_far_from_the_others():
    born = ["1/1/2014", "1/1/2014", "1/1/2011", "1/1/2004"]
    found = warning(alunni=pupils("A", "B", "C", "D", data_nascita=born))
    assert (found.row, found.value) == (5, "01/01/2004")


def test_many_wishes():
    found = warning(alunni=pupils(*"ABCDEFG"), legami=[tie("A", other) for other in "BCDEFG"] + [tie("B", "A")])
    assert (found.row, found.value) == (7, "A") and "6 wishes" in found.message


def test_doubled_ties():
    ties = [tie("A", "B"), tie("B", "A"), tie("A", "B", peso=3), tie("A", "B", "gemelli"), tie("B", "A", "gemelli")]
    found = tables(alunni=pupils("A", "B"), legami=ties).warnings
    assert [(w.row, "counts once" in w.message) for w in found] == [(4, True), (6, True)]


def test_cells_without_effect():
    ties = [tie("A", "B", vincolante="sì"), tie("A", "B", "separati", vincolante="sì", peso=2), tie("C", "D", peso=2)]
    found = tables(alunni=pupils("A", "B", "C", "D"), legami=ties).warnings
    assert [(w.row, w.column) for w in found] == [(2, "vincolante"), (2, "tipo"), (3, "peso")]


# --- sizes ---


def school(pupil_count: int, *limits: tuple[int | None, int | None]) -> School:
    rows = [{"id": f"1{chr(65 + k)}", "min": low, "max": high} for k, (low, high) in enumerate(limits)]
    return tables(alunni=pupils(*map(str, range(pupil_count))), classi=rows).school


def test_sizes_that_cannot_hold_everyone():
    assert capacity_problems(school(10, (3, 5), (3, 5))) == ()
    assert capacity_problems(school(11, (None, 5), (None, None))) == ()
    (few,) = capacity_problems(school(11, (3, 5), (3, 5)))
    assert "11 pupils and 10 places" in few.message and few.column == "max"
    (many,) = capacity_problems(school(5, (3, 5), (3, None)))
    assert "ask for 6" in many.message and many.column == "min"
    assert capacity_problems(School((), ())) == ()


# --- which files are a case ---


def test_no_such_case(tmp_path):
    folder(tmp_path, alunni="id\nA\n")
    with pytest.raises(InputError) as caught:
        read_case_tables(tmp_path / "alunno.csv")
    assert caught.value.problems[0].hint == "alunni.csv"
    with pytest.raises(InputError, match="no such file"):
        read_case_tables(tmp_path / "no" / "where")


def test_a_file_that_is_no_case(tmp_path):
    folder(tmp_path, alunni="id\nA\n")
    (tmp_path / "x.pdf").write_bytes(b"x")
    (tmp_path / "x.xls").write_bytes(b"x")
    for name, words in (("alunni.csv", "neither"), ("x.pdf", "neither"), ("x.xls", "save it as .xlsx")):
        with pytest.raises(InputError, match=words):
            read_case_tables(tmp_path / name)


def test_a_folder_with_nothing_in_it(tmp_path):
    with pytest.raises(InputError, match="holds no table"):
        read_case_tables(tmp_path)
    (tmp_path / "alunn.csv").write_bytes(b"id\n")
    with pytest.raises(InputError) as caught:
        read_case_tables(tmp_path)
    assert caught.value.problems[0].hint == "alunn.csv"
    (tmp_path / "old.xls").write_bytes(b"x")
    with pytest.raises(InputError, match=r"old\.xls"):
        read_case_tables(tmp_path)


def test_a_folder_with_two_cases(tmp_path):
    folder(tmp_path, alunni="id\nA\n", classi=CLASSES_CSV)
    (tmp_path / "scuola.xlsx").write_bytes(b"x")
    with pytest.raises(InputError, match="not clear which"):
        read_case_tables(tmp_path)
    for name in ("alunni.csv", "classi.csv"):
        (tmp_path / name).unlink()
    (tmp_path / "scuola.ods").write_bytes(b"x")
    with pytest.raises(InputError, match=r"scuola\.ods, scuola\.xlsx"):
        read_case_tables(tmp_path)


def test_results_beside_the_data_are_not_data(tmp_path):
    folder(tmp_path, alunni="id\nA\n", classi=CLASSES_CSV, assegnazioni="id,classe\nA,1A\n", appunti="x\n")
    for name in ("classi.xlsx", "certificato.json", ".~lock.alunni.csv", "~$x.xlsx"):
        (tmp_path / name).write_bytes(b"x")
    read = read_case_tables(tmp_path)
    assert [p.id for p in read.school.pupils] == ["A"]
    assert [(w.file, w.warning) for w in read.warnings] == [("appunti.csv", True)]


def test_files_that_cannot_be_read_are_all_reported(tmp_path):
    folder(tmp_path, alunni="id\n\0\n", legami='da;a;tipo\nA;"B;insieme\n')
    with pytest.raises(InputError) as caught:
        read_case_tables(tmp_path)
    assert [(p.file, p.sheet) for p in caught.value.problems] == [
        ("alunni.csv", ""),
        ("legami.csv", ""),
        (tmp_path.name, "classi"),
    ]
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "scuola.xlsx").write_bytes(b"nothing")
    with pytest.raises(InputError) as caught:
        read_case_tables(tmp_path / "x")
    assert len(caught.value.problems) == 1


def test_formulas_never_computed_are_errors_in_the_tables(tmp_path):
    path = tmp_path / "scuola.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("alunni")
        sheet.write_row(0, 0, ["id", "dsa"])
        sheet.write_row(1, 0, ["A"])
        sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")
        book.add_worksheet("classi").write_column(0, 0, ["id", "1A"])
        book.add_worksheet("istruzioni").write_formula(0, 0, "=1/0", None, "#DIV/0!")
    with pytest.raises(InputError) as caught:
        read_case_tables(path)
    (error,) = [p for p in caught.value.problems if not p.warning]
    assert (error.sheet, error.row) == ("alunni", 2) and "B2" in error.message


def test_a_draft_of_nothing_has_no_opinion():
    draft = Draft(*(Table(layout, "x") for layout in (PUPILS, CLASSES, TIES, SITES)))
    assert draft.tied == () and draft.fixed == {} and draft.class_ids == {}
