"""Pictures for documents: sheets in few colours and small files, and a labelled curve."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from studio.training.data import write_atomically

SMALL = 600_000  # Largest file, bytes.
Point = tuple[float, float, str]


def tiled(pictures: Sequence[NDArray[np.uint8]], columns: int, side: int) -> Image.Image:
    """Pictures (H, W, 3), row by row, each made to fit a square cell of `side` pixels."""
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * side, rows * side), "white")
    for i, picture in enumerate(pictures):
        cell = Image.fromarray(picture)
        cell.thumbnail((side, side), Image.Resampling.LANCZOS)
        left, top = i % columns * side, i // columns * side
        sheet.paste(cell, (left + (side - cell.width) // 2, top + (side - cell.height) // 2))
    return sheet


def save_small(path: Path, picture: Image.Image, limit: int = SMALL) -> None:
    """Write a PNG of at most `limit` bytes: with as many colours as fit, then smaller."""
    colours = 256
    while True:
        file = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        if file.tell() <= limit:
            break
        if colours > 32:
            colours //= 2
        else:
            picture = picture.resize((picture.width * 3 // 4, picture.height * 3 // 4))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, lambda temporary: temporary.write_bytes(file.getvalue()))


def save_lines(
    path: Path,
    title: str,
    axes: tuple[str, str],
    points: Sequence[Point],
    marks: Sequence[Point] = (),
) -> None:
    """A curve through labelled points (x in [0, 1], y in percent), and single marks beside it."""
    width, height, margin = 640, 420, 56
    picture = Image.new("RGB", (width, height), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(13)

    def at(x: float, y: float) -> tuple[float, float]:
        return (
            margin + x * (width - 2 * margin),
            height - margin - y / 100 * (height - 2 * margin),
        )

    for share in range(0, 101, 20):
        pen.line([at(0, share), at(1, share)], fill=(228, 228, 228))
        pen.line([at(share / 100, 0), at(share / 100, 100)], fill=(228, 228, 228))
        pen.text(at(0, share), f"{share} ", fill=(90, 90, 90), font=font, anchor="rm")
        x, y = at(share / 100, 0)
        pen.text((x, y + 6), f"{share / 100:g}", fill=(90, 90, 90), font=font, anchor="mt")
    pen.text((width / 2, 18), title, fill="black", font=font, anchor="mm")
    pen.text((width / 2, height - 16), axes[0], fill="black", font=font, anchor="mm")
    pen.text((8, margin - 22), axes[1], fill="black", font=font, anchor="lm")
    line = [at(max(0.0, x), y) for x, y, _ in points]
    if len(line) > 1:
        pen.line(line, fill=(190, 70, 40), width=2)
    for colour, some in (((190, 70, 40), points), ((40, 90, 160), marks)):
        for x, y, name in some:
            left, top = at(max(0.0, x), y)
            pen.ellipse((left - 4, top - 4, left + 4, top + 4), fill=colour)
            pen.text((left + 7, top - 9), name, fill=colour, font=font, anchor="lm")
    save_small(path, picture)
