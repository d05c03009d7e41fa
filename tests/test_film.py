"""Films and strips: what goes in comes out, in order, in every format; caps hold (row B8)."""

import io
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from studio import film
from studio.core.errors import RecipeError, StudioError

COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]


def frames(count: int = 4, size: tuple[int, int] = (32, 16)) -> list[Image.Image]:
    return [Image.new("RGB", size, COLOURS[i % 4]) for i in range(count)]


def test_a_strip_shows_the_pictures_unchanged_side_by_side():
    sheet = Image.open(io.BytesIO(film.film(frames(), "png", labels=["a", "b", "c", "d"])))
    assert sheet.size == (4 * 40 + 8, 16 + 2 * 8 + 24)
    for i, colour in enumerate(COLOURS):
        left = 8 + i * 40
        assert np.array_equal(
            np.asarray(sheet.crop((left, 8, left + 32, 24))), np.full((16, 32, 3), colour)
        )
    below = np.asarray(sheet.crop((8, 24, 40, 48))).astype(int)
    assert (below.sum(-1) < 300).any(), "a label in ink stands under the picture"


def test_a_strip_without_labels_has_no_room_for_them():
    assert film.strip(frames()).height == 32


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_an_animation_has_the_pictures_in_order(kind: str):
    """Opened in a process of its own: the studio, where it runs, leaves Pillow no GIF decoder."""
    data = film.film(frames(), kind, seconds=0.1, hold=0.5)
    look = (
        "import io, json, sys; from PIL import Image, ImageSequence;"
        "image = Image.open(io.BytesIO(sys.stdin.buffer.read()));"
        "print(json.dumps([image.info['loop'],"
        " [(frame.convert('RGB').getpixel((9, 9)), frame.info['duration'])"
        " for frame in ImageSequence.Iterator(image)]]))"
    )
    done = subprocess.run([sys.executable, "-c", look], input=data, capture_output=True, check=True)
    loop, seen = json.loads(done.stdout)
    assert loop == 0, "it plays again and again"
    assert [time for _, time in seen] == [500, 100, 100, 500]
    for (colour, _), expected in zip(seen, COLOURS, strict=True):
        assert np.abs(np.subtract(colour, expected)).max() <= 12


def test_an_mp4_has_the_pictures_in_order():
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    data = film.film(frames(size=(64, 48)), "mp4", seconds=0.2, hold=0.4)
    seen = decoded(imageio_ffmpeg, data, (64, 48))
    assert len(seen) == 10 + 5 + 5 + 10
    for at, expected in zip((3, 12, 17, 25), COLOURS, strict=True):
        assert np.abs(seen[at][24, 32].astype(int) - expected).max() <= 24


def test_an_mp4_of_odd_sides_is_made():
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    assert decoded(imageio_ffmpeg, film.film(frames(2, (33, 17)), "mp4"), (34, 18))


def decoded(imageio_ffmpeg, data: bytes, size: tuple[int, int]) -> list[np.ndarray]:
    """The pictures of an MP4, by ffmpeg itself."""
    done = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", "pipe:", "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:"],
        input=data, capture_output=True, check=True,
    )  # fmt: skip
    pixels = np.frombuffer(done.stdout, np.uint8)
    return list(pixels.reshape(-1, size[1], size[0], 3))


def test_without_its_package_mp4_says_which_one_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(StudioError) as refused:
        film.film(frames(), "mp4")
    assert str(refused.value) == "MP4 needs the package imageio-ffmpeg, which is not installed."
    assert "pip install imageio-ffmpeg" in refused.value.hint_text
    assert film.missing("gif") is None


def test_a_kind_that_is_none_is_refused():
    with pytest.raises(RecipeError, match="'avi'"):
        film.film(frames(), "avi")


@pytest.mark.parametrize("kind", ["png", "gif", "webp"])
def test_b8_ten_thousand_frames_are_capped(kind: str):
    data = film.film(frames(1, (16, 16)) * 10_000, kind)
    most = film.most_frames(kind)
    if kind == "png":
        assert Image.open(io.BytesIO(data)).width == most * 24 + 8
    else:
        assert len(data) < 500_000


@pytest.mark.parametrize(
    ("wished", "T", "kind", "expected"),
    [
        (5, 1000, "png", [0, 250, 500, 749, 999]),
        (1, 1000, "png", [0]),
        (0, 1000, "png", [0]),
        (-3, 1000, "gif", [0]),
        (99, 10, "gif", list(range(10))),
    ],
)
def test_timesteps_are_spread_from_the_first_to_the_last(wished, T, kind, expected):
    assert film.spread(wished, T, kind) == expected


def test_b8_no_more_timesteps_than_a_film_holds():
    assert len(film.spread(10_000, 4000, "gif")) == film.FILM_FRAMES
    assert len(film.spread(10_000, 4000, "png")) == film.STRIP_FRAMES


def test_one_picture_is_a_film_too():
    for kind in ("png", "gif", "webp"):
        assert film.film(frames(1), kind)
