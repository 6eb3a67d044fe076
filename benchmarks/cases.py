"""The schools that are measured: each case registers itself and is made anew from its seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classi.generate import Generated, Knobs, generate
from classi.tables.write import write_assignment, write_case


@dataclass(frozen=True)
class Benchmark:
    """A named family of schools: its knobs, and the seeds that are measured when nobody says otherwise."""

    name: str
    knobs: Knobs
    seeds: tuple[int, ...]

    def make(self, seed: int) -> Generated:
        """Generate the school of a seed."""
        return generate(self.knobs, seed)


REGISTRY: dict[str, Benchmark] = {}


def benchmark(name: str, seeds: range) -> Callable[[Callable[[], Knobs]], Callable[[], Knobs]]:
    """Register the function below as a case: it returns the knobs of the school."""

    def register(knobs: Callable[[], Knobs]) -> Callable[[], Knobs]:
        if name in REGISTRY:
            raise ValueError(f"two benchmarks are called {name}")
        REGISTRY[name] = Benchmark(name, knobs(), tuple(seeds))
        return knobs

    return register


@benchmark("60/3", seeds=range(1, 6))
def three_classes() -> Knobs:
    """A small intake."""
    return Knobs(pupils=60, classes=3)


@benchmark("125/5", seeds=range(1, 11))
def five_classes() -> Knobs:
    """The usual school: every criterion of the generated regulation, wishes and siblings."""
    return Knobs(pupils=125, classes=5)


@benchmark("1000 rows", seeds=range(1, 6))
def thousand_rows() -> Knobs:
    """Enough rows to write five hundred mistakes in."""
    return Knobs(pupils=1000, classes=42, names=True)


@benchmark("10000 rows", seeds=range(1, 6))
def ten_thousand_rows() -> Knobs:
    """As many pupils as a large town, for the auditor."""
    return Knobs(pupils=10_000, classes=417)


BAD_CELLS: tuple[tuple[str, Callable[[int], str]], ...] = (
    ("data_nascita", lambda n: f"{32 + n % 60}/13/2014"),
    ("disabilita", lambda n: f"comma{7 + n}"),
    ("dsa", lambda _: "forse"),
    ("ripetente", lambda _: "due volte"),
    ("bes", lambda n: f"{n}?"),
)


def spoil(rows: Mapping[str, list[dict[str, Any]]], errors: int) -> dict[str, list[dict[str, Any]]]:
    """Return the tables with one bad cell in each of the first `errors` pupils' rows."""
    pupils = [dict(row) for row in rows["alunni"]]
    for n, row in enumerate(pupils[:errors]):
        column, bad = BAD_CELLS[n % len(BAD_CELLS)]
        row[column] = bad(n)
    return {**rows, "alunni": pupils}


def write_folder(folder: Path, made: Generated, *, errors: int = 0, formed: Path | None = None) -> Path:
    """Write a case as files; with `formed`, also an assignment that keeps every hard rule, in that folder."""
    write_case(folder, spoil(made.rows, errors))
    (folder / "regolamento.toml").write_text(made.regulation, encoding="utf-8")
    if formed is not None:
        if made.witness is None:
            raise ValueError("an impossible school has no assignment to write")
        formed.mkdir(parents=True, exist_ok=True)
        write_assignment(formed / "assegnazioni.csv", made.witness.items())
    return folder
