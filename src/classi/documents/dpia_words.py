"""The fixed sentences of the impact assessment: law, measures and risks, in the order in which they are told."""

from __future__ import annotations

from classi.documents.words import BLANK
from classi.i18n import _


def why_needed() -> tuple[str, ...]:
    """Return why an assessment is made."""
    return (
        _(
            "The data are of minors, some of them disabled or otherwise vulnerable, and are processed every year: "
            "among "
            "the processing operations that the Garante lists as requiring an assessment (measure no. 467 of 11 "
            "October "
            "2018, annex 1, point 6)."
        ),
        _(
            "Special categories of data (health above all) are combined with others, by automatic means, to prepare a "
            "decision that matters to each child (GDPR art. 35 pars. 1 and 3)."
        ),
    )


def purposes() -> tuple[str, ...]:
    """Return the purposes."""
    return (
        _("To form the classes of the school year by criteria set beforehand, evenly and without discrimination."),
        _("Where places are fewer than applications, to rank the applications and give the seats as the criteria say."),
        _("To give reasons for the decision: to the families, to the school's bodies, to a court."),
        _(
            "No other purpose: in particular no profile of a pupil is made or kept, and no program is trained on the "
            "data."
        ),
    )


def basis() -> tuple[str, ...]:
    """Return the lawful basis, as a proposal."""
    return (
        _(
            "Task carried out in the public interest: GDPR art. 6 par. 1 (e), with D.Lgs. 196/2003 art. 2-ter; "
            "D.Lgs. 297/1994 and DPR 275/1999 on the school's bodies and autonomy, DPR 81/2009 on the classes."
        ),
        _(
            "Special categories: GDPR art. 9 par. 2 (g), with D.Lgs. 196/2003 art. 2-sexies par. 2 (bb), education and "
            "training at school. Law or regulation that says which data and operations: {blank}"
        ).format(blank=BLANK),
        _("Consent is not the basis: the family cannot refuse that its child be put in a class."),
        _("Confirmed by the school, after hearing the data protection officer: {blank}").format(blank=BLANK),
    )


def retention() -> tuple[str, ...]:
    """Return how long what is kept."""
    return (
        _(
            "Working files (tables, alternatives, reports): until the classes are final and the terms for complaints "
            "and "
            "appeals are over. Date: {blank}"
        ).format(blank=BLANK),
        _(
            "Then they are deleted: the case file has a purge that empties it and leaves what was deleted and when; "
            "copies, prints and backups are the school's to delete."
        ),
        _(
            "The act, the minutes and the final lists are kept as the school's archive plan says, separately from the "
            "working files."
        ),
    )


def necessity() -> tuple[str, ...]:
    """Return what is said of necessity and proportionality in every case."""
    return (
        _(
            "The same result is not reached with fewer data: even classes cannot be formed without knowing what must "
            "be "
            "spread evenly."
        ),
        _("Only the columns that a criterion names enter the search. Religion is refused as a criterion."),
        _("Pupils may be handled by code alone: the program does not need their names."),
        _("Lists to be published carry codes only, and no attribute of anybody."),
    )


def automated() -> tuple[str, ...]:
    """Return what is said of automated decisions."""
    return (
        _(
            "Art. 22: no decision is based on the program alone. The program proposes formations and says what each "
            "costs; the commission examines them, the headteacher may change any of them by hand, adopts one and signs."
        ),
        _(
            "For this to be true the examination must be real: who examined, what was changed and why are written in "
            "the "
            "minutes."
        ),
        _(
            "Knowable logic: criteria, priorities, method, proof and limits are in the data sheet of the algorithm; "
            "each "
            "assignment can be explained one by one."
        ),
        _(
            "Regulation (EU) 2024/1689, annex III point 3 (a), lists as high-risk the AI systems that determine "
            "admission "
            "or assign persons to educational institutions. The program learns nothing from data and computes from "
            "written rules; that it falls under that regulation, above all where it gives seats, is nevertheless "
            "plausible. No exemption is claimed here; assessment of the school: {blank}"
        ).format(blank=BLANK),
    )


def rights() -> tuple[str, ...]:
    """Return the rights and how they are met."""
    return (
        _("Information (arts. 13 and 14): given with the enrolment and on the school's site. Where: {blank}").format(
            blank=BLANK
        ),
        _(
            "Access (art. 15): the data of one child can be taken from the files, and its assignment explained, "
            "without showing those of others."
        ),
        _(
            "Correction (art. 16): the tables are corrected and the count made again; a correction after the seats are "
            "given is recorded, not overwritten."
        ),
        _(
            "Objection and restriction (arts. 18 and 21): examined by the headteacher one by one. Contact: {blank}"
        ).format(blank=BLANK),
        _("Complaint to the Garante (art. 77), and the remedies of the law against the act."),
    )


def measures_of_the_program() -> tuple[str, ...]:
    """Return the measures the program takes by itself."""
    return (
        _("It works on the computer where it is run; it opens no connection and sends no statistics."),
        _("It refuses religion as a criterion of balance, of grouping and of ranking."),
        _(
            "It checks the tables before use and lists every mistake; files made to do harm are read apart, within "
            "limits."
        ),
        _("It never overwrites a result unasked; files are written whole or not at all."),
        _("It seals files read and written with their SHA-256: a file changed afterwards is found out."),
        _("It counts every rule a second time, with independent code, and certifies nothing when the two differ."),
        _(
            "What it prepares for publication carries codes only; lists made elsewhere can be checked before they are "
            "published."
        ),
        _("What leaves for a family speaks of its own child only; what goes to a class council names only its pupils."),
        _("Texts that a spreadsheet could take for a formula are made harmless."),
        _(
            "The events of a case are chained to each other: what was changed, by whom and why cannot be altered "
            "unseen."
        ),
    )


def measures_of_the_school() -> tuple[str, ...]:
    """Return the measures only the school can take."""
    return (
        _(
            "An encrypted disk, an account for each person, automatic locking, updates and antivirus on the computer "
            "used."
        ),
        _("Access to the folder for the commission and the headteacher only, appointed and instructed in writing."),
        _(
            "No sending of the files by ordinary electronic mail; for a transfer, encrypted files and the password "
            "apart."
        ),
        _("Backups encrypted and deleted with the rest; prints counted, kept under lock, destroyed."),
        _("Free texts (reasons, notes) kept to what is necessary, without diagnoses."),
        _(
            "Lists by class with names not on the web nor on the notice board seen by the public: in the reserved area "
            "of the register, each class for itself."
        ),
        _(
            "A named person who answers for the processing, and a procedure for breaches (arts. 33 and 34): {blank}"
        ).format(blank=BLANK),
    )


def risks() -> tuple[tuple[str, str, str, str], ...]:
    """Return the risks: what may happen, how likely, how severe, and what is done against it."""
    unlikely, possible, moderate, serious = _("unlikely"), _("possible"), _("moderate"), _("serious")
    return (
        (
            _(
                "Somebody without a right to it sees or copies the working files (loss or theft of a computer or "
                "stick)."
            ),
            possible,
            serious,
            _("Encrypted disk, access for few, no copies by mail, purge when the work is done."),
        ),
        (
            _(
                "Special categories become known through lists, reports or letters sent to the wrong persons or "
                "published."
            ),
            possible,
            serious,
            _(
                "Reserved documents say so on every page; letters about one child; public lists with codes, checked "
                "before."
            ),
        ),
        (
            _("Wrong data lead to a wrong class or a wrong place in a ranking."),
            possible,
            moderate,
            _(
                "All mistakes found are listed before anything is formed; provisional lists, complaints, correction "
                "recorded."
            ),
        ),
        (
            _("A criterion harms a group of pupils, directly or indirectly, or concentrates them in one class."),
            unlikely,
            serious,
            _(
                "Criteria with their source, set and known beforehand; religion refused; the count class by class is "
                "shown."
            ),
        ),
        (
            _("The proposal is adopted without being examined, because it comes from a computer."),
            possible,
            moderate,
            _("Alternatives and their price, reasons for every change, minutes with who examined what, signature."),
        ),
        (
            _("A mistake of the program passes unnoticed."),
            unlikely,
            moderate,
            _("Independent second count, published method, certificate that anybody may check again."),
        ),
        (
            _("The files are lost, or changed unseen, before the act is final."),
            unlikely,
            moderate,
            _("Files written whole, fingerprints, chained events, backups by the school."),
        ),
        (
            _("The data are kept or used beyond the purpose."),
            possible,
            moderate,
            _("Terms written above, purge with a record of what was deleted, no other use allowed."),
        ),
    )
