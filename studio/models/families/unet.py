"""Stable Diffusion 1.x and 2.x, and palette: one UNet, one CLIP text encoder, one autoencoder."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from studio.core.errors import ModelUnavailable, NumericalError, StudioError
from studio.core.events import Preview
from studio.diffusion.forward import NoiseSchedule, clean_estimate
from studio.diffusion.questions import (
    Attention,
    Context,
    Encoded,
    LatentSpace,
    Pixels,
    Span,
    Words,
)
from studio.models import low_rank
from studio.models.attention import captured
from studio.models.card import ModelCard
from studio.models.inspection import inspect
from studio.models.patch_autoencoder import PatchAutoencoder
from studio.models.projection import Projection
from studio.models.spans import spans


class UNetModel:
    """A loaded model of this family; see `studio.diffusion.questions.Model` for what it promises."""

    components: tuple[str, ...] = ("unet", "vae", "text_encoder", "tokenizer")

    def __init__(
        self, name: str, card: ModelCard, folder: Path, device: str, dtype: torch.dtype
    ) -> None:
        """Load from a folder in diffusers' layout; no network.

        Raises: ModelUnavailable when files are missing, damaged, unsafe or do not fit together.
        """
        inspect(folder, self.components)
        self.name = name
        self.device = device
        self.dtype = str(dtype).removeprefix("torch.")
        self._torch_dtype = dtype
        self._tokenizing = threading.Lock()
        self._load(folder, card.variant)
        if card.adapter:
            low_rank.merge(self.unet, folder / card.adapter)
        self.noise_schedule = self._read_noise_schedule(folder)
        self._levels = self._alpha_bars()
        downscale = 2 ** (len(self.vae.config.block_out_channels) - 1)
        self.latents = LatentSpace(int(self.vae.config.latent_channels), downscale)
        self.sees_mask = self.unet.config.in_channels == 2 * self.latents.channels + 1
        self._projection = self._preview_projection()

    @property
    def token_limit(self) -> int:
        """Tokens the model reads, start and end included."""
        return int(self.tokenizer.model_max_length)

    def encode(self, words: Words) -> Context:
        """The last hidden state of the text encoder (length, width). Safe to call from several threads."""
        ids = self._tokenize(self.tokenizer, words.text)
        with torch.inference_mode():
            return Context(self.text_encoder(ids).last_hidden_state[0])

    def ignored(self, text: str) -> str:
        """The words beyond the token limit."""
        with self._tokenizing:
            encoded = self.tokenizer(
                text, truncation=False, add_special_tokens=False, return_offsets_mapping=True
            )
        starts = [start for start, _ in encoded.offset_mapping]
        kept = self.token_limit - 2
        return text[starts[kept] :].strip() if len(starts) > kept else ""

    def spans(self, text: str) -> tuple[Span, ...]:
        """The words within the token limit, and their tokens. Safe to call from several threads."""
        with self._tokenizing:
            encoded = self.tokenizer(
                text, truncation=True, max_length=self.token_limit, return_offsets_mapping=True
            )
        return spans(text, encoded.offset_mapping)

    def denoise(self, x: Tensor, t: Tensor, contexts: Sequence[Context]) -> Tensor:
        """One forward pass; every row has its own timestep and words."""
        tokens = torch.stack([context.tokens for context in contexts])
        with torch.inference_mode():
            prediction: Tensor = self.unet(
                x.to(self.device, self._torch_dtype).contiguous(memory_format=torch.channels_last),
                t.to(self.device),
                tokens,
                return_dict=False,
                **self._conditions(x, contexts),
            )[0]
        return prediction.float()

    def attention(self, x: Tensor, t: float, context: Context) -> Attention:
        """Cross-attention of one pass of one row, under the words alone.

        Raises: StudioError when x lacks the channels of the mask, which a model that sees it looks at too.
        """
        if x.shape[1] != self.unet.config.in_channels:
            raise StudioError(
                "This model looks at the mask too, which is not kept with the steps; it has no word maps.",
                hint="Open a picture of another model.",
            )
        with captured(self.unet) as capture, torch.inference_mode():
            self.denoise(x, torch.tensor([t]), [context])
            return capture.attention(x.shape[-2], x.shape[-1])

    def denoised(self, x: Tensor, t: float, prediction: Tensor) -> Tensor:
        """x0 from a unit-variance input at t (linear between whole timesteps), eps or v prediction."""
        x = x[:, : self.latents.channels]
        kind = self.noise_schedule["prediction_type"]
        estimate: Tensor = clean_estimate(x, prediction, self.alpha_bar(t), kind)
        return estimate

    def alpha_bar(self, t: float) -> float:
        """Share of signal variance left at t; linear between whole timesteps."""
        return self._levels.alpha_bar(t)

    def encode_picture(self, x: Tensor) -> Encoded:
        """The autoencoder's latent of one picture; palette's is exact, Stable Diffusion's a distribution."""
        with torch.inference_mode():
            pixels = x.to(self.device, self.vae.dtype)
            encoded = self.vae.encode(pixels.contiguous(memory_format=torch.channels_last))
            scale = self.vae.config.scaling_factor
            if hasattr(encoded, "latents"):
                return Encoded(encoded.latents.float() * scale)
            latent = encoded.latent_dist
            return Encoded(latent.mean.float() * scale, latent.std.float() * scale)

    def decode(self, x: Tensor) -> list[Pixels]:
        """The autoencoder's pictures of clean latents (B, C, h, w)."""
        with torch.inference_mode():
            scaled = x.to(self.device, self.vae.dtype) / self.vae.config.scaling_factor
            z = scaled.contiguous(memory_format=torch.channels_last)
            pixels = self.vae.decode(z, return_dict=False)[0]
            if not torch.isfinite(pixels).all():
                raise NumericalError(
                    "The model's last answer cannot be made a picture: it is not a number.",
                    hint="Lower the guidance or choose another sampler or seed.",
                )
            rgb = (pixels.float() / 2 + 0.5).clamp(0, 1).movedim(1, -1).cpu().numpy()
        return [(picture * 255).round().astype("uint8") for picture in rgb]

    def preview(self, x0: Tensor) -> Preview:
        """One small matrix product per latent cell."""
        return self._projection(x0)

    @property
    def projection(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the linear map behind `preview`."""
        return self._projection.weight, self._projection.bias

    def _load(self, folder: Path, variant: str | None) -> None:
        from diffusers import AutoencoderKL, UNet2DConditionModel
        from transformers import CLIPTextModel, CLIPTokenizer

        _quiet()
        autoencoder = (
            PatchAutoencoder
            if "PatchAutoencoder" in (folder / "vae" / "config.json").read_text("utf-8")
            else AutoencoderKL
        )
        self.unet: Any = self._component(UNet2DConditionModel, folder / "unet", variant)
        self.vae: Any = self._component(autoencoder, folder / "vae", variant)
        self.text_encoder: Any = self._component(CLIPTextModel, folder / "text_encoder", variant)
        self.tokenizer: Any = CLIPTokenizer.from_pretrained(folder / "tokenizer")

    def _component(self, cls: Any, folder: Path, variant: str | None) -> Any:
        """Weights of one part: every key where it belongs, every number finite."""
        if variant is not None and not any(folder.glob(f"*.{variant}.safetensors")):
            variant = None
        try:
            module, info = cls.from_pretrained(
                folder,
                dtype=self._torch_dtype,
                use_safetensors=True,
                variant=variant,
                output_loading_info=True,
            )
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise ModelUnavailable(
                "The model's {component} could not be loaded.",
                hint="Its files do not fit together ({reason}). Get the model again.",
                component=folder.name,
                reason=str(error).splitlines()[0][:120],
            ) from error
        for key in (*info["missing_keys"], *info.get("mismatched_keys", ())):
            raise ModelUnavailable(
                "The model's {component} lacks the weights {key}.",
                hint="The files belong to another model or version. Get the model again.",
                component=folder.name,
                key=str(key)[:80],
            )
        self._refuse_nan(module, folder.name)
        module.eval().requires_grad_(False).to(self.device)
        if folder.name in ("unet", "vae"):
            module.to(memory_format=torch.channels_last)
        return module

    @staticmethod
    def _refuse_nan(module: nn.Module, component: str) -> None:
        for key, weights in module.state_dict().items():
            if weights.is_floating_point() and not torch.isfinite(weights.float().sum()):
                raise ModelUnavailable(
                    "The weights {key} of the model's {component} are not numbers.",
                    hint="The file is damaged. Get the model again.",
                    component=component,
                    key=key,
                )

    def _read_noise_schedule(self, folder: Path) -> dict[str, Any]:
        from diffusers import DDIMScheduler

        config = dict(DDIMScheduler.load_config(folder / "scheduler"))
        # Solvers of another class must not inherit what only the stored class understands.
        for private in ("_class_name", "_diffusers_version", "skip_prk_steps"):
            config.pop(private, None)
        config.setdefault("prediction_type", "epsilon")
        return config | {"clip_sample": False}

    def _alpha_bars(self) -> NoiseSchedule:
        from diffusers import DDIMScheduler

        alphas: Tensor = DDIMScheduler.from_config(self.noise_schedule).alphas_cumprod
        return NoiseSchedule(alphas.double().numpy())

    def _tokenize(self, tokenizer: Any, text: str) -> Tensor:
        with self._tokenizing:
            encoded = tokenizer(
                text,
                padding="max_length",
                max_length=tokenizer.model_max_length,
                truncation=True,
                return_tensors="pt",
            )
        ids: Tensor = encoded.input_ids.to(self.device)
        return ids

    def _conditions(self, x: Tensor, contexts: Sequence[Context]) -> dict[str, Any]:
        """What the UNet wants besides the words; nothing in this family."""
        return {}

    def _preview_projection(self) -> Projection:
        if isinstance(self.vae, PatchAutoencoder):
            linear = self.vae.linear_decoder
            weight = linear.weight.float().cpu()[:, :, 0, 0]
            mean = self.vae.latent_mean.float().cpu()[0, :, 0, 0]
            std = self.vae.latent_std.float().cpu()[0, :, 0, 0]
            bias = linear.bias.float().cpu() + weight @ mean
            return Projection(weight * std, bias, self.latents.downscale)

        def encode(pixels: Tensor) -> Tensor:
            with torch.inference_mode():
                mean: Tensor = self.vae.encode(pixels).latent_dist.mean
                latents: Tensor = mean * self.vae.config.scaling_factor
                return latents

        return Projection.fitted(
            encode,
            downscale=self.latents.downscale,
            device=self.device,
            dtype=self.vae.dtype,
        )


def _quiet() -> None:
    """The libraries' chatter and bars are not for a person who paints; our log says what matters."""
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    for library in (diffusers_logging, transformers_logging):
        library.set_verbosity_error()
        library.disable_progress_bar()
