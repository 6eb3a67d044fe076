"""The admission procedure against one school: columns, seats and places it names, and what is still to be decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from classi.domain import STANDARD_COLUMNS, School, text_key
from classi.errors import Problem
from classi.i18n import _
from classi.procedure import DERIVED, Facts, Procedure, Round, filled_column, placeholders, texts
from classi.rule_errors import in_toml, nearest

BORN, HANDED_IN, LATE = "data_nascita", "data_domanda", "fuori_termine"


def admission_problems(procedure: Procedure, school: School, file: str) -> Iterator[Problem]:
    """Yield what in a procedure does not fit the files (errors), and what is odd or to be decided (warnings)."""
    yield from _of_everybody(procedure, school, file)
    for one in procedure.rounds:
        where = _("Admission, round “{name}”: ").format(name=one.name)
        seats = [dict(zip(one.seats, option, strict=True)) for option in one.options(school.classes)]
        place = _Place(school, file, where, frozenset(one.seats), seats)
        yield from place.columns(one.columns(), _conditions(one))
        yield from _numbers(one, place)
        yield from _asked(one, place)
        yield from _seats(one, place)
    for parameter in procedure.undecided:
        text = _("To be decided: {question} ({source}). In force: {default}.")
        shown = in_toml(parameter.default)
        sentence = text.format(question=parameter.question, source=parameter.source, default=shown)
        yield Problem(sentence, file, column=parameter.name, value=shown, warning=True)


@dataclass(frozen=True)
class _Place:
    """Where something is declared: the words for it, and the seats it may be about."""

    school: School
    file: str
    where: str
    about: frozenset[str]
    seats: list[dict[str, str]]

    def problem(self, message: str, name: str, known: Iterable[str] = (), *, warning: bool = False) -> Problem:
        return Problem(self.where + message, self.file, value=name, hint=nearest(name, known), warning=warning)

    def columns(self, columns: Iterable[str], conditions: Iterable[Facts]) -> Iterator[Problem]:
        """Check the columns of the applicants named, with every seat put in, and the seats named in the conditions."""
        columns = list(dict.fromkeys(filter(None, columns)))
        for name in sorted(placeholders([*columns, *(t for c in conditions for t in texts(c))]) - self.about):
            text = (
                _("“{{{name}}}” is not a seat of this round.")
                if self.about
                else _("“{{{name}}}” is about no seat here.")
            )
            yield self.problem(text.format(name=name), name, self.about)
        for name in dict.fromkeys(full for column in columns for full in self.filled(column)):
            if name in self.school.pupil_columns or name in DERIVED:
                continue
            if name in STANDARD_COLUMNS:
                text = _("the files have no column “{name}”, so it is not known for anybody.")
                yield self.problem(text.format(name=name), name, warning=True)
            else:
                text = _("“{name}” is not a column of the pupils in the files.")
                yield self.problem(text.format(name=name), name, self.school.pupil_columns)

    def filled(self, column: str) -> list[str]:
        """Return a column for every seat there is; nothing where it names a seat that is not one of these."""
        if not placeholders([column]) <= self.about:
            return []
        return sorted({filled_column(column, seat) for seat in self.seats}) if placeholders([column]) else [column]


def _conditions(one: Round) -> Iterator[Facts]:
    yield from (one.of, *one.any_of)
    for title in one.points:
        yield title.when
    for step in (*one.steps, *one.waiting):
        yield from (step.of, *step.groups, *step.any_of)


def _of_everybody(procedure: Procedure, school: School, file: str) -> Iterator[Problem]:
    """Check what no round declares: requirements, limits that are watched, the days facts are reckoned on."""
    rounds = procedure.rounds
    shared = frozenset.intersection(*(frozenset(one.seats) for one in rounds)) if rounds else frozenset()
    seats = [dict(zip(one.seats, o, strict=True)) for one in rounds for o in one.options(school.classes)]
    for requirement in procedure.requirements:
        where = _("Admission, requirement “{name}”: ").format(name=requirement.name)
        conditions = [requirement.of, requirement.needs]
        yield from _Place(school, file, where, shared, seats).columns([c for f in conditions for c in f], conditions)
    for watch in procedure.watch:
        where = _("Admission, watch “{name}”: ").format(name=watch.name)
        yield from _Place(school, file, where, frozenset(), []).columns(watch.of, [watch.of])
    yield from _days(procedure, _Place(school, file, _("Admission: "), frozenset(), []))


def _days(procedure: Procedure, place: _Place) -> Iterator[Problem]:
    named, known = set(procedure.columns()), place.school.pupil_columns
    for age in sorted(named & set(DERIVED) - known - {LATE}):
        if procedure.year is None:
            yield place.problem(_("“{name}” is reckoned on “year”, which is missing.").format(name=age), age)
        if BORN not in known:
            text = _("“{name}” is reckoned from the column “{column}”, which the files do not have.")
            yield place.problem(text.format(name=age, column=BORN), age)
    asked = LATE in named or procedure.deadline is not None or not all(one.late_points for one in procedure.rounds)
    if asked and LATE not in known and (procedure.deadline is None or HANDED_IN not in known):
        text = _("nobody is late: “deadline” and the column “{column}” are both needed, or the column “{late}”.")
        yield place.problem(text.format(column=HANDED_IN, late=LATE), LATE, warning=True)


def _asked(one: Round, place: _Place) -> Iterator[Problem]:
    """Check that every request names something the round gives: who asks for nothing there is would wait for ever."""
    options = one.options(place.school.classes)
    for n, seat in enumerate(one.seats):
        known = {text_key(option[n]): option[n] for option in options}
        for column in one.asked_in(seat, place.school.pupil_columns):
            wrong: dict[str, str] = {}
            for pupil in place.school.pupils:
                cell = pupil[column]
                if cell is not None and text_key(cell) not in known:
                    wrong.setdefault(str(cell), pupil.id)
            for cell, first in wrong.items() if known else ():
                text = _("“{value}” in the column “{column}” (pupil {pupil} first) is nothing this round gives.")
                yield place.problem(text.format(value=cell, column=column, pupil=first), cell, known.values())


def _numbers(one: Round, place: _Place) -> Iterator[Problem]:
    """Check that what is compared as numbers is there and holds numbers or dates."""
    known = place.school.pupil_columns
    columns = [full for step in (*one.steps, *one.waiting) if step.by == "number" for full in place.filled(step.column)]
    for step in (*one.steps, *one.waiting):
        found = [column for means in step.means(known) for column in means]
        columns += found
        if step.mean_of and not found:
            pattern = ", ".join(step.mean_of)
            yield place.problem(_("no column of the pupils is named as “{name}”.").format(name=pattern), pattern, known)
    for column in dict.fromkeys([*columns, *place.filled(one.redirect_by)]):
        cells = (p[column] for p in place.school.pupils)
        if any(c is not None and (isinstance(c, bool) or not isinstance(c, int | Decimal | date)) for c in cells):
            yield place.problem(
                _("“{name}” is compared as a number, and holds other words.").format(name=column), column
            )


def _seats(one: Round, place: _Place) -> Iterator[Problem]:
    """Check that seats, places, requests and the classes opened are those of the files."""
    school = place.school
    for seat in one.seats:
        values = {text_key(c[seat]): str(c[seat]) for c in school.classes if c[seat] is not None}
        if not values and not one.places:
            text = _("“{name}” is not a column of the classes in the files; say its “places” where it is about none.")
            yield place.problem(text.format(name=seat), seat, school.class_columns)
        for name in [n for n in one.places if values and text_key(n) not in values]:
            text = _("“places” names “{name}”, which is no value of “{seat}” among the classes.")
            yield place.problem(text.format(name=name, seat=seat), name, values.values())
        asked = one.asked_in(seat, school.pupil_columns)
        for name in [c for c in asked if c not in school.pupil_columns]:
            text = _("“requests” names “{name}”, which is not a column of the pupils in the files.")
            yield place.problem(text.format(name=name), name, school.pupil_columns)
        if not asked:
            text = _("no column says which “{name}” the applicants ask for: everybody accepts any.")
            yield place.problem(text.format(name=seat), seat, warning=True)
    for name in [n for n in one.requests if n not in one.seats]:
        text = _("“requests” names “{name}”, which is not one of the seats.")
        yield place.problem(text.format(name=name), name, one.seats)
    unknown = [c for c in one.opens if c not in school.class_columns]
    for name in unknown:
        text = _("“opens” names “{name}”, which is not a column of the classes in the files.")
        yield place.problem(text.format(name=name), name, school.class_columns)
    if one.opens and not unknown and not school.chosen_classes(one.opens):
        yield place.problem(_("no class in the files is one “opens” says."), in_toml(one.opens))
