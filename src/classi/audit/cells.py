"""The auditor's own understanding of headers and cells; nothing here is shared with `classi.tables`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Read = Callable[[Any], Any]

TABLE_NAMES = {
    "alunni": ("alunni", "pupils", "students", "studenti"),
    "classi": ("classi", "classes"),
    "legami": ("legami", "ties", "links"),
}

ALIASES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "alunni": {
        "id": ("identificativo",),
        "cognome": ("surname", "last_name", "lastname", "family_name"),
        "nome": ("name", "first_name", "firstname", "given_name"),
        "sesso": ("genere", "sex", "gender"),
        "data_nascita": ("data_di_nascita", "nato_il", "birth_date", "birthdate", "date_of_birth"),
        "cittadinanza": ("nazionalita", "citizenship", "nationality"),
        "nato_in_italia": ("born_in_italy",),
        "nai": ("neo_arrivato", "newly_arrived"),
        "livello_italiano": ("italian_level",),
        "disabilita": ("disability",),
        "dsa": ("sld",),
        "bes": ("sen",),
        "situazione_problematica": ("problem_situation",),
        "livello": ("level",),
        "comportamento": ("behaviour", "behavior"),
        "scuola_provenienza": ("scuola_di_provenienza", "school_of_origin"),
        "classe_provenienza": ("classe_di_provenienza", "class_of_origin"),
        "ripetente": ("repeater", "repeating"),
        "classe_fissa": ("fixed_class",),
        "classi_vietate": ("forbidden_classes",),
        "classe_precedente": ("previous_class",),
    },
    "classi": {
        "id": ("identificativo",),
        "plesso": ("site",),
        "anno": ("year",),
        "tempo_scuola": ("time_model",),
        "lingua2": ("second_language",),
        "indirizzo": ("track",),
        "min": ("minimo", "minimum"),
        "max": ("massimo", "maximum"),
        "area_mq": ("area_sqm",),
    },
    "legami": {
        "da": ("from",),
        "a": ("to",),
        "tipo": ("type", "kind"),
        "peso": ("weight",),
        "vincolante": ("binding",),
        "motivo": ("reason",),
        "fonte": ("source",),
    },
}
REQUESTS = {
    "plesso": "plesso",
    "site": "plesso",
    "tempo_scuola": "tempo_scuola",
    "time_model": "tempo_scuola",
    "lingua2": "lingua2",
    "second_language": "lingua2",
    "strumento": "strumento",
    "instrument": "strumento",
}
"""What pupils ask for, in the order of preference: any of these with a number behind it."""

TIE_WORDS = {
    "prefers": "preferisce",
    "together": "insieme",
    "apart": "separati",
    "twins": "gemelli",
    "siblings": "fratelli",
}

SEXES = {"m": "M", "maschio": "M", "male": "M", "f": "F", "femmina": "F", "female": "F"}
YES = frozenset({"si", "s", "x", "1", "vero", "true", "yes", "y"})
NO = frozenset({"no", "n", "0", "falso", "false"})
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_NUMBERED = re.compile(r"(.+?)_?(\d+)")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ][\d:.]+)?")


def squeezed(text: object) -> str:
    """Return a header or a word without case, accents and punctuation: ``"Già Nato?"`` → ``"gia_nato"``."""
    letters = unicodedata.normalize("NFKD", str(text).casefold())
    bare = "".join(x for x in letters if not unicodedata.combining(x))
    return re.sub(r"[^a-z0-9]+", "_", bare).strip("_")


def column_names(table: str, headers: Sequence[object]) -> list[str]:
    """Return the Italian name of each header, an unknown one in small letters and ``_``; empty headers stay empty."""
    known = {alias: name for name, aliases in ALIASES[table].items() for alias in (name, *aliases)}
    plain = ["" if header is None else squeezed(header) for header in headers]
    return (
        [known.get(name, _request(name) or name) for name in plain]
        if table == "alunni"
        else [known.get(name, name) for name in plain]
    )


def _request(name: str) -> str | None:
    found = _NUMBERED.fullmatch(name)
    return f"{REQUESTS[found[1]]}_{found[2]}" if found and found[1] in REQUESTS else None


def unguarded(text: str) -> str:
    """Take off the apostrophe that keeps a spreadsheet from running a cell as a formula."""
    bare = text.lstrip("'")
    risky = bare[:1] in ("\t", "\r", "\n") or any(
        line.lstrip()[:1] in ("=", "+", "-", "@") for line in bare.splitlines()
    )
    return text[1:] if risky and text.startswith("'") else text


def same_id(class_id: object) -> str:
    """Return a class identifier as compared with others: without case and doubled blanks."""
    return " ".join(str(class_id).casefold().split())


# --- one cell; each raises ValueError for what it cannot read ---


def as_text(cell: Any) -> str:
    """Read a text; a number is written without needless zeros, a date as ISO."""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, float | Decimal):
        return f"{Decimal(str(cell)).normalize():f}"
    return str(cell).strip()


def as_number(cell: Any) -> int | Decimal:
    """Read a number, with decimal comma or point; whole ones are ``int``."""
    word = as_text(cell)
    if isinstance(cell, bool) or not _NUMBER.fullmatch(word):
        raise ValueError(word)
    number = Decimal(word.replace(",", "."))
    return int(number) if number == number.to_integral_value() else number


def as_whole(cell: Any) -> int:
    """Read a whole number."""
    number = as_number(cell)
    if isinstance(number, Decimal):
        raise ValueError(cell)
    return number


def as_date(cell: Any) -> date:
    """Read a date: a date cell, dd/mm/yyyy or ISO."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    word = as_text(cell)
    if found := _DAY_FIRST.fullmatch(word):
        return date(int(found[3]), int(found[2]), int(found[1]))
    if found := _YEAR_FIRST.fullmatch(word):
        return date(int(found[1]), int(found[2]), int(found[3]))
    raise ValueError(word)


def as_yes_no(cell: Any) -> bool:
    """Read one of the yes/no words."""
    word = squeezed(as_text(cell))
    if word not in YES | NO:
        raise ValueError(word)
    return word in YES


def as_disability(cell: Any) -> str:
    """Read no, comma1 or comma3, however they are spaced."""
    word = squeezed(as_text(cell)).replace("_", "")
    return word if word in {"no", "comma1", "comma3"} else as_text(cell)


def as_sex(cell: Any) -> str:
    """Read M or F, also written out."""
    return SEXES.get(squeezed(as_text(cell)), as_text(cell))


def as_tie(cell: Any) -> str:
    """Read the kind of a tie, in either language."""
    word = squeezed(as_text(cell))
    return TIE_WORDS.get(word, word)


KINDS: Mapping[str, Mapping[str, Read]] = {
    "alunni": {
        "sesso": as_sex,
        "data_nascita": as_date,
        "disabilita": as_disability,
        **dict.fromkeys(("nato_in_italia", "nai", "dsa", "bes", "situazione_problematica", "ripetente"), as_yes_no),
    },
    "classi": {"min": as_whole, "max": as_whole, "area_mq": as_number},
    "legami": {"tipo": as_tie, "peso": as_whole, "vincolante": as_yes_no},
}
MARKS = ("livello", "comportamento")


def column_reader(table: str, column: str, cells: Iterable[Any]) -> Read:
    """Return how the filled cells of a column are read: its fixed kind, or for other columns what all of them are."""
    if column in KINDS[table]:
        return KINDS[table][column]
    if column in ALIASES[table] and column not in MARKS:
        return as_text
    found = list(cells)
    for kind in (as_number,) if column in MARKS else (as_number, as_date, as_yes_no):
        if found and all(_readable(kind, cell) for cell in found):
            return kind
    return as_text


def _readable(kind: Read, cell: Any) -> bool:
    try:
        kind(cell)
    except ValueError:
        return False
    return True
