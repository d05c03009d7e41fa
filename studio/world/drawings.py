"""Subjects drawn from shapes: what no emoji shows well (lighthouse, windmill, sailboat, trees ...).

Every drawing is a function of a `Pen` and a main colour. A pen's box is 1 high and `aspect` wide; y runs down, and the feet stand
at y = 1. Shapes are drawn large without smoothing and scaled down later, which smooths them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from studio.world.canvas import Image, Point, mixed, paint_value
from studio.world.light import Colour, rgb

SIDE = 360  # Pixels along a drawing's height.
WINDOW_LIGHT = rgb(255, 222, 120)


class Pen:
    """Draws opaque shapes on a transparent box and remembers which of them shine by themselves."""

    def __init__(self, rng: np.random.Generator, aspect: float, evening: bool) -> None:
        """`aspect` is width over height; `evening` lights windows and lamps."""
        self.rng = rng
        self.aspect = aspect
        self.evening = evening
        self.pixels: Image = np.zeros((SIDE, round(SIDE * aspect), 4), np.uint8)
        self.shine: Image = np.zeros(self.pixels.shape[:2], np.uint8)
        self.lamp: Point | None = None

    def polygon(self, points: Sequence[Point], colour: Any, shines: bool = False) -> None:
        """Fill a polygon of (x, y) points in box units."""
        corners = [np.round(np.asarray(points) * SIDE).astype(np.int32)]
        cv2.fillPoly(self.pixels, corners, (*paint_value(colour), 255.0))
        cv2.fillPoly(self.shine, corners, 255.0 if shines else 0.0)

    def box(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        colour: Any,
        shines: bool = False,
    ) -> None:
        """Fill an upright rectangle."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], colour, shines)

    def disc(
        self,
        x: float,
        y: float,
        radius: float,
        colour: Any,
        tall: float = 1.0,
        shines: bool = False,
    ) -> None:
        """Fill a disc; `tall` stretches it upright."""
        centre = (round(x * SIDE), round(y * SIDE))
        axes = (max(1, round(radius * SIDE)), max(1, round(radius * tall * SIDE)))
        cv2.ellipse(self.pixels, centre, axes, 0, 0, 360, (*paint_value(colour), 255.0), -1)
        cv2.ellipse(self.shine, centre, axes, 0, 0, 360, 255.0 if shines else 0.0, -1)

    def line(self, points: Sequence[Point], colour: Any, width: float) -> None:
        """Draw a polyline, `width` in box units."""
        path = [np.round(np.asarray(points) * SIDE).astype(np.int32)]
        thickness = max(1, round(width * SIDE))
        cv2.polylines(self.pixels, path, False, (*paint_value(colour), 255.0), thickness)

    def window(self, left: float, top: float, right: float, bottom: float) -> None:
        """A window: dark blue by day, lit in the evening."""
        self.box(
            left,
            top,
            right,
            bottom,
            WINDOW_LIGHT if self.evening else rgb(70, 84, 110),
            self.evening,
        )

    def vary(self, low: float, high: float) -> float:
        """A random number in [low, high)."""
        return float(self.rng.uniform(low, high))

    def pick(self, *colours: tuple[int, int, int]) -> Colour:
        """One of several colours."""
        return rgb(*colours[int(self.rng.integers(len(colours)))])


def lighthouse(pen: Pen, main: Colour | None) -> None:
    """A tapered white tower with coloured bands, a gallery, a glazed lamp room and a small house."""
    band = pen.pick((204, 48, 44), (204, 48, 44), (44, 84, 150), (40, 40, 46))
    middle, foot, neck = pen.aspect / 2, 0.125, 0.072
    white = rgb(246, 244, 238)

    def half(y: float) -> float:
        return neck + (foot - neck) * (y - 0.26) / 0.74

    pen.box(middle + 0.06, 0.86, middle + 0.26, 1.0, rgb(238, 230, 214))
    pen.polygon(
        [(middle + 0.04, 0.87), (middle + 0.16, 0.78), (middle + 0.28, 0.87)], rgb(176, 66, 52)
    )
    pen.window(middle + 0.16, 0.9, middle + 0.2, 0.95)
    pen.polygon(
        [(middle - neck, 0.26), (middle + neck, 0.26), (middle + foot, 1), (middle - foot, 1)],
        white,
    )
    bands = int(pen.rng.integers(2, 4))
    for i in range(bands):
        top = 0.34 + i * 0.6 / bands
        low = top + 0.3 / bands
        pen.polygon([(middle - half(top), top), (middle + half(top), top), (middle + half(low), low),
                     (middle - half(low), low)], band)  # fmt: skip
    pen.box(middle - 0.016, 0.56, middle + 0.016, 0.61, rgb(60, 66, 84))
    pen.box(middle - 0.03, 0.91, middle + 0.03, 1.0, rgb(96, 66, 52))
    pen.box(middle - 0.105, 0.235, middle + 0.105, 0.265, rgb(58, 58, 66))
    pen.box(middle - 0.06, 0.125, middle + 0.06, 0.235, rgb(255, 236, 150), shines=True)
    for x in (-0.06, 0.0, 0.06):
        pen.line([(middle + x, 0.125), (middle + x, 0.235)], rgb(58, 58, 66), 0.01)
    pen.polygon([(middle - 0.085, 0.13), (middle, 0.035), (middle + 0.085, 0.13)], band)
    pen.disc(middle, 0.03, 0.014, rgb(58, 58, 66))
    pen.lamp = (middle / pen.aspect, 0.18)


def castle(pen: Pen, main: Colour | None) -> None:
    """Walls with battlements, a gate, and four towers with pointed roofs."""
    wall = pen.pick((186, 178, 170), (206, 188, 158), (168, 172, 186))
    roof = pen.pick((178, 64, 54), (70, 94, 146), (96, 66, 120), (60, 110, 104))
    wide = pen.aspect

    def tower(x: float, half: float, top: float, tone: float) -> None:
        pen.box(x - half, top, x + half, 1.0, wall * tone)
        pen.box(x + half * 0.35, top, x + half, 1.0, wall * tone * 0.84)
        pen.polygon(
            [(x - half * 1.3, top + 0.01), (x, top - half * 2.8), (x + half * 1.3, top + 0.01)],
            roof * tone,
        )
        pen.window(x - half * 0.25, top + 0.06, x + half * 0.2, top + 0.13)

    tower(wide * 0.5, 0.11, pen.vary(0.32, 0.38), 0.9)
    tower(wide * 0.32, 0.07, pen.vary(0.42, 0.5), 0.95)
    tower(wide * 0.7, 0.075, pen.vary(0.38, 0.48), 0.95)
    pen.box(wide * 0.12, 0.66, wide * 0.88, 1.0, wall)
    for i in range(9):
        left = wide * (0.12 + i * 0.0855)
        pen.box(left, 0.62, left + wide * 0.045, 0.67, wall)
    tower(wide * 0.12, 0.085, 0.5, 1.03)
    tower(wide * 0.88, 0.085, 0.5, 1.03)
    pen.box(wide * 0.5 - 0.07, 0.84, wide * 0.5 + 0.07, 1.0, rgb(84, 58, 44))
    pen.disc(wide * 0.5, 0.84, 0.07, rgb(84, 58, 44))


def house(pen: Pen, main: Colour | None) -> None:
    """A gabled cottage seen from a corner, with chimney, door and windows."""
    wall = (
        main
        if main is not None
        else pen.pick((242, 230, 206), (226, 190, 150), (236, 236, 232), (196, 96, 72))
    )
    roof = pen.pick((170, 70, 54), (120, 84, 66), (88, 86, 104))
    wide = pen.aspect
    pen.box(wide * 0.66, 0.1, wide * 0.74, 0.4, rgb(150, 92, 76))
    pen.box(wide * 0.38, 0.5, wide * 0.96, 1.0, wall * 0.84)
    pen.polygon([(wide * 0.24, 0.16), (wide * 0.8, 0.16), (wide, 0.54), (wide * 0.42, 0.54)], roof)
    pen.polygon(
        [
            (wide * 0.06, 0.52),
            (wide * 0.24, 0.2),
            (wide * 0.42, 0.52),
            (wide * 0.42, 1),
            (wide * 0.06, 1),
        ],
        wall,
    )
    pen.line([(0.0, 0.56), (wide * 0.24, 0.14), (wide * 0.43, 0.52)], roof * 0.8, 0.04)
    pen.box(wide * 0.18, 0.72, wide * 0.3, 1.0, rgb(110, 72, 50))
    pen.window(wide * 0.2, 0.44, wide * 0.28, 0.58)
    pen.window(wide * 0.5, 0.64, wide * 0.62, 0.82)
    pen.window(wide * 0.74, 0.64, wide * 0.86, 0.82)


def barn(pen: Pen, main: Colour | None) -> None:
    """A barn with a gambrel roof and a white cross on its door."""
    wall, wide = main if main is not None else rgb(178, 52, 44), pen.aspect
    pen.box(wide * 0.45, 0.42, wide, 1.0, wall * 0.8)
    pen.polygon(
        [(wide * 0.26, 0.08), (wide * 0.8, 0.08), (wide, 0.44), (wide * 0.5, 0.44)],
        rgb(104, 98, 104),
    )
    front = [
        (0.02, 1.0),
        (0.02, 0.46),
        (wide * 0.1, 0.24),
        (wide * 0.26, 0.08),
        (wide * 0.42, 0.24),
        (wide * 0.5, 0.46),
        (wide * 0.5, 1),
    ]
    pen.polygon(front, wall)
    pen.line(front[1:6], rgb(240, 236, 228), 0.03)
    pen.box(wide * 0.14, 0.6, wide * 0.38, 1.0, wall * 0.7)
    for path in (
        [(wide * 0.14, 0.6), (wide * 0.38, 1.0)],
        [(wide * 0.38, 0.6), (wide * 0.14, 1.0)],
    ):
        pen.line(path, rgb(240, 236, 228), 0.025)
    pen.window(wide * 0.22, 0.32, wide * 0.3, 0.44)


def windmill(pen: Pen, main: Colour | None) -> None:
    """A Dutch windmill: tapered body, cap, and four lattice sails."""
    middle, hub = pen.aspect / 2, 0.34
    body = pen.pick((226, 214, 190), (150, 104, 78), (204, 196, 190))
    pen.polygon(
        [(middle - 0.1, 0.36), (middle + 0.1, 0.36), (middle + 0.17, 1), (middle - 0.17, 1)], body
    )
    pen.polygon(
        [(middle + 0.04, 0.36), (middle + 0.1, 0.36), (middle + 0.17, 1), (middle + 0.07, 1)],
        body * 0.82,
    )
    pen.polygon(
        [
            (middle - 0.12, 0.38),
            (middle - 0.06, 0.25),
            (middle + 0.06, 0.25),
            (middle + 0.12, 0.38),
        ],
        rgb(106, 70, 58),
    )
    pen.box(middle - 0.04, 0.86, middle + 0.04, 1.0, rgb(92, 62, 48))
    pen.window(middle - 0.03, 0.54, middle + 0.03, 0.62)
    turn = pen.vary(0.2, 1.3)
    for i in range(4):
        angle = turn + i * np.pi / 2
        along, across = (
            np.array([np.cos(angle), np.sin(angle)]),
            np.array([-np.sin(angle), np.cos(angle)]),
        )
        root, tip = np.array([middle, hub]) + along * 0.07, np.array([middle, hub]) + along * 0.33
        pen.polygon(
            [tuple(root), tuple(tip), tuple(tip + across * 0.075), tuple(root + across * 0.075)],
            rgb(244, 236, 216),
        )
        pen.line([(middle, hub), tuple(tip)], rgb(96, 66, 50), 0.02)
    pen.disc(middle, hub, 0.025, rgb(80, 56, 46))


def church(pen: Pen, main: Colour | None) -> None:
    """A nave with a steeple."""
    wall, roof = rgb(240, 236, 226), pen.pick((150, 74, 58), (92, 92, 108))
    wide = pen.aspect
    pen.box(wide * 0.34, 0.62, wide, 1.0, wall * 0.86)
    pen.polygon(
        [(wide * 0.3, 0.64), (wide * 0.42, 0.44), (wide * 0.92, 0.44), (wide * 1.0, 0.64)], roof
    )
    pen.box(wide * 0.08, 0.36, wide * 0.36, 1.0, wall)
    pen.polygon([(wide * 0.04, 0.38), (wide * 0.22, 0.06), (wide * 0.4, 0.38)], roof)
    pen.line([(wide * 0.22, 0.0), (wide * 0.22, 0.1)], rgb(70, 60, 60), 0.014)
    pen.line([(wide * 0.18, 0.03), (wide * 0.26, 0.03)], rgb(70, 60, 60), 0.014)
    pen.box(wide * 0.16, 0.8, wide * 0.28, 1.0, rgb(104, 70, 54))
    pen.disc(wide * 0.22, 0.5, 0.035, rgb(86, 98, 130))
    for x in (0.5, 0.66, 0.82):
        pen.window(wide * x, 0.72, wide * (x + 0.07), 0.88)


def tower(pen: Pen, main: Colour | None) -> None:
    """An old round tower of grey stone with battlements."""
    stone, middle = pen.pick((168, 160, 150), (190, 168, 134)), pen.aspect / 2
    pen.polygon(
        [(middle - 0.13, 0.16), (middle + 0.13, 0.16), (middle + 0.16, 1), (middle - 0.16, 1)],
        stone,
    )
    pen.polygon(
        [(middle + 0.05, 0.16), (middle + 0.13, 0.16), (middle + 0.16, 1), (middle + 0.06, 1)],
        stone * 0.8,
    )
    pen.box(middle - 0.17, 0.1, middle + 0.17, 0.18, stone * 1.04)
    for i in range(4):
        pen.box(middle - 0.17 + i * 0.097, 0.04, middle - 0.12 + i * 0.097, 0.12, stone * 1.04)
    for _ in range(16):
        x, y = middle + pen.vary(-0.12, 0.1), pen.vary(0.22, 0.95)
        pen.box(x, y, x + 0.035, y + 0.016, stone * 0.88)
    pen.window(middle - 0.025, 0.36, middle + 0.02, 0.46)
    pen.box(middle - 0.04, 0.84, middle + 0.04, 1.0, rgb(80, 58, 46))


def pagoda(pen: Pen, main: Colour | None) -> None:
    """A temple tower of five storeys with upswept roofs."""
    roof, wall, middle = pen.pick((70, 88, 96), (150, 56, 48)), rgb(206, 78, 58), pen.aspect / 2
    pen.line([(middle, 0.0), (middle, 0.14)], rgb(150, 120, 60), 0.016)
    for i in range(5):
        top, half = 0.1 + i * 0.178, 0.11 + 0.032 * i
        pen.box(middle - half * 0.72, top + 0.07, middle + half * 0.72, top + 0.19, wall)
        pen.box(
            middle - half * 0.6, top + 0.09, middle + half * 0.6, top + 0.16, rgb(240, 226, 196)
        )
        pen.window(middle - half * 0.14, top + 0.09, middle + half * 0.14, top + 0.16)
        below, tips = top + 0.088, top + 0.055
        upper = [
            (middle - half * 1.55, tips),
            (middle - half * 0.5, top),
            (middle + half * 0.5, top),
        ]
        lower = [
            (middle + half * 1.55, tips),
            (middle + half * 1.1, below),
            (middle - half * 1.1, below),
        ]
        eave = upper + lower
        pen.polygon(eave, roof)


def pyramid(pen: Pen, main: Colour | None) -> None:
    """A pyramid with a lit and a shaded side."""
    wide, ridge = pen.aspect, pen.vary(0.55, 0.68)
    pen.polygon([(0, 1), (wide * 0.5, 0.03), (wide * ridge, 1)], rgb(232, 196, 126))
    pen.polygon([(wide * ridge, 1), (wide * 0.5, 0.03), (wide, 1)], rgb(176, 132, 78))
    for i in range(1, 7):
        y = 0.03 + i * 0.14
        pen.line(
            [(wide * 0.5 * (1 - i * 0.14), y), (wide * mixed(0.5, ridge, i * 0.14), y)],
            rgb(206, 168, 100),
            0.008,
        )


def bridge(pen: Pen, main: Colour | None) -> None:
    """A stone bridge with three arches; the openings stay see-through."""
    stone, wide = pen.pick((176, 164, 150), (186, 140, 112)), pen.aspect
    x = np.linspace(0, wide, 40)
    hump = 0.38 - 0.22 * np.sin(x / wide * np.pi)
    deck = list(zip(x, hump, strict=True))
    pen.polygon([*deck, (wide, 1.0), (0, 1.0)], stone)
    for i in range(3):
        middle = wide * (0.2 + 0.3 * i)
        half, top = wide * 0.115, 0.52 if i == 1 else 0.62
        angle = np.linspace(np.pi, 2 * np.pi, 16)
        arch = [(middle + half * np.cos(a), 1.0 + (1.0 - top) * np.sin(a)) for a in angle]
        ring = [(middle + half * 1.16 * np.cos(a), 1.0 + (1.06 - top) * np.sin(a)) for a in angle]
        pen.polygon(ring, stone * 0.82)
        corners = [np.round(np.asarray(arch) * SIDE).astype(np.int32)]
        cv2.fillPoly(pen.pixels, corners, (0.0, 0.0, 0.0, 0.0))
    pen.line(deck, stone * 1.12, 0.06)


def pine_tree(pen: Pen, main: Colour | None) -> None:
    """A tall fir in tiers."""
    green, middle = pen.pick((40, 104, 66), (54, 118, 64), (34, 88, 72)), pen.aspect / 2
    pen.box(middle - 0.03, 0.86, middle + 0.03, 1.0, rgb(98, 70, 50))
    for i in range(6):
        half, top, low = 0.09 + 0.042 * i, 0.02 + 0.13 * i, 0.25 + 0.133 * i
        tone = green * (1.16 - 0.05 * i)
        pen.polygon([(middle, top), (middle - half, low), (middle - half * 0.4, low - 0.025), (middle, low + 0.012),
                     (middle + half * 0.4, low - 0.025), (middle + half, low)], tone)  # fmt: skip
        pen.polygon(
            [
                (middle, top),
                (middle, low + 0.012),
                (middle + half * 0.4, low - 0.025),
                (middle + half, low),
            ],
            tone * 0.82,
        )


def _crown(pen: Pen, colour: Colour, radius: float, blobs: int) -> None:
    """Leaves as overlapping discs, darker below right, brighter above left."""
    middle = pen.aspect / 2
    for tone, shift in ((0.72, 0.03), (0.92, 0.0), (1.12, -0.035)):
        for _ in range(blobs):
            angle, reach = (
                pen.vary(0, 2 * np.pi),
                radius * pen.vary(0.1, 0.72) * (1.0 if tone < 1 else 0.75),
            )
            x, y = (
                middle + np.cos(angle) * reach + shift,
                0.37 + np.sin(angle) * reach * 0.82 + shift,
            )
            pen.disc(x, y, radius * pen.vary(0.22, 0.4), colour * tone * pen.vary(0.94, 1.06))


def _trunk(pen: Pen, bark: Colour, half: float, top: float) -> None:
    middle = pen.aspect / 2
    pen.polygon([(middle - half * 1.7, 1), (middle - half, 0.8), (middle - half * 0.7, top), (middle + half * 0.7, top),
                 (middle + half, 0.8), (middle + half * 1.7, 1)], bark)  # fmt: skip
    for side in (-1, 1):
        pen.line([(middle, 0.72), (middle + side * 0.16, 0.48)], bark, half * 0.8)


def tree(pen: Pen, main: Colour | None) -> None:
    """A broad tree with a round crown."""
    _trunk(pen, rgb(104, 76, 54), 0.045, 0.4)
    _crown(pen, pen.pick((82, 146, 58), (62, 128, 66), (112, 158, 60)), 0.36, 14)


def cherry_tree(pen: Pen, main: Colour | None) -> None:
    """A tree in pink blossom."""
    _trunk(pen, rgb(88, 62, 58), 0.038, 0.4)
    _crown(pen, pen.pick((248, 176, 200), (244, 160, 190)), 0.36, 14)


def birch_tree(pen: Pen, main: Colour | None) -> None:
    """A slender white trunk with black marks and a light crown."""
    middle = pen.aspect / 2
    _crown(pen, pen.pick((150, 180, 70), (226, 190, 70)), 0.27, 12)
    pen.polygon(
        [(middle - 0.034, 1), (middle - 0.018, 0.12), (middle + 0.018, 0.12), (middle + 0.034, 1)],
        rgb(240, 236, 228),
    )
    for _ in range(11):
        y, side = pen.vary(0.3, 0.97), pen.rng.choice([-1, 1])
        pen.line([(middle + side * 0.026, y), (middle + side * 0.004, y)], rgb(58, 52, 52), 0.014)
    for side in (-1, 1):
        pen.line([(middle, 0.5), (middle + side * 0.13, 0.34)], rgb(226, 222, 214), 0.014)
    for _ in range(8):
        pen.disc(
            middle + pen.vary(-0.2, 0.2),
            pen.vary(0.15, 0.48),
            pen.vary(0.035, 0.07),
            rgb(164, 190, 84),
        )


def cypress(pen: Pen, main: Colour | None) -> None:
    """A dark flame-shaped cypress."""
    middle, y = pen.aspect / 2, np.linspace(0.02, 0.97, 30)
    half = 0.125 * np.sin(np.clip((y - 0.02) / 0.95, 0, 1) ** 0.75 * np.pi) ** 0.8 + pen.rng.normal(
        0, 0.006, 30
    )
    pen.box(middle - 0.02, 0.9, middle + 0.02, 1.0, rgb(86, 64, 48))
    left, right = list(zip(middle - half, y, strict=True)), list(zip(middle + half, y, strict=True))
    pen.polygon(left + right[::-1], rgb(44, 86, 54))
    pen.polygon([(middle, 0.03), *right, (middle, 0.96)], rgb(32, 66, 46))
    for _ in range(12):
        at = pen.vary(0.15, 0.85)
        pen.line(
            [(middle - 0.05, at), (middle + pen.vary(-0.03, 0.03), at - 0.1)],
            rgb(70, 116, 66),
            0.012,
        )


def _hull(pen: Pen, top: float, colour: Colour, inset: float = 0.12) -> None:
    wide = pen.aspect
    pen.polygon(
        [
            (wide * 0.03, top),
            (wide * 0.97, top - 0.02),
            (wide * (1 - inset), 1),
            (wide * inset * 1.2, 1),
        ],
        colour,
    )
    pen.polygon(
        [(wide * 0.1, 0.93), (wide * 0.93, 0.93), (wide * (1 - inset), 1), (wide * inset * 1.2, 1)],
        colour * 0.7,
    )


def sailboat(pen: Pen, main: Colour | None) -> None:
    """A sailing boat with a mainsail and a jib."""
    sail = main if main is not None else pen.pick((250, 246, 234), (250, 246, 234), (232, 96, 62))
    mast = pen.aspect * 0.46
    _hull(pen, 0.84, pen.pick((142, 78, 52), (60, 74, 110), (236, 232, 224)))
    pen.line([(mast, 0.02), (mast, 0.86)], rgb(88, 62, 46), 0.016)
    pen.polygon(
        [(mast + 0.02, 0.05), (mast + 0.03, 0.8), (pen.aspect * 0.93, 0.8), (mast + 0.16, 0.4)],
        sail,
    )
    pen.polygon(
        [(mast + 0.02, 0.05), (mast + 0.03, 0.8), (mast + 0.13, 0.8), (mast + 0.07, 0.35)],
        sail * 0.9,
    )
    pen.polygon([(mast - 0.02, 0.1), (mast - 0.03, 0.8), (pen.aspect * 0.1, 0.8)], sail * 0.93)


def boat(pen: Pen, main: Colour | None) -> None:
    """A rowing boat with a bench and oars."""
    wood, wide = main if main is not None else pen.pick((152, 92, 56), (120, 82, 60)), pen.aspect
    pen.disc(wide / 2, 0.5, wide * 0.42, wood * 0.55, 0.22)
    _hull(pen, 0.46, wood, 0.2)
    pen.line([(wide * 0.03, 0.46), (wide * 0.97, 0.44)], wood * 1.3, 0.07)
    pen.line([(wide * 0.3, 0.3), (wide * 0.62, 0.92)], rgb(214, 180, 130), 0.04)


def ship(pen: Pen, main: Colour | None) -> None:
    """A tall ship with three masts and square sails."""
    wide, sail = pen.aspect, rgb(248, 240, 222)
    _hull(pen, 0.8, pen.pick((112, 68, 46), (58, 52, 60)))
    pen.box(wide * 0.78, 0.7, wide * 0.96, 0.8, rgb(130, 82, 54))
    for x, top in ((0.26, 0.16), (0.52, 0.04), (0.77, 0.2)):
        mast = wide * x
        pen.line([(mast, top), (mast, 0.8)], rgb(76, 54, 42), 0.016)
        for i in range(3):
            y, half = top + 0.03 + i * (0.74 - top) / 3, wide * (0.075 + 0.02 * i)
            low = y + (0.74 - top) / 3 - 0.03
            foot = [(mast + half * 1.12, low), (mast - half * 0.96, low)]
            pen.polygon([(mast - half, y), (mast + half, y), *foot], sail)
            shade = [(mast + half * 1.12, low), (mast + half * 0.4, low)]
            pen.polygon([(mast + half * 0.3, y), (mast + half, y), *shade], sail * 0.87)
    pen.line([(wide * 0.03, 0.8), (-0.02, 0.66)], rgb(76, 54, 42), 0.016)


def hot_air_balloon(pen: Pen, main: Colour | None) -> None:
    """A striped balloon with a basket."""
    first = (
        main
        if main is not None
        else pen.pick((214, 56, 50), (40, 110, 190), (240, 160, 40), (120, 70, 170))
    )
    second = pen.pick((250, 226, 120), (250, 246, 236))
    middle, radius, centre = pen.aspect / 2, 0.355, 0.375
    pen.polygon(
        [(middle - 0.27, 0.6), (middle + 0.27, 0.6), (middle + 0.07, 0.82), (middle - 0.07, 0.82)],
        first * 0.9,
    )
    for i, half in enumerate((1.0, 0.72, 0.42, 0.14)):
        pen.disc(middle, centre, radius * half, (first, second)[i % 2], 1 / half)
    pen.polygon(
        [(middle - 0.12, 0.7), (middle + 0.12, 0.7), (middle + 0.07, 0.82), (middle - 0.07, 0.82)],
        second * 0.85,
    )
    for side in (-1, 1):
        pen.line([(middle + side * 0.07, 0.82), (middle + side * 0.05, 0.9)], rgb(86, 62, 46), 0.01)
    pen.box(middle - 0.06, 0.89, middle + 0.06, 1.0, rgb(150, 104, 62))


def rocket(pen: Pen, main: Colour | None) -> None:
    """A finned rocket with a porthole and a flame."""
    trim, middle = main if main is not None else rgb(210, 58, 52), pen.aspect / 2
    y = np.linspace(0.02, 0.8, 24)
    half = 0.13 * np.sin(np.clip(0.12 + (y - 0.02) / 0.78 * 0.7, 0, 1) * np.pi) ** 0.7
    half[0] = 0
    left, right = list(zip(middle - half, y, strict=True)), list(zip(middle + half, y, strict=True))
    pen.polygon(
        [(middle - 0.06, 0.8), (middle, 1.0), (middle + 0.06, 0.8)], rgb(255, 170, 50), shines=True
    )
    pen.polygon(
        [(middle - 0.03, 0.8), (middle, 0.92), (middle + 0.03, 0.8)],
        rgb(255, 240, 170),
        shines=True,
    )
    for side in (-1, 1):
        pen.polygon(
            [
                (middle + side * 0.09, 0.58),
                (middle + side * 0.22, 0.86),
                (middle + side * 0.07, 0.8),
            ],
            trim,
        )
    pen.polygon(left + right[::-1], rgb(236, 238, 242))
    pen.polygon(
        [(middle + 0.05, 0.12), *[p for p in right if p[1] > 0.12], (middle + 0.05, 0.8)],
        rgb(196, 200, 212),
    )
    nose = [p for p in left if p[1] < 0.24] + [p for p in right if p[1] < 0.24][::-1]
    pen.polygon(nose, trim)
    pen.disc(middle, 0.4, 0.06, trim * 0.8)
    pen.disc(middle, 0.4, 0.042, rgb(150, 214, 240))


def tent(pen: Pen, main: Colour | None) -> None:
    """A ridge tent with an open flap."""
    cloth, wide = (
        main if main is not None else pen.pick((226, 130, 50), (70, 130, 90), (206, 74, 56)),
        pen.aspect,
    )
    pen.polygon([(0.02, 1), (wide * 0.36, 0.06), (wide * 0.7, 1)], cloth)
    pen.polygon(
        [(wide * 0.36, 0.06), (wide * 0.76, 0.14), (wide * 0.98, 1), (wide * 0.7, 1)], cloth * 0.76
    )
    inside = WINDOW_LIGHT if pen.evening else rgb(70, 56, 50)
    pen.polygon(
        [(wide * 0.24, 1), (wide * 0.36, 0.32), (wide * 0.48, 1)], inside, shines=pen.evening
    )


def cactus(pen: Pen, main: Colour | None) -> None:
    """A saguaro with two arms."""
    green, middle = rgb(74, 140, 78), pen.aspect / 2
    for side, low, high in (
        (-1, pen.vary(0.55, 0.62), pen.vary(0.26, 0.36)),
        (1, pen.vary(0.48, 0.56), pen.vary(0.18, 0.3)),
    ):
        elbow = middle + side * 0.17
        pen.line([(middle, low), (elbow, low), (elbow, high)], green * 0.92, 0.085)
        pen.disc(elbow, high, 0.042, green * 0.92)
        pen.disc(elbow, low, 0.042, green * 0.92)
    pen.box(middle - 0.07, 0.1, middle + 0.07, 1.0, green)
    pen.disc(middle, 0.1, 0.07, green)
    for x, tone in ((-0.035, 1.14), (0.0, 0.86), (0.035, 0.8)):
        pen.line([(middle + x, 0.08), (middle + x, 1.0)], green * tone, 0.012)


def _stem(pen: Pen, top: float) -> None:
    middle = pen.aspect / 2
    pen.line([(middle, top), (middle + 0.01, 1.0)], rgb(76, 132, 58), 0.035)
    for side, y in ((-1, 0.78), (1, 0.68)):
        tip, under = (middle + side * 0.2, y - 0.08), (middle + side * 0.1, y + 0.02)
        pen.polygon([(middle, y), (middle + side * 0.1, y - 0.1), tip, under], rgb(92, 152, 66))


def sunflower(pen: Pen, main: Colour | None) -> None:
    """A sunflower on its stem."""
    middle, head, turn = pen.aspect / 2, 0.27, pen.vary(0, 1)
    _stem(pen, head)
    for ring, (length, colour) in enumerate(((0.25, rgb(240, 176, 30)), (0.22, rgb(252, 206, 56)))):
        for angle in np.arange(0, 2 * np.pi, np.pi / 9) + turn + ring * np.pi / 18:
            along, across = (
                np.array([np.cos(angle), np.sin(angle)]),
                np.array([-np.sin(angle), np.cos(angle)]),
            )
            base = np.array([middle, head])
            pen.polygon(
                [
                    tuple(base + across * 0.04),
                    tuple(base + along * length),
                    tuple(base - across * 0.04),
                ],
                colour,
            )
    pen.disc(middle, head, 0.115, rgb(98, 60, 34))
    pen.disc(middle, head, 0.07, rgb(72, 42, 28))


def tulip(pen: Pen, main: Colour | None) -> None:
    """A tulip with three petals."""
    petal, middle = (
        main if main is not None else pen.pick((214, 44, 56), (246, 200, 60), (226, 110, 170)),
        pen.aspect / 2,
    )
    _stem(pen, 0.3)
    for side in (-1, 1):
        pen.polygon(
            [
                (middle, 0.42),
                (middle + side * 0.17, 0.32),
                (middle + side * 0.19, 0.06),
                (middle + side * 0.02, 0.24),
            ],
            petal,
        )
    pen.polygon(
        [(middle - 0.12, 0.36), (middle, 0.03), (middle + 0.12, 0.36), (middle, 0.43)], petal * 0.84
    )


def vase_of_flowers(pen: Pen, main: Colour | None) -> None:
    """A round vase with a full bunch of flowers."""
    vase, middle = (
        main if main is not None else pen.pick((70, 110, 170), (222, 214, 200), (176, 84, 60)),
        pen.aspect / 2,
    )
    blooms = [
        rgb(226, 66, 70),
        rgb(248, 196, 66),
        rgb(244, 150, 186),
        rgb(250, 244, 236),
        rgb(150, 96, 196),
        rgb(240, 130, 60),
    ]
    kinds = [blooms[int(i)] for i in pen.rng.choice(6, 3, replace=False)]
    for _ in range(16):
        x = middle + pen.vary(-0.28, 0.28)
        pen.line([(middle, 0.66), (x, pen.vary(0.16, 0.5))], rgb(84, 136, 70), 0.018)
        pen.disc(x, pen.vary(0.36, 0.6), 0.055, rgb(88, 146, 76), 0.6)
    for _ in range(18):
        angle, reach = pen.vary(0, 2 * np.pi), pen.vary(0, 1) ** 0.6
        x, y = middle + np.cos(angle) * reach * 0.27, 0.3 + np.sin(angle) * reach * 0.22
        colour, radius = (
            kinds[int(pen.rng.integers(3))] * pen.vary(0.9, 1.05),
            pen.vary(0.055, 0.09),
        )
        for petal in np.arange(0, 2 * np.pi, np.pi / 3):
            pen.disc(
                x + np.cos(petal) * radius * 0.6,
                y + np.sin(petal) * radius * 0.6,
                radius * 0.55,
                colour,
            )
        pen.disc(x, y, radius * 0.32, rgb(240, 200, 80) if colour[1] < 180 else rgb(196, 130, 50))
    pen.polygon(
        [(middle - 0.09, 0.6), (middle + 0.09, 0.6), (middle + 0.07, 0.68), (middle - 0.07, 0.68)],
        vase * 0.94,
    )
    pen.disc(middle, 0.82, 0.16, vase, 1.1)
    pen.disc(middle - 0.05, 0.78, 0.035, mixed(vase, 255, 0.55), 1.8)
    pen.box(middle - 0.09, 0.97, middle + 0.09, 1.0, vase * 0.8)


def candle(pen: Pen, main: Colour | None) -> None:
    """A burning candle in a dish."""
    middle = pen.aspect / 2
    pen.disc(middle, 0.95, 0.19, rgb(176, 140, 66), 0.25)
    pen.box(middle - 0.065, 0.36, middle + 0.065, 0.94, rgb(248, 238, 212))
    pen.box(middle + 0.025, 0.36, middle + 0.065, 0.94, rgb(226, 206, 170))
    pen.line([(middle, 0.36), (middle, 0.29)], rgb(60, 50, 44), 0.014)
    pen.disc(middle, 0.2, 0.055, rgb(255, 176, 50), 2.0, shines=True)
    pen.disc(middle, 0.235, 0.03, rgb(255, 246, 190), 1.8, shines=True)
    pen.lamp = (0.5, 0.2)


def bottle(pen: Pen, main: Colour | None) -> None:
    """A wine bottle with a label."""
    glass, middle = main if main is not None else rgb(52, 96, 66), pen.aspect / 2
    pen.box(middle - 0.04, 0.03, middle + 0.04, 0.34, glass)
    pen.polygon(
        [
            (middle - 0.04, 0.28),
            (middle + 0.04, 0.28),
            (middle + 0.12, 0.44),
            (middle - 0.12, 0.44),
        ],
        glass,
    )
    pen.box(middle - 0.12, 0.43, middle + 0.12, 1.0, glass)
    pen.box(middle - 0.045, 0.03, middle + 0.045, 0.1, rgb(150, 50, 46))
    pen.box(middle - 0.12, 0.56, middle + 0.12, 0.82, rgb(240, 230, 204))
    pen.line([(middle - 0.085, 0.46), (middle - 0.085, 0.98)], mixed(glass, 255, 0.5), 0.016)


def snowman(pen: Pen, main: Colour | None) -> None:
    """A snowman with hat, scarf and carrot nose."""
    middle, snow = pen.aspect / 2, rgb(248, 250, 255)
    for y, radius in ((0.8, 0.2), (0.5, 0.155), (0.27, 0.115)):
        pen.disc(middle, y, radius, snow * 0.88)
        pen.disc(middle - radius * 0.1, y - radius * 0.08, radius * 0.88, snow)
    pen.line([(middle - 0.1, 0.37), (middle + 0.1, 0.37)], rgb(206, 50, 48), 0.05)
    for side in (-1, 1):
        pen.disc(middle + side * 0.04, 0.24, 0.014, rgb(40, 40, 46))
        pen.line(
            [(middle + side * 0.13, 0.48), (middle + side * 0.28, 0.36)], rgb(98, 70, 52), 0.018
        )
    pen.polygon([(middle, 0.26), (middle, 0.3), (middle + 0.1, 0.29)], rgb(240, 130, 40))
    pen.box(middle - 0.15, 0.15, middle + 0.15, 0.18, rgb(44, 42, 50))
    pen.box(middle - 0.09, 0.02, middle + 0.09, 0.16, rgb(44, 42, 50))


def planet(pen: Pen, main: Colour | None) -> None:
    """A banded planet with a ring."""
    colour, middle = (
        main
        if main is not None
        else pen.pick((226, 170, 110), (110, 160, 220), (200, 110, 90), (150, 120, 200)),
        pen.aspect / 2,
    )
    radius = 0.36
    ring = [
        (middle + 0.66 * np.cos(a), 0.5 + 0.16 * np.sin(a) - 0.1 * np.cos(a))
        for a in np.linspace(0, 2 * np.pi, 60)
    ]
    pen.line(ring, mixed(colour, 255, 0.5), 0.045)
    pen.disc(middle, 0.5, radius, colour)
    for y in (-0.2, -0.04, 0.14):
        half = np.sqrt(radius**2 - y**2) * 0.98
        pen.line(
            [(middle - half, 0.5 + y), (middle + half, 0.5 + y)], colour * pen.vary(0.75, 0.9), 0.06
        )
    pen.disc(middle - 0.12, 0.36, 0.09, mixed(colour, 255, 0.25))
    pen.line(ring[2:29], mixed(colour, 255, 0.5), 0.045)


@dataclass(frozen=True, slots=True)
class Drawing:
    """How one subject is drawn: its function and its box's width over height."""

    draw: Callable[[Pen, Colour | None], None]
    aspect: float


DRAWINGS: dict[str, Drawing] = {
    "lighthouse": Drawing(lighthouse, 0.58),
    "castle": Drawing(castle, 1.1),
    "house": Drawing(house, 1.25),
    "barn": Drawing(barn, 1.35),
    "windmill": Drawing(windmill, 0.8),
    "church": Drawing(church, 0.85),
    "tower": Drawing(tower, 0.4),
    "pagoda": Drawing(pagoda, 0.76),
    "pyramid": Drawing(pyramid, 1.6),
    "bridge": Drawing(bridge, 2.7),
    "pine tree": Drawing(pine_tree, 0.62),
    "tree": Drawing(tree, 0.86),
    "birch tree": Drawing(birch_tree, 0.62),
    "cherry tree": Drawing(cherry_tree, 0.86),
    "cypress": Drawing(cypress, 0.34),
    "sailboat": Drawing(sailboat, 0.82),
    "boat": Drawing(boat, 2.4),
    "ship": Drawing(ship, 1.15),
    "hot air balloon": Drawing(hot_air_balloon, 0.76),
    "rocket": Drawing(rocket, 0.5),
    "tent": Drawing(tent, 1.5),
    "cactus": Drawing(cactus, 0.56),
    "sunflower": Drawing(sunflower, 0.54),
    "tulip": Drawing(tulip, 0.46),
    "vase of flowers": Drawing(vase_of_flowers, 0.72),
    "candle": Drawing(candle, 0.42),
    "bottle": Drawing(bottle, 0.32),
    "snowman": Drawing(snowman, 0.64),
    "planet": Drawing(planet, 1.4),
}
