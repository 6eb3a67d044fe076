"""The canary: pupils whose names, notes and categories are unmistakable words, which must come out nowhere.

Every command runs, also where it must fail; what is printed, logged, raised and written is looked through. Working
files (`WORKING`) are for the office and may hold names; public ones (`PUBLIC`) hold neither a category nor an id.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import shutil
import sys
import traceback
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from typer.main import get_command

from classi import cli
from classi.case import Case
from classi.errors import ClassiError
from classi.journal import append
from classi.office import Act, publish_lists, publish_ranking, record_succession, record_transfer, write_counts
from classi.publish import publish_classes
from classi.seating import pool_of
from classi.tables.read import record_correction
from classi.workflow import form
from oversubscribed import RULES, applicants, give_places, write_school, write_table

SURNAME, NAME, NOTE, COUNTRY, ID = "Canarinozzi", "Passerella", "Cardellino", "Canarese", "VOLIERA"
NAMES = frozenset(w.casefold() for w in (SURNAME, NAME, NOTE))
CATEGORIES = frozenset({
    "disabilita", "disabile", "comma1", "comma3", "dsa", "bes", "nai", "104", "sostegno", "straniero", "straniera",
    "stranieri", "cittadinanza", "ripetente", "certificazione", COUNTRY.casefold(),
})  # fmt: skip
WORKING = frozenset({"report.html", "classi.xlsx", "graduatorie.xlsx", "codici.csv", "decisioni.jsonl"})
INPUTS = frozenset({"alunni.csv", "classi.csv", "regolamento.toml", "alunni-con-nomi.csv"})
PUBLIC = re.compile(
    r"elenchi\.(csv|html|xlsx)|graduatoria_pubblica\.csv|conteggi\.csv|(plesso|sezioni)(\.annullato-1)?\.json"
)
IMPOSSIBLE = f"""{RULES}
[[criteria]]
rule = "at_least_per_class"
of = {{ sesso = "M" }}
count = 4
hard = true
"""
TWO_SOFT_RULES = """[[criteria]]
rule = "balance"
attribute = "straniero"
weight = 1

[admission]"""
WHO = ("--who", "Dirigente", "--on", "2026-06-01")
WHY = ("--why", "Prova", *WHO)
BEFORE = ("--who", "Segreteria", "--on", "2026-05-01")
SOURCE = ("--source", "Lotto", "--date", "2026-05-20")
ACT = Act("Dirigente", "Prova", date(2026, 6, 1))


def words_in(data: bytes) -> set[str]:
    """Return the words of a file, also of one packed in a zip, without case and accents."""
    if data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return set().union(*(words_in(packed.read(n)) | words_in(n.encode()) for n in packed.namelist()))
    plain = unicodedata.normalize("NFKD", data.decode("utf-8", "replace").casefold())
    return set(re.findall(r"[^\W_]+", "".join(c for c in plain if not unicodedata.combining(c))))


def holds(found: set[str], wanted: frozenset[str]) -> set[str]:
    """Return the words looked for that stand in a text, also inside of longer ones where they are long."""
    return {w for w in wanted if w in found or (len(w) > 6 and any(w in other for other in found))}


def leaks_of_text(where: str, text: str) -> list[str]:
    return [f"{where}: {word}" for word in sorted(holds(words_in(text.encode()), NAMES))]


def leaks_of_file(file: Path) -> list[str]:
    """Return what a file lets out; `conteggi.csv` is about citizenship by law, so its header may name it."""
    found = leaks_of_text("name of a file", file.name)
    if file.name in WORKING | INPUTS or file.name.endswith(".riservato.json"):
        return found
    data = file.read_bytes()
    if PUBLIC.fullmatch(file.name):
        data = data.partition(b"\n")[2] if file.name == "conteggi.csv" else data
        found += [f"{file.name}: {w}" for w in sorted(holds(words_in(data), CATEGORIES | {ID.casefold()}))]
    return found + [f"{file.name}: {w}" for w in sorted(holds(words_in(data), NAMES))]


def leaks_of_folder(folder: Path) -> list[str]:
    return [leak for file in sorted(folder.rglob("*")) if file.is_file() for leak in leaks_of_file(file)]


@dataclass
class Heard:
    """Runs commands and keeps all they say."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    said: list[tuple[str, str]] = field(default_factory=list)
    ran: set[str] = field(default_factory=set)

    def __call__(self, expected: int, *words: object) -> None:
        command = " ".join(map(str, words[: 2 if words[0] in ("draw", "publish", "bench") else 1]))
        for language in ("en", "it"):
            if language == "it" and expected == 0:  # what was done is not done twice
                continue
            self.monkeypatch.setattr(sys, "argv", ["classi", *map(str, words), "--lang", language])
            with pytest.raises(SystemExit) as end:
                cli.main()
            told = self.capsys.readouterr()
            assert int(end.value.code or 0) == expected, (words, told.out, told.err)
            self.said += [(command, told.out), (command, told.err)]
        self.ran.add(command)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Heard:
    return Heard(monkeypatch, capsys)


def canaries(*, tied: bool = False) -> list[dict[str, str]]:
    """Return the applications of the small school, as canaries."""
    rows = []
    for n, row in enumerate(applicants(tied=tied), 1):
        rows.append({
            **row,
            "id": f"{ID}{n:02d}",
            "cognome": SURNAME,
            "nome": f"{NAME} {'abcdefghilmnopqr'[n - 1]}",
            "cittadinanza": COUNTRY if n % 2 else "italiana",
            "dsa": "sì" if n % 5 == 0 else "no",
            "bes": "sì" if n % 7 == 0 else "no",
            "nota": f"nota: {NOTE}",
        })  # fmt: skip
    return rows


def aviary(folder: Path, *, tied: bool = False, rules: str = RULES) -> Path:
    write_school(folder, rules=rules)
    write_table(folder / "alunni.csv", canaries(tied=tied))
    return folder


def spoiled(folder: Path) -> Path:
    """Write a school with much that is wrong."""
    rows = canaries()
    rows[0] |= {"sesso": "maschoi", "data_nascita": "31/02/2020"}
    rows[1] |= {"disabilita": "comma9", "dsa": "forse", "distanza": "vicino"}
    rows += [dict(rows[3]), {**rows[4], "id": ""}, {**rows[5], "id": f"{ID}99"}]
    write_school(folder, rules=RULES + '\n[[criteria]]\nrule = "balence"\nattribute = "nota"\n')
    write_table(folder / "alunni.csv", rows)
    return folder


def all_commands() -> set[str]:
    def under(group: object, before: str) -> Iterator[str]:
        for name, command in group.commands.items():  # type: ignore[attr-defined]
            yield from under(command, f"{name} ") if hasattr(command, "commands") else [before + name]

    return set(under(get_command(cli.build()), ""))


def run_every_command(heard: Heard, folder: Path) -> None:
    case, tied, bad, file = (
        aviary(folder / "s"),
        aviary(folder / "t", tied=True),
        spoiled(folder / "b"),
        folder / "file",
    )
    file.write_text("", encoding="utf-8")
    one, two = f"{ID}05", f"{ID}10"
    heard(0, "check", case)
    heard(0, "rank", case, "--out", folder / "g")
    heard(0, "form", case, "--out", folder / "c", "--workers", 1)
    heard(0, "audit", case, folder / "c")
    for n in (1, 7, 14, 16):
        heard(0, "explain", case, folder / "c", f"{ID}{n:02d}")
    heard(
        0,
        "decide",
        case,
        "punti",
        "--pupil",
        two,
        "--data",
        "title=Casi esaminati dal dirigente",
        "--data",
        "points=1",
        *WHY,
    )
    heard(0, "decide", case, "correzione", "--pupil", two, "--set", f"nome={NAME} z", "--set", "dsa=sì", *WHY)
    heard(4, "audit", case, folder / "c")
    heard(0, "succeed", case, folder / "c", one, "--out", folder / "d", *WHY)
    heard(0, "audit", case, folder / "d")
    heard(4, "transfer", case, folder / "d", f"{ID}07", "1A", "--out", folder / "x", *WHY)
    heard(0, "publish", "classes", case, folder / "d", "--out", folder / "albo")
    heard(0, "publish", "ranking", case, folder / "c", "--out", folder / "albo", "--points-by-law", "L. 241/1990")
    heard(0, "publish", "check", folder / "albo" / "elenchi.csv", "--case", case)
    heard(0, "stats", case, "--out", folder / "albo" / "conteggi.csv", "--year", "2026/27")
    heard(0, "draw", "letters", case, folder / "d", "--letters", "A,B", *SOURCE, *BEFORE)
    heard(2, "form", tied, "--out", folder / "x")
    heard(0, "rank", tied, "--out", folder / "gt")
    heard(0, "draw", "commit", tied, "--round", "Plesso", *SOURCE, *BEFORE)
    heard(0, "draw", "annul", tied, "--round", "Plesso", *WHY)
    heard(0, "draw", "commit", tied, "--round", "Plesso", *SOURCE, *BEFORE)
    heard(2, "draw", "commit", tied, "--round", "Plesso", *SOURCE, *BEFORE)
    heard(0, "draw", "reveal", tied, "--round", "Plesso", "--numbers", "4 9", *WHO)
    heard(0, "draw", "show", tied, "--round", "Plesso")
    heard(0, "form", tied, "--out", folder / "ct", "--workers", 1)
    run_research(heard, folder, case, bad)
    run_what_fails(heard, folder, case, bad, file)
    heard(0, "generate", "--out", folder / "n", "--pupils", 20, "--classes", 2)
    heard(0, "template", folder / "scuola.xlsx")


def run_research(heard: Heard, folder: Path, case: Path, bad: Path) -> None:
    table, store = folder / "tabella.csv", folder / "misure.jsonl"
    two = aviary(folder / "due", rules=RULES.replace("[admission]", TWO_SOFT_RULES, 1))
    heard(0, "bench", "groups", case, folder / "c", "--out", table)
    heard(0, "bench", "groups", case, folder / "c", "--by", "cittadinanza", "--by", "dsa", "--out", table)
    heard(2, "bench", "groups", case, folder / "c", "--by", SURNAME.lower()[:3], "--out", table)
    heard(0, "bench", "chance", case, "--draws", 20, "--out", table)
    heard(0, "bench", "prices", two, "--seconds", 2, "--out", table)
    heard(0, "bench", "frontier", two, "--first", 2, "--second", 3, "--seconds", 2, "--out", table)
    for command in (("chance",), ("prices",), ("groups",), ("frontier", "--first", 1, "--second", 2)):
        where = (folder / "c",) if command == ("groups",) else ()
        heard(2, "bench", command[0], bad, *where, *command[1:], "--out", table)
    heard(0, "bench", "list")
    heard(0, "bench", "run", "quick", "--families", "tight", "--methods", "swaps", "--seconds", 0.2, "--store", store)
    heard(0, "bench", "report", "--store", store, "--out", folder / "misure")


def run_what_fails(heard: Heard, folder: Path, case: Path, bad: Path, file: Path) -> None:
    impossible = aviary(folder / "i", rules=IMPOSSIBLE)
    heard(3, "form", impossible, "--out", folder / "imp2", "--time-limit", 5, "--force")
    plain = RULES[: RULES.index("[admission]")]
    heard(3, "form", aviary(folder / "p", rules=plain), "--out", folder / "imp", "--time-limit", 5, "--force")
    for words in (("check", bad), ("form", bad, "--out", folder / "x"), ("rank", bad, "--out", folder / "x")):
        heard(2, *words)
    heard(2, "stats", bad, "--out", folder / "x.csv", "--year", "2026/27")
    for words in (("form", case), ("rank", case), ("succeed", case, folder / "d", f"{ID}03", *WHY)):
        heard(2, *words, "--out", file / "sotto")
    heard(2, "demo", "--out", file)
    heard(2, "publish", "classes", case, folder / "d", "--out", file)
    heard(2, "stats", case, "--out", file / "conteggi.csv", "--year", "2026/27")
    heard(2, "explain", case, folder / "c", SURNAME.lower()[:3])
    heard(2, "decide", case, "correzione", "--pupil", f"{ID}03", "--set", "sesso=boh", *WHY)
    heard(2, "decide", case, "rinuncia", "--pupil", "nessuno", *WHY)
    heard(2, "draw", "show", case, "--round", "Plesso")
    named = folder / "alunni-con-nomi.csv"
    write_table(
        named, [{"classe": "1A", "codice": f"{r['cognome']} {r['nome']}", "nota": r["nota"]} for r in canaries()]
    )
    heard(1, "publish", "check", named, "--case", case)
    for name in ("assegnazioni.csv", "graduatorie.csv", "lista_attesa.csv", "certificato.json"):
        broken = folder / f"rotto-{name[:3]}"
        shutil.copytree(folder / "c", broken)
        text = (broken / name).read_text(encoding="utf-8")
        (broken / name).write_text(
            text.replace(f"{ID}13", f"{ID}01").replace('"cost": 0', '"cost": 1'), encoding="utf-8"
        )
        heard(4, "audit", case, broken)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


def test_that_nothing_printed_logged_or_written_lets_a_canary_out(
    tmp_path: Path, heard: Heard, logged: pytest.LogCaptureFixture
) -> None:
    run_every_command(heard, tmp_path)
    assert heard.ran == all_commands()
    assert [leak for command, text in heard.said for leak in leaks_of_text(command, text)] == []
    assert leaks_of_text("log", logged.text) == []
    assert leaks_of_folder(tmp_path) == []
    public = {f.name for f in tmp_path.rglob("*") if PUBLIC.fullmatch(f.name)}
    assert len(public) == 8  # three lists, a ranking, the counts, a draw of letters, a draw and an annulled one
    prove_that_leaks_are_found(tmp_path, heard)


def prove_that_leaks_are_found(folder: Path, heard: Heard) -> None:
    """Put leaks in what was just found clean: each of them must show."""
    for name in ("elenchi.csv", "graduatoria_pubblica.csv", "conteggi.csv"):
        file = folder / "albo" / name
        whole = file.read_bytes()
        for word in (SURNAME, NAME.upper(), NOTE, "comma1", "DSA", COUNTRY, f"{ID}07"):
            file.write_bytes(whole + f"1A;{word}\n".encode())
            assert leaks_of_folder(folder), (name, word)
        file.write_bytes(whole)
    assert leaks_of_folder(folder) == []
    (folder / "d" / f"1A-{SURNAME}.csv").write_bytes(b"")
    assert leaks_of_folder(folder) == [f"name of a file: {SURNAME.casefold()}"]
    heard.said.append(("leaky", f"row 3: “{SURNAME} {NAME}”"))
    assert [leak for command, text in heard.said for leak in leaks_of_text(command, text)] == [
        f"leaky: {SURNAME.casefold()}",
        f"leaky: {NAME.casefold()}",
    ]


def leaky_workbook(**hidden: str) -> bytes:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as book:
        book.set_properties({"author": hidden.get("author", "")})
        page = book.add_worksheet(hidden.get("sheet", "elenchi"))
        page.write(0, 0, hidden.get("cell", "classe"))
        page.write_comment(0, 0, hidden.get("comment", "nessuno"))
    return data.getvalue()


@pytest.mark.parametrize("part", ["author", "sheet", "cell", "comment"])
@pytest.mark.parametrize("word", [SURNAME, f"{ID}03", "comma3", "DSA"])
def test_that_a_leaky_workbook_is_found_wherever_the_leak_is(tmp_path: Path, part: str, word: str) -> None:
    file = tmp_path / "elenchi.xlsx"
    file.write_bytes(leaky_workbook())
    assert leaks_of_folder(tmp_path) == []
    file.write_bytes(leaky_workbook(**{part: word}))
    assert leaks_of_folder(tmp_path)


def test_that_a_public_draw_with_identifiers_for_labels_is_found(tmp_path: Path) -> None:
    (tmp_path / "plesso.json").write_text(json.dumps({"labels": ["S-00AA11BB"]}), encoding="utf-8")
    assert leaks_of_folder(tmp_path) == []
    (tmp_path / "plesso.json").write_text(json.dumps({"labels": [f"{ID}01"]}), encoding="utf-8")
    assert leaks_of_folder(tmp_path) == [f"plesso.json: {ID.casefold()}"]


def test_that_no_exception_of_the_library_holds_a_canary(tmp_path: Path) -> None:
    case, bad = aviary(tmp_path / "s"), spoiled(tmp_path / "b")
    give_places(case, tmp_path / "c")
    read, places = Case.read(case), tmp_path / "c"
    assert read.regulation.admission is not None
    one = read.regulation.admission.rounds[0]
    rows = list(csv.DictReader(io.StringIO((bad / "alunni.csv").read_text(encoding="utf-8")), delimiter=";"))
    codes = {p.id: str(p["cognome"]) for p in read.school.pupils}
    people = [{"id": p.id, **p.fields} for p in read.school.pupils]
    strangers = tmp_path / "altri"
    shutil.copytree(places, strangers)
    for name in ("assegnazioni.csv", "graduatorie.csv"):
        text = (strangers / name).read_text(encoding="utf-8")
        (strangers / name).write_text(text.replace(f"{ID}05", "B77"), encoding="utf-8")
    tied = Case.read(aviary(tmp_path / "t", tied=True))
    impossible = Case.read(aviary(tmp_path / "i", rules=IMPOSSIBLE))
    acts: list[Callable[[], object]] = [
        lambda: Case.read(bad),
        lambda: Case.read(tmp_path / "manca"),
        lambda: Case.from_frames(pd.DataFrame(rows), pd.DataFrame({"id": ["1A", "1A"]}), regulation={"criteria": []}),
        lambda: Case.from_frames(
            pd.DataFrame(rows), pd.DataFrame({"id": ["1A"]}), regulation={"criteria": [{"rule": "x"}]}
        ),
        lambda: form(tied),
        lambda: form(impossible).assignment,
        lambda: pool_of(read, one),
        lambda: append(case, "rinuncia", who="D", why="P", when=ACT.when, known_ids=read.school.pupil_at, id="B77"),
        lambda: record_correction(case, f"{ID}03", {"sesso": "boh"}, who="D", why="P", when=ACT.when),
        lambda: record_succession(read, places, f"{ID}13", tmp_path / "x", ACT),
        lambda: record_succession(read, strangers, f"{ID}03", tmp_path / "x", ACT),
        lambda: record_transfer(read, places, f"{ID}02", "9Z", tmp_path / "x", ACT),
        lambda: publish_classes(dict.fromkeys(codes, "1A"), codes, tmp_path / "x", pupils=people),
        lambda: publish_classes(
            {f"{ID}01": "1A"}, {f"{ID}01": "A2C3D4"}, tmp_path / "x", f"{SURNAME} {NAME} a", pupils=people
        ),
        lambda: publish_lists(read, strangers, tmp_path / "x"),
        lambda: publish_ranking(read, strangers, tmp_path / "x"),
        lambda: write_counts(read, tmp_path / "conteggi.csv", "2026"),
    ]
    texts = []
    for n, act in enumerate(acts):
        with pytest.raises(ClassiError) as raised:
            act()
            pytest.fail(f"number {n} did what it should refuse")
        texts.append((n, "".join(traceback.format_exception(raised.value)) + repr(raised.value)))
    assert [leak for n, text in texts for leak in leaks_of_text(str(n), text)] == []
    assert leaks_of_folder(tmp_path) == [] and not (tmp_path / "x").exists()
    assert leaks_of_text("leaky", repr(ClassiError(f"“{SURNAME}”"))) == [f"leaky: {SURNAME.casefold()}"]
