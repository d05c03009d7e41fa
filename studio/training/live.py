"""From an exported model to its live one: distils it, says how near it comes, and writes the differences beside it.

How near: the clean latents of fixed prompts and seeds against those of the guided teacher in its usual twenty steps, as a share
of their variance; the teacher in four steps stands beside it, which costs it twice the passes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor
from transformers import CLIPTokenizer

from studio.models import low_rank
from studio.models.cards import CARDS
from studio.models.inspection import BASE, DIFFERENCES, fingerprint
from studio.models.patch_autoencoder import PatchAutoencoder
from studio.training.distil import Distillation, DistilRecipe, paint, teach
from studio.training.export import load_exported
from studio.training.latents import load_buckets
from studio.training.sampling import PROMPTS
from studio.training.sheets import save_sheet, to_pixels
from studio.training.tokenizer import build_tokenizer, encode
from studio.world.words import known_words

log = logging.getLogger(__name__)

LIVE = CARDS["palette_live"].adapter
"""Folder of the differences inside the model's."""

SHOWN = PROMPTS[::2]
"""Prompts of the sheet, seeds 0, 1, 2 ..."""


def make_live(
    folder: Path, recipe: DistilRecipe, data: Path, runs: Path, device: torch.device
) -> None:
    """Distil the model in a folder, and write its live model into it.

    Args:
        folder: An exported model; an earlier live model in it is the start.
        recipe: How.
        data: Holds the latents.
        runs: For checkpoint, curve and sheet.
    """
    teacher, autoencoder, tokenizer = load_exported(folder)
    base = fingerprint(folder / "unet")
    earlier = folder / LIVE / DIFFERENCES
    start = low_rank.read(folder / LIVE) if earlier.is_file() else None
    training = Distillation(teacher, recipe, runs, base, device, start)
    autoencoder.to(device)

    @torch.no_grad()
    def read(tokens: Tensor) -> Tensor:
        words: Tensor = training.teacher.text_encoder(tokens.to(device)).last_hidden_state
        return words

    sheet = _sheet(recipe, read, tokenizer, autoencoder, runs / "distil-sheet.png")
    empty = read(torch.from_numpy(encode(tokenizer, [""])).long())
    buckets = load_buckets(data, device)
    training.run(buckets, _in_own_tokens(tokenizer, read), empty, sheet)
    about = {
        BASE: base,
        "guidance_scale": f"{recipe.guidance:g}",
        "steps": str(recipe.steps),
        "format": "pt",
    }
    low_rank.save(folder / LIVE, training.learned(), about)
    size = (folder / LIVE / DIFFERENCES).stat().st_size
    log.info("%s: %.1f MB after %d steps", folder / LIVE, size / 1e6, training.step)


def _in_own_tokens(
    tokenizer: CLIPTokenizer, read: Callable[[Tensor], Tensor]
) -> Callable[[Tensor], Tensor]:
    """`read` for captions in the painted world's tokens, which an older model may count otherwise."""
    world = build_tokenizer(known_words())
    if world.get_vocab() == tokenizer.get_vocab():
        return read

    def translated(tokens: Tensor) -> Tensor:
        texts = world.batch_decode(tokens.cpu(), skip_special_tokens=True)
        return read(torch.from_numpy(encode(tokenizer, texts)).long())

    return translated


def _sheet(
    recipe: DistilRecipe,
    read: Callable[[Tensor], Tensor],
    tokenizer: CLIPTokenizer,
    autoencoder: PatchAutoencoder,
    path: Path,
) -> Callable[[Distillation], None]:
    """What to do at a checkpoint: student, teacher in as many steps, teacher in twenty, one row each; errors to the log."""
    known: dict[str, Tensor] = {}

    @torch.no_grad()
    def show(training: Distillation) -> None:
        unet, device = training.teacher.unet, training.device
        if not known:
            words = read(torch.from_numpy(encode(tokenizer, [*SHOWN, ""])).long())
            shape = (unet.config.in_channels, unet.config.sample_size, unet.config.sample_size)
            seeds = [torch.Generator().manual_seed(i) for i in range(len(SHOWN))]
            known["words"], known["empty"] = words[:-1], words[-1:]
            known["x"] = torch.stack([torch.randn(shape, generator=one) for one in seeds]).to(
                device
            )
            for name, count in (("four", 1), ("twenty", max(1, 20 // recipe.steps))):
                course = replace(recipe, solver_steps=count)
                way = teach(unet, known["x"], known["words"], known["empty"], course)
                known[name] = way[-1]
        student = paint(training.averaged_student(), known["x"], known["words"], training.levels)
        rows = (student, known["four"], known["twenty"])
        scale = known["twenty"].var()
        near, usual = (float((x - known["twenty"]).pow(2).mean() / scale) for x in rows[:2])
        log.info("distil, step %d: error %.4f, teacher in %d steps %.4f", training.step, near, recipe.steps, usual)  # fmt: skip
        with torch.autocast(device.type, torch.bfloat16):
            pictures = [autoencoder.decode(x).sample for x in rows]
        save_sheet(path, list(to_pixels(torch.cat(pictures))), len(SHOWN))

    return show
