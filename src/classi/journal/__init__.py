"""Recorded decisions and corrections: ``decisioni.jsonl``, in the case's folder or beside its workbook.

One JSON object a line, only ever added to, each holding the SHA-256 of the line before: a line changed, taken away or
put in shows. (Lines taken away from the end do not: the SHA-256 of the whole file in the certificate tells.) A decision
is undone by another entry, never by taking it out.

Kinds and their data: `correzione` (id, changes, before), `punti` (id, title, points), `ammissione_ds` (id, round,
option), `esclusione` (id), `reclamo` (id, outcome, entry), `definitiva` (round), `rinuncia` (id), `ritiro` (id),
`decadenza` (id, absent_days), `subentro` (id, class, after), `trasferimento` (id, class), `rinuncia_corso`
(id, round), `subentro_corso` (id, round, seat, class, after), `iscrizione` (id, class; moves: the class of others who
were moved for it), `scambio` (id, other, class, other_class), `riformazione` (moves: the new class of each),
`annullamento` (entry). Those by which somebody leaves, comes or changes class may have besides: ground (its id in the
regulation), exceptional (the written reason), papers (what was handed in).
"""

from classi.journal.entries import FREEING, FROZEN, JOURNAL, KINDS, LEAVING, OUTCOMES, Entry, Journal
from classi.journal.files import append, journal_path, propose, read_journal

__all__ = [
    "FREEING",
    "FROZEN",
    "JOURNAL",
    "KINDS",
    "LEAVING",
    "OUTCOMES",
    "Entry",
    "Journal",
    "append",
    "journal_path",
    "propose",
    "read_journal",
]
