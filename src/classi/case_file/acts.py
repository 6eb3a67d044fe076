"""The working file of a commission: what can be done in it, one method an act."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from classi.case_file.contents import (
    check_moves,
    checked_names,
    composed,
    placements,
    received,
    split_draft,
    write_tree,
)
from classi.case_file.events import Draft, Event, sha256, utc_now
from classi.case_file.export import encrypted
from classi.case_file.schema import refusal, refuse_existing
from classi.case_file.state import State, StoredSplit, resting_on
from classi.case_file.store import Clock, Store
from classi.durable import PRIVATE, staged, sync_folder
from classi.errors import InputError, Problem
from classi.i18n import _

CASE, SPLITS = "caso", "divisioni"


class CaseFile(Store):
    """The working file of a case: `events` says what happened, `state` where it stands.

    Every act takes `who` does it and `why`, and returns the event written. Each raises `InputError`, with nothing
    written, when the act does not fit what is there, when somebody else has added events since this object last read
    the file, or when the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from classi.case_file import CaseFile
    >>> by = {"who": "Commissione", "why": "Seduta del 9 giugno"}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = CaseFile.create(Path(folder) / "prime.classi", "Prime 2026/27", {"alunni.csv": b"id\\nA1\\n"}, **by)
    ...     event = file.add_split("prima", b"id,classe\\nA1,1A\\n", b"{}", **by)
    ...     event = file.choose("prima", **by)
    ...     event = file.undo(event.n, **by)
    ...     [e.kind for e in file.events], file.state.chosen, file.verify()
    (['creata', 'ingressi', 'divisione', 'scelta', 'annullamento'], '', ())
    """

    @classmethod
    def create(
        cls, path: str | Path, name: str, files: Mapping[str, bytes], who: str, why: str, *, clock: Clock = utc_now
    ) -> Self:
        """Make a case file, with the files received (tables, regulation, draws, …) by their name.

        Raises
        ------
        InputError
            When there is a file already, or a name cannot be that of a file.
        """
        path = Path(path)
        if not name.strip():
            raise refusal(path, _("The case needs a name."))
        drafts = [Draft("creata", {"name": composed(name)}), received(path, files)]
        return cls._make(path, drafts, who, why, clock)

    def receive(self, files: Mapping[str, bytes], *, who: str, why: str) -> Event:
        """Record the files received again, all of them, when the data have changed."""
        return self._append(who, why, received(self.path, files))

    def add_split(
        self,
        name: str,
        assignment: bytes,
        certificate: bytes,
        *,
        who: str,
        why: str,
        based_on: str = "",
        files: Mapping[str, bytes] | None = None,
    ) -> Event:
        """Add a split of the data received last.

        Parameters
        ----------
        assignment, certificate : content of ``assegnazioni.csv`` and ``certificato.json`` (empty if there is none).
        based_on : name of the split it was made from, if it was.
        files : the other files of the result by name, such as rankings, which the auditor needs too.
        """
        placements(assignment)  # refuses what is no assignment
        data = {"split": self._new_name(name), "from": based_on, "inputs": self._inputs()}
        return self._append(who, why, split_draft("divisione", data, assignment, certificate, files or {}))

    def change(  # noqa: PLR0913 - each is a part of the record
        self,
        split: str,
        based_on: str,
        assignment: bytes,
        certificate: bytes,
        moves: Sequence[Mapping[str, str]],
        ground: str,
        price: Mapping[Any, int],
        *,
        who: str,
        why: str,
        files: Mapping[str, bytes] | None = None,
    ) -> Event:
        """Add a split made from another by hand.

        Parameters
        ----------
        split, based_on : name of the new split, and of the one it was made from.
        moves : who moves: ``{"id", "from", "to"}``, all those whose class differs (one side empty for who comes or
            leaves; these may be left out). A locked pupil is refused.
        ground : the ground of the change, such as ``S001``.
        price : by how much each priority costs more.
        """
        base = self.placed(based_on)
        check_moves(self.path, base, placements(assignment), moves)
        data = {
            "split": self._new_name(split),
            "from": based_on,
            "inputs": self._inputs(),
            "moves": [{key: move[key] for key in ("id", "from", "to")} for move in moves],
            "ground": ground,
            "price": {str(tier): more for tier, more in price.items()},
        }
        return self._append(who, why, split_draft("modifica", data, assignment, certificate, files or {}))

    def choose(self, name: str, *, who: str, why: str) -> Event:
        """Choose a split; one in which a locked pupil is elsewhere is refused."""
        self._stored(name)  # names the splits there are
        return self._append(who, why, Draft("scelta", {"split": name}))

    def lock(self, ids: Iterable[str], *, who: str, why: str, split: str = "") -> Event:
        """Say that pupils stay in the class they have in a split (default: the one chosen, or the only one)."""
        split = split or self.state.chosen or (next(iter(self.state.splits)) if len(self.state.splits) == 1 else "")
        if not split:
            raise refusal(self.path, _("No split is chosen yet: name the one whose classes are meant."))
        placed, wanted = self.placed(split), list(dict.fromkeys(ids))
        unknown = [pupil for pupil in wanted if pupil not in placed]
        if unknown or not wanted:
            text = _("The pupil has no class in the split {name}.").format(name=split)
            raise InputError([Problem(text, self.path.name, value=pupil) for pupil in unknown or [""]])
        return self._append(who, why, Draft("blocco", {"split": split, "places": {p: placed[p] for p in wanted}}))

    def unlock(self, ids: Iterable[str], *, who: str, why: str) -> Event:
        """Say that pupils may be moved again."""
        return self._append(who, why, Draft("sblocco", {"ids": list(dict.fromkeys(ids))}))

    def derogate(self, rule: str, limit: int | str, *, who: str, why: str, class_id: str = "") -> Event:
        """Record a derogation: the rule, how far it may be broken, and in which class (default: in all)."""
        self._named(rule, str(limit))
        return self._append(who, why, Draft("deroga", {"rule": rule, "class": class_id, "limit": limit, "reason": why}))

    def decide(self, subject: str, *, who: str, why: str, data: Mapping[str, Any] | None = None) -> Event:
        """Record any other decision: what it is about, and any data (writable as JSON)."""
        self._named(subject)
        return self._append(who, why, Draft("decisione", {**(data or {}), "subject": subject}))

    def sign(self, role: str, name: str, document: bytes, *, who: str = "", why: str = "") -> Event:
        """Record that somebody signed a document; of the document only the SHA-256 is kept."""
        self._named(role, name)
        data = {"role": role, "name": name, "document": sha256(document)}
        return self._append(who or name, why or _("Signature"), Draft("firma", data))

    def undo(self, n: int, *, who: str, why: str) -> Event:
        """Undo an entry, which stays in the file; undo the undoing to have it back.

        Raises
        ------
        InputError
            When later entries rest on it: they are named, and must be undone first.
        """
        last = self.events[-1]
        trial = Event(last.n + 1, last.at, who, why, "annullamento", {"entry": n}, "", last.hash)
        misfits = resting_on(self.events, trial)
        text = _("Entry {n} cannot come back: {why}.")
        problems = [text.format(n=m.event.n, why=m.why) for m in misfits if m.event.n < n]  # it undoes an undoing
        resting = ", ".join(str(m.event.n) for m in misfits if m.event.n > n)
        if resting:
            text = _("Entry {n} cannot be undone: later entries rest on it ({entries}). Undo these first.")
            problems.append(text.format(n=n, entries=resting))
        if problems:
            raise InputError([Problem(line, self.path.name) for line in problems])
        return self._append(who, why, Draft("annullamento", {"entry": n}))

    def placed(self, name: str) -> dict[str, str]:
        """Return the class of each pupil in a split, by identifiers."""
        return placements(self.content(self._stored(name).placed))

    def split_files(self, name: str) -> dict[str, bytes]:
        """Return the files of a split's result by name, as they were added."""
        return {file: self.content(sha) for file, sha in self._stored(name).files.items()}

    def inputs(self, entry: int = 0) -> dict[str, bytes]:
        """Return the files received by name: those in force, or those of an entry."""
        files = self.state.received[entry] if entry else self.state.inputs
        return {file: self.content(sha) for file, sha in files.items()}

    def extract(self, to: str | Path) -> dict[str, tuple[Path, Path]]:
        """Write everything back into plain folders, readable by their owner alone.

        ``caso`` holds the data in force, ``caso-N`` earlier data (of entry N) on which a split rests, ``divisioni`` one
        folder a split: ``classi audit CASE SPLIT`` counts it again.

        Returns
        -------
        For each split the folder of its case and its own.

        Raises
        ------
        InputError
            When `to` is there and not empty. Nothing is left in it when the writing fails.
        """
        to, state = Path(to), self.state
        if to.exists() and (not to.is_dir() or any(to.iterdir())):
            refuse_existing(to)
        now = max(state.received, default=0)
        found = {s.name: (to / (CASE if s.inputs == now else f"{CASE}-{s.inputs}"), to / SPLITS / s.name)
                 for s in state.splits.values()}  # fmt: skip
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            write_tree(to / CASE, self.inputs())
            for split in state.splits.values():
                case, folder = found[split.name]
                if not case.exists():
                    write_tree(case, self.inputs(split.inputs))
                write_tree(folder, self.split_files(split.name))
        except BaseException:
            for part in to.iterdir():  # half of the data of minors is not left behind
                shutil.rmtree(part, ignore_errors=True)
            raise
        return found

    def export(
        self, to: str | Path, *, who: str, why: str, recipients: Sequence[str] = (), passphrase: str = ""
    ) -> Event:
        """Write an encrypted copy (age), and record where; see `classi.case_file.export`.

        Parameters
        ----------
        recipients : public keys; or else
        passphrase : which cannot be found again when it is lost.
        """
        to = Path(to)
        refuse_existing(to)
        content = encrypted(self.path, recipients, passphrase, self._wait)
        with staged(to, content, PRIVATE) as aside:  # a copy that could not be written is not recorded
            made = self._append(who, why, Draft("esportazione", {"to": str(to), "sha256": sha256(content)}))
            aside.replace(to)
        sync_folder(to.parent)
        return made

    def _stored(self, name: str) -> StoredSplit:
        if name not in self.state.splits:
            text = _("There is no split {name} (there are: {known}).")
            raise refusal(self.path, text.format(name=name, known=", ".join(self.state.splits) or "–"))
        return self.state.splits[name]

    def _check(self, after: State) -> None:
        """Refuse any act, undoing included, after which a locked pupil is elsewhere in the split chosen."""
        if not after.chosen or (after.chosen, after.locks) == (self.state.chosen, self.state.locks):
            return
        placed = self.placed(after.chosen)
        text = _("{pupil} is locked in class {class_id} by entry {n}, and is in class {other} in the split {split}.")
        wrong = [
            text.format(
                pupil=p, class_id=lock.data["places"][p], n=lock.n, other=placed.get(p, "–"), split=after.chosen
            )
            for p, lock in after.locks.items()
            if placed.get(p) != lock.data["places"][p]
        ]
        if wrong:
            raise InputError([Problem(line, self.path.name) for line in wrong])

    def _named(self, *texts: str) -> None:
        if not all(text.strip() for text in texts):
            raise refusal(self.path, _("What is recorded may not be empty."))

    def _inputs(self) -> int:
        return max(self.state.received, default=0)

    def _new_name(self, name: str) -> str:
        name = composed(name)
        checked_names(self.path, [name])
        if "/" in name:
            raise refusal(self.path, _("The name of a split may hold no slash."))
        return name
