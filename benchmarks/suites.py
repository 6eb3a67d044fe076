"""What is measured: the usual schools, the limits of the other commands, and classi beside simpler means."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.answers import Answer, Method, Tier, ours
from benchmarks.baselines import METHODS
from benchmarks.cases import REGISTRY, Problem, write_folder
from benchmarks.journal import Figures, Journal
from benchmarks.tables import markdown, ratio, seconds, spread
from classi.formation.solve import Progress

FORM_SECONDS = 60.0
GAP = 0.01
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


# --- usual: the whole command, and the search alone ---


def usual(journal: Journal, seeds: int | None, say: Say) -> str:
    """Measure the usual schools."""
    return "\n".join([_whole_commands(journal, seeds, say), _large(journal, seeds, say)])


def _form_once(name: str, seed: int) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        case = write_folder(Path(folder) / "case", REGISTRY[name].make(seed))
        out = Path(folder) / "out"
        figures = expect(run_classi("form", case, "--out", out, "--time-limit", FORM_SECONDS), 0)
        certificate = json.loads((out / "certificato.json").read_text(encoding="utf-8"))
    tiers = [{k: t[k] for k in ("tier", "value", "bound")} for t in certificate["tiers"]]
    return {**figures, "status": certificate["status"], "tiers": tiers}


def _whole_commands(journal: Journal, seeds: int | None, say: Say) -> str:
    rows = []
    for name in ("60/3", "125/5"):
        chosen = REGISTRY[name].seeds[:seeds]
        found = []
        for seed in chosen:
            found.append(journal.get(partial(_form_once, name, seed), suite="usual", case=name, seed=seed))
            say(say_line(f"form {name} seed {seed}", found[-1]))
        proved = sum(f["status"] == "OPTIMAL" for f in found)
        gaps = [_gap(Tier(**t)) for f in found for t in f["tiers"]]
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


def _gap(tier: Tier) -> float:
    if tier.bound is None:
        return 1.0
    return (tier.value - tier.bound) / tier.value if tier.value else 0.0


def seconds_to_gap(events: Sequence[Progress], tiers: Sequence[Tier], gap: float) -> float | None:
    """Return when every tier had its gap at or below `gap`, or ``None``.

    Tiers are solved in order, so it is the moment the last one gets there, provided the earlier ones ended there too.
    """
    if any(_gap(t) > gap for t in tiers):
        return None
    last = tiers[-1].tier
    within = [e.seconds for e in events if e.tier == last and e.gap is not None and e.gap <= gap]
    return min(within, default=None)


def _search_once(name: str, seed: int) -> Figures:
    events: list[Progress] = []
    answer = ours(Problem.of(REGISTRY[name].make(seed)), FORM_SECONDS, 0, events.append)
    return {**plain(answer), "to_gap": seconds_to_gap(events, answer.tiers, GAP)}


def plain(answer: Answer) -> Figures:
    return {**asdict(answer), "tiers": [asdict(t) for t in answer.tiers]}


def _large(journal: Journal, seeds: int | None, say: Say) -> str:
    rows = []
    for name in ("125/5", "125/5, one-way wishes too", "300/13"):
        chosen = REGISTRY[name].seeds[:seeds]
        found = []
        for seed in chosen:
            found.append(journal.get(partial(_search_once, name, seed), suite="search", case=name, seed=seed))
            say(say_line(f"search {name} seed {seed}", found[-1]))
        proved = [f["seconds"] if f["status"] == "proved" else None for f in found]
        near = [f["to_gap"] for f in found]
        rows.append([
            name, spread(near), sum(v is not None for v in near), spread(proved),
            f"{sum(v is not None for v in proved)} of {len(chosen)}", "; ".join(_values(f) for f in found),
        ])  # fmt: skip
    headings = (
        "pupils/classes", f"s to a gap ≤ {GAP:.0%} in every tier (median / worst)", "seeds that got there",
        "s to proof (median / worst)", f"proved within {FORM_SECONDS:.0f} s", "value/bound by tier, seed after seed",
    )  # fmt: skip
    note = "Search alone: reading, audit and report excluded. “–” = not within the time limit.\n\n"
    return f"### The search alone\n\n{note}{markdown(headings, rows)}"


def say_line(what: str, figures: Figures) -> str:
    return f"{what}: {figures['status']} {seconds(figures['seconds'])} s, {_values(figures)}"


def _values(figures: Figures) -> str:
    return " ".join(_tier_text(Tier(**t)) for t in figures["tiers"]) or figures["status"]


def _tier_text(tier: Tier) -> str:
    if tier.proved:
        return f"{tier.value}"
    return f"{tier.value}/{'?' if tier.bound is None else tier.bound}"


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


# --- compare: classi beside simpler means ---


def compare(journal: Journal, seeds: int | None, say: Say) -> str:
    """Measure every method on the same schools, with the same time."""
    name = "200/8"
    rows: list[list[Any]] = []
    found: dict[str, list[Figures]] = {method: [] for method in METHODS}
    for seed in REGISTRY[name].seeds[:seeds]:
        problem = Problem.of(REGISTRY[name].make(seed))
        for method, solve in METHODS.items():
            measure = partial(_method_once, solve, problem)
            figures = journal.get(measure, suite="compare", case=name, seed=seed, method=method)
            found[method].append(figures)
            say(say_line(f"{name} seed {seed} {method}", figures))
        rows.append([seed, *(_cell(found[method][-1]) for method in METHODS), _ratio(found)])
    note = (
        f"{name}, the same {FORM_SECONDS:.0f} s for everybody, 2 threads (c: 1). Cells: seconds to the proof of every "
        "tier, or “open”; then value (or value/bound where not proved) tier by tier. Last column: seconds of (a) : "
        "seconds of classi, both to proof; ≥ where (a) was cut off.\n\n"
    )
    headings = ("seed", *METHODS, "(a) : classi")
    return f"### Beside simpler means\n\n{note}{markdown(headings, rows)}\n{_median_ratio(found)}\n"


def _method_once(solve: Method, problem: Problem) -> Figures:
    return plain(solve(problem, FORM_SECONDS, 0))


def _cell(figures: Figures) -> str:
    if figures["status"] == "infeasible":
        return "nothing found"
    return f"{seconds(figures['seconds']) + ' s' if figures['status'] == 'proved' else 'open'}: {_values(figures)}"


def _pairs(found: dict[str, list[Figures]]) -> list[tuple[Figures, Figures]]:
    return list(zip(found["classi"], found["(a) naive CP-SAT"], strict=True))


def _ratio(found: dict[str, list[Figures]]) -> str:
    mine, naive = _pairs(found)[-1]
    if mine["status"] != "proved":
        return "–"
    return ratio(mine["seconds"], naive["seconds"], at_least=naive["status"] != "proved")


def _median_ratio(found: dict[str, list[Figures]]) -> str:
    proved = [(m, n) for m, n in _pairs(found) if m["status"] == "proved"]
    ratios = sorted(n["seconds"] / m["seconds"] for m, n in proved)
    if len(ratios) < len(found["classi"]):
        return f"classi proved {len(proved)} of {len(found['classi'])}: no median ratio."
    cut = sum(n["status"] != "proved" for _, n in proved)
    return (
        f"Median ratio {ratios[len(ratios) // 2]:.1f}×; (a) was cut off, its time therefore a lower limit, "
        f"in {cut} of {len(proved)}."
    )


SUITES: dict[str, Callable[[Journal, int | None, Say], str]] = {
    "usual": usual,
    "limits": limits,
    "compare": compare,
}
