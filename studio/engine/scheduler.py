"""Who goes next. Pure: no torch, no clock, no thread.

Policy: a newcomer's first step goes first, so its preview comes at once; then a finished latent is
decoded; then owners in turn, oldest job first within an owner. Owners hold equal seats in a pass,
so that one person's many jobs do not slow another's single one. Being served is charged by work
done (rows x latent cells): start-time fair queueing with owners as flows (Goyal et al. 1996).
"""

from collections import Counter, defaultdict
from collections.abc import Callable

from studio.engine.batch import BatchKey, Seat

HEAD_START = 40
"""Steps, two pictures' worth, an owner may be ahead of the least served one before newcomers and decodes lose precedence."""


class Scheduler:
    """Jobs with an open question, and how much each owner has been served.

    Attributes:
        seats: Open questions by job id, oldest first.
    """

    def __init__(self) -> None:
        self.seats: dict[str, Seat] = {}
        self._served: defaultdict[str, float] = defaultdict(float)

    def add(self, seat: Seat) -> None:
        """A job asks. An owner who was away starts level with the least served one, without saved-up turns."""
        if not any(other.owner == seat.owner for other in self.seats.values()):
            present = {other.owner for other in self.seats.values()}
            floor = min((self._served[owner] for owner in present), default=0.0)
            self._served[seat.owner] = max(self._served[seat.owner], floor)
        self.seats[seat.id] = seat

    def remove(self, job: str) -> None:
        """A job is done or gone; unknown ids are fine."""
        seat = self.seats.pop(job, None)
        if seat and not self.seats:
            self._served.clear()

    def schedule(self, cap: Callable[[BatchKey], int]) -> list[Seat]:
        """The jobs whose questions to answer now, together; empty when nobody asks.

        Args:
            cap: Most rows a pass of this key may have; a single job always goes, however many rows it takes.
        """
        order = sorted(self.seats.values(), key=self._precedence)
        if not order:
            return []
        key = order[0].key
        room = max(cap(key), order[0].rows)
        alike = [seat for seat in order if seat.key == key]
        counts = Counter(seat.owner for seat in alike)
        share = min(counts.values())
        if len(counts) == 1:
            share = len(alike)
        chosen: list[Seat] = []
        taken: Counter[str] = Counter()
        for seat in alike:
            if seat.rows <= room and taken[seat.owner] < share:
                chosen.append(seat)
                taken[seat.owner] += 1
                room -= seat.rows
        for seat in chosen:
            self._served[seat.owner] += seat.cost
        return chosen

    def ahead_of(self, owner: str) -> int:
        """Questions of this owner and others that a new job of this owner would wait behind."""
        mine = sum(seat.owner == owner for seat in self.seats.values())
        others = Counter(seat.owner for seat in self.seats.values() if seat.owner != owner)
        return mine + sum(min(count, mine + 1) for count in others.values())

    def _precedence(self, seat: Seat) -> tuple[int, float, int]:
        rank = 0 if seat.fresh else 1 if seat.key.kind == "decode" else 2
        ahead = self._served[seat.owner] - self._least_served()
        if ahead > HEAD_START * seat.step:
            # Who keeps coming anew has had more than others already: no privilege without end.
            rank = 2
        return rank, self._served[seat.owner], seat.arrival

    def _least_served(self) -> float:
        return min(self._served[seat.owner] for seat in self.seats.values())
