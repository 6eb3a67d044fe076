"""Nobody without any of the companions asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal

from classi.criteria.base import Positive
from classi.criteria.wishes import Wished
from classi.domain import Count, School
from classi.i18n import _
from classi.ledger import Ledger
from classi.terms import AnyOf, Pair, Shape


class WishAtLeastOne(Wished):
    """Every pupil who asked for companions has at least one of them (or `count` of them) in class.

    Which wishes count is said as in ``wishes``; here each counts the same, whatever its ``peso``. A pupil who asked for
    fewer than `count` companions should have them all.

    Fields
    ------
    kind : ``"any"`` (default), ``"one_way"``, ``"reciprocal"``: which wishes this rule is about.
    count : companions due to each pupil (default 1).
    classes : not for this rule, which is about single pupils.

    Cost: companions missing to `count`, pupil by pupil.

    Source: S001, secondaria, point 7 (one companion, if reciprocal), as most schools apply it: one of the names given.

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "wish_at_least_one"
        weight = 5
    """

    rule: Literal["wish_at_least_one"] = "wish_at_least_one"
    count: Positive = 1

    def terms(self, school: School) -> Iterator[Shape]:
        """Yield a count of friends for each pupil, or pairs where all of them are due."""
        pairs: Counter[tuple[int, int]] = Counter()
        for pupil, friends in self.wanted(school).items():
            if len(friends) > self.count:
                yield AnyOf(pupil, tuple(friends), self.count)
            else:
                pairs.update((min(pupil, friend), max(pupil, friend)) for friend in friends)
        for (first, second), times in pairs.items():
            yield Pair(first, second, together=True, times=times)

    def audit(self, ledger: Ledger) -> Iterator[Count]:
        """Count the companions each pupil has among those asked for."""
        wishes, vetoed = self.asked(ledger)
        for pupil, friends in wishes.items():
            seat = ledger.class_of(pupil)
            granted = len([friend for friend in friends if seat and ledger.class_of(friend) == seat])
            due = min(self.count, len(friends))
            about = f"{pupil} → {', '.join(friends)}"
            yield Count(max(0, due - granted), seat, about, granted, due, None, (pupil, *friends))
        yield from vetoed

    def explain(self, count: Count) -> str:
        """Say who has too few of the companions asked for."""
        pupil, *friends = count.pupils
        return _(
            "Pupil {pupil} (class {where}) asked to be with {friends}: {granted} granted, at least {due} due."
        ).format(pupil=pupil, where=count.where, friends=", ".join(friends), granted=count.value, due=count.low)

    def title(self) -> str:
        """Return the heading."""
        headings = {
            "any": _("At least {number} wish granted to each pupil"),
            "one_way": _("At least {number} one-way wish granted to each pupil"),
            "reciprocal": _("At least {number} reciprocal wish granted to each pupil"),
        }
        return headings[self.kind].format(number=self.count)
