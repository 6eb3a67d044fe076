"""Splits side by side: rule by rule, wish by wish, who moves between them, and what one gives up for what.

Every cost is the auditor's count of the split it belongs to. Classes that no rule tells apart are matched first, so
that other names are no difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from classi.audit import Audit
from classi.case import Case
from classi.criteria.wishes import WISH_RULES
from classi.differences import better, costs_of, rule_changes, tier_changes
from classi.domain import Count, text_key
from classi.durable import write_atomic
from classi.errors import InputError, Problem
from classi.formation.matching import alike, distance, matched, renamed
from classi.formation.moves import describe
from classi.i18n import _
from classi.outputs import check_folder
from classi.recount import ASSIGNMENT
from classi.regulation import Regulation
from classi.report.compare_html import render_html
from classi.report.compare_indices import compared_indices
from classi.report.compare_model import (
    ClassRow,
    ComparedRule,
    ComparedTier,
    ComparedWish,
    Comparison,
    Side,
    Trade,
)
from classi.report.compare_xlsx import render_xlsx
from classi.report.pupils import pupil_labels
from classi.restate import tiers_of
from classi.splits import Split, read_earlier, read_split

FEWEST, MOST = 2, 6
PAGE, WORKBOOK = "confronto.html", "confronto.xlsx"


def compare(splits: Sequence[Split]) -> Comparison:
    """Set splits side by side; the first is the one the others are compared with.

    Splits of different pupils (before and after somebody left) are compared too: moves, distances and wishes are then
    of those who are in all of them, while every rule is counted on all the pupils of each split, as its certificate is.

    Parameters
    ----------
    splits : two to six, of the same classes, under the same rules.

    Raises
    ------
    InputError
        If there are fewer or more, or their classes or rules are not the same.

    Examples
    --------
    >>> from classi import Case
    >>> from classi.splits import split_of
    >>> rows = {"alunni": [{"id": p} for p in "abcd"], "classi": [{"id": "1A"}, {"id": "1B"}]}
    >>> case = Case.from_rows(rows, {"criteria": [{"rule": "equal_sizes", "weight": 1}]})
    >>> one = split_of(case, {"a": "1A", "b": "1A", "c": "1B", "d": "1B"}, "one")
    >>> other = split_of(case, {"a": "1B", "b": "1B", "c": "1B", "d": "1A"}, "other")
    >>> found = compare([one, other])
    >>> found.distances, found.trades[0].better
    (((0, 1), (1, 0)), 1)
    """
    _comparable(splits)
    first = splits[0]
    pupils = tuple(p.id for p in first.case.school.pupils if all(p.id in s.ledger.placed for s in splits))
    classes = {c.id: k for k, c in enumerate(first.case.school.classes)}
    places = [[classes[s.placed[p]] for p in pupils] for s in splits]
    groups = _groups(splits, classes)
    wishes = _wishes(splits)
    regulation = first.case.regulation
    sides = tuple(_side(s, matched(there, places[0], groups)) for s, there in zip(splits, places, strict=True))
    rules = _rules(regulation, splits)
    return Comparison(
        regulation=regulation,
        classes=tuple(classes),
        pupils=pupils,
        labels={i: name for s in reversed(splits) for i, name in pupil_labels(s.ledger.pupils).items()},
        sides=sides,
        order=_order(splits),
        rules=rules,
        rows=tuple(row for rule in rules for row in _rows(rule, sides, classes)),
        tiers=_tiers(splits),
        wishes=tuple(sorted((w for w in wishes if not all(w.granted)), key=lambda w: not any(w.granted))),
        asked=len(wishes),
        indices=compared_indices(regulation, [s.ledger for s in splits]),
        distances=_distances(places, groups),
        trades=tuple(_trade(splits, k, places, groups, wishes) for k in range(1, len(splits))),
        strangers=_strangers(splits, set(pupils)),
    )


def read_splits(case: Case, directories: Sequence[str | Path]) -> tuple[Split, ...]:
    """Read the splits to compare, each called by the shortest end of its path that no other has.

    Parameters
    ----------
    case : read from files.
    directories : two to six folders of results; or one, whose own result is then taken with those of its subfolders
        (the alternatives that `form` writes there). Classes as they were before a late enrolment are read too.

    Raises
    ------
    InputError
        If there are fewer or more, one is given twice, or one cannot be read; with all that is wrong in any of them.
    """
    folders = [Path(d) for d in directories]
    if len(folders) == 1:
        inside = [f for f in folders[0].glob("*/") if (f / ASSIGNMENT).is_file()]
        own = [folders[0]] if (folders[0] / ASSIGNMENT).is_file() else []
        folders = [*own, *sorted(inside, key=_in_order)]
    _right_number(len(folders), folders[0].name if len(folders) == 1 else "")
    whole = [f.resolve() for f in folders]
    problems = [
        Problem(_("This folder is given twice."), str(f)) for k, f in enumerate(folders) if whole[k] in whole[:k]
    ]
    splits = []
    for folder, name in zip(folders, _names(whole), strict=True):
        try:
            splits.append(read_earlier(case, folder, name) or read_split(case, folder, name))
        except InputError as error:
            problems += [replace(p, file=f"{name}: {p.file}" if p.file != name else name) for p in error.problems]
    if problems:
        raise InputError(problems)
    return tuple(splits)


def write_comparison(comparison: Comparison, out: str | Path, *, force: bool = False) -> tuple[Path, ...]:
    """Write ``confronto.html`` and ``confronto.xlsx``, in the current language, and return where they are.

    Raises
    ------
    InputError
        If one of them is already there and `force` is not set, or `out` is a file or the folder of a case.
    """
    out = Path(out)
    files = {out / PAGE: render_html(comparison).encode(), out / WORKBOOK: render_xlsx(comparison)}
    check_place(out, force=force)
    out.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        write_atomic(file, content)
    return tuple(files)


def check_place(out: Path, *, force: bool) -> None:
    """Raise `InputError` where `write_comparison` could not, or should not, write."""
    check_folder(out, (PAGE, WORKBOOK), force=force)


# --- what may be compared ---


def _right_number(number: int, name: str = "") -> None:
    if not FEWEST <= number <= MOST:
        text = _("From {fewest} to {most} splits can be compared; there are {number}.")
        raise InputError([Problem(text.format(fewest=FEWEST, most=MOST, number=number), name)])


def _comparable(splits: Sequence[Split]) -> None:
    _right_number(len(splits))
    first, problems = splits[0], []
    for k, other in enumerate(splits[1:], 1):
        if other.name in {s.name for s in splits[:k]}:
            problems.append(Problem(_("Two splits have this name: give each its own."), value=other.name))
        if {c.id for c in other.case.school.classes} != {c.id for c in first.case.school.classes}:
            problems.append(Problem(_("Its classes are not those of “{name}”.").format(name=first.name), other.name))
        if other.case.regulation.criteria != first.case.regulation.criteria:
            problems.append(Problem(_("Its rules are not those of “{name}”.").format(name=first.name), other.name))
    if problems:
        raise InputError(problems)


def _names(folders: Sequence[Path]) -> list[str]:
    """Return for each folder as much of the end of its path as tells it from the others."""
    found = []
    for folder in folders:
        ends = (folder.parts[-depth:] for depth in range(1, len(folder.parts)))
        alone = (end for end in ends if sum(f.parts[-len(end) :] == end for f in folders) == 1)
        found.append("/".join(next(alone, (folder.name,))))
    return found


def _in_order(folder: Path) -> tuple[bool, list[tuple[int, str]]]:
    """Sort ``alternativa-2`` before ``alternativa-10``, and other names last."""
    parts = re.findall(r"\d+|\D+", folder.name)
    return not folder.name.startswith("alternativa-"), [(int(p), "") if p.isdigit() else (-1, p) for p in parts]


# --- what is compared ---


def _groups(splits: Sequence[Split], classes: Mapping[str, int]) -> tuple[int, ...]:
    """Return for each class the first that no rule of any split tells from it."""
    heads: list[tuple[str, ...]] = [()] * len(classes)
    for case in {id(s.case): s.case for s in splits}.values():
        ids = [c.id for c in case.school.classes]
        for class_id, head in zip(ids, alike(case.school, case.terms), strict=True):
            heads[classes[class_id]] += (ids[head],)
    return tuple(heads.index(head) for head in heads)


def _side(split: Split, same: tuple[int, ...]) -> Side:
    return Side(split.name, split.audit, split.certificate, same, split.recount.differences)


def _order(splits: Sequence[Split]) -> tuple[int, ...]:
    keys = [_quality(s.audit) for s in splits]
    return tuple(1 + sum(other < key for other in keys) for key in keys)


def _quality(audit: Audit) -> tuple[int, ...]:
    return sum(a.cost for a in audit.criteria if a.hard), *(audit.tiers[t] for t in sorted(audit.tiers))


def _rules(regulation: Regulation, splits: Sequence[Split]) -> tuple[ComparedRule, ...]:
    costs = zip(*(costs_of(s.audit) for s in splits), strict=True)
    return tuple(
        ComparedRule(k + 1, regulation.label(k), c.hard, None if c.hard else c.tier, c.weight, each)
        for k, (c, each) in enumerate(zip(regulation.criteria, costs, strict=True))
    )


def _rows(rule: ComparedRule, sides: Sequence[Side], classes: Mapping[str, int]) -> Iterator[ClassRow]:
    """Yield what a rule counts class by class; pairs of pupils and groups of classes are no such thing."""
    at = {text_key(c): k for c, k in classes.items()}
    grids: list[dict[str, dict[int, Count]]] = []
    for side in sides:
        grid: dict[str, dict[int, Count]] = {}
        for count in side.audit.criteria[rule.number - 1].counts:
            place = at.get(text_key(count.where))
            if place is not None and count.value is not None and not count.pupils:
                worst = grid.setdefault(count.about, {}).setdefault(place, count)
                grid[count.about][place] = max(worst, count, key=lambda x: x.excess)
        grids.append(grid)
    for about in dict.fromkeys(about for grid in grids for about in grid):
        cells = zip(sides, (grid.get(about, {}) for grid in grids), strict=True)
        yield ClassRow(rule, about, tuple(tuple(found.get(k) for k in s.same) for s, found in cells))


def _tiers(splits: Sequence[Split]) -> tuple[ComparedTier, ...]:
    found = []
    for tier in sorted(splits[0].audit.tiers):
        values = tuple(s.audit.tiers[tier] for s in splits)
        said = [_said_of(s, tier) for s in splits]
        proved = tuple(bound == value for bound, value in zip(said, values, strict=True))
        found.append(ComparedTier(tier, values, tuple(said), proved))
    return tuple(found)


def _said_of(split: Split, tier: int) -> int | None:
    """Return the bound its certificate gives, if it was given for these files and for the value counted."""
    told = () if split.recount.differences else tiers_of(split.certificate)
    return next((t.bound for t in told if (t.tier, t.value) == (tier, split.audit.tiers[tier])), None)


def _wishes(splits: Sequence[Split]) -> list[ComparedWish]:
    """Return every wish that the rules of all the splits look at."""
    asked = [dict.fromkeys(_asked(s.audit)) for s in splits]
    return [
        ComparedWish(one, two, tuple(s.ledger.class_of(one) == s.ledger.class_of(two) for s in splits))
        for one, two in asked[0]
        if all((one, two) in others for others in asked[1:])
    ]


def _asked(audit: Audit) -> Iterator[tuple[str, str]]:
    for audited in audit.criteria:
        for count in audited.counts if audited.rule in WISH_RULES else ():
            if count.value is not None:  # a vetoed wish has none
                yield from ((count.pupils[0], friend) for friend in count.pupils[1:])


def _distances(places: Sequence[Sequence[int]], groups: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    table = [[0] * len(places) for _row in places]
    for a, b in combinations(range(len(places)), 2):
        table[a][b] = table[b][a] = distance(places[a], places[b], groups)
    return tuple(map(tuple, table))


def _trade(
    splits: Sequence[Split],
    k: int,
    places: Sequence[Sequence[int]],
    groups: Sequence[int],
    wishes: Sequence[ComparedWish],
) -> Trade:
    changes = rule_changes(splits[0].case.regulation, costs_of(splits[0].audit), costs_of(splits[k].audit))
    moves = describe(places[0], renamed(places[0], places[k], groups))
    granted = sum(w.granted[k] - w.granted[0] for w in wishes)
    return Trade(k, better(changes), changes, tier_changes(changes), granted, moves)


def _strangers(splits: Sequence[Split], common: set[str]) -> dict[str, tuple[int, ...]]:
    everybody = dict.fromkeys(p for s in splits for p in s.ledger.placed if p not in common)
    return {p: tuple(k for k, s in enumerate(splits) if p in s.ledger.placed) for p in everybody}
