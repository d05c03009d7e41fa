"""Whose pictures are known: on a shared host one's own, on a workstation all; with the index and without it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio.core.events import Result
from studio.core.recipes import TextToImage
from studio.gallery.index import FILE, Index
from studio.gallery.inputs import Inputs
from studio.gallery.metadata import Made, fingerprint
from studio.gallery.store import Store
from studio.results import Results

SOON = 20.0
RECIPE = TextToImage(prompt="a lake", seed=7, width=64, height=64, steps=4)
PICTURE = Image.new("RGB", (64, 64), "#336699")
MADE = Made("0", "0", "cpu", "float32", "0", "0", 1, 4, 4, 1.0, "2026-11-20", fingerprint(PICTURE))


class Start:
    """One start of a studio, as far as pictures go."""

    def __init__(self, home: Path, *, everything: bool, index: bool) -> None:
        self.store = Store(home)
        self.index = Index(home, self.store.owners, Inputs(home))
        self.results = Results(self.store, self.index, everything=everything)
        if index:
            self.index.start()
            assert self.index.wait(SOON)

    def paint(self, owner: str, **settings: Any) -> Result:
        recipe = dataclasses.replace(RECIPE, **settings)
        picture_id, path = self.store.save(PICTURE, recipe, MADE, owner)
        result = Result(picture_id, path, recipe, 64, 64, 1.0, 4, 4)
        self.results.add(result, owner, f"job of {picture_id}")
        return result


@pytest.fixture(params=[True, False], ids=["with the index", "without it"])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Start]]:
    starts: list[Start] = []

    def begin(*, everything: bool = False) -> Start:
        starts.append(Start(tmp_path / "home", everything=everything, index=request.param))
        return starts[-1]

    yield begin
    for one in starts:
        one.index.close()


def test_D2_everybody_sees_their_own_pictures_and_no_others(start):
    now = start()
    mine, theirs = now.paint("me"), now.paint("you")
    for studio in (now, start()):
        assert studio.results.find(mine.id, "me") == mine
        assert studio.results.find(mine.id, "you") is None
        assert [one.id for one in studio.results.recent("me", 9)] == [mine.id]
        assert [one.id for one in studio.results.recent("you", 9)] == [theirs.id]
        assert studio.results.recent("somebody else", 9) == []
        assert studio.results.path(mine.id, "you") is None
    assert now.results.of_job(f"job of {mine.id}", "me") == mine
    assert now.results.of_job(f"job of {mine.id}", "you") is None


def test_the_one_person_at_a_workstation_sees_every_picture(start):
    before = start()
    painted, listed = before.paint("a browser"), before.paint("the command line")
    (listed.path.parent / ".owners").unlink()
    studio = start(everything=True)
    late = studio.paint("another browser")
    assert [one.id for one in studio.results.recent("me", 9)] == [late.id, listed.id, painted.id]
    assert studio.results.find(painted.id, "me") == painted


def test_a_picture_without_a_known_owner_is_nobodys_on_a_shared_host(start):
    picture = start().paint("me")
    (picture.path.parent / ".owners").unlink()
    later = start()
    assert later.results.find(picture.id, "me") is None
    assert later.results.recent("me", 9) == []


def test_G4_a_picture_deleted_behind_our_back_is_in_no_list(start):
    studio = start()
    gone, stays = studio.paint("me"), studio.paint("me")
    gone.path.unlink()
    assert [one.id for one in studio.results.recent("me", 9)] == [stays.id]
    assert studio.results.find(gone.id, "me") is None


def test_G4_a_renamed_picture_that_kept_its_id_is_still_found(start):
    before = start()
    picture = before.paint("me")
    studio = start()
    moved = picture.path.with_name(picture.path.name.replace("a-lake", "my-lake"))
    picture.path.rename(moved)
    found = studio.results.find(picture.id, "me")
    assert found is not None and found.path == moved


@pytest.mark.parametrize("left", [0, 30, 100])
def test_G4_a_picture_cut_behind_our_back_has_a_file_but_no_recipe(start, left: int):
    before = start()
    picture = before.paint("me")
    picture.path.write_bytes(picture.path.read_bytes()[:left])
    studio = start()
    assert studio.results.find(picture.id, "me") is None
    assert studio.results.path(picture.id, "me") == picture.path
    assert studio.results.recent("me", 9) == []


def test_G3_pictures_are_found_while_the_index_is_not_there(tmp_path: Path):
    home = tmp_path / "home"
    picture = Start(home, everything=False, index=False).paint("me")
    (home / FILE).write_bytes(b"garbage")
    studio = Start(home, everything=False, index=False)
    assert studio.results.find(picture.id, "me") == picture
    assert [one.id for one in studio.results.recent("me", 9)] == [picture.id]


def test_a_name_nobody_ever_had_costs_no_walk_through_the_folders(tmp_path: Path, monkeypatch):
    studio = Start(tmp_path / "home", everything=True, index=True)
    monkeypatch.setattr(studio.store, "find", lambda _: pytest.fail("walked"))
    for name in ("", "a" * 16, "../../etc/passwd", "x" * 10_000, "\0"):
        assert studio.results.find(name, "me") is None
    studio.index.close()
