"""Tests of the commands about admissions as a person types them: what they print, write and record, how they end."""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from classi import cli
from classi.journal import read_journal
from classi.seat_words import read_rows
from oversubscribed import RULES, applicants, give_places, read_table, write_school, write_table

Run = Callable[..., tuple[int, str]]
WHO = ("--who", "Dirigente", "--on", "2026-06-01")
WHY = ("--why", "Prova", *WHO)
BEFORE = ("--who", "Segreteria", "--on", "2026-05-01")
SOURCE = ("--source", "Lotto, ruota di Bari", "--date", "2026-05-20")


@pytest.fixture
def classi(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process, in English: (exit code, what it printed)."""

    def run(*words: object, lang: str = "en") -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["classi", *map(str, words), "--lang", lang])
        monkeypatch.setenv("COLUMNS", "200")
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out + said.err

    return run


@pytest.fixture(scope="module")
def formed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a school (scuola) and its places (esito); for copying only."""
    folder = tmp_path_factory.mktemp("comandi")
    give_places(write_school(folder / "scuola"), folder / "esito")
    return folder


@pytest.fixture
def office(formed: Path, tmp_path: Path) -> tuple[Path, Path]:
    """The folder of a case and the one of its places."""
    for name in ("scuola", "esito"):
        shutil.copytree(formed / name, tmp_path / name)
    return tmp_path / "scuola", tmp_path / "esito"


@pytest.fixture
def tied(tmp_path: Path) -> Path:
    """A case in which only a draw parts those with equal points."""
    return write_school(tmp_path / "pari", tied=True)


def files(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def kinds(case: Path) -> list[str]:
    return [e.kind for e in read_journal(case).entries]


# --- rank ---


def test_that_rank_shows_and_writes_the_rankings(office, tmp_path: Path, classi: Run) -> None:
    case, _places = office
    code, said = classi("rank", case, "--out", tmp_path / "g")
    assert code == 0
    assert "Plesso (provisional, 15)" in said and "1 applications are not admissible." in said
    assert "Cittadinanza non italiana: 2, against 1 (si conta e basta). Nobody is refused because of it." in said
    assert "ties must be drawn" not in said
    names = {"graduatorie.csv", "graduatorie.xlsx", "parita.csv"}
    assert {f.name for f in (tmp_path / "g").iterdir()} == names


def test_that_rank_says_which_command_settles_ties(tied: Path, tmp_path: Path, classi: Run) -> None:
    code, said = classi("rank", tied, "--out", tmp_path / "g")
    assert code == 0 and "2 ties must be drawn in public: classi draw commit" in said and "“Plesso”" in said
    rows = read_table(tmp_path / "g" / "parita.csv")
    assert [r["id"] for r in rows if r["gruppo"] == "1"] == ["A02", "A05"]
    assert len(rows) == 15 and {r["sorteggio"] for r in rows} == {""}


def test_that_rank_writes_over_nothing(office, tmp_path: Path, classi: Run) -> None:
    case, places = office
    assert classi("rank", case, "--out", tmp_path / "g")[0] == 0
    before = files(tmp_path)
    code, said = classi("rank", case, "--out", tmp_path / "g")
    assert code == 2 and "--force" in said and "1 problem: nothing was written." in said
    assert "1 problema" in classi("rank", case, "--out", tmp_path / "g", lang="it")[1]
    assert classi("rank", case, "--out", case)[0] == 2
    assert classi("rank", case, "--out", places, "--force")[0] == 2
    assert files(tmp_path) == before
    assert classi("rank", case, "--out", tmp_path / "g", "--force")[0] == 0


def test_that_names_with_square_brackets_are_shown_as_they_are(tmp_path: Path, classi: Run) -> None:
    rules = RULES.replace('name = "Plesso"', 'name = "Plesso [red]"').replace(
        'name = "Distanza"', 'name = "[b] Distanza"'
    )
    case = write_school(tmp_path / "scuola", rules=rules)
    said = classi("rank", case, "--out", tmp_path / "g")[1]
    assert "Plesso [red] (provisional, 15)" in said and "[b] Distanza" in said


def test_that_without_a_procedure_the_commands_say_so(tmp_path: Path, classi: Run) -> None:
    case = write_school(tmp_path / "scuola", rules=RULES[: RULES.index("[admission]")])
    before = files(tmp_path)
    for words in (
        ("rank", case, "--out", tmp_path / "g"),
        ("draw", "commit", case, "--round", "Plesso", *SOURCE, *BEFORE),
        ("draw", "show", case, "--round", "Plesso"),
        ("succeed", case, tmp_path, "A01", "--out", tmp_path / "s", *WHY),
    ):
        code, said = classi(*words)
        assert code == 2 and "The regulation has no procedure of admission." in said, words
    assert files(tmp_path) == before


# --- draw ---


def test_that_a_draw_goes_from_commitment_to_result_and_form_follows_it(
    tied: Path, tmp_path: Path, classi: Run
) -> None:
    code, said = classi("form", tied, "--out", tmp_path / "esito")
    assert code == 2 and "classi draw commit" in said and "A02, A05" in said
    assert not (tmp_path / "esito").exists()
    code, said = classi("draw", "commit", tied, "--round", "plesso", *SOURCE, *BEFORE)
    assert code == 0 and "15 are drawn by: Lotto, ruota di Bari." in said and "plesso.json" in said
    assert classi("draw", "show", tied, "--round", "Plesso") == (0, "The numbers are not known yet.\n")
    assert classi("form", tied, "--out", tmp_path / "esito")[0] == 2
    code, said = classi("draw", "reveal", tied, "--round", "Plesso", "--numbers", "12 5 88", *WHO)
    assert code == 0 and len(said.splitlines()) == 15 and said.startswith("1")
    assert classi("draw", "show", tied, "--round", "Plesso") == (0, said)
    code, said = classi("form", tied, "--out", tmp_path / "esito")
    assert code == 0, said
    drawn = {r["id"]: int(r["sorteggio"]) for r in read_table(tmp_path / "esito" / "parita.csv")}
    ranked = [r["id"] for r in read_table(tmp_path / "esito" / "graduatorie.csv") if r["posizione"]]
    assert ranked[2:] == sorted(ranked[2:], key=drawn.__getitem__) and set(ranked[:2]) == {"A02", "A05"}
    assert classi("audit", tied, tmp_path / "esito")[0] == 0


def test_that_nothing_is_drawn_a_second_time_without_an_annulment(tied: Path, classi: Run) -> None:
    committing = ("draw", "commit", tied, "--round", "Plesso", *SOURCE, *BEFORE)
    revealing = ("draw", "reveal", tied, "--round", "Plesso", "--numbers", "1", *WHO)
    assert classi(*committing)[0] == 0
    assert classi(*committing)[0] == 2
    assert classi(*revealing)[0] == 0
    before = files(tied)
    for words in (committing, revealing, (*revealing[:-5], "7", *WHO)):
        code, said = classi(*words)
        assert code == 2 and "redrawn silently" in said, words
    assert files(tied) == before
    code, said = classi("draw", "annul", tied, "--round", "Plesso", *WHY)
    assert (code, said) == (0, "The draw is annulled; its files are kept.\n")
    assert "plesso.annullato-1.json" in {f.name for f in (tied / "sorteggi").iterdir()}
    assert classi(*committing)[0] == 0
    assert json.loads((tied / "sorteggi" / "plesso.json").read_text(encoding="utf-8"))["after_annulment"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("commit", "--round", "Plessi", *SOURCE, *BEFORE), "There is no round of this name. Perhaps: Plesso."),
        (("commit", "--round", "Plesso", *SOURCE, *WHO), "after the day of the commitment"),
        (("commit", "--round", "Plesso", *SOURCE), "--who"),
        (("commit", "--round", "Plesso", "--source", "Lotto", "--date", "domani", *BEFORE), "domani"),
        (("reveal", "--round", "Plesso", "--numbers", "1", *WHO), "There is no such draw"),
        (("annul", "--round", "Plesso", *WHY), "There is no such draw"),
        (("show", "--round", "Plesso"), "There is no such draw"),
        (("show", "--round", "sezioni"), "There is no such draw"),
    ],
)
def test_that_a_draw_asked_wrongly_says_what_to_do(tied: Path, classi: Run, words: tuple[str, ...], said: str) -> None:
    before = files(tied)
    code, printed = classi("draw", words[0], tied, *words[1:])
    assert code == 2 and said in " ".join(printed.replace("│", " ").split())
    assert files(tied) == before


def test_that_numbers_are_read_strictly_and_not_before_their_day(tied: Path, classi: Run) -> None:
    assert classi("draw", "commit", tied, "--round", "Plesso", *SOURCE, *BEFORE)[0] == 0
    before = files(tied)
    code, said = classi("draw", "reveal", tied, "--round", "Plesso", "--numbers", "1 due", *WHO)
    assert code == 2 and "“due”" in said
    early = ("--who", "Segreteria", "--on", "2026-05-19")
    code, said = classi("draw", "reveal", tied, "--round", "Plesso", "--numbers", "1", *early)
    assert code == 2 and "come out on 2026-05-20" in said
    assert files(tied) == before


def test_that_a_round_without_ties_has_nothing_to_draw(office, classi: Run) -> None:
    case, _places = office
    code, said = classi("draw", "commit", case, "--round", "Plesso", *SOURCE, *BEFORE)
    assert code == 2 and "nothing to draw" in said and not (case / "sorteggi").exists()


def test_that_a_draw_changed_afterwards_stops_every_command(tied: Path, tmp_path: Path, classi: Run) -> None:
    assert classi("draw", "commit", tied, "--round", "Plesso", *SOURCE, *BEFORE)[0] == 0
    assert classi("draw", "reveal", tied, "--round", "Plesso", "--numbers", "1", *WHO)[0] == 0
    file = tied / "sorteggi" / "plesso.json"
    record = json.loads(file.read_text(encoding="utf-8"))
    record["result"] = record["result"][::-1]
    file.write_text(json.dumps(record), encoding="utf-8")
    for words in (("rank", tied, "--out", tmp_path / "g"), ("draw", "show", tied, "--round", "Plesso")):
        code, said = classi(*words)
        assert code == 2 and "The result is not the one" in said
    assert not (tmp_path / "g").exists()


def test_that_a_draw_in_proportion_keeps_the_strata_and_does_not_name_them(tmp_path: Path, classi: Run) -> None:
    rules = RULES.replace('by = "draw"', 'by = "draw"\nstrata = "fascia"')
    case = write_school(tmp_path / "scuola", tied=True, rules=rules)
    levels = ["alta", "bassa", ""]
    write_table(case / "alunni.csv", [{**r, "fascia": levels[n % 3]} for n, r in enumerate(applicants(tied=True))])
    assert classi("draw", "commit", case, "--round", "Plesso", *SOURCE, *BEFORE)[0] == 0
    assert classi("draw", "reveal", case, "--round", "Plesso", "--numbers", "3", *WHO)[0] == 0
    record = json.loads((case / "sorteggi" / "plesso.json").read_text(encoding="utf-8"))
    assert "alta" not in json.dumps(record) and all(s.isdigit() for s in record["strata"].values())
    # In every tie each level is drawn in proportion: of two levels of one tie neither is ever two ahead of the other.
    private = json.loads((case / "sorteggi" / "plesso.riservato.json").read_text(encoding="utf-8"))["ids"]
    place = {private[label]: n for n, label in enumerate(record["result"])}
    assert classi("rank", case, "--out", tmp_path / "g")[0] == 0
    level = {r["id"]: levels[n % 3] for n, r in enumerate(applicants(tied=True))}
    ties: dict[str, list[str]] = {}
    for row in read_rows(tmp_path / "g" / "parita.csv"):
        ties.setdefault(row["gruppo"], []).append(row["id"])
    assert any(len(tie) > 5 for tie in ties.values())
    for tie in ties.values():
        sizes = Counter(level[pupil] for pupil in tie)
        seen: Counter[str] = Counter()
        for pupil in sorted(tie, key=place.__getitem__):
            seen[level[pupil]] += 1
            ahead = {(x, y): seen[x] * sizes[y] - seen[y] * sizes[x] for x in sizes for y in sizes}
            assert all(abs(n) <= sizes[x] + sizes[y] for (x, y), n in ahead.items())


def test_that_section_letters_are_drawn_for_the_groups_formed(office, classi: Run) -> None:
    case, places = office
    asked = ("draw", "letters", case, places, *SOURCE, *BEFORE)
    code, said = classi(*asked, "--letters", "A,B,C")
    assert code == 2 and "as many outcomes" in said and not (case / "sorteggi").exists()
    code, said = classi(*asked, "--letters", "A, B")
    assert code == 0 and said.startswith("Commitment: ")
    code, said = classi("draw", "reveal", case, "--round", "sezioni", "--numbers", "4 8", *WHO)
    assert code == 0
    letters, groups = zip(*(line.split() for line in said.splitlines()), strict=True)
    assert letters == ("A", "B") and sorted(groups) == ["1A", "1B"]
    assert classi("draw", "show", case, "--round", "sezioni") == (0, said)
    assert classi("draw", "annul", case, "--round", "sezioni", *WHY)[0] == 0


# --- decide ---

DECISIONS = [
    ("punti", ("--pupil", "A09", "--data", "title=casi esaminati dal dirigente", "--data", "points=2")),
    ("ammissione_ds", ("--pupil", "A15", "--data", "round=plesso", "--set", "plesso=nord")),
    ("esclusione", ("--pupil", "A01")),
    ("correzione", ("--pupil", "A04", "--set", "fratelli=sì")),
    ("reclamo", ("--pupil", "A04", "--data", "outcome=respinto")),
    ("definitiva", ("--data", "round=Plesso")),
    ("rinuncia", ("--pupil", "A05")),
    ("ritiro", ("--pupil", "A05")),
    ("decadenza", ("--pupil", "A05", "--data", "absent_days=20")),
    ("trasferimento", ("--pupil", "A02", "--data", "class=1a")),
]


@pytest.mark.parametrize(("kind", "words"), DECISIONS)
def test_that_every_kind_of_decision_is_recorded_once(office, classi: Run, kind: str, words: tuple[str, ...]) -> None:
    case, _places = office
    before = files(case)
    assert classi("decide", case, kind, *words, *WHY) == (0, "Recorded as number 1.\n")
    (entry,) = read_journal(case).entries
    assert (entry.kind, entry.who, entry.why, str(entry.when)) == (kind, "Dirigente", "Prova", "2026-06-01")
    assert {n: d for n, d in files(case).items() if n != "decisioni.jsonl"} == before


def test_that_decisions_follow_one_another(office, classi: Run) -> None:
    case, _places = office
    assert classi("decide", case, "rinuncia", "--pupil", "A05", *WHY)[0] == 0
    code, said = classi("decide", case, "subentro", "--pupil", "A14", "--data", "class=1A", "--data", "after=1", *WHY)
    assert (code, said) == (0, "Recorded as number 2.\n")
    code, said = classi("decide", case, "annullamento", "--data", "entry=1", *WHY)
    assert code == 2 and "annul that one first" in said
    assert classi("decide", case, "annullamento", "--data", "entry=2", *WHY)[0] == 0
    assert kinds(case) == ["rinuncia", "subentro", "annullamento"]


def test_that_what_was_decided_shows_in_the_rankings(office, tmp_path: Path, classi: Run) -> None:
    case, _places = office
    for kind, words in DECISIONS[:4]:
        assert classi("decide", case, kind, *words, *WHY)[0] == 0
    assert classi("decide", case, "definitiva", "--data", "round=PLESSO", *WHY)[0] == 0
    code, said = classi("rank", case, "--out", tmp_path / "g")
    assert code == 0 and "Plesso (definitive, 14)" in said
    rows = {row["id"]: row for row in read_table(tmp_path / "g" / "graduatorie.csv")}
    assert rows["A09"]["titoli"] == "Casi esaminati dal dirigente: 2" and rows["A04"]["titoli"] == "Fratelli: 5"
    assert (rows["A01"]["posizione"], rows["A01"]["motivi"], rows["A01"]["stato"]) == ("", "Prova", "definitiva")
    code, said = classi("decide", case, "esclusione", "--pupil", "A02", *WHY)
    assert code == 2 and "definitive" in said and "annulling" in said
    code, said = classi("form", case, "--out", tmp_path / "classi")
    assert code == 0, said
    seat = {row["id"]: row for row in read_table(tmp_path / "classi" / "graduatorie.csv")}["A15"]
    assert (seat["esito"], seat["posto"]) == ("per decisione", "Nord")
    assert classi("audit", case, tmp_path / "classi")[0] == 0
    assert "by a recorded decision of the head" in classi("explain", case, tmp_path / "classi", "A15")[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("boh",), "This kind of decision is not known."),
        (("rinuncia", "--pupil", "B99"), "The pupil is not among those of the case."),
        (("rinuncia",), "A text is expected"),
        (("rinuncia", "--pupil", "A05", "--data", "x"), "NAME=VALUE is expected."),
        (("rinuncia", "--pupil", "A05", "--data", "points=2"), "has no such datum"),
        (("punti", "--pupil", "A05", "--data", "title=Fratelli", "--data", "points=2"), "No points by decision"),
        (
            ("punti", "--pupil", "A05", "--data", "title=Casi esaminati dal dirigente", "--data", "points=x"),
            "Whole points",
        ),
        (("definitiva", "--data", "round=Plessi"), "There is no round of this name. Perhaps: Plesso."),
        (("ammissione_ds", "--pupil", "A15", "--data", "round=Plesso"), "The option is expected"),
        (("ammissione_ds", "--pupil", "A15", "--data", "round=Plesso", "--set", "plesso=Sud"), "plesso=Centro"),
        (("correzione", "--pupil", "A05", "--set", "sesso=boh"), "column sesso"),
        (("correzione", "--pupil", "A05", "--set", "dsa=no", "--data", "x=1"), "--set COLUMN=VALUE alone"),
        (("correzione", "--pupil", "B99", "--set", "fratelli=no"), "B99"),
        (("decadenza", "--pupil", "A05", "--data", "absent_days=0"), "whole number of days"),
        (("annullamento", "--data", "entry=4"), "There is no entry 4"),
        (("trasferimento", "--pupil", "A05", "--data", "class=9Z"), "There is no class of this name. Perhaps: 1A, 1B."),
    ],
)
def test_that_a_wrong_decision_is_explained_and_not_recorded(office, classi: Run, words, said: str) -> None:
    case, _places = office
    before = files(case)
    code, printed = classi("decide", case, *words, *WHY)
    assert code == 2 and said in " ".join(printed.split())
    assert files(case) == before


@pytest.mark.parametrize("missing", ["--who", "--why"])
def test_that_nothing_is_decided_without_who_and_why(office, classi: Run, missing: str) -> None:
    case, _places = office
    given = {"--who": "Dirigente", "--why": "Prova"}
    words = [w for option, value in given.items() if option != missing for w in (option, value)]
    code, said = classi("decide", case, "rinuncia", "--pupil", "A05", *words)
    assert code == 2 and missing in said
    assert classi("decide", case, "rinuncia", "--pupil", "A05", *words, missing, "  ")[0] == 2
    assert kinds(case) == []


def test_that_a_decision_without_a_day_is_of_today(office, classi: Run) -> None:
    case, _places = office
    assert classi("decide", case, "rinuncia", "--pupil", "A05", "--who", "D", "--why", "P")[0] == 0
    assert classi("decide", case, "ritiro", "--pupil", "A03", "--who", "D", "--why", "P", "--on", "3/6/2026")[0] == 0
    today, given = read_journal(case).entries
    assert today.when.year >= 2025 and str(given.when) == "2026-06-03"


# --- explain ---


def test_that_explain_says_why_this_seat(office, classi: Run) -> None:
    case, places = office
    assert classi("explain", case, places, "A07") == (
        0,
        "Plesso: position 7 of 15; Nord, 6 seats given: admitted.\n"
        "What decided against the one just above: Distanza.\n"
        "Centro: there was no room any more under these rules: Un sostegno per classe.\n",
    )
    code, said = classi("explain", case, places, "A14")
    assert code == 0 and "in the waiting list" in said and "Place 2 in the waiting list." in said
    assert "not admissible (Sei anni entro il 30 aprile)" in classi("explain", case, places, "A16")[1]


def test_that_explain_of_nobody_or_of_nothing_says_so(office, tmp_path: Path, classi: Run) -> None:
    case, places = office
    for folder, pupil in ((places, "B99"), (tmp_path, "A01")):
        code, said = classi("explain", case, folder, pupil)
        assert code == 2 and f"There is no ranking with pupil {pupil}" in said


# --- succeed, transfer ---


def test_that_a_place_goes_to_the_next_on_the_list(office, tmp_path: Path, classi: Run) -> None:
    case, places = office
    code, said = classi("succeed", case, places, "A05", "--out", tmp_path / "dopo", *WHY)
    assert code == 0
    assert said.splitlines()[-2:] == ["  A13: Un sostegno per classe", "A14 takes the place in class 1A."]
    assert kinds(case) == ["rinuncia", "subentro"]
    assert {f.name for f in (tmp_path / "dopo").iterdir()} == {
        "assegnazioni.csv",
        "graduatorie_iniziali.csv",
        "lista_attesa.csv",
    }
    code, said = classi("audit", case, tmp_path / "dopo")
    assert code == 0 and "There is no certificate" in said
    code, said = classi("succeed", case, places, "A05", "--out", tmp_path / "ancora", *WHY)
    assert code == 2 and "recorded already, as number 2" in said and not (tmp_path / "ancora").exists()


def test_that_other_classes_come_first_and_nobody_may_be_left(office, tmp_path: Path, classi: Run) -> None:
    case, places = office
    words = ("--transfer", "A07", "--transfer", "A02", "--kind", "decadenza", "--days", 30)
    code, said = classi("succeed", case, places, "A05", "--out", tmp_path / "uno", *words, *WHY)
    assert code == 0 and "A02 takes the place in class 1A." in said
    assert read_journal(case).entries[0].data == {"id": "A05", "absent_days": 30}
    (tmp_path / "uno" / "lista_attesa.csv").unlink()
    code, said = classi("succeed", case, tmp_path / "uno", "A03", "--out", tmp_path / "due", *WHY)
    assert code == 0 and "Nobody on the list can take the place." in said
    assert kinds(case) == ["decadenza", "subentro", "rinuncia"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("A13",), "These pupils have no class: A13."),
        (("A05", "--kind", "boh"), "Perhaps: rinuncia, ritiro, decadenza."),
        (("A05", "--kind", "decadenza"), "whole number of days"),
        (("A05", "--transfer", "A01"), "in this class already: A01"),
        (("A05", "--transfer", "A13"), "have no class: A13"),
    ],
)
def test_that_a_wrong_succession_is_explained_and_not_recorded(
    office, tmp_path: Path, classi: Run, words, said
) -> None:
    case, places = office
    code, printed = classi("succeed", case, places, *words, "--out", tmp_path / "dopo", *WHY)
    assert code == 2 and said in printed
    assert kinds(case) == [] and not (tmp_path / "dopo").exists()


def test_that_a_succession_needs_the_classes_and_a_folder_of_its_own(office, tmp_path: Path, classi: Run) -> None:
    case, places = office
    for folder, out in ((tmp_path, tmp_path / "dopo"), (places, places), (places, case)):
        assert classi("succeed", case, folder, "A05", "--out", out, *WHY)[0] == 2
    (tmp_path / "file").write_text("", encoding="utf-8")
    for out in (tmp_path / "file", tmp_path / "file" / "dopo"):
        code, said = classi("succeed", case, places, "A05", "--out", out, *WHY)
        assert code == 2 and "file" in said
    assert kinds(case) == []


def test_that_a_change_of_class_is_shown_and_recorded(office, tmp_path: Path, classi: Run) -> None:
    case, places = office
    assert classi("succeed", case, places, "A12", "--out", tmp_path / "uno", *WHY, "--transfer", "A10")[0] == 0
    code, said = classi("transfer", case, tmp_path / "uno", "A01", "1b", "--out", tmp_path / "due", *WHY)
    assert code == 0
    assert said.splitlines() == [
        "Class 1B, before: 5 pupils. disabilita 1",
        "Class 1B, after: 6 pupils. disabilita 1",
    ]
    assert kinds(case)[-1] == "trasferimento"
    assert {r["id"]: r["classe"] for r in read_table(tmp_path / "due" / "assegnazioni.csv")}["A01"] == "1B"
    recorded = kinds(case)  # the same command writes the classes again, and records nothing twice
    assert classi("transfer", case, tmp_path / "uno", "A01", "1B", "--out", tmp_path / "tre", *WHY)[0] == 0
    due, tre = (tmp_path / name / "assegnazioni.csv" for name in ("due", "tre"))
    assert kinds(case) == recorded and due.read_bytes() == tre.read_bytes()


def test_that_a_change_against_a_rule_ends_with_4_and_records_nothing(office, tmp_path: Path, classi: Run) -> None:
    case, places = office
    code, said = classi("transfer", case, places, "A07", "1A", "--out", tmp_path / "dopo", *WHY)
    assert code == 4 and "Un sostegno per classe" in said and "Nothing was recorded." in said
    assert kinds(case) == [] and not (tmp_path / "dopo").exists()


@pytest.mark.parametrize(("pupil", "name"), [("A13", "1A"), ("A02", "9Z"), ("A02", "1B")])
def test_that_a_wrong_change_ends_with_2(office, tmp_path: Path, classi: Run, pupil: str, name: str) -> None:
    case, places = office
    code, said = classi("transfer", case, places, pupil, name, "--out", tmp_path / "dopo", *WHY)
    assert code == 2 and pupil in said and kinds(case) == [] and not (tmp_path / "dopo").exists()


def test_that_a_school_without_groups_to_count_still_says_how_many(tmp_path: Path, classi: Run) -> None:
    case = tmp_path / "scuola"
    case.mkdir()
    write_table(case / "alunni.csv", [{"id": "A1", "sesso": "F"}, {"id": "A2", "sesso": "M"}])
    write_table(case / "classi.csv", [{"id": "1A"}, {"id": "1B"}])
    (case / "regolamento.toml").write_text('[[criteria]]\nrule = "equal_sizes"\nweight = 1\n', encoding="utf-8")
    places = tmp_path / "esito"
    places.mkdir()
    (places / "assegnazioni.csv").write_text("id,classe\nA1,1A\nA2,1B\n", encoding="utf-8")
    code, said = classi("transfer", case, places, "A1", "1B", "--out", tmp_path / "dopo", *WHY)
    assert (code, said) == (0, "Class 1B, before: 1 pupils.\nClass 1B, after: 2 pupils.\n")


# --- publish, stats ---


def test_that_lists_and_rankings_are_published_by_code(office, tmp_path: Path, classi: Run) -> None:
    case, places = office
    code, said = classi("publish", "classes", case, places, "--out", tmp_path / "albo")
    assert code == 0 and [Path(line).name for line in said.splitlines()] == [
        "elenchi.csv",
        "elenchi.html",
        "elenchi.xlsx",
        "codici.csv",
    ]
    code, said = classi("publish", "ranking", case, places, "--out", tmp_path / "albo")
    assert code == 0 and "graduatoria_pubblica.csv" in said
    assert "punti" not in read_table(tmp_path / "albo" / "graduatoria_pubblica.csv")[0]
    before = files(tmp_path / "albo")
    for kind in ("classes", "ranking"):
        code, said = classi("publish", kind, case, places, "--out", tmp_path / "albo")
        assert code == 2 and "not overwritten" in said
    assert files(tmp_path / "albo") == before
    for name in ("elenchi.csv", "elenchi.html", "elenchi.xlsx"):
        code, said = classi("publish", "check", tmp_path / "albo" / name, "--case", case)
        assert code == 0 and "Nothing was found" in said
    law = ("--points-by-law", "L. 241/1990, art. 12")
    assert classi("publish", "ranking", case, places, "--out", tmp_path / "legge", *law)[0] == 0
    assert read_table(tmp_path / "legge" / "graduatoria_pubblica.csv")[0]["punti"] == "5"


def test_that_there_must_be_something_to_publish(office, tmp_path: Path, classi: Run) -> None:
    case, _places = office
    code, said = classi("publish", "ranking", case, tmp_path, "--out", tmp_path / "albo")
    assert code == 2 and "classi rank" in said
    code, said = classi("publish", "classes", case, tmp_path, "--out", tmp_path / "albo")
    assert code == 2 and "assegnazioni.csv" in said
    assert not (tmp_path / "albo").exists() and not (case / "codici.csv").exists()


def test_that_a_file_with_names_does_not_pass(office, tmp_path: Path, classi: Run) -> None:
    case, _places = office
    file = tmp_path / "elenco.csv"
    file.write_text("classe;codice\n1A;Cognome3 Nome3\n", encoding="utf-8")
    code, said = classi("publish", "check", file, "--case", case)
    assert code == 1 and "surname" in said and "Cognome3" not in said
    file.write_text("classe;codice\n1A;A2C3D4\n", encoding="utf-8")
    assert classi("publish", "check", file)[0] == 0
    assert classi("publish", "check", tmp_path / "manca.csv")[0] == 2
    assert classi("publish", "check", case / "regolamento.toml")[0] == 2


def test_that_the_counts_are_written_once(office, tmp_path: Path, classi: Run) -> None:
    case, _places = office
    file = tmp_path / "conteggi.csv"
    assert classi("stats", case, "--out", file, "--year", "2026/27") == (0, f"{file}\n")
    assert read_table(file)[0]["iscritti"] == "16"
    before = files(tmp_path)
    assert classi("stats", case, "--out", file, "--year", "2026/27")[0] == 2
    code, said = classi("stats", case, "--out", tmp_path / "altro.csv", "--year", "2026")
    assert code == 2 and "2025/26" in said
    assert classi("stats", case, "--out", tmp_path / "manca" / "altro.csv", "--year", "2026/27")[0] == 2
    assert files(tmp_path) == before


# --- form and audit, with seats ---


def test_that_form_gives_seats_and_the_audit_confirms_them(office, tmp_path: Path, classi: Run) -> None:
    case, _places = office
    out = tmp_path / "classi"
    code, said = classi("form", case, "--out", out)
    assert code == 0, said
    names = {
        "assegnazioni.csv",
        "certificato.json",
        "report.html",
        "classi.xlsx",
        "graduatorie.csv",
        "graduatorie.xlsx",
    }
    assert {f.name for f in out.iterdir()} == names | {"lista_attesa.csv", "rifiuti.csv", "parita.csv"}
    certificate = json.loads((out / "certificato.json").read_text(encoding="utf-8"))
    assert (certificate["admission"]["applicants"], certificate["admission"]["admitted"]) == (16, 12)
    room = {row["id"]: row["posto"] for row in read_table(out / "graduatorie.csv")}
    plesso = {"1A": "Centro", "1B": "Nord"}
    assert all(plesso[r["classe"]] == room[r["id"]] for r in read_table(out / "assegnazioni.csv"))
    code, said = classi("audit", case, out)
    assert code == 0 and "Nobody passed over" in said
    before = files(out)
    for command in ("form", "rank"):
        assert classi(command, case, "--out", out)[0] == 2
    assert files(out) == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("assegnazioni.csv", "A12,1A", "A14,1A"),
        ("graduatorie.csv", ";A12;", ";A13;"),
        ("graduatorie.csv", ";1;A02;5;", ";1;A02;9;"),
        ("lista_attesa.csv", ";1;A13;", ";1;A15;"),
        ("rifiuti.csv", "Plesso;A07;Centro;regola;1\n", ""),
    ],
)
def test_that_a_tampered_seat_is_caught(office, classi: Run, file: str, old: str, new: str) -> None:
    case, places = office
    assert classi("audit", case, places)[0] == 0  # without a certificate everything is counted all the same
    text = (places / file).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (places / file).write_text(text.replace(old, new), encoding="utf-8")
    code, said = classi("audit", case, places)
    assert code == 4, said
    assert "Every hard rule is kept." not in said


def test_that_decisions_taken_afterwards_show_in_the_audit(office, tmp_path: Path, classi: Run) -> None:
    case, _places = office
    assert classi("form", case, "--out", tmp_path / "classi")[0] == 0
    assert classi("decide", case, "esclusione", "--pupil", "A01", *WHY)[0] == 0
    code, said = classi("audit", case, tmp_path / "classi")
    assert code == 4 and "A01" in said


def test_that_every_admission_command_explains_itself(classi: Run) -> None:
    for words in (
        ("rank",), ("decide",), ("explain",), ("succeed",), ("transfer",), ("stats",), ("draw", "commit"),
        ("draw", "reveal"), ("draw", "annul"), ("draw", "letters"), ("draw", "show"), ("publish", "classes"),
        ("publish", "ranking"), ("publish", "check"),
    ):  # fmt: skip
        code, said = classi(*words, "--help")
        assert code == 0 and "Usage" in said
        bare = [line for line in said.splitlines() if line.startswith("│") and "--" in line and len(line.split()) < 5]
        assert not bare, words
    assert "The file to look through." in classi("publish", "check", "--help")[1]
    assert "The table to write." in classi("stats", "--help")[1]
