"""A small school with more applicants than places, for the tests of the admission commands.

Two classes of six, Centro (1A) and Nord (1B), and sixteen applicants: one is too young, and three are left to wait
(A13, A14, A15). The ranking goes by points, then by distance; with `tied` everybody is equally near, and only a public
draw parts those with equal points.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from classi.case import Case
from classi.formation.engine import Clock, Limits
from classi.seating import Seated, give_seats
from classi.tables.write import write_assignment

CLASSES = (
    {"id": "1A", "plesso": "Centro", "max": "6", "anno": "1"},
    {"id": "1B", "plesso": "Nord", "max": "6", "anno": "1"},
)
DISABLED = {"A03": "comma3", "A07": "comma1", "A13": "comma3"}
SIBLINGS = ("A02", "A05")
ONLY_CENTRO = ("A14",)
YOUNG = "A16"
RULES = """\
name = "Istituto di prova, primaria"

[[criteria]]
rule = "at_most_per_class"
name = "Un sostegno per classe"
of = { disabilita = ["comma1", "comma3"] }
limit = 1
hard = true

[[criteria]]
rule = "balance"
name = "Femmine e maschi"
attribute = "sesso"
weight = 1

[admission]
year = 2026
deadline = 2026-01-31

[[admission.requirements]]
name = "Sei anni entro il 30 aprile"
needs = { eta_30_aprile = { min = 6 } }

[[admission.rounds]]
name = "Plesso"
seats = ["plesso"]

[[admission.rounds.points]]
name = "Fratelli"
when = { fratelli = true }
points = 5

[[admission.rounds.points]]
name = "Casi esaminati dal dirigente"
points = 3
by_decision = true

[[admission.rounds.steps]]
name = "Punti"
by = "points"

[[admission.rounds.steps]]
name = "Distanza"
by = "number"
column = "distanza"

[[admission.rounds.steps]]
name = "Sorteggio"
by = "draw"

[[admission.watch]]
name = "Cittadinanza non italiana"
of = { straniero = true }
limit = 1
why = "si conta e basta"
"""


def applicants(*, tied: bool = False) -> list[dict[str, str]]:
    """Return the applications, one row each, in the order of the ranking but for the siblings."""
    rows = []
    for n in range(1, 17):
        i = f"A{n:02d}"
        centro = n % 2 or i in ONLY_CENTRO
        rows.append(
            {
                "id": i,
                "cognome": f"Cognome{n}",
                "nome": f"Nome{n}",
                "sesso": "FM"[n % 3 == 0],
                "data_nascita": "15/06/2021" if i == YOUNG else "15/06/2020",
                "cittadinanza": "albanese" if n in {4, 6} else "italiana",
                "disabilita": DISABLED.get(i, "no"),
                "plesso_1": "Centro" if centro else "Nord",
                "plesso_2": "" if i in ONLY_CENTRO else "Nord" if centro else "Centro",
                "fratelli": "sì" if i in SIBLINGS else "no",
                "distanza": "1" if tied else str(n),
                "data_domanda": "20/01/2026",
            }
        )
    return rows


def write_table(file: Path, rows: Iterable[Mapping[str, str]]) -> None:
    rows = list(rows)
    with file.open("w", encoding="utf-8", newline="") as open_file:
        writer = csv.DictWriter(open_file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)


def read_table(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as open_file:
        return list(csv.DictReader(open_file, delimiter="," if file.name == "assegnazioni.csv" else ";"))


def write_school(folder: Path, *, tied: bool = False, rules: str = RULES) -> Path:
    folder.mkdir(parents=True)
    write_table(folder / "alunni.csv", applicants(tied=tied))
    write_table(folder / "classi.csv", CLASSES)
    (folder / "regolamento.toml").write_text(rules, encoding="utf-8")
    return folder


def give_places(case: Path, out: Path) -> Seated:
    """Write the seats of a case and the classes, which the seats alone settle here, without report and certificate."""
    read = Case.read(case)
    seated = give_seats(read, Clock(Limits(workers=1)))
    assert seated is not None
    out.mkdir(parents=True)
    seated.write(out)
    ids = [c.id for c in read.school.classes]
    pupils = ((read.school.pupils[p].id, classes) for p, classes in enumerate(seated.admission.open))
    write_assignment(out / "assegnazioni.csv", [(pupil, ids[c]) for pupil, classes in pupils for c in classes])
    return seated
