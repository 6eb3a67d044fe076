"""What an audit of admissions collects on its way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Findings:
    """Collected while checking; see `classi.audit.admission.AdmissionAudit`."""

    differences: list[str] = field(default_factory=list)
    checked: Counter[str] = field(default_factory=Counter)
    shown_by: Counter[tuple[int, ...]] = field(default_factory=Counter)
    unshown: list[tuple[str, str, str]] = field(default_factory=list)
    kept: list[tuple[str, str, int]] = field(default_factory=list)

    def wrong(self, sentence: str, **fields: Any) -> None:
        """Note a difference."""
        self.differences.append(sentence.format(**fields))


@dataclass(frozen=True)
class Decisions:
    """The recorded decisions that touch a ranking, those annulled left out.

    Attributes
    ----------
    points : points given, by applicant and title; several for one title add up.
    excluded : the applicants excluded.
    seats : the options granted, by round and applicant.
    definitive : the rounds whose ranking is definitive.
    """

    points: Mapping[str, Mapping[str, int]]
    excluded: frozenset[str]
    seats: Mapping[tuple[str, str], Mapping[str, Any]]
    definitive: frozenset[str]


def decided(entries: Sequence[Mapping[str, Any]]) -> Decisions:
    """Sort out the entries of ``decisioni.jsonl``, in order."""
    annulled = {entry["entry"] for entry in entries if entry["kind"] == "annullamento"}
    active = [entry for k, entry in enumerate(entries, 1) if entry.get("n", k) not in annulled]
    points: dict[str, Counter[str]] = {}
    for entry in active:
        if entry["kind"] == "punti":
            points.setdefault(entry["id"], Counter())[entry["title"]] += entry["points"]
    return Decisions(
        points,
        frozenset(entry["id"] for entry in active if entry["kind"] == "esclusione"),
        {(entry["round"], entry["id"]): entry["option"] for entry in active if entry["kind"] == "ammissione_ds"},
        frozenset(entry["round"] for entry in active if entry["kind"] == "definitiva"),
    )
