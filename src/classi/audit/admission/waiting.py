"""``lista_attesa.csv`` against those who wait, in the order of the source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from classi.audit.admission.compare import Rankings
from classi.audit.admission.facts import Option
from classi.audit.admission.files import WAITS, Waiting
from classi.audit.admission.findings import Findings
from classi.audit.admission.ranking import Ranker
from classi.audit.admission.seats import Outcomes
from classi.i18n import _
from classi.procedure import Round

Place = tuple[tuple[Any, ...], Option | None, int]
"""What the waiting steps compare; the ranking that ends them, and the position in it."""


class WaitingList:
    """The waiting list of one round.

    Notes
    -----
    Where each option has a ranking of its own, two who are equal in the waiting steps are compared by the ranking of
    the option they both ask for first; positions in different rankings are not compared.
    """

    def __init__(self, ranker: Ranker, round_: Round, rankings: Rankings, found: Findings) -> None:
        self._ranker = ranker
        self._round = round_
        self._found = found
        self._standings = {
            option: {standing.id: standing for standing in ranking if standing.position is not None}
            for option, ranking in rankings.items()
        }

    def check(self, written: Sequence[Waiting], outcomes: Outcomes, absent: Collection[str]) -> None:
        """Note who is missing, who should not be there, and where the order is not the one of the source."""
        ids = [line.id for line in written]
        due = {outcome.id for outcome in outcomes.by_id.values() if outcome.kind == WAITS}
        wrong = {
            _("Round “{round}”: {id} is missing from the waiting list."): due - set(ids) - set(absent),
            _("Round “{round}”: {id} is in the waiting list but does not wait."): set(ids) - due,
            _("Round “{round}”: {id} is in the waiting list twice."): {p for p, n in Counter(ids).items() if n > 1},
        }
        for sentence, pupils in wrong.items():
            for pupil in sorted(pupils):
                self._wrong(sentence, pupil)
        if not any(wrong.values()):
            self._order(written)

    def _order(self, written: Sequence[Waiting]) -> None:
        places = [(line, self._place(line.id)) for line in written]
        last: dict[Any, int] = {}
        position = 0
        before: Place | None = None
        for k, (line, place) in enumerate(places, 1):
            steps, option, rank = place
            position = position if place == before else k
            if line.position not in (position, k):
                self._wrong(_("Round “{round}”: the position of {id} in the waiting list is wrong."), line.id)
            if (before and steps < before[0]) or rank < last.get((steps, option), rank):
                self._wrong(_("Round “{round}”: the waiting list is out of order at {id}."), line.id)
            last[steps, option] = rank
            before = place
            self._found.checked["waiting"] += 1

    def _place(self, pupil: str) -> Place:
        row = self._ranker.rows[pupil]
        wish = self._ranker.offer.wish(row)
        option = (wish.first or next(iter(wish.options), None)) if self._round.ranking == "each" else None
        standing = self._standings.get(option, {}).get(pupil)
        keys = []
        for step in self._round.waiting:
            if step.by in ("ranking", "draw"):
                break
            keys.append(self._ranker.step_key(step, row, option, standing.points if standing else 0))
        return tuple(keys), option, (standing.position or 0) if standing else 0

    def _wrong(self, sentence: str, pupil: str) -> None:
        self._found.wrong(sentence, round=self._round.name, id=pupil)
