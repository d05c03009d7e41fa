"""Many pictures as one file, made while it is sent: memory holds one chunk of one picture, however many there are."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from studio.collection import without_recipe
from studio.core.errors import StudioError
from studio.ui.routes import bare_name

CHUNK = 256 * 1024
"""Bytes written at once."""


class _Sent(io.RawIOBase):
    """A file that is only written; what was written is taken away and sent."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: object) -> int:
        self.waiting.append(bytes(content))  # type: ignore[call-overload]
        return len(self.waiting[-1])

    def taken(self) -> bytes:
        content, self.waiting = b"".join(self.waiting), []
        return content


def zipped(pictures: Sequence[tuple[str, Path]], *, bare: bool) -> Iterator[bytes]:
    """A ZIP of these pictures, piece by piece; one that is gone meanwhile is left out.

    Args:
        pictures: Id and file of each.
        bare: Without recipes, and without the words in their names.
    """
    sent = _Sent()
    # PNG is packed already: packing it again would cost time and save nothing.
    with zipfile.ZipFile(sent, "w", zipfile.ZIP_STORED) as archive:
        for picture_id, path in pictures:
            try:
                if bare:
                    archive.writestr(_entry(bare_name(picture_id)), without_recipe(path))
                else:
                    yield from _copied(archive, path, sent)
            except (StudioError, OSError):
                continue
            yield sent.taken()
    yield sent.taken()


def _copied(archive: zipfile.ZipFile, path: Path, sent: _Sent) -> Iterator[bytes]:
    with path.open("rb") as file, archive.open(_entry(path.name), "w", force_zip64=True) as target:
        while chunk := file.read(CHUNK):
            target.write(chunk)
            yield sent.taken()


def _entry(name: str) -> zipfile.ZipInfo:
    # Without a time of its own: nobody learns when it was made.
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.external_attr = 0o644 << 16
    return entry
