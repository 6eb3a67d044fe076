"""Laws 1, 2 and 3: on every assignment CP-SAT's cost = numpy's cost = the auditor's excess, hard and soft."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import shapes
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

import tiny
from classi.criteria.base import registry
from classi.formation.bounds import domains
from classi.formation.encode import Encoding, linear
from classi.formation.search import Board, Position
from classi.i18n import use_language

EVERYWHERE = list(product(range(len(tiny.CLASSES)), repeat=len(tiny.PUPILS)))
REGULATION = tiny.regulation(tiny.RULES)
SCHOOL = tiny.school(tiny.PUPILS, tiny.CLASSES, tiny.TIES)
TERMS = REGULATION.terms(SCHOOL)
BOARD = Board(SCHOOL, TERMS)


def audited(places: tuple[int, ...]) -> list[int]:
    ledger = tiny.ledger(tiny.PUPILS, tiny.CLASSES, tiny.TIES, places)
    return [sum(count.excess for count in c.audit(ledger)) for c in REGULATION.criteria]


class _All(cp_model.CpSolverSolutionCallback):
    def __init__(self, encoding: Encoding) -> None:
        super().__init__()
        self.encoding, self.found = encoding, set()

    def on_solution_callback(self) -> None:
        self.found.add(self.encoding.places(self.boolean_value))


def test_that_the_fixture_knows_every_rule() -> None:
    assert {r["rule"] for r in tiny.RULES} == set(registry())


def test_that_numpy_and_the_auditor_agree_on_every_assignment() -> None:
    for places in EVERYWHERE:
        assert BOARD.criterion_costs(places, len(REGULATION.criteria)) == audited(places), places


def test_that_numpy_follows_the_definition_of_the_shapes() -> None:
    for places in EVERYWHERE:
        expected = [shapes.excess(t.shape, places) for t in TERMS]
        assert BOARD.excesses(places).tolist() == expected, places


def test_that_every_rule_is_both_kept_and_broken() -> None:
    costs = np.array([BOARD.criterion_costs(places, len(REGULATION.criteria)) for places in EVERYWHERE])
    for k, rule in enumerate(tiny.RULES):
        assert costs[:, k].max() > 0, f"never broken: {rule}"
    kept = {rule["rule"] for k, rule in enumerate(tiny.RULES) if costs[:, k].min() == 0}
    assert kept == set(registry())


@pytest.mark.parametrize("k", range(len(tiny.RULES)))
def test_that_a_hard_rule_lets_through_exactly_the_assignments_that_cost_nothing(k: int) -> None:
    encoding = Encoding([frozenset(range(len(tiny.CLASSES)))] * len(tiny.PUPILS))
    for term in TERMS:
        if term.criterion == k:
            encoding.require(term.shape)
    solver = cp_model.CpSolver()
    solver.parameters.enumerate_all_solutions = True
    solver.parameters.num_workers = 1
    seen = _All(encoding)
    solver.solve(encoding.model, seen)
    free = {p for p in EVERYWHERE if BOARD.criterion_costs(p, len(REGULATION.criteria))[k] == 0}
    assert seen.found == free


def test_that_cp_sat_prices_every_term_of_every_assignment_like_numpy() -> None:
    encoding = Encoding([frozenset(range(len(tiny.CLASSES)))] * len(tiny.PUPILS))
    slacks = [encoding.excess(t.shape) for t in TERMS]
    encoding.model.minimize(linear([pair for term in slacks for pair in term]))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    # One model for all assignments: the places are fixed through assumptions, the slacks are left to the solver.
    for places in EVERYWHERE[::3]:
        encoding.model.clear_assumptions()
        encoding.model.add_assumptions([encoding.x[i][c] for i, c in enumerate(places)])
        assert solver.solve(encoding.model) == cp_model.OPTIMAL
        found = [sum(w * solver.value(v) for v, w in term) for term in slacks]
        assert found == BOARD.excesses(places).tolist(), places


def test_that_fixed_pupils_do_not_change_the_encoding() -> None:
    fixed = [frozenset({0}), frozenset({1}), *[frozenset(range(3))] * 3]
    encoding = Encoding(fixed)
    slacks = [encoding.excess(t.shape) for t in TERMS]
    encoding.model.minimize(linear([pair for term in slacks for pair in term]))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(encoding.model) == cp_model.OPTIMAL
    best = min(int(BOARD.excesses(p).sum()) for p in EVERYWHERE if p[:2] == (0, 1))
    assert round(solver.objective_value) == best


@pytest.mark.parametrize("language", ["it", "en"])
def test_that_every_finding_has_an_explanation(language: str) -> None:
    explained = set()
    with use_language(language):
        for places in EVERYWHERE[::11]:
            ledger = tiny.ledger(tiny.PUPILS, tiny.CLASSES, tiny.TIES, places)
            for criterion in REGULATION.criteria:
                for count in criterion.audit(ledger):
                    assert count.excess >= 0
                    if count.excess:
                        sentence = criterion.explain(count)
                        assert len(sentence) > 15 and sentence.endswith("."), (criterion.rule, sentence)
                        explained.add(criterion.rule)
    assert explained == set(registry())


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_that_the_price_of_a_change_is_the_difference_of_the_costs(data: st.DataObject) -> None:
    places = data.draw(st.sampled_from(EVERYWHERE))
    pupils = data.draw(st.lists(st.sampled_from(range(5)), min_size=1, max_size=3, unique=True))
    changes = [(i, data.draw(st.sampled_from(range(3)))) for i in pupils]
    prices = np.array([1 + k % 7 for k in range(len(TERMS))], dtype=np.int64)
    position = Position(BOARD, places, prices)
    after = list(places)
    for i, c in changes:
        after[i] = c
    expected = int((BOARD.excesses(after) * prices).sum()) - position.cost
    assert position.delta(changes) == expected
    position.apply(changes)
    assert position.cost == int((BOARD.excesses(after) * prices).sum())
    assert position.places == after


@st.composite
def schools(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]], list[int]]:
    classes = [
        {
            "id": f"1{letter}",
            "plesso": draw(st.sampled_from(["Nord", "Sud", None])),
            "max": draw(st.sampled_from([None, 2, 9])),
        }
        for letter in "ABCD"[: draw(st.integers(1, 4))]
    ]
    sites = [c["plesso"] for c in classes if c["plesso"]] or [None]
    decimals = st.decimals(3, 10, places=2)
    pupils = [
        {
            "id": f"p{i}",
            "sesso": draw(st.sampled_from(["F", "M", None])),
            "livello": draw(st.none() | decimals),
            "fascia": draw(st.sampled_from(["a", "B", "b ", None])),
            "dsa": draw(st.sampled_from([True, False, None])),
            "disabilita": draw(st.sampled_from(["no", "comma1", "comma3"])),
            "cittadinanza": draw(st.sampled_from(["italiana", "Italia", "romena", None])),
            "scuola_provenienza": draw(st.sampled_from(["x", "y", None])),
            "data_nascita": draw(st.none() | st.dates(tiny.date(2010, 1, 1), tiny.date(2016, 1, 1))),
            "plesso_1": draw(st.sampled_from([*sites, None])),
            "plesso_2": draw(st.sampled_from([*sites, None])),
            "classe_precedente": draw(st.sampled_from(["1A", "1C", "9Z", None])),
            "classe_fissa": draw(st.sampled_from(["1A", None, None])),
            "classi_vietate": draw(st.sampled_from(["1A", None, None])),
        }
        for i in range(draw(st.integers(1, 8)))
    ]
    ids = [p["id"] for p in pupils]
    ties = []
    for _ in range(draw(st.integers(0, 8)) if len(ids) > 1 else 0):
        one, two = draw(st.lists(st.sampled_from(ids), min_size=2, max_size=2, unique=True))
        kind = draw(st.sampled_from(["preferisce", "preferisce", "insieme", "separati", "gemelli", "fratelli"]))
        ties.append({"da": one, "a": two, "tipo": kind, "peso": draw(st.integers(1, 3))})
    places = [draw(st.integers(0, len(classes) - 1)) for _ in pupils]
    return pupils, classes, ties, places


# Pins name pupils of the tiny school; everything else applies to any school.
ANYWHERE = [{k: v for k, v in r.items() if k not in ("pins", "derogations")} for r in tiny.RULES]


@given(schools(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_that_all_three_agree_on_generated_schools(
    drawn: tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]], list[int]], eligible: bool
) -> None:
    pupils, classes, ties, places = drawn
    extra = [{"rule": "eligibility", "attribute": "plesso", "hard": True}] if eligible else []
    regulation = tiny.regulation([*ANYWHERE, *extra])
    school = regulation.bind(tiny.school(pupils, classes, ties))
    terms = regulation.terms(school)
    ledger = tiny.ledger(pupils, classes, ties, places)
    regulation.bind_ledger(ledger)
    counted = [sum(count.excess for count in c.audit(ledger)) for c in regulation.criteria]
    assert Board(school, terms).criterion_costs(places, len(regulation.criteria)) == counted
    encoding = Encoding([r | {p} for r, p in zip(domains(school, ()), places, strict=True)])
    slacks = [encoding.excess(t.shape) for t in terms]
    encoding.model.minimize(linear([pair for term in slacks for pair in term]))
    for i, c in enumerate(places):
        if not isinstance(encoding.x[i][c], int):
            encoding.model.add(encoding.x[i][c] == 1)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(encoding.model) == cp_model.OPTIMAL
    costs = [0] * len(counted)
    for term, parts in zip(terms, slacks, strict=True):
        costs[term.criterion] += sum(w * solver.value(v) for v, w in parts)
    assert costs == counted
