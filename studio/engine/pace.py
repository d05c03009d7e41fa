"""How fast the device is and how long things will take, from what was measured, nothing else."""

import threading
from collections import defaultdict, deque


class Pace:
    """Work per second over the last passes of each model; work is rows x pixels x steps. Safe from any thread.

    Attributes:
        guess: Work per second assumed of a model that was never measured.
    """

    def __init__(self, guess: float) -> None:
        self.guess = guess
        self._lock = threading.Lock()
        self._passes: dict[str, deque[tuple[float, float]]] = defaultdict(lambda: deque(maxlen=32))
        self._warm: set[str] = set()

    def measured(self, model: str, work: float, seconds: float) -> None:
        """One pass did this much work in this time. A model's first pass warms up and does not count."""
        with self._lock:
            if model in self._warm:
                self._passes[model].append((work, seconds))
            self._warm.add(model)

    def seconds(self, model: str, work: float) -> float:
        """Time for this much work of a model, alone on the device."""
        with self._lock:
            passes = list(self._passes[model])
        spent = sum(seconds for _, seconds in passes)
        rate = sum(done for done, _ in passes) / spent if spent > 0 else self.guess
        return work / rate
