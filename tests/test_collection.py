"""A person's collection: one's own pictures only, starred ones safe, deleted ones back again, families across all tabs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.collection import Collection, Starred
from studio.core.recipe import Painting
from studio.core.recipes import ImageToImage, Inpaint, TextToImage
from studio.core.turn import Turn
from studio.gallery.index import Index
from studio.gallery.inputs import Inputs
from studio.gallery.metadata import Made, fingerprint
from studio.gallery.owners import hashed
from studio.gallery.store import Store
from studio.results import Results

RECIPE = TextToImage(prompt="a lake", seed=7, width=64, height=64, steps=4, revision="1")


class House:
    """A collection, and someone who paints."""

    def __init__(self, home: Path, *, everything: bool = False) -> None:
        self.moment = datetime(2026, 11, 18, tzinfo=UTC)
        self.store = Store(home, clock=lambda: self.moment)
        self.inputs = Inputs(home)
        self.index = Index(home, self.store.owners, self.inputs)
        self.results = Results(self.store, self.index, everything=everything)
        self.collection = Collection(self.store, self.index, self.results, everything=everything)
        self.index.start()
        assert self.index.wait(20)

    def paint(
        self, recipe: Painting = RECIPE, owner: str = "me", done: int = 4, **settings: Any
    ) -> str:
        """The id of a new picture, an hour after the last."""
        self.moment += timedelta(hours=1)
        recipe = dataclasses.replace(recipe, **settings)
        dice = np.random.default_rng(abs(hash((recipe, done))) % 2**32)
        image = Image.fromarray(dice.integers(0, 255, (32, 32, 3), np.uint8))
        about = Made(
            "0", "0", "cpu", "float32", "0", "0", 1, done, 4, 1.0, "now", fingerprint(image)
        )
        picture_id, path = self.store.save(image, recipe, about, owner)
        self.index.add(path, hashed(owner))
        return picture_id

    def source(self, picture_id: str) -> str:
        """A picture as one to begin with."""
        path = self.store.find(picture_id)
        assert path is not None
        with Image.open(path) as image:
            return self.inputs.put(image.convert("RGB"))

    def ids(self, owner: str = "me", **wish: Any) -> list[str]:
        return [row.id for row in self.collection.page(owner, **wish).rows]

    def ties(self, picture_id: str, owner: str = "me") -> set[tuple[str, str, str]]:
        found = self.collection.family(picture_id, owner)
        assert found is not None
        ids = {place: row.id for place, row in found.members.items()}
        return {(ids[tie.parent], ids[tie.child], tie.relation) for tie in found.ties}


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., House]]:
    houses: list[House] = []

    def opened(**options: Any) -> House:
        houses.append(House(tmp_path / "home", **options))
        return houses[-1]

    yield opened
    for house in houses:
        house.index.close()


@pytest.fixture
def house(begin) -> House:
    return begin()


def test_pages_follow_each_other_and_the_first_counts_them_all(house: House):
    ids = [house.paint(seed=seed) for seed in range(7)][::-1]
    first = house.collection.page("me", limit=3)
    assert (first.total, first.whole) == (7, True)
    second = house.collection.page("me", limit=3, before=first.after)
    third = house.collection.page("me", limit=3, before=second.after)
    assert [row.id for page in (first, second, third) for row in page.rows] == ids
    assert (second.total, third.after) == (None, "")


def test_D2_D3_what_is_somebody_elses_is_neither_seen_nor_touched(house: House):
    mine = house.paint()
    assert house.ids("you") == []
    assert house.collection.about(mine, "you") is house.collection.family(mine, "you") is None
    assert house.collection.star([mine], "you", True) == []
    assert house.collection.delete([mine], "you", starred_too=True) == []
    assert list(house.collection.paths([mine], "you")) == []
    assert house.collection.delete([mine], "me") == [mine]
    assert house.collection.restore([mine], "you") == []
    assert house.collection.restore([mine], "me") == [mine]
    assert house.ids() == [mine]
    assert house.collection.names("you") == {"kind": [], "model": [], "style": []}


def test_a_workstation_shows_everybodys_and_brings_everybodys_back(begin):
    house = begin(everything=True)
    one, other = house.paint(owner="a browser"), house.paint(owner="the command line")
    assert house.ids("whoever") == [other, one]
    assert house.collection.delete([one], "whoever") == [one]
    assert house.collection.restore([one], "whoever") == [one]


def test_a_starred_picture_is_not_deleted_without_a_word(house: House):
    plain, starred = house.paint(seed=1), house.paint(seed=2)
    assert house.collection.star([starred], "me", True) == [starred]
    assert house.ids(starred=True) == [starred]
    with pytest.raises(Starred, match="1 of them are starred"):
        house.collection.delete([plain, starred], "me")
    assert house.ids() == [starred, plain]
    assert house.collection.delete([plain, starred], "me", starred_too=True) == [plain, starred]
    assert house.ids() == []
    assert house.results.find(starred, "me") is None
    house.collection.restore([starred, plain], "me")
    assert house.ids(starred=True) == [starred]


def test_what_was_deleted_stays_deleted_after_a_restart_and_can_be_brought_back(begin):
    first = begin()
    picture = first.paint()
    first.collection.delete([picture], "me")
    later = begin()
    assert later.ids() == []
    assert later.collection.restore([picture], "me") == [picture]
    assert later.ids() == [picture]


def test_G4_a_page_leaves_out_what_is_gone_and_marks_what_was_cut(house: House):
    gone, cut, whole = (house.paint(seed=seed) for seed in range(3))
    paths = {one: house.store.find(one) for one in (gone, cut)}
    paths[gone].unlink()
    paths[cut].write_bytes(paths[cut].read_bytes()[:200])
    page = house.collection.page("me")
    assert [(row.id, bool(row.damaged)) for row in page.rows] == [(whole, False), (cut, True)]
    assert house.collection.about(cut, "me") is None
    assert house.collection.delete([cut], "me") == [cut]


# ---- families


def test_a_family_reaches_across_tabs_up_and_down(house: House):
    root = house.paint()
    branch = house.paint(turns=(Turn(2, prompt="a sea"),))
    twig = house.paint(turns=(Turn(2, prompt="a sea"), Turn(3, style="oil")))
    styled = house.paint(
        ImageToImage(prompt="b", seed=1, steps=4, strength=0.5, source=house.source(branch))
    )
    mask = house.inputs.put(Image.new("L", (32, 32), 255))
    patched = house.paint(
        Inpaint(prompt="c", seed=2, steps=4, source=house.source(styled), mask=mask)
    )
    stranger = house.paint(seed=99)
    up = {(root, branch, "branch"), (branch, styled, "source")}
    assert house.ties(styled) == up | {(styled, patched, "source")}
    assert house.ties(root) == {
        (root, branch, "branch"),
        (branch, twig, "branch"),
        (branch, styled, "source"),
        (styled, patched, "source"),
    }
    assert house.ties(stranger) == set()


def test_a_stopped_picture_is_what_its_resumed_one_was_made_from(house: House):
    stopped, whole = house.paint(done=2), house.paint(done=4)
    assert house.ties(whole) == house.ties(stopped) == {(stopped, whole, "resumed")}


def test_a_branch_whose_trunk_is_gone_hangs_on_what_is_left(house: House):
    root, middle = house.paint(), house.paint(turns=(Turn(2, prompt="a sea"),))
    leaf = house.paint(turns=(Turn(2, prompt="a sea"), Turn(3, style="oil")))
    house.collection.delete([middle], "me")
    assert house.ties(leaf) == {(root, leaf, "branch")}


def test_a_picture_brought_from_elsewhere_is_said_to_be(house: House):
    brought = house.inputs.put(Image.effect_mandelbrot((32, 32), (-2, -1, 1, 1), 20).convert("RGB"))
    styled = house.paint(ImageToImage(prompt="b", seed=1, steps=4, source=brought))
    found = house.collection.family(styled, "me")
    assert found is not None and len(found.brought) == 1


def test_D2_a_family_holds_nobody_elses_pictures(house: House):
    """Somebody gave me the file of a picture, and I went on from it: theirs are not mine to see."""
    theirs = house.paint(owner="you")
    mine = house.paint(ImageToImage(prompt="b", seed=1, steps=4, source=house.source(theirs)))
    assert house.ties(mine) == set()
    assert house.ties(theirs, "you") == set()


def test_families_are_the_same_after_the_index_was_lost(begin):
    first = begin()
    root = first.paint()
    leaf = first.paint(turns=(Turn(2, prompt="a sea"),))
    styled = first.paint(ImageToImage(prompt="b", seed=1, steps=4, source=first.source(leaf)))
    before = first.ties(root)
    first.index.close()
    (first.store.home / "index.sqlite3").unlink()
    assert begin().ties(styled) == before
