"""A contact sheet of the painted world: `python -m studio.world.sheet docs/world.png`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from studio.world.picture import paint
from studio.world.words import STYLES


def contact_sheet(columns: int, thumbnail: int, first_seed: int) -> Image.Image:
    """One row per style, `columns` pictures of consecutive seeds each, none picked."""
    sheet = np.full((len(STYLES) * thumbnail, columns * thumbnail, 3), 255, np.uint8)
    for row, style in enumerate(STYLES):
        for column in range(columns):
            picture = paint(first_seed + row * columns + column, style=style.name).image
            small = cv2.resize(
                picture, (thumbnail - 4, thumbnail - 4), interpolation=cv2.INTER_AREA
            )
            top, left = row * thumbnail + 2, column * thumbnail + 2
            sheet[top : top + thumbnail - 4, left : left + thumbnail - 4] = small
    return Image.fromarray(sheet)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    options = argparse.ArgumentParser(prog="python -m studio.world.sheet", description=__doc__)
    options.add_argument("path", type=Path)
    options.add_argument("--columns", type=int, default=9)
    options.add_argument(
        "--thumbnail", type=int, default=128, help="side of a picture on the sheet, pixels"
    )
    options.add_argument("--seed", type=int, default=1_000_000)
    chosen = options.parse_args(arguments)
    sheet = contact_sheet(chosen.columns, chosen.thumbnail, chosen.seed)
    sheet.quantize(256).save(chosen.path, optimize=True)


if __name__ == "__main__":
    main()
