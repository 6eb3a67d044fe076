"""The choices inside the solver, each taken back: the evidence behind `docs/decisions.md`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest import mock

from benchmarks.journal import Figures, Journal
from benchmarks.tables import markdown, seconds
from classi.bench.instances import read
from classi.bench.records import Instance
from classi.formation import outlook, solve
from classi.formation.engine import Limits

LIMIT = 20.0
SCHOOLS = (
    Instance("standard", 200, 3),
    Instance("standard", 300, 1),
    Instance("standard", 300, 3),
    Instance("tight", 125, 1),
    Instance("dense", 200, 1),
    Instance("one-way", 125, 1),
)
Say = Callable[[str], None]


def _one_by_one(formation: solve.Formation) -> None:
    """Stand for the question about every tier: never asked, so that each tier is asked about alone."""
    formation._on_bound = False


def _thorough(*arguments: Any, question: bool = False, **more: Any) -> Any:
    """Run a question like any other model, thoroughly simplified first."""
    return _RUN(*arguments, **more)


_RUN = solve.run

CHOICES: dict[str, tuple[Any, str, Any]] = {
    "as it is": (solve, "IDEAL_SHARE", solve.IDEAL_SHARE),
    "each tier asked about alone": (solve.Formation, "_rest_at_its_bound", _one_by_one),
    "questions simplified thoroughly": (solve, "run", _thorough),
    "no blocks": (outlook, "blocks", lambda *_: []),
    "nobody counted": (solve, "count", lambda *_: None),
    "no exchanges": (solve, "improve", lambda *_: None),
}
"""What is replaced by what: owner, name, stand-in."""


@contextmanager
def switched(choice: str) -> Iterator[None]:
    """Solve with one choice taken back inside the ``with`` block."""
    owner, name, stand_in = CHOICES[choice]
    with mock.patch.object(owner, name, stand_in):
        yield


def choices(journal: Journal, seeds: int | None, say: Say) -> str:
    """Measure each choice on the same schools, one after the other; `seeds` = only so many schools."""
    rows = []
    for school in SCHOOLS[:seeds]:
        row: list[object] = [str(school)]
        for choice in CHOICES:
            what = {"suite": "choices", "case": str(school), "choice": choice}
            figures = journal.get(partial(_once, school, choice), **what)
            row.append(f"{seconds(figures['cpu'])}" if figures["proved"] else f"open: {figures['tiers']}")
            say(f"{school}, {choice}: {row[-1]}")
        rows.append(row)
    note = (
        f"Processor seconds to the proof of every tier, 2 threads; “open” = not within {LIMIT:.0f} s, with value/bound "
        "of each tier. One run each.\n\n"
    )
    return f"### Choices inside the solver\n\n{note}{markdown(('school', *CHOICES), rows)}"


def _once(school: Instance, choice: str) -> Figures:
    case = read(school)
    terms = case.terms
    with switched(choice):
        start = time.process_time()
        found = solve.solve(case.school, terms, Limits(seconds=LIMIT))
        cpu = time.process_time() - start
    return {
        "cpu": cpu,
        "proved": found.status == "OPTIMAL",
        "tiers": " ".join(f"{t.value}/{t.bound}" for t in found.tiers),
    }
