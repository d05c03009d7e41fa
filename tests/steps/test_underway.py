"""A run that is watched while it grows: its numbers are those of the whole, and every pass is measured once."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from studio.core.recipes import TextToImage
from studio.diffusion.forward import cosine
from studio.keeping import trajectory
from studio.steps.measures import numbers
from studio.steps.underway import Measured, so_far

PASSES = 40
RECIPE = TextToImage(prompt="a", seed=1)


class Values:
    """A tensor that counts how often somebody reads it."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        self._array = random.standard_normal((1, 4, 6, 5)).astype(np.float32)
        self.read = 0

    def numpy(self) -> Any:
        self.read += 1
        return self._array


@pytest.fixture
def passes() -> list[Any]:
    times = np.linspace(999, 20, PASSES)
    return [
        SimpleNamespace(t=float(t), x=Values(2 * i), prediction=Values(2 * i + 1))
        for i, t in enumerate(times)
    ]


MODEL: Any = SimpleNamespace(
    alpha_bar=cosine(1000).alpha_bar,
    noise_schedule={"prediction_type": "v_prediction"},
    projection=(torch.eye(3, 4), torch.zeros(3)),
)


def reads(passes: list[Any]) -> int:
    return sum(one.x.read + one.prediction.read for one in passes)


def test_the_numbers_of_a_growing_run_are_those_of_the_whole(passes: list[Any]):
    measured = Measured()
    for count in (1, 2, 5, 5, 17, PASSES):
        told = measured.numbers("run", so_far(RECIPE, MODEL, passes[:count], PASSES))
        assert told == numbers(trajectory(RECIPE, MODEL, passes[:count], PASSES))
    early = measured.numbers("run", so_far(RECIPE, MODEL, passes[:3], PASSES))
    assert [row["index"] for row in early] == [0, 1, 2]


def test_watching_costs_the_same_at_every_pass(passes: list[Any]):
    """Read again and again, a pass costs nothing: what a look costs does not grow with the run."""
    measured, costs = Measured(), []
    for count in range(1, PASSES + 1):
        before = reads(passes)
        measured.numbers("run", so_far(RECIPE, MODEL, passes[:count], PASSES))
        costs.append(reads(passes) - before)
    assert max(costs[1:]) == costs[1]


def test_a_frame_reads_its_pass_alone(passes: list[Any]):
    steps = so_far(RECIPE, MODEL, passes, PASSES)
    before = [one.x.read + one.prediction.read for one in passes]
    steps.clean(30)
    assert [i for i, one in enumerate(passes) if one.x.read + one.prediction.read > before[i]] == [
        30
    ]


def test_a_run_under_way_has_the_arrays_of_a_kept_one(passes: list[Any]):
    steps, kept = so_far(RECIPE, MODEL, passes, 50), trajectory(RECIPE, MODEL, passes, 50)
    assert (len(steps), steps.nbytes, steps.x.shape) == (len(kept), kept.nbytes, kept.x.shape)
    for index in (0, 7, PASSES - 1):
        assert np.array_equal(steps.noisy(index), kept.noisy(index))
        assert np.array_equal(steps.clean(index), kept.clean(index))
    pairs = zip(steps.prediction[:5], kept.prediction[:5], strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)
