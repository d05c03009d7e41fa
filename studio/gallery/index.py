"""The index: what can be looked for among the pictures of a home. The files are the truth, the index is only quick.

    <home>/index.sqlite3

A thread of its own keeps it right: it compares the folders with what it knows, newest day first, whenever one has changed, so
pictures that were deleted, renamed, brought or starred behind our back are noticed. Until it has been through all of them
(`whole`), whoever needs a picture that it does not know yet asks the files. Whatever is wrong with the database, it is made
anew; nobody waits for it, and nothing is lost with it.
"""

import contextlib
import logging
import os
import re
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, fields
from pathlib import Path
from typing import TypeVar

from studio.core.errors import GalleryError
from studio.gallery import files, query, tables
from studio.gallery.entry import Entry, entry_of, place_of
from studio.gallery.inputs import Inputs
from studio.gallery.metadata import fingerprint
from studio.gallery.owners import Owners
from studio.gallery.query import Query, Row
from studio.gallery.store import DAY, PICTURE, STAR, id_of

log = logging.getLogger(__name__)

FILE = "index.sqlite3"

CHUNK = 64
"""Pictures read between two commits: what is new is found soon, and memory stays flat."""

REST = 0.002
"""Seconds between two chunks, for those who paint meanwhile."""

SETTLED = 3.0
"""Seconds after which a folder's time of change is believed; a clock's tick may hide a change that follows at once."""

AGAIN = 2.0
"""Seconds between two looks at the folders, however often somebody asks."""

RETRY = 30.0
"""Seconds until a database that fails is tried again."""

_STARS = re.compile(r".*\.star")
_COLUMNS = [field.name for field in fields(Entry) if field.name not in ("words", "parents")]
_Told = TypeVar("_Told")


class Index:
    """The index of one home. Many threads may use it, and several processes at once.

    Attributes:
        building: Pictures looked at so far by the first walk through the folders, None once it is done.
    """

    def __init__(self, home: Path, owners: Owners, inputs: Inputs) -> None:
        """The index of the pictures in this home; nothing is opened before `start`."""
        self._home = home
        self._owners = owners
        self._inputs = inputs
        self._begin = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._whole = threading.Event()
        self._ending = self._suspect = False
        self._looked = 0.0
        self.building: int | None = 0
        self._writing, self._reading = threading.RLock(), threading.RLock()
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._search = True
        self._own: tempfile.TemporaryDirectory[str] | None = None

    # ---- from outside

    @property
    def whole(self) -> bool:
        """Whether it knows every picture there is."""
        return self._whole.is_set()

    def start(self) -> None:
        """Begin to look at the folders; returns at once, and once it has begun does nothing."""
        with self._begin:
            if self._thread is None and not self._ending:
                self._thread = threading.Thread(target=self._work, name="index", daemon=True)
                self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait until it is whole; False when it is not by then."""
        return self._whole.wait(seconds)

    def refresh(self) -> None:
        """Ask for another look at the folders, if it was ever started; returns at once."""
        if time.monotonic() - self._looked > AGAIN:
            self._wake.set()

    def close(self) -> None:
        """End the thread and let go of the file."""
        with self._begin:
            self._ending = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(5.0)
        self._shut()
        if self._own is not None:
            self._own.cleanup()

    def add(self, path: Path, owner: str) -> None:
        """Know a picture that was just written, or has changed; `owner` is a hash. Where this fails, the next look finds it."""
        with contextlib.suppress(sqlite3.Error), self._writing:
            if self._writer is not None:
                self._put([entry_of(path, owner, self._pixels_of)], [path])

    def forget(self, path: Path) -> None:
        """Know no more of a picture that is gone; as `add`."""
        with contextlib.suppress(sqlite3.Error), self._writing:
            if self._writer is not None:
                self._put([None], [path])

    def page(self, wish: Query, owner: str | None) -> list[Row]:
        """A page of pictures, newest first; `owner` is a hash, None for everybody's."""
        return self._asked(lambda db: query.found(db, wish, owner, search=self._search)) or []

    def count(self, wish: Query, owner: str | None) -> int:
        """How many pictures there are, all pages together."""
        return self._asked(lambda db: query.count(db, wish, owner, search=self._search)) or 0

    def row(self, picture_id: str) -> Row | None:
        """What is known of a picture."""
        found = self._asked(lambda db: query.rows(db, [("id = ?", (picture_id,))]))
        return found[0] if found else None

    def kinds(self, column: str, owner: str | None) -> list[str]:
        """The models or styles of somebody's pictures, by name."""
        if column not in ("model", "style", "kind"):
            raise ValueError(f"there is no list of {column}")
        mine = "" if owner is None else "WHERE owner = ?"
        told = f"SELECT DISTINCT {column} FROM pictures {mine} ORDER BY 1"
        values = () if owner is None else (owner,)
        return self._asked(lambda db: [name for (name,) in db.execute(told, values) if name]) or []

    def ask(self, look: Callable[[sqlite3.Connection], _Told]) -> _Told | None:
        """What somebody reads in the tables; None while they cannot be read."""
        return self._asked(look)

    # ---- the thread

    def _work(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            # Of this thread alone: painting goes first. Linux only.
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        failures = 0
        while not self._ending:
            self._wake.clear()
            if self._suspect:
                self._suspect = False
                self._shut()
            try:
                self._open()
                self._look()
                if not self._suspect:
                    self._whole.set()
                    self.building = None
                failures = 0
            except (sqlite3.Error, tables.Busy, OSError) as error:
                log.warning("the index cannot be used, it is opened anew: %s", error)
                self._whole.clear()
                self._shut()
                failures += 1
            except Exception:
                log.exception("the index could not be brought up to date")
                failures += 1
            # What is broken shows when it is opened, and is made anew then: the first time at once.
            if failures != 1 and not self._ending:
                self._wake.wait(RETRY if failures else None)

    def _open(self) -> None:
        if self._writer is not None:
            return
        path = self._home / FILE
        try:
            files.make_folder(self._home)
            writer = tables.opened(path)
        except (tables.Busy, OSError, sqlite3.OperationalError) as error:
            # Somebody holds the file, or nothing can be written there: this process has one of its own, as long as it runs.
            log.warning("the index beside the pictures cannot be used, another is made: %s", error)
            self._own = self._own or tempfile.TemporaryDirectory(prefix="atelier-")
            path = Path(self._own.name) / FILE
            writer = tables.opened(path)
        self.building = 0
        with self._writing, self._reading:
            self._writer, self._reader = writer, tables.reader(path)
            self._search = tables.has_search(writer)

    def _shut(self) -> None:
        with self._writing, self._reading:
            for connection in (self._reader, self._writer):
                if connection is not None:
                    with contextlib.suppress(sqlite3.Error):
                        connection.close()
            self._reader = self._writer = None

    def _asked(self, look: Callable[[sqlite3.Connection], _Told]) -> _Told | None:
        with self._reading:
            if self._reader is None:
                return None
            try:
                return look(self._reader)
            except sqlite3.Error as error:
                log.warning("the index could not be read: %s", error)
                if not tables.is_busy(error):
                    self._whole.clear()
                    self._suspect = True
                    self._wake.set()
                return None

    # ---- the folders

    def _look(self) -> None:
        """Bring the index up to date with every folder that has changed, newest first."""
        self._looked = time.monotonic()
        db = self._writer
        assert db is not None
        with self._writing:
            known = dict(db.execute("SELECT day, changed FROM days"))
        days = sorted(files.names(self._home, DAY), reverse=True)
        with self._writing:
            for day in known.keys() - set(days):
                db.execute("DELETE FROM pictures WHERE day = ?", (day,))
                db.execute("DELETE FROM days WHERE day = ?", (day,))
        for day in days:
            try:
                changed = (self._home / day).stat().st_mtime_ns
            except OSError:
                continue
            if known.get(day) == changed:
                continue
            now = time.time_ns()
            self._look_at(day, db)
            if self._ending:
                return
            believed = changed if now - changed > SETTLED * 1e9 else 0
            with self._writing:
                db.execute("INSERT OR REPLACE INTO days VALUES (?, ?)", (day, believed))

    def _look_at(self, day: str, db: sqlite3.Connection) -> None:
        folder = self._home / day
        here = set(files.names(folder, PICTURE))
        stars = {name.removesuffix(STAR) + ".png" for name in files.names(folder, _STARS)}
        with self._writing:
            cursor = db.execute("SELECT place, starred FROM pictures WHERE day = ?", (day,))
            known = {place.partition("/")[2]: bool(starred) for place, starred in cursor}
            db.execute("BEGIN IMMEDIATE")
            try:
                for name in known.keys() - here:
                    db.execute("DELETE FROM pictures WHERE place = ?", (f"{day}/{name}",))
                for name in known.keys() & here:
                    if known[name] != (name in stars):
                        told = (name in stars, f"{day}/{name}")
                        db.execute("UPDATE pictures SET starred = ? WHERE place = ?", told)
            finally:
                db.execute("COMMIT")
        fresh = sorted(here - known.keys(), reverse=True)
        owners = dict(self._owners.day(day)) if fresh else {}
        for chunk in _chunks(fresh, CHUNK):
            if self._ending:
                return
            paths = [folder / name for name in chunk]
            entries = [
                entry_of(path, owners.get(id_of(path) or "", ""), self._pixels_of) for path in paths
            ]
            with self._writing:
                self._put(entries, paths)
            if self.building is not None:
                self.building += len(chunk)
            time.sleep(REST)

    def _put(self, entries: Iterable[Entry | None], paths: Iterable[Path]) -> None:
        """Write rows, all or none; of what is gone, take them out. Whoever calls holds the lock.

        Raises: sqlite3.Error.
        """
        db = self._writer
        if db is None:
            return
        db.execute("BEGIN IMMEDIATE")
        try:
            for entry, path in zip(entries, paths, strict=True):
                picture_id, place = id_of(path), place_of(path)
                # Of two copies under one id the last one counts.
                gone = "DELETE FROM pictures WHERE id = ? OR place = ?"
                db.execute(gone, (picture_id, place))
                if entry is not None:
                    _insert(db, entry)
            db.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                db.execute("ROLLBACK")
            raise

    def _pixels_of(self, name: str) -> str:
        """`fingerprint` of an input; worked out once, for the pixels have to be unpacked."""
        with self._writing:
            db = self._writer
            if db is None:
                return ""
            known = db.execute("SELECT pixels FROM inputs WHERE name = ?", (name,)).fetchone()
        if known:
            return str(known[0])
        try:
            pixels = fingerprint(self._inputs.get(name))
        except GalleryError:
            return ""
        with self._writing:
            db.execute("INSERT OR REPLACE INTO inputs VALUES (?, ?)", (name, pixels))
        return pixels


def _insert(db: sqlite3.Connection, entry: Entry) -> None:
    values = dict(zip([field.name for field in fields(Entry)], astuple(entry), strict=True))
    columns = ", ".join([*_COLUMNS, "day"])
    marks = ", ".join("?" * (len(_COLUMNS) + 1))
    told = [values[name] for name in _COLUMNS] + [entry.place.partition("/")[0]]
    number = db.execute(f"INSERT INTO pictures ({columns}) VALUES ({marks})", told).lastrowid
    db.execute("INSERT INTO words (rowid, said) VALUES (?, ?)", (number, entry.words))
    db.executemany(
        "INSERT INTO parents VALUES (?, ?, ?, ?)",
        [(number, rank, *parent) for rank, parent in enumerate(entry.parents)],
    )


def _chunks(names: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]
