"""Families of schools: each is what it says it is, can be formed, and is compiled without what nobody can break."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import shapes

from classi.bench.instances import FAMILIES, SIZES, knobs, make, read, write
from classi.bench.records import Instance
from classi.case import Case
from classi.domain import School
from classi.errors import InputError
from classi.generate import Generated, Knobs, generate
from classi.i18n import use_language
from classi.terms import Band, Place, When

FORMED = [family for family in FAMILIES if family != "oversubscribed"]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with use_language("en"):
        yield


def origins(made: Generated) -> list[int]:
    return sorted(Counter(row["scuola_provenienza"] for row in made.rows["alunni"]).values())


def random_places(school: School, seed: int) -> list[int]:
    dice = random.Random(seed)
    return [dice.choice(sorted(school.open_to(i))) for i in range(len(school.pupils))]


# --- every family ---


@pytest.mark.parametrize("family", FORMED)
@pytest.mark.parametrize("pupils", [60, 125, 300])
def test_that_the_hidden_split_of_every_family_keeps_every_hard_rule(family: str, pupils: int) -> None:
    made, case = make(Instance(family, pupils, 1)), read(Instance(family, pupils, 1))
    assert made.witness is not None
    audit = case.audit(made.witness).audit
    assert not audit.structure
    assert {c.label: c.cost for c in audit.criteria if c.hard and c.cost} == {}
    assert len(case.school.pupils) == pupils


@pytest.mark.parametrize("family", FAMILIES)
def test_that_every_family_has_schools_of_every_size(family: str) -> None:
    for pupils in SIZES:
        assert knobs(Instance(family, pupils, 0)).pupils == pupils
    assert len(FAMILIES[family].about) > 60


@pytest.mark.parametrize("family", FAMILIES)
def test_that_an_instance_is_the_same_school_everywhere(family: str) -> None:
    instance = Instance(family, 60, 2)
    assert make(instance) == make(instance)
    assert make(instance).rows != make(Instance(family, 60, 3)).rows


@pytest.mark.parametrize("family", FAMILIES)
def test_that_what_is_written_is_what_is_read_in_memory(family: str, tmp_path: Path) -> None:
    instance = Instance(family, 60, 1)
    write(instance, tmp_path / "case")
    written, made = Case.read(tmp_path / "case"), make(instance)
    in_memory = Case.from_rows(made.rows, tmp_path / "case" / "regolamento.toml")
    assert written.school == in_memory.school
    assert written.regulation == in_memory.regulation


def test_that_a_case_is_not_written_over(tmp_path: Path) -> None:
    write(Instance("standard", 60, 1), tmp_path)
    with pytest.raises(InputError):
        write(Instance("standard", 60, 2), tmp_path)


@pytest.mark.parametrize(
    ("instance", "said"),
    [
        (Instance("tigth", 60, 1), "Perhaps: tight"),
        (Instance("standard", 59, 1), "at least 60 pupils, not 59"),
        (Instance("standard", 60, -1), "at least 0"),
    ],
)
def test_that_an_instance_there_is_not_is_refused(instance: Instance, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(instance)


# --- one by one ---


@pytest.mark.parametrize("pupils", [60, 200, 500])
def test_that_the_perfect_split_of_a_planted_school_costs_nothing(pupils: int) -> None:
    for seed in (1, 2):
        made = make(Instance("planted", pupils, seed))
        assert made.perfect is not None
        audit = read(Instance("planted", pupils, seed)).audit(made.perfect).audit
        assert audit.hard_kept
        assert set(audit.tiers.values()) == {0}
        assert len(audit.tiers) == 3


@pytest.mark.parametrize("pupils", [125, 200, 300, 500, 1000])
def test_that_a_tight_school_has_hardly_a_place_to_spare(pupils: int) -> None:
    for seed in (1, 2):
        case = read(Instance("tight", pupils, seed))
        size = next(c for c in case.regulation.criteria if c.rule == "class_size")
        small = next(c for c in case.regulation.criteria if c.rule == "size_with_group")
        assert small.hard
        assert size.tolerance == 0  # type: ignore[attr-defined]
        most: int = size.max  # type: ignore[attr-defined]
        places = sum(most if c.max is None else c.max for c in case.school.classes)
        assert pupils <= places <= pupils + len(case.school.classes)
        disabled = case.school.members({"disabilita": ["comma1", "comma3"]})
        assert len(disabled) > 1.5 * len(case.school.classes)


def test_that_a_dense_school_is_the_usual_one_with_three_wishes_a_pupil() -> None:
    instance = Instance("dense", 200, 1)
    assert knobs(instance) == replace(knobs(Instance("standard", 200, 1)), wishes=3.0)
    assert sum(t.kind == "preferisce" for t in read(instance).school.ties) > 2.5 * 200


def test_that_a_school_of_knots_is_full_of_returned_wishes_of_one_final_class() -> None:
    school = read(Instance("knots", 200, 1)).school
    wishes = {(t.first, t.second) for t in school.ties if t.kind == "preferisce"}
    usual = [t for t in read(Instance("standard", 200, 1)).school.ties if t.kind == "preferisce"]
    near = [(a, b) for a, b in wishes if same(school, a, b, "classe_provenienza")]
    assert len(wishes) > 2.5 * 200 > 2 * len(usual)
    assert sum((b, a) in wishes for a, b in wishes) > 0.75 * len(wishes)
    assert len(near) > 0.75 * len(wishes)


def same(school: School, a: int, b: int, column: str) -> bool:
    return school.pupils[a][column] == school.pupils[b][column]


def test_that_one_way_schools_count_wishes_that_are_not_returned() -> None:
    kinds = {f: [getattr(c, "kind", "") for c in read(Instance(f, 60, 1)).regulation.criteria] for f in FORMED}
    assert [f for f in FORMED if "one_way" in kinds[f]] == ["one-way"]
    assert "reciprocal" in kinds["one-way"]


def test_that_in_a_correlated_school_foreign_pupils_come_from_few_schools_with_low_levels() -> None:
    def gaps(family: str) -> tuple[float, float]:
        level = crowd = 0.0
        for seed in range(4):
            rows = make(Instance(family, 500, seed)).rows["alunni"]
            foreign = [r for r in rows if r["cittadinanza"] != "italiana"]
            level += average(rows) - average(foreign)
            crowd += max(Counter(r["scuola_provenienza"] for r in foreign).values()) / len(foreign)
        return level, crowd

    def average(rows: list[dict[str, object]]) -> float:
        return sum(float(str(r["voto"])) for r in rows) / len(rows)

    (level, crowd), (usual_level, usual_crowd) = gaps("correlated"), gaps("standard")
    assert level > 1.3 * usual_level > 0
    assert crowd > usual_crowd


@pytest.mark.parametrize(("pupils", "sites"), [(60, 2), (500, 2), (1000, 4)])
def test_that_sites_share_no_pupil(pupils: int, sites: int) -> None:
    school = read(Instance("sites", pupils, 1)).school
    assert len(school.pools) == sites
    assert sum(len(inside) for _classes, inside in school.pools) == pupils
    assert knobs(Instance("sites", 10_000, 1)).sites == 40


def test_that_a_reformation_keeps_pupils_with_their_companions() -> None:
    case, made = read(Instance("reformation", 200, 1)), make(Instance("reformation", 200, 1))
    kept = next(k for k, c in enumerate(case.regulation.criteria) if c.rule == "keep_class")
    places = [t for t in case.terms if t.criterion == kept and isinstance(t.shape, Place)]
    assert len({row["classe_precedente"] for row in made.rows["alunni"]}) == len(case.school.classes) + 1
    assert 150 < len(places) < 200  # all but those of the class that ends
    assert made.witness is not None
    moved = case.audit(made.witness).audit.criteria[kept].cost
    assert 0 < moved < len(places) / 2


def test_that_rankings_leave_applicants_out_without_any_draw() -> None:
    instance = Instance("oversubscribed", 125, 1)
    case, applicants = read(instance), make(instance).rows["alunni"]
    size = next(c for c in case.regulation.criteria if c.rule == "class_size")
    seats = len(case.school.classes) * size.max  # type: ignore[attr-defined]
    assert len({row["distanza"] for row in applicants}) == len(applicants) == 125
    assert len(case.school.pupils) <= seats < 125
    assert len(case.school.pools) == 2
    assert [c.rule for c in case.regulation.criteria if c.hard] == ["class_size"]
    disabled = sum(row["disabilita"] != "no" for row in applicants)
    assert len(case.school.members({"disabilita": ["comma1", "comma3"]})) == disabled > 0
    places = random_places(case.school, 1)
    ids = [c.id for c in case.school.classes]
    audit = case.audit({p.id: ids[c] for p, c in zip(case.school.pupils, places, strict=True)}).audit
    assert not audit.structure


@pytest.mark.parametrize(("pupils", "largest"), [(1000, 150), (2000, 150), (5000, 150)])
def test_that_schools_of_origin_stay_as_large_as_schools_are(pupils: int, largest: int) -> None:
    sizes = origins(make(Instance("standard", pupils, 1)))
    assert largest > sizes[-1] > 60
    assert sizes[len(sizes) // 2] > 20
    assert origins(generate(Knobs(pupils=pupils), 1))[-1] > largest  # what districts are for


def test_that_a_site_takes_pupils_from_its_own_district_only() -> None:
    for districts, shared in ((1, True), (4, False)):
        rows = generate(Knobs(pupils=400, sites=4, districts=districts, origins=12, second_choices=0), 1).rows["alunni"]
        sites = {(row["scuola_provenienza"], row["plesso_1"]) for row in rows}
        assert (len(sites) > len({school for school, _site in sites})) is shared


def test_that_more_districts_than_schools_of_origin_are_refused() -> None:
    with pytest.raises(ValueError, match="districts"):
        Knobs(districts=10)


# --- compiled without what nobody can break ---

RULES = """
[[criteria]]
rule = "balance"
attribute = "sesso"
relative = true
weight = 1
"""


@pytest.mark.parametrize("family", ["sites", "standard"])
def test_that_compiled_rules_cost_what_the_auditor_counts_wherever_pupils_may_go(family: str, tmp_path: Path) -> None:
    made = make(Instance(family, 125, 1))
    (tmp_path / "regolamento.toml").write_text(made.regulation + RULES, encoding="utf-8")
    case = Case.from_rows(made.rows, tmp_path / "regolamento.toml")
    ids = [c.id for c in case.school.classes]
    for seed in range(6):
        places = random_places(case.school, seed)
        costs = Counter(dict.fromkeys(range(len(case.regulation.criteria)), 0))
        for term in case.terms:
            costs[term.criterion] += shapes.excess(term.shape, places)
        audit = case.audit({p.id: ids[c] for p, c in zip(case.school.pupils, places, strict=True)}).audit
        assert list(costs.values()) == [c.cost for c in audit.criteria]
        assert sum(costs.values()) > 0


def test_that_no_term_is_made_for_pupils_who_cannot_reach_the_class() -> None:
    case = read(Instance("sites", 1000, 1))
    full = case.regulation.terms(case.school)
    assert len(case.terms) < 0.7 * len(full)
    reach = case.school.open_to
    for term in case.terms:
        match term.shape:
            case When(trigger=pupils, band=Band(classes=(c,))):
                assert any(c in reach(i) for i in pupils)
            case Band(classes=(c,), weights=weights, low=low) if not low:
                assert any(c in reach(i) for i, _w in weights)


def test_that_the_auditor_counts_a_pupil_in_a_class_of_another_site() -> None:
    made, case = make(Instance("sites", 60, 1)), read(Instance("sites", 60, 1))
    assert made.witness is not None
    everybody_in_one = dict.fromkeys(made.witness, case.school.classes[0].id)
    audit = case.audit(everybody_in_one).audit
    crowds = next(c for c in audit.criteria if c.rule == "at_most_per_class" and not c.hard)
    limit = case.regulation.criteria[crowds.number - 1].limit  # type: ignore[attr-defined]
    sizes = Counter(row["classe_provenienza"] for row in made.rows["alunni"])
    assert crowds.cost == sum(max(0, n - limit) for n in sizes.values()) > 0
