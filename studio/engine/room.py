"""Who may still come in, and how long everybody has to wait; by counting and by what the device was measured to do."""

from collections.abc import Collection

from studio.core.errors import QueueFull
from studio.engine.job import Job
from studio.engine.pace import Pace

GUESSED_RATE = 4e6
"""Rows x pixels x steps per second before anything was measured: palette on two slow cores."""


class Room:
    """Limits and estimates over the jobs under way, which whoever asks must hold still meanwhile.

    Attributes:
        pace: What the device was measured to do.
    """

    def __init__(self, per_owner: int, total: int) -> None:
        """Room for this many unfinished pictures of one owner, and in all; for errands as many again."""
        self.pace = Pace(GUESSED_RATE)
        self._per_owner = per_owner
        self._total = total

    def refuse_excess(
        self, jobs: Collection[Job], new: int, owner: str, *, errand: bool = False
    ) -> None:
        """Pictures and errands are counted apart: who waits for pictures may still look at one.

        Raises: QueueFull.
        """
        alike = [job for job in jobs if job.errand == errand]
        mine = [self.seconds_of(job) for job in alike if job.owner == owner]
        if len(mine) + new > self._per_owner:
            raise QueueFull(
                "You have {mine} pictures under way; the limit is {limit}.",
                hint="A place is free in about {seconds:.0f} s, or cancel some.",
                seconds=min(mine, default=0.0),
                mine=len(mine),
                limit=self._per_owner,
            )
        if len(alike) + new > self._total:
            everything = sum(map(self.seconds_of, alike))
            raise QueueFull(
                "The studio is full: {position} pictures are ahead of you.",
                hint="Try again in about {seconds:.0f} s.",
                seconds=everything / max(len(alike), 1),
                position=len(alike),
            )

    def seconds_of(self, job: Job) -> float:
        """What is left of a job, alone on the device."""
        return self.pace.seconds(job.recipe.model, job.work)

    def before_a_newcomer(self, jobs: Collection[Job]) -> float:
        """One step of every picture that has not made its first: newcomers go first, in order."""
        fresh = (job.recipe for job in jobs if job.steps_done == 0 and not job.errand)
        return sum(self.pace.seconds(recipe.model, recipe.work_per_step) for recipe in fresh)

    def seconds_left(self, job: Job, jobs: Collection[Job]) -> float:
        """Until this job's last step: its owner's earlier work and its own, at the owner's share of the device.

        Who only looks at something takes no share worth counting.
        """
        owners = {other.owner for other in jobs if not other.errand} | {job.owner}
        before = sum(
            self.seconds_of(other)
            for other in jobs
            if other.owner == job.owner and other.arrival <= job.arrival
        )
        this_step = self.pace.seconds(job.recipe.model, job.recipe.work_per_step)
        return max(before - this_step, 0.0) * len(owners)
