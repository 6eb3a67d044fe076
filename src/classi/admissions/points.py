"""Points: the titles an applicant has, and which of them count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from classi.admissions.facts import Facts, Seat, Test
from classi.domain import text_key
from classi.procedure import Round, Title

Earned = tuple[Title, Test, int]
"""A title, what tests it, and the points an applicant has for it."""


@dataclass(frozen=True, slots=True)
class Line:
    """Points an applicant has for one title.

    Attributes
    ----------
    fact : the cells that earned them, as ``fratelli_plesso: Centro ×2``; empty where everybody has them.
    decided : True for points given by a recorded decision.
    """

    title: str
    points: int
    fact: str
    decided: bool = False


@dataclass(frozen=True)
class Given:
    """What recorded decisions give or take: points by pupil id and title, reasons of exclusion by pupil id."""

    points: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    excluded: Mapping[str, str] = field(default_factory=dict)


class Titles:
    """The titles of one round.

    Parameters
    ----------
    given : points by recorded decision.
    """

    def __init__(self, facts: Facts, one: Round, given: Given) -> None:
        self.facts, self.one, self.given = facts, one, given

    def lines(self, seat: Seat, pupils: Iterable[int]) -> Iterator[tuple[int, tuple[Line, ...]]]:
        """Yield pupils who are after a seat, each with the titles that count."""
        tests = [(title, self.facts.test(title.when, seat)) for title in self.one.points]
        for pupil in pupils:
            if not self.one.late_points and self.facts.late(pupil):
                yield pupil, ()
                continue
            earned = [(title, test, worth) for title, test in tests if (worth := self._worth(title, test, pupil))]
            lines = [
                Line(title.name, worth, test.words(pupil), title.by_decision)
                for title, test, worth in self._counting(earned)
            ]
            yield pupil, tuple(lines)

    def _worth(self, title: Title, test: Test, pupil: int) -> int:
        times = test(pupil)
        if not times or not title.by_decision:
            return title.points * (times if title.each else min(times, 1))
        granted = self._granted.get((self.facts.school.pupils[pupil].id, text_key(title.name)), 0)
        return min(granted, title.points) if title.points else granted

    @cached_property
    def _granted(self) -> dict[tuple[str, str], int]:
        points = self.given.points
        return {(who, text_key(title)): number for who, titles in points.items() for title, number in titles.items()}

    def _counting(self, earned: list[Earned]) -> list[Earned]:
        """Return the titles that count: of each group the one worth most, of all only the best where so declared."""
        if self.one.titles == "best":
            return [max(earned, key=lambda e: e[2])] if earned else []
        best: dict[str, Earned] = {}
        for one in earned:
            if one[0].group and (one[0].group not in best or one[2] > best[one[0].group][2]):
                best[one[0].group] = one
        return [one for one in earned if not one[0].group or best[one[0].group] is one]
