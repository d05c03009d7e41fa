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
from studio.training.data import parts_in
from studio.training.heldout import HELD_OUT
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


@torch.inference_mode()
def texture_kept(
    autoencoder: PatchAutoencoder, by_style: dict[str, np.ndarray], device: torch.device
) -> dict[str, float]:
    """Fine texture after the round trip relative to before, for each style: 1 is right, 0 is blur, above 1 is grain.

    Texture is the variance of the Laplacian over grey pixels, the ratio's mean taken over pictures.
    """
    result = {}
    for name, pictures in by_style.items():
        x = to_model(pictures, device)
        with torch.autocast(device.type, torch.bfloat16):
            y = autoencoder(x)
        ratio = _laplacian(y.float().clamp(-1, 1)).var((1, 2, 3)) / _laplacian(x).var((1, 2, 3))
        result[name] = float(ratio.mean())
    return result


def _laplacian(x: Tensor) -> Tensor:
    """Pixels (B, 3, H, W) to the Laplacian of their mean over channels, (B, 1, H - 2, W - 2)."""
    kernel = torch.tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]], device=x.device)
    return F.conv2d(x.mean(1, keepdim=True), kernel[None, None])


def _batches(parts: list[np.ndarray], batch: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    while True:
        part = parts[int(rng.integers(len(parts)))]
        yield part[np.sort(rng.choice(len(part), min(batch, len(part)), replace=False))]


class AutoencoderTraining:
    """One resumable training run.

    Attributes:
        model: The autoencoder, float32.
        step: Optimiser steps done.
        seconds: Time spent training, over all runs.
        curve: (step, loss) points, every 20 steps.
    """

    def __init__(
        self,
        model: PatchAutoencoder,
        recipe: AutoencoderRecipe,
        data: Path,
        folder: Path,
        device: torch.device,
    ) -> None:
        """Take up the checkpoint in `folder` if there is one; `data` holds the rendered pictures."""
        self.recipe, self.folder, self.device = recipe, folder, device
        self.parts = squares(data)
        self.model = model
        self.model.to(device, memory_format=torch.channels_last).train()
        self.trained = []
        for name, parameter in model.named_parameters():
            parameter.requires_grad_("decoder" in name or not recipe.keep_encoder)
            self.trained += [parameter] if parameter.requires_grad else []
        self.optimizer = torch.optim.AdamW(
            self.trained, recipe.peak_rate, betas=(0.9, 0.99), weight_decay=1e-4, fused=True
        )
        self.step, self.seconds = 0, 0.0
        self.curve: list[tuple[float, float]] = []
        state = checkpoints.load(self.checkpoint)
        if state is not None:
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step, self.seconds = state["step"], state["seconds"]
            self.curve = [(a, b) for a, b in state["curve"]]

    @property
    def checkpoint(self) -> Path:
        """Where the state is kept."""
        return self.folder / "autoencoder.pt"

    def save(self) -> None:
        """Write the checkpoint, the loss curve and a sheet of reconstructions."""
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "curve": [list(point) for point in self.curve],
        }
        checkpoints.save(self.checkpoint, state)
        title = "autoencoder: L1 of pixels and differences"
        save_curve(self.folder / "autoencoder-loss.png", self.curve, title)
        last = np.asarray(self.parts[-1][-8:])
        save_reconstructions(self.model, last, self.folder / "autoencoder.png", self.device)

    def _train_step(self, pictures: np.ndarray, progress: float) -> Tensor:
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.recipe.peak_rate, self.step, progress, hold=0.2)
        x = to_model(pictures, self.device)
        with torch.autocast(self.device.type, torch.bfloat16):
            z = self.model.encode(x).latents
            y = self.model.decode(z + self.recipe.latent_noise * torch.randn_like(z)).sample
        loss = reconstruction_loss(y.float(), x)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        return loss.detach()

    def run(self) -> PatchAutoencoder:
        """Train until the budget is spent; returns the autoencoder with normalised latents."""
        recipe, before, started = self.recipe, self.seconds, time.monotonic()
        saved = started
        batches = _batches(self.parts, recipe.batch, np.random.default_rng(self.step))
        bar = tqdm(
            desc="autoencoder",
            unit="step",
            initial=self.step,
            total=recipe.budget.steps,
            mininterval=5,
        )
        while (progress := recipe.budget.progress(self.step, self.seconds)) < 1:
            loss = self._train_step(next(batches), progress)
            self.seconds = before + time.monotonic() - started
            if self.step % 20 == 0:
                self.curve.append((self.step, float(loss)))
                bar.update(self.step - bar.n)
                bar.set_postfix(loss=f"{self.curve[-1][1]:.4f}", spent=f"{progress:.0%}")
            if time.monotonic() - saved > recipe.checkpoint_minutes * 60:
                self.save()
                saved = time.monotonic()
        self.model.eval()
        if not recipe.keep_encoder:
            some = np.concatenate([part[::25] for part in self.parts])[:800]
            normalise(self.model, to_model(some, self.device))
        self.save()
        return self.model


@torch.inference_mode()
def save_reconstructions(
    autoencoder: PatchAutoencoder, pictures: np.ndarray, path: Path, device: torch.device
) -> None:
    """Sheet of originals above their round trips."""
    with torch.autocast(device.type, torch.bfloat16):
        y = autoencoder(to_model(pictures, device))
    save_sheet(path, [*pictures, *to_pixels(y)], len(pictures))
