"""Tests that the documentation says what the program does."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapes
import test_cases
import typer
import yaml
from ortools.sat.python import cp_model

import tiny
from classi import Case, form
from classi.cli import build
from classi.criteria.base import registry
from classi.formation.encode import Encoding, linear
from classi.i18n import use_language
from classi.regulation import parse_regulation

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES.remove(ROOT / "docs" / "manual_introduction.md")  # the top of manual.md, read there
README, CONTRIBUTING, FORMATS = (ROOT / name for name in ("README.md", "CONTRIBUTING.md", "docs/formats.md"))


def blocks(page: Path, language: str) -> list[str]:
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": path})


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


def test_that_the_manual_and_the_tables_of_columns_are_up_to_date() -> None:
    done = run(ROOT / "docs" / "make_manual.py", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_that_every_relative_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _hash, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(file), f"{page.name} links to {target}, which has no such heading"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_that_every_regulation_shown_can_be_used(page: Path) -> None:
    for text in blocks(page, "toml"):
        regulation = parse_regulation(tomllib.loads(text))
        assert regulation.criteria or regulation.admission, text


def test_that_the_python_example_runs(tmp_path: Path) -> None:
    example, _criterion = blocks(README, "python")
    script = tmp_path / "example.py"
    script.write_text(example, encoding="utf-8")
    done = run(script)
    assert done.returncode == 0, done.stderr
    assert "'proved': True" in done.stdout


def test_that_the_criterion_shown_is_a_rule_like_all_others(tmp_path: Path) -> None:
    _example, criterion = blocks(README, "python")
    rule = re.search(r'rule: Literal\["(\w+)"\]', criterion)
    assert rule is not None
    assert rule[1] not in registry(), "the README should show a rule that classi does not have already"
    (tmp_path / f"{rule[1]}.py").write_text(criterion, encoding="utf-8")
    (cases,) = blocks(CONTRIBUTING, "yaml")
    (tmp_path / "cases.yaml").write_text(cases, encoding="utf-8")
    # In a process of its own: a rule that is defined is registered, and the other tests count the rules.
    done = run(__file__, tmp_path / f"{rule[1]}.py", tmp_path / "cases.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split("\n")[0] == f"{rule[1]}: 3 cases, 81 assignments"


def try_a_criterion(file: Path, cases: Path) -> None:
    """Check a new rule on its cases, and that all who price it agree on every assignment of a small school."""
    rule = load_rule(file)
    written = yaml.safe_load(cases.read_text(encoding="utf-8"))
    assert written["rule"] == rule
    for case in written["cases"]:
        made = test_cases.Case(rule, case)
        assert made.terms_cost() == sum(count.excess for count in made.counts()) == case["cost"], case["name"]
    pupils = [{"id": name, "ore_sostegno": hours} for name, hours in zip("abcd", (18, 12, 9, None), strict=True)]
    classes = [{"id": name} for name in ("1A", "1B", "1C")]
    regulation = tiny.regulation([{"rule": rule, "attribute": "ore_sostegno", "limit": 20}])
    school = tiny.school(pupils, classes)
    assert not list(regulation.problems(school))
    terms, assignments = regulation.terms(school), list(product(range(3), repeat=4))
    by_solver = prices(terms, assignments)
    for places in assignments:
        counts = list(regulation.criteria[0].audit(tiny.ledger(pupils, classes, [], places)))
        assert sum(c.excess for c in counts) == sum(shapes.excess(t.shape, places) for t in terms) == by_solver[places]
        assert all(regulation.criteria[0].explain(c).endswith(".") for c in counts)
    assert min(by_solver.values()) == 0 < max(by_solver.values())
    print(f"{rule}: {len(written['cases'])} cases, {len(assignments)} assignments")


def load_rule(file: Path) -> str:
    """Define the rule of a file, as if it stood in the package, and return its name."""
    spec = importlib.util.spec_from_file_location(f"classi.criteria.{file.stem}", file)
    assert spec is not None and spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    registry.cache_clear()
    assert file.stem in registry()
    return file.stem


def prices(terms: list[Any], assignments: list[tuple[int, ...]]) -> dict[tuple[int, ...], int]:
    """Return what CP-SAT says each assignment costs."""
    encoding = Encoding([frozenset(range(3))] * 4)
    slacks = [pair for term in terms for pair in encoding.excess(term.shape)]
    encoding.model.minimize(linear(slacks))
    solver, found = cp_model.CpSolver(), {}
    solver.parameters.num_workers = 1
    for places in assignments:
        encoding.model.clear_assumptions()
        encoding.model.add_assumptions([encoding.x[i][c] for i, c in enumerate(places)])
        assert solver.solve(encoding.model) == cp_model.OPTIMAL
        found[places] = round(solver.objective_value)
    return found


def commands() -> dict[str, set[str]]:
    """Return the commands there are, each with its options."""
    with use_language("en"):
        group: Any = typer.main.get_command(build())
    found = dict(group.commands)
    for name, command in group.commands.items():
        found |= {f"{name} {inner}": sub for inner, sub in getattr(command, "commands", {}).items()}
    plain = {name: command for name, command in found.items() if not hasattr(command, "commands")}
    return {name: {o for p in command.params for o in p.opts} for name, command in plain.items()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_that_every_command_shown_exists(page: Path) -> None:
    known = commands()
    inner = "|".join(sorted((name for name in known), key=len, reverse=True))
    shown = re.findall(rf"classi ({inner}|[a-z]+)((?: [^`\n]*)?)", "\n".join([*blocks(page, "sh"), *code_spans(page)]))
    for name, rest in shown:
        if name in {command.split()[0] for command in known if " " in command} and not rest.strip():
            continue  # a group of commands, named as such
        assert name in known, f"{page.name} shows classi {name}"
        for option in re.findall(r"--[a-z-]+", rest):
            assert option in known[name] | {"--lang"}, f"{page.name} shows classi {name} {option}"


def code_spans(page: Path) -> list[str]:
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return [span for span in re.findall(r"`([^`\n]+)`", text) if span.startswith("classi ")]


def test_that_the_two_commands_of_a_newcomer_are_in_the_readme() -> None:
    assert [b.strip() for b in blocks(README, "sh")][:2] == [
        "pip install . && classi demo",
        "pip install '.[test]' && pytest",
    ]


def test_that_every_command_and_option_is_documented() -> None:
    text = FORMATS.read_text(encoding="utf-8")
    for name, options in commands().items():
        line = re.search(rf"^\| `classi {name}\b.*$", text, re.MULTILINE)
        assert line is not None, f"formats.md says nothing of classi {name}"
        for option in options:
            told = f"{option} " in line[0] or f"{option}]" in line[0] or f"\n| `{option}` |" in text
            assert not option.startswith("--") or told, (name, option)


def test_that_every_key_of_the_certificate_is_documented() -> None:
    rules = {"criteria": [{"rule": "equal_sizes", "weight": 1}]}
    case = Case.from_frames(pd.DataFrame({"id": ["a", "b"]}), pd.DataFrame({"id": ["1A", "1B"]}), regulation=rules)
    certificate = form(case, workers=1).certificate
    text = FORMATS.read_text(encoding="utf-8").partition("### certificato.json")[2].partition("###")[0]
    inner = {key for part in ("tiers", "criteria") for key in certificate[part][0]} | set(certificate["audit"])
    assert {key for key in {*certificate, *inner} if f"`{key}`" not in text} <= {"tier"}


def test_that_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert [int(n) for n in re.findall(r"^(\d+)\. [A-Z]", text, re.MULTILINE)] == list(range(1, 16))
    assert "Appendix" in text
    assert text.rstrip().endswith("require the production of a new EUPL version.")


def test_that_publiccode_keeps_to_its_standard() -> None:
    data = yaml.safe_load((ROOT / "publiccode.yml").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"publiccodeYmlVersion", "name", "url", "platforms", "categories", "developmentStatus", "softwareType",
            "description", "legal", "maintenance", "localisation"} <= set(data)  # fmt: skip
    assert (data["softwareVersion"], data["legal"]["license"]) == (project["version"], project["license"])
    assert set(data["localisation"]["availableLanguages"]) == set(data["description"]) == {"it", "en"}
    for words in data["description"].values():
        assert len(words["shortDescription"]) <= 150
        assert 150 <= len(words["longDescription"]) <= 10_000
        assert words["features"]


if __name__ == "__main__":
    with use_language("en"):
        try_a_criterion(*map(Path, sys.argv[1:]))
