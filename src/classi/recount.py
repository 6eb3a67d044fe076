"""The auditor's count of a result, from the files alone. It knows no solver, so that it starts quickly."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classi import resources
from classi.audit import Audit, audit_files, compare_with_certificate
from classi.i18n import _
from classi.ledger import Ledger
from classi.regulation import Regulation
from classi.sheets import read_small

if TYPE_CHECKING:
    import pandas as pd

ASSIGNMENT = "assegnazioni.csv"
CERTIFICATE = "certificato.json"


@dataclass(frozen=True)
class Recount:
    """An independent count of a result.

    Attributes
    ----------
    audit : the count, rule by rule.
    regulation : the rules counted.
    differences : one sentence for everything in which the certificate differs from the files and the count.
    certified : True when a certificate was there to compare with; without one the result was only counted.
    ledger : the auditor's notebook: the rows of the tables, and who is in which class.
    """

    audit: Audit
    regulation: Regulation
    differences: tuple[str, ...]
    certified: bool = False
    ledger: Ledger | None = field(default=None, repr=False, compare=False)

    @property
    def confirmed(self) -> bool:
        """True when every hard rule is kept and the certificate, if there is one, says the same as the files."""
        return self.audit.hard_kept and not self.differences

    def to_frame(self) -> pd.DataFrame:
        """Return a table, one row a rule: number, rule, label, hard, weight, tier, cost."""
        import pandas as pd  # noqa: PLC0415 - half a second that only those who ask should pay

        columns = ["number", "rule", "label", "hard", "weight", "tier", "cost"]
        return pd.DataFrame([[getattr(a, c) for c in columns] for a in self.audit.criteria], columns=columns)

    def findings(self) -> list[str]:
        """Return every finding in a sentence, hard rules first."""
        ordered = sorted(self.audit.criteria, key=lambda a: not a.hard)
        return [self.regulation.criteria[a.number - 1].explain(count) for a in ordered for count in a.findings]


def audit_result(case: str | Path, directory: str | Path) -> Recount:
    """Count every rule again from the files alone, and compare with the certificate when there is one.

    Parameters
    ----------
    case : the case, as for `Case.read`.
    directory : where ``assegnazioni.csv`` (and ``certificato.json``) are.
    """
    case, directory = Path(case), Path(directory)
    audit, ledger, regulation = audit_files(case, directory, resources.models())
    differences = () if audit.admission is None else audit.admission.differences
    if not (directory / CERTIFICATE).exists():
        return Recount(audit, regulation, differences, ledger=ledger)
    differences += _certificate_differences(case, directory, audit)
    return Recount(audit, regulation, differences, certified=True, ledger=ledger)


def read_certificate(directory: Path) -> Mapping[str, Any]:
    """Return the certificate of a result, an empty one where there is none or it cannot be read."""
    try:
        found = json.loads(read_small(directory / CERTIFICATE).decode())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def sha256(file: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    return hashlib.sha256(read_small(file)).hexdigest()


def _certificate_differences(case: Path, directory: Path, audit: Audit) -> tuple[str, ...]:
    try:
        certificate = json.loads(read_small(directory / CERTIFICATE).decode())
        inputs = [str(name) for name in certificate["inputs"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return (_("The certificate cannot be read."),)
    folder = case if case.is_dir() else case.parent
    hashes = {name: sha256(folder / name) for name in inputs if (folder / name).is_file()}
    missing = [_("{file} is missing.").format(file=name) for name in inputs if name not in hashes]
    outputs = sorted({ASSIGNMENT, *(str(name) for name in certificate.get("outputs") or ())})
    hashes |= {name: sha256(directory / name) for name in outputs if (directory / name).is_file()}
    missing += [_("{file} is missing.").format(file=name) for name in outputs if name not in hashes]
    return (*missing, *compare_with_certificate(audit, certificate, hashes))
