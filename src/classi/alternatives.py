"""Other splits to choose among: as good and really different, or the best of another order of the rules.

An *alternative* costs in no tier more than the best split (in the last one a declared tolerance more) and puts as many
pupils as it can in another class than that split and every alternative before. A *profile*'s split is the best of
another order of the same soft rules (`classi.profiles`). Both keep every hard rule and the seats given, are counted by
the auditor and certified by the regulation as it stands, and say what they cost against the best.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

from classi.draw import draw_name
from classi.errors import InputError, Problem
from classi.formation.alternatives import another, quality
from classi.formation.engine import DETERMINISTIC_PER_SECOND, Clock, Limits
from classi.formation.matching import alike, distance, renamed
from classi.formation.parts import form_parts
from classi.formation.search import Board
from classi.formation.solve import Solution, by_tier
from classi.i18n import _, ngettext
from classi.profiles import Profile, find_profile
from classi.recount import read_certificate
from classi.regulation import Regulation
from classi.restate import restate
from classi.terms import Term
from classi.workflow import OUTPUTS, Result, refuse_overwrite, write_result

BEST = "migliore"
"""What the best split is called among the others."""

MOST = 20
"""Alternatives at most: nobody weighs more."""


@dataclass(frozen=True)
class Alternative:
    """A split to choose instead of the best.

    Attributes
    ----------
    name, folder : what people call it, and the folder it is written to, inside that of the best.
    result : the split, certified.
    distances : pupils who change class against each of the others, by name, once classes are matched.
    profile : the profile it is best for; empty for a split as good as the best.
    """

    name: str
    folder: str
    result: Result
    distances: Mapping[str, int]
    profile: str = ""

    @property
    def tiers(self) -> list[dict[str, int]]:
        """What each tier of the regulation costs here."""
        return [{"tier": t["tier"], "value": t["value"]} for t in self.result.certificate["tiers"]]


class Alternatives(tuple[Alternative, ...]):
    """The splits found; `ended` says why there are fewer alternatives than asked for (see `no_more`)."""

    ended: str

    def __new__(cls, found: Iterable[Alternative] = (), ended: str = "") -> Alternatives:
        """Return the splits, with why there are no more."""
        made = super().__new__(cls, found)
        made.ended = ended
        return made

    @property
    def no_more(self) -> str:
        """Why there are fewer alternatives than asked for, in a sentence; empty where there are not."""
        return {
            "proved": _("It is proved that no other split of this quality exists: the same classes come back renamed."),
            "time": _("No other split of this quality was found in time; that none exists is not proved."),
            "memory": _("The memory allowed was over before more splits were found."),
            "interrupted": _("Interrupted: the splits found so far are kept."),
        }.get(self.ended, "")


@dataclass(frozen=True)
class _Found:
    """A split found, before its distances to all others are known."""

    name: str
    places: tuple[int, ...]
    made: Mapping[str, Any]
    stopped: str
    limits: Limits


def alternatives(  # noqa: PLR0913 - what is wanted, and then what `form` has
    result: Result,
    number: int,
    *,
    tolerance: float = 0.0,
    profiles: Sequence[str | Profile] = (),
    time_limit: float = 30.0,
    seed: int = 0,
    workers: int = 2,
    memory_mb: int | None = None,
    stop: Event | None = None,
    progress: Callable[[str], None] | None = None,
) -> Alternatives:
    """Find other splits than the best to choose among.

    Parameters
    ----------
    result : of `classi.workflow.form`.
    number : alternatives as good as the best, beside it; fewer are returned where no more exist or were found.
    tolerance : per cent more that the last tier may cost in them, rounded up to a whole point.
    profiles : one more split for each; as `classi.profiles.find_profile` takes them, or made by the caller.
    time_limit : seconds for all of them; each has an equal share, and what it leaves goes on to the next.
    seed, workers, memory_mb, stop : as for `form`; `stop` ends the search and keeps the splits found so far.
    progress : called with a sentence after every split.

    Returns
    -------
    Alternatives
        A tuple: the alternatives, then the profiles; none where the case has no split at all.

    Raises
    ------
    InputError
        If there is no such profile, or two of the splits would have the same folder.
    """
    chosen = checked(result.case.regulation, number, tolerance, profiles)
    if result.solution.places is None:
        return Alternatives()
    clock = Clock(Limits(time_limit, memory_mb, workers, seed), stop or Event())
    search = _Search(result, clock, progress or (lambda _line: None))
    ended = search.as_good(number, tolerance, len(chosen))
    for n, profile in enumerate(chosen):
        search.best_of(profile, len(chosen) - n)
    return Alternatives(search.certified(), ended)


def checked(
    regulation: Regulation, number: int, tolerance: float, profiles: Sequence[str | Profile]
) -> tuple[Profile, ...]:
    """Return the profiles asked for, or say what is wrong with what is asked, before anything is formed.

    Raises
    ------
    InputError
        As `alternatives` does.
    """
    problems: list[Problem] = []
    if not 0 <= number <= MOST:
        text = _("Between 0 and {most} alternatives can be asked for.")
        problems.append(Problem(text.format(most=MOST), value=str(number)))
    if not 0 <= tolerance <= 100:
        problems.append(Problem(_("The tolerance is a percentage from 0 to 100."), value=str(tolerance)))
    chosen: list[Profile] = []
    for asked in profiles:
        try:
            own = regulation.profiles
            chosen.append(find_profile(asked, own, regulation.criteria) if isinstance(asked, str) else asked)
        except InputError as error:
            problems += error.problems
    folders = Counter([BEST, *folders_of(number, chosen)])
    for profile in chosen:
        if not (folder := draw_name(profile.name)):
            problems.append(Problem(_("The name of a profile needs a letter or a digit."), value=profile.name))
        elif folders[folder] > 1:
            text = _("Two splits would be written to the same folder: give this profile another name.")
            problems.append(Problem(text, value=profile.name))
    if problems:
        raise InputError(problems)
    return tuple(chosen)


def folders_of(number: int, profiles: Iterable[Profile]) -> list[str]:
    """Return the folders that so many alternatives, and these profiles, are written to."""
    return [*map(_folder_of, range(1, number + 1)), *(draw_name(p.name) for p in profiles)]


def time_left(result: Result, time_limit: float) -> float:
    """Return the seconds of a limit that a formation left, in the unit of its own: work with one worker, else time."""
    certificate, solution = result.certificate, result.solution
    work = solution.deterministic_time / DETERMINISTIC_PER_SECOND
    return max(0.0, time_limit - (work if certificate["deterministic"] else solution.wall_seconds))


class _Search:
    def __init__(self, result: Result, clock: Clock, tell: Callable[[str], None]) -> None:
        assert result.solution.places is not None
        self.result, self.clock, self.tell = result, clock, tell
        self.school, self.terms = result.case.school, result.case.terms
        self.best = result.solution.places
        self.groups = alike(self.school, self.terms)
        self.found: list[_Found] = []

    def as_good(self, number: int, tolerance: float, waiting: int) -> str:
        """Find so many alternatives, with time kept for those who wait; say why there are not so many."""
        board = Board(self.school, self.terms)
        caps = quality([(t, board.tier_cost(self.best, k)) for k, t in by_tier(self.terms).items()], tolerance)
        for n in range(1, number + 1):
            own = self._share(number + 1 - n + waiting)
            if own.over:
                return self._over(own) or "time"
            before = [self.best, *(f.places for f in self.found)]
            new = another(self.school, self.terms, before, caps, self.groups, own)
            self._charge(own)
            if new.places is None:
                return "proved" if new.most == 0 else self._over(own) or "time"
            made = {"how": "alternative", "number": n, "tolerance": tolerance, "farthest": new.most}
            self._keep(_Found(_folder_of(n), new.places, made, self._over(own) or "given", own.limits))
        return ""

    def best_of(self, profile: Profile, waiting: int) -> None:
        """Find the best split of a profile, unless the search was ended before."""
        own = self._share(waiting)
        if own.over:
            return
        criteria = self.result.case.regulation.criteria
        order = profile.order(criteria)
        solution = form_parts(self.school, _reordered(self.terms, order), own.limits, None, own)
        self._charge(own)
        if solution.places is not None:
            made = {
                "how": "profile",
                "profile": profile.name,
                "why": profile.why,
                "order": self._labels(order),
                "tiers": _values(solution),
            }
            self._keep(_Found(profile.name, solution.places, made, solution.stopped, own.limits))

    def certified(self) -> list[Alternative]:
        """Return the splits found, each counted, certified, and set beside all others."""
        splits = {BEST: self.best, **{f.name: f.places for f in self.found}}
        return [self._certified(f, {n: p for n, p in splits.items() if n != f.name}) for f in self.found]

    def _certified(self, found: _Found, others: Mapping[str, Sequence[int]]) -> Alternative:
        far = {name: distance(found.places, places, self.groups) for name, places in others.items()}
        made = {**found.made, "distances": far}
        result = restate(
            self.result.case,
            found.places,
            made,
            known=self.result.solution.tiers,
            seated=self.result.seated,
            limits=found.limits,
            stopped=found.stopped if found.stopped != "proved" else "given",
        )
        return Alternative(found.name, draw_name(found.name), result, far, str(found.made.get("profile", "")))

    def _keep(self, found: _Found) -> None:
        # Classes that may be renamed are called as in the best split: who reads both sees what really changes.
        self.found.append(replace(found, places=renamed(self.best, found.places, self.groups)))
        far = distance(self.best, found.places, self.groups)
        text = ngettext(
            "{name}: {n} pupil changes class against the best split.",
            "{name}: {n} pupils change class against the best split.",
            far,
        )
        self.tell(text.format(name=found.name, n=far))

    def _share(self, waiting: int) -> Clock:
        limits = replace(self.clock.limits, seconds=round(self.clock.left / waiting, 3))
        return Clock(limits, self.clock.stop)

    def _charge(self, own: Clock) -> None:
        self.clock.solver_seconds += own.solver_seconds
        self.clock.deterministic_time += own.deterministic_time

    def _over(self, own: Clock) -> str:
        if self.clock.stop.is_set():
            return "interrupted"
        return "memory" if own.out_of_memory else ""

    def _labels(self, order: Sequence[tuple[int, int] | None]) -> list[str]:
        """Return the soft rules as the profile orders them, the heaviest of a tier first."""
        soft = sorted((o[0], -o[1], k) for k, o in enumerate(order) if o is not None)
        return [self.result.case.regulation.label(k) for _tier, _weight, k in soft]


def _reordered(terms: Iterable[Term], order: Sequence[tuple[int, int] | None]) -> list[Term]:
    """Return the terms with the tiers and weights of a profile."""
    return [
        term if (new := order[term.criterion]) is None else replace(term, tier=new[0], weight=new[1]) for term in terms
    ]


def _values(solution: Solution) -> list[dict[str, Any]]:
    return [{"tier": t.tier, "value": t.value, "bound": t.bound, "proved": t.proved} for t in solution.tiers]


def _folder_of(number: int) -> str:
    return f"alternativa-{number}"


# --- files ---


def write_alternatives(
    result: Result, found: Sequence[Alternative] | None, out: str | Path, *, force: bool = False
) -> None:
    """Write the best split to `out`, and each other to a folder inside it, all of them results like any other.

    The certificate of the best says under ``alternatives`` where the others are and what they cost; with ``None`` for
    `found` nobody asked for any, and it says nothing. It is written last. Alternatives of an earlier search that is
    written over are taken away.

    Raises
    ------
    InputError
        If one of the folders already holds a result and `force` is not set.
    AuditFailure
        If the count from the written files differs from a certificate.
    """
    out = Path(out)
    folders = [a.folder for a in found or ()]
    refuse_result(out, folders, force=force)
    old = _written_before(out)
    out.mkdir(parents=True, exist_ok=True)
    for alternative in found or ():
        write_result(alternative.result, out / alternative.folder, force=force)
    if found is not None:
        listed = [summary(result, a) for a in found]
        result = replace(result, certificate={**result.certificate, "alternatives": listed})
    write_result(result, out, force=force)
    for folder in old.difference(folders):
        _forget(out / folder)


def refuse_result(out: Path, folders: Iterable[str], *, force: bool) -> None:
    """Raise `InputError` when `out` or one of the folders inside it cannot be written to; see `refuse_overwrite`."""
    for folder in (out, *(out / name for name in folders)):
        refuse_overwrite(folder, force=force)


def summary(result: Result, alternative: Alternative) -> dict[str, Any]:
    """Return what the certificate of the best says of another split; ``more`` is what it costs more than the best."""
    best = {t["tier"]: t["value"] for t in result.certificate["tiers"]}
    return {
        "name": alternative.name,
        "folder": alternative.folder,
        "profile": alternative.profile or None,
        "tiers": [{**t, "more": t["value"] - best[t["tier"]]} for t in alternative.tiers],
        "distances": dict(alternative.distances),
    }


def _written_before(out: Path) -> set[str]:
    """Return the folders that the certificate in `out` lists: a search that replaces it replaces them."""
    listed = read_certificate(out).get("alternatives")
    names = [a.get("folder") for a in listed if isinstance(a, dict)] if isinstance(listed, list) else []
    return {str(name) for name in names if name and draw_name(str(name)) == name and (out / str(name)).is_dir()}


def _forget(folder: Path) -> None:
    """Take away what classi wrote to a folder, and the folder if nothing else is in it."""
    if not any(f.name not in OUTPUTS for f in folder.iterdir()):
        shutil.rmtree(folder)
        return
    for name in OUTPUTS:
        (folder / name).unlink(missing_ok=True)
