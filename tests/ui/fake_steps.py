"""Steps for the studio without a model: every picture comes out of noise by a formula, and the real `Steps` shows it.

The clean estimate sharpens evenly from the picture's mean colour to the picture; noise of the seed lies over it as the cosine
schedule has it. Latents are the picture itself, shrunk to a cell per 16 x 16 pixels.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from PIL import Image

from studio.core.recipe import Painting
from studio.diffusion.forward import cosine, noised

LEVELS = cosine(1000)


class Values:
    """An array behind the few methods of a tensor that keeping steps asks for."""

    def __init__(self, array: Any) -> None:
        self.array = np.asarray(array, np.float32)

    def __getitem__(self, key: Any) -> Values:
        return Values(self.array[key])

    def __len__(self) -> int:
        return len(self.array)

    def float(self) -> Values:
        return self

    def cpu(self) -> Values:
        return self

    def numpy(self) -> Any:
        return self.array


MODEL = SimpleNamespace(
    alpha_bar=LEVELS.alpha_bar,
    noise_schedule={"prediction_type": "v_prediction"},
    projection=(Values(np.eye(3)), Values(np.zeros(3))),
)


def latent_of(picture: Image.Image) -> Any:
    """(3, h, w) in [-1, 1]."""
    small = picture.resize((max(picture.width // 16, 1), max(picture.height // 16, 1)))
    return np.asarray(small, np.float32).transpose(2, 0, 1) / 127.5 - 1


def passes(
    picture: Image.Image, before: Image.Image, recipe: Painting, done: int, total: int
) -> list[Any]:
    """What a run was asked and told up to step `done` of `total`; `before` is the picture it was before its last turn."""
    at = recipe.turns[-1].at if recipe.turns else 0
    shape = latent_of(picture).shape
    eps = np.random.default_rng(recipe.seed).standard_normal(shape).astype(np.float32)
    made = []
    for step, t in enumerate(np.linspace(999, 999 / total, total)[:done]):
        latent = latent_of(before if step < at else picture)
        mean = latent.mean((1, 2), keepdims=True)
        level = LEVELS.alpha_bar(t)
        clean = mean + (latent - mean) * ((step + 1) / total) ** 0.5
        v = np.sqrt(level) * eps - np.sqrt(1 - level) * clean
        x = noised(clean, eps, level)
        made.append(SimpleNamespace(t=float(t), x=Values(x[None]), prediction=Values(v[None])))
    return made


def finished(
    picture: Image.Image, before: Image.Image, recipe: Painting, done: int, total: int
) -> Any:
    """A picture as the engine hands it over."""
    return SimpleNamespace(
        pixels=np.asarray(picture),
        recipe=recipe,
        model=MODEL,
        passes=passes(picture, before, recipe, done, total),
        latent=Values(latent_of(picture)[None]),
        steps_total=total,
        seconds=0.3,
    )


class Results(dict[str, Any]):
    """Pictures by id, each with its owner, and the jobs that ended with one."""

    def __init__(self) -> None:
        self.jobs: dict[str, str] = {}

    def of_job(self, job: str, owner: str) -> Any:
        known_owner, result = self.get(self.jobs.get(job, ""), ("", None))
        return result if known_owner == owner else None
