"""The frames of a run: what each of its steps looks like.

A quick look is one matrix product and needs no model; a full one asks the model's own decoder, beside the jobs, and is
remembered. Both show what the model itself holds, where it lies in the picture: nothing of the original is pasted over it,
so the noisy picture is the sum of estimate and noise to the eye too.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from studio.core.errors import GalleryError, ModelUnavailable, UnknownName
from studio.gallery.trajectory import Latent, Trajectory
from studio.steps.heat import Amounts, coloured
from studio.steps.measures import per_cell
from studio.steps.remembered import Remembered

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from studio.diffusion.questions import Model, Pixels
    from studio.service import Studio

VIEWS = ("noisy", "clean", "noise", "change")
"""x_t, the clean estimate in it, the noise predicted in it, and what changed in the clean estimate since the pass before."""

MEMORY = 192 * 2**20
"""Bytes of frames that are remembered: a thousand of 256 x 256."""

BEYOND = (128, 128, 128)
"""Where the model does not paint."""

FULL_HEAT = 0.2
"""Change of a latent cell that gets the lightest colour, in standard deviations of a latent."""


class Frames:
    """Frames of one studio's runs. Many threads may ask; a frame that several want is made once."""

    def __init__(self, studio: Studio) -> None:
        """Frames for the runs of this studio."""
        self._studio = studio
        self._made: Remembered[Image.Image] = Remembered(MEMORY, _bytes)

    def frame(
        self,
        name: str,
        steps: Trajectory,
        picture: Path | None,
        owner: str,
        view: str,
        index: int,
        quick: bool,
    ) -> Image.Image:
        """A frame, RGB.

        Args:
            name: What tells this run from all others.
            steps: Its passes.
            picture: The delivered picture; None while the run is under way.
            owner: Who looks.
            view: One of VIEWS.
            index: Which pass; clamped to those there are, and one more for the delivered picture.
            quick: Without the model.

        Raises: UnknownName; GalleryError when there is no pass yet; what `Studio.ask` raises.
        """
        if view not in VIEWS:
            raise UnknownName("view", view, VIEWS)
        last = len(steps) if picture is not None else len(steps) - 1
        if last < 0:
            raise GalleryError("No step is made yet.", hint="Wait a moment.")
        index = min(max(index, 0), last if view != "noise" else len(steps) - 1)
        if picture is not None and index == len(steps) and view != "change":
            with Image.open(picture) as delivered:
                return delivered.convert("RGB")
        quick = quick or view == "change" or not self._decodable(steps)
        make = partial(self._frame, steps, owner, view, index, quick)
        return self._made.get((name, view, index, quick), make).copy()

    def _frame(
        self, steps: Trajectory, owner: str, view: str, index: int, quick: bool
    ) -> Image.Image:
        recipe = steps.recipe
        size = (recipe.width or 0, recipe.height or 0)
        if view == "change":
            amounts = spread(_change(steps, index), *self._studio.wishes.place(recipe))
            return Image.fromarray(coloured(amounts))
        latent: Latent = getattr(steps, view)(index)
        if quick:
            rough = Image.fromarray(steps.projection(latent))
            pixels = np.asarray(rough.resize(size, Image.Resampling.BILINEAR))
        else:
            look = partial(_decoded, latent)
            pixels = self._studio.ask(look, owner, model=recipe.model, size=size).result()
        return framed(pixels, *self._studio.wishes.place(recipe))

    def _decodable(self, steps: Trajectory) -> bool:
        """The very model of the run is here."""
        try:
            return self._studio.catalog.revision(steps.model) == steps.revision
        except (ModelUnavailable, UnknownName):
            return False


def _decoded(latent: Latent, model: Model) -> Generator[Any, Any, Pixels]:
    import torch

    from studio.diffusion.questions import Decode

    pixels: Pixels = yield Decode(torch.from_numpy(latent)[None].to(model.device))
    return pixels


def framed(pixels: Pixels, size: tuple[int, int], box: tuple[int, int, int, int]) -> Image.Image:
    """What the model painted in a box of a picture, no larger than it was painted; grey where it does not paint.

    Args:
        pixels: (H, W, 3).
        size: Width and height of the picture.
        box: Left, top, right, bottom.
    """
    left, top, right, bottom = box
    scale: float = max(pixels.shape[1] / (right - left), pixels.shape[0] / (bottom - top))
    scale = min(scale, 1.0)

    def scaled(length: int) -> int:
        return max(1, round(length * scale))

    inside = (scaled(right - left), scaled(bottom - top))
    painted = Image.fromarray(pixels)
    if painted.size != inside:
        painted = painted.resize(inside, Image.Resampling.LANCZOS)
    frame = Image.new("RGB", (scaled(size[0]), scaled(size[1])), BEYOND)
    frame.paste(painted, (round(left * scale), round(top * scale)))
    return frame


def spread(amounts: Amounts, size: tuple[int, int], box: tuple[int, int, int, int]) -> Amounts:
    """Amounts per latent cell (h, w) as amounts per pixel (H, W): smooth in the box the model paints, 0 beyond it.

    Args:
        size: Width and height of the picture.
        box: Left, top, right, bottom.
    """
    left, top, right, bottom = box
    smooth = Image.fromarray(amounts).resize(
        (right - left, bottom - top), Image.Resampling.BILINEAR
    )
    whole = np.zeros((size[1], size[0]), np.float32)
    whole[top:bottom, left:right] = np.asarray(smooth)
    return whole


def _change(steps: Trajectory, index: int) -> Amounts:
    """What changed in the clean estimate since the pass before, per cell (h, w); nothing at the first.

    The scale is the same for every run; amounts are given by their square root, which lets the eye see small ones.
    """
    now = steps.clean(index) if index < len(steps) else steps.latent
    if index == 0 or now is None:
        return np.zeros(steps.x.shape[2:], np.float32)
    change: Amounts = np.sqrt(per_cell(now - steps.clean(index - 1)) / FULL_HEAT)
    return change


def _bytes(image: Image.Image) -> int:
    return image.width * image.height * 3
