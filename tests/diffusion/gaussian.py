"""Gaussian data, on which everything about diffusion is a formula: the best denoiser, the flow, and where samplers must end.

Every latent cell is N(MEAN, STD^2), independent of the others. Then x_t is N(a MEAN, a^2 STD^2 + n^2) with a = sqrt(alpha_bar)
and n = sqrt(1 - alpha_bar), the clean latent that is most likely in x is MEAN + k (x - a MEAN) with k = a STD^2 / (a^2 STD^2 +
n^2), and the probability-flow ODE (Song et al. 2021, arXiv:2011.13456, eq. 13) keeps (x - a MEAN) / sqrt(a^2 STD^2 + n^2).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from conftest import PALETTE
from torch import Tensor

from studio.core.recipe import Defaults
from studio.core.recipes import TextToImage
from studio.diffusion.denoise import text_to_image
from studio.diffusion.forward import NoiseSchedule, cosine, scaled_linear
from studio.diffusion.questions import Context, Decode, LatentSpace, Question, Words

MEAN, STD = 0.3, 0.5

STABLE_DIFFUSION = {
    "num_train_timesteps": 1000,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "prediction_type": "epsilon",
    "clip_sample": False,
    "set_alpha_to_one": False,
    "steps_offset": 1,
}
PALETTES = {
    name: value
    for name, value in json.loads((PALETTE / "scheduler/scheduler_config.json").read_text()).items()
    if not name.startswith("_")
}

KINDS: dict[str, tuple[dict[str, Any], NoiseSchedule]] = {
    "sd": (STABLE_DIFFUSION, scaled_linear(1000)),
    "palette": (PALETTES, cosine(1000)),
}
"""Noise schedules as diffusers reads them and as the papers write them. In palette's last timestep no signal is left
(alpha_bar = 2e-9), and it predicts v; Stable Diffusion's keeps 0.5 % and it predicts eps."""


def shares(alpha_bar: float) -> tuple[float, float]:
    """a and n."""
    return math.sqrt(alpha_bar), math.sqrt(1 - alpha_bar)


def spread(alpha_bar: float) -> float:
    """Standard deviation of x_t."""
    return math.sqrt(alpha_bar * STD**2 + 1 - alpha_bar)


def likeliest(x: Tensor, alpha_bar: float) -> Tensor:
    """The clean latent the best denoiser sees in x: the mean of the posterior."""
    a, _ = shares(alpha_bar)
    return MEAN + a * STD**2 / spread(alpha_bar) ** 2 * (x - a * MEAN)


def flown(x: Tensor, start: float, end: float) -> Tensor:
    """Where the probability flow carries x from one alpha_bar to another; at 1 it is data."""
    z = (x.double() - math.sqrt(start) * MEAN) / spread(start)
    return math.sqrt(end) * MEAN + spread(end) * z


class GaussianModel:
    """A model that knows Gaussian data perfectly.

    Attributes:
        schedule: Its noise schedule as a formula.
        sees: What clean latent it sees in x at an alpha_bar.
    """

    name = "gaussian"
    device = "cpu"
    dtype = "float32"
    sees_mask = False

    def __init__(
        self, kind: str, channels: int = 4, sees: Callable[[Tensor, float], Tensor] = likeliest
    ) -> None:
        self.noise_schedule, self.schedule = KINDS[kind]
        self.latents = LatentSpace(channels, 8)
        self.sees = sees

    def answer(self, ask: Question) -> Tensor:
        """eps or v, whichever this kind predicts."""
        alpha_bar = self.schedule.alpha_bar(ask.t)
        a, n = shares(alpha_bar)
        x = ask.x.double()
        x0 = self.sees(x, alpha_bar)
        eps = (x - a * x0) / n
        v = a * eps - n * x0
        return (v if self.noise_schedule["prediction_type"] == "v_prediction" else eps).float()

    def alpha_bar(self, t: float) -> float:
        return self.schedule.alpha_bar(t)


class Run(NamedTuple):
    """What the loop asked, and the clean latent it ended with."""

    asked: list[Question]
    end: Tensor


def run(model: GaussianModel, sampler: str, steps: int, side: int = 64, seed: int = 3) -> Run:
    """The real loop, every question answered by the formula."""
    defaults = Defaults(side, side, steps, 1.0, sampler, "r")
    algorithm: Any = text_to_image(TextToImage(prompt="x", seed=seed).settled(defaults), model)  # type: ignore[arg-type]
    asked: list[Question] = []
    answer: Any = None
    while True:
        match algorithm.send(answer):
            case Words():
                answer = Context(torch.zeros(1, 1))
            case Question() as ask:
                asked.append(ask)
                answer = model.answer(ask)
            case Decode(x):
                return Run(asked, x.double())


class Step(NamedTuple):
    """One step of a stochastic sampler on Gaussian data, all relative to the mean.

    With y = x - a MEAN and d = what the step before saw - MEAN: y' = here * y + before * d + noise * z, z standard normal.
    """

    here: float
    before: float
    noise: float


Method = Callable[[float, float, float | None], Step]


def sight(alpha_bar: float) -> float:
    """k: how far what is seen moves with x."""
    return math.sqrt(alpha_bar) * STD**2 / spread(alpha_bar) ** 2


def ancestral(now: float, then: float, before: float | None) -> Step:
    """The posterior q(x_s | x_t, x_0) at the clean estimate (Ho et al. 2020, eq. 6 and 7)."""
    alpha = now / then
    seen = math.sqrt(then) * (1 - alpha) / (1 - now)
    kept = math.sqrt(alpha) * (1 - then) / (1 - now)
    noise = math.sqrt((1 - then) / (1 - now) * (1 - alpha))
    return Step(kept + seen * sight(now), 0.0, noise)


def sde_2m(now: float, then: float, before: float | None) -> Step:
    """SDE-DPM-Solver++(2M) (Lu et al. 2022, arXiv:2211.01095, eq. 18); the first and the last step are of first order."""
    if then == 1:
        return Step(sight(now), 0.0, 0.0)
    (a, n), (a_, n_) = shares(now), shares(then)
    h = math.log(a_ / n_) - math.log(a / n)
    seen = a_ * (1 - math.exp(-2 * h))
    kept, noise = n_ / n * math.exp(-h), n_ * math.sqrt(1 - math.exp(-2 * h))
    if before is None:
        return Step(kept + seen * sight(now), 0.0, noise)
    lead = h / (math.log(a / n) - math.log(shares(before)[0] / shares(before)[1])) / 2
    return Step(kept + seen * (1 + lead) * sight(now), -seen * lead, noise)


def multistep_consistency(now: float, then: float, before: float | None) -> Step:
    """See the clean latent, cover it with fresh noise (Song et al. 2023, arXiv:2303.01469, algorithm 1)."""
    a, n = shares(then)
    return Step(a * sight(now), 0.0, n)


METHODS: dict[str, Method] = {
    "ddpm": ancestral,
    "euler_a": ancestral,
    "dpmpp_2m_sde": sde_2m,
    "lcm": multistep_consistency,
}
"""The samplers that add fresh noise, as their papers write one step."""


def ends_at(method: Method, levels: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation of the end, starting from standard normal noise at the first of these alpha_bars."""
    y = torch.tensor([-math.sqrt(levels[0]) * MEAN, 0.0], dtype=torch.float64)
    covariance = torch.tensor([[1.0, 0.0], [0.0, 0.0]], dtype=torch.float64)
    before = None
    for now, then in zip(levels, [*levels[1:], 1.0], strict=True):
        step = method(now, then, before)
        move = torch.tensor([[step.here, step.before], [sight(now), 0.0]], dtype=torch.float64)
        y = move @ y
        covariance = move @ covariance @ move.T
        covariance[0, 0] += step.noise**2
        before = now
    return MEAN + float(y[0]), math.sqrt(float(covariance[0, 0]))
