"""Pupils for whom some classes are ruled out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import Field

from classi.criteria.base import Criterion, Pin
from classi.criteria.fixed_class import say_decided
from classi.domain import Count, School, text_key
from classi.i18n import _
from classi.ledger import Ledger
from classi.terms import Place, Shape


class ForbiddenClass(Criterion):
    """Pupils are not in the classes ruled out for them.

    The classes are in a column of the pupils' table, or in pins of the regulation, which carry who decided it and why;
    what either rules out is ruled out. A pupil with neither is free.

    Fields
    ------
    column : the pupils' column with the classes (default `classi_vietate`): identifiers separated by ``;``, ``,`` or
        blanks.
    pins : list of ``{pupil, class, who, why}``.

    Cost: pupils in a class forbidden to them.

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "forbidden_class"
        hard = true
        pins = [{ pupil = "A017", class = "1C", who = "Dirigente scolastico", why = "A parent teaches there" }]
    """

    rule: Literal["forbidden_class"] = "forbidden_class"
    column: str = "classi_vietate"
    pins: list[Pin] = Field(default_factory=list)

    def pupil_columns(self) -> Iterable[str]:
        """Return the column, where the regulation names it: with pins alone the files need not have the usual one."""
        return [self.column] if "column" in self.model_fields_set else []

    def terms(self, school: School) -> Iterator[Shape]:
        """Yield the classes left to each pupil for whom some are ruled out."""
        everywhere = frozenset(range(len(school.classes)))
        chosen = set(school.chosen_classes(self.classes))
        for i, pupil in enumerate(school.pupils):
            names = [pin.class_id for pin in self.pins if pin.pupil == pupil.id]
            names += _listed(pupil[self.column], school.class_at)
            barred = {school.class_at.get(text_key(name)) for name in names} & chosen
            if barred:
                yield Place(i, everywhere - barred)

    def audit(self, ledger: Ledger) -> Iterator[Count]:
        """Yield the pupils who are in a class they must not be in."""
        known = {" ".join(row["id"].casefold().split()) for row in ledger.classes}
        for row in ledger.chosen_classes(self.classes):
            own = " ".join(row["id"].casefold().split())
            pinned = {pin.pupil for pin in self.pins if " ".join(pin.class_id.casefold().split()) == own}
            for pupil in ledger.pupils_in(row["id"]):
                if pupil["id"] in pinned or own in _vetoes(pupil.get(self.column), known):
                    yield Count(1, row["id"], pupils=(pupil["id"],))

    def explain(self, count: Count) -> str:
        """Say who must not be where, and who decided it."""
        pupil = ", ".join(count.pupils)
        sentence = _("Pupil {pupil} must not be in class {where}.").format(pupil=pupil, where=count.where)
        mine = (pin for pin in self.pins if pin.pupil == pupil and text_key(pin.class_id) == text_key(count.where))
        return sentence + "".join(say_decided(pin) for pin in mine)

    def title(self) -> str:
        """Return the heading."""
        return _("Classes ruled out for some pupils")

    def odd(self, school: School) -> Iterable[str]:
        """Report a rule that names nobody."""
        if not self.pins and self.column not in school.pupil_columns:
            yield _("nobody is named: there are no pins, and the pupils have no column “{column}”.").format(
                column=self.column
            )


def _listed(cell: object, known: Iterable[str]) -> list[str]:
    """Take a cell apart into class identifiers; one that itself contains a blank is kept whole."""
    parts = [] if cell is None else re.split("[;,]", str(cell))
    return [name for part in parts for name in ([part] if text_key(part) in known else part.split())]


def _vetoes(cell: object, known: set[str]) -> set[str]:
    """Do the same for the auditor: the identifiers in a cell, without case."""
    found: set[str] = set()
    for part in str("" if cell is None else cell).casefold().replace(",", ";").split(";"):
        words = part.split()
        found.update({" ".join(words)} if " ".join(words) in known else words)
    return found
