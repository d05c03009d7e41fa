"""Painters: one per style. Each takes clean pixels (H, W, 3) uint8 and a generator, and returns the painted picture.

`strokes` lays brush marks, `regions` builds from areas, `prints` imitates print and drawing. None is a colour filter: each places
its own marks, sized by the picture's short side.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from studio.world.canvas import Image
from studio.world.painters import prints, regions, strokes

Painter = Callable[[Image, np.random.Generator], Image]

PAINTERS: dict[str, Painter] = {
    "digital painting": strokes.digital_painting,
    "oil painting": strokes.oil_painting,
    "impressionist painting": strokes.impressionist_painting,
    "swirling painting": strokes.swirling_painting,
    "pointillism": strokes.pointillism,
    "watercolor": prints.watercolor,
    "ink wash": prints.ink_wash,
    "woodblock print": prints.woodblock_print,
    "cubism": regions.cubism,
    "stained glass": regions.stained_glass,
    "mosaic": regions.mosaic,
    "low poly": regions.low_poly,
    "pop art": prints.pop_art,
    "pixel art": regions.pixel_art,
    "pencil sketch": prints.pencil_sketch,
    "pastel": strokes.pastel,
}
