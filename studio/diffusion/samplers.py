"""The samplers on the menu: diffusers' own solvers, a fresh object for every job.

A solver keeps state between steps (history, position, random numbers), so two jobs must never share
one. The table is data; diffusers is imported when the first sampler is made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import signature
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Generator, Tensor

from studio.core.registry import Registry


@dataclass(frozen=True, slots=True)
class Sampler:
    """One line of the menu.

    Attributes:
        title: As artists know it.
        help: One plain sentence on when to take it.
        solver: Name of the diffusers scheduler class.
        options: What differs from the model's own noise schedule.
        few_step: Only for models distilled for very few steps.
    """

    title: str
    help: str
    solver: str
    options: Mapping[str, Any] = field(default_factory=dict)
    few_step: bool = False


SAMPLERS: Registry[Sampler] = Registry(
    "sampler",
    {
        "dpmpp_2m": Sampler(
            "DPM++ 2M",
            "Good pictures in few steps; the one to start with.",
            "DPMSolverMultistepScheduler",
        ),
        "dpmpp_2m_karras": Sampler(
            "DPM++ 2M Karras",
            "As DPM++ 2M, with more of the steps on fine detail.",
            "DPMSolverMultistepScheduler",
            {"use_karras_sigmas": True},
        ),
        "dpmpp_2m_sde": Sampler(
            "DPM++ 2M SDE",
            "Adds fresh noise as it goes: richer texture, needs more steps.",
            "DPMSolverMultistepScheduler",
            {"algorithm_type": "sde-dpmsolver++"},
        ),
        "unipc": Sampler("UniPC", "Very few steps, clean shapes.", "UniPCMultistepScheduler"),
        "euler": Sampler("Euler", "Plain and predictable.", "EulerDiscreteScheduler"),
        "euler_a": Sampler(
            "Euler a",
            "Adds fresh noise at every step: lively, never settles.",
            "EulerAncestralDiscreteScheduler",
        ),
        "heun": Sampler(
            "Heun",
            "Looks twice at every step: exact, half the speed.",
            "HeunDiscreteScheduler",
            # A second-order step from pure noise (sigma in the thousands) overshoots: start a little lower.
            {"timestep_spacing": "leading"},
        ),
        "ddim": Sampler("DDIM", "The classic; needs more steps.", "DDIMScheduler"),
        "ddpm": Sampler(
            "DDPM", "The original, all chance; needs 50 steps and more.", "DDPMScheduler"
        ),
        "lcm": Sampler(
            "LCM", "Two to eight steps, for models trained for it.", "LCMScheduler", few_step=True
        ),
    },
)


class Solver:
    """A diffusers scheduler of one job alone, with the random numbers it draws.

    Attributes:
        timesteps: The timesteps it will ask at, in order, (steps,) or more for solvers that look twice.
        start_scale: Standard deviation the starting noise must have.
    """

    def __init__(
        self,
        name: str,
        noise_schedule: Mapping[str, Any],
        steps: int,
        device: str,
        random: "Generator",
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
        import diffusers

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

    def model_input(self, x: "Tensor", t: "Tensor") -> "Tensor":
        """The noisy latent x at t as the model wants it: unit variance."""
        scaled: Tensor = self._scheduler.scale_model_input(x, t)
        return scaled

    def step(self, prediction: "Tensor", t: "Tensor", x: "Tensor") -> "Tensor":
        """One step from x at t towards the picture."""
        before: Tensor = self._scheduler.step(prediction, t, x, **self._options).prev_sample
        return before
