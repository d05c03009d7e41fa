"""The course of a run, as far as it is known before it is made: how many passes, and how much work each is."""

import math
from collections.abc import Iterator

from studio.core.recipe import Painting
from studio.diffusion.samplers import SAMPLERS


def stretches(recipe: Painting) -> Iterator[tuple[int, Painting]]:
    """Passes, and the settings that hold for them: from the start to the first turn, and so on to the end.

    A turn that comes after the end makes no stretch.

    Args:
        recipe: Settled, one picture.
    """
    now, made, share = recipe, 0, 0.0
    for turn in (*recipe.turns, None):
        whole = now.steps_to_make * SAMPLERS[now.sampler or ""].passes
        left = math.ceil((1 - share) * whole - 1e-9)
        here = left if turn is None else min(turn.at - made, left)
        if here > 0:
            yield here, now
            made, share = made + here, share + here / whole
        if turn is not None:
            now = now.turned(turn)


def most_passes(recipe: Painting) -> int:
    """More passes than this the run cannot take, whatever its turns."""
    samplers = (recipe.sampler, *(turn.sampler for turn in recipe.turns))
    return recipe.steps_to_make * max(SAMPLERS[name].passes for name in samplers if name)


def work(recipe: Painting, made: int = 0) -> float:
    """Rows x pixels of all passes but those already made."""
    total = 0.0
    for passes, now in stretches(recipe):
        total += max(passes - made, 0) * now.work_per_step
        made = max(made - passes, 0)
    return total
