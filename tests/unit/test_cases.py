"""Tests that every rule counts what the regulations' words say: the cases of ``tests/cases``, counted by hand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import shapes
import yaml

from classi.criteria.base import Criterion, registry
from classi.ledger import Ledger
from classi.regulation import Regulation, parse_criterion

FOLDER = Path(__file__).parents[1] / "cases"
YES = {"sì", "si", "s", "x", "1", "vero", "true", "yes", "y"}
NO = {"no", "n", "0", "falso", "false"}


def load() -> Iterator[Any]:
    for path in sorted(FOLDER.glob("*.yaml")):
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        for case in data["cases"]:
            yield pytest.param(data["rule"], case, id=f"{path.stem}: {case['name']}")


def cell(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return date.fromisoformat(value)
    return None if value == "" else value


def table(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give every row every column, as a sheet does, and turn a column of yes/no words into yes/no."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    typed = [{column: cell(row.get(column)) for column in columns} for row in rows]
    for column in columns:
        words = {str(row[column]).casefold() for row in typed if isinstance(row[column], str)}
        if column != "id" and words and words <= YES | NO:
            for row in typed:
                row[column] = str(row[column]).casefold() in YES if isinstance(row[column], str) else row[column]
    return [{**row, "id": str(row["id"])} if "id" in row else row for row in typed]


class Case:
    """One case, ready to be counted twice."""

    def __init__(self, rule: str, case: Mapping[str, Any]) -> None:
        entries = [{"rule": rule, **case["criterion"]}, *case.get("other_criteria", [])]
        criteria = [parse_criterion(entry, k, "cases") for k, entry in enumerate(entries, 1)]
        assert all(isinstance(c, Criterion) for c in criteria), criteria
        self.regulation = Regulation("", tuple(c for c in criteria if isinstance(c, Criterion)))
        self.criterion = self.regulation.criteria[0]
        self.pupils, self.classes = table(case["pupils"]), table(case["classes"])
        # An empty cell of a tie is its default; a cell left out is the same.
        ties = [
            {column: value for column, value in row.items() if value is not None} for row in table(case.get("ties", []))
        ]
        self.ties = [{**row, "da": str(row["da"]), "a": str(row["a"])} for row in ties]
        self.placed = {str(pupil): str(place) for pupil, place in case["assignment"].items()}
        assert set(self.placed) == {p["id"] for p in self.pupils}, "the case must place every pupil"

    def terms_cost(self) -> int:
        school = self.regulation.bind(shapes.school_of(self.pupils, self.classes, self.ties))
        assert not list(self.criterion.odd(school))
        at = {c.id: i for i, c in enumerate(school.classes)}
        places = [at[self.placed[pupil.id]] for pupil in school.pupils]
        return sum(shapes.excess(shape, places) for shape in self.criterion.terms(school))

    def counts(self) -> list[Any]:
        ledger = Ledger(self.pupils, self.classes, self.ties, self.placed)
        self.regulation.bind_ledger(ledger)
        return list(self.criterion.audit(ledger))


@pytest.mark.parametrize(("rule", "case"), list(load()))
def test_that_the_auditor_counts_as_by_hand(rule: str, case: dict[str, Any]) -> None:
    counts = Case(rule, case).counts()
    assert sum(count.excess for count in counts) == case["cost"]
    if "by_class" in case:
        by_class: Counter[str] = Counter()
        for count in counts:
            by_class[count.where] += count.excess
        assert +by_class == {str(class_id): excess for class_id, excess in case["by_class"].items()}


@pytest.mark.parametrize(("rule", "case"), list(load()))
def test_that_the_terms_cost_as_by_hand(rule: str, case: dict[str, Any]) -> None:
    assert Case(rule, case).terms_cost() == case["cost"]


@pytest.mark.parametrize("rule", list(registry()))
def test_that_every_rule_has_three_cases_kept_and_broken(rule: str) -> None:
    data = yaml.safe_load((FOLDER / f"{rule}.yaml").read_text(encoding="utf-8"))
    assert data["rule"] == rule
    costs = [case["cost"] for case in data["cases"]]
    assert len(costs) >= 3
    assert 0 in costs and any(costs)
