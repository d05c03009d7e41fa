"""A wish: one picture to make, as the engine is handed it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from studio.core.recipe import Painting

if TYPE_CHECKING:
    from studio.diffusion.questions import Algorithm, Model, Pass


class Wish(NamedTuple):
    """One picture to make.

    Attributes:
        recipe: Settled.
        paint: Begins its algorithm on the loaded model.
        notes: What to say first: templates and their values.
        tape: Passes of an earlier run that begins alike; they cost nothing now.
        recorded: Its passes are held, for whoever looks at them or keeps them.
    """

    recipe: Painting
    paint: Callable[[Model], Algorithm]
    notes: tuple[tuple[str, tuple[tuple[str, object], ...]], ...] = ()
    tape: Sequence[Pass] = ()
    recorded: bool = True
