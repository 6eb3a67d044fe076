"""Tests of what the office does with rankings and classes: what is written, recorded, published, and what is not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from classi.case import Case
from classi.decided import as_named, round_named, typed
from classi.errors import InputError
from classi.i18n import use_language
from classi.journal import append, read_journal
from classi.office import (
    Act,
    publish_lists,
    publish_ranking,
    record_succession,
    record_transfer,
    write_counts,
    write_rankings,
)
from classi.publish import public_codes, read_or_make_secret
from classi.seating import rankings
from classi.tables.write import write_assignment
from oversubscribed import RULES, applicants, give_places, read_table, write_school, write_table

ACT = Act("Dirigente", "Prova", date(2026, 6, 1))


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


@pytest.fixture(scope="module")
def formed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a school (scuola) and its places (esito); for copying only."""
    folder = tmp_path_factory.mktemp("ufficio")
    give_places(write_school(folder / "scuola"), folder / "esito")
    return folder


@pytest.fixture
def office(formed: Path, tmp_path: Path) -> tuple[Case, Path, Path]:
    """A case with its places: the case, its folder, the folder of the places."""
    for name in ("scuola", "esito"):
        shutil.copytree(formed / name, tmp_path / name)
    return Case.read(tmp_path / "scuola"), tmp_path / "scuola", tmp_path / "esito"


def everything(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def kinds(case: Path) -> list[str]:
    return [e.kind for e in read_journal(case).entries]


def classes_in(folder: Path) -> dict[str, str]:
    return {row["id"]: row["classe"] for row in read_table(folder / "assegnazioni.csv")}


# --- rankings ---


def test_that_rankings_are_written_before_any_seat_is_given(office, tmp_path: Path) -> None:
    case, _folder, _places = office
    names = write_rankings(case, rankings(case), tmp_path / "g")
    assert {f.name for f in (tmp_path / "g").iterdir()} == set(names)
    rows = read_table(tmp_path / "g" / "graduatorie.csv")
    assert len(rows) == 16 and {row["esito"] for row in rows} == {""}
    assert [row["id"] for row in rows[:3]] == ["A02", "A05", "A01"]
    assert rows[0]["titoli"] == "Fratelli: 5" and rows[-1]["motivi"] == "Sei anni entro il 30 aprile"
    assert {row["stato"] for row in rows} == {"provvisoria"}


def test_that_rankings_are_never_written_over_those_of_classes_formed(office) -> None:
    case, _folder, places = office
    before = everything(places)
    with pytest.raises(InputError, match="holds classes with their own rankings"):
        write_rankings(case, rankings(case), places)
    assert everything(places) == before


# --- who leaves, who takes the place ---


def test_that_a_succession_is_recorded_and_the_classes_written_as_they_are_then(office, tmp_path: Path) -> None:
    case, folder, places = office
    before = classes_in(places)
    done = record_succession(case, places, "A05", tmp_path / "dopo", ACT)
    assert done.successor == "A14"
    left, taken = read_journal(folder).entries
    assert (left.kind, left.data, left.who, left.why, left.when) == ("rinuncia", {"id": "A05"}, *vars(ACT).values())
    assert (taken.kind, taken.data) == ("subentro", {"id": "A14", "class": "1A", "after": 1})
    after = classes_in(tmp_path / "dopo")
    assert after == {**{p: c for p, c in before.items() if p != "A05"}, "A14": "1A"}
    waiting = [row["id"] for row in read_table(tmp_path / "dopo" / "lista_attesa.csv")]
    assert waiting == ["A13", "A15"]
    assert classes_in(places) == before


def test_that_successions_follow_one_another_from_folder_to_folder(office, tmp_path: Path) -> None:
    case, folder, places = office
    record_succession(case, places, "A05", tmp_path / "uno", ACT)
    second = record_succession(case, tmp_path / "uno", "A14", tmp_path / "due", ACT, kind="ritiro")
    assert second.successor == "A15"
    assert kinds(folder) == ["rinuncia", "subentro", "ritiro", "subentro"]
    assert classes_in(tmp_path / "due")["A15"] == "1A" and "A14" not in classes_in(tmp_path / "due")


def test_that_a_transfer_may_take_the_place_first(office, tmp_path: Path) -> None:
    case, _folder, places = office
    done = record_succession(case, places, "A05", tmp_path / "dopo", ACT, transfers=["A02"])
    assert done.successor == "A02" and classes_in(tmp_path / "dopo")["A02"] == "1A"


def test_that_a_place_nobody_can_take_stays_free_and_can_be_filled_later(office, tmp_path: Path) -> None:
    case, folder, places = office
    list_ = places / "lista_attesa.csv"
    whole = list_.read_bytes()
    list_.write_bytes(b"\n".join(whole.split(b"\n")[:2]))
    assert record_succession(case, places, "A05", tmp_path / "dopo", ACT).successor == ""
    assert kinds(folder) == ["rinuncia"] and len(classes_in(tmp_path / "dopo")) == 11
    list_.write_bytes(whole)
    assert record_succession(case, places, "A05", tmp_path / "poi", ACT).successor == "A14"
    assert kinds(folder) == ["rinuncia", "subentro"] and read_journal(folder).entries[1].data["after"] == 1


def test_that_a_leaving_recorded_before_is_not_recorded_again(office, tmp_path: Path) -> None:
    case, folder, places = office
    append(folder, "ritiro", **vars(ACT), id="A05")
    record_succession(case, places, "A05", tmp_path / "dopo", ACT)
    assert kinds(folder) == ["ritiro", "subentro"]


def test_that_a_place_is_not_given_away_twice(office, tmp_path: Path) -> None:
    case, folder, places = office
    record_succession(case, places, "A05", tmp_path / "dopo", ACT)
    before = everything(folder)
    with pytest.raises(InputError, match="recorded already, as number 2"):
        record_succession(case, places, "A05", tmp_path / "ancora", ACT)
    assert everything(folder) == before and not (tmp_path / "ancora").exists()


def test_that_an_annulled_succession_can_be_done_again(office, tmp_path: Path) -> None:
    case, folder, places = office
    record_succession(case, places, "A05", tmp_path / "dopo", ACT)
    for entry in (2, 1):
        append(folder, "annullamento", **vars(ACT), entry=entry)
    assert record_succession(case, places, "A05", tmp_path / "ancora", ACT).successor == "A14"
    assert kinds(folder)[-2:] == ["rinuncia", "subentro"]


def test_that_who_gave_up_while_waiting_gets_no_place(office, tmp_path: Path) -> None:
    case, folder, places = office
    append(folder, "rinuncia", **vars(ACT), id="A14")
    assert record_succession(case, places, "A05", tmp_path / "dopo", ACT).successor == "A15"


def test_that_a_place_lapses_after_days_that_are_said(office, tmp_path: Path) -> None:
    case, folder, places = office
    with pytest.raises(InputError, match="whole number of days from 1 up"):
        record_succession(case, places, "A05", tmp_path / "dopo", ACT, kind="decadenza")
    assert kinds(folder) == [] and not (tmp_path / "dopo").exists()
    record_succession(case, places, "A05", tmp_path / "dopo", ACT, kind="decadenza", days=20)
    assert read_journal(folder).entries[0].data == {"id": "A05", "absent_days": 20}


@pytest.mark.parametrize("kind", ["esclusione", "trasferimento", "subentro", "boh"])
def test_that_nobody_leaves_by_another_kind_of_decision(office, tmp_path: Path, kind: str) -> None:
    case, folder, places = office
    with pytest.raises(InputError, match="Perhaps: rinuncia, ritiro, decadenza"):
        record_succession(case, places, "A05", tmp_path / "dopo", ACT, kind=kind)
    assert kinds(folder) == [] and not (tmp_path / "dopo").exists()


@pytest.mark.parametrize("who", ["A13", "nessuno"])
def test_that_nothing_is_recorded_for_somebody_without_a_class(office, tmp_path: Path, who: str) -> None:
    case, folder, places = office
    with pytest.raises(InputError, match="have no class"):
        record_succession(case, places, who, tmp_path / "dopo", ACT)
    assert kinds(folder) == [] and not (tmp_path / "dopo").exists()


def test_that_a_result_is_not_written_over(office, tmp_path: Path) -> None:
    case, folder, places = office
    before = everything(tmp_path)
    for act in (
        lambda: record_succession(case, places, "A05", places, ACT),
        lambda: record_transfer(case, places, "A02", "1A", folder, ACT),
    ):
        with pytest.raises(InputError):
            act()
    assert everything(tmp_path) == before


def test_that_nothing_is_recorded_where_nothing_can_be_written(office, tmp_path: Path) -> None:
    case, folder, places = office
    (tmp_path / "file").write_text("", encoding="utf-8")
    for act in (
        lambda: record_succession(case, places, "A05", tmp_path / "file" / "dopo", ACT),
        lambda: record_transfer(case, free_place(places), "A02", "1A", tmp_path / "file" / "dopo", ACT),
    ):
        with pytest.raises(OSError):
            act()
    assert kinds(folder) == []


def test_that_nothing_is_written_where_nothing_can_be_recorded(office, tmp_path: Path) -> None:
    case, folder, places = office
    (folder / "decisioni.jsonl.lock").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="Somebody else is recording"):
        record_succession(case, places, "A05", tmp_path / "dopo", ACT)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["esito", "scuola"]


def test_that_classes_of_another_case_are_refused(office, tmp_path: Path) -> None:
    case, folder, places = office
    write_assignment(places / "assegnazioni.csv", [("A01", "1A"), ("B77", "1B"), ("A02", "3Z"), ("A03", "3Z")])
    for act in (
        lambda: record_succession(case, places, "A01", tmp_path / "dopo", ACT),
        lambda: record_transfer(case, places, "A01", "1B", tmp_path / "dopo", ACT),
        lambda: publish_lists(case, places, tmp_path / "dopo"),
    ):
        with pytest.raises(InputError) as error:
            act()
        assert [(p.column, p.value) for p in error.value.problems] == [("id", "B77"), ("classe", "3Z")]
    assert kinds(folder) == [] and not (tmp_path / "dopo").exists()


def test_that_the_names_of_classes_are_compared_without_case(office, tmp_path: Path) -> None:
    case, _folder, places = office
    write_assignment(places / "assegnazioni.csv", [(p, c.lower()) for p, c in classes_in(places).items()])
    assert record_succession(case, places, "A05", tmp_path / "dopo", ACT).class_id == "1A"
    assert set(classes_in(tmp_path / "dopo").values()) == {"1A", "1B"}


# --- changes of class ---


def free_place(places: Path) -> Path:
    """Take A05 out of 1A."""
    write_assignment(places / "assegnazioni.csv", [(p, c) for p, c in classes_in(places).items() if p != "A05"])
    return places


def test_that_a_change_of_class_is_recorded_and_written(office, tmp_path: Path) -> None:
    case, folder, places = office
    before, after = record_transfer(case, free_place(places), "A02", "1a", tmp_path / "dopo", ACT)
    assert (before.size, after.size, after.broken) == (5, 6, ())
    (entry,) = read_journal(folder).entries
    assert (entry.kind, entry.data) == ("trasferimento", {"id": "A02", "class": "1A"})
    assert classes_in(tmp_path / "dopo")["A02"] == "1A"
    assert (tmp_path / "dopo" / "lista_attesa.csv").read_bytes() == (places / "lista_attesa.csv").read_bytes()


def test_that_a_change_against_a_rule_is_neither_recorded_nor_written(office, tmp_path: Path) -> None:
    case, folder, places = office
    assert record_transfer(case, places, "A02", "1A", tmp_path / "dopo", ACT)[1].broken
    assert record_transfer(case, free_place(places), "A07", "1A", tmp_path / "dopo", ACT)[1].broken == (
        "Un sostegno per classe",
    )
    assert kinds(folder) == [] and not (tmp_path / "dopo").exists()


def test_that_a_change_is_not_recorded_twice_and_can_be_written_after_an_interruption(office, tmp_path: Path) -> None:
    case, folder, places = office
    record_transfer(case, free_place(places), "A02", "1A", tmp_path / "dopo", ACT)
    record_transfer(case, places, "A02", "1A", tmp_path / "ancora", ACT)
    assert kinds(folder) == ["trasferimento"] and classes_in(tmp_path / "ancora") == classes_in(tmp_path / "dopo")
    with pytest.raises(InputError, match="older than entry 1"):
        record_transfer(case, places, "A01", "1B", tmp_path / "poi", ACT)
    record_transfer(case, tmp_path / "dopo", "A02", "1B", tmp_path / "poi", ACT)
    assert kinds(folder) == ["trasferimento"] * 2


def test_that_classes_without_a_waiting_list_get_none(office, tmp_path: Path) -> None:
    case, _folder, places = office
    (places / "lista_attesa.csv").unlink()
    record_transfer(case, free_place(places), "A02", "1A", tmp_path / "dopo", ACT)
    assert {f.name for f in (tmp_path / "dopo").iterdir()} == {"assegnazioni.csv", "graduatorie_iniziali.csv"}


def test_that_a_case_in_memory_keeps_no_decisions(office, tmp_path: Path) -> None:
    case, _folder, places = office
    built = replace(case, source={})
    for act in (
        lambda: record_succession(built, places, "A05", tmp_path / "dopo", ACT),
        lambda: record_transfer(built, places, "A02", "1A", tmp_path / "dopo", ACT),
        lambda: publish_lists(built, places, tmp_path / "dopo"),
    ):
        with pytest.raises(InputError, match="Only a case read from files"):
            act()
    assert not (tmp_path / "dopo").exists()


# --- what goes outside ---


def test_that_the_public_lists_hold_codes_only_and_the_key_stays_beside_the_case(office, tmp_path: Path) -> None:
    case, folder, places = office
    files = publish_lists(case, places, tmp_path / "albo")
    assert [f.name for f in files] == ["elenchi.csv", "elenchi.html", "elenchi.xlsx", "codici.csv"]
    assert {f.name for f in (tmp_path / "albo").iterdir()} == {"elenchi.csv", "elenchi.html", "elenchi.xlsx"}
    codes = {row["codice"]: row["id"] for row in read_table(folder / "codici.csv")}
    listed = {codes[row["codice"]]: row["classe"] for row in read_table(tmp_path / "albo" / "elenchi.csv")}
    assert listed == classes_in(places)
    before = everything(tmp_path / "albo")
    with pytest.raises(InputError, match="already there and is not overwritten"):
        publish_lists(case, places, tmp_path / "albo")
    assert everything(tmp_path / "albo") == before


def test_that_a_public_ranking_says_position_and_outcome_by_code(office, tmp_path: Path) -> None:
    case, folder, places = office
    public, key = publish_ranking(case, places, tmp_path / "albo")
    assert key == folder / "codici.csv"
    codes = {row["codice"]: row["id"] for row in read_table(key)}
    rows = read_table(public)
    assert list(rows[0]) == ["giro", "opzione", "posizione", "codice", "esito"]
    assert [codes[row["codice"]] for row in rows[:3]] == ["A02", "A05", "A01"]
    assert {codes[row["codice"]] for row in rows if row["esito"] == "in attesa"} == {"A13", "A14", "A15"}
    assert len(rows) == 15 and "A16" not in {codes[row["codice"]] for row in rows}
    with pytest.raises(InputError, match="already there and is not overwritten"):
        publish_ranking(case, places, tmp_path / "albo")


def test_that_points_are_published_only_where_a_law_is_named(office, tmp_path: Path) -> None:
    case, _folder, places = office
    assert "punti" not in read_table(publish_ranking(case, places, tmp_path / "a", points_by_law="  ")[0])[0]
    rows = read_table(publish_ranking(case, places, tmp_path / "b", points_by_law="L. 241/1990")[0])
    assert [row["punti"] for row in rows[:3]] == ["5", "5", "0"]


def test_that_a_seat_by_decision_or_sent_elsewhere_reads_like_any_other(office, tmp_path: Path) -> None:
    case, _folder, places = office
    file = places / "graduatorie.csv"
    text = file.read_text(encoding="utf-8")
    assert text.count(";ammesso;") == 12
    file.write_text(
        text.replace(";ammesso;", ";per decisione;", 1).replace(";ammesso;", ";assegnato d'ufficio;", 1),
        encoding="utf-8",
    )
    rows = read_table(publish_ranking(case, places, tmp_path / "albo")[0])
    assert [row["esito"] for row in rows].count("ammesso") == 12


def test_that_nothing_is_published_without_rankings_or_with_strangers(office, tmp_path: Path) -> None:
    case, folder, places = office
    before = everything(folder)
    with pytest.raises(InputError, match="classi rank"):
        publish_ranking(case, tmp_path, tmp_path / "albo")
    file = places / "graduatorie.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("A05", "B05"), encoding="utf-8")
    with pytest.raises(InputError, match="row 3, column id, “B05”"):
        publish_ranking(case, places, tmp_path / "albo")
    assert everything(folder) == before and not (tmp_path / "albo").exists()


def test_that_a_code_that_tells_a_name_is_not_published(office, tmp_path: Path) -> None:
    case, folder, places = office
    secret = read_or_make_secret(folder / "codici.segreto")
    code = public_codes([p.id for p in case.school.pupils], secret)["A09"]
    rows = [{**row, "cognome": code if row["id"] == "A04" else row["cognome"]} for row in applicants()]
    write_table(folder / "alunni.csv", rows)
    with pytest.raises(InputError, match="holds a surname or a name"):
        publish_ranking(Case.read(folder), places, tmp_path / "albo")
    assert not (tmp_path / "albo").exists() and not (folder / "codici.csv").exists()


def test_that_a_published_case_is_read_as_before(office, tmp_path: Path) -> None:
    case, folder, places = office
    publish_lists(case, places, tmp_path / "albo")
    again = Case.read(folder)
    assert (again.inputs, again.school) == (case.inputs, case.school)


# --- counts ---


def test_that_a_school_is_counted_by_year_and_citizenship(office, tmp_path: Path) -> None:
    case, _folder, _places = office
    file = tmp_path / "conteggi.csv"
    assert write_counts(case, file, "2026/27") == ()
    first, *_rest, total = read_table(file)
    assert (first["anno_di_corso"], first["iscritti"], first["non_italiani"]) == ("1", "16", "2")
    assert total["anno_di_corso"] == "totale" and total["iscritti"] == "16"


def test_that_counts_are_not_written_over_a_file(office, tmp_path: Path) -> None:
    case, folder, _places = office
    before = everything(folder)
    with pytest.raises(InputError, match="not overwritten"):
        write_counts(case, folder / "alunni.csv", "2026/27")
    assert everything(folder) == before


def test_that_a_wrong_year_writes_nothing(office, tmp_path: Path) -> None:
    case, _folder, _places = office
    with pytest.raises(InputError, match="written as 2025/26"):
        write_counts(case, tmp_path / "conteggi.csv", "2026/28")
    assert not (tmp_path / "conteggi.csv").exists()


def test_that_pupils_outside_the_survey_are_told_and_the_others_counted(tmp_path: Path) -> None:
    folder = write_school(tmp_path / "scuola")
    rows = [{**row, "ordine": "infanzia" if n < 3 else "primaria"} for n, row in enumerate(applicants())]
    write_table(folder / "alunni.csv", rows)
    (warning,) = write_counts(Case.read(folder), tmp_path / "conteggi.csv", "2026/27")
    assert warning.warning and "3 pupils" in str(warning)
    assert read_table(tmp_path / "conteggi.csv")[0]["iscritti"] == "13"


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("Prima della secondaria", "secondaria I"),
        ("Secondaria II", "secondaria II"),
        ("Scuola superiore", "secondaria II"),
    ],
)
def test_that_the_order_is_taken_from_the_regulation(tmp_path: Path, name: str, order: str) -> None:
    folder = write_school(tmp_path / "scuola", rules=RULES.replace("Istituto di prova, primaria", name))
    write_counts(Case.read(folder), tmp_path / "conteggi.csv", "2026/27")
    assert {row["ordine"] for row in read_table(tmp_path / "conteggi.csv")} == {order}


def test_that_pupils_of_no_known_year_or_order_are_refused(tmp_path: Path) -> None:
    folder = write_school(tmp_path / "scuola", rules=RULES.replace("Istituto di prova, primaria", "Prova"))
    with pytest.raises(InputError, match="order of the school is expected"):
        write_counts(Case.read(folder), tmp_path / "conteggi.csv", "2026/27")
    folder = write_school(tmp_path / "altra")
    text = (folder / "classi.csv").read_text(encoding="utf-8")
    (folder / "classi.csv").write_text(text.replace("Nord;6;1", "Nord;6;2"), encoding="utf-8")
    with pytest.raises(InputError, match="year of course is expected"):
        write_counts(Case.read(folder), tmp_path / "conteggi.csv", "2026/27")


# --- decisions as typed ---


def test_that_what_is_typed_becomes_a_number_only_where_one_is_meant() -> None:
    assert [typed("punti", "points", "3"), typed("punti", "title", "3")] == [3, "3"]
    assert [typed("subentro", "after", "2"), typed("trasferimento", "class", "1")] == [2, "1"]
    assert [typed("decadenza", "absent_days", "²"), typed("boh", "x", "1")] == ["²", "1"]


def test_that_decisions_are_written_with_the_names_of_the_procedure(office) -> None:
    case, _folder, _places = office
    assert as_named(case, "definitiva", {"round": " plesso "}) == {"round": "Plesso"}
    seat = as_named(case, "ammissione_ds", {"round": "PLESSO", "option": {"plesso": "nord"}})
    assert seat == {"round": "Plesso", "option": {"plesso": "Nord"}}
    title = as_named(case, "punti", {"title": "casi esaminati  dal dirigente", "points": 2})
    assert title == {"title": "Casi esaminati dal dirigente", "points": 2}
    assert as_named(case, "trasferimento", {"class": "1a"}) == {"class": "1A"}
    assert as_named(case, "rinuncia", {"id": "A01"}) == {"id": "A01"}


@pytest.mark.parametrize(
    ("kind", "data", "hint"),
    [
        ("definitiva", {"round": "Plessi"}, "Plesso"),
        ("ammissione_ds", {"round": "Plesso", "option": {"plesso": "Sud"}}, "plesso=Centro; plesso=Nord"),
        ("ammissione_ds", {"round": "Plesso", "option": {"tempo": "pieno"}}, "plesso=Centro; plesso=Nord"),
        ("punti", {"title": "Fratelli"}, "Casi esaminati dal dirigente"),
        ("subentro", {"class": "9Z"}, "1A, 1B"),
    ],
)
def test_that_a_decision_that_could_never_count_is_refused_with_what_there_is(office, kind, data, hint) -> None:
    case, _folder, _places = office
    with pytest.raises(InputError) as error:
        as_named(case, kind, data)
    assert error.value.problems[0].hint == hint


def test_that_without_a_procedure_there_is_no_round(tmp_path: Path) -> None:
    folder = write_school(tmp_path / "scuola", rules=RULES[: RULES.index("[admission]")])
    case = Case.read(folder)
    with pytest.raises(InputError, match="no procedure of admission"):
        round_named(case, "Plesso")
    with pytest.raises(InputError, match="No points by decision"):
        as_named(case, "punti", {"title": "Altro"})
