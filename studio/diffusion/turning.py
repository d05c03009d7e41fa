"""A change of course on the way: other words, another sampler, part of the noise thrown anew.

Whoever stands at x_t with a clean estimate x_0 knows the noise between them, so x_t can be carried to another noise level or get
other noise while what the picture already is stays: x_t = sqrt(alpha_bar) x_0 + sqrt(1 - alpha_bar) eps, put together anew.
"""

import hashlib
import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from studio.core.recipe import Painting
from studio.core.turn import Turn
from studio.diffusion.forward import noised
from studio.diffusion.questions import Model
from studio.diffusion.solver import Solver


@dataclass(slots=True)
class Way:
    """Where a run stands.

    Attributes:
        recipe: The settings that hold now.
        solver: At work now.
        x: Noisy latent (1, C, h, w), as the solver scales it.
        clean: Clean estimate (1, C, h, w) of the pass before; None while x is noise alone.
        made: Passes made.
        here: Index of the next one among the solver's timesteps.
    """

    recipe: Painting
    solver: Solver
    x: Tensor
    clean: Tensor | None
    made: int = 0
    here: int = 0

    @property
    def t(self) -> Tensor:
        """The timestep of the next pass."""
        return self.solver.timesteps[self.here]

    def turn(self, turn: Turn, model: Model) -> None:
        """Take a turn: afterwards the recipe's new settings hold, and x fits them."""
        course = self.recipe.turned(turn)
        if turn.seed is not None:
            self.solver.random.manual_seed(own_seed(turn))
        if turn.change > 0 or course.sampler != self.recipe.sampler:
            self._put_together_anew(course, turn.change, model)
        self.recipe = course

    def _put_together_anew(self, course: Painting, change: float, model: Model) -> None:
        """Split x into picture and noise where it stands, and mix them again where the course goes on.

        A new solver goes on from there: the old one remembers x as it was, and would bring the old noise back.
        """
        level = model.alpha_bar(float(self.t))
        x = self.solver.model_input(self.x, self.t)
        eps = x if self.clean is None else noise_between(x, self.clean, level)
        if change > 0:
            eps = refreshed(eps, change, self.solver.random)
        name, steps = course.sampler or "", course.steps or 1
        fresh = Solver(name, model.noise_schedule, steps, model.device, self.solver.random)
        fresh.begin_at(float(self.t))
        self.solver, self.here = fresh, 0
        level = model.alpha_bar(float(self.t))
        x = eps if self.clean is None else noised(self.clean, eps, level)
        self.x = self.solver.from_input(x, self.t)


def own_seed(turn: Turn) -> int:
    """The seed of a turn's random numbers: never the run's own, even where both are the same number."""
    digest = hashlib.sha256(f"turn {turn.at} {turn.seed}".encode()).digest()
    return int.from_bytes(digest[:6], "big")


def noise_between(x: Tensor, clean: Tensor, alpha_bar: float) -> Tensor:
    """eps such that x is the clean estimate covered with it; any shape."""
    eps: Tensor = (x - math.sqrt(alpha_bar) * clean) / max(math.sqrt(1 - alpha_bar), 1e-4)
    return eps


def refreshed(eps: Tensor, change: float, random: Generator) -> Tensor:
    """Noise of which a part is thrown anew; its variance stays.

    Args:
        eps: Noise, any shape.
        change: 0 leaves it, 1 replaces it; the fresh part has this standard deviation.
        random: CPU generator the fresh part is drawn from.
    """
    fresh = torch.randn(eps.shape, generator=random).to(eps.device)
    return math.sqrt(1 - change**2) * eps + change * fresh
