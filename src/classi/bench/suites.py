"""Which schools are measured, with which methods and for how long: the named suites, and the tasks they are made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from classi.bench.records import Instance
from classi.errors import InputError, Problem
from classi.i18n import _

USUAL = (60, 125, 200, 300)
"""Pupils of the usual intakes."""
Kind = tuple[str, int, str, float, int]
"""Family, pupils, method, seconds, threads."""


@dataclass(frozen=True, slots=True, order=True)
class Task:
    """One measurement to make.

    Attributes
    ----------
    seconds : the method's time limit, wall time.
    workers : search threads the method may use.
    """

    instance: Instance
    method: str
    seconds: float
    workers: int = 1

    def key(self, code: str) -> str:
        """Return what tells this measurement from every other, the code that is measured included."""
        plain = json.dumps({**asdict(self), "code": code}, sort_keys=True)
        return hashlib.sha256(plain.encode()).hexdigest()[:24]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Task:
        """Read back what `to_dict` wrote."""
        return cls(**{**data, "instance": Instance(**data["instance"])})

    @property
    def kind(self) -> Kind:
        """What tasks that last about as long have in common."""
        return self.instance.family, self.instance.pupils, self.method, self.seconds, self.workers


@dataclass(frozen=True, slots=True)
class Block:
    """Every family with every size, seeds 1 to `seeds`."""

    families: tuple[str, ...]
    sizes: tuple[int, ...]
    seeds: int


@dataclass(frozen=True, slots=True)
class Suite:
    """A named set of measurements.

    Attributes
    ----------
    about : what it is for, one sentence.
    methods : who answers, unless told otherwise; none stands for every method there is.
    seconds : time limit of each answer, unless told otherwise.
    """

    about: str
    blocks: tuple[Block, ...]
    methods: tuple[str, ...] = ("classi",)
    seconds: float = 60.0

    @property
    def families(self) -> tuple[str, ...]:
        """The families that occur."""
        return tuple(dict.fromkeys(family for block in self.blocks for family in block.families))

    @property
    def sizes(self) -> tuple[int, ...]:
        """The numbers of pupils that occur, ascending."""
        return tuple(sorted({size for block in self.blocks for size in block.sizes}))

    def tasks(
        self,
        seeds: int | None = None,
        sizes: Sequence[int] | None = None,
        methods: Sequence[str] | None = None,
        seconds: float | None = None,
        workers: int = 1,
        families: Sequence[str] | None = None,
    ) -> list[Task]:
        """Return the measurements, one seed of everything before the next, so that a broken-off sweep covers all.

        Parameters
        ----------
        seeds : only the first so many seeds of each block.
        sizes, families : only these numbers of pupils; only these families.
        methods, seconds : instead of those of the suite.
        workers : search threads of each method.

        Raises
        ------
        InputError
            For a size or a family the suite has not, or a method nobody knows.
        """
        from classi.bench.methods import methods as found  # noqa: PLC0415 - slow to import, and only needed here

        problems = _unknown(_("family"), families or (), self.families)
        problems += _unknown(_("number of pupils"), sizes or (), self.sizes)
        problems += _unknown(_("method"), methods or (), found())
        if problems:
            raise InputError(problems)
        chosen = dict.fromkeys(methods or self.methods or found())
        made = [
            (seed, Task(Instance(family, size, seed), method, float(seconds or self.seconds), workers))
            for block in self.blocks
            for family in block.families
            if families is None or family in families
            for size in block.sizes
            if sizes is None or size in sizes
            for seed in range(1, block.seeds + 1)
            if seeds is None or seed <= seeds
            for method in chosen
        ]
        made.sort(key=lambda pair: pair[0])  # stable: within a seed the order of the suite stays
        return list(dict.fromkeys(task for _seed, task in made))


def _unknown(what: str, asked: Iterable[Any], known: Collection[Any]) -> list[Problem]:
    text = _("{what} “{value}”: not known here; there are: {known}.")
    listed = ", ".join(map(str, known))
    return [Problem(text.format(what=what, value=value, known=listed)) for value in asked if value not in known]


def suites() -> dict[str, Suite]:
    """Return the suites by name, described in the current language."""
    from classi.bench.instances import FAMILIES  # noqa: PLC0415 - slow to import, and only needed here

    hard = ("tight", "dense", "one-way", "correlated")
    standard = ("standard",)
    return {
        "quick": Suite(
            _("A first contact, in seconds: one tiny school of some families, two methods."),
            (Block(("standard", "planted", "tight"), (60,), 1),), ("classi", "swaps"), 5.0,
        ),
        "standard": Suite(_("The usual school."), (Block(standard, USUAL, 30),)),
        "hard": Suite(
            _("Tight caps, many wishes, one-way wishes, attributes that go together."), (Block(hard, USUAL, 10),)
        ),
        "knots": Suite(
            _("Circles of friends larger than a class: graph partitioning in disguise, apart from the targets."),
            (Block(("knots",), USUAL, 10),),
        ),
        "planted": Suite(
            _("Schools with a perfect split in them: the optimum is known."),
            (Block(("planted",), (*USUAL, 500, 1000, 2000), 5),), seconds=120.0,
        ),
        "large": Suite(
            _("Big intakes in one pool."),
            (Block(standard, (1000,), 5), Block(standard, (5000,), 3), Block(standard, (10000,), 1)), seconds=300.0,
        ),
        "sites": Suite(_("Ten thousand pupils over forty sites."), (Block(("sites",), (10000,), 1),)),
        "region": Suite(
            _("A region: four hundred schools of one site, 100,000 pupils, each school a task."),
            (Block(standard, (250,), 400),),
        ),
        "methods": Suite(
            _("Every method on every family, with the same time."), (Block(tuple(FAMILIES), (60, 125, 300), 5),), (),
        ),
        "reformation": Suite(
            _("Classes formed anew while as few pupils as possible move."), (Block(("reformation",), USUAL, 10),)
        ),
        "oversubscribed": Suite(
            _("More applicants than seats: rankings first, then classes."), (Block(("oversubscribed",), USUAL, 10),)
        ),
    }  # fmt: skip


def suite(name: str) -> Suite:
    """Return a suite by its name.

    Raises
    ------
    InputError
        When there is none of that name.
    """
    known = suites()
    if problems := _unknown(_("suite"), [name], known):
        raise InputError(problems)
    return known[name]


def digest(tasks: Iterable[Task], code: str) -> str:
    """Return what tells these measurements from others, whatever their order."""
    return hashlib.sha256("".join(sorted(task.key(code) for task in tasks)).encode()).hexdigest()[:24]
