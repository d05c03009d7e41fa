"""A job: one picture on its way, from wish to file."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from studio.core.errors import StudioError
from studio.core.events import Event, Failed, Loading, Note, Preview, Step
from studio.core.recipe import Painting
from studio.engine.batch import BatchKey, Seat
from studio.engine.mailbox import Mailbox

if TYPE_CHECKING:
    from concurrent.futures import Future

    from torch import Tensor

    from studio.diffusion.questions import Algorithm, Ask, Model, Pass, Pixels, Question

log = logging.getLogger(__name__)

PREVIEW_EVERY = 0.1
"""Seconds; more often is more than an eye asks for."""

REPLAYED = 8
"""Passes answered from a tape at a time: hearing somebody comes in between."""

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
        seconds: From the first pass to the decoded picture.
        passes: Every answered question, in order.
        latent: What was decoded (1, C, h, w); None when nothing was.
    """

    pixels: Pixels
    recipe: Painting
    model: Model
    batch: int
    steps_done: int
    steps_total: int
    seconds: float
    passes: Sequence[Pass] = ()
    latent: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Answered(Event):
    """The end of an errand: what its algorithm returned."""

    value: Any


@dataclass(eq=False, slots=True)
class Job:
    """State of one picture; touched under the engine's lock or by its thread alone.

    Attributes:
        id: Unguessable name.
        owner: Whose it is.
        picture: Its place among the pictures of one click, from 0.
        recipe: Settled, one picture.
        paint: Begins the algorithm on the loaded model.
        notes: Templates and values of what to say when it begins.
        mailbox: Where its events go.
        keep: Turns a `Picture` into the last event; runs off the device thread.
        loading: The model, loaded or on its way.
        title: The model's title.
        stop_after: Stop after this many steps, as if cancelled then; None = run to the end.
        tape: Passes of an earlier run that begins alike; they are made again from here, without the network.
        recorded: Its passes are held.
        answer: Where somebody waits for what the algorithm returns; such a job is an errand, it makes no picture of its own.
        asked: Its open question.
        clean: Newest clean estimate x0 (1, C, h, w).
        passes: Every question answered so far, if they are held.
        latent: What is or was to be decoded.
        batch: Most pictures it shared a forward pass with, itself included.
        cancelled: Somebody wishes it to stop.
        stopping: The wish was heard; what exists is being decoded.
        replaying: The tape has the answer to its open question too: let it `replay` before anything else.
        keeping: Its picture is being written; whatever is wished now comes too late.
    """

    id: str
    owner: str
    picture: int
    recipe: Painting
    paint: Callable[[Model], Algorithm]
    notes: tuple[tuple[str, tuple[tuple[str, object], ...]], ...]
    mailbox: Mailbox
    keep: Callable[[Job, Picture], Event]
    loading: Future[Model]
    title: str
    stop_after: int | None = None
    tape: Sequence[Pass] = ()
    recorded: bool = True
    answer: Future[Any] | None = None
    arrival: int = field(default_factory=lambda: next(_ARRIVALS))
    submitted: float = field(default_factory=time.monotonic)
    asked: Ask | None = None
    clean: Tensor | None = None
    passes: list[Pass] = field(default_factory=list)
    latent: Tensor | None = None
    steps_done: int = 0
    steps_total: int = 0
    batch: int = 1
    cancelled: bool = False
    stopping: bool = False
    replaying: bool = False
    keeping: bool = False
    _algorithm: Algorithm | None = None
    _started: float | None = None
    _next_preview: float = 0.0
    _made: int = 0
    _replayed: int = 0

    @property
    def model(self) -> Model:
        """The loaded model; asking earlier is a fault of ours."""
        return self.loading.result(timeout=0)

    @property
    def errand(self) -> bool:
        """Somebody only wants to know something."""
        return self.answer is not None

    @property
    def begun(self) -> bool:
        """Its algorithm is running."""
        return self._algorithm is not None

    @property
    def steps_made(self) -> bool:
        """Every step is made: decoding or writing is under way, and the picture is simply finished."""
        return 0 < self.steps_total <= self.steps_done

    @property
    def work(self) -> float:
        """Rows x pixels x steps still to do; what estimates count."""
        if self.errand:
            return 0.0
        steps = (self.steps_total or self.recipe.steps_to_make) - self.steps_done
        return self.recipe.work_per_step * max(steps, 0)

    @property
    def deaf(self) -> bool:
        """Too late to stop: all steps are made, or it is being stopped or written already."""
        return self.stopping or self.keeping or self.steps_made

    def tell(self, event: Event) -> None:
        """Put an event into the mailbox."""
        self.mailbox.put(event)

    def end(self, event: Event) -> None:
        """Tell the last event; who waits for an answer that will not come learns why."""
        self.tell(event)
        match self.answer, event:
            case None, _:
                pass
            case answer, Answered(value=value):
                answer.set_result(value)
            case answer, Failed(error=error):
                answer.set_exception(error)
            case answer, _:
                message = "The studio stopped before it had an answer."
                answer.set_exception(StudioError(message, hint="Try again."))

    def tell_loading(self) -> None:
        """Say that the model is on its way."""
        self.tell(Loading(self.picture, self.title, time.monotonic() - self.submitted))

    def begin(self) -> Pixels | None:
        """Start the algorithm, up to its first question."""
        for message, values in self.notes:
            self.tell(Note(self.picture, message, values))
        ignored = self.model.ignored(self.recipe.words)
        if ignored:
            message = "The model reads only the first words; these were left out: {ignored}"
            self.tell(Note(self.picture, message, (("ignored", ignored),)))
        self._algorithm = self.paint(self.model)
        return self.advance(None)

    def stop(self) -> bool:
        """Have the algorithm finish with what exists by now; False when nothing does."""
        from studio.diffusion.questions import Stopped

        self.stopping, self.replaying = True, False
        if self.clean is None or self._algorithm is None:
            return False
        self.asked = self._algorithm.throw(Stopped(self.clean))
        self.latent = self.clean
        return True

    def advance(self, answer: Any) -> Pixels | None:
        """Send the answer to the open question; the finished pixels when that was the last one.

        Questions the tape can answer are answered from it, some at once; see `replay`.
        """
        pixels = self._send(answer)
        return self.replay() if pixels is None else pixels

    def replay(self) -> Pixels | None:
        """Go on as far as the tape reaches, but not further than REPLAYED passes; the finished pixels when it reached the end."""
        from studio.diffusion.questions import Decode

        pixels, made = None, 0
        while pixels is None and (prediction := self._on_tape()) is not None and made < REPLAYED:
            self._note_pass(prediction)
            self._replayed += 1
            made += 1
            pixels = self._send(prediction)
        self.replaying = pixels is None and prediction is not None
        if isinstance(self.asked, Decode):
            self.latent = self.asked.x
        return pixels

    def _send(self, answer: Any) -> Pixels | None:
        if self._algorithm is None:
            raise RuntimeError(f"job {self.id} has not begun")
        try:
            self.asked = self._algorithm.send(answer)
        except StopIteration as end:
            pixels: Pixels = end.value
            return pixels
        return None

    def _on_tape(self) -> Tensor | None:
        """The answer an earlier run got to the open question, on the model's device; None where the runs part."""
        from studio.diffusion.questions import Question

        if not isinstance(self.asked, Question) or self._made >= len(self.tape):
            return None
        was = self.tape[self._made]
        channels = self.model.latents.channels
        if abs(was.t - self.asked.t) > 1e-3 or was.x.shape != self.asked.x[:, :channels].shape:
            self.tape = ()
            return None
        return was.prediction.to(self.asked.x.device)

    def seat(self) -> Seat:
        """Its open question as the scheduler sees it."""
        from studio.diffusion.questions import Attend, Decode, Encode, Question

        fresh = self._made == self._replayed and not self.stopping and not self.errand
        name, rows = self.recipe.model, 1
        cells = self.recipe.pixels / self.model.latents.downscale**2
        match self.asked:
            case Question() as question:
                key, rows = BatchKey("denoise", name, tuple(question.x.shape[1:])), question.rows
                cost = rows * cells
            case Attend(x):
                key, cost = BatchKey("attend", name, tuple(x.shape[1:])), cells
            case Decode(x):
                key, cost = BatchKey("decode", name, tuple(x.shape[1:])), cells
            case Encode(x):
                key, cost = BatchKey("encode", name, tuple(x.shape[1:])), cells
            case _:
                key, cost = BatchKey("words", name), 1.0
        step = self.recipe.work_per_step / self.model.latents.downscale**2
        return Seat(self.id, self.owner, self.arrival, key, rows, cost, step, fresh)

    @property
    def aside(self) -> Callable[[], Any] | None:
        """The work it asks for that needs no model, if that is what it asks for."""
        from studio.diffusion.questions import Aside

        return self.asked.work if isinstance(self.asked, Aside) else None

    def pass_begins(self) -> None:
        """A forward pass with this job in it begins."""
        if self._started is None:
            self._started = time.monotonic()

    def step_made(self, prediction: Tensor, seconds_left: float) -> None:
        """Note the step and tell of it."""
        self._note_pass(prediction)
        self._tell_step(seconds_left)

    def _note_pass(self, prediction: Tensor) -> None:
        question: Question = self.asked  # type: ignore[assignment]
        self.steps_done, self.steps_total = question.index + 1, question.total
        self.clean = self.model.denoised(question.x, question.t, prediction)
        self._made += 1
        if self.recorded:
            self.passes.append(remembered(question, prediction, self.model))

    def _tell_step(self, seconds_left: float) -> None:
        """A preview comes along when the reader has seen the last one, at most every 0.1 s."""
        preview = None
        if time.monotonic() >= self._next_preview and self.mailbox.wants_preview(self.picture):
            preview = self._preview()
            self._next_preview = time.monotonic() + PREVIEW_EVERY
        self.tell(Step(self.picture, self.steps_done, self.steps_total, seconds_left, preview))

    def finished(self, pixels: Pixels) -> Picture:
        """The picture with what is known of its making."""
        seconds = time.monotonic() - (self._started or self.submitted)
        return Picture(
            pixels,
            self.recipe,
            self.model,
            self.batch,
            self.steps_done,
            self.steps_total,
            seconds,
            tuple(self.passes),
            self.latent,
        )

    def _preview(self) -> Preview | None:
        """A preview, or none: a picture must not fail because its preview did."""
        try:
            question: Question = self.asked  # type: ignore[assignment]
            shown = question.x if question.shows_x else self.clean
            return self.model.preview(shown) if shown is not None else None
        except Exception:
            log.exception("preview of job %s failed", self.id)
            return None


def remembered(question: Question, prediction: Tensor, model: Model) -> Pass:
    """An answered question as it is kept: on the CPU, without what lies beside the latent."""
    from studio.diffusion.questions import Pass

    x = question.x[:, : model.latents.channels].float()
    return Pass(question.t, x.cpu(), prediction.float().cpu())
