"""Tests that the auditor counts admissions on its own: rankings, seats, and that nobody was passed over."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest

from classi.audit.admission import AdmissionAudit, Standing, audit_admission, standings
from classi.audit.admission.facts import Facts
from classi.audit.admission.offers import Offer
from classi.audit.admission.proof import could_sit, no_room, open_classes, single
from classi.audit.admission.room import EVERYBODY, Room, Tally
from classi.criteria.base import registry
from classi.errors import InputError
from classi.i18n import use_language
from classi.ledger import Ledger
from classi.procedure import Procedure
from classi.regulation import Regulation

Rows = Sequence[Mapping[str, Any]]
Files = dict[str, list[dict[str, str]]]

COLUMNS = {
    "graduatorie": "giro;opzione;posizione;id;punti;titoli;precedenze;spareggio;stato;fuori_termine;esito;posto;motivi",
    "lista_attesa": "giro;posizione;id;motivo",
    "rifiuti": "giro;id;opzione;motivo;regole",
    "assegnazioni": "id;classe",
}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


def procedure(*rounds: Mapping[str, Any], **rest: Any) -> Procedure:
    return Procedure.model_validate(
        {"year": 2026, "rounds": [{"name": "Plesso", "seats": ["plesso"], **r} for r in rounds], **rest}
    )


def ranked(pupils: Rows, round_: Mapping[str, Any], *, classes: Rows = (), **more: Any) -> list[Standing]:
    """Rank one round; `more` may hold given, excluded, drawn and option, the rest belongs to the procedure."""
    given, excluded = more.pop("given", {}), more.pop("excluded", ())
    drawn, option = more.pop("drawn", None), more.pop("option", None)
    made = procedure(round_, **more)
    offered = classes or [{"id": "S1", "plesso": "Centro"}, {"id": "S2", "plesso": "Via Po"}]
    return standings(Ledger(pupils, offered), made, made.rounds[0], given, excluded, drawn, option)


def order(found: Sequence[Standing]) -> list[tuple[str, int | None]]:
    return [(standing.id, standing.position) for standing in found]


def meets(row: Mapping[str, Any], facts: Mapping[str, Any], plesso: str | None = None, **rest: Any) -> bool:
    ledger = Ledger([{"id": "a", **row}], [])
    option = None if plesso is None else (("plesso", plesso),)
    return Facts(ledger, procedure(**rest)).meets(ledger.pupils[0], facts, option)


# --- facts ---


@pytest.mark.parametrize(
    ("cell", "test", "wanted"),
    [
        ("Centro, Via Po", {"has": "centro"}, True),
        ("Centro,", {"has_other": "Centro"}, False),
        ("Centro, Via Po", {"has_other": "Centro"}, True),
        (None, {"has_other": "Centro"}, False),
        (12, {"has": "12"}, True),
        (None, {"known": False}, True),
        ("b", ["a", "b"], True),
        (6, {"min": 6}, True),
        (5, {"min": 6}, False),
        ("a", {"in": ["b", "{plesso}"]}, False),
        ("Via  po", "{plesso}", True),
        ("Centro, via po", {"has": "{plesso}"}, True),
    ],
)
def test_that_a_fact_is_met_by_the_cells_the_page_says(cell: Any, test: Any, wanted: bool) -> None:
    assert meets({"x": cell}, {"x": test}, "Via Po") is wanted


def test_that_a_fact_about_the_seat_is_not_met_without_one() -> None:
    assert not meets({"x": "Centro"}, {"x": {"not": "{plesso}"}})
    assert not meets({"x": "Centro"}, {"x": ["{plesso}", "Centro"]})
    assert not meets({"distanza_centro": 1}, {"distanza_{plesso}": {"max": 1}})
    assert not meets({"x": "Centro"}, {"x": "{tempo_scuola}"}, "Centro")
    assert meets({"x": "Centro"}, {"x": {"not": "{plesso}"}}, "Nord")


def test_that_the_seat_is_written_as_in_names_of_columns() -> None:
    near = {"distanza_{plesso}": {"max": 1}}
    assert meets({"distanza_via_po": 1, "distanza_centro": 3}, near, "Via Pò")
    assert not meets({"distanza_via_po": 1, "distanza_centro": 3}, near, "Centro")


@pytest.mark.parametrize(
    ("born", "december", "april"),
    [
        (date(2020, 12, 31), 6, 6),
        (date(2021, 1, 1), 5, 6),
        (date(2021, 4, 30), 5, 6),
        (date(2021, 5, 1), 5, 5),
        (None, None, None),
    ],
)
def test_that_ages_are_completed_on_the_day(born: date | None, december: int | None, april: int | None) -> None:
    facts = Facts(Ledger([{"id": "a", "data_nascita": born}], []), procedure())
    row = {"data_nascita": born}
    assert (facts.cell(row, "eta_31_dicembre"), facts.cell(row, "eta_30_aprile")) == (december, april)
    assert Facts(Ledger([row | {"id": "a"}], []), Procedure()).cell(row, "eta_30_aprile") is None


@pytest.mark.parametrize(
    ("row", "late"),
    [
        ({"data_domanda": date(2026, 2, 11)}, True),
        ({"data_domanda": date(2026, 2, 10)}, False),
        ({"data_domanda": None}, False),
        ({"data_domanda": date(2026, 2, 11), "fuori_termine": False}, False),
        ({"fuori_termine": True}, True),
        ({"fuori_termine": None}, False),
    ],
)
def test_that_an_application_is_late_as_the_file_or_the_day_says(row: Mapping[str, Any], late: bool) -> None:
    assert meets(row, {"fuori_termine": True}, deadline=date(2026, 2, 10)) is late
    (standing,) = ranked([{"id": "a", **row}], {}, deadline=date(2026, 2, 10))
    assert standing.late is late


# --- points ---

TITLES = [
    {"name": "Residente", "when": {"residente": True}, "points": 5, "group": "residenza"},
    {"name": "Domiciliato", "when": {"domiciliato": True}, "points": 5, "group": "residenza"},
    {"name": "Fratelli", "when": {"fratelli": {"has": "{plesso}"}}, "points": 2, "each": True},
    {"name": "Nido", "when": {"nido": True}, "points": 1},
]


def one(row: Mapping[str, Any], **more: Any) -> Standing:
    round_ = {"points": more.pop("points", TITLES), **more.pop("round_", {})}
    (standing,) = ranked([{"id": "a", "plesso_1": "Centro", **row}], round_, **more)
    return standing


def test_that_titles_add_up_once_a_group_and_once_a_listed_value() -> None:
    standing = one({"residente": True, "domiciliato": True, "fratelli": "Centro, Via Po, Centro", "nido": True})
    assert standing.lines == (("Residente", 5), ("Fratelli", 4), ("Nido", 1))
    assert standing.points == 10
    assert one({"residente": None, "nido": False}).lines == ()


def test_that_only_the_best_title_counts_where_the_round_says_so() -> None:
    standing = one({"residente": True, "domiciliato": True, "nido": True}, round_={"titles": "best"})
    assert standing.lines == (("Residente", 5),)
    assert one({}, round_={"titles": "best"}).points == 0


def test_that_a_late_application_may_have_no_points() -> None:
    late = {"nido": True, "fuori_termine": True}
    assert one(late, round_={"late_points": False}).points == 0
    assert one(late).points == 1
    assert one({"nido": True, "fuori_termine": False}, round_={"late_points": False}).points == 1


@pytest.mark.parametrize(("most", "given", "points"), [(3, 2, 2), (3, 5, 3), (0, 5, 5), (3, 0, 0)])
def test_that_points_by_decision_are_capped_where_the_title_has_points(most: int, given: int, points: int) -> None:
    titles = [{"name": "Disagio", "points": most, "by_decision": True}]
    assert one({}, points=titles, given={"a": {"Disagio": given, "Nido": 9}}).points == points
    asked = [{**titles[0], "when": {"nido": True}}]
    assert one({"nido": False}, points=asked, given={"a": {"Disagio": given}}).points == 0


# --- order ---

PRECEDENCE = {"name": "Residenti", "by": "precedence", "of": {"residente": True}}


def test_that_the_first_step_that_differs_decides() -> None:
    steps = [PRECEDENCE, {"name": "Punti", "by": "points"}]
    pupils = [
        {"id": "a", "residente": False, "nido": True},
        {"id": "b", "residente": True, "nido": False},
        {"id": "c", "residente": True, "nido": True},
    ]
    found = ranked(pupils, {"steps": steps, "points": [TITLES[3]]})
    assert order(found) == [("c", 1), ("b", 2), ("a", 3)]
    assert [standing.precedences for standing in found] == [("Residenti",), ("Residenti",), ()]


def test_that_the_first_group_met_counts() -> None:
    steps = [{"name": "Lista", "by": "groups", "groups": [{"x": 1}, {"y": 1}]}]
    pupils = [{"id": "a"}, {"id": "b", "y": 1}, {"id": "c", "x": 1, "y": 1}]
    found = ranked(pupils, {"steps": steps})
    assert order(found) == [("c", 1), ("b", 2), ("a", 3)]
    assert [standing.precedences for standing in found] == [("Lista (1)",), ("Lista (2)",), ()]


@pytest.mark.parametrize(("first", "ids"), [("lowest", "bacde"), ("highest", "cabde")])
def test_that_numbers_not_known_come_last_and_those_not_compared_after_them(first: str, ids: str) -> None:
    steps = [{"name": "N", "by": "number", "column": "n", "of": {"in": True}, "first": first}]
    pupils = [
        {"id": "a", "n": Decimal("1.5"), "in": True},
        {"id": "b", "n": 1, "in": True},
        {"id": "c", "n": 2, "in": True},
        {"id": "d", "n": None, "in": True},
        {"id": "e", "n": 0, "in": False},
    ]
    assert "".join(s.id for s in ranked(pupils, {"steps": steps})) == ids


def test_that_dates_are_compared_and_texts_are_not() -> None:
    steps = [{"name": "N", "by": "number", "column": "n"}]
    pupils = [
        {"id": "a", "n": "x"},
        {"id": "b", "n": date(2026, 2, 2)},
        {"id": "c", "n": date(2026, 1, 3)},
        {"id": "d", "n": True},
    ]
    assert order(ranked(pupils, {"steps": steps})) == [("c", 1), ("b", 2), ("a", 3), ("d", 3)]


def test_that_means_are_exact_and_leave_out_what_they_should() -> None:
    steps = [{"name": "Media", "by": "number", "mean_of": ["voto_*"], "but": ["voto_comp*"], "first": "highest"}]
    pupils = [
        {"id": "a", "voto_a": 7, "voto_b": 8, "voto_c": 8, "voto_comportamento": 10},
        {"id": "b", "voto_a": 8, "voto_b": None, "voto_c": Decimal("7.4"), "voto_comportamento": 5},
        {"id": "c", "voto_comportamento": 10},
    ]
    assert order(ranked(pupils, {"steps": steps})) == [("b", 1), ("a", 2), ("c", 3)]
    assert Fraction(77, 10) > Fraction(23, 3)


def test_that_other_marks_stand_in_where_none_is_known_and_those_of_religion_never_count() -> None:
    marks = {"mean_of": ["voto_*"], "but": ["*_x"], "otherwise_mean_of": ["terza_*"]}
    pupils = [
        {"id": "a", "voto_a": 6, "terza_a": 10, "voto_religione": 10},
        {"id": "b", "voto_a": None, "terza_a": 7, "terza_x": 1, "terza_religione": 1},
        {"id": "c", "voto_religione": 9},
    ]
    found = ranked(pupils, {"steps": [{"name": "M", "by": "number", "first": "highest", **marks}]})
    assert order(found) == [("b", 1), ("a", 2), ("c", 3)]


def test_that_a_precedence_may_be_met_in_several_ways() -> None:
    pupils = [{"id": "a"}, {"id": "b", "x": 1}, {"id": "c", "y": 1}]
    found = ranked(pupils, {"steps": [{"name": "Uno dei due", "by": "precedence", "any_of": [{"x": 1}, {"y": 1}]}]})
    assert order(found) == [("b", 1), ("c", 1), ("a", 3)]
    assert [standing.precedences for standing in found] == [("Uno dei due",), ("Uno dei due",), ()]


def test_that_distances_are_compared_with_the_nearest_other_site_of_the_same_time() -> None:
    steps = [{"name": "D", "by": "number", "column": "distanza_{plesso}", "against_others": True}]
    classes = [
        {"id": "S1", "plesso": "Centro", "tempo_scuola": "modulo"},
        {"id": "S2", "plesso": "Nord", "tempo_scuola": "modulo"},
        {"id": "S3", "plesso": "Sud", "tempo_scuola": "tempo pieno"},
        {"id": "S4", "plesso": "Nord", "tempo_scuola": None},
        {"id": "S5", "plesso": None, "tempo_scuola": "modulo"},
    ]
    far = {"distanza_centro": 3, "distanza_nord": 2, "distanza_sud": 1, "plesso_1": "Centro"}
    pupils = [
        {"id": "a", **far, "tempo_scuola_1": "modulo"},  # 3 - 2
        {"id": "b", **far, "tempo_scuola_1": None, "tempo_scuola_2": None},  # 3 - 1
        {"id": "c", **far, "distanza_nord": None, "tempo_scuola_1": "modulo"},  # 3
        {"id": "d", **far, "distanza_centro": None, "tempo_scuola_1": "modulo"},
        {"id": "e", **far, "plesso_1": None},
    ]
    assert order(ranked(pupils, {"steps": steps}, classes=classes)) == [
        ("a", 1),
        ("b", 2),
        ("c", 3),
        ("d", 4),
        ("e", 4),
    ]


def test_that_who_asks_for_the_option_fewest_ask_for_comes_first() -> None:
    steps = [{"name": "F", "by": "least_requested"}]
    pupils = [
        {"id": "a", "plesso_1": "Centro"},
        {"id": "b", "plesso_1": "centro"},
        {"id": "c", "plesso_1": "Via Po"},
        {"id": "d", "plesso_1": None},
        {"id": "e", "plesso_1": "Via Po", "x": 1},
    ]
    found = ranked(pupils, {"steps": steps, "of": {"x": {"known": False}}})
    assert order(found) == [("c", 1), ("a", 2), ("b", 2), ("d", 4)]


def test_that_a_tie_shares_a_position_until_all_of_it_is_drawn() -> None:
    pupils = [{"id": "c"}, {"id": "a"}, {"id": "b"}]
    steps = {"steps": [{"name": "S", "by": "draw"}]}
    assert order(ranked(pupils, steps)) == [("a", 1), ("b", 1), ("c", 1)]
    assert order(ranked(pupils, steps, drawn={"a": 1, "b": 2})) == [("a", 1), ("b", 1), ("c", 1)]
    drawn = ranked(pupils, steps, drawn={"c": 4, "b": 9, "a": 7, "z": 1})
    assert order(drawn) == [("c", 1), ("a", 2), ("b", 3)]
    assert drawn[0].tied == ("a", "b")


def test_that_requirements_missed_are_all_named_and_exclusions_kept_apart() -> None:
    needs = [
        {"name": "Anni 3", "needs": {"eta_31_dicembre": {"min": 3}}},
        {"name": "Idoneo", "of": {"strumento": {"known": True}}, "needs": {"idoneo": True}},
    ]
    pupils = [
        {"id": "d", "data_nascita": date(2024, 1, 1), "strumento": "flauto", "idoneo": False},
        {"id": "a", "data_nascita": date(2023, 12, 31), "strumento": None, "idoneo": None},
        {"id": "b", "data_nascita": date(2020, 1, 1), "strumento": None, "idoneo": None},
    ]
    found = ranked(pupils, {}, requirements=needs, excluded=["b"])
    assert order(found) == [("a", 1), ("b", None), ("d", None)]
    assert [(s.refused, s.excluded) for s in found] == [((), False), ((), True), (("Anni 3", "Idoneo"), False)]


def test_that_with_a_ranking_for_each_option_the_seat_is_that_option() -> None:
    round_ = {"ranking": "each", "points": [TITLES[2]], "steps": [{"name": "P", "by": "points"}]}
    pupils = [
        {"id": "a", "plesso_1": "Centro", "fratelli": "Centro"},
        {"id": "b", "plesso_1": "Centro", "fratelli": "Via Po"},
    ]
    assert order(ranked(pupils, round_, option=(("plesso", "Via Po"),))) == [("b", 1), ("a", 2)]
    assert order(ranked(pupils, round_, option=(("plesso", "Centro"),))) == [("a", 1), ("b", 2)]


# --- options and wishes ---

CELLS = [
    {"id": "S1", "plesso": "Centro", "tempo_scuola": "pieno"},
    {"id": "S2", "plesso": "Nord", "tempo_scuola": "modulo"},
    {"id": "S3", "plesso": "centro", "tempo_scuola": "modulo"},
    {"id": "S4", "plesso": None, "tempo_scuola": "modulo"},
]


def wished(row: Mapping[str, Any], **round_: Any) -> list[str]:
    ledger = Ledger([{"id": "a", **row}], CELLS)
    offer = Offer(ledger, procedure({"seats": ["plesso", "tempo_scuola"], **round_}).rounds[0])
    return [offer.say(option) for option in offer.wish(ledger.pupils[0]).options]


def test_that_the_first_seat_is_kept_longest_and_what_does_not_exist_is_left_out() -> None:
    row = {"plesso_1": "CENTRO", "plesso_2": "Nord", "tempo_scuola_1": "modulo", "tempo_scuola_2": "pieno"}
    assert wished(row) == ["centro / modulo", "Centro / pieno", "Nord / modulo"]
    assert wished({"plesso_1": "Nord", "plesso_10": "Centro", "plesso_2": None}) == [
        "Nord / modulo",
        "Centro / pieno",
        "centro / modulo",
    ]
    assert wished({"tempo_scuola_1": "modulo"}) == ["centro / modulo", "Nord / modulo"]
    assert wished({}) == ["Centro / pieno", "Nord / modulo", "centro / modulo"]
    assert wished({"plesso_1": "Sud"}) == []
    assert wished({"p": "Nord"}, requests={"plesso": ["p"]}) == ["Nord / modulo"]


def test_that_places_name_the_options_of_what_is_no_column_of_the_classes() -> None:
    ledger = Ledger(
        [{"id": "a", "strumento_1": "Flauto"}], [{"id": "S1", "indirizzo": "musicale"}, {"id": "S2", "indirizzo": ""}]
    )
    round_ = {"seats": ["strumento"], "places": {"violino": 1, "flauto": 2}, "opens": {"indirizzo": "musicale"}}
    offer = Offer(ledger, procedure(round_).rounds[0])
    assert [offer.say(option) for option in offer.options] == ["violino", "flauto"]
    assert offer.classes[offer.options[0]] == {"S1"}
    assert offer.wish(ledger.pupils[0]).first == offer.options[1]
    assert offer.decided({"strumento": "VIOLINO"}) == offer.options[0]
    assert offer.decided({}) is None
    capped = Offer(Ledger([], CELLS), procedure({"places": {"nord": 3, "Sud": 1}}).rounds[0])
    assert {capped.say(option): n for option, n in capped.places.items()} == {"Nord": 3}


# --- whole audits: the files, and what is wrong with them ---


def write(folder: Path, files: Mapping[str, Rows]) -> None:
    for name, columns in COLUMNS.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, columns.split(";"), restval="", delimiter=";", lineterminator="\r\n")
            writer.writeheader()
            writer.writerows(files.get(name, []))


class Case:
    """A case to audit; its files can be changed before."""

    def __init__(self, folder: Path, pupils: Rows, classes: Rows, *rounds: Mapping[str, Any], **rest: Any) -> None:
        criteria = [{"rule": "class_size", "hard": True}, *rest.pop("criteria", [])]
        made = tuple(registry()[entry["rule"]](**entry) for entry in criteria)
        self.folder = folder
        self.ledger = Ledger(pupils, classes, rest.pop("ties", ()))
        self.regulation = Regulation("prova", made, admission=procedure(*rounds, **rest))
        self.files: Files = {name: [] for name in COLUMNS}
        self.decisions: list[dict[str, Any]] = []
        self.drawn: dict[str, dict[str, int]] = {}

    def ranks(self, *lines: str, round: str = "Plesso", option: str = "") -> None:
        """Add rows ``position id points outcome seat | titles | precedences | reasons``, ``-`` for empty."""
        for line in lines:
            words, *texts = [part.strip() for part in line.split("|")]
            position, pupil, points, *end = ["" if word == "-" else word.replace("_", " ") for word in words.split()]
            titles, precedences, reasons = (*texts, "", "", "")[:3]
            self.files["graduatorie"].append(
                {
                    "giro": round,
                    "opzione": option,
                    "posizione": position,
                    "id": pupil,
                    "punti": points,
                    "titoli": titles,
                    "precedenze": precedences,
                    "stato": "provvisoria",
                    "fuori_termine": "no",
                    "esito": (*end, "", "")[0],
                    "posto": (*end, "", "")[1],
                    "motivi": reasons,
                }
            )

    def waits(self, *ids: str, round: str = "Plesso") -> None:
        self.files["lista_attesa"] += [{"giro": round, "posizione": str(k), "id": x} for k, x in enumerate(ids, 1)]

    def refuses(self, *lines: str, round: str = "Plesso") -> None:
        """Add rows ``id option why rules``."""
        for line in lines:
            pupil, option, why, *rules = [word.replace("_", " ") for word in line.split()]
            self.files["rifiuti"].append(
                {"giro": round, "id": pupil, "opzione": option, "motivo": why, "regole": ",".join(rules)}
            )

    def sits(self, **classes: str) -> None:
        for class_id, ids in classes.items():
            self.files["assegnazioni"] += [{"id": x, "classe": class_id} for x in ids.split()]

    def audit(self) -> AdmissionAudit:
        write(self.folder, self.files)
        return audit_admission(self.ledger, self.regulation, self.folder, self.decisions, self.drawn)

    def wrong(self) -> str:
        return "\n".join(self.audit().differences)


@pytest.fixture
def town(tmp_path: Path) -> Case:
    """Two sites, three places, five applicants and one who is too young; dino was drawn before ada."""
    pupils = [
        {"id": "ada", "residente": True, "plesso_1": "Centro"},
        {"id": "bea", "residente": True, "nido": True, "plesso_1": "Centro"},
        {"id": "ciro", "fratelli": "Centro", "plesso_1": "Centro", "plesso_2": "Nord"},
        {"id": "dino", "residente": True, "plesso_1": "Centro", "plesso_2": "Nord"},
        {"id": "ezio", "nido": True, "fuori_termine": True, "plesso_1": "Nord"},
        {"id": "fara", "residente": True, "piccola": True, "plesso_1": "Nord"},
    ]
    round_ = {
        "points": [TITLES[0], TITLES[3]],
        "steps": [
            {"name": "Fratelli", "by": "precedence", "of": {"fratelli": {"has": "{plesso}"}}},
            {"name": "P", "by": "points"},
        ],
        "waiting": [PRECEDENCE, {"name": "Giro", "by": "ranking"}],
    }
    needs = [{"name": "Età", "needs": {"piccola": {"known": False}}}]
    case = Case(
        tmp_path,
        pupils,
        [{"id": "S1", "plesso": "Centro", "max": 2}, {"id": "S2", "plesso": "Nord", "max": 1}],
        round_,
        requirements=needs,
    )
    case.ranks(
        "1 ciro 0 ammesso Centro | | Fratelli",
        "2 bea 6 ammesso Centro | Residente: 5 + Nido: 1",
        "3 dino 5 ammesso Nord | Residente: 5",
        "4 ada 5 attesa - | Residente: 5",
        "5 ezio 1 attesa - | Nido: 1",
        "- fara - non_ammissibile - | | | Età",
    )
    case.files["graduatorie"][4]["fuori_termine"] = "sì"
    case.waits("ada", "ezio")
    case.refuses("dino Centro completo", "ada Centro completo", "ezio Nord completo")
    case.sits(S1="ciro bea", S2="dino")
    case.drawn = {"Plesso": {"dino": 1, "ada": 2}}
    return case


def test_that_a_right_case_has_no_difference_and_says_what_was_checked(town: Case) -> None:
    audit = town.audit()
    assert audit.differences == ()
    assert audit.seats == {"ciro": {"S1"}, "bea": {"S1"}, "dino": {"S2"}}
    assert audit.checked == {"rows": 6, "seats": 5, "waiting": 2, "refusals": 3, "shown": 3}
    assert audit.shown_by == {"Class sizes: each class's own limits": 3}
    assert (audit.unshown, audit.kept) == ((), (("Plesso", "Fratelli", 1),))
    assert audit.lines() == (
        "Counted again: 6 rows of the rankings, 5 outcomes, 2 places of the waiting lists.",
        "Nobody passed over; refusals: 3, shown by counting: 3, left to a search: 0.",
        "Round “Plesso”, precedence “Fratelli”: 1 kept.",
    )


def row_of(case: Case, pupil: str, name: str = "graduatorie") -> dict[str, str]:
    return next(row for row in case.files[name] if row["id"] == pupil)


def change(pupil: str, name: str = "graduatorie", **cells: str) -> Any:
    return lambda case: row_of(case, pupil, name).update(cells)


def drop(pupil: str, name: str) -> Any:
    return lambda case: case.files[name].remove(row_of(case, pupil, name))


def double(pupil: str, name: str) -> Any:
    return lambda case: case.files[name].append(row_of(case, pupil, name))


def swap(one: str, two: str, name: str, *columns: str) -> Any:
    def change_both(case: Case) -> None:
        first, second = row_of(case, one, name), row_of(case, two, name)
        for column in columns:
            first[column], second[column] = second[column], first[column]

    return change_both


def together(*changes: Any) -> Any:
    return lambda case: [one(case) for one in changes]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (drop("ada", "graduatorie"), "ada is missing from the ranking"),
        (drop("fara", "graduatorie"), "fara is missing from the ranking"),
        (drop("ada", "lista_attesa"), "ada is missing from the waiting list"),
        (drop("dino", "rifiuti"), "does not say why dino did not get “Centro”"),
        (drop("bea", "assegnazioni"), "bea is admitted but has no class"),
        (double("ada", "graduatorie"), "Row 8 of graduatorie.csv is there twice"),
        (double("ada", "lista_attesa"), "ada is in the waiting list twice"),
        (double("ada", "rifiuti"), "Row 5 of rifiuti.csv is there twice"),
        (double("bea", "assegnazioni"), "Row 5 of assegnazioni.csv is there twice"),
        (change("bea", punti="7"), "“punti” is “7”, but “6” was counted"),
        (change("bea", titoli="Residente: 6"), "“titoli” is not what was counted"),
        (change("bea", precedenze="Fratelli"), "“precedenze” is not what was counted"),
        (change("ciro", precedenze=""), "“precedenze” is not what was counted"),
        (change("ezio", fuori_termine="no"), "“fuori_termine” is “no”, but “sì”"),
        (change("bea", stato="definitiva"), "“stato” is “definitiva”, but “provvisoria”"),
        (change("fara", motivi="Altro"), "“motivi” is not what was counted"),
        (change("fara", esito="attesa"), "fara: “esito” is “attesa”"),
        (change("ada", esito="non ammissibile"), "ada: “esito” is “non ammissibile”"),
        (change("ada", esito="resta"), "outcome written for ada cannot be"),
        (change("ada", esito=""), "outcome written for ada cannot be"),
        (change("ada", esito="per decisione", posto="Centro"), "outcome written for ada cannot be"),
        (change("bea", posto="Nord"), "outcome written for bea cannot be"),
        (change("bea", posto="Sud"), "bea got a seat that is none of its options"),
        (change("bea", opzione="Centro"), "Row 3 of graduatorie.csv is about no ranking"),
        (change("bea", giro="Altro"), "Row 3 of graduatorie.csv is about no round"),
        (change("bea", id="zoe"), "Row 3 of graduatorie.csv names nobody"),
        (change("bea", name="assegnazioni", id="zoe"), "Row 3 of assegnazioni.csv names nobody"),
        (change("bea", name="assegnazioni", classe="S9"), "Row 3 of assegnazioni.csv names no class"),
        (change("bea", name="assegnazioni", classe="S2"), "bea got “Centro” but sits in class S2"),
        (change("dino", name="rifiuti", opzione="Nord"), "Row 2 of rifiuti.csv is about nothing"),
        (change("dino", name="rifiuti", opzione="Sud"), "Row 2 of rifiuti.csv is about nothing"),
        (change("dino", name="rifiuti", id="fara"), "Row 2 of rifiuti.csv is about nothing"),
        (change("dino", name="rifiuti", motivo="regola"), "Row 2 of rifiuti.csv names no hard rule"),
        (change("dino", name="rifiuti", regole="4"), "Row 2 of rifiuti.csv names no hard rule"),
        (change("ezio", name="lista_attesa", id="bea"), "bea is in the waiting list but does not wait"),
        (change("ezio", name="lista_attesa", posizione="3"), "the position of ezio in the waiting list is wrong"),
        (swap("ada", "ezio", "lista_attesa", "id"), "the waiting list is out of order at ada"),
        (swap("ada", "dino", "graduatorie", "posizione"), "ada: “posizione” is “3”, but “4” was counted"),
        (swap("ezio", "ciro", "graduatorie", "posizione"), "ezio: “posizione” is “1”, but “5”"),
        (
            lambda case: case.files["assegnazioni"].append({"id": "fara", "classe": "S2"}),
            "fara is not admitted but has a class",
        ),
        (
            lambda case: case.files["assegnazioni"].append({"id": "ada", "classe": "S2"}),
            "ada is not admitted but has a class",
        ),
        # ada gets the seat of bea, who ranks higher: with and without a reason made up
        (
            together(
                change("ada", esito="ammesso", posto="Centro"),
                change("bea", esito="attesa", posto=""),
                change("ada", name="rifiuti", id="bea"),
                change("ada", name="lista_attesa", id="bea"),
                change("bea", name="assegnazioni", id="ada"),
            ),
            "bea was passed over for “Centro”: ada, who comes later, sits there",
        ),
        # a place of Centro stays empty
        (
            together(
                change("bea", esito="attesa", posto=""),
                drop("bea", "assegnazioni"),
                lambda case: case.refuses("bea Centro formazione"),
            ),
            "bea was passed over for “Centro”: there is room in class S1",
        ),
        # a late one sits down first
        (
            together(
                change("ezio", esito="ammesso", posto="Nord"),
                change("dino", esito="attesa", posto=""),
                change("dino", name="assegnazioni", id="ezio"),
            ),
            "dino was passed over for “Nord”",
        ),
    ],
)
def test_that_a_change_is_a_difference(town: Case, spoil: Any, says: str) -> None:
    spoil(town)
    assert says in town.wrong()


def test_that_the_differences_are_said_first_and_nobody_is_then_said_not_to_be_passed_over(town: Case) -> None:
    drop("dino", "rifiuti")(town)
    said = town.audit().lines()
    assert said[0] == "Round “Plesso”: rifiuti.csv does not say why dino did not get “Centro”."
    assert said[2] == "Refusals: 3; shown to be due by counting: 3; left to a search: 0."


def test_that_the_order_of_titles_precedences_and_zero_points_do_not_matter(town: Case) -> None:
    row_of(town, "bea")["titoli"] = "Nido: 1 + Residente: 5 + Altro: 0"
    row_of(town, "ciro")["precedenze"] = "Fratelli;"
    assert town.wrong() == ""


def test_that_nothing_is_asked_of_a_round_whose_draw_is_still_to_be_held(town: Case) -> None:
    town.drawn = {}
    row_of(town, "dino")["posizione"] = row_of(town, "ada")["posizione"] = "3"
    for row in town.files["graduatorie"][:-1]:
        row["esito"] = row["posto"] = ""
    town.files |= {"lista_attesa": [], "rifiuti": [], "assegnazioni": []}
    assert town.wrong() == ""


def test_that_nobody_is_above_who_shares_the_position(town: Case) -> None:
    # One place of Nord: dino got it although ada, equal, would also have it, and no draw was held.
    town.drawn = {}
    row_of(town, "dino")["posizione"] = row_of(town, "ada")["posizione"] = "3"
    town.ledger.pupils[0]["plesso_2"] = "Nord"
    town.refuses("ada Nord completo")
    assert "ada was passed over for “Nord”" in town.wrong()


def test_that_decisions_count_unless_annulled(town: Case) -> None:
    town.decisions = [
        {"n": 1, "kind": "punti", "id": "bea", "title": "Disagio", "points": 3},
        {"n": 2, "kind": "esclusione", "id": "ezio"},
        {"n": 3, "kind": "definitiva", "round": "Plesso"},
        {"n": 4, "kind": "annullamento", "entry": 2},
        {"n": 5, "kind": "punti", "id": "bea", "title": "Disagio", "points": 1},
    ]
    assert "bea: “stato” is “provvisoria”, but “definitiva” was counted" in town.wrong()
    for row in town.files["graduatorie"]:
        row["stato"] = "definitiva"
    assert town.wrong() == ""
    town.decisions.pop(3)
    assert "ezio: “posizione” is “5”, but “” was counted" in town.wrong()
    drop("ezio", "lista_attesa")(town)
    drop("ezio", "rifiuti")(town)
    row_of(town, "ezio").update(posizione="", esito="non ammissibile", motivi="Dichiarazione non vera")
    assert town.wrong() == ""


def test_that_the_head_may_grant_a_seat_before_the_ranking(town: Case) -> None:
    granted = {"kind": "ammissione_ds", "id": "ezio", "round": "Plesso", "option": {"plesso": "Centro"}}
    town.decisions = [granted]
    assert "outcome written for ezio cannot be" in town.wrong()
    row_of(town, "ezio").update(esito="per decisione", posto="Centro")
    row_of(town, "bea").update(esito="attesa", posto="")
    for name in ("lista_attesa", "rifiuti", "assegnazioni"):
        town.files[name] = []
    town.waits("bea", "ada")
    town.refuses("bea Centro completo", "dino Centro completo", "ada Centro completo")
    town.sits(S1="ciro ezio", S2="dino")
    assert town.wrong() == ""


def site(
    tmp_path: Path, wishes: Mapping[str, str], classes: Mapping[str, int | None], round_: Mapping[str, Any], **rest: Any
) -> Case:
    """Applicants in the order of their ranking with their wishes; classes are called after their site, and a letter."""
    columns: Mapping[str, Mapping[str, Any]] = rest.pop("columns", {})
    pupils = [
        {"id": p, "k": k, **{f"plesso_{n}": w for n, w in enumerate(asked.split(), 1)}, **columns.get(p, {})}
        for k, (p, asked) in enumerate(wishes.items())
    ]
    cells = rest.pop("cells", {})
    offered = [{"id": c, "plesso": c.rstrip("abcd"), "max": most, **cells.get(c, {})} for c, most in classes.items()]
    return Case(tmp_path, pupils, offered, {"steps": [{"name": "K", "by": "number", "column": "k"}], **round_}, **rest)


def test_that_redirections_follow_the_ranking_and_the_distance(tmp_path: Path) -> None:
    far = {p: {"distanza_n": 3, "distanza_s": 2} for p in "cd"} | {"e": {"distanza_s": None, "distanza_n": 1}}
    case = site(
        tmp_path,
        {"a": "C", "b": "C", "c": "C", "d": "C", "e": "C"},
        {"C": 2, "N": 2, "S": 1},
        {"unplaced": "redirect", "redirect_by": "distanza_{plesso}"},
        columns=far,
    )
    case.ranks(
        "1 a 0 ammesso C",
        "2 b 0 ammesso C",
        "3 c 0 assegnato_d'ufficio S",
        "4 d 0 assegnato_d'ufficio N",
        "5 e 0 assegnato_d’ufficio N",
    )
    case.refuses("c C completo", "d C completo", "e C completo")
    case.sits(C="a b", S="c", N="d e")
    assert case.wrong() == ""
    assert case.audit().checked["refusals"] == 4
    swap("c", "d", "graduatorie", "posto")(case)
    swap("c", "d", "assegnazioni", "classe")(case)
    assert case.wrong() == "Round “Plesso”: c was passed over for “S”: d, who comes later, sits there."


def test_that_only_who_finds_no_room_anywhere_waits_after_a_redirection(tmp_path: Path) -> None:
    case = site(tmp_path, {"a": "C", "b": "C", "c": "C"}, {"C": 1, "N": 1}, {"unplaced": "redirect"})
    case.ranks("1 a 0 ammesso C", "2 b 0 assegnato_d'ufficio N", "3 c 0 attesa")
    case.refuses("b C completo", "c C completo")
    case.waits("c")
    case.sits(C="a", N="b")
    assert case.wrong() == ""
    assert case.audit().checked["shown"] == 3
    row_of(case, "b").update(esito="attesa", posto="")
    case.files["lista_attesa"] = []
    case.waits("b", "c")
    case.sits()
    drop("b", "assegnazioni")(case)
    assert "b was passed over for “N”: there is room in class N" in case.wrong()


def test_that_with_a_ranking_for_each_option_the_result_is_stable(tmp_path: Path) -> None:
    # a and b prefer each other's best; c is behind in both.
    pupils = [
        {"id": "a", "k_c": 2, "k_n": 1, "plesso_1": "C", "plesso_2": "N"},
        {"id": "b", "k_c": 1, "k_n": 2, "plesso_1": "N", "plesso_2": "C"},
        {"id": "c", "k_c": 3, "k_n": 3, "plesso_1": "C", "plesso_2": None},
        {"id": "d", "k_c": 0, "k_n": 0, "plesso_1": "C", "plesso_2": None, "piccola": True},
    ]
    case = Case(
        tmp_path,
        pupils,
        [{"id": "C", "plesso": "C", "max": 1}, {"id": "N", "plesso": "N", "max": 1}],
        {"ranking": "each", "steps": [{"name": "K", "by": "number", "column": "k_{plesso}"}]},
        requirements=[{"name": "Età", "needs": {"piccola": {"known": False}}}],
    )
    case.ranks("1 b 0 - -", "2 a 0 ammesso C", "3 c 0 attesa", "- d - non_ammissibile - | | | Età", option="C")
    case.ranks("1 a 0 - -", "2 b 0 ammesso N", option="N")
    case.refuses("c C completo")
    case.waits("c")
    case.sits(C="a", N="b")
    assert case.wrong() == ""
    row_of(case, "d")["opzione"] = ""
    assert case.wrong() == ""
    case.files["graduatorie"][0].update(esito="attesa", posto="N")
    assert "b has more than one outcome" in case.wrong()
    case.files["graduatorie"][0].update(esito="", posto="")
    # c takes the place of a, who ranks higher there
    case.files["graduatorie"][1].update(esito="attesa", posto="")
    case.files["graduatorie"][2].update(esito="ammesso", posto="C")
    case.files |= {"lista_attesa": [], "rifiuti": [], "assegnazioni": []}
    case.waits("a")
    case.refuses("a C completo", "a N completo")
    case.sits(C="c", N="b")
    wrong = case.wrong()
    assert "a was passed over for “C”: c, who comes later, sits there" in wrong
    assert "a was passed over for “N”: b, who comes later, sits there" in wrong
    row_of(case, "d").update(id="c")
    assert "c is listed but does not take part" in case.wrong()
    row_of(case, "b")["opzione"] = "Sud"
    assert "Row 2 of graduatorie.csv is about no ranking of its round" in case.wrong()


def test_that_with_a_ranking_for_each_option_others_may_be_ranked_and_are_redirected(tmp_path: Path) -> None:
    pupils = [
        {"id": p, "k": k, "plesso_1": w} for k, (p, w) in enumerate({"a": "C", "b": "C", "c": "N", "d": None}.items())
    ]
    case = Case(
        tmp_path,
        pupils,
        [{"id": "C", "plesso": "C", "max": 1}, {"id": "N", "plesso": "N", "max": 3}],
        {
            "ranking": "each",
            "unplaced": "redirect",
            "steps": [{"name": "K", "by": "number", "column": "k"}],
            "waiting": [{"name": "K", "by": "number", "column": "k"}],
        },
    )
    case.ranks("1 a 0 ammesso C", "2 b 0 assegnato_d'ufficio N", "3 d 0 ammesso N", option="C")
    case.ranks("1 a 0", "2 b 0", "3 c 0 ammesso N", "4 d 0 ammesso N", option="N")
    case.refuses("b C completo")
    case.sits(C="a", N="b c d")
    assert case.wrong() == ""
    assert case.audit().checked["refusals"] == 2


def test_that_equal_ones_are_ordered_by_the_ranking_they_share(tmp_path: Path) -> None:
    pupils = [
        {"id": p, "k": k, "plesso_1": w} for k, (p, w) in enumerate({"a": "C", "b": "C", "c": "N", "d": "N"}.items())
    ]
    case = Case(
        tmp_path,
        pupils,
        [{"id": "C", "plesso": "C", "max": 0}, {"id": "N", "plesso": "N", "max": 0}],
        {"ranking": "each", "steps": [{"name": "K", "by": "number", "column": "k"}]},
    )
    case.ranks("1 a 0 attesa", "2 b 0 attesa", option="C")
    case.ranks("1 c 0 attesa", "2 d 0 attesa", option="N")
    case.refuses("a C completo", "b C completo", "c N completo", "d N completo")
    case.waits("c", "a", "b", "d")
    assert case.wrong() == ""
    swap("a", "b", "lista_attesa", "id")(case)
    assert "out of order at a" in case.wrong()


def musical(tmp_path: Path) -> Case:
    """A musical section with one violin and one flute, then two sites; only musicians sit in M."""
    case = site(
        tmp_path,
        {"a": "C", "b": "C N", "c": "N", "d": "C"},
        {"M": 2, "Ca": 1, "N": 2},
        {"unplaced": "redirect"},
        columns={
            "a": {"strumento_1": "violino"},
            "b": {"strumento_1": "violino", "strumento_2": "flauto"},
            "c": {"strumento_1": "violino"},
        },
        cells={"M": {"plesso": "C", "indirizzo": "musicale"}},
    )
    made = procedure(
        {
            "name": "Musica",
            "seats": ["strumento"],
            "of": {"strumento_1": {"known": True}},
            "places": {"violino": 1, "flauto": 1},
            "opens": {"indirizzo": "musicale"},
            "closes": True,
            "unplaced": "stay",
            "steps": [{"name": "K", "by": "number", "column": "k"}],
        },
        case.regulation.admission.rounds[0].model_dump(),  # type: ignore[union-attr]
    )
    case.regulation = Regulation("prova", case.regulation.criteria, admission=made)  # type: ignore[arg-type]
    case.ranks("1 a 0 ammesso violino", "2 b 0 ammesso flauto", "3 c 0 resta", round="Musica")
    case.refuses("b violino completo", "c violino completo", round="Musica")
    case.ranks("1 a 0 ammesso C", "2 b 0 ammesso C", "3 c 0 ammesso N", "4 d 0 ammesso C")
    case.sits(M="a b", Ca="d", N="c")
    return case


def test_that_a_musical_section_takes_its_musicians_and_nobody_else(tmp_path: Path) -> None:
    case = musical(tmp_path)
    assert case.wrong() == ""
    assert case.audit().shown_by == {"": 2}
    assert case.audit().seats == {"a": {"M"}, "b": {"M"}, "c": {"N"}, "d": {"Ca"}}
    swap("b", "d", "assegnazioni", "classe")(case)
    wrong = case.wrong()
    assert "b got “flauto” but sits in class Ca, which is not that" in wrong
    assert "d sits in class M without a seat of this round" in wrong


def test_that_places_are_not_exceeded_nor_left_empty(tmp_path: Path) -> None:
    case = musical(tmp_path)
    row_of(case, "b").update(posto="violino")
    drop("b", "rifiuti")(case)
    assert "“violino” has 1 places, and 2 got one" in case.wrong()
    case = musical(tmp_path)
    row_of(case, "b").update(esito="resta", posto="")
    case.refuses("b flauto formazione", round="Musica")
    assert "b was passed over for “flauto”: there is room in class M" in case.wrong()


def test_that_a_seat_excludes_what_earlier_seats_exclude(tmp_path: Path) -> None:
    # d asks for C, where only M is left: the section is closed to d, and the refusal follows from that alone.
    case = musical(tmp_path)
    case.ledger.classes[1]["plesso"] = "N"
    case.files["graduatorie"][-1].update(esito="assegnato d'ufficio", posto="N")
    case.refuses("d C regola 1")
    assert case.wrong() == ""
    assert case.audit().shown_by == {"": 3}


def test_that_who_was_left_out_gets_nothing_later_and_who_holds_a_seat_stays(tmp_path: Path) -> None:
    case = site(
        tmp_path,
        {"a": "C", "b": "C", "c": "C"},
        {"C": 2, "Cb": 0},
        {},
        cells={"C": {"tempo": "m"}, "Cb": {"tempo": "p"}},
        columns={"b": {"tempo_1": "p"}},
    )
    first = case.regulation.admission.rounds[0].model_dump()  # type: ignore[union-attr]
    made = procedure(first, {"name": "Tempo", "seats": ["tempo"], "steps": first["steps"]})
    case.regulation = Regulation("prova", case.regulation.criteria, admission=made)  # type: ignore[arg-type]
    case.ranks("1 a 0 ammesso C", "2 b 0 ammesso C", "3 c 0 attesa")
    case.refuses("c C completo")
    case.waits("c")
    case.ranks("1 a 0 ammesso m", "2 b 0 attesa", round="Tempo")
    case.refuses("b p completo", round="Tempo")
    case.waits("b", round="Tempo")
    case.sits(C="a b")
    assert case.wrong() == ""
    case.ranks("3 c 0 attesa", round="Tempo")
    assert case.wrong() == ""
    case.files["graduatorie"][-1].update(esito="ammesso", posto="m")
    wrong = case.wrong()
    assert "Round “Tempo”: c got a seat but was left out before" in wrong
    assert "c is admitted but has no class" in wrong


def test_that_who_takes_no_part_is_not_ranked(tmp_path: Path) -> None:
    case = site(tmp_path, {"a": "C", "b": "C"}, {"C": 2}, {"of": {"k": 0}})
    case.ranks("1 a 0 ammesso C")
    case.sits(C="a")
    assert case.wrong() == ""
    case.ranks("2 b 0 ammesso C")
    assert "b is listed but does not take part" in case.wrong()


def test_that_what_is_impossible_by_itself_is_not_followed_by_a_crash(tmp_path: Path) -> None:
    # The seat of a is in a class that the regulation closes to a.
    case = site(
        tmp_path,
        {"a": "C", "b": "C"},
        {"C": 1, "N": 1},
        {},
        criteria=[{"rule": "fixed_class", "hard": True}],
        columns={"a": {"classe_fissa": "n"}},
    )
    case.ranks("1 a 0 ammesso C", "2 b 0 attesa")
    case.refuses("b C completo")
    case.waits("b")
    case.sits(N="a")
    assert case.wrong() == "Round “Plesso”: a got “C” but sits in class N, which is not that."


# --- what the hard rules leave room for ---

GROUP = {"h": True}
MOST = {"rule": "at_most_per_class", "of": GROUP, "hard": True}
LOW = {"rule": "size_with_group", "of": GROUP, "hard": True}
QUOTA = {"rule": "group_quota", "of": GROUP, "hard": True}
ROOM = {"rule": "room_area", "per_pupil": 1.8, "extra_persons": 1, "hard": True}
LIFTED = [{"class": "K1", "limit": 2, "who": "x", "why": "y"}]


def school(
    limits: Sequence[int | None], groups: str, *criteria: Mapping[str, Any], **rest: Any
) -> tuple[Room, Ledger, Tally]:
    """Pupils 0, 1, … of whom those with ``h`` are of the group, all bound to the classes; nobody sits anywhere yet."""
    pupils = [{"id": str(k), "h": letter == "h", "v": letter} for k, letter in enumerate(groups)]
    cells = rest.pop("cells", [{} for _limit in limits])
    ledger = Ledger(
        pupils, [{"id": f"K{k}", "max": most, **cells[k]} for k, most in enumerate(limits)], rest.pop("ties", ())
    )
    made = [{"rule": "class_size", "hard": True, **rest}, *criteria]
    room = Room(ledger, [registry()[entry["rule"]](**entry) for entry in made])
    tally = Tally(room.groups_of)
    for row in ledger.pupils[:-1]:
        tally.put(row["id"], room.everywhere)
    return room, ledger, tally


def last_one(
    limits: Sequence[int | None], groups: str, *criteria: Mapping[str, Any], **rest: Any
) -> tuple[str, tuple[int, ...]] | None:
    """Return why the last pupil does not fit in beside all the others."""
    room, _ledger, tally = school(limits, groups, *criteria, **rest)
    shown = no_room(room, tally, str(len(groups) - 1), room.everywhere)
    return None if shown is None else (shown.why, shown.rules)


FULL, RULE = ("completo", (1,)), ("regola", (2,))


@pytest.mark.parametrize(
    ("limits", "groups", "criteria", "rest", "why"),
    [
        ([2, 2], "xxxx", [], {}, None),
        ([2, 2], "xxxxx", [], {}, FULL),
        ([None, 1], "xxxxx", [], {}, None),
        ([None, 1], "xxxxx", [], {"max": 3}, FULL),
        ([None, 1], "xxxx", [], {"max": 3}, None),
        ([None], "xxxx", [], {"max": 3, "tolerance": 10}, FULL),
        ([None], "xxxx", [], {"max": 3, "tolerance": 10, "rounding": "loose"}, None),
        ([2], "xxx", [], {"derogations": [{"class": "k0", "limit": 3, "who": "x", "why": "y"}]}, None),
        ([3], "xxx", [ROOM], {"cells": [{"area_mq": 6}]}, ("completo", (2,))),
        ([3], "xx", [ROOM], {"cells": [{"area_mq": 6}]}, None),
        ([3], "xxx", [{"rule": "room_area", "per_pupil": 1.8, "weight": 1}], {"cells": [{"area_mq": 1}]}, None),
        ([3], "xxx", [{"rule": "room_area", "per_pupil": 1.8, "hard": True}], {"cells": [{"area_mq": None}]}, None),
        ([9, 9], "hhh", [{**MOST, "limit": 1}], {}, RULE),
        ([9, 9], "hhx", [{**MOST, "limit": 1}], {}, None),
        ([9, 9], "hhh", [{**MOST, "limit": 1, "derogations": LIFTED}], {}, None),
        ([9, 9], "hhh", [{**MOST, "limit": 1, "classes": {"id": "K1"}}], {}, None),
        ([9, 9], "hhh", [{**MOST, "limit": 1, "of": {}, "each": "v"}], {}, RULE),
        ([9, 9], "hhx", [{**MOST, "limit": 1, "of": {}, "each": "v"}], {}, None),
        ([9], "hhh", [{"rule": "at_most_share", "of": GROUP, "percent": 30, "hard": True}], {}, RULE),
        ([9], "xxxxxhh", [{"rule": "at_most_share", "of": GROUP, "percent": 30, "hard": True}], {}, None),
        ([None], "xxxxxxxhhh", [{"rule": "at_most_share", "of": GROUP, "percent": 30, "hard": True}], {}, None),
        ([9, 9], "hhh", [{"rule": "group_quota", "of": GROUP, "max": 2, "hard": True}], {}, RULE),
        ([9, 9], "hhh", [{"rule": "group_quota", "of": GROUP, "min": 2, "hard": True}], {}, None),
        ([9, 9], "hhh", [{**QUOTA, "max": 2, "classes": {"id": "K0"}}], {}, None),
        ([3, 3], "hxxxx", [{**LOW, "limit": 2}], {}, None),
        ([3, 3], "hxxxxx", [{**LOW, "limit": 2}], {}, RULE),
        ([3, 3], "xxxxxh", [{**LOW, "limit": 2}], {}, RULE),
        ([3, 3], "hxxxxx", [{**LOW, "limit": 2, "at_least": 2}], {}, None),
        ([3, 3], "hhhxxx", [{**LOW, "limit": 2, "at_least": 2}], {}, RULE),
        ([3, 3], "hxxxxx", [{**LOW, "limit": 2, "classes": {"id": "K0"}}], {}, None),
        ([None, 3], "hxxxxx", [{**LOW, "limit": 2}], {}, None),
        # two of the group, one a class at most: both classes are lowered
        ([3, 3], "hhxxx", [{**LOW, "limit": 2}, {**MOST, "limit": 1}], {}, RULE),
        ([3, 3], "hhxxx", [{**LOW, "limit": 2}], {}, None),
        ([3, 3], "xxhhh", [{**LOW, "limit": 1}], {}, RULE),
    ],
)  # fmt: skip
def test_that_a_rule_shows_what_does_not_fit_and_only_that(
    limits: list[int | None], groups: str, criteria: list[dict[str, Any]], rest: dict[str, Any], why: Any
) -> None:
    assert last_one(limits, groups, *criteria, **rest) == why
    assert why is not None or _fits(limits, groups, criteria, rest)


def _fits(limits: list[int | None], groups: str, criteria: list[dict[str, Any]], rest: dict[str, Any]) -> bool:
    """Try every way of sitting down, each counted by the rules themselves."""
    _room, ledger, _tally = school(limits, groups, *criteria, **rest)
    made = [{"rule": "class_size", "hard": True, **{k: v for k, v in rest.items() if k != "cells"}}, *criteria]
    rules = [registry()[entry["rule"]](**entry) for entry in made]
    for places in product(ledger.classes, repeat=len(groups)):
        seats = {str(k): row["id"] for k, row in enumerate(places)}
        tried = Ledger(ledger.pupils, ledger.classes, placed=seats)
        if all(count.excess == 0 for rule in rules if rule.hard for count in rule.audit(tried)):
            return True
    return False


def test_that_bounds_hold_for_every_way_of_sitting_down() -> None:
    rng = Random(7)
    shown = 0
    for _round in range(150):
        limits = [rng.choice([1, 2, 3, None]) for _class in range(rng.randint(1, 2))]
        groups = "".join(rng.choice("hxy") for _pupil in range(rng.randint(2, 5)))
        criteria = [
            {**LOW, "limit": rng.randint(1, 3), "at_least": rng.randint(1, 2)},
            {**MOST, "limit": rng.randint(0, 2)},
            {"rule": "at_most_share", "of": {"v": "y"}, "percent": rng.choice([40, 60]), "hard": True},
            {"rule": "group_quota", "of": {"v": ["x", "y"]}, "max": rng.randint(1, 4), "hard": True},
        ]  # fmt: skip
        chosen = rng.sample(criteria, rng.randint(1, 3))
        if last_one(limits, groups, *chosen) is not None:
            shown += 1
            assert not _fits(limits, groups, chosen, {})
    assert 20 < shown < 130


MOVES: list[tuple[str, list[dict[str, Any]], bool]] = [
    ("xx/x", [], True),
    ("hx/h", [{**MOST, "limit": 1}], False),
    ("xx/h", [{**MOST, "limit": 1}], True),
    ("hx/x", [{**MOST, "limit": 1}], True),
    ("hx/x", [{**MOST, "limit": 1, "of": {}, "each": "v"}], True),
    ("xx/x", [{**MOST, "limit": 1, "of": {}, "each": "v"}], False),
    ("xx/h", [{**LOW, "limit": 2}], True),
    ("xx/hx", [{**LOW, "limit": 2}], False),
    ("xx/xx", [{**LOW, "limit": 2}], True),
    ("hx/x", [{"rule": "at_most_share", "of": GROUP, "percent": 50, "hard": True}], True),
    ("hx/h", [{"rule": "at_most_share", "of": GROUP, "percent": 50, "hard": True}], False),
    ("xhx/x", [{"rule": "at_most_share", "of": GROUP, "percent": 40, "hard": True}], False),
    ("xxh/x", [{"rule": "at_most_share", "of": GROUP, "percent": 33.33, "hard": True}], False),
    ("hx/h", [{"rule": "group_quota", "of": GROUP, "max": 1, "classes": {"id": "K1"}, "hard": True}], False),
    ("hx/x", [{"rule": "group_quota", "of": GROUP, "max": 1, "classes": {"id": "K1"}, "hard": True}], True),
    ("hx/h", [{"rule": "group_quota", "of": GROUP, "min": 1, "classes": {"id": "K0"}, "hard": True}], False),
    ("hx/h", [{"rule": "group_quota", "of": GROUP, "min": 1, "hard": True}], True),
    ("xx/x", [{"rule": "class_size", "min": 2, "hard": True}], False),
    ("xxx/x", [{"rule": "class_size", "min": 2, "classes": {"id": "K1"}, "hard": True}], True),
    ("xxx/", [{"rule": "class_size", "min": 2, "classes": {"id": "K0"}, "hard": True}], True),
    ("xxx/xxx", [{"rule": "class_size", "hard": True}], False),
]


@pytest.mark.parametrize(("places", "criteria", "free"), MOVES)
def test_that_somebody_may_move_exactly_where_every_rule_is_still_kept(
    places: str, criteria: list[dict[str, Any]], free: bool
) -> None:
    """The first pupil of K0 goes to K1; each class takes three."""
    first, second = places.split("/")
    room, ledger, seated = school([3, 3], first + second, *criteria)
    seats = {str(k): "K0" if k < len(first) else "K1" for k in range(len(first + second))}
    for pupil, class_id in seats.items():
        seated.put(pupil, frozenset({class_id}))
    before = dict(seated.cells)
    assert could_sit(room, seated, "0", "K0")
    assert could_sit(room, seated, "0", "K1") is free
    assert seated.cells == before
    rules = [registry()[e["rule"]](**e) for e in [{"rule": "class_size", "hard": True}, *criteria]]
    moved = Ledger(ledger.pupils, ledger.classes, placed=seats | {"0": "K1"})
    assert all(count.excess == 0 for rule in rules for count in rule.audit(moved)) is free


def test_that_rules_about_more_than_numbers_leave_the_proof_to_a_search() -> None:
    _room, ledger, _tally = school([2], "xxx", ties=[{"da": "0", "a": "1", "tipo": "insieme"}])
    rules = {"together": {"1": False, "2": True}, "none_or_at_least": {"1": False, "2": False}}
    for rule, wanted in rules.items():
        fields = {"of": GROUP, "count": 2} if rule == "none_or_at_least" else {}
        found = single(Room(ledger, [registry()[rule](rule=rule, hard=True, **fields)]), ledger)
        assert {pupil: pupil in found for pupil in wanted} == wanted


def test_that_rules_about_single_pupils_close_classes() -> None:
    pins = {"who": "x", "why": "y"}
    criteria = [
        {"rule": "eligibility", "attribute": "plesso", "hard": True},
        {"rule": "fixed_class", "hard": True, "pins": [{"pupil": "c", "class": "s3", **pins}]},
        {"rule": "forbidden_class", "hard": True, "pins": [{"pupil": "d", "class": "S1", **pins}]},
        {"rule": "fixed_class", "weight": 1, "pins": [{"pupil": "a", "class": "S3", **pins}]},
    ]
    pupils = [
        {"id": "a", "plesso_1": "Centro"},
        {"id": "b", "plesso_1": None, "classi_vietate": "s1, S 4;Sx"},
        {"id": "c", "plesso_1": "Nord", "classe_fissa": "S1"},
        {"id": "d", "plesso_1": None, "classi_vietate": "S3 S2"},
        {"id": "e", "plesso_1": None, "classe_fissa": "s2"},
    ]
    offered = [
        {"id": "S1", "plesso": "Centro"},
        {"id": "S2", "plesso": "Nord"},
        {"id": "S3", "plesso": "Nord"},
        {"id": "S 4", "plesso": None},
    ]
    ledger = Ledger(pupils, offered)
    found = open_classes(Room(ledger, [registry()[entry["rule"]](**entry) for entry in criteria]), ledger)
    assert found == {"a": {"S1", "S 4"}, "b": {"S2", "S3"}, "c": {"S3"}, "d": {"S 4"}, "e": {"S2"}}


def test_that_a_tally_counts_whoever_must_sit_inside() -> None:
    tally = Tally({"a": (0,), "b": (0, 1)})
    one, two = frozenset({"S1"}), frozenset({"S1", "S2"})
    tally.put("a", one)
    assert tally.inside(two) == {EVERYBODY: 1, 0: 1}
    tally.put("b", two)
    assert (tally.inside(one)[EVERYBODY], tally.inside(two)[0], tally.inside(two)[1]) == (1, 2, 1)
    tally.put("b", one)
    tally.put("a", None)
    tally.put("a", None)
    assert (tally.inside(one)[0], tally.inside(two)[EVERYBODY]) == (1, 1)


# --- refusals that counting shows, that it does not show, and that it disproves ---


def fourth(tmp_path: Path, *criteria: Mapping[str, Any], **rest: Any) -> Case:
    """Four applicants for Centro, with two classes of two places; d, with c, is of a group and goes to Nord."""
    columns = {p: {"h": True} for p in "acd"} | {"b": {"h": False}}
    case = site(
        tmp_path,
        {"a": "C", "b": "C", "c": "C", "d": "C N"},
        {"Ca": 2, "Cb": 2, "N": 4},
        {},
        criteria=criteria,
        columns=columns,
        **rest,
    )
    case.ranks("1 a 0 ammesso C", "2 b 0 ammesso C", "3 c 0 ammesso C", "4 d 0 ammesso N")
    case.sits(Ca="a b", Cb="c", N="d")
    return case


def test_that_a_named_rule_shows_a_refusal(tmp_path: Path) -> None:
    case = fourth(tmp_path, {**MOST, "limit": 1, "name": "Uno per classe"})
    case.refuses("d C regola 2")
    audit = case.audit()
    assert (audit.differences, audit.unshown, audit.shown_by) == ((), (), {"Uno per classe": 1})


def test_that_each_of_those_refused_by_a_rule_is_shown(tmp_path: Path) -> None:
    case = site(
        tmp_path,
        {"a": "C", "b": "C", "c": "C", "d": "C", "e": "C", "f": "C"},
        {"C": 3},
        {},
        criteria=[{**LOW, "limit": 2}, {**MOST, "limit": 1}],
        columns={p: {"h": p in "acd"} for p in "abcdef"},
    )
    case.ranks("1 a 0 ammesso C", "2 b 0 ammesso C", "3 c 0 attesa", "4 d 0 attesa", "5 e 0 attesa", "6 f 0 attesa")
    case.refuses("c C regola 3", "d C regola 3", "e C regola 2", "f C regola 2")
    case.waits("c", "d", "e", "f")
    case.sits(C="a b")
    audit = case.audit()
    assert (audit.differences, audit.unshown) == ((), ())
    assert sorted(audit.shown_by.values()) == [2, 2]


def test_that_of_those_who_come_later_and_are_alike_one_is_asked(tmp_path: Path) -> None:
    barred = {"rule": "forbidden_class", "hard": True}
    later = {p: {"classi_vietate": "N"} for p in "ef"}
    case = site(
        tmp_path,
        {"d": "C N", "e": "C", "f": "C"},
        {"C": 2, "N": 1},
        {"unplaced": "stay"},
        criteria=[barred],
        columns={"d": {"classi_vietate": None}, **later},
    )
    case.ranks("1 d 0 ammesso N", "2 e 0 ammesso C", "3 f 0 ammesso C")
    case.refuses("d C formazione")
    case.sits(C="e f", N="d")
    assert (case.wrong(), case.audit().unshown) == ("", (("Plesso", "d", "C"),))


def test_that_a_reason_made_up_is_disproved_by_sitting_down(tmp_path: Path) -> None:
    case = fourth(tmp_path, {**MOST, "limit": 2})
    case.refuses("d C regola 2")
    assert case.wrong() == "Round “Plesso”: d was passed over for “C”: there is room in class Cb."


def test_that_rules_together_are_left_to_a_search_unless_nobody_says_so(tmp_path: Path) -> None:
    case = fourth(tmp_path, {"rule": "none_or_at_least", "of": GROUP, "count": 1, "hard": True})
    case.refuses("d C formazione")
    assert case.audit().differences == ()
    assert case.audit().unshown == (("Plesso", "d", "C"),)
    row_of(case, "d", "rifiuti")["motivo"] = "completo"
    assert case.wrong() == "Round “Plesso”: d was passed over for “C”, which was not full."
    case.files["rifiuti"] = []
    assert case.wrong() == "Round “Plesso”: d was passed over for “C”, which was not full."


def test_that_ties_leave_a_refusal_to_a_search(tmp_path: Path) -> None:
    tie = {"da": "c", "a": "d", "tipo": "separati", "vincolante": True}
    case = fourth(tmp_path, {"rule": "apart", "hard": True}, ties=[tie])
    case.refuses("d C formazione")
    assert case.audit().unshown == (("Plesso", "d", "C"),)


def two_sites(
    tmp_path: Path, *criteria: Mapping[str, Any], unplaced: str = "waiting", **columns: Mapping[str, Any]
) -> Case:
    """a and b hold Nord; of d and e, who ask for Centro, the lower one got its only place, d sits in Nord."""
    case = site(
        tmp_path,
        {"a": "N", "d": "C N", "b": "N", "e": "C"},
        {"C": 1, "N": 3},
        {"unplaced": unplaced},
        criteria=criteria,
        columns=columns,
    )
    case.ranks("1 a 0 ammesso N", "2 d 0 ammesso N", "3 b 0 ammesso N", "4 e 0 ammesso C")
    case.refuses("d C formazione")
    case.sits(N="a b d", C="e")
    return case


def test_that_who_comes_later_must_make_room_unless_a_rule_forbids_it(tmp_path: Path) -> None:
    says = "Round “Plesso”: d was passed over for “C”: e, who comes later, sits there."
    unproved = ((("Plesso", "d", "C"),), "")

    def found(*criteria: Mapping[str, Any], **rest: Any) -> tuple[Any, str]:
        audit = two_sites(tmp_path, *criteria, **rest).audit()
        return audit.unshown, "\n".join(audit.differences)

    assert found() == ((), says)
    assert found(unplaced="redirect") == ((), says)
    assert found(unplaced="stay") == ((), says)
    # e may be in no class of Nord: nothing is left for e, who in this round may not be left out
    barred = {"rule": "forbidden_class", "hard": True}
    assert found(barred, unplaced="stay", e={"classi_vietate": "N"}) == unproved
    # Centro must hold one of the group, and only e is of it
    quota = {"rule": "group_quota", "of": GROUP, "min": 1, "classes": {"plesso": "C"}, "hard": True}
    assert found(quota, e={"h": True}) == unproved
    assert found(quota, e={"h": True}, d={"h": True}) == ((), says)
    # Nord, with d, may not be left with fewer than three
    assert found({"rule": "class_size", "min": 3, "classes": {"plesso": "N"}, "hard": True}) == unproved


def test_that_a_seat_of_an_earlier_round_is_not_taken_away(tmp_path: Path) -> None:
    case = two_sites(tmp_path, e={"lingua_1": "f"}, a={"lingua_1": None})
    case.ledger.classes[0]["lingua"] = "f"
    first = {"name": "Lingua", "seats": ["lingua"], "of": {"lingua_1": {"known": True}}}
    later = case.regulation.admission.rounds[0].model_dump()  # type: ignore[union-attr]
    case.regulation = Regulation("prova", case.regulation.criteria, admission=procedure(first, later))  # type: ignore[arg-type]
    case.ranks("1 e 0 ammesso f", round="Lingua")
    assert case.wrong() == ""
    assert case.audit().shown_by == {"Class sizes: each class's own limits": 1}
    case.ledger.classes[0]["max"] = None
    case.ledger.classes[0]["min"] = 0
    assert "d was passed over for “C”: there is room in class C" in case.wrong()


# --- files that cannot be read ---


def test_that_every_bad_cell_and_file_is_named_at_once(town: Case) -> None:
    row_of(town, "bea").update(posizione="two", stato="?", fuori_termine="", esito="promosso")
    row_of(town, "ada", "rifiuti")["regole"] = "1,x"
    row_of(town, "dino", "rifiuti")["id"] = ""
    write(town.folder, town.files)
    (town.folder / "lista_attesa.csv").write_text("giro;id\n", encoding="utf-8")
    (town.folder / "assegnazioni.csv").write_text("id,classe\nada\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        audit_admission(town.ledger, town.regulation, town.folder)
    assert [(p.file, p.row, p.column, p.value) for p in refused.value.problems] == [
        ("graduatorie.csv", 3, "posizione", "two"),
        ("graduatorie.csv", 3, "stato", "?"),
        ("graduatorie.csv", 3, "fuori_termine", ""),
        ("graduatorie.csv", 3, "esito", "promosso"),
        ("lista_attesa.csv", 1, "", "giro;id"),
        ("rifiuti.csv", 2, "id", ""),
        ("rifiuti.csv", 3, "regole", "1,x"),
        ("assegnazioni.csv", 2, "", ""),
    ]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\xff", b'id,classe\n"a' + b"x" * 200_000 + b'",S1\n'])
def test_that_what_is_no_table_is_refused(town: Case, content: bytes) -> None:
    write(town.folder, town.files)
    (town.folder / "assegnazioni.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"not a csv table: assegnazioni\.csv"):
        audit_admission(town.ledger, town.regulation, town.folder)


def test_that_missing_files_and_a_missing_procedure_are_refused(town: Case) -> None:
    with pytest.raises(InputError) as refused:
        audit_admission(town.ledger, town.regulation, town.folder)
    assert len(refused.value.problems) == 4
    (town.folder / "rifiuti.csv").mkdir()
    with pytest.raises(InputError, match="not an ordinary file"):
        audit_admission(town.ledger, town.regulation, town.folder)
    with pytest.raises(InputError, match="no admission procedure"):
        audit_admission(town.ledger, Regulation("prova", ()), town.folder)


# --- markets made by chance, settled by hand ---


def market(tmp_path: Path, rng: Random, ranking: str) -> tuple[Case, dict[str, str]]:
    """Settle a market of places alone, by serial dictatorship or by deferred acceptance, and write its files."""
    sites = {name: rng.randint(1, 2) for name in "CNS"}
    pupils: list[dict[str, Any]] = []
    for k in range(rng.randint(5, 9)):
        wishes = rng.sample(list(sites), rng.randint(1, 3))
        keys = {f"k_{name.lower()}": rng.random() if ranking == "each" else k for name in sites}
        keys = {column: Decimal(str(value)) for column, value in keys.items()}
        pupils.append(
            {
                "id": f"p{k}",
                **keys,
                **dict(zip(("plesso_1", "plesso_2", "plesso_3"), [*wishes, None, None], strict=False)),
            }
        )
    offered = [{"id": name, "plesso": name, "max": most} for name, most in sites.items()]
    step = {"name": "K", "by": "number", "column": "k_{plesso}"}
    case = Case(tmp_path, pupils, offered, {"ranking": ranking, "steps": [step]})
    wishes = {row["id"]: [row[f"plesso_{n}"] for n in (1, 2, 3) if row[f"plesso_{n}"]] for row in pupils}
    key = {(row["id"], name): row[f"k_{name.lower()}"] for row in pupils for name in sites}
    got: dict[str, str] = {}
    asking = dict.fromkeys(wishes, 0)
    while free := [p for p in wishes if p not in got and asking[p] < len(wishes[p])]:
        pupil = free[0]
        name = wishes[pupil][asking[pupil]]
        asking[pupil] += 1
        got[pupil] = name
        inside = sorted((p for p in got if got[p] == name), key=lambda p: key[p, name])
        for worst in inside[sites[name] :]:
            del got[worst]
    for option in sites if ranking == "each" else [""]:
        asked = [p for p in wishes if not option or option in wishes[p]]
        asked.sort(key=lambda p: key[p, option or "C"])
        for k, p in enumerate(asked, 1):
            end = (
                f"ammesso {got[p]}" if p in got and got[p] == (option or got[p]) else "- -" if p in got else "attesa -"
            )
            case.ranks(f"{k} {p} 0 {end}", option=option)
    out = sorted((p for p in wishes if p not in got), key=lambda p: key[p, wishes[p][0]])
    case.waits(*out)
    case.refuses(
        *(
            f"{p} {w} completo"
            for p in wishes
            for w in (wishes[p][: wishes[p].index(got[p])] if p in got else wishes[p])
        )
    )
    case.sits(**{name: " ".join(p for p in got if got[p] == name) for name in sites})
    return case, got


@pytest.mark.parametrize("ranking", ["one", "each"])
def test_that_what_is_settled_rightly_passes_and_exchanged_seats_do_not(tmp_path: Path, ranking: str) -> None:
    rng = Random(11)
    exchanged = 0
    for _market in range(60):
        case, got = market(tmp_path, rng, ranking)
        audit = case.audit()
        assert (audit.differences, audit.unshown) == ((), ())
        pairs = [(p, q) for p in got for q in got if p < q and got[p] != got[q]]
        if pairs:
            one_of, other = rng.choice(pairs)
            text = {row["id"]: row["posto"] for row in case.files["graduatorie"] if row["posto"]}
            for row in case.files["graduatorie"]:
                swapped = {one_of: text[other], other: text[one_of]}.get(row["id"])
                if swapped and (row["posto"] or row["opzione"] == swapped):
                    row.update(esito="ammesso", posto=swapped)
            swap(one_of, other, "assegnazioni", "classe")(case)
            exchanged += 1
            assert case.wrong()
    assert exchanged > 40
