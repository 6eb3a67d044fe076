"""Tests that the bundled schools with admissions are what is made, and show what their pages say."""

from __future__ import annotations

import csv
import importlib.util
import re
import sys
from functools import cache
from pathlib import Path
from threading import Event
from types import ModuleType

import pytest

from classi.case import Case
from classi.draw import read_draw
from classi.formation.engine import Clock, Limits
from classi.journal import read_journal
from classi.seating import Seated, give_seats, rankings

INSTANCES = Path(__file__).resolve().parents[2] / "instances"
SCHOOLS = ("ammissioni-primaria", "ammissioni-secondaria", "ammissioni-superiore")
PRIMARIA, SECONDARIA, SUPERIORE = SCHOOLS
DRAWS = {PRIMARIA: ("plesso", "tempo-scuola"), SECONDARIA: ("indirizzo-musicale", "plesso"), SUPERIORE: ("iscrizione",)}


@cache
def read(name: str) -> Case:
    return Case.read(INSTANCES / name)


@cache
def seated(name: str) -> Seated:
    """Give the seats of a school once for all the tests."""
    found = give_seats(read(name), Clock(Limits(60.0), Event()))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_admissions", INSTANCES / "make_admissions.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", SCHOOLS)
def test_that_the_bundled_admissions_are_what_is_made(name: str, make: ModuleType, tmp_path: Path) -> None:
    make.main([name], tmp_path)
    made = sorted(p.relative_to(tmp_path / name) for p in (tmp_path / name).rglob("*") if p.is_file())
    kept = sorted(p.relative_to(INSTANCES / name) for p in (INSTANCES / name).rglob("*") if p.is_file())
    assert [*made, Path("README.md")] == [p for p in kept if p != Path("README.md")] + [Path("README.md")]
    for file in made:
        assert (INSTANCES / name / file).read_bytes() == (tmp_path / name / file).read_bytes(), file


@pytest.mark.parametrize("name", SCHOOLS)
def test_that_only_the_open_questions_are_left_to_say(name: str) -> None:
    case = read(name)
    procedure = case.regulation.admission
    assert procedure is not None
    assert procedure.decided
    assert sorted(p.column for p in case.warnings) == sorted(p.name for p in procedure.undecided)
    assert len(procedure.undecided) > 3


@pytest.mark.parametrize("name", SCHOOLS)
def test_that_there_are_more_applicants_than_seats_in_the_best_option(name: str) -> None:
    with (INSTANCES / name / "alunni.csv").open(encoding="utf-8-sig", newline="") as file:
        applicants = list(csv.DictReader(file, delimiter=";"))
    assert 120 <= len(applicants) <= 190
    seat, option = ("indirizzo", "informatica") if name == SUPERIORE else ("plesso", "Aurora")
    classes = [c for c in read(name).school.classes if c[seat] == option]
    assert sum(a[f"{seat}_1"] == option for a in applicants) > 26 * len(classes)


@pytest.mark.parametrize("name", SCHOOLS)
def test_that_every_tie_was_drawn_in_public(name: str) -> None:
    for draw in DRAWS[name]:
        assert read_draw(INSTANCES / name / "sorteggi", draw).result
    assert all(ranking.settled for found in rankings(read(name)).values() for ranking in found)
    assert any(ranking.ties for found in rankings(read(name)).values() for ranking in found)


@pytest.mark.parametrize("name", SCHOOLS)
def test_that_the_decisions_hold_a_correction_a_rejected_complaint_and_a_seat_of_the_head(name: str) -> None:
    journal = read_journal(INSTANCES / name)
    assert {e.data["outcome"] for e in journal.of("reclamo")} == {"accolto", "respinto"}
    assert journal.corrections()
    assert journal.of("ammissione_ds")
    assert journal.states()


def test_that_points_by_the_head_are_in_the_ranking() -> None:
    (ranking,) = rankings(read(PRIMARIA))["Tempo scuola"]
    ids = [p.id for p in read(PRIMARIA).school.pupils]
    lines = next(s.lines for s in ranking.standings if ids[s.pupil] == "P033")
    assert [line.points for line in lines if line.decided] == [8]


@pytest.mark.parametrize("name", SCHOOLS)
def test_that_the_page_names_pupils_of_the_school_by_id(name: str) -> None:
    page = (INSTANCES / name / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\bP\d{3}\b", page))
    assert len(named) > 10
    assert named <= {p.id for p in read(name).school.pupils}
    assert not any(str(p["cognome"]) in page for p in read(name).school.pupils)


# --- seats: what the pages say ---


@pytest.mark.parametrize(
    ("name", "round_name", "pupil", "seat", "how"),
    [
        (PRIMARIA, "Plesso", "P012", "Aurora", "ranking"),
        (PRIMARIA, "Plesso", "P077", "Aurora", "decision"),
        (PRIMARIA, "Plesso", "P041", "Aurora", "ranking"),
        (PRIMARIA, "Plesso", "P129", "Colle", "redirected"),
        (PRIMARIA, "Tempo scuola", "P067", "modulo", "redirected"),
        (SECONDARIA, "Indirizzo musicale", "P004", "flauto", "ranking"),
        (SECONDARIA, "Plesso", "P054", "Aurora", "redirected"),
        (SECONDARIA, "Plesso", "P133", "Belvedere", "ranking"),
        (SECONDARIA, "Plesso", "P037", "Belvedere", "decision"),
        (SUPERIORE, "Iscrizione", "P038", "informatica", "ranking"),
        (SUPERIORE, "Iscrizione", "P066", "informatica", "ranking"),
        (SUPERIORE, "Eccedenza estiva", "P141", "informatica", "decision"),
    ],
)
def test_that_the_seats_are_those_of_the_page(name: str, round_name: str, pupil: str, seat: str, how: str) -> None:
    result = next(r for r in seated(name).admission.rounds if r.round.name == round_name)
    option, given = result.seats.got[read(name).school.pupil_at[pupil]]
    assert (result.options[option], given) == ((seat,), how)


@pytest.mark.parametrize(
    ("name", "round_name", "pupil", "seat", "rule"),
    [
        (PRIMARIA, "Plesso", "P120", "Aurora", "Alunni con disabilità per classe"),
        (PRIMARIA, "Plesso", "P022", "Aurora", "Classi con alunni con disabilità"),
        (PRIMARIA, "Tempo scuola", "P058", "tempo pieno", "Alunni con disabilità per classe"),
        (SECONDARIA, "Plesso", "P133", "Aurora", "Alunni con disabilità per classe"),
        (SUPERIORE, "Iscrizione", "P057", "informatica", "Classi con alunni con disabilità"),
    ],
)
def test_that_a_rule_refuses_a_seat_to_somebody_ranked_above_who_has_it_or_the_next(
    name: str, round_name: str, pupil: str, seat: str, rule: str
) -> None:
    case, result = read(name), next(r for r in seated(name).admission.rounds if r.round.name == round_name)
    who, option = case.school.pupil_at[pupil], result.options.index((seat,))
    refusal = next(r for r in result.seats.refusals if (r.pupil, r.option) == (who, option))
    assert rule in [case.regulation.criteria[k].name for k in refusal.rules]


def test_that_lower_ranked_pupils_sit_where_a_limit_refused_one() -> None:
    for name, pupil in ((PRIMARIA, "P120"), (SECONDARIA, "P133")):
        result = next(r for r in seated(name).admission.rounds if r.round.name == "Plesso")
        place = {s.pupil: s.position for s in result.rankings[0].standings}
        there = [place[p] for p, (option, how) in result.seats.got.items() if (option, how) == (0, "ranking")]
        assert result.options[0] == ("Aurora",)
        assert max(there) > place[read(name).school.pupil_at[pupil]]


def test_that_the_late_resident_with_a_disability_is_first_in_the_waiting_list() -> None:
    ids = [p.id for p in read(SECONDARIA).school.pupils]
    result = seated(SECONDARIA).admission.rounds[-1]
    waiting = [ids[p] for p in result.waiting]
    assert waiting[0] == "P178"
    assert waiting[-3:] == ["P076", "P033", "P129"]
    assert ids[result.rankings[0].standings[-2].pupil] == "P178"


def test_that_applications_that_are_not_admissible_are_in_no_ranking() -> None:
    for name, pupils in ((PRIMARIA, {"P029"}), (SECONDARIA, {"P080"}), (SUPERIORE, {"P111", "P125"})):
        ids = [p.id for p in read(name).school.pupils]
        refused = rankings(read(name))[seated(name).admission.rounds[0].round.name][0].refused
        assert {ids[r.pupil] for r in refused} == pupils
        assert not {read(name).school.pupil_at[p] for p in pupils} & seated(name).admission.admitted


def test_that_everybody_has_a_school_only_where_there_are_seats_for_all() -> None:
    assert seated(PRIMARIA).admission.rounds[0].waiting == ()
    assert len(seated(SECONDARIA).admission.rounds[-1].waiting) > 10
    assert len(seated(SUPERIORE).admission.rounds[0].waiting) > 10
