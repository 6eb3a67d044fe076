"""The auditor: reads the files again with a reader of its own, and counts every rule again with a count of its own.

It knows neither the solver nor the algebra nor the reader of the tables: a mistake in one of them cannot hide itself.
"""

from classi.audit.count import Audit, Audited, audit_ledger, compare_with_certificate, with_implicit_rows
from classi.audit.files import ledger_from_rows, read_ledger
from classi.audit.result import audit_files

__all__ = [
    "Audit",
    "Audited",
    "audit_files",
    "audit_ledger",
    "compare_with_certificate",
    "ledger_from_rows",
    "read_ledger",
    "with_implicit_rows",
]
