"""Pupils stay with their previous class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from classi.criteria.base import Criterion
from classi.domain import Count, School, text_key
from classi.i18n import _
from classi.ledger import Ledger
from classi.terms import Place, Shape


class KeepClass(Criterion):
    """Pupils who had a class stay in the one that continues it: re-formation, late arrivals, repeated runs.

    S002 (A.9): there is no right to a given class, so this is usually a soft rule. Pupils whose previous class is not
    known, or has no continuation among the classes to form, are free.

    Fields
    ------
    column : the pupils' column with the previous class (default `classe_precedente`).
    mapping : which class continues which: ``{ "1A" = "2A", "1B" = "2B" }``. A class that is not in it keeps its name.

    Cost: pupils not in the class that continues their previous one.

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "keep_class"
        mapping = { "2A" = "3A", "2B" = "3B" }
        weight = 20
        tier = 2
    """

    rule: Literal["keep_class"] = "keep_class"
    column: str = "classe_precedente"
    mapping: dict[str, str] = Field(default_factory=dict)

    def terms(self, school: School) -> Iterator[Shape]:
        """Yield the place of each pupil whose class goes on."""
        follows = {text_key(old): new for old, new in self.mapping.items()}
        chosen = school.chosen_classes(self.classes)
        for i, pupil in enumerate(school.pupils):
            before = pupil[self.column]
            if before is None:
                continue
            target = school.class_at.get(text_key(follows.get(text_key(before), before)))
            if target in chosen:
                yield Place(i, frozenset({target}))

    def audit(self, ledger: Ledger) -> Iterator[Count]:
        """Yield the pupils who changed class."""
        follows = {" ".join(old.casefold().split()): new for old, new in self.mapping.items()}
        spelled = {" ".join(row["id"].casefold().split()): row["id"] for row in ledger.chosen_classes(self.classes)}
        for pupil in ledger.pupils:
            before = pupil.get(self.column)
            if before is None:
                continue
            after = str(follows.get(" ".join(str(before).casefold().split()), before))
            wanted = spelled.get(" ".join(after.casefold().split()))
            actual = ledger.class_of(pupil["id"])
            if wanted is not None and actual != wanted:
                yield Count(1, actual, wanted, pupils=(pupil["id"],))

    def explain(self, count: Count) -> str:
        """Say who changed class."""
        return _("Pupil {pupil} would stay with the same companions in class {wanted} but is in class {where}.").format(
            pupil=", ".join(count.pupils), wanted=count.about, where=count.where or "—"
        )

    def title(self) -> str:
        """Return the heading."""
        return _("Pupils stay with their previous class")
