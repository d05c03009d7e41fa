"""Every sampler against data on which the right answer is known: where it ends, and how fast it gets there with more steps.

What is compared is the real loop with a model that knows Gaussian data perfectly (`gaussian.py`), on Stable Diffusion's noise
schedule (eps) and on palette's (v, no signal left at the start). What the numbers say besides:

- Half-way, each solver has the order of its paper. UniPC-2 has order 3, since its corrector gains one (Zhao et al. 2023).
- At the end, all are of first order or little more on Stable Diffusion's schedule: the last step gives the clean estimate, which
  falls short of the data by half of (sigma / STD)^2, and sigma^2 at the last timestep asked shrinks with 1 / steps. Where it
  stays (Euler and Heun, whose last timestep is 0 or 1), the shortfall does, 0.2 % or 0.3 %.
- On palette's schedule sigma is proportional to 1 / (T - t) at the start and to t at the end, so the first and the last
  steps halve it however many there are; what they miss shrinks a little slower than the order, towards it.
- A start without signal: pure noise stands where Stable Diffusion's schedule has kept 7 % of the mean, and "leading" spacing
  (Heun, Euler a; DDIM and DDPM on Stable Diffusion) starts below the highest timestep, where it has kept more. The mean at
  the end is that much too small (Lin et al. 2024, arXiv:2305.08891).
- Fresh noise at every step makes the spread fall short by more: 6 % at 100 steps.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import PALETTE
from gaussian import (
    KINDS,
    MEAN,
    METHODS,
    STD,
    GaussianModel,
    Run,
    ends_at,
    flown,
    likeliest,
    run,
    shares,
    spread,
)
from torch import Tensor

from studio.diffusion.forward import clean_estimate, noise_estimate
from studio.diffusion.samplers import SAMPLERS
from studio.models.cards import CARDS
from studio.models.families.unet import UNetModel

CELLS = 64 * 64 * 64
"""Independent latent cells where a distribution is measured: its mean is known to 0.002 of STD, its STD to 0.0014 of itself."""

both_schedules = pytest.mark.parametrize("kind", KINDS)


def many_cells(kind: str, sampler: str, steps: int) -> Run:
    model = GaussianModel(kind, 64, consistent if SAMPLERS[sampler].few_step else likeliest)
    made = run(model, sampler, steps, side=512)
    assert made.end.numel() == CELLS
    return made


def consistent(x: Tensor, alpha_bar: float) -> Tensor:
    """What a model sees that was distilled perfectly: where the flow ends."""
    return flown(x, alpha_bar, 1.0)


def rms(values: Tensor) -> float:
    return float(values.pow(2).mean().sqrt())


def error_at_the_end(model: GaussianModel, sampler: str, steps: int) -> float:
    """Distance from where the exact flow carries the very same starting noise."""
    made = run(model, sampler, steps)
    first = made.asked[0]
    return rms(made.end - flown(first.x, model.alpha_bar(first.t), 1.0))


def error_half_way(model: GaussianModel, sampler: str, steps: int) -> float:
    """The same at the step nearest to the middle timestep."""
    asked = run(model, sampler, steps).asked
    first = asked[0]
    half = min(asked[:: SAMPLERS[sampler].passes], key=lambda ask: abs(ask.t - 500))
    exact = flown(first.x, model.alpha_bar(first.t), model.alpha_bar(half.t))
    return rms(half.x.double() - exact)


def order(steps: tuple[int, ...], errors: list[float]) -> float:
    """The power of 1 / steps with which the error falls: the slope of a line through the logarithms."""
    return -float(np.polyfit(np.log(steps), np.log(errors), 1)[0])


# The oracle itself.


@pytest.mark.parametrize("alpha_bar", [0.999, 0.7, 0.2, 1e-6])
def test_the_best_denoiser_is_what_bayes_says(alpha_bar: float):
    """The mean of the posterior by adding up likelihood x prior over a fine grid of clean values."""
    a, n = shares(alpha_bar)
    grid = torch.linspace(MEAN - 12 * STD, MEAN + 12 * STD, 200_001, dtype=torch.float64)
    for x in (-1.5, 0.0, 0.8):
        weight = torch.softmax(-(((x - a * grid) / n) ** 2 + ((grid - MEAN) / STD) ** 2) / 2, 0)
        exact = float((weight * grid).sum())
        assert float(likeliest(torch.tensor(x), alpha_bar)) == pytest.approx(exact, abs=1e-5)


@pytest.mark.parametrize("alpha_bar", [0.99, 0.5, 0.01])
def test_the_flow_has_the_slope_of_its_equation(alpha_bar: float):
    """d(x / a) / d sigma = eps (Karras et al. 2022, arXiv:2206.00364, eq. 1), by a small difference."""
    x = torch.tensor([-1.0, 0.2, 1.4], dtype=torch.float64)
    sigma = shares(alpha_bar)[1] / shares(alpha_bar)[0]
    ends = []
    for shift in (-1e-5, 1e-5):
        end = 1 / (1 + (sigma + shift) ** 2)
        ends.append(flown(x, alpha_bar, end) / math.sqrt(end))
    a, n = shares(alpha_bar)
    eps = (x - a * likeliest(x, alpha_bar)) / n
    torch.testing.assert_close((ends[1] - ends[0]) / 2e-5, eps, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("alpha_bar", [0.999, 0.5, 0.005])
def test_clean_estimates_from_eps_v_and_x0_agree(alpha_bar: float):
    x = torch.linspace(-2, 2, 41, dtype=torch.float64)
    a, n = shares(alpha_bar)
    x0 = likeliest(x, alpha_bar)
    eps = (x - a * x0) / n
    for kind, said in {"epsilon": eps, "v_prediction": a * eps - n * x0, "sample": x0}.items():
        torch.testing.assert_close(clean_estimate(x, said, alpha_bar, kind), x0)
        torch.testing.assert_close(noise_estimate(x, said, alpha_bar, kind), eps)


@pytest.mark.parametrize("name", ["palette", "sd", "inpaint"])
def test_a_models_clean_estimate_is_the_formulas(name: str, request: pytest.FixtureRequest):
    """At whole timesteps and between, with the mask's channels behind x or without."""
    folder: Path = PALETTE if name == "palette" else request.getfixturevalue(f"tiny_{name}")
    model = UNetModel(name, CARDS["sd15"], folder, "cpu", torch.float32)
    schedule = KINDS["palette" if name == "palette" else "sd"][1]
    random = torch.Generator().manual_seed(0)
    channels, seen = model.latents.channels, model.unet.config.in_channels
    x = torch.randn(1, seen, 4, 6, generator=random, dtype=torch.float64)
    said = torch.randn(1, channels, 4, 6, generator=random, dtype=torch.float64)
    for t in (0, 1, 250.5, 500, 950, 999):
        assert model.alpha_bar(t) == pytest.approx(schedule.alpha_bar(t), rel=1e-4, abs=1e-8)
        kind = model.noise_schedule["prediction_type"]
        expected = clean_estimate(x[:, :channels], said, model.alpha_bar(t), kind)
        torch.testing.assert_close(model.denoised(x, t, said), expected)


# Solvers without fresh noise: the exact flow, cell by cell.

STEPS = (10, 20, 50, 100)
"""They divide 1000, so that every solver's grid has a timestep in the middle."""

ORDERS = {
    "euler": (STEPS, 0.9, 1.05),
    "ddim": (STEPS, 0.95, 1.05),
    # 2.0 on Stable Diffusion's schedule, 1.7 and 1.8 on palette's, for its halving at the start.
    "heun": (STEPS, 1.7, 2.1),
    "dpmpp_2m": (STEPS, 1.75, 2.05),
    # With more steps it reaches the rounding of float32 at 30 steps on palette's schedule.
    "unipc": ((8, 10, 14, 20), 2.8, 3.7),
}


@both_schedules
@pytest.mark.parametrize("sampler", ORDERS)
def test_a_solver_follows_the_exact_flow_with_the_order_of_its_paper(sampler: str, kind: str):
    steps, low, high = ORDERS[sampler]
    model = GaussianModel(kind)
    errors = [error_half_way(model, sampler, n) for n in steps]
    assert low <= order(steps, errors) <= high
    assert errors[-1] < 0.004 * STD


@pytest.mark.parametrize(("kind", "steps"), [("sd", (10, 20, 40)), ("palette", (50, 100, 150))])
def test_karras_spacing_has_second_order_up_to_the_end(kind: str, steps: tuple[int, ...]):
    """It has no timestep in common from one number of steps to another, but always ends at the lowest noise there is.

    On Stable Diffusion's schedule the timesteps asked are rounded to whole ones, which leaves an error of 0.0007 from 50
    steps on. On palette's, sigma begins at 20,000: below 50 steps too few are left for where the picture is made.
    """
    model = GaussianModel(kind)
    errors = [error_at_the_end(model, "dpmpp_2m_karras", n) for n in steps]
    assert 1.8 <= order(steps, errors) <= 2.7


ENDS = {
    "euler": {"sd": (0.075, 0.018), "palette": (0.048, 0.010)},
    "ddim": {"sd": (0.065, 0.014), "palette": (0.048, 0.010)},
    "heun": {"sd": (0.0045, 0.002), "palette": (0.0045, 0.00015)},
    "dpmpp_2m": {"sd": (0.054, 0.011), "palette": (0.002, 0.0003)},
    "dpmpp_2m_karras": {"sd": (0.0085, 0.001), "palette": (0.075, 0.0065)},
    "unipc": {"sd": (0.053, 0.011), "palette": (0.0022, 0.0003)},
}
"""Largest error in a cell at the end with 20 and with 100 steps, root mean square; a quarter more than measured. STD is 0.5."""


@both_schedules
@pytest.mark.parametrize("sampler", ENDS)
def test_a_solver_without_fresh_noise_ends_where_the_flow_ends(sampler: str, kind: str):
    model = GaussianModel(kind)
    for steps, bound in zip((20, 100), ENDS[sampler][kind], strict=True):
        assert error_at_the_end(model, sampler, steps) < bound


@both_schedules
@pytest.mark.parametrize("sampler", ["euler", "ddim"])
def test_at_the_end_twice_the_steps_of_a_first_order_solver_halve_the_error(
    sampler: str, kind: str
):
    model = GaussianModel(kind)
    assert 0.85 <= order(STEPS, [error_at_the_end(model, sampler, n) for n in STEPS]) <= 1.05


@pytest.mark.parametrize("sampler", ["dpmpp_2m", "unipc"])
def test_the_last_step_is_what_second_order_solvers_lack_at_the_end(sampler: str):
    """On Stable Diffusion's schedule the spread they miss is what the clean estimate misses at the last timestep."""
    model = GaussianModel("sd")
    for steps in (20, 50, 100):
        made = run(model, sampler, steps)
        first, last = made.asked[0], made.asked[-1]
        exact = flown(first.x, model.alpha_bar(first.t), 1.0)
        missed = 1 - float(made.end.std() / exact.std())
        a, n = shares(model.alpha_bar(last.t))
        foreseen = 1 - STD / math.sqrt(STD**2 + (n / a) ** 2)
        assert missed == pytest.approx(foreseen, rel=0.15)


@both_schedules
@pytest.mark.parametrize("steps", [10, 20])
@pytest.mark.parametrize("sampler", [name for name in SAMPLERS if name != "lcm"])
def test_the_end_is_the_clean_estimate_at_the_last_question(sampler: str, steps: int, kind: str):
    """But for DDIM on Stable Diffusion's schedule, which by its configuration ends at timestep 0, with some noise left."""
    model = GaussianModel(kind)
    made = run(model, sampler, steps)
    last = made.asked[-1]
    alpha_bar = model.alpha_bar(last.t)
    end = likeliest(last.x.double(), alpha_bar)
    if sampler == "ddim" and kind == "sd":
        (a, n), (a_, n_) = shares(alpha_bar), shares(model.alpha_bar(0))
        end = a_ * end + n_ * (last.x.double() - a * end) / n
    torch.testing.assert_close(made.end, end, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("steps", "bound"), [(30, 0.03), (70, 0.012), (150, 0.05)])
def test_ddim_and_a_number_of_steps_that_does_not_divide_the_timesteps(steps: int, bound: float):
    """Its stride is rounded down to whole timesteps, while "trailing" spacing asks at the rounded true ones: each step ends a
    little before the next question. At 150 steps (6 instead of 6 2/3) the error is ten times that at 100; diffusers' own."""
    assert error_at_the_end(GaussianModel("palette"), "ddim", steps) < bound


# Samplers with fresh noise: the distribution, over many independent cells.

NOISY = [name for name in METHODS if name != "lcm"]


@both_schedules
@pytest.mark.parametrize(
    ("sampler", "steps"), [(name, n) for name in NOISY for n in (4, 10, 50)] + [("lcm", 4)]
)
def test_a_sampler_with_fresh_noise_ends_with_the_spread_its_paper_gives(
    sampler: str, steps: int, kind: str
):
    """Each step is linear with Gaussian noise, so its paper's formulas give mean and spread of the end exactly.

    LCM is asked with a model that was not distilled here: it loses half of the spread, which is why it is not on their menu.
    The measurement's own error is STD / sqrt(cells) and STD / sqrt(2 cells); five of them are allowed.
    """
    model = GaussianModel(kind, 64)
    made = run(model, sampler, steps, side=512)
    mean, std = ends_at(METHODS[sampler], [model.alpha_bar(ask.t) for ask in made.asked])
    assert float(made.end.mean()) == pytest.approx(mean, abs=5 * std / math.sqrt(CELLS))
    assert float(made.end.std()) == pytest.approx(std, abs=5 * std / math.sqrt(2 * CELLS))


@both_schedules
@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_lcm_ends_with_the_data_when_the_model_is_distilled_for_it(steps: int, kind: str):
    """At any number of steps; what one step lacks in the mean is the signal that its start has not."""
    made = many_cells(kind, "lcm", steps)
    start = KINDS[kind][1].alpha_bar(made.asked[0].t)
    missing = STD * math.sqrt(start) * MEAN / spread(start)
    assert float(made.end.mean()) == pytest.approx(MEAN, abs=5 * STD / 512 + missing)
    assert float(made.end.std()) == pytest.approx(STD, rel=5 / math.sqrt(2 * CELLS))


def test_euler_ancestral_and_ddpm_are_one_sampler():
    """Where their timesteps and seeds are the same: both draw from the posterior of the step."""
    ends = [run(GaussianModel("sd"), name, 20).end for name in ("ddpm", "euler_a")]
    torch.testing.assert_close(*ends, atol=1e-5, rtol=0)


@both_schedules
@pytest.mark.parametrize("sampler", NOISY)
def test_four_times_the_steps_more_than_halve_what_the_spread_misses(sampler: str, kind: str):
    few, many = (abs(float(many_cells(kind, sampler, n).end.std()) / STD - 1) for n in (25, 100))
    assert many < few / 2


# All of them.

WELL = {name: 8 if SAMPLERS[name].few_step else 100 for name in SAMPLERS}
"""Steps with which each is expected to do well."""


@both_schedules
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_ends_with_the_datas_mean_and_spread(sampler: str, kind: str):
    """Five standard errors are allowed, and what is known to be missing: in the mean up to 2.2 % of STD (the start's signal on
    Stable Diffusion's schedule), in the spread up to 3.1 %, or 5.8 % where fresh noise takes its toll.
    """
    end = many_cells(kind, sampler, WELL[sampler]).end
    assert abs(float(end.mean()) - MEAN) < (0.022 + 5 / math.sqrt(CELLS)) * STD
    toll = 0.058 if METHODS.get(sampler) is METHODS["ddpm"] else 0.031
    luck = 5 / math.sqrt(2 * CELLS)
    assert 1 - toll - luck < float(end.std()) / STD < 1.008 + luck


@both_schedules
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_cells_stay_normal_and_independent(sampler: str, kind: str):
    """Clipping or clumping would show in the tails and between neighbours; five standard errors are allowed."""
    end = many_cells(kind, sampler, 8).end
    z = (end - end.mean()) / end.std()
    beyond = float((z.abs() > 2).double().mean())
    assert beyond == pytest.approx(math.erfc(math.sqrt(2)), abs=5 * 0.2 / math.sqrt(CELLS))
    for neighbours in (z[..., 1:] * z[..., :-1], z[..., 1:, :] * z[..., :-1, :]):
        assert abs(float(neighbours.mean())) < 5 / math.sqrt(CELLS)
