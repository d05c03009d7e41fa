"""The course of a run: which settings hold at which pass, and how another run begins as this one did."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.core.recipe import TURNING, Painting
from studio.core.recipes import Recover
from studio.core.turn import Turn
from studio.gallery.trajectory import Trajectory

if TYPE_CHECKING:
    from studio.diffusion.questions import Pass


def tape(steps: Trajectory | None, passes: int | None = None) -> Sequence[Pass]:
    """The first passes of a run, all of them when None, as the engine takes them."""
    import torch

    from studio.diffusion.questions import Pass

    if steps is None:
        return ()
    kept = zip(steps.t[:passes], steps.x[:passes], steps.prediction[:passes], strict=True)
    return tuple(
        Pass(float(t), torch.from_numpy(x)[None], torch.from_numpy(prediction)[None])
        for t, x, prediction in kept
    )


def branched(recipe: Painting, turn: Turn) -> Painting:
    """The recipe with a turn more: what it sets holds to the end, whatever later turns set before.

    Raises: RecipeError.
    """
    new: dict[str, Any] = {
        name: None for name in (*TURNING, "seed") if getattr(turn, name) is not None
    }
    earlier = tuple(one for one in recipe.turns if one.at <= turn.at)
    later = tuple(dataclasses.replace(one, **new) for one in recipe.turns if one.at > turn.at)
    return dataclasses.replace(recipe, turns=(*earlier, turn, *later))


def words_at(steps: Trajectory, index: int) -> str:
    """The words that hold at a pass, as the model reads them."""
    recipe = steps.recipe
    if isinstance(recipe, Recover) and index < way_in(steps):
        return recipe.source_prompt
    return course(recipe, index).words


def course(recipe: Painting, index: int) -> Painting:
    """The recipe with the settings that hold at a pass."""
    for turn in recipe.turns:
        if turn.at <= index:
            recipe = recipe.turned(turn)
    return recipe


def way_in(steps: Trajectory) -> int:
    """Passes made on the way into noise, 0 where there is none: the way back begins with the last look at the noisiest level."""
    if not isinstance(steps.recipe, Recover):
        return 0
    return int(np.flatnonzero(steps.t == steps.t.max())[-1])
