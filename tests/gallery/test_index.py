"""The index: quick to ask, always made again from the files, in nobody's way."""

import dataclasses
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio.core.recipes import ImageToImage, TextToImage
from studio.core.turn import Turn
from studio.gallery import tables
from studio.gallery.entry import entry_of
from studio.gallery.index import FILE, Index
from studio.gallery.inputs import Inputs
from studio.gallery.owners import hashed
from studio.gallery.query import Query, Row, found
from studio.gallery.store import Store

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SOON = 20.0
"""Seconds; what is waited for takes hundredths of one."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def open_index(home: Path) -> Iterator[Callable[[], Index]]:
    """Opens an index of the home and waits until it is whole."""
    opened = []

    def begin() -> Index:
        index = Index(home, Store(home).owners, Inputs(home))
        opened.append(index)
        index.start()
        assert index.wait(SOON)
        return index

    yield begin
    for index in opened:
        index.close()


@pytest.fixture
def keep(home: Path, image: Image.Image, recipe: TextToImage, made: Any) -> Callable[..., Path]:
    """Keeps pictures: `keep(owner, days_ago, **settings)`."""
    moments = [NOON]

    def save(owner: str = "anna", days: int = 0, *, of: Any = None, **settings: Any) -> Path:
        moments[0] += timedelta(seconds=1)
        store = Store(home, clock=lambda: moments[0] - timedelta(days=days))
        about = dataclasses.replace(of or recipe, **settings)
        return store.save(image, about, made, owner)[1]

    return save


def places(rows: list[Row]) -> list[str]:
    return [row.place for row in rows]


def named(*paths: Path) -> list[str]:
    return [f"{path.parent.name}/{path.name}" for path in paths]


def every(index: Index) -> list[str]:
    return places(index.page(Query(limit=200), None))


def noticed(index: Index, what: Callable[[], bool]) -> bool:
    """Whether something is so after at most a few looks at the folders."""
    for _ in range(200):
        index._looked = 0.0
        index.refresh()
        if what():
            return True
        threading.Event().wait(0.02)
    return False


def test_every_picture_is_listed_newest_first_page_by_page(keep, open_index):
    paths = [keep(days=days) for days in (3, 2, 1, 0, 0)]
    index = open_index()
    assert every(index) == named(*paths[::-1])
    first = index.page(Query(limit=2), None)
    rest = index.page(Query(limit=9, before=first[-1].place), None)
    assert places(first) + places(rest) == every(index)
    assert index.count(Query(), None) == 5


def test_whose_a_picture_is_survives_the_loss_of_the_index(keep, open_index, home):
    mine, theirs = keep("anna"), keep("ben")
    open_index().close()
    (home / FILE).unlink()
    index = open_index()
    assert places(index.page(Query(), hashed("anna"))) == named(mine)
    assert places(index.page(Query(), hashed("ben"))) == named(theirs)
    assert index.page(Query(), hashed("carl")) == []


def test_a_picture_nobody_owns_is_in_nobodys_list(keep, open_index):
    path = keep("anna")
    (path.parent / ".owners").unlink()
    index = open_index()
    assert index.page(Query(), hashed("anna")) == []
    assert every(index) == named(path)


# ---- words and settings


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("lighthouse", "a"),
        ("light", "a"),
        ("LIGHT sea", "a"),
        ("sea", "ab"),
        ("house", ""),
        ("湖面", "c"),
        ("日落", "c"),
        ("watercolor", "ab"),
        ("seed:7", "a"),
        ("seed:8 storm", "b"),
        ("seed:8 light", ""),
        ("steps:20", "abc"),
        ("steps:21", ""),
        ("size:64x64", "abc"),
        ("sampler:DDIM", "c"),
        ("guidance:4", "abc"),
        ("seed:many", ""),
        ("!!! ??", "abc"),
        ('"; DROP TABLE pictures; --', ""),
        ("AND OR NOT * ^ NEAR(", ""),
        ("%", "abc"),
    ],
)
def test_words_are_found_by_their_beginning_and_settings_by_their_name(
    keep, open_index, words, wanted
):
    kept = {
        "a": keep(prompt="A lighthouse by the sea", seed=7),
        "b": keep(prompt="storm over the sea", seed=8),
        "c": keep(prompt="湖面上的日落", seed=9, style="ink", sampler="ddim"),
    }
    index = open_index()
    assert set(places(index.page(Query(words=words), None))) == set(
        named(*(kept[one] for one in wanted))
    )
    assert index.count(Query(words=words), None) == len(wanted)


def test_a_sqlite_without_full_text_search_finds_words_too(keep, open_index, monkeypatch):
    monkeypatch.setattr(tables, "_SEARCH", "CREATE VIRTUAL TABLE words USING nothing()")
    lake, sea = keep(prompt="a lake"), keep(prompt="100% sea_side")
    index = open_index()
    assert places(index.page(Query(words="LAKE"), None)) == named(lake)
    assert places(index.page(Query(words="0% a_s"), None)) == named(sea)
    assert index.page(Query(words="0%x"), None) == []


def test_kind_model_style_star_and_day_narrow_the_list(keep, open_index, home):
    old = keep(days=4, style="oil")
    new = keep(of=ImageToImage(prompt="a", seed=1, width=64, height=64, steps=4))
    Store(home).star(old.name[-20:-4], True)
    index = open_index()
    for query, path in (
        (Query(style="oil"), old),
        (Query(kinds=("inpaint", "image_to_image")), new),
        (Query(starred=True), old),
        (Query(until="2026-11-17"), old),
        (Query(since="2026-11-18", until="2026-11-21"), new),
        (Query(since="2026-11-20/120001"), new),
    ):
        assert places(index.page(query, None)) == named(path), query
        assert query.asks
    assert index.page(Query(model="nobody"), None) == []
    assert index.kinds("style", hashed("anna")) == ["none", "oil"]
    assert index.kinds("style", hashed("ben")) == []


@pytest.mark.parametrize("owner", [None, "somebody"])
def test_G5_a_page_costs_the_same_however_many_pictures_there_are(keep, open_index, owner):
    """Pages follow an index of the database: nothing is sorted, nothing before them is read. Figures: bench/gallery.py."""
    keep()
    asked: list[str] = []
    index = open_index()

    def watch(db: sqlite3.Connection) -> list[str]:
        db.set_trace_callback(asked.append)
        found(db, Query(before="2026-11-20/1"), owner, search=True)
        db.set_trace_callback(None)
        return [row[-1] for row in db.execute(f"EXPLAIN QUERY PLAN {asked[-1]}")]

    plan = index.ask(watch)
    assert plan and len(plan) == 1 and "USING INDEX" in plan[0] and "place<" in plan[0], plan


# ---- row G3: the database


def spoilt(home: Path, how: str) -> None:
    path = home / FILE
    if how == "deleted":
        path.unlink()
    elif how == "garbage":
        path.write_bytes(b"no database at all" * 999)
    elif how == "cut":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif how == "overwritten":
        content = bytearray(path.read_bytes())
        content[8192:24576] = b"\xaa" * 16384
        path.write_bytes(content)
    elif how == "a folder":
        path.unlink()
        path.mkdir()
    else:
        database = sqlite3.connect(path)
        if how == "half made":
            database.execute("DROP TABLE parents")
        else:
            database.execute(f"PRAGMA user_version = {how}")
        database.commit()
        database.close()


@pytest.mark.parametrize(
    "how",
    ["deleted", "garbage", "cut", "overwritten", "a folder", "half made", "0", "99"],
)
def test_G3_an_index_that_cannot_be_used_is_made_again_from_the_files(keep, open_index, home, how):
    paths = [keep() for _ in range(3)]
    open_index().close()
    spoilt(home, how)
    index = open_index()
    assert every(index) == named(*paths[::-1])
    assert places(index.page(Query(words="lighthouse"), hashed("anna"))) == every(index)


def test_G3_a_locked_index_blocks_nobody(keep, open_index, home, monkeypatch):
    monkeypatch.setattr(tables, "PATIENCE", 0.05)
    path = keep()
    open_index().close()
    holder = sqlite3.connect(home / FILE)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    index = open_index()
    assert every(index) == named(path)
    holder.close()


def test_G3_an_index_that_breaks_while_it_is_used_is_made_again(keep, open_index, home):
    path = keep()
    index = open_index()
    index.ask(lambda db: db.execute("SELECT nonsense FROM nowhere"))
    assert noticed(index, lambda: index.whole and every(index) == named(path))


def test_G3_while_the_index_is_not_there_it_says_nothing_and_adds_nothing(keep, home):
    index = Index(home, Store(home).owners, Inputs(home))
    path = keep()
    index.add(path, hashed("anna"))
    assert (index.page(Query(), None), index.count(Query(), None), index.row("a" * 16)) == (
        [],
        0,
        None,
    )
    assert not index.whole
    index.close()


# ---- row G4: files changed behind our back


def test_G4_a_picture_deleted_brought_or_renamed_is_noticed(keep, open_index, home):
    gone, moved, stays = keep(), keep(), keep()
    index = open_index()
    gone.unlink()
    moved.rename(moved.with_name("holiday.png"))
    assert noticed(index, lambda: every(index) == named(stays))
    moved.with_name("holiday.png").rename(moved)
    late = keep()
    assert noticed(index, lambda: every(index) == named(late, stays, moved))


def test_G4_a_day_that_was_thrown_away_is_noticed(keep, open_index):
    import shutil

    old, new = keep(days=1), keep()
    index = open_index()
    shutil.rmtree(old.parent)
    assert noticed(index, lambda: every(index) == named(new))


@pytest.mark.parametrize("left", [0, 20, 60, 400, -1])
def test_G4_a_truncated_picture_is_listed_as_damaged(keep, open_index, left):
    path, good = keep(), keep()
    path.write_bytes(path.read_bytes()[:left])
    rows = open_index().page(Query(), None)
    assert [(row.place, bool(row.damaged)) for row in rows] == [
        (named(good)[0], False),
        (named(path)[0], True),
    ]


def test_G4_a_star_set_or_taken_by_hand_is_noticed(keep, open_index):
    path = keep()
    index = open_index()
    path.with_suffix(".star").touch()
    assert noticed(index, lambda: index.count(Query(starred=True), None) == 1)
    path.with_suffix(".star").unlink()
    assert noticed(index, lambda: index.count(Query(starred=True), None) == 0)


def test_a_folder_that_did_not_change_is_not_read_again(keep, open_index, monkeypatch):
    import os

    path = keep(days=1)
    long_ago = path.stat().st_mtime - 60
    os.utime(path.parent, (long_ago, long_ago))
    open_index().close()
    # The next start would list it as damaged if it looked.
    path.write_bytes(b"")
    assert not open_index().page(Query(), None)[0].damaged


def test_a_new_picture_is_known_at_once_and_a_forgotten_one_no_more(keep, open_index):
    index = open_index()
    path = keep("anna")
    index.add(path, hashed("anna"))
    assert places(index.page(Query(), hashed("anna"))) == named(path)
    index.forget(path)
    assert index.page(Query(), None) == []


def test_two_processes_share_one_index(keep, open_index):
    keep()
    one, other = open_index(), open_index()
    path = keep()
    one.add(path, hashed("anna"))
    assert every(other)[0] == named(path)[0]


# ---- what an entry knows


def test_the_parents_of_a_branch_are_the_runs_it_may_have_left(keep, recipe):
    first, second = Turn(2, prompt="b"), Turn(5, style="oil")
    root = entry_of(keep(), "", str)
    one = entry_of(keep(turns=(first,)), "", str)
    two = entry_of(keep(turns=(first, second)), "", str)
    assert root is not None and one is not None and two is not None
    assert root.parents == ()
    assert one.parents == (("branch", root.recipe_key),)
    assert two.parents[0] == ("branch", one.recipe_key)
    assert two.parents[-1] == ("branch", root.recipe_key)


def test_a_picture_made_from_a_picture_knows_its_pixels(keep, open_index, home, image):
    made_from = keep()
    source = Inputs(home).put(image)
    child = keep(of=ImageToImage(prompt="a", seed=1, width=64, height=64, steps=4, source=source))
    index = open_index()
    told = index.ask(lambda db: list(db.execute("SELECT relation, key FROM parents")))
    (parent,) = [row for row in index.page(Query(), None) if row.place == named(made_from)[0]]
    assert told == [("source", parent.pixels)]
    assert every(index)[0] == named(child)[0]
