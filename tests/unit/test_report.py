"""The report: what it says against hand-counted schools, and what its two files look like from outside."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from gettext import NullTranslations
from html.parser import HTMLParser
from typing import Any

import pytest
import python_calamine

from classi import i18n
from classi.audit import Audit, Audited, audit_ledger
from classi.domain import Count
from classi.i18n import use_language
from classi.ledger import Ledger
from classi.regulation import Regulation, parse_regulation
from classi.report import Content, Unmet, build, render_html, render_xlsx, write_html, write_xlsx
from classi.report.charts import draw
from classi.report.html import even_blocks
from classi.report.model import Bars, Dots
from classi.report.sheet import sheet_names
from classi.report.words import departure, say_mean, say_number, say_percent, say_target

SCRIPT = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("x")'
PUPILS: list[dict[str, Any]] = [
    {"id": "a", "cognome": "Rossi", "nome": "Anna", "sesso": "F", "disabilita": "comma1", "livello": 7, "dsa": False},
    {"id": "b", "cognome": "Bianchi", "nome": "Luca", "sesso": "M", "disabilita": "comma3", "livello": 8, "dsa": True},
    {"id": "c", "cognome": "rossi", "nome": "Anna", "sesso": "F", "disabilita": "no", "livello": Decimal("6.5")},
    {"id": "d", "cognome": SCRIPT, "nome": "", "sesso": "M", "disabilita": "no", "livello": 9},
    {"id": "e", "cognome": FORMULA, "nome": None, "sesso": "F", "disabilita": None, "livello": None},
    {"id": "f", "cognome": "Verdi", "nome": "Ugo", "sesso": "M", "disabilita": "no", "livello": 10},
]
CLASSES = [{"id": "1A"}, {"id": "1B"}]
TIES = [
    {"da": "a", "a": "b", "tipo": "preferisce"},
    {"da": "b", "a": "a", "tipo": "preferisce"},
    {"da": "c", "a": "e", "tipo": "preferisce"},
    {"da": "d", "a": "a", "tipo": "preferisce"},
    {"da": "a", "a": "d", "tipo": "separati", "fonte": "teachers of 5B", "motivo": "quarrels"},
]
PLACED = {"a": "1A", "c": "1A", "e": "1A", "b": "1B", "d": "1B", "f": "1B"}
RULES: list[dict[str, Any]] = [
    {
        "rule": "at_most_per_class",
        "of": {"disabilita": ["comma1", "comma3"]},
        "limit": 1,
        "hard": True,
        "source": "S002 F.4",
        "derogations": [{"class": "1B", "limit": 2, "who": "the head", "why": "lift in the building"}],
    },
    {"rule": "balance", "attribute": "sesso", "weight": 2, "name": "Girls and boys"},
    {"rule": "wishes", "weight": 1, "tier": 2, "name": "Wishes"},
    {
        "rule": "fixed_class",
        "hard": True,
        "name": "Fixed",
        "pins": [{"pupil": "f", "class": "1B", "who": "the commission", "why": "therapist on site"}],
    },
]
UNMET = (Unmet("b", "a", ("The sexes would be even less even.",)), Unmet("a", "b"))


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> Any:
    # Messages as written in the code in both languages: these tests are about facts, not about the catalogue.
    monkeypatch.setattr(i18n, "_catalogue", lambda language: NullTranslations())
    with use_language("en"):
        yield


def certificate(**other: Any) -> dict[str, Any]:
    tiers = [
        {"tier": 1, "value": 8, "bound": 8, "proved": True, "proof": "search", "conditional_on_earlier_tiers": False},
        {"tier": 2, "value": 2, "bound": 1, "proved": False, "proof": "", "conditional_on_earlier_tiers": True},
    ]
    return {
        "status": "FEASIBLE",
        "regulation": "Trial",
        "tiers": tiers,
        "criteria": [{"number": 1, "cost": 0}, {"number": 2, "cost": 4, "bound": 3}],
        "stopped": "time",
        "seed": 7,
        "workers": 2,
        "deterministic": False,
        "time_limit": 60.0,
        "wall_seconds": 1.27,
        "solver_seconds": None,
        "versions": {"classi": "0.1.0"},
        "inputs": {"classi.csv": "b" * 64, "alunni.csv": "a" * 64},
        "outputs": {"assegnazioni.csv": "c" * 64},
        "audit": {"hard_kept": True, "agrees": True, "findings": 6},
        "warnings": ["Pupil e has no level."],
        "conflict": None,
        **other,
    }


def regulation(rules: list[dict[str, Any]] = RULES) -> Regulation:
    return parse_regulation({"name": "Trial", "source": "Council, 12 May", "criteria": rules})


def ledger(placed: dict[str, str] = PLACED, **other: Any) -> Ledger:
    return Ledger(**{"pupils": PUPILS, "classes": CLASSES, "ties": TIES, "placed": placed} | other)


def content(placed: dict[str, str] = PLACED, unmet: tuple[Unmet, ...] = UNMET, **other: Any) -> Content:
    book, rules = ledger(placed), regulation()
    return build(audit_ledger(book, rules), book, certificate(**other), rules, unmet)


def optimal(**other: Any) -> dict[str, Any]:
    tiers = [{**t, "bound": t["value"], "proved": True} for t in certificate()["tiers"]]
    return {"status": "OPTIMAL", "tiers": tiers, "stopped": "proved", **other}


def titles(said: Content) -> list[str]:
    return [v.title for v in said.verdicts]


# --- what is said ---


def test_that_the_headline_answers_the_four_questions() -> None:
    said = content()
    assert titles(said) == [
        "Every mandatory rule is kept",
        "Good, but not proved best",
        "2 preferences not fully met",
        "2 wishes could not be granted",
    ]
    assert said.verdicts[1].text == "Priority 2 has 2 points; fewer than 1 are impossible (gap 50 %)."
    assert said.verdicts[3].text == "Out of 3. 1 more was vetoed."
    assert said.best == "Proved unavoidable, except those of priority 2: there a longer run may find fewer."


def test_that_a_proved_result_is_called_best() -> None:
    said = content(**optimal())
    assert titles(said)[1] == "Proved best"
    assert said.best.startswith("It is proved that no formation does better")
    assert [t.gap for t in said.tiers] == ["0 %", "0 %"]


def test_that_optimal_is_not_believed_without_a_proof_of_every_tier() -> None:
    said = content(status="OPTIMAL")
    assert titles(said)[1] == "Good, but not proved best"


def test_that_a_broken_mandatory_rule_comes_first_and_voids_the_proof() -> None:
    said = content(PLACED | {"b": "1A"}, **optimal())
    assert titles(said)[:2] == ["1 mandatory rule is broken", "The proof does not apply"]
    assert said.broken[0].number == 1
    assert said.broken[0].outcome == "BROKEN by 1"
    assert said.best == ""


def test_that_a_cost_other_than_the_certificates_voids_the_proof() -> None:
    said = content(criteria=[{"number": 2, "cost": 3}])
    assert said.verdicts[1].mark == "bad"
    assert any(f.value.startswith("DISAGREES") for f in said.facts)


def test_that_an_audit_that_disagrees_voids_the_proof() -> None:
    said = content(audit={"agrees": False})
    assert said.verdicts[1].mark == "bad"
    assert any(f.value.startswith("DISAGREES") for f in said.facts)


def test_that_a_tier_counted_otherwise_is_never_proved() -> None:
    tiers = [{**t, "value": 0, "bound": 0, "proved": True, "proof": "arithmetic"} for t in certificate()["tiers"]]
    first = content(tiers=tiers).tiers[0]
    assert (first.value, first.proved, first.gap) == (8, False, "–")
    assert first.meaning == "The certificate says 0, the second count 8: the files do not belong together."


@pytest.mark.parametrize(
    ("proof", "words"),
    [
        ("arithmetic", "Proved best by counting alone"),
        ("search", "Proved best by exhaustive search"),
        ("", "Proved best: fewer points"),
    ],
)
def test_that_the_way_of_the_proof_is_said(proof: str, words: str) -> None:
    tiers = [{**t, "bound": t["value"], "proved": True, "proof": proof} for t in certificate()["tiers"]]
    first, second = content(tiers=tiers, status="OPTIMAL").tiers
    assert first.meaning.startswith(words)
    assert second.meaning.endswith("This holds as long as the priorities above it keep their value.")


def test_that_a_tier_without_bound_claims_nothing() -> None:
    said = content(tiers=[{"tier": 1, "value": 8, "bound": None, "proved": False}])
    assert said.tiers[0].meaning == "Not proved best: no bound is known."
    assert said.verdicts[1].text == "The time allowed ended before the proof: a longer run may improve it."
    assert said.best.startswith("It is not proved that these are unavoidable")


def test_that_lists_that_are_not_whole_are_said_first() -> None:
    said = content({k: v for k, v in PLACED.items() if k != "f"})
    assert titles(said)[0] == "The class lists are not whole"
    assert said.verdicts[0].text == said.structure[0]
    assert said.structure[0] in visible(render_html(said))


def test_that_every_rule_has_the_auditors_numbers() -> None:
    at_most, balance, wishes, fixed = content().rules
    assert (at_most.checks, at_most.cost, at_most.points, at_most.kept, at_most.source) == (
        2,
        0,
        None,
        True,
        "S002 F.4",
    )
    assert (balance.checks, balance.cost, balance.points, balance.bound) == (4, 4, 8, 3)
    assert (wishes.cost, wishes.points, wishes.kind) == (2, 2, "priority 2, weight 1")
    assert (fixed.hard, fixed.kind, fixed.outcome) == (True, "mandatory", "kept")


def test_that_findings_carry_the_names_their_sentences_lack() -> None:
    wishes = content().rules[2]
    assert {f.pupils for f in wishes.findings} == {
        ("Rossi Anna (a)", "Bianchi Luca"),
        ("Bianchi Luca", "Rossi Anna (a)"),
    }


def test_that_the_matrix_sets_each_count_beside_its_target() -> None:
    at_most, balance = content().matrix
    assert [(r.about, r.band) for r in balance.rows] == [("F", "1–2"), ("M", "1–2")]
    girls = [(c.value, c.state, c.words) for c in balance.rows[0].cells if c]
    assert girls == [(3, "above", "too many (+1)"), (0, "below", "too few (−1)")]
    assert [(c.text, c.band, c.words) for c in at_most.rows[0].cells if c] == [
        ("1", "max 1", "within target"),
        ("1", "max 2", "within target"),
    ]


def audited(*counts: Count) -> Audit:
    cost = sum(c.excess for c in counts)
    return Audit((Audited(1, "balance", "Rule", False, 3, 1, cost, counts),))


def rows_of(*counts: Count, classes: int = 3) -> Any:
    rules = regulation([{"rule": "balance", "attribute": "sesso", "weight": 3}])
    book = ledger({"a": "C0"}, classes=[{"id": f"C{k}"} for k in range(classes)])
    return build(audited(*counts), book, certificate(), rules).matrix


def test_that_the_row_shows_the_usual_target_and_the_cell_its_own() -> None:
    counts = [Count(0, f"c{k}", "x", 2, 1, 2 + (k == 2)) for k in range(3)]
    (group,) = rows_of(*counts)
    assert group.rows[0].band == "1–2"
    assert [c.own for c in group.rows[0].cells] == [False, False, True]


def test_that_no_target_is_shown_for_the_row_when_all_differ() -> None:
    (group,) = rows_of(*(Count(0, f"C{k}", "x", k, k, k) for k in range(3)))
    assert group.rows[0].band == ""
    assert [c.band for c in group.rows[0].cells] == ["0", "1", "2"]


def test_that_none_or_at_least_is_one_target() -> None:
    (group,) = rows_of(Count(0, "C0", "x", 0, 0), Count(1, "C1", "x", 1, 2), Count(0, "C2", "x", 2, 2))
    assert group.rows[0].band == "none, or min 2"
    assert [(c.band, c.own, c.words) for c in group.rows[0].cells] == [
        ("", False, "within target"),
        ("min 2", False, "too few (−1)"),
        ("min 2", False, "within target"),
    ]


def test_that_counts_of_pupils_of_several_classes_or_without_value_stay_out_of_the_matrix() -> None:
    counts = (Count(1, "C0", "x", None), Count(1, "C0, C1", "x", 3, 1, 2), Count(1, "C0", "x", 1, pupils=("a",)))
    assert rows_of(*counts) == ()


def test_that_the_same_thing_counted_twice_in_a_class_has_two_rows() -> None:
    (group,) = rows_of(Count(0, "C0", "x", 1), Count(0, "C0", "x", 2))
    assert [r.cells[0].text for r in group.rows] == ["1", "2"]
    assert group.rows[0].cells[1] is None


def test_that_bands_of_a_usual_scale_go_from_worst_to_best() -> None:
    (group,) = rows_of(*(Count(0, "C0", about, 1) for about in ("avanzato", "Base", "iniziale")))
    assert [r.about for r in group.rows] == ["iniziale", "Base", "avanzato"]


def test_that_the_summary_counts_each_group_in_each_class() -> None:
    found = {x.title: (x.texts, x.total_text) for x in content().summary}
    assert found == {
        "Pupils": (("3", "3"), "6"),
        "Girls": (("3", "0"), "3"),
        "Disability": (("1", "1"), "2"),
        "SLD": (("0", "1"), "1"),
        "Mean of “livello”": (("6.75", "9.00"), "8.10"),
        "Outside target": (("2", "2"), "4"),
        "Wishes not granted": (("1", "1"), "2"),
    }


def test_that_the_wishes_not_granted_are_told_with_reasons() -> None:
    first, second = content().unmet
    assert (first.pupil, first.pupil_class, first.friend, first.friend_class) == (
        "Bianchi Luca",
        "1B",
        "Rossi Anna (a)",
        "1A",
    )
    assert first.mutual
    assert first.reasons == ("The sexes would be even less even.",)
    assert second.reasons == ()


def test_that_vetoed_wishes_are_told_apart_with_who_and_why() -> None:
    (vetoed,) = content().vetoed
    assert (vetoed.pupil, vetoed.friend, vetoed.reasons) == (SCRIPT, "Rossi Anna (a)", ("teachers of 5B", "quarrels"))


def test_that_what_people_decided_carries_who_and_why() -> None:
    derogation, pin, tie = content().decisions
    assert derogation.what.startswith("Derogation: limit 2")
    assert (derogation.whom, derogation.who, derogation.why) == ("class 1B", "the head", "lift in the building")
    assert (pin.what, pin.whom, pin.who, pin.why) == (
        "Class 1B fixed",
        "Verdi Ugo",
        "the commission",
        "therapist on site",
    )
    assert (tie.what, tie.whom, tie.who) == ("Apart", f"Rossi Anna (a) – {SCRIPT}", "teachers of 5B")


def test_that_binding_ties_and_classes_fixed_by_the_file_are_decisions_too() -> None:
    pupils = [{"id": "a", "classe_fissa": "1A", "classi_vietate": "1B"}, {"id": "b"}]
    ties = [{"da": "a", "a": "b", "tipo": "insieme", "vincolante": True}]
    forbidden = {
        "rule": "forbidden_class",
        "hard": True,
        "pins": [{"pupil": "b", "class": "1B", "who": "w", "why": "y"}],
    }
    rules = regulation([forbidden])
    book = Ledger(pupils, CLASSES, ties, {"a": "1A", "b": "1A"})
    said = build(audit_ledger(book, rules), book, certificate(tiers=[]), rules)
    assert [d.what for d in said.decisions] == [
        "Class 1B forbidden",
        "Class 1A fixed",
        "Class 1B forbidden",
        "Together (binding)",
    ]


def test_that_class_lists_are_alphabetical_and_tell_namesakes_apart() -> None:
    first, second = content().rosters
    assert [m.label for m in first.members] == [FORMULA, "Rossi Anna (a)", "rossi Anna (c)"]
    assert [m.id for m in second.members] == ["d", "b", "f"]


def test_that_the_certificate_is_told_in_plain_words() -> None:
    facts = {f.name: f.value for f in content().facts}
    assert facts["Result"].startswith("FEASIBLE: the mandatory rules are kept; it is not proved")
    assert facts["How the search ended"] == "the time allowed was over"
    assert (facts["Time taken"], facts["Time allowed"]) == ("1.3 seconds", "60 seconds")
    assert facts["Seed of every random choice"] == "7"
    assert "of which solver" not in facts
    assert [d.file for d in content().digests] == ["alunni.csv", "classi.csv", "assegnazioni.csv"]


def test_that_charts_show_the_columns_that_are_there() -> None:
    said = {c.title: c for c in content().charts}
    assert set(said) == {"Sex", "Level", "Disability", "Specific learning disorders"}
    sex, level, disability = said["Sex"], said["Level"], said["Disability"]
    assert isinstance(sex, Bars)
    assert [(s.name, s.values) for s in sex.series] == [("F", (3, 0)), ("M", (0, 3))]
    assert isinstance(disability, Bars)
    assert [s.name for s in disability.series] == ["comma1", "comma3"]
    assert isinstance(level, Dots)
    assert level.points[0] == (Fraction(13, 2), Fraction(7))
    assert level.means == (Fraction(27, 4), Fraction(9))


def test_that_rare_values_are_drawn_together_and_nothing_is_lost() -> None:
    pupils = [{"id": f"p{k}", "scuola_provenienza": f"School {k % 9}"} for k in range(30)]
    book = Ledger(pupils, CLASSES, (), {p["id"]: "1A" for p in pupils})
    (chart,) = build(Audit(()), book, certificate(tiers=[]), regulation([])).charts
    assert isinstance(chart, Bars)
    assert [s.name for s in chart.series][-1] == "all others"
    assert len(chart.series) == 6
    assert sum(s.values[0] for s in chart.series) == 30


def test_that_dates_and_columns_of_plain_no_have_no_chart() -> None:
    rules = regulation([{"rule": "balance_number", "attribute": "data_nascita", "weight": 1}])
    book = Ledger([{"id": "a", "data_nascita": date(2014, 2, 3), "dsa": False}], CLASSES, (), {"a": "1A"})
    assert build(audit_ledger(book, rules), book, certificate(tiers=[]), rules).charts == ()


# --- odd schools ---


def bare(pupils: list[dict[str, Any]], placed: dict[str, str], classes: list[dict[str, Any]], **other: Any) -> Content:
    book = Ledger(pupils, classes, (), placed)
    return build(Audit(()), book, certificate(tiers=[], criteria=[], **other), regulation([]))


def test_that_a_school_of_identifiers_without_rules_or_wishes_has_a_report() -> None:
    said = bare([{"id": "a"}, {"id": "b"}], {"a": "1A", "b": "1B"}, CLASSES, status="OPTIMAL")
    assert titles(said) == ["No mandatory rules", "Nothing left to improve", "No wishes to grant"]
    assert (said.named, said.charts, said.matrix) == (False, (), ())
    page = visible(render_html(said))
    assert "The regulation holds no rules." in page
    assert "Nothing: every rule is fully kept." in page


def test_that_all_preferences_met_and_all_wishes_granted_are_good_news() -> None:
    rules = regulation([{"rule": "wishes", "weight": 1}])
    book = Ledger([{"id": "a"}, {"id": "b"}], [{"id": "1A"}], [{"da": "a", "a": "b"}], {"a": "1A", "b": "1A"})
    tiers = [{"tier": 1, "value": 0, "bound": 0, "proved": True, "proof": "arithmetic"}]
    said = build(audit_ledger(book, rules), book, certificate(status="OPTIMAL", tiers=tiers), rules)
    assert [v.mark for v in said.verdicts] == ["info", "good", "good", "good"]
    assert titles(said)[2:] == ["Every preference is fully met", "Every wish is granted"]
    assert said.tiers[0].meaning == "Fully met: no departure at all."


def test_that_fifty_classes_are_cut_into_tables_that_fit() -> None:
    classes = [{"id": f"{k // 5 + 1}{'ABCDE'[k % 5]}"} for k in range(50)]
    pupils = [{"id": f"p{k}", "sesso": "FM"[k % 2]} for k in range(100)]
    placed = {f"p{k}": classes[k % 50]["id"] for k in range(100)}
    rules = regulation([{"rule": "balance", "attribute": "sesso", "weight": 1}])
    book = Ledger(pupils, classes, (), placed)
    said = build(audit_ledger(book, rules), book, certificate(tiers=[]), rules)
    page = render_html(said)
    assert page.count('<table class="grid cells">') == 5
    assert "classes 9A to 10E" in visible(page)
    assert [len(c.classes) for c in said.charts] == [40, 10]
    assert len(sheets(render_xlsx(said, book))) == 51


def test_that_blocks_are_about_equal() -> None:
    assert [len(b) for b in even_blocks(range(13), 10)] == [6, 7]
    assert even_blocks(range(0), 10) == []


def test_that_very_long_names_and_empty_classes_are_no_trouble() -> None:
    name = "Wolfeschlegelsteinhausen" * 20
    said = bare([{"id": "x" * 300, "cognome": name}], {"x" * 300: "1A"}, CLASSES)
    assert name in visible(render_html(said))
    assert "No pupils in this class." in visible(render_html(said))
    book = Ledger([{"id": "x" * 300, "cognome": name}], CLASSES, (), {"x" * 300: "1A"})
    assert name in cells(render_xlsx(said, book), "1A")


CONFLICT = {
    "counting": [{"code": "C2", "text": "3 pupils with disability, 1 place.", "criteria": [1]}],
    "rules": [{"code": "R", "text": "At most 1 per class"}, {"code": "R", "text": "Fixed"}],
    "pupils": ["a", "zz"],
    "relaxation": [],
    "minimal": True,
    "lines": ["not shown"],
}


@pytest.mark.parametrize("audit", [None, Audit(())])
def test_that_the_impossible_is_explained_instead_of_shown(audit: Audit | None) -> None:
    rules, book = regulation(), ledger({})
    said = build(audit, book, certificate(status="INFEASIBLE", tiers=[], audit=None, conflict=CONFLICT), rules)
    assert titles(said) == ["Impossible: the mandatory rules clash"]
    assert [(p.title.split(":")[0], p.sentences) for p in said.conflict] == [
        ("Counting alone shows it", ("[C2] 3 pupils with disability, 1 place.",)),
        ("What clashes", ("[R] At most 1 per class", "[R] Fixed")),
        ("Pupils involved", ("Rossi Anna (a)", "zz")),
    ]
    page = visible(render_html(said))
    assert "[C2] 3 pupils with disability, 1 place." in page
    assert "Class by class" not in page
    summary = cells(render_xlsx(said, book), "Summary")
    assert "[R] Fixed" in summary
    assert sheets(render_xlsx(said, book)) == ["Summary"]


@pytest.mark.parametrize(
    ("conflict", "shown"),
    [
        (None, "No explanation was recorded in the certificate."),
        ("Too few places.", "Too few places."),
        ({"lines": ["No assignment."]}, "No assignment."),
        ({"rules": [{"text": "Rule 3"}], "minimal": False}, "a smaller set may exist"),
    ],
)
def test_that_any_conflict_is_readable(conflict: Any, shown: str) -> None:
    said = build(None, ledger({}), certificate(status="INFEASIBLE", conflict=conflict), regulation())
    assert shown in visible(render_html(said))


def test_that_unknown_is_never_called_anything_else() -> None:
    said = build(None, ledger({}), certificate(status="UNKNOWN", tiers=[], audit=None), regulation())
    assert titles(said) == ["No answer in the time allowed"]
    assert "it was not proved that none exists" in said.verdicts[0].text
    assert "Impossible" not in visible(render_html(said))


def test_that_a_bare_certificate_is_enough() -> None:
    book, rules = ledger(), regulation()
    said = build(audit_ledger(book, rules), book, {"status": "FEASIBLE"}, rules, UNMET)
    assert [f.name for f in said.facts] == ["Result"]
    assert [t.bound for t in said.tiers] == [None, None]
    assert render_html(said)


def test_that_a_deterministic_run_is_said_to_be_repeatable() -> None:
    facts = {f.name: f.value for f in content(deterministic=True, wall_seconds=None).facts}
    assert facts["Repeatable to the byte"].startswith("yes")
    assert "Time taken" not in facts


# --- numbers in words ---


def test_that_numbers_have_the_languages_decimal_mark() -> None:
    assert (say_number(Fraction(1, 3)), say_number(-2), say_number(None), say_number(20)) == ("0.333", "−2", "–", "20")
    assert (say_mean(Fraction(5, 2)), say_mean(None)) == ("2.50", "–")
    with use_language("it"):
        assert (say_number(7.25), say_mean(Fraction(5, 2)), say_percent(0.0125)) == ("7,25", "2,50", "1,2 %")
    assert say_number(Fraction(-1, 10**6)) == "0"


def test_that_a_tiny_gap_is_not_called_none() -> None:
    assert (say_percent(0), say_percent(0.00001)) == ("0 %", "less than 0.1 %")


@pytest.mark.parametrize(
    ("count", "target", "state", "words"),
    [
        (Count(0, value=3, low=2, high=4), "2–4", "inside", "within target"),
        (Count(2, value=6, low=2, high=4), "2–4", "above", "too many (+2)"),
        (Count(1, value=1, low=2), "min 2", "below", "too few (−1)"),
        (Count(1, value=3, high=2), "max 2", "above", "too many (+1)"),
        (Count(1, value=Fraction(15, 2), low=8, high=8), "8", "below", "too low (−0.5)"),
        (Count(1, value=Fraction(9), low=8, high=8), "8", "above", "too high (+1)"),
        (Count(4, value=3), "", "outside", "outside target (4)"),
    ],
)
def test_that_a_departure_has_words_and_distance(count: Count, target: str, state: str, words: str) -> None:
    assert say_target(count) == target
    assert departure(count) == (state, words)


# --- the page ---


class Reader(HTMLParser):
    """Checks that tags are balanced and collects what a person reads."""

    VOID = frozenset({"meta", "br", "rect", "circle", "path"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def visible(page: str) -> str:
    return " ".join(" ".join(read(page).text).split())


def test_that_the_page_is_well_formed_and_reaches_nothing_outside() -> None:
    page = render_html(content())
    reader = read(page)
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page
    assert not {tag for tag, _ in reader.tags} & {"script", "link", "img", "iframe", "object", "form", "base"}
    assert not [k for _, attrs in reader.tags for k in attrs if k.startswith("on") or k in ("src", "style")]
    assert all(str(a["href"]).startswith("#") for tag, a in reader.tags if tag == "a")
    policy = next(a["content"] for tag, a in reader.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert not re.search(r"@import|url\((?!#)", page)


def test_that_every_link_and_identifier_has_one_place() -> None:
    reader = read(render_html(content(PLACED | {"b": "1A"})))
    ids = [a["id"] for _, a in reader.tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert {str(a["href"])[1:] for tag, a in reader.tags if tag == "a"} <= set(ids)
    assert {str(a["aria-labelledby"]) for tag, a in reader.tags if tag == "section"} <= set(ids)


def test_that_names_are_text_and_not_markup() -> None:
    page = render_html(content())
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert SCRIPT in visible(page)


def test_that_the_page_opens_with_what_it_is() -> None:
    reader = read(render_html(content()))
    assert ("html", {"lang": "en"}) in reader.tags
    words = " ".join(" ".join(reader.text).split())
    assert words.index("Do not publish.") < words.index("Every mandatory rule is kept") < words.index("Class by class")


def test_that_the_page_speaks_the_contents_language_whoever_writes_it() -> None:
    said = content()
    with use_language("it"):
        page = render_html(said)
    assert page == render_html(said)
    assert '<html lang="it">' in render_html(replace(said, language="it"))


def test_that_every_cell_outside_its_target_says_so_in_words() -> None:
    page = render_html(content())
    outside = re.findall(r'<td class="num (above|below|outside)[^"]*">(.*?)</td>', page)
    assert len(outside) == 4
    assert all(re.search(r"too (many|few) \(", body) for _, body in outside)


def test_that_tables_have_captions_and_scopes() -> None:
    reader = read(render_html(content()))
    tags = [tag for tag, _ in reader.tags]
    assert tags.count("table") == tags.count("caption")
    assert all(a.get("scope") for tag, a in reader.tags if tag == "th")


def test_that_charts_are_told_in_words() -> None:
    page = render_html(content())
    assert page.count("<svg ") == page.count("<title id=") == page.count("<desc id=") == 4
    assert "1A: F 3, M 0; 1B: F 0, M 3." in page


def test_that_charts_of_odd_data_are_drawn() -> None:
    level = Dots("t", "d", ("1A", "1B"), ((Fraction(7), Fraction(7)), ()), (Fraction(7), None), ("7.00", "–"))
    assert draw(level, "x").count("<circle") == 2
    many = Dots("t", "d", ("1A",), (tuple(Fraction(k, 10) for k in range(900)),), (Fraction(45),), ("45.00",))
    assert 2 <= draw(many, "x").count('class="g"') <= 10
    assert draw(Dots("t", "d", (), (), (), ()), "x").startswith("<svg")


def test_that_the_same_content_gives_the_same_bytes(tmp_path: Any) -> None:
    for k in range(2):
        write_html(content(), tmp_path / f"{k}.html")
        write_xlsx(content(), ledger(), tmp_path / f"{k}.xlsx")
    assert (tmp_path / "0.html").read_bytes() == (tmp_path / "1.html").read_bytes()
    assert (tmp_path / "0.xlsx").read_bytes() == (tmp_path / "1.xlsx").read_bytes()


# --- the workbook ---


def book_of(data: bytes) -> Any:
    return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))


def sheets(data: bytes) -> list[str]:
    return list(book_of(data).sheet_names)


def rows(data: bytes, sheet: str) -> list[list[Any]]:
    return list(book_of(data).get_sheet_by_name(sheet).to_python())


def cells(data: bytes, sheet: str) -> list[Any]:
    return [c for row in rows(data, sheet) for c in row if c != ""]


def test_that_the_workbook_has_a_summary_and_a_sheet_a_class() -> None:
    data = render_xlsx(content(), ledger())
    assert sheets(data) == ["Summary", "1A", "1B"]
    summary = rows(data, "Summary")
    assert summary[1][0].startswith("Internal use")
    assert next(r for r in summary if r[0] == "1A")[:8] == ["1A", 3, 3, 1, 0, 6.75, 2, 1]
    assert next(r for r in summary if r[0] == "Whole school")[:8] == ["Whole school", 6, 3, 2, 1, 8.1, 4, 2]


def test_that_a_class_sheet_holds_the_pupils_and_the_rules_in_words() -> None:
    table = rows(render_xlsx(content(), ledger()), "1A")
    assert [c for c in table[2] if c] == ["No.", "Code", "Pupil", "sesso", "disabilita", "dsa", "livello"]
    assert table[3][:4] == [1, "e", FORMULA, "F"]
    assert table[4][:7] == [2, "a", "Rossi Anna (a)", "F", "comma1", "no", 7]
    said = [[c for c in row if c != ""] for row in table]
    assert [2, "Girls and boys: F", 3, "1–2", "▲ too many (+1)"] in said
    assert [2, "Girls and boys: M", "1–2", "▼ too few (−1)"] in [[c for c in row if c != 0] for row in said]


def test_that_no_cell_is_a_formula_or_a_link() -> None:
    with zipfile.ZipFile(io.BytesIO(render_xlsx(content(), ledger()))) as parts:
        sheets_xml = [parts.read(n).decode() for n in parts.namelist() if n.startswith("xl/worksheets/")]
    assert len(sheets_xml) == 3
    assert not [x for x in sheets_xml if "<f>" in x or "<f " in x or "<hyperlink" in x]


def test_that_sheet_names_are_ones_a_spreadsheet_accepts() -> None:
    names = sheet_names(["Summary", "1A", "1a", "summary", "a/b:c*d", "", "'x'", "y" * 40, "y" * 40, "History"])
    assert names[:6] == ["Summary", "1A", "1a (2)", "summary (2)", "a-b-c-d", "-"]
    assert names[6] == "x"
    assert [len(n) for n in names[7:9]] == [31, 31]
    assert names[9] == "History (2)"
    assert len({n.casefold() for n in names}) == len(names)


def test_that_dates_are_dates_and_unmet_wishes_have_their_reasons() -> None:
    pupils = [{**p, "data_nascita": date(2014, 2, 3)} for p in PUPILS]
    data = render_xlsx(content(), ledger(pupils=pupils))
    assert date(2014, 2, 3) in cells(data, "1A")
    summary = cells(data, "Summary")
    assert "The sexes would be even less even." in summary
    assert "no single reason was found" in summary
    assert "teachers of 5B quarrels" in summary
