"""Training the autoencoder: principal components first, then the residual networks.

The linear maps start as the principal components of 16x16-pixel patches (27 dB at once); the residual encoder and decoder start
at zero and learn what a linear map cannot carry. Loss: L1 on pixels and on their differences, so that strokes stay crisp.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from studio.models.patch_autoencoder import PatchAutoencoder
from studio.training import checkpoints
from studio.training.budget import Budget, learning_rate
from studio.training.data import HELD_OUT, parts_in
from studio.training.sheets import save_curve, save_sheet, to_pixels
from studio.world.picture import paint
from studio.world.words import STYLES


@dataclass(frozen=True, slots=True)
class AutoencoderRecipe:
    """How to train.

    Attributes:
        budget: When to stop.
        batch: Pictures in a step.
        peak_rate: Highest learning rate.
        latent_noise: Standard deviation of noise added to normalised latents, so that the decoder forgives the denoiser.
        keep_encoder: Train the decoder alone: latents that exist stay valid.
        checkpoint_minutes: Time between checkpoints.
    """

    budget: Budget
    batch: int = 12
    peak_rate: float = 1e-3
    latent_noise: float = 0.05
    keep_encoder: bool = False
    checkpoint_minutes: float = 3.0


def squares(data: Path) -> list[np.ndarray]:
    """Rendered square parts, memory-mapped."""
    parts = [
        pictures
        for pictures, _, _ in parts_in(data / "render")
        if pictures.shape[1] == pictures.shape[2]
    ]
    if not parts:
        raise FileNotFoundError(f"No pictures in {data / 'render'}; run the render stage first.")
    return parts


def to_model(pictures: np.ndarray, device: torch.device) -> Tensor:
    """uint8 (B, H, W, 3) to model pixels (B, 3, H, W) in [-1, 1]."""
    x = torch.from_numpy(np.array(pictures)).to(device).permute(0, 3, 1, 2)
    return (x.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def from_components(autoencoder: PatchAutoencoder, pictures: Tensor) -> None:
    """Set the linear maps to the principal components of pictures (B, 3, H, W), each scaled to sd ** 0.5.

    The square root is a compromise: full whitening drowns the coarse channels in the noise of the fine ones, none hides them.
    """
    channels, side = autoencoder.config.latent_channels, autoencoder.config.downscale
    patches = (
        F.pixel_unshuffle(pictures, side).permute(0, 2, 3, 1).reshape(-1, 3 * side * side).double()
    )
    mean = patches.mean(0)
    values, vectors = torch.linalg.eigh((patches - mean).T @ (patches - mean) / len(patches))
    vectors = vectors.flip(1)[:, :channels]
    spread = values.flip(0)[:channels].clamp(min=1e-8).sqrt()
    scale = spread.sqrt()
    state = autoencoder.state_dict()
    state["linear_encoder.weight"].copy_((vectors / scale).T[..., None, None])
    state["linear_encoder.bias"].copy_(-(mean @ vectors) / scale)
    state["linear_decoder.weight"].copy_((vectors * scale)[..., None, None])
    state["linear_decoder.bias"].copy_(mean)
    for last in ("residual_encoder.9", "residual_decoder.13"):
        state[f"{last}.weight"].zero_()
        state[f"{last}.bias"].zero_()
    normalise(autoencoder, pictures)


@torch.no_grad()
def normalise(autoencoder: PatchAutoencoder, pictures: Tensor) -> None:
    """Measure the latents and set the buffers that make them zero-mean per channel and unit-variance over all."""
    autoencoder.latent_mean.zero_()
    autoencoder.latent_std.fill_(1)
    raw = autoencoder.encode(pictures).latents.float()
    autoencoder.latent_mean.copy_(raw.mean((0, 2, 3), keepdim=True))
    autoencoder.latent_std.fill_(float((raw - autoencoder.latent_mean).std()))


def reconstruction_loss(y: Tensor, x: Tensor) -> Tensor:
    """L1 of pixels and of their horizontal and vertical differences."""
    loss = (y - x).abs().mean()
    for axis in (2, 3):
        loss = loss + 0.5 * (y.diff(dim=axis) - x.diff(dim=axis)).abs().mean()
    return loss


def held_out_by_style(count: int, size: tuple[int, int] = (256, 256)) -> dict[str, np.ndarray]:
    """`count` pictures (count, H, W, 3) of each style, from seeds that are never trained on."""
    return {
        style.name: np.stack(
            [paint(HELD_OUT + i, style=style.name, size=size).image for i in range(count)]
        )
        for style in STYLES
    }


@torch.inference_mode()
def fidelity(
    autoencoder: PatchAutoencoder, by_style: dict[str, np.ndarray], device: torch.device
) -> dict[str, float]:
    """Peak signal-to-noise ratio of the round trip in dB, mean over pictures, for each style."""
    result = {}
    for name, pictures in by_style.items():
        x = to_model(pictures, device)
        with torch.autocast(device.type, torch.bfloat16):
            y = autoencoder(x)
        error = (y.float().clamp(-1, 1) - x).pow(2).mean((1, 2, 3))
        result[name] = float((10 * torch.log10(4 / error)).mean())
    return result


def _batches(parts: list[np.ndarray], batch: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    while True:
        part = parts[int(rng.integers(len(parts)))]
        yield part[np.sort(rng.choice(len(part), min(batch, len(part)), replace=False))]


def train_autoencoder(
    autoencoder: PatchAutoencoder,
    data: Path,
    folder: Path,
    recipe: AutoencoderRecipe,
    device: torch.device,
) -> PatchAutoencoder:
    """Train, resuming from `folder/autoencoder.pt`; curve and reconstructions are written beside it.

    Returns: the same autoencoder, on `device`, with normalised latents.
    """
    parts = squares(data)
    rng = np.random.default_rng(0)
    autoencoder = autoencoder.to(device, memory_format=torch.channels_last).train()
    trained = [
        p
        for name, p in autoencoder.named_parameters()
        if "decoder" in name or not recipe.keep_encoder
    ]
    for parameter in autoencoder.parameters():
        parameter.requires_grad_(any(parameter is p for p in trained))
    optimizer = torch.optim.AdamW(
        trained, recipe.peak_rate, betas=(0.9, 0.99), weight_decay=1e-4, fused=True
    )
    step, seconds, curve = 0, 0.0, []
    state = checkpoints.load(folder / "autoencoder.pt")
    if state is not None:
        autoencoder.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step, seconds, curve = state["step"], state["seconds"], [(a, b) for a, b in state["curve"]]

    def keep() -> None:
        checkpoints.save(folder / "autoencoder.pt", {
            "model": autoencoder.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "seconds": seconds,
            "curve": [list(point) for point in curve],
        })  # fmt: skip
        save_curve(
            folder / "autoencoder-loss.png", curve, "autoencoder: L1 of pixels and differences"
        )
        save_reconstructions(
            autoencoder, np.asarray(parts[-1][-8:]), folder / "autoencoder.png", device
        )

    batches = _batches(parts, recipe.batch, rng)
    before, started = seconds, time.monotonic()
    saved = started
    bar = tqdm(
        desc="autoencoder", unit="step", initial=step, total=recipe.budget.steps, mininterval=5
    )
    while (progress := recipe.budget.progress(step, seconds)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(recipe.peak_rate, step, progress, hold=0.2)
        x = to_model(next(batches), device)
        with torch.autocast(device.type, torch.bfloat16):
            z = autoencoder.encode(x).latents
            y = autoencoder.decode(z + recipe.latent_noise * torch.randn_like(z)).sample
        loss = reconstruction_loss(y.float(), x)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        seconds = before + time.monotonic() - started
        if step % 20 == 0:
            curve.append((step, float(loss.detach())))
            bar.update(step - bar.n)
            bar.set_postfix(loss=f"{curve[-1][1]:.4f}", spent=f"{progress:.0%}")
        if time.monotonic() - saved > recipe.checkpoint_minutes * 60:
            keep()
            saved = time.monotonic()
    autoencoder.eval()
    if not recipe.keep_encoder:
        normalise(
            autoencoder, to_model(np.concatenate([part[::25] for part in parts])[:800], device)
        )
    keep()
    return autoencoder


@torch.inference_mode()
def save_reconstructions(
    autoencoder: PatchAutoencoder, pictures: np.ndarray, path: Path, device: torch.device
) -> None:
    """Sheet of originals above their round trips."""
    with torch.autocast(device.type, torch.bfloat16):
        y = autoencoder(to_model(pictures, device))
    save_sheet(path, [*pictures, *to_pixels(y)], len(pictures))
