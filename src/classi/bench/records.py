"""What is measured and what came out: the data every part of the benchmark passes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Instance:
    """One synthetic school: a family, a number of pupils, a seed; the same three give the same school everywhere."""

    family: str
    pupils: int
    seed: int

    def __str__(self) -> str:
        return f"{self.family}-{self.pupils}-{self.seed}"


@dataclass(frozen=True, slots=True)
class Event:
    """News of a running method.

    Attributes
    ----------
    seconds : wall time since the method began.
    hard : Σ excess of the hard rules of the best assignment so far; ``None`` while there is none.
    tiers : cost of each tier of that assignment, most important first.
    bounds : proved bound of each tier; ``None`` = nothing proved.
    """

    seconds: float
    hard: int | None
    tiers: tuple[int, ...]
    bounds: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a method found.

    Attributes
    ----------
    placed : class id of each pupil id; ``None`` when nothing was found.
    bounds : proved bound of each tier in the order of importance, each given the values of the tiers before it.
    seconds : wall time of the method; making and compiling the school is excluded.
    cpu_seconds : processor time of the method, all threads and child processes.
    events : news, oldest first.
    parts, parts_proved : independent parts that were formed apart, and how many of them were proved in every tier; of
        a school in one part only the tiers tell.
    """

    placed: Mapping[str, str] | None
    bounds: tuple[int | None, ...]
    seconds: float
    cpu_seconds: float
    events: tuple[Event, ...] = ()
    parts: int = 1
    parts_proved: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """One measurement, as it stands in the store: plain data, one JSON object.

    Attributes
    ----------
    limit : seconds the method had.
    status : ``"proved"`` (hard rules kept, every tier at its bound), ``"open"`` (kept, not proved), ``"broken"`` (a
        hard rule is broken), ``"nothing"`` (no assignment), ``"failed"`` (the method raised; see `error`).
    hard : Σ excess of the hard rules, counted by the auditor.
    tiers, bounds : cost counted by the auditor, and proved bound, of each tier, most important first.
    criteria : audited cost of each criterion, in the order of the regulation.
    rules : name of each criterion, as people read it, in English.
    to_proof, to_one_percent : seconds until every tier was proved, or within 1 % of the best bound known at the end.
    peak_mb : largest resident size of the process.
    parts, parts_proved : independent parts of the school (1 when not split), and how many were proved in every tier.
    threads : search threads the method had.
    """

    family: str
    pupils: int
    classes: int
    seed: int
    method: str
    limit: float
    code: str
    status: str
    seconds: float
    cpu_seconds: float
    peak_mb: float
    hard: int | None = None
    tiers: tuple[int, ...] = ()
    bounds: tuple[int | None, ...] = ()
    criteria: tuple[int, ...] = ()
    rules: tuple[str, ...] = ()
    to_proof: float | None = None
    to_one_percent: float | None = None
    parts: int = 1
    parts_proved: int = 0
    threads: int = 1
    events: tuple[Event, ...] = ()
    error: str = ""
    machine: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Record:
        """Read back what `to_dict` wrote, lists as tuples."""
        plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items() if k != "events"}
        events = tuple(Event(e["seconds"], e["hard"], tuple(e["tiers"]), tuple(e["bounds"])) for e in data["events"])
        return cls(**plain, events=events)


@dataclass(frozen=True, slots=True)
class Sweep:
    """One session of a sweep, from start to end: what its speed is reckoned from.

    Attributes
    ----------
    suite : as it was asked for.
    tasks : digest of all its tasks, code included; equal for two sweeps that measure the same.
    where : ``"pool"`` or ``"cluster"``.
    workers : tasks at the same time.
    total, measured : tasks of the sweep there are methods for, and those measured in this session.
    seconds : wall time of the session.
    """

    suite: str
    tasks: str
    where: str
    workers: int
    total: int
    measured: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)


def gap(value: int, bound: int | None) -> float | None:
    """Return (value − bound) / value, 0 when they are equal, ``None`` without a bound."""
    if bound is None:
        return None
    return 0.0 if value <= bound else (value - bound) / value
