"""The data-protection impact assessment (GDPR art. 35), filled with what the program does and what this case holds.

It is a draft for the school: whatever only the school knows is left blank, and nothing is claimed to be exempt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from classi.documents.columns import ColumnFact, column_facts, say_kind, say_use, tie_lines
from classi.documents.context import Context, Paper
from classi.documents.dpia_words import (
    automated,
    basis,
    measures_of_the_program,
    measures_of_the_school,
    necessity,
    purposes,
    retention,
    rights,
    risks,
    why_needed,
)
from classi.documents.model import Block, Document, Facts, Heading, Listing, Paragraph, Signatures, Table
from classi.documents.words import BLANK, or_blank
from classi.i18n import _
from classi.report.facts import file_digests

STEM = "valutazione-impatto"


def papers(context: Context) -> Iterator[Paper]:
    """Return ``valutazione-impatto.docx`` and ``.pdf``."""
    with context.speaking():
        return iter(list(context.written(STEM, assessment(context))))


def assessment(context: Context) -> Document:
    """Return the assessment, in the current language."""
    facts = column_facts(context)
    blocks = [
        *_processing(context),
        *_listed(_("Why an assessment is made"), why_needed()),
        *_listed(_("Purposes"), purposes()),
        *_listed(_("Lawful basis, to be confirmed by the school"), basis()),
        *_data(context, facts),
        *_flow(context),
        *_listed(_("How long the data are kept"), retention()),
        *_necessary(facts),
        *_listed(_("Automated decisions and artificial intelligence"), automated()),
        *_listed(_("Rights of the families"), rights()),
        *_measures(),
        *_risks(),
        *_outcome(context),
    ]
    title = _("Data-protection impact assessment: formation of the classes")
    subtitle = _("Regulation (EU) 2016/679, art. 35 · draft to be completed and adopted by the school")
    return context.document(title, blocks, subtitle=subtitle, footer=_("Internal use. Names no pupil."))


def _listed(title: str, items: Sequence[str]) -> tuple[Block, ...]:
    return Heading(title), Listing(tuple(items))


def _processing(context: Context) -> Iterator[Block]:
    yield Paragraph(
        _(
            "Blanks are for what only the school knows. The facts on the data of this case were counted from its files "
            "by the program's independent auditor; the estimates of risk are proposals, to be confirmed or changed."
        )
    )
    yield Heading(_("The processing"))
    rows = [
        (_("Controller"), or_blank(context.school.name)),
        (_("Represented by"), or_blank(context.school.head)),
        (_("Data protection officer"), BLANK),
        (_("Persons authorised and instructed"), BLANK),
        (
            _("Processors"),
            _("none through the program: it runs on the school's own computer. Others: {blank}").format(blank=BLANK),
        ),
        (_("School year"), context.year),
        (_("Criteria"), context.criteria_name),
        (_("Classes"), str(len(context.ledger.classes))),
        (_("Data subjects"), _subjects(context)),
        (_("Date of this draft"), f"{context.when:%d/%m/%Y}"),
    ]
    yield Facts(tuple(rows))


def _subjects(context: Context) -> str:
    pupils = len(context.ledger.pupils)
    applicants = (context.certificate.get("admission") or {}).get("applicants")
    if applicants:
        return _("{applicants} applicants, of whom {pupils} have a class: minors; their families").format(
            applicants=applicants, pupils=pupils
        )
    return _("{pupils} pupils: minors; their families").format(pupils=pupils)


def _data(context: Context, facts: Sequence[ColumnFact]) -> Iterator[Block]:
    yield Heading(_("The data in the files of this case"))
    head = (_("Column"), _("Kind of data"), _("Used for"))
    guess = _("{kind} (guessed from the name: to be checked)")
    rows = [(f.name, guess.format(kind=say_kind(f.kind)) if f.guessed else say_kind(f.kind), say_use(f)) for f in facts]
    yield Table(head, tuple(rows), widths=(0.25, 0.43, 0.32))
    yield Paragraph(
        _(
            "The numbers are those of the rules in the data sheet of the algorithm. Columns that are empty for all are "
            "left out."
        )
    )
    ties = tuple(tie_lines(context))
    if ties:
        yield Paragraph(
            _("Ties between pupils. Written reasons are free text: they may hold anything, health included.")
        )
        yield Table((_("Tie"), _("Number"), _("With a written reason")), ties, align=("left", "right", "right"))
    yield Paragraph(
        _(
            "Data on criminal convictions and offences (art. 10): none of the columns the program knows holds them. "
            "The school checks its own columns and the free texts: {blank}"
        ).format(blank=BLANK)
    )


def _flow(context: Context) -> Iterator[Block]:
    yield Heading(_("Where the data come from and where they go"))
    yield Listing(
        (
            _(
                "Sources: enrolment applications, documents of the schools of origin, families, services. Others: "
                "{blank}"
            ).format(blank=BLANK),
            _(
                "The program reads the files below and writes its results in a folder of the same computer. It opens "
                "no connection and sends nothing."
            ),
            _(
                "Who receives the results: the commission, the headteacher, the class councils, each family for its "
                "own child. Others: {blank}"
            ).format(blank=BLANK),
            _(
                "No transfer outside the European Union through the program. If folders are kept on a network or cloud "
                "service, the school assesses that service: {blank}"
            ).format(blank=BLANK),
        )
    )
    digests = file_digests(context.certificate)
    if digests:
        rows = tuple((d.file, d.role, d.sha256) for d in digests)
        yield Table((_("File"), _("Role"), "SHA-256"), rows, widths=(0.24, 0.1, 0.66))


def _necessary(facts: Sequence[ColumnFact]) -> Iterator[Block]:
    yield Heading(_("Necessity and proportionality"))
    idle = [f.name for f in facts if f.idle]
    found = _(
        "Columns that no rule uses in this case: {columns}. Each is to be left out, or its need written here: {blank}"
    )
    none = _("Every column filled is used by a rule, or says who the pupil is.")
    yield Listing((*necessity(), found.format(columns=", ".join(idle), blank=BLANK) if idle else none))


def _measures() -> Iterator[Block]:
    yield Heading(_("Security measures"))
    yield Heading(_("What the program does"), 2)
    yield Listing(measures_of_the_program())
    yield Heading(_("What the school must do"), 2)
    yield Listing(measures_of_the_school())


def _risks() -> Iterator[Block]:
    yield Heading(_("Risks for the pupils"))
    yield Paragraph(
        _(
            "Likelihood and severity are proposed for a school that takes the measures above; the last column is the "
            "school's."
        )
    )
    head = (_("Risk"), _("Likelihood"), _("Severity"), _("Measures"), _("Residual risk"))
    rows = tuple((*risk, BLANK) for risk in risks())
    yield Table(head, rows, widths=(0.25, 0.13, 0.11, 0.36, 0.15))


def _outcome(context: Context) -> Iterator[Block]:
    yield Heading(_("Opinions and outcome"))
    yield Facts(
        (
            (_("Opinion of the data protection officer (art. 35 par. 2)"), BLANK),
            (_("Views of the families (art. 35 par. 9)"), BLANK),
            (_("Residual risk, on the whole"), BLANK),
            (_("Prior consultation (art. 36), if the residual risk is high"), BLANK),
            (_("To be reviewed by"), BLANK),
        )
    )
    yield Paragraph(
        _(
            "The residual risk is assessed and accepted by the controller alone: neither the program nor its authors "
            "do it."
        )
    )
    yield Paragraph(context.place_and_date)
    yield Signatures(((_("The headteacher"), context.school.head), (_("The data protection officer"), "")))
