"""Between folders and the case file: what is read, audited and recorded together."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from classi.case import Case, regulation_path
from classi.case_file import CaseFile, Event
from classi.differences import costs_of, rule_changes, tier_changes
from classi.errors import InputError, Problem
from classi.i18n import _
from classi.recount import ASSIGNMENT, CERTIFICATE, read_certificate
from classi.seat_files import COLUMNS
from classi.seating import draw_folder
from classi.sheets import read_small
from classi.splits import Split, read_split


def case_bytes(case: Case) -> dict[str, bytes]:
    """Return the files a case was read from, by name: tables, decisions, regulations, public draws.

    Raises
    ------
    InputError
        For a case that was not read from files.
    """
    draws = draw_folder(case)
    assert isinstance(case.source, Path)
    folder = regulation_path(case.source).parent
    named = {folder / name for name in case.inputs}
    named |= {*folder.glob("*.toml"), *draws.glob("*.json")}  # a regulation may extend another beside it
    return {file.relative_to(folder).as_posix(): read_small(file) for file in sorted(named)}


def result_bytes(directory: Path) -> dict[str, bytes]:
    """Return the files of a result that the auditor reads, by name; reports can be made again from them."""
    listed = read_certificate(directory).get("outputs") or COLUMNS
    names = {ASSIGNMENT, CERTIFICATE, *map(str, listed)}
    return {name: read_small(directory / name) for name in sorted(names) if (directory / name).is_file()}


def new_case_file(path: str | Path, case: Case, *, who: str, why: str, name: str = "") -> CaseFile:
    """Make a case file with the data of a case.

    Parameters
    ----------
    name : of the case; default that of its folder or workbook.

    Raises
    ------
    InputError
        As `CaseFile.create`.
    """
    files = case_bytes(case)
    assert isinstance(case.source, Path)
    return CaseFile.create(path, name or case.source.resolve().stem, files, who, why)


@contextmanager
def unpacked(file: CaseFile) -> Iterator[Mapping[str, tuple[Path, Path]]]:
    """Give, inside the ``with`` block, the folders of each split's case and result (see `CaseFile.extract`).

    They lie beside the case file, readable by their owner alone, and are gone afterwards; under the name ``""`` is the
    case in force.
    """
    with tempfile.TemporaryDirectory(prefix=".classi-", dir=file.path.parent) as folder:
        found = file.extract(folder)
        yield {**found, "": (Path(folder) / "caso", Path(folder))}


def record_result(
    file: CaseFile,
    directory: str | Path,
    *,
    who: str,
    why: str,
    name: str = "",
    based_on: str = "",
    ground: str = "",
) -> Event:
    """Count a result again on the data in the case file, and add it.

    Parameters
    ----------
    directory : holds ``assegnazioni.csv``, and the certificate.
    name : of the split; default that of the folder.
    based_on : the split it was made from.
    ground : the ground of a change by hand; with it every move and its price are recorded, both found by comparing the
        two splits as the auditor counts them.

    Raises
    ------
    InputError
        When the auditor finds a hard rule broken, or the certificate says anything else than files and count; when a
        change by hand starts from a split of other data, for then it has no price.
    """
    directory = Path(directory)
    if ground:
        _check_base(file, based_on)
    name = name or directory.resolve().name
    with unpacked(file) as folders:
        after = read_split(Case.read(folders[""][0]), directory, name)
        _confirm(after)
        files = result_bytes(directory)
        price = _price(folders[based_on], based_on, after) if ground else {}
    assignment, certificate = files.pop(ASSIGNMENT), files.pop(CERTIFICATE, b"")
    if not ground:
        return file.add_split(name, assignment, certificate, who=who, why=why, based_on=based_on, files=files)
    moves = _moves(file.placed(based_on), after.placed)
    return file.change(
        name, based_on, assignment, certificate, moves, ground, price, who=who, why=why, files=files
    )  # fmt: skip


def _confirm(split: Split) -> None:
    recount = split.recount
    if recount.confirmed:
        return
    broken = [a for a in recount.audit.criteria if a.hard and a.cost]
    lines = [recount.regulation.criteria[a.number - 1].explain(count) for a in broken for count in a.findings]
    text = _("A mandatory rule is broken: {finding}")
    problems = [*recount.differences, *(text.format(finding=line) for line in lines)]
    raise InputError([Problem(line, split.name) for line in problems])


def _check_base(file: CaseFile, base: str) -> None:
    if not base:
        raise InputError([Problem(_("A change by hand needs the name of the split it was made from."))])
    file.placed(base)  # refuses a split that is not there
    state = file.state
    if state.received[state.splits[base].inputs] != state.inputs:
        text = _(
            "The split {name} is of earlier data than those now in the case file, so the price of a change cannot be"
            " counted: add the result without a ground (--ground), or form {name} again on the data of now."
        )
        raise InputError([Problem(text.format(name=base), file.path.name)])


def _price(base: tuple[Path, Path], name: str, after: Split) -> Mapping[int, int]:
    """Return by how much each priority costs more than in the split it was made from, of the same data."""
    before = read_split(Case.read(base[0]), base[1], name)
    return tier_changes(rule_changes(after.case.regulation, costs_of(before.audit), costs_of(after.audit)))


def _moves(before: Mapping[str, str], after: Mapping[str, str]) -> list[dict[str, str]]:
    pupils = [*after, *(pupil for pupil in before if pupil not in after)]
    return [
        {"id": pupil, "from": before.get(pupil, ""), "to": after.get(pupil, "")}
        for pupil in pupils
        if before.get(pupil) != after.get(pupil)
    ]
