"""How quickly a change by hand is priced, repaired and bettered: ``python -m benchmarks.whatif``.

Medians over random changes of formed schools; repairs are of moves that break a mandatory rule. Those of swaps, where
two others or more have to move, take seconds: a search then, within the time given.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable

from benchmarks.tables import markdown
from classi.bench.instances import read
from classi.bench.records import Instance
from classi.splits import Split, split_of
from classi.whatif import WhatIf
from classi.workflow import form

SCHOOLS = (Instance("standard", 125, 1), Instance("standard", 300, 1), Instance("standard", 300, 2))
CHANGES, REPAIRS = 200, 5


def formed(instance: Instance) -> Split:
    """Return the split of a school."""
    case = read(instance)
    result = form(case, time_limit=20.0, workers=1)
    return split_of(case, result.assignment.placed, str(instance))


def changes(split: Split, number: int, seed: int) -> list[list[tuple[str, str]]]:
    """Return random changes: as many moves as swaps, to classes open to the pupils."""
    dice, school, found = random.Random(seed), split.case.school, []
    while len(found) < number:
        i, j = dice.sample(range(len(school.pupils)), 2)
        a, b = split.places[i], split.places[j]
        if a != b and b in school.open_to(i) and a in school.open_to(j):
            change = [(school.pupils[i].id, school.classes[b].id), (school.pupils[j].id, school.classes[a].id)]
            found.append(change[: 1 + len(found) % 2])
    return found


def seconds(act: Callable[[], object]) -> float:
    """Return the processor seconds of an act."""
    start = time.process_time()
    act()
    return time.process_time() - start


def row(instance: Instance) -> list[str]:
    """Measure one school."""
    split = formed(instance)
    what, asked = WhatIf(split), changes(split, CHANGES, 0)
    first = seconds(lambda: what.price(asked[0]))
    prices = [seconds(lambda c=c: what.price(c)) for c in asked]
    words = [seconds(lambda c=c: what.words(what.price(c))) for c in asked[:20]]
    best = seconds(WhatIf(split).best)
    broken = [c for c in asked if len(c) == 1 and not what.price(c).kept]
    repairs = [seconds(lambda c=c: what.repair(c, seconds=20.0, workers=1)) for c in broken[:REPAIRS]]
    figures = (
        statistics.median(prices),
        max(prices),
        first,
        statistics.median(words),
        best,
        statistics.median(repairs),
    )
    return [str(instance), *(f"{1000 * figure:.1f}" for figure in figures)]


def main() -> None:
    """Measure and print."""
    head = ["school", "price, median", "price, slowest", "first price", "in words", "best swaps", "repair of a move"]
    print("Milliseconds of processor time.\n")
    print(markdown(head, [row(instance) for instance in SCHOOLS]))


if __name__ == "__main__":
    main()
