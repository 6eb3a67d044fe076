"""Pupils whose class is fixed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import Field

from classi.criteria.base import Criterion, Pin
from classi.domain import Count, School, text_key
from classi.i18n import _
from classi.ledger import Ledger
from classi.terms import Place, Shape


class FixedClass(Criterion):
    """Pupils whose class is decided beforehand are in that class.

    The class is in a column of the pupils' table or in a pin of the regulation, which carries who decided it and why
    and wins over the column. A pupil with neither is free.

    Fields
    ------
    column : the pupils' column with the class (default `classe_fissa`).
    pins : list of ``{pupil, class, who, why}``.

    Cost: pupils not in the class fixed for them.

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "fixed_class"
        hard = true
        pins = [{ pupil = "A017", class = "1B", who = "Dirigente scolastico", why = "Class on the ground floor" }]
    """

    rule: Literal["fixed_class"] = "fixed_class"
    column: str = "classe_fissa"
    pins: list[Pin] = Field(default_factory=list)

    def pupil_columns(self) -> Iterable[str]:
        """Return the column, where the regulation names it: with pins alone the files need not have the usual one."""
        return [self.column] if "column" in self.model_fields_set else []

    def terms(self, school: School) -> Iterator[Shape]:
        """Yield the place of each pupil who has one."""
        pinned = {pin.pupil: pin.class_id for pin in self.pins}
        chosen = school.chosen_classes(self.classes)
        for i, pupil in enumerate(school.pupils):
            wanted = pinned.get(pupil.id, pupil[self.column])
            target = None if wanted is None else school.class_at.get(text_key(wanted))
            if target in chosen:
                yield Place(i, frozenset({target}))

    def audit(self, ledger: Ledger) -> Iterator[Count]:
        """Yield the pupils who are not where they should be."""
        pinned = {pin.pupil: pin.class_id for pin in self.pins}
        spelled = {" ".join(row["id"].casefold().split()): row["id"] for row in ledger.chosen_classes(self.classes)}
        for pupil in ledger.pupils:
            cell = pinned.get(pupil["id"], pupil.get(self.column))
            wanted = None if cell is None else spelled.get(" ".join(str(cell).casefold().split()))
            actual = ledger.class_of(pupil["id"])
            if wanted is not None and actual != wanted:
                yield Count(1, actual, wanted, pupils=(pupil["id"],))

    def explain(self, count: Count) -> str:
        """Say who should be elsewhere, and who decided it."""
        pupil = ", ".join(count.pupils)
        sentence = _("Pupil {pupil} must be in class {wanted} but is in class {where}.").format(
            pupil=pupil, wanted=count.about, where=count.where or "—"
        )
        return sentence + "".join(say_decided(pin) for pin in self.pins if pin.pupil == pupil)

    def title(self) -> str:
        """Return the heading."""
        return _("Pupils whose class is fixed")

    def odd(self, school: School) -> Iterable[str]:
        """Report a rule that fixes nobody, and pupils pinned to two classes."""
        if not self.pins and self.column not in school.pupil_columns:
            yield _("nobody is named: there are no pins, and the pupils have no column “{column}”.").format(
                column=self.column
            )
        first: dict[str, str] = {}
        for pin in self.pins:
            if text_key(first.setdefault(pin.pupil, pin.class_id)) != text_key(pin.class_id):
                yield _("pupil {pupil} is pinned to two classes: {one}, {two}.").format(
                    pupil=pin.pupil, one=first[pin.pupil], two=pin.class_id
                )


def say_decided(pin: Pin) -> str:
    """Put into words who decided a pin and why, to follow another sentence."""
    return " " + _("Decided by {who}: {why}.").format(who=pin.who, why=pin.why.rstrip("."))
