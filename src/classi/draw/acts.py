"""What is done with a draw: commit, reveal, annul, read, verify. No clock is looked at: every act is told its day."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from classi.draw.asked import SALT, blank, number_problems, pool_problems
from classi.draw.procedure import (
    canonical_key,
    commitment_of,
    differences,
    labelled,
    mapping_hash,
    private_differences,
    result_of,
)
from classi.draw.record import (
    Annulment,
    Committed,
    Draw,
    Private,
    Public,
    Reveal,
    annulled_name,
    annulments,
    name_problems,
    private_file,
    public_file,
    public_part,
    read_private,
    read_public,
    write_record,
)
from classi.durable import sync_folder
from classi.errors import InputError, Problem
from classi.i18n import _


def commit(  # noqa: PLR0913 (each is a thing the commitment fixes, and all but the first three are named)
    folder: Path,
    name: str,
    ids: Iterable[str],
    *,
    source: str,
    source_date: date,
    who: str,
    when: date,
    strata: Mapping[str, str] | None = None,
    outcomes: Sequence[str] | None = None,
    pseudonymous: bool = True,
    salt: str | None = None,
) -> Draw:
    """Fix the pool, the algorithm and the public source of a draw, before its numbers exist.

    Parameters
    ----------
    folder : where the two files go; made if it does not exist.
    name : letters, digits and hyphens.
    ids : who is in the pool, in any order.
    source, source_date : the public source of the numbers, in words anybody can follow, and the day they come out.
    who, when : who commits, and the day.
    strata : the stratum of each id; the names of the strata are published beside the labels.
    outcomes : what falls to the first drawn, to the second and so on (section letters).
    pseudonymous : ``False`` publishes the ids as they are: for groups of pupils, never for pupils.
    salt : 64 hexadecimal digits; chosen at random where none is given.

    Raises
    ------
    InputError
        With everything wrong; among it a draw of that name that was not annulled. Nothing is written then.
    """
    pool = tuple(ids)
    salt = secrets.token_hex(32) if salt is None else salt
    problems = [*name_problems(name), *blank(source=source, who=who), *pool_problems(pool, strata, outcomes)]
    if source_date <= when:
        message = _("The numbers must come out after the day of the commitment ({when}).").format(when=when.isoformat())
        problems.append(Problem(message, value=source_date.isoformat()))
    if not SALT.fullmatch(salt):
        problems.append(Problem(_("The salt must be 64 hexadecimal digits, in lower case.")))
    problems += [] if name_problems(name) else _taken(folder, name)
    if problems:
        raise InputError(problems)
    private = Private(salt=salt, ids=labelled(pool, salt, pseudonymous=pseudonymous))
    last = annulments(folder, name)
    draft = Public(
        name=name,
        committed=Committed(when, who),
        source=source,
        source_date=source_date,
        labels=tuple(private.ids),
        strata=None if strata is None else {label: strata[i] for label, i in private.ids.items()},
        outcomes=None if outcomes is None else tuple(outcomes),
        mapping_sha256=mapping_hash(private),
        after_annulment=last or None,
        commitment="",
    )
    public = replace(draft, commitment=commitment_of(draft))
    _write_both(folder, public, private)
    return _draw(public, private)


def _write_both(folder: Path, public: Public, private: Private) -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    hidden = private_file(folder, public.name)
    write_record(hidden, private)
    try:
        write_record(public_file(folder, public.name), public)
    except BaseException:
        hidden.unlink()
        raise


def _draw(public: Public, private: Private | None) -> Draw:
    values = {name: getattr(public, name) for name in public_part(public)}
    return Draw(**values, ids=None if private is None else private.ids)


def reveal(folder: Path, name: str, numbers: Sequence[Sequence[int]], *, who: str, when: date) -> Draw:
    """Record the numbers that came out, and with them the result.

    Parameters
    ----------
    numbers : those of each source, the sources in the order the commitment names them.
    who, when : who records them, and the day.

    Raises
    ------
    InputError
        Before the day of the source, a second time, with numbers that are none, or when the files were changed.
    """
    draw = read_draw(folder, name)
    file = public_file(folder, name).name
    problems = [*blank(who=who), *number_problems(numbers)]
    if draw.reveal is not None:
        message = _("The numbers of this draw are recorded already: a draw is never redrawn silently. Annul it first.")
        problems.append(Problem(message, file))
    if when < draw.source_date:
        message = _("The numbers come out on {date}: they cannot be known before.")
        problems.append(Problem(message.format(date=draw.source_date.isoformat()), file, value=when.isoformat()))
    if problems:
        raise InputError(problems)
    given = tuple(map(tuple, numbers))
    revealed = replace(draw, reveal=Reveal(when, who, given, canonical_key(given)))
    done = replace(revealed, result=result_of(revealed))
    write_record(public_file(folder, name), done)
    return done


def annul(folder: Path, name: str, *, who: str, why: str, when: date) -> Draw:
    """Annul a draw: its files are kept under another name, with who and why, and the name is free again.

    An annulment that was interrupted is finished, as it was first recorded; so may be one of files that were changed.

    Raises
    ------
    InputError
        When there is no such draw, or who or why is missing.
    """
    problems = [*name_problems(name), *blank(who=who, why=why)]
    if problems:
        raise InputError(problems)
    shown, hidden = public_file(folder, name), private_file(folder, name)
    public = read_public(shown)
    if public.annulled is None:
        public = replace(public, annulled=Annulment(who, why, when))
        write_record(shown, public)
    kept = annulled_name(name, annulments(folder, name) + 1)
    if hidden.exists():
        hidden.replace(private_file(folder, kept))
    # Last, because its new name is what counts as the annulment.
    shown.replace(public_file(folder, kept))
    sync_folder(Path(folder))
    return _draw(public, None)


def read_draw(folder: Path, name: str) -> Draw:
    """Read a draw and check all of it: commitment, private file, key and result are computed again.

    Without the private file the public one is checked alone, and the draw has no `ids`.

    Raises
    ------
    InputError
        When there is no such draw, or a part was changed: which one is said.
    """
    if problems := name_problems(name):
        raise InputError(problems)
    shown, hidden = public_file(folder, name), private_file(folder, name)
    public = read_public(shown)
    private = read_private(hidden) if hidden.exists() else None
    found = [Problem(text, shown.name) for text in (*_misplaced(folder, name, public), *differences(public))]
    if private is not None:
        found += [Problem(text, hidden.name) for text in private_differences(public, private)]
    if found:
        raise InputError(found)
    return _draw(public, private)


def positions(draw: Draw) -> dict[str, int]:
    """Return the position of each id in the result, from 1.

    Raises
    ------
    InputError
        When the numbers are not known yet, or the private file was not there.
    """
    file = f"{draw.name}.json"
    if draw.result is None:
        raise InputError([Problem(_("This draw has no result yet: its numbers must be recorded first."), file)])
    if draw.ids is None:
        raise InputError([Problem(_("Only the private file tells whose the labels are, and it is not there."), file)])
    return {draw.ids[label]: place for place, label in enumerate(draw.result, 1)}


def verify_public(file: Path) -> list[str]:
    """Return what does not follow in a public file, from that file alone; an empty list where all does.

    Raises
    ------
    InputError
        When it is not the public file of a draw.
    """
    return list(differences(read_public(Path(file))))


def _taken(folder: Path, name: str) -> Iterator[Problem]:
    if public_file(folder, name).exists():
        message = _("This draw exists already and is never redrawn silently: annul it first, with who and why.")
        yield Problem(message, public_file(folder, name).name)
    elif private_file(folder, name).exists():
        message = _("The private file of a draw is here without the public one: put that back, or move this one away.")
        yield Problem(message, private_file(folder, name).name)


def _misplaced(folder: Path, name: str, public: Public) -> Iterator[str]:
    if public.name != name:
        yield _("The file holds a draw of another name (“name”).")
    if public.annulled is not None:
        yield _("This draw was annulled (“annulled”): its annulment must be finished, or the file put back aside.")
    elif (public.after_annulment or 0) != annulments(folder, name):
        yield _("The annulled draws kept beside it are not those it comes after (“after_annulment”).")
