"""Loaded models keep the promises of the protocol."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import PALETTE

from studio.core.errors import NumericalError
from studio.diffusion.questions import Words
from studio.models.cards import CARDS
from studio.models.families import FAMILIES
from studio.models.families.sdxl import SDXLModel
from studio.models.families.unet import UNetModel


@pytest.fixture(scope="module", params=["palette", "sd", "sdxl"])
def model(request: pytest.FixtureRequest) -> UNetModel:
    if request.param == "palette":
        return UNetModel("palette", CARDS["palette"], PALETTE, "cpu", torch.float32)
    folder: Path = request.getfixturevalue(f"tiny_{request.param}")
    cls = SDXLModel if request.param == "sdxl" else UNetModel
    return cls("tiny", CARDS["sd15"], folder, "cpu", torch.float32)


def noise(model: UNetModel, rows: int, seed: int = 0) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.randn(rows, model.latents.channels, 8, 12, generator=random)


def test_every_row_has_its_own_timestep_and_words(model: UNetModel):
    """A row answered in company equals the row answered alone, up to float32 rounding."""
    x, t = noise(model, 5), torch.tensor([999.0, 500.0, 20.5, 0.0, 731.0])
    contexts = [model.encode(Words(text)) for text in ("a fox", "", "a lake", "the sea", "an owl")]
    together = model.denoise(x, t, contexts)
    for i in range(5):
        alone = model.denoise(x[i : i + 1], t[i : i + 1], contexts[i : i + 1])
        torch.testing.assert_close(together[i : i + 1], alone, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("t", [1, 250, 500, 749.5, 990])
def test_the_clean_estimate_undoes_the_forward_process(model: UNetModel, t: float):
    """x_t = sqrt(a) x_0 + sqrt(1-a) eps; given the exact prediction, x_0 comes back."""
    from diffusers import DDIMScheduler

    scheduler = DDIMScheduler.from_config(model.noise_schedule)
    low = int(t)
    bars = scheduler.alphas_cumprod.double()
    bar = bars[low] + (bars[min(low + 1, 999)] - bars[low]) * (t - low)
    x0, eps = noise(model, 1, 1).double(), noise(model, 1, 2).double()
    x = bar.sqrt() * x0 + (1 - bar).sqrt() * eps
    v = bar.sqrt() * eps - (1 - bar).sqrt() * x0
    prediction = v if model.noise_schedule["prediction_type"] == "v_prediction" else eps
    torch.testing.assert_close(model.denoised(x, t, prediction), x0, atol=1e-6, rtol=1e-6)


def test_a_preview_is_small_rgb_and_follows_the_picture(model: UNetModel):
    preview = model.preview(noise(model, 1))
    assert len(preview.rgb) == 3 * preview.width * preview.height
    assert preview.width / preview.height == 12 / 8


def test_decoding_together_equals_decoding_alone(model: UNetModel):
    x = noise(model, 3)
    together = model.decode(x)
    for i in range(3):
        [alone] = model.decode(x[i : i + 1])
        assert np.abs(alone.astype(int) - together[i].astype(int)).max() <= 1


def test_words_beyond_the_limit_are_named(model: UNetModel):
    assert model.ignored("a fox") == ""
    assert model.ignored("a fox " * 30 + "hidden").replace(" ", "").endswith("hidden")


def test_palettes_preview_is_near_its_picture():
    """The linear half of the autoencoder alone gives at least 20 dB of the decoded picture."""
    model = UNetModel("palette", CARDS["palette"], PALETTE, "cpu", torch.float32)
    ramp = torch.linspace(-1, 1, 64)
    pixels = torch.stack([ramp.expand(64, 64), ramp[:, None].expand(64, 64), torch.zeros(64, 64)])
    latent = model.vae.encode(pixels[None]).latents
    preview = model.preview(latent)
    shown = np.frombuffer(preview.rgb, np.uint8).reshape(64, 64, 3).astype(float)
    [decoded] = model.decode(latent)
    error = ((shown - decoded) ** 2).mean()
    assert 10 * np.log10(255**2 / error) > 20


def test_a_projection_fitted_to_a_linear_autoencoder_is_exact():
    """Where pixels really are a linear function of latents, least squares finds it."""
    from studio.models.projection import Projection

    mix = torch.linalg.qr(torch.randn(4, 3, generator=torch.Generator().manual_seed(0)))[0]

    def encode(pixels: torch.Tensor) -> torch.Tensor:
        small = torch.nn.functional.avg_pool2d(pixels, 8)
        return torch.einsum("oc,bchw->bohw", mix, small)

    projection = Projection.fitted(encode, downscale=8, device="cpu", dtype=torch.float32, patch=1)
    colour = torch.tensor([0.5, -0.25, 0.0])
    preview = projection(encode(colour[None, :, None, None].expand(1, 3, 16, 16)))
    assert list(preview.rgb[:3]) == pytest.approx([191, 96, 127], abs=1)


def test_every_family_is_registered():
    assert {name: load().__name__ for name, load in FAMILIES.items()} == {
        "unet": "UNetModel",
        "sdxl": "SDXLModel",
    }


def test_a_latent_that_is_not_a_number_is_no_black_picture(model: UNetModel):
    with pytest.raises(NumericalError):
        model.decode(torch.full_like(noise(model, 1), torch.nan))
