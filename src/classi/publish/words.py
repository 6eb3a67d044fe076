"""What may not stand in a public list: words of special categories, tax codes, addresses, dates of birth, initials.

Words are compared whole, without case and accents. The lists come from the practice of Italian schools (L. 104/1992,
L. 170/2010, DM 27/12/2012) and from the orders of the data protection authority (383/2012, 421/2022, 185/2023,
288/2023): an acronym of a special category is a datum of a special category.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

ACRONYMS = frozenset({
    "dsa", "dva", "bes", "pei", "pdp", "nai", "nae", "adhd", "npi", "npia", "irc", "aec", "h",
})  # fmt: skip
"""Acronyms of special categories (religion included: DPR 751/1985 2.1a)."""

WORDS = ACRONYMS | {"104", "rom", "sinti", "caminanti", "dop", "handicap", "repeater", "repeaters", "repeating"}
STEMS = (
    "disabil", "diversamenteabil", "disabled", "certific", "ripeten", "bocciat", "stranier", "foreign", "sostegn",
    "handicap", "invalidit", "dislessi", "discalculi", "disgrafi", "disortografi", "autis", "dyslexi", "extracomunitar",
    "immigrat", "profug", "rifugiat", "neoarrivat", "nomad", "anticipatari", "avvalent", "religio", "logoped",
    "neuropsichiatr", "affidatari", "adottiv", "svantagg", "disagiat",
)  # fmt: skip
"""Beginnings of words of special categories, or of facts of the same delicacy."""

PHRASES = frozenset({
    ("servizi", "sociali"), ("assistente", "sociale"), ("comma", "1"), ("comma", "3"), ("non", "ammesso"),
    ("non", "ammessa"), ("neo", "arrivato"), ("neo", "arrivata"), ("non", "italiana"), ("non", "italiano"),
    ("non", "italofono"), ("non", "italofona"), ("special", "needs"), ("special", "educational"),
    ("bisogni", "educativi"),
    ("disturbi", "specifici"), ("disturbo", "specifico"), ("l", "170"), ("legge", "170"),
})  # fmt: skip

# "n. 104 del registro" is a number like any other only after one of these.
_NUMBERED = frozenset({"prot", "protocollo", "circolare", "decreto", "determina", "delibera", "aula", "via", "viale"})
_BEFORE_SECTION = frozenset({"classe", "class", "classi", "sezione", "sez", "section", "corso"})

_TAX_CODE = re.compile(
    r"(?<![A-Z0-9])[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z](?![A-Z0-9])"
)
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,63}")
_PHONE = re.compile(
    r"(?<!\w)(?:(?:\+|00)39[ ./-]?)?(?:3[2-9]\d[ ./-]?\d{3}[ ./-]?\d{3,4}|0[1-9]\d{0,2}[ ./-]\d{5,8})(?!\w)"
    r"|\btel(?:efono)?\b[ .:]{0,3}\d{6,11}\b",
    re.IGNORECASE,
)
_MONTHS = "gen|feb|mar|apr|mag|giu|lug|ago|set|ott|nov|dic"
_DATE = re.compile(
    r"(?<!\d)(?:\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})|(?:19|20)\d\d[/.-]\d{1,2}[/.-]\d{1,2})(?!\d)"
    rf"|(?<!\d)\d{{1,2}} (?:{_MONTHS})[a-z]{{0,7}}\.? (?:19|20)\d\d(?!\d)",
    re.IGNORECASE,
)
_BORN = re.compile(r"\bnat[oaie]\b|\bnascita\b|\bborn\b|\bbirth\b", re.IGNORECASE)
_INITIALS = re.compile(r"(?<![\w.])[A-Z]\.[ ]?[A-Z]\.(?:[ ]?[A-Z]\.)?(?![\w.])")
_SHORT_NAME = re.compile(r"(?<!\w)[A-Z][\w'’]+ [A-Z]\.(?!\w)|(?<!\w)[A-Z]\. ?[A-Z][\w'’]+")
_ABBREVIATIONS = frozenset({
    "as", "ic", "iis", "sms", "dd", "ds", "dpr", "dm", "cm", "om", "mi", "nb", "ps", "lr", "ust", "usr", "dl",
})  # fmt: skip
"""Dotted abbreviations of school papers that are nobody's initials ("A.S.", "I.C.")."""


def fold(text: str) -> str:
    """Return `text` without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text, folded; dotted acronyms are one word ("D.S.A." is ``dsa``)."""
    joined = re.sub(r"(?<!\w)((?:[^\W\d_]\.){2,}[^\W\d_]?)", lambda m: m[0].replace(".", "") + " ", text)
    return tuple(re.findall(r"[^\W_]+", fold(joined)))


@lru_cache(maxsize=4096)
def tells_category(text: str, *, section: bool = False) -> bool:
    """Tell whether a text holds a word of a special category.

    Parameters
    ----------
    text : a cell, a heading, a line.
    section : the text names a class, where a lonely "H" is a section's letter.
    """
    words = words_of(text)
    return any(_category(words, k, section) or words[k : k + 2] in PHRASES for k in range(len(words)))


def _category(words: Sequence[str], k: int, section: bool) -> bool:
    word, before = words[k], words[k - 1] if k else ""
    if word == "h":
        return not (section or before[:1].isdigit() or before in _BEFORE_SECTION)
    if word == "104":
        return not _NUMBERED & set(words[max(0, k - 3) : k])
    return word in WORDS or word.startswith(STEMS)


def holds_category(code: str) -> bool:
    """Tell whether a code equals or contains a word of a special category, also in the middle ("K7DSA3")."""
    squashed = "".join(words_of(code))
    inside = any(w in squashed for w in WORDS | set(STEMS) if len(w) >= 3 and w.isalpha())
    return inside or squashed == "h" or re.search(r"(?<!\d)104(?!\d)", squashed) is not None


def tells_tax_code(text: str) -> bool:
    """Tell whether an Italian tax code (also one with letters for digits) stands in a text."""
    return _TAX_CODE.search(text.upper()) is not None


def tells_address(text: str) -> bool:
    """Tell whether an e-mail address or a telephone number stands in a text."""
    return _MAIL.search(text) is not None or _PHONE.search(text) is not None


def tells_date(text: str) -> bool:
    """Tell whether a whole date stands in a text."""
    return _DATE.search(text) is not None


def tells_birth(text: str) -> bool:
    """Tell whether a text that is no cell of a list speaks of a birth and gives a date."""
    return tells_date(text) and _BORN.search(text) is not None


def tells_initials(text: str, *, free: bool) -> bool:
    """Tell whether a text holds somebody's initials, or a name shortened to one.

    Parameters
    ----------
    text : a cell or a line.
    free : the text is prose, where a shortened name ("G. Verdi") may be the school's own.
    """
    for found in _INITIALS.findall(text):
        if found.replace(".", "").replace(" ", "").casefold() not in _ABBREVIATIONS:
            return True
    return not free and _SHORT_NAME.search(text) is not None


def looks_personal(label: str, *, made: bool = False) -> bool:
    """Tell whether a label looks like a name, initials, a tax code, an address or a date.

    Parameters
    ----------
    label : an identifier or a code.
    made : it was made up as a code, so that letters with a digit or two are no name ("rossi2" is one for a school).
    """
    digits = "".join(c for c in label if c.isdigit())
    only_words = not digits and sum(c.isalpha() for c in label) >= 2
    numbered_word = not made and len(digits) <= 2 and re.search(r"[^\W\d_]{4,}", label) is not None
    packed_date = len(digits) == len(label) == 8 and _is_day(digits)
    telling = tells_tax_code(label) or tells_address(label) or tells_date(label)
    return only_words or numbered_word or packed_date or telling


def _is_day(digits: str) -> bool:
    """Tell whether eight digits are a date, year first or day first."""
    first, last = (digits[:4], digits[4:6], digits[6:]), (digits[4:], digits[2:4], digits[:2])
    return any(1900 <= int(y) <= 2100 and 1 <= int(m) <= 12 and 1 <= int(d) <= 31 for y, m, d in (first, last))
