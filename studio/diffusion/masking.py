"""Masks and canvases: which part of a picture is painted anew, and how the new part goes into the old.

The promise: pixels where the coverage is 0 are copied, never computed, so they stay equal to the byte. Distances are
counted along rows and columns (square neighbourhoods), which integral images give exactly and fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from studio.core.events import Proof
from studio.core.recipes import Inpaint, Outpaint

if TYPE_CHECKING:
    from studio.diffusion.questions import Pixels

Mask = np.ndarray[Any, np.dtype[np.bool_]]
"""(H, W), true = paint anew."""

Coverage = np.ndarray[Any, np.dtype[np.float32]]
"""(H, W), share of the new picture in the result, 0 to 1."""

CONTEXT = 0.35
"""Share of the mask's own size that is looked at around it."""

MATCHED = 48
"""Half the pixels over which the new part's colours are led to those at the edge of the old."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """What a model is given of a picture, and where its answer goes.

    Attributes:
        picture: The whole picture, (H, W, 3); pixels of coverage 1 are placeholders.
        coverage: Share of the new in every pixel of the picture.
        box: Left, top, right, bottom of the part the model works on.
        start: That part at the model's size, as painting starts.
        mask: Where it is painted anew, at the model's size.
    """

    picture: Pixels
    coverage: Coverage
    box: tuple[int, int, int, int]
    start: Pixels
    mask: Mask

    @property
    def masked(self) -> Pixels:
        """The part with grey where it is painted anew: what inpainting models see of the picture."""
        grey = np.full_like(self.start, 128)
        return np.where(self.mask[..., None], grey, self.start)

    def latent_mask(self, height: int, width: int) -> Mask:
        """(height, width), true where any pixel of the cell is painted anew."""
        return _shrunk_mask(self.mask, (width, height))

    def filled(self, painted: Pixels) -> Pixels:
        """The whole picture with the painted part in its place, colours led to the edge."""
        left, top, right, bottom = self.box
        new = resized(painted, (right - left, bottom - top))
        rows, columns = _near(self.coverage[top:bottom, left:right] > 0, 2 * MATCHED)
        result = self.picture.copy()
        part = result[top:bottom, left:right][rows, columns]
        share = self.coverage[top:bottom, left:right][rows, columns]
        old, fresh = part.astype(np.float32), new[rows, columns].astype(np.float32)
        fresh += _edge_correction(old - fresh, share < 1)
        blend = old * (1 - share[..., None]) + fresh * share[..., None]
        covered = share > 0
        part[covered] = blend[covered].round().clip(0, 255).astype(np.uint8)
        return result


def fitted_size(width: int, height: int, area: int, multiple: int = 16) -> tuple[int, int]:
    """Width and height of about `area` pixels near this aspect ratio, multiples of `multiple`, at least 4 of them."""
    scale = (area / (width * height)) ** 0.5
    low = 4 * multiple

    def fit(side: float) -> int:
        return min(max(low, round(side / multiple) * multiple), 2048)

    wide, high = width * scale, height * scale
    if wide < low:
        wide, high = low, area / low
    elif high < low:
        wide, high = area / low, low
    return fit(wide), fit(high)


def resized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Pixels at another width and height (Lanczos)."""
    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def own_aspect(source: Pixels, painted: Pixels) -> tuple[int, int]:
    """Width and height of about the painted area in the source's own aspect ratio."""
    height, width = source.shape[:2]
    scale = (painted.shape[0] * painted.shape[1] / (width * height)) ** 0.5
    return max(1, round(width * scale)), max(1, round(height * scale))


def effective_mask(recipe: Inpaint, mask: Mask) -> Mask:
    """The mask after inverting, dropping single-pixel specks, and growing or shrinking."""
    mask = ~mask if recipe.invert else mask
    mask = mask & (box_sum(mask, 1) > 1)
    if recipe.grow > 0:
        mask = np.asarray(box_sum(mask, recipe.grow) > 0)
    if recipe.grow < 0:
        mask = np.asarray(box_sum(~mask, -recipe.grow) == 0)
    return mask


def specks(recipe: Inpaint, mask: Mask) -> int:
    """Single pixels in the mask that are ignored."""
    mask = ~mask if recipe.invert else mask
    return int((mask & (box_sum(mask, 1) == 1)).sum())


def coverage(mask: Mask, feather: int) -> Coverage:
    """1 on the mask, falling to exactly 0 within `feather` pixels around it."""
    # Widened by at least the radius it is then averaged over: what was white stays wholly covered.
    half = feather // 2
    wide = box_sum(mask, feather - half) > 0
    counts = box_sum(wide, half) / box_sum(np.ones_like(wide), half)
    soft: Coverage = counts.astype(np.float32)
    return soft


def box_sum(mask: Mask, radius: int) -> np.ndarray[Any, Any]:
    """Number of true pixels within `radius` rows and columns of every pixel; the picture ends at its edges."""
    height, width = mask.shape
    sums = np.zeros((height + 1, width + 1), np.int64)
    sums[1:, 1:] = mask.cumsum(0).cumsum(1)
    return _window(sums, radius)


def inpainting_canvas(recipe: Inpaint, source: Pixels, mask: Mask, size: tuple[int, int]) -> Canvas:
    """What the model is given for an inpainting recipe.

    Args:
        size: Width and height the model paints at.
    """
    white = effective_mask(recipe, mask)
    share = coverage(white, recipe.feather)
    box = painting_box(recipe, white)
    left, top, right, bottom = box
    part = _started(recipe, source, share > 0)[top:bottom, left:right]
    small = _shrunk_mask((share > 0)[top:bottom, left:right], size)
    return Canvas(source, share, box, resized(np.ascontiguousarray(part), size), small)


def outpainting_canvas(recipe: Outpaint, source: Pixels, size: tuple[int, int]) -> Canvas:
    """What the model is given for an outpainting recipe: the picture on a larger ground drawn out of its edges."""
    ground, new = extended(recipe, source)
    ground = np.where(new[..., None], _softened(ground, new), ground)
    height, width = new.shape
    start = resized(ground, size)
    share = new.astype(np.float32)
    return Canvas(ground, share, (0, 0, width, height), start, _shrunk_mask(new, size))


def extended(recipe: Outpaint, source: Pixels) -> tuple[Pixels, Mask]:
    """The source on its larger ground, edges drawn out, and where that ground is new."""
    sides = ((recipe.top, recipe.bottom), (recipe.left, recipe.right))
    ground = np.pad(source, (*sides, (0, 0)), mode="edge")
    return ground, np.pad(np.zeros(source.shape[:2], bool), sides, constant_values=True)


def painting_box(recipe: Inpaint, white: Mask) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what the model looks at: the picture, or the mask with context around it."""
    height, width = white.shape
    if recipe.region == "picture" or not white.any():
        return 0, 0, width, height
    rows, columns = np.flatnonzero(white.any(1)), np.flatnonzero(white.any(0))
    longer = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    margin = max(32, round(longer * CONTEXT)) + recipe.feather

    def span(first: int, last: int, limit: int) -> tuple[int, int]:
        # As long as the other side, where there is room: models paint squarish parts best.
        more = margin + (longer - (last - first + 1)) // 2
        return max(0, first - more), min(limit, last + 1 + more)

    top, bottom = span(int(rows[0]), int(rows[-1]), height)
    left, right = span(int(columns[0]), int(columns[-1]), width)
    return left, top, right, bottom


def proof(source: Pixels, result: Pixels, share: Coverage) -> Proof:
    """Count what changed where nothing should have, and measure the step across the mask's edge.

    Args:
        source: The picture before, (H, W, 3); result: after, same size; share: the coverage.
    """
    changed = (source != result).any(-1) & (share == 0)
    white = share >= 1
    steps = [
        _steps(result[1:], result[:-1], white[1:] != white[:-1]),
        _steps(result[:, 1:], result[:, :-1], white[:, 1:] != white[:, :-1]),
    ]
    across = np.concatenate(steps)
    return Proof(int(changed.sum()), round(float(across.mean()), 2) if across.size else 0.0)


def _steps(one: Pixels, other: Pixels, where: Mask) -> np.ndarray[Any, Any]:
    """Absolute differences of neighbouring pixels on the two sides of an edge."""
    return np.abs(one[where].astype(np.int16) - other[where].astype(np.int16))


def _started(recipe: Inpaint, source: Pixels, covered: Mask) -> Pixels:
    """The source with what painting starts from under the mask."""
    if recipe.start == "colour":
        rgb = [int(recipe.colour[i : i + 2], 16) for i in (1, 3, 5)]
        return np.where(covered[..., None], np.array(rgb, np.uint8), source)
    if recipe.start == "blur":
        return np.where(covered[..., None], _softened(source, covered), source)
    return source


def _softened(pixels: Pixels, unknown: Mask) -> Pixels:
    """What surrounds the unknown part, spread into it: wider and wider averages of the known pixels."""
    filled = pixels.astype(np.float64)
    known = ~unknown
    radius = 4
    while not known.all() and radius < 2 * max(pixels.shape):
        weight = box_sum(known, radius)
        total = _box_mean_sum(filled * known[..., None], radius)
        reach = (weight > 0) & ~known
        filled[reach] = (total / np.maximum(weight, 1)[..., None])[reach]
        known = known | reach
        radius *= 2
    smooth = _box_mean_sum(filled, 6) / box_sum(np.ones_like(known), 6)[..., None]
    return np.asarray(smooth.round().clip(0, 255), np.uint8)


def _box_mean_sum(values: np.ndarray[Any, Any], radius: int) -> np.ndarray[Any, Any]:
    height, width, channels = values.shape
    sums = np.zeros((height + 1, width + 1, channels))
    np.cumsum(np.cumsum(values, 0, dtype=np.float64), 1, out=sums[1:, 1:])
    return _window(sums, radius)


def _window(sums: np.ndarray[Any, Any], radius: int) -> np.ndarray[Any, Any]:
    """Sums over square windows, cut at the edges, from an integral image one larger on both sides."""
    height, width = sums.shape[0] - 1, sums.shape[1] - 1
    rows, columns = np.arange(height), np.arange(width)
    top, bottom = np.maximum(rows - radius, 0), np.minimum(rows + radius + 1, height)
    left, right = np.maximum(columns - radius, 0), np.minimum(columns + radius + 1, width)
    lines = sums[bottom] - sums[top]
    window: np.ndarray[Any, Any] = lines[:, right] - lines[:, left]
    return window


def _near(mask: Mask, margin: int) -> tuple[slice, slice]:
    """Rows and columns of the box around what is true, `margin` wider; everything when nothing is."""
    if not mask.any():
        return slice(None), slice(None)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + 1 + margin),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + 1 + margin),
    )


def _edge_correction(difference: np.ndarray[Any, Any], known: Mask) -> np.ndarray[Any, Any]:
    """What to add to the new part so that its colours meet the old at the edge; fades over `MATCHED` pixels.

    Args:
        difference: Old minus new where both are known, (H, W, 3).
        known: Where the old picture is real.
    """
    if known.all() or not known.any():
        return np.zeros_like(difference)
    # Beyond the picture's own edges all goes on as it is there.
    border = ((2 * MATCHED, 2 * MATCHED), (2 * MATCHED, 2 * MATCHED))
    known = np.pad(known, border, mode="edge")
    difference = np.pad(difference, (*border, (0, 0)), mode="edge")
    total, weight = np.zeros_like(difference), np.zeros(known.shape)
    # Averages of the known differences nearby, over windows of several sizes; the smallest count most.
    for radius in (1, 3, 8, 20, MATCHED):
        near = _smoothed(known[..., None].astype(float), radius)[..., 0]
        total += _smoothed(difference * known[..., None], radius) / radius
        weight += near / radius
    fade = np.clip(2 * near, 0, 1)[..., None]
    met: np.ndarray[Any, Any] = total / np.maximum(weight, 1e-9)[..., None] * fade
    inner = slice(2 * MATCHED, -2 * MATCHED)
    return met[inner, inner]


def _smoothed(values: np.ndarray[Any, Any], radius: int) -> np.ndarray[Any, Any]:
    """Averages under a tent of twice this radius: no steps where a window ends. (H, W, C)."""
    count = _window_counts(values.shape[0], values.shape[1], radius)
    once = _box_mean_sum(values, radius) / count
    twice: np.ndarray[Any, Any] = _box_mean_sum(once, radius) / count
    return twice


def _window_counts(height: int, width: int, radius: int) -> np.ndarray[Any, Any]:
    counts: np.ndarray[Any, Any] = box_sum(np.ones((height, width), bool), radius)[..., None]
    return counts


def _shrunk_mask(mask: Mask, size: tuple[int, int]) -> Mask:
    """The mask at another width and height, white where any of the pixels a new one stands for is."""
    (height, width), (columns, rows) = mask.shape, size
    sums = np.zeros((height + 1, width + 1), np.int64)
    sums[1:, 1:] = mask.cumsum(0).cumsum(1)
    top, left = np.arange(rows) * height // rows, np.arange(columns) * width // columns
    bottom = -(-(np.arange(rows) + 1) * height // rows)
    right = -(-(np.arange(columns) + 1) * width // columns)
    lines = sums[bottom] - sums[top]
    return np.asarray(lines[:, right] - lines[:, left] > 0)
