"""Points, precedences and the order of a round, counted again from plain rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import groupby
from typing import Any

from classi.audit.admission.facts import Facts, Option, Row, as_fraction, column_for, like
from classi.audit.admission.offers import Offer, request_columns
from classi.criteria.base import religious
from classi.ledger import Ledger
from classi.ledger.matching import plain
from classi.procedure import PLACEHOLDER, Procedure, Round, Step, Title

Points = Mapping[str, Mapping[str, int]]
"""Points given by decision: by applicant, by title."""
Key = tuple[Any, ...]
Lines = tuple[tuple[str, int], ...]
UNKNOWN = (1, Fraction(0))


@dataclass(frozen=True)
class Standing:
    """One applicant in one ranking.

    Attributes
    ----------
    id, position : position from 1, shared inside a tie that is not drawn; ``None`` for who is not admissible.
    points, lines : what counts, and title by title.
    precedences : names of the steps `precedence` met, and of the steps `groups` with the number of the group.
    late : the application is late.
    tied : the others who are equal in every step but the draw.
    refused : the requirements missed.
    excluded : the application was excluded by decision.
    """

    id: str
    position: int | None
    points: int = 0
    lines: Lines = ()
    precedences: tuple[str, ...] = ()
    late: bool = False
    tied: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    excluded: bool = False


class Ranker:
    """Everything needed to rank a round once or, with ``ranking = "each"``, once for each option."""

    def __init__(
        self,
        ledger: Ledger,
        procedure: Procedure,
        round_: Round,
        given_points: Points,
        excluded: Collection[str],
    ) -> None:
        self.offer = Offer(ledger, round_)
        self.facts = Facts(ledger, procedure)
        self.rows = {row["id"]: row for row in ledger.pupils}
        self._classes = ledger.classes
        self._requirements = procedure.requirements
        self._round = round_
        self._given = given_points
        self._excluded = frozenset(excluded)
        self._drawless = [step for step in round_.steps if step.by != "draw"]
        self._seated_titles = any(PLACEHOLDER.search(repr(title.when)) for title in round_.points)
        self._lines: dict[tuple[str, Option | None], Lines] = {}
        self._averaged: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
        columns = self.facts.columns
        self._time = round_.requests.get("tempo_scuola") or request_columns(set(columns), "tempo_scuola")

    # --- who is in it ---

    def seat(self, row: Row, option: Option | None) -> Option | None:
        """Return the seat in question: the option ranked, or the applicant's first choice."""
        return option if self._round.ranking == "each" else self.offer.wish(row).first

    def takes_part(self, row: Row, option: Option | None) -> bool:
        """Tell whether the round is about this application, admissible or not."""
        seat, groups = self.seat(row, option), self._round.any_of
        if groups and not any(self.facts.meets(row, facts, seat) for facts in groups):
            return False
        return self.facts.meets(row, self._round.of, seat)

    def missed(self, row: Row, option: Option | None) -> tuple[str, ...]:
        """Return the requirements that the application does not meet."""
        seat, meets = self.seat(row, option), self.facts.meets
        return tuple(r.name for r in self._requirements if meets(row, r.of, seat) and not meets(row, r.needs, seat))

    def is_refused(self, row: Row, option: Option | None) -> bool:
        """Tell whether the application is in no ranking."""
        return row["id"] in self._excluded or bool(self.missed(row, option))

    # --- points ---

    def lines(self, row: Row, option: Option | None) -> Lines:
        """Return the titles that count, with their points, in the order in which they are written."""
        key = row["id"], self.seat(row, option) if self._seated_titles else None
        if key not in self._lines:
            self._lines[key] = self._counted(row, option)
        return self._lines[key]

    def _counted(self, row: Row, option: Option | None) -> Lines:
        if not self._round.late_points and self.facts.late(row):
            return ()
        earned = [(title, n) for title in self._round.points if (n := self._worth(title, row, self.seat(row, option)))]
        if self._round.titles == "best":
            return tuple((t.name, n) for t, n in _best(earned))
        alone = [one for one in earned if not one[0].group]
        groups = {title.group for title, _n in earned if title.group}
        kept = alone + [best for g in groups for best in _best([one for one in earned if one[0].group == g])]
        return tuple((title.name, n) for title, n in earned if (title, n) in kept)

    def _worth(self, title: Title, row: Row, seat: Option | None) -> int:
        times = (self.facts.times if title.each else self.facts.meets)(row, title.when, seat)
        if not title.by_decision:
            return title.points * times
        given = self._given.get(row["id"], {}).get(title.name, 0) if times else 0
        return min(given, title.points) if title.points else given

    # --- the order ---

    def standings(
        self, drawn: Mapping[str, int] | None, option: Option | None = None, among: Collection[str] | None = None
    ) -> list[Standing]:
        """Return everybody ranked, in order, and then those who are not admissible, by identifier.

        Parameters
        ----------
        drawn : position in the public draw; a tie with somebody who is not in it stays a tie.
        option : the option ranked, with ``ranking = "each"``.
        among : the applicants ranked (default: all who take part).
        """
        ranked: list[Row] = []
        refused: list[Row] = []
        for row in self.rows.values():
            if (among is None or row["id"] in among) and self.takes_part(row, option):
                (refused if self.is_refused(row, option) else ranked).append(row)
        out = [
            Standing(
                row["id"],
                None,
                late=self.facts.late(row),
                refused=self.missed(row, option),
                excluded=row["id"] in self._excluded,
            )
            for row in sorted(refused, key=_identifier)
        ]
        return [*self._ordered(ranked, option, drawn or {}), *out]

    def _ordered(self, rows: list[Row], option: Option | None, drawn: Mapping[str, int]) -> list[Standing]:
        points = {row["id"]: self.lines(row, option) for row in rows}
        keyed = []
        for row in sorted(rows, key=_identifier):
            total = sum(n for _title, n in points[row["id"]])
            keyed.append((tuple(self.step_key(step, row, option, total) for step in self._drawless), row))
        keyed.sort(key=lambda one: one[0])
        found: list[Standing] = []
        for _key, group in groupby(keyed, key=lambda one: one[0]):
            equal = [row for _k, row in group]
            settled = len(equal) == 1 or all(row["id"] in drawn for row in equal)
            if settled:
                equal.sort(key=lambda row: drawn.get(row["id"], 0))
            start = len(found) + 1
            for k, row in enumerate(equal):
                found.append(
                    Standing(
                        row["id"],
                        start + k if settled else start,
                        sum(n for _title, n in points[row["id"]]),
                        points[row["id"]],
                        self._precedences(row, option),
                        self.facts.late(row),
                        tuple(other["id"] for other in equal if other is not row),
                    )
                )
        return found

    def step_key(self, step: Step, row: Row, option: Option | None, points: int) -> Key:
        """Return what one step compares; the lower comes first."""
        seat = self.seat(row, option)
        if step.by == "precedence":
            return (not self._precedes(step, row, seat),)
        if step.by == "groups":
            return (self._group(step, row, seat),)
        if step.by == "points":
            return (-points,)
        if step.by == "least_requested":
            first = self.offer.wish(row).first
            return (self._requested[first],) if first else (len(self.rows) + 1,)
        return self._number_key(step, row, seat)

    def _number_key(self, step: Step, row: Row, seat: Option | None) -> Key:
        if not self.facts.meets(row, step.of, seat):
            return (1, *UNKNOWN)
        number = self._number(step, row, seat)
        if number is None:
            return (0, *UNKNOWN)
        return (0, 0, -number if step.first == "highest" else number)

    def _precedes(self, step: Step, row: Row, seat: Option | None) -> bool:
        return any(self.facts.meets(row, facts, seat) for facts in step.any_of or [step.of])

    def _group(self, step: Step, row: Row, seat: Option | None) -> int:
        met = (k for k, facts in enumerate(step.groups) if self.facts.meets(row, facts, seat))
        return next(met, len(step.groups))

    def _precedences(self, row: Row, option: Option | None) -> tuple[str, ...]:
        seat, names = self.seat(row, option), []
        for step in self._drawless:
            if step.by == "precedence" and self._precedes(step, row, seat):
                names.append(step.name)
            elif step.by == "groups" and (group := self._group(step, row, seat)) < len(step.groups):
                names.append(f"{step.name} ({group + 1})")
        return tuple(names)

    @cached_property
    def _requested(self) -> Counter[Option]:
        """How many of those in the round ask first for each option."""
        counts: Counter[Option] = Counter()
        for row in self.rows.values():
            first = self.offer.wish(row).first
            if first and self.takes_part(row, first) and not self.is_refused(row, first):
                counts[first] += 1
        return counts

    def _number(self, step: Step, row: Row, seat: Option | None) -> Fraction | None:
        if step.mean_of:
            mean = self._mean(row, step.mean_of, step.but)
            return self._mean(row, step.otherwise_mean_of, step.but) if mean is None else mean
        values = dict(seat or ())
        column = column_for(step.column, values)
        own = None if column is None else as_fraction(self.facts.cell(row, column))
        if own is None or not step.against_others:
            return own
        others = [as_fraction(row.get(c)) for c in self._others(step, row, values)]
        known = [other for other in others if other is not None]
        return own - min(known) if known else own

    def _mean(self, row: Row, patterns: Sequence[str], but: Sequence[str]) -> Fraction | None:
        key = tuple(patterns), tuple(but)
        if key not in self._averaged:
            named = [c for c in self.facts.columns if like(c, patterns) and not like(c, but)]
            self._averaged[key] = [c for c in named if not religious(c)]
        marks = [mark for c in self._averaged[key] if (mark := as_fraction(row.get(c))) is not None]
        return sum(marks, Fraction(0)) / len(marks) if marks else None

    def _others(self, step: Step, row: Row, seat: Mapping[str, Any]) -> Iterable[str]:
        """Yield the column for each other value of the seat among the classes of the time asked for first."""
        named = PLACEHOLDER.findall(step.column)
        time = next((plain(row[c]) for c in self._time if row.get(c) is not None), None)
        seen = {tuple(plain(seat[name]) for name in named)}
        for cells in self._classes:
            values = {name: cells.get(name) for name in named}
            key = tuple(map(plain, values.values()))
            fits = time is None or plain(cells.get("tempo_scuola")) == time
            if fits and key not in seen and None not in values.values():
                seen.add(key)
                yield column_for(step.column, values) or ""


def standings(
    ledger: Ledger,
    procedure: Procedure,
    round_: Round,
    given_points: Points,
    excluded: Collection[str],
    drawn: Mapping[str, int] | None,
    option: Option | None = None,
) -> list[Standing]:
    """Rank a round again from plain rows.

    Parameters
    ----------
    given_points : points given by decision, by applicant and title.
    excluded : applicants excluded by decision.
    drawn : position in the public draw, by applicant.
    option : the option, where each has a ranking of its own.

    Returns
    -------
    list of Standing
        Everybody ranked, in order, and then those who are not admissible.
    """
    return Ranker(ledger, procedure, round_, given_points, excluded).standings(drawn, option)


def _best(earned: list[tuple[Title, int]]) -> list[tuple[Title, int]]:
    return [max(earned, key=lambda one: one[1])] if earned else []  # the first of equals


def _identifier(row: Row) -> str:
    return str(row["id"])
