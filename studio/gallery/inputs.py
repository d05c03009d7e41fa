"""Keeps the pictures and masks that go into recipes, each once, under the hash of its pixels.

    <home>/inputs/3f/3f2a9c....png

A recipe names its inputs by this hash, so it stays plain JSON and still decides every pixel. What is given out is what was
put in: the hash is checked again.
"""

import hashlib
import re
import threading
from pathlib import Path

from PIL import Image

from studio.core.errors import GalleryError, PictureError
from studio.gallery import files
from studio.gallery.headers import inspected
from studio.gallery.home import cause
from studio.gallery.intake import bare, decoded, refuse_size

COMPRESSION = 1
"""zlib level: inputs wait for nobody's eye, the person waits for them."""

REMEMBERED = 4096 * 4096 * 4
"""Bytes of pixels kept in memory: the largest picture and its mask. A wish asks for its inputs again and again."""

_NAME = re.compile(r"sha256:([0-9a-f]{64})")
_FOLDER = re.compile(r"[0-9a-f]{2}")
_LARGEST_FILE = 64 * 2**20
"""Bytes; the largest picture that is taken has 48 MiB of pixels."""


class Inputs:
    """The inputs of one home. Many threads may use it, and several processes at once."""

    def __init__(self, home: Path) -> None:
        """Opens a home and clears what killed processes left unfinished; makes no folder yet."""
        self.folder = home / "inputs"
        self._lock = threading.Lock()
        self._recent: dict[str, Image.Image] = {}
        for name in files.names(self.folder, _FOLDER):
            files.clear_unfinished(self.folder / name)

    def put(self, image: Image.Image) -> str:
        """Keeps a picture (RGB) or mask (L); what is there already is not written again, unless it is damaged.

        Returns: Its name, "sha256:" and 64 hex digits.
        Raises: GalleryError when the disk refuses; PictureError when it is too large or too thin; ValueError for another mode.
        """
        if image.mode not in ("RGB", "L"):
            raise ValueError(f"an input is RGB or L, got {image.mode}")
        refuse_size(*image.size)
        name = content_hash(image)
        try:
            self._read(name)
        except GalleryError:
            self._write(self._path(name), image)
        self._remember(name, bare(image))
        return name

    def get(self, name: str) -> Image.Image:
        """The picture or mask of that name.

        Raises: GalleryError when the name is none, or the file is missing, unreadable or not what was put in.
        """
        with self._lock:
            image = self._recent.get(name)
        if image is None:
            image = self._read(name)
        self._remember(name, image)
        return image.copy()

    def _remember(self, name: str, image: Image.Image) -> None:
        """Keeps it in memory as the newest; the oldest go when there is no more room."""
        with self._lock:
            self._recent.pop(name, None)
            self._recent[name] = image
            size = sum(map(_bytes, self._recent.values()))
            while size > REMEMBERED:
                size -= _bytes(self._recent.pop(next(iter(self._recent))))

    def _read(self, name: str) -> Image.Image:
        path = self._path(name)
        try:
            with path.open("rb") as file:
                data = file.read(_LARGEST_FILE)
        except FileNotFoundError:
            raise GalleryError(
                "The picture this starts from is not here any more ({name}).",
                hint="Choose the picture again.",
                name=name[:15],
            ) from None
        except OSError as error:
            raise GalleryError(
                f"The picture this starts from cannot be read: {cause(error)}.",
                hint="Choose the picture again.",
            ) from error
        try:
            image = decoded(inspected(data))
        except PictureError as error:
            raise _damaged(name) from error
        if content_hash(image) != name:
            raise _damaged(name)
        return image

    def _path(self, name: str) -> Path:
        match = _NAME.fullmatch(name)
        if match is None:
            raise GalleryError(
                "{name} names no picture.",
                hint="Choose the picture again.",
                name=repr(name[:40]),
            )
        return self.folder / match[1][:2] / f"{match[1]}.png"

    def _write(self, path: Path, image: Image.Image) -> None:
        pixels = bare(image)
        try:
            files.write_whole(
                path, lambda file: pixels.save(file, "PNG", compress_level=COMPRESSION)
            )
        except OSError as error:
            raise GalleryError(
                f"The picture could not be kept in {{folder}}: {cause(error)}.",
                hint="Make room or allow writing there, then choose the picture again.",
                folder=str(self.folder),
            ) from error


def content_hash(image: Image.Image) -> str:
    """SHA-256 of a picture's mode, size and pixels, as a recipe writes it."""
    digest = hashlib.sha256(f"{image.mode}:{image.width}x{image.height}:".encode())
    digest.update(image.tobytes())
    return f"sha256:{digest.hexdigest()}"


def _bytes(image: Image.Image) -> int:
    return image.width * image.height * len(image.getbands())


def _damaged(name: str) -> GalleryError:
    return GalleryError(
        "The picture this starts from was damaged on disk ({name}).",
        hint="Choose the picture again.",
        name=name[:15],
    )
