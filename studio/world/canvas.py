"""A picture being painted: RGB pixels, one random generator, one light, and the few marks everything is made of.

Lengths are pixels; `unit` is the short side over 256, so that marks keep their look at every size. Same generator state, same
marks: nothing here reads a clock or a global random state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.world.light import Colour, Light

# OpenCV's stubs lose the element type, so it is said here and not checked.
Box = tuple[
    int, int, int, int
]  # Left, top, right, bottom in pixels; the last two are just outside.
Image = NDArray[Any]  # RGB (H, W, 3) uint8.
Plane = NDArray[Any]  # (H, W) or (H, W, 3) float32.
Point = tuple[float, float]

SHIFT = 3  # OpenCV takes sub-pixel coordinates as integers scaled by 2 ** SHIFT.


def paint_value(colour: Any) -> tuple[float, float, float]:
    """An OpenCV colour from any three numbers, clipped to [0, 255]."""
    red, green, blue = (min(255.0, max(0.0, float(value))) for value in colour)
    return red, green, blue


def mixed(first: Any, second: Any, share: Any) -> Any:
    """`first` where share is 0, `second` where share is 1; broadcasts."""
    return first + (second - first) * share


def noise(
    rng: np.random.Generator, shape: tuple[int, int], base: float = 4, octaves: int = 5
) -> Plane:
    """Smooth noise (H, W) in [0, 1]: `base` bumps along the short side, halving in size per octave."""
    height, width = shape
    total = np.zeros(shape, np.float32)
    short = min(shape)
    for octave in range(octaves):
        bumps = base * 2**octave
        if bumps > short:
            break
        rows, columns = int(bumps * height / short) + 2, int(bumps * width / short) + 2
        grid = rng.standard_normal((rows, columns)).astype(np.float32)
        total += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC) * 0.5**octave
    low, high = float(total.min()), float(total.max())
    return (total - low) / (high - low + 1e-6)


def ridge(rng: np.random.Generator, width: int, roughness: float = 0.5, octaves: int = 6) -> Plane:
    """A mountain outline (width,): fractal, zero mean, about unit height."""
    along = np.linspace(0, 1, width)
    total = np.zeros(width)
    for octave in range(octaves):
        bumps = 2 ** (octave + 1)
        heights = rng.standard_normal(bumps + 1)
        total += roughness**octave * np.interp(along * bumps, np.arange(bumps + 1), heights)
    return np.asarray((total - total.mean()) / (total.std() + 1e-6), np.float32)


class Canvas:
    """RGB pixels (H, W, 3) uint8 with the marks that places and subjects are painted with.

    Attributes:
        boxes: Where subjects were placed, in the order they were painted.
    """

    def __init__(self, size: tuple[int, int], rng: np.random.Generator, light: Light) -> None:
        """Start black. `size` is (width, height) in pixels."""
        self.width, self.height = size
        self.unit = min(size) / 256
        self.rng = rng
        self.light = light
        self.pixels: Image = np.zeros((self.height, self.width, 3), np.uint8)
        self.boxes: list[Box] = []

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.height, self.width

    def lit(self, colour: Any, share: float = 1.0) -> Colour:
        """A surface colour under this light; `share` 0 leaves it as it is."""
        base = np.asarray(colour, np.float32)
        return np.asarray(base * mixed(1.0, self.light.ambient, share), np.float32)

    def distant(self, colour: Any, distance: float) -> Colour:
        """A lit surface colour seen through haze; distance in [0, 1], 1 at the horizon."""
        share = self.light.haziness * distance
        return np.asarray(mixed(self.lit(colour), self.light.haze, share), np.float32)

    def varied(self, colour: Any, amount: float = 10) -> Colour:
        """A colour near this one: brightness and each channel jittered by about `amount` levels."""
        jitter = self.rng.normal(0, amount) + self.rng.normal(0, amount * 0.4, 3)
        return np.asarray(colour + jitter, np.float32)

    def polygon(self, points: Sequence[Point] | NDArray[Any], colour: Any) -> None:
        """Fill a polygon of (x, y) points."""
        scaled = np.round(np.asarray(points, np.float64) * 2**SHIFT).astype(np.int32)
        cv2.fillPoly(self.pixels, [scaled], paint_value(colour), cv2.LINE_AA, SHIFT)

    def disc(self, x: float, y: float, radius: float, colour: Any, squash: float = 1.0) -> None:
        """Fill a disc, or with `squash` < 1 a flattened one."""
        scale = 2**SHIFT
        centre = (int(x * scale), int(y * scale))
        axes = (max(1, int(radius * scale)), max(1, int(radius * squash * scale)))
        cv2.ellipse(
            self.pixels, centre, axes, 0, 0, 360, paint_value(colour), -1, cv2.LINE_AA, SHIFT
        )

    def line(self, start: Point, end: Point, colour: Any, width: float = 1.0) -> None:
        """Draw a straight line."""
        scale = 2**SHIFT
        first = (int(start[0] * scale), int(start[1] * scale))
        last = (int(end[0] * scale), int(end[1] * scale))
        thickness = max(1, round(width))
        cv2.line(self.pixels, first, last, paint_value(colour), thickness, cv2.LINE_AA, SHIFT)

    def outline(self, heights: Plane, colour: Any, bottom: float | None = None) -> None:
        """Fill everything below a line given as a y for every column, down to `bottom`."""
        columns = np.arange(self.width, dtype=np.float32)
        floor = float(self.height if bottom is None else bottom)
        top = np.stack([columns, np.asarray(heights, np.float32)], 1)
        ends = np.array(
            [[self.width, float(heights[-1])], [self.width, floor], [0, floor]], np.float32
        )
        self.polygon(np.concatenate([top, ends]), colour)

    def mix(self, mask: Plane, colour: Any, rows: slice = slice(None)) -> None:
        """Blend a colour in where mask (h, w) is near 1; `rows` limits it to a band of the picture."""
        band = self.pixels[rows].astype(np.float32)
        blended = mixed(band, np.asarray(colour, np.float32), mask[..., None])
        self.pixels[rows] = np.clip(blended, 0, 255).astype(np.uint8)

    def shade(self, offset: Plane, rows: slice = slice(None)) -> None:
        """Add brightness (h, w), in levels, to a band of the picture."""
        band = self.pixels[rows].astype(np.float32) + offset[..., None]
        self.pixels[rows] = np.clip(band, 0, 255).astype(np.uint8)

    def glow(self, x: float, y: float, reach: float, colour: Any) -> None:
        """Add light around a point; `reach` is where it has fallen to a third, in pixels."""
        rows, columns = np.ogrid[: self.height, : self.width]
        distance = np.sqrt((columns - x) ** 2 + (rows - y) ** 2).astype(np.float32)
        lit = np.exp(-distance / max(1.0, reach))[..., None] * np.asarray(colour, np.float32)
        self.pixels = np.clip(self.pixels + lit, 0, 255).astype(np.uint8)
