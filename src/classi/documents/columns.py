"""What kinds of personal data the files of a case hold, column by column, and what each is used for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from classi.criteria.base import Criterion, religious
from classi.documents.context import Context
from classi.i18n import _, ngettext
from classi.procedure import PLACEHOLDER, Procedure

Kind = Literal["identity", "origin", "health", "hardship", "school", "request", "religion", "other"]

KNOWN: dict[Kind, tuple[str, ...]] = {
    "identity": ("id", "cognome", "nome", "sesso", "data_nascita", "anno_nascita", "data_domanda"),
    "origin": ("cittadinanza", "nato_in_italia", "nai", "livello_italiano", "straniero"),
    "health": ("disabilita", "dsa", "bes"),
    "hardship": ("situazione_problematica",),
    "school": (
        "livello", "comportamento", "voto", "media", "scuola_provenienza", "classe_provenienza", "ripetente",
        "classe_fissa", "classi_vietate", "classe_precedente",
    ),
    "request": ("plesso", "tempo_scuola", "lingua2", "indirizzo", "strumento"),
}  # fmt: skip
STEMS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("health", ("disab", "invalid", "handicap", "sostegno", "diagnos", "certificaz", "salut", "farmac", "allerg",
                "104", "170", "pei", "pdp", "terapi", "dva")),
    ("hardship", ("disagio", "serviz", "assistent", "genitor", "isee", "famil", "fratell", "sorell", "affid",
                  "tribunal", "econom", "esigenz", "lavor", "orfan", "separat")),
    ("origin", ("nazional", "straniero", "arrivo", "lingua_madre", "nascita_estero", "permesso")),
    ("identity", ("codice_fiscale", "residen", "indirizzo_casa", "telefono", "email", "comune", "distanza", "vicin")),
    ("school", ("voto", "voti", "media", "giudiz", "livell", "comportament", "autonom", "relazion", "fascia")),
)  # fmt: skip
"""Beginnings of the words of other columns, the most delicate kinds first: a guess, which the school checks."""
DERIVED = {"straniero": "cittadinanza", "anno_nascita": "data_nascita"}
"""Columns reckoned from another where the files have not got them."""


@dataclass(frozen=True)
class ColumnFact:
    """A column the files fill: its kind, whether that is a guess, the rules (by number) and the other uses."""

    name: str
    kind: Kind
    guessed: bool
    rules: tuple[int, ...]
    ranking: bool

    @property
    def idle(self) -> bool:
        """True when nothing uses the column; those that name the pupil are always of use."""
        return not self.rules and not self.ranking and self.name not in ("id", "cognome", "nome")


def column_facts(context: Context) -> tuple[ColumnFact, ...]:
    """Return every column of the pupils with a known value, in the order of the file."""
    known = {c for row in context.ledger.pupils for c, cell in row.items() if cell is not None}
    filled = [c for c in dict.fromkeys(c for row in context.ledger.pupils for c in row) if c in known]
    columns = [c for c in filled if DERIVED.get(c) not in filled]
    uses = [(k, used_columns(criterion, columns)) for k, criterion in enumerate(context.regulation.criteria, 1)]
    ranked = _ranked(context.regulation.admission, columns)
    found = []
    for column in columns:
        kind, guessed = kind_of(column)
        rules = tuple(k for k, used in uses if column in used)
        found.append(ColumnFact(column, kind, guessed, rules, column in ranked))
    return tuple(found)


def kind_of(column: str) -> tuple[Kind, bool]:
    """Return the kind of data a column holds, and whether that is only guessed from its name."""
    if religious(column):
        return "religion", True
    base = re.sub(r"_[1-9]$", "", column)
    for kind, names in KNOWN.items():
        if base in names:
            return kind, False
    for kind, stems in STEMS:
        if any(f"_{stem}" in f"_{column}" for stem in stems):
            return kind, True
    return "other", False


def used_columns(criterion: Criterion, columns: Iterable[str]) -> set[str]:
    """Return the columns of the files a rule looks at."""
    named = {DERIVED.get(c, c) if c not in columns else c for c in criterion.pupil_columns()}
    if criterion.rule in ("requests", "eligibility") and not getattr(criterion, "requests", None):
        asked = re.escape(str(getattr(criterion, "attribute", "")))
        named |= {c for c in columns if re.fullmatch(rf"{asked}_[1-9]", c)}
    return named & set(columns)


def _ranked(procedure: Procedure | None, columns: Iterable[str]) -> set[str]:
    """Return the columns that rankings and seats look at."""
    if procedure is None:
        return set()
    columns = set(columns)
    patterns = [re.compile(".+".join(map(re.escape, PLACEHOLDER.split(name)[::2]))) for name in procedure.columns()]
    found = {c for c in columns for p in patterns if p.fullmatch(c)}
    for one in procedure.rounds:
        found |= {c for seat in one.seats for c in one.asked_in(seat, columns)}
        found |= {c for step in one.steps for group in step.means(columns) for c in group}
    # Ages and lateness are reckoned from these two.
    return found | (columns & {"data_nascita", "data_domanda"})


def say_kind(kind: Kind) -> str:
    """Put a kind of data into words, with what the law says of it."""
    return {
        "identity": _("ordinary data: who the pupil is"),
        "origin": _("ordinary data that may reveal ethnic origin: to be treated as special (art. 9)"),
        "health": _("special category (art. 9): health, or needs from which it can be inferred"),
        "hardship": _("family and social circumstances: special where they reveal health or services' intervention"),
        "school": _("ordinary data: schooling"),
        "request": _("ordinary data: what the family asked for"),
        "religion": _("special category (art. 9): religion. Not needed and refused by the rules: remove the column"),
        "other": _("not known to the program: the school says what it is"),
    }[kind]


def say_use(fact: ColumnFact) -> str:
    """Say what a column is used for."""
    said = []
    if fact.rules:
        text = ngettext("rule {numbers}", "rules {numbers}", len(fact.rules))
        said.append(text.format(numbers=", ".join(map(str, fact.rules))))
    if fact.ranking:
        said.append(_("rankings and seats"))
    if not said:
        return _("no rule uses it: leave it out, or say why it is needed") if fact.idle else _("says who the pupil is")
    return "; ".join(said)


def tie_lines(context: Context) -> Iterator[tuple[str, str, str]]:
    """Yield each kind of tie between pupils: kind, how many, and how many have a written reason."""
    kinds = Counter(tie["tipo"] for tie in context.ledger.ties)
    reasons = Counter(tie["tipo"] for tie in context.ledger.ties if tie.get("motivo"))
    words = {
        "preferisce": _("wish for a companion"),
        "insieme": _("together"),
        "separati": _("apart"),
        "gemelli": _("twins"),
        "fratelli": _("siblings"),
    }
    yield from ((words.get(kind, kind), str(kinds[kind]), str(reasons[kind])) for kind in words if kinds[kind])
