"""Which files are a case: a folder with csv tables, a folder with one workbook, or the workbook itself."""

from __future__ import annotations

from pathlib import Path

from classi.errors import InputError, Problem
from classi.i18n import _
from classi.tables.columns import LAYOUTS, layout_names, squash
from classi.tables.nearest import Nearest

WORKBOOKS = (".xlsx", ".ods")
NOT_READ = (".xls", ".xlsm", ".xlsb", ".numbers")
# What classi itself writes, in case results were put beside the data.
OUTPUTS = frozenset(
    {"assegnazioni", "graduatorie", "graduatorieiniziali", "listaattesa", "rifiuti", "parita", "codici"}
)
OUTPUT_WORKBOOK, CERTIFICATE = "classi.xlsx", "certificato.json"


def case_files(path: Path) -> tuple[list[Path], list[Problem]]:
    """Return the files to read, and a warning for each csv file that is no table.

    Raises
    ------
    InputError
        When there is nothing to read, or it is not clear what.
    """
    if not path.exists():
        near = Nearest(p.name for p in path.parent.iterdir())(path.name) if path.parent.is_dir() else ""
        message = _("There is no such file or folder: {file}.").format(file=path.name)
        raise InputError([Problem(message, path.name, hint=near)])
    if not path.is_dir():
        return [_workbook(path)], []
    files = sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith((".", "~")))
    csv = [p for p in files if p.suffix.casefold() == ".csv" and squash(p.stem) not in OUTPUTS]
    tables = [p for p in csv if squash(p.stem) in layout_names()]
    books = [p for p in files if p.suffix.casefold() in WORKBOOKS and not _is_output(p)]
    if (books and tables) or len(books) > 1:
        names = ", ".join(p.name for p in [*books, *tables])
        message = _("It is not clear which files are the case ({files}): keep the csv files or one workbook.")
        raise InputError([Problem(message.format(files=names), path.name)])
    if not books and not tables:
        raise InputError(_nothing(path, files))
    return books or tables, [_left_aside(p) for p in csv if p not in tables]


def tables_in(file: Path) -> set[str]:
    """Return the names of the tables that a file may hold."""
    if file.suffix.casefold() in WORKBOOKS:
        return {layout.name for layout in LAYOUTS}
    layout = layout_names().get(squash(file.stem))
    return {layout.name} if layout else set()


def nearest_table(name: str) -> str:
    """Return the table whose name is most like `name`, or an empty string."""
    return Nearest(layout.name for layout in LAYOUTS)(name)


def _workbook(path: Path) -> Path:
    suffix = path.suffix.casefold()
    if suffix in WORKBOOKS:
        return path
    if suffix in NOT_READ:
        raise InputError([_not_read(path)])
    message = _("A case is a folder with the tables, or a workbook .xlsx or .ods: this is neither.")
    hint = str(path.parent.name) if suffix == ".csv" else ""
    raise InputError([Problem(message, path.name, hint=hint)])


def _nothing(path: Path, files: list[Path]) -> list[Problem]:
    old = [_not_read(p) for p in files if p.suffix.casefold() in NOT_READ]
    near = next((p.name for p in files if p.suffix.casefold() == ".csv" and nearest_table(p.stem)), "classi template")
    message = _("The folder holds no table: alunni.csv and classi.csv, or a workbook, are needed.")
    return old or [Problem(message, path.name, hint=near)]


def _not_read(path: Path) -> Problem:
    message = _("The file {file} is of a kind that is not read: save it as .xlsx, .ods or .csv.")
    return Problem(message.format(file=path.name), path.name)


def _left_aside(path: Path) -> Problem:
    message = _("“{name}” is not the name of a table: it is left aside.").format(name=path.stem)
    return Problem(message, path.name, hint=nearest_table(path.stem), warning=True)


def _is_output(path: Path) -> bool:
    return path.name == OUTPUT_WORKBOOK and path.with_name(CERTIFICATE).exists()
