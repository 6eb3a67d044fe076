"""The arithmetic of a draw: labels, commitment, key, tickets and order. No file, no clock, no chance."""

from __future__ import annotations

import hmac
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from hashlib import sha256
from typing import Any

from classi.draw.record import ALGORITHM, Private, Public, public_part
from classi.i18n import _

COMMITTED = (
    "name", "algorithm", "committed", "source", "source_date", "labels", "strata", "outcomes", "mapping_sha256",
    "after_annulment",
)  # fmt: skip
"""The fields of the public record that are fixed, and hashed, when the draw is committed to."""
SHORTEST_LABEL = 8


def canonical(value: Any) -> bytes:
    """Return the one way to write a value as JSON: keys sorted by code point, no blanks, UTF-8.

    Other languages write the same bytes as long as texts hold no control characters, which the records never do.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=date.isoformat)
    return text.encode("utf-8")


def labelled(ids: Iterable[str], salt: str, *, pseudonymous: bool) -> dict[str, str]:
    """Return label → id: HMAC-SHA-256 of the id under the salt, or the id itself.

    Eight hexadecimal digits do; where two labels would be the same, all become longer.
    """
    if not pseudonymous:
        return {i: i for i in sorted(ids)}
    digests = {i: hmac.digest(salt.encode(), i.encode(), "sha256").hex().upper() for i in ids}
    length = SHORTEST_LABEL
    while len({digest[:length] for digest in digests.values()}) < len(digests):
        length += 1
    return dict(sorted((f"S-{digest[:length]}", i) for i, digest in digests.items()))


def mapping_hash(private: Private) -> str:
    """Return the SHA-256 that ties the public record to the private one."""
    return sha256(canonical({"salt": private.salt, "ids": private.ids})).hexdigest()


def commitment_of(public: Public) -> str:
    """Return the SHA-256 of everything that is fixed when committing."""
    part = public_part(public)
    return sha256(canonical({name: part[name] for name in COMMITTED})).hexdigest()


def canonical_key(numbers: Sequence[Sequence[int]]) -> str:
    """Return the numbers as RFC 3797 (section 4) writes them: sorted inside each source, sources in their order.

    >>> canonical_key([[9319], [2, 5, 12, 8, 10]])
    '9319./2.5.8.10.12./'
    """
    return "".join("".join(f"{number}." for number in sorted(source)) + "/" for source in numbers)


def hkdf_sha256(key: bytes, salt: bytes, info: bytes, length: int = 32) -> bytes:
    """Return `length` bytes derived from `key` as RFC 5869 says, with SHA-256."""
    extracted = hmac.digest(salt, key, "sha256")
    block = output = b""
    for number in range(1, -(-length // 32) + 1):
        block = hmac.digest(extracted, block + info + bytes([number]), "sha256")
        output += block
    return output[:length]


def drawn_order(labels: Iterable[str], strata: Mapping[str, str] | None, key: str, commitment: str) -> tuple[str, ...]:
    """Return the labels in the order drawn.

    Each label gets a ticket, HKDF of the key under the commitment; the lowest comes first. With strata, the k-th of the
    n labels of a stratum, in order of ticket, stands at the exact quantile (2k − 1) / 2n, so that every stretch of the
    result from its beginning holds each stratum in proportion; equal quantiles go by ticket.
    """
    salt, prefix = bytes.fromhex(commitment), ALGORITHM.encode() + b"\x00"
    ticket = {label: hkdf_sha256(key.encode(), salt, prefix + label.encode()) for label in labels}
    plain = sorted(ticket, key=ticket.__getitem__)
    if strata is None:
        return tuple(plain)
    members: dict[str, list[str]] = defaultdict(list)
    for label in plain:
        members[strata[label]].append(label)
    quantile = {
        label: Fraction(2 * k - 1, 2 * len(stratum))
        for stratum in members.values()
        for k, label in enumerate(stratum, 1)
    }
    return tuple(sorted(plain, key=quantile.__getitem__))  # the sort is stable: equal quantiles stay in order of ticket


def result_of(public: Public) -> tuple[str, ...] | None:
    """Return the result that the numbers of a record give, ``None`` while there are none."""
    if public.reveal is None:
        return None
    return drawn_order(public.labels, public.strata, canonical_key(public.reveal.numbers), commitment_of(public))


def differences(public: Public) -> Iterator[str]:
    """Say every part of a public record that does not follow from the others."""
    if public.commitment != commitment_of(public):
        text = _("The commitment is not that of what the file holds: one of these was changed afterwards: {parts}.")
        yield text.format(parts=", ".join((*COMMITTED, "commitment")))
    if public.source_date <= public.committed.when:
        yield _("The numbers were already known on the day of the commitment (“source_date”, “committed”).")
    if public.reveal is not None:
        if public.reveal.when < public.source_date:
            yield _("The numbers are said to be known before the day they come out (“reveal”, “source_date”).")
        if not public.reveal.numbers or not all(public.reveal.numbers):
            yield _("A source has no numbers (“reveal”).")
        if public.reveal.key != canonical_key(public.reveal.numbers):
            yield _("The key is not that of the numbers: “key” or “numbers” was changed.")
    incoherent = list(_incoherent(public))
    yield from incoherent
    if not incoherent and public.result != result_of(public):
        yield _("The result is not the one that numbers, pool and commitment give (“result”).")


def _incoherent(public: Public) -> Iterator[str]:
    if list(public.labels) != sorted(set(public.labels)):
        yield _("The pool is not in order, or holds a label twice (“labels”).")
    if public.strata is not None and set(public.strata) != set(public.labels):
        yield _("The strata are not those of the labels of the pool (“strata”).")
    if public.outcomes is not None and len(public.outcomes) != len(public.labels):
        yield _("There are not as many outcomes as labels (“outcomes”).")


def private_differences(public: Public, private: Private) -> Iterator[str]:
    """Say where the private record is not the one committed to."""
    if mapping_hash(private) != public.mapping_sha256:
        yield _("The private file is not the one committed to: its salt or an id was changed (“mapping_sha256”).")
    ids = private.ids.values()
    possible = [labelled(ids, private.salt, pseudonymous=kind) for kind in (True, False)]
    if private.ids not in possible or sorted(private.ids) != sorted(public.labels):
        yield _("The labels are not those of the ids of the private file (“labels”).")
