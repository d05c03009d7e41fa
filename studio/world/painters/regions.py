"""Painters that build a picture from areas: cubism, stained glass, mosaic, low poly and pixel art."""

from __future__ import annotations

import cv2
import numpy as np

from studio.world.canvas import Image, Plane, noise
from studio.world.painters.fields import (
    detail,
    few_colours,
    finish,
    flattened,
    grain,
    outlines,
    unit_of,
    vivid,
)

Labels = np.ndarray  # (H, W) int: the area each pixel belongs to.


def _cells(shape: tuple[int, int], step: float, jitter: float, rng: np.random.Generator) -> Labels:
    """Voronoi cells around a jittered grid of seeds `step` pixels apart."""
    height, width = shape
    rows, columns = np.mgrid[step / 2 : height : step, step / 2 : width : step]
    columns = columns + (np.arange(columns.shape[0]) % 2 * step / 2)[:, None] * (jitter > 0.2)
    y = np.clip(rows + rng.normal(0, step * jitter, rows.shape), 0, height - 1).astype(int)
    x = np.clip(columns + rng.normal(0, step * jitter, columns.shape), 0, width - 1).astype(int)
    mask = np.full(shape, 255, np.uint8)
    mask[y, x] = 0
    _, labels = cv2.distanceTransformWithLabels(
        mask, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    return labels


def _means(labels: Labels, pixels: Image) -> np.ndarray:
    """Mean colour of each area, (areas, 3) float64."""
    flat = labels.ravel()
    count = np.bincount(flat) + 1e-6
    return np.stack([np.bincount(flat, pixels[..., c].ravel()) / count for c in range(3)], 1)


def _borders(labels: Labels, width: float) -> Plane:
    """Lines between areas (H, W) in [0, 1], about `width` pixels wide."""
    edge = np.zeros(labels.shape, np.uint8)
    edge[:, 1:] |= (labels[:, 1:] != labels[:, :-1]).astype(np.uint8)
    edge[1:] |= (labels[1:] != labels[:-1]).astype(np.uint8)
    distance = cv2.distanceTransform(1 - edge, cv2.DIST_L2, 3)
    return np.asarray(np.clip(width / 2 + 0.5 - distance, 0, 1), np.float32)


def stained_glass(pixels: Image, rng: np.random.Generator) -> Image:
    """Glowing panes between dark leads; the leads follow the outlines of things as well as a net of cells."""
    unit = unit_of(pixels)
    calm = flattened(flattened(pixels, 7), 5)
    shapes, _ = few_colours(calm, 6, rng)
    shapes = cv2.medianBlur(shapes.astype(np.uint8), 7).astype(np.int64)
    cells = _cells(pixels.shape[:2], 25 * unit, 0.28, rng).astype(np.int64)
    labels = shapes * (int(cells.max()) + 1) + cells
    unique, panes = np.unique(labels, return_inverse=True)
    panes = panes.reshape(labels.shape)
    colours = _means(panes, vivid(calm, 1.55, 1.12)) + rng.normal(0, 9, (len(unique), 1))
    glow = 0.86 + 0.34 * noise(rng, pixels.shape[:2], 6, 3)
    leads = cv2.GaussianBlur(_borders(panes, 2.4 * unit), (0, 0), 0.5)[..., None]
    glass = colours[panes] * glow[..., None]
    return finish(glass * (1 - leads) + np.array([26, 24, 28], np.float32) * leads)


def mosaic(pixels: Image, rng: np.random.Generator) -> Image:
    """Small stone tiles, each of one colour with a lit edge, set in mortar; finer tiles would lose the subject's outline."""
    unit = unit_of(pixels)
    strong = vivid(flattened(pixels, 3), 1.2, 1.04)
    labels = _cells(pixels.shape[:2], 7.6 * unit, 0.12, rng)
    colours = _means(labels, strong)
    colours = colours + rng.normal(0, 8, (len(colours), 1)) + rng.normal(0, 4, colours.shape)
    tiles = colours[labels].astype(np.float32)
    gaps = cv2.GaussianBlur(_borders(labels, 1.1 * unit), (0, 0), 0.55)
    light = gaps - np.roll(gaps, (-1, -1), (0, 1))
    mortar = np.array([206, 198, 182], np.float32) * 0.55 + tiles * 0.25
    share = gaps[..., None] * 0.85
    return finish(tiles * (1 - share) + mortar * share - (light * 26)[..., None])


def low_poly(pixels: Image, rng: np.random.Generator) -> Image:
    """Flat triangles, small along outlines and large in open areas."""
    height, width = pixels.shape[:2]
    weight = detail(pixels, 2) ** 1.2 + 0.018
    chance = (weight / weight.sum()).ravel().astype(np.float64)
    picked = rng.choice(height * width, int(430 * height * width / 65536), p=chance / chance.sum())
    points = [(float(i % width), float(i // width)) for i in picked]
    step = 38.0 * unit_of(pixels)
    for along in np.arange(0, width + step, step):
        points += [(min(float(along), width - 1.0), edge) for edge in (0.0, height - 1.0)]
    for along in np.arange(step, height, step):
        points += [(edge, min(float(along), height - 1.0)) for edge in (0.0, width - 1.0)]
    division = cv2.Subdiv2D((-1, -1, width + 2, height + 2))
    division.insert(points)
    source = cv2.GaussianBlur(vivid(pixels, 1.12, 1.0), (0, 0), 1.6)
    out = source.copy()
    triangles = np.asarray(division.getTriangleList()).reshape(-1, 3, 2)
    inside = ((triangles > -0.5) & (triangles < [width + 0.5, height + 0.5])).all((1, 2))
    triangles = triangles[inside]
    centres = np.clip(triangles.mean(1), 0, [width - 1, height - 1]).astype(int)
    colours = source[centres[:, 1], centres[:, 0]].astype(np.float32) + rng.normal(
        0, 5, (len(centres), 1)
    )
    for corners, colour in zip(
        np.round(triangles * 8).astype(np.int32), np.clip(colours, 0, 255).tolist(), strict=True
    ):
        cv2.fillConvexPoly(out, corners, colour, cv2.LINE_AA, 3)
    return out


def pixel_art(pixels: Image, rng: np.random.Generator) -> Image:
    """Big square pixels from a palette of sixteen, with ordered dithering in smooth areas and firm outlines."""
    height, width = pixels.shape[:2]
    block = 4
    calm = flattened(vivid(pixels, 1.25, 1.03), 2)
    small = cv2.resize(calm, (width // block, height // block), interpolation=cv2.INTER_AREA)
    bayer = (
        np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16
        - 0.5
    )
    tiled = np.tile(bayer, (small.shape[0] // 4 + 1, small.shape[1] // 4 + 1))[
        : small.shape[0], : small.shape[1]
    ]
    dithered = finish(small + (tiled * 20)[..., None])
    labels, palette = few_colours(
        cv2.resize(dithered, (width, height), interpolation=cv2.INTER_NEAREST), 16, rng
    )
    out = palette[labels[::block, ::block]]
    edges = cv2.resize(
        outlines(calm, 70, 160), (out.shape[1], out.shape[0]), interpolation=cv2.INTER_AREA
    )
    out = out * (1 - 0.45 * np.clip(edges * 2 - 0.35, 0, 1))[..., None]
    return cv2.resize(finish(out), (width, height), interpolation=cv2.INTER_NEAREST)


def cubism(pixels: Image, rng: np.random.Generator) -> Image:
    """The picture in shifted facets, each with its own view and shading, in ochres, greys and the picture's hues."""
    height, width = pixels.shape[:2]
    unit = unit_of(pixels)
    labels = _facets((height, width), int(rng.integers(9, 13)), rng)
    count = int(labels.max()) + 1
    angle, scale = rng.normal(0, 0.13, count), rng.uniform(0.92, 1.14, count)
    shift = rng.normal(0, 6.5 * unit, (count, 2))
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    size = np.bincount(labels.ravel(), minlength=count) + 1e-6
    middle_x = (np.bincount(labels.ravel(), columns.ravel(), count) / size)[labels]
    middle_y = (np.bincount(labels.ravel(), rows.ravel(), count) / size)[labels]
    across, down = columns - middle_x, rows - middle_y
    cos, sin = (np.cos(angle) / scale)[labels], (np.sin(angle) / scale)[labels]
    from_x = middle_x + cos * across - sin * down + shift[:, 0][labels]
    from_y = middle_y + sin * across + cos * down + shift[:, 1][labels]
    view = cv2.remap(flattened(pixels, 3), from_x.astype(np.float32), from_y.astype(np.float32), cv2.INTER_LINEAR,
                     borderMode=cv2.BORDER_REFLECT)  # fmt: skip
    turn = rng.uniform(0, 2 * np.pi, count)[labels]
    slope = (np.cos(turn) * across + np.sin(turn) * down) / (26 * unit)
    ochres = np.array(
        [[196, 164, 112], [150, 138, 120], [118, 128, 130], [206, 188, 150], [160, 104, 66]],
        np.float32,
    )
    tint = ochres[rng.integers(0, 5, count)][labels]
    share = rng.uniform(0.1, 0.3, count)[labels][..., None]
    painted = (view * (1 - share) + tint * share) * (1 + np.clip(slope, -1, 1) * 0.2)[..., None]
    lines = cv2.GaussianBlur(_borders(labels, 1.5 * unit), (0, 0), 0.6)[..., None] * 0.75
    drawn = outlines(view, 60, 150)[..., None] * 0.4
    ink = np.maximum(lines, drawn)
    painted = painted * (1 - ink) + np.array([44, 36, 32], np.float32) * ink
    return finish(painted + (grain(rng, (height, width), 1.0) * 3)[..., None])


def _facets(shape: tuple[int, int], cuts: int, rng: np.random.Generator) -> Labels:
    """Polygons between random straight cuts, numbered from 0."""
    height, width = shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    code = np.zeros(shape, np.int64)
    for i in range(cuts):
        turn = rng.uniform(0, np.pi)
        x, y = rng.uniform(0.05, 0.95) * width, rng.uniform(0.05, 0.95) * height
        side = (columns - x) * np.cos(turn) + (rows - y) * np.sin(turn) > 0
        code |= side.astype(np.int64) << i
    table = np.zeros(1 << cuts, np.int64)
    used = np.flatnonzero(np.bincount(code.ravel(), minlength=1 << cuts))
    table[used] = np.arange(len(used))
    return table[code]
