"""What happened to a case, as the minutes tell it: from its draws, rankings, journal, certificates and case file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classi.case import Case
from classi.differences import costs_of, rule_changes, say_change
from classi.documents.record import Act, Drawn, Other, Record, SeatRound
from classi.documents.words import say_date
from classi.domain import text_key
from classi.draw import read_draw
from classi.errors import InputError, Problem
from classi.formation.matching import alike, distance
from classi.i18n import _
from classi.journal import Journal, read_journal
from classi.reasons import unmet_wishes
from classi.recount import ASSIGNMENT, sha256
from classi.report.made import BY_HAND
from classi.seat_files import RANKINGS, WAITING
from classi.seat_words import SEATED, read_rows
from classi.seating import draw_folder
from classi.splits import Split

if TYPE_CHECKING:
    from classi.case_file.events import Event
    from classi.case_file.state import State


def record_of(
    case: Case,
    chosen: Split,
    others: Sequence[Split] = (),
    state: State | None = None,
    *,
    named: bool = False,
    why: str = "",
) -> Record:
    """Gather what the minutes tell, in the current language.

    Parameters
    ----------
    case : the whole case, read from files.
    chosen, others : the split chosen and those weighed.
    state : where the case file stands, if there is one. Of its changes by hand, those that led to the split chosen are
        told; all of them, each with its split, when that split is not in the case file.
    named : annexes name the pupils.
    why : why this split was chosen, as recorded with the choice.

    Raises
    ------
    InputError
        If a split weighed is not of the same pupils and rules, or draws or decisions are not as they were recorded.
    """
    led = set() if state is None else _led_to(chosen, state)
    events = () if state is None else tuple(e for e in state.changes if not led or e.data["split"] in led)
    hand = [_hand_act(e.at, e.who, e.why, e.data, split="" if led else e.data["split"]) for e in events]
    told = {_key(e.who, e.why, e.data) for e in events}
    made = [m for m in _made(chosen.certificate) if _key(str(m.get("who")), str(m.get("why")), m) not in told]
    hand += [_hand_act("", str(m.get("who") or ""), str(m.get("why") or ""), m) for m in made]
    admission = chosen.audit.admission
    school = chosen.case
    return Record(
        name=chosen.name,
        others=others_of(chosen, others),
        draws=tuple(draws_of(case)),
        rounds=() if chosen.directory is None or admission is None else tuple(rounds_of(chosen.directory)),
        not_seated=() if admission is None else admission.differences,
        hand=tuple(hand),
        derogations=(*_lifted(case), *(_derogation(e) for e in (() if state is None else state.derogations))),
        decisions=(*_pins(case), *_journal(case), *(_decision(e) for e in (() if state is None else state.decisions))),
        why_chosen=why,
        unmet=unmet_wishes(school.school, school.regulation, school.terms, chosen.places, chosen.audit),
        differences=chosen.recount.differences,
        named=named,
    )


# --- alternatives ---


def others_of(chosen: Split, others: Sequence[Split]) -> tuple[Other, ...]:
    """Compare each split weighed with the one chosen, by the auditor's counts.

    Raises
    ------
    InputError
        If one is not of the same pupils and rules.
    """
    strangers = [o for o in others if not _comparable(chosen, o)]
    if strangers:
        text = _("The split “{name}” is not of the same pupils and criteria as the one chosen: it cannot be compared.")
        raise InputError([Problem(text.format(name=o.name), o.name) for o in strangers])
    same = alike(chosen.case.school, chosen.case.terms) if others else ()
    return tuple(_other(chosen, other, same) for other in others)


def _comparable(one: Split, other: Split) -> bool:
    rules = [(a.number, a.rule, a.label) for a in one.audit.criteria]
    return one.placed.keys() == other.placed.keys() and rules == [
        (a.number, a.rule, a.label) for a in other.audit.criteria
    ]


def _other(chosen: Split, other: Split, same: Sequence[int]) -> Other:
    changes = rule_changes(chosen.case.regulation, costs_of(chosen.audit), costs_of(other.audit))
    return Other(
        name=other.name,
        tiers=other.audit.tiers,
        broken=sum(bool(a.cost) for a in other.audit.criteria if a.hard),
        moved=distance(chosen.places, other.places, same),
        worse=tuple(say_change(c) for c in changes if c.worse),
        better=tuple(say_change(c) for c in changes if not c.worse),
    )


# --- before the classes: draws and seats ---


def draws_of(case: Case) -> Iterator[Drawn]:
    """Yield the public draws of a case, each checked; nothing where there are none."""
    if not isinstance(case.source, Path):
        return
    folder = draw_folder(case)
    for path in sorted(folder.glob("*.json")):
        name = path.name.removesuffix(".json")
        if "." in name:
            continue  # private files and annulled draws
        draw = read_draw(folder, name)
        numbers = "" if draw.reveal is None else "; ".join(" ".join(map(str, group)) for group in draw.reveal.numbers)
        yield Drawn(
            name=name,
            pool=len(draw.labels),
            committed=draw.committed.when,
            who=draw.committed.who,
            source=draw.source,
            source_date=draw.source_date,
            numbers=numbers,
            commitment=draw.commitment,
            annulled=draw.after_annulment or 0,
        )


def rounds_of(directory: Path) -> Iterator[SeatRound]:
    """Yield the rounds of a result, counted from its rankings."""
    rows, waiting = read_rows(directory / RANKINGS), read_rows(directory / WAITING)
    for name in dict.fromkeys(row["giro"] for row in rows):
        mine = [row for row in rows if row["giro"] == name]
        yield SeatRound(
            name=name,
            ranked=len({row["id"] for row in mine if row["posizione"]}),
            seated=len({row["id"] for row in mine if row["esito"] in SEATED}),
            waiting=len({row["id"] for row in waiting if row["giro"] == name}),
            refused=len({row["id"] for row in mine if not row["posizione"]}),
            definitive=all(row["stato"] == "definitiva" for row in mine),
        )


# --- what people did ---


def _made(certificate: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the changes by hand that a certificate tells, the earliest first."""
    made = certificate.get("made")
    if not isinstance(made, Mapping):
        return []
    return [m for m in (*(made.get("history") or ()), made) if isinstance(m, Mapping) and m.get("how") == BY_HAND]


def _led_to(chosen: Split, state: State) -> set[str]:
    """Return the names, in the case file, of a split and those it was made from; empty if it is not there."""
    if chosen.directory is None:
        return set()
    digest = sha256(chosen.directory / ASSIGNMENT)
    same = [name for name, split in state.splits.items() if split.placed == digest]
    # One assignment may be there under several names; then the one that was chosen is meant.
    name = next((n for n in (state.chosen, chosen.name) if n in same), same[-1] if same else "")
    found = set()
    while name in state.splits:  # each was made from an earlier one, so this ends
        found.add(name)
        name = state.splits[name].based_on
    return found


def _key(who: str, why: str, data: Mapping[str, Any]) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    moves = sorted((str(m.get("id")), str(m.get("to"))) for m in data.get("moves") or ())
    return text_key(who), text_key(why), tuple(moves)


def _hand_act(at: str, who: str, why: str, data: Mapping[str, Any], split: str = "") -> Act:
    text = _("{pupil} from {before} to {after}")
    moves = [
        text.format(pupil=m.get("id"), before=m.get("from") or "–", after=m.get("to") or "–")
        for m in data.get("moves") or ()
    ]
    what = "; ".join(moves)
    if split:
        what = _("Split “{split}”: {moves}").format(split=split, moves=what)
    ground = str(data.get("ground") or "")
    reason = _("{why} (ground: {ground})").format(why=why, ground=ground) if ground else why
    return Act(_day(at), who, what, reason, say_price(data.get("price") or {}))


def say_price(price: Mapping[Any, int]) -> str:
    """Put into words by how much each priority costs more or less."""
    if not price:
        return _("no criterion changes")
    text = _("priority {tier}: {points}")
    return "; ".join(text.format(tier=tier, points=f"{more:+d}".replace("-", "−")) for tier, more in price.items())


def _day(at: str) -> str:
    try:
        return say_date(date.fromisoformat(at[:10]))
    except ValueError:
        return ""


def _lifted(case: Case) -> Iterator[Act]:
    text = _("{rule}: limit {limit} in class {class_id}")
    for k, criterion in enumerate(case.regulation.criteria):
        for d in getattr(criterion, "derogations", ()):
            what = text.format(rule=case.regulation.label(k), limit=d.limit, class_id=d.class_id)
            yield Act("", d.who, what, d.why)


def _derogation(event: Event) -> Act:
    rule, limit, class_id = (event.data.get(key, "") for key in ("rule", "limit", "class"))
    text = _("{rule}: limit {limit} in class {class_id}") if class_id else _("{rule}: limit {limit}")
    return Act(_day(event.at), event.who, text.format(rule=rule, limit=limit, class_id=class_id), event.why)


def _pins(case: Case) -> Iterator[Act]:
    fixed, closed = _("Class {class_id} fixed for {pupil}"), _("Class {class_id} forbidden to {pupil}")
    for criterion in case.regulation.criteria:
        for pin in getattr(criterion, "pins", ()):
            text = closed if criterion.rule == "forbidden_class" else fixed
            yield Act("", pin.who, text.format(class_id=pin.class_id, pupil=pin.pupil), pin.why)


def _decision(event: Event) -> Act:
    return Act(_day(event.at), event.who, str(event.data.get("subject") or ""), event.why)


def _journal(case: Case) -> Iterator[Act]:
    journal = read_journal(case.source) if isinstance(case.source, Path) else Journal()
    kinds = _kinds()
    for entry in journal.entries:
        about = _about(entry.data)
        what = _("Entry {n}: {kind}").format(n=entry.n, kind=kinds.get(entry.kind, entry.kind))
        what = f"{what} – {about}" if about else what
        if entry.n in journal.annulled:
            what = _("{what} (annulled)").format(what=what)
        yield Act(say_date(entry.when), entry.who, what, entry.why)


def _about(data: Mapping[str, Any]) -> str:
    """Return who goes to which class, or else whom or what an entry is about.

    What was corrected, and papers handed in, are not quoted: they may tell of health.
    """
    places = ((data.get("id"), data.get("class")), (data.get("other"), data.get("other_class")))
    moves = [f"{p} → {c}" for p, c in (*places, *data.get("moves", {}).items()) if p and c]
    return ", ".join(moves) or str(data.get("id") or data.get("round") or data.get("entry") or "")


def _kinds() -> dict[str, str]:
    return {
        "correzione": _("correction of the data"),
        "punti": _("points assigned"),
        "ammissione_ds": _("admission by the headteacher"),
        "esclusione": _("exclusion"),
        "reclamo": _("complaint"),
        "definitiva": _("ranking made definitive"),
        "rinuncia": _("place given up"),
        "ritiro": _("withdrawal"),
        "decadenza": _("place lapsed"),
        "subentro": _("place given to the next on the list"),
        "trasferimento": _("change of class"),
        "rinuncia_corso": _("place in the course given up"),
        "subentro_corso": _("place in the course given to the next"),
        "iscrizione": _("enrolment during the year"),
        "scambio": _("two pupils change places"),
        "riformazione": _("classes formed again"),
        "annullamento": _("entry annulled"),
    }
