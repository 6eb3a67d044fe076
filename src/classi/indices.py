"""Fairness and segregation indices of a division into classes.

Functions take aligned one-dimensional sequences (lists, arrays or Series): entry i of each is pupil i, and the index of
a Series is ignored. A pupil with a missing entry (None, NaN, NA) in either is left out of that index. An index that is
0/0 for the data given is NaN, never 0, so that "nothing to measure" does not look like "balanced". In formulas class j
has t_j of the T pupils, a share p_jm of them in group m; p_m is that share over all T.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd  # type: ignore[import-untyped,unused-ignore]

Floats: TypeAlias = npt.NDArray[np.float64]
Codes: TypeAlias = npt.NDArray[np.intp]
Row: TypeAlias = tuple[str, str, Hashable, float]
NAN = float("nan")
STANDARD_COLUMNS = (
    "sesso",
    "cittadinanza",
    "straniero",
    "disabilita",
    "dsa",
    "bes",
    "livello",
    "scuola_provenienza",
)
_NUMERIC = {"integer", "floating", "mixed-integer-float", "decimal"}  # what pandas calls a column of numbers
_BLOCK = 500_000  # pupils × random splits held at once, so that many draws do not fill the memory


@dataclass(frozen=True, slots=True)
class Baseline:
    """η² of a division beside its distribution over random splits: what `eta_squared_baseline` returns.

    ``sd`` divides by ``draws``; 90 % of the splits lie from ``q05`` to ``q95``; ``share_at_or_below`` is the share of
    splits with η² ≤ ``observed``: near 0 the division is better balanced than chance, near 1 worse.
    """

    observed: float
    mean: float
    sd: float
    q05: float
    median: float
    q95: float
    share_at_or_below: float
    draws: int
    seed: int


def _known(data: Iterable[Any], classes: Iterable[Any], name: str) -> tuple[Any, Codes]:
    """Entries of ``data`` known together with their class, and those classes as codes 0, 1, …"""
    for label, item in ((name, data), ("classes", classes)):
        if getattr(item, "ndim", 1) != 1:
            raise ValueError(f"{label} must be one-dimensional.")
    left, right = pd.Series(list(data), dtype=object), pd.Series(list(classes), dtype=object)
    if len(left) != len(right):
        raise ValueError(f"{name} has {len(left)} entries and classes {len(right)}: each needs one per pupil.")
    keep = left.notna() & right.notna()
    return left[keep], pd.factorize(right[keep])[0]


def _numbers(values: Iterable[Any], classes: Iterable[Any]) -> tuple[Floats, Codes]:
    known, codes = _known(values, classes, "values")
    try:
        numbers: Floats = known.to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError("values must be numbers, or missing where unknown.") from error
    if not np.isfinite(numbers).all():
        raise ValueError("values must be finite numbers.")
    return numbers, codes


def _counts(groups: Iterable[Any], classes: Iterable[Any]) -> tuple[Floats, list[Any]]:
    """Pupils by class (rows) and group (columns), no row or column empty; and the label of each column."""
    known, rows = _known(groups, classes, "groups")
    columns, labels = pd.factorize(known)
    table = np.zeros((len(np.unique(rows)), len(labels)))
    np.add.at(table, (rows, columns), 1)
    return table, list(labels)


def _means(numbers: Floats, codes: Codes) -> tuple[Floats, Floats]:
    sizes = np.bincount(codes).astype(np.float64)
    return np.bincount(codes, weights=numbers) / sizes, sizes


def _unit(value: Any) -> float:
    """``value`` without the rounding error that may put it just outside [0, 1]."""
    return min(1.0, max(0.0, float(value)))


def _deviations(numbers: Floats) -> Floats:
    centred: Floats = numbers - numbers.mean()
    centred /= np.abs(centred).max()  # η² has no unit; scaled, the squares of tiny differences do not vanish
    return centred


def _between_share(numbers: Floats, codes: Codes) -> float:
    if not numbers.size or np.ptp(numbers) == 0:
        return NAN
    deviations = _deviations(numbers)
    means, sizes = _means(deviations, codes)
    return _unit((sizes * means**2).sum() / (deviations @ deviations))


def eta_squared(values: Iterable[Any], classes: Iterable[Any]) -> float:
    """Share of the variance of ``values`` that lies between classes (the share INVALSI reports).

    η² = SS_between / SS_total = Σ_j t_j (mean_j − mean)² / Σ_i (x_i − mean)².

    Parameters
    ----------
    values, classes : sequences, shape (n,)
        A number (any unit) and a class for each pupil; missing entries are ignored.

    Returns
    -------
    float
        In [0, 1], no unit: 0 when the class means are equal (or there is one class), 1 when pupils differ only between
        classes (so with one pupil a class). NaN without values, or when all are equal.

    Raises
    ------
    ValueError
        Lengths differ, or a value is not a finite number.

    References
    ----------
    R. A. Fisher (1925), Statistical Methods for Research Workers (the correlation ratio).

    Examples
    --------
    >>> round(eta_squared([4, 6, 8, 10], ["A", "A", "B", "B"]), 3)
    0.8
    """
    return _between_share(*_numbers(values, classes))


def eta_squared_baseline(
    values: Iterable[Any], classes: Iterable[Any], *, draws: int = 1000, seed: int = 0
) -> Baseline:
    """η² beside its distribution over random splits of the same values into classes of the same sizes.

    Each split is a random permutation; over all of them the mean is (k − 1)/(n − 1) for k classes. The result depends
    on the seed, not on the order of the pupils nor on the names of the classes.

    Parameters
    ----------
    values, classes : sequences, shape (n,)
        As in `eta_squared`; missing entries are ignored.
    draws, seed : int
        Number of random splits, at least 1; seed of the generator, not negative.

    Returns
    -------
    Baseline
        Figures in [0, 1], no unit; all NaN where η² is.

    Raises
    ------
    ValueError
        As `eta_squared`; or ``draws`` or ``seed`` is out of range.

    References
    ----------
    E. J. G. Pitman (1938), Biometrika 29:322-335 (permutation tests, analysis of variance).

    Examples
    --------
    >>> eta_squared_baseline([4, 6, 8, 10], ["A", "B", "B", "A"]).observed
    0.0
    """
    if draws < 1 or seed < 0:
        raise ValueError("draws must be at least 1, and seed at least 0.")
    numbers, codes = _numbers(values, classes)
    observed = _between_share(numbers, codes)
    if np.isnan(observed):
        return Baseline(NAN, NAN, NAN, NAN, NAN, NAN, NAN, draws, seed)
    shares = _random_shares(np.sort(numbers), np.sort(np.bincount(codes)), draws, seed)
    q05, median, q95 = (float(q) for q in np.quantile(shares, [0.05, 0.5, 0.95]))
    below = float((shares <= observed + 1e-12).mean())  # the slack keeps splits that tie but for rounding
    return Baseline(observed, float(shares.mean()), float(shares.std()), q05, median, q95, below, draws, seed)


def _random_shares(numbers: Floats, sizes: Codes, draws: int, seed: int) -> Floats:
    """η² of ``draws`` random splits of ``numbers`` into classes of these sizes."""
    deviations = _deviations(numbers)
    starts = np.cumsum(sizes) - sizes
    generator, shares = np.random.default_rng(seed), np.empty(draws)
    step = max(1, _BLOCK // numbers.size)
    for first in range(0, draws, step):
        rows = min(step, draws - first)
        splits = generator.permuted(np.tile(deviations, (rows, 1)), axis=1)
        sums = np.add.reduceat(splits, starts, axis=1)
        shares[first : first + rows] = (sums**2 / sizes).sum(axis=1) / (deviations @ deviations)
    clipped: Floats = np.clip(shares, 0.0, 1.0)
    return clipped


def dissimilarity(group: Iterable[Any], classes: Iterable[Any]) -> float:
    """Dissimilarity D of two groups: the share of either that would have to move for both to be spread alike.

    D = ½ Σ_j |a_j/A − b_j/B|, with a_j of the A pupils of one group in class j, b_j of the B of the other.

    Parameters
    ----------
    group, classes : sequences, shape (n,)
        One of two labels (whichever) and a class for each pupil; missing entries are ignored.

    Returns
    -------
    float
        In [0, 1], no unit: 0 spread alike, 1 no class in common. NaN with fewer than two groups.

    Raises
    ------
    ValueError
        Lengths differ, or there are more than two labels (see `multigroup_dissimilarity`).

    References
    ----------
    O. D. Duncan, B. Duncan (1955), American Sociological Review 20:210-217.

    Examples
    --------
    >>> dissimilarity(["F", "F", "M", "M", "M", "M"], ["A", "A", "A", "A", "B", "B"])
    0.5
    """
    counts, labels = _counts(group, classes)
    if len(labels) > 2:
        raise ValueError(f"dissimilarity compares two groups, and group has {len(labels)} labels.")
    if len(labels) < 2:
        return NAN
    spread = counts / counts.sum(axis=0)
    return _unit(np.abs(spread[:, 0] - spread[:, 1]).sum() / 2)


def multigroup_dissimilarity(groups: Iterable[Any], classes: Iterable[Any]) -> float:
    """Dissimilarity D of any number of groups; with two it equals `dissimilarity`.

    D = Σ_j Σ_m t_j |p_jm − p_m| / (2 T I), with I = Σ_m p_m (1 − p_m).

    Parameters
    ----------
    groups, classes : sequences, shape (n,)
        A group label and a class for each pupil; missing entries are ignored.

    Returns
    -------
    float
        In [0, 1], no unit: 0 every class like the whole, 1 one group in each class. NaN with fewer than two groups.

    Raises
    ------
    ValueError
        Lengths differ.

    References
    ----------
    B. S. Morgan (1975), Urban Studies 12:47-60; J. M. Sakoda (1981), Demography 18:245-250; as in S. F. Reardon,
    G. Firebaugh (2002), Sociological Methodology 32:33-67.

    Examples
    --------
    >>> multigroup_dissimilarity(["x", "y", "z", "x", "y", "z"], ["A", "A", "A", "B", "B", "B"])
    0.0
    """
    counts, labels = _counts(groups, classes)
    if len(labels) < 2:
        return NAN
    total, shares = counts.sum(), counts.sum(axis=0) / counts.sum()
    distance = np.abs(counts - counts.sum(axis=1, keepdims=True) * shares).sum()
    return _unit(distance / (2 * total * (shares * (1 - shares)).sum()))


def theil_h(groups: Iterable[Any], classes: Iterable[Any]) -> float:
    """Information theory index H of any number of groups: how much knowing the class tells of the group.

    H = Σ_j Σ_m t_j p_jm ln(p_jm / p_m) / (T E), with the entropy E = −Σ_m p_m ln p_m; 0 ln 0 counts as 0.

    Parameters
    ----------
    groups, classes : sequences, shape (n,)
        A group label and a class for each pupil; missing entries are ignored.

    Returns
    -------
    float
        In [0, 1], no unit: 0 every class like the whole, 1 one group in each class. NaN with fewer than two groups.

    Raises
    ------
    ValueError
        Lengths differ.

    References
    ----------
    H. Theil, A. J. Finizza (1971), Journal of Mathematical Sociology 1:187-194; as in S. F. Reardon, G. Firebaugh
    (2002), Sociological Methodology 32:33-67.

    Examples
    --------
    >>> theil_h(["x", "x", "y", "z", "z"], ["A", "A", "B", "C", "C"])
    1.0
    """
    counts, labels = _counts(groups, classes)
    if len(labels) < 2:
        return NAN
    total, shares = counts.sum(), counts.sum(axis=0) / counts.sum()
    ratios = counts / (counts.sum(axis=1, keepdims=True) * shares)
    information = (counts * np.log(np.where(counts > 0, ratios, 1.0))).sum()
    return _unit(information / (total * -(shares * np.log(shares)).sum()))


def isolation(group: Iterable[Any], classes: Iterable[Any], *, member: Hashable = True) -> float:
    """Isolation xPx: the mean share of a group in the classes of its members, each member counted too.

    xPx = Σ_j (x_j/X)(x_j/t_j), with x_j of the X members in class j.

    Parameters
    ----------
    group, classes : sequences, shape (n,)
        A group label and a class for each pupil; missing entries are ignored.
    member : label, optional
        The label of the group; may be left out when the labels are True/False or 1/0.

    Returns
    -------
    float
        In [p, 1], no unit, where p is the share of the group in all: p, not 0, is perfect balance. NaN without members.

    Raises
    ------
    ValueError
        Lengths differ, or the labels are not True/False and ``member`` is not given.

    References
    ----------
    S. Lieberson (1981), in C. Peach et al., Ethnic Segregation in Cities; D. S. Massey, N. A. Denton (1988), Social
    Forces 67:281-315.

    Examples
    --------
    >>> isolation(["F", "F", "M", "M"], ["A", "B", "A", "B"], member="F")
    0.5
    """
    return exposure(group, classes, member=member, other=member)


def exposure(
    group: Iterable[Any], classes: Iterable[Any], *, member: Hashable = True, other: Hashable | None = None
) -> float:
    """Exposure xPy of one group to another: the mean share of ``other`` in the classes of ``member``; not symmetric.

    xPy = Σ_j (x_j/X)(y_j/t_j), with x_j of the X members and y_j of the others in class j.

    Parameters
    ----------
    group, classes : sequences, shape (n,)
        A group label and a class for each pupil; missing entries are ignored.
    member, other : labels, optional
        The two groups; ``member`` as in `isolation`. Without ``other``: all outside the group, so 1 − isolation.

    Returns
    -------
    float
        In [0, 1], no unit. NaN without members; 0 when nobody is in the other group.

    Raises
    ------
    ValueError
        As `isolation`.

    References
    ----------
    As `isolation`.

    Examples
    --------
    >>> exposure(["F", "M", "M", "M"], ["A", "A", "B", "B"], member="F")
    0.5
    """
    counts, labels = _counts(group, classes)
    if member is True and any(label not in (True, False) for label in labels):
        raise ValueError("group is not True/False: member= must say which label is the group.")
    if member not in labels:
        return NAN
    inside, sizes = counts[:, labels.index(member)], counts.sum(axis=1)
    met = sizes - inside
    if other is not None:
        met = counts[:, labels.index(other)] if other in labels else np.zeros_like(sizes)
    return _unit((inside * met / sizes).sum() / inside.sum())


def gini_of_means(values: Iterable[Any], classes: Iterable[Any]) -> float:
    """Gini coefficient of the class means, each weighted by its pupils: a small class counts for no more than them.

    G = Σ_i Σ_j t_i t_j |mean_i − mean_j| / (2 T² mean).

    Parameters
    ----------
    values, classes : sequences, shape (n,)
        A number from 0 up (any unit) and a class for each pupil; missing entries are ignored.

    Returns
    -------
    float
        In [0, 1), no unit: 0 when the class means are equal. NaN without values, or when all are 0.

    Raises
    ------
    ValueError
        As `eta_squared`; or a value is negative, where the coefficient has no bounds.

    References
    ----------
    P. J. Lambert, J. R. Aronson (1993), Economic Journal 103:1220-1227 (the Gini coefficient between groups).

    Examples
    --------
    >>> round(gini_of_means([4, 6, 8, 10], ["A", "A", "B", "B"]), 4)
    0.1429
    """
    numbers, codes = _numbers(values, classes)
    if (numbers < 0).any():
        raise ValueError("values must not be negative for a Gini coefficient.")
    if not numbers.any():
        return NAN
    means, sizes = _means(numbers / numbers.max(), codes)
    gaps = np.abs(means[:, None] - means[None, :])
    return _unit(sizes @ gaps @ sizes / (2 * sizes.sum() * (sizes @ means)))


def largest_deviation(values: Iterable[Any], classes: Iterable[Any]) -> float:
    """Largest distance of a class mean from the mean of all pupils: max_j |mean_j − mean|.

    Parameters
    ----------
    values, classes : sequences, shape (n,)
        A number and a class for each pupil; missing entries are ignored.

    Returns
    -------
    float
        From 0 up, in the unit of ``values``: 0 with one class or equal means. NaN without values.

    Raises
    ------
    ValueError
        As `eta_squared`.

    Notes
    -----
    A plain definition, with no source in the literature.

    Examples
    --------
    >>> largest_deviation([4, 6, 8, 10, 12], ["A", "A", "B", "B", "B"])
    3.0
    """
    numbers, codes = _numbers(values, classes)
    return float(np.abs(_means(numbers, codes)[0] - numbers.mean()).max()) if numbers.size else NAN


def _mapping(assignment: Any) -> dict[Hashable, Any]:
    """Pupil → class (or label), from a mapping, a Series by pupil, or a table with columns id and classe."""
    if not isinstance(assignment, pd.DataFrame):
        return dict(assignment.items())
    if not {"id", "classe"} <= set(assignment.columns):
        raise ValueError("assignment needs the columns id and classe.")
    if assignment["id"].duplicated().any():
        raise ValueError("assignment has the same pupil twice.")
    return dict(zip(assignment["id"], assignment["classe"], strict=True))


def wishes_granted(wishes: Iterable[tuple[Any, Any]], assignment: Any, groups: Any = None) -> pd.DataFrame:
    """Wishes made and granted, by group of the pupil who makes them. A plain definition, with no source.

    A wish is granted when both pupils are in the same class; a pupil whose class is missing has no wish granted.

    Parameters
    ----------
    wishes : iterable of pairs (from, to), shape (w, 2)
        A repeated pair counts once; a pair with a missing pupil is ignored.
    assignment : mapping or Series pupil → class, or DataFrame with columns id, classe
    groups : mapping or Series pupil → label, optional
        Wishes of pupils without a label are ignored. Without ``groups`` all pupils are one group, "all".

    Returns
    -------
    pandas.DataFrame
        One row a group, in the order of ``groups``: group, made, granted (counts of wishes), share = granted / made,
        in [0, 1], NaN when no wish is made.

    Raises
    ------
    ValueError
        A wish names oneself, or a pupil not in ``assignment`` (ids mistyped would pass for wishes denied).

    Examples
    --------
    >>> wishes_granted([("a", "b"), ("a", "c")], {"a": 1, "b": 1, "c": 2})
      group  made  granted  share
    0   all     2        1    0.5
    """
    homes = _mapping(assignment)
    pairs = dict.fromkeys((a, b) for a, b in wishes if not (pd.isna(a) or pd.isna(b)))
    for a, b in pairs:
        if a == b or a not in homes or b not in homes:
            reason = "oneself" if a == b else "a pupil who is not in the assignment"
            raise ValueError(f"the wish of {a!r} for {b!r} names {reason}.")
    labels = dict.fromkeys(homes, "all") if groups is None else _mapping(groups)
    known = {pupil: label for pupil, label in labels.items() if not pd.isna(label)}
    tally = {label: [0, 0] for label in (["all"] if groups is None else known.values())}
    for a, b in pairs:
        if a in known:
            tally[known[a]][0] += 1
            tally[known[a]][1] += bool(not pd.isna(homes[a]) and homes[a] == homes[b])
    rows = [(label, made, granted, granted / made if made else NAN) for label, (made, granted) in tally.items()]
    return pd.DataFrame(rows, columns=["group", "made", "granted", "share"])


def summary(pupils: pd.DataFrame, assignment: Any, wishes: Iterable[tuple[Any, Any]] | None = None) -> pd.DataFrame:
    """Tidy table of the indices of every column of `STANDARD_COLUMNS` present.

    A ``livello`` of numbers gives η², Gini and largest deviation; any other column, also coded 0/1, is a category:
    multigroup D and H, and D for each value where there are two. Wishes give made, granted and share, and the share by
    value of each category. Sources are those of the functions named in ``index``.

    Parameters
    ----------
    pupils : DataFrame, n rows
        Column id, and any of the standard columns; missing entries are ignored.
    assignment, wishes
        As in `wishes_granted`; pupils without a class are ignored, but for the wishes they make.

    Returns
    -------
    pandas.DataFrame
        Columns index, attribute, group ("all", or a value of the attribute), value (NaN where the index is, and for the
        Gini of negative levels); units as in the function named in ``index``.

    Raises
    ------
    ValueError
        No column id, a pupil twice, no pupil with a class, or as `wishes_granted` and `eta_squared`.

    Examples
    --------
    >>> table = pd.DataFrame({"id": [1, 2, 3, 4], "dsa": ["no", "no", "si", "si"]})
    >>> summary(table, {1: "A", 2: "B", 3: "A", 4: "B"})
                          index attribute group  value
    0             dissimilarity       dsa    no    0.0
    1             dissimilarity       dsa    si    0.0
    2  multigroup_dissimilarity       dsa   all    0.0
    3                   theil_h       dsa   all    0.0
    """
    if "id" not in pupils.columns or pupils["id"].duplicated().any():
        raise ValueError("pupils needs a column id, with each pupil once.")
    homes = _mapping(assignment)
    placed = {pupil: homes.get(pupil) for pupil in pupils["id"]}
    if placed and all(pd.isna(home) for home in placed.values()):
        raise ValueError("no pupil has a class: are the ids of both tables of the same type?")
    pairs = None if wishes is None else list(wishes)
    rows: list[Row] = []
    if pairs is not None:
        whole = wishes_granted(pairs, placed).drop(columns="group").iloc[0]
        rows += [(f"wishes_{name}", "wishes", "all", float(value)) for name, value in whole.items()]
    for name in (column for column in STANDARD_COLUMNS if column in pupils.columns):
        data = pupils[name].tolist()
        if name == "livello" and pd.api.types.infer_dtype(data, skipna=True) in _NUMERIC:
            rows += _number_rows(name, data, list(placed.values()))
        else:
            rows += _category_rows(name, data, placed, pairs)
    return pd.DataFrame(rows, columns=["index", "attribute", "group", "value"]).astype({"value": float})


def _number_rows(name: str, data: list[Any], classes: list[Any]) -> list[Row]:
    negative = (_numbers(data, classes)[0] < 0).any()
    return [
        ("eta_squared", name, "all", eta_squared(data, classes)),
        ("gini_of_means", name, "all", NAN if negative else gini_of_means(data, classes)),
        ("largest_deviation", name, "all", largest_deviation(data, classes)),
    ]


def _category_rows(
    name: str, data: list[Any], placed: dict[Hashable, Any], pairs: list[tuple[Any, Any]] | None
) -> list[Row]:
    classes = list(placed.values())
    labels = sorted(_counts(data, classes)[1], key=str)  # by name: the order of the pupils does not change the table
    rows: list[Row] = []
    if len(labels) == 2:
        rows += [("dissimilarity", name, label, dissimilarity(data, classes)) for label in labels]
    rows.append(("multigroup_dissimilarity", name, "all", multigroup_dissimilarity(data, classes)))
    rows.append(("theil_h", name, "all", theil_h(data, classes)))
    if pairs is not None:
        table = wishes_granted(pairs, placed, dict(zip(placed, data, strict=True)))
        shares = dict(zip(table["group"], table["share"], strict=True))
        rows += [("wishes_share", name, label, float(shares[label])) for label in labels]
    return rows
