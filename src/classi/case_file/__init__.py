"""The working file of a commission: one SQLite file a case, only ever added to, provable, and erasable.

Each act is an event, and hangs on the one before by its hash (`classi.case_file.events`). Kinds and their data:
`creata` (name), `ingressi` (files: SHA-256 by name), `divisione` (split, from, inputs, placed, certificate, files),
`modifica` (the same, and moves, ground, price), `scelta` (split), `blocco` (split, places: class by pupil), `sblocco`
(ids), `deroga` (rule, class, limit, reason), `decisione` (subject, and more), `firma` (role, name, document: SHA-256),
`annullamento` (entry), `copia` and `esportazione` (to, sha256), `cancellazione` (events, contents, bytes, copies),
`controllo` (of, searched, tried, before, found). ``inputs`` is the number of the event with the data a split was made
for.

The package knows neither cases nor rules: contents are bytes, states are names and hashes.
"""

from classi.case_file.acts import CaseFile
from classi.case_file.events import Event
from classi.case_file.export import open_export
from classi.case_file.purge import Purged, said_time
from classi.case_file.state import State, StoredSplit, replay
from classi.case_file.verify import verify
from classi.case_file.words import describe, kind_words

__all__ = [
    "CaseFile",
    "Event",
    "Purged",
    "State",
    "StoredSplit",
    "describe",
    "kind_words",
    "open_export",
    "replay",
    "said_time",
    "verify",
]
