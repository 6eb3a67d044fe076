"""What is measured: whole commands, from start to end; the search alone is `classi bench run`."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.cases import REGISTRY, write_folder
from benchmarks.journal import Figures, Journal
from benchmarks.tables import markdown, seconds, spread
from classi.bench.records import gap

FORM_SECONDS = 60.0
USUAL = ("60/3", "125/5")
RUNS = 5
CLASSI = (sys.executable, "-c", "from classi.cli import main; main()")
Say = Callable[[str], None]


def run_classi(*arguments: object, limit: float = 300.0) -> Figures:
    """Run a `classi` command in a process of its own: seconds, megabytes, exit code."""
    return run_command(*CLASSI, *arguments, limit=limit)


def run_command(*command: object, limit: float = 300.0) -> Figures:
    """Run any command in a process of its own: seconds, megabytes, exit code."""
    helper = [sys.executable, "-I", "-S", str(Path(__file__).with_name("measure.py")), str(limit)]
    done = subprocess.run([*helper, *map(str, command)], check=True, stdout=subprocess.PIPE, text=True)
    figures: Figures = json.loads(done.stdout)
    return figures


def expect(figures: Figures, *codes: int) -> Figures:
    """Return the figures of a command that ended as it should.

    Raises
    ------
    RuntimeError
        On any other exit code: a command that fails must not be timed.
    """
    if figures["code"] not in codes:
        raise RuntimeError(f"the command ended with {figures['code']}, not {' or '.join(map(str, codes))}")
    return figures


# --- usual: the whole command ---


def _form_once(name: str, seed: int) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        case = write_folder(Path(folder) / "case", REGISTRY[name].make(seed))
        out = Path(folder) / "out"
        figures = expect(run_classi("form", case, "--out", out, "--time-limit", FORM_SECONDS), 0)
        certificate = json.loads((out / "certificato.json").read_text(encoding="utf-8"))
    tiers = [{k: t[k] for k in ("tier", "value", "bound")} for t in certificate["tiers"]]
    return {**figures, "status": certificate["status"], "tiers": tiers}


def usual(journal: Journal, seeds: int | None, say: Say) -> str:
    """Measure `classi form` on the usual schools, from start to report."""
    rows = []
    for name in USUAL:
        chosen = REGISTRY[name].seeds[:seeds]
        found = []
        for seed in chosen:
            found.append(journal.get(partial(_form_once, name, seed), suite="usual", case=name, seed=seed))
            say(_say_line(f"form {name} seed {seed}", found[-1]))
        proved = sum(f["status"] == "OPTIMAL" for f in found)
        gaps = [gap(t["value"], t["bound"]) or 0.0 for f in found for t in f["tiers"]]
        rows.append([
            name, f"{proved} of {len(chosen)}", spread([f["seconds"] for f in found]),
            f"{max(f['peak_mb'] for f in found):.0f}", f"{max(gaps):.0%}",
        ])  # fmt: skip
    headings = (
        "pupils/classes",
        "proved in every tier",
        "whole command, s (median / worst)",
        "peak MB",
        "worst gap of a tier",
    )
    text = f"`classi form CASE --out DIR --time-limit {FORM_SECONDS:.0f}`, from start to report, one run a seed.\n\n"
    return f"### The usual school, the whole command\n\n{text}{markdown(headings, rows)}"


def _say_line(what: str, figures: Figures) -> str:
    return f"{what}: {figures['status']} {seconds(figures['seconds'])} s, {_values(figures)}"


def _values(figures: Figures) -> str:
    """Write the value of each tier, and its bound where that is another."""
    tiers = [(t["value"], t["bound"]) for t in figures["tiers"]]
    return " ".join(f"{value}" if value == bound else f"{value}/{bound}" for value, bound in tiers) or "nothing found"


# --- limits: the other commands ---


def limits(journal: Journal, seeds: int | None, say: Say) -> str:
    """Measure the commands that do not search."""
    jobs: tuple[tuple[str, Callable[[int], Figures]], ...] = (
        ("`classi demo`, from start to report", _demo),
        ("`classi check`, 1,000 rows with 500 errors", _check),
        ("`classi audit`, 10,000 pupils in 417 classes", _audit),
    )
    rows = []
    for title, job in jobs:
        found = []
        for run in range(1, (seeds or RUNS) + 1):
            found.append(journal.get(partial(job, run), suite="limits", job=job.__name__, run=run))
            say(f"{title} run {run}: {seconds(found[-1]['seconds'])} s")
        rows.append([title, spread([f["seconds"] for f in found]), f"{max(f['peak_mb'] for f in found):.0f}"])
    return "### Other commands\n\n" + markdown(("command", "s (median / worst)", "peak MB"), rows)


def _demo(_run: int) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        return expect(run_classi("demo", "--out", Path(folder) / "demo"), 0)


def _check(run: int) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        case = write_folder(Path(folder) / "case", REGISTRY["1000 rows"].make(run), errors=500)
        return expect(run_classi("check", case), 2)


def _audit(run: int) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        formed = Path(folder) / "out"
        case = write_folder(Path(folder) / "case", REGISTRY["10000 rows"].make(run), formed=formed)
        return expect(run_classi("audit", case, formed), 0)


SUITES: dict[str, Callable[[Journal, int | None, Say], str]] = {
    "usual": usual,
    "limits": limits,
}
