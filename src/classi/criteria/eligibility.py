"""Pupils only in classes that offer what they asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from classi.criteria.base import Criterion, YesNo, say_value
from classi.domain import Count, School, Value
from classi.i18n import _
from classi.ledger import Ledger
from classi.terms import Place, Shape


class Eligibility(Criterion):
    """A pupil goes only to a class whose site, language, time model … is among those asked for.

    The hard rules of this kind say which classes are open to each pupil; every even split is reckoned on them. A pupil
    who asked for nothing may go anywhere; a class for which the attribute is not known takes anybody.

    Fields
    ------
    attribute : a column of the table `classi`: plesso, tempo_scuola, lingua2, indirizzo, anno …
    requests : the pupils' columns with what they ask for, the first choice first. Default: `<attribute>_1`,
        `<attribute>_2`, … where the file has them, otherwise `<attribute>`.
    first_only : only the first choice counts (default false).

    Cost: pupils in a class that offers none of what they asked for.

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "eligibility"
        attribute = "lingua2"
        hard = true
        source = "S001, secondaria di I grado, 3: richiesta della seconda lingua straniera"
    """

    rule: Literal["eligibility"] = "eligibility"
    attribute: str
    requests: list[str] | None = None
    first_only: YesNo = False

    def pupil_columns(self) -> Iterable[str]:
        """Return the columns of the requests, where the regulation names them; `attribute` is one of the classes'."""
        return self.requests or []

    def terms(self, school: School) -> Iterator[Shape]:
        """Yield the classes of each pupil who may not go everywhere."""
        for i, classes in enumerate(self.allowed(school)):
            if len(classes) < len(school.classes):
                yield Place(i, classes)

    def allowed(self, school: School) -> list[frozenset[int]]:
        """Return the classes open to each pupil."""
        everywhere = frozenset(range(len(school.classes)))
        anybody = everywhere.difference(school.chosen_classes(self.classes))
        anybody = anybody.union(school.chosen_classes({self.attribute: {"known": False}}))
        offering: dict[tuple[type, Value], tuple[int, ...]] = {}
        found: dict[tuple[Value, ...], frozenset[int]] = {(): everywhere}
        pupils = []
        for asked in choices(school, self.attribute, self.requests):
            counted = asked[:1] if self.first_only else asked
            if counted not in found:
                for value in counted:
                    if (type(value), value) not in offering:
                        offering[type(value), value] = school.chosen_classes({self.attribute: value})
                found[counted] = anybody.union(*(offering[type(value), value] for value in counted))
            pupils.append(found[counted])
        return pupils

    def audit(self, ledger: Ledger) -> Iterator[Count]:
        """Yield the pupils who are in a class that offers nothing they asked for."""
        may_go = self.allowed_ids(ledger)
        asked = asked_by(ledger, self.attribute, self.requests)
        for row in ledger.chosen_classes(self.classes):
            for pupil in ledger.pupils_in(row["id"]):
                if row["id"] not in may_go[pupil["id"]]:
                    words = ", ".join(say_value(v) for v in asked[pupil["id"]][: 1 if self.first_only else None])
                    yield Count(1, row["id"], words, pupils=(pupil["id"],))

    def allowed_ids(self, ledger: Ledger) -> dict[str, set[str]]:
        """Return the classes open to each pupil, counted from the rows."""
        ruled = {row["id"] for row in ledger.chosen_classes(self.classes)}
        offering = {row["id"] for row in ledger.chosen_classes({self.attribute: {"known": True}})}
        all_ids = {row["id"] for row in ledger.classes}
        met: dict[tuple[Any, ...], set[str]] = {}
        result = {}
        for pupil, wishes in asked_by(ledger, self.attribute, self.requests).items():
            wanted = wishes[:1] if self.first_only else wishes
            if wanted not in met:
                fitting = {row["id"] for row in ledger.chosen_classes({self.attribute: {"in": list(wanted)}})}
                met[wanted] = all_ids - ((ruled & offering) - fitting) if wanted else all_ids
            result[pupil] = met[wanted]
        return result

    def explain(self, count: Count) -> str:
        """Say who is where without having asked for it."""
        return _("Pupil {pupil} asked for {asked} ({column}), which class {where} does not offer.").format(
            pupil=", ".join(count.pupils),
            asked=count.about,
            column=self.attribute.replace("_", " "),
            where=count.where,
        )

    def title(self) -> str:
        """Return the heading."""
        column = self.attribute.replace("_", " ")
        if self.first_only:
            return _("Only classes with the first choice: {column}").format(column=column)
        return _("Only classes with what was asked for: {column}").format(column=column)

    def odd(self, school: School) -> Iterable[str]:
        """Report an attribute the classes do not have, and requests the pupils do not have."""
        return missing_columns(school, self.attribute, self.requests)


def missing_columns(school: School, attribute: str, requests: list[str] | None) -> Iterator[str]:
    """Say which columns a rule about requests would need and the files do not have."""
    if attribute not in school.class_columns:
        yield _("“{column}” is not a column of the table “classi”.").format(column=attribute)
    if not requests and not request_columns(school, attribute):
        yield _("the pupils have no requests: neither “{column}_1” nor “{column}” is a column of theirs.").format(
            column=attribute
        )


# --- requests, for terms ---


def request_columns(school: School, attribute: str) -> list[str]:
    """Return the numbered columns of an attribute in order, or the plain one, or nothing."""
    numbered = sorted(
        (int(number[1]), column)
        for column in school.pupil_columns
        if (number := re.fullmatch(rf"{re.escape(attribute)}_(\d+)", column))
    )
    return [column for _n, column in numbered] or [c for c in (attribute,) if c in school.pupil_columns - {"id"}]


def choices(school: School, attribute: str, requests: list[str] | None) -> Iterator[tuple[Value, ...]]:
    """Yield what each pupil asked for, the first choice first; cells that are not known are skipped."""
    columns = requests or request_columns(school, attribute)
    for pupil in school.pupils:
        yield tuple(value for column in columns if (value := pupil[column]) is not None)


# --- requests, for audit: found again in the rows ---


def asked_by(ledger: Ledger, attribute: str, requests: list[str] | None) -> dict[str, tuple[Any, ...]]:
    """Return what each pupil asked for, by identifier, from the rows."""
    columns = list(requests or [])
    if not columns:
        present = {column for pupil in ledger.pupils for column in pupil}
        ranks = {c: c.removeprefix(f"{attribute}_") for c in present if c.startswith(f"{attribute}_")}
        columns = sorted((c for c, rank in ranks.items() if rank.isdecimal()), key=lambda c: (int(ranks[c]), c))
        columns = columns or [c for c in (attribute,) if c != "id"]
    return {pupil["id"]: tuple(pupil[c] for c in columns if pupil.get(c) is not None) for pupil in ledger.pupils}
