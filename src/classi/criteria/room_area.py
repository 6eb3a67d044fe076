"""As many persons as the room has space for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Annotated, Literal

from pydantic import Field

from classi.criteria.base import LARGEST, Criterion, Natural, Number, say_band, say_pupils, say_value
from classi.domain import Count, School
from classi.i18n import _
from classi.ledger import Ledger
from classi.terms import Band, Shape


class RoomArea(Criterion):
    """The room of a class (column `area_mq` of the table `classi`) has `per_pupil` square metres for each person.

    DM 18/12/1975 asks for 1.80 m² a pupil in the infanzia, the primaria and the secondaria di I grado, 1.96 m² in the
    secondaria di II grado. A class whose area is not known has no limit.

    Fields
    ------
    per_pupil : square metres for each person, up to three decimals.
    extra_persons : adults counted with the pupils (default 0).

    Cost: pupils above area ÷ `per_pupil`, rounded down, less `extra_persons`, class by class.

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "room_area"
        per_pupil = 1.80
        hard = true
        source = "DM 18/12/1975"
    """

    rule: Literal["room_area"] = "room_area"
    per_pupil: Annotated[Number, Field(gt=0, le=LARGEST, decimal_places=3)]
    extra_persons: Natural = 0

    def terms(self, school: School) -> Iterator[Shape]:
        """Yield one band a class whose area is known."""
        everybody = tuple((i, 1) for i in range(len(school.pupils)))
        for c in school.chosen_classes(self.classes):
            area = school.classes[c]["area_mq"]
            if isinstance(area, int | Decimal):
                places = floor(Fraction(area) / Fraction(self.per_pupil)) - self.extra_persons
                yield Band((c,), everybody, high=places)

    def audit(self, ledger: Ledger) -> Iterator[Count]:
        """Count the pupils of each class whose area is known."""
        for row in ledger.chosen_classes(self.classes):
            area = row.get("area_mq")
            if not isinstance(area, int | Decimal):
                continue
            places = int(Decimal(area) // self.per_pupil) - self.extra_persons
            size = len(ledger.pupils_in(row["id"]))
            room = _("{area} m²").format(area=say_value(area))
            yield Count(max(0, size - places), row["id"], room, size, None, places)

    def explain(self, count: Count) -> str:
        """Say which room is too small."""
        return _("Class {where} has {number}: its room ({area}) has space for {band}.").format(
            where=count.where, number=say_pupils(int(count.value or 0)), area=count.about, band=say_band(count)
        )

    def title(self) -> str:
        """Return the heading."""
        return _("Room: {area} m² for each person").format(area=say_value(self.per_pupil))

    def idle(self, school: School) -> Iterable[str]:
        """Report that no area is known: then the rule limits nothing."""
        chosen = school.chosen_classes(self.classes)
        if chosen and all(school.classes[c]["area_mq"] is None for c in chosen):
            yield _("no class has its area in the column “area_mq” of the table “classi”.")

    def odd(self, school: School) -> Iterable[str]:
        """Report areas that are not areas."""
        areas = {school.classes[c].id: school.classes[c]["area_mq"] for c in school.chosen_classes(self.classes)}
        for class_id, area in areas.items():
            if area is not None and (not isinstance(area, int | Decimal) or isinstance(area, bool) or area <= 0):
                yield _("the area of class {where} is “{value}”: a number of square metres above 0 is needed.").format(
                    where=class_id, value=say_value(area)
                )
