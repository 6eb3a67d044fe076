"""The annexes of the minutes: class lists, and what concerns single pupils. Neither is for publication."""

from __future__ import annotations

from collections.abc import Iterator

from classi.documents.context import Context
from classi.documents.findings import findings_of
from classi.documents.model import Block, Heading, Listing, PageBreak, Paragraph, Table
from classi.documents.record import Record
from classi.i18n import _
from classi.report.model import Content, Finding
from classi.report.pupils import wishes


def class_lists(context: Context, content: Content, *, named: bool) -> Iterator[Block]:
    """List the pupils of each class: by name, or by identifier alone."""
    yield PageBreak()
    yield Heading(_("Annex A – Class lists (not for publication)"))
    if not named:
        yield Paragraph(_("Pupils are shown by their identifier in the school's files."))
    for class_id in content.classes:
        members = context.members(class_id)
        if named:
            rows = [(str(k), context.labels[row["id"]], row["id"]) for k, row in enumerate(members, 1)]
            yield Table(
                (_("No."), _("Pupil"), _("Identifier")),
                tuple(rows),
                _title(class_id, len(rows)),
                ("right", "left", "left"),
                (1, 8, 3),
            )
        else:
            yield Heading(_title(class_id, len(members)), 2)
            yield Paragraph(", ".join(sorted(str(row["id"]) for row in members)) or "–")


def _title(class_id: str, number: int) -> str:
    return _("Class {class_id}: {number}").format(class_id=class_id, number=number)


def departures_of_pupils(context: Context, content: Content, record: Record) -> Iterator[Block]:
    """List the departures that concern single pupils, and why each wish could not be granted."""
    # Wishes stand in a table of their own, with the reasons.
    told = {r.number for r in content.broken if record.unmet and context.audit.criteria[r.number - 1].rule == "wishes"}
    rules = [(r, findings_of(r, context.audit, pupils=True)) for r in content.broken if r.number not in told]
    rules = [(r, found) for r, found in rules if found]
    missed = wishes(context.ledger, record.unmet, context.labels if record.named else {})
    if not rules and not missed:
        return
    yield PageBreak()
    yield Heading(_("Annex B – Departures that concern single pupils (not for publication)"))
    for rule, found in rules:
        yield Heading(rule.label, 2)
        yield Listing(tuple(_sentence(f, named=record.named) for f in found))
    if missed:
        yield Heading(_("Wishes not granted, and why"), 2)
        yield Table(
            (_("Pupil"), _("Asked for"), _("Why it could not be granted")),
            tuple((w.pupil, w.friend, " ".join(w.reasons) or "–") for w in missed),
            widths=(3, 3, 8),
        )


def _sentence(finding: Finding, *, named: bool) -> str:
    return f"{finding.text} ({'; '.join(finding.pupils)})" if named and finding.pupils else finding.text
