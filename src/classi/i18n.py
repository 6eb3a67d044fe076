"""Languages: every sentence people read goes through `_`, Italian by default, English as written in the code."""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LANGUAGES = ("it", "en")
_LOCALE = Path(__file__).parent / "locale"
_current: ContextVar[str] = ContextVar("classi_language", default="it")


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("classi", _LOCALE, languages=[language], fallback=True)


def _(message: str) -> str:
    """Return `message` in the current language."""
    return _catalogue(_current.get()).gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """Return the form of the message that goes with `number`, in the current language."""
    return _catalogue(_current.get()).ngettext(singular, plural, number)


def language() -> str:
    """Return the code of the current language, ``"it"`` or ``"en"``."""
    return _current.get()


@contextmanager
def use_language(code: str) -> Iterator[None]:
    """Speak `code` inside the ``with`` block.

    Raises
    ------
    ValueError
        If `code` is not one of `LANGUAGES`.
    """
    if code not in LANGUAGES:
        raise ValueError(f"unknown language {code!r}: use one of {', '.join(LANGUAGES)}")
    token = _current.set(code)
    try:
        yield
    finally:
        _current.reset(token)
