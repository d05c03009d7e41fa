"""Every step of a run, to be seen and to be taken again: scrubbed, compared, resumed, branched.

A run is named by its picture's id, or by "run:" and its job's while it is under way. What is somebody else's does not exist.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.core.errors import GalleryError
from studio.core.events import Cancelled, Event, Failed, Finished, Result
from studio.core.recipe import Painting
from studio.core.turn import Turn
from studio.gallery.metadata import read
from studio.gallery.trajectory import Trajectory
from studio.steps.course import branched, course, tape, words_at
from studio.steps.finding import Finder, Found, not_found
from studio.steps.frames import Frames
from studio.steps.looking import Looking
from studio.steps.measures import beside, distances, numbers
from studio.steps.underway import Measured
from studio.wishes import Remark

if TYPE_CHECKING:
    from PIL.Image import Image

    from studio.engine.job import Job, Picture
    from studio.service import Run, Studio

FROM_THE_START: Remark = ("So it is made from the start.", ())


class Steps:
    """The steps of one studio's runs. Methods may be called from any thread."""

    def __init__(self, studio: Studio) -> None:
        """The runs of this studio."""
        self._studio = studio
        self._frames = Frames(studio)
        self._looking = Looking(studio)
        self._runs = Finder(studio)
        self._measured = Measured()

    def trajectory(self, picture_id: str, owner: str) -> Trajectory:
        """The passes of a run.

        Raises: NotFound; Dropped when they are not kept any more; GalleryError when they cannot be read, or there are none yet.
        """
        return self._runs.find(picture_id, owner).passes

    def table(self, picture_id: str, owner: str) -> dict[str, Any]:
        """What is known of a run, as plain JSON values.

        "state" is "done", "stopped", "running", "dropped" or "damaged"; "steps" has one row of numbers per pass (see
        `measures.numbers`); "at_total" is how many the whole run has; "problem" says why there are none,
        "again" whether `rerun` may bring them.

        Raises: NotFound.
        """
        run = self._runs.find(picture_id, owner)
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
            "again": self._studio.trajectories.wanted,
            "bytes": run.steps.nbytes if run.steps else 0,
            "steps": self._numbers(run),
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
        run = self._runs.find(picture_id, owner)
        path = run.result.path if run.result else None
        return self._frames.frame(run.id, run.passes, path, owner, view, index, quick)

    def word_map(
        self, picture_id: str, owner: str, index: int, word: int, group: str = "all"
    ) -> tuple[Image, dict[str, float]]:
        """Where the model looks for a word at a step, and how much; see `Looking.word_map`.

        Raises: NotFound; GalleryError when its steps cannot be read, or there is no such word; what `Studio.ask` raises.
        """
        run = self._runs.find(picture_id, owner)
        return self._looking.word_map(run.id, run.passes, owner, index, word, group)

    def compare(self, one: str, other: str, owner: str) -> dict[str, Any]:
        """How far two runs are apart step by step, and the settings that differ.

        "steps" is as `measures.distances` has it, "beside" the pass of the other for every pass of the first.

        Raises: NotFound; GalleryError when steps cannot be read or compared.
        """
        a, b = self._runs.find(one, owner), self._runs.find(other, owner)
        mine, theirs = a.recipe.as_dict(), b.recipe.as_dict()
        names = [*mine, *(name for name in theirs if name not in mine)]
        return {
            "steps": distances(a.passes, b.passes),
            "beside": beside(a.passes, b.passes),
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
        run = self._runs.find(picture, owner)
        if run.result is None:
            raise GalleryError("This picture is still being painted.", hint="Stop it first.")
        if run.result.steps_done >= run.result.steps_total:
            raise GalleryError("This picture is finished; there is nothing left to do.")
        return self._submit(run, run.recipe, owner)

    def branch(self, picture: str | Path, owner: str, turn: Turn) -> Run:
        """A picture that begins as this one and takes a turn; costs the passes after it.

        Raises: NotFound; what `Studio.submit` raises.
        """
        run = self._runs.find(picture, owner)
        return self._submit(run, branched(run.recipe, turn), owner, turn.at)

    def rerun(self, picture_id: str, owner: str) -> Run:
        """Make a picture again to have its steps again; no picture is added, and they are kept only if it comes out the same.

        Raises: NotFound; GalleryError where no steps are kept; what `Studio.submit` raises.
        """
        run = self._runs.find(picture_id, owner)
        if not self._studio.trajectories.wanted:
            raise GalleryError(
                "No steps are kept here, so they cannot be made again.",
                hint="Raise STUDIO_STEPS_GIB.",
            )
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
        if not self._studio.collection.star([picture_id], owner, on):
            raise not_found()

    def _numbers(self, run: Found) -> list[dict[str, Any]]:
        if run.steps is None:
            return []
        if run.result is None:
            return self._measured.numbers(run.id, run.steps)
        return numbers(run.steps)

    def _words(self, run: Found, index: int) -> list[dict[str, Any]]:
        """The words that hold at a pass, each with its place in the text."""
        text = words_at(run.steps, index) if run.steps else course(run.recipe, index).words
        return self._looking.words(text, run.recipe.model)

    def _submit(self, run: Found, recipe: Painting, owner: str, passes: int | None = None) -> Run:
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

        if job.stopping and picture.steps_done != job.stop_after:
            self._studio.results.made_again(result, job.id)
            return Cancelled(job.picture, result)
        if fingerprint(Image.fromarray(picture.pixels)) != read(result.path).made.pixels:
            error = GalleryError(
                "The picture came out differently this time, so these are not its steps.",
                hint="Another device or version painted it. Open the new one instead.",
            )
            return Failed(job.picture, error)
        steps = steps_of(picture)
        if steps is not None:
            self._studio.trajectories.keep(result.path, steps)
        self._studio.results.made_again(result, job.id)
        return Finished(job.picture, result)
