"""The pictures the studio can show again: a person's own, of this start and of earlier ones; on a workstation all of them."""

import threading
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from PIL import Image

from studio.core.errors import GalleryError
from studio.core.events import Result
from studio.gallery.index import Index
from studio.gallery.metadata import read
from studio.gallery.owners import hashed
from studio.gallery.query import Query
from studio.gallery.store import Store, id_of

REMEMBERED = 1_000
"""Pictures whose file need not be read again to be shown, and jobs whose picture is known."""


class Results:
    """Whose pictures are known. Many threads may use it."""

    def __init__(self, store: Store, index: Index, *, everything: bool) -> None:
        """The pictures of a store.

        Args:
            store: Where they lie.
            index: Where they are looked for; while it is being made, the files are asked.
            everything: Whoever asks is the one person at this machine: every picture is theirs.
        """
        self._store = store
        self._index = index
        self._everything = everything
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, Result]] = {}
        self._made_by: dict[str, str] = {}

    def add(self, result: Result, owner: str, job_id: str) -> None:
        """Know a picture that was just made."""
        self.made_again(result, job_id)
        self._remember(hashed(owner), result)
        self._index.add(result.path, hashed(owner))

    def made_again(self, result: Result, job_id: str) -> None:
        """Know which picture a job ended with; whose the picture is stays as it was."""
        with self._lock:
            self._made_by[job_id] = result.id
            if len(self._made_by) > REMEMBERED:
                del self._made_by[next(iter(self._made_by))]

    def find(self, picture_id: str, owner: str) -> Result | None:
        """A picture of this owner; None when there is none by that id."""
        with self._lock:
            owned_by, known = self._known.get(picture_id, ("", None))
        if known is not None and known.path.is_file():
            return known if self._everything or owned_by == hashed(owner) else None
        path = self.path(picture_id, owner)
        if path is None:
            self.forget(picture_id)
            return None
        try:
            result = result_of(path, picture_id)
        except GalleryError:
            return None
        self._remember(self._store.owner_of(path) or "", result)
        return result

    def path(self, picture_id: str, owner: str) -> Path | None:
        """The file of a picture of this owner, readable or not; None when there is none by that id."""
        path = self._place(picture_id)
        if path is None or self._everything:
            return path
        return path if self._store.owner_of(path) == hashed(owner) else None

    def of_job(self, job_id: str, owner: str) -> Result | None:
        """The picture a job of this owner ended with."""
        with self._lock:
            picture_id = self._made_by.get(job_id)
        return self.find(picture_id, owner) if picture_id is not None else None

    def recent(self, owner: str, limit: int) -> list[Result]:
        """This owner's pictures, newest first; the files of earlier starts tell what they are."""
        with self._lock:
            mine = {
                key: kept
                for key, (by, kept) in self._known.items()
                if self._everything or by == hashed(owner)
            }
        for picture_id in self._newest(owner, limit):
            found = mine.get(picture_id) or self.find(picture_id, owner)
            if found is not None:
                mine[picture_id] = found
        newest = sorted(mine.values(), key=lambda one: one.path.parts[-2:], reverse=True)
        return list(islice((one for one in newest if one.path.is_file()), limit))

    def forget(self, picture_id: str) -> None:
        """Know no more of a picture that was deleted."""
        with self._lock:
            self._known.pop(picture_id, None)

    def _newest(self, owner: str, limit: int) -> Iterable[str]:
        """Ids of the newest pictures: from the index, from the folders while it is being made."""
        whose = None if self._everything else hashed(owner)
        if self._index.whole:
            self._index.refresh()
            return [
                row.id for row in self._index.page(Query(limit=limit), whose) if not row.damaged
            ]
        paths = self._store.newest(limit) if whose is None else self._store.owned_by(whose, limit)
        return filter(None, map(id_of, paths))

    def _place(self, picture_id: str) -> Path | None:
        """Where a picture lies: as it is remembered, else as the index has it, else as the folders do."""
        path = self._store.known(picture_id)
        if path is None:
            row = self._index.row(picture_id)
            path = self._store.home / row.place if row else None
            if path is None or not path.is_file():
                self._index.refresh()
                # A walk through all folders: nobody makes the studio take it by asking for what never was.
                walk = row is not None or not self._index.whole
                path = self._store.find(picture_id) if walk else None
            else:
                self._store.note(picture_id, path)
        return path

    def _remember(self, owner: str, result: Result) -> None:
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
