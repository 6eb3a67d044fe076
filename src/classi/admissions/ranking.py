"""Points and rankings: who comes first in a round, by which step, and which ties only a public draw can settle.

Every step gives each applicant one whole number, the place of their value among all the values found; a ranking is the
order of these tuples. The order of the rows is never looked at: what remains equal is ordered by identifier.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from classi.admissions.compare import Compared, Comparing
from classi.admissions.facts import Facts, Option, Seat
from classi.admissions.points import Given, Line, Titles
from classi.domain import School
from classi.i18n import _
from classi.procedure import Procedure, Round, Step

__all__ = ["Given", "Line", "Ranking", "Refused", "Standing", "rank", "waiting_order"]


@dataclass(frozen=True, slots=True)
class Standing:
    """One applicant in a ranking.

    Attributes
    ----------
    pupil : position in `School.pupils`.
    position : from 1; shared by those whom only a draw still to be held can separate.
    points, lines : the sum, and the titles that count.
    precedences : names of the precedences met; of groups, with the number of the group: ``Residenza (1)``.
    values : what each step compared, in words, in the order of the steps; the draw last.
    decided_by : name of the step that separates the applicant from the one just above; empty for the first one and in
        a tie that is not drawn.
    equal : those equal in every step before the draw, drawn or not, the applicant among them.
    drawn : place in the public draw, where it settled a tie of this applicant.
    late : True for an application after the deadline.
    wishes : the options asked for, best first.
    """

    pupil: int
    position: int
    points: int
    lines: tuple[Line, ...]
    precedences: tuple[str, ...]
    values: tuple[str, ...]
    decided_by: str
    equal: tuple[int, ...]  # one object for all of them: a tie can be as long as the ranking
    drawn: int | None
    late: bool
    wishes: tuple[Option, ...]

    @property
    def tied(self) -> tuple[int, ...]:
        """The others equal in every step before the draw, drawn or not."""
        return tuple(p for p in self.equal if p != self.pupil)


@dataclass(frozen=True, slots=True)
class Refused:
    """An application that is in no ranking, and why: the names of the requirements missed, or the decision's reason."""

    pupil: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The ranking of a round, or of one option of it.

    Attributes
    ----------
    option : whose ranking it is, where every option has its own.
    standings : the applicants, first the first.
    refused : applications that are not admissible, by identifier.
    ties : groups equal in every step before the draw.
    settled : True when the public draw has settled every tie.
    """

    round: str
    option: Option | None
    standings: tuple[Standing, ...]
    refused: tuple[Refused, ...]
    ties: tuple[tuple[int, ...], ...]
    settled: bool


NOTHING_GIVEN = Given()


def rank(
    school: School,
    procedure: Procedure,
    round_: Round,
    given: Given = NOTHING_GIVEN,
    drawn: Mapping[str, int] | None = None,
    option: Option | None = None,
    among: Container[int] | None = None,
    facts: Facts | None = None,
) -> Ranking:
    """Rank everybody who takes part in a round.

    Parameters
    ----------
    given : points and exclusions by recorded decision.
    drawn : place of each pupil id in the public draw, from 1; it may name more pupils than are tied.
    option : whose ranking is wanted, in a round where every option has its own; ``None`` in the others.
    among : positions of the pupils to rank; everybody if ``None``.
    facts : those of this school and procedure, where somebody has them already.

    Raises
    ------
    ValueError
        If `option` is missing where every option has its ranking, or given where one ranking holds.
    """
    if (round_.ranking == "each") != (option is not None):
        raise ValueError("an option is given exactly where every option has a ranking of its own")
    return _Ranker(facts or Facts(school, procedure), round_, given, option, among).rank(drawn or {})


def waiting_order(
    school: School,
    procedure: Procedure,
    round_: Round,
    ranking: Ranking,
    pupils: Iterable[int],
    given: Given = NOTHING_GIVEN,
    facts: Facts | None = None,
) -> list[int]:
    """Return `pupils` in the order of the waiting list: its own steps, then the ranking; who is not ranked comes last.

    Parameters
    ----------
    ranking : of the round, whose points and positions the steps look at.
    given, facts : as for `rank`.
    """
    ranker = _Ranker(facts or Facts(school, procedure), round_, given, ranking.option)
    points = {s.pupil: s.points for s in ranking.standings}
    positions = {s.pupil: s.position for s in ranking.standings}
    place = {s.pupil: n for n, s in enumerate(ranking.standings)}
    order = sorted(pupils, key=lambda p: (place.get(p, len(place)), school.pupils[p].id))
    comparing = Comparing(ranker.facts, round_, points, positions, ranker.everybody())
    compared = comparing.all(round_.waiting, ranker.by_seat(order))
    return sorted(order, key=lambda p: compared[p].place)


@dataclass(frozen=True)
class _Scored:
    """Everything a ranking says of its applicants, by pupil."""

    points: Mapping[int, int]
    lines: Mapping[int, tuple[Line, ...]]
    compared: Mapping[int, Compared]


@dataclass(frozen=True)
class _Tie:
    """Applicants equal in every step, in the order of the draw where it names them all; `by` parts them from above."""

    pupils: tuple[int, ...]
    drawn: tuple[int, ...] | None
    by: str
    position: int

    @property
    def settled(self) -> bool:
        return len(self.pupils) == 1 or self.drawn is not None


class _Ranker:
    """Ranks one round, or one option of it, among some of the applicants."""

    def __init__(
        self, facts: Facts, one: Round, given: Given, option: Option | None, among: Container[int] | None = None
    ) -> None:
        self.facts, self.one, self.given, self.option = facts, one, given, option
        self.own = None if option is None else dict(zip(one.seats, option, strict=True))
        self.ids = [p.id for p in facts.school.pupils]
        self.among = [p for p in range(len(self.ids)) if among is None or p in among]

    def everybody(self) -> Iterator[int]:
        """Yield those who take part in the round, ranked or not."""
        return (p for p in range(len(self.ids)) if not any(self._reasons(p)) and self._takes_part(p))

    def _takes_part(self, pupil: int) -> bool:
        return self.facts.takes_part(pupil, self.one, self.seat(pupil))

    def seat(self, pupil: int) -> Seat:
        """Return the seat in question: the option ranked, or the first choice."""
        return self.facts.choice(pupil, self.one) if self.own is None else self.own

    def by_seat(self, pupils: Iterable[int]) -> list[tuple[Seat, list[int]]]:
        """Group pupils by the seat in question."""
        groups: dict[tuple[tuple[str, str], ...], tuple[Seat, list[int]]] = {}
        for pupil in pupils:
            seat = self.seat(pupil)
            groups.setdefault(tuple(seat.items()), (seat, []))[1].append(pupil)
        return list(groups.values())

    def rank(self, drawn: Mapping[str, int]) -> Ranking:
        """Rank those who take part."""
        missed = {p: reasons for p in self.among if (reasons := tuple(self._reasons(p)))}
        part = [p for p in self.among if p not in missed and self._takes_part(p)]
        groups, titles = self.by_seat(part), Titles(self.facts, self.one, self.given)
        lines = {p: earned for seat, pupils in groups for p, earned in titles.lines(seat, pupils)}
        points = {p: sum(line.points for line in earned) for p, earned in lines.items()}
        steps = [step for step in self.one.steps if step.by != "draw"]
        scored = _Scored(
            points, lines, Comparing(self.facts, self.one, points, {}, self.everybody()).all(steps, groups)
        )
        ties = list(self._ties(part, scored, steps, drawn))
        refused = [Refused(p, reasons) for p, reasons in missed.items()]
        return Ranking(
            self.one.name,
            self.option,
            tuple(s for tie in ties for s in self._standings(tie, scored)),
            tuple(sorted(refused, key=lambda r: self.ids[r.pupil])),
            tuple(tie.pupils for tie in ties if len(tie.pupils) > 1),
            all(tie.settled for tie in ties),
        )

    def _reasons(self, pupil: int) -> Iterator[str]:
        for requirement in self.facts.procedure.requirements:
            seat = self.seat(pupil)
            if self.facts.meets(pupil, requirement.of, seat) and not self.facts.meets(pupil, requirement.needs, seat):
                yield requirement.name
        if self.ids[pupil] in self.given.excluded:
            yield self.given.excluded[self.ids[pupil]]

    def _ties(
        self, part: list[int], scored: _Scored, steps: Sequence[Step], drawn: Mapping[str, int]
    ) -> Iterator[_Tie]:
        place = {p: scored.compared[p].place for p in part}
        above: tuple[int, ...] | None = None
        position = 1
        for key, members in groupby(sorted(part, key=lambda p: (place[p], self.ids[p])), key=place.__getitem__):
            differing = (s.name for s, a, b in zip(steps, above or key, key, strict=True) if a != b)
            pupils, numbers = self._drawn(tuple(members), drawn)
            yield _Tie(pupils, numbers, next(differing, ""), position)
            above = key
            position += len(pupils)

    def _drawn(
        self, group: tuple[int, ...], drawn: Mapping[str, int]
    ) -> tuple[tuple[int, ...], tuple[int, ...] | None]:
        """Put a tie in the order of the draw, if it gave every one of them a number of their own."""
        numbers = {drawn[self.ids[p]]: p for p in group if self.ids[p] in drawn}
        if len(group) == 1 or len(numbers) < len(group):
            return group, None
        order = tuple(sorted(numbers))
        return tuple(numbers[n] for n in order), order

    def _standings(self, tie: _Tie, scored: _Scored) -> Iterator[Standing]:
        last = self.one.steps[-1] if self.one.steps else None
        draw = last.name if last is not None and last.by == "draw" else _("Public draw")
        for n, pupil in enumerate(tie.pupils):
            compared, number = scored.compared[pupil], None if tie.drawn is None else tie.drawn[n]
            of_draw = "" if tie.settled and number is None else _("to be drawn") if number is None else str(number)
            yield Standing(
                pupil,
                tie.position + n * tie.settled,
                scored.points[pupil],
                scored.lines[pupil],
                compared.precedences,
                (*compared.words, of_draw),
                (draw if n else tie.by) if tie.settled else "",
                tie.pupils,
                number,
                self.facts.late(pupil),
                self.facts.wishes(pupil, self.one),
            )
