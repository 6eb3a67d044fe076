"""Nobody passed over: every option preferred to what was got must have been impossible, and is shown to have been."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from classi.audit.admission.compare import Rankings
from classi.audit.admission.facts import Option, as_fraction, column_for
from classi.audit.admission.files import ADMITTED, DECIDED, FULL, REDIRECTED, RULE, WAITS, Refusal
from classi.audit.admission.findings import Findings
from classi.audit.admission.offers import Wish
from classi.audit.admission.proof import Shown, could_replace, could_sit, no_room
from classi.audit.admission.ranking import Ranker, Standing
from classi.audit.admission.room import Cell, Room, Tally
from classi.audit.admission.seats import Outcome, Outcomes
from classi.i18n import _
from classi.procedure import Round


@dataclass(frozen=True)
class Ground:
    """What the walks of all rounds stand on.

    Attributes
    ----------
    room : the hard rules that set numbers.
    seated : where everybody sits in the end.
    single : those about whom no rule says more than is counted.
    """

    room: Room
    seated: Tally
    single: frozenset[str]


class Walk:
    """One round, walked in the order of its ranking.

    Parameters
    ----------
    base : the classes in which holders of earlier seats must sit.
    open_ : the classes that earlier rounds and the rules leave to each pupil.
    refusals : rows of ``rifiuti.csv`` of this round.
    """

    def __init__(
        self,
        ground: Ground,
        ranker: Ranker,
        round_: Round,
        base: Mapping[str, Cell],
        open_: Mapping[str, Cell],
        found: Findings,
    ) -> None:
        self._room = ground.room
        self._ground = ground
        self._ranker = ranker
        self._offer = ranker.offer
        self._round = round_
        self._open = open_
        self._found = found
        self._base = dict(base)
        self._tally = Tally(ground.room.groups_of)
        self._holders: Counter[Option] = Counter()
        self._ends: Counter[Option] = Counter()
        self._ending: dict[Option, list[str]] = {}
        self._fixed: set[str] = set()
        self._targets: dict[tuple[Cell, Option], Cell] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._refusals: dict[tuple[str, Option], Refusal] = {}
        self.passed_over: set[str] = set()

    def run(self, rankings: Rankings, outcomes: Outcomes, refusals: Sequence[Refusal], absent: Iterable[str]) -> None:
        """Walk the round; `absent` were left out by an earlier round and prefer nothing any more."""
        self._outcomes = {p: o for p, o in outcomes.by_id.items() if o.seat is not None or p not in set(absent)}
        for outcome in self._outcomes.values():
            if outcome.seat is not None:
                self._ends[outcome.seat] += 1
                self._ending.setdefault(outcome.seat, []).append(outcome.id)
        self._read(refusals)
        for outcome in self._outcomes.values():
            if outcome.kind == DECIDED and outcome.seat is not None:
                self._base[outcome.id] = self._cell(outcome.id, outcome.seat)
                self._holders[outcome.seat] += 1
                self._fixed.add(outcome.id)
        for pupil, cell in self._base.items():
            self._tally.put(pupil, cell)
        if self._round.ranking == "each":
            self._each(rankings)
        else:
            self._scan(rankings[None], None)
        self._rest(rankings)
        self._count_precedences(rankings)

    # --- the scan ---

    def _scan(self, ranking: Iterable[Standing], option: Option | None) -> None:
        """Walk one ranking: who shares a position is above nobody of that position."""
        ranked = (s for s in ranking if s.position is not None and s.id in self._outcomes)
        for _position, group in groupby(ranked, key=lambda standing: standing.position):
            level = [self._outcomes[standing.id] for standing in group]
            for outcome in level:
                wish, preferred = self._preferred(outcome)
                for wanted in preferred:
                    if option in (None, wanted):
                        self._test(outcome, wanted, wish)
            for outcome in level:
                if outcome.kind == ADMITTED and outcome.seat is not None and option in (None, outcome.seat):
                    self._seat(outcome.id, outcome.seat)

    def _each(self, rankings: Rankings) -> None:
        """Walk the ranking of each option, all holders of the other options seated."""
        holders: dict[Option, list[str]] = {}
        for outcome in self._outcomes.values():
            if outcome.kind == ADMITTED and outcome.seat is not None:
                holders.setdefault(outcome.seat, []).append(outcome.id)
                self._seat(outcome.id, outcome.seat)
        for option in self._offer.options:
            for pupil in holders.get(option, ()):
                self._unseat(pupil, option)
            self._scan(rankings[option], option)
            for pupil in set(holders.get(option, ())) - self._ranked(rankings[option]):
                self._seat(pupil, option)

    def _ranked(self, ranking: Iterable[Standing]) -> set[str]:
        return {s.id for s in ranking if s.position is not None}

    def _preferred(self, outcome: Outcome) -> tuple[Wish, Sequence[Option]]:
        wish = self._offer.wish(self._ranker.rows[outcome.id])
        if outcome.kind == DECIDED:
            return wish, ()
        got = outcome.kind == ADMITTED and outcome.seat in wish.options
        return wish, wish.options[: wish.options.index(outcome.seat)] if got and outcome.seat else wish.options

    # --- after the scan ---

    def _rest(self, rankings: Rankings) -> None:
        """Walk those to whom the round gave what they had not asked for, or nothing at all."""
        if self._round.unplaced != "redirect":
            return
        one = rankings.get(None)
        order = [s.id for s in one if s.position is not None] if one is not None else sorted(self._outcomes)
        late = [
            self._outcomes[p] for p in order if p in self._outcomes and self._outcomes[p].kind in (REDIRECTED, WAITS)
        ]
        if one is None:  # there is no order between rankings: each is judged after all the others
            self._seat_all(late)
        for outcome in late:
            wish, _all = self._preferred(outcome)
            for option in self._redirections(outcome):
                if option not in wish.options:
                    self._test(outcome, option, None)
            if one is not None:
                self._seat_all([outcome])

    def _seat_all(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            if outcome.seat is not None:
                self._seat(outcome.id, outcome.seat)

    def _redirections(self, outcome: Outcome) -> list[Option]:
        """Return the options that came before the one got, in the order of redirection."""
        row, options = self._ranker.rows[outcome.id], list(self._offer.options)
        if self._round.redirect_by:
            columns = {o: column_for(self._round.redirect_by, dict(o)) or "" for o in options}
            far = {o: as_fraction(self._ranker.facts.cell(row, columns[o])) for o in options}
            options.sort(key=lambda option: (far[option] is None, far[option] or 0))
        return options if outcome.seat is None else options[: options.index(outcome.seat)]

    # --- one applicant and one option ---

    def _test(self, outcome: Outcome, option: Option, wish: Wish | None) -> None:
        """Show that the option was impossible, or say what there is to say; without `wish` it was not asked for."""
        self._found.checked["refusals"] += 1
        refusal = self._refusals.pop((outcome.id, option), None)
        shown = self._shown(outcome, option)
        if shown is not None:
            self._found.checked["shown"] += 1
            self._found.shown_by[shown.rules] += 1
            if wish is not None and wish.whole and refusal is None:
                self._wrong(
                    _("Round “{round}”: rifiuti.csv does not say why {id} did not get “{option}”."), outcome, option
                )
            return
        if self._was_possible(outcome, option):
            return
        if wish is not None and (refusal is None or refusal.why == FULL):
            text = _("Round “{round}”: {id} was passed over for “{option}”, which was not full.")
            self._wrong(text, outcome, option)
            return
        self._found.unshown.append((self._round.name, outcome.id, self._offer.say(option)))

    def _was_possible(self, outcome: Outcome, option: Option) -> bool:
        """Say so where the applicant could simply sit down there, or take the place of somebody who comes later."""
        if outcome.id not in self._ground.single:
            return False
        target, seated = self._target(outcome.id, option), self._ground.seated
        free = self._ends[option] < self._offer.places.get(option, self._ends[option] + 1)
        for class_id in sorted(target) if free else ():
            if could_sit(self._room, seated, outcome.id, class_id):
                text = _("Round “{round}”: {id} was passed over for “{option}”: there is room in class {where}.")
                self._wrong(text, outcome, option, where=class_id)
                return True
        for other in self._later(option, target):
            elsewhere = {self._elsewhere(outcome.id, other), self._open[other]}
            if any(could_replace(self._room, seated, outcome.id, other, cell) for cell in elsewhere):
                text = _("Round “{round}”: {id} was passed over for “{option}”: {other}, who comes later, sits there.")
                self._wrong(text, outcome, option, other=other)
                return True
        return False

    def _later(self, option: Option, target: Cell) -> Iterator[str]:
        """Yield who sits in the option and comes after the applicant at hand; of those alike to every rule only one."""
        alike = set()
        for pupil in self._ending.get(option, ()):
            cell = self._ground.seated.cells.get(pupil)
            kind = cell, self._room.groups_of.get(pupil), self._open[pupil], pupil in self._base
            if cell is not None and cell <= target and pupil in self._ground.single and pupil not in self._fixed:
                if kind not in alike:
                    yield pupil
                alike.add(kind)

    def _elsewhere(self, pupil: str, other: str) -> Cell | None:
        """Return where the other must sit instead; ``None`` for who may be left out like the applicant."""
        seatless = pupil not in self._ground.seated.cells
        leaves = self._round.unplaced == "waiting" or (self._round.unplaced == "redirect" and seatless)
        return None if leaves and other not in self._base else self._open[other]

    def _shown(self, outcome: Outcome, option: Option) -> Shown | None:
        """Count with everybody who is seated now and the applicant, taken out of any other seat."""
        mine = self._tally.cells.get(outcome.id)
        places = self._offer.places.get(option)
        if places is not None and self._holders[option] + 1 > places:
            return Shown(FULL)
        target = self._target(outcome.id, option)
        if not target:
            return Shown(RULE)
        if mine is not None:
            self._tally.put(outcome.id, None)
        wider = (self._offer.classes[option], self._open[outcome.id], self._room.everywhere)
        shown = no_room(self._room, self._tally, outcome.id, target, wider)
        if mine is not None:
            self._tally.put(outcome.id, mine)
        return shown

    def _target(self, pupil: str, option: Option) -> Cell:
        key = self._open[pupil], option
        if key not in self._targets:
            self._targets[key] = self._open[pupil] & self._offer.classes[option]
        return self._targets[key]

    def _cell(self, pupil: str, option: Option) -> Cell:
        # A seat that earlier seats exclude is said elsewhere; here its holder sits where the seat is.
        return self._target(pupil, option) or self._offer.classes[option]

    def _seat(self, pupil: str, option: Option) -> None:
        self._tally.put(pupil, self._cell(pupil, option))
        self._holders[option] += 1
        self._fixed.add(pupil)

    def _unseat(self, pupil: str, option: Option) -> None:
        self._tally.put(pupil, self._base.get(pupil))
        self._holders[option] -= 1
        self._fixed.discard(pupil)

    # --- what rifiuti.csv says, and the precedences ---

    def _read(self, refusals: Sequence[Refusal]) -> None:
        hard = {k for k, _criterion in self._room.hard}
        for line in refusals:
            option, outcome = self._offer.named(line.option), self._outcomes.get(line.id)
            if option is None or outcome is None or option not in self._preferred(outcome)[1]:
                self._row(_("Row {row} of rifiuti.csv is about nothing that was refused."), line)
            elif (line.id, option) in self._refusals:
                self._row(_("Row {row} of rifiuti.csv is there twice."), line)
            else:
                self._refusals[line.id, option] = line
            # Without a rule: earlier seats leave this applicant no class of the option.
            closed = option is not None and outcome is not None and not self._target(line.id, option)
            if (line.why == RULE and not line.rules and not closed) or not set(line.rules) <= hard:
                self._row(_("Row {row} of rifiuti.csv names no hard rule."), line)

    def _row(self, sentence: str, line: Refusal) -> None:
        self._found.wrong(sentence, row=line.row)

    def _count_precedences(self, rankings: Rankings) -> None:
        for step in self._round.steps:
            if step.by == "precedence":
                mine = {s.id for ranking in rankings.values() for s in ranking if step.name in s.precedences}
                self._found.kept.append((self._round.name, step.name, len(mine - self.passed_over)))

    def _wrong(self, sentence: str, outcome: Outcome, option: Option, **fields: Any) -> None:
        self.passed_over.add(outcome.id)
        text = self._offer.say(option)
        self._found.wrong(sentence, round=self._round.name, id=outcome.id, option=text, **fields)
