"""A ramp of colours for amounts: dark to light in even steps for the eye, from night blue over red to pale yellow.

The ramp is a path in Oklab, where equal distances look equally far apart. Source: B. Ottosson, "A perceptual color space for
image processing", 2020.
"""

from typing import Any

import numpy as np

Amounts = np.ndarray[Any, np.dtype[np.float32]]
Pixels = np.ndarray[Any, np.dtype[np.uint8]]

_TO_LMS = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ]
)
_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def _ramp(colours: int = 256) -> Pixels:
    """(colours, 3), sRGB."""
    share = np.linspace(0, 1, colours)
    lightness = 0.16 + 0.80 * share
    hue = np.radians(np.interp(share, [0, 0.5, 1], [280, 380, 465]))
    chroma = 0.05 + 0.11 * np.sin(np.pi * share)
    lab = np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], 1)
    linear = ((lab @ _TO_LMS.T) ** 3 @ _TO_RGB.T).clip(0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    pixels: Pixels = (encoded * 255).round().astype(np.uint8)
    return pixels


RAMP = _ramp()


def coloured(amounts: Amounts) -> Pixels:
    """Colours (H, W, 3) of amounts (H, W), of which 0 is the darkest and 1 or more the lightest."""
    colours: Pixels = RAMP[(amounts.clip(0, 1) * (len(RAMP) - 1)).round().astype(np.intp)]
    return colours
