"""Runs under way, looked at again and again while they grow: what is asked for is taken from its pass, and measured once."""

from __future__ import annotations

import dataclasses
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.core.recipe import Painting
from studio.gallery.trajectory import Array, Trajectory, halved
from studio.steps.measures import numbers

if TYPE_CHECKING:
    from studio.diffusion.questions import Model, Pass

RUNS = 64
"""Runs whose numbers are remembered."""


class Rows:
    """One array per pass (C, h, w), as one array (N, C, h, w) of them would be; none is touched before it is asked for."""

    def __init__(self, passes: Sequence[Pass], take: Callable[[Pass], Array]) -> None:
        """Args: the passes, and what is taken of each."""
        self._passes = passes
        self._take = take

    def __len__(self) -> int:
        """Number of passes."""
        return len(self._passes)

    def __getitem__(self, index: Any) -> Any:
        """The array of a pass, or rows of some."""
        if isinstance(index, slice):
            return Rows(self._passes[index], self._take)
        return self._take(self._passes[index])

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, C, h, w)."""
        return (len(self), *self[0].shape)

    @property
    def nbytes(self) -> int:
        """Bytes of all of them."""
        return len(self) * int(self[0].nbytes)


def so_far(recipe: Painting, model: Model, passes: Sequence[Pass], total: int) -> Trajectory:
    """What a run was asked and told so far, at least one pass of it.

    Args:
        total: Passes of the whole run.
    """
    from studio.keeping import trajectory

    x: Any = Rows(passes, lambda one: halved(one.x.numpy()[0]))
    prediction: Any = Rows(passes, lambda one: one.prediction.numpy()[0])
    return dataclasses.replace(
        trajectory(recipe, model, passes[:1], total),
        t=np.array([one.t for one in passes]),
        alpha_bar=np.array([model.alpha_bar(one.t) for one in passes]),
        x=x,
        prediction=prediction,
    )


class Measured:
    """The numbers of runs under way. Many threads may ask."""

    def __init__(self) -> None:
        """Nothing is measured yet."""
        self._lock = threading.Lock()
        self._rows: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()

    def numbers(self, name: str, steps: Trajectory) -> list[dict[str, Any]]:
        """`measures.numbers` of a run that has only grown since it was last asked for.

        Args:
            name: What tells this run from all others.
            steps: Its passes.
        """
        with self._lock:
            known = self._rows.get(name, [])
        if len(known) < len(steps):
            known = [*known, *_numbers_from(len(known), steps)]
            with self._lock:
                self._rows[name] = known
                self._rows.move_to_end(name)
                while len(self._rows) > RUNS:
                    self._rows.popitem(last=False)
        return [dict(row) for row in known[: len(steps)]]


def _numbers_from(start: int, steps: Trajectory) -> list[dict[str, Any]]:
    """The rows of the passes from `start` on; each is measured against the pass before."""
    before = max(start - 1, 0)
    arrays = {name: getattr(steps, name)[before:] for name in ("t", "alpha_bar", "x", "prediction")}
    rows = numbers(dataclasses.replace(steps, **arrays))
    for row in rows:
        row["index"] += before
    return rows[start - before :]
