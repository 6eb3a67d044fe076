"""The public class lists: codes by class, and nothing else, in three formats.

Source: Garante, order 383/2012: names by class on the web have no lawful basis, and repeaters had shown in a lighter
typeface. So a list holds codes only; rows are in the order of their codes, which are random; every row looks the same;
the files have no author, no date of their own and nothing hidden. They are looked through before they get their names.
"""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from xlsxwriter import Workbook

from classi.durable import write_atomic
from classi.errors import InputError, Problem
from classi.i18n import _, language, ngettext
from classi.publish.codes import check_codes
from classi.publish.files import csv_bytes
from classi.publish.lint import lint
from classi.publish.people import Row, row_name
from classi.publish.words import tells_category, words_of

HEADER = ("classe", "codice")
FILES = ("elenchi.csv", "elenchi.html", "elenchi.xlsx")
EPOCH = datetime(2000, 1, 1)
WIDTHS = (24, 16)
"""Widths of the two columns of the sheet, in characters: always the same, whatever the rows."""


@dataclass(frozen=True)
class _Lists:
    """What is published: a title, a line beneath it, and the codes of each class, in order."""

    title: str
    when: str
    classes: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Class and code of each row."""
        return [(name, code) for name, codes in self.classes for code in codes]

    @property
    def allowed(self) -> str:
        """Words that are the list's own."""
        return " ".join([self.title, self.when, _note(), *(name for name, _codes in self.classes)])


def publish_classes(
    placed: Mapping[str, str],
    codes: Mapping[str, str],
    folder: Path,
    title: str = "",
    when: str = "",
    *,
    pupils: Sequence[Row] = (),
    ids_as_codes: bool = False,
) -> tuple[Path, ...]:
    """Write `elenchi.csv`, `elenchi.html` and `elenchi.xlsx`.

    Parameters
    ----------
    placed : class of each pupil, by identifier.
    codes : code of each pupil, by identifier (see `classi.publish.public_codes`).
    folder : made if it does not exist.
    title, when : words over the page; the school's name may be there, a pupil's may not.
    pupils : rows of the case by column, to recognise names and to look whether an order betrays something. Give them.
    ids_as_codes : publish the identifiers themselves; refused where one looks like a name, a tax code or a date.

    Returns
    -------
    The files written.

    Raises
    ------
    InputError
        When a code, a class or the title may not be published, a file is there already, or anything is found in the
        files once written (see `classi.publish.lint`); nothing is left in the folder then.
    """
    folder = Path(folder)
    problems = [*check_codes(placed, codes, pupils, ids_as_codes=ids_as_codes), *_check_words(placed, title, pupils)]
    if not placed:
        problems.append(Problem(_("No pupil is in a class: there is nothing to publish.")))
    message = _("The file {file} is already there and is not overwritten: choose another name, or move it.")
    problems += [Problem(message.format(file=f), f) for f in FILES if (folder / f).exists()]
    if problems:
        raise InputError(problems)
    lists = _Lists(title or _("Classes"), when, _by_class(placed, codes))
    files = dict(zip(FILES, (csv_bytes(HEADER, lists.rows), _page(lists).encode(), _sheet(lists)), strict=True))
    _look_through(files, lists, pupils, {i: codes[i] for i in placed})
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        write_atomic(folder / name, data)
    return tuple(folder / name for name in files)


def _check_words(placed: Mapping[str, str], title: str, pupils: Sequence[Row]) -> list[Problem]:
    problems = [
        Problem(_("The name of a class is empty or has blanks too many."), column="classe")
        for name in set(placed.values())
        if not name or name != " ".join(name.split())
    ]
    words = set(words_of(title))
    names = [(set(surname), set(name)) for surname, name in map(row_name, pupils)]
    if any(surname and name and surname | name <= words for surname, name in names):
        problems.append(Problem(_("The title holds a pupil's surname and first name.")))
    if tells_category(title):
        problems.append(Problem(_("The title holds a word or an acronym of a special category.")))
    if any(tells_category(name, section=True) for name in placed.values()):
        problems.append(Problem(_("The name of a class holds a word or an acronym of a special category.")))
    return problems


def _by_class(placed: Mapping[str, str], codes: Mapping[str, str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for pupil, name in placed.items():
        found[name].append(codes[pupil])
    return tuple((name, tuple(sorted(found[name]))) for name in sorted(found, key=_natural))


def _natural(name: str) -> tuple[list[tuple[int, str]], str]:
    """Return the key under which 2A comes before 10A."""
    parts = re.findall(r"\d+|\D+", name.casefold())
    return [(int(p), "") if p.isdigit() else (0, p) for p in parts], name


def _look_through(files: Mapping[str, bytes], lists: _Lists, pupils: Sequence[Row], codes: Mapping[str, str]) -> None:
    # In a folder of their own, for their owner only: what does not pass must never have been where it could be taken.
    with tempfile.TemporaryDirectory(prefix="classi-") as aside:
        found = []
        for name, data in files.items():
            path = Path(aside) / name
            write_atomic(path, data)
            found += [Problem(s, name) for s in lint(path, pupils, codes=codes, allowed=lists.allowed)]
    if found:
        raise InputError(found)


def _note() -> str:
    return _("Every family knows its own code from the school office.")


def _page(lists: _Lists) -> str:
    environment = Environment(
        loader=PackageLoader("classi.publish"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    sizes = {name: len(codes) for name, codes in lists.classes}
    return environment.get_template("elenchi.html.j2").render(
        language=language(),
        title=lists.title,
        when=lists.when,
        note=_note(),
        code=_("Code"),
        classes=lists.classes,
        captions={
            name: ngettext("Class {name}: {number} pupil", "Class {name}: {number} pupils", number).format(
                name=name, number=number
            )
            for name, number in sizes.items()
        },
    )


def _sheet(lists: _Lists) -> bytes:
    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(buffer, options) as book:
        book.set_properties({"created": EPOCH})
        one = book.add_format({"num_format": "@", "border": 1})
        page = book.add_worksheet("elenchi")
        for column, width in enumerate(WIDTHS):
            page.set_column(column, column, width)
        for row, cells in enumerate([HEADER, *lists.rows]):
            for column, cell in enumerate(cells):
                page.write_string(row, column, cell, one)
        page.set_paper(9)
    return buffer.getvalue()
