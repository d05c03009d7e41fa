"""Deleted pictures: brought back with all that lay beside them, or gone for good after thirty days."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from studio.core.errors import GalleryError
from studio.gallery.store import Store
from studio.gallery.trajectories import Trajectories, beside
from studio.gallery.trash import DAYS, Trash

TODAY = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def kept(home, image, recipe, made) -> Path:
    """A starred picture with its steps."""
    path = Store(home).save(image, recipe, made, "anna")[1]
    path.with_suffix(".star").touch()
    beside(path).write_bytes(b"steps")
    return path


def told(path: Path) -> str:
    return path.name[-20:-4]


def brought(trash: Trash, path: Path) -> Path:
    """Where a deleted picture is after it was brought back."""
    return trash.restore(trash.find([told(path)])[told(path)])


def test_a_deleted_picture_is_in_no_list_and_comes_back_with_its_star_and_steps(home, kept):
    trash, content = Trash(home, lambda: TODAY), kept.read_bytes()
    trash.put(kept)
    store = Store(home)
    assert store.newest(9) == [] and store.find(told(kept)) is None
    assert not kept.with_suffix(".star").exists() and not beside(kept).exists()
    assert brought(trash, kept) == kept
    assert kept.read_bytes() == content
    assert kept.with_suffix(".star").exists() and beside(kept).read_bytes() == b"steps"
    assert trash.find([told(kept)]) == {}


def test_what_was_deleted_long_ago_is_gone_for_good_and_nothing_else(
    home, kept, image, recipe, made
):
    late = Store(home).save(image, recipe, made, "anna")[1]
    Trash(home, lambda: TODAY - timedelta(days=DAYS + 1)).put(kept)
    trash = Trash(home, lambda: TODAY)
    trash.put(late)
    (home / "trash" / "notes").mkdir()
    assert trash.purge() == 1
    assert trash.find([told(kept)]) == {}
    assert brought(trash, late) == late
    assert (home / "trash" / "notes").exists()


def test_after_thirty_days_it_can_still_be_brought_back(home, kept):
    Trash(home, lambda: TODAY - timedelta(days=DAYS)).put(kept)
    trash = Trash(home, lambda: TODAY)
    assert trash.purge() == 0
    assert brought(trash, kept) == kept


def test_G1_a_disk_that_refuses_leaves_everything_where_it_was(home, kept, monkeypatch):
    replace, calls = os.replace, []

    def refuse_the_last(source, target):
        calls.append(source)
        if len(calls) == 3:
            raise OSError(28, os.strerror(28))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse_the_last)
    with pytest.raises(GalleryError, match="could not be moved: the disk is full"):
        Trash(home).put(kept)
    assert kept.exists() and kept.with_suffix(".star").exists() and beside(kept).exists()


def test_D2_what_is_not_in_the_trash_is_not_found(home, kept):
    trash = Trash(home)
    trash.put(kept)
    names = ["", "..", "../../etc/passwd", "*", "a" * 16, "\0", told(kept)]
    assert list(trash.find(names)) == [told(kept)]


def test_steps_in_the_trash_count_and_are_the_first_to_go(home, kept, image, recipe, made):
    """Deleting pictures opens no second store beside the bound."""
    Trash(home).put(kept)
    stays = Store(home).save(image, recipe, made, "anna")[1]
    beside(stays).write_bytes(b"steps")
    sizes = Trajectories(home, 1.0)._sizes()
    assert sorted(sizes.values()) == [5, 5] and len(sizes) == 2
    assert Trajectories(home, 8 / 2**30)._room_for(3)
    assert beside(stays).exists()
    assert not list((home / "trash").rglob("*.safetensors"))
