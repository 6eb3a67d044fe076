"""The parts of the minutes about the sitting itself: who met, by which acts, how they voted, who signs."""

from __future__ import annotations

from collections.abc import Iterator

from classi.documents.model import Block, Heading, Listing, Paragraph, Signatures, Table
from classi.documents.school import Resolution, School
from classi.documents.words import BLANK, months, or_blank, say_date
from classi.i18n import _


def opening(school: School) -> Iterator[Block]:
    """Say when and where the commission met, who was there, and what it had to discuss."""
    sitting = school.meeting
    day = sitting.day
    text = _(
        "On {day} {month} {year} at {time}, at {place}, the commission for the formation of the classes met,"
        " convened by the headteacher {head}."
    )
    yield Paragraph(
        text.format(
            day=day.day if day else BLANK,
            month=months()[day.month - 1] if day else BLANK,
            year=day.year if day else BLANK,
            time=or_blank(sitting.start),
            place=or_blank(sitting.place),
            head=or_blank(school.head),
        )
    )
    yield Paragraph(_("The commission was appointed by: {act}.").format(act=or_blank(school.appointed)))
    blank = (BLANK, BLANK, BLANK)
    rows = [(or_blank(m.name), m.role, _("present") if m.present else _("absent")) for m in school.members]
    yield Table((_("Name"), _("Role"), _("Presence")), tuple(rows) or (blank,) * 3, widths=(3, 3, 1))
    text = _("{president} presides; {secretary} takes the minutes.")
    yield Paragraph(text.format(president=or_blank(school.president), secretary=or_blank(school.secretary)))
    text = _("There being present {present} members out of {members}, the meeting is declared valid.")
    present = sum(m.present for m in school.members)
    yield Paragraph(text.format(present=present or BLANK, members=len(school.members) or BLANK))
    yield Paragraph(_("The agenda is:"))
    yield Listing(sitting.agenda or (BLANK,), numbered=True)


def say_act(act: Resolution) -> str:
    """Name an act of a body of the school."""
    text = _("{body}, resolution no. {number} of {day}: {about}")
    return text.format(
        body=or_blank(act.body), number=or_blank(act.number), day=say_date(act.day), about=or_blank(act.about)
    )


def vote(school: School) -> Iterator[Block]:
    """Say how the vote went, and what was put on record."""
    yield Heading(_("Vote"))
    yield Paragraph(or_blank(school.meeting.vote), _("Outcome of the vote on the split chosen:"))
    if school.meeting.statements:
        yield Paragraph("", _("Statements put on record:"))
        yield Listing(school.meeting.statements)


def closing(school: School) -> Iterator[Block]:
    """Close the meeting, with places to sign for whoever was there."""
    yield Heading(_("Close of the meeting"))
    text = _("There being nothing else to discuss, the meeting closes at {time}. Read, approved and signed.")
    yield Paragraph(text.format(time=or_blank(school.meeting.end)))
    people = [(_("The headteacher"), school.head), (_("The president"), school.president)]
    people.append((_("The secretary"), school.secretary))
    officers = {name for _role, name in people if name}
    members = [m for m in school.members if m.present and m.name not in officers]
    people += [(m.role or _("Member"), m.name) for m in members]
    if school.president and school.president == school.head:
        people = [(_("The headteacher, president"), school.head), *people[2:]]
    yield Signatures(tuple(people))
