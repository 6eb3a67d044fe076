"""Events in words, as the log shows them; they name pupils by their identifiers: an internal document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from classi.case_file.events import Event
from classi.i18n import _, ngettext


def kind_words() -> dict[str, str]:
    """Return what each kind of event is called."""
    return {
        "creata": _("case file made"),
        "ingressi": _("data received"),
        "divisione": _("split added"),
        "scelta": _("split chosen"),
        "blocco": _("pupils locked"),
        "sblocco": _("pupils unlocked"),
        "modifica": _("change by hand"),
        "deroga": _("derogation"),
        "decisione": _("decision"),
        "firma": _("signature"),
        "annullamento": _("undone"),
        "copia": _("backup"),
        "esportazione": _("encrypted export"),
        "cancellazione": _("everything erased"),
        "controllo": _("check after erasing"),
    }


def describe(event: Event) -> str:
    """Return what an event says, in one line; an erased one says only that it was erased."""
    name = kind_words().get(event.kind, event.kind)
    if event.erased:
        return _("{kind} (erased)").format(kind=name)
    try:
        return f"{name}: {_details(event.kind, event.data)}"
    except (KeyError, TypeError, AttributeError, ValueError):
        return name  # of a file that was tampered with: `verify` tells


def _details(kind: str, data: Mapping[str, Any]) -> str:
    spoken: Mapping[str, Callable[[], str]] = {
        "creata": lambda: str(data["name"]),
        "ingressi": lambda: ", ".join(f"{name} ({sha[:12]})" for name, sha in sorted(data["files"].items())),
        "divisione": lambda: _split(data),
        "scelta": lambda: str(data["split"]),
        "blocco": lambda: ", ".join(f"{pupil} → {place}" for pupil, place in data["places"].items()),
        "sblocco": lambda: ", ".join(data["ids"]),
        "modifica": lambda: _change(data),
        "deroga": lambda: _derogation(data),
        "decisione": lambda: str(data["subject"]),
        "firma": lambda: _("{name}, {role}; document with SHA-256 {document}").format(**data),
        "annullamento": lambda: _("entry {entry}").format(**data),
        "copia": lambda: f"{data['to']} (SHA-256 {data['sha256']})",
        "esportazione": lambda: f"{data['to']} (SHA-256 {data['sha256']})",
        "cancellazione": lambda: ngettext("{n} entry", "{n} entries", data["events"]).format(n=data["events"]),
        "controllo": lambda: _("{searched} texts looked for, {found} found").format(**data),
    }
    return spoken[kind]()


def _split(data: Mapping[str, Any]) -> str:
    text = _("{split}, made from {base}") if data["from"] else "{split}"
    return text.format(split=data["split"], base=data["from"])


def _derogation(data: Mapping[str, Any]) -> str:
    text = _("{rule}, class {class_id}: up to {limit}") if data["class"] else _("{rule}: up to {limit}")
    return text.format(rule=data["rule"], class_id=data["class"], limit=data["limit"])


def _change(data: Mapping[str, Any]) -> str:
    moves = ", ".join(f"{m['id']} {m['from'] or '–'} → {m['to'] or '–'}" for m in data["moves"])
    price = ", ".join(_("priority {tier}: {more:+d}").format(tier=t, more=m) for t, m in data["price"].items())
    text = _("{split}, made from {base}: {moves} (ground {ground}; price: {price})")
    return text.format(split=data["split"], base=data["from"], moves=moves, ground=data["ground"], price=price or "–")
