"""Tests that a draw can be neither foreseen, changed nor repeated in silence, and that anybody can recompute it."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classi import draw as public_draw
from classi.draw import acts, annul, commit, parse_numbers, positions, read_draw, record, reveal, verify_public
from classi.draw.procedure import canonical, canonical_key, drawn_order, hkdf_sha256, labelled
from classi.errors import InputError
from classi.i18n import use_language

SCRIPT = Path(__file__).parents[2] / "tools" / "verify_draw.pl"
SALT = "ab" * 32
IDS = tuple(f"Alunno-{k:02}" for k in range(12))
LEVELS = {i: ("alto", "medio", "basso", "medio")[k % 4] for k, i in enumerate(IDS)}
BEFORE, DAY = date(2026, 6, 1), date(2026, 6, 20)
SOURCE = "Lotto, estrazione del 20/06/2026, ruote in ordine alfabetico: però solo «Bari» è città"
NUMBERS = [[31, 4, 88], [9, 18]]


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with use_language("en"):
        yield


def commit_to(folder: Path, name: str = "lingua-2", ids: tuple[str, ...] = IDS, **changes: Any) -> public_draw.Draw:
    usual = {"source": SOURCE, "source_date": DAY, "who": "La dirigente", "when": BEFORE, "salt": SALT}
    return commit(folder, name, ids, **{**usual, **changes})


def reveal_in(folder: Path, numbers: Any = NUMBERS, when: date = DAY) -> public_draw.Draw:
    return reveal(folder, "lingua-2", numbers, who="La commissione", when=when)


def annul_in(folder: Path, why: str = "Un'esclusa è stata riammessa") -> public_draw.Draw:
    return annul(folder, "lingua-2", who="La dirigente", why=why, when=DAY)


def drawn(folder: Path, **changes: Any) -> Path:
    commit_to(folder, **changes)
    reveal_in(folder)
    return folder / "lingua-2.json"


def refusal(act: Callable[..., Any], *arguments: Any, **named: Any) -> str:
    with pytest.raises(InputError) as caught:
        act(*arguments, **named)
    return str(caught.value)


def perl(file: Path) -> tuple[int, list[str]]:
    done = subprocess.run(["perl", str(SCRIPT), str(file)], capture_output=True, check=False)
    assert done.stderr == b""
    return done.returncode, done.stdout.decode("utf-8").splitlines()


def everything(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# --- the published procedures ---


def test_that_the_canonical_key_gives_the_selection_of_rfc_3797() -> None:
    key = canonical_key([[9319], [2, 5, 12, 8, 10], [9, 18, 26, 34, 41, 45]])
    assert key == "9319./2.5.8.10.12./9.18.26.34.41.45./"
    pool, selected = list(range(1, 26)), []
    for turn in range(10):
        counter = turn.to_bytes(2, "big")
        digest = hashlib.md5(counter + key.encode() + counter, usedforsecurity=False).digest()
        selected.append(pool.pop(int.from_bytes(digest, "big") % len(pool)))
    assert selected == [17, 7, 2, 16, 25, 23, 8, 24, 19, 13]


@pytest.mark.parametrize(
    ("salt", "info", "output"),
    [
        (
            "000102030405060708090a0b0c",
            "f0f1f2f3f4f5f6f7f8f9",
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        ("", "", "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"),
    ],
)
def test_that_hkdf_gives_the_vectors_of_rfc_5869(salt: str, info: str, output: str) -> None:
    derived = hkdf_sha256(b"\x0b" * 22, bytes.fromhex(salt), bytes.fromhex(info), 42)
    assert derived.hex() == output
    assert hkdf_sha256(b"\x0b" * 22, bytes.fromhex(salt), bytes.fromhex(info)) == derived[:32]


def test_that_numbers_are_sorted_as_numbers_inside_their_source_alone() -> None:
    assert canonical_key([[10, 9, 9, 0], [3]]) == "0.9.9.10./3./"
    assert canonical_key([[3], [10, 9, 9, 0]]) != canonical_key([[10, 9, 9, 0], [3]])


def test_that_canonical_json_knows_one_way_only() -> None:
    assert canonical({"è": [1, None], "a": {"z": "“x”", "b": DAY}}) == (
        '{"a":{"b":"2026-06-20","z":"“x”"},"è":[1,null]}'.encode()
    )


# --- the order ---


def test_that_the_order_depends_on_the_key_the_commitment_and_the_label_and_on_nothing_else() -> None:
    first = drawn_order(IDS, None, "1./", "00" * 32)
    assert sorted(first) == sorted(IDS)
    assert drawn_order(reversed(IDS), None, "1./", "00" * 32) == first
    assert drawn_order(IDS, None, "2./", "00" * 32) != first
    assert drawn_order(IDS, None, "1./", "01" * 32) != first
    without = drawn_order(IDS[1:], None, "1./", "00" * 32)
    assert without == tuple(i for i in first if i != IDS[0])


def test_that_every_first_place_is_as_likely() -> None:
    firsts = Counter(drawn_order("ABCD", None, f"{n}./", "00" * 32)[0] for n in range(2000))
    assert set(firsts) == set("ABCD")
    # 500 expected, standard deviation 19.4; the keys are fixed, and so is the outcome.
    assert all(abs(count - 500) < 80 for count in firsts.values())


@settings(deadline=None)
@given(st.lists(st.sampled_from("xyz"), min_size=1, max_size=40), st.integers(0, 99))
def test_that_every_beginning_holds_each_stratum_in_proportion(strata: list[str], number: int) -> None:
    of = {f"L{k}": stratum for k, stratum in enumerate(strata)}
    order = drawn_order(of, of, f"{number}./", "00" * 32)
    assert sorted(order) == sorted(of)
    sizes = Counter(strata)
    for length in range(1, len(order) + 1):
        here = Counter(of[label] for label in order[:length])
        for stratum, size in sizes.items():
            share = Fraction(size, len(strata))
            # Half a label of its own, and half of each other stratum's that may be early or late.
            assert abs(here[stratum] - length * share) <= Fraction(1, 2) + Fraction(len(sizes), 2) * share


def test_that_inside_a_stratum_the_order_is_that_of_the_plain_draw() -> None:
    plain = drawn_order(IDS, None, "7./", "00" * 32)
    stratified = drawn_order(IDS, LEVELS, "7./", "00" * 32)
    assert stratified != plain
    for level in set(LEVELS.values()):
        assert [i for i in stratified if LEVELS[i] == level] == [i for i in plain if LEVELS[i] == level]


# --- labels ---


def test_that_labels_are_hmacs_and_grow_together_where_two_would_be_the_same() -> None:
    labels = labelled(["P1", "P2"], SALT, pseudonymous=True)
    assert all(label.startswith("S-") and len(label) == 10 for label in labels)
    assert set(labels).isdisjoint(labelled(["P1", "P2"], "cd" * 32, pseudonymous=True))
    one, two = "P54418", "P112943"
    ((short, _one),) = labelled([one], SALT, pseudonymous=True).items()
    assert list(labelled([two], SALT, pseudonymous=True)) == [short]
    longer = labelled([one, two, "P1"], SALT, pseudonymous=True)
    assert sorted(longer.values()) == sorted([one, two, "P1"])
    assert {len(label) for label in longer} == {11}


def test_that_the_public_file_holds_no_id_and_no_salt(tmp_path: Path) -> None:
    file = drawn(tmp_path, strata=LEVELS)
    annul_in(tmp_path)
    drawn(tmp_path)
    shown = [path for path in tmp_path.iterdir() if not path.name.endswith(".riservato.json")]
    assert sorted(path.name for path in shown) == ["lingua-2.annullato-1.json", file.name]
    for path in shown:
        text = path.read_text(encoding="utf-8")
        assert SALT not in text
        assert "Alunno" not in text
        assert "ids" not in json.loads(text)
    assert "Alunno" not in repr(read_draw(tmp_path, "lingua-2"))
    kept = record.read_private(tmp_path / "lingua-2.riservato.json")
    assert "Alunno" not in repr(kept) and SALT not in repr(kept)


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of posix")
def test_that_only_the_owner_reads_the_private_file(tmp_path: Path) -> None:
    commit_to(tmp_path)
    assert stat.S_IMODE((tmp_path / "lingua-2.riservato.json").stat().st_mode) == 0o600


def test_that_the_salt_is_chosen_by_chance_where_none_is_given(tmp_path: Path) -> None:
    one, two = (commit_to(tmp_path, name, salt=None) for name in ("a", "b"))
    assert set(one.labels).isdisjoint(two.labels)


# --- commit, reveal, result ---


def test_that_a_draw_goes_from_commitment_to_positions(tmp_path: Path) -> None:
    folder = tmp_path / "anno" / "sorteggi"
    committed = commit_to(folder)
    assert (committed.reveal, committed.result) == (None, None)
    assert read_draw(folder, "lingua-2") == committed
    before = committed.commitment
    done = reveal_in(folder)
    assert read_draw(folder, "lingua-2") == done
    assert done.commitment == before
    assert done.reveal is not None
    assert (done.reveal.key, done.reveal.numbers) == ("4.31.88./9.18./", ((31, 4, 88), (9, 18)))
    assert done.result == drawn_order(done.labels, None, done.reveal.key, before)
    assert sorted(positions(done).values()) == list(range(1, 13))
    assert done.ids is not None
    assert [done.ids[label] for label in done.result] == sorted(IDS, key=positions(done).__getitem__)
    assert verify_public(folder / "lingua-2.json") == []


def test_that_the_order_of_the_ids_and_of_the_numbers_of_a_source_changes_nothing(tmp_path: Path) -> None:
    commit_to(tmp_path / "a")
    commit_to(tmp_path / "b", ids=IDS[::-1])
    one, two = reveal_in(tmp_path / "a"), reveal_in(tmp_path / "b", [[88, 31, 4], [18, 9]])
    assert (one.commitment, one.result) == (two.commitment, two.result)


def test_that_the_public_file_is_written_as_described(tmp_path: Path) -> None:
    data = json.loads(drawn(tmp_path, strata=LEVELS).read_text(encoding="utf-8"))
    assert list(data) == [
        "format", "name", "algorithm", "committed", "source", "source_date", "labels", "strata", "outcomes",
        "mapping_sha256", "after_annulment", "commitment", "reveal", "result", "annulled",
    ]  # fmt: skip
    assert data["committed"] == {"when": "2026-06-01", "who": "La dirigente"}
    assert data["source"] == SOURCE
    assert data["labels"] == sorted(data["strata"])
    assert Counter(data["strata"].values()) == Counter(LEVELS.values())
    assert list(data["reveal"]) == ["when", "who", "numbers", "key"]
    assert "però" in (tmp_path / "lingua-2.json").read_text(encoding="utf-8")


def test_that_letters_fall_to_finished_groups(tmp_path: Path) -> None:
    done = commit_to(tmp_path, ids=("gruppo 1", "gruppo 2", "è"), outcomes=("A", "B", "C"), pseudonymous=False)
    assert done.labels == ("gruppo 1", "gruppo 2", "è")
    done = reveal_in(tmp_path)
    assert done.result is not None
    code, said = perl(tmp_path / "lingua-2.json")
    assert (code, said[0]) == (0, "OK")
    assert said[1:] == [f"{k} {g} {'ABC'[k - 1]}" for k, g in enumerate(done.result, 1)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "lingua 2"}, "letters without accents, digits and hyphens"),
        ({"name": "../fuori"}, "letters without accents"),
        ({"name": ""}, "letters without accents"),
        ({"source": " "}, "“source” must be said"),
        ({"source": "Lotto\n20 giugno"}, "“source” must be said, in one line"),
        ({"who": ""}, "“who” must be said"),
        ({"source_date": BEFORE}, "“2026-06-01”: The numbers must come out after the day of the commitment"),
        ({"ids": ()}, "The pool is empty"),
        ({"ids": ("a", "b", "a")}, "“a”: An id is in the pool more than once."),
        ({"ids": tuple(f"{k}" for k in range(9)) * 2}, "“0, 1, 2, 3, 4, …”: An id is in the pool more"),
        ({"ids": ("a", "\x7f")}, "is not one line of text"),
        ({"ids": ("a",), "strata": {"a": " "}}, "is not one line of text"),
        ({"ids": ("a",), "outcomes": ("",)}, "is not one line of text"),
        ({"ids": ("a", "b"), "strata": {"a": "x", "c": "x"}}, "“b, c”: Every id of the pool"),
        ({"outcomes": ("A", "B")}, "as many outcomes as ids in the pool: 2 and 12 were given"),
        ({"salt": "ab"}, "64 hexadecimal digits"),
    ],
)
def test_that_a_wrong_commitment_is_refused_and_nothing_written(
    changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    assert said in refusal(commit_to, tmp_path / "new", **changes)
    assert everything(tmp_path) == {}


def test_that_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    commit_to(tmp_path)
    with pytest.raises(InputError) as caught:
        commit_to(tmp_path, source="", who="", source_date=BEFORE, ids=(), salt="")
    assert len(caught.value.problems) == 6


def test_that_a_draw_is_not_committed_to_twice(tmp_path: Path) -> None:
    commit_to(tmp_path)
    before = everything(tmp_path)
    assert "never redrawn silently: annul it first, with who and why" in refusal(commit_to, tmp_path)
    assert everything(tmp_path) == before


def test_that_a_public_file_taken_away_does_not_free_the_name(tmp_path: Path) -> None:
    commit_to(tmp_path)
    (tmp_path / "lingua-2.json").unlink()
    before = everything(tmp_path)
    assert "without the public one" in refusal(commit_to, tmp_path)
    assert everything(tmp_path) == before


def test_that_half_a_commitment_is_not_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: Any) -> None:
        if isinstance(content, record.Public):
            raise OSError("no space")
        record.write_record(path, content)

    monkeypatch.setattr(acts, "write_record", full)
    with pytest.raises(OSError, match="no space"):
        commit_to(tmp_path)
    assert everything(tmp_path) == {}


def test_that_what_cannot_be_written_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit_to(tmp_path)
    before = everything(tmp_path)

    def broken(_handle: int) -> None:
        raise OSError("broken disk")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="broken disk"):
        reveal_in(tmp_path)
    assert everything(tmp_path) == before


def test_that_a_draw_is_written_where_folders_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classi.durable._FOLDERS_OPEN", False)
    assert verify_public(drawn(tmp_path)) == []


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ([], "Source 1: whole numbers"),
        ([[1], []], "Source 2: whole numbers"),
        ([[1, -1]], "“-1”: Source 1"),
        ([[10**15]], "“1000000000000000”: Source 1"),
        ([[True]], "“True”: Source 1"),
        ([[1.0]], "“1.0”: Source 1"),
    ],
)
def test_that_numbers_that_are_none_are_refused(numbers: Any, said: str, tmp_path: Path) -> None:
    commit_to(tmp_path)
    before = everything(tmp_path)
    assert said in refusal(reveal_in, tmp_path, numbers)
    assert everything(tmp_path) == before


def test_that_numbers_are_not_recorded_too_early_nor_twice(tmp_path: Path) -> None:
    commit_to(tmp_path)
    assert "come out on 2026-06-20" in refusal(reveal_in, tmp_path, when=date(2026, 6, 19))
    assert "“who” must be said" in refusal(reveal, tmp_path, "lingua-2", NUMBERS, who=" ", when=DAY)
    reveal_in(tmp_path)
    before = everything(tmp_path)
    assert "recorded already" in refusal(reveal_in, tmp_path, [[1]])
    assert everything(tmp_path) == before


def test_that_positions_need_a_result_and_the_private_file(tmp_path: Path) -> None:
    assert "no result yet" in refusal(positions, commit_to(tmp_path))
    reveal_in(tmp_path)
    (tmp_path / "lingua-2.riservato.json").unlink()
    alone = read_draw(tmp_path, "lingua-2")
    assert alone.result is not None
    assert "Only the private file" in refusal(positions, alone)


# --- annulments ---


def test_that_a_second_draw_tells_of_the_annulled_one_which_is_kept(tmp_path: Path) -> None:
    first = read_draw_of(drawn(tmp_path))
    annulled = annul_in(tmp_path)
    assert annulled.annulled == public_draw.Annulment("La dirigente", "Un'esclusa è stata riammessa", DAY)
    assert "There is no such draw" in refusal(read_draw, tmp_path, "lingua-2")
    second = commit_to(tmp_path)
    assert (first.after_annulment, second.after_annulment) == (None, 1)
    assert second.labels == first.labels
    assert second.commitment != first.commitment
    assert reveal_in(tmp_path).result != first.result
    annul_in(tmp_path)
    assert commit_to(tmp_path).after_annulment == 2
    assert sorted(everything(tmp_path)) == sorted(
        f"lingua-2{kept}{kind}.json" for kept in ("", ".annullato-1", ".annullato-2") for kind in ("", ".riservato")
    )
    kept = tmp_path / "lingua-2.annullato-1.json"
    assert record.read_public(kept).result == first.result
    assert verify_public(kept) == []
    assert perl(kept)[0] == 0


def read_draw_of(file: Path) -> public_draw.Draw:
    return read_draw(file.parent, file.stem)


def test_that_a_draw_is_annulled_by_somebody_and_for_a_reason(tmp_path: Path) -> None:
    commit_to(tmp_path)
    before = everything(tmp_path)
    with pytest.raises(InputError) as caught:
        annul(tmp_path, "lingua-2", who=" ", why="", when=DAY)
    assert len(caught.value.problems) == 2
    assert "letters without accents" in refusal(annul, tmp_path, "../x", who="a", why="b", when=DAY)
    assert "There is no such draw" in refusal(annul, tmp_path, "altro", who="a", why="b", when=DAY)
    assert everything(tmp_path) == before


def test_that_an_interrupted_annulment_is_finished_as_it_was_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = drawn(tmp_path)

    def stopped(*_arguments: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(acts, "annulments", stopped)
        with pytest.raises(KeyboardInterrupt):
            annul_in(tmp_path, "first reason")
    assert "its annulment must be finished" in refusal(read_draw_of, file)
    assert "annul it first" in refusal(commit_to, tmp_path)
    (tmp_path / "lingua-2.riservato.json").rename(tmp_path / "lingua-2.annullato-1.riservato.json")
    finished = annul_in(tmp_path, "second reason").annulled
    assert finished is not None
    assert finished.why == "first reason"
    assert sorted(everything(tmp_path)) == ["lingua-2.annullato-1.json", "lingua-2.annullato-1.riservato.json"]


def test_that_an_annulled_draw_neither_comes_back_nor_goes_away_unseen(tmp_path: Path) -> None:
    file = drawn(tmp_path)
    annul_in(tmp_path)
    kept = tmp_path / "lingua-2.annullato-1.json"
    (tmp_path / "lingua-2.annullato-x.json").write_text("{}")
    drawn(tmp_path)
    assert read_draw_of(file).after_annulment == 1
    aside = kept.read_bytes()
    kept.unlink()
    assert "“after_annulment”" in refusal(read_draw_of, file)
    kept.write_bytes(aside)
    cleaned = {**json.loads(aside), "annulled": None}
    file.write_text(json.dumps(cleaned), encoding="utf-8")
    assert "“after_annulment”" in refusal(read_draw_of, file)


# --- changes afterwards ---


def set_to(*path: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        place: Any = data
        for step in path[:-1]:
            place = place[step]
        assert place[path[-1]] != value
        place[path[-1]] = value

    return change


def swap(part: str) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        data[part][0], data[part][1] = data[part][1], data[part][0]

    return change


def forge(data: dict[str, Any], **changes: Any) -> None:
    """Change the file and make the commitment that of the new content."""
    data.update(changes)
    later = {"format", "commitment", "reveal", "result", "annulled"}
    fixed = {part: value for part, value in data.items() if part not in later}
    text = json.dumps(fixed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    data["commitment"] = hashlib.sha256(text.encode()).hexdigest()


TAMPERED: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (set_to("source", value="Altro"), "commitment"),
    (set_to("source_date", value="2026-06-19"), "commitment"),
    (set_to("committed", "when", value="2026-05-01"), "commitment"),
    (set_to("committed", "who", value="Altri"), "commitment"),
    (set_to("labels", 0, value="S-00000000"), "commitment"),
    (set_to("mapping_sha256", value="0"), "commitment"),
    (set_to("after_annulment", value=3), "commitment"),
    (set_to("commitment", value="00" * 32), "commitment"),
    (set_to("reveal", "numbers", value=[[31, 4, 89], [9, 18]]), "key"),
    (set_to("reveal", "numbers", value=[[9, 18], [31, 4, 88]]), "key"),
    (set_to("reveal", "key", value="1./"), "key"),
    (set_to("reveal", "numbers", value=[]), "numbers"),
    (set_to("reveal", "numbers", 1, value=[]), "numbers"),
    (set_to("reveal", "when", value="2026-06-19"), "numbers"),
    (set_to("reveal", value=None), "result"),
    (set_to("result", value=None), "result"),
    (swap("result"), "result"),
    (swap("labels"), "pool"),
    (lambda data: set_to("strata", data["labels"][0], value="altro")(data), "commitment"),
    (lambda data: data["labels"].append(data["labels"][-1]), "pool"),
    (lambda data: forge(data, strata={"x": "y"}), "strata"),
    (lambda data: forge(data, outcomes=["A"]), "outcomes"),
    (lambda data: forge(data, source_date="2026-06-01"), "commitment"),
]


@pytest.mark.parametrize(("change", "part"), TAMPERED)
def test_that_every_change_is_found_here_and_by_the_script(
    change: Callable[[dict[str, Any]], None], part: str, tmp_path: Path
) -> None:
    file = drawn(tmp_path, strata=LEVELS)
    assert verify_public(file) == []
    data = json.loads(file.read_text(encoding="utf-8"))
    change(data)
    file.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    found = verify_public(file)
    assert any(part in text for text in found), found
    assert all(text in refusal(read_draw_of, file) for text in found)
    code, said = perl(file)
    assert code == 1
    assert all(line.startswith("DIFFERENT: ") for line in said)
    assert any(part in line for line in said), said


def test_that_a_change_of_the_private_file_is_found(tmp_path: Path) -> None:
    file = drawn(tmp_path)
    hidden = tmp_path / "lingua-2.riservato.json"
    data = json.loads(hidden.read_text(encoding="utf-8"))
    first, second = list(data["ids"])[:2]
    data["ids"][first], data["ids"][second] = data["ids"][second], data["ids"][first]
    hidden.write_text(json.dumps(data), encoding="utf-8")
    said = refusal(read_draw_of, file)
    assert "lingua-2.riservato.json: The private file is not the one committed to" in said
    assert "The labels are not those of the ids" in said
    assert "Alunno" not in said
    assert verify_public(file) == []


def test_that_a_draw_under_the_name_of_another_is_found(tmp_path: Path) -> None:
    file = drawn(tmp_path)
    (tmp_path / "altro.json").write_bytes(file.read_bytes())
    assert "“name”" in refusal(read_draw, tmp_path, "altro")
    assert "letters without accents" in refusal(read_draw, tmp_path, "../altro")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not the JSON file of a draw"),
        (b"\xff{}", "not the JSON file of a draw"),
        (b"[]", "not the JSON file of a draw"),
        (b"[" * 10_000, "not the JSON file of a draw"),
        (b'{"format": 2, "pippo": 1}', "“format” is missing, not known, or not written"),
        (b'{"format": 1, "pippo": 1}', "“pippo” is missing, not known"),
        (b'{"format": 1}', "“labels” is missing"),
    ],
)
def test_that_another_file_is_a_problem_and_no_crash(content: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(content)
    assert said in refusal(verify_public, file)
    code, lines = perl_of_anything(file)
    assert code == 1
    assert lines[0].startswith(("NOT A DRAW", "DIFFERENT"))


def perl_of_anything(file: Path) -> tuple[int, list[str]]:
    done = subprocess.run(["perl", str(SCRIPT), str(file)], capture_output=True, check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace").splitlines()


def test_that_a_private_file_of_another_shape_tells_no_id(tmp_path: Path) -> None:
    file = drawn(tmp_path)
    (tmp_path / "lingua-2.riservato.json").write_text('{"format": 1, "salt": "x", "ids": {"S-1": ["Alunno"]}}')
    said = refusal(read_draw_of, file)
    assert "“ids” is missing, not known, or not written" in said
    assert "Alunno" not in said


def test_that_what_is_no_file_or_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "does not exist" in refusal(verify_public, tmp_path / "none.json")
    assert "cannot be read" in refusal(verify_public, tmp_path)
    file = drawn(tmp_path)
    monkeypatch.setattr(record, "LARGEST", 10)
    assert "too large" in refusal(verify_public, file)


# --- the script in another language ---


@pytest.mark.parametrize("strata", [None, LEVELS], ids=["plain", "stratified"])
def test_that_the_script_finds_the_same_order(strata: dict[str, str] | None, tmp_path: Path) -> None:
    commit_to(tmp_path, strata=strata)
    assert perl(tmp_path / "lingua-2.json") == (0, ["OK, not drawn yet"])
    done = reveal_in(tmp_path, [[10**15 - 1, 9, 10], [0]])
    assert done.result is not None
    expected = ["OK", *(f"{k} {label}" for k, label in enumerate(done.result, 1))]
    assert perl(tmp_path / "lingua-2.json") == (0, expected)


def test_that_the_script_writes_every_text_as_we_do(tmp_path: Path) -> None:
    odd = 'è/“x” "q" \\ \' ß 漢 😀 < & \u0301'
    groups = ("Ä", "z", "é", "😀", "ﬀ", "10", "9", "true", "null", "1e3", '"', "\\")
    drawn(tmp_path, ids=groups, pseudonymous=False, source=odd, who=odd, outcomes=tuple("0123456789AB"))
    code, said = perl(tmp_path / "lingua-2.json")
    assert (code, said[0]) == (0, "OK")
    # A second draw holds a number among the things committed to.
    annul_in(tmp_path)
    drawn(tmp_path, strata=dict.fromkeys(IDS, odd))
    assert perl(tmp_path / "lingua-2.json")[1][0] == "OK"


def test_that_the_script_is_short_and_needs_core_modules_only() -> None:
    lines = SCRIPT.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 40
    used = [word for line in lines if line.startswith("use ") for word in line.split("use ")[1:]]
    assert [word.split()[0].rstrip(";") for word in used] == ["strict", "warnings", "JSON::PP", "Digest::SHA"]


# --- numbers as typed ---


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("2 5 12; 9 18", [[2, 5, 12], [9, 18]]), (" 07 ", [[7]]), ("1;\t2  3", [[1], [2, 3]]), ("0" * 15, [[0]])],
)
def test_that_typed_numbers_are_read(text: str, numbers: list[list[int]]) -> None:
    assert parse_numbers(text) == numbers


@pytest.mark.parametrize("text", ["", ";", "1;", "1,2", "-1", "1.5", "x", "²", "٣", "1" * 16])
def test_that_what_is_no_number_is_named(text: str) -> None:
    assert "whole numbers of at most 15 digits are expected" in refusal(parse_numbers, text)


def test_that_every_wrong_word_is_named() -> None:
    said = refusal(parse_numbers, "1 a; 2; b c").splitlines()
    assert [line.split(" whole")[0] for line in said] == ["“a”: Source 1:", "“b”: Source 3:", "“c”: Source 3:"]
