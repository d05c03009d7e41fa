"""Room for films being made: a few at a time, one per person. Who finds none is told so at once and asks again.

A film takes seconds and a thread of the server; whoever waited for one would hold a thread too, and then nobody is answered.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from studio.core.errors import StudioError
from studio.ui import boundary

FILMS = 2
"""Films made at the same time."""

AGAIN = 2
"""Seconds after which it is worth asking again."""


class Busy(StudioError):
    """There is no room for a film just now."""


class Films:
    """The films being made. Methods may be called from any thread."""

    def __init__(self) -> None:
        """None is being made."""
        self._lock = threading.Lock()
        self._owners: set[str] = set()

    @contextmanager
    def room(self, owner: str) -> Iterator[None]:
        """Room for one film of this owner.

        Raises: Busy, at once.
        """
        with self._lock:
            if owner in self._owners or len(self._owners) >= FILMS:
                raise Busy("Another film is being made.", hint="Trying again.")
            self._owners.add(owner)
        try:
            yield
        finally:
            with self._lock:
                self._owners.remove(owner)


def refused(error: Busy, language: str) -> Response:
    """What the page is told: what happened, and when to ask again."""
    return JSONResponse(
        boundary.told(error, language),
        HTTPStatus.SERVICE_UNAVAILABLE,
        {"Cache-Control": "no-store", "Retry-After": str(AGAIN)},
    )
