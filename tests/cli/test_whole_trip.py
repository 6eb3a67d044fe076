"""The whole trip of a small school, as its people make it: from the data to a signed split, and on through the year.

Once from the command line, in both languages, and once from Python; after each step the files are counted again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from classi import Case, audit_result, cli, form, use_language
from classi.alternatives import alternatives, write_alternatives
from classi.case_file import CaseFile, verify
from classi.case_work import new_case_file, record_result
from classi.classes_now import Act
from classi.compare import compare, read_splits, write_comparison
from classi.explain import explain_pupil
from classi.explain.family import explain_family
from classi.handmade import Decision, write_change
from classi.papers import Wanted, write_documents, write_minutes
from classi.splits import read_split
from classi.tables.write import read_assignment
from classi.whatif import WhatIf
from classi.year import Because
from classi.year.acts import Numbers, enrol, swap
from classi.year.history import history
from oversubscribed import write_table

Run = Callable[..., str]
RULES = """name = "Scuola di prova"

[[criteria]]
rule = "class_size"
name = "Posti"
min = 5
max = 6
hard = true

[[criteria]]
rule = "balance"
name = "Femmine e maschi"
attribute = "sesso"
weight = 2

[[criteria]]
rule = "together"
name = "Gemelli insieme"
ties = ["gemelli"]
weight = 1

[[criteria]]
rule = "wishes"
name = "Compagni"
weight = 1
tier = 2

[changes]
lessons_begin = 2026-09-10
needs_ground = ["scambio"]

[[changes.grounds]]
id = "richiesta"
text = "Richiesta delle due famiglie"
kinds = ["scambio"]
"""
MEETING = ("--who", "Commissione", "--why", "Seduta del 9 giugno")
HEAD = ("--who", "Dirigente", "--why", "Richiesta delle famiglie")
BY = {"who": "Commissione", "why": "Seduta del 9 giugno"}
SENTENCES = {
    "en": {
        "form": ("OPTIMAL: every hard rule is kept and no split is better.", "alternativa-1: "),
        "compare": ("Every split keeps the mandatory rules", "By the regulation they are equally good"),
        "price": ("On the whole",),
        "chosen": ("split chosen: prima",),
        "locked": ("The pupil is locked in their class: the lock has to be taken off first.",),
        "log": ("change by hand: seconda, made from prima", "ground richiesta"),
        "verified": ("entries: nothing was changed.",),
        "blanks": ("Not told, so left blank in the document",),
        "draw": ("are equally small: a draw decides by: Lotto, on 22/09/2026.",),
        "drawn": ("Drawn between ", "p17 goes to class ", "Recorded as number 1."),
        "refused": ("A change of the kind “scambio” needs one of these grounds: richiesta.",),
        "swapped": ("goes to class ", "Recorded as number 2."),
        "history": ("p17 enrols, class ", "change places", "Ground: Richiesta delle due famiglie"),
        "audit": ("Every hard rule is kept.",),
    },
    "it": {
        "form": ("tutte le regole vincolanti sono rispettate e nessuna composizione è migliore.", "alternativa-1: "),
        "compare": ("Tutte le suddivisioni rispettano le regole vincolanti",),
        "price": ("Nell'insieme ",),
        "chosen": ("suddivisione scelta: prima",),
        "locked": ("L'alunno è bloccato nella sua classe: prima va tolto il blocco.",),
        "log": ("modifica a mano: seconda, a partire da prima", "motivo richiesta"),
        "verified": ("voci: nulla è stato alterato.",),
        "blanks": ("Non indicati, quindi lasciati in bianco nel documento",),
        "draw": ("sono ugualmente poco numerose: decide un sorteggio con: Lotto, il 22/09/2026.",),
        "drawn": ("Sorteggiata fra ", "p17 va nella classe ", "Registrata con il numero 1."),
        "refused": ("Un cambiamento del tipo «scambio» richiede uno di questi motivi: richiesta.",),
        "swapped": ("va nella classe ", "Registrata con il numero 2."),
        "history": ("p17 si iscrive, classe ", "scambio fra ", "Fondamento: Richiesta delle due famiglie"),
        "audit": ("Tutte le regole vincolanti sono rispettate.",),
    },
}


def school(folder: Path, *, late: bool = False) -> Path:
    """Write sixteen pupils for three classes, twins and wishes; `late` adds one who enrols in September."""
    folder.mkdir(exist_ok=True)
    rows = [
        {"id": f"p{n:02d}", "cognome": f"Cognome{n:02d}", "nome": "Prova", "sesso": "FM"[n % 2]} for n in range(1, 17)
    ]
    rows += [{"id": "p17", "cognome": "Cognome17", "nome": "Prova", "sesso": "F"}] if late else []
    write_table(folder / "alunni.csv", rows)
    write_table(folder / "classi.csv", [{"id": name} for name in ("1A", "1B", "1C")])
    ties = [(n, n % 16 + 1, "preferisce") for n in range(1, 17)] + [(2, 9, "gemelli")]
    write_table(folder / "legami.csv", [{"da": f"p{a:02d}", "a": f"p{b:02d}", "tipo": kind} for a, b, kind in ties])
    (folder / "regolamento.toml").write_text(RULES, encoding="utf-8")
    return folder


def names(folder: Path) -> set[str]:
    return {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}


def now(folder: Path) -> dict[str, str]:
    return dict(read_assignment(folder / "assegnazioni.csv"))


def a_swap(case: Path, places: Path) -> tuple[str, str]:
    """Return two pupils whose swap costs least."""
    found = WhatIf(read_split(Case.read(case), places)).best(top=200, anyway=True)
    return next((p.moves[0].pupil, p.moves[1].pupil) for p in found if len(p.moves) == 2)


RESULT = {"assegnazioni.csv", "certificato.json", "classi.xlsx", "report.html"}
PAPERS = {
    "elenchi-docenti.xlsx", "elenchi-docenti.pdf", "alunni-classi.csv",
    "scheda-algoritmo.pdf", "valutazione-impatto.pdf",
    *(f"{kind}-{name}.pdf" for kind in ("consegna", "lettere") for name in ("1A", "1B", "1C")),
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "it"])
def test_that_a_school_goes_from_its_data_to_the_year_on_the_command_line(tmp_path: Path, language: str) -> None:
    case, r, r2, file = school(tmp_path / "scuola"), tmp_path / "prima", tmp_path / "seconda", tmp_path / "prime.classi"

    def classi(expected: int, said: str, *words: object) -> str:
        with use_language(language):
            done = CliRunner().invoke(cli.build(), [str(w) for w in words], env={"COLUMNS": "250"})
        assert done.exit_code == expected, (words, done.output, done.exception)
        for sentence in SENTENCES[language].get(said, ()):
            assert sentence in done.output, (words, done.output)
        return done.output

    choose_and_change(classi, case, r, r2, file)
    write_papers(classi, case, r, r2, file, tmp_path)
    go_through_the_year(classi, case, r2, tmp_path)


def choose_and_change(classi: Run, case: Path, r: Path, r2: Path, file: Path) -> None:
    classi(0, "form", "form", case, "--out", r, "--alternatives", 1, "--workers", 1, "--time-limit", 6)
    assert names(r) == {*RESULT, *(f"alternativa-1/{name}" for name in RESULT)}
    for folder in (r, r / "alternativa-1"):
        classi(0, "audit", "audit", case, folder)
    classi(0, "compare", "compare", case, r, "--out", r.parent / "confronto")
    assert names(r.parent / "confronto") == {"confronto.html", "confronto.xlsx"}
    classi(0, "", "case", "new", file, case, *MEETING)
    for folder, name in ((r, "prima"), (r / "alternativa-1", "altra")):
        classi(0, "", "case", "add", file, folder, "--name", name, *MEETING)
    classi(0, "chosen", "case", "choose", file, "prima", *MEETING)
    one, other = a_swap(case, r)
    change = ("whatif", case, r, "--swap", f"{one},{other}")
    classi(0, "price", *change)
    classi(0, "", "case", "lock", file, one, *MEETING)
    recorded = ("--out", r2, *HEAD, "--ground", "richiesta", "--case-file", file)
    classi(2, "locked", *change, *recorded)
    assert not r2.exists()
    classi(0, "", "case", "unlock", file, one, *HEAD)
    classi(0, "price", *change, *recorded)
    assert names(r2) == RESULT and now(r2) == {**now(r), one: now(r)[other], other: now(r)[one]}
    classi(0, "audit", "audit", case, r2)
    classi(0, "", "explain", case, r2, one)
    assert other not in classi(0, "", "explain", case, r2, one, "--family")
    classi(0, "", "case", "choose", file, "seconda", *HEAD)
    classi(0, "log", "case", "log", file)
    assert "seconda" in classi(0, "", "case", "status", file)
    classi(0, "verified", "case", "verify", file)


def write_papers(classi: Run, case: Path, r: Path, r2: Path, file: Path, folder: Path) -> None:
    day = ("--on", "2026-06-12")
    minutes = ("minutes", case, r2, r, r / "alternativa-1", "--out", folder / "verbale", "--case-file", file, *day)
    classi(0, "blanks", *minutes)
    assert names(folder / "verbale") == {"verbale.docx", "verbale.pdf"}
    classi(0, "", "documents", case, r2, "--out", folder / "carte", "--format", "pdf", *day)
    assert names(folder / "carte") == PAPERS
    classi(0, "", "case", "sign", file, folder / "verbale" / "verbale.pdf", "--role", "Dirigente", "--name", "Rossi")
    classi(0, "", "case", "extract", file, "--out", folder / "estratto")
    for name in ("prima", "altra", "seconda"):
        classi(0, "audit", "audit", folder / "estratto" / "caso", folder / "estratto" / "divisioni" / name)


def go_through_the_year(classi: Run, case: Path, r2: Path, folder: Path) -> None:
    school(case, late=True)
    september, october = folder / "settembre", folder / "ottobre"
    coming, day = ("enrol", case, r2, "p17", "--out", september, *HEAD), ("--on", "2026-09-20")
    classi(1, "draw", *coming, *day, "--source", "Lotto", "--date", "2026-09-22")
    assert not september.exists() and len([*(case / "sorteggi").glob("iscrizione-*.riservato.json")]) == 1
    classi(0, "drawn", *coming, "--on", "2026-09-22", "--numbers", "7 20 45")
    classi(0, "audit", "audit", case, september)
    one, other = a_swap(case, september)
    swapping = ("swap", case, september, one, other, "--out", october, *HEAD, "--on", "2026-10-01")
    classi(2, "refused", *swapping)
    assert not october.exists()
    classi(0, "swapped", *swapping, "--ground", "richiesta")
    classi(0, "audit", "audit", case, october)
    assert now(october) == {**now(september), one: now(september)[other], other: now(september)[one]}
    classi(0, "history", "history", case)
    classi(0, "", "form", case, "--keep", october, "--out", folder / "novembre", "--workers", 1)
    classi(0, "audit", "audit", case, folder / "novembre")
    assert now(folder / "novembre") == now(october)  # nobody is moved for nothing


def test_that_the_same_trip_is_made_from_python(tmp_path: Path) -> None:
    folder, r, r2 = school(tmp_path / "scuola"), tmp_path / "prima", tmp_path / "seconda"
    case = Case.read(folder)
    result = form(case, workers=1, time_limit=5)
    assert result.status == "OPTIMAL"
    found = alternatives(result, 1, workers=1, time_limit=5)
    write_alternatives(result, found, r)
    splits = read_splits(case, [r])
    compared = compare(splits)
    assert compared.sound and compared.distances[0][1] == next(iter(found[0].distances.values())) > 0
    assert len(write_comparison(compared, tmp_path / "confronto")) == 2
    file = new_case_file(tmp_path / "prime.classi", case, **BY)
    record_result(file, r, name="prima", **BY)
    file.choose("prima", **BY)
    one, other = a_swap(folder, r)
    what = WhatIf(splits[0])
    price = what.price(what.swapped(one, other))
    assert price.kept
    written = write_change(
        splits[0], price.moves, Decision("Dirigente", "Perché sì", "richiesta"), r2, case_file=file.path
    )
    split = read_split(case, r2)
    before, after = splits[0].audit.tiers, split.audit.tiers
    assert written.certificate["made"]["price"] == {
        str(t): after[t] - before[t] for t in after if after[t] != before[t]
    }
    assert explain_pupil(split, one).pupil == explain_family(split, one).pupil == one
    file.refresh()
    file.choose("seconda", **BY)
    wanted = Wanted(date(2026, 6, 12), formats=["docx"])
    paper = write_minutes(case, r2, tmp_path / "verbale", wanted, others=[r], case_file=file.path).files[0]
    file.sign("Dirigente", "Rossi", paper.read_bytes())
    assert len(write_documents(case, r2, tmp_path / "carte", wanted, only=["datasheet", "register"]).files) == 2
    assert (file.state.chosen, verify(file.path)) == ("seconda", ())
    assert [c.data["ground"] for c in CaseFile.open(file.path).state.changes] == ["richiesta"]
    the_year_from_python(folder, r2, tmp_path)


def the_year_from_python(folder: Path, r2: Path, out: Path) -> None:
    case = Case.read(school(folder, late=True))
    act, september, october = Act("Dirigente", "Perché sì", date(2026, 9, 20)), out / "settembre", out / "ottobre"
    waiting = enrol(case, r2, "p17", september, act, numbers=Numbers("Lotto", date(2026, 9, 22)))
    assert waiting.written is None and len(waiting.tied) == 2
    later = Act("Dirigente", "Perché sì", date(2026, 9, 22))
    done = enrol(case, r2, "p17", september, later, numbers=Numbers(numbers=[[7, 20, 45]]))
    assert done.class_id in waiting.tied and now(september) == {**now(r2), "p17": done.class_id}
    assert audit_result(folder, september).confirmed
    one, other = a_swap(folder, september)
    changed = swap(case, september, one, other, october, later, Because("richiesta"))
    assert changed.written is not None and audit_result(folder, october).confirmed
    assert len(history(Case.read(folder))) == 2
    assert json.loads((october / "certificato.json").read_text(encoding="utf-8"))["audit"]["hard_kept"]
