"""Painting without an engine, and the plain pipelines' pictures to compare with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from studio.core.recipe import Defaults, Painting
from studio.core.recipes import TextToImage
from studio.diffusion.guidance import guided
from studio.diffusion.questions import Algorithm, Aside, Decode, Encode, Pixels, Question, Words
from studio.diffusion.samplers import SAMPLERS
from studio.models.families.unet import UNetModel

STEPS = 6


def painted(algorithm: Algorithm, model: UNetModel) -> Pixels:
    """The loop with nobody else on the device: every question is answered by itself."""
    answer: Any = None
    while True:
        try:
            match algorithm.send(answer):
                case Words() as words:
                    answer = model.encode(words)
                case Question() as ask:
                    contexts = [c for c in (ask.words, ask.against) if c is not None]
                    rows = ask.x.expand(len(contexts), -1, -1, -1)
                    out = model.denoise(rows, torch.full((len(contexts),), ask.t), contexts)
                    answer = guided(out[:1], out[1:] if len(out) > 1 else None, ask.guidance_scale)
                case Aside(work):
                    answer = work()
                case Encode(x):
                    answer = model.encode_picture(x)
                case Decode(x):
                    answer = model.decode(x)[0]
        except StopIteration as end:
            pixels: Pixels = end.value
            return pixels


def plainly_painted(
    recipe: Painting,
    folder: Path,
    pipeline: str,
    *,
    inputs: dict[str, Any] | None = None,
    **parts: Any,
) -> Pixels:
    """What the library's own pipeline makes of the recipe."""
    import diffusers

    pipe = getattr(diffusers, pipeline).from_pretrained(
        folder, use_safetensors=True, dtype=torch.float32, **parts
    )
    pipe.set_progress_bar_config(disable=True)
    sampler = SAMPLERS[recipe.sampler or ""]
    scheduler = getattr(diffusers, sampler.solver)
    pipe.scheduler = scheduler.from_config(pipe.scheduler.config, **sampler.options)
    begin_at_the_first_timestep(pipe.scheduler)
    image = pipe(
        recipe.words,
        negative_prompt=recipe.negative_prompt or None,
        num_inference_steps=recipe.steps,
        guidance_scale=recipe.guidance_scale,
        generator=torch.Generator("cpu").manual_seed(recipe.seed or 0),
        **(inputs if inputs is not None else {"width": recipe.width, "height": recipe.height}),
    ).images[0]
    return np.asarray(image)


def begin_at_the_first_timestep(scheduler: Any) -> None:
    """Where the first timesteps round to the same number, the pipeline starts at the second and runs off the end."""
    set_timesteps = scheduler.set_timesteps

    def and_begin(*args: Any, **options: Any) -> None:
        set_timesteps(*args, **options)
        if hasattr(scheduler, "set_begin_index"):
            scheduler.set_begin_index(0)

    scheduler.set_timesteps = and_begin


def difference(one: Pixels, other: Pixels) -> int:
    return int(np.abs(one.astype(int) - other.astype(int)).max())


def wish(**values: object) -> TextToImage:
    chosen = {"prompt": "a fox by a lake", "seed": 3, "width": 64, "height": 64} | values
    return TextToImage(**chosen).settled(Defaults(64, 64, STEPS, 3.0, "dpmpp_2m", "r"))
