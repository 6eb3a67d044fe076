"""Reads ``scuola.toml``, every mistake at once, and writes one to fill in."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from classi.documents.model import Letterhead
from classi.documents.school import Meeting, Member, Resolution, School
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.rule_errors import unknown_key
from classi.sheets import read_small

LARGEST_LOGO = 4_000_000
"""Bytes: a larger logo makes every document too heavy to send."""

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


@dataclass(frozen=True)
class _Key:
    """A key of the file: how its value is read, an example, and what it is (said in the current language)."""

    read: Callable[[Any], Any]
    example: str
    about: Callable[[], str]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(_("a text between quotation marks"))
    return value.strip()


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(_("a list of texts"))
    return tuple(item.strip() for item in value)


def _day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    for pattern in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(str(value), pattern).date()
        except ValueError:
            continue
    raise ValueError(_("a date, as 2026-06-12"))


def _clock(value: Any) -> str:
    if isinstance(value, time):
        return f"{value:%H:%M}"
    try:
        return f"{datetime.strptime(str(value).replace('.', ':'), '%H:%M'):%H:%M}"
    except ValueError:
        raise ValueError(_("a time, as 15:30")) from None


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(_("true or false"))
    return value


def _number(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _text(value)


_MEMBER: Mapping[str, Callable[[Any], Any]] = {"nome": _text, "ruolo": _text, "presente": _truth}
_RESOLUTION: Mapping[str, Callable[[Any], Any]] = {"organo": _text, "numero": _number, "data": _day, "oggetto": _text}


def _rows(fields: Mapping[str, Callable[[Any], Any]]) -> Callable[[Any], tuple[Mapping[str, Any], ...]]:
    def read(value: Any) -> tuple[Mapping[str, Any], ...]:
        expected = _("a list of tables with {keys}").format(keys=", ".join(fields))
        if not isinstance(value, list) or not all(isinstance(row, dict) and row.keys() <= set(fields) for row in value):
            raise ValueError(expected)
        return tuple({key: fields[key](cell) for key, cell in row.items()} for row in value)

    return read


_KEYS: Mapping[str, Mapping[str, _Key]] = {
    "scuola": {
        "nome": _Key(_text, '"Istituto Comprensivo …"', lambda: _("name of the institute")),
        "codice": _Key(_text, '"XXIC000000"', lambda: _("code of the institute")),
        "indirizzo": _Key(_text, '"Via …, 1"', lambda: _("address")),
        "citta": _Key(_text, '"…"', lambda: _("town: documents are dated from there")),
        "telefono": _Key(_text, '"…"', lambda: _("telephone")),
        "email": _Key(_text, '"…"', lambda: _("e-mail address")),
        "dirigente": _Key(_text, '"…"', lambda: _("the headteacher")),
        "anno_scolastico": _Key(_text, '"2026/2027"', lambda: _("the school year the classes are for")),
        "logo": _Key(_text, '"logo.png"', lambda: _("a PNG or JPEG file beside this one")),
        "logo_descrizione": _Key(_text, '"…"', lambda: _("what the logo shows, for who cannot see it")),
        "carta_intestata": _Key(_text, '"carta.docx"', lambda: _("the school's letterhead, a .docx beside this one")),
    },
    "commissione": {
        "presidente": _Key(_text, '"…"', lambda: _("who presides")),
        "segretario": _Key(_text, '"…"', lambda: _("who takes the minutes")),
        "nomina": _Key(_text, '"Decreto del Dirigente n. … del …"', lambda: _("the act that appointed the commission")),
        "componenti": _Key(
            _rows(_MEMBER),
            '[{ nome = "…", ruolo = "docente", presente = true }]',
            lambda: _("the members, each with name, role, and whether they were there"),
        ),
    },
    "verbale": {
        "numero": _Key(_number, '"1"', lambda: _("number of the minutes")),
        "data": _Key(_day, "2026-06-12", lambda: _("day of the meeting")),
        "luogo": _Key(_text, '"…"', lambda: _("where the commission met")),
        "ora_inizio": _Key(_clock, '"15:00"', lambda: _("when the meeting began")),
        "ora_fine": _Key(_clock, '"17:00"', lambda: _("when the meeting ended")),
        "ordine_del_giorno": _Key(_texts, '["…", "…"]', lambda: _("the points of the agenda")),
        "delibere": _Key(
            _rows(_RESOLUTION),
            '[{ organo = "Consiglio di Istituto", numero = "1", data = 2026-01-15, oggetto = "…" }]',
            lambda: _("the acts by which the criteria were laid down"),
        ),
        "motivo_scelta": _Key(_text, '"…"', lambda: _("why this split was chosen, where more were weighed")),
        "votazione": _Key(_text, '"all\'unanimità"', lambda: _("how the vote went: for, against, abstained")),
        "dichiarazioni": _Key(
            _texts,
            '["…"]',
            lambda: _("what members put on record: dissent, kinship with a pupil (L. 241/1990, art. 6-bis)"),
        ),
    },
}


def read_school(path: Path) -> School:
    """Read a school's data.

    Raises
    ------
    InputError
        With every mistake at once: unknown sections and keys with the nearest right one, wrong values, files that are
        not there.
    """
    tables = _parsed(path)
    problems: list[Problem] = []
    read: dict[str, dict[str, Any]] = {section: {} for section in _KEYS}
    for section, keys in tables.items():
        if section not in _KEYS:
            problems.append(unknown_key(section, _KEYS, path.name))
        elif not isinstance(keys, dict):
            problems.append(
                Problem(_("This is a section: write [{name}].").format(name=section), path.name, value=section)
            )
        else:
            problems += _read_keys(section, keys, read[section], path.name)
    logo = _file(path, read["scuola"].get("logo", ""), "logo", problems)
    if logo and (len(logo) > LARGEST_LOGO or not logo.startswith((_PNG, _JPEG))):
        text = _("The logo must be a PNG or JPEG image of at most {number} megabytes.")
        problems.append(Problem(text.format(number=LARGEST_LOGO // 1_000_000), path.name, column="logo"))
    template = _file(path, read["scuola"].get("carta_intestata", ""), "carta_intestata", problems)
    if problems:
        raise InputError(problems)
    return _school(read["scuola"], read["commissione"], read["verbale"], logo, template or None)


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_small(path).decode("utf-8-sig"))
    except FileNotFoundError:
        text = _("The file does not exist: {file}.").format(file=path.name)
        raise InputError([Problem(text, path.name, hint="classi minutes --school-template FILE")]) from None
    except (UnicodeDecodeError, OSError):
        raise InputError([Problem(_("The file cannot be read: it must be UTF-8 text."), path.name)]) from None
    except (ValueError, RecursionError) as error:
        raise InputError([Problem(_("The file is not valid TOML: {error}").format(error=error), path.name)]) from None


def _read_keys(section: str, keys: Mapping[str, Any], found: dict[str, Any], file: str) -> list[Problem]:
    problems = []
    for key, value in keys.items():
        known = _KEYS[section].get(key)
        if known is None:
            problems.append(unknown_key(key, _KEYS[section], file, f"[{section}] "))
            continue
        try:
            found[key] = known.read(value)
        except ValueError as error:
            text = _("[{section}] “{key}” must be {expected}.").format(section=section, key=key, expected=error)
            problems.append(Problem(text, file, column=key))
    return problems


def _file(path: Path, name: str, key: str, problems: list[Problem]) -> bytes:
    if not name:
        return b""
    try:
        return read_small(path.parent / name)
    except (OSError, ValueError, InputError):
        text = _("The file {file} is not there, or cannot be read.").format(file=name)
        problems.append(Problem(text, path.name, column=key))
        return b""


def _school(
    own: Mapping[str, Any], board: Mapping[str, Any], sitting: Mapping[str, Any], logo: bytes, template: bytes | None
) -> School:
    name, city = own.get("nome", ""), own.get("citta", "")
    where = " – ".join(filter(None, (own.get("indirizzo", ""), city)))
    code = _("code {code}").format(code=own["codice"]) if own.get("codice") else ""
    reach = " · ".join(filter(None, (own.get("telefono", ""), own.get("email", ""), code)))
    head = Letterhead(name, tuple(filter(None, (where, reach))), logo, own.get("logo_descrizione", ""))
    members = tuple(
        Member(row.get("nome", ""), row.get("ruolo", ""), row.get("presente", True))
        for row in board.get("componenti", ())
    )
    return School(
        name=name,
        code=own.get("codice", ""),
        city=city,
        head=own.get("dirigente", ""),
        year=own.get("anno_scolastico", ""),
        letterhead=head,
        template=template,
        members=members,
        president=board.get("presidente", ""),
        secretary=board.get("segretario", ""),
        appointed=board.get("nomina", ""),
        meeting=_meeting(sitting),
    )


def _meeting(sitting: Mapping[str, Any]) -> Meeting:
    acts = tuple(
        Resolution(row.get("organo", ""), row.get("numero", ""), row.get("data"), row.get("oggetto", ""))
        for row in sitting.get("delibere", ())
    )
    return Meeting(
        number=sitting.get("numero", ""),
        day=sitting.get("data"),
        place=sitting.get("luogo", ""),
        start=sitting.get("ora_inizio", ""),
        end=sitting.get("ora_fine", ""),
        agenda=sitting.get("ordine_del_giorno", ()),
        resolutions=acts,
        why_chosen=sitting.get("motivo_scelta", ""),
        vote=sitting.get("votazione", ""),
        statements=sitting.get("dichiarazioni", ()),
    )


def school_template() -> str:
    """Return a file to fill in, every key explained; as it is, it leaves everything blank."""
    lines = [f"# {line}" for line in _intro()]
    for section, keys in _KEYS.items():
        lines += ["", f"[{section}]"]
        for key, known in keys.items():
            lines += [f"# {known.about()}", f"# {key} = {known.example}"]
    return "\n".join(lines) + "\n"


def _intro() -> tuple[str, ...]:
    return (
        _("The school's own data, for minutes and other documents."),
        _("Take away the # before a line and fill it in. What is not told stays blank in the documents."),
    )
