"""Measure, and write the tables: ``python -m benchmarks.run``."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from benchmarks.choices import choices
from benchmarks.growth import admissions
from benchmarks.journal import Journal, fingerprint
from benchmarks.suites import SUITES as PLAIN
from benchmarks.tables import machine

HEAD = """# Measured

Written by the command below; nothing here is typed by hand. Machine: {machine}. Read the ratios, not the seconds: other
machines differ. What each table means: `benchmarks/README.md`.

```sh
{command}
```
"""


SUITES = {**PLAIN, "choices": choices, "admissions": admissions}


def main(arguments: list[str] | None = None) -> None:
    """Run the suites asked for and print their tables, or write them."""
    options = _parser().parse_args(arguments)
    journal = Journal(options.journal, fingerprint())
    command = "python -m benchmarks.run " + shlex.join(sys.argv[1:] if arguments is None else arguments)
    suites = [SUITES[name] for name in ([options.suite] if options.suite else SUITES)]
    parts = [suite(journal, options.seeds, _say) for suite in suites]
    text = "\n".join([HEAD.format(machine=machine(), command=command.strip()), *parts])
    if options.out is None:
        print(text)
    else:
        options.out.write_text(text, encoding="utf-8")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--suite", choices=list(SUITES), help="only this one (default: all)")
    parser.add_argument("--seeds", type=_positive, metavar="N", help="only the first N seeds of each case, or N runs")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the tables there instead of printing them")
    parser.add_argument(
        "--journal", type=Path, metavar="FILE", default=Path("build/benchmarks.jsonl"),
        help="measurements already made; the same command run again goes on from there (default: %(default)s)",
    )  # fmt: skip
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    main()
