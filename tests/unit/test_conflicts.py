"""Tests of the conflicts of impossible cases and of the ways out, against a list of every assignment."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest

from classi.admissions.admit import Impossible
from classi.case import Case
from classi.domain import School
from classi.errors import InputError
from classi.explain import conflicts as explain_module
from classi.explain.conflicts import Menu, explain_impossible
from classi.formation import conflicts as module
from classi.formation.conflicts import Clash, Rule, conflicts, relaxations
from classi.formation.counting import Reason
from classi.formation.engine import Clock, Limits
from classi.formation.search import Board
from classi.i18n import use_language
from classi.regulation import Regulation
from classi.resources import instances
from classi.terms import AnyOf, Pair, Place, Term, named
from oversubscribed import RULES, write_school

Name = tuple[int, tuple[str, ...]]
"""A rule by its number and, where it is about single pupils, their identifiers."""


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


def clock(seconds: float = 20.0) -> Clock:
    return Clock(Limits(seconds, workers=1))


def case(*rules: dict[str, Any], pupils: int = 5, ties: tuple[tuple[str, str, str], ...] = (), **cells: Any) -> Case:
    """Return a case of two classes with mandatory rules; `cells` adds cells to pupils, by their identifier."""
    rows = [{"id": f"p{n}", "sesso": "FM"[n % 2], **cells.get(f"p{n}", {})} for n in range(pupils)]
    linked = [{"da": a, "a": b, "tipo": kind} for a, b, kind in ties]
    hard = [{"name": f"regola {n}", "hard": True, **rule} for n, rule in enumerate(rules, 1)]
    classes = [{"id": "1A", "plesso": "Nord"}, {"id": "1B", "plesso": "Sud"}]
    return Case.from_rows({"alunni": rows, "classi": classes, "legami": linked}, {"criteria": hard})


@cache
def impossible(seed: int) -> Case:
    """Return a tiny case with mandatory rules that ask too much of five pupils."""
    dice = random.Random(seed)
    ids = [f"p{n}" for n in range(5)]
    kinds = ["insieme", "separati"] * 2
    ties = tuple((*dice.sample(ids, 2), kind) for kind in kinds)
    pins = [{"pupil": i, "class": dice.choice(["1A", "1B"]), "who": "d", "why": "p"} for i in dice.sample(ids, 2)]
    rules: list[dict[str, Any]] = [
        {"rule": "class_size", "max": dice.choice([2, 3])},
        {"rule": "together"}, {"rule": "apart"}, {"rule": "fixed_class", "pins": pins},
        {"rule": "at_least_per_class", "of": {"sesso": "F"}, "count": dice.choice([1, 2])},
        {"rule": "eligibility", "attribute": "plesso"},
        {"rule": "at_most_per_class", "of": {"sesso": "M"}, "limit": dice.choice([0, 1])},
    ]  # fmt: skip
    cells = {i: {"plesso_1": "Nord"} for i in dice.sample(ids[1:], dice.choice([1, 3]))}
    try:
        made = case(*dice.sample(rules, 5), {"rule": "equal_sizes"}, ties=ties, **cells)
    except InputError:  # contradictions that reading already refuses
        return impossible(seed + 1000)
    return impossible(seed + 1000) if {} in Truth(made).broken else made


class Truth:
    """Every assignment of a case: which rules it breaks, and by how much."""

    def __init__(self, made: Case) -> None:
        school, regulation = made.school, made.regulation
        terms = [t for t in regulation.terms(school) if t.weight is None]
        board = Board(school, terms)
        names = [self._name(made, t) for t in terms]
        self.names = sorted(set(names))
        self.broken: list[dict[Name, int]] = []
        for places in product(range(len(school.classes)), repeat=len(school.pupils)):
            excess: dict[Name, int] = {}
            for name, by in zip(names, board.excesses(places).tolist(), strict=True):
                if by:
                    excess[name] = excess.get(name, 0) + by
            self.broken.append(excess)

    @staticmethod
    def _name(made: Case, term: Term) -> Name:
        single = isinstance(term.shape, Pair | AnyOf | Place)
        if not single or made.regulation.criteria[term.criterion].rule == "eligibility":
            return term.criterion + 1, ()
        pupils = named(term.shape)[:2] if isinstance(term.shape, Pair) else named(term.shape)[:1]
        return term.criterion + 1, tuple(sorted(made.school.pupils[i].id for i in pupils))

    def clashes(self) -> set[frozenset[Name]]:
        """Return every minimal set of rules that no assignment keeps whole."""
        found: list[frozenset[Name]] = []
        for size in range(len(self.names) + 1):
            for some in map(frozenset, combinations(self.names, size)):
                if not any(known <= some for known in found) and all(some & set(b) for b in self.broken):
                    found.append(some)
        return set(found)

    def alone(self, name: Name) -> int | None:
        """Return the least by which one rule is broken with all the others kept."""
        return min((b[name] for b in self.broken if set(b) == {name}), default=None)


def name_of(rule: Rule) -> Name:
    _label, colon, ids = rule.text.partition(": ")
    return rule.number, tuple(sorted(ids.split(", "))) if colon else ()


def asked(made: Case) -> tuple[School, Regulation, list[Term]]:
    """Return what is asked of a case without seats: rules that close classes may be given up."""
    return replace(made.school, open=()), made.regulation, made.regulation.terms(made.school)


def found_in(made: Case, most: int = 1000) -> tuple[tuple[Clash, ...], bool]:
    return conflicts(*asked(made), clock(), most)


@pytest.mark.parametrize("seed", range(10))
def test_that_all_minimal_conflicts_are_found_and_no_others(seed: int) -> None:
    made = impossible(seed)
    found, complete = found_in(made)
    sets = [frozenset(map(name_of, clash.rules)) for clash in found]
    assert complete and all(clash.minimal for clash in found)
    assert set(sets) == Truth(made).clashes() and len(sets) == len(set(sets))


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("known", [True, False])
def test_that_each_way_out_is_the_cheapest_of_its_kind(seed: int, known: bool) -> None:
    made, truth = impossible(seed), Truth(impossible(seed))
    clashes = found_in(made)[0] if known else ()
    ways = relaxations(*asked(made), clock(), clashes)
    assert all(way.least for way in ways)
    alone = {name_of(way.rules[0]): way.excess for way in ways if way.alone}
    assert alone == {n: least for n in truth.names if (least := truth.alone(n)) is not None}
    assert [way.excess for way in ways] == sorted(way.excess for way in ways)
    cheapest = min(sum(b.values()) for b in truth.broken)
    assert (ways[0].excess if ways else 0) == cheapest
    for way in ways:  # the split that goes with it breaks these rules, by so much, and no others
        audit = made.audit(made.placed(way.places)).audit
        assert sum(a.cost for a in audit.criteria) == way.excess
        assert {a.number for a in audit.criteria if a.cost} == {rule.number for rule in way.rules}


def test_that_the_cases_are_worth_looking_at() -> None:
    truths = [Truth(impossible(seed)) for seed in range(10)]
    numbers = [len(t.clashes()) for t in truths]
    assert max(numbers) >= 5 and sum(n > 1 for n in numbers) >= 5
    ways = [{n for n in t.names if t.alone(n) is not None} for t in truths]
    assert any(ways) and not all(ways)


# --- limits and time ---


def test_that_a_list_cut_short_says_so() -> None:
    made = next(impossible(seed) for seed in range(10) if len(Truth(impossible(seed)).clashes()) > 2)
    found, complete = found_in(made, most=2)
    assert len(found) == 2 and not complete
    known = Truth(made).clashes()
    assert all(frozenset(map(name_of, clash.rules)) in known for clash in found)


def test_that_a_possible_case_has_no_conflict_and_no_way_out() -> None:
    made = case({"rule": "class_size", "max": 3})
    assert found_in(made) == ((), True)
    assert relaxations(*asked(made), clock()) == ()
    menu = explain_impossible(made, time_limit=10, workers=1)
    assert menu == Menu("POSSIBLE") and menu.lines() == ["The mandatory rules can all be kept: there is no conflict."]


def test_that_without_time_nothing_is_claimed() -> None:
    made = impossible(0)
    assert conflicts(*asked(made), clock(0.0)) == ((), False)
    assert explain_impossible(made, time_limit=0.0).status == "UNKNOWN"
    assert "time ended" in Menu("UNKNOWN").lines()[0]


def test_that_a_question_not_answered_in_time_ends_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    made = impossible(0)

    class Unsure(module.Search):
        def clashes(self, units: Any, free: Any) -> bool:
            self.exact = False
            return False

    monkeypatch.setattr(module, "Search", Unsure)
    assert found_in(made) == ((), False)


def test_that_a_conflict_not_made_smaller_in_time_is_told_as_not_minimal(monkeypatch: pytest.MonkeyPatch) -> None:
    made = case({"rule": "class_size", "max": 2}, {"rule": "together"}, ties=(("p0", "p1", "insieme"),))

    class Hasty(module.Search):
        asked = 0

        def clashes(self, units: Any, free: Any) -> bool:
            Hasty.asked += 1
            if Hasty.asked == 1:
                return super().clashes(units, free)
            self.exact = False
            return False

    monkeypatch.setattr(module, "Search", Hasty)
    found, complete = found_in(made, most=1)
    assert [(len(clash.rules), clash.minimal) for clash in found] == [(2, False)] and not complete
    said = Menu("IMPOSSIBLE", (), found, complete).lines()
    assert "a smaller set may do" in said[1] and "There may be other conflicts" in said[-2]
    assert said[-1] == "No way out was found."


# --- seats, and rules on where everybody may go ---


def test_that_a_pupil_with_no_class_at_all_is_a_conflict_of_no_rule() -> None:
    made = case({"rule": "class_size", "max": 3})
    seated = made.of_those([p.id for p in made.school.pupils], {p.id: frozenset() for p in made.school.pupils})
    found, complete = conflicts(seated.school, seated.regulation, seated.regulation.terms(seated.school), clock())
    assert found == (Clash((), True),) and complete
    assert relaxations(seated.school, seated.regulation, seated.regulation.terms(seated.school), clock(), found) == ()
    assert "somebody has no class to go to" in Menu("IMPOSSIBLE", (), found, True).lines()[1]


def test_that_a_rule_on_where_everybody_may_go_can_be_given_up_and_a_seat_cannot() -> None:
    north = {f"p{n}": {"plesso_1": "Nord"} for n in range(4)}
    made = case({"rule": "class_size", "max": 3}, {"rule": "eligibility", "attribute": "plesso"}, **north)
    menu = explain_impossible(made, time_limit=20, workers=1)
    assert [[r.number for r in clash.rules] for clash in menu.conflicts] == [[1, 2]]
    assert [(c.way.rules[0].number, c.way.excess) for c in menu.choices] == [(1, 1), (2, 1)]
    assert "asked for Nord" in menu.choices[1].broken[0]
    opened = {p.id: frozenset({0} if p.id in north else {0, 1}) for p in made.school.pupils}
    seated = made.of_those(opened, opened)
    found, _complete = conflicts(seated.school, seated.regulation, seated.regulation.terms(seated.school), clock())
    assert [[r.number for r in clash.rules] for clash in found] == [[1]]


# --- the menu in words ---


def test_that_the_bundled_impossible_school_is_explained_with_its_price() -> None:
    menu = explain_impossible(Case.read(instances() / "impossibile"), time_limit=30)
    said = menu.lines()
    assert menu.status == "IMPOSSIBLE" and menu.complete
    assert said[0] == "No assignment keeps all the hard rules." and said[1].startswith("[C2]")
    assert "Conflict 1: this rule cannot be kept, even alone:" in said
    assert "a) give way on rule 2, Alunni con disabilità per classe, by 1 (no less will do)" in said
    assert said[-1].endswith("has 3 pupils (disabilita comma1/comma3): at most 2 allowed.")
    assert menu.to_dict()["lines"] == said and isinstance(menu.counting[0], Reason)


def test_that_a_menu_letters_its_choices_and_says_when_all_must_be_settled() -> None:
    made = case(
        {"rule": "class_size", "max": 2}, {"rule": "together"}, {"rule": "apart"},
        ties=(("p0", "p1", "insieme"), ("p1", "p2", "insieme"), ("p3", "p4", "separati"), ("p3", "p1", "separati"),
              ("p4", "p1", "separati")),
    )  # fmt: skip
    menu = explain_impossible(made, time_limit=20, workers=1)
    said = "\n".join(menu.lines())
    assert len(menu.conflicts) == 2 and menu.complete
    assert "these rules cannot all be kept; without any one of them the others can:" in said
    assert "There are no other conflicts. A way out has to settle every one of them." in said
    assert all(not c.way.alone for c in menu.choices) and "in all (no less will do)" in said
    assert "pupils: it should have at most 2." in said


# --- cases that give seats ---


def test_that_seats_are_given_first(tmp_path: Path) -> None:
    assert explain_impossible(Case.read(write_school(tmp_path / "scuola")), time_limit=20).status == "POSSIBLE"


def test_that_a_case_no_seats_could_save_is_explained_like_any_other(tmp_path: Path) -> None:
    group = 'of = { sesso = "F" }\ncount = 9'
    clash = f'[[criteria]]\nrule = "at_least_per_class"\n{group}\nhard = true\n\n[admission]'
    made = Case.read(write_school(tmp_path / "scuola", rules=RULES.replace("[admission]", clash, 1)))
    try:
        menu = explain_impossible(made, time_limit=20)
    except Impossible:
        pytest.fail("the case itself is impossible: that is to be explained")
    assert menu.status == "IMPOSSIBLE"


def test_that_seats_that_cannot_be_given_in_a_possible_case_stay_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_asked: Any) -> None:
        raise Impossible("no room")

    monkeypatch.setattr(explain_module, "give_seats", refuse)
    with pytest.raises(Impossible):
        explain_impossible(case({"rule": "class_size", "max": 3}), time_limit=20, workers=1)
