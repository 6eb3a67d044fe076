"""Codes for the public lists: made from a secret of the school, told to each family alone, saying nothing.

A code is an HMAC-SHA-256 of the pupil's identifier under the school's secret, written with letters and digits in turn:
two letters never meet, so no code can spell a name, an acronym or a word, whoever the pupils are.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from classi.durable import PRIVATE, staged, write_atomic
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.publish.files import csv_bytes
from classi.publish.people import People, Row
from classi.publish.words import holds_category, looks_personal, words_of
from classi.sheets import read_small

LETTERS = "ACDEFHJKLMNPQRTUVWXY"
DIGITS = "23456789"
"""Signs nobody mistakes for another: no O and 0, I and 1, B and 8, S and 5, Z and 2, G and 6."""

SECRET = "codici.segreto"
"""The file of the secret, beside the case."""
SHORTEST = 6
LONGEST = 24
SECRET_BYTES = 32
CODES_HEADER = ("id", "codice")


def public_codes(ids: Iterable[str], secret: bytes) -> dict[str, str]:
    """Return the code of each pupil: the same secret and identifier give the same code, in any company.

    Parameters
    ----------
    ids : identifiers of the pupils.
    secret : see `read_or_make_secret`.

    Returns
    -------
    Codes of `SHORTEST` signs; all of them longer, by as little as it takes, where two would be equal.

    Raises
    ------
    ValueError
        When the secret is shorter than 16 bytes, which could be guessed.
    """
    if len(secret) < 16:
        raise ValueError("the secret must have at least 16 bytes")
    whole = {i: _code(i, secret) for i in dict.fromkeys(ids)}
    for length in range(SHORTEST, LONGEST + 1, 2):
        codes = {i: code[:length] for i, code in whole.items()}
        if len(set(codes.values())) == len(codes):
            return codes
    raise AssertionError("two identifiers have the same HMAC")  # pragma: no cover - 2**-88 for each pair


def _code(pupil: str, secret: bytes) -> str:
    number = int.from_bytes(hmac.digest(secret, pupil.encode("utf-8"), hashlib.sha256))
    signs = []
    for k in range(LONGEST):
        alphabet = DIGITS if k % 2 else LETTERS
        number, sign = divmod(number, len(alphabet))
        signs.append(alphabet[sign])
    return "".join(signs)


def read_or_make_secret(path: Path) -> bytes:
    """Return the school's secret, made the first time; the file is for its owner only and is never published.

    Who has it can find out every pupil's code: it is to be kept as the pupils' data are. Without it the next list has
    other codes.

    Raises
    ------
    InputError
        When the file holds something else.
    """
    path = Path(path)
    if not path.exists():
        _make(path)
    text = read_small(path, 1000).decode("ascii", "replace").strip()
    if not re.fullmatch(rf"[0-9a-f]{{{2 * SECRET_BYTES}}}", text):
        message = _("This is not the file of the secret: {digits} hexadecimal digits are expected.")
        hint = _("take the copy that was put aside, or name a new file: the codes will then be others")
        raise InputError([Problem(message.format(digits=2 * SECRET_BYTES), path.name, hint=hint)])
    path.chmod(PRIVATE)  # a copy from elsewhere may be open to everybody
    return bytes.fromhex(text)


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with staged(path, secrets.token_hex(SECRET_BYTES).encode("ascii") + b"\n", PRIVATE) as temporary:
        try:
            os.link(temporary, path)  # unlike a replacement, never takes the place of somebody else's secret
        except FileExistsError:
            return
        except OSError:  # a disk without links
            temporary.replace(path)


def write_codes(path: Path, codes: Mapping[str, str]) -> None:
    """Write the private key to the list, ``id;codice`` in the order of the identifiers, for its owner only."""
    write_atomic(Path(path), csv_bytes(CODES_HEADER, sorted(codes.items())), PRIVATE)


def check_codes(
    placed: Mapping[str, str], codes: Mapping[str, str], pupils: Sequence[Row] = (), *, ids_as_codes: bool = False
) -> list[Problem]:
    """Return what is wrong with codes that are to be published.

    Parameters
    ----------
    placed : class of each pupil to publish.
    codes : code of each pupil.
    pupils : rows of the case, with `cognome` and `nome` where known.
    ids_as_codes : the codes are the identifiers themselves. They are allowed only where none looks like a name, a tax
        code or a date.
    """
    people = People.of(pupils)
    ids = set(codes) | set(placed) | {str(row["id"]) for row in pupils if row.get("id") is not None}
    telling = {i for i in ids if looks_personal(i) or people.inside(i)}
    judge = _Judge(people, frozenset(map(_bare, ids)), frozenset(map(_bare, telling)), ids_as_codes)
    problems = []
    for n, pupil in enumerate(placed, 1):
        who = _("pupil number {number} of the list").format(number=n) if pupil in telling else pupil
        wrong = judge.wrong(pupil, codes.get(pupil, ""))
        problems += [Problem(sentence, column="codice", value=who) for sentence in wrong]
    return [*problems, *_alike([codes[i] for i in placed if codes.get(i)])]


@dataclass(frozen=True)
class _Judge:
    """Judges one code at a time; identifiers are kept bare (see `_bare`), `telling` are those that look personal."""

    people: People
    ids: frozenset[str]
    telling: frozenset[str]
    ids_as_codes: bool

    def wrong(self, pupil: str, code: str) -> Iterator[str]:
        if re.fullmatch(r"[A-Za-z0-9]+(?:[-_./][A-Za-z0-9]+)*", code) is None:
            yield _("This pupil has no code made of letters and digits alone.")
            return
        if self.ids_as_codes and code != pupil:
            yield _("The identifiers were to be the codes: this code is another one.")
        if not self.ids_as_codes and _bare(code) in self.ids:
            yield _("The code is an identifier of the school: identifiers are published only if you ask for that.")
        if self.people.inside(code):
            yield _("The code holds a surname or a name of a pupil.")
        if looks_personal(code, made=not self.ids_as_codes) or any(i in _bare(code) for i in self.telling if i):
            yield _("The code looks like a name, a tax code or a date: it would tell who the pupil is.")
        if holds_category(code):
            yield _("The code holds a word or an acronym of a special category.")


def _bare(label: str) -> str:
    return "".join(words_of(label))


def _alike(codes: Sequence[str]) -> Iterator[Problem]:
    if len({code.casefold() for code in codes}) < len(codes):
        yield Problem(_("Two pupils have the same code: every family must find its own."), column="codice")
    if len({len(code) for code in codes}) > 1:
        yield Problem(_("The codes differ in length: the length could tell groups of pupils apart."), column="codice")
