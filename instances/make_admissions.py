"""Makes the three oversubscribed schools again, the same every time: tables, recorded decisions and public draws.

``python instances/make_admissions.py`` makes all of them, ``python instances/make_admissions.py ammissioni-primaria``
one. The regulations and the README files are written by hand. Everybody, and every number drawn, is invented.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from math import isqrt
from pathlib import Path
from typing import Any

from classi import draw
from classi.case import REGULATION, Case
from classi.draw.asked import draw_name
from classi.generate.dice import Dice
from classi.generate.words import BANDS, FOREIGN, INSTRUMENTS, first_name, school_of_origin, surname
from classi.journal import JOURNAL, append
from classi.seating import DRAWS, pool_of
from classi.tables import write_case
from classi.tables.read import record_correction

HERE = Path(__file__).resolve().parent
Row = dict[str, Any]
Rows = dict[str, list[Row]]
PLESSI = ("Aurora", "Belvedere", "Colle")
HEAD, OFFICE = "Dirigente scolastico", "Segreteria didattica"


# --- people ---


def _people(number: int, dice: Dice, first_day: date) -> list[Row]:
    """Return applicants born in the year from `first_day`, no two with the same name, in no order."""
    girls = dice.shuffled([k % 2 == 0 for k in range(number)])
    surnames = dice.shuffled(range(120))
    people = []
    for k, girl in enumerate(girls):
        foreign = dice.chance(0.15)
        people.append({
            "id": f"P{k + 1:03}",
            "cognome": surname(surnames[k % 120]),
            "nome": first_name(k + 4 * (k // 120), girl),
            "sesso": "F" if girl else "M",
            "data_nascita": first_day + timedelta(days=dice.below(365)),
            "cittadinanza": dice.pick(FOREIGN) if foreign else "italiana",
            "nato_in_italia": not foreign or dice.chance(0.6),
            "livello_italiano": dice.pick(("A1", "A2", "B1", "B1")) if foreign else None,
            "disabilita": "no",
            "bes": dice.chance(0.05),
            "situazione_problematica": dice.chance(0.06),
        })  # fmt: skip
    return people


def _twins(rows: Sequence[Row], one: str, other: str) -> Row:
    """Make two applicants twins: one family, hence one application but for the name; return their tie."""
    by_id = {row["id"]: row for row in rows}
    own = ("id", "nome", "sesso", "disabilita", "bes", "livello", "idoneo_musica", "punteggio", "strumento", "voto_")
    by_id[other].update({k: v for k, v in by_id[one].items() if not k.startswith(own)})
    return _tie(one, other, "gemelli")


def _tie(one: str, other: str, kind: str, why: str | None = None, source: str = "famiglia") -> Row:
    return {"da": one, "a": other, "tipo": kind, "peso": 1, "vincolante": False, "motivo": why, "fonte": source}


def _wishes(rows: Sequence[Row], dice: Dice, number: int, alike: str) -> Iterator[Row]:
    """Yield wishes of companions, half of them returned, between applicants with the same cell in a column."""
    seen: set[tuple[str, str]] = set()
    while len(seen) < number:
        one = dice.pick(rows)
        other = dice.pick([r for r in rows if r[alike] == one[alike] and r is not one])
        pairs = [(one["id"], other["id"]), (other["id"], one["id"])][: 1 + dice.chance(0.5)]
        for pair in pairs:
            if pair not in seen:
                seen.add(pair)
                yield _tie(*pair, "preferisce")


def _change(rows: Sequence[Row], changes: dict[str, Row]) -> None:
    by_id = {row["id"]: row for row in rows}
    for pupil, cells in changes.items():
        by_id[pupil].update(cells)


def _choices(name: str, ranked: Sequence[str], shown: int, columns: int) -> Row:
    return {f"{name}_{n + 1}": ranked[n] if n < shown else None for n in range(columns)}


def _ranked(dice: Dice, options: Sequence[str], weights: Sequence[float]) -> list[str]:
    """Return all the options, the likelier ones first in line."""
    left, order = dict(zip(options, weights, strict=True)), []
    while left:
        order.append(dice.weighted(tuple(left), tuple(left.values())))
        del left[order[-1]]
    return order


def _sites() -> list[Row]:
    return [{"id": name, "nome": f"Plesso {name}"} for name in PLESSI]


# --- primaria (S001) ---


_NEAR_AURORA = {**_choices("plesso", ("Aurora", "Belvedere"), 2, 3), "vicino_plesso": "Aurora", "fratelli_plesso": None}
_AT_AURORA = {**_choices("plesso", ("Aurora", "Colle"), 2, 3), "fratelli_plesso": "Aurora"}
PRIMARIA_PLANTED: dict[str, Row] = {
    "P008": {"data_nascita": date(2021, 3, 11)},  # six by the end of April
    "P029": {"data_nascita": date(2021, 5, 20)},  # not
    "P015": {"data_domanda": date(2026, 2, 18)},
    "P064": {"data_domanda": date(2026, 2, 23)},
    "P118": {"data_domanda": date(2026, 2, 16), **_AT_AURORA},
    "P010": {"disabilita": "comma3", **_AT_AURORA},
    "P024": {"disabilita": "comma1", **_AT_AURORA},
    "P058": {"disabilita": "comma1", **_AT_AURORA},
    "P083": {"disabilita": "comma3", **_AT_AURORA},
    "P120": {"disabilita": "comma1", **_NEAR_AURORA, "esigenze_documentate": True},
    "P070": {"disabilita": "comma1", **_choices("plesso", ("Belvedere", "Aurora"), 2, 3)},
    "P101": {"disabilita": "comma3", **_choices("plesso", ("Colle", "Belvedere"), 2, 3)},
    "P122": {"disabilita": "comma1", **_choices("plesso", ("Colle",), 1, 3)},
    "P041": {**_NEAR_AURORA, "vicino_plesso": None},
    "P047": {**_NEAR_AURORA, "vicino_plesso": None, "fratelli_plesso": "Belvedere, Colle"},
    "P088": {**_NEAR_AURORA, "vicino_plesso": None},
    "P097": {"lavoro_genitori": "pieno-pieno", "unico_genitore_lavoratore": False},
    **{pupil: {**_NEAR_AURORA, "esigenze_documentate": False} for pupil in ("P012", "P045", "P090")},
}
"""Applications that make something happen; see the README."""


def primaria() -> Rows:
    """136 applications for six classes in three sites, full-time asked by more than there are places."""
    dice = Dice(21, "ammissioni-primaria")
    rows = _people(136, dice, date(2020, 1, 1))
    for row in rows:
        row.update(_asks_primaria(dice))
    _change(rows, PRIMARIA_PLANTED)
    ties = [_twins(rows, *pair) for pair in (("P012", "P077"), ("P045", "P046"), ("P090", "P131"))]
    ties.append(_tie("P033", "P061", "separati", "indicazione della scuola dell'infanzia", "insegnanti"))
    ties += _wishes(rows, dice, 60, "plesso_1")
    models = ("tempo pieno", "modulo")
    classes = [
        {"id": f"1{letter}", "plesso": PLESSI[k // 2], "anno": 1, "tempo_scuola": models[k % 2], "max": 25,
         "area_mq": 48}
        for k, letter in enumerate("ABCDEF")
    ]  # fmt: skip
    return {"alunni": rows, "classi": classes, "plessi": _sites(), "legami": ties}


def _asks_primaria(dice: Dice) -> Row:
    sites = _ranked(dice, PLESSI, (0.55, 0.28, 0.17))
    full = dice.chance(0.7)
    times = ("tempo pieno", "modulo") if full else ("modulo", "tempo pieno")
    alone = dice.chance(0.06)
    work = ("pieno-pieno", "pieno-parziale", "parziale-parziale", "uno solo")
    siblings = [s for s in sites if dice.chance(0.22 if s == sites[0] else 0.05)]
    return {
        "data_domanda": date(2026, 1, 8) + timedelta(days=dice.below(37)),
        **_choices("plesso", sites, 2 + dice.chance(0.4), 3),
        **_choices("tempo_scuola", times, 1 + dice.chance(0.6), 2),
        "fratelli_plesso": ", ".join(siblings) or None,
        "vicino_plesso": sites[0] if dice.chance(0.45) else dice.pick((*sites[1:], None)),
        "esigenze_documentate": dice.chance(0.07),
        "unico_genitore_lavoratore": alone,
        "disagio_documentato": dice.chance(0.04),
        "familiare_disabile_74": dice.chance(0.03),
        "fratelli_tempo_pieno": _full_time_siblings(dice, bool(siblings)),
        "lavoro_genitori": None if alone else dice.weighted(work, (0.35, 0.3, 0.1, 0.25)),
    }  # fmt: skip


def _full_time_siblings(dice: Dice, siblings: bool) -> str | None:
    if siblings and dice.chance(0.5):
        return "primaria"
    return "infanzia" if dice.chance(0.06) else None


# --- secondaria di I grado (S003) ---


_DISABLED = {"disabilita": "comma1", "residente": True, "indirizzo_1": None}
_TO_AURORA = {**_DISABLED, **_choices("plesso", ("Aurora", "Belvedere", "Colle"), 2, 3)}
SECONDARIA_PLANTED: dict[str, Row] = {
    **dict.fromkeys(("P005", "P027", "P048", "P069", "P091", "P112", "P133"), _TO_AURORA),
    "P155": {**_DISABLED, **_choices("plesso", ("Belvedere", "Aurora"), 2, 3)},
    "P160": {**_DISABLED, **_choices("plesso", ("Belvedere", "Colle"), 2, 3)},
    "P171": {**_DISABLED, **_choices("plesso", ("Colle",), 1, 3)},
    "P178": {**_TO_AURORA, "data_domanda": date(2026, 2, 25)},
    "P033": {"data_domanda": date(2026, 2, 12)},
    "P076": {"data_domanda": date(2026, 2, 11)},
    "P129": {"data_domanda": date(2026, 3, 2)},
}
"""Applications that make something happen; see the README."""
_SITE_AT = {"Aurora": (3000, 3000), "Belvedere": (1400, 4100), "Colle": (4900, 1500)}


def secondaria() -> Rows:
    """182 applications for seven classes in three sites, a musical path of 24 places in two of them."""
    dice = Dice(33, "ammissioni-secondaria")
    rows = _people(182, dice, date(2015, 1, 1))
    for row in rows:
        row.update(_asks_secondaria(dice))
    for row in dice.sample(rows, 40):
        row.update(_musical(dice))
    _change(rows, SECONDARIA_PLANTED)
    ties = [_twins(rows, *pair) for pair in (("P018", "P150"), ("P052", "P053"), ("P104", "P117"))]
    ties.append(_tie("P052", "P053", "insieme", "richiesta scritta della famiglia"))
    ties.append(_tie("P021", "P087", "separati", "indicazione dei servizi", "servizi sociali"))
    ties += _wishes(rows, dice, 70, "scuola_provenienza")
    sites = ("Aurora", "Aurora", "Aurora", "Belvedere", "Belvedere", "Colle", "Colle")
    classes = [
        {"id": f"1{'ABCDEFG'[k]}", "plesso": site, "anno": 1, "lingua2": ("francese", "spagnolo")[k % 2],
         "indirizzo": "musicale" if k < 2 else "ordinario", "max": 26, "area_mq": 50}
        for k, site in enumerate(sites)
    ]  # fmt: skip
    return {"alunni": rows, "classi": classes, "plessi": _sites(), "legami": ties}


def _asks_secondaria(dice: Dice) -> Row:
    x, y = 1000 + dice.below(5000), 500 + dice.below(5000)
    metres = {s: isqrt((x - a) ** 2 + (y - b) ** 2) for s, (a, b) in _SITE_AT.items()}
    sites = _ranked(dice, PLESSI, [w / (600 + metres[s]) for s, w in zip(PLESSI, (2.6, 1.2, 1.0), strict=True)])
    resident, own = dice.chance(0.8), dice.chance(0.6)
    languages = _ranked(dice, ("francese", "spagnolo"), (0.35, 0.65))
    siblings = [s for s in PLESSI if dice.chance(0.15 if s == sites[0] else 0.04)]
    return {
        "dsa": dice.chance(0.05),
        "livello": dice.weighted(BANDS, (0.15, 0.3, 0.35, 0.2)),
        "scuola_provenienza": school_of_origin("secondaria1", dice.below(3) if own else 3 + dice.below(4)),
        "data_domanda": date(2026, 1, 8) + timedelta(days=dice.below(34)),
        **_choices("plesso", sites, 1 + dice.chance(0.8) + dice.chance(0.3), 3),
        **_choices("lingua2", languages, 1, 1),
        "residente": resident,
        "domiciliato": False,
        "interno": own,
        "servizi_sociali": dice.chance(0.03),
        "casi_particolari": dice.chance(0.05),
        "vicino_plesso": ", ".join(s for s in PLESSI if metres[s] < 1000) or None,
        **{f"distanza_{s.casefold()}": Decimal(metres[s]) / 1000 for s in PLESSI},
        "lavoro_vicino": dice.pick(PLESSI) if not resident and dice.chance(0.4) else None,
        "familiare_lavora": dice.pick(PLESSI) if dice.chance(0.12) else None,
        "figli": dice.weighted((1, 2, 3, 4, 5), (0.35, 0.4, 0.15, 0.07, 0.03)),
        "fratelli_plesso": ", ".join(siblings) or None,
        "stesso_stabile": dice.pick(PLESSI) if dice.chance(0.06) else None,
        "nido": dice.chance(0.35),
        "infanzia_provenienza": "nostro istituto" if own else dice.weighted(("altro istituto", "nessuna"), (0.7, 0.3)),
        "progetto_socio_educativo": dice.chance(0.03),
        "fratelli_sezione": False,
        "figlio_personale": dice.chance(0.03),
        **dict.fromkeys(("indirizzo_1", "idoneo_musica", "punteggio_attitudinale"), None),
        **_choices("strumento", (), 0, 4),
    }  # fmt: skip


def _musical(dice: Dice) -> Row:
    score = 54 + 2 * dice.below(23)
    return {
        "indirizzo_1": "musicale",
        "punteggio_attitudinale": score,
        "idoneo_musica": score >= 60,
        **_choices("strumento", _ranked(dice, INSTRUMENTS, (0.45, 0.2, 0.1, 0.25)), 4, 4),
    }


# --- secondaria di II grado (S002, day course) ---


_COURSES = ("informatica", "manutenzione e assistenza tecnica", "grafica e comunicazione")
_SUBJECTS = ("italiano", "matematica", "inglese", "scienze", "tecnologia")


def _third_year(*marks: int) -> Row:
    return dict(zip((f"voti_terza_{s}" for s in (*_SUBJECTS, "comportamento")), marks, strict=True))


_FAILED = {
    "interno": True, "interno_non_ammesso": True, "iscrizione_regolarizzata": True, "stessa_classe_negativa": 1,
    "scuola_esterna": False, "eccezionale_documentata": False, "deroga_terza_frequenza": False,
    "data_domanda": date(2026, 6, 18),
}  # fmt: skip
SUPERIORE_PLANTED: dict[str, Row] = {
    "P004": {**_FAILED, "classe_precedente": "1A"},
    "P038": {**_FAILED, "classe_precedente": "1C"},
    "P074": {**_FAILED, "classe_precedente": "1E"},
    "P111": {**_FAILED, "classe_precedente": "1B", "stessa_classe_negativa": 2},
    "P125": {**_FAILED, "classe_precedente": "1D", "data_domanda": date(2026, 7, 21)},
    **{pupil: {"disabilita": "comma1"} for pupil in ("P009", "P031", "P057", "P081", "P103", "P129", "P136", "P147")},
    "P020": {"data_domanda": date(2026, 2, 20)},
    "P099": {"data_domanda": date(2026, 3, 2)},
    "P141": {"data_domanda": date(2026, 7, 2), "periodo_estivo": True, **_third_year(9, 8, 9, 9, 8, 9)},
    "P142": {"data_domanda": date(2026, 7, 6), "periodo_estivo": True, **_third_year(7, 7, 8, 7, 8, 9)},
    "P143": {"data_domanda": date(2026, 7, 1), "periodo_estivo": True, **_third_year(6, 6, 7, 6, 7, 8)},
}
"""Applications that make something happen; see the README."""


def superiore() -> Rows:
    """150 applications for five first classes of three courses, 126 seats at most."""
    dice = Dice(42, "ammissioni-superiore")
    rows = _people(150, dice, date(2012, 1, 1))
    for row in rows:
        row.update(_asks_superiore(dice))
    _change(rows, SUPERIORE_PLANTED)
    ties = [{**_twins(rows, "P066", "P067"), "motivo": "stato di famiglia"}]
    places = ((0, 27), (0, 27), (1, 23), (1, 23), (2, 26))
    classes = [
        {"id": f"1{'ABCDE'[k]}", "anno": 1, "indirizzo": _COURSES[course], "max": most, "area_mq": Decimal("54.5")}
        for k, (course, most) in enumerate(places)
    ]  # fmt: skip
    return {"alunni": rows, "classi": classes, "legami": ties}


def _asks_superiore(dice: Dice) -> Row:
    courses = _ranked(dice, _COURSES, (0.52, 0.24, 0.24))
    level = 7.3 + dice.bell() * 0.8
    marks = {f"voto_{s}": min(10, max(5, round(level + dice.bell() * 0.7))) for s in _SUBJECTS}
    return {
        "dsa": dice.chance(0.08),
        "scuola_provenienza": school_of_origin("secondaria2", dice.below(9)),
        "classe_precedente": None,
        "data_domanda": date(2026, 1, 8) + timedelta(days=dice.below(34)),
        **_choices("indirizzo", courses, 1 + dice.chance(0.75) + dice.chance(0.3), 3),
        **dict.fromkeys(("interno", "interno_non_ammesso", "periodo_estivo"), False),
        "scuola_esterna": True,
        "classe_richiesta": 1,
        "stessa_classe_negativa": 0,
        **dict.fromkeys(("iscrizione_regolarizzata", "deroga_terza_frequenza", "eccezionale_documentata"), None),
        "ore_pcto": 0,
        "residenza_provincia": dice.weighted(("UD", "PN", "GO", "altra"), (0.5, 0.2, 0.18, 0.12)),
        "fratelli_diurno": dice.chance(0.12),
        **marks,
        "voto_comportamento": min(10, max(6, round(level + 1 + dice.bell() * 0.6))),
        **{f"voti_terza_{s}": None for s in (*_SUBJECTS, "comportamento")},
    }  # fmt: skip


# --- what was decided and drawn ---


@dataclass(frozen=True)
class Drawn:
    """A public draw: its round, when it was committed to, when the numbers came out, and which."""

    round: str
    committed: date
    revealed: date
    numbers: str
    source: str


def _draw(folder: Path, drawn: Drawn) -> None:
    """Commit to a draw of whoever is tied now, and reveal it; the salt is fixed, and so are the bytes."""
    case = Case.read(folder)
    assert case.regulation.admission is not None
    one = next(r for r in case.regulation.admission.rounds if r.name == drawn.round)
    ids, strata = pool_of(case, one)
    name, salt = draw_name(one.name), sha256(f"{folder.name}/{drawn.round}".encode()).hexdigest()
    draw.commit(
        folder / DRAWS, name, ids, source=drawn.source, source_date=drawn.revealed, who=HEAD, when=drawn.committed,
        strata=strata, salt=salt,
    )  # fmt: skip
    draw.reveal(folder / DRAWS, name, draw.parse_numbers(drawn.numbers), who=HEAD, when=drawn.revealed)


_BALLS = "Estrazione pubblica in aula magna: sei palline numerate da 1 a 90 (inventata)"


@dataclass(frozen=True)
class Acts:
    """The decisions of one school, recorded in the order in which they are called."""

    folder: Path

    def record(self, kind: str, when: date, who: str, why: str, **data: Any) -> None:
        """Record one decision."""
        append(self.folder, kind, who=who, why=why, when=when, **data)

    def correct(self, pupil: str, when: date, who: str, why: str, **cells: str) -> int:
        """Record a correction; return its number."""
        return record_correction(self.folder, pupil, cells, who=who, why=why, when=when)[0].n

    def complaint(self, pupil: str, when: date, why: str, entry: int | None = None) -> None:
        """Record the outcome of a complaint: accepted, with the correction that followed, or rejected."""
        outcome = "respinto" if entry is None else "accolto"
        self.record("reclamo", when, HEAD, why, id=pupil, outcome=outcome, entry=entry)


def _primaria_acts(folder: Path) -> None:
    acts = Acts(folder)
    why = "Controllo della dichiarazione sostitutiva: lavora un solo genitore"
    acts.correct("P097", date(2026, 2, 20), OFFICE, why, lavoro_genitori="uno solo")
    why = "Relazione riservata prot. 31, esaminata dal Dirigente"
    title = "Particolari situazioni familiari documentate"
    acts.record("punti", date(2026, 2, 23), HEAD, why, id="P033", title=title, points=8)
    why = "Il modulo non riportava la sorella che frequenta la 3A del plesso Aurora"
    entry = acts.correct("P041", date(2026, 2, 25), OFFICE, why, fratelli_plesso="Aurora")
    acts.complaint("P041", date(2026, 2, 25), why, entry)
    acts.complaint("P088", date(2026, 2, 26), "Il fratello frequenta un altro istituto: il criterio 1 non vale")
    for one, numbers in (("Plesso", "7 19 33 48 61 84"), ("Tempo scuola", "4 15 22 57 70 88")):
        _draw(folder, Drawn(one, date(2026, 3, 2), date(2026, 3, 9), numbers, f"{_BALLS}, {one}"))
    why = "Il gemello ha avuto il posto nel plesso Aurora, e solo il sorteggio li ha separati"
    acts.record("ammissione_ds", date(2026, 3, 11), HEAD, why, id="P077", round="Plesso", option={"plesso": "Aurora"})
    acts.record("definitiva", date(2026, 3, 16), HEAD, "Esaminati i reclami: provvedimento prot. 402", round="Plesso")


def _secondaria_acts(folder: Path) -> None:
    acts = Acts(folder)
    why = "Manca il requisito dell'art. 1/ter: verifica d'ufficio prot. 88"
    acts.record("esclusione", date(2026, 2, 19), HEAD, why, id="P080")
    why = "Residenza in corso di trasferimento: consegnato il certificato (art. 3)"
    entry = acts.correct("P128", date(2026, 2, 24), OFFICE, why, residente="sì")
    acts.complaint("P128", date(2026, 2, 24), why, entry)
    why = "La domanda era completa e i punti sono quelli dell'allegato A: nulla da correggere"
    acts.complaint("P149", date(2026, 2, 26), why)
    for one, numbers in (("Indirizzo musicale", "3 12 29 41 66 90"), ("Plesso", "9 17 25 38 52 73")):
        _draw(folder, Drawn(one, date(2026, 3, 2), date(2026, 3, 9), numbers, f"{_BALLS}, {one}"))
    why = "Situazione particolare documentata, art. 13, ultimo comma (prot. riservato 19)"
    option = {"plesso": "Belvedere"}
    acts.record("ammissione_ds", date(2026, 3, 11), HEAD, why, id="P037", round="Plesso", option=option)
    why = "Trascorsi 5 giorni dalla pubblicazione (art. 3)"
    acts.record("definitiva", date(2026, 3, 16), HEAD, why, round="Indirizzo musicale")
    acts.record("definitiva", date(2026, 3, 20), HEAD, "Provvedimento prot. 415 (art. 7)", round="Plesso")


def _superiore_acts(folder: Path) -> None:
    acts = Acts(folder)
    why = "Voto di inglese trascritto male dal documento di valutazione"
    entry = acts.correct("P126", date(2026, 2, 24), OFFICE, why, voto_inglese="9")
    acts.complaint("P126", date(2026, 2, 24), why, entry)
    acts.complaint("P136", date(2026, 2, 26), "Il comportamento non entra nella media (punto 4)")
    _draw(folder, Drawn("Iscrizione", date(2026, 8, 3), date(2026, 8, 10), "5 14 26 47 69 81", _BALLS))
    why = "Motivazioni straordinarie documentate (notazioni preliminari), prot. riservato 27"
    option = {"indirizzo": "informatica"}
    acts.record("ammissione_ds", date(2026, 8, 12), HEAD, why, id="P141", round="Eccedenza estiva", option=option)
    acts.record("definitiva", date(2026, 8, 20), HEAD, "Provvedimento prot. 511", round="Iscrizione")


# --- files ---


@dataclass(frozen=True)
class Instance:
    """A school: what makes its tables, and what records its decisions and draws beside them."""

    tables: Callable[[], Rows]
    acts: Callable[[Path], None]


INSTANCES = {
    "ammissioni-primaria": Instance(primaria, _primaria_acts),
    "ammissioni-secondaria": Instance(secondaria, _secondaria_acts),
    "ammissioni-superiore": Instance(superiore, _superiore_acts),
}


def main(names: list[str], folder: Path = HERE) -> None:
    """Make the named schools, or all, into `folder`."""
    for name in names or INSTANCES:
        here = folder / name
        write_case(here, INSTANCES[name].tables(), overwrite=True)
        if here != HERE / name:  # elsewhere the regulation, written by hand, must come along
            shutil.copyfile(HERE / name / REGULATION, here / REGULATION)
        (here / JOURNAL).unlink(missing_ok=True)
        shutil.rmtree(here / DRAWS, ignore_errors=True)
        INSTANCES[name].acts(here)


if __name__ == "__main__":
    main(sys.argv[1:])
