"""Compositions without a landscape: still life on a table, and abstract colour."""

from __future__ import annotations

import cv2
import numpy as np

from studio.world.canvas import Canvas, mixed, noise
from studio.world.light import Colour, rgb
from studio.world.scenery import Ground

MOODS: dict[str, tuple[Colour, ...]] = {
    "warm": (rgb(204, 62, 42), rgb(242, 152, 52), rgb(252, 220, 124), rgb(128, 34, 44)),
    "cool": (rgb(34, 66, 138), rgb(64, 146, 186), rgb(156, 216, 214), rgb(40, 44, 96)),
    "pastel": (rgb(248, 194, 206), rgb(192, 218, 244), rgb(216, 242, 204), rgb(252, 238, 194)),
    "earth": (rgb(124, 82, 52), rgb(186, 146, 94), rgb(98, 104, 66), rgb(220, 198, 160)),
    "neon": (rgb(255, 46, 146), rgb(46, 236, 228), rgb(126, 64, 255), rgb(248, 240, 70)),
    "monochrome": (rgb(34, 34, 38), rgb(104, 104, 108), rgb(178, 178, 180), rgb(244, 244, 242)),
}


def paint_table(canvas: Canvas) -> tuple[Ground, str]:
    """A wall and a table or cloth; returns the table's ground and a caption word for it."""
    rng = canvas.rng
    edge = canvas.height * rng.uniform(0.52, 0.64)
    walls = [
        rgb(96, 116, 128),
        rgb(168, 132, 104),
        rgb(120, 132, 104),
        rgb(196, 184, 164),
        rgb(110, 92, 108),
    ]
    wall = canvas.varied(walls[int(rng.integers(5))], 6)
    from_left = 1.0 if canvas.light.name == "dawn" else -1.0
    across = np.linspace(-1, 1, canvas.width, dtype=np.float32)[None] * from_left
    tone = 1 - 0.28 * across + 0.16 * (noise(rng, canvas.shape, 2, 3) - 0.5)
    canvas.pixels[:] = np.clip(canvas.lit(wall) * tone[..., None], 0, 255).astype(np.uint8)
    wooden = rng.random() < 0.65
    tops = (
        [rgb(150, 100, 62), rgb(178, 128, 82), rgb(120, 78, 54)]
        if wooden
        else [rgb(236, 230, 216), rgb(150, 176, 196), rgb(206, 120, 108)]
    )
    top = canvas.varied(tops[int(rng.integers(3))], 6)
    rows = slice(int(edge), canvas.height)
    count = canvas.height - rows.start
    grain = (
        cv2.resize(noise(rng, (max(8, count), 16), 6, 3), (canvas.width, count))
        if wooden
        else noise(rng, (count, canvas.width), 3, 3)
    )
    shade = (
        (1 - 0.2 * across)
        * (0.86 + 0.28 * grain)
        * np.linspace(0.86, 1.08, count, dtype=np.float32)[:, None]
    )
    canvas.pixels[rows] = np.clip(canvas.lit(top) * shade[..., None], 0, 255).astype(np.uint8)
    canvas.line((0, edge), (canvas.width, edge), canvas.lit(top * 0.7), 2 * canvas.unit)
    ground = Ground(
        edge, mixed(edge, canvas.height, 0.35), mixed(edge, canvas.height, 0.62), canvas.lit(top)
    )
    return ground, "wooden table" if wooden else "table"


def paint_abstract(canvas: Canvas) -> tuple[str, tuple[str, ...]]:
    """Fill the canvas with an abstract composition; returns its mood and what it is made of."""
    mood = str(canvas.rng.choice(list(MOODS)))
    kind = int(canvas.rng.integers(3))
    (_flow, _circles, _grid)[kind](canvas, MOODS[mood])
    return mood, ((), ("circles",), ("lines",))[kind]


def _flow(canvas: Canvas, colours: tuple[Colour, ...]) -> None:
    """Soft colour fields that run into each other."""
    field = noise(canvas.rng, canvas.shape, 2, 4) * len(colours) * 1.6
    index = field.astype(int)
    share = (field - index)[..., None]
    stack = np.stack(colours)
    first, second = stack[index % len(colours)], stack[(index + 1) % len(colours)]
    canvas.pixels[:] = np.clip(
        mixed(first, second, share * share * (3 - 2 * share)), 0, 255
    ).astype(np.uint8)


def _circles(canvas: Canvas, colours: tuple[Colour, ...]) -> None:
    """Overlapping discs and rings on a ground colour."""
    canvas.pixels[:] = np.clip(
        canvas.varied(colours[int(canvas.rng.integers(len(colours)))], 6), 0, 255
    ).astype(np.uint8)
    for _ in range(int(canvas.rng.integers(6, 12))):
        x, y = canvas.rng.uniform(0, canvas.width), canvas.rng.uniform(0, canvas.height)
        radius = canvas.rng.uniform(12, 62) * canvas.unit
        for ring in range(int(canvas.rng.integers(1, 4))):
            colour = colours[int(canvas.rng.integers(len(colours)))]
            canvas.disc(x, y, radius * (1 - 0.33 * ring), canvas.varied(colour, 8))


def _grid(canvas: Canvas, colours: tuple[Colour, ...]) -> None:
    """Bands and blocks crossed by dark lines."""
    canvas.pixels[:] = np.clip(mixed(colours[-1], 255, 0.3), 0, 255).astype(np.uint8)
    xs = np.sort(canvas.rng.uniform(0, canvas.width, int(canvas.rng.integers(3, 6))))
    ys = np.sort(canvas.rng.uniform(0, canvas.height, int(canvas.rng.integers(3, 6))))
    for x0, x1 in zip([0.0, *xs], [*xs, float(canvas.width)], strict=True):
        for y0, y1 in zip([0.0, *ys], [*ys, float(canvas.height)], strict=True):
            if canvas.rng.random() < 0.65:
                colour = canvas.varied(colours[int(canvas.rng.integers(len(colours)))], 6)
                canvas.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], colour)
    width = canvas.rng.uniform(2, 6) * canvas.unit
    for x in xs:
        canvas.line((x, 0), (x, canvas.height), rgb(26, 26, 32), width)
    for y in ys:
        canvas.line((0, y), (canvas.width, y), rgb(26, 26, 32), width)
