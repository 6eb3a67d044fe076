"""Tests that a public list says nothing but class and code, and that the lint finds every way of saying more."""

from __future__ import annotations

import random
import stat
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from odf.dc import Creator
from odf.office import Annotation
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style, TableCellProperties, TableProperties
from odf.table import Table as OdsTable
from odf.table import TableCell, TableColumn, TableRow
from odf.text import P, Span
from xlsxwriter import Workbook

from classi.errors import InputError
from classi.i18n import use_language
from classi.publish import check_codes, lint, public_codes, publish_classes, read_or_make_secret, write_codes
from classi.publish.codes import DIGITS, LETTERS
from classi.publish.lists import FILES
from classi.publish.words import tells_category
from classi.sheets import read_sheets

SECRET = bytes(range(1, 33))
NAMES = [("Verdolini", "Gina Prova"), ("De Provis", "Àlbano"), ("Li", "Wei"), ("D'Ambrasi", "Ugo"), ("Alunni", "Rosa")]
PUPILS: list[dict[str, Any]] = [
    {"id": f"P{k:03}", "cognome": f"{NAMES[k % 5][0]}", "nome": NAMES[k % 5][1], "sesso": "FM"[k % 2],
     "ripetente": k % 7 == 0, "cittadinanza": "italiana" if k % 3 else "rumena", "voto": Decimal(k % 5),
     "disabilita": "comma3" if k == 4 else "no", "data_nascita": date(2014, 1 + k % 12, 1 + k % 28)}
    for k in range(36)
]  # fmt: skip
IDS = [str(row["id"]) for row in PUPILS]
CODES = public_codes(IDS, SECRET)
PLACED = {i: ("10A", "2B", "1 H")[k % 3] for k, i in enumerate(IDS)}
GOOD = [("1A", "K7M3Q9"), ("1A", "L2M3Q9"), ("1A", "M4M3Q9"), ("1B", "A3C4D5"), ("1B", "C3C4D5")]


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with use_language("en"):
        yield


def says(call: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        call()
    return str(caught.value)


# --- codes ---


def test_that_codes_have_no_ambiguous_sign_and_can_spell_nothing() -> None:
    assert not set("0O1IBSZGabcdefghijklmnopqrstuvwxyz") & set(LETTERS + DIGITS)
    for code in CODES.values():
        assert len(code) == 6
        assert all(sign in (DIGITS if k % 2 else LETTERS) for k, sign in enumerate(code))
    assert len(set(CODES.values())) == len(IDS)


def test_that_a_code_depends_on_secret_and_identifier_alone() -> None:
    assert public_codes(reversed(IDS[:5]), SECRET) == {i: CODES[i] for i in IDS[:5]}
    others = public_codes(IDS, SECRET[::-1])
    assert all(others[i] != CODES[i] for i in IDS)
    with pytest.raises(ValueError, match="16 bytes"):
        public_codes(IDS, b"short")


def test_that_all_codes_grow_where_two_would_be_equal() -> None:
    many = public_codes(map(str, range(9000)), SECRET)
    assert {len(code) for code in many.values()} == {8}
    assert len(set(many.values())) == 9000
    assert many["7"].startswith(public_codes(["7"], SECRET)["7"])


def test_that_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "segreto.txt"
    secret = read_or_make_secret(path)
    assert len(secret) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    assert read_or_make_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["segreto.txt"]
    assert read_or_make_secret(tmp_path / "other") != secret


def test_that_a_secret_made_meanwhile_is_kept_and_a_disk_without_links_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def somebody_first(_temporary: Path, path: Path) -> None:
        path.write_text("ab" * 32)
        raise FileExistsError

    def no_links(_temporary: Path, _path: Path) -> None:
        raise PermissionError

    monkeypatch.setattr("os.link", somebody_first)
    assert read_or_make_secret(tmp_path / "one") == bytes.fromhex("ab" * 32)
    monkeypatch.setattr("os.link", no_links)
    assert read_or_make_secret(tmp_path / "two").hex() == (tmp_path / "two").read_text().strip()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one", "two"]


@pytest.mark.parametrize("content", ["", "xyz", "ab" * 31, "AB" * 32, "ab" * 33])
def test_that_another_file_is_not_taken_for_the_secret(tmp_path: Path, content: str) -> None:
    path = tmp_path / "segreto"
    path.write_text(content)
    assert "64 hexadecimal digits" in says(lambda: read_or_make_secret(path))
    assert path.read_text() == content


def test_that_the_key_is_private_and_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "codici.csv"
    write_codes(path, {"P2": "K7M3Q9", "=1+1": "L2M3Q9", 'a;"b"': "M4M3Q9"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (grid,) = read_sheets(path).grids.values()
    cells = [row for _n, row in grid.rows]
    assert cells == [("id", "codice"), ("=1+1", "L2M3Q9"), ("P2", "K7M3Q9"), ('a;"b"', "M4M3Q9")]


# --- codes that are refused ---


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("VERDOLINI1", "holds a surname or a name"),
        ("x9prova7", "holds a surname or a name"),
        ("77deprovis", "holds a surname or a name"),
        ("albano22", "holds a surname or a name"),
        ("K7LI3Q", "holds a surname or a name"),
        ("77DAMBRASI", "holds a surname or a name"),
        ("K7DSA3", "special category"),
        ("h", "special category"),
        ("A104B9", "special category"),
        ("STRANIERO7", "special category"),
        ("P005", "identifier of the school"),
        ("p000", "identifier of the school"),
        ("TERENZI", "looks like a name"),
        ("20140301", "looks like a name"),
        ("PRVGNI14A41H501X", "looks like a name"),
        ("K7 M3", "no code made of letters and digits"),
        ("K7M3Q9*", "no code made of letters and digits"),
        ("", "no code made of letters and digits"),
    ],
)
def test_that_a_code_that_tells_something_is_refused_and_not_repeated(tmp_path: Path, code: str, said: str) -> None:
    text = says(lambda: publish_classes(PLACED, {**CODES, "P000": code}, tmp_path / "out", pupils=PUPILS))
    assert said in text
    assert "P000" in text
    assert len(code) < 5 or code.casefold() not in text.casefold()
    assert not (tmp_path / "out").exists()


def test_that_codes_of_numbers_may_hold_104_by_chance() -> None:
    assert check_codes({"a": "1A", "b": "1A"}, {"a": "231047", "b": "551234"}) == []


def test_that_equal_and_uneven_codes_are_refused() -> None:
    two = {"a": "1A", "b": "1A"}
    assert "same code" in str(check_codes(two, {"a": "K7M3", "b": "k7m3"})[0])
    assert "differ in length" in str(check_codes(two, {"a": "K7M3", "b": "L7M3Q"})[0])


def test_that_identifiers_are_codes_only_if_asked_and_only_if_they_tell_nothing(tmp_path: Path) -> None:
    own = {i: i for i in PLACED}
    assert "identifier of the school" in says(lambda: publish_classes(PLACED, own, tmp_path / "a", pupils=PUPILS))
    assert len(publish_classes(PLACED, own, tmp_path / "b", pupils=PUPILS, ids_as_codes=True)) == 3
    for telling in ("rossi2", "Prova Gina", "PRVGNI14A41H501X", "2014-03-01", "01032014", "gina.prova", "MR"):
        problems = check_codes({telling: "1A"}, {telling: telling}, ids_as_codes=True)
        assert problems, telling
        assert telling not in str(problems[0])
        assert "pupil number 1 of the list" in str(problems[0])
    assert "another one" in str(check_codes({"P1": "1A"}, {"P1": "K7M3Q9"}, ids_as_codes=True)[0])


def test_that_a_code_may_not_hold_an_identifier_that_is_a_name() -> None:
    problems = check_codes({"P1": "1A"}, {"P1": "77ROSSI2", "rossi2": "K7M3Q9"})
    assert ["looks like a name" in str(p) for p in problems] == [True]


# --- public lists ---


def test_that_the_three_files_hold_classes_and_codes_alone(tmp_path: Path) -> None:
    files = publish_classes(PLACED, CODES, tmp_path / "out", "Istituto Rosa Verdolini", "1/9/2026", pupils=PUPILS)
    assert [f.name for f in files] == list(FILES)
    expected = [(c, code) for c in ("1 H", "2B", "10A") for code in sorted(CODES[i] for i in IDS if PLACED[i] == c)]
    lines = files[0].read_bytes().decode("utf-8-sig").splitlines()
    assert lines == ["classe;codice", *(";".join(row) for row in expected)]
    (grid,) = read_sheets(files[2]).grids.values()
    assert [row for _n, row in grid.rows] == [("classe", "codice"), *expected]
    page = files[1].read_text(encoding="utf-8")
    assert [page.index(code) for _c, code in expected] == sorted(page.index(code) for _c, code in expected)
    assert "Class 10A: 12 pupils" in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert page.count("<caption>") == page.count('<th scope="col">') == 3
    for file in files:
        assert lint(file, PUPILS, codes=CODES, allowed="Istituto Rosa Verdolini") == []
        assert lint(file) == []


def test_that_nothing_of_the_pupils_reaches_a_public_file(tmp_path: Path) -> None:
    canary = [{**row, "cognome": "Zzcanarino", "nome": "Yykanarina", "disabilita": "comma3"} for row in PUPILS]
    for file in publish_classes(PLACED, CODES, tmp_path / "out", pupils=canary):
        data = file.read_bytes()
        if file.suffix == ".xlsx":
            with zipfile.ZipFile(file) as parts:
                data = b"".join(parts.read(name) for name in parts.namelist())
                assert all(info.date_time[0] == 1980 for info in parts.infolist())
        for trace in (b"canarin", b"kanarin", b"comma3", *(i.encode() for i in IDS)):
            assert trace not in data.lower()


def test_that_the_order_of_the_pupils_changes_no_byte(tmp_path: Path) -> None:
    pairs = list(PLACED.items())
    random.Random(1).shuffle(pairs)
    one = publish_classes(PLACED, CODES, tmp_path / "a", "Prime", "1/9/2026")
    other = publish_classes(dict(pairs), CODES, tmp_path / "b", "Prime", "1/9/2026")
    assert [f.read_bytes() for f in one] == [f.read_bytes() for f in other]


def test_that_the_italian_page_says_so(tmp_path: Path) -> None:
    with use_language("it"):
        page = publish_classes(PLACED, CODES, tmp_path / "out")[1]
        assert '<html lang="it">' in page.read_text(encoding="utf-8")
        assert lint(page) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": "Gina Prova Verdolini"}, "surname and first name"),
        ({"title": "Classi con DSA"}, "title holds a word"),
        ({"placed": {"P001": "1A", "P002": "Ripetenti"}}, "name of a class holds"),
        ({"placed": {"P001": "1  A"}}, "blanks too many"),
        ({"placed": {"P001": ""}}, "blanks too many"),
        ({"placed": {}}, "nothing to publish"),
        ({"codes": {}}, "no code made of"),
        ({"when": "tel. 0432123456"}, "telephone"),
    ],
)
def test_that_a_list_that_would_tell_more_is_not_written(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    wanted = {"placed": PLACED, "codes": CODES, "folder": tmp_path / "out", "pupils": PUPILS, **change}
    assert said in says(lambda: publish_classes(**wanted))
    assert list(tmp_path.iterdir()) == []


def test_that_files_already_there_are_kept(tmp_path: Path) -> None:
    (tmp_path / "elenchi.html").write_text("mine")
    assert "already there" in says(lambda: publish_classes(PLACED, CODES, tmp_path))
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("elenchi.html", "mine")]


def test_that_the_files_are_looked_through_before_they_get_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classi.publish.lists._sheet", lambda _lists: workbook(GOOD, hide_row=2))
    assert "elenchi.xlsx: row 3: the row is hidden" in says(lambda: publish_classes(PLACED, CODES, tmp_path / "out"))
    assert list(tmp_path.iterdir()) == []


def test_that_classes_with_signs_of_their_own_are_published(tmp_path: Path) -> None:
    placed = {i: ('1A; "musicale"', "-1B", "1° C")[k % 3] for k, i in enumerate(IDS)}
    file, page, _sheet = publish_classes(placed, CODES, tmp_path / "out", pupils=PUPILS)
    (grid,) = read_sheets(file).grids.values()
    assert {row[0] for _n, row in grid.rows[1:]} == set(placed.values())
    assert "1A; &#34;musicale&#34;" in page.read_text(encoding="utf-8")


# --- lint: words ---


def csv_of(rows: Sequence[tuple[str, ...]], header: str = "classe;codice") -> str:
    return "".join(";".join(row) + "\n" for row in [(header,), *rows])


def lint_text(folder: Path, text: str, name: str = "lista.csv", **more: Any) -> list[str]:
    path = folder / name
    path.write_bytes(text.encode("utf-8"))
    return lint(path, **more)


@pytest.mark.parametrize(
    "word",
    ["disabilità", "DISABILE", "104", "L.104", "L. 104/92", "legge 104", "DVA", "H", "h.", "DSA", "D.S.A.", "Bes",
     "PEI", "pdp", "NAI", "straniero", "Stranieri", "ripetente", "sostegno", "Certificato", "certificazione",
     "non ammesso", "comma 3"],
)  # fmt: skip
def test_that_every_word_of_a_special_category_is_found_and_not_repeated(tmp_path: Path, word: str) -> None:
    sentence = "a word or an acronym of a special category stands here."
    text = csv_of([(a, b, word if k == 2 else "") for k, (a, b) in enumerate(GOOD)], "classe;codice;note")
    found = lint_text(tmp_path, text)
    assert f"row 4, column C: {sentence}" in found
    assert all(word not in f.split(": ", 1)[1].split() for f in found if len(word) > 1)
    assert f"row 1, column C: {sentence}" in lint_text(tmp_path, csv_of(GOOD, f"classe;codice;{word}"))
    assert f"line 3: {sentence}" in lint_text(tmp_path, f"Classe 1A\nK7M3Q9\nL7M3Q9 {word}\n", "lista.txt")


@pytest.mark.parametrize(
    "text",
    ["Sezione H", "1H", "1 H", "1ª H", "24 h", "prot. n. 104", "Circolare 104", "Beatrice", "pieno", "Besana", "naif",
     "Elenchi delle classi prime", "A.S. 2026/27", "104a", "dsanto"],
)  # fmt: skip
def test_that_words_that_only_look_alike_pass(text: str) -> None:
    assert not tells_category(text)


def test_that_a_section_h_and_numeric_codes_pass(tmp_path: Path) -> None:
    assert lint_text(tmp_path, csv_of([("H", "231040"), ("H", "231041"), ("H", "231104")], "sezione;codice")) == []
    assert lint_text(tmp_path, csv_of([("1", "1H", "104"), ("104", "1H", "105")], "n.;classe;codice")) == []


@pytest.mark.parametrize(
    "header", ["cognome", "Nome", "sesso", "data di nascita", "cittadinanza", "livello", "id", "note", ""]
)
def test_that_every_column_besides_class_and_code_is_found(tmp_path: Path, header: str) -> None:
    found = lint_text(tmp_path, csv_of([(*row, "x") for row in GOOD], f"classe;codice;{header}"))
    assert "row 1, column C: this column is neither a class nor a code: only these two are published." in found


def test_that_a_list_without_headers_is_told(tmp_path: Path) -> None:
    found = lint_text(tmp_path, "1A;K7M3Q9\n1A;L7M3Q9\n")
    assert any("no row says what the columns are" in f for f in found)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("PRVGNI14A41H501X", "a tax code"),
        ("prvgni14a41h501x", "a tax code"),
        ("PRVGNIMQA4MHRLMX", "a tax code"),
        ("gina@prova.example", "an e-mail address"),
        ("333 1234567", "a telephone number"),
        ("+39 3331234567", "a telephone number"),
        ("0432-123456", "a telephone number"),
        ("01/03/2014", "a date of birth"),
        ("2014-03-01", "a date of birth"),
        ("1 marzo 2014", "a date of birth"),
        ("M. R.", "initials stand here"),
        ("M.R.", "initials stand here"),
        ("Prova G.", "initials stand here"),
        ("MR", "only letters here"),
        ("Prova", "only letters here"),
        ("PROVA GINA", "only letters here"),
    ],
)
def test_that_what_tells_who_a_pupil_is_is_found(tmp_path: Path, cell: str, said: str) -> None:
    found = lint_text(tmp_path, csv_of([*GOOD, ("1B", cell)]))
    assert any(f.startswith("row 7, column B") and said in f for f in found)
    assert not any(cell in f for f in found)


def test_that_a_text_with_births_is_found_and_a_date_of_the_list_is_not(tmp_path: Path) -> None:
    assert lint_text(tmp_path, "Pubblicato il 5/9/2026\nK7M3Q9\n", "lista.txt") == []
    assert lint_text(tmp_path, "nato il 5/9/2014\n", "lista.txt") == ["line 1: a date of birth may stand here."]
    three = "K7M3Q9 1/3/2014\nL7M3Q9 2/3/2014\nM7M3Q9 3/3/2014\n"
    assert lint_text(tmp_path, three, "lista.txt") == ["lines 1, 2, 3: a date of birth may stand here."]


@pytest.mark.parametrize(
    ("cell", "kinds"),
    [
        ("VERDOLINI", {"surname"}),
        ("verdolini gina", {"surname", "first name"}),
        ("Gina Prova", {"first name"}),
        ("albano", {"first name"}),
        ("De Provis A", {"surname"}),
        ("DEPROVIS", {"surname"}),
        ("D’Ambrasi", {"surname"}),
        ("Li Wei", {"surname", "first name"}),
        ("Alunni", {"surname"}),
    ],
)
def test_that_the_names_of_the_case_are_found(tmp_path: Path, cell: str, kinds: set[str]) -> None:
    found = lint_text(tmp_path, csv_of([*GOOD, ("1B", cell)]), pupils=PUPILS)
    assert {k for k in ("surname", "first name") if f"row 7, column B: a pupil's {k} stands here." in found} == kinds
    assert not any(cell.casefold() in f.casefold() for f in found)


def test_that_the_schools_own_words_are_nobodys_name(tmp_path: Path) -> None:
    text = "Istituto Rosa Verdolini\nElenchi degli alunni della classe 1A\nK7M3Q9\n"
    found = lint_text(tmp_path, text, "lista.txt", pupils=PUPILS)
    assert [f.split(":")[0] for f in found] == ["line 1", "line 1"]
    assert lint_text(tmp_path, text, "lista.txt", pupils=PUPILS, allowed="Istituto Rosa Verdolini") == []


def test_that_abbreviations_of_school_papers_are_nobodys_initials(tmp_path: Path) -> None:
    assert lint_text(tmp_path, "I.C. Verdi, A.S. 2026/27, D.P.R. 81/2009\nK7M3Q9\n", "lista.txt") == []
    assert lint_text(tmp_path, "K7M3Q9\nM.R.\n", "lista.txt")[0].startswith("line 2: initials stand here")


def test_that_the_name_of_the_file_is_read_too(tmp_path: Path) -> None:
    found = lint_text(tmp_path, csv_of(GOOD), "elenco_ripetenti.csv")
    assert found == ["in the name of the file: a word or an acronym of a special category stands here."]
    assert "surname" in lint_text(tmp_path, csv_of(GOOD), "verdolini.csv", pupils=PUPILS)[0]


# --- lint: marks in csv and txt ---


CLEAN = csv_of(GOOD)


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (CLEAN.replace("L2M3Q9", "L2M3Q9*"), "l.csv", "row 3, column B: a sign stands beside"),
        (CLEAN.replace("L2M3Q9", "L2M3Q9 ."), "l.csv", "row 3, column B: a sign stands beside"),
        (CLEAN.replace("M3Q9\n", "M3Q9*\n").replace("C4D5", "C4D5*"), "l.csv", "column B: a sign stands beside"),
        (CLEAN.replace("L2M3Q9", "l2m3q9"), "l.csv", "row 3, column B: capital and small"),
        (CLEAN.replace("L2M3Q9", "L2M3Q"), "l.csv", "row 3, column B: the code is longer or shorter"),
        (CLEAN.replace("L2M3Q9", "L2M3Q9 "), "l.csv", "line 3: blanks before, after"),
        (CLEAN.replace("L2M3Q9", "L2M3Q9\u00a0"), "l.csv", "row 3, column B: blanks before, after"),
        (CLEAN.replace("L2M3Q9", "L2M3Q9\u200b"), "l.csv", "row 3, column B: blanks before, after"),
        (CLEAN.replace("L2M3Q9", " L2M3Q9"), "l.csv", "row 3, column B: blanks before, after"),
        (CLEAN.replace("L2M3Q9", "L2M3Q9; "), "l.csv", "line 3: blanks before, after"),
        (CLEAN.replace("L2M3Q9", "L2M3Q9;"), "l.csv", "line 3: the separators are not"),
        (CLEAN.replace("L2M3Q9", '"L2M3Q9"'), "l.csv", "line 3: the quotation marks are not"),
        (CLEAN.replace("L2M3Q9\n", "L2M3Q9\r\n"), "l.csv", "line 3: the line does not end"),
        (CLEAN.replace("1A;L2", "1a;L2"), "l.csv", "row 3, column A: the class is not written as"),
        (CLEAN.replace("1A;L2", "1A*;L2"), "l.csv", "row 3, column A: the class is not written as"),
        ("n.;codice\n1;K7M3Q9\n2*;L7M3Q9\n3;M7M3Q9\n", "l.csv", "row 3, column A: a sign stands"),
        ("1A K7M3Q9\n1A L7M3Q9 *\n1A M7M3Q9\n", "l.txt", "line 2: a sign stands"),
        ("1A K7M3Q9\n1A L7M3Q9 \n1A M7M3Q9\n", "l.txt", "line 2: blanks before"),
        ("1A K7M3Q9\n1A  L7M3Q9\n1A M7M3Q9\n", "l.txt", "line 2: blanks before"),
        ("1A K7M3Q9\n  \n1A L7M3Q9\n", "l.txt", "line 2: this line holds blanks alone"),
        ("1A K7M3Q9\n1A l7m3q9\n1A M7M3Q9\n", "l.txt", "line 2: capital and small"),
        ("1A K7M3Q9\n1A L7M3Q\n1A M7M3Q9\n", "l.txt", "line 2: the code is longer"),
        (CLEAN.replace("L2M3Q9", "L2M3Q9*"), "l.txt", "row 3, column B: a sign stands beside"),
    ],
)
def test_that_a_mark_in_a_text_is_found(tmp_path: Path, text: str, name: str, said: str) -> None:
    found = lint_text(tmp_path, text, name)
    assert any(said in f for f in found), found


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (CLEAN, "l.csv"),
        (CLEAN.replace("\n", "\r\n"), "l.csv"),
        (CLEAN.rstrip("\n"), "l.csv"),
        (CLEAN.replace(";", ","), "l.csv"),
        (CLEAN.replace(";", "\t"), "l.tsv"),
        ("Elenco delle classi prime;\nclasse;codice\n1A;K7M3Q9\n1A;L7M3Q9\n", "l.csv"),
        ("1A;1B\nK7M3Q9;L7M3Q9\nA7M3Q9;C7M3Q9\n", "l.csv"),
        ("Classe 1A\nK7M3Q9\nL7M3Q9\n\nClasse 1B\nA7M3Q9\n", "l.txt"),
    ],
)
def test_that_a_plain_list_passes(tmp_path: Path, text: str, name: str) -> None:
    assert lint_text(tmp_path, text, name) == []


def test_that_the_same_thing_in_many_rows_is_said_once(tmp_path: Path) -> None:
    rows = [("1A", f"K{k}M3Q{k}", "Verdolini") for k in range(1, 9)]
    found = lint_text(tmp_path, csv_of(rows, "classe;codice;chi"), pupils=PUPILS[:1])
    assert "rows 2, 3, 4, 5, 6 and 3 more, column C: a pupil's surname stands here." in found


# --- lint: order ---


def ordered(key: Callable[[dict[str, Any]], Any], **more: Any) -> list[tuple[str, ...]]:
    return [(more.get("group", "1A"), CODES[row["id"]]) for row in sorted(PUPILS[:12], key=key)]


BETRAYS = "row 2: from here on, the order of this class may betray"


@pytest.mark.parametrize(
    "attribute", ["sesso", "ripetente", "cittadinanza", "disabilita", "voto", "data_nascita"]
)  # fmt: skip
def test_that_an_order_by_an_attribute_is_found(tmp_path: Path, attribute: str) -> None:
    for turned in (1, -1):
        rows = ordered(lambda row: (str(row[attribute]), CODES[row["id"]]))[::turned]
        found = lint_text(tmp_path, csv_of(rows), pupils=PUPILS, codes=CODES)
        assert [f for f in found if f.startswith(BETRAYS)] == found
        assert len(found) == 1
        assert attribute not in found[0]


def test_that_the_order_of_the_codes_passes_and_a_mixed_one_too(tmp_path: Path) -> None:
    by_code = ordered(lambda row: CODES[row["id"]])
    assert lint_text(tmp_path, csv_of(by_code), pupils=PUPILS, codes=CODES) == []
    pupils = [{"id": f"Q{k}", "sesso": "FM"[k % 2]} for k in range(6)]
    codes = {f"Q{k}": f"{'MLKHFD'[k]}7M3Q9" for k in range(6)}
    mixed = [("1A", codes[f"Q{k}"]) for k in range(6)]
    assert lint_text(tmp_path, csv_of(mixed), pupils=pupils, codes=codes) == []
    grouped = [("1A", codes[f"Q{k}"]) for k in (0, 2, 4, 1, 3, 5)]
    assert BETRAYS in lint_text(tmp_path, csv_of(grouped), pupils=pupils, codes=codes)[0]


def test_that_order_is_judged_class_by_class_and_rows_are_known_by_name_too(tmp_path: Path) -> None:
    pupils = [{"id": f"Q{k}", "cognome": f"Prov{w}", "nome": "Ugo", "bes": k in (4, 5)} for k, w in enumerate("abcdef")]
    names = [("1A" if k < 2 else "1B", f"{p['cognome']} {p['nome']}") for k, p in enumerate(pupils)]
    found = lint_text(tmp_path, csv_of(names, "classe;codice"), pupils=pupils)
    assert [f.split(":")[0] for f in found if "may betray" in f] == ["row 4"]
    lines = "Classe 1A\n" + "".join(f"{name}\n" for _c, name in names)
    assert any(f.startswith("line 2: from here on") for f in lint_text(tmp_path, lines, "l.txt", pupils=pupils))


# --- lint: xlsx ---


def workbook(rows: Sequence[tuple[str, ...]], **change: Any) -> bytes:
    """Return a workbook with one defect, or none."""
    buffer = BytesIO()
    with Workbook(buffer, {"in_memory": True}) as book:
        plain = book.add_format({"border": 1})
        page = book.add_worksheet("elenchi")
        for r, cells in enumerate([("classe", "codice"), *rows]):
            for c, cell in enumerate(cells):
                other = book.add_format(change["style"]) if (r, c) == (3, 1) and "style" in change else plain
                page.write_string(r, c, cell, other)
        if "hide_row" in change:
            page.set_row(change["hide_row"], None, None, {"hidden": True})
        change.get("do", lambda _book, _page: None)(book, page)
    return buffer.getvalue()


def lint_bytes(folder: Path, data: bytes, name: str = "lista.xlsx", **more: Any) -> list[str]:
    path = folder / name
    path.write_bytes(data)
    return lint(path, **more)


def repacked(data: bytes, part: str, change: Callable[[str], str]) -> bytes:
    """Return a workbook with one part changed, or added."""
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != part:
                new.writestr(name, old.read(name))
        new.writestr(part, change(old.read(part).decode() if part in old.namelist() else ""))
    return buffer.getvalue()


def test_that_a_plain_workbook_passes(tmp_path: Path) -> None:
    assert lint_bytes(tmp_path, workbook(GOOD)) == []


@pytest.mark.parametrize(
    "style", [{"bold": True}, {"font_color": "#999999"}, {"bg_color": "#FFFFEE"}, {"font_size": 10}, {"italic": True},
              {"font_name": "Arial"}, {"num_format": "@"}, {"indent": 1}, {"align": "right"}, {"font_strikeout": True}]
)  # fmt: skip
def test_that_a_cell_of_another_style_is_found(tmp_path: Path, style: dict[str, Any]) -> None:
    found = lint_bytes(tmp_path, workbook(GOOD, style={"border": 1, **style}))
    assert found == [
        "row 4, column B: the cell has another font, colour, fill or number format than the others: "
        "it can mark a pupil."
    ]


def test_that_a_border_marks_nobody_and_a_filled_empty_cell_does(tmp_path: Path) -> None:
    assert lint_bytes(tmp_path, workbook(GOOD, style={"border": 2})) == []
    filled = workbook(GOOD, do=lambda book, page: page.write_blank(3, 2, None, book.add_format({"bg_color": "red"})))
    assert lint_bytes(tmp_path, filled)[0].startswith("row 4, column C: the cell has another font")


DEFECTS: dict[str, tuple[Callable[[Any, Any], object], str]] = {
    "hidden row": (lambda b, p: p.set_row(3, None, None, {"hidden": True}), "row 4: the row is hidden"),
    "row of no height": (lambda b, p: p.set_row(3, 0), "row 4: the row is hidden"),
    "high row": (lambda b, p: p.set_row(3, 18), "row 4: the row is not as high"),
    "hidden column": (lambda b, p: p.set_column(4, 4, 9, None, {"hidden": True}), "column E: the column is hidden"),
    "extra sheet": (lambda b, p: b.add_worksheet("altro"), "more than one sheet"),
    "hidden sheet": (lambda b, p: b.add_worksheet("altro").hide(), "sheet 2: the sheet is hidden"),
    "very hidden": (lambda b, p: b.add_worksheet("altro").very_hidden(), "sheet 2: the sheet is hidden"),
    "name of a sheet": (lambda b, p: b.add_worksheet("DSA"), "special category"),
    "comment": (lambda b, p: p.write_comment(3, 1, "x"), "the file has comments"),
    "conditional": (
        lambda b, p: p.conditional_format("B2:B9", {"type": "duplicate", "format": b.add_format({"bold": True})}),
        "conditional formatting",
    ),
    "validation": (
        lambda b, p: p.data_validation("C2", {"validate": "list", "source": ["si", "no"]}),
        "data validation",
    ),
    "defined name": (lambda b, p: b.define_name("gruppo", "=elenchi!$B$3:$B$4"), "defined names"),
    "link": (lambda b, p: p.write_url("D1", "https://example.org/x"), "has links"),
    "formula": (lambda b, p: p.write_formula("D3", "=1+1", None, 2), "has formulas"),
    "filter": (
        lambda b, p: (p.autofilter("A1:B6"), p.filter_column("A", "x == 1A")),
        "a filter that hides rows",
    ),
    "merged": (lambda b, p: p.merge_range("D1:E1", "x"), "merged cells"),
    "picture": (lambda b, p: p.insert_chart("G1", _chart(b)), "pictures or objects"),
    "rich text": (
        lambda b, p: p.write_rich_string(3, 1, "M4", b.add_format({"bold": True}), "M3Q9", b.add_format({"border": 1})),
        "parts of a text have a format",
    ),
    "author": (lambda b, p: b.set_properties({"author": "Xy"}), "properties of the file hold an author"),
    "company": (lambda b, p: b.set_properties({"company": "Xy"}), "properties of the file hold an author"),
    "title": (lambda b, p: b.set_properties({"title": "Xy"}), "properties of the file hold an author"),
    "custom property": (lambda b, p: b.set_custom_property("Da", "Xy"), "properties of its own"),
    "page header": (lambda b, p: p.set_header("&LRipetenti"), "special category"),
    "blank before": (lambda b, p: p.write_string(3, 1, " M4M3Q9"), "row 4, column B: blanks before"),
    "doubled blank": (lambda b, p: p.write_string(3, 0, "1  A"), "row 4, column A: blanks before"),
    "number": (lambda b, p: p.write_number(3, 1, 234567), "row 4, column B: some cells of this column are numbers"),
    "column": (lambda b, p: p.write_string(0, 2, "sesso"), "row 1, column C: this column is neither"),
}


def _chart(book: Any) -> Any:
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=elenchi!$B$2:$B$4"})
    return chart


@pytest.mark.parametrize("name", DEFECTS)
def test_that_every_defect_of_a_workbook_is_found(tmp_path: Path, name: str) -> None:
    do, said = DEFECTS[name]
    found = lint_bytes(tmp_path, workbook(GOOD, do=do))
    assert any(said in f for f in found), found


def test_that_a_word_left_behind_in_the_store_of_texts_is_found(tmp_path: Path) -> None:
    left = repacked(
        workbook(GOOD), "xl/sharedStrings.xml", lambda s: s.replace("</sst>", "<si><t>Verdolini</t></si></sst>")
    )
    assert lint_bytes(tmp_path, left, pupils=PUPILS) == ["a pupil's surname stands here."]


def test_that_parts_nobody_expects_are_found(tmp_path: Path) -> None:
    added = repacked(workbook(GOOD), "xl/media/image1.png", lambda _s: "x")
    assert "parts besides its cells" in lint_bytes(tmp_path, added)[0]
    empty = repacked(workbook(GOOD), "xl/persons/person.xml", lambda _s: "<personList/>")
    assert lint_bytes(tmp_path, empty) == []
    named = repacked(
        workbook(GOOD), "xl/persons/person.xml", lambda _s: '<personList><person displayName="x"/></personList>'
    )
    assert "an author" in lint_bytes(tmp_path, named)[0]


def test_that_a_row_format_on_cells_left_out_is_found(tmp_path: Path) -> None:
    def faint(book: Any, page: Any) -> None:
        page.write_string(1, 2, "x")
        page.set_row(3, None, book.add_format({"bg_color": "#EEEEEE"}))

    assert any(
        f.startswith("row 4, column C: the cell has another") for f in lint_bytes(tmp_path, workbook(GOOD, do=faint))
    )


def test_that_damaged_and_hostile_workbooks_are_refused(tmp_path: Path) -> None:
    assert "cannot be read" in says(lambda: lint_bytes(tmp_path, b"PK nothing"))
    entity = '<!DOCTYPE x [<!ENTITY a "b">]><cp:coreProperties xmlns:cp="x">&a;</cp:coreProperties>'
    hostile = repacked(workbook(GOOD), "docProps/core.xml", lambda _s: entity)
    assert "cannot be read" in says(lambda: lint_bytes(tmp_path, hostile))
    assert "not looked through" in says(lambda: lint(tmp_path / "lista.pdf"))
    assert "does not exist" in says(lambda: lint(tmp_path / "missing.xlsx"))
    assert "cannot be opened" in says(lambda: lint(tmp_path / "missing.html"))


# --- lint: ods ---


def opendocument(defect: str, folder: Path) -> Path:
    book = OpenDocumentSpreadsheet()
    usual, other = (Style(name=n, family="table-cell") for n in ("ce1", "ce2"))
    other.addElement(TableCellProperties(backgroundcolor="#ffffee"))
    for style in (usual, other):
        book.automaticstyles.addElement(style)
    table = OdsTable(name="elenchi")
    table.addElement(TableColumn(numbercolumnsrepeated=2, **({"visibility": "collapse"} if defect == "column" else {})))
    for r, cells in enumerate([("classe", "codice"), *GOOD]):
        row = TableRow(**({"visibility": "collapse"} if defect == "row" and r == 3 else {}))
        for c, cell in enumerate(cells):
            here = (r, c) == (3, 1)
            made = TableCell(valuetype="string", stylename=other if here and defect == "style" else usual)
            if here and defect == "comment":
                made.addElement(Annotation())
                made.childNodes[0].addElement(P(text="Verdolini"))
            if here and defect == "formula":
                made = TableCell(valuetype="string", formula="of:=[.B2]", stringvalue=cell, stylename=usual)
            if here and defect == "merged":
                made.setAttribute("numberrowsspanned", "2")
            made.addElement(P(text="" if here and defect == "rich" else cell))
            if here and defect == "rich":
                made.childNodes[0].addElement(Span(text=cell))
            row.addElement(made)
        table.addElement(row)
    book.spreadsheet.addElement(table)
    if defect == "author":
        book.meta.addElement(Creator(text="Xy"))
    if defect == "hidden":
        gone = Style(name="ta1", family="table")
        gone.addElement(TableProperties(display="false"))
        book.automaticstyles.addElement(gone)
        table.setAttribute("stylename", "ta1")
    if defect == "sheet":
        book.spreadsheet.addElement(OdsTable(name="altro"))
    book.save(folder / "lista.ods")
    return folder / "lista.ods"


@pytest.mark.parametrize(
    ("defect", "said"),
    [
        ("", None),
        ("style", "row 4, column B: the cell has another font"),
        ("row", "row 4: the row is hidden"),
        ("column", "column A: the column is hidden"),
        ("comment", "the file has comments"),
        ("comment", "a pupil's surname stands here"),
        ("hidden", "the sheet is hidden"),
        ("formula", "the sheet has formulas"),
        ("merged", "the sheet has merged cells"),
        ("rich", "parts of a text have a format"),
        ("author", "properties of the file hold an author"),
        ("sheet", "more than one sheet"),
    ],
)
def test_that_the_defects_of_an_opendocument_are_found(tmp_path: Path, defect: str, said: str | None) -> None:
    found = lint(opendocument(defect, tmp_path), PUPILS)
    assert (found == []) if said is None else any(said in f for f in found), found


# --- lint: html ---


def page(rows: str = "", *, head: str = "", after: str = "") -> str:
    usual = "".join(f"<tr><td>{c}</td><td>{k}</td></tr>\n" for c, k in GOOD)
    return (
        f"<!DOCTYPE html><html><head><title>Classi prime</title>{head}</head><body><h1>Classi prime</h1>"
        f"<table><tr><th>Classe</th><th>Codice</th></tr>\n{usual}{rows}</table>{after}</body></html>"
    )


ROW = "<tr><td>1B</td><td>D3C4D5</td></tr>"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (page(ROW.replace("<tr>", '<tr class="a">')), "table 1, row 7: class, style, tags or blanks"),
        (page(ROW.replace("<td>D", '<td class="a">D')), "table 1, row 7: class, style"),
        (page(ROW.replace("D3C4D5", "<em>D3C4D5</em>")), "table 1, row 7: class, style"),
        (page(ROW.replace("D3C4D5", "D3<span>C4D5</span>")), "table 1, row 7: class, style"),
        (page(ROW.replace("D3C4D5", " D3C4D5")), "table 1, row 7: class, style"),
        (page(ROW.replace("D3C4D5", "D3C4D5&nbsp;")), "table 1, row 7, column B: blanks"),
        (page(ROW.replace("D3C4D5", "D3C4D5*")), "table 1, row 7, column B: a sign"),
        (page(ROW.replace("<td>D", '<td style="color:#888">D')), "line 7: there is a colour or a style"),
        (page(ROW.replace("<td>D", '<td bgcolor="#888">D')), "line 7: there is a colour"),
        (page(ROW.replace("D3C4D5", '<font size="2">D3C4D5</font>')), "line 7: there is a colour"),
        (page(ROW.replace("<td>D", '<td title="x">D')), "line 7: there is an attribute that carries"),
        (page(ROW.replace("<td>D", '<td data-x="y">D')), "line 7: there is an attribute that carries"),
        (page(ROW.replace("<td>D", '<td aria-label="x">D')), "line 7: there is an attribute that carries"),
        (page(ROW.replace("<td>D", '<td data-x="DSA">D')), "line 7: a word or an acronym of a special"),
        (page(ROW.replace("<tr>", '<tr class="ripetente">')), "line 7: a word or an acronym of a special"),
        (page(after="<!-- x -->"), "line 7: there is a comment"),
        (page(after="<!-- Verdolini -->"), "line 7: a pupil's surname"),
        (page(after="<p hidden>x</p>"), "line 7: there is something hidden"),
        (page(after='<p style="display: none">x</p>'), "line 7: there is something hidden"),
        (page(after="<template>x</template>"), "line 7: there is something hidden"),
        (page(head="<style>.x { visibility: hidden }</style>"), "line 1: there is something hidden"),
        (page(head="<style>tr:nth-child(4) { color: gray }</style>"), "line 1: the style singles out"),
        (page(head="<style>@import 'x.css';</style>"), "line 1: the style singles out"),
        (page(after="<script>1</script>"), "line 7: there is a script"),
        (page(after='<img src="x.png">'), "line 7: there is a script"),
        (page(after='<p onclick="x()">x</p>'), "line 7: there is a script"),
        (page(head='<meta name="author" content="x">'), "line 1: the page tells who wrote it"),
        (page(after="<p>Gina Prova Verdolini</p>"), "line 7: a pupil's surname"),
        (page("<tr><td>1B</td><td>Verdolini</td></tr>"), "table 1, row 7, column B: a pupil's surname"),
        (page().replace("<th>Codice", "<th>Sesso"), "table 1, row 1, column B: this column is neither"),
        (page(after="<ul><li>K7M3Q9<li class='x'>L7M3Q9<li>M7M3Q9</ul>"), "line 7: class, style, tags"),
        (page(after="<ul><li>K7M3Q9<li>L7M3Q9 *<li>M7M3Q9</ul>"), "line 7: a sign stands"),
        (page(after="<p>K7M3Q9</p><p><b>L7M3Q9</b></p><p>M7M3Q9</p>"), "line 7: class, style, tags"),
        (page(after="<![CDATA[x]]><?x y?>"), "there is a comment"),
    ],
)
def test_that_every_defect_of_a_page_is_found(tmp_path: Path, text: str, said: str) -> None:
    found = lint_text(tmp_path, text, "lista.html", pupils=PUPILS)
    assert any(said in f for f in found), found


@pytest.mark.parametrize(
    "text",
    [
        page(),
        page(ROW, head="<style>tr:nth-child(even) { color: black } td { opacity: 0.9 }</style>"),
        page().replace("</td>", "").replace("</tr>", ""),
        page(after="<ul><li>K7M3Q9</li><li>L7M3Q9</li></ul><p>Pubblicato il 5/9/2026</p>"),
        "<h2>Classe 1A</h2><table><td>K7M3Q9</table>".replace("<td>K", "<tr><th>Codice<tr><td>K"),
    ],
)
def test_that_a_plain_page_passes(tmp_path: Path, text: str) -> None:
    assert lint_text(tmp_path, text, "lista.htm", pupils=PUPILS) == []


def test_that_other_encodings_are_read_and_no_texts_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("disabilità\n".encode("cp1252"))
    (tmp_path / "b.txt").write_bytes("disabilità\n".encode("utf-16"))
    (tmp_path / "c.txt").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "d.html").write_bytes(b"a\0b")
    sentence = "line 1: a word or an acronym of a special category stands here."
    assert lint(tmp_path / "a.txt") == lint(tmp_path / "b.txt") == [sentence]
    for name in ("c.txt", "d.html"):
        assert "not a text" in says(lambda name=name: lint(tmp_path / name))  # type: ignore[misc]
