"""What a picture was made from, and what was made from it: read off the files, looked up in the index.

Three ways lead from one picture to another. One was the *source* of the other: its pixels are those of the picture the recipe
begins with. One is a *branch* of the other: its recipe has one turn more. Or it is the other *resumed*: the same recipe, which
had been stopped earlier. A source that is no picture of the gallery was brought from elsewhere.
"""

import sqlite3
from dataclasses import dataclass

from studio.gallery.query import Row, Term, rows

MOST = 60
"""Pictures of one tree."""


@dataclass(frozen=True, slots=True)
class Tie:
    """One picture made from another: places in the index, and how ("source", "branch" or "resumed")."""

    parent: str
    child: str
    relation: str


@dataclass(frozen=True, slots=True)
class Family:
    """A tree of pictures.

    Attributes:
        members: By place.
        ties: Between them.
        brought: Places of the members whose source is no picture of the gallery.
    """

    members: dict[str, Row]
    ties: tuple[Tie, ...]
    brought: tuple[str, ...]


def family(db: sqlite3.Connection, of: Row, owner: str | None) -> Family:
    """A picture's forebears, and all that was made from it, as far as they are this owner's (a hash; None: everybody's)."""
    members, ties = {of.place: of}, dict.fromkeys(_forebears(db, of, owner))
    for tie in list(ties):
        members.setdefault(tie.parent, _at(db, tie.parent) or of)
    ahead = [of]
    while ahead and len(members) < MOST:
        now = ahead.pop(0)
        for child, relation in children(db, now, owner):
            if child.place not in members and len(members) < MOST:
                members[child.place] = child
                ties[Tie(now.place, child.place, relation)] = None
                ahead.append(child)
    brought = [place for place, row in members.items() if _brought(db, row, owner)]
    return Family(members, tuple(ties), tuple(brought))


def _forebears(db: sqlite3.Connection, of: Row, owner: str | None) -> list[Tie]:
    ties: list[Tie] = []
    now = of
    while len(ties) < MOST // 2:
        found = parent(db, now, owner)
        # A parent is always older, so this ends.
        if found is None:
            break
        ties.append(Tie(found[0].place, now.place, found[1]))
        now = found[0]
    return ties


def parent(db: sqlite3.Connection, of: Row, owner: str | None) -> tuple[Row, str] | None:
    """What a picture was made from, and how; None when from no picture there is."""
    earlier = [("place < ?", (of.place,)), *_owned(owner)]
    latest = "ORDER BY place DESC LIMIT 1"
    stopped = [("recipe_key = ?", (of.recipe_key,)), ("steps_done < ?", (of.steps_done,))]
    if of.recipe_key:
        found = rows(db, [*stopped, *earlier], latest)
        if found:
            return found[0], "resumed"
    for relation, key in _keys(db, of):
        column = "recipe_key" if relation == "branch" else "pixels"
        found = rows(db, [(f"{column} = ?", (key,)), *earlier], latest)
        if found:
            return found[0], relation
    return None


def children(db: sqlite3.Connection, of: Row, owner: str | None) -> list[tuple[Row, str]]:
    """The pictures that were made from one, and how, oldest first."""
    numbers = "number IN (SELECT number FROM parents WHERE key IN (?, ?))"
    later: list[Term] = [("place > ?", (of.place,)), *_owned(owner)]
    order = f"ORDER BY place LIMIT {MOST}"
    near = rows(db, [(numbers, (of.recipe_key or "-", of.pixels or "-")), *later], order)
    if of.recipe_key:
        near += rows(db, [("recipe_key = ?", (of.recipe_key,)), *later], order)
    found = []
    for child in near:
        made_from = parent(db, child, owner)
        if made_from is not None and made_from[0].place == of.place:
            found.append((child, made_from[1]))
    return found


def _brought(db: sqlite3.Connection, row: Row, owner: str | None) -> bool:
    """It begins with a picture that is none of the gallery's; a branch begins with what its trunk began with."""
    told = [key for relation, key in _keys(db, row) if relation == "source"]
    if not told:
        return False
    made_from = parent(db, row, owner)
    return made_from is None


def _keys(db: sqlite3.Connection, row: Row) -> list[tuple[str, str]]:
    told = (
        "SELECT relation, key FROM parents JOIN pictures USING (number) WHERE id = ? ORDER BY rank"
    )
    return list(db.execute(told, (row.id,)))


def _at(db: sqlite3.Connection, place: str) -> Row | None:
    found = rows(db, [("place = ?", (place,))])
    return found[0] if found else None


def _owned(owner: str | None) -> list[Term]:
    return [] if owner is None else [("owner = ?", (owner,))]
