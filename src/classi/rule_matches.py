"""Rules that match nobody: a word misspelled in a regulation would otherwise pass in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from classi.criteria.base import Criterion, say_group
from classi.domain import Conditions, Pupil, School, SchoolClass, Value, meets, text_key
from classi.i18n import _
from classi.rule_errors import in_toml, nearest

CLOSED = {"sesso": ("M", "F"), "disabilita": ("no", "comma1", "comma3")}
"""Columns that hold no other words."""
YES_OR_NO = frozenset({"straniero", "nato_in_italia", "nai", "dsa", "bes", "situazione_problematica", "ripetente"})
_YES = frozenset({"sì", "si", "s", "x", "vero", "yes", "y"})
_NO = frozenset({"n", "falso"})


@dataclass(frozen=True)
class Miss:
    """Something in a rule that matches nobody: the sentence, what is written, the nearest right word."""

    message: str
    value: str = ""
    hint: str = ""
    warning: bool = False


def misses(criterion: Criterion, school: School) -> Iterator[Miss]:
    """Yield what in a rule cannot match (an error), or matches nobody in these files (a warning)."""
    pupils = _Table(
        school.pupils, school.pupil_columns, _("{what} matches no pupil in these files: is it spelled right?")
    )
    classes = _Table(
        school.classes, school.class_columns, _("{what} matches no class in these files: is it spelled right?")
    )
    yield from pupils.misses(getattr(criterion, "of", {}))
    yield from classes.misses(criterion.classes)
    values = getattr(criterion, "values", None)
    if values:
        yield from pupils.missing_values(getattr(criterion, "attribute", ""), values)


@dataclass(frozen=True)
class _Table:
    """The rows of one table, and the sentence for what matches none of them."""

    rows: Sequence[Pupil | SchoolClass]
    columns: frozenset[str]
    sentence: str

    def misses(self, conditions: Conditions) -> Iterator[Miss]:
        named = {column: test for column, test in conditions.items() if column in self.columns}
        impossible = [miss for column, test in named.items() for miss in self._impossible(column, test)]
        yield from impossible
        if impossible:
            return
        alone = [miss for column, test in named.items() for miss in self._alone(column, test)]
        yield from alone
        # Unknown cells are nobody's slip: a rule about them may well find none.
        asked = all(_options(test) or _limits(test) for test in named.values())
        if not alone and named and asked and not self._anybody_at_all(named):
            yield self._nobody(named, "")

    def missing_values(self, column: str, values: Sequence[Any]) -> Iterator[Miss]:
        if column not in self.columns:
            return
        impossible = list(self._impossible(column, list(values)))
        yield from impossible
        absent = [value for value in values if not self._anybody(column, value)]
        # The words of a closed column are spelled right: it is odd only when not one of them is found.
        if not impossible and absent and (self._legal(column) is None or len(absent) == len(values)):
            for value in absent:
                yield self._nobody({column: value}, self._nearest(column, value))

    def _impossible(self, column: str, test: Any) -> Iterator[Miss]:
        legal = self._legal(column)
        if legal is None:
            return
        expected = ", ".join(in_toml(value) for value in legal)
        for option in _options(test):
            if not any(meets(value, option) for value in legal):
                message = _("{value} never stands in the column “{column}”, which holds {expected}.")
                message = message.format(value=in_toml(option), column=column, expected=expected)
                yield Miss(message, in_toml(option), _nearest_legal(option, legal) or expected, warning=False)
        for limit in _limits(test) if legal == (True, False) else ():
            message = _("the column “{column}” holds yes and no, which come in no order: write true or false.")
            yield Miss(message.format(column=column), in_toml(limit), expected, warning=False)

    def _alone(self, column: str, test: Any) -> Iterator[Miss]:
        options = [*_options(test), *_limits(test)]
        if options and not self._anybody(column, test):
            yield self._nobody({column: test}, self._nearest(column, options[0]))

    def _nobody(self, conditions: Conditions, hint: str) -> Miss:
        return Miss(self.sentence.format(what=say_group(conditions)), in_toml(conditions), hint, warning=True)

    def _anybody(self, column: str, test: Any) -> bool:
        return any(meets(row[column], test) for row in self.rows)

    def _anybody_at_all(self, conditions: Conditions) -> bool:
        return any(all(meets(row[c], test) for c, test in conditions.items()) for row in self.rows)

    def _nearest(self, column: str, option: Any) -> str:
        return nearest(str(option), {str(row[column]): None for row in self.rows if row[column] is not None})

    def _legal(self, column: str) -> tuple[Value, ...] | None:
        """Return the only values a column may hold, or None where anything may stand."""
        known = {row[column] for row in self.rows} - {None}
        if all(isinstance(value, bool) for value in known) and (known or column in YES_OR_NO):
            return (True, False)
        legal = CLOSED.get(column)
        return legal if legal is not None and known <= set(legal) else None


def _options(test: Any) -> list[Any]:
    """Return what a condition compares cells with."""
    if isinstance(test, Mapping):
        return [option for part in ("in", "not") if part in test for option in _options(test[part])]
    return list(test) if isinstance(test, list | tuple) else [test]


def _limits(test: Any) -> list[Any]:
    return [test[part] for part in ("min", "max") if part in test] if isinstance(test, Mapping) else []


def _nearest_legal(option: Any, legal: Sequence[Value]) -> str:
    word = text_key(option)
    if True in legal:
        return "true" if word in _YES else "false" if word in _NO else ""
    words = [str(value) for value in legal]
    near = nearest(word, words) or next((w for w in words if word.startswith(text_key(w))), "")
    return in_toml(near) if near else ""
