"""Limits that are counted and said, and never refuse anybody."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from classi.admissions.facts import Facts
from classi.domain import School
from classi.procedure import Procedure


@dataclass(frozen=True)
class Watched:
    """A limit that is only watched: what was found against it."""

    name: str
    found: int
    limit: int
    why: str

    @property
    def over(self) -> bool:
        """True when the limit is passed."""
        return self.found > self.limit


def watch_counts(school: School, procedure: Procedure) -> list[Watched]:
    """Count the limits that refuse nobody."""
    facts = Facts(school, procedure)
    everybody = range(len(school.pupils))
    counted = []
    for watch in procedure.watch:
        found = sum(facts.meets(p, watch.of) for p in everybody)
        share = floor((watch.percent or 0) * (watch.population or len(everybody)) / 100)
        limit = share if watch.limit is None else watch.limit
        counted.append(Watched(watch.name, found, limit, watch.why))
    return counted
