"""Palette's autoencoder: pictures to 16x16-pixel cells of 32 numbers, and back.

A linear map (the principal components of the training pictures) carries the picture, a small
residual convolutional network adds what a linear map cannot. Latents leave normalised, so
`scaling_factor` is 1. The class wears the interface of diffusers' `AutoencoderKL` as far as Stable
Diffusion pipelines use it.
"""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from diffusers.utils import BaseOutput
from torch import Tensor, nn


@dataclass
class EncoderOutput(BaseOutput):  # type: ignore[misc]
    """What `encode` returns: latents (B, channels, h, w), deterministic."""

    latents: Tensor


@dataclass
class DecoderOutput(BaseOutput):  # type: ignore[misc]
    """What `decode` returns: pixels (B, 3, H, W), about [-1, 1]."""

    sample: Tensor


class Residual(nn.Module):
    """Two 3x3 convolutions beside the identity; starts as the identity (the second one is zero)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, h, w) to the same shape."""
        y: Tensor = x + self.second(F.silu(self.first(F.silu(x))))
        return y


class PatchAutoencoder(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """Encoder and decoder between pixels (B, 3, H, W) in [-1, 1] and latents (B, C, H/16, W/16) of unit variance.

    Attributes:
        latent_mean: Mean of the raw latents per channel, (1, C, 1, 1).
        latent_std: Standard deviation of the raw latents, (1, C, 1, 1).
    """

    _supports_gradient_checkpointing = False

    @register_to_config
    def __init__(
        self,
        latent_channels: int = 32,
        downscale: int = 16,
        scaling_factor: float = 1.0,
        shift_factor: float | None = None,
        # diffusers pipelines read the downscale factor as 2 ** (len(block_out_channels) - 1).
        block_out_channels: tuple[int, ...] = (48, 96, 128, 192, 256),
        force_upcast: bool = False,
    ) -> None:
        super().__init__()
        if 2 ** (len(block_out_channels) - 1) != downscale:
            raise ValueError(f"block_out_channels must have log2({downscale}) + 1 entries")
        patch = 3 * downscale**2
        self.linear_encoder = nn.Conv2d(patch, latent_channels, 1)
        self.linear_decoder = nn.Conv2d(latent_channels, patch, 1)
        self.residual_encoder = nn.Sequential(
            nn.PixelUnshuffle(8),
            nn.Conv2d(192, 128, 1),
            Residual(128),
            Residual(128),
            nn.PixelUnshuffle(2),
            nn.Conv2d(512, 192, 1),
            Residual(192),
            Residual(192),
            nn.SiLU(),
            nn.Conv2d(192, latent_channels, 3, padding=1),
        )
        self.residual_decoder = nn.Sequential(
            nn.Conv2d(latent_channels, 256, 3, padding=1),
            Residual(256),
            Residual(256),
            nn.Conv2d(256, 128 * 4, 1),
            nn.PixelShuffle(2),
            Residual(128),
            Residual(128),
            nn.Conv2d(128, 96 * 4, 1),
            nn.PixelShuffle(2),
            Residual(96),
            Residual(96),
            Residual(96),
            nn.SiLU(),
            nn.Conv2d(96, 48, 3, padding=1),
            nn.PixelShuffle(4),
        )
        self.register_buffer("latent_mean", torch.zeros(1, latent_channels, 1, 1))
        self.register_buffer("latent_std", torch.ones(1, latent_channels, 1, 1))

    def encode(self, x: Tensor, return_dict: bool = True) -> Any:
        """Pixels (B, 3, H, W) in [-1, 1], H and W multiples of 16, to normalised latents (B, C, H/16, W/16)."""
        raw = self.linear_encoder(
            F.pixel_unshuffle(x, self.config.downscale)
        ) + self.residual_encoder(x)
        latents = (raw - self.latent_mean) / self.latent_std
        return EncoderOutput(latents=latents) if return_dict else (latents,)

    def decode(self, z: Tensor, return_dict: bool = True, generator: Any = None) -> Any:
        """Normalised latents (B, C, h, w) to pixels (B, 3, 16 h, 16 w), about [-1, 1]; `generator` is not used."""
        raw = z * self.latent_std + self.latent_mean
        pixels = F.pixel_shuffle(
            self.linear_decoder(raw), self.config.downscale
        ) + self.residual_decoder(raw)
        return DecoderOutput(sample=pixels) if return_dict else (pixels,)

    def forward(self, x: Tensor) -> Tensor:
        """Round trip of pixels (B, 3, H, W); what autoencoder training optimises."""
        pixels: Tensor = self.decode(self.encode(x).latents).sample
        return pixels
