"""How far the pictures are: one bar on a terminal, a few plain lines elsewhere.

Results go to standard output, everything else to standard error.
"""

import sys
from typing import Protocol


class Progress(Protocol):
    """How far the pictures are, shown while they are painted."""

    def step(self, picture: int, index: int, total: int) -> None:
        """Step `index` of `total` of a picture is done."""

    def say(self, text: str) -> None:
        """Something worth knowing, once however often it comes."""

    def result(self, text: str) -> None:
        """What was asked for."""

    def close(self) -> None:
        """Nothing follows."""


class Lines:
    """For logs and pipes: a line per quarter of a picture, and nothing twice."""

    def __init__(self, pictures: int) -> None:
        self._pictures = pictures
        self._said: set[str] = set()
        self._quarters: dict[int, int] = {}

    def step(self, picture: int, index: int, total: int) -> None:
        """A line when another quarter is done."""
        quarter = 4 * index // total
        if quarter > self._quarters.get(picture, 0):
            self._quarters[picture] = quarter
            self.say(f"Picture {picture + 1} of {self._pictures}: step {index} of {total}")

    def say(self, text: str) -> None:
        """To standard error."""
        if text not in self._said:
            print(text, file=sys.stderr, flush=True)
        self._said.add(text)

    def result(self, text: str) -> None:
        """To standard output."""
        print(text, flush=True)

    def close(self) -> None:
        """Nothing to clean up."""


class Bar:
    """For terminals: one bar over all steps of all pictures."""

    def __init__(self, pictures: int) -> None:
        from tqdm import tqdm

        self._pictures = pictures
        self._done: dict[int, int] = {}
        self._said: set[str] = set()
        self._bar = tqdm(unit="step", file=sys.stderr, leave=False, dynamic_ncols=True)

    def step(self, picture: int, index: int, total: int) -> None:
        """Move the bar."""
        self._done[picture] = index
        self._bar.total = total * self._pictures
        self._bar.update(sum(self._done.values()) - self._bar.n)

    def say(self, text: str) -> None:
        """Above the bar, on standard error."""
        if text not in self._said:
            self._bar.write(text, file=sys.stderr)
        self._said.add(text)

    def result(self, text: str) -> None:
        """Above the bar, on standard output."""
        self._bar.write(text, file=sys.stdout)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()
