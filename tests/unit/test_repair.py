"""Tests that a repair moves the fewest, by a list of all assignments, and never undoes what was decided."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from itertools import combinations, product
from typing import Any

import pytest

from classi.audit import Audit, audit_ledger
from classi.case import Case
from classi.formation.engine import Clock, Limits
from classi.formation.repair import Repair, repair
from classi.i18n import use_language
from classi.ledger import Ledger
from classi.splits import Split, split_of
from classi.whatif import WhatIf

CLASSES = ("1A", "1B", "1C")
SEEDS = (0, 3, 9)
Places = tuple[int, ...]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


def some_case(seed: int) -> Case:
    """Return six pupils with traits and ties drawn at random, and rules of both sorts."""
    dice = random.Random(seed)
    ids = "abcdef"
    pupils = [
        {
            "id": p, "sesso": dice.choice("FM"), "voto": dice.choice((5, 6, 8)),
            "plesso_1": dice.choice(("Nord", "Sud")), "plesso_2": dice.choice(("Nord", "Sud", None)),
            "disabilita": dice.choice(("comma3", "no", "no")),
        }
        for p in ids
    ]  # fmt: skip
    kinds = ("preferisce", "preferisce", "preferisce", "insieme", "separati")
    pairs = dice.sample(list(combinations(ids, 2)), len(kinds))
    ties = [{"da": one, "a": other, "tipo": kind} for kind, (one, other) in zip(kinds, pairs, strict=True)]
    classes = [{"id": c, "plesso": site} for c, site in zip(CLASSES, ("Nord", "Sud", None), strict=True)]
    rules = [
        {"rule": "class_size", "min": 1, "max": 3, "hard": True, "name": "Posti"},
        {"rule": "at_most_per_class", "of": {"disabilita": "comma3"}, "limit": 1, "hard": True, "name": "Sostegno"},
        {"rule": "apart", "hard": True, "name": "Separati"},
        {"rule": "together", "hard": True, "name": "Insieme"},
        {"rule": "eligibility", "attribute": "plesso", "hard": True, "name": "Plesso"},
        {"rule": "balance", "attribute": "sesso", "weight": 3},
        {"rule": "balance_number", "attribute": "voto", "tolerance": 0.5, "weight": 1},
        {"rule": "wishes", "weight": 1, "tier": 2},
    ]
    return Case.from_rows({"alunni": pupils, "classi": classes, "legami": ties}, {"criteria": rules})


class World:
    """Every assignment of a case, each counted by the auditor."""

    def __init__(self, seed: int) -> None:
        self.case = some_case(seed)
        rows = self.case.ledger({})
        self.audits: dict[Places, Audit] = {}
        for places in product(range(len(CLASSES)), repeat=len(self.case.school.pupils)):
            ledger = Ledger(rows.pupils, rows.classes, rows.ties, self.case.placed(places), rows.open)
            self.audits[places] = audit_ledger(ledger, self.case.regulation)
        self.kept = {places: tuple(a.tiers.values()) for places, a in self.audits.items() if a.hard_kept}

    def answers(self, split: Split, pinned: Mapping[int, int], still: set[int]) -> dict[Places, int]:
        """Return every assignment that keeps the rules, the change and the locks, with its further moves."""
        return {
            places: sum(
                now != c for i, (now, c) in enumerate(zip(places, split.places, strict=True)) if i not in pinned
            )
            for places in self.kept
            if all(places[i] == c for i, c in pinned.items()) and all(places[i] == split.places[i] for i in still)
        }


def asked(split: Split, pinned: Mapping[int, int], still: set[int], most: int | None) -> Repair:
    case, clock = split.case, Clock(Limits(10.0, workers=1))
    return repair(case.school, case.regulation, case.terms, split.places, pinned, clock, still=still, most=most)


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    with use_language("en"):
        return [World(seed) for seed in SEEDS]


def questions(world: World, number: int) -> Iterator[tuple[Split, dict[int, int], set[int]]]:
    dice = random.Random(number)
    for _n in range(number):
        split = split_of(world.case, world.case.placed(dice.choice(list(world.kept))), "prova")
        pupils = dice.sample(range(len(split.places)), 3)
        pinned = {i: dice.choice([c for c in range(3) if c != split.places[i]]) for i in pupils[: dice.randint(1, 2)]}
        yield split, pinned, set(pupils[2:]) if dice.random() < 0.5 else set()


def test_that_the_fewest_further_moves_are_found_and_then_the_best_split(worlds: list[World]) -> None:
    seen: set[Any] = set()
    assert all(len(world.kept) > 10 for world in worlds)
    for world in worlds:
        for split, pinned, still in questions(world, 25):
            answers, found = world.answers(split, pinned, still), asked(split, pinned, still, None)
            if not answers:
                assert (found.status, found.places, found.fewest) == ("INFEASIBLE", None, False)
                assert found.conflict is not None and found.conflict.lines()
                seen.add("impossible")
                continue
            fewest = min(answers.values())
            assert found.status == "OPTIMAL" and found.fewest and found.places in answers
            assert len(found.further) == found.at_least == fewest == answers[found.places]
            assert world.kept[found.places] == min(world.kept[p] for p, moves in answers.items() if moves == fewest)
            assert all(found.places[i] == c for i, c in found.further)
            seen.add(min(fewest, 2))
    assert seen == {"impossible", 0, 1, 2}


@pytest.mark.parametrize("most", [0, 1, 3])
def test_that_the_best_split_with_so_many_moves_is_found_and_no_move_is_in_vain(worlds: list[World], most: int) -> None:
    seen: set[Any] = set()
    for world in worlds:
        for split, pinned, still in questions(world, 8):
            answers = {p: n for p, n in world.answers(split, pinned, still).items() if n <= most}
            found = asked(split, pinned, still, most)
            if not answers:
                assert (found.status, found.places, found.conflict) == ("INFEASIBLE", None, None)
                seen.add("impossible")
                continue
            best = min(world.kept[p] for p in answers)
            assert found.status == "OPTIMAL" and found.places in answers and world.kept[found.places] == best
            assert len(found.further) == min(n for p, n in answers.items() if world.kept[p] == best)
            seen.add(len(found.further))
    assert "impossible" in seen and (most == 0 or max(s for s in seen if s != "impossible") > 0)


@pytest.mark.parametrize("few", [0, 6])
def test_that_a_split_already_broken_is_put_right_whatever_the_search(
    worlds: list[World], few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some sit where no rule leaves them; beyond `FEW` moves the search is another one."""
    monkeypatch.setattr("classi.formation.repair.FEW", few)
    dice, seen = random.Random(few), set[Any]()
    for world in worlds:
        for _n in range(12):
            split = split_of(world.case, world.case.placed(dice.choice(list(world.audits))), "prova")
            pinned = {0: (split.places[0] + 1) % 3}
            still = set(range(1, dice.choice((1, 2, 5, 6))))
            answers, found = world.answers(split, pinned, still), asked(split, pinned, still, None)
            seen.add(min(answers.values()) if answers else found.status)
            assert (found.places is None) is (not answers)
            if answers:
                fewest = min(answers.values())
                assert (found.status, len(found.further), found.at_least) == ("OPTIMAL", fewest, fewest)
                assert world.kept[found.places] == min(world.kept[p] for p, n in answers.items() if n == fewest)
    assert seen >= {"INFEASIBLE", 2, 3}


def test_that_with_everybody_held_there_is_no_repair_and_no_crash(worlds: list[World]) -> None:
    seen: set[Any] = set()
    for world in worlds[:1]:
        for split, pinned, _still in questions(world, 8):
            for left in (0, 1):
                still = set(range(left, 6)) - set(pinned)
                answers, found = world.answers(split, pinned, still), asked(split, pinned, still, None)
                assert (found.places is None) is (not answers)
                seen.add(found.status)
    assert seen == {"OPTIMAL", "INFEASIBLE"}


def test_that_a_repair_interrupted_claims_nothing(worlds: list[World]) -> None:
    world = worlds[0]
    for split, pinned, still in questions(world, 25):
        answers = world.answers(split, pinned, still)
        if answers and min(answers.values()) > 1:
            clock = Clock(Limits(10.0, workers=1))
            clock.stop.set()
            case = split.case
            found = repair(case.school, case.regulation, case.terms, split.places, pinned, clock, still=still)
            assert not found.fewest and found.conflict is None
            assert found.places is None or found.places in answers
            assert found.status in ("UNKNOWN", "FEASIBLE")
            return
    raise AssertionError("no question that needs two further moves")


def test_that_an_impossible_change_is_explained_with_the_change_and_the_locks_by_name(worlds: list[World]) -> None:
    ids = [p.id for p in worlds[0].case.school.pupils]
    named = set()
    for world in worlds:
        for split, pinned, still in questions(world, 15):
            if not world.answers(split, pinned, still):
                changes = [(ids[i], CLASSES[c]) for i, c in pinned.items()]
                answer = WhatIf(split, [ids[i] for i in sorted(still)]).repair(changes, workers=1)
                assert answer.conflict is not None
                text = "\n".join(answer.conflict.lines())
                named |= {name for name in ("The change asked for", "Pupils who are locked") if name in text}
    assert named == {"The change asked for", "Pupils who are locked"}
