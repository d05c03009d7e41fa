"""`studio.diffuse` and `studio.recover`, as a program meets them: the built-in model, no studio, no gallery."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import studio
from studio.core.errors import PictureError, RecipeError, UnknownName
from studio.recoveries import psnr

EXAMPLE = Path(__file__).parents[1] / "assets" / "examples" / "mountains.jpg"
QUICK = {"steps": 4}


@pytest.fixture(scope="module", autouse=True)
def _exact_numbers() -> None:
    """The same on every processor."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("STUDIO_DTYPE", "float32")
        environment.setenv("STUDIO_DEVICE", "cpu")
        studio.recover(studio.diffuse(EXAMPLE, 0))


def near(one: Image.Image, other: Image.Image) -> float:
    return psnr(np.asarray(one), np.asarray(other)) or 99.0


@pytest.fixture(scope="module")
def round_trip() -> Image.Image:
    """What the autoencoder alone makes of the picture."""
    return studio.recover(studio.diffuse(EXAMPLE, 0))


def test_no_timesteps_are_the_autoencoders_own_round_trip(round_trip: Image.Image):
    with Image.open(EXAMPLE) as image:
        assert near(round_trip, image.convert("RGB").resize(round_trip.size)) > 30


def test_what_is_diffused_is_recovered(round_trip: Image.Image):
    noised = studio.diffuse(EXAMPLE, num_timesteps=1000, steps=10)
    assert noised.latent.shape == (1, 32, 16, 16) and noised.latent.dtype == np.float32
    assert abs(float(noised.latent.std()) - 1) < 0.25
    assert near(studio.recover(noised), round_trip) > 30


def test_true_random_noise_gives_a_picture_like_it_not_it(round_trip: Image.Image):
    def back(seed: int) -> Image.Image:
        return studio.recover(studio.diffuse(EXAMPLE, 500, mode="stochastic", seed=seed, **QUICK))

    first, second = back(1), back(2)
    assert 10 < near(first, round_trip) < 30
    assert near(first, second) < 40
    assert near(first, back(1)) == 99


def test_the_noise_can_be_read_with_other_words(round_trip: Image.Image):
    noised = studio.diffuse(EXAMPLE, prompt="mountains at sunset", **QUICK)
    edited = studio.recover(noised, "a green meadow", guidance_scale=3.0)
    assert edited.size == round_trip.size
    assert near(edited, round_trip) < 25


def test_a_picture_object_is_as_good_as_a_file(round_trip: Image.Image):
    with Image.open(EXAMPLE) as image:
        assert near(studio.recover(studio.diffuse(image, 0)), round_trip) == 99


def test_a_wide_picture_keeps_its_shape():
    wide = Image.new("RGB", (900, 300), "#336699")
    back = studio.recover(studio.diffuse(wide, 0))
    assert back.width / back.height == pytest.approx(3, rel=0.1)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"num_timesteps": 1001}, "How far must be from 0 to 1000, got 1001."),
        ({"num_timesteps": -1}, "How far must be from 0 to 1000, got -1."),
        ({"steps": 0}, "Steps must be from 1 to 150, got 0."),
        ({"prompt": 7}, "Words for the way in must be text, got 7."),
        ({"seed": 2**64}, "Seed must be from 0 to"),
    ],
)
def test_what_cannot_be_is_refused_in_words(values: dict[str, object], said: str):
    with pytest.raises(RecipeError, match=said):
        studio.diffuse(EXAMPLE, **values)  # type: ignore[arg-type]


def test_an_unknown_way_or_model_is_refused_with_the_known_ones():
    with pytest.raises(UnknownName, match="Unknown mode 'magic'"):
        studio.diffuse(EXAMPLE, mode="magic")
    with pytest.raises(UnknownName, match="Unknown model 'palete'"):
        studio.diffuse(EXAMPLE, model="palete")


def test_a_file_that_is_no_picture_is_refused(tmp_path: Path):
    (tmp_path / "x.png").write_text("no picture")
    with pytest.raises(PictureError):
        studio.diffuse(tmp_path / "x.png")


def test_noise_of_another_version_of_the_model_is_refused():
    import dataclasses

    noised = studio.diffuse(EXAMPLE, 0)
    foreign = dataclasses.replace(
        noised, recipe=dataclasses.replace(noised.recipe, revision="other")
    )
    with pytest.raises(RecipeError, match="another version of Palette"):
        studio.recover(foreign)


def test_public_names_are_listed_and_others_are_missed():
    assert {"diffuse", "recover", "Noised"} <= set(dir(studio))
    with pytest.raises(AttributeError, match="no attribute 'diffuze'"):
        _ = studio.diffuze
