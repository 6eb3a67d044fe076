"""A case: one school and its regulation, read, checked and ready; and the auditor's count of any assignment of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classi import resources
from classi.audit import audit_ledger, ledger_from_rows, read_ledger
from classi.domain import School
from classi.errors import InputError, Problem
from classi.formation.counting import counting_arguments
from classi.ledger import Ledger
from classi.recount import Recount, sha256
from classi.regulation import Regulation, parse_regulation, read_regulation
from classi.tables.check import capacity_problems
from classi.tables.read import Tables, read_case_tables, tables_from_rows
from classi.terms import Term

if TYPE_CHECKING:
    import pandas as pd

REGULATION = "regolamento.toml"


@dataclass(frozen=True)
class Case:
    """A school and its regulation, checked and ready.

    Attributes
    ----------
    school : the facts, with the classes open to each pupil.
    regulation : the rules, those the files themselves make binding included.
    inputs : SHA-256 of every file read, by name.
    warnings : odd but legal data.
    source : a folder or workbook, or the rows a case was built from.
    seats : for a case of those admitted only, the classes each seat leaves open, by identifiers.
    """

    school: School
    regulation: Regulation
    inputs: Mapping[str, str]
    warnings: tuple[Problem, ...]
    source: Path | Mapping[str, list[dict[str, Any]]] = field(repr=False)
    seats: Mapping[str, frozenset[str]] | None = field(default=None, repr=False)

    @classmethod
    def read(cls, path: str | Path) -> Case:
        """Read a case: a folder of csv files or one workbook, with ``regolamento.toml``.

        Raises
        ------
        InputError
            With every problem found, in the tables and in the regulation.

        Examples
        --------
        >>> from classi import Case, resources
        >>> case = Case.read(resources.instances() / "secondaria-due-plessi")
        >>> len(case.school.classes) > 1
        True
        """
        path = Path(path)
        file = regulation_path(path)
        tables, regulation = _both(lambda: read_case_tables(path), lambda: read_regulation(file, resources.models()))
        inputs = {**tables.sources, file.name: sha256(file)}
        return cls._build(tables, regulation, inputs, path)

    @classmethod
    def from_frames(
        cls,
        pupils: pd.DataFrame,
        classes: pd.DataFrame,
        ties: pd.DataFrame | None = None,
        regulation: Mapping[str, Any] | str | Path | None = None,
        sites: pd.DataFrame | None = None,
    ) -> Case:
        """Build a case from pandas tables with the columns of the files (Italian or English).

        Parameters
        ----------
        pupils, classes, ties, sites : the four tables; missing cells are ``None`` or ``NaN``.
        regulation : a path to a TOML file, or its content as a mapping ``{"criteria": [...]}``.

        Raises
        ------
        InputError
            As for `read`; rows are counted from 1, the first below the header being 2.

        Examples
        --------
        >>> import pandas as pd
        >>> from classi import Case
        >>> pupils = pd.DataFrame({"id": ["a", "b", "c", "d"], "sesso": ["F", "F", "M", "M"]})
        >>> rules = {"criteria": [{"rule": "balance", "attribute": "sesso", "weight": 1},
        ...                       {"rule": "equal_sizes", "hard": True}]}
        >>> case = Case.from_frames(pupils, pd.DataFrame({"id": ["1A", "1B"]}), regulation=rules)
        >>> len(case.regulation.criteria)
        2
        """
        frames = {"alunni": pupils, "classi": classes, "legami": ties, "plessi": sites}
        return cls.from_rows({name: _rows(frame) for name, frame in frames.items() if frame is not None}, regulation)

    @classmethod
    def from_rows(
        cls, rows: Mapping[str, list[dict[str, Any]]], regulation: Mapping[str, Any] | str | Path | None = None
    ) -> Case:
        """Build a case from rows in memory: ten times as fast as from tables of pandas, and nothing changes its type.

        Parameters
        ----------
        rows : the rows of each table, by its name ("alunni", "classi", "legami", "plessi"); they are not changed.
        regulation : as for `from_frames`.

        Raises
        ------
        InputError
            As for `from_frames`.

        Examples
        --------
        >>> from classi import Case
        >>> rows = {"alunni": [{"id": "a"}, {"id": "b"}], "classi": [{"id": "1A"}]}
        >>> case = Case.from_rows(rows, {"criteria": [{"rule": "class_size", "max": 2, "hard": True}]})
        >>> case.audit({"a": "1A", "b": "1A"}).confirmed
        True
        """
        tables, rules = _both(lambda: tables_from_rows(rows), lambda: _any_regulation(regulation))
        return cls._build(tables, rules, {}, rows)

    @classmethod
    def _build(
        cls, tables: Tables, regulation: Regulation, inputs: Mapping[str, str], source: Path | Mapping[str, Any]
    ) -> Case:
        regulation = regulation.with_implicit(tables.school)
        problems = [*regulation.problems(tables.school)]
        if any(not p.warning for p in problems):
            raise InputError([*problems, *tables.warnings])
        warnings = [*tables.warnings, *problems]
        return cls(regulation.bind(tables.school), regulation, inputs, tuple(warnings), source)

    @cached_property
    def terms(self) -> list[Term]:
        """The rules compiled for this school, exact on every assignment that keeps to the open classes."""
        return self.regulation.terms(replace(self.school, obeyed=True))

    def of_those(self, ids: Iterable[str], opened: Mapping[str, frozenset[int]] | None = None) -> Case:
        """Return the case of some of the pupils alone, in the order of this one.

        Parameters
        ----------
        ids : the pupils who stay; ties with others go.
        opened : positions of the classes that a seat leaves open to each, where seats were given; otherwise the classes
            open to them are what the rules say.
        """
        school, kept = self.school, set(ids)
        stay = [i for i, p in enumerate(school.pupils) if p.id in kept]
        at = {old: new for new, old in enumerate(stay)}
        pupils = tuple(school.pupils[i] for i in stay)
        inside = replace(
            school,
            pupils=pupils,
            ties=tuple(
                replace(tie, first=at[tie.first], second=at[tie.second])
                for tie in school.ties
                if tie.first in at and tie.second in at
            ),
            open=(),
        )
        if opened is None:
            seats = dict.fromkeys((p.id for p in pupils), frozenset(c.id for c in school.classes))
            return replace(self, school=self.regulation.bind(inside), seats=seats)
        seats = {p.id: frozenset(school.classes[c].id for c in opened[p.id]) for p in pupils}
        return replace(self, school=replace(inside, open=tuple(opened[p.id] for p in pupils)), seats=seats)

    def impossible(self) -> tuple[str, ...]:
        """Return, in sentences, what plain counting shows to be impossible (an empty tuple proves nothing)."""
        hard = [t for t in self.terms if t.weight is None]
        if self.regulation.admission is not None and self.regulation.admission.rounds:
            return ()  # more applicants than places are what rankings are for
        by_rules = [f"[{r.code}] {r.text}" for r in counting_arguments(self.school, self.regulation, hard)]
        return tuple(by_rules or [p.message for p in capacity_problems(self.school)])

    def audit(self, assignment: pd.DataFrame | Mapping[str, str]) -> Recount:
        """Count every rule independently on an assignment of any origin.

        Parameters
        ----------
        assignment : class id of each pupil id, or a table with columns ``id`` and ``classe``.

        Examples
        --------
        >>> import pandas as pd
        >>> from classi import Case
        >>> rules = {"criteria": [{"rule": "class_size", "max": 1, "hard": True}]}
        >>> pupils, classes = pd.DataFrame({"id": ["a", "b"]}), pd.DataFrame({"id": ["1A", "1B"]})
        >>> case = Case.from_frames(pupils, classes, regulation=rules)
        >>> case.audit({"a": "1A", "b": "1A"}).to_frame()[["rule", "hard", "cost"]].values.tolist()
        [['class_size', True, 1]]
        """
        if not isinstance(assignment, Mapping):
            assignment = dict(zip(assignment["id"].astype(str), assignment["classe"].astype(str), strict=True))
        ledger = self.ledger(assignment)
        return Recount(audit_ledger(ledger, self.regulation, self.seats), self.regulation, (), ledger=ledger)

    def placed(self, places: Sequence[int]) -> dict[str, str]:
        """Return the class of each pupil by identifiers, from positions of classes, shape (pupils,)."""
        return {p.id: self.school.classes[c].id for p, c in zip(self.school.pupils, places, strict=True)}

    def pupils(self) -> pd.DataFrame:
        """Return the pupils as a table, numbers as floats, for `classi.indices` and your own analyses."""
        import pandas as pd  # noqa: PLC0415

        rows = [
            {"id": p.id, **{k: float(v) if isinstance(v, Decimal) else v for k, v in p.fields.items()}}
            for p in self.school.pupils
        ]
        return pd.DataFrame(rows)

    def ledger(self, placed: Mapping[str, str]) -> Ledger:
        """Return the auditor's notebook for an assignment (pupil id → class id), read again from the source."""
        if isinstance(self.source, Path):
            ledger = read_ledger(self.source, placed)[0]
        else:
            ledger = ledger_from_rows(self.source, placed)
        return ledger if self.seats is None else ledger.of_those(self.seats)


def regulation_path(case: Path) -> Path:
    """Return where a case's regulation is: in its folder, or beside its workbook."""
    return (case if case.is_dir() else case.parent) / REGULATION


def _both(tables: Callable[[], Tables], regulation: Callable[[], Regulation]) -> tuple[Tables, Regulation]:
    """Read both, and report the problems of both at once."""
    problems: list[Problem] = []
    results: list[Any] = []
    for read in (tables, regulation):
        try:
            results.append(read())
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return results[0], results[1]


def _any_regulation(regulation: Mapping[str, Any] | str | Path | None) -> Regulation:
    if isinstance(regulation, str | Path):
        return read_regulation(Path(regulation), resources.models())
    return parse_regulation(regulation or {})


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    filled = frame.astype(object).where(frame.notna(), None)
    return [{str(k): v for k, v in row.items()} for row in filled.to_dict("records")]
