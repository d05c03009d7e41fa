"""How long a stage may train, and the learning rate that follows from it."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """A number of steps (reproducible) or of minutes (as far as the machine gets); exactly one is given.

    Attributes:
        steps: Optimiser steps.
        minutes: Time spent training, over all runs of the stage.
    """

    steps: int | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.minutes is None):
            raise ValueError(
                f"Give steps or minutes, not both or neither: {self.steps=}, {self.minutes=}"
            )

    def progress(self, step: int, seconds: float) -> float:
        """Share of the budget spent, 1 or more when it is used up."""
        if self.steps is not None:
            return step / max(1, self.steps)
        assert self.minutes is not None
        return seconds / max(1e-9, self.minutes * 60)


def learning_rate(
    peak: float, step: int, progress: float, warmup: int = 200, hold: float = 0.5
) -> float:
    """Linear warm-up, constant until `hold` of the budget is spent, then a cosine down to 2 % of the peak."""
    fall = max(0.0, progress - hold) / (1 - hold)
    cosine = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, fall)))
    return peak * min(1.0, (step + 1) / warmup) * cosine
