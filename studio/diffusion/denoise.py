"""The denoising loops.

Each loop is a generator. It yields a question ("what noise is in x at step t?") and is sent the
answer. It never calls a model and knows no other job, so the engine may answer the questions of
many jobs with one forward pass.

Notation (Ho et al. 2020, arXiv:2006.11239): x_t = sqrt(alpha_bar_t) x_0 + sqrt(1 - alpha_bar_t)
eps.
"""

from typing import TypeVar

import torch
from torch import Tensor

from studio.core.recipe import TextToImage
from studio.diffusion.questions import Algorithm, Decode, Model, Pixels, Question, Words
from studio.diffusion.samplers import Solver

T = TypeVar("T")


def text_to_image(recipe: TextToImage, model: Model) -> Algorithm:
    """Noise into the picture of a settled recipe, as diffusers' StableDiffusionPipeline does it.

    All randomness comes from one CPU generator seeded by the recipe: the picture's plan does not depend on the device.

    Raises: ValueError when the recipe is not settled.
    """
    guidance_scale = _settled(recipe.guidance_scale)
    random = torch.Generator("cpu").manual_seed(_settled(recipe.seed))
    shape = model.latents.shape(_settled(recipe.width), _settled(recipe.height))
    words = yield Words(recipe.words)
    against = (yield Words(recipe.negative_prompt, against=True)) if guidance_scale > 1 else None

    x = torch.randn(shape, generator=random).to(model.device)
    solver = Solver(
        _settled(recipe.sampler), model.noise_schedule, _settled(recipe.steps), model.device, random
    )
    x = x * solver.start_scale
    total = len(solver.timesteps)
    for index, t in enumerate(solver.timesteps):
        model_input = solver.model_input(x, t)
        prediction = yield Question(
            model_input, float(t), guidance_scale, words, against, index, total
        )
        x = solver.step(prediction, t, x)
    pixels: Pixels = yield Decode(x)
    return pixels


def picture_of(x: Tensor) -> Algorithm:
    """The picture of a latent x (1, C, h, w) as it is: what exists of a run that was stopped."""
    pixels: Pixels = yield Decode(x)
    return pixels


def _settled(value: T | None) -> T:
    if value is None:
        raise ValueError("the recipe must be settled before it is painted")
    return value
