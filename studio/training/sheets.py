"""What a person looks at while a stage trains: loss curves and sheets of pictures, as PNG files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

from studio.training.data import write_atomically


def to_pixels(x: Tensor) -> NDArray[np.uint8]:
    """Model pixels (B, 3, H, W) in about [-1, 1] to uint8 (B, H, W, 3)."""
    scaled = (x.detach().float().clamp(-1, 1) + 1) * 127.5
    return np.asarray(scaled.round().permute(0, 2, 3, 1).cpu().numpy(), np.uint8)


def save_sheet(path: Path, pictures: Sequence[NDArray[np.uint8]], columns: int) -> None:
    """Pictures of one size, row by row, into one PNG."""
    height, width = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    sheet = np.full((rows * height, columns * width, 3), 255, np.uint8)
    for i, picture in enumerate(pictures):
        top, left = i // columns * height, i % columns * width
        sheet[top : top + height, left : left + width] = picture
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, lambda temporary: Image.fromarray(sheet).save(temporary))


def save_curve(path: Path, points: Sequence[tuple[float, float]], title: str) -> None:
    """Plot (step, value) points, linear axes, with the extremes written at them."""
    width, height, margin = 640, 320, 40
    picture = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(picture)
    pen.text((margin, 10), title, fill="black")
    if len(points) > 1:
        steps, values = np.array(points, np.float64).T
        low, high = float(values.min()), float(values.max())
        x = margin + (steps - steps[0]) / max(1e-9, steps[-1] - steps[0]) * (width - 2 * margin)
        y = height - margin - (values - low) / max(1e-9, high - low) * (height - 2 * margin)
        pen.line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=(190, 70, 40), width=2)
        pen.text((4, margin - 6), f"{high:.3f}", fill="black")
        pen.text((4, height - margin - 6), f"{low:.3f}", fill="black")
        pen.text((width - margin - 60, height - margin + 8), f"step {int(steps[-1])}", fill="black")
    pen.rectangle((margin, margin, width - margin, height - margin), outline=(160, 160, 160))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, lambda temporary: picture.save(temporary))
