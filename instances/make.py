"""Makes the tables of the bundled schools again, the same every time.

``python instances/make.py`` makes all of them, ``python instances/make.py difficile`` one. The regulations and the
README files are written by hand, save where a school has the generator's own regulation.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from classi.generate import Generated, Knobs, generate
from classi.generate.dice import Dice
from classi.tables import write_case

HERE = Path(__file__).resolve().parent
Rows = dict[str, list[dict[str, object]]]


def primaria() -> Rows:
    """84 children, two classes of modulo and two of tempo pieno."""
    knobs = Knobs(
        order="primaria", pupils=84, classes=4, time_models=2, second_choices=0.25, origins=6, wishes=0.8, dsa=0,
        repeaters=0, siblings=0.03,
    )  # fmt: skip
    rows = generate(knobs, seed=11).rows
    dice = Dice(11, "autonomia")
    for row in rows["alunni"]:
        mark = row.pop("voto")
        for column in ("livello", "dsa", "ripetente"):
            row.pop(column)
        assert isinstance(mark, Decimal)
        row["autonomia"] = min(3, max(1, int(mark) - 6 + dice.below(2)))
        row["anticipatario"] = _born(row) > 2020
    for row in rows["classi"]:
        row["area_mq"] = Decimal("45.5") if row["id"] in ("1A", "1B") else 48
    return rows


def _born(row: Mapping[str, object]) -> int:
    born = row["data_nascita"]
    assert isinstance(born, date)
    return born.year


def secondaria() -> Rows:
    """126 pupils, six classes on two sites, two second languages, a musical path in two classes: the demo."""
    knobs = Knobs(
        pupils=126, classes=6, sites=2, languages=2, musical=20, musical_classes=2, names=True, second_choices=0.2,
        together=0.015,
    )  # fmt: skip
    rows = generate(knobs, seed=7).rows
    dice = Dice(7, "secondaria")
    for row in rows["alunni"]:
        if dice.chance(0.65):  # most families have no preference between the two languages
            row["lingua2_1"] = row["lingua2_2"] = None
    for row in rows["classi"]:
        row["area_mq"] = Decimal("43.2") if row["id"] == "1C" else 50
    return rows


def superiore() -> Rows:
    """92 students, five second classes to become four third ones."""
    knobs = Knobs(
        order="secondaria2", pupils=92, classes=4, previous=5, levels="marks", girls=0.35, disabled=0.022, grave=1.0,
        repeaters=0.04, wishes=0.8, siblings=0, origins=12,
    )  # fmt: skip
    rows = generate(knobs, seed=5).rows
    dice = Dice(5, "superiore")
    for row in rows["alunni"]:
        row.pop("livello")
        # The mean of a report has two decimals, and only the classes of a school's own second year are dissolved.
        row["voto"] = Decimal(str(row["voto"])) + Decimal(dice.below(100) - 50) / 100
        if row["ripetente"]:
            row["classe_precedente"] = f"3{dice.pick('ABCD')}"
    for row in rows["classi"]:
        row["area_mq"] = Decimal("52.5")
    return rows


def difficile() -> Generated:
    """156 pupils in six classes with no place to spare, nearly three wishes each, every wish counted."""
    knobs = Knobs(
        pupils=156, classes=6, spare=0, tolerance=0, wishes=2.6, one_way=True, wishes_in_circle=0.5, popularity=2.0,
        vetoes=0.06, siblings=0.03, foreign=0.25, clustering=1.0,
    )  # fmt: skip
    return generate(knobs, seed=3)


def impossibile() -> Generated:
    """132 pupils, 13 of them with a disability, six classes, two each."""
    return generate(Knobs(pupils=132, classes=6, impossible="disability", grave=0.3), seed=13)


@dataclass(frozen=True)
class Mistake:
    """A cell put wrong on purpose.

    Attributes
    ----------
    sheet, row, column : where; the column by its header, or by its letter where the mistake is the header.
    cell : what is written there; a text that begins with ``=`` is a formula.
    why : what is wrong with it.
    warning : odd but legal.
    """

    sheet: str
    row: int
    column: str
    cell: Any
    why: str
    warning: bool = False


MISTAKES = (
    Mistake("Alunni", 1, "V", "note", "the column “Note” is there twice"),
    Mistake("Alunni", 1, "Q", "Comportamneto", "misspelt header: nearest “comportamento”", warning=True),
    Mistake("Alunni", 3, "Sesso (M/F)", "K", "neither M nor F"),
    Mistake("Alunni", 5, "Sesso (M/F)", "maschoi", "misspelt: nearest M"),
    Mistake("Alunni", 7, "Data di nascita", "31/02/2015", "February has no 31st: nearest 28/02/2015"),
    Mistake("Alunni", 8, "Data di nascita", "2015-13-04", "there is no month 13"),
    Mistake("Alunni", 9, "Data di nascita", "ieri", "not a date"),
    Mistake("Alunni", 11, "Data di nascita", 42105, "a day count without a date format: nearest 11/04/2015"),
    Mistake("Alunni", 12, "Data di nascita", "04/25/2015", "month and day swapped: nearest 25/04/2015"),
    Mistake("Alunni", 13, "Data di nascita", "15/04/1951", "born 64 years before the others", warning=True),
    Mistake("Alunni", 14, "Nato in Italia", "forse", "neither yes nor no"),
    Mistake("Alunni", 15, "NAI", datetime(2025, 9, 1), "a date where yes or no is expected"),
    Mistake("Alunni", 17, "Disabilità", "comma 2", "comma1 or comma3"),
    Mistake("Alunni", 18, "Disabilità", "L. 104", "which comma is not said"),
    Mistake("Alunni", 20, "DSA", "si?", "neither yes nor no: nearest sì"),
    Mistake("Alunni", 21, "BES", 2, "neither yes nor no"),
    Mistake("Alunni", 22, "BES", "in corso", "neither yes nor no"),
    Mistake("Alunni", 26, "Ripetente", "nò", "neither yes nor no: an accent too many"),
    Mistake("Alunni", 28, "ID", "P009", "the identifier of row 10 again"),
    Mistake("Alunni", 30, "ID", None, "no identifier"),
    Mistake("Alunni", 31, "ID", datetime(2026, 3, 1), "the spreadsheet has turned an identifier into a date"),
    Mistake("Alunni", 33, "Lingua2 1", "spagniolo", "misspelt: nearest spagnolo"),
    Mistake("Alunni", 34, "Lingua2 1", "tedesco", "no class has this language"),
    Mistake("Alunni", 36, "Classe fissa", "1Z", "there is no such class"),
    Mistake("Alunni", 37, "Classi vietate", "1B; 1K", "there is no class 1K"),
    Mistake("Alunni", 38, "Voto", "sette", "a word in a column of numbers: the column becomes text", warning=True),
    Mistake("Alunni", 40, "Cittadinanza", "#N/D", "the error of a formula, pasted as text"),
    Mistake("Alunni", 43, "Scuola di provenienza", "=VLOOKUP(A43,Altro!A:B,2)", "a formula that was never computed"),
    Mistake("Alunni", 44, "Livello", "=NA()", "a formula that gives an error"),
    Mistake("Alunni", 46, "W", "vedi fascicolo", "a cell under no header"),
    Mistake("Classi", 2, "max", "ventotto", "a word where a number is expected"),
    Mistake("Classi", 3, "min", 30, "the min of 1B is greater than its max"),
    Mistake("Classi", 4, "area mq", "45 mq", "the unit written with the number: nearest 45"),
    Mistake("Classi", 5, "ID", "1a", "differs from class 1A by a capital letter only"),
    Mistake("Legami", 2, "da", "P999", "there is no such pupil"),
    Mistake("Legami", 3, "a", "{name of P020}", "a name where the identifier is expected: nearest P020"),
    Mistake("Legami", 4, "a", "{the pupil of the same row}", "a pupil tied to itself"),
    Mistake("Legami", 5, "tipo", "prefersce", "misspelt: nearest preferisce"),
    Mistake("Legami", 6, "peso", 0, "a weight is 1 or more"),
    Mistake("Legami", 7, "peso", "molto", "a word where a number is expected"),
    Mistake("Legami", 8, "vincolante", "forse", "neither yes nor no"),
    Mistake("Legami", 9, "a", None, "the other pupil is missing"),
    Mistake("Legami", 11, "tipo", "separati", "together in row 10 and apart here"),
    Mistake("Legami", 14, "tipo", "separati", "together in rows 12 and 13, through a third pupil, and apart here"),
    Mistake("Legami", 16, "tipo", "insieme", "the tie of row 15 again", warning=True),
    Mistake("Foglio1", 1, "A", "appunti", "a sheet that is no table", warning=True),
)
"""What is wrong in the messy school, in the order of the sheets."""

_HEADERS = {
    "id": "ID", "cognome": "Cognome", "nome": "Nome", "sesso": "Sesso (M/F)", "data_nascita": "Data di nascita",
    "cittadinanza": "Cittadinanza", "nato_in_italia": "Nato in Italia", "nai": "NAI",
    "livello_italiano": "Livello italiano", "disabilita": "Disabilità", "dsa": "DSA", "bes": "BES",
    "situazione_problematica": "Situazione problematica", "ripetente": "Ripetente", "livello": "Livello",
    "voto": "Voto", "comportamento": "Comportamento", "scuola_provenienza": "Scuola di provenienza",
    "classe_provenienza": "Classe di provenienza", "lingua2_1": "Lingua2 1",
}  # fmt: skip
_YES, _NO = ("sì", "si", "x", "SI", 1, "vero"), ("no", "No", "n", 0, "falso")
_FIXED_TIES = {9: (10, 11), 10: (12, 13), 11: (12, 13), 12: (14, 15), 13: (15, 16), 14: (14, 16), 15: (17, 18),
               16: (18, 17)}  # fmt: skip


def confusa() -> dict[str, list[list[Any]]]:
    """Return the cells of the messy workbook, sheet by sheet: good ones as people write them, then the mistakes."""
    made = generate(Knobs(pupils=60, classes=3, languages=2, names=True, wishes=0.6, second_choices=0.0), seed=2)
    dice = Dice(2, "confusa")
    rows = made.rows["alunni"]
    columns = [c for c in rows[0] if c in _HEADERS]
    pupils: list[list[Any]] = [
        [*(_HEADERS[c] for c in columns), "Note", "note", None, "Classe fissa", "Classi vietate"]
    ]
    pupils += [[*(_as_typed(row[c], dice) for c in columns), *[None] * 5] for row in rows]
    pupils[1][len(columns)] = "porta gli occhiali"
    sheets: dict[str, list[list[Any]]] = {
        "Alunni": pupils,
        "Classi": [
            ["ID", "min", "max", "lingua2", "area mq"],
            ["1A", 15, 26, "francese", 50], ["1B", 15, 26, "spagnolo", "48,5"], ["1C", 15, 26, "francese", 47],
            ["1D", 15, 26, "spagnolo", 50],
        ],
        "Legami": [["da", "a", "tipo", "peso", "vincolante"], *_plain_ties(made)],
        "Foglio1": [[None]],
    }  # fmt: skip
    for mistake in MISTAKES:
        _put(sheets[mistake.sheet], mistake, made)
    return sheets


def _as_typed(value: object, dice: Dice) -> Any:
    """Return a value as one of the many ways people type it."""
    if isinstance(value, bool):
        return dice.pick(_YES if value else _NO)
    if isinstance(value, date):
        day = datetime(value.year, value.month, value.day)
        return dice.pick((day, f"{value:%d/%m/%Y}", f"{value:%Y-%m-%d}", f"{value:%d.%m.%Y}"))
    if isinstance(value, Decimal):
        return dice.pick((float(value), str(value).replace(".", ",")))
    return value


def _plain_ties(made: Generated) -> list[list[Any]]:
    """Return one good tie a row; rows 10 to 16 are about the same few pupils."""
    ids = [row["id"] for row in made.rows["alunni"]]
    lost = {f"P{m.row - 1:03}" for m in MISTAKES if m.sheet == "Alunni" and m.column == "ID"}
    wishes = [t for t in made.rows["legami"] if t["tipo"] == "preferisce" and not lost & {t["da"], t["a"]}]
    ties: list[list[Any]] = [[t["da"], t["a"], "preferisce", None, None] for t in wishes[:18]]
    for row, (a, b) in _FIXED_TIES.items():
        ties[row - 2] = [ids[a], ids[b], "insieme" if row > 9 else "preferisce", None, None]
    return ties


def _put(cells: list[list[Any]], mistake: Mistake, made: Generated) -> None:
    at = column_of(cells, mistake)
    here = cells[mistake.row - 1]
    special = {"{name of P020}": _name_of(made, "P020"), "{the pupil of the same row}": here[0]}
    here[at] = special.get(mistake.cell, mistake.cell) if isinstance(mistake.cell, str) else mistake.cell


def column_of(cells: list[list[Any]], mistake: Mistake) -> int:
    """Return the position of the column of a mistake."""
    if len(mistake.column) == 1 and mistake.column.isupper():
        return ord(mistake.column) - ord("A")
    return cells[0].index(mistake.column)


def _name_of(made: Generated, pupil: str) -> str:
    row = next(row for row in made.rows["alunni"] if row["id"] == pupil)
    return f"{row['cognome']} {row['nome']}"


def write_workbook(path: Path, sheets: Mapping[str, list[list[Any]]]) -> None:
    """Write cells as a workbook; formulas are left without a computed value, save those that give an error."""
    book = xlsxwriter.Workbook(path, {"default_date_format": "dd/mm/yyyy"})
    book.set_properties({"created": datetime(2026, 1, 1)})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                if isinstance(cell, str) and cell.startswith("="):
                    sheet.write_formula(r, c, cell, value="#N/A" if cell == "=NA()" else "")
                elif isinstance(cell, datetime):
                    sheet.write_datetime(r, c, cell)
                elif isinstance(cell, str):
                    sheet.write_string(r, c, cell)
                elif cell is not None:
                    sheet.write(r, c, cell)
    book.close()
    _forget_values(path)


def _forget_values(path: Path) -> None:
    """Take the empty values of formulas out, as programs that write formulas without computing them do."""
    with zipfile.ZipFile(path) as old:
        parts = [(info, old.read(info)) for info in old.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for info, data in parts:
            new.writestr(info, data.replace(b' t="str"><f>', b"><f>").replace(b"</f><v></v>", b"</f>"))


_MESSY = """# confusa: a spreadsheet as it comes

60 pupils, 3 classes, in one workbook, `scuola.xlsx`, with {number} mistakes of every kind. The rest is good, though
written in the many ways people write: headers with blanks, capitals and accents, dates as dates, `07/08/2015`,
`2015-08-07` or `07.08.2015`, `sì`, `x`, `SI`, `1` or `vero`, marks as numbers or as `7,5`. The regulation is right.

What to look for: `classi check instances/confusa` lists all of it at once, each with sheet, row, column, value, what is
expected and the nearest valid value, and ends with code 2; nothing of what is good is complained about.

Everybody is invented. Made by `python instances/make.py confusa` (needs classi installed), this page included.

| sheet | row | column | cell | what is wrong | kind |
|---|---|---|---|---|---|
{table}
"""


def _messy_readme(sheets: Mapping[str, list[list[Any]]]) -> str:
    """Describe the messy workbook, mistake by mistake."""
    lines = []
    for m in MISTAKES:
        cell = sheets[m.sheet][m.row - 1][column_of(sheets[m.sheet], m)]
        shown = f"{cell:%d/%m/%Y} (a date)" if isinstance(cell, datetime) else "" if cell is None else f"`{cell}`"
        lines.append(
            f"| {m.sheet} | {m.row} | {m.column} | {shown} | {m.why} | {'warning' if m.warning else 'error'} |"
        )
    return _MESSY.format(number=len(MISTAKES), table="\n".join(lines))


def _tables(name: str, make: Callable[[], Rows], folder: Path) -> None:
    write_case(folder / name, make(), overwrite=True)


def _school(name: str, make: Callable[[], Generated], folder: Path) -> None:
    made = make()
    write_case(folder / name, made.rows, overwrite=True)
    (folder / name / "regolamento.toml").write_text(made.regulation, encoding="utf-8", newline="\n")


def _workbook(name: str, folder: Path) -> None:
    (folder / name).mkdir(parents=True, exist_ok=True)
    sheets = confusa()
    write_workbook(folder / name / "scuola.xlsx", sheets)
    (folder / name / "README.md").write_text(_messy_readme(sheets), encoding="utf-8", newline="\n")


SCHOOLS: dict[str, Callable[[Path], None]] = {
    "primaria-modulo-tempopieno": lambda folder: _tables("primaria-modulo-tempopieno", primaria, folder),
    "secondaria-due-plessi": lambda folder: _tables("secondaria-due-plessi", secondaria, folder),
    "superiore-riformazione": lambda folder: _tables("superiore-riformazione", superiore, folder),
    "difficile": lambda folder: _school("difficile", difficile, folder),
    "impossibile": lambda folder: _school("impossibile", impossibile, folder),
    "confusa": lambda folder: _workbook("confusa", folder),
}


def main(names: list[str], folder: Path = HERE) -> None:
    """Make the named schools, or all."""
    for name in names or SCHOOLS:
        SCHOOLS[name](folder)


if __name__ == "__main__":
    main(sys.argv[1:])
