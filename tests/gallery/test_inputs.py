"""Inputs: once each, under the hash of their pixels, and given out as they were put in or not at all."""

import errno
import hashlib
import os
import threading
import time

import pytest
from PIL import Image

from studio.core.errors import GalleryError, PictureError
from studio.core.recipes import Inpaint
from studio.gallery.files import ABANDONED
from studio.gallery.inputs import Inputs
from tests.gallery.hostile import png

NOWHERE = "sha256:" + "0" * 64


@pytest.fixture
def inputs(tmp_path) -> Inputs:
    return Inputs(tmp_path / "home")


@pytest.fixture
def mask() -> Image.Image:
    return Image.radial_gradient("L").resize((64, 48))


def later(inputs: Inputs) -> Inputs:
    """The same home at a later start."""
    return Inputs(inputs.folder.parent)


def kept(inputs: Inputs) -> list:
    return [path for path in inputs.folder.rglob("*") if path.is_file()]


def test_what_is_put_in_comes_out(inputs, image, mask):
    for picture in (image, mask):
        name = inputs.put(picture)
        for again in (inputs.get(name), later(inputs).get(name)):
            assert (again.mode, again.size) == (picture.mode, picture.size)
            assert again.tobytes() == picture.tobytes()


def test_a_name_is_the_hash_of_mode_size_and_pixels_and_fits_a_recipe(inputs, image, mask):
    names = [inputs.put(picture) for picture in (image, mask)]
    digest = hashlib.sha256(b"L:64x48:" + mask.tobytes()).hexdigest()
    assert names[1] == f"sha256:{digest}"
    assert (inputs.folder / digest[:2] / f"{digest}.png").is_file()
    recipe = Inpaint(source=names[0], mask=names[1])
    assert [recipe.source, recipe.mask] == names


def test_the_same_pixels_are_kept_once(inputs, image):
    first, second = inputs.put(image), inputs.put(image.copy())
    assert first == second
    (path,) = kept(inputs)
    before = path.stat()
    inputs.put(image)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_another_size_or_mode_of_the_same_bytes_is_another_input(inputs):
    wide, tall = Image.new("L", (64, 32)), Image.new("L", (32, 64))
    colour = Image.new("RGB", (32, 64))
    assert len({inputs.put(picture) for picture in (wide, tall, colour)}) == 3


def test_the_file_holds_pixels_and_nothing_else(inputs, image):
    image.info = {"comment": "private", "exif": b"private", "icc_profile": b"private"}
    inputs.put(image)
    (path,) = kept(inputs)
    assert b"private" not in path.read_bytes()


def test_changing_what_was_given_out_or_put_in_changes_nothing_here(inputs, image):
    before = image.tobytes()
    name = inputs.put(image)
    for picture in (image, inputs.get(name), inputs.get(name)):
        picture.paste((0, 0, 0), (0, 0, *picture.size))
    assert inputs.get(name).tobytes() == before


def test_pictures_in_memory_are_few(inputs, monkeypatch):
    """With room for two of them, the third pushes out the one not asked for longest."""
    monkeypatch.setattr("studio.gallery.inputs.REMEMBERED", 2 * 64 * 64)
    first, second, third = (Image.new("L", (64, 64), value) for value in (1, 2, 3))
    names = [inputs.put(picture) for picture in (first, second)]
    inputs.get(names[0])
    names.append(inputs.put(third))
    for path in kept(inputs):
        path.unlink()
    assert [inputs.get(names[i]).getpixel((0, 0)) for i in (0, 2)] == [1, 3]
    with pytest.raises(GalleryError, match="is not here any more"):
        inputs.get(names[1])


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../../etc/passwd",
        "sha256:",
        "sha256:../../../etc/passwd",
        "sha256:" + "0" * 63,
        "sha256:" + "0" * 65,
        "sha256:" + "A" * 64,
        "sha256:" + "0" * 64 + "\n",
        "sha256:" + "/" * 64,
        "md5:" + "0" * 64,
        "0" * 64,
        "sha256:" + "0" * 1_000_000,
    ],
    ids=range(13),
)
def test_a_hostile_name_is_refused_before_the_disk_is_asked(inputs, monkeypatch, name):
    def trip(*_, **__):
        raise AssertionError("the disk was asked")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.open", trip)
        with pytest.raises(GalleryError, match="names no picture") as caught:
            inputs.get(name)
    assert len(str(caught.value)) < 100


def test_a_missing_input_is_named_in_words(inputs):
    with pytest.raises(GalleryError, match="is not here any more") as caught:
        inputs.get(NOWHERE)
    assert caught.value.hint_text == "Choose the picture again."


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:60] + bytes([data[60] ^ 1]) + data[61:],
        lambda data: b"<html>",
        lambda data: png(bytes(16)),
        lambda data: png(bytes(1625), depth=1, size=(13000, 13000)),
    ],
    ids=["empty", "half", "one bit", "no picture", "another picture", "bomb"],
)
def test_a_damaged_input_is_not_given_out_and_putting_it_again_mends_it(inputs, image, damage):
    name = inputs.put(image)
    (path,) = kept(inputs)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(GalleryError, match="was damaged on disk") as caught:
        later(inputs).get(name)
    assert caught.value.hint_text
    assert inputs.put(image) == name
    assert later(inputs).get(name).tobytes() == image.tobytes()


def test_only_clean_pictures_are_kept(inputs):
    with pytest.raises(ValueError, match="RGB or L"):
        inputs.put(Image.new("RGBA", (64, 64)))
    with pytest.raises(PictureError, match="too thin"):
        inputs.put(Image.new("L", (64, 3)))
    assert kept(inputs) == []


@pytest.mark.parametrize(
    ("code", "words"),
    [(errno.ENOSPC, "the disk is full"), (errno.EACCES, "the studio may not write there")],
)
@pytest.mark.parametrize("call", ["mkdir", "fsync", "replace"])
def test_G1_a_disk_that_refuses_is_named_and_nothing_half_is_left(
    inputs, image, monkeypatch, call, code, words
):
    def refuse(*_, **__):
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        with pytest.raises(GalleryError, match=f"could not be kept in .*inputs: {words}"):
            inputs.put(image)
    assert kept(inputs) == []
    assert inputs.get(inputs.put(image)).tobytes() == image.tobytes()


def test_what_a_killed_process_left_is_cleared_at_start_and_only_that(inputs, image):
    inputs.put(image)
    (path,) = kept(inputs)
    old, young = (path.parent / f".{letter * 16}.part" for letter in "ab")
    for file in (old, young):
        file.write_bytes(b"half")
    long_ago = time.time() - ABANDONED - 5
    os.utime(old, (long_ago, long_ago))
    later(inputs)
    assert [file.exists() for file in (old, young, path)] == [False, True, True]


def test_H1_sixteen_threads_put_the_same_picture(inputs, image):
    names: list[str] = []
    crowd = [threading.Thread(target=lambda: names.append(inputs.put(image))) for _ in range(16)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    assert len(names) == 16
    assert len(set(names)) == len(kept(inputs)) == 1
    assert later(inputs).get(names[0]).tobytes() == image.tobytes()
