"""What was recorded about a pupil, or about all of them, in words: nothing is left out, what was annulled is marked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from classi.case import Case
from classi.classes_now import folder_of
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.journal import Entry, Journal, read_journal
from classi.regulation import Regulation


def history(case: Case, pupil: str = "") -> tuple[str, ...]:
    """Return one sentence for each decision recorded, in order; of one pupil, or of all with an empty `pupil`.

    Raises
    ------
    InputError
        If the pupil is neither in the case nor in the journal, or the journal cannot be read.
    """
    journal = read_journal(folder_of(case))
    entries = journal.history(pupil) if pupil else journal.entries
    if pupil and not entries and pupil not in case.school.pupil_at:
        raise InputError([Problem(_("The pupil is not among those of the case."), value=pupil)])
    return tuple(say_entry(entry, journal, case.regulation) for entry in entries)


def say_entry(entry: Entry, journal: Journal, regulation: Regulation) -> str:
    """Put a decision into words: number, day, who, what, why, with which ground, and whether it still counts."""
    text = _("{n}. {day}, {who}: {what}. Reason: {why}.")
    said = text.format(n=entry.n, day=f"{entry.when:%d/%m/%Y}", who=entry.who, what=_what(entry), why=_ended(entry.why))
    for part in (_ground(entry.data, regulation), *_besides(entry.data)):
        said += f" {part}" if part else ""
    undone = next((e.n for e in journal.of("annullamento") if e.data["entry"] == entry.n), None)
    return said if undone is None else f"{said} " + _("[ANNULLED by entry {n}]").format(n=undone)


def _ended(text: str) -> str:
    return text.removesuffix(".")


def _what(entry: Entry) -> str:
    known = _sentences()
    data = {name: _plain(value) for name, value in entry.data.items()}
    return known[entry.kind].format(**data) if entry.kind in known else f"{entry.kind} {data.get('id', '')}".rstrip()


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {inner}" for name, inner in value.items())
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return "–" if value is None else str(value)


def _ground(data: Mapping[str, Any], regulation: Regulation) -> str:
    name = data.get("ground")
    if name is None:
        return ""
    ground = None if regulation.changes is None else regulation.changes.ground(name)
    if ground is None:
        return _("Ground: {ground}.").format(ground=name)
    text = _("Ground: {text} ({source}).") if ground.source else _("Ground: {text}.")
    return text.format(text=_ended(ground.text), source=ground.source)


def _besides(data: Mapping[str, Any]) -> list[str]:
    said = []
    if "exceptional" in data:
        said.append(_("Exceptional reason: {reason}.").format(reason=_ended(data["exceptional"])))
    if "papers" in data:
        said.append(_("Handed in: {papers}.").format(papers=_plain(data["papers"])))
    if "moves" in data and "id" in data:
        said.append(_("Others moved for it: {moves}.").format(moves=_plain(data["moves"])))
    return said


def _sentences() -> dict[str, str]:
    return {
        "correzione": _("data of {id} corrected: {changes} (before: {before})"),
        "punti": _("{points} points to {id} for “{title}”"),
        "ammissione_ds": _("{id} admitted by the head, round “{round}”: {option}"),
        "esclusione": _("{id} excluded"),
        "reclamo": _("complaint of {id}: {outcome}"),
        "definitiva": _("the ranking “{round}” is definitive"),
        "rinuncia": _("{id} gives up the place"),
        "ritiro": _("{id} leaves the school"),
        "decadenza": _("{id} loses the place after {absent_days} days of absence"),
        "subentro": _("{id} takes the place left in class {class}"),
        "trasferimento": _("{id} goes to class {class}"),
        "rinuncia_corso": _("{id} gives up the course “{round}”"),
        "subentro_corso": _("{id} takes the place left in the course “{round}” ({seat}), class {class}"),
        "iscrizione": _("{id} enrols, class {class}"),
        "scambio": _("{id} and {other} change places: {id} goes to class {class}, {other} to {other_class}"),
        "riformazione": _("classes formed again: {moves}"),
        "annullamento": _("entry {entry} is annulled"),
    }
