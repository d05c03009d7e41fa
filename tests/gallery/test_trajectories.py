"""Steps kept beside pictures: whole or not at all, within a bound, and never trusted when they are read."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from studio.core.errors import Dropped, GalleryError
from studio.core.recipe import MAX_TURNS
from studio.core.recipes import TextToImage
from studio.core.turn import Turn
from studio.gallery.store import Store
from studio.gallery.trajectories import Trajectories, beside
from studio.gallery.trajectory import Projection, Trajectory, halved, read, serialised

PASSES, CHANNELS, HEIGHT, WIDTH = 5, 4, 3, 2


def steps(recipe: TextToImage, **changes: Any) -> Trajectory:
    dice = np.random.default_rng(0)
    shape = (PASSES, CHANNELS, HEIGHT, WIDTH)
    made = Trajectory(
        recipe=recipe,
        model="palette",
        revision="1",
        prediction_type="v_prediction",
        steps_total=PASSES,
        t=np.linspace(999, 0, PASSES),
        alpha_bar=np.linspace(0, 1, PASSES),
        x=dice.standard_normal(shape).astype(np.float16),
        prediction=dice.standard_normal(shape).astype(np.float32),
        projection=Projection(
            dice.standard_normal((12, CHANNELS)).astype(np.float32), np.zeros(12, np.float32), 2
        ),
        latent=dice.standard_normal(shape[1:]).astype(np.float32),
        picture="f" * 64,
    )
    return dataclasses.replace(made, **changes)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home")


@pytest.fixture
def picture(store: Store, image, recipe, made) -> Path:
    return store.save(image, recipe, made, "anna")[1]


@pytest.fixture
def kept(store: Store) -> Trajectories:
    return Trajectories(store.home, 1.0)


def test_steps_survive_the_way_to_disk_and_back(kept, picture, recipe):
    before = steps(recipe)
    kept.keep(picture, before)
    after = kept.read(picture)
    for name in ("recipe", "model", "revision", "prediction_type", "steps_total", "picture"):
        assert getattr(after, name) == getattr(before, name)
    for name in ("t", "alpha_bar", "x", "prediction", "latent"):
        one, other = getattr(before, name), getattr(after, name)
        assert one.dtype == other.dtype and np.array_equal(one, other), name
    latent = before.clean(2)
    assert np.array_equal(before.projection(latent), after.projection(latent))
    assert (after.x.dtype, after.prediction.dtype) == (np.float16, np.float32)


def test_the_longest_recipe_fits_into_the_header(kept, picture):
    turn = Turn(1, prompt="€" * 2000, negative_prompt="€" * 2000, style="oil", seed=2**53 - 1)
    longest = TextToImage(prompt="€" * 2000, negative_prompt="€" * 2000, turns=(turn,) * MAX_TURNS)
    kept.keep(picture, steps(longest))
    assert kept.read(picture).recipe == longest


def test_a_value_that_half_precision_cannot_hold_is_kept_in_full(kept, picture, recipe):
    x = np.full((PASSES, CHANNELS, HEIGHT, WIDTH), 1e6, np.float32)
    kept.keep(picture, steps(recipe, x=halved(x)))
    assert np.array_equal(kept.read(picture).x, x)


def test_the_file_lies_beside_the_picture_and_nothing_else_does(kept, picture, recipe):
    kept.keep(picture, steps(recipe))
    assert sorted(path.name for path in picture.parent.glob("[!.]*")) == [
        picture.name,
        picture.stem + ".steps.safetensors",
    ]


def test_steps_that_were_dropped_are_said_to_be(kept, picture):
    with pytest.raises(Dropped, match="not kept any more") as dropped:
        kept.read(picture)
    assert "made again" in dropped.value.hint_text


def sized(
    store: Store, recipe: TextToImage, files: float, *, stars_hold: bool = True
) -> Trajectories:
    """A shelf with room for this many trajectories of the test's size."""
    room = files * len(serialised(steps(recipe))) / 2**30
    return Trajectories(store.home, room, stars_hold=stars_hold)


def test_the_oldest_make_room_and_starred_ones_stay(store, image, recipe, made):
    pictures = dict(store.save(image, recipe, made, "anna") for _ in range(4))
    first, *_ = pictures
    paths = list(pictures.values())
    store.star(first, True)
    shelf = sized(store, recipe, 2.5)
    for path in paths:
        shelf.keep(path, steps(recipe))
    assert [beside(path).exists() for path in paths] == [True, False, False, True]
    assert all(path.exists() for path in paths), "pictures are never dropped"
    assert store.starred(first) and not store.starred("a" * 16)
    store.star(first, False)
    shelf.keep(store.save(image, recipe, made, "anna")[1], steps(recipe))
    assert [beside(path).exists() for path in paths] == [False, False, False, True]


def test_where_every_other_one_is_starred_the_new_one_is_not_kept(store, image, recipe, made):
    (first, one), (second, two), (_, three) = (
        store.save(image, recipe, made, "anna") for _ in range(3)
    )
    shelf = sized(store, recipe, 2.5)
    for name, path in ((first, one), (second, two)):
        shelf.keep(path, steps(recipe))
        store.star(name, True)
    with pytest.raises(GalleryError, match="more than the .* GiB set aside") as full:
        shelf.keep(three, steps(recipe))
    assert "STUDIO_STEPS_GIB" in full.value.hint_text
    assert [beside(path).exists() for path in (one, two, three)] == [True, True, False]


def test_where_many_share_the_disk_starred_ones_go_last(store, image, recipe, made):
    saved = [store.save(image, recipe, made, "anna") for _ in range(5)]
    shelf = sized(store, recipe, 3.5, stars_hold=False)
    for name, path in saved[:3]:
        shelf.keep(path, steps(recipe))
        store.star(name, name != saved[2][0])

    def left() -> list[bool]:
        return [beside(path).exists() for _, path in saved]

    shelf.keep(saved[3][1], steps(recipe))
    assert left() == [True, True, False, True, False], "the newer unstarred one goes first"
    store.star(saved[3][0], True)
    shelf.keep(saved[4][1], steps(recipe))
    assert left() == [False, True, False, True, True], "then the oldest starred one"


def test_where_no_room_is_set_aside_none_are_kept_and_nobody_is_told(store, picture, recipe):
    Trajectories(store.home, 0.0).keep(picture, steps(recipe))
    assert not beside(picture).exists()


def test_steps_larger_than_the_room_set_aside_drop_nothing_else(store, image, recipe, made):
    old, new = (store.save(image, recipe, made, "anna")[1] for _ in range(2))
    Trajectories(store.home, 1.0).keep(old, steps(recipe))
    with pytest.raises(GalleryError, match="set aside"):
        sized(store, recipe, 0.9).keep(new, steps(recipe))
    assert beside(old).exists() and not beside(new).exists()


def test_what_another_process_keeps_counts_too(store, image, recipe, made):
    paths = [store.save(image, recipe, made, "anna")[1] for _ in range(4)]
    mine, theirs = sized(store, recipe, 2.5), sized(store, recipe, 2.5)
    for shelf, path in zip((mine, theirs, mine, theirs), paths, strict=True):
        shelf.keep(path, steps(recipe))
    assert sum(beside(path).exists() for path in paths) <= 3


def test_steps_of_deleted_pictures_are_cleared_away(store, image, recipe, made):
    (first, one), (_, two) = (store.save(image, recipe, made, "anna") for _ in range(2))
    shelf = Trajectories(store.home, 1.0)
    shelf.keep(one, steps(recipe))
    store.star(first, True)
    one.unlink()
    Trajectories(store.home, 1.0).keep(two, steps(recipe))
    assert sorted(path.name for path in two.parent.glob("[!.]*")) == [two.name, beside(two).name]


def test_many_threads_keep_their_steps_at_once(store, image, recipe, made, kept):
    paths = [store.save(image, recipe, made, "anna")[1] for _ in range(24)]
    crowd = [threading.Thread(target=kept.keep, args=(path, steps(recipe))) for path in paths]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert all(len(kept.read(path)) == PASSES for path in paths)


@pytest.mark.parametrize(
    ("code", "words"), [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "the disk is read-only")]
)
def test_G1_a_disk_that_refuses_is_named_and_leaves_the_picture_alone(
    kept, picture, recipe, monkeypatch, code, words
):
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(GalleryError, match=f"its steps are not: {words}"):
            kept.keep(picture, steps(recipe))
    assert [path.name for path in picture.parent.glob("[!.]*")] == [picture.name]


LIMITED = """
import resource, signal, sys
from pathlib import Path
from PIL import Image
from studio.core.events import Finished, Note
from studio.core.recipes import TextToImage
from studio.core.settings import Settings
from studio.gallery.trajectories import beside
from studio.service import Studio

studio = Studio(Settings(home=Path(sys.argv[1]), device="cpu"))
studio.catalog.model("palette").result()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
events = list(studio.submit(TextToImage(prompt="a lake", width=64, height=64, steps=4, seed=1), "me").events())
*_, note, end = events
assert isinstance(note, Note) and isinstance(end, Finished), events
print(note.text)
print(Image.open(end.result.path).convert("RGB").size, beside(end.result.path).exists())
print(studio.steps.table(end.result.id, "me")["state"])
print([path.name for path in end.result.path.parent.glob("[!.]*")] == [end.result.path.name])
studio.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_G1_a_picture_whose_steps_the_system_cuts_off_is_kept_and_a_note_says_so_first(tmp_path):
    """A real limit of 60 kB per file lets the picture through and stops its steps in mid write."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, timeout=120
    )
    assert done.stdout.splitlines() == [
        "The picture is kept, its steps are not: the system allows no larger file.",
        "(64, 64) False",
        "dropped",
        "True",
    ], done.stderr[-2000:]


FULL = """
import sys
from pathlib import Path
import numpy as np
from PIL import Image
from studio.core.errors import GalleryError
from studio.gallery.trajectories import Trajectories
from tests.gallery.test_trajectories import steps
from studio.core.recipes import TextToImage

home = Path(sys.argv[1])
picture = home / "2026-11-20" / f"142233-123-seed7-a-{'a' * 16}.png"
picture.parent.mkdir()
Image.new("RGB", (8, 8)).save(picture)
large = np.zeros((5, 4, 300, 300), np.float32)
try:
    Trajectories(home, 1.0).keep(picture, steps(TextToImage(seed=7), prediction=large, x=large))
except GalleryError as error:
    print(error)
print([path.name for path in picture.parent.glob("[!.]*")] == [picture.name])
"""


def test_G1_on_a_really_full_disk_the_picture_stays():
    """A tmpfs of 1 MiB, mounted in a namespace of its own; skipped where the system allows none."""
    with tempfile.TemporaryDirectory() as folder:
        mount = f"mount -t tmpfs -o size=1m none {folder}"
        space = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
        allowed = subprocess.run([*space, mount], capture_output=True, check=False)
        if allowed.returncode:
            pytest.skip("no user namespaces here")
        script = f'{mount} && exec "$0" -c "$1" {folder}'
        done = subprocess.run(
            [*space, script, sys.executable, FULL],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=Path(__file__).parents[2],
        )
    assert done.stdout.splitlines() == [
        "The picture is kept, its steps are not: the disk is full.",
        "True",
    ], done.stderr[-2000:]


def header_of(content: bytes) -> dict[str, Any]:
    return json.loads(content[8 : 8 + struct.unpack("<Q", content[:8])[0]])


def told_otherwise(content: bytes, **changes: Any) -> bytes:
    """The file with other words in its header."""
    about = header_of(content)["__metadata__"]
    told = json.loads(about["trajectory"]) | changes
    return save(load(content), about | {"trajectory": json.dumps(told)})


def with_arrays(content: bytes, **arrays: Any) -> bytes:
    """The file with other arrays in it; None takes one away."""
    changed = {name: array for name, array in (load(content) | arrays).items() if array is not None}
    return save(changed, header_of(content)["__metadata__"])


def version(content: bytes, number: object) -> bytes:
    return save(load(content), header_of(content)["__metadata__"] | {"atelier": str(number)})


def overlapping(content: bytes) -> bytes:
    """A file whose arrays are said to lie over each other."""
    header = header_of(content)
    header["x"]["data_offsets"] = header["prediction"]["data_offsets"]
    said = json.dumps(header).encode()
    return struct.pack("<Q", len(said)) + said + content[8 + struct.unpack("<Q", content[:8])[0] :]


NAN = np.full((PASSES, CHANNELS, HEIGHT, WIDTH), np.nan, np.float32)
SPOILED = {
    "empty": (lambda whole: b"", "no file of ours"),
    "seven bytes": (lambda whole: whole[:7], "no file of ours"),
    "half a header": (lambda whole: whole[:200], "no file of ours"),
    "cut in the middle": (lambda whole: whole[: len(whole) // 2], "damaged or ends too early"),
    "cut at the end": (lambda whole: whole[:-1], "damaged or ends too early"),
    "more than it says": (lambda whole: whole + b"0" * 64, "damaged or ends too early"),
    "a picture": (lambda whole: b"\x89PNG\r\n\x1a\n" + b"0" * 999, "no file of ours"),
    "a header of 100 MB": (
        lambda whole: struct.pack("<Q", 10**8) + b"{" * 1000,
        "no file of ours",
    ),
    "a header of 2**63": (lambda whole: struct.pack("<Q", 2**63) + whole[8:], "no file of ours"),
    "brackets without end": (
        lambda whole: struct.pack("<Q", 500_000) + b"[" * 500_000,
        "no file of ours",
    ),
    "another program's": (
        lambda whole: save({"x": np.zeros(3)}, {"by": "them"}),
        "no file of ours",
    ),
    "no words": (lambda whole: save(load(whole)), "no file of ours"),
    "overlapping arrays": (overlapping, "damaged or ends too early"),
    "an older version": (lambda whole: version(whole, 0), "by an older studio (version 0"),
    "a newer version": (lambda whole: version(whole, 99), "by a newer studio (version 99"),
    "no version": (lambda whole: version(whole, "x"), "no file of ours"),
    "no recipe": (lambda whole: told_otherwise(whole, recipe=None), "recipe is none of ours"),
    "a recipe out of bounds": (
        lambda whole: told_otherwise(whole, recipe={"kind": "text_to_image", "steps": 10**9}),
        "recipe is none of ours",
    ),
    "words that are numbers": (lambda whole: told_otherwise(whole, model=7), "how it was made"),
    "a number that is a word": (
        lambda whole: told_otherwise(whole, steps_total="many"),
        "how it was made",
    ),
    "a vast patch": (lambda whole: told_otherwise(whole, patch=10**9), "wrong shape"),
    "an unknown prediction": (
        lambda whole: told_otherwise(whole, prediction_type="magic"),
        "make no sense",
    ),
    "an array missing": (lambda whole: with_arrays(whole, latent=None), "wrong shape"),
    "an array too many": (lambda whole: with_arrays(whole, extra=np.zeros(3)), "wrong shape"),
    "other shapes": (
        lambda whole: with_arrays(whole, latent=np.zeros((1, 2, 3), np.float32)),
        "wrong shape",
    ),
    "other numbers": (
        lambda whole: with_arrays(whole, t=np.zeros(PASSES, np.int64)),
        "wrong shape",
    ),
    "no pass": (
        lambda whole: with_arrays(
            whole, **{name: load(whole)[name][:0] for name in ("t", "alpha_bar", "x", "prediction")}
        ),
        "wrong shape",
    ),
    "not a number": (lambda whole: with_arrays(whole, prediction=NAN), "not numbers"),
    "infinite": (lambda whole: with_arrays(whole, x=NAN * np.inf), "not numbers"),
    "impossible levels": (
        lambda whole: with_arrays(whole, alpha_bar=np.full(PASSES, 1.5)),
        "make no sense",
    ),
}


@pytest.mark.parametrize("fault", SPOILED)
def test_a_file_that_cannot_be_used_is_said_to_be_and_why(tmp_path, recipe, fault):
    spoil, words = SPOILED[fault]
    path = tmp_path / "x.steps.safetensors"
    path.write_bytes(spoil(serialised(steps(recipe))))
    with pytest.raises(GalleryError) as refused:
        read(path)
    assert words in str(refused.value)
    assert "picture itself is fine" in refused.value.hint_text


def test_a_file_cut_anywhere_is_refused_and_never_believed(tmp_path, recipe):
    whole = serialised(steps(recipe))
    path = tmp_path / "x.steps.safetensors"
    for length in {*range(0, len(whole), 97), len(whole) - 1}:
        path.write_bytes(whole[:length])
        with pytest.raises(GalleryError):
            read(path)


def test_what_is_no_file_is_refused_in_words(tmp_path):
    with pytest.raises(GalleryError, match="cannot be read"):
        read(tmp_path)


def test_a_header_bomb_costs_no_memory(tmp_path):
    """A hundred megabytes of header, really there, are not read."""
    import tracemalloc

    path = tmp_path / "x.steps.safetensors"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 10**8))
        file.truncate(8 + 10**8)
    tracemalloc.start()
    with pytest.raises(GalleryError, match="no file of ours"):
        read(path)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()
