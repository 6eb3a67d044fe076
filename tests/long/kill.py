"""Ends programs that write a case file by ``kill -9`` at random moments: is anything lost or damaged?

A child works on case files without a pause: it adds splits, locks, changes by hand, undoes, signs, makes backups,
purges, and begins the next file. It says each act it has been promised (the call has come back) through a pipe. The
parent ends it at a random moment and looks: SQLite finds the file whole, `verify` finds nothing, every promised event
is there in its order, of the others at most one act, every promised backup is there and opens. Then the next child goes
on with the same files. `together` lets two programs write one file at the same time.

    python tests/long/kill.py --kills 1000 --seed 0

prints what is in README.md beside this file. It needs ``fork``: Linux, macOS. It does not pull the plug: that what
was promised also lasts through a power cut is SQLite's word (``synchronous=EXTRA``), not tested here.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classi.case_file import CaseFile
from classi.errors import InputError
from classi.i18n import use_language

BY = {"who": "Commissione", "why": "Prova"}
PUPILS = [f"ALUNNO{n:03}" for n in range(40)]
LONGEST_S = (0.01, 0.1, 0.1, 0.5)
"""A child is ended at the latest so many seconds after it was started: one of these; an act takes about a hundredth."""
UNFINISHED = "The purge (entry "


# --- the child ---


def work(folder: Path, seed: int, say: Callable[[dict[str, Any]], None]) -> None:
    """Do one act after the other, for ever; say each one when it is done."""
    chance = random.Random(seed)
    while True:
        path = latest(folder)
        if path is None or CaseFile.open(path).state.purged is not None:
            path = folder / f"caso-{len(list(folder.glob('caso-*.classi'))):04}.classi"
            file = CaseFile.create(path, "Prova", {"alunni.csv": chance.randbytes(9000)}, **BY)
            say({"file": path.name, "hashes": [e.hash for e in file.events]})
        file = CaseFile.open(path)
        known = len(file.events)
        act(file, chance)
        named = [e.data["to"] for e in file.events[known:] if e.kind == "copia"]
        say({"file": path.name, "hashes": [e.hash for e in file.events[known:]], "backups": named})


def act(file: CaseFile, chance: random.Random) -> None:
    """Do one act that fits what is there."""
    state, n = file.state, len(file.events)
    splits, free = list(state.splits), [p for p in PUPILS if p not in state.locks]
    acts: list[Callable[[], object]] = [
        lambda: file.decide("Prova", data={"note": chance.randbytes(500).hex()}, **BY),
        lambda: file.derogate("class_size", 27, class_id="1A", **BY),
        lambda: file.add_split(f"s{n}", placed(chance, PUPILS), chance.randbytes(5000), **BY),
        lambda: file.sign("DS", "Dirigente", b"verbale", **BY),
    ]
    if splits:
        base = chance.choice(splits)
        acts.append(lambda: file.lock(chance.sample(free, 2), split=base, **BY))
        acts.append(lambda: swap(file, base, free, chance))
    if state.locks:
        acts.append(lambda: file.unlock([next(iter(state.locks))], **BY))
    if state.derogations:
        acts.append(lambda: file.undo(state.derogations[-1].n, **BY))
    if n % 7 == 0:
        acts = [lambda: file.backup(file.path.with_name(f"copia-{file.path.stem}-{n}.classi"), **BY)]
    if n > 30:
        acts = [lambda: file.purge(**BY)]
    chance.choice(acts)()


def placed(chance: random.Random, pupils: list[str]) -> bytes:
    """Return an assignment."""
    return "".join(["id,classe\n", *(f"{p},1{chance.choice('ABC')}\n" for p in pupils)]).encode()


def swap(file: CaseFile, base: str, free: list[str], chance: random.Random) -> None:
    """Move one pupil by hand."""
    before, pupil = file.placed(base), chance.choice(free)
    after = {**before, pupil: f"{before[pupil]}x"}
    content = "".join(["id,classe\n", *(f"{p},{c}\n" for p, c in after.items())]).encode()
    move = {"id": pupil, "from": before[pupil], "to": after[pupil]}
    file.change(f"m{len(file.events)}", base, content, b"{}", [move], "S001", {1: 2}, **BY)


def latest(folder: Path) -> Path | None:
    """Return the case file worked on last."""
    return max(folder.glob("caso-*.classi"), default=None)


# --- the parent ---


@dataclass
class Tally:
    """What was promised and what was found."""

    promised: dict[str, list[str]] = field(default_factory=dict)
    backups: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def run(folder: Path, kills: int, seed: int) -> Tally:
    """End `kills` children one after the other, and look after each."""
    tally, chance = Tally(), random.Random(seed)
    for n in range(kills):
        end, entrance = os.pipe()
        child = started(lambda say, n=n: work(folder, seed + n, say), entrance)
        time.sleep(chance.uniform(0, chance.choice(LONGEST_S)))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        for said in heard(end):
            tally.promised.setdefault(said["file"], []).extend(said["hashes"])
            tally.backups += said.get("backups", [])
            tally.counts["acts"] += 1
        tally.counts["kills"] += 1
        tally.faults += [f"kill {n}: {fault}" for fault in look(folder, tally)]
    tally.faults += [f"at the end: {fault}" for fault in look_at_all(folder, tally)]
    return tally


def started(body: Callable[[Callable[[dict[str, Any]], None]], None], entrance: int) -> int:
    """Start a child that runs `body`, given what sends a line through the pipe; return its number."""
    child = os.fork()
    if child:
        os.close(entrance)
        return child
    try:
        body(lambda said: os.write(entrance, json.dumps(said).encode() + b"\n"))
    except BaseException as error:
        os.write(entrance, json.dumps({"file": "", "hashes": [], "error": repr(error)}).encode() + b"\n")
    os._exit(1)


def heard(end: int) -> Iterator[dict[str, Any]]:
    """Yield what a child said before its end; an error of its own is raised here."""
    with open(end, "rb") as pipe:
        for line in pipe:
            said = json.loads(line)
            if "error" in said:
                raise RuntimeError(said["error"])
            yield said


def look(folder: Path, tally: Tally) -> list[str]:
    """Return what is wrong with the file worked on last."""
    for left in folder.glob(".*.tmp"):  # a backup that was never promised
        tally.counts["half backups"] += 1
        left.unlink()
    path = latest(folder)
    if path is None:
        return ["no file is there"] if tally.promised else []
    journal = path.with_name(f"{path.name}-journal")
    tally.counts["journals left"] += journal.exists() and any(journal.read_bytes()[:8])
    with closing(sqlite3.connect(path)) as connection:
        whole = connection.execute("PRAGMA integrity_check").fetchone()[0]
    if whole != "ok":
        return [f"{path.name}: {whole}"]
    if path.name not in tally.promised and path.stat().st_size == 0:  # ended while making it: nothing was promised
        tally.counts["never made"] += 1
        path.unlink()
        return []
    return look_at(path, tally)


def look_at(path: Path, tally: Tally) -> list[str]:
    """Return what is wrong with one file; what was added without a promise counts as promised from now on."""
    file = CaseFile.open(path)
    problems = list(file.verify())
    promised = tally.promised.get(path.name, [])
    found = [e.hash for e in file.events]
    more = [e.kind for e in file.events[len(promised) :]]
    if found[: len(promised)] != promised:
        problems.append(f"{path.name}: promised events are missing")
    if more not in ([], ["creata", "ingressi"], ["cancellazione"], ["cancellazione", "controllo"]) and len(more) > 1:
        problems.append(f"{path.name}: more than one act that was not promised: {more}")
    tally.counts["acts not yet promised"] += bool(more)
    if len(problems) == 1 and problems[0].startswith(UNFINISHED):
        tally.counts["purges carried on"] += 1
        file.purge(**BY)
        problems = list(file.verify())
    tally.promised[path.name] = [e.hash for e in file.events]
    return problems


def look_at_all(folder: Path, tally: Tally) -> Iterator[str]:
    """Yield what is wrong with any file or backup."""
    for name in tally.promised:
        yield from look_at(folder / name, tally)
    for name in tally.backups:
        if not Path(name).is_file():
            yield f"{name} is missing"
            continue
        yield from CaseFile.open(name).verify()
    tally.counts["files"], tally.counts["backups"] = len(tally.promised), len(tally.backups)
    purged = [name for name in tally.promised if CaseFile.open(folder / name).state.purged is not None]
    tally.counts["purged"] = len(purged)


def together(folder: Path, each: int) -> list[str]:
    """Let two programs add `each` decisions to one file at the same time; return what is wrong then."""
    path = folder / "insieme.classi"
    CaseFile.create(path, "Prova", {"alunni.csv": b"id\n"}, **BY)
    pipes = [os.pipe() for _n in range(2)]
    children = [started(lambda say, n=n: add_many(path, n, each, say), pipes[n][1]) for n in range(2)]
    promised = [h for end, _entrance in pipes for said in heard(end) for h in said["hashes"]]
    for child in children:
        os.waitpid(child, 0)
    file = CaseFile.open(path)
    found = Counter(e.hash for e in file.events[2:])
    return [*file.verify(), *([] if found == Counter(promised) and len(promised) == 2 * each else ["events were lost"])]


def add_many(path: Path, number: int, each: int, say: Callable[[dict[str, Any]], None]) -> None:
    """Add decisions; when the other program was quicker, read again and repeat."""
    file, done, refused = CaseFile.open(path), 0, 0
    while done < each:
        try:
            event = file.decide(f"{number}-{done}", **BY)
        except InputError:
            refused += 1
            file.refresh()
        else:
            done += 1
            say({"file": path.name, "hashes": [event.hash]})


def main() -> None:
    """Run everything and print a row of a table for each part."""
    asked = argparse.ArgumentParser(description=main.__doc__)
    asked.add_argument("--kills", type=int, default=100)
    asked.add_argument("--each", type=int, default=300)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--folder", type=Path, default=None, help="where to write; default the temporary files")
    chosen = asked.parse_args()
    with use_language("en"), tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        began = time.perf_counter()
        tally = run(Path(folder), chosen.kills, chosen.seed)
        print(f"| kill -9 | {', '.join(f'{k}: {v}' for k, v in sorted(tally.counts.items()))} "
              f"| {len(tally.faults)} | {time.perf_counter() - began:.0f} |")  # fmt: skip
        began = time.perf_counter()
        wrong = together(Path(folder), chosen.each)
        print(f"| two at once | acts: {2 * chosen.each} | {len(wrong)} | {time.perf_counter() - began:.0f} |")
    for fault in (*tally.faults, *wrong):
        print(fault, file=sys.stderr)
    sys.exit(bool(tally.faults or wrong))


if __name__ == "__main__":
    main()
