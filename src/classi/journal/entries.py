"""What was decided: entries, and what follows from all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

JOURNAL = "decisioni.jsonl"
FIELDS: Mapping[str, Mapping[str, str]] = {
    "correzione": {"id": "text", "changes": "cells", "before": "old cells"},
    "punti": {"id": "text", "title": "text", "points": "points"},
    "ammissione_ds": {"id": "text", "round": "text", "option": "option"},
    "esclusione": {"id": "text"},
    "reclamo": {"id": "text", "outcome": "outcome", "entry": "entry or null"},
    "definitiva": {"round": "text"},
    "rinuncia": {"id": "text"},
    "ritiro": {"id": "text"},
    "decadenza": {"id": "text", "absent_days": "days"},
    "subentro": {"id": "text", "class": "text", "after": "entry"},
    "trasferimento": {"id": "text", "class": "text"},
    "rinuncia_corso": {"id": "text", "round": "text"},
    "subentro_corso": {"id": "text", "round": "text", "seat": "text", "class": "text", "after": "entry"},
    "iscrizione": {"id": "text", "class": "text"},
    "scambio": {"id": "text", "other": "text", "class": "text", "other_class": "text"},
    "riformazione": {"moves": "places"},
    "annullamento": {"entry": "entry"},
}
"""The data of each kind, and what each of them is (see `classi.journal.checks`)."""
_GROUNDS: Mapping[str, str] = {"ground": "text", "exceptional": "text", "papers": "texts"}
OPTIONAL: Mapping[str, Mapping[str, str]] = {
    **dict.fromkeys(
        ("rinuncia", "ritiro", "decadenza", "subentro", "trasferimento", "scambio", "riformazione"), _GROUNDS
    ),
    "iscrizione": {**_GROUNDS, "moves": "places"},
}
"""Data that a kind may have besides; left out where there is nothing to say, as in every line before they existed."""
KINDS = tuple(FIELDS)
LEAVING = ("rinuncia", "ritiro", "decadenza")
"""Kinds by which a pupil leaves the school."""
FROZEN = frozenset({"correzione", "punti", "esclusione", "ammissione_ds"})
"""Kinds that would change a ranking, and that a definitive one therefore refuses."""
FREEING = frozenset({"rinuncia", "ritiro", "decadenza", "esclusione", "trasferimento", "subentro", "rinuncia_corso"})
"""Kinds after which the place a pupil had is free."""
FILLING = frozenset({"subentro", "subentro_corso"})
"""Kinds by which a free place is given away."""
OUTCOMES = ("accolto", "respinto", "aperto")


@dataclass(frozen=True)
class Entry:
    """A decision as recorded.

    Attributes
    ----------
    n : its number, which is its line in the file.
    when, who, why : date, who decided, for which reason.
    kind, data : what was decided; see `classi.journal`.
    hash : SHA-256 of everything above and of the hash before, in hexadecimal.
    """

    n: int
    when: date
    who: str
    why: str
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)
    hash: str = ""

    @property
    def placed(self) -> dict[str, str]:
        """Class that each pupil has because of it, empty for who leaves; nothing where no class changes."""
        if self.kind in LEAVING:
            return {self.data["id"]: ""}
        found = dict(self.data.get("moves", {}))
        pairs = (("id", "class"), ("other", "other_class"))
        return found | {self.data[who]: self.data[where] for who, where in pairs if where in self.data}


@dataclass(frozen=True)
class Journal:
    """Every entry in order; those annulled stay, and no longer count.

    Attributes
    ----------
    entries : all of them.
    sha256 : of the very bytes that were read, in hexadecimal; empty when there is no file.
    """

    entries: tuple[Entry, ...] = ()
    sha256: str = ""

    @cached_property
    def annulled(self) -> frozenset[int]:
        """Numbers of the entries that a later one undoes."""
        return frozenset(e.data["entry"] for e in self.entries if e.kind == "annullamento")

    @cached_property
    def active(self) -> tuple[Entry, ...]:
        """The entries that count."""
        return tuple(e for e in self.entries if e.n not in self.annulled)

    def of(self, kind: str) -> tuple[Entry, ...]:
        """Return the active entries of one kind."""
        return tuple(e for e in self.active if e.kind == kind)

    def corrections(self) -> dict[str, dict[str, str]]:
        """Return the corrected cells of each pupil by column as named in the entries; of two, the later counts.

        The columns of a pupil are in the order in which they were last corrected, so that writing them one after the
        other ends with the later one also where two names stand for one column.
        """
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for entry in self.of("correzione"):
            cells = found[entry.data["id"]]
            for column, text in entry.data["changes"].items():
                cells.pop(column, None)
                cells[column] = text
        return dict(found)

    def points(self) -> dict[str, tuple[Entry, ...]]:
        """Return, for each pupil who has some, the entries that give points (their data: title, points)."""
        found: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.of("punti"):
            found[entry.data["id"]].append(entry)
        return {pupil: tuple(entries) for pupil, entries in found.items()}

    def placing(self) -> dict[str, Entry]:
        """Return, for each pupil whose class somebody decided, the entry that counts last."""
        return {pupil: entry for entry in self.active for pupil in entry.placed}

    @property
    def left(self) -> frozenset[str]:
        """The pupils who left by a decision that counts, and did not come back by a later one."""
        return frozenset(pupil for pupil, entry in self.placing().items() if not entry.placed[pupil])

    def states(self) -> dict[str, Entry]:
        """Return the rounds whose ranking is definitive, each with the entry that says so."""
        return {e.data["round"]: e for e in self.of("definitiva")}

    def history(self, pupil: str) -> tuple[Entry, ...]:
        """Return everything recorded about a pupil, what was annulled and the annulments included."""
        mine = {e.n for e in self.entries if e.data.get("id") == pupil or pupil in e.placed}
        mine |= {e.n for e in self.entries if e.kind == "annullamento" and e.data["entry"] in mine}
        return tuple(e for e in self.entries if e.n in mine)
