"""Public class lists with codes only, and a lint for any file a school wants to put on the web.

Codes are made from a secret the school keeps (`read_or_make_secret`, `public_codes`); `write_codes` writes the private
key the secretary tells families their code from; `publish_classes` writes the lists; `lint` looks through any list.
"""

from __future__ import annotations

from classi.publish.codes import check_codes, public_codes, read_or_make_secret, write_codes
from classi.publish.lint import lint
from classi.publish.lists import publish_classes

__all__ = ["check_codes", "lint", "public_codes", "publish_classes", "read_or_make_secret", "write_codes"]
