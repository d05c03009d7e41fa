"""The index's database: its tables, opened, or made anew where what lies there cannot be used.

Nothing in it is worth saving: whatever is wrong with the file, it is put away and filled again from the pictures.
"""

import contextlib
import logging
import re
import sqlite3
from pathlib import Path

from studio.gallery.entry import spread

log = logging.getLogger(__name__)

SCHEMA = 1
"""Of the tables; goes up with every change to them. One that is lower or higher is made anew."""

PATIENCE = 2.0
"""Seconds to wait for another process that writes."""

_TABLES = """
CREATE TABLE pictures (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, place TEXT NOT NULL UNIQUE, day TEXT NOT NULL, owner TEXT NOT NULL,
    kind TEXT NOT NULL, model TEXT NOT NULL, style TEXT NOT NULL, sampler TEXT NOT NULL, prompt TEXT NOT NULL,
    seed INTEGER, steps INTEGER, guidance REAL, strength REAL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    steps_done INTEGER NOT NULL, steps_total INTEGER NOT NULL, seconds REAL NOT NULL, starred INTEGER NOT NULL,
    damaged INTEGER NOT NULL, bytes INTEGER NOT NULL, pixels TEXT NOT NULL, recipe_key TEXT NOT NULL
);
CREATE INDEX pictures_by_owner ON pictures (owner, place);
CREATE INDEX pictures_by_day ON pictures (day);
CREATE INDEX pictures_by_pixels ON pictures (pixels);
CREATE INDEX pictures_by_recipe ON pictures (recipe_key);
CREATE INDEX pictures_by_star ON pictures (place) WHERE starred;
CREATE TABLE parents (number INTEGER NOT NULL, rank INTEGER NOT NULL, relation TEXT NOT NULL, key TEXT NOT NULL);
CREATE INDEX parents_by_picture ON parents (number, rank);
CREATE INDEX parents_by_key ON parents (key);
CREATE TABLE inputs (name TEXT PRIMARY KEY, pixels TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE days (day TEXT PRIMARY KEY, changed INTEGER NOT NULL) WITHOUT ROWID;
"""
_SEARCH = "CREATE VIRTUAL TABLE words USING fts5(said, prefix='2 3', tokenize='unicode61')"
_PLAIN = "CREATE TABLE words (said TEXT NOT NULL)"
"""Where this Python's SQLite has no full-text search: slower, and found within words too."""
_TIDY = """
CREATE TRIGGER pictures_gone AFTER DELETE ON pictures BEGIN
    DELETE FROM words WHERE rowid = old.number;
    DELETE FROM parents WHERE number = old.number;
END;
"""


class Busy(Exception):
    """Another process holds the database and does not let go of it."""


def opened(path: Path) -> sqlite3.Connection:
    """The database in this file, made anew where there is none, it is damaged, or of another schema.

    Raises: Busy; sqlite3.Error or OSError when the disk refuses.
    """
    try:
        connection = _connected(path)
        try:
            return _checked(connection)
        except BaseException:
            connection.close()
            raise
    except sqlite3.DatabaseError as error:
        if is_busy(error):
            raise Busy from error
        log.info("the index is made anew from the pictures: %s", error)
    for ending in ("", "-wal", "-shm", "-journal"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + ending).unlink()
    connection = _connected(path)
    try:
        _make(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def reader(path: Path) -> sqlite3.Connection:
    """A second connection to a database that is open, for looking only.

    Raises: sqlite3.Error.
    """
    connection = _connected(path)
    connection.execute("PRAGMA query_only = on")
    return connection


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process was in the way."""
    # The lower byte is the kind; more of it says which lock.
    code = getattr(error, "sqlite_errorcode", 0) or 0
    return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def has_search(connection: sqlite3.Connection) -> bool:
    """Whether words are found by full-text search."""
    made = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'words'").fetchone()
    return made is not None and "fts5" in made[0]


def match(term: str) -> str:
    """A word somebody typed as full-text search reads it: its beginning is enough; "" when there is no letter in it."""
    signs = re.findall(r"\w+", spread(term))
    return f'"{" ".join(signs)}"*' if signs else ""


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)


def _checked(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Raises: sqlite3.DatabaseError when it cannot be used."""
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    if schema != SCHEMA:
        raise sqlite3.DatabaseError(f"its schema is {schema}, not {SCHEMA}")
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(str(verdict)[:200])
    connection.execute("SELECT * FROM pictures, words, parents, inputs, days LIMIT 0")
    _tune(connection)
    return connection


def _make(connection: sqlite3.Connection) -> None:
    _tune(connection)
    connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} {_TIDY}")
    try:
        connection.execute(_SEARCH)
    except sqlite3.OperationalError:
        connection.execute(_PLAIN)
    # Last, so that a database whose making was broken off is made anew.
    connection.execute(f"PRAGMA user_version = {SCHEMA}")
    connection.execute("COMMIT")


def _tune(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    # A power cut may cost the last rows, never the file; the pictures have them.
    connection.execute("PRAGMA synchronous = NORMAL")
    # Other processes may be writing into it right now: nobody is certain to be the first.
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("COMMIT")
