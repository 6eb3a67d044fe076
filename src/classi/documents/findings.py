"""The parts of the minutes about the computation: how the classes were made, what was proved, the second count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from classi.audit import Audit
from classi.documents.model import Block, Facts, Heading, Listing, Paragraph, Table
from classi.documents.record import Record
from classi.i18n import _, ngettext
from classi.report.made import say_made
from classi.report.model import Content, Finding, RuleLine
from classi.report.verdict import proof_verdict
from classi.report.words import say_number

SHOWN = 8
"""Departures of one criterion listed in the body; the rest are counted, and listed in the annex."""


def how_often(times: int) -> str:
    """Return a number of times in words."""
    return ngettext("{number} time", "{number} times", times).format(number=times)


def how_made(content: Content, certificate: Mapping[str, Any], *, confirmed: bool) -> Iterator[Block]:
    """Say how the classes were made, and what was proved of them.

    Parameters
    ----------
    content : what the report says, without proof where there is none.
    certificate : as it is, empty where there is none.
    confirmed : the second count found nothing that differs from the certificate.
    """
    yield Heading(_("How the classes were made"))
    if certificate:
        yield Paragraph(
            _(
                "A program on the school's own computer looked for the split with the fewest departures, priority by"
                " priority, from all pupils at once. The program proposes; the commission and the headteacher decide."
            )
        )
    else:
        yield Paragraph(_("There is no certificate: how this split was found is not recorded, and nothing is proved."))
    if made := say_made(certificate):
        yield Paragraph(_("How this split came about: {how}.").format(how=made))
    if certificate and not confirmed:
        yield Paragraph(
            _("The second count, below, does not confirm the certificate: nothing is proved of this split.")
        )
    proved = bool(certificate) and confirmed
    unknown = proof_verdict({}, (), sound=False)
    for verdict in content.verdicts:
        if proved or verdict != unknown:
            yield Paragraph(verdict.text, f"{verdict.title}.")
    if content.tiers:
        yield Table(
            (_("Priority"), _("Points"), _("Impossible below"), _("Gap"), _("What it means")),
            tuple((str(t.tier), say_number(t.value), say_number(t.bound), t.gap, t.meaning) for t in content.tiers),
            _("How good the split is, and the proof"),
            ("right", "right", "right", "right", "left"),
            (1.6, 1.3, 2.3, 1.4, 10),
        )
        yield Paragraph(_what_proved_means())
    if content.facts:
        yield Heading(_("The computation"), 2)
        yield Facts(tuple((f.name, f.value) for f in content.facts))


def _what_proved_means() -> str:
    return _(
        "“Proved” means that no split of these pupils into these classes, under these criteria, can have fewer points:"
        " not that none better was found, but that none exists. Where it is not proved, the gap says what share of the"
        " points a better split might save at most."
    )


def outcome(content: Content, audit: Audit) -> Iterator[Block]:
    """Say in which criteria the split departs from what was asked, and why."""
    yield Heading(_("Departures from the criteria"))
    if not content.broken:
        yield Paragraph(_("Every criterion is fully met."))
        return
    header = (_("No."), _("Criterion"), _("Kind"), _("Cases"), _("Cost"), _("Points"))
    rows = tuple(
        (
            str(r.number), r.label, r.kind, say_number(len(r.findings)), say_number(r.cost),
            "–" if r.points is None else say_number(r.points),
        )
        for r in content.broken
    )  # fmt: skip
    yield Table(
        header,
        rows,
        _("Criteria not fully met"),
        ("right", "left", "left", "right", "right", "right"),
        (1, 7, 4, 1.5, 1.5, 1.5),
    )
    if content.best:
        yield Paragraph(content.best, _("Why:"))
    for rule in content.broken:
        lines = _lines(rule, audit)
        if lines:
            yield Heading(rule.label, 2)
            yield Listing(lines)


def _lines(rule: RuleLine, audit: Audit) -> tuple[str, ...]:
    """Return the departures that speak of classes; those that speak of pupils are for the annex."""
    said = [f.text for f in findings_of(rule, audit, pupils=False)]
    more = len(said) - SHOWN
    if more > 0:
        said[SHOWN:] = [_("… and {number} more.").format(number=more)]
    return tuple(said)


def findings_of(rule: RuleLine, audit: Audit, *, pupils: bool) -> list[Finding]:
    """Return the departures of a rule that concern single pupils, or those that do not."""
    counted = audit.criteria[rule.number - 1].findings
    return [f for f, count in zip(rule.findings, counted, strict=True) if bool(count.pupils) is pupils]


def second_count(content: Content, record: Record, audit: Audit) -> Iterator[Block]:
    """Tell what the independent count found."""
    yield Heading(_("Second, independent count"))
    rules, checks = len(content.rules), sum(r.checks for r in content.rules)
    text = _(
        "A second program, which shares nothing with the first but the files, read them again and counted every"
        " criterion: {rules} criteria, {checks} counts."
    )
    yield Paragraph(text.format(rules=say_number(rules), checks=say_number(checks)))
    kept = _("All mandatory criteria are kept.") if audit.hard_kept else _("Mandatory criteria are BROKEN.")
    yield Paragraph(kept)
    if record.differences:
        yield Paragraph(_("It found differences from the certificate:"))
        yield Listing(record.differences)
    elif content.facts:
        yield Paragraph(_("Its count is the one of the certificate, criterion by criterion."))
    yield Paragraph(_("Every number in these minutes comes from this count."))
