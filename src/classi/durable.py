"""Writes files whole or not at all, so that they last through an interruption; private ones for their owner only."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

PUBLIC, PRIVATE = 0o666, 0o600
_FOLDERS_OPEN = os.name == "posix"  # elsewhere a folder cannot be opened, and renaming is durable by itself


@contextmanager
def staged(path: Path, data: bytes, mode: int = PUBLIC) -> Iterator[Path]:
    """Give, inside the ``with`` block, a file beside `path` that holds `data`; it is gone afterwards.

    Parameters
    ----------
    mode : who may read and write it, cut by the umask.

    Raises
    ------
    OSError
        When the folder cannot be written; nothing is left behind.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(temporary, "xb", opener=_opener(mode)) as file:  # Path.open takes no opener
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _opener(mode: int) -> Callable[[str, int], int] | None:
    return None if mode == PUBLIC else partial(os.open, mode=mode)


def write_atomic(path: Path, data: bytes, mode: int = PUBLIC) -> None:
    """Write a file so that, whatever happens meanwhile, either the old content or the whole new one is there.

    Raises
    ------
    OSError
        When the folder cannot be written; nothing is left behind.
    """
    path = Path(path)
    with staged(path, data, mode) as temporary:
        temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names of a folder last through a power cut."""
    if _FOLDERS_OPEN:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
