"""Where the bundled regulations and schools are, installed or in a source tree."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def models() -> Path:
    """Return the folder of the bundled regulations."""
    return _folder("models")


def instances() -> Path:
    """Return the folder of the bundled schools."""
    return _folder("instances")


def _folder(name: str) -> Path:
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent.parent / name
