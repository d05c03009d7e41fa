"""A lesson about somebody's own picture: the few pictures it would take, and the numbers of its run. Knows no page."""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.core.errors import NotFound, StudioError
from studio.core.recipe import MAX_SEED, Painting, params
from studio.core.recipes import TextToImage

if TYPE_CHECKING:
    from studio.service import Studio

SERIES = ("leaps", "guidance", "seeds", "samplers")
"""What can be painted for a lesson: a few pictures that differ in one thing."""

VARIED = ("steps", "guidance_scale", "sampler", "seed", "style")
"""Settings in which they may differ."""

STEPS = 12
"""At most so many steps for a picture of a lesson: enough to see, quick to wait for."""

LEAPS = (1, 2, 4, 8, 20)
SCALES = (1.0, 2.0, 4.0, 8.0, 16.0)
SEEDS = 4
SAMPLERS = ("euler", "heun", "dpmpp_2m", "euler_a")
SAMPLER_STEPS = 8
OTHER_STYLES = ("watercolor", "oil")
"""What the same noise is painted as a second time; the first that is not the picture's own."""


def series(recipe: Painting, name: str) -> tuple[TextToImage, ...]:
    """The pictures of a series: the recipe's words painted from noise alone, with one thing changed in each.

    Args:
        recipe: Settled, one picture, of any kind.
        name: One of SERIES.

    Returns: nothing where the recipe has no words.
    """
    if not recipe.words.strip():
        return ()
    few = min(recipe.steps or STEPS, STEPS)
    changes: list[dict[str, Any]]
    match name:
        case "leaps":
            changes = [{"sampler": "ddim", "steps": steps} for steps in LEAPS]
        case "guidance":
            changes = [{"guidance_scale": scale, "steps": few} for scale in SCALES]
        case "seeds":
            other = next(style for style in OTHER_STYLES if style != recipe.style)
            changes = [
                {"style": style, "seed": ((recipe.seed or 0) + i) % (MAX_SEED + 1), "steps": few}
                for style in (recipe.style, other)
                for i in range(SEEDS)
            ]
        case _:
            changes = [{"sampler": sampler, "steps": SAMPLER_STEPS} for sampler in SAMPLERS]
    words = {field: getattr(recipe, field) for field in params(TextToImage)}
    plain = TextToImage.from_values(words | {"count": 1, "turns": ()})
    return tuple(dataclasses.replace(plain, **change) for change in changes)


class Lessons:
    """What the page asks of one studio's pictures; everything is given to its owner only."""

    def __init__(self, studio: "Studio") -> None:
        self._studio = studio

    def about(self, picture_id: str, owner: str) -> dict[str, Any]:
        """What a lesson needs to know of a picture, as plain JSON values; "passes" is None where its steps were not kept.

        Raises: NotFound.
        """
        result = self._studio.find(picture_id, owner)
        if result is None:
            raise NotFound("Not found.")
        told: dict[str, Any] = {
            "id": result.id,
            "width": result.width,
            "height": result.height,
            "recipe": result.recipe.as_dict(),
            "seconds_per_step": result.seconds / max(result.steps_done, 1),
            "passes": None,
            "series": {
                name: [{key: getattr(one, key) for key in VARIED} for one in pictures]
                for name in SERIES
                if (pictures := series(result.recipe, name))
            },
        }
        try:
            steps = self._studio.steps.trajectory(picture_id, owner)
        except StudioError:
            return told
        levels = zip(steps.t.tolist(), steps.alpha_bar.tolist(), strict=True)
        return told | {
            "prediction_type": steps.prediction_type,
            "passes": [{"t": t, "alpha_bar": alpha_bar} for t, alpha_bar in levels],
            "noise": _noise(steps.noisy(0)) if len(steps) else None,
        }

    def cells(self, picture_id: str, index: int, owner: str) -> dict[str, Any]:
        """One channel of a pass in numbers: what the model was given and what it answered, row by row.

        The channel is the one in which the finished picture varies most.
        Raises: NotFound; GalleryError when there are no steps.
        """
        steps = self._studio.steps.trajectory(picture_id, owner)
        index = min(max(index, 0), len(steps) - 1)
        last = steps.clean(len(steps) - 1) if steps.latent is None else steps.latent
        channels, rows, columns = last.shape
        channel = int(last.reshape(channels, -1).std(1).argmax())
        return {
            "t": float(steps.t[index]),
            "alpha_bar": float(steps.alpha_bar[index]),
            "channel": channel,
            "channels": channels,
            "rows": rows,
            "columns": columns,
            "x": steps.noisy(index)[channel].ravel().tolist(),
            "prediction": steps.prediction[index][channel].ravel().tolist(),
        }

    def apart(self, picture_id: str, other_id: str, owner: str) -> dict[str, float | None]:
        """How two runs from the same noise differ.

        "distance" is the root mean square difference of their clean latents. "apart" is that of the guesses with and without
        words at the first pass: where two runs differ in guidance alone they are asked the same thing there, so the difference
        of their answers is the difference of their scales times it. None where it cannot be told.
        Raises: NotFound; GalleryError when there are no steps.
        """
        one, other = (self._studio.steps.trajectory(name, owner) for name in (picture_id, other_id))
        if one.x.shape[1:] != other.x.shape[1:]:
            return {"distance": None, "apart": None}
        told: dict[str, float | None] = {"distance": None, "apart": None}
        if one.latent is not None and other.latent is not None:
            told["distance"] = _rms(one.latent - other.latent)
        scales = (one.recipe.guidance_scale or 0.0) - (other.recipe.guidance_scale or 0.0)
        if scales and one.t[0] == other.t[0] and np.array_equal(one.x[0], other.x[0]):
            told["apart"] = _rms(one.clean(0) - other.clean(0)) / abs(scales)
        return told


def _noise(x: Any) -> dict[str, Any]:
    """What a run begins with: its first four numbers in the order they are drawn, and what all of them are like."""
    values = x.ravel().astype(np.float64)
    return {
        "first": values[:4].tolist(),
        "mean": float(values.mean()),
        "std": float(values.std(ddof=1)),
        "count": values.size,
    }


def _rms(values: Any) -> float:
    return float(np.sqrt(np.square(values, dtype=np.float64).mean()))
