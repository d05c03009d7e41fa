"""A recipe, a picture and how it was made, for all gallery tests."""

import pytest
from PIL import Image

from studio.core.recipes import TextToImage
from studio.gallery.metadata import Made, fingerprint


@pytest.fixture
def recipe() -> TextToImage:
    return TextToImage(
        prompt="a lighthouse by the sea",
        negative_prompt="fog",
        style="watercolor",
        width=64,
        height=64,
        steps=20,
        guidance_scale=4.0,
        sampler="dpmpp_2m",
        seed=7,
        revision="1",
    )


@pytest.fixture
def image() -> Image.Image:
    return Image.radial_gradient("L").resize((64, 64)).convert("RGB")


@pytest.fixture
def made(image: Image.Image) -> Made:
    return Made(
        app="0.1.0",
        model_hash="3f2a9c51d0e4b7",
        device="cpu",
        dtype="float32",
        torch="2.13.0",
        diffusers="0.42.1",
        batch=4,
        steps_done=20,
        steps_total=20,
        seconds=1.5,
        created="2026-11-20T14:22:33.123Z",
        pixels=fingerprint(image),
    )
