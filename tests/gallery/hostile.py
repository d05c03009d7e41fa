"""Picture files made by hand, byte by byte, so that tests know what must come out without asking a decoder."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
"""Colour types of PNG."""


def chunk(kind: bytes, content: bytes) -> bytes:
    """A PNG chunk with its checksum."""
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png(
    row: bytes,
    *,
    depth: int = 8,
    colour: int = GREY,
    size: tuple[int, int] = (16, 16),
    before: bytes = b"",
    rows: int | None = None,
    behind: bytes = b"",
) -> bytes:
    """A PNG whose rows are all `row`; `before` goes before the pixels, and the pixels may have fewer `rows` than it says."""
    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0)
    pixels = zlib.compress((b"\0" + row) * (size[1] if rows is None else rows), 9)
    return b"".join(
        (
            SIGNATURE,
            chunk(b"IHDR", header),
            before,
            chunk(b"IDAT", pixels),
            behind,
            chunk(b"IEND", b""),
        )
    )


def saved(image: Image.Image, format: str, **options: Any) -> bytes:
    """The picture as Pillow writes it."""
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def exif(orientation: int, *, order: str = ">", gps: bool = False) -> bytes:
    """An EXIF block with an orientation and, if wished, a place: a pointer to a second directory with a latitude."""
    head = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(order + "I", 8)
    entries = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    if not gps:
        return b"Exif\0\0" + head + struct.pack(order + "H", 1) + entries + bytes(4)
    entries += struct.pack(order + "HHII", 0x8825, 4, 1, 38)
    place = struct.pack(order + "HHHI4s", 1, 1, 2, 2, b"N\0\0\0") + bytes(4)
    return b"Exif\0\0" + head + struct.pack(order + "H", 2) + entries + bytes(4) + place


def animated_webp(first: Image.Image, frames: int, other: bytes) -> bytes:
    """A WebP whose first frame is a picture and all others are these bytes."""
    still = saved(first, "WEBP", lossless=True)[12:]
    width, height = (struct.pack("<I", side - 1)[:3] for side in first.size)

    def part(kind: bytes, content: bytes) -> bytes:
        return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)

    place = bytes(6) + width + height + b"\x28\0\0\0"
    body = part(b"VP8X", b"\x02\0\0\0" + width + height) + part(b"ANIM", bytes(6))
    body += part(b"ANMF", place + still)
    body += part(b"ANMF", place + part(b"VP8L", other)) * (frames - 1)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body
