"""Tests that whole admissions give what the page says, round after round, on schools one can count by hand."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from classi.admissions.admit import Admission, Decisions, Impossible, Unsettled
from classi.admissions.ranking import Given
from classi.admissions.watch import watch_counts
from classi.case import Case
from classi.draw import commit
from classi.errors import InputError
from classi.formation.engine import Clock, Limits
from classi.i18n import use_language
from classi.journal import append
from classi.recount import audit_result
from classi.seating import Seated, give_seats, rankings
from classi.workflow import form, write_result

DAY = date(2026, 6, 1)
SIZES = {"rule": "class_size", "hard": True}
MARK = {"name": "Voto", "by": "number", "column": "voto", "first": "highest"}


def seated(
    pupils: Sequence[Mapping[str, Any]],
    classes: Sequence[Mapping[str, Any]],
    rounds: Sequence[Mapping[str, Any]],
    decisions: Decisions | None = None,
    criteria: Sequence[Mapping[str, Any]] = (SIZES,),
    **admission: Any,
) -> Seated:
    regulation = {"criteria": list(criteria), "admission": {"rounds": list(rounds), **admission}}
    case = Case.from_frames(pd.DataFrame(pupils), pd.DataFrame(classes), regulation=regulation)
    found = give_seats(case, Clock(Limits()), decisions or Decisions())
    assert found is not None
    return found


def got(found: Seated, n: int = 0) -> dict[str, str]:
    result = found.admission.rounds[n]
    ids = [p.id for p in found.case.school.pupils]
    return {ids[p]: " / ".join(result.options[o]) for p, (o, _how) in sorted(result.seats.got.items())}


def waiting(found: Seated, n: int = 0) -> list[str]:
    return [found.case.school.pupils[p].id for p in found.admission.rounds[n].waiting]


PLESSO = {"name": "Plesso", "seats": ["plesso"], "steps": [MARK]}
TWO = [{"id": "1A", "plesso": "Nord", "max": 1}, {"id": "1B", "plesso": "Sud", "max": 1}]


def asking(*rows: tuple[str, int, str, str]) -> list[dict[str, Any]]:
    return [{"id": i, "voto": m, "plesso_1": a or None, "plesso_2": b or None} for i, m, a, b in rows]


def test_that_one_ranking_is_scanned_and_the_rest_waits() -> None:
    found = seated(asking(("a", 5, "Nord", ""), ("b", 9, "Nord", "Sud"), ("c", 7, "Nord", "Sud")), TWO, [PLESSO])
    assert got(found) == {"b": "Nord", "c": "Sud"}
    assert waiting(found) == ["a"]
    assert [p.id for p in found.inside.school.pupils] == ["b", "c"]


def test_that_redirection_takes_what_nobody_ranked_asked_for_the_nearest_first() -> None:
    classes = [*TWO, {"id": "1C", "plesso": "Est", "max": 1}]
    pupils = [
        {"id": "a", "voto": 9, "plesso_1": "Nord", "distanza_nord": 1, "distanza_sud": 5, "distanza_est": 2},
        {"id": "b", "voto": 8, "plesso_1": "Nord", "distanza_nord": 1, "distanza_sud": 5, "distanza_est": 2},
        {"id": "c", "voto": 7, "plesso_1": "Nord", "distanza_nord": 1, "distanza_sud": None, "distanza_est": 2},
    ]
    found = seated(pupils, classes, [{**PLESSO, "unplaced": "redirect", "redirect_by": "distanza_{plesso}"}])
    assert got(found) == {"a": "Nord", "b": "Est", "c": "Sud"}
    plain = seated(pupils, classes, [{**PLESSO, "unplaced": "redirect"}])
    assert got(plain) == {"a": "Nord", "b": "Sud", "c": "Est"}


def test_that_own_rankings_hold_those_who_ask_and_the_waiting_list_goes_by_first_choices() -> None:
    points = [{"name": "Vicino", "when": {"vicino": {"has": "{plesso}"}}, "points": 5}]
    each = {"name": "Plesso", "seats": ["plesso"], "ranking": "each", "points": points}
    each["steps"] = [{"name": "Punti", "by": "points"}, MARK]
    pupils = [
        {"id": "a", "voto": 9, "plesso_1": "Nord", "plesso_2": "Sud", "vicino": "Sud"},
        {"id": "b", "voto": 1, "plesso_1": "Sud", "plesso_2": "Nord", "vicino": "Nord"},
        {"id": "c", "voto": 5, "plesso_1": "Nord", "plesso_2": None, "vicino": None},
        {"id": "d", "voto": 0, "plesso_1": None, "plesso_2": None, "vicino": None},
        {"id": "e", "voto": 6, "plesso_1": "Ovest", "plesso_2": None, "vicino": None},
    ]
    # Nord ranks b before a, Sud a before b: both get their first choice, and c, d, e wait.
    found = seated(pupils, [*TWO, {"id": "1D", "plesso": "Ovest", "max": 0}], [each])
    assert got(found) == {"a": "Nord", "b": "Sud"}
    assert waiting(found) == ["e", "c", "d"]
    ranked = {
        r.option: {found.case.school.pupils[s.pupil].id for s in r.standings}
        for r in found.admission.rounds[0].rankings
    }
    assert ranked == {("Nord",): {"a", "b", "c", "d"}, ("Sud",): {"a", "b", "d"}, ("Ovest",): {"d", "e"}}


def test_that_a_seat_of_one_round_binds_the_next_and_its_holder_is_never_left_out() -> None:
    course = {"name": "Musica", "seats": ["strumento"], "places": {"violino": 1}, "steps": [MARK]}
    course |= {"opens": {"indirizzo": "musicale"}, "closes": True, "unplaced": "stay"}
    classes = [
        {"id": "1A", "plesso": "Nord", "indirizzo": "musicale", "max": 2},
        {"id": "1B", "plesso": "Sud", "indirizzo": "ordinario", "max": 2},
        {"id": "1C", "plesso": "Nord", "indirizzo": "ordinario", "max": 1},
    ]
    pupils = [
        {"id": "a", "voto": 1, "strumento_1": "violino", "plesso_1": "Sud"},
        {"id": "b", "voto": 9, "strumento_1": None, "plesso_1": "Nord"},
        {"id": "c", "voto": 8, "strumento_1": None, "plesso_1": "Nord"},
    ]
    course["of"] = {"strumento_1": {"known": True}}
    found = seated(pupils, classes, [course, PLESSO])
    # The course puts a into 1A, in Nord, which others may not enter: c finds 1C taken by b and waits.
    assert got(found) == {"a": "violino"}
    assert got(found, 1) == {"b": "Nord"}
    assert waiting(found, 1) == ["c"]
    placed = {p.id: sorted(found.inside.school.open_to(n)) for n, p in enumerate(found.inside.school.pupils)}
    assert placed == {"a": [0], "b": [2]}


def test_that_instruments_that_are_no_classes_only_have_their_places() -> None:
    course = {"name": "Strumento", "seats": ["strumento"], "places": {"arpa": 1, "oboe": 1}, "steps": [MARK]}
    pupils = [{"id": i, "voto": v, "strumento_1": "arpa", "strumento_2": "oboe"} for i, v in (("a", 5), ("b", 7))]
    ties = pd.DataFrame([("a", "b", "separati")], columns=["da", "a", "tipo"])
    rules = {"criteria": [{"rule": "apart", "hard": True}], "admission": {"rounds": [{**course, "unplaced": "stay"}]}}
    case = Case.from_frames(pd.DataFrame(pupils), pd.DataFrame([{"id": "1A"}, {"id": "1B"}]), ties, rules)
    found = give_seats(case, Clock(Limits()))
    assert found is not None
    assert got(found) == {"a": "oboe", "b": "arpa"}
    assert found.admission.open == (frozenset({0, 1}), frozenset({0, 1}))


def test_that_watched_limits_are_counted_and_refuse_nobody() -> None:
    watch = [
        {
            "name": "Cinque per cento",
            "of": {"disabilita": "comma1"},
            "percent": 5,
            "population": 40,
            "why": "contestato",
        },
        {"name": "Di questi", "of": {"disabilita": "comma1"}, "percent": 34, "why": ""},
        {"name": "Tre", "of": {"disabilita": "comma1"}, "limit": 3},
    ]
    pupils = [
        {**row, "disabilita": "comma1"}
        for row in asking(("a", 3, "Nord", ""), ("b", 2, "Sud", ""), ("c", 1, "Sud", ""))
    ]
    found = seated(pupils, TWO, [PLESSO], watch=watch)
    assert got(found) == {"a": "Nord", "b": "Sud"}
    procedure = found.case.regulation.admission
    assert procedure is not None
    counted = watch_counts(found.case.school, procedure)
    assert [(w.found, w.limit, w.over) for w in counted] == [(3, 2, True), (3, 1, True), (3, 3, False)]


def test_that_fixed_classes_and_places_count_as_room() -> None:
    classes = [{"id": "1A", "plesso": "Nord", "max": 2}, {"id": "1B", "plesso": "Sud", "max": 2}]
    pupils = [
        {"id": "a", "voto": 9, "plesso_1": "Nord", "plesso_2": "Sud", "classe_fissa": "1B"},
        {"id": "b", "voto": 8, "plesso_1": "Nord", "plesso_2": "Sud", "classe_fissa": None},
        {"id": "c", "voto": 7, "plesso_1": "Nord", "plesso_2": "Sud", "classe_fissa": None},
    ]
    found = seated(pupils, classes, [{**PLESSO, "places": {"Nord": 1}}])
    assert got(found) == {"a": "Sud", "b": "Nord", "c": "Sud"}
    why = {(r.pupil, r.option): (r.why, r.rules) for r in found.admission.rounds[0].seats.refusals}
    assert why == {(0, 0): ("rule", ()), (2, 0): ("full", ())}


def test_that_a_seat_by_decision_is_kept_from_the_beginning_in_whatever_round() -> None:
    late = [{**PLESSO, "of": {"estate": False}}, {**PLESSO, "name": "Estate", "of": {"estate": True}}]
    pupils = [{**row, "estate": row["id"] == "z"} for row in asking(("a", 9, "Nord", ""), ("z", 1, "Sud", ""))]
    free = seated(pupils, TWO, late)
    assert (got(free), got(free, 1)) == ({"a": "Nord"}, {"z": "Sud"})
    kept = seated(pupils, TWO, late, Decisions(seats=[("Estate", "z", {"plesso": "Nord"})]))
    assert (got(kept), got(kept, 1), waiting(kept)) == ({}, {"z": "Nord"}, ["a"])


def test_that_a_seat_granted_to_who_is_not_ranked_or_beyond_the_rules_is_an_error() -> None:
    needs = [{"name": "Patente", "needs": {"patente": True}}]
    pupils = [{**row, "patente": row["id"] != "b"} for row in asking(("a", 9, "Nord", ""), ("b", 8, "Nord", ""))]
    granted = Decisions(seats=[("Plesso", "b", {"plesso": "Nord"})])
    with use_language("en"), pytest.raises(InputError, match="not in this ranking"):
        seated(pupils, TWO, [PLESSO], granted, requirements=needs)
    both = Decisions(seats=[("Plesso", i, {"plesso": "Nord"}) for i in "ab"])
    with use_language("en"), pytest.raises(Impossible, match="granted by decision"):
        seated(asking(("a", 9, "Nord", ""), ("b", 8, "Nord", "")), TWO, [PLESSO], both)


def test_that_hard_rules_without_any_formation_are_said_before_anybody_is_seated() -> None:
    classes = [{"id": "1A", "plesso": "Nord", "min": 2, "max": 3}, {"id": "1B", "plesso": "Sud", "min": 2, "max": 3}]
    with use_language("en"), pytest.raises(Impossible, match="whoever gets the seats"):
        seated(asking(("a", 9, "Nord", ""), ("b", 8, "Sud", "")), classes, [PLESSO])


def test_that_ties_must_be_drawn_and_the_draw_decides() -> None:
    pupils = asking(("a", 7, "Nord", ""), ("b", 7, "Nord", ""))
    with pytest.raises(Unsettled) as error:
        seated(pupils, TWO, [PLESSO])
    assert error.value.ties == [["a", "b"]]
    assert got(seated(pupils, TWO, [PLESSO], Decisions(drawn={"Plesso": {"b": 1, "a": 2}}))) == {"b": "Nord"}


def test_that_a_long_list_of_ties_is_cut_in_the_message_only() -> None:
    pupils = asking(*((f"alunno{n:03}", 7, "Nord", "") for n in range(60)))
    with pytest.raises(Unsettled) as error:
        seated(pupils, TWO, [PLESSO])
    assert len(error.value.ties[0]) == 60
    assert str(error.value).endswith("…")


def test_that_excluded_and_not_admissible_ones_are_said_in_every_round_and_get_nothing() -> None:
    rounds = [PLESSO, {**PLESSO, "name": "Ancora"}]
    given = Decisions(given=Given(excluded={"a": "dichiarazione falsa"}))
    found = seated(asking(("a", 9, "Nord", ""), ("b", 1, "Nord", "")), TWO, rounds, given)
    assert [[r.pupil for r in result.rankings[0].refused] for result in found.admission.rounds] == [[0], [0]]
    assert (got(found), waiting(found)) == ({"b": "Nord"}, [])


def test_that_everybody_keeps_a_place_in_the_institute_where_all_can_have_one() -> None:
    # Sud must have two pupils: the last two in the ranking are sent there although Nord would have had room for one.
    classes = [{"id": "1A", "plesso": "Nord", "min": 0, "max": 3}, {"id": "1B", "plesso": "Sud", "min": 2, "max": 3}]
    pupils = asking(*((name, 9 - n, "Nord", "") for n, name in enumerate("abcd")))
    found = seated(pupils, classes, [{**PLESSO, "unplaced": "redirect"}])
    assert got(found) == {"a": "Nord", "b": "Nord", "c": "Sud", "d": "Sud"}
    refusals = {(r.pupil, r.why, r.rules) for r in found.admission.rounds[0].seats.refusals}
    assert refusals == {(2, "formation", (0,)), (3, "formation", (0,))}


def test_that_a_share_of_the_class_is_left_to_the_solver() -> None:
    share = {"rule": "at_most_share", "of": {"nai": True}, "percent": 50, "hard": True}
    pupils = [
        {**row, "nai": row["id"] in "ab"}
        for row in asking(("a", 9, "Nord", ""), ("b", 8, "Nord", ""), ("c", 7, "Nord", ""))
    ]
    found = seated(pupils, [{"id": "1A", "plesso": "Nord", "max": 2}], [PLESSO], criteria=[SIZES, share])
    assert got(found) == {"a": "Nord", "c": "Nord"}
    refusals = [(r.pupil, r.why, r.rules) for r in found.admission.rounds[0].seats.refusals]
    assert refusals == [(1, "formation", (1,))]


def test_that_all_rankings_can_be_had_before_any_seat() -> None:
    found = seated(asking(("a", 9, "Nord", ""), ("b", 8, "Nord", "")), TWO, [PLESSO])
    (ranking,) = rankings(found.case, Decisions())["Plesso"]
    assert [s.position for s in ranking.standings] == [1, 2]


def test_that_who_is_out_fills_no_class() -> None:
    # Sud must have two pupils; x is not admissible, so the third asks for Nord in vain.
    needs = [{"name": "Patente", "needs": {"patente": True}}]
    classes = [{"id": "1A", "plesso": "Nord", "min": 2, "max": 3}, {"id": "1B", "plesso": "Sud", "min": 2, "max": 3}]
    rows = asking(
        ("a", 9, "Nord", ""), ("b", 8, "Nord", ""), ("c", 7, "Nord", ""), ("d", 6, "Sud", ""), ("x", 5, "Sud", "")
    )
    pupils = [{**row, "patente": row["id"] != "x"} for row in rows]
    found = seated(pupils, classes, [{**PLESSO, "unplaced": "redirect"}], requirements=needs)
    assert got(found) == {"a": "Nord", "b": "Nord", "c": "Sud", "d": "Sud"}


def test_that_who_stays_without_a_seat_is_not_left_out_for_it() -> None:
    course = {"name": "Musica", "seats": ["indirizzo"], "unplaced": "stay", "steps": [MARK]}
    limit = {"rule": "at_most_per_class", "of": {"disabilita": "comma1"}, "limit": 1, "hard": True}
    classes = [
        {"id": "1M", "plesso": "Nord", "indirizzo": "musicale", "min": 0, "max": 3},
        {"id": "1A", "plesso": "Nord", "indirizzo": "ordinario", "min": 1, "max": 3},
    ]
    pupils = [
        {
            "id": "a",
            "voto": 9,
            "indirizzo_1": "musicale",
            "indirizzo_2": None,
            "plesso_1": "Nord",
            "disabilita": "comma1",
        },
        {
            "id": "b",
            "voto": 8,
            "indirizzo_1": "musicale",
            "indirizzo_2": None,
            "plesso_1": "Nord",
            "disabilita": "comma1",
        },
        {
            "id": "c",
            "voto": 7,
            "indirizzo_1": "musicale",
            "indirizzo_2": "ordinario",
            "plesso_1": "Nord",
            "disabilita": "no",
        },
    ]
    found = seated(pupils, classes, [course, PLESSO], criteria=[SIZES, limit])
    assert got(found) == {"a": "musicale", "c": "musicale"}
    assert got(found, 1) == {"a": "Nord", "b": "Nord", "c": "Nord"}


def test_that_the_ranking_alone_decides_where_not_everybody_can_be_in() -> None:
    rounds = [
        {**PLESSO, "unplaced": "redirect"},
        {"name": "Tempo", "seats": ["tempo_scuola"], "of": {"tempo_scuola_1": "pieno"}, "steps": [MARK]},
    ]
    pupils = [
        {"id": "a", "voto": 9, "plesso_1": "Nord", "tempo_scuola_1": "pieno"},
        {"id": "b", "voto": 8, "plesso_1": "Nord", "tempo_scuola_1": None},
    ]
    found = seated(pupils, [{"id": "1A", "plesso": "Nord", "tempo_scuola": "pieno", "max": 1}], rounds)
    assert (got(found), got(found, 1)) == ({"a": "Nord"}, {"a": "pieno"})


def test_that_nobody_sits_in_a_class_without_one_of_its_places() -> None:
    found = seated(
        asking(("a", 9, "Nord", ""), ("b", 8, "Nord", ""), ("c", 7, "Nord", "")),
        [{"id": "1A", "plesso": "Nord", "max": 3}],
        [{**PLESSO, "unplaced": "redirect", "places": {"Nord": 2}}],
    )
    assert (got(found), waiting(found)) == ({"a": "Nord", "b": "Nord"}, ["c"])
    assert len(found.inside.school.pupils) == 2


def test_that_an_application_with_the_time_of_day_is_late_like_any_other() -> None:
    late_last = {"name": "Nei termini", "by": "precedence", "of": {"fuori_termine": False}}
    pupils = [
        {**row, "data_domanda": day}
        for row, day in zip(
            asking(("a", 9, "Nord", ""), ("b", 1, "Nord", "")), ("20/2/2026 09:15", "9/2/2026 18.30"), strict=True
        )
    ]
    found = seated(pupils, TWO, [{**PLESSO, "steps": [late_last, MARK]}], deadline=date(2026, 2, 10))
    assert got(found) == {"b": "Nord"}
    counted = found.case.ledger({}).pupils  # the auditor reads the cells by itself
    assert [row["data_domanda"] for row in counted] == [date(2026, 2, 20), date(2026, 2, 9)]


def test_that_nothing_is_done_without_a_procedure() -> None:
    case = Case.from_frames(pd.DataFrame([{"id": "a"}]), pd.DataFrame([{"id": "1A"}]))
    assert give_seats(case, Clock(Limits())) is None
    assert isinstance(seated(asking(("a", 1, "Nord", "")), TWO, [PLESSO]).admission, Admission)


def test_that_a_request_that_nothing_answers_is_an_error_and_no_waiting_list() -> None:
    course = {"name": "Musica", "seats": ["strumento"], "places": {"violino": 1}, "steps": [MARK], "unplaced": "stay"}
    with use_language("en"), pytest.raises(InputError, match="nothing this round gives") as error:
        seated([{"id": "a", "voto": 9, "strumento_1": "violin"}], [{"id": "1A"}], [course], criteria=())
    assert "violino" in str(error.value)


def test_that_who_does_not_take_part_never_fills_a_closed_class() -> None:
    course = {"name": "Musica", "seats": ["strumento"], "places": {"violino": 2}, "steps": [MARK], "unplaced": "stay"}
    course |= {"opens": {"indirizzo": "musicale"}, "closes": True, "of": {"strumento_1": {"known": True}}}
    classes = [
        {"id": "1M", "plesso": "Nord", "indirizzo": "musicale", "min": 2, "max": 2},
        {"id": "1A", "plesso": "Nord", "indirizzo": "ordinario", "min": 0, "max": 2},
    ]
    pupils = [
        {"id": "a", "voto": 9, "strumento_1": "violino"},
        {"id": "b", "voto": 8, "strumento_1": "violino"},
        {"id": "c", "voto": 7, "strumento_1": None},
    ]
    found = seated(pupils, classes, [course])
    assert got(found) == {"a": "violino", "b": "violino"}
    assert found.admission.open == (frozenset({0}), frozenset({0}), frozenset({1}))


def test_that_rounds_for_some_decisions_for_others_and_draws_without_numbers_are_audited(tmp_path: Path) -> None:
    folder = tmp_path / "scuola"
    folder.mkdir()
    rules = """
    [[criteria]]
    rule = "class_size"
    hard = true
    [[admission.rounds]]
    name = "Primo"
    seats = ["plesso"]
    any_of = [{ estate = false }, { estate = { known = false } }]
    steps = [{ name = "Voto", by = "number", column = "voto", first = "highest" }]
    [[admission.rounds]]
    name = "Estate"
    seats = ["plesso"]
    of = { estate = true }
    steps = [{ name = "Voto", by = "number", column = "voto", first = "highest" }]
    """
    (folder / "regolamento.toml").write_text(textwrap.dedent(rules), encoding="utf-8")
    (folder / "alunni.csv").write_text(
        "id;voto;estate;plesso_1\na;9;no;Nord\nb;8;sì;Sud\nc;7;;Nord\n", encoding="utf-8"
    )
    (folder / "classi.csv").write_text("id;plesso;max\n1A;Nord;2\n1B;Sud;1\n", encoding="utf-8")
    append(folder, "ammissione_ds", who="DS", why="urgenza", when=DAY, id="b", round="Estate", option={"plesso": "Sud"})
    commit(folder / "sorteggi", "primo", ["a", "c"], source="Lotto", source_date=date(2026, 6, 20), who="DS", when=DAY)
    write_result(form(Case.read(folder), workers=1), tmp_path / "classi")
    recount = audit_result(folder, tmp_path / "classi")
    assert recount.confirmed
    admission = recount.audit.admission
    assert admission is not None
    assert (admission.checked["seats"], admission.unshown) == (3, ())
