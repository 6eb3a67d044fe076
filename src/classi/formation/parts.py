"""Form a school part by part, side by side where that pays, and add up what is found exactly.

Why adding up is exact. The cost of a tier is a sum over its terms, and every term lies inside one part or costs the
same in every assignment (`classi.formation.split`). Parts share no pupil, so any choice in one goes with any choice in
another. The least sum is therefore the sum of the least costs: an assignment is best tier after tier exactly when each
of its parts is.

What the sum of bounds means. The bound of a tier holds given the values of the tiers before it. In one part these are
the values of that part, so bounds add up to one that holds given the values of every single part. As long as the
earlier tiers are proved in every part, keeping their total is the same as keeping each: at a total that is the least
possible no part can lose what another gains. Where an earlier tier is open somewhere it is not: that part might still
improve, and any other might pay for a better value later with what was gained. From there on only what holds under the
hard rules alone is added up (`bounds.groups`). A tier of the whole is thus proved when it is proved, with all tiers
before it, in every part, and otherwise only if arithmetic alone shows its value to be the least of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from multiprocessing import current_process
from threading import Event

from classi.domain import School
from classi.formation.engine import Clock, Limits, memory_mb
from classi.formation.large import form_large
from classi.formation.search import Board
from classi.formation.solve import Progress, Solution, TierResult, by_tier, solve
from classi.formation.split import Part, Split, take_apart
from classi.formation.team import Team
from classi.formation.whole import Whole, arithmetic
from classi.terms import Term

ALONE = 600
"""Pupils up to which this process forms all the parts itself: they take less time than other processes to start."""

PROCESS_MB = 250
"""Least memory a process can do anything useful with; 150 of them are there before it looks at a school."""

LARGEST = 24
"""Classes up to which a pool is formed as it is."""

THREADS = 2
"""Search threads of each process. Two different searches prove what one does not, even where they share a core."""

TRIES = 4
"""How often a part is tried at most."""

GRACE = 10.0
"""Seconds, after an interruption, in which parts nobody has looked at get some assignment: a school needs them all."""


def form_parts(
    school: School,
    terms: Sequence[Term],
    limits: Limits | None = None,
    progress: Callable[[Progress], None] | None = None,
    clock: Clock | None = None,
    apart: Split | None = None,
) -> Solution:
    """Do what `solve` does, part by part.

    A school in one part is given to `solve` as it is. With one worker the parts are formed one after the other, so that
    the same input gives the same bytes. With more, a large school is formed by as many processes; whatever is then
    still open is tried again here, with all the threads and the time that is left. A script that forms large schools
    needs the usual ``if __name__ == "__main__":``, as those processes import it.

    Parameters
    ----------
    school, terms, limits, progress, clock : as for `solve`. Progress adds up the parts heard of so far; its bounds hold
        given the values of every part, and only those of the `Solution` are settled as said above.
    apart : the school already taken apart (`take_apart`).

    Returns
    -------
    Solution
        With `parts`, one `PartResult` a part; empty for a school in one part. The value of a tier is the sum over the
        parts and of what every assignment costs (`Split.constants`).
    """
    clock = clock or Clock(limits or Limits())
    found = apart or take_apart(school, terms)
    if found.impossible:
        c = clock
        return Solution("INFEASIBLE", None, (), "proved", c.solver_seconds, c.deterministic_time, c.wall)
    tell = progress or (lambda _news: None)
    if len(found.parts) < 2:
        return form_pool(school, terms, clock, tell)
    return _several(school, found, tuple(by_tier(terms)), clock, tell)


def form_pool(school: School, terms: Sequence[Term], clock: Clock, progress: Callable[[Progress], None]) -> Solution:
    """Form a school that cannot be taken apart: as it is, or in groups of classes where there are very many."""
    if len(school.classes) <= LARGEST:
        return solve(school, terms, clock.limits, progress, clock)
    tiers = tuple(by_tier(terms))

    def several(school: School, found: Split, clock: Clock) -> Solution:
        return _several(school, found, tiers, clock, lambda _news: None, again=False)

    return form_large(school, terms, clock, progress, several)


def _several(
    school: School,
    found: Split,
    tiers: Sequence[int],
    clock: Clock,
    progress: Callable[[Progress], None],
    *,
    again: bool = True,
) -> Solution:
    """Form the parts, side by side where that pays; with `again`, try what is open until the time is over."""
    whole = Whole(school, found, tiers, clock, progress)
    order = sorted(range(len(found.parts)), key=lambda n: (-found.parts[n].choices, n))
    processes = _processes(clock.limits, found.parts)
    if processes > 1:
        _side_by_side(whole, order, processes)
        if not again and not any(whole.missing(n) for n in order):
            return whole.solution()
    while not clock.over and not whole.impossible and _one_by_one(whole, order) and again:
        pass
    if clock.stop.is_set() and not whole.impossible:
        _in_haste(whole, order)
    return whole.solution()


def _processes(limits: Limits, parts: Sequence[Part]) -> int:
    """Return how many processes pay and fit into memory; 1 = only this one."""
    if limits.deterministic or current_process().daemon or sum(len(p.pupils) for p in parts) <= ALONE:
        return 1  # a daemonic process may not start any
    fit = limits.workers if limits.memory_mb is None else int((limits.memory_mb - memory_mb()) / PROCESS_MB)
    return max(1, min(limits.workers, len(parts), fit))


def _side_by_side(whole: Whole, order: Iterable[int], processes: int) -> None:
    """Form parts in processes of their own; a part whose process dies is left without a result."""
    clock, limits = whole.clock, whole.clock.limits
    memory = None if limits.memory_mb is None else int((limits.memory_mb - memory_mb()) / processes)
    waiting = list(order)
    until: dict[int, float] = {}
    with Team(processes) as team:
        while not whole.impossible:
            while waiting and team.idle and not clock.over:
                n = waiting[0]
                busy = sum(max(0.0, until[other] - clock.wall) for other in team.working)
                seconds = min(clock.left, whole.share(waiting, processes * clock.left - busy))
                until[n] = clock.wall + seconds
                whole.try_for(n, seconds / processes)
                team.give(waiting.pop(0), whole.parts[n], Limits(seconds, memory, THREADS, limits.seed))
            if not team.working:
                return  # nothing is left, or nobody
            try:
                for n, news in team.hear(0.1):
                    whole.hear(n, news)
            except KeyboardInterrupt:
                clock.stop.set()
            if clock.over:
                team.stop()


def _one_by_one(whole: Whole, order: Iterable[int]) -> bool:
    """Form here the parts still open, each with its share of the time left; tell whether any was worth trying."""
    waiting = [n for n in order if whole.open(n)]
    some = False
    while waiting and not whole.clock.over and not whole.impossible:
        n, seconds = waiting[0], whole.share(waiting, whole.clock.left)
        waiting.pop(0)
        if whole.tries[n] < TRIES and seconds > whole.had[n] / 4:
            some = True
            # Another seed each time: what was not found in as much time may be found in less.
            limits = replace(whole.clock.limits, seconds=seconds, seed=whole.clock.limits.seed + whole.tries[n])
            whole.try_for(n, seconds)
            whole.hear(n, _formed_here(whole, n, whole.parts[n].terms, Clock(limits, whole.clock.stop)))
    return some


def _formed_here(whole: Whole, n: int, terms: Sequence[Term], own: Clock) -> Solution:
    solution = solve(whole.parts[n].school, terms, own.limits, lambda news: whole.hear(n, news), own)
    whole.clock.out_of_memory |= own.out_of_memory
    return solution


def _in_haste(whole: Whole, order: Iterable[int]) -> None:
    """Give the parts nobody came to an assignment that keeps the hard rules: without them the others are worth nothing.

    With fewer than all parts there is no assignment, and hours of work on the others would be lost.
    """
    if all(s is None or s.places is None for s in whole.solutions):
        return  # interrupted before anything was found: there is nothing to save
    clock = Clock(replace(whole.clock.limits, seconds=GRACE), Event())
    for n in order:
        if clock.over or not whole.missing(n):
            continue
        hard = [t for t in whole.parts[n].terms if t.weight is None]
        found = _formed_here(whole, n, hard, Clock(replace(clock.limits, seconds=clock.left), clock.stop))
        clock.deterministic_time += found.deterministic_time
        if found.places is None:
            whole.hear(n, found)
            return
        whole.hear(n, _priced(whole.parts[n], found))


def _priced(part: Part, found: Solution) -> Solution:
    """Return an assignment found without looking at the soft terms, with what they cost and arithmetic's bounds."""
    assert found.places is not None
    board = Board(part.school, part.terms)
    tiers = tuple(
        TierResult(tier, board.tier_cost(found.places, tier), arithmetic(part, tier), "arithmetic")
        for tier in by_tier(part.terms)
    )
    status = "OPTIMAL" if all(t.proved for t in tiers) else "FEASIBLE"
    return replace(found, status=status, tiers=tiers)
