"""Tests that a re-formation moves as few pupils as can be, or is the best with so many moves: held against all."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from classi.case import Case
from classi.errors import InputError
from classi.formation.engine import Clock, Limits
from classi.formation.keep import FIRST, fewest_moves, keep, stay_terms
from classi.formation.search import Board
from classi.i18n import use_language
from classi.journal import append
from classi.tables.write import write_assignment
from classi.workflow import write_result
from classi.year.keep import form_kept, origin_of, write_reformed

QUICK = Limits(20.0, workers=1)
RULES = {
    "criteria": [
        {"rule": "class_size", "max": 3, "hard": True},
        {"rule": "apart", "hard": True},
        {"rule": "equal_sizes", "weight": 1},
        {"rule": "balance", "attribute": "sesso", "weight": 2, "tier": 2},
        {"rule": "wishes", "weight": 1, "tier": 3},
    ]
}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


def tiny(seed: int, pupils: int = 7, classes: int = 3) -> tuple[Case, list[int | None]]:
    """A small school with ties drawn from a seed, and where each pupil was (some nowhere)."""
    dice = random.Random(seed)
    ids = [f"p{n}" for n in range(pupils)]
    pairs = dice.sample([(a, b) for a in ids for b in ids if a < b], 6)
    ties = [{"da": a, "a": b, "tipo": dice.choice(["separati", "preferisce"])} for a, b in pairs]
    rows = {
        "alunni": [{"id": i, "sesso": dice.choice("FM")} for i in ids],
        "classi": [{"id": f"1{'ABC'[c]}"} for c in range(classes)],
        "legami": ties,
    }
    homes = [dice.choice([0, 0, 0, 1, 1, 2, None]) for _ in ids]
    return Case.from_rows(rows, RULES), homes


def every(case: Case, homes: list[int | None]) -> list[tuple[int, tuple[int, ...]]]:
    """Moves and costs, tier by tier, of every split that keeps the hard rules."""
    board = Board(case.school, case.terms)
    found = []
    for places in product(range(len(case.school.classes)), repeat=len(case.school.pupils)):
        hard, *soft = board.costs(places)
        if not hard:
            moved = sum(h is not None and h != c for h, c in zip(homes, places, strict=True))
            found.append((moved, tuple(soft)))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_that_as_few_move_as_the_hard_rules_need_and_of_those_splits_it_is_the_best(seed: int) -> None:
    case, homes = tiny(seed)
    kept = keep(case.school, case.terms, homes, limits=QUICK)
    fewest, best = min(every(case, homes))
    assert kept.solution.places is not None
    assert (len(kept.moved), kept.least, kept.fewest) == (fewest, fewest, True)
    assert Board(case.school, case.terms).costs(kept.solution.places)[1:] == best
    assert all(t.proved and t.tier > FIRST for t in kept.solution.tiers)


@pytest.mark.parametrize(("seed", "more"), [(0, 0), (1, 1), (2, 1), (3, 2), (4, 9)])
def test_that_with_so_many_moves_it_is_the_best_and_nobody_moves_for_nothing(seed: int, more: int) -> None:
    case, homes = tiny(seed)
    splits = every(case, homes)
    most = min(splits)[0] + more
    best, fewest = min((costs, moved) for moved, costs in splits if moved <= most)
    kept = keep(case.school, case.terms, homes, most, limits=QUICK)
    assert kept.solution.places is not None
    assert Board(case.school, case.terms).costs(kept.solution.places)[1:] == best
    assert len(kept.moved) == fewest <= most


def test_that_moves_too_few_for_the_hard_rules_are_found_impossible_and_counted() -> None:
    case, homes = tiny(1)
    needed = min(every(case, homes))[0]
    assert needed > 0
    assert keep(case.school, case.terms, homes, needed - 1, limits=QUICK).solution.status == "INFEASIBLE"
    assert fewest_moves(case.school, case.terms, homes, Clock(QUICK)).least == needed


def test_that_only_who_has_a_class_still_there_can_stay() -> None:
    assert [(t.shape.pupil, t.shape.classes, t.weight) for t in stay_terms([2, None, 0])] == [  # type: ignore[union-attr]
        (0, frozenset({2}), 1),
        (2, frozenset({0}), 1),
    ]


def test_that_the_news_of_a_search_are_of_the_regulations_tiers_alone() -> None:
    case, homes = tiny(2)
    told: list[int] = []
    for most in (None, 3):
        keep(case.school, case.terms, homes, most, QUICK, lambda news: told.append(news.tier))
    assert told and set(told) <= {1, 2, 3}


# --- from files ---


def school(folder: Path, rules: str = "", pupils: str = "abcdef", classes: str = "id\n1A\n1B\n") -> Case:
    folder.mkdir()
    rows = "".join(f"{p};{'F' if n % 2 else 'M'}\n" for n, p in enumerate(pupils))
    (folder / "alunni.csv").write_text(f"id;sesso\n{rows}", encoding="utf-8")
    (folder / "classi.csv").write_text(classes, encoding="utf-8")
    equal = '[[criteria]]\nrule = "equal_sizes"\nhard = true\n'
    balance = '[[criteria]]\nrule = "balance"\nattribute = "sesso"\nweight = 1\n'
    (folder / "regolamento.toml").write_text(f'name = "prova"\n{equal}{balance}{rules}', encoding="utf-8")
    return Case.read(folder)


def before(tmp_path: Path, **placed: str) -> Path:
    write_assignment(tmp_path / "prima.csv", placed.items())
    return tmp_path / "prima.csv"


def test_that_a_school_formed_again_is_certified_with_how_it_was_made(tmp_path: Path) -> None:
    case = school(tmp_path / "scuola")
    file = before(tmp_path, a="1A", b="1A", c="1A", d="1A", e="1B", z="1B")
    found = form_kept(case, file, limits=QUICK)
    made = found.result.certificate["made"]
    assert {k: made[k] for k in ("how", "moved", "fewest", "least", "max_moves", "new", "withdrawn", "displaced")} == {
        "how": "keep", "moved": 1, "fewest": True, "least": 1, "max_moves": None, "new": 1, "withdrawn": 1,
        "displaced": 0,
    }  # fmt: skip
    assert len(made["kept_from"]) == 64
    (who, (left, taken)), *others = found.moved.items()
    assert who in "abcd" and (left, taken, others) == ("1A", "1B", [])
    said = " ".join(found.lines())
    assert "1 pupil is no longer there." in said and "1 pupil had no class." in said and "1 pupil changes class" in said
    write_result(found.result, tmp_path / "dopo")
    assert case.audit(found.result.assignment.placed).confirmed


def test_that_a_class_that_is_gone_is_no_move_and_one_renamed_is_found(tmp_path: Path) -> None:
    rule = '[[criteria]]\nrule = "keep_class"\nmapping = { "0A" = "1A" }\nweight = 1\ntier = 2\n'
    case = school(tmp_path / "scuola", rule)
    began = origin_of(case, {"a": "0a", "b": "0A", "c": "0C", "d": "1B", "e": "1B", "f": "0D"})
    assert began.homes == (0, 0, None, 1, 1, None)
    assert (began.homeless, began.gone_classes) == (("c", "f"), ("0C", "0D"))
    assert "0C, 0D; their 2 pupils must move" in began.lines()[0]


def test_that_too_few_moves_are_refused_with_how_many_are_needed(tmp_path: Path) -> None:
    case = school(tmp_path / "scuola")
    file = before(tmp_path, **dict.fromkeys("abcdef", "1A"))
    with pytest.raises(InputError, match=r"At most 2 changes of class were allowed.* at least 3"):
        form_kept(case, file, max_moves=2, limits=QUICK)
    assert len(form_kept(case, file, max_moves=3, limits=QUICK).moved) == 3
    with pytest.raises(InputError, match="0 or more"):
        form_kept(case, file, max_moves=-1)
    with pytest.raises(InputError, match="None of these pupils"):
        form_kept(case, before(tmp_path, x="1A"))


def test_that_rules_impossible_for_any_split_are_explained_as_ever(tmp_path: Path) -> None:
    never = '[[criteria]]\nrule = "class_size"\nmax = 2\nhard = true\n'
    case = school(tmp_path / "scuola", never)
    for most in (None, 1):
        found = form_kept(case, before(tmp_path, a="1A"), max_moves=most, limits=QUICK)
        assert found.result.conflict is not None and found.result.status == "INFEASIBLE"
    assert len(found.lines()) == 1
    write_reformed(found, tmp_path, tmp_path / "dopo")
    assert {f.name for f in (tmp_path / "dopo").iterdir()} == {"certificato.json", "report.html"}


def test_that_who_left_is_not_placed_again_and_older_classes_are_refused(tmp_path: Path) -> None:
    school(tmp_path / "scuola")
    file = before(tmp_path, a="1A", b="1A", c="1A", d="1B", e="1B", f="1B")
    act = {"who": "Dirigente", "why": "prova", "when": date(2026, 10, 1)}
    append(tmp_path / "scuola", "ritiro", **act, id="a")
    found = form_kept(Case.read(tmp_path / "scuola"), tmp_path / "prima.csv", limits=QUICK)
    assert "a" not in found.result.assignment.placed and found.origin.withdrawn == ("a",) and not found.moved
    append(tmp_path / "scuola", "trasferimento", **act, id="b", **{"class": "1B"})
    with pytest.raises(InputError, match="older than entry 2"):
        form_kept(Case.read(tmp_path / "scuola"), file, limits=QUICK)


def test_that_a_case_in_memory_can_be_formed_again(tmp_path: Path) -> None:
    case, _homes = tiny(0)
    file = before(tmp_path, **{p.id: "1A" for p in case.school.pupils})
    found = form_kept(case, file, max_moves=6, limits=QUICK)
    assert found.result.audit is not None and found.result.audit.hard_kept and len(found.moved) <= 6


def test_that_no_time_gives_no_classes_and_no_proof(tmp_path: Path) -> None:
    case = school(tmp_path / "scuola", pupils="abcdefghijkl")
    found = form_kept(case, before(tmp_path, **dict.fromkeys("abcdefghijkl", "1A")), max_moves=6, limits=Limits(1e-9))
    assert found.result.status == "UNKNOWN" and found.lines() == []
