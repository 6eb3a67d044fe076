"""Tests that both readers of the decisions agree on who is still of the school, and what follows for the count."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classi.audit import audit_files, read_ledger
from classi.audit.decisions import departed
from classi.case import Case
from classi.errors import InputError
from classi.i18n import use_language
from classi.journal import JOURNAL, append, read_journal
from classi.splits import read_split, split_of

ACT = {"who": "Dirigente", "why": "prova", "when": date(2026, 10, 1)}
RULES = 'name = "prova"\n[[criteria]]\nrule = "equal_sizes"\nweight = 1\n'


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Four pupils, two of them tied by a binding tie, in two classes."""
    folder = tmp_path / "scuola"
    folder.mkdir()
    (folder / "alunni.csv").write_text("id\na\nb\nc\nd\n", encoding="utf-8")
    (folder / "classi.csv").write_text("id\n1A\n1B\n", encoding="utf-8")
    (folder / "legami.csv").write_text("da;a;tipo;vincolante\na;b;insieme;sì\n", encoding="utf-8")
    (folder / "regolamento.toml").write_text(RULES, encoding="utf-8")
    return folder


def classes(case: Path, text: str) -> Path:
    (case.parent / "assegnazioni.csv").write_text(f"id,classe\n{text}", encoding="utf-8")
    return case.parent


def test_that_who_left_is_missed_by_nobody_and_the_implicit_rules_stay_the_same(case: Path) -> None:
    folder = classes(case, "b,1A\nc,1B\nd,1B\n")
    assert audit_files(case, folder)[0].structure == ("Pupil a is not placed in any class.",)
    append(case, "ritiro", **ACT, id="a")
    audit, ledger, regulation = audit_files(case, folder)
    assert audit.structure == () and audit.hard_kept
    assert [row["id"] for row in ledger.pupils] == ["b", "c", "d"] and ledger.ties == []
    assert len(regulation.criteria) == len(Case.read(case).regulation.criteria) == 2
    assert [a.cost for a in audit.criteria] == [0, 0]


def test_that_who_left_still_counts_in_the_classes_as_they_were_before(case: Path) -> None:
    folder = classes(case, "a,1A\nb,1A\nc,1B\nd,1B\n")
    append(case, "ritiro", **ACT, id="a")
    audit, ledger, _regulation = audit_files(case, folder)
    assert audit.structure == () and len(ledger.pupils) == 4


def test_that_a_split_is_read_and_built_without_who_left(case: Path) -> None:
    folder = classes(case, "b,1A\nc,1B\nd,1B\n")
    append(case, "decadenza", **ACT, id="a", absent_days=31)
    read, built = read_split(Case.read(case), folder), split_of(Case.read(case), {"b": "1A", "c": "1B", "d": "1B"}, "x")
    assert read.placed == built.placed == {"b": "1A", "c": "1B", "d": "1B"}
    with pytest.raises(InputError, match="Pupil b is not placed"):
        split_of(Case.read(case), {"c": "1B", "d": "1B"}, "x")
    ledger, wrong = read_ledger(case, folder / "assegnazioni.csv")
    assert wrong == () and [row["id"] for row in ledger.pupils] == ["b", "c", "d"]
    assert len(read_ledger(case, {})[0].pupils) == 4


PUPIL = st.sampled_from("abcd")
ENTRIES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["rinuncia", "ritiro", "esclusione"]), st.fixed_dictionaries({"id": PUPIL})),
        st.tuples(st.just("decadenza"), st.fixed_dictionaries({"id": PUPIL, "absent_days": st.just(31)})),
        st.tuples(
            st.just("iscrizione"),
            st.fixed_dictionaries(
                {"id": PUPIL, "class": st.just("1A")},
                optional={"moves": st.dictionaries(PUPIL, st.just("1B"), min_size=1)},
            ),
        ),
        st.tuples(st.just("trasferimento"), st.fixed_dictionaries({"id": PUPIL, "class": st.just("1B")})),
        st.tuples(
            st.just("riformazione"), st.fixed_dictionaries({"moves": st.dictionaries(PUPIL, st.just("1B"), min_size=1)})
        ),
        st.tuples(
            st.just("scambio"),
            st.fixed_dictionaries({"id": PUPIL, "other": PUPIL, "class": st.just("1A"), "other_class": st.just("1B")}),
        ),
        st.tuples(st.just("annullamento"), st.fixed_dictionaries({"entry": st.integers(1, 6)})),
    ),
    max_size=8,
)


@given(entries=ENTRIES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_that_both_readers_agree_on_who_left(case: Path, entries: list) -> None:
    (case / JOURNAL).unlink(missing_ok=True)
    for kind, data in entries:
        try:
            append(case, kind, **ACT, **data)
        except InputError:
            continue  # an annulment of nothing, or of one annulled
    assert departed(case) == read_journal(case).left


def test_that_lines_written_before_there_were_grounds_are_read_byte_for_byte(case: Path) -> None:
    old = (
        '{"n": 1, "when": "2026-06-01", "who": "Dirigente", "why": "Prova", "kind": "trasferimento", "id": "a", '
        '"class": "1B", "previous": "", "hash": "HASH"}\n'
    )
    from classi.journal.checks import digest  # noqa: PLC0415

    record = json.loads(old)
    assert digest(record) == digest({k: v for k, v in record.items() if k != "hash"})
    text = old.replace("HASH", digest(record) or "")
    (case / JOURNAL).write_text(text, encoding="utf-8")
    (entry,) = read_journal(case).entries
    assert entry.data == {"id": "a", "class": "1B"} and entry.placed == {"a": "1B"}
    append(case, "trasferimento", **ACT, id="a", **{"class": "1A"}, ground="grave", papers=["Nota"])
    assert (case / JOURNAL).read_text(encoding="utf-8").startswith(text)
    assert read_journal(case).entries[1].data["papers"] == ["Nota"]


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("iscrizione", {"id": "a", "class": "1A", "moves": {}}, "new class of each pupil"),
        ("iscrizione", {"id": "a", "class": "1A", "moves": {"b": " 1B"}}, "new class of each pupil"),
        ("trasferimento", {"id": "a", "class": "1A", "papers": []}, "list of texts"),
        ("trasferimento", {"id": "a", "class": "1A", "papers": ["", "x"]}, "list of texts"),
        ("trasferimento", {"id": "a", "class": "1A", "ground": ""}, "A text is expected"),
        ("trasferimento", {"id": "a", "class": "1A", "moves": {"b": "1B"}}, "no such datum"),
        ("definitiva", {"round": "Plesso", "ground": "grave"}, "no such datum"),
        ("scambio", {"id": "a", "other": "b", "class": "1A"}, "A text is expected"),
    ],
)
def test_that_what_a_decision_says_besides_is_checked(case: Path, kind: str, data: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        append(case, kind, **ACT, **data)
    assert not (case / JOURNAL).exists()
