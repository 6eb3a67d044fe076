"""Tests that the tables of sources name what the models really hold, and cases that are there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TABLES = sorted((ROOT / "docs" / "sources").glob("*.md"))


def names_in(value: Any) -> Iterator[str]:
    """Yield every name that a regulation gives to something."""
    if isinstance(value, dict):
        if isinstance(value.get("name"), str):
            yield value["name"]
        for inside in value.values():
            yield from names_in(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from names_in(inside)


def model_names(model: str) -> set[str]:
    data = tomllib.loads((ROOT / "models" / f"{model}.toml").read_text(encoding="utf-8"))
    inherited = model_names(data["extends"]) if "extends" in data else set()
    return inherited | set(names_in(data))


def rows(table: Path) -> Iterator[list[str]]:
    for line in table.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| «") and len(cells) >= 4:
            yield cells


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.stem)
def test_that_every_name_in_a_table_of_sources_is_in_a_model_of_its_row(table: Path) -> None:
    missing = []
    for cells in rows(table):
        models = re.findall(r"models/([a-z0-9-]+)\.toml", cells[-2])
        known = set().union(*map(model_names, models)) if models else set()
        named = re.findall(r"“([^”]+)”", cells[-3]) if models else []
        missing += [(name, cells[0][:60]) for name in named if not any(name.strip(" …") in k for k in known)]
    assert not missing


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.stem)
def test_that_every_file_of_cases_in_a_table_of_sources_is_there(table: Path) -> None:
    files = {f for cells in rows(table) for f in re.findall(r"tests/cases/[a-z0-9_/-]+\.yaml", cells[-1])}
    assert files
    assert not [f for f in files if not (ROOT / f).exists()]


def test_that_every_procedure_has_its_table_and_its_cases() -> None:
    models = {m.stem for m in (ROOT / "models").glob("s0*.toml")}
    told = {name for t in TABLES for name in re.findall(r"models/(s0[a-z0-9-]+)\.toml", t.read_text(encoding="utf-8"))}
    assert models == told == {c.stem for c in (ROOT / "tests" / "cases" / "admissions").glob("*.yaml")}
