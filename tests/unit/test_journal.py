"""Recorded decisions: nothing passes unseen, nothing is lost, and both readers of a case see the same cells."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from classi.audit import read_ledger
from classi.case import Case
from classi.errors import InputError, Problem
from classi.i18n import use_language
from classi.journal import JOURNAL, Entry, append, propose, read_journal
from classi.journal.files import LOCK
from classi.recount import audit_result
from classi.tables.read import read_case_tables, record_correction

DAY = date(2026, 5, 31)
HEAD: dict[str, Any] = {"who": "dirigente", "why": "reclamo del 30 maggio", "when": DAY}
PUPILS = "id;sesso;livello;Data di nascita\na;F;9;1/2/2014\nb;F;5,5;\nc;M;9;\nd;M;5;\n"
CLASSES = "id;max\n1A;2\n1B;2\n"
SEATS = {"a": "1A", "b": "1B", "c": "1A", "d": "1B"}


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with use_language("en"):
        yield


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Four pupils in two classes, as csv files."""
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "alunni.csv").write_text(PUPILS, encoding="utf-8")
    (folder / "classi.csv").write_text(CLASSES, encoding="utf-8")
    return folder


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """The same pupils and classes, as a workbook with numbers in its cells."""
    path = tmp_path / "scuola.xlsx"
    with xlsxwriter.Workbook(path) as book:
        pupils = book.add_worksheet("alunni")
        for k, row in enumerate([["id", "sesso", "livello"], [7, "F", 9], [8, "F", 5.5], [9, "M", 9], [10, "M", 5]]):
            pupils.write_row(k, 0, row)
        classes = book.add_worksheet("classi")
        for k, row in enumerate([["id", "max"], ["1A", 2], ["1B", 2]]):
            classes.write_row(k, 0, row)
    return path


def record(case: Path, kind: str, **data: Any) -> Entry:
    return append(case, kind, **HEAD, **data)


def correct(case: Path, pupil: str, **changes: str) -> Entry:
    return record(case, "correzione", id=pupil, changes=changes)


def refused(act: Callable[[], object]) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        act()
    return [p for p in caught.value.problems if not p.warning]


def one(act: Callable[[], object]) -> Problem:
    (problem,) = refused(act)
    return problem


def cells(case: Path, pupil: str, *columns: str) -> tuple[list[Any], list[Any]]:
    """Return some cells of a pupil as the engine and as the auditor read them."""
    school = read_case_tables(case).school
    ledger, _wrong = read_ledger(case, {})
    row = next(row for row in ledger.pupils if row["id"] == pupil)
    return [school.pupils[school.pupil_at[pupil]][c] for c in columns], [row.get(c) for c in columns]


def seal(entry: dict[str, Any]) -> dict[str, Any]:
    """Hash a line as the format says: canonical JSON of everything but the hash."""
    body = {name: value for name, value in entry.items() if name != "hash"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return {**body, "hash": hashlib.sha256(text.encode("utf-8")).hexdigest()}


def write_chain(case: Path, *entries: dict[str, Any]) -> None:
    """Write lines whose numbers and hashes are right, whatever else they say."""
    previous, lines = "", []
    for n, entry in enumerate(entries, 1):
        line = seal({"when": "2026-05-31", "who": "ds", "why": "perché sì", "n": n, "previous": previous} | entry)
        previous = line["hash"]
        lines.append(json.dumps(line, ensure_ascii=False) + "\n")
    (case / JOURNAL).write_text("".join(lines), encoding="utf-8")


def lines_of(case: Path) -> list[str]:
    return (case / JOURNAL).read_text(encoding="utf-8").splitlines()


# --- the file and its chain ---


def test_that_a_case_without_decisions_has_an_empty_journal(case: Path) -> None:
    journal = read_journal(case)
    assert (journal.entries, journal.active, journal.corrections(), journal.sha256) == ((), (), {}, "")
    assert JOURNAL not in read_case_tables(case).sources


def test_that_every_line_seals_itself_and_the_line_before(case: Path) -> None:
    record(case, "definitiva", round="prima")
    record(case, "rinuncia", id="a")
    first, second = map(json.loads, lines_of(case))
    assert (first["n"], first["previous"], second["n"], second["previous"]) == (1, "", 2, first["hash"])
    assert [seal(first), seal(second)] == [first, second]
    assert {name: second[name] for name in ("when", "who", "why", "kind", "id")} == {
        "when": "2026-05-31", "who": "dirigente", "why": "reclamo del 30 maggio", "kind": "rinuncia", "id": "a",
    }  # fmt: skip


def test_that_what_was_recorded_is_read_back(case: Path) -> None:
    made = [
        correct(case, "a", sesso="M"),
        record(case, "punti", id="b", title="situazione non prevista", points=100),
        record(case, "ammissione_ds", id="c", round="prima", option={"plesso": "Nord", "ore": 30, "mensa": True}),
        record(case, "reclamo", id="a", outcome="accolto", entry=1),
        record(case, "reclamo", id="d", outcome="respinto"),
        record(case, "esclusione", id="d"),
        record(case, "definitiva", round="prima"),
        record(case, "rinuncia", id="b"),
        record(case, "ritiro", id="c"),
        record(case, "decadenza", id="a", absent_days=31),
        record(case, "subentro", **{"id": "d", "class": "1A", "after": 10}),
        record(case, "trasferimento", **{"id": "d", "class": "1B"}),
        record(case, "annullamento", entry=12),
    ]
    assert read_journal(case).entries == tuple(made)
    assert [e.n for e in read_journal(case).active] == [*range(1, 12), 13]
    assert made[4].data == {"id": "d", "outcome": "respinto", "entry": None}
    assert made[0].when == DAY


def test_that_two_spellings_of_a_line_mean_the_same_to_the_chain(case: Path) -> None:
    record(case, "rinuncia", id="a")
    entry = json.loads(lines_of(case)[0])
    compact = json.dumps(dict(reversed(entry.items())), separators=(",", ":"), ensure_ascii=True)
    (case / JOURNAL).write_text(compact, encoding="utf-8")  # not even a line break at its end
    assert record(case, "ritiro", id="b").n == 2
    assert [e.kind for e in read_journal(case).entries] == ["rinuncia", "ritiro"]


@pytest.mark.parametrize(
    ("tampered", "places"),
    [
        (lambda rows: [rows[0].replace('"b"', '"d"'), *rows[1:]], [(1, "hash")]),
        (lambda rows: [rows[0].replace("2026", "2025"), rows[1].replace('"c"', '"d"'), rows[2]],
         [(1, "hash"), (2, "hash")]),
        (lambda rows: rows[1:], [(1, "n"), (1, "previous"), (2, "n")]),
        (lambda rows: [rows[0], rows[2]], [(2, "n"), (2, "previous")]),
        (lambda rows: [rows[0], rows[0], *rows[1:]], [(2, "n"), (2, "previous"), (3, "n"), (4, "n")]),
        (lambda rows: [rows[1], rows[0], rows[2]],
         [(1, "n"), (1, "previous"), (2, "n"), (2, "previous"), (3, "previous")]),
        (lambda rows: [rows[0], "", *rows[1:]], [(2, ""), (3, "n"), (4, "n")]),
        (lambda rows: [rows[0], rows[1][:-9], rows[2]], [(2, "")]),
        (lambda rows: ["[1]", rows[1], rows[2]], [(1, "")]),
        (lambda rows: [rows[0].replace('{"n": 1', '{"n": 1, "n": 1'), *rows[1:]], [(1, "")]),
        (lambda rows: ["[" * 100_000, *rows[1:]], [(1, "")]),
    ],
    ids=["changed", "two changed", "first gone", "one gone", "doubled", "swapped", "blank", "cut", "list", "two names",
         "deep"],
)  # fmt: skip
def test_that_a_line_tampered_with_is_refused_by_both_readers(
    case: Path, tampered: Callable[[list[str]], list[str]], places: list[tuple[int, str]]
) -> None:
    for pupil in "bca":
        correct(case, pupil, sesso="M")
    (case / JOURNAL).write_text("\n".join(tampered(lines_of(case))) + "\n", encoding="utf-8")
    wrong = refused(lambda: read_journal(case))
    assert [(p.row, p.column) for p in wrong] == places
    assert {p.file for p in wrong} == {JOURNAL}
    assert refused(lambda: read_case_tables(case)) == wrong
    problem = one(lambda: read_ledger(case, {}))
    assert (problem.file, problem.row) == (JOURNAL, places[0][0])


def test_that_a_file_that_is_no_text_is_refused_line_by_line(case: Path) -> None:
    correct(case, "b", sesso="M")
    (case / JOURNAL).write_bytes((case / JOURNAL).read_bytes() + b"\xff\n")
    assert one(lambda: read_journal(case)).row == 2
    assert one(lambda: read_ledger(case, {})).row == 2


# --- what a line may say ---

GOOD: dict[str, Any] = {"kind": "punti", "id": "a", "title": "titolo", "points": 3}
CHANGES: dict[str, Any] = {"kind": "correzione", "id": "a", "changes": {"sesso": "M"}}
OPTION: dict[str, Any] = {"kind": "ammissione_ds", "id": "a", "round": "prima", "option": {"plesso": "Nord"}}


@pytest.mark.parametrize("good", [GOOD, CHANGES, OPTION, {"kind": "definitiva", "round": "prima"}])
def test_that_a_chain_made_by_the_book_is_read(case: Path, good: dict[str, Any]) -> None:
    write_chain(case, good)
    assert [e.kind for e in read_journal(case).entries] == [good["kind"]]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (GOOD | {"kind": "regalo"}, "kind"),
        (GOOD | {"kind": None}, "kind"),
        (GOOD | {"kind": ["punti"]}, "kind"),
        (GOOD | {"who": " "}, "who"),
        (GOOD | {"who": 3}, "who"),
        (GOOD | {"why": ""}, "why"),
        (GOOD | {"when": "31/05/2026"}, "when"),
        (GOOD | {"when": "2026-02-29"}, "when"),
        (GOOD | {"when": "20260531"}, "when"),
        (GOOD | {"when": 2026}, "when"),
        (GOOD | {"id": " a"}, "id"),
        (GOOD | {"id": 7}, "id"),
        (GOOD | {"points": 101}, "points"),
        (GOOD | {"points": -1}, "points"),
        (GOOD | {"points": True}, "points"),
        (GOOD | {"points": 1.0}, "points"),
        (GOOD | {"premio": 1}, "premio"),
        (CHANGES | {"changes": {}}, "changes"),
        (CHANGES | {"changes": {"ID": "b"}}, "changes"),
        (CHANGES | {"changes": {" sesso": "M"}}, "changes"),
        (CHANGES | {"changes": {"livello": 7}}, "changes"),
        (CHANGES | {"changes": ["sesso"]}, "changes"),
        (CHANGES | {"before": {"livello": "7"}}, "before"),
        (CHANGES | {"before": "F"}, "before"),
        (OPTION | {"option": {}}, "option"),
        (OPTION | {"option": {"ore": 1.5}}, "option"),
        (OPTION | {"round": ""}, "round"),
        ({"kind": "reclamo", "id": "a", "outcome": "forse", "entry": None}, "outcome"),
        ({"kind": "reclamo", "id": "a", "outcome": ["accolto"], "entry": None}, "outcome"),
        ({"kind": "reclamo", "id": "a", "outcome": "accolto", "entry": "1"}, "entry"),
        ({"kind": "decadenza", "id": "a", "absent_days": 0}, "absent_days"),
        ({"kind": "subentro", "id": "a", "class": "1A"}, "after"),
        ({"kind": "annullamento", "entry": 0}, "entry"),
    ],
)
def test_that_a_line_that_says_too_little_or_too_much_is_refused(case: Path, line: dict[str, Any], column: str) -> None:
    write_chain(case, GOOD, line)
    problem = one(lambda: read_journal(case))
    assert (problem.file, problem.row, problem.column) == (JOURNAL, 2, column)


def test_that_all_bad_lines_are_listed_at_once(case: Path) -> None:
    write_chain(case, GOOD | {"points": 200, "who": ""}, GOOD, GOOD | {"kind": "regalo"})
    assert [(p.row, p.column) for p in refused(lambda: read_journal(case))] == [(1, "who"), (1, "points"), (3, "kind")]


def test_that_no_text_of_a_pupil_is_repeated_in_a_message(case: Path) -> None:
    write_chain(case, CHANGES | {"changes": {" disabilita": "Canarino"}, "why": "Canarino", "canale": "Canarino"})
    assert "Canarino" not in "".join(map(str, refused(lambda: read_journal(case))))
    assert "Canarino" not in str(one(lambda: record(case.parent, "punti", id="a", title=" Canarino", points=1)))


# --- which decision may follow which ---

FROZEN = [
    ("correzione", {"id": "a", "changes": {"sesso": "M"}}),
    ("punti", {"id": "a", "title": "t", "points": 1}),
    ("esclusione", {"id": "a"}),
    ("ammissione_ds", {"id": "a", "round": "prima", "option": {"plesso": "Nord"}}),
]


@pytest.mark.parametrize(("kind", "data"), FROZEN)
def test_that_a_definitive_ranking_refuses_what_would_change_it_until_annulled(
    case: Path, kind: str, data: dict[str, Any]
) -> None:
    before = record(case, kind, **data)
    final = record(case, "definitiva", round="prima")
    said = one(lambda: record(case, kind, **data)).message
    assert "“prima” is definitive (entry 2)" in said
    assert one(lambda: record(case, "annullamento", entry=before.n)).message == said
    assert set(read_journal(case).states()) == {"prima"}
    record(case, "annullamento", entry=final.n)
    assert record(case, kind, **data).n == 4
    assert read_journal(case).states() == {}


def test_that_a_round_still_open_takes_the_heads_admissions(case: Path) -> None:
    record(case, "definitiva", round="prima")
    record(case, "ammissione_ds", id="a", round="tardive", option={"plesso": "Nord"})
    assert "(entry 1)" in one(lambda: record(case, "definitiva", round="prima")).message


@pytest.mark.parametrize("kind", ["rinuncia", "ritiro", "esclusione", "decadenza", "trasferimento"])
def test_that_a_freed_place_is_given_away_once(case: Path, kind: str) -> None:
    more: dict[str, Any] = {"decadenza": {"absent_days": 31}, "trasferimento": {"class": "1B"}}.get(kind, {})
    freed = record(case, kind, id="a", **more)
    given: dict[str, Any] = {"id": "b", "class": "1A", "after": freed.n}
    record(case, "subentro", **given)
    assert "given away by entry 2" in one(lambda: record(case, "subentro", **given | {"id": "c"})).message
    assert "given away by entry 2" in one(lambda: record(case, "annullamento", entry=1)).message
    record(case, "annullamento", entry=2)
    assert record(case, "subentro", **given | {"id": "c"}).n == 4


def test_that_a_place_nobody_freed_is_not_given_away(case: Path) -> None:
    record(case, "punti", id="a", title="t", points=1)
    record(case, "rinuncia", id="a")
    record(case, "annullamento", entry=2)
    for after in (1, 2, 3, 9):
        problem = one(lambda after=after: record(case, "subentro", **{"id": "b", "class": "1A", "after": after}))
        assert f"Entry {after} is not one that freed a place." in problem.message


@pytest.mark.parametrize(
    ("entry", "said"), [(1, "annulled already"), (2, "is an annulment"), (3, "no entry 3"), (4, "no entry 4")]
)
def test_that_an_annulment_undoes_an_earlier_decision_once(case: Path, entry: int, said: str) -> None:
    record(case, "rinuncia", id="a")
    record(case, "annullamento", entry=1)
    assert said in one(lambda: record(case, "annullamento", entry=entry)).message


def test_that_a_complaint_names_a_correction_that_counts(case: Path) -> None:
    record(case, "rinuncia", id="a")
    correct(case, "a", sesso="M")
    record(case, "annullamento", entry=2)
    for entry in (1, 2, 9):
        problem = one(lambda entry=entry: record(case, "reclamo", id="a", outcome="accolto", entry=entry))
        assert f"Entry {entry} is not a correction that counts." in problem.message


def test_that_what_may_not_follow_is_refused_on_reading_too_all_at_once(case: Path) -> None:
    final = {"kind": "definitiva", "round": "prima"}
    write_chain(case, final, GOOD, final, {"kind": "annullamento", "entry": 4}, {"kind": "rinuncia", "id": "a"})
    assert [p.row for p in refused(lambda: read_journal(case))] == [2, 3, 4]


# --- what follows from the entries ---


def test_that_the_later_correction_counts_and_an_annulled_one_does_not(case: Path) -> None:
    correct(case, "a", sesso="M", livello="7")
    correct(case, "a", Sex="F")
    last = correct(case, "a", sesso="M", dsa="sì")
    assert list(read_journal(case).corrections()["a"].items()) == [
        ("livello", "7"), ("Sex", "F"), ("sesso", "M"), ("dsa", "sì"),
    ]  # fmt: skip
    assert cells(case, "a", "sesso", "livello", "dsa") == (["M", 7, True], ["M", 7, True])
    record(case, "annullamento", entry=last.n)
    assert read_journal(case).corrections() == {"a": {"sesso": "M", "livello": "7", "Sex": "F"}}
    assert cells(case, "a", "sesso", "livello", "dsa") == (["F", 7, None], ["F", 7, None])


def test_that_points_and_history_are_told_pupil_by_pupil(case: Path) -> None:
    one_, two, three = (record(case, "punti", id=i, title="t", points=p) for i, p in (("a", 2), ("b", 1), ("a", 5)))
    undone = record(case, "annullamento", entry=one_.n)
    journal = read_journal(case)
    assert journal.points() == {"a": (three,), "b": (two,)}
    assert journal.history("a") == (one_, three, undone)
    assert journal.history("b") == (two,)


# --- writing ---


def test_that_a_second_writer_is_refused_and_nothing_is_written(case: Path) -> None:
    record(case, "rinuncia", id="a")
    content = (case / JOURNAL).read_bytes()
    (case / LOCK).write_bytes(b"")
    said = one(lambda: record(case, "rinuncia", id="b")).message
    assert LOCK in said
    assert "delete it" in said
    assert (case / LOCK).exists(), "the lock is the other writer's"
    assert (case / JOURNAL).read_bytes() == content
    (case / LOCK).unlink()
    assert record(case, "rinuncia", id="b").n == 2


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("regalo", {"id": "a"}),
        ("rinuncia", {}),
        ("rinuncia", {"id": "a\ud800"}),
        ("rinuncia", {"id": "a", "who": ""}),
        ("rinuncia", {"id": "a", "why": " "}),
        ("rinuncia", {"id": "a", "perché": "x"}),
        ("annullamento", {"entry": 7}),
    ],
)
def test_that_a_refused_decision_leaves_everything_as_it_was(case: Path, kind: str, data: dict[str, Any]) -> None:
    record(case, "ritiro", id="c")
    content = (case / JOURNAL).read_bytes()
    problem = one(lambda: append(case, kind, **(HEAD | data)))
    assert (problem.file, problem.row) == (JOURNAL, 2)
    assert {path.name for path in case.iterdir()} == {"alunni.csv", "classi.csv", JOURNAL}
    assert (case / JOURNAL).read_bytes() == content


def test_that_nothing_is_added_to_a_damaged_journal(case: Path) -> None:
    record(case, "rinuncia", id="a")
    (case / JOURNAL).write_text(lines_of(case)[0].replace("rinuncia", "ritiro") + "\n", encoding="utf-8")
    assert one(lambda: record(case, "rinuncia", id="b")).column == "hash"
    assert len(lines_of(case)) == 1
    assert not (case / LOCK).exists()


def test_that_a_failed_write_loses_nothing(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record(case, "rinuncia", id="a")
    content = (case / JOURNAL).read_bytes()

    def full(_handle: int) -> None:
        raise OSError(28, "no space left")

    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", full)
        with pytest.raises(OSError, match="no space"):
            record(case, "rinuncia", id="b")
    assert (case / JOURNAL).read_bytes() == content
    assert not (case / LOCK).exists()


def test_that_a_stray_number_or_hash_changes_no_chain(case: Path) -> None:
    made = append(case, "rinuncia", **HEAD, id="a", n=9, previous="x", hash="y")
    assert read_journal(case).entries == (made,)
    assert made.n == 1


def test_that_unknown_pupils_and_cases_are_refused(case: Path) -> None:
    problem = one(lambda: append(case, "rinuncia", **HEAD, known_ids={"a"}, id="z"))
    assert (problem.column, problem.value) == ("id", "z")
    assert append(case, "definitiva", **HEAD, known_ids={"a"}, round="prima").n == 1
    assert append(case, "rinuncia", **HEAD, known_ids={"a"}, id="a").n == 2
    assert one(lambda: append(case / "altrove", "rinuncia", **HEAD, id="a")).file == "altrove"


def test_that_a_proposal_is_what_would_be_written_and_writes_nothing(case: Path) -> None:
    proposed = propose(read_journal(case), "rinuncia", **HEAD, id="a")
    assert not (case / JOURNAL).exists()
    assert record(case, "rinuncia", id="a") == proposed


# --- corrections in the tables ---


def test_that_engine_and_auditor_read_the_same_corrected_cells(case: Path) -> None:
    correct(case, "b", Gender="maschio", livello="8,25", date_of_birth="3/4/2014", Nuova="sì")
    correct(case, "a", livello="")
    columns = ("sesso", "livello", "data_nascita", "nuova")
    engine, auditor = cells(case, "b", *columns)
    assert engine == auditor
    assert [str(value) for value in engine] == ["M", "8.25", "2014-04-03", "True"]
    assert cells(case, "a", "livello", "nuova", "data_nascita") == (
        [None, None, date(2014, 2, 1)], [None, None, date(2014, 2, 1)],
    )  # fmt: skip


def test_that_accents_are_compared_in_one_form(tmp_path: Path) -> None:
    (tmp_path / "alunni.csv").write_text("id;città\nnoè;x\nb;y\n", encoding="utf-8")
    (tmp_path / "classi.csv").write_text(CLASSES, encoding="utf-8")
    write_chain(tmp_path, {"kind": "correzione", "id": "noe\u0300", "changes": {"citta\u0300": "Forli\u0300"}})
    assert cells(tmp_path, "noè", "citta") == (["Forlì"], ["Forlì"])
    record(tmp_path, "rinuncia", id="noe\u0300")
    assert [e.kind for e in read_journal(tmp_path).history("noè")] == ["correzione", "rinuncia"]


def test_that_a_workbook_is_corrected_from_beside_it(workbook: Path) -> None:
    correct(workbook, "8", sesso="M", livello="6,5", plesso_1="Nord")
    assert (workbook.parent / JOURNAL).exists()
    engine, auditor = cells(workbook, "8", "sesso", "livello", "plesso_1")
    assert engine == auditor
    assert [str(value) for value in engine] == ["M", "6.5", "Nord"]
    assert set(read_case_tables(workbook).sources) == {workbook.name, JOURNAL}


def test_that_cells_under_no_header_do_not_slip_into_a_new_column(case: Path) -> None:
    text = PUPILS.replace("b;F;5,5;", "b;F;5,5;;abusivo")
    (case / "alunni.csv").write_text(text, encoding="utf-8")
    correct(case, "a", nuova="sì")
    ledger, _wrong = read_ledger(case, {})
    assert [row["nuova"] for row in ledger.pupils] == [True, None, None, None]


def test_that_the_certificate_covers_the_journal(case: Path, tmp_path: Path) -> None:
    correct(case, "b", sesso="M")
    (case / "regolamento.toml").write_text('[[criteria]]\nrule = "equal_sizes"\nhard = true\n', encoding="utf-8")
    inputs = Case.read(case).inputs
    assert inputs[JOURNAL] == hashlib.sha256((case / JOURNAL).read_bytes()).hexdigest()
    (tmp_path / "certificato.json").write_text(json.dumps({"inputs": dict(inputs)}), encoding="utf-8")
    seats = "".join(f"{pupil},{name}\n" for pupil, name in SEATS.items())
    (tmp_path / "assegnazioni.csv").write_text("id,classe\n" + seats, encoding="utf-8")
    before = audit_result(case, tmp_path).differences
    correct(case, "b", sesso="F")
    changed = [said for said in audit_result(case, tmp_path).differences if said not in before]
    assert len(changed) == 1
    assert JOURNAL in changed[0]


@pytest.mark.parametrize(
    ("pupil", "changes"),
    [("z", {"sesso": "M"}), ("a", {"sesso": "M", "Sex": "F"}), ("a", {"identificativo": "b"}), ("a", {"—": "b"})],
)
def test_that_a_correction_that_fits_nothing_is_refused_by_both_readers(
    case: Path, pupil: str, changes: dict[str, str]
) -> None:
    correct(case, "a", livello="7")
    correct(case, pupil, **changes)
    for read in (read_case_tables, lambda path: read_ledger(path, {})):
        problem = one(lambda read=read: read(case))
        assert (problem.file, problem.row) == (JOURNAL, 2)
    record(case, "annullamento", entry=2)
    assert cells(case, "a", "livello") == ([7], [7])


def test_that_a_bad_corrected_cell_is_placed_in_the_journal(case: Path) -> None:
    (case / "alunni.csv").write_text(PUPILS.replace("c;M", "c;Q"), encoding="utf-8")
    correct(case, "b", sesso="W")
    assert {(p.file, p.row, p.column, p.value) for p in refused(lambda: read_case_tables(case))} == {
        ("alunni.csv", 4, "sesso", "Q"), (JOURNAL, 1, "sesso", "W"),
    }  # fmt: skip


def test_that_problems_of_the_journal_and_of_the_tables_come_together(case: Path) -> None:
    (case / "alunni.csv").write_text(PUPILS.replace("c;M", "c;Q"), encoding="utf-8")
    (case / JOURNAL).write_text("{}\n", encoding="utf-8")
    assert {p.file for p in refused(lambda: read_case_tables(case))} == {"alunni.csv", JOURNAL}


# --- recording a correction with the case at hand ---


def test_that_a_correction_records_what_was_there_before(case: Path) -> None:
    changes = {"sesso": "M", "Livello": "7", "data_nascita": "3/4/2014", "nuova": "x"}
    entry, _odd = record_correction(case, "b", changes, **HEAD)
    assert entry.data["before"] == {"sesso": "F", "Livello": "5,5", "data_nascita": "", "nuova": ""}
    entry, _odd = record_correction(case, "b", {"Sex": "F", "nuova": ""}, **HEAD)
    assert entry.data["before"] == {"Sex": "M", "nuova": "x"}
    assert len(read_journal(case).entries) == 2


@pytest.mark.parametrize(
    ("pupil", "changes", "column"),
    [("z", {"sesso": "M"}, "id"), ("a", {"sesso": "W"}, "sesso"), ("a", {"classe_fissa": "9Z"}, "classe_fissa"),
     ("a", {"Identificativo": "b"}, "changes")],
)  # fmt: skip
def test_that_a_correction_that_could_not_be_read_is_not_recorded(
    case: Path, pupil: str, changes: dict[str, str], column: str
) -> None:
    (case / "alunni.csv").write_text(PUPILS.replace("c;M", "c;Q"), encoding="utf-8")
    problem = one(lambda: record_correction(case, pupil, changes, **HEAD))
    assert (problem.file, problem.row, problem.column) == (JOURNAL, 1, column)
    assert not (case / JOURNAL).exists()


def test_that_an_unreadable_table_does_not_keep_another_cell_from_being_corrected(case: Path) -> None:
    (case / "alunni.csv").write_text(PUPILS.replace("c;M", "c;Q").replace("d;M", "d;Q"), encoding="utf-8")
    record_correction(case, "c", {"sesso": "M"}, **HEAD)
    assert [p.row for p in refused(lambda: read_case_tables(case))] == [5]
    record_correction(case, "d", {"sesso": "M"}, **HEAD)
    assert cells(case, "d", "sesso") == (["M"], ["M"])


def test_that_without_pupils_nothing_is_corrected(case: Path) -> None:
    (case / "alunni.csv").unlink()
    assert one(lambda: record_correction(case, "a", {"sesso": "M"}, **HEAD)).sheet == "alunni"
    (case / "alunni.csv").write_bytes(b"")
    assert one(lambda: record_correction(case, "a", {"sesso": "M"}, **HEAD)).file == "alunni.csv"
    assert not (case / JOURNAL).exists()
