"""The canary: pupils whose names, notes and categories are unmistakable words, which must come out nowhere.

Every command runs, also where it must fail; what is printed, logged, raised and written is looked through. Working
files (`WORKING`) are for the office and may hold names; public ones (`PUBLIC`) hold neither a category nor an id; what
a family reads (`FAMILY`, letters) holds nothing of any other child. Each child has words of its own, so that it shows
whose word comes out.
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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import docx
import pandas as pd
import pyrage
import pytest
import xlsxwriter
from pypdf import PdfReader
from typer.main import get_command

from classi import cli
from classi.case import Case
from classi.case_file import CaseFile
from classi.case_work import new_case_file, record_result
from classi.compare import compare, read_splits, write_comparison
from classi.errors import ClassiError
from classi.explain import explain_pupil
from classi.explain.family import explain_family, write_families
from classi.handmade import Decision, write_change
from classi.journal import append
from classi.office import Act, publish_lists, publish_ranking, record_succession, record_transfer, write_counts
from classi.papers import Wanted, write_documents, write_minutes
from classi.publish import publish_classes
from classi.seating import pool_of
from classi.splits import read_split
from classi.tables.read import record_correction
from classi.tables.write import read_assignment, write_assignment
from classi.whatif import WhatIf
from classi.workflow import form
from classi.year.acts import enrol, swap, withdraw
from classi.year.moves import adopt
from oversubscribed import RULES, applicants, give_places, write_school, write_table

SURNAME, NAME, NOTE, COUNTRY, ID = "Canarinozzi", "Passerella", "Cardellino", "Canarese", "VOLIERA"
NAMES = frozenset(w.casefold() for w in (SURNAME, NAME, NOTE))
CATEGORIES = frozenset({
    "disabilita", "disabile", "comma1", "comma3", "dsa", "bes", "nai", "104", "sostegno", "straniero", "straniera",
    "stranieri", "cittadinanza", "ripetente", "certificazione", COUNTRY.casefold(),
})  # fmt: skip
VALUES = frozenset({"comma1", "comma3", COUNTRY.casefold(), NOTE.casefold()})
LETTERS = "abcdefghilmnopqrstuv"
WORKING = re.compile(
    r"report\.html|classi\.xlsx|graduatorie\.xlsx|codici\.csv|decisioni\.jsonl|confronto\.(html|xlsx)|consegna-.+|lettere-.+"
    r"|alunni-classi\.csv|(copia|aperto)\.classi|con-nomi/verbale\.(docx|pdf)|elenchi-docenti\.(xlsx|pdf)"
)
"""For the office or the commission, who know the pupils. Letters are looked at one child at a time besides."""
INPUTS = frozenset({"alunni.csv", "classi.csv", "legami.csv", "regolamento.toml", "alunni-con-nomi.csv"})
PUBLIC = re.compile(
    r"elenchi\.(csv|html|xlsx)|graduatoria_pubblica\.csv|conteggi\.csv|(plesso|sezioni|iscrizione-\w+)(\.annullato-1)?\.json"
)
FAMILY = re.compile(r"famiglie/famiglia-(\w+)\.html|una/lettere-\w+-(\w+)\.(?:docx|pdf)")
"""One child's own, named in the name of the file."""
NAMES_NOBODY = re.compile(r"(scheda-algoritmo|valutazione-impatto)\.(docx|pdf)")
NAMES_ON_SCREEN = {
    "compare": "--all says to the commission who moves between the splits, and whose wishes",
    "explain": "the commission asks about a pupil and reads who stands in the way",
    "explain --family": "the name of their own child, and no other",
}
"""Commands whose screen names pupils on purpose. All others say identifiers at most."""
READING = frozenset({
    "check", "audit", "explain", "explain --family", "compare", "whatif", "conflicts", "history", "case log",
    "case status", "case verify", "draw show", "publish check", "bench list",
})  # fmt: skip
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
UNITED = """name = "Istituto di prova, secondaria"

[[criteria]]
rule = "class_size"
name = "Posti"
min = 5
max = 6
hard = true

[[criteria]]
rule = "apart"
name = "Da separare"
hard = true

[[criteria]]
rule = "balance"
name = "Femmine e maschi"
attribute = "sesso"
weight = 2

[[criteria]]
rule = "balance"
name = "Sostegno"
attribute = "disabilita"
weight = 2

[[criteria]]
rule = "together"
name = "Gemelli insieme"
ties = ["gemelli"]
weight = 3
tier = 2

[[criteria]]
rule = "wishes"
name = "Compagni"
weight = 1
tier = 2
"""
WHO = ("--who", "Dirigente", "--on", "2026-06-01")
WHY = ("--why", "Prova", *WHO)
SAID = ("--who", "Dirigente", "--why", "Prova")
BEFORE = ("--who", "Segreteria", "--on", "2026-05-01")
SOURCE = ("--source", "Lotto", "--date", "2026-05-20")
ACT = Act("Dirigente", "Prova", date(2026, 6, 1))


def words_in(data: bytes) -> set[str]:
    """Return the words of a file, also of a PDF and of one packed in a zip, without case and accents."""
    if data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return set().union(*(words_in(packed.read(n)) | words_in(n.encode()) for n in packed.namelist()))
    if data[:5] == b"%PDF-":
        read = PdfReader(io.BytesIO(data))
        parts = [*(page.extract_text() for page in read.pages), *map(str, (read.metadata or {}).values())]
        return words_in(" ".join(parts).encode())
    plain = unicodedata.normalize("NFKD", data.decode("utf-8", "replace").casefold())
    return set(re.findall(r"[^\W_]+", "".join(c for c in plain if not unicodedata.combining(c))))


def holds(found: set[str], wanted: frozenset[str]) -> set[str]:
    """Return the words looked for that stand in a text, also inside of longer ones where they are long."""
    return {w for w in wanted if w in found or (len(w) > 6 and any(w in other for other in found))}


def leaks_of_text(where: str, text: str) -> list[str]:
    return [f"{where}: {word}" for word in sorted(holds(words_in(text.encode()), NAMES))]


def child_words(n: int) -> frozenset[str]:
    """Return the words that tell of one child: identifier, surname, name."""
    return frozenset(w.casefold() for w in (f"{ID}{n:02d}", SURNAME + LETTERS[n - 1], NAME + LETTERS[n - 1]))


CHILDREN = {f"{ID}{n:02d}": child_words(n) for n in range(1, len(LETTERS) + 1)}


def children_in(found: set[str]) -> set[str]:
    """Return the children a text tells of."""
    return {child for child, words in CHILDREN.items() if words & found}


def leaks_to_family(where: str, found: set[str], child: str) -> list[str]:
    """Return what a family reads that is not of their own child, and the special categories, also of their own."""
    return [f"{where}: {leak}" for leak in sorted((children_in(found) - {child}) | (found & VALUES))]


def raw_words(data: bytes) -> list[str]:
    """Return the words of canaries, categories and children that stand in the bytes of a file, in any encoding."""
    sought = [ID, SURNAME, NAME, NOTE, COUNTRY, "comma3", "Da separare"]
    plain = data.lower()
    return [w for w in sought for code in ("utf-8", "utf-16-le", "utf-16-be") if w.lower().encode(code) in plain]


def leaks_of_file(file: Path) -> list[str]:
    """Return what a file lets out; `conteggi.csv` is about citizenship by law, so its header may name it."""
    found, place = leaks_of_text("name of a file", file.name), f"{file.parent.name}/{file.name}"
    family = FAMILY.fullmatch(place)
    if family is not None:
        return found + leaks_to_family(file.name, words_in(file.read_bytes()), family[1] or family[2])
    working = WORKING.fullmatch(file.name) or WORKING.fullmatch(place)
    if working or file.name in INPUTS or file.name.endswith(".riservato.json"):
        return found
    data = file.read_bytes()
    if file.suffix in {".classi", ".age"}:  # a purged one, an encrypted one
        return [*found, *(f"{file.name}: {w}" for w in raw_words(data))]
    if NAMES_NOBODY.fullmatch(file.name):
        return found + leaks_to_family(file.name, words_in(data), "")
    if PUBLIC.fullmatch(file.name):
        data = data.partition(b"\n")[2] if file.name == "conteggi.csv" else data
        found += [f"{file.name}: {w}" for w in sorted(holds(words_in(data), CATEGORIES | {ID.casefold()}))]
    return found + [f"{file.name}: {w}" for w in sorted(holds(words_in(data), NAMES))]


def leaks_of_folder(folder: Path) -> list[str]:
    return [leak for file in sorted(folder.rglob("*")) if file.is_file() for leak in leaks_of_file(file)]


@dataclass
class Heard:
    """Runs commands and keeps all they say; apart what names pupils on purpose, and what is for one family."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    said: list[tuple[str, str]] = field(default_factory=list)
    shown: list[tuple[str, str]] = field(default_factory=list)
    to_families: list[tuple[str, str]] = field(default_factory=list)
    ran: set[str] = field(default_factory=set)

    def __call__(self, expected: int, *words: object) -> None:
        command = " ".join(map(str, words[: 2 if words[0] in ("draw", "publish", "bench", "case") else 1]))
        self.ran.add(command)
        command += " --family" if "--family" in words and "--all" not in words else ""
        again = expected != 0 or "--force" in words or (command in READING and "--out" not in words)
        for language in ("en", "it") if again else ("en",):  # what was done is not done twice
            self.monkeypatch.setattr(sys, "argv", ["classi", *map(str, words), "--lang", language])
            with pytest.raises(SystemExit) as end:
                cli.main()
            told = self.capsys.readouterr()
            assert int(end.value.code or 0) == expected, (words, told.out, told.err)
            on_purpose = expected == 0 and command in NAMES_ON_SCREEN
            (self.shown if on_purpose else self.said).append((command, told.out))
            self.said.append((command, told.err))
            if on_purpose and command.endswith("--family"):
                self.to_families.append((str(words[3]), told.out))


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
            "cognome": SURNAME + LETTERS[n - 1],
            "nome": NAME + LETTERS[n - 1],
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
    run_choosing(heard, folder)
    run_papers(heard, folder)
    run_case_file(heard, folder)
    run_what_fails_later(heard, folder, bad)
    run_year(heard, folder, bad)
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


# --- choosing, papers, the case file, the year ---


def flock(folder: Path, *, rules: str = UNITED) -> Path:
    """Write a school whose classes are formed of everybody: twins, wishes, pairs to be kept apart with a note."""
    folder.mkdir(parents=True)
    keep = ("id", "cognome", "nome", "sesso", "data_nascita", "cittadinanza", "disabilita", "dsa", "bes", "nota")
    write_table(folder / "alunni.csv", [{k: row[k] for k in keep} for row in canaries()])
    write_table(folder / "classi.csv", [{"id": name} for name in ("1A", "1B", "1C")])
    ties = [(n, n % 16 + 1, "preferisce", "") for n in range(1, 17)]
    ties += [(1, 2, "gemelli", ""), (3, 5, "separati", NOTE), (6, 8, "separati", NOTE)]
    write_table(
        folder / "legami.csv",
        [{"da": f"{ID}{a:02d}", "a": f"{ID}{b:02d}", "tipo": kind, "motivo": why} for a, b, kind, why in ties],
    )
    (folder / "regolamento.toml").write_text(rules, encoding="utf-8")
    return folder


def a_swap(case: Path, places: Path) -> tuple[str, str]:
    """Return two pupils who can change places."""
    found = WhatIf(read_split(Case.read(case), places)).best(top=200, anyway=True)
    return next((p.moves[0].pupil, p.moves[1].pupil) for p in found if len(p.moves) == 2)


def a_broken_swap(case: Path, places: Path) -> tuple[str, str]:
    """Return two pupils after whose swap the third and the fifth, to be kept apart, are in one class."""
    placed = read_split(Case.read(case), places).placed
    at = placed[f"{ID}05"]
    return f"{ID}03", next(p for p, c in placed.items() if c == at and p != f"{ID}05")


def run_choosing(heard: Heard, folder: Path) -> None:
    case, r = flock(folder / "q"), folder / "r"
    limits = ("--time-limit", 4, "--workers", 1)
    heard(0, "form", case, "--out", r, "--alternatives", 1, "--profile", "desideri", *limits)
    heard(0, "compare", case, r, r / "alternativa-1")
    heard(0, "compare", case, r, "--all", "--out", folder / "confronto", "--force")
    heard(0, "conflicts", case)
    crowded = flock(folder / "k", rules=UNITED.replace("max = 6", "max = 5"))
    heard(3, "conflicts", crowded)
    packed = flock(folder / "k2")
    with (packed / "legami.csv").open("a", encoding="utf-8") as ties:
        ties.writelines(f"{ID}{a:02d};{ID}{b:02d};separati;{NOTE}\n" for a in range(9, 13) for b in range(a + 1, 13))
    heard(3, "conflicts", packed)
    heard(3, "conflicts", packed, "--json")
    for n in (1, 3, 5, 16):
        heard(0, "explain", case, r, f"{ID}{n:02d}")
        heard(0, "explain", case, r, f"{ID}{n:02d}", "--family")
    heard(0, "explain", case, r, f"{ID}03", "--rule", 3, "--class", "1A")
    heard(0, "explain", case, r, f"{ID}03", "--json")
    heard(0, "explain", case, r, "--all", "--family", "--out", folder / "famiglie", "--force")
    heard(0, "whatif", case, r, "--best", f"{ID}05")
    heard(0, "whatif", case, r, "--best-rule", 6, "--opposite")
    heard(4, "whatif", case, r, "--swap", ",".join(a_broken_swap(case, r)), "--out", folder / "x", *SAID)
    at = read_split(Case.read(case), r).placed[f"{ID}05"]
    heard(3, "whatif", case, r, "--move", f"{ID}03={at}", "--repair", "--lock", f"{ID}05")


def run_papers(heard: Heard, folder: Path) -> None:
    case, r, day = folder / "q", folder / "r", ("--on", "2026-06-12")
    heard(0, "minutes", "--school-template", folder / "scuola.toml")
    heard(0, "minutes", case, r, r / "alternativa-1", "--out", folder / "verbale", *day, "--force")
    heard(0, "minutes", case, r, "--out", folder / "con-nomi", "--with-names", "--format", "docx", *day)
    heard(0, "documents", case, r, "--out", folder / "carte", "--explained", "--birth-dates", *day)
    letters = ("--only", "letter, dpia, datasheet", "--letter-each", "--explained", "--format", "docx")
    heard(0, "documents", case, r, "--out", folder / "una", *letters, *day, "--force")


def run_case_file(heard: Heard, folder: Path) -> None:
    case, r, file = folder / "q", folder / "r", folder / "prime.classi"
    heard(0, "case", "new", file, case, *SAID)
    heard(2, "case", "new", file, case, *SAID)
    heard(0, "case", "add", file, r, "--name", "prima", *SAID)
    heard(0, "case", "add", file, r / "alternativa-1", "--name", "altra", *SAID)
    heard(0, "case", "choose", file, "prima", *SAID)
    swap_of = ",".join(a_swap(case, r))
    recorded = ("--ground", "S001", "--case-file", file)
    heard(0, "whatif", case, r, "--swap", swap_of, "--out", folder / "r2", *SAID, *recorded)
    one, other = a_swap(case, folder / "r2")
    heard(0, "case", "choose", file, "r2", *SAID)
    heard(0, "case", "lock", file, one, other, "--split", "r2", *SAID)
    heard(2, "whatif", case, folder / "r2", "--swap", f"{one},{other}", "--out", folder / "x", *SAID, *recorded)
    heard(0, "case", "unlock", file, other, *SAID)
    heard(0, "case", "derogate", file, "Posti", 7, "--class", "1A", *SAID)
    heard(0, "case", "decide", file, "Nulla osta", *SAID)
    heard(0, "case", "sign", file, folder / "verbale" / "verbale.pdf", "--role", "Dirigente", "--name", "Rossi")
    decided = next(e.n for e in CaseFile.open(file).events if e.kind == "decisione")
    heard(0, "case", "undo", file, decided, *SAID)
    heard(0, "minutes", case, folder / "r2", r, "--out", folder / "verbale2", "--case-file", file, "--force")
    with (case / "classi.csv").open("a", encoding="utf-8") as classes:
        classes.write("\n")
    heard(0, "case", "inputs", file, case, *SAID)
    for words in (("log", file), ("status", file), ("verify", file)):
        heard(0, "case", *words)
    heard(0, "case", "extract", file, "--out", folder / "estratto")
    heard(0, "case", "backup", file, folder / "copia.classi", *SAID)
    key = pyrage.x25519.Identity.generate()
    (folder / "chiave.txt").write_text(str(key), encoding="utf-8")
    (folder / "altra.txt").write_text(str(pyrage.x25519.Identity.generate()), encoding="utf-8")
    heard(0, "case", "export", file, folder / "prime.age", "--recipient", key.to_public(), *SAID)
    heard(0, "case", "open-export", folder / "prime.age", folder / "aperto.classi", "--identity", folder / "chiave.txt")
    heard(0, "case", "log", folder / "aperto.classi")


def run_what_fails_later(heard: Heard, folder: Path, bad: Path) -> None:
    """Run the commands of a choice where they must fail; the case file is purged at the end."""
    case, r, file = folder / "q", folder / "r", folder / "prime.classi"
    broken, strangers = folder / "rotta", folder / "estranei"
    one, other = a_broken_swap(case, r)
    placed = dict(read_assignment(r / "assegnazioni.csv"))
    for made in (broken, strangers):
        made.mkdir()
    moved = {**placed, one: placed[other], other: placed[one]}
    write_assignment(broken / "assegnazioni.csv", moved.items())
    write_assignment(strangers / "assegnazioni.csv", [(p.replace("03", "99"), c) for p, c in placed.items()])
    heard(4, "compare", case, r, broken)
    for words in (("compare", case, r, r), ("compare", bad, r, broken), ("compare", case, r, strangers)):
        heard(2, *words)
    heard(2, "explain", bad, r, one)
    heard(2, "explain", case, strangers, one, "--family")
    heard(2, "explain", case, r, f"{ID}99")
    heard(2, "explain", case, r, one, "--rule", 99)
    heard(2, "explain", case, r, "--all", "--family", "--out", folder / "famiglie")
    heard(2, "conflicts", bad)
    heard(2, "whatif", bad, r, "--best", one)
    heard(2, "whatif", case, strangers, "--best", one)
    heard(2, "whatif", case, r, "--swap", f"{one},{ID}99", "--move", f"{one}=9Z", "--lock", one)
    heard(2, "minutes", bad, r, "--out", folder / "x")
    heard(2, "minutes", case, r, strangers, "--out", folder / "x")
    heard(2, "minutes", case, r, "--out", folder / "verbale")
    heard(2, "documents", bad, r, "--out", folder / "x")
    heard(2, "documents", case, strangers, "--out", folder / "x")
    heard(2, "documents", case, r, "--out", folder / "carte")
    (folder / "registro.toml").write_text('[[file]]\nname = "x.csv"\ncolumns = [{ valeu = "{nota}" }]\n', "utf-8")
    heard(2, "documents", case, r, "--out", folder / "x", "--only", "register", "--register", folder / "registro.toml")
    heard(2, "form", case, "--out", folder / "x", "--keep", strangers / "manca")
    heard(2, "form", case, "--out", folder / "x", "--profile", "nessuno")
    run_case_file_that_fails(heard, folder, bad, (broken, strangers))
    heard(2, "case", "purge", file, "--yes-erase-everything", "altro", *SAID)
    assert raw_words(file.read_bytes())  # what is looked for afterwards is there before
    heard(0, "case", "purge", file, "--yes-erase-everything", file.name, *SAID)
    for words in (("log", file), ("status", file), ("verify", file)):
        heard(0, "case", *words)
    heard(2, "case", "choose", file, "prima", *SAID)


def run_case_file_that_fails(heard: Heard, folder: Path, bad: Path, wrong: tuple[Path, ...]) -> None:
    case, file = folder / "q", folder / "prime.classi"
    heard(2, "case", "new", folder / "x.classi", bad, *SAID)
    heard(2, "case", "inputs", file, bad, *SAID)
    for directory in (*wrong, folder / "manca"):
        heard(2, "case", "add", file, directory, *SAID)
    for words in (("choose", "boh"), ("lock", f"{ID}99"), ("unlock", f"{ID}16"), ("undo", 2), ("undo", 99)):
        heard(2, "case", words[0], file, *words[1:], *SAID)
    for command in ("log", "status"):
        heard(2, "case", command, case / "alunni.csv")
    heard(1, "case", "verify", case / "alunni.csv")
    heard(1, "case", "verify", file, "--head", "0" * 64)
    torn = folder / "copia.classi.rotta"
    torn.write_bytes((folder / "copia.classi").read_bytes().replace(SURNAME.encode(), SURNAME[::-1].encode()))
    heard(1, "case", "verify", torn)
    torn.unlink()
    heard(2, "case", "extract", file, "--out", folder / "estratto")
    heard(2, "case", "backup", file, folder / "copia.classi", *SAID)
    heard(2, "case", "export", file, folder / "y.age", "--recipient", "age1", *SAID)
    opened = ("case", "open-export", folder / "prime.age", folder / "y.classi", "--identity")
    heard(2, *opened, folder / "altra.txt")
    heard(2, "case", "open-export", case / "alunni.csv", folder / "y.classi", "--identity", folder / "chiave.txt")


def run_year(heard: Heard, folder: Path, bad: Path) -> None:
    """Run the commands of the year, after all others: a pupil more is in the table from now on."""
    case, places = folder / "q", folder / "r2"
    rows = [*csv.DictReader((case / "alunni.csv").open(encoding="utf-8"), delimiter=";")]
    late, more = f"{ID}17", {"id": f"{ID}17", "cognome": SURNAME + LETTERS[16], "nome": NAME + LETTERS[16]}
    write_table(case / "alunni.csv", [*rows, {**rows[0], **more}])
    heard(0, "history", case)
    coming = ("enrol", case, places, late, "--out", folder / "e1")
    heard(2, *coming, *WHY)
    heard(2, "enrol", case, places, f"{ID}16", "--out", folder / "x", *WHY)
    heard(1, *coming, *SOURCE, *BEFORE, "--why", "Prova")
    heard(0, *coming, "--numbers", "4 9", *WHY)
    heard(0, "audit", case, folder / "e1")
    heard(4, "swap", case, folder / "e1", *a_broken_swap(case, folder / "e1"), "--out", folder / "x", *WHY)
    heard(2, "swap", case, folder / "e1", f"{ID}03", f"{ID}99", "--out", folder / "x", *WHY)
    heard(0, "swap", case, folder / "e1", *a_swap(case, folder / "e1"), "--out", folder / "e2", *WHY)
    heard(2, "swap", case, folder / "e1", *a_swap(case, folder / "e2"), "--out", folder / "x", *WHY)
    heard(0, "withdraw", case, folder / "e2", f"{ID}16", "--out", folder / "e3", *WHY)
    heard(2, "withdraw", case, folder / "e3", f"{ID}16", "--out", folder / "x", *WHY)
    heard(0, "form", case, "--keep", folder / "e3", "--max-moves", 2, "--out", folder / "e4", "--workers", 1)
    heard(2, "adopt", case, folder / "e3", folder / "e3", *WHY)
    moved = dict(read_assignment(folder / "e3" / "assegnazioni.csv"))
    one, other = a_swap(case, folder / "e3")
    (folder / "e5").mkdir()
    write_assignment(folder / "e5" / "assegnazioni.csv", {**moved, one: moved[other], other: moved[one]}.items())
    heard(0, "adopt", case, folder / "e3", folder / "e5", *WHY)
    heard(0, "history", case)
    heard(0, "history", case, late)
    for words in (("enrol", bad, places, late), ("withdraw", bad, places, late), ("swap", bad, places, late, one)):
        heard(2, *words, "--out", folder / "x", *WHY)
    heard(2, "adopt", bad, places, folder / "e5", *WHY)
    heard(2, "history", bad)


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
    assert [c for c, text in heard.shown if NOTE.casefold() in words_in(text.encode())] == []
    named = {c for c, text in heard.shown if children_in(words_in(text.encode()) - {i.casefold() for i in CHILDREN})}
    assert named == NAMES_ON_SCREEN.keys()  # nobody is on the list for nothing
    assert len(heard.to_families) == 8
    assert [leak for i, text in heard.to_families for leak in leaks_to_family(i, words_in(text.encode()), i)] == []
    look_through_the_papers(tmp_path)
    assert leaks_of_text("log", logged.text) == []
    assert leaks_of_folder(tmp_path) == []
    public = {f.name for f in tmp_path.rglob("*") if PUBLIC.fullmatch(f.name)}
    assert len(public) == 9  # three lists, a ranking, the counts, a draw of letters, a draw and an annulled one
    prove_that_leaks_are_found(tmp_path, heard)


def look_through_the_papers(folder: Path) -> None:
    """See that each family gets its child's pages and no other, teachers their class only, and strangers nothing."""
    placed = dict(read_assignment(folder / "r" / "assegnazioni.csv"))
    told: list[str] = []
    for file in sorted((folder / "carte").glob("lettere-*.pdf")):
        pages = [words_in(page.extract_text().encode()) for page in PdfReader(file).pages]
        of_whom = [children_in(page) for page in pages]
        assert all(len(children) <= 1 for children in of_whom), (file.name, of_whom)
        assert not [page & VALUES for page in pages if page & VALUES]
        told += [child for children in of_whom for child in children]
    assert sorted(told) == sorted(placed)  # one page each has the name of a child, the next ones only criteria
    for file in sorted((folder / "carte").glob("consegna-*")):
        class_id = file.stem.removeprefix("consegna-")
        assert children_in(words_in(file.read_bytes())) == {p for p, c in placed.items() if c == class_id}, file.name
    assert {f.name for f in (folder / "famiglie").iterdir()} == {f"famiglia-{p}.html" for p in placed}
    for child in placed:
        (letter,), page = (folder / "una").glob(f"*-{child}.docx"), folder / "famiglie" / f"famiglia-{child}.html"
        assert children_in(words_in(letter.read_bytes())) == children_in(words_in(page.read_bytes())) == {child}
    assert NOTE in "".join(c.text for c in docx_cells(folder / "carte", placed[f"{ID}03"]))  # for the teachers only
    assert (folder / "prime.age").read_bytes().startswith(b"age-encryption.org/v1")
    assert CaseFile.open(folder / "prime.classi").state.purged is not None
    left = {f.name for f in folder.iterdir() if f.name.startswith(("prime.", ".classi-", ".prime"))}
    assert left == {"prime.classi", "prime.age"}


def docx_cells(folder: Path, class_id: str) -> Iterator[object]:
    sheet = docx.Document(str(folder / f"consegna-{class_id}.docx"))
    return (cell for table in sheet.tables for row in table.rows for cell in row.cells)


def prove_that_leaks_are_found(folder: Path, heard: Heard) -> None:
    """Put leaks in what was just found clean: each of them must show."""
    for name in ("elenchi.csv", "graduatoria_pubblica.csv", "conteggi.csv"):
        file = folder / "albo" / name
        whole = file.read_bytes()
        for word in (SURNAME, NAME.upper(), NOTE, "comma1", "DSA", COUNTRY, f"{ID}07"):
            file.write_bytes(whole + f"1A;{word}\n".encode())
            assert leaks_of_file(file), (name, word)
        file.write_bytes(whole)
    page = folder / "famiglie" / f"famiglia-{ID}05.html"
    for word in (f"{ID}06", SURNAME + LETTERS[3], NAME.upper() + LETTERS[0], NOTE, "comma3", COUNTRY):
        whole = page.read_bytes()
        page.write_bytes(whole + f"<p>{word}</p>".encode())
        assert leaks_of_file(page), word
        page.write_bytes(whole)
    (folder / "copia.classi").rename(folder / "altra.classi")  # a case file that is not listed
    assert leaks_of_file(folder / "altra.classi")
    (folder / "altra.classi").unlink()
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


def refused(acts: Sequence[Callable[[], object]]) -> list[str]:
    """Return what leaks from the exceptions of acts, all of which must be refused."""
    texts = []
    for n, act in enumerate(acts):
        with pytest.raises(ClassiError) as raised:
            act()
            pytest.fail(f"number {n} did what it should refuse")
        texts.append((n, "".join(traceback.format_exception(raised.value)) + repr(raised.value)))
    return [leak for n, text in texts for leak in leaks_of_text(str(n), text)]


def test_that_no_exception_of_choosing_and_of_papers_holds_a_canary(tmp_path: Path) -> None:
    folder, r, broken = flock(tmp_path / "q"), tmp_path / "r", tmp_path / "rotta"
    case, wanted, said = Case.read(folder), Wanted(ACT.when), Decision("D", "P", "S001")
    result = form(case, workers=1, time_limit=5)
    r.mkdir()
    write_assignment(r / "assegnazioni.csv", result.assignment.placed.items())
    split, file = read_split(case, r), new_case_file(tmp_path / "prime.classi", case, who="D", why="P")
    one, other = a_broken_swap(folder, r)
    moved = {**split.placed, one: split.placed[other], other: split.placed[one]}
    broken.mkdir()
    write_assignment(broken / "assegnazioni.csv", moved.items())
    moves = WhatIf(split).price(WhatIf(split).swapped(one, other)).moves
    by, x, rows = {"who": "D", "why": "P"}, tmp_path / "x", tmp_path / "alunni-con-nomi.csv"
    write_table(rows, canaries())
    (tmp_path / "famiglie").mkdir()
    (tmp_path / "famiglie" / f"famiglia-{one}.html").write_text("", encoding="utf-8")
    acts: list[Callable[[], object]] = [
        lambda: compare([split, split]),
        lambda: read_splits(case, [r]),
        lambda: read_splits(case, [r, tmp_path / "manca"]),
        lambda: write_comparison(compare([split, read_split(case, broken)]), rows),
        lambda: WhatIf(split, [one]).price(WhatIf(split).swapped(one, other)),
        lambda: WhatIf(split).price([(f"{ID}99", "1A"), (one, "9Z")]),
        lambda: write_change(split, moves, said, x),
        lambda: write_change(split, moves, said, x, case_file=file.path),
        lambda: explain_pupil(split, f"{ID}99"),
        lambda: explain_pupil(split, one, class_id="9Z"),
        lambda: explain_family(split, f"{ID}99"),
        lambda: write_families(split, tmp_path / "famiglie"),
        lambda: CaseFile.open(rows),
        lambda: new_case_file(file.path, case, **by),
        lambda: record_result(file, broken, **by),
        lambda: record_result(file, tmp_path / "manca", **by),
        lambda: file.lock([one, f"{ID}99"], **by),
        lambda: file.undo(2, **{**by, "why": ""}),
        lambda: file.export(x, recipients=["age1"], **by),
        lambda: write_minutes(case, tmp_path / "manca", x, wanted),
        lambda: write_documents(case, r, rows, wanted),
        lambda: write_documents(case, r, x, wanted, only=["register"], options={"register": str(rows)}),
        lambda: enrol(case, r, one, x, ACT),
        lambda: withdraw(case, r, f"{ID}99", x, ACT),
        lambda: swap(case, r, one, f"{ID}99", x, ACT),
        lambda: adopt(case, r, r, ACT),
    ]
    assert refused(acts) == []
    assert leaks_of_folder(tmp_path / "famiglie") == [] and not x.exists()
    assert {f.name for f in tmp_path.iterdir()} == {"q", "r", "rotta", "prime.classi", rows.name, "famiglie"}


@pytest.mark.parametrize("column", ["cognome", "nota"])
def test_that_a_mapping_without_a_word_for_a_name_or_a_note_does_not_show_it(tmp_path: Path, column: str) -> None:
    case, r, mapping = Case.read(flock(tmp_path / "q")), tmp_path / "r", tmp_path / "registro.toml"
    r.mkdir()
    write_assignment(r / "assegnazioni.csv", form(case, workers=1, time_limit=5).assignment.placed.items())
    columns = f'[{{ header = "x", value = "{{{column}}}", map = {{ a = "b" }} }}]'
    mapping.write_text(f'[[file]]\nname = "x.csv"\ncolumns = {columns}\n', encoding="utf-8")
    asked = {"only": ["register"], "options": {"register": str(mapping)}}
    assert refused([lambda: write_documents(case, r, tmp_path / "x", Wanted(ACT.when), **asked)]) == []


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
            {f"{ID}01": "1A"}, {f"{ID}01": "A2C3D4"}, tmp_path / "x", f"{SURNAME}a {NAME}a", pupils=people
        ),
        lambda: publish_lists(read, strangers, tmp_path / "x"),
        lambda: publish_ranking(read, strangers, tmp_path / "x"),
        lambda: write_counts(read, tmp_path / "conteggi.csv", "2026"),
    ]
    assert refused(acts) == []
    assert leaks_of_folder(tmp_path) == [] and not (tmp_path / "x").exists()
    assert leaks_of_text("leaky", repr(ClassiError(f"“{SURNAME}”"))) == [f"leaky: {SURNAME.casefold()}"]
