"""Synthetic schools: what the knobs ask for is there, what is planted is true, and the bundled schools are as made."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from classi.audit import audit_files, audit_ledger, ledger_from_rows, with_implicit_rows
from classi.audit.count import Audit
from classi.errors import InputError, Problem
from classi.generate import Generated, Knobs, generate
from classi.i18n import use_language
from classi.regulation import Regulation, parse_regulation, read_regulation
from classi.tables import read_case_tables, tables_from_rows

ROOT = Path(__file__).resolve().parents[2]
INSTANCES, MODELS = ROOT / "instances", ROOT / "models"
TIDY = ("primaria-modulo-tempopieno", "secondaria-due-plessi", "superiore-riformazione", "difficile", "impossibile")

SCHOOLS = {
    "usual": Knobs(),
    "60": Knobs(pupils=60),
    "300": Knobs(pupils=300),
    "chosen by the solver": Knobs(plan_reduced=False),
    "sites": Knobs(pupils=126, classes=6, sites=2, languages=2, musical=20, musical_classes=2),
    "primaria": Knobs(order="primaria", pupils=88, classes=4, time_models=2),
    "superiore": Knobs(order="secondaria2", pupils=100, classes=4, previous=5, levels="marks", missing=0.1),
    "tight": Knobs(pupils=150, classes=6, spare=0, tolerance=0, wishes=3, one_way=True, vetoes=0.06, siblings=0.04),
}
PLANTED = {
    "usual": Knobs(planted=True),
    "uneven": Knobs(planted=True, pupils=127, one_way=True),
    "marks": Knobs(planted=True, pupils=300, levels="marks", wishes=2.5, one_way=True),
    "sites": Knobs(planted=True, pupils=203, classes=9, sites=2, languages=2),
    "primaria": Knobs(planted=True, pupils=60, classes=3, order="primaria", time_models=2),
    "many disabled": Knobs(planted=True, pupils=200, disabled=0.2, foreign=0.4, origins=2),
}


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with use_language("en"):
        yield


def regulation_of(made: Generated) -> Regulation:
    return parse_regulation(tomllib.loads(made.regulation))


def audited(made: Generated, split: dict[str, str]) -> Audit:
    ledger = ledger_from_rows(made.rows, split)
    return audit_ledger(ledger, with_implicit_rows(regulation_of(made), ledger))


def broken(audit: Audit, *, soft: bool) -> dict[str, int]:
    return {c.label: c.cost for c in audit.criteria if c.cost and (soft or c.hard)}


# --- every school ---


@pytest.mark.parametrize("knobs", SCHOOLS.values(), ids=SCHOOLS.keys())
@pytest.mark.parametrize("seed", [0, 1])
def test_that_the_hidden_split_keeps_every_hard_rule(knobs: Knobs, seed: int) -> None:
    made = generate(knobs, seed)
    assert made.witness is not None
    audit = audited(made, made.witness)
    assert not audit.structure
    assert broken(audit, soft=False) == {}


@pytest.mark.parametrize("knobs", SCHOOLS.values(), ids=SCHOOLS.keys())
def test_that_tables_and_regulation_are_read_without_a_problem(knobs: Knobs) -> None:
    made = generate(knobs, 4)
    tables = tables_from_rows(made.rows)
    regulation = regulation_of(made).with_implicit(tables.school)
    assert list(regulation.problems(tables.school)) == []
    assert len(regulation.tiers) == 3
    assert len(tables.school.pupils) == knobs.pupils


@pytest.mark.parametrize("knobs", SCHOOLS.values(), ids=SCHOOLS.keys())
def test_that_the_seed_alone_decides(knobs: Knobs) -> None:
    assert generate(knobs, 3) == generate(knobs, 3)
    assert generate(knobs, 3).rows["alunni"] != generate(knobs, 5).rows["alunni"]


def test_that_a_known_seed_gives_a_known_school() -> None:
    # Written down once: another platform or another numpy must give the same.
    made = generate(Knobs(pupils=24, classes=1, names=True), 1)
    assert [(r["cognome"], r["sesso"], str(r["data_nascita"]), r["voto"]) for r in made.rows["alunni"][:3]] == KNOWN


KNOWN = [
    ("Caldafulli", "M", "2015-07-28", Decimal("7")),
    ("Brustelli", "M", "2015-08-28", Decimal("6.5")),
    ("Caldafulli", "F", "2015-07-28", Decimal("9")),
]


def test_that_one_knob_leaves_the_other_columns_alone() -> None:
    plain, named = generate(Knobs(), 2), generate(Knobs(names=True, missing=0.3), 2)
    for one, other in zip(plain.rows["alunni"], named.rows["alunni"], strict=True):
        assert all(other[column] in (None, cell) for column, cell in one.items())
    assert all(row["cognome"] and row["nome"] for row in named.rows["alunni"])


# --- shares ---


def test_that_shares_are_met_to_the_pupil() -> None:
    knobs = Knobs(pupils=1000, classes=42)
    pupils = generate(knobs, 1).rows["alunni"]

    def number(column: str, value: object) -> int:
        return sum(row[column] == value for row in pupils)

    for found, share in (
        (number("sesso", "F"), knobs.girls),
        (1000 - number("cittadinanza", "italiana"), knobs.foreign),
        (1000 - number("disabilita", "no"), knobs.disabled),
        (number("dsa", True), knobs.dsa),
        (number("bes", True), knobs.bes),
        (number("ripetente", True), knobs.repeaters),
        (number("situazione_problematica", True), knobs.problems),
    ):
        assert abs(found - 1000 * share) <= 1
    assert not any(row["dsa"] and row["bes"] for row in pupils)


def test_that_wishes_are_as_many_and_as_returned_as_asked() -> None:
    knobs = Knobs(pupils=500, wishes=1.6, reciprocity=0.5)
    made = generate(knobs, 1)
    wishes = {(t["da"], t["a"]) for t in made.rows["legami"] if t["tipo"] == "preferisce"}
    returned = sum((b, a) in wishes for a, b in wishes)
    assert len(wishes) == pytest.approx(800, rel=0.03)
    assert returned / len(wishes) == pytest.approx(0.5, abs=0.03)
    assert max(Counter(a for a, _b in wishes).values()) <= 3
    by_id = {row["id"]: row for row in made.rows["alunni"]}
    same_sex = sum(by_id[a]["sesso"] == by_id[b]["sesso"] for a, b in wishes) / len(wishes)
    same_class = sum(by_id[a]["classe_provenienza"] == by_id[b]["classe_provenienza"] for a, b in wishes) / len(wishes)
    assert same_sex > 0.7
    assert same_class > 0.75


def test_that_popularity_gathers_the_wishes() -> None:
    def most_wished(popularity: float) -> int:
        made = [generate(Knobs(pupils=300, popularity=popularity, wishes_in_circle=0.2), s) for s in range(3)]
        ties = [t["a"] for m in made for t in m.rows["legami"] if t["tipo"] == "preferisce"]
        return sum(n * n for n in Counter(ties).values())

    assert most_wished(4.0) > 1.2 * most_wished(0.0)


def test_that_foreign_pupils_have_lower_levels_where_they_are_correlated() -> None:
    def gap(correlation: float) -> float:
        pupils = generate(Knobs(pupils=1000, foreign=0.3, correlation=correlation, clustering=0), 1).rows["alunni"]
        italian = [float(str(r["voto"])) for r in pupils if r["cittadinanza"] == "italiana"]
        foreign = [float(str(r["voto"])) for r in pupils if r["cittadinanza"] != "italiana"]
        return sum(italian) / len(italian) - sum(foreign) / len(foreign)

    assert abs(gap(0)) < 0.25
    assert gap(1) > 1


def test_that_foreign_pupils_cluster_by_school_of_origin() -> None:
    def spread(clustering: float, seed: int) -> float:
        pupils = generate(Knobs(pupils=2000, foreign=0.2, clustering=clustering), seed).rows["alunni"]
        size = Counter(r["scuola_provenienza"] for r in pupils)
        foreign = Counter(r["scuola_provenienza"] for r in pupils if r["cittadinanza"] != "italiana")
        shares = [foreign[s] / n for s, n in size.items()]
        return max(shares) - min(shares)

    assert sum(spread(1.0, seed) for seed in range(1, 4)) > 2 * sum(spread(0.0, seed) for seed in range(1, 4))


def test_that_missing_cells_are_as_many_as_asked() -> None:
    pupils = generate(Knobs(pupils=1000, missing=0.1), 1).rows["alunni"]
    assert sum(r["voto"] is None for r in pupils) == pytest.approx(100, abs=35)
    assert all(r["sesso"] and r["disabilita"] for r in pupils)


# --- ties ---


@pytest.mark.parametrize("seed", range(4))
def test_that_ties_are_between_two_pupils_of_the_school_and_do_not_clash(seed: int) -> None:
    made = generate(SCHOOLS["tight"], seed)
    ids = {row["id"] for row in made.rows["alunni"]}
    pairs = {}
    for tie in made.rows["legami"]:
        assert {tie["da"], tie["a"]} <= ids
        assert tie["da"] != tie["a"]
        pairs.setdefault(tie["tipo"], set()).add(frozenset((tie["da"], tie["a"])))
    assert not pairs["separati"] & pairs["insieme"]
    assert set(pairs) >= {"preferisce", "separati", "insieme", "gemelli"}


def test_that_twins_are_born_on_one_day_and_bear_one_surname() -> None:
    made = generate(Knobs(pupils=400, siblings=0.05, names=True), 1)
    by_id = {row["id"]: row for row in made.rows["alunni"]}
    twins = [t for t in made.rows["legami"] if t["tipo"] == "gemelli"]
    assert len(twins) > 5
    for tie in twins:
        one, other = by_id[tie["da"]], by_id[tie["a"]]
        assert one["data_nascita"] == other["data_nascita"]
        assert one["cognome"] == other["cognome"]


# --- planted and impossible ---


@pytest.mark.parametrize("knobs", PLANTED.values(), ids=PLANTED.keys())
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_that_a_planted_split_costs_nothing_at_all(knobs: Knobs, seed: int) -> None:
    made = generate(knobs, seed)
    assert made.perfect is not None
    audit = audited(made, made.perfect)
    assert not audit.structure
    assert broken(audit, soft=True) == {}
    assert len(audit.criteria) >= 15


def test_that_a_planted_split_is_not_the_only_thing_that_costs_nothing() -> None:
    # Two pupils of different classes swapped: something must cost, or the rules would see nothing.
    made = generate(Knobs(planted=True), 0)
    assert made.perfect is not None
    one, other = "P001", next(p for p, c in made.perfect.items() if c != made.perfect["P001"])
    swapped = {**made.perfect, one: made.perfect[other], other: made.perfect[one]}
    assert broken(audited(made, swapped), soft=True)


def test_that_too_many_disabled_pupils_make_it_impossible() -> None:
    made = generate(Knobs(pupils=132, classes=6, impossible="disability"), 2)
    disabled = sum(row["disabilita"] != "no" for row in made.rows["alunni"])
    rule = next(c for c in regulation_of(made).criteria if c.rule == "at_most_per_class" and c.hard)
    assert (disabled, getattr(rule, "limit", None), len(made.rows["classi"])) == (13, 2, 6)
    assert "13" in made.why_impossible
    assert made.witness is None


@pytest.mark.parametrize("pupils", [125, 126])
def test_that_too_few_places_make_it_impossible(pupils: int) -> None:
    made = generate(Knobs(pupils=pupils, classes=5, impossible="size"), 2)
    rule = next(c for c in regulation_of(made).criteria if c.rule == "class_size")
    assert rule.hard
    assert getattr(rule, "max", 0) * (100 + getattr(rule, "tolerance", 0)) // 100 * 5 < pupils
    assert str(pupils) in made.why_impossible


def test_that_more_pupils_to_keep_apart_than_classes_make_it_impossible() -> None:
    made = generate(Knobs(impossible="ties"), 2)
    apart = {frozenset((t["da"], t["a"])) for t in made.rows["legami"] if t["fonte"] == "insegnanti"}
    degree = Counter(pupil for pair in apart for pupil in pair)
    clique = [pupil for pupil, n in degree.items() if n >= 5]
    assert len(clique) == 6
    assert all(frozenset((a, b)) in apart for a in clique for b in clique if a != b)
    assert any(c.rule == "apart" and c.hard for c in regulation_of(made).criteria)
    assert tables_from_rows(made.rows).school  # impossible, not contradictory


@pytest.mark.parametrize(
    "wrong",
    [
        {"girls": 1.5}, {"pupils": 0}, {"classes": 200}, {"sites": 9}, {"wishes": 4.0}, {"time_models": 3},
        {"planted": True, "missing": 0.1}, {"planted": True, "pupils": 40, "classes": 5}, {"musical": 60},
        {"impossible": "size", "sites": 2}, {"impossible": "disability", "pupils": 10, "classes": 5},
    ],
)  # fmt: skip
def test_that_knobs_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".{10}"):
        Knobs(**wrong)


def test_that_a_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="seed"):
        generate(Knobs(), -1)


# --- the bundled regulations and schools ---


@pytest.mark.parametrize("order", ["primaria", "secondaria1", "secondaria2"])
def test_that_national_frames_fit_the_generated_schools(order: Any) -> None:
    regulation = read_regulation(MODELS / f"nazionale-{order}.toml")
    made = generate(Knobs(order=order), 1)
    rooms = [{**row, "area_mq": 50} for row in made.rows["classi"]]
    school = tables_from_rows({**made.rows, "classi": rooms}).school
    assert list(regulation.problems(school)) == []
    assert all(c.name and c.source for c in regulation.criteria)
    assert {c.rule for c in regulation.criteria if c.hard} >= {"class_size", "size_with_group", "at_most_per_class"}


@pytest.fixture(scope="module")
def make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_instances", INSTANCES / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def fresh(make: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("instances")
    make.main([], folder)
    return folder


@pytest.mark.parametrize("name", TIDY)
def test_that_the_bundled_tables_are_what_is_made(name: str, fresh: Path) -> None:
    written = sorted(p.name for p in (fresh / name).iterdir())
    assert {"alunni.csv", "classi.csv", "legami.csv"} <= set(written)
    for file in written:
        assert (INSTANCES / name / file).read_bytes() == (fresh / name / file).read_bytes(), file


@pytest.mark.parametrize("name", TIDY)
def test_that_the_bundled_schools_are_read_and_their_regulations_fit(name: str) -> None:
    school = read_case_tables(INSTANCES / name).school
    regulation = read_regulation(INSTANCES / name / "regolamento.toml", MODELS).with_implicit(school)
    assert list(regulation.problems(school)) == []
    assert regulation.bind(school).pools
    assert (INSTANCES / name / "README.md").stat().st_size > 300


@pytest.mark.parametrize("name", ["difficile", "impossibile"])
def test_that_the_auditor_reads_the_bundled_schools_as_they_were_made(
    name: str, make: ModuleType, tmp_path: Path
) -> None:
    made = getattr(make, name)()
    split = made.witness or {str(row["id"]): "1A" for row in made.rows["alunni"]}
    lines = [f"{pupil};{class_id}" for pupil, class_id in split.items()]
    (tmp_path / "assegnazioni.csv").write_text("\n".join(["id;classe", *lines]), encoding="utf-8")
    audit, _ledger, _regulation = audit_files(INSTANCES / name, tmp_path, MODELS)
    assert [c.cost for c in audit.criteria] == [c.cost for c in audited(made, split).criteria]


def test_that_the_messy_school_is_what_is_made(fresh: Path) -> None:
    assert (INSTANCES / "confusa" / "README.md").read_bytes() == (fresh / "confusa" / "README.md").read_bytes()
    found = [_problems(folder / "confusa") for folder in (INSTANCES, fresh)]
    assert found[0] == found[1]


def test_that_every_mistake_of_the_messy_school_is_found_and_nothing_else(make: ModuleType) -> None:
    left = _problems(INSTANCES / "confusa")
    assert len(make.MISTAKES) >= 40
    for mistake in make.MISTAKES:
        hits = [p for p in left if _is_about(p, mistake)]
        assert hits, mistake
        left.remove(hits[0])
    assert left == []


def test_that_the_messy_school_is_sound_without_its_mistakes(make: ModuleType, tmp_path: Path) -> None:
    make.MISTAKES, mistakes = (), make.MISTAKES
    try:
        sheets = make.confusa()
    finally:
        make.MISTAKES = mistakes
    del sheets["Foglio1"]
    for cells in sheets["Alunni"]:
        del cells[-4:-2]  # the second column of notes and the one without a header
    make.write_workbook(tmp_path / "scuola.xlsx", sheets)
    tables = read_case_tables(tmp_path)
    assert len(tables.school.pupils) == 60
    regulation = read_regulation(INSTANCES / "confusa" / "regolamento.toml", MODELS)
    assert list(regulation.with_implicit(tables.school).problems(tables.school)) == []


def _problems(case: Path) -> list[Problem]:
    with pytest.raises(InputError) as error:
        read_case_tables(case)
    return list(error.value.problems)


def _is_about(problem: Problem, mistake: Any) -> bool:
    header = mistake.row == 1
    return (
        problem.sheet == mistake.sheet
        and problem.warning == mistake.warning
        and (problem.row == mistake.row or (header and problem.row is None))
        and problem.column in ("", str(mistake.cell) if header else mistake.column)
    )


def test_that_knobs_can_be_turned_one_at_a_time() -> None:
    assert replace(Knobs(), pupils=200).number_of_classes == 8
    assert [Knobs(pupils=n).number_of_classes for n in (60, 125, 300, 500, 1000)] == [3, 5, 13, 21, 42]
