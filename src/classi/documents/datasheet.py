"""The data sheet of the algorithm: purpose, inputs, rules, method, proof, limits, human oversight. Names no pupil.

It may be published: what it says of this case are the values of the priorities, never the number of pupils of a group.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from classi.documents.columns import ColumnFact, column_facts
from classi.documents.context import Context, Paper
from classi.documents.model import Block, Document, Facts, Heading, Listing, Paragraph, Table
from classi.documents.public import PublicRule, public_rules, seats_sentence
from classi.documents.sheet_words import deciders, inputs_not_used, limits, method, oversight, proof, verify
from classi.documents.words import BLANK, or_blank
from classi.i18n import _
from classi.report.facts import certificate_facts, file_digests
from classi.report.rules import rule_lines
from classi.report.verdict import proof_verdict, tier_lines

STEM = "scheda-algoritmo"


def papers(context: Context) -> Iterator[Paper]:
    """Return ``scheda-algoritmo.docx`` and ``.pdf``. Option ``contact`` says whom to ask."""
    with context.speaking():
        return iter(list(context.written(STEM, data_sheet(context))))


def data_sheet(context: Context) -> Document:
    """Return the data sheet, in the current language."""
    blocks: list[Block] = [
        *_purpose(context),
        *_listed(_("Who decides"), deciders()),
        *_inputs(context),
        *_rules(context),
        *_listed(_("Method"), method()),
        *_proof(context),
        *_listed(_("Known limits"), limits()),
        *_second_count(context),
        *_listed(_("Human oversight"), oversight()),
        *_versions(context),
        *_listed(_("How to verify it oneself"), verify()),
        Heading(_("Contact")),
        Facts(
            ((_("Whom to ask"), or_blank(context.options.get("contact", ""))), (_("Data protection officer"), BLANK))
        ),
    ]
    title = _("Data sheet of the algorithm: formation of the classes")
    subtitle = " · ".join(filter(None, (context.school.name, _("School year {year}").format(year=context.year))))
    return context.document(title, blocks, subtitle=subtitle, footer=_("Names no pupil."))


def _listed(title: str, items: Sequence[str]) -> tuple[Block, ...]:
    return Heading(title), Listing(tuple(items))


def _purpose(context: Context) -> Iterator[Block]:
    yield Heading(_("Purpose"))
    yield Paragraph(
        _(
            "classi divides pupils into classes by criteria that the school has written: some mandatory, the others in "
            "an order of priority. It is free software; it learns nothing from data, and given the same criteria and "
            "pupils it knows nothing of other schools or years."
        )
    )
    said = [
        (_("Criteria"), context.criteria_name),
        (_("Their source"), or_blank(context.criteria_source)),
        (_("Pupils"), str(len(context.ledger.placed))),
        (_("Classes"), str(len(context.ledger.classes))),
        (_("Date"), f"{context.when:%d/%m/%Y}"),
    ]
    yield Facts(tuple(said))
    if context.certificate.get("admission"):
        yield Paragraph(seats_sentence())


def _inputs(context: Context) -> Iterator[Block]:
    facts = column_facts(context)
    yield Heading(_("Inputs"))
    used = _names(f for f in facts if f.rules)
    ranked = _names(f for f in facts if f.ranking)
    idle = _names(f for f in facts if not f.rules and not f.ranking)
    ties = _("ties between pupils: wishes, together, apart, twins, siblings") if context.ledger.ties else ""
    rows = [
        (_("Used to form the classes"), ", ".join(filter(None, (used, ties))) or "–"),
        (_("Used for rankings and seats"), ranked),
        (_("In the files, used by no rule"), idle),
    ]
    yield Facts(tuple((name, value) for name, value in rows if value))
    named = any(f.name in ("cognome", "nome") and (f.rules or f.ranking) for f in facts)
    yield Listing(inputs_not_used(names=named))


def _names(facts: Iterator[ColumnFact]) -> str:
    return ", ".join(f.name for f in facts)


def _rules(context: Context) -> Iterator[Block]:
    yield Heading(_("Rules, with their source and their price"))
    yield Paragraph(
        _(
            "A mandatory rule is never broken. The others cost points when they are not fully met: the departure, "
            "counted "
            "in the rule's own unit, times its weight. Priority 1 is made as low as possible first; then 2, without "
            "giving up any point of 1; and so on. Weights only matter between rules of one priority."
        )
    )
    head = (_("No."), _("Rule"), _("Price"), _("Source"))
    rows = tuple((str(r.number), r.label, _price(r), r.source or "–") for r in public_rules(context))
    if rows:
        yield Table(head, rows, align=("right", "left", "left", "left"), widths=(0.06, 0.34, 0.18, 0.42))
    else:
        yield Paragraph(_("The regulation holds no rules."))


def _price(rule: PublicRule) -> str:
    if rule.hard:
        return _("mandatory")
    return _("priority {tier}, weight {weight}").format(tier=rule.tier, weight=rule.weight)


def _proof(context: Context) -> Iterator[Block]:
    yield Heading(_("What “proved” means, and what was proved here"))
    yield Listing(proof())
    lines = rule_lines(context.audit, context.regulation, context.certificate, {})
    tiers = tier_lines(context.audit, context.confirmed, lines)
    if context.certificate:
        verdict = proof_verdict(context.certificate, tiers, context.audit.hard_kept and not context.differences)
        yield Paragraph(verdict.text, strong=f"{verdict.title}.")
    else:
        yield Paragraph(_("There is no certificate: the formation was only counted."))
    rows = tuple((str(t.tier), str(t.value), "–" if t.bound is None else str(t.bound), t.meaning) for t in tiers)
    if rows:
        head = (_("Priority"), _("Points"), _("Impossible below"), _("What it means"))
        yield Table(head, rows, align=("left", "right", "right", "left"), widths=(0.1, 0.08, 0.19, 0.63))


def _second_count(context: Context) -> Iterator[Block]:
    yield Heading(_("Second count"))
    yield Paragraph(
        _(
            "The files written are read again and every rule is counted a second time by a part of the program that "
            "shares nothing with the part that forms the classes. If the two counts differ in one rule, nothing is "
            "certified. Every number of this sheet comes from the second count."
        )
    )
    if not context.audit.hard_kept:
        yield Paragraph(
            _("In this formation the second count finds a mandatory rule broken, or a list that is not whole.")
        )
    elif _agrees(context):
        yield Paragraph(_("In this formation the two counts agree, and every mandatory rule is kept."))
    else:
        yield Paragraph(_("In this formation every mandatory rule is kept; no certificate confirms the rest."))


def _agrees(context: Context) -> bool:
    """Tell whether the certificate says of every rule what the auditor counted."""
    said: dict[Any, Any] = {c.get("number"): c.get("cost") for c in context.certificate.get("criteria", ())}
    return bool(said) and not context.differences and all(said.get(a.number) == a.cost for a in context.audit.criteria)


def _versions(context: Context) -> Iterator[Block]:
    yield Heading(_("Versions, run and fingerprints"))
    facts = certificate_facts(context.confirmed, _agrees(context)) if context.certificate else ()
    if facts:
        yield Facts(tuple((f.name, f.value) for f in facts))
    digests = file_digests(context.certificate)
    if digests:
        rows = tuple((d.file, d.role, d.sha256) for d in digests)
        yield Table((_("File"), _("Role"), "SHA-256"), rows, widths=(0.24, 0.1, 0.66))
    if not facts and not digests:
        yield Paragraph(_("There is no certificate: the formation was only counted."))
