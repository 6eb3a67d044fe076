"""Who got which seat, as the files say: whether each seat could be given at all, and whether everybody sits there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from classi.audit.admission.compare import Rankings
from classi.audit.admission.facts import Option
from classi.audit.admission.files import ADMITTED, DECIDED, OUT, REDIRECTED, STAYS, WAITS, Line, Seat
from classi.audit.admission.findings import Findings
from classi.audit.admission.offers import Offer
from classi.audit.admission.ranking import Ranker, Standing
from classi.audit.cells import same_id
from classi.i18n import _
from classi.ledger import Ledger
from classi.procedure import Round

UNPLACED = (WAITS, STAYS)


@dataclass(frozen=True)
class Outcome:
    """What became of an applicant in a round; `seat` is ``None`` where nothing was got."""

    id: str
    kind: str
    seat: Option | None = None


class Outcomes:
    """What ``graduatorie.csv`` says became of everybody in one round.

    Parameters
    ----------
    granted : the options that decisions of the head gave in this round, by applicant.
    held : applicants who hold a seat of an earlier round.

    Attributes
    ----------
    by_id : outcome of each applicant who took part.
    pending : nothing is said yet, because a draw is still to be held.
    """

    def __init__(
        self,
        ranker: Ranker,
        round_: Round,
        granted: Mapping[str, Mapping[str, Any]],
        held: Collection[str],
        found: Findings,
    ) -> None:
        self._ranker = ranker
        self._round = round_
        self._granted = {pupil: ranker.offer.decided(option) for pupil, option in granted.items()}
        self._held = held
        self._found = found
        self.by_id: dict[str, Outcome] = {}
        self.pending = False

    def read(self, lines: Sequence[Line], rankings: Rankings, drawn: Collection[str], absent: Collection[str]) -> None:
        """Read the outcomes and note what cannot be; `absent` were left out by an earlier round."""
        ranked = {s.id for ranking in rankings.values() for s in ranking if s.position is not None}
        mine: dict[str, list[Line]] = {}
        for line in lines:
            mine.setdefault(line.id, []).append(line)
        tied = any(_is_open(s, drawn) for ranking in rankings.values() for s in ranking)
        if tied and not any(line.outcome not in ("", OUT) for line in lines):
            self.pending = True
            return
        for pupil in sorted(ranked | set(self._granted)):
            if pupil not in mine:
                continue  # said already: the row is missing
            outcome = self._of(pupil, mine[pupil])
            self.by_id[pupil] = outcome
            self._found.checked["seats"] += 1
            if pupil in absent and pupil not in self._granted:
                if outcome.seat is not None:
                    self._wrong(_("Round “{round}”: {id} got a seat but was left out before."), id=pupil)
            elif not self._can_be(outcome):
                self._wrong(_("Round “{round}”: the outcome written for {id} cannot be."), id=pupil)
        self._places()

    def _of(self, pupil: str, lines: Iterable[Line]) -> Outcome:
        said = {(line.outcome, line.seat) for line in lines if line.seat} or {
            (line.outcome, "") for line in lines if line.outcome not in ("", OUT)
        }
        if len(said) > 1:
            self._wrong(_("Round “{round}”: {id} has more than one outcome."), id=pupil)
        kind, text = min(said, default=("", ""))
        if not said and any(line.outcome == OUT for line in lines):
            kind = OUT
        seat = self._ranker.offer.named(text) if text else None
        if text and seat is None:
            self._wrong(_("Round “{round}”: {id} got a seat that is none of its options."), id=pupil)
        return Outcome(pupil, kind, seat)

    def _can_be(self, outcome: Outcome) -> bool:
        wishes = self._ranker.offer.wish(self._ranker.rows[outcome.id]).options
        if outcome.id in self._granted:
            return outcome.kind in (DECIDED, ADMITTED) and outcome.seat == self._granted[outcome.id] is not None
        if outcome.kind == ADMITTED:
            return outcome.seat in wishes
        if outcome.kind == REDIRECTED:
            return self._round.unplaced == "redirect" and outcome.seat is not None and outcome.seat not in wishes
        if outcome.kind in UNPLACED and outcome.seat is None:
            usual = STAYS if self._round.unplaced == "stay" else WAITS
            return outcome.kind == usual or outcome.id in self._held
        return False

    def _places(self) -> None:
        holders = Counter(o.seat for o in self.by_id.values() if o.seat is not None)
        given = Counter(self._granted.values())
        for option, places in self._ranker.offer.places.items():
            if holders[option] > max(places, given[option]):
                self._wrong(
                    _("Round “{round}”: “{option}” has {places} places, and {number} got one."),
                    option=self._ranker.offer.say(option),
                    places=places,
                    number=holders[option],
                )

    def left_out(self, absent: Collection[str]) -> set[str]:
        """Return who waits and holds no seat of any round."""
        return {o.id for o in self.by_id.values() if o.kind == WAITS and o.id not in self._held} - set(absent)

    def _wrong(self, sentence: str, **fields: Any) -> None:
        self._found.wrong(sentence, round=self._round.name, **fields)


def _is_open(standing: Standing, drawn: Collection[str]) -> bool:
    return bool(standing.tied) and not all(pupil in drawn for pupil in (standing.id, *standing.tied))


# --- who sits where ---


def seated(seats: Sequence[Seat], ledger: Ledger, found: Findings) -> dict[str, str]:
    """Return the class of everybody in ``assegnazioni.csv``, and note what names nobody or no class."""
    spelled = {same_id(row["id"]): row["id"] for row in ledger.classes}
    known = {row["id"] for row in ledger.pupils}
    placed: dict[str, str] = {}
    for seat in seats:
        if seat.id not in known:
            found.wrong(_("Row {row} of assegnazioni.csv names nobody of the case."), row=seat.row)
        elif same_id(seat.class_id) not in spelled:
            found.wrong(_("Row {row} of assegnazioni.csv names no class of the case."), row=seat.row)
        elif seat.id in placed:
            found.wrong(_("Row {row} of assegnazioni.csv is there twice."), row=seat.row)
        else:
            placed[seat.id] = spelled[same_id(seat.class_id)]
    return placed


def check_round_seats(offer: Offer, outcomes: Outcomes, placed: Mapping[str, str], found: Findings) -> None:
    """Check that whoever got a seat in a round sits in a class that has it, and nobody else where the round closes."""
    for outcome in outcomes.by_id.values():
        here = placed.get(outcome.id)
        if outcome.seat is not None and here is not None and here not in offer.classes[outcome.seat]:
            sentence = _("Round “{round}”: {id} got “{option}” but sits in class {where}, which is not that.")
            option = offer.say(outcome.seat)
            found.wrong(sentence, round=offer.round.name, id=outcome.id, option=option, where=here)
    if offer.round.closes and not outcomes.pending:
        holders = {o.id for o in outcomes.by_id.values() if o.seat is not None}
        for pupil, where in placed.items():
            if where in offer.opened and pupil not in holders:
                sentence = _("Round “{round}”: {id} sits in class {where} without a seat of this round.")
                found.wrong(sentence, round=offer.round.name, id=pupil, where=where)


def check_admitted(standing: Admitted, placed: Mapping[str, str], found: Findings) -> None:
    """Check that whoever is in has a class, and whoever is not has none."""
    for pupil in sorted((standing.held | standing.stayed) - set(placed) - standing.pending):
        found.wrong(_("{id} is admitted but has no class."), id=pupil)
    for pupil in sorted((standing.left_out | standing.refused) - standing.held - standing.stayed):
        if pupil in placed:
            found.wrong(_("{id} is not admitted but has a class."), id=pupil)


@dataclass
class Admitted:
    """Who is in, as the rounds go by: who holds a seat, was left out, stayed without, was refused, awaits a draw."""

    held: set[str] = field(default_factory=set)
    left_out: set[str] = field(default_factory=set)
    stayed: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    pending: set[str] = field(default_factory=set)

    def after(self, outcomes: Outcomes, rankings: Rankings) -> None:
        """Take in what a round did."""
        everybody = {s.id: s for ranking in rankings.values() for s in ranking}
        ranked = {s.id for ranking in rankings.values() for s in ranking if s.position is not None}
        self.refused |= set(everybody) - ranked
        if outcomes.pending:
            self.pending |= ranked
        self.left_out |= outcomes.left_out(self.left_out)
        self.held |= {o.id for o in outcomes.by_id.values() if o.seat is not None}
        stayed = {o.id for o in outcomes.by_id.values() if o.seat is None}
        self.stayed = (self.stayed | stayed) - self.left_out
