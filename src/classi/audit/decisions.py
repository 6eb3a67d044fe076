"""The auditor's own reading of recorded corrections; nothing is shared with the other reader of ``decisioni.jsonl``."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from pathlib import Path
from typing import Any

from classi.audit.cells import as_text, column_names
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.sheets import read_small

DECISIONS = "decisioni.jsonl"
LEFT = frozenset({"rinuncia", "ritiro", "decadenza"})
PLACED = frozenset({"subentro", "trasferimento", "subentro_corso", "iscrizione", "scambio", "riformazione"})
"""Decisions after which a pupil is of the school, whatever was decided before."""


def read_decisions(case: Path) -> list[dict[str, Any]]:
    """Return the recorded decisions of a case, in order, their chain verified; none where there is no file."""
    file = (case if case.is_dir() else case.parent) / DECISIONS
    return _entries(read_small(file)) if file.exists() else []


def departed(case: Path) -> frozenset[str]:
    """Return the pupils who left by a decision that was not annulled, and whom no later one gave a class again."""
    entries = read_decisions(case)
    undone = {entry["entry"] for entry in entries if entry["kind"] == "annullamento"}
    gone: set[str] = set()
    for k, entry in enumerate(entries, 1):
        if k in undone or entry["kind"] not in LEFT | PLACED:
            continue
        moves = entry.get("moves")
        named = [entry.get("id"), entry.get("other"), *(moves if isinstance(moves, dict) else ())]
        pupils = {unicodedata.normalize("NFC", name) for name in named if isinstance(name, str)}
        gone = gone | pupils if entry["kind"] in LEFT else gone - pupils
    return frozenset(gone)


def correct_rows(case: Path, rows: list[tuple[int, list[Any]]]) -> list[tuple[int, list[Any]]]:
    """Return the pupils' raw rows, the header first, with every correction that was not annulled in its cells.

    Raises
    ------
    InputError
        At the first line that does not hang on the one before, and at a correction that fits no pupil or column.
    """
    entries = read_decisions(case)
    if not entries:
        return rows
    undone = {entry["entry"] for entry in entries if entry["kind"] == "annullamento"}
    width = max(len(cells) for _number, cells in rows)
    grid = [[*cells, *[None] * (width - len(cells))] for _number, cells in rows]
    for k, entry in enumerate(entries, 1):
        if entry["kind"] == "correzione" and k not in undone:
            _correct(grid, entry, k)
    return [(number, cells) for (number, _cells), cells in zip(rows, grid, strict=True)]


def _entries(content: bytes) -> list[dict[str, Any]]:
    """Return the lines, each checked against its own hash and against the hash of the line before."""
    entries: list[dict[str, Any]] = []
    before = ""
    for k, line in enumerate(content.removesuffix(b"\n").split(b"\n") if content else (), 1):
        try:
            entry = json.loads(line.decode(), object_pairs_hook=_each_once)
            claimed = entry.pop("hash")
            sealed = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            whole = hashlib.sha256(sealed.encode()).hexdigest() == claimed
            sound = whole and (entry["n"], entry["previous"]) == (k, before)
            sound = sound and (entry["kind"] != "annullamento" or isinstance(entry["entry"], int))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            sound = False
        if not sound:
            raise _wrong(_("The chain of the recorded decisions is broken at this line."), k)
        entries.append(entry)
        before = claimed
    return entries


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _value in pairs}) != len(pairs):
        raise ValueError(pairs)
    return dict(pairs)


def _correct(grid: list[list[Any]], entry: dict[str, Any], row: int) -> None:
    header, *body = grid
    names = column_names("alunni", header)
    try:
        pupil = unicodedata.normalize("NFC", entry["id"])
        texts = [unicodedata.normalize("NFC", text) for text in entry["changes"].values()]
        columns = column_names("alunni", list(entry["changes"]))
        key = names.index("id")
        cells = next(cells for cells in body if cells[key] is not None and as_text(cells[key]) == pupil)
        fits = {"", "id"}.isdisjoint(columns) and len(set(columns)) == len(columns)
    except (KeyError, ValueError, TypeError, AttributeError, StopIteration):
        fits = False
    if not fits:
        raise _wrong(_("This correction fits no pupil of the case, or no column."), row)
    for name, header_text, text in zip(columns, entry["changes"], texts, strict=True):
        if name not in names:
            names.append(name)
            for each in body:
                each.append(None)
            header.append(header_text)
        cells[names.index(name)] = text if text.strip() else None


def _wrong(message: str, row: int) -> InputError:
    return InputError([Problem(message, DECISIONS, row=row)])
