"""Writes files whole or not at all; private ones for their owner only."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from classi.sheets import is_guarded

BOM = b"\xef\xbb\xbf"
PRIVATE = 0o600
_SPECIAL = re.compile('[;"\r\n]')


@contextlib.contextmanager
def staged(path: Path, data: bytes, mode: int) -> Iterator[Path]:
    """Give, inside the ``with`` block, a file beside `path` that holds `data`; it is gone afterwards.

    Raises
    ------
    OSError
        When the folder cannot be written; nothing is left behind.
    """
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def put(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Write a file so that either the old content or the whole new one is there; `mode` is cut by the umask."""
    with staged(path, data, mode) as temporary:
        temporary.replace(path)


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a csv (``;``, UTF-8 with BOM) that no spreadsheet takes for formulas.

    One cell that needs quotation marks gives them to every cell: which rows are quoted must say nothing.
    """
    table = [[_guarded(cell) for cell in row] for row in (header, *rows)]
    if any(_SPECIAL.search(cell) for row in table for cell in row):
        table = [['"' + cell.replace('"', '""') + '"' for cell in row] for row in table]
    return BOM + "".join(";".join(row) + "\n" for row in table).encode("utf-8")


def _guarded(text: str) -> str:
    return f"'{text}" if is_guarded(f"'{text}") else text
