"""Tests of ``classi case …`` as a person types it: what it prints, writes and records, and how it ends."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from classi import Case, cli_case, form, write_result
from classi.case_file import CaseFile, purge
from classi.case_work import case_bytes, new_case_file, record_result
from classi.errors import InputError
from classi.i18n import use_language
from classi.recount import audit_result
from classi.restate import restate
from oversubscribed import give_places, write_school

Run = Callable[..., tuple[int, str]]
WHO = ("--who", "Commissione", "--why", "Seduta")
BY = {"who": "Commissione", "why": "Seduta"}
RULES = """extends = "istituto"

[[criteria]]
rule = "balance"
attribute = "sesso"
weight = 3
tier = 2
"""
PARENT = """[[criteria]]
rule = "equal_sizes"
hard = true
"""


@pytest.fixture
def run() -> Run:
    """Run a command in this process, in English unless told: (exit code, what it printed)."""

    def call(*words: object, lang: str = "en", typed: str = "") -> tuple[int, str]:
        with use_language(lang):
            app = typer.Typer()
            app.callback()(lambda: None)
            cli_case.add_to(app)
            done = CliRunner().invoke(app, ["case", *map(str, words)], input=typed, env={"COLUMNS": "250"})
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    return call


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A school (scuola) and its split (prima); for copying only."""
    folder = tmp_path_factory.mktemp("fascicolo")
    school = folder / "scuola"
    school.mkdir()
    pupils = "".join(f"P{n};{'FM'[n % 2]};Canarinozzi{n}\n" for n in range(8))
    (school / "alunni.csv").write_text(f"id;sesso;cognome\n{pupils}")
    (school / "classi.csv").write_text("id\n1A\n1B\n")
    (school / "regolamento.toml").write_text(RULES)
    (school / "istituto.toml").write_text(PARENT)
    write_result(form(Case.read(school), workers=1), folder / "prima")
    return folder


@pytest.fixture
def school(made: Path, tmp_path: Path) -> Path:
    """The folder of a school, beside its split."""
    for name in ("scuola", "prima"):
        shutil.copytree(made / name, tmp_path / name)
    return tmp_path / "scuola"


@pytest.fixture
def file(school: Path) -> Path:
    """A case file with a split."""
    path = school.parent / "prime.classi"
    made = new_case_file(path, Case.read(school), **BY)
    record_result(made, school.parent / "prima", **BY)
    return path


def swapped(school: Path, out: Path) -> tuple[str, str]:
    """Write a split in which two pupils of different sex have changed places; return who they are."""
    case = Case.read(school)
    rows = [line.split(",") for line in (school.parent / "prima" / "assegnazioni.csv").read_text().split()[1:]]
    placed = dict(rows)
    one = next(p for p in placed if placed[p] == "1A" and int(p[1:]) % 2)
    other = next(p for p in placed if placed[p] == "1B" and not int(p[1:]) % 2)
    placed[one], placed[other] = "1B", "1A"
    at = {c.id: n for n, c in enumerate(case.school.classes)}
    write_result(restate(case, [at[placed[p.id]] for p in case.school.pupils], made={"how": "hand"}), out)
    return one, other


def test_that_a_case_is_worked_on_from_beginning_to_end(run: Run, school: Path, tmp_path: Path) -> None:
    path = tmp_path / "prime.classi"
    assert run("new", path, school, *WHO, "--name", "Prime 2026/27")[1].startswith(
        "Entry 2: data received: alunni.csv ("
    )
    assert run("add", path, tmp_path / "prima", *WHO) == (0, "Entry 3: split added: prima\n")
    one, other = swapped(school, tmp_path / "mano")
    code, said = run("add", path, tmp_path / "mano", *WHO, "--from", "prima", "--ground", "S001")
    assert code == 0 and f"{one} 1A → 1B" in said and f"{other} 1B → 1A" in said
    assert "price: priority 2: +" in said
    held = ", ".join(sorted((f"{one} → 1A", f"{other} → 1B")))
    for words, told in (
        (("choose", path, "prima", *WHO), "Entry 5: split chosen: prima\n"),
        (("lock", path, one, other, *WHO), f"Entry 6: pupils locked: {held}\n"),
        (("unlock", path, other, *WHO), f"Entry 7: pupils unlocked: {other}\n"),
        (
            ("derogate", path, "class_size", 27, *WHO, "--class", "1A"),
            "Entry 8: derogation: class_size, class 1A: up to 27\n",
        ),
        (("derogate", path, "balance", "tutto", *WHO), "Entry 9: derogation: balance: up to tutto\n"),
        (("decide", path, "Criteri", *WHO), "Entry 10: decision: Criteri\n"),
        (("undo", path, 5, *WHO), "Entry 11: undone: entry 5\n"),
    ):
        assert run(*words) == (0, told)
    code, said = run("sign", path, school / "classi.csv", "--role", "DS", "--name", "Rossi")
    assert code == 0 and said.startswith("Entry 12: signature: Rossi, DS; document with SHA-256 ")
    code, said = run("status", path)
    assert code == 0 and "Prime 2026/27\n" in said and "Splits: prima, mano\n" in said
    assert f"Pupils locked: {one} → 1A\n" in said and "8. derogation: class_size" in said
    head = CaseFile.open(path).head
    assert f"12 entries; hash of the last one: {head}" in said
    code, said = run("log", path)
    assert code == 0 and "split chosen: prima (undone)" in said and "Rossi" in said and "20" in said
    assert run("verify", path, "--head", head)[1].startswith("12 entries: nothing was changed.\n")
    code, said = run("verify", path, "--head", "0" * 64)
    assert code == 1 and "No entry has the hash that was noted" in said


def test_that_the_price_of_a_change_is_the_auditors(school: Path, file: Path, tmp_path: Path) -> None:
    swapped(school, tmp_path / "mano")
    event = record_result(CaseFile.open(file), tmp_path / "mano", **BY, based_on="prima", ground="S001")
    before, after = (audit_result(school, tmp_path / name).audit.tiers for name in ("prima", "mano"))
    assert event.data["price"] == {"2": after[2] - before[2]} and after[2] > before[2]


def test_that_what_is_extracted_is_counted_again_as_it_was(run: Run, file: Path, tmp_path: Path) -> None:
    code, said = run("extract", file, "--out", tmp_path / "fuori")
    case, split = tmp_path / "fuori" / "caso", tmp_path / "fuori" / "divisioni" / "prima"
    assert code == 0 and f"classi audit {case} {split}\n" in said
    recount = audit_result(case, split)
    assert recount.certified and recount.confirmed
    assert run("extract", file, "--out", tmp_path / "fuori")[0] == 2


def test_that_a_school_with_admissions_keeps_its_draws_and_rankings(tmp_path: Path) -> None:
    school = write_school(tmp_path / "scuola")
    give_places(school, tmp_path / "esito")
    file = new_case_file(tmp_path / "a.classi", Case.read(school), **BY)
    record_result(file, tmp_path / "esito", **BY)
    assert {f.name for f in (school / "sorteggi").glob("*.json")} == {
        name.removeprefix("sorteggi/") for name in file.state.inputs if name.startswith("sorteggi/")
    }
    case, split = file.extract(tmp_path / "fuori")["esito"]
    assert audit_result(case, split).confirmed and "graduatorie.csv" in file.split_files("esito")


def test_that_a_split_the_auditor_does_not_confirm_is_not_added(run: Run, file: Path, tmp_path: Path) -> None:
    certificate = tmp_path / "prima" / "certificato.json"
    content = json.loads(certificate.read_text())
    content["tiers"][0]["value"] += 1
    certificate.write_text(json.dumps(content))
    code, said = run("add", file, tmp_path / "prima", *WHO, "--name", "altra")
    assert code == 2 and "the certificate says" in said
    certificate.unlink()
    assignment = tmp_path / "prima" / "assegnazioni.csv"
    rows = assignment.read_text().replace("1B", "1A")
    assignment.write_text(rows)
    code, said = run("add", file, tmp_path / "prima", *WHO, "--name", "altra")
    assert code == 2 and "A mandatory rule is broken: " in said
    assert len(CaseFile.open(file).events) == 3 and not list(tmp_path.glob(".classi-*"))


def test_that_a_split_without_a_certificate_is_added_when_the_rules_are_kept(file: Path, tmp_path: Path) -> None:
    (tmp_path / "prima" / "certificato.json").unlink()
    made = CaseFile.open(file)
    record_result(made, tmp_path / "prima", **BY, name="copia", based_on="prima")
    assert made.state.splits["copia"].certificate == "" and made.state.splits["copia"].based_on == "prima"


def test_that_a_change_of_other_data_has_no_price_and_is_refused(school: Path, file: Path, tmp_path: Path) -> None:
    made = CaseFile.open(file)
    with (school / "alunni.csv").open("a") as table:
        table.write("P8;F;Nuova\nP9;M;Nuovo\n")
    made.receive(case_bytes(Case.read(school)), **BY)
    write_result(form(Case.read(school), workers=1), tmp_path / "dopo")
    before = len(made.events)
    with pytest.raises(InputError, match=r"prima.*--ground"):
        record_result(made, tmp_path / "dopo", **BY, based_on="prima", ground="S002")
    assert len(made.events) == before
    assert record_result(made, tmp_path / "dopo", **BY, based_on="prima").kind == "divisione"
    for base in ("", "nessuna"):
        with pytest.raises(InputError, match=r"divisione|suddivisione|split"):
            record_result(made, tmp_path / "dopo", **BY, name="x", based_on=base, ground="S002")


def test_that_the_same_data_received_again_change_no_price(school: Path, file: Path, tmp_path: Path) -> None:
    made = CaseFile.open(file)
    made.receive(case_bytes(Case.read(school)), **BY)
    swapped(school, tmp_path / "mano")
    assert record_result(made, tmp_path / "mano", **BY, based_on="prima", ground="S001").data["price"]


def test_that_data_received_again_are_recorded(run: Run, school: Path, file: Path) -> None:
    (school / "classi.csv").write_text("id\n1A\n1B\n1C\n")
    code, said = run("inputs", file, school, *WHO)
    assert code == 0 and said.startswith("Entry 4: data received")
    assert CaseFile.open(file).inputs()["classi.csv"] == b"id\n1A\n1B\n1C\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("choose", "nessuna"), "There is no split nessuna"),
        (("lock", "P99"), "has no class"),
        (("undo", "1"), "cannot be undone"),
    ],
)
def test_that_a_mistake_ends_in_words_and_nothing_is_recorded(
    run: Run, file: Path, words: tuple[str, str], told: str
) -> None:
    code, said = run(words[0], file, words[1], *WHO)
    assert code == 2 and told in said and len(CaseFile.open(file).events) == 3


def test_that_tampering_shows_in_verify_and_the_log_can_still_be_read(run: Run, file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        (trigger,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'events_unchanged'").fetchone()
        connection.execute("DROP TRIGGER events_unchanged")
        connection.execute("UPDATE events SET who = 'Altri' WHERE n = 2")
        connection.execute(trigger)
    code, said = run("verify", file)
    assert code == 1 and "Entry 2 was changed after it was written." in said
    assert run("status", file)[0] == 2 and "Altri" in run("log", file)[1]


def test_that_everything_is_erased_only_when_the_name_is_typed_again(run: Run, file: Path, tmp_path: Path) -> None:
    assert run("backup", file, tmp_path / "copia.classi", *WHO)[0] == 0
    code, said = run("purge", file, *WHO, "--yes-erase-everything", "si")
    assert code == 2 and "--yes-erase-everything prime.classi" in said and b"Canarinozzi" in file.read_bytes()
    code, said = run("purge", file, *WHO, "--yes-erase-everything", "prime.classi")
    assert code == 0 and "in four encodings: 0 are there." in said and "copia.classi" in said
    assert b"Canarinozzi" not in file.read_bytes()
    assert "Everything was erased on 20" in run("status", file)[1] and "split added (erased)" in run("log", file)[1]
    code, said = run("verify", file)
    assert code == 0 and "The file was purged" in said


def test_that_traces_left_by_a_purge_end_in_an_error(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "SIDE_FILES", ("-rest",))
    file.with_name("prime.classi-rest").write_bytes(b"Canarinozzi1")
    assert run("purge", file, *WHO, "--yes-erase-everything", "prime.classi")[0] == 1
    assert "traces of the data were still found" in run("verify", file)[1]


def test_that_an_empty_hash_proves_nothing_and_a_key_file_that_is_none_is_told(
    run: Run, file: Path, tmp_path: Path
) -> None:
    code, said = run("verify", file, "--head", "")
    assert code == 2 and "The hash noted earlier is empty." in said
    (tmp_path / "chiave").write_bytes(b"\xf8\xff")
    (tmp_path / "copia.age").write_bytes(b"age")
    code, said = run(
        "open-export", tmp_path / "copia.age", tmp_path / "copia.classi", "--identity", tmp_path / "chiave"
    )
    assert code == 2 and "cannot be opened with this key" in said and not (tmp_path / "copia.classi").exists()


def test_that_an_encrypted_copy_goes_out_and_comes_back(run: Run, file: Path, tmp_path: Path) -> None:
    pyrage = pytest.importorskip("pyrage")
    key = pyrage.x25519.Identity.generate()
    (tmp_path / "chiave").write_text(str(key))
    assert run("export", file, tmp_path / "a.age", *WHO, "--recipient", key.to_public())[0] == 0
    code, said = run("open-export", tmp_path / "a.age", tmp_path / "a.classi", "--identity", tmp_path / "chiave")
    assert code == 0 and "Written: " in said and CaseFile.open(tmp_path / "a.classi").verify() == ()
    words = "quattro parole a caso"
    assert run("export", file, tmp_path / "b.age", *WHO, typed=f"{words}\n{words}\n")[0] == 0
    assert run("open-export", tmp_path / "b.age", tmp_path / "b.classi", typed=f"{words}\n")[0] == 0


def test_that_every_command_and_option_is_explained(run: Run) -> None:
    code, said = run("--help")
    assert code == 0
    for name in (
        "new",
        "inputs",
        "add",
        "choose",
        "lock",
        "derogate",
        "sign",
        "undo",
        "verify",
        "purge",
        "open-export",
    ):
        assert f" {name} " in said
    for name, helps in (("purge", "typed again"), ("verify", "noted earlier"), ("add", "hand")):
        assert helps in run(name, "--help")[1]
