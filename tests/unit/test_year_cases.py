"""Runs ``tests/cases/year/*.yaml``: what the schools' own words allow during the year, held against the models."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from classi.changes.rules import YearRules
from classi.changes.ruling import Facts, Ruling, ruling
from classi.i18n import use_language
from classi.regulation import read_regulation
from classi.resources import models

FILES = sorted((Path(__file__).parents[1] / "cases" / "year").glob("*.yaml"))
CASES = [(f.stem, case) for f in FILES for case in yaml.safe_load(f.read_text(encoding="utf-8"))]
EXAMPLE = {
    "name": "dopo quindici giorni",
    "source": "S002, A, annotazioni, 11",
    "model": "s002-diurno",
    "lessons_begin": date(2026, 9, 10),
    "on": date(2026, 9, 26),
    "change": {"kind": "scambio", "ground": "motivazioni_eccezionali", "exceptional": "", "anno": 1},
    "expect": {"allowed": False, "because": "must be written", "needs": ["illustrate alle famiglie"]},
}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


def judged(case: dict[str, Any]) -> Ruling:
    rules = read_regulation(models() / f"{case['model']}.toml", models()).changes
    assert rules is not None
    begin = case.get("lessons_begin")
    with_day = YearRules(**{**rules.model_dump(), "lessons_begin": None if begin is None else _day(begin)})
    return ruling(with_day, Facts(**case["change"]), _day(case["on"]))


def _day(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def check(case: dict[str, Any]) -> None:
    found, expected = judged(case), case["expect"]
    assert found.allowed is expected["allowed"], found.reasons
    assert expected.get("because", "") in " ".join(found.reasons)
    for words in expected.get("needs") or ():
        assert any(words.casefold() in need.casefold() for need in found.needs), found.needs


@pytest.mark.parametrize(("_file", "case"), CASES, ids=[f"{file}: {case['name']}" for file, case in CASES])
def test_that_the_models_allow_what_the_words_allow(_file: str, case: dict[str, Any]) -> None:
    check(case)


def test_that_a_case_is_held_against_its_model() -> None:
    check(EXAMPLE)
    for wrong in ({"allowed": True}, {"allowed": False, "because": "boh"}, {"allowed": False, "needs": ["boh"]}):
        with pytest.raises(AssertionError):
            check({**EXAMPLE, "expect": wrong})
