"""The engine: the one thread that owns the device, and the jobs that wait for it.

Jobs join and leave at every step. The thread picks a batch, has the runner answer it, sends every
answer into its job, and tells. Finished pixels go to another thread to be written, so the device
never waits for a disk.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from studio.core.errors import InternalError, StudioError
from studio.core.events import Cancelled, Event, Failed, Note, Queued
from studio.core.recipe import Painting
from studio.engine.batch import BatchKey
from studio.engine.job import Answered, Job, Picture
from studio.engine.mailbox import Mailbox
from studio.engine.pace import Pace
from studio.engine.room import Room
from studio.engine.scheduler import Scheduler
from studio.engine.wish import Wish

if TYPE_CHECKING:
    from studio.diffusion.questions import Model, Pass, Pixels
    from studio.engine.runner import Answers, Runner

log = logging.getLogger(__name__)

BEGUN_PER_OWNER = 8
"""Pictures of one owner that are under way at once: as many as share a pass. What waits holds no memory."""

BREATH = 0.001
"""Seconds in which others are heard between two rounds of replaying tapes."""

ROUNDS = 8
"""Rounds of replaying tapes to one pass: passes are dear and taped ones are not."""

LOADING_NEWS = 0.5
"""Seconds between two pieces of news while a model loads."""


class Engine:
    """Runs jobs on one device."""

    def __init__(self, *, pictures_per_owner: int, pictures_total: int) -> None:
        """An engine that refuses more unfinished pictures than these; its thread starts with the first job."""
        self._room = Room(pictures_per_owner, pictures_total)
        self._lock = threading.Condition()
        self._jobs: dict[str, Job] = {}
        self._scheduler = Scheduler()
        self._closing = False
        self._thread: threading.Thread | None = None
        self._keepers = ThreadPoolExecutor(2, thread_name_prefix="keep")
        self._helpers = ThreadPoolExecutor(2, thread_name_prefix="aside")
        self._returned: list[tuple[Job, Any]] = []
        self._replaying: list[Job] = []

    @property
    def pace(self) -> Pace:
        """What the device was measured to do."""
        return self._room.pace

    def submit(
        self,
        wishes: Sequence[Wish],
        owner: str,
        loading: Future[Model],
        *,
        title: str,
        keep: Callable[[Job, Picture], Event],
        stop_after: int | None = None,
    ) -> tuple[Mailbox, list[str]]:
        """Accept the pictures of one click.

        Args:
            wishes: One picture each.
            owner: Whose they are.
            loading: The model, loaded or on its way.
            title: The model's title, for news while it loads.
            keep: Called off the device thread with every finished picture; returns its last event.
            stop_after: Stop each picture after this many steps and keep what exists.

        Returns: Where the events arrive, and the job ids in the order of the wishes.
        Raises: QueueFull, at once.
        """
        mailbox = Mailbox(len(wishes))
        jobs = [
            Job(
                id=secrets.token_hex(16),
                owner=owner,
                picture=i,
                recipe=wish.recipe,
                paint=wish.paint,
                notes=wish.notes,
                tape=wish.tape,
                recorded=wish.recorded,
                mailbox=mailbox,
                keep=keep,
                loading=loading,
                title=title,
                stop_after=stop_after,
            )
            for i, wish in enumerate(wishes)
        ]
        self._accept(jobs, owner)
        return mailbox, [job.id for job in jobs]

    def ask(self, wish: Wish, owner: str, loading: Future[Model], *, title: str) -> Future[Any]:
        """Run an algorithm that makes no picture of its own beside the others; the future has what it returns, or its error.

        Args:
            wish: What to run; the recipe says on which model, and how large its latents are.
            owner: Who wants to know.
            loading: The model, loaded or on its way.
            title: The model's title.

        Raises: QueueFull, at once.
        """
        answer: Future[Any] = Future()
        job = Job(
            id=secrets.token_hex(16),
            owner=owner,
            picture=0,
            recipe=wish.recipe,
            paint=wish.paint,
            notes=(),
            mailbox=Mailbox(1),
            keep=lambda job, picture: Answered(job.picture, picture.pixels),
            loading=loading,
            title=title,
            answer=answer,
        )
        self._accept([job], owner)
        return answer

    def passes(self, job_id: str, owner: str) -> tuple[Painting, Model, list[Pass], int] | None:
        """What a picture under way has behind it, and how many passes it will have; None when this owner has none by
        that id, or it has not begun.
        """
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or job.owner != owner or not job.begun:
                return None
            return job.recipe, job.model, list(job.passes), job.steps_total

    def _accept(self, jobs: Sequence[Job], owner: str) -> None:
        loading = jobs[0].loading
        with self._lock:
            self._room.refuse_excess(self._jobs.values(), len(jobs), owner, errand=jobs[0].errand)
            if self._closing:
                raise StudioError("The studio is closing.", hint="Try again when it is open.")
            ahead = self._scheduler.ahead_of(owner)
            seconds = self._room.before_a_newcomer(self._jobs.values()) if ahead else 0.0
            for job in jobs:
                self._jobs[job.id] = job
                job.tell(Queued(job.picture, ahead + job.picture, seconds))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="device", daemon=True)
                self._thread.start()
            self._lock.notify_all()
        loading.add_done_callback(lambda _: self._poke())

    def cancel(self, ids: Sequence[str]) -> None:
        """Stop these jobs at the next step; unknown or finished ones are fine."""
        with self._lock:
            for job in filter(None, map(self._jobs.get, ids)):
                job.cancelled = True
            self._lock.notify_all()

    def check_room(self, pictures: int, owner: str) -> None:
        """Whether this many pictures would be accepted now.

        Raises: QueueFull.
        """
        with self._lock:
            self._room.refuse_excess(self._jobs.values(), pictures, owner)

    @property
    def unfinished(self) -> int:
        """Pictures accepted and not yet at their end."""
        with self._lock:
            return sum(not job.errand for job in self._jobs.values())

    def close(self, patience: float = 10.0) -> None:
        """Cancel everything, keep what exists, end the threads; waits at most `patience` seconds."""
        with self._lock:
            self._closing = True
            for job in self._jobs.values():
                job.cancelled = True
            self._lock.notify_all()
        if self._thread is not None:
            self._thread.join(patience)
            if self._thread.is_alive():
                log.warning(
                    "the device is still busy; what it finishes is kept while the process lives"
                )
                return
        self._helpers.shutdown(wait=False, cancel_futures=True)
        self._keepers.shutdown(wait=True)

    def _poke(self) -> None:
        with self._lock:
            self._lock.notify_all()

    # What follows runs on the device thread.

    def _run(self) -> None:
        import torch

        from studio.engine.runner import Runner

        with torch.inference_mode():
            self._serve(Runner())

    def _serve(self, runner: Runner) -> None:
        rounds = 0
        while True:
            with self._lock:
                self._hear_wishes()
                self._replay()
                self._take_back()
                self._admit()
                rounds = rounds + 1 if self._replaying else 0
                batch = [] if rounds % ROUNDS else self._scheduler.schedule(runner.cap)
                if not batch:
                    if self._closing and not self._jobs:
                        return
                    idle = LOADING_NEWS if self._jobs else None
                    self._lock.wait(BREATH if self._replaying else idle)
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

    def _hear_wishes(self) -> None:
        """Take cancelled jobs out of the queue; what exists of them is decoded and kept."""
        for job in list(self._jobs.values()):
            if not job.cancelled or job.deaf:
                continue
            self._scheduler.remove(job.id)
            try:
                exists = job.stop()
            except Exception:
                failure = InternalError.logged(log, "stopping job %s failed", job.id)
                self._end(job, Failed(job.picture, failure))
                continue
            if exists:
                self._scheduler.add(job.seat())
            else:
                self._end(job, Cancelled(job.picture, None))

    def _take_back(self) -> None:
        """Send what was done beside the device into its jobs."""
        returned, self._returned = self._returned, []
        for job, value in returned:
            if job.id not in self._jobs:
                continue
            if isinstance(value, StudioError):
                self._end(job, Failed(job.picture, value))
            else:
                self._go_on(job, partial(job.advance, value))

    def _admit(self) -> None:
        """Begin jobs whose model has arrived; tell the others that it is on its way."""
        under_way = (job for job in self._jobs.values() if job.begun and not job.keeping)
        begun = Counter(job.owner for job in under_way if not job.errand)
        for job in list(self._jobs.values()):
            waits = begun[job.owner] >= BEGUN_PER_OWNER and not job.errand
            if job.begun or job.stopping or waits:
                continue
            if not job.loading.done():
                job.tell_loading()
                continue
            error = job.loading.exception()
            if error is None:
                begun[job.owner] += not job.errand
                self._go_on(job, job.begin)
            else:
                known = error if isinstance(error, StudioError) else InternalError("load")
                self._end(job, Failed(job.picture, known))

    def _replay(self) -> None:
        """Let jobs that begin as earlier ones did go on by some passes; one that was stopped meanwhile has left its tape."""
        replaying, self._replaying = self._replaying, []
        for job in replaying:
            if job.id in self._jobs and job.replaying:
                self._go_on(job, job.replay)

    def _answer(self, runner: Runner, key: BatchKey, jobs: list[Job]) -> None:
        """One pass for these jobs, then each goes on with its answer."""
        for job in jobs:
            job.pass_begins()
        started = time.monotonic()
        model = jobs[0].model
        answers = runner.answer(key, model, [job.asked for job in jobs])
        if key.kind == "denoise" and answers.smaller is None:
            work = sum(job.recipe.work_per_step for job in jobs)
            self.pace.measured(key.model, work, time.monotonic() - started)
        with self._lock:
            self._spread(key, jobs, answers)

    def _spread(self, key: BatchKey, jobs: list[Job], answers: Answers) -> None:
        for job, answer in zip(jobs, answers.values, strict=True):
            if answers.smaller is not None:
                message = (
                    "The device ran out of memory; going on with {rows} rows at a time, slower."
                )
                job.tell(Note(job.picture, message, (("rows", answers.smaller),)))
            if answer is None:
                continue
            if isinstance(answer, StudioError):
                self._end(job, Failed(job.picture, answer))
            elif key.kind == "denoise":
                job.batch = max(job.batch, len(jobs))
                self._go_on(job, partial(self._step, job, answer))
            else:
                self._go_on(job, partial(job.advance, answer))

    def _step(self, job: Job, answer: Any) -> Pixels | None:
        """Note a step and ask on; a job that was to stop here asks the same again and is stopped before anyone answers."""
        job.step_made(answer, self._room.seconds_left(job, self._jobs.values()))
        if job.stop_after == job.steps_done and not job.steps_made:
            job.cancelled = True
            return None
        return job.advance(answer)

    def _go_on(self, job: Job, move: Callable[[], Pixels | None]) -> None:
        """Let a job move to its next question, or to its end."""
        try:
            pixels = move()
            work = job.aside if pixels is None else None
            asks = pixels is None and work is None and not job.replaying
            seat = job.seat() if asks else None
        except StudioError as error:
            self._end(job, Failed(job.picture, error))
        except Exception:
            self._end(job, Failed(job.picture, InternalError.logged(log, "job %s failed", job.id)))
        else:
            if seat is not None:
                self._scheduler.add(seat)
                return
            # The row is free; what needs no model is not the device's business, nor is writing.
            self._scheduler.remove(job.id)
            if job.replaying:
                self._replaying.append(job)
            elif work is not None:
                self._helpers.submit(self._do_aside, job, work)
            elif pixels is not None:
                job.keeping = True
                self._keepers.submit(self._keep, job, job.finished(pixels))

    def _do_aside(self, job: Job, work: Callable[[], Any]) -> None:
        value: Any
        try:
            value = work()
        except StudioError as error:
            value = error
        except Exception:
            value = InternalError.logged(log, "work beside the device for job %s failed", job.id)
        with self._lock:
            self._returned.append((job, value))
            self._lock.notify_all()

    def _keep(self, job: Job, picture: Picture) -> None:
        event: Any
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
        """The one place where a job ends; a second end of the same job is not told."""
        self._scheduler.remove(job.id)
        if self._jobs.pop(job.id, None) is not None:
            job.end(event)
