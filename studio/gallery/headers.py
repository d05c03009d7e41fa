"""What a picture file says of itself before a single pixel is unpacked, and the file again with nothing else in it.

A file may come from anyone. So the three formats are walked here, with bounds, and the decoder is handed a file that holds
only what the pixels need: no text, no EXIF, no profile, no second picture, nothing behind the end.

Sources: PNG Specification, Third Edition, sections 5 and 11; ITU-T T.81, annex B (JPEG); RFC 9649 (WebP); CIPA DC-008 (EXIF).
"""

import re
import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import NoReturn

from studio.core.errors import PictureError
from studio.gallery import chunks

MAX_PROFILE = 2 * 2**20
"""Bytes of a colour profile, unpacked; those of printing presses have half a megabyte, others a few kilobytes."""

MAX_PARTS = 20_000
"""Segments before the pixels of a JPEG, or chunks of a WebP, looked at before giving up."""

MAX_SCANS = 64
"""Passes over a progressive JPEG; encoders make about ten, and each may cost a whole picture's work."""


@dataclass(frozen=True, slots=True)
class Header:
    """A picture file, looked at.

    Attributes:
        format: "PNG", "JPEG" or "WEBP".
        width: Pixels, as stored.
        height: Pixels, as stored.
        data: The file with nothing in it but what the pixels need; for WebP as it came.
        orientation: EXIF's 1 to 8; 1 = upright.
        profile: ICC colour profile; empty when there is none or it is too large.
        animated: There is more than one picture in it.
        keywords: Of the text chunks of a PNG.
    """

    format: str
    width: int
    height: int
    data: bytes
    orientation: int = 1
    profile: bytes = b""
    animated: bool = False
    keywords: frozenset[bytes] = frozenset()


def inspected(data: bytes) -> Header:
    """The header of a PNG, JPEG or WebP file, told by its content.

    Raises: PictureError when it is none of them, ends too early or is damaged.
    """
    if not data:
        raise PictureError(
            "This file is empty.", hint="Choose another one, or save the picture again."
        )
    if data.startswith(chunks.SIGNATURE):
        return _png(data)
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp(data)
    raise PictureError(
        "Not a PNG, JPEG or WebP image.",
        hint="Open it in another program and save it as PNG, then try again.",
    )


def refuse_early_end() -> NoReturn:
    """Says that the file stops before the picture does."""
    raise PictureError("The image is damaged (ends too early).", hint="Please re-export it.")


def refuse_damaged(why: str) -> NoReturn:
    """Says that the file breaks its format's rules; `why` is a few plain words."""
    raise PictureError("The image is damaged ({why}).", hint="Please re-export it.", why=why)


# ---- PNG

_IHDR = struct.Struct(">IIBBBBB")
_GREY, _RGB, _PALETTE = 0, 2, 3


def _png(data: bytes) -> Header:
    """Keeps IHDR, PLTE, tRNS, IDAT and IEND. The frames of an APNG are in chunks of their own, so none but the first is left."""
    file = BytesIO(data)
    file.seek(len(chunks.SIGNATURE))
    kept: dict[bytes, list[bytes]] = {kind: [] for kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT")}
    other: dict[bytes, bytes] = {}
    keywords = set()
    for chunk in chunks.walk(file):
        if chunk.start + chunk.length + 4 > len(data):
            refuse_early_end()
        if chunk.kind in kept:
            held = chunks.content(file, chunk)
            if held is None:
                refuse_damaged("a checksum is wrong")
            kept[chunk.kind].append(held)
        elif chunk.kind in (b"eXIf", b"iCCP", b"acTL") and chunk.length <= MAX_PROFILE:
            other.setdefault(chunk.kind, chunks.content(file, chunk) or b"")
        elif chunk.kind in chunks.TEXTS:
            keywords.add(chunks.keyword(file, chunk))
        elif chunk.kind == b"IEND":
            break
    else:
        if file.tell() < len(data):
            refuse_damaged("it has too many parts")
        refuse_early_end()
    if [len(content) for content in kept[b"IHDR"]] != [_IHDR.size] or not kept[b"IDAT"]:
        refuse_damaged("a part is missing")
    width, height, depth, colour, *_ = _IHDR.unpack(kept[b"IHDR"][0])
    kept[b"PLTE"] = kept[b"PLTE"][:1]
    if colour == _PALETTE and not any(kept[b"PLTE"]):
        refuse_damaged("its palette is missing")
    kept[b"tRNS"] = [_key(key, depth, colour) for key in kept[b"tRNS"][:1]]
    return Header(
        "PNG",
        width,
        height,
        chunks.SIGNATURE
        + b"".join(_chunk(kind, content) for kind in kept for content in kept[kind])
        + _chunk(b"IEND", b""),
        orientation=_orientation(other.get(b"eXIf", b"")),
        profile=_unpacked_profile(other.get(b"iCCP", b"")),
        animated=other.get(b"acTL", b"")[:4] > b"\0\0\0\1",
        keywords=frozenset(keywords),
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def _key(key: bytes, depth: int, colour: int) -> bytes:
    """The transparent colour in 8 bits, as Pillow has the pixels; it would compare it with them unscaled."""
    if colour not in (_GREY, _RGB) or depth in (1, 8):
        return key
    samples = struct.unpack(f">{len(key) // 2}H", key[: len(key) // 2 * 2])
    scaled = [v >> 8 if depth == 16 else v * 255 // (2**depth - 1) & 0xFF for v in samples]
    return struct.pack(f">{len(scaled)}H", *scaled)


def _unpacked_profile(content: bytes) -> bytes:
    """The profile in an iCCP chunk: name, 0, method 0, zlib stream."""
    try:
        return chunks.unpacked(content.partition(b"\0")[2][1:], MAX_PROFILE) or b""
    except zlib.error:
        return b""


# ---- JPEG

_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_NEEDED = _SOF | {0xC4, 0xCC, 0xDB, 0xDD, 0xE0, 0xEE}
"""Frame, tables, restart interval, and the two notes (JFIF, Adobe) that say how the colours are meant."""

_ALONE = frozenset(range(0xD0, 0xD8)) | {0x01}
_MARKER = re.compile(rb"\xff([^\xff\x00])")


def _jpeg(data: bytes) -> Header:
    """Keeps what `_NEEDED` lists and the pixels, up to the first end of image: some cameras and phones append more."""
    kept, profile = [data[:2]], []
    size, orientation, at = (0, 0), 1, 2
    for _ in range(MAX_PARTS):
        marker = _MARKER.search(data, at)
        if marker is None:
            refuse_early_end()
        kind, at = marker[1][0], marker.end()
        if kind in _ALONE:
            continue
        if kind in (0xD8, 0xD9):
            refuse_damaged("there are no pixels in it")
        length = int.from_bytes(data[at : at + 2], "big")
        if kind == 0xDA:
            break
        if at + max(length, 2) > len(data):
            refuse_early_end()
        content = data[at + 2 : at + length]
        if kind in _SOF and len(content) >= 5:
            height, width = struct.unpack_from(">HH", content, 1)
            size = (width, height)
        elif kind == 0xE1 and content.startswith(b"Exif\0\0"):
            orientation = _orientation(content)
        elif kind == 0xE2 and content.startswith(b"ICC_PROFILE\0"):
            profile.append(content[12:])
        if kind in _NEEDED:
            kept.append(b"\xff" + bytes([kind]) + data[at : at + length])
        at += max(length, 2)
    else:
        refuse_damaged("it has too many parts")
    end = data.find(b"\xff\xd9", at)
    pixels = data[at - 2 : end + 2 if end >= 0 else len(data)]
    if pixels.count(b"\xff\xda") > MAX_SCANS:
        refuse_damaged("it has too many passes")
    # A profile of over 64 KB comes in parts: each says which one it is, counted from 1, and of how many.
    whole = b"".join(part[2:] for part in sorted(profile))
    return Header(
        "JPEG",
        *size,
        b"".join([*kept, pixels]),
        orientation=orientation,
        profile=whole if len(whole) <= MAX_PROFILE else b"",
    )


# ---- WebP


def _webp(data: bytes) -> Header:
    """The decoder reads a WebP whole but unpacks its first frame only, so the file is passed on as it came."""
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        refuse_early_end()
    found: dict[bytes, bytes] = {}
    at = 12
    for _ in range(MAX_PARTS):
        if at + 8 > end:
            break
        kind, length = struct.unpack_from("<4sI", data, at)
        if at + 8 + length > end:
            refuse_early_end()
        if kind in (b"EXIF", b"ICCP") and length <= MAX_PROFILE:
            found.setdefault(kind, data[at + 8 : at + 8 + length])
        elif kind in (b"VP8X", b"VP8 ", b"VP8L"):
            found.setdefault(kind, data[at + 8 : at + 8 + min(length, 16)])
        at += 8 + length + length % 2
    extended = found.get(b"VP8X", b"")
    width, height = _webp_size(found)
    return Header(
        "WEBP",
        width,
        height,
        data[:end],
        orientation=_orientation(found.get(b"EXIF", b"")),
        profile=found.get(b"ICCP", b""),
        animated=bool(extended) and bool(extended[0] & 0x02),
    )


def _webp_size(found: dict[bytes, bytes]) -> tuple[int, int]:
    if len(extended := found.get(b"VP8X", b"")) >= 10:
        return (
            1 + int.from_bytes(extended[4:7], "little"),
            1 + int.from_bytes(extended[7:10], "little"),
        )
    if len(lossless := found.get(b"VP8L", b"")) >= 5:
        bits = int.from_bytes(lossless[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if len(lossy := found.get(b"VP8 ", b"")) >= 10:
        width, height = struct.unpack_from("<HH", lossy, 6)
        return width & 0x3FFF, height & 0x3FFF
    refuse_damaged("a part is missing")


# ---- EXIF

_ORIENTATION, _SHORT, _MAX_TAGS = 0x0112, 3, 500


def _orientation(exif: bytes) -> int:
    """The orientation EXIF tells, 1 to 8; upright when it tells none or is broken. Nothing else is read."""
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (offset,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, offset)
        for at in range(offset + 2, offset + 2 + 12 * min(count, _MAX_TAGS), 12):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, at)
            if tag == _ORIENTATION:
                return value if kind == _SHORT and 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1
