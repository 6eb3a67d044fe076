"""Which class of one split is which class of another."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from classi.case import Case
from classi.formation.matching import alike, distance, matched, renamed


def case(classes: list[dict[str, object]], criteria: list[dict[str, object]], **pupil: object) -> Case:
    pupils = [{"id": f"p{i}", "sesso": "FM"[i % 2]} for i in range(6)]
    pupils[0] |= pupil
    return Case.from_rows({"alunni": pupils, "classi": classes}, {"criteria": criteria})


def groups(classes: list[dict[str, object]], criteria: list[dict[str, object]], **pupil: object) -> tuple[int, ...]:
    made = case(classes, criteria, **pupil)
    return alike(made.school, made.terms)


THREE: list[dict[str, object]] = [{"id": "1A"}, {"id": "1B"}, {"id": "1C"}]
SIZES = {"rule": "equal_sizes", "hard": True}


def test_that_classes_no_rule_tells_apart_are_alike() -> None:
    assert groups(THREE, [SIZES, {"rule": "balance", "attribute": "sesso", "weight": 1}]) == (0, 0, 0)


def test_that_a_class_with_its_own_limit_is_alone() -> None:
    limited = [THREE[0], {"id": "1B", "max": 2}, THREE[2]]
    assert groups(limited, [SIZES]) == (0, 1, 0)


def test_that_a_pupil_fixed_in_a_class_makes_it_another() -> None:
    assert groups(THREE, [SIZES], classe_fissa="1C") == (0, 0, 2)


def test_that_a_rule_about_two_classes_together_keeps_them_alike_and_apart_from_the_third() -> None:
    ranged = {"rule": "group_quota", "of": {"sesso": "F"}, "classes": {"id": ["1A", "1B"]}, "min": 1, "weight": 1}
    assert groups(THREE, [SIZES, ranged]) == (0, 0, 2)


def test_that_classes_open_to_others_are_not_alike() -> None:
    rows = [{"id": "1A", "plesso": "Nord"}, {"id": "1B", "plesso": "Nord"}, {"id": "1C", "plesso": "Sud"}]
    rules = [{"rule": "eligibility", "attribute": "plesso", "hard": True}]
    made = case(rows, rules, plesso_1="Nord")
    assert alike(made.school, made.terms) == (0, 0, 2)


@pytest.mark.parametrize("column", ["plesso", "tempo_scuola", "lingua2", "indirizzo"])
def test_that_classes_that_offer_another_thing_are_not_alike_whatever_the_rules(column: str) -> None:
    rows = [{"id": "1A", column: "Nord", "area_mq": 40}, {"id": "1B", column: "Sud"}, {"id": "1C", column: "nord "}]
    assert groups(rows, [SIZES]) == (0, 1, 0)


@pytest.mark.parametrize("seed", range(20))
def test_that_matching_keeps_as_many_pupils_as_any_renaming(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kinds = tuple(int(k) for k in rng.choice([0, 1], size=4))
    heads = tuple(kinds.index(k) for k in kinds)
    one, other = rng.integers(4, size=(2, 12)).tolist()
    best = min(
        sum(a != names[b] for a, b in zip(one, other, strict=True))
        for names in permutations(range(4))
        if all(heads[c] == heads[names[c]] for c in range(4))
    )
    assert distance(one, other, heads) == best
    names = matched(one, other, heads)
    assert sorted(names) == [0, 1, 2, 3] and all(heads[c] == heads[names[c]] for c in range(4))
    assert sum(a != b for a, b in zip(one, renamed(one, other, heads), strict=True)) == best


def test_that_of_two_ways_as_good_the_names_stay() -> None:
    assert matched([0, 1, 0, 1], [0, 0, 1, 1], (0, 0)) == (0, 1)
