"""There and back against what is known: Gaussian data, diffusers' own DDIM, and palette on pictures kind and unkind."""

from __future__ import annotations

import math
from collections.abc import Generator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import PALETTE
from gaussian import KINDS, MEAN, GaussianModel, flown, shares, sight
from PIL import Image
from plainly import painted
from torch import Tensor

from studio.core.recipe import Defaults
from studio.core.recipes import INVERTING, Recover
from studio.diffusion.inversion import (
    MOST_PASSES,
    Evidence,
    Mixing,
    diffused,
    recover,
    recovered,
    way,
)
from studio.diffusion.questions import (
    Aside,
    Context,
    Decode,
    Encode,
    Encoded,
    Pixels,
    Question,
    Stopped,
    Words,
)
from studio.models.cards import CARDS
from studio.models.families.unet import UNetModel
from studio.recoveries import psnr

EXAMPLES = Path(__file__).parents[2] / "assets" / "examples"
EMBEDDING = Context(torch.zeros(1, 1))

both_kinds = pytest.mark.parametrize("kind", KINDS)


def wish(steps: int | None = None, **values: Any) -> Recover:
    defaults = Defaults(64, 64, 8, 3.0, "dpmpp_2m", "r")
    chosen = {"seed": 5} | values | ({} if steps is None else {"steps": steps})
    return Recover(**chosen).settled(defaults)


def led(model: Any, algorithm: Generator[Any, Any, Any]) -> tuple[Any, list[Question]]:
    """What an algorithm returns when the formula answers, and all it asked."""
    asked: list[Question] = []
    answer: Any = None
    try:
        while True:
            match algorithm.send(answer):
                case Words():
                    answer = EMBEDDING
                case Question() as ask:
                    asked.append(ask)
                    answer = model.answer(ask)
    except StopIteration as end:
        return end.value, asked


def clean(cells: int = 4096, seed: int = 0) -> Tensor:
    """Gaussian data, as the model knows it."""
    noise = torch.randn((1, 4, 1, cells // 4), generator=torch.Generator().manual_seed(seed))
    return MEAN + 0.5 * noise


def factor(now: float, then: float) -> float:
    """What one DDIM step does to x - a MEAN on Gaussian data."""
    (a, n), (a_, n_) = shares(now), shares(then)
    k = sight(now)
    return a_ * k + n_ * (1 - a * k) / n


def rms(values: Tensor) -> float:
    return float(values.pow(2).mean().sqrt())


@both_kinds
@pytest.mark.parametrize(("num_timesteps", "steps"), [(1000, 50), (1000, 7), (400, 20), (3, 50)])
def test_inversion_finds_the_one_noise_that_ddim_makes_the_picture_of(
    kind: str, num_timesteps: int, steps: int
):
    """On Gaussian data every step is a known factor, so the noise is known to the last digit."""
    model = GaussianModel(kind)
    recipe, x0 = wish(steps, num_timesteps=num_timesteps), clean()
    (x, _), _ = led(model, diffused(recipe, model, x0))
    levels = [1.0, *(leap.alpha_bar for leap in way(model, num_timesteps, recipe.steps_each_way))]
    grown = math.prod(1 / factor(now, then) for then, now in pairwise(levels))
    expected = math.sqrt(levels[-1]) * MEAN + grown * (x0 - MEAN)
    assert rms(x - expected) < 5e-3 * grown


@both_kinds
def test_what_went_into_noise_comes_back(kind: str):
    model, x0 = GaussianModel(kind), clean()
    recipe = wish(50)
    (x, passes), _ = led(model, diffused(recipe, model, x0))
    again, _ = led(model, recovered(recipe, model, x, passes))
    assert rms(again - x0) < 2e-3


@both_kinds
def test_with_many_steps_the_noise_is_where_the_flow_leads(kind: str):
    model, x0 = GaussianModel(kind), clean()
    end = way(model, 1000, 1)[-1].alpha_bar
    misses = []
    for steps in (25, 50, 100):
        (x, _), _ = led(model, diffused(wish(steps), model, x0))
        misses.append(rms(x - flown(x0, 1.0, end)))
    assert misses[0] > misses[1] > misses[2]
    assert misses[2] < 0.05


@both_kinds
def test_the_way_back_is_plain_ddim(kind: str):
    """From the very same noise, diffusers' scheduler and ours end in the same latent."""
    from diffusers import DDIMScheduler

    model = GaussianModel(kind)
    options = {"timestep_spacing": "trailing", "set_alpha_to_one": True, "clip_sample": False}
    ddim = DDIMScheduler.from_config(dict(model.noise_schedule), **options)
    ddim.set_timesteps(10)
    plain = noise = torch.randn((1, 4, 8, 8), generator=torch.Generator().manual_seed(1))
    for t in ddim.timesteps:
        ask = Question(plain, float(t), 1.0, EMBEDDING, None, 0, 1)
        plain = ddim.step(model.answer(ask), t, plain).prev_sample
    ours, asked = led(model, recovered(wish(10), model, noise))
    assert [ask.t for ask in asked] == [float(t) for t in ddim.timesteps]
    assert rms(ours - plain) < 1e-4


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "sample"])
def test_a_leap_may_end_where_nothing_is_left_of_the_picture(kind: str):
    """alpha_bar is exactly 0 at the last timestep; what the model predicts does not matter."""
    model = NothingLeft("palette")
    model.noise_schedule = model.noise_schedule | {"prediction_type": kind}
    x0 = clean(256)
    (x, passes), asked = led(model, diffused(wish(20), model, x0))
    assert model.alpha_bar(asked[-1].t) == 0
    assert torch.isfinite(x).all()
    if kind != "epsilon":
        again, _ = led(model, recovered(wish(20), model, x, passes))
        assert rms(again - x0) < 2e-3


class NothingLeft(GaussianModel):
    """Predicts whatever it is told to, on a schedule that ends in nothing but noise."""

    def alpha_bar(self, t: float) -> float:
        return 0.0 if t >= 999 else self.schedule.alpha_bar(t)

    def answer(self, ask: Question) -> Tensor:
        alpha_bar = self.alpha_bar(ask.t)
        a, n = shares(alpha_bar)
        x = ask.x.double()
        x0 = self.sees(x, alpha_bar)
        eps = (x - a * x0) / n
        kinds = {"epsilon": eps, "sample": x0, "v_prediction": a * eps - n * x0}
        return kinds[self.noise_schedule["prediction_type"]].float()


def test_a_step_that_plain_iteration_swings_about_is_solved_by_mixing():
    """x = b - 1.5 x: each plain guess is further off than the last, by half."""
    aim = torch.tensor([0.4, -0.2, 1.0])

    def lead(guess: Tensor) -> Tensor:
        return aim - 1.5 * (guess - aim)

    plain = mixed = torch.zeros(3)
    mixing = Mixing()
    for _ in range(4):
        plain = lead(plain)
        mixed = mixing.next(mixed, lead(mixed))
    assert rms(plain - aim) > 2
    assert rms(mixed - aim) < 1e-4


def test_steps_are_counted_so_that_only_the_last_one_is_the_last():
    model = GaussianModel("palette")
    recipe = wish(20)
    (x, passes), there = led(model, diffused(recipe, model, clean()))
    _, back = led(model, recovered(recipe, model, x, passes))
    asked = there + back
    assert len(there) == passes and len(back) == 20
    assert [ask.index for ask in asked] == list(range(len(asked)))
    assert all(ask.index + 1 + 20 <= ask.total for ask in there), "still to come: the way back"
    assert {ask.total for ask in back} == {len(asked)}
    assert [ask.shows_x for ask in asked] == [True] * passes + [False] * 20


def test_an_inverted_step_is_made_again_a_few_times_and_never_more_than_allowed():
    model = Muddled("palette")
    _, asked = led(model, diffused(wish(3), model, clean(256)))
    each = [sum(ask.t == t for ask in asked) for t in dict.fromkeys(ask.t for ask in asked)]
    assert max(each) <= MOST_PASSES
    _, asked = led(GaussianModel("palette"), diffused(wish(50), GaussianModel("palette"), clean()))
    assert len(asked) < 50 * INVERTING


class Muddled(GaussianModel):
    """Answers at random: no step of it can be undone."""

    def answer(self, ask: Question) -> Tensor:
        return torch.randn(
            ask.x.shape, generator=torch.Generator().manual_seed(int(1e6 * ask.x.std()))
        )


@both_kinds
def test_the_stochastic_way_throws_noise_of_mean_0_and_variance_1(kind: str):
    """Ho et al. 2020, eq. 4, on 10,000 cells: what is left over of x_t is standard normal."""
    model, x0 = GaussianModel(kind), clean(10_000)
    recipe = wish(mode="stochastic", num_timesteps=600)
    (x, passes), asked = led(model, diffused(recipe, model, x0))
    a, n = shares(model.alpha_bar(599))
    noise = (x - a * x0) / n
    assert passes == 0 and not asked
    assert abs(float(noise.mean())) < 0.03
    assert abs(float(noise.std()) - 1) < 0.03
    assert abs(float((noise * x0).mean() - noise.mean() * x0.mean())) < 0.03, "it knows no picture"


def test_the_seed_decides_the_random_noise_and_nothing_about_inversion():
    model, x0 = GaussianModel("palette"), clean(256)

    def noise(mode: str, seed: int) -> Tensor:
        return led(model, diffused(wish(10, mode=mode, seed=seed), model, x0))[0][0]

    assert torch.equal(noise("stochastic", 1), noise("stochastic", 1))
    assert not torch.equal(noise("stochastic", 1), noise("stochastic", 2))
    assert torch.equal(noise("inversion", 1), noise("inversion", 2))


# ---- whole pictures


class Flat:
    """Latents are the pixels, eight to a cell; what it predicts is Gaussian data's."""

    def __init__(self) -> None:
        self.gaussian = GaussianModel("palette")
        self.noise_schedule, self.latents = self.gaussian.noise_schedule, self.gaussian.latents
        self.alpha_bar = self.gaussian.alpha_bar

    def asked(self, ask: Any) -> Any:
        match ask:
            case Words():
                return EMBEDDING
            case Aside(work):
                return work()
            case Encode(x):
                return Encoded(torch.nn.functional.avg_pool2d(x, 8)[:, [0, 1, 2, 0]])
            case Decode(x):
                rgb = (x[0, :3].clamp(-1, 1) + 1) * 127.5
                return rgb.movedim(0, -1).round().to(torch.uint8).numpy().repeat(8, 0).repeat(8, 1)
            case Question():
                return self.gaussian.answer(ask)


def went(recipe: Recover, source: Pixels, stop_after: int | None = None) -> tuple[Pixels, Evidence]:
    """There and back with the flat model, stopped at that question."""
    model, told = Flat(), []
    algorithm = recover(recipe, model, source, told.append)  # type: ignore[arg-type]
    answer: Any = None
    questions = 0
    try:
        while True:
            ask = algorithm.send(answer)
            questions += isinstance(ask, Question)
            if questions - 1 == stop_after and isinstance(ask, Question):
                ask = algorithm.throw(Stopped(torch.full((1, 4, 8, 8), 0.25)))
            answer = model.asked(ask)
    except StopIteration as end:
        (evidence,) = told
        return end.value, evidence


def patches() -> Pixels:
    """One colour per latent cell."""
    colours = np.random.default_rng(2).integers(30, 220, (8, 8, 3), dtype=np.uint8)
    return colours.repeat(8, 0).repeat(8, 1)


def test_a_picture_comes_back_and_the_evidence_says_how_near():
    pixels, evidence = went(wish(20), patches())
    assert np.abs(pixels.astype(int) - patches()).max() <= 2
    assert (evidence.original == patches()).all()
    assert (evidence.recovered == pixels).all()
    assert (evidence.diffused != evidence.round_trip).mean() > 0.9


def test_no_timesteps_give_the_pictures_own_round_trip():
    pixels, evidence = went(wish(50, num_timesteps=0), patches())
    assert (pixels == evidence.round_trip).all()
    assert psnr(pixels, evidence.round_trip) is None


@pytest.mark.parametrize("at", [4, 45], ids=["on the way in", "on the way back"])
def test_stopped_midway_what_there_is_becomes_the_picture(at: int):
    pixels, evidence = went(wish(20), patches(), stop_after=at)
    assert (pixels == round(1.25 * 127.5)).all()
    assert (evidence.diffused != evidence.round_trip).any(), "as far as it had come"


# ---- palette


@pytest.fixture(scope="module")
def palette() -> UNetModel:
    return UNetModel("palette", CARDS["palette"], PALETTE, "cpu", torch.float32)


def seen(palette: UNetModel, source: Pixels, **values: Any) -> Evidence:
    recipe = wish(width=source.shape[1], height=source.shape[0], **values)
    told: list[Evidence] = []
    painted(recover(recipe, palette, source, told.append), palette)
    return told[0]


def example(name: str, size: int) -> Pixels:
    with Image.open(EXAMPLES / f"{name}.jpg") as image:
        return np.asarray(image.convert("RGB").resize((size, size), Image.Resampling.LANCZOS))


def near(evidence: Evidence) -> float:
    return psnr(evidence.recovered, evidence.round_trip) or math.inf


def test_palette_recovers_a_small_picture_but_not_from_chance(palette: UNetModel):
    source = example("forest", 128)
    found, chance = (seen(palette, source, steps=10, mode=m) for m in ("inversion", "stochastic"))
    assert near(found) > 40
    assert near(chance) < 20


def test_palette_edits_what_it_finds_with_other_words(palette: UNetModel):
    source = example("mountains", 128)
    words = {"prompt": "a forest in winter", "guidance_scale": 3.0}
    found, edited = seen(palette, source, steps=10), seen(palette, source, steps=10, **words)
    assert (found.diffused == edited.diffused).all(), "the same noise"
    assert near(edited) < 25 < near(found)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", ["forest", "meadow", "mountains"])
def test_palette_recovers_pictures_in_50_steps(name: str, dtype: torch.dtype):
    palette = UNetModel("palette", CARDS["palette"], PALETTE, "cpu", dtype)
    assert near(seen(palette, example(name, 256), steps=50)) >= 30


@pytest.mark.slow
def test_palette_recovers_what_it_never_learned(palette: UNetModel):
    """One flat red: plain fixed-point iteration swings at the far end and loses it (11 dB)."""
    flat = np.full((256, 256, 3), (200, 30, 60), np.uint8)
    assert near(seen(palette, flat, steps=50)) >= 30
