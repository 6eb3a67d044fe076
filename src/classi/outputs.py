"""Whether a folder may be written to: it is one, it is not a case's, and nothing is written over silently."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from classi.case import REGULATION
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.tables.write import refuse_existing


def check_folder(out: Path, names: Iterable[str] = (), *, force: bool) -> None:
    """Raise `InputError` where files should not be written.

    Parameters
    ----------
    out : the folder; it need not exist.
    names : of the files to write.
    force : they may be written over.
    """
    if out.exists() and not out.is_dir():
        raise InputError([Problem(_("{out} is a file: a folder is needed.").format(out=out.name), out.name)])
    if (out / REGULATION).exists():
        text = _("{out} is the folder of a case: the result needs a folder of its own.")
        raise InputError([Problem(text.format(out=out.name), out.name)])
    if not force:
        refuse_existing(out / name for name in names)
