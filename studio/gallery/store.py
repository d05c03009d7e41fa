"""Keeps pictures: either the whole file is there, under its name, flushed to disk, or nothing is.

    <home>/2026-11-20/142233-123-seed7-a-lighthouse-by-the-sea-k3j2h4e5f6g7a2b3.png

The day and the time (UTC, to the millisecond) keep the folder in order for a person and for
`newest`; the words are ASCII taken from the prompt, never the prompt itself; the last part is the
picture's id. The files are the truth; the index (`gallery/index.py`) only makes them quick to find.

Whose picture it is stays out of the file, which people share, and out of its name: it stands in a
file of its own (`gallery/owners.py`).
"""

import re
import threading
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from studio.core.errors import GalleryError
from studio.core.events import Recovery
from studio.core.recipe import Painting
from studio.gallery import files
from studio.gallery.home import cause
from studio.gallery.metadata import Made, png_info
from studio.gallery.owners import Owners

COMPRESSION = 4
"""zlib level. 256x256 takes 5 ms at 4, 15 ms at 6; 1024x1024 50 and 120 ms; files grow 2 to 8 %."""

REMEMBERED = 10_000
"""Pictures whose file is known without a look at the folders."""

_SLUG = 30
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
"""The name of a folder with a day's pictures."""

TRASH = "trash"
"""The folder of deleted pictures."""

STAR = ".star"
"""A file of this suffix beside a picture says that it is starred."""

PICTURE = re.compile(r"\d{6}-\d{3}-[a-z0-9-]*-([a-z2-7]{16})\.png")
"""The name of a picture, and in it its id."""

_ID = re.compile(r"[a-z2-7]{16}")


def _now() -> datetime:
    return datetime.now(UTC)


class Store:
    """The pictures of one home. Many threads may use it, and several processes at once."""

    def __init__(
        self,
        home: Path,
        *,
        clock: Callable[[], datetime] = _now,
        new_id: Callable[[], str] = files.new_id,
    ) -> None:
        """Opens a home and clears what killed processes left unfinished.

        Args:
            home: Folder of the pictures; made at the first save if it is not there.
            clock: Tells the time, with its zone.
            new_id: Makes an unguessable id: 16 characters of base32, lower case.
        """
        self.home = home
        self.owners = Owners(home)
        self._clock = clock
        self._new_id = new_id
        self._lock = threading.Lock()
        self._last = datetime.min.replace(tzinfo=UTC)
        self._paths: dict[str, Path] = {}
        for day in files.names(home, DAY):
            files.clear_unfinished(home / day)

    def save(
        self,
        image: Image.Image,
        recipe: Painting,
        made: Made,
        owner: str,
        recovery: Recovery | None = None,
    ) -> tuple[str, Path]:
        """Keeps one picture; when this returns, neither a crash nor a power cut loses it.

        Args:
            image: The picture; other modes than RGB are converted.
            recipe: What made it: settled, one picture.
            made: How it came to be.
            owner: Whose it is.
            recovery: How near it came, when it went into noise and back.

        Returns: The picture's id, and the file.
        Raises: GalleryError when the disk refuses; no half file is left behind then.
        """
        moment, picture_id = self._moment(), self._new_id()
        folder = self.home / f"{moment:%Y-%m-%d}"
        name = f"{moment:%H%M%S}-{moment.microsecond // 1000:03d}-seed{recipe.seed}"
        path = folder / f"{name}-{slug(recipe.prompt)}-{picture_id}.png"

        def write(file: BinaryIO) -> None:
            rgb = image if image.mode == "RGB" else image.convert("RGB")
            info = png_info(recipe, made, recovery)
            rgb.save(file, "PNG", pnginfo=info, compress_level=COMPRESSION)

        try:
            self.owners.note(folder.name, picture_id, owner)
            files.write_whole(path, write)
        except OSError as error:
            raise GalleryError(
                f"The picture could not be kept in {{folder}}: {cause(error)}.",
                hint="It is not on disk. Make room or allow writing there, then paint it again: "
                "seed {seed} gives the same picture.",
                folder=str(self.home),
                seed=recipe.seed,
            ) from error
        self.note(picture_id, path)
        return picture_id, path

    def note(self, picture_id: str, path: Path) -> None:
        """Know where a picture lies, so that nobody has to look for it."""
        with self._lock:
            self._paths[picture_id] = path
            if len(self._paths) > REMEMBERED:
                del self._paths[next(iter(self._paths))]

    def find(self, picture_id: str) -> Path | None:
        """The file of a picture, None when there is none of that id; any text may be asked for."""
        if not _ID.fullmatch(picture_id):
            return None
        path = self._paths.get(picture_id)
        if path is None or not path.is_file():
            ending = f"-{picture_id}.png"
            path = next((file for file in self._files() if file.name.endswith(ending)), None)
            if path is not None:
                self.note(picture_id, path)
        return path

    def known(self, picture_id: str) -> Path | None:
        """As `find`, without a look at the folders: only what was found before and is still there."""
        path = self._paths.get(picture_id)
        return path if path is not None and path.is_file() else None

    def newest(self, limit: int) -> list[Path]:
        """The newest pictures, newest first; unfinished and foreign files are not listed."""
        return list(islice(self._files(), limit))

    def owned_by(self, owner: str, limit: int) -> list[Path]:
        """As `newest`, those of one owner, by its hash."""
        return list(islice(self._owned(owner), limit))

    def of_day(self, day: str, seed: int | None) -> list[Path]:
        """The pictures of a day ("2026-11-20") with this seed; any text may be asked for."""
        if not DAY.fullmatch(day):
            return []
        marked = re.compile(rf"\d{{6}}-\d{{3}}-seed{seed}-[a-z0-9-]*-[a-z2-7]{{16}}\.png")
        return [self.home / day / name for name in files.names(self.home / day, marked)]

    def owner_of(self, path: Path) -> str | None:
        """Hash of whose picture a file of this home is; None when nobody's."""
        return self.owners.of(path.parent.name, id_of(path) or "")

    def star(self, picture_id: str, on: bool) -> None:
        """Marks a picture as one to hold on to, or takes the mark away.

        Raises: GalleryError when there is no such picture or the disk refuses.
        """
        path = self.find(picture_id)
        if path is None:
            raise GalleryError("There is no such picture.", hint="It may have been deleted.")
        marker = path.with_suffix(STAR)
        try:
            if on:
                files.write_whole(marker, lambda file: None)
            else:
                marker.unlink(missing_ok=True)
        except OSError as error:
            raise GalleryError(
                "The star could not be kept: {why}.",
                hint="Make room or allow writing there, then try again.",
                why=cause(error),
            ) from error

    def starred(self, picture_id: str) -> bool:
        """Whether a picture is one to hold on to."""
        path = self.find(picture_id)
        return path is not None and path.with_suffix(STAR).exists()

    def _moment(self) -> datetime:
        """Now, but always later than the last moment given, also when the clock jumps back."""
        with self._lock:
            now = self._clock().astimezone(UTC)
            self._last = max(now, self._last + timedelta(milliseconds=1))
            return self._last

    def _owned(self, owner: str) -> Iterator[Path]:
        for day in sorted(files.names(self.home, DAY), reverse=True):
            mine = {picture_id for picture_id, by in self.owners.day(day) if by == owner}
            for name in sorted(files.names(self.home / day, PICTURE), reverse=True):
                if name[-20:-4] in mine:
                    yield self.home / day / name

    def _files(self) -> Iterator[Path]:
        """All pictures, newest first, one day's names in memory at a time."""
        for day in sorted(files.names(self.home, DAY), reverse=True):
            for name in sorted(files.names(self.home / day, PICTURE), reverse=True):
                yield self.home / day / name


def id_of(path: Path) -> str | None:
    """The id a picture's file name ends with, None when it is not a name of ours."""
    match = PICTURE.fullmatch(path.name)
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
