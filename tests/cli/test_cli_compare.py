"""`classi compare`: what it prints, what it writes, its exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from classi.case import Case
from classi.cli_compare import add_to
from classi.i18n import use_language
from classi.restate import restate
from classi.tables.write import write_assignment, write_case
from classi.workflow import write_result

RULES = """
[[criteria]]
rule = "class_size"
name = "Al massimo [quattro]"
max = 4
hard = true
[[criteria]]
rule = "balance"
name = "Femmine e maschi"
attribute = "sesso"
weight = 3
[[criteria]]
rule = "wishes"
name = "Compagni"
weight = 2
tier = 2
"""


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case and three results of it: two that are sound, one that breaks a mandatory rule."""
    there = tmp_path_factory.mktemp("scuola")
    pupils = [{"id": f"p{k}", "sesso": "FM"[k % 2]} for k in range(6)]
    ties = [{"da": "p0", "a": "p1", "tipo": "preferisce"}, {"da": "p4", "a": "p0", "tipo": "preferisce"}]
    write_case(there / "caso", {"alunni": pupils, "classi": [{"id": "1A"}, {"id": "1B"}], "legami": ties})
    (there / "caso" / "regolamento.toml").write_text(RULES, encoding="utf-8")
    case = Case.read(there / "caso")
    for name, places in (("uno", [0, 0, 0, 1, 1, 1]), ("due", [0, 1, 0, 1, 0, 1]), ("tre", [0, 0, 0, 1, 1, 0])):
        write_result(restate(case, places, {"how": "by hand"}), there / name)
    (there / "rotto").mkdir()
    write_assignment(there / "rotto" / "assegnazioni.csv", [(f"p{k}", "1A" if k < 5 else "1B") for k in range(6)])
    return there


def run(*words: str | Path) -> Result:
    app = typer.Typer()
    app.callback()(lambda: None)
    with use_language("en"):
        add_to(app)
        return CliRunner().invoke(app, ["compare", *map(str, words)], env={"COLUMNS": "160"})


def test_that_two_splits_are_shown_side_by_side(school: Path) -> None:
    shown = run(school / "caso", school / "uno", school / "due")
    assert shown.exit_code == 0, shown.output
    assert "Femmine e maschi" in shown.output and "Al massimo [quattro]" not in shown.output
    assert "Rules with the same cost in all of them: 2;" in shown.output
    assert "2 pupils change class: 1 swap." in shown.output
    assert "by the regulation's own order “uno” is better: priority 1 comes first" in shown.output
    assert "p1 (1A → 1B)" not in shown.output and "from one to another" not in shown.output


def test_that_everything_is_shown_when_asked(school: Path) -> None:
    shown = run(school / "caso", school / "uno", school / "due", school / "tre", "--all")
    assert shown.exit_code == 0, shown.output
    assert "Al massimo [quattro]" in shown.output and "from one to another" in shown.output
    assert "- p1 (1A → 1B), p4 (1B → 1A)" in shown.output
    assert "p0 → p1: uno, tre" in shown.output and "p4 → p0: due" in shown.output


def test_that_page_and_workbook_are_written_and_not_written_over(school: Path, tmp_path: Path) -> None:
    words = (school / "caso", school / "uno", school / "due", "--out", tmp_path / "confronto")
    assert run(*words).exit_code == 0
    assert sorted(f.name for f in (tmp_path / "confronto").iterdir()) == ["confronto.html", "confronto.xlsx"]
    again = run(*words)
    assert again.exit_code == 2 and "already there" in again.output
    assert run(*words, "--force").exit_code == 0


def test_that_a_broken_split_is_shown_and_named(school: Path, tmp_path: Path) -> None:
    shown = run(school / "caso", school / "uno", school / "rotto", "--out", tmp_path)
    assert shown.exit_code == 4
    assert "rotto: Mandatory and broken: Al massimo [quattro]." in shown.output
    assert "Al massimo [quattro]" in shown.output and (tmp_path / "confronto.html").exists()


def test_that_one_split_alone_is_refused(school: Path) -> None:
    shown = run(school / "caso", school / "uno")
    assert shown.exit_code == 2
    assert "From 2 to 6 splits can be compared; there are 1." in shown.output


def test_that_wishes_that_nobody_grants_are_told(school: Path) -> None:
    shown = run(school / "caso", school / "due", school / "due" / ".." / "tre", "--all")
    assert shown.exit_code == 0
    missing = run(school / "caso", school / "uno", school / "tre", "--all")
    assert "p4 → p0: no split grants it" in missing.output
