"""Why a pupil is in this class: the facts, the wishes, and what any other class would cost and to whom.

Nothing here is a template: every "what if" is a move or a swap, found by trying them all, carried out on the auditor's
rows and counted again. The words are in `classi.explain.words`; for families in `classi.explain.family`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Literal

from classi.audit import Audit, audit_ledger
from classi.criteria.wishes import WISH_RULES
from classi.differences import costs_of, rule_changes
from classi.domain import Count, text_key
from classi.errors import InputError, Problem
from classi.explain.model import ClassAnswer, CountAnswer, CountChange, Explanation, Fact, Way, WishAnswer
from classi.formation.nearby import Nearby, Priced
from classi.i18n import _
from classi.ledger import Ledger
from classi.price import Move
from classi.recount import ASSIGNMENT
from classi.report.pupils import split_wishes
from classi.splits import Split
from classi.terms import Pair, Place

__all__ = ["Explanation", "Trial", "Way", "explain_pupil"]


def explain_pupil(split: Split, pupil: str, *, rule: int | None = None, class_id: str | None = None) -> Explanation:
    """Explain, with everything computed, why a pupil is in this class: the version of the commission.

    Parameters
    ----------
    split : the split, read back or of any origin.
    pupil : identifier.
    rule : explain the counts of this rule only (from 1), those within their target included.
    class_id : the class whose counts are explained; by default the pupil's.

    Raises
    ------
    InputError
        If there is no such pupil, rule or class.

    Examples
    --------
    >>> from classi import Case
    >>> from classi.splits import split_of
    >>> rows = {"alunni": [{"id": "a"}, {"id": "b"}, {"id": "c"}], "classi": [{"id": "1A"}, {"id": "1B"}]}
    >>> rules = {"criteria": [{"rule": "equal_sizes", "weight": 1}]}
    >>> found = explain_pupil(split_of(Case.from_rows(rows, rules), {"a": "1A", "b": "1A", "c": "1B"}, "x"), "a")
    >>> found.classes[0].way.moves[0].after, found.classes[0].way.verdict
    ('1B', 0)
    """
    check_asked(split, pupil, rule, class_id)
    trial = Trial(split)
    i = split.case.school.pupil_at[pupil]
    where = trial.class_id(class_id) if class_id else trial.placed[pupil]
    return Explanation(
        pupil, trial.placed[pupil], split.name, trial.facts(i), trial.wishes(i), trial.classes(i),
        trial.counts(where, rule),
    )  # fmt: skip


def check_asked(split: Split, pupil: str, rule: int | None = None, class_id: str | None = None) -> None:
    """Report a pupil, a rule or a class that is not there, all at once."""
    school, problems = split.case.school, []
    if pupil not in school.pupil_at:
        text = _("This pupil has no class in {split}: is the identifier written as in the files?")
        problems.append(Problem(text.format(split=split.name), ASSIGNMENT, column="id", value=pupil))
    number = len(split.case.regulation.criteria)
    if rule is not None and not 1 <= rule <= number:
        text = _("The rules are numbered from 1 to {number}.")
        problems.append(Problem(text.format(number=number), split.case.regulation.file, value=str(rule)))
    if class_id is not None and text_key(class_id) not in school.class_at:
        text = _("There is no class of this name. The classes: {classes}.")
        names = ", ".join(c.id for c in school.classes)
        problems.append(Problem(text.format(classes=names), value=class_id))
    if problems:
        raise InputError(problems)


class Trial:
    """A split on which changes are tried: priced by the algebra, and counted by the auditor where they are told."""

    def __init__(self, split: Split) -> None:
        self.split, self.school, self.regulation = split, split.case.school, split.case.regulation
        self.placed = split.placed
        self.nearby = Nearby(self.school, split.case.terms, split.places)
        self.asked, self.vetoed = split_wishes(split.ledger)

    def class_id(self, name: str) -> str:
        """Return a class as the files spell it."""
        return self.school.classes[self.school.class_at[text_key(name)]].id

    # --- what is said of the pupil ---

    def facts(self, i: int) -> tuple[Fact, ...]:
        """Return what the seat and the rules say of a pupil by name."""
        pupil = self.school.pupils[i].id
        found = []
        if self.split.audit.admission is not None:
            found.append(Fact("seat", classes=self._ids(self.school.class_at[text_key(c)] for c in self._seat(pupil))))
        found += [self._place(i, k, classes) for k, classes in self._wanted(i).items()]
        for term in self.split.case.terms:
            shape, rule = term.shape, self.regulation.criteria[term.criterion]
            if isinstance(shape, Pair) and i in (shape.first, shape.second) and rule.rule not in WISH_RULES:
                other = self.school.pupils[shape.second if i == shape.first else shape.first].id
                kept = (self.placed[pupil] == self.placed[other]) == shape.together
                kind: Literal["together", "apart"] = "together" if shape.together else "apart"
                found.append(Fact(kind, term.criterion + 1, rule.hard, kept, other=other))
        return tuple(found)

    def _place(self, i: int, k: int, classes: frozenset[int]) -> Fact:
        rule, pupil = self.regulation.criteria[k], self.school.pupils[i].id
        who = [(pin.who, pin.why) for pin in getattr(rule, "pins", ()) if pin.pupil == pupil] or [("", "")]
        kept = self.split.places[i] in classes
        return Fact("place", k + 1, rule.hard, kept, self._ids(classes), "", *who[-1])

    def _wanted(self, i: int) -> Mapping[int, frozenset[int]]:
        """Return, for each rule about where a pupil goes, the classes that keep it best."""
        found: dict[int, frozenset[int]] = {}
        for term in self.split.case.terms:
            if isinstance(term.shape, Place) and term.shape.pupil == i:
                found[term.criterion] = found.get(term.criterion, term.shape.classes) & term.shape.classes
        return found

    def _seat(self, pupil: str) -> frozenset[str]:
        return (self.split.case.seats or {})[pupil]

    def _ids(self, classes: Iterable[int]) -> tuple[str, ...]:
        return tuple(self.school.classes[c].id for c in sorted(classes))

    # --- wishes and other classes ---

    def wishes(self, i: int) -> tuple[WishAnswer, ...]:
        """Return an answer to each wish of a pupil."""
        pupil = self.school.pupils[i].id
        counted = {
            (c.pupils[0], friend)
            for a in self.split.audit.criteria
            if a.rule in WISH_RULES
            for c in a.counts
            if c.value is not None
            for friend in c.pupils[1:]
        }
        return tuple(self._wish(pupil, friend, (pupil, friend) in counted) for friend in self.friends(pupil))

    def friends(self, pupil: str) -> tuple[str, ...]:
        """Return whom a pupil asks to be with, in the order of the file."""
        ties = self.split.ledger.ties
        return tuple(dict.fromkeys(t["a"] for t in ties if t["tipo"] == "preferisce" and t["da"] == pupil))

    def _wish(self, pupil: str, friend: str, counted: bool) -> WishAnswer:
        vetoed = (pupil, friend) in self.vetoed
        if self.placed[friend] == self.placed[pupil]:
            return WishAnswer(friend, True, vetoed, counted)
        if vetoed:
            return WishAnswer(friend, False, vetoed, counted)
        one, two = (self.nearby.rooms[self.school.pupil_at[p]] for p in (pupil, friend))
        best = self.granting(pupil, friend)
        return WishAnswer(friend, False, vetoed, counted, bool(one & two), self.way(best) if best else None)

    def granting(self, pupil: str, friend: str) -> Priced | None:
        """Return the cheapest move or swap that brings two pupils together; ``None`` when there is none."""
        at = self.school.pupil_at
        return self.nearby.cheapest(self.nearby.together(at[pupil], at[friend]))

    def classes(self, i: int) -> tuple[ClassAnswer, ...]:
        """Return what each other class would cost a pupil's going there."""
        found = []
        for c, other in enumerate(self.school.classes):
            if c != self.split.places[i]:
                best = self.nearby.cheapest(self.nearby.to_class(i, c))
                closed, by_seat = ((), False) if best else self.closed(i, c)
                found.append(ClassAnswer(other.id, closed, by_seat, self.way(best) if best else None))
        return tuple(found)

    def closed(self, i: int, c: int) -> tuple[tuple[int, ...], bool]:
        """Return what closes a class to a pupil: the mandatory rules, from 1, and whether the seat does."""
        wanted = self._wanted(i)
        rules = tuple(k + 1 for k in wanted if c not in wanted[k] and self.regulation.criteria[k].hard)
        given = self.split.audit.admission is not None
        by_seat = given and self.school.classes[c].id not in self._seat(self.school.pupils[i].id)
        return rules, by_seat

    # --- counts ---

    def counts(self, class_id: str, rule: int | None = None) -> tuple[CountAnswer, ...]:
        """Return why the rules count what they count in a class; without `rule`, only what is outside its target."""
        found = []
        for audited in self.split.audit.criteria:
            for count in audited.counts:
                here = not count.pupils and count.value is not None and class_id in count.where.split(", ")
                if here and (count.excess > 0 if rule is None else audited.number == rule):
                    way = self._nearer(audited.number, count) if count.excess else None
                    found.append(CountAnswer(audited.number, count, way, self._best_proved(audited.tier)))
        return tuple(found)

    def _nearer(self, number: int, count: Count) -> Way | None:
        """Return the cheapest way to bring a count nearer to its target: the auditor says which one does."""
        for priced in self._around(count.where):
            if number - 1 in priced.fewer:
                way = self.way(priced)
                if any(c.number == number and _nearer(c, count) for c in way.counts):
                    return way
        return None

    def _around(self, where: str) -> Iterator[Priced]:
        if where not in self._looked:
            classes = {self.school.class_at[text_key(name)] for name in where.split(", ")}
            self._looked[where] = sorted(map(self.nearby.price, self.nearby.around(classes)), key=lambda p: p.order)
        yield from self._looked[where]

    @cached_property
    def _looked(self) -> dict[str, list[Priced]]:
        return {}

    def _best_proved(self, tier: int | None) -> bool:
        """Tell whether the certificate proves that no split is better down to this tier."""
        if self.split.recount.differences:
            return False  # a certificate of other files proves nothing of these
        told = {t.get("tier"): t for t in self.split.certificate.get("tiers") or ()}
        found = [(value, told.get(t, {})) for t, value in self.split.audit.tiers.items() if tier and t <= tier]
        return bool(found) and all(t.get("proved") is True and t.get("value") == value for value, t in found)

    # --- one change, audited ---

    def way(self, priced: Priced) -> Way:
        """Carry out a change on the auditor's rows and count everything again."""
        ids, places = self.school.pupils, self.split.places
        moves = tuple(
            Move(ids[i].id, self.school.classes[places[i]].id, self.school.classes[c].id) for i, c in priced.changes
        )
        placed = self.placed | {move.pupil: move.after for move in moves}
        audit = self._audit(placed)
        changes = rule_changes(self.regulation, costs_of(self.split.audit), costs_of(audit))
        met = {w for w in self.asked if self.placed[w[0]] == self.placed[w[1]]}
        then = {w for w in self.asked if placed[w[0]] == placed[w[1]]}
        return Way(
            moves, changes, tuple(count_changes(self.split.audit, audit)), tuple(sorted(then - met)),
            tuple(sorted(met - then)),
        )  # fmt: skip

    def _audit(self, placed: Mapping[str, str]) -> Audit:
        rows = self.split.ledger
        ledger = Ledger(rows.pupils, rows.classes, rows.ties, placed, rows.open)
        return audit_ledger(ledger, self.regulation, self.split.case.seats)


def count_changes(before: Audit, after: Audit) -> Iterator[CountChange]:
    """Yield what the rules count in classes, where its distance from the target differs between two audits."""
    for old, new in zip(before.criteria, after.criteria, strict=True):
        then = {(c.where, c.about): c for c in new.counts if not c.pupils}
        for count in old.counts:
            changed = then.get((count.where, count.about)) if not count.pupils else None
            if changed is not None and changed.excess != count.excess:
                yield CountChange(old.number, count, changed)


def _nearer(change: CountChange, count: Count) -> bool:
    same = (change.before.where, change.before.about) == (count.where, count.about)
    return same and change.after.excess < count.excess
