"""Pupils who are to be in different classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from classi.criteria.base import Conditions, Criterion, YesNo
from classi.domain import Count, School, text_key
from classi.i18n import _
from classi.ledger import Ledger
from classi.terms import Pair, Shape


class Apart(Criterion):
    """Pupils tied as ``separati``, twins and siblings are in different classes, unless their families ask otherwise.

    The ties are rows of the table ``legami``. It makes no difference which of the two pupils comes first. A pair
    written twice counts once, with the larger ``peso``.

    Fields
    ------
    ties : the kinds of tie that keep apart, among ``separati``, ``gemelli``, ``fratelli`` (default: all three).
    sources : only ties with one of these ``fonte`` (teachers, family, specialists…); default all.
    unless_asked : a tie of twins or siblings is void if the same two pupils have an ``insieme`` tie (default true).
        What the teachers keep apart (``separati``) is never void.
    binding_only : only ties marked ``vincolante`` (default false).
    classes : not for this rule, which is about pairs.

    Cost: the ``peso`` of each pair that is in the same class.

    Source: S003, art. 14 ("separazione di fratelli qualora si ritenga opportuno dividerli … tenendo conto di eventuali
    richieste delle famiglie o dei servizi/specialisti"); S001, secondaria, points 6 and 7 (specialists' and teachers'
    indications).

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "apart"
        ties = ["separati"]
        hard = true
    """

    rule: Literal["apart"] = "apart"
    ties: list[Literal["separati", "gemelli", "fratelli"]] = Field(["separati", "gemelli", "fratelli"], min_length=1)
    sources: Annotated[list[str], Field(min_length=1)] | None = None
    unless_asked: YesNo = True
    binding_only: YesNo = False
    classes: Conditions = Field({}, max_length=0)

    def terms(self, school: School) -> Iterator[Shape]:
        """Yield one pair to keep apart for every two pupils tied."""
        sources = None if self.sources is None else {text_key(source) for source in self.sources}
        asked = {frozenset((tie.first, tie.second)) for tie in school.ties if tie.kind == "insieme"}
        weights: dict[tuple[int, int], int] = {}
        for tie in school.ties:
            pair = min(tie.first, tie.second), max(tie.first, tie.second)
            if tie.kind not in self.ties or (self.binding_only and not tie.binding):
                continue
            if sources is not None and text_key(tie.source) not in sources:
                continue
            if self.unless_asked and tie.kind != "separati" and frozenset(pair) in asked:
                continue
            weights[pair] = max(weights.get(pair, 0), tie.weight)
        for (first, second), weight in weights.items():
            if weight:
                yield Pair(first, second, together=False, times=weight)

    def audit(self, ledger: Ledger) -> Iterator[Count]:
        """Look where both pupils of each pair are."""
        wanted: dict[str, object] = {"tipo": self.ties}
        if self.sources is not None:
            wanted["fonte"] = self.sources
        if self.binding_only:
            wanted["vincolante"] = True
        rows = ledger.select(ledger.ties, wanted)
        if self.unless_asked:
            asked = {frozenset((row["da"], row["a"])) for row in ledger.select(ledger.ties, {"tipo": "insieme"})}
            rows = [row for row in rows if row["tipo"] == "separati" or {row["da"], row["a"]} not in asked]
        heaviest: dict[frozenset[str], tuple[int, str, str]] = {}
        for row in rows:
            found = row["peso"], row["da"], row["a"]
            kept = heaviest.setdefault(frozenset(found[1:]), found)
            if found[0] > kept[0]:
                heaviest[frozenset(found[1:])] = found
        for weight, one, other in heaviest.values():
            seats = ledger.class_of(one), ledger.class_of(other)
            same = seats[0] == seats[1] != ""
            where = ", ".join(seat for seat in dict.fromkeys(seats) if seat)
            yield Count(weight if same else 0, where, f"{one} – {other}", int(same), None, 0, (one, other))

    def explain(self, count: Count) -> str:
        """Say which two pupils are together."""
        one, other = count.pupils
        return _("Pupils {one} and {other} are both in class {where}, but are to be kept apart.").format(
            one=one, other=other, where=count.where
        )

    def title(self) -> str:
        """Return the heading."""
        return _("Kept apart: {kinds}").format(kinds=", ".join(self.ties))
