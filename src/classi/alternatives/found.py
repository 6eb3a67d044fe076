"""The splits found besides the best, and why there are no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from classi.i18n import _
from classi.workflow import Result


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
