"""Looks through a file a school wants to put on the web, and says what may not be there.

Source: Garante, order 383/2012 (names by class, repeaters in a lighter typeface) and later orders; special-category
acronyms and initials do not make a list anonymous. What is found is never repeated: a sentence says what kind of thing
it is and where.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from classi.errors import InputError, Problem
from classi.i18n import _
from classi.publish.delimited import read_csv, read_lines
from classi.publish.opendocument import read_ods
from classi.publish.order import betrayals, find_pupils
from classi.publish.page import read_page
from classi.publish.people import People, Row
from classi.publish.rows import content, table_findings, text_findings
from classi.publish.table import Document, Finding, say
from classi.publish.workbook import read_xlsx

TIMEOUT_S = 10.0
KINDS = (".csv", ".tsv", ".txt", ".html", ".htm", ".xlsx", ".ods")


def lint(
    file: Path, pupils: Sequence[Row] = (), *, codes: Mapping[str, str] | None = None, allowed: str = ""
) -> list[str]:
    """Return what may not be published in a file, one sentence each with its place; none where nothing was found.

    Parameters
    ----------
    file : a .csv, .tsv, .txt, .html, .xlsx or .ods file.
    pupils : rows of the case by column (``{"id": p.id, **p.fields}``). With them names are recognised, and an order
        that betrays an attribute.
    codes : code of each pupil by identifier, to know which pupil a row is.
    allowed : words that are nobody's name in titles and in the names of classes, such as the school's own name.

    Raises
    ------
    InputError
        When the file cannot be read, or is of another kind.
    """
    path = Path(file)
    document = _read(path)
    people = People.of(pupils, allowed)
    findings = [Finding(_file_name(s)) for s in content(path.stem.replace("_", " "), "free", people)]
    findings += document.findings
    findings += text_findings(document.texts, people)
    find = find_pupils(pupils, codes or {})
    for table in document.tables:
        findings += table_findings(table, people)
        findings += betrayals(table, find) if pupils else ()
    return say(findings)


def _file_name(sentence: str) -> str:
    return _("in the name of the file: {sentence}").format(sentence=sentence)


def _read(path: Path) -> Document:
    deadline = time.monotonic() + TIMEOUT_S
    match path.suffix.casefold():
        case ".csv" | ".tsv":
            return read_csv(path)
        case ".txt":
            return read_lines(path)
        case ".html" | ".htm":
            return read_page(path)
        case ".xlsx":
            return read_xlsx(path, deadline)
        case ".ods":
            return read_ods(path, deadline)
    message = _("Files of this kind are not looked through: {kinds} are.").format(kinds=", ".join(KINDS))
    raise InputError([Problem(message, path.name)])
