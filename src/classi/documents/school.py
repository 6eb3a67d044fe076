"""The school's own data, for its documents. What the school does not tell is a blank, never made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from classi.documents.model import Letterhead
from classi.errors import Problem
from classi.i18n import _

SCHOOL = "scuola.toml"


@dataclass(frozen=True)
class Member:
    """Somebody of the commission: name, role, and whether they were there."""

    name: str
    role: str = ""
    present: bool = True


@dataclass(frozen=True)
class Resolution:
    """By which act the criteria were laid down: the body, number, day and subject of the act."""

    body: str = ""
    number: str = ""
    day: date | None = None
    about: str = ""


@dataclass(frozen=True)
class Meeting:
    """The sitting the minutes are of; what is not known is empty."""

    number: str = ""
    day: date | None = None
    place: str = ""
    start: str = ""
    end: str = ""
    agenda: tuple[str, ...] = ()
    resolutions: tuple[Resolution, ...] = ()
    why_chosen: str = ""
    vote: str = ""
    statements: tuple[str, ...] = ()


@dataclass(frozen=True)
class School:
    """A school as its documents name it; every text may be empty.

    Attributes
    ----------
    name, code, city, head, year : of the institute, its code, its town, its headteacher, the school year.
    letterhead : what stands at the top of the documents.
    template : the school's own letterhead, a docx.
    members, president, secretary, appointed : of the commission; the last is the act that appointed it.
    meeting : the sitting the minutes are of.
    """

    name: str = ""
    code: str = ""
    city: str = ""
    head: str = ""
    year: str = ""
    letterhead: Letterhead = field(default_factory=Letterhead)
    template: bytes | None = field(default=None, repr=False)
    members: tuple[Member, ...] = ()
    president: str = ""
    secretary: str = ""
    appointed: str = ""
    meeting: Meeting = Meeting()


def blanks(school: School, *, weighed: bool) -> tuple[str, ...]:
    """Return what the minutes leave blank because the school has not told it, as ``section.key``.

    Parameters
    ----------
    weighed : True when more splits than the chosen one were weighed, so that the choice needs a reason.
    """
    told = {
        "scuola.nome": school.name,
        "scuola.dirigente": school.head,
        "scuola.anno_scolastico": school.year,
        "commissione.presidente": school.president,
        "commissione.segretario": school.secretary,
        "commissione.nomina": school.appointed,
        "commissione.componenti": school.members,
        "verbale.data": school.meeting.day,
        "verbale.luogo": school.meeting.place,
        "verbale.ora_inizio": school.meeting.start,
        "verbale.ora_fine": school.meeting.end,
        "verbale.ordine_del_giorno": school.meeting.agenda,
        "verbale.delibere": school.meeting.resolutions,
        "verbale.motivo_scelta": school.meeting.why_chosen or not weighed,
        "verbale.votazione": school.meeting.vote,
    }
    return tuple(name for name, value in told.items() if not value)


def blank_warnings(missing: Sequence[str], file: str = SCHOOL) -> list[Problem]:
    """Say which blanks are left, in one warning."""
    if not missing:
        return []
    text = _("Not told, so left blank in the document: {names}.")
    hint = "" if file else "classi minutes --school-template scuola.toml"
    return [Problem(text.format(names=", ".join(missing)), file, hint=hint, warning=True)]
