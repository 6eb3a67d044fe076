"""Tests of the explanations: what they hold, how they read, and that a family's tells nothing of anybody else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from classi.case import Case
from classi.errors import InputError
from classi.explain import explain_pupil
from classi.explain.family import explain_families, explain_family, write_families
from classi.explain.words import lines, sections
from classi.i18n import use_language
from classi.resources import instances
from classi.splits import Split, read_split, split_of
from oversubscribed import give_places, write_school

CLASSES = [{"id": "1A", "plesso": "Nord"}, {"id": "1B", "plesso": "Nord"}, {"id": "1C", "plesso": "Sud"}]
PLACED = {"ada": "1A", "bea": "1A", "ciro": "1B", "dino": "1B", "eva": "1C", "fabio": "1C"}
SEX = {"ada": "F", "bea": "F", "ciro": "M", "dino": "M", "eva": "F", "fabio": "M"}
PUPILS: list[dict[str, Any]] = [{"id": i, "cognome": i.upper(), "nome": "Prova", "sesso": s} for i, s in SEX.items()]
GIRLS = {"rule": "balance", "attribute": "sesso", "values": ["F"], "weight": 5}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


def split(
    *rules: dict[str, Any],
    ties: tuple[tuple[str, str, str], ...] = (),
    placed: dict[str, str] | None = None,
    **cells: Any,
) -> Split:
    """Return a split of six pupils in three classes; `cells` adds cells to pupils, by their identifier."""
    pupils = [{**p, **cells.get(p["id"], {})} for p in PUPILS]
    linked = [{"da": a, "a": b, "tipo": kind} for a, b, kind in ties]
    case = Case.from_rows({"alunni": pupils, "classi": CLASSES, "legami": linked}, {"criteria": list(rules)})
    return split_of(case, placed or PLACED, "prova")


def text(made: Split, pupil: str, **asked: Any) -> str:
    return "\n".join(lines(explain_pupil(made, pupil, **asked), made))


# --- facts ---


def test_that_a_pin_is_told_with_who_decided_it_and_why() -> None:
    pins = [{"pupil": "ada", "class": "1A", "who": "dirigente", "why": "ascensore."}]
    said = text(split({"rule": "fixed_class", "name": "Fissati", "pins": pins, "hard": True}), "ada")
    assert "Fissati: only 1A. It is so. Decided by dirigente: ascensore.\n" in said
    assert said.count("not open to this pupil, because of: Fissati.") == 2


def test_that_ties_and_requests_are_told_with_whether_they_are_kept() -> None:
    made = split(
        {"rule": "together", "name": "Insieme", "weight": 2},
        {"rule": "apart", "name": "Separati", "hard": True},
        {"rule": "requests", "name": "Sede", "attribute": "plesso", "weight": 1},
        ties=(("ada", "ciro", "insieme"), ("eva", "ada", "separati")),
        ada={"plesso_1": "Sud"},
    )
    said = text(made, "ada")
    assert "Insieme: in the same class as CIRO Prova (ciro). It is not so." in said
    assert "Separati: not in the same class as EVA Prova (eva). It is so." in said
    assert "Sede: 1C would be best. It is not so." in said


def test_that_a_pupil_of_whom_no_rule_speaks_is_told_so() -> None:
    assert "No rule speaks of this pupil by name" in text(split(GIRLS), "ada")


# --- wishes ---


def test_that_wishes_are_answered_each_in_its_way() -> None:
    made = split(
        {"rule": "wishes", "name": "Preferenze", "weight": 1},
        {"rule": "eligibility", "name": "Sede", "attribute": "plesso", "hard": True},
        ties=(
            ("ada", "bea", "preferisce"), ("ada", "ciro", "preferisce"), ("ada", "eva", "preferisce"),
            ("ada", "dino", "preferisce"), ("dino", "ada", "separati"),
        ),
        ada={"plesso_1": "Nord"}, eva={"plesso_1": "Sud"},
    )  # fmt: skip
    found = {w.friend: w for w in explain_pupil(made, "ada").wishes}
    assert [(w.granted, w.vetoed, w.possible) for w in found.values()] == [
        (True, False, True), (False, False, True), (False, False, False), (False, True, True)
    ]  # fmt: skip
    assert found["ciro"].way is not None and ("ada", "ciro") in found["ciro"].way.granted
    said = text(made, "ada")
    assert "BEA Prova (bea): granted." in said
    assert "CIRO Prova (ciro): not granted. The cheapest way to grant it: " in said
    assert "EVA Prova (eva): not granted. No class is open to both of them." in said
    assert "DINO Prova (dino): not counted, because the two are to be kept apart." in said
    assert "Wish granted: ADA Prova (ada) → CIRO Prova (ciro)." in said
    assert "No rule of the regulation counts" not in said


def test_that_a_wish_no_rule_counts_is_told_as_such() -> None:
    reciprocal = {"rule": "wishes", "kind": "reciprocal", "weight": 1}
    said = text(split(reciprocal, ties=(("ada", "ciro", "preferisce"),)), "ada")
    assert "(No rule of the regulation counts this wish.)" in said


def test_that_two_who_could_only_meet_in_a_third_class_are_told_that_no_single_change_does_it() -> None:
    closed = {"rule": "forbidden_class", "name": "Vietate", "hard": True, "pins": [
        {"pupil": "ada", "class": "1B", "who": "d", "why": "p"},
        {"pupil": "ciro", "class": "1A", "who": "d", "why": "p"},
    ]}  # fmt: skip
    assert "No single move or swap brings them together" in text(
        split(closed, ties=(("ada", "ciro", "preferisce"),)), "ada"
    )


# --- other classes and counts ---


def test_that_the_price_of_another_class_is_the_cheapest_and_in_words() -> None:
    made = split(GIRLS, {"rule": "equal_sizes", "name": "Pari numero", "hard": True})
    one, other = explain_pupil(made, "ada").classes
    assert one.class_id == "1B" and [m.pupil for m in one.way.moves] == ["ada", "ciro"] and one.way.verdict == -1
    assert other.class_id == "1C" and [m.pupil for m in other.way.moves] == ["ada", "eva"] and other.way.verdict == 0
    said = text(made, "ada")
    assert "1B: ADA Prova (ada) goes from 1A to 1B, and CIRO Prova (ciro) the other way." in said
    assert "The split would be better: 10 points fewer in priority 1." in said
    assert "1C: ADA Prova (ada) goes from 1A to 1C, and EVA Prova (eva) the other way." in said
    assert "The split would be as good as it is now." in said


def test_that_a_worse_split_and_a_forbidden_one_are_called_so() -> None:
    even = {"ada": "1A", "bea": "1B", "ciro": "1A", "dino": "1B", "eva": "1C", "fabio": "1C"}
    limit = {"rule": "class_size", "name": "Due al più", "max": 2, "hard": True}
    tied = {"rule": "together", "name": "Insieme", "hard": True}
    said = text(split(GIRLS, limit, tied, ties=(("ada", "ciro", "insieme"),), placed=even), "ada")
    assert said.count("It would break what is mandatory.") == 2 and "Insieme: mandatory and broken (by 1)." in said
    said = text(split(GIRLS, limit, placed=even | {"fabio": "1C"}), "ciro")
    assert "as good as" in said
    alone = {"rule": "keep_class", "name": "Continuità", "weight": 1, "tier": 2}
    said = text(split(alone, placed=even, ciro={"classe_precedente": "1A"}), "ciro")
    assert said.count("The split would be worse: 1 point more in priority 2.") == 2
    assert "1B: CIRO Prova (ciro) goes from 1A to 1B." in said


def test_that_a_count_outside_its_target_is_explained_and_one_inside_only_when_asked() -> None:
    made = split(GIRLS)
    (answer,) = explain_pupil(made, "ada").counts
    assert (answer.number, answer.count.value, answer.count.high, answer.proved) == (1, 2, 1, False)
    assert "Class 1A has 2 pupils (sesso F): an even split would give exactly 1." in text(made, "ada")
    assert "Even spread: sesso, 1A, F: 1 instead of 2 (target 1)." in text(made, "ada")
    assert explain_pupil(made, "eva").counts == ()
    said = text(made, "eva", rule=1)
    assert "Even spread: sesso, 1C, F: 1, within the target (1). The rule asks for no other number." in said
    assert explain_pupil(made, "eva", class_id="1a").counts == (answer,)


def test_that_a_count_nothing_brings_nearer_is_told_so() -> None:
    pins = [{"pupil": i, "class": c, "who": "d", "why": "p"} for i, c in PLACED.items()]
    made = split(GIRLS, {"rule": "fixed_class", "name": "Tutti fissi", "pins": pins, "hard": True})
    assert explain_pupil(made, "ada").counts[0].way is None
    assert "No single move or swap brings it nearer to the target." in text(made, "ada")


def test_that_a_mistyped_pupil_rule_and_class_are_all_told_at_once() -> None:
    with pytest.raises(InputError) as error:
        explain_pupil(split(GIRLS), "zoe", rule=2, class_id="9Z")
    assert [p.value for p in error.value.problems] == ["zoe", "2", "9Z"]
    assert "ADA" not in str(error.value)


def test_that_an_explanation_is_plain_data_for_scripts() -> None:
    ages = {"rule": "balance_number", "attribute": "voto", "weight": 1, "tolerance": 0.5}
    made = split(ages, ada={"voto": 9}, bea={"voto": 8}, ciro={"voto": 5}, dino={"voto": 6}, eva={"voto": 7})
    found = explain_pupil(made, "ada")
    assert isinstance(found.counts[0].count.value, Fraction)
    again = json.loads(json.dumps(found.to_dict()))
    assert again["pupil"] == "ada" and again["counts"][0]["count"]["value"] == 8.5
    assert [c["class_id"] for c in again["classes"]] == ["1B", "1C"]


def test_that_headings_without_answers_are_left_out() -> None:
    made = split(GIRLS)
    assert [s.title for s in sections(explain_pupil(made, "eva"), made)] == [
        "EVA Prova (eva): class 1C", "What any other class would cost"
    ]  # fmt: skip


# --- results read from files ---


@pytest.fixture(scope="module")
def seats(tmp_path_factory: pytest.TempPathFactory) -> Split:
    """A school with seats, two classes of six."""
    folder = tmp_path_factory.mktemp("posti")
    give_places(write_school(folder / "scuola"), folder / "esito")
    return read_split(Case.read(folder / "scuola"), folder / "esito")


def test_that_a_seat_closes_the_other_classes(seats: Split) -> None:
    found = explain_pupil(seats, "A01")
    assert found.facts[0].kind == "seat" and found.classes[0].by_seat and found.classes[0].way is None
    said = text(seats, "A01")
    assert f"The seat given by the rankings leaves open: {found.class_id}." in said
    assert "because of: the seat that was given." in said
    family = "\n".join(explain_family(seats, "A01").lines())
    assert "It is not among the classes of the place that was given." in family and "by the ranking" in family


def certified(made: Split, **tier: Any) -> Split:
    from dataclasses import replace  # noqa: PLC0415

    return replace(made, certificate={"tiers": [{"tier": 1, "value": 10, "bound": 10, "proved": True, **tier}]})


def test_that_a_proof_is_told_only_where_the_certificate_has_it_for_this_split() -> None:
    made = split(GIRLS)
    proof = "It is proved that no split at all, not only the nearby ones, does better down to priority 1."
    assert proof in text(certified(made), "ada")
    assert proof not in text(made, "ada")
    assert proof not in text(certified(made, proved=False), "ada")
    assert proof not in text(certified(made, value=9), "ada")


def test_that_a_certificate_of_other_files_proves_nothing() -> None:
    from dataclasses import replace  # noqa: PLC0415

    made = certified(split(GIRLS))
    other = replace(made, recount=replace(made.recount, differences=("alunni.csv differs",)))
    assert explain_pupil(made, "ada").counts[0].proved and not explain_pupil(other, "ada").counts[0].proved


# --- the family's version ---

SENSITIVE = ("disabilita", "cittadinanza", "dsa", "bes", "situazione_problematica", "scuola_provenienza", "strumento")


@pytest.fixture(scope="module")
def canaries() -> Split:
    """A school in which every cell is a word of its own, so that none can be met by chance."""
    ids = [f"canarino{n:02d}" for n in range(12)]
    pupils = [
        {"id": i, "cognome": f"Cognome{n:02d}x", "nome": f"Nome{n:02d}x", "sesso": "FM"[n % 2],
         "plesso_1": ["Nord", "Sud", None][n % 3], "dsa": n % 4 == 0,
         "cittadinanza": f"stato{n:02d}x", "scuola_provenienza": f"scuola{n:02d}x", "strumento": f"strumento{n:02d}x"}
        for n, i in enumerate(ids)
    ]  # fmt: skip
    for n, row in enumerate(pupils):
        row |= {"bes": n % 3 == 0, "situazione_problematica": n % 5 == 0, "disabilita": "comma3" if n % 4 else "no"}
    kinds = ["preferisce"] * 4 + ["separati", "insieme"]
    ties = [
        {"da": i, "a": ids[(n + step) % 12], "tipo": kinds[step % 6], "motivo": "lite segreta", "fonte": "docenti"}
        for n, i in enumerate(ids)
        for step in (1, 3, 4 if n % 4 == 0 else 2)
    ]
    who = {"who": "Dott. Riservato", "why": "perizia segreta"}
    rules: list[dict[str, Any]] = [
        {"rule": "at_most_per_class", "of": {"disabilita": "comma3"}, "limit": 2, "weight": 3},
        {"rule": "size_with_group", "of": {"disabilita": "comma3"}, "limit": 2, "weight": 3},
        {"rule": "none_or_at_least", "each": "cittadinanza", "count": 2, "weight": 1},
        {"rule": "balance", "attribute": "dsa", "weight": 1, "tier": 2},
        {"rule": "balance", "attribute": "sesso", "weight": 1, "tier": 2},
        {"rule": "wishes", "kind": "reciprocal", "weight": 1, "tier": 3},
        {"rule": "apart", "weight": 4}, {"rule": "together", "weight": 4}, {"rule": "equal_sizes", "weight": 2},
        {"rule": "eligibility", "attribute": "plesso", "hard": True},
        {"rule": "forbidden_class", "pins": [{"pupil": ids[2], "class": "1A", **who}], "hard": True},
    ]  # fmt: skip
    case = Case.from_rows({"alunni": pupils, "classi": CLASSES, "legami": ties}, {"name": "Prova", "criteria": rules})
    placed = {p["id"]: {"Nord": "1B", "Sud": "1C"}.get(p["plesso_1"] or "", "1B") for p in pupils}
    return split_of(case, placed, "prova")


def family_texts(made: Split) -> dict[str, str]:
    found = explain_families(made, [p.id for p in made.case.school.pupils])
    return {one.pupil: json.dumps(one.to_dict(), ensure_ascii=False) + "\n".join(one.lines()) for one in found}


@pytest.mark.parametrize("language", ["it", "en"])
def test_that_a_family_reads_nothing_of_another_child(canaries: Split, language: str) -> None:
    with use_language(language):
        texts = family_texts(canaries)
    assert len(texts) == 12
    for mine, said in texts.items():
        for other in canaries.case.school.pupils:
            words = [other.id, other["cognome"], other["nome"], *(other[c] for c in SENSITIVE)]
            secret = [str(w) for w in words if isinstance(w, str) and w != "no"]
            assert mine == other.id or not [w for w in secret if w in said]
        for word in ("Riservato", "perizia", "segreta", "docenti", "comma3"):
            assert word not in said


NUMBER = re.compile(r"(?<![\w./-])\d+(?![\w])|\b(?:un|uno|una|due|one|two|nessun[oa]?|none|nobody)\b", re.IGNORECASE)
SENSITIVE_WORDS = re.compile(
    r"disab|dsa\b|\bbes\b|stranier|cittadin|problematic|sostegno|104|italiano|foreign|special", re.IGNORECASE
)


@pytest.fixture(scope="module")
def real() -> Split:
    """The bundled school of two sites, everybody at random where they may go: what is told is not only the best."""
    case = Case.read(instances() / "secondaria-due-plessi")
    rooms = [sorted(case.school.open_to(i)) for i in range(len(case.school.pupils))]
    return split_of(case, case.placed([room[i % len(room)] for i, room in enumerate(rooms)]), "a caso")


def test_that_no_small_number_stands_beside_a_sensitive_rule_for_anybody(real: Split) -> None:
    with use_language("it"):
        found = list(explain_families(real, [p.id for p in real.case.school.pupils]))
    sensitive = 0
    for one in found:
        for line in one.lines():
            if SENSITIVE_WORDS.search(line):
                sensitive += 1
                assert not [n for n in NUMBER.findall(line) if n not in ("una", "un")], line
    assert sensitive == len(found)  # only the columns that the criteria look at, the same for everybody


def test_that_what_a_family_reads_of_the_rules_is_the_same_for_every_family(real: Split) -> None:
    with use_language("it"):
        found = list(explain_families(real, [p.id for p in real.case.school.pupils]))
    assert len({one.parts[1] for one in found}) == 1 and len({one.parts[-1] for one in found}) == 1
    reasons = {re.sub(r"^Class\w* [^.]+\. ", "", line) for one in found for line in one.parts[-2].lines}
    assert len(reasons) <= 10  # wide kinds only


def test_that_a_veto_and_a_wish_not_returned_read_alike() -> None:
    rules = ({"rule": "wishes", "kind": "reciprocal", "weight": 1},)
    vetoed = split(*rules, ties=(("ada", "ciro", "preferisce"), ("ciro", "ada", "separati")))
    one_way = split(*rules, ties=(("ada", "ciro", "preferisce"),))
    assert explain_family(vetoed, "ada") == explain_family(one_way, "ada")


def test_that_a_veto_reads_like_a_wish_not_returned_where_the_other_class_would_be_free() -> None:
    rules = (
        {"rule": "apart", "hard": True}, {"rule": "equal_sizes", "hard": True},
        {"rule": "wishes", "kind": "reciprocal", "weight": 1},
    )  # fmt: skip
    wish, elsewhere = ("ada", "ciro", "preferisce"), ("bea", "dino", "separati")
    vetoed = split(*rules, ties=(wish, ("ciro", "ada", "separati"), elsewhere))
    one_way = split(*rules, ties=(wish, elsewhere))
    assert explain_family(vetoed, "ada") == explain_family(one_way, "ada")


def test_that_what_the_school_wrote_with_a_name_in_it_is_not_told_to_families() -> None:
    made = split({"rule": "equal_sizes", "weight": 1}, ada={"cognome": "Rossi"})
    named = replace(made.case.regulation, name="Classi prime, caso Rossi")
    said = explain_family(replace(made, case=replace(made.case, regulation=named)), "bea").parts[1].lines[0]
    assert said == explain_family(made, "bea").parts[1].lines[0] and "Rossi" not in said


def test_that_classes_with_one_reason_are_told_together() -> None:
    lines = explain_family(split({"rule": "equal_sizes", "weight": 1}), "ada").parts[-2].lines
    assert len(lines) == 1 and lines[0].startswith("Classes 1B, 1C. ")


def test_that_a_family_is_told_of_wide_kinds_of_reasons() -> None:
    made = split(
        {"rule": "eligibility", "attribute": "plesso", "hard": True},
        {"rule": "equal_sizes", "hard": True}, {"rule": "wishes", "weight": 1},
        {"rule": "forbidden_class", "hard": True, "pins": [{"pupil": "dino", "class": "1A", "who": "d", "why": "p"}]},
        ties=(("ada", "bea", "preferisce"), ("ada", "ciro", "preferisce"), ("bea", "ada", "preferisce")),
        ada={"plesso_1": "Nord"}, eva={"plesso_1": "Sud"}, fabio={"plesso_1": "Sud"},
    )  # fmt: skip
    said = explain_family(made, "ada").lines()
    assert "Companion 1 of your list: in your child's class." in said
    assert any(line.startswith("Companion 2 of your list: not in your child's class. ") for line in said)
    assert "Class 1B. Even the best change would have been at the expense of: what families asked for." in said
    assert "Class 1C. What was asked for on enrolment is not offered there." in said
    assert any(
        line == "Class 1A. It was not possible under the school's criteria."
        for line in explain_family(made, "dino").lines()
    )
    free = explain_family(split(GIRLS), "eva").lines()
    assert any("By the criteria it would have been at least as good" in line for line in free)
    alone = explain_family(split({"rule": "wishes", "weight": 1}, ties=(("eva", "ada", "preferisce"),)), "eva").lines()
    assert any(line.startswith("The companion you asked for: not in your child's class.") for line in alone)


def test_that_a_family_of_a_school_without_columns_or_name_is_told_less() -> None:
    parts = explain_family(split({"rule": "equal_sizes", "weight": 1}), "ada").parts
    assert len(parts[1].lines) == 2 and "(“" not in parts[1].lines[0]


def test_that_pages_for_families_are_written_and_never_over_others(tmp_path: Path) -> None:
    made = split(GIRLS, ada={"nome": "<b>Prova</b>"})
    files = write_families(made, tmp_path / "famiglie")
    assert [f.name for f in files] == [f"famiglia-{p['id']}.html" for p in PUPILS]
    page = files[0].read_text(encoding="utf-8")
    assert '<html lang="en">' in page and "&lt;b&gt;" in page and "<b>" not in page and "bea" not in page
    with pytest.raises(InputError, match="already there"):
        write_families(made, tmp_path / "famiglie")
    assert len(write_families(made, tmp_path / "famiglie", force=True)) == 6


def test_that_a_family_of_nobody_is_told_so() -> None:
    with pytest.raises(InputError, match="has no class"):
        explain_family(split(GIRLS), "zoe")
