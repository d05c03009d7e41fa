"""Places: what lies under and behind a subject. One function per name in `words.PLACES`.

A place paints itself below a sky that is already there and returns the `Ground` it offers: where things may stand, far and near,
and where they may float.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from studio.world.canvas import Canvas, Plane, mixed, noise, ridge
from studio.world.light import Colour, rgb


@dataclass(frozen=True, slots=True)
class Ground:
    """What a place offers to subjects, in pixels from the top.

    Attributes:
        horizon: Where sky and land meet.
        far: Where the feet of something far away stand.
        near: Where the feet of something near stand.
        colour: Colour of the ground, lit; used to bed subjects in.
        water: First and last row where something may float, or None.
        water_x: Middle of the water, as a share of the width.
        stands: False where there is only water, so that a standing subject needs a rock of its own.
        extras: Caption words for what the place holds beyond its name.
    """

    horizon: float
    far: float
    near: float
    colour: Colour
    water: tuple[float, float] | None = None
    water_x: float = 0.5
    stands: bool = True
    extras: tuple[str, ...] = ()


FLOWERS = {
    "red": (214, 44, 44),
    "yellow": (248, 212, 60),
    "white": (248, 246, 240),
    "purple": (146, 92, 204),
    "pink": (244, 140, 180),
    "blue": (84, 120, 220),
}


def _hills(
    canvas: Canvas, top: float, layers: int, far: Colour, near: Colour, rise: float, rough: float
) -> None:
    """Overlapping ridges from hazy far ones to near ones; `top` is the first baseline, `rise` their height."""
    bottom = canvas.height
    for layer in range(layers):
        depth = layer / max(1, layers - 1) if layers > 1 else 1.0
        base = mixed(top, top + (bottom - top) * 0.22, depth)
        heights = base - (ridge(canvas.rng, canvas.width, rough) * 0.5 + 0.3) * rise * mixed(
            1.0, 0.5, depth
        )
        colour = canvas.distant(canvas.varied(mixed(far, near, depth), 6), 1 - depth)
        canvas.outline(heights, colour)


def _ground(canvas: Canvas, top: float, far: Colour, near: Colour, grain: float = 14) -> None:
    """A plain from `top` to the bottom: hazy far away, textured and richer near the viewer."""
    first = int(max(0, top))
    count = canvas.height - first
    if count < 2:
        return
    depth = np.linspace(0, 1, count, dtype=np.float32)[:, None]
    colours = mixed(canvas.distant(far, 0.8), canvas.lit(near), depth)
    texture = noise(canvas.rng, (count, canvas.width), 5, 4) - 0.5
    bands = (
        cv2.resize(noise(canvas.rng, (max(8, count // 2), 8), 4, 2), (canvas.width, count)) - 0.5
    )
    tone = (texture * 1.2 + bands) * grain * (0.5 + depth) * float(canvas.light.ambient.mean())
    rows = canvas.pixels[first:].astype(np.float32)
    rows[:] = colours[:, None] + tone[..., None]
    canvas.pixels[first:] = np.clip(rows, 0, 255).astype(np.uint8)


def _water(canvas: Canvas, top: float, bottom: float, deep: Colour, mirror: float) -> None:
    """Water from `top` to `bottom`: the scene above mirrored, mixed with the water's own colour, and ripples."""
    first, last = int(top), int(min(canvas.height, bottom))
    count = last - first
    if count < 4:
        return
    above = canvas.pixels[max(0, first - count) : first][::-1]
    reflected = cv2.resize(above, (canvas.width, count)).astype(np.float32)
    depth = np.linspace(0, 1, count, dtype=np.float32)[:, None, None]
    colour = mixed(reflected, canvas.lit(deep), mixed(1 - mirror, 1 - mirror * 0.5, depth))
    rows = np.arange(count, dtype=np.float32)[:, None]
    frequency = mixed(1.5, 0.42, rows / count) / canvas.unit
    wobble = noise(canvas.rng, (count, canvas.width), 4, 3) * 9
    waves = np.sin(rows * frequency + wobble) * mixed(4, 16, rows / count)
    colour = colour + waves[..., None] * (0.45 + 0.55 * float(canvas.light.ambient.mean()))
    canvas.pixels[first:last] = np.clip(colour, 0, 255).astype(np.uint8)


def _glitter(canvas: Canvas, top: float, sun_x: float | None) -> None:
    """The sun's path on water: short bright dashes below the sun."""
    if sun_x is None:
        return
    for _ in range(48):
        y = mixed(top + 2, canvas.height, canvas.rng.random() ** 1.3)
        spread = mixed(8, 46, (y - top) / max(1, canvas.height - top)) * canvas.unit
        x = sun_x + canvas.rng.normal(0, spread * 0.45)
        length = canvas.rng.uniform(2, 8) * canvas.unit
        canvas.line(
            (x - length, y), (x + length, y), mixed(canvas.light.sun, 255, 0.15), 1.6 * canvas.unit
        )


def _flowers(canvas: Canvas, top: float, count: int) -> str:
    """Scatter flowers of one colour on a plain; returns the colour's name."""
    name = str(canvas.rng.choice(list(FLOWERS)))
    for depth in np.sort(canvas.rng.random(count) ** 0.8):
        y = mixed(top + 4, canvas.height + 4, depth)
        radius = mixed(0.9, 5.2, depth) * canvas.unit * canvas.rng.uniform(0.8, 1.2)
        x = canvas.rng.uniform(0, canvas.width)
        canvas.disc(x, y, radius, canvas.lit(canvas.varied(FLOWERS[name], 9)), 0.8)
    return f"{name} flowers"


def _path(canvas: Canvas, top: float) -> None:
    """A winding path from the viewer to the horizon."""
    steps = np.linspace(0, 1, 14)
    start, end = (
        canvas.width * canvas.rng.uniform(0.3, 0.7),
        canvas.width * canvas.rng.uniform(0.35, 0.65),
    )
    middle = mixed(start, end, steps) + np.sin(
        steps * canvas.rng.uniform(4, 7)
    ) * 34 * canvas.unit * (1 - steps)
    half = mixed(30, 2, steps**0.6) * canvas.unit
    y = mixed(canvas.height + 2, top + 2, steps**0.75)
    points = np.concatenate(
        [np.stack([middle - half, y], 1), np.stack([middle + half, y], 1)[::-1]]
    )
    canvas.polygon(points, canvas.lit(rgb(206, 178, 134)))


def _fir(canvas: Canvas, x: float, base: float, height: float, colour: Colour) -> None:
    """One background fir tree."""
    for tier in range(4):
        half = height * (0.1 + 0.055 * tier)
        top, low = base - height * (1 - 0.2 * tier), base - height * (0.6 - 0.19 * tier)
        canvas.polygon([(x, top), (x - half, low), (x + half, low)], colour * (1.12 - 0.07 * tier))


def _round_tree(canvas: Canvas, x: float, base: float, height: float, colour: Colour) -> None:
    """One background broad-leaved tree."""
    canvas.line(
        (x, base), (x, base - height * 0.5), canvas.lit(rgb(92, 68, 50)), max(1.0, height * 0.06)
    )
    for _ in range(7):
        dx, dy = canvas.rng.normal(0, height * 0.13), canvas.rng.normal(0, height * 0.1)
        canvas.disc(x + dx, base - height * 0.66 + dy, height * 0.2, canvas.varied(colour, 8))


def _woods(
    canvas: Canvas, top: float, colours: list[Colour], fir_share: float, clearing: bool
) -> None:
    """Rows of trees, hazy behind and dark in front; a clearing keeps the middle of the nearest row open."""
    for row in range(3):
        depth = row / 2
        base = mixed(top + 6 * canvas.unit, top + 0.2 * (canvas.height - top), depth)
        size = mixed(0.24, 0.5, depth) * canvas.height
        for _ in range(int(mixed(22, 9, depth) * canvas.width / canvas.height)):
            x = canvas.rng.uniform(-0.05, 1.05) * canvas.width
            if clearing and row == 2 and abs(x / canvas.width - 0.5) < 0.24:
                continue
            height = size * canvas.rng.uniform(0.75, 1.25)
            base_colour = colours[int(canvas.rng.integers(len(colours)))]
            colour = canvas.distant(
                canvas.varied(base_colour * mixed(1.15, 0.85, depth), 8), 0.9 * (1 - depth)
            )
            draw = _fir if canvas.rng.random() < fir_share else _round_tree
            draw(canvas, x, base + canvas.rng.uniform(0, 6) * canvas.unit, height, colour)


def _horizon(canvas: Canvas, low: float = 0.5, high: float = 0.64) -> float:
    return float(canvas.rng.uniform(low, high) * canvas.height)


Paint = Callable[[Canvas, float, "float | None"], Ground]


def sea(canvas: Canvas, horizon: float, sun_x: float | None) -> Ground:
    """Open sea with a clear horizon and sometimes a far coast."""
    if canvas.rng.random() < 0.3:
        heights = horizon - np.clip(ridge(canvas.rng, canvas.width) * 7 + 2, 0, 30) * canvas.unit
        canvas.outline(heights, canvas.distant(rgb(84, 104, 120), 0.9), horizon + 1)
    deep = rgb(28, 104, 146) if canvas.light.name != "storm" else rgb(66, 96, 112)
    _water(canvas, horizon, canvas.height, deep, 0.6)
    _glitter(canvas, horizon, sun_x)
    low = mixed(horizon, canvas.height, 0.12)
    return Ground(horizon, mixed(horizon, canvas.height, 0.2), canvas.height * 0.88, canvas.lit(rgb(90, 96, 74)),
                  (low, mixed(horizon, canvas.height, 0.6)), stands=False)  # fmt: skip


def beach(canvas: Canvas, horizon: float, sun_x: float | None) -> Ground:
    """Sea behind a curved strip of sand with a line of foam."""
    shore = mixed(horizon, canvas.height, canvas.rng.uniform(0.35, 0.5))
    _water(canvas, horizon, canvas.height, rgb(40, 150, 176), 0.4)
    _glitter(canvas, horizon, sun_x)
    slope = canvas.rng.uniform(-0.16, 0.16) * canvas.height
    x = np.linspace(-0.5, 0.5, canvas.width, dtype=np.float32)
    line = shore + slope * x + 5 * canvas.unit * np.sin(x * canvas.rng.uniform(6, 12))
    canvas.outline(line - 4 * canvas.unit, canvas.lit(rgb(238, 244, 244)))
    canvas.outline(line, canvas.lit(rgb(202, 170, 118)))
    canvas.outline(line + 8 * canvas.unit, canvas.lit(rgb(236, 208, 152)))
    return Ground(horizon, shore + 0.08 * canvas.height, canvas.height * 0.93, canvas.lit(rgb(226, 196, 140)),
                  (mixed(horizon, canvas.height, 0.08), shore - 6 * canvas.unit))  # fmt: skip


def island(canvas: Canvas, horizon: float, sun_x: float | None) -> Ground:
    """A green island with a sandy rim in the middle of the sea."""
    _water(canvas, horizon, canvas.height, rgb(34, 128, 160), 0.4)
    _glitter(canvas, horizon, sun_x)
    middle, half = (
        canvas.width * canvas.rng.uniform(0.42, 0.58),
        canvas.width * canvas.rng.uniform(0.34, 0.42),
    )
    base = mixed(horizon, canvas.height, 0.42)
    rise = canvas.height * canvas.rng.uniform(0.07, 0.12)
    t = np.linspace(-1, 1, 40)
    rough = ridge(canvas.rng, 40) * 0.06
    hill = base - rise * (np.clip(1 - t**2, 0, 1) ** 0.7 + rough * (1 - t**2))
    canvas.disc(middle, base, half * 1.08, canvas.lit(rgb(240, 216, 160)), 0.1)
    canvas.polygon(np.stack([middle + t * half, hill], 1), canvas.lit(rgb(96, 148, 76)))
    canvas.disc(middle, base, half * 0.98, canvas.lit(rgb(110, 160, 84)), 0.05)
    top = base - rise * 0.72
    return Ground(horizon, top, base + 2 * canvas.unit, canvas.lit(rgb(96, 146, 76)),
                  (mixed(horizon, canvas.height, 0.62), canvas.height * 0.95), middle / canvas.width)  # fmt: skip


def lake(canvas: Canvas, horizon: float, sun_x: float | None) -> Ground:
    """Still water that mirrors hills, with a grassy shore in front."""
    _hills(canvas, horizon, 2, rgb(96, 122, 138), rgb(66, 108, 82), 0.2 * canvas.height, 0.5)
    top = horizon + 0.03 * canvas.height
    _water(canvas, top, canvas.height, rgb(58, 120, 150), 0.85)
    shore = canvas.height * 0.87 + ridge(canvas.rng, canvas.width) * 4 * canvas.unit
    canvas.outline(shore, canvas.lit(rgb(92, 128, 62)))
    canvas.outline(shore + 9 * canvas.unit, canvas.lit(rgb(78, 112, 54)))
    return Ground(horizon, canvas.height * 0.9, canvas.height * 0.96, canvas.lit(rgb(84, 120, 58)),
                  (mixed(top, canvas.height, 0.25), canvas.height * 0.84), extras=("reflections",))  # fmt: skip


def river(canvas: Canvas, horizon: float, sun_x: float | None) -> Ground:
    """A river that winds through grassland towards hills."""
    _hills(canvas, horizon, 2, rgb(108, 132, 140), rgb(92, 138, 84), 0.14 * canvas.height, 0.45)
    top = horizon + 0.04 * canvas.height
    _ground(canvas, top, rgb(132, 168, 92), rgb(92, 142, 58))
    steps = np.linspace(0, 1, 24)
    start = canvas.rng.uniform(0.38, 0.62)
    swing = canvas.rng.choice([-1, 1]) * canvas.rng.uniform(0.1, 0.16)
    middle = (start + np.sin(steps * 5.2) * swing * (1 - steps * 0.7)) * canvas.width
    half = mixed(0.25, 0.015, steps**0.55) * canvas.width
    y = mixed(canvas.height + 2.0, top + 1, steps**0.8)
    left, right = np.stack([middle - half, y], 1), np.stack([middle + half, y], 1)[::-1]
    canvas.polygon(np.concatenate([left - [4 * canvas.unit, 0], right + [4 * canvas.unit, 0]]),
                   canvas.lit(rgb(150, 130, 86)))  # fmt: skip
    mirror = canvas.pixels.copy()
    _water(canvas, top, canvas.height, rgb(66, 138, 176), 0.7)
    mask = np.zeros(canvas.shape, np.uint8)
    cv2.fillPoly(
        mask, [np.round(np.concatenate([left, right])).astype(np.int32)], 255.0, cv2.LINE_AA
    )
    share = (mask.astype(np.float32) / 255)[..., None]
    canvas.pixels = np.clip(mixed(mirror, canvas.pixels.astype(np.float32), share), 0, 255).astype(
        np.uint8
    )
    floats = (mixed(top, canvas.height, 0.55), canvas.height * 0.92)
    return Ground(horizon, mixed(top, canvas.height, 0.2), canvas.height * 0.92, canvas.lit(rgb(100, 148, 64)),
                  floats, start)  # fmt: skip


def mountains(canvas: Canvas, horizon: float, sun_x: float | None) -> Ground:
    """Steep peaks with snow and a valley floor."""
    for depth in np.linspace(0, 1, int(canvas.rng.integers(2, 4))):
        peak = ridge(canvas.rng, canvas.width, 0.52)
        heights = horizon + (0.06 * depth - 0.1) * canvas.height
        heights = heights - (peak * 0.5 + 0.3) * mixed(0.34, 0.16, depth) * canvas.height
        rock = canvas.distant(
            canvas.varied(mixed(rgb(112, 118, 142), rgb(84, 92, 96), depth), 6), 0.8 * (1 - depth)
        )
        canvas.outline(heights, rock)
        if depth < 0.6:
            _snowcaps(canvas, heights)
    _hills(
        canvas,
        horizon + 0.02 * canvas.height,
        1,
        rgb(84, 124, 84),
        rgb(84, 128, 78),
        0.08 * canvas.height,
        0.4,
    )
    _ground(canvas, horizon + 0.06 * canvas.height, rgb(118, 150, 90), rgb(88, 126, 62))
    return Ground(
        horizon,
        mixed(horizon, canvas.height, 0.25),
        canvas.height * 0.92,
        canvas.lit(rgb(96, 134, 68)),
    )


def _snowcaps(canvas: Canvas, heights: Plane) -> None:
    """White on everything that reaches above a ragged snow line, brighter on the side of the light."""
    line = (
        float(np.percentile(heights, 45)) + ridge(canvas.rng, canvas.width, 0.8) * 6 * canvas.unit
    )
    low = np.maximum(heights, np.where(heights < line, line, heights)).astype(np.float32)
    columns = np.arange(canvas.width, dtype=np.float32)
    top = np.stack([columns, heights.astype(np.float32)], 1)
    bottom = np.stack([columns, low], 1)[::-1]
    canvas.polygon(np.concatenate([top, bottom]), canvas.distant(rgb(246, 248, 252), 0.3))


def forest(canvas: Canvas, horizon: float, sun_x: float | None) -> Ground:
    """Rows of firs and broad-leaved trees around a clearing."""
    _ground(canvas, horizon - 4, rgb(92, 128, 74), rgb(70, 108, 48))
    greens = [rgb(58, 116, 72), rgb(44, 96, 60), rgb(78, 130, 64)]
    _woods(canvas, horizon, greens, 0.7, clearing=True)
    _ground(
        canvas, horizon + 0.17 * (canvas.height - horizon), rgb(96, 132, 66), rgb(66, 104, 46), 18
    )
    return Ground(
        horizon,
        mixed(horizon, canvas.height, 0.35),
        canvas.height * 0.93,
        canvas.lit(rgb(78, 116, 54)),
    )


def autumn_forest(canvas: Canvas, horizon: float, sun_x: float | None) -> Ground:
    """Trees in red, orange and gold, with leaves on the ground."""
    leaves = [rgb(222, 110, 36), rgb(232, 170, 48), rgb(190, 62, 40), rgb(206, 140, 46)]
    _ground(canvas, horizon - 4, rgb(176, 128, 70), rgb(150, 98, 52))
    _woods(canvas, horizon, leaves, 0.06, clearing=True)
    _ground(
        canvas, horizon + 0.17 * (canvas.height - horizon), rgb(190, 134, 66), rgb(158, 98, 48), 20
    )
    for depth in np.sort(canvas.rng.random(90)):
        y = mixed(horizon + 0.2 * (canvas.height - horizon), canvas.height, depth)
        colour = canvas.lit(canvas.varied(leaves[int(canvas.rng.integers(4))], 12))
        canvas.disc(
            canvas.rng.uniform(0, canvas.width),
            y,
            mixed(0.8, 3.2, depth) * canvas.unit,
            colour,
            0.6,
        )
    return Ground(
        horizon,
        mixed(horizon, canvas.height, 0.35),
        canvas.height * 0.93,
        canvas.lit(rgb(170, 112, 56)),
    )


def meadow(canvas: Canvas, horizon: float, sun_x: float | None) -> Ground:
    """A green field, low hills behind, mostly with flowers."""
    _hills(canvas, horizon, 2, rgb(112, 146, 128), rgb(96, 150, 82), 0.1 * canvas.height, 0.35)
    _ground(canvas, horizon + 0.02 * canvas.height, rgb(148, 186, 92), rgb(84, 148, 52))
    extras: list[str] = []
    if canvas.rng.random() < 0.75:
        extras.append(
            _flowers(canvas, horizon + 0.06 * canvas.height, int(canvas.rng.integers(90, 260)))
        )
    elif canvas.rng.random() < 0.6:
        _path(canvas, horizon + 0.03 * canvas.height)
        extras.append("a path")
    return Ground(horizon, mixed(horizon, canvas.height, 0.22), canvas.height * 0.93, canvas.lit(rgb(96, 156, 62)),
                  extras=tuple(extras))  # fmt: skip


def hills(canvas: Canvas, horizon: float, sun_x: float | None) -> Ground:
    """Rolling hills like waves, in alternating greens and wheat, with dots of trees."""
    greens = [rgb(120, 164, 84), rgb(160, 180, 84), rgb(96, 146, 72), rgb(204, 188, 98)]
    layers = 5
    x = np.linspace(0, 1, canvas.width, dtype=np.float32)
    for layer in range(layers):
        depth = layer / (layers - 1)
        base = mixed(horizon, canvas.height * 0.86, depth**1.1)
        phase, bends = canvas.rng.uniform(0, 6), canvas.rng.uniform(1.2, 2.6)
        line = base - np.sin(x * bends * np.pi + phase) * mixed(0.05, 0.07, depth) * canvas.height
        colour = canvas.distant(
            canvas.varied(greens[int(canvas.rng.integers(4))], 6), 0.9 * (1 - depth)
        )
        canvas.outline(line, colour)
        canvas.outline(line + 0.05 * canvas.height, colour * 0.94)
        for _ in range(int(canvas.rng.integers(0, 6)) if 0 < layer < 4 else 0):
            at = int(canvas.rng.uniform(0, canvas.width - 1))
            radius = mixed(2.5, 7.0, depth) * canvas.unit
            canvas.disc(
                at,
                float(line[at]) - radius * 0.6,
                radius,
                canvas.distant(rgb(60, 110, 62), 0.7 * (1 - depth)),
            )
    if canvas.rng.random() < 0.25:
        _path(canvas, mixed(horizon, canvas.height, 0.45))
        extras: tuple[str, ...] = ("a path",)
    else:
        extras = ()
    return Ground(horizon, mixed(horizon, canvas.height, 0.35), canvas.height * 0.92, canvas.lit(rgb(116, 160, 76)),
                  extras=extras)  # fmt: skip


def desert(canvas: Canvas, horizon: float, sun_x: float | None) -> Ground:
    """Sand dunes with lit crests and shaded flanks."""
    light_sand, dark_sand = rgb(238, 196, 124), rgb(202, 146, 82)
    _ground(canvas, horizon, rgb(232, 194, 132), light_sand, 8)
    for layer in range(4):
        depth = layer / 3
        base = mixed(horizon + 3, canvas.height * 0.82, depth)
        rise = mixed(0.05, 0.13, depth) * canvas.height
        peak = canvas.rng.uniform(0.1, 0.9) * canvas.width
        reach = canvas.width * canvas.rng.uniform(0.4, 0.7)
        x = np.arange(canvas.width, dtype=np.float32)
        dune = base - rise * np.clip(1 - np.abs(x - peak) / reach, 0, 1) ** 1.4
        canvas.outline(dune, canvas.distant(canvas.varied(light_sand, 5), 0.7 * (1 - depth)))
        foot = [(peak, float(dune[min(canvas.width - 1, int(peak))])), (peak + reach * 0.75, base),
                (peak + reach * 0.2, base + rise * 0.7)]  # fmt: skip
        canvas.polygon(foot, canvas.distant(dark_sand, 0.7 * (1 - depth)))
    return Ground(
        horizon,
        mixed(horizon, canvas.height, 0.2),
        canvas.height * 0.92,
        canvas.lit(rgb(228, 184, 114)),
    )


def canyon(canvas: Canvas, horizon: float, sun_x: float | None) -> Ground:
    """Layered red mesas on both sides of a sandy floor."""
    for depth in (0.0, 0.5, 1.0):
        base = mixed(horizon, horizon + 0.12 * canvas.height, depth)
        for side in (-1, 1):
            edge = canvas.width * (
                0.5 + side * (mixed(0.08, 0.3, depth) + canvas.rng.uniform(0, 0.1))
            )
            top = base - mixed(0.18, 0.42, depth) * canvas.height * canvas.rng.uniform(0.8, 1.15)
            end = canvas.width * (0.5 + side * 0.7)
            slant = side * -0.05 * canvas.width
            for band in range(5):
                y0, y1 = mixed(top, base, band / 5), mixed(top, base, (band + 1) / 5) + 1
                tint = canvas.varied(mixed(rgb(206, 108, 66), rgb(164, 74, 50), band % 2 * 0.8), 5)
                shift = slant * band / 5
                block = [(edge + shift, y0), (end, y0), (end, y1), (edge + shift + slant / 8, y1)]
                canvas.polygon(block, canvas.distant(tint, 0.8 * (1 - depth)))
    _ground(canvas, horizon + 0.1 * canvas.height, rgb(222, 156, 102), rgb(196, 122, 76))
    return Ground(
        horizon,
        mixed(horizon, canvas.height, 0.35),
        canvas.height * 0.92,
        canvas.lit(rgb(208, 138, 88)),
    )


def snowy_field(canvas: Canvas, horizon: float, sun_x: float | None) -> Ground:
    """White slopes with blue shadows and a line of snowy firs."""
    _hills(canvas, horizon, 2, rgb(196, 210, 232), rgb(226, 234, 246), 0.12 * canvas.height, 0.4)
    _ground(canvas, horizon + 0.03 * canvas.height, rgb(226, 234, 246), rgb(246, 249, 254), 12)
    for _ in range(int(canvas.rng.integers(3, 12))):
        x = canvas.rng.uniform(0, 1) * canvas.width
        height = canvas.rng.uniform(0.1, 0.2) * canvas.height
        _fir(canvas, x, horizon + canvas.rng.uniform(0.04, 0.08) * canvas.height, height,
             canvas.distant(rgb(84, 120, 122), 0.5))  # fmt: skip
    return Ground(
        horizon,
        mixed(horizon, canvas.height, 0.25),
        canvas.height * 0.93,
        canvas.lit(rgb(240, 245, 252)),
    )


def city(canvas: Canvas, horizon: float, sun_x: float | None) -> Ground:
    """A skyline in three rows above a street; windows are lit in the evening."""
    evening = canvas.light.name in {"night", "sunset", "storm", "fog"}
    for row in range(3):
        depth = row / 2
        x = -10.0 * canvas.unit
        while x < canvas.width:
            width = canvas.rng.uniform(18, 40) * canvas.unit * mixed(0.7, 1.1, depth)
            height = canvas.rng.uniform(0.16, 0.46) * canvas.height * mixed(1.1, 0.62, depth)
            _building(
                canvas, x, horizon + depth * 0.07 * canvas.height, width, height, depth, evening
            )
            x += width + canvas.rng.uniform(-2, 5) * canvas.unit
    _ground(canvas, horizon + 0.06 * canvas.height, rgb(124, 126, 134), rgb(104, 106, 116), 8)
    top = horizon + 0.06 * canvas.height
    middle = canvas.width * 0.5
    road = [
        (middle - 3, top),
        (middle + 3, top),
        (canvas.width * 0.98, canvas.height),
        (canvas.width * 0.02, canvas.height),
    ]
    canvas.polygon(road, canvas.lit(rgb(78, 80, 90)))
    return Ground(
        horizon,
        mixed(horizon, canvas.height, 0.35),
        canvas.height * 0.92,
        canvas.lit(rgb(84, 86, 96)),
    )


def _building(
    canvas: Canvas, x: float, base: float, width: float, height: float, depth: float, evening: bool
) -> None:
    walls = [rgb(150, 150, 172), rgb(176, 130, 112), rgb(124, 136, 158), rgb(186, 168, 142)]
    wall = canvas.distant(
        canvas.varied(walls[int(canvas.rng.integers(4))] * mixed(1.05, 0.7, depth), 8), 1 - depth
    )
    top = base - height
    canvas.polygon([(x, top), (x + width, top), (x + width, base), (x, base)], wall)
    canvas.polygon(
        [(x + width * 0.72, top), (x + width, top), (x + width, base), (x + width * 0.72, base)],
        wall * 0.82,
    )
    step = 9 * canvas.unit
    for y in np.arange(top + step * 0.6, base - step * 0.4, step):
        for left in np.arange(x + step * 0.35, x + width - step * 0.5, step * 0.8):
            on = canvas.rng.random() < (0.5 if evening else 0.1)
            colour = rgb(255, 222, 130) if on else wall * 0.72
            cv2.rectangle(canvas.pixels, (int(left), int(y)), (int(left + step * 0.3), int(y + step * 0.45)),
                          tuple(float(v) for v in np.clip(colour, 0, 255)), -1)  # fmt: skip


def village(canvas: Canvas, horizon: float, sun_x: float | None) -> Ground:
    """Two rows of gabled houses before hills, and a path."""
    _hills(
        canvas,
        horizon - 0.04 * canvas.height,
        2,
        rgb(122, 148, 138),
        rgb(104, 146, 92),
        0.14 * canvas.height,
        0.4,
    )
    _ground(canvas, horizon + 0.02 * canvas.height, rgb(146, 170, 98), rgb(112, 142, 72))
    evening = canvas.light.name in {"night", "sunset", "storm", "fog", "snowfall"}
    for row in range(2):
        x = canvas.rng.uniform(-20, 0) * canvas.unit
        base = horizon + (0.05 + 0.07 * row) * canvas.height
        while x < canvas.width:
            width = canvas.rng.uniform(26, 40) * canvas.unit * (0.8 + 0.35 * row)
            if row == 0 or abs((x + width / 2) / canvas.width - 0.5) > 0.2:
                _cottage(canvas, x, base, width, evening, 0.45 * (1 - row))
            x += width * canvas.rng.uniform(1.0, 1.35)
    _path(canvas, horizon + 0.12 * canvas.height)
    return Ground(
        horizon,
        mixed(horizon, canvas.height, 0.4),
        canvas.height * 0.93,
        canvas.lit(rgb(150, 152, 98)),
    )


def _cottage(
    canvas: Canvas, x: float, base: float, width: float, evening: bool, distance: float
) -> None:
    walls = [rgb(240, 228, 204), rgb(226, 196, 160), rgb(206, 214, 220), rgb(232, 208, 178)]
    roofs = [rgb(178, 78, 58), rgb(146, 92, 66), rgb(98, 90, 104), rgb(190, 106, 60)]
    wall = canvas.distant(walls[int(canvas.rng.integers(4))], distance)
    roof = canvas.distant(roofs[int(canvas.rng.integers(4))], distance)
    height = width * canvas.rng.uniform(0.55, 0.8)
    top = base - height
    canvas.polygon([(x, top), (x + width, top), (x + width, base), (x, base)], wall)
    canvas.polygon(
        [(x - width * 0.08, top), (x + width * 0.5, top - width * 0.5), (x + width * 1.08, top)],
        roof,
    )
    pane = rgb(255, 214, 118) if evening else wall * 0.55
    for share in (0.2, 0.62):
        left, y = x + width * share, top + height * 0.25
        side = width * 0.18
        canvas.polygon(
            [(left, y), (left + side, y), (left + side, y + side), (left, y + side)], pane
        )


def underwater(canvas: Canvas, horizon: float, sun_x: float | None) -> Ground:
    """Blue depth with shafts of light, coral and sand below."""
    depth = np.linspace(0, 1, canvas.height, dtype=np.float32)[:, None]
    colours = mixed(rgb(96, 206, 226), rgb(14, 70, 132), depth**0.8)
    canvas.pixels[:] = np.clip(colours, 0, 255)[:, None].astype(np.uint8)
    for _ in range(4):
        x, half = canvas.rng.uniform(0, 1) * canvas.width, canvas.rng.uniform(4, 14) * canvas.unit
        layer = canvas.pixels.copy()
        lean = canvas.rng.uniform(-40, 40) * canvas.unit
        shaft = np.array(
            [
                (x - half, 0),
                (x + half, 0),
                (x + lean + half * 3, canvas.height),
                (x + lean - half * 3, canvas.height),
            ]
        )
        cv2.fillPoly(layer, [shaft.astype(np.int32)], (170.0, 236.0, 240.0), cv2.LINE_AA)
        canvas.pixels = cv2.addWeighted(canvas.pixels, 0.82, layer, 0.18, 0)
    floor = canvas.height * 0.86 + ridge(canvas.rng, canvas.width) * 5 * canvas.unit
    canvas.outline(floor, rgb(150, 170, 150))
    corals = [
        rgb(230, 96, 110),
        rgb(240, 150, 80),
        rgb(176, 92, 190),
        rgb(90, 180, 130),
        rgb(244, 200, 90),
    ]
    for _ in range(int(canvas.rng.integers(6, 14))):
        x, colour = canvas.rng.uniform(0, 1) * canvas.width, corals[int(canvas.rng.integers(5))]
        for _ in range(5):
            lean, high = (
                canvas.rng.normal(0, 9) * canvas.unit,
                canvas.rng.uniform(12, 38) * canvas.unit,
            )
            canvas.line(
                (x, canvas.height * 0.9),
                (x + lean, canvas.height * 0.9 - high),
                colour,
                5 * canvas.unit,
            )
    return Ground(canvas.height * 0.3, canvas.height * 0.86, canvas.height * 0.95, rgb(140, 160, 146),
                  (canvas.height * 0.35, canvas.height * 0.72))  # fmt: skip


def space(canvas: Canvas, horizon: float, sun_x: float | None) -> Ground:
    """Nebula, stars and the curve of a planet's ground below."""
    base, cloud = (
        (rgb(18, 16, 52), rgb(20, 14, 44))[int(canvas.rng.integers(2))],
        noise(canvas.rng, canvas.shape, 2, 5),
    )
    hues = [rgb(150, 60, 170), rgb(50, 110, 200), rgb(210, 80, 120), rgb(40, 160, 170)]
    canvas.pixels[:] = base.astype(np.uint8)
    for _ in range(2):
        hue = hues[int(canvas.rng.integers(4))]
        canvas.mix(np.clip((cloud - 0.42) * 2.0, 0, 0.85), hue)
        cloud = noise(canvas.rng, canvas.shape, 2, 5)
    for _ in range(int(canvas.rng.integers(60, 140))):
        bright = canvas.rng.random() ** 3
        x, y = canvas.rng.uniform(0, canvas.width), canvas.rng.uniform(0, canvas.height)
        canvas.disc(
            x, y, (0.6 + 1.7 * bright) * canvas.unit, mixed(rgb(170, 180, 230), 255, bright)
        )
    ground = [rgb(150, 140, 150), rgb(190, 110, 80), rgb(110, 130, 160)][
        int(canvas.rng.integers(3))
    ]
    top = canvas.height * 0.86
    canvas.disc(canvas.width * 0.5, top + canvas.width * 0.95, canvas.width * 0.98, ground)
    for _ in range(9):
        x, y = canvas.rng.uniform(0, canvas.width), canvas.rng.uniform(0.9, 1.0) * canvas.height
        canvas.disc(x, y, canvas.rng.uniform(4, 13) * canvas.unit, ground * 0.82, 0.35)
    return Ground(
        canvas.height * 0.8, canvas.height * 0.9, canvas.height * 0.95, ground, extras=("stars",)
    )


PLACE_PAINTERS: dict[str, Paint] = {
    "sea": sea,
    "beach": beach,
    "island": island,
    "lake": lake,
    "river": river,
    "mountains": mountains,
    "forest": forest,
    "autumn forest": autumn_forest,
    "meadow": meadow,
    "hills": hills,
    "desert": desert,
    "canyon": canyon,
    "snowy field": snowy_field,
    "city": city,
    "village": village,
    "underwater": underwater,
    "space": space,
}


def paint_headland(canvas: Canvas, x: float, top: float, right: bool) -> None:
    """A rocky headland under something that stands by the water: flat at (x, top), running off one side."""
    side = 1 if right else -1
    edge = canvas.width + 10 if right else -10
    low = min(canvas.height + 4.0, top + 0.26 * canvas.height)
    half = 0.17 * canvas.width
    rough = canvas.rng.uniform(-3, 3, 8) * canvas.unit
    cliff = [(x - side * half, top + 3), (x - side * half * 1.25, top + 0.07 * canvas.height + rough[0]),
             (x - side * half * 1.5, top + 0.15 * canvas.height + rough[1]), (x - side * half * 1.9, low),
             (edge, low), (edge, top - 4 + rough[2])]  # fmt: skip
    canvas.polygon([*cliff, (x, top - 1)], canvas.lit(rgb(124, 112, 104)))
    for i in range(7):
        cx = x - side * half * 1.5 + side * i * half * 0.55
        cy = top + canvas.rng.uniform(0.08, 0.2) * canvas.height
        shard = [
            (cx, cy),
            (cx + 16 * canvas.unit, cy - 5),
            (cx + 20 * canvas.unit, low),
            (cx - 5, low),
        ]
        canvas.polygon(shard, canvas.lit(canvas.varied(rgb(104, 92, 88), 10)))
    turf = [(x - side * half, top + 3), (x - side * half * 1.1, top + 0.04 * canvas.height), (x, top + 0.05 * canvas.height),
            (edge, top + 0.045 * canvas.height), (edge, top - 5 + rough[2]), (x, top - 2)]  # fmt: skip
    canvas.polygon(turf, canvas.lit(rgb(112, 152, 74)))
    canvas.line(
        (x - side * half * 1.9, low), (edge, low), canvas.lit(rgb(232, 240, 242)), 2 * canvas.unit
    )
