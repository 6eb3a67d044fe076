"""Tests that alternatives are as good as the best and really differ, against every assignment of tiny schools."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations, product
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from typer.testing import CliRunner

from classi import Case
from classi.alternatives import Alternative, Alternatives, alternatives, time_left, write_alternatives
from classi.cli import _show_others, build
from classi.errors import Contradiction, InputError
from classi.formation import alternatives as search
from classi.formation.alternatives import another, quality
from classi.formation.engine import Clock, Limits
from classi.formation.matching import alike
from classi.formation.search import Board
from classi.formation.solve import Cap, by_tier
from classi.generate import Knobs
from classi.i18n import use_language
from classi.profiles import Profile
from classi.recount import audit_result
from classi.restate import restate
from classi.workflow import form, generate_case
from oversubscribed import read_table, write_school

ONE = Limits(seconds=20, workers=1)
Places = tuple[int, ...]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


def tiny_case(seed: int) -> Case:
    """Six or seven pupils, two or three classes; rules drawn by lot, some with sizes free, some with classes unlike."""
    rng = random.Random(seed)
    number, classes = rng.choice(((6, 2), (7, 2), (6, 3)))
    pupils = [{"id": f"p{i}", "sesso": rng.choice("FM"), "plesso_1": rng.choice(("Est", ""))} for i in range(number)]
    rooms = [{"id": f"1{'ABC'[c]}", "plesso": "Est" if c == 0 else "Ovest"} for c in range(classes)]
    ties = [
        {"da": f"p{i}", "a": f"p{j}", "tipo": "preferisce"}
        for i, j in {tuple(rng.sample(range(number), 2)) for _ in range(rng.choice((0, 4, 9)))}
    ]
    rules: list[dict[str, Any]] = [
        {"rule": "class_size", "min": rng.choice((0, 1, 2)), "max": number - 2, "hard": True},
        {"rule": "balance", "attribute": "sesso", "weight": 2, "tier": 1},
    ]
    more: list[dict[str, Any]] = [
        {"rule": "equal_sizes", "weight": 1, "tier": 1},
        {"rule": "wishes", "kind": "any", "weight": 1, "tier": 2},
        {"rule": "requests", "attribute": "plesso", "weight": 1, "tier": 3},
    ]
    return Case.from_rows(
        {"alunni": pupils, "classi": rooms, "legami": ties},
        {"criteria": rules + rng.sample(more, rng.choice((1, 2, 3)))},
    )


def as_good(case: Case, tolerance: float = 0.0) -> tuple[list[Places], tuple[Cap, ...]]:
    """Every split that costs as little as the best, by looking at all there are; and the caps that say so."""
    board, tiers = Board(case.school, case.terms), by_tier(case.terms)
    everywhere = [
        sorted(room) for room in (case.school.open or [range(len(case.school.classes))] * len(case.school.pupils))
    ]
    costs = {p: board.costs(p) for p in product(*everywhere)}
    least = min(cost for cost in costs.values() if not cost[0])
    caps = quality([(t, value) for t, value in zip(tiers.values(), least[1:], strict=True)], tolerance)
    most = [cap.most for cap in caps]
    return [p for p, c in costs.items() if not c[0] and all(v <= m for v, m in zip(c[1:], most, strict=True))], caps


def far(one: Places, other: Places, groups: Sequence[int]) -> int:
    """Pupils who change class under the best renaming, by trying them all."""
    names = [n for n in permutations(range(len(groups))) if all(groups[c] == groups[n[c]] for c in range(len(groups)))]
    return min(sum(a != n[b] for a, b in zip(one, other, strict=True)) for n in names)


@pytest.mark.parametrize("seed", range(24))
def test_that_the_farthest_split_of_equal_quality_is_found_whenever_there_is_one(seed: int) -> None:
    case = tiny_case(seed)
    splits, caps = as_good(case, tolerance=(0, 0, 50)[seed % 3])
    groups = alike(case.school, case.terms)
    earlier = [splits[0]]
    for _turn in range(4):
        best = max(min(far(e, p, groups) for e in earlier) for p in splits)
        found = another(case.school, case.terms, earlier, caps, groups, Clock(ONE))
        assert (found.distance, found.most, found.proved) == (best, best, True)
        assert (found.places is None) == (best == 0)
        if found.places is None:
            return
        assert found.places in splits
        assert min(far(e, found.places, groups) for e in earlier) == best
        earlier.append(found.places)


def test_that_both_answers_occur_among_the_tiny_schools() -> None:
    def others(seed: int) -> bool:
        case = tiny_case(seed)
        splits, _caps = as_good(case)
        groups = alike(case.school, case.terms)
        return any(far(splits[0], p, groups) for p in splits)

    assert {others(seed) for seed in range(24)} == {True, False}


def test_that_two_classes_that_come_together_are_a_difference() -> None:
    # The whole of one class moves to another, which only the matching of all classes shows.
    case = Case.from_rows(
        {"alunni": [{"id": "a"}, {"id": "b"}], "classi": [{"id": c} for c in ("1A", "1B", "1C")]},
        {"criteria": [{"rule": "class_size", "max": 2, "hard": True}]},
    )
    groups = alike(case.school, case.terms)
    found = another(case.school, case.terms, [(0, 1)], (), groups, Clock(ONE))
    assert found.places is not None and found.places[0] == found.places[1] and found.distance == 1
    assert another(case.school, case.terms, [(0, 1), found.places], (), groups, Clock(ONE)).most == 0


def test_that_very_many_classes_are_taken_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "SMALL", 2)
    monkeypatch.setattr(search, "LARGEST", 3)
    monkeypatch.setattr(search, "PIECE", 2)
    pupils = [{"id": f"p{i}", "sesso": "FM"[i % 2]} for i in range(16)]
    case = Case.from_rows(
        {"alunni": pupils, "classi": [{"id": f"1{c}"} for c in "ABCD"]},
        {"criteria": [{"rule": "equal_sizes", "hard": True}, {"rule": "balance", "attribute": "sesso", "weight": 1}]},
    )
    best = tuple(i // 4 for i in range(16))
    groups, board = alike(case.school, case.terms), Board(case.school, case.terms)
    caps = quality([(t, board.tier_cost(best, k)) for k, t in by_tier(case.terms).items()], 0)
    told: list[int] = []
    found = another(case.school, case.terms, [best], caps, groups, Clock(Limits(5, workers=1)), told.append)
    assert found.places is not None and found.distance >= 6 and found.most == 16 and not found.proved
    assert board.costs(found.places) == board.costs(best) and told[-1] == found.distance


def test_that_caps_below_a_known_split_are_a_contradiction() -> None:
    case = tiny_case(0)
    splits, caps = as_good(case)
    worse = next(p for p in product(range(2), repeat=len(splits[0])) if p not in splits and 0 < sum(p) < len(p) - 1)
    groups = alike(case.school, case.terms)
    with pytest.raises(Contradiction):
        another(case.school, case.terms, [worse], (*caps, Cap(tuple(case.terms), -1)), groups, Clock(ONE))


def test_that_the_tolerance_is_rounded_up_to_a_point_and_is_for_the_last_tier() -> None:
    assert [c.most for c in quality([((), 40), ((), 30)], 0)] == [40, 30]
    assert [c.most for c in quality([((), 40), ((), 30)], 10)] == [40, 33]
    assert [c.most for c in quality([((), 40), ((), 30)], 1)] == [40, 31]
    assert [c.most for c in quality([((), 40), ((), 0)], 50)] == [40, 0]
    assert quality([], 10) == ()


# --- a school in files ---


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scuola") / "s"
    generate_case(folder, Knobs(pupils=36, classes=3, wishes=1.0), 4)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def certificate(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "certificato.json").read_text(encoding="utf-8"))


def run(*arguments: object) -> Any:
    return CliRunner().invoke(build(), [str(a) for a in arguments])


def asked(case: Path, out: Path, *more: object) -> Any:
    return run("form", case, "--out", out, "--time-limit", 8, "--workers", 1, *more)


@pytest.fixture(scope="module")
def formed(school: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with use_language("en"):
        out = tmp_path_factory.mktemp("esito") / "e"
        done = asked(school, out, "--alternatives", 2, "--profile", "desideri", "--profile", "Mio profilo=5")
        assert done.exit_code == 0, done.output
        return out


def test_that_every_folder_is_a_result_the_auditor_confirms(school: Path, formed: Path) -> None:
    folders = {f.name for f in formed.iterdir() if f.is_dir()}
    assert folders == {"alternativa-1", "alternativa-2", "desideri", "mio-profilo"}
    for folder in (formed, *(formed / name for name in folders)):
        recount = audit_result(school, folder)
        assert recount.confirmed and recount.certified
        assert {"assegnazioni.csv", "certificato.json", "report.html", "classi.xlsx"} <= {
            f.name for f in folder.iterdir()
        }


def test_that_the_certificate_of_the_best_lists_the_others_with_price_and_distances(school: Path, formed: Path) -> None:
    case, best = Case.read(school), certificate(formed)
    groups = alike(case.school, case.terms)

    def places(folder: Path) -> Places:
        placed = {row["id"]: row["classe"] for row in read_table(folder / "assegnazioni.csv")}
        return tuple(case.school.class_at[placed[p.id].casefold()] for p in case.school.pupils)

    listed = best["alternatives"]
    splits = {"migliore": places(formed), **{a["name"]: places(formed / a["folder"]) for a in listed}}
    values = {t["tier"]: t["value"] for t in best["tiers"]}
    for other in listed:
        own = certificate(formed / other["folder"])
        assert [(t["tier"], t["value"]) for t in own["tiers"]] == [(t["tier"], t["value"]) for t in other["tiers"]]
        assert all(t["more"] == t["value"] - values[t["tier"]] for t in other["tiers"])
        expected = {n: far(splits[other["name"]], p, groups) for n, p in splits.items() if n != other["name"]}
        assert other["distances"] == expected == own["made"]["distances"]
    first = listed[0]
    assert (
        first["profile"] is None and first["distances"]["migliore"] > 0 and not any(t["more"] for t in first["tiers"])
    )
    assert [a["name"] for a in listed] == ["alternativa-1", "alternativa-2", "desideri", "Mio profilo"]


def test_that_a_profile_tells_its_own_order_and_what_its_search_reached(formed: Path) -> None:
    made = certificate(formed / "mio-profilo")["made"]
    assert made["how"] == "profile" and made["profile"] == "Mio profilo"
    names = [c["name"] for c in certificate(formed)["criteria"] if not c["hard"]]
    assert sorted(made["order"]) == sorted(names) and len(made["tiers"]) > 1
    assert all(t["bound"] <= t["value"] for t in made["tiers"]) and made["tiers"][0]["proved"]
    assert certificate(formed / "alternativa-2")["made"]["number"] == 2


def test_that_the_best_is_written_as_without_the_option_and_all_of_it_the_same_again(
    school: Path, formed: Path, tmp_path: Path
) -> None:
    asked(school, tmp_path / "due", "--alternatives", 2, "--profile", "desideri", "--profile", "Mio profilo=5")
    assert contents(tmp_path / "due") == contents(formed)
    run("form", school, "--out", tmp_path / "solo", "--time-limit", 4, "--workers", 1)
    alone, best = contents(tmp_path / "solo"), contents(formed)
    assert {n for n in alone if alone[n] != best[n]} == {"certificato.json"}
    told = certificate(formed)
    del told["alternatives"]
    assert told == certificate(tmp_path / "solo") and list(told) == list(certificate(tmp_path / "solo"))


def test_that_what_is_found_is_told(school: Path, tmp_path: Path) -> None:
    told = asked(school, tmp_path / "e", "--alternatives", 1, "--profile", "equilibrio").output
    assert "alternativa-1: " in told and "another class than in the best split; it costs as much in every tier." in told
    assert re.search(r"equilibrio: \d+ pupils change class against the best split\.", told)


def test_that_a_result_is_not_written_over_unless_asked_and_then_nothing_old_is_left(
    school: Path, formed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "e"
    shutil.copytree(formed, out)
    before = contents(out)
    assert asked(school, out, "--alternatives", 1).exit_code == 2 and contents(out) == before
    (out / "certificato.json").unlink()
    for name in ("assegnazioni.csv", "report.html", "classi.xlsx"):
        (out / name).unlink()
    refused = asked(school, out, "--alternatives", 1)
    assert refused.exit_code == 2 and "alternativa-1" in refused.output.replace("\n", "")
    shutil.copy(formed / "certificato.json", out)
    (out / "desideri" / "appunti.txt").write_text("da tenere")
    assert asked(school, out, "--alternatives", 1, "--force").exit_code == 0
    assert {f.name for f in out.iterdir() if f.is_dir()} == {"alternativa-1", "desideri"}
    assert [f.name for f in (out / "desideri").iterdir()] == ["appunti.txt"]
    assert asked(school, out, "--force").exit_code == 0
    assert not (out / "alternativa-1").exists() and "alternatives" not in certificate(out)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--profile", "desidri"), "Perhaps: desideri."),
        (("--profile", "migliore=5"), "the same folder"),
        (("--profile", "alternativa 1=5", "--alternatives", 1), "the same folder"),
        (("--profile", "!!=5"), "needs a letter or a digit"),
        (("--profile", "a=99", "--profile", "b="), "2 problems"),
        (("--keep", "x.csv", "--alternatives", 1), "--keep asks for one split"),
    ],
)
def test_that_what_cannot_be_is_refused_before_anything_is_formed(
    school: Path, tmp_path: Path, more: tuple[object, ...], said: str
) -> None:
    done = asked(school, tmp_path / "e", *more)
    assert done.exit_code == 2 and said in " ".join(done.output.split())
    assert not (tmp_path / "e").exists()


# --- from a script ---


def two_by_two(**more: Any) -> Case:
    """Four pupils, two classes of two; a wish each way makes one split the best."""
    ties = [{"da": "a", "a": "b", "tipo": "preferisce"}, {"da": "b", "a": "a", "tipo": "preferisce"}]
    rules = [{"rule": "equal_sizes", "hard": True}, {"rule": "wishes", "weight": 1}]
    rows = {"alunni": [{"id": x} for x in "abcd"], "classi": [{"id": "1A"}, {"id": "1B"}], "legami": ties}
    return Case.from_rows(rows, {"criteria": rules, **more})


def test_that_a_renamed_split_is_no_alternative_and_that_there_is_none_is_proved() -> None:
    found = alternatives(form(two_by_two(), workers=1), 3, workers=1, time_limit=5)
    assert found == () and found.ended == "proved" and "is proved" in found.no_more


def test_that_a_tolerance_opens_more_splits() -> None:
    case = two_by_two()
    free = {**case.source, "legami": [*case.source["legami"], {"da": "c", "a": "a", "tipo": "preferisce"}]}  # type: ignore[dict-item]
    result = form(
        Case.from_rows(
            free, {"criteria": [{"rule": "equal_sizes", "hard": True}, {"rule": "wishes", "kind": "any", "weight": 1}]}
        ),
        workers=1,
    )
    assert alternatives(result, 1, workers=1, time_limit=5).ended == "proved"
    (other,) = alternatives(result, 1, tolerance=100, workers=1, time_limit=5)
    assert other.distances == {"migliore": 2} and other.result.certificate["made"]["tolerance"] == 100
    assert other.tiers[0]["value"] == result.certificate["tiers"][0]["value"] + 1


def test_that_a_profile_a_script_makes_needs_no_regulation_and_may_be_as_good_as_the_best() -> None:
    result = form(two_by_two(), workers=1)
    told: list[str] = []
    (one,) = alternatives(
        result, 0, profiles=[Profile(name="Già", first=["wishes"])], workers=1, time_limit=5, progress=told.append
    )
    assert (one.name, one.folder, one.profile, one.distances) == ("Già", "gia", "Già", {"migliore": 0})
    # Classes that may be renamed have the names of the best: nobody seems to move who does not.
    assert one.result.assignment.placed == result.assignment.placed
    assert told == ["Già: 0 pupils change class against the best split."]


def test_that_a_case_without_a_split_has_no_alternatives() -> None:
    result = form(two_by_two(drop=[]), workers=1)
    nothing = replace(result, solution=replace(result.solution, places=None))
    assert alternatives(nothing, 2, profiles=["desideri"]) == ()


def test_that_an_alternative_better_than_an_unproved_best_is_told_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    case = two_by_two()
    worse = restate(case, [0, 1, 0, 1], {"how": "given"})
    found = alternatives(worse, 1, workers=1, time_limit=5)
    assert [a.tiers[0]["value"] for a in found] == [0]
    _show_others(worse, found, Path("e"))
    told = " ".join(capsys.readouterr().out.split())
    assert "points against the best: tier 1 -2. It is better than the split called best" in told
    best = form(case, workers=1)
    back = Alternative("a", "a", worse, {"migliore": 2})
    _show_others(best, Alternatives([back]), Path("e"))
    told = capsys.readouterr().out
    assert "tier 1 +2." in told and "better" not in told


@pytest.mark.parametrize(("number", "tolerance"), [(-1, 0.0), (21, 0.0), (1, -1.0), (1, 101.0), (1, float("nan"))])
def test_that_impossible_numbers_are_refused(number: int, tolerance: float) -> None:
    with pytest.raises(InputError):
        alternatives(form(two_by_two(), workers=1), number, tolerance=tolerance)


def test_that_a_stop_keeps_the_splits_found_so_far(school: Path) -> None:
    result, stop = form(Case.read(school), workers=1, time_limit=4), Event()
    found = alternatives(
        result, 5, profiles=["desideri"], workers=1, time_limit=20, stop=stop, progress=lambda _line: stop.set()
    )
    assert (
        [a.name for a in found] == ["alternativa-1"] and found.ended == "interrupted" and "Interrupted" in found.no_more
    )


def test_that_without_time_nothing_is_found_and_nothing_said_to_be_proved(school: Path) -> None:
    result = form(Case.read(school), workers=1, time_limit=4)
    found = alternatives(result, 1, profiles=["desideri"], workers=1, time_limit=0)
    assert found == () and found.ended == "time" and "not proved" in found.no_more


def test_that_the_time_the_best_leaves_is_counted_as_it_was_spent() -> None:
    result = form(two_by_two(), workers=1)
    spent = replace(result.solution, deterministic_time=2.0, wall_seconds=100.0)
    assert time_left(replace(result, solution=spent), 10) == pytest.approx(6)
    measured = {**result.certificate, "deterministic": False}
    assert time_left(replace(result, solution=spent, certificate=measured), 130) == pytest.approx(30)
    assert time_left(replace(result, solution=spent, certificate=measured), 10) == 0


def test_that_all_are_formed_inside_the_same_seats(tmp_path: Path) -> None:
    case = write_school(tmp_path / "scuola")
    result = form(Case.read(case), workers=1, time_limit=5)
    found = alternatives(result, 1, profiles=["equilibrio"], workers=1, time_limit=5)
    assert [a.name for a in found][-1] == "equilibrio"
    write_alternatives(result, found, tmp_path / "e")
    for folder in (tmp_path / "e", *(tmp_path / "e" / a.folder for a in found)):
        assert audit_result(case, folder).confirmed
        assert (folder / "graduatorie.csv").read_bytes() == (tmp_path / "e" / "graduatorie.csv").read_bytes()
        assert certificate(folder)["admission"] == certificate(tmp_path / "e")["admission"]
