"""A person's collection: their pictures looked through, starred, deleted and brought back, and how they are related.

Somebody else's picture does not exist here, whatever is asked.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from studio.core.errors import GalleryError
from studio.core.events import Result
from studio.core.recipe import Painting
from studio.gallery import family, foreign
from studio.gallery.entry import key_of
from studio.gallery.headers import inspected
from studio.gallery.index import Index
from studio.gallery.metadata import Made, read
from studio.gallery.owners import hashed
from studio.gallery.query import MAX_PAGE, Query, Row, Term, rows
from studio.gallery.store import STAR, Store
from studio.gallery.trash import Trash
from studio.results import Results

MOST = 20_000
"""Pictures one request may name."""

FIRST = 0.6
"""Seconds a first page waits for an index that is just being opened."""


@dataclass(frozen=True, slots=True)
class Page:
    """Pictures, newest first.

    Attributes:
        rows: What is known of each.
        after: Ask for the next page with this; "" when there is none.
        total: How many there are on all pages; only with the first.
        whole: False while older pictures are still being looked at.
        found: How many pictures were looked at by then.
    """

    rows: tuple[Row, ...]
    after: str
    total: int | None
    whole: bool
    found: int


class Starred(GalleryError):
    """Among pictures to be deleted there are starred ones, which nobody deletes by the way."""


class Collection:
    """The pictures of one studio. Methods may be called from any thread."""

    def __init__(self, store: Store, index: Index, results: Results, *, everything: bool) -> None:
        """The pictures of a store.

        Args:
            store: Where they lie.
            index: Where they are looked for.
            results: Know whose they are.
            everything: Whoever asks is the one person at this machine: every picture is theirs.
        """
        self._store = store
        self._index = index
        self._results = results
        self._everything = everything
        self._trash = Trash(store.home)

    def start(self) -> None:
        """Begin to look through the pictures, and delete for good what was deleted long ago; returns at once."""
        self._index.start()
        threading.Thread(target=self._trash.purge, name="trash", daemon=True).start()

    def page(self, owner: str, **wish: Any) -> Page:
        """A page of this owner's pictures; see `Query` for what may be wished for."""
        query = Query(**wish)
        self._index.start()
        self._index.refresh()
        whose = self._whose(owner)
        found = self._index.page(query, whose)
        if not found and not self._index.whole:
            # The newest come first: in a moment there may be some.
            self._index.wait(FIRST)
            found = self._index.page(query, whose)
        total = None if query.before else self._index.count(query, whose)
        limit = max(1, min(query.limit, MAX_PAGE))
        after = found[-1].place if len(found) == limit else ""
        shown = tuple(row for row in map(self._seen, found) if row is not None)
        return Page(shown, after, total, self._index.whole, self._index.building or 0)

    def names(self, owner: str) -> dict[str, list[str]]:
        """What there is to choose from: the kinds, models and styles of this owner's pictures."""
        whose = self._whose(owner)
        return {column: self._index.kinds(column, whose) for column in ("kind", "model", "style")}

    def about(self, picture_id: str, owner: str) -> tuple[Result, Made, bool] | None:
        """A picture of this owner, how it came to be, and whether it is starred; None when there is none that can be read."""
        result = self._results.find(picture_id, owner)
        if result is None:
            return None
        try:
            return result, read(result.path).made, result.path.with_suffix(STAR).exists()
        except GalleryError:
            return None

    def path(self, picture_id: str, owner: str) -> Path | None:
        """The file of a picture of this owner, readable or not."""
        return self._results.path(picture_id, owner)

    def paths(self, ids: Sequence[str], owner: str) -> Iterator[tuple[str, Path]]:
        """Those of these pictures that are this owner's and there, each once."""
        for picture_id in dict.fromkeys(ids[:MOST]):
            # Only for one of them a walk through the folders may be worth it.
            if len(ids) == 1 or self._index.row(picture_id) is not None:
                path = self._results.path(picture_id, owner)
                if path is not None:
                    yield picture_id, path

    def star(self, ids: Sequence[str], owner: str, on: bool) -> list[str]:
        """Hold on to pictures, or no longer; the ids of those that were there.

        Raises: GalleryError when the disk refuses.
        """
        done = []
        for picture_id, path in self.paths(ids, owner):
            self._store.star(picture_id, on)
            self._index.add(path, self._store.owner_of(path) or "")
            done.append(picture_id)
        return done

    def delete(self, ids: Sequence[str], owner: str, *, starred_too: bool = False) -> list[str]:
        """Put pictures into the trash; the ids of those that were there.

        Raises: Starred when some are and that was not meant, none is deleted then; GalleryError when the disk refuses.
        """
        there = list(self.paths(ids, owner))
        starred = sum(path.with_suffix(STAR).exists() for _, path in there)
        if starred and not starred_too:
            raise Starred("{count} of them are starred.", count=starred)
        done = []
        for picture_id, path in there:
            self._trash.put(path)
            self._index.forget(path)
            self._results.forget(picture_id)
            done.append(picture_id)
        return done

    def restore(self, ids: Sequence[str], owner: str) -> list[str]:
        """Bring deleted pictures of this owner back; the ids of those that were there.

        Raises: GalleryError when the disk refuses.
        """
        done = []
        for picture_id, lying in self._trash.find(ids[:MOST]).items():
            by = self._store.owner_of(lying)
            if self._everything or by == hashed(owner):
                path = self._trash.restore(lying)
                self._store.note(picture_id, path)
                self._index.add(path, by or "")
                done.append(picture_id)
        return done

    def family(self, picture_id: str, owner: str) -> family.Family | None:
        """What a picture was made from, and what from it; None when there is no such picture, or the index cannot tell yet."""
        row = self._index.row(picture_id)
        if row is None or self.path(picture_id, owner) is None:
            return None
        return self._index.ask(lambda db: family.family(db, row, self._whose(owner)))

    def made(self, recipe: Painting, owner: str) -> bool:
        """Whether this owner has a picture of this recipe, so that what it begins with is theirs too."""
        if self._everything:
            return True
        mine: list[Term] = [("recipe_key = ?", (key_of(recipe),)), ("owner = ?", (hashed(owner),))]
        return bool(self._index.ask(lambda db: rows(db, mine, "LIMIT 1")))

    def settings(self, data: bytes) -> foreign.Imported:
        """The settings in a PNG that anyone may have made.

        Raises: PictureError when it is no PNG or carries none.
        """
        return foreign.settings_in(data)

    def _whose(self, owner: str) -> str | None:
        return None if self._everything else hashed(owner)

    def _seen(self, row: Row) -> Row | None:
        """The row if its file is what it was; read again where it has changed, None where it is gone."""
        path = self._store.home / row.place
        try:
            size = path.stat().st_size
        except OSError:
            self._index.refresh()
            return None
        if size == row.bytes:
            return row
        self._index.add(path, row.owner)
        return self._index.row(row.id) or replace(row, damaged=1)


def without_recipe(path: Path) -> bytes:
    """A picture's file with its pixels and nothing else.

    Raises: PictureError when it is damaged; OSError.
    """
    return inspected(path.read_bytes()).data
