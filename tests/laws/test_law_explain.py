"""Law: every price an explanation tells is what the auditor finds once it is done, and nothing nearby is cheaper.

Tiny schools with rules of every kind, split at random; all single moves and swaps are carried out and counted by the
auditor from the rows, with none of the code that looked for them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from itertools import combinations, permutations
from typing import Any

import pytest

import tiny
from classi.audit import Audit
from classi.case import Case
from classi.domain import Count
from classi.errors import InputError
from classi.explain.model import Way
from classi.explain.pupil import Explanation, explain_pupil
from classi.formation.bounds import domains
from classi.splits import Split, split_of

SEEDS = range(12)
NOT_HARD = ("requests", "keep_class", "wishes", "wish_at_least_one")
SITES = [{"rule": "eligibility", "attribute": "plesso"}]
Key = tuple[int, ...]


@cache
def made_up(seed: int) -> Split:
    """Return a split of a tiny school: seven pupils, three classes, rules of different kinds."""
    dice = random.Random(seed)
    ids = [f"p{n}" for n in range(7)]
    pupils = [
        {
            "id": i, "sesso": dice.choice("FM"), "dsa": dice.random() < 0.3, "livello": Decimal(dice.randint(5, 9)),
            "disabilita": dice.choice(["no", "no", "comma1", "comma3"]),
            "cittadinanza": dice.choice(["italiana", "romena"]),
            "fascia": dice.choice(["alta", "bassa"]), "scuola_provenienza": dice.choice(["Rodari", "Manzi"]),
            "plesso_1": dice.choice(["Nord", "Sud"]), "plesso_2": dice.choice(["Nord", None, None]),
            "classe_precedente": dice.choice(["1A", "1B"]), "data_nascita": None,
        }
        for i in ids
    ]  # fmt: skip
    pairs = dice.sample(list(permutations(ids, 2)), 9)
    kinds = ["preferisce"] * 6 + ["insieme", "separati", "gemelli"]
    ties = [{"da": a, "a": b, "tipo": kind} for (a, b), kind in zip(pairs, kinds, strict=True)]
    known = [r for r in tiny.RULES if "pins" not in r and r.get("attribute") != "data_nascita" and "mapping" not in r]
    rules = []
    for rule in [*dice.sample(known, 6), {"rule": "keep_class"}, *SITES[: seed % 2]]:
        hard = rule in SITES or (rule["rule"] not in NOT_HARD and dice.random() < 0.3)
        price: Mapping[str, Any] = (
            {"hard": True} if hard else {"weight": dice.randint(1, 4), "tier": dice.randint(1, 3)}
        )
        rules.append({**rule, **price})
    try:
        case = Case.from_rows({"alunni": pupils, "classi": tiny.CLASSES, "legami": ties}, {"criteria": rules})
    except InputError:  # a rule that nobody of this school has the columns for, or limits that contradict each other
        return made_up(seed + 1000)
    rooms = domains(case.school, case.terms)
    if not all(rooms):
        return made_up(seed + 1000)
    places = [dice.choice(sorted(room)) for room in rooms]
    return split_of(case, case.placed(places), "prova")


@cache
def explained(seed: int) -> tuple[Explanation, ...]:
    split = made_up(seed)
    return tuple(explain_pupil(split, p.id) for p in split.case.school.pupils)


def price(split: Split, audit: Audit) -> Key:
    """Return how much more a split costs: the hard rules first, then every tier."""
    hard = sum(a.cost for a in audit.criteria if a.hard) - sum(a.cost for a in split.audit.criteria if a.hard)
    return (hard, *(audit.tiers[tier] - cost for tier, cost in split.audit.tiers.items()))


@cache
def all_around(seed: int) -> list[tuple[dict[str, str], Audit, Key]]:
    """Carry out every move and swap into classes open to whoever goes there; return where all are, and the count."""
    split = made_up(seed)
    rooms = domains(split.case.school, split.case.terms)
    classes, ids = [c.id for c in split.case.school.classes], [p.id for p in split.case.school.pupils]
    steps: list[dict[str, str]] = [{p: c} for p in ids for c in classes if c != split.placed[p]]
    steps += [
        {a: split.placed[b], b: split.placed[a]} for a, b in combinations(ids, 2) if split.placed[a] != split.placed[b]
    ]
    found = []
    for step in steps:
        if all(classes.index(c) in rooms[ids.index(p)] for p, c in step.items()):
            placed = split.placed | step
            audit = split.case.audit(placed).audit
            found.append((placed, audit, price(split, audit)))
    return found


def ways(seed: int) -> Iterator[Way]:
    for found in explained(seed):
        for answer in (*found.wishes, *found.classes, *found.counts):
            if answer.way is not None:
                yield answer.way


def applied(split: Split, way: Way) -> Audit:
    placed = split.placed | {move.pupil: move.after for move in way.moves}
    return split.case.audit(placed).audit


@pytest.mark.parametrize("seed", SEEDS)
def test_that_what_is_told_of_a_change_is_what_the_auditor_finds_once_it_is_made(seed: int) -> None:
    split = made_up(seed)
    for way in ways(seed):
        after = applied(split, way)
        told = {change.number: (change.before, change.after) for change in way.changes}
        found = {
            old.number: (old.cost, new.cost)
            for old, new in zip(split.audit.criteria, after.criteria, strict=True)
            if old.cost != new.cost
        }
        assert told == found
        for change in way.counts:
            assert change.before in split.audit.criteria[change.number - 1].counts
            assert change.after in after.criteria[change.number - 1].counts
        more = price(split, after)
        assert way.verdict == (more > (0,) * len(more)) - (more < (0,) * len(more))


@pytest.mark.parametrize("seed", SEEDS)
def test_that_no_move_or_swap_gets_to_a_class_more_cheaply(seed: int) -> None:
    split = made_up(seed)
    for found in explained(seed):
        for answer in found.classes:
            there = [p for placed, _audit, p in all_around(seed) if placed[found.pupil] == answer.class_id]
            assert (answer.way is None) == (not there) == bool(answer.closed_by)
            if answer.way is not None:
                assert price(split, applied(split, answer.way)) == min(there)


@pytest.mark.parametrize("seed", SEEDS)
def test_that_no_move_or_swap_grants_a_wish_more_cheaply(seed: int) -> None:
    split = made_up(seed)
    for found in explained(seed):
        for wish in found.wishes:
            assert wish.granted == (split.placed[found.pupil] == split.placed[wish.friend])
            if not wish.granted and not wish.vetoed:
                met = [p for placed, _audit, p in all_around(seed) if placed[found.pupil] == placed[wish.friend]]
                assert (wish.way is None) == (not met)
                if wish.way is not None:
                    assert price(split, applied(split, wish.way)) == min(met)
                    assert (found.pupil, wish.friend) in wish.way.granted


def excess_of(audit: Audit, number: int, count: Count) -> int | None:
    same = [c for c in audit.criteria[number - 1].counts if (c.where, c.about) == (count.where, count.about)]
    return same[0].excess if same else None


@pytest.mark.parametrize("seed", SEEDS)
def test_that_no_move_or_swap_brings_a_count_nearer_more_cheaply(seed: int) -> None:
    split = made_up(seed)
    for answer in {a for found in explained(seed) for a in found.counts}:
        nearer = [
            p
            for _placed, audit, p in all_around(seed)
            if (left := excess_of(audit, answer.number, answer.count)) is not None and left < answer.count.excess
        ]
        assert (answer.way is None) == (not nearer)
        if answer.way is not None:
            after = applied(split, answer.way)
            left = excess_of(after, answer.number, answer.count)
            assert left is not None and left < answer.count.excess
            assert price(split, after) == min(nearer)


def test_that_the_schools_are_worth_looking_at() -> None:
    answers = [found for seed in SEEDS for found in explained(seed)]
    counts = [c for found in answers for c in found.counts]
    classes = [c for found in answers for c in found.classes]
    wishes = [w for found in answers for w in found.wishes]
    assert sum(c.way is not None for c in counts) >= 30
    assert any(c.way is None for c in classes) and any(c.way and c.way.forbidden for c in classes)
    assert {c.way.verdict for c in classes if c.way} == {-1, 0, 1}
    assert {len(c.way.moves) for c in classes if c.way} == {1, 2}
    assert any(w.vetoed for w in wishes) and any(w.way for w in wishes) and any(w.granted for w in wishes)
