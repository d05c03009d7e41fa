"""The forward process against the papers' formulas, derived again here with other arithmetic."""

import math
from decimal import Decimal, getcontext

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler

from studio.diffusion.forward import (
    SCHEDULES,
    NoiseSchedule,
    clean_estimate,
    noise_estimate,
    noised,
    of_config,
)

TYPES = ("epsilon", "v_prediction", "sample")


def beta(name: str, t: int, T: int) -> Decimal:
    """One beta of the papers' formulas, 40 digits."""
    getcontext().prec = 40
    scale = Decimal(1000) / T
    share = Decimal(t) / (T - 1)
    if name == "linear":
        start, end = Decimal("1e-4") * scale, Decimal("0.02") * scale
        value = start + (end - start) * share
    elif name == "scaled_linear":
        start, end = (Decimal("0.00085") * scale).sqrt(), (Decimal("0.012") * scale).sqrt()
        value = (start + (end - start) * share) ** 2
    else:
        f = [math.cos((s / T + 0.008) / 1.008 * math.pi / 2) ** 2 for s in (t, t + 1)]
        value = Decimal(1) - Decimal(f[1]) / Decimal(f[0])
    return min(value, Decimal("0.999"))


@pytest.mark.parametrize("T", [10, 100, 1000, 4000])
@pytest.mark.parametrize("name", SCHEDULES)
def test_levels_are_the_papers(name: str, T: int):
    schedule, product = SCHEDULES[name](T), Decimal(1)
    assert len(schedule) == T
    for t in range(T):
        product *= 1 - beta(name, t, T)
        alpha_bar = float(product)
        assert schedule.alpha_bar(t) == pytest.approx(alpha_bar, rel=1e-6, abs=1e-30)
        sigma = float(((1 - product) / product).sqrt())
        assert schedule.sigma(t) == pytest.approx(sigma, rel=1e-6)
        snr_db = 10 * float((product / (1 - product)).log10())
        assert schedule.snr_db(t) == pytest.approx(snr_db, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("rescale", [False, True])
@pytest.mark.parametrize(
    "config",
    [
        {"beta_schedule": "linear", "beta_start": 1e-4, "beta_end": 0.02},
        {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012},
        {"beta_schedule": "squaredcos_cap_v2"},
        {"trained_betas": [0.01, 0.02, 0.05, 0.3]},
    ],
    ids=lambda config: str(config.get("beta_schedule", "trained")),
)
def test_a_models_own_levels_are_those_diffusers_computes(config: dict, rescale: bool):
    config = config | {"rescale_betas_zero_snr": rescale}
    theirs = DDIMScheduler.from_config(config).alphas_cumprod.double().numpy()
    np.testing.assert_allclose(of_config(config).alpha_bars, theirs, rtol=2e-4, atol=2e-7)


def test_a_schedule_of_no_known_kind_is_refused():
    with pytest.raises(ValueError, match="sigmoid"):
        of_config({"beta_schedule": "sigmoid"})


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_thousand_timesteps_are_the_schedules_people_train_with(name: str):
    options = {
        "linear": {"beta_schedule": "linear", "beta_start": 1e-4, "beta_end": 0.02},
        "scaled_linear": {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012},
        "cosine": {"beta_schedule": "squaredcos_cap_v2"},
    }  # fmt: skip
    theirs = DDIMScheduler(**options[name]).alphas_cumprod.double().numpy()
    np.testing.assert_allclose(SCHEDULES[name](1000).alpha_bars, theirs, rtol=2e-4, atol=2e-7)


@pytest.mark.parametrize("name", SCHEDULES)
def test_signal_only_falls(name: str):
    for T in (10, 37, 1000, 4000):
        levels = SCHEDULES[name](T).alpha_bars
        assert (np.diff(levels) < 0).all()
        assert levels[0] < 1
        assert levels[-1] > 0


@pytest.mark.parametrize("t", [0, 100, 250, 500, 750, 999])
@pytest.mark.parametrize("name", SCHEDULES)
def test_mean_and_variance_are_those_of_theory(name: str, t: int):
    """10,000 draws of x_t from one x_0: mean sqrt(alpha_bar) x_0, variance 1 - alpha_bar, within four standard errors."""
    count, x0 = 10_000, 0.7
    alpha_bar = SCHEDULES[name](1000).alpha_bar(t)
    eps = np.random.default_rng(t).standard_normal(count)
    x = noised(np.full(count, x0), eps, alpha_bar)
    spread = math.sqrt(1 - alpha_bar)
    assert abs(x.mean() - math.sqrt(alpha_bar) * x0) < 4 * spread / math.sqrt(count)
    assert abs(x.var() - spread**2) < 4 * spread**2 * math.sqrt(2 / count)


@pytest.mark.parametrize("name", SCHEDULES)
def test_forward_and_back_with_the_same_noise_is_the_identity(name: str):
    generator = torch.Generator().manual_seed(3)
    x0, eps = torch.randn(2, 1, 4, 8, 8, generator=generator, dtype=torch.float64)
    schedule = SCHEDULES[name](1000)
    for t in (0, 1, 499, 900):
        alpha_bar = schedule.alpha_bar(t)
        x = noised(x0, eps, alpha_bar)
        torch.testing.assert_close(clean_estimate(x, eps, alpha_bar, "epsilon"), x0)


@pytest.mark.parametrize("alpha_bar", [1e-6, 0.02, 0.5, 0.98, 1 - 1e-6])
def test_the_three_prediction_types_agree(alpha_bar: float):
    generator = torch.Generator().manual_seed(5)
    x0, eps = torch.randn(2, 1, 4, 8, 8, generator=generator, dtype=torch.float64)
    x = noised(x0, eps, alpha_bar)
    v = math.sqrt(alpha_bar) * eps - math.sqrt(1 - alpha_bar) * x0
    for kind, prediction in zip(TYPES, (eps, v, x0), strict=True):
        clean = clean_estimate(x, prediction, alpha_bar, kind)
        torch.testing.assert_close(clean, x0, rtol=1e-7, atol=1e-7)
        noise = noise_estimate(x, prediction, alpha_bar, kind)
        torch.testing.assert_close(noise, eps, rtol=1e-7, atol=1e-7)


def test_an_unknown_prediction_type_is_refused():
    for estimate in (clean_estimate, noise_estimate):
        with pytest.raises(ValueError, match="flow"):
            estimate(1.0, 1.0, 0.5, "flow")


@pytest.mark.parametrize("alpha_bar", [-0.1, 1.1, math.nan])
def test_a_level_that_is_none_is_refused(alpha_bar: float):
    with pytest.raises(ValueError, match="alpha_bar"):
        noised(1.0, 1.0, alpha_bar)
    with pytest.raises(ValueError, match="alpha_bars"):
        NoiseSchedule(np.array([0.5, alpha_bar]))


def test_between_two_timesteps_the_level_is_between_theirs_and_beyond_the_ends_it_stays():
    schedule = NoiseSchedule(np.array([0.9, 0.5, 0.1]))
    assert schedule.alpha_bar(0.25) == pytest.approx(0.8)
    assert (schedule.alpha_bar(-5), schedule.alpha_bar(99)) == (0.9, 0.1)


def test_pure_signal_and_pure_noise_are_infinite_not_an_error():
    schedule = NoiseSchedule(np.array([1.0, 0.0]))
    assert (schedule.sigma(0), schedule.snr_db(0)) == (0, math.inf)
    assert (schedule.sigma(1), schedule.snr_db(1)) == (math.inf, -math.inf)
