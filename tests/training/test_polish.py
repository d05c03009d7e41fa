"""Showing the decoder what the denoiser makes: pictures redrawn from half noise, in pairs with where they came from."""

import numpy as np
import pytest
import torch

pytest.importorskip("cv2", reason="opencv-python-headless is not installed")

from studio.models.patch_autoencoder import PatchAutoencoder
from studio.training.adversarial import DecoderRecipe, DecoderTraining
from studio.training.budget import Budget
from studio.training.denoiser import noise_schedule
from studio.training.polish import Redrawn, redraw, redrawn_pictures


class Oracle(torch.nn.Module):
    """Knows the clean latents, so its v is exact."""

    def __init__(self, clean):
        super().__init__()
        self.clean = torch.nn.Parameter(clean)

    def forward(self, x, timesteps, tokens):
        level = noise_schedule().alphas_cumprod[timesteps].view(-1, 1, 1, 1)
        eps = (x - level.sqrt() * self.clean) / (1 - level).sqrt()
        return level.sqrt() * eps - (1 - level).sqrt() * self.clean


def test_a_perfect_denoiser_redraws_the_same_latents():
    clean = torch.randn(3, 4, 2, 2)
    made = redraw(
        Oracle(clean), clean, torch.zeros(3, 8), noise_schedule(), (600, 300), torch.Generator()
    )
    assert torch.allclose(made, clean, atol=1e-4)


def test_an_ignorant_denoiser_leaves_what_the_noise_left():
    """A denoiser that answers v = 0 believes in sqrt(alpha_bar) x: far from the picture, and finite."""

    class Ignorant(Oracle):
        def forward(self, x, timesteps, tokens):
            return torch.zeros_like(x)

    clean = torch.randn(3, 4, 2, 2)
    made = redraw(
        Ignorant(clean), clean, torch.zeros(3, 8), noise_schedule(), (600,), torch.Generator()
    )
    assert torch.isfinite(made).all() and (made - clean).abs().mean() > 0.3


def test_pairs_stay_pairs(tmp_path):
    """Pictures and redrawn latents of one row belong together, and crops of both show the same place."""
    pictures = np.zeros((5, 64, 64, 3), np.uint8)
    pictures[..., 0] = 40 * np.arange(5)[:, None, None]
    pictures[..., 1] = np.repeat(np.arange(4), 16)[:, None]
    pictures[..., 2] = np.repeat(np.arange(4), 16)
    cells = pictures[:, ::16, ::16].transpose(0, 3, 1, 2).astype(np.float16)
    for folder in ("render", "latents"):
        (tmp_path / folder / "64x64").mkdir(parents=True)
    np.save(tmp_path / "render" / "64x64" / "part-0000.npy", pictures)
    np.savez(
        tmp_path / "latents" / "64x64" / "part-0000.npz",
        latents=np.concatenate([cells, cells[..., ::-1]]),
        tokens=np.zeros((10, 2, 8), np.int16),
    )

    class Faithful(Oracle):
        """Gives v of the very x it was shown at almost no noise: what it makes is what it got."""

        def forward(self, x, timesteps, tokens):
            return torch.zeros_like(x)

    redrawn = redrawn_pictures(
        Faithful(torch.zeros(1)), tmp_path, 5, noise_schedule(), timesteps=(0,), batch=2
    )
    assert np.array_equal(redrawn.pictures, pictures)
    assert np.abs(redrawn.latents.astype(float) - cells).max() < 4
    exact = Redrawn(pictures, cells)
    pixels, latents = exact.crops(20, 32, np.random.default_rng(0))
    assert np.array_equal(pixels[:, ::16, ::16].transpose(0, 3, 1, 2), latents)


def test_the_decoder_learns_to_take_what_a_denoiser_makes(tmp_path):
    """Latents that are wrong in one constant way are decoded better after a few steps; the encoder is untouched."""
    torch.manual_seed(0)
    autoencoder = PatchAutoencoder(latent_channels=4)
    rng = np.random.default_rng(1)
    flat = rng.integers(40, 215, (24, 4, 4, 3))
    pictures = np.repeat(np.repeat(flat, 16, 1), 16, 2).astype(np.uint8)
    with torch.no_grad():
        x = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1
        wrong = (autoencoder.encode(x).latents + 0.7).half().numpy()
    redrawn = Redrawn(pictures, wrong)
    recipe = DecoderRecipe(Budget(steps=30), batch=8, crop=64, peak_rate=3e-3, weight=0.0)
    before = {name: value.clone() for name, value in autoencoder.state_dict().items()}
    training = DecoderTraining(
        autoencoder, recipe, [pictures], pictures[:4], tmp_path, torch.device("cpu"), redrawn
    )

    def error():
        return float(np.abs(training._round_trips().astype(float) - pictures[:4]).mean())

    start = error()
    training.run()
    assert error() < 0.8 * start
    after = autoencoder.state_dict()
    assert all(torch.equal(after[n], v) for n, v in before.items() if "decoder" not in n)
