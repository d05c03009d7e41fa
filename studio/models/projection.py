"""Previews: from a latent to rough pixels with one small matrix, thousands of times cheaper than the decoder.

Palette's autoencoder carries such a matrix in itself. For others it is fitted once at load: encode
smooth random pictures, then least squares from every latent cell to the pixels it stands for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor

from studio.core.events import Preview


@dataclass(frozen=True, slots=True)
class Projection:
    """A linear map from a latent cell to a patch of pixels.

    Attributes:
        weight: (3 * patch**2, C); pixels in the order of `torch.nn.functional.pixel_shuffle`.
        bias: (3 * patch**2,).
        patch: Preview pixels per latent cell along one side.
    """

    weight: Tensor
    bias: Tensor
    patch: int

    @classmethod
    def fitted(
        cls,
        encode: Callable[[Tensor], Tensor],
        *,
        downscale: int,
        device: str,
        dtype: torch.dtype,
        patch: int = 2,
    ) -> Self:
        """The best linear map for an encoder (B, 3, H, W) in [-1, 1] -> (B, C, H/downscale, W/downscale)."""
        random = torch.Generator("cpu").manual_seed(0)
        side = 32 * downscale
        fields = [
            F.interpolate(torch.rand(2, 3, n, n, generator=random), side, mode="bicubic")
            for n in (3, 8, 24)
        ]
        pixels = (torch.cat(fields) * 2 - 1).clamp(-1, 1)
        latents = encode(pixels.to(device, dtype)).float().cpu()
        small = F.interpolate(pixels, scale_factor=patch / downscale, mode="area")
        patches = F.pixel_unshuffle(small, patch)
        known = latents.movedim(1, -1).flatten(0, -2)
        wanted = patches.movedim(1, -1).flatten(0, -2)
        known = torch.cat([known, torch.ones(len(known), 1)], 1)
        # The driver that bears latents which depend on each other.
        solution = torch.linalg.lstsq(known, wanted, driver="gelsd").solution
        return cls(solution[:-1].T.contiguous(), solution[-1].clone(), patch)

    def __call__(self, x0: Tensor) -> Preview:
        """A preview of a clean latent (1, C, h, w)."""
        cells = x0[0].float().cpu()
        patches = torch.einsum("oc,chw->ohw", self.weight, cells) + self.bias[:, None, None]
        pixels = F.pixel_shuffle(patches[None], self.patch)[0]
        rgb = pixels.add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8).movedim(0, -1)
        height, width, _ = rgb.shape
        return Preview(width, height, rgb.contiguous().numpy().tobytes())
