"""The program that parses a workbook, run as a process of its own by `classi.sheets.workbook`.

It imports nothing of classi, so that it starts in a few hundredths of a second and can be killed at no cost: the
workbook comes in on standard input, the cells go out on standard output as JSON. Arguments: the folder that holds
`python_calamine`, the most bytes of address space, the most seconds of processor time.

Output: ``{"sheets": [[name, [[row number, [cell, …]], …]], …]}``, where a date is ``["2014-09-01"]``; or
``{"error": code}``.
"""

from __future__ import annotations

import datetime
import io
import json
import sys
from typing import Any

MAX_CHARACTERS = 40_000_000


def bound(memory: int, seconds: int) -> None:
    """Bound what this process may use, where the system can; never leave a memory image (pupils' data) behind."""
    try:
        import resource  # noqa: PLC0415 - absent on Windows

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    except (ImportError, OSError, ValueError):  # the scan made beforehand still bounds sizes
        return


def encode(cell: Any) -> Any:
    """Return a cell as JSON can carry it; an empty one as ``None``."""
    if isinstance(cell, datetime.datetime):
        return [cell.date().isoformat()]
    if isinstance(cell, datetime.date):
        return [cell.isoformat()]
    if isinstance(cell, bool | int | float):
        return cell
    return str(cell) or None


def parse(data: bytes) -> dict[str, Any]:
    """Parse a workbook into sheets, rows and cells; rows keep the number the sheet gives them."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError  # noqa: PLC0415 - path set by main

    left = MAX_CHARACTERS
    sheets = []
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for name in workbook.sheet_names:
            rows = []
            found = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            for number, cells in enumerate(found, 1):
                row = [encode(cell) for cell in cells]
                left -= sum(len(cell) if isinstance(cell, str) else 8 for cell in row if cell is not None)
                if left < 0:
                    return {"error": "size"}
                if any(cell is not None for cell in row):
                    rows.append([number, row])
            sheets.append([name, rows])
    except PasswordError:
        return {"error": "password"}
    except (CalamineError, OSError, ValueError):
        return {"error": "damaged"}
    except MemoryError:
        return {"error": "size"}
    return {"sheets": sheets}


def main(arguments: list[str]) -> None:
    """Run once: standard input to standard output."""
    folder, memory, seconds = arguments
    bound(int(memory), int(seconds))
    sys.path.append(folder)
    data = sys.stdin.buffer.read()
    sys.stdout.write(json.dumps(parse(data)))


if __name__ == "__main__":
    main(sys.argv[1:])
