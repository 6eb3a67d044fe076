"""Ties and fixed classes that no assignment can satisfy together, found before anything is solved."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from itertools import pairwise

from classi.domain import Tie
from classi.errors import Problem
from classi.i18n import _
from classi.tables.check import Draft
from classi.tables.table import listed

APART = ("separati", "gemelli", "fratelli")


def contradictions(draft: Draft) -> Iterator[Problem]:
    """Yield every contradiction: together and apart (also through chains), and with fixed and forbidden classes."""
    together = _Together(draft)
    yield from _apart_in_a_chain(draft, together)
    yield from _fixed_and_apart(draft)
    yield from _own_classes(draft)
    for group in together.groups():
        yield from _group(draft, together, group)


class _Together:
    """The pupils that ties `insieme` bind into one class."""

    def __init__(self, draft: Draft) -> None:
        self.neighbours: dict[int, dict[int, int]] = defaultdict(dict)
        for k, tie in draft.tied:
            if tie.kind == "insieme":
                self.neighbours[tie.first].setdefault(tie.second, k)
                self.neighbours[tie.second].setdefault(tie.first, k)

    def groups(self) -> Iterator[list[int]]:
        """Yield the groups, pupils in order of their rows."""
        seen: set[int] = set()
        for start in sorted(self.neighbours):
            if start not in seen:
                group = sorted(self._before(start))
                seen.update(group)
                yield group

    def _before(self, start: int, goal: int | None = None) -> dict[int, int]:
        before = {start: start}
        queue = deque([start])
        while queue and goal not in before:
            here = queue.popleft()
            for there in self.neighbours.get(here, ()):
                if there not in before:
                    before[there] = here
                    queue.append(there)
        return before

    def chain(self, start: int, goal: int) -> list[int]:
        """Return the shortest chain of ties between two pupils, both included; empty where there is none."""
        before = self._before(start, goal)
        if goal not in before:
            return []
        chain = [goal]
        while chain[-1] != start:
            chain.append(before[chain[-1]])
        return chain[::-1]

    def records(self, chain: Sequence[int]) -> list[int]:
        """Return the records of the ties along a chain."""
        return [self.neighbours[one][two] for one, two in pairwise(chain)]


def _binds_apart(tie: Tie) -> bool:
    # Siblings and twins may be asked for together by the family: only a binding tie keeps them apart.
    return tie.kind == "separati" or (tie.kind in APART and tie.binding)


def _apart_in_a_chain(draft: Draft, together: _Together) -> Iterator[Problem]:
    for k, tie in draft.tied:
        chain = together.chain(tie.first, tie.second) if _binds_apart(tie) else []
        if not chain:
            continue
        names = " – ".join(draft.pupil_id(i) for i in chain)
        rows = draft.ties.row_list(together.records(chain))
        message = _("These two pupils must be apart, but they are tied together: {chain} (rows {rows}).")
        hint = _("remove this tie, or one of those in rows {rows}").format(rows=rows)
        yield draft.ties.problem(message.format(chain=names, rows=rows), k, "tipo", hint)


def _fixed_and_apart(draft: Draft) -> Iterator[Problem]:
    for k, tie in draft.tied:
        fixed = draft.fixed.get(tie.first)
        if _binds_apart(tie) and fixed is not None and fixed == draft.fixed.get(tie.second):
            message = _("These two pupils are to be apart, but the same class is fixed for both: {name}.")
            message = message.format(name=draft.class_ids[fixed])
            yield draft.ties.problem(message, k, "tipo", warning=not tie.binding)


def _own_classes(draft: Draft) -> Iterator[Problem]:
    for i, fixed in draft.fixed.items():
        if fixed in draft.forbidden.get(i, ()):
            message = _("The class {name} is both fixed for this pupil and forbidden to it.")
            yield draft.pupils.problem(message.format(name=draft.class_ids[fixed]), i, "classe_fissa")
    for i, forbidden in draft.forbidden.items():
        if forbidden and forbidden == draft.class_ids.keys():
            yield draft.pupils.problem(_("Every class is forbidden to this pupil."), i, "classi_vietate")


def _group(draft: Draft, together: _Together, group: list[int]) -> Iterator[Problem]:
    fixed = [i for i in group if i in draft.fixed]
    for other in fixed[1:]:
        if draft.fixed[other] != draft.fixed[fixed[0]]:
            yield _two_classes(draft, together.chain(fixed[0], other))
    for i in fixed:
        for other in group:
            if other != i and draft.fixed[i] in draft.forbidden.get(other, ()):
                yield _fixed_and_forbidden(draft, together.chain(i, other))
    shut = [draft.forbidden[i] for i in group if i in draft.forbidden]
    everywhere = draft.class_ids.keys()
    if len(shut) > 1 and everywhere not in shut and set().union(*shut) == everywhere:
        message = _(
            "No class is left for pupils who must be together: {pupils}. Each class is forbidden to one of them."
        )
        yield _about_group(draft, together, group, message)
    sizes = [record.get("max") for record in draft.classes.records]
    largest = max((size for size in sizes if isinstance(size, int)), default=0)
    if sizes and None not in sizes and len(group) > largest:
        message = _("{number} pupils must be together ({pupils}), but the largest class holds {largest}.")
        yield _about_group(draft, together, group, message, largest)


def _two_classes(draft: Draft, chain: list[int]) -> Problem:
    first, last = (draft.class_ids[draft.fixed[i]] for i in (chain[0], chain[-1]))
    message = _("Pupils who must be together ({chain}) have different classes fixed: {first} and {last}.")
    names = " – ".join(draft.pupil_id(i) for i in chain)
    return draft.pupils.problem(message.format(chain=names, first=first, last=last), chain[-1], "classe_fissa", first)


def _fixed_and_forbidden(draft: Draft, chain: list[int]) -> Problem:
    message = _(
        "Of pupils who must be together ({chain}), the first has the class {name} fixed, forbidden to the last."
    )
    names = " – ".join(draft.pupil_id(i) for i in chain)
    message = message.format(chain=names, name=draft.class_ids[draft.fixed[chain[0]]])
    return draft.pupils.problem(message, chain[-1], "classi_vietate")


def _about_group(
    draft: Draft, together: _Together, group: list[int], message: str, largest: int | None = None
) -> Problem:
    first_tie = min(k for i in group for k in together.neighbours[i].values())
    names = listed([draft.pupil_id(i) for i in group])
    return draft.ties.problem(message.format(number=len(group), pupils=names, largest=largest), first_tie, "tipo")
