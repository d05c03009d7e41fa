"""Image to image, inpainting and outpainting against diffusers' own pipelines, and their promises to the byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from plainly import difference, painted, plainly_painted

from studio.core.recipe import Defaults
from studio.core.recipes import ImageToImage, Inpaint, Outpaint
from studio.diffusion.denoise import image_to_image, inpaint, outpaint
from studio.diffusion.masking import Canvas
from studio.diffusion.questions import Pixels
from studio.diffusion.samplers import SAMPLERS
from studio.models.cards import CARDS
from studio.models.families.unet import UNetModel

DEFAULTS = Defaults(64, 64, 8, 3.0, "dpmpp_2m", "r")


def scene(width: int = 64, height: int = 64) -> Pixels:
    """A gradient sky over dark ground with a bright disc: edges and slopes."""
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack([255 * x / width, 200 - 150 * y / height, 120 + 0 * x], -1)
    rgb[y > 0.7 * height] = (40, 60, 30)
    rgb[np.hypot(x - width / 2, y - height / 3) < height / 6] = (250, 240, 200)
    return rgb.astype(np.uint8)


def box_mask(width: int = 64, height: int = 64) -> np.ndarray:
    """White in the middle; its edges lie on latent cells, where the pipeline's mask and ours are the same."""
    mask = np.zeros((height, width), bool)
    mask[16:48, 24:56] = True
    return mask


@pytest.fixture(scope="module")
def sd(tiny_sd: Path) -> UNetModel:
    return UNetModel("tiny", CARDS["sd15"], tiny_sd, "cpu", torch.float32)


@pytest.fixture
def unpasted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before our paste-back: what the model painted, all of it."""
    monkeypatch.setattr(Canvas, "filled", lambda canvas, painted: painted)


def i2i(**values: object) -> ImageToImage:
    return ImageToImage(**({"prompt": "a fox", "seed": 3} | values)).settled(DEFAULTS)


def inp(**values: object) -> Inpaint:
    return Inpaint(**({"prompt": "a fox", "seed": 3, "feather": 0} | values)).settled(DEFAULTS)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("strength", [0.3, 0.75])
def test_image_to_image_paints_what_the_plain_pipeline_paints(
    sampler: str, strength: float, sd: UNetModel, tiny_sd: Path
):
    recipe = i2i(sampler=sampler, strength=strength)
    plain = plainly_painted(
        recipe,
        tiny_sd,
        "StableDiffusionImg2ImgPipeline",
        inputs={"image": Image.fromarray(scene()), "strength": strength},
    )
    assert difference(painted(image_to_image(recipe, sd, scene()), sd), plain) <= 2


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_inpainting_paints_what_the_plain_pipeline_paints(
    sampler: str, strength: float, sd: UNetModel, tiny_sd: Path, unpasted: None
):
    recipe = inp(sampler=sampler, strength=strength)
    plain = plainly_painted(
        recipe,
        tiny_sd,
        "StableDiffusionInpaintPipeline",
        inputs={
            "image": Image.fromarray(scene()),
            "mask_image": Image.fromarray(box_mask()),
            "strength": strength,
            "width": 64,
            "height": 64,
        },
    )
    assert difference(painted(inpaint(recipe, sd, scene(), box_mask()), sd), plain) <= 2


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_a_model_that_sees_the_mask_paints_what_the_plain_pipeline_paints(
    strength: float, tiny_inpaint: Path, unpasted: None
):
    model = UNetModel("tiny", CARDS["sd15"], tiny_inpaint, "cpu", torch.float32)
    assert model.sees_mask and model.latents.channels == 4
    recipe = inp(strength=strength, sampler="euler_a")
    plain = plainly_painted(
        recipe,
        tiny_inpaint,
        "StableDiffusionInpaintPipeline",
        inputs={
            "image": Image.fromarray(scene()),
            "mask_image": Image.fromarray(box_mask()),
            "strength": strength,
            "width": 64,
            "height": 64,
        },
    )
    assert difference(painted(inpaint(recipe, model, scene(), box_mask()), model), plain) <= 2


@pytest.mark.parametrize("strength", [1e-9, 0.01, 0.124])
def test_B5_low_strength_makes_at_least_one_step(strength: float, sd: UNetModel):
    pixels = painted(image_to_image(i2i(strength=strength), sd, scene()), sd)
    assert pixels.shape == (64, 64, 3)


def test_B5_strength_0_gives_the_picture_back(sd: UNetModel):
    source = scene(70, 50)
    assert (painted(image_to_image(i2i(strength=0), sd, source), sd) == source).all()
    mask = np.ones(source.shape[:2], bool)
    assert (painted(inpaint(inp(strength=0), sd, source, mask), sd) == source).all()


def test_the_result_has_the_sources_aspect_ratio(sd: UNetModel):
    recipe = i2i(width=96, height=64)
    pixels = painted(image_to_image(recipe, sd, scene(300, 210)), sd)
    height, width = pixels.shape[:2]
    assert width / height == pytest.approx(300 / 210, rel=0.01)


@pytest.mark.parametrize("size", [(512, 512), (768, 512), (1024, 1024), (1536, 1536), (333, 777)])
@pytest.mark.parametrize("region", ["picture", "mask"])
def test_no_pixel_outside_the_mask_changes(size: tuple[int, int], region: str, sd: UNetModel):
    width, height = size
    source = scene(width, height)
    mask = np.zeros((height, width), bool)
    mask[height // 3 : height // 2, width // 4 : width // 2] = True
    recipe = inp(region=region, feather=12, strength=1.0)
    result = painted(inpaint(recipe, sd, source, mask), sd)
    assert result.shape == source.shape
    reach = np.zeros_like(mask)
    reach[height // 3 - 12 : height // 2 + 12, width // 4 - 12 : width // 2 + 12] = True
    assert (result[~reach] == source[~reach]).all()
    assert (result[mask] != source[mask]).any()


def test_after_ten_edits_the_rest_is_still_the_original(sd: UNetModel):
    original = picture = scene(128, 96)
    touched = np.zeros((96, 128), bool)
    random = np.random.default_rng(0)
    for seed in range(10):
        mask = np.zeros((96, 128), bool)
        top, left = random.integers(8, 40), random.integers(8, 60)
        mask[top : top + 20, left : left + 30] = True
        touched[top - 4 : top + 24, left - 4 : left + 34] = True
        picture = painted(inpaint(inp(seed=seed, feather=4), sd, picture, mask), sd)
    assert (picture[~touched] == original[~touched]).all()


@pytest.mark.parametrize("sides", [{"left": 32}, {"right": 48, "bottom": 16}, {"top": 1}])
def test_outpainting_keeps_every_original_pixel(sides: dict[str, int], sd: UNetModel):
    source = scene(80, 64)
    recipe = Outpaint(prompt="a fox", seed=3, **sides).settled(DEFAULTS)
    result = painted(outpaint(recipe, sd, source), sd)
    top, left = sides.get("top", 0), sides.get("left", 0)
    assert result.shape == (
        64 + top + sides.get("bottom", 0),
        80 + left + sides.get("right", 0),
        3,
    )
    assert (result[top : top + 64, left : left + 80] == source).all()


@pytest.mark.parametrize("start", ["original", "noise", "blur", "colour"])
def test_what_lies_under_the_mask_at_the_start_matters(start: str, sd: UNetModel):
    recipe = inp(start=start, strength=0.4, colour="#ff0000")
    other = inp(start="colour", strength=0.4, colour="#0000ff")
    one, two = (painted(inpaint(r, sd, scene(), box_mask()), sd) for r in (recipe, other))
    assert difference(one, two) > 0


def test_a_run_stopped_early_is_finished_with_what_there_is(sd: UNetModel):
    """Thrown in at the third step, `Stopped` leads to a decoded, pasted-back picture."""
    from studio.diffusion.questions import Aside, Decode, Question, Stopped, Words

    algorithm = inpaint(inp(), sd, scene(), box_mask())
    steps = 0
    ask = next(algorithm)
    while not isinstance(ask, Decode):
        if isinstance(ask, Question):
            steps += 1
            if steps == 3:
                ask = algorithm.throw(Stopped(ask.x[:, :4]))
                continue
            ask = algorithm.send(torch.zeros_like(ask.x))
        elif isinstance(ask, Aside):
            ask = algorithm.send(ask.work())
        elif isinstance(ask, Words):
            ask = algorithm.send(sd.encode(ask))
        else:
            ask = algorithm.send(sd.encode_picture(ask.x))
    paste = algorithm.send(sd.decode(ask.x)[0])
    with pytest.raises(StopIteration) as end:
        algorithm.send(paste.work())
    outside = ~box_mask()
    assert (end.value.value[outside] == scene()[outside]).all()
