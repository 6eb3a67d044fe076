"""The steps of a ranking: what each of them compares, as one whole number an applicant, and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import cached_property

from classi.admissions.facts import Facts, Seat, as_number
from classi.criteria.base import say_value
from classi.domain import Value, text_key
from classi.i18n import _
from classi.procedure import PLACEHOLDER, Round, Step, filled_column

Exact = int | Decimal | Fraction
Key = tuple[int, Exact]
"""What is compared: whether there is a value (0 yes, 1 not known, 2 not looked at), and the value; lowest first."""
NOT_KNOWN: Key = (1, 0)
NOT_COMPARED: Key = (2, 0)
TIME_MODEL = "tempo_scuola"


@dataclass(frozen=True, slots=True)
class Mark:
    """What one step says of one applicant: what is compared, in words, and the precedence met, if any."""

    key: Key
    words: str
    precedence: str = ""


Marker = Callable[[int], Mark]


@dataclass(frozen=True, slots=True)
class Compared:
    """An applicant in all the steps: `place` among the values of each step, words, names of the precedences met."""

    place: tuple[int, ...]
    words: tuple[str, ...]
    precedences: tuple[str, ...]


class Comparing:
    """Compares the applicants of one round.

    Parameters
    ----------
    points, positions : of each pupil, where known: what ``by = "points"`` and ``by = "ranking"`` look at.
    part : everybody who takes part in the round.
    """

    def __init__(
        self,
        facts: Facts,
        one: Round,
        points: Mapping[int, int],
        positions: Mapping[int, int],
        part: Iterable[int],
    ) -> None:
        self.facts, self.one = facts, one
        self.points, self.positions = points, positions
        self.part = part
        self._exact = Context(prec=60)  # more digits than two cells have together

    def all(self, steps: Sequence[Step], groups: Sequence[tuple[Seat, Sequence[int]]]) -> dict[int, Compared]:
        """Compare pupils, given by seat in question, in every step."""
        columns: list[dict[int, Mark]] = []
        for step in steps:
            marks = ((pupils, self._marker(step, seat)) for seat, pupils in groups)
            columns.append({pupil: mark(pupil) for pupils, mark in marks for pupil in pupils})
        places = [{key: n for n, key in enumerate(sorted({m.key for m in c.values()}))} for c in columns]
        found = {}
        for pupil in (p for _seat, pupils in groups for p in pupils):
            marks_of = [column[pupil] for column in columns]
            found[pupil] = Compared(
                tuple([place[mark.key] for place, mark in zip(places, marks_of, strict=True)]),
                tuple([mark.words for mark in marks_of]),
                tuple([mark.precedence for mark in marks_of if mark.precedence]),
            )
        return found

    def _marker(self, step: Step, seat: Seat) -> Marker:
        """Return what says one step of a pupil who is after a seat."""
        match step.by:
            case "precedence":
                met = Mark((0, 1), _("no")), Mark((0, 0), _("yes"), step.name)
                tests = [self.facts.test(facts, seat) for facts in step.any_of or [step.of]]
                return lambda pupil: met[any(test(pupil) for test in tests)]
            case "groups":
                return self._groups(step, seat)
            case "points":
                return self._points
            case "least_requested":
                return self._least_requested
            case "number":
                return self._numbers(step, seat)
            case _:
                return self._position

    def _groups(self, step: Step, seat: Seat) -> Marker:
        tests = [self.facts.test(group, seat) for group in step.groups]
        marks = [Mark((0, n), str(n), f"{step.name} ({n})") for n in range(1, len(tests) + 1)]
        none = Mark((0, len(tests) + 1), _("none"))
        return lambda pupil: next((mark for mark, test in zip(marks, tests, strict=True) if test(pupil)), none)

    def _points(self, pupil: int) -> Mark:
        points = self.points.get(pupil, 0)
        return Mark((0, -points), str(points))

    def _position(self, pupil: int) -> Mark:
        position = self.positions.get(pupil)
        return Mark(NOT_KNOWN, _("not known")) if position is None else Mark((0, position), str(position))

    def _least_requested(self, pupil: int) -> Mark:
        first = self.facts.choice(pupil, self.one)
        count = self._first_choices[tuple(first.items())]
        return Mark((0, count), str(count)) if first else Mark(NOT_KNOWN, _("not known"))

    @cached_property
    def _first_choices(self) -> Counter[tuple[tuple[str, str], ...]]:
        return Counter(tuple(self.facts.choice(p, self.one).items()) for p in self.part)

    # --- numbers ---

    def _numbers(self, step: Step, seat: Seat) -> Marker:
        not_known, not_compared = Mark(NOT_KNOWN, _("not known")), Mark(NOT_COMPARED, "")
        looked_at = self.facts.test(step.of, seat)
        number = self._means(step) if step.mean_of else self._cells(step, seat)

        def mark(pupil: int) -> Mark:
            if not looked_at(pupil):
                return not_compared
            found, words = number(pupil)
            return not_known if found is None else Mark((0, _negated(found) if highest else found), words)

        highest = step.first == "highest"
        return mark

    def _cells(self, step: Step, seat: Seat) -> Callable[[int], tuple[Exact | None, str]]:
        """Return what reads a column, with the seat in question put in."""
        cells = self.facts.filled_cells(step.column, seat)
        if cells is None:
            return lambda pupil: (None, "")
        if not step.against_others:
            return lambda pupil: (as_number(cells[pupil]), say_value(cells[pupil]))
        attribute = PLACEHOLDER.findall(step.column)[0]
        others: dict[str | None, list[tuple[Value, ...]]] = {}

        def against(pupil: int) -> tuple[Exact | None, str]:
            own, model = as_number(cells[pupil]), self._time_model(pupil)
            if own is None:
                return None, ""
            if model not in others:
                others[model] = self._others(step.column, attribute, seat, model)
            known = [n for column in others[model] if (n := as_number(column[pupil])) is not None]
            found = self._exact.subtract(Decimal(own), Decimal(min(known, default=0)))
            return found, say_value(found)

        return against

    def _others(self, column: str, attribute: str, seat: Seat, model: str | None) -> list[tuple[Value, ...]]:
        """Return the columns of the other sites with classes of a time model (of any, where it is ``None``)."""
        classes = self.facts.school.classes
        sites = {c[attribute] for c in classes if model is None or text_key(c[TIME_MODEL]) == model}
        other = [str(s) for s in sites if s is not None and text_key(s) != text_key(seat[attribute])]
        return [self.facts.cells(filled_column(column, {**seat, attribute: site})) for site in other]

    def _time_model(self, pupil: int) -> str | None:
        """Return the time model asked for first, or ``None`` where none is."""
        cells = (self.facts.cells(column)[pupil] for column in self._time_columns)
        return next((text_key(cell) for cell in cells if cell is not None), None)

    @cached_property
    def _time_columns(self) -> tuple[str, ...]:
        return self.one.asked_in(TIME_MODEL, self.facts.school.pupil_columns)

    def _means(self, step: Step) -> Callable[[int], tuple[Exact | None, str]]:
        """Return what takes the exact mean of the numbers known."""
        choices = [[self.facts.cells(c) for c in names] for names in step.means(self.facts.school.pupil_columns)]

        def mean(pupil: int) -> tuple[Exact | None, str]:
            numbers = ([Fraction(n) for c in columns if (n := as_number(c[pupil])) is not None] for columns in choices)
            known = next(filter(None, numbers), None)
            if known is None:
                return None, ""
            found = sum(known, Fraction(0)) / len(known)
            return found, say_value(round(Decimal(found.numerator) / found.denominator, 3))

        return mean


def _negated(number: Exact) -> Exact:
    # Decimal's own minus rounds to the precision of the context, and could make two numbers equal.
    return number.copy_negate() if isinstance(number, Decimal) else -number
