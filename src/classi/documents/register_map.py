"""The mapping of the files for electronic registers: a TOML file read into typed data, all mistakes told at once."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Set
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from classi.criteria.base import YesNo
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.rule_errors import explain_inside, nearest
from classi.sheets import read_small

LARGEST = 1_000_000
_FILE_NAME = re.compile(r"\w[\w ().-]*", re.ASCII)


class Column(BaseModel):
    """One column of a file: a text with fields between braces (`value`), or one field (`source`) and its form."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    header: str
    value: str | None = None
    source: str | None = Field(None, alias="from")
    slice: list[Annotated[int, Strict()]] | None = None
    map: dict[str, str] | None = None
    date: str = "%d/%m/%Y"
    yes: str = "sì"
    no: str = "no"
    empty: str = ""

    @model_validator(mode="after")
    def _one_of_two(self) -> Column:
        if (self.value is None) == (self.source is None):
            raise PydanticCustomError("needs_one_of", "value or from", {"fields": "value, from"})
        return self

    @property
    def pieces(self) -> tuple[tuple[str, str | None], ...]:
        """What the cell is made of: (text, field after it or None); raises `ValueError` for braces gone wrong."""
        if self.source is not None:
            return (("", self.source),)
        found = []
        for text, name, spec, conversion in Formatter().parse(self.value or ""):
            if spec or conversion:
                raise ValueError("a field is a name alone")
            found.append((text, None if name is None else name.strip()))
        return tuple(found)


class File(BaseModel):
    """One file to write."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    format: Literal["csv", "xlsx"] = "csv"
    delimiter: Literal[";", ",", "\t", "|"] = ";"
    encoding: Literal["utf-8-sig", "utf-8", "cp1252", "iso-8859-1"] = "utf-8-sig"
    header: YesNo = True
    quoting: Literal["minimal", "all"] = "minimal"
    columns: list[Column]


class Register(BaseModel):
    """The whole mapping."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    file: list[File]


def read_mapping(path: Path, known: Set[str]) -> Register:
    """Read a mapping.

    Parameters
    ----------
    path : the TOML file.
    known : the fields there are; see `classi.documents.register.known_fields`.

    Raises
    ------
    InputError
        With every mistake: unknown keys and fields (and the nearest right one), names that are no file names.
    """
    try:
        data = tomllib.loads(read_small(path, LARGEST).decode("utf-8-sig"))
    except OSError:
        raise InputError([Problem(_("The file cannot be opened."), path.name)]) from None
    except (ValueError, RecursionError) as error:
        said = _("The file is not valid TOML: {error}").format(error=error)
        raise InputError([Problem(said, path.name)]) from None
    try:
        mapping = Register(**data)
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise InputError([explain_inside(e, Register, *_where(e), path.name) for e in found]) from None
    problems = [*_file_problems(mapping, path.name), *_field_problems(mapping, known, path.name)]
    if problems:
        raise InputError(problems)
    return mapping


def _where(error: ErrorDetails) -> tuple[int, str]:
    """Return how many keys of the place are said in words, and the words."""
    place = error["loc"]
    if len(place) > 3 and place[2] == "columns":
        return 4, place_words(int(place[1]), int(place[3]))
    if len(place) > 2 and place[0] == "file":
        return 2, _("File {number}: ").format(number=int(place[1]) + 1)
    return 0, ""


def place_words(file: int, column: int) -> str:
    """Return the words for a place in the mapping, both counted from 0."""
    return _("File {number}, column {column}: ").format(number=file + 1, column=column + 1)


def _file_problems(mapping: Register, file: str) -> Iterator[Problem]:
    if not mapping.file:
        yield Problem(_("The mapping names no file: at least one [[file]] is needed."), file, column="file")
    often = Counter(one.name.casefold() for one in mapping.file)
    for one in mapping.file:
        if not _FILE_NAME.fullmatch(one.name):
            text = _("This is not the name of a file: letters without accents, digits, blanks, . - _ ( ) are allowed.")
            yield Problem(text, file, column="name", value=one.name)
        elif often[one.name.casefold()] > 1:
            yield Problem(_("Two files have this name."), file, column="name", value=one.name)
        if not one.columns:
            yield Problem(_("This file has no columns."), file, column="columns", value=one.name)


def _field_problems(mapping: Register, known: Set[str], file: str) -> Iterator[Problem]:
    for n, one in enumerate(mapping.file):
        for k, column in enumerate(one.columns):
            where = place_words(n, k)
            if column.slice is not None and not _is_slice(column.slice):
                text = where + _("“slice” needs two whole numbers from 0 up, the second larger, as [0, 1].")
                yield Problem(text, file, column="slice", value=str(column.slice))
            try:
                fields = [name for _text, name in column.pieces if name is not None]
            except ValueError:
                text = where + _("braces go round the name of a field and nothing else, as {example}.")
                yield Problem(text.format(example="{cognome}"), file, column="value", value=column.value or "")
                continue
            for name in fields:
                if name not in known:
                    text = where + _("“{name}” is not a field of these files.").format(name=name)
                    yield Problem(text, file, column=column.header, value=name, hint=nearest(name, known))


def _is_slice(numbers: list[int]) -> bool:
    return len(numbers) == 2 and 0 <= numbers[0] < numbers[1]
