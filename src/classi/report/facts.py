"""The certificate in plain words: what was proved, how the computation ended, with what, and the files it speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from classi.i18n import _
from classi.report.made import say_made
from classi.report.model import Digest, Fact
from classi.report.words import say_number


def certificate_facts(certificate: Mapping[str, Any], agrees: bool) -> tuple[Fact, ...]:
    """Return the lines of the certificate, those that are known; `agrees`: the count at hand confirms it."""
    return tuple(Fact(name, value) for name, value in _facts(certificate, agrees) if value)


def _facts(certificate: Mapping[str, Any], agrees: bool) -> Iterator[tuple[str, str]]:
    status = str(certificate.get("status", ""))
    yield _("Result"), f"{status}: {_status(status)}" if status else ""
    yield _("How the split was made"), say_made(certificate)
    yield _("How the search ended"), _stopped(str(certificate.get("stopped") or ""))
    yield _("Independent parts"), _parts(certificate.get("parts") or ())
    yield _("Second count"), _second_count(certificate.get("audit"), agrees)
    yield _("Regulation"), str(certificate.get("regulation") or "")
    yield _("Seed of every random choice"), _said(certificate.get("seed"))
    yield _("Parallel workers"), _said(certificate.get("workers"))
    yield _("Repeatable to the byte"), _repeatable(certificate.get("deterministic"))
    yield _("Time allowed"), _seconds(certificate.get("time_limit"))
    yield _("Time taken"), _seconds(certificate.get("wall_seconds"))
    yield _("of which solver"), _seconds(certificate.get("solver_seconds"))
    yield _("Deterministic work"), _said(certificate.get("deterministic_time"))
    versions = certificate.get("versions") or {}
    yield _("Versions"), ", ".join(f"{name} {number}" for name, number in versions.items())


def _said(value: object) -> str:
    return say_number(value) if isinstance(value, int | float) else ""


def _seconds(value: object) -> str:
    if not isinstance(value, int | float):
        return ""
    return _("{number} seconds").format(number=say_number(value, 1))


def _repeatable(deterministic: object) -> str:
    if deterministic is None:
        return ""
    if deterministic:
        return _("yes: same files, seed and version give the same result to the byte")
    return _("no: with time limits or several workers another run may give another result, as good or better or worse")


def _status(status: str) -> str:
    return {
        "OPTIMAL": _(
            "the mandatory rules are kept and it is proved that no formation does better, priority by priority."
        ),
        "FEASIBLE": _("the mandatory rules are kept; it is not proved that no formation does better."),
        "INFEASIBLE": _("it is proved that no formation keeps every mandatory rule."),
        "UNKNOWN": _("nothing was found and nothing was proved in the time allowed."),
    }.get(status, "")


def _stopped(why: str) -> str:
    return {
        "proved": _("the proof was complete"),
        "time": _("the time allowed was over"),
        "memory": _("the memory allowed was over"),
        "given": _("the split was made by people, or by a search for something else; it was only counted"),
        "interrupted": _("somebody stopped it; the best found so far was kept"),
    }.get(why, why)


def _parts(parts: Sequence[Mapping[str, Any]]) -> str:
    if not parts:
        return ""
    proved = sum(part.get("status") == "OPTIMAL" for part in parts)
    return _("{number}, of which {proved} proved best").format(number=len(parts), proved=proved)


def _second_count(audit: Mapping[str, Any] | None, agrees: bool) -> str:
    if not agrees:
        return _("DISAGREES with the computation: this result must not be used")
    if not audit:
        return ""
    return _("independent code read the written files again and found the same cost for every rule")


def file_digests(certificate: Mapping[str, Any]) -> tuple[Digest, ...]:
    """Return the files of the certificate with their SHA-256."""
    roles = {"inputs": _("read"), "outputs": _("written")}
    return tuple(
        Digest(file, digest, role)
        for key, role in roles.items()
        for file, digest in sorted((certificate.get(key) or {}).items())
    )
