"""A job: one picture on its way, from wish to file."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from studio.core.events import Event
from studio.core.recipe import TextToImage
from studio.engine.mailbox import Mailbox

if TYPE_CHECKING:
    from concurrent.futures import Future

    from torch import Tensor

    from studio.diffusion.questions import Algorithm, Ask, Model, Pixels

_ARRIVALS = itertools.count()


@dataclass(frozen=True, slots=True)
class Picture:
    """What the engine hands over when a job ends with something to show.

    Attributes:
        pixels: The picture.
        recipe: What made it.
        model: Who made it.
        batch: Most pictures it shared a forward pass with, itself included.
        steps_done: Steps made.
        steps_total: Steps the whole run has.
        seconds: From the first step to the decoded picture.
    """

    pixels: Pixels
    recipe: TextToImage
    model: Model
    batch: int
    steps_done: int
    steps_total: int
    seconds: float


@dataclass(eq=False, slots=True)
class Job:
    """State of one picture; touched by the engine's thread alone, but for `cancelled`, which anyone may set.

    Attributes:
        id: Unguessable name.
        owner: Whose it is.
        picture: Its place among the pictures of one click, from 0.
        recipe: Settled, one picture.
        mailbox: Where its events go.
        keep: Turns a `Picture` into the last event; runs off the device thread.
        model: The model, once loaded.
        algorithm: The running generator.
        asked: Its open question.
        clean: Newest clean estimate x0 (1, C, h, w).
        stop_after: Stop after this many steps, as if cancelled then; None = run to the end.
        cancelled: Wish to stop.
        stopping: The wish was heard; what exists is being decoded.
    """

    id: str
    owner: str
    picture: int
    recipe: TextToImage
    mailbox: Mailbox
    keep: Callable[[Job, Picture], Event]
    loading: Future[Model]
    stop_after: int | None = None
    arrival: int = field(default_factory=lambda: next(_ARRIVALS))
    model: Model | None = None
    algorithm: Algorithm | None = None
    asked: Ask | None = None
    clean: Tensor | None = None
    steps_done: int = 0
    steps_total: int = 0
    batch: int = 1
    submitted: float = 0.0
    started: float = 0.0
    cancelled: bool = False
    stopping: bool = False

    @property
    def work(self) -> float:
        """Rows x pixels x steps still to do; what estimates and budgets count."""
        recipe = self.recipe
        rows = 2 if (recipe.guidance_scale or 0) > 1 else 1
        steps = (self.steps_total or recipe.steps or 1) - self.steps_done
        return rows * (recipe.width or 0) * (recipe.height or 0) * max(steps, 0)

    def tell(self, event: Event) -> None:
        """Put an event into the mailbox."""
        self.mailbox.put(event)

    def advance(self, answer: Any) -> Pixels | None:
        """Send the answer to the open question; the finished pixels when that was the last one."""
        if self.algorithm is None:
            raise RuntimeError(f"job {self.id} has not begun")
        try:
            self.asked = self.algorithm.send(answer)
        except StopIteration as end:
            pixels: Pixels = end.value
            return pixels
        return None
