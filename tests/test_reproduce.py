"""A verdict measures the difference and names what may explain it."""

import dataclasses
import math

import pytest
from PIL import Image

from studio.core.errors import GalleryError, ModelUnavailable
from studio.core.events import Cancelled, Failed
from studio.core.recipes import TextToImage
from studio.gallery.metadata import Made, Picture, fingerprint, png_info
from studio.reproduce import compare, reproduce

RECIPE = TextToImage(prompt="sea", width=64, height=64, steps=2, seed=7, revision="1")
GREY, LIGHTER = (Image.new("RGB", (64, 64), (value,) * 3) for value in (100, 102))
MADE = Made("0.1", "aaa", "cpu", "float32", "2.13", "0.42", 1, 2, 2, 0.1, "now", fingerprint(GREY))


class Refuses:
    """A painter whose runs end in one event."""

    def __init__(self, *events):
        self._events = events
        self.asked = []

    def submit(self, recipe, owner, *, keep, stop_after):
        self.asked.append((recipe, owner, keep, stop_after))
        return self

    def events(self):
        return iter(self._events)


def verdict(then: Made, now: Made = MADE, before: Image.Image = GREY, after: Image.Image = LIGHTER):
    return compare(before, Picture(RECIPE, then, ""), after, Picture(RECIPE, now, ""))


@pytest.fixture
def file(tmp_path):
    GREY.save(tmp_path / "x.png", pnginfo=png_info(RECIPE, MADE))
    return tmp_path / "x.png"


def test_equal_pixels_are_identical_whoever_made_them():
    same = verdict(dataclasses.replace(MADE, device="cuda:0", batch=8), after=GREY.copy())
    assert (same.identical, same.max_difference, same.psnr, same.reasons) == (True, 0, math.inf, ())


def test_the_difference_is_measured_by_its_formula():
    """Every value is 2 off: PSNR = 20 log10(255 / 2)."""
    differs = verdict(MADE)
    assert (differs.identical, differs.max_difference) == (False, 2)
    assert differs.psnr == pytest.approx(20 * math.log10(255 / 2))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"model_hash": "bbb"}, "made with other weights (bbb, here aaa)"),
        ({"device": "cuda:0"}, "made with another device (cuda:0, here cpu)"),
        ({"dtype": "bfloat16"}, "made with other numbers (bfloat16, here float32)"),
        ({"torch": "2.12"}, "made with another torch (2.12, here 2.13)"),
        ({"diffusers": "0.41"}, "made with another diffusers (0.41, here 0.42)"),
        ({"app": "0.0"}, "made with another version of the studio (0.0, here 0.1)"),
        ({"batch": 2}, "made together with 1 other, here alone"),
        ({"batch": 8}, "made together with 7 others, here alone"),
        ({"steps_done": 1}, "stopped after step 1, here after 2"),
        ({"pixels": "0"}, "the pixels of the file were changed after it was made"),
        ({}, "no cause is known: same weights, device and versions"),
    ],
)
def test_the_verdict_names_what_may_explain_a_difference(change, reason):
    assert verdict(dataclasses.replace(MADE, **change)).reasons == (reason,)


def test_another_size_is_named_instead_of_measured():
    other = verdict(MADE, before=GREY.resize((32, 64)))
    assert other.reasons == ("the file has 32x64 pixels, its recipe makes 64x64",)
    assert not other.identical


def test_the_picture_is_asked_for_alone_unkept_and_by_the_weights_of_this_place(file):
    painter = Refuses(Failed(0, ModelUnavailable("Not here.")))
    with pytest.raises(ModelUnavailable):
        reproduce(file, painter)
    wish = dataclasses.replace(RECIPE, revision=None)
    assert painter.asked == [(wish, "reproduce", False, None)]


def test_a_picture_that_was_stopped_is_stopped_there_again(file):
    GREY.save(file, pnginfo=png_info(RECIPE, dataclasses.replace(MADE, steps_done=1)))
    painter = Refuses(Cancelled(0, None))
    with pytest.raises(GalleryError, match="stopped before the first step"):
        reproduce(file, painter)
    assert painter.asked[0][3] == 1


@pytest.mark.parametrize("cut", [0.5, 0.9])
def test_A2_a_file_that_ends_too_early_is_refused_in_words(tmp_path, cut):
    noise = Image.effect_noise((64, 64), 90).convert("RGB")
    noise.save(tmp_path / "x.png", pnginfo=png_info(RECIPE, MADE))
    whole = (tmp_path / "x.png").read_bytes()
    (tmp_path / "x.png").write_bytes(whole[: int(len(whole) * cut)])
    with pytest.raises(GalleryError, match="pixels of x.png cannot be read"):
        reproduce(tmp_path / "x.png", Refuses())


def test_A5_a_file_of_huge_pixels_is_refused_before_it_is_unpacked(tmp_path):
    Image.new("1", (13_000, 13_000)).save(tmp_path / "x.png", pnginfo=png_info(RECIPE, MADE))
    with pytest.raises(GalleryError, match=r"13000x13000|far larger"):
        reproduce(tmp_path / "x.png", Refuses())
