"""Pupils and classes: names, counts of groups, class lists, wishes, and what people decided by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from classi.domain import text_key
from classi.i18n import _
from classi.report.model import Decision, Member, Roster, RuleRows, SummaryColumn, Unmet, Wish
from classi.report.words import say_mean, say_number

if TYPE_CHECKING:
    from classi.ledger import Ledger
    from classi.regulation import Regulation

NO = ("no", "n", "0", "falso", "false", False)
MARKS = ("livello", "voto", "media")
GIRLS = ("F", "femmina", "femminile", "female")


def pupil_labels(pupils: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the name to show for each pupil; namesakes carry their identifier too, pupils without name only that."""
    names = {p["id"]: " ".join(str(p[c]) for c in ("cognome", "nome") if p.get(c)) for p in pupils}
    often = Counter(text_key(n) for n in names.values() if n)
    return {i: (f"{n} ({i})" if often[text_key(n)] > 1 else n) if n else i for i, n in names.items()}


def rosters(ledger: Ledger, labels: Mapping[str, str]) -> tuple[Roster, ...]:
    """Return the class lists in alphabetical order."""
    return tuple(
        Roster(row["id"], tuple(Member(p["id"], labels[p["id"]]) for p in roster_rows(ledger, row["id"], labels)))
        for row in ledger.classes
    )


def roster_rows(ledger: Ledger, class_id: str, labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the rows of the pupils of a class in alphabetical order."""
    return sorted(ledger.pupils_in(class_id), key=lambda p: (text_key(labels[p["id"]]), p["id"]))


def has_column(ledger: Ledger, column: str) -> bool:
    """Tell whether any pupil has a known value in a column."""
    return any(p.get(column) is not None for p in ledger.pupils)


def number_of(value: object) -> Fraction | None:
    """Return a cell as a number, ``None`` if it is not one."""
    return Fraction(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def is_numeric(ledger: Ledger, column: str) -> bool:
    """Tell whether a column holds numbers only (empty cells apart)."""
    known = [p[column] for p in ledger.pupils if p.get(column) is not None]
    return bool(known) and all(number_of(v) is not None for v in known)


def summary(ledger: Ledger, matrix: Sequence[RuleRows], unmet: Sequence[Wish] | None) -> tuple[SummaryColumn, ...]:
    """Return the main counts per class, each where the files have its column; `unmet` is ``None`` without wishes."""
    groups: dict[str, tuple[str, Mapping[str, Any]]] = {
        _("Girls"): ("sesso", {"sesso": list(GIRLS)}),
        _("Foreign"): ("straniero", {"straniero": True}),
        _("Newly arrived"): ("nai", {"nai": True}),
        _("Disability"): ("disabilita", {"disabilita": {"not": list(NO)}}),
        _("SLD"): ("dsa", {"dsa": {"not": list(NO)}}),
        _("Other special needs"): ("bes", {"bes": {"not": list(NO)}}),
        _("Repeating"): ("ripetente", {"ripetente": True}),
    }
    columns = [_counted(_("Pupils"), ledger, {})]
    columns += [_counted(t, ledger, test) for t, (column, test) in groups.items() if has_column(ledger, column)]
    columns += [_mean(ledger, column) for column in MARKS if is_numeric(ledger, column)]
    outside = [
        sum(1 for g in matrix for row in g.rows if (cell := row.cells[k]) and cell.state != "inside")
        for k in range(len(ledger.classes))
    ]
    columns.append(_column(_("Outside target"), outside, sum(outside)))
    if unmet is not None:
        missed = Counter(text_key(w.pupil_class) for w in unmet)
        columns.append(
            _column(_("Wishes not granted"), [missed[text_key(c["id"])] for c in ledger.classes], len(unmet))
        )
    return tuple(columns)


def _counted(title: str, ledger: Ledger, test: Mapping[str, Any]) -> SummaryColumn:
    values = [len(ledger.select(ledger.pupils_in(c["id"]), test)) for c in ledger.classes]
    return _column(title, values, sum(values))


def _column(title: str, values: Sequence[int], total: int) -> SummaryColumn:
    return SummaryColumn(title, tuple(values), tuple(map(say_number, values)), total, say_number(total))


def _mean(ledger: Ledger, column: str) -> SummaryColumn:
    here = [ledger.pupils_in(c["id"]) for c in ledger.classes]
    means = tuple(mean_of(rows, column) for rows in here)
    total = mean_of([p for rows in here for p in rows], column)
    title = _("Mean of “{column}”").format(column=column)
    return SummaryColumn(title, means, tuple(map(say_mean, means)), total, say_mean(total))


def mean_of(rows: Iterable[Mapping[str, Any]], column: str) -> Fraction | None:
    """Return the mean of the known numbers of a column, ``None`` when there is none."""
    known = [v for p in rows if (v := number_of(p.get(column))) is not None]
    return sum(known, Fraction(0)) / len(known) if known else None


def wishes(ledger: Ledger, unmet: Sequence[Unmet], labels: Mapping[str, str]) -> tuple[Wish, ...]:
    """Put the wishes not granted into words, in alphabetical order."""
    asked = {(t["da"], t["a"]) for t in ledger.ties if t["tipo"] == "preferisce"}
    found = [_wish(ledger, labels, u.pupil_id, u.friend_id, asked, u.reasons) for u in unmet]
    return tuple(sorted(found, key=lambda w: (text_key(w.pupil), text_key(w.friend))))


def _wish(
    ledger: Ledger,
    labels: Mapping[str, str],
    pupil: str,
    friend: str,
    asked: set[tuple[str, str]],
    reasons: tuple[str, ...],
) -> Wish:
    return Wish(
        labels.get(pupil, pupil),
        ledger.placed.get(pupil, "–"),
        labels.get(friend, friend),
        ledger.placed.get(friend, "–"),
        (friend, pupil) in asked,
        reasons,
    )


def split_wishes(ledger: Ledger) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Return the wishes that may be granted and those vetoed by a tie `separati`, as (pupil, friend)."""
    asked = {(t["da"], t["a"]) for t in ledger.ties if t["tipo"] == "preferisce"}
    apart = {frozenset((t["da"], t["a"])) for t in ledger.ties if t["tipo"] == "separati"}
    vetoed = {w for w in asked if frozenset(w) in apart}
    return asked - vetoed, vetoed


def vetoes(ledger: Ledger, vetoed: set[tuple[str, str]], labels: Mapping[str, str]) -> tuple[Wish, ...]:
    """Put the vetoed wishes into words, with who asked for the veto and why as far as the files say."""
    said: dict[frozenset[str], tuple[str, ...]] = {}
    for tie in ledger.ties:
        if tie["tipo"] == "separati":
            pair = frozenset((tie["da"], tie["a"]))
            said[pair] = said.get(pair, ()) + tuple(str(tie[c]) for c in ("fonte", "motivo") if tie.get(c))
    found = [_wish(ledger, labels, p, f, vetoed, said[frozenset((p, f))]) for p, f in vetoed]
    return tuple(sorted(found, key=lambda w: (text_key(w.pupil), text_key(w.friend))))


def decisions(ledger: Ledger, regulation: Regulation, labels: Mapping[str, str]) -> tuple[Decision, ...]:
    """List what people decided by name: derogations, pins and prohibitions of the regulation, ties of the files."""
    found = []
    for k, criterion in enumerate(regulation.criteria):
        rule = regulation.label(k)
        for lifted in getattr(criterion, "derogations", ()):
            what = _("Derogation: limit {limit} instead of the rule's ({rule})").format(limit=lifted.limit, rule=rule)
            found.append(Decision(what, _("class {class_id}").format(class_id=lifted.class_id), lifted.who, lifted.why))
        for pin in getattr(criterion, "pins", ()):
            closed = criterion.rule == "forbidden_class"
            what = _("Class {class_id} forbidden") if closed else _("Class {class_id} fixed")
            whom = labels.get(pin.pupil, pin.pupil)
            found.append(Decision(what.format(class_id=pin.class_id), whom, pin.who, pin.why))
    return (*found, *_fixed_by_file(ledger, labels), *_ties(ledger, labels))


def _fixed_by_file(ledger: Ledger, labels: Mapping[str, str]) -> list[Decision]:
    says = {"classe_fissa": _("Class {class_id} fixed"), "classi_vietate": _("Class {class_id} forbidden")}
    return [
        Decision(text.format(class_id=p[column]), labels[p["id"]], _("pupils' file"), "")
        for column, text in says.items()
        for p in ledger.pupils
        if p.get(column) is not None
    ]


def _ties(ledger: Ledger, labels: Mapping[str, str]) -> list[Decision]:
    kinds = {
        "insieme": _("Together"),
        "separati": _("Apart"),
        "gemelli": _("Twins"),
        "fratelli": _("Siblings"),
    }
    binding = _("{what} (binding)")
    return [
        Decision(
            binding.format(what=kinds[t["tipo"]]) if t.get("vincolante") else kinds[t["tipo"]],
            " – ".join(labels.get(i, i) for i in (t["da"], t["a"])),
            str(t.get("fonte") or ""),
            str(t.get("motivo") or ""),
        )
        for t in ledger.ties
        if t["tipo"] in kinds
    ]
