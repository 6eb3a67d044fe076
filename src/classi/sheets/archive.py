"""Opens a workbook's zip without trusting it: its parts are measured and inflated piece by piece, never written out."""

from __future__ import annotations

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from classi.i18n import _

MAX_PARTS = 2_000
MAX_DIRECTORY = 1_000_000
MAX_INFLATED = 100_000_000
MAX_RATIO = 250
_SMALL = 2_000_000
_PIECE = 1 << 18
_END = b"PK\x05\x06"
_END_SIZE = 22


class Refused(Exception):
    """The workbook cannot be read; the text says why."""


@dataclass
class Archive:
    """The parts of a zip, by name, and how much may still be inflated.

    Attributes
    ----------
    data : the whole file.
    parts : every part by name.
    deadline : `time.monotonic` after which the work is given up.
    left : bytes that may still be inflated.
    """

    data: bytes
    parts: dict[str, zipfile.ZipInfo]
    deadline: float
    left: int = MAX_INFLATED

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield the content of a part, piece by piece.

        Raises
        ------
        Refused
            When the part is damaged, inflates beyond measure, or the time is over.
        """
        part = self.parts[name]
        size = 0
        for piece in _inflated(self.data, part):
            size += len(piece)
            self.left -= len(piece)
            if self.left < 0 or (size > _SMALL and size > MAX_RATIO * max(1, part.compress_size)):
                raise Refused(_("Its content, once unpacked, is far too large for a table of pupils."))
            if time.monotonic() > self.deadline:
                raise Refused(_("Reading it takes too long: it has been given up."))
            yield piece
        if size != part.file_size:
            raise Refused(damaged())


def damaged() -> str:
    """Return the sentence for a file that is not the workbook it says it is."""
    return _("It is damaged, or it is not a workbook: open it in a spreadsheet program and save it again as .xlsx.")


def open_archive(data: bytes, deadline: float) -> Archive:
    """List the parts of a zip.

    Raises
    ------
    Refused
        When it is no zip, or one with too many parts, hidden, doubled, absolute or encrypted ones.
    """
    _measure_directory(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, struct.error):
        raise Refused(damaged()) from None
    names = [part.filename for part in parts]
    if len(parts) > MAX_PARTS:
        raise Refused(_("It has too many parts inside to be a workbook."))
    if len(set(names)) != len(names) or any(_outside(name) for name in names):
        raise Refused(_("It is not a proper workbook: the names of its parts are doubled or lead outside it."))
    if any(part.flag_bits & 1 for part in parts):
        raise Refused(_("It is protected by a password: save it without one."))
    return Archive(data, dict(zip(names, parts, strict=True)), deadline)


def _measure_directory(data: bytes) -> None:
    # zipfile reads the whole list of parts into memory: its length is looked at first. The place of the end record is
    # found as zipfile finds it; the 64-bit variant serves only files far beyond our size.
    start = len(data) - _END_SIZE
    if start < 0 or not (data.startswith(_END, start) and data.endswith(b"\0\0")):
        start = data.rfind(_END, max(0, len(data) - _END_SIZE - 0xFFFF))
    if start < 0 or len(data) < start + _END_SIZE:
        raise Refused(damaged())
    (size,) = struct.unpack_from("<L", data, start + 12)
    if size > MAX_DIRECTORY or data.startswith(b"PK\x06\x07", max(0, start - 20)):
        raise Refused(_("It has too many parts inside to be a workbook."))


def _outside(name: str) -> bool:
    return name.startswith(("/", "\\")) or ":" in name or ".." in name.replace("\\", "/").split("/")


def _inflated(data: bytes, part: zipfile.ZipInfo) -> Iterator[bytes]:
    # Not ZipFile.open: it stops at the size the directory declares, other programs go on to the end of the stream.
    header = data[part.header_offset : part.header_offset + 30]
    if part.header_offset < 0 or len(header) < 30 or not header.startswith(b"PK\x03\x04"):
        raise Refused(damaged())
    name, extra = struct.unpack_from("<HH", header, 26)
    start = part.header_offset + 30 + name + extra
    packed = memoryview(data)[start : start + part.compress_size]
    if len(packed) != part.compress_size or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused(damaged())
    if part.compress_type == zipfile.ZIP_STORED:
        for at in range(0, len(packed), _PIECE):
            yield bytes(packed[at : at + _PIECE])
        return
    yield from _unpacked(packed)


def _unpacked(packed: memoryview) -> Iterator[bytes]:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for at in range(0, len(packed), _PIECE):
            feed: bytes | memoryview = packed[at : at + _PIECE]
            while feed and not stream.eof:
                yield stream.decompress(feed, _PIECE)
                feed = stream.unconsumed_tail
        yield stream.flush()
    except zlib.error:
        raise Refused(damaged()) from None
    if not stream.eof:
        raise Refused(damaged())
