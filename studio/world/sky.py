"""Skies: gradient, clouds, sun or moon, stars, aurora, rainbow, birds; and the weather that falls in front of everything.

Each function paints on the canvas and says in caption words what it has painted.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from studio.world.canvas import Canvas, mixed, noise
from studio.world.light import rgb


@dataclass(frozen=True, slots=True)
class Sky:
    """What a sky holds.

    Attributes:
        extras: Caption words for what can be seen ("sun", "clouds").
        sun_x: Where the light comes from, as a share of the width; 0.5 when the sun is not in the picture.
        sun: Place and radius (x, y, r) of sun or moon in pixels, or None.
    """

    extras: tuple[str, ...]
    sun_x: float
    sun: tuple[float, float, float] | None = None


def paint_sky(canvas: Canvas, horizon: float, busy: bool = True) -> Sky:
    """Paint the sky down to `horizon` (pixels) and a little below, so that no gap shows behind hills."""
    _gradient(canvas, horizon)
    extras: list[str] = []
    light = canvas.light
    if light.name == "night":
        extras += _stars(canvas, horizon)
    sun = None
    if canvas.rng.random() < light.sun_chance:
        sun = _sun(canvas, horizon)
        extras.append("moon" if light.name == "night" else "sun")
    if busy:
        extras += _clouds(canvas, horizon)
        extras += _wonders(canvas, horizon, sun is not None)
    sun_x = sun[0] / canvas.width if sun else float(canvas.rng.choice([0.15, 0.85]))
    return Sky(tuple(extras), sun_x, sun)


def _gradient(canvas: Canvas, horizon: float) -> None:
    low, middle, high = canvas.light.sky
    jitter = canvas.rng.normal(0, 6, 3)
    y = np.clip(1 - np.arange(canvas.height) / max(1.0, horizon), 0, 1)[:, None]
    colours = np.where(
        y < 0.45, mixed(low, middle, y / 0.45), mixed(middle, high, (y - 0.45) / 0.55)
    )
    canvas.pixels[:] = np.clip(colours + jitter, 0, 255)[:, None].astype(np.uint8)


def _stars(canvas: Canvas, horizon: float) -> list[str]:
    for _ in range(int(canvas.rng.integers(25, 90))):
        x, y = canvas.rng.uniform(0, canvas.width), canvas.rng.uniform(0, horizon * 0.9)
        bright = canvas.rng.random() ** 2
        canvas.disc(
            x, y, (0.5 + 1.2 * bright) * canvas.unit, mixed(rgb(150, 160, 210), 250, bright)
        )
    return ["stars"]


def _sun(canvas: Canvas, horizon: float) -> tuple[float, float, float]:
    """Paint a sun, or at night a moon; returns (x, y, radius) in pixels."""
    light, rng = canvas.light, canvas.rng
    low, high = light.sun_height
    x = canvas.width * float(rng.choice([rng.uniform(0.12, 0.36), rng.uniform(0.64, 0.88)]))
    y = horizon * (1 - rng.uniform(low, high))
    radius = (
        float(rng.uniform(0.045, 0.085)) * canvas.height * (0.9 if light.name == "day" else 1.15)
    )
    strength = {"night": 0.35, "fog": 0.2}.get(light.name, 0.5)
    canvas.glow(x, y, 38 * canvas.unit, light.sun * strength)
    canvas.disc(x, y, radius, light.sun)
    if light.name == "night" and rng.random() < 0.4:
        shadow = canvas.pixels[max(0, int(y - 2.2 * radius)) % canvas.height, int(x) % canvas.width]
        canvas.disc(x + radius * 0.5, y - radius * 0.2, radius * 0.85, shadow)
    return x, y, radius


def _clouds(canvas: Canvas, horizon: float) -> list[str]:
    light, rng = canvas.light, canvas.rng
    heavy = light.name in {"storm", "snowfall"}
    if not heavy and (light.name == "fog" or rng.random() < 0.45):
        return []
    rows = slice(0, max(8, int(horizon)))
    height = rows.stop
    field = noise(rng, (height, canvas.width), 2.2, 5)
    stretched = cv2.resize(field[: max(4, height * 2 // 3)], (canvas.width, height))
    threshold = 0.36 if heavy else rng.uniform(0.5, 0.62)
    mask = np.clip((stretched - threshold) * 5, 0, 1) * (0.75 if heavy else 0.9)
    above = np.roll(stretched, max(2, int(5 * canvas.unit)), 0)
    relief = np.clip(0.5 + (stretched - above) * 3.5, 0, 1)[..., None]
    bright, dark = _cloud_colours(canvas)
    band = canvas.pixels[rows].astype(np.float32)
    colour = mixed(dark, bright, relief)
    canvas.pixels[rows] = np.clip(mixed(band, colour, mask[..., None]), 0, 255).astype(np.uint8)
    return ["clouds"]


def _cloud_colours(canvas: Canvas) -> tuple[np.ndarray, np.ndarray]:
    """Lit side and shaded side of a cloud."""
    low, middle, high = canvas.light.sky
    match canvas.light.name:
        case "day":
            return rgb(255, 255, 255), rgb(188, 204, 224)
        case "night":
            return rgb(110, 124, 176), rgb(40, 50, 100)
        case "storm":
            return rgb(176, 182, 186), rgb(66, 74, 90)
        case "snowfall":
            return rgb(226, 230, 238), rgb(158, 170, 192)
        case _:
            return mixed(low, canvas.light.sun, 0.5), mixed(middle, high, 0.6)


def _wonders(canvas: Canvas, horizon: float, sunny: bool) -> list[str]:
    """Aurora, rainbow, lightning or birds: rarely, and only where they may be."""
    rng, name = canvas.rng, canvas.light.name
    if name == "night" and not sunny and rng.random() < 0.5:
        return _aurora(canvas, horizon)
    if name == "day" and rng.random() < 0.07:
        return _rainbow(canvas, horizon)
    if name == "storm" and rng.random() < 0.3:
        return _lightning(canvas, horizon)
    if name in {"day", "dawn", "sunset", "golden hour"} and rng.random() < 0.14:
        return _birds(canvas, horizon)
    return []


def _aurora(canvas: Canvas, horizon: float) -> list[str]:
    x = np.arange(canvas.width, dtype=np.float32)
    rows = np.arange(canvas.height, dtype=np.float32)[:, None]
    for colour, place in ((rgb(60, 220, 150), 0.5), (rgb(150, 70, 190), 0.32)):
        wave = np.sin(x / (22 * canvas.unit) + canvas.rng.uniform(0, 6)) * 12 * canvas.unit
        wave += np.sin(x / (47 * canvas.unit) + canvas.rng.uniform(0, 6)) * 16 * canvas.unit
        above = (horizon * place + wave)[None] - rows
        veil = np.where(
            above > 0, np.exp(-above / (34 * canvas.unit)), np.exp(above / (6 * canvas.unit))
        )
        canvas.mix((veil * 0.75).astype(np.float32), colour)
    return ["aurora"]


def _rainbow(canvas: Canvas, horizon: float) -> list[str]:
    centre = (canvas.width * canvas.rng.uniform(0.3, 0.7), horizon * 1.15)
    reach = min(canvas.width * 0.5, horizon * 0.95)
    for i, hue in enumerate(range(0, 150, 25)):
        bow = np.array([[[hue, 170, 250]]], np.uint8)
        colour = cv2.cvtColor(bow, cv2.COLOR_HSV2RGB)[0, 0]
        layer = canvas.pixels.copy()
        axes = (int(reach - i * 3.2 * canvas.unit),) * 2
        thickness = max(1, round(4 * canvas.unit))
        middle = (int(centre[0]), int(centre[1]))
        cv2.ellipse(
            layer, middle, axes, 0, 180, 360, [float(v) for v in colour], thickness, cv2.LINE_AA
        )
        canvas.pixels = cv2.addWeighted(canvas.pixels, 0.45, layer, 0.55, 0)
    return ["rainbow"]


def _lightning(canvas: Canvas, horizon: float) -> list[str]:
    x, y = canvas.width * canvas.rng.uniform(0.15, 0.85), 0.0
    canvas.glow(x, horizon * 0.4, 30 * canvas.unit, rgb(110, 112, 140))
    while y < horizon:
        step = (
            x + canvas.rng.normal(0, 11) * canvas.unit,
            y + canvas.rng.uniform(9, 20) * canvas.unit,
        )
        canvas.line((x, y), step, rgb(255, 252, 230), 2.4 * canvas.unit)
        x, y = step
    return ["lightning"]


def _birds(canvas: Canvas, horizon: float) -> list[str]:
    x, y = canvas.width * canvas.rng.uniform(0.2, 0.8), horizon * canvas.rng.uniform(0.2, 0.5)
    for _ in range(int(canvas.rng.integers(3, 7))):
        bx, by = (
            x + canvas.rng.normal(0, 34) * canvas.unit,
            y + canvas.rng.normal(0, 16) * canvas.unit,
        )
        wing = canvas.rng.uniform(5, 9) * canvas.unit
        for side in (-1, 1):
            canvas.line(
                (bx, by), (bx + side * wing, by - wing * 0.55), rgb(52, 48, 58), 2 * canvas.unit
            )
    return ["birds"]


def paint_weather(canvas: Canvas) -> list[str]:
    """Rain, snow or fog in front of the finished scene; returns caption words."""
    match canvas.light.name:
        case "storm" if canvas.rng.random() < 0.6:
            return _rain(canvas)
        case "snowfall":
            _snow(canvas)
        case "fog":
            _veil(canvas)
    return []


def _rain(canvas: Canvas) -> list[str]:
    layer = canvas.pixels.copy()
    for _ in range(int(canvas.rng.integers(90, 170))):
        x, y = canvas.rng.uniform(0, canvas.width), canvas.rng.uniform(-10, canvas.height)
        length = canvas.rng.uniform(9, 20) * canvas.unit
        end = (int(x - length * 0.3), int(y + length))
        cv2.line(layer, (int(x), int(y)), end, (214.0, 222.0, 232.0), 1, cv2.LINE_AA)
    canvas.pixels = cv2.addWeighted(canvas.pixels, 0.55, layer, 0.45, 0)
    return ["rain"]


def _snow(canvas: Canvas) -> None:
    for _ in range(int(canvas.rng.integers(70, 130))):
        x, y = canvas.rng.uniform(0, canvas.width), canvas.rng.uniform(0, canvas.height)
        canvas.disc(x, y, (0.7 + 1.6 * canvas.rng.random() ** 2) * canvas.unit, rgb(250, 252, 255))


def _veil(canvas: Canvas) -> None:
    rows = np.linspace(0, 1, canvas.height, dtype=np.float32)[:, None]
    drift = noise(canvas.rng, canvas.shape, 2, 3)
    veil = np.clip(0.34 * np.exp(-((rows - 0.58) ** 2) / 0.05) * (0.5 + drift), 0, 0.6)
    canvas.mix(veil.astype(np.float32), canvas.light.haze)
