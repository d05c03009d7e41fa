"""Pictures to latents and captions to tokens, once, before the denoiser trains.

Every picture is encoded twice, as it is and mirrored (with "left" and "right" swapped), and worded several times. Latents are
float16, one file per rendered part, so that a stopped run continues.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm
from transformers import CLIPTokenizer

from studio.models.patch_autoencoder import PatchAutoencoder
from studio.training.data import parts_in, subject_cells, write_atomically
from studio.training.tokenizer import encode
from studio.world.captions import caption

WORDINGS = 6


@dataclass(frozen=True, slots=True)
class Bucket:
    """All pictures of one size.

    Attributes:
        latents: (N, C, h, w) float16.
        tokens: Token ids of their wordings (N, WORDINGS, length) int16.
        subjects: Share of each cell in a subject's box (N, h, w) float16.
    """

    latents: Tensor
    tokens: Tensor
    subjects: Tensor


def encode_parts(
    data: Path, autoencoder: PatchAutoencoder, tokenizer: CLIPTokenizer, device: torch.device
) -> None:
    """Encode every rendered part in `data/render` into `data/latents`, skipping those that are done."""
    autoencoder = autoencoder.to(device).eval()
    parts = list(parts_in(data / "render"))
    for pictures, facts, described in tqdm(parts, desc="latents", unit="part", mininterval=2):
        target = data / "latents" / described.parent.name / f"{described.stem}.npz"
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(zlib.crc32(str(target.relative_to(data)).encode()))
        straight = _encode(autoencoder, pictures, device, mirrored=False)
        mirrored = _encode(autoencoder, pictures, device, mirrored=True)
        both = [*facts, *(fact.mirrored() for fact in facts)]
        tokens = encode(tokenizer, [caption(fact, rng) for fact in both for _ in range(WORDINGS)])
        records = json.loads(described.read_text())
        height, width = pictures.shape[1:3]
        cells = subject_cells(records, (width, height), autoencoder.config.downscale)
        arrays = {
            "latents": np.concatenate([straight, mirrored]),
            "subjects": np.concatenate([cells, cells[:, :, ::-1]]),
            "tokens": tokens.reshape(len(both), WORDINGS, -1),
        }
        write_atomically(target, lambda path, arrays=arrays: np.savez(path, **arrays))


@torch.inference_mode()
def _encode(
    autoencoder: PatchAutoencoder, pictures: np.ndarray, device: torch.device, mirrored: bool
) -> np.ndarray:
    batch = 512 if device.type == "cuda" else 25
    latents = []
    for start in range(0, len(pictures), batch):
        batched = pictures[start : start + batch]
        pixels = np.array(batched[:, :, ::-1] if mirrored else batched)
        x = torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).float().div_(127.5).sub_(1)
        with torch.autocast(device.type, torch.bfloat16):
            z = autoencoder.encode(x.contiguous(memory_format=torch.channels_last)).latents
        latents.append(z.half().cpu().numpy())
    return np.concatenate(latents)


def load_buckets(data: Path, device: torch.device) -> list[Bucket]:
    """All latents and tokens, one bucket per size; on `device` whole.

    Raises: FileNotFoundError when the latents stage has not run.
    """
    buckets = []
    for folder in sorted((data / "latents").glob("*x*")):
        files = [np.load(path) for path in sorted(folder.glob("part-*.npz"))]
        latents = np.concatenate([file["latents"] for file in files])
        tokens = np.concatenate([file["tokens"] for file in files])
        subjects = np.concatenate([file["subjects"] for file in files])
        parts = (torch.from_numpy(part).to(device) for part in (latents, tokens, subjects))
        buckets.append(Bucket(*parts))
    if not buckets:
        raise FileNotFoundError(f"No latents in {data / 'latents'}; run the latents stage first.")
    return buckets
