"""Tests of the working file: what can be done in it, what is refused, and what it gives back."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from classi.case_file import CaseFile, describe
from classi.errors import InputError
from classi.i18n import use_language

BY = {"who": "Commissione", "why": "Seduta"}
FILES = {"alunni.csv": b"id;nome\nA1;Ada\nA2;Bea\nA3;Ciro\n", "sorteggi/sezioni.json": b"{}"}
FIRST, SECOND = b"id,classe\nA1,1A\nA2,1B\nA3,1A\n", b"id,classe\nA1,1B\nA2,1A\nA3,1A\n"
SWAP = [{"id": "A1", "from": "1A", "to": "1B"}, {"id": "A2", "from": "1B", "to": "1A"}]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


class Clock:
    """A clock that moves on by a minute each time."""

    def __init__(self) -> None:
        self.now = datetime(2026, 6, 9, 15, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


@pytest.fixture
def file(tmp_path: Path) -> CaseFile:
    """A case file with the data received."""
    return CaseFile.create(tmp_path / "prime.classi", "Prime", FILES, **BY, clock=Clock())


@pytest.fixture
def split(file: CaseFile) -> CaseFile:
    """A case file with one split, "prima"."""
    file.add_split("prima", FIRST, b'{"made": 1}', **BY, files={"graduatorie.csv": b"id\n"})
    return file


def swap(file: CaseFile, name: str = "seconda", **given: object) -> None:
    asked = {"moves": SWAP, "ground": "S001", "price": {2: 3}} | given
    file.change(name, "prima", SECOND, b"{}", **asked, **BY)


def kinds(file: CaseFile) -> list[str]:
    return [e.kind for e in file.events]


def test_that_a_new_file_holds_what_was_received_and_is_its_owners_alone(file: CaseFile) -> None:
    assert [e.n for e in file.events] == [1, 2] and kinds(file) == ["creata", "ingressi"]
    assert file.events[0].at == "2026-06-09T15:01:00+00:00" and file.events[1].previous == file.events[0].hash
    assert file.state.name == "Prime" and file.inputs() == FILES and file.head == file.events[1].hash
    assert file.verify() == () and file.verify(file.events[0].hash) == ()
    if os.name == "posix":
        assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_that_everything_is_read_again_from_the_file(split: CaseFile) -> None:
    swap(split)
    split.choose("seconda", **BY)
    split.lock(["A1", "A1"], **BY)
    split.derogate("class_size", 27, who="DS", why="Aula grande", class_id="1A")
    split.decide("Criteri approvati", **BY, data={"verbale": 3})
    split.sign("DS", "Rossi", b"verbale")
    again = CaseFile.open(split.path)
    state = again.state
    assert again.events == split.events and state == split.state and again.verify() == ()
    assert state.chosen == "seconda" and list(state.splits) == ["prima", "seconda"]
    second = state.splits["seconda"]
    assert (second.based_on, second.inputs, second.added.kind) == ("prima", 2, "modifica")
    assert again.content(second.placed) == SECOND and again.content(second.certificate) == b"{}"
    assert again.placed("prima") == {"A1": "1A", "A2": "1B", "A3": "1A"}
    assert again.split_files("prima")["graduatorie.csv"] == b"id\n"
    assert state.changes[0].data["price"] == {"2": 3} and state.changes[0].data["moves"] == SWAP
    assert state.locks["A1"].data["places"] == {"A1": "1B"}
    assert state.derogations[0].data == {"rule": "class_size", "class": "1A", "limit": 27, "reason": "Aula grande"}
    assert state.decisions[0].data == {"subject": "Criteri approvati", "verbale": 3}
    assert state.signatures[0].who == "Rossi" and len(state.signatures[0].data["document"]) == 64


def test_that_who_and_why_are_asked_for_and_nothing_is_written_without(file: CaseFile) -> None:
    with pytest.raises(InputError) as error:
        file.decide("x", who=" ", why="")
    assert [p.message for p in error.value.problems] == ["Who decided must be named.", "The reason must be given."]
    with pytest.raises(InputError, match="cannot be written"):
        file.decide("x", who="Rossi", why="\ud800")
    assert CaseFile.open(file.path).events == file.events


def test_that_a_file_is_never_written_over_and_a_failed_one_leaves_nothing(file: CaseFile, tmp_path: Path) -> None:
    for name, asked in (("prime.classi", "Prime"), ("altra.classi", " ")):
        with pytest.raises(InputError):
            CaseFile.create(tmp_path / name, asked, FILES, **BY)
    with pytest.raises(InputError, match="No file"):
        CaseFile.create(tmp_path / "altra.classi", "Altra", {}, **BY)
    with pytest.raises(InputError, match="name of a file"):
        CaseFile.create(tmp_path / "altra.classi", "Altra", {"../a": b""}, **BY)
    assert [f.name for f in tmp_path.iterdir()] == ["prime.classi"] and file.verify() == ()


# --- splits, changes, locks ---


def test_that_a_split_needs_a_new_name_that_a_folder_can_have(split: CaseFile) -> None:
    with pytest.raises(InputError, match="There is already a split prima"):
        split.add_split("Prima", FIRST, b"", **BY)
    for name in ("a/b", "../x", ".nascosta", "con", "a:b", " ", "x" * 101):
        with pytest.raises(InputError):
            split.add_split(name, FIRST, b"", **BY)
    with pytest.raises(InputError, match="There is no split zero"):
        split.add_split("nuova", FIRST, b"", **BY, based_on="zero")
    split.add_split("nuova", FIRST, b"", **BY, based_on="prima")
    with pytest.raises(InputError, match="There is no split zero"):
        split.split_files("zero")
    assert split.state.splits["nuova"].certificate == "" and set(split.split_files("nuova")) == {"assegnazioni.csv"}


@pytest.mark.parametrize(
    "content", [b"", b"alunno,posto\nA1,1A\n", b"id,classe\nA1,1A\nA1,1B\n", b"id,classe\nA1,\n", b"\x00\x01"]
)
def test_that_what_is_no_assignment_is_refused(file: CaseFile, content: bytes) -> None:
    with pytest.raises(InputError):
        file.add_split("prima", content, b"", **BY)
    assert len(file.events) == 2


@pytest.mark.parametrize(
    "moves",
    [[], SWAP[:1], [*SWAP, {"id": "A3", "from": "1A", "to": "1B"}], [{**SWAP[0], "to": "1C"}, SWAP[1]]],
)
def test_that_moves_must_lead_from_one_split_to_the_other(split: CaseFile, moves: list[dict[str, str]]) -> None:
    with pytest.raises(InputError, match="do not lead"):
        swap(split, moves=moves)
    assert len(split.events) == 3


def test_that_an_assignment_saved_by_a_spreadsheet_program_is_read(file: CaseFile) -> None:
    file.add_split("prima", "Classe;ID;nome\n1A;'=A1;Ada\n1B;007;Bea\n".encode("utf-8-sig"), b"", **BY)
    assert file.placed("prima") == {"=A1": "1A", "007": "1B"}


def test_that_who_comes_or_leaves_need_not_be_among_the_moves(split: CaseFile) -> None:
    after = b"id,classe\nA1,1A\nA2,1A\nA4,1B\n"
    move = {"id": "A2", "from": "1B", "to": "1A"}
    comes = {"id": "A4", "from": "", "to": "1B"}
    split.change("b", "prima", after, b"", [move, comes], "S002", {}, **BY)
    split.change("c", "prima", after, b"", [move], "S002", {}, **BY)
    assert [len(e.data["moves"]) for e in split.state.changes] == [2, 1]


def test_that_a_locked_pupil_is_moved_by_no_change_and_chosen_by_no_split(split: CaseFile) -> None:
    split.add_split("altra", SECOND, b"", **BY)
    split.lock(["A1"], **BY, split="prima")
    with pytest.raises(InputError, match="A1 is locked by entry 5"):
        swap(split)
    with pytest.raises(InputError, match="A1 is locked in class 1A by entry 5, and is in class 1B in the split altra"):
        split.choose("altra", **BY)
    with pytest.raises(InputError, match="A1 is locked by entry 5"):
        split.lock(["A1"], **BY, split="prima")
    split.unlock(["A1"], **BY)
    with pytest.raises(InputError, match="Not locked: A1"):
        split.unlock(["A1"], **BY)
    swap(split)
    split.choose("altra", **BY)
    assert split.state.locks == {} and split.state.chosen == "altra"


def test_that_no_lock_and_no_undoing_sets_a_lock_against_the_split_chosen(split: CaseFile) -> None:
    split.add_split("altra", SECOND, b"", **BY)
    split.lock(["A1"], **BY, split="prima")
    split.undo(5, **BY)
    split.choose("altra", **BY)
    against = "A1 is locked in class 1A by entry {}, and is in class 1B in the split altra"
    with pytest.raises(InputError, match=against.format(5)):
        split.undo(6, **BY)
    with pytest.raises(InputError, match=against.format(8)):
        split.lock(["A1"], **BY, split="prima")
    split.lock(["A3"], **BY, split="prima")
    assert split.state.chosen == "altra" and list(split.state.locks) == ["A3"]


def test_that_nothing_empty_is_recorded(split: CaseFile) -> None:
    for act in (
        lambda: split.decide(" ", **BY),
        lambda: split.derogate("", 27, **BY),
        lambda: split.sign("", "Rossi", b""),
        lambda: split.sign("DS", " ", b"", who="DS"),
    ):
        with pytest.raises(InputError, match="may not be empty"):
            act()
    assert len(split.events) == 3


def test_that_a_copy_needs_a_folder_to_go_into(split: CaseFile, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no folder .*nowhere"):
        split.backup(tmp_path / "nowhere" / "copia.classi", **BY)
    assert len(split.events) == 3


def test_that_what_encryption_needs_is_said_in_words_that_can_be_pasted(
    split: CaseFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyrage", None)
    with pytest.raises(InputError, match=r'pip install "classi\[age\]"$'):
        split.export(tmp_path / "fuori.age", passphrase="parola segreta", **BY)


def test_that_an_extraction_that_fails_leaves_nothing(
    split: CaseFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CaseFile, "split_files", lambda _self, _name: {"../fuori.csv": b"id"})
    with pytest.raises(InputError, match="cannot be the name"):
        split.extract(tmp_path / "fuori")
    assert list((tmp_path / "fuori").iterdir()) == [] and not (tmp_path / "fuori.csv").exists()


def test_that_a_lock_needs_a_split_and_pupils_in_it(file: CaseFile) -> None:
    with pytest.raises(InputError, match="No split is chosen yet"):
        file.lock(["A1"], **BY)
    file.add_split("prima", FIRST, b"", **BY)
    file.lock(["A1"], **BY)  # the only one
    file.add_split("altra", SECOND, b"", **BY)
    with pytest.raises(InputError, match="No split is chosen yet"):
        file.lock(["A2"], **BY)
    file.choose("prima", **BY)
    for ids in (["A9"], []):
        with pytest.raises(InputError, match="has no class"):
            file.lock(ids, **BY)
    file.lock(["A2"], **BY)
    assert {p: e.data["places"][p] for p, e in file.state.locks.items()} == {"A1": "1A", "A2": "1B"}


def test_that_a_split_of_earlier_data_stays_with_its_data(split: CaseFile, tmp_path: Path) -> None:
    later = {"alunni.csv": b"id\nA1\nA2\nA3\nA4\n"}
    split.receive(later, **BY)
    split.add_split("dopo", FIRST, b"", **BY, based_on="prima")
    assert split.inputs() == later and split.inputs(2) == FILES
    found = split.extract(tmp_path / "fuori")
    assert found["prima"] == (tmp_path / "fuori" / "caso-2", tmp_path / "fuori" / "divisioni" / "prima")
    assert (tmp_path / "fuori" / "caso-2" / "sorteggi" / "sezioni.json").read_bytes() == b"{}"
    assert (found["dopo"][0] / "alunni.csv").read_bytes() == later["alunni.csv"]
    assert (found["dopo"][1] / "assegnazioni.csv").read_bytes() == FIRST
    with pytest.raises(InputError, match="already there"):
        split.extract(tmp_path / "fuori")
    with pytest.raises(InputError, match="already there"):
        split.extract(split.path)


# --- undoing ---


def test_that_undoing_is_an_event_and_undoing_it_has_the_act_back(split: CaseFile) -> None:
    split.choose("prima", **BY)
    undone = split.undo(4, **BY)
    assert split.state.chosen == "" and split.state.undone == {4}
    with pytest.raises(InputError, match="Entry 4 was undone already"):
        split.undo(4, **BY)
    split.undo(undone.n, **BY)
    assert split.state.chosen == "prima" and kinds(split)[-2:] == ["annullamento"] * 2
    split.undo(4, **BY)
    assert split.state.chosen == "" and CaseFile.open(split.path).verify() == ()


def test_that_what_later_entries_rest_on_is_not_undone_and_they_are_named(split: CaseFile) -> None:
    swap(split)
    split.choose("seconda", **BY)
    with pytest.raises(InputError, match=r"Entry 3 cannot be undone.*\(4, 5\)"):
        split.undo(3, **BY)
    with pytest.raises(InputError, match=r"Entry 2 cannot be undone.*\(3, 4, 5\)"):
        split.undo(2, **BY)
    for n in (5, 4, 3):
        split.undo(n, **BY)
    assert split.state.splits == {} and split.state.changes == ()
    assert [e.data["entry"] for e in split.events[5:]] == [5, 4, 3]
    with pytest.raises(
        InputError, match="Entry 5 cannot come back: there is no split seconda"
    ):  # before the split is back
        split.undo(6, **BY)


@pytest.mark.parametrize(("n", "why"), [(1, "cannot be undone"), (99, "There is no earlier entry 99")])
def test_that_some_entries_cannot_be_undone(file: CaseFile, n: int, why: str) -> None:
    with pytest.raises(InputError, match=why):
        file.undo(n, **BY)


def test_that_a_lock_can_be_had_back_only_while_it_fits(split: CaseFile) -> None:
    split.lock(["A1"], **BY)
    split.undo(4, **BY)
    split.lock(["A1"], **BY)
    with pytest.raises(InputError, match="rest on it"):
        split.undo(5, **BY)  # would lock A1 twice
    assert list(split.state.locks) == ["A1"] and split.state.locks["A1"].n == 6


def test_that_going_back_to_earlier_data_is_refused_while_a_split_rests_on_the_later(split: CaseFile) -> None:
    split.receive({"alunni.csv": b"id\n"}, **BY)
    split.undo(4, **BY)
    assert split.inputs() == FILES
    split.undo(5, **BY)
    split.add_split("dopo", FIRST, b"", **BY)
    with pytest.raises(InputError, match=r"Entry 4 cannot be undone.*\(7\)"):
        split.undo(4, **BY)


# --- several programs ---


def test_that_an_act_on_a_file_that_somebody_else_changed_is_refused(file: CaseFile) -> None:
    other = CaseFile.open(file.path)
    other.decide("Prima di te", who="Segreteria", why="Prova")
    with pytest.raises(InputError, match="Somebody else changed the file meanwhile: entry 3 by Segreteria"):
        file.decide("Dopo", **BY)
    assert kinds(CaseFile.open(file.path)) == ["creata", "ingressi", "decisione"]
    file.refresh()
    file.decide("Dopo", **BY)
    assert [e.data["subject"] for e in file.state.decisions] == ["Prima di te", "Dopo"]


def test_that_a_file_in_use_is_said_to_be_so_and_stays_whole(file: CaseFile) -> None:
    quick = CaseFile.open(file.path, wait=0.01)
    with closing(sqlite3.connect(file.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(InputError, match="Another program is using the file"):
            quick.decide("x", **BY)
    quick.decide("x", **BY)
    assert quick.verify() == ()


# --- copies ---


def test_that_a_backup_is_whole_and_recorded(split: CaseFile, tmp_path: Path) -> None:
    before = split.events
    event = split.backup(tmp_path / "copia.classi", **BY)
    assert event.kind == "copia" and event.data["to"] == str(tmp_path / "copia.classi")
    assert CaseFile.open(tmp_path / "copia.classi").events == before
    assert split.state.copies == (event,) and split.verify() == ()
    with pytest.raises(InputError, match="already there"):
        split.backup(tmp_path / "copia.classi", **BY)


def test_that_a_backup_that_is_not_recorded_is_not_left(file: CaseFile, tmp_path: Path) -> None:
    CaseFile.open(file.path).decide("x", **BY)
    with pytest.raises(InputError, match="Somebody else"):
        file.backup(tmp_path / "copia.classi", **BY)
    assert [f.name for f in tmp_path.iterdir()] == ["prime.classi"]


# --- words ---


def test_that_every_entry_can_be_told(split: CaseFile, tmp_path: Path) -> None:
    swap(split)
    split.add_split("terza", FIRST, b"", **BY, based_on="prima")
    split.choose("prima", **BY)
    split.lock(["A3"], **BY)
    split.unlock(["A3"], **BY)
    split.derogate("class_size", 27, **BY, class_id="1A")
    split.derogate("balance", "tutto", **BY)
    split.decide("Criteri", **BY)
    split.sign("DS", "Rossi", b"x")
    split.undo(9, **BY)
    split.backup(tmp_path / "b", **BY)
    told = [describe(e) for e in split.events]
    assert told[0] == "case file made: Prime" and told[1].startswith("data received: alunni.csv (")
    assert told[2:13] == [
        "split added: prima",
        "change by hand: seconda, made from prima: A1 1A → 1B, A2 1B → 1A (ground S001; price: priority 2: +3)",
        "split added: terza, made from prima",
        "split chosen: prima",
        "pupils locked: A3 → 1A",
        "pupils unlocked: A3",
        "derogation: class_size, class 1A: up to 27",
        "derogation: balance: up to tutto",
        "decision: Criteri",
        "signature: Rossi, DS; document with SHA-256 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
        "undone: entry 9",
    ]
    assert told[13].startswith("backup: ")
