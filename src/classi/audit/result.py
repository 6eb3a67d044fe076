"""A whole result counted again from the files alone: the rankings and seats first, then the classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from classi.audit.admission import audit_admission
from classi.audit.count import Audit, count_rules, with_implicit_rows
from classi.audit.decisions import departed, read_decisions
from classi.audit.files import read_ledger, read_places
from classi.draw import draw_name, positions, read_draw
from classi.ledger import Ledger
from classi.procedure import Procedure
from classi.regulation import Regulation, read_regulation

ASSIGNMENT = "assegnazioni.csv"
RANKINGS = "graduatorie.csv"
REGULATION = "regolamento.toml"
DRAWS = "sorteggi"


def audit_files(case: Path, directory: Path, models: Path | None = None) -> tuple[Audit, Ledger, Regulation]:
    """Count every rule again from the files alone.

    Parameters
    ----------
    case : folder of csv tables with ``regolamento.toml`` in it, or a workbook with ``regolamento.toml`` beside it.
    directory : folder that holds ``assegnazioni.csv``, and ``graduatorie.csv`` where seats were given. Without the
        rankings of a regulation that has a procedure only the classes are counted, of those who have one.
    models : folder of the regulations that may be extended.

    Raises
    ------
    InputError
        If a file is missing or cannot be read.
    """
    folder = case if case.is_dir() else case.parent
    regulation = read_regulation(folder / REGULATION, models)
    procedure = regulation.admission
    everybody, _structure = read_ledger(case, {})
    regulation = with_implicit_rows(regulation, everybody)
    if procedure is None or not procedure.rounds:
        ledger, structure = read_places(everybody, directory / ASSIGNMENT, gone=departed(case))
        return count_rules(ledger, regulation, structure), ledger, regulation
    admission = None
    if (directory / RANKINGS).exists():
        decisions = read_decisions(case)
        admission = audit_admission(everybody, regulation, directory, decisions, _drawn(folder, procedure))
    seats = _of_those_placed(everybody, directory) if admission is None else admission.seats
    ledger, structure = read_places(everybody, directory / ASSIGNMENT, seats)
    return replace(count_rules(ledger, regulation, structure), admission=admission), ledger, regulation


def _drawn(folder: Path, procedure: Procedure) -> dict[str, dict[str, int]]:
    """Return the place of each applicant in the public draw of each round that was drawn."""
    found = {}
    for one in procedure.rounds:
        if (folder / DRAWS / f"{draw_name(one.name)}.json").exists():
            draw = read_draw(folder / DRAWS, draw_name(one.name))
            if draw.result is not None:
                found[one.name] = dict(positions(draw))
    return found


def _of_those_placed(everybody: Ledger, directory: Path) -> Mapping[str, frozenset[str]]:
    ledger, _structure = read_places(everybody, directory / ASSIGNMENT)
    everywhere = frozenset(row["id"] for row in ledger.classes)
    return dict.fromkeys(ledger.placed, everywhere)
