"""What may be asked for: how many alternatives, with which tolerance, which profiles; and the folder of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from classi.draw import draw_name
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.profiles import Profile, find_profile
from classi.regulation import Regulation

BEST = "migliore"
"""What the best split is called among the others."""

MOST = 20
"""Alternatives at most: nobody weighs more."""


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
    return [*map(folder_of, range(1, number + 1)), *(draw_name(p.name) for p in profiles)]


def folder_of(number: int) -> str:
    """Return the folder of an alternative."""
    return f"alternativa-{number}"
