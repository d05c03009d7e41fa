"""What is in a picture: the one record that a scene fills in, captions are worded from, and judges are trained on.

Standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Item:
    """Some equal things: "two red apples" is Item("apple", 2, "red")."""

    name: str
    count: int = 1
    colour: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a picture shows.

    Attributes:
        place: Name in `words.PLACES`, or "table" (still life), or "abstract".
        time: Name in `words.TIMES`; None where there is no sky.
        items: The main subject first; empty for a pure landscape.
        side: "left" or "right" when the main subject clearly is there, else None.
        distance: "near" or "far" when the main subject clearly is, else None.
        extras: Words for what else can be seen ("sun", "red flowers", "circles").
        palette: Colour mood of an abstract composition, else None.
        style: Name in `words.STYLES`.
    """

    place: str
    time: str | None = None
    items: tuple[Item, ...] = ()
    side: str | None = None
    distance: str | None = None
    extras: tuple[str, ...] = ()
    palette: str | None = None
    style: str = "digital painting"

    def mirrored(self) -> Facts:
        """The same picture flipped left to right."""
        swapped = {"left": "right", "right": "left", None: None}[self.side]
        return replace(self, side=swapped)
