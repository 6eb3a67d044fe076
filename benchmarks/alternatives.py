"""How far alternatives are from the best split and from each other: ``python -m benchmarks.alternatives``.

Every tier costs what it does in the best split. The distance is the number of pupils in another class than in the
nearest of the other splits, once classes that differ by name only are matched; "at most" is proved.
"""

from __future__ import annotations

from benchmarks.tables import markdown
from classi.alternatives import alternatives
from classi.bench.instances import read
from classi.bench.records import Instance
from classi.workflow import form

SCHOOLS = tuple(Instance("standard", pupils, 1) for pupils in (60, 125, 300))
NUMBER, SECONDS = 3, 24.0


def row(instance: Instance) -> list[str]:
    """Measure one school."""
    case = read(instance)
    result = form(case, time_limit=20.0)
    found = alternatives(result, NUMBER, time_limit=SECONDS)
    cells = [
        f"{min(a.distances.values())} ({a.result.certificate['made']['farthest']})" for a in found
    ]  # against every other split, later ones as well
    return [str(instance), str(len(case.school.classes)), *cells, *["–"] * (NUMBER - len(cells))]


def main() -> None:
    """Measure and print."""
    head = ["school", "classes", *(f"alternative {n + 1}" for n in range(NUMBER))]
    print(f"Pupils in another class than in the nearest other split (at most), {SECONDS:g} s for {NUMBER}.\n")
    print(markdown(head, [row(instance) for instance in SCHOOLS]))


if __name__ == "__main__":
    main()
