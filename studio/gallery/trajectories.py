"""Keeps trajectories beside their pictures, within a bound: the oldest go first, starred ones never or last.

    <home>/2026-11-20/142233-123-seed7-a-lighthouse-k3j2h4e5f6g7a2b3.png
    <home>/2026-11-20/142233-123-seed7-a-lighthouse-k3j2h4e5f6g7a2b3.steps.safetensors

A picture never needs its trajectory: where it was dropped, the recipe makes it again.
"""

import contextlib
import re
import threading
from collections.abc import Iterator
from pathlib import Path

from studio.core.errors import Dropped, GalleryError
from studio.gallery import files, trajectory
from studio.gallery.home import cause
from studio.gallery.store import DAY, STAR, TRASH
from studio.gallery.trajectory import Trajectory

SUFFIX = ".steps.safetensors"

_OURS = re.compile(r"(\d{6}-\d{3}-[a-z0-9-]*-[a-z2-7]{16})(\.steps\.safetensors|\.star)")


class Trajectories:
    """The trajectories of one home. Many threads may use it, and several processes at once."""

    def __init__(self, home: Path, gibibytes: float, *, stars_hold: bool = True) -> None:
        """Opens a home; nothing is looked at before the first one is kept.

        Args:
            home: Folder of the pictures.
            gibibytes: Disk they may take together; 0 keeps none.
            stars_hold: Starred ones never go. Where many share the disk they go last: one person's stars must not end it for all.
        """
        self._home = home
        self._limit = int(gibibytes * 2**30)
        self._stars_hold = stars_hold
        self._lock = threading.Lock()
        self._taken: int | None = None

    @property
    def wanted(self) -> bool:
        """Whether any are kept."""
        return self._limit > 0

    def keep(self, picture: Path, kept: Trajectory) -> None:
        """Writes the trajectory of a picture, whole or not at all; older ones make room for it. Where none are wanted, none is.

        Raises: GalleryError when there is no room or the disk refuses; the picture is not touched.
        """
        if not self.wanted:
            return
        content = trajectory.serialised(kept)
        with self._lock:
            if not self._room_for(len(content)):
                raise GalleryError(
                    "The picture is kept, its steps are not: they would take more than the "
                    "{limit:.3g} GiB set aside for them.",
                    hint="Raise STUDIO_STEPS_GIB.",
                    limit=self._limit / 2**30,
                )
            try:
                files.write_whole(beside(picture), lambda file: file.write(content))
            except OSError as error:
                raise GalleryError(
                    "The picture is kept, its steps are not: {why}.",
                    hint="They can be made again from its recipe.",
                    why=cause(error),
                ) from error
            self._taken = (self._taken or 0) + len(content)

    def read(self, picture: Path) -> Trajectory:
        """The trajectory of a picture.

        Raises: Dropped when it is not there; GalleryError when it cannot be used.
        """
        path = beside(picture)
        if not path.is_file():
            raise Dropped(
                "The steps of this picture are not kept any more.",
                hint="They can be made again from its recipe."
                if self.wanted
                else "Raise STUDIO_STEPS_GIB.",
            )
        return trajectory.read(path)

    def _room_for(self, size: int) -> bool:
        """Drops steps until this many bytes fit; False if they cannot.

        Those of deleted pictures go first, then those of unstarred ones; the oldest first.
        """
        if size > self._limit:
            return False
        if self._taken is not None and self._taken + size <= self._limit:
            return True
        # Others may write here too, and people delete pictures: what is there decides.
        sizes = self._sizes()
        taken = sum(sizes.values())
        starred = {path: _picture(path).with_suffix(STAR).exists() for path in sizes}
        may_go = (
            path
            for path in sorted(
                sizes, key=lambda path: (not self._deleted(path), starred[path], path)
            )
            if not (starred[path] and self._stars_hold) or self._deleted(path)
        )
        while taken + size > self._limit and (oldest := next(may_go, None)) is not None:
            with contextlib.suppress(OSError):
                oldest.unlink()
                taken -= sizes[oldest]
        self._taken = taken
        return taken + size <= self._limit

    def _deleted(self, path: Path) -> bool:
        return path.is_relative_to(self._home / TRASH)

    def _sizes(self) -> dict[Path, int]:
        """Bytes of every trajectory; what lies beside a picture that is gone is cleared away."""
        sizes = {}
        for path in self._files():
            with contextlib.suppress(OSError):
                # On its way to the trash a picture goes last.
                if not _picture(path).exists() and not self._deleted(path):
                    path.unlink()
                elif path.name.endswith(SUFFIX):
                    sizes[path] = path.stat().st_size
        return sizes

    def _files(self) -> Iterator[Path]:
        """What lies beside pictures, in days and in the trash."""
        trash = self._home / TRASH
        for home in (self._home, *(trash / deleted for deleted in files.names(trash, DAY))):
            for day in files.names(home, DAY):
                for name in files.names(home / day, _OURS):
                    yield home / day / name


def beside(picture: Path) -> Path:
    """The file of a picture's trajectory."""
    return picture.with_name(picture.stem + SUFFIX)


def _picture(path: Path) -> Path:
    """The picture that a file of ours lies beside."""
    stem = path.name.removesuffix(SUFFIX).removesuffix(STAR)
    return path.with_name(stem + ".png")
