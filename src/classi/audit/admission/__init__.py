"""The auditor's own count of admissions: the rankings, the seats, and that nobody was passed over.

Everything is read from the files and counted from plain rows; nothing is shared with what made the rankings or gave the
seats. The manual page is ``docs/admissions.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classi.audit.admission.compare import Comparison
from classi.audit.admission.files import Written, read_written
from classi.audit.admission.findings import Decisions, Findings, decided
from classi.audit.admission.offers import Offer
from classi.audit.admission.proof import open_classes, single
from classi.audit.admission.ranking import Ranker, Standing, standings
from classi.audit.admission.room import Cell, Room, Tally
from classi.audit.admission.seats import Admitted, Outcomes, check_admitted, check_round_seats, seated
from classi.audit.admission.waiting import WaitingList
from classi.audit.admission.walk import Ground, Walk
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.ledger import Ledger
from classi.procedure import Procedure, Round
from classi.regulation import Regulation

__all__ = ["AdmissionAudit", "Standing", "audit_admission", "standings"]


@dataclass(frozen=True)
class AdmissionAudit:
    """What the auditor found about admissions.

    Attributes
    ----------
    differences : what is wrong, as sentences; empty when the files are what the procedure gives.
    checked : how much was looked at: ``rows`` of the rankings, ``seats``, ``waiting`` applicants, ``refusals`` (an
        applicant and an option preferred to what was got), and how many of these were ``shown`` to be impossible.
    unshown : round, applicant and option of the refusals that arithmetic alone does not show; only another search can.
    shown_by : how many refusals each rule shows, by its heading.
    kept : round, step and number of applicants for each `precedence` step who were passed over nowhere.
    seats : everybody with a class, each with the classes that the seats written leave open.
    """

    differences: tuple[str, ...]
    checked: Mapping[str, int]
    unshown: tuple[tuple[str, str, str], ...]
    shown_by: Mapping[str, int]
    kept: tuple[tuple[str, str, int], ...]
    seats: Mapping[str, frozenset[str]]

    def lines(self) -> tuple[str, ...]:
        """Say what was found, the differences first."""
        count = self.checked.get
        said = list(self.differences)
        said.append(
            _(
                "Counted again: {rows} rows of the rankings, {seats} outcomes, {waiting} places of the waiting lists."
            ).format(rows=count("rows", 0), seats=count("seats", 0), waiting=count("waiting", 0))
        )
        if self.differences:
            text = _("Refusals: {number}; shown to be due by counting: {shown}; left to a search: {unshown}.")
        else:
            text = _("Nobody passed over; refusals: {number}, shown by counting: {shown}, left to a search: {unshown}.")
        said.append(
            text.format(number=count("refusals", 0), shown=count("shown", 0), unshown=len(self.unshown)),
        )
        for round_, step, number in self.kept:
            said.append(
                _("Round “{round}”, precedence “{step}”: {number} kept.").format(round=round_, step=step, number=number)
            )
        return tuple(said)


def audit_admission(
    ledger: Ledger,
    regulation: Regulation,
    folder: Path,
    decisions: Sequence[Mapping[str, Any]] = (),
    drawn_by_round: Mapping[str, Mapping[str, int]] | None = None,
) -> AdmissionAudit:
    """Count the rankings and the seats of a case again, and compare them with the files written.

    Parameters
    ----------
    ledger : the case; its own places are not looked at.
    regulation : with its procedure, and with the rules that the tables make binding (`with_implicit_rows`).
    folder : holds ``graduatorie.csv``, ``lista_attesa.csv``, ``rifiuti.csv`` and ``assegnazioni.csv``.
    decisions : the entries of ``decisioni.jsonl``, in order.
    drawn_by_round : position of each applicant in the public draw of each round.

    Raises
    ------
    InputError
        If the regulation has no procedure, or a file is missing or cannot be read.
    """
    procedure: Any = regulation.admission
    if not isinstance(procedure, Procedure):
        raise InputError([Problem(_("The regulation has no admission procedure."), regulation.file)])
    written = read_written(folder)
    audit = _Audit(ledger, regulation, procedure, written, decided(decisions))
    for round_ in procedure.rounds:
        audit.round(round_, (drawn_by_round or {}).get(round_.name, {}))
    return audit.finished()


class _Audit:
    """The rounds one after the other: what each leaves to the next."""

    def __init__(
        self, ledger: Ledger, regulation: Regulation, procedure: Procedure, written: Written, decisions: Decisions
    ) -> None:
        self._ledger = ledger
        self._regulation = regulation
        self._procedure = procedure
        self._written = written
        self._decisions = decisions
        self._found = Findings()
        self._admitted = Admitted()
        room = Room(ledger, regulation.criteria)
        self._placed = seated(written.seats, ledger, self._found)
        ends = Tally(room.groups_of)
        for pupil, class_id in self._placed.items():
            ends.put(pupil, frozenset({class_id}))
        self._ground = Ground(room, ends, single(room, ledger))
        self._open = open_classes(room, ledger)
        self._seats = dict.fromkeys(self._open, room.everywhere)
        self._reserved = dict(self._granted())
        self._open |= self._reserved
        self._admitted.held |= set(self._reserved)
        names = {round_.name for round_ in procedure.rounds}
        files = (
            ("graduatorie.csv", written.ranking),
            ("lista_attesa.csv", written.waiting),
            ("rifiuti.csv", written.refusals),
        )
        for file, rows in files:
            for line in rows:
                if line.round not in names:
                    self._found.wrong(_("Row {row} of {file} is about no round."), row=line.row, file=file)

    def _granted(self) -> Iterator[tuple[str, Cell]]:
        """Yield the classes of the seats granted by decision, of whatever round: they are kept from the beginning."""
        for round_ in self._procedure.rounds:
            offer = Offer(self._ledger, round_)
            for (name, pupil), values in self._decisions.seats.items():
                option = offer.decided(values) if name == round_.name else None
                if option is not None and pupil in self._open:
                    yield pupil, offer.classes[option] & self._open[pupil]

    def round(self, round_: Round, drawn: Mapping[str, int]) -> None:
        """Check one round."""
        given, found = self._decisions, self._found
        absent = frozenset(self._admitted.left_out)
        ranker = Ranker(self._ledger, self._procedure, round_, given.points, given.excluded)
        lines = [line for line in self._written.ranking if line.round == round_.name]
        rankings = Comparison(ranker, round_, round_.name in given.definitive, absent, found).rankings(lines, drawn)
        granted = {pupil: option for (name, pupil), option in given.seats.items() if name == round_.name}
        outcomes = Outcomes(ranker, round_, granted, frozenset(self._admitted.held), found)
        outcomes.read([line for line in lines if line.id in ranker.rows], rankings, drawn, absent)
        if not outcomes.pending:
            base = {pupil: cell for pupil, cell in self._reserved.items() if pupil not in absent}
            base |= {pupil: self._open[pupil] for pupil in self._admitted.held if pupil not in absent}
            refusals = [line for line in self._written.refusals if line.round == round_.name]
            Walk(self._ground, ranker, round_, base, self._open, found).run(rankings, outcomes, refusals, absent)
            waiting = [line for line in self._written.waiting if line.round == round_.name]
            WaitingList(ranker, round_, rankings, found).check(waiting, outcomes, absent)
        check_round_seats(ranker.offer, outcomes, self._placed, found)
        self._admitted.after(outcomes, rankings)
        self._narrow(ranker.offer, outcomes)

    def _narrow(self, offer: Offer, outcomes: Outcomes) -> None:
        """Leave to each holder the classes of the seat, and to the others those that the round did not close."""
        met: dict[tuple[Cell, Cell], Cell] = {}
        for pupil, classes in self._open.items():
            outcome = outcomes.by_id.get(pupil)
            if outcome is not None and outcome.seat is not None:
                kept = offer.classes[outcome.seat]
            elif offer.round.closes and not outcomes.pending:
                kept = self._ground.room.everywhere - offer.opened
            else:
                continue
            if (classes, kept) not in met:
                met[classes, kept] = classes & kept
            self._open[pupil] = met[classes, kept]
            self._seats[pupil] &= kept

    def finished(self) -> AdmissionAudit:
        """Check who is in, and return what was found."""
        found = self._found
        check_admitted(self._admitted, self._placed, found)
        shown: dict[str, int] = {}
        for rules, number in found.shown_by.items():
            label = "; ".join(self._regulation.label(k - 1) for k in rules)
            shown[label] = shown.get(label, 0) + number
        return AdmissionAudit(
            tuple(dict.fromkeys(found.differences)),
            dict(found.checked),
            tuple(sorted(set(found.unshown))),
            shown,
            tuple(found.kept),
            {pupil: self._seats[pupil] for pupil in self._placed},
        )
