"""Events on their way from the engine's thread to whoever listens; never larger than a few entries per picture.

News that has been overtaken is dropped: of several unread steps of one picture only the last stays,
so a slow reader costs neither memory nor the engine's time. Ends of pictures are never dropped.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

from studio.core.events import LAST_EVENTS, Event, Loading, Queued, Step

_OVERTAKEN = (Step, Queued, Loading)


class Mailbox:
    """One reader, one or more writers."""

    def __init__(self, pictures: int) -> None:
        """A mailbox that ends after the last events of this many pictures."""
        self._lock = threading.Condition()
        self._unread: list[Event] = []
        self._running = pictures
        self._wake: Callable[[], None] | None = None

    def put(self, event: Event) -> None:
        """Add an event; never blocks."""
        with self._lock:
            if isinstance(event, _OVERTAKEN):
                for other in self._unread:
                    if other.picture == event.picture and type(other) is type(event):
                        event = _carried_over(other, event)
                        self._unread.remove(other)
                        break
            self._unread.append(event)
            self._lock.notify_all()
            wake = self._wake
        if wake:
            wake()

    def wants_preview(self, picture: int) -> bool:
        """True when the reader has seen the last step of this picture; until then a new preview is wasted."""
        with self._lock:
            return not any(
                isinstance(event, Step) and event.picture == picture for event in self._unread
            )

    def __iter__(self) -> Iterator[Event]:
        """Events in order until every picture has ended; blocks while there are none."""
        while self._running:
            with self._lock:
                while not self._unread:
                    self._lock.wait()
            yield from self._take()

    async def __aiter__(self) -> AsyncIterator[Event]:
        """As iterating, without blocking the event loop."""
        loop = asyncio.get_running_loop()
        news = asyncio.Event()

        def wake() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(news.set)

        with self._lock:
            self._wake = wake
        try:
            while self._running:
                news.clear()
                events = self._take()
                for event in events:
                    yield event
                if not events:
                    await news.wait()
        finally:
            with self._lock:
                self._wake = None

    def _take(self) -> list[Event]:
        with self._lock:
            events, self._unread = self._unread, []
            self._running -= sum(isinstance(event, LAST_EVENTS) for event in events)
        return events


def _carried_over(unread: Event, newer: Event) -> Event:
    """The newer event; a step brings along the preview of the one it overtakes."""
    if isinstance(unread, Step) and isinstance(newer, Step) and newer.preview is None:
        return replace(newer, preview=unread.preview)
    return newer
