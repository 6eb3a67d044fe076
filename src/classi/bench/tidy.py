"""Writes the tables of the fairness tools for pandas, R and the like: csv or parquet."""

from __future__ import annotations

import importlib.util
from io import BytesIO
from pathlib import Path

import pandas as pd  # type: ignore[import-untyped,unused-ignore]

from classi.durable import write_atomic
from classi.errors import InputError, Problem
from classi.i18n import _

CSV, PARQUET = ".csv", ".parquet"


def check(path: str | Path) -> None:
    """Look whether a table can be written to `path`, before hours are spent on making it.

    Raises
    ------
    InputError
        If the suffix is neither ``.csv`` nor ``.parquet``, the folder is not there, or parquet needs a library that is
        not installed.
    """
    path = Path(path)
    problems = []
    if path.suffix.lower() not in (CSV, PARQUET):
        problems.append(_("A name that ends in .csv or .parquet is expected."))
    elif path.suffix.lower() == PARQUET and importlib.util.find_spec("pyarrow") is None:
        problems.append(_("Parquet needs the library pyarrow, which is not installed: install it, or write a .csv."))
    if not path.parent.is_dir():
        problems.append(_("The folder {folder} does not exist.").format(folder=path.parent))
    if problems:
        raise InputError([Problem(text, path.name) for text in problems])


def write(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table as its suffix says, whole or not at all; a file already there is replaced.

    A csv has commas, decimal points and UTF-8 without a mark, as ``pandas.read_csv`` expects; what is not known is an
    empty cell. Cells are written as they are: open it with pandas, and with a spreadsheet only if you trust its texts.

    Raises
    ------
    InputError
        As `check`.
    """
    path = Path(path)
    check(path)
    if path.suffix.lower() == CSV:
        write_atomic(path, table.to_csv(index=False, lineterminator="\n").encode())
        return
    content = BytesIO()
    table.to_parquet(content, index=False)
    write_atomic(path, content.getvalue())
