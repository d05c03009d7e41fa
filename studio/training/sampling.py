"""Pictures from a denoiser in training: plain guided sampling for sample sheets, not the studio's engine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from diffusers import DPMSolverMultistepScheduler
from numpy.typing import NDArray
from torch import Tensor
from transformers import CLIPTokenizer

from studio.models.patch_autoencoder import PatchAutoencoder
from studio.training.denoiser import Denoiser, noise_schedule
from studio.training.sheets import to_pixels
from studio.training.tokenizer import encode

PROMPTS: tuple[str, ...] = (
    "a lighthouse by the sea at sunset, watercolor",
    "a castle on rolling hills in daylight, oil painting",
    "a cat in a village at night, swirling post impressionist painting",
    "a red house in a snowy field at dawn, impressionist painting",
    "a sailboat by the sea at sunset, pixel art",
    "mountains at golden hour, low poly",
    "a forest in the fog, ink wash painting",
    "a vase of flowers on a table, oil painting",
    "a robot in a city in daylight, pop art",
    "a fox in an autumn forest, stained glass",
    "a hot air balloon on rolling hills at sunset, woodblock print",
    "three apples on a table, soft pastel drawing",
    "a planet in space, digital painting",
    "a bridge by a river in daylight, pencil sketch",
    "a windmill in a meadow with red flowers, pointillism",
    "an octopus underwater, mosaic",
    "a palm tree on a beach at sunset, cubist painting",
    "a lake at dawn, watercolor",
    "a cherry tree by a lake at dawn, impressionist painting",
    "a dragon in the mountains in a storm, digital painting",
    "a horse in a meadow at golden hour, oil painting",
    "a sunflower on a table, swirling post impressionist painting",
    "a penguin in a snowy field in falling snow, soft pastel drawing",
    "a pagoda in the mountains in the fog, ink wash painting",
    "a steam train in the mountains in daylight, pixel art",
    "a canyon at golden hour, low poly",
    "abstract composition in warm colors with circles, mosaic",
    "a tree in a meadow in daylight, digital painting",
)


@torch.inference_mode()
def sample(
    denoiser: Denoiser,
    autoencoder: PatchAutoencoder,
    tokenizer: CLIPTokenizer,
    prompts: Sequence[str],
    *,
    steps: int = 20,
    guidance: float = 3.0,
    cells: tuple[int, int] = (16, 16),
) -> list[NDArray[np.uint8]]:
    """One picture per prompt, seeds 0, 1, 2 ...

    Args:
        denoiser: Text encoder and UNet.
        autoencoder: On the same device.
        tokenizer: The denoiser's.
        prompts: What to paint.
        steps: Solver steps (DPM++ 2M).
        guidance: Guidance scale.
        cells: Rows and columns of the latent; a cell is 16 pixels.

    Returns: uint8 pictures (H, W, 3).
    """
    device = next(denoiser.parameters()).device
    scheduler = DPMSolverMultistepScheduler.from_config(noise_schedule().config)
    scheduler.set_timesteps(steps, device=device)
    tokens = torch.from_numpy(encode(tokenizer, [*prompts, *[""] * len(prompts)])).long().to(device)
    shape = (denoiser.unet.config.in_channels, *cells)
    x = torch.stack(
        [
            torch.randn(shape, generator=torch.Generator().manual_seed(i))
            for i in range(len(prompts))
        ]
    ).to(device)
    with torch.autocast(device.type, torch.bfloat16):
        words = denoiser.text_encoder(tokens).last_hidden_state
        for t in scheduler.timesteps:
            v = denoiser.unet(torch.cat([x, x]), t, words).sample.float()
            told, untold = v.chunk(2)
            x = scheduler.step(untold + guidance * (told - untold), t, x).prev_sample
        return list(to_pixels(_decoded(autoencoder, x)))


def _decoded(autoencoder: PatchAutoencoder, x: Tensor) -> Tensor:
    pixels: Tensor = autoencoder.decode(x).sample
    return pixels
