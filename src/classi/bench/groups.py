"""Who gets their wishes: each group of pupils against all others, with the uncertainty that small numbers bring."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nan, sqrt
from typing import Any, Literal

import pandas as pd  # type: ignore[import-untyped,unused-ignore]

from classi.case import Case
from classi.criteria.wishes import Wishes
from classi.domain import Value, text_key
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.indices import dissimilarity, isolation
from classi.rule_errors import nearest

GROUP_COLUMNS = (
    "sesso", "straniero", "nai", "disabilita", "dsa", "bes", "situazione_problematica", "ripetente",
)  # fmt: skip
"""Columns compared when none are named: those of them that the school has."""
Z95 = 1.959963984540054
"""97.5th percentile of the standard normal distribution."""
COLUMNS = (
    "column", "group", "measure", "pupils", "n", "value", "low", "high", "others_n", "others_value", "difference",
    "difference_low", "difference_high",
)  # fmt: skip


def wilson(granted: int, n: int, z: float = Z95) -> tuple[float, float]:
    """Return the interval of a share `granted` / `n` (95 % by default); NaN when `n` is 0.

    References
    ----------
    E. B. Wilson (1927), Journal of the American Statistical Association 22:209-212.

    Examples
    --------
    >>> [round(x, 3) for x in wilson(9, 10)]
    [0.596, 0.982]
    """
    if n == 0:
        return nan, nan
    share, square = granted / n, z * z
    middle = granted + square / 2
    half = z * sqrt(n * share * (1 - share) + square / 4)
    return max(0.0, (middle - half) / (n + square)), min(1.0, (middle + half) / (n + square))


def newcombe(one: tuple[int, int], two: tuple[int, int], z: float = Z95) -> tuple[float, float]:
    """Return the interval of the difference of two shares, each given as (granted, of how many).

    It joins the Wilson intervals of the two, has no correction for continuity, and holds for small numbers and for
    shares of 0 and 1 as well.

    References
    ----------
    R. G. Newcombe (1998), Statistics in Medicine 17:873-890, method 10.

    Examples
    --------
    >>> [round(x, 4) for x in newcombe((56, 70), (48, 80))]
    [0.0524, 0.3339]
    """
    if not (one[1] and two[1]):
        return nan, nan
    p, q = one[0] / one[1], two[0] / two[1]
    (p_low, p_high), (q_low, q_high) = wilson(*one, z), wilson(*two, z)
    return p - q - sqrt((p - p_low) ** 2 + (q_high - q) ** 2), p - q + sqrt((p_high - p) ** 2 + (q - q_low) ** 2)


def groups(
    case: Case,
    placed: pd.DataFrame | Mapping[str, str],
    by: Sequence[str] | None = None,
    *,
    kind: Literal["any", "one_way", "reciprocal"] = "any",
) -> pd.DataFrame:
    """Compare groups of pupils: whose wishes are granted, and whom they sit with.

    Parameters
    ----------
    placed : class id of each pupil id, or a table with columns ``id`` and ``classe``. A pupil without a class is in no
        group; wishes for one are not granted.
    by : columns of the pupils that make the groups, one group a value; default those of `GROUP_COLUMNS` there are.
        Pupils whose cell is empty are in no group of that column.
    kind : which wishes, as in the rule ``wishes``; a vetoed wish (the two are tied as ``separati``) is never counted.

    Returns
    -------
    pandas.DataFrame
        One row for each group (`column`, `group`; first of all everybody) and `measure`:

        - ``at_least_one`` : of the `n` pupils of the group with a wish, the share with one granted at least, its 95 %
          Wilson interval `low`, `high`, and its difference to the pupils of the other groups with Newcombe's interval;
        - ``wishes`` : of the `n` wishes of the group, the share granted, and the difference. No interval: the wishes of
          one pupil, and two that answer each other, are not independent;
        - ``isolation``, ``dissimilarity`` : the indices of `classi.indices` for the `n` pupils of the group against
          the others. `others_value` of isolation is the share of the group among all, which is what perfect balance
          comes to, and `difference` what is above it.

        `pupils` is the size of the group; NaN where there is nothing to measure.

    Raises
    ------
    InputError
        If a column, or a pupil placed, is not in the case.

    Examples
    --------
    >>> import pandas as pd
    >>> from classi import Case
    >>> pupils = pd.DataFrame({"id": list("abcd"), "sesso": list("FFMM")})
    >>> ties = pd.DataFrame({"da": ["a", "c"], "a": ["b", "d"], "tipo": "preferisce"})
    >>> rules = {"criteria": [{"rule": "wishes", "weight": 1}]}
    >>> case = Case.from_frames(pupils, pd.DataFrame({"id": ["1A", "1B"]}), ties, rules)
    >>> table = groups(case, {"a": "1A", "b": "1A", "c": "1A", "d": "1B"}, ["sesso"])
    >>> table[table["measure"] == "at_least_one"][["group", "value", "difference"]].values.tolist()
    [['all', 0.5, nan], ['F', 1.0, 1.0], ['M', 0.0, -1.0]]
    """
    homes = placements(case, placed)
    columns = [c for c in GROUP_COLUMNS if c in case.school.pupil_columns] if by is None else list(by)
    _check_columns(case, columns)
    wishes, _vetoed = Wishes(rule="wishes", weight=1, kind=kind).asked(case.ledger(homes))
    tally = {
        pupil: (sum(homes.get(friend) == homes[pupil] for friend in friends), len(friends))
        for pupil, friends in wishes.items()
        if pupil in homes
    }
    rows = list(_wish_rows("", "all", _Share.of(tally, homes), None))
    for column in columns:
        rows += _column_rows(case, column, homes, tally)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def placements(case: Case, placed: pd.DataFrame | Mapping[str, str]) -> dict[str, str]:
    """Return class id by pupil id, in the order of the case, spelled as the case spells classes.

    Raises
    ------
    InputError
        If a pupil or class is not in the case, a pupil is there twice, or the table has not the two columns.
    """
    given = placed if isinstance(placed, Mapping) else _from_table(placed)
    school = case.school
    problems = [
        Problem(_("The pupil is not among those of the case."), value=str(p))
        for p in given
        if str(p) not in school.pupil_at
    ]
    problems += [
        Problem(_("The class is not among those of the case."), value=str(c))
        for c in dict.fromkeys(given.values())
        if text_key(c) not in school.class_at
    ]
    if problems:
        raise InputError(problems)
    found = {str(p): school.classes[school.class_at[text_key(c)]].id for p, c in given.items()}
    return {p.id: found[p.id] for p in school.pupils if p.id in found}


def _from_table(placed: pd.DataFrame) -> dict[str, str]:
    if not {"id", "classe"} <= set(placed.columns):
        raise InputError([Problem(_("A table with the columns “id” and “classe” is expected."))])
    twice = placed["id"][placed["id"].duplicated()]
    if len(twice):
        raise InputError([Problem(_("The pupil is in the table twice."), value=str(p)) for p in twice])
    return dict(zip(placed["id"], placed["classe"], strict=True))


def _check_columns(case: Case, columns: Iterable[str]) -> None:
    known = case.school.pupil_columns
    problems = [
        Problem(_("“{name}” is not a column of the pupils.").format(name=c), value=c, hint=nearest(c, known))
        for c in columns
        if c not in known
    ]
    if problems:
        raise InputError(problems)


@dataclass(frozen=True)
class _Share:
    """Pupils, those with wishes, those of them with one granted; wishes, and those granted."""

    pupils: int
    wishing: int
    served: int
    made: int
    granted: int

    @classmethod
    def of(cls, tally: Mapping[str, tuple[int, int]], pupils: Iterable[str]) -> _Share:
        everybody = list(pupils)
        mine = [tally[p] for p in everybody if p in tally]
        granted = [g for g, _made in mine]
        return cls(len(everybody), len(mine), sum(g > 0 for g in granted), sum(m for _g, m in mine), sum(granted))


def _column_rows(
    case: Case, column: str, homes: Mapping[str, str], tally: Mapping[str, tuple[int, int]]
) -> Iterator[tuple[Any, ...]]:
    school = case.school
    members = {
        value: [school.pupils[i].id for i in inside if school.pupils[i].id in homes]
        for value, inside in school.by_value(column).items()
        if value is not None
    }
    known = [p for inside in members.values() for p in inside]
    classes = [homes[p] for p in known]
    for value, inside in members.items():
        here = set(inside)
        label, mine = cell_label(value), [p in here for p in known]
        others = _Share.of(tally, (p for p in known if p not in here))
        yield from _wish_rows(column, label, _Share.of(tally, inside), others)
        share = len(inside) / len(known) if known else nan
        index = isolation(mine, classes)
        many = len(known) - len(inside)
        bare = (nan, nan)
        yield (column, label, "isolation", len(inside), len(inside), index, *bare, many, share, index - share, *bare)
        spread = dissimilarity(mine, classes)
        yield (column, label, "dissimilarity", len(inside), len(inside), spread, *bare, many, nan, nan, *bare)


def _wish_rows(column: str, label: str, mine: _Share, others: _Share | None) -> Iterator[tuple[Any, ...]]:
    other = others or _Share(0, 0, 0, 0, 0)
    share, theirs = _ratio(mine.served, mine.wishing), _ratio(other.served, other.wishing)
    interval = wilson(mine.served, mine.wishing)
    apart = newcombe((mine.served, mine.wishing), (other.served, other.wishing))
    yield (column, label, "at_least_one", mine.pupils, mine.wishing, share, *interval, other.wishing, theirs,
           share - theirs, *apart)  # fmt: skip
    share, theirs = _ratio(mine.granted, mine.made), _ratio(other.granted, other.made)
    yield (column, label, "wishes", mine.pupils, mine.made, share, nan, nan, other.made, theirs, share - theirs,
           nan, nan)  # fmt: skip


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else nan


def cell_label(value: Value) -> str:
    """Put a cell into a word that is the same in every language: yes, no, or what stands there."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
