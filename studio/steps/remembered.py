"""Remembers what is costly to make: made once however many ask for it at the same time, forgotten when there is no more room."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """Values by key; the one used longest ago is forgotten first, the newest never. Many threads may use it."""

    def __init__(self, limit: int, size: Callable[[T], int]) -> None:
        """Nothing remembered yet.

        Args:
            limit: Bytes the values may take together; more only while a single one is larger.
            size: Bytes of a value.
        """
        self._limit = limit
        self._size = size
        self._lock = threading.Lock()
        self._values: dict[Hashable, Future[T]] = {}
        self._taken = 0

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key: remembered, on its way for somebody else, or made now; what `make` raises is not remembered."""
        with self._lock:
            value = self._values.pop(key, None)
            mine = value is None
            value = value or Future()
            self._values[key] = value
        if mine:
            self._fulfil(key, value, make)
        return value.result()

    def _fulfil(self, key: Hashable, value: Future[T], make: Callable[[], T]) -> None:
        try:
            made = make()
        except BaseException as error:
            with self._lock:
                self._values.pop(key, None)
            value.set_exception(error)
            return
        value.set_result(made)
        with self._lock:
            self._taken += self._size(made)
            for old in [one for one, value in self._values.items() if value.done() and one != key]:
                if self._taken <= self._limit:
                    break
                self._taken -= self._size(self._values.pop(old).result())
