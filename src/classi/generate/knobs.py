"""The knobs of a synthetic school."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from classi.i18n import _

Order = Literal["primaria", "secondaria1", "secondaria2"]
Impossible = Literal["disability", "size", "ties"]

SHARES = (
    "girls", "foreign", "born_abroad", "newcomers", "disabled", "grave", "dsa", "bes", "problems", "repeaters",
    "reciprocity", "wishes_in_circle", "wishes_in_section", "wishes_same_sex", "siblings", "vetoes", "together",
    "second_choices", "clustering", "correlation", "missing",
)  # fmt: skip
"""Knobs that go from 0 to 1."""

MOST_WISHES = 3
"""Wishes one pupil may express."""


@dataclass(frozen=True)
class Knobs:
    """Everything that can be turned; the defaults are a usual Italian *secondaria di I grado*.

    Shares go from 0 to 1. A share of pupils is drawn exactly (share × pupils, rounded down or up), not pupil by pupil.

    Attributes
    ----------
    order : ``"primaria"``, ``"secondaria1"`` or ``"secondaria2"``; sets ages, schools of origin and national numbers.
    pupils : pupils to place.
    classes : classes to form; default one for every 24 pupils.
    sites : number of *plessi*; with two or more, pupils ask for one.
    languages : second languages on offer; with two or more, pupils ask for one.
    time_models : 2 = half the classes full-time, half ordinary, and families ask.
    second_choices : share of pupils who would also take a second site, language or time model.
    musical : pupils of the musical path (four instruments), 0 = none; they go to `musical_classes` classes.
    musical_classes : mixed classes that host the musical path.
    previous : classes the pupils come from inside the same school (re-formation); 0 = an intake.
    girls, foreign, disabled, dsa, bes, problems, repeaters : shares of the pupils.
    born_abroad, newcomers : shares of the foreign pupils born abroad, and newly arrived (NAI).
    grave : share of the disabled with a grave disability (*comma 3*).
    plan_reduced : the table `classi` says which classes are kept small for pupils with a grave disability (their own
        `max`); otherwise only the rule does, and whoever forms the classes also chooses which.
    levels : ``"bands"``: `livello` is one of four words and `voto` a mark in halves; ``"marks"``: both are whole marks.
    origins : schools of origin, from large to small, each with one to three final classes.
    districts : parts of a town, each with its own schools of origin from large to small; with several sites as well,
        each site takes pupils from one district only.
    clustering : how unevenly foreign pupils and levels are spread over the schools of origin.
    correlation : how much foreign pupils, and pupils with DSA, BES or problems, have lower levels.
    wishes : wishes a pupil, on average (at most 3 each).
    reciprocity : share of the wishes that are returned.
    popularity : 0 = everybody is wished alike; larger: who has been wished is wished again.
    wishes_in_circle : share of the wishes inside a circle of three to five friends of the same class of origin.
    wishes_in_section, wishes_same_sex : of the other wishes, the share inside the class of origin; inside the same sex
        (of which circles mostly are, too).
    one_way : the regulation also counts the wishes that are not returned, weighed less. Off by default: schools mostly
        promise only returned ones, and with the others a proof that nothing better exists takes very much longer.
    siblings, vetoes, together : ties per pupil: twins or siblings, pairs teachers keep apart, pairs to keep together.
    spare : places between the mean class size, rounded up, and the largest size allowed: 0 is as tight as it gets.
    tolerance : percent the size limits may be overrun (DPR 81/2009, art. 4).
    missing : share of the cells left empty in the columns a school may not know.
    names : also write invented surnames and names.
    year : year in which the school year starts.
    planted : a perfect split exists, costing 0 in every tier, and is returned.
    impossible : no split exists, for one stated reason: ``"disability"`` (more disabled pupils than places for them),
        ``"size"`` (more pupils than places), ``"ties"`` (more pupils to keep apart, each from each, than classes).
    """

    order: Order = "secondaria1"
    pupils: int = 125
    classes: int | None = None
    sites: int = 1
    languages: int = 1
    time_models: int = 1
    second_choices: float = 0.15
    musical: int = 0
    musical_classes: int = 1
    previous: int = 0
    girls: float = 0.48
    foreign: float = 0.15
    born_abroad: float = 0.4
    newcomers: float = 0.1
    disabled: float = 0.04
    grave: float = 0.4
    dsa: float = 0.06
    bes: float = 0.08
    problems: float = 0.05
    repeaters: float = 0.02
    plan_reduced: bool = True
    levels: Literal["bands", "marks"] = "bands"
    origins: int = 9
    districts: int = 1
    clustering: float = 0.5
    correlation: float = 0.5
    wishes: float = 1.2
    reciprocity: float = 0.4
    popularity: float = 0.5
    wishes_in_circle: float = 0.8
    wishes_in_section: float = 0.7
    wishes_same_sex: float = 0.8
    one_way: bool = False
    siblings: float = 0.02
    vetoes: float = 0.02
    together: float = 0.01
    spare: int = 2
    tolerance: int = 10
    missing: float = 0.0
    names: bool = False
    year: int = 2026
    planted: bool = False
    impossible: Impossible | None = None

    def __post_init__(self) -> None:
        """Refuse knobs that contradict each other.

        Raises
        ------
        ValueError
            With every reason, one a line.
        """
        reasons = list(self._out_of_range()) + list(self._contradictions())
        if reasons:
            raise ValueError("\n".join(reasons))

    @property
    def number_of_classes(self) -> int:
        """Classes to form."""
        return self.classes if self.classes is not None else max(1, (2 * self.pupils + 24) // 48)

    @property
    def mean_size(self) -> int:
        """Mean class size, rounded up."""
        return -(-self.pupils // self.number_of_classes)

    def _out_of_range(self) -> Iterator[str]:
        for name in SHARES:
            if not 0 <= getattr(self, name) <= 1:
                yield _("“{name}” must be between 0 and 1.").format(name=name)
        lowest = {
            "sites": 1,
            "languages": 1,
            "time_models": 1,
            "origins": 1,
            "classes": 1,
            "musical_classes": 1,
            "districts": 1,
        }
        for name in ("pupils", *lowest, "musical", "previous", "wishes", "popularity", "spare", "tolerance"):
            value = getattr(self, name)
            if value is not None and value < lowest.get(name, 0):
                yield _("“{name}” must be at least {lowest}.").format(name=name, lowest=lowest.get(name, 0))
        if self.wishes > MOST_WISHES:
            yield _("“{name}” must be at most {highest}.").format(name="wishes", highest=MOST_WISHES)
        if self.time_models > 2:
            yield _("“{name}” must be at most {highest}.").format(name="time_models", highest=2)

    def _contradictions(self) -> Iterator[str]:
        classes = self.number_of_classes
        if self.pupils < classes:
            yield _("There are more classes ({classes}) than pupils ({pupils}).").format(
                classes=classes, pupils=self.pupils
            )
        if max(self.sites, self.languages, self.time_models) > classes:
            yield _("Sites, languages and time models cannot be more than the classes ({classes}).").format(
                classes=classes
            )
        if self.districts > self.origins:
            yield _("There are more districts ({districts}) than schools of origin ({origins}).").format(
                districts=self.districts, origins=self.origins
            )
        if self.musical > self.musical_classes * (self.pupils // classes) or self.musical_classes > classes:
            yield _("The musical classes cannot hold {number} pupils of the musical path.").format(number=self.musical)
        if self.planted and (self.impossible or self.musical or self.missing or self.previous):
            yield _("A planted school cannot be impossible, musical, re-formed or have empty cells.")
        if self.planted and self.pupils < 10 * classes:
            yield _("A planted school needs at least ten pupils a class.")
        if self.impossible and (self.sites, self.languages, self.time_models, self.musical) != (1, 1, 1, 0):
            yield _("An impossible school has one site, one language, one time model and no musical path.")
        if self.impossible == "disability" and self.pupils <= 2 * classes:
            yield _("An impossible school needs more than two pupils a class.")
