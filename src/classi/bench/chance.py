"""What pure chance would give: the costs and indices of random assignments, and where a split lies among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from math import ceil, floor, isqrt, sqrt
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd  # type: ignore[import-untyped,unused-ignore]

from classi.bench.groups import GROUP_COLUMNS, cell_label, placements
from classi.bench.trial import admitted
from classi.case import Case
from classi.criteria.wishes import Wishes
from classi.domain import School
from classi.errors import InputError, NotFound, Problem
from classi.formation.bounds import Domains, domains
from classi.formation.engine import Limits
from classi.formation.search import Board
from classi.formation.solve import solve
from classi.i18n import _
from classi.indices import STANDARD_COLUMNS
from classi.terms import Band, Place, Term

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]

START_SECONDS = 30.0
"""Time for finding an assignment to start from, where none is given."""
ROUNDS = 4
"""Rounds of dealing again between two assignments that are counted, when eligibility is kept."""
WARM_UP = 200
"""Rounds before the first that is counted."""
COLUMNS = (
    "kind", "number", "name", "label", "column", "group", "mean", "standard_error", "low", "high", "found",
    "at_or_below", "draws", "seed",
)  # fmt: skip


def chance(
    case: Case,
    placed: pd.DataFrame | Mapping[str, str] | None = None,
    *,
    draws: int = 1000,
    seed: int = 0,
    eligible: bool = False,
) -> pd.DataFrame:
    """Count random assignments by the rules of a case, and say where a split lies among them.

    Every class keeps its size: that of `placed` or, without it, the size planned for it, rounded. Each such assignment
    is equally likely; nothing else is asked of them, least of all the hard rules.

    Parameters
    ----------
    placed : the split to compare: class id of every pupil id, or a table with columns ``id`` and ``classe``.
    draws, seed : random assignments, at least 2; seed of the generator, not negative.
    eligible : only assignments in which every pupil has a class that the hard rules about single pupils leave open.
        They come from a Markov chain (two classes at a time deal the pupils who may be in either anew), so they are not
        quite independent, and the standard error allows for that. A pupil who could get elsewhere only by an exchange
        among three classes, no two of which can make one, stays where the chain starts: in `placed`.

    Returns
    -------
    pandas.DataFrame
        One row a figure. `kind` : ``criterion`` (the cost of rule `number`, `name`, `label`) or ``index`` (`name`: the
        share of assignments that keep every hard rule; the share of wishes granted, also by `column` and `group` of
        the pupil who wishes; multigroup dissimilarity and Theil's H of a `column`; η² of one that holds numbers).
        `mean`, and its Monte Carlo `standard_error`; `low`, `high` : 95 % of the draws lie between (2.5th and 97.5th
        percentile); `found` : the value of `placed`; `at_or_below` : share of the draws not above it. NaN where there
        is nothing to measure.

    Raises
    ------
    InputError
        If a figure is out of range, `placed` leaves out a pupil or names one who is not in the case, it has a pupil
        where that pupil may not be though `eligible`, or no assignment of the sizes planned is.
    NotFound
        If in half a minute no assignment is found to start from.

    Examples
    --------
    >>> import pandas as pd
    >>> from classi import Case
    >>> pupils = pd.DataFrame({"id": list("abcd"), "sesso": list("FFMM")})
    >>> rules = {"criteria": [{"rule": "balance", "attribute": "sesso", "weight": 1}]}
    >>> case = Case.from_frames(pupils, pd.DataFrame({"id": ["1A", "1B"]}), regulation=rules)
    >>> table = chance(case, {"a": "1A", "b": "1B", "c": "1A", "d": "1B"}, draws=2000)
    >>> row = table.iloc[0]  # the two girls meet in one of three splits, which then costs 4
    >>> bool(abs(row["mean"] - 4 / 3) < 4 * row["standard_error"]), float(row["found"])
    (True, 0.0)
    """
    wrong = [
        Problem(_("“{name}” must be at least {lowest}.").format(name=name, lowest=lowest), value=str(value))
        for name, value, lowest in (("draws", draws, 2), ("seed", seed, 0))
        if value < lowest
    ]
    if wrong:
        raise InputError(wrong)
    case = admitted(case, Limits(START_SECONDS, None, 1, seed))
    rooms = domains(case.school, case.terms)
    start = _start(case, rooms, seed) if placed is None else _positions(case, placed, rooms if eligible else None)
    generator = np.random.default_rng(seed)
    deal = partial(_dealt, rooms, len(case.school.classes)) if eligible else _shuffled
    sample = deal(start, draws, generator)
    counted, found = _figures(case, sample), _figures(case, start[None, :])
    rows = []
    for figure, values in counted.items():
        mine = None if placed is None else float(found[figure][0])
        rows.append((*_words(case, figure), *_summary(values, mine, chain=eligible), draws, seed))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"number": "Int64", "found": float, "at_or_below": float})


# --- assignments ---


def _positions(case: Case, placed: pd.DataFrame | Mapping[str, str], rooms: Domains | None) -> Ints:
    school = case.school
    homes = placements(case, placed)
    missing = [p.id for p in school.pupils if p.id not in homes]
    if missing:
        raise InputError([Problem(_("The pupil has no class in the split to compare."), value=p) for p in missing])
    at = {c.id: n for n, c in enumerate(school.classes)}
    places = [at[homes[p.id]] for p in school.pupils]
    strangers = [p.id for i, p in enumerate(school.pupils) if rooms is not None and places[i] not in rooms[i]]
    if strangers:
        text = _("The split to compare has the pupil in a class that is not open to that pupil.")
        raise InputError([Problem(text, value=p) for p in strangers])
    return np.array(places, dtype=np.int64)


def _start(case: Case, rooms: Domains, seed: int) -> Ints:
    """Return an assignment with the sizes planned, rounded up or down, and everybody in a class open to them."""
    school = case.school
    everybody = tuple((i, 1) for i in range(len(school.pupils)))
    terms = [Term(Band((c,), everybody, floor(size), ceil(size)), 0) for c, size in enumerate(school.planned)]
    terms += [Term(Place(i, classes), 0) for i, classes in enumerate(rooms)]
    solution = solve(school, terms, Limits(START_SECONDS, None, 1, seed))
    if solution.status == "INFEASIBLE":
        raise InputError([Problem(_("No assignment has the sizes planned: a split to compare is needed."))])
    if solution.places is None:
        raise NotFound(_("No assignment was found within the limits, and none was proved impossible."))
    return np.array(solution.places, dtype=np.int64)


def _shuffled(start: Ints, draws: int, generator: np.random.Generator) -> Ints:
    """Return random assignments with the sizes of `start`, shape (draws, pupils), each equally likely."""
    return generator.permuted(np.tile(start, (draws, 1)), axis=1)


def _dealt(rooms: Domains, classes: int, start: Ints, draws: int, generator: np.random.Generator) -> Ints:
    """Return the same among the assignments that keep eligibility, one after the other in a Markov chain.

    In a round the classes are paired at random, and each pair deals the pupils who may be in either of its classes
    anew. That is a Gibbs step: it leaves the uniform distribution over all eligible assignments as it is.
    """
    may = np.zeros((len(rooms), classes), dtype=bool)
    for i, open_to in enumerate(rooms):
        may[i, list(open_to)] = True
    places, sample = start.copy(), np.empty((draws, len(start)), dtype=np.int64)
    for n in range(-WARM_UP, draws * ROUNDS):
        order = generator.permutation(classes)
        for one, two in zip(order[::2], order[1::2], strict=False):
            free = np.flatnonzero(((places == one) | (places == two)) & may[:, one] & may[:, two])
            places[free] = generator.permutation(places[free])
        if n >= 0 and n % ROUNDS == 0:
            sample[n // ROUNDS] = places
    return sample


# --- figures of many assignments at once ---


@dataclass(frozen=True)
class _Figure:
    """What is measured: a criterion by its position, or an index of a column, of one group where it is about one."""

    criterion: int | None = None
    index: str = ""
    column: str = ""
    group: str = ""


def _figures(case: Case, sample: Ints) -> dict[_Figure, Floats]:
    """Measure assignments, shape (draws, pupils): every figure has shape (draws,)."""
    found = _costs(case, sample)
    found |= dict(_wish_shares(case, sample))
    for column in (c for c in STANDARD_COLUMNS if c in case.school.pupil_columns):
        found |= dict(_segregation(case.school, column, sample))
    return found


def _costs(case: Case, sample: Ints) -> dict[_Figure, Floats]:
    board = Board(case.school, case.terms)
    criterion = np.array([t.criterion for t in case.terms], dtype=np.int64)
    number = len(case.regulation.criteria)
    costs = np.array([
        np.bincount(criterion, weights=board.excesses(places.tolist()), minlength=number) for places in sample
    ])  # fmt: skip
    hard = np.array([c.hard for c in case.regulation.criteria], dtype=bool)
    kept = (costs[:, hard] == 0).all(axis=1).astype(float)
    return {_Figure(k): costs[:, k] for k in range(number)} | {_Figure(index="hard_rules_kept"): kept}


def _wish_shares(case: Case, sample: Ints) -> Iterator[tuple[_Figure, Floats]]:
    wanted = Wishes(rule="wishes", weight=1).wanted(case.school)
    pairs = np.array([(i, j) for i, friends in wanted.items() for j in friends], dtype=np.int64).reshape(-1, 2)
    if not len(pairs):
        return
    granted = sample[:, pairs[:, 0]] == sample[:, pairs[:, 1]]
    yield _Figure(index="wishes_share"), granted.mean(axis=1)
    for column in (c for c in GROUP_COLUMNS if c in case.school.pupil_columns):
        for value, inside in case.school.by_value(column).items():
            mine = np.isin(pairs[:, 0], inside)
            if value is not None and mine.any():
                yield _Figure(None, "wishes_share", column, cell_label(value)), granted[:, mine].mean(axis=1)


def _segregation(school: School, column: str, sample: Ints) -> Iterator[tuple[_Figure, Floats]]:
    values = {v: list(inside) for v, inside in school.by_value(column).items() if v is not None}
    known = [i for inside in values.values() for i in inside]
    if column == "livello" and all(isinstance(v, int | Decimal) and not isinstance(v, bool) for v in values):
        if len(values) > 1:
            numbers = np.repeat([float(str(v)) for v in values], [len(inside) for inside in values.values()])
            yield _Figure(index="eta_squared", column=column), _eta_squared(numbers, sample[:, known])
    elif len(values) > 1:
        codes = np.repeat(np.arange(len(values)), [len(inside) for inside in values.values()])
        tables = _tables(codes, sample[:, known], len(school.classes))
        yield _Figure(index="multigroup_dissimilarity", column=column), _dissimilarity(tables)
        yield _Figure(index="theil_h", column=column), _theil(tables)


# The formulas are those of `classi.indices`, which measures one assignment at a time, for many at once.


def _tables(codes: Ints, sample: Ints, classes: int) -> Floats:
    """Return how many pupils of each group are in each class, shape (draws, classes, groups)."""
    draws, groups = len(sample), int(codes.max()) + 1
    cells = (np.arange(draws)[:, None] * classes + sample) * groups + codes
    counted = np.bincount(cells.ravel(), minlength=draws * classes * groups)
    return counted.reshape(draws, classes, groups).astype(np.float64)


def _dissimilarity(tables: Floats) -> Floats:
    shares = tables[0].sum(axis=0) / tables[0].sum()
    distance = np.abs(tables - tables.sum(axis=2, keepdims=True) * shares).sum(axis=(1, 2))
    result: Floats = distance / (2 * tables[0].sum() * (shares * (1 - shares)).sum())
    return result


def _theil(tables: Floats) -> Floats:
    """Return H as the difference of entropies: Σ x ln x over cells, classes, groups and all."""
    whole = _x_log_x(tables[0].sum())
    groups = _x_log_x(tables[0].sum(axis=0)).sum()
    inside = _x_log_x(tables).sum(axis=(1, 2)) - _x_log_x(tables.sum(axis=2)).sum(axis=1)
    result: Floats = np.clip((inside - groups + whole) / (whole - groups), 0.0, 1.0)
    return result


def _x_log_x(x: Floats) -> Floats:
    result: Floats = x * np.log(np.where(x > 0, x, 1.0))
    return result


def _eta_squared(numbers: Floats, sample: Ints) -> Floats:
    deviations = numbers - numbers.mean()
    draws, classes = len(sample), int(sample.max()) + 1
    cells = (np.arange(draws)[:, None] * classes + sample).ravel()
    sums, sizes = (
        np.bincount(cells, weights=weights, minlength=draws * classes).reshape(draws, classes)
        for weights in (np.tile(deviations, draws), None)
    )
    result: Floats = (sums**2 / np.maximum(sizes, 1)).sum(axis=1) / (deviations @ deviations)
    return result


# --- many values in a few figures ---


def _summary(values: Floats, mine: float | None, *, chain: bool) -> tuple[float | None, ...]:
    low, high = np.quantile(values, [0.025, 0.975])
    # The slack keeps draws that tie but for rounding.
    below = None if mine is None else float((values <= mine + 1e-12).mean())
    return float(values.mean()), _standard_error(values, chain=chain), float(low), float(high), mine, below


def _standard_error(values: Floats, *, chain: bool) -> float:
    """Return the standard error of the mean; of a chain by batch means, √n batches, which are nearly independent."""
    if chain:
        batches = isqrt(len(values))
        length = len(values) // batches
        values = values[-batches * length :].reshape(batches, length).mean(axis=1)
    return float(values.std(ddof=1) / sqrt(len(values))) if len(values) > 1 else float("nan")


def _words(case: Case, figure: _Figure) -> tuple[str, int | None, str, str, str, str]:
    k = figure.criterion
    if k is None:
        return "index", None, figure.index, "", figure.column, figure.group
    return "criterion", k + 1, case.regulation.criteria[k].rule, case.regulation.label(k), "", ""
