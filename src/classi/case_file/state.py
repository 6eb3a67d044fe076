"""Where a case stands: what follows from all its events, and which event does not fit those before it.

The state is never stored: it is worked out from the events each time. So undoing is easy to define: the state is what
the other events give, and an event can be undone only if all of them still fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from classi.case_file.events import Event
from classi.i18n import _

UNDOABLE = frozenset({
    "ingressi", "divisione", "modifica", "scelta", "blocco", "sblocco", "deroga", "decisione", "firma", "annullamento",
})  # fmt: skip
AFTER_PURGE = frozenset({"controllo", "cancellazione", "copia", "esportazione"})
"""What may still be recorded when everything was erased."""
_Shape = type | tuple[type, type]
_SPLIT: Mapping[str, _Shape] = {
    "split": str, "from": str, "inputs": int, "placed": str, "certificate": str, "files": (dict, str),
}  # fmt: skip
_COPY: Mapping[str, _Shape] = {"to": str, "sha256": str}
_SHAPES: Mapping[str, Mapping[str, _Shape]] = {
    "creata": {"name": str},
    "ingressi": {"files": (dict, str)},
    "divisione": _SPLIT,
    "modifica": {**_SPLIT, "moves": (list, dict), "ground": str, "price": (dict, int)},
    "scelta": {"split": str},
    "blocco": {"split": str, "places": (dict, str)},
    "sblocco": {"ids": (list, str)},
    "deroga": {"rule": str, "class": str},
    "decisione": {"subject": str},
    "firma": {"role": str, "name": str, "document": str},
    "annullamento": {"entry": int},
    "copia": _COPY,
    "esportazione": _COPY,
    "cancellazione": {"events": int, "contents": int, "bytes": int, "copies": (list, dict)},
    "controllo": {"searched": int, "found": int},
}
"""What the data of each kind must hold; of a list or mapping also what is in it. Whoever reads a state relies on it."""


@dataclass(frozen=True)
class StoredSplit:
    """A split in the file.

    Attributes
    ----------
    name : as people call it.
    placed, certificate : SHA-256 of ``assegnazioni.csv`` and ``certificato.json``; the latter empty if there is none.
    based_on : name of the split it was made from, by hand changes or otherwise; may be empty.
    added : the event that brought it, of kind `divisione` or `modifica`.
    inputs : number of the event with the data it was made for.
    files : SHA-256 of every file of the result, by name.
    """

    name: str
    placed: str
    certificate: str
    based_on: str
    added: Event
    inputs: int
    files: Mapping[str, str]


@dataclass(frozen=True)
class State:
    """Where a case stands.

    Attributes
    ----------
    name : of the case; empty once purged.
    inputs : SHA-256 of every file received, by name.
    splits : by name, in the order in which they came.
    chosen : name of the split chosen, empty before.
    locks : for each pupil who must stay in a class, the event that says so (its data: ``places[id]`` is the class).
    changes, derogations, decisions, signatures, copies : the events of each kind that count (copies: backups, exports).
    purged : the event by which everything was erased, if it was.
    received : for each event with data received, their SHA-256 by name.
    undone : numbers of the events that were undone.
    """

    name: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    splits: Mapping[str, StoredSplit] = field(default_factory=dict)
    chosen: str = ""
    locks: Mapping[str, Event] = field(default_factory=dict)
    changes: tuple[Event, ...] = ()
    derogations: tuple[Event, ...] = ()
    decisions: tuple[Event, ...] = ()
    signatures: tuple[Event, ...] = ()
    copies: tuple[Event, ...] = ()
    purged: Event | None = None
    received: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    undone: frozenset[int] = frozenset()


class Misfit(NamedTuple):
    """An event that does not fit those before it, and why."""

    event: Event
    why: str


def replay(events: Sequence[Event]) -> tuple[State, tuple[Misfit, ...]]:
    """Return where all the events lead, and those that do not fit (they are passed over)."""
    undone = _undone(events)
    course = _Course()
    misfits = []
    for event in events:
        why = course.take(event, counts=event.n not in undone)
        if why:
            misfits.append(Misfit(event, why))
    return course.state(undone), tuple(misfits)


def resting_on(events: Sequence[Event], undoing: Event) -> tuple[Misfit, ...]:
    """Return the events that would not fit after an event that undoes an earlier one."""
    before = {misfit.event.n for misfit in replay(events)[1]}
    return tuple(m for m in replay([*events, undoing])[1] if m.event.n not in before and m.event is not undoing)


def _undone(events: Iterable[Event]) -> frozenset[int]:
    # From the last one back: whether an undoing counts is settled before what it undoes is met.
    undone: set[int] = set()
    for event in sorted(events, key=lambda e: -e.n):
        if event.kind == "annullamento" and event.n not in undone and well_formed(event):
            undone.add(event.data["entry"])
    return frozenset(undone)


def well_formed(event: Event) -> bool:
    """Return whether the data of an event are those of its kind."""
    shapes = _SHAPES.get(event.kind, {})
    return event.kind in _SHAPES and all(_is(event.data.get(key), shape) for key, shape in shapes.items())


def _is(value: object, shape: _Shape) -> bool:
    if not isinstance(shape, tuple):
        return isinstance(value, shape)
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, shape[0]) and all(isinstance(one, shape[1]) for one in inside)


class _Course:
    """The case after the events taken so far."""

    def __init__(self) -> None:
        self._seen: dict[int, Event] = {}
        self._targets: set[int] = set()
        self._clear()
        self._purged: Event | None = None

    def _clear(self) -> None:
        self._name, self._chosen, self._current = "", "", 0
        self._received: dict[int, Mapping[str, str]] = {}
        self._splits: dict[str, StoredSplit] = {}
        self._locks: dict[str, Event] = {}
        self._listed: dict[str, list[Event]] = {}

    def take(self, event: Event, *, counts: bool) -> str:
        """Take the next event, which counts if it was not undone; return why it does not fit, empty when it does."""
        why = self._refused(event) if counts else ""
        if counts and not why and not event.erased:
            why = self._takers().get(event.kind, self._list)(event)
        self._seen[event.n] = event
        return why

    def state(self, undone: frozenset[int]) -> State:
        """Return where the case stands."""
        listed = {kind: tuple(events) for kind, events in self._listed.items()}
        copies = (e for kind in ("copia", "esportazione") for e in listed.get(kind, ()))
        return State(
            self._name,
            self._received.get(self._current, {}),
            dict(self._splits),
            self._chosen,
            dict(self._locks),
            listed.get("modifica", ()),
            listed.get("deroga", ()),
            listed.get("decisione", ()),
            listed.get("firma", ()),
            tuple(sorted(copies, key=lambda e: e.n)),
            self._purged,
            dict(self._received),
            undone,
        )

    def _takers(self) -> Mapping[str, Callable[[Event], str]]:
        return {
            "creata": self._create,
            "ingressi": self._receive,
            "divisione": self._add,
            "modifica": self._add,
            "scelta": self._choose,
            "blocco": self._lock,
            "sblocco": self._unlock,
            "annullamento": self._undo,
            "cancellazione": self._purge,
        }

    def _refused(self, event: Event) -> str:
        if event.kind not in _SHAPES:
            return _("events of this kind are not known")
        if (event.kind == "creata") != (event.n == 1):
            return _("the first event, and no other, makes the case file")
        if self._purged is not None and event.kind not in AFTER_PURGE:
            return _("everything was erased: nothing can be added to this case")
        if not event.erased and not well_formed(event):
            return _("its data are not those of this kind")
        return ""

    def _list(self, event: Event) -> str:
        self._listed.setdefault(event.kind, []).append(event)
        return ""

    def _create(self, event: Event) -> str:
        self._name = event.data["name"]
        return ""

    def _receive(self, event: Event) -> str:
        self._received[event.n] = dict(event.data["files"])
        self._current = event.n
        return ""

    def _add(self, event: Event) -> str:
        name, base = event.data["split"], event.data["from"]
        taken = {split.casefold(): split for split in self._splits}.get(name.casefold())
        if taken is not None:
            return _("there is already a split {name}").format(name=taken)
        if base and base not in self._splits:
            return self._no_split(base)
        if event.data["inputs"] != self._current:
            return _("it is about other data than those received last")
        if event.kind == "modifica":
            held = [
                self._held(pupil) for pupil in self._locks if any(m.get("id") == pupil for m in event.data["moves"])
            ]
            if held:
                return "; ".join(held)
            self._list(event)
        files = dict(event.data["files"])
        placed, certificate = event.data["placed"], event.data["certificate"]
        self._splits[name] = StoredSplit(name, placed, certificate, base, event, event.data["inputs"], files)
        return ""

    def _choose(self, event: Event) -> str:
        if event.data["split"] not in self._splits:
            return self._no_split(event.data["split"])
        self._chosen = event.data["split"]
        return ""

    def _lock(self, event: Event) -> str:
        if event.data["split"] not in self._splits:
            return self._no_split(event.data["split"])
        held = [self._held(pupil) for pupil in event.data["places"] if pupil in self._locks]
        if not held:
            self._locks |= dict.fromkeys(event.data["places"], event)
        return "; ".join(held)

    def _unlock(self, event: Event) -> str:
        free = [pupil for pupil in event.data["ids"] if pupil not in self._locks]
        if free:
            return _("not locked: {pupils}").format(pupils=", ".join(free))
        for pupil in event.data["ids"]:
            del self._locks[pupil]
        return ""

    def _undo(self, event: Event) -> str:
        target = self._seen.get(event.data["entry"])
        if target is None:
            return _("there is no earlier entry {n}").format(n=event.data["entry"])
        if target.kind not in UNDOABLE:
            return _("entries of this kind cannot be undone")
        if target.n in self._targets:
            return _("entry {n} was undone already").format(n=target.n)
        self._targets.add(target.n)
        return ""

    def _purge(self, event: Event) -> str:
        self._clear()
        self._purged = event
        return ""

    def _held(self, pupil: str) -> str:
        lock = self._locks[pupil]
        return _("{pupil} is locked by entry {n} ({who})").format(pupil=pupil, n=lock.n, who=lock.who)

    def _no_split(self, name: str) -> str:
        known = ", ".join(self._splits) or "–"
        return _("there is no split {name} (there are: {known})").format(name=name, known=known)
