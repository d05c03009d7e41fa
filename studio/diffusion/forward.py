"""The forward process: order into noise, and what each level of noise means.

Notation (Ho et al. 2020, arXiv:2006.11239): x_t = sqrt(alpha_bar_t) x_0 + sqrt(1 - alpha_bar_t) eps, where eps is standard
normal. Everything here is a formula: no network, and no torch, though its tensors may pass through.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from studio.core.registry import Registry

Values = Any
"""An array or a tensor: anything that can be scaled and added."""

Levels = np.ndarray[Any, np.dtype[np.float64]]


class NoiseSchedule:
    """How much of a picture is left at each timestep.

    Attributes:
        alpha_bars: Share of signal variance left, (T,), falling from nearly 1 to nearly 0.
    """

    def __init__(self, alpha_bars: Levels) -> None:
        """A schedule of these levels.

        Raises: ValueError when there are none, or one lies outside [0, 1].
        """
        levels = np.asarray(alpha_bars, dtype=np.float64)
        if levels.ndim != 1 or not len(levels) or not ((levels >= 0) & (levels <= 1)).all():
            raise ValueError(f"alpha_bars must be a row of numbers in [0, 1], got {levels!r:.80}")
        self.alpha_bars = levels

    def __len__(self) -> int:
        """Number of timesteps."""
        return len(self.alpha_bars)

    def alpha_bar(self, t: float) -> float:
        """Share of signal variance left at t in [0, T-1]; linear between whole timesteps, the ends' own beyond them."""
        return float(np.interp(t, np.arange(len(self)), self.alpha_bars))

    def sigma(self, t: float) -> float:
        """Standard deviation of the noise where the signal keeps its own size; infinite in pure noise."""
        alpha_bar = self.alpha_bar(t)
        return math.sqrt((1 - alpha_bar) / alpha_bar) if alpha_bar > 0 else math.inf

    def snr_db(self, t: float) -> float:
        """Signal-to-noise ratio in dB; 0 where half the variance is signal, infinite at either end."""
        alpha_bar = self.alpha_bar(t)
        if not 0 < alpha_bar < 1:
            return math.inf if alpha_bar else -math.inf
        return 10 * math.log10(alpha_bar / (1 - alpha_bar))


def _from_betas(betas: Levels) -> NoiseSchedule:
    return NoiseSchedule(np.cumprod(1 - np.minimum(betas, 0.999)))


def linear(timesteps: int) -> NoiseSchedule:
    """Variance grows evenly (Ho et al. 2020): beta from 1e-4 to 0.02 at 1000 timesteps, scaled so that other T end alike."""
    scale = 1000 / timesteps
    return _from_betas(np.linspace(1e-4 * scale, 0.02 * scale, timesteps))


def scaled_linear(timesteps: int) -> NoiseSchedule:
    """Standard deviation grows evenly (Rombach et al. 2022, Stable Diffusion): beta from 0.00085 to 0.012."""
    scale = 1000 / timesteps
    roots = np.linspace(math.sqrt(0.00085 * scale), math.sqrt(0.012 * scale), timesteps)
    return _from_betas(roots**2)


def cosine(timesteps: int) -> NoiseSchedule:
    """Signal fades as a squared cosine (Nichol & Dhariwal 2021, arXiv:2102.09672, eq. 17), betas capped at 0.999."""

    def level(share: Levels) -> Levels:
        return np.asarray(np.cos((share + 0.008) / 1.008 * math.pi / 2) ** 2)

    times = np.arange(timesteps + 1) / timesteps
    return _from_betas(1 - level(times[1:]) / level(times[:-1]))


SCHEDULES: Registry[Callable[[int], NoiseSchedule]] = Registry(
    "noise schedule", {"linear": linear, "scaled_linear": scaled_linear, "cosine": cosine}
)
"""The schedules of the papers: name -> number of timesteps -> schedule."""


def of_config(config: Mapping[str, Any]) -> NoiseSchedule:
    """The schedule a model was trained with, from its scheduler's configuration as diffusers writes it.

    Raises: ValueError when it is of a kind that is not known here.
    """
    timesteps = int(config.get("num_train_timesteps", 1000))
    start, end = float(config.get("beta_start", 1e-4)), float(config.get("beta_end", 0.02))
    kind = config.get("beta_schedule", "linear")
    if config.get("trained_betas") is not None:
        schedule = _from_betas(np.asarray(config["trained_betas"], dtype=np.float64))
    elif kind == "linear":
        schedule = _from_betas(np.linspace(start, end, timesteps))
    elif kind == "scaled_linear":
        schedule = _from_betas(np.linspace(math.sqrt(start), math.sqrt(end), timesteps) ** 2)
    elif kind == "squaredcos_cap_v2":
        schedule = cosine(timesteps)
    else:
        raise ValueError(f"unknown noise schedule {kind!r:.40}")
    return _ending_in_noise(schedule) if config.get("rescale_betas_zero_snr") else schedule


def _ending_in_noise(schedule: NoiseSchedule) -> NoiseSchedule:
    """Shifted and stretched so that no signal is left at the end (Lin et al. 2023, arXiv:2305.08891, algorithm 1)."""
    roots = np.sqrt(schedule.alpha_bars)
    return NoiseSchedule(((roots - roots[-1]) * roots[0] / (roots[0] - roots[-1])) ** 2)


def noised(x0: Values, eps: Values, alpha_bar: float) -> Values:
    """The forward process in one jump: q(x_t | x_0), Ho et al. 2020, eq. 4.

    Args:
        x0: Clean latent or pixels, any shape.
        eps: Standard normal noise, same shape.
        alpha_bar: Share of signal variance left, in [0, 1]; 1 is the clean picture.

    Returns: x_t, same shape.
    Raises: ValueError when alpha_bar lies outside [0, 1].
    """
    signal, noise = _shares(alpha_bar)
    return signal * x0 + noise * eps


def clean_estimate(x: Values, prediction: Values, alpha_bar: float, prediction_type: str) -> Values:
    """x_0 from x_t and what the network predicts in it, whichever of the three it predicts.

    Args:
        x: Noisy latent of unit variance, any shape.
        prediction: The network's answer, same shape.
        alpha_bar: Share of signal variance left in x; where it is 0 an "epsilon" answer says nothing, and x is scaled by 1e-4.
        prediction_type: "epsilon", "v_prediction" (Salimans & Ho 2022, arXiv:2202.00512) or "sample".

    Raises: ValueError for another type, or alpha_bar outside [0, 1].
    """
    signal, noise = _shares(alpha_bar)
    match prediction_type:
        case "v_prediction":
            return signal * x - noise * prediction
        case "epsilon":
            return (x - noise * prediction) / max(signal, 1e-4)
        case "sample":
            return prediction
    raise ValueError(f"unknown prediction type {prediction_type!r}")


def noise_estimate(x: Values, prediction: Values, alpha_bar: float, prediction_type: str) -> Values:
    """eps from x_t and what the network predicts in it; the counterpart of `clean_estimate`."""
    signal, noise = _shares(alpha_bar)
    match prediction_type:
        case "v_prediction":
            return noise * x + signal * prediction
        case "epsilon":
            return prediction
        case "sample":
            return (x - signal * prediction) / max(noise, 1e-4)
    raise ValueError(f"unknown prediction type {prediction_type!r}")


def _shares(alpha_bar: float) -> tuple[float, float]:
    """Standard deviations of signal and noise."""
    if not 0 <= alpha_bar <= 1:
        raise ValueError(f"alpha_bar must lie in [0, 1], got {alpha_bar}")
    return math.sqrt(alpha_bar), math.sqrt(1 - alpha_bar)
