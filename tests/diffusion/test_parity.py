"""The anchor: same weights, seed and settings give the plain diffusers pipeline's picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import PALETTE

from studio.core.recipe import Defaults, TextToImage
from studio.diffusion.denoise import text_to_image
from studio.diffusion.guidance import guided
from studio.diffusion.questions import Decode, Pixels, Question, Words
from studio.diffusion.samplers import SAMPLERS
from studio.models.cards import CARDS
from studio.models.families.sdxl import SDXLModel
from studio.models.families.unet import UNetModel

STEPS = 6


def painted(recipe: TextToImage, model: UNetModel) -> Pixels:
    """The loop with nobody else on the device: every question is answered by itself."""
    algorithm = text_to_image(recipe, model)
    answer: Any = None
    while True:
        try:
            match algorithm.send(answer):
                case Words() as words:
                    answer = model.encode(words)
                case Question() as ask:
                    contexts = [c for c in (ask.words, ask.against) if c is not None]
                    rows = ask.x.expand(len(contexts), -1, -1, -1)
                    out = model.denoise(rows, torch.full((len(contexts),), ask.t), contexts)
                    answer = guided(out[:1], out[1:] if len(out) > 1 else None, ask.guidance_scale)
                case Decode(x):
                    answer = model.decode(x)[0]
        except StopIteration as end:
            pixels: Pixels = end.value
            return pixels


def plainly_painted(recipe: TextToImage, folder: Path, pipeline: str, **parts: Any) -> Pixels:
    """What the library's own pipeline makes of the recipe."""
    import diffusers

    pipe = getattr(diffusers, pipeline).from_pretrained(
        folder, use_safetensors=True, dtype=torch.float32, **parts
    )
    pipe.set_progress_bar_config(disable=True)
    sampler = SAMPLERS[recipe.sampler or ""]
    scheduler = getattr(diffusers, sampler.solver)
    pipe.scheduler = scheduler.from_config(pipe.scheduler.config, **sampler.options)
    begin_at_the_first_timestep(pipe.scheduler)
    image = pipe(
        recipe.words,
        negative_prompt=recipe.negative_prompt or None,
        num_inference_steps=recipe.steps,
        guidance_scale=recipe.guidance_scale,
        width=recipe.width,
        height=recipe.height,
        generator=torch.Generator("cpu").manual_seed(recipe.seed or 0),
    ).images[0]
    return np.asarray(image)


def begin_at_the_first_timestep(scheduler: Any) -> None:
    """Where the first timesteps round to the same number, the pipeline starts at the second and runs off the end."""
    set_timesteps = scheduler.set_timesteps

    def and_begin(*args: Any, **options: Any) -> None:
        set_timesteps(*args, **options)
        if hasattr(scheduler, "set_begin_index"):
            scheduler.set_begin_index(0)

    scheduler.set_timesteps = and_begin


def difference(one: Pixels, other: Pixels) -> int:
    return int(np.abs(one.astype(int) - other.astype(int)).max())


def wish(**values: object) -> TextToImage:
    chosen = {"prompt": "a fox by a lake", "seed": 3, "width": 64, "height": 64} | values
    return TextToImage(**chosen).settled(Defaults(64, 64, STEPS, 3.0, "dpmpp_2m", "r"))


@pytest.fixture(scope="module")
def sd(tiny_sd: Path) -> UNetModel:
    return UNetModel("tiny", CARDS["sd15"], tiny_sd, "cpu", torch.float32)


@pytest.fixture(scope="module")
def palette() -> UNetModel:
    return UNetModel("palette", CARDS["palette"], PALETTE, "cpu", torch.float32)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("scale", [1.0, 5.0])
def test_every_sampler_paints_what_the_plain_pipeline_paints(
    sampler: str, scale: float, sd: UNetModel, tiny_sd: Path
):
    recipe = wish(sampler=sampler, guidance_scale=scale, negative_prompt="a cat")
    plain = plainly_painted(recipe, tiny_sd, "StableDiffusionPipeline")
    assert difference(painted(recipe, sd), plain) <= 2


@pytest.mark.parametrize("sampler", [s for s in SAMPLERS if not SAMPLERS[s].few_step])
def test_palette_paints_what_the_plain_pipeline_paints(sampler: str, palette: UNetModel):
    recipe = wish(sampler=sampler, style="oil", guidance_scale=4.0, width=96, height=64)
    plain = plainly_painted(recipe, PALETTE, "StableDiffusionPipeline")
    assert difference(painted(recipe, palette), plain) <= 2


@pytest.mark.parametrize("negative", ["", "a cat"])
def test_sdxl_paints_what_the_plain_pipeline_paints(negative: str, tiny_sdxl: Path):
    model = SDXLModel("tiny", CARDS["sdxl"], tiny_sdxl, "cpu", torch.float32)
    recipe = wish(sampler="euler", negative_prompt=negative, height=96)
    plain = plainly_painted(recipe, tiny_sdxl, "StableDiffusionXLPipeline", add_watermarker=False)
    assert difference(painted(recipe, model), plain) <= 2


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_every_sampler_manages_very_few_steps(sampler: str, steps: int, sd: UNetModel):
    pixels = painted(wish(sampler=sampler, steps=steps), sd)
    assert pixels.shape == (64, 64, 3)


def test_the_guided_picture_differs_from_the_unguided_one(sd: UNetModel):
    assert difference(painted(wish(), sd), painted(wish(guidance_scale=1.0), sd)) > 0


def test_the_seed_decides_the_picture(sd: UNetModel):
    one, again, other = (painted(wish(seed=seed), sd) for seed in (3, 3, 4))
    assert difference(one, again) == 0
    assert difference(one, other) > 0
