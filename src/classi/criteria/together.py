"""Pupils who are to be in the same class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from classi.criteria.base import Conditions, Criterion, YesNo
from classi.domain import Count, School, text_key
from classi.i18n import _
from classi.ledger import Ledger
from classi.terms import Pair, Shape


class Together(Criterion):
    """Pupils tied as ``insieme`` are in the same class.

    The ties are rows of the table ``legami``. A small group stays together when each two of its pupils are tied. A pair
    written twice counts once, with the larger ``peso``.

    Fields
    ------
    ties : the kinds of tie that keep together, among ``insieme``, ``gemelli``, ``fratelli``, ``preferisce`` (default:
        ``insieme`` alone).
    sources : only ties with one of these ``fonte`` (teachers, family, specialists…); default all.
    binding_only : only ties marked ``vincolante`` (default false).
    classes : not for this rule, which is about pairs.

    Cost: the ``peso`` of each pair that is in different classes.

    Source: S003, art. 14 ("eventuali richieste particolari delle famiglie"); S001, primaria, points 3–5 (indications of
    the schools of origin, of psychologists and educators; wishes of the families).

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "together"
        sources = ["specialisti"]
        hard = true
    """

    rule: Literal["together"] = "together"
    ties: list[Literal["insieme", "gemelli", "fratelli", "preferisce"]] = Field(["insieme"], min_length=1)
    sources: Annotated[list[str], Field(min_length=1)] | None = None
    binding_only: YesNo = False
    classes: Conditions = Field({}, max_length=0)

    def terms(self, school: School) -> Iterator[Shape]:
        """Yield one pair to keep together for every two pupils tied."""
        sources = None if self.sources is None else {text_key(source) for source in self.sources}
        weights: dict[tuple[int, int], int] = {}
        for tie in school.ties:
            named = sources is None or text_key(tie.source) in sources
            if tie.kind in self.ties and named and (tie.binding or not self.binding_only):
                pair = min(tie.first, tie.second), max(tie.first, tie.second)
                weights[pair] = max(weights.get(pair, 0), tie.weight)
        for (first, second), weight in weights.items():
            if weight:
                yield Pair(first, second, together=True, times=weight)

    def audit(self, ledger: Ledger) -> Iterator[Count]:
        """Look where both pupils of each pair are."""
        wanted: dict[str, object] = {"tipo": self.ties}
        if self.sources is not None:
            wanted["fonte"] = self.sources
        if self.binding_only:
            wanted["vincolante"] = True
        # The heaviest come last, so that of a pair written twice the larger weight stays.
        rows = sorted(ledger.select(ledger.ties, wanted), key=lambda row: int(row["peso"]))
        for pupils, weight in {tuple(sorted((row["da"], row["a"]))): row["peso"] for row in rows}.items():
            seats = [ledger.class_of(pupil) for pupil in pupils]
            same = seats[0] == seats[1] != ""
            where = ", ".join(seat for seat in dict.fromkeys(seats) if seat)
            yield Count(0 if same else weight, where, " – ".join(pupils), int(same), 1, None, pupils)

    def explain(self, count: Count) -> str:
        """Say which two pupils are apart."""
        one, other = count.pupils
        return _("Pupils {one} and {other} are to be together, but are in different classes ({where}).").format(
            one=one, other=other, where=count.where
        )

    def title(self) -> str:
        """Return the heading."""
        return _("Kept together: {kinds}").format(kinds=", ".join(self.ties))
