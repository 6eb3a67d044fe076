"""The commands `minutes` and `documents` as a person types them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from classi import cli_documents
from classi.case import Case
from classi.console import EXIT_INPUT
from classi.i18n import use_language
from classi.workflow import form, write_result

RULES = '[[criteria]]\nrule = "class_size"\nmax = 2\nhard = true\n\n[[criteria]]\nrule = "wishes"\nweight = 1\n'


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a school (scuola) and its result (uno); read only."""
    folder = tmp_path_factory.mktemp("comandi")
    school = folder / "scuola"
    school.mkdir()
    (school / "alunni.csv").write_text(
        "id;cognome;nome\na;Abatini;Ada\nb;Bollini;Bea\nc;Cartoni;Ciro\n", encoding="utf-8"
    )
    (school / "classi.csv").write_text("id\n1A\n1B\n", encoding="utf-8")
    (school / "legami.csv").write_text("da;a;tipo\na;b;preferisce\n", encoding="utf-8")
    (school / "regolamento.toml").write_text(RULES, encoding="utf-8")
    write_result(form(Case.read(school), workers=1), folder / "uno")
    return folder


def run(*words: object) -> Result:
    app = typer.Typer()
    cli_documents.add_to(app)
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "300"})


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_that_minutes_are_written_and_blanks_told(made: Path, tmp_path: Path) -> None:
    done = run("minutes", made / "scuola", made / "uno", "--out", tmp_path / "v", "--on", "12/06/2026")
    assert done.exit_code == 0, done.output
    assert names(tmp_path / "v") == {"verbale.docx", "verbale.pdf"} and "verbale.docx" in done.output
    assert "Not told, so left blank" in done.output
    again = run("minutes", made / "scuola", made / "uno", "--out", tmp_path / "v")
    assert again.exit_code == EXIT_INPUT and "already there" in again.output


def test_that_splits_weighed_names_and_formats_are_taken(made: Path, tmp_path: Path) -> None:
    words = (
        made / "scuola",
        made / "uno",
        made / "uno",
        "--out",
        tmp_path,
        "--with-names",
        "--format",
        "pdf",
        "--force",
    )
    assert run("minutes", *words).exit_code == 0
    assert names(tmp_path) == {"verbale.pdf"}
    wrong = run("minutes", *words[:5], "--format", "pfd")
    assert wrong.exit_code == EXIT_INPUT and "Perhaps: pdf" in wrong.output


def test_that_the_school_template_is_written_once_and_read_back(made: Path, tmp_path: Path) -> None:
    file = tmp_path / "scuola.toml"
    assert run("minutes", "--school-template", file).exit_code == 0
    assert "ordine_del_giorno" in file.read_text(encoding="utf-8")
    assert run("minutes", "--school-template", file).exit_code == EXIT_INPUT
    done = run("minutes", made / "scuola", made / "uno", "--out", tmp_path / "v", "--school", file, "--format", "docx")
    assert done.exit_code == 0 and names(tmp_path / "v") == {"verbale.docx"}
    file.write_text("[scuola]\nnme = 'x'\n", encoding="utf-8")
    wrong = run("minutes", made / "scuola", made / "uno", "--out", tmp_path / "w", "--school", file)
    assert wrong.exit_code == EXIT_INPUT and "Perhaps: nome" in wrong.output and not (tmp_path / "w").exists()


@pytest.mark.parametrize("words", [[], ["CASE"], ["CASE", "DIR"]])
def test_that_what_is_missing_is_said(made: Path, words: list[str]) -> None:
    paths = [made / {"CASE": "scuola", "DIR": "uno"}[word] for word in words]
    done = run("minutes", *paths)
    assert done.exit_code == EXIT_INPUT and "--out" in done.output


def test_that_the_other_papers_are_written(made: Path, tmp_path: Path) -> None:
    words = (made / "scuola", made / "uno", "--on", "2026-06-12", "--format", "pdf")
    done = run(
        "documents", *words, "--out", tmp_path / "a", "--only", "lists, letter", "--letter-each", "--birth-dates"
    )
    assert done.exit_code == 0, done.output
    found = names(tmp_path / "a")
    assert {"elenchi-docenti.xlsx", "elenchi-docenti.pdf"} <= found and len(found) == 5
    wrong = run("documents", *words, "--out", tmp_path / "b", "--only", "lettere")
    assert wrong.exit_code == EXIT_INPUT and not (tmp_path / "b").exists()


def test_that_a_register_file_follows_the_mapping_named(made: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "registro.toml"
    mapping.write_text(
        '[[file]]\nname = "import.csv"\nformat = "csv"\ncolumns = [{ header = "Codice", value = "{id}" }]\n',
        encoding="utf-8",
    )
    done = run(
        "documents", made / "scuola", made / "uno", "--out", tmp_path / "r", "--only", "register", "--register", mapping
    )
    assert done.exit_code == 0, done.output
    assert "Codice" in (tmp_path / "r" / "import.csv").read_bytes().decode("utf-8", "replace")
