"""What a draw leaves in writing: the public record, the private one, and their files."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from classi.durable import PRIVATE, PUBLIC, write_atomic
from classi.errors import InputError, Problem
from classi.i18n import _

ALGORITHM: Literal["classi-draw-1"] = "classi-draw-1"
LARGEST = 64_000_000
"""Bytes of a file: the draw of a hundred thousand, stratified, takes a tenth of it."""
LARGEST_NUMBER = 10**15 - 1
"""Every language reads whole numbers up to here without rounding."""

_STRICT = ConfigDict(strict=True, extra="forbid")
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,59}")

Drawn = Annotated[int, Field(ge=0, le=LARGEST_NUMBER)]
R = TypeVar("R")


@dataclass(frozen=True)
class Committed:
    """When the draw was committed to, and who did it."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    when: date
    who: str


@dataclass(frozen=True)
class Reveal:
    """The numbers of each public source as they came out, and their canonical form (RFC 3797, section 4)."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    when: date
    who: str
    numbers: tuple[tuple[Drawn, ...], ...]
    key: str


@dataclass(frozen=True)
class Annulment:
    """Who annulled the draw, why and when."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    who: str
    why: str
    when: date


@dataclass(frozen=True, kw_only=True)
class Public:
    """The public record of a draw; nothing in it tells whose a pseudonymous label is.

    Attributes
    ----------
    source, source_date : the public source of the numbers, and the day they come out.
    labels : the pool, sorted.
    strata : the stratum of each label, where every stretch of the result has its share of each.
    outcomes : what falls to the first of the result, to the second and so on.
    mapping_sha256 : hash of the private record.
    after_annulment : number of the annulled draw this one takes the place of.
    commitment : hash of everything above, and of the name.
    reveal, result : the numbers and the labels in the order drawn, once they are known.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    format: Literal[1] = 1
    name: str
    algorithm: Literal["classi-draw-1"] = ALGORITHM
    committed: Committed
    source: str
    source_date: date
    labels: tuple[str, ...]
    strata: dict[str, str] | None
    outcomes: tuple[str, ...] | None
    mapping_sha256: str
    after_annulment: int | None
    commitment: str
    reveal: Reveal | None = None
    result: tuple[str, ...] | None = None
    annulled: Annulment | None = None


@dataclass(frozen=True, kw_only=True)
class Draw(Public):
    """A draw as its files hold it; `ids` (label → id) is ``None`` where the private file is not there."""

    ids: dict[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Private:
    """The private record: the salt of the labels, and whose each label is."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    format: Literal[1] = 1
    salt: str = field(repr=False)
    ids: dict[str, str] = field(repr=False)


_PUBLIC, _PRIVATE = TypeAdapter(Public), TypeAdapter(Private)


def public_part(record: Public) -> dict[str, Any]:
    """Return the public fields alone, by name; the `ids` of a `Draw` stay behind."""
    whole = asdict(record)
    return {f.name: whole[f.name] for f in fields(Public)}


def name_problems(name: str) -> list[Problem]:
    """Say what is wrong with the name of a draw: it is part of the names of its files."""
    if _SLUG.fullmatch(name):
        return []
    message = _("The name of a draw is made of at most 60 letters without accents, digits and hyphens.")
    return [Problem(message, value=name)]


def public_file(folder: Path, name: str) -> Path:
    """Return the path of the public file."""
    return Path(folder) / f"{name}.json"


def private_file(folder: Path, name: str) -> Path:
    """Return the path of the private file."""
    return Path(folder) / f"{name}.riservato.json"


def annulled_name(name: str, number: int) -> str:
    """Return the name an annulled draw is kept under; no draw can be given it, for it has a dot."""
    return f"{name}.annullato-{number}"


def annulments(folder: Path, name: str) -> int:
    """Return the number of the last annulled draw of that name, 0 without any."""
    pattern = re.compile(re.escape(f"{name}.annullato-") + r"([0-9]+)\.json")
    found = (pattern.fullmatch(path.name) for path in Path(folder).glob(f"{name}.annullato-*.json"))
    return max((int(match[1]) for match in found if match), default=0)


def read_public(path: Path) -> Public:
    """Read a public file, without judging what it says; raises `InputError` where it is not such a file."""
    return _read(path, _PUBLIC)


def read_private(path: Path) -> Private:
    """Read a private file, without judging what it says; raises `InputError` where it is not such a file."""
    return _read(path, _PRIVATE)


def _read(path: Path, kind: TypeAdapter[R]) -> R:
    # The library's own messages quote what they found, and the private file holds ids: only the part is named.
    try:
        if path.is_file() and path.stat().st_size > LARGEST:
            raise InputError([Problem(_("The file is too large."), path.name)])
        return kind.validate_json(path.read_bytes())
    except FileNotFoundError:
        raise InputError([Problem(_("There is no such draw: the file does not exist."), path.name)]) from None
    except OSError:
        raise InputError([Problem(_("The file cannot be read."), path.name)]) from None
    except ValidationError as error:
        places = {str(e["loc"][0]) if e["loc"] else "" for e in error.errors(include_input=False)}
        raise InputError([Problem(_misshapen(part), path.name) for part in sorted(places)]) from None


def _misshapen(part: str) -> str:
    if not part:
        return _("The file is not the JSON file of a draw.")
    return _("“{part}” is missing, not known, or not written as in the file of a draw.").format(part=part)


def write_record(path: Path, record: Public | Private) -> None:
    """Write a record whole or not at all; the private one can be read by its owner alone.

    Raises
    ------
    OSError
        When the folder cannot be written; what was there before is still there.
    """
    private = isinstance(record, Private)
    content = asdict(record) if isinstance(record, Private) else public_part(record)
    text = json.dumps(content, ensure_ascii=False, indent=2, default=date.isoformat) + "\n"
    write_atomic(path, text.encode("utf-8"), PRIVATE if private else PUBLIC)
