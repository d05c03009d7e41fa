"""Numbers, heat and distances of steps, against formulas."""

import dataclasses

import numpy as np
import pytest
import torch

from studio.core.errors import GalleryError
from studio.core.recipe import Painting
from studio.core.recipes import Recover, TextToImage
from studio.diffusion.forward import cosine, noised
from studio.diffusion.samplers import SAMPLERS
from studio.diffusion.solver import Solver
from studio.gallery.trajectory import Projection, Trajectory
from studio.steps.heat import RAMP, coloured
from studio.steps.measures import beside, distances, numbers

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


def wandered(t: list[float], seed: int = 0, recipe: Painting | None = None) -> Trajectory:
    """Steps that are elsewhere at every pass, so that no two of them can be taken for each other."""
    clean, eps = np.random.default_rng(seed).standard_normal((2, 4, 6, 5)).astype(np.float32)
    steps = run(t, clean, eps)
    moved = np.random.default_rng(seed + 1).standard_normal(steps.x.shape).astype(np.float32)
    return dataclasses.replace(steps, x=moved, recipe=recipe or steps.recipe)


def asked_at(sampler: str, steps: int) -> list[float]:
    schedule = {"num_train_timesteps": 1000, "beta_schedule": "scaled_linear"}
    solver = Solver(sampler, schedule, steps, torch.device("cpu"), torch.Generator())
    return solver.timesteps.double().tolist()


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_run_is_nowhere_apart_from_itself(sampler):
    whole = wandered(asked_at(sampler, 9))
    assert [row["distance"] for row in distances(whole, whole)] == [0] * len(whole)
    assert beside(whole, whole) == list(range(len(whole)))


@pytest.mark.parametrize("passes", [4, 5])
def test_a_stopped_run_is_nowhere_apart_from_the_whole_one(passes):
    """Also where it was stopped between the two looks at a step."""
    whole = wandered(asked_at("heun", 9))
    parts = {name: getattr(whole, name)[:passes] for name in ("t", "alpha_bar", "x", "prediction")}
    stopped = dataclasses.replace(whole, **parts)
    assert [row["distance"] for row in distances(stopped, whole)] == [0] * passes
    assert [row["distance"] for row in distances(whole, stopped)][:passes] == [0] * passes


def test_of_two_looks_the_second_is_where_a_run_went_on_from():
    twice, once = wandered([900, 600, 600, 300, 300]), wandered([950, 600, 450], seed=5)
    assert beside(once, twice) == [0, 2, 4]
    assert beside(twice, once) == [0, 1, 1, 2, 2]
    assert beside(twice, wandered([600, 600, 310, 290, 290])) == [1, 0, 1, 3, 4]
    row = distances(once, twice)[-1]
    middle = (twice.noisy(2) + twice.noisy(4)) / 2
    assert row["distance"] == pytest.approx(np.sqrt(((once.noisy(2) - middle) ** 2).mean()))


def test_of_a_way_there_and_back_the_way_back_is_compared():
    there = Recover(prompt="a", source="sha256:" + "0" * 64, seed=1)
    one = wandered([300, 300, 900, 900, 900, 300], recipe=there)
    other = wandered([300, 300, 300, 900, 900, 300], seed=9, recipe=there)
    rows = distances(one, one)
    assert [(row["index"], row["distance"]) for row in rows] == [(4, 0), (5, 0)]
    assert beside(one, other)[4:] == [4, 5]
    painted = wandered([900, 300], seed=3)
    assert [row["index"] for row in distances(one, painted)] == [4, 5]
    assert beside(painted, one) == [4, 5]
    assert beside(one, painted) == [1, 1, 0, 0, 0, 1]


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
