"""Deleted pictures: put aside where they can be brought back from, gone for good after thirty days.

    <home>/trash/<day it was deleted>/<day it was painted>/142233-123-seed7-a-lake-k3j2h4e5f6g7a2b3.png

What lies beside a picture (its star, its steps) goes and comes with it. Whose it is stays where it stood.
"""

import logging
import os
import shutil
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

from studio.core.errors import GalleryError
from studio.gallery import files
from studio.gallery.home import cause
from studio.gallery.store import DAY, PICTURE, STAR, TRASH, id_of
from studio.gallery.trajectories import beside

log = logging.getLogger(__name__)

DAYS = 30
"""A deleted picture is kept for so long."""


def _today() -> datetime:
    return datetime.now(UTC)


class Trash:
    """The deleted pictures of one home. Many threads may use it, and several processes at once."""

    def __init__(self, home: Path, clock: Callable[[], datetime] = _today) -> None:
        """The trash of this home; makes no folder yet."""
        self._home = home
        self._clock = clock

    def put(self, path: Path) -> None:
        """Puts a picture aside, with what lies beside it.

        Raises: GalleryError when it is gone or the disk refuses; then it is where it was.
        """
        folder = self._home / TRASH / f"{self._clock():%Y-%m-%d}" / path.parent.name
        _move([*_besides(path), path], folder)

    def restore(self, path: Path) -> Path:
        """Brings a picture that was found here back to where it was.

        Raises: GalleryError when it is gone or the disk refuses.
        """
        folder = self._home / path.parent.name
        _move([path, *_besides(path)], folder)
        return folder / path.name

    def find(self, ids: Collection[str]) -> dict[str, Path]:
        """Where deleted pictures lie, as far as they are here; one walk for all of them. Any text may be asked for."""
        wanted, found = set(ids), {}
        trash = self._home / TRASH
        for deleted in sorted(files.names(trash, DAY)):
            for day in files.names(trash / deleted, DAY):
                for name in files.names(trash / deleted / day, PICTURE):
                    if name[-20:-4] in wanted:
                        found[name[-20:-4]] = trash / deleted / day / name
        return found

    def purge(self) -> int:
        """Deletes for good what was put here more than thirty days ago; how many pictures that were."""
        last = f"{self._clock() - timedelta(days=DAYS):%Y-%m-%d}"
        trash, gone = self._home / TRASH, 0
        for deleted in files.names(trash, DAY):
            if deleted < last:
                gone += sum(1 for path in (trash / deleted).rglob("*.png") if id_of(path))
                shutil.rmtree(trash / deleted, ignore_errors=True)
        return gone


def _besides(path: Path) -> list[Path]:
    """A picture's star and steps, as far as there are any."""
    return [file for file in (path.with_suffix(STAR), beside(path)) if file.exists()]


def _move(together: list[Path], folder: Path) -> None:
    """All of these files, in order, or none.

    In a day's folder a picture comes first and goes last: what lies there without its picture is cleared away.
    """
    moved: list[tuple[Path, Path]] = []
    try:
        files.make_folder(folder)
        for file in together:
            os.replace(file, folder / file.name)
            moved.append((file, folder / file.name))
        files.flush_folder(folder)
    except OSError as error:
        for file, target in moved:
            try:
                os.replace(target, file)
            except OSError:
                log.exception("%s could not be put back", target.name)
        raise GalleryError(
            "The picture could not be moved: {why}.",
            hint="It is still where it was. Make room or allow writing there, then try again.",
            why=cause(error),
        ) from error
