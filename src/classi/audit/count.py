"""Every rule counted again from plain rows, and set against what a certificate claims."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from classi.audit.cells import same_id
from classi.audit.files import missing_pupils, other_seat, unknown_class, unknown_pupil
from classi.criteria.base import Criterion, registry
from classi.domain import Count
from classi.i18n import _
from classi.ledger import Ledger
from classi.regulation import Regulation

if TYPE_CHECKING:
    from classi.audit.admission import AdmissionAudit

APART = ("fratelli", "gemelli", "separati")
PROOFS = ("arithmetic", "search")


@dataclass(frozen=True)
class Audited:
    """One rule, as the auditor counted it.

    Attributes
    ----------
    number : position in the regulation, from 1.
    rule, label : its name in the file, and as people read it.
    hard, weight, tier : its price; a hard rule has neither weight nor tier.
    cost : sum of the excesses of `counts`, in the rule's unit.
    counts : everything the rule looked at.
    """

    number: int
    rule: str
    label: str
    hard: bool
    weight: int | None
    tier: int | None
    cost: int
    counts: tuple[Count, ...]

    @property
    def findings(self) -> tuple[Count, ...]:
        """The counts that are outside what the rule allows."""
        return tuple(count for count in self.counts if count.excess > 0)


@dataclass(frozen=True)
class Audit:
    """What the auditor found.

    Attributes
    ----------
    criteria : every rule, in the order of the regulation.
    structure : what is wrong with the assignment itself, as sentences: pupils missing, doubled or unknown, classes
        unknown, a file that is not an assignment.
    admission : the count of rankings and seats, where the files hold them.
    """

    criteria: tuple[Audited, ...]
    structure: tuple[str, ...] = ()
    admission: AdmissionAudit | None = None

    @property
    def hard_kept(self) -> bool:
        """True when every pupil has exactly one class and every hard rule costs nothing."""
        return not self.structure and all(a.cost == 0 for a in self.criteria if a.hard)

    @property
    def tiers(self) -> dict[int, int]:
        """Sum of weight × cost for each tier in use, the most important first."""
        values: dict[int, int] = {}
        for audited in self.criteria:
            if audited.tier is not None and audited.weight is not None:
                values[audited.tier] = values.get(audited.tier, 0) + audited.weight * audited.cost
        return dict(sorted(values.items()))


def audit_ledger(ledger: Ledger, regulation: Regulation, seats: Mapping[str, AbstractSet[str]] | None = None) -> Audit:
    """Count every rule of the regulation on the rows of the ledger.

    What places nobody of the case, or in no class of the case, is told in `Audit.structure` and left out of the counts.

    Parameters
    ----------
    seats : where seats were given, the classes that each leaves open, as spelled in the ledger; a pupil in another
        class is told in `Audit.structure`, and counted where they are.
    """
    classes = {same_id(row["id"]): row["id"] for row in ledger.classes}
    pupils = {row["id"] for row in ledger.pupils}
    sound = {p: classes[same_id(c)] for p, c in ledger.placed.items() if p in pupils and same_id(c) in classes}
    structure = [
        unknown_pupil(pupil) if pupil not in pupils else unknown_class(pupil, class_id)
        for pupil, class_id in ledger.placed.items()
        if pupil not in sound
    ]
    structure += missing_pupils(pupils - set(ledger.placed))
    structure += [other_seat(p, c) for p, c in sound.items() if seats is not None and c not in seats.get(p, (c,))]
    if sound != ledger.placed:
        ledger = Ledger(ledger.pupils, ledger.classes, ledger.ties, sound, ledger.open)
    return count_rules(ledger, regulation, structure)


def count_rules(ledger: Ledger, regulation: Regulation, structure: Iterable[str]) -> Audit:
    """Count every rule on rows whose places are sound; `structure` is what was wrong with the others."""
    regulation.bind_ledger(ledger)
    audited = []
    for k, criterion in enumerate(regulation.criteria):
        counts = tuple(criterion.audit(ledger))
        audited.append(
            Audited(
                number=k + 1,
                rule=criterion.rule,
                label=regulation.label(k),
                hard=criterion.hard,
                weight=criterion.weight,
                tier=None if criterion.hard else criterion.tier,
                cost=sum(count.excess for count in counts),
                counts=counts,
            )
        )
    return Audit(tuple(audited), tuple(structure))


# --- the rules that the tables themselves make binding ---


def with_implicit_rows(regulation: Regulation, ledger: Ledger) -> Regulation:
    """Add the rules that the tables make binding, found in plain rows: those `Regulation.with_implicit` finds."""
    return replace(regulation, criteria=(*regulation.criteria, *_implicit_rules(regulation.criteria, ledger)))


def _implicit_rules(criteria: Sequence[Criterion], ledger: Ledger) -> Iterator[Criterion]:
    hard = [criterion for criterion in criteria if criterion.hard and not criterion.classes]
    binding = {tie["tipo"] for tie in ledger.ties if tie["vincolante"]}
    if not any(c.rule == "class_size" for c in hard) and _filled(ledger.classes, "min", "max"):
        yield _hard("class_size", name=_("Size limits of the table “classi”"))
    if "insieme" in binding and "insieme" not in _ties_of(hard, "together"):
        yield _hard("together", binding_only=True, name=_("Pupils tied together, binding"))
    apart = [kind for kind in APART if kind in binding and kind not in _ties_of(hard, "apart")]
    if apart:
        yield _hard("apart", ties=apart, binding_only=True, name=_("Pupils kept apart, binding"))
    for rule, column in (("fixed_class", "classe_fissa"), ("forbidden_class", "classi_vietate")):
        if not any(c.rule == rule and getattr(c, "column", "") == column for c in hard) and _filled(
            ledger.pupils, column
        ):
            yield _hard(rule, name=_("Column “{column}”").format(column=column))


def _hard(rule: str, **fields: Any) -> Criterion:
    return registry()[rule](rule=rule, hard=True, **fields)


def _ties_of(hard: Iterable[Criterion], rule: str) -> set[str]:
    # A rule that looks only at the ties of some source leaves the binding ones of the others to the implicit rule.
    return {
        kind
        for criterion in hard
        if criterion.rule == rule and not getattr(criterion, "sources", None)
        for kind in getattr(criterion, "ties", ())
    }


def _filled(rows: Iterable[Mapping[str, Any]], *columns: str) -> bool:
    return any(row.get(column) is not None for row in rows for column in columns)


# --- what a certificate claims ---


def compare_with_certificate(
    audit: Audit, certificate: Mapping[str, Any], hashes: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Say where a certificate and the auditor's count differ.

    Parameters
    ----------
    audit : the count.
    certificate : ``certificato.json`` as read.
    hashes : SHA-256, in hexadecimal, of each file actually found (``assegnazioni.csv``, the tables), by file name.

    Returns
    -------
    tuple of str
        One sentence for each rule whose cost differs, for each tier whose value differs, for each file that is not the
        one the certificate was made for and for everything in which the certificate contradicts itself (a bound above
        the value, a proof where they differ, a gap or a status that does not follow); empty when all agree.

    Notes
    -----
    A bound that is changed together with all that follows from it cannot be seen here: only another search can.
    """
    claimed = _entries(certificate, "criteria")
    said = []
    if len(claimed) != len(audit.criteria):
        said.append(
            _("The certificate speaks of {claimed} rules, the auditor counted {counted}.").format(
                claimed=len(claimed), counted=len(audit.criteria)
            )
        )
    for audited, entry in zip(audit.criteria, claimed, strict=False):
        said += _differences(audited, entry)
    said += _tier_differences(audit, _entries(certificate, "tiers"))
    said += _summary_differences(audit, certificate)
    sealed = {**_table(certificate, "inputs"), **_table(certificate, "outputs")}
    for file, found in (hashes or {}).items():
        if str(sealed.get(file)).lower() != found.lower():
            said.append(_("{file} is not the file this certificate was made for.").format(file=file))
    return tuple(said)


def _differences(audited: Audited, entry: Mapping[str, Any]) -> Iterator[str]:
    if entry.get("rule") != audited.rule:
        yield _("Rule {number} is “{rule}”, but the certificate says “{claimed}”.").format(
            number=audited.number, rule=audited.rule, claimed=entry.get("rule")
        )
    if any(entry.get(price) != getattr(audited, price) for price in ("hard", "weight", "tier")):
        yield _("Rule {number} ({label}): its price in the certificate is not the one of the regulation.").format(
            number=audited.number, label=audited.label
        )
    claims = [entry.get("cost"), entry.get("audited")]
    wrong = [claim for claim in claims if claim != audited.cost]
    if wrong:
        yield _("Rule {number} ({label}): the certificate says {claimed}, the auditor counts {counted}.").format(
            number=audited.number, label=audited.label, claimed=wrong[0], counted=audited.cost
        )
    elif not _is_bound(entry.get("bound"), audited.cost):
        yield _("Rule {number} ({label}): its bound cannot be {bound} when it costs {cost}.").format(
            number=audited.number, label=audited.label, bound=entry.get("bound"), cost=audited.cost
        )


def _tier_differences(audit: Audit, claimed: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    named = [entry.get("tier") for entry in claimed]
    if named != list(audit.tiers):
        yield _("The tiers of the certificate are {claimed}, those of the regulation {tiers}.").format(
            claimed=named, tiers=list(audit.tiers)
        )
    for tier, value in audit.tiers.items():
        entry = next((entry for entry in claimed if entry.get("tier") == tier), {})
        if entry.get("value") != value:
            yield _("Tier {tier}: the certificate says {claimed}, the auditor counts {counted}.").format(
                tier=tier, claimed=entry.get("value"), counted=value
            )
        elif not _is_bound(entry.get("bound"), value):
            yield _("Tier {tier}: its bound cannot be {bound} when its value is {value}.").format(
                tier=tier, bound=entry.get("bound"), value=value
            )
        else:
            yield from _proof_differences(tier, entry, first=tier == min(audit.tiers))


def _proof_differences(tier: int, entry: Mapping[str, Any], *, first: bool) -> Iterator[str]:
    """Find what does not follow from a tier's value and bound."""
    value, bound, proof = entry["value"], entry["bound"], entry.get("proof")
    proved = value == bound
    follows = {
        "gap": 0 if proved else round((value - bound) / value, 6),
        "proved": proved,
        "conditional_on_earlier_tiers": not first,
    }
    for field, right in follows.items():
        if entry.get(field) != right:
            yield _(
                "Tier {tier}: “{field}” is {claimed} in the certificate, but its value and place give {right}."
            ).format(tier=tier, field=field, claimed=entry.get(field), right=right)
    if proof not in (PROOFS if proved else ("",)):
        yield _("Tier {tier}: “{proof}” is no proof of value {value} with bound {bound}.").format(
            tier=tier, proof=proof, value=value, bound=bound
        )


def _summary_differences(audit: Audit, certificate: Mapping[str, Any]) -> Iterator[str]:
    proved = all(entry.get("proved") is True for entry in _entries(certificate, "tiers"))
    status = "OPTIMAL" if proved else "FEASIBLE"
    if certificate.get("status") != status:
        yield _("The certificate says “{claimed}”, but what it says of the tiers makes it “{status}”.").format(
            claimed=certificate.get("status"), status=status
        )
    findings = sum(len(audited.findings) for audited in audit.criteria)
    counted = {"hard_kept": audit.hard_kept, "agrees": True, "findings": findings}
    if _table(certificate, "audit") != counted:
        yield _("The certificate does not repeat the auditor's count: {findings} findings.").format(findings=findings)


def _is_bound(bound: object, value: int) -> bool:
    return type(bound) is int and 0 <= bound <= value


def _entries(certificate: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    entries = certificate.get(name)
    return [e if isinstance(e, Mapping) else {} for e in entries] if isinstance(entries, list) else []


def _table(certificate: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = certificate.get(name)
    return table if isinstance(table, Mapping) else {}
