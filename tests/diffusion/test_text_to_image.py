"""The anchor: same weights, seed and settings give the plain diffusers pipeline's picture."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from conftest import PALETTE
from plainly import difference, painted, plainly_painted, wish

from studio.diffusion.denoise import text_to_image
from studio.diffusion.samplers import SAMPLERS
from studio.models.cards import CARDS
from studio.models.families.sdxl import SDXLModel
from studio.models.families.unet import UNetModel


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
    assert difference(painted(text_to_image(recipe, sd), sd), plain) <= 2


@pytest.mark.parametrize("sampler", [s for s in SAMPLERS if not SAMPLERS[s].few_step])
def test_palette_paints_what_the_plain_pipeline_paints(sampler: str, palette: UNetModel):
    recipe = wish(sampler=sampler, style="oil", guidance_scale=4.0, width=96, height=64)
    plain = plainly_painted(recipe, PALETTE, "StableDiffusionPipeline")
    assert difference(painted(text_to_image(recipe, palette), palette), plain) <= 2


@pytest.mark.parametrize("negative", ["", "a cat"])
def test_sdxl_paints_what_the_plain_pipeline_paints(negative: str, tiny_sdxl: Path):
    model = SDXLModel("tiny", CARDS["sdxl"], tiny_sdxl, "cpu", torch.float32)
    recipe = wish(sampler="euler", negative_prompt=negative, height=96)
    plain = plainly_painted(recipe, tiny_sdxl, "StableDiffusionXLPipeline", add_watermarker=False)
    assert difference(painted(text_to_image(recipe, model), model), plain) <= 2


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_every_sampler_manages_very_few_steps(sampler: str, steps: int, sd: UNetModel):
    pixels = painted(text_to_image(wish(sampler=sampler, steps=steps), sd), sd)
    assert pixels.shape == (64, 64, 3)


def test_the_guided_picture_differs_from_the_unguided_one(sd: UNetModel):
    assert (
        difference(
            painted(text_to_image(wish(), sd), sd),
            painted(text_to_image(wish(guidance_scale=1.0), sd), sd),
        )
        > 0
    )


def test_the_seed_decides_the_picture(sd: UNetModel):
    one, again, other = (painted(text_to_image(wish(seed=seed), sd), sd) for seed in (3, 3, 4))
    assert difference(one, again) == 0
    assert difference(one, other) > 0


@pytest.mark.parametrize("sampler", [s for s in SAMPLERS if not SAMPLERS[s].few_step])
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5, 7])
def test_palette_stays_finite_with_every_sampler_and_few_steps(
    sampler: str, steps: int, palette: UNetModel
):
    recipe = wish(sampler=sampler, steps=steps, guidance_scale=1.0)
    assert painted(text_to_image(recipe, palette), palette).std() > 1


def test_sdxl_in_half_precision_encodes_after_it_decoded(tiny_sdxl: Path):
    """Its autoencoder is run in float32 throughout, as its configuration asks."""
    model = SDXLModel("tiny", CARDS["sdxl"], tiny_sdxl, "cpu", torch.float16)
    assert model.vae.dtype is torch.float32
    model.decode(torch.zeros(1, 4, 8, 8))
    assert model.encode_picture(torch.zeros(1, 3, 64, 64)).mean.dtype is torch.float32
