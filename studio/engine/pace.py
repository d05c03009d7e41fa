"""How fast the device is and how long things will take, from what was measured, nothing else."""

from collections import deque


class Pace:
    """Work per second over the last passes; work is rows x pixels x steps.

    Attributes:
        guess: Work per second assumed before anything was measured.
    """

    def __init__(self, guess: float) -> None:
        self.guess = guess
        self._passes: deque[tuple[float, float]] = deque(maxlen=32)

    def measured(self, work: float, seconds: float) -> None:
        """One pass did this much work in this time."""
        self._passes.append((work, seconds))

    @property
    def rate(self) -> float:
        """Work per second."""
        seconds = sum(passed for _, passed in self._passes)
        return sum(work for work, _ in self._passes) / seconds if seconds > 0 else self.guess

    def seconds(self, work: float) -> float:
        """Time for this much work, alone on the device."""
        return work / self.rate
