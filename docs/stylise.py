"""Paint `stylised.jpg`: pictures of several kinds, stylised in twelve styles by the built-in model.

Run with the project's Python: `python docs/stylise.py`. Inputs are made here: two rendered scenes and two scans of drawn
shapes. Strength, seed and words are the same everywhere; nothing is picked.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from studio.core.events import Finished
from studio.core.recipes import ImageToImage
from studio.core.settings import Settings
from studio.core.styles import STYLES
from studio.service import Studio

SIZE, CELL = (512, 384), (192, 144)
TILES = [name for name in STYLES if name != "none"][:12]


def valley() -> Image.Image:
    """A rendered view: layered hills in haze under a low sun, with the grain of a sensor."""
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]].astype(float)
    sky = np.stack([250 - 0.35 * y, 190 - 0.2 * y, 150 + 0.12 * y], -1)
    glow = np.exp(-((x - 360) ** 2 + (y - 130) ** 2) / 9000)[..., None] * (60, 50, 20)
    picture = sky + glow
    for depth in range(5):
        ridge = (
            170
            + 40 * depth
            + 22 * np.sin(x / (70 - 8 * depth) + depth)
            + 9 * np.sin(x / 17 + depth)
        )
        near = (depth + 1) / 5
        ground = np.array([150, 120, 140]) * (1 - near) + np.array([40, 70, 45]) * near
        picture = np.where((y > ridge)[..., None], ground, picture)
    grain = np.random.default_rng(0).normal(0, 5, picture.shape)
    return Image.fromarray((picture + grain).clip(0, 255).astype(np.uint8))


def table() -> Image.Image:
    """A rendered still life: shaded balls with shadows on a table."""
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]].astype(float)
    picture = np.where((y > 230)[..., None], (150.0, 105.0, 70.0), (205.0, 200.0, 190.0))
    for cx, cy, r, colour in (
        (150, 230, 80, (200, 60, 40)),
        (300, 260, 60, (240, 190, 50)),
        (400, 225, 85, (70, 120, 60)),
    ):
        shade = np.exp(-(((x - cx - 30) / (1.2 * r)) ** 2 + ((y - cy - 0.9 * r) / (0.3 * r)) ** 2))
        picture = picture * (1 - 0.5 * shade[..., None])
        u, v = (x - cx) / r, (y - cy) / r
        depth = np.sqrt(np.clip(1 - u**2 - v**2, 0, 1))
        light = np.clip(-0.5 * u - 0.6 * v + 0.62 * depth, 0, 1)[..., None]
        ball = np.array(colour) * (0.3 + 0.8 * light) + 120 * light**12
        picture = np.where((u**2 + v**2 < 1)[..., None], ball, picture)
    return Image.fromarray(picture.clip(0, 255).astype(np.uint8))


def drawing(
    lines: list[list[tuple[int, int]]], fills: list[tuple[list[tuple[int, int]], str]]
) -> Image.Image:
    """A scan of a drawing: felt-pen lines and crayon on paper that is not quite white, a little crooked."""
    page = Image.new("RGB", SIZE, "#f4efe2")
    draw = ImageDraw.Draw(page)
    for shape, colour in fills:
        draw.polygon(shape, fill=colour)
    for line in lines:
        draw.line(line, fill="#2b2b33", width=6, joint="curve")
    page = page.rotate(1.3, Image.Resampling.BICUBIC, fillcolor="#e9e2d2")
    paper = np.asarray(page.filter(ImageFilter.GaussianBlur(0.8))).astype(float)
    paper += np.random.default_rng(1).normal(0, 6, paper.shape[:2])[..., None]
    return Image.fromarray(paper.clip(0, 255).astype(np.uint8))


def house() -> Image.Image:
    """A child's house."""
    wall = [(170, 200), (340, 200), (340, 330), (170, 330)]
    roof = [(150, 205), (255, 110), (360, 205)]
    grass = [(0, 330), (512, 322), (512, 384), (0, 384)]
    fills = [(grass, "#7fb069"), (wall, "#e8c07d"), (roof, "#c8553d")]
    return drawing([[*wall, wall[0]], [*roof, roof[0]], [(0, 330), (512, 322)]], fills)


def boat() -> Image.Image:
    """A sailing boat in four strokes."""
    hull = [(130, 270), (390, 270), (340, 320), (180, 320)]
    sail = [(255, 260), (255, 80), (370, 260)]
    sea = [(0, 300), (512, 300), (512, 384), (0, 384)]
    fills = [(sea, "#6fa8dc"), (hull, "#9c5b33"), (sail, "#f6f2ea")]
    return drawing([[*hull, hull[0]], [*sail, sail[0]], [(255, 70), (255, 270)]], fills)


def main() -> None:
    """Stylise every input in every style and write the sheet."""
    inputs = {
        "mountains at sunset": valley(),
        "apple and lemon": table(),
        "a house in a meadow": house(),
        "a sailboat by the sea": boat(),
    }
    sheet = Image.new("RGB", (CELL[0] * (len(TILES) + 1), CELL[1] * len(inputs)), "white")
    with tempfile.TemporaryDirectory() as home:
        studio = Studio(Settings(home=Path(home)))
        for row, (words, picture) in enumerate(inputs.items()):
            sheet.paste(picture.resize(CELL, Image.Resampling.LANCZOS), (0, row * CELL[1]))
            source = studio.put(picture)
            for column, style in enumerate(TILES, start=1):
                recipe = ImageToImage(words, style=style, source=source, strength=0.55, seed=1)
                [end] = [
                    e for e in studio.submit(recipe, "sheet").events() if isinstance(e, Finished)
                ]
                done = Image.open(end.result.path).resize(CELL, Image.Resampling.LANCZOS)
                sheet.paste(done, (column * CELL[0], row * CELL[1]))
        studio.close()
    sheet.save(ROOT / "docs" / "stylised.jpg", quality=88, optimize=True)


if __name__ == "__main__":
    main()
