"""From a case to its seats: decisions and draws read from the files, rooms asked of the solver, who is in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classi.admissions.admit import Admission, Decisions, admit, rank_all, room_terms
from classi.admissions.facts import Facts
from classi.admissions.ranking import Given, Ranking
from classi.admissions.seats import Market, Room
from classi.case import Case
from classi.domain import Value, text_key
from classi.draw import draw_name, positions, read_draw
from classi.errors import InputError, Problem
from classi.formation.engine import Clock
from classi.formation.rooms import FormationRoom, SizesOnly, sizes_only
from classi.i18n import _
from classi.journal import Entry, Journal, read_journal
from classi.procedure import Procedure, Round
from classi.rule_errors import nearest
from classi.seat_files import write_seats
from classi.terms import Term

DRAWS = "sorteggi"
PLACES = -1
"""Stands for the places of a round where others have the position of a rule."""
LETTERS = "sezioni"
"""Name of the draw of section letters."""


def case_folder(case: Case) -> Path | None:
    """Return the folder a case was read from; ``None`` for one that was built in memory."""
    if not isinstance(case.source, Path):
        return None
    return case.source if case.source.is_dir() else case.source.parent


def draw_folder(case: Case) -> Path:
    """Return where the public draws of a case are kept.

    Raises
    ------
    InputError
        For a case that was not read from files.
    """
    folder = case_folder(case)
    if folder is None:
        raise InputError([Problem(_("Only a case read from files keeps its draws."))])
    return folder / DRAWS


def pool_of(case: Case, one: Round) -> tuple[list[str], dict[str, str] | None]:
    """Return who must be drawn in a round, and for a draw in proportion the stratum of each.

    Raises
    ------
    InputError
        If nobody is tied.
    """
    assert case.regulation.admission is not None
    found = rankings(case)[one.name]
    tied = sorted({p for ranking in found for group in ranking.ties for p in group})
    if not tied:
        raise InputError([Problem(_("In this round nobody is tied: there is nothing to draw."), value=one.name)])
    pupils = case.school.pupils
    strata = next((step.strata for step in one.steps if step.by == "draw" and step.strata), "")
    if not strata:
        return [pupils[p].id for p in tied], None
    # The public file says who is in one stratum with whom, never of what: the strata are only numbered. Each tie has
    # its own, because the draw must be in proportion inside each.
    tie_of = {p: n for ranking in found for n, group in enumerate(ranking.ties) for p in group}
    values = {p: f"{tie_of[p]:06} {_stratum(pupils[p][strata])}" for p in tied}
    numbers = {value: str(n) for n, value in enumerate(sorted(set(values.values())), 1)}
    return [pupils[p].id for p in tied], {pupils[p].id: numbers[values[p]] for p in tied}


def _stratum(value: Value) -> str:
    return "" if value is None else text_key(value)


def read_decisions(case: Case) -> Decisions:
    """Read what was decided by people (``decisioni.jsonl``) and by lot (``sorteggi/``).

    Raises
    ------
    InputError
        If a file was changed, or names somebody who is not in the case.
    """
    folder = case_folder(case)
    if folder is None or case.regulation.admission is None:
        return Decisions()
    journal = read_journal(folder)
    problems = list(_misnamed(case, case.regulation.admission, journal))
    if problems:
        raise InputError(problems)
    points: dict[str, dict[str, int]] = {}
    for id_, entries in journal.points().items():
        points[id_] = {}
        for entry in entries:  # several for one title add up
            points[id_][entry.data["title"]] = points[id_].get(entry.data["title"], 0) + entry.data["points"]
    given = Given(points, {e.data["id"]: e.why for e in journal.of("esclusione")})
    seats = [(e.data["round"], e.data["id"], e.data["option"]) for e in journal.of("ammissione_ds")]
    drawn = {}
    for one in case.regulation.admission.rounds:
        name = draw_name(one.name)
        if (folder / DRAWS / f"{name}.json").exists():
            draw = read_draw(folder / DRAWS, name)
            if draw.result is not None:
                drawn[one.name] = positions(draw)
    return Decisions(given, seats, drawn)


def _misnamed(case: Case, procedure: Procedure, journal: Journal) -> Iterator[Problem]:
    """Say which decisions are about nothing of this case: they would be lost without a word."""
    facts = Facts(case.school, procedure)
    titles = {title.name for one in procedure.rounds for title in one.points if title.by_decision}
    rounds = {one.name: one for one in procedure.rounds}
    granted = Counter((e.data["round"], e.data["id"]) for e in journal.of("ammissione_ds"))
    for entry in journal.active:
        if entry.kind == "ammissione_ds" and granted[entry.data["round"], entry.data["id"]] > 1:
            text = _("A seat of this round is granted to this pupil more than once: annul one of the two.")
            yield Problem(text, "decisioni.jsonl", row=entry.n, value=entry.data["id"])
        pupil, title, name = (str(entry.data.get(key, "")) for key in ("id", "title", "round"))
        if "id" in entry.data and pupil not in case.school.pupil_at:
            yield _about_nothing(entry, _("The pupil is not among those of the case."), pupil, case.school.pupil_at)
        if entry.kind == "punti" and title not in titles:
            text = _("No title of the procedure takes points by decision under this name.")
            yield _about_nothing(entry, text, title, titles)
        if "round" in entry.data and name not in rounds:
            yield _about_nothing(entry, _("There is no round of this name."), name, rounds)
        elif entry.kind == "ammissione_ds":
            options = {" / ".join(option) for option in facts.options(rounds[name])}
            wanted = " / ".join(str(entry.data["option"].get(seat, "")) for seat in rounds[name].seats)
            if text_key(wanted) not in set(map(text_key, options)):
                yield _about_nothing(entry, _("This is not a seat of the round."), wanted, options)


def _about_nothing(entry: Entry, message: str, value: str, known: Iterable[str]) -> Problem:
    return Problem(message, "decisioni.jsonl", row=entry.n, value=value, hint=nearest(value, known))


def rankings(case: Case, decisions: Decisions | None = None) -> dict[str, tuple[Ranking, ...]]:
    """Return the rankings of every round of a case; an empty dictionary without a procedure."""
    if case.regulation.admission is None:
        return {}
    return rank_all(case.school, case.regulation.admission, decisions or read_decisions(case))


@dataclass(frozen=True)
class Seated:
    """Seats given.

    Attributes
    ----------
    case : the case of all the applicants.
    inside : the case of those who got a seat.
    admission : rankings and seats, round by round.
    definitive : names of the rounds whose ranking is definitive.
    """

    case: Case
    inside: Case
    admission: Admission
    definitive: tuple[str, ...]

    def write(self, folder: Path) -> list[str]:
        """Write the files of rankings and seats; return their names."""
        rankings_of = {r.round.name: r.rankings for r in self.admission.rounds}
        procedure = self.case.regulation.admission
        assert procedure is not None  # nobody has a seat without one
        return write_seats(folder, self.case.school, procedure, rankings_of, self.definitive, self.admission)

    def summary(self) -> dict[str, Any]:
        """Return what the certificate says of the seats."""
        return {
            "applicants": len(self.case.school.pupils),
            "admitted": len(self.admission.admitted),
            "rounds": [
                {
                    "name": r.round.name,
                    "ranked": len(ranked := {s.pupil for ranking in r.rankings for s in ranking.standings}),
                    "not_admissible": len({s.pupil for ranking in r.rankings for s in ranking.refused} - ranked),
                    "seated": len(r.seats.got),
                    "waiting": 0 if r.round.unplaced == "stay" else len(r.waiting),
                    "definitive": r.round.name in self.definitive,
                    "stable": not r.seats.unstable,
                }
                for r in self.admission.rounds
            ],
        }


def give_seats(case: Case, clock: Clock, decisions: Decisions | None = None) -> Seated | None:
    """Give the seats of a case; ``None`` where the regulation has no round.

    Raises
    ------
    Unsettled, Impossible
        See `admissions.admit.admit`.
    NotFound
        If the time ends before it is known whether a seat can be given.
    """
    procedure = case.regulation.admission
    if procedure is None or not procedure.rounds:
        return None
    terms = room_terms(case.regulation, case.terms)

    def make_room(market: Market) -> Room:
        return room_of(market, terms, len(case.school.classes), clock)

    admission = admit(case.school, case.regulation, decisions or read_decisions(case), make_room)
    return Seated(case, admitted_case(case, admission), admission, definitive_rounds(case))


def definitive_rounds(case: Case) -> tuple[str, ...]:
    """Return the names of the rounds whose ranking was declared definitive."""
    folder = case_folder(case)
    return () if folder is None else tuple(read_journal(folder).states())


def room_of(market: Market, terms: Sequence[Term], classes: int, clock: Clock) -> Room:
    """Return the room of a round: adding up where that is exact, otherwise the solver."""
    terms = [*terms, *(Term(band, PLACES) for band in market.limits)]
    limits = sizes_only(terms, len(market.domains))
    if limits is not None and len(limits) == classes and _whole(market, classes):
        inside = frozenset(range(len(market.domains))) - market.may_be_out
        return SizesOnly(sum(limits.values()), inside)
    return FormationRoom(terms, market.domains, market.may_be_out, clock)


def _whole(market: Market, classes: int) -> bool:
    """Tell whether whoever gets an option may sit in all of its classes, and whoever must be in may sit anywhere."""
    everywhere = frozenset(range(classes))
    options = [c for c in market.classes if c is not None]
    if len(options) != len(market.classes) or sum(map(len, options)) != classes:
        return False
    return all(
        domain == everywhere
        or (p in market.may_be_out and all(market.inside(p, o) == options[o] for o in market.wishes.get(p, ())))
        for p, domain in enumerate(market.domains)
    )


def admitted_case(case: Case, admission: Admission) -> Case:
    """Return the case of those who got a seat, each with the classes that the seats leave open."""
    opened = {case.school.pupils[p].id: admission.open[p] for p in admission.admitted}
    return case.of_those(opened, opened)
