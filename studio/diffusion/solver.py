"""A solver at work: a diffusers scheduler that belongs to one job.

A solver keeps state between steps (history, position, random numbers), so two jobs must never share one.
"""

from collections.abc import Mapping
from inspect import signature
from typing import Any

import diffusers
import torch
from torch import Generator, Tensor

from studio.diffusion.samplers import SAMPLERS


class Solver:
    """A diffusers scheduler of one job alone, with the random numbers it draws.

    Attributes:
        timesteps: The timesteps it will ask at, in order, (steps,) or more for solvers that look twice.
        start_scale: Standard deviation the starting noise must have.
        random: CPU generator that all fresh noise is drawn from.
    """

    def __init__(
        self,
        name: str,
        noise_schedule: Mapping[str, Any],
        steps: int,
        device: str,
        random: Generator,
    ) -> None:
        """A fresh solver.

        Args:
            name: Key of SAMPLERS.
            noise_schedule: The model's scheduler configuration (betas, prediction type, spacing ...).
            steps: Number of steps, at least 1.
            device: Where latents live.
            random: CPU generator that all fresh noise is drawn from.

        Raises: UnknownName.
        """
        self.random = random
        sampler = SAMPLERS[name]
        cls = getattr(diffusers, sampler.solver)
        self._scheduler: Any = cls.from_config(dict(noise_schedule), **sampler.options)
        self._scheduler.set_timesteps(steps, device=device)
        # Without this, a schedule whose first timesteps round to the same number starts at the second one.
        if hasattr(self._scheduler, "set_begin_index"):
            self._scheduler.set_begin_index(0)
        takes_random = "generator" in signature(cls.step).parameters
        self._options = {"generator": random} if takes_random else {}
        self.timesteps: Tensor = self._scheduler.timesteps
        self.start_scale = float(self._scheduler.init_noise_sigma)

    def begin_late(self, steps: int, strength: float) -> None:
        """Leave out the first part of the way: start from a picture, `strength` of the steps from its end.

        At least one step is left, however low the strength.
        """
        left = max(1, min(int(steps * strength), steps))
        self._leave_out((steps - left) * self._scheduler.order)

    def begin_at(self, t: float) -> None:
        """Leave out the timesteps before the one nearest to t."""
        known, order = self._scheduler.timesteps, self._scheduler.order
        nearest = int((known - t).abs().argmin())
        # A solver that looks twice begins where it looks for the first time.
        self._leave_out(min(-(-nearest // order) * order, (len(known) - 1) // order * order))

    def noised(self, x0: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        """The clean latent x0 covered with noise as it stands before the step at t."""
        covered: Tensor = self._scheduler.add_noise(x0, noise, t.reshape(1))
        return covered

    def model_input(self, x: Tensor, t: Tensor) -> Tensor:
        """The noisy latent x at t as the model wants it: unit variance."""
        scaled: Tensor = self._scheduler.scale_model_input(x, t)
        return scaled

    def from_input(self, x: Tensor, t: Tensor) -> Tensor:
        """The noisy latent at t whose model input is x; the inverse of `model_input`."""
        return x / self.model_input(torch.ones(1, device=x.device), t)

    def step(self, prediction: Tensor, t: Tensor, x: Tensor) -> Tensor:
        """One step from x at t towards the picture."""
        before: Tensor = self._scheduler.step(prediction, t, x, **self._options).prev_sample
        return before

    def _leave_out(self, skip: int) -> None:
        self.timesteps = self._scheduler.timesteps[skip:]
        if hasattr(self._scheduler, "set_begin_index"):
            self._scheduler.set_begin_index(skip)
