"""Other splits to choose among: as good and really different, or the best of another order of the rules.

An *alternative* costs in no tier more than the best split (in the last one a declared tolerance more) and puts as many
pupils as it can in another class than that split and every alternative before. A *profile*'s split is the best of
another order of the same soft rules (`classi.profiles`). Both keep every hard rule and the seats given, are counted by
the auditor and certified by the regulation as it stands, and say what they cost against the best.
"""

from classi.alternatives.asked import BEST, MOST, checked, folders_of
from classi.alternatives.files import refuse_result, summary, write_alternatives
from classi.alternatives.found import Alternative, Alternatives
from classi.alternatives.look import alternatives, time_left

__all__ = [
    "BEST",
    "MOST",
    "Alternative",
    "Alternatives",
    "alternatives",
    "checked",
    "folders_of",
    "refuse_result",
    "summary",
    "time_left",
    "write_alternatives",
]
