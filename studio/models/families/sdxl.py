"""Stable Diffusion XL: two text encoders, a pooled prompt and the picture's size as extra conditions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from studio.diffusion.questions import Context, Words
from studio.models.families.unet import UNetModel


class SDXLModel(UNetModel):
    """A loaded SDXL model. An empty negative prompt means nothing at all where the model was trained so."""

    components = ("unet", "vae", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2")

    def encode(self, words: Words) -> Context:
        """Second-to-last hidden states of both encoders side by side (length, width), pooled from the second."""
        parts = []
        pooled: Tensor | None = None
        for tokenizer, encoder in (
            (self.tokenizer, self.text_encoder),
            (self.tokenizer_2, self.text_encoder_2),
        ):
            with torch.inference_mode():
                output = encoder(self._tokenize(tokenizer, words.text), output_hidden_states=True)
            parts.append(output.hidden_states[-2][0])
            pooled = output[0][0]
        tokens = torch.cat(parts, -1)
        if words.against and not words.text and self._empty_means_nothing:
            return Context(torch.zeros_like(tokens), torch.zeros_like(pooled))  # type: ignore[arg-type]
        return Context(tokens, pooled)

    def _load(self, folder: Path, variant: str | None) -> None:
        import json

        from transformers import CLIPTextModelWithProjection, CLIPTokenizer

        super()._load(folder, variant)
        if self.vae.config.force_upcast and self._torch_dtype is torch.float16:
            # SDXL's autoencoder overflows in float16.
            self.vae.to(torch.float32)
        self.text_encoder_2: Any = self._component(
            CLIPTextModelWithProjection, folder / "text_encoder_2", variant
        )
        self.tokenizer_2: Any = CLIPTokenizer.from_pretrained(folder / "tokenizer_2")
        index = json.loads((folder / "model_index.json").read_text("utf-8"))
        self._empty_means_nothing = bool(index.get("force_zeros_for_empty_prompt", True))

    def _conditions(self, x: Tensor, contexts: Sequence[Context]) -> dict[str, Any]:
        height, width = (side * self.latents.downscale for side in x.shape[-2:])
        sizes = torch.tensor([height, width, 0, 0, height, width], device=self.device)
        pooled = torch.stack([context.pooled for context in contexts if context.pooled is not None])
        return {
            "added_cond_kwargs": {
                "text_embeds": pooled,
                "time_ids": sizes.to(pooled.dtype).expand(len(contexts), -1),
            }
        }
