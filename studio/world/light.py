"""What a time of day or a weather does to colour: sky, ambient light, sun, haze and shadow.

Colours are RGB arrays (3,) float32 in [0, 255]; `ambient` multiplies surface colours (dimensionless). Nights and storms stay
readable on purpose: painters darken further, and a small model learns nothing from black.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Colour = NDArray[np.float32]


def rgb(red: float, green: float, blue: float) -> Colour:
    """A colour (3,) float32 in [0, 255]."""
    return np.array([red, green, blue], np.float32)


@dataclass(frozen=True, slots=True)
class Light:
    """One time of day or weather.

    Attributes:
        name: Its name in `words.TIMES`.
        sky: Colours at the horizon, midway and at the zenith.
        ambient: Multiplier of surface colours, per channel.
        sun: Colour of the sun (or moon) and of what it lights.
        haze: Colour that distance fades into.
        haziness: Share of haze at the horizon, in [0, 1].
        shadow: Strength of cast shadows, in [0, 1].
        sun_chance: How often sun or moon are in the picture, in [0, 1].
        sun_height: Lowest and highest place of the sun above the horizon, as a share of the sky.
    """

    name: str
    sky: tuple[Colour, Colour, Colour]
    ambient: Colour
    sun: Colour
    haze: Colour
    haziness: float
    shadow: float
    sun_chance: float
    sun_height: tuple[float, float] = (0.1, 0.5)


LIGHTS: dict[str, Light] = {
    light.name: light
    for light in (
        Light(
            "dawn",
            (rgb(255, 208, 178), rgb(222, 178, 206), rgb(128, 146, 208)),
            rgb(0.98, 0.88, 0.95),
            rgb(255, 226, 190),
            rgb(240, 200, 200),
            0.5,
            0.3,
            0.6,
            (0.06, 0.3),
        ),
        Light(
            "day",
            (rgb(206, 234, 250), rgb(126, 192, 242), rgb(52, 124, 216)),
            rgb(1.0, 1.0, 1.0),
            rgb(255, 252, 222),
            rgb(196, 222, 240),
            0.35,
            0.45,
            0.45,
            (0.45, 0.8),
        ),
        Light(
            "golden hour",
            (rgb(255, 230, 150), rgb(252, 200, 120), rgb(196, 168, 152)),
            rgb(1.1, 0.95, 0.68),
            rgb(255, 240, 180),
            rgb(250, 212, 140),
            0.45,
            0.45,
            0.7,
            (0.15, 0.4),
        ),
        Light(
            "sunset",
            (rgb(255, 186, 78), rgb(240, 102, 74), rgb(98, 62, 132)),
            rgb(0.98, 0.7, 0.62),
            rgb(255, 214, 110),
            rgb(236, 130, 96),
            0.45,
            0.4,
            0.8,
            (0.04, 0.28),
        ),
        Light(
            "night",
            (rgb(100, 120, 184), rgb(52, 68, 138), rgb(24, 32, 88)),
            rgb(0.56, 0.64, 0.92),
            rgb(250, 246, 216),
            rgb(72, 90, 150),
            0.35,
            0.3,
            0.75,
            (0.4, 0.8),
        ),
        Light(
            "storm",
            (rgb(186, 190, 190), rgb(122, 132, 144), rgb(66, 76, 94)),
            rgb(0.74, 0.77, 0.82),
            rgb(220, 220, 214),
            rgb(140, 150, 158),
            0.5,
            0.18,
            0.0,
        ),
        Light(
            "fog",
            (rgb(232, 234, 232), rgb(214, 220, 222), rgb(188, 200, 208)),
            rgb(0.9, 0.93, 0.94),
            rgb(250, 248, 238),
            rgb(222, 226, 226),
            0.88,
            0.12,
            0.25,
            (0.3, 0.6),
        ),
        Light(
            "snowfall",
            (rgb(224, 230, 238), rgb(190, 202, 220), rgb(150, 166, 194)),
            rgb(0.86, 0.92, 1.02),
            rgb(240, 240, 240),
            rgb(214, 222, 234),
            0.6,
            0.15,
            0.0,
        ),
    )
}
