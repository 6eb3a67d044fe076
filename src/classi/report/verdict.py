"""The answers a reader looks for first: rules kept, proved best, what could not be granted, why it is impossible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from classi.i18n import _, ngettext
from classi.report.made import say_made
from classi.report.model import Part, RuleLine, TierLine, Verdict
from classi.report.words import say_number, say_percent

if TYPE_CHECKING:
    from classi.audit import Audit


def was_formed(certificate: Mapping[str, Any], placed: Mapping[str, str]) -> bool:
    """Tell whether there is an assignment to show."""
    return bool(placed) and certificate.get("status") not in {"INFEASIBLE", "UNKNOWN"}


def tier_lines(audit: Audit, certificate: Mapping[str, Any], rules: Sequence[RuleLine]) -> tuple[TierLine, ...]:
    """Put each tier into words: the value is the auditor's, bound and proof are the certificate's."""
    proofs = {int(t["tier"]): t for t in certificate.get("tiers", ())}
    return tuple(
        _tier_line(tier, audit.tiers.get(tier, 0), proofs.get(tier, {}), _rules_of(tier, audit, rules))
        for tier in sorted({*proofs, *audit.tiers})
    )


def _rules_of(tier: int, audit: Audit, rules: Sequence[RuleLine]) -> str:
    numbers = {a.number for a in audit.criteria if not a.hard and a.tier == tier}
    return ", ".join(str(r.number) for r in rules if r.number in numbers)


def _tier_line(tier: int, value: int, proof: Mapping[str, Any], rules: str) -> TierLine:
    bound = proof.get("bound")
    # A proof speaks of the value it was found for: if the auditor counts another, it proves nothing here.
    same = proof.get("value") == value
    proved = bool(proof.get("proved")) and same
    gap = say_percent((value - bound) / value if value else 0.0) if bound is not None and same else "–"
    return TierLine(tier, value, bound, gap, proved, _tier_meaning(value, proof, proved, same), rules)


def _tier_meaning(value: int, proof: Mapping[str, Any], proved: bool, same: bool) -> str:
    bound = proof.get("bound")
    if proof and not same:
        return _("The certificate says {value}, the second count {counted}: the files do not belong together.").format(
            value=say_number(proof.get("value")), counted=say_number(value)
        )
    if proved and not value:
        return _("Fully met: no departure at all.")
    if proved:
        way = {
            "arithmetic": _("Proved best by counting alone: fewer points are impossible for any formation."),
            "search": _("Proved best by exhaustive search: fewer points are impossible for any formation."),
        }.get(proof.get("proof", ""), _("Proved best: fewer points are impossible for any formation."))
        if proof.get("conditional_on_earlier_tiers"):
            return way + " " + _("This holds as long as the priorities above it keep their value.")
        return way
    if bound is None:
        return _("Not proved best: no bound is known.")
    return _("Not proved best: {value} points reached, fewer than {bound} are impossible.").format(
        value=say_number(value), bound=say_number(bound)
    )


def proof_verdict(certificate: Mapping[str, Any], tiers: Sequence[TierLine], sound: bool) -> Verdict:
    """Say whether the formation is proved best, or by how much it might be improved."""
    status = certificate.get("status")
    if status == "INFEASIBLE":
        title = _("Impossible: the mandatory rules clash")
        return Verdict(
            "bad", title, _("It is proved that no formation keeps all of them together. See why."), "conflict"
        )
    if status not in {"OPTIMAL", "FEASIBLE"}:
        title = _("No answer in the time allowed")
        text = _("No formation was found, and it was not proved that none exists. A longer run may find one.")
        return Verdict("warn", title, text, "certificate")
    if not sound:
        title = _("The proof does not apply")
        text = _("The second count does not confirm this result: do not use it before the cause is found.")
        return Verdict("bad", title, text, "rules")
    if not tiers:
        text = _("The regulation has no preferences: any formation that keeps the mandatory rules is as good.")
        return Verdict("good", _("Nothing left to improve"), text)
    if status == "OPTIMAL" and all(t.proved for t in tiers):
        text = _("Nobody can find a better formation under these rules and priorities.")
        return Verdict("good", _("Proved best"), text, "tiers")
    text = _first_open(tiers)
    if made := say_made(certificate):
        text = _("It was not sought as the best of all: {made}. {open}").format(made=made, open=text)
    return Verdict("warn", _("Good, but not proved best"), text, "tiers")


def _first_open(tiers: Sequence[TierLine]) -> str:
    first = next((t for t in tiers if not t.proved), None)
    if first is None or first.bound is None:
        return _("The time allowed ended before the proof: a longer run may improve it.")
    return _("Priority {tier} has {value} points; fewer than {bound} are impossible (gap {gap}).").format(
        tier=first.tier, value=say_number(first.value), bound=say_number(first.bound), gap=first.gap
    )


def hard_verdict(audit: Audit, rules: Sequence[RuleLine]) -> Verdict:
    """Say whether every mandatory rule is kept."""
    hard = [r for r in rules if r.hard]
    broken = [r for r in hard if not r.kept]
    if audit.structure:
        return Verdict("bad", _("The class lists are not whole"), audit.structure[0], "structure")
    if broken:
        title = ngettext("{number} mandatory rule is broken", "{number} mandatory rules are broken", len(broken))
        return Verdict("bad", title.format(number=len(broken)), "; ".join(r.label for r in broken[:3]), "departures")
    if not hard:
        return Verdict("info", _("No mandatory rules"), _("The regulation only states preferences."), "rules")
    text = ngettext(
        "{number} rule, counted a second time from the written files.",
        "{number} rules, counted a second time from the written files.",
        len(hard),
    )
    return Verdict("good", _("Every mandatory rule is kept"), text.format(number=len(hard)), "rules")


def preference_verdict(rules: Sequence[RuleLine]) -> Verdict | None:
    """Say how many preferences are not fully met; nothing when there are none."""
    soft = [r for r in rules if not r.hard]
    missed = [r for r in soft if not r.kept]
    if not soft:
        return None
    if not missed:
        return Verdict("good", _("Every preference is fully met"), _say_preferences(len(soft)), "rules")
    title = ngettext("{number} preference not fully met", "{number} preferences not fully met", len(missed))
    labels = "; ".join(r.label for r in missed[:3]) + ("; …" if len(missed) > 3 else "")
    text = _("Out of {total}: {labels}").format(total=len(soft), labels=labels)
    return Verdict("warn", title.format(number=len(missed)), text, "departures")


def _say_preferences(number: int) -> str:
    return ngettext("{number} preference in the regulation.", "{number} preferences in the regulation.", number).format(
        number=number
    )


def wish_verdict(unmet: int, asked: int, vetoed: int, *, counts: bool = True) -> Verdict:
    """Say how many of the wishes that the regulation counts could not be granted."""
    if not counts:
        return Verdict("info", _("No wishes to grant"), _("The regulation counts no wishes."))
    if not asked and not unmet:
        return Verdict("info", _("No wishes to grant"), _("The files hold no wish that may be granted."))
    vetoes = ngettext("{number} more was vetoed.", "{number} more were vetoed.", vetoed).format(number=vetoed)
    out_of = _("Out of {number}.").format(number=asked) + (f" {vetoes}" if vetoed else "")
    if not unmet:
        return Verdict("good", _("Every wish is granted"), out_of, "wishes" if vetoed else "")
    title = ngettext("{number} wish could not be granted", "{number} wishes could not be granted", unmet)
    return Verdict("warn", title.format(number=unmet), out_of, "wishes")


def seats_verdict(certificate: Mapping[str, Any]) -> Verdict | None:
    """Say how many got a seat, where seats were given by a ranking."""
    admission = certificate.get("admission")
    if not isinstance(admission, Mapping):
        return None
    waiting = int(admission["applicants"]) - int(admission["admitted"])
    rounds = "; ".join(
        _("{name}: {seated} of {ranked}").format(name=r["name"], seated=r["seated"], ranked=r["ranked"])
        for r in admission.get("rounds", ())
    )
    title = ngettext("{number} application without a seat", "{number} applications without a seat", waiting)
    text = _("Seats by ranking, of {applicants} applications. {rounds}. Everybody's reasons are in graduatorie.xlsx.")
    return Verdict(
        "info",
        title.format(number=waiting) if waiting else _("Everybody has a seat"),
        text.format(applicants=admission["applicants"], rounds=rounds),
    )


def best_sentence(tiers: Sequence[TierLine], proof: Verdict, made: str = "") -> str:
    """Say why the departures are there, as far as it is proved; `made`: how, where not by a search for the best."""
    if proof.mark == "bad" or not tiers:
        return ""
    if proof.mark == "good":
        return _(
            "It is proved that no formation does better: mending one of these would cost as much or more elsewhere."
        )
    if made:
        return _("This split was not sought as the best of all ({made}): another may have fewer.").format(made=made)
    unproved = [str(t.tier) for t in tiers if not t.proved]
    if len(unproved) == len(tiers):
        return _("It is not proved that these are unavoidable: a longer run may find fewer.")
    text = _("Proved unavoidable, except those of priority {tiers}: there a longer run may find fewer.")
    return text.format(tiers=", ".join(unproved))


def conflict_parts(conflict: object, labels: Mapping[str, str]) -> tuple[Part, ...]:
    """Put the explanation of an impossible input (the certificate's ``conflict``) under headings."""
    if not isinstance(conflict, Mapping):
        return (Part("", (str(conflict),)),) if conflict else ()
    clash = (
        _("What clashes: give up any one of these rules, and the others no longer do")
        if conflict.get("minimal")
        else _("What clashes (a smaller set may exist: the time allowed ended first)")
    )
    way_out = (
        _("These exceptions make it possible, and no smaller ones do")
        if conflict.get("least")
        else _("These exceptions make it possible (smaller ones may do)")
    )
    parts = (
        Part(_("Counting alone shows it"), _reasons(conflict.get("counting"))),
        Part(clash, _reasons(conflict.get("rules"))),
        Part(_("Pupils involved"), tuple(labels.get(p, p) for p in conflict.get("pupils") or ())),
        Part(way_out, _reasons(conflict.get("relaxation"))),
    )
    found = tuple(p for p in parts if p.sentences)
    return found or (Part("", tuple(map(str, conflict.get("lines") or ()))),)


def _reasons(reasons: Sequence[Mapping[str, Any]] | None) -> tuple[str, ...]:
    return tuple(f"[{r['code']}] {r['text']}" if r.get("code") else str(r["text"]) for r in reasons or ())
