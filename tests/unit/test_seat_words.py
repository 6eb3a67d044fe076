"""Tests of the sentences that say why a pupil got this seat, from files written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from classi.errors import InputError
from classi.i18n import use_language
from classi.regulation import parse_regulation
from classi.seat_files import COLUMNS, RANKINGS, REFUSALS, WAITING
from classi.seat_words import explain_seat, read_rows
from classi.tables.write import write_rows

RULES = parse_regulation(
    {
        "criteria": [
            {"rule": "class_size", "name": "Al massimo 26", "max": 26, "hard": True},
            {"rule": "at_most_per_class", "of": {"nai": True}, "limit": 2, "hard": True, "name": "Due neoarrivati"},
        ]
    }
)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


def ranked(position: str, id_: str, outcome: str, seat: str = "", **more: str) -> dict[str, str]:
    return {"giro": "Plesso", "posizione": position, "id": id_, "punti": "0", "esito": outcome, "posto": seat, **more}


def write(folder: Path, rankings: list[dict[str, str]], refusals: object = (), waiting: object = ()) -> Path:
    for name, rows in ((RANKINGS, rankings), (REFUSALS, refusals), (WAITING, waiting)):
        write_rows(folder / name, COLUMNS[name], ([row.get(c, "") for c in COLUMNS[name]] for row in rows))
    return folder


def refused(id_: str, option: str, why: str, rules: str = "") -> dict[str, str]:
    return {"giro": "Plesso", "id": id_, "opzione": option, "motivo": why, "regole": rules}


def test_that_an_admission_says_position_seats_points_and_what_decided(tmp_path: Path) -> None:
    more = {"punti": "7", "titoli": "Residente: 5 + Nido: 2", "precedenze": "Fratelli", "spareggio": "Età"}
    rows = [ranked("1", "a", "ammesso", "Centro"), ranked("2", "b", "ammesso", "Centro", **more)]
    rows += [ranked("3", "c", "ammesso", "Nord"), ranked("", "z", "non ammissibile", motivi="Residenza; Età")]
    folder = write(tmp_path, rows)
    assert explain_seat(folder, RULES, "b") == [
        "Plesso: position 2 of 3; Centro, 2 seats given: admitted.",
        "Points: 7 (Residente: 5 + Nido: 2).",
        "Precedences: Fratelli.",
        "What decided against the one just above: Età.",
    ]
    assert explain_seat(folder, RULES, "a") == ["Plesso: position 1 of 3; Centro, 2 seats given: admitted."]
    assert explain_seat(folder, RULES, "z") == ["Plesso: not admissible (Residenza; Età)."]


def test_that_no_points_are_said_where_none_were_earned_and_zero_is_kept(tmp_path: Path) -> None:
    folder = write(tmp_path, [ranked("1", "0", "ammesso", "Centro")])
    assert read_rows(folder / RANKINGS)[0]["punti"] == "0"
    assert explain_seat(folder, RULES, "0") == ["Plesso: position 1 of 1; Centro, 1 seats given: admitted."]


@pytest.mark.parametrize(
    ("outcome", "seat", "said"),
    [
        ("assegnato d'ufficio", "Nord", "Plesso: position 1 of 1; sent to Nord, where there was room."),
        ("per decisione", "Nord", "Plesso: position 1 of 1; Nord by a recorded decision of the head."),
        ("attesa", "", "Plesso: position 1 of 1; in the waiting list."),
        ("resta", "", "Plesso: position 1 of 1; no seat in this round."),
        ("", "", "Plesso: position 1 of 1."),
    ],
)
def test_that_every_outcome_has_its_sentence(tmp_path: Path, outcome: str, seat: str, said: str) -> None:
    assert explain_seat(write(tmp_path, [ranked("1", "a", outcome, seat)]), RULES, "a") == [said]


def test_that_every_reason_why_not_is_said(tmp_path: Path) -> None:
    rows = [
        ranked("1", "a", "ammesso", "Centro"),
        ranked("2", "d", "per decisione", "Centro"),
        ranked("3", "b", "attesa"),
    ]
    reasons = [
        refused("b", "Centro", "completo", "1"),
        refused("b", "Nord", "completo"),
        refused("b", "Sud", "regola", "2"),
        refused("b", "Est", "formazione", "1,2"),
        refused("b", "Ovest", "regola"),
        refused("a", "Mare", "completo"),
    ]
    waiting = [{"giro": "Plesso", "posizione": "4", "id": "b"}, {"giro": "Altro", "posizione": "9", "id": "b"}]
    assert explain_seat(write(tmp_path, rows, reasons, waiting), RULES, "b")[1:] == [
        "Centro: full, the last one admitted is at position 1.",
        "Nord: full.",
        "Sud: there was no room any more under these rules: Due neoarrivati.",
        "Est: there was no room any more under these rules: Al massimo 26; Due neoarrivati.",
        "Ovest: no class of it was open to this pupil.",
        "Place 4 in the waiting list.",
    ]


def test_that_of_rankings_one_an_option_each_speaks_and_the_refusals_are_said_once(tmp_path: Path) -> None:
    rows = [
        ranked("1", "a", "ammesso", "Centro", opzione="Centro"),
        ranked("2", "b", "ammesso", "Nord", opzione="Centro"),
        ranked("1", "b", "ammesso", "Nord", opzione="Nord"),
        ranked("2", "a", "ammesso", "Centro", opzione="Nord"),
    ]
    assert explain_seat(write(tmp_path, rows, [refused("b", "Centro", "completo")]), RULES, "b") == [
        "Plesso (Centro): position 2 of 2; Nord, 1 seats given: admitted.",
        "Centro: full, the last one admitted is at position 1.",
        "Plesso (Nord): position 1 of 2; Nord, 1 seats given: admitted.",
    ]


def test_that_rounds_are_told_one_after_the_other(tmp_path: Path) -> None:
    rows = [ranked("1", "a", "ammesso", "Centro"), ranked("1", "a", "resta", giro="Strumento")]
    reasons = [{**refused("a", "violino", "completo"), "giro": "Strumento"}]
    assert explain_seat(write(tmp_path, rows, reasons), RULES, "a") == [
        "Plesso: position 1 of 1; Centro, 1 seats given: admitted.",
        "Strumento: position 1 of 1; no seat in this round.",
        "violino: full.",
    ]


def test_that_a_pupil_without_a_ranking_is_said(tmp_path: Path) -> None:
    for folder in (tmp_path, write(tmp_path, [ranked("1", "a", "ammesso", "Centro")])):
        with pytest.raises(InputError, match="There is no ranking with pupil nessuno"):
            explain_seat(folder, RULES, "nessuno")


def test_that_a_ranking_without_its_columns_is_refused(tmp_path: Path) -> None:
    write_rows(tmp_path / RANKINGS, ("giro", "id"), [("Plesso", "a")])
    with pytest.raises(InputError, match="columns are missing: opzione, posizione, punti") as error:
        explain_seat(tmp_path, RULES, "a")
    assert error.value.problems[0].file == RANKINGS


def test_that_cells_come_back_as_they_were_written(tmp_path: Path) -> None:
    folder = write(tmp_path, [ranked("1", "=a", "", titoli='due "parole"; e\nuna riga'), {"id": "b"}])
    first, second = read_rows(folder / RANKINGS)
    assert (first["id"], first["titoli"], second["motivi"]) == ("=a", 'due "parole"; e\nuna riga', "")
