"""The law of admissions: on schools nobody chose, seats leave a formation, and the auditor finds nobody passed over."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from classi.admissions.admit import Impossible
from classi.audit import audit_files
from classi.case import Case
from classi.errors import InputError
from classi.formation.engine import Clock, Limits
from classi.formation.rooms import FormationRoom
from classi.seating import give_seats
from classi.tables.write import write_assignment, write_case

YES_NO = ("sì", "no")


def some_classes(dice: random.Random, *, musical: bool) -> list[dict[str, Any]]:
    sites = ["Centro", "Nord", "Sud"][: dice.randint(2, 3)]
    offered = [(site, time) for site in sites for time in ("TP", "TN")]
    classes = [
        {"id": f"1{chr(65 + n)}", "plesso": site, "tempo_scuola": time, "indirizzo": "ordinario"}
        | {"max": dice.randint(1, 4), "min": dice.choice([0, 0, 0, 1])}
        for n, (site, time) in enumerate(offered)
    ]
    if musical:
        classes[0]["indirizzo"] = "musicale"
    return classes


def some_pupils(dice: random.Random, classes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    sites = sorted({c["plesso"] for c in classes})
    pupils = []
    for n in range(dice.randint(6, 11)):
        wanted = dice.sample(sites, dice.randint(1, len(sites)))
        times = dice.sample(["TP", "TN"], dice.randint(0, 2))
        row = {"id": f"P{n:02}", "n": n, "disabilita": dice.choice(["no", "no", "comma1", "comma3"])}
        row |= {"gruppo": dice.choice("abc"), "fr": dice.choice(YES_NO)}
        row |= {"strumento_1": dice.choice([None, "violino", "flauto"])}
        row |= {f"plesso_{k}": wanted[k - 1] if k <= len(wanted) else None for k in (1, 2, 3)}
        row |= {f"tempo_scuola_{k}": times[k - 1] if k <= len(times) else None for k in (1, 2)}
        pupils.append(row | {f"distanza_{site.lower()}": dice.randint(1, 5) for site in sites})
    return pupils


def some_rules(dice: random.Random, *, musical: bool) -> str:
    rules = ['[[criteria]]\nrule = "class_size"\nhard = true\n']
    grave = 'of = { disabilita = ["comma1", "comma3"] }'
    if dice.random() < 0.6:
        rules.append(f'[[criteria]]\nrule = "at_most_per_class"\n{grave}\nlimit = {dice.randint(1, 2)}\nhard = true\n')
    if dice.random() < 0.5:
        rules.append(f'[[criteria]]\nrule = "size_with_group"\n{grave}\nlimit = {dice.randint(1, 3)}\nhard = true\n')
    if dice.random() < 0.2:
        rules.append('[[criteria]]\nrule = "at_most_share"\nof = { gruppo = "b" }\npercent = 50\nhard = true\n')
    step = '[[admission.rounds.steps]]\nname = "N"\nby = "number"\ncolumn = "n"\n'
    if dice.random() < 0.5:
        step = f'[[admission.rounds.steps]]\nname = "Fr"\nby = "precedence"\nof = {{ fr = true }}\n{step}'
    if musical:
        places = f"{{ violino = {dice.randint(0, 2)}, flauto = {dice.randint(0, 2)} }}"
        course = (
            f'name = "Musica"\nseats = ["strumento"]\nof = {{ strumento_1 = {{ known = true }} }}\nplaces = {places}\n'
        )
        course += (
            f'opens = {{ indirizzo = "musicale" }}\ncloses = {dice.choice(["true", "false"])}\nunplaced = "stay"\n'
        )
        rules.append(f"[[admission.rounds]]\n{course}{step}")
    how, ranking = dice.choice(["waiting", "redirect"]), dice.choice(["one", "each"])
    near = 'redirect_by = "distanza_{plesso}"\n' if how == "redirect" and dice.random() < 0.5 else ""
    seats = dice.choice(['["plesso"]', '["plesso", "tempo_scuola"]'])
    site = f'name = "Plesso"\nseats = {seats}\nranking = "{ranking}"\nunplaced = "{how}"\n{near}'
    rules.append(f"[[admission.rounds]]\n{site}{step}")
    if seats == '["plesso"]':
        last = dice.choice(["waiting", "redirect", "stay"])
        rules.append(f'[[admission.rounds]]\nname = "Tempo"\nseats = ["tempo_scuola"]\nunplaced = "{last}"\n{step}')
    return "\n".join(rules)


@pytest.mark.parametrize("seed", range(120))
def test_that_seats_leave_a_formation_and_pass_the_audit(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    musical = dice.random() < 0.5
    classes = some_classes(dice, musical=musical)
    write_case(tmp_path, {"alunni": some_pupils(dice, classes), "classi": classes})
    (tmp_path / "regolamento.toml").write_text(some_rules(dice, musical=musical), encoding="utf-8")
    try:
        found = give_seats(Case.read(tmp_path), Clock(Limits(workers=1)))
    except (InputError, Impossible):  # a group without members, limits that leave no formation at all
        return
    assert found is not None
    school = found.inside.school
    hard = [t for t in found.inside.terms if t.weight is None]
    room = FormationRoom(hard, [school.open_to(p) for p in range(len(school.pupils))], frozenset(), Clock(Limits()))
    assert room.holds({})
    places = room.witness or ()
    result = tmp_path / "classi"
    result.mkdir()
    found.write(result)
    pairs = [(pupil.id, school.classes[c].id) for pupil, c in zip(school.pupils, places, strict=True)]
    write_assignment(result / "assegnazioni.csv", pairs)
    admission = audit_files(tmp_path, result)[0].admission
    assert admission is not None
    assert admission.differences == ()
