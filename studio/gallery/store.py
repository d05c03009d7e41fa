"""Keeps pictures: either the whole file is there, under its name, flushed to disk, or nothing is.

    <home>/2026-11-20/142233-123-seed7-a-lighthouse-by-the-sea-k3j2h4e5f6g7a2b3.png

The day and the time (UTC, to the millisecond) keep the folder in order for a person and for
`newest`; the words are ASCII taken from the prompt, never the prompt itself; the last part is the
picture's id. The files are the truth: there is no index to lose.

Whose picture it is stays out of the file, which people share, and out of its name. For now it lives
in this process only; the index of a later day keeps it on disk. Until then pictures of an earlier
start have no owner.
"""

import base64
import contextlib
import errno
import os
import re
import secrets
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from PIL import Image

from studio.core.errors import GalleryError
from studio.core.recipe import TextToImage
from studio.gallery.home import cause
from studio.gallery.metadata import Made, png_info

COMPRESSION = 4
"""zlib level. 256x256 takes 5 ms at 4, 15 ms at 6; 1024x1024 50 and 120 ms; files grow 2 to 8 %."""

ABANDONED = 600.0
"""Seconds after which an unfinished file belongs to nobody; a save takes well under one."""

_SLUG = 30
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PICTURE = re.compile(r"\d{6}-\d{3}-[a-z0-9-]*-([a-z2-7]{16})\.png")
_UNFINISHED = re.compile(r"\.[a-z2-7]{16}\.part")
_ID = re.compile(r"[a-z2-7]{16}")


def _now() -> datetime:
    return datetime.now(UTC)


def _new_id() -> str:
    """80 random bits, as 16 characters that any file system and any address can hold."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()


class Store:
    """The pictures of one home. Many threads may use it, and several processes at once."""

    def __init__(
        self,
        home: Path,
        *,
        clock: Callable[[], datetime] = _now,
        new_id: Callable[[], str] = _new_id,
    ) -> None:
        """Opens a home and clears what killed processes left unfinished.

        Args:
            home: Folder of the pictures; made at the first save if it is not there.
            clock: Tells the time, with its zone.
            new_id: Makes an unguessable id: 16 characters of base32, lower case.
        """
        self.home = home
        self._clock = clock
        self._new_id = new_id
        self._lock = threading.Lock()
        self._last = datetime.min.replace(tzinfo=UTC)
        self._paths: dict[str, Path] = {}
        self._owners: dict[str, str] = {}
        self._clear_unfinished()

    def save(
        self, image: Image.Image, recipe: TextToImage, made: Made, owner: str
    ) -> tuple[str, Path]:
        """Keeps one picture; when this returns, neither a crash nor a power cut loses it.

        Args:
            image: The picture; other modes than RGB are converted.
            recipe: What made it: settled, one picture.
            made: How it came to be.
            owner: Whose it is.

        Returns: The picture's id, and the file.
        Raises: GalleryError when the disk refuses; no half file is left behind then.
        """
        moment, picture_id = self._moment(), self._new_id()
        folder = self.home / f"{moment:%Y-%m-%d}"
        name = f"{moment:%H%M%S}-{moment.microsecond // 1000:03d}-seed{recipe.seed}"
        path = folder / f"{name}-{slug(recipe.prompt)}-{picture_id}.png"
        unfinished = folder / f".{picture_id}.part"
        try:
            _made_folder(folder)
            try:
                with unfinished.open("xb") as file:
                    rgb = image if image.mode == "RGB" else image.convert("RGB")
                    info = png_info(recipe, made)
                    rgb.save(file, "PNG", pnginfo=info, compress_level=COMPRESSION)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(unfinished, path)
            except BaseException:
                with contextlib.suppress(OSError):
                    unfinished.unlink(missing_ok=True)
                raise
            flush_folder(folder)
        except OSError as error:
            raise GalleryError(
                f"The picture could not be kept in {{folder}}: {cause(error)}.",
                hint="It is not on disk. Make room or allow writing there, then paint it again: "
                "seed {seed} gives the same picture.",
                folder=str(self.home),
                seed=recipe.seed,
            ) from error
        with self._lock:
            self._paths[picture_id] = path
            self._owners[picture_id] = owner
        return picture_id, path

    def find(self, picture_id: str) -> Path | None:
        """The file of a picture, None when there is none of that id; any text may be asked for."""
        if not _ID.fullmatch(picture_id):
            return None
        path = self._paths.get(picture_id)
        if path is None or not path.is_file():
            ending = f"-{picture_id}.png"
            path = next((file for file in self._files() if file.name.endswith(ending)), None)
            with self._lock:
                if path is None:
                    self._paths.pop(picture_id, None)
                else:
                    self._paths[picture_id] = path
        return path

    def newest(self, limit: int) -> list[Path]:
        """The newest pictures, newest first; unfinished and foreign files are not listed."""
        return list(islice(self._files(), limit))

    def owner_of(self, picture_id: str) -> str | None:
        """Whose picture it is; None for pictures of an earlier start."""
        return self._owners.get(picture_id)

    def _moment(self) -> datetime:
        """Now, but always later than the last moment given, also when the clock jumps back."""
        with self._lock:
            now = self._clock().astimezone(UTC)
            self._last = max(now, self._last + timedelta(milliseconds=1))
            return self._last

    def _files(self) -> Iterator[Path]:
        """All pictures, newest first, one day's names in memory at a time."""
        for day in sorted(_names(self.home, _DAY), reverse=True):
            for name in sorted(_names(self.home / day, _PICTURE), reverse=True):
                yield self.home / day / name

    def _clear_unfinished(self) -> None:
        """Removes what killed processes left half written; young files may be another's work."""
        for day in _names(self.home, _DAY):
            for name in _names(self.home / day, _UNFINISHED):
                file = self.home / day / name
                with contextlib.suppress(OSError):
                    if time.time() - file.stat().st_mtime > ABANDONED:
                        file.unlink()


def id_of(path: Path) -> str | None:
    """The id a picture's file name ends with, None when it is not a name of ours."""
    match = _PICTURE.fullmatch(path.name)
    return match[1] if match else None


def slug(words: str) -> str:
    """A few of the words for a file name: lower case letters, digits and hyphens of ASCII."""
    ascii_words = unicodedata.normalize("NFKD", words[:400]).encode("ascii", "ignore").decode()
    kept = ""
    for word in re.findall(r"[a-z0-9]+", ascii_words.lower()):
        longer = f"{kept}-{word}" if kept else word[:_SLUG]
        if len(longer) > _SLUG:
            break
        kept = longer
    return kept or "picture"


def flush_folder(folder: Path) -> None:
    """Makes the names in a folder survive a power cut; Windows needs no asking."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def _made_folder(folder: Path) -> None:
    """Makes the day's folder, and its name as durable as the picture's."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        flush_folder(folder.parent)


def _names(folder: Path, pattern: re.Pattern[str]) -> list[str]:
    """Names in the folder that match; none when there is no such folder."""
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries if pattern.fullmatch(entry.name)]
    except OSError:
        return []
