"""Tests of what proves a case file: tampering shows, erased data are gone, accidents do no damage."""

from __future__ import annotations

import errno
import io
import json
import sqlite3
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from classi.case_file import CaseFile, describe, open_export, verify
from classi.case_file import purge as purging
from classi.case_file.events import Record, canonical, link, read_records, seal
from classi.case_file.schema import APPLICATION, connected
from classi.case_file.verify import chain_problems
from classi.errors import InputError
from classi.i18n import use_language
from long import kill

BY = {"who": "Commissione", "why": "Riunione su Canarinozzi"}
FIRST = b"id,classe\nVOLIERA1,1A\nVOLIERA2,1B\n"
HIDDEN = ("Canarinozzi", "Passerèlla", "VOLIERA1", "VOLIERA2", "Cardellino")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


@pytest.fixture
def file(tmp_path: Path) -> CaseFile:
    """A case file whose pupils have unmistakable names."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as book:
        book.writestr("xl/sharedStrings.xml", "<t>Cardellino</t>")
    files = {
        "alunni.csv": "id;cognome;nome\nVOLIERA1;Canarinozzi;Passerèlla\nVOLIERA2;Li;Wu\n".encode(),
        "classi.csv": "id\n1A\nPasserèlla\n".encode("cp1252"),
        "note.csv": "Passerèlla".encode("utf-16"),
        "scuola.xlsx": packed.getvalue(),
        "rotto.xlsx": b"PK\x03\x04" + bytes(range(256)) * 4,
    }
    made = CaseFile.create(tmp_path / "prime.classi", "Prime", files, **BY)
    made.add_split("prima", FIRST, b"{}", **BY)
    made.lock(["VOLIERA1"], **BY)
    made.decide("Separare Canarinozzi", **BY)
    return made


def tamper(file: CaseFile, *statements: str, drop: str = "") -> None:
    """Change a file by other means, its triggers taken away meanwhile."""
    with closing(sqlite3.connect(file.path, isolation_level=None)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _sql in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        for name, sql in triggers:
            if name != drop:
                connection.execute(sql)


# --- what SQLite itself refuses ---


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM events WHERE n = 5",
        "UPDATE events SET who = 'altri' WHERE n = 5",
        "UPDATE events SET payload = NULL, salt = NULL WHERE n = 5",
        "UPDATE blobs SET content = x'00'",
        "UPDATE uses SET n = 1",
        "DELETE FROM uses",
        "DELETE FROM blobs",
        "INSERT INTO events SELECT n + 7, at, who, kind, payload, salt, payload_hash, hash, 'x' FROM events",
        "INSERT OR REPLACE INTO events SELECT n, at, who, kind, payload, salt, payload_hash, previous, 'x' FROM events",
    ],
)
def test_that_the_file_itself_refuses_changes(file: CaseFile, statement: str) -> None:
    with (
        connected(file.path) as connection,
        pytest.raises(sqlite3.IntegrityError),
    ):
        connection.execute(statement)
    assert file.verify() == ()


# --- what verifying finds ---


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (
            "UPDATE events SET payload = replace(payload, 'VOLIERA1', 'VOLIERA2') WHERE n = 4",
            "What entry 4 says was ch",
        ),
        ("UPDATE events SET payload = '[' WHERE n = 4", "What entry 4 says was changed"),
        ("UPDATE events SET who = 'Altri' WHERE n = 3", "Entry 3 was changed after it was written."),
        ("UPDATE events SET at = '2020' WHERE n = 3", "Entry 3 was changed after it was written."),
        ("UPDATE events SET payload_hash = 'x' WHERE n = 3", "Entry 3 was changed after it was written."),
        ("UPDATE events SET payload = NULL, salt = NULL WHERE n = 4", "What entry 4 says was erased without a purge."),
        ("UPDATE blobs SET content = CAST(content || x'00' AS BLOB)", "was changed after it was written."),
        ("UPDATE events SET previous = 'x' WHERE n = 3", "Entry 3 does not hang on the one before."),
    ],
)
def test_that_a_change_is_found_and_nothing_is_worked_out_or_added_then(
    file: CaseFile, statement: str, found: str
) -> None:
    tamper(file, statement)
    assert any(found in line for line in file.verify())
    again = CaseFile.open(file.path)
    if "blobs" in statement:
        with pytest.raises(InputError, match="missing or was changed"):
            again.split_files("prima")
        return
    assert [describe(e) for e in again.events]
    with pytest.raises(InputError):
        assert again.state
    with pytest.raises(InputError):
        again.decide("x", **BY)


def test_that_an_entry_taken_out_of_the_middle_is_found(file: CaseFile) -> None:
    tamper(file, "DELETE FROM uses", "DELETE FROM blobs", "DELETE FROM events WHERE n = 3")
    assert "Entries are missing before entry 4." in file.verify()


def test_that_entries_in_another_order_are_found(file: CaseFile) -> None:
    tamper(file, "PRAGMA foreign_keys = OFF", "UPDATE events SET n = 99 WHERE n = 4",
           "UPDATE events SET n = 4 WHERE n = 5", "UPDATE events SET n = 5 WHERE n = 99")  # fmt: skip
    assert {"Entry 4 does not hang on the one before.", "Entry 5 was changed after it was written."} < set(
        file.verify()
    )


def test_that_contents_exchanged_missing_or_too_many_are_found(file: CaseFile) -> None:
    one, other = (file.events[1].data["files"][name] for name in ("alunni.csv", "classi.csv"))
    tamper(file, f"UPDATE blobs SET content = (SELECT content FROM blobs WHERE sha256 = '{one}') "
                 f"WHERE sha256 = '{other}'", "INSERT INTO blobs VALUES ('abcd', x'00')")  # fmt: skip
    found = file.verify()
    assert f"The content {other[:12]} was changed after it was written." in found
    assert "The content abcd belongs to no entry." in found
    tamper(file, "PRAGMA foreign_keys = OFF", f"DELETE FROM blobs WHERE sha256 = '{one}'")
    found = file.verify()
    assert "Entry 2: the content of alunni.csv is missing." in found
    assert any(line.startswith("In the table uses") for line in found)


def test_that_entries_cut_off_the_end_show_only_against_a_hash_noted_before(file: CaseFile) -> None:
    head = file.head
    tamper(file, "DELETE FROM events WHERE n = 5")
    assert file.verify() == ()
    assert file.verify(head.upper()) == (
        "No entry has the hash that was noted: entries were cut off, or this is another file.",
    )


def test_that_no_byte_of_what_the_entries_say_can_be_changed_unseen(file: CaseFile) -> None:
    whole = file.path.read_bytes()
    for needle in ("Separare Canarinozzi", "VOLIERA1;Canarinozzi", "Commissione"):
        at = whole.index(needle.encode())
        for place in range(at, at + len(needle), 3):
            file.path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x80]) + whole[place + 1 :])
            assert file.verify() != (), (needle, place)
    file.path.write_bytes(whole)
    assert file.verify() == ()


def test_that_a_damaged_page_is_said_to_be_one(file: CaseFile) -> None:
    whole = bytearray(file.path.read_bytes())
    whole[4096 * 2 : 4096 * 5] = b"\xff" * (4096 * 3)
    file.path.write_bytes(whole)
    assert file.verify()
    file.path.write_bytes(whole[:5000])
    assert any("damaged" in line for line in file.verify())
    with pytest.raises(InputError, match="damaged"):
        CaseFile.open(file.path)


def rewrite(file: CaseFile, *changes: tuple[int, dict[str, object]]) -> None:
    """Write events anew with sound hashes, as only a program that wants to deceive does."""
    with connected(file.path) as connection:
        records = list(read_records(connection))
    for n, new in changes:
        record = records[n - 1]
        payload = canonical({"why": "x", "data": new["data"]}) if "data" in new else record.payload
        record = record._replace(kind=str(new.get("kind", record.kind)), payload=payload)
        records[n - 1] = record._replace(payload_hash=seal(str(payload), record.salt or b""))
    previous, statements = "", []
    for record in records:
        linked = record._replace(previous=previous, hash="")
        linked = linked._replace(hash=link(linked))
        previous = linked.hash
        sets = ", ".join(
            f"{c} = '{getattr(linked, c)}'" for c in ("kind", "payload", "payload_hash", "previous", "hash")
        )
        statements.append(f"UPDATE events SET {sets} WHERE n = {record.n}")
    tamper(file, *statements)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ((3, {"data": {"split": "x"}}), "Entry 3 does not fit: its data are not those of this kind."),
        ((5, {"kind": "ignota"}), "Entry 5 does not fit: events of this kind are not known."),
        ((1, {"kind": "decisione"}), "Entry 1 does not fit: the first event, and no other, makes the case file."),
        ((5, {"kind": "creata"}), "Entry 5 does not fit: the first event, and no other, makes the case file."),
        ((4, {"data": {"split": "zero", "places": {}}}), "Entry 4 does not fit: there is no split zero"),
        ((4, {"kind": "scelta", "data": {"split": "zero"}}), "Entry 4 does not fit: there is no split zero"),
    ],
)
def test_that_events_that_fit_no_story_are_found_though_their_hashes_are_sound(
    file: CaseFile, change: tuple[int, dict[str, object]], found: str
) -> None:
    rewrite(file, change)
    assert any(line.startswith(found) for line in file.verify())
    with pytest.raises(InputError, match="does not fit"):
        assert CaseFile.open(file.path).state
    assert all(describe(e) for e in CaseFile.open(file.path).events)


SPLIT = {"split": "x", "from": "prima", "inputs": 2, "files": {}, "placed": "a", "certificate": ""}


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("annullamento", {"entry": [1]}),
        ("ingressi", {"files": ["alunni.csv"]}),
        ("ingressi", {"files": {"alunni.csv": None}}),
        ("blocco", {"split": "prima", "places": ["A1"]}),
        ("sblocco", {"ids": [["A1"]]}),
        ("modifica", {**SPLIT, "moves": [1], "ground": "", "price": {}}),
        ("modifica", {**SPLIT, "moves": [], "ground": "", "price": {"1": "x"}}),
        ("firma", {"role": "DS", "name": None, "document": ""}),
        ("cancellazione", {"events": 1, "contents": 1, "bytes": 1, "copies": [1]}),
        ("deroga", []),
    ],
)
def test_that_data_of_another_shape_are_said_to_be_so_by_every_reader(
    file: CaseFile, kind: str, data: dict[str, object]
) -> None:
    rewrite(file, (5, {"kind": kind, "data": data}))
    assert "Entry 5 does not fit: its data are not those of this kind." in file.verify()
    again = CaseFile.open(file.path)
    assert all(describe(e) for e in again.events)
    with pytest.raises(InputError, match="does not fit"):
        assert again.state
    assert again.purge(**BY).found == 0, "what is tampered with can be erased all the same"


def test_that_cells_of_another_type_and_definitions_that_are_no_text_are_found(file: CaseFile) -> None:
    whole, definition = file.path.read_bytes(), b"CREATE TRIGGER uses_kept"
    assert definition in whole
    file.path.write_bytes(whole.replace(definition, b"CREATE TRIGG\xc5R uses_kept"))
    assert file.verify() == ("The case file is damaged: take the last backup.",)
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.text_factory = lambda content: content.decode("utf-8", "replace")
        connection.execute(f"CREATE TABLE events ({', '.join(Record._fields)})")
        connection.execute("INSERT INTO events VALUES (1, NULL, x'ff', 7, x'7b7d', 'salt', 1.5, NULL, x'00')")
        records = read_records(connection)
    assert "Entry 1 was changed after it was written." in list(chain_problems(records))
    assert describe(records[0].event()) == "7"


def test_that_an_older_version_that_never_was_is_refused(file: CaseFile) -> None:
    tamper(file, "PRAGMA user_version = 0")
    with pytest.raises(InputError, match="were changed by another program"):
        CaseFile.open(file.path)


def test_that_a_file_without_entries_is_not_whole(file: CaseFile) -> None:
    tamper(file, "DELETE FROM uses", "DELETE FROM blobs", "DELETE FROM events")
    assert file.verify() == ("The file holds no event.",)
    assert CaseFile.open(file.path).head == ""


# --- other files ---


def test_that_another_kind_of_file_is_refused_in_one_sentence(file: CaseFile, tmp_path: Path) -> None:
    text, other = tmp_path / "testo", tmp_path / "altra.db"
    text.write_text("Ciao\n" * 2000)
    (tmp_path / "vuoto").touch()
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE t (a)")
    for path in (text, other, tmp_path / "vuoto"):
        with pytest.raises(InputError, match="not a case file of classi"):
            CaseFile.open(path)
    for path in (tmp_path, tmp_path / "nessuno"):
        with pytest.raises(InputError, match="There is no such case file"):
            CaseFile.open(path)
    assert not (tmp_path / "nessuno").exists()


def test_that_a_newer_version_or_changed_tables_are_refused(file: CaseFile) -> None:
    tamper(file, drop="events_kept")
    with pytest.raises(InputError, match="tables of this case file were changed"):
        CaseFile.open(file.path)
    with closing(sqlite3.connect(file.path)) as connection:
        connection.execute("PRAGMA user_version = 2")
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION,)
    assert verify(file.path) == (
        "prime.classi: This case file was made by a newer version of classi (format 2, known up to 1).".partition(": ")[
            2
        ],
    )


# --- erasing ---


def test_that_a_purge_leaves_no_trace_and_the_chain_whole(file: CaseFile, tmp_path: Path) -> None:
    copy = file.backup(tmp_path / "copia.classi", **BY)
    before = file.events
    assert b"Canarinozzi" in file.path.read_bytes()
    done = file.purge(who="Dirigente", why="Fine della conservazione")
    whole = b"".join(f.read_bytes() for f in tmp_path.iterdir() if f.name != "copia.classi")
    assert not [w for w in HIDDEN for e in ("utf-8", "utf-16-le", "cp1252") if w.encode(e) in whole]
    assert sorted(f.name for f in tmp_path.iterdir()) == ["copia.classi", "prime.classi"]
    assert (done.found, done.events, done.contents) == (0, 6, 7) and done.searched > done.tried >= done.before > 20
    assert done.copies == ((str(tmp_path / "copia.classi"), copy.data["sha256"]),)
    assert done.kept == ("Commissione", "Dirigente", "Fine della conservazione")
    assert [e.hash for e in file.events[:6]] == [e.hash for e in before] and file.verify() == ()
    assert all(e.erased and not e.why and not e.data for e in file.events[:6])
    assert file.state.purged == done.event and not file.state.splits and not file.state.inputs
    assert describe(file.events[3]) == "pupils locked (erased)" and "6 entries" in describe(done.event)
    assert "four encodings: 0 are there." in done.proof[1] and "copia.classi" in done.proof[2]
    assert describe(file.events[-1]).startswith("check after erasing: ")


def test_that_nothing_is_added_to_a_purged_case_but_it_can_be_copied_and_purged_again(
    file: CaseFile, tmp_path: Path
) -> None:
    file.backup(tmp_path / "copia.classi", **BY)
    file.purge(who="Dirigente", why="Fine")
    with pytest.raises(InputError, match="Everything was erased: nothing can be added"):
        file.decide("x", **BY)
    with pytest.raises(InputError, match="nothing can be added"):
        file.undo(3, **BY)
    file.backup(tmp_path / "dopo.classi", **BY)
    again = file.purge(who="Dirigente", why="Fine")
    assert [Path(to).name for to, _sha in again.copies] == ["copia.classi", "dopo.classi"]
    assert file.verify() == () and again.events == 1
    third = file.purge(who="Dirigente", why="Fine")
    assert third.searched == 0 and "There was nothing left to look for." in third.proof


def test_that_the_search_finds_what_is_left(file: CaseFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "SIDE_FILES", ("-rest",))
    file.path.with_name("prime.classi-rest").write_text("… Canarinozzi …", encoding="utf-16")
    done = file.purge(who="Dirigente", why="Fine")
    assert done.found == 1
    assert file.verify() == ("After the purge (entry 6) traces of the data were still found: purge again.",)
    file.path.with_name("prime.classi-rest").unlink()
    assert file.purge(who="Dirigente", why="Fine").found == 0 and file.verify() == ()


def test_that_what_an_interruption_left_beside_the_file_is_named(file: CaseFile) -> None:
    left = file.path.with_name(".copia.classi.0a1b.tmp")
    left.touch()
    done = file.purge(who="Dirigente", why="Fine")
    assert done.remains == (str(left),) and any(str(left) in line for line in done.proof)


def test_that_an_interrupted_purge_is_told_and_can_be_carried_on(
    file: CaseFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unplugged(_journal: Path) -> None:
        raise OSError(errno.EIO, "unplugged")

    with monkeypatch.context() as patch:
        patch.setattr(purging, "_overwrite", unplugged)
        with pytest.raises(OSError, match="unplugged"):
            file.purge(who="Dirigente", why="Fine")
    assert file.verify() == ("The purge (entry 6) was interrupted: purge again.",)
    file.refresh()
    file.purge(who="Dirigente", why="Fine")
    assert file.verify() == () and not list(file.path.parent.glob("*-journal"))


def test_that_nothing_is_erased_while_others_write_or_read(file: CaseFile) -> None:
    other = CaseFile.open(file.path)
    other.decide("x", **BY)
    with pytest.raises(InputError, match="Somebody else"):
        file.purge(who="Dirigente", why="Fine")
    quick = CaseFile.open(file.path, wait=0.01)
    with closing(sqlite3.connect(file.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM events").fetchone()
        with pytest.raises(InputError, match="Another program is using the file"):
            quick.purge(who="Dirigente", why="Fine")
    assert quick.verify() == () and quick.state.purged is None


# --- encrypted copies ---


def test_that_an_export_holds_nothing_readable_and_opens_with_its_key(file: CaseFile, tmp_path: Path) -> None:
    pyrage = pytest.importorskip("pyrage")
    mine, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    before = file.events
    file.export(tmp_path / "fuori.age", recipients=[str(mine.to_public())], **BY)
    content = (tmp_path / "fuori.age").read_bytes()
    assert not [w for w in HIDDEN if w.encode() in content] and file.state.copies[-1].kind == "esportazione"
    open_export(tmp_path / "fuori.age", tmp_path / "qui.classi", identity=f"# a key\n{mine}\n")
    opened = CaseFile.open(tmp_path / "qui.classi")
    assert opened.events == before and opened.verify() == () and opened.inputs() == file.inputs()
    for identity, wrong in ((str(other), "cannot be opened"), ("AGE-SECRET-KEY-1", "cannot be opened")):
        with pytest.raises(InputError, match=wrong):
            open_export(tmp_path / "fuori.age", tmp_path / "altra.classi", identity=identity)
    with pytest.raises(InputError, match="already there"):
        open_export(tmp_path / "fuori.age", tmp_path / "qui.classi", identity=str(mine))
    assert not (tmp_path / "altra.classi").exists()


def test_that_an_export_that_cannot_be_written_is_not_recorded(
    file: CaseFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    before = len(file.events)
    with monkeypatch.context() as patch, pytest.raises(OSError, match="full"):
        patch.setattr("classi.durable.os.fsync", full)
        file.export(tmp_path / "copia.age", **BY, passphrase="parola segreta")
    assert len(CaseFile.open(file.path).events) == before and not list(tmp_path.glob("*copia.age*"))


def test_that_a_wrong_passphrase_and_other_contents_are_refused(file: CaseFile, tmp_path: Path) -> None:
    pyrage = pytest.importorskip("pyrage")
    file.export(tmp_path / "fuori.age", passphrase="quattro parole a caso", **BY)
    with pytest.raises(InputError, match="cannot be opened"):
        open_export(tmp_path / "fuori.age", tmp_path / "x.classi", passphrase="quattro parole")
    key = pyrage.x25519.Identity.generate()
    (tmp_path / "lettera.age").write_bytes(pyrage.encrypt(b"Cara scuola", [key.to_public()]))
    with pytest.raises(InputError, match="not a case file"):
        open_export(tmp_path / "lettera.age", tmp_path / "x.classi", identity=str(key))
    assert not (tmp_path / "x.classi").exists()


def test_that_keys_are_looked_at_before_anything_is_written(
    file: CaseFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyrage")
    with pytest.raises(InputError, match="Either public keys or a passphrase"):
        file.export(tmp_path / "x.age", **BY)
    with pytest.raises(InputError, match="begins with age1"):
        file.export(tmp_path / "x.age", recipients=["ssh-rsa"], **BY)
    monkeypatch.setitem(sys.modules, "pyrage", None)
    with pytest.raises(InputError, match="one more package"):
        file.export(tmp_path / "x.age", passphrase="x", **BY)
    assert not (tmp_path / "x.age").exists() and len(file.events) == 5


# --- accidents ---


def test_that_a_full_disk_loses_nothing_and_is_told(file: CaseFile) -> None:
    resource = pytest.importorskip("resource")
    before, soft = file.path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 8192, soft[1]))
    try:
        with pytest.raises(InputError, match="The disk is full or does not answer: nothing was written"):
            file.receive({"alunni.csv": bytes(range(256)) * 400}, **BY)
        with pytest.raises(InputError, match="The disk is full"):
            CaseFile.create(file.path.with_name("altra.classi"), "Altra", {"a.csv": bytes(200_000)}, **BY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, soft)
    assert file.verify() == () and len(CaseFile.open(file.path).events) == 5
    assert [f.name for f in file.path.parent.iterdir()] == ["prime.classi"]
    file.decide("Di nuovo posto", **BY)
    assert file.verify() == ()


def test_that_a_file_that_cannot_be_written_to_is_told(file: CaseFile, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, **k: opened(path.replace("mode=rw", "mode=ro"), **k))
    readable = CaseFile.open(file.path)
    assert readable.verify() == ()
    with pytest.raises(InputError, match="cannot be written to"):
        readable.decide("x", **BY)


@pytest.mark.skipif(not hasattr(kill.os, "fork"), reason="needs fork")
def test_that_kill_minus_nine_loses_nothing_that_was_promised(tmp_path: Path) -> None:
    tally = kill.run(tmp_path, 10, seed=7)
    assert tally.faults == [] and tally.counts["kills"] == 10 and tally.counts["acts"] > 0


@pytest.mark.skipif(not hasattr(kill.os, "fork"), reason="needs fork")
def test_that_two_programs_on_one_file_lose_nothing(tmp_path: Path) -> None:
    assert kill.together(tmp_path, 25) == []


def test_that_the_check_itself_finds_what_was_lost(tmp_path: Path) -> None:
    file = CaseFile.create(tmp_path / "caso-0000.classi", "Prova", {"a.csv": b"id\n"}, **BY)
    tally = kill.Tally({file.path.name: [*(e.hash for e in file.events), "lost"]}, [str(tmp_path / "gone")])
    assert kill.look(tmp_path, tally) == ["caso-0000.classi: promised events are missing"]
    assert f"{tmp_path / 'gone'} is missing" in list(kill.look_at_all(tmp_path, tally))
    tally = kill.Tally({file.path.name: []})
    for _n in range(2):
        file.decide("x", **BY)
    assert "more than one act" in kill.look(tmp_path, tally)[0]


def test_that_the_records_are_plain_json_that_anybody_can_check(file: CaseFile) -> None:
    with connected(file.path) as connection:
        records = read_records(connection)
    assert json.loads(records[4].payload or "")["data"] == {"subject": "Separare Canarinozzi"}
    assert replace(records[4].event(), why="") != records[4].event() and file.events[4].why == BY["why"]
