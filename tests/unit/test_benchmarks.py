"""Tests that the benchmarks of whole commands and of admissions measure what they say."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock
from xml.etree import ElementTree

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))  # the benchmarks stand outside the package

from benchmarks import cases
from benchmarks import choices as choices_module
from benchmarks.admissions import CLASS_RULES, KINDS, Setting, measure
from benchmarks.cases import REGISTRY, benchmark, spoil, write_folder
from benchmarks.choices import CHOICES, switched
from benchmarks.growth import PLOT, draw, exponent
from benchmarks.journal import Journal
from benchmarks.run import main
from benchmarks.suites import expect, run_classi
from benchmarks.tables import markdown, spread

from classi.bench.records import Instance
from classi.errors import InputError
from classi.formation.engine import Clock, Limits
from classi.generate import Knobs, generate
from classi.seating import give_seats, rankings
from classi.tables.read import read_case_tables


def test_that_a_name_registers_once() -> None:
    with pytest.raises(ValueError, match="60/3"):
        benchmark("60/3", seeds=range(1))(Knobs)


def test_that_the_registered_cases_have_the_sizes_they_say() -> None:
    for name, size in (("60/3", (60, 3)), ("125/5", (125, 5)), ("1000 rows", (1000, 42))):
        knobs = REGISTRY[name].knobs
        assert (knobs.pupils, knobs.number_of_classes) == size
    assert len(REGISTRY["125/5"].seeds) == 10


def test_that_a_spoiled_case_has_exactly_the_errors_asked_for(tmp_path: Path) -> None:
    made = generate(Knobs(pupils=60, classes=3), 1)
    before = [dict(row) for row in made.rows["alunni"]]
    rows = spoil(made.rows, 20)
    different = [n for n, (a, b) in enumerate(zip(before, rows["alunni"], strict=True)) if a != b]
    assert different == list(range(20))
    assert made.rows["alunni"] == before
    write_folder(tmp_path / "case", made, errors=20)
    with pytest.raises(InputError) as caught:
        read_case_tables(tmp_path / "case")
    assert sum(not p.warning for p in caught.value.problems) == 20


def test_that_the_written_assignment_keeps_every_hard_rule(tmp_path: Path) -> None:
    made = generate(Knobs(pupils=60, classes=3), 1)
    case = write_folder(tmp_path / "case", made, formed=tmp_path / "out")
    assert expect(run_classi("audit", case, tmp_path / "out"), 0)["code"] == 0


def test_that_a_command_that_fails_is_not_timed(tmp_path: Path) -> None:
    figures = run_classi("check", tmp_path / "nothing")
    assert figures["seconds"] > 0
    assert figures["peak_mb"] > 5
    with pytest.raises(RuntimeError, match="ended with"):
        expect(figures, 0)


def test_that_a_journal_is_taken_up_again_and_forgets_other_code(tmp_path: Path) -> None:
    file, made = tmp_path / "journal.jsonl", []

    def measure() -> dict[str, Any]:
        made.append(1)
        return {"seconds": len(made)}

    assert Journal(file, "one").get(measure, case="x", seed=1) == {"seconds": 1}
    with file.open("a") as broken:
        broken.write('{"code": "one", "wha')
    assert Journal(file, "one").get(measure, case="x", seed=1) == {"seconds": 1}
    assert Journal(file, "one").get(measure, case="x", seed=2) == {"seconds": 2}
    assert Journal(file, "two").get(measure, case="x", seed=1) == {"seconds": 3}


def test_that_tables_say_medians_and_what_was_not_reached() -> None:
    assert spread([1.0, 2.0, None]) == "2.00 / –"
    assert spread([3.0]) == "3.00 / 3.00"
    assert markdown(("a", "b"), [("x", 1)]) == "| a | b |\n| --- | ---: |\n| x | 1 |\n"


def test_that_the_command_writes_a_table_with_the_command_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.suites.USUAL", ("tiny",))
    monkeypatch.setitem(REGISTRY, "tiny", cases.Benchmark("tiny", Knobs(pupils=20, classes=2), (1, 2)))
    out, journal = tmp_path / "RESULTS.md", tmp_path / "j.jsonl"
    arguments = ["--suite", "usual", "--seeds", "1", "--out", str(out), "--journal", str(journal)]
    main(arguments)
    text = out.read_text(encoding="utf-8")
    assert "python -m benchmarks.run --suite usual --seeds 1" in text
    assert "| tiny | 1 of 1 |" in text
    (line,) = journal.read_text(encoding="utf-8").splitlines()
    assert all(t["value"] == t["bound"] for t in json.loads(line)["figures"]["tiers"])
    main(arguments)
    assert journal.read_text(encoding="utf-8").splitlines() == [line]


def test_that_the_applicants_of_a_seed_are_always_the_same() -> None:
    one, other, third = (Setting(40, 3).make(seed)[0] for seed in (1, 1, 2))
    assert one.school == other.school != third.school


def test_that_measured_admissions_are_those_they_say() -> None:
    for name, (options, rankings_of, applicants) in {
        "city-each": (120, 120, 10_000), "city-one": (120, 1, 10_000), "rules-one": (6, 1, 600),
    }.items():  # fmt: skip
        kind = KINDS[name]
        assert kind.target[0] == applicants
        assert applicants in kind.applicants
        case, _decisions = kind.setting(240).make(1)
        assert len(case.school.pupils) == 240
        found = rankings(case)["Posti"]
        assert len(found) == rankings_of
        assert case.regulation.admission is not None
        assert len(case.regulation.admission.rounds[0].options(case.school.classes)) == options


def test_that_the_class_rules_of_the_measured_institute_refuse_what_places_alone_would_give() -> None:
    case, decisions = Setting(100, 2, "one", tuple(CLASS_RULES)).make(2)
    given = give_seats(case, Clock(Limits()), decisions)
    assert given is not None
    assert {refusal.why for refusal in given.admission.rounds[0].seats.refusals} == {"full", "formation"}


def test_that_a_measurement_says_how_many_got_a_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    small = replace(KINDS["rules-each"], setting=lambda n: Setting(n, 2, "each", tuple(CLASS_RULES)))
    monkeypatch.setitem(KINDS, "rules-each", small)
    figures = measure("rules-each", 100, 2)
    assert 0 < figures["seated"] < 100
    assert figures["seconds"] > 0


def test_that_an_exponent_is_the_power_of_the_growth() -> None:
    assert exponent([(10, 0.5), (20, 2.0), (40, 8.0)]) == pytest.approx(2.0)
    assert exponent([(10, 3.0), (1000, 3.0)]) == pytest.approx(0.0)


def test_that_the_plot_shows_every_kind_with_its_exponent_inside_the_frame() -> None:
    lines = {"one & all": [(10, 0.5), (20, 2.0), (40, 8.0)], "flat": [(10, 3.0), (99, 3.0)]}
    drawn = ElementTree.fromstring(draw(lines))
    text = "".join(drawn.itertext())
    assert "one & all: n2.00" in text and "flat: n0.00" in text
    circles = drawn.findall("{http://www.w3.org/2000/svg}circle")
    assert len(circles) == 5
    width, height = map(float, drawn.attrib["viewBox"].split()[2:])
    assert all(0 < float(c.attrib["cx"]) < width and 0 < float(c.attrib["cy"]) < height for c in circles)
    ups = [float(c.attrib["cy"]) for c in circles[:3]]
    assert ups == sorted(ups, reverse=True)


def test_that_admissions_are_measured_one_process_each_and_plotted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranking = KINDS["ranking"]
    for name in list(KINDS):
        monkeypatch.delitem(KINDS, name)
    monkeypatch.setitem(KINDS, "ranking", replace(ranking, applicants=(50, 100)))
    out, journal = tmp_path / "RESULTS.md", tmp_path / "j.jsonl"
    main(["--suite", "admissions", "--seeds", "1", "--out", str(out), "--journal", str(journal)])
    assert "| ranking alone | 100 |" in out.read_text(encoding="utf-8")
    assert "ranking alone" in (tmp_path / PLOT).read_text(encoding="utf-8")
    lines = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    assert [line["what"]["applicants"] for line in lines] == [50, 100]
    assert all(line["figures"]["peak_mb"] >= line["figures"]["before_mb"] > 5 for line in lines)


def test_that_every_choice_takes_something_back_and_gives_it_back() -> None:
    for choice, (owner, name, stand_in) in CHOICES.items():
        before = getattr(owner, name)
        with switched(choice):
            assert getattr(owner, name) is stand_in
        assert getattr(owner, name) is before
        assert (stand_in is before) == (choice == "as it is")


def test_that_a_school_is_proved_best_with_every_choice_taken_back(tmp_path: Path) -> None:
    said: list[str] = []
    with mock.patch.object(choices_module, "SCHOOLS", (Instance("standard", 60, 2),)):
        table = choices_module.choices(Journal(tmp_path / "journal.jsonl", "code"), 1, said.append)
    assert len(said) == len(CHOICES)
    assert "open:" not in table
    assert table.count("standard-60-2") == 1
