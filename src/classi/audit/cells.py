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
    "legami": ("legami", "ties"),
}

ALIASES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "alunni": {
        "id": ("identificativo",),
        "cognome": ("surname", "last_name", "lastname", "family_name"),
        "nome": ("name", "first_name", "firstname", "given_name"),
        "sesso": ("genere", "sex", "gender"),
        "data_nascita": ("data_di_nascita", "nato_il", "birth_date", "birthdate", "date_of_birth"),
        "data_domanda": ("data_della_domanda", "application_date"),
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
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?=,\d+$)")
_BRACKETS = re.compile(r"\(.*?\)|\[.*?\]")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?:[T ]+\d{1,2}[:.]\d{2}(?:[:.]\d{2})?)?")
_YEAR_FIRST = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})(?:[T ][\d:.]+)?")
_COMMA = re.compile(r"(?:art(?:icolo)?3)?c(?:omma)?([13])")


def squeezed(text: object) -> str:
    """Return a header or a word without case, accents and punctuation: ``"Già Nato?"`` → ``"gia_nato"``."""
    letters = unicodedata.normalize("NFKD", str(text).casefold())
    bare = "".join(x for x in letters if not unicodedata.combining(x))
    return re.sub(r"[\W_]+", "_", bare).strip("_")


def column_names(table: str, headers: Sequence[object]) -> list[str]:
    """Return the Italian name of each header, an unknown one in small letters and ``_``; empty headers stay empty.

    What stands in brackets after a known name explains it and is no part of it; blanks in a known name do not matter.
    """
    return [_column_name(table, str(header or "")) for header in headers]


def _column_name(table: str, header: str) -> str:
    for words in (header, _BRACKETS.sub(" ", header)):
        bare = squeezed(words).replace("_", "")
        for name, aliases in ALIASES[table].items():
            if bare in (alias.replace("_", "") for alias in (name, *aliases)):
                return name
        if table == "alunni" and (request := _request(bare)):
            return request
    return squeezed(header)


def _request(bare: str) -> str | None:
    for asked, name in REQUESTS.items():
        stem = asked.replace("_", "")
        number = bare.removeprefix(stem)
        if number != bare and number.isdecimal() and not number.startswith("0"):
            return f"{name}_{number}"
    return None


def unguarded(text: str) -> str:
    """Take off the apostrophe that keeps a spreadsheet from running a cell as a formula."""
    if not text.startswith("'"):
        return text
    bare = text.lstrip("'")
    risky = bare[:1] in ("\t", "\r", "\n") or any(
        line.lstrip()[:1] in ("=", "+", "-", "@") for line in bare.splitlines()
    )
    return text[1:] if risky else text


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
    """Read a number, with decimal comma or point; dots between thousands need a comma. Whole ones are ``int``."""
    word = as_text(cell)
    if grouped := _THOUSANDS.match(word):
        word = grouped[0].replace(".", "") + word[grouped.end() :]
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
    """Read a date: a date cell, dd/mm/yyyy (yy: 1950 to 2049) or ISO, from 1900 to 2100."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    word = as_text(cell)
    if found := _DAY_FIRST.fullmatch(word):
        day, month, year = found.groups()
        year = year if len(year) == 4 else ("20" if year < "50" else "19") + year
    elif found := _YEAR_FIRST.fullmatch(word):
        year, month, day = found.groups()
    else:
        raise ValueError(word)
    if not 1900 <= int(year) <= 2100:
        raise ValueError(word)
    return date(int(year), int(month), int(day))


def as_yes_no(cell: Any) -> bool:
    """Read one of the yes/no words, with or without its accent."""
    word = unicodedata.normalize("NFKD", as_text(cell).casefold()).replace("\u0300", "").rstrip("'’")
    if word not in YES | NO:
        raise ValueError(word)
    return word in YES


def as_disability(cell: Any) -> str:
    """Read no, comma1 or comma3 (of article 3), however they are written."""
    word = squeezed(as_text(cell)).replace("_", "")
    if word in NO | {"nessuna"}:
        return "no"
    if found := _COMMA.fullmatch(word):
        return f"comma{found[1]}"
    raise ValueError(word)


def as_sex(cell: Any) -> str:
    """Read M or F, also written out."""
    word = as_text(cell).casefold()
    if word not in SEXES:
        raise ValueError(word)
    return SEXES[word]


def as_tie(cell: Any) -> str:
    """Read the kind of a tie, in either language."""
    word = squeezed(as_text(cell))
    return TIE_WORDS.get(word, word)


KINDS: Mapping[str, Mapping[str, Read]] = {
    "alunni": {
        "sesso": as_sex,
        "data_nascita": as_date,
        "data_domanda": as_date,
        "disabilita": as_disability,
        **dict.fromkeys(("nato_in_italia", "nai", "dsa", "bes", "situazione_problematica", "ripetente"), as_yes_no),
    },
    "classi": {"min": as_whole, "max": as_whole, "area_mq": as_number},
    "legami": {"tipo": as_tie, "peso": as_whole, "vincolante": as_yes_no},
}
MARKS = ("livello", "comportamento", "anno")
"""Known columns that hold numbers or words, as the whole column tells."""


def column_reader(table: str, column: str, cells: Iterable[Any]) -> Read:
    """Return how the filled cells of a column are read: its fixed kind, or for other columns what all of them are."""
    if column in KINDS[table]:
        return KINDS[table][column]
    numbered = table == "alunni" and _request(column.replace("_", ""))
    if (column in ALIASES[table] or numbered) and column not in MARKS:
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
