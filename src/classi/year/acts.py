"""Acts during the year: somebody enrols late, leaves, or two pupils change places. Each is recorded with its ground.

Whatever is refused leaves nothing written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from classi import draw as public
from classi.case import Case
from classi.classes_now import Act, folder_of, still_waiting
from classi.differences import RuleChange, costs_of, rule_changes
from classi.domain import text_key
from classi.errors import InputError, Problem
from classi.formation.bounds import domains
from classi.formation.search import Board
from classi.i18n import _
from classi.journal import LEAVING, read_journal
from classi.publish import public_codes, read_or_make_secret
from classi.publish.codes import SECRET
from classi.seating import draw_folder
from classi.terms import Band, Range, When
from classi.workflow import refuse_overwrite
from classi.year import Because, allowed, change_of
from classi.year.seats import asked_classes, kinds_of_seat
from classi.year.write import Written, after, places_in, recorded, start, written_again


@dataclass(frozen=True)
class Numbers:
    """What is known of the public draw between classes of one size: where its numbers come from, or the numbers."""

    source: str = ""
    source_date: date | None = None
    numbers: Sequence[Sequence[int]] = ()


@dataclass(frozen=True)
class Enrolment:
    """A late enrolment.

    Attributes
    ----------
    pupil, class_id : who, and the class; empty while a draw is awaited.
    choices : the classes open to the pupil in which the mandatory rules hold, each with its size before.
    tied : the smallest, where they are several.
    draw : the public draw between them, if one was needed.
    reminders : what must be remembered.
    written : what was recorded and written, ``None`` while a draw is awaited.
    """

    pupil: str
    class_id: str
    choices: Mapping[str, int]
    tied: tuple[str, ...] = ()
    draw: public.Draw | None = None
    reminders: tuple[str, ...] = ()
    written: Written | None = None


@dataclass(frozen=True)
class Swap:
    """Two pupils who change places.

    Attributes
    ----------
    pupils, classes : who, and the class each goes to.
    changes : the rules that cost more or less, as the auditor counts them.
    broken : mandatory rules it would break; nothing is recorded then.
    """

    pupils: tuple[str, str]
    classes: tuple[str, str]
    changes: tuple[RuleChange, ...]
    broken: tuple[str, ...] = ()
    reminders: tuple[str, ...] = ()
    written: Written | None = None


# --- late enrolment ---


def enrol(
    case: Case,
    directory: Path,
    pupil: str,
    out: Path,
    act: Act,
    because: Because | None = None,
    numbers: Numbers | None = None,
) -> Enrolment:
    """Put a pupil who comes late into the smallest class in which the mandatory rules hold; a public draw settles ties.

    Parameters
    ----------
    case : the pupil is already in its table.
    directory, out : the classes as they are, and where to write them as they become.
    numbers : for a tie, first the source of the numbers (the draw is committed to and nothing else is written), then
        the numbers that came out.

    Raises
    ------
    InputError
        If the change is not allowed, no class is open, or a tie has no draw; nothing is recorded then.
    """
    because = because or Because()
    refuse_overwrite(out, force=False)
    placed, again = start(case, directory, ("iscrizione",), pupil)
    if again is not None:
        written = written_again(case, directory, out, placed, again)
        return Enrolment(pupil, written.placed[pupil], {}, written=written)
    if pupil in placed:
        raise InputError([Problem(_("This pupil has a class already."), value=pupil)])
    choices = open_classes(case, placed, pupil)
    tied = tuple(name for name, size in choices.items() if size == min(choices.values()))
    reminders = {m: None for c in tied for m in allowed(case, _coming(pupil, c, because), act.when, because)}
    if still_waiting(directory, placed):
        reminders[_("There is a waiting list: check that nobody on it is passed over (classi succeed).")] = None
    drawn = _drawn(case, pupil, tied, act, numbers)
    if drawn is not None and drawn.result is None:
        return Enrolment(pupil, "", choices, tied, drawn, tuple(reminders))
    class_id = drawn.result[0] if drawn is not None and drawn.result else tied[0]
    data = {"id": pupil, "class": class_id, **because.data}
    written = recorded(case, directory, out, act, {**placed, pupil: class_id}, "iscrizione", data)
    return Enrolment(pupil, class_id, choices, tied, drawn, tuple(reminders), written)


def interrupted(case: Case, directory: Path, pupil: str) -> bool:
    """Tell whether an enrolment is recorded and only its classes were not written, which `enrol` then does."""
    return start(case, directory, ("iscrizione",), pupil)[1] is not None


def open_classes(case: Case, placed: Mapping[str, str], pupil: str) -> dict[str, int]:
    """Return the classes in which a pupil can be without breaking a mandatory rule, each with its size without them.

    Raises
    ------
    InputError
        If there is none, naming for each class the rules it would break.
    """
    inside = case.of_those({*placed, pupil})
    school, hard = inside.school, [t for t in inside.terms if t.weight is None]
    who, number = school.pupil_at[pupil], len(case.regulation.criteria)
    board, already, asked = Board(school, hard), _hard_costs(case, placed), asked_classes(inside, who)
    found, refused = {}, []
    for c, one in enumerate(school.classes):
        costs = board.criterion_costs(places_in(inside, {**placed, pupil: one.id}), number)
        broken = [case.regulation.label(k) for k in range(number) if costs[k] > already[k]]
        if c not in domains(school, hard)[who] & asked:
            broken = broken or [_("the class is not open to this pupil")]
        if broken:
            refused.append(f"{one.id}: {', '.join(broken)}")
        else:
            found[one.id] = sum(text_key(name) == text_key(one.id) for name in placed.values())
    if not found:
        text = _("No class can take this pupil ({reasons}).")
        raise InputError([Problem(text.format(reasons="; ".join(refused)), value=pupil)])
    return found


def _hard_costs(case: Case, placed: Mapping[str, str]) -> list[int]:
    inside = case.of_those(placed)
    board = Board(inside.school, [t for t in inside.terms if t.weight is None])
    return board.criterion_costs(places_in(inside, placed), len(case.regulation.criteria))


def _coming(pupil: str, class_id: str, because: Because) -> Any:
    return change_of("iscrizione", {pupil: ("", class_id)}, because)


def _drawn(case: Case, pupil: str, tied: Sequence[str], act: Act, numbers: Numbers | None) -> public.Draw | None:
    """Return the draw between classes of one size, committed to or revealed as far as the numbers are known.

    A draw committed to before is never passed over, also where one class alone is the smallest by now.
    """
    folder, names, name = draw_folder(case), ", ".join(tied), committed_draw(case, pupil)
    if not name:
        if len(tied) == 1:
            return None
        if numbers is None or not numbers.source or numbers.source_date is None:
            text = _("Several classes are the smallest ({classes}): a public draw decides; give --source and --date.")
            raise InputError([Problem(text.format(classes=names), value=pupil)])
        source = {"source": numbers.source, "source_date": numbers.source_date}
        name = _name_of_draw(case, pupil)
        return public.commit(folder, name, tied, who=act.who, when=act.when, pseudonymous=False, **source)  # type: ignore[arg-type]
    found = public.read_draw(folder, name)
    if sorted(found.labels) != sorted(tied):
        text = _("The draw was between {drawn}, and the smallest classes are now {classes}: annul it and draw again.")
        drawn = ", ".join(found.labels)
        raise InputError([Problem(text.format(drawn=drawn, classes=names), f"{name}.json")])
    if found.result is None and numbers is not None and numbers.numbers:
        return public.reveal(folder, name, numbers.numbers, who=act.who, when=act.when)
    return found


def committed_draw(case: Case, pupil: str) -> str:
    """Return the name of the draw committed to for a pupil, revealed or not, and not annulled; empty without one."""
    if not (folder_of(case) / SECRET).exists():  # nothing was ever committed to under a code; looking makes no secret
        return ""
    name = _name_of_draw(case, pupil)
    return name if (draw_folder(case) / f"{name}.json").exists() else ""


def _name_of_draw(case: Case, pupil: str) -> str:
    """Return the name of the draw, and so of a file to be published: it holds the pupil's public code."""
    folder = folder_of(case)
    code = public_codes([pupil], read_or_make_secret(folder / SECRET))[pupil]
    # Who left and comes back is drawn anew: the result of the draw before is known.
    before = sum(entry.data["id"] == pupil for entry in read_journal(folder).of("iscrizione"))
    return public.draw_name(f"iscrizione-{code}" + (f"-{before + 1}" if before else ""))


# --- somebody leaves ---


def withdraw(
    case: Case, directory: Path, pupil: str, out: Path, act: Act, because: Because | None = None
) -> tuple[Written, tuple[str, ...]]:
    """Record that a pupil leaves where nobody waits for the place; return what was written and what to remember.

    Raises
    ------
    InputError
        If the pupil has no class, or there is a waiting list; nothing is recorded then.
    """
    because = because or Because()
    refuse_overwrite(out, force=False)
    placed, again = start(case, directory, LEAVING, pupil)
    if pupil not in placed:
        raise InputError([Problem(_("These pupils have no class: {pupils}.").format(pupils=pupil))])
    if still_waiting(directory, placed):
        text = _("There is a waiting list: give the place to the next on it with classi succeed.")
        raise InputError([Problem(text, value=pupil)])
    if again is not None:
        return written_again(case, directory, out, placed, again), ()
    reminders = allowed(case, change_of("ritiro", {pupil: (placed[pupil], "")}, because), act.when, because)
    rest = after(placed, {pupil: ""})
    return recorded(case, directory, out, act, rest, "ritiro", {"id": pupil, **because.data}), reminders


# --- two change places ---


def swap(
    case: Case, directory: Path, first: str, second: str, out: Path, act: Act, because: Because | None = None
) -> Swap:
    """Let two pupils change places and record it; nothing is recorded where a mandatory rule would be broken.

    Raises
    ------
    InputError
        If the change is not allowed, or they are not in two classes; nothing is recorded then.
    """
    because = because or Because()
    refuse_overwrite(out, force=False)
    placed, again = start(case, directory, ("scambio",), first, second)
    if first not in placed or second not in placed:
        absent = ", ".join(p for p in (first, second) if p not in placed)
        raise InputError([Problem(_("These pupils have no class: {pupils}.").format(pupils=absent))])
    if placed[first] == placed[second]:
        text = _("These pupils are in this class already: {pupils}.")
        raise InputError([Problem(text.format(pupils=f"{first}, {second}"), value=placed[first])])
    changed = {first: placed[second], second: placed[first]}
    goes = (changed[first], changed[second])
    changes = changes_of(case, placed, after(placed, changed))
    if again is not None:
        written = written_again(case, directory, out, placed, again)
        return Swap((first, second), goes, changes, written=written)
    broken = tuple(c.label for c in changes if c.hard and c.worse)
    if broken:
        return Swap((first, second), goes, changes, broken)
    change = change_of(
        "scambio",
        {p: (placed[p], changed[p]) for p in (first, second)},
        because,
        balanced=not balance_rules(case) & {c.number for c in changes},
    )
    reminders = allowed(case, change, act.when, because)
    seats = dict(zip((c.id for c in case.school.classes), kinds_of_seat(case), strict=True))
    if seats[goes[0]] != seats[goes[1]]:
        reminders += (_("They change what the rankings gave them: look whether somebody waits for that seat."),)
    data = {"id": first, "other": second, "class": goes[0], "other_class": goes[1], **because.data}
    written = recorded(case, directory, out, act, after(placed, changed), "scambio", data)
    return Swap((first, second), goes, changes, (), reminders, written)


def changes_of(case: Case, before: Mapping[str, str], now: Mapping[str, str]) -> tuple[RuleChange, ...]:
    """Return the rules that cost more or less, counted by the auditor, each time for those who have a class."""
    old, new = (costs_of(case.of_those(placed).audit(placed).audit) for placed in (before, now))
    return rule_changes(case.regulation, old, new)


def balance_rules(case: Case) -> set[int]:
    """Return the numbers, from 1, of the rules that count pupils in classes; the others name pupils."""
    return {t.criterion + 1 for t in case.terms if isinstance(t.shape, Band | Range | When)}
