"""Numbers, heat and distances of steps, against formulas."""

import numpy as np
import pytest

from studio.core.errors import GalleryError
from studio.core.recipes import TextToImage
from studio.diffusion.forward import cosine, noised
from studio.gallery.trajectory import Projection, Trajectory
from studio.steps.heat import RAMP, coloured
from studio.steps.measures import distances, numbers

LEVELS = cosine(1000)


def run(t: list[float], clean: np.ndarray, eps: np.ndarray, kind: str = "epsilon") -> Trajectory:
    """Steps of a model that sees picture and noise exactly."""
    alpha_bar = np.array([LEVELS.alpha_bar(one) for one in t])
    x = np.stack([noised(clean, eps, level) for level in alpha_bar]).astype(np.float32)
    said = {"epsilon": eps, "sample": clean}[kind]
    return Trajectory(
        recipe=TextToImage(prompt="a", seed=1),
        model="palette",
        revision="1",
        prediction_type=kind,
        steps_total=len(t),
        t=np.array(t),
        alpha_bar=alpha_bar,
        x=x,
        prediction=np.stack([said] * len(t)).astype(np.float32),
        projection=Projection(np.eye(3, 4, dtype=np.float32), np.zeros(3, np.float32), 1),
        latent=clean,
    )


@pytest.fixture
def clean() -> np.ndarray:
    return np.random.default_rng(1).standard_normal((4, 6, 5)).astype(np.float32)


@pytest.fixture
def eps() -> np.ndarray:
    return np.random.default_rng(2).standard_normal((4, 6, 5)).astype(np.float32)


@pytest.mark.parametrize("kind", ["epsilon", "sample"])
def test_a_model_that_is_right_at_once_changes_nothing_afterwards(clean, eps, kind):
    rows = numbers(run([900, 600, 300, 10], clean, eps, kind))
    assert [row["change"] for row in rows] == pytest.approx([0] * 4, abs=1e-4)
    assert rows[0]["norm_clean"] == pytest.approx(np.sqrt((clean**2).mean()), rel=1e-4)
    assert rows[0]["norm_noise"] == pytest.approx(np.sqrt((eps**2).mean()), rel=1e-4)


def test_levels_without_an_end_are_no_numbers_instead_of_infinite(clean, eps):
    steps = run([900, 10], clean, eps, "sample")
    steps.alpha_bar[:] = [0, 1]
    first, last = numbers(steps)
    assert (first["sigma"], first["snr_db"]) == (None, None)
    assert (last["sigma"], last["snr_db"]) == (0, None)


def test_two_runs_are_as_far_apart_as_their_noise_at_every_level(clean, eps):
    """Same picture, other noise: x_A - x_B = sqrt(1 - alpha_bar) (eps_A - eps_B)."""
    other = np.flip(eps, 0).copy()
    one, two = run([900, 500, 100], clean, eps), run([900, 500, 100], clean, other)
    apart = np.sqrt(((eps - other) ** 2).mean())
    for row, level in zip(distances(one, two), one.alpha_bar, strict=True):
        assert row["distance"] == pytest.approx(np.sqrt(1 - level) * apart, rel=1e-5)
    assert [row["distance"] for row in distances(one, one)] == [0, 0, 0]


def test_between_timesteps_the_other_run_moves_evenly_and_beyond_them_nothing_is_said(clean, eps):
    fine, coarse = run([900, 700, 500, 100], clean, eps), run([800, 600], clean, eps)
    [row] = distances(fine, coarse)
    middle = (coarse.noisy(0) + coarse.noisy(1)) / 2
    expected = np.sqrt(((fine.noisy(1) - middle) ** 2).mean())
    assert (row["index"], row["t"]) == (1, 700)
    assert row["distance"] == pytest.approx(expected, rel=1e-5)


def test_runs_of_different_sizes_are_refused_in_words(clean, eps):
    with pytest.raises(GalleryError, match="differ in size"):
        distances(run([900], clean, eps), run([900], clean[:, :3], eps[:, :3]))


def test_the_ramp_gets_lighter_in_even_steps():
    """Lightness L of Oklab rises without a fall, about evenly, from nearly black to nearly white."""
    rgb = RAMP / 255.0
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    lms = (
        linear
        @ np.array(
            [
                [0.4122214708, 0.5363325363, 0.0514459929],
                [0.2119034982, 0.6806995451, 0.1073969566],
                [0.0883024619, 0.2817188376, 0.6299787005],
            ]
        ).T
    )
    lightness = np.cbrt(lms) @ np.array([0.2104542553, 0.7936177850, -0.0040720468])
    assert lightness[0] < 0.2 and lightness[-1] > 0.9
    coarse = lightness[::15]
    assert (np.diff(coarse) > 0).all()
    assert np.diff(coarse).max() < 2 * np.diff(coarse).min()


def test_amounts_beyond_the_ends_get_the_ends_colours():
    shown = coloured(np.array([[-1.0, 0.0, 1.0, 9.0]], np.float32))
    assert np.array_equal(shown[0, 0], shown[0, 1]) and np.array_equal(shown[0, 2], shown[0, 3])
    assert not np.array_equal(shown[0, 1], shown[0, 2])
