"""From a trained denoiser to a model folder that diffusers loads: bfloat16, safetensors, sharded on demand."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from studio.models.patch_autoencoder import PatchAutoencoder
from studio.training.denoiser import Denoiser, noise_schedule
from studio.world.neighbours import NEAR, PROMPTS
from studio.world.words import known_words

# Written by hand: DiffusionPipeline.save_pretrained would record the autoencoder's module in a form it cannot load again.
MODEL_INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.42.1",
    "feature_extractor": [None, None],
    "image_encoder": [None, None],
    "requires_safety_checker": False,
    "safety_checker": [None, None],
    "scheduler": ["diffusers", "DDIMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["studio.models.patch_autoencoder", "PatchAutoencoder"],
}


def export(
    out: Path,
    denoiser: Denoiser,
    autoencoder: PatchAutoencoder,
    tokenizer: CLIPTokenizer,
    shard: str = "5GB",
) -> int:
    """Write the model to `out`; no file of weights is larger than `shard` ("15MB").

    Returns: size of everything written, in bytes.
    """
    for name, model in (
        ("unet", denoiser.unet),
        ("text_encoder", denoiser.text_encoder),
        ("vae", autoencoder),
    ):
        export_part(out, name, model, shard)
    tokenizer.save_pretrained(out / "tokenizer")
    noise_schedule().save_pretrained(out / "scheduler")
    (out / "model_index.json").write_text(json.dumps(MODEL_INDEX, indent=2) + "\n")
    (out / "words.json").write_text(json.dumps(vocabulary(), indent=1, sort_keys=True) + "\n")
    return sum(path.stat().st_size for path in out.rglob("*") if path.is_file())


def export_part(
    out: Path,
    name: str,
    model: UNet2DConditionModel | CLIPTextModel | PatchAutoencoder,
    shard: str = "5GB",
) -> None:
    """Write one part of a model to the folder `name` in `out`, instead of what is there."""
    for old in (out / name).glob("*model*"):
        old.unlink()
    copy = (
        type(model).from_config(model.config)
        if name != "text_encoder"
        else type(model)(model.config)
    )
    copy.load_state_dict(model.state_dict())
    copy.to(torch.bfloat16).save_pretrained(
        out / name, max_shard_size=shard, safe_serialization=True
    )
    for path in (out / name).iterdir():
        path.chmod(0o644)  # safetensors writes 0600.


def vocabulary() -> dict[str, object]:
    """What `words.json` tells the page: the words of the painted world, neighbours of others, prompts to begin with."""
    return {"words": sorted(known_words()), "near": NEAR, "prompts": PROMPTS}


def load_exported(folder: Path) -> tuple[Denoiser, PatchAutoencoder, CLIPTokenizer]:
    """Read a model folder back, in float32 and ready to sample."""
    unet = UNet2DConditionModel.from_pretrained(folder / "unet", dtype=torch.float32)
    text_encoder = CLIPTextModel.from_pretrained(folder / "text_encoder", dtype=torch.float32)
    autoencoder = PatchAutoencoder.from_pretrained(folder / "vae", dtype=torch.float32)
    tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")
    return Denoiser(unet, text_encoder).eval(), autoencoder.eval(), tokenizer
