"""The report of a benchmark: targets, figures by family and size, methods side by side, plots, and a tidy table.

Written in the current language. The same records give the same bytes, wherever the same libraries are installed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from classi.bench.axes import PLOT_LIBRARIES
from classi.bench.gaps import contradictions
from classi.bench.plots import Plot, draw
from classi.bench.records import Record, Sweep
from classi.bench.summary import (
    MAIN,
    TIDY_COLUMNS,
    MethodRow,
    SizeRow,
    equal_time,
    latest,
    method_names,
    method_rows,
    shared,
    size_rows,
    tidy_rows,
)  # fmt: skip
from classi.bench.targets import say_worse, targets
from classi.bench.tidy import write
from classi.bench.words import families, of_whole, plain, say_seconds, span, table
from classi.durable import write_atomic
from classi.i18n import _, ngettext
from classi.report.words import say_number, say_percent

if TYPE_CHECKING:
    import pandas as pd

RESULTS, CSV, PARQUET, PLOTS = "RESULTS.md", "results.csv", "results.parquet", "plots"
MOST_WORSE = 3
"""Sums in which others are better, said in full for a method; the rest are counted."""


def write_report(records: Sequence[Record], out: Path, command: str, sweeps: Sequence[Sweep] = ()) -> list[Path]:
    """Write ``RESULTS.md``, ``plots/*.svg``, ``results.csv`` and, where pyarrow is installed, ``results.parquet``.

    Files already there are replaced. Without matplotlib and SciPy there are no plots, and the report says so.

    Parameters
    ----------
    records : measurements, oldest first; of the same school, method, time limit and threads only the last one counts.
    out : folder, made if need be.
    command : what made them, as it is to be shown.
    sweeps : how long whole sweeps of them took.

    Returns
    -------
    The files written.

    Raises
    ------
    OSError
        When the folder cannot be written.
    """
    kept = latest(records)
    (out / PLOTS).mkdir(parents=True, exist_ok=True)
    plots = draw(kept) if not _missing(*PLOT_LIBRARIES) else []
    files = {f"{PLOTS}/{plot.name}": plot.svg for plot in plots}
    files[RESULTS] = results(kept, command, plots, len(records) - len(kept), sweeps).encode()
    for name, data in files.items():
        write_atomic(out / name, data)
    tables = [out / CSV] if _missing("pyarrow") else [out / CSV, out / PARQUET]
    for path in tables:
        write(frame(kept), path)
    return [*(out / name for name in files), *tables]


def _missing(*libraries: str) -> list[str]:
    return [library for library in libraries if find_spec(library) is None]


def frame(records: Iterable[Record]) -> pd.DataFrame:
    """Return a table of rows of three kinds, told apart by the column `of`: see `classi.bench.summary.tidy_rows`."""
    import pandas as pd  # noqa: PLC0415 - half a second that only those who ask should pay

    whole = (
        "pupils", "classes", "seed", "threads", "hard", "parts", "parts_proved", "number", "value", "bound",
        "best_bound",
    )  # fmt: skip
    exact = ("limit", "seconds", "cpu_seconds", "peak_mb", "to_proof", "to_one_percent", "gap", "best_gap")
    rows = pd.DataFrame(tidy_rows(records), columns=list(TIDY_COLUMNS))
    kinds = {
        **dict.fromkeys(rows.columns, "string"),
        **dict.fromkeys(whole, "Int64"),
        **dict.fromkeys(exact, "Float64"),
    }
    return rows.astype(kinds)


# --- RESULTS.md ---


def results(
    records: Sequence[Record], command: str, plots: Sequence[Plot], replaced: int = 0, sweeps: Sequence[Sweep] = ()
) -> str:
    """Return the text of the report, Markdown.

    Parameters
    ----------
    records : one of each school, method, time limit and number of threads.
    command : what made them.
    plots : the plots the text shows, by their place under ``plots/``.
    replaced : older measurements of the same that are left out.
    sweeps : sessions of sweeps.
    """
    paragraphs = [
        "# " + _("Results of the benchmark"),
        f"```sh\n{command}\n```",
        *_provenance(records, replaced),
        "## " + _("How to read"),
        _how_to_read(),
        *absent(),
        "## " + _("Targets"),
        _targets(records, sweeps),
        *_contradictions(records),
    ]
    for family in sorted({r.family for r in records}):
        paragraphs += _family([r for r in records if r.family == family], family, plots)
    paragraphs += _failures(records)
    return "\n\n".join(paragraphs) + "\n"


def _provenance(records: Sequence[Record], replaced: int) -> Iterator[str]:
    """Yield where the figures come from: how many, of which code, on which machines."""
    if not records:
        yield _("No measurements: nothing was run, or the store is empty.")
        return
    text = ngettext("{number} measurement.", "{number} measurements.", len(records)).format(number=len(records))
    if replaced:
        text += " " + _("{number} older ones of the same school, method and time were replaced.").format(
            number=replaced
        )
    yield text
    codes = sorted({r.code for r in records})
    yield _("Version of the code: {codes}.").format(codes=", ".join(f"`{code}`" for code in codes))
    if len(codes) > 1:
        yield "**" + _("Measurements of several versions of the code are mixed here.") + "**"
    machines = {", ".join(f"{name} {value}" for name, value in sorted(r.machine.items())) for r in records} - {""}
    yield _("Machine: {machines}.").format(machines="; ".join(sorted(machines)) or _("not recorded"))


def _how_to_read() -> str:
    lines = [
        _("Seconds are wall time of the method; making and reading the school is excluded. Compare methods of one run "
          "only: other machines differ."),
        _("A run that was not proved within its limit is longer than any other in a median or percentile; “–” means "
          "that such a run decides the figure."),
        _("Tiers are in order of importance; the bound of a tier holds given the values of the tiers before it. Gap = "
          "(cost − bound) / cost: with a bound of 0 any cost is a gap of 100 %. Without a bound, 0 is the bound."),
        _("Sums, costs and hard rules are counted by the auditor, who knows no method. Methods are compared at one "
          "time limit for each family and size: the one at which most were measured; sums are over the runs that ended "
          "with an assignment."),
        _("“Never worse” compares a method with each other one, criterion by criterion, on the schools where that one "
          "kept every hard rule. A method may be better in a criterion because it is worse in one that comes before."),
        _("Plots show the gap to the best bound any method proved, the largest over the tiers; without a valid "
          "assignment it is 100 %. Exponents are fitted to proved runs alone, and are too low where runs were not."),
    ]  # fmt: skip
    return "\n".join(f"- {line}" for line in lines)


def absent() -> Iterator[str]:
    """Yield what a report has not because a library is missing."""
    if missing := _missing(*PLOT_LIBRARIES):
        yield _("No plots: {libraries} not installed (`pip install classi[bench]`).").format(
            libraries=", ".join(missing)
        )
    if _missing("pyarrow"):
        yield _("No {file}: {libraries} not installed (`pip install classi[bench]`).").format(
            file=PARQUET, libraries="pyarrow"
        )


def _targets(records: Sequence[Record], sweeps: Sequence[Sweep]) -> str:
    verdict = {True: _("yes"), False: "**" + _("no") + "**", None: "–"}
    rows = [(text, reached, verdict[met]) for text, reached, met in targets(records, sweeps)]
    return table((_("target"), _("reached"), _("met")), rows)


def _contradictions(records: Sequence[Record]) -> Iterator[str]:
    if found := contradictions(records):
        yield "## " + _("Contradictions")
        yield "\n".join(f"- {plain(text)}" for text in found)


def _family(records: Sequence[Record], family: str, plots: Sequence[Plot]) -> Iterator[str]:
    yield "## " + _("Family: {family}").format(family=family)
    if about := families().get(family):
        yield f"{about[0].upper()}{about[1:]}."
    sizes = size_rows(records)
    if sizes:
        yield "### " + _("{method}, by size").format(method=MAIN)
        yield _sizes(sizes)
    compared = shared(equal_time(records))
    if len(method_names(compared)) > 1:
        rows = method_rows(compared)
        yield "### " + _("Methods")
        yield _compared(compared)
        yield _methods(rows)
        yield _criteria(rows)
    shown = [plot for plot in plots if plot.family == family]
    if shown:
        yield "### " + _("Plots")
    for plot in shown:
        yield f"![{plain(plot.alt)}]({PLOTS}/{plot.name})"


def _sizes(rows: Sequence[SizeRow]) -> str:
    headings = (
        _("pupils"), _("classes"), _("limit, s"), _("threads"), _("schools"), _("proved in every tier"),
        _("s to proof, median"),
        _("95 %"), _("worst"), _("worst gap by tier, where not proved"), _("independent parts proved"),
        _("no valid answer"), _("peak MB"),
    )  # fmt: skip
    cells = (
        (
            say_number(r.pupils), span(r.classes), span(r.limits), span(r.threads), r.runs, of_whole(r.proved, r.runs),
            say_seconds(r.median), say_seconds(r.p95), say_seconds(r.worst),
            " / ".join(map(say_percent, r.gaps)) or "–", of_whole(*r.parts), r.nothing,
            say_number(r.peak_mb, 0),
        )
        for r in rows
    )  # fmt: skip
    return table(headings, cells)


def _compared(records: Sequence[Record]) -> str:
    number = len({(r.pupils, r.seed) for r in records})
    limits = sorted({r.limit for r in records})
    text = ngettext(
        "{number} school, everybody with the same time: {limits} s (search threads: {threads}).",
        "{number} schools, everybody with the same time: {limits} s (search threads: {threads}).",
        number,
    )
    threads = sorted({r.threads for r in records})
    return text.format(number=number, limits=span((limits[0], limits[-1])), threads=span((threads[0], threads[-1])))


def _methods(rows: Sequence[MethodRow]) -> str:
    headings = (
        _("method"), _("answers"), _("hard rules kept"), _("Σ hard violations"), _("Σ cost by tier"),
        _("proved in every tier"), _("with a bound"), _("s to proof, median"), _("peak MB"), _("never worse"),
    )  # fmt: skip
    cells = (
        (
            r.method, of_whole(r.answers, r.runs), of_whole(r.kept, r.runs), r.hard,
            " / ".join(map(str, r.tiers)) or "–", of_whole(r.proved, r.runs),
            of_whole(r.bounded, r.runs), say_seconds(r.seconds), say_number(r.peak_mb, 0),
            _never_worse(r),
        )
        for r in rows
    )  # fmt: skip
    return table(headings, cells)


def _never_worse(row: MethodRow) -> str:
    if not row.compared:
        return _("nothing to compare with")
    if not row.worse:
        return _("yes")
    more = len(row.worse) - MOST_WORSE
    text = _("no") + ": " + say_worse(row.worse[:MOST_WORSE])
    return text if more <= 0 else text + "; " + _("and {number} more").format(number=more)


def _criteria(rows: Sequence[MethodRow]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row.criteria))
    headings = (_("Σ cost of each criterion"), *(row.method for row in rows))
    return table(headings, ((name, *(row.criteria.get(name, "–") for row in rows)) for name in names))


def _failures(records: Sequence[Record]) -> Iterator[str]:
    failed = [r for r in records if r.status == "failed"]
    if not failed:
        return
    yield "## " + _("Runs that failed")
    cells = ((r.family, r.pupils, r.seed, r.method, r.error or "–") for r in failed)
    yield table((_("family"), _("pupils"), _("seed"), _("method"), _("error")), cells)
