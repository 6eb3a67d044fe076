"""Profiles: other orders of the soft rules, to see what a split would be with wishes first, or balance first.

A profile changes no rule. It says which of the regulation's own soft rules come first, which last, and may weigh some
of them otherwise; what it leads to is then counted by the regulation as it stands. Written as ``[[profiles]]`` in the
regulation, or on the command line; three are always there (`built_in`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from classi.criteria.base import Criterion, Positive
from classi.criteria.wishes import WISH_RULES
from classi.domain import text_key
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.rule_errors import explain_inside, nearest

ASKED = frozenset({*WISH_RULES, "together"})
BALANCE = frozenset(
    {"balance", "balance_number", "balance_crossed", "level_bands", "group_quota", "equal_sizes", "at_most_share",
     "at_most_per_class", "at_least_per_class"}
)  # fmt: skip
ORIGINS = frozenset({"scuola_provenienza", "classe_provenienza"})
"""Columns that say where pupils come from."""

Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
Order = tuple[int, int]
"""Tier and weight of a soft rule."""


class Profile(BaseModel):
    """Another order of the soft rules.

    Attributes
    ----------
    name, why : what people call it, and what it is for.
    first, last : rules that come before, or after, all others: each by its name, its kind or its number.
    weights : other weights, by the same words.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text
    why: str = ""
    first: Annotated[list[Text], Field(min_length=1)]
    last: list[Text] = []
    weights: dict[str, Positive] = {}

    def order(self, criteria: Sequence[Criterion]) -> tuple[Order | None, ...]:
        """Return tier and weight of each rule in this profile, shape (criteria,); ``None`` for a hard one.

        Tiers are numbered from 1 on, as they follow each other.
        """
        first, last = (self._named(words, criteria) for words in (self.first, self.last))
        weights = {k: weight for word, weight in self.weights.items() for k in _meant(word, criteria)}
        rank = [
            None if c.hard else (0, 0) if k in first else (2, 0) if k in last else (1, c.tier)
            for k, c in enumerate(criteria)
        ]
        tier = {r: n for n, r in enumerate(sorted({r for r in rank if r is not None}), 1)}
        return tuple(
            None if r is None else (tier[r], weights.get(k, c.weight or 1))
            for k, (r, c) in enumerate(zip(rank, criteria, strict=True))
        )

    def problems(self, criteria: Sequence[Criterion], file: str = "") -> Iterator[Problem]:
        """Say what is wrong with the rules it names: unknown, mandatory, or first and last at once."""
        where = _("Profile “{name}”: ").format(name=self.name)
        for field, words in (("first", self.first), ("last", self.last), ("weights", list(self.weights))):
            for word in words:
                if _meant(word, criteria):
                    continue
                text, hint = _("“{word}” is not a soft rule of this regulation."), _likely(word, criteria)
                if any(_is(word, k, c) for k, c in enumerate(criteria)):
                    text, hint = _("“{word}” is mandatory: it comes before every order, and has no weight."), ""
                yield Problem(where + text.format(word=word), file, column=field, value=word, hint=hint)
        both = self._named(self.first, criteria) & self._named(self.last, criteria)
        for k in sorted(both):
            text = _("rule {k} ({rule}) is named both in “first” and in “last”.")
            yield Problem(where + text.format(k=k + 1, rule=criteria[k].rule), file, column="last")

    @staticmethod
    def _named(words: Sequence[str], criteria: Sequence[Criterion]) -> set[int]:
        return {k for word in words for k in _meant(word, criteria)}


def parse_profiles(raw: Any, criteria: Sequence[Criterion], file: str) -> tuple[Profile, ...] | list[Problem]:
    """Build the profiles of a regulation, or list everything that is wrong with them.

    Parameters
    ----------
    raw : what stands under ``profiles``.
    criteria : the rules of the regulation.
    """
    if not isinstance(raw, list) or not all(isinstance(entry, Mapping) for entry in raw):
        return [Problem(_("“profiles” must be written as a list of tables: [[profiles]]."), file, column="profiles")]
    found: list[Profile] = []
    problems: list[Problem] = []
    for n, entry in enumerate(raw, 1):
        try:
            profile = Profile(**entry)
        except ValidationError as error:
            where = _("Profile {n}: ").format(n=n)
            problems += [explain_inside(e, Profile, 0, where, file) for e in error.errors(include_url=False)]
            continue
        problems += profile.problems(criteria, file)
        found.append(profile)
    for name, number in Counter(text_key(p.name) for p in found).items():
        if number > 1:
            text = _("More than one profile has this name.")
            problems.append(Problem(text, file, column="profiles.name", value=name))
    return problems or tuple(found)


def inherited_profiles(base: Any, own: Any) -> Any:
    """Return the profiles of an extended regulation: one of its own takes the place of one of the same name."""
    if not (isinstance(base, list) and isinstance(own, list)):
        return own
    mine = {text_key(p["name"]) for p in own if isinstance(p, Mapping) and "name" in p}
    kept = [p for p in base if not (isinstance(p, Mapping) and text_key(p.get("name", "")) in mine)]
    return kept + own


def built_in(criteria: Sequence[Criterion]) -> tuple[Profile, ...]:
    """Return the profiles every regulation has, as far as it has rules for them."""
    origins = [bool(ORIGINS.intersection(c.pupil_columns())) for c in criteria]
    kinds = (
        ("desideri", _("What pupils and families ask for comes first."), [c.rule in ASKED for c in criteria]),
        ("equilibrio", _("Classes as alike as possible come first."), [c.rule in BALANCE for c in criteria]),
        ("provenienze", _("What the rules say of schools and classes of origin comes first."), origins),
    )
    numbers = [
        (name, why, [str(k + 1) for k, c in enumerate(criteria) if belongs[k] and not c.hard])
        for name, why, belongs in kinds
    ]
    return tuple(Profile(name=name, why=why, first=first) for name, why, first in numbers if first)


def find_profile(asked: str, own: Sequence[Profile], criteria: Sequence[Criterion]) -> Profile:
    """Return the profile somebody asks for.

    Parameters
    ----------
    asked : the name of one of the regulation's or of one that is always there; or ``"name=3,5"``, which makes a new one
        of the rules (numbers, names or kinds) that come first.
    own : the regulation's profiles.
    criteria : its rules.

    Raises
    ------
    InputError
        If there is none of this name, or its rules are not right.
    """
    name, made, words = asked.partition("=")
    if made:
        first = [word.strip() for word in words.split(",") if word.strip()]
        if not name.strip() or not first:
            text = _("A profile is written as name=3,5: a name, and the numbers of the rules that come first.")
            raise InputError([Problem(text, value=asked)])
        profile = Profile(name=name.strip(), first=first)
        if problems := list(profile.problems(criteria)):
            raise InputError(problems)
        return profile
    always = built_in(criteria)
    by_name = {text_key(p.name): p for p in (*always, *own)}
    if text_key(asked) not in by_name:
        names = [p.name for p in by_name.values()]
        text = _("There is no profile of this name for this regulation.")
        raise InputError([Problem(text, value=asked, hint=nearest(asked, names) or ", ".join(names))])
    return by_name[text_key(asked)]


def _meant(word: str, criteria: Sequence[Criterion]) -> set[int]:
    """Return the soft rules a word names: by name, by kind, or by number."""
    return {k for k, c in enumerate(criteria) if not c.hard and _is(word, k, c)}


def _is(word: str, k: int, criterion: Criterion) -> bool:
    return text_key(word) in (text_key(criterion.name), criterion.rule, str(k + 1))


def _likely(word: str, criteria: Sequence[Criterion]) -> str:
    soft = [c for c in criteria if not c.hard]
    names = [c.name for c in soft if c.name] + [c.rule for c in soft]
    return nearest(word, names) or ", ".join(dict.fromkeys(names))
