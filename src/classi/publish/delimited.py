"""Reads csv and plain texts that are to be published, with the marks a table of cells would lose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from classi.errors import InputError, Problem
from classi.i18n import _
from classi.publish.table import Document, Finding, Table, unlike_most
from classi.sheets import read_sheets, read_small

LARGEST = 5_000_000
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


def read_text(path: Path) -> str:
    """Return the content of a text file.

    Raises
    ------
    InputError
        When it cannot be opened, is too large, or is no text.
    """
    try:
        data = read_small(path, LARGEST)
    except OSError:
        raise InputError([Problem(_("The file cannot be opened."), path.name)]) from None
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InputError([Problem(_("The file is not a text."), path.name)])


def read_csv(path: Path) -> Document:
    """Read a file with a separator as a table."""
    text = read_text(path)
    grids = read_sheets(path).grids.values()
    return Document(tuple(Table(grid.rows) for grid in grids), findings=tuple(_raw(text)))


def read_lines(path: Path) -> Document:
    """Read a plain text; one that has separators is read as a table."""
    text = read_text(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    if ";" in first or "\t" in first:
        return read_csv(path)
    lines = tuple((n, (line,)) for n, line in enumerate(text.splitlines(), 1) if line.strip())
    blank = (n for n, line in enumerate(text.splitlines(), 1) if line and not line.strip())
    found = tuple(Finding(_("this line holds blanks alone: take them away."), row=n, line=True) for n in blank)
    return Document((Table(lines, headed=False),), findings=found)


def _raw(text: str) -> Iterator[Finding]:
    """Yield what can mark a row and is gone once the row is cells: blanks, quotation marks, ends of lines."""
    lines = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    bare = [(n, _QUOTED.sub('""', line)) for n, line in lines]
    for n, line in bare:
        whole = line.removesuffix("\r")
        if (whole[-1].isspace() and whole[-1] != "\t") or re.search(r"[^\S\t][;\t]|[;\t][^\S\t]", whole):
            message = _("blanks before, after or doubled inside a text can mark a pupil: take them away.")
            yield Finding(message, row=n, line=True)
    rest = bare[1:]
    for n in unlike_most([(n, line.count('"')) for n, line in rest]):
        yield Finding(_("the quotation marks are not as in the other lines: they can mark a pupil."), row=n, line=True)
    for n in unlike_most([(n, line.count(";")) for n, line in rest]):
        yield Finding(_("the separators are not as in the other lines: they can mark a pupil."), row=n, line=True)
    ends = [(n, line.endswith("\r")) for n, line in (rest if text.endswith("\n") else rest[:-1])]
    for n in unlike_most(ends):
        yield Finding(_("the line does not end as the others: it can mark a pupil."), row=n, line=True)
