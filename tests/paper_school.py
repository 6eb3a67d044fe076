"""A small school with troublesome names and secrets, and what the documents say of it as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import docx
from pypdf import PdfReader

from classi.case import Case
from classi.documents.context import Context
from classi.documents.model import (
    Block,
    Document,
    Facts,
    Heading,
    Letterhead,
    Listing,
    PageBreak,
    Paragraph,
    Signatures,
    Table,
)
from classi.splits import Split, split_of

TROUBLE = "D'Àmico #uno *due* _tre_ <b>&amp; $x$ @qui"
_USUAL = {"disabilita": "no", "dsa": False, "bes": False, "nai": False, "cittadinanza": "italiana", "ripetente": False}
PUPILS: list[dict[str, Any]] = [
    {"id": "P001", "cognome": "Zeta", "nome": "Ada", "sesso": "F", "data_nascita": date(2015, 3, 1), **_USUAL,
     "disabilita": "comma3", "livello": "avanzato", "voto": Decimal("7.5"), "scuola_provenienza": "Rodari",
     "indirizzo_1": "musicale"},
    {"id": "P002", "cognome": TROUBLE, "nome": "=1+1", "sesso": "M", "data_nascita": date(2015, 4, 2), **_USUAL,
     "dsa": True, "livello": "base", "voto": Decimal(6), "scuola_provenienza": "Manzi"},
    {"id": "P003", "cognome": "De Luca", "nome": "Ciro", "sesso": "M", "data_nascita": date(2015, 5, 3), **_USUAL,
     "bes": True, "nai": True, "cittadinanza": "egiziana", "livello_italiano": "A0", "livello": "base",
     "voto": Decimal(8), "scuola_provenienza": "Manzi", "situazione_problematica": True, "ripetente": True},
    {"id": "P004", "cognome": "Deluca", "nome": "Biba", "sesso": "F", "data_nascita": date(2015, 6, 4), **_USUAL,
     "disabilita": "comma1", "livello": "avanzato", "voto": Decimal(9), "scuola_provenienza": "Rodari"},
]  # fmt: skip
CLASSES: list[dict[str, Any]] = [
    {"id": "1A", "plesso": "Nord", "indirizzo": "musicale", "lingua2": "francese"},
    {"id": "1B", "plesso": "Nord", "indirizzo": "musicale", "lingua2": "spagnolo"},
    {"id": "1C", "plesso": "Sud"},
]
TIES: list[dict[str, Any]] = [
    {"da": "P001", "a": "P002", "tipo": "preferisce"},
    {"da": "P002", "a": "P001", "tipo": "preferisce"},
    {"da": "P001", "a": "P003", "tipo": "preferisce"},
    {"da": "P001", "a": "P004", "tipo": "separati", "motivo": "litigi", "fonte": "docenti"},
    {"da": "P003", "a": "P004", "tipo": "insieme", "motivo": "aiuto", "fonte": "famiglia"},
    {"da": "P001", "a": "P002", "tipo": "gemelli"},
]
RULES: list[dict[str, Any]] = [
    {"rule": "class_size", "max": 3, "hard": True, "source": "DPR 81/2009",
     "derogations": [{"class": "1A", "limit": 3, "who": "Dirigente", "why": "aula grande"}]},
    {"rule": "fixed_class", "hard": True,
     "pins": [{"pupil": "P001", "class": "1A", "who": "Dirigente", "why": "ascensore"}]},
    {"rule": "apart", "ties": ["separati"], "hard": True, "name": "Zeta Ada lontana dai litigi"},
    {"rule": "balance", "attribute": "sesso", "values": ["F"], "weight": 3, "tier": 1, "source": "criterio 1"},
    {"rule": "wishes", "weight": 1, "tier": 2},
    {"rule": "together", "weight": 1, "tier": 2, "source": "vedi P003"},
]  # fmt: skip
PLACED = {"P001": "1A", "P002": "1A", "P003": "1B", "P004": "1B"}


LETTERHEAD = Letterhead("Istituto Prova", ("Via Prova 1",))


@dataclass(frozen=True)
class FakeSchool:
    """The school's own data."""

    letterhead: Letterhead = LETTERHEAD
    name: str = "Istituto Prova"
    city: str = "Città"
    head: str = "Ada Dirigente"
    year: str = "2026/2027"


NOTHING_TOLD = FakeSchool(Letterhead(), "", "", "", "")


def split(
    pupils: Sequence[Mapping[str, Any]] = tuple(PUPILS),
    placed: Mapping[str, str] | None = None,
    rules: Sequence[Mapping[str, Any]] = tuple(RULES),
    ties: Sequence[Mapping[str, Any]] = tuple(TIES),
) -> Split:
    """Return a split of the small school, or of other rows."""
    rows = {"alunni": [dict(p) for p in pupils], "classi": CLASSES, "legami": [dict(t) for t in ties]}
    case = Case.from_rows(
        rows, {"name": "Criteri di prova", "source": "Consiglio", "criteria": [dict(r) for r in rules]}
    )
    return split_of(case, PLACED if placed is None else placed, "prova")


def context(made: Split | None = None, **more: Any) -> Context:
    """Return the context of a split, in English unless told otherwise."""
    made = made or split()
    given = {
        "school": FakeSchool(),
        "when": date(2026, 6, 1),
        "language": "en",
        "certificate": made.certificate,
        **more,
    }
    return Context(made.name, made.case.regulation, made.ledger, made.audit, **given)


def without(*columns: str) -> list[dict[str, Any]]:
    """Return the pupils without some columns."""
    return [{c: cell for c, cell in row.items() if c not in columns} for row in PUPILS]


def said(document: Document) -> str:
    """Return everything a document says."""
    lines = [document.title, document.subtitle, document.footer]
    return "\n".join([*lines, *(line for block in document.blocks for line in _lines(block))])


def _lines(block: Block) -> Iterable[str]:
    if isinstance(block, Table):
        return [block.caption, *(" | ".join(row) for row in (block.header, *block.rows))]
    if isinstance(block, Facts):
        return [f"{name}: {value}" for name, value in block.rows]
    if isinstance(block, Signatures):
        return [f"{role} {name}" for role, name in block.people]
    if isinstance(block, Listing):
        return block.items
    return [] if isinstance(block, PageBreak) else [block.text if isinstance(block, Heading) else _said(block)]


def _said(block: Paragraph) -> str:
    return f"{block.strong} {block.text}"


def tables(document: Document, title: str) -> list[Table]:
    """Return the tables whose first header is `title`."""
    return [b for b in document.blocks if isinstance(b, Table) and b.header[0] == title]


def pdf_text(data: bytes) -> str:
    """Return the words of a PDF, blanks squeezed."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages).split())


def docx_text(data: bytes) -> str:
    """Return the words of a docx, tables included."""
    word = docx.Document(BytesIO(data))
    cells = (cell.text for table in word.tables for row in table.rows for cell in row.cells)
    return "\n".join([*(p.text for p in word.paragraphs), *cells])
