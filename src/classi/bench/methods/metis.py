"""METIS on the wishes alone: the graph of wishes cut into as many even parts as there are classes.

It knows no other rule, and is scored as it is. The program is Debian's `gpmetis` (package *metis*; Karypis and Kumar,
*SIAM Journal on Scientific Computing* 20, 1998), found on the search path.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from classi.bench.methods.base import Trace, Unavailable, formed
from classi.bench.methods.start import domains
from classi.bench.records import Answer
from classi.case import Case
from classi.i18n import _
from classi.terms import AnyOf, Pair

PROGRAM = "gpmetis"
CUTS = 20
"""Partitions METIS makes, of which it keeps the one with the least cut."""

Wishes = Mapping[tuple[int, int], int]


def run(case: Case, seconds: float, seed: int, workers: int = 1) -> Answer:
    """Form the classes; see `Method`. One thread, and nothing when METIS does not end in time.

    Raises
    ------
    Unavailable
        If there is no `gpmetis`.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise Unavailable(_("The program {program} is missing (Debian package “metis”).").format(program=PROGRAM))
    case = formed(case)
    trace = Trace(case, seconds)
    parts = _cut(program, case, seed, max(0.1, trace.left))
    if parts is not None:
        trace.found(_classes(parts, domains(case), len(case.school.classes)))
    return trace.answer()


def wishes(case: Case) -> dict[tuple[int, int], int]:
    """Return the weight of every soft wish between two pupils, the smaller position first."""
    found: Counter[tuple[int, int]] = Counter()
    for term in case.terms:
        match term.shape:
            case Pair(one, two, True, times) if term.weight is not None:
                found[min(one, two), max(one, two)] += term.weight * times
            case AnyOf(pupil, others, _need, times) if term.weight is not None:
                for other in others:
                    found[min(pupil, other), max(pupil, other)] += term.weight * times
    return dict(found)


def _cut(program: str, case: Case, seed: int, seconds: float) -> list[int] | None:
    """Return the part of each pupil, or ``None`` when the time ended first."""
    school, graph = case.school, wishes(case)
    if len(school.classes) == 1 or not graph:  # METIS refuses both: there is nothing to cut
        return [i % len(school.classes) for i in range(len(school.pupils))]
    with tempfile.TemporaryDirectory() as folder:
        file, shares = Path(folder) / "wishes.graph", Path(folder) / "shares"
        file.write_text(_graph_file(graph, len(school.pupils)), encoding="ascii")
        shares.write_text(_share_file(school.planned), encoding="ascii")
        command = [program, f"-seed={seed}", f"-ncuts={CUTS}", f"-tpwgts={shares}", str(file), str(len(school.classes))]
        try:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=seconds)
        except subprocess.TimeoutExpired:
            return None
        result = file.with_name(f"{file.name}.part.{len(school.classes)}")
        return [int(line) for line in result.read_text(encoding="ascii").split()]


def _graph_file(graph: Wishes, pupils: int) -> str:
    """Write a graph as METIS reads it: a line a vertex with its neighbours, counted from 1, and their weights."""
    near: dict[int, list[str]] = defaultdict(list)
    for (one, two), weight in sorted(graph.items()):
        near[one].append(f"{two + 1} {weight}")
        near[two].append(f"{one + 1} {weight}")
    lines = [f"{pupils} {len(graph)} 001", *(" ".join(near[i]) for i in range(pupils))]
    return "\n".join(lines) + "\n"


def _share_file(planned: Sequence[Fraction]) -> str:
    """Write the share of the pupils that each part is to hold."""
    whole = float(sum(planned)) or 1.0
    return "".join(f"{k} = {float(size) / whole:.9f}\n" for k, size in enumerate(planned))


def _classes(parts: Sequence[int], rooms: Sequence[Sequence[int]], classes: int) -> list[int]:
    """Give each part a class of its own, the part and class that suit the most pupils first."""
    suits: Counter[tuple[int, int]] = Counter()
    for part, room in zip(parts, rooms, strict=True):
        suits.update((part, c) for c in room)
    class_of: dict[int, int] = {}
    free = set(range(classes))
    # A part has the planned size of the class of its own number: that one is preferred where equally many suit.
    for (part, c), _suited in sorted(suits.items(), key=lambda one: (-one[1], one[0][0] != one[0][1], one[0])):
        if part not in class_of and c in free:
            class_of[part] = c
            free.remove(c)
    for part in sorted(set(parts) - set(class_of)):
        class_of[part] = free.pop()
    return [class_of[part] for part in parts]
