"""One cell, one column, one header at a time."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classi.audit import cells as auditor
from classi.i18n import use_language
from classi.tables import cells, columns
from classi.tables.cells import PARSERS, BadCell, as_date, as_number, as_text, as_yesno, infer, plain, written
from classi.tables.nearest import Nearest


@pytest.fixture(autouse=True)
def _english():
    with use_language("en"):
        yield


def hint_of(kind, cell):
    with pytest.raises(BadCell) as caught:
        PARSERS[kind](cell)
    assert caught.value.message.endswith(".")
    return caught.value.hint


@pytest.mark.parametrize(
    "word", ["sì", "si", "SI", "Sì", "si'", "si’", "s", "X", "1", "Vero", "true", "yes", "y", 1, True]
)
def test_yes(word):
    assert PARSERS["yesno"](word) is True


@pytest.mark.parametrize("word", ["no", "NO", " n ", "0", "falso", "FALSE", 0, False])
def test_no(word):
    assert PARSERS["yesno"](word) is False


@pytest.mark.parametrize(
    ("word", "hint"), [("sii", "sì"), ("nno", "no"), ("vera", "sì"), ("si?", "sì"), ("forse", ""), (2, "")]
)
def test_neither_yes_nor_no(word, hint):
    assert hint_of("yesno", word) == hint


@pytest.mark.parametrize(
    ("word", "sex"), [("m", "M"), (" F ", "F"), ("Maschio", "M"), ("femmina", "F"), ("male", "M"), ("Female", "F")]
)
def test_sex(word, sex):
    assert PARSERS["sex"](word) == sex


@pytest.mark.parametrize(("word", "hint"), [("maschi", "M"), ("fem", "F"), (7, ""), (True, "")])
def test_no_sex(word, hint):
    assert hint_of("sex", word) == hint


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("no", "no"),
        ("0", "no"),
        ("nessuna", "no"),
        (0, "no"),
        (False, "no"),
        ("comma1", "comma1"),
        ("Comma 3", "comma3"),
        ("c1", "comma1"),
        ("C.3", "comma3"),
        ("art. 3 c. 3", "comma3"),
        ("articolo 3, comma 1", "comma1"),
    ],
)
def test_support(word, value):
    assert PARSERS["support"](word) == value


@pytest.mark.parametrize(
    ("word", "hint"), [("coma1", "comma1"), ("comm3", "comma3"), ("sì", ""), ("1", ""), (True, "")]
)
def test_support_that_does_not_say_which(word, hint):
    assert hint_of("support", word) == hint


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("05/03/2014", date(2014, 3, 5)),
        ("5/3/14", date(2014, 3, 5)),
        ("5-3-2014", date(2014, 3, 5)),
        ("5.3.49", date(2049, 3, 5)),
        ("5.3.50", date(1950, 3, 5)),
        ("2014-03-05", date(2014, 3, 5)),
        ("2014/3/5", date(2014, 3, 5)),
        ("2014-03-05T00:00:00", date(2014, 3, 5)),
        (" 2014-03-05 10:30 ", date(2014, 3, 5)),
        ("29/02/2012", date(2012, 2, 29)),
        (date(2014, 3, 5), date(2014, 3, 5)),
    ],
)
def test_dates(cell, day):
    assert PARSERS["date"](cell) == day


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("31/02/2014", "28/02/2014"),
        ("00/04/2014", "01/04/2014"),
        ("09/25/2014", "25/09/2014"),
        ("31/13/2014", ""),
        ("45/25/2014", ""),
        ("05/03/1014", ""),
        ("5 marzo 2014", ""),
        (41703, "05/03/2014"),
        (7, ""),
        (True, ""),
        (date(1014, 3, 5), ""),
    ],
)
def test_no_dates(cell, hint):
    assert hint_of("date", cell) == hint


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("7", 7),
        (" -7 ", -7),
        ("+7,50", Decimal("7.5")),
        ("7.5", Decimal("7.5")),
        ("7,0", 7),
        ("1.234,5", Decimal("1234.5")),
        ("1.234", Decimal("1.234")),
        ("-1.234.567,25", Decimal("-1234567.25")),
        (12, 12),
        (0.3, Decimal("0.3")),
    ],
)
def test_numbers(cell, number):
    found = as_number(cell)
    assert found == number
    assert type(found) is type(number)


@pytest.mark.parametrize(
    "cell", ["7½", "1,234.5", "12.34,5", "1e5", "", "sette", "1 000", True, None, date(2014, 1, 1), 1e15]
)
def test_no_numbers(cell):
    assert as_number(cell) is None


@given(st.decimals(-(10**9), 10**9, places=3))
def test_numbers_survive_the_decimal_comma(number):
    assert as_number(f"{number:f}".replace(".", ",")) == number


@given(st.dates(cells.EARLIEST, cells.LATEST))
def test_dates_survive_every_form(day):
    forms = [f"{day:%d/%m/%Y}", f"{day:%d-%m-%Y}", day.isoformat(), f"{day.day}.{day.month}.{day:%Y}", day]
    assert {as_date(form) for form in forms} == {day}


@pytest.mark.parametrize(("cell", "text"), [(12, "12"), (7.5, "7.5"), (" a b ", "a b"), (True, "sì"), (False, "no")])
def test_texts(cell, text):
    assert as_text(cell) == text


def test_identifiers():
    assert PARSERS["id"](12) == "12"
    assert PARSERS["id"](" 1-2 ") == "1-2"
    assert hint_of("id", date(2014, 2, 1)) == ""
    assert hint_of("pupil", True) == ""


@pytest.mark.parametrize(("cell", "hint"), [("-1", "0"), ("25,5", "25"), ("molti", ""), (None, ""), (-3, "0")])
def test_counts(cell, hint):
    assert PARSERS["count"]("25") == 25
    assert hint_of("count", cell) == hint


@pytest.mark.parametrize(("cell", "hint"), [(0, "1"), ("2,5", "2"), ("x", "")])
def test_weights(cell, hint):
    assert PARSERS["weight"](3) == 3
    assert hint_of("weight", cell) == hint


@pytest.mark.parametrize(
    ("cell", "hint"), [("46,5 mq", "46.5"), ("46 m²", "46"), ("grande", ""), (0, ""), ("-2", ""), (True, "")]
)
def test_areas(cell, hint):
    assert PARSERS["area"]("46,5") == Decimal("46.5")
    assert hint_of("area", cell) == hint


def test_ties():
    assert PARSERS["tie"](" Prefers ") == "preferisce"
    assert PARSERS["tie"]("SEPARATI") == "separati"
    assert hint_of("tie", "separato") == "separati"
    assert hint_of("tie", "sibling") == "fratelli"
    assert hint_of("tie", "??") == ""


def test_every_kind_has_a_parser_or_is_inferred():
    kinds = {column.kind for layout in columns.LAYOUTS for column in layout.columns}
    assert kinds - PARSERS.keys() == {"level"}


@pytest.mark.parametrize(
    ("column", "parser"),
    [
        (["0", "1", "1"], as_number),
        (["7,5", 8], as_number),
        ([], as_number),
        (["05/03/2014", date(2014, 3, 5)], as_date),
        (["sì", "0", "x"], as_yesno),
        ([True, False], as_yesno),
        (["A", "B"], as_text),
        (["7", "05/03/2014"], as_text),
    ],
)
def test_types_of_whole_columns(column, parser):
    assert infer(column, "any") is parser


def test_levels_are_numbers_or_bands():
    assert infer(["7", "8,5"], "level") is as_number
    assert infer(["sì", "no"], "level") is as_text


def test_cells_as_written():
    assert [written(c) for c in (True, False, date(2014, 3, 5), None, 7.5)] == [
        "TRUE",
        "FALSE",
        "05/03/2014",
        "",
        "7.5",
    ]


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.float32("nan"), None),
        (math.nan, None),
        (Decimal("nan"), None),
        (pd.NA, None),
        (pd.NaT, None),
        (None, None),
        (pd.Timestamp("2014-03-05 10:00"), date(2014, 3, 5)),
        (datetime(2014, 3, 5, 10), date(2014, 3, 5)),
        ("x", "x"),
    ],
)
def test_values_of_pandas_and_numpy(value, result):
    found = plain(value)
    assert found == result
    assert type(found) is type(result)


# --- headers ---


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Data di nascita", "data_nascita"),
        ("DISABILITÀ", "disabilita"),
        ("Sesso (M/F)", "sesso"),
        ("sesso [M o F] *", "sesso"),
        ("School of origin", "scuola_provenienza"),
        ("behavior", "comportamento"),
        ("Plesso 1", "plesso_1"),
        ("site_2", "plesso_2"),
        ("secondLanguage1", "lingua2_1"),
        ("lingua2-2", "lingua2_2"),
        ("Instrument 4", "strumento_4"),
        ("forbidden classes", "classi_vietate"),
    ],
)
def test_known_headers(header, name):
    column = columns.PUPILS.column(header)
    assert column is not None
    assert column.name == name


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Città (residenza)", "citta_residenza"),
        ("Media  voti - I quad.", "media_voti_i_quad"),
        ("BUS?", "bus"),
        ("__x__", "x"),
        ("???", ""),
    ],
)
def test_other_headers(header, name):
    assert columns.PUPILS.column(header) is None
    assert columns.attribute_name(header) == name


def test_no_alias_stands_for_two_columns():
    for layout in columns.LAYOUTS:
        names = [columns.squash(n) for column in layout.columns for n in (column.name, *column.aliases)]
        assert len(names) == len(set(names))
        assert all(columns.attribute_name(column.name) == column.name for column in layout.columns)


# --- the two readers of the house must not disagree ---

WORDS = [
    *(
        "sì",
        "Sì",
        "si'",
        "x",
        "1",
        "0",
        "no",
        "vero",
        "falso",
        "M",
        "femmina",
        "Male",
        "comma1",
        "Comma 3",
        "art. 3 c. 3",
    ),
    *("7,5", "7.50", "1.234,5", "1.234", "-3", "05/03/2014", "5-3-14", "2014.03.05", "1.2/2014", "2014-03-05 10:00"),
    *("A1", "1A", "prefers", "GEMELLI", "31/02/2014", "", "٣", "1e5", 12, 7.5, True, date(2014, 3, 5)),
]


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (as_number, auditor.as_number),
        (as_date, auditor.as_date),
        (as_yesno, auditor.as_yes_no),
        (PARSERS["sex"], auditor.as_sex),
        (PARSERS["support"], auditor.as_disability),
    ],
)
def test_the_auditor_reads_the_same(mine, theirs):
    def outcome(read, word):
        try:
            return read(word)
        except ValueError:
            return None

    assert {w: outcome(mine, w) for w in WORDS} == {w: outcome(theirs, w) for w in WORDS}


@pytest.mark.parametrize("table", ["alunni", "classi", "legami"])
def test_the_auditor_names_columns_the_same(table):
    layout = next(layout for layout in columns.LAYOUTS if layout.name == table)
    headers = [n.replace("_", " ").title() for c in layout.columns for n in (c.name, *c.aliases)]
    headers += ["Città (residenza)", "Media  voti - I quad.", "BUS?", "Sesso (M/F)", "È nuovo?", "x²"]
    mine = [c.name if (c := layout.column(h)) else columns.attribute_name(h) for h in headers]
    assert mine == auditor.column_names(table, headers)


# --- nearest ---


def test_nearest():
    near = Nearest(["Centrale", "Via Roma", "Borgo"])
    assert near("centrle") == "Centrale"
    assert near("VIA  ROMA") == "Via Roma"
    assert near("via rma 2") == "Via Roma"
    assert near("zzz") == near("zzz") == ""
    assert Nearest([])("x") == ""


def test_nearest_among_many_is_quick_and_exact_at_one_slip():
    near = Nearest(f"A{k:05}" for k in range(10_000))
    assert near("B00420") == "A00420"
    assert near("a00042") == "A00042"
    assert near("A000421") in {"A00042", "A00421"}
    for k in range(30):
        near(f"completely different {k}")
    assert near("quite another thing") == ""
    assert near("x" * 5_000) == ""
