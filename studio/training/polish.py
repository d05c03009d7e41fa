"""Showing the decoder what the denoiser makes, so that it forgives it.

A decoder that has seen encoded pictures only takes a denoiser's small errors for paint: cells show their borders, strokes break.
Pictures are covered with noise half-way and denoised again by the trained model under their own captions: composition stays,
texture is the model's own. The decoder then learns, beside plain round trips, to paint such latents as the picture they came
from, with the adversary asking for paint instead of an average.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import DDIMScheduler
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from studio.training.denoiser import Denoiser


@dataclass(frozen=True, slots=True)
class Redrawn:
    """Pictures and what the denoiser makes of them.

    Attributes:
        pictures: uint8 (N, H, W, 3).
        latents: Redrawn latents (N, C, H / 16, W / 16) float16.
    """

    pictures: NDArray[np.uint8]
    latents: NDArray[np.float16]

    def crops(
        self, count: int, side: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
        """Random crops on the grid of cells: pixels (count, side, side, 3), latents (count, C, side / 16, side / 16)."""
        cells = side // 16
        pixels, latents = [], []
        for row in rng.integers(len(self.pictures), size=count):
            top, left = (int(rng.integers(s - cells + 1)) for s in self.latents.shape[2:])
            where = slice(16 * top, 16 * top + side), slice(16 * left, 16 * left + side)
            pixels.append(self.pictures[row][where])
            latents.append(self.latents[row][:, top : top + cells, left : left + cells])
        return np.stack(pixels), np.stack(latents)


@torch.inference_mode()
def redraw(
    denoiser: Denoiser,
    latents: Tensor,
    tokens: Tensor,
    schedule: DDIMScheduler,
    timesteps: tuple[int, ...],
    generator: torch.Generator,
) -> Tensor:
    """Noise latents (B, C, h, w) up to the first timestep and denoise them over the others down to 0, by DDIM, unguided.

    Args:
        denoiser: In evaluation mode.
        latents: Clean ones.
        tokens: Token ids of their captions (B, length).
        schedule: Noise schedule.
        timesteps: Falling.
        generator: Of the noise.
    """
    device = latents.device
    noise = torch.randn(latents.shape, generator=generator, device=device)
    levels: Tensor = schedule.alphas_cumprod.to(device)
    x: Tensor = schedule.add_noise(latents, noise, torch.tensor([timesteps[0]], device=device))
    clean = x
    for t, following in zip(timesteps, (*timesteps[1:], None), strict=True):
        with torch.autocast(device.type, torch.bfloat16):
            v = denoiser(x, torch.full((len(x),), t, device=device), tokens).float()
        now = levels[t]
        clean = now.sqrt() * x - (1 - now).sqrt() * v
        if following is not None:
            eps = now.sqrt() * v + (1 - now).sqrt() * x
            x = levels[following].sqrt() * clean + (1 - levels[following]).sqrt() * eps
    return clean


def redrawn_pictures(
    denoiser: Denoiser,
    data: Path,
    count: int,
    schedule: DDIMScheduler,
    *,
    timesteps: tuple[int, ...] = (600, 450, 300, 150),
    batch: int = 50,
) -> Redrawn:
    """Redraw square training pictures with their first captions.

    Raises: FileNotFoundError when the latents stage has not run.
    """
    device = next(denoiser.parameters()).device
    generator = torch.Generator(device).manual_seed(0)
    pictures, made = [], []
    bar = tqdm(desc="redraw", unit="picture", total=count, mininterval=5)
    for pixels, latents, tokens in _square_batches(data, batch):
        z = torch.from_numpy(latents).to(device).float()
        words = torch.from_numpy(tokens).to(device).long()
        made.append(redraw(denoiser, z, words, schedule, timesteps, generator).half().cpu().numpy())
        pictures.append(pixels)
        bar.update(len(pixels))
        if bar.n >= count:
            break
    bar.close()
    if not pictures:
        raise FileNotFoundError(f"No latents in {data / 'latents'}; run the latents stage first.")
    return Redrawn(np.concatenate(pictures), np.concatenate(made))


def _square_batches(data: Path, batch: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Pictures, latents and tokens, unmirrored, a few of every part in turn."""
    parts = []
    for file in sorted((data / "latents").glob("*x*/part-*.npz")):
        width, height = file.parent.name.split("x")
        if width == height:
            found = np.load(file)
            pixels = data / "render" / file.parent.name / f"{file.stem}.npy"
            parts.append((np.load(pixels, mmap_mode="r"), found["latents"], found["tokens"]))
    for start in range(0, max((len(pixels) for pixels, _, _ in parts), default=0), batch):
        for pixels, latents, tokens in parts:
            rows = slice(start, min(start + batch, len(pixels)))
            if rows.start < len(pixels):
                yield np.array(pixels[rows]), latents[rows], tokens[rows, 0]
