"""Standing a subject in a scene: size and place, shadow or reflection, light and haze, and bedding its feet in the ground."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from studio.world import sprites
from studio.world.canvas import Canvas, Plane, mixed
from studio.world.light import rgb
from studio.world.scenery import Ground, paint_headland
from studio.world.sky import Sky
from studio.world.words import Subject

HARD_GROUND = {"city", "beach", "desert", "canyon", "space", "table"}


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one cut-out goes, in pixels: middle of its feet (x, y), its size, and its distance in [0, 1]."""

    x: float
    y: float
    width: int
    height: int
    distance: float


def spot_for(
    canvas: Canvas, ground: Ground, subject: Subject, aspect: float, across: float, scale: float
) -> Spot:
    """Choose a spot that suits the subject.

    Args:
        canvas: The scene so far.
        ground: What the place offers.
        subject: Decides stance, size and depth.
        aspect: Width over height of its cut-out.
        across: Middle of the subject as a share of the width.
        scale: 1 is the usual size; less is farther away.
    """
    height = (
        1.12
        * subject.height
        * scale
        * min(canvas.width, canvas.height)
        * canvas.rng.uniform(0.94, 1.06)
    )
    depth = float(np.clip(subject.depth + canvas.rng.normal(0, 0.06) + (1 - scale) * 0.8, 0, 1))
    y = _feet(canvas, ground, subject, height, depth)
    height = min(
        height, 0.86 * canvas.width / aspect, max(0.12 * canvas.height, y - 0.03 * canvas.height)
    )
    width = height * aspect
    margin = min(0.5, width / 2 / canvas.width + 0.01)
    x = canvas.width * float(np.clip(across, margin, 1 - margin))
    return Spot(x, y, max(4, round(width)), max(4, round(height)), depth)


def _feet(canvas: Canvas, ground: Ground, subject: Subject, height: float, depth: float) -> float:
    match subject.stance:
        case "flies":
            sky = max(ground.horizon, 0.5 * canvas.height)
            middle = sky * canvas.rng.uniform(0.42, 0.68)
            return float(np.clip(middle + height / 2, height + 4, canvas.height * 0.9))
        case "swims" if ground.water:
            return float(mixed(*ground.water, canvas.rng.random()) + height / 2)
        case "floats" if ground.water:
            return float(mixed(ground.water[1], ground.water[0], depth))
        case "portrait":
            return canvas.height * 1.03
        case _:
            return float(mixed(ground.near, ground.far, depth))


def place(
    canvas: Canvas,
    sprite: sprites.Sprite,
    spot: Spot,
    ground: Ground,
    sky: Sky,
    subject: Subject,
    where: str,
) -> None:
    """Paint a cut-out at its spot, with what makes it belong there."""
    small = sprites.scaled(sprite, spot.width, spot.height)
    side = 1.0 if sky.sun_x > spot.x / canvas.width else -1.0
    colours = sprites.lit(small, canvas.light, side, spot.distance)
    alpha = small.pixels[..., 3].astype(np.float32) / 255
    afloat = subject.stance == "floats" and where not in {"underwater"}
    if afloat:
        _reflect(canvas, colours, alpha, spot)
        rows = np.linspace(0, 1, spot.height, dtype=np.float32)[:, None]
        alpha = alpha * np.clip((1.0 - rows) * 14, 0, 1)
    elif subject.stance == "stands":
        _shadow(canvas, alpha, spot, side)
    left, top = spot.x - spot.width / 2, spot.y - spot.height
    _paste(canvas, colours, alpha, left, top)
    x, y = max(0, round(left)), max(0, round(top))
    right, bottom = round(left) + spot.width, round(top) + spot.height
    canvas.boxes.append((x, y, min(canvas.width, right), min(canvas.height, bottom)))
    if subject.stance == "stands":
        _bed(canvas, spot, ground, where)
    if sprite.lamp and canvas.light.name in sprites.EVENINGS:
        _shine(canvas, sprite.lamp, spot, side, beam=subject.name == "lighthouse")


def _paste(canvas: Canvas, colours: Plane, alpha: Plane, left: float, top: float) -> None:
    x, y = round(left), round(top)
    height, width = alpha.shape
    x0, y0, x1, y1 = (
        max(0, x),
        max(0, y),
        min(canvas.width, x + width),
        min(canvas.height, y + height),
    )
    if x0 >= x1 or y0 >= y1:
        return
    part = (slice(y0 - y, y1 - y), slice(x0 - x, x1 - x))
    under = canvas.pixels[y0:y1, x0:x1].astype(np.float32)
    over = mixed(under, colours[part], alpha[part][..., None])
    canvas.pixels[y0:y1, x0:x1] = np.clip(over, 0, 255).astype(np.uint8)


def _shadow(canvas: Canvas, alpha: Plane, spot: Spot, side: float) -> None:
    """A cast shadow away from the light, and a dark line of contact."""
    mask = np.zeros(canvas.shape, np.float32)
    centre = (round(spot.x), round(spot.y - 1))
    axes = (max(2, round(spot.width * 0.42)), max(2, round(spot.height * 0.035)))
    cv2.ellipse(mask, centre, axes, 0, 0, 360, 1.0, -1)
    flat = 0.26
    left, shear = spot.x - spot.width / 2, -side * 0.55
    matrix = np.array(
        [[1, -shear, left + shear * spot.height], [0, -flat, spot.y + flat * spot.height - 2]],
        np.float32,
    )
    cast = cv2.warpAffine(alpha, matrix, (canvas.width, canvas.height))
    shadow = np.maximum(
        cv2.GaussianBlur(mask, (0, 0), 2.2 * canvas.unit) * 0.8, cv2.GaussianBlur(cast, (0, 0), 1.2)
    )
    canvas.mix(shadow * canvas.light.shadow, mixed(canvas.light.sky[2], rgb(24, 26, 40), 0.75))


def _reflect(canvas: Canvas, colours: Plane, alpha: Plane, spot: Spot) -> None:
    """A rippled mirror image below something afloat."""
    mirror, mask = colours[::-1], alpha[::-1]
    depth = np.linspace(1, 0.1, spot.height, dtype=np.float32)[:, None]
    rows = np.arange(spot.height, dtype=np.float32)[:, None]
    shift = np.sin(rows * 0.7 / canvas.unit) * 1.8 * canvas.unit
    columns = (np.arange(spot.width, dtype=np.float32)[None] + shift).astype(np.float32)
    where = np.broadcast_to(rows, columns.shape).astype(np.float32)
    mirror = cv2.remap(np.ascontiguousarray(mirror), columns, where, cv2.INTER_LINEAR)
    mask = cv2.remap(np.ascontiguousarray(mask), columns, where, cv2.INTER_LINEAR)
    _paste(
        canvas, mirror * 0.82, mask * 0.5 * depth, spot.x - spot.width / 2, spot.y - 3 * canvas.unit
    )


def _bed(canvas: Canvas, spot: Spot, ground: Ground, where: str) -> None:
    """A few blades or pebbles of the ground in front of the feet, so that nothing hovers."""
    hard = where in HARD_GROUND
    for _ in range(5 if hard else 16):
        x = spot.x + canvas.rng.uniform(-0.5, 0.5) * spot.width
        colour = canvas.varied(ground.colour, 9)
        if hard or where == "snowy field":
            canvas.disc(x, spot.y + 1, canvas.rng.uniform(2, 6) * canvas.unit, colour, 0.3)
        else:
            tip = (
                x + canvas.rng.normal(0, 2) * canvas.unit,
                spot.y - canvas.rng.uniform(2, 7) * canvas.unit,
            )
            canvas.line((x, spot.y + 2), tip, colour, 1.6 * canvas.unit)


def _shine(canvas: Canvas, lamp: tuple[float, float], spot: Spot, side: float, beam: bool) -> None:
    """Glow around a lamp, and the beam of a lighthouse."""
    x = spot.x + (lamp[0] - 0.5) * spot.width
    y = spot.y - spot.height * (1 - lamp[1])
    if beam:
        layer = canvas.pixels.copy()
        reach, spread = canvas.width * 1.1, 0.1 * canvas.width
        for way in (-1, 1):
            cone = np.array(
                [(x, y), (x + way * reach, y - spread), (x + way * reach, y + spread * 0.7)]
            )
            cv2.fillPoly(layer, [cone.astype(np.int32)], (255.0, 240.0, 180.0), cv2.LINE_AA)
        canvas.pixels = cv2.addWeighted(canvas.pixels, 0.68, layer, 0.32, 0)
    canvas.glow(x, y, 13 * canvas.unit, rgb(200, 160, 80))


def raise_headland(canvas: Canvas, ground: Ground, across: float) -> Ground:
    """Give a place that is only water a rock to stand on; returns the ground on top of it."""
    top = mixed(ground.horizon, canvas.height, canvas.rng.uniform(0.22, 0.36))
    paint_headland(canvas, across * canvas.width, top, across > 0.5)
    feet = top + 0.03 * canvas.height
    colour = canvas.lit(rgb(112, 152, 74))
    return Ground(
        ground.horizon, feet, feet, colour, ground.water, ground.water_x, extras=ground.extras
    )
