"""Measurements already made, one JSON line each, so that a long run can be stopped and taken up again."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import classi

Figures = dict[str, Any]


def fingerprint() -> str:
    """Return what a measurement depends on besides its own settings: every source file and the versions below it."""
    digest = hashlib.sha256(f"{platform.python_version()} {version('ortools')} {os.cpu_count()}".encode())
    for root in (Path(classi.__file__).parent, Path(__file__).parent):
        for file in sorted(root.rglob("*.py")):
            digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


class Journal:
    """A file of measurements keyed by what was measured and by the code that was measured.

    Parameters
    ----------
    path : the file; made at the first measurement, appended to afterwards.
    code : see `fingerprint`; measurements of other code are kept in the file and not used.
    """

    def __init__(self, path: Path, code: str) -> None:
        self.path, self.code = path, code
        self._known: dict[str, Figures] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                self._learn(line)

    def _learn(self, line: str) -> None:
        try:
            entry = json.loads(line)
        except ValueError:  # the last line of a run that was killed while writing
            return
        if entry["code"] == self.code:
            self._known[_key(entry["what"])] = entry["figures"]

    def get(self, measure: Callable[[], Figures], **what: Any) -> Figures:
        """Return the figures of a measurement, made now unless they are known."""
        key = _key(what)
        if key not in self._known:
            self._known[key] = figures = measure()
            line = json.dumps({"code": self.code, "what": what, "figures": figures}, sort_keys=True)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        return self._known[key]


def _key(what: dict[str, Any]) -> str:
    return json.dumps(what, sort_keys=True)
