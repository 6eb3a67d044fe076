"""The file outside: encrypted with age, so that it can travel."""

from __future__ import annotations

import importlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classi.case_file.schema import connected, refusal, refuse_existing, spoken
from classi.durable import PRIVATE, write_atomic
from classi.i18n import _


def encrypted(path: Path, recipients: Sequence[str], passphrase: str, wait: float) -> bytes:
    """Return the case file encrypted with age; no readable copy touches the disk.

    Parameters
    ----------
    recipients : public keys (``age1…``); whoever has one of the private keys can open it.
    passphrase : used when there are no recipients.

    Raises
    ------
    InputError
        When the library is not installed, a key is none, or there is neither key nor passphrase.
    """
    pyrage = _pyrage(path)
    if bool(recipients) == bool(passphrase):
        raise refusal(path, _("Either public keys or a passphrase are expected."))
    try:
        keys = [pyrage.x25519.Recipient.from_str(key.strip()) for key in recipients]
    except pyrage.RecipientError:
        raise refusal(path, _("A public key of age is expected: it begins with age1.")) from None
    with connected(path, wait) as connection:
        connection.execute("BEGIN IMMEDIATE")  # nobody writes while the pages are read
        content = connection.serialize()
        connection.execute("ROLLBACK")
    return bytes(pyrage.encrypt(content, keys) if keys else pyrage.passphrase.encrypt(content, passphrase))


def open_export(source: str | Path, to: str | Path, *, identity: str = "", passphrase: str = "") -> None:
    """Write the case file that an export holds.

    Parameters
    ----------
    source, to : the export, and the case file to write.
    identity : the text of a file of private keys of age (lines ``AGE-SECRET-KEY-…``); or else
    passphrase : as given at the export.

    Raises
    ------
    InputError
        When the key or passphrase is wrong, or what comes out is no case file; nothing is left then.
    """
    source, to = Path(source), Path(to)
    pyrage = _pyrage(source)
    refuse_existing(to)
    keys = [line.strip() for line in identity.splitlines() if line.strip().upper().startswith("AGE-SECRET-KEY-")]
    try:
        if keys:
            identities = [pyrage.x25519.Identity.from_str(key) for key in keys]
            content = pyrage.decrypt(source.read_bytes(), identities)
        else:
            content = pyrage.passphrase.decrypt(source.read_bytes(), passphrase)
    except (pyrage.DecryptError, pyrage.IdentityError):
        text = _("It cannot be opened with this key or passphrase, or was changed on the way.")
        raise refusal(source, text) from None
    _check(source, content)
    write_atomic(to, content, PRIVATE)


def _check(source: Path, content: bytes) -> None:
    """Refuse a content that is no database; `connected` says the rest when the file is opened."""
    with spoken(source):
        memory = sqlite3.connect(":memory:")
        try:
            memory.deserialize(content)
            memory.execute("SELECT count(*) FROM events").fetchone()
        finally:
            memory.close()


def _pyrage(path: Path) -> Any:
    try:
        return importlib.import_module("pyrage")  # an optional extra
    except ImportError:
        text = _('For encryption one more package is needed: pip install "classi[age]"')
        raise refusal(path, text) from None
