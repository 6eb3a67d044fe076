"""Tests of the acts of the year: who enrols late, who leaves, who changes place; what is recorded, written, refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from classi import draw as public
from classi.case import Case
from classi.classes_now import Act
from classi.errors import InputError, NotFound
from classi.formation.engine import Limits
from classi.i18n import use_language
from classi.journal import append, read_journal
from classi.office import record_succession, record_transfer
from classi.recount import audit_result
from classi.tables.write import read_assignment, write_assignment
from classi.year import Because, Change, Move, allowed, allowed_together, check_change
from classi.year.acts import Numbers, enrol, open_classes, swap, withdraw
from classi.year.history import history
from classi.year.keep import form_kept, origin_of, write_reformed
from classi.year.moves import adopt, enrol_with_moves
from classi.year.seats import seat_terms
from oversubscribed import give_places, read_table, write_school

ACT = Act("Dirigente", "Prova.", date(2026, 9, 20))
LATE = replace(ACT, when=date(2026, 10, 20))
QUICK = Limits(20.0, workers=1)
SOURCE = Numbers("Lotto, ruota di Bari", date(2026, 9, 22))
OUT = Numbers(numbers=[[3, 14, 15]])
PUPILS = {"a": "F", "b": "M", "c": "F", "d": "M", "e": "F", "f": "M", "g": "F", "n": "M"}
PLACED = {"a": "1A", "b": "1A", "c": "1A", "d": "1B", "e": "1B", "f": "1C", "g": "1C"}
RULES = """
name = "prova"
[[criteria]]
rule = "class_size"
max = 4
hard = true
[[criteria]]
rule = "apart"
hard = true
[[criteria]]
rule = "balance"
name = "Femmine e maschi"
attribute = "sesso"
weight = 2
"""
CHANGES = """
[changes]
lessons_begin = 2026-09-10
frozen_after_days = 15
same_site = true
[[changes.grounds]]
id = "grave"
text = "Motivi gravi."
source = "Regolamento, art. 3"
kinds = ["iscrizione", "trasferimento", "scambio", "riformazione"]
exceptional = true
needs = ["una relazione"]
[[changes.grounds]]
id = "nullaosta"
text = "Nullaosta"
kinds = ["ritiro"]
"""
GRAVE = Because("grave", "Trasloco", ("Relazione n. 7",))


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


@pytest.fixture
def places(tmp_path: Path) -> Path:
    folder = tmp_path / "prima"
    folder.mkdir()
    write_assignment(folder / "assegnazioni.csv", PLACED.items())
    return folder


def school(tmp_path: Path, changes: str = CHANGES, ties: str = "", pupils: Mapping[str, str] = PUPILS) -> Case:
    folder = tmp_path / "scuola"
    folder.mkdir(exist_ok=True)
    rows = "".join(f"{pupil};{sex}\n" for pupil, sex in pupils.items())
    (folder / "alunni.csv").write_text(f"id;sesso\n{rows}", encoding="utf-8")
    classes = "id;anno;plesso\n1A;1;Centro\n1B;1;Centro\n1C;1;Nord\n"
    (folder / "classi.csv").write_text(classes, encoding="utf-8")
    if ties:
        (folder / "legami.csv").write_text(f"da;a;tipo\n{ties}", encoding="utf-8")
    (folder / "regolamento.toml").write_text(RULES + changes, encoding="utf-8")
    return Case.read(folder)


def now(folder: Path) -> dict[str, str]:
    return dict(read_assignment(folder / "assegnazioni.csv"))


def files(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def again(case: Case) -> Case:
    assert isinstance(case.source, Path)
    return Case.read(case.source)


def kinds(tmp_path: Path) -> list[str]:
    return [e.kind for e in read_journal(tmp_path / "scuola").entries]


# --- late enrolment ---


def test_that_who_enrols_late_goes_to_the_smallest_class_and_the_auditor_confirms_it(tmp_path, places) -> None:
    case = school(tmp_path, ties="n;f;separati\n")
    done = enrol(case, places, "n", tmp_path / "dopo", ACT)
    assert (done.class_id, done.choices, done.tied) == ("1B", {"1A": 3, "1B": 2}, ("1B",))
    assert now(tmp_path / "dopo") == {**PLACED, "n": "1B"}
    (entry,) = read_journal(tmp_path / "scuola").entries
    assert (entry.kind, entry.data, entry.who) == ("iscrizione", {"id": "n", "class": "1B"}, "Dirigente")
    recount = audit_result(tmp_path / "scuola", tmp_path / "dopo")
    assert recount.confirmed and recount.certified
    certificate = json.loads((tmp_path / "dopo" / "certificato.json").read_text(encoding="utf-8"))
    assert certificate["made"] == {"how": "iscrizione"} and "decisioni.jsonl" in certificate["inputs"]


def test_that_a_tie_is_drawn_in_public_between_the_classes(tmp_path, places) -> None:
    case = school(tmp_path)
    with pytest.raises(InputError, match=r"1B, 1C\): a public draw decides"):
        enrol(case, places, "n", tmp_path / "dopo", ACT)
    assert not (tmp_path / "scuola" / "sorteggi").exists() and not (tmp_path / "scuola" / "codici.segreto").exists()
    waiting = enrol(case, places, "n", tmp_path / "dopo", ACT, numbers=SOURCE)
    assert waiting.written is None and waiting.draw is not None and waiting.draw.labels == ("1B", "1C")
    still = enrol(case, places, "n", tmp_path / "dopo", ACT)
    assert still.draw == waiting.draw and kinds(tmp_path) == [] and not (tmp_path / "dopo").exists()
    after = replace(ACT, when=date(2026, 9, 22))
    done = enrol(case, places, "n", tmp_path / "dopo", after, numbers=OUT)
    result = public.read_draw(tmp_path / "scuola" / "sorteggi", waiting.draw.name).result
    assert result is not None and done.class_id == result[0] == now(tmp_path / "dopo")["n"]


def test_that_a_draw_between_other_classes_does_not_count(tmp_path, places) -> None:
    case = school(tmp_path)
    enrol(case, places, "n", tmp_path / "dopo", ACT, numbers=SOURCE)
    withdraw(case, places, "a", tmp_path / "senza", ACT)
    with pytest.raises(InputError, match="the smallest classes are now 1A, 1B, 1C"):
        enrol(again(case), tmp_path / "senza", "n", tmp_path / "dopo", ACT, numbers=OUT)


def test_that_a_draw_committed_to_is_not_passed_over_when_one_class_is_the_smallest(tmp_path, places) -> None:
    case = school(tmp_path)
    drawn = enrol(case, places, "n", tmp_path / "dopo", ACT, numbers=SOURCE).draw
    assert drawn is not None
    withdraw(case, places, "d", tmp_path / "senza", ACT)
    with pytest.raises(InputError, match="the smallest classes are now 1B: annul it"):
        enrol(again(case), tmp_path / "senza", "n", tmp_path / "dopo", ACT)
    public.annul(tmp_path / "scuola" / "sorteggi", drawn.name, who="Dirigente", why="Classi cambiate", when=ACT.when)
    assert enrol(again(case), tmp_path / "senza", "n", tmp_path / "dopo", ACT).class_id == "1B"


def test_that_who_comes_back_is_drawn_anew(tmp_path, places) -> None:
    case, then = school(tmp_path), replace(ACT, when=date(2026, 9, 22))
    first = enrol(case, places, "n", tmp_path / "a", ACT, numbers=SOURCE).draw
    enrol(case, places, "n", tmp_path / "b", then, numbers=OUT)
    withdraw(again(case), tmp_path / "b", "n", tmp_path / "c", then)
    with pytest.raises(InputError, match="a public draw decides"):
        enrol(again(case), tmp_path / "c", "n", tmp_path / "d", then)
    waiting = enrol(again(case), tmp_path / "c", "n", tmp_path / "d", ACT, numbers=SOURCE)
    assert first is not None and waiting.draw is not None and waiting.written is None
    assert waiting.draw.name == f"{first.name}-2" and re.fullmatch(r"iscrizione-([a-z]\d){3}", first.name)


def test_that_no_class_is_open_where_rules_forbid_each(tmp_path, places) -> None:
    case = school(tmp_path, ties="n;a;separati\nn;d;separati\nn;f;separati\n")
    with pytest.raises(InputError, match=r"No class can take this pupil \(1A: .*; 1B: .*; 1C: "):
        enrol(case, places, "n", tmp_path / "dopo", ACT)
    assert files(tmp_path / "scuola").keys() == {"alunni.csv", "classi.csv", "legami.csv", "regolamento.toml"}


def test_that_a_class_the_rules_close_is_not_among_the_choices(tmp_path) -> None:
    folder = tmp_path / "scuola"
    school(tmp_path)
    (folder / "alunni.csv").write_text("id;classi_vietate\na;\nb;\nn;1B,1C\n", encoding="utf-8")
    assert open_classes(Case.read(folder), {"a": "1A", "b": "1B"}, "n") == {"1A": 1}


def test_that_two_who_come_late_are_enrolled_one_after_the_other(tmp_path, places) -> None:
    case = school(tmp_path, ties="n;f;separati\nm;f;separati\n", pupils={**PUPILS, "m": "F"})
    first = enrol(case, places, "n", tmp_path / "uno", ACT)
    assert first.written is not None and first.written.uncertified == (
        "1 pupil has no class yet: the classes are written without a certificate.",
    )
    assert {f.name for f in (tmp_path / "uno").iterdir()} == {"assegnazioni.csv"}
    assert not audit_result(tmp_path / "scuola", tmp_path / "uno").confirmed
    with pytest.raises(InputError, match="a public draw decides"):
        enrol(again(case), tmp_path / "uno", "m", tmp_path / "due", ACT)
    enrol(again(case), tmp_path / "uno", "m", tmp_path / "due", ACT, numbers=SOURCE)
    late = replace(ACT, when=date(2026, 9, 23))
    enrol(again(case), tmp_path / "uno", "m", tmp_path / "due", late, numbers=OUT)
    assert audit_result(tmp_path / "scuola", tmp_path / "due").confirmed


def test_that_who_is_unknown_or_has_a_class_is_not_enrolled(tmp_path, places) -> None:
    case = school(tmp_path)
    for who, why in (("zz", "not among those of the case"), ("a", "has a class already")):
        with pytest.raises(InputError, match=why):
            enrol(case, places, who, tmp_path / "dopo", ACT)
    with pytest.raises(InputError, match="Only a case read from files"):
        enrol(replace(case, source={}), places, "n", tmp_path / "dopo", ACT)
    assert kinds(tmp_path) == []


def test_that_an_interrupted_enrolment_is_finished_without_a_second_entry(tmp_path, places) -> None:
    case = school(tmp_path)
    append(tmp_path / "scuola", "iscrizione", **vars(ACT), id="n", **{"class": "1C"}, moves={"f": "1B"})
    done = enrol(again(case), places, "n", tmp_path / "dopo", ACT)
    assert done.written is not None and done.written.again and kinds(tmp_path) == ["iscrizione"]
    assert now(tmp_path / "dopo") == {**PLACED, "n": "1C", "f": "1B"}
    with pytest.raises(InputError, match="has a class already"):
        enrol(again(case), tmp_path / "dopo", "n", tmp_path / "poi", ACT)


# --- leaving ---


def test_that_who_leaves_is_recorded_and_missed_by_nobody(tmp_path, places) -> None:
    case = school(tmp_path, pupils={p: s for p, s in PUPILS.items() if p != "n"})
    written, reminders = withdraw(case, places, "a", tmp_path / "dopo", LATE, Because("nullaosta"))
    assert "a" not in now(tmp_path / "dopo") and reminders == () and written.uncertified == ()
    recount = audit_result(tmp_path / "scuola", tmp_path / "dopo")
    assert recount.confirmed and recount.ledger is not None and len(recount.ledger.pupils) == 6
    assert audit_result(tmp_path / "scuola", places).confirmed  # the classes as they were before
    append(tmp_path / "scuola", "annullamento", **vars(ACT), entry=1)
    assert audit_result(tmp_path / "scuola", tmp_path / "dopo").audit.structure == (
        "Pupil a is not placed in any class.",
    )


def test_that_leaving_is_written_also_where_a_mandatory_rule_no_longer_holds(tmp_path, places) -> None:
    least = '[[criteria]]\nrule = "class_size"\nname = "Almeno tre"\nmin = 3\nhard = true\n'
    write_assignment(places / "assegnazioni.csv", {**PLACED, "d": "1A", "e": "1C", "n": "1C"}.items())
    case = school(tmp_path, least)
    written, _reminders = withdraw(case, places, "a", tmp_path / "dopo", ACT)
    assert "Mandatory rules no longer kept" in written.uncertified[0] and "Almeno tre" in written.uncertified[0]
    assert {f.name for f in (tmp_path / "dopo").iterdir()} == {"assegnazioni.csv"} and kinds(tmp_path) == ["ritiro"]


def test_that_an_interrupted_leaving_is_finished_and_one_without_a_class_refused(tmp_path, places) -> None:
    case = school(tmp_path)
    append(tmp_path / "scuola", "ritiro", **vars(ACT), id="a")
    written, _reminders = withdraw(again(case), places, "a", tmp_path / "dopo", ACT)
    assert written.again and kinds(tmp_path) == ["ritiro"] and "a" not in now(tmp_path / "dopo")
    with pytest.raises(InputError, match="have no class: a"):
        withdraw(again(case), tmp_path / "dopo", "a", tmp_path / "poi", ACT)
    with pytest.raises(InputError, match="older than entry 1"):
        withdraw(again(case), places, "b", tmp_path / "poi", ACT)


def test_that_who_left_may_come_back(tmp_path, places) -> None:
    case = school(tmp_path, pupils={p: s for p, s in PUPILS.items() if p != "n"})
    withdraw(case, places, "a", tmp_path / "dopo", ACT)
    enrol(again(case), tmp_path / "dopo", "a", tmp_path / "poi", ACT, numbers=SOURCE)
    late = replace(ACT, when=date(2026, 9, 25))
    enrol(again(case), tmp_path / "dopo", "a", tmp_path / "poi", late, numbers=OUT)
    assert read_journal(tmp_path / "scuola").left == frozenset()
    assert audit_result(tmp_path / "scuola", tmp_path / "poi").confirmed


# --- swaps ---


def test_that_a_swap_shows_what_changes_and_is_recorded_with_its_ground(tmp_path, places) -> None:
    case = school(tmp_path, pupils={p: s for p, s in PUPILS.items() if p != "n"})
    done = swap(case, places, "a", "d", tmp_path / "dopo", LATE, GRAVE)
    assert done.written is not None and now(tmp_path / "dopo") == {**PLACED, "a": "1B", "d": "1A"}
    assert [(c.label, c.worse) for c in done.changes] == [("Femmine e maschi", True)]
    assert "explained to the families" in done.reminders[0]
    (entry,) = read_journal(tmp_path / "scuola").entries
    assert entry.kind == "scambio" and entry.data == {
        "id": "a", "other": "d", "class": "1B", "other_class": "1A",
        "ground": "grave", "exceptional": "Trasloco", "papers": ["Relazione n. 7"],
    }  # fmt: skip
    assert audit_result(tmp_path / "scuola", tmp_path / "dopo").confirmed
    lost = swap(again(case), places, "a", "d", tmp_path / "ancora", LATE)  # interrupted before the classes were written
    assert lost.written is not None and lost.written.again and files(tmp_path / "ancora") == files(tmp_path / "dopo")
    swap(again(case), tmp_path / "dopo", "a", "d", tmp_path / "poi", LATE, GRAVE)
    assert now(tmp_path / "poi") == PLACED and kinds(tmp_path) == ["scambio"] * 2


def test_that_a_swap_against_a_rule_leaves_nothing_written(tmp_path, places) -> None:
    case = school(tmp_path, ties="a;e;separati\n")
    before = files(tmp_path)
    done = swap(case, places, "a", "d", tmp_path / "dopo", ACT)
    assert (
        done.written is None
        and done.broken == ("Kept apart: separati, gemelli, fratelli",)
        and files(tmp_path) == before
    )


@pytest.mark.parametrize(
    ("first", "second", "act", "because", "said"),
    [
        ("a", "d", LATE, Because(), "classes change only for exceptional reasons"),
        ("a", "d", LATE, Because("grave", "Trasloco"), "needs: una relazione"),
        ("a", "d", LATE, Because("grave", "", ("Relazione",)), "must be written"),
        ("a", "f", ACT, Because(), "passage to another site"),
        ("a", "b", ACT, Because(), "in this class already"),
        ("a", "n", ACT, Because(), "have no class: n"),
        ("a", "z", ACT, Because(), "not among those of the case"),
        ("a", "d", ACT, Because("nullaosta"), "does not justify"),
    ],
)
def test_that_a_swap_that_is_not_allowed_leaves_nothing_written(
    tmp_path, places, first, second, act, because, said
) -> None:
    case = school(tmp_path)
    before = files(tmp_path)
    with pytest.raises(InputError, match=said):
        swap(case, places, first, second, tmp_path / "dopo", act, because)
    assert files(tmp_path) == before


def test_that_only_swaps_that_leave_the_balance_may_be_allowed(tmp_path, places) -> None:
    case = school(tmp_path, "[changes]\nopposite_swaps_only = true\n")
    with pytest.raises(InputError, match="Only opposite swaps"):
        swap(case, places, "a", "d", tmp_path / "dopo", ACT)
    assert swap(case, places, "b", "d", tmp_path / "dopo", ACT).changes == ()
    with pytest.raises(InputError, match="Only opposite swaps"):
        record_transfer(again(case), tmp_path / "dopo", "a", "1B", tmp_path / "poi", ACT)


# --- several at once ---


def test_that_the_optimiser_may_move_others_for_who_comes_late(tmp_path) -> None:
    few = "[changes]\nlessons_begin = 2026-09-10\nfrozen_after_days = 15\n"
    places = tmp_path / "prima"
    places.mkdir()
    full = {"a": "1A", "b": "1A", "c": "1A", "d": "1A", "e": "1B", "f": "1C"}
    write_assignment(places / "assegnazioni.csv", full.items())
    case = school(tmp_path, few, "n;e;separati\nn;f;separati\n", {p: PUPILS[p] for p in "abcdefn"})
    with pytest.raises(InputError, match="No class can take"):
        enrol(case, places, "n", tmp_path / "dopo", ACT)
    with pytest.raises(InputError, match="exceptional reasons"):
        enrol_with_moves(case, places, "n", tmp_path / "dopo", LATE, limits=QUICK)
    with pytest.raises(InputError, match="At most 0 changes"):
        enrol_with_moves(case, places, "n", tmp_path / "dopo", ACT, max_moves=0, limits=QUICK)
    assert kinds(tmp_path) == []
    reformed, written, _reminders = enrol_with_moves(case, places, "n", tmp_path / "dopo", ACT, limits=QUICK)
    assert len(reformed.moved) == 1 and reformed.kept.fewest
    assert written.entry.data["moves"] == {p: c for p, (_before, c) in reformed.moved.items()}
    recount = audit_result(tmp_path / "scuola", tmp_path / "dopo")
    assert recount.confirmed and recount.certified
    moved = next(iter(reformed.moved))
    with pytest.raises(InputError, match="older than entry 1"):
        withdraw(again(case), places, moved, tmp_path / "poi", ACT)
    with pytest.raises(InputError, match="older than entry 1"):
        enrol_with_moves(again(case), places, "n", tmp_path / "poi", ACT, limits=QUICK)
    assert "Others moved for it" in history(again(case), moved)[0]


def test_that_the_optimiser_is_not_asked_where_the_smallest_class_is_the_rule(tmp_path, places) -> None:
    case = school(tmp_path, CHANGES.replace("same_site = true", "smallest_class = true"))
    with pytest.raises(InputError, match="goes to the smallest class"):
        enrol_with_moves(case, places, "n", tmp_path / "dopo", ACT, limits=QUICK)
    reformed, written, _ = enrol_with_moves(case, places, "n", tmp_path / "dopo", ACT, GRAVE, limits=QUICK)
    assert reformed.moved == {} and "moves" not in written.entry.data and written.entry.data["ground"] == "grave"


def test_that_the_optimiser_does_not_pass_over_a_draw_committed_to(tmp_path, places) -> None:
    case = school(tmp_path, "")
    drawn = enrol(case, places, "n", tmp_path / "dopo", ACT, numbers=SOURCE).draw
    new = formed_again(case, places, tmp_path / "nuove")
    assert drawn is not None
    with pytest.raises(InputError, match=rf"{drawn.name}\.json.*annul it first"):
        enrol_with_moves(again(case), places, "n", tmp_path / "dopo", ACT, limits=QUICK)
    then = replace(ACT, when=date(2026, 9, 22))
    public.reveal(tmp_path / "scuola" / "sorteggi", drawn.name, OUT.numbers, who="Dirigente", when=then.when)
    before = files(tmp_path)
    with pytest.raises(InputError, match="annul it first"):
        enrol_with_moves(again(case), places, "n", tmp_path / "dopo", then, limits=QUICK)
    with pytest.raises(InputError, match="annul it first"):
        adopt(again(case), places, new, then)
    assert files(tmp_path) == before
    public.annul(tmp_path / "scuola" / "sorteggi", drawn.name, who="Dirigente", why="Prova", when=then.when)
    assert enrol_with_moves(again(case), places, "n", tmp_path / "dopo", then, limits=QUICK)[1].entry.n == 1


def test_that_looking_for_a_draw_makes_no_secret(tmp_path, places) -> None:
    case = school(tmp_path, "")
    enrol_with_moves(case, places, "n", tmp_path / "dopo", ACT, limits=QUICK)
    assert not (tmp_path / "scuola" / "codici.segreto").exists()


def test_that_who_comes_new_is_not_adopted_where_the_smallest_class_is_the_rule(tmp_path, places) -> None:
    case = school(tmp_path, CHANGES.replace("same_site = true", "smallest_class = true"), ties="n;f;separati\n")
    new = formed_again(case, places, tmp_path / "nuove")
    before = files(tmp_path)
    with pytest.raises(InputError, match=r"smallest class.*enrol them first"):
        adopt(case, places, new, ACT)
    assert files(tmp_path) == before
    enrol(case, places, "n", tmp_path / "dopo", ACT)
    (tmp_path / "altre").mkdir()  # nobody comes new
    write_assignment(tmp_path / "altre" / "assegnazioni.csv", {**now(tmp_path / "dopo"), "a": "1B", "d": "1A"}.items())
    assert adopt(again(case), tmp_path / "dopo", tmp_path / "altre", ACT)[0].kind == "riformazione"


def test_that_an_exceptional_ground_adopts_who_comes_new_also_so(tmp_path, places) -> None:
    case = school(tmp_path, CHANGES.replace("same_site = true", "smallest_class = true"))
    new = formed_again(case, places, tmp_path / "nuove")
    assert adopt(case, places, new, ACT, GRAVE)[0].data["moves"]["n"] == now(new)["n"]


def made(folder: Path) -> dict[str, object]:
    return json.loads((folder / "certificato.json").read_text(encoding="utf-8"))["made"]  # type: ignore[no-any-return]


def test_that_each_act_keeps_how_the_classes_were_made_before(tmp_path, places) -> None:
    case = school(tmp_path, "")
    first = formed_again(case, places, tmp_path / "uno")
    kept = made(first)
    adopt(case, places, first, ACT)
    swap(again(case), first, "a", "d", tmp_path / "due", ACT)
    assert made(tmp_path / "due") == {"how": "scambio", "history": [kept]}
    withdraw(again(case), tmp_path / "due", "b", tmp_path / "tre", ACT)
    assert made(tmp_path / "tre") == {"how": "ritiro", "history": [kept, {"how": "scambio"}]}
    withdraw(again(case), tmp_path / "due", "b", tmp_path / "ancora", ACT)  # as if it had been interrupted
    assert made(tmp_path / "ancora") == made(tmp_path / "tre")
    enrol_with_moves(again(case), tmp_path / "tre", "b", tmp_path / "quattro", ACT, limits=QUICK)
    last = made(tmp_path / "quattro")
    assert (last["how"], last["history"]) == ("keep", [kept, {"how": "scambio"}, {"how": "ritiro"}])
    assert audit_result(tmp_path / "scuola", tmp_path / "quattro").confirmed


def test_that_the_optimiser_needs_one_pupil_without_a_class_a_class_and_time(tmp_path, places) -> None:
    case = school(tmp_path, "", "", {**PUPILS, "m": "F"})
    for who, why in (("a", "without a class is expected"), ("n", "have no class: m")):
        with pytest.raises(InputError, match=why):
            enrol_with_moves(case, places, who, tmp_path / "dopo", ACT)
    never = '[[criteria]]\nrule = "class_size"\nmax = 2\nhard = true\n'
    with pytest.raises(InputError, match="8"):
        enrol_with_moves(school(tmp_path, never), places, "n", tmp_path / "dopo", ACT, limits=QUICK)
    with pytest.raises(NotFound):
        enrol_with_moves(
            school(tmp_path, "", "n;a;separati\n"), places, "n", tmp_path / "dopo", ACT, limits=Limits(1e-9)
        )
    assert kinds(tmp_path) == [] and not (tmp_path / "dopo").exists()


def test_that_classes_formed_again_come_into_force_by_an_act(tmp_path, places) -> None:
    case = school(tmp_path, CHANGES.replace("same_site = true", ""))
    (tmp_path / "nuove").mkdir()
    new = {**PLACED, "a": "1B", "d": "1A", "n": "1C"}
    write_assignment(tmp_path / "nuove" / "assegnazioni.csv", new.items())
    with pytest.raises(InputError, match="exceptional reasons"):
        adopt(case, places, tmp_path / "nuove", LATE)
    with pytest.raises(InputError, match="Nobody changes class"):
        adopt(case, places, places, ACT)
    with pytest.raises(InputError, match="have no class: n"):
        adopt(case, tmp_path / "nuove", places, ACT)
    entry, _reminders = adopt(case, places, tmp_path / "nuove", ACT)
    assert entry.data == {"moves": {"a": "1B", "d": "1A", "n": "1C"}}
    with pytest.raises(InputError, match="older than entry 1"):
        swap(again(case), places, "b", "e", tmp_path / "dopo", ACT)
    assert swap(again(case), tmp_path / "nuove", "b", "e", tmp_path / "dopo", ACT).written is not None
    assert form_kept(again(case), tmp_path / "dopo", limits=QUICK).moved == {}


def formed_again(case: Case, places: Path, out: Path) -> Path:
    """Classes formed again with one move at most, and what lies beside them."""
    write_reformed(form_kept(case, places, max_moves=2, limits=QUICK), places, out)
    return out


def test_that_classes_in_force_are_confirmed_by_the_auditor(tmp_path, places) -> None:
    case = school(tmp_path, CHANGES.replace("same_site = true", ""))
    new = formed_again(case, places, tmp_path / "nuove")
    was = json.loads((new / "certificato.json").read_text(encoding="utf-8"))
    adopt(case, places, new, ACT)
    certificate = json.loads((new / "certificato.json").read_text(encoding="utf-8"))
    assert audit_result(tmp_path / "scuola", new).confirmed and "decisioni.jsonl" in certificate["inputs"]
    assert {**certificate, "inputs": was["inputs"]} == was
    assert certificate["inputs"]["decisioni.jsonl"] in (new / "report.html").read_text(encoding="utf-8")


def test_that_an_interrupted_adoption_is_finished_without_a_second_entry(tmp_path, places) -> None:
    case = school(tmp_path, CHANGES.replace("same_site = true", ""))
    append(tmp_path / "scuola", "trasferimento", **vars(ACT), id="a", **{"class": "1A"})
    new = formed_again(again(case), places, tmp_path / "nuove")
    moves = {p: c for p, c in now(new).items() if PLACED.get(p) != c}
    append(tmp_path / "scuola", "riformazione", **vars(ACT), moves=moves)
    assert not audit_result(tmp_path / "scuola", new).confirmed
    entry, _reminders = adopt(again(case), places, new, ACT)
    assert entry.n == 2 == len(kinds(tmp_path)) and audit_result(tmp_path / "scuola", new).confirmed


@pytest.mark.parametrize(
    ("since", "said"),
    [
        (lambda case, places, out: swap(case, places, "b", "e", out, ACT), "formed again from others than those"),
        (lambda case, places, out: withdraw(case, places, "b", out, ACT), "These pupils have left: b"),
    ],
)
def test_that_what_was_decided_since_is_not_undone_by_classes_formed_before(tmp_path, places, since, said) -> None:
    case = school(tmp_path, CHANGES.replace("same_site = true", ""))
    new = formed_again(case, places, tmp_path / "nuove")
    since(case, places, tmp_path / "dopo")
    before = files(tmp_path)
    with pytest.raises(InputError, match=said):
        adopt(again(case), tmp_path / "dopo", new, ACT)
    assert files(tmp_path) == before


def test_that_classes_that_break_a_rule_or_were_touched_do_not_come_into_force(tmp_path, places) -> None:
    case = school(tmp_path, CHANGES.replace("same_site = true", ""), ties="a;d;separati\n")
    (tmp_path / "rotte").mkdir()
    write_assignment(tmp_path / "rotte" / "assegnazioni.csv", {**PLACED, "a": "1B", "n": "1C"}.items())
    with pytest.raises(InputError, match="would break: Kept apart"):
        adopt(case, places, tmp_path / "rotte", ACT)
    new = formed_again(case, places, tmp_path / "nuove")
    write_assignment(new / "assegnazioni.csv", {**now(new), "n": "1A", "a": "1C"}.items())
    with pytest.raises(InputError, match=r"assegnazioni\.csv is not the file"):
        adopt(case, places, new, ACT)
    assert kinds(tmp_path) == []


# --- the office obeys ---


def test_that_a_transfer_obeys_the_rules_of_the_year_and_keeps_its_ground(tmp_path, places) -> None:
    case = school(tmp_path)
    for target, when in (("1C", ACT), ("1B", LATE)):
        with pytest.raises(InputError):
            record_transfer(case, places, "a", target, tmp_path / "dopo", when)
    assert kinds(tmp_path) == [] and not (tmp_path / "dopo").exists()
    record_transfer(case, places, "a", "1C", tmp_path / "dopo", LATE, GRAVE)
    (entry,) = read_journal(tmp_path / "scuola").entries
    assert entry.data == {"id": "a", "class": "1C", **GRAVE.data}


YEAR = """
[changes]
lessons_begin = 2026-09-10
needs_ground = ["trasferimento"]
[[changes.grounds]]
id = "posto"
text = "Posto lasciato"
kinds = ["ritiro", "trasferimento"]
"""


@pytest.fixture
def full(tmp_path: Path) -> tuple[Case, Path]:
    """The school with more applicants than places, with rules for the year."""
    folder = write_school(tmp_path / "scuola")
    with (folder / "regolamento.toml").open("a", encoding="utf-8") as file:
        file.write(YEAR)
    give_places(folder, tmp_path / "esito")
    return Case.read(folder), tmp_path / "esito"


def test_that_a_succession_obeys_the_rules_of_the_year(tmp_path, full) -> None:
    case, places = full
    with pytest.raises(InputError, match="needs one of these grounds: posto"):
        record_succession(case, places, "A05", tmp_path / "dopo", ACT, transfers=["A02"])
    assert kinds(tmp_path) == []
    record_succession(case, places, "A05", tmp_path / "dopo", ACT, transfers=["A02"], because=Because("posto"))
    assert [e.data["ground"] for e in read_journal(tmp_path / "scuola").entries] == ["posto", "posto"]
    record_succession(again(case), tmp_path / "dopo", "A02", tmp_path / "poi", ACT)


def test_that_where_somebody_waits_the_place_goes_to_them(tmp_path, full) -> None:
    case, places = full
    with pytest.raises(InputError, match="classi succeed"):
        withdraw(case, places, "A05", tmp_path / "dopo", ACT)
    rows = [row for row in read_table(places / "assegnazioni.csv") if row["id"] != "A05"]
    write_assignment(places / "assegnazioni.csv", ((r["id"], r["classe"]) for r in rows))
    assert "a waiting list" in enrol(case, places, "A16", tmp_path / "dopo", ACT).reminders[0]
    assert {f.name for f in (tmp_path / "dopo").iterdir()} >= {"graduatorie_iniziali.csv", "lista_attesa.csv"}
    assert audit_result(tmp_path / "scuola", tmp_path / "dopo").confirmed


def test_that_whoever_is_enrolled_from_a_waiting_list_reminds_of_the_others_on_it(tmp_path, full) -> None:
    case, places = full
    last = read_table(places / "lista_attesa.csv")[-1]["id"]
    rows = [row for row in read_table(places / "assegnazioni.csv") if row["id"] not in ("A02", "A05")]
    write_assignment(places / "assegnazioni.csv", ((r["id"], r["classe"]) for r in rows))
    found = enrol(case, places, last, tmp_path / "dopo", ACT, numbers=SOURCE)
    assert "nobody on it is passed over" in found.reminders[0]


def test_that_with_rankings_only_those_with_a_class_are_formed_again(tmp_path, full) -> None:
    case, places = full
    found = form_kept(case, places, limits=QUICK)
    assert len(found.origin.case.school.pupils) == 12 and not found.moved


@pytest.mark.parametrize("name", ["", "assegnazioni.csv"])
def test_that_the_waiting_list_stays_with_classes_formed_again_from_a_folder_or_its_file(tmp_path, full, name) -> None:
    case, places = full
    write_reformed(form_kept(case, places / name, limits=QUICK), places / name, tmp_path / "nuove")
    assert read_table(tmp_path / "nuove" / "lista_attesa.csv") == read_table(places / "lista_attesa.csv")
    first = (tmp_path / "nuove" / "graduatorie_iniziali.csv").read_bytes()
    assert first == (places / "graduatorie.csv").read_bytes()
    with pytest.raises(InputError, match="classi succeed"):
        withdraw(case, tmp_path / "nuove", "A05", tmp_path / "dopo", ACT)
    new = tmp_path / "nuove"
    write_reformed(form_kept(case, new / name, limits=QUICK), new / name, new, force=True)  # in its own folder
    assert (new / "graduatorie_iniziali.csv").read_bytes() == first and (new / "lista_attesa.csv").exists()


def test_that_who_is_formed_again_stays_inside_the_seat_the_ranking_gave(tmp_path, full) -> None:
    case, places = full
    assert form_kept(case, places, max_moves=12, limits=QUICK).moved == {}
    (tmp_path / "scuola" / "legami.csv").write_text("da;a;tipo;vincolante\nA01;A05;separati;sì\n", encoding="utf-8")
    with pytest.raises(InputError, match="inside the seat they have"):
        form_kept(again(case), places, limits=QUICK)


def test_that_a_late_enrolment_looks_only_at_seats_asked_for(tmp_path, full) -> None:
    case, places = full
    placed = {p: c for p, c in now(places).items() if p not in ("A02", "A05")}
    assert open_classes(case, placed, "A14") == {"1A": 5} and open_classes(case, placed, "A15") == {"1A": 5, "1B": 5}
    with pytest.raises(InputError, match="1B: the class is not open to this pupil"):
        open_classes(case, {**now(places), "A02": "1A"}, "A14")


def test_that_a_swap_across_seats_reminds_of_who_waits(tmp_path, full) -> None:
    case, places = full
    done = swap(case, places, "A01", "A02", tmp_path / "dopo", ACT)
    assert done.written is not None and "somebody waits for that seat" in done.reminders[0]
    assert {f.name for f in (tmp_path / "dopo").iterdir()} >= {"certificato.json", "lista_attesa.csv"}
    assert audit_result(tmp_path / "scuola", tmp_path / "dopo").confirmed


COURSE = """
[[admission.rounds]]
name = "Musica"
seats = ["indirizzo"]
opens = { indirizzo = "musicale" }
closes = true
unplaced = "stay"
"""


def test_that_a_course_opened_by_its_ranking_is_open_to_nobody_else(tmp_path) -> None:
    school(tmp_path, "")
    folder = tmp_path / "scuola"
    rules = f"{RULES}[admission]\nyear = 2026\n{COURSE}"
    (folder / "regolamento.toml").write_text(rules, encoding="utf-8")
    classes = "id;indirizzo\n1A;musicale\n1B;ordinario\n1C;ordinario\n"
    (folder / "classi.csv").write_text(classes, encoding="utf-8")
    (folder / "alunni.csv").write_text("id;sesso;indirizzo_1\na;F;musicale\nb;M;\nn;F;musicale\n", encoding="utf-8")
    case = Case.read(folder)
    assert open_classes(case, {"a": "1A", "b": "1B"}, "n") == {"1B": 1, "1C": 0}
    began = origin_of(case, {"a": "1A", "b": "1B"})
    allowed_in = {t.shape.pupil: sorted(t.shape.classes) for t in seat_terms(began.case, began.homes)}
    assert allowed_in == {0: [0], 1: [1, 2]}


# --- is it allowed? ---


def test_that_a_change_is_judged_by_the_classes_it_is_about(tmp_path) -> None:
    case = school(tmp_path)
    across = Change("trasferimento", (Move("a", "1A", "1c"),))
    assert not check_change(case, across, ACT.when).allowed and across.pupils == ("a",)
    assert check_change(case, Change("trasferimento", (Move("a", "1A", "1B"),)), ACT.when).allowed
    assert check_change(case, Change("iscrizione", (Move("n", "", "1C"),)), LATE.when).allowed
    with pytest.raises(InputError, match="no change of this kind"):
        check_change(case, Change("boh", ()), ACT.when)
    with pytest.raises(InputError, match="no class of this name"):
        check_change(case, Change("trasferimento", (Move("a", "1A", "9Z"),)), ACT.when)
    free = school(tmp_path, "")
    assert check_change(free, Change("trasferimento", (Move("a", "1A", "9Z"),)), ACT.when).allowed


def test_that_the_year_of_the_class_is_read_from_its_row(tmp_path) -> None:
    ground = 'id = "p"\ntext = "P"\nkinds = ["trasferimento"]\nuntil = [{ anno = [2], date = "02-28" }]\n'
    case = school(tmp_path, f"[changes]\nlessons_begin = 2026-09-10\n[[changes.grounds]]\n{ground}")
    change = Change("trasferimento", (Move("a", "1A", "1B"),), "p")
    assert "only for classes of year 2" in check_change(case, change, ACT.when).reasons[0]
    with pytest.raises(InputError, match="only for classes of year 2"):
        allowed(case, change, ACT.when, Because("p"))


def test_that_an_act_of_two_kinds_needs_what_both_need_and_every_year_allows(tmp_path) -> None:
    grounds = 'id = "p"\ntext = "P"\nkinds = ["iscrizione"]\nneeds = ["una domanda"]\n'
    limits = '[[changes.limits]]\nkinds = ["riformazione"]\nneeds = ["una delibera"]\n'
    case = school(tmp_path, f"[changes]\nlessons_begin = 2026-09-10\n[[changes.grounds]]\n{grounds}{limits}")
    both = {"iscrizione": {"n": ("", "1A")}, "riformazione": {"a": ("1A", "1B")}}
    with pytest.raises(InputError, match=r"(?s)una domanda.*una delibera"):
        allowed_together(case, both, ACT.when, Because("p", papers=("Domanda n. 3",)))
    assert allowed_together(case, both, ACT.when, Because("p", papers=("Domanda n. 3", "Delibera n. 4"))) == ()
    until = 'until = [{ anno = [1], date = "10-31" }, { anno = [2], date = "02-28" }]\n'
    until = f'id = "p"\ntext = "P"\nkinds = ["riformazione"]\n{until}'
    case = school(tmp_path, f"[changes]\nlessons_begin = 2026-09-10\n[[changes.grounds]]\n{until}")
    (tmp_path / "scuola" / "classi.csv").write_text("id;anno\n1A;1\n1B;1\n2A;2\n2B;2\n", encoding="utf-8")
    change = Change("riformazione", (Move("a", "1A", "1B"), Move("b", "2A", "2B")), "p")
    assert check_change(again(case), change, date(2026, 11, 2)).reasons == (
        "The last day for the ground “p” was 31/10/2026.",
    )


# --- history ---


def test_that_the_history_says_everything_with_grounds_and_marks_what_was_annulled(tmp_path, places) -> None:
    case = school(tmp_path, ties="n;f;separati\n")
    assert history(case) == ()
    enrol(case, places, "n", tmp_path / "uno", ACT)
    swap(again(case), tmp_path / "uno", "a", "d", tmp_path / "due", LATE, GRAVE)
    append(tmp_path / "scuola", "annullamento", **vars(ACT), entry=2)
    append(tmp_path / "scuola", "correzione", **vars(ACT), id="b", changes={"sesso": "F"}, before=None)
    append(tmp_path / "scuola", "trasferimento", **vars(ACT), id="b", **{"class": "1C"}, ground="altro")
    append(tmp_path / "scuola", "ritiro", **vars(ACT), id="c", ground="nullaosta")
    said = history(again(case))
    assert said[0] == "1. 20/09/2026, Dirigente: n enrols, class 1B. Reason: Prova."
    assert said[1] == (
        "2. 20/10/2026, Dirigente: a and d change places: a goes to class 1B, d to 1A. Reason: Prova. "
        "Ground: Motivi gravi (Regolamento, art. 3). Exceptional reason: Trasloco. Handed in: Relazione n. 7. "
        "[ANNULLED by entry 3]"
    )
    assert "sesso = F (before: –)" in said[3] and said[4].endswith("Ground: altro.") and "Ground: Nullaosta." in said[5]
    assert history(again(case), "d") == said[1:3] and history(again(case), "e") == ()
    with pytest.raises(InputError, match="not among those"):
        history(case, "zz")
