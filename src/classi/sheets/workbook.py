"""Reads a workbook: kind found out, zip and XML measured here, cells parsed in a child process that can be killed."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from math import ceil
from pathlib import Path
from typing import Any

from classi.errors import InputError, Problem
from classi.i18n import _, ngettext
from classi.sheets.archive import Archive, Refused, damaged, open_archive
from classi.sheets.cells import Cell, Grid, grid_of
from classi.sheets.scan import Lost, Scan, scan_ods, scan_xlsx

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHILD = Path(__file__).with_name("child.py")


def read_workbook(
    data: bytes, file: str, deadline: float, memory_mb: int
) -> tuple[dict[str, Grid], tuple[Problem, ...]]:
    """Read the bytes of an .xlsx or .ods file.

    Returns
    -------
    The grids by sheet, and a warning for each sheet with cells whose content is lost.

    Raises
    ------
    InputError
        When the file cannot be read, with the reason.
    """
    try:
        scan = _scanned(data, deadline)
        answer = _parsed(data, deadline, memory_mb)
    except Refused as refused:
        message = _("The workbook {file} cannot be read. {reason}").format(file=file, reason=refused)
        raise InputError([Problem(message, file)]) from None
    grids = {name: grid_of(name, [(row, _cells(cells)) for row, cells in rows]) for name, rows in answer}
    return grids, tuple(_lost(scan, file))


def _scanned(data: bytes, deadline: float) -> Scan:
    if data.startswith(_OLE):
        raise Refused(_("It is in the old .xls format, or protected by a password: save it as .xlsx without one."))
    archive = open_archive(data, deadline)
    if "xl/workbook.xml" in archive.parts:
        return scan_xlsx(archive)
    if "content.xml" in archive.parts:
        if b"encryption-data" in b"".join(_manifest(archive)):
            raise Refused(_("It is protected by a password: save it without one."))
        return scan_ods(archive)
    if "encrypted-package" in archive.parts:
        raise Refused(_("It is protected by a password: save it without one."))
    raise Refused(damaged())


def _manifest(archive: Archive) -> Iterator[bytes]:
    if "META-INF/manifest.xml" in archive.parts:
        yield from archive.pieces("META-INF/manifest.xml")


def _parsed(data: bytes, deadline: float, memory_mb: int) -> list[Any]:
    """Run the child; whatever becomes of it, this process goes on."""
    spec = importlib.util.find_spec("python_calamine")
    if spec is None or spec.origin is None:
        raise Refused(_("The package python-calamine, which reads workbooks, is not installed."))
    left = deadline - time.monotonic()
    folder = str(Path(spec.origin).parent.parent)
    # -I -S: nothing of the user's environment is imported, so the start is quick and always the same.
    command = [sys.executable, "-I", "-S", str(_CHILD), folder, str(memory_mb << 20), str(max(1, ceil(left)))]
    try:
        done = subprocess.run(
            command,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=max(left, 0.001),
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired:
        raise Refused(_("Reading it takes too long: it has been given up.")) from None
    except OSError:
        raise Refused(_("The process that reads workbooks could not be started.")) from None
    if done.returncode != 0:
        raise Refused(_("It is damaged, or it needs too much memory."))
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise Refused(_reason(answer["error"]))
    sheets: list[Any] = answer["sheets"]
    return sheets


def _reason(code: str) -> str:
    return {
        "size": _("Its content, once unpacked, is far too large for a table of pupils."),
        "password": _("It is protected by a password: save it without one."),
    }.get(code, damaged())


def _cells(cells: list[Any]) -> list[Cell]:
    return [date.fromisoformat(cell[0]) if isinstance(cell, list) else cell for cell in cells]


def _lost(scan: Scan, file: str) -> Iterator[Problem]:
    for sheet, lost in scan.uncomputed.items():
        message = ngettext(
            "A cell holds a formula that was never computed ({cells}): it would be read as empty.",
            "{number} cells hold formulas that were never computed ({cells}): they would be read as empty.",
            lost.number,
        )
        hint = _("open the file in a spreadsheet program, let it compute, and save it")
        yield _at(lost, message, file, sheet, hint)
    for sheet, lost in scan.errors.items():
        message = ngettext(
            "A cell holds an error such as #N/A ({cells}): it would be read as empty.",
            "{number} cells hold errors such as #N/A ({cells}): they would be read as empty.",
            lost.number,
        )
        yield _at(lost, message, file, sheet, _("correct the formula, or write the value"))


def _at(lost: Lost, message: str, file: str, sheet: str, hint: str) -> Problem:
    names = ", ".join(name for _row, name in lost.cells) + (", …" if lost.number > len(lost.cells) else "")
    row = lost.cells[0][0]
    return Problem(message.format(number=lost.number, cells=names), file, sheet, row, hint=hint, warning=True)
