"""The chunks of a PNG, walked with bounds: a file may come from anyone, so nothing is read or unpacked unasked.

Source: Portable Network Graphics (PNG) Specification, Third Edition, section 5.3.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"

MAX_CHUNKS = 20_000
"""Chunks looked at before giving up; 20 MB in libpng's usual chunks are under 3000."""

TEXTS = (b"tEXt", b"zTXt", b"iTXt")
"""The kinds of chunk that hold a keyword and a text."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: its kind, the bytes it says it has, and where they begin in the file."""

    kind: bytes
    length: int
    start: int


def walk(file: BinaryIO) -> Iterator[Chunk]:
    """The chunks of a file that stands after its signature; content is skipped, not read.

    Whoever walks may read in between. Ends where the file does, or after `MAX_CHUNKS`.
    """
    for _ in range(MAX_CHUNKS):
        header = file.read(8)
        if len(header) < 8:
            break
        length, kind = struct.unpack(">I4s", header)
        start = file.tell()
        yield Chunk(kind, length, start)
        file.seek(start + length + 4)


def keyword(file: BinaryIO, chunk: Chunk) -> bytes:
    """The keyword a text chunk begins with: at most 80 bytes."""
    file.seek(chunk.start)
    return file.read(min(chunk.length, 80)).partition(b"\0")[0]


def content(file: BinaryIO, chunk: Chunk) -> bytes | None:
    """What the chunk holds; None when its checksum says otherwise, or the file ends before it."""
    file.seek(chunk.start)
    held, checksum = file.read(chunk.length), file.read(4)
    return held if checksum == struct.pack(">I", zlib.crc32(chunk.kind + held)) else None


def unpacked(packed: bytes, limit: int) -> bytes | None:
    """What zlib packed, None when it is more than `limit` bytes; never holds more than that.

    Raises: zlib.error when it is no zlib stream.
    """
    unpacker = zlib.decompressobj()
    held = unpacker.decompress(packed, limit)
    return None if unpacker.unconsumed_tail else held
