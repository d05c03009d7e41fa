"""Painters of wash, print and drawing: watercolour, ink wash, woodblock, pop art and pencil."""

from __future__ import annotations

import cv2
import numpy as np

from studio.world.canvas import Image, Plane, noise
from studio.world.painters.fields import (
    few_colours,
    finish,
    flattened,
    flow,
    grain,
    outlines,
    tone,
    unit_of,
    vivid,
)


def _paper_edge(shape: tuple[int, int], rng: np.random.Generator, margin: float) -> Plane:
    """1 inside an uneven frame of bare paper, 0 on it; margin in pixels."""
    height, width = shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    inside = np.minimum(
        np.minimum(columns, width - 1 - columns), np.minimum(rows, height - 1 - rows)
    )
    return np.asarray(
        np.clip((inside - margin * (0.5 + noise(rng, shape, 5, 4))) / 3, 0, 1), np.float32
    )


def watercolor(pixels: Image, rng: np.random.Generator) -> Image:
    """Transparent washes that pool darker at their edges, granulate, and leave the paper white around them."""
    shape, unit = pixels.shape[:2], unit_of(pixels)
    wash = flattened(flattened(cv2.bilateralFilter(pixels, 9, 60, 9), 5), 4).astype(np.float32)
    edge = np.abs(cv2.Laplacian(cv2.GaussianBlur(tone(finish(wash)), (0, 0), 1.0), cv2.CV_32F))
    pooled = cv2.GaussianBlur(edge, (0, 0), 1.1 * unit)[..., None]
    flow_in = (0.62 + 0.34 * noise(rng, shape, 4, 5))[..., None]
    absorbed = (255 - wash) * flow_in * 0.95 + np.clip(pooled * 2.2, 0, 46)
    blooms = np.clip((noise(rng, shape, 3, 4) - 0.72) * 4, 0, 1)[..., None] * 0.5
    absorbed = absorbed * (1 - blooms * 0.6)
    inside = _paper_edge(shape, rng, 16 * unit)[..., None] if rng.random() < 0.65 else 1.0
    paper = np.array([252, 250, 244], np.float32)
    tooth = (grain(rng, shape, 0.9) * 3.2)[..., None]
    return finish(paper - absorbed * inside + tooth)


def ink_wash(pixels: Image, rng: np.random.Generator) -> Image:
    """Grey washes of diluted ink that bleed, darker brush lines on the contours, a red seal."""
    shape, unit = pixels.shape[:2], unit_of(pixels)
    grey = tone(flattened(flattened(pixels, 6), 4))
    low, high = np.percentile(grey, [3, 92])
    light = np.clip((grey - low) / max(24.0, float(high - low)), 0, 1)
    steps = np.round(light * 5) / 5 * 0.6 + light * 0.4
    bleed = cv2.GaussianBlur(steps, (0, 0), 2.2 * unit) * 0.55 + steps * 0.45
    wet = (1 - bleed) ** 1.15 * (0.5 + 0.62 * noise(rng, shape, 4, 5))
    lines = cv2.GaussianBlur(outlines(flattened(pixels, 4), 50, 120, 2.6 * unit), (0, 0), 0.7)
    dry = np.clip(0.35 + noise(rng, shape, 12, 3), 0, 1)
    ink = np.clip(np.maximum(wet * 0.86, lines * dry * 0.95), 0, 0.95)
    paper = np.array([246, 240, 226], np.float32) + (grain(rng, shape, 0.9) * 2.5)[..., None]
    out = finish(paper * (1 - ink[..., None]) + np.array([28, 28, 34], np.float32) * ink[..., None])
    if rng.random() < 0.6:
        _seal(out, unit, rng)
    return out


def _seal(out: Image, unit: float, rng: np.random.Generator) -> None:
    """A red seal in a lower corner, in place."""
    side = int(15 * unit)
    left = int(10 * unit) if rng.random() < 0.5 else out.shape[1] - side - int(10 * unit)
    top = out.shape[0] - side - int(12 * unit)
    cv2.rectangle(out, (left, top), (left + side, top + side), (188.0, 44.0, 36.0), -1)
    for i in (1, 2):
        y = top + side * i // 3
        cv2.line(
            out, (left + 3, y), (left + side - 3, y), (246.0, 230.0, 214.0), max(1, int(unit * 1.5))
        )


PIGMENTS = np.array(
    [[232, 222, 196], [38, 62, 108], [92, 138, 168], [178, 206, 206], [196, 66, 48], [232, 150, 84], [238, 204, 130],
     [106, 132, 84], [66, 92, 74], [146, 112, 86], [226, 176, 164], [92, 84, 96], [44, 42, 52], [150, 166, 190]],
    np.float32,
)  # fmt: skip


def woodblock_print(pixels: Image, rng: np.random.Generator) -> Image:
    """A few flat mineral pigments, each printed from its block with wood grain, under black key lines."""
    shape, unit = pixels.shape[:2], unit_of(pixels)
    calm = flattened(flattened(cv2.bilateralFilter(pixels, 9, 60, 9), 6), 5)
    labels, palette = few_colours(calm, 9, rng)
    labels = cv2.medianBlur(labels.astype(np.uint8), 5)
    nearest = ((palette[:, None] - PIGMENTS[None]) ** 2).sum(2).argmin(1)
    inks = palette * 0.45 + PIGMENTS[nearest] * 0.55
    fibre = cv2.resize(grain(rng, (shape[0], max(4, shape[1] // 12)), 1.0), (shape[1], shape[0]))
    flat = inks[labels] + (fibre * 3.5)[..., None]
    bokashi = (
        np.clip(1 - np.arange(shape[0], dtype=np.float32) / (0.22 * shape[0]), 0, 1)[:, None, None]
        * 0.5
    )
    flat = flat * (1 - bokashi) + flat * 0.62 * bokashi
    key = np.clip(outlines(calm, 45, 110, 2 * unit) * 1.1, 0, 1)[..., None]
    out = flat * (1 - key) + np.array([34, 30, 40], np.float32) * key
    return finish(_framed(out, unit) if rng.random() < 0.5 else out)


def _framed(colours: Plane, unit: float) -> Plane:
    """A margin of paper and a thin black frame."""
    margin = max(3, int(7 * unit))
    paper = np.full_like(colours, 1) * np.array([240, 230, 206], np.float32)
    inner = slice(margin, -margin)
    paper[inner, inner] = colours[inner, inner]
    line = max(1, int(1.5 * unit))
    cv2.rectangle(
        paper,
        (margin, margin),
        (paper.shape[1] - margin - 1, paper.shape[0] - margin - 1),
        (36.0, 32.0, 40.0),
        line,
    )
    return paper


def pop_art(pixels: Image, rng: np.random.Generator) -> Image:
    """Flat loud colours, Ben-Day dots in the half tones, thick black outlines."""
    shape, unit = pixels.shape[:2], unit_of(pixels)
    calm = flattened(flattened(pixels, 6), 4)
    labels, palette = few_colours(calm, 7, rng)
    labels = cv2.medianBlur(labels.astype(np.uint8), 5)
    loud = vivid(finish(palette)[None], 2.1, 1.3)[0].astype(np.float32)
    flat = loud[labels]
    period = 7.0 * unit
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    u, v = (
        (columns + rows) / 1.414 % period - period / 2,
        (columns - rows) / 1.414 % period - period / 2,
    )
    dark = np.clip(1.05 - tone(finish(flat)) / 235, 0.12, 0.75)
    dots = np.clip(dark * period * 0.55 - np.hypot(u, v) + 0.5, 0, 1)[..., None]
    inked = flat * (1 - dots) + flat * np.array([0.62, 0.5, 0.62], np.float32) * dots
    lines = np.clip(outlines(calm, 50, 120, 3 * unit) * 1.15, 0, 1)[..., None]
    return finish(inked * (1 - lines) + np.array([18, 14, 20], np.float32) * lines)


def pencil_sketch(pixels: Image, rng: np.random.Generator) -> Image:
    """Graphite on white paper: drawn contours, hatching laid in layers as the tone deepens, bare paper in the light."""
    shape, unit = pixels.shape[:2], unit_of(pixels)
    grey = tone(flattened(pixels, 3))
    low, high = np.percentile(grey, [2, 96])
    dark = 1 - np.clip((grey - low) / max(30.0, float(high - low)), 0, 1)
    marks = np.zeros(shape, np.float32)
    base = rng.uniform(0.5, 0.9)
    for level, turn in ((0.16, base), (0.4, base + 0.35), (0.64, base + np.pi / 2)):
        hatch = _hatching(shape, turn, 3.4 * unit, rng)
        marks = np.maximum(marks, hatch * np.clip((dark - level) * 3.2, 0, 1) * (0.4 + 0.45 * dark))
    along = (
        _hatching(shape, 0.0, 3.0 * unit, rng, flow(pixels, 4)) * np.clip(dark - 0.25, 0, 1) * 0.4
    )
    marks = np.maximum(marks, along)
    smudge = cv2.GaussianBlur(dark, (0, 0), 1.5) * 0.2
    contours = outlines(flattened(pixels, 2), 45, 110, 1.6 * unit) * (
        0.7 + 0.3 * noise(rng, shape, 10, 2)
    )
    graphite = np.clip(np.maximum(marks + smudge, contours), 0, 1) * (
        0.9 + 0.12 * grain(rng, shape, 0.7)
    )
    paper = np.array([250, 248, 242], np.float32)
    return finish(
        paper - np.clip(graphite, 0, 1)[..., None] * np.array([196, 194, 186], np.float32)
    )


def _hatching(
    shape: tuple[int, int],
    turn: float,
    period: float,
    rng: np.random.Generator,
    angles: Plane | None = None,
) -> Plane:
    """Parallel pencil lines (H, W) in [0, 1], wavering, at one angle or along a field of angles."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    direction = turn if angles is None else float(np.median(angles))
    across = (
        columns * np.sin(direction)
        - rows * np.cos(direction)
        + noise(rng, shape, 4, 3) * period * 2.2
    )
    wave = np.cos(across * 2 * np.pi / period)
    broken = 0.55 + 0.45 * noise(rng, shape, 9, 3)
    return np.asarray(np.clip(wave * 0.8 + 0.25, 0, 1) * broken, np.float32)
