"""The minutes (*verbale*) of the commission: who met, what it had, by which criteria, what was found, chosen and why.

The document is an internal act. Its body counts; what concerns single pupils stands in annexes, by identifiers unless
names are asked for. Every number is the auditor's; what the school has not told is a visible blank.
"""

from __future__ import annotations

from collections.abc import Iterator

from classi.documents.annexes import class_lists, departures_of_pupils
from classi.documents.context import Context
from classi.documents.findings import how_made, how_often, outcome, second_count
from classi.documents.model import (
    Align,
    Block,
    Document,
    Facts,
    Heading,
    Listing,
    Paragraph,
    Table,
)
from classi.documents.record import Act, Drawn, Record
from classi.documents.school import Resolution, School
from classi.documents.sitting import closing, opening, say_act, vote
from classi.documents.words import or_blank, say_date
from classi.i18n import _, ngettext
from classi.report import build
from classi.report.model import Content
from classi.report.words import say_number

__all__ = ["minutes"]


def minutes(context: Context, school: School, record: Record) -> Document:
    """Return the minutes, in the language of the context.

    Parameters
    ----------
    context : the split chosen, counted by the auditor, its rules and its certificate.
    school : the school's own data; what is missing becomes a blank.
    record : draws, seats, alternatives, and what people did and decided.
    """
    with context.speaking():
        content = build(context.audit, context.ledger, context.confirmed, context.regulation, record.unmet)
        number = school.meeting.number
        title = (
            _("Minutes no. {number} of the commission for the formation of the classes").format(number=number)
            if number
            else _("Minutes of the commission for the formation of the classes")
        )
        subtitle = _("{regulation} – school year {year}").format(
            regulation=or_blank(context.regulation.name), year=or_blank(school.year)
        )
        return context.document(
            title,
            _blocks(context, school, record, content),
            subtitle=subtitle,
            footer=_("RESERVED: internal act, with data of minors. Not for publication."),
        )


def _blocks(context: Context, school: School, record: Record, content: Content) -> Iterator[Block]:
    yield from opening(school)
    yield from _criteria(school, content)
    yield from _received(content, context)
    yield from _draws(record.draws)
    yield from _seats(record)
    yield from how_made(content, context.certificate, confirmed=not record.differences)
    yield from _choice(school, record, content)
    yield from outcome(content, context.audit)
    yield from _people(record)
    yield from second_count(content, record, context.audit)
    yield from _composition(content)
    yield from vote(school)
    yield from closing(school)
    yield from class_lists(context, content, named=record.named)
    yield from departures_of_pupils(context, content, record)


# --- criteria and data ---


def _criteria(school: School, content: Content) -> Iterator[Block]:
    yield Heading(_("Criteria"))
    yield Paragraph(_("The classes are formed by the criteria laid down by these acts:"))
    yield Listing(tuple(say_act(act) for act in school.meeting.resolutions or (Resolution(),)))
    if content.source:
        yield Paragraph(content.source, _("Source of the regulation:"))
    yield Paragraph(
        _(
            "A mandatory criterion may never be broken. The others are preferences in order of priority: priority 1"
            " comes before priority 2, and so on, and is never given up for one below it. Inside a priority the weight"
            " says how much each departure counts."
        )
    )
    yield Table(
        (_("No."), _("Criterion"), _("Source"), _("Kind")),
        tuple((str(r.number), r.label, r.source or "–", r.kind) for r in content.rules),
        _("The criteria applied"),
        ("right", "left", "left", "left"),
        (1, 6, 8, 4),
    )


def _received(content: Content, context: Context) -> Iterator[Block]:
    yield Heading(_("Data received"))
    pupils, classes = len(context.ledger.placed), len(content.classes)
    text = _("The commission works on {pupils} and {classes}, from the files listed here.")
    yield Paragraph(
        text.format(
            pupils=ngettext("{number} pupil", "{number} pupils", pupils).format(number=pupils),
            classes=ngettext("{number} class", "{number} classes", classes).format(number=classes),
        )
    )
    yield Paragraph(
        _(
            "Each file is known by its SHA-256 fingerprint: a file changed afterwards, even by one letter, has another"
            " one."
        )
    )
    if content.digests:
        rows = tuple((d.file, d.role, d.sha256) for d in content.digests)
        yield Table((_("File"), _("Use"), _("SHA-256")), rows, widths=(3, 1.4, 9))
    else:
        yield Paragraph(_("There is no certificate of this split: the fingerprints of its files are not recorded."))
    if content.warnings:
        number = len(content.warnings)
        text = ngettext(
            "On reading, {number} remark was made about the data; it is in the certificate.",
            "On reading, {number} remarks were made about the data; they are in the certificate.",
            number,
        )
        yield Paragraph(text.format(number=number))


# --- draws and seats ---


def _draws(draws: tuple[Drawn, ...]) -> Iterator[Block]:
    if not draws:
        return
    yield Heading(_("Public draw"))
    yield Paragraph(
        _(
            "Each draw was committed to before its numbers existed: who is drawn, and from which public source the"
            " numbers come, was fixed and published. Anybody can work out the result again."
        )
    )
    for draw in draws:
        yield Heading(draw.name, 2)
        yield Facts(tuple(_draw_facts(draw)))


def _draw_facts(draw: Drawn) -> Iterator[tuple[str, str]]:
    yield _("In the draw"), say_number(draw.pool)
    yield _("Committed to"), _("{day}, by {who}").format(day=say_date(draw.committed), who=draw.who)
    yield _("Source of the numbers"), _("{source}, of {day}").format(source=draw.source, day=say_date(draw.source_date))
    yield _("Numbers"), draw.numbers or _("not yet known")
    yield _("Commitment"), draw.commitment
    if draw.annulled:
        yield _("Annulled before"), how_often(draw.annulled)


def _seats(record: Record) -> Iterator[Block]:
    if not record.rounds:
        return
    yield Heading(_("Rankings and seats"))
    header = (_("Round"), _("Ranked"), _("Seated"), _("Waiting"), _("Not admissible"), _("State of the ranking"))
    rows = tuple(
        (
            r.name,
            *map(say_number, (r.ranked, r.seated, r.waiting, r.refused)),
            _("definitive") if r.definitive else _("provisional"),
        )
        for r in record.rounds
    )
    yield Table(header, rows, align=("left", "right", "right", "right", "right", "left"), widths=(3, 1, 1, 1, 1.4, 2))
    if record.not_seated:
        yield Paragraph(_("The second count found that seats and rankings do not follow the rules:"))
        yield Listing(record.not_seated)
    else:
        yield Paragraph(_("The second count worked out rankings and seats again, and found the same."))


# --- what was chosen, and what people did ---


def _choice(school: School, record: Record, content: Content) -> Iterator[Block]:
    yield Heading(_("The split chosen, and those weighed"))
    if not record.others:
        yield Paragraph(_("The commission chooses the split “{name}”.").format(name=record.name))
        yield Paragraph(_("No other split was laid before it."))
        return
    text = _("The commission weighs {number} splits and chooses “{name}”.")
    yield Paragraph(text.format(number=len(record.others) + 1, name=record.name))
    tiers = sorted({*(t.tier for t in content.tiers), *(t for o in record.others for t in o.tiers)})
    chosen = {t.tier: t.value for t in content.tiers}
    header = (
        _("Split"),
        *(_("Priority {tier}").format(tier=t) for t in tiers),
        _("Mandatory criteria broken"),
        _("Pupils in another class"),
    )
    broken = sum(r.hard and not r.kept for r in content.rules)
    own = _("{name} (chosen)").format(name=record.name)
    rows = [(own, *(say_number(chosen.get(t, 0)) for t in tiers), say_number(broken), "–")]
    rows += [
        (o.name, *(say_number(o.tiers.get(t, 0)) for t in tiers), say_number(o.broken), say_number(o.moved))
        for o in record.others
    ]
    title = _("Points of each split: 0 is perfect, fewer are better")
    yield Table(header, tuple(rows), title, _numbers(len(header)))
    for other in record.others:
        yield Heading(_("The split “{name}” compared with the one chosen").format(name=other.name), 2)
        for label, lines in ((_("It is worse in:"), other.worse), (_("It is better in:"), other.better)):
            if lines:
                yield Paragraph("", label)
                yield Listing(lines)
        if not other.worse and not other.better:
            yield Paragraph(_("No criterion comes out differently."))
    yield Paragraph(or_blank(record.why_chosen or school.meeting.why_chosen), _("Reason for the choice:"))


def _people(record: Record) -> Iterator[Block]:
    yield Heading(_("Derogations, changes and decisions"))
    parts = (
        (_("Derogations from the criteria"), record.derogations, _("No derogation was granted.")),
        (_("Changes made by hand"), record.hand, _("Nothing was changed by hand.")),
        (_("Decisions recorded"), record.decisions, _("No other decision is recorded.")),
    )
    for title, acts, none in parts:
        if acts:
            yield _acts(title, acts)
        else:
            yield Paragraph(none)
    if record.chain is not None:
        text = _("What the case file holds: {number} entries that hang on one another; hash of the last: {hash}")
        yield Paragraph(text.format(number=say_number(record.chain[0]), hash=record.chain[1]))


def _acts(title: str, acts: tuple[Act, ...]) -> Table:
    priced = any(a.price for a in acts)
    header = (_("Day"), _("Who"), _("What"), _("Why"), *([_("Price")] if priced else []))
    rows = tuple((a.when or "–", a.who, a.what, a.why or "–", *([a.price or "–"] if priced else [])) for a in acts)
    return Table(header, rows, title, widths=(2, 3, 5, 5, *([3.0] if priced else [])))


def _composition(content: Content) -> Iterator[Block]:
    yield Heading(_("Composition of the classes (reserved)"))
    yield Paragraph(_("Counted by the second, independent program."))
    columns = content.summary
    rows = [(name, *(c.texts[k] for c in columns)) for k, name in enumerate(content.classes)]
    rows.append((_("Whole school"), *(c.total_text for c in columns)))
    yield Table((_("Class"), *(c.title for c in columns)), tuple(rows), align=_numbers(len(columns) + 1))


def _numbers(columns: int) -> tuple[Align, ...]:
    """Return the alignment of a column of names and then of numbers."""
    left: Align = "left"
    right: Align = "right"
    return (left, *[right] * (columns - 1))
