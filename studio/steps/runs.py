"""Every step of a run, to be seen and to be taken again: scrubbed, compared, resumed, branched.

A run is named by its picture's id, or by "run:" and its job's while it is under way. What is somebody else's does not exist.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.core.errors import Dropped, GalleryError, NotFound, StudioError
from studio.core.events import Event, Failed, Finished, Result
from studio.core.recipe import Painting
from studio.core.turn import Turn
from studio.gallery.metadata import read
from studio.gallery.trajectories import beside
from studio.gallery.trajectory import Trajectory
from studio.results import result_of
from studio.steps.course import branched, course, tape, words_at
from studio.steps.files import original
from studio.steps.frames import Frames
from studio.steps.looking import Looking
from studio.steps.measures import distances, numbers
from studio.steps.remembered import Remembered
from studio.wishes import Remark

if TYPE_CHECKING:
    from PIL.Image import Image

    from studio.engine.job import Job, Picture
    from studio.service import Run, Studio

RUN = "run:"
"""Before the id of a job under way, where the id of a picture may stand."""

MEMORY = 256 * 2**20
"""Bytes of trajectories that are remembered."""

FROM_THE_START: Remark = ("So it is made from the start.", ())


@dataclass(frozen=True, slots=True)
class _Run:
    """What was asked for, found: `result` is None while it is under way."""

    id: str
    recipe: Painting
    result: Result | None
    steps: Trajectory | None
    problem: StudioError | None = None
    total: int = 0

    @property
    def state(self) -> str:
        """ "running", "dropped" or "damaged" where its steps are, "done" or "stopped"."""
        if self.result is None:
            return "running"
        if self.total and self.problem is not None:
            return "dropped" if isinstance(self.problem, Dropped) else "damaged"
        return "done" if self.result.steps_done >= self.result.steps_total else "stopped"


class Steps:
    """The steps of one studio's runs. Methods may be called from any thread."""

    def __init__(self, studio: Studio) -> None:
        """The runs of this studio."""
        self._studio = studio
        self._frames = Frames(studio)
        self._looking = Looking(studio)
        self._read: Remembered[Trajectory] = Remembered(MEMORY, lambda steps: steps.nbytes)

    def trajectory(self, picture_id: str, owner: str) -> Trajectory:
        """The passes of a run.

        Raises: NotFound; Dropped when they are not kept any more; GalleryError when they cannot be read, or there are none yet.
        """
        return _passes(self._run(picture_id, owner))

    def table(self, picture_id: str, owner: str) -> dict[str, Any]:
        """What is known of a run, as plain JSON values.

        "state" is "done", "stopped", "running", "dropped" or "damaged"; "steps" has one row of numbers per pass (see
        `measures.numbers`); "at_total" is how many the whole run has; "problem" says why there are none.

        Raises: NotFound.
        """
        run = self._run(picture_id, owner)
        width, height = run.recipe.width, run.recipe.height
        if run.result is not None:
            width, height = run.result.width, run.result.height
        problem = run.problem and {
            "message": run.problem.message,
            "hint": run.problem.hint,
            "values": {name: str(value) for name, value in run.problem.values.items()},
        }
        return {
            "id": run.id,
            "state": run.state,
            "problem": problem,
            "recipe": run.recipe.as_dict(),
            "width": width,
            "height": height,
            "at_total": run.total,
            "prediction_type": run.steps.prediction_type if run.steps else None,
            "starred": run.result is not None and self._studio.store.starred(run.id),
            "bytes": run.steps.nbytes if run.steps else 0,
            "steps": numbers(run.steps) if run.steps else [],
            "words": self._words(run, 0),
            "turns": [
                turn.as_dict() | {"words": self._words(run, turn.at)} for turn in run.recipe.turns
            ],
        }

    def frame(
        self, picture_id: str, owner: str, view: str, index: int, *, quick: bool = False
    ) -> Image:
        """What a step looks like, RGB; see `Frames.frame`. After the last pass it is the delivered picture itself.

        Raises: NotFound, UnknownName; GalleryError when its steps cannot be read; what `Studio.ask` raises.
        """
        run = self._run(picture_id, owner)
        path = run.result.path if run.result else None
        return self._frames.frame(run.id, _passes(run), path, owner, view, index, quick)

    def word_map(
        self, picture_id: str, owner: str, index: int, word: int, group: str = "all"
    ) -> tuple[Image, float]:
        """Where the model looks for a word at a step, and the word's share of its attention; see `Looking.word_map`.

        Raises: NotFound; GalleryError when its steps cannot be read, or there is no such word; what `Studio.ask` raises.
        """
        run = self._run(picture_id, owner)
        return self._looking.word_map(run.id, _passes(run), owner, index, word, group)

    def compare(self, one: str, other: str, owner: str) -> dict[str, Any]:
        """How far two runs are apart step by step, and the settings that differ: see `measures.distances`.

        Raises: NotFound; GalleryError when steps cannot be read or compared.
        """
        a, b = self._run(one, owner), self._run(other, owner)
        mine, theirs = a.recipe.as_dict(), b.recipe.as_dict()
        names = [*mine, *(name for name in theirs if name not in mine)]
        return {
            "steps": distances(_passes(a), _passes(b)),
            "differs": [
                {"field": name, "a": mine.get(name), "b": theirs.get(name)}
                for name in names
                if mine.get(name) != theirs.get(name)
            ],
        }

    def resume(self, picture: str | Path, owner: str) -> Run:
        """Go on with a picture that was stopped, from its last pass; from the start where its steps are gone, and says so.

        Raises: NotFound; GalleryError when nothing is left to do; what `Studio.submit` raises.
        """
        run = self._run(picture, owner)
        if run.result is None:
            raise GalleryError("This picture is still being painted.", hint="Stop it first.")
        if run.result.steps_done >= run.result.steps_total:
            raise GalleryError("This picture is finished; there is nothing left to do.")
        return self._submit(run, run.recipe, owner)

    def branch(self, picture: str | Path, owner: str, turn: Turn) -> Run:
        """A picture that begins as this one and takes a turn; costs the passes after it.

        Raises: NotFound; what `Studio.submit` raises.
        """
        run = self._run(picture, owner)
        return self._submit(run, branched(run.recipe, turn), owner, turn.at)

    def rerun(self, picture_id: str, owner: str) -> Run:
        """Make a picture again to have its steps again; no picture is added, and they are kept only if it comes out the same.

        Raises: NotFound; what `Studio.submit` raises.
        """
        run = self._run(picture_id, owner)
        result = run.result
        if result is None:
            raise GalleryError("This picture is still being painted.", hint="Stop it first.")
        stopped = result.steps_done < result.steps_total
        return self._studio.submit(
            run.recipe,
            owner,
            stop_after=result.steps_done if stopped else None,
            end=lambda job, picture: self._restored(result, job, picture),
        )

    def star(self, picture_id: str, owner: str, on: bool) -> None:
        """Hold on to a picture and its steps, or no longer.

        Raises: NotFound; GalleryError when the disk refuses.
        """
        if self._studio.find(picture_id, owner) is None:
            raise _not_found()
        self._studio.store.star(picture_id, on)

    def _words(self, run: _Run, index: int) -> list[dict[str, Any]]:
        """The words that hold at a pass, each with its place in the text."""
        text = words_at(run.steps, index) if run.steps else course(run.recipe, index).words
        return self._looking.words(text, run.recipe.model)

    def _submit(self, run: _Run, recipe: Painting, owner: str, passes: int | None = None) -> Run:
        """A recipe whose first passes are those of an earlier run, as far as they are kept."""
        if run.problem is not None and run.total:
            why: Remark = (run.problem.message, tuple(run.problem.values.items()))
            return self._studio.submit(recipe, owner, remarks=[why, FROM_THE_START])
        return self._studio.submit(recipe, owner, tape=tape(run.steps, passes))

    def _restored(self, result: Result, job: Job, picture: Picture) -> Event:
        """Write the steps of a picture that was made again, if it is the same."""
        from PIL import Image

        from studio.gallery.metadata import fingerprint
        from studio.keeping import steps_of

        if fingerprint(Image.fromarray(picture.pixels)) != read(result.path).made.pixels:
            error = GalleryError(
                "The picture came out differently this time, so these are not its steps.",
                hint="Another device or version painted it. Open the new one instead.",
            )
            return Failed(job.picture, error)
        steps = steps_of(picture)
        if steps is not None:
            self._studio.trajectories.keep(result.path, steps)
        return Finished(job.picture, result)

    def _run(self, picture: str | Path, owner: str) -> _Run:
        """The run of this name, or of this file.

        Raises: NotFound; GalleryError when the file is no picture of ours.
        """
        if isinstance(picture, Path):
            result = result_of(picture)
            kept = original(picture, self._studio.store)
            return self._ended(dataclasses.replace(result, path=kept))
        return self._named(picture, owner)

    def _named(self, picture_id: str, owner: str) -> _Run:
        result = None
        if picture_id.startswith(RUN):
            job_id = picture_id.removeprefix(RUN)
            under_way = self._studio.engine.passes(job_id, owner)
            if under_way is not None:
                from studio.keeping import trajectory

                recipe, model, passes, total = under_way
                steps = trajectory(recipe, model, passes, total) if passes else None
                return _Run(picture_id, recipe, None, steps, total=total)
            result = self._studio.results.of_job(job_id, owner)
        else:
            result = self._studio.find(picture_id, owner)
        if result is None or not result.path.is_file():
            raise _not_found()
        return self._ended(result)

    def _ended(self, result: Result) -> _Run:
        """The run that ended with a picture."""
        if not result.steps_total:
            return _Run(result.id, result.recipe, result, None, _nothing_painted())
        try:
            steps, problem = self._kept(result), None
        except GalleryError as error:
            steps, problem = None, error
        return _Run(result.id, result.recipe, result, steps, problem, result.steps_total)

    def _kept(self, result: Result) -> Trajectory:
        """The steps beside a picture; they must be its own.

        Raises: Dropped, GalleryError.
        """
        path = beside(result.path)
        try:
            state = path.stat()
        except OSError:
            steps = self._studio.trajectories.read(result.path)
        else:
            key = (path, state.st_mtime_ns, state.st_size)
            steps = self._read.get(key, lambda: self._studio.trajectories.read(result.path))
        if steps.recipe != result.recipe or steps.model != result.recipe.model:
            raise GalleryError(
                "The steps in {name} are those of another picture.",
                hint="The picture itself is fine; its steps can be made again from its recipe.",
                name=path.name,
            )
        return steps


def _passes(run: _Run) -> Trajectory:
    if run.steps is not None:
        return run.steps
    raise run.problem or GalleryError("No step is made yet.", hint="Wait a moment.")


def _nothing_painted() -> GalleryError:
    return GalleryError("This picture has no steps: it is the one that was given.")


def _not_found() -> NotFound:
    return NotFound("There is no such picture.", hint="It may have been deleted.")
