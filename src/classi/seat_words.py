"""Why a pupil got this seat, in sentences, from the files of a result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from classi.errors import InputError, Problem
from classi.i18n import _
from classi.regulation import Regulation
from classi.seat_files import COLUMNS, INITIAL, RANKINGS, REFUSALS, WAITING
from classi.sheets import read_sheets

Row = dict[str, str]
SEATED = ("ammesso", "assegnato d'ufficio", "per decisione")


def read_rows(file: Path) -> list[Row]:
    """Read a csv that classi wrote: texts by column; an empty list where there is no such file.

    Raises
    ------
    InputError
        If a column is missing.
    """
    if not file.exists():
        return []
    grid = next(iter(read_sheets(file).grids.values()))
    header, *rows = [["" if cell is None else str(cell) for cell in cells] for _number, cells in grid.rows] or [[]]
    missing = [column for column in COLUMNS.get(file.name, ()) if column not in header]
    if missing:
        text = _("These columns are missing: {columns}.")
        raise InputError([Problem(text.format(columns=", ".join(missing)), file.name, row=1)])
    return [dict(zip(header, [*cells, *[""] * len(header)], strict=False)) for cells in rows]


def explain_seat(directory: Path, regulation: Regulation, pupil: str) -> list[str]:
    """Say, round by round, where a pupil stood, what they got, and why not what they preferred.

    Raises
    ------
    InputError
        If the result holds no rankings, or none with this pupil.
    """
    rankings = read_rows(directory / RANKINGS) or read_rows(directory / INITIAL)
    own = [row for row in rankings if row.get("id") == pupil]
    if not own:
        text = _("There is no ranking with pupil {pupil} in this result.")
        raise InputError([Problem(text.format(pupil=pupil), RANKINGS, value=pupil)])
    refused = [row for row in read_rows(directory / REFUSALS) if row["id"] == pupil]
    waiting = [row for row in read_rows(directory / WAITING) if row["id"] == pupil]
    said: list[str] = []
    for row in own:
        of_round = [r for r in rankings if r["giro"] == row["giro"] and r["opzione"] == row["opzione"]]
        said += _standing(row, of_round)
        if row is next(r for r in own if r["giro"] == row["giro"]):
            said += _refusals(row["giro"], rankings, refused, regulation)
            said += [
                _("Place {position} in the waiting list.").format(position=w["posizione"])
                for w in waiting
                if w["giro"] == row["giro"]
            ]
    return said


def _standing(row: Row, of_round: Sequence[Row]) -> Iterator[str]:
    name = f"{row['giro']} ({row['opzione']})" if row["opzione"] else row["giro"]
    if not row["posizione"]:
        yield _("{round}: not admissible ({reasons}).").format(round=name, reasons=row["motivi"])
        return
    ranked = sum(bool(r["posizione"]) for r in of_round)
    taken = sum(r["esito"] in SEATED and r["posto"] == row["posto"] for r in of_round)
    text = {
        "ammesso": _("{round}: position {position} of {ranked}; {seat}, {taken} seats given: admitted."),
        "assegnato d'ufficio": _("{round}: position {position} of {ranked}; sent to {seat}, where there was room."),
        "per decisione": _("{round}: position {position} of {ranked}; {seat} by a recorded decision of the head."),
        "attesa": _("{round}: position {position} of {ranked}; in the waiting list."),
        "resta": _("{round}: position {position} of {ranked}; no seat in this round."),
    }.get(row["esito"], _("{round}: position {position} of {ranked}."))
    yield text.format(round=name, position=row["posizione"], ranked=ranked, seat=row["posto"], taken=taken)
    if row["titoli"]:
        yield _("Points: {points} ({titles}).").format(points=row["punti"], titles=row["titoli"])
    if row["precedenze"]:
        yield _("Precedences: {precedences}.").format(precedences=row["precedenze"])
    if row["spareggio"]:
        yield _("What decided against the one just above: {step}.").format(step=row["spareggio"])


def _refusals(name: str, rankings: Sequence[Row], refused: Sequence[Row], regulation: Regulation) -> Iterator[str]:
    for row in (r for r in refused if r["giro"] == name):
        of_option = [r for r in rankings if r["giro"] == name and r["opzione"] in ("", row["opzione"])]
        places = [int(r["posizione"]) for r in of_option if r["posto"] == row["opzione"] and r["esito"] == "ammesso"]
        rules = [regulation.label(int(k) - 1) for k in row["regole"].split(",") if k]
        if row["motivo"] == "completo" and places:
            text = _("{option}: full, the last one admitted is at position {position}.")
            yield text.format(option=row["opzione"], position=max(places))
        elif row["motivo"] == "completo":
            yield _("{option}: full.").format(option=row["opzione"])
        elif rules:
            text = _("{option}: there was no room any more under these rules: {rules}.")
            yield text.format(option=row["opzione"], rules="; ".join(rules))
        else:
            yield _("{option}: no class of it was open to this pupil.").format(option=row["opzione"])
