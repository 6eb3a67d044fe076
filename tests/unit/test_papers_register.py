"""Tests of the import files for registers: only what is asked for, as it is asked for, and every mistake told."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from classi import resources
from classi.documents.register import papers
from classi.errors import InputError
from classi.i18n import use_language
from paper_school import NOTHING_TOLD, PUPILS, TROUBLE, context, split, without


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


def written(tmp_path: Path, columns: str, keys: str = "", **more: Any) -> dict[str, bytes]:
    """Return the files of a mapping with one file."""
    file = tmp_path / "registro.toml"
    file.write_text(f'[[file]]\nname = "r.csv"\n{keys}\ncolumns = [{columns}]\n', encoding="utf-8")
    return dict(papers(context(options={"register": str(file)}, **more)))


def rows(tmp_path: Path, columns: str, keys: str = "", **more: Any) -> list[str]:
    """Return the lines of a csv, the header left out."""
    text = written(tmp_path, columns, keys, **more)["r.csv"].decode("utf-8-sig")
    return text.split("\r\n")[1:-1]


def problems(tmp_path: Path, columns: str, keys: str = "", **more: Any) -> list[str]:
    with pytest.raises(InputError) as error:
        written(tmp_path, columns, keys, **more)
    return [str(p) for p in error.value.problems]


def test_that_the_generic_mapping_writes_names_codes_and_classes_only() -> None:
    files = dict(papers(context()))
    lines = files["alunni-classi.csv"].decode("utf-8-sig").split("\r\n")
    assert lines[0] == "Cognome;Nome;Codice;Classe;Sezione"
    assert lines[1:-1] == [
        f'"{TROUBLE}";\'=1+1;P002;1;A',
        "Zeta;Ada;P001;1;A",
        "De Luca;Ciro;P003;1;B",
        "Deluca;Biba;P004;1;B",
    ]
    assert (resources.models() / "registri" / "generico.toml").is_file()


def test_that_only_the_columns_asked_for_leave(tmp_path: Path) -> None:
    assert rows(tmp_path, '{header = "C", from = "id"}') == ["P002", "P001", "P003", "P004"]


@pytest.mark.parametrize(
    ("column", "found"),
    [
        ('value = "{cognome}, {nome}"', "De Luca, Ciro"),
        ('value = "{classe.id}/{ classe.plesso }/{classe.numero}"', "1B/Nord/1"),
        ('value = "iscritto"', "iscritto"),
        ('value = "{{x}} {id}"', "{x} P003"),
        ('from = "scuola.anno", slice = [0, 4]', "2026"),
        ('from = "classe.id", slice = [1, 9]', "B"),
        ('from = "sesso", map = {F = "femmina", m = "maschio"}', "maschio"),
        ('from = "dsa", map = {"sì" = "1", no = "0"}', "0"),
        ('from = "bes"', "sì"),
        ('from = "bes", yes = "S", no = "N"', "S"),
        ('from = "dsa", yes = "S", no = "N"', "N"),
        ('from = "data_nascita"', "03/05/2015"),
        ('from = "data_nascita", date = "%Y-%m-%d"', "2015-05-03"),
        ('from = "voto"', "8"),
        ('from = "strumento_1", empty = "?"', "?"),
        ('from = "comportamento"', ""),
    ],
)
def test_that_cells_are_written_as_asked(tmp_path: Path, column: str, found: str) -> None:
    with_instrument = split([{**row, "strumento_1": "violino" if row["id"] == "P001" else None} for row in PUPILS])
    assert (
        rows(tmp_path, f'{{header = "X", from = "id"}}, {{header = "C", {column}}}', made=with_instrument)[2]
        == f"P003;{found}"
    )


@pytest.mark.parametrize("name", ["=1+1", "+39", "-x", "@a", " =1", "a\n=1"])
def test_that_formulas_are_made_harmless_in_csv(tmp_path: Path, name: str) -> None:
    made = split([{**row, "cognome": name if row["id"] == "P001" else "Zz"} for row in PUPILS])
    data = written(tmp_path, '{header = "=C", from = "cognome"}', 'quoting = "all"', made=made)["r.csv"].decode(
        "utf-8-sig"
    )
    assert data.startswith('"\'=C"\r\n"\'')
    bare = written(tmp_path, '{header = "C", value = "-{classe.id}"}', made=made)["r.csv"].decode("utf-8-sig")
    assert "'-1A" in bare


def test_that_separators_and_quotes_inside_a_name_are_quoted(tmp_path: Path) -> None:
    made = split([{**row, "cognome": 'A;"B"'} for row in PUPILS])
    assert rows(tmp_path, '{header = "C", from = "cognome"}', made=made)[0] == '"A;""B"""'
    assert rows(tmp_path, '{header = "C", from = "cognome"}', 'delimiter = ","', made=made)[0] == '"A;""B"""'


def test_that_the_header_may_be_left_out_and_the_encoding_chosen(tmp_path: Path) -> None:
    data = written(tmp_path, '{header = "C", from = "cognome"}', 'header = false\nencoding = "cp1252"')["r.csv"]
    assert data.decode("cp1252").split("\r\n")[0] == f'"{TROUBLE}"'


def test_that_a_letter_the_encoding_has_not_is_told_without_the_name(tmp_path: Path) -> None:
    made = split([{**row, "cognome": "Đorđe" if row["id"] == "P001" else "Zz"} for row in PUPILS])
    said = problems(tmp_path, '{header = "C", from = "cognome"}', 'encoding = "iso-8859-1"', made=made)
    assert [line.count("Đ") + line.count("đ") for line in said] == [1, 1]
    assert "Đorđe" not in "".join(said)
    assert "use utf-8" in said[0]


def test_that_xlsx_holds_texts_only(tmp_path: Path) -> None:
    data = written(tmp_path, '{header = "N", from = "nome"}, {header = "V", from = "voto"}', 'format = "xlsx"')["r.csv"]
    sheet = CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_name("alunni").to_python()
    assert sheet[:3] == [["N", "V"], ["=1+1", "6"], ["Ada", "7,5"]]


def test_that_unknown_fields_are_told_with_the_nearest_one(tmp_path: Path) -> None:
    said = problems(tmp_path, '{header = "C", from = "cognme"}, {header = "D", value = "{classe.plessi}{x}"}')
    assert len(said) == 3
    assert "File 1, column 1: “cognme” is not a field of these files." in said[0]
    assert "cognome" in said[0].rpartition("Perhaps")[2]
    assert "classe.plesso" in said[1]


def test_that_a_standard_column_the_files_have_not_is_empty(tmp_path: Path) -> None:
    made = split(without("nome"))
    assert rows(tmp_path, '{header = "N", from = "nome"}, {header = "I", from = "id"}', made=made)[0] == ";P002"
    assert (
        rows(tmp_path, '{header = "A", from = "scuola.anno"}, {header = "I", from = "id"}', school=NOTHING_TOLD)[0]
        == ";P002"
    )


def test_that_a_value_without_a_word_is_told_once(tmp_path: Path) -> None:
    said = problems(tmp_path, '{header = "S", from = "sesso", map = {f = "femmina"}}')
    assert len(said) == 1
    assert "“M”: File 1, column 1: “map” has no word for a value of the files. Perhaps: f." in said[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[file]]\nname = "a.csv"\ncolumns = [{header = "X", form = "id"}]', ("form", "from")),
        ('[[file]]\nname = "a.csv"\ncolumns = [{header = "X"}]', ("column 1", "value, from")),
        ('[[file]]\nname = "a.csv"\ncolumns = [{header = "X", from = "id", value = "y"}]', ("value, from",)),
        ('[[file]]\nname = "a.csv"\nformat = "xls"\ncolumns = [{header = "X", from = "id"}]', ("File 1: ", "xlsx")),
        ('[[file]]\nname = "../a.csv"\ncolumns = [{header = "X", from = "id"}]', ("../a.csv", "not the name")),
        ('[[file]]\nname = "a.csv"\ncolumns = []', ("no columns",)),
        ('[[file]]\nname = "a.csv"\ncolumns = [{header = "X", from = "id", slice = [2, 1]}]', ("slice",)),
        ('[[file]]\nname = "a.csv"\ncolumns = [{header = "X", from = "id", slice = [1]}]', ("slice",)),
        ('[[file]]\nname = "a.csv"\ncolumns = [{header = "X", value = "{id"}]', ("braces",)),
        ('[[file]]\nname = "a.csv"\ncolumns = [{header = "X", value = "{id:>3}"}]', ("braces",)),
        ('file = []', ("at least one [[file]]",)),
        ('[[fiel]]\nname = "a.csv"', ("fiel", "file")),
        ('x = = 1', ("not valid TOML",)),
    ],
)  # fmt: skip
def test_that_a_mistake_in_the_mapping_is_told(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    file = tmp_path / "registro.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        papers(context(options={"register": str(file)}))
    said = " ".join(map(str, error.value.problems))
    assert "registro.toml" in said
    for word in words:
        assert word in said


def test_that_two_files_of_one_name_and_a_missing_mapping_are_told(tmp_path: Path) -> None:
    one = '[[file]]\nname = "{name}"\ncolumns = [{{header = "X", from = "id"}}]\n'
    (tmp_path / "registro.toml").write_text(one.format(name="a.csv") + one.format(name="A.csv"), encoding="utf-8")
    with pytest.raises(InputError, match="Two files have this name"):
        papers(context(options={"register": str(tmp_path / "registro.toml")}))
    with pytest.raises(InputError, match="cannot be opened"):
        papers(context(options={"register": str(tmp_path / "nowhere.toml")}))


def test_that_several_files_are_written(tmp_path: Path) -> None:
    one = '[[file]]\nname = "{name}"\ncolumns = [{{header = "X", from = "id"}}]\n'
    (tmp_path / "registro.toml").write_text(one.format(name="a.csv") + one.format(name="b.csv"), encoding="utf-8")
    files = dict(papers(context(options={"register": str(tmp_path / "registro.toml")})))
    assert list(files) == ["a.csv", "b.csv"]
    assert files["a.csv"] == files["b.csv"]
