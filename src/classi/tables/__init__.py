"""The tables of a case: read with every problem at once, written safely, and the empty workbook to start from."""

from classi.tables.check import capacity_problems
from classi.tables.read import Tables, read_case_tables, tables_from_rows
from classi.tables.write import read_assignment, write_assignment, write_case

__all__ = [
    "Tables",
    "capacity_problems",
    "read_assignment",
    "read_case_tables",
    "tables_from_rows",
    "write_assignment",
    "write_case",
]
