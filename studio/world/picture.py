"""`paint`: one seed, one picture with its caption. The painted world's only door.

The same seed, size and wishes always give the same pixels and the same words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from studio.world.canvas import Box, Image
from studio.world.captions import caption
from studio.world.facts import Facts
from studio.world.painters import PAINTERS
from studio.world.scene import Wish, compose

SIZES: tuple[tuple[int, int], ...] = ((256, 256), (208, 304), (304, 208), (192, 320), (320, 192))


@dataclass(frozen=True, slots=True)
class Painted:
    """A painted picture.

    Attributes:
        image: RGB pixels (H, W, 3) uint8.
        caption: A true sentence about it.
        labels: Everything that is in it.
        boxes: Where its subjects are.
    """

    image: Image
    caption: str
    labels: Facts
    boxes: tuple[Box, ...] = ()


def paint(
    seed: int,
    *,
    style: str | None = None,
    size: tuple[int, int] = (256, 256),
    place: str | None = None,
    time: str | None = None,
    subject: str | None = None,
) -> Painted:
    """Paint one picture.

    Args:
        seed: Decides everything that is not given.
        style: Name in `words.STYLES`.
        size: (width, height) in pixels.
        place: Name in `words.PLACES`, "table" or "abstract".
        time: Name in `words.TIMES`.
        subject: Name in `words.SUBJECTS`.

    Raises:
        ValueError: A name is unknown, or the subject cannot be in the place.
        FontMissing: The emoji font is not installed and the subject needs it.
    """
    cv2.setNumThreads(1)  # Many small calls: threads would only wait for each other.
    composing, painting, wording = np.random.default_rng(seed).spawn(3)
    name = style or str(painting.choice(list(PAINTERS)))
    if name not in PAINTERS:
        raise ValueError(f"Unknown style {name!r}; known: {', '.join(PAINTERS)}")
    scene = compose(composing, size, Wish(place, time, subject))
    image = PAINTERS[name](scene.pixels, painting)
    facts = replace(scene.facts, style=name)
    return Painted(image, caption(facts, wording), facts, scene.boxes)
