"""The engine: the one thread that owns the device, and the jobs that wait for it.

Jobs join and leave at every step. The thread picks a batch, has the runner answer it, sends every answer into its job, and tells. Finished
pixels go to another thread to be written, so the device never waits for a disk.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from studio.core.errors import InternalError, QueueFull, StudioError
from studio.core.events import Cancelled, Event, Failed, Loading, Note, Queued, Step
from studio.core.recipe import TextToImage
from studio.engine.batch import BatchKey, Seat
from studio.engine.job import Job, Picture
from studio.engine.mailbox import Mailbox
from studio.engine.pace import Pace
from studio.engine.scheduler import Scheduler

if TYPE_CHECKING:
    from concurrent.futures import Future

    from studio.diffusion.questions import Model
    from studio.engine.runner import Answers, Runner

log = logging.getLogger(__name__)

GUESSED_RATE = 4e6
"""Rows x pixels x steps per second before anything was measured: palette on two slow cores."""

LOADING_NEWS = 0.5
"""Seconds between two pieces of news while a model loads."""


class Engine:
    """Runs jobs on one device.

    Attributes:
        pace: What the device was measured to do.
        passes: Forward passes made so far.
    """

    def __init__(self, *, pictures_per_owner: int, pictures_total: int) -> None:
        """An engine that refuses more unfinished pictures than these; its thread starts with the first job."""
        self.pace = Pace(GUESSED_RATE)
        self.passes = 0
        self._per_owner = pictures_per_owner
        self._total = pictures_total
        self._lock = threading.Condition()
        self._jobs: dict[str, Job] = {}
        self._titles: dict[str, str] = {}
        self._scheduler = Scheduler()
        self._closing = False
        self._thread: threading.Thread | None = None
        self._keepers = ThreadPoolExecutor(2, thread_name_prefix="keep")

    def submit(
        self,
        recipes: Sequence[TextToImage],
        owner: str,
        loading: Future[Model],
        *,
        title: str,
        keep: Callable[[Job, Picture], Event],
        stop_after: int | None = None,
    ) -> tuple[Mailbox, list[str]]:
        """Accept the pictures of one click.

        Args:
            recipes: Settled, one picture each.
            owner: Whose they are.
            loading: The model, loaded or on its way.
            title: The model's title, for news while it loads.
            keep: Called off the device thread with every finished picture; returns its last event.
            stop_after: Stop each picture after this many steps and keep what exists.

        Returns: Where the events arrive, and the job ids in the order of the recipes.
        Raises: QueueFull, at once.
        """
        mailbox = Mailbox(len(recipes))
        with self._lock:
            self._refuse_excess(len(recipes), owner)
            jobs = [
                Job(secrets.token_hex(16), owner, i, recipe, mailbox, keep, loading, stop_after)
                for i, recipe in enumerate(recipes)
            ]
            waiting = self._work_ahead(owner)
            for job in jobs:
                job.submitted = time.monotonic()
                self._jobs[job.id] = job
                self._titles[job.id] = title
                ahead = self._scheduler.ahead_of(owner)
                job.tell(Queued(job.picture, ahead, self.pace.seconds(waiting) if ahead else 0.0))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="device", daemon=True)
                self._thread.start()
            self._lock.notify_all()
        loading.add_done_callback(lambda _: self._poke())
        return mailbox, [job.id for job in jobs]

    def cancel(self, ids: Sequence[str]) -> None:
        """Stop these jobs at the next step; unknown or finished ones are fine."""
        with self._lock:
            for job in filter(None, map(self._jobs.get, ids)):
                job.cancelled = True
            self._lock.notify_all()

    @property
    def unfinished(self) -> int:
        """Pictures accepted and not yet at their end."""
        with self._lock:
            return len(self._jobs)

    def seconds_for(self, work: float) -> float:
        """Estimate for this much work alone on the device."""
        return self.pace.seconds(work)

    def close(self, patience: float = 10.0) -> None:
        """Cancel everything, keep what exists, end the threads."""
        self.cancel(list(self._jobs))
        with self._lock:
            self._closing = True
            self._lock.notify_all()
        if self._thread is not None:
            self._thread.join(patience)
        self._keepers.shutdown(wait=True)

    def _poke(self) -> None:
        with self._lock:
            self._lock.notify_all()

    def _refuse_excess(self, new: int, owner: str) -> None:
        mine = [job for job in self._jobs.values() if job.owner == owner]
        if len(mine) + new > self._per_owner:
            work = min((job.work for job in mine), default=0.0)
            raise QueueFull(
                "You have {mine} pictures under way; the limit is {limit}.",
                hint="A place is free in about {seconds:.0f} s, or cancel some.",
                seconds=self.pace.seconds(work),
                mine=len(mine),
                limit=self._per_owner,
            )
        if len(self._jobs) + new > self._total:
            raise QueueFull(
                "The studio is full: {position} pictures are ahead of you.",
                hint="Try again in about {seconds:.0f} s.",
                seconds=self.pace.seconds(sum(job.work for job in self._jobs.values()) / 2),
                position=len(self._jobs),
            )

    def _work_ahead(self, owner: str) -> float:
        """Work before a newcomer's first step: one step of every fresh job there is."""
        fresh = [job for job in self._jobs.values() if job.steps_done == 0]
        return sum(job.work / max(job.recipe.steps or 1, 1) for job in fresh)

    # What follows runs on the device thread.

    def _run(self) -> None:
        import torch

        from studio.engine.runner import Runner

        with torch.inference_mode():
            self._serve(Runner())

    def _serve(self, runner: Runner) -> None:
        while True:
            with self._lock:
                self._hear_wishes()
                self._admit()
                batch = self._scheduler.schedule(lambda key: self._cap(runner, key))
                if not batch:
                    if self._closing and not self._jobs:
                        return
                    self._lock.wait(LOADING_NEWS if self._jobs else None)
                    continue
                jobs = [self._jobs[seat.id] for seat in batch]
            try:
                self._answer(runner, batch[0].key, jobs)
            except Exception:
                # The thread must outlive its own faults: others wait on it.
                error = InternalError.logged(log, "a batch of %d jobs failed", len(jobs))
                with self._lock:
                    for job in jobs:
                        self._end(job, Failed(job.picture, error))

    def _cap(self, runner: Runner, key: BatchKey) -> int:
        device = next(
            (job.model.device for job in self._jobs.values() if job.model and job.model.name == key.model),
            "cpu",
        )
        return runner.cap(key, device)

    def _hear_wishes(self) -> None:
        """Take cancelled jobs out of the queue; what exists of them is decoded and kept."""
        for job in list(self._jobs.values()):
            if job.cancelled and not job.stopping and not self._almost_done(job):
                self._stop(job)

    @staticmethod
    def _almost_done(job: Job) -> bool:
        """Every step is made: decoding or writing is under way, and the picture is simply finished."""
        return 0 < job.steps_total <= job.steps_done

    def _stop(self, job: Job) -> None:
        from studio.diffusion.denoise import picture_of

        job.stopping = True
        self._scheduler.remove(job.id)
        if job.clean is None:
            self._end(job, Cancelled(job.picture, None))
            return
        job.algorithm = picture_of(job.clean)
        self._ask(job, None)

    def _admit(self) -> None:
        """Begin jobs whose model has arrived; tell the others that it is on its way."""
        for job in list(self._jobs.values()):
            if job.algorithm is not None or job.stopping:
                continue
            if not job.loading.done():
                waited = time.monotonic() - job.submitted
                job.tell(Loading(job.picture, self._titles[job.id], waited))
                continue
            error = job.loading.exception()
            if error is not None:
                known = error if isinstance(error, StudioError) else InternalError("load")
                self._end(job, Failed(job.picture, known))
                continue
            self._begin(job)

    def _begin(self, job: Job) -> None:
        from studio.diffusion.denoise import text_to_image

        job.model = job.loading.result()
        ignored = job.model.ignored(job.recipe.words)
        if ignored:
            job.tell(
                Note(
                    job.picture,
                    "The model reads only the first words; these were left out: {ignored}",
                    (("ignored", ignored),),
                )
            )
        job.algorithm = text_to_image(job.recipe, job.model)
        self._ask(job, None)

    def _ask(self, job: Job, answer: Any) -> None:
        """Send an answer (None to begin) and put the next question before the scheduler, or finish."""
        try:
            pixels = job.advance(answer)
        except StudioError as error:
            self._end(job, Failed(job.picture, error))
            return
        except Exception:
            self._end(job, Failed(job.picture, InternalError.logged(log, "job %s failed", job.id)))
            return
        if pixels is not None:
            self._keep(job, pixels)
            return
        self._seat(job)

    def _seat(self, job: Job) -> None:
        key, rows = self._key_of(job)
        fresh = job.steps_done == 0 and not job.stopping
        self._scheduler.add(Seat(job.id, job.owner, job.arrival, key, rows, fresh))

    @staticmethod
    def _key_of(job: Job) -> tuple[BatchKey, int]:
        from studio.diffusion.questions import Decode, Question

        name = job.recipe.model
        match job.asked:
            case Question() as question:
                return BatchKey("denoise", name, tuple(question.x.shape[1:])), question.rows
            case Decode(x):
                return BatchKey("decode", name, tuple(x.shape[1:])), 1
            case _:
                return BatchKey("words", name), 1

    def _answer(self, runner: Runner, key: BatchKey, jobs: list[Job]) -> None:
        """One pass for these jobs, then each goes on with its answer."""
        model = jobs[0].model
        if model is None:
            raise RuntimeError(f"job {jobs[0].id} has no model")
        now = time.monotonic()
        for job in jobs:
            job.started = job.started or now
        answers = runner.answer(key, model, [job.asked for job in jobs])
        self.passes += 1
        if key.kind == "denoise" and answers.smaller is None:
            rows = sum(job.asked.rows for job in jobs if hasattr(job.asked, "rows"))
            cells = key.area * model.latents.downscale**2
            self.pace.measured(rows * cells, time.monotonic() - now)
        with self._lock:
            self._spread(key, jobs, answers)

    def _spread(self, key: BatchKey, jobs: list[Job], answers: Answers) -> None:
        owners = {job.owner for job in self._jobs.values()}
        for job, answer in zip(jobs, answers.values, strict=True):
            if answers.smaller is not None:
                self._say_smaller(job, answers.smaller)
            if answer is None:
                continue
            if isinstance(answer, StudioError):
                self._end(job, Failed(job.picture, answer))
                continue
            if key.kind == "denoise":
                job.batch = max(job.batch, len(jobs))
                self._step_made(job, answer, len(owners))
                if job.stop_after == job.steps_done and not self._almost_done(job):
                    job.cancelled = True
                    continue
            self._ask(job, answer)

    @staticmethod
    def _say_smaller(job: Job, rows: int) -> None:
        job.tell(
            Note(
                job.picture,
                "The device ran out of memory; going on with {rows} rows at a time, slower.",
                (("rows", rows),),
            )
        )

    def _step_made(self, job: Job, prediction: Any, owners: int) -> None:
        """Note the step, keep the clean estimate, tell; the preview is made only when the last one was seen."""
        question, model = job.asked, job.model
        if model is None or not hasattr(question, "total"):
            raise RuntimeError(f"job {job.id} made a step it did not ask for")
        job.steps_done, job.steps_total = question.index + 1, question.total
        job.clean = model.denoised(question.x, question.t, prediction)
        before = sum(
            other.work
            for other in self._jobs.values()
            if other.owner == job.owner and other.arrival <= job.arrival
        )
        preview = None
        if job.mailbox.wants_preview(job.picture):
            preview = self._previewed(model, job)
        job.tell(
            Step(
                job.picture,
                job.steps_done,
                job.steps_total,
                self.pace.seconds(before * owners),
                preview,
            )
        )

    @staticmethod
    def _previewed(model: Model, job: Job) -> Any:
        """A preview, or none: a picture must not fail because its preview did."""
        try:
            return model.preview(job.clean) if job.clean is not None else None
        except Exception:
            log.exception("preview of job %s failed", job.id)
            return None

    def _keep(self, job: Job, pixels: Any) -> None:
        """Hand the finished pixels to a keeper; the job is out of the device's way."""
        self._scheduler.remove(job.id)
        if job.model is None:
            raise RuntimeError(f"job {job.id} has no model")
        picture = Picture(
            pixels,
            job.recipe,
            job.model,
            job.batch,
            job.steps_done,
            job.steps_total,
            time.monotonic() - job.started,
        )
        self._keepers.submit(self._kept, job, picture)

    def _kept(self, job: Job, picture: Picture) -> None:
        try:
            event = job.keep(job, picture)
        except StudioError as error:
            event = Failed(job.picture, error)
        except Exception:
            event = Failed(job.picture, InternalError.logged(log, "keeping job %s failed", job.id))
        with self._lock:
            self._end(job, event)
            self._lock.notify_all()

    def _end(self, job: Job, event: Event) -> None:
        self._scheduler.remove(job.id)
        self._jobs.pop(job.id, None)
        self._titles.pop(job.id, None)
        job.algorithm = None
        job.clean = None
        job.tell(event)
