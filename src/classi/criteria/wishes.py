"""The companions families ask for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

from pydantic import Field

from classi.criteria.base import Conditions, Criterion, Positive
from classi.domain import Count, School
from classi.i18n import _
from classi.ledger import Ledger
from classi.terms import AnyOf, Pair, Shape

WISH_RULES = ("wishes", "wish_at_least_one")
"""The rules that look at single wishes."""


class Wished(Criterion):
    """Common to the rules about wishes: which wishes count."""

    kind: Literal["any", "one_way", "reciprocal"] = "any"
    classes: Conditions = Field({}, max_length=0)

    def wanted(self, school: School) -> dict[int, dict[int, int]]:
        """Return for each pupil the friends asked for, each with its weight, for the optimiser."""
        weights: dict[tuple[int, int], int] = {}
        vetoed = set()
        for tie in school.ties:
            pair = tie.first, tie.second
            if tie.kind == "preferisce":
                weights[pair] = max(weights.get(pair, 0), tie.weight)
            elif tie.kind == "separati":
                vetoed |= {pair, pair[::-1]}
        found: dict[int, dict[int, int]] = defaultdict(dict)
        for (pupil, friend), weight in weights.items():
            returned = "reciprocal" if (friend, pupil) in weights else "one_way"
            if self.kind in ("any", returned) and (pupil, friend) not in vetoed:
                found[pupil][friend] = weight
        return found

    def asked(self, ledger: Ledger) -> tuple[dict[str, dict[str, int]], list[Count]]:
        """Return the same by identifier, for the auditor, and the wishes left out because they are vetoed."""
        wishes: dict[str, dict[str, int]] = {}
        for row in ledger.select(ledger.ties, {"tipo": "preferisce"}):
            mine = wishes.setdefault(row["da"], {})
            mine[row["a"]] = max(row["peso"], mine.get(row["a"], row["peso"]))
        kept_apart = {frozenset((row["da"], row["a"])) for row in ledger.select(ledger.ties, {"tipo": "separati"})}
        counted: dict[str, dict[str, int]] = {}
        vetoed = []
        for pupil, friends in wishes.items():
            for friend, weight in friends.items():
                mutual = pupil in wishes.get(friend, {})
                if self.kind == ("one_way" if mutual else "reciprocal"):
                    continue
                if {pupil, friend} in kept_apart:
                    text = _("{pupil} → {friend}: not counted, the two are to be kept apart")
                    vetoed.append(Count(0, about=text.format(pupil=pupil, friend=friend), pupils=(pupil, friend)))
                else:
                    counted.setdefault(pupil, {})[friend] = weight
        return counted, vetoed


class Wishes(Wished):
    """Every wish to be with a companion (tie ``preferisce``) is granted: the two are in the same class.

    A wish goes from one pupil to another; it is reciprocal when the other asks for the first as well. Each of the two
    wishes counts, so that a reciprocal pair in different classes costs twice a one-way wish. To weigh reciprocal and
    one-way wishes apart, use this rule twice. A wish between two pupils tied as ``separati``, in whichever order, is
    vetoed: it is not counted, and the report says so. A wish written twice counts once, with the larger ``peso``.

    Fields
    ------
    kind : ``"any"`` (default), ``"one_way"``, ``"reciprocal"``: which wishes this rule is about.
    at_most : each pupil's wishes count up to this many, the heaviest granted ones (default: all of them).
    classes : not for this rule, which is about pairs.

    Cost: the ``peso`` of each wish not granted. With ``at_most = n``, pupil by pupil: the sum of the n largest ``peso``
    among the wishes, less the sum of the n largest among those granted.

    Source: S001, secondaria, point 7 ("preferenza di un solo compagno o di una sola compagna … purché sia reciproca …
    attuato solo se possibile e se non in contrasto con l'indicazione degli insegnanti"); primaria, point 5.

    Example
    -------
    .. code-block:: toml

        [[criteria]]
        rule = "wishes"
        kind = "reciprocal"
        at_most = 1
        weight = 4
    """

    rule: Literal["wishes"] = "wishes"
    at_most: Positive | None = None

    def terms(self, school: School) -> Iterator[Shape]:
        """Yield one pair for the wishes between two pupils, and counts of friends where only some have to be there."""
        pairs: Counter[tuple[int, int]] = Counter()
        for pupil, friends in self.wanted(school).items():
            # Layer by layer: the n largest weights are, for every level w, min(n, friends of weight w or more) times
            # the step from the next level below.
            for level, below in pairwise([*sorted(set(friends.values()), reverse=True), 0]):
                layer = tuple(friend for friend, weight in friends.items() if weight >= level)
                if self.at_most is not None and len(layer) > self.at_most:
                    yield AnyOf(pupil, layer, self.at_most, level - below)
                else:
                    pairs.update({(min(pupil, f), max(pupil, f)): level - below for f in layer})
        for (first, second), times in pairs.items():
            if times:
                yield Pair(first, second, together=True, times=times)

    def audit(self, ledger: Ledger) -> Iterator[Count]:
        """Look whether the two pupils of each wish are in one class."""
        wishes, vetoed = self.asked(ledger)
        for pupil, friends in wishes.items():
            yield from self._audit_pupil(ledger, pupil, friends)
        yield from vetoed

    def _audit_pupil(self, ledger: Ledger, pupil: str, friends: dict[str, int]) -> Iterator[Count]:
        seat = ledger.class_of(pupil)
        met = {friend for friend in friends if seat and ledger.class_of(friend) == seat}
        ranked = sorted(friends, key=lambda friend: (-friends[friend], friend not in met))
        due = ranked[: self.at_most]
        # A granted wish beyond those due stands in for a heavier one that is not granted.
        instead = [friends[friend] for friend in ranked if friend in met and friend not in due]
        for friend in ranked:
            missed = 0
            if friend in due and friend not in met:
                missed = friends[friend] - (instead.pop(0) if instead else 0)
            where = ", ".join(c for c in dict.fromkeys((seat, ledger.class_of(friend))) if c)
            low = 1 if friend in due else None
            yield Count(missed, where, f"{pupil} → {friend}", int(friend in met), low, None, (pupil, friend))

    def explain(self, count: Count) -> str:
        """Say which wish is not granted."""
        pupil, friend = count.pupils
        return _(
            "The wish of pupil {pupil} to be with {friend} is not granted: they are in different classes ({where})."
        ).format(pupil=pupil, friend=friend, where=count.where)

    def title(self) -> str:
        """Return the heading."""
        headings = {"any": _("Wishes"), "one_way": _("Wishes, one-way"), "reciprocal": _("Wishes, reciprocal")}
        if self.at_most is None:
            return headings[self.kind]
        return _("{wishes} (at most {number} per pupil)").format(wishes=headings[self.kind], number=self.at_most)
