"""The minutes of the commission: what they tell, what they leave blank, and that every number is the auditor's."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import docx
import pypdf
import pytest

from classi import draw as public
from classi import journal, proceedings
from classi.case import Case
from classi.case_file import CaseFile
from classi.case_file.events import Event
from classi.case_file.state import State
from classi.documents.context import Context
from classi.documents.minutes import minutes
from classi.documents.model import Block, Document, Facts, Heading, Listing, Paragraph, Signatures, Table
from classi.documents.school import Meeting, Member, Resolution, School
from classi.documents.words import BLANK
from classi.errors import InputError
from classi.handmade import Decision, write_change
from classi.i18n import use_language
from classi.journal import append
from classi.papers import (
    KINDS,
    Wanted,
    checked,
    context_of,
    explanations_of,
    minutes_papers,
    school_of,
    write_documents,
    write_minutes,
)
from classi.price import Move
from classi.proceedings import draws_of, record_of, rounds_of, say_price
from classi.splits import Split, read_split, split_of
from classi.workflow import form, write_result
from oversubscribed import give_places, write_school

WHEN = date(2026, 6, 12)
RULES = """
name = "Prova"
source = "Delibera di prova"

[[criteria]]
rule = "class_size"
max = 3
hard = true
source = "DPR di prova"
derogations = [{ class = "1A", limit = 4, who = "Dirigente", why = "aula grande" }]

[[criteria]]
rule = "fixed_class"
hard = true
pins = [{ pupil = "a", class = "1A", who = "Dirigente", why = "ascensore" }]

[[criteria]]
rule = "forbidden_class"
hard = true
pins = [{ pupil = "b", class = "1B", who = "Dirigente", why = "scale" }]

[[criteria]]
rule = "balance"
name = "Femmine e maschi"
attribute = "sesso"
weight = 2

[[criteria]]
rule = "wishes"
name = "Preferenze"
weight = 1
tier = 2
"""
PUPILS = (
    "id;cognome;nome;sesso\na;Abatini;Ada #1;F\nb;Bollini;*Bea*;F\nc;Cartoni;Ciro;M\nd;D'Amico;Dino;M\n"
    "e;Ermini;Eva;F\nf;Fabbri;Furio;M\n"
)
TIES = "da;a;tipo\na;c;preferisce\nc;a;preferisce\na;d;preferisce\nc;d;separati\ne;d;preferisce\n"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a school (scuola), its result (uno) and one changed by hand (due); read only."""
    folder = tmp_path_factory.mktemp("verbale")
    school = folder / "scuola"
    school.mkdir()
    (school / "alunni.csv").write_text(PUPILS, encoding="utf-8")
    (school / "classi.csv").write_text("id\n1A\n1B\n", encoding="utf-8")
    (school / "legami.csv").write_text(TIES, encoding="utf-8")
    (school / "regolamento.toml").write_text(RULES, encoding="utf-8")
    case = Case.read(school)
    write_result(form(case, workers=1), folder / "uno")
    first = read_split(case, folder / "uno")
    moves = [Move(p, first.placed[p], "1A" if first.placed[p] == "1B" else "1B") for p in ("c", "f")]
    write_change(first, moves, Decision("Il Dirigente", "Motivo di prova", "S001"), folder / "due")
    return folder


@pytest.fixture
def case(made: Path) -> Case:
    return Case.read(made / "scuola")


@pytest.fixture
def one(case: Case, made: Path) -> Split:
    return read_split(case, made / "uno")


@pytest.fixture
def two(case: Case, made: Path) -> Split:
    return read_split(case, made / "due")


SCHOOL = School(
    name="Istituto di prova",
    city="Provarola",
    head="Anna Prova",
    year="2026/2027",
    members=(Member("Anna Prova", "Dirigente"), Member("Ugo Prova"), Member("Eva Assente", "docente", present=False)),
    president="Anna Prova",
    secretary="Ugo Prova",
    meeting=Meeting(
        "3", WHEN, "sala docenti", "15:30", "17:45", ("Classi prime",),
        (Resolution("Consiglio di Istituto", "12", date(2026, 1, 15), "criteri"),), "per prova",
    ),
)  # fmt: skip


def said(blocks: tuple[Block, ...]) -> list[str]:
    """Return everything a document says, cell by cell."""
    found: list[str] = []
    for block in blocks:
        match block:
            case Heading(text) | Paragraph(text, ""):
                found.append(text)
            case Paragraph(text, strong):
                found += [strong, text]
            case Listing(items):
                found += items
            case Table(header, rows, caption):
                found += [caption, *header, *(cell for row in rows for cell in row)]
            case Facts(rows) | Signatures(rows):
                found += [cell for row in rows for cell in row]
            case _:
                pass
    return found


def written(
    case: Case, chosen: Split, others: tuple[Split, ...] = (), school: School = SCHOOL, **more: Any
) -> Document:
    return minutes(context_of(chosen, school, WHEN), school, record_of(case, chosen, others, **more))


def tables(document: Document, first: str) -> list[Table]:
    return [b for b in document.blocks if isinstance(b, Table) and b.header[0] == first]


def pdf_text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def tiny(pupils: list[dict[str, str]], classes: str, rule: dict[str, Any], ties: Any = ()) -> Case:
    """Build a case from rows, with one rule."""
    tables = {"alunni": pupils, "classi": [{"id": c} for c in classes.split()], "legami": list(ties)}
    return Case.from_rows({name: rows for name, rows in tables.items() if rows}, regulation={"criteria": [rule]})


SIZE = {"rule": "class_size", "max": 2, "hard": True}


# --- what they tell ---


def test_that_the_minutes_tell_the_meeting_the_criteria_and_the_data(case: Case, one: Split) -> None:
    text = said(written(case, one).blocks)
    joined = "\n".join(text)
    assert "On 12 June 2026 at 15:30, at sala docenti" in joined and "closes at 17:45" in joined
    assert "Anna Prova presides; Ugo Prova takes the minutes." in text and "absent" in text
    assert "Consiglio di Istituto, resolution no. 12 of 15 January 2026: criteri" in text
    assert "DPR di prova" in text and "priority 1, weight 2" in text and "Delibera di prova" in text
    hashes = json.loads((one.directory / "certificato.json").read_text())["inputs"]  # type: ignore[operator]
    assert set(hashes.values()) <= set(text) and "6 pupils and 2 classes" in joined


def test_that_remarks_about_the_data_are_counted_and_not_quoted(case: Case, one: Split) -> None:
    odd = replace(one, certificate={**one.certificate, "warnings": ["Abatini: strano", "Bollini: strano"]})
    text = "\n".join(said(written(case, odd).blocks))
    assert "2 remarks were made about the data" in text and "strano" not in text


def test_that_what_the_school_has_not_told_is_blank_and_nothing_is_made_up(case: Case, one: Split) -> None:
    document = written(case, one, school=School())
    text = said(document.blocks)
    assert f"On {BLANK} {BLANK} {BLANK} at {BLANK}, at {BLANK}" in text[0]
    assert document.title == "Minutes of the commission for the formation of the classes"
    assert tables(document, "Name")[0].rows == ((BLANK,) * 3,) * 3
    (places,) = [b for b in document.blocks if isinstance(b, Signatures)]
    assert [role for role, _name in places.people] == ["The headteacher", "The president", "The secretary"]


def test_that_who_was_there_signs_once(case: Case, one: Split) -> None:
    (places,) = [b for b in written(case, one).blocks if isinstance(b, Signatures)]
    assert places.people == (("The headteacher, president", "Anna Prova"), ("The secretary", "Ugo Prova"))
    other = replace(SCHOOL, president="Ugo Prova", secretary="", members=(Member("Lia Prova"), *SCHOOL.members))
    (places,) = [b for b in written(case, one, school=other).blocks if isinstance(b, Signatures)]
    assert places.people == (
        ("The headteacher", "Anna Prova"), ("The president", "Ugo Prova"), ("The secretary", ""),
        ("Member", "Lia Prova"),
    )  # fmt: skip


def test_that_every_number_of_the_composition_is_the_auditors(case: Case, one: Split) -> None:
    (table,) = [t for t in tables(written(case, one), "Class") if "Girls" in t.header]
    girls = table.header.index("Girls")
    for row in table.rows[:-1]:
        members = one.ledger.pupils_in(row[0])
        assert row[1] == str(len(members)) and row[girls] == str(sum(p["sesso"] == "F" for p in members))
    assert table.rows[-1][1] == "6" and table.rows[-1][girls] == "3"


def test_that_tiers_proof_and_second_count_are_told_in_plain_words(case: Case, one: Split) -> None:
    document = written(case, one)
    text = "\n".join(said(document.blocks))
    (table,) = [t for t in tables(document, "Priority") if "Gap" in t.header]
    assert {row[0]: row[1] for row in table.rows} == {str(t): str(v) for t, v in one.audit.tiers.items()}
    assert "“Proved” means" in text and "All mandatory criteria are kept." in text
    assert "Its count is the one of the certificate" in text


def test_that_departures_of_pupils_stand_in_the_annex_by_identifier(case: Case, one: Split) -> None:
    document = written(case, one)
    text = said(document.blocks)
    start = next(k for k, words in enumerate(text) if words.startswith("Annex A"))
    names = ("Abatini", "Bollini", "Cartoni", "Amico", "Ermini", "Fabbri")
    assert not any(name in words for name in names for words in text)
    unmet = {(c.pupils) for a in one.audit.criteria if a.rule == "wishes" for c in a.counts if c.value == 0}
    (table,) = tables(document, "Pupil")
    assert {(row[0], row[1]) for row in table.rows} == unmet and all(len(row[2]) > 5 for row in table.rows)
    assert not any("Why it could not be granted" in words for words in text[:start])


def test_that_names_are_shown_where_they_are_asked_for(case: Case, one: Split) -> None:
    document = written(case, one, named=True)
    text = said(document.blocks)
    start = next(k for k, words in enumerate(text) if words.startswith("Annex A"))
    assert "Abatini Ada #1" in text[start:] and not any("Abatini" in words for words in text[:start])
    lists = tables(document, "No.")[-2:]
    assert sorted(row[2] for t in lists for row in t.rows) == list("abcdef")


def test_that_a_departure_of_one_pupil_is_named_in_the_annex_only_when_asked() -> None:
    rule = {"rule": "wish_at_least_one", "weight": 1, "name": "Almeno una"}
    pupils = [{"id": i, "cognome": f"Prova{i}"} for i in "ab"]
    case = tiny(pupils, "1A 1B", rule, [{"da": "a", "a": "b", "tipo": "preferisce"}])
    split = split_of(case, {"a": "1A", "b": "1B"}, "a mano")
    for named in (False, True):
        text = "\n".join(said(written(case, split, named=named).blocks))
        assert "Annex B" in text and ("Provaa" in text) is named
    assert "There is no certificate" in text and "“a mano”" in text


# --- what was weighed, and what people did ---


def test_that_a_split_without_departures_says_so() -> None:
    case = tiny([{"id": "a"}], "1A", SIZE)
    text = "\n".join(said(written(case, split_of(case, {"a": "1A"}, "x")).blocks))
    assert "Every criterion is fully met." in text and "Annex B" not in text
    assert "No derogation was granted." in text and "Nothing was changed by hand." in text


def test_that_broken_criteria_and_differences_are_told(case: Case, one: Split) -> None:
    wrong = split_of(case, {**dict.fromkeys("abcdef", "1A")}, "tutti insieme")
    text = "\n".join(said(written(case, wrong).blocks))
    assert "Mandatory criteria are BROKEN." in text
    recount = replace(one.recount, differences=("alunni.csv has changed.",))
    text = "\n".join(said(written(case, one).blocks))
    assert "Proved best" in text
    text = "\n".join(said(written(case, replace(one, recount=recount)).blocks))
    assert "It found differences from the certificate:" in text and "alunni.csv has changed." in text
    assert "does not confirm the certificate" in text and "Proved best" not in text and "No answer" not in text


def test_that_without_a_certificate_nothing_is_said_of_a_search(case: Case, one: Split) -> None:
    text = "\n".join(said(written(case, replace(one, certificate={})).blocks))
    assert "how this split was found is not recorded" in text
    assert "No answer" not in text and "A program on the school's own computer" not in text


def test_that_who_was_there_how_they_voted_and_what_they_stated_is_told(case: Case, one: Split) -> None:
    blank = minutes(context_of(one, School(), WHEN), School(), record_of(case, one))
    assert f"There being present {BLANK} members out of {BLANK}" in "\n".join(said(blank.blocks))
    meeting = Meeting(vote="unanimous", statements=("Nobody is a relative of a pupil.",))
    members = (Member("Ugo"), Member("Eva"), Member("Ida", present=False))
    school = School(members=members, appointed="Decree no. 1", meeting=meeting)
    text = "\n".join(said(minutes(context_of(one, school, WHEN), school, record_of(case, one)).blocks))
    assert "appointed by: Decree no. 1." in text and "present 2 members out of 3" in text
    assert "unanimous" in text and "Nobody is a relative of a pupil." in text


def test_that_the_alternatives_weighed_are_compared_by_the_auditors_counts(case: Case, one: Split, two: Split) -> None:
    document = written(case, one, (two, replace(one, name="uguale")))
    text = "\n".join(said(document.blocks))
    (table,) = tables(document, "Split")
    assert [row[0] for row in table.rows] == ["uno (chosen)", "due", "uguale"]
    for row, split in zip(table.rows, (one, two, one), strict=True):
        assert row[1:3] == tuple(str(split.audit.tiers[t]) for t in (1, 2)) and row[3] == "0"
    assert table.rows[1][-1] == "2" and table.rows[2][-1] == "0"
    assert "No criterion comes out differently." in text and "per prova" in text


def test_that_what_another_split_would_cost_is_said_rule_by_rule(case: Case, one: Split, two: Split) -> None:
    record = record_of(case, one, (two,))
    costs = {a.label: a.cost for a in one.audit.criteria}, {a.label: a.cost for a in two.audit.criteria}
    changed = [label for label in costs[0] if costs[0][label] != costs[1][label]]
    lines = (*record.others[0].worse, *record.others[0].better)
    assert changed and all(any(label in line for line in lines) for label in changed)
    back = record_of(case, two, (one,)).others[0]
    assert len(back.better) == len(record.others[0].worse)


def test_that_a_split_of_others_is_refused(case: Case, one: Split) -> None:
    other = tiny([{"id": "z"}], "1A", SIZE)
    with pytest.raises(InputError, match="not of the same pupils"):
        record_of(case, one, (split_of(other, {"z": "1A"}, "altra"),))


def test_that_hand_changes_come_with_who_why_ground_and_price(case: Case, two: Split) -> None:
    document = written(case, two)
    (table,) = [t for t in tables(document, "Day") if "Price" in t.header]
    ((day, who, what, why, price),) = table.rows
    assert day == "–" and who == "Il Dirigente" and why == "Motivo di prova (ground: S001)"
    moves = two.certificate["made"]["moves"]
    assert all(f"{m['id']} from {m['from']} to {m['to']}" in what for m in moves)
    assert price == say_price(two.certificate["made"]["price"])


def test_that_a_price_is_said_priority_by_priority() -> None:
    assert say_price({"1": 3, "2": -4}) == "priority 1: +3; priority 2: −4" and say_price({}) == "no criterion changes"


def test_that_derogations_and_pins_of_the_regulation_are_listed(case: Case, one: Split) -> None:
    text = said(written(case, one).blocks)
    assert "aula grande" in text and "ascensore" in text and "scale" in text
    assert "Class 1A fixed for a" in text and "Class 1B forbidden to b" in text
    assert any("limit 4 in class 1A" in words for words in text)


def event(kind: str, n: int, why: str, at: str = "2026-06-10T10:00:00+00:00", **data: Any) -> Event:
    return Event(n, at, "Dirigente", why, kind, data, "", "")


def test_that_a_case_file_adds_days_derogations_and_decisions_without_telling_a_change_twice(
    case: Case, two: Split
) -> None:
    same = two.certificate["made"]
    state = State(
        changes=(
            replace(
                event("modifica", 4, same["why"], split="due", moves=same["moves"], ground="S001", price={}),
                who=same["who"],
            ),
            event("modifica", 5, "altro", at="?", split="tre", moves=[{"id": "a", "to": "1A"}], ground="", price={}),
        ),
        derogations=(
            event("deroga", 6, "in classe", rule="class_size", limit=5, **{"class": "1A"}),
            event("deroga", 7, "ovunque", rule="class_size", limit=6),
        ),
        decisions=(event("decisione", 8, "perché sì", subject="Aula 3"),),
    )
    record = record_of(case, two, state=state, why="la preferita")
    assert [a.when for a in record.hand] == ["10 June 2026", ""]
    assert record.hand[1].what == "Split “tre”: a from – to 1A"
    assert [a.what for a in record.derogations][1:] == ["class_size: limit 5 in class 1A", "class_size: limit 6"]
    assert record.decisions[-1].what == "Aula 3" and record.why_chosen == "la preferita"


def test_that_changes_that_led_to_rejected_splits_are_not_told(case: Case, made: Path, tmp_path: Path) -> None:
    by = {"who": "Dirigente", "why": "prova"}
    file = CaseFile.create(tmp_path / "caso.classi", "Prova", {"alunni.csv": b"id\n"}, **by)
    placed = (made / "uno" / "assegnazioni.csv").read_text()
    file.add_split("uno", placed.encode(), b"", **by)
    at = dict(line.split(",")[:2] for line in placed.split()[1:])

    def change(name: str, base: str, pupil: str) -> None:
        before = file.placed(base)
        after = {**before, pupil: "1A" if before[pupil] == "1B" else "1B"}
        content = "id,classe\n" + "".join(f"{p},{after[p]}\n" for p in at)
        moves = [{"id": pupil, "from": before[pupil], "to": after[pupil]}]
        file.change(name, base, content.encode(), b"", moves, "S001", {}, **by)

    for name, base, pupil in (("c", "uno", "c"), ("scartata", "c", "d"), ("cf", "c", "f"), ("altra", "uno", "e")):
        change(name, base, pupil)
    file.choose("cf", **by)
    (tmp_path / "esito").mkdir()
    (tmp_path / "esito" / "assegnazioni.csv").write_bytes(file.split_files("cf")["assegnazioni.csv"])
    chosen = read_split(case, tmp_path / "esito")
    assert [a.what[0] for a in record_of(case, chosen, state=file.state).hand] == ["c", "f"]
    unknown = replace(chosen, directory=None)
    told = [a.what for a in record_of(case, unknown, state=file.state).hand]
    assert len(told) == 4 and told[1].startswith("Split “scartata”: d from ")


def test_that_every_kind_of_decision_has_words_and_moves_are_told_whole(case: Case, one: Split, tmp_path: Path) -> None:
    assert set(proceedings._kinds()) == set(journal.KINDS)
    by: dict[str, Any] = {"who": "Dirigente", "why": "prova", "when": WHEN}
    folder = tmp_path / "scuola"
    shutil.copytree(str(case.source), folder)
    (folder / "decisioni.jsonl").unlink(missing_ok=True)
    swap = {"id": "a", "class": "1B", "other": "c", "other_class": "1A"}
    for kind, data in (
        ("scambio", swap),
        ("riformazione", {"moves": {"a": "1A", "e": "1B"}}),
        ("iscrizione", {"id": "z", "class": "1A", "moves": {"b": "1B"}}),
        ("ritiro", {"id": "f"}),
        ("correzione", {"id": "b", "changes": {"sesso": "M"}, "before": {"sesso": "F"}}),
    ):
        append(folder, kind, **by, **data)
    acts = record_of(replace(case, source=folder), one).decisions[-5:]
    assert [a.what for a in acts] == [
        "Entry 1: two pupils change places – a → 1B, c → 1A",
        "Entry 2: classes formed again – a → 1A, e → 1B",
        "Entry 3: enrolment during the year – z → 1A, b → 1B",
        "Entry 4: withdrawal – f",
        "Entry 5: correction of the data – b",
    ]


def test_that_a_certificate_with_another_origin_says_which(case: Case, one: Split) -> None:
    other = replace(one, certificate={**one.certificate, "made": {"how": "profile", "profile": "desideri"}})
    assert "How this split came about: the best for the profile “desideri”." in said(written(case, other).blocks)
    record = record_of(case, replace(one, certificate={**one.certificate, "made": "?"}))
    assert record.hand == ()


def test_that_many_departures_are_counted_and_not_listed_without_end() -> None:
    pupils, classes = [f"p{k}" for k in range(12)], [f"1{c}" for c in "ABCDEFGHILMN"]
    rule = {"rule": "class_size", "min": 2, "max": 2, "weight": 1}
    case = tiny([{"id": p} for p in pupils], " ".join(classes), rule)
    split = split_of(case, dict(zip(pupils, classes, strict=True)), "larga")
    assert "… and 4 more." in said(written(case, split).blocks)


# --- draws and seats ---


@pytest.fixture(scope="module")
def seated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an oversubscribed school (scuola) and its places (esito); read only."""
    folder = tmp_path_factory.mktemp("posti")
    school = write_school(folder / "scuola")
    give_places(school, folder / "esito")
    by: dict[str, Any] = {"source": "Lotto di prova", "source_date": date(2026, 3, 9), "who": "Dirigente"}
    draws = school / "sorteggi"
    public.commit(draws, "lettere", ["1A", "1B"], when=date(2026, 3, 1), pseudonymous=False, **by)
    public.annul(draws, "lettere", who="Dirigente", why="errore", when=date(2026, 3, 2))
    public.commit(draws, "lettere", ["1A", "1B"], when=date(2026, 3, 2), pseudonymous=False, **by)
    public.reveal(draws, "lettere", [(7, 19, 35)], who="Dirigente", when=date(2026, 3, 9))
    public.commit(draws, "seconda", ["1A", "1B"], when=date(2026, 3, 2), pseudonymous=False, **by)
    entry = append(school, "punti", who="Dirigente", why="prova", when=WHEN, id="P1", title="Altro", points=1)
    append(school, "annullamento", who="Dirigente", why="errore", when=WHEN, entry=entry.n)
    return folder


def test_that_draws_seats_and_recorded_decisions_are_told(seated: Path) -> None:
    case = Case.read(seated / "scuola")
    chosen = read_split(case, seated / "esito")
    document = written(case, chosen)
    text = said(document.blocks)
    assert [d.name for d in draws_of(case)][:1] == ["lettere"] and "7 19 35" in text and "not yet known" in text
    assert "1 time" in text and "Lotto di prova, of 9 March 2026" in text
    rounds = list(rounds_of(seated / "esito"))
    assert sum(r.seated for r in rounds) >= len(chosen.placed) and rounds[0].name in text
    assert any("(annulled)" in words for words in text) and any("entry annulled" in words for words in text)
    assert "Rankings and seats" in text


def test_that_rankings_that_do_not_follow_the_rules_are_told(seated: Path) -> None:
    case = Case.read(seated / "scuola")
    chosen = read_split(case, seated / "esito")
    record = replace(record_of(case, chosen), not_seated=("P1 should be admitted.",))
    text = said(minutes(context_of(chosen, School(), WHEN), School(), record).blocks)
    assert "P1 should be admitted." in text and {"definitive", "provisional"} & set(text)


# --- from Python to files ---


def test_that_minutes_come_in_both_formats_and_both_languages(case: Case, one: Split) -> None:
    record = record_of(case, one)
    papers = dict(minutes_papers(one, SCHOOL, record, WHEN))
    assert list(papers) == ["verbale.docx", "verbale.pdf"]
    assert papers == dict(minutes_papers(one, SCHOOL, record, WHEN))
    word = docx.Document(io.BytesIO(papers["verbale.docx"]))
    assert word.paragraphs[0].text == "Minutes no. 3 of the commission for the formation of the classes"
    assert "Minutes no. 3" in pdf_text(papers["verbale.pdf"])
    with use_language("it"):
        assert context_of(one, SCHOOL, WHEN).language == "it"
        assert [name for name, _c in minutes_papers(one, SCHOOL, record, WHEN, ["pdf"])] == ["verbale.pdf"]


def test_that_nothing_is_written_over_silently(case: Case, made: Path, tmp_path: Path) -> None:
    out = tmp_path / "carte"
    done = write_minutes(case, made / "uno", out, Wanted(WHEN, formats=["pdf"]))
    assert [p.name for p in done.files] == ["verbale.pdf"] and "verbale.luogo" in str(done.warnings[0])
    with pytest.raises(InputError, match="already there"):
        write_minutes(case, made / "uno", out, Wanted(WHEN, formats=["pdf"]))
    write_minutes(case, made / "uno", out, Wanted(WHEN, SCHOOL, ["pdf"], force=True), others=[made / "due"])
    assert "due" in pdf_text((out / "verbale.pdf").read_bytes())
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file"):
        write_minutes(case, made / "uno", tmp_path / "file", Wanted(WHEN, formats=["pdf"]))


def test_that_the_case_file_tells_why_the_split_was_chosen(case: Case, made: Path, tmp_path: Path) -> None:
    by = {"who": "Dirigente", "why": "la più equilibrata"}
    file = CaseFile.create(tmp_path / "caso.classi", "Prova", {"alunni.csv": b"id\n"}, **by)
    placed, certificate = ((made / "uno" / name).read_bytes() for name in ("assegnazioni.csv", "certificato.json"))
    file.add_split("uno", placed, certificate, **by)
    wanted = Wanted(WHEN, replace(SCHOOL, meeting=Meeting()), ["pdf"])
    other = {"others": [made / "due"], "case_file": tmp_path / "caso.classi"}
    done = write_minutes(case, made / "uno", tmp_path / "prima", wanted, **other)  # type: ignore[arg-type]
    assert "motivo_scelta" in str(done.warnings[0])
    chosen = file.choose("uno", **by)
    done = write_minutes(case, made / "uno", tmp_path / "dopo", wanted, **other)  # type: ignore[arg-type]
    assert "motivo_scelta" not in str(done.warnings[0])
    text = pdf_text((tmp_path / "dopo" / "verbale.pdf").read_bytes())
    assert "la più equilibrata" in text and chosen.hash in "".join(text.split())
    assert "What the case file holds: 4 entries" in " ".join(text.split())
    done = write_minutes(case, made / "due", tmp_path / "altro", wanted, **other)  # type: ignore[arg-type]
    assert "“uno”; these minutes are of another one" in str(done.warnings[0])
    assert "la più equilibrata" not in pdf_text((tmp_path / "altro" / "verbale.pdf").read_bytes())


def test_that_papers_of_a_split_that_does_not_hold_are_written_with_a_warning(
    case: Case, made: Path, tmp_path: Path
) -> None:
    (tmp_path / "male").mkdir()
    (tmp_path / "male" / "assegnazioni.csv").write_text("id,classe\n" + "".join(f"{p},1A\n" for p in "abcdef"))
    (tmp_path / "male" / "certificato.json").write_bytes((made / "uno" / "certificato.json").read_bytes())
    wanted = Wanted(WHEN, SCHOOL, ["pdf"])
    done = write_documents(case, tmp_path / "male", tmp_path / "carte", wanted, only=["letter"])
    assert (
        done.files
        and "Mandatory and broken: Class sizes: at most 3" in str(done.warnings[0])
        and len(done.warnings) > 1
    )
    assert (
        write_minutes(case, tmp_path / "male", tmp_path / "carte", wanted).warnings[: len(done.warnings)]
        == done.warnings
    )
    with pytest.raises(InputError, match="folder of a case"):
        write_documents(case, made / "uno", made / "scuola", wanted)


def test_that_the_schools_data_beside_the_case_are_used(case: Case, made: Path, tmp_path: Path) -> None:
    assert school_of(case) == School()
    assert school_of(tiny([{"id": "a"}], "1A", SIZE)) == School()
    (tmp_path / "altra.toml").write_text('[scuola]\nnome = "Altra"\n', encoding="utf-8")
    assert school_of(case, tmp_path / "altra.toml").name == "Altra"
    beside = made / "scuola" / "scuola.toml"
    beside.write_text('[scuola]\nnome = "Accanto"\n', encoding="utf-8")
    try:
        assert school_of(case).name == "Accanto"
    finally:
        beside.unlink()


def test_that_all_papers_are_written_or_those_asked_for(case: Case, made: Path, tmp_path: Path) -> None:
    done = write_documents(case, made / "uno", tmp_path / "tutte", Wanted(WHEN, SCHOOL, ["pdf"]))
    names = {p.name for p in done.files}
    assert {"elenchi-docenti.xlsx", "elenchi-docenti.pdf", "valutazione-impatto.pdf", "scheda-algoritmo.pdf"} <= names
    only = write_documents(case, made / "uno", tmp_path / "solo", Wanted(WHEN, SCHOOL), only=["dpia"])
    assert [p.suffix for p in only.files] == [".docx", ".pdf"]
    with pytest.raises(InputError, match="Perhaps: letter"):
        write_documents(case, made / "uno", tmp_path / "male", Wanted(WHEN), only=["leter"])
    assert not (tmp_path / "male").exists()


def test_that_letters_explain_when_asked(case: Case, made: Path, one: Split, tmp_path: Path) -> None:
    told = explanations_of(one)
    assert set(told) == set(one.placed) and all(lines for lines in told.values())
    done = write_documents(
        case, made / "uno", tmp_path / "lettere", Wanted(WHEN, SCHOOL, ["pdf"]), only=["letter"], explained=True
    )
    text = "".join("".join(pdf_text(p.read_bytes()).split()) for p in done.files)
    assert all("".join(told[pupil][0].split()) in text for pupil in told)


def test_that_words_that_are_not_known_are_refused() -> None:
    assert checked(["pdf", "docx"], ("docx", "pdf")) == ("docx", "pdf") and "letter" in KINDS
    for wrong in (["odt"], []):
        with pytest.raises(InputError, match="docx, pdf"):
            checked(wrong, ("docx", "pdf"))


def test_that_a_case_that_is_not_in_files_has_no_draws_nor_journal() -> None:
    case = tiny([{"id": "a"}], "1A", SIZE)
    assert list(draws_of(case)) == [] and record_of(case, split_of(case, {"a": "1A"}, "x")).decisions == ()


def test_that_the_context_is_the_auditors(one: Split) -> None:
    context = context_of(one, SCHOOL, WHEN)
    assert isinstance(context, Context) and context.audit is one.audit and context.when == WHEN
    assert context.confirmed == one.certificate
    recount = replace(one.recount, differences=("pupils.csv has changed.",))
    assert "tiers" not in context_of(replace(one, recount=recount), SCHOOL, WHEN).confirmed
