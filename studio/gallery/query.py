"""What a person looks for among pictures, and how the index is asked for it.

Words are found by their beginnings. A word with a colon asks for a setting: seed:7, steps:20, sampler:ddim, size:256x256.
"""

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from studio.gallery.tables import match

MAX_TERMS = 16
"""Words of one search that are looked at."""

MAX_PAGE = 200
"""Pictures of one page."""

Term = tuple[str, tuple[Any, ...]]
"""A condition in SQL and its values."""


@dataclass(frozen=True, slots=True)
class Row:
    """A picture as the index lists it; see `Entry` for what its columns mean."""

    id: str
    place: str
    owner: str
    kind: str
    model: str
    style: str
    sampler: str
    prompt: str
    seed: int | None
    steps: int | None
    guidance: float | None
    strength: float | None
    width: int
    height: int
    steps_done: int
    steps_total: int
    seconds: float
    starred: int
    damaged: int
    bytes: int
    pixels: str
    recipe_key: str


COLUMNS = ", ".join(field.name for field in fields(Row))


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for; what is empty asks for nothing.

    Attributes:
        words: As typed.
        kinds: Of recipes.
        model: Name.
        style: Name.
        starred: Only those.
        since: Pictures from this moment on: "2026-11-20", or "2026-11-20/160000"; UTC.
        until: Pictures before this moment.
        before: Place after which the page begins, in the order shown; the first page when "".
        limit: Pictures of the page.
    """

    words: str = ""
    kinds: tuple[str, ...] = ()
    model: str = ""
    style: str = ""
    starred: bool = False
    since: str = ""
    until: str = ""
    before: str = ""
    limit: int = 60

    @property
    def asks(self) -> bool:
        """Whether anything is left out."""
        return any((self.words.strip(), self.kinds, self.model, self.style, self.starred)) or bool(
            self.since or self.until
        )


def found(
    connection: sqlite3.Connection, query: Query, owner: str | None, *, search: bool
) -> list[Row]:
    """A page of pictures, newest first.

    Args:
        connection: The index's.
        query: What to look for.
        owner: Hash of whose; None for everybody's.
        search: Whether full-text search is there.
    """
    terms = [*conditions(query, owner, search=search)]
    if query.before:
        terms.append(("place < ?", (query.before,)))
    limit = max(1, min(query.limit, MAX_PAGE))
    return rows(connection, terms, f"ORDER BY place DESC LIMIT {limit}")


def count(connection: sqlite3.Connection, query: Query, owner: str | None, *, search: bool) -> int:
    """How many pictures there are, all pages together."""
    where, values = _joined([*conditions(query, owner, search=search)])
    (number,) = connection.execute(f"SELECT count(*) FROM pictures {where}", values).fetchone()
    return int(number)


def rows(connection: sqlite3.Connection, terms: list[Term], order: str = "") -> list[Row]:
    """The pictures all of these hold for."""
    where, values = _joined(terms)
    cursor = connection.execute(f"SELECT {COLUMNS} FROM pictures {where} {order}", values)
    return [Row(*row) for row in cursor]


def conditions(query: Query, owner: str | None, *, search: bool) -> list[Term]:
    """What a query asks for, but for its page."""
    terms: list[Term] = []
    if owner is not None:
        terms.append(("owner = ?", (owner,)))
    if query.kinds:
        places = ", ".join("?" * len(query.kinds))
        terms.append((f"kind IN ({places})", query.kinds))
    for column in ("model", "style"):
        if getattr(query, column):
            terms.append((f"{column} = ?", (getattr(query, column),)))
    if query.starred:
        terms.append(("starred", ()))
    if query.since:
        terms.append(("place >= ?", (query.since,)))
    if query.until:
        terms.append(("place < ?", (query.until,)))
    return terms + _words(query.words, search=search)


def _words(words: str, *, search: bool) -> list[Term]:
    terms: list[Term] = []
    asked: list[str] = []
    for word in words[:2000].split()[:MAX_TERMS]:
        name, colon, value = word.partition(":")
        setting = _SETTINGS.get(name.lower())
        known = setting(value) if setting and colon else None
        if known is not None:
            terms.append(known)
        elif search:
            asked.append(match(word))
        else:
            plain = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            told = "SELECT rowid FROM words WHERE said LIKE ? ESCAPE '\\'"
            terms.append((f"number IN ({told})", (f"%{plain}%",)))
    if any(asked):
        together = " AND ".join(filter(None, asked))
        told = "SELECT rowid FROM words WHERE words MATCH ?"
        terms.append((f"number IN ({told})", (together,)))
    return terms


def _whole(column: str) -> Callable[[str], Term | None]:
    def asks(value: str) -> Term | None:
        return (f"{column} = ?", (int(value),)) if re.fullmatch(r"\d{1,18}", value) else None

    return asks


def _real(column: str) -> Callable[[str], Term | None]:
    def asks(value: str) -> Term | None:
        number = re.fullmatch(r"\d{1,4}(\.\d{1,6})?", value)
        return (f"abs({column} - ?) < 0.005", (float(value),)) if number else None

    return asks


def _name(column: str) -> Callable[[str], Term | None]:
    def asks(value: str) -> Term | None:
        return (f"{column} = ? COLLATE NOCASE", (value[:80],)) if value else None

    return asks


def _size(value: str) -> Term | None:
    sides = re.fullmatch(r"(\d{1,6})[x×](\d{1,6})", value)
    return ("width = ? AND height = ?", (int(sides[1]), int(sides[2]))) if sides else None


_SETTINGS: dict[str, Callable[[str], Term | None]] = {
    "seed": _whole("seed"),
    "steps": _whole("steps"),
    "width": _whole("width"),
    "height": _whole("height"),
    "guidance": _real("guidance"),
    "strength": _real("strength"),
    "sampler": _name("sampler"),
    "model": _name("model"),
    "style": _name("style"),
    "size": _size,
}
"""What may stand before a colon."""


def _joined(terms: list[Term]) -> tuple[str, list[Any]]:
    where = " AND ".join(f"({condition})" for condition, _ in terms)
    return (f"WHERE {where}" if where else ""), [value for _, values in terms for value in values]
