"""What the documents are made from: the auditor's count, the rules, the school's own data, as plain values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, Protocol

from classi.audit import Audit
from classi.documents.docx import render_docx
from classi.documents.hidden import Hidden
from classi.documents.model import Block, Document, Letterhead
from classi.documents.pdf import render_pdf
from classi.documents.words import or_blank, say_date
from classi.i18n import _, use_language
from classi.ledger import Ledger
from classi.regulation import Regulation
from classi.report.pupils import pupil_labels

FORMATS = ("docx", "pdf")
Paper = tuple[str, bytes]
"""Name and content of a file."""


class SchoolData(Protocol):
    """What the documents ask of the school's own data; every text may be empty."""

    @property
    def letterhead(self) -> Letterhead:
        """What stands at the top of the first page."""

    @property
    def name(self) -> str:
        """Name of the institute."""

    @property
    def city(self) -> str:
        """Where documents are dated."""

    @property
    def head(self) -> str:
        """The headteacher."""

    @property
    def year(self) -> str:
        """The school year, as people write it: ``2026/2027``."""


@dataclass(frozen=True)
class Context:
    """Everything a document may draw on.

    Attributes
    ----------
    case : name of the case, as people call it.
    regulation : the rules in force, as the auditor numbered them.
    ledger, audit : the auditor's notebook and count: every number of a document comes from there.
    certificate : ``certificato.json``, empty where there is none.
    differences : what the second count found to differ from the certificate: with any, nothing is proved.
    school : the school's own data; what is missing becomes a blank to fill in.
    language : ``it`` or ``en``.
    when : the date the documents bear.
    options : what was asked for, by name: see the documents.
    explanations : by pupil, the sentences for the family on why this class; about their own child only.
    template : the school's own sheet, a docx; ``None`` = the letterhead is built.
    formats : which of `FORMATS` to write.
    """

    case: str
    regulation: Regulation
    ledger: Ledger = field(repr=False)
    audit: Audit = field(repr=False)
    school: SchoolData = field(repr=False)
    when: date
    certificate: Mapping[str, Any] = field(default_factory=dict, repr=False)
    language: str = "it"
    options: Mapping[str, str] = field(default_factory=dict)
    explanations: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    template: bytes | None = field(default=None, repr=False)
    formats: Sequence[str] = FORMATS
    differences: Sequence[str] = ()

    @cached_property
    def hidden(self) -> Hidden:
        """What tells whether a text names a pupil."""
        return Hidden(self.ledger.pupils)

    @property
    def confirmed(self) -> Mapping[str, Any]:
        """The certificate; without what it claims to prove, where the second count differs from it."""
        proofs = ("status", "tiers") if self.differences else ()
        return {key: value for key, value in self.certificate.items() if key not in proofs}

    @property
    def criteria_name(self) -> str:
        """The regulation's name as everybody may read it, or a blank."""
        return or_blank(self.hidden.told(self.regulation.name))

    @property
    def criteria_source(self) -> str:
        """Where the regulation comes from as everybody may read it, possibly empty."""
        return self.hidden.told(self.regulation.source)

    @cached_property
    def labels(self) -> dict[str, str]:
        """Name to show for each pupil."""
        return pupil_labels(self.ledger.pupils)

    @property
    def place_and_date(self) -> str:
        """Where and when, as documents begin: ``Prova, 1 June 2026``."""
        return f"{or_blank(self.school.city)}, {say_date(self.when)}"

    @property
    def year(self) -> str:
        """The school year, or a blank."""
        return or_blank(self.school.year)

    def members(self, class_id: str) -> list[dict[str, Any]]:
        """Return the rows of the pupils of a class, in the order of class lists."""
        return sorted(self.ledger.pupils_in(class_id), key=list_order)

    def written(self, stem: str, document: Document, formats: Sequence[str] = FORMATS) -> Iterator[Paper]:
        """Yield a document in each of the formats asked for that it comes in."""
        for extension in formats:
            if extension in self.formats:
                made = render_pdf(document) if extension == "pdf" else render_docx(document, self.template)
                yield f"{stem}.{extension}", made

    def document(self, title: str, blocks: Iterable[Block], **more: Any) -> Document:
        """Return a document of this school in the language of this context."""
        head = self.school.letterhead
        made = Document(self.language, title, tuple(blocks), letterhead=head, dated=self.when)
        return replace(made, **more)

    def speaking(self) -> AbstractContextManager[None]:
        """Speak the language of the documents inside a ``with`` block."""
        return use_language(self.language)


def list_order(row: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    """Return the sorting key of Italian class lists: surname, name, then code.

    Accents, case, apostrophes and hyphens do not count; particles stand where they are written (De Luca under D), word
    by word. Pupils without a name come by code.
    """
    return tuple(_words(row.get(column)) for column in ("cognome", "nome", "id"))


def _words(value: object) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKD", str(value or "").replace("ß", "ss").casefold())
    letters = "".join(c for c in plain if not unicodedata.combining(c) and c not in "'’‘`´ʼ")
    return tuple(re.findall(r"\w+", letters))


def reserved() -> str:
    """Return the words at the foot of what holds special categories."""
    return _("RESERVED: special-category personal data of minors. Do not publish, copy or forward.")
