"""Files of every kind, good and hostile, through `classi.sheets`."""

from __future__ import annotations

import hashlib
import io
import random
import resource
import subprocess
import sys
import time
import zipfile
from datetime import date, datetime
from datetime import time as clock
from pathlib import Path

import pytest
import python_calamine
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from classi.errors import InputError
from classi.i18n import use_language
from classi.sheets import (
    archive,
    cells,
    child,
    column_letters,
    delimited,
    exact,
    is_guarded,
    read_sheets,
    scan,
    workbook,
)

SHEET_PART = "xl/worksheets/sheet1.xml"
ODS_HEAD = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:calcext="urn:calcext" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
)
ODS_TAIL = "</office:spreadsheet></office:body></office:document-content>"
ODS_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">{}</manifest:manifest>'
)
ODS_END = (
    '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/>'
    "</table:table-row>"
)


@pytest.fixture(autouse=True)
def _english():
    with use_language("en"):
        yield


def sheet_xml(rows: str, before: str = "") -> str:
    head = '<?xml version="1.0" encoding="UTF-8"?>' + before
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'{head}<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'


def xlsx_parts(sheet: str, strings: int = 0) -> dict[str, str | bytes]:
    """Return the parts of a proper workbook with one sheet `alunni`, its content replaced."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        book.add_worksheet("alunni").write_column(0, 0, ["x"] * strings)
    with zipfile.ZipFile(target) as made:
        return {name: made.read(name) for name in made.namelist()} | {SHEET_PART: sheet}


def zipped(parts: dict[str, str | bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in parts.items():
            out.writestr(name, content)
    return target.getvalue()


def ods(body: str, manifest: str = "", more: dict[str, str | bytes] | None = None) -> bytes:
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": ODS_MANIFEST.format(manifest),
            "content.xml": ODS_HEAD + body + ODS_TAIL,
            **(more or {}),
        }
    )


def ods_table(rows: str, name: str = "alunni") -> str:
    return f'<table:table table:name="{name}">{rows}</table:table>'


def ods_row(*values: str, repeated: int = 1) -> str:
    row = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{v}</text:p></table:table-cell>' for v in values
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{row}</table:table-row>'


def put(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(path: Path) -> str:
    """Read a file that must be refused in time; return the message."""
    started = time.monotonic()
    with pytest.raises(InputError) as caught:
        read_sheets(path)
    assert time.monotonic() - started < 5.0
    (problem,) = caught.value.problems
    assert problem.file == path.name
    assert not problem.warning
    return problem.message


# --- csv ---


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_csv_separators_and_encodings(tmp_path, separator, encoding):
    text = f'id{separator}nome{separator}livello\nA1{separator}Zoè{separator}"7,5"\n'
    path = put(tmp_path, "alunni.csv", text.encode(encoding))
    book = read_sheets(path)
    assert book.file == "alunni.csv"
    assert book.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert book.grids["alunni"].rows == ((1, ("id", "nome", "livello")), (2, ("A1", "Zoè", "7,5")))
    assert book.problems == ()


def test_csv_separators_in_quotes_and_texts_do_not_count(tmp_path):
    text = 'id;"Cognome, nome, detto";note\n1;"a,b,c";"x, y"\n2;d;z\n'
    rows = read_sheets(put(tmp_path, "a.csv", text)).grids["a"].rows
    assert rows[0][1] == ("id", "Cognome, nome, detto", "note")
    assert rows[1][1] == ("1", "a,b,c", "x, y")


def test_csv_header_with_more_commas_than_semicolons(tmp_path):
    text = "id;voti, note, altro;x\n1;a;b\n2;c;d\n"
    assert read_sheets(put(tmp_path, "a.csv", text)).grids["a"].rows[0][1] == ("id", "voti, note, altro", "x")


def test_csv_of_one_column(tmp_path):
    assert read_sheets(put(tmp_path, "a.csv", "id\nA\nB\n")).grids["a"].rows == ((1, ("id",)), (2, ("A",)), (3, ("B",)))


def test_csv_rows_are_numbered_as_in_a_spreadsheet(tmp_path):
    text = '\nid;note\r\nA;"two\nlines"\r\n\r\n;\r\nB;x\r\n'
    rows = read_sheets(put(tmp_path, "a.csv", text)).grids["a"].rows
    assert [number for number, _cells in rows] == [2, 3, 6]
    assert rows[1][1] == ("A", "two\nlines")


def test_csv_separator_declared_by_excel(tmp_path):
    rows = read_sheets(put(tmp_path, "a.csv", "sep=,\r\nid,x;y;z\r\n1,2\r\n")).grids["a"].rows
    assert rows == ((1, ("id", "x;y;z")), (2, ("1", "2")))


def test_csv_rows_are_brought_to_the_same_length(tmp_path):
    rows = read_sheets(put(tmp_path, "a.csv", "id;b;c\n1\n2;3;4;5\n")).grids["a"].rows
    assert [cells for _n, cells in rows] == [("id", "b", "c", None), ("1", None, None, None), ("2", "3", "4", "5")]


def test_texts_are_brought_to_one_unicode_form(tmp_path):
    rows = read_sheets(put(tmp_path, "a.csv", "id;nome\n1;Zoe\u0300\n")).grids["a"].rows
    assert rows[1][1] == ("1", "Zo\u00e8")


def test_guarded_texts_lose_one_apostrophe(tmp_path):
    rows = read_sheets(put(tmp_path, "a.csv", "id;x\n'=1+1;'  -a\n''@b;'ndrangheta\n")).grids["a"].rows
    assert [cells for _n, cells in rows[1:]] == [("=1+1", "  -a"), ("'@b", "'ndrangheta")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"id;x\n1;\x00\n", "not a text"),
        (b"PK\x03\x04\x14\x00\x00\x00", "not a text"),
        (b"id;x\n1;\x81\x8d\n", "not a text"),
        (b'id;x\n1;"never closed\n2;y\n', "quotation mark"),
        (b'id;x\n1;"a"b;c\n', "quotation mark"),
        (b"id;x\n1;" + b"a" * 200_000, "quotation mark"),
        (b"id;x\n1;" + b"a" * 1_000_001, "too long"),
        (b"id" + b";x" * 1_000 + b"\n1;2\n", "columns"),
    ],
)
def test_csv_that_cannot_be_read(tmp_path, content, words):
    assert words in refusal(put(tmp_path, "alunni.csv", content))


def test_csv_problem_names_the_row(tmp_path):
    with pytest.raises(InputError) as caught:
        read_sheets(put(tmp_path, "a.csv", 'id;x\n1;a\n2;b\n3;"c\n'))
    assert caught.value.problems[0].row == 4


def test_huge_csv_line(tmp_path):
    assert "too long" in refusal(put(tmp_path, "a.csv", b"id;" * 6_000_000))


def test_csv_beyond_the_size(tmp_path):
    assert "larger than 20 MB" in refusal(put(tmp_path, "a.csv", b"id;x\n" * 4_000_001))


def test_csv_with_too_many_cells(tmp_path, monkeypatch):
    line = b";".join([b"x"] * 900) + b"\n"
    message = refusal(put(tmp_path, "a.csv", line * 2300))
    assert "2000000 cells" in message or "too long" in message
    monkeypatch.setattr(delimited, "MAX_CELLS", 8)
    assert "8 cells" in refusal(put(tmp_path, "b.csv", "a;b;c\n" * 3))


def test_csv_that_takes_too_long(tmp_path):
    path = put(tmp_path, "a.csv", b"id;x\n" * 1500)
    with pytest.raises(InputError, match="too long"):
        read_sheets(path, timeout=-1)


def test_random_texts_never_do_worse_than_an_input_error(tmp_path):
    dice = random.Random(7)
    for k in range(60):
        content = bytes(dice.choice(b"id;,\t\"'\n\r=a1\xe8") for _ in range(dice.randrange(1, 300)))
        path = put(tmp_path, f"{k}.csv", content)
        try:
            grid = read_sheets(path).grids[str(k)]
        except InputError as error:
            assert error.problems
        else:
            assert len({len(cells) for _n, cells in grid.rows}) <= 1


# --- what is not a sheet ---


def test_missing_file_and_folder(tmp_path):
    assert "does not exist" in refusal(tmp_path / "no.csv")
    (tmp_path / "x.csv").mkdir()
    assert "does not exist" in refusal(tmp_path / "x.csv")


@pytest.mark.parametrize("name", ["alunni.xls", "alunni.xlsm", "alunni.pdf", "alunni"])
def test_other_kinds_of_file(tmp_path, name):
    assert "not read" in refusal(put(tmp_path, name, "x"))


def test_unreadable_file(tmp_path, monkeypatch):
    path = put(tmp_path, "a.csv", "id\n")

    def closed(*_args, **_kwargs):
        raise PermissionError

    monkeypatch.setattr(Path, "open", closed)
    assert "cannot be opened" in refusal(path)


# --- workbooks ---


@pytest.fixture
def school_xlsx(tmp_path) -> Path:
    path = tmp_path / "school.xlsx"
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        hour = book.add_format({"num_format": "hh:mm"})
        sheet = book.add_worksheet("alunni")
        sheet.write_row(2, 1, ["id", "livello", "nato", "dsa", "nota", "ora"])
        sheet.write_number(4, 1, 12)
        sheet.write_number(4, 2, 0.1 + 0.2)
        sheet.write_datetime(4, 3, datetime(2014, 9, 1, 8, 30), day)
        sheet.write_boolean(4, 4, True)
        sheet.write_string(4, 5, "=1+1")
        sheet.write_datetime(4, 6, clock(8, 30), hour)
        sheet.write_blank(900, 90, None, day)
        book.add_worksheet("vuoto")
    return path


def test_xlsx_keeps_row_numbers_and_types(school_xlsx):
    book = read_sheets(school_xlsx)
    assert list(book.grids) == ["alunni", "vuoto"]
    assert book.grids["vuoto"].rows == ()
    assert book.grids["alunni"].rows == (
        (3, (None, "id", "livello", "nato", "dsa", "nota", "ora")),
        (5, (None, 12, 0.3, date(2014, 9, 1), True, "=1+1", "08:30:00")),
    )
    assert book.sha256 == hashlib.sha256(school_xlsx.read_bytes()).hexdigest()


def test_lost_cells_of_an_xlsx_are_named(tmp_path):
    rows = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c></row>'
        '<row r="2"><c r="A2"><f>1+1</f></c><c r="B2"><f>1+1</f><v>2</v></c>'
        '<c r="C2" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
        + "".join(f'<row r="{r}"><c r="A{r}"><f>1+1</f></c></row>' for r in range(3, 10))
    )
    book = read_sheets(put(tmp_path, "a.xlsx", zipped(xlsx_parts(sheet_xml(rows)))))
    formulas, errors = book.problems
    assert formulas.warning and formulas.sheet == "alunni" and formulas.row == 2
    assert "8 cells" in formulas.message and "(A2, A3, A4, A5, A6, …)" in formulas.message
    assert errors.row == 2 and "(C2)" in errors.message


def test_xlsx_cells_without_references_are_counted(tmp_path):
    rows = "<row><c><v>1</v></c><c><f>1</f></c></row><row><c><v>2</v></c><c><f>1</f></c></row>"
    book = read_sheets(put(tmp_path, "a.xlsx", zipped(xlsx_parts(sheet_xml(rows)))))
    assert "(B1, B2)" in book.problems[0].message


def test_ods_as_libreoffice_writes_it(tmp_path):
    rows = (
        ods_row("id", "nome")
        + '<table:table-row table:number-rows-repeated="2">'
        + '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
        + ods_row("A", "Zoe", repeated=2)
        + ODS_END
    )
    book = read_sheets(put(tmp_path, "a.ods", ods(ods_table(rows))))
    assert book.grids["alunni"].rows == ((1, ("id", "nome")), (4, ("A", "Zoe")), (5, ("A", "Zoe")))
    assert book.problems == ()


def test_lost_cells_of_an_ods_are_named(tmp_path):
    rows = ods_row("id") + (
        '<table:table-row><table:table-cell table:formula="of:=1+1"/>'
        '<table:table-cell table:formula="of:=1/0" office:value-type="string" calcext:value-type="error">'
        "<text:p>#DIV/0!</text:p></table:table-cell></table:table-row>"
    )
    formulas, errors = read_sheets(put(tmp_path, "a.ods", ods(ods_table(rows)))).problems
    assert "(A2)" in formulas.message
    assert "(B2)" in errors.message and errors.sheet == "alunni"


def test_ten_thousand_rows_in_two_seconds(tmp_path):
    path = tmp_path / "big.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("alunni")
        for row in range(10_000):
            sheet.write_row(row, 0, [f"A{row}", "Rossi", row % 7, "sì", 7.5, "x", row, "no", "M", "2014"])
    started = time.process_time()
    rows = read_sheets(path, timeout=60).grids["alunni"].rows
    assert len(rows) == 10_000
    assert rows[-1] == (10_000, ("A9999", "Rossi", 9999 % 7, "sì", 7.5, "x", 9999, "no", "M", "2014"))
    assert sys.gettrace() or time.process_time() - started < 2.0  # measuring coverage slows the scan tenfold


# --- hostile workbooks ---


def test_one_cell_in_the_last_corner(tmp_path):
    content = zipped(xlsx_parts(sheet_xml('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')))
    assert len(content) < 5_000
    message = refusal(put(tmp_path, "a.xlsx", content))
    assert "XFD1048576" in message and "alunni" in message


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="&#88;FD1"><v>1</v></c></row>',  # the reference hidden behind a character entity
        '<row r="200001"><c><v>1</v></c></row>',
        '<x:row xmlns:x="u" r="1"><x:c r="ALM1"><x:v>1</x:v></x:c></x:row>',
        '<row r="1"><c r="A1"/><c r="ALL1"><v>1</v></c></row><row r="100000"><c r="A100000"><v>1</v></c></row>',
        '<row r="99999999"><c r="A1"/><c r="xfd1048576" t="inlineStr"><is><t>a</t></is></c></row>',
    ],
)
def test_cells_too_far_away(tmp_path, rows):
    assert "too far" in refusal(put(tmp_path, "a.xlsx", zipped(xlsx_parts(sheet_xml(rows)))))


def test_far_cells_of_several_sheets_add_up(tmp_path):
    parts = xlsx_parts(sheet_xml('<row r="1500"><c r="ALL1500"><v>1</v></c></row>'))
    parts["xl/worksheets/sheet2.xml"] = parts[SHEET_PART]
    assert "too far" in refusal(put(tmp_path, "a.xlsx", zipped(parts)))


@pytest.mark.parametrize("rows", ['<row r="-1"/>', '<row r="1"><c r="1A"/></row>', '<row r="9999999999"/>', "<row>"])
def test_xml_that_is_no_sheet(tmp_path, rows):
    assert "damaged" in refusal(put(tmp_path, "a.xlsx", zipped(xlsx_parts(sheet_xml(rows)))))


def test_zip_bomb(tmp_path):
    sheet = sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>' + " " * 90_000_000)
    content = zipped(xlsx_parts(sheet))
    assert len(content) < 200_000
    assert "too large" in refusal(put(tmp_path, "a.xlsx", content))


def test_bomb_beside_the_sheets(tmp_path):
    parts = xlsx_parts(sheet_xml("")) | {"xl/media/image1.png": b"\0" * 150_000_000}
    assert "too large" in refusal(put(tmp_path, "a.xlsx", zipped(parts)))


def test_many_parts_that_are_large_together(tmp_path):
    noise = random.Random(1).randbytes(1000).hex() * 6000
    parts = xlsx_parts(sheet_xml("")) | {f"xl/{k}.txt": noise for k in range(9)}
    assert "too large" in refusal(put(tmp_path, "a.xlsx", zipped(parts)))


def test_billion_laughs(tmp_path):
    laughs = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{k} "{f"&a{k - 1};" * 10}">' for k in range(1, 10))
    sheet = sheet_xml('<row r="1"><c r="A1" t="str"><v>&a9;</v></c></row>', f"<!DOCTYPE x [{laughs}]>")
    assert "DOCTYPE" in refusal(put(tmp_path, "a.xlsx", zipped(xlsx_parts(sheet))))


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/sharedStrings.xml", "docProps/app.xml"])
def test_doctype_in_any_part_and_encoding(tmp_path, part):
    parts = xlsx_parts(sheet_xml(""))
    parts[part] = ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>').encode(
        "utf-16"
    )
    assert "DOCTYPE" in refusal(put(tmp_path, "a.xlsx", zipped(parts)))


def test_deep_nesting(tmp_path):
    sheet = sheet_xml("<a>" * 200_000 + "</a>" * 200_000)
    assert "nested" in refusal(put(tmp_path, "a.xlsx", zipped(xlsx_parts(sheet))))


def repeated_text() -> bytes:
    text = random.Random(2).randbytes(100_000).hex()
    strings = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{text}</t></si></sst>'
    rows = "".join(f'<row r="{r}"><c r="A{r}" t="s"><v>0</v></c></row>' for r in range(1, 50_001))
    return zipped(xlsx_parts(sheet_xml(rows), strings=1) | {"xl/sharedStrings.xml": strings})


def test_text_that_is_repeated_beyond_memory(tmp_path):
    message = refusal(put(tmp_path, "a.xlsx", repeated_text()))
    assert "memory" in message or "too large" in message


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read where Linux keeps it")
def test_hostile_files_stay_within_memory(tmp_path):
    corner = sheet_xml('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    put(tmp_path, "corner.xlsx", zipped(xlsx_parts(corner)))
    put(tmp_path, "bomb.xlsx", zipped(xlsx_parts(sheet_xml(" " * 90_000_000))))
    put(tmp_path, "text.xlsx", repeated_text())
    put(tmp_path, "wide.csv", b"id;" * 6_000_000)
    put(tmp_path, "long.csv", "😀;b\n".encode() * 2_200_000)
    script = f"""
import re, resource, sys
from pathlib import Path
sys.path.insert(0, {str(Path(workbook.__file__).parents[2])!r})
from classi.errors import InputError
from classi.sheets import read_sheets
refused = 0
for path in sorted(Path({str(tmp_path)!r}).glob("*.[xc]*")):
    try:
        read_sheets(path)
    except InputError:
        refused += 1
own = int(re.search("VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])
print(refused, max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) // 1024)
"""
    # A process of its own: the record kept of a child begins with what its parent holds, here all the other tests.
    put(tmp_path, "script.py", script)
    done = subprocess.run([sys.executable, tmp_path / "script.py"], capture_output=True, check=True, text=True)
    refused, megabytes = map(int, done.stdout.split())
    assert refused == 5
    assert megabytes < 512


def test_endless_small_elements(tmp_path):
    strings = "<sst>" + "<si><t>a</t></si>" * 5_500_000 + "</sst>"
    parts = xlsx_parts(sheet_xml("")) | {"xl/sharedStrings.xml": strings}
    message = refusal(put(tmp_path, "a.xlsx", zipped(parts)))
    assert "too large" in message or "too long" in message


@pytest.mark.parametrize("keep", [10, 30, 400, -40, -4])
def test_truncated_zip(tmp_path, school_xlsx, keep):
    assert "damaged" in refusal(put(tmp_path, "cut.xlsx", school_xlsx.read_bytes()[:keep]))


def test_random_bytes(tmp_path):
    assert "damaged" in refusal(put(tmp_path, "a.xlsx", random.Random(3).randbytes(50_000)))
    assert "damaged" in refusal(put(tmp_path, "a.ods", b"PK\x03\x04" + random.Random(4).randbytes(5_000)))


def test_every_byte_may_be_damaged(tmp_path, school_xlsx):
    dice = random.Random(5)
    good = bytearray(school_xlsx.read_bytes())
    for k in range(12):
        bad = bytearray(good)
        for _ in range(20):
            bad[dice.randrange(len(bad))] = dice.randrange(256)
        path = put(tmp_path, f"{k}.xlsx", bytes(bad))
        try:
            book = read_sheets(path)
        except InputError as error:
            assert error.problems
        else:
            assert "alunni" in book.grids


@pytest.mark.parametrize("name", ["/etc/passwd", "../../evil.xml", "C:\\evil.xml", "\\\\host\\evil.xml"])
def test_zip_with_paths_that_lead_outside(tmp_path, name):
    parts = xlsx_parts(sheet_xml("")) | {name: "x"}
    content = zipped(parts)
    assert "lead outside" in refusal(put(tmp_path, "a.xlsx", content))


def test_zip_with_doubled_parts(tmp_path):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as out, pytest.warns(UserWarning, match="Duplicate"):
        for name, content in [*xlsx_parts(sheet_xml("")).items(), (SHEET_PART, sheet_xml(""))]:
            out.writestr(name, content)
    assert "doubled" in refusal(put(tmp_path, "a.xlsx", target.getvalue()))


def test_zip_with_too_many_parts(tmp_path):
    parts = xlsx_parts(sheet_xml("")) | {f"x{k}": "" for k in range(2_001)}
    assert "too many parts" in refusal(put(tmp_path, "a.xlsx", zipped(parts)))
    parts = xlsx_parts(sheet_xml("")) | {f"{k:0200}": "" for k in range(6_000)}
    assert "too many parts" in refusal(put(tmp_path, "b.xlsx", zipped(parts)))


def test_zip_that_declares_less_than_it_holds(tmp_path):
    content = zipped(xlsx_parts(sheet_xml("<row/>" * 100)))
    size = len(sheet_xml("<row/>" * 100)).to_bytes(4, "little")
    assert "damaged" in refusal(put(tmp_path, "a.xlsx", content.replace(size, (10).to_bytes(4, "little"))))


def test_zip_with_a_method_of_its_own(tmp_path):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_LZMA) as out:
        for name, content in xlsx_parts(sheet_xml("")).items():
            out.writestr(name, content)
    assert "damaged" in refusal(put(tmp_path, "a.xlsx", target.getvalue()))


def test_zip_with_a_header_elsewhere(tmp_path):
    content = bytearray(zipped(xlsx_parts(sheet_xml(""))))
    content[0:4] = b"XXXX"
    assert "damaged" in refusal(put(tmp_path, "a.xlsx", bytes(content)))


def test_stored_parts_and_comment_are_read(tmp_path):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as out:
        out.comment = b"a comment"
        for name, content in xlsx_parts(sheet_xml('<row r="1"><c r="A1"><v>5</v></c></row>')).items():
            out.writestr(name, content)
    assert read_sheets(put(tmp_path, "a.xlsx", target.getvalue())).grids["alunni"].rows == ((1, (5,)),)


def test_stream_without_an_end(tmp_path):
    content = zipped(xlsx_parts(sheet_xml("<row/>" * 5_000)))
    with zipfile.ZipFile(io.BytesIO(content)) as listing:
        part = listing.getinfo(SHEET_PART)
    start = part.header_offset + 30 + len(part.filename)
    broken = bytearray(content)
    broken[start] ^= 1  # no longer the last block
    assert "damaged" in refusal(put(tmp_path, "a.xlsx", bytes(broken)))


def test_passwords(tmp_path):
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000)
    assert "password" in refusal(put(tmp_path, "a.xlsx", old))
    secret = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
    assert "password" in refusal(put(tmp_path, "b.ods", ods(ods_table(""), secret)))
    assert "password" in refusal(put(tmp_path, "c.ods", zipped({"mimetype": "x", "encrypted-package": "y"})))
    content = bytearray(zipped(xlsx_parts(sheet_xml(""))))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert "password" in refusal(put(tmp_path, "d.xlsx", bytes(content)))


def test_zip_of_something_else(tmp_path):
    assert "not a workbook" in refusal(put(tmp_path, "a.xlsx", zipped({"word/document.xml": "<x/>"})))
    assert "damaged" in refusal(put(tmp_path, "b.ods", zipped({"content.xml": "<x/>"})))


@pytest.mark.parametrize(
    "rows",
    [
        ods_row("id") + ods_row("x", repeated=1_000_000),
        '<table:table-row><table:table-cell table:number-columns-repeated="16384" office:value-type="float" '
        'office:value="1"/></table:table-row>',
        '<table:table-row table:number-rows-repeated="1048575"/>' + ods_row("x"),
        "<table:table-row><table:table-cell table:number-columns-repeated='2000'/><table:table-cell><text:p>x</text:p>"
        "</table:table-cell></table:table-row>",
    ],
)
def test_ods_repeated_bomb(tmp_path, rows):
    assert "too far" in refusal(put(tmp_path, "a.ods", ods(ods_table(rows))))


def test_ods_repeated_blanks_and_nonsense(tmp_path):
    blanks = ods_row('a<text:s text:c="999999999"/>')
    assert "damaged" in refusal(put(tmp_path, "a.ods", ods(ods_table(blanks))))
    nonsense = '<table:table-row table:number-rows-repeated="many"/>'
    assert "damaged" in refusal(put(tmp_path, "b.ods", ods(ods_table(nonsense))))


def test_too_many_sheets(tmp_path):
    assert "100 sheets" in refusal(put(tmp_path, "a.ods", ods("".join(ods_table("", f"t{k}") for k in range(101)))))
    parts = xlsx_parts(sheet_xml(""))
    sheets = "".join(f'<sheet name="{k}" sheetId="{k}" r:id="r{k}"/>' for k in range(101))
    parts["xl/workbook.xml"] = bytes(parts["xl/workbook.xml"]).replace(b"<sheets>", f"<sheets>{sheets}".encode())
    assert "100 sheets" in refusal(put(tmp_path, "b.xlsx", zipped(parts)))


def test_workbook_beyond_the_size(tmp_path):
    assert "larger than 20 MB" in refusal(put(tmp_path, "a.xlsx", bytes(20_000_001)))


def test_workbook_that_takes_too_long(school_xlsx, monkeypatch):
    with pytest.raises(InputError, match="too long"):
        read_sheets(school_xlsx, timeout=-1)
    monkeypatch.setattr(workbook, "_scanned", lambda *_: scan.Scan())
    with pytest.raises(InputError, match="too long"):
        read_sheets(school_xlsx, timeout=-1)


def test_child_that_cannot_start_or_dies(school_xlsx, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/nowhere/python")
        with pytest.raises(InputError, match="could not be started"):
            read_sheets(school_xlsx)
    with pytest.raises(InputError, match="too much memory"):
        read_sheets(school_xlsx, memory_mb=1)
    with monkeypatch.context() as patch:
        patch.setattr(workbook.importlib.util, "find_spec", lambda _name: None)
        with pytest.raises(InputError, match="not installed"):
            read_sheets(school_xlsx)


def test_the_parser_alone_is_held_by_the_child(tmp_path, monkeypatch):
    # Were the scan ever deceived, the child still bounds what the parser may take, and this process goes on.
    monkeypatch.setattr(workbook, "_scanned", lambda *_: scan.Scan())
    content = zipped(xlsx_parts(sheet_xml('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')))
    assert "cannot be read" in refusal(put(tmp_path, "a.xlsx", content))


# --- the child, in this process ---


def test_child_says_why(monkeypatch, school_xlsx):
    assert child.parse(b"nothing of the kind") == {"error": "damaged"}
    monkeypatch.setattr(child, "MAX_CHARACTERS", 10)
    assert child.parse(school_xlsx.read_bytes()) == {"error": "size"}


@pytest.mark.parametrize(("error", "code"), [("PasswordError", "password"), (None, "size")])
def test_child_passes_on_what_the_parser_raises(monkeypatch, error, code):
    kind = getattr(python_calamine, error) if error else MemoryError

    class Failing:
        @staticmethod
        def from_filelike(_file):
            raise kind

    monkeypatch.setattr(python_calamine, "CalamineWorkbook", Failing)
    assert child.parse(b"") == {"error": code}


def test_child_answers_are_put_into_words(school_xlsx, monkeypatch):
    for code, words in (("size", "too large"), ("password", "password"), ("damaged", "damaged")):
        answer = subprocess.CompletedProcess([], 0, f'{{"error": "{code}"}}'.encode())
        monkeypatch.setattr(subprocess, "run", lambda *_a, _answer=answer, **_k: _answer)
        with pytest.raises(InputError, match=words):
            read_sheets(school_xlsx)


def test_child_main(monkeypatch, school_xlsx, capsys):
    monkeypatch.setattr(child, "bound", lambda *_: None)
    monkeypatch.setattr(sys, "path", list(sys.path))

    class Input:
        buffer = io.BytesIO(school_xlsx.read_bytes())

    monkeypatch.setattr(sys, "stdin", Input)
    child.main(["/nowhere", "1", "1"])
    assert '"2014-09-01"' in capsys.readouterr().out


def test_child_bounds_itself_where_it_can(monkeypatch):
    seen = {}
    monkeypatch.setattr(resource, "setrlimit", seen.__setitem__)
    child.bound(1000, 5)
    assert seen == {resource.RLIMIT_CORE: (0, 0), resource.RLIMIT_CPU: (5, 6), resource.RLIMIT_AS: (1000, 1000)}
    monkeypatch.setitem(sys.modules, "resource", None)
    child.bound(1000, 5)


def test_reading_works_from_a_script_without_a_main_guard(tmp_path, school_xlsx):
    script = f"""
import sys
sys.path.insert(0, {str(Path(workbook.__file__).parents[2])!r})
from pathlib import Path
from classi.sheets import read_sheets
print(len(read_sheets(Path({str(school_xlsx)!r})).grids["alunni"].rows), "python_calamine" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, put(tmp_path, "script.py", script)], capture_output=True, check=True, text=True
    )
    assert done.stdout.split() == ["2", "False"]


def test_child_imports_nothing_heavy():
    code = f"import runpy, sys; runpy.run_path({str(workbook._CHILD)!r}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, check=True, text=True)
    assert not {"numpy", "ortools", "pandas", "pydantic", "classi"} & set(done.stdout.split())


# --- small rules ---


@pytest.mark.parametrize(
    ("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")]
)
def test_column_letters(index, letters):
    assert column_letters(index) == letters
    assert scan._column(letters) == index + 1


@pytest.mark.parametrize(
    ("value", "shown"), [(12.0, 12), (0.1 + 0.2, 0.3), (1e300, 1e300), (float("nan"), "nan"), (float("inf"), "inf")]
)
def test_exact(value, shown):
    assert exact(value) == shown
    assert isinstance(exact(12.0), int)


@given(st.text())
def test_cleaning_twice_is_cleaning_once_but_for_guards(text):
    once = cells.clean(text)
    assert once is None or is_guarded(str(once)) or cells.clean(once) == once


def test_guards_are_looked_for_in_linear_time():
    started = time.process_time()
    for text in ("'" * 100_000, "'" + "\n" * 100_000, "'a" + "\n " * 50_000, "' " * 50_000):
        is_guarded(text)
    assert time.process_time() - started < 1.0


def test_separators_are_tried_even_on_damaged_samples():
    assert delimited._separator('a;b\n1;"x"y\n', "a.csv") in delimited.SEPARATORS


def test_archive_of_nothing():
    for data in (b"", b"PK\x05\x06", b"PK\x05\x06" + bytes(17)):
        with pytest.raises(archive.Refused, match="damaged"):
            archive.open_archive(data, time.monotonic() + 5)
