"""Headings and fixed sentences of the report, the same in every format."""

from __future__ import annotations

from classi.i18n import _


def labels() -> dict[str, str]:
    """Return every heading in the current language, by the name the renderers use."""
    return _general() | _rules() | _people()


def _general() -> dict[str, str]:
    return {
        "internal": _("Internal use: contains special-category personal data of minors. Do not publish."),
        "skip": _("Skip to the content"),
        "contents": _("Contents"),
        "glance": _("At a glance"),
        "more": _("see"),
        "summary_sheet": _("Summary"),
        "summary": _("The classes"),
        "summary_caption": _(
            "Main counts, class by class. “Outside target”: the counts marked in the table “Class by class”."
        ),
        "class": _("Class"),
        "total": _("Whole school"),
        "charts": _("Distribution over the classes"),
        "structure": _("The class lists are not whole"),
        "conflict": _("Why it is impossible"),
        "no_conflict": _("No explanation was recorded in the certificate."),
        "not_formed": _("No classes were formed, so there are no tables to show."),
        "tiers": _("How good it is, and the proof"),
        "tiers_caption": _(
            "Points are what the departures weigh: 0 is perfect. A priority is never traded for one below it. "
            "Gap: the share of the points that a better formation might still save, at most."
        ),
        "priority": _("Priority"),
        "points": _("Points"),
        "bound": _("Impossible below"),
        "gap": _("Gap"),
        "meaning": _("What it means"),
        "of_rules": _("Rules"),
        "certificate": _("Certificate"),
        "certificate_lead": _("What is needed to check this result, or to obtain it again."),
        "hashes": _("Fingerprints (SHA-256) of the files: a changed file has another fingerprint."),
        "file": _("File"),
        "role": _("Role"),
        "again": _("Anyone can count again with: classi audit CASE DIR"),
        "warnings": _("Warnings"),
        "warnings_lead": _("Odd but legal data found while reading: worth a look."),
    }


def _rules() -> dict[str, str]:
    return {
        "departures": _("What could not be granted"),
        "no_departures": _("Nothing: every rule is fully kept."),
        "all_departures": _("{number} more in “Every departure”"),
        "every_departure": _("Every departure, one by one"),
        "rules": _("All the rules"),
        "rules_caption": _(
            "Every rule in force, in the order of the regulation. "
            "Cost: how far it is from being kept; points: cost times weight."
        ),
        "no_rules": _("The regulation holds no rules."),
        "number": _("No."),
        "rule": _("Rule"),
        "kind": _("Kind"),
        "checks": _("Checks"),
        "cost": _("Cost"),
        "rule_points": _("Points"),
        "rule_bound": _("At least"),
        "outcome": _("Outcome"),
        "source": _("Source"),
        "matrix": _("Class by class"),
        "matrix_caption": _("What was counted in each class, beside its target"),
        "matrix_part": _("classes {first} to {last}"),
        "legend": _(
            "✓ within target · ▲ too many or too high · ▼ too few or too low · ◆ outside target; "
            "in brackets, by how much. In square brackets, the class's own target where it differs."
        ),
        "target": _("Target"),
        "by_class": _("each class its own"),
        "counted": _("Counted"),
        "state": _("State"),
        "within": _("within target"),
        "not_counted": _("not counted here"),
    }


def _people() -> dict[str, str]:
    return {
        "wishes": _("Wishes not granted"),
        "wishes_caption": _("Wishes that could not be granted, with the reasons"),
        "no_wishes": _("No wish was left ungranted."),
        "vetoed": _("Wishes vetoed"),
        "vetoed_caption": _("Not counted as wishes: the two pupils must be apart"),
        "pupil": _("Pupil"),
        "friend": _("Asked to be with"),
        "reasons": _("Why"),
        "mutual": _("mutual"),
        "reason_unknown": _("no single reason was found"),
        "decisions": _("Decided by people"),
        "decisions_caption": _("Derogations, fixed and forbidden classes, ties: who decided, and why"),
        "no_decisions": _("No derogation, no fixed or forbidden class, no tie."),
        "what": _("What"),
        "whom": _("About"),
        "who": _("Who"),
        "why": _("Why"),
        "unsaid": _("not stated"),
        "rosters": _("Class lists"),
        "surname_name": _("Pupil"),
        "id": _("Code"),
        "class_rules": _("Rules in this class"),
        "empty_class": _("No pupils in this class."),
        "page": _("page"),
    }
