"""Painters that lay brush marks: digital, oil, impressionist, swirling, pointillist and pastel.

After Hertzmann 1998 (painterly rendering with strokes of multiple sizes): big marks first, small ones only where the picture has
detail, each mark along the flow of the picture and in the colour found under it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from studio.world.canvas import Image, Plane, noise
from studio.world.painters.fields import (
    detail,
    finish,
    flattened,
    flow,
    grain,
    tone,
    unit_of,
    vivid,
)


@dataclass(frozen=True, slots=True)
class Brush:
    """One layer of marks.

    Attributes:
        count: Marks on a 256x256 picture.
        length: Of a mark, in pixels on a 256 picture.
        width: Of a mark, likewise.
        jitter: Spread of colour, in levels.
        hue: Extra spread of each channel on its own (broken colour), in levels.
        turn: Spread of direction, in radians.
        sharp: 0 spreads marks evenly, 1 puts them where there is detail.
    """

    count: int
    length: float
    width: float
    jitter: float = 8
    hue: float = 4
    turn: float = 0.15
    sharp: float = 0.0


def _places(
    rng: np.random.Generator, shape: tuple[int, int], count: int, sharp: float, edges: Plane
) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of `count` marks."""
    height, width = shape
    rows, columns = rng.integers(0, height, count), rng.integers(0, width, count)
    if sharp <= 0:
        return rows, columns
    more = 3
    rows, columns = rng.integers(0, height, count * more), rng.integers(0, width, count * more)
    keep = rng.random(count * more) < (1 - sharp) / more + sharp * edges[rows, columns]
    return rows[keep][:count], columns[keep][:count]


def lay(
    out: Image, source: Image, angles: Plane, edges: Plane, brush: Brush, rng: np.random.Generator
) -> None:
    """Paint one layer of straight marks onto `out`, in place."""
    unit = unit_of(out)
    area = out.shape[0] * out.shape[1] / 65536 / unit**2
    soft = cv2.GaussianBlur(source, (0, 0), max(0.7, brush.width * 0.3 * unit))
    rows, columns = _places(rng, out.shape[:2], int(brush.count * area), brush.sharp, edges)
    count = len(rows)
    turned = angles[rows, columns] + rng.normal(0, brush.turn, count)
    lengths = brush.length * unit * rng.uniform(0.6, 1.35, count) / 2
    lengths *= 1 - 0.45 * edges[rows, columns]
    widths = np.maximum(1, np.round(brush.width * unit * rng.uniform(0.7, 1.3, count))).astype(int)
    colours = (
        soft[rows, columns]
        + rng.normal(0, brush.jitter, (count, 1))
        + rng.normal(0, brush.hue, (count, 3))
    )
    colours = np.clip(colours, 0, 255).tolist()
    dx, dy = np.cos(turned) * lengths * 8, np.sin(turned) * lengths * 8
    starts = np.stack([columns * 8 - dx, rows * 8 - dy], 1).astype(int).tolist()
    ends = np.stack([columns * 8 + dx, rows * 8 + dy], 1).astype(int).tolist()
    for start, end, colour, width in zip(starts, ends, colours, widths.tolist(), strict=True):
        cv2.line(out, start, end, colour, width, cv2.LINE_AA, 3)


def relief(pixels: Image, strength: float) -> Image:
    """Light from above left on thick paint."""
    raised = cv2.filter2D(
        tone(pixels), -1, np.array([[-1, -1, 0], [-1, 0, 1], [0, 1, 1]], np.float32)
    )
    return finish(pixels.astype(np.float32) + np.clip(raised, -60, 60)[..., None] * strength)


def _toned(pixels: Image, rng: np.random.Generator, size: float, strength: float) -> Image:
    return finish(pixels + (grain(rng, pixels.shape[:2], size) * strength)[..., None])


def digital_painting(pixels: Image, rng: np.random.Generator) -> Image:
    """Smooth areas with broad soft marks, crisp edges, a bloom of light."""
    edges, angles = detail(pixels), flow(pixels)
    out = flattened(pixels, 3)
    lay(out, pixels, angles, edges, Brush(260, 30, 9, 5, 2, 0.25), rng)
    out = cv2.addWeighted(out, 0.45, flattened(pixels, 2), 0.55, 0)
    lay(out, pixels, angles, edges, Brush(900, 8, 2, 6, 2, 0.1, 0.95), rng)
    share = edges[..., None] * 0.75
    out = finish(out * (1 - share) + pixels * share)
    bright = np.clip(out.astype(np.float32) - 190, 0, 65)
    return finish(out + cv2.GaussianBlur(bright, (0, 0), 6 * unit_of(pixels)) * 0.7)


def oil_painting(pixels: Image, rng: np.random.Generator) -> Image:
    """Thick layered paint: broad bristle marks, finer ones on the subject, relief in side light."""
    edges, angles = detail(pixels), flow(pixels, 4)
    rich = vivid(pixels, 1.12, 0.98)
    out = flattened(rich, 6)
    lay(out, rich, angles, edges, Brush(900, 24, 9, 8, 3, 0.3), rng)
    lay(out, rich, angles, edges, Brush(1200, 14, 5, 9, 3, 0.2, 0.4), rng)
    lay(out, rich, angles, edges, Brush(1500, 9, 3, 8, 3, 0.12, 0.92), rng)
    return relief(flattened(out, 2), 0.4)


def impressionist_painting(pixels: Image, rng: np.random.Generator) -> Image:
    """Short dabs of broken colour, bright shadows, soft edges."""
    edges, angles = detail(pixels, 2), flow(pixels, 5)
    bright = vivid(pixels, 1.15, 1.06)
    bright = finish(bright * 0.92 + np.array([22, 18, 30], np.float32) * 0.9)
    out = cv2.GaussianBlur(bright, (0, 0), 4 * unit_of(pixels))
    lay(out, bright, angles, edges, Brush(1500, 13, 6, 12, 12, 0.4), rng)
    lay(out, bright, angles, edges, Brush(1900, 8, 4, 13, 13, 0.35, 0.3), rng)
    lay(out, bright, angles, edges, Brush(1500, 6, 3, 11, 9, 0.3, 0.9), rng)
    return _toned(out, rng, 0.8, 3)


def _swirl_field(pixels: Image, edges: Plane, rng: np.random.Generator) -> Plane:
    """Direction field: curls of smooth noise, circles around bright lights, the picture's own flow at edges."""
    height, width = pixels.shape[:2]
    unit = unit_of(pixels)
    bumps = cv2.GaussianBlur(noise(rng, (height, width), 3, 2), (0, 0), 7 * unit) * 60
    dy, dx = np.gradient(bumps)
    along_x, along_y = -dy, dx
    light = cv2.GaussianBlur(tone(pixels), (0, 0), 5 * unit)
    row, column = np.unravel_index(int(light[: height // 2].argmax()), (height // 2, width))
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    away_x, away_y = columns - column, rows - row
    reach = np.exp(-(away_x**2 + away_y**2) / (2 * (46 * unit) ** 2)) * 3
    radius = np.sqrt(away_x**2 + away_y**2) + 1
    along_x, along_y = along_x - reach * away_y / radius, along_y + reach * away_x / radius
    own = flow(pixels, 3)
    near_edges = np.clip(cv2.GaussianBlur(edges, (0, 0), 3 * unit) * 2.2, 0, 1)
    sign = np.where(np.cos(own) * along_x + np.sin(own) * along_y < 0, -1, 1)
    size = np.sqrt(along_x**2 + along_y**2) + 1e-3
    mixed_x = along_x / size * (1 - near_edges) + sign * np.cos(own) * near_edges
    mixed_y = along_y / size * (1 - near_edges) + sign * np.sin(own) * near_edges
    return np.asarray(np.arctan2(mixed_y, mixed_x), np.float32)


def _trace(
    out: Image, source: Image, angles: Plane, edges: Plane, brush: Brush, rng: np.random.Generator
) -> None:
    """Paint curved marks that follow the field for several steps."""
    unit, steps = unit_of(out), 5
    height, width = out.shape[:2]
    area = height * width / 65536 / unit**2
    rows, columns = _places(rng, (height, width), int(brush.count * area), brush.sharp, edges)
    soft = cv2.GaussianBlur(source, (0, 0), max(0.7, brush.width * 0.3 * unit))
    count = len(rows)
    colours = (
        soft[rows, columns]
        + rng.normal(0, brush.jitter, (count, 1))
        + rng.normal(0, brush.hue, (count, 3))
    )
    x, y = columns.astype(np.float32), rows.astype(np.float32)
    stride = brush.length * unit / steps * (1 - 0.5 * edges[rows, columns])
    path = [np.stack([x, y], 1)]
    for _ in range(steps):
        angle = angles[np.clip(y, 0, height - 1).astype(int), np.clip(x, 0, width - 1).astype(int)]
        x, y = x + np.cos(angle) * stride, y + np.sin(angle) * stride
        path.append(np.stack([x, y], 1))
    paths = np.round(np.stack(path, 1) * 8).astype(np.int32)
    widths = (
        np.maximum(1, np.round(brush.width * unit * rng.uniform(0.7, 1.3, count)))
        .astype(int)
        .tolist()
    )
    for points, colour, size in zip(paths, np.clip(colours, 0, 255).tolist(), widths, strict=True):
        cv2.polylines(out, [points], False, colour, size, cv2.LINE_AA, 3)


def swirling_painting(pixels: Image, rng: np.random.Generator) -> Image:
    """Long curling strokes of strong colour around the lights of the sky."""
    edges = detail(pixels)
    strong = vivid(pixels, 1.4, 1.05)
    angles = _swirl_field(pixels, edges, rng)
    out = cv2.GaussianBlur(strong, (0, 0), 3 * unit_of(pixels))
    _trace(out, strong, angles, edges, Brush(1000, 26, 5.5, 16, 7), rng)
    _trace(out, strong, angles, edges, Brush(1100, 20, 3.2, 26, 9, sharp=0.1), rng)
    _trace(out, strong, angles, edges, Brush(700, 12, 2.6, 12, 5, sharp=0.95), rng)
    return relief(out, 0.2)


def pointillism(pixels: Image, rng: np.random.Generator) -> Image:
    """Separate round dots on a pale ground, smaller on the subject, their hues spread around the true colour."""
    unit, edges = unit_of(pixels), detail(pixels, 2)
    source = vivid(pixels, 1.3, 1.04)
    out = finish(
        cv2.GaussianBlur(source, (0, 0), 5 * unit) * 0.55
        + np.array([244, 236, 218], np.float32) * 0.45
    )
    soft = cv2.GaussianBlur(source, (0, 0), 1.0 * unit)
    for spacing, radius, spread, sharp in ((4.6, 2.5, 21, False), (3.6, 1.7, 16, True)):
        step = spacing * unit
        rows, columns = np.mgrid[0 : pixels.shape[0] : step, 0 : pixels.shape[1] : step]
        rows = np.clip(
            rows + rng.normal(0, step * 0.25, rows.shape), 0, pixels.shape[0] - 1
        ).ravel()
        columns = np.clip(
            columns + rng.normal(0, step * 0.25, columns.shape), 0, pixels.shape[1] - 1
        ).ravel()
        order = rng.permutation(len(rows))
        if sharp:
            order = order[edges[rows[order].astype(int), columns[order].astype(int)] > 0.22]
        rows, columns = rows[order], columns[order]
        colours = soft[rows.astype(int), columns.astype(int)] + rng.normal(
            0, spread, (len(order), 3)
        )
        sizes = (
            np.maximum(4, radius * unit * 8 * rng.uniform(0.75, 1.15, len(order)))
            .astype(int)
            .tolist()
        )
        centres = np.stack([columns * 8, rows * 8], 1).astype(int).tolist()
        for centre, size, colour in zip(
            centres, sizes, np.clip(colours, 0, 255).tolist(), strict=True
        ):
            cv2.circle(out, centre, size, colour, -1, cv2.LINE_AA, 3)
    return out


def pastel(pixels: Image, rng: np.random.Generator) -> Image:
    """Chalky side-of-the-stick strokes on toned paper whose tooth shows through."""
    edges = detail(pixels)
    unit = unit_of(pixels)
    soft = finish(vivid(pixels, 0.92, 1.0) * 0.84 + 42.0)
    papers = ((208, 196, 178), (186, 190, 200), (214, 202, 196))
    paper = np.array(papers[int(rng.integers(3))], np.float32)
    out = finish(cv2.GaussianBlur(soft, (0, 0), 5 * unit) * 0.7 + paper * 0.3)
    slant = np.full(pixels.shape[:2], rng.uniform(-1.0, -0.6), np.float32)
    own = flow(pixels, 3)
    angles = np.where(edges > 0.25, own, slant)
    lay(out, soft, angles, edges, Brush(1100, 20, 6, 9, 5, 0.2), rng)
    lay(out, soft, angles, edges, Brush(1400, 12, 3, 10, 5, 0.15, 0.75), rng)
    tooth = grain(rng, pixels.shape[:2], 0.7) * 0.7 + grain(rng, pixels.shape[:2], 1.6) * 0.5
    bare = np.clip(tooth - 0.75, 0, 1)[..., None] * 0.55 * (1 - 0.6 * edges[..., None])
    return finish(out * (1 - bare) + paper * bare + (tooth * 3)[..., None])
