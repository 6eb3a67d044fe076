"""The tables and columns classi knows: one declarative place for names, aliases and types.

Headers are compared without case, accents, blanks and punctuation; words in brackets are tried with and without
("Sesso (M/F)" is `sesso`). Every other column is kept under its own name in lower case, without accents, with
underscores for everything that is neither letter nor digit, and its type is found from all of its cells (see
`classi.tables.cells.infer`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

Kind = Literal[
    "id",
    "text",
    "sex",
    "support",
    "yesno",
    "date",
    "level",
    "count",
    "weight",
    "area",
    "request",
    "class",
    "classes",
    "pupil",
    "tie",
    "any",
]


@dataclass(frozen=True)
class Column:
    """A column classi knows.

    Attributes
    ----------
    name : as criteria name it.
    kind : the type of its cells.
    aliases : other headers it may have.
    target : for requests, the column of `classi` that must have the value.
    in_template : False for columns that are read but not offered in the empty workbook.
    """

    name: str
    kind: Kind
    aliases: tuple[str, ...] = ()
    target: str = ""
    in_template: bool = True


@dataclass(frozen=True)
class Layout:
    """A table: its name, the other names it may have, its columns and those it cannot do without."""

    name: str
    aliases: tuple[str, ...]
    columns: tuple[Column, ...]
    required: tuple[str, ...]
    mandatory: bool = False
    by_key: dict[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = {squash(name): column for column in self.columns for name in (column.name, *column.aliases)}
        object.__setattr__(self, "by_key", found)

    def column(self, header: str) -> Column | None:
        """Return the known column a header stands for."""
        return self.by_key.get(squash(header)) or self.by_key.get(squash(_without_brackets(header)))


def squash(text: str) -> str:
    """Return a header as compared: letters and digits only, without accents and case."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if c.isalnum())


def attribute_name(header: str) -> str:
    """Return the name under which any other column is kept: ``"Città (residenza)"`` → ``citta_residenza``."""
    plain = unicodedata.normalize("NFKD", header.casefold())
    letters = "".join(c if c.isalnum() else "_" for c in plain if not unicodedata.combining(c))
    return re.sub("_+", "_", letters).strip("_")


def _without_brackets(header: str) -> str:
    return re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", header)


def _numbered(name: str, alias: str, kind: Kind, shown: int, target: str = "") -> tuple[Column, ...]:
    return tuple(Column(f"{name}_{n}", kind, (f"{alias}_{n}",), target, in_template=n <= shown) for n in range(1, 10))


PUPILS = Layout(
    "alunni",
    ("pupils", "students", "studenti"),
    (
        Column("id", "id", ("identificativo",)),
        Column("cognome", "text", ("surname", "last_name", "family_name")),
        Column("nome", "text", ("name", "first_name", "given_name")),
        Column("sesso", "sex", ("sex", "gender", "genere")),
        Column("data_nascita", "date", ("birth_date", "date_of_birth", "data_di_nascita", "nato_il")),
        Column("data_domanda", "date", ("application_date", "data_della_domanda"), in_template=False),
        Column("cittadinanza", "text", ("citizenship", "nationality", "nazionalita")),
        Column("nato_in_italia", "yesno", ("born_in_italy",)),
        Column("nai", "yesno", ("newly_arrived", "neo_arrivato")),
        Column("livello_italiano", "text", ("italian_level",)),
        Column("disabilita", "support", ("disability",)),
        Column("dsa", "yesno", ("sld",)),
        Column("bes", "yesno", ("sen",)),
        Column("situazione_problematica", "yesno", ("problem_situation",)),
        Column("livello", "level", ("level",)),
        Column("comportamento", "level", ("behaviour", "behavior")),
        Column("scuola_provenienza", "text", ("school_of_origin", "scuola_di_provenienza")),
        Column("classe_provenienza", "text", ("class_of_origin", "classe_di_provenienza")),
        Column("ripetente", "yesno", ("repeater", "repeating")),
        *_numbered("plesso", "site", "request", 3, "plesso"),
        *_numbered("tempo_scuola", "time_model", "request", 2, "tempo_scuola"),
        *_numbered("lingua2", "second_language", "request", 2, "lingua2"),
        *_numbered("strumento", "instrument", "text", 4),
        Column("classe_fissa", "class", ("fixed_class",)),
        Column("classi_vietate", "classes", ("forbidden_classes",)),
        Column("classe_precedente", "text", ("previous_class",)),
    ),
    required=("id",),
    mandatory=True,
)

CLASSES = Layout(
    "classi",
    ("classes",),
    (
        Column("id", "id", ("identificativo",)),
        Column("plesso", "text", ("site",)),
        Column("anno", "level", ("year",)),
        Column("tempo_scuola", "text", ("time_model",)),
        Column("lingua2", "text", ("second_language",)),
        Column("indirizzo", "text", ("track",)),
        Column("min", "count", ("minimo", "minimum")),
        Column("max", "count", ("massimo", "maximum")),
        Column("area_mq", "area", ("area_sqm",)),
    ),
    required=("id",),
    mandatory=True,
)

TIES = Layout(
    "legami",
    ("ties",),
    (
        Column("da", "pupil", ("from",)),
        Column("a", "pupil", ("to",)),
        Column("tipo", "tie", ("type", "kind")),
        Column("peso", "weight", ("weight",)),
        Column("vincolante", "yesno", ("binding",)),
        Column("motivo", "text", ("reason",)),
        Column("fonte", "text", ("source",)),
    ),
    required=("da", "a", "tipo"),
)

SITES = Layout(
    "plessi",
    ("sites",),
    (Column("id", "id", ("identificativo",)), Column("nome", "text", ("name",))),
    required=("id",),
)

LAYOUTS = (PUPILS, CLASSES, TIES, SITES)
INSTRUCTIONS = "istruzioni"


@cache
def layout_names() -> dict[str, Layout]:
    """Return every name a table may have, squashed, with the table."""
    return {squash(name): layout for layout in LAYOUTS for name in (layout.name, *layout.aliases)}
