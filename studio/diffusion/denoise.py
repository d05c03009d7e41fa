"""The denoising loops: text to image, image to image, inpainting, outpainting.

Each loop is a generator. It yields a question ("what noise is in x at step t?") and is sent the answer. It never calls a
model and knows no other job, so the engine may answer the questions of many jobs with one forward pass. `Stopped`, thrown
in at any step, ends the loop early with what there is.

All randomness comes from one CPU generator seeded by the recipe and drawn from in the order of diffusers' own pipelines:
the same weights, seed and settings give their pictures.

Notation (Ho et al. 2020, arXiv:2006.11239): x_t = sqrt(alpha_bar_t) x_0 + sqrt(1 - alpha_bar_t) eps.
"""

from collections.abc import Callable, Generator
from functools import partial
from typing import Any, TypeVar

import torch
from torch import Tensor

from studio.core.errors import RecipeError
from studio.core.recipe import Painting
from studio.core.recipes import (
    FromPicture,
    ImageToImage,
    Inpaint,
    Outpaint,
    Repainting,
    TextToImage,
)
from studio.diffusion.masking import (
    Canvas,
    Mask,
    inpainting_canvas,
    outpainting_canvas,
    own_aspect,
    resized,
)
from studio.diffusion.questions import (
    Algorithm,
    Aside,
    Ask,
    Context,
    Decode,
    Encode,
    Encoded,
    Model,
    Pixels,
    Question,
    Stopped,
    Words,
)
from studio.diffusion.solver import Solver
from studio.diffusion.turning import Way

T = TypeVar("T")
Meaning = tuple[Context, Context | None]


def text_to_image(recipe: TextToImage, model: Model) -> Algorithm:
    """Noise into the picture of a settled recipe (StableDiffusionPipeline).

    Raises: ValueError when the recipe is not settled.
    """
    random = random_of(recipe)
    meaning = yield from meaning_of(recipe)
    shape = model.latents.shape(settled(recipe.width), settled(recipe.height))
    x = torch.randn(shape, generator=random).to(model.device)
    solver = _solver(recipe, model, random)
    x = yield from _denoised(recipe, model, solver, x * solver.start_scale, meaning=meaning)
    pixels: Pixels = yield Decode(x)
    return pixels


def image_to_image(recipe: ImageToImage, model: Model, source: Pixels) -> Algorithm:
    """The source covered with noise up to `strength`, then denoised (StableDiffusionImg2ImgPipeline).

    The picture is painted at the recipe's size and comes back in the source's own aspect ratio. Strength 0 gives the
    source back.

    Args:
        source: The picture to begin with, any size.
    """
    if recipe.strength == 0:
        return source
    random = random_of(recipe)
    meaning = yield from meaning_of(recipe)
    x0, noise = yield from _encoded(recipe, model, source, random)
    solver = _late_solver(recipe, model, random)
    x = solver.noised(x0, noise, solver.timesteps[0])
    x = yield from _denoised(recipe, model, solver, x, meaning=meaning, known=x0)
    pixels: Pixels = yield Decode(x)
    shaped: Pixels = yield Aside(partial(resized, pixels, own_aspect(source, pixels)))
    return shaped


def inpaint(recipe: Inpaint, model: Model, source: Pixels, mask: Mask) -> Algorithm:
    """The white part of the mask painted anew; every pixel beyond mask and feather is the source's own.

    Args:
        source: The picture, (H, W, 3).
        mask: (H, W), true = paint anew.
    """
    if recipe.strength == 0:
        return source
    size = (settled(recipe.width), settled(recipe.height))
    canvas: Canvas = yield Aside(partial(inpainting_canvas, recipe, source, mask, size))
    return (yield from _repainted(recipe, model, canvas))


def outpaint(recipe: Outpaint, model: Model, source: Pixels) -> Algorithm:
    """The source carried on beyond its edges; every pixel of the source is kept.

    Args:
        source: The picture, (H, W, 3).
    """
    size = (settled(recipe.width), settled(recipe.height))
    canvas: Canvas = yield Aside(partial(outpainting_canvas, recipe, source, size))
    return (yield from _repainted(recipe, model, canvas))


def _repainted(recipe: Inpaint | Outpaint, model: Model, canvas: Canvas) -> Algorithm:
    """Paint the canvas where its mask is white (StableDiffusionInpaintPipeline), then put it into the picture.

    A plain model gets the known part back at every step, covered with as much noise as the step ends with; a model that
    sees the mask gets mask and masked picture beside x.
    """
    random = random_of(recipe)
    meaning = yield from meaning_of(recipe)
    from_noise = recipe.strength == 1 or (isinstance(recipe, Inpaint) and recipe.start == "noise")
    solver = (_solver if from_noise else _late_solver)(recipe, model, random)
    shape = model.latents.shape(settled(recipe.width), settled(recipe.height))
    cells = torch.from_numpy(canvas.latent_mask(shape[2], shape[3]))
    mask = cells.float()[None, None].to(model.device)
    x0 = None
    if not (model.sees_mask and from_noise):
        encoded: Encoded = yield Encode(pixel_tensor(canvas.start))
        x0 = encoded.sample(random)
    noise = torch.randn(shape, generator=random).to(model.device)
    x = noise * solver.start_scale
    if x0 is not None and not from_noise:
        x = solver.noised(x0, noise, solver.timesteps[0])
    masked: Encoded = yield Encode(pixel_tensor(canvas.masked))
    beside = torch.cat([mask, masked.sample(random)], 1)

    def keep_known(way: Way) -> Tensor:
        if x0 is None:
            return way.x
        last = way.here + 1 == len(way.solver.timesteps)
        behind = x0 if last else way.solver.noised(x0, noise, way.solver.timesteps[way.here + 1])
        return (1 - mask) * behind + mask * way.x

    known = None if from_noise else x0
    if model.sees_mask:
        x = yield from _denoised(
            recipe, model, solver, x, meaning=meaning, known=known, beside=beside
        )
    else:
        x = yield from _denoised(
            recipe, model, solver, x, meaning=meaning, known=known, after=keep_known
        )
    pixels: Pixels = yield Decode(x)
    whole: Pixels = yield Aside(partial(canvas.filled, pixels))
    return whole


def _denoised(
    recipe: Painting,
    model: Model,
    solver: Solver,
    x: Tensor,
    *,
    meaning: Meaning,
    known: Tensor | None = None,
    beside: Tensor | None = None,
    after: Callable[[Way], Tensor] | None = None,
) -> Generator[Ask, Any, Tensor]:
    """From x at the solver's first timestep to a clean latent, with the recipe's turns on the way.

    Args:
        meaning: Of the words that hold at first.
        known: The clean latent x began from; None where x is noise alone.
        beside: Further channels of the model input, the same at every step.
        after: Gives x after each step; the way's `here` is still the index of that step.
    """
    way = Way(recipe, solver, x, known)
    while way.here < len(way.solver.timesteps):
        try:
            for turn in (turn for turn in recipe.turns if turn.at == way.made):
                way.turn(turn, model)
                meaning = yield from meaning_of(way.recipe)
            t, x = way.t, way.solver.model_input(way.x, way.t)
            model_input = x if beside is None else torch.cat([x, beside], 1)
            total = way.made + len(way.solver.timesteps) - way.here
            _refuse_late(recipe, way.made, total)
            scale = settled(way.recipe.guidance_scale)
            prediction = yield Question(model_input, float(t), scale, *meaning, way.made, total)
            way.x = way.solver.step(prediction, t, way.x)
            if recipe.turns:
                way.clean = model.denoised(model_input, float(t), prediction)
            if after is not None:
                way.x = after(way)
        except Stopped as stop:
            return stop.x0
        way.made, way.here = way.made + 1, way.here + 1
    return way.x


def _refuse_late(recipe: Painting, made: int, total: int) -> None:
    """The next turn must come before the last pass; only a turn can move the end.

    Raises: RecipeError.
    """
    coming = next((turn.at for turn in recipe.turns if turn.at > made), None)
    if coming is not None and coming >= total:
        raise RecipeError(
            "turns",
            "A change at pass {at} comes too late: this picture is made in {passes}.",
            hint="Choose an earlier one.",
            at=coming,
            passes=total,
        )


def meaning_of(recipe: Painting) -> Generator[Ask, Any, Meaning]:
    """What the prompt means to the model, and, where there is guidance, what to steer away from."""
    words: Context = yield Words(recipe.words)
    against: Context | None = None
    if settled(recipe.guidance_scale) > 1:
        against = yield Words(recipe.negative_prompt, against=True)
    return words, against


def _encoded(
    recipe: FromPicture, model: Model, source: Pixels, random: torch.Generator
) -> Generator[Ask, Any, tuple[Tensor, Tensor]]:
    """The source's latent at the recipe's size, and noise of its shape."""
    size = (settled(recipe.width), settled(recipe.height))
    small: Pixels = yield Aside(partial(resized, source, size))
    encoded: Encoded = yield Encode(pixel_tensor(small))
    x0 = encoded.sample(random)
    return x0, torch.randn(x0.shape, generator=random).to(model.device)


def _solver(recipe: Painting, model: Model, random: torch.Generator) -> Solver:
    name, steps = settled(recipe.sampler), settled(recipe.steps)
    return Solver(name, model.noise_schedule, steps, model.device, random)


def _late_solver(recipe: Repainting, model: Model, random: torch.Generator) -> Solver:
    solver = _solver(recipe, model, random)
    solver.begin_late(settled(recipe.steps), recipe.strength)
    return solver


def random_of(recipe: Painting) -> torch.Generator:
    """The one source of chance of a settled recipe: on the CPU, from its seed."""
    return torch.Generator("cpu").manual_seed(settled(recipe.seed))


def pixel_tensor(pixels: Pixels) -> Tensor:
    """(H, W, 3) bytes to (1, 3, H, W) in [-1, 1]."""
    return torch.from_numpy(pixels.copy()).movedim(-1, 0)[None].float() / 127.5 - 1


def settled(value: T | None) -> T:
    """A setting that settling has filled in.

    Raises: ValueError when it has not.
    """
    if value is None:
        raise ValueError("the recipe must be settled before it is painted")
    return value
