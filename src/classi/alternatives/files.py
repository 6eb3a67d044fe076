"""Writes the best split with the others beside it, and takes away those of an earlier search."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from classi.alternatives.found import Alternative
from classi.draw import draw_name
from classi.recount import read_certificate
from classi.workflow import OUTPUTS, Result, refuse_overwrite, write_result


def write_alternatives(
    result: Result, found: Sequence[Alternative] | None, out: str | Path, *, force: bool = False
) -> None:
    """Write the best split to `out`, and each other to a folder inside it, all of them results like any other.

    The certificate of the best says under ``alternatives`` where the others are and what they cost; with ``None`` for
    `found` nobody asked for any, and it says nothing. It is written last. Alternatives of an earlier search that is
    written over are taken away.

    Raises
    ------
    InputError
        If one of the folders already holds a result and `force` is not set.
    AuditFailure
        If the count from the written files differs from a certificate.
    """
    out = Path(out)
    folders = [a.folder for a in found or ()]
    refuse_result(out, folders, force=force)
    old = _written_before(out)
    out.mkdir(parents=True, exist_ok=True)
    for alternative in found or ():
        write_result(alternative.result, out / alternative.folder, force=force)
    if found is not None:
        listed = [summary(result, a) for a in found]
        result = replace(result, certificate={**result.certificate, "alternatives": listed})
    write_result(result, out, force=force)
    for folder in old.difference(folders):
        _forget(out / folder)


def refuse_result(out: Path, folders: Iterable[str], *, force: bool) -> None:
    """Raise `InputError` when `out` or one of the folders inside it cannot be written to; see `refuse_overwrite`."""
    for folder in (out, *(out / name for name in folders)):
        refuse_overwrite(folder, force=force)


def summary(result: Result, alternative: Alternative) -> dict[str, Any]:
    """Return what the certificate of the best says of another split; ``more`` is what it costs more than the best."""
    best = {t["tier"]: t["value"] for t in result.certificate["tiers"]}
    return {
        "name": alternative.name,
        "folder": alternative.folder,
        "profile": alternative.profile or None,
        "tiers": [{**t, "more": t["value"] - best[t["tier"]]} for t in alternative.tiers],
        "distances": dict(alternative.distances),
    }


def _written_before(out: Path) -> set[str]:
    """Return the folders that the certificate in `out` lists: a search that replaces it replaces them."""
    listed = read_certificate(out).get("alternatives")
    names = [a.get("folder") for a in listed if isinstance(a, dict)] if isinstance(listed, list) else []
    return {str(name) for name in names if name and draw_name(str(name)) == name and (out / str(name)).is_dir()}


def _forget(folder: Path) -> None:
    """Take away what classi wrote to a folder, and the folder if nothing else is in it."""
    if not any(f.name not in OUTPUTS for f in folder.iterdir()):
        shutil.rmtree(folder)
        return
    for name in OUTPUTS:
        (folder / name).unlink(missing_ok=True)
