"""An impossible case in words: what clashes, and the ways out with the price of each, counted by the auditor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from classi.admissions.admit import Impossible
from classi.case import Case
from classi.formation.conflicts import Clash, WayOut, conflicts, relaxations
from classi.formation.counting import Reason, counting_arguments
from classi.formation.engine import Clock, Limits
from classi.i18n import _, ngettext
from classi.seating import give_seats

CONFLICT_SHARE = 0.5
"""Part of the time that may go into the conflicts; the ways out get the rest."""


@dataclass(frozen=True)
class Choice:
    """A way out, with what would be broken in sentences, as the auditor counts it on a split that does it."""

    way: WayOut
    broken: tuple[str, ...]


@dataclass(frozen=True)
class Menu:
    """Why a case is impossible and what can be done about it.

    Attributes
    ----------
    status : ``"POSSIBLE"``, ``"IMPOSSIBLE"`` (both proved) or ``"UNKNOWN"`` (the time ended first).
    counting : what plain arithmetic shows.
    conflicts, complete : the minimal sets of rules that clash, and whether there are no others.
    choices : the ways out, the cheapest first.
    """

    status: Literal["POSSIBLE", "IMPOSSIBLE", "UNKNOWN"]
    counting: tuple[Reason, ...] = ()
    conflicts: tuple[Clash, ...] = ()
    complete: bool = False
    choices: tuple[Choice, ...] = ()

    def lines(self) -> list[str]:
        """Return the sentences, in the current language; those that begin with blanks belong to the one before."""
        if self.status == "POSSIBLE":
            return [_("The mandatory rules can all be kept: there is no conflict.")]
        if self.status == "UNKNOWN":
            return [_("The time ended before it was known whether the mandatory rules can all be kept.")]
        return [
            _("No assignment keeps all the hard rules."),
            *(f"[{r.code}] {r.text}" for r in self.counting),
            *self._clashes(),
            *self._choices(),
        ]

    def _clashes(self) -> list[str]:
        said = []
        for n, clash in enumerate(self.conflicts, 1):
            if not clash.rules:
                said.append(_("Conflict {n}: whatever the rules, somebody has no class to go to.").format(n=n))
                continue
            text = ngettext(
                "Conflict {n}: this rule cannot be kept, even alone:",
                "Conflict {n}: these rules cannot all be kept; without any one of them the others can:",
                len(clash.rules),
            )
            if not clash.minimal:
                text = _("Conflict {n}: these rules cannot all be kept (a smaller set may do: the time ended first):")
            said += [text.format(n=n), *(f"  – {_numbered(r.number, r.text)}" for r in clash.rules)]
        if not self.complete:
            said.append(_("There may be other conflicts: ask for more of them, or allow more time."))
        elif len(self.conflicts) > 1:
            said.append(_("There are no other conflicts. A way out has to settle every one of them."))
        return said

    def _choices(self) -> list[str]:
        if not self.choices:
            return [_("No way out was found.")]
        said = [_("The ways out, the cheapest first:")]
        for letter, choice in enumerate(self.choices):
            rules = "; ".join(_numbered(r.number, r.text) for r in choice.way.rules)
            text = ngettext(
                "give way on {rules}, by {excess}", "give way on {rules}, by {excess} in all", len(choice.way.rules)
            )
            least = _("(no less will do)") if choice.way.least else _("(less may do: the time ended first)")
            said.append(f"{_letter(letter)}) {text.format(rules=rules, excess=choice.way.excess)} {least}")
            said += [f"  – {sentence}" for sentence in choice.broken]
        return said

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, the sentences included."""
        return {**asdict(self), "lines": self.lines()}


def explain_impossible(case: Case, *, most: int = 5, time_limit: float = 60.0, workers: int = 2, seed: int = 0) -> Menu:
    """Find the conflicts of a case, and the ways out a commission can choose from.

    Where the regulation gives seats, they are given first.

    Parameters
    ----------
    most : how many conflicts at most.
    time_limit : seconds for everything.
    workers, seed : as for `classi.form`.

    Raises
    ------
    Unsettled, Impossible
        As for the seats: see `classi.seating.give_seats`.

    Examples
    --------
    >>> from classi import Case
    >>> rows = {"alunni": [{"id": "a"}, {"id": "b"}, {"id": "c"}], "classi": [{"id": "1A"}]}
    >>> case = Case.from_rows(rows, {"criteria": [{"rule": "class_size", "max": 2, "hard": True}]})
    >>> found = explain_impossible(case, time_limit=5)
    >>> found.status, found.complete, found.choices[0].way.excess
    ('IMPOSSIBLE', True, 1)
    """
    clock = Clock(Limits(time_limit, workers=workers, seed=seed))
    case, seated, refused = _seated(case, clock)
    terms = case.regulation.terms(case.school)
    # What a rule closes can be given up with the rule; what the seat closes cannot.
    school = case.school if seated else replace(case.school, open=())
    limited = Clock(Limits(clock.left * CONFLICT_SHARE, workers=workers, seed=seed), clock.stop)
    found, complete = conflicts(school, case.regulation, terms, limited, most)
    if not found:
        if complete and refused is not None:
            raise refused
        return Menu("POSSIBLE" if complete else "UNKNOWN")
    hard = [t for t in terms if t.weight is None]
    counting = tuple(counting_arguments(case.school, case.regulation, hard))
    ways = relaxations(school, case.regulation, terms, clock, found)
    return Menu("IMPOSSIBLE", counting, found, complete, tuple(Choice(way, _broken(case, way.places)) for way in ways))


def _seated(case: Case, clock: Clock) -> tuple[Case, bool, Impossible | None]:
    """Return the case of those who have a seat, whether seats were given, and why they could not be."""
    try:
        seated = give_seats(case, clock)
    except Impossible as error:
        return case, False, error  # whoever gets the seats: explained like any other case, if that is why
    return (case, False, None) if seated is None else (seated.inside, True, None)


def _broken(case: Case, places: Sequence[int]) -> tuple[str, ...]:
    audit = case.audit(case.placed(places)).audit
    rules = case.regulation.criteria
    return tuple(rules[a.number - 1].explain(c) for a in audit.criteria if a.hard for c in a.findings)


def _numbered(number: int, text: str) -> str:
    return _("rule {number}, {rule}").format(number=number, rule=text)


def _letter(n: int) -> str:
    return chr(ord("a") + n) if n < 26 else str(n + 1)
