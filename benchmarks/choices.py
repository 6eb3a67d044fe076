"""The choices inside the solver, each switched back to what it replaced: the evidence behind `docs/decisions.md`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest import mock

from benchmarks.answers import ours
from benchmarks.cases import REGISTRY, Problem
from benchmarks.journal import Figures, Journal
from benchmarks.suites import Say, plain, say_line
from benchmarks.tables import markdown, seconds
from classi import Case, resources
from classi.formation import solve

LIMIT = 30.0
SCHOOLS = (("200/8", 1), ("200/8", 3), ("300/13", 1), ("300/13", 2), ("300/13", 4))
BUNDLED = ("secondaria-due-plessi", "primaria-modulo-tempopieno")

CHOICES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "no blocks": {"blocks": lambda *_: []},
    "no question at the bound": {"IDEAL_SECONDS": 0.0},
    "neither": {"blocks": lambda *_: [], "IDEAL_SECONDS": 0.0},
    "neither, CP-SAT's own portfolio": {"blocks": lambda *_: [], "IDEAL_SECONDS": 0.0, "PROVERS": ()},
    "neither, core and default_lp in two threads": {
        "blocks": lambda *_: [], "IDEAL_SECONDS": 0.0, "PROVERS": ("core", "default_lp"),
    },
}  # fmt: skip


@contextmanager
def switched(choice: str) -> Iterator[None]:
    """Solve with one choice taken back inside the ``with`` block."""
    with mock.patch.multiple(solve, **CHOICES[choice]) if CHOICES[choice] else mock.patch.dict({}):
        yield


def choices(journal: Journal, seeds: int | None, say: Say) -> str:
    """Measure each choice on the same schools, one after the other."""
    problems = {f"{name} seed {seed}": partial(_generated, name, seed) for name, seed in SCHOOLS[:seeds]}
    problems |= {name: partial(_bundled, name) for name in BUNDLED}
    rows = []
    for name, make in problems.items():
        row: list[object] = [name]
        for choice in CHOICES:
            figures = journal.get(partial(_once, make, choice), suite="choices", case=name, choice=choice)
            say(say_line(f"{name}, {choice}", figures))
            row.append(f"{seconds(figures['seconds'])} s" if figures["status"] == "proved" else "open")
        rows.append(row)
    note = f"Seconds to the proof of every tier; “open” = not within {LIMIT:.0f} s. One run each.\n\n"
    return f"### Choices inside the solver\n\n{note}{markdown(('school', *CHOICES), rows)}"


def _generated(name: str, seed: int) -> Problem:
    return Problem.of(REGISTRY[name].make(seed))


def _bundled(name: str) -> Problem:
    case = Case.read(resources.instances() / name)
    return Problem(case.school, tuple(case.terms))


def _once(make: Any, choice: str) -> Figures:
    with switched(choice):
        return plain(ours(make(), LIMIT, 0))
