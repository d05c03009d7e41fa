"""A subject as a cut-out: drawn or taken from the emoji font, recoloured, and lit like the scene it will stand in.

The font (Noto Color Emoji, SIL Open Font License 1.1) is needed while painting only; no glyph is part of the repository.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from studio.world.canvas import Image, Plane, Point, mixed
from studio.world.drawings import DRAWINGS, Pen
from studio.world.light import Light, rgb
from studio.world.words import COLOURS, Subject

FONT_PATHS = (
    Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"),
    Path("/usr/share/fonts/noto/NotoColorEmoji.ttf"),
    Path("/usr/share/fonts/google-noto-color-emoji-fonts/NotoColorEmoji.ttf"),
)
FONT_SIZE = 109  # The only size that the bitmap font holds, in pixels.
EVENINGS = {"night", "sunset", "storm", "fog"}


class FontMissing(RuntimeError):
    """The emoji font is not installed; on Debian it is the package fonts-noto-color-emoji."""


@dataclass(frozen=True, slots=True)
class Sprite:
    """A cut-out.

    Attributes:
        pixels: RGB and alpha (h, w, 4) uint8.
        shine: Where it shines by itself (h, w) uint8, unlit by the scene.
        lamp: A light source at (x, y) as shares of width and height, or None.
    """

    pixels: Image
    shine: Image
    lamp: Point | None = None


def font_path() -> Path | None:
    """Where the emoji font is, or None; the environment variable PALETTE_EMOJI_FONT may name another place."""
    named = os.environ.get("PALETTE_EMOJI_FONT")
    places = (Path(named), *FONT_PATHS) if named else FONT_PATHS
    return next((path for path in places if path.exists()), None)


@cache
def _font() -> ImageFont.FreeTypeFont:
    path = font_path()
    if path is None:
        raise FontMissing(
            "The emoji font is not installed. On Debian: apt-get install fonts-noto-color-emoji"
        )
    return ImageFont.truetype(str(path), FONT_SIZE)


@cache
def _glyph(character: str) -> Image:
    """The glyph, cropped, (h, w, 4) uint8; shared by all callers, so never written to."""
    picture = Pictures.new("RGBA", (180, 180), (0, 0, 0, 0))
    ImageDraw.Draw(picture).text((16, 20), character, font=_font(), embedded_color=True)
    box = picture.getbbox()
    if box is None:
        raise FontMissing(f"The emoji font has no glyph for {character!r}.")
    return np.asarray(picture.crop(box))


def cut_out(subject: Subject, rng: np.random.Generator, light: Light, colour: str | None) -> Sprite:
    """The subject as an unlit cut-out, sometimes mirrored; `colour` is a name in `words.COLOURS`."""
    mirrored = rng.random() < 0.5
    if subject.glyph:
        pixels = _glyph(subject.glyph)
        if subject.name == "black cat":
            pixels = _recoloured(pixels, "black")
        elif colour:
            pixels = _recoloured(pixels, colour)
        sprite = Sprite(pixels, np.zeros(pixels.shape[:2], np.uint8))
    else:
        drawing = DRAWINGS[subject.name]
        pen = Pen(rng, drawing.aspect, light.name in EVENINGS)
        drawing.draw(pen, rgb(*COLOURS[colour]) if colour else None)
        sprite = Sprite(pen.pixels, pen.shine, pen.lamp)
    return _mirrored(sprite) if mirrored else sprite


def _mirrored(sprite: Sprite) -> Sprite:
    lamp = (1 - sprite.lamp[0], sprite.lamp[1]) if sprite.lamp else None
    pixels, shine = (
        np.ascontiguousarray(sprite.pixels[:, ::-1]),
        np.ascontiguousarray(sprite.shine[:, ::-1]),
    )
    return Sprite(pixels, shine, lamp)


def _recoloured(pixels: Image, colour: str) -> Image:
    """Give the saturated parts another colour, keeping light and shade."""
    target = np.array(COLOURS[colour], np.float32)
    hsv = cv2.cvtColor(pixels[..., :3], cv2.COLOR_RGB2HSV).astype(np.float32) / 255
    saturated = np.clip((hsv[..., 1] - 0.25) * 4, 0, 1)[..., None]
    inside = pixels[..., 3] > 128
    value = hsv[..., 2:3]
    middle = float(np.median(value[inside])) if inside.any() else 0.7
    shaded = np.clip(target * np.clip(value / max(middle, 0.2), 0.45, 1.5), 0, 255)
    result = pixels.copy()
    result[..., :3] = np.clip(
        mixed(pixels[..., :3].astype(np.float32), shaded, saturated), 0, 255
    ).astype(np.uint8)
    return result


def scaled(sprite: Sprite, width: int, height: int) -> Sprite:
    """Resize with premultiplied alpha, so that no dark rim appears."""
    premultiplied: Plane = sprite.pixels.astype(np.float32)
    premultiplied[..., :3] *= premultiplied[..., 3:] / 255
    way = cv2.INTER_AREA if height < sprite.pixels.shape[0] else cv2.INTER_CUBIC
    small: Plane = np.clip(cv2.resize(premultiplied, (width, height), interpolation=way), 0, 255)
    small[..., :3] *= 255 / np.maximum(small[..., 3:], 1)
    shine = cv2.resize(sprite.shine, (width, height), interpolation=cv2.INTER_AREA)
    return Sprite(np.clip(small, 0, 255).astype(np.uint8), shine, sprite.lamp)


def lit(
    sprite: Sprite, light: Light, side: float, distance: float, strength: float = 0.75
) -> Plane:
    """RGB (h, w, 3) float32 of a sprite under a light.

    Args:
        sprite: The cut-out, at its final size.
        light: The scene's light.
        side: Where the light comes from: -1 left, 1 right.
        distance: 0 near, 1 at the horizon; adds haze.
        strength: How much of the ambient colour is taken on.
    """
    colours = sprite.pixels[..., :3].astype(np.float32)
    height, width = colours.shape[:2]
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :, None] * side
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    contrast = light.shadow * 0.5
    ambient = mixed(1.0, light.ambient, strength)
    warm = mixed(np.float32(1), light.sun / 235, np.clip(across, 0, 1) * 0.35)
    shaded = colours * ambient * (1 + contrast * across) * mixed(1.04, 0.86, down) * warm
    hazy = mixed(shaded, light.haze, light.haziness * distance * 0.75)
    own = (sprite.shine.astype(np.float32) / 255)[..., None]
    return np.asarray(mixed(hazy, colours, own), np.float32)
