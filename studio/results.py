"""The pictures the studio can show again: those made since it started, and on a workstation those on disk as well."""

import threading
from pathlib import Path

from PIL import Image

from studio.core.errors import GalleryError
from studio.core.events import Result
from studio.gallery.metadata import read
from studio.gallery.store import Store, id_of

REMEMBERED = 10_000
"""Pictures known without a look at the disk; all of them stay on it."""


class Results:
    """Whose pictures are known. Many threads may use it."""

    def __init__(self, store: Store, *, everything: bool) -> None:
        """The pictures of a store.

        Args:
            store: Where they lie.
            everything: Whoever asks is the one person at this machine: pictures of earlier starts are theirs.
        """
        self._store = store
        self._everything = everything
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str | None, Result]] = {}
        self._made_by: dict[str, str] = {}

    def add(self, result: Result, owner: str, job_id: str) -> None:
        """Know a picture that was just made."""
        self.made_again(result, job_id)
        self._remember(owner, result)

    def made_again(self, result: Result, job_id: str) -> None:
        """Know which picture a job ended with; whose it is stays as it was."""
        with self._lock:
            self._made_by[job_id] = result.id
            if len(self._made_by) > REMEMBERED:
                del self._made_by[next(iter(self._made_by))]

    def find(self, picture_id: str, owner: str) -> Result | None:
        """A picture of this owner; None when there is none by that id."""
        with self._lock:
            owned_by, known = self._known.get(picture_id, (None, None))
        if known is None:
            path = self._store.find(picture_id) if self._everything else None
            known = self._on_disk(path) if path is not None else None
        return known if owned_by in (None, owner) else None

    def of_job(self, job_id: str, owner: str) -> Result | None:
        """The picture a job of this owner ended with."""
        with self._lock:
            picture_id = self._made_by.get(job_id)
        return self.find(picture_id, owner) if picture_id is not None else None

    def recent(self, owner: str, limit: int) -> list[Result]:
        """This owner's pictures, newest first."""
        with self._lock:
            mine = {key: kept for key, (by, kept) in self._known.items() if by == owner}
        if self._everything:
            for path in self._store.newest(limit):
                picture_id = id_of(path) or ""
                found = mine.get(picture_id) or self.find(picture_id, owner)
                if found is not None:
                    mine[picture_id] = found
        newest = sorted(mine.values(), key=lambda one: one.path.parts[-2:], reverse=True)
        return newest[:limit]

    def _on_disk(self, path: Path) -> Result | None:
        """What a picture of an earlier start says of itself; None when it is none of ours any more."""
        picture_id = id_of(path)
        if picture_id is None or self._store.owner_of(picture_id) is not None:
            return None
        try:
            result = result_of(path, picture_id)
        except GalleryError:
            return None
        self._remember(None, result)
        return result

    def _remember(self, owner: str | None, result: Result) -> None:
        with self._lock:
            self._known[result.id] = (owner, result)
            if len(self._known) > REMEMBERED:
                del self._known[next(iter(self._known))]


def result_of(path: Path, picture_id: str = "") -> Result:
    """What a picture file says of itself.

    Raises: GalleryError when it is no picture of ours.
    """
    about = read(path)
    try:
        with Image.open(path, formats=("PNG",)) as image:
            width, height = image.size
    except (OSError, SyntaxError, ValueError) as error:
        raise GalleryError(
            "The pixels of {name} cannot be read: {reason}.",
            hint="The file is damaged or was changed; choose another copy.",
            name=path.name,
            reason=type(error).__name__,
        ) from error
    made = about.made
    return Result(
        picture_id,
        path,
        about.recipe,
        width,
        height,
        made.seconds,
        made.steps_done,
        made.steps_total,
        recovery=about.recovery,
    )
