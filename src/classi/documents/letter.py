"""Letters to the families: the class of their own child, how classes were formed, and what they may ask.

A letter speaks of one pupil. It names no other, counts nobody, and says nothing of health or other special categories,
not even of the pupil's own: it may be opened by others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from classi.documents.context import Context, Paper
from classi.documents.model import Block, Document, Facts, Heading, Listing, PageBreak, Paragraph, Signatures
from classi.documents.public import PublicRule, in_groups, public_rules, seats_sentence
from classi.documents.words import file_stems, or_blank
from classi.domain import text_key
from classi.i18n import _

STEM = "lettere"


def papers(context: Context) -> Iterator[Paper]:
    """Return the letters of each class in one file, ``lettere-<class>``, docx and pdf.

    Option ``letters = "pupil"`` gives each its own file; option ``contact`` says whom to write to.
    """
    with context.speaking():
        rules = public_rules(context)
        files = ((stem, _letters(context, row, pupils, rules)) for stem, row, pupils in _files(context))
        return iter([paper for stem, document in files for paper in context.written(stem, document)])


def letter(context: Context, pupil_id: str) -> Document:
    """Return the letter about one pupil who has a class."""
    with context.speaking():
        pupil = next(p for p in context.ledger.pupils if p["id"] == pupil_id)
        return _letters(context, _class_of(context, pupil), [pupil], public_rules(context))


def _files(context: Context) -> Iterator[tuple[str, Mapping[str, Any], Sequence[Mapping[str, Any]]]]:
    classes = [(row, context.members(row["id"])) for row in context.ledger.classes]
    classes = [(row, members) for row, members in classes if members]
    if context.options.get("letters") == "pupil":
        each = [(row, [pupil]) for row, members in classes for pupil in members]
        stems = file_stems(STEM, (f"{row['id']}-{pupils[0]['id']}" for row, pupils in each))
        yield from ((stem, row, pupils) for stem, (row, pupils) in zip(stems, each, strict=True))
    else:
        stems = file_stems(STEM, (row["id"] for row, _members in classes))
        yield from ((stem, row, members) for stem, (row, members) in zip(stems, classes, strict=True))


def _class_of(context: Context, pupil: Mapping[str, Any]) -> Mapping[str, Any]:
    place = text_key(context.ledger.class_of(pupil["id"]))
    return next(row for row in context.ledger.classes if text_key(row["id"]) == place)


def _letters(
    context: Context, row: Mapping[str, Any], pupils: Sequence[Mapping[str, Any]], rules: Sequence[PublicRule]
) -> Document:
    title = _("Assignment to class {class_id}").format(class_id=row["id"])
    blocks: list[Block] = []
    for pupil in pupils:
        if blocks:
            blocks += [PageBreak(letterhead=True), Heading(title)]
        blocks += _letter(context, row, pupil, rules)
    footer = _("Personal communication to the family.")
    return context.document(title, blocks, footer=footer, numbered=len(pupils) == 1)


def _letter(
    context: Context, row: Mapping[str, Any], pupil: Mapping[str, Any], rules: Sequence[PublicRule]
) -> Iterator[Block]:
    name = _name(pupil)
    yield Paragraph(_("To the family of {name}").format(name=name))
    yield Paragraph(context.place_and_date)
    yield Paragraph(
        _("Dear family, for the school year {year} this is the class of {name}.").format(year=context.year, name=name)
    )
    yield Facts(tuple(_facts(row, pupil)))
    reasons = tuple(context.explanations.get(pupil["id"], ()))
    if reasons:
        yield Heading(_("Why this class"))
        yield Listing(reasons)
    yield from _how(context)
    yield Heading(_("What you may ask"))
    yield Listing(_rights(context))
    yield Signatures(((_("The headteacher"), context.school.head),))
    yield PageBreak()
    yield Heading(_("The criteria, in their order"))
    yield Paragraph(_order(context))
    for heading, group in in_groups(rules):
        yield Heading(heading, 2)
        yield Listing(tuple(dict.fromkeys(_criterion(rule) for rule in group)))


def _name(pupil: Mapping[str, Any]) -> str:
    return " ".join(str(pupil[c]) for c in ("nome", "cognome") if pupil.get(c)) or str(pupil["id"])


def _facts(row: Mapping[str, Any], pupil: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield _("Class"), str(row["id"])
    titles = {"plesso": _("Site"), "tempo_scuola": _("Time model"), "lingua2": _("Second language")}
    yield from ((title, str(row[column])) for column, title in titles.items() if row.get(column))
    # In a mixed class the track is only of those who asked for it.
    track = row.get("indirizzo")
    if track and any(text_key(cell) == text_key(track) for c, cell in pupil.items() if c.startswith("indirizzo_")):
        yield _("Track"), str(track)


def _how(context: Context) -> Iterator[Block]:
    yield Heading(_("How the classes were formed"))
    yield Paragraph(
        _(
            "The classes were formed all together, from the criteria that the school had set beforehand; they are "
            "listed at the end of this letter. A computer program looked for the formation that respects them best, in "
            "the order in which they stand: what comes first is never given up for what comes after. It refuses to "
            "use religion."
        )
    )
    if context.certificate.get("admission"):
        yield Paragraph(seats_sentence())
    said = [_("A second program, written apart, then counted every criterion again from the files.")]
    if context.certificate.get("stopped") == "given":
        said.insert(0, _("The formation adopted was chosen or changed by people."))
    if context.audit.hard_kept:
        said.append(_("It found all the mandatory criteria kept."))
    if _proved(context):
        said.append(_("It is proved that no other formation respects the criteria better, taken in their order."))
    elif context.certificate:
        said.append(_("It is not proved that no better formation exists."))
    yield Paragraph(" ".join(said))
    yield Paragraph(
        _(
            "The program proposes; people decide. The commission examined the formation and the headteacher, who may "
            "change it giving reasons, adopted it and answers for it."
        )
    )


def _proved(context: Context) -> bool:
    tiers, counted = context.certificate.get("tiers", ()), context.audit.tiers
    if not isinstance(tiers, Sequence):
        return False
    # Nothing of what a certificate says is taken for granted: it may have been edited by hand.
    claimed = [(t.get("tier"), t.get("value")) if isinstance(t, Mapping) else None for t in tiers]
    same = len(claimed) == len(counted) and all(pair in claimed for pair in counted.items())
    sound = context.audit.hard_kept and not context.differences and same
    return sound and context.certificate.get("status") == "OPTIMAL"


def _rights(context: Context) -> tuple[str, ...]:
    contact = or_blank(context.options.get("contact", ""))
    return (
        _(
            "An explanation of this assignment, as far as it concerns your child, and of how the criteria were applied "
            "to it; and that a person examines it again. Write to: {contact}."
        ).format(contact=contact),
        _("The data the school used about your child, and their correction if they are wrong (GDPR, arts. 15 and 16)."),
        _(
            "Access to the acts that concern you, within the limits that protect the other families (L. 241/1990, "
            "arts. 22 and following); the school answers within thirty days."
        ),
        _(
            "To be heard by the data protection authority (Garante per la protezione dei dati personali) if you think "
            "that the data of your child were not treated as they should (GDPR, art. 77)."
        ),
        _(
            "Against the act, the remedies of the law: the regional administrative court within sixty days, or the "
            "extraordinary appeal to the President of the Republic within one hundred and twenty."
        ),
    )


def _order(context: Context) -> str:
    text = _("Criteria of “{regulation}”.").format(regulation=context.criteria_name)
    return f"{text} {context.criteria_source}." if context.criteria_source else text


def _criterion(rule: PublicRule) -> str:
    return f"{rule.label} ({rule.source})" if rule.source else rule.label
