"""The samplers on the menu: names, plain sentences, and which of diffusers' solvers each one is. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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
        passes: Forward passes per step.
    """

    title: str
    help: str
    solver: str
    options: Mapping[str, Any] = field(default_factory=dict)
    few_step: bool = False
    passes: int = 1


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
            # From pure noise in three steps its noise would need a negative variance: start a little lower.
            {"timestep_spacing": "leading"},
        ),
        "heun": Sampler(
            "Heun",
            "Looks twice at every step: exact, half the speed.",
            "HeunDiscreteScheduler",
            # A second-order step from pure noise (sigma in the thousands) overshoots: start a little lower.
            {"timestep_spacing": "leading"},
            passes=2,
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
