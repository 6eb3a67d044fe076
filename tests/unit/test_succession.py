"""Tests of what happens during the year: who takes a freed place, and what a change of class does."""

from __future__ import annotations

from pathlib import Path

import pytest

from classi.case import Case
from classi.errors import InputError
from classi.i18n import use_language
from classi.procedure import Round
from classi.succession import Skipped, after_moving, broken_rules, class_state, succeed
from oversubscribed import give_places, read_table, write_school, write_table

LIMIT = "Un sostegno per classe"


@pytest.fixture(scope="module")
def formed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, dict[str, str], Round]:
    """The case, the class of everybody placed, and the round of the places."""
    folder = tmp_path_factory.mktemp("anno")
    case = write_school(folder / "scuola")
    give_places(case, folder / "esito")
    read = Case.read(case)
    assert read.regulation.admission is not None
    placed = {row["id"]: row["classe"] for row in read_table(folder / "esito" / "assegnazioni.csv")}
    return read, placed, read.regulation.admission.rounds[0]


WAITING = ("A13", "A14", "A15")


def test_that_the_school_is_as_these_tests_take_it_to_be(formed) -> None:
    _case, placed, _one = formed
    assert sorted(p for p, c in placed.items() if c == "1A") == ["A01", "A03", "A05", "A09", "A11", "A12"]
    assert not set(WAITING) & set(placed) and len(placed) == 12


def test_that_the_first_on_the_list_for_whom_the_rules_hold_takes_the_place(formed) -> None:
    case, placed, one = formed
    done = succeed(case, placed, "A05", one, WAITING)
    assert (done.leaving, done.class_id, done.successor) == ("A05", "1A", "A14")
    assert done.skipped == (Skipped("A13", LIMIT),)


def test_that_a_rule_no_longer_in_the_way_skips_nobody(formed) -> None:
    case, placed, one = formed
    done = succeed(case, placed, "A03", one, WAITING)  # whoever leaves was the one the rule counted
    assert (done.successor, done.skipped) == ("A13", ())


def test_that_who_did_not_ask_for_the_seat_does_not_get_it(formed) -> None:
    case, placed, one = formed
    with use_language("en"):
        done = succeed(case, placed, "A02", one, WAITING)
    assert (done.class_id, done.successor) == ("1B", "A15")
    assert [s.pupil for s in done.skipped] == ["A13", "A14"]
    assert done.skipped[1].reason == "did not ask for this seat"


def test_that_who_gave_up_is_passed_over_and_said(formed) -> None:
    case, placed, one = formed
    with use_language("en"):
        done = succeed(case, placed, "A05", one, WAITING, gone={"A14"})
    assert done.successor == "A15"
    assert done.skipped[1] == Skipped("A14", "gave up, by a recorded decision")


def test_that_nobody_may_be_left_to_take_a_place(formed) -> None:
    case, placed, one = formed
    assert succeed(case, placed, "A05", one, ["A13"]).successor == ""
    assert succeed(case, placed, "A05", one, []).skipped == ()


def test_that_pupils_of_other_classes_come_before_the_list(formed) -> None:
    case, placed, one = formed
    done = succeed(case, placed, "A05", one, WAITING, transfers=["A07", "A02"])
    assert (done.successor, done.skipped) == ("A02", (Skipped("A07", LIMIT),))


def test_that_who_has_a_class_already_is_not_waiting(formed) -> None:
    case, placed, one = formed
    one_less = {p: c for p, c in placed.items() if p != "A02"}
    done = succeed(case, {**one_less, "A14": "1B"}, "A05", one, ["A14", "A15"])
    assert (done.successor, done.skipped) == ("A15", ())


@pytest.mark.parametrize(
    ("leaving", "transfers", "named"), [("A13", [], "A13"), ("A05", ["A14", "A02"], "A14"), ("nessuno", [], "nessuno")]
)
def test_that_somebody_without_a_class_is_refused(formed, leaving: str, transfers: list[str], named: str) -> None:
    case, placed, one = formed
    with use_language("en"), pytest.raises(InputError, match=f"have no class: {named}"):
        succeed(case, placed, leaving, one, WAITING, transfers)


@pytest.mark.parametrize("asking", ["A05", "A01"])
def test_that_nobody_asks_for_a_place_in_their_own_class(formed, asking: str) -> None:
    case, placed, one = formed
    with use_language("en"), pytest.raises(InputError, match=f"in this class already: {asking}"):
        succeed(case, placed, "A05", one, WAITING, [asking])


def test_that_a_class_says_what_it_holds(formed) -> None:
    case, placed, _one = formed
    state = class_state(case, placed, "1a")
    assert (state.class_id, state.size, state.most, dict(state.groups)) == ("1A", 6, 6, {"disabilita": 1})


def test_that_a_change_of_class_is_weighed_before_it_is_made(formed) -> None:
    case, placed, _one = formed
    before, after = after_moving(case, {p: c for p, c in placed.items() if p != "A05"}, "A02", "1A")
    assert (before.size, after.size, after.broken) == (5, 6, ())
    full = after_moving(case, placed, "A02", "1A")[1]
    assert full.size == 7 and len(full.broken) == 1
    assert LIMIT in after_moving(case, {p: c for p, c in placed.items() if p != "A05"}, "A07", "1A")[1].broken


def test_that_a_rule_broken_already_is_not_held_against_the_change(formed) -> None:
    case, placed, _one = formed
    crowded = {**placed, "A13": "1A"}
    assert LIMIT in broken_rules(case, crowded)
    assert LIMIT not in after_moving(case, crowded, "A01", "1B")[1].broken


@pytest.mark.parametrize(("pupil", "class_id"), [("A13", "1A"), ("A02", "9Z"), ("nessuno", "1A")])
def test_that_a_change_of_nobody_or_to_nowhere_is_refused(formed, pupil: str, class_id: str) -> None:
    case, placed, _one = formed
    with use_language("en"), pytest.raises(InputError, match=f"“{pupil}” is not a pupil with a class, or “{class_id}”"):
        after_moving(case, placed, pupil, class_id)


def test_that_a_change_to_the_same_class_is_no_change(formed) -> None:
    case, placed, _one = formed
    with use_language("en"), pytest.raises(InputError, match="in this class already: A02"):
        after_moving(case, placed, "A02", "1b")


def test_that_a_small_class_refuses_nobody(tmp_path: Path) -> None:
    case = write_school(tmp_path / "scuola")
    rules = case / "regolamento.toml"
    least = '\n[[criteria]]\nrule = "class_size"\nname = "Numero"\nmin = 5\nhard = true\n'
    least += (
        '\n[[criteria]]\nrule = "size_with_group"\nof = { disabilita = ["comma3"] }\nname = "Con sostegno"\n'
        "limit = 4\nhard = true\n"
    )
    rules.write_text(rules.read_text(encoding="utf-8") + least, encoding="utf-8")
    read = Case.read(case)
    assert broken_rules(read, {"A01": "1A", "A02": "1B", "A03": "1A"}) == ()
    assert broken_rules(read, dict.fromkeys(["A01", "A02", "A03", "A04", "A05"], "1A")) == ("Con sostegno",)


def test_that_ties_between_pupils_count_as_rules(tmp_path: Path) -> None:
    case = write_school(tmp_path / "scuola")
    write_table(case / "legami.csv", [{"da": "A14", "a": "A01", "tipo": "separati"}])
    rules = case / "regolamento.toml"
    apart = '\n[[criteria]]\nrule = "apart"\nname = "Separati"\nties = ["separati"]\nhard = true\n'
    rules.write_text(rules.read_text(encoding="utf-8") + apart, encoding="utf-8")
    give_places(case, tmp_path / "esito")
    read = Case.read(case)
    assert read.regulation.admission is not None
    placed = {row["id"]: row["classe"] for row in read_table(tmp_path / "esito" / "assegnazioni.csv")}
    done = succeed(read, placed, "A05", read.regulation.admission.rounds[0], WAITING)
    assert (done.successor, done.skipped[1]) == ("A15", Skipped("A14", "Separati"))
