"""The regulation: a TOML file (and those it extends) read into typed criteria, every mistake reported at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from classi.admission_checks import admission_problems
from classi.admission_errors import inherited_admission, parse_admission
from classi.changes.rules import YearRules, inherited_changes, parse_changes
from classi.criteria.base import Criterion, registry
from classi.domain import STANDARD_COLUMNS, School, text_key
from classi.errors import Problem, RegulationError
from classi.i18n import _
from classi.ledger import Ledger
from classi.procedure import Procedure
from classi.profiles import Profile, inherited_profiles, parse_profiles
from classi.rule_errors import explain, nearest, unknown_key
from classi.rule_matches import Miss, misses
from classi.terms import Term

LARGEST = 1_000_000
"""Bytes of a regulation: a thousand rules are a fifth of it."""

TOP_KEYS = ("name", "source", "extends", "drop", "criteria", "admission", "changes", "profiles")


@dataclass(frozen=True)
class Regulation:
    """The rules of one school, in order.

    Attributes
    ----------
    name, source : as the file says.
    criteria : every rule in force, inherited ones first, the implicit ones last (see `with_implicit`).
    admission : the procedure of ``[admission]``, parameters put in; ``None`` where the regulation has none.
    file : name of the file, for messages.
    changes : what ``[changes]`` says of changes during the year; ``None`` where the regulation says nothing.
    profiles : other orders of the soft rules, of ``[[profiles]]``.
    """

    name: str
    criteria: tuple[Criterion, ...]
    source: str = ""
    admission: Procedure | None = None
    file: str = "regolamento.toml"
    changes: YearRules | None = None
    profiles: tuple[Profile, ...] = ()

    def bind(self, school: School) -> School:
        """Return the school with the classes open to each pupil filled in."""
        closed = [a for c in self.criteria if c.hard and (a := c.allowed(school)) is not None]
        if not closed:
            return school
        # Pupils mostly share a few sets: one copy of each is kept, however many classes there are.
        found: dict[tuple[frozenset[int], ...], frozenset[int]] = {}
        opened = []
        for sets in zip(*closed, strict=True):
            if sets not in found:
                found[sets] = frozenset.intersection(*sets)
            opened.append(found[sets])
        return replace(school, open=tuple(opened))

    def bind_ledger(self, ledger: Ledger) -> None:
        """Fill in, for the auditor, the classes open to each pupil."""
        for criterion in self.criteria:
            allowed = criterion.allowed_ids(ledger) if criterion.hard else None
            if allowed is not None:
                ledger.restrict(allowed)

    def terms(self, school: School) -> list[Term]:
        """Compile every criterion for a school already bound."""
        return [
            Term(shape, k, None if c.hard else c.weight, 0 if c.hard else c.tier)
            for k, c in enumerate(self.criteria)
            for shape in c.terms(school)
        ]

    @property
    def tiers(self) -> tuple[int, ...]:
        """The tiers in use, first the most important."""
        return tuple(sorted({c.tier for c in self.criteria if not c.hard}))

    def label(self, k: int) -> str:
        """Return the name people read for criterion `k`."""
        return self.criteria[k].name or self.criteria[k].title()

    def with_implicit(self, school: School) -> Regulation:
        """Add the rules that the files themselves make binding, unless the regulation has them as hard already."""
        return replace(self, criteria=self.criteria + tuple(_implicit(self.criteria, school)))

    def problems(self, school: School) -> Iterator[Problem]:
        """Check rules and procedure against the school: columns, pupils and classes named, groups that match nobody."""
        for k, criterion in enumerate(self.criteria, 1):
            columns = set(criterion.pupil_columns())
            absent = sorted(columns & STANDARD_COLUMNS - school.pupil_columns)
            yield from self._names(k, columns - set(absent), school.pupil_columns, _("a column of the pupils"))
            for column in absent:
                text = _("Rule {k} ({rule}): the files have no column “{name}”, so it is not known for anybody.")
                yield Problem(text.format(k=k, rule=criterion.rule, name=column), self.file, value=column, warning=True)
            yield from self._names(k, criterion.classes, school.class_columns, _("a column of the classes"))
            yield from self._names(k, criterion.pupil_ids(), set(school.pupil_at), _("a pupil"))
            ids = {c.id for c in school.classes}
            unknown = [c for c in criterion.class_ids() if text_key(c) not in school.class_at]
            yield from self._names(k, unknown, ids, _("a class"))
            found = [Miss(message) for message in criterion.odd(school)]
            found += [Miss(message, warning=True) for message in criterion.idle(school)]
            for miss in (*found, *misses(criterion, school)):
                text = _("Rule {k} ({rule}): {message}").format(k=k, rule=criterion.rule, message=miss.message)
                yield Problem(text, self.file, value=miss.value, hint=miss.hint, warning=miss.warning)
        if self.admission is not None:
            yield from admission_problems(self.admission, school, self.file)

    def _names(self, k: int, names: Iterable[str], known: Iterable[str], what: str) -> Iterator[Problem]:
        known = set(known)
        for name in names:
            if name not in known:
                yield Problem(
                    _("Rule {k} ({rule}) names “{name}”, which is not {what} in the files.").format(
                        k=k, rule=self.criteria[k - 1].rule, name=name, what=what
                    ),
                    self.file,
                    value=name,
                    hint=nearest(name, known),
                )


def _implicit(criteria: Sequence[Criterion], school: School) -> Iterator[Criterion]:
    kinds = registry()
    whole = [c for c in criteria if c.hard and not c.classes]

    def build(rule: str, **fields: Any) -> Criterion:
        return kinds[rule](rule=rule, hard=True, **fields)

    def kinds_covered(rule: str) -> set[str]:
        plain = [c for c in whole if c.rule == rule and not getattr(c, "sources", None)]
        return {kind for c in plain for kind in getattr(c, "ties", ())}

    if all(c.rule != "class_size" for c in whole) and any((c.min, c.max) != (None, None) for c in school.classes):
        yield build("class_size", name=_("Size limits of the table “classi”"))
    binding = {t.kind for t in school.ties if t.binding}
    if "insieme" in binding - kinds_covered("together"):
        yield build("together", binding_only=True, name=_("Pupils tied together, binding"))
    apart = sorted(binding & {"separati", "gemelli", "fratelli"} - kinds_covered("apart"))
    if apart:
        yield build("apart", ties=apart, binding_only=True, name=_("Pupils kept apart, binding"))
    for rule, column in (("fixed_class", "classe_fissa"), ("forbidden_class", "classi_vietate")):
        covered = any(c.rule == rule and getattr(c, "column", "") == column for c in whole)
        if not covered and any(p[column] is not None for p in school.pupils):
            yield build(rule, name=_("Column “{column}”").format(column=column))


def read_regulation(path: Path, models: Path | None = None) -> Regulation:
    """Read a regulation file.

    Parameters
    ----------
    path : the TOML file.
    models : folder where the regulations named by ``extends`` are looked for, after the file's own folder.

    Raises
    ------
    RegulationError
        With every mistake: syntax, unknown keys (and the nearest right one), wrong or missing fields.
    """
    return parse_regulation(_tables(path, models, ()), path.name)


def parse_regulation(data: Mapping[str, Any], file: str = "regolamento.toml") -> Regulation:
    """Turn the tables of a regulation (already extended) into a `Regulation`; raises `RegulationError`."""
    problems = [unknown_key(key, TOP_KEYS, file) for key in data if key not in TOP_KEYS]
    entries: list[Mapping[str, Any]] = []
    try:
        entries = _entries(data, file)
    except RegulationError as error:
        problems += error.problems
    criteria = []
    for k, entry in enumerate(entries, 1):
        made = parse_criterion(entry, k, file)
        if isinstance(made, Criterion):
            criteria.append(made)
        else:
            problems += made
    for key in ("name", "source"):
        if not isinstance(data.get(key, ""), str):
            problems.append(Problem(_("“{key}” must be a text.").format(key=key), file, value=str(data[key])))
    admission = None if "admission" not in data else parse_admission(data["admission"], file)
    changes = None if "changes" not in data else parse_changes(data["changes"], file)
    # Profiles name rules: what is wrong with those comes first.
    profiles = () if problems else parse_profiles(data.get("profiles", []), criteria, file)
    for found in (admission, changes, profiles):
        problems += found if isinstance(found, list) else []
    if problems:
        raise RegulationError(problems)
    procedure = admission if isinstance(admission, Procedure) else None
    during = changes if isinstance(changes, YearRules) else None
    orders = profiles if isinstance(profiles, tuple) else ()
    return Regulation(data.get("name", ""), tuple(criteria), data.get("source", ""), procedure, file, during, orders)


def parse_criterion(entry: Mapping[str, Any], k: int, file: str) -> Criterion | list[Problem]:
    """Build one criterion, or list what is wrong with it."""
    kinds = registry()
    rule = entry.get("rule")
    if not isinstance(rule, str) or rule not in kinds:
        return [
            Problem(
                _("Rule {k}: “{rule}” is not a rule classi knows.").format(k=k, rule=rule if rule is not None else ""),
                file,
                column="rule",
                value=str(rule),
                hint=nearest(str(rule), kinds) or ", ".join(kinds),
            )
        ]
    try:
        return kinds[rule](**dict(entry))
    except ValidationError as error:
        return [explain(e, kinds[rule], k, file) for e in error.errors(include_url=False)]


def _tables(path: Path, models: Path | None, seen: tuple[Path, ...]) -> dict[str, Any]:
    try:
        # A pipe or a device would never end, and no regulation is that large.
        if path.exists() and not path.is_file():
            raise RegulationError([Problem(_("This is not an ordinary file."), path.name)])
        if path.stat().st_size > LARGEST:
            raise RegulationError([Problem(_("The file is too large."), path.name)])
        text = path.read_bytes().decode("utf-8-sig")
        data = tomllib.loads(text)
    except FileNotFoundError:
        raise RegulationError(
            [Problem(_("The file does not exist: {file}.").format(file=path.name), path.name, hint="classi template")]
        ) from None
    except (UnicodeDecodeError, OSError):
        raise RegulationError([Problem(_("The file cannot be read: it must be UTF-8 text."), path.name)]) from None
    except RecursionError:
        raise RegulationError(
            [Problem(_("The file is not valid TOML: brackets within brackets."), path.name)]
        ) from None
    except ValueError as error:  # not only TOMLDecodeError: whole numbers of thousands of digits as well
        raise RegulationError(
            [Problem(_("The file is not valid TOML: {error}").format(error=error), path.name)]
        ) from None
    parent = data.get("extends")
    if parent is None:
        return data
    base = _find(str(parent), path, models)
    if base is None or base in (*seen, path):
        known = sorted(p.stem for p in models.glob("*.toml")) if models else []
        raise RegulationError(
            [
                Problem(
                    _("“extends” names “{parent}”, which is not a regulation that can be extended here.").format(
                        parent=parent
                    ),
                    path.name,
                    column="extends",
                    value=str(parent),
                    hint=nearest(str(parent), known) or ", ".join(known),
                )
            ]
        )
    return _extended(_tables(base, models, (*seen, path)), data, path.name)


def _find(parent: str, path: Path, models: Path | None) -> Path | None:
    if len(parent) > 100:
        return None
    name = parent if parent.endswith(".toml") else f"{parent}.toml"
    for folder in filter(None, (path.parent, models)):
        if (folder / name).is_file() and Path(name).name == name:
            return folder / name
    return None


def _extended(base: dict[str, Any], own: dict[str, Any], file: str) -> dict[str, Any]:
    # A rule with the name of an inherited one takes its place; `drop` leaves inherited ones out.
    mine, inherited = _entries(own, file), _entries(base, file)
    known = [name for c in inherited if (name := _name(c))]
    replaced = {name: c for c in mine if (name := _name(c))}
    drop = own.get("drop", [])
    if not isinstance(drop, list) or not all(isinstance(name, str) for name in drop):
        raise RegulationError([Problem(_("“drop” must be a list of the names of rules."), file, column="drop")])
    dropped = set(drop)
    unknown = dropped.difference(known)
    if unknown:
        text = _("“drop” names “{name}”, which no inherited rule is called.")
        raise RegulationError(
            [
                Problem(text.format(name=n), file, column="drop", value=n, hint=nearest(n, known))
                for n in sorted(unknown)
            ]
        )
    kept = [replaced.pop(_name(c), c) for c in inherited if _name(c) not in dropped]
    rest = [c for c in mine if not _name(c) or _name(c) in replaced]
    extended = {**base, **own, "criteria": kept + rest}
    if "admission" in base and "admission" in own:
        extended["admission"] = inherited_admission(base["admission"], own["admission"])
    if "changes" in base and "changes" in own:
        extended["changes"] = inherited_changes(base["changes"], own["changes"])
    if "profiles" in base and "profiles" in own:
        extended["profiles"] = inherited_profiles(base["profiles"], own["profiles"])
    return extended


def _entries(data: Mapping[str, Any], file: str) -> list[Mapping[str, Any]]:
    entries = data.get("criteria", [])
    if not isinstance(entries, list) or not all(isinstance(e, Mapping) for e in entries):
        raise RegulationError([Problem(_("“criteria” must be written as a list of tables: [[criteria]]."), file)])
    return entries


def _name(entry: Mapping[str, Any]) -> str:
    name = entry.get("name")
    return name if isinstance(name, str) else ""
