"""Finds runs: those under way, those that ended with a picture, and those a picture file is a copy of."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.core.errors import Dropped, GalleryError, NotFound, StudioError
from studio.core.events import Result
from studio.core.recipe import Painting
from studio.gallery.trajectories import beside
from studio.gallery.trajectory import Trajectory
from studio.results import result_of
from studio.steps.files import original
from studio.steps.remembered import Remembered
from studio.steps.underway import so_far

if TYPE_CHECKING:
    from studio.service import Studio

RUN = "run:"
"""Before the id of a job under way, where the id of a picture may stand."""

MEMORY = 256 * 2**20
"""Bytes of trajectories that are remembered."""


@dataclass(frozen=True, slots=True)
class Found:
    """A run.

    Attributes:
        id: The picture's, or "run:" and the job's while it is under way.
        recipe: What is being made.
        result: The picture; None while it is under way.
        steps: Its passes; None where there are none.
        problem: Why there are none.
        total: Passes of the whole run.
    """

    id: str
    recipe: Painting
    result: Result | None
    steps: Trajectory | None
    problem: StudioError | None = None
    total: int = 0

    @property
    def state(self) -> str:
        """One of "running", "done", "stopped"; "dropped" or "damaged" where its steps are that."""
        if self.result is None:
            return "running"
        if self.total and self.problem is not None:
            return "dropped" if isinstance(self.problem, Dropped) else "damaged"
        return "done" if self.result.steps_done >= self.result.steps_total else "stopped"

    @property
    def passes(self) -> Trajectory:
        """Its passes, at least one.

        Raises: Dropped, GalleryError where there are none.
        """
        if self.steps is not None:
            return self.steps
        raise self.problem or GalleryError("No step is made yet.", hint="Wait a moment.")


class Finder:
    """The runs of one studio. Methods may be called from any thread."""

    def __init__(self, studio: Studio) -> None:
        """The runs of this studio."""
        self._studio = studio
        self._read: Remembered[Trajectory] = Remembered(MEMORY, lambda steps: steps.nbytes)

    def find(self, picture: str | Path, owner: str) -> Found:
        """The run of this name, or of this file.

        Raises: NotFound; GalleryError when the file is no picture of ours.
        """
        if isinstance(picture, Path):
            result = result_of(picture)
            kept = original(picture, self._studio.store)
            return self._ended(dataclasses.replace(result, path=kept))
        return self._named(picture, owner)

    def _named(self, picture_id: str, owner: str) -> Found:
        result = None
        if picture_id.startswith(RUN):
            job_id = picture_id.removeprefix(RUN)
            under_way = self._studio.engine.passes(job_id, owner)
            if under_way is not None:
                recipe, model, passes, total = under_way
                steps = so_far(recipe, model, passes, total) if passes else None
                return Found(picture_id, recipe, None, steps, total=total)
            result = self._studio.results.of_job(job_id, owner)
        else:
            result = self._studio.find(picture_id, owner)
        if result is None or not result.path.is_file():
            raise not_found()
        return self._ended(result)

    def _ended(self, result: Result) -> Found:
        """The run that ended with a picture."""
        if not result.steps_total:
            return Found(result.id, result.recipe, result, None, _nothing_painted())
        try:
            steps, problem = self._kept(result), None
        except GalleryError as error:
            steps, problem = None, error
        return Found(result.id, result.recipe, result, steps, problem, result.steps_total)

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
        if steps.recipe != result.recipe or steps.revision != result.recipe.revision:
            raise GalleryError(
                "The steps in {name} are those of another picture.",
                hint="The picture itself is fine; its steps can be made again from its recipe.",
                name=path.name,
            )
        return steps


def not_found() -> NotFound:
    """What is said of a picture that is not there, and of somebody else's."""
    return NotFound("There is no such picture.", hint="It may have been deleted.")


def _nothing_painted() -> GalleryError:
    return GalleryError("This picture has no steps: it is the one that was given.")
