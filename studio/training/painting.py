"""Many pictures as the studio would paint them: its own algorithms, samplers and number format, without engine and gallery.

Jobs walk in step: each asks, one forward pass answers all of them, as the engine does for people.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from studio.core.recipes import ImageToImage, TextToImage
from studio.diffusion.denoise import image_to_image, text_to_image
from studio.diffusion.guidance import guided
from studio.diffusion.questions import (
    Algorithm,
    Aside,
    Ask,
    Context,
    Decode,
    Encode,
    Model,
    Pixels,
    Question,
    Words,
)
from studio.models.card import ModelCard
from studio.models.cards import CARDS
from studio.models.device import best_dtype
from studio.models.families.unet import UNetModel

BATCH = 16  # Pictures that walk in step.


@dataclass(frozen=True, slots=True)
class Settings:
    """How to paint: solver steps, guidance scale and sampler, and the size in pixels."""

    steps: int
    guidance_scale: float
    sampler: str
    width: int = 256
    height: int = 256

    @classmethod
    def of(cls, card: ModelCard) -> Settings:
        """What the studio takes where a person chose nothing."""
        width, height = card.sizes["square"]
        return cls(card.steps, card.guidance_scale, card.sampler, width, height)

    def __str__(self) -> str:
        return f"{self.sampler}, {self.steps} steps, guidance {self.guidance_scale:g}"


def load(folder: Path, device: str) -> UNetModel:
    """Load a model folder as the studio loads the built-in model.

    Raises: ModelUnavailable.
    """
    dtype = best_dtype("auto", device, built_in=True)
    return UNetModel("palette", CARDS["palette"], folder, device, dtype)


def from_words(
    model: Model, prompts: Sequence[str], seeds: Sequence[int], settings: Settings
) -> list[Pixels]:
    """One picture (H, W, 3) for each prompt and its seed."""
    jobs = [
        partial(text_to_image, _recipe(prompt, seed, settings), model)
        for prompt, seed in zip(prompts, seeds, strict=True)
    ]
    return _painted(model, jobs, "paint")


def from_pictures(
    model: Model,
    sources: Sequence[Pixels],
    prompts: Sequence[str],
    seeds: Sequence[int],
    settings: Settings,
    strength: float,
) -> list[Pixels]:
    """One picture for each source (H, W, 3), prompt and seed: image to image."""
    jobs = []
    for source, prompt, seed in zip(sources, prompts, seeds, strict=True):
        words = _recipe(prompt, seed, settings)
        recipe = ImageToImage(
            prompt=prompt, width=words.width, height=words.height, steps=words.steps,
            guidance_scale=words.guidance_scale, sampler=words.sampler, seed=seed, strength=strength,
        )  # fmt: skip
        jobs.append(partial(image_to_image, recipe, model, source))
    return _painted(model, jobs, f"stylise {strength:g}")


def _recipe(prompt: str, seed: int, settings: Settings) -> TextToImage:
    return TextToImage(
        prompt=prompt, width=settings.width, height=settings.height, steps=settings.steps,
        guidance_scale=settings.guidance_scale, sampler=settings.sampler, seed=seed,
    )  # fmt: skip


def _painted(model: Model, jobs: Sequence[Callable[[], Algorithm]], title: str) -> list[Pixels]:
    """Run all jobs, `BATCH` at a time."""
    pictures: list[Pixels] = []
    known: dict[Words, Context] = {}
    with tqdm(total=len(jobs), desc=title, unit="picture", mininterval=2) as bar:
        for start in range(0, len(jobs), BATCH):
            company = [job() for job in jobs[start : start + BATCH]]
            pictures += _in_step(model, company, known)
            bar.update(len(company))
    return pictures


def _in_step(
    model: Model, algorithms: Sequence[Algorithm], known: dict[Words, Context]
) -> list[Pixels]:
    """Drive algorithms side by side until each has its picture; `known` remembers what words mean."""
    pictures: dict[int, Pixels] = {}
    asks: dict[int, Ask] = {i: next(algorithm) for i, algorithm in enumerate(algorithms)}
    while asks:
        questions = {i: ask for i, ask in asks.items() if isinstance(ask, Question)}
        answers: dict[int, Any] = dict(
            zip(questions, _predictions(model, list(questions.values())), strict=True)
        )
        for i, ask in asks.items():
            if i not in answers:
                answers[i] = _answer(model, ask, known)
        for i, answer in answers.items():
            try:
                asks[i] = algorithms[i].send(answer)
            except StopIteration as end:
                pictures[i] = end.value
                del asks[i]
    return [pictures[i] for i in range(len(algorithms))]


def _answer(model: Model, ask: Ask, known: dict[Words, Context]) -> Any:
    match ask:
        case Words():
            if ask not in known:
                known[ask] = model.encode(ask)
            return known[ask]
        case Encode():
            return model.encode_picture(ask.x)
        case Decode():
            return model.decode(ask.x)[0]
        case Aside():
            return ask.work()
    raise TypeError(f"no answer to a {type(ask).__name__}")


def _predictions(model: Model, questions: Sequence[Question]) -> list[torch.Tensor]:
    """Answers to questions in one forward pass; guided ones take a second row behind all first ones."""
    if not questions:
        return []
    rows = [(question, question.words) for question in questions]
    rows += [(question, question.against) for question in questions if question.against is not None]
    x = torch.cat([question.x for question, _ in rows])
    t = torch.tensor([question.t for question, _ in rows])
    predictions = model.denoise(x, t, [context for _, context in rows if context is not None])
    seconds = iter(predictions[len(questions) :])
    return [
        guided(
            predictions[i : i + 1],
            None if question.against is None else next(seconds)[None],
            question.guidance_scale,
        )
        for i, question in enumerate(questions)
    ]
