"""The public draw: commit to the pool, reveal the numbers of a public source, anybody recomputes the result.

The procedure is that of RFC 3797 (publish the pool, the algorithm and a future public source; then its numbers and the
result) with HKDF-SHA-256 in place of MD5. A draw is two files of one folder: ``<name>.json``, which may be published,
and ``<name>.riservato.json``, which tells whose each label is. `tools/verify_draw.pl` recomputes the first without any
of this code.
"""

from classi.draw.acts import annul, commit, positions, read_draw, reveal, verify_public
from classi.draw.asked import draw_name, parse_numbers
from classi.draw.record import Annulment, Committed, Draw, Public, Reveal

__all__ = [
    "Annulment",
    "Committed",
    "Draw",
    "Public",
    "Reveal",
    "annul",
    "commit",
    "draw_name",
    "parse_numbers",
    "positions",
    "read_draw",
    "reveal",
    "verify_public",
]
