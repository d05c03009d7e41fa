"""The saved lesson is of the model that ships, small, and every number in it is what the formulas and the library say."""

import json
import math
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from PIL import Image

from studio.core.recipes import recipe_from_values
from studio.core.settings import Settings
from studio.diffusion.samplers import SAMPLERS
from studio.models.inspection import fingerprint

LESSON = Path(__file__).resolve().parents[1] / "assets" / "lesson"
PALETTE = Settings().models / "palette"
TOLD: dict[str, Any] = json.loads((LESSON / "lesson.json").read_text("utf-8"))
RUN = TOLD["run"]


def cosine(timesteps: int = 1000) -> np.ndarray[Any, Any]:
    """Nichol & Dhariwal 2021, eq. 17, written out anew."""

    def level(t: int) -> float:
        return math.cos((t / timesteps + 0.008) / 1.008 * math.pi / 2) ** 2

    betas = [min(1 - level(t + 1) / level(t), 0.999) for t in range(timesteps)]
    return np.cumprod(1 - np.array(betas))


def test_the_lesson_was_made_with_the_weights_that_ship():
    """Fails after training: run assets/teach.py again."""
    assert TOLD["recipe"]["revision"] == fingerprint(PALETTE)
    assert recipe_from_values(TOLD["recipe"]).as_dict() == TOLD["recipe"]


def test_the_lesson_is_small_and_whole():
    sheets = {name: Image.open(LESSON / f"{name}.webp").size for name in TOLD["sheets"]}
    assert all(
        width == count * height
        for (width, height), count in zip(sheets.values(), TOLD["sheets"].values(), strict=True)
    )
    assert {path.stem for path in LESSON.glob("*.webp")} == set(sheets)
    assert sum(path.stat().st_size for path in LESSON.iterdir()) < 1.5e6


def test_its_levels_are_the_cosine_schedules():
    assert np.abs(np.array(TOLD["alpha_bars"]) - cosine()).max() < 1e-6
    levels = cosine()
    for seen in RUN["passes"]:
        assert seen["alpha_bar"] == pytest.approx(levels[int(seen["t"])], rel=1e-4)


def test_every_pass_of_the_run_follows_from_the_one_before_by_the_equation_of_ddim():
    """Song et al. 2021, eq. 12 with sigma 0, from the numbers the page shows."""
    last = RUN["passes"][0]
    for seen in RUN["passes"][1:]:
        x, v = np.array(last["x"]), np.array(last["prediction"])
        a, b = math.sqrt(last["alpha_bar"]), math.sqrt(1 - last["alpha_bar"])
        clean, eps = a * x - b * v, b * x + a * v
        there = math.sqrt(seen["alpha_bar"]) * clean + math.sqrt(1 - seen["alpha_bar"]) * eps
        assert np.abs(there - np.array(seen["x"])).max() < 2e-3
        last = seen


def test_the_numbers_followed_are_the_picture_that_came_out():
    """At the last pass hardly any noise is left: the estimate is the number itself."""
    last = RUN["passes"][-1]
    assert len(last["x"]) == RUN["rows"] * RUN["columns"]
    assert last["alpha_bar"] > 0.99
    assert np.std(last["x"]) > 0.1


def test_fewer_steps_end_further_from_the_picture():
    distances = [leap["distance"] for leap in TOLD["leaps"].values()]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] == 0
    assert [len(leap["t"]) for leap in TOLD["leaps"].values()] == [1, 2, 4, 8, 20]


@pytest.mark.parametrize("index", range(len(TOLD["seeds"]["seeds"])))
def test_a_seeds_noise_is_what_torch_draws_from_it(index):
    told = TOLD["seeds"]["noise"][index]
    random = torch.Generator().manual_seed(TOLD["seeds"]["seeds"][index])
    noise = torch.randn(1, RUN["channels"], RUN["rows"], RUN["columns"], generator=random)
    assert noise.flatten()[:4].tolist() == pytest.approx(told["first"], abs=1e-4)
    assert float(noise.mean()) == pytest.approx(told["mean"], rel=1e-4, abs=1e-6)
    assert float(noise.std()) == pytest.approx(told["std"], rel=1e-4)
    assert noise.numel() == told["count"]


@pytest.mark.parametrize("name", TOLD["samplers"]["names"])
def test_a_samplers_noise_levels_are_the_librarys(name):
    config = json.loads((PALETTE / "scheduler" / "scheduler_config.json").read_text("utf-8"))
    told = TOLD["samplers"]["sigma"][name]
    for steps, levels in zip(TOLD["samplers"]["steps"], told, strict=True):
        sampler = SAMPLERS[name]
        solver = getattr(diffusers, sampler.solver).from_config(config, **sampler.options)
        solver.set_timesteps(steps)
        known = list(dict.fromkeys(solver.sigmas.tolist()))
        if known[-1] != 0:
            known.append(0.0)
        assert levels == pytest.approx(known[-len(levels) :], rel=2e-3, abs=1e-4)
        assert len(levels) == steps + 1


def test_the_exact_path_is_what_plain_samplers_approach_and_an_ancestral_one_does_not():
    distance = TOLD["samplers"]["distance"]
    for name in ("euler", "heun", "dpmpp_2m"):
        assert distance[name] == sorted(distance[name], reverse=True)
    assert min(distance["euler_a"]) > max(
        few[-1] for name, few in distance.items() if name != "euler_a"
    )
