"""What a report says, put together from the auditor's count and the certificate: nothing is counted here twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from classi.i18n import _, language, ngettext
from classi.report.distribution import charts
from classi.report.facts import certificate_facts, file_digests
from classi.report.made import say_made
from classi.report.model import Content, Unmet, Verdict
from classi.report.pupils import decisions, pupil_labels, rosters, split_wishes, summary, vetoes, wishes
from classi.report.rules import matrix, rule_lines
from classi.report.verdict import (
    best_sentence,
    conflict_parts,
    hard_verdict,
    preference_verdict,
    proof_verdict,
    seats_verdict,
    tier_lines,
    was_formed,
    wish_verdict,
)

if TYPE_CHECKING:
    from classi.audit import Audit
    from classi.ledger import Ledger
    from classi.regulation import Regulation

__all__ = ["Content", "Unmet", "build"]


def build(
    audit: Audit | None,
    ledger: Ledger,
    certificate: Mapping[str, Any],
    regulation: Regulation,
    unmet: Sequence[Unmet] = (),
) -> Content:
    """Say everything about a result, in the current language.

    Parameters
    ----------
    audit : the auditor's count; may be ``None`` when nothing was formed.
    ledger : the auditor's rows, with the classes the pupils were put in.
    certificate : the dictionary of ``certificato.json``.
    regulation : the rules in force, implicit ones included, in the order the auditor numbers them.
    unmet : the wishes not granted, with reasons.
    """
    labels = pupil_labels(ledger.pupils)
    formed = audit is not None and was_formed(certificate, ledger.placed)
    counted = audit if formed else None
    rules = rule_lines(counted, regulation, certificate, labels) if counted else ()
    tiers = tier_lines(counted, certificate, rules) if counted else ()
    agrees = counted is None or _agrees(counted, certificate)
    proof = proof_verdict(certificate, tiers, agrees and (counted is None or counted.hard_kept))
    possible, vetoed = split_wishes(ledger)
    classes = tuple(c["id"] for c in ledger.classes)
    table = matrix(counted, rules, classes) if counted else ()
    missed = wishes(ledger, unmet, labels) if counted else ()
    verdicts: list[Verdict | None] = [proof]
    if counted:
        looked_at = [c for a in counted.criteria if a.rule == "wishes" for c in a.counts if c.value is not None]
        apart = {c.pupils for c in looked_at if c.value == 0}
        wish = wish_verdict(
            len(apart), len({c.pupils for c in looked_at}), len(vetoed), counts=bool(looked_at or not possible)
        )
        verdicts = [hard_verdict(counted, rules), proof, seats_verdict(certificate), preference_verdict(rules), wish]
    return Content(
        language=language(),
        title=_("Formation of the classes"),
        subtitle=_subtitle(regulation, len(ledger.pupils), len(classes)),
        source=regulation.source,
        formed=formed,
        verdicts=tuple(v for v in verdicts if v),
        best=best_sentence(tiers, proof, say_made(certificate)) if counted else "",
        structure=counted.structure if counted else (),
        conflict=conflict_parts(certificate.get("conflict"), labels),
        tiers=tiers,
        classes=classes,
        summary=summary(ledger, table, missed if possible or missed else None) if counted else (),
        charts=charts(ledger, regulation) if counted else (),
        rules=rules,
        matrix=table,
        unmet=missed,
        vetoed=vetoes(ledger, vetoed, labels),
        decisions=decisions(ledger, regulation, labels),
        rosters=rosters(ledger, labels) if counted else (),
        named=any(labels[i] != i for i in labels),
        warnings=tuple(map(str, certificate.get("warnings") or ())),
        facts=certificate_facts(certificate, agrees),
        digests=file_digests(certificate),
    )


def _agrees(audit: Audit, certificate: Mapping[str, Any]) -> bool:
    """Tell whether this count confirms the certificate: the same cost for each rule, then and now."""
    said = {c.get("number"): c.get("cost") for c in certificate.get("criteria", ())}
    agrees = (certificate.get("audit") or {}).get("agrees", True)
    return bool(agrees) and all(said.get(a.number, a.cost) == a.cost for a in audit.criteria)


def _subtitle(regulation: Regulation, pupils: int, classes: int) -> str:
    words = [
        regulation.name,
        ngettext("{number} pupil", "{number} pupils", pupils).format(number=pupils),
        ngettext("{number} class", "{number} classes", classes).format(number=classes),
    ]
    return " · ".join(filter(None, words))
