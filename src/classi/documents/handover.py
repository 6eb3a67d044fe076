"""Hand-over sheets: what the council of a class must know of it; one file a class, since each needs only its own.

The sheet names only pupils of its class: who is elsewhere is "a pupil of another class".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from classi.criteria.base import say_value
from classi.documents.context import Context, Paper, reserved
from classi.documents.lists import class_title
from classi.documents.model import Block, Document, Heading, Listing, Paragraph, Table
from classi.documents.words import file_stems
from classi.domain import text_key
from classi.i18n import _
from classi.report.model import RuleRows, SummaryColumn
from classi.report.pupils import decisions, has_column, summary
from classi.report.rules import matrix, rule_lines
from classi.report.words import scale_rank

SPREADS = (
    "livello",
    "livello_italiano",
    "scuola_provenienza",
    "classe_provenienza",
    "classe_precedente",
    "cittadinanza",
)
"""Columns whose values are counted one by one, those the files have."""
FEW = 25
"""A column with more different values than this is no scale and no list of schools: marks are told by their mean."""
ASKED = ("lingua2_1", "strumento_1", "indirizzo_1", "tempo_scuola_1")


def papers(context: Context) -> Iterator[Paper]:
    """Return ``consegna-<class>.docx`` and ``.pdf`` for each class."""
    with context.speaking():
        facts = _Facts(context)
        names = [row["id"] for row in context.ledger.classes]
        stems = zip(file_stems("consegna", names), context.ledger.classes, strict=True)
        return iter([paper for stem, row in stems for paper in context.written(stem, _sheet(facts, row))])


def sheet(context: Context, class_id: str) -> Document:
    """Return the hand-over sheet of one class."""
    with context.speaking():
        row = next(row for row in context.ledger.classes if text_key(row["id"]) == text_key(class_id))
        return _sheet(_Facts(context), row)


@dataclass(frozen=True)
class _Facts:
    """What is counted once for all the classes."""

    context: Context

    @cached_property
    def table(self) -> tuple[RuleRows, ...]:
        c = self.context
        lines = rule_lines(c.audit, c.regulation, c.certificate, c.labels)
        return matrix(c.audit, lines, [row["id"] for row in c.ledger.classes])

    @cached_property
    def summary(self) -> tuple[SummaryColumn, ...]:
        return summary(self.context.ledger, self.table, None)

    @cached_property
    def wishes(self) -> dict[tuple[str, str], bool]:
        """Every wish a rule looks at, as (pupil, friend), and whether the auditor found it granted."""
        counts = (c for a in self.context.audit.criteria if a.rule == "wishes" for c in a.counts)
        return {(c.pupils[0], c.pupils[1]): bool(c.value) for c in counts if len(c.pupils) == 2 and c.value is not None}


def _sheet(facts: _Facts, row: Mapping[str, Any]) -> Document:
    context = facts.context
    members = context.members(row["id"])
    blocks: list[Block] = [Paragraph(_intro()), *_composition(facts, row, len(members))]
    if members:
        blocks += _needs(context, members)
        blocks += _ties(context, members)
        blocks += _wishes(facts, members)
    blocks += _decided(context, row, members)
    title = _("Hand-over sheet: {title}").format(title=class_title(row)[:1].lower() + class_title(row)[1:])
    subtitle = _("For the class council · School year {year}").format(year=context.year)
    return context.document(title, blocks, subtitle=subtitle, footer=reserved())


def _intro() -> str:
    return _(
        "This sheet hands over to the class council what was known of the pupils when the classes were formed. "
        "The numbers are those of the second, independent count. It holds data on health and other special categories: "
        "it is kept under lock, is not copied, and is destroyed when it is no longer needed."
    )


# --- how the class is made up ---


def _composition(facts: _Facts, row: Mapping[str, Any], size: int) -> Iterator[Block]:
    context = facts.context
    place = next(k for k, c in enumerate(context.ledger.classes) if c is row)
    yield Heading(_("How the class is made up"))
    if not size:
        yield Paragraph(_("No pupils in this class."))
    head = (_("Counted"), _("In this class"), _("In all the classes"))
    lines = tuple((column.title, column.texts[place], column.total_text) for column in facts.summary)
    yield Table(head, lines, align=("left", "right", "right"), widths=(0.5, 0.25, 0.25))
    for column in (*SPREADS, *ASKED):
        spread = _spread(context, row["id"], column)
        if spread:
            text = _("Asked first: “{column}”") if column in ASKED else _("By “{column}”")
            title = text.format(column=column.removesuffix("_1").replace("_", " "))
            yield Table((title, *head[1:]), spread, align=("left", "right", "right"), widths=(0.5, 0.25, 0.25))
    yield Heading(_("Where the class is outside a target"))
    outside = tuple(_outside(facts.table, place))
    if outside:
        yield Table((_("Rule"), _("Counted"), _("Target"), _("State")), outside, widths=(0.52, 0.12, 0.14, 0.22))
    else:
        yield Paragraph(_("Nowhere: in this class every count is within its target."))


def _spread(context: Context, class_id: str, column: str) -> tuple[tuple[str, str, str], ...]:
    ledger = context.ledger
    everybody = [p for p in ledger.pupils if p["id"] in ledger.placed]
    whole, here = ledger.tally(everybody, column), ledger.tally(ledger.pupils_in(class_id), column)
    if not whole or len(whole) > FEW or not all(isinstance(value, str) for value in whole):
        return ()
    values = sorted((v for v in whole if column in _SCALES or v in here), key=scale_rank)
    return tuple((value, str(here.get(value, 0)), str(whole[value])) for value in values)


_SCALES = ("livello", "livello_italiano")
"""Columns of which also the values nobody of the class has are told."""


def _outside(table: Iterable[RuleRows], place: int) -> Iterator[tuple[str, str, str, str]]:
    for group in table:
        for row in group.rows:
            cell = row.cells[place]
            if cell is not None and cell.state != "inside":
                what = f"{group.rule.label}: {row.about}" if row.about else group.rule.label
                yield what, cell.text, cell.band or row.band or "–", cell.words


# --- pupil by pupil ---


def _needs(context: Context, members: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    yield Heading(_("Who needs what"))
    rows = tuple((context.labels[p["id"]], "; ".join(needs)) for p in members if (needs := list(_needs_of(p))))
    if rows:
        yield Table((_("Pupil"), _("What the files say")), rows, widths=(0.35, 0.65))
    else:
        yield Paragraph(_("The files name no need of a pupil of this class."))
    missing = [c for c in ("disabilita", "dsa", "bes", "nai") if not has_column(context.ledger, c)]
    if missing:
        text = _("Not known, because the files have no such column: {columns}.")
        yield Paragraph(text.format(columns=", ".join(missing)))


def _needs_of(row: Mapping[str, Any]) -> Iterator[str]:
    support = {
        "comma1": _("disability (L. 104/1992, art. 3 c. 1)"),
        "comma3": _("disability (L. 104/1992, art. 3 c. 3)"),
    }
    if row.get("disabilita") in support:
        yield support[row["disabilita"]]
    says = {
        "dsa": _("specific learning disorder (L. 170/2010)"),
        "bes": _("other special educational needs"),
        "nai": _("newly arrived in Italy"),
        "situazione_problematica": _("problem situation reported"),
        "ripetente": _("repeats the year"),
    }
    yield from (words for column, words in says.items() if row.get(column) is True)
    level = row.get("livello_italiano")
    if level is not None:
        yield _("level of Italian: {level}").format(level=say_value(level))


def _ties(context: Context, members: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    yield Heading(_("Who is kept together or apart"))
    here = {p["id"] for p in members}
    rows = tuple(
        row
        for tie in context.ledger.ties
        if tie["tipo"] != "preferisce" and here & {tie["da"], tie["a"]}
        for row in _tie_rows(context, tie, here)
    )
    if rows:
        head = (_("Pupil"), _("Tie"), _("With or from"), _("Reason"), _("Asked by"))
        yield Table(head, rows, widths=(0.22, 0.13, 0.22, 0.28, 0.15))
    else:
        yield Paragraph(_("No tie concerns this class."))


def _tie_rows(context: Context, tie: Mapping[str, Any], here: set[str]) -> Iterator[tuple[str, ...]]:
    kinds = {"insieme": _("together"), "separati": _("apart"), "gemelli": _("twins"), "fratelli": _("siblings")}
    kind = kinds.get(tie["tipo"], tie["tipo"])
    ends = [context.labels.get(i, i) if i in here else _("a pupil of another class") for i in (tie["da"], tie["a"])]
    if tie["da"] not in here:
        ends.reverse()
    yield (ends[0], kind, ends[1], str(tie.get("motivo") or "–"), str(tie.get("fonte") or "–"))


def _wishes(facts: _Facts, members: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    if not facts.wishes:
        return
    yield Heading(_("Wishes for a companion"))
    labels = facts.context.labels
    rows = []
    for pupil in members:
        mine = {friend: granted for (one, friend), granted in facts.wishes.items() if one == pupil["id"]}
        granted = "; ".join(_friend(facts, pupil["id"], f, labels) for f, met in mine.items() if met)
        missed = sum(1 for met in mine.values() if not met)
        if mine:
            rows.append((labels[pupil["id"]], granted or "–", str(missed)))
    if rows:
        head = (_("Pupil"), _("Granted: is with"), _("Not granted"))
        yield Table(head, tuple(rows), align=("left", "left", "right"), widths=(0.35, 0.5, 0.15))
    else:
        yield Paragraph(_("Nobody of this class has a wish that the rules count."))


def _friend(facts: _Facts, pupil: str, friend: str, labels: Mapping[str, str]) -> str:
    name = labels.get(friend, friend)
    return _("{name} (mutual)").format(name=name) if (friend, pupil) in facts.wishes else name


def _decided(context: Context, row: Mapping[str, Any], members: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    """Tell what people decided by name on this class and its pupils; ties stand elsewhere."""
    about = {_("class {class_id}").format(class_id=row["id"]), *(context.labels[p["id"]] for p in members)}
    found = [d for d in decisions(context.ledger, context.regulation, context.labels) if d.whom in about]
    if found:
        yield Heading(_("Decided by people"))
        unsaid = _("not stated")
        yield Listing(
            tuple(
                _("{what} – {whom}. Who: {who}. Why: {why}").format(
                    what=d.what, whom=d.whom, who=d.who or unsaid, why=d.why or unsaid
                )
                for d in found
            )
        )
