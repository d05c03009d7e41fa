"""A registry: names to things, fixed at import, that explains itself when asked for a name it does not have."""

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from studio.core.errors import UnknownName

T = TypeVar("T")


class Registry(Mapping[str, T], Generic[T]):
    """An immutable mapping whose missing names raise `UnknownName` with the nearest known one.

    Attributes:
        kind: What the names name, in a person's words; it is also the recipe field they are chosen in.
    """

    def __init__(self, kind: str, items: Mapping[str, T]) -> None:
        self.kind = kind
        self._items = dict(items)

    def __getitem__(self, name: str) -> T:
        try:
            return self._items[name]
        except (KeyError, TypeError):
            raise UnknownName(self.kind, name, self._items) from None

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)
